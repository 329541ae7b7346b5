/* test_h5_foreign.c - tables as pandas, AnnData and MATLAB leave them. */
#include "h5_made.h"

/* -- Pickled names ----------------------------------------------------------------------------- */

static rc_status names_of(const char *text, unsigned level, char out[256])
{
    rc_h5_texts names;
    rc_status st = rc_h5_pickle_names(text, strlen(text), level, &names, NULL);
    out[0] = '\0';
    for (size_t i = 0; st == RC_OK && i < names.n; i++) {
        strcat(out, i > 0 ? "|" : "");
        strcat(out, names.items[i]);
    }
    rc_h5_texts_release(&names);
    return st;
}

/* Texts as pickle.dumps(..., 0) of Python 3.11 and pandas 2.3 wrote them. */
static void test_pickled_names_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned level;
        const char *names;
    } list[] = {
        {"(lp0\nVa\np1\naVc\np2\naV\xe9 \"q\\u000a\np3\na.", 1, "a|c|\xc3\xa9 \"q\n"},
        {"(lp0\nI0\naI1\naI2\na.", 1, "0|1|2"},
        {"(lp0\nI-7\naL123L\na.", 1, "-7|123"},
        {"(lp0\n(I1\n(lp1\nVa\np2\naVk\np3\natp4\na.", 2, "a|k"},
        {"(lp0\n.", 1, ""},
        {"(lp0\nV\\u20ac\\U0001f600\np1\na.", 1, "\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"(lp1\nS'a b'\np2\na.", 1, "a b"}, /* Python 2 */
        {"(lp0\nVa\\b\np1\na.", 1, "a\\b"},
        {"(lp0\nF1.5\naF3.0\naF-1e-07\na.", 1, "1.5|3|-1e-7"},
    };
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        char out[256];
        assert_int_equal(names_of(list[i].text, list[i].level, out), RC_OK);
        assert_string_equal(out, list[i].names);
    }
}

static void test_other_pickles_are_refused(void **state)
{
    (void)state;
    static const char *const list[] = {
        "",
        ".",
        "(lp0\nVa\np1\na",            /* no end */
        "(lp0\nVa\np1\na.x",          /* more behind it */
        "(lp0\nVa\np1\n.",            /* an item that is not appended */
        "(lp0\n(Va\np1\nI1\ntp2\na.", /* columns with several levels */
        "(lp0\nNa.",                  /* other things */
        "(lp0\ng0\na.",
        "cos\nsystem\np0\n(S'id'\np1\ntp2\nRp3\n.", /* what runs a program when unpickled */
        "(lp0\ncos\nsystem\na.",
        "(lp0\nV\\u00zz\np1\na.",
        "(lp0\nV\\U00110000\np1\na.",
        "(lp0\nS'a\\x41'\na.",
        "(lp0\nI1e5\na.",
        "(lp0\nI01x\na.",
        "(lp0\nVno end",
        "\x80\x04]\x94.", /* protocol 4 */
        "((((((((((((((((((((((((((((((((",
    };
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        char out[256];
        assert_int_equal(names_of(list[i], 1, out), RC_E_DATA);
    }
}

/* -- pandas, format "table" -------------------------------------------------------------------- */

static hid_t frame_type(void)
{
    hsize_t two = 2, one = 1;
    hid_t type = H5Tcreate(H5T_COMPOUND, 33), text = text_type(3);
    hid_t pair = H5Tarray_create2(H5T_IEEE_F64LE, 1, &two);
    hid_t code = H5Tarray_create2(H5T_STD_I8LE, 1, &one);
    H5Tinsert(type, "index", 0, H5T_STD_I64LE);
    H5Tinsert(type, "values_block_0", 8, code);
    H5Tinsert(type, "values_block_1", 9, pair);
    H5Tinsert(type, "s", 25, text);
    H5Tinsert(type, "flag", 28, H5T_STD_U8LE);
    H5Tinsert(type, "i", 29, H5T_STD_I32LE);
    hid_t all[] = {text, pair, code};
    for (size_t i = 0; i < 3; i++)
        H5Tclose(all[i]);
    return type;
}

