/* make.c - put together the description of an HDF5 table. */
#include "table/h5/reader/layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "table/dialect.h"
#include "table/h5/reader/pandas.h"

enum { MAX_STORAGES = 1 << 16, MAX_TEXT_BYTES = 1 << 28 };

void rc_h5_open_table_release(rc_h5_open_table *open)
{
    for (size_t i = 0; open->table != NULL && i < open->table->n_storages; i++)
        rc_h5_dataset_close(&open->datasets[i]);
    free(open->datasets);
    rc_h5_table_free(open->table);
    *open = (rc_h5_open_table){0};
}

rc_status rc_h5_maker_init(rc_h5_maker *maker, hid_t file, uint64_t max_memory, rc_error *err)
{
    *maker = (rc_h5_maker){.file = file, .max_memory = max_memory};
    maker->open.table = calloc(1, sizeof(*maker->open.table));
    return maker->open.table == NULL ? rc_error_nomem(err) : RC_OK;
}

void rc_h5_maker_release(rc_h5_maker *maker)
{
    rc_h5_open_table_release(&maker->open);
}

rc_status rc_h5_make_title(rc_h5_maker *maker, const char *path, const char *layout, rc_error *err)
{
    rc_h5_table *table = maker->open.table;
    free(table->path);
    free(table->layout);
    table->path = rc_strdup(path);
    table->layout = rc_strdup(layout);
    return table->path == NULL || table->layout == NULL ? rc_error_nomem(err) : RC_OK;
}

/* All storages have as many rows as the first. */
static rc_status agree_on_rows(rc_h5_maker *maker, uint64_t n, const char *path, rc_error *err)
{
    rc_h5_table *table = maker->open.table;
    char this[RC_QUOTED_BYTES], first[RC_QUOTED_BYTES];
    if (maker->has_rows && n != table->n_rows)
        return rc_error_set(
            err, RC_E_DATA, "'%s' has %" PRIu64 " rows, but '%s' has %" PRIu64,
            rc_h5_quote(path, this), n,
            rc_h5_quote(table->n_storages > 0 ? table->storages[0].path : table->path, first),
            table->n_rows);
    table->n_rows = n;
    maker->has_rows = true;
    return RC_OK;
}

/* Room for one more storage and its dataset. */
static rc_status reserve_storage(rc_h5_maker *maker, rc_error *err)
{
    rc_h5_open_table *open = &maker->open;
    size_t n = open->table->n_storages + 1;
    if (n > MAX_STORAGES)
        return rc_error_set(err, RC_E_DATA, "more than %d datasets", MAX_STORAGES);
    if (!rc_grow((void **)&open->table->storages, &maker->storages, n, sizeof(rc_h5_storage)) ||
        !rc_grow((void **)&open->datasets, &maker->datasets, n, sizeof(rc_h5_dataset)))
        return rc_error_nomem(err);
    return RC_OK;
}

static rc_status describe(rc_h5_maker *maker, const rc_h5_dataset *dataset, const char *path,
                          bool is_transposed, rc_h5_storage *storage, rc_error *err)
{
    char quoted[RC_QUOTED_BYTES];
    uint32_t converted = rc_h5_type_converted(dataset->type);
    if (converted == RC_H5_NONE)
        return rc_error_set(err, RC_E_DATA, "dataset '%s' holds nothing that can be read",
                            rc_h5_quote(path, quoted));
    RC_TRY(rc_h5_storage_describe(dataset, path, is_transposed, converted, maker->max_memory,
                                  storage, err));
    rc_status st = agree_on_rows(maker, storage->n_rows, path, err);
    if (st < 0)
        rc_h5_storage_release(storage);
    return st;
}

rc_status rc_h5_make_storage(rc_h5_maker *maker, hid_t dataset, const char *path,
                             bool is_transposed, uint32_t *number, rc_error *err)
{
    rc_h5_table *table = maker->open.table;
    for (size_t i = 0; maker->is_sharing && i < table->n_storages; i++) {
        *number = (uint32_t)i;
        if (strcmp(table->storages[i].path, path) == 0 &&
            table->storages[i].is_transposed == is_transposed)
            return RC_OK;
    }
    RC_TRY(reserve_storage(maker, err));
    rc_h5_dataset opened;
    rc_h5_storage storage = {0};
    RC_TRY(rc_h5_dataset_open(dataset, path, &opened, err));
    rc_status st = describe(maker, &opened, path, is_transposed, &storage, err);
    if (st < 0) {
        rc_h5_dataset_close(&opened);
        return st;
    }
    *number = (uint32_t)table->n_storages;
    table->storages[table->n_storages] = storage;
    maker->open.datasets[table->n_storages++] = opened;
    return RC_OK;
}

