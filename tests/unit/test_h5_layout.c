/* test_h5_layout.c - which tables a file holds: 2-D and compound datasets, groups of columns. */
#include "h5_made.h"

static const double numbers[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};

/* -- 2-D datasets ------------------------------------------------------------------------------ */

static void test_matrix_without_names(void **state)
{
    (void)state;
    hid_t file = new_file();
    put(file, "/X", H5T_IEEE_F64LE, 4, 3, numbers);
    rc_h5_open_table open = assert_table(file, NULL, NULL, "2-D dataset", 4, "-:f8 -:f8 -:f8");
    assert_false(open.table->has_names);
    assert_string_equal(open.table->path, "/X");
    assert_int_equal(open.table->columns[2].index, 2);
    rc_h5_open_table_release(&open);
    close_file(file);
}

static void test_matrix_is_named_by_an_attribute(void **state)
{
    (void)state;
    hid_t file = new_file();
    put(file, "/X", H5T_IEEE_F32BE, 4, 2, NULL);
    mark_texts(file, "/X", "feature_names", 2, (const char[][8]){"age", "eightbyt"});
    put_texts(file, "/columns", 2, (const char[][8]){"no", "no"});
    rc_h5_open_table open = assert_table(file, "X", NULL, "2-D dataset", 4, "age:f4 eightbyt:f4");
    assert_true(open.table->has_names);
    assert_true(open.table->columns[0].is_big_endian);
    rc_h5_open_table_release(&open);
    close_file(file);
}

static void test_matrix_is_named_by_a_sibling(void **state)
{
    (void)state;
    hid_t file = new_file();
    put(file, "/a/X", H5T_STD_U16LE, 4, 2, NULL);
    put_texts(file, "/a/columns", 3, (const char[][8]){"of", "another", "length"});
    put_texts(file, "/a/X_names", 2, (const char[][8]){"p", "q"});
    assert_layout(file, "//a/X/", "2-D dataset", 4, "p:u2 q:u2");
    put(file, "/b/X", H5T_STD_I8LE, 4, 1, NULL);
    put(file, "/b/names", H5T_STD_I8LE, 1, 0, NULL); /* no texts */
    assert_layout(file, "/b/X", "2-D dataset", 4, "-:i1");
    close_file(file);
}

static void test_rank_1_is_a_column_of_its_name(void **state)
{
    (void)state;
    hid_t file = new_file();
    put(file, "/a/score", H5T_IEEE_F32LE, 7, 0, NULL);
    assert_layout(file, "/a/score", "1-D dataset", 7, "score:f4");
    close_file(file);
}

/* -- Groups of columns ------------------------------------------------------------------------- */

static void test_group_is_in_the_order_of_names(void **state)
{
    (void)state;
    hid_t file = new_file();
    put(file, "/g/b", H5T_IEEE_F64LE, 4, 0, numbers);
    put(file, "/g/a", H5T_STD_I32LE, 4, 1, NULL);
    put(file, "/g/c", H5T_IEEE_F32LE, 1, 4, NULL);
    put(file, "/g/deep/d", H5T_IEEE_F32LE, 9, 2, NULL);
    put_group(file, "/g/empty");
    rc_h5_open_table open = assert_table(file, "/g", NULL, "group of columns", 4, "a:i4 b:f8 c:f4");
    assert_true(open.table->storages[open.table->columns[2].storage].is_transposed);
    assert_false(open.table->storages[open.table->columns[0].storage].is_transposed);
    rc_h5_open_table_release(&open);
    mark_texts(file, "/g", "columns", 2, (const char[][8]){"c", "a"});
    assert_layout(file, "/g", "group of columns", 4, "c:f4 a:i4 b:f8");
    close_file(file);
}

static void test_group_is_in_the_order_that_it_tracks(void **state)
{
    (void)state;
    hid_t file = new_file();
    hid_t creation = H5Pcreate(H5P_GROUP_CREATE);
    H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    hid_t group = H5Gcreate2(file, "/g", H5P_DEFAULT, creation, H5P_DEFAULT);
    H5Gclose(group);
    H5Pclose(creation);
    put(file, "/g/z", H5T_STD_I8LE, 2, 0, NULL);
    put(file, "/g/m", H5T_STD_I8LE, 2, 0, NULL);
    put(file, "/g/a", H5T_STD_I8LE, 2, 0, NULL);
    assert_layout(file, NULL, "group of columns", 2, "z:i1 m:i1 a:i1");
    close_file(file);
}

