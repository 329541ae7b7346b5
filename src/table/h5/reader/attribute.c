/* attribute.c - attributes of an HDF5 object, of which not one is trusted. */
#include <stdlib.h>
#include <string.h>

#include "table/h5/reader/reader.h"

enum { MOST_TEXTS = 1 << 20, MOST_BYTES = 64 << 20 };

/* An attribute that is open. */
typedef struct attribute {
    hid_t id, type, space;
    size_t n; /* elements */
    rc_h5_type_info info;
} attribute;

static void attribute_close(attribute *a)
{
    rc_h5_shut(a->space);
    rc_h5_shut(a->type);
    rc_h5_shut(a->id);
}

static bool inspect(attribute *a)
{
    a->type = H5Aget_type(a->id);
    a->space = H5Aget_space(a->id);
    if (a->type < 0 || a->space < 0)
        return false;
    hssize_t n = H5Sget_simple_extent_npoints(a->space);
    if (n < 0 || n > MOST_TEXTS)
        return false;
    a->n = (size_t)n;
    rc_h5_type_tell(a->type, &a->info);
    return a->info.type != RC_H5_UNREADABLE && a->info.n_bytes <= MOST_BYTES / (a->n + 1);
}

/* False: there is none, or it is of a type that is not known. */
static bool attribute_open(hid_t object, const char *name, attribute *a)
{
    *a = (attribute){.id = -1, .type = -1, .space = -1};
    if (H5Aexists(object, name) <= 0)
        return false;
    a->id = H5Aopen(object, name, H5P_DEFAULT);
    if (a->id >= 0 && inspect(a))
        return true;
    attribute_close(a);
    return false;
}

static rc_status texts_of_variable(const attribute *a, rc_h5_texts *texts, rc_error *err)
{
    char **read = rc_alloc_array(a->n, sizeof(*read));
    if (read == NULL)
        return rc_error_nomem(err);
    rc_status st = RC_OK;
    if (a->n > 0 && H5Aread(a->id, a->type, read) < 0)
        st = rc_error_set(err, RC_E_DATA, "a damaged attribute");
    uint64_t sum = 0;
    for (size_t i = 0; st >= 0 && i < a->n; i++) {
        const char *text = read[i] == NULL ? "" : read[i];
        sum += strlen(text);
        st = sum > MOST_BYTES ? rc_error_set(err, RC_E_DATA, "an attribute beyond 64 MiB")
                              : rc_h5_texts_add(texts, text, strlen(text), err);
    }
    if (a->n > 0)
        H5Dvlen_reclaim(a->type, a->space, H5P_DEFAULT, read);
    free(read);
    return st;
}

static rc_status texts_of_fixed(const attribute *a, rc_h5_texts *texts, rc_error *err)
{
    size_t n_bytes = a->info.n_bytes;
    char *read = rc_alloc_array(a->n, n_bytes);
    if (read == NULL)
        return rc_error_nomem(err);
    rc_status st = RC_OK;
    if (a->n > 0 && H5Aread(a->id, a->type, read) < 0)
        st = rc_error_set(err, RC_E_DATA, "a damaged attribute");
    for (size_t i = 0; st >= 0 && i < a->n; i++) {
        const char *text = read + i * n_bytes;
        st = rc_h5_texts_add(texts, text, rc_h5_text_length(&a->info, text), err);
    }
    free(read);
    return st;
}

rc_status rc_h5_attribute_texts(hid_t object, const char *name, rc_h5_texts *texts, rc_error *err)
{
    attribute a;
    *texts = (rc_h5_texts){0};
    if (!attribute_open(object, name, &a))
        return RC_END;
    rc_status st = RC_END;
    if (a.info.type == RC_H5_TEXT_VAR)
        st = texts_of_variable(&a, texts, err);
    else if (a.info.type == RC_H5_TEXT)
        st = texts_of_fixed(&a, texts, err);
    attribute_close(&a);
    if (st < 0)
        rc_h5_texts_release(texts);
    return st;
}

bool rc_h5_attribute_text(hid_t object, const char *name, char *out, size_t size)
{
    rc_h5_texts texts;
    rc_error ignored;
    if (rc_h5_attribute_texts(object, name, &texts, &ignored) != RC_OK)
        return false;
    bool is_one = texts.n == 1;
    if (is_one) {
        size_t n = texts.bytes[0] < size ? texts.bytes[0] : size - 1;
        memcpy(out, texts.items[0], n);
        out[n] = '\0';
    }
    rc_h5_texts_release(&texts);
    return is_one;
}

bool rc_h5_attribute_int(hid_t object, const char *name, int64_t *out)
{
    attribute a;
    unsigned char bytes[8] = {0};
    if (!attribute_open(object, name, &a))
        return false;
    bool is_one = a.n == 1 && (a.info.type == RC_H5_INT || a.info.type == RC_H5_UINT ||
                               a.info.type == RC_H5_BOOL);
    is_one = is_one && H5Aread(a.id, a.type, bytes) >= 0;
    if (is_one)
        *out = rc_h5_int_of(&a.info, bytes);
    attribute_close(&a);
    return is_one;
}
