/* test_bind.c - which column feeds which input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "table/bind.h"

#define LIST(...)                                                             \
    (rc_strings)                                                              \
    {                                                                         \
        (const char *const[]){__VA_ARGS__},                                   \
            sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *) \
    }

/* A table with the names, NULL: without a header. */
typedef struct table {
    rc_schema schema;
    size_t name_bytes[32];
} table;

static void make_table(table *t, const char *const *names, size_t n)
{
    *t = (table){.schema = {.has_header = names != NULL, .n_columns = n}};
    for (size_t c = 0; names != NULL && c < n; c++)
        t->name_bytes[c] = strlen(names[c]);
    t->schema.names = (char **)names;
    t->schema.name_bytes = names != NULL ? t->name_bytes : NULL;
}

static const char *const people[] = {"id", "age", "pay", "plan", "age2", "w", "left"};

static rc_binding bind(const table *t, const rc_bind_request *request)
{
    rc_binding binding;
    rc_error err = {0};
    if (rc_binding_init(&binding, &t->schema, request, &err) != RC_OK)
        fail_msg("%s", err.text);
    return binding;
}

static void assert_columns(const size_t *columns, size_t n, const char *expected)
{
    char text[256] = "";
    for (size_t i = 0; i < n; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%zu ", columns[i]);
    assert_string_equal(text, expected);
}

static void assert_fails(const table *t, const rc_bind_request *request, rc_status status,
                         const char *message)
{
    rc_binding binding;
    rc_error err = {0};
    assert_int_equal(rc_binding_init(&binding, &t->schema, request, &err), status);
    assert_string_equal(err.text, message);
}

static void assert_refused(const table *t, const rc_bind_request *request, const char *message)
{
    assert_fails(t, request, RC_E_DATA, message);
}

static void test_inputs_bind_by_name(void **state)
{
    (void)state;
    table t;
    make_table(&t, people, 7);
    static const char *const inputs[] = {"pay", "age", "pay"};
    rc_bind_request request = {.n_inputs = 3, .inputs = inputs};
    rc_binding b = bind(&t, &request);
    assert_columns(b.features, b.n_features, "2 1 2 ");
    assert_int_equal(b.n_truth, 0);
    assert_int_equal(b.n_copies, 0);
    assert_true(b.weight == RC_NO_COLUMN);
    rc_binding_release(&b);
    request.truth = LIST("left", "plan");
    request.weight = "pay"; /* a feature as well */
    b = bind(&t, &request);
    assert_columns(b.truth, b.n_truth, "6 3 ");
    assert_columns(b.features, b.n_features, "2 1 2 ");
    assert_int_equal(b.weight, 2);
    rc_binding_release(&b);
}

static void test_a_truth_that_is_a_feature_is_refused(void **state)
{
    (void)state;
    table t;
    make_table(&t, people, 7);
    static const char *const inputs[] = {"pay", "age"};
    rc_bind_request request = {.n_inputs = 2, .inputs = inputs, .truth = LIST("left", "2")};
    assert_fails(&t, &request, RC_E_USAGE, "--truth: column 'age' is also an input of the model");
}

static void test_columns_are_names_else_positions(void **state)
{
    (void)state;
    static const char *const names[] = {"b", "3", "cost", "0"};
    table t;
    make_table(&t, names, 4);
    static const char *const inputs[] = {"b"};
    rc_bind_request request = {.n_inputs = 1, .inputs = inputs, .truth = LIST("3")};
    rc_binding b = bind(&t, &request);
    assert_int_equal(b.truth[0], 1); /* the name wins */
    rc_binding_release(&b);
    request.truth = LIST("4");
    b = bind(&t, &request);
    assert_int_equal(b.truth[0], 3);
    rc_binding_release(&b);
    request.truth = LIST("5");
    assert_refused(&t, &request, "--truth: no column '5'");
    request.truth = (rc_strings){0};
    request.weight = "Costs";
    assert_refused(&t, &request, "--weight: no column 'Costs' (nearest: 'cost')");
}

static void test_inputs_without_names_bind_by_position(void **state)
{
    (void)state;
    table t;
    make_table(&t, people, 7);
    rc_bind_request request = {.n_inputs = 3,
                               .truth = LIST("left"),
                               .weight = "w",
                               .id = LIST("id", "4"),
                               .keep = LIST("age")};
    rc_binding b = bind(&t, &request);
    assert_columns(b.features, b.n_features, "1 2 4 ");
    assert_columns(b.copies, b.n_copies, "0 3 1 ");
    rc_binding_release(&b);
    request.weight = NULL;
    assert_refused(&t, &request,
                   "4 columns are left for the model's 3 inputs, which have no names and bind by "
                   "position\n  --id, --truth and --weight take columns away from the features");
    request.n_inputs = 5;
    assert_refused(&t, &request,
                   "4 columns are left for the model's 5 inputs, which have no names and bind by "
                   "position\n  --id, --truth and --weight take columns away from the features");
}

static void test_without_a_header_names_do_not_help(void **state)
{
    (void)state;
    table t;
    make_table(&t, NULL, 4);
    static const char *const inputs[] = {"pay", "age"};
    rc_bind_request request = {
        .n_inputs = 2, .inputs = inputs, .truth = LIST("1"), .id = LIST("3"), .keep_all = true};
    rc_binding b = bind(&t, &request);
    assert_columns(b.features, b.n_features, "1 3 ");
    assert_columns(b.copies, b.n_copies, "2 0 1 3 ");
    rc_binding_release(&b);
    request.id = LIST("pay");
    assert_refused(&t, &request, "--id: no column 'pay'");
    request.id = (rc_strings){0};
    assert_refused(&t, &request,
                   "3 columns are left for the model's 2 inputs, which find no header and bind by "
                   "position\n  --id, --truth and --weight take columns away from the features");
}

static void test_a_model_without_inputs_fits_any_table(void **state)
{
    (void)state;
    table t;
    for (size_t n = 1; n < 7; n++) {
        make_table(&t, n % 2 ? people : NULL, n);
        rc_bind_request request = {.keep_all = true};
        rc_binding b = bind(&t, &request);
        assert_int_equal(b.n_features, 0);
        assert_int_equal(b.n_copies, n);
        rc_binding_release(&b);
    }
}

static void test_copies_stand_once_each(void **state)
{
    (void)state;
    table t;
    make_table(&t, people, 7);
    rc_bind_request request = {.id = LIST("w", "1"), .keep = LIST("plan", "id", "plan", "2")};
    rc_binding b = bind(&t, &request);
    assert_columns(b.copies, b.n_copies, "5 0 3 1 ");
    rc_binding_release(&b);
    request.keep_all = true;
    b = bind(&t, &request);
    assert_columns(b.copies, b.n_copies, "5 0 3 1 2 4 6 ");
    rc_binding_release(&b);
}

/* DESIGN: one error that names them all, the nearest names, and the unused columns. */
static void test_missing_inputs_are_named_together(void **state)
{
    (void)state;
    table t;
    make_table(&t, people, 7);
    static const char *const inputs[] = {"Pay", "age", "salary", "plans"};
    rc_bind_request request = {.n_inputs = 4, .inputs = inputs, .truth = LIST("left")};
    assert_refused(&t, &request,
                   "no column for 3 of the model's 4 inputs: 'Pay' (nearest: 'pay'), 'salary', "
                   "'plans' (nearest: 'plan')\n"
                   "  columns that the model does not use: 'id', 'pay', 'plan', 'age2', 'w'");
}

static void test_long_lists_are_cut(void **state)
{
    (void)state;
    char text[20][32];
    const char *inputs[20];
    const char *names[20];
    char names_text[20][8];
    for (size_t i = 0; i < 20; i++) {
        snprintf(text[i], sizeof(text[i]), "a long name of an input %02zu", i);
        snprintf(names_text[i], sizeof(names_text[i]), "c%zu", i);
        inputs[i] = text[i];
        names[i] = names_text[i];
    }
    table t;
    make_table(&t, names, 20);
    rc_bind_request request = {.n_inputs = 20, .inputs = inputs};
    rc_binding binding;
    rc_error err = {0};
    assert_int_equal(rc_binding_init(&binding, &t.schema, &request, &err), RC_E_DATA);
    assert_non_null(strstr(err.text, "no column for 20 of the model's 20 inputs: 'a long"));
    assert_non_null(strstr(err.text, "input 11' and 8 more\n"));
    assert_null(strstr(err.text, "input 12"));
    assert_non_null(strstr(err.text, "'c11' and 8 more"));
    assert_null(strstr(err.text, "'c12'"));
}

static void test_a_name_that_stands_twice_is_refused_where_asked_for(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "a", "c"};
    table t;
    make_table(&t, names, 4);
    static const char *const inputs[] = {"b", "c"}, *const twice[] = {"b", "a"};
    rc_bind_request request = {
        .n_inputs = 2, .inputs = inputs, .keep = LIST("3"), .keep_all = true};
    rc_binding b = bind(&t, &request);
    assert_columns(b.features, b.n_features, "1 3 ");
    assert_columns(b.copies, b.n_copies, "2 0 1 3 ");
    rc_binding_release(&b);
    static const char refusal[] =
        "column 'a' stands more than once in the header, and is asked for by name";
    request.inputs = twice;
    assert_refused(&t, &request, refusal);
    request.inputs = inputs;
    request.keep = LIST("a");
    assert_refused(&t, &request, refusal);
    request.keep = (rc_strings){0};
    request.weight = "a";
    assert_refused(&t, &request, refusal);
}

