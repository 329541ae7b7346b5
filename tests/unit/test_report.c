/* test_report.c - requirements, the text report against scikit-learn's, the JSON report. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "metrics_cases.h"
#include "report/format.h"
#include "report/report.h"

enum { MAX_CLASSES = 16 };

/* ---- numbers ---- */

static void assert_format(bool (*format)(rc_buf *, double), double x, const char *expected)
{
    rc_buf buf = {0};
    assert_true(format(&buf, x) && rc_buf_append(&buf, "", 1));
    assert_string_equal(buf.data, expected);
    rc_buf_release(&buf);
}

static bool fixed_4(rc_buf *out, double x)
{
    return rc_format_fixed(out, x, 4);
}

static bool fixed_0(rc_buf *out, double x)
{
    return rc_format_fixed(out, x, 0);
}

/* Expected: Python's f'{x:.4f}'. */
static void test_fixed_rounds_the_exact_value(void **state)
{
    (void)state;
    assert_format(fixed_4, 0.0, "0.0000");
    assert_format(fixed_4, 1.0, "1.0000");
    assert_format(fixed_4, 2.0 / 3.0, "0.6667");
    assert_format(fixed_4, 0.99995, "1.0000"); /* 0.99995000000000000550 */
    assert_format(fixed_4, 0.99996, "1.0000");
    assert_format(fixed_4, 0.00005, "0.0001"); /* 0.0000500000000000000023 */
    assert_format(fixed_4, 0.03125, "0.0312"); /* a tie goes to the even digit */
    assert_format(fixed_4, 0.09375, "0.0938");
    assert_format(fixed_4, 1e-300, "0.0000");
    assert_format(fixed_4, -0.5, "-0.5000");
    assert_format(fixed_4, 123456789.98765, "123456789.9877");
    assert_format(fixed_4, 999999999999999.9, "999999999999999.8750");
    assert_format(fixed_0, 2.5, "2");
    assert_format(fixed_0, 0.75, "1");
    assert_format(fixed_4, 1e15, "1000000000000000");
}

static void test_short_has_8_digits(void **state)
{
    (void)state;
    assert_format(rc_format_short, 0.0, "0");
    assert_format(rc_format_short, 5.0 / 6.0, "0.83333333");
    assert_format(rc_format_short, 0.5, "0.5");
    assert_format(rc_format_short, -200.0 / 3.0, "-66.666667");
    assert_format(rc_format_short, 0.999999999, "1");
    assert_format(rc_format_short, 99999999.9, "100000000");
    assert_format(rc_format_short, 1234567890123.0, "1234567900000");
    assert_format(rc_format_short, 1.0 / 3e7, "3.3333333e-8");
    assert_format(rc_format_short, 2251799813685248.0, "2251799800000000");
    assert_format(rc_format_short, 0.00123456789, "0.0012345679");
    assert_format(rc_format_short, 1.23456789e300, "1.2345679e300");
    assert_format(rc_format_short, 5e-324, "5e-324");
    assert_format(rc_format_short, 9.9999999999e-5, "0.0001");
}

static void test_a_bound_is_rounded_up(void **state)
{
    (void)state;
    assert_format(rc_format_bound, 0.0, "0");
    assert_format(rc_format_bound, 1.0, "1.1");
    assert_format(rc_format_bound, 1.01e-5, "0.000011");
    assert_format(rc_format_bound, 9.6e-7, "1e-6");
    for (double x = 1e-9; x < 1.0; x *= 1.0007) {
        rc_buf buf = {0};
        double shown = 0.0;
        assert_true(rc_format_bound(&buf, x) && rc_num_parse_text(buf.data, buf.n, &shown));
        assert_true(shown >= x && shown <= 1.11 * x);
        rc_buf_release(&buf);
    }
}

/* ---- requirements ---- */

static void assert_parsed(const char *text, const char *metric, const char *op, double bound)
{
    rc_requirement req;
    assert_int_equal(rc_requirement_parse(&req, text, NULL), RC_OK);
    assert_ptr_equal(req.text, text);
    assert_string_equal(req.metric, metric);
    assert_string_equal(req.op, op);
    assert_true(req.bound == bound);
}

