/* native_steps.c - the tape of the native model: what each step reads and makes. */
#include <stdio.h>

#include "base/mem.h"
#include "model/native_ops.h"
#include "model/words.h"

#define KEYS(...) ((const char *const[]){"op", "in", "out", __VA_ARGS__})

/* All operators of the format; joins: `in` are names, whose columns are joined. */
static const struct {
    rc_native_op *read; /* NULL: there are no parameters */
    bool joins;
    const char *const *keys;
} ops[] = {
    [RC_OP_AFFINE] = {rc_native_affine, true, KEYS("center", "divide", "scale", "shift", NULL)},
    [RC_OP_DENSE] = {rc_native_dense, true, KEYS("weights", "bias", "activation", NULL)},
    [RC_OP_ACTIVATION] = {rc_native_activation, true,
                          KEYS("fn", "alpha", "beta", "max", "slope", "threshold", NULL)},
    [RC_OP_SOFTMAX] = {rc_native_softmax, true, KEYS("log", NULL)},
    [RC_OP_IMPUTE] = {rc_native_impute, true, KEYS("values", "missing", "indicators", NULL)},
    [RC_OP_ONEHOT] = {rc_native_onehot, true, KEYS("values", "drop", "unknown", NULL)},
    [RC_OP_ORDINAL] = {rc_native_ordinal, true, KEYS("values", "codes", "unknown", NULL)},
    [RC_OP_CLIP] = {rc_native_clip, true, KEYS("min", "max", NULL)},
    [RC_OP_NORMALISE] = {rc_native_normalise, true, KEYS("norm", NULL)},
    [RC_OP_ELEMENTWISE] = {rc_native_elementwise, false, KEYS("fn", NULL)},
    [RC_OP_PRODUCT] = {rc_native_product, true, KEYS("powers", NULL)},
    [RC_OP_BIN] = {rc_native_bin, true, KEYS("edges", "right", "encode", NULL)},
    [RC_OP_LOOKUP] = {rc_native_lookup, true, KEYS("keys", "values", "default", NULL)},
    [RC_OP_SELECT] = {rc_native_select, true, KEYS("columns", NULL)},
    [RC_OP_CONCAT] = {NULL, true, KEYS(NULL)},
};

rc_status rc_native_optional(rc_native *ctx, const json_t *step, const rc_place *up,
                             const char *key, size_t w, const char *whose, rc_array *out)
{
    const json_t *value = json_object_get(step, key);
    if (value == NULL)
        return RC_OK;
    return rc_native_vector(ctx, value, &(rc_place){.up = up, .key = key}, w, whose, out);
}

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

rc_status rc_native_in(rc_native *ctx, const json_t *step, const rc_place *up, rc_model_step *out,
                       char whose[RC_WHOSE_BYTES])
{
    rc_place at = {.up = up, .key = "in"};
    const json_t *value = json_object_get(step, "in");
    if (value == NULL) {
        RC_TRY(read_default_in(ctx, (size_t)(out - ctx->model->steps), out, whose));
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
    char whose[RC_WHOSE_BYTES] = "";
    int op;
    if (!json_is_object(step))
        return rc_native_fail_kind(ctx, at, step, "an object");
    RC_TRY(rc_native_choice(ctx, step, at, "op", rc_words_op, -1, &op));
    out->op = (rc_op)op;
    RC_TRY(rc_native_keys(ctx, step, at, ops[op].keys));
    if (ops[op].joins)
        RC_TRY(rc_native_in(ctx, step, at, out, whose));
    if (ops[op].read != NULL)
        RC_TRY(ops[op].read(ctx, step, at, whose, out));
    if (out->w_out == 0)
        return rc_native_fail(ctx, at, "makes no column");
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
