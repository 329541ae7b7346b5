/* test_measure.c - metrics of a program's own rows: values, merging, refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rowcast.h"

static const char *const yes_no[] = {"no", "yes"};
static const char *const numbers[] = {"1", "2", "3"};

static rc_measure *open_measure(const rc_measure_options *opt)
{
    rc_measure *m;
    rc_error err = {0};
    if (rc_measure_open(&m, opt, &err) != RC_OK)
        fail_msg("%s", err.text);
    return m;
}

static rc_measure_options regression(size_t n_targets)
{
    rc_measure_options opt;
    rc_measure_options_default(&opt);
    opt.n_targets = n_targets;
    return opt;
}

static rc_measure_options classification(rc_task task)
{
    rc_measure_options opt;
    rc_measure_options_default(&opt);
    opt.task = task;
    opt.classes = task == RC_TASK_BINARY ? (rc_strings){yes_no, 2} : (rc_strings){numbers, 3};
    return opt;
}

static double value_of(rc_measure *m, const char *name)
{
    rc_error err = {0};
    rc_metric metric = {.struct_bytes = sizeof(metric)};
    if (rc_measure_value(m, name, &metric, &err) != RC_OK)
        fail_msg("%s", err.text);
    assert_string_equal(metric.name, name);
    assert_int_equal(metric.is_defined, metric.undefined == NULL);
    assert_int_equal(metric.is_defined, !isnan(metric.value));
    return metric.value;
}

static void expect(rc_measure *m, const char *name, double want)
{
    double have = value_of(m, name);
    if (!(fabs(have - want) <= 1e-15 * fabs(want)))
        fail_msg("%s is %.17g, not %.17g", name, have, want);
}

static void test_regression(void **state)
{
    (void)state;
    static const double value[] = {1, 2, 4, 9, 9}, truth[] = {1, 4, 1, NAN, 1};
    static const unsigned char refused[] = {0, 0, 0, 0, 1};
    rc_measure_options opt = regression(1);
    rc_measure *m = open_measure(&opt);
    rc_measured_rows rows = {.n_rows = 5, .value = value, .truth = truth, .refused = refused};
    assert_int_equal(rc_measure_add(m, &rows, NULL), RC_OK);
    /* differences 0, -2, 3; a missing truth and a refused row are not measured */
    expect(m, "mse", 13.0 / 3);
    expect(m, "mae", 5.0 / 3);
    expect(m, "bias", 1.0 / 3);
    expect(m, "max_error", 3);
    rows.n_rows = 1; /* one more difference 0: the values are those of all rows so far */
    assert_int_equal(rc_measure_add(m, &rows, NULL), RC_OK);
    expect(m, "mse", 13.0 / 4);
    rc_measure_close(m);
    opt.weighted = true;
    m = open_measure(&opt);
    rows = (rc_measured_rows){
        .n_rows = 3, .value = value, .truth = truth, .weight = (double[]){1, 2, 1}};
    assert_int_equal(rc_measure_add(m, &rows, NULL), RC_OK);
    expect(m, "mse", 17.0 / 4); /* (0 + 2 * 4 + 9) / 4 */
    rc_measure_close(m);
}

static void test_several_targets(void **state)
{
    (void)state;
    char texts[2][8] = {"height", "width"};
    const char *names[] = {texts[0], texts[1]};
    static const double value[] = {1, 10, 2, 20}, truth[] = {3, 10, 2, 17};
    rc_measure_options opt = regression(2);
    opt.targets = (rc_strings){names, 2};
    rc_measure *m = open_measure(&opt);
    memset(texts, 'x', sizeof(texts)); /* they are copied */
    rc_measured_rows rows = {.n_rows = 2, .value = value, .truth = truth};
    assert_int_equal(rc_measure_add(m, &rows, NULL), RC_OK);
    expect(m, "mse[height]", 4.0 / 2);
    expect(m, "mse[width]", 9.0 / 2);
    expect(m, "mse", 13.0 / 4);
    rc_measure_close(m);
}

static uint32_t label_of(rc_measure *m, const char *text)
{
    uint32_t label = 12345;
    assert_int_equal(rc_measure_label(m, text, strlen(text), &label, NULL), RC_OK);
    return label;
}

static void test_label(void **state)
{
    (void)state;
    rc_measure_options opt = classification(RC_TASK_MULTICLASS);
    rc_measure *m = open_measure(&opt);
    assert_int_equal(label_of(m, "2"), 1);
    assert_int_equal(label_of(m, " 3.0 "), 2);
    assert_int_equal(label_of(m, "true"), 0);
    assert_int_equal(label_of(m, "four"), 3);
    assert_int_equal(label_of(m, "5"), 4);
    assert_int_equal(label_of(m, "four"), 3);
    assert_true(label_of(m, "") == RC_NO_LABEL && label_of(m, "NA") == RC_NO_LABEL);
    rc_measure_close(m);
}

