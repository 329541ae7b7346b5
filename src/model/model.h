/* model.h - a model as every format is read into it: inputs, steps, output. */
#ifndef RC_MODEL_MODEL_H
#define RC_MODEL_MODEL_H

#include "base/error.h"

/* Limits; each is named in its own refusal. */
#define RC_MODEL_MAX_BYTES ((size_t)1 << 31)   /* of a file */
#define RC_MODEL_WARNING_BYTES 256             /* with the NUL */
#define RC_MODEL_MAX_INPUTS 1000000            /* also the width of any value */
#define RC_MODEL_MAX_STEPS 10000               /* of the tape */
#define RC_MODEL_MAX_WIDTHS 10000000           /* inputs and widths of all steps together */
#define RC_MODEL_MAX_LABELS ((size_t)1 << 24)  /* values, keys and classes that are written out */
#define RC_MODEL_MAX_NUMBERS ((size_t)1 << 29) /* in all arrays together, as they are expanded */

/* What a missing cell of an input does: refuses the row, is missing_value, or (category) is what an
 * unknown value is. */
typedef enum rc_missing { RC_MISSING_ERROR, RC_MISSING_VALUE, RC_MISSING_UNKNOWN } rc_missing;

/* A number, or a category: then its value in the tape is a code, the index of the cell among
 * `values`, or -1. */
typedef struct rc_model_input {
    char *name; /* NULL in all inputs or in none */
    rc_missing missing;
    double missing_value; /* a number (may be NaN), or a code */
    bool is_category;
    char **values; /* category: (n_values) as text, numbers in their shortest form */
    bool *value_is_number;
    size_t n_values;
    bool unknown_is_error; /* category: a cell that is none of the values refuses the row, */
    double unknown_code;   /* or is this code: -1, or one of the values */
} rc_model_input;

/* A constant array, row-major. Weights of dense steps and tables of lookups may be in `floats`, as
 * a file holds them: twice as wide they would be most of what a job takes. All others are in
 * `data`. Both are NULL when the parameter is absent. */
typedef struct rc_array {
    double *data;
    float *floats; /* then data is NULL */
    size_t n_rows, n_cols;
} rc_array;

static inline bool rc_array_is_there(const rc_array *array)
{
    return array->data != NULL || array->floats != NULL;
}

/* Number i of an array that is there. */
static inline double rc_array_at(const rc_array *array, size_t i)
{
    return array->floats != NULL ? (double)array->floats[i] : array->data[i];
}

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

typedef enum rc_op {
    RC_OP_AFFINE,
    RC_OP_DENSE,
    RC_OP_ACTIVATION,
    RC_OP_SOFTMAX,
    RC_OP_IMPUTE,
    RC_OP_ONEHOT,
    RC_OP_ORDINAL,
    RC_OP_CLIP,
    RC_OP_NORMALISE,
    RC_OP_ELEMENTWISE,
    RC_OP_PRODUCT,
    RC_OP_BIN,
    RC_OP_LOOKUP,
    RC_OP_SELECT,
    RC_OP_CONCAT
} rc_op;

typedef enum rc_norm { RC_NORM_L1, RC_NORM_L2, RC_NORM_MAX } rc_norm;

/* Functions of elementwise; the comments tell what the names do not. */
typedef enum rc_elementwise {
    RC_FN_ADD,
    RC_FN_SUB,
    RC_FN_MUL,
    RC_FN_DIV,
    RC_FN_POW,
    RC_FN_MIN, /* NaN if either is */
    RC_FN_MAX,
    RC_FN_MOD, /* a - floor(a / b) * b, exact: the sign of b, as NumPy */
    RC_FN_EQ,
    RC_FN_NE,
    RC_FN_LT,
    RC_FN_LE,
    RC_FN_GT,
    RC_FN_GE,
    RC_FN_AND, /* true is what is not 0, NaN included */
    RC_FN_OR,
    RC_FN_NEG,
    RC_FN_ABS,
    RC_FN_SQRT,
    RC_FN_SQUARE,
    RC_FN_EXP,
    RC_FN_EXPM1,
    RC_FN_LOG,
    RC_FN_LOG1P,
    RC_FN_LOG10,
    RC_FN_RECIPROCAL,
    RC_FN_ERF,
    RC_FN_SIN,
    RC_FN_COS,
    RC_FN_SIGN,
    RC_FN_FLOOR,
    RC_FN_CEIL,
    RC_FN_ROUND, /* half to even */
    RC_FN_NOT,
    RC_FN_ISNAN,
    RC_FN_IF /* condition, then, else */
} rc_elementwise;

