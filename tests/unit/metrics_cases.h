/* metrics_cases.h - the cases of testdata/metrics and what is held against them. */
#ifndef RC_TESTS_METRICS_CASES_H
#define RC_TESTS_METRICS_CASES_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "metrics/metrics.h"

static inline json_t *load(const char *name)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/metrics/%s", getenv("RC_TESTDATA"), name);
    json_error_t error;
    json_t *cases = json_load_file(path, 0, &error);
    if (cases == NULL)
        fail_msg("%s: %s", path, error.text);
    return cases;
}

static inline const json_t *item(const json_t *one, const char *list, size_t i)
{
    return json_array_get(json_object_get(one, list), i);
}

static inline size_t n_rows(const json_t *one)
{
    return json_array_size(json_object_get(one, "truth"));
}

/* A metric within 1e-12 of what is expected, relative; undefined has a reason if it is null. */
static inline void assert_values(const json_t *one, const rc_metrics *metrics)
{
    json_t *values, *undefined, *expected = json_object_get(one, "expected"), *want;
    assert_int_equal(rc_metrics_values(metrics, &values, &undefined, NULL), RC_OK);
    assert_int_equal(json_object_size(values), json_object_size(expected));
    const char *name, *title = json_string_value(json_object_get(one, "name"));
    json_object_foreach (expected, name, want) {
        json_t *has = json_object_get(values, name);
        const char *reason = json_string_value(json_object_get(undefined, name));
        if (json_is_null(want) && json_is_null(has) && reason != NULL)
            continue;
        double x = json_number_value(has), y = json_number_value(want);
        if (!json_is_number(has) || !json_is_number(want) || fabs(x - y) > 1e-12 * fabs(y))
            fail_msg("%s: %s is %.17g, not %.17g (%s)", title, name, x, y, reason);
    }
    json_decref(values);
    json_decref(undefined);
}

#endif
