/* test_classification.c - metrics of classifications against scikit-learn (testdata/metrics). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/metrics.h"
#include "metrics_cases.h"

enum { MAX_CLASSES = 16 };

/* texts (MAX_CLASSES) lives as long as the metrics. */
static rc_metrics *open_case(const json_t *one, const char **texts)
{
    rc_metrics_spec spec = {.n_classes = json_array_size(json_object_get(one, "classes")),
                            .classes = texts,
                            .positive =
                                (size_t)json_integer_value(json_object_get(one, "positive")),
                            .has_probability = json_is_array(json_object_get(one, "probability")),
                            .weighted = json_is_array(json_object_get(one, "weights")),
                            .is_float32 = json_is_true(json_object_get(one, "float32"))};
    spec.task = spec.n_classes == 2 ? RC_TASK_BINARY : RC_TASK_MULTICLASS;
    for (size_t i = 0; i < spec.n_classes; i++)
        texts[i] = json_string_value(item(one, "classes", i));
    rc_metrics *metrics;
    assert_int_equal(rc_metrics_open(&metrics, &spec, NULL), RC_OK);
    return metrics;
}

static void add_row(rc_metrics *metrics, const json_t *one, size_t row)
{
    double probability[MAX_CLASSES];
    const json_t *p = item(one, "probability", row), *truth = item(one, "truth", row);
    for (size_t i = 0; i < json_array_size(p); i++)
        probability[i] = json_number_value(json_array_get(p, i));
    size_t label;
    assert_int_equal(rc_metrics_label(metrics, json_string_value(truth), json_string_length(truth),
                                      &label, NULL),
                     RC_OK);
    size_t predicted = (size_t)json_integer_value(item(one, "predicted", row));
    double weight = json_number_value(item(one, "weights", row));
    assert_int_equal(rc_metrics_add_label(metrics, label, predicted, p != NULL ? probability : NULL,
                                          weight, NULL),
                     RC_OK);
}

/* The matrix of scikit-learn has its labels sorted: cells are looked up by their labels. */
static void assert_confusion(const json_t *one, const rc_metrics *metrics)
{
    json_t *confusion, *want = json_object_get(one, "confusion");
    assert_int_equal(rc_metrics_confusion(metrics, &confusion, NULL), RC_OK);
    json_t *labels = json_object_get(confusion, "labels");
    json_t *wanted = json_object_get(want, "labels");
    size_t n = json_array_size(wanted), place[64] = {0};
    assert_int_equal(json_array_size(labels), n);
    for (size_t i = 0; i < n; i++)
        while (!json_equal(json_array_get(labels, place[i]), json_array_get(wanted, i)))
            assert_true(++place[i] < n);
    for (size_t i = 0; i < n * n; i++) {
        json_t *has = json_array_get(
            json_array_get(json_object_get(confusion, "matrix"), place[i / n]), place[i % n]);
        double y = json_number_value(
            json_array_get(json_array_get(json_object_get(want, "matrix"), i / n), i % n));
        assert_true(fabs(json_number_value(has) - y) <= 1e-12 * y);
    }
    json_decref(confusion);
}

static void test_values_equal_scikit_learn(void **state)
{
    (void)state;
    json_t *cases = load("classification.json"), *one;
    size_t i;
    json_array_foreach (cases, i, one) {
        const char *texts[MAX_CLASSES];
        rc_metrics *metrics = open_case(one, texts);
        for (size_t row = 0; row < n_rows(one); row++)
            add_row(metrics, one, row);
        assert_values(one, metrics);
        assert_confusion(one, metrics);
        rc_metrics_close(metrics);
    }
    json_decref(cases);
}

static char *all_text(const rc_metrics *metrics)
{
    json_t *state, *values, *undefined, *confusion;
    assert_int_equal(rc_metrics_state(metrics, &state, NULL), RC_OK);
    assert_int_equal(rc_metrics_values(metrics, &values, &undefined, NULL), RC_OK);
    assert_int_equal(rc_metrics_confusion(metrics, &confusion, NULL), RC_OK);
    json_t *all = json_pack("[o, o, o, o]", state, values, undefined, confusion);
    char *text = json_dumps(all, JSON_COMPACT);
    json_decref(all);
    assert_non_null(text);
    return text;
}

/* Rows in packets of 1, 2, 3 ... from the last to the first, merged into one: foreign labels come
 * up in another order, sums are added in another order. */
