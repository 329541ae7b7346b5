/* layout_pandas.c - frames and series that pandas wrote: which group is one, and format "table".
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "table/h5/reader/layout.h"
#include "table/h5/reader/pandas.h"

enum { MOST_LEVELS = 32 }; /* of an index: more, and nobody looks at them */

static rc_status make_table(rc_h5_maker *maker, hid_t group, const char *path, rc_error *err);

static const rc_h5_family fixed = {"pandas fixed", rc_h5_make_pandas_fixed};
static const rc_h5_family series = {"pandas series", rc_h5_make_pandas_series};
static const rc_h5_family table = {"pandas table", make_table};

/* Whether there is a dataset in the group: its first extent, and what it is. */
static bool see_child(hid_t group, const char *name, uint64_t *n, rc_h5_sight *inner)
{
    unsigned rank = 0;
    hsize_t shape[H5S_MAX_RANK];
    hid_t object;
    if (rc_h5_child_open(group, name, &object, NULL) < 0)
        return false;
    bool is = H5Iget_type(object) == H5I_DATASET && rc_h5_extent(object, &rank, shape) && rank > 0;
    if (is) {
        *n = rc_h5_pandas_is_empty(object) ? 0 : shape[0];
        *inner = (rc_h5_sight){0};
        rc_h5_sees_dataset(object, inner);
    }
    rc_h5_shut(object);
    return is;
}

static void see_table(hid_t group, rc_h5_sight *sight)
{
    rc_h5_sight inner;
    if (!see_child(group, "table", &sight->n_rows, &inner)) {
        snprintf(sight->why, sizeof(sight->why), "a pandas table without its dataset 'table'");
        return;
    }
    sight->family = inner.family == NULL ? NULL : &table;
    sight->n_columns = inner.n_columns > 0 ? inner.n_columns - 1 : 0; /* the index */
    memcpy(sight->why, inner.why, sizeof(inner.why));
}

static void see_fixed(hid_t group, rc_h5_sight *sight)
{
    rc_h5_sight inner;
    sight->family = &fixed;
    see_child(group, "axis0", &sight->n_columns, &inner);
    if (!see_child(group, "axis1", &sight->n_rows, &inner))
        see_child(group, "axis1_label0", &sight->n_rows, &inner);
}

static void see_series(hid_t group, rc_h5_sight *sight)
{
    rc_h5_sight inner;
    sight->n_columns = 1;
    if (see_child(group, "values", &sight->n_rows, &inner))
        sight->family = &series;
    else
        snprintf(sight->why, sizeof(sight->why), "a pandas series without its dataset 'values'");
}

bool rc_h5_sees_pandas(hid_t group, rc_h5_sight *sight)
{
    char type[64];
    if (!rc_h5_attribute_text(group, "pandas_type", type, sizeof(type)))
        return false;
    sight->is_closed = sight->holds_keys = true;
    if (strcmp(type, "frame") == 0)
        see_fixed(group, sight);
    else if (strcmp(type, "series") == 0)
        see_series(group, sight);
    else if (strcmp(type, "frame_table") == 0 || strcmp(type, "series_table") == 0)
        see_table(group, sight);
    else
        snprintf(sight->why, sizeof(sight->why), "an object of pandas that is not read: %.60s",
                 type);
    return true;
}

/* -- Format "table" ---------------------------------------------------------------------------- */

/* A pickled list in an attribute; RC_END: there is no such attribute. */
static rc_status pickled(hid_t object, const char *name, unsigned level, rc_h5_texts *names,
                         rc_error *err)
{
    char quoted[RC_QUOTED_BYTES];
    rc_h5_texts texts = {0};
    rc_status st = rc_h5_attribute_texts(object, name, &texts, err);
    if (st == RC_OK && texts.n != 1)
        st = RC_END;
    if (st == RC_OK)
        st = rc_h5_pickle_names(texts.items[0], texts.bytes[0], level, names, err);
    rc_h5_texts_release(&texts);
    if (st < 0)
        rc_error_wrap(err, st, "attribute '%s'", rc_h5_quote(name, quoted));
    return st;
}