static void test_requirements_are_parsed(void **state)
{
    (void)state;
    assert_parsed("f1 >= 0.9", "f1", ">=", 0.9);
    assert_parsed("r2>.5", "r2", ">", 0.5);
    assert_parsed(" mse\t< 1e3 ", "mse", "<", 1000.0);
    assert_parsed("mae <= -0", "mae", "<=", 0.0);
    assert_parsed("bias == 0", "bias", "==", 0.0);
    assert_parsed("mcc != 1", "mcc", "!=", 1.0);
    assert_parsed("recall[a = [b >= c] >= 0.5", "recall[a = [b >= c]", ">=", 0.5);
    assert_parsed("f1[] < inf", "f1[]", "<", HUGE_VAL);
}

static void assert_refused(const char *text, const char *message)
{
    rc_requirement req;
    rc_error err;
    assert_int_equal(rc_requirement_parse(&req, text, &err), RC_E_USAGE);
    assert_string_equal(err.text, message);
}

static void test_bad_requirements_say_what_is_wrong(void **state)
{
    (void)state;
    assert_refused("", "no metric: ''");
    assert_refused(">= 1", "no metric: '>= 1'");
    assert_refused("f1[yes >= 1", "'[' without ']': 'f1[yes >= 1'");
    assert_refused("f1", "no '<', '<=', '>', '>=', '==' or '!=' after the metric: 'f1'");
    assert_refused("f1 = 1", "no '<', '<=', '>', '>=', '==' or '!=' after the metric: 'f1 = 1'");
    assert_refused("f1[a]b > 1",
                   "no '<', '<=', '>', '>=', '==' or '!=' after the metric: 'f1[a]b > 1'");
    assert_refused("f1 >= ", "not a number: ''");
    assert_refused("f1 >= baseline.f1", "not a number: 'baseline.f1'");
    assert_refused("f1 >= nan", "not a number: 'nan'");
    char text[200] = "f1[";
    memset(text + 3, 'x', 150);
    memcpy(text + 153, "] > 1", 6);
    rc_requirement req;
    rc_error err;
    assert_int_equal(rc_requirement_parse(&req, text, &err), RC_E_USAGE);
    assert_memory_equal(err.text, "the metric is too long: 'f1[xxx", 30);
}

static rc_status check(const char *text, rc_task task, rc_error *err)
{
    rc_requirement req;
    assert_int_equal(rc_requirement_parse(&req, text, NULL), RC_OK);
    return rc_requirement_check(&req, task, err);
}

static void assert_unknown(const char *text, rc_task task, const char *message)
{
    rc_error err;
    assert_int_equal(check(text, task, &err), RC_E_USAGE);
    assert_string_equal(err.text, message);
}

static void test_a_task_has_its_own_metrics(void **state)
{
    (void)state;
    assert_int_equal(check("mse < 1", RC_TASK_REGRESSION, NULL), RC_OK);
    assert_int_equal(check("mse[price] < 1", RC_TASK_REGRESSION, NULL), RC_OK);
    assert_int_equal(check("f1 > 0", RC_TASK_BINARY, NULL), RC_OK);
    assert_int_equal(check("brier < 1", RC_TASK_BINARY, NULL), RC_OK);
    assert_int_equal(check("f1[x] > 0", RC_TASK_MULTICLASS, NULL), RC_OK);
    assert_int_equal(check("support[x] > 0", RC_TASK_BINARY, NULL), RC_OK);
    assert_unknown("f1 > 0", RC_TASK_MULTICLASS,
                   "a multi-class model has no plain 'f1'\n"
                   "  ask for f1_macro, f1_micro, f1_weighted or f1[CLASS]");
    assert_unknown("mse < 1", RC_TASK_BINARY, "a binary model has no metric 'mse'");
    assert_unknown("brier < 1", RC_TASK_MULTICLASS, "a multi-class model has no metric 'brier'");
    assert_unknown("acuracy > 1", RC_TASK_BINARY,
                   "a binary model has no metric 'acuracy'\n  did you mean 'accuracy'?");
    assert_unknown("support > 1", RC_TASK_BINARY, "'support' needs a class: support[CLASS]");
    assert_unknown("mcc[a] > 1", RC_TASK_BINARY, "'mcc' takes no [KEY]");
}

