/* native_array.c - arrays of the native model: lists in JSON, or bytes behind the header. */
#include <endian.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "model/native.h"
#include "model/words.h"

enum { MAX_DIMS = 2 };

/* An array that stands as {"at", "shape", "dtype"}. */
typedef struct stored {
    const char *bytes;
    rc_dtype dtype;
    size_t shape[MAX_DIMS];
    size_t n; /* product of shape */
} stored;

/* A whole number that a double holds exactly, and a size_t. */
static rc_status read_size(const rc_native *ctx, const json_t *value, const rc_place *at,
                           size_t *out)
{
    double x = json_is_number(value) ? json_number_value(value) : -1;
    if (!(x >= 0 && x <= 9007199254740992.0 && x == floor(x)))
        return rc_native_fail(ctx, at, "not a whole number from 0 to 2^53");
    *out = (size_t)x;
    return RC_OK;
}

static rc_status read_shape(const rc_native *ctx, const json_t *value, const rc_place *at,
                            size_t n_dims, stored *out)
{
    if (!json_is_array(value))
        return rc_native_fail_kind(ctx, at, value, "a list");
    if (json_array_size(value) != n_dims)
        return rc_native_fail(ctx, at, "%zu number%s, but the array has %zu dimension%s",
                              json_array_size(value), json_array_size(value) == 1 ? "" : "s",
                              n_dims, n_dims == 1 ? "" : "s");
    out->n = 1;
    for (size_t i = 0; i < n_dims; i++) {
        rc_place here = {.up = at, .index = i};
        RC_TRY(read_size(ctx, json_array_get(value, i), &here, &out->shape[i]));
        if (__builtin_mul_overflow(out->n, out->shape[i], &out->n))
            return rc_native_fail(ctx, at, "more numbers than a machine can count");
    }
    return RC_OK;
}

/* Checks that the array lies in the file. Arrays may share bytes, but not without end: a small file
 * must not describe a model of any size. */
static rc_status place_stored(rc_native *ctx, const rc_place *at, size_t offset, stored *out)
{
    size_t bytes, end;
    if (__builtin_mul_overflow(out->n, out->dtype == RC_FLOAT32 ? 4u : 8u, &bytes) ||
        __builtin_add_overflow(offset, bytes, &end) || end > ctx->n_array_bytes)
        return rc_native_fail(ctx, at,
                              "%zu numbers of %s at byte %zu end beyond the %zu bytes of arrays in "
                              "the file",
                              out->n, rc_words_dtype[out->dtype], offset, ctx->n_array_bytes);
    size_t limit = ctx->n_array_bytes + sizeof(float) * RC_NATIVE_MAX_REPEATED;
    if (bytes > limit - ctx->n_referred_bytes)
        return rc_native_fail(ctx, at, "the arrays up to here share too many bytes");
    ctx->n_referred_bytes += bytes;
    out->bytes = ctx->arrays + offset;
    return RC_OK;
}

static rc_status read_stored(rc_native *ctx, const json_t *value, const rc_place *at, size_t n_dims,
                             stored *out)
{
    static const char *const keys[] = {"at", "shape", "dtype", NULL};
    if (ctx->arrays == NULL)
        return rc_native_fail(ctx, at, "an array by its offset stands only in .rcm files");
    RC_TRY(rc_native_keys(ctx, value, at, keys));
    const json_t *offset, *shape;
    size_t first = 0;
    int dtype;
    RC_TRY(rc_native_member(ctx, value, at, "at", &offset));
    RC_TRY(read_size(ctx, offset, &(rc_place){.up = at, .key = "at"}, &first));
    RC_TRY(rc_native_member(ctx, value, at, "shape", &shape));
    RC_TRY(read_shape(ctx, shape, &(rc_place){.up = at, .key = "shape"}, n_dims, out));
    RC_TRY(rc_native_choice(ctx, value, at, "dtype", rc_words_dtype, -1, &dtype));
    out->dtype = (rc_dtype)dtype;
    return place_stored(ctx, at, first, out);
}

static float load_narrow(const stored *array, size_t i)
{
    uint32_t bits;
    float x;
    memcpy(&bits, array->bytes + 4 * i, 4);
    bits = le32toh(bits);
    memcpy(&x, &bits, 4);
    return x;
}

