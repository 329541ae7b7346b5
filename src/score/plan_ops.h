/* plan_ops.h - what a compiled plan consists of. */
#ifndef RC_SCORE_PLAN_OPS_H
#define RC_SCORE_PLAN_OPS_H

#include "score/plan.h"

typedef enum rc_plan_kind {
    RC_PLAN_COPY,
    RC_PLAN_AFFINE,
    RC_PLAN_DENSE,
    RC_PLAN_ACTIVATION, /* in place on dst */
    RC_PLAN_SOFTMAX,    /* in place on dst */
    RC_PLAN_LINK        /* in place on dst */
} rc_plan_kind;

/* Parameters are of the plan's type, aligned, owned; NULL when absent. */
typedef struct rc_plan_op {
    rc_plan_kind kind;
    size_t src, dst; /* first columns */
    size_t w_in, w_out;
    void *affine[4]; /* center, divide, scale, shift, each (w_in) */
    void *weights;   /* (w_in, w_out) */
    void *bias;      /* (w_out) */
    rc_activation_spec activation;
    bool log;
    rc_link link;
} rc_plan_op;

struct rc_plan {
    rc_kernels kernels;
    rc_cpu_level cpu;
    rc_dtype dtype;
    rc_plan_op *ops;
    size_t n_ops, ops_capacity;
    size_t n_columns;
    bool *reads; /* (n_inputs) */
    size_t n_inputs;
    size_t value, margin; /* first columns of the output behind and before its link */
    size_t width;
};

#endif
