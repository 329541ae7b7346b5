/* plan_ops.h - what a compiled plan consists of. */
#ifndef RC_SCORE_PLAN_OPS_H
#define RC_SCORE_PLAN_OPS_H

#include "score/plan.h"

typedef enum rc_plan_kind {
    RC_PLAN_COPY, /* the columns of the segments */
    RC_PLAN_AFFINE,
    RC_PLAN_DENSE,
    RC_PLAN_ACTIVATION, /* in place on dst */
    RC_PLAN_SOFTMAX,    /* in place on dst */
    RC_PLAN_LINK,       /* in place on dst */
    RC_PLAN_IMPUTE,
    RC_PLAN_CLIP,
    RC_PLAN_NORMALISE,
    RC_PLAN_ELEMENTWISE,
    RC_PLAN_PRODUCT,
    RC_PLAN_BIN,
    RC_PLAN_FIND,   /* dst is a column of int32_t */
    RC_PLAN_ONEHOT, /* src is a column of int32_t */
    RC_PLAN_ROWS    /* src is a column of int32_t */
} rc_plan_kind;

/* Parameters are of the plan's type, aligned, owned; NULL when absent. */
typedef struct rc_plan_op {
    rc_plan_kind kind;
    size_t step;     /* of the tape */
    size_t src, dst; /* first columns */
    size_t w_in, w_out;
    /* affine: center, divide, scale, shift; impute: values; clip: min, max; each (w_in).
     * elementwise: an operand that is a number, RC_TILE_ROWS times. rows: the table (n, w_out). */
    void *parameters[4];
    rc_dense dense; /* copy: the segments only */
    rc_activation_spec activation;
    bool log;
    rc_link link;
    double missing;
    size_t *columns; /* (n_columns) impute: the indicators */
    size_t n_columns;
    rc_norm norm;
    rc_elementwise fn;
    size_t operands[3], strides[3]; /* elementwise: first columns */
    rc_term *terms;                 /* product */
    size_t *first_term;             /* (w_out + 1) */
    rc_bins bins;
    rc_finder finder;
    bool is_category; /* find: of codes */
    size_t input;     /* find: the input that it reads, or SIZE_MAX */
    rc_op op;         /* find: of the step */
} rc_plan_op;

typedef struct rc_fate {
    rc_step_fate fate;
    size_t into;
} rc_fate;

struct rc_plan {
    rc_kernels kernels;
    rc_cpu_level cpu;
    rc_dtype dtype;
    rc_plan_op *ops;
    size_t n_ops, ops_capacity;
    size_t n_columns;
    bool *reads;          /* (n_inputs) */
    rc_fate *fates;       /* (n_steps) */
    size_t value, margin; /* first columns of the output behind and before its link */
    size_t width;
    size_t decide, n_decide; /* first column, and how many: of what decides labels; 0: `margin` */
};

/* Makes the finder of a onehot, ordinal or lookup step. On failure what it holds is released with
 * rc_finder_release. */
rc_status rc_finder_init(rc_finder *finder, const rc_model_step *step, rc_dtype dtype,
                         rc_error *err);
void rc_finder_release(rc_finder *finder);

/* A copy of the first n numbers in the plan's type, with n_zeros behind; from may be NULL or
 * absent: all are 0. */
rc_status rc_pack(void **to, const rc_array *from, size_t n, size_t n_zeros, rc_dtype dtype,
                  rc_error *err);

#endif
