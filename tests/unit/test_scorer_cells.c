/* test_scorer_cells.c - a scorer described, bound to names, given texts and codes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rowcast.h"

#define HEAD "{\"format\": \"rowcast-model\", \"version\": 1, \"dtype\": "
#define OUTPUT                                                                         \
    "\"output\": {\"task\": \"regression\", \"link\": \"identity\", \"from\": \"z\", " \
    "\"targets\": [\"price\"]}}"

/* z = 2 age + 10, 20, 30 for the plans, 100 for a missing fee; the level is an index of its values,
 * and refuses what is none; `note` is not read. */
static const char mixed[] =
    HEAD "\"float64\", \"inputs\": ["
         "{\"name\": \"age\", \"type\": \"number\", \"missing\": 7},"
         "{\"name\": \"plan\", \"type\": \"category\", \"values\": [\"free\", \"pro\", \"NA\"],"
         " \"missing\": \"unknown\", \"unknown\": \"zeros\"},"
         "{\"name\": \"level\", \"type\": \"category\", \"values\": [1, 2.5], \"missing\": 2.5},"
         "{\"name\": \"fee\", \"type\": \"number\", \"missing\": \"nan\"},"
         "{\"name\": \"size\", \"type\": \"category\", \"values\": [\"s\", \"m\"],"
         " \"unknown\": \"m\"},"
         "{\"name\": \"note\", \"type\": \"number\"}],"
         "\"steps\": ["
         "{\"op\": \"onehot\", \"in\": [\"plan\"], \"out\": \"plan1\"},"
         "{\"op\": \"elementwise\", \"fn\": \"isnan\", \"in\": [\"fee\"], \"out\": \"free\"},"
         "{\"op\": \"dense\", \"in\": [\"age\", \"plan1\", \"level\", \"free\", \"size\"],"
         " \"weights\": [[2], [10], [20], [30], [1000], [100], [10000]], \"out\": \"z\"}]," OUTPUT;

static const char unnamed[] =
    HEAD "\"float32\", \"inputs\": [{\"type\": \"number\"}, {\"type\": \"number\"}],"
         "\"steps\": [{\"op\": \"dense\", \"weights\": [[1], [1]], \"out\": \"z\"}]," OUTPUT;

enum { AGE, PLAN, LEVEL, FEE, SIZE, NOTE, N_INPUTS };

static rc_scorer *parse(const char *text, const rc_scorer_options *opt)
{
    rc_scorer *scorer;
    rc_error err = {0};
    if (rc_scorer_parse(&scorer, text, strlen(text), opt, &err) != RC_OK)
        fail_msg("%s", err.text);
    return scorer;
}

static rc_scorer *open_test_model(const char *name)
{
    char path[PATH_MAX];
    rc_scorer *scorer;
    rc_error err = {0};
    snprintf(path, sizeof(path), "%s/%s", getenv("RC_TESTDATA"), name);
    if (rc_scorer_open(&scorer, path, NULL, &err) != RC_OK)
        fail_msg("%s", err.text);
    return scorer;
}

static void test_describe(void **state)
{
    (void)state;
    rc_scorer *s = open_test_model("digits/model.f32.json");
    rc_scorer_info info = {.struct_bytes = sizeof(info)};
    assert_int_equal(rc_scorer_describe(s, &info, NULL), RC_OK);
    assert_int_equal(info.struct_bytes, sizeof(info));
    assert_int_equal(info.task, RC_TASK_MULTICLASS);
    assert_int_equal(info.dtype, RC_FLOAT32);
    assert_string_equal(info.link, "softmax");
    assert_int_equal(info.n_inputs, 64);
    assert_true(info.has_input_names && info.has_probability && !info.has_threshold);
    assert_int_equal(info.width, 10);
    assert_int_equal(info.n_classes, 10);
    assert_string_equal(info.format, "rowcast-json");
    assert_int_equal(strlen(info.sha256), 64);
    assert_string_equal(rc_scorer_class(s, 9), "9");
    assert_null(rc_scorer_class(s, 10));
    assert_null(rc_scorer_target(s, 0));
    rc_scorer_close(s);
    s = open_test_model("breast-cancer/model.threshold.json");
    assert_int_equal(rc_scorer_describe(s, &info, NULL), RC_OK);
    assert_int_equal(info.task, RC_TASK_BINARY);
    assert_true(info.has_threshold && info.threshold > 0 && info.threshold < 1);
    assert_true(info.positive == 1 && info.threshold_class == 1 && info.width == 1);
    rc_scorer_close(s);
    s = parse(unnamed, NULL);
    assert_string_equal(rc_scorer_target(s, 0), "price");
    assert_null(rc_scorer_target(s, 1));
    rc_scorer_close(s);
}

