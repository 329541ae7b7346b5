/* native_layers.c - steps of the native model that are layers: affine, dense, activation, softmax.
 */
#include <math.h>
#include <stdio.h>

#include "model/native_ops.h"
#include "model/words.h"

static rc_activation_spec default_activation(rc_activation fn)
{
    double alpha = fn == RC_ACT_LEAKY_RELU ? 0.01 : fn == RC_ACT_HARD_SIGMOID ? 0.2 : 1.0;
    return (rc_activation_spec){.fn = fn, .alpha = alpha, .beta = 0.5, .max = (double)INFINITY};
}

static rc_status read_parameter(const rc_native *ctx, const json_t *object, const rc_place *up,
                                const rc_activation_parameter *parameter, rc_activation_spec *out)
{
    double *x = (double *)(void *)((char *)out + parameter->at);
    const json_t *value = json_object_get(object, parameter->name);
    if (value == NULL)
        return RC_OK;
    rc_place at = {.up = up, .key = parameter->name};
    if ((parameter->fns >> out->fn & 1) == 0)
        return rc_native_fail(ctx, &at, "'%s' has no such parameter", rc_words_activation[out->fn]);
    RC_TRY(rc_native_number(ctx, value, &at, x));
    if (isnan(*x) || (isinf(*x) && x != &out->max))
        return rc_native_fail(ctx, &at, "not a finite number");
    double held = ctx->model->dtype == RC_FLOAT32 ? (double)(float)*x : *x;
    if (out->fn == RC_ACT_CELU && !(held > 0 || held < 0)) /* it divides */
        return rc_native_fail(ctx, &at, "must not be 0");
    return RC_OK;
}

/* The name of the function, and the parameters that stand beside it. */
static rc_status read_fn(const rc_native *ctx, const json_t *object, const rc_place *at,
                         rc_activation_spec *out)
{
    int fn;
    RC_TRY(rc_native_choice(ctx, object, at, "fn", rc_words_activation, -1, &fn));
    *out = default_activation((rc_activation)fn);
    for (size_t i = 0; i < RC_ACTIVATION_PARAMETERS; i++)
        RC_TRY(read_parameter(ctx, object, at, &rc_activation_parameters[i], out));
    return RC_OK;
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
    RC_TRY(
        rc_native_choice(ctx, step, up, "activation", rc_words_activation, RC_ACT_IDENTITY, &fn));
    *out = default_activation((rc_activation)fn);
    return RC_OK;
}

rc_status rc_native_affine(rc_native *ctx, const json_t *step, const rc_place *at,
                           const char *whose, rc_model_step *out)
{
    RC_TRY(rc_native_optional(ctx, step, at, "center", out->w_in, whose, &out->center));
    RC_TRY(rc_native_optional(ctx, step, at, "divide", out->w_in, whose, &out->divide));
    RC_TRY(rc_native_optional(ctx, step, at, "scale", out->w_in, whose, &out->scale));
    return rc_native_optional(ctx, step, at, "shift", out->w_in, whose, &out->shift);
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

rc_status rc_native_dense(rc_native *ctx, const json_t *step, const rc_place *at, const char *whose,
                          rc_model_step *out)
{
    rc_place here = {.up = at, .key = "weights"};
    const json_t *weights;
    RC_TRY(rc_native_member(ctx, step, at, "weights", &weights));
    RC_TRY(rc_native_table(ctx, weights, &here, out->w_in, whose, &out->weights));
    if (out->w_in == 0 && out->weights.n_cols == 0)
        RC_TRY(width_of_bias(ctx, step, at, &out->weights.n_cols));
    out->w_out = out->weights.n_cols;
    char columns[64];
    snprintf(columns, sizeof(columns), "'weights' has %zu column%s", out->w_out,
             out->w_out == 1 ? "" : "s");
    RC_TRY(rc_native_optional(ctx, step, at, "bias", out->w_out, columns, &out->bias));
    return read_activation_of(ctx, step, at, &out->activation);
}

rc_status rc_native_activation(rc_native *ctx, const json_t *step, const rc_place *at,
                               const char *whose, rc_model_step *out)
{
    (void)whose;
    return read_fn(ctx, step, at, &out->activation);
}

rc_status rc_native_softmax(rc_native *ctx, const json_t *step, const rc_place *at,
                            const char *whose, rc_model_step *out)
{
    (void)whose;
    return rc_native_flag(ctx, step, at, "log", &out->log);
}