static void assert_features(const table *t, const rc_bind_request *request, const char *expected)
{
    rc_binding b = bind(t, request);
    assert_columns(b.features, b.n_features, expected);
    rc_binding_release(&b);
}

static void test_a_mapped_input_takes_its_column(void **state)
{
    (void)state;
    table t;
    make_table(&t, people, 7);
    static const char *const inputs[] = {"salary", "age", "plan"};
    static const char *const by_name[] = {"pay", NULL, NULL}, *const by_position[] = {"3"};
    rc_bind_request request = {.n_inputs = 3, .inputs = inputs, .mapped = by_name};
    assert_features(&t, &request, "2 1 3 ");
    /* its own name is not looked for, whether it stands there or not; two may share a column */
    static const char *const away[] = {"pay", "age2", "age"}, *const nothing[3] = {0};
    request.mapped = away;
    assert_features(&t, &request, "2 4 1 ");
    static const char *const shared[] = {"age", NULL, "w"};
    request.mapped = shared;
    request.weight = "w"; /* a weight may be a feature */
    assert_features(&t, &request, "1 1 5 ");
    request.mapped = nothing;
    assert_refused(&t, &request,
                   "no column for 1 of the model's 3 inputs: 'salary'\n"
                   "  columns that the model does not use: 'id', 'pay', 'age2', 'left'");
    request = (rc_bind_request){.n_inputs = 1, .inputs = inputs, .mapped = by_position};
    assert_features(&t, &request, "2 ");
}

