/* texts.c - texts out of datasets and enumerations: labels, names. */
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "table/h5/reader/reader.h"
#include "table/h5/rows_state.h"

enum { BLOCK_ROWS = 4096, MOST_BYTES = 1 << 28 };

void rc_h5_texts_release(rc_h5_texts *texts)
{
    for (size_t i = 0; i < texts->n; i++)
        free(texts->items[i]);
    free(texts->items);
    free(texts->bytes);
    *texts = (rc_h5_texts){0};
}

rc_status rc_h5_texts_add(rc_h5_texts *texts, const char *text, size_t n, rc_error *err)
{
    rc_h5_texts *t = texts;
    if (!rc_grow((void **)&t->items, &t->capacity, t->n + 1, sizeof(*t->items)) ||
        !rc_grow((void **)&t->bytes, &t->bytes_capacity, t->n + 1, sizeof(*t->bytes)))
        return rc_error_nomem(err);
    t->items[t->n] = rc_strndup(text, n);
    if (t->items[t->n] == NULL)
        return rc_error_nomem(err);
    t->bytes[t->n++] = n;
    return RC_OK;
}

size_t rc_h5_text_length(const rc_h5_type_info *info, const char *text)
{
    size_t n = strnlen(text, info->n_bytes);
    while (info->is_space_padded && n > 0 && text[n - 1] == ' ')
        n--;
    return n;
}

int64_t rc_h5_int_of(const rc_h5_type_info *info, const unsigned char *bytes)
{
    uint64_t bits = 0;
    for (uint32_t i = 0; i < info->n_bytes && i < 8; i++)
        bits = bits << 8 | bytes[info->is_big_endian ? i : info->n_bytes - 1 - i];
    unsigned unused = 64 - 8 * info->n_bytes;
    if (info->type == RC_H5_INT && unused > 0 && unused < 64 && bits >> (63 - unused) != 0)
        bits |= UINT64_MAX << (64 - unused);
    return (int64_t)bits;
}

static size_t print_float(const rc_h5_type_info *info, const unsigned char *bytes, char *out)
{
    const rc_h5_column column = {
        .type = info->type, .n_bytes = info->n_bytes, .is_big_endian = info->is_big_endian};
    float narrow;
    double wide;
    if (info->n_bytes == 8) {
        rc_h5_decoder_f64 (&column)(bytes, 0, 1, &wide);
        return rc_num_print_f64(wide, out);
    }
    rc_h5_decoder_f32 (&column)(bytes, 0, 1, &narrow);
    return rc_num_print_f32(narrow, out);
}

static size_t print_int(const rc_h5_type_info *info, const unsigned char *bytes, char *out)
{
    int64_t x = rc_h5_int_of(info, bytes);
    bool is_negative = info->type == RC_H5_INT && x < 0;
    if (is_negative)
        *out = '-';
    return is_negative +
           rc_num_print_u64(is_negative ? 0 - (uint64_t)x : (uint64_t)x, out + is_negative);
}

rc_status rc_h5_texts_add_element(rc_h5_texts *texts, const rc_h5_type_info *info,
                                  const char *element, const char *area, rc_error *err)
{
    char number[RC_NUM_BYTES + 1];
    const unsigned char *bytes = (const unsigned char *)element;
    uint32_t packed[2];
    switch (info->type) {
    case RC_H5_TEXT_VAR:
        memcpy(packed, element, sizeof(packed));
        return rc_h5_texts_add(texts, area + packed[0], packed[1], err);
    case RC_H5_TEXT:
        return rc_h5_texts_add(texts, element, rc_h5_text_length(info, element), err);
    case RC_H5_BOOL:
        return *element != 0 ? rc_h5_texts_add(texts, "true", 4, err)
                             : rc_h5_texts_add(texts, "false", 5, err);
    case RC_H5_FLOAT:
        return rc_h5_texts_add(texts, number, print_float(info, bytes, number), err);
    default:
        return rc_h5_texts_add(texts, number, print_int(info, bytes, number), err);
    }
}