static void test_group_of_different_lengths_is_refused(void **state)
{
    (void)state;
    hid_t file = new_file();
    put(file, "/g/a", H5T_STD_I8LE, 2, 0, NULL);
    put(file, "/g/b", H5T_STD_I8LE, 3, 0, NULL);
    assert_refused(file, "/g", NULL,
                   "'/g' is no table: columns of different lengths: a has 2 rows, b 3");
    assert_refused(file, NULL, NULL,
                   "no table in the file, which holds 3 objects: '/g': columns of different "
                   "lengths: a has 2 rows, b 3");
    close_file(file);
}

/* -- Compounds --------------------------------------------------------------------------------- */

static hid_t make_compound(void)
{
    hsize_t three = 3, one = 1;
    hid_t part = H5Tcreate(H5T_COMPOUND, 12), whole = H5Tcreate(H5T_COMPOUND, 64);
    hid_t array = H5Tarray_create2(H5T_STD_I16LE, 1, &three);
    hid_t single = H5Tarray_create2(H5T_STD_I16LE, 1, &one);
    hid_t complex = H5Tcreate(H5T_COMPOUND, 16), text = text_type(5);
    H5Tinsert(part, "p", 0, H5T_IEEE_F64BE);
    H5Tinsert(part, "q", 8, H5T_STD_U32LE);
    H5Tinsert(complex, "r", 0, H5T_IEEE_F64LE);
    H5Tinsert(complex, "i", 8, H5T_IEEE_F64LE);
    H5Tinsert(whole, "a", 1, H5T_IEEE_F32LE); /* a gap before */
    H5Tinsert(whole, "v", 5, array);
    H5Tinsert(whole, "n", 12, part);
    H5Tinsert(whole, "z", 24, complex);
    H5Tinsert(whole, "s", 40, text);
    H5Tinsert(whole, "w", 46, single);
    hid_t all[] = {part, array, single, complex, text};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        H5Tclose(all[i]);
    return whole;
}

static void test_compound_members_are_columns(void **state)
{
    (void)state;
    hid_t file = new_file(), type = make_compound();
    put(file, "/t", type, 5, 0, NULL);
    H5Tclose(type);
    rc_h5_open_table open = assert_table(file, NULL, NULL, "compound dataset", 5,
                                         "a:f4 v_0:i2 v_1:i2 v_2:i2 n.p:f8 n.q:u4 z:x s:t5 w:i2");
    const uint32_t offsets[] = {1, 5, 7, 9, 12, 20, 0, 40, 46};
    for (size_t i = 0; i < 9; i++)
        assert_int_equal(open.table->columns[i].offset, offsets[i]);
    assert_string_equal(open.table->columns[6].why, "complex numbers");
    assert_true(open.table->columns[6].is_side);
    assert_true(open.table->columns[4].is_big_endian);
    rc_h5_open_table_release(&open);
    close_file(file);
}

/* Texts of any length: the readable members without gaps, so 8 for "s" and 4 for "a". */
static void test_compound_with_variable_texts_is_converted(void **state)
{
    (void)state;
    hid_t file = new_file(), text = H5Tcopy(H5T_C_S1), type = H5Tcreate(H5T_COMPOUND, 40);
    H5Tset_size(text, H5T_VARIABLE);
    H5Tinsert(type, "s", 0, text);
    H5Tinsert(type, "r", 8, H5T_STD_REF_OBJ);
    H5Tinsert(type, "a", 20, H5T_STD_I32LE);
    H5Tinsert(type, "t", 24, text);
    put(file, "/t", type, 5, 0, NULL);
    H5Tclose(type);
    H5Tclose(text);
    rc_h5_open_table open =
        assert_table(file, "t", NULL, "compound dataset", 5, "s:v8 r:x a:i4 t:v8");
    assert_int_equal(open.table->storages[0].kind, RC_H5_BLOCKS);
    assert_int_equal(open.table->storages[0].element_bytes, 20);
    assert_int_equal(open.table->columns[2].offset, 8);
    assert_int_equal(open.table->columns[3].offset, 12);
    rc_h5_open_table_release(&open);
    close_file(file);
}

