/* metrics.h - mergeable, exact accumulators of a task's metrics. */
#ifndef RC_METRICS_METRICS_H
#define RC_METRICS_METRICS_H

#include <jansson.h>

#include "base/error.h"
#include "model/model.h"
#include "score/kernels.h"

typedef struct rc_metrics rc_metrics;

/* What is measured. All pointers are kept until close. */
typedef struct rc_metrics_spec {
    rc_task task;
    size_t n_targets;           /* regression: at least 1 */
    const char *const *targets; /* regression: (n_targets), NULL where they have no names */
    size_t n_classes;           /* classification: at least 2 */
    const char *const *classes; /* classification: (n_classes) as text, in the model's order */
    size_t positive;            /* binary: 0 or 1 */
    bool has_probability;       /* classification: probabilities come with each row */
    bool has_margin;            /* binary without probabilities: margins come with each row */
    bool weighted;              /* a weight comes with each row, else it is 1 */
    bool is_float32;            /* log_loss clips at FLT_EPSILON, else at DBL_EPSILON */
    rc_real_batch log;          /* natural logarithms; NULL: the portable one, of the same bits */
} rc_metrics_spec;

rc_status rc_metrics_open(rc_metrics **out, const rc_metrics_spec *spec, rc_error *err);
void rc_metrics_close(rc_metrics *metrics); /* NULL is fine */
void rc_metrics_reset(rc_metrics *metrics); /* as after open; keeps memory */

/* Adds a row of a regression. predicted and truth hold n_targets finite values; weight >= 0. */
rc_status rc_metrics_add_regression(rc_metrics *metrics, const double *predicted,
                                    const double *truth, double weight, rc_error *err);

/* The number of the label whose text is not among the classes: n_classes, n_classes + 1, ... in
 * the order of appearance in this object. RC_E_DATA beyond RC_METRICS_MAX_LABELS. Two texts that
 * are numbers and equal ("7", "7.0") are one label. */
enum { RC_METRICS_MAX_LABELS = 65536 };
rc_status rc_metrics_label(rc_metrics *metrics, const char *text, size_t n, size_t *label,
                           rc_error *err);

/* Adds a row of a classification. truth: a class or a number that rc_metrics_label gave;
 * predicted: a class; score: the probabilities (n_classes), or the positive class's margin (1), or
 * NULL, as the spec says. */
rc_status rc_metrics_add_label(rc_metrics *metrics, size_t truth, size_t predicted,
                               const double *score, double weight, rc_error *err);

/* Some rows of a tile: which[0] to which[n - 1]. Values of row r stand at [r], column k of numbers
 * that come by columns at [k * stride + r]. */
typedef struct rc_metric_rows {
    const unsigned char *which; /* ascending */
    size_t n;                   /* at most RC_TILE_ROWS */
    size_t stride;
    const double *scores;      /* classification, by columns: as of rc_metrics_add_label, or NULL */
    const size_t *truth_label; /* classification */
    const uint32_t *predicted; /* classification */
    const double *values;      /* regression, by columns: (n_targets) */
    const double *truth;       /* regression: (n_targets) of row r from [r * n_targets] on */
    const double *weight;      /* read if the spec says so */
} rc_metric_rows;

/* Adds the rows, the same as one by one and several times as fast. On failure *failed is the first
 * row that is refused; those before it may or may not have been added. */
rc_status rc_metrics_add_rows(rc_metrics *metrics, const rc_metric_rows *rows, size_t *failed,
                              rc_error *err);

/* Adds all of `from` to `into`, both of one spec. The result does not depend on how the rows were
 * cut into pieces or in which order they are merged. */
rc_status rc_metrics_merge(rc_metrics *into, const rc_metrics *from, rc_error *err);

/* Threads: what follows computes some things once and keeps them, so one at a time on an object.
 *
 * The metrics by name: {"mse": 0.25, "r2": null, ...}, a new reference in *values; and why the
 * null ones are undefined: {"r2": "fewer than two rows"} in *undefined. */
rc_status rc_metrics_values(const rc_metrics *metrics, json_t **values, json_t **undefined,
                            rc_error *err);

/* How far metrics may be from the truth because rows were binned (ranking.h): {"roc_auc": 1e-5};
 * NULL where none are. */
rc_status rc_metrics_bounds(const rc_metrics *metrics, json_t **out, rc_error *err);

/* {"labels": [...], "matrix": [[...]]}, matrix[true][predicted]; NULL for a regression, and where
 * more than RC_METRICS_MAX_MATRIX labels occur (the matrix would be their square). */
enum { RC_METRICS_MAX_MATRIX = 1024 };
rc_status rc_metrics_confusion(const rc_metrics *metrics, json_t **out, rc_error *err);

/* Everything that has been accumulated, exactly, in a canonical form: equal for equal rows. */
rc_status rc_metrics_state(const rc_metrics *metrics, json_t **out, rc_error *err);

#endif
