/* native_steps.c - the tape of the native model: what each step reads, holds and makes. */
#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "model/native.h"

/* Parameters of activations. */
enum { ALPHA = 1, BETA = 2, MAX = 4, SLOPE = 8, THRESHOLD = 16 };

static const char *const fn_names[] = {
    [RC_ACT_IDENTITY] = "identity",
    [RC_ACT_RELU] = "relu",
    [RC_ACT_LEAKY_RELU] = "leaky_relu",
    [RC_ACT_ELU] = "elu",
    [RC_ACT_CELU] = "celu",
    [RC_ACT_SELU] = "selu",
    [RC_ACT_GELU] = "gelu",
    [RC_ACT_GELU_TANH] = "gelu_tanh",
    [RC_ACT_SIGMOID] = "sigmoid",
    [RC_ACT_HARD_SIGMOID] = "hard_sigmoid",
    [RC_ACT_TANH] = "tanh",
    [RC_ACT_SOFTPLUS] = "softplus",
    [RC_ACT_SOFTSIGN] = "softsign",
    [RC_ACT_SILU] = "silu",
    [RC_ACT_MISH] = "mish",
    [RC_ACT_EXP] = "exp",
    [RC_ACT_EXP + 1] = NULL,
};

static const unsigned fn_parameters[RC_ACT_EXP + 1] = {
    [RC_ACT_RELU] = MAX | SLOPE | THRESHOLD,
    [RC_ACT_LEAKY_RELU] = ALPHA,
    [RC_ACT_ELU] = ALPHA,
    [RC_ACT_CELU] = ALPHA,
    [RC_ACT_HARD_SIGMOID] = ALPHA | BETA,
};

static rc_activation_spec default_activation(rc_activation fn)
{
    double alpha = fn == RC_ACT_LEAKY_RELU ? 0.01 : fn == RC_ACT_HARD_SIGMOID ? 0.2 : 1.0;
    return (rc_activation_spec){.fn = fn, .alpha = alpha, .beta = 0.5, .max = (double)INFINITY};
}

static rc_status read_parameter(const rc_native *ctx, const json_t *object, const rc_place *up,
                                const char *key, unsigned which, rc_activation fn, double *out)
{
    const json_t *value = json_object_get(object, key);
    if (value == NULL)
        return RC_OK;
    rc_place at = {.up = up, .key = key};
    if ((fn_parameters[fn] & which) == 0)
        return rc_native_fail(ctx, &at, "'%s' has no such parameter", fn_names[fn]);
    RC_TRY(rc_native_number(ctx, value, &at, out));
    if (isnan(*out) || (isinf(*out) && which != MAX))
        return rc_native_fail(ctx, &at, "not a finite number");
    double held = ctx->model->dtype == RC_FLOAT32 ? (double)(float)*out : *out;
    if (fn == RC_ACT_CELU && !(held > 0 || held < 0)) /* it divides */
        return rc_native_fail(ctx, &at, "must not be 0");
    return RC_OK;
}

/* The parameters that stand in the object beside the name of the function. */
static rc_status read_parameters(const rc_native *ctx, const json_t *object, const rc_place *at,
                                 rc_activation fn, rc_activation_spec *out)
{
    *out = default_activation(fn);
    RC_TRY(read_parameter(ctx, object, at, "alpha", ALPHA, fn, &out->alpha));
    RC_TRY(read_parameter(ctx, object, at, "beta", BETA, fn, &out->beta));
    RC_TRY(read_parameter(ctx, object, at, "max", MAX, fn, &out->max));
    RC_TRY(read_parameter(ctx, object, at, "slope", SLOPE, fn, &out->slope));
    return read_parameter(ctx, object, at, "threshold", THRESHOLD, fn, &out->threshold);
}

static rc_status read_fn(const rc_native *ctx, const json_t *object, const rc_place *at,
                         rc_activation_spec *out)
{
    int fn;
    RC_TRY(rc_native_choice(ctx, object, at, "fn", fn_names, -1, &fn));
    return read_parameters(ctx, object, at, (rc_activation)fn, out);
}

/* The `activation` of a dense step: a name, or an object. */
static rc_status read_activation_of(const rc_native *ctx, const json_t *step, const rc_place *up,
                                    rc_activation_spec *out)
{
    static const char *const keys[] = {"fn", "alpha", "beta", "max", "slope", "threshold", NULL};
    rc_place at = {.up = up, .key = "activation"};
    const json_t *value = json_object_get(step, "activation");
    if (json_is_object(value)) {
        RC_TRY(rc_native_keys(ctx, value, &at, keys));
        return read_fn(ctx, value, &at, out);
    }
    if (value != NULL && !json_is_string(value))
        return rc_native_fail_kind(ctx, &at, value, "a name or an object");
    int fn;
    RC_TRY(rc_native_choice(ctx, step, up, "activation", fn_names, RC_ACT_IDENTITY, &fn));
    *out = default_activation((rc_activation)fn);
    return RC_OK;
}