static rc_status add_rows(const rc_h5_dataset *dataset, const rc_h5_storage *s,
                          const rc_h5_type_info *info, rc_h5_texts *texts, rc_error *err)
{
    char quoted[RC_QUOTED_BYTES];
    rc_buf block = {0};
    rc_status st = RC_OK;
    uint64_t sum = 0;
    for (uint64_t first = 0; st >= 0 && first < s->n_rows; first += BLOCK_ROWS) {
        uint64_t n = s->n_rows - first < BLOCK_ROWS ? s->n_rows - first : BLOCK_ROWS;
        block.n = 0;
        st = rc_h5_storage_block(dataset, s, first, n, &block, err);
        if (st < 0)
            rc_error_wrap(err, st, "dataset '%s'", rc_h5_quote(s->path, quoted));
        sum += block.n;
        if (st >= 0 && sum > MOST_BYTES)
            st = rc_error_set(err, RC_E_DATA, "texts of more than 256 MiB");
        for (uint64_t i = 0; st >= 0 && i < n; i++)
            st = rc_h5_texts_add_element(texts, info, block.data + i * s->element_bytes,
                                         block.data + n * s->element_bytes, err);
    }
    rc_buf_release(&block);
    return st;
}

static rc_status dataset_texts(const rc_h5_dataset *dataset, const char *path, size_t most,
                               rc_h5_texts *texts, rc_error *err)
{
    rc_h5_type_info info;
    rc_h5_storage s;
    bool is_line = dataset->rank == 2 && dataset->shape[0] == 1 && dataset->shape[1] != 1;
    rc_h5_type_tell(dataset->type, &info);
    if (info.type == RC_H5_UNREADABLE)
        return rc_error_set(err, RC_E_DATA, "%s instead of texts", info.why);
    RC_TRY(rc_h5_storage_describe(dataset, path, is_line, rc_h5_type_converted(dataset->type), 0,
                                  &s, err));
    rc_status st = RC_OK;
    if (s.n_columns != 1)
        st = rc_error_set(err, RC_E_DATA, "more than one column of texts");
    else if (s.n_rows > most)
        st = rc_error_set(err, RC_E_DATA, "more texts than %zu", most);
    else if (s.n_rows > 0 && s.element_bytes > MOST_BYTES / BLOCK_ROWS)
        st = rc_error_set(err, RC_E_DATA, "texts of more than 64 KiB each");
    else
        st = add_rows(dataset, &s, &info, texts, err);
    rc_h5_storage_release(&s);
    return st;
}

rc_status rc_h5_dataset_texts(hid_t object, size_t most, rc_h5_texts *texts, rc_error *err)
{
    rc_h5_dataset dataset;
    char path[RC_QUOTED_BYTES] = ""; /* for messages */
    H5Iget_name(object, path, sizeof(path));
    *texts = (rc_h5_texts){0};
    RC_TRY(rc_h5_dataset_open(object, path, &dataset, err));
    rc_status st = dataset_texts(&dataset, path, most, texts, err);
    rc_h5_dataset_close(&dataset);
    if (st < 0)
        rc_h5_texts_release(texts);
    return st;
}

/* -- enumerations ------------------------------------------------------------------------------ */

static rc_status add_label(hid_t type, const rc_h5_type_info *info, unsigned i,
                           rc_h5_labels *labels, rc_error *err)
{
    unsigned char value[8] = {0};
    char *name = H5Tget_member_name(type, i);
    if (name == NULL || H5Tget_member_value(type, i, value) < 0) {
        H5free_memory(name);
        return rc_error_set(err, RC_E_DATA, "a damaged enumeration");
    }
    labels->texts[i] = rc_strdup(name);
    labels->text_bytes[i] = strlen(name);
    labels->values[i] = rc_h5_int_of(info, value);
    H5free_memory(name);
    return labels->texts[i] == NULL ? rc_error_nomem(err) : RC_OK;
}

rc_status rc_h5_enum_labels(hid_t type, rc_h5_labels *labels, rc_error *err)
{
    rc_h5_type_info info;
    *labels = (rc_h5_labels){0};
    rc_h5_type_tell(type, &info);
    int n = info.is_enum ? H5Tget_nmembers(type) : -1;
    if (n < 0 || n > RC_H5_MAX_LABELS)
        return rc_error_set(err, RC_E_DATA, "a damaged enumeration");
    labels->n = (size_t)n;
    labels->texts = rc_alloc_array(labels->n, sizeof(*labels->texts));
    labels->text_bytes = rc_alloc_array(labels->n, sizeof(*labels->text_bytes));
    labels->values = rc_alloc_array(labels->n, sizeof(*labels->values));
    rc_status st = RC_OK;
    if (labels->texts == NULL || labels->text_bytes == NULL || labels->values == NULL)
        st = rc_error_nomem(err);
    for (int i = 0; st >= 0 && i < n; i++)
        st = add_label(type, &info, (unsigned)i, labels, err);
    if (st < 0)
        rc_h5_labels_release(labels);
    return st;
}
