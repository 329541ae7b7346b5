/* classification.h - what is accumulated over the rows of a classification. */
#ifndef RC_METRICS_CLASSIFICATION_H
#define RC_METRICS_CLASSIFICATION_H

#include "metrics/calibration.h"
#include "metrics/confusion.h"
#include "metrics/labels.h"
#include "metrics/metrics.h"
#include "metrics/ranking.h"
#include "metrics/results.h"

typedef struct rc_classification {
    rc_labels labels;
    rc_confusion confusion;
    rc_exact log_loss; /* sum of w * -ln p(truth), the logarithm rounded */
    rc_exact brier; /* binary: sum of w * d * d, d = p(positive) - (truth is positive), rounded */
    /* Of the rows whose truth is a class of the model. A pointer: computed ranks are kept there. */
    rc_ranking *ranking;        /* NULL where nothing is ranked */
    rc_calibration calibration; /* binary: of the positive class, else of the predicted one */
    uint64_t n_rows;
    uint64_t n_foreign; /* rows whose truth is no class of the model */
    size_t *map;        /* scratch of merge */
    size_t map_capacity;
} rc_classification;

bool rc_classification_init(rc_classification *sums, const rc_metrics_spec *spec);
void rc_classification_release(rc_classification *sums);
void rc_classification_reset(rc_classification *sums);

/* RC_E_DATA: RC_METRICS_MAX_LABELS labels are no class already. */
rc_status rc_labels_full(rc_error *err);

/* False when memory has ended. */
bool rc_classification_add(rc_classification *sums, const rc_metrics_spec *spec,
                           const rc_metric_rows *rows);

rc_status rc_classification_merge(rc_classification *into, const rc_classification *from,
                                  rc_error *err);

#endif