static void put_categories(hid_t file, const char *path, size_t n, const char (*texts)[8])
{
    struct {
        int64_t index;
        char text[8];
    } rows[4] = {{0}};
    hid_t type = H5Tcreate(H5T_COMPOUND, 16), text = text_type(8);
    H5Tinsert(type, "index", 0, H5T_STD_I64LE);
    H5Tinsert(type, "values", 8, text);
    for (size_t i = 0; i < n; i++)
        memcpy(rows[i].text, texts[i], 8);
    put(file, path, type, n, 0, rows);
    H5Tclose(text);
    H5Tclose(type);
}

static void put_frame_table(hid_t file, const char *key)
{
    char path[64];
    hid_t type = frame_type();
    snprintf(path, sizeof(path), "%s/table", key);
    put(file, path, type, 5, 0, NULL);
    H5Tclose(type);
    mark(file, key, "pandas_type", "frame_table");
    mark(file, key, "non_index_axes",
         "(lp0\n(I1\n(lp1\nVa\np2\naVk\np3\naVi\np4\naVflag\np5\naVs\np6\naVc\np7\natp8\na.");
    mark_int(file, key, "levels", 1);
    mark(file, path, "values_block_0_kind", "(lp0\nVk\np1\na.");
    mark(file, path, "values_block_0_meta", "category");
    mark(file, path, "values_block_1_kind", "(lp0\nVc\np1\naVa\np2\na.");
    mark(file, path, "flag_dtype", "bool");
    mark(file, path, "flag_kind", "(lp0\nVflag\np1\na.");
    snprintf(path, sizeof(path), "%s/meta/values_block_0/meta/table", key);
    put_categories(file, path, 2, (const char[][8]){"u", "eightbyt"});
    put(file, "/df/_i_table/index/sorted", H5T_STD_I64LE, 4, 4, NULL);
}

static void test_pandas_table_has_columns_in_order(void **state)
{
    (void)state;
    hid_t file = new_file();
    put_frame_table(file, "/df");
    rc_h5_open_table open = assert_table(file, NULL, NULL, "pandas table", 5,
                                         "index:i8! a:f8 k:i1 i:i4 flag:b1 s:t3 c:f8");
    const uint32_t offsets[] = {0, 17, 8, 29, 28, 25, 9};
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(open.table->columns[i].offset, offsets[i]);
    const rc_h5_labels *labels = &open.table->labels[open.table->columns[2].labels];
    assert_int_equal(labels->n, 2);
    assert_null(labels->values);
    assert_string_equal(labels->texts[0], "u");
    assert_string_equal(labels->texts[1], "eightbyt");
    assert_string_equal(open.table->path, "/df");
    rc_h5_open_table_release(&open);
    assert_layout(file, "/df/table", "pandas table", 5,
                  "index:i8! a:f8 k:i1 i:i4 flag:b1 s:t3 c:f8");
    close_file(file);
}

static void test_pandas_levels_are_beside_the_table(void **state)
{
    (void)state;
    hid_t file = new_file(), type = H5Tcreate(H5T_COMPOUND, 20);
    H5Tinsert(type, "index", 0, H5T_STD_I64LE);
    H5Tinsert(type, "x", 8, H5T_IEEE_F64LE);
    H5Tinsert(type, "l0", 16, H5T_STD_I32LE);
    put(file, "/a/b/table", type, 5, 0, NULL);
    H5Tclose(type);
    mark(file, "/a/b", "pandas_type", "frame_table");
    mark(file, "/a/b", "levels", "(lp0\nVl0\np1\na.");
    mark(file, "/a/b", "non_index_axes", "(lp0\n(I1\n(lp1\nVl0\np2\naVx\np3\natp4\na.");
    assert_layout(file, NULL, "pandas table", 5, "index:i8! l0:i4! x:f8");
    close_file(file);
}

