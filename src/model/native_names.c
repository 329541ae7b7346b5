/* native_names.c - names of values in the native model: what they mean, and how wide it is. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "model/native.h"

/* "inputs[3]" or "steps[0]". */
static const char *name_value(const rc_model *model, size_t v, char out[32])
{
    bool is_input = v < model->n_inputs;
    snprintf(out, 32, "%s[%zu]", is_input ? "inputs" : "steps", is_input ? v : v - model->n_inputs);
    return out;
}

rc_status rc_native_define(rc_native *ctx, const rc_place *at, const char *name, size_t value)
{
    if (name[0] == '\0')
        return rc_native_fail(ctx, at, "an empty name");
    const json_t *taken = json_object_get(ctx->names, name);
    if (taken != NULL) {
        char quoted[RC_QUOTED_BYTES], owner[32];
        return rc_native_fail(ctx, at, "'%s' is the name of %s already",
                              rc_text_quote(name, strlen(name), quoted),
                              name_value(ctx->model, (size_t)json_integer_value(taken), owner));
    }
    if (json_object_set_new_nocheck(ctx->names, name, json_integer((json_int_t)value)) != 0)
        return rc_error_nomem(ctx->err);
    return RC_OK;
}

static void hint_name(const rc_native *ctx, const char *name)
{
    if (ctx->model->n_inputs > 0 && ctx->model->inputs[0].name == NULL && !ctx->has_as) {
        rc_error_hint(ctx->err,
                      "the inputs have neither 'name' nor 'as': only a first step without 'in' "
                      "reads them");
        return;
    }
    const char *names[RC_NATIVE_HINTED + 1];
    size_t n = 0;
    const char *key;
    json_t *value;
    json_object_foreach (ctx->names, key, value) {
        if (n < RC_NATIVE_HINTED)
            names[n++] = key;
    }
    names[n] = NULL;
    rc_native_hint(ctx, name, names);
}

static rc_status fail_name(const rc_native *ctx, const rc_place *at, const char *name)
{
    char quoted[RC_QUOTED_BYTES];
    rc_text_quote(name, strlen(name), quoted);
    for (size_t i = 0; i < json_array_size(ctx->steps); i++) {
        const json_t *out = json_object_get(json_array_get(ctx->steps, i), "out");
        if (json_is_string(out) && strcmp(json_string_value(out), name) == 0)
            return rc_native_fail(ctx, at, "'%s' is made by steps[%zu], which is not before",
                                  quoted, i);
    }
    rc_native_fail(ctx, at, "unknown name '%s'", quoted);
    hint_name(ctx, name);
    return RC_E_MODEL;
}

rc_status rc_native_refer_one(const rc_native *ctx, const json_t *value, const rc_place *at,
                              size_t *v, size_t *width)
{
    if (!json_is_string(value))
        return rc_native_fail_kind(ctx, at, value,
                                   at->key != NULL ? "a name or a list of names" : "a name");
    const json_t *found = json_object_get(ctx->names, json_string_value(value));
    if (found == NULL)
        return fail_name(ctx, at, json_string_value(value));
    *v = (size_t)json_integer_value(found);
    *width += rc_model_value_width(ctx->model, *v); /* each at most a million: no overflow */
    return RC_OK;
}

rc_status rc_native_refer(rc_native *ctx, const json_t *value, const rc_place *at, size_t **in,
                          size_t *n_in, size_t *width)
{
    bool is_list = json_is_array(value);
    size_t n = is_list ? json_array_size(value) : 1;
    *in = rc_alloc_array(n, sizeof(**in));
    if (*in == NULL)
        return rc_error_nomem(ctx->err);
    *n_in = n;
    *width = 0;
    if (!is_list)
        return rc_native_refer_one(ctx, value, at, &(*in)[0], width);
    for (size_t i = 0; i < n; i++) {
        rc_place here = {.up = at, .index = i};
        RC_TRY(rc_native_refer_one(ctx, json_array_get(value, i), &here, &(*in)[i], width));
        if (*width > RC_MODEL_MAX_INPUTS)
            return rc_native_fail(ctx, at, "more than %d columns", RC_MODEL_MAX_INPUTS);
    }
    return RC_OK;
}

const char *rc_native_describe(const json_t *value, size_t width, char whose[RC_WHOSE_BYTES])
{
    if (json_array_size(value) == 1)
        value = json_array_get(value, 0);
    char quoted[RC_QUOTED_BYTES];
    if (json_is_string(value))
        snprintf(whose, RC_WHOSE_BYTES, "'%s' has width %zu",
                 rc_text_quote(json_string_value(value), json_string_length(value), quoted), width);
    else
        snprintf(whose, RC_WHOSE_BYTES, "the values read have width %zu together", width);
    return whose;
}

rc_status rc_native_widen(rc_native *ctx, const rc_place *at, size_t width)
{
    if (width > RC_MODEL_MAX_INPUTS)
        return rc_native_fail(ctx, at, "makes %zu columns; the limit is %d", width,
                              RC_MODEL_MAX_INPUTS);
    ctx->n_widths += width;
    if (ctx->n_widths > RC_MODEL_MAX_WIDTHS)
        return rc_native_fail(ctx, at, "the inputs and steps up to here have more than %d columns",
                              RC_MODEL_MAX_WIDTHS);
    return RC_OK;
}
