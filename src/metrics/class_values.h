/* class_values.h - the metrics of a classification out of its accumulated counts. */
#ifndef RC_METRICS_CLASS_VALUES_H
#define RC_METRICS_CLASS_VALUES_H

#include "metrics/classification.h"

/* Both false when memory has ended. */
bool rc_class_values(const rc_classification *sums, const rc_metrics_spec *spec,
                     rc_results *results);

/* {"labels", "matrix"} of the labels in truth or predictions; *out NULL beyond
 * RC_METRICS_MAX_MATRIX of them. */
bool rc_class_confusion(const rc_classification *sums, json_t **out);

#endif