static rc_requirement evaluated(const char *text, const json_t *values, const json_t *undefined)
{
    rc_requirement req;
    assert_int_equal(rc_requirement_parse(&req, text, NULL), RC_OK);
    rc_requirement_evaluate(&req, values, undefined);
    return req;
}

static void test_requirements_are_held_against_values(void **state)
{
    (void)state;
    json_t *values =
        json_pack("{s:f, s:n, s:i, s:f}", "mse", 0.5, "r2", "support[1]", 3, "f1[a]", 1.0);
    json_t *undefined = json_pack("{s:s}", "r2", "fewer than two rows");
    static const char *const hold[] = {"mse < 0.6",  "mse <= 0.5",      "mse > 0.4",
                                       "mse >= 0.5", "mse == 0.5",      "mse != 0.6",
                                       "f1[a] == 1", "support[1] == 3", "support[1.0] == 3"};
    static const char *const fail[] = {"mse < 0.5",  "mse <= 0.4", "mse > 0.5",
                                       "mse >= 0.6", "mse == 0.6", "mse != 0.5"};
    for (size_t i = 0; i < sizeof(hold) / sizeof(*hold); i++)
        assert_true(evaluated(hold[i], values, undefined).holds);
    for (size_t i = 0; i < sizeof(fail) / sizeof(*fail); i++)
        assert_false(evaluated(fail[i], values, undefined).holds);
    rc_requirement r = evaluated("r2 != 7", values, undefined);
    assert_false(r.is_defined || r.holds);
    assert_string_equal(r.reason, "fewer than two rows");
    r = evaluated("f1[b] != 7", values, undefined);
    assert_false(r.is_defined || r.holds);
    assert_string_equal(r.reason, "no such class or target in the data");
    json_decref(values);
    json_decref(undefined);
}

/* ---- reports ---- */

static void add_rows(rc_metrics *metrics, const json_t *one)
{
    for (size_t row = 0; row < json_array_size(json_object_get(one, "truth")); row++) {
        const json_t *truth = item(one, "truth", row);
        size_t label, predicted = (size_t)json_integer_value(item(one, "predicted", row));
        double weight = json_number_value(item(one, "weights", row));
        assert_int_equal(rc_metrics_label(metrics, json_string_value(truth),
                                          json_string_length(truth), &label, NULL),
                         RC_OK);
        assert_int_equal(rc_metrics_add_label(metrics, label, predicted, NULL, weight, NULL),
                         RC_OK);
    }
}

static rc_metrics *open_case(const json_t *one, const char **texts, rc_task *task)
{
    rc_metrics_spec spec = {.n_classes = json_array_size(json_object_get(one, "classes")),
                            .classes = texts,
                            .positive =
                                (size_t)json_integer_value(json_object_get(one, "positive")),
                            .weighted = json_is_array(json_object_get(one, "weights"))};
    *task = spec.task = spec.n_classes == 2 ? RC_TASK_BINARY : RC_TASK_MULTICLASS;
    for (size_t i = 0; i < spec.n_classes; i++)
        texts[i] = json_string_value(item(one, "classes", i));
    rc_metrics *metrics;
    assert_int_equal(rc_metrics_open(&metrics, &spec, NULL), RC_OK);
    add_rows(metrics, one);
    return metrics;
}

/* The text begins with scikit-learn's classification_report, byte for byte. */
static void test_text_has_the_layout_of_scikit_learn(void **state)
{
    (void)state;
    json_t *cases = load("classification.json"), *one;
    size_t i;
    json_array_foreach (cases, i, one) {
        const char *texts[MAX_CLASSES];
        rc_report report = {0};
        rc_metrics *metrics = open_case(one, texts, &report.task);
        report.metrics = metrics;
        rc_buf text = {0};
        assert_int_equal(rc_report_text(&report, &text, NULL), RC_OK);
        const json_t *expected = json_object_get(one, "report");
        if (json_is_null(expected)) { /* it prints rounded sums of weights there */
            rc_buf_release(&text);
            rc_metrics_close(metrics);
            continue;
        }
        assert_true(text.n > json_string_length(expected));
        text.data[json_string_length(expected)] = '\0';
        assert_string_equal(text.data, json_string_value(expected));
        rc_buf_release(&text);
        rc_metrics_close(metrics);
    }
    json_decref(cases);
}

