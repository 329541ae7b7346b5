/* out_type.c - the messages of a dataset's object header, byte by byte. */
#include "table/h5/out_type.h"

#include <stdio.h>

#include "table/h5/filters.h"

/* Classes and version of a datatype; kinds of messages. */
enum {
    CLASS_INT = 0x30,
    CLASS_FLOAT = 0x31,
    CLASS_TEXT = 0x33,
    CLASS_COMPOUND = 0x36,
    CLASS_ENUM = 0x38,
    INT_SIGNED = 0x08,
    TEXT_NUL_PADDED = 1,
    TEXT_UTF8 = 1 << 4,
    MESSAGE_SPACE = 0x01,
    MESSAGE_TYPE = 0x03,
    MESSAGE_FILL = 0x05,
    MESSAGE_LAYOUT = 0x08,
    MESSAGE_FILTERS = 0x0b,
    MESSAGE_ATTRIBUTE = 0x0c,
    IS_CONSTANT = 1 /* flag of a message */
};

bool rc_h5_put(rc_buf *out, uint64_t x, size_t n)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(x >> 8 * i);
    return rc_buf_append(out, bytes, n);
}

bool rc_h5_pad(rc_buf *out, size_t begin)
{
    return rc_h5_put(out, 0, -(out->n - begin) % 8);
}

const char *rc_h5_member_name(const rc_field *field, size_t index, char made[32], size_t *n)
{
    if (field->name_bytes == 0) {
        *n = (size_t)snprintf(made, 32, "column_%zu", index + 1);
        return made;
    }
    *n = field->name_bytes;
    return field->name;
}

static bool put_type_head(rc_buf *out, int class, unsigned bits, uint32_t n_bytes)
{
    return rc_h5_put(out, (unsigned)class, 1) && rc_h5_put(out, bits, 3) &&
           rc_h5_put(out, n_bytes, 4);
}

static bool put_int(rc_buf *out, bool is_signed, uint32_t n_bytes)
{
    return put_type_head(out, CLASS_INT, is_signed ? INT_SIGNED : 0, n_bytes) &&
           rc_h5_put(out, 0, 2) && rc_h5_put(out, 8 * n_bytes, 2);
}

static bool put_float(rc_buf *out, uint32_t n_bytes)
{
    unsigned fraction = n_bytes == 2 ? 10 : n_bytes == 4 ? 23 : 52;
    unsigned exponent = 8 * n_bytes - 1 - fraction, sign = 8 * n_bytes - 1;
    return put_type_head(out, CLASS_FLOAT, 0x20 | sign << 8, n_bytes) && rc_h5_put(out, 0, 2) &&
           rc_h5_put(out, 8 * n_bytes, 2) && rc_h5_put(out, fraction, 1) &&
           rc_h5_put(out, exponent, 1) && rc_h5_put(out, 0, 1) && rc_h5_put(out, fraction, 1) &&
           rc_h5_put(out, (1u << (exponent - 1)) - 1, 4);
}

/* The bool of h5py. */
static bool put_bool(rc_buf *out)
{
    static const char names_values[] = "FALSE\0TRUE\0\0\1"; /* and a NUL, which is not written */
    return put_type_head(out, CLASS_ENUM, 2, 1) && put_int(out, true, 1) &&
           rc_buf_append(out, names_values, sizeof(names_values) - 1);
}

static bool put_member_type(rc_buf *out, const rc_h5_member *member, uint32_t n_bytes, bool is_utf8)
{
    switch (member->type) {
    case RC_H5_INT:
    case RC_H5_UINT:
        return put_int(out, member->type == RC_H5_INT, n_bytes);
    case RC_H5_FLOAT:
        return put_float(out, n_bytes);
    case RC_H5_BOOL:
        return put_bool(out);
    default:
        return put_type_head(out, CLASS_TEXT, TEXT_NUL_PADDED | (is_utf8 ? TEXT_UTF8 : 0), n_bytes);
    }
}

/* Offsets take as many bytes as the size of the whole does. */
static size_t offset_bytes(size_t row_bytes)
{
    return row_bytes < 1u << 8 ? 1 : row_bytes < 1u << 16 ? 2 : row_bytes < 1u << 24 ? 3 : 4;
}

bool rc_h5_put_type(rc_buf *out, const rc_layout *layout, const rc_h5_shape *shape,
                    const bool *is_utf8)
{
    const rc_h5_form *form = layout->h5;
    size_t n_offset = offset_bytes(shape->row_bytes), offset = 0;
    if (!put_type_head(out, CLASS_COMPOUND, (unsigned)form->n_members & 0xffff,
                       (uint32_t)shape->row_bytes))
        return false;
    for (size_t f = 0; f < form->n_members; f++) {
        char made[32];
        size_t n;
        const char *name = rc_h5_member_name(&layout->fields[f], f, made, &n);
        const rc_h5_member *member = &form->members[f];
        bool utf8 = member->is_utf8 || (is_utf8 != NULL && is_utf8[f]);
        if (!rc_buf_append(out, name, n) || !rc_h5_put(out, 0, 1) ||
            !rc_h5_put(out, offset, n_offset) ||
            !put_member_type(out, member, shape->bytes[f], utf8))
            return false;
        offset += shape->bytes[f];
    }
    return true;
}

/* Puts the head of a message; its bytes follow, up to end_message. */
static bool begin_message(rc_buf *out, int kind, int flags)
{
    return rc_h5_put(out, (unsigned)kind, 2) && rc_h5_put(out, 0, 2) &&
           rc_h5_put(out, (unsigned)flags, 1) && rc_h5_put(out, 0, 3);
}