static void test_what_is_mapped_and_absent_is_refused(void **state)
{
    (void)state;
    table t;
    make_table(&t, people, 7);
    static const char *const inputs[] = {"age", "other"};
    static const char *const absent[] = {NULL, "Plan"}, *const beyond[] = {"8", NULL};
    rc_bind_request request = {.n_inputs = 2, .inputs = inputs, .mapped = absent};
    assert_refused(&t, &request, "--map: no column 'Plan' (nearest: 'plan')");
    request.mapped = beyond;
    assert_refused(&t, &request, "--map: no column '8'");
    static const char *const truth[] = {NULL, "left"};
    request.mapped = truth;
    request.truth = LIST("left");
    assert_fails(&t, &request, RC_E_USAGE, "--truth: column 'left' is also an input of the model");
    /* an input that is mapped away from the truth is no leak */
    static const char *const away[] = {"pay", "w"};
    request.mapped = away;
    request.truth = LIST("age");
    assert_features(&t, &request, "2 5 ");
    static const char *const names[] = {"a", "b", "a"}, *const twice[] = {"b", "a"};
    make_table(&t, names, 3);
    request = (rc_bind_request){.n_inputs = 2, .inputs = inputs, .mapped = twice};
    assert_refused(&t, &request,
                   "column 'a' stands more than once in the header, and is asked for by name");
    static const char *const third[] = {"b", "3"};
    request.mapped = third;
    assert_features(&t, &request, "1 2 ");
}