/* Names and labels are counted together: what the wire can carry is bounded. */
static rc_status count_text(rc_h5_maker *maker, size_t n, rc_error *err)
{
    if (n > MAX_TEXT_BYTES - maker->text_bytes)
        return rc_error_set(err, RC_E_DATA, "names and labels of more than %d bytes",
                            MAX_TEXT_BYTES);
    maker->text_bytes += n;
    return RC_OK;
}

/* Room for one more column, and for its name. */
static rc_status reserve_column(rc_h5_maker *maker, size_t n_name, rc_error *err)
{
    rc_h5_table *table = maker->open.table;
    if (table->n_columns >= RC_MAX_COLUMNS)
        return rc_error_set(err, RC_E_DATA, "more than %d columns", RC_MAX_COLUMNS);
    if (n_name > RC_H5_MAX_NAME_BYTES)
        return rc_error_set(err, RC_E_DATA, "column %zu has a name of %zu bytes",
                            table->n_columns + 1, n_name);
    RC_TRY(count_text(maker, n_name, err));
    if (!rc_grow((void **)&table->columns, &maker->columns, table->n_columns + 1,
                 sizeof(rc_h5_column)))
        return rc_error_nomem(err);
    return RC_OK;
}

rc_status rc_h5_make_column(rc_h5_maker *maker, const rc_h5_column *column, const char *name,
                            size_t n, rc_error *err)
{
    RC_TRY(reserve_column(maker, n, err));
    rc_h5_table *table = maker->open.table;
    rc_h5_column made = *column;
    made.name = name == NULL ? NULL : rc_strndup(name, n);
    made.name_bytes = name == NULL ? 0 : n;
    made.why = column->type == RC_H5_UNREADABLE ? rc_strdup(column->why) : NULL;
    made.is_side = column->is_side || column->type == RC_H5_UNREADABLE;
    if ((name != NULL && made.name == NULL) ||
        (column->type == RC_H5_UNREADABLE && made.why == NULL)) {
        free(made.name);
        free(made.why);
        return rc_error_nomem(err);
    }
    table->columns[table->n_columns++] = made;
    return RC_OK;
}

rc_h5_column *rc_h5_made(rc_h5_maker *maker)
{
    return &maker->open.table->columns[maker->open.table->n_columns - 1];
}

rc_status rc_h5_make_element(rc_h5_maker *maker, uint32_t storage, hid_t type, const char *name,
                             size_t n, rc_error *err)
{
    rc_h5_type_info info;
    rc_h5_type_tell(type, &info);
    rc_h5_column column = {.type = info.type,
                           .n_bytes = info.n_bytes,
                           .is_big_endian = info.is_big_endian,
                           .is_space_padded = info.is_space_padded,
                           .storage = storage,
                           .mask = RC_H5_NONE,
                           .labels = RC_H5_NONE,
                           .why = info.why};
    if (info.is_enum && info.type != RC_H5_BOOL) {
        rc_h5_labels labels = {0};
        RC_TRY(rc_h5_enum_labels(type, &labels, err));
        RC_TRY(rc_h5_make_list_take(maker, &labels, &column.labels, err));
    }
    return rc_h5_make_column(maker, &column, name, n, err);
}

/* It points at the first storage, whatever that is: there is no row of it to be read. */
rc_status rc_h5_make_unreadable(rc_h5_maker *maker, const char *name, size_t n, const char *why,
                                rc_error *err)
{
    char text[96];
    snprintf(text, sizeof(text), "%s", why);
    rc_h5_column column = {
        .type = RC_H5_UNREADABLE, .mask = RC_H5_NONE, .labels = RC_H5_NONE, .why = text};
    return rc_h5_make_column(maker, &column, name, n, err);
}

/* What the writer says of the elements of a dataset, beyond their type. */
static void tell_attributes(hid_t dataset, rc_h5_column *column)
{
    rc_h5_pandas_tell_nat(dataset, "value_type", column);
    if (column->type == RC_H5_UINT && column->n_bytes == 1 &&
        rc_h5_attribute_is(dataset, "MATLAB_class", "logical"))
        column->type = RC_H5_BOOL;
}

