/* native.c - the native model: its two encodings, and its outermost members. */
#include "model/native.h"
#include "model/words.h"

#include <stdlib.h>
#include <string.h>

#include "model/reader.h"

enum { LENGTH_BYTES = 8, SUPPORTED_VERSION = 1 };

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
    const json_t *inputs, *steps, *output;
    int dtype;
    RC_TRY(read_version(ctx, root));
    RC_TRY(rc_native_keys(ctx, root, NULL, keys));
    RC_TRY(rc_native_choice(ctx, root, NULL, "dtype", rc_words_dtype, -1, &dtype));
    ctx->model->dtype = (rc_dtype)dtype;
    RC_TRY(rc_native_member(ctx, root, NULL, "inputs", &inputs));
    RC_TRY(rc_native_member(ctx, root, NULL, "steps", &steps));
    RC_TRY(rc_native_member(ctx, root, NULL, "output", &output));
    RC_TRY(rc_native_inputs(ctx, inputs, &(rc_place){.key = "inputs"}));
    RC_TRY(rc_native_steps(ctx, steps, &(rc_place){.key = "steps"}));
    return rc_native_output(ctx, output, &(rc_place){.key = "output"});
}

static void release(rc_native *ctx)
{
    for (size_t i = 0; ctx->categories != NULL && i < ctx->model->n_inputs; i++)
        rc_vocabulary_close(ctx->categories[i]);
    free(ctx->categories);
    json_decref(ctx->names);
}

static rc_status read_text(rc_native *ctx, const char *text, size_t n)
{
    json_t *root;
    RC_TRY(rc_native_load(&root, text, n, ctx->err));
    ctx->names = json_object();
    rc_status st = ctx->names != NULL ? read_root(ctx, root) : rc_error_nomem(ctx->err);
    release(ctx);
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