/* Without a header the others bind by position over what is left. */
static void test_mapped_inputs_without_a_header(void **state)
{
    (void)state;
    table t;
    make_table(&t, NULL, 5);
    static const char *const inputs[] = {"a", "b", "c"};
    static const char *const second[] = {NULL, "1", NULL}, *const all[] = {"5", "2", "5"};
    rc_bind_request request = {
        .n_inputs = 3, .inputs = inputs, .mapped = second, .truth = LIST("3"), .id = LIST("5")};
    assert_features(&t, &request, "1 0 3 ");
    request.id = (rc_strings){0};
    assert_refused(&t, &request,
                   "3 columns are left for the model's 2 inputs, which find no header and bind by "
                   "position, those of 3 that are not mapped\n"
                   "  --id, --truth and --weight take columns away from the features");
    request.mapped = all; /* then any number of columns may be left */
    assert_features(&t, &request, "4 1 4 ");
    static const char *const name[] = {NULL, "pay", NULL};
    request.mapped = name;
    assert_refused(&t, &request, "--map: no column 'pay'");
}

/* The only input takes the only column that is left, but not if it is mapped. */
static void test_a_lone_input(void **state)
{
    (void)state;
    static const char *const names[] = {"other", "y"}, *const inputs[] = {"x"};
    static const char *const to_y[] = {"y"};
    table t;
    make_table(&t, names, 2);
    rc_bind_request request = {.n_inputs = 1, .inputs = inputs, .truth = LIST("y")};
    assert_features(&t, &request, "0 ");
    request.mapped = to_y;
    assert_fails(&t, &request, RC_E_USAGE, "--truth: column 'y' is also an input of the model");
    request.truth = (rc_strings){0};
    assert_features(&t, &request, "1 ");
    request.mapped = NULL; /* two are left */
    assert_refused(&t, &request,
                   "no column for 1 of the model's 1 inputs: 'x'\n"
                   "  columns that the model does not use: 'other', 'y'");
}

static void test_listed_columns_feed_inputs_without_names(void **state)
{
    (void)state;
    table t;
    make_table(&t, people, 7);
    rc_bind_request request = {.n_inputs = 3, .columns = LIST("pay", "1", "age")};
    assert_features(&t, &request, "2 0 1 ");
    request.id = LIST("pay"); /* asked for by both */
    request.truth = LIST("left");
    rc_binding b = bind(&t, &request);
    assert_columns(b.features, b.n_features, "2 0 1 ");
    assert_columns(b.copies, b.n_copies, "2 ");
    rc_binding_release(&b);
    request.columns = LIST("pay", "agee", "age");
    assert_refused(&t, &request, "--columns: no column 'agee' (nearest: 'age')");
    request.columns = LIST("pay", "age", "2");
    assert_fails(&t, &request, RC_E_USAGE, "--columns: column 'age' is listed twice");
    request.columns = LIST("pay", "age", "7");
    assert_fails(&t, &request, RC_E_USAGE, "--truth: column 'left' is also an input of the model");
    make_table(&t, NULL, 7);
    request = (rc_bind_request){.n_inputs = 2, .columns = LIST("7", "1")};
    assert_features(&t, &request, "6 0 ");
    request.columns = LIST("7", "8");
    assert_refused(&t, &request, "--columns: no column '8'");
}

/* An index, and a dataset beside the table: by name they are found, by position never. */
static void test_columns_beside_the_table(void **state)
{
    (void)state;
    static const char *const names[] = {"index", "a", "b", "/y"};
    static const char *const inputs[] = {"b", "a"}, *const of_side[] = {"index", "a"};
    bool is_side[] = {true, false, false, true};
    table t;
    make_table(&t, names, 4);
    t.schema.is_side = is_side;
    rc_binding by_name = bind(&t, &(rc_bind_request){.n_inputs = 2, .inputs = inputs});
    assert_columns(by_name.features, 2, "2 1 ");
    rc_binding_release(&by_name);
    rc_binding side = bind(&t, &(rc_bind_request){.n_inputs = 2, .inputs = of_side});
    assert_columns(side.features, 2, "0 1 ");
    rc_binding_release(&side);
    rc_binding placed = bind(&t, &(rc_bind_request){.n_inputs = 2, .truth = LIST("/y")});
    assert_columns(placed.features, 2, "1 2 ");
    assert_columns(placed.truth, 1, "3 ");
    rc_binding_release(&placed);
    assert_fails(&t, &(rc_bind_request){.n_inputs = 3}, RC_E_DATA,
                 "2 columns are left for the model's 3 inputs, which have no names and bind by "
                 "position\n  --id, --truth and --weight take columns away from the features");
    rc_binding kept = bind(&t, &(rc_bind_request){.n_inputs = 2, .keep_all = true});
    assert_columns(kept.copies, kept.n_copies, "1 2 ");
    rc_binding_release(&kept);
    rc_binding asked =
        bind(&t, &(rc_bind_request){.n_inputs = 2, .id = LIST("index"), .keep_all = true});
    assert_columns(asked.copies, asked.n_copies, "0 1 2 ");
    rc_binding_release(&asked);
}

