/* native_elementwise.c - the step of the native model that applies a function to its operands. */
#include <stdio.h>

#include "base/mem.h"
#include "model/native_ops.h"
#include "model/words.h"

/* How many operands a function has. */
static size_t arity(rc_elementwise fn)
{
    return fn == RC_FN_IF ? 3 : fn >= RC_FN_NEG ? 1 : 2;
}

static rc_status check_arity(const rc_native *ctx, const rc_place *at, rc_elementwise fn, size_t n)
{
    size_t expected = arity(fn);
    if (n == expected)
        return RC_OK;
    return rc_native_fail(ctx, at, "'%s' has %zu operand%s, but here %s %zu",
                          rc_words_elementwise[fn], expected, expected == 1 ? "" : "s",
                          n == 1 ? "is" : "are", n);
}

static rc_status read_operand(const rc_native *ctx, const json_t *value, const rc_place *at,
                              rc_model_step *out)
{
    rc_operand *operand = &out->operands[out->n_operands++];
    operand->is_constant = json_is_number(value);
    if (operand->is_constant)
        return rc_native_number(ctx, value, at, &operand->constant);
    if (!json_is_string(value))
        return rc_native_fail_kind(ctx, at, value, "a name or a number");
    RC_TRY(rc_native_refer_one(ctx, value, at, &operand->value, &out->w_in));
    out->in[out->n_in++] = operand->value;
    return RC_OK;
}

static rc_status read_listed(rc_native *ctx, const json_t *value, const rc_place *at,
                             rc_model_step *out)
{
    size_t n = json_is_array(value) ? json_array_size(value) : 1;
    RC_TRY(check_arity(ctx, at, out->fn, n));
    out->in = rc_alloc_array(n, sizeof(*out->in));
    if (out->in == NULL)
        return rc_error_nomem(ctx->err);
    if (!json_is_array(value))
        return read_operand(ctx, value, at, out);
    for (size_t i = 0; i < n; i++) {
        rc_place here = {.up = at, .index = i};
        RC_TRY(read_operand(ctx, json_array_get(value, i), &here, out));
    }
    return RC_OK;
}

/* Without `in` each value that is read is an operand. */
static rc_status read_unlisted(rc_native *ctx, const json_t *step, const rc_place *up,
                               const rc_place *at, rc_model_step *out)
{
    char whose[RC_WHOSE_BYTES];
    RC_TRY(rc_native_in(ctx, step, up, out, whose));
    RC_TRY(check_arity(ctx, at, out->fn, out->n_in));
    for (size_t i = 0; i < out->n_in; i++)
        out->operands[i].value = out->in[i];
    out->n_operands = out->n_in;
    return RC_OK;
}

/* Each operand is as wide as the widest, or has one column. */
static rc_status check_widths(const rc_native *ctx, const rc_place *up, rc_model_step *out)
{
    for (size_t i = 0; i < out->n_in; i++) {
        size_t w = rc_model_value_width(ctx->model, out->in[i]);
        out->w_out = w > out->w_out ? w : out->w_out;
    }
    for (size_t i = 0; i < out->n_operands; i++) {
        rc_place at = {.up = up, .index = i};
        size_t w = out->operands[i].is_constant
                       ? 1
                       : rc_model_value_width(ctx->model, out->operands[i].value);
        if (w != 1 && w != out->w_out)
            return rc_native_fail(ctx, &at, "has width %zu, but another operand has width %zu", w,
                                  out->w_out);
    }
    return RC_OK;
}

rc_status rc_native_elementwise(rc_native *ctx, const json_t *step, const rc_place *up,
                                const char *whose, rc_model_step *out)
{
    rc_place at = {.up = up, .key = "in"};
    const json_t *value = json_object_get(step, "in");
    int fn;
    (void)whose;
    RC_TRY(rc_native_choice(ctx, step, up, "fn", rc_words_elementwise, -1, &fn));
    out->fn = (rc_elementwise)fn;
    if (value != NULL)
        RC_TRY(read_listed(ctx, value, &at, out));
    else
        RC_TRY(read_unlisted(ctx, step, up, &at, out));
    if (out->n_in == 0)
        return rc_native_fail(ctx, &at,
                              "only numbers; at least one operand is the name of a value");
    out->w_out = 0;
    return check_widths(ctx, &at, out);
}
