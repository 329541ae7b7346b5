/* type.c - what a type of an HDF5 file is.
 *
 * The library trusts what a file says of a type: a conversion of an integer whose precision lies
 * about its size writes beyond the stack. So a type is known only if it equals one of a short list,
 * and no other is ever read. */
#include <string.h>

#include "table/h5/reader/reader.h"

enum { MOST_TEXT_BYTES = 1 << 30, MOST_MEMBERS = 1 << 16, MOST_DEPTH = 8 };

typedef struct standard {
    hid_t id;
    rc_h5_type type;
    uint32_t n_bytes;
    bool is_big_endian;
} standard;

static bool tell_standard(const standard *list, size_t n, hid_t type, rc_h5_type_info *info)
{
    for (size_t i = 0; i < n; i++) {
        if (H5Tequal(type, list[i].id) <= 0)
            continue;
        info->type = list[i].type;
        info->n_bytes = list[i].n_bytes;
        info->is_big_endian = list[i].is_big_endian;
        return true;
    }
    return false;
}

static bool tell_integer(hid_t type, rc_h5_type_info *info)
{
    const standard list[] = {
        {H5T_STD_I8LE, RC_H5_INT, 1, false},   {H5T_STD_I8BE, RC_H5_INT, 1, false},
        {H5T_STD_I16LE, RC_H5_INT, 2, false},  {H5T_STD_I16BE, RC_H5_INT, 2, true},
        {H5T_STD_I32LE, RC_H5_INT, 4, false},  {H5T_STD_I32BE, RC_H5_INT, 4, true},
        {H5T_STD_I64LE, RC_H5_INT, 8, false},  {H5T_STD_I64BE, RC_H5_INT, 8, true},
        {H5T_STD_U8LE, RC_H5_UINT, 1, false},  {H5T_STD_U8BE, RC_H5_UINT, 1, false},
        {H5T_STD_U16LE, RC_H5_UINT, 2, false}, {H5T_STD_U16BE, RC_H5_UINT, 2, true},
        {H5T_STD_U32LE, RC_H5_UINT, 4, false}, {H5T_STD_U32BE, RC_H5_UINT, 4, true},
        {H5T_STD_U64LE, RC_H5_UINT, 8, false}, {H5T_STD_U64BE, RC_H5_UINT, 8, true},
    };
    return tell_standard(list, sizeof(list) / sizeof(list[0]), type, info);
}

/* The library has no name for it before 1.14; h5py and PyTables make it like this. */
static hid_t make_f16(hid_t f32)
{
    hid_t type = H5Tcopy(f32);
    if (type < 0)
        return -1;
    if (H5Tset_fields(type, 15, 10, 5, 0, 10) >= 0 && H5Tset_size(type, 2) >= 0 &&
        H5Tset_ebias(type, 15) >= 0)
        return type;
    H5Tclose(type);
    return -1;
}

static bool tell_f16(hid_t type, rc_h5_type_info *info)
{
    const standard list[] = {{make_f16(H5T_IEEE_F32LE), RC_H5_FLOAT, 2, false},
                             {make_f16(H5T_IEEE_F32BE), RC_H5_FLOAT, 2, true}};
    bool is_known = list[0].id >= 0 && list[1].id >= 0 && tell_standard(list, 2, type, info);
    rc_h5_shut(list[0].id);
    rc_h5_shut(list[1].id);
    return is_known;
}

static bool tell_float(hid_t type, rc_h5_type_info *info)
{
    const standard list[] = {
        {H5T_IEEE_F32LE, RC_H5_FLOAT, 4, false},
        {H5T_IEEE_F32BE, RC_H5_FLOAT, 4, true},
        {H5T_IEEE_F64LE, RC_H5_FLOAT, 8, false},
        {H5T_IEEE_F64BE, RC_H5_FLOAT, 8, true},
    };
    if (tell_standard(list, sizeof(list) / sizeof(list[0]), type, info))
        return true;
    return H5Tget_size(type) == 2 && tell_f16(type, info);
}

/* PyTables writes its bool so. */
static bool tell_bits(hid_t type, rc_h5_type_info *info)
{
    const standard list[] = {{H5T_STD_B8LE, RC_H5_BOOL, 1, false},
                             {H5T_STD_B8BE, RC_H5_BOOL, 1, false}};
    return tell_standard(list, sizeof(list) / sizeof(list[0]), type, info);
}

static bool has_member_text(hid_t type, unsigned i, const char *text)
{
    char *name = H5Tget_member_name(type, i);
    bool is_it = name != NULL && strcmp(name, text) == 0;
    H5free_memory(name);
    return is_it;
}