/* begin: of the message, whose size is filled in. */
static bool end_message(rc_buf *out, size_t begin)
{
    if (!rc_h5_pad(out, begin))
        return false;
    size_t n = out->n - begin - 8;
    out->data[begin + 2] = (char)n;
    out->data[begin + 3] = (char)(n >> 8);
    return true;
}

/* Any number of rows may be added by others: tables of PyTables grow. */
static bool put_space(rc_buf *out, uint64_t n_rows)
{
    size_t begin = out->n;
    return begin_message(out, MESSAGE_SPACE, 0) && rc_h5_put(out, 0x010101, 8) &&
           rc_h5_put(out, n_rows, 8) && rc_h5_put(out, UINT64_MAX, 8) && end_message(out, begin);
}

/* Version 2, allocated chunk by chunk, written if set, zeros by default. */
static bool put_fill(rc_buf *out)
{
    size_t begin = out->n;
    return begin_message(out, MESSAGE_FILL, IS_CONSTANT) && rc_h5_put(out, 0x01020302, 8) &&
           end_message(out, begin);
}

static bool put_filter(rc_buf *out, unsigned id, const char name[8], uint32_t value)
{
    return rc_h5_put(out, id, 2) && rc_h5_put(out, 8, 2) && rc_h5_put(out, 1, 2) &&
           rc_h5_put(out, 1, 2) && rc_buf_append(out, name, 8) && rc_h5_put(out, value, 8);
}

static bool put_filters(rc_buf *out, const rc_h5_meta *meta)
{
    size_t begin = out->n;
    if (meta->compression == RC_COMPRESS_NONE)
        return true;
    bool is_zstd = meta->compression == RC_COMPRESS_ZSTD;
    return begin_message(out, MESSAGE_FILTERS, IS_CONSTANT) && rc_h5_put(out, 0x0201, 8) &&
           put_filter(out, RC_H5_SHUFFLE, "shuffle", (uint32_t)meta->shape->row_bytes) &&
           put_filter(out, is_zstd ? RC_H5_ZSTD : RC_H5_DEFLATE, is_zstd ? "zstd\0\0\0" : "deflate",
                      (uint32_t)meta->level) &&
           end_message(out, begin);
}

static bool put_layout(rc_buf *out, const rc_h5_meta *meta, uint64_t chunk_index)
{
    size_t begin = out->n;
    return begin_message(out, MESSAGE_LAYOUT, 0) && rc_h5_put(out, 0x020203, 3) &&
           rc_h5_put(out, chunk_index, 8) && rc_h5_put(out, meta->shape->chunk_rows, 4) &&
           rc_h5_put(out, meta->shape->row_bytes, 4) && end_message(out, begin);
}

/* A text of one element. */
static bool put_attribute(rc_buf *out, const char *name, const char *text, size_t n)
{
    size_t begin = out->n, n_name = strlen(name) + 1;
    if (!begin_message(out, MESSAGE_ATTRIBUTE, 0) || !rc_h5_put(out, 1, 2) ||
        !rc_h5_put(out, n_name, 2) || !rc_h5_put(out, 8, 2) || !rc_h5_put(out, 8, 2))
        return false;
    size_t part = out->n;
    if (!rc_buf_append(out, name, n_name) || !rc_h5_pad(out, part) ||
        !rc_h5_put(out, 0x13 | TEXT_UTF8 << 8, 4) || !rc_h5_put(out, n > 0 ? n : 1, 4) ||
        !rc_h5_put(out, 1, 8))
        return false;
    return rc_buf_append(out, n > 0 ? text : "", n > 0 ? n : 1) && end_message(out, begin);
}

/* By these PyTables and pandas know a table. */
static bool put_attributes(rc_buf *out, const rc_layout *layout)
{
    if (!put_attribute(out, "CLASS", "TABLE", 5) || !put_attribute(out, "VERSION", "2.7", 3) ||
        !put_attribute(out, "TITLE", "", 0))
        return false;
    for (size_t f = 0; f < layout->n_fields; f++) {
        char made[32], attribute[48];
        size_t n;
        const char *name = rc_h5_member_name(&layout->fields[f], f, made, &n);
        snprintf(attribute, sizeof(attribute), "FIELD_%zu_NAME", f);
        if (!put_attribute(out, attribute, name, n))
            return false;
    }
    return true;
}

static bool put_messages(rc_buf *out, const rc_h5_meta *meta, uint64_t chunk_index)
{
    size_t type = out->n;
    return begin_message(out, MESSAGE_TYPE, IS_CONSTANT) &&
           rc_h5_put_type(out, meta->layout, meta->shape, meta->is_utf8) &&
           end_message(out, type) && put_space(out, meta->n_rows) && put_fill(out) &&
           put_filters(out, meta) && put_layout(out, meta, chunk_index) &&
           put_attributes(out, meta->layout);
}

bool rc_h5_put_dataset(rc_buf *out, const rc_h5_meta *meta, uint64_t chunk_index)
{
    size_t begin = out->n;
    size_t n_messages = 7 + meta->layout->n_fields + (meta->compression != RC_COMPRESS_NONE);
    if (!rc_h5_put(out, 1, 2) || !rc_h5_put(out, n_messages, 2) || !rc_h5_put(out, 1, 4) ||
        !rc_h5_put(out, 0, 8) || !put_messages(out, meta, chunk_index))
        return false;
    size_t n = out->n - begin - 16;
    for (size_t i = 0; i < 4; i++)
        out->data[begin + 8 + i] = (char)(n >> 8 * i);
    return true;
}