/* An input that is alone takes the only column of the table, whatever is beside it. */
static void test_a_lone_input_beside_others(void **state)
{
    (void)state;
    static const char *const names[] = {"index", "a", "/y"}, *const inputs[] = {"x"};
    bool is_side[] = {true, false, true};
    table t;
    make_table(&t, names, 3);
    t.schema.is_side = is_side;
    rc_binding b = bind(&t, &(rc_bind_request){.n_inputs = 1, .inputs = inputs});
    assert_columns(b.features, 1, "1 ");
    rc_binding_release(&b);
}

/* Names that are made for messages bind nothing: has_header says whether there are any. */
static void test_made_names_do_not_bind(void **state)
{
    (void)state;
    static const char *const names[] = {"column_1", "column_2"}, *const inputs[] = {"a", "b"};
    table t;
    make_table(&t, names, 2);
    t.schema.has_header = false;
    rc_binding b = bind(&t, &(rc_bind_request){.n_inputs = 2, .inputs = inputs});
    assert_columns(b.features, 2, "0 1 ");
    rc_binding_release(&b);
}

/* "/t/y" is column "y": as the truth it is taken away from the features. */
static void test_a_path_that_is_a_column_of_the_table(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "y", "b", "/t/y"}, *const inputs[] = {"a", "y"};
    bool is_side[] = {false, false, false, true};
    size_t same_as[] = {0, 1, 2, 1};
    table t;
    make_table(&t, names, 4);
    t.schema.is_side = is_side;
    t.schema.same_as = same_as;
    rc_binding b = bind(&t, &(rc_bind_request){.n_inputs = 2, .truth = LIST("/t/y")});
    assert_columns(b.features, 2, "0 2 ");
    assert_columns(b.truth, 1, "1 ");
    rc_binding_release(&b);
    rc_binding binding;
    rc_error err = {0};
    const rc_bind_request leak = {.n_inputs = 2, .inputs = inputs, .truth = LIST("/t/y")};
    assert_int_equal(rc_binding_init(&binding, &t.schema, &leak, &err), RC_E_USAGE);
}

static void test_labels_of_columns(void **state)
{
    (void)state;
    static const char *const names[] = {"age", "a\x1b[31m"};
    table t;
    char label[192];
    make_table(&t, names, 2);
    assert_string_equal(rc_column_label(&t.schema, 0, label), "'age'");
    assert_string_equal(rc_column_label(&t.schema, 1, label), "'a\\x1b[31m'");
    make_table(&t, NULL, 2);
    assert_string_equal(rc_column_label(&t.schema, 1, label), "2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inputs_bind_by_name),
        cmocka_unit_test(test_a_truth_that_is_a_feature_is_refused),
        cmocka_unit_test(test_columns_are_names_else_positions),
        cmocka_unit_test(test_inputs_without_names_bind_by_position),
        cmocka_unit_test(test_without_a_header_names_do_not_help),
        cmocka_unit_test(test_a_model_without_inputs_fits_any_table),
        cmocka_unit_test(test_copies_stand_once_each),
        cmocka_unit_test(test_missing_inputs_are_named_together),
        cmocka_unit_test(test_long_lists_are_cut),
        cmocka_unit_test(test_a_name_that_stands_twice_is_refused_where_asked_for),
        cmocka_unit_test(test_a_mapped_input_takes_its_column),
        cmocka_unit_test(test_what_is_mapped_and_absent_is_refused),
        cmocka_unit_test(test_mapped_inputs_without_a_header),
        cmocka_unit_test(test_a_lone_input),
        cmocka_unit_test(test_listed_columns_feed_inputs_without_names),
        cmocka_unit_test(test_columns_beside_the_table),
        cmocka_unit_test(test_a_lone_input_beside_others),
        cmocka_unit_test(test_made_names_do_not_bind),
        cmocka_unit_test(test_a_path_that_is_a_column_of_the_table),
        cmocka_unit_test(test_labels_of_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
