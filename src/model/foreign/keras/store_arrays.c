/* store_arrays.c - read an array of a Keras file. */
#include <stdlib.h>

#include "base/text.h"
#include "model/foreign/keras/store.h"

enum { MOST_RANK = 4, MOST_ARRAYS = 1000 };

/* Bytes of arrays that are never refused, and how many times the file's they may be beyond. Zeros
 * deflate to a thousandth; a dataset that is nowhere stored reads as zeros, too. */
enum { MODEST_BYTES = 64 << 20, MOST_RATIO = 1000 };

/* -- memory --------------------------------------------------------------------------------------
 */

static void *keep_bytes(rc_keras_store *s, size_t n)
{
    size_t n_all;
    rc_keras_data *data = NULL;
    if (!__builtin_add_overflow(n, sizeof(*data), &n_all))
        data = malloc(n_all);
    if (data == NULL)
        return NULL;
    data->next = s->data;
    s->data = data;
    return data->bytes;
}

const char *rc_keras_keep(rc_keras_store *s, const char *text, size_t n)
{
    char *copy = keep_bytes(s, n + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text, n);
    copy[n] = '\0';
    return copy;
}

/* -- one array -----------------------------------------------------------------------------------
 */

static bool type_of_number(const rc_h5_type_info *info, rc_number_type *type)
{
    static const rc_number_type ints[] = {
        [1] = RC_NUMBER_I8, [2] = RC_NUMBER_I16, [4] = RC_NUMBER_I32, [8] = RC_NUMBER_I64};
    static const rc_number_type uints[] = {
        [1] = RC_NUMBER_U8, [2] = RC_NUMBER_U16, [4] = RC_NUMBER_U32, [8] = RC_NUMBER_U64};
    uint32_t n = info->n_bytes;
    if (info->type == RC_H5_FLOAT)
        *type = n == 2 ? RC_NUMBER_F16 : n == 4 ? RC_NUMBER_F32 : RC_NUMBER_F64;
    else if (info->type == RC_H5_INT)
        *type = ints[n];
    else if (info->type == RC_H5_UINT)
        *type = uints[n];
    else if (info->type == RC_H5_BOOL)
        *type = RC_NUMBER_BOOL;
    else
        return false;
    return true;
}

/* Two bytes that no library of HDF5 has a name for: Keras says beside them what they are. */
static bool is_brain_float(const rc_h5_dataset *dataset, hid_t object, const rc_h5_type_info *info)
{
    char dtype[16];
    bool may_be = info->type == RC_H5_UINT || H5Tget_class(dataset->type) == H5T_OPAQUE;
    return may_be && info->n_bytes == 2 &&
           rc_h5_attribute_text(object, "dtype", dtype, sizeof(dtype)) &&
           strcmp(dtype, "bfloat16") == 0;
}

static rc_status set_shape(const rc_h5_dataset *dataset, rc_keras_array *out, rc_error *err)
{
    out->rank = dataset->rank;
    out->n = 1;
    if (dataset->rank > MOST_RANK)
        return rc_error_set(err, RC_E_MODEL, "an array of %u dimensions", dataset->rank);
    for (unsigned i = 0; i < dataset->rank; i++) {
        out->shape[i] = (size_t)dataset->shape[i];
        if (__builtin_mul_overflow(out->n, out->shape[i], &out->n) || out->n > RC_MODEL_MAX_NUMBERS)
            return rc_error_set(err, RC_E_MODEL, "an array of more than %zu numbers",
                                RC_MODEL_MAX_NUMBERS);
    }
    return RC_OK;
}

/* Counts what is read: one dataset may also stand under many names. */
static rc_status spend(rc_keras_store *s, const char *path, size_t n_bytes, rc_error *err)
{
    s->n_read += n_bytes;
    if (s->n_read > MODEST_BYTES && (s->n_read - MODEST_BYTES) / MOST_RATIO > s->n_h5)
        return rc_h5_dataset_damaged(
            path, "its shape says more than 1000 times the bytes of the file", err);
    return RC_OK;
}

static void swap_bytes(unsigned char *bytes, size_t n, size_t width)
{
    for (size_t i = 0; i < n; i++, bytes += width)
        for (size_t k = 0; k < width / 2; k++) {
            unsigned char first = bytes[k];
            bytes[k] = bytes[width - 1 - k];
            bytes[width - 1 - k] = first;
        }
}

