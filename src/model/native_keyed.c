/* native_keyed.c - steps of the native model that hold a column against keys: onehot, ordinal,
 * lookup.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "model/native_ops.h"

/* Codes of a category that are no index of a value. */
enum { UNKNOWN_CODE = -1, NO_CELL_CODE = -2 };

/* What the column is held against, as texts; for a column of numbers in their shortest form. */
typedef struct keyed {
    const rc_model_input *category; /* NULL: a column of numbers */
    const rc_vocabulary *codes;     /* of the category */
    char *const *texts;             /* (n) */
    size_t n;
    const rc_vocabulary *match; /* of the texts */
    rc_label_list own_texts;    /* what is released: texts and match may be the category's */
    rc_vocabulary *own_match;
} keyed;

static void release(keyed *k)
{
    rc_label_list_release(&k->own_texts);
    rc_vocabulary_close(k->own_match);
}

static rc_status check_column(const rc_native *ctx, const rc_place *up, const char *whose,
                              const rc_model_step *step, keyed *k)
{
    if (step->w_in != 1)
        return rc_native_fail(ctx, &(rc_place){.up = up, .key = "in"},
                              "one column is expected, but %s", whose);
    size_t v = step->in[0]; /* the only one: no value is without columns */
    if (v < ctx->model->n_inputs && ctx->model->inputs[v].is_category) {
        k->category = &ctx->model->inputs[v];
        k->codes = ctx->categories[v];
    }
    return RC_OK;
}

static rc_status read_category_keys(rc_native *ctx, const json_t *value, const rc_place *at,
                                    rc_model_step *out, keyed *k)
{
    RC_TRY(rc_native_labels(ctx, value, at, &k->own_texts));
    k->texts = k->own_texts.texts;
    k->n = k->own_texts.n;
    RC_TRY(rc_native_allocate(ctx, at, 1, k->n + 1, &out->keys)); /* one more: UNKNOWN_CODE */
    out->keys.n_cols = k->n;
    for (size_t i = 0; i < k->n; i++) {
        int64_t code = rc_vocabulary_code(k->codes, k->texts[i], strlen(k->texts[i]));
        out->keys.data[i] = code == RC_NO_CODE ? NO_CELL_CODE : (double)code;
    }
    return RC_OK;
}

/* The text of a number as the column holds it: two that float32 cannot tell apart are the same. */
static char *print_key(const rc_native *ctx, double x)
{
    char text[RC_NUM_BYTES];
    double held = ctx->model->dtype == RC_FLOAT32 ? (double)(float)x : x;
    return rc_strndup(text, rc_num_print_f64(held + 0.0, text)); /* 0 has no sign */
}

static rc_status read_number_key(const rc_native *ctx, const json_t *value, const rc_place *at,
                                 double *x)
{
    char quoted[RC_QUOTED_BYTES];
    if (json_is_string(value) && !rc_native_is_text(value, "nan") &&
        !rc_native_is_text(value, "inf") && !rc_native_is_text(value, "-inf"))
        return rc_native_fail(
            ctx, at, "a number is expected, as the column is no category, but here is '%s'",
            rc_text_quote(json_string_value(value), json_string_length(value), quoted));
    return rc_native_number(ctx, value, at, x);
}

static rc_status read_numbers(rc_native *ctx, const json_t *value, const rc_place *at,
                              rc_array *out)
{
    if (!json_is_array(value))
        return rc_native_list(ctx, value, at, out);
    size_t n = json_array_size(value);
    RC_TRY(rc_native_allocate(ctx, at, 1, n, out));
    for (size_t i = 0; i < n; i++) {
        rc_place here = {.up = at, .index = i};
        RC_TRY(read_number_key(ctx, json_array_get(value, i), &here, &out->data[i]));
    }
    return RC_OK;
}

static rc_status read_number_keys(rc_native *ctx, const json_t *value, const rc_place *at,
                                  rc_model_step *out, keyed *k)
{
    RC_TRY(read_numbers(ctx, value, at, &out->keys));
    size_t n = out->keys.n_cols;
    RC_TRY(rc_native_count_labels(ctx, at, n));
    k->own_texts.texts = rc_alloc_array(n + 1, sizeof(char *));
    if (k->own_texts.texts == NULL)
        return rc_error_nomem(ctx->err);
    k->texts = k->own_texts.texts;
    k->n = k->own_texts.n = n;
    for (size_t i = 0; i < n; i++) {
        k->own_texts.texts[i] = print_key(ctx, out->keys.data[i]);
        if (k->texts[i] == NULL)
            return rc_error_nomem(ctx->err);
    }
    return RC_OK;
}