static rc_status read_vector(rc_native *ctx, const json_t *step, const rc_place *up,
                             const char *key, size_t w, const char *whose, rc_array *out)
{
    const json_t *value = json_object_get(step, key);
    if (value == NULL)
        return RC_OK;
    return rc_native_vector(ctx, value, &(rc_place){.up = up, .key = key}, w, whose, out);
}

static rc_status read_affine(rc_native *ctx, const json_t *step, const rc_place *at,
                             const char *whose, rc_model_step *out)
{
    RC_TRY(read_vector(ctx, step, at, "center", out->w_in, whose, &out->center));
    RC_TRY(read_vector(ctx, step, at, "divide", out->w_in, whose, &out->divide));
    RC_TRY(read_vector(ctx, step, at, "scale", out->w_in, whose, &out->scale));
    return read_vector(ctx, step, at, "shift", out->w_in, whose, &out->shift);
}

/* A dense step that reads no column: `weights` may be [], then the bias tells the width. */
static rc_status width_of_bias(rc_native *ctx, const json_t *step, const rc_place *up,
                               size_t *n_out)
{
    rc_place at = {.up = up, .key = "bias"};
    const json_t *bias, *shape;
    RC_TRY(rc_native_member(ctx, step, up, "bias", &bias));
    if (json_is_array(bias)) {
        *n_out = json_array_size(bias);
        return RC_OK;
    }
    if (!json_is_object(bias))
        return rc_native_fail(ctx, &at, "must be a list: no weights tell the width");
    RC_TRY(rc_native_member(ctx, bias, &at, "shape", &shape));
    double n = json_number_value(json_array_get(shape, 0));
    *n_out = n >= 0 && n <= RC_MODEL_MAX_INPUTS ? (size_t)n : 0;
    return RC_OK; /* an odd shape is refused where the bias is read */
}

static rc_status read_dense(rc_native *ctx, const json_t *step, const rc_place *at,
                            const char *whose, rc_model_step *out)
{
    rc_place here = {.up = at, .key = "weights"};
    const json_t *weights;
    RC_TRY(rc_native_member(ctx, step, at, "weights", &weights));
    RC_TRY(rc_native_matrix(ctx, weights, &here, out->w_in, whose, &out->weights));
    if (out->w_in == 0 && out->weights.n_cols == 0)
        RC_TRY(width_of_bias(ctx, step, at, &out->weights.n_cols));
    out->w_out = out->weights.n_cols;
    if (out->w_out == 0)
        return rc_native_fail(ctx, at, "makes no column");
    char columns[64];
    snprintf(columns, sizeof(columns), "'weights' has %zu column%s", out->w_out,
             out->w_out == 1 ? "" : "s");
    RC_TRY(read_vector(ctx, step, at, "bias", out->w_out, columns, &out->bias));
    return read_activation_of(ctx, step, at, &out->activation);
}

static rc_status read_activation(rc_native *ctx, const json_t *step, const rc_place *at,
                                 const char *whose, rc_model_step *out)
{
    (void)whose;
    return read_fn(ctx, step, at, &out->activation);
}

static rc_status read_softmax(rc_native *ctx, const json_t *step, const rc_place *at,
                              const char *whose, rc_model_step *out)
{
    (void)whose;
    return rc_native_flag(ctx, step, at, "log", &out->log);
}

static const char *const affine_keys[] = {"op",     "in",    "out",   "center",
                                          "divide", "scale", "shift", NULL};
static const char *const dense_keys[] = {"op", "in", "out", "weights", "bias", "activation", NULL};
static const char *const activation_keys[] = {"op",   "in",  "out",   "fn",        "alpha",
                                              "beta", "max", "slope", "threshold", NULL};
static const char *const softmax_keys[] = {"op", "in", "out", "log", NULL};

/* All operators of the format; those without `read` are known and not supported. */
static const struct {
    const char *const *keys;
    rc_status (*read)(rc_native *ctx, const json_t *step, const rc_place *at, const char *whose,
                      rc_model_step *out);
    rc_op op;
} ops[] = {
    {affine_keys, read_affine, RC_OP_AFFINE},
    {dense_keys, read_dense, RC_OP_DENSE},
    {activation_keys, read_activation, RC_OP_ACTIVATION},
    {softmax_keys, read_softmax, RC_OP_SOFTMAX},
};
enum { N_OPS = sizeof(ops) / sizeof(ops[0]) };