static void test_pandas_table_with_wrong_names_is_refused(void **state)
{
    (void)state;
    hid_t file = new_file(), type = frame_type();
    put(file, "/df/table", type, 5, 0, NULL);
    H5Tclose(type);
    mark(file, "/df", "pandas_type", "frame_table");
    mark(file, "/df/table", "values_block_1_kind", "(lp0\nVc\np1\na.");
    assert_refused(file, NULL, NULL,
                   "table '/df': attribute 'values_block_1_kind': 1 names of 2 columns");
    mark(file, "/df/table", "values_block_1_kind", "(lp0\n(Va\np1\nI1\ntp2\na.");
    assert_refused(file, NULL, NULL,
                   "table '/df': attribute 'values_block_1_kind': columns with several levels of "
                   "names\n  write the frame with plain names: df.columns = ['_'.join(map(str, c)) "
                   "for c in df.columns]");
    mark(file, "/df/table", "values_block_1_kind", "(lp0\nVc\np1\nag1\na.");
    assert_refused(file, NULL, NULL,
                   "table '/df': attribute 'values_block_1_kind': two columns of one name");
    mark(file, "/df/table", "values_block_1_kind", "(lp0\nVc\np1\naVi\np2\na.");
    mark(file, "/df", "non_index_axes", "(lp0\n(I1\n(lp1\nVi\np2\naVc\np3\natp4\na.");
    assert_refused(file, NULL, NULL, "table '/df': two columns are called 'i'");
    put_group(file, "/odd");
    mark(file, "/odd", "pandas_type", "wide");
    assert_refused(file, "/odd", NULL,
                   "'/odd' is no table: an object of pandas that is not read: wide\n"
                   "  the file has '/df' (pandas table, 5 x 6)");
    close_file(file);
}

/* -- pandas, format "fixed" -------------------------------------------------------------------- */

static void put_fixed(hid_t file)
{
    put_group(file, "/df");
    mark(file, "/df", "pandas_type", "frame");
    mark_int(file, "/df", "nblocks", 3);
    put_texts(file, "/df/axis0", 4, (const char[][8]){"a", "s", "b", "n"});
    put(file, "/df/axis1", H5T_STD_I64LE, 5, 0, NULL);
    put_texts(file, "/df/block0_items", 2, (const char[][8]){"b", "a"});
    put(file, "/df/block0_values", H5T_IEEE_F64LE, 5, 2, NULL);
    mark_int(file, "/df/block0_values", "transposed", 1);
    put_texts(file, "/df/block1_items", 1, (const char[][8]){"s"});
    hid_t pickles = H5Tvlen_create(H5T_STD_U8LE);
    put(file, "/df/block1_values", pickles, 1, 0, NULL);
    H5Tclose(pickles);
    mark(file, "/df/block1_values", "PSEUDOATOM", "object");
    put_texts(file, "/df/block2_items", 1, (const char[][8]){"n"});
    put(file, "/df/block2_values", H5T_STD_B8LE, 1, 5, NULL);
    mark_int(file, "/df/block2_values", "transposed", 0);
}

/* Then it is called as reset_index() of pandas calls it. */
static void test_pandas_index_beside_a_column_of_its_name(void **state)
{
    (void)state;
    hid_t file = new_file();
    put_group(file, "/df");
    mark(file, "/df", "pandas_type", "frame");
    mark_int(file, "/df", "nblocks", 1);
    put(file, "/df/axis1", H5T_STD_I64LE, 5, 0, NULL);
    put_texts(file, "/df/axis0", 2, (const char[][8]){"index", "b"});
    put_texts(file, "/df/block0_items", 2, (const char[][8]){"index", "b"});
    put(file, "/df/block0_values", H5T_IEEE_F64LE, 5, 2, NULL);
    assert_layout(file, NULL, "pandas fixed", 5, "level_0:i8! index:f8 b:f8");
    close_file(file);
}

