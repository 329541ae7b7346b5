/* type_text.c - a type of an HDF5 file in words. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "table/h5/reader/reader.h"

enum { MOST_MEMBERS = 64, MOST_DEPTH = 4 };

/* Text that is cut where it is full. */
typedef struct words {
    char *at;
    size_t n, size;
} words;

static void say(words *out, const char *format, ...) RC_PRINTF(2, 3);

static void say(words *out, const char *format, ...)
{
    va_list values;
    if (out->n + 1 >= out->size)
        return;
    va_start(values, format);
    int n = vsnprintf(out->at + out->n, out->size - out->n, format, values);
    va_end(values);
    if (n > 0)
        out->n += (size_t)n;
    if (out->n >= out->size)
        out->n = out->size - 1;
}

static void say_known(words *out, const rc_h5_type_info *info)
{
    const char *order = info->is_big_endian ? " big-endian" : "";
    const char *is_enum = info->is_enum && info->type != RC_H5_BOOL ? "enum of " : "";
    switch (info->type) {
    case RC_H5_INT:
        say(out, "%sint%u%s", is_enum, info->n_bytes * 8, order);
        break;
    case RC_H5_UINT:
        say(out, "%suint%u%s", is_enum, info->n_bytes * 8, order);
        break;
    case RC_H5_FLOAT:
        say(out, "float%u%s", info->n_bytes * 8, order);
        break;
    case RC_H5_BOOL:
        say(out, "bool");
        break;
    case RC_H5_TEXT:
        say(out, "string of %u bytes", info->n_bytes);
        break;
    default:
        say(out, "string");
        break;
    }
}

static void say_type(words *out, hid_t type, unsigned depth);

static void say_compound(words *out, hid_t type, unsigned depth)
{
    char quoted[RC_QUOTED_BYTES];
    int n = H5Tget_nmembers(type);
    say(out, "compound {");
    for (int i = 0; i < n && i < MOST_MEMBERS; i++) {
        char *name = H5Tget_member_name(type, (unsigned)i);
        hid_t member = H5Tget_member_type(type, (unsigned)i);
        say(out, "%s%s: ", i > 0 ? ", " : "", rc_h5_quote(name == NULL ? "" : name, quoted));
        if (member >= 0)
            say_type(out, member, depth - 1);
        rc_h5_shut(member);
        H5free_memory(name);
    }
    say(out, n > MOST_MEMBERS ? ", ...}" : "}");
}

/* "array of 3 x 4 float32" */
static void say_array(words *out, hid_t type, unsigned depth)
{
    hsize_t dims[H5S_MAX_RANK];
    hid_t base = H5Tget_super(type);
    int rank = H5Tget_array_ndims(type);
    if (base < 0)
        return;
    say(out, "array of");
    if (rank > 0 && rank <= H5S_MAX_RANK && H5Tget_array_dims2(type, dims) == rank)
        for (int i = 0; i < rank; i++)
            say(out, "%s %llu", i > 0 ? " x" : "", (unsigned long long)dims[i]);
    say(out, " ");
    say_type(out, base, depth - 1);
    H5Tclose(base);
}

static void say_sequence(words *out, hid_t type, unsigned depth)
{
    hid_t base = H5Tget_super(type);
    if (base < 0)
        return;
    say(out, "sequences of ");
    say_type(out, base, depth - 1);
    H5Tclose(base);
}

static void say_odd(words *out, hid_t type)
{
    unsigned long long bits = 8ull * H5Tget_size(type);
    switch (H5Tget_class(type)) {
    case H5T_INTEGER:
        say(out, "odd integer of %llu bits", bits);
        break;
    case H5T_FLOAT:
        say(out, "odd float of %llu bits", bits);
        break;
    case H5T_STRING:
        say(out, "odd string");
        break;
    case H5T_BITFIELD:
        say(out, "bit field of %llu bits", bits);
        break;
    case H5T_OPAQUE:
        say(out, "opaque of %llu bytes", bits / 8);
        break;
    case H5T_REFERENCE:
        say(out, "reference");
        break;
    case H5T_ENUM:
        say(out, "odd enum");
        break;
    default:
        say(out, "odd type");
        break;
    }
}

static void say_type(words *out, hid_t type, unsigned depth)
{
    rc_h5_type_info info;
    rc_h5_type_tell(type, &info);
    H5T_class_t kind = H5Tget_class(type);
    if (info.type != RC_H5_UNREADABLE)
        say_known(out, &info);
    else if (depth == 0)
        say(out, "...");
    else if (strcmp(info.why, "complex numbers") == 0)
        say(out, "complex");
    else if (kind == H5T_COMPOUND)
        say_compound(out, type, depth);
    else if (kind == H5T_ARRAY)
        say_array(out, type, depth);
    else if (kind == H5T_VLEN)
        say_sequence(out, type, depth);
    else
        say_odd(out, type);
}

void rc_h5_type_text(hid_t type, char *out, size_t size)
{
    words w = {.at = out, .size = size};
    if (size == 0)
        return;
    out[0] = '\0';
    say_type(&w, type, MOST_DEPTH);
    if (size > 4 && w.n == size - 1)
        memcpy(out + size - 4, "...", 4);
}