static double load_wide(const stored *array, size_t i)
{
    uint64_t bits;
    double x;
    memcpy(&bits, array->bytes + 8 * i, 8);
    bits = le64toh(bits);
    memcpy(&x, &bits, 8);
    return x;
}

static rc_status copy_stored(const rc_native *ctx, const rc_place *at, const stored *array,
                             double *out)
{
    if (array->dtype == RC_FLOAT32) {
        for (size_t i = 0; i < array->n; i++)
            out[i] = (double)load_narrow(array, i);
        return RC_OK;
    }
    bool is_model_narrow = ctx->model->dtype == RC_FLOAT32;
    for (size_t i = 0; i < array->n; i++) {
        out[i] = load_wide(array, i);
        if (is_model_narrow && isfinite(out[i]) && isinf((float)out[i]))
            return rc_native_fail(ctx, at, "number %zu: beyond the range of float32", i);
    }
    return RC_OK;
}

/* Counts the numbers of an array in, and sets its shape. */
static rc_status shape_array(rc_native *ctx, const rc_place *at, size_t n_rows, size_t n_cols,
                             rc_array *out)
{
    size_t n;
    if (__builtin_mul_overflow(n_rows, n_cols, &n) || n > RC_MODEL_MAX_NUMBERS - ctx->n_numbers)
        return rc_native_fail(ctx, at, "more than %zu numbers in the arrays of the model",
                              RC_MODEL_MAX_NUMBERS);
    ctx->n_numbers += n;
    out->n_rows = n_rows;
    out->n_cols = n_cols;
    return RC_OK;
}

rc_status rc_native_allocate(rc_native *ctx, const rc_place *at, size_t n_rows, size_t n_cols,
                             rc_array *out)
{
    RC_TRY(shape_array(ctx, at, n_rows, n_cols, out));
    out->data = rc_alloc_array(n_rows * n_cols, sizeof(double));
    return out->data != NULL ? RC_OK : rc_error_nomem(ctx->err);
}

static rc_status read_list(const rc_native *ctx, const json_t *list, const rc_place *at,
                           double *out)
{
    size_t n = json_array_size(list);
    for (size_t i = 0; i < n; i++) {
        rc_place here = {.up = at, .index = i};
        RC_TRY(rc_native_number(ctx, json_array_get(list, i), &here, &out[i]));
    }
    return RC_OK;
}

static rc_status check_count(const rc_native *ctx, const rc_place *at, size_t n, size_t w,
                             const char *what, const char *whose)
{
    if (n == w)
        return RC_OK;
    return rc_native_fail(ctx, at, "%zu %s%s, but %s", n, what, n == 1 ? "" : "s", whose);
}

/* One number for all. */
static rc_status fill_vector(rc_native *ctx, const json_t *value, const rc_place *at, size_t w,
                             rc_array *out)
{
    double x;
    RC_TRY(rc_native_number(ctx, value, at, &x));
    if (w > RC_NATIVE_MAX_REPEATED - ctx->n_repeated)
        return rc_native_fail(ctx, at,
                              "more than %zu numbers in the model are written as one for all",
                              RC_NATIVE_MAX_REPEATED);
    ctx->n_repeated += w;
    RC_TRY(rc_native_allocate(ctx, at, 1, w, out));
    for (size_t i = 0; i < w; i++)
        out->data[i] = x;
    return RC_OK;
}

rc_status rc_native_vector(rc_native *ctx, const json_t *value, const rc_place *at, size_t w,
                           const char *whose, rc_array *out)
{
    if (json_is_object(value)) {
        stored array;
        RC_TRY(read_stored(ctx, value, at, 1, &array));
        RC_TRY(check_count(ctx, at, array.n, w, "value", whose));
        RC_TRY(rc_native_allocate(ctx, at, 1, w, out));
        return copy_stored(ctx, at, &array, out->data);
    }
    if (json_is_number(value) || json_is_string(value))
        return fill_vector(ctx, value, at, w, out);
    if (!json_is_array(value))
        return rc_native_fail_kind(ctx, at, value, "a number or a list of numbers");
    RC_TRY(check_count(ctx, at, json_array_size(value), w, "value", whose));
    RC_TRY(rc_native_allocate(ctx, at, 1, w, out));
    return read_list(ctx, value, at, out->data);
}

