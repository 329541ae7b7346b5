/* test_misuse.c - calls of the library that are wrong: each says what is, and nothing falls over.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rowcast.h"

#define BINARY                                                                                    \
    "{\"format\":\"rowcast-model\",\"version\":1,\"dtype\":\"float64\",\"inputs\":[{\"name\":"    \
    "\"x\",\"type\":\"number\"}],\"steps\":[{\"op\":\"dense\",\"weights\":[[1]],\"out\":\"z\"}]," \
    "\"output\":{\"task\":\"binary\",\"from\":\"z\",\"link\":\"sigmoid\",\"classes\":[\"no\","    \
    "\"yes\"]}}"

static const char is_null[] = "an argument is NULL that must not be";
static const char no_size[] = "struct_bytes is not the size of the struct";

/* The call is refused as wrong usage, with this text; also where nobody takes the error. */
#define EXPECT(call, wanted)                      \
    do {                                          \
        rc_error err_ = {0}, *err = &err_;        \
        assert_int_equal((call), RC_E_USAGE);     \
        assert_int_equal(err_.code, RC_E_USAGE);  \
        assert_string_equal(err_.text, (wanted)); \
        err = NULL;                               \
        assert_int_equal((call), RC_E_USAGE);     \
    } while (0)

static rc_scorer *open_scorer(void)
{
    rc_scorer *scorer;
    assert_int_equal(rc_scorer_parse(&scorer, BINARY, strlen(BINARY), NULL, NULL), RC_OK);
    return scorer;
}

static void test_a_scorer_that_is_asked_wrongly(void **state)
{
    (void)state;
    rc_scorer *scorer = open_scorer(), *none;
    rc_scorer_options options;
    rc_scorer_options_default(&options);
    options.positive = "maybe";
    EXPECT(rc_scorer_open(NULL, "m.json", NULL, err), is_null);
    EXPECT(rc_scorer_open(&none, NULL, NULL, err), is_null);
    EXPECT(rc_scorer_parse(NULL, BINARY, 1, NULL, err), is_null);
    EXPECT(rc_scorer_parse(&none, NULL, 1, NULL, err), is_null);
    EXPECT(rc_scorer_parse(&none, BINARY, strlen(BINARY), &options, err),
           "positive: 'maybe' is no class of the model (they are 'no', 'yes')");
    rc_scorer_info info = {0};
    rc_input_info input = {0};
    EXPECT(rc_scorer_describe(scorer, NULL, err), is_null);
    EXPECT(rc_scorer_describe(scorer, &info, err), no_size);
    EXPECT(rc_scorer_input(NULL, 0, &input, err), is_null);
    EXPECT(rc_scorer_input(scorer, 0, &input, err), no_size);
    EXPECT(rc_scorer_input(scorer, 1, &input, err), "the model does not have this input");
    rc_scorer_close(scorer);
}

static void test_cells_that_are_asked_wrongly(void **state)
{
    (void)state;
    rc_scorer *scorer = open_scorer();
    const char *const names[] = {"x", NULL};
    rc_strings columns = {names, 2};
    size_t column;
    double code;
    EXPECT(rc_scorer_bind(NULL, columns, &column, err), is_null);
    EXPECT(rc_scorer_bind(scorer, columns, NULL, err), is_null);
    EXPECT(rc_scorer_bind(scorer, columns, &column, err), "a column's name is NULL");
    EXPECT(rc_scorer_code(scorer, 0, "1", 1, NULL, err), is_null);
    EXPECT(rc_scorer_code(scorer, 1, "1", 1, &code, err), "the model does not have this input");
    rc_scorer_close(scorer);
}

static void test_rows_that_are_given_wrongly(void **state)
{
    (void)state;
    rc_scorer *scorer = open_scorer(), *other = open_scorer();
    rc_workspace *workspace;
    EXPECT(rc_workspace_open(NULL, scorer, err), is_null);
    EXPECT(rc_workspace_open(&workspace, NULL, err), is_null);
    assert_int_equal(rc_workspace_open(&workspace, scorer, NULL), RC_OK);
    rc_rows_f64 rows = {.n_rows = 1};
    rc_rows_f32 rows32 = {.n_rows = 1};
    rc_scores_f64 scores = {0};
    EXPECT(rc_scorer_score_f64(scorer, workspace, NULL, &scores, err), is_null);
    EXPECT(rc_scorer_score_f32(scorer, workspace, &rows32, NULL, err), is_null);
    EXPECT(rc_scorer_score_f64(scorer, NULL, &rows, &scores, err), is_null);
    EXPECT(rc_scorer_score_f64(other, workspace, &rows, &scores, err),
           "the workspace is of another scorer");
    EXPECT(rc_scorer_score_f64(scorer, workspace, &rows, &scores, err), "rows->x is NULL");
    rc_workspace_close(workspace);
    rc_scorer_close(other);
    rc_scorer_close(scorer);
}