static rc_status read_keys(rc_native *ctx, const json_t *step, const rc_place *up, const char *key,
                           rc_model_step *out, keyed *k)
{
    rc_place at = {.up = up, .key = key};
    const json_t *value;
    RC_TRY(rc_native_member(ctx, step, up, key, &value));
    if (k->category != NULL)
        RC_TRY(read_category_keys(ctx, value, &at, out, k));
    else
        RC_TRY(read_number_keys(ctx, value, &at, out, k));
    if (k->n == 0)
        return rc_native_fail(ctx, &at, "an empty list");
    RC_TRY(rc_native_match(ctx, k->texts, k->n, true, &at, &k->own_match));
    k->match = k->own_match;
    return RC_OK;
}

/* A category's own values. */
static rc_status take_values(rc_native *ctx, const rc_place *at, rc_model_step *out, keyed *k)
{
    k->texts = k->category->values;
    k->n = k->category->n_values;
    k->match = k->codes;
    RC_TRY(rc_native_allocate(ctx, at, 1, k->n + 1, &out->keys)); /* one more: UNKNOWN_CODE */
    out->keys.n_cols = k->n;
    for (size_t i = 0; i < k->n; i++)
        out->keys.data[i] = (double)i;
    return RC_OK;
}

static rc_status read_values(rc_native *ctx, const json_t *step, const rc_place *at,
                             rc_model_step *out, keyed *k)
{
    if (k->category != NULL && json_object_get(step, "values") == NULL)
        return take_values(ctx, at, out, k);
    return read_keys(ctx, step, at, "values", out, k);
}

/* Which of the keys a value is. */
static rc_status find_key(const rc_native *ctx, const keyed *k, const json_t *value,
                          const rc_place *at, size_t *index)
{
    char *label;
    bool is_number;
    double x;
    if (k->category != NULL) {
        RC_TRY(rc_native_label(ctx, value, at, &label, &is_number));
    } else {
        RC_TRY(read_number_key(ctx, value, at, &x));
        label = print_key(ctx, x);
        if (label == NULL)
            return rc_error_nomem(ctx->err);
    }
    rc_status st = rc_native_find(ctx, k->match, k->texts, "the values", label, at, index);
    free(label);
    return st;
}

/* The column of each key; `dropped` has none. */
static rc_status number_columns(const rc_native *ctx, const keyed *k, size_t dropped,
                                rc_model_step *out)
{
    out->hot = rc_alloc_array(k->n + 1, sizeof(*out->hot));
    if (out->hot == NULL)
        return rc_error_nomem(ctx->err);
    for (size_t i = 0; i < k->n; i++)
        out->hot[i] = i == dropped ? RC_NO_HOT : i - (dropped < i);
    out->w_out = k->n - (dropped < k->n);
    return RC_OK;
}

/* What a column is that equals no key. An unknown value of a category is zeros in any case. */
static rc_status read_unseen(const rc_native *ctx, const json_t *step, const rc_place *up,
                             const keyed *k, rc_model_step *out)
{
    rc_place at = {.up = up, .key = "unknown"};
    const json_t *value = json_object_get(step, "unknown");
    size_t index;
    out->unseen_hot = RC_NO_HOT;
    if (value == NULL || rc_native_is_text(value, "zeros"))
        return RC_OK;
    out->unseen_is_error = rc_native_is_text(value, "error");
    if (!out->unseen_is_error) {
        RC_TRY(find_key(ctx, k, value, &at, &index));
        out->unseen_hot = out->hot[index];
    }
    if (k->category != NULL && (out->unseen_is_error || out->unseen_hot != RC_NO_HOT)) {
        out->keys.data[out->keys.n_cols] = UNKNOWN_CODE;
        out->hot[out->keys.n_cols++] = RC_NO_HOT;
    }
    return RC_OK;
}

static rc_status read_onehot(rc_native *ctx, const json_t *step, const rc_place *at,
                             const char *whose, rc_model_step *out, keyed *k)
{
    size_t dropped = SIZE_MAX;
    RC_TRY(check_column(ctx, at, whose, out, k));
    RC_TRY(read_values(ctx, step, at, out, k));
    const json_t *drop = json_object_get(step, "drop");
    if (drop != NULL)
        RC_TRY(find_key(ctx, k, drop, &(rc_place){.up = at, .key = "drop"}, &dropped));
    RC_TRY(number_columns(ctx, k, dropped, out));
    return read_unseen(ctx, step, at, k, out);
}