/* A program that was built with another header knows fewer fields, or more. */
static void test_describe_in_another_version(void **state)
{
    (void)state;
    rc_scorer *s = parse(unnamed, NULL);
    rc_scorer_info info;
    memset(&info, 0x55, sizeof(info));
    info.struct_bytes = offsetof(rc_scorer_info, n_inputs);
    assert_int_equal(rc_scorer_describe(s, &info, NULL), RC_OK);
    assert_int_equal(info.dtype, RC_FLOAT32);
    size_t untouched;
    memset(&untouched, 0x55, sizeof(untouched));
    assert_int_equal(info.n_inputs, untouched);
    struct {
        rc_scorer_info info;
        size_t later;
    } more = {.info.struct_bytes = sizeof(more), .later = 3};
    assert_int_equal(rc_scorer_describe(s, &more.info, NULL), RC_OK);
    assert_int_equal(more.info.n_inputs, 2);
    assert_int_equal(more.later, 3);
    rc_scorer_close(s);
}

/* Defaults of a program that knows fewer fields: nothing is written behind them. */
static void test_defaults_in_another_version(void **state)
{
    (void)state;
    rc_scorer_options opt;
    memset(&opt, 0x55, sizeof(opt));
    rc_scorer_options_sized(&opt, offsetof(rc_scorer_options, positive));
    assert_int_equal(opt.struct_bytes, offsetof(rc_scorer_options, positive));
    assert_false(opt.has_threshold);
    assert_int_equal(opt.decimal, 0x55);
    rc_scorer_close(parse(unnamed, &opt)); /* what lies behind is not read */
    struct {
        rc_measure_options opt;
        size_t later;
    } more = {.later = 3};
    rc_measure_options_sized(&more.opt, sizeof(more), NULL);
    assert_true(more.opt.struct_bytes == sizeof(more) && more.opt.n_targets == 1);
    assert_int_equal(more.later, 0);
}

static void test_describe_inputs(void **state)
{
    (void)state;
    rc_scorer *s = parse(mixed, NULL);
    rc_input_info in = {.struct_bytes = sizeof(in)};
    assert_int_equal(rc_scorer_input(s, AGE, &in, NULL), RC_OK);
    assert_string_equal(in.name, "age");
    assert_true(in.is_read && !in.is_category && !in.missing_refuses && in.missing_value == 7);
    assert_int_equal(rc_scorer_input(s, PLAN, &in, NULL), RC_OK);
    assert_true(in.is_category && in.values.n == 3 && !in.unknown_refuses);
    assert_string_equal(in.values.items[2], "NA");
    assert_true(in.unknown_value == -1 && !in.missing_refuses && in.missing_value == -1);
    assert_int_equal(rc_scorer_input(s, LEVEL, &in, NULL), RC_OK);
    assert_true(in.unknown_refuses && !in.missing_refuses && in.missing_value == 1);
    assert_string_equal(in.values.items[1], "2.5");
    assert_int_equal(rc_scorer_input(s, FEE, &in, NULL), RC_OK);
    assert_true(!in.missing_refuses && isnan(in.missing_value));
    assert_int_equal(rc_scorer_input(s, SIZE, &in, NULL), RC_OK);
    assert_true(in.missing_refuses && !in.unknown_refuses && in.unknown_value == 1);
    assert_int_equal(rc_scorer_input(s, NOTE, &in, NULL), RC_OK);
    assert_true(!in.is_read && in.missing_refuses);
    rc_error err = {0};
    assert_int_equal(rc_scorer_input(s, N_INPUTS, &in, &err), RC_E_USAGE);
    assert_string_equal(err.text, "the model does not have this input");
    assert_int_equal(rc_scorer_input(s, 0, NULL, &err), RC_E_USAGE);
    in.struct_bytes = 0;
    assert_int_equal(rc_scorer_input(s, 0, &in, &err), RC_E_USAGE);
    assert_string_equal(err.text, "struct_bytes is not the size of the struct");
    rc_scorer_close(s);
}

static rc_status bind(const rc_scorer *s, const char *const *names, size_t n, size_t *columns,
                      rc_error *err)
{
    *err = (rc_error){0};
    return rc_scorer_bind(s, (rc_strings){names, n}, columns, err);
}

