/* plan_fold.h - what of a tape is alive, and what of it needs not be run as it stands. */
#ifndef RC_SCORE_PLAN_FOLD_H
#define RC_SCORE_PLAN_FOLD_H

#include "score/plan.h"

/* Columns from .. from + w - 1 of a value. */
typedef struct rc_piece {
    size_t value, from, w;
    bool is_hot; /* a whole onehot that this dense step looks up */
} rc_piece;

typedef struct rc_pieces {
    rc_piece *at;
    size_t n, capacity;
} rc_pieces;

/* What is known of a step. */
typedef struct rc_fold {
    bool is_live;
    bool is_folded;    /* affine: its factors go into step `into` */
    bool is_looked_up; /* onehot: it is a row look-up in `into` and perhaps in others */
    bool is_made;      /* onehot: its columns are made */
    bool is_passed;    /* it makes nothing: who reads it reads through it */
    size_t into;
    /* All that it reads, joined in order, seen through what is passed. For a step that is passed:
     * what it stands for. */
    rc_pieces reads;
    /* dense: the same before affine steps were passed. The rows of the weights of an affine that is
     * folded take its factors. */
    rc_pieces factors;
} rc_fold;

typedef struct rc_folds {
    rc_fold *steps; /* (n_steps) */
    size_t n_steps;
    rc_pieces from, decide; /* of the output */
    bool *reads;            /* (n_inputs) */
} rc_folds;

/**
 * Finds what can be folded. With is_unfolded nothing is: then only the dead is left out, and each
 * step reads the values of its `in` as they stand.
 */
rc_status rc_folds_init(rc_folds *folds, const rc_model *model, bool is_unfolded, rc_error *err);
void rc_folds_release(rc_folds *folds);

/* The weight as it stands in a dense layer that has taken the factors of column i of an affine. */
double rc_fold_weight(const rc_model_step *affine, size_t i, double weight);

#endif