static void test_binary(void **state)
{
    (void)state;
    static const double p[] = {0.75, 0.25, 0.5, 0.5, 0.25}; /* of the first class */
    static const uint32_t label[] = {0, 1, 0, 1, 1};
    static const uint32_t truth[] = {0, 0, 0, RC_NO_LABEL, 1};
    rc_measure_options opt = classification(RC_TASK_BINARY);
    opt.positive = 0;
    rc_measure *m = open_measure(&opt);
    rc_measured_rows rows = {.n_rows = 5, .value = p, .label = label, .truth_label = truth};
    assert_int_equal(rc_measure_add(m, &rows, NULL), RC_OK);
    expect(m, "accuracy", 3.0 / 4);
    expect(m, "recall", 2.0 / 3);
    expect(m, "precision", 1);
    expect(m, "brier", (0.0625 + 0.5625 + 0.25 + 0.0625) / 4);
    expect(m, "log_loss", 0.6637014216458494); /* -(2 ln 0.75 + ln 0.25 + ln 0.5) / 4 */
    rc_measure_close(m);
}

static void test_labels_alone(void **state)
{
    (void)state;
    static const uint32_t label[] = {0, 1, 1}, truth[] = {0, 1, 2};
    rc_measure_options opt = classification(RC_TASK_MULTICLASS);
    opt.has_probability = false;
    rc_measure *m = open_measure(&opt);
    rc_measured_rows rows = {.n_rows = 3, .label = label, .truth_label = truth};
    assert_int_equal(rc_measure_add(m, &rows, NULL), RC_OK);
    expect(m, "accuracy", 2.0 / 3);
    expect(m, "recall[3]", 0);
    rc_measure_close(m);
}

static void test_undefined_and_unknown(void **state)
{
    (void)state;
    rc_measure_options opt = regression(1);
    rc_measure *m = open_measure(&opt);
    rc_metric metric = {.struct_bytes = sizeof(metric)};
    rc_error err = {0};
    assert_int_equal(rc_measure_value(m, "mse", &metric, &err), RC_OK);
    assert_false(metric.is_defined);
    assert_true(isnan(metric.value));
    assert_string_equal(metric.undefined, "no labelled rows");
    assert_int_equal(rc_measure_value(m, "rsme", &metric, &err), RC_E_USAGE);
    assert_non_null(strstr(err.text, "no metric 'rsme'\n  did you mean 'rmse'?"));
    metric.struct_bytes = 0;
    assert_int_equal(rc_measure_value(m, "mse", &metric, &err), RC_E_USAGE);
    rc_measure_close(m);
}

static void test_at_and_json(void **state)
{
    (void)state;
    rc_measure_options opt = classification(RC_TASK_BINARY);
    opt.has_probability = false;
    rc_measure *m = open_measure(&opt);
    static const uint32_t label[] = {0, 1}, truth[] = {0, 0};
    rc_measured_rows rows = {.n_rows = 2, .label = label, .truth_label = truth};
    assert_int_equal(rc_measure_add(m, &rows, NULL), RC_OK);
    rc_metric metric = {.struct_bytes = sizeof(metric)};
    size_t n = 0;
    bool has_accuracy = false;
    for (; rc_measure_at(m, n, &metric, NULL) == RC_OK; n++)
        has_accuracy =
            has_accuracy || (strcmp(metric.name, "accuracy") == 0 && metric.value == 0.5);
    assert_true(n > 10 && has_accuracy);
    assert_int_equal(rc_measure_at(m, n, &metric, NULL), RC_END);
    const char *text, *again;
    assert_int_equal(rc_measure_json(m, &text, NULL), RC_OK);
    assert_non_null(strstr(text, "\"accuracy\": 0.5"));
    assert_non_null(strstr(text, "\"confusion\": {"));
    assert_non_null(strstr(text, "\"labels\": [\"no\", \"yes\"]"));
    assert_int_equal(rc_measure_json(m, &again, NULL), RC_OK);
    assert_ptr_equal(text, again);
    rows.n_rows = 1;
    assert_int_equal(rc_measure_add(m, &rows, NULL), RC_OK);
    assert_int_equal(rc_measure_json(m, &again, NULL), RC_OK);
    assert_non_null(strstr(again, "\"accuracy\": 0.6666666666666666"));
    rc_measure_close(m);
}

/* ---- threads ---- */

enum { N_THREADS = 8, N_ROWS = 20000 };

typedef struct part {
    rc_measure *measure;
    size_t first, step;
    bool is_done;
} part;