static void test_nothing_depends_on_packets(void **state)
{
    (void)state;
    json_t *cases = load("classification.json"), *one;
    size_t i;
    json_array_foreach (cases, i, one) {
        const char *texts[MAX_CLASSES];
        rc_metrics *whole = open_case(one, texts), *packet = open_case(one, texts);
        rc_metrics *merged = open_case(one, texts);
        size_t in_packet = 0, packet_rows = 1;
        for (size_t row = 0; row < n_rows(one); row++)
            add_row(whole, one, row);
        for (size_t row = n_rows(one); row-- > 0;) {
            add_row(packet, one, row);
            if (++in_packet < packet_rows && row > 0)
                continue;
            assert_int_equal(rc_metrics_merge(merged, packet, NULL), RC_OK);
            rc_metrics_reset(packet);
            in_packet = 0;
            packet_rows++;
        }
        char *a = all_text(whole), *b = all_text(merged);
        assert_string_equal(a, b);
        free(a);
        free(b);
        rc_metrics_close(whole);
        rc_metrics_close(packet);
        rc_metrics_close(merged);
    }
    json_decref(cases);
}

static const char *const two_classes[] = {"7", "b"};
static const rc_metrics_spec two = {
    .task = RC_TASK_BINARY, .n_classes = 2, .classes = two_classes, .positive = 1};

static rc_metrics *open_two(void)
{
    rc_metrics *metrics;
    assert_int_equal(rc_metrics_open(&metrics, &two, NULL), RC_OK);
    return metrics;
}

static size_t label_of(rc_metrics *metrics, const char *text)
{
    size_t label;
    assert_int_equal(rc_metrics_label(metrics, text, strlen(text), &label, NULL), RC_OK);
    return label;
}

static void test_equal_numbers_are_one_label(void **state)
{
    (void)state;
    rc_metrics *metrics = open_two();
    assert_int_equal(label_of(metrics, "7.0"), 0);
    assert_int_equal(label_of(metrics, "b"), 1);
    assert_int_equal(label_of(metrics, "B"), 2);
    assert_int_equal(label_of(metrics, "1.0"), 3);
    assert_int_equal(label_of(metrics, "true"), 3);
    assert_int_equal(label_of(metrics, "01"), 3);
    assert_int_equal(label_of(metrics, "-0"), 4);
    assert_int_equal(label_of(metrics, "0"), 4);
    assert_int_equal(label_of(metrics, ""), 5);
    rc_metrics_reset(metrics);
    assert_int_equal(label_of(metrics, "0"), 2);
    assert_int_equal(label_of(metrics, "7e0"), 0);
    rc_metrics_close(metrics);
}

/* Foreign labels: numbers by value, then text by bytes; the shortest text of a number. */
static void test_foreign_labels_are_sorted(void **state)
{
    (void)state;
    static const char *const texts[] = {"z", "10", "9.50", "9.5", "a", "\xff", "x\ny"};
    rc_metrics *metrics = open_two();
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        assert_int_equal(
            rc_metrics_add_label(metrics, label_of(metrics, texts[i]), 1, NULL, 1.0, NULL), RC_OK);
    (void)label_of(metrics, "only asked for");
    json_t *confusion, *state_json;
    assert_int_equal(rc_metrics_confusion(metrics, &confusion, NULL), RC_OK);
    char *text = json_dumps(json_object_get(confusion, "labels"), JSON_COMPACT);
    assert_string_equal(text, "[\"b\",\"9.5\",\"10\",\"a\",\"x\\ny\",\"z\",\"\\\\xff\"]");
    free(text);
    assert_int_equal(rc_metrics_state(metrics, &state_json, NULL), RC_OK);
    /* the two classes and the six others */
    assert_int_equal(json_array_size(json_object_get(state_json, "labels")), 8);
    json_decref(confusion);
    json_decref(state_json);
    rc_metrics_close(metrics);
}

static void test_too_many_labels_are_refused(void **state)
{
    (void)state;
    rc_metrics *metrics = open_two();
    char text[32];
    size_t label = 0;
    for (size_t i = 0; i < RC_METRICS_MAX_LABELS; i++) {
        snprintf(text, sizeof(text), "label %zu", i);
        label = label_of(metrics, text);
    }
    assert_int_equal(label, RC_METRICS_MAX_LABELS + 1);
    rc_error err;
    for (int i = 0; i < 2; i++)
        assert_int_equal(rc_metrics_label(metrics, "one more", 8, &label, &err), RC_E_DATA);
    assert_string_equal(err.text, "more than 65536 labels are no class of the model");
    assert_int_equal(label_of(metrics, "label 0"), 2);
    rc_metrics_close(metrics);
}

