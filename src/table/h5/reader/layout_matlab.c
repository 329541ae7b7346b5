/* layout_matlab.c - arrays and structs of MATLAB, which stores them by columns. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table/h5/reader/layout.h"

static rc_status make_array(rc_h5_maker *maker, hid_t dataset, const char *path, rc_error *err);
static rc_status make_struct(rc_h5_maker *maker, hid_t group, const char *path, rc_error *err);

static const rc_h5_family array = {"MATLAB matrix", make_array};
static const rc_h5_family structure = {"MATLAB struct", make_struct};

static bool class_of(hid_t object, char out[64])
{
    return rc_h5_attribute_text(object, "MATLAB_class", out, 64);
}

const char *rc_h5_matlab_refusal(hid_t dataset)
{
    static const char *const numbers[] = {"double", "single", "int8",   "int16",  "int32",  "int64",
                                          "uint8",  "uint16", "uint32", "uint64", "logical"};
    char class[64];
    int64_t is_empty = 0;
    if (!class_of(dataset, class))
        return NULL;
    if (rc_h5_attribute_int(dataset, "MATLAB_empty", &is_empty) && is_empty != 0)
        return "an empty MATLAB array";
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (strcmp(class, numbers[i]) == 0)
            return NULL;
    return strcmp(class, "char") == 0   ? "MATLAB characters"
           : strcmp(class, "cell") == 0 ? "MATLAB cells"
                                        : "a MATLAB object";
}

static rc_status make_array(rc_h5_maker *maker, hid_t dataset, const char *path, rc_error *err)
{
    uint32_t storage = 0;
    RC_TRY(rc_h5_make_storage(maker, dataset, path, true, &storage, err));
    return rc_h5_make_cells(maker, storage, &(rc_h5_texts){0}, err);
}

/* -- Structs ----------------------------------------------------------------------------------- */

/* Whether it is a list of names as MATLAB writes them: sequences of single letters. */
static bool is_list_of_fields(hid_t type, hid_t space)
{
    rc_h5_type_info letter = {.type = RC_H5_UNREADABLE};
    hid_t base = H5Tget_class(type) == H5T_VLEN ? H5Tget_super(type) : -1;
    if (base < 0)
        return false;
    rc_h5_type_tell(base, &letter);
    H5Tclose(base);
    hssize_t n = H5Sget_simple_extent_npoints(space);
    return letter.type == RC_H5_TEXT && letter.n_bytes == 1 && n > 0 && n <= RC_H5_MAX_OBJECTS;
}

/* Fields in their order; none if they cannot be told. */
static rc_status read_fields(hid_t attribute, hid_t type, hid_t space, rc_h5_texts *names,
                             rc_error *err)
{
    if (!is_list_of_fields(type, space))
        return RC_OK;
    size_t n = (size_t)H5Sget_simple_extent_npoints(space);
    hvl_t *fields = rc_alloc_array(n, sizeof(*fields));
    if (fields == NULL)
        return rc_error_nomem(err);
    rc_status st = RC_OK;
    bool is_read = H5Aread(attribute, type, fields) >= 0;
    for (size_t i = 0; is_read && st >= 0 && i < n; i++)
        if (fields[i].p != NULL && fields[i].len <= RC_H5_PATH_BYTES)
            st = rc_h5_texts_add(names, fields[i].p, fields[i].len, err);
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, fields);
    free(fields);
    return st;
}

static rc_status find_fields(hid_t group, rc_h5_texts *names, rc_error *err)
{
    hid_t attribute =
        H5Aexists(group, "MATLAB_fields") > 0 ? H5Aopen(group, "MATLAB_fields", H5P_DEFAULT) : -1;
    if (attribute < 0)
        return RC_OK;
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    rc_status st =
        type >= 0 && space >= 0 ? read_fields(attribute, type, space, names, err) : RC_OK;
    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    H5Aclose(attribute);
    return st;
}

static rc_status make_struct(rc_h5_maker *maker, hid_t group, const char *path, rc_error *err)
{
    rc_h5_texts names = {0};
    RC_TRY(rc_h5_make_group(maker, group, path, err));
    rc_status st = find_fields(group, &names, err);
    if (st >= 0 && names.n > 0)
        st = rc_h5_make_order(maker, &names, err);
    rc_h5_texts_release(&names);
    return st;
}

/* Fields of a struct are columns, if they are of one length. */
static bool see_struct(hid_t group, rc_h5_sight *sight)
{
    rc_h5_sees_group(group, sight);
    if (sight->family != NULL)
        sight->family = &structure;
    return true;
}

static void see_array(hid_t dataset, rc_h5_sight *sight)
{
    rc_h5_sight seen = {0};
    rc_h5_sees_dataset(dataset, &seen);
    const char *why = rc_h5_matlab_refusal(dataset);
    *sight = seen;
    if (why != NULL) {
        sight->family = NULL;
        snprintf(sight->why, sizeof(sight->why), "%s: not read", why);
        return;
    }
    unsigned rank;
    hsize_t shape[H5S_MAX_RANK];
    if (seen.family == NULL || !rc_h5_extent(dataset, &rank, shape) || rank != 2)
        return;
    sight->family = &array;
    sight->n_rows = shape[1];
    sight->n_columns = shape[0];
}

bool rc_h5_sees_matlab(hid_t object, rc_h5_sight *sight)
{
    char class[64];
    if (!class_of(object, class))
        return false;
    if (H5Iget_type(object) == H5I_DATASET)
        see_array(object, sight);
    else
        see_struct(object, sight);
    return true;
}
