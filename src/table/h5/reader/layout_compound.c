/* layout_compound.c - compound datasets, of which each member is a column. */
#include <stdio.h>

#include "table/h5/reader/layout.h"

static rc_status make_compound(rc_h5_maker *maker, hid_t dataset, const char *path, rc_error *err);

static const rc_h5_family compound = {"compound dataset", make_compound};
static const rc_h5_family pytables = {"PyTables table", make_compound};

/* Where the members of a compound stand: as in the file, or (is_converted) the readable ones
 * without gaps. */
typedef struct place {
    rc_h5_maker *maker;
    uint32_t storage;
    bool is_converted;
    uint64_t offset;
    unsigned depth;
    const char *prefix;
} place;

static rc_status add_members(place *at, hid_t type, rc_error *err);

static rc_status add_unreadable(place *at, const char *name, const char *why, rc_error *err)
{
    return rc_h5_make_unreadable(at->maker, name, strlen(name), why, err);
}

/* A compound in a compound: its members are a.b, unless it is a number of two parts. */
static rc_status add_nested(place *at, hid_t type, const char *name, const rc_h5_type_info *info,
                            rc_error *err)
{
    bool is_nested = H5Tget_class(type) == H5T_COMPOUND && at->depth < RC_H5_MAX_LEAVES &&
                     !at->is_converted && strcmp(info->why, "complex numbers") != 0;
    if (!is_nested)
        return add_unreadable(at, name, info->why, err);
    char prefix[RC_H5_PATH_BYTES];
    if (snprintf(prefix, sizeof(prefix), "%s.", name) >= (int)sizeof(prefix))
        return add_unreadable(at, name, info->why, err);
    place inner = *at;
    inner.prefix = prefix;
    inner.depth++;
    return add_members(&inner, type, err);
}

/* n elements one behind the other: name_0, name_1 ...; a single one has the name alone. */
static rc_status add_elements(place *at, hid_t type, const char *name, uint32_t n, rc_error *err)
{
    size_t first = at->maker->open.table->n_columns;
    for (uint32_t i = 0; i < n; i++) {
        char numbered[RC_H5_PATH_BYTES + 16];
        snprintf(numbered, sizeof(numbered), n == 1 ? "%s" : "%s_%u", name, i);
        if (i == 0) {
            RC_TRY(
                rc_h5_make_element(at->maker, at->storage, type, numbered, strlen(numbered), err));
            rc_h5_made(at->maker)->offset = (uint32_t)at->offset;
            continue;
        }
        rc_h5_column next = at->maker->open.table->columns[first];
        next.offset = (uint32_t)(at->offset + (uint64_t)i * next.n_bytes);
        RC_TRY(rc_h5_make_column(at->maker, &next, numbered, strlen(numbered), err));
    }
    return RC_OK;
}

static uint64_t bytes_of(const place *at)
{
    return at->maker->open.table->storages[at->storage].element_bytes;
}

static rc_status add_member(place *at, hid_t type, const char *name, rc_error *err)
{
    rc_h5_type_info info;
    uint32_t n;
    rc_h5_type_tell_member(type, &info, &n);
    if (info.type == RC_H5_UNREADABLE)
        return add_nested(at, type, name, &info, err);
    bool is_array = H5Tget_class(type) == H5T_ARRAY;
    if (at->offset > bytes_of(at) || (uint64_t)n * info.n_bytes > bytes_of(at) - at->offset)
        return rc_error_set(err, RC_E_DATA, "a member lies beyond its element");
    hid_t element = is_array ? H5Tget_super(type) : type;
    if (element < 0)
        return add_unreadable(at, name, "a damaged type", err);
    rc_status st = add_elements(at, element, name, n, err);
    if (is_array)
        H5Tclose(element);
    if (at->is_converted)
        at->offset += (uint64_t)n * info.n_bytes;
    return st;
}

