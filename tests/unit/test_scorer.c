/* test_scorer.c - blocks of rows through a scorer: strides, types, refusals, threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rowcast.h"

#define NUMBER(name, more) "{\"name\": \"" name "\", \"type\": \"number\"" more "}"
#define INPUTS(a, b) "\"inputs\": [" NUMBER("a", a) ", " NUMBER("b", b) "]"
#define MODEL(dtype, inputs, weights, output)                                                     \
    "{\"format\": \"rowcast-model\", \"version\": 1, \"dtype\": \"" dtype "\", " inputs           \
    ", \"steps\": [{\"op\": \"dense\", \"weights\": " weights ", \"out\": \"z\"}], \"output\": {" \
    "\"from\": \"z\", " output "}}"
#define REGRESSION "\"task\": \"regression\", \"link\": \"identity\""
#define BINARY "\"task\": \"binary\", \"link\": \"sigmoid\", \"classes\": [\"no\", \"yes\"]"

/* y = 2 a + 3 b: exact for the small integers of these tests, whatever the type. */
static const char linear[] = MODEL("float64", INPUTS("", ""), "[[2], [3]]", REGRESSION);
static const char linear_f32[] = MODEL("float32", INPUTS("", ""), "[[2], [3]]", REGRESSION);
static const char two_targets[] = MODEL("float64", INPUTS("", ""), "[[2, 1], [3, -1]]", REGRESSION);
static const char binary[] = MODEL("float64", INPUTS("", ""), "[[2], [3]]", BINARY);

static rc_scorer *parse_with(const char *text, const rc_scorer_options *opt)
{
    rc_scorer *scorer;
    rc_error err = {0};
    if (rc_scorer_parse(&scorer, text, strlen(text), opt, &err) != RC_OK)
        fail_msg("%s", err.text);
    return scorer;
}

/* A scorer with a workspace. */
typedef struct bench {
    rc_scorer *scorer;
    rc_workspace *workspace;
} bench;

static bench bench_open(const char *text)
{
    bench b = {.scorer = parse_with(text, NULL)};
    assert_int_equal(rc_workspace_open(&b.workspace, b.scorer, NULL), RC_OK);
    return b;
}

static void bench_close(bench *b)
{
    rc_workspace_close(b->workspace);
    rc_scorer_close(b->scorer);
}

static double a_of(size_t r)
{
    return (double)(r % 101) - 50;
}

static double b_of(size_t r)
{
    return (double)(r % 37) * 4;
}

/* Scores n rows that lie in x with these strides, as doubles and as floats. */
static void check_strides(const bench *b, size_t n, size_t row_stride, size_t column_stride,
                          const size_t *columns)
{
    const size_t at[2] = {columns != NULL ? columns[0] : 0, columns != NULL ? columns[1] : 1};
    const size_t rs = row_stride > 0 ? row_stride : 2, cs = column_stride > 0 ? column_stride : 1;
    const size_t last = at[0] > at[1] ? at[0] : at[1];
    const size_t bytes = ((n - 1) * rs + last * cs + 1) * sizeof(double);
    double *x = malloc(bytes), *value = malloc((n + 1) * sizeof(double));
    float *x32 = malloc(bytes / 2), *value32 = malloc((n + 1) * sizeof(float));
    assert_true(x != NULL && value != NULL && x32 != NULL && value32 != NULL);
    for (size_t r = 0; r < n; r++) {
        x[r * rs + at[0] * cs] = a_of(r);
        x[r * rs + at[1] * cs] = b_of(r);
        x32[r * rs + at[0] * cs] = (float)a_of(r);
        x32[r * rs + at[1] * cs] = (float)b_of(r);
    }
    value[n] = value32[n] = -1; /* nothing is written behind the last row */
    rc_rows_f64 rows = {x, n, row_stride, column_stride, columns};
    rc_rows_f32 rows32 = {x32, n, row_stride, column_stride, columns};
    rc_scores_f64 scores = {.value = value};
    rc_scores_f32 scores32 = {.value = value32};
    assert_int_equal(rc_scorer_score_f64(b->scorer, b->workspace, &rows, &scores, NULL), RC_OK);
    assert_int_equal(rc_scorer_score_f32(b->scorer, b->workspace, &rows32, &scores32, NULL), RC_OK);
    for (size_t r = 0; r < n; r++) {
        double y = 2 * a_of(r) + 3 * b_of(r);
        assert_true(value[r] == y);
        assert_true((double)value32[r] == y);
    }
    assert_true(value[n] == -1 && value32[n] == -1);
    free(x);
    free(value);
    free(x32);
    free(value32);
}

