/* layout_anndata.c - frames and columns as AnnData encodes them. */
#include <stdio.h>

#include "table/dialect.h"
#include "table/h5/reader/layout.h"

static rc_status make_frame(rc_h5_maker *maker, hid_t group, const char *path, rc_error *err);

static const rc_h5_family frame = {"AnnData frame", make_frame};

static void encoding_of(hid_t object, char out[64])
{
    out[0] = '\0';
    rc_h5_attribute_text(object, "encoding-type", out, 64);
}

/* -- Columns that are groups ------------------------------------------------------------------- */

bool rc_h5_is_encoded_column(hid_t group)
{
    char encoding[64];
    encoding_of(group, encoding);
    return H5Iget_type(group) == H5I_GROUP &&
           (strcmp(encoding, "categorical") == 0 || strncmp(encoding, "nullable-", 9) == 0);
}

static rc_status make_categorical(rc_h5_maker *maker, hid_t group, const char *path,
                                  const char *name, rc_error *err)
{
    rc_h5_place categories;
    rc_h5_texts texts = {0};
    RC_TRY(rc_h5_member_open(group, path, "categories", &categories, err));
    rc_status st = rc_h5_dataset_texts(categories.id, RC_H5_MAX_LABELS, &texts, err);
    rc_h5_shut(categories.id);
    if (st < 0)
        return rc_error_wrap(err, st, "categories");
    uint32_t labels = 0;
    RC_TRY(rc_h5_make_labels_take(maker, &texts, &labels, err));
    RC_TRY(rc_h5_make_child(maker, group, path, "codes", name, false, err));
    if (rc_h5_made(maker)->type != RC_H5_INT && rc_h5_made(maker)->type != RC_H5_UINT)
        return rc_error_set(err, RC_E_DATA, "codes that are no integers");
    rc_h5_made(maker)->labels = labels;
    return RC_OK;
}

/* The mask of values: one byte an element. */
static rc_status make_mask(rc_h5_maker *maker, hid_t group, const char *path, uint32_t *mask,
                           rc_error *err)
{
    rc_h5_place place;
    rc_h5_type_info info;
    RC_TRY(rc_h5_member_open(group, path, "mask", &place, err));
    rc_status st = rc_h5_make_storage(maker, place.id, place.path, false, mask, err);
    rc_h5_shut(place.id);
    RC_TRY(st);
    rc_h5_type_tell(maker->open.datasets[*mask].type, &info);
    const rc_h5_storage *made = &maker->open.table->storages[*mask];
    bool is_byte = info.type == RC_H5_BOOL || info.type == RC_H5_UINT || info.type == RC_H5_INT;
    if (!is_byte || made->n_columns != 1 || made->element_bytes != 1)
        return rc_error_set(err, RC_E_DATA, "a mask that is none");
    return RC_OK;
}

static rc_status make_nullable(rc_h5_maker *maker, hid_t group, const char *path, const char *name,
                               rc_error *err)
{
    uint32_t mask = RC_H5_NONE;
    if (rc_h5_has_child(group, "mask"))
        RC_TRY(make_mask(maker, group, path, &mask, err));
    RC_TRY(rc_h5_make_child(maker, group, path, "values", name, false, err));
    rc_h5_made(maker)->mask = mask;
    return RC_OK;
}

rc_status rc_h5_make_encoded(rc_h5_maker *maker, hid_t group, const char *path, const char *name,
                             rc_error *err)
{
    char quoted[RC_QUOTED_BYTES];
    rc_status st = rc_h5_attribute_is(group, "encoding-type", "categorical")
                       ? make_categorical(maker, group, path, name, err)
                       : make_nullable(maker, group, path, name, err);
    return st < 0 ? rc_error_wrap(err, st, "'%s'", rc_h5_quote(path, quoted)) : st;
}

/* -- Frames ------------------------------------------------------------------------------------ */

static rc_status make_child(rc_h5_maker *maker, hid_t child, const char *path, const char *name,
                            bool is_side, rc_error *err)
{
    if (rc_h5_is_encoded_column(child))
        RC_TRY(rc_h5_make_encoded(maker, child, path, name, err));
    else if (H5Iget_type(child) != H5I_DATASET)
        RC_TRY(
            rc_h5_make_unreadable(maker, name, strlen(name), "an encoding that is not known", err));
    else if (H5Aexists(child, "categories") > 0) /* by a reference to what they are */
        RC_TRY(
            rc_h5_make_unreadable(maker, name, strlen(name), "categories of an old AnnData", err));
    else
        RC_TRY(rc_h5_make_vector(maker, child, path, name, false, err));
    rc_h5_made(maker)->is_side |= is_side;
    return RC_OK;
}

