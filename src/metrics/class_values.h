/* class_values.h - the metrics of a classification out of its accumulated counts. */
#ifndef RC_METRICS_CLASS_VALUES_H
#define RC_METRICS_CLASS_VALUES_H

#include "metrics/classification.h"

/* Each false when memory has ended. */
bool rc_class_values(const rc_classification *sums, const rc_metrics_spec *spec,
                     rc_results *results);

/* {"roc_auc": bound, "pr_auc": bound} of what is defined and binned; *out NULL if nothing is. */
bool rc_class_bounds(const rc_classification *sums, const rc_metrics_spec *spec, json_t **out);

/* {"labels", "matrix"} of the labels in truth or predictions; *out NULL beyond
 * RC_METRICS_MAX_MATRIX of them. */
bool rc_class_confusion(const rc_classification *sums, json_t **out);

#endif
