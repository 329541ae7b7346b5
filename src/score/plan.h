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
 * it (never a subtraction: that would cost digits), chooses kernels. The model may be closed
 * afterwards. Errors: RC_E_SYSTEM.
 */
rc_status rc_plan_compile(rc_plan **out, const rc_model *model, const rc_plan_options *options,
                          rc_error *err);
void rc_plan_close(rc_plan *plan); /* NULL is fine */

rc_dtype rc_plan_dtype(const rc_plan *plan);
rc_cpu_level rc_plan_cpu(const rc_plan *plan);

/* Whether any step reads input i; cells of others need not be converted. */
bool rc_plan_reads(const rc_plan *plan, size_t i);

/* Operations that a run executes, copies included; tells tests what has been folded. */
size_t rc_plan_n_ops(const rc_plan *plan);

/* The memory that one thread runs a plan in: the tile's columns and the scores. */
typedef struct rc_scratch {
    void *columns;  /* (n_columns, RC_TILE_ROWS) of the plan's type */
    double *value;  /* (width, RC_TILE_ROWS): the output behind its link */
    double *margin; /* (width, RC_TILE_ROWS): the output before its link */
} rc_scratch;

rc_status rc_scratch_init(rc_scratch *scratch, const rc_plan *plan, rc_error *err);
void rc_scratch_release(rc_scratch *scratch);

/* Where the rows of input i go: (RC_TILE_ROWS) float or double, as rc_plan_dtype says. */
void *rc_scratch_input(const rc_scratch *scratch, const rc_plan *plan, size_t i);

/* Scores the tile whose inputs stand in the scratch. Any thread on its own scratch. */
void rc_plan_run(const rc_plan *plan, rc_scratch *scratch);

#endif
