/* native_labels.c - strings and numbers of the native model that cells are held against. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "model/native.h"

void rc_label_list_release(rc_label_list *labels)
{
    for (size_t i = 0; labels->texts != NULL && i < labels->n; i++)
        free(labels->texts[i]);
    free(labels->texts);
    free(labels->is_number);
    *labels = (rc_label_list){0};
}

rc_status rc_native_count_labels(rc_native *ctx, const rc_place *at, size_t n)
{
    if (n > RC_MODEL_MAX_LABELS - ctx->n_labels)
        return rc_native_fail(ctx, at, "more than %zu values, keys and classes in the model",
                              RC_MODEL_MAX_LABELS);
    ctx->n_labels += n;
    return RC_OK;
}

static rc_status number_label(const rc_native *ctx, double x, const rc_place *at, char **text)
{
    char out[RC_NUM_BYTES];
    if (!isfinite(x))
        return rc_native_fail(ctx, at, "not a finite number");
    /* beyond 2^53 whole numbers lose their last digits, and so their names */
    if (fabs(x) > 9007199254740992.0)
        return rc_native_fail(ctx, at, "a number beyond 2^53 is written as a string");
    *text = rc_strndup(out, rc_num_print_f64(x + 0.0, out)); /* 0 has no sign */
    return *text != NULL ? RC_OK : rc_error_nomem(ctx->err);
}

rc_status rc_native_label(const rc_native *ctx, const json_t *value, const rc_place *at,
                          char **text, bool *is_number)
{
    *is_number = json_is_number(value);
    if (*is_number)
        return number_label(ctx, json_number_value(value), at, text);
    if (!json_is_string(value))
        return rc_native_fail_kind(ctx, at, value, "a string or a number");
    if (json_string_length(value) == 0)
        return rc_native_fail(ctx, at, "an empty text");
    *text = rc_strdup(json_string_value(value));
    return *text != NULL ? RC_OK : rc_error_nomem(ctx->err);
}

static rc_status allocate_labels(rc_native *ctx, const rc_place *at, size_t n, rc_label_list *out)
{
    RC_TRY(rc_native_count_labels(ctx, at, n));
    out->texts = rc_alloc_array(n + 1, sizeof(char *));
    out->is_number = rc_alloc_array(n, sizeof(bool));
    return out->texts != NULL && out->is_number != NULL ? RC_OK : rc_error_nomem(ctx->err);
}

static rc_status read_stored(rc_native *ctx, const json_t *value, const rc_place *at,
                             rc_label_list *out)
{
    rc_array numbers = {0};
    rc_status st = rc_native_list(ctx, value, at, &numbers);
    if (st >= 0)
        st = allocate_labels(ctx, at, numbers.n_cols, out);
    for (size_t i = 0; st >= 0 && i < numbers.n_cols; i++) {
        rc_place here = {.up = at, .index = i};
        st = number_label(ctx, numbers.data[i], &here, &out->texts[i]);
        out->is_number[i] = true;
        out->n += st >= 0;
    }
    free(numbers.data);
    return st;
}

rc_status rc_native_labels(rc_native *ctx, const json_t *value, const rc_place *at,
                           rc_label_list *out)
{
    *out = (rc_label_list){0};
    if (json_is_object(value))
        return read_stored(ctx, value, at, out);
    if (!json_is_array(value))
        return rc_native_fail_kind(ctx, at, value, "a list");
    size_t n = json_array_size(value);
    RC_TRY(allocate_labels(ctx, at, n, out));
    for (; out->n < n; out->n++) {
        rc_place here = {.up = at, .index = out->n};
        RC_TRY(rc_native_label(ctx, json_array_get(value, out->n), &here, &out->texts[out->n],
                               &out->is_number[out->n]));
    }
    return RC_OK;
}

/* The text that a number has in its shortest form, or the text itself. Two texts match exactly if
 * these are equal. */
static int64_t code_of_match(const rc_vocabulary *all, const char *text, bool by_value)
{
    double x;
    char number[RC_NUM_BYTES];
    if (!by_value || !rc_num_parse_text(text, strlen(text), &x))
        return rc_vocabulary_code(all, text, strlen(text));
    return rc_vocabulary_code(all, number, rc_num_print_f64(x + 0.0, number));
}

static rc_status fail_twice(const rc_native *ctx, char *const *texts, size_t i, size_t k,
                            const rc_place *up)
{
    char quoted[RC_QUOTED_BYTES], other[RC_QUOTED_BYTES];
    rc_place at = {.up = up, .index = i};
    return rc_native_fail(ctx, &at, "'%s' is the same as [%zu], '%s'",
                          rc_text_quote(texts[i], strlen(texts[i]), quoted), k,
                          rc_text_quote(texts[k], strlen(texts[k]), other));
}

rc_status rc_native_match(const rc_native *ctx, char *const *texts, size_t n, bool by_value,
                          const rc_place *at, rc_vocabulary **out)
{
    rc_vocabulary *all;
    *out = NULL;
    RC_TRY(rc_vocabulary_open(&all, (const char *const *)texts, NULL, n, by_value, ctx->err));
    for (size_t i = 0; i < n; i++) {
        /* another's code: of a text before this, or of the shortest form of the same number */
        size_t code = (size_t)code_of_match(all, texts[i], by_value);
        if (code != i) {
            rc_vocabulary_close(all);
            return fail_twice(ctx, texts, code > i ? code : i, code > i ? i : code, at);
        }
    }
    *out = all;
    return RC_OK;
}

rc_status rc_native_find(const rc_native *ctx, const rc_vocabulary *among, char *const *texts,
                         const char *whose, const char *label, const rc_place *at, size_t *index)
{
    int64_t code = rc_vocabulary_code(among, label, strlen(label));
    char quoted[RC_QUOTED_BYTES];
    if (code == RC_NO_CODE) {
        rc_native_fail(ctx, at, "'%s' is none of %s", rc_text_quote(label, strlen(label), quoted),
                       whose);
        rc_native_hint(ctx, label, (const char *const *)texts);
        return RC_E_MODEL;
    }
    *index = (size_t)code;
    return RC_OK;
}