static void test_bind_by_name(void **state)
{
    (void)state;
    rc_scorer *s = parse(mixed, NULL);
    static const char *const names[] = {"note", "id", "size", "fee", "age", "plan", "level", "id"};
    static const char *const wrong[] = {"note", "Size", "fee", "age", "plan"};
    static const char *const twice[] = {"note", "size", "fee", "age", "plan", "level", "age"};
    static const char *const null[] = {"note", NULL};
    size_t columns[N_INPUTS];
    rc_error err;
    assert_int_equal(bind(s, names, 8, columns, &err), RC_OK);
    static const size_t want[N_INPUTS] = {4, 5, 6, 3, 2, 0};
    assert_memory_equal(columns, want, sizeof(want));
    assert_int_equal(bind(s, wrong, 5, columns, &err), RC_E_DATA);
    assert_non_null(strstr(err.text, "no column for 2 of the model's 6 inputs: 'level', 'size' "
                                     "(nearest: 'Size')"));
    assert_memory_equal(columns, want, sizeof(want));
    assert_int_equal(bind(s, names, 0, columns, &err), RC_E_DATA);
    assert_string_equal(err.text, "no columns for the model's 6 inputs");
    assert_int_equal(bind(s, twice, 7, columns, &err), RC_E_DATA);
    assert_non_null(strstr(err.text, "'age' stands more than once"));
    assert_int_equal(bind(s, null, 2, columns, &err), RC_E_USAGE);
    assert_string_equal(err.text, "a column's name is NULL");
    assert_int_equal(bind(s, names, 8, NULL, &err), RC_E_USAGE);
    assert_int_equal(bind(NULL, names, 8, columns, &err), RC_E_USAGE);
    rc_scorer_close(s);
}

static void test_bind_by_position(void **state)
{
    (void)state;
    rc_scorer *s = parse(unnamed, NULL);
    static const char *const names[] = {"x", "y", "z"};
    size_t columns[2];
    rc_error err;
    assert_int_equal(bind(s, names, 2, columns, &err), RC_OK);
    assert_true(columns[0] == 0 && columns[1] == 1);
    assert_int_equal(bind(s, names, 3, columns, &err), RC_E_DATA);
    assert_string_equal(
        err.text, "3 columns for the model's 2 inputs, which have no names and bind by position");
    rc_scorer_close(s);
}

/* The code of a text, or a refusal with this cause. */
static void expect_code(const rc_scorer *s, size_t i, const char *text, double want)
{
    double code = 12345;
    rc_error err = {0};
    if (rc_scorer_code(s, i, text, strlen(text), &code, &err) != RC_OK)
        fail_msg("'%s': %s", text, err.text);
    if (isnan(want) ? !isnan(code) : code != want)
        fail_msg("'%s' is %g, not %g", text, code, want);
}

static void expect_refusal(const rc_scorer *s, size_t i, const char *text, const char *want)
{
    double code = 12345;
    rc_error err = {0};
    assert_int_equal(rc_scorer_code(s, i, text, strlen(text), &code, &err), RC_E_DATA);
    assert_string_equal(err.text, want);
    assert_true(code == 12345);
}

static void test_code_of_texts(void **state)
{
    (void)state;
    rc_scorer *s = parse(mixed, NULL);
    expect_code(s, AGE, " 1.5e1\t", 15);
    expect_code(s, AGE, "TRUE", 1);
    expect_code(s, AGE, "-inf", -INFINITY);
    expect_code(s, AGE, "", 7);
    expect_code(s, AGE, " NA ", 7);
    expect_refusal(s, AGE, "abc", "input 'age': not a number: 'abc'");
    expect_code(s, PLAN, "pro", 1);
    expect_code(s, PLAN, "NA", 2); /* a value wins over the list of missing texts */
    expect_code(s, PLAN, "N/A", -1);
    expect_code(s, PLAN, "gold", -1);
    expect_code(s, PLAN, "pro ", -1); /* blanks belong to a text */
    expect_code(s, LEVEL, "1.0", 0);
    expect_code(s, LEVEL, "true", 0);
    expect_code(s, LEVEL, " 25e-1", 1);
    expect_code(s, LEVEL, "", 1);
    expect_refusal(s, LEVEL, "3", "input 'level': none of the model's values: '3'");
    expect_code(s, FEE, "nan", NAN);
    expect_code(s, SIZE, "xl", 1);
    expect_refusal(s, SIZE, "", "input 'size': missing value");
    expect_refusal(s, SIZE, "null", "input 'size': missing value: 'null'");
    expect_code(s, NOTE, "what no step reads", 0);
    assert_int_equal(rc_scorer_code(s, AGE, NULL, 0, &(double){0}, NULL), RC_OK);
    assert_int_equal(rc_scorer_code(s, AGE, NULL, 1, &(double){0}, NULL), RC_E_USAGE);
    assert_int_equal(rc_scorer_code(s, N_INPUTS, "1", 1, &(double){0}, NULL), RC_E_USAGE);
    rc_scorer_close(s);
}

