/* plan_emit.h - compiling: the parameters of operations, packed for the kernels. */
#ifndef RC_SCORE_PLAN_EMIT_H
#define RC_SCORE_PLAN_EMIT_H

#include "score/plan_fold.h"
#include "score/plan_ops.h"

/* While compiling. */
typedef struct rc_emitter {
    const rc_model *model;
    bool is_unfolded;
    rc_plan *plan;
    rc_folds folds;
    const rc_fold *fold; /* of the step at hand */
    size_t step;
    size_t *first; /* (n_values) first column of each value, or SIZE_MAX */
    size_t *found; /* (n_values) onehot: the column of what it has found */
    rc_error *err;
} rc_emitter;

/* Appends an operation; *out is valid until the next one. */
rc_status rc_emit(rc_emitter *c, rc_plan_kind kind, size_t src, size_t dst, rc_plan_op **out);

/* Each fills the parameters of an operation of the step at hand. */
rc_status rc_emit_dense(const rc_emitter *c, rc_plan_op *op, const rc_model_step *step);
rc_status rc_emit_find(const rc_emitter *c, rc_plan_op *op, const rc_model_step *step);
rc_status rc_emit_rows(const rc_emitter *c, rc_plan_op *op, const rc_model_step *step);
rc_status rc_emit_parameters(const rc_emitter *c, rc_plan_op *op, const rc_model_step *step);

#endif