static rc_status row_width(const rc_native *ctx, const json_t *row, const rc_place *at, size_t *n)
{
    if (json_is_array(row)) {
        *n = json_array_size(row);
        return RC_OK;
    }
    if (!json_is_object(row) || ctx->arrays == NULL)
        return rc_native_fail_kind(ctx, at, row, "a list of numbers");
    const json_t *shape;
    stored array = {0};
    RC_TRY(rc_native_member(ctx, row, at, "shape", &shape));
    RC_TRY(read_shape(ctx, shape, &(rc_place){.up = at, .key = "shape"}, 1, &array));
    *n = array.n;
    return RC_OK;
}

/* Room is made before the rows are read: the file must be able to hold what they promise. */
static rc_status check_stored(const rc_native *ctx, const rc_place *at, size_t n)
{
    if (n > ctx->n_array_bytes / sizeof(float) + RC_NATIVE_MAX_REPEATED)
        return rc_native_fail(ctx, at, "more numbers than the %zu bytes of arrays in the file",
                              ctx->n_array_bytes);
    return RC_OK;
}

/* All rows have one width. */
static rc_status check_rows(const rc_native *ctx, const json_t *rows, const rc_place *at,
                            size_t *n_cols)
{
    size_t n_stored = 0, n_rows = json_array_size(rows);
    *n_cols = 0;
    for (size_t i = 0; i < n_rows; i++) {
        rc_place here = {.up = at, .index = i};
        const json_t *row = json_array_get(rows, i);
        size_t n = 0;
        RC_TRY(row_width(ctx, row, &here, &n));
        if (n == 0)
            return rc_native_fail(ctx, &here, "no values");
        if (i == 0)
            *n_cols = n;
        if (n != *n_cols)
            return rc_native_fail(ctx, &here, "%zu value%s, but row 0 has %zu", n,
                                  n == 1 ? "" : "s", *n_cols);
        if (json_is_object(row) && __builtin_add_overflow(n_stored, n, &n_stored))
            n_stored = SIZE_MAX;
        RC_TRY(check_stored(ctx, at, n_stored));
    }
    return RC_OK;
}

static rc_status read_row(rc_native *ctx, const json_t *row, const rc_place *at, double *out)
{
    if (json_is_array(row))
        return read_list(ctx, row, at, out);
    stored array = {0};
    RC_TRY(read_stored(ctx, row, at, 1, &array));
    return copy_stored(ctx, at, &array, out);
}

static rc_status check_height(const rc_native *ctx, const rc_place *at, size_t n, size_t w,
                              const char *whose)
{
    return w == RC_NATIVE_ANY ? RC_OK : check_count(ctx, at, n, w, "row", whose);
}

static rc_status stored_matrix(rc_native *ctx, const json_t *value, const rc_place *at, size_t w,
                               const char *whose, rc_array *out)
{
    stored array = {0};
    RC_TRY(read_stored(ctx, value, at, 2, &array));
    RC_TRY(check_height(ctx, at, array.shape[0], w, whose));
    RC_TRY(rc_native_allocate(ctx, at, array.shape[0], array.shape[1], out));
    return copy_stored(ctx, at, &array, out->data);
}

rc_status rc_native_table(rc_native *ctx, const json_t *value, const rc_place *at, size_t w,
                          const char *whose, rc_array *out)
{
    stored array = {0};
    if (!json_is_object(value) || !rc_native_is_text(json_object_get(value, "dtype"), "float32"))
        return rc_native_matrix(ctx, value, at, w, whose, out);
    RC_TRY(read_stored(ctx, value, at, 2, &array));
    RC_TRY(check_height(ctx, at, array.shape[0], w, whose));
    RC_TRY(shape_array(ctx, at, array.shape[0], array.shape[1], out));
    out->floats = rc_alloc_array(array.n, sizeof(float));
    if (out->floats == NULL)
        return rc_error_nomem(ctx->err);
    rc_mem_expect(out->floats, array.n * sizeof(float));
    for (size_t i = 0; i < array.n; i++)
        out->floats[i] = load_narrow(&array, i);
    return RC_OK;
}

