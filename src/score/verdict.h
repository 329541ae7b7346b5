/* verdict.h - which rows of a tile have no score. */
#ifndef RC_SCORE_VERDICT_H
#define RC_SCORE_VERDICT_H

#include "score/plan.h"

/**
 * Bit r is set where the value of row r is no finite number or its margin is NaN. An infinite
 * margin counts with needs_margin only: the sigmoid of infinity is 1. For all RC_TILE_ROWS rows,
 * also those that hold nothing; width is the model's.
 */
uint64_t rc_verdict_non_finite(const rc_scratch *scratch, size_t width, bool needs_margin);

/* "the score is infinite" or "the score is not a number (NaN)", of a row whose bit is set: what is
 * wrong with its first column that is. */
const char *rc_verdict_text(const rc_scratch *scratch, size_t width, size_t r, bool needs_margin);

#endif
