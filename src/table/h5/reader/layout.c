/* layout.c - find the table that is asked for.
 *
 * Without a path the whole file is looked through, and the only table in it is taken. What counts
 * is what the writers mean: a group of pandas is one table, whatever is in it; datasets of rank 1
 * are one together with those in the same group; MATLAB's own groups are none. */
#include "table/h5/reader/layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_LISTED = 10, LIST_BYTES = 1800 };

/* -- Candidates -------------------------------------------------------------------------------- */

typedef struct candidate {
    char *path;
    rc_h5_sight sight;
    bool is_asked; /* as a column beside the table */
} candidate;

typedef struct candidates {
    const rc_strings *beside;
    candidate *items;
    size_t n, capacity;
    size_t n_objects;
    bool is_cut;    /* not all objects were looked at */
    rc_buf remarks; /* why some objects are none */
    size_t n_remarks;
} candidates;

static void release(candidates *all)
{
    for (size_t i = 0; i < all->n; i++)
        free(all->items[i].path);
    free(all->items);
    rc_buf_release(&all->remarks);
}

/* Whether a column is asked for that is this object, or (is_inside) in it. */
static bool is_asked(const rc_strings *beside, const char *path, bool is_inside)
{
    size_t n_path = strlen(path);
    for (size_t i = 0; i < beside->n; i++) {
        const char *name = beside->items[i] + (beside->items[i][0] == '/');
        size_t n = strlen(name);
        const char *at = path + 1;
        if (beside->items[i][0] != '/' && !is_inside && n_path > n)
            at = path + n_path - n; /* relative to any group */
        size_t n_at = strlen(at);
        bool begins = n_at <= n && memcmp(name, at, n_at) == 0 && (at == path + 1 || at[-1] == '/');
        if (begins && n > 0 && (is_inside ? n_at > 0 && name[n_at] == '/' : n_at == n))
            return true;
    }
    return false;
}

static rc_status add_remark(candidates *all, const rc_h5_step *step, rc_error *err)
{
    char quoted[RC_QUOTED_BYTES];
    const char *why = step->sight->why;
    if (step->object < 0)
        why = step->cause[0] != '\0'            ? "it is damaged"
              : step->link == H5L_TYPE_EXTERNAL ? "an external link, which is not followed"
                                                : "a soft link, which is not followed";
    bool is_inner = step->group != NULL && step->group->is_closed;
    if (why[0] == '\0' || is_inner || all->n_remarks == 5)
        return RC_OK;
    if (!rc_buf_printf(&all->remarks, "%s'%s': %s", all->n_remarks++ > 0 ? "; " : "",
                       rc_h5_quote(step->path, quoted), why))
        return rc_error_nomem(err);
    return RC_OK;
}

static rc_status look(void *context, const rc_h5_step *step, rc_error *err)
{
    candidates *all = context;
    all->n_objects++;
    if (step->object < 0 || step->is_known || !rc_h5_sight_offers(step->group, step->sight))
        return step->is_known ? RC_OK : add_remark(all, step, err);
    if (is_asked(all->beside, step->path, false))
        return RC_OK;
    if (!rc_grow((void **)&all->items, &all->capacity, all->n + 1, sizeof(candidate)))
        return rc_error_nomem(err);
    candidate *next = &all->items[all->n];
    *next =
        (candidate){rc_strdup(step->path), *step->sight, is_asked(all->beside, step->path, true)};
    if (next->path == NULL)
        return rc_error_nomem(err);
    all->n++;
    return RC_OK;
}

/* Tables into which an asked column leads are set aside, if another one is left. */
static void set_asked_aside(candidates *all)
{
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++)
        n += !all->items[i].is_asked;
    if (n == 0)
        return;
    n = 0;
    for (size_t i = 0; i < all->n; i++) {
        if (all->items[i].is_asked)
            free(all->items[i].path);
        else
            all->items[n++] = all->items[i];
    }
    all->n = n;
}

static rc_status search(hid_t file, const rc_strings *beside, candidates *all, rc_error *err)
{
    *all = (candidates){.beside = beside};
    rc_h5_walk walk = {.visit = look, .context = all};
    RC_TRY(rc_h5_walk_file(file, &walk, err));
    all->is_cut = walk.is_cut;
    set_asked_aside(all);
    return RC_OK;
}

