/* test_inspect_h5.c - what is told of the tree of an HDF5 file, also of one that lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/inspect_h5.h"

/* The descriptions own their texts; those of a test are constant. */
static char *text(const char *constant)
{
    return (char *)(uintptr_t)constant;
}

/* A node of which only what is told is set: all texts of a tree are there. */
static rc_h5_node node(const char *path, const char *kind, const char *type)
{
    return (rc_h5_node){.path = text(path),
                        .kind = text(kind),
                        .type = text(type),
                        .storage = text(""),
                        .filters = text(""),
                        .scored_as = text(""),
                        .note = text("")};
}

static rc_h5_node matrix(const char *path, uint64_t n_rows, uint64_t n_columns)
{
    rc_h5_node n = node(path, "dataset", "float32");
    n.rank = 2;
    n.shape[0] = n.most[0] = n.n_rows = n_rows;
    n.shape[1] = n.most[1] = n.n_columns = n_columns;
    n.storage = text("contiguous");
    n.scored_as = text("2-D dataset");
    n.n_stored = 4 * n_rows * n_columns;
    return n;
}

static const rc_inspected file = {.path = "t.h5", .has_bytes = true, .n_bytes = 4096};

/* The description, with a NUL behind. */
static char *describe(const rc_inspected_h5 *h5, bool is_json)
{
    rc_buf out = {0};
    assert_int_equal(rc_inspect_h5(&out, &file, h5, is_json, NULL), RC_OK);
    assert_true(rc_buf_append(&out, "", 1));
    return out.data;
}

static char *describe_tree(rc_h5_tree *tree, bool is_json)
{
    rc_inspected_h5 h5 = {.tree = tree, .failure = "no reader"};
    h5.only = rc_inspect_h5_only(tree);
    return describe(&h5, is_json);
}

static void assert_text(rc_h5_tree *tree, const char *expected)
{
    char *shown = describe_tree(tree, false);
    assert_string_equal(shown, expected);
    free(shown);
}