static void test_enumeration_has_labels_with_values(void **state)
{
    (void)state;
    hid_t file = new_file(), type = H5Tenum_create(H5T_STD_I16LE);
    int16_t red = -3, blue = 500;
    H5Tenum_insert(type, "red", &red);
    H5Tenum_insert(type, "blue", &blue);
    put(file, "/e", type, 3, 2, NULL);
    H5Tclose(type);
    rc_h5_open_table open = assert_table(file, NULL, NULL, "2-D dataset", 3, "-:i2 -:i2");
    assert_int_equal(open.table->n_labels, 1);
    assert_int_equal(open.table->columns[1].labels, 0);
    assert_string_equal(open.table->labels[0].texts[1], "blue");
    assert_int_equal(open.table->labels[0].values[1], 500);
    rc_h5_open_table_release(&open);
    close_file(file);
}

/* -- Which one --------------------------------------------------------------------------------- */

static void test_several_tables_are_listed(void **state)
{
    (void)state;
    hid_t file = new_file();
    put(file, "/left", H5T_IEEE_F64LE, 4, 3, numbers);
    put(file, "/deep/right", H5T_IEEE_F64LE, 6, 2, numbers);
    put(file, "/cols/a", H5T_IEEE_F64LE, 5, 0, numbers);
    put(file, "/y", H5T_IEEE_F64LE, 4, 1, numbers); /* a column beside /left */
    assert_refused(file, NULL, NULL,
                   "3 tables in the file: '/cols' (group of columns, 5 x 1), '/deep/right' (2-D "
                   "dataset, 6 x 2), '/left' (2-D dataset, 4 x 3)\n  --dataset PATH names one");
    assert_refused(file, "/lest", NULL, "no object '/lest'\n  did you mean '/left'?");
    assert_refused(file, "/somewhere", NULL,
                   "no object '/somewhere'\n  the file has '/cols' (group of columns, 5 x 1), "
                   "'/deep/right' (2-D dataset, 6 x 2), '/left' (2-D dataset, 4 x 3)");
    close_file(file);
}

static void test_what_is_asked_for_is_no_candidate(void **state)
{
    (void)state;
    hid_t file = new_file();
    put(file, "/X", H5T_IEEE_F64LE, 4, 3, numbers);
    put(file, "/more/y", H5T_IEEE_F64LE, 4, 1, numbers);
    put(file, "/obs/label", H5T_STD_I8LE, 4, 0, NULL);
    put(file, "/obs/group", H5T_STD_I8LE, 4, 0, NULL);
    rc_h5_open_table open;
    rc_error err;
    char text[1024];
    assert_int_equal(find(file, NULL, "/more/y", "obs/label", &open, &err), RC_OK);
    assert_string_equal(open.table->path, "/X");
    assert_string_equal(columns_of(open.table, text), "-:f8 -:f8 -:f8 /more/y:f8! obs/label:i1!");
    rc_h5_open_table_release(&open);
    close_file(file);
}