/* The attribute of a field: NAME_kind and the like; `end` begins with the underscore. */
static bool field_attribute(char out[RC_H5_PATH_BYTES], const char *field, const char *end)
{
    int n = snprintf(out, RC_H5_PATH_BYTES, "%s%s", field, end);
    return n > 0 && n < RC_H5_PATH_BYTES;
}

static bool field_is(hid_t dataset, const char *field, const char *end, const char *text)
{
    char name[RC_H5_PATH_BYTES];
    return field_attribute(name, field, end) && rc_h5_attribute_is(dataset, name, text);
}

/* A member of the dataset, and the columns that it made: from `first` on. */
typedef struct field {
    rc_h5_maker *maker;
    hid_t group, dataset;
    const char *name;
    size_t first, n;
} field;

static rc_h5_column *column_of(const field *f, size_t i)
{
    return &f->maker->open.table->columns[f->first + i];
}

static rc_status rename_column(rc_h5_column *column, const char *text, size_t n, rc_error *err)
{
    char *name = rc_strndup(text, n);
    if (name == NULL)
        return rc_error_nomem(err);
    free(column->name);
    column->name = name;
    column->name_bytes = n;
    return RC_OK;
}

static bool is_called(const rc_h5_column *column, const char *name, size_t n)
{
    return column->name_bytes == n && memcmp(column->name, name, n) == 0;
}

rc_status rc_h5_pandas_tell_apart(rc_h5_maker *maker, rc_error *err)
{
    rc_h5_table *made = maker->open.table;
    size_t level = 0;
    for (size_t i = 0; i < made->n_columns && level < MOST_LEVELS; i++) {
        rc_h5_column *side = &made->columns[i];
        char name[32];
        bool is_taken = false;
        if (!side->is_side)
            continue;
        for (size_t j = 0; j < made->n_columns; j++)
            is_taken |= !made->columns[j].is_side &&
                        is_called(&made->columns[j], side->name, side->name_bytes);
        int n = snprintf(name, sizeof(name), "level_%zu", level++);
        if (is_taken)
            RC_TRY(rename_column(side, name, (size_t)n, err));
    }
    return RC_OK;
}

/* Members are called values_block_0 and the like; what their columns are called is pickled. */
static rc_status name_columns(const field *f, rc_error *err)
{
    char attribute[RC_H5_PATH_BYTES], quoted[RC_QUOTED_BYTES];
    rc_h5_texts names = {0};
    if (!field_attribute(attribute, f->name, "_kind"))
        return RC_OK;
    rc_status st = pickled(f->dataset, attribute, 1, &names, err);
    if (st == RC_OK && names.n != f->n)
        st = rc_error_set(err, RC_E_DATA, "attribute '%s': %zu names of %zu columns",
                          rc_h5_quote(attribute, quoted), names.n, f->n);
    for (size_t i = 0; st == RC_OK && i < f->n; i++)
        st = rename_column(column_of(f, i), names.items[i], names.bytes[i], err);
    rc_h5_texts_release(&names);
    return st < 0 ? st : RC_OK;
}

/* Categories stand in a table of their own: /df/meta/FIELD/meta/table. */
static rc_status label_columns(const field *f, rc_error *err)
{
    char path[RC_H5_PATH_BYTES];
    int n = snprintf(path, sizeof(path), "meta/%s/meta/table", f->name);
    hid_t object;
    if (n < 0 || n >= (int)sizeof(path))
        return RC_OK;
    RC_TRY(rc_h5_object_open(f->group, path, &object, err));
    rc_h5_texts texts = {0};
    rc_status st = rc_h5_pandas_categories(object, path, &texts, err);
    rc_h5_shut(object);
    uint32_t labels = 0;
    if (st >= 0)
        st = rc_h5_make_labels_take(f->maker, &texts, &labels, err);
    for (size_t i = 0; st >= 0 && i < f->n; i++)
        column_of(f, i)->labels = labels;
    return st;
}