static void test_score_of_any_stride_and_size(void **state)
{
    (void)state;
    static const char *const models[] = {linear, linear_f32};
    static const size_t sizes[] = {1, 63, 64, 65, 1000}, swapped[] = {5, 3};
    for (size_t m = 0; m < 2; m++) {
        bench b = bench_open(models[m]);
        for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
            size_t n = sizes[i];
            check_strides(&b, n, 0, 0, NULL);    /* row-major */
            check_strides(&b, n, 1, n, NULL);    /* column-major */
            check_strides(&b, n, 7, 1, NULL);    /* the first columns of a wider block */
            check_strides(&b, n, 20, 3, NULL);   /* every third */
            check_strides(&b, n, 7, 0, swapped); /* as bound */
            check_strides(&b, n, 1, n, swapped);
        }
        bench_close(&b);
    }
}

static void test_score_of_several_targets_is_row_major(void **state)
{
    (void)state;
    bench b = bench_open(two_targets);
    const double x[] = {1, 2, 3, 5};
    double value[4], margin[4];
    rc_rows_f64 rows = {.x = x, .n_rows = 2};
    rc_scores_f64 scores = {.value = value, .margin = margin};
    assert_int_equal(rc_scorer_score_f64(b.scorer, b.workspace, &rows, &scores, NULL), RC_OK);
    /* 2*1+3*2, 1-2; 2*3+3*5, 3-5 */
    const double want[] = {8, -1, 21, -2};
    assert_memory_equal(value, want, sizeof(want));
    assert_memory_equal(margin, want, sizeof(want));
    bench_close(&b);
}

static void test_score_of_a_binary_model(void **state)
{
    (void)state;
    const double x[] = {0, 0, 3, -2, 1, 0}; /* margins 0, 0, 2 */
    double value[3], margin[3];
    uint32_t label[3];
    rc_rows_f64 rows = {.x = x, .n_rows = 3};
    rc_scores_f64 scores = {.value = value, .margin = margin, .label = label};
    bench b = bench_open(binary);
    assert_int_equal(rc_scorer_score_f64(b.scorer, b.workspace, &rows, &scores, NULL), RC_OK);
    assert_true(value[0] == 0.5 && value[1] == 0.5);
    assert_true(fabs(value[2] - 0.88079707797788243) < 1e-15); /* 1 / (1 + exp(-2)) */
    assert_true(margin[0] == 0 && margin[2] == 2);
    assert_true(label[0] == 0 && label[1] == 0 && label[2] == 1);
    bench_close(&b);
    /* of the first class, at one half */
    rc_scorer_options opt;
    rc_scorer_options_default(&opt);
    opt.has_threshold = true;
    opt.threshold = 0.5;
    opt.positive = "no";
    b.scorer = parse_with(binary, &opt);
    assert_int_equal(rc_workspace_open(&b.workspace, b.scorer, NULL), RC_OK);
    assert_int_equal(rc_scorer_score_f64(b.scorer, b.workspace, &rows, &scores, NULL), RC_OK);
    assert_true(value[0] == 0.5 && margin[2] == -2);
    assert_true(fabs(value[2] - 0.11920292202211757) < 1e-15);
    assert_true(label[0] == 0 && label[2] == 1);
    bench_close(&b);
}