static double value_of(const rc_metrics *metrics, const char *name)
{
    json_t *values, *undefined;
    assert_int_equal(rc_metrics_values(metrics, &values, &undefined, NULL), RC_OK);
    json_t *value = json_object_get(values, name);
    double x = json_is_number(value) ? json_number_value(value) : NAN;
    json_decref(values);
    json_decref(undefined);
    return x;
}

static rc_metrics *doubled(const rc_metrics_spec *spec, const size_t rows[][2], size_t n_rows_once,
                           int n_doublings)
{
    rc_metrics *metrics;
    assert_int_equal(rc_metrics_open(&metrics, spec, NULL), RC_OK);
    for (size_t i = 0; i < n_rows_once; i++)
        assert_int_equal(rc_metrics_add_label(metrics, rows[i][0], rows[i][1], NULL, 1.0, NULL),
                         RC_OK);
    for (int i = 0; i < n_doublings; i++)
        assert_int_equal(rc_metrics_merge(metrics, metrics, NULL), RC_OK);
    return metrics;
}

/* tp 2 tn 1 fp 1 fn 1, 2^40 times: (2 * 1 - 1 * 1) / sqrt(3 * 3 * 2 * 2) = 1 / 6 */
static void test_counts_may_be_huge(void **state)
{
    (void)state;
    static const size_t rows[][2] = {{1, 1}, {1, 1}, {0, 0}, {0, 1}, {1, 0}};
    rc_metrics *metrics = doubled(&two, rows, 5, 40);
    assert_true(fabs(value_of(metrics, "mcc") - 1.0 / 6.0) <= 1e-16);
    assert_true(value_of(metrics, "support[b]") == 3.0 * 0x1p40);
    assert_true(value_of(metrics, "accuracy") == 0.6);
    rc_metrics_close(metrics);
}

/* N = 2^34 hits of one class, the other missed once and once a false alarm: with n = N + 2, c = N
 * (n c - (N + 1)^2 - 1) / (n^2 - (N + 1)^2 - 1) = -2 / (2 N + 2). */
static void test_matthews_does_not_cancel(void **state)
{
    (void)state;
    static const size_t common[][2] = {{0, 0}}, rare[][2] = {{1, 0}, {0, 1}};
    rc_metrics *metrics = doubled(&two, common, 1, 34), *few = doubled(&two, rare, 2, 0);
    assert_int_equal(rc_metrics_merge(metrics, few, NULL), RC_OK);
    double expected = -1.0 / (0x1p34 + 1.0);
    assert_true(fabs(value_of(metrics, "mcc") / expected - 1.0) <= 1e-15);
    rc_metrics_close(metrics);
    rc_metrics_close(few);
}

static void test_rows_that_cannot_be_measured_are_refused(void **state)
{
    (void)state;
    rc_metrics_spec spec = two;
    spec.has_probability = spec.weighted = true;
    rc_metrics *metrics;
    rc_error err;
    assert_int_equal(rc_metrics_open(&metrics, &spec, NULL), RC_OK);
    const double good[] = {0.25, 0.75}, bad[] = {0.25, NAN};
    assert_int_equal(rc_metrics_add_label(metrics, 0, 1, bad, 1.0, &err), RC_E_DATA);
    assert_string_equal(err.text, "a probability must be finite");
    assert_int_equal(rc_metrics_add_label(metrics, 0, 1, good, -1.0, &err), RC_E_DATA);
    assert_string_equal(err.text, "a weight must be finite and not negative");
    assert_int_equal(rc_metrics_add_label(metrics, 2, 1, good, 1.0, &err), RC_E_USAGE);
    assert_int_equal(rc_metrics_add_label(metrics, 0, 2, good, 1.0, &err), RC_E_USAGE);
    assert_int_equal(rc_metrics_add_label(metrics, 0, 1, NULL, 1.0, &err), RC_E_USAGE);
    assert_true(isnan(value_of(metrics, "accuracy")));
    rc_metrics_close(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_equal_scikit_learn),
        cmocka_unit_test(test_nothing_depends_on_packets),
        cmocka_unit_test(test_equal_numbers_are_one_label),
        cmocka_unit_test(test_foreign_labels_are_sorted),
        cmocka_unit_test(test_too_many_labels_are_refused),
        cmocka_unit_test(test_counts_may_be_huge),
        cmocka_unit_test(test_matthews_does_not_cancel),
        cmocka_unit_test(test_rows_that_cannot_be_measured_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