static void assert_report_text(const rc_report *report, const char *expected)
{
    rc_buf text = {0};
    assert_int_equal(rc_report_text(report, &text, NULL), RC_OK);
    assert_true(rc_buf_append(&text, "", 1));
    assert_string_equal(text.data, expected);
    rc_buf_release(&text);
}

static const char *const classes[] = {"no", "yes\x1b"};

/* 3 no: 2 right; 1 yes: right; 1 row of a foreign label, taken for no. */
static rc_metrics *small_classification(void)
{
    static const size_t rows[][2] = {{0, 0}, {0, 0}, {0, 1}, {1, 1}, {2, 0}};
    rc_metrics_spec spec = {
        .task = RC_TASK_BINARY, .n_classes = 2, .classes = classes, .positive = 1};
    rc_metrics *metrics;
    size_t label;
    assert_int_equal(rc_metrics_open(&metrics, &spec, NULL), RC_OK);
    assert_int_equal(rc_metrics_label(metrics, "a\"\\", 3, &label, NULL), RC_OK);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(rc_metrics_add_label(metrics, rows[i][0], rows[i][1], NULL, 1.0, NULL),
                         RC_OK);
    return metrics;
}

/* Precision of no 2/3, of yes 1/2; recall 2/3, 1; F1 2/3, 2/3. MCC: n 5, c 3, a 3 1 1, p 3 2 0:
 * (15 - 11) / sqrt((25 - 13) (25 - 11)) = 4 / sqrt(168). */
static void test_text_of_a_classification(void **state)
{
    (void)state;
    rc_metrics *metrics = small_classification();
    rc_report report = {.task = RC_TASK_BINARY,
                        .metrics = metrics,
                        .positive = classes[1],
                        .rows_read = 8,
                        .rows_scored = 7,
                        .rows_rejected = 1,
                        .rows_unlabelled = 2};
    assert_report_text(&report, "              precision    recall  f1-score   support\n"
                                "\n"
                                "         a\"\\     0.0000    0.0000    0.0000         1\n"
                                "          no     0.6667    0.6667    0.6667         3\n"
                                "     yes\\x1b     0.5000    1.0000    0.6667         1\n"
                                "\n"
                                "    accuracy                         0.6000         5\n"
                                "   macro avg     0.3889    0.5556    0.4444         5\n"
                                "weighted avg     0.5000    0.6000    0.5333         5\n"
                                "\n"
                                "positive class: yes\\x1b\n"
                                "accuracy            0.6\n"
                                "balanced_accuracy   0.55555556\n"
                                "f1_macro            0.44444444\n"
                                "f1_micro            0.6\n"
                                "f1_weighted         0.53333333\n"
                                "precision_macro     0.38888889\n"
                                "precision_micro     0.6\n"
                                "precision_weighted  0.5\n"
                                "recall_macro        0.55555556\n"
                                "recall_micro        0.6\n"
                                "recall_weighted     0.6\n"
                                "mcc                 0.3086067\n"
                                "log_loss            undefined: the model gives no probabilities\n"
                                "brier               undefined: the model gives no probabilities\n"
                                "roc_auc             undefined: the model gives no probabilities\n"
                                "pr_auc              undefined: the model gives no probabilities\n"
                                "ece                 undefined: the model gives no probabilities\n"
                                "precision           0.5\n"
                                "recall              1\n"
                                "f1                  0.66666667\n"
                                "\n"
                                "confusion matrix (rows: truth, columns: prediction)\n"
                                "            a\"\\      no yes\\x1b\n"
                                "    a\"\\       0       1       0\n"
                                "     no       0       2       1\n"
                                "yes\\x1b       0       0       1\n"
                                "\n"
                                "rows: read 8, scored 7, rejected 1, unlabelled 2\n");
    rc_metrics_close(metrics);
}