/* FALSE = 0, TRUE = 1 on a byte, as h5py writes it. */
static bool is_bool(hid_t type, const rc_h5_type_info *base)
{
    signed char value[2] = {-1, -1};
    return base->n_bytes == 1 && H5Tget_nmembers(type) == 2 && has_member_text(type, 0, "FALSE") &&
           has_member_text(type, 1, "TRUE") && H5Tget_member_value(type, 0, &value[0]) >= 0 &&
           H5Tget_member_value(type, 1, &value[1]) >= 0 && value[0] == 0 && value[1] == 1;
}

static bool tell_enum(hid_t type, rc_h5_type_info *info)
{
    hid_t base = H5Tget_super(type);
    if (base < 0)
        return false;
    bool is_known = H5Tget_class(base) == H5T_INTEGER && tell_integer(base, info) &&
                    H5Tget_size(type) == info->n_bytes;
    H5Tclose(base);
    if (!is_known)
        return false;
    info->is_enum = true;
    if (is_bool(type, info))
        info->type = RC_H5_BOOL;
    return true;
}

/* A string type of the library's own; -1 if there is none of that kind. */
static hid_t make_string(size_t n_bytes, H5T_cset_t letters, H5T_str_t padding)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type < 0)
        return -1;
    if (H5Tset_size(type, n_bytes) >= 0 && H5Tset_cset(type, letters) >= 0 &&
        H5Tset_strpad(type, padding) >= 0)
        return type;
    H5Tclose(type);
    return -1;
}

static bool tell_string(hid_t type, rc_h5_type_info *info)
{
    htri_t is_variable = H5Tis_variable_str(type);
    size_t n_bytes = H5Tget_size(type);
    H5T_cset_t letters = H5Tget_cset(type);
    H5T_str_t padding = H5Tget_strpad(type);
    if (is_variable < 0 || n_bytes == 0 || n_bytes > MOST_TEXT_BYTES ||
        (letters != H5T_CSET_ASCII && letters != H5T_CSET_UTF8) || padding < H5T_STR_NULLTERM ||
        padding > H5T_STR_SPACEPAD)
        return false;
    hid_t own = make_string(is_variable ? H5T_VARIABLE : n_bytes, letters, padding);
    bool is_known = own >= 0 && H5Tequal(own, type) > 0;
    rc_h5_shut(own);
    info->type = is_variable ? RC_H5_TEXT_VAR : RC_H5_TEXT;
    info->n_bytes = is_variable ? 8 : (uint32_t)n_bytes;
    info->is_space_padded = padding == H5T_STR_SPACEPAD;
    return is_known;
}

static const char *odd_compound(hid_t type)
{
    rc_h5_type_info part = {0};
    hid_t first = H5Tget_nmembers(type) == 2 ? H5Tget_member_type(type, 0) : -1;
    bool is_complex = first >= 0 && H5Tget_class(first) == H5T_FLOAT && tell_float(first, &part) &&
                      has_member_text(type, 0, "r") && has_member_text(type, 1, "i");
    rc_h5_shut(first);
    return is_complex ? "complex numbers" : "a nested compound";
}

static const char *why_unreadable(hid_t type, H5T_class_t kind)
{
    switch (kind) {
    case H5T_INTEGER:
        return "integers of an odd layout";
    case H5T_FLOAT:
        return "floating-point numbers of an odd layout";
    case H5T_STRING:
        return "strings of an odd kind";
    case H5T_ENUM:
        return "an enumeration of an odd kind";
    case H5T_BITFIELD:
        return "bit fields";
    case H5T_OPAQUE:
        return "opaque bytes";
    case H5T_COMPOUND:
        return odd_compound(type);
    case H5T_REFERENCE:
        return "references";
    case H5T_VLEN:
        return "variable-length sequences";
    case H5T_ARRAY:
        return "arrays";
    case H5T_TIME:
        return "times of an old kind";
    default:
        return "a type that is not known";
    }
}

static bool tell(hid_t type, H5T_class_t kind, rc_h5_type_info *info)
{
    switch (kind) {
    case H5T_INTEGER:
        return tell_integer(type, info);
    case H5T_FLOAT:
        return tell_float(type, info);
    case H5T_STRING:
        return tell_string(type, info);
    case H5T_ENUM:
        return tell_enum(type, info);
    case H5T_BITFIELD:
        return tell_bits(type, info);
    default:
        return false;
    }
}

