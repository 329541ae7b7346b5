/* layout_pandas_fixed.c - frames and series that pandas wrote in format "fixed". */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "table/dialect.h"
#include "table/h5/reader/pandas.h"

enum { MOST_BLOCKS = 10000 };

bool rc_h5_pandas_is_empty(hid_t dataset)
{
    return H5Aexists(dataset, "shape") > 0 && H5Aexists(dataset, "value_type") > 0;
}

void rc_h5_pandas_tell_nat(hid_t object, const char *attribute, rc_h5_column *column)
{
    char dtype[64];
    column->has_nat =
        column->type == RC_H5_INT && column->n_bytes == 8 &&
        rc_h5_attribute_text(object, attribute, dtype, sizeof(dtype)) &&
        (strncmp(dtype, "datetime64", 10) == 0 || strncmp(dtype, "timedelta64", 11) == 0);
}

static bool is_pickled(hid_t dataset)
{
    return rc_h5_attribute_is(dataset, "PSEUDOATOM", "object") ||
           rc_h5_attribute_is(dataset, "CLASS", "VLARRAY");
}

static const char pickles[] = "pickled objects of pandas";

rc_status rc_h5_pandas_refuse_levels(rc_error *err)
{
    rc_error_set(err, RC_E_DATA, "columns with several levels of names");
    rc_error_hint(err,
                  "write the frame with plain names: df.columns = ['_'.join(map(str, c)) for c "
                  "in df.columns]");
    return RC_E_DATA;
}

/* The names of the items of an axis. */
static rc_status read_items(hid_t group, const char *path, const char *name, rc_h5_texts *items,
                            rc_error *err)
{
    char attribute[80];
    snprintf(attribute, sizeof(attribute), "%s_variety", name);
    char variety[32] = "regular";
    rc_h5_attribute_text(group, attribute, variety, sizeof(variety));
    if (strcmp(variety, "regular") != 0)
        return rc_h5_pandas_refuse_levels(err);
    rc_h5_place place;
    RC_TRY(rc_h5_member_open(group, path, name, &place, err));
    rc_status st = RC_OK;
    if (is_pickled(place.id))
        st = rc_error_set(err, RC_E_DATA, "names of columns are %s", pickles);
    else if (!rc_h5_pandas_is_empty(place.id))
        st = rc_h5_dataset_texts(place.id, RC_MAX_COLUMNS, items, err);
    rc_h5_shut(place.id);
    return st < 0 ? rc_error_wrap(err, st, "'%s'", name) : RC_OK;
}

/* Adds a storage of no rows, under a dataset of one. */
static rc_status make_nothing(rc_h5_maker *maker, hid_t dataset, const char *path, uint64_t columns,
                              uint32_t *storage, rc_error *err)
{
    bool had_rows = maker->has_rows;
    char quoted[RC_QUOTED_BYTES];
    uint64_t n_rows = maker->open.table->n_rows;
    maker->has_rows = false;
    RC_TRY(rc_h5_make_storage(maker, dataset, path, false, storage, err));
    rc_h5_storage *made = &maker->open.table->storages[*storage];
    made->kind = RC_H5_CONTIGUOUS;
    made->offset = RC_H5_NOWHERE;
    made->n_rows = 0;
    made->n_columns = columns;
    made->is_transposed = false;
    made->chunk_rows = made->chunk_columns = made->n_chunks = 0;
    made->n_filters = 0;
    maker->has_rows = true;
    maker->open.table->n_rows = 0;
    if (had_rows && n_rows != 0)
        return rc_error_set(err, RC_E_DATA, "'%s' has no rows, others have %" PRIu64,
                            rc_h5_quote(path, quoted), n_rows);
    return RC_OK;
}

/* The columns of a block: [rows, items] if it is transposed, as pandas writes it. */
static rc_status make_values(rc_h5_maker *maker, hid_t dataset, const char *path,
                             const rc_h5_texts *items, rc_error *err)
{
    int64_t is_transposed = 1;
    char quoted[RC_QUOTED_BYTES];
    uint32_t storage = 0;
    rc_h5_attribute_int(dataset, "transposed", &is_transposed);
    if (rc_h5_pandas_is_empty(dataset))
        RC_TRY(make_nothing(maker, dataset, path, items->n, &storage, err));
    else
        RC_TRY(rc_h5_make_storage(maker, dataset, path, is_transposed == 0, &storage, err));
    if (maker->open.table->storages[storage].n_columns != items->n)
        return rc_error_set(err, RC_E_DATA, "'%s' has %" PRIu64 " columns, but %zu names",
                            rc_h5_quote(path, quoted),
                            maker->open.table->storages[storage].n_columns, items->n);
    return rc_h5_make_cells(maker, storage, items, err);
}

/* Blocks of objects are pickled: their columns are there, and unreadable. */
static rc_status make_items(rc_h5_maker *maker, const rc_h5_place *values, const rc_h5_texts *items,
                            rc_error *err)
{
    if (!is_pickled(values->id))
        return make_values(maker, values->id, values->path, items, err);
    for (size_t i = 0; i < items->n; i++)
        RC_TRY(rc_h5_make_unreadable(maker, items->items[i], items->bytes[i], pickles, err));
    return RC_OK;
}