static rc_status make_column(rc_h5_maker *maker, hid_t group, const char *path, const char *name,
                             bool is_side, rc_error *err)
{
    char whole[RC_H5_PATH_BYTES], quoted[RC_QUOTED_BYTES];
    hid_t child;
    RC_TRY(rc_h5_join(whole, path, name, err));
    rc_status st = rc_h5_child_open(group, name, &child, err);
    if (st < 0)
        return rc_error_wrap(err, st, "in '%s'", rc_h5_quote(path, quoted));
    st = make_child(maker, child, whole, name, is_side, err);
    rc_h5_shut(child);
    return st;
}

static rc_status make_frame(rc_h5_maker *maker, hid_t group, const char *path, rc_error *err)
{
    char index[256];
    maker->open.table->has_names = true;
    if (rc_h5_attribute_text(group, "_index", index, sizeof(index)))
        RC_TRY(make_column(maker, group, path, index, true, err));
    rc_h5_texts order = {0};
    rc_status st = rc_h5_attribute_texts(group, "column-order", &order, err);
    for (size_t i = 0; st == RC_OK && i < order.n; i++)
        st = make_column(maker, group, path, order.items[i], false, err);
    rc_h5_texts_release(&order);
    return st < 0 ? st : RC_OK;
}

/* Rows of a frame: those of its index. */
static uint64_t frame_rows(hid_t group)
{
    char index[256];
    hid_t child;
    unsigned rank = 0;
    hsize_t shape[H5S_MAX_RANK];
    if (!rc_h5_attribute_text(group, "_index", index, sizeof(index)) ||
        rc_h5_child_open(group, index, &child, NULL) < 0)
        return 0;
    bool is = H5Iget_type(child) == H5I_DATASET && rc_h5_extent(child, &rank, shape);
    rc_h5_shut(child);
    return is && rank > 0 ? shape[0] : 0;
}

static void see_frame(hid_t group, rc_h5_sight *sight)
{
    rc_h5_texts order = {0};
    rc_h5_attribute_texts(group, "column-order", &order, NULL);
    sight->n_rows = frame_rows(group);
    sight->n_columns = order.n;
    sight->family = order.n > 0 ? &frame : NULL;
    if (order.n == 0)
        snprintf(sight->why, sizeof(sight->why), "a frame without columns");
    rc_h5_texts_release(&order);
}

bool rc_h5_sees_anndata(hid_t group, rc_h5_sight *sight)
{
    char encoding[64];
    encoding_of(group, encoding);
    size_t n = strlen(encoding);
    bool is_sparse = rc_text_ends(encoding, n, "_matrix") ||
                     H5Aexists(group, "h5sparse_format") > 0 ||
                     H5Aexists(group, "MATLAB_sparse") > 0;
    bool is_column = rc_h5_is_encoded_column(group);
    sight->is_annotated = strcmp(encoding, "anndata") == 0 || strcmp(encoding, "raw") == 0;
    sight->is_closed = strcmp(encoding, "dataframe") == 0 || is_sparse || is_column;
    if (is_sparse)
        snprintf(sight->why, sizeof(sight->why),
                 "a sparse matrix, which is not read; store it dense (X.toarray())");
    else if (is_column)
        snprintf(sight->why, sizeof(sight->why), "a column (%.40s)", encoding);
    else if (sight->is_closed)
        see_frame(group, sight);
    return sight->is_closed;
}

/* -- Names of matrices ------------------------------------------------------------------------- */

/* The index of the frame "var" in the group, if it has n rows. */
static rc_status names_of_var(hid_t group, uint64_t n, rc_h5_texts *names, rc_error *err)
{
    char index[256];
    hid_t var, child;
    if (rc_h5_child_open(group, "var", &var, NULL) < 0)
        return RC_END;
    rc_status st = RC_END;
    if (H5Iget_type(var) == H5I_GROUP && frame_rows(var) == n &&
        rc_h5_attribute_text(var, "_index", index, sizeof(index)) &&
        rc_h5_child_open(var, index, &child, NULL) >= 0) {
        st = rc_h5_dataset_texts(child, RC_MAX_COLUMNS, names, err);
        rc_h5_shut(child);
    }
    rc_h5_shut(var);
    return st < 0 ? rc_error_wrap(err, st, "names of columns") : st;
}

/* /X and /raw/X have them beside, /layers/NAME one group further up. */
rc_status rc_h5_anndata_names(hid_t file, const char *path, uint64_t n, rc_h5_texts *names,
                              rc_error *err)
{
    char parent[RC_H5_PATH_BYTES], above[RC_H5_PATH_BYTES];
    rc_h5_parent(parent, path);
    bool is_layer = strcmp(rc_h5_last_name(parent), "layers") == 0;
    if (!is_layer && strcmp(rc_h5_last_name(path), "X") != 0)
        return RC_END;
    rc_h5_parent(above, is_layer ? parent : path);
    hid_t group;
    RC_TRY(rc_h5_object_open(file, above, &group, err));
    rc_status st = H5Iget_type(group) == H5I_GROUP ? names_of_var(group, n, names, err) : RC_END;
    rc_h5_shut(group);
    return st;
}
