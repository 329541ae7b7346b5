/* test_regression.c - metrics of regressions against scikit-learn (testdata/metrics). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/metrics.h"
#include "metrics_cases.h"

static rc_metrics *open_case(const json_t *one)
{
    rc_metrics_spec spec = {.task = RC_TASK_REGRESSION,
                            .n_targets =
                                (size_t)json_integer_value(json_object_get(one, "n_targets")),
                            .weighted = json_is_array(json_object_get(one, "weights"))};
    rc_metrics *metrics;
    assert_int_equal(rc_metrics_open(&metrics, &spec, NULL), RC_OK);
    return metrics;
}

static void add_row(rc_metrics *metrics, const json_t *one, size_t row)
{
    double truth[8], predicted[8];
    const json_t *y = json_array_get(json_object_get(one, "truth"), row);
    const json_t *p = json_array_get(json_object_get(one, "predicted"), row);
    for (size_t i = 0; i < json_array_size(y); i++) {
        truth[i] = json_number_value(json_array_get(y, i));
        predicted[i] = json_number_value(json_array_get(p, i));
    }
    double weight = json_number_value(json_array_get(json_object_get(one, "weights"), row));
    assert_int_equal(rc_metrics_add_regression(metrics, predicted, truth, weight, NULL), RC_OK);
}

static void test_values_equal_scikit_learn(void **state)
{
    (void)state;
    json_t *cases = load("regression.json"), *one;
    size_t i;
    json_array_foreach (cases, i, one) {
        rc_metrics *metrics = open_case(one);
        for (size_t row = 0; row < n_rows(one); row++)
            add_row(metrics, one, row);
        assert_values(one, metrics);
        rc_metrics_close(metrics);
    }
    json_decref(cases);
}

static char *state_text(const rc_metrics *metrics)
{
    json_t *state;
    assert_int_equal(rc_metrics_state(metrics, &state, NULL), RC_OK);
    char *text = json_dumps(state, JSON_COMPACT);
    json_decref(state);
    assert_non_null(text);
    return text;
}

/* Rows in packets of 1, 2, 3 ... from the last to the first, merged into one. */
static void test_state_does_not_depend_on_packets(void **state)
{
    (void)state;
    json_t *cases = load("regression.json"), *one;
    size_t i;
    json_array_foreach (cases, i, one) {
        rc_metrics *whole = open_case(one), *packet = open_case(one), *merged = open_case(one);
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
        char *a = state_text(whole), *b = state_text(merged);
        assert_string_equal(a, b);
        assert_values(one, merged);
        free(a);
        free(b);
        rc_metrics_close(whole);
        rc_metrics_close(packet);
        rc_metrics_close(merged);
    }
    json_decref(cases);
}

static rc_metrics *open_named(const char *const *targets, size_t n, bool weighted)
{
    rc_metrics_spec spec = {
        .task = RC_TASK_REGRESSION, .n_targets = n, .targets = targets, .weighted = weighted};
    rc_metrics *metrics;
    assert_int_equal(rc_metrics_open(&metrics, &spec, NULL), RC_OK);
    return metrics;
}

static double value_of(const rc_metrics *metrics, const char *name, const char **reason)
{
    static char text[200];
    json_t *values, *undefined;
    assert_int_equal(rc_metrics_values(metrics, &values, &undefined, NULL), RC_OK);
    json_t *value = json_object_get(values, name), *why = json_object_get(undefined, name);
    assert_non_null(value);
    double x = json_is_number(value) ? json_number_value(value) : NAN;
    snprintf(text, sizeof(text), "%s", json_is_string(why) ? json_string_value(why) : "");
    if (reason != NULL)
        *reason = text;
    json_decref(values);
    json_decref(undefined);
    return x;
}

static void test_targets_have_names_or_numbers(void **state)
{
    (void)state;
    const char *const targets[] = {"price", NULL};
    rc_metrics *metrics = open_named(targets, 2, false);
    const double truth[] = {1.0, 2.0}, predicted[] = {2.0, 5.0};
    assert_int_equal(rc_metrics_add_regression(metrics, predicted, truth, 1.0, NULL), RC_OK);
    assert_true(value_of(metrics, "mse[price]", NULL) == 1.0);
    assert_true(value_of(metrics, "mse[1]", NULL) == 9.0);
    assert_true(value_of(metrics, "mse", NULL) == 5.0);
    rc_metrics_close(metrics);
}

