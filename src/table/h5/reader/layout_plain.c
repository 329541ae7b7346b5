/* layout_plain.c - tables of nobody's making: 2-D datasets, columns in a group. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "table/dialect.h"
#include "table/h5/reader/layout.h"

static rc_status make_matrix(rc_h5_maker *maker, hid_t dataset, const char *path, rc_error *err);
static rc_status make_line(rc_h5_maker *maker, hid_t dataset, const char *path, rc_error *err);

static const rc_h5_family matrix = {"2-D dataset", make_matrix};
static const rc_h5_family line = {"1-D dataset", make_line};
static const rc_h5_family columns = {"group of columns", rc_h5_make_group};

/* -- 2-D datasets ------------------------------------------------------------------------------ */

/* An attribute that lists as many names as there are columns. */
static rc_status names_of_attribute(hid_t dataset, uint64_t n, rc_h5_texts *names, rc_error *err)
{
    static const char *const list[] = {"columns", "feature_names", "column_names",
                                       "names",   "features",      "header"};
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        rc_status st = rc_h5_attribute_texts(dataset, list[i], names, err);
        if (st < 0)
            return rc_error_wrap(err, st, "attribute '%s'", list[i]);
        if (st == RC_OK && names->n == n)
            return RC_OK;
        rc_h5_texts_release(names);
    }
    return RC_END;
}

static bool is_list_of_names(hid_t dataset, uint64_t n)
{
    unsigned rank;
    hsize_t shape[H5S_MAX_RANK];
    rc_h5_type_info info;
    hid_t type = H5Dget_type(dataset);
    rc_h5_type_tell(type, &info);
    H5Tclose(type);
    return (info.type == RC_H5_TEXT || info.type == RC_H5_TEXT_VAR) &&
           rc_h5_extent(dataset, &rank, shape) && rank == 1 && shape[0] == n;
}

/* A 1-D dataset of as many texts in the same group. */
static rc_status names_of_sibling(hid_t group, const char *name, uint64_t n, rc_h5_texts *names,
                                  rc_error *err)
{
    hid_t sibling;
    if (rc_h5_child_open(group, name, &sibling, NULL) < 0)
        return RC_END;
    rc_status st = RC_END;
    if (H5Iget_type(sibling) == H5I_DATASET && is_list_of_names(sibling, n)) {
        st = rc_h5_dataset_texts(sibling, RC_MAX_COLUMNS, names, err);
        if (st < 0)
            rc_error_wrap(err, st, "names '%s'", name);
    }
    rc_h5_shut(sibling);
    return st;
}

static rc_status names_of_group(hid_t file, const char *path, uint64_t n, rc_h5_texts *names,
                                rc_error *err)
{
    static const char *const list[] = {"columns", "feature_names", "column_names", "features",
                                       "names",   "%s_columns",    "%s_names"};
    char parent[RC_H5_PATH_BYTES], name[RC_H5_PATH_BYTES + 16];
    rc_h5_parent(parent, path);
    hid_t group;
    RC_TRY(rc_h5_object_open(file, parent, &group, err));
    rc_status st = RC_END;
    for (size_t i = 0; st == RC_END && i < sizeof(list) / sizeof(list[0]); i++) {
        bool is_suffix = list[i][0] == '%';
        snprintf(name, sizeof(name), "%s%s", is_suffix ? rc_h5_last_name(path) : "",
                 is_suffix ? list[i] + 2 : list[i]);
        st = names_of_sibling(group, name, n, names, err);
    }
    rc_h5_shut(group);
    return st;
}

static rc_status find_names(hid_t file, hid_t dataset, const char *path, uint64_t n,
                            rc_h5_texts *names, rc_error *err)
{
    rc_status st = names_of_attribute(dataset, n, names, err);
    if (st == RC_END)
        st = names_of_group(file, path, n, names, err);
    if (st == RC_END)
        st = rc_h5_anndata_names(file, path, n, names, err);
    return st;
}

static rc_status make_matrix(rc_h5_maker *maker, hid_t dataset, const char *path, rc_error *err)
{
    unsigned rank;
    hsize_t shape[H5S_MAX_RANK];
    if (!rc_h5_extent(dataset, &rank, shape) || rank != 2)
        return rc_error_set(err, RC_E_DATA, "a damaged extent");
    if (shape[1] > RC_MAX_COLUMNS)
        return rc_error_set(err, RC_E_DATA, "%" PRIu64 " columns are more than %d",
                            (uint64_t)shape[1], RC_MAX_COLUMNS);
    rc_h5_texts names = {0};
    uint32_t storage = 0;
    RC_TRY(rc_h5_make_storage(maker, dataset, path, false, &storage, err));
    rc_status st = find_names(maker->file, dataset, path, shape[1], &names, err);
    maker->open.table->has_names = st == RC_OK;
    if (st >= 0)
        st = rc_h5_make_cells(maker, storage, &names, err);
    rc_h5_texts_release(&names);
    return st;
}