static rc_status make_block(rc_h5_maker *maker, hid_t group, const char *path, int i, rc_error *err)
{
    char name[64];
    rc_h5_texts items = {0};
    rc_h5_place values;
    snprintf(name, sizeof(name), "block%d_items", i);
    RC_TRY(read_items(group, path, name, &items, err));
    snprintf(name, sizeof(name), "block%d_values", i);
    rc_status st = rc_h5_member_open(group, path, name, &values, err);
    if (st >= 0) {
        st = make_items(maker, &values, &items, err);
        rc_h5_shut(values.id);
    }
    rc_h5_texts_release(&items);
    return st;
}

/* What pandas calls it; "N." is a pickled None. */
static void title_of(hid_t object, char title[256])
{
    char text[256];
    if (rc_h5_attribute_text(object, "name", text, sizeof(text)) && strcmp(text, "N.") != 0)
        memcpy(title, text, sizeof(text));
}

/* One level of an index: codes, and what they stand for. */
static rc_status make_level(rc_h5_maker *maker, hid_t group, const char *path, int i, rc_error *err)
{
    char name[64], title[256];
    rc_h5_place level;
    rc_h5_texts texts = {0};
    uint32_t labels = 0;
    snprintf(name, sizeof(name), "axis1_level%d", i);
    RC_TRY(rc_h5_member_open(group, path, name, &level, err));
    snprintf(title, sizeof(title), "level_%d", i);
    title_of(level.id, title);
    bool is_read = !is_pickled(level.id);
    rc_status st = is_read ? rc_h5_dataset_texts(level.id, RC_H5_MAX_LABELS, &texts, err)
                           : rc_h5_make_unreadable(maker, title, strlen(title), pickles, err);
    rc_h5_shut(level.id);
    if (st < 0 || !is_read)
        return st;
    RC_TRY(rc_h5_make_labels_take(maker, &texts, &labels, err));
    snprintf(name, sizeof(name), "axis1_label%d", i);
    RC_TRY(rc_h5_make_child(maker, group, path, name, title, true, err));
    if (rc_h5_made(maker)->type == RC_H5_INT)
        rc_h5_made(maker)->labels = labels;
    return RC_OK;
}

static rc_status make_no_index(rc_h5_maker *maker, const rc_h5_place *axis, rc_error *err)
{
    uint32_t storage = 0;
    RC_TRY(make_nothing(maker, axis->id, axis->path, 1, &storage, err));
    hid_t type = maker->open.datasets[storage].type;
    RC_TRY(rc_h5_make_element(maker, storage, type, "index", 5, err));
    rc_h5_made(maker)->is_side = true;
    return RC_OK;
}

/* The index of the rows. */
static rc_status make_axis(rc_h5_maker *maker, hid_t group, const char *path, const char *name,
                           rc_error *err)
{
    rc_h5_place axis;
    int64_t n_levels = 0;
    if (rc_h5_attribute_int(group, "axis1_nlevels", &n_levels) && !rc_h5_has_child(group, name)) {
        for (int i = 0; i < n_levels && i < 32; i++)
            RC_TRY(make_level(maker, group, path, i, err));
        return RC_OK;
    }
    RC_TRY(rc_h5_member_open(group, path, name, &axis, err));
    rc_status st = is_pickled(axis.id) ? rc_h5_make_unreadable(maker, "index", 5, pickles, err)
                   : rc_h5_pandas_is_empty(axis.id)
                       ? make_no_index(maker, &axis, err)
                       : rc_h5_make_vector(maker, axis.id, axis.path, "index", true, err);
    rc_h5_shut(axis.id);
    return st;
}

rc_status rc_h5_make_pandas_fixed(rc_h5_maker *maker, hid_t group, const char *path, rc_error *err)
{
    int64_t n_blocks = 0;
    rc_h5_texts order = {0};
    maker->open.table->has_names = true;
    if (!rc_h5_attribute_int(group, "nblocks", &n_blocks) || n_blocks < 0 || n_blocks > MOST_BLOCKS)
        return rc_error_set(err, RC_E_DATA, "attribute 'nblocks' is missing or out of range");
    RC_TRY(make_axis(maker, group, path, "axis1", err));
    for (int i = 0; i < (int)n_blocks; i++)
        RC_TRY(make_block(maker, group, path, i, err));
    RC_TRY(read_items(group, path, "axis0", &order, err));
    rc_status st = rc_h5_make_order(maker, &order, err);
    rc_h5_texts_release(&order);
    return st < 0 ? st : rc_h5_pandas_tell_apart(maker, err);
}

rc_status rc_h5_make_pandas_series(rc_h5_maker *maker, hid_t group, const char *path, rc_error *err)
{
    char name[256] = "values";
    rc_h5_place values;
    maker->open.table->has_names = true;
    title_of(group, name);
    const rc_h5_texts one = {.items = (char *[]){name}, .bytes = (size_t[]){strlen(name)}, .n = 1};
    RC_TRY(rc_h5_member_open(group, path, "values", &values, err));
    rc_status st;
    if (is_pickled(values.id)) {
        st = rc_error_set(err, RC_E_DATA, "its values are %s", pickles);
        rc_error_hint(err, "written with format='table', texts are read");
    } else {
        st = make_values(maker, values.id, values.path, &one, err);
    }
    rc_h5_shut(values.id);
    if (st >= 0 && rc_h5_has_child(group, "index"))
        st = make_axis(maker, group, path, "index", err);
    return st < 0 ? st : rc_h5_pandas_tell_apart(maker, err);
}