/* The dtypes that pandas 2.3 writes. */
static void test_pandas_times_have_a_missing_value(void **state)
{
    (void)state;
    static const char *const dtypes[] = {"datetime64[ns]", "timedelta64[ns]", "int64"};
    for (int i = 0; i < 3; i++) {
        hid_t file = new_file(), type = H5Tcreate(H5T_COMPOUND, 16);
        put_group(file, "/df");
        mark(file, "/df", "pandas_type", "frame");
        mark_int(file, "/df", "nblocks", 1);
        put(file, "/df/axis1", H5T_STD_I64LE, 5, 0, NULL);
        put_texts(file, "/df/axis0", 1, (const char[][8]){"t"});
        put_texts(file, "/df/block0_items", 1, (const char[][8]){"t"});
        put(file, "/df/block0_values", H5T_STD_I64LE, 5, 1, NULL);
        mark(file, "/df/block0_values", "value_type", dtypes[i]);
        rc_h5_open_table open =
            assert_table(file, "/df", NULL, "pandas fixed", 5, "index:i8! t:i8");
        assert_int_equal(open.table->columns[1].has_nat, i < 2);
        rc_h5_open_table_release(&open);
        H5Tinsert(type, "index", 0, H5T_STD_I64LE);
        H5Tinsert(type, "t", 8, H5T_STD_I64LE);
        put(file, "/tab/table", type, 5, 0, NULL);
        mark(file, "/tab", "pandas_type", "frame_table");
        mark(file, "/tab/table", "t_dtype", dtypes[i]);
        open = assert_table(file, "/tab", NULL, "pandas table", 5, "index:i8! t:i8");
        assert_int_equal(open.table->columns[1].has_nat, i < 2);
        rc_h5_open_table_release(&open);
        H5Tclose(type);
        close_file(file);
    }
}

static void test_pandas_fixed_is_put_together(void **state)
{
    (void)state;
    hid_t file = new_file();
    put_fixed(file);
    rc_h5_open_table open =
        assert_table(file, NULL, NULL, "pandas fixed", 5, "index:i8! a:f8 s:x b:f8 n:b1");
    assert_int_equal(open.table->columns[1].index, 1);
    assert_int_equal(open.table->columns[3].index, 0);
    assert_false(open.table->columns[0].has_nat);
    assert_string_equal(open.table->columns[2].why, "pickled objects of pandas");
    assert_true(open.table->storages[open.table->columns[4].storage].is_transposed);
    rc_h5_open_table_release(&open);
    close_file(file);
}

/* Without rows a block is one element, and says so; as pandas 2.3 wrote it. */
static void test_pandas_fixed_without_rows(void **state)
{
    (void)state;
    hid_t file = new_file();
    const char *const empty[] = {"/df/axis1", "/df/block0_values"};
    put_group(file, "/df");
    mark(file, "/df", "pandas_type", "frame");
    mark_int(file, "/df", "nblocks", 1);
    put_texts(file, "/df/axis0", 2, (const char[][8]){"x", "y"});
    put_texts(file, "/df/block0_items", 2, (const char[][8]){"x", "y"});
    put(file, empty[0], H5T_IEEE_F64LE, 1, 0, NULL);
    put(file, empty[1], H5T_IEEE_F64LE, 1, 1, NULL);
    for (size_t i = 0; i < 2; i++) {
        mark(file, empty[i], "shape", "(I2\nI0\ntp0\n.");
        mark(file, empty[i], "value_type", "float64");
    }
    assert_layout(file, NULL, "pandas fixed", 0, "index:f8! x:f8 y:f8");
    close_file(file);
}

static void test_pandas_fixed_with_wrong_blocks_is_refused(void **state)
{
    (void)state;
    hid_t file = new_file();
    put_fixed(file);
    H5Ldelete(file, "/df/block0_items", H5P_DEFAULT);
    assert_refused(file, "df", NULL, "in '/df': no object 'block0_items'");
    put_texts(file, "/df/block0_items", 3, (const char[][8]){"b", "a", "c"});
    assert_refused(file, "df", NULL, "'/df/block0_values' has 2 columns, but 3 names");
    mark(file, "/df", "axis0_variety", "multi");
    mark(file, "/df", "block0_items_variety", "multi");
    rc_h5_open_table open;
    rc_error err;
    assert_int_equal(find(file, "/df", NULL, NULL, &open, &err), RC_E_DATA);
    assert_non_null(strstr(err.text, "table '/df': columns with several levels of names\n"));
    close_file(file);
}

static void test_pandas_series(void **state)
{
    (void)state;
    hid_t file = new_file();
    put(file, "/s/values", H5T_IEEE_F64LE, 3, 0, NULL);
    put(file, "/s/index", H5T_STD_I64LE, 3, 0, NULL);
    mark(file, "/s", "pandas_type", "series");
    mark(file, "/s", "name", "score");
    assert_layout(file, NULL, "pandas series", 3, "score:f8 index:i8!");
    close_file(file);
}