static rc_metrics *small_regression(size_t n_targets, size_t n_rows)
{
    static const char *const targets[] = {"price", NULL};
    rc_metrics_spec spec = {.task = RC_TASK_REGRESSION, .n_targets = n_targets, .targets = targets};
    rc_metrics *metrics;
    assert_int_equal(rc_metrics_open(&metrics, &spec, NULL), RC_OK);
    const double predicted[2][2] = {{1.0, 2.0}, {2.0, 4.0}}, truth[2][2] = {{1.0, 2.0}, {3.0, 4.0}};
    for (size_t i = 0; i < n_rows; i++)
        assert_int_equal(rc_metrics_add_regression(metrics, predicted[i], truth[i], 1.0, NULL),
                         RC_OK);
    return metrics;
}

static void test_text_of_a_regression(void **state)
{
    (void)state;
    rc_requirement reqs[3];
    static const char *const texts[] = {"mse <= 0.5", "mape > 2", "mse[x] < 1"};
    rc_metrics *metrics = small_regression(1, 2);
    json_t *values, *undefined;
    assert_int_equal(rc_metrics_values(metrics, &values, &undefined, NULL), RC_OK);
    for (size_t i = 0; i < 3; i++)
        reqs[i] = evaluated(texts[i], values, undefined);
    rc_report report = {.task = RC_TASK_REGRESSION,
                        .metrics = metrics,
                        .rows_read = 2,
                        .rows_scored = 2,
                        .requirements = reqs,
                        .n_requirements = 3};
    /* d = 0 -1, y = 1 3: r2 = 1 - 1 / 2, var(d) = 1/4, var(y) = 1 */
    assert_report_text(&report, "mse                 0.5\n"
                                "rmse                0.70710678\n"
                                "mae                 0.5\n"
                                "r2                  0.5\n"
                                "explained_variance  0.75\n"
                                "max_error           1\n"
                                "mape                0.16666667\n"
                                "bias                -0.5\n"
                                "\n"
                                "rows: read 2, scored 2, rejected 0, unlabelled 0\n"
                                "\n"
                                "ok      mse <= 0.5  value 0.5\n"
                                "FAILED  mape > 2  value 0.16666666666666666\n"
                                "FAILED  mse[x] < 1  undefined: no such class or target in the "
                                "data\n");
    json_decref(values);
    json_decref(undefined);
    rc_metrics_close(metrics);
}

static void test_text_without_metrics_is_the_rows(void **state)
{
    (void)state;
    rc_report report = {.rows_read = 3, .rows_scored = 2, .rows_rejected = 1};
    assert_report_text(&report, "rows: read 3, scored 2, rejected 1, unlabelled 0\n");
}