/* 1 + 2^-24 + 2^-60 is above the midpoint of two floats, but its nearest double is the midpoint,
 * which rounds down: a text that is rounded twice is another float. */
static void test_code_is_rounded_once(void **state)
{
    (void)state;
    rc_scorer *s = parse(unnamed, NULL);
    expect_code(s, 0, "1.000000059604644775390625000000867361737988403547205962240695953369140625",
                1.00000011920928955078125);
    rc_scorer_close(s);
}

static void test_code_in_another_dialect(void **state)
{
    (void)state;
    char texts[2][8] = {"-", "NA"};
    const char *list[] = {texts[0], texts[1]};
    rc_scorer_options opt;
    rc_scorer_options_default(&opt);
    opt.decimal = ',';
    opt.has_na = true;
    opt.na = (rc_strings){list, 2};
    rc_scorer *s = parse(mixed, &opt);
    memset(texts, 'x', sizeof(texts)); /* they are copied */
    expect_code(s, AGE, "1,5", 1.5);
    expect_code(s, AGE, "-", 7);
    expect_code(s, AGE, "", 7);
    expect_refusal(s, AGE, "1.5", "input 'age': not a number: '1.5'");
    expect_refusal(s, AGE, "nan", "input 'age': not a number: 'nan'");
    rc_scorer_close(s);
}

/* One row, scored or refused. */
static rc_status score_row(const rc_scorer *s, const double *x, double *value, rc_error *err)
{
    rc_workspace *w;
    rc_rows_f64 rows = {.x = x, .n_rows = 1};
    rc_scores_f64 scores = {.value = value};
    *err = (rc_error){0};
    assert_int_equal(rc_workspace_open(&w, s, err), RC_OK);
    rc_status st = rc_scorer_score_f64(s, w, &rows, &scores, err);
    rc_workspace_close(w);
    return st;
}

static void test_score_of_codes(void **state)
{
    (void)state;
    static const struct {
        double x[N_INPUTS], value;
        const char *refusal;
    } cases[] = {
        /* 2 * 3 + 20 + 0 + 0 + 10000 */
        {{3, 1, 0, 5, 1, NAN}, 10026, NULL},
        /* 2 * 7 + 0 + 1000 + 100 + 0 */
        {{NAN, -1, 1, NAN, 0, 0}, 1114, NULL},
        /* 2 * 3 + 0 (unknown, as missing is) + 1000 + 0 + 10000 */
        {{3, NAN, NAN, 5, -1, 0}, 11006, NULL},
        {{3, 0, -1, 5, 0, 0}, 0, "row 1: input 'level': none of the model's values"},
        {{3, 0, 0, 5, NAN, 0}, 0, "row 1: input 'size': missing value"},
        {{3, 3, 0, 5, 0, 0},
         0,
         "row 1: input 'plan': 3 is no code: the category has 3 values, from 0"},
        {{3, 0.5, 0, 5, 0, 0},
         0,
         "row 1: input 'plan': 0.5 is no code: the category has 3 values, from 0"},
        {{3, -2, 0, 5, 0, 0},
         0,
         "row 1: input 'plan': -2 is no code: the category has 3 values, from 0"},
        {{3, INFINITY, 0, 5, 0, 0},
         0,
         "row 1: input 'plan': inf is no code: the category has 3 values, from 0"},
    };
    rc_scorer *s = parse(mixed, NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        double value = 0;
        rc_error err;
        rc_status st = score_row(s, cases[i].x, &value, &err);
        assert_string_equal(err.text, cases[i].refusal != NULL ? cases[i].refusal : "");
        assert_int_equal(st, cases[i].refusal != NULL ? RC_E_DATA : RC_OK);
        assert_true(value == cases[i].value);
    }
    rc_scorer_close(s);
}

/* A step that has no answer for a row. */
static void test_refusal_of_a_step(void **state)
{
    (void)state;
    rc_scorer *s = parse(HEAD "\"float64\", \"inputs\": [{\"name\": \"a\", \"type\": \"number\"}],"
                              "\"steps\": [{\"op\": \"ordinal\", \"values\": [1, 2], \"codes\": "
                              "[5, 6], \"out\": \"z\"}]," OUTPUT,
                         NULL);
    double value;
    rc_error err;
    assert_int_equal(score_row(s, (double[]){2}, &value, &err), RC_OK);
    assert_true(value == 6);
    assert_int_equal(score_row(s, (double[]){4}, &value, &err), RC_E_DATA);
    assert_string_equal(err.text, "row 1: input 'a': steps[0] (ordinal): 4 is none of its values");
    rc_scorer_close(s);
}