/* The first N_OPS in the order of ops. */
static const char *const op_names[] = {
    "affine",    "dense",       "activation", "softmax", "impute", "onehot", "ordinal", "clip",
    "normalise", "elementwise", "product",    "bin",     "lookup", "select", "concat",  NULL};

/* What a step without `in` reads: the first one all inputs, others the step before. */
static rc_status read_default_in(rc_native *ctx, size_t i, rc_model_step *out,
                                 char whose[RC_WHOSE_BYTES])
{
    const rc_model *model = ctx->model;
    size_t n = i == 0 ? model->n_inputs : 1;
    out->in = rc_alloc_array(n, sizeof(*out->in));
    if (out->in == NULL)
        return rc_error_nomem(ctx->err);
    out->n_in = n;
    for (size_t k = 0; k < n; k++)
        out->in[k] = i == 0 ? k : model->n_inputs + i - 1;
    out->w_in = i == 0 ? n : out[-1].w_out;
    if (i == 0)
        snprintf(whose, RC_WHOSE_BYTES, "the model has %zu input%s", n, n == 1 ? "" : "s");
    else
        snprintf(whose, RC_WHOSE_BYTES, "the step before has width %zu", out->w_in);
    return RC_OK;
}

static rc_status read_in(rc_native *ctx, const json_t *step, const rc_place *up, size_t i,
                         rc_model_step *out, char whose[RC_WHOSE_BYTES])
{
    rc_place at = {.up = up, .key = "in"};
    const json_t *value = json_object_get(step, "in");
    if (value == NULL) {
        RC_TRY(read_default_in(ctx, i, out, whose));
    } else {
        RC_TRY(rc_native_refer(ctx, value, &at, &out->in, &out->n_in, &out->w_in));
        rc_native_describe(value, out->w_in, whose);
    }
    if (out->w_in == 0 && out->op != RC_OP_DENSE)
        return rc_native_fail(ctx, &at, "no column to read; only a dense step can do without");
    out->w_out = out->w_in;
    return RC_OK;
}

static rc_status read_out(rc_native *ctx, const json_t *step, const rc_place *up, size_t i,
                          rc_model_step *out)
{
    rc_place at = {.up = up, .key = "out"};
    const char *name;
    if (json_object_get(step, "out") == NULL) {
        const json_t *next = json_array_get(ctx->steps, i + 1);
        if (next == NULL)
            return rc_native_fail(ctx, &at, "missing: 'from' of the output needs a name");
        if (json_object_get(next, "in") != NULL)
            return rc_native_fail(ctx, &at, "missing: the next step has an 'in' of its own");
        return RC_OK;
    }
    RC_TRY(rc_native_string(ctx, step, up, "out", &name));
    RC_TRY(rc_native_define(ctx, &at, name, ctx->model->n_inputs + i));
    out->out = rc_strdup(name);
    return out->out != NULL ? RC_OK : rc_error_nomem(ctx->err);
}

static rc_status read_step(rc_native *ctx, const json_t *step, const rc_place *at, size_t i)
{
    rc_model_step *out = &ctx->model->steps[i];
    char whose[RC_WHOSE_BYTES];
    int op;
    if (!json_is_object(step))
        return rc_native_fail_kind(ctx, at, step, "an object");
    RC_TRY(rc_native_choice(ctx, step, at, "op", op_names, -1, &op));
    if (op >= N_OPS)
        return rc_native_fail(ctx, &(rc_place){.up = at, .key = "op"},
                              "'%s' is not supported by this version", op_names[op]);
    out->op = ops[op].op;
    RC_TRY(rc_native_keys(ctx, step, at, ops[op].keys));
    RC_TRY(read_in(ctx, step, at, i, out, whose));
    RC_TRY(ops[op].read(ctx, step, at, whose, out));
    RC_TRY(rc_native_widen(ctx, at, out->w_out));
    return read_out(ctx, step, at, i, out);
}

rc_status rc_native_steps(rc_native *ctx, const json_t *steps, const rc_place *at)
{
    if (!json_is_array(steps))
        return rc_native_fail_kind(ctx, at, steps, "a list");
    size_t n = json_array_size(steps);
    if (n > RC_MODEL_MAX_STEPS)
        return rc_native_fail(ctx, at, "%zu steps; the limit is %d", n, RC_MODEL_MAX_STEPS);
    ctx->model->steps = rc_alloc_array(n, sizeof(rc_model_step));
    if (ctx->model->steps == NULL)
        return rc_error_nomem(ctx->err);
    ctx->model->n_steps = n;
    ctx->steps = steps;
    for (size_t i = 0; i < n; i++) {
        rc_place here = {.up = at, .index = i};
        RC_TRY(read_step(ctx, json_array_get(steps, i), &here, i));
    }
    return RC_OK;
}
