/* results.h - metrics by name while they are collected: values and reasons for the null ones. */
#ifndef RC_METRICS_RESULTS_H
#define RC_METRICS_RESULTS_H

#include <jansson.h>

#include "base/mem.h"

/* Why a metric is null. */
#define RC_NO_ROWS "no labelled rows"
#define RC_NO_WEIGHT "all weights are zero"
#define RC_TOO_LARGE "beyond the range of a double"

/* has_failed: memory ended; it stays, so one look at the end is enough. */
typedef struct rc_results {
    json_t *values, *undefined;
    rc_buf name;
    bool has_failed;
} rc_results;

/* A metric's name: metric, or metric[key] where key is not NULL. */
typedef struct rc_metric_name {
    const char *metric, *key;
    size_t n_key;
} rc_metric_name;

void rc_results_init(rc_results *results);
void rc_results_release(rc_results *results);

/* A value that is not finite counts as undefined, RC_TOO_LARGE. */
void rc_results_number(rc_results *results, rc_metric_name name, double value);
void rc_results_count(rc_results *results, rc_metric_name name, uint64_t value);
void rc_results_undefined(rc_results *results, rc_metric_name name, const char *reason);

/* A JSON number; null for one that is not finite; NULL without memory. */
json_t *rc_results_real(double value);

/* Text as JSON can hold it: NUL and bytes that are no UTF-8 as \xNN, and so the backslash of a text
 * that holds \x itself: two texts never look the same. NULL without memory. */
json_t *rc_results_text(const char *text, size_t n);

#endif
