/* native_columns.c - steps of the native model that prepare columns: impute, clip, bin and others.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "model/native_ops.h"
#include "model/words.h"

static rc_status check_columns(const rc_native *ctx, const json_t *value, const rc_place *at,
                               const rc_array *numbers, const rc_model_step *step)
{
    char text[64];
    snprintf(text, sizeof(text), "not a column from 0 to %zu", step->w_in - 1);
    for (size_t i = 0; i < numbers->n_cols; i++) {
        double x = numbers->data[i];
        if (!(x >= 0 && x < (double)step->w_in && x == floor(x)))
            return rc_native_fail_item(ctx, value, at, i, text);
    }
    return RC_OK;
}

/* Numbers of columns that the step reads. */
static rc_status read_columns(rc_native *ctx, const json_t *value, const rc_place *at,
                              rc_model_step *out)
{
    rc_array numbers = {0};
    rc_status st = rc_native_list(ctx, value, at, &numbers);
    if (st >= 0)
        st = check_columns(ctx, value, at, &numbers, out);
    if (st >= 0) {
        out->columns = rc_alloc_array(numbers.n_cols, sizeof(*out->columns));
        st = out->columns != NULL ? RC_OK : rc_error_nomem(ctx->err);
    }
    if (st >= 0) {
        out->n_columns = numbers.n_cols;
        for (size_t i = 0; i < numbers.n_cols; i++)
            out->columns[i] = (size_t)numbers.data[i];
    }
    free(numbers.data);
    return st;
}

static rc_status check_distinct(const rc_native *ctx, const json_t *value, const rc_place *at,
                                const rc_model_step *step)
{
    bool *seen = rc_alloc_array(step->w_in, sizeof(bool));
    if (seen == NULL)
        return rc_error_nomem(ctx->err);
    rc_status st = RC_OK;
    for (size_t i = 0; i < step->n_columns && st >= 0; i++) {
        if (seen[step->columns[i]])
            st = rc_native_fail_item(ctx, value, at, i, "this column is listed already");
        seen[step->columns[i]] = true;
    }
    free(seen);
    return st;
}

rc_status rc_native_impute(rc_native *ctx, const json_t *step, const rc_place *up,
                           const char *whose, rc_model_step *out)
{
    rc_place at = {.up = up, .key = "values"};
    const json_t *values;
    RC_TRY(rc_native_member(ctx, step, up, "values", &values));
    RC_TRY(rc_native_vector(ctx, values, &at, out->w_in, whose, &out->values));
    const json_t *missing = json_object_get(step, "missing");
    out->missing = (double)NAN;
    at.key = "missing";
    if (missing != NULL)
        RC_TRY(rc_native_number(ctx, missing, &at, &out->missing));
    const json_t *indicators = json_object_get(step, "indicators");
    if (indicators == NULL)
        return RC_OK;
    at.key = "indicators";
    RC_TRY(read_columns(ctx, indicators, &at, out));
    out->w_out = out->w_in + out->n_columns;
    return check_distinct(ctx, indicators, &at, out);
}

static rc_status check_bound(const rc_native *ctx, const json_t *step, const rc_place *up,
                             const char *key, const rc_array *bound)
{
    rc_place at = {.up = up, .key = key};
    for (size_t i = 0; bound->data != NULL && i < bound->n_cols; i++)
        if (isnan(bound->data[i]))
            return rc_native_fail_item(ctx, json_object_get(step, key), &at, i, "nan is no bound");
    return RC_OK;
}

rc_status rc_native_clip(rc_native *ctx, const json_t *step, const rc_place *at, const char *whose,
                         rc_model_step *out)
{
    RC_TRY(rc_native_optional(ctx, step, at, "min", out->w_in, whose, &out->min));
    RC_TRY(rc_native_optional(ctx, step, at, "max", out->w_in, whose, &out->max));
    if (out->min.data == NULL && out->max.data == NULL)
        return rc_native_fail(ctx, at, "neither 'min' nor 'max'");
    RC_TRY(check_bound(ctx, step, at, "min", &out->min));
    RC_TRY(check_bound(ctx, step, at, "max", &out->max));
    for (size_t i = 0; out->min.data != NULL && out->max.data != NULL && i < out->w_in; i++)
        if (out->min.data[i] > out->max.data[i])
            return rc_native_fail(ctx, at, "'min' is above 'max' in column %zu", i);
    return RC_OK;
}