static rc_status make_line(rc_h5_maker *maker, hid_t dataset, const char *path, rc_error *err)
{
    maker->open.table->has_names = true;
    return rc_h5_make_vector(maker, dataset, path, rc_h5_last_name(path), false, err);
}

/* Why nobody can read elements of a type; "pickled objects" where PyTables says so. */
static void tell_why(hid_t dataset, const rc_h5_type_info *info, rc_h5_sight *sight)
{
    bool is_pickled = rc_h5_attribute_is(dataset, "PSEUDOATOM", "object");
    snprintf(sight->why, sizeof(sight->why), "%s",
             is_pickled ? "pickled objects, which are not read" : info->why);
}

static void see_cells(hid_t dataset, unsigned rank, const hsize_t *shape, hid_t type,
                      rc_h5_sight *sight)
{
    rc_h5_type_info info;
    rc_h5_type_tell(type, &info);
    bool is_transposed;
    if (rc_h5_is_vector(rank, shape, &sight->vector_rows, &is_transposed))
        sight->vector = rank == 1 ? RC_H5_LINE : RC_H5_PLANE;
    if (info.type == RC_H5_UNREADABLE) {
        tell_why(dataset, &info, sight);
        return;
    }
    if (rank > 2) {
        snprintf(sight->why, sizeof(sight->why), "%u dimensions: a table has two", rank);
        return;
    }
    sight->family = rank == 1 ? &line : &matrix;
    sight->n_rows = shape[0];
    sight->n_columns = rank == 1 ? 1 : shape[1];
    if (sight->n_columns == 0) {
        sight->family = NULL;
        snprintf(sight->why, sizeof(sight->why), "it has no columns");
    }
}

bool rc_h5_sees_dataset(hid_t dataset, rc_h5_sight *sight)
{
    unsigned rank;
    hsize_t shape[H5S_MAX_RANK];
    hid_t type = H5Dget_type(dataset);
    if (type < 0 || !rc_h5_extent(dataset, &rank, shape))
        snprintf(sight->why, sizeof(sight->why), "%s", type < 0 ? "a damaged type" : "");
    else if (rank > 0 && H5Tget_class(type) == H5T_COMPOUND)
        rc_h5_see_compound(dataset, rank, shape, type, sight);
    else if (rank > 0)
        see_cells(dataset, rank, shape, type, sight);
    if (type >= 0)
        H5Tclose(type);
    return sight->family != NULL;
}

/* -- Groups of columns ------------------------------------------------------------------------- */

/* A child of a group, and when it was made; 0 where nobody wrote that down. */
typedef struct member {
    const char *name;
    int64_t order;
    size_t at;
} member;

static int by_order(const void *a, const void *b)
{
    const member *x = a, *y = b;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return x->at < y->at ? -1 : 1;
}

/* As the group tracks it, else by name. */
static member *sort_members(hid_t group, const rc_h5_child *children, size_t n, size_t *n_members)
{
    member *members = rc_alloc_array(n, sizeof(member));
    *n_members = 0;
    for (size_t i = 0; members != NULL && i < n; i++) {
        H5L_info_t info;
        if (children[i].link != H5L_TYPE_HARD)
            continue;
        bool is_tracked =
            H5Lget_info(group, children[i].name, &info, H5P_DEFAULT) >= 0 && info.corder_valid;
        members[(*n_members)++] = (member){children[i].name, is_tracked ? info.corder : 0, i};
    }
    if (members != NULL)
        qsort(members, *n_members, sizeof(member), by_order);
    return members;
}

/* Calls for each dataset in a group that may be a column (or a table: vector NO_VECTOR), with what
 * it is. */
typedef rc_status (*member_fn)(void *context, hid_t dataset, const char *name,
                               const rc_h5_sight *sight, rc_error *err);