/* "'/X' (2-D dataset, 100 x 5), '/obs' (AnnData frame, 100 x 3)" */
static bool list_candidates(const candidates *all, rc_buf *out)
{
    size_t i = 0;
    for (; i < all->n && i < MOST_LISTED && out->n < LIST_BYTES; i++) {
        char quoted[RC_QUOTED_BYTES];
        const candidate *c = &all->items[i];
        if (!rc_buf_printf(out, "%s'%s' (%s, %" PRIu64 " x %" PRIu64 ")", i > 0 ? ", " : "",
                           rc_h5_quote(c->path, quoted), c->sight.family->layout, c->sight.n_rows,
                           c->sight.n_columns))
            return false;
    }
    return i == all->n || rc_buf_printf(out, " and %zu more", all->n - i);
}

static rc_status refuse_none(const candidates *all, rc_error *err)
{
    size_t n = all->n_objects - (all->n_objects > 0); /* but the root */
    const char *remarks = all->remarks.n > 0 ? all->remarks.data : NULL;
    return rc_error_set(err, RC_E_DATA, "no table in the file, which holds %zu object%s%s%s", n,
                        n == 1 ? "" : "s", remarks != NULL ? ": " : "",
                        remarks != NULL ? remarks : "");
}

/* Perhaps there is another one where nobody looked. */
static rc_status refuse_cut(rc_error *err)
{
    rc_error_set(err, RC_E_DATA, "more than %d objects, or deeper ones than %d, to look through",
                 RC_H5_MAX_OBJECTS, RC_H5_MAX_DEPTH);
    rc_error_hint(err, "--dataset PATH names one");
    return RC_E_DATA;
}

static rc_status refuse_many(const candidates *all, rc_error *err)
{
    rc_buf list = {0};
    if (!list_candidates(all, &list)) {
        rc_buf_release(&list);
        return rc_error_nomem(err);
    }
    rc_error_set(err, RC_E_DATA, "%zu tables in the file: %s", all->n, list.data);
    rc_error_hint(err, "--dataset PATH names one");
    rc_buf_release(&list);
    return RC_E_DATA;
}

/* The only table there is. */
static rc_status choose(hid_t file, const rc_strings *beside, char path[RC_H5_PATH_BYTES],
                        rc_error *err)
{
    candidates all;
    rc_status st = search(file, beside, &all, err);
    if (st >= 0 && all.n < 2 && all.is_cut)
        st = refuse_cut(err);
    else if (st >= 0 && all.n == 0)
        st = refuse_none(&all, err);
    else if (st >= 0 && all.n > 1)
        st = refuse_many(&all, err);
    if (st >= 0)
        memcpy(path, all.items[0].path, strlen(all.items[0].path) + 1);
    release(&all);
    return st;
}

/* -- What is asked for ------------------------------------------------------------------------- */

/* "/a/b" out of "a//b/". False: too long. */
static bool normalise(const char *asked, char out[RC_H5_PATH_BYTES])
{
    size_t n = 0;
    for (const char *at = asked; *at != '\0';) {
        at += strspn(at, "/");
        size_t part = strcspn(at, "/");
        if (n + part + 2 > RC_H5_PATH_BYTES)
            return false;
        if (part > 0)
            out[n++] = '/';
        memcpy(out + n, at, part);
        n += part;
        at += part;
    }
    if (n == 0)
        out[n++] = '/';
    out[n] = '\0';
    return true;
}

/* Says what there is instead; is_typing: perhaps the name is only misspelt. */
static void suggest(hid_t file, const char *path, bool is_typing, rc_error *err)
{
    candidates all;
    rc_strings none = {0};
    rc_buf list = {0};
    rc_nearest nearest = {.asked = path, .limit = strlen(path) < 6 ? 2 : 4};
    if (search(file, &none, &all, NULL) >= 0 && all.n > 0) {
        for (size_t i = 0; is_typing && i < all.n; i++)
            rc_nearest_offer(&nearest, all.items[i].path);
        if (nearest.name != NULL)
            rc_nearest_hint(&nearest, err);
        else if (list_candidates(&all, &list))
            rc_error_hint(err, "the file has %s", list.data);
    }
    rc_buf_release(&list);
    release(&all);
}

