/* native_json.c - JSON text to a tree, and its members with their place in each message. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/native.h"

/* Upper bounds for what jansson 2.14 allocates on a 64-bit machine with glibc, for a value of any
 * kind with its place in its list, and more for a list and for an object. */
enum { VALUE_BYTES = 64, LIST_BYTES = 128, OBJECT_BYTES = 256 };

static size_t put_place(const rc_place *at, char *out, size_t room)
{
    if (at == NULL || room < 2)
        return 0;
    size_t used = put_place(at->up, out, room);
    int n = at->key == NULL
                ? snprintf(out + used, room - used, "[%zu]", at->index)
                : snprintf(out + used, room - used, "%s%s", used > 0 ? "." : "", at->key);
    return n < 0 || (size_t)n >= room - used ? room - 1 : used + (size_t)n;
}

rc_status rc_native_fail(const rc_native *ctx, const rc_place *at, const char *format, ...)
{
    char text[1024], place[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (put_place(at, place, sizeof(place)) == 0)
        return rc_error_set(ctx->err, RC_E_MODEL, "%s", text);
    return rc_error_set(ctx->err, RC_E_MODEL, "%s: %s", place, text);
}

rc_status rc_native_fail_kind(const rc_native *ctx, const rc_place *at, const json_t *found,
                              const char *expected)
{
    static const char *const kinds[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "a list",  [JSON_STRING] = "a string",
        [JSON_INTEGER] = "a number", [JSON_REAL] = "a number", [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",      [JSON_NULL] = "null",
    };
    return rc_native_fail(ctx, at, "%s is expected, but here is %s", expected,
                          kinds[json_typeof(found)]);
}

void rc_native_hint(const rc_native *ctx, const char *name, const char *const *names)
{
    /* A third of the letters may be wrong, and one of two or three; a one-letter name is near only
     * in the other case. */
    size_t n = strlen(name);
    rc_nearest nearest = {.asked = name, .limit = n < 2 ? 1 : n < 3 ? 2 : n / 3 + 1};
    for (size_t i = 0; names[i] != NULL && i < RC_NATIVE_HINTED; i++)
        rc_nearest_offer(&nearest, names[i]);
    rc_nearest_hint(&nearest, ctx->err);
}

static bool is_among(const char *name, const char *const *names)
{
    for (; *names != NULL; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

rc_status rc_native_keys(const rc_native *ctx, const json_t *value, const rc_place *at,
                         const char *const *keys)
{
    if (!json_is_object(value))
        return rc_native_fail_kind(ctx, at, value, "an object");
    const char *key;
    json_t *member;
    json_object_foreach ((json_t *)value, key, member) {
        char quoted[RC_QUOTED_BYTES];
        if (strncmp(key, "x-", 2) == 0 || is_among(key, keys))
            continue;
        rc_native_fail(ctx, at, "unknown key '%s'", rc_text_quote(key, strlen(key), quoted));
        rc_native_hint(ctx, key, keys);
        return RC_E_MODEL;
    }
    return RC_OK;
}

rc_status rc_native_member(const rc_native *ctx, const json_t *object, const rc_place *at,
                           const char *key, const json_t **value)
{
    *value = json_object_get(object, key);
    if (*value == NULL)
        return rc_native_fail(ctx, &(rc_place){.up = at, .key = key}, "missing");
    return RC_OK;
}

rc_status rc_native_string(const rc_native *ctx, const json_t *object, const rc_place *at,
                           const char *key, const char **text)
{
    const json_t *value;
    RC_TRY(rc_native_member(ctx, object, at, key, &value));
    if (!json_is_string(value))
        return rc_native_fail_kind(ctx, &(rc_place){.up = at, .key = key}, value, "a string");
    *text = json_string_value(value);
    return RC_OK;
}

rc_status rc_native_choice(const rc_native *ctx, const json_t *object, const rc_place *at,
                           const char *key, const char *const *names, int fallback, int *index)
{
    const char *text;
    *index = fallback;
    if (fallback >= 0 && json_object_get(object, key) == NULL)
        return RC_OK;
    RC_TRY(rc_native_string(ctx, object, at, key, &text));
    for (int i = 0; names[i] != NULL; i++) {
        *index = i;
        if (strcmp(text, names[i]) == 0)
            return RC_OK;
    }
    char quoted[RC_QUOTED_BYTES];
    rc_native_fail(ctx, &(rc_place){.up = at, .key = key}, "unknown %s '%s'", key,
                   rc_text_quote(text, strlen(text), quoted));
    rc_native_hint(ctx, text, names);
    return RC_E_MODEL;
}

rc_status rc_native_flag(const rc_native *ctx, const json_t *object, const rc_place *at,
                         const char *key, bool *flag)
{
    const json_t *value = json_object_get(object, key);
    if (value == NULL)
        return RC_OK;
    if (!json_is_boolean(value))
        return rc_native_fail_kind(ctx, &(rc_place){.up = at, .key = key}, value, "true or false");
    *flag = json_is_true(value);
    return RC_OK;
}

bool rc_native_is_text(const json_t *value, const char *text)
{
    return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

rc_status rc_native_number(const rc_native *ctx, const json_t *value, const rc_place *at, double *x)
{
    if (json_is_string(value)) {
        const char *text = json_string_value(value);
        char quoted[RC_QUOTED_BYTES];
        if (strcmp(text, "nan") == 0)
            *x = (double)NAN;
        else if (strcmp(text, "inf") == 0)
            *x = (double)INFINITY;
        else if (strcmp(text, "-inf") == 0)
            *x = -(double)INFINITY;
        else
            return rc_native_fail(ctx, at, "not a number: '%s'",
                                  rc_text_quote(text, strlen(text), quoted));
        return RC_OK;
    }
    if (!json_is_number(value))
        return rc_native_fail_kind(ctx, at, value, "a number");
    *x = json_number_value(value);
    if (ctx->model->dtype == RC_FLOAT32 && isinf((float)*x))
        return rc_native_fail(ctx, at, "a number beyond the range of float32");
    return RC_OK;
}

/* Line and column (in characters, from 1) of a byte. */
static rc_status fail_at_byte(const char *text, size_t byte, rc_error *err, const char *what)
{
    size_t line = 1, column = 1;
    for (size_t i = 0; i < byte; i++) {
        if (text[i] == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)text[i] & 0xc0) != 0x80) {
            column++;
        }
    }
    return rc_error_set(err, RC_E_MODEL, "line %zu, column %zu: %s", line, column, what);
}

/* The byte behind a string that begins at `at`; n if it does not end. */
static size_t skip_string(const char *text, size_t n, size_t at)
{
    for (size_t i = at + 1; i < n; i++) {
        if (text[i] == '\\')
            i++;
        else if (text[i] == '"')
            return i + 1;
    }
    return n;
}

/* Refuses depth, and a text whose parsed form would be out of proportion; no recursion. */
static rc_status scan(const char *text, size_t n, rc_error *err)
{
    size_t depth = 0;
    uint64_t memory = 0;
    for (size_t i = 0; i < n; i++) {
        switch (text[i]) {
        case '"': {
            size_t end = skip_string(text, n, i);
            memory += VALUE_BYTES + (end - i);
            i = end - 1;
            break;
        }
        case '{':
        case '[':
            memory += text[i] == '{' ? OBJECT_BYTES : LIST_BYTES;
            if (++depth > RC_NATIVE_MAX_DEPTH)
                return fail_at_byte(text, i, err, "nested more than 64 deep");
            break;
        case '}':
        case ']':
            depth -= depth > 0;
            break;
        case ',':
            memory += VALUE_BYTES;
            break;
        default:
            break;
        }
        if (memory > RC_NATIVE_MAX_MEMORY)
            return fail_at_byte(text, i, err,
                                "the JSON text up to here takes more than 2 GiB of memory; a model "
                                "this large is written as .rcm");
    }
    return RC_OK;
}

/* jansson 2.14 says so only at times: it also leaves the error as it was, or takes a string that it
 * could not copy for an invalid token, though a string at fault has messages of its own. */
static bool is_out_of_memory(const json_error_t *why, const char *text, size_t n)
{
    if (json_error_code(why) == json_error_out_of_memory || why->line < 0)
        return true;
    bool is_token = strncmp(why->text, "invalid token", 13) == 0 ||
                    strncmp(why->text, "string or '}' expected", 22) == 0;
    size_t end = why->position > 0 ? (size_t)why->position : 0;
    return is_token && end > 0 && end <= n && text[end - 1] == '"';
}

static rc_status fail_syntax(const json_error_t *why, const char *input, size_t n_input,
                             rc_error *err)
{
    if (is_out_of_memory(why, input, n_input))
        return rc_error_nomem(err);
    if (json_error_code(why) == json_error_numeric_overflow)
        return rc_error_set(err, RC_E_MODEL,
                            "line %d, column %d: a number beyond the range of float64", why->line,
                            why->column);
    /* The text may quote bytes of the file. */
    char text[JSON_ERROR_TEXT_LENGTH];
    size_t n = 0;
    for (; n < sizeof(text) - 1 && why->text[n] != '\0'; n++)
        text[n] = why->text[n] >= 0x20 && why->text[n] < 0x7f ? why->text[n] : '?';
    text[n] = '\0';
    return rc_error_set(err, RC_E_MODEL, "line %d, column %d: %s", why->line, why->column, text);
}

rc_status rc_native_load(json_t **root, const char *text, size_t n, rc_error *err)
{
    *root = NULL;
    RC_TRY(scan(text, n, err));
    /* All numbers as float64, correctly rounded: integers beyond 64 bits are numbers, too. */
    json_error_t why;
    *root = json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &why);
    return *root != NULL ? RC_OK : fail_syntax(&why, text, n, err);
}