/* An operand of elementwise: a value of the tape, or a number. */
typedef struct rc_operand {
    bool is_constant;
    double constant;
    size_t value; /* also among the `in` of the step, which holds the values in this order */
} rc_operand;

#define RC_NO_HOT SIZE_MAX

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
    rc_array values;                       /* impute: (1, w_in) */
    double missing;                        /* impute: what is replaced; may be NaN */
    size_t *columns;                       /* (n_columns) impute: indicators; select */
    size_t n_columns;
    rc_array min, max;      /* clip: each (1, w_in) or absent */
    rc_norm norm;           /* normalise */
    rc_elementwise fn;      /* elementwise: w_out is the width of the widest operand */
    rc_operand operands[3]; /* elementwise */
    size_t n_operands;      /* 1, 2 or 3, as fn has it */
    rc_array powers;        /* product: (w_out, w_in) */
    rc_array edges;         /* bin: (1, n) the edges of all columns, in order, */
    size_t *first_edge;     /* (w_in + 1) where each column's begin; the last is n */
    bool right;             /* bin: edges < x are counted, else edges <= x */
    bool encode_onehot;     /* bin */
    /* onehot, ordinal, lookup: what the one column is held against. For a category these are codes
     * (-2: none has it), and -1, which an unknown value has, is among the keys where it is no
     * unseen value. A NaN matches a NaN. No two keys are equal, save -2. */
    rc_array keys;        /* (1, n) */
    size_t *hot;          /* onehot: (n) the column that is 1, or RC_NO_HOT */
    rc_array table;       /* ordinal: (n, 1); lookup: (n, w_out): the row of each key */
    bool unseen_is_error; /* a column that equals no key refuses the row, else it is */
    size_t unseen_hot;    /* onehot: this one, or RC_NO_HOT */
    rc_array unseen;      /* ordinal, lookup: (1, w_out) this row */
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
    RC_LINK_OVR, /* sigmoids, divided by their sum */
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
    size_t *decide; /* (n_decide) values whose largest column is the label, joined: one column a
                       class; NULL: `from` decides */
    size_t n_decide;
    size_t width;   /* of `from`: targets, 1 (binary), classes (multi-class) */
    char **classes; /* (n_classes) as text, numbers in their shortest form */
    bool *class_is_number;
    size_t n_classes;
    char **targets; /* (width) or NULL */
    bool has_threshold;
    double threshold;
    char format[16]; /* of the file: "rowcast-json", "rowcast-rcm", "keras", "onnx" */
    char sha256[65]; /* of the file's bytes */
    char shut[64];   /* foreign: what its reader has shut, "landlock 7, seccomp, limits"; else "" */
    char warning[RC_MODEL_WARNING_BYTES]; /* foreign: what people should know of it; else "" */
} rc_model;

/* How a model file is read. Zeros are the defaults. All borrowed for the call. */
typedef struct rc_model_options {
    const char *reader;       /* the program that reads foreign formats; NULL: the installed one */
    rc_sandbox sandbox;       /* how it is shut in */
    const char *architecture; /* Keras weights alone: a file, or a list of activations; or NULL */
    const char *format;       /* "native", "keras", "onnx"; NULL: the content tells */
} rc_model_options;

/* Width of value number v: an input is 1 wide. */
size_t rc_model_value_width(const rc_model *model, size_t v);

/* Reads a model file, whatever its format. Errors name the place in the file; not its path.
 * options may be NULL. */
rc_status rc_model_open(rc_model **out, const char *path, const rc_model_options *options,
                        rc_error *err);

/* The same for a file that is in memory already. `data` is borrowed for the call. */
rc_status rc_model_load(rc_model **out, const char *data, size_t n, const rc_model_options *options,
                        rc_error *err);

/* Reads a native model alone. */
rc_status rc_model_parse(rc_model **out, const char *data, size_t n, rc_error *err);

/* Gives the arrays of all steps back, which nothing but a plan is made of. */
void rc_model_forget_arrays(rc_model *model);

void rc_model_close(rc_model *model); /* NULL is fine */

#endif
