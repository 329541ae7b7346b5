/* test_h5_layout_errors.c - what is said of files that hold no table, or half of one. */
#include "h5_made.h"

/* A dataset of texts of any length. */
static void put_long_text(hid_t file, const char *path, size_t n)
{
    char *text = calloc(n + 1, 1);
    memset(text, 'x', n);
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    put(file, path, type, 1, 0, &text);
    H5Tclose(type);
    free(text);
}

static void test_limits_of_a_search(void **state)
{
    (void)state;
    hid_t file = new_file();
    char path[256] = "", asked[5001] = "";
    for (int i = 0; i < 40; i++)
        strcat(path, "/g");
    put_group(file, path);
    put(file, "/X", H5T_IEEE_F64LE, 4, 3, NULL);
    assert_refused(file, NULL, NULL,
                   "more than 10000 objects, or deeper ones than 32, to look through\n"
                   "  --dataset PATH names one");
    memset(asked, 'a', 5000);
    assert_refused(file, asked, NULL, "a path of more than 4096 bytes");
    close_file(file);
}

static void test_limits_of_a_matrix(void **state)
{
    (void)state;
    hid_t file = new_file();
    put(file, "/wide", H5T_STD_I8LE, 1, 1048577, NULL);
    assert_refused(file, "/wide", NULL, "table '/wide': 1048577 columns are more than 1048576");
    put(file, "/none", H5T_STD_I8LE, 3, 0, NULL);
    hsize_t shape[2] = {3, 0};
    hid_t space = H5Screate_simple(2, shape, NULL);
    hid_t empty =
        H5Dcreate2(file, "/empty", H5T_STD_I8LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dclose(empty);
    H5Sclose(space);
    rc_h5_open_table open;
    rc_error err;
    assert_int_equal(find(file, "/empty", NULL, NULL, &open, &err), RC_E_DATA);
    assert_non_null(strstr(err.text, "'/empty' is no table: it has no columns"));
    close_file(file);
}

static void test_names_that_are_too_long(void **state)
{
    (void)state;
    hid_t file = new_file(), type = text_type(70000);
    put(file, "/a/X", H5T_STD_I8LE, 3, 1, NULL);
    put(file, "/a/columns", type, 1, 0, NULL);
    assert_refused(file, "/a/X", NULL,
                   "table '/a/X': names 'columns': texts of more than 64 KiB each");
    put(file, "/b/X", H5T_STD_I8LE, 3, 1, NULL);
    put_long_text(file, "/b/columns", 70000);
    assert_refused(file, "/b/X", NULL, "table '/b/X': column 1 has a name of 70000 bytes");
    H5Tclose(type);
    close_file(file);
}

static void test_compounds_that_are_no_tables(void **state)
{
    (void)state;
    hid_t file = new_file();
    hsize_t many = 1048577;
    hid_t array = H5Tarray_create2(H5T_STD_I8LE, 1, &many);
    hid_t wide = H5Tcreate(H5T_COMPOUND, many), refs = H5Tcreate(H5T_COMPOUND, 8);
    H5Tinsert(wide, "v", 0, array);
    H5Tinsert(refs, "r", 0, H5T_STD_REF_OBJ);
    put(file, "/wide", wide, 3, 0, NULL);
    assert_refused(file, NULL, NULL, "table '/wide': more than 1048576 columns");
    put(file, "/refs", refs, 3, 0, NULL);
    assert_refused(file, "/refs", NULL,
                   "'/refs' is no table: a compound without a member that can be read\n"
                   "  the file has '/wide' (compound dataset, 3 x 1048577)");
    put(file, "/flat", wide, 3, 2, NULL);
    assert_refused(file, "/flat", NULL,
                   "'/flat' is no table: a compound dataset of 2 dimensions\n"
                   "  the file has '/wide' (compound dataset, 3 x 1048577)");
    char name[5001] = "";
    memset(name, 'n', 5000);
    hid_t named = H5Tcreate(H5T_COMPOUND, 8);
    H5Tinsert(named, name, 0, H5T_IEEE_F64LE);
    put(file, "/named", named, 3, 0, NULL);
    assert_refused(file, "/named", NULL, "table '/named': a member with a name of 5000 bytes");
    H5Tclose(array);
    H5Tclose(wide);
    H5Tclose(refs);
    H5Tclose(named);
    close_file(file);
}

static void test_pickled_objects_are_named(void **state)
{
    (void)state;
    hid_t file = new_file(), bytes = H5Tvlen_create(H5T_STD_U8LE);
    put(file, "/objects", bytes, 3, 0, NULL);
    mark(file, "/objects", "PSEUDOATOM", "object");
    assert_refused(file, "/objects", NULL,
                   "'/objects' is no table: pickled objects, which are not read");
    put(file, "/s/values", bytes, 3, 0, NULL);
    mark(file, "/s/values", "PSEUDOATOM", "object");
    mark(file, "/s", "pandas_type", "series");
    assert_refused(file, "/s", NULL,
                   "table '/s': its values are pickled objects of pandas\n"
                   "  written with format='table', texts are read");
    put(file, "/df/axis0", bytes, 3, 0, NULL);
    put(file, "/df/axis1", H5T_STD_I8LE, 3, 0, NULL);
    mark(file, "/df/axis0", "CLASS", "VLARRAY");
    mark(file, "/df", "pandas_type", "frame");
    mark_int(file, "/df", "nblocks", 0);
    assert_refused(file, "/df", NULL,
                   "table '/df': 'axis0': names of columns are pickled objects of pandas");
    H5Tclose(bytes);
    close_file(file);
}

/* -- pandas ------------------------------------------------------------------------------------ */

static void test_pandas_groups_with_a_part_missing(void **state)
{
    (void)state;
    hid_t file = new_file();
    put_group(file, "/t");
    mark(file, "/t", "pandas_type", "frame_table");
    put_group(file, "/s");
    mark(file, "/s", "pandas_type", "series");
    assert_refused(file, "/t", NULL,
                   "'/t' is no table: a pandas table without its dataset 'table'");
    assert_refused(file, "/s", NULL,
                   "'/s' is no table: a pandas series without its dataset 'values'");
    put(file, "/t/table", H5T_IEEE_F64LE, 4, 0, NULL);
    assert_refused(file, "/t", NULL, "table '/t': 'table' is no compound dataset");
    put_group(file, "/f");
    mark(file, "/f", "pandas_type", "frame");
    assert_refused(file, "/f", NULL, "table '/f': attribute 'nblocks' is missing or out of range");
    mark(file, "/f", "axis0_variety", "multi");
    mark_int(file, "/f", "nblocks", 0);
    put(file, "/f/axis1", H5T_STD_I8LE, 3, 0, NULL);
    assert_refused(file, "/f", NULL,
                   "table '/f': columns with several levels of names\n  write the frame with plain "
                   "names: df.columns = ['_'.join(map(str, c)) for c in df.columns]");
    close_file(file);
}

static void test_pandas_blocks_of_different_lengths(void **state)
{
    (void)state;
    hid_t file = new_file();
    put_group(file, "/f");
    mark(file, "/f", "pandas_type", "frame");
    mark_int(file, "/f", "nblocks", 1);
    put(file, "/f/axis1", H5T_STD_I8LE, 3, 0, NULL);
    put_texts(file, "/f/block0_items", 1, (const char[][8]){"a"});
    put(file, "/f/block0_values", H5T_STD_I8LE, 1, 1, NULL);
    mark(file, "/f/block0_values", "shape", "(I1\nI0\ntp0\n.");
    mark(file, "/f/block0_values", "value_type", "int64");
    assert_refused(file, "/f", NULL, "'/f/block0_values' has no rows, others have 3");
    close_file(file);
}

static void put_category(hid_t file, const char *member, hsize_t n)
{
    hid_t type = H5Tcreate(H5T_COMPOUND, 16), frame = H5Tcreate(H5T_COMPOUND, 9);
    H5Tinsert(frame, "index", 0, H5T_STD_I64LE);
    H5Tinsert(frame, "k", 8, H5T_STD_I8LE);
    put(file, "/df/table", frame, 4, 0, NULL);
    mark(file, "/df", "pandas_type", "frame_table");
    mark(file, "/df/table", "k_meta", "category");
    H5Tinsert(type, "index", 0, H5T_STD_I64LE);
    H5Tinsert(type, member, 8, H5T_STD_I64LE);
    put(file, "/df/meta/k/meta/table", type, n, 0, NULL);
    H5Tclose(frame);
    H5Tclose(type);
}

static void test_categories_that_cannot_be_read(void **state)
{
    (void)state;
    hid_t file = new_file();
    put_category(file, "other", 4);
    assert_refused(file, NULL, NULL, "table '/df': categories without values that can be read");
    close_file(file);
    file = new_file();
    put_category(file, "values", 17000000); /* 16 bytes each: more than 256 MiB */
    assert_refused(file, NULL, NULL, "table '/df': 17000000 categories are too many");
    close_file(file);
    file = new_file();
    put_category(file, "values", 0);
    mark(file, "/df/table", "k_kind", "\x80\x04]\x94.");
    assert_refused(file, NULL, NULL,
                   "table '/df': attribute 'k_kind': names of columns that are no list of texts or "
                   "numbers");
    close_file(file);
}

/* -- AnnData ----------------------------------------------------------------------------------- */

static void put_frame(hid_t file, const char (*columns)[8])
{
    put(file, "/obs/_index", H5T_STD_I64LE, 4, 0, NULL);
    mark(file, "/obs", "encoding-type", "dataframe");
    mark(file, "/obs", "_index", "_index");
    if (columns != NULL)
        mark_texts(file, "/obs", "column-order", 1, columns);
}

static void test_frames_that_are_damaged(void **state)
{
    (void)state;
    hid_t file = new_file();
    put_frame(file, NULL);
    assert_refused(file, "/obs", NULL, "'/obs' is no table: a frame without columns");
    mark_texts(file, "/obs", "column-order", 1, (const char[][8]){"a"});
    assert_refused(file, "/obs", NULL, "in '/obs': no object 'a'");
    put(file, "/obs/a/codes", H5T_IEEE_F32LE, 4, 0, NULL);
    mark(file, "/obs/a", "encoding-type", "categorical");
    assert_refused(file, "/obs", NULL, "'/obs/a': in '/obs/a': no object 'categories'");
    put_group(file, "/obs/a/categories");
    assert_refused(file, "/obs", NULL, "'/obs/a': in '/obs/a': 'categories' is no dataset");
    assert_true(H5Ldelete(file, "/obs/a/categories", H5P_DEFAULT) >= 0);
    put(file, "/obs/a/categories", H5T_STD_I64LE, 2, 0, NULL);
    assert_refused(file, "/obs", NULL, "'/obs/a': codes that are no integers");
    close_file(file);
}

static void test_masks_that_are_none(void **state)
{
    (void)state;
    hid_t file = new_file();
    put_frame(file, (const char[][8]){"a"});
    put(file, "/obs/a/values", H5T_IEEE_F32LE, 4, 0, NULL);
    put(file, "/obs/a/mask", H5T_IEEE_F32LE, 4, 0, NULL);
    mark(file, "/obs/a", "encoding-type", "nullable-integer");
    assert_refused(file, "/obs", NULL, "'/obs/a': a mask that is none");
    H5Ldelete(file, "/obs/a/mask", H5P_DEFAULT);
    put(file, "/obs/a/mask", H5T_STD_REF_OBJ, 4, 0, NULL);
    assert_refused(file, "/obs", NULL,
                   "'/obs/a': dataset '/obs/a/mask' holds nothing that can be read");
    close_file(file);
}

static void test_frames_of_which_nothing_is_read(void **state)
{
    (void)state;
    hid_t file = new_file();
    put(file, "/obs/a", H5T_STD_REF_OBJ, 4, 0, NULL);
    mark(file, "/obs", "encoding-type", "dataframe");
    mark_texts(file, "/obs", "column-order", 1, (const char[][8]){"a"});
    assert_refused(file, "/obs", NULL, "'/obs' has no column that can be read");
    put(file, "/X", H5T_IEEE_F32LE, 4, 2, NULL);
    put(file, "/var/_index", H5T_STD_REF_OBJ, 2, 0, NULL);
    mark(file, "/var", "_index", "_index");
    assert_refused(file, "/X", NULL, "table '/X': names of columns: references instead of texts");
    close_file(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits_of_a_search),
        cmocka_unit_test(test_limits_of_a_matrix),
        cmocka_unit_test(test_names_that_are_too_long),
        cmocka_unit_test(test_compounds_that_are_no_tables),
        cmocka_unit_test(test_pickled_objects_are_named),
        cmocka_unit_test(test_pandas_groups_with_a_part_missing),
        cmocka_unit_test(test_pandas_blocks_of_different_lengths),
        cmocka_unit_test(test_categories_that_cannot_be_read),
        cmocka_unit_test(test_frames_that_are_damaged),
        cmocka_unit_test(test_masks_that_are_none),
        cmocka_unit_test(test_frames_of_which_nothing_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