static void test_objects_that_are_no_tables(void **state)
{
    (void)state;
    hid_t file = new_file();
    hsize_t shape[3] = {2, 3, 4};
    hid_t space = H5Screate_simple(3, shape, NULL);
    hid_t cube =
        H5Dcreate2(file, "/cube", H5T_STD_I8LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dclose(cube);
    H5Sclose(space);
    put(file, "/refs", H5T_STD_REF_OBJ, 4, 0, NULL);
    put_group(file, "/empty");
    assert_refused(file, NULL, NULL,
                   "no table in the file, which holds 3 objects: '/cube': 3 dimensions: a table "
                   "has two; '/refs': references");
    assert_refused(file, "/refs", NULL, "'/refs' is no table: references");
    assert_refused(file, "/empty", NULL,
                   "'/empty' is no table: a group without columns of one length");
    close_file(file);
}

static void test_links_are_named_and_not_followed(void **state)
{
    (void)state;
    hid_t file = new_file();
    put(file, "/X", H5T_IEEE_F64LE, 4, 3, numbers);
    H5Lcreate_soft("/X", file, "/soft", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external("other.h5", "/X", file, "/outside", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_hard(file, "/X", file, "/again", H5P_DEFAULT, H5P_DEFAULT);
    assert_layout(file, NULL, "2-D dataset", 4, "-:f8 -:f8 -:f8");
    assert_refused(file, "/soft", NULL, "'/soft' is a soft link, which is not followed");
    assert_refused(file, "outside", NULL, "'/outside' is an external link, which is not followed");
    assert_refused(file, "X", "soft",
                   "'soft' beside the table: '/soft' is a soft link, which is not followed");
    close_file(file);
}

/* -- Beside the table -------------------------------------------------------------------------- */

static void test_beside_looks_next_to_the_table_first(void **state)
{
    (void)state;
    hid_t file = new_file();
    put(file, "/a/X", H5T_IEEE_F64LE, 4, 3, numbers);
    put(file, "/a/y", H5T_STD_I8LE, 4, 0, NULL);
    put(file, "/y", H5T_STD_I16LE, 4, 0, NULL);
    put(file, "/z", H5T_STD_I32LE, 1, 4, NULL);
    rc_h5_open_table open =
        assert_table(file, "/a/X", "y", "2-D dataset", 4, "-:f8 -:f8 -:f8 y:i1!");
    rc_h5_open_table_release(&open);
    open = assert_table(file, "/a/X", "/y", "2-D dataset", 4, "-:f8 -:f8 -:f8 /y:i2!");
    rc_h5_open_table_release(&open);
    open = assert_table(file, "/a/X", "z", "2-D dataset", 4, "-:f8 -:f8 -:f8 z:i4!");
    rc_h5_open_table_release(&open);
    open = assert_table(file, "/a/X", "nothing", "2-D dataset", 4, "-:f8 -:f8 -:f8");
    rc_h5_open_table_release(&open);
    close_file(file);
}

static void test_beside_reaches_into_compounds(void **state)
{
    (void)state;
    hid_t file = new_file(), type = make_compound();
    put(file, "/more/t", type, 4, 0, NULL);
    H5Tclose(type);
    put(file, "/X", H5T_IEEE_F64LE, 4, 1, numbers);
    rc_h5_open_table open =
        assert_table(file, "/X", "more/t/v_1", "2-D dataset", 4, "-:f8 more/t/v_1:i2!");
    assert_int_equal(open.table->columns[1].offset, 7);
    rc_h5_open_table_release(&open);
    assert_layout(file, "/X", "2-D dataset", 4, "-:f8");
    close_file(file);
}

static void test_beside_has_as_many_rows(void **state)
{
    (void)state;
    hid_t file = new_file();
    put(file, "/X", H5T_IEEE_F64LE, 4, 3, numbers);
    put(file, "/y", H5T_STD_I8LE, 5, 0, NULL);
    put(file, "/Y", H5T_STD_I8LE, 4, 3, NULL);
    put_group(file, "/g");
    assert_refused(file, "/X", "y", "'y' beside the table: '/y' has 5 rows, but '/X' has 4");
    assert_refused(file, "/X", "Y",
                   "'Y' beside the table: dataset '/Y' is no column: it has 2 dimensions");
    assert_refused(file, "/X", "g", "'g' beside the table: '/g' is a group, which is no column");
    close_file(file);
}

/* -- The whole file ---------------------------------------------------------------------------- */

static const rc_h5_node *node_of(const rc_h5_tree *tree, const char *path)
{
    for (size_t i = 0; i < tree->n; i++)
        if (strcmp(tree->nodes[i].path, path) == 0)
            return &tree->nodes[i];
    fail_msg("no %s", path);
    return NULL;
}

static void put_packed(hid_t file, const char *path)
{
    hsize_t shape[2] = {6, 2}, most[2] = {H5S_UNLIMITED, 2}, chunk[2] = {3, 2};
    hid_t space = H5Screate_simple(2, shape, most), creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, 2, chunk);
    H5Pset_shuffle(creation);
    H5Pset_deflate(creation, 4);
    hid_t dataset =
        H5Dcreate2(file, path, H5T_IEEE_F32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    H5Dclose(dataset);
    H5Pclose(creation);
    H5Sclose(space);
}

static void test_tree_tells_every_object(void **state)
{
    (void)state;
    hid_t file = new_file();
    rc_error err = {0};
    rc_h5_tree tree = {0};
    put_packed(file, "/packed");
    put(file, "/g/refs", H5T_STD_REF_OBJ, 4, 0, NULL);
    H5Lcreate_hard(file, "/", file, "/g/loop", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/packed", file, "/soft", H5P_DEFAULT, H5P_DEFAULT);
    assert_int_equal(rc_h5_layout_tree(file, &tree, &err), RC_OK);
    assert_int_equal(tree.n, 6);
    assert_false(tree.is_cut);
    const rc_h5_node *packed = node_of(&tree, "/packed");
    assert_string_equal(packed->kind, "dataset");
    assert_string_equal(packed->type, "float32");
    assert_string_equal(packed->storage, "chunked");
    assert_string_equal(packed->filters, "shuffle, deflate 4");
    assert_string_equal(packed->scored_as, "2-D dataset");
    assert_int_equal(packed->most[0], UINT64_MAX);
    assert_int_equal(packed->chunk[0], 3);
    assert_int_equal(packed->n_rows, 6);
    assert_string_equal(node_of(&tree, "/g/refs")->note, "references");
    assert_string_equal(node_of(&tree, "/g/loop")->note, "another name of an object above");
    assert_string_equal(node_of(&tree, "/soft")->kind, "soft link");
    assert_string_equal(node_of(&tree, "/")->scored_as, "");
    rc_h5_tree *copy = malloc(sizeof(*copy));
    *copy = tree;
    rc_h5_tree_free(copy);
    close_file(file);
}

static void test_deep_files_are_cut(void **state)
{
    (void)state;
    hid_t file = new_file();
    rc_error err = {0};
    rc_h5_tree *tree = calloc(1, sizeof(*tree));
    char path[256] = "";
    for (int i = 0; i < 40; i++)
        strcat(path, "/g");
    put(file, strcat(path, "/X"), H5T_IEEE_F64LE, 4, 3, numbers);
    assert_int_equal(rc_h5_layout_tree(file, tree, &err), RC_OK);
    assert_true(tree->is_cut);
    assert_int_equal(tree->n, 33); /* the root, and 32 levels */
    rc_h5_tree_free(tree);
    assert_layout(file, path, "2-D dataset", 4, "-:f8 -:f8 -:f8");
    close_file(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matrix_without_names),
        cmocka_unit_test(test_matrix_is_named_by_an_attribute),
        cmocka_unit_test(test_matrix_is_named_by_a_sibling),
        cmocka_unit_test(test_rank_1_is_a_column_of_its_name),
        cmocka_unit_test(test_group_is_in_the_order_of_names),
        cmocka_unit_test(test_group_is_in_the_order_that_it_tracks),
        cmocka_unit_test(test_group_of_different_lengths_is_refused),
        cmocka_unit_test(test_compound_members_are_columns),
        cmocka_unit_test(test_compound_with_variable_texts_is_converted),
        cmocka_unit_test(test_enumeration_has_labels_with_values),
        cmocka_unit_test(test_several_tables_are_listed),
        cmocka_unit_test(test_what_is_asked_for_is_no_candidate),
        cmocka_unit_test(test_objects_that_are_no_tables),
        cmocka_unit_test(test_links_are_named_and_not_followed),
        cmocka_unit_test(test_beside_looks_next_to_the_table_first),
        cmocka_unit_test(test_beside_reaches_into_compounds),
        cmocka_unit_test(test_beside_has_as_many_rows),
        cmocka_unit_test(test_tree_tells_every_object),
        cmocka_unit_test(test_deep_files_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