/* -- AnnData ----------------------------------------------------------------------------------- */

static void put_anndata(hid_t file)
{
    mark(file, "/", "encoding-type", "anndata");
    put(file, "/X", H5T_IEEE_F32LE, 4, 2, NULL);
    put_texts(file, "/var/_index", 2, (const char[][8]){"g0", "g1"});
    put_texts(file, "/var/other", 2, (const char[][8]){"g0", "g1"});
    mark(file, "/var", "encoding-type", "dataframe");
    mark(file, "/var", "_index", "_index");
    mark_texts(file, "/var", "column-order", 1, (const char[][8]){"other"});
    put_texts(file, "/obs/cell", 4, (const char[][8]){"c0", "c1", "c2", "c3"});
    put(file, "/obs/w", H5T_IEEE_F64LE, 4, 0, NULL);
    put(file, "/obs/kind/codes", H5T_STD_I8LE, 4, 0, NULL);
    put(file, "/obs/kind/categories", H5T_STD_I64LE, 2, 0, (int64_t[]){7, -8});
    mark(file, "/obs/kind", "encoding-type", "categorical");
    put(file, "/obs/n/values", H5T_STD_I32LE, 4, 0, NULL);
    put(file, "/obs/n/mask", H5T_STD_I8LE, 4, 0, NULL);
    mark(file, "/obs/n", "encoding-type", "nullable-integer");
    mark(file, "/obs", "encoding-type", "dataframe");
    mark(file, "/obs", "_index", "cell");
    mark_texts(file, "/obs", "column-order", 3, (const char[][8]){"w", "n", "kind"});
}

static void test_anndata_frame(void **state)
{
    (void)state;
    hid_t file = new_file();
    put_anndata(file);
    rc_h5_open_table open =
        assert_table(file, "/obs", NULL, "AnnData frame", 4, "cell:t8! w:f8 n:i4 kind:i1");
    const rc_h5_column *c = open.table->columns;
    assert_string_equal(open.table->storages[c[2].mask].path, "/obs/n/mask");
    assert_int_equal(c[1].mask, RC_H5_NONE);
    assert_string_equal(open.table->labels[c[3].labels].texts[0], "7");
    assert_string_equal(open.table->labels[c[3].labels].texts[1], "-8");
    rc_h5_open_table_release(&open);
    assert_refused(file, NULL, NULL,
                   "2 tables in the file: '/X' (2-D dataset, 4 x 2), '/obs' (AnnData frame, 4 x "
                   "3)\n  --dataset PATH names one");
    close_file(file);
}

static void test_anndata_matrix_with_columns_of_the_frame(void **state)
{
    (void)state;
    hid_t file = new_file();
    put_anndata(file);
    rc_h5_open_table open =
        assert_table(file, NULL, "obs/kind", "2-D dataset", 4, "g0:f4 g1:f4 obs/kind:i1!");
    assert_int_equal(open.table->labels[open.table->columns[2].labels].n, 2);
    rc_h5_open_table_release(&open);
    open = assert_table(file, "X", "/obs/n", "2-D dataset", 4, "g0:f4 g1:f4 /obs/n:i4!");
    assert_int_not_equal(open.table->columns[2].mask, RC_H5_NONE);
    rc_h5_open_table_release(&open);
    close_file(file);
}

static void test_sparse_matrices_are_refused(void **state)
{
    (void)state;
    hid_t file = new_file();
    put(file, "/X/data", H5T_IEEE_F32LE, 9, 0, NULL);
    put(file, "/X/indices", H5T_STD_I32LE, 9, 0, NULL);
    mark(file, "/X", "encoding-type", "csr_matrix");
    assert_refused(file, "/X", NULL,
                   "'/X' is no table: a sparse matrix, which is not read; store it dense "
                   "(X.toarray())");
    assert_refused(file, NULL, NULL,
                   "no table in the file, which holds 3 objects: '/X': a sparse matrix, which is "
                   "not read; store it dense (X.toarray())");
    close_file(file);
}

/* -- MATLAB ------------------------------------------------------------------------------------ */

