/* state.h - accumulated metrics as canonical JSON. */
#ifndef RC_METRICS_STATE_H
#define RC_METRICS_STATE_H

#include "metrics/classification.h"
#include "metrics/regression.h"

/* Each a new reference; NULL when memory has ended. */
json_t *rc_state_exact(const rc_exact *sum);
json_t *rc_state_regression(const rc_regression *sums, const rc_metrics_spec *spec);
json_t *rc_state_classification(const rc_classification *sums, const rc_metrics_spec *spec);

#endif