static void test_json_of_a_run_without_metrics(void **state)
{
    (void)state;
    static const char *const data[] = {"a\xff.csv"}, *const arguments[] = {"rowcast", "score"};
    rc_report report = {.task = RC_TASK_BINARY,
                        .rows_read = 3,
                        .model_path = "m.json",
                        .model_format = "rowcast-json",
                        .model_sha256 = "00ff",
                        .model_dtype = "float64",
                        .data = {data, 1},
                        .output = "-",
                        .arguments = {arguments, 2},
                        .cpu = "avx2",
                        .n_threads = 2,
                        .started = 951782399, /* date -u -d @951782399 */
                        .seconds = 0.1};
    rc_buf text = {0};
    assert_int_equal(rc_report_json(&report, &text, NULL), RC_OK);
    assert_true(rc_buf_append(&text, "", 1));
    assert_string_equal(text.data, "{\n"
                                   "  \"format\": \"rowcast-report\",\n"
                                   "  \"version\": 1,\n"
                                   "  \"task\": \"binary\",\n"
                                   "  \"rows\": {\n"
                                   "    \"read\": 3,\n"
                                   "    \"scored\": 0,\n"
                                   "    \"rejected\": 0,\n"
                                   "    \"unlabelled\": 0\n"
                                   "  },\n"
                                   "  \"requirements\": [],\n"
                                   "  \"model\": {\n"
                                   "    \"path\": \"m.json\",\n"
                                   "    \"format\": \"rowcast-json\",\n"
                                   "    \"sha256\": \"00ff\",\n"
                                   "    \"dtype\": \"float64\"\n"
                                   "  },\n"
                                   "  \"data\": [\n"
                                   "    {\n"
                                   "      \"path\": \"a\\\\xff.csv\"\n"
                                   "    }\n"
                                   "  ],\n"
                                   "  \"output\": \"-\",\n"
                                   "  \"run\": {\n"
                                   "    \"version\": \"0.1.0\",\n"
                                   "    \"arguments\": [\"rowcast\", \"score\"],\n"
                                   "    \"started\": \"2000-02-28T23:59:59Z\",\n"
                                   "    \"seconds\": 0.1,\n"
                                   "    \"cpu\": \"avx2\",\n"
                                   "    \"threads\": 2\n"
                                   "  }\n"
                                   "}\n");
    rc_buf_release(&text);
}

/* What another parser reads from the text equals what the metrics gave. */
static void assert_json_report(const rc_report *report, const char *keys)
{
    json_t *values, *undefined, *bounds, *confusion, *state;
    assert_int_equal(rc_metrics_values(report->metrics, &values, &undefined, NULL), RC_OK);
    assert_int_equal(rc_metrics_bounds(report->metrics, &bounds, NULL), RC_OK);
    assert_int_equal(rc_metrics_confusion(report->metrics, &confusion, NULL), RC_OK);
    assert_int_equal(rc_metrics_state(report->metrics, &state, NULL), RC_OK);
    rc_buf text = {0}, names = {0};
    assert_int_equal(rc_report_json(report, &text, NULL), RC_OK);
    json_t *root = json_loadb(text.data, text.n, JSON_REJECT_DUPLICATES, NULL), *value;
    assert_non_null(root);
    const char *name;
    json_object_foreach (root, name, value)
        assert_true(rc_buf_text(&names, name) && rc_buf_text(&names, " "));
    assert_true(rc_buf_append(&names, "", 1));
    assert_string_equal(names.data, keys);
    json_object_foreach (values, name, value) {
        const json_t *has = json_object_get(json_object_get(root, "metrics"), name);
        assert_true(json_is_null(value) ? json_is_null(has)
                                        : json_number_value(has) == json_number_value(value));
    }
    assert_true(json_equal(undefined, json_object_get(root, "undefined")));
    assert_true(bounds == NULL || json_equal(bounds, json_object_get(root, "bounds")));
    assert_true(confusion == NULL || json_equal(confusion, json_object_get(root, "confusion")));
    assert_true(json_equal(state, json_object_get(root, "state")));
    json_t *all[] = {values, undefined, bounds, confusion, state, root};
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
        json_decref(all[i]);
    rc_buf_release(&text);
    rc_buf_release(&names);
}

static void test_json_holds_the_metrics(void **state)
{
    (void)state;
    rc_metrics *metrics = small_classification();
    rc_report report = {.task = RC_TASK_BINARY, .metrics = metrics, .positive = classes[1]};
    assert_json_report(&report, "format version task positive rows metrics undefined confusion "
                                "requirements model data output run state ");
    rc_metrics_close(metrics);
    metrics = small_regression(2, 1);
    report = (rc_report){.task = RC_TASK_REGRESSION, .metrics = metrics};
    assert_json_report(&report, "format version task rows metrics undefined requirements model "
                                "data output run state ");
    rc_metrics_close(metrics);
}