static json_t *parse(char *shown)
{
    json_error_t error;
    json_t *made = json_loads(shown, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(made);
    free(shown);
    return made;
}

static const char *text_at(json_t *list, size_t i, const char *name)
{
    return json_string_value(json_object_get(json_array_get(list, i), name));
}

static void test_objects_are_told_with_shape_and_storage(void **state)
{
    (void)state;
    rc_h5_node nodes[] = {node("/", "group", ""), matrix("/X", 100, 3),
                          node("/y", "dataset", "int8"), node("/s", "dataset", "string"),
                          node("/out", "external link", "")};
    rc_h5_tree tree = {.nodes = nodes, .n = 5, .user_block = 512};
    nodes[2].rank = 1;
    nodes[2].shape[0] = 100;
    nodes[2].most[0] = UINT64_MAX;
    nodes[2].chunk[0] = 10;
    nodes[2].is_chunked = true;
    nodes[2].storage = text("chunked");
    nodes[2].filters = text("shuffle, deflate 4");
    nodes[2].n_stored = 77;
    nodes[3].storage = text("compact");
    nodes[4].note = text("not followed");
    assert_text(&tree,
                "t.h5: an HDF5 file, 4096 bytes\n"
                "  user block  512 bytes\n"
                "\n"
                "objects: 5\n"
                "  /     group\n"
                "  /X    float32        100 x 3                 contiguous                      "
                "1200 bytes\n"
                "  /y    int8           100, at most unlimited  chunked 10, shuffle, deflate 4  "
                "77 bytes\n"
                "  /s    string         scalar                  compact                         "
                "0 bytes\n"
                "  /out  external link                                                          "
                "            not followed\n"
                "\n"
                "tables that can be scored: 1 (rows x columns)\n"
                "  --dataset /X  100 x 3  2-D dataset\n"
                "\n"
                "the table /X:\n"
                "  not read    no reader\n");
    json_t *made = parse(describe_tree(&tree, true)), *list = json_object_get(made, "objects");
    assert_string_equal(json_string_value(json_object_get(made, "kind")), "hdf5");
    assert_int_equal(json_integer_value(json_object_get(made, "user_block")), 512);
    assert_string_equal(text_at(list, 2, "filters"), "shuffle, deflate 4");
    assert_true(
        json_is_null(json_array_get(json_object_get(json_array_get(list, 2), "max_shape"), 0)));
    assert_null(json_object_get(json_array_get(list, 0), "shape"));
    assert_string_equal(text_at(list, 4, "note"), "not followed");
    json_decref(made);
}

/* A file may hold one table, several, or none; of a tree that is cut nobody knows. */
static void test_only_one_table_is_the_only_one(void **state)
{
    (void)state;
    rc_h5_node nodes[] = {node("/", "group", ""), matrix("/a", 2, 2), matrix("/b", 3, 1)};
    rc_h5_tree tree = {.nodes = nodes, .n = 1};
    assert_null(rc_inspect_h5_only(&tree));
    tree.n = 2;
    assert_ptr_equal(rc_inspect_h5_only(&tree), &nodes[1]);
    tree.is_cut = true;
    assert_null(rc_inspect_h5_only(&tree));
    tree = (rc_h5_tree){.nodes = nodes, .n = 3};
    assert_null(rc_inspect_h5_only(&tree));
    json_t *made = parse(describe_tree(&tree, true)), *tables = json_object_get(made, "tables");
    assert_int_equal(json_array_size(tables), 2);
    assert_string_equal(text_at(tables, 1, "dataset"), "/b");
    assert_string_equal(text_at(tables, 1, "layout"), "2-D dataset");
    assert_true(json_is_null(json_object_get(made, "table")));
    json_decref(made);
}

/* Control bytes, bytes that are no UTF-8, quotes, and a name of 60,000 bytes. */
static void test_names_of_the_file_do_no_harm(void **state)
{
    (void)state;
    char *name = malloc(60001);
    memset(name, 'n', 60000);
    memcpy(name, "/", 1);
    memcpy(name + 79, "\xc3\xa9", 2); /* where it is cut */
    memcpy(name + 199, "\xc3\xa9", 2);
    name[60000] = '\0';
    rc_h5_node nodes[] = {matrix("/\x1b[31m\xff", 1, 1), matrix("/it's", 1, 1),
                          matrix("/a b", 1, 1), matrix(name, 1, 1)};
    rc_h5_tree tree = {.nodes = nodes, .n = 4};
    char *shown = describe_tree(&tree, false);
    assert_non_null(strstr(shown, "  /\\x1b[31m\\xff "));
    assert_non_null(strstr(shown, "  --dataset '/a b' "));
    assert_non_null(strstr(shown, "  --dataset /it's "));
    assert_non_null(strstr(shown, "nnn... "));
    for (const char *c = shown; *c != '\0'; c++)
        assert_true(*c == '\n' || (*c >= ' ' && *c < 0x7f) || strchr("\xc3\xa9", *c) != NULL);
    assert_true(rc_utf8_length(strstr(shown, "\xc3"), 2) == 2);
    assert_true(strlen(shown) < 4000);
    free(shown);
    json_t *made = parse(describe_tree(&tree, true)), *list = json_object_get(made, "objects");
    assert_string_equal(text_at(list, 0, "path"), "/\x1b[31m\\xff");
    assert_string_equal(text_at(list, 3, "path"), name);
    json_decref(made);
    free(name);
}

static void test_sizes_that_cannot_be_are_still_numbers(void **state)
{
    (void)state;
    rc_h5_node nodes[] = {matrix("/X", UINT64_MAX - 1, UINT64_MAX)};
    rc_h5_tree tree = {.nodes = nodes, .n = 1, .is_cut = true};
    nodes[0].n_stored = UINT64_MAX;
    json_t *made = parse(describe_tree(&tree, true));
    json_t *rows = json_object_get(json_array_get(json_object_get(made, "tables"), 0), "rows");
    assert_true(json_real_value(rows) > 1.8e19);
    assert_true(json_is_true(json_object_get(made, "cut")));
    json_decref(made);
    char *shown = describe_tree(&tree, false);
    assert_non_null(strstr(shown, "objects: 1, and more that are not told\n"));
    free(shown);
}

enum { N_COLUMNS = 5, N_ROWS = 3 };

static void fill(rc_column_guess *column, const char *const cells[N_ROWS])
{
    const rc_cell_rules rules = {.missing = rc_missing_default, .decimal = '.'};
    for (size_t r = 0; r < N_ROWS; r++) {
        char cell[64] = "";
        strcpy(cell, cells[r]);
        assert_int_equal(rc_column_guess_add(column, &rules, 100, cell, strlen(cell), NULL), RC_OK);
    }
}

/* What the file says of a type is told, whatever the cells look like. */
static void test_columns_are_told_by_the_types_of_the_file(void **state)
{
    (void)state;
    static const char *const cells[N_COLUMNS][N_ROWS] = {
        {"0", "1", "2"}, {"1", "", "3"}, {"a", "b", "a"}, {"true", "false", "true"}, {0}};
    rc_h5_column stored[N_COLUMNS] = {
        {.name = text("index"),
         .name_bytes = 5,
         .type = RC_H5_INT,
         .n_bytes = 8,
         .is_side = true,
         .labels = RC_H5_NONE},
        {.name = text("x"),
         .name_bytes = 1,
         .type = RC_H5_FLOAT,
         .n_bytes = 4,
         .labels = RC_H5_NONE},
        {.name = text("c"), .name_bytes = 1, .type = RC_H5_UINT, .n_bytes = 1, .labels = 0},
        {.type = RC_H5_BOOL, .n_bytes = 1, .labels = RC_H5_NONE},
        {.name = text("o"),
         .name_bytes = 1,
         .type = RC_H5_UNREADABLE,
         .why = text("pickled objects")},
    };
    rc_column_guess columns[N_COLUMNS] = {0};
    for (size_t c = 0; c < N_COLUMNS - 1; c++)
        fill(&columns[c], cells[c]);
    rc_inspected_table table = {.n_columns = N_COLUMNS,
                                .n_described = N_COLUMNS,
                                .stored = stored,
                                .columns = columns,
                                .n_rows = N_ROWS,
                                .is_all = true,
                                .first_rows =
                                    json_pack("[[s, s, s, s, n]]", "0", "1", "a", "true")};
    rc_h5_node nodes[] = {matrix("/t", N_ROWS, N_COLUMNS)};
    rc_h5_tree tree = {.nodes = nodes, .n = 1};
    rc_inspected_h5 h5 = {.tree = &tree, .only = nodes, .table = &table};
    char *shown = describe(&h5, false);
    const char *from = strstr(shown, "the table /t:\n");
    assert_string_equal(
        from != NULL ? from : shown,
        "the table /t:\n"
        "  rows        3, all\n"
        "\n"
        "columns: 5\n"
        "  1  index  integer     int64        -              0 to 2                   "
        "beside the table\n"
        "  2  x      number      float32      33.3% missing  1 to 3\n"
        "  3  c      category    uint8 codes  -              2 distinct: a, b\n"
        "  4         boolean     bool         -              2 distinct: true, false\n"
        "  5  o      unreadable                                                       "
        "pickled objects\n"
        "\n"
        "first rows:\n"
        "  index  x  c  4     o\n"
        "  0      1  a  true\n");
    free(shown);
    json_t *made = parse(describe(&h5, true));
    json_t *told = json_object_get(json_object_get(made, "table"), "columns");
    assert_int_equal(json_array_size(told), N_COLUMNS);
    assert_string_equal(text_at(told, 1, "stored"), "float32");
    assert_string_equal(text_at(told, 2, "type"), "category");
    assert_true(json_is_null(json_object_get(json_array_get(told, 3), "name")));
    assert_string_equal(text_at(told, 4, "why"), "pickled objects");
    json_decref(made);
    for (size_t c = 0; c < N_COLUMNS; c++)
        rc_column_guess_release(&columns[c]);
    json_decref(table.first_rows);
}

/* Rows that were not looked at say nothing; the file does. */
static void test_columns_without_rows_have_types(void **state)
{
    (void)state;
    static const struct {
        rc_h5_type type;
        uint32_t labels;
        const char *told;
    } cases[] = {
        {RC_H5_INT, RC_H5_NONE, "integer"},  {RC_H5_UINT, RC_H5_NONE, "integer"},
        {RC_H5_FLOAT, RC_H5_NONE, "number"}, {RC_H5_BOOL, RC_H5_NONE, "boolean"},
        {RC_H5_TEXT, RC_H5_NONE, "text"},    {RC_H5_TEXT_VAR, RC_H5_NONE, "text"},
        {RC_H5_INT, 0, "category"},
    };
    enum { N = sizeof(cases) / sizeof(*cases) };
    rc_h5_column stored[N] = {0};
    rc_column_guess columns[N] = {0};
    for (size_t c = 0; c < N; c++) {
        stored[c].type = cases[c].type;
        stored[c].labels = cases[c].labels;
        stored[c].n_bytes = 2;
    }
    rc_inspected_table table = {.n_columns = N,
                                .n_described = N,
                                .stored = stored,
                                .columns = columns,
                                .first_rows = json_array()};
    rc_h5_node nodes[] = {matrix("/t", N_ROWS, N)};
    rc_h5_tree tree = {.nodes = nodes, .n = 1};
    rc_inspected_h5 h5 = {
        .tree = &tree, .only = nodes, .table = &table, .failure = "it is damaged"};
    json_t *made = parse(describe(&h5, true)), *told = json_object_get(made, "table");
    assert_string_equal(json_string_value(json_object_get(told, "failure")), "it is damaged");
    for (size_t c = 0; c < N; c++) {
        json_t *column = json_array_get(json_object_get(told, "columns"), c);
        assert_string_equal(json_string_value(json_object_get(column, "type")), cases[c].told);
        assert_null(json_object_get(column, "min"));
        assert_null(json_object_get(column, "values"));
    }
    json_decref(made);
    json_decref(table.first_rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_objects_are_told_with_shape_and_storage),
        cmocka_unit_test(test_only_one_table_is_the_only_one),
        cmocka_unit_test(test_names_of_the_file_do_no_harm),
        cmocka_unit_test(test_sizes_that_cannot_be_are_still_numbers),
        cmocka_unit_test(test_columns_are_told_by_the_types_of_the_file),
        cmocka_unit_test(test_columns_without_rows_have_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