static void assert_reason(const rc_metrics *metrics, const char *name, const char *expected)
{
    const char *reason;
    assert_true(isnan(value_of(metrics, name, &reason)));
    assert_string_equal(reason, expected);
}

static void test_undefined_metrics_say_why(void **state)
{
    (void)state;
    rc_metrics *metrics = open_named(NULL, 1, true);
    const double one = 1.0, two = 2.0;
    assert_reason(metrics, "mse", "no labelled rows");
    assert_int_equal(rc_metrics_add_regression(metrics, &one, &two, 0.0, NULL), RC_OK);
    assert_reason(metrics, "mse", "all weights are zero");
    assert_int_equal(rc_metrics_add_regression(metrics, &one, &two, 1.0, NULL), RC_OK);
    assert_true(value_of(metrics, "r2", NULL) == 0.0);
    rc_metrics_reset(metrics);
    assert_int_equal(rc_metrics_add_regression(metrics, &one, &two, 1.0, NULL), RC_OK);
    assert_reason(metrics, "r2", "fewer than two rows");
    assert_true(value_of(metrics, "explained_variance", NULL) == 1.0);
    rc_metrics_close(metrics);
}

static void test_values_beyond_a_double_are_null(void **state)
{
    (void)state;
    rc_metrics *metrics = open_named(NULL, 1, false);
    const double big = 1e200, huge = DBL_MAX, minus = -DBL_MAX, zero = 0.0;
    assert_int_equal(rc_metrics_add_regression(metrics, &big, &zero, 1.0, NULL), RC_OK);
    assert_int_equal(rc_metrics_add_regression(metrics, &big, &big, 1.0, NULL), RC_OK);
    assert_reason(metrics, "mse", "beyond the range of a double");
    assert_true(value_of(metrics, "mae", NULL) == 5e199);
    /* error 1e400, total 1e400 / 2: 1 - 2 */
    assert_true(value_of(metrics, "r2", NULL) == -1.0);
    assert_int_equal(rc_metrics_add_regression(metrics, &huge, &zero, 1.0, NULL), RC_OK);
    assert_reason(metrics, "mape", "beyond the range of a double");
    rc_metrics *other = open_named(NULL, 1, false);
    assert_int_equal(rc_metrics_add_regression(other, &huge, &minus, 1.0, NULL), RC_OK);
    assert_reason(other, "mae", "beyond the range of a double");
    assert_int_equal(rc_metrics_merge(metrics, other, NULL), RC_OK);
    assert_reason(metrics, "mae", "beyond the range of a double");
    rc_metrics_close(other);
    rc_metrics_close(metrics);
}

static void test_rows_that_cannot_be_measured_are_refused(void **state)
{
    (void)state;
    rc_metrics *metrics = open_named(NULL, 1, true);
    const double one = 1.0, inf = HUGE_VAL, nan = NAN;
    rc_error err;
    assert_int_equal(rc_metrics_add_regression(metrics, &inf, &one, 1.0, &err), RC_E_DATA);
    assert_string_equal(err.text, "prediction and truth must be finite");
    assert_int_equal(rc_metrics_add_regression(metrics, &one, &nan, 1.0, &err), RC_E_DATA);
    assert_int_equal(rc_metrics_add_regression(metrics, &one, &one, -1.0, &err), RC_E_DATA);
    assert_string_equal(err.text, "a weight must be finite and not negative");
    assert_int_equal(rc_metrics_add_regression(metrics, &one, &one, NAN, &err), RC_E_DATA);
    assert_reason(metrics, "mse", "no labelled rows");
    rc_metrics_close(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_equal_scikit_learn),
        cmocka_unit_test(test_state_does_not_depend_on_packets),
        cmocka_unit_test(test_targets_have_names_or_numbers),
        cmocka_unit_test(test_undefined_metrics_say_why),
        cmocka_unit_test(test_values_beyond_a_double_are_null),
        cmocka_unit_test(test_rows_that_cannot_be_measured_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
