/* ranking_state.h - what ranking and calibration have accumulated, as canonical JSON. */
#ifndef RC_METRICS_RANKING_STATE_H
#define RC_METRICS_RANKING_STATE_H

#include <jansson.h>

#include "metrics/calibration.h"
#include "metrics/ranking.h"

/* Each a new reference; NULL when memory has ended.
 *
 * Kept rows are sorted, and equal for equal rows: {"rows": n, "scores": [blob of each score's
 * order-preserving integers; those of the first are ascending and stand as the difference to the
 * row before], "labels": blob, "weights": blob of the doubles' bits, if there are any}. Binned
 * ones: {"rows": n, "bins": n_bins, "amounts": blob of rc_ranking_bins}. */
json_t *rc_ranking_state(const rc_ranking *ranking);

/* A list of [rows, true, sum of probabilities], exact; weights instead of rows if there are any. */
json_t *rc_calibration_state(const rc_calibration *calibration, bool is_weighted);

#endif