rc_status rc_native_onehot(rc_native *ctx, const json_t *step, const rc_place *at,
                           const char *whose, rc_model_step *out)
{
    keyed k = {0};
    rc_status st = read_onehot(ctx, step, at, whose, out, &k);
    release(&k);
    return st;
}

/* The codes of n values; left out, their numbers. */
static rc_status read_codes(rc_native *ctx, const json_t *step, const rc_place *up, size_t n,
                            rc_array *out)
{
    rc_place at = {.up = up, .key = "codes"};
    const json_t *value = json_object_get(step, "codes");
    if (value != NULL) {
        RC_TRY(rc_native_list(ctx, value, &at, out));
        if (out->n_cols != n)
            return rc_native_fail(ctx, &at, "%zu code%s, but %zu value%s", out->n_cols,
                                  out->n_cols == 1 ? "" : "s", n, n == 1 ? "" : "s");
    } else {
        RC_TRY(rc_native_allocate(ctx, up, 1, n, out));
        for (size_t i = 0; i < n; i++)
            out->data[i] = (double)i;
    }
    out->n_rows = n;
    out->n_cols = 1;
    return RC_OK;
}

rc_status rc_native_ordinal(rc_native *ctx, const json_t *step, const rc_place *at,
                            const char *whose, rc_model_step *out)
{
    keyed k = {0};
    rc_status st = check_column(ctx, at, whose, out, &k);
    if (st >= 0)
        st = read_values(ctx, step, at, out, &k);
    size_t n = k.n;
    release(&k);
    RC_TRY(st);
    RC_TRY(read_codes(ctx, step, at, n, &out->table));
    const json_t *unknown = json_object_get(step, "unknown");
    rc_place here = {.up = at, .key = "unknown"};
    out->unseen_is_error = unknown == NULL || rc_native_is_text(unknown, "error");
    if (out->unseen_is_error)
        return RC_OK;
    RC_TRY(rc_native_allocate(ctx, &here, 1, 1, &out->unseen));
    return rc_native_number(ctx, unknown, &here, &out->unseen.data[0]);
}

/* Rows, or a list of numbers that are rows of one column. */
static rc_status read_rows(rc_native *ctx, const json_t *step, const rc_place *up, size_t n,
                           rc_array *out)
{
    rc_place at = {.up = up, .key = "values"};
    const json_t *value;
    char whose[64];
    snprintf(whose, sizeof(whose), "'keys' has %zu", n);
    RC_TRY(rc_native_member(ctx, step, up, "values", &value));
    const json_t *first = json_array_get(value, 0);
    bool is_flat = json_is_array(value)
                       ? first != NULL && !json_is_array(first) && !json_is_object(first)
                       : json_array_size(json_object_get(value, "shape")) == 1;
    if (!is_flat)
        return rc_native_table(ctx, value, &at, n, whose, out);
    RC_TRY(rc_native_list(ctx, value, &at, out));
    if (out->n_cols != n)
        return rc_native_fail(ctx, &at, "%zu value%s, but %s", out->n_cols,
                              out->n_cols == 1 ? "" : "s", whose);
    out->n_rows = n;
    out->n_cols = 1;
    return RC_OK;
}

rc_status rc_native_lookup(rc_native *ctx, const json_t *step, const rc_place *at,
                           const char *whose, rc_model_step *out)
{
    keyed k = {0};
    rc_status st = check_column(ctx, at, whose, out, &k);
    if (st >= 0)
        st = read_keys(ctx, step, at, "keys", out, &k);
    size_t n = k.n;
    release(&k);
    RC_TRY(st);
    RC_TRY(read_rows(ctx, step, at, n, &out->table));
    out->w_out = out->table.n_cols;
    const json_t *value = json_object_get(step, "default");
    out->unseen_is_error = value == NULL || rc_native_is_text(value, "error");
    if (out->unseen_is_error)
        return RC_OK;
    char columns[64];
    snprintf(columns, sizeof(columns), "'values' has width %zu", out->w_out);
    return rc_native_optional(ctx, step, at, "default", out->w_out, columns, &out->unseen);
}
