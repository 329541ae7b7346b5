/* native.c - the native model: its two encodings, its inputs, and its names. */
#include "model/native.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "model/reader.h"

enum { LENGTH_BYTES = 8, SUPPORTED_VERSION = 1, HINTED_NAMES = 10000 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The length of a .rcm header may begin with the byte of '{' or of a blank; but as it is below
 * 2^32, NUL bytes follow, which JSON never has. */
static bool matches_json(const char *data, size_t n)
{
    if (memchr(data, '\0', n < LENGTH_BYTES ? n : LENGTH_BYTES) != NULL)
        return false;
    size_t i = 0;
    while (i < n && is_blank(data[i]))
        i++;
    return i < n && data[i] == '{';
}

static bool matches_rcm(const char *data, size_t n)
{
    return n > LENGTH_BYTES && data[LENGTH_BYTES] == '{';
}

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
    if (ctx->model->n_inputs > 0 && ctx->model->inputs[0].name == NULL) {
        rc_error_hint(ctx->err,
                      "the inputs have no names: only a first step without 'in' reads them");
        return;
    }
    const char *names[HINTED_NAMES + 1];
    size_t n = 0;
    const char *key;
    json_t *value;
    json_object_foreach (ctx->names, key, value) {
        if (n < HINTED_NAMES)
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

static rc_status refer_one(const rc_native *ctx, const json_t *value, const rc_place *at, size_t *v,
                           size_t *width)
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
        return refer_one(ctx, value, at, &(*in)[0], width);
    for (size_t i = 0; i < n; i++) {
        rc_place here = {.up = at, .index = i};
        RC_TRY(refer_one(ctx, json_array_get(value, i), &here, &(*in)[i], width));
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

static rc_status read_missing(const rc_native *ctx, const json_t *input, const rc_place *up,
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

static rc_status read_input(rc_native *ctx, const json_t *input, const rc_place *at, size_t i)
{
    static const char *const types[] = {"number", "category", NULL};
    static const char *const keys[] = {"name", "type", "missing", NULL};
    int type;
    if (!json_is_object(input))
        return rc_native_fail_kind(ctx, at, input, "an object");
    RC_TRY(rc_native_choice(ctx, input, at, "type", types, -1, &type));
    if (type != 0)
        return rc_native_fail(ctx, &(rc_place){.up = at, .key = "type"},
                              "'category' is not supported by this version");
    RC_TRY(rc_native_keys(ctx, input, at, keys));
    RC_TRY(read_input_name(ctx, input, at, i));
    return read_missing(ctx, input, at, &ctx->model->inputs[i]);
}

static rc_status read_inputs(rc_native *ctx, const json_t *inputs, const rc_place *at)
{
    if (!json_is_array(inputs))
        return rc_native_fail_kind(ctx, at, inputs, "a list");
    size_t n = json_array_size(inputs);
    if (n > RC_MODEL_MAX_INPUTS)
        return rc_native_fail(ctx, at, "%zu inputs; the limit is %d", n, RC_MODEL_MAX_INPUTS);
    ctx->model->inputs = rc_alloc_array(n, sizeof(rc_model_input));
    if (ctx->model->inputs == NULL)
        return rc_error_nomem(ctx->err);
    ctx->model->n_inputs = n;
    ctx->n_widths = n;
    for (size_t i = 0; i < n; i++) {
        rc_place here = {.up = at, .index = i};
        RC_TRY(read_input(ctx, json_array_get(inputs, i), &here, i));
    }
    return RC_OK;
}

/* Before the unknown keys: another version may have others. */
static rc_status read_version(const rc_native *ctx, const json_t *root)
{
    const char *format;
    const json_t *version;
    RC_TRY(rc_native_string(ctx, root, NULL, "format", &format));
    char quoted[RC_QUOTED_BYTES];
    if (strcmp(format, "rowcast-model") != 0)
        return rc_native_fail(ctx, &(rc_place){.key = "format"},
                              "\"rowcast-model\" is expected, but here is '%s'",
                              rc_text_quote(format, strlen(format), quoted));
    RC_TRY(rc_native_member(ctx, root, NULL, "version", &version));
    rc_place at = {.key = "version"};
    if (!json_is_number(version))
        return rc_native_fail_kind(ctx, &at, version, "a number");
    if (json_number_value(version) != SUPPORTED_VERSION)
        return rc_native_fail(ctx, &at, "this version reads only version %d", SUPPORTED_VERSION);
    return RC_OK;
}

static rc_status read_root(rc_native *ctx, const json_t *root)
{
    static const char *const keys[] = {"format", "version", "dtype", "inputs",
                                       "steps",  "output",  NULL};
    static const char *const dtypes[] = {
        [RC_FLOAT32] = "float32", [RC_FLOAT64] = "float64", [RC_FLOAT64 + 1] = NULL};
    const json_t *inputs, *steps, *output;
    int dtype;
    RC_TRY(read_version(ctx, root));
    RC_TRY(rc_native_keys(ctx, root, NULL, keys));
    RC_TRY(rc_native_choice(ctx, root, NULL, "dtype", dtypes, -1, &dtype));
    ctx->model->dtype = (rc_dtype)dtype;
    RC_TRY(rc_native_member(ctx, root, NULL, "inputs", &inputs));
    RC_TRY(rc_native_member(ctx, root, NULL, "steps", &steps));
    RC_TRY(rc_native_member(ctx, root, NULL, "output", &output));
    RC_TRY(read_inputs(ctx, inputs, &(rc_place){.key = "inputs"}));
    RC_TRY(rc_native_steps(ctx, steps, &(rc_place){.key = "steps"}));
    return rc_native_output(ctx, output, &(rc_place){.key = "output"});
}

static rc_status read_text(rc_native *ctx, const char *text, size_t n)
{
    json_t *root;
    RC_TRY(rc_native_load(&root, text, n, ctx->err));
    ctx->names = json_object();
    rc_status st = ctx->names != NULL ? read_root(ctx, root) : rc_error_nomem(ctx->err);
    json_decref(ctx->names);
    json_decref(root);
    return st;
}

static rc_status read_json(rc_model *model, const char *data, size_t n, rc_error *err)
{
    rc_native ctx = {.model = model, .err = err};
    return read_text(&ctx, data, n);
}

static rc_status read_rcm(rc_model *model, const char *data, size_t n, rc_error *err)
{
    uint64_t length = 0;
    for (size_t i = LENGTH_BYTES; i-- > 0;)
        length = length << 8 | (unsigned char)data[i];
    size_t rest = n - LENGTH_BYTES;
    if (length > rest)
        return rc_error_set(err, RC_E_MODEL,
                            "the .rcm header is %llu bytes long, but only %zu follow",
                            (unsigned long long)length, rest);
    if (length > RC_NATIVE_MAX_HEADER)
        return rc_error_set(err, RC_E_MODEL, "the .rcm header is %llu bytes long; the limit is %d",
                            (unsigned long long)length, RC_NATIVE_MAX_HEADER);
    rc_native ctx = {.model = model,
                     .arrays = data + LENGTH_BYTES + length,
                     .n_array_bytes = rest - (size_t)length,
                     .err = err};
    return read_text(&ctx, data + LENGTH_BYTES, (size_t)length);
}

const rc_model_reader rc_native_json_reader = {"rowcast-json", matches_json, read_json};
const rc_model_reader rc_native_rcm_reader = {"rowcast-rcm", matches_rcm, read_rcm};