rc_status rc_native_matrix(rc_native *ctx, const json_t *value, const rc_place *at, size_t w,
                           const char *whose, rc_array *out)
{
    if (json_is_object(value))
        return stored_matrix(ctx, value, at, w, whose, out);
    if (!json_is_array(value))
        return rc_native_fail_kind(ctx, at, value, "a list of lists of numbers");
    size_t n_rows = json_array_size(value), n_cols;
    RC_TRY(check_height(ctx, at, n_rows, w, whose));
    RC_TRY(check_rows(ctx, value, at, &n_cols));
    RC_TRY(rc_native_allocate(ctx, at, n_rows, n_cols, out));
    for (size_t i = 0; i < n_rows; i++) {
        rc_place here = {.up = at, .index = i};
        RC_TRY(read_row(ctx, json_array_get(value, i), &here, out->data + i * n_cols));
    }
    return RC_OK;
}

rc_status rc_native_list(rc_native *ctx, const json_t *value, const rc_place *at, rc_array *out)
{
    if (json_is_array(value)) {
        RC_TRY(rc_native_allocate(ctx, at, 1, json_array_size(value), out));
        return read_list(ctx, value, at, out->data);
    }
    if (!json_is_object(value))
        return rc_native_fail_kind(ctx, at, value, "a list of numbers");
    stored array = {0};
    RC_TRY(read_stored(ctx, value, at, 1, &array));
    RC_TRY(rc_native_allocate(ctx, at, 1, array.n, out));
    return copy_stored(ctx, at, &array, out->data);
}

/* The lists as rows of a stored matrix: first[k] is where list k begins. */
static rc_status stored_lists(rc_native *ctx, const json_t *value, const rc_place *at, size_t w,
                              const char *whose, rc_array *out, size_t *first)
{
    RC_TRY(stored_matrix(ctx, value, at, w, whose, out));
    for (size_t i = 0; i <= w; i++)
        first[i] = i * out->n_cols;
    out->n_cols *= out->n_rows;
    out->n_rows = 1;
    return RC_OK;
}

/* Where each list begins, and that there may be so many numbers. */
static rc_status measure_lists(const rc_native *ctx, const json_t *lists, const rc_place *at,
                               size_t w, size_t *first)
{
    size_t n_stored = 0;
    for (size_t i = 0; i < w; i++) {
        rc_place here = {.up = at, .index = i};
        const json_t *list = json_array_get(lists, i);
        size_t n = 0;
        RC_TRY(row_width(ctx, list, &here, &n));
        if (json_is_object(list) && __builtin_add_overflow(n_stored, n, &n_stored))
            n_stored = SIZE_MAX;
        RC_TRY(check_stored(ctx, at, n_stored));
        first[i + 1] = first[i] + n;
    }
    return RC_OK;
}

rc_status rc_native_lists(rc_native *ctx, const json_t *value, const rc_place *at, size_t w,
                          const char *whose, rc_array *out, size_t **first)
{
    *first = rc_alloc_array(w + 1, sizeof(**first));
    if (*first == NULL)
        return rc_error_nomem(ctx->err);
    if (json_is_object(value))
        return stored_lists(ctx, value, at, w, whose, out, *first);
    if (!json_is_array(value))
        return rc_native_fail_kind(ctx, at, value, "a list of lists of numbers");
    RC_TRY(check_count(ctx, at, json_array_size(value), w, "list", whose));
    RC_TRY(measure_lists(ctx, value, at, w, *first));
    RC_TRY(rc_native_allocate(ctx, at, 1, (*first)[w], out));
    for (size_t i = 0; i < w; i++) {
        rc_place here = {.up = at, .index = i};
        RC_TRY(read_row(ctx, json_array_get(value, i), &here, out->data + (*first)[i]));
    }
    return RC_OK;
}

rc_status rc_native_fail_item(const rc_native *ctx, const json_t *value, const rc_place *at,
                              size_t i, const char *text)
{
    if (json_is_array(value))
        return rc_native_fail(ctx, &(rc_place){.up = at, .index = i}, "%s", text);
    return json_is_object(value) ? rc_native_fail(ctx, at, "number %zu: %s", i, text)
                                 : rc_native_fail(ctx, at, "%s", text);
}