static rc_status add_vector(rc_h5_maker *maker, hid_t dataset, const char *path, hid_t type,
                            bool is_transposed, const char *name, rc_error *err)
{
    rc_h5_type_info info;
    rc_h5_type_tell(type, &info);
    const char *why = rc_h5_matlab_refusal(dataset);
    if (why == NULL && info.type == RC_H5_UNREADABLE)
        why = info.why;
    if (why != NULL)
        return rc_h5_make_unreadable(maker, name, strlen(name), why, err);
    uint32_t storage = 0;
    RC_TRY(rc_h5_make_storage(maker, dataset, path, is_transposed, &storage, err));
    RC_TRY(rc_h5_make_element(maker, storage, type, name, strlen(name), err));
    tell_attributes(dataset, rc_h5_made(maker));
    return RC_OK;
}

rc_status rc_h5_make_cells(rc_h5_maker *maker, uint32_t storage, const rc_h5_texts *names,
                           rc_error *err)
{
    const rc_h5_dataset *dataset = &maker->open.datasets[storage];
    uint64_t n = maker->open.table->storages[storage].n_columns;
    for (uint64_t i = 0; i < n; i++) {
        const char *name = names->n == n ? names->items[i] : NULL;
        size_t n_name = name == NULL ? 0 : names->bytes[i];
        if (i == 0) {
            RC_TRY(rc_h5_make_element(maker, storage, dataset->type, name, n_name, err));
            tell_attributes(dataset->id, rc_h5_made(maker));
            continue;
        }
        rc_h5_column next = *rc_h5_made(maker);
        next.index = i;
        RC_TRY(rc_h5_make_column(maker, &next, name, n_name, err));
    }
    return RC_OK;
}

rc_status rc_h5_make_vector(rc_h5_maker *maker, hid_t dataset, const char *path, const char *name,
                            bool is_side, rc_error *err)
{
    unsigned rank;
    hsize_t shape[H5S_MAX_RANK];
    uint64_t n_rows;
    bool is_transposed;
    char quoted[RC_QUOTED_BYTES];
    if (!rc_h5_extent(dataset, &rank, shape) ||
        !rc_h5_is_vector(rank, shape, &n_rows, &is_transposed))
        return rc_error_set(err, RC_E_DATA, "dataset '%s' is no column: it has %u dimensions",
                            rc_h5_quote(path, quoted), rank);
    hid_t type = H5Dget_type(dataset);
    rc_status st = add_vector(maker, dataset, path, type, is_transposed, name, err);
    if (st >= 0 && is_side)
        rc_h5_made(maker)->is_side = true;
    H5Tclose(type);
    return st;
}

rc_status rc_h5_make_child(rc_h5_maker *maker, hid_t group, const char *path, const char *child,
                           const char *name, bool is_side, rc_error *err)
{
    rc_h5_place place;
    RC_TRY(rc_h5_member_open(group, path, child, &place, err));
    rc_status st = rc_h5_make_vector(maker, place.id, place.path, name, is_side, err);
    rc_h5_shut(place.id);
    return st;
}

static rc_status add_list(rc_h5_maker *maker, const rc_h5_labels *labels, uint32_t *number,
                          rc_error *err)
{
    rc_h5_table *table = maker->open.table;
    for (size_t i = 0; i < labels->n; i++)
        RC_TRY(count_text(maker, labels->text_bytes[i], err));
    if (!rc_grow((void **)&table->labels, &maker->labels, table->n_labels + 1,
                 sizeof(rc_h5_labels)))
        return rc_error_nomem(err);
    *number = (uint32_t)table->n_labels;
    table->labels[table->n_labels++] = *labels;
    return RC_OK;
}

rc_status rc_h5_make_list_take(rc_h5_maker *maker, rc_h5_labels *labels, uint32_t *number,
                               rc_error *err)
{
    rc_status st = add_list(maker, labels, number, err);
    if (st < 0)
        rc_h5_labels_release(labels);
    *labels = (rc_h5_labels){0};
    return st;
}

rc_status rc_h5_make_labels_take(rc_h5_maker *maker, rc_h5_texts *texts, uint32_t *number,
                                 rc_error *err)
{
    rc_h5_labels labels = {.texts = texts->items, .text_bytes = texts->bytes, .n = texts->n};
    *texts = (rc_h5_texts){0};
    return rc_h5_make_list_take(maker, &labels, number, err);
}
