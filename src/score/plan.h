/* plan.h - a model compiled for this machine: packed parameters, a straight run over tiles. */
#ifndef RC_SCORE_PLAN_H
#define RC_SCORE_PLAN_H

#include "score/kernels.h"

typedef struct rc_plan rc_plan;

typedef struct rc_plan_options {
    rc_cpu_level cpu;
    bool unfolded; /* run the tape as it stands; for tests */
} rc_plan_options;

/**
 * Compiles a model: drops what nothing reads, folds a scaler's factors into the dense layer behind
 * it (never a subtraction: that would cost digits), makes of a one-hot that a dense layer reads a
 * row look-up in its weights, chooses kernels. The model may be closed afterwards.
 * Errors: RC_E_SYSTEM.
 */
rc_status rc_plan_compile(rc_plan **out, const rc_model *model, const rc_plan_options *options,
                          rc_error *err);
void rc_plan_close(rc_plan *plan); /* NULL is fine */

rc_dtype rc_plan_dtype(const rc_plan *plan);
rc_cpu_level rc_plan_cpu(const rc_plan *plan);

/* The natural logarithm, as fast as the plan's instructions make it. */
rc_real_batch rc_plan_log(const rc_plan *plan);

/* Whether any step reads input i; cells of others need not be converted. */
bool rc_plan_reads(const rc_plan *plan, size_t i);

/* What has become of a step of the model. */
typedef enum rc_step_fate {
    RC_STEP_RUNS,
    RC_STEP_UNREAD,    /* nothing reads it: it is not run */
    RC_STEP_FOLDED,    /* its factors went into the weights of step `into`; it may subtract still */
    RC_STEP_LOOKED_UP, /* a one-hot that is a row look-up in step `into` and perhaps in others */
    RC_STEP_PASSED     /* a joining or choosing of columns that needs no work */
} rc_step_fate;
rc_step_fate rc_plan_fate(const rc_plan *plan, size_t step, size_t *into);

/* The memory that one thread runs a plan in: the tile's columns and the scores. */
typedef struct rc_scratch {
    void *columns;    /* (n_columns, RC_TILE_ROWS) of the plan's type */
    double *value;    /* (width, RC_TILE_ROWS): the output behind its link */
    double *margin;   /* (width, RC_TILE_ROWS): the output before its link */
    double *decide;   /* (n_classes, RC_TILE_ROWS): the largest is the label; NULL: by margin */
    uint64_t refused; /* by the last run, bit r: a step has no answer for row r */
} rc_scratch;

rc_status rc_scratch_init(rc_scratch *scratch, const rc_plan *plan, rc_error *err);
void rc_scratch_release(rc_scratch *scratch);

/* Where the rows of input i go: (RC_TILE_ROWS) float or double, as rc_plan_dtype says. */
void *rc_scratch_input(const rc_scratch *scratch, const rc_plan *plan, size_t i);

/* Scores the tile whose inputs stand in the scratch. Any thread on its own scratch. What the rows
 * of the scratch hold that are no rows is computed, too, and may be refused. */
void rc_plan_run(const rc_plan *plan, rc_scratch *scratch);

/* Why the last run refused row r: sets err to "steps[2] (onehot): 4 is none of its values", and
 * *input to the model input that the step reads, SIZE_MAX where it reads another step. Of several
 * steps the first in the tape. Returns RC_E_DATA. */
rc_status rc_plan_refusal(const rc_plan *plan, const rc_scratch *scratch, size_t r, size_t *input,
                          rc_error *err);

#endif