static rc_status each_member(hid_t group, const member *members, size_t n, member_fn call,
                             void *context, rc_error *err)
{
    for (size_t i = 0; i < n; i++) {
        hid_t object;
        if (rc_h5_child_open(group, members[i].name, &object, NULL) < 0)
            continue; /* damaged: whoever asks for it by name is told */
        rc_status st = RC_OK;
        if (H5Iget_type(object) == H5I_DATASET) {
            rc_h5_sight sight = {0};
            rc_h5_sight_of(object, members[i].name, &sight);
            st = call(context, object, members[i].name, &sight, err);
        }
        rc_h5_shut(object);
        if (st < 0)
            return st;
    }
    return RC_OK;
}

static rc_status each_dataset(hid_t group, member_fn call, void *context, rc_error *err)
{
    rc_h5_child *children;
    size_t n, n_members;
    bool is_cut;
    RC_TRY(rc_h5_children(group, RC_H5_MAX_OBJECTS, &children, &n, &is_cut, err));
    member *members = sort_members(group, children, n, &n_members);
    rc_status st = members == NULL ? rc_error_nomem(err)
                                   : each_member(group, members, n_members, call, context, err);
    free(members);
    rc_h5_children_free(children, n);
    return st;
}

/* What all the datasets of a group come to. */
typedef struct census {
    rc_h5_sight *sight;
    uint64_t n_readable, n_lines; /* columns; and those of rank 1 */
    char first[64];
} census;

static rc_status count_member(void *context, hid_t dataset, const char *name,
                              const rc_h5_sight *seen, rc_error *err)
{
    (void)err;
    (void)dataset;
    census *all = context;
    char quoted[RC_QUOTED_BYTES];
    uint64_t n = seen->vector_rows;
    if (seen->vector == RC_H5_NO_VECTOR) {
        all->sight->is_wide = all->sight->is_wide || seen->family != NULL;
        return RC_OK;
    }
    if (seen->family == NULL)
        return RC_OK;
    all->n_lines += seen->vector == RC_H5_LINE;
    if (all->n_readable++ == 0) {
        all->sight->n_rows = n;
        snprintf(all->first, sizeof(all->first), "%.60s", rc_h5_quote(name, quoted));
    } else if (n != all->sight->n_rows && all->sight->why[0] == '\0') {
        snprintf(all->sight->why, sizeof(all->sight->why),
                 "columns of different lengths: %.48s has %" PRIu64 " rows, %.48s %" PRIu64,
                 all->first, all->sight->n_rows, rc_h5_quote(name, quoted), n);
    }
    return RC_OK;
}

bool rc_h5_sees_group(hid_t group, rc_h5_sight *sight)
{
    census all = {.sight = sight};
    if (each_dataset(group, count_member, &all, NULL) < 0) {
        snprintf(sight->why, sizeof(sight->why), "a damaged group");
        return false;
    }
    /* one dataset of n x 1 is a matrix, not a group */
    bool is_matrix = all.n_readable == 1 && all.n_lines == 0;
    if (all.n_readable == 0 || is_matrix || sight->why[0] != '\0') {
        sight->n_rows = 0;
        return false;
    }
    sight->family = &columns;
    sight->n_columns = all.n_readable;
    return true;
}

typedef struct gathering {
    rc_h5_maker *maker;
    const char *path;
    uint64_t n_rows;
} gathering;

static rc_status gather(void *context, hid_t dataset, const char *name, const rc_h5_sight *seen,
                        rc_error *err)
{
    const gathering *to = context;
    bool is_odd = seen->family == NULL && seen->vector_rows != to->n_rows;
    if (seen->vector == RC_H5_NO_VECTOR || is_odd)
        return RC_OK;
    char path[RC_H5_PATH_BYTES];
    RC_TRY(rc_h5_join(path, to->path, name, err));
    return rc_h5_make_vector(to->maker, dataset, path, name, false, err);
}

rc_status rc_h5_make_group(rc_h5_maker *maker, hid_t group, const char *path, rc_error *err)
{
    rc_h5_sight sight = {0};
    rc_h5_sees_group(group, &sight);
    gathering to = {maker, path, sight.n_rows};
    maker->open.table->has_names = true;
    RC_TRY(each_dataset(group, gather, &to, err));
    rc_h5_texts names = {0};
    rc_status st = rc_h5_attribute_texts(group, "columns", &names, err);
    if (st == RC_END)
        st = rc_h5_attribute_texts(group, "column-order", &names, err);
    if (st == RC_OK)
        st = rc_h5_make_order(maker, &names, err);
    rc_h5_texts_release(&names);
    return st < 0 ? st : RC_OK;
}