/* The first refused row of a block, its text. */
static void expect_refused(const bench *b, const double *x, size_t n, double *value,
                           const char *text, uint64_t row)
{
    rc_error err = {0};
    rc_rows_f64 rows = {.x = x, .n_rows = n};
    rc_scores_f64 scores = {.value = value};
    assert_int_equal(rc_scorer_score_f64(b->scorer, b->workspace, &rows, &scores, &err), RC_E_DATA);
    assert_string_equal(err.text, text);
    assert_int_equal(err.row, row);
    assert_int_equal(err.code, RC_E_DATA);
}

static void test_refusal_of_a_missing_value(void **state)
{
    (void)state;
    bench b = bench_open(linear);
    double x[2 * 70], value[70];
    for (size_t i = 0; i < 140; i++)
        x[i] = 1;
    x[2 * 66 + 1] = NAN;
    x[2 * 68] = NAN;
    value[65] = value[66] = -1;
    expect_refused(&b, x, 70, value, "row 67: input 'b': missing value", 67);
    assert_true(value[0] == 5 && value[65] == 5 && value[66] == -1);
    bench_close(&b);
}

static void test_missing_value_is_replaced(void **state)
{
    (void)state;
    bench b = bench_open(MODEL("float64", INPUTS(", \"missing\": 7", ", \"missing\": \"nan\""),
                               "[[2], [3]]", REGRESSION));
    const double x[] = {NAN, 1, 1, NAN};
    double value[2] = {0, -1};
    /* 2*7+3; NaN goes on, and no number comes out */
    expect_refused(&b, x, 2, value, "row 2: the score is not a number (NaN)", 2);
    assert_true(value[0] == 17 && value[1] == -1);
    bench_close(&b);
}

static void test_refusal_of_infinite_scores(void **state)
{
    (void)state;
    const double x[] = {1, 1, INFINITY, 1, 1e300, 1};
    double value[3];
    bench b = bench_open(linear);
    expect_refused(&b, x, 3, value, "row 2: the score is infinite", 2);
    rc_error err = {0};
    float value32[1];
    const float big[] = {3e38f, 3e38f};
    rc_rows_f32 rows = {.x = big, .n_rows = 1};
    rc_scores_f32 scores = {.value = value32};
    assert_int_equal(rc_scorer_score_f32(b.scorer, b.workspace, &rows, &scores, &err), RC_E_DATA);
    assert_string_equal(err.text, "row 1: the score is too large for a float");
    bench_close(&b);
    /* the sigmoid of infinity is 1; its margin is none that can be given */
    b = bench_open(binary);
    rc_rows_f64 rows64 = {.x = x, .n_rows = 3};
    rc_scores_f64 scores64 = {.value = value};
    assert_int_equal(rc_scorer_score_f64(b.scorer, b.workspace, &rows64, &scores64, &err), RC_OK);
    assert_true(value[1] == 1);
    scores64.margin = (double[3]){0};
    assert_int_equal(rc_scorer_score_f64(b.scorer, b.workspace, &rows64, &scores64, &err),
                     RC_E_DATA);
    assert_string_equal(err.text, "row 2: the score is infinite");
    bench_close(&b);
}

static void test_refused_rows_are_marked(void **state)
{
    (void)state;
    enum { N = 150 };
    bench b = bench_open(binary);
    double x[2 * N], value[N], margin[N];
    uint32_t label[N];
    unsigned char refused[N];
    for (size_t r = 0; r < N; r++) {
        x[2 * r] = 1;
        x[2 * r + 1] = r % 7 == 3 ? NAN : 0;
    }
    rc_rows_f64 rows = {.x = x, .n_rows = N};
    rc_scores_f64 scores = {value, margin, label, refused};
    rc_error err = {0};
    assert_int_equal(rc_scorer_score_f64(b.scorer, b.workspace, &rows, &scores, &err), RC_OK);
    for (size_t r = 0; r < N; r++) {
        bool is_refused = r % 7 == 3;
        assert_int_equal(refused[r], is_refused);
        assert_int_equal(label[r], is_refused ? RC_NO_LABEL : 1);
        assert_true(is_refused ? isnan(value[r]) && isnan(margin[r]) : margin[r] == 2);
    }
    assert_string_equal(err.text, "");
    bench_close(&b);
}