/* "/df/table" means "/df", where pandas says what is in it. */
static void prefer_group(hid_t file, char path[RC_H5_PATH_BYTES])
{
    char parent[RC_H5_PATH_BYTES], type[64];
    hid_t group;
    if (strcmp(rc_h5_last_name(path), "table") != 0)
        return;
    rc_h5_parent(parent, path);
    if (rc_h5_object_open(file, parent, &group, NULL) < 0)
        return;
    if (rc_h5_attribute_text(group, "pandas_type", type, sizeof(type)) &&
        rc_text_ends(type, strlen(type), "_table"))
        memcpy(path, parent, RC_H5_PATH_BYTES);
    rc_h5_shut(group);
}

static rc_status refuse_object(const char *path, hid_t object, const rc_h5_sight *sight,
                               rc_error *err)
{
    char quoted[RC_QUOTED_BYTES];
    const char *why = sight->why;
    if (why[0] == '\0')
        why = H5Iget_type(object) == H5I_GROUP     ? "a group without columns of one length"
              : H5Iget_type(object) == H5I_DATASET ? "a single value"
                                                   : "neither a dataset nor a group";
    return rc_error_set(err, RC_E_DATA, "'%s' is no table: %s", rc_h5_quote(path, quoted), why);
}

rc_status rc_h5_make_table(rc_h5_maker *maker, hid_t object, const char *path, rc_h5_sight *sight,
                           rc_error *err)
{
    char quoted[RC_QUOTED_BYTES];
    rc_h5_quote(path, quoted);
    rc_h5_sight_of(object, path, sight);
    if (sight->family == NULL)
        return refuse_object(path, object, sight, err);
    RC_TRY(rc_h5_make_title(maker, path, sight->family->layout, err));
    rc_status st = sight->family->make(maker, object, path, err);
    if (st >= 0 && maker->open.table->n_storages == 0)
        st = rc_error_set(err, RC_E_DATA, "'%s' has no column that can be read", quoted);
    if (st < 0 && err != NULL && strstr(err->text, quoted) == NULL)
        return rc_error_wrap(err, st, "table '%s'", quoted);
    return st;
}

static rc_status make(rc_h5_maker *maker, const rc_h5_request *request, char *path, rc_error *err)
{
    hid_t object;
    rc_h5_sight sight;
    rc_status st = rc_h5_object_open(maker->file, path, &object, err);
    if (st == RC_E_USAGE) {
        suggest(maker->file, path, true, err);
        return st;
    }
    if (st < 0)
        return st;
    st = rc_h5_make_table(maker, object, path, &sight, err);
    rc_h5_shut(object);
    if (st < 0 && sight.family == NULL)
        suggest(maker->file, path, false, err);
    return st < 0 ? st : rc_h5_make_beside(maker, &request->beside, err);
}

/* What is not in a file is the file's fault, whoever asked for it. */
static rc_status as_data(rc_error *err)
{
    if (err != NULL)
        err->code = RC_E_DATA;
    return RC_E_DATA;
}

rc_status rc_h5_layout_find(hid_t file, const rc_h5_request *request, rc_h5_open_table *out,
                            rc_error *err)
{
    char path[RC_H5_PATH_BYTES];
    *out = (rc_h5_open_table){0};
    if (request->dataset == NULL)
        RC_TRY(choose(file, &request->beside, path, err));
    else if (!normalise(request->dataset, path))
        return rc_error_set(err, RC_E_DATA, "a path of more than %d bytes", RC_H5_PATH_BYTES);
    prefer_group(file, path);
    rc_h5_maker maker;
    rc_status st = rc_h5_maker_init(&maker, file, request->max_memory, err);
    if (st >= 0)
        st = make(&maker, request, path, err);
    if (st < 0)
        rc_h5_maker_release(&maker);
    else
        *out = maker.open;
    return st == RC_E_USAGE ? as_data(err) : st;
}