rc_status rc_native_normalise(rc_native *ctx, const json_t *step, const rc_place *at,
                              const char *whose, rc_model_step *out)
{
    int norm;
    (void)whose;
    RC_TRY(rc_native_choice(ctx, step, at, "norm", rc_words_norm, -1, &norm));
    out->norm = (rc_norm)norm;
    return RC_OK;
}

static rc_status check_powers(const rc_native *ctx, const json_t *value, const rc_place *at,
                              const char *whose, const rc_array *powers, size_t w)
{
    size_t n = powers->n_cols;
    rc_place row = {.up = at};
    if (powers->n_rows > 0 && n != w)
        return rc_native_fail(ctx, json_is_array(value) ? &row : at, "%zu value%s, but %s", n,
                              n == 1 ? "" : "s", whose);
    for (size_t i = 0; i < powers->n_rows * n; i++) {
        row.index = i / n;
        if (!isfinite(powers->data[i]))
            return rc_native_fail_item(ctx, json_array_get(value, row.index),
                                       json_is_array(value) ? &row : at, i % n,
                                       "not a finite number");
    }
    return RC_OK;
}

rc_status rc_native_product(rc_native *ctx, const json_t *step, const rc_place *up,
                            const char *whose, rc_model_step *out)
{
    rc_place at = {.up = up, .key = "powers"};
    const json_t *powers;
    RC_TRY(rc_native_member(ctx, step, up, "powers", &powers));
    RC_TRY(rc_native_matrix(ctx, powers, &at, RC_NATIVE_ANY, "", &out->powers));
    RC_TRY(check_powers(ctx, powers, &at, whose, &out->powers, out->w_in));
    out->w_out = out->powers.n_rows;
    return RC_OK;
}

static rc_status check_edges(const rc_native *ctx, const json_t *value, const rc_place *at,
                             const double *edges, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(edges[i]))
            return rc_native_fail_item(ctx, value, at, i, "not a finite number");
        if (i > 0 && !(edges[i] > edges[i - 1]))
            return rc_native_fail_item(ctx, value, at, i, "not above the edge before it");
    }
    return RC_OK;
}

rc_status rc_native_bin(rc_native *ctx, const json_t *step, const rc_place *up, const char *whose,
                        rc_model_step *out)
{
    static const char *const encodings[] = {"ordinal", "onehot", NULL};
    rc_place at = {.up = up, .key = "edges"};
    const json_t *edges;
    int encode;
    RC_TRY(rc_native_member(ctx, step, up, "edges", &edges));
    RC_TRY(rc_native_lists(ctx, edges, &at, out->w_in, whose, &out->edges, &out->first_edge));
    for (size_t k = 0; k < out->w_in; k++) {
        rc_place here = {.up = &at, .index = k};
        size_t first = out->first_edge[k];
        RC_TRY(check_edges(ctx, json_array_get(edges, k), &here, out->edges.data + first,
                           out->first_edge[k + 1] - first));
    }
    RC_TRY(rc_native_flag(ctx, step, up, "right", &out->right));
    RC_TRY(rc_native_choice(ctx, step, up, "encode", encodings, 0, &encode));
    out->encode_onehot = encode == 1;
    if (out->encode_onehot)
        out->w_out = out->w_in + out->edges.n_cols;
    return RC_OK;
}

rc_status rc_native_select(rc_native *ctx, const json_t *step, const rc_place *up,
                           const char *whose, rc_model_step *out)
{
    rc_place at = {.up = up, .key = "columns"};
    const json_t *columns;
    (void)whose;
    RC_TRY(rc_native_member(ctx, step, up, "columns", &columns));
    RC_TRY(read_columns(ctx, columns, &at, out));
    out->w_out = out->n_columns;
    return RC_OK;
}