/* Rows first, first + step ...: labels that are no class come in another order in each part. */
static void *measure_part(void *context)
{
    part *p = context;
    static const char *const truths[] = {"1", "2", "3", "x", "y", "", "2.0"};
    p->is_done = true;
    for (size_t r = p->first; r < N_ROWS; r += p->step) {
        double a = (double)(r * 7919 % 1000) / 1000, b = (1 - a) / 3;
        double probability[] = {a, b, 1 - a - b}, weight = (double)(r % 5) / 3;
        uint32_t label = (uint32_t)(r % 3), truth;
        const char *text = truths[r * 31 % 7];
        rc_measured_rows rows = {1, probability, &label, NULL, &truth, &weight, NULL};
        p->is_done = p->is_done &&
                     rc_measure_label(p->measure, text, strlen(text), &truth, NULL) == RC_OK &&
                     rc_measure_add(p->measure, &rows, NULL) == RC_OK;
    }
    return NULL;
}

/* 1024 blocks are 2^20 rows, as many as are kept. The second class has the larger scores: the area
 * is 1. */
static void add_blocks(rc_measure *m, size_t begin, size_t end)
{
    enum { BLOCK = 1024 };
    double value[BLOCK];
    uint32_t label[BLOCK];
    for (size_t b = begin; b < end; b++) {
        for (size_t i = 0; i < BLOCK; i++) {
            value[i] = ((double)(b * BLOCK + i) + 0.5) / (1 << 21);
            label[i] = b >= 512;
        }
        rc_measured_rows rows = {
            .n_rows = BLOCK, .value = value, .label = label, .truth_label = label};
        assert_int_equal(rc_measure_add(m, &rows, NULL), RC_OK);
    }
}

static void test_more_rows_than_are_kept_have_a_bound(void **state)
{
    (void)state;
    rc_measure_options opt = classification(RC_TASK_BINARY);
    rc_measure *m = open_measure(&opt);
    rc_metric metric = {.struct_bytes = sizeof(metric)};
    const char *json;
    add_blocks(m, 0, 1024);
    assert_int_equal(rc_measure_value(m, "roc_auc", &metric, NULL), RC_OK);
    assert_true(metric.value == 1 && metric.bound == 0);
    add_blocks(m, 1024, 1025);
    assert_int_equal(rc_measure_value(m, "roc_auc", &metric, NULL), RC_OK);
    assert_true(metric.bound > 0 && metric.bound < 1e-3 && fabs(metric.value - 1) <= metric.bound);
    assert_int_equal(rc_measure_json(m, &json, NULL), RC_OK);
    assert_non_null(strstr(json, "\"bounds\": {"));
    assert_int_equal(rc_measure_value(m, "accuracy", &metric, NULL), RC_OK);
    assert_true(metric.value == 1 && metric.bound == 0);
    rc_measure_close(m);
}

static void test_merge_of_eight_threads_is_one(void **state)
{
    (void)state;
    rc_measure_options opt = classification(RC_TASK_MULTICLASS);
    opt.weighted = true;
    part whole = {open_measure(&opt), 0, 1, false}, parts[N_THREADS];
    pthread_t threads[N_THREADS];
    measure_part(&whole);
    for (size_t t = 0; t < N_THREADS; t++) {
        parts[t] = (part){open_measure(&opt), t, N_THREADS, false};
        assert_int_equal(pthread_create(&threads[t], NULL, measure_part, &parts[t]), 0);
    }
    for (size_t t = 0; t < N_THREADS; t++)
        pthread_join(threads[t], NULL);
    for (size_t t = 0; t + 1 < N_THREADS; t++) /* the last takes the others in */
        assert_int_equal(rc_measure_merge(parts[N_THREADS - 1].measure, parts[t].measure, NULL),
                         RC_OK);
    const char *have, *want;
    assert_int_equal(rc_measure_json(parts[N_THREADS - 1].measure, &have, NULL), RC_OK);
    assert_int_equal(rc_measure_json(whole.measure, &want, NULL), RC_OK);
    assert_string_equal(have, want);
    for (size_t t = 0; t < N_THREADS; t++) {
        assert_true(parts[t].is_done);
        rc_measure_close(parts[t].measure);
    }
    rc_measure_close(whole.measure);
}

/* ---- refusals ---- */

static void expect_no_measure(rc_measure_options opt, const char *text)
{
    rc_measure *m = (rc_measure *)1;
    rc_error err = {0};
    assert_int_equal(rc_measure_open(&m, &opt, &err), RC_E_USAGE);
    assert_string_equal(err.text, text);
    assert_null(m);
}