static void test_json_holds_the_requirements(void **state)
{
    (void)state;
    json_t *values = json_pack("{s:f}", "mse", 0.5), *undefined = json_object();
    rc_requirement reqs[] = {evaluated("mse < inf", values, undefined),
                             evaluated("r2 > 0.1", values, undefined)};
    rc_report report = {.requirements = reqs, .n_requirements = 2};
    rc_buf text = {0};
    assert_int_equal(rc_report_json(&report, &text, NULL), RC_OK);
    json_t *root = json_loadb(text.data, text.n, 0, NULL);
    json_t *expected =
        json_pack("[{s:s, s:s, s:s, s:s, s:f, s:b, s:n}, {s:s, s:s, s:s, s:f, s:n, s:b, s:s}]",
                  "text", "mse < inf", "metric", "mse", "op", "<", "bound", "inf", "value", 0.5,
                  "holds", 1, "reason", "text", "r2 > 0.1", "metric", "r2", "op", ">", "bound", 0.1,
                  "value", "holds", 0, "reason", "not measured");
    assert_non_null(expected);
    assert_true(json_equal(json_object_get(root, "requirements"), expected));
    json_decref(root);
    json_decref(expected);
    json_decref(values);
    json_decref(undefined);
    rc_buf_release(&text);
}

/* 2^20 rows of each class that are tied, one of each that is not. */
static rc_metrics *binned_classification(void)
{
    rc_metrics_spec spec = {.task = RC_TASK_BINARY,
                            .n_classes = 2,
                            .classes = classes,
                            .positive = 1,
                            .has_probability = true};
    static const double middle[] = {0.5, 0.5}, low[] = {0.75, 0.25}, high[] = {0.25, 0.75};
    rc_metrics *metrics;
    assert_int_equal(rc_metrics_open(&metrics, &spec, NULL), RC_OK);
    assert_int_equal(rc_metrics_add_label(metrics, 0, 0, middle, 1.0, NULL), RC_OK);
    assert_int_equal(rc_metrics_add_label(metrics, 1, 1, middle, 1.0, NULL), RC_OK);
    for (int i = 0; i < 20; i++)
        assert_int_equal(rc_metrics_merge(metrics, metrics, NULL), RC_OK);
    assert_int_equal(rc_metrics_add_label(metrics, 0, 0, low, 1.0, NULL), RC_OK);
    assert_int_equal(rc_metrics_add_label(metrics, 1, 1, high, 1.0, NULL), RC_OK);
    return metrics;
}

static void test_bounds_of_binned_metrics_are_shown(void **state)
{
    (void)state;
    rc_metrics *metrics = binned_classification();
    rc_report report = {.task = RC_TASK_BINARY, .metrics = metrics, .positive = classes[1]};
    rc_buf text = {0};
    assert_int_equal(rc_report_text(&report, &text, NULL), RC_OK);
    assert_true(rc_buf_append(&text, "", 1));
    /* (2^39 + 2^21 + 1) / (2^20 + 1)^2, a bound just below 0.5; 2 * 0.25 / (2^21 + 2) */
    assert_non_null(strstr(text.data, "\nroc_auc             0.50000095  (+- 0.52, binned)\n"));
    assert_non_null(strstr(text.data, "\nece                 2.3841835e-7\n"));
    rc_buf_release(&text);
    assert_json_report(&report, "format version task positive rows metrics undefined bounds "
                                "confusion requirements model data output run state ");
    rc_metrics_close(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fixed_rounds_the_exact_value),
        cmocka_unit_test(test_short_has_8_digits),
        cmocka_unit_test(test_a_bound_is_rounded_up),
        cmocka_unit_test(test_requirements_are_parsed),
        cmocka_unit_test(test_bad_requirements_say_what_is_wrong),
        cmocka_unit_test(test_a_task_has_its_own_metrics),
        cmocka_unit_test(test_requirements_are_held_against_values),
        cmocka_unit_test(test_text_has_the_layout_of_scikit_learn),
        cmocka_unit_test(test_text_of_a_classification),
        cmocka_unit_test(test_text_of_a_regression),
        cmocka_unit_test(test_text_without_metrics_is_the_rows),
        cmocka_unit_test(test_json_of_a_run_without_metrics),
        cmocka_unit_test(test_json_holds_the_metrics),
        cmocka_unit_test(test_json_holds_the_requirements),
        cmocka_unit_test(test_bounds_of_binned_metrics_are_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