static rc_measure *open_measure(size_t n_targets)
{
    rc_measure_options options;
    rc_measure_options_default(&options);
    options.n_targets = n_targets;
    rc_measure *measure;
    assert_int_equal(rc_measure_open(&measure, &options, NULL), RC_OK);
    return measure;
}

static void test_a_measure_that_is_asked_wrongly(void **state)
{
    (void)state;
    rc_measure *one = open_measure(1), *two = open_measure(2);
    const double value = 1;
    uint32_t label;
    rc_metric metric = {0};
    const char *text;
    rc_measured_rows rows = {.n_rows = 1, .value = &value};
    EXPECT(rc_measure_open(NULL, NULL, err), is_null);
    EXPECT(rc_measure_label(one, "a", 1, NULL, err), is_null);
    EXPECT(rc_measure_label(one, "a", 1, &label, err), "a regression has no labels");
    EXPECT(rc_measure_add(one, NULL, err), is_null);
    EXPECT(rc_measure_add(one, &rows, err), "rows->truth is NULL");
    EXPECT(rc_measure_merge(one, one, err), "a measure cannot be merged into itself");
    EXPECT(rc_measure_merge(one, two, err), "measures of different options");
    EXPECT(rc_measure_value(one, NULL, &metric, err), is_null);
    EXPECT(rc_measure_value(one, "mse", &metric, err), no_size);
    EXPECT(rc_measure_at(NULL, 0, &metric, err), is_null);
    EXPECT(rc_measure_json(NULL, &text, err), is_null);
    rc_measure_close(two);
    rc_measure_close(one);
}

static bool refuse_text(void *context, const char *text, size_t n_bytes)
{
    (void)context;
    assert_true(n_bytes > 0 && text[n_bytes - 1] == '\n');
    return false;
}

static void test_an_inspection_that_is_asked_wrongly(void **state)
{
    (void)state;
    const char *testdata = getenv("RC_TESTDATA");
    assert_non_null(testdata);
    char path[4096];
    snprintf(path, sizeof(path), "%s/diabetes/model.json", testdata);
    rc_inspect_options options;
    rc_inspect_options_default(&options);
    options.path = path;
    options.text = refuse_text;
    rc_error error = {0};
    assert_int_equal(rc_inspect(&options, &error), RC_E_OUTPUT);
    assert_string_equal(error.text, "the description could not be written");
    options.struct_bytes = 0;
    EXPECT(rc_inspect(&options, err), "the options are not from rc_inspect_options_default()");
    EXPECT(rc_inspect(NULL, err), "the options are not from rc_inspect_options_default()");
    EXPECT(rc_run(NULL, err), "the options are not from rc_job_options_default()");
}

static void test_a_conversion_that_is_asked_wrongly(void **state)
{
    (void)state;
    rc_convert_options options;
    rc_convert_options_default(&options);
    EXPECT(rc_convert(&options, err),
           "the options are not from rc_convert_options_default(), or name no model");
    options.model = "model.json";
    options.struct_bytes = 0;
    EXPECT(rc_convert(&options, err),
           "the options are not from rc_convert_options_default(), or name no model");
    EXPECT(rc_convert(NULL, err),
           "the options are not from rc_convert_options_default(), or name no model");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_scorer_that_is_asked_wrongly),
        cmocka_unit_test(test_cells_that_are_asked_wrongly),
        cmocka_unit_test(test_rows_that_are_given_wrongly),
        cmocka_unit_test(test_a_measure_that_is_asked_wrongly),
        cmocka_unit_test(test_an_inspection_that_is_asked_wrongly),
        cmocka_unit_test(test_a_conversion_that_is_asked_wrongly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