/* Where the bytes lie in the file in one piece, as Keras writes them; NULL: they do not. */
static const char *lies_at(const rc_keras_store *s, const rc_h5_dataset *dataset, size_t n_bytes)
{
    hid_t creation = H5Dget_create_plist(dataset->id);
    bool is_plain = creation >= 0 && H5Pget_layout(creation) == H5D_CONTIGUOUS &&
                    H5Pget_external_count(creation) == 0;
    if (creation >= 0)
        H5Pclose(creation);
    haddr_t at = is_plain ? H5Dget_offset(dataset->id) : HADDR_UNDEF;
    bool is_there = at != HADDR_UNDEF && H5Dget_storage_size(dataset->id) >= n_bytes &&
                    at <= s->n_h5 && n_bytes <= s->n_h5 - at;
    return is_there ? s->h5_bytes + at : NULL;
}

static rc_status copy_dataset(rc_keras_store *s, const rc_h5_dataset *dataset, size_t n_bytes,
                              const void **out, rc_error *err)
{
    void *bytes = keep_bytes(s, n_bytes);
    if (bytes == NULL)
        return rc_error_nomem(err);
    *out = bytes;
    if (n_bytes > 0 &&
        H5Dread(dataset->id, dataset->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes) < 0)
        return rc_error_set(err, RC_E_MODEL, "a damaged array");
    return RC_OK;
}

static rc_status read_dataset(rc_keras_store *s, const rc_h5_dataset *dataset, hid_t object,
                              const char *path, rc_keras_array *out, rc_error *err)
{
    rc_h5_type_info info;
    rc_h5_type_tell(dataset->type, &info);
    if (is_brain_float(dataset, object, &info))
        out->type = RC_NUMBER_BF16;
    else if (!type_of_number(&info, &out->type))
        return rc_error_set(err, RC_E_MODEL, "an array of a type that is not read");
    RC_TRY(set_shape(dataset, out, err));
    size_t width = rc_number_bytes(out->type), n_bytes = out->n * width;
    RC_TRY(spend(s, path, n_bytes, err));
    out->data = info.is_big_endian ? NULL : lies_at(s, dataset, n_bytes);
    if (out->data != NULL)
        return RC_OK;
    RC_TRY(copy_dataset(s, dataset, n_bytes, &out->data, err));
    if (info.is_big_endian)
        swap_bytes((unsigned char *)out->data, out->n, width);
    return RC_OK;
}

static rc_status read_array(rc_keras_store *s, hid_t group, const char *path, rc_keras_array *out,
                            rc_error *err)
{
    hid_t object;
    rc_h5_dataset dataset;
    char quoted[RC_QUOTED_BYTES];
    rc_status st = rc_h5_object_open(group, path, &object, err);
    if (st >= 0) {
        st = rc_h5_dataset_open(object, path, &dataset, err);
        if (st >= 0) {
            st = read_dataset(s, &dataset, object, path, out, err);
            rc_h5_dataset_close(&dataset);
        }
        rc_h5_shut(object);
    }
    return st < 0 ? rc_error_wrap(err, st, "array '%s'", rc_h5_quote(path, quoted)) : st;
}

rc_status rc_keras_array_add(rc_keras_store *s, hid_t group, const char *path, const char *name,
                             size_t n_name, rc_keras_arrays *out, rc_error *err)
{
    if (out->n == MOST_ARRAYS)
        return rc_error_set(err, RC_E_MODEL, "more than %d arrays", MOST_ARRAYS);
    rc_keras_array *items = realloc(out->items, (out->n + 1) * sizeof(*items));
    if (items == NULL)
        return rc_error_nomem(err);
    out->items = items;
    items[out->n] = (rc_keras_array){.name = rc_keras_keep(s, name, n_name)};
    if (items[out->n].name == NULL)
        return rc_error_nomem(err);
    RC_TRY(read_array(s, group, path, &items[out->n], err));
    out->n++;
    return RC_OK;
}

rc_status rc_keras_child_open(hid_t group, const char *name, hid_t *child, rc_error *err)
{
    rc_error cause = {0};
    rc_status st = rc_h5_child_open(group, name, child, &cause);
    if (st < 0 && st != RC_E_USAGE && err != NULL)
        *err = cause;
    return st == RC_E_USAGE ? RC_END : st;
}
