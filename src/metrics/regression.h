/* regression.h - exact sums of a regression's rows, one set a target. */
#ifndef RC_METRICS_REGRESSION_H
#define RC_METRICS_REGRESSION_H

#include "metrics/exact.h"
#include "metrics/metrics.h"
#include "metrics/results.h"

/* d is prediction - truth, rounded once; y is the truth; all but largest are sums over the rows,
 * times the weight. */
typedef struct rc_target_sums {
    rc_exact d, absolute, square; /* d, |d|, d * d */
    rc_exact truth, truth_square; /* y, y * y */
    rc_exact relative;            /* |d| / max(|y|, DBL_EPSILON), rounded */
    double largest;               /* |d|; rows of weight zero count, as max_error has no weights */
    uint64_t n_beyond;            /* rows whose d has no double */
    uint64_t n_relative_beyond;   /* rows whose relative error has none */
} rc_target_sums;

typedef struct rc_regression {
    rc_target_sums *targets; /* (n_targets) */
    size_t n_targets;
    uint64_t n_rows;
    rc_exact weight; /* unweighted: untouched */
    bool is_weighted;
} rc_regression;

bool rc_regression_init(rc_regression *sums, const rc_metrics_spec *spec);
void rc_regression_release(rc_regression *sums);
void rc_regression_reset(rc_regression *sums);

/* False when memory has ended. */
bool rc_regression_add(rc_regression *sums, const rc_metric_rows *rows);
bool rc_regression_merge(rc_regression *into, const rc_regression *from);
bool rc_regression_values(const rc_regression *sums, const rc_metrics_spec *spec,
                          rc_results *results);

/* Target i's name, or its number where it has none. */
rc_metric_name rc_regression_name(const rc_metrics_spec *spec, size_t i, const char *metric,
                                  char number[32]);

#endif