void rc_h5_type_tell(hid_t type, rc_h5_type_info *info)
{
    *info = (rc_h5_type_info){0};
    /* H5Tget_class says string of both kinds of strings */
    H5T_class_t kind = H5Tget_class(type);
    if (tell(type, kind, info))
        return;
    *info = (rc_h5_type_info){.type = RC_H5_UNREADABLE};
    size_t n_bytes = H5Tget_size(type);
    info->n_bytes = n_bytes < UINT32_MAX ? (uint32_t)n_bytes : UINT32_MAX;
    const char *why = why_unreadable(type, kind);
    memcpy(info->why, why, strlen(why) + 1);
}

/* How many elements an array type has; 0: it is none, or of an absurd size. */
static uint32_t array_count(hid_t type)
{
    hsize_t dims[H5S_MAX_RANK];
    int rank = H5Tget_array_ndims(type);
    if (rank < 1 || rank > H5S_MAX_RANK || H5Tget_array_dims2(type, dims) != rank)
        return 0;
    uint64_t n = 1;
    for (int i = 0; i < rank; i++) {
        if (dims[i] == 0 || dims[i] > (1u << 24) / n)
            return 0;
        n *= dims[i];
    }
    return (uint32_t)n;
}

void rc_h5_type_tell_member(hid_t type, rc_h5_type_info *info, uint32_t *n)
{
    *n = 1;
    if (H5Tget_class(type) != H5T_ARRAY) {
        rc_h5_type_tell(type, info);
        return;
    }
    uint32_t count = array_count(type);
    hid_t base = count > 0 ? H5Tget_super(type) : -1;
    if (base < 0) {
        rc_h5_type_tell(type, info); /* "arrays" */
        return;
    }
    rc_h5_type_tell(base, info);
    bool fits =
        info->type == RC_H5_UNREADABLE || H5Tget_size(type) == (uint64_t)count * H5Tget_size(base);
    H5Tclose(base);
    if (!fits)
        rc_h5_type_tell(type, info);
    if (info->type != RC_H5_UNREADABLE)
        *n = count;
}

/* -- conversions --------------------------------------------------------------------------------*/

static bool is_plain(hid_t type, unsigned depth);

static bool is_plain_super(hid_t type, unsigned depth)
{
    hid_t base = H5Tget_super(type);
    bool is = base >= 0 && is_plain(base, depth);
    rc_h5_shut(base);
    return is;
}

static bool is_plain_compound(hid_t type, unsigned depth)
{
    int n = H5Tget_nmembers(type);
    bool is = n > 0 && n <= MOST_MEMBERS;
    for (int i = 0; is && i < n; i++) {
        hid_t member = H5Tget_member_type(type, (unsigned)i);
        is = member >= 0 && is_plain(member, depth);
        rc_h5_shut(member);
    }
    return is;
}

/* Whether the type has the same bytes in the file and in memory. The library tells sizes and
 * offsets of what is in memory, where sequences and references are others than in the file. */
static bool is_plain(hid_t type, unsigned depth)
{
    if (depth == 0)
        return false;
    switch (H5Tget_class(type)) {
    case H5T_NO_CLASS:
    case H5T_REFERENCE:
    case H5T_VLEN:
        return false;
    case H5T_STRING:
        return H5Tis_variable_str(type) == 0;
    case H5T_ARRAY:
        return is_plain_super(type, depth - 1);
    case H5T_COMPOUND:
        return is_plain_compound(type, depth - 1);
    default:
        return true;
    }
}

static uint32_t converted_member(hid_t type, unsigned i)
{
    rc_h5_type_info info;
    uint32_t n;
    hid_t member = H5Tget_member_type(type, i);
    if (member < 0)
        return 0;
    rc_h5_type_tell_member(member, &info, &n);
    H5Tclose(member);
    if (info.type == RC_H5_UNREADABLE)
        return 0;
    return info.n_bytes <= MOST_TEXT_BYTES / n ? info.n_bytes * n : RC_H5_NONE;
}

uint32_t rc_h5_type_converted(hid_t type)
{
    if (is_plain(type, MOST_DEPTH))
        return 0;
    if (H5Tget_class(type) != H5T_COMPOUND) {
        rc_h5_type_info info;
        rc_h5_type_tell(type, &info);
        return info.type == RC_H5_UNREADABLE ? RC_H5_NONE : info.n_bytes;
    }
    uint64_t sum = 0;
    int n = H5Tget_nmembers(type);
    for (int i = 0; i < n && i < MOST_MEMBERS && sum <= MOST_TEXT_BYTES; i++)
        sum += converted_member(type, (unsigned)i);
    return sum == 0 || sum > MOST_TEXT_BYTES ? RC_H5_NONE : (uint32_t)sum;
}