static void expect_usage(const char *model, const rc_scorer_options *opt, const char *text)
{
    rc_scorer *s = (rc_scorer *)1;
    rc_error err = {0};
    assert_int_equal(rc_scorer_parse(&s, model, strlen(model), opt, &err), RC_E_USAGE);
    assert_string_equal(err.text, text);
    assert_null(s);
}

static void test_open_refuses_options(void **state)
{
    (void)state;
    rc_scorer_options opt = {.struct_bytes = 0};
    const char *wrong = "the options are not from rc_scorer_options_default()";
    expect_usage(mixed, &opt, wrong);
    opt.struct_bytes = SIZE_MAX;
    expect_usage(mixed, &opt, wrong);
    rc_scorer_options_default(&opt);
    opt.has_threshold = true;
    expect_usage(mixed, &opt, "threshold: for binary models");
    opt.threshold = NAN;
    expect_usage(mixed, &opt, "threshold: not a finite number");
    rc_scorer_options_default(&opt);
    opt.positive = "yes";
    expect_usage(mixed, &opt, "positive: for binary models");
    rc_scorer_options_default(&opt);
    opt.decimal = '7';
    expect_usage(mixed, &opt, "decimal: not a character that can be a decimal point");
    rc_scorer_options_default(&opt);
    opt.has_na = true;
    opt.na = (rc_strings){(const char *[]){"a", NULL}, 2};
    expect_usage(mixed, &opt, "na: a text that is NULL");
}

static void test_positive_class(void **state)
{
    (void)state;
    const char model[] =
        HEAD "\"float64\", \"inputs\": [{\"name\": \"z\", \"type\": \"number\"}], \"steps\": [],"
             "\"output\": {\"task\": \"binary\", \"link\": \"sigmoid\", \"from\": \"z\","
             "\"classes\": [0, 1]}}";
    rc_scorer_options opt;
    rc_scorer_options_default(&opt);
    opt.positive = "2";
    expect_usage(model, &opt, "positive: '2' is no class of the model (they are '0', '1')");
    opt.positive = "false";
    rc_scorer *s = parse(model, &opt);
    rc_scorer_info info = {.struct_bytes = sizeof(info)};
    assert_int_equal(rc_scorer_describe(s, &info, NULL), RC_OK);
    assert_true(info.positive == 0 && !info.has_threshold);
    rc_scorer_close(s);
}

static void test_open_of_no_model(void **state)
{
    (void)state;
    rc_scorer *s = (rc_scorer *)1;
    rc_error err = {0};
    assert_int_equal(rc_scorer_open(&s, "/absent/model.json", NULL, &err), RC_E_MODEL);
    assert_null(s);
    assert_non_null(strstr(err.text, "/absent/model.json: "));
    assert_int_equal(rc_scorer_open(NULL, "x", NULL, NULL), RC_E_USAGE);
    assert_int_equal(rc_scorer_open(&s, NULL, NULL, NULL), RC_E_USAGE);
    assert_int_equal(rc_scorer_parse(&s, NULL, 0, NULL, NULL), RC_E_USAGE);
    assert_int_equal(rc_scorer_parse(&s, "{", 1, NULL, NULL), RC_E_MODEL);
    rc_scorer_info info = {.struct_bytes = 1};
    s = parse(unnamed, NULL);
    assert_int_equal(rc_scorer_describe(s, &info, NULL), RC_E_USAGE);
    assert_int_equal(rc_scorer_describe(s, NULL, NULL), RC_E_USAGE);
    assert_int_equal(rc_scorer_describe(NULL, &info, NULL), RC_E_USAGE);
    assert_null(rc_scorer_class(NULL, 0));
    rc_scorer_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_describe),
        cmocka_unit_test(test_describe_in_another_version),
        cmocka_unit_test(test_defaults_in_another_version),
        cmocka_unit_test(test_describe_inputs),
        cmocka_unit_test(test_bind_by_name),
        cmocka_unit_test(test_bind_by_position),
        cmocka_unit_test(test_code_of_texts),
        cmocka_unit_test(test_code_is_rounded_once),
        cmocka_unit_test(test_code_in_another_dialect),
        cmocka_unit_test(test_score_of_codes),
        cmocka_unit_test(test_refusal_of_a_step),
        cmocka_unit_test(test_open_refuses_options),
        cmocka_unit_test(test_positive_class),
        cmocka_unit_test(test_open_of_no_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
