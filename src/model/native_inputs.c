/* native_inputs.c - the inputs of the native model: numbers and categories. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/native.h"

static rc_status read_number(const rc_native *ctx, const json_t *input, const rc_place *up,
                             rc_model_input *out)
{
    rc_place at = {.up = up, .key = "missing"};
    const json_t *value = json_object_get(input, "missing");
    const char *text = json_string_value(value); /* NULL if it is none */
    if (value == NULL || (text != NULL && strcmp(text, "error") == 0))
        return RC_OK;
    if (text != NULL && strcmp(text, "unknown") == 0)
        return rc_native_fail(ctx, &at, "only a category can be 'unknown'");
    if (!json_is_number(value) && text == NULL)
        return rc_native_fail_kind(ctx, &at, value, "a number, \"nan\" or \"error\"");
    out->missing = RC_MISSING_VALUE;
    return rc_native_number(ctx, value, &at, &out->missing_value);
}

static rc_status read_values(rc_native *ctx, const json_t *input, const rc_place *up, size_t i)
{
    rc_model_input *out = &ctx->model->inputs[i];
    rc_place at = {.up = up, .key = "values"};
    const json_t *value;
    rc_label_list labels;
    RC_TRY(rc_native_member(ctx, input, up, "values", &value));
    rc_status st = rc_native_labels(ctx, value, &at, &labels);
    out->values = labels.texts;
    out->value_is_number = labels.is_number;
    out->n_values = labels.n;
    RC_TRY(st);
    if (labels.n == 0)
        return rc_native_fail(ctx, &at, "an empty list");
    return rc_native_match(ctx, out->values, out->n_values, true, &at, &ctx->categories[i]);
}

/* The code of a value of the category. */
static rc_status read_code(const rc_native *ctx, const json_t *value, const rc_place *at, size_t i,
                           double *code)
{
    char *label;
    bool is_number;
    size_t index;
    RC_TRY(rc_native_label(ctx, value, at, &label, &is_number));
    rc_status st = rc_native_find(ctx, ctx->categories[i], ctx->model->inputs[i].values,
                                  "the values", label, at, &index);
    free(label);
    if (st >= 0)
        *code = (double)index;
    return st;
}

/* A keyword wins over a value that is spelled like it. */
static rc_status read_category(rc_native *ctx, const json_t *input, const rc_place *up, size_t i)
{
    rc_model_input *out = &ctx->model->inputs[i];
    out->is_category = true;
    out->unknown_is_error = true;
    RC_TRY(read_values(ctx, input, up, i));
    const json_t *missing = json_object_get(input, "missing");
    const json_t *unknown = json_object_get(input, "unknown");
    if (rc_native_is_text(missing, "unknown")) {
        out->missing = RC_MISSING_UNKNOWN;
    } else if (missing != NULL && !rc_native_is_text(missing, "error")) {
        rc_place at = {.up = up, .key = "missing"};
        out->missing = RC_MISSING_VALUE;
        RC_TRY(read_code(ctx, missing, &at, i, &out->missing_value));
    }
    if (unknown == NULL || rc_native_is_text(unknown, "error"))
        return RC_OK;
    rc_place at = {.up = up, .key = "unknown"};
    out->unknown_is_error = false;
    out->unknown_code = -1;
    return rc_native_is_text(unknown, "zeros")
               ? RC_OK
               : read_code(ctx, unknown, &at, i, &out->unknown_code);
}

static rc_status read_input_name(rc_native *ctx, const json_t *input, const rc_place *up, size_t i)
{
    rc_place at = {.up = up, .key = "name"};
    rc_model_input *all = ctx->model->inputs;
    bool has_name = json_object_get(input, "name") != NULL;
    if (i > 0 && has_name != (all[0].name != NULL))
        return rc_native_fail(ctx, &at,
                              has_name ? "inputs[0] has none: all have names, or none"
                                       : "missing: all inputs have names, or none");
    if (!has_name)
        return RC_OK;
    const char *name;
    RC_TRY(rc_native_string(ctx, input, up, "name", &name));
    RC_TRY(rc_native_define(ctx, &at, name, i));
    all[i].name = rc_strdup(name);
    return all[i].name != NULL ? RC_OK : rc_error_nomem(ctx->err);
}

/* What steps call an input, where it has no name or one that they had better not use. */
static rc_status read_input_as(rc_native *ctx, const json_t *input, const rc_place *up, size_t i)
{
    const char *name;
    if (json_object_get(input, "as") == NULL)
        return RC_OK;
    RC_TRY(rc_native_string(ctx, input, up, "as", &name));
    ctx->has_as = true;
    return rc_native_define(ctx, &(rc_place){.up = up, .key = "as"}, name, i);
}

static rc_status read_input(rc_native *ctx, const json_t *input, const rc_place *at, size_t i)
{
    static const char *const types[] = {"number", "category", NULL};
    static const char *const number_keys[] = {"name", "as", "type", "missing", NULL};
    static const char *const category_keys[] = {"name",    "as",      "type", "values",
                                                "missing", "unknown", NULL};
    int type;
    if (!json_is_object(input))
        return rc_native_fail_kind(ctx, at, input, "an object");
    RC_TRY(rc_native_choice(ctx, input, at, "type", types, -1, &type));
    bool is_category = type == 1;
    RC_TRY(rc_native_keys(ctx, input, at, is_category ? category_keys : number_keys));
    RC_TRY(read_input_name(ctx, input, at, i));
    RC_TRY(read_input_as(ctx, input, at, i));
    return is_category ? read_category(ctx, input, at, i)
                       : read_number(ctx, input, at, &ctx->model->inputs[i]);
}

rc_status rc_native_inputs(rc_native *ctx, const json_t *inputs, const rc_place *at)
{
    if (!json_is_array(inputs))
        return rc_native_fail_kind(ctx, at, inputs, "a list");
    size_t n = json_array_size(inputs);
    if (n > RC_MODEL_MAX_INPUTS)
        return rc_native_fail(ctx, at, "%zu inputs; the limit is %d", n, RC_MODEL_MAX_INPUTS);
    ctx->model->inputs = rc_alloc_array(n, sizeof(rc_model_input));
    ctx->categories = rc_alloc_array(n, sizeof(rc_vocabulary *));
    if (ctx->model->inputs == NULL || ctx->categories == NULL)
        return rc_error_nomem(ctx->err);
    ctx->model->n_inputs = n;
    ctx->n_widths = n;
    for (size_t i = 0; i < n; i++) {
        rc_place here = {.up = at, .index = i};
        RC_TRY(read_input(ctx, json_array_get(inputs, i), &here, i));
    }
    return RC_OK;
}