static void test_open_refuses_options(void **state)
{
    (void)state;
    rc_measure_options opt = classification(RC_TASK_BINARY);
    opt.classes = (rc_strings){numbers, 3};
    expect_no_measure(opt, "classes: a binary task has two");
    opt = classification(RC_TASK_MULTICLASS);
    opt.classes.n = 1;
    expect_no_measure(opt, "classes: a classification has two or more");
    opt.classes = (rc_strings){(const char *[]){"1", "a", "1.0"}, 3};
    expect_no_measure(opt, "classes: '1.0' stands there twice");
    opt.classes = (rc_strings){(const char *[]){"b", "a", "b"}, 3};
    expect_no_measure(opt, "classes: 'b' stands there twice");
    opt.classes = (rc_strings){(const char *[]){"b", NULL}, 2};
    expect_no_measure(opt, "a class or target that is NULL");
    opt = classification(RC_TASK_BINARY);
    opt.positive = 2;
    expect_no_measure(opt, "positive: neither 0 nor 1");
    opt = classification(RC_TASK_BINARY);
    opt.has_margin = true;
    expect_no_measure(opt, "has_margin: for a binary task without probabilities");
    opt = regression(2);
    opt.targets = (rc_strings){numbers, 3};
    expect_no_measure(opt, "targets: as many names as there are targets, or none");
    expect_no_measure(regression(0), "n_targets: at least one");
    opt = regression(1);
    opt.task = (rc_task)7;
    opt.classes = (rc_strings){numbers, 3};
    expect_no_measure(opt, "task: no such task");
    opt.struct_bytes = 0;
    expect_no_measure(opt, "the options are not from rc_measure_options_default()");
    assert_int_equal(rc_measure_open(NULL, &opt, NULL), RC_E_USAGE);
    rc_measure_close(NULL);
}

static void expect_refused(rc_measure *m, rc_measured_rows rows, rc_status st, const char *text,
                           uint64_t row)
{
    rc_error err = {0};
    assert_int_equal(rc_measure_add(m, &rows, &err), st);
    assert_string_equal(err.text, text);
    assert_int_equal(err.row, row);
}

static void test_add_refuses_rows(void **state)
{
    (void)state;
    static const double x[] = {1, 1, NAN}, weight[] = {1, -1, 1};
    static const uint32_t label[] = {0, 1, 2}, truth[] = {0, 3, 1};
    rc_measure_options opt = regression(1);
    rc_measure *m = open_measure(&opt);
    rc_measured_rows rows = {.n_rows = 3, .value = x, .truth = weight};
    expect_refused(m, rows, RC_E_DATA, "row 3: prediction and truth must be finite", 3);
    expect(m, "mae", 1); /* (0 + 2) / 2: the rows before have been added */
    rows.value = NULL;
    expect_refused(m, rows, RC_E_USAGE, "rows->value is NULL", 0);
    rows.value = x;
    rows.truth = NULL;
    expect_refused(m, rows, RC_E_USAGE, "rows->truth is NULL", 0);
    rc_measure_close(m);
    opt.weighted = true;
    m = open_measure(&opt);
    rows = (rc_measured_rows){.n_rows = 2, .value = x, .truth = x, .weight = weight};
    expect_refused(m, rows, RC_E_DATA, "row 2: a weight must be finite and not negative", 2);
    rows.weight = NULL;
    expect_refused(m, rows, RC_E_USAGE, "rows->weight is NULL", 0);
    rc_measure_close(m);
    opt = classification(RC_TASK_MULTICLASS);
    opt.has_probability = false;
    m = open_measure(&opt);
    rows = (rc_measured_rows){.n_rows = 3, .label = label, .truth_label = truth};
    expect_refused(m, rows, RC_E_USAGE, "row 2: a label that does not exist", 2);
    rows.label = NULL;
    expect_refused(m, rows, RC_E_USAGE, "rows->label or rows->truth_label is NULL", 0);
    uint32_t number;
    rc_measure_options other = classification(RC_TASK_BINARY);
    rc_measure *binary = open_measure(&other);
    rc_error err = {0};
    assert_int_equal(rc_measure_merge(m, binary, &err), RC_E_USAGE);
    assert_string_equal(err.text, "measures of different options");
    assert_int_equal(rc_measure_merge(m, m, &err), RC_E_USAGE);
    assert_string_equal(err.text, "a measure cannot be merged into itself");
    assert_int_equal(rc_measure_merge(m, NULL, &err), RC_E_USAGE);
    assert_int_equal(rc_measure_label(m, NULL, 1, &number, NULL), RC_E_USAGE);
    rc_measure_close(binary);
    rc_measure_close(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_regression),
        cmocka_unit_test(test_several_targets),
        cmocka_unit_test(test_label),
        cmocka_unit_test(test_binary),
        cmocka_unit_test(test_labels_alone),
        cmocka_unit_test(test_undefined_and_unknown),
        cmocka_unit_test(test_at_and_json),
        cmocka_unit_test(test_more_rows_than_are_kept_have_a_bound),
        cmocka_unit_test(test_merge_of_eight_threads_is_one),
        cmocka_unit_test(test_open_refuses_options),
        cmocka_unit_test(test_add_refuses_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