/* What a tile holds behind the last row of a block is nobody's. */
static void test_rows_of_the_call_before_refuse_nothing(void **state)
{
    (void)state;
    bench b = bench_open(linear);
    double x[2 * 64] = {1, 1}, value[64];
    x[2 * 63] = INFINITY;
    expect_refused(&b, x, 64, value, "row 64: the score is infinite", 64);
    rc_rows_f64 rows = {.x = x, .n_rows = 63};
    rc_scores_f64 scores = {.value = value};
    assert_int_equal(rc_scorer_score_f64(b.scorer, b.workspace, &rows, &scores, NULL), RC_OK);
    bench_close(&b);
}

static void test_misuse_is_told(void **state)
{
    (void)state;
    bench b = bench_open(linear), other = bench_open(linear);
    double x[2] = {1, 1}, value[1];
    uint32_t label[1];
    rc_error err = {0};
    rc_rows_f64 rows = {.x = x, .n_rows = 1}, none = {.n_rows = 1};
    rc_rows_f32 rows32 = {.n_rows = 1};
    rc_scores_f64 scores = {.value = value}, labels = {.label = label};
    rc_scores_f32 scores32 = {0};
#define SCORE(s, w, r, o) rc_scorer_score_f64(s, w, r, o, &err)
    assert_int_equal(SCORE(NULL, b.workspace, &rows, &scores), RC_E_USAGE);
    assert_int_equal(SCORE(b.scorer, NULL, &rows, &scores), RC_E_USAGE);
    assert_int_equal(SCORE(b.scorer, b.workspace, NULL, &scores), RC_E_USAGE);
    assert_int_equal(SCORE(b.scorer, b.workspace, &rows, NULL), RC_E_USAGE);
    assert_string_equal(err.text, "an argument is NULL that must not be");
    assert_int_equal(SCORE(b.scorer, b.workspace, &none, &scores), RC_E_USAGE);
    assert_string_equal(err.text, "rows->x is NULL");
    assert_int_equal(SCORE(b.scorer, other.workspace, &rows, &scores), RC_E_USAGE);
    assert_string_equal(err.text, "the workspace is of another scorer");
    assert_int_equal(SCORE(b.scorer, b.workspace, &rows, &labels), RC_E_USAGE);
    assert_string_equal(err.text, "a regression has no labels");
    assert_int_equal(rc_scorer_score_f32(b.scorer, b.workspace, &rows32, &scores32, NULL),
                     RC_E_USAGE);
    none.n_rows = 0;
    assert_int_equal(SCORE(b.scorer, b.workspace, &none, &scores), RC_OK);
    rc_workspace *workspace;
    assert_int_equal(rc_workspace_open(NULL, b.scorer, NULL), RC_E_USAGE);
    assert_int_equal(rc_workspace_open(&workspace, NULL, NULL), RC_E_USAGE);
    assert_null(workspace);
    rc_workspace_close(NULL);
    rc_scorer_close(NULL);
    /* a workspace may outlive its scorer, as long as it does not score */
    rc_scorer_close(b.scorer);
    rc_workspace_close(b.workspace);
    bench_close(&other);
}

static void test_model_without_inputs(void **state)
{
    (void)state;
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/models/good-constant.json", getenv("RC_TESTDATA"));
    bench b;
    assert_int_equal(rc_scorer_open(&b.scorer, path, NULL, NULL), RC_OK);
    assert_int_equal(rc_workspace_open(&b.workspace, b.scorer, NULL), RC_OK);
    double value[65];
    rc_rows_f64 rows = {.n_rows = 65};
    rc_scores_f64 scores = {.value = value};
    assert_int_equal(rc_scorer_score_f64(b.scorer, b.workspace, &rows, &scores, NULL), RC_OK);
    for (size_t r = 1; r < 65; r++)
        assert_true(value[r] == value[0] && isfinite(value[r]));
    bench_close(&b);
}