/* Booleans are bytes in the file, times integers. */
static void tell_dtype(const field *f)
{
    char dtype[RC_H5_PATH_BYTES];
    if (f->n == 0 || !field_attribute(dtype, f->name, "_dtype"))
        return;
    bool is_bool = rc_h5_attribute_is(f->dataset, dtype, "bool");
    for (size_t i = 0; i < f->n; i++) {
        rc_h5_column *column = column_of(f, i);
        if (is_bool && column->type == RC_H5_UINT && column->n_bytes == 1)
            column->type = RC_H5_BOOL;
        if (i == 0)
            rc_h5_pandas_tell_nat(f->dataset, dtype, column);
        else
            column->has_nat = column_of(f, 0)->has_nat;
    }
}

static rc_status finish_field(const field *f, rc_error *err)
{
    tell_dtype(f);
    if (strcmp(f->name, "index") == 0) {
        for (size_t i = 0; i < f->n; i++)
            column_of(f, i)->is_side = true;
        return RC_OK;
    }
    RC_TRY(name_columns(f, err));
    bool is_category = f->n > 0 && field_is(f->dataset, f->name, "_meta", "category") &&
                       column_of(f, 0)->type == RC_H5_INT;
    return is_category ? label_columns(f, err) : RC_OK;
}

static rc_status make_field(field *f, uint32_t storage, hid_t type, unsigned i, uint64_t *offset,
                            rc_error *err)
{
    f->first = f->maker->open.table->n_columns;
    RC_TRY(rc_h5_make_member(f->maker, storage, type, i, offset, err));
    f->n = f->maker->open.table->n_columns - f->first;
    char *name = H5Tget_member_name(type, i);
    if (name == NULL)
        return rc_error_set(err, RC_E_DATA, "member %u has no name", i + 1);
    f->name = name;
    rc_status st = finish_field(f, err);
    H5free_memory(name);
    return st;
}

/* Levels of an index are columns of the file, too. */
static rc_status mark_levels(rc_h5_maker *maker, hid_t group, rc_error *err)
{
    rc_h5_texts names = {0};
    rc_h5_table *made = maker->open.table;
    rc_status st = pickled(group, "levels", 1, &names, err);
    for (size_t i = 0; st == RC_OK && i < made->n_columns; i++)
        for (size_t j = 0; j < names.n && j < MOST_LEVELS; j++)
            made->columns[i].is_side |=
                is_called(&made->columns[i], names.items[j], names.bytes[j]);
    rc_h5_texts_release(&names);
    return st < 0 ? st : RC_OK;
}

static rc_status make_fields(rc_h5_maker *maker, hid_t group, hid_t dataset, const char *path,
                             rc_error *err)
{
    uint32_t storage = 0;
    RC_TRY(rc_h5_make_storage(maker, dataset, path, false, &storage, err));
    hid_t type = maker->open.datasets[storage].type;
    if (H5Tget_class(type) != H5T_COMPOUND)
        return rc_error_set(err, RC_E_DATA, "'table' is no compound dataset");
    field f = {.maker = maker, .group = group, .dataset = dataset};
    uint64_t offset = 0;
    for (int i = 0; i < H5Tget_nmembers(type); i++)
        RC_TRY(make_field(&f, storage, type, (unsigned)i, &offset, err));
    RC_TRY(mark_levels(maker, group, err));
    rc_h5_texts order = {0};
    rc_status st = pickled(group, "non_index_axes", 2, &order, err);
    if (st == RC_OK)
        st = rc_h5_make_order(maker, &order, err);
    rc_h5_texts_release(&order);
    return st < 0 ? st : rc_h5_pandas_tell_apart(maker, err);
}

static rc_status make_table(rc_h5_maker *maker, hid_t group, const char *path, rc_error *err)
{
    rc_h5_place dataset;
    maker->open.table->has_names = true;
    RC_TRY(rc_h5_member_open(group, path, "table", &dataset, err));
    rc_status st = make_fields(maker, group, dataset.id, dataset.path, err);
    rc_h5_shut(dataset.id);
    return st;
}