static void put_array(hid_t file, const char *path, const char *class, hid_t type, hsize_t columns,
                      hsize_t rows)
{
    put(file, path, type, columns, rows, NULL);
    mark(file, path, "MATLAB_class", class);
}

static void test_matlab_matrix_stands_by_columns(void **state)
{
    (void)state;
    hid_t file = new_file();
    put_array(file, "/X", "double", H5T_IEEE_F64LE, 3, 5);
    put_array(file, "/y", "logical", H5T_STD_U8LE, 1, 5);
    put_array(file, "/name", "char", H5T_STD_U16LE, 4, 1);
    put_array(file, "/#refs#/a", "double", H5T_IEEE_F64LE, 3, 5);
    rc_h5_open_table open =
        assert_table(file, NULL, "y", "MATLAB matrix", 5, "-:f8 -:f8 -:f8 y:b1!");
    assert_true(open.table->storages[0].is_transposed);
    assert_int_equal(open.table->storages[0].n_columns, 3);
    assert_int_equal(open.table->columns[2].index, 2);
    rc_h5_open_table_release(&open);
    assert_refused(file, "/name", NULL,
                   "'/name' is no table: MATLAB characters: not read\n"
                   "  the file has '/X' (MATLAB matrix, 5 x 3)");
    close_file(file);
}

/* As MATLAB writes it: each name is a sequence of single letters. */
static void mark_fields(hid_t file, const char *path)
{
    hvl_t names[] = {{2, (char[]){"bb"}}, {1, (char[]){"a"}}};
    hid_t letter = text_type(1), name = H5Tvlen_create(letter);
    mark_with(file, path, "MATLAB_fields", name, 2, names);
    H5Tclose(name);
    H5Tclose(letter);
}

static void test_matlab_struct_is_in_the_order_of_its_fields(void **state)
{
    (void)state;
    hid_t file = new_file();
    put_array(file, "/S/a", "int16", H5T_STD_I16LE, 1, 5);
    put_array(file, "/S/bb", "single", H5T_IEEE_F32LE, 1, 5);
    mark(file, "/S", "MATLAB_class", "struct");
    assert_layout(file, NULL, "MATLAB struct", 5, "a:i2 bb:f4");
    mark_fields(file, "/S");
    assert_layout(file, NULL, "MATLAB struct", 5, "bb:f4 a:i2");
    close_file(file);
}

static void test_matlab_struct_is_a_group_of_columns(void **state)
{
    (void)state;
    hid_t file = new_file();
    put_array(file, "/S/b", "single", H5T_IEEE_F32LE, 1, 5);
    put_array(file, "/S/a", "int16", H5T_STD_I16LE, 5, 1);
    put_array(file, "/S/c", "cell", H5T_STD_REF_OBJ, 1, 5);
    mark(file, "/S", "MATLAB_class", "struct");
    rc_h5_open_table open = assert_table(file, NULL, NULL, "MATLAB struct", 5, "a:i2 b:f4 c:x");
    assert_string_equal(open.table->columns[2].why, "MATLAB cells");
    rc_h5_open_table_release(&open);
    close_file(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pickled_names_are_read),
        cmocka_unit_test(test_other_pickles_are_refused),
        cmocka_unit_test(test_pandas_table_has_columns_in_order),
        cmocka_unit_test(test_pandas_levels_are_beside_the_table),
        cmocka_unit_test(test_pandas_table_with_wrong_names_is_refused),
        cmocka_unit_test(test_pandas_fixed_is_put_together),
        cmocka_unit_test(test_pandas_index_beside_a_column_of_its_name),
        cmocka_unit_test(test_pandas_times_have_a_missing_value),
        cmocka_unit_test(test_pandas_fixed_without_rows),
        cmocka_unit_test(test_pandas_fixed_with_wrong_blocks_is_refused),
        cmocka_unit_test(test_pandas_series),
        cmocka_unit_test(test_anndata_frame),
        cmocka_unit_test(test_anndata_matrix_with_columns_of_the_frame),
        cmocka_unit_test(test_sparse_matrices_are_refused),
        cmocka_unit_test(test_matlab_matrix_stands_by_columns),
        cmocka_unit_test(test_matlab_struct_is_a_group_of_columns),
        cmocka_unit_test(test_matlab_struct_is_in_the_order_of_its_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
