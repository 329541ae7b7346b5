/* decide.h - from scores to labels, and to the probability of the class that is spoken of. */
#ifndef RC_SCORE_DECIDE_H
#define RC_SCORE_DECIDE_H

#include "score/plan.h"

typedef struct rc_decision {
    rc_task task;
    rc_link link;
    bool is_float32;
    size_t width;    /* of the output */
    size_t n_decide; /* columns that decide, as many as classes; 0: the output does */
    size_t positive; /* binary: the class that probability and margin speak of */
    bool has_threshold;
    size_t threshold_class; /* the class that the threshold speaks of */
    double threshold;       /* rounded to the model's type */
} rc_decision;

/* The number of the class of a binary model that a text names; NULL: the second. RC_E_USAGE says
 * "WHAT 'no' is no class of the model". */
rc_status rc_decision_find_positive(const rc_model *model, const char *text, const char *what,
                                    size_t *positive, rc_error *err);

/* RC_E_USAGE: a threshold that no probability can be below, or above, where scores are such; `what`
 * names it. */
rc_status rc_decision_check_threshold(const rc_model *model, double threshold, const char *what,
                                      rc_error *err);

/* threshold: of the positive class; NULL: the model's, which always is of the second class, so that
 * naming a positive class changes no label. positive: 0 or 1 (binary). */
void rc_decision_init(rc_decision *decision, const rc_model *model, const double *threshold,
                      size_t positive);

/**
 * Labels of a tile. Binary scores turn to the positive class in place: with the first class,
 * value becomes 1 - value (rounded to the model's type) and margin its negative.
 * labels is (RC_TILE_ROWS); untouched for a regression.
 */
void rc_decide(const rc_decision *decision, rc_scratch *scratch, uint32_t *labels);

#endif