static rc_status add_ith(place *at, hid_t type, unsigned i, const char *text, rc_error *err)
{
    char name[RC_H5_PATH_BYTES];
    if (snprintf(name, sizeof(name), "%s%s", at->prefix, text) >= (int)sizeof(name))
        return rc_error_set(err, RC_E_DATA, "a member with a name of %zu bytes", strlen(text));
    hid_t member = H5Tget_member_type(type, i);
    if (member < 0)
        return rc_error_set(err, RC_E_DATA, "member %u has a damaged type", i + 1);
    place here = *at;
    if (!at->is_converted)
        here.offset += H5Tget_member_offset(type, i);
    rc_status st = add_member(&here, member, name, err);
    if (at->is_converted)
        at->offset = here.offset;
    H5Tclose(member);
    return st;
}

static rc_status add_named(place *at, hid_t type, unsigned i, rc_error *err)
{
    char *text = H5Tget_member_name(type, i);
    if (text == NULL)
        return rc_error_set(err, RC_E_DATA, "member %u has no name", i + 1);
    rc_status st = add_ith(at, type, i, text, err);
    H5free_memory(text);
    return st;
}

static rc_status add_members(place *at, hid_t type, rc_error *err)
{
    int n = H5Tget_nmembers(type);
    for (int i = 0; i < n; i++)
        RC_TRY(add_named(at, type, (unsigned)i, err));
    return RC_OK;
}

rc_status rc_h5_make_member(rc_h5_maker *maker, uint32_t storage, hid_t type, unsigned member,
                            uint64_t *offset, rc_error *err)
{
    place at = {.maker = maker,
                .storage = storage,
                .is_converted = rc_h5_type_converted(type) != 0,
                .offset = *offset,
                .prefix = ""};
    rc_status st = add_named(&at, type, member, err);
    *offset = at.offset;
    return st;
}

static rc_status make_compound(rc_h5_maker *maker, hid_t dataset, const char *path, rc_error *err)
{
    unsigned rank;
    hsize_t shape[H5S_MAX_RANK];
    uint64_t n_rows;
    bool is_transposed;
    if (!rc_h5_extent(dataset, &rank, shape) ||
        !rc_h5_is_vector(rank, shape, &n_rows, &is_transposed))
        return rc_error_set(err, RC_E_DATA, "a compound dataset of %u dimensions", rank);
    uint32_t storage = 0;
    RC_TRY(rc_h5_make_storage(maker, dataset, path, is_transposed, &storage, err));
    maker->open.table->has_names = true;
    hid_t type = maker->open.datasets[storage].type;
    uint64_t offset = 0;
    for (int i = 0; i < H5Tget_nmembers(type); i++)
        RC_TRY(rc_h5_make_member(maker, storage, type, (unsigned)i, &offset, err));
    return RC_OK;
}

/* How many columns the members make, about: nested ones count as one. */
static uint64_t count_columns(hid_t type)
{
    uint64_t sum = 0;
    int n = H5Tget_nmembers(type);
    for (int i = 0; i < n; i++) {
        rc_h5_type_info info;
        uint32_t count = 1;
        hid_t member = H5Tget_member_type(type, (unsigned)i);
        if (member < 0)
            continue;
        rc_h5_type_tell_member(member, &info, &count);
        sum += count;
        H5Tclose(member);
    }
    return sum;
}

void rc_h5_see_compound(hid_t dataset, unsigned rank, const hsize_t *shape, hid_t type,
                        rc_h5_sight *sight)
{
    bool is_transposed;
    rc_h5_type_info info;
    rc_h5_type_tell(type, &info);
    if (strcmp(info.why, "complex numbers") == 0)
        snprintf(sight->why, sizeof(sight->why), "complex numbers, which are not read");
    else if (!rc_h5_is_vector(rank, shape, &sight->n_rows, &is_transposed))
        snprintf(sight->why, sizeof(sight->why), "a compound dataset of %u dimensions", rank);
    else if (rc_h5_type_converted(type) == RC_H5_NONE)
        snprintf(sight->why, sizeof(sight->why), "a compound without a member that can be read");
    else
        sight->family = rc_h5_attribute_is(dataset, "CLASS", "TABLE") ? &pytables : &compound;
    if (sight->family != NULL)
        sight->n_columns = count_columns(type);
}
