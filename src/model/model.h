/* model.h - a model as every format is read into it: inputs, steps, output. */
#ifndef RC_MODEL_MODEL_H
#define RC_MODEL_MODEL_H

#include "base/error.h"

/* Limits; each is named in its own refusal. */
#define RC_MODEL_MAX_BYTES ((size_t)1 << 31)   /* of a file */
#define RC_MODEL_MAX_INPUTS 1000000            /* also the width of any value */
#define RC_MODEL_MAX_STEPS 10000               /* of the tape */
#define RC_MODEL_MAX_WIDTHS 10000000           /* inputs and widths of all steps together */
#define RC_MODEL_MAX_NUMBERS ((size_t)1 << 29) /* in all arrays together, as they are expanded */

typedef enum rc_task { RC_TASK_REGRESSION, RC_TASK_BINARY, RC_TASK_MULTICLASS } rc_task;
typedef enum rc_dtype { RC_FLOAT32, RC_FLOAT64 } rc_dtype;

/* What a missing cell of an input does. */
typedef enum rc_missing { RC_MISSING_ERROR, RC_MISSING_VALUE } rc_missing;

typedef struct rc_model_input {
    char *name; /* NULL in all inputs or in none */
    rc_missing missing;
    double missing_value; /* may be NaN */
} rc_model_input;

/* A constant array, row-major. data is NULL when the parameter is absent. */
typedef struct rc_array {
    double *data;
    size_t n_rows, n_cols;
} rc_array;

typedef enum rc_activation {
    RC_ACT_IDENTITY,
    RC_ACT_RELU,
    RC_ACT_LEAKY_RELU,
    RC_ACT_ELU,
    RC_ACT_CELU,
    RC_ACT_SELU,
    RC_ACT_GELU,
    RC_ACT_GELU_TANH,
    RC_ACT_SIGMOID,
    RC_ACT_HARD_SIGMOID,
    RC_ACT_TANH,
    RC_ACT_SOFTPLUS,
    RC_ACT_SOFTSIGN,
    RC_ACT_SILU,
    RC_ACT_MISH,
    RC_ACT_EXP
} rc_activation;

/* An activation with its parameters; those that fn does not have are not read. */
typedef struct rc_activation_spec {
    rc_activation fn;
    double alpha, beta, max, slope, threshold;
} rc_activation_spec;

typedef enum rc_op { RC_OP_AFFINE, RC_OP_DENSE, RC_OP_ACTIVATION, RC_OP_SOFTMAX } rc_op;

typedef struct rc_model_step {
    rc_op op;
    size_t *in; /* (n_in) numbers of values: 0..n_inputs-1 inputs, then the steps in order */
    size_t n_in;
    char *out;                             /* NULL when it has no name */
    size_t w_in;                           /* width of all that is read, joined */
    size_t w_out;                          /* width of the result */
    rc_array center, divide, scale, shift; /* affine: each (1, w_in) or absent */
    rc_array weights, bias;                /* dense: (w_in, w_out), (1, w_out) */
    rc_activation_spec activation;         /* dense, activation */
    bool log;                              /* softmax */
} rc_model_step;

typedef enum rc_link {
    RC_LINK_IDENTITY,
    RC_LINK_SIGMOID,
    RC_LINK_SOFTMAX,
    RC_LINK_EXP,
    RC_LINK_PROBIT,
    RC_LINK_CLOGLOG,
    RC_LINK_LOGLOG,
    RC_LINK_CAUCHIT,
    RC_LINK_NONE
} rc_link;

typedef struct rc_model {
    rc_dtype dtype;
    rc_model_input *inputs;
    size_t n_inputs;
    rc_model_step *steps;
    size_t n_steps;
    rc_task task;
    rc_link link;
    size_t *from; /* (n_from) numbers of values, joined */
    size_t n_from;
    size_t width;   /* of `from`: targets, 1 (binary), classes (multi-class) */
    char **classes; /* (n_classes) as text, numbers in their shortest form */
    bool *class_is_number;
    size_t n_classes;
    char **targets; /* (width) or NULL */
    bool has_threshold;
    double threshold;
    char format[16]; /* "rowcast-json", "rowcast-rcm" */
    char sha256[65]; /* of the file's bytes */
} rc_model;

/* Width of value number v: an input is 1 wide. */
size_t rc_model_value_width(const rc_model *model, size_t v);

/* Reads a model file, whatever its format. Errors name the place in the file; not its path. */
rc_status rc_model_open(rc_model **out, const char *path, rc_error *err);

/* The same for a file that is in memory already. `data` is borrowed for the call. */
rc_status rc_model_parse(rc_model **out, const char *data, size_t n, rc_error *err);

void rc_model_close(rc_model *model); /* NULL is fine */

#endif
