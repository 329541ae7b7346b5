/* beside.c - columns that options name, and that stand beside the table. */
#include <inttypes.h>
#include <stdio.h>

#include "table/h5/reader/layout.h"

static size_t find_column(const rc_h5_table *table, const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < table->n_columns; i++)
        if (table->columns[i].name != NULL && table->columns[i].name_bytes == n &&
            memcmp(table->columns[i].name, name, n) == 0)
            return i;
    return SIZE_MAX;
}

static rc_status refuse_group(const char *path, rc_error *err)
{
    char quoted[RC_QUOTED_BYTES];
    return rc_error_set(err, RC_E_DATA, "'%s' is a group, which is no column",
                        rc_h5_quote(path, quoted));
}

/* The object is a column by itself, or it is none. */
static rc_status add_object(rc_h5_maker *maker, hid_t object, const char *path, const char *name,
                            rc_error *err)
{
    if (rc_h5_is_encoded_column(object))
        RC_TRY(rc_h5_make_encoded(maker, object, path, name, err));
    else if (H5Iget_type(object) == H5I_DATASET)
        RC_TRY(rc_h5_make_vector(maker, object, path, name, true, err));
    else
        return refuse_group(path, err);
    rc_h5_made(maker)->is_side = true;
    return RC_OK;
}

/* The path leads into a table: RC_END if it does not. */
static rc_status add_inner(rc_h5_maker *maker, const char *path, const char *name, rc_error *err)
{
    char outer[RC_H5_PATH_BYTES];
    hid_t object;
    rc_h5_parent(outer, path);
    rc_status st = rc_h5_object_open(maker->file, outer, &object, NULL);
    if (st < 0)
        return st == RC_E_SYSTEM ? st : RC_END;
    rc_h5_maker other;
    rc_h5_sight sight;
    st = rc_h5_maker_init(&other, maker->file, maker->max_memory, err);
    rc_h5_sight_of(object, outer, &sight);
    if (st >= 0 && sight.family != NULL && sight.vector == RC_H5_NO_VECTOR) {
        st = rc_h5_make_table(&other, object, outer, &sight, NULL);
        size_t column = st < 0 ? SIZE_MAX : find_column(other.open.table, rc_h5_last_name(path));
        st = column == SIZE_MAX ? RC_END : rc_h5_make_transplant(maker, &other, column, name, err);
    } else if (st >= 0) {
        st = RC_END;
    }
    rc_h5_maker_release(&other);
    rc_h5_shut(object);
    return st;
}

/* RC_END: there is nothing. */
static rc_status add_path(rc_h5_maker *maker, const char *path, const char *name, rc_error *err)
{
    hid_t object;
    rc_error cause = {0};
    rc_status st = rc_h5_object_open(maker->file, path, &object, &cause);
    if (st == RC_E_USAGE)
        return add_inner(maker, path, name, err);
    if (st < 0) {
        if (err != NULL)
            *err = cause;
        return st;
    }
    st = add_object(maker, object, path, name, err);
    rc_h5_shut(object);
    return st;
}

/* Relative names are looked for next to the table, then in it, then in the root. */
static rc_status add_column(rc_h5_maker *maker, const char *name, rc_error *err)
{
    const char *table = maker->open.table->path;
    char parent[RC_H5_PATH_BYTES], path[RC_H5_PATH_BYTES];
    rc_h5_parent(parent, table);
    const char *const from[] = {parent, table, "/"};
    if (name[0] == '/')
        return add_path(maker, name, name, err);
    rc_status st = RC_END;
    for (size_t i = 0; st == RC_END && i < sizeof(from) / sizeof(from[0]); i++)
        if (rc_h5_join(path, from[i], name, NULL) >= 0)
            st = add_path(maker, path, name, err);
    return st;
}

rc_status rc_h5_make_beside(rc_h5_maker *maker, const rc_strings *asked, rc_error *err)
{
    maker->is_sharing = true;
    for (size_t i = 0; i < asked->n; i++) {
        char quoted[RC_QUOTED_BYTES];
        const char *name = asked->items[i];
        if (name[0] == '\0' || find_column(maker->open.table, name) != SIZE_MAX)
            continue;
        rc_status st = add_column(maker, name, err);
        if (st < 0)
            return rc_error_wrap(err, st, "'%s' beside the table", rc_h5_quote(name, quoted));
    }
    return RC_OK;
}