/* ---- threads ---- */

enum { N_THREADS = 8, N_ROWS = 4000, N_PIXELS = 64, N_DIGITS = 10 };

/* What one thread does: scores rows first, first + 1 ... in blocks of its own size. */
typedef struct part {
    const rc_scorer *scorer;
    const double *x;
    size_t first, n, block;
    double *value;
    uint32_t *label;
    bool is_done;
} part;

static void *score_part(void *context)
{
    part *p = context;
    rc_workspace *workspace;
    if (rc_workspace_open(&workspace, p->scorer, NULL) != RC_OK)
        return NULL;
    p->is_done = true;
    for (size_t r = p->first; r < p->first + p->n; r += p->block) {
        size_t left = p->first + p->n - r;
        rc_rows_f64 rows = {.x = p->x + r * N_PIXELS, .n_rows = left < p->block ? left : p->block};
        rc_scores_f64 scores = {.value = p->value + r * N_DIGITS, .label = p->label + r};
        p->is_done =
            p->is_done && rc_scorer_score_f64(p->scorer, workspace, &rows, &scores, NULL) == RC_OK;
    }
    rc_workspace_close(workspace);
    return NULL;
}

static void test_threads_share_a_scorer(void **state)
{
    (void)state;
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/digits/model.json", getenv("RC_TESTDATA"));
    rc_scorer *scorer;
    assert_int_equal(rc_scorer_open(&scorer, path, NULL, NULL), RC_OK);
    double *x = malloc(N_ROWS * N_PIXELS * sizeof(*x));
    double *value = calloc(2 * N_ROWS * N_DIGITS, sizeof(*value));
    uint32_t *label = calloc(2 * N_ROWS, sizeof(*label)), seed = 1;
    assert_true(x != NULL && value != NULL && label != NULL);
    for (size_t i = 0; i < N_ROWS * N_PIXELS; i++) {
        seed = seed * 1664525 + 1013904223; /* the 64 pixels are 0 to 16 */
        x[i] = (double)(seed >> 24) / 16;
    }
    part whole = {scorer, x, 0, N_ROWS, N_ROWS, value, label, false};
    score_part(&whole);
    assert_true(whole.is_done);
    part parts[N_THREADS];
    pthread_t threads[N_THREADS];
    for (size_t t = 0; t < N_THREADS; t++) {
        parts[t] = (part){scorer,
                          x,
                          t * N_ROWS / N_THREADS,
                          N_ROWS / N_THREADS,
                          1 + 37 * t,
                          value + N_ROWS * N_DIGITS,
                          label + N_ROWS,
                          false};
        assert_int_equal(pthread_create(&threads[t], NULL, score_part, &parts[t]), 0);
    }
    for (size_t t = 0; t < N_THREADS; t++) {
        pthread_join(threads[t], NULL);
        assert_true(parts[t].is_done);
    }
    assert_memory_equal(value, value + N_ROWS * N_DIGITS, N_ROWS * N_DIGITS * sizeof(*value));
    assert_memory_equal(label, label + N_ROWS, N_ROWS * sizeof(*label));
    free(x);
    free(value);
    free(label);
    rc_scorer_close(scorer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_score_of_any_stride_and_size),
        cmocka_unit_test(test_score_of_several_targets_is_row_major),
        cmocka_unit_test(test_score_of_a_binary_model),
        cmocka_unit_test(test_refusal_of_a_missing_value),
        cmocka_unit_test(test_missing_value_is_replaced),
        cmocka_unit_test(test_refusal_of_infinite_scores),
        cmocka_unit_test(test_refused_rows_are_marked),
        cmocka_unit_test(test_rows_of_the_call_before_refuse_nothing),
        cmocka_unit_test(test_misuse_is_told),
        cmocka_unit_test(test_model_without_inputs),
        cmocka_unit_test(test_threads_share_a_scorer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
