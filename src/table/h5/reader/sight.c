/* sight.c - what an object of an HDF5 file is as a table. */
#include <stdio.h>
#include <string.h>

#include "table/h5/reader/layout.h"

bool rc_h5_extent(hid_t dataset, unsigned *rank, hsize_t *shape)
{
    *rank = 0;
    hid_t space = H5Dget_space(dataset);
    if (space < 0)
        return false;
    int n = H5Sget_simple_extent_ndims(space);
    bool is = H5Sget_simple_extent_type(space) != H5S_NULL && n >= 0 && n <= H5S_MAX_RANK &&
              H5Sget_simple_extent_dims(space, shape, NULL) == n;
    *rank = is ? (unsigned)n : 0;
    H5Sclose(space);
    return is;
}

bool rc_h5_is_vector(unsigned rank, const hsize_t *shape, uint64_t *n_rows, bool *is_transposed)
{
    *is_transposed = rank == 2 && shape[0] == 1 && shape[1] != 1;
    *n_rows = rank == 0 ? 0 : shape[*is_transposed];
    return rank == 1 || (rank == 2 && (shape[1] == 1 || shape[0] == 1));
}

bool rc_h5_attribute_is(hid_t object, const char *name, const char *text)
{
    char value[64];
    return rc_h5_attribute_text(object, name, value, sizeof(value)) && strcmp(value, text) == 0;
}

rc_status rc_h5_join(char out[RC_H5_PATH_BYTES], const char *path, const char *name, rc_error *err)
{
    const char *between = path[0] == '\0' || path[strlen(path) - 1] != '/' ? "/" : "";
    int n = snprintf(out, RC_H5_PATH_BYTES, "%s%s%s", path, between, name);
    if (n < 0 || n >= RC_H5_PATH_BYTES)
        return rc_error_set(err, RC_E_DATA, "a path of more than %d bytes", RC_H5_PATH_BYTES);
    return RC_OK;
}

const char *rc_h5_last_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

void rc_h5_parent(char out[RC_H5_PATH_BYTES], const char *path)
{
    size_t n = (size_t)(rc_h5_last_name(path) - path);
    n -= n > 1;
    if (n >= RC_H5_PATH_BYTES)
        n = 0;
    memcpy(out, path, n);
    memcpy(out + n, n == 0 ? "/" : "", n == 0 ? 2 : 1);
}

rc_status rc_h5_member_open(hid_t group, const char *path, const char *name, rc_h5_place *member,
                            rc_error *err)
{
    char quoted[RC_QUOTED_BYTES], child[RC_QUOTED_BYTES];
    rc_h5_quote(path, quoted);
    RC_TRY(rc_h5_join(member->path, path, name, err));
    rc_status st = rc_h5_child_open(group, name, &member->id, err);
    if (st < 0)
        return rc_error_wrap(err, st, "in '%s'", quoted);
    if (H5Iget_type(member->id) == H5I_DATASET)
        return RC_OK;
    rc_h5_shut(member->id);
    return rc_error_set(err, RC_E_DATA, "in '%s': '%s' is no dataset", quoted,
                        rc_h5_quote(name, child));
}

void rc_h5_sight_of(hid_t object, const char *path, rc_h5_sight *sight)
{
    *sight = (rc_h5_sight){0};
    H5I_type_t kind = H5Iget_type(object);
    if (kind == H5I_DATASET) {
        if (!rc_h5_sees_matlab(object, sight))
            rc_h5_sees_dataset(object, sight);
        return;
    }
    if (kind != H5I_GROUP)
        return;
    /* what MATLAB and PyTables keep for themselves */
    const char *name = rc_h5_last_name(path);
    if (strcmp(path, "/#refs#") == 0 || strcmp(path, "/#subsystem#") == 0 ||
        strncmp(name, "_i_", 3) == 0) {
        sight->is_closed = true;
        return;
    }
    if (!rc_h5_sees_pandas(object, sight) && !rc_h5_sees_anndata(object, sight) &&
        !rc_h5_sees_matlab(object, sight))
        rc_h5_sees_group(object, sight);
}

bool rc_h5_sight_offers(const rc_h5_sight *group, const rc_h5_sight *sight)
{
    if (sight->family == NULL || sight->is_wide)
        return false;
    if (group == NULL || (group->holds_keys && sight->holds_keys))
        return true;
    if (sight->vector == RC_H5_NO_VECTOR)
        return !group->is_closed;
    return !group->is_closed && !group->is_wide && group->family == NULL &&
           sight->vector == RC_H5_PLANE;
}
