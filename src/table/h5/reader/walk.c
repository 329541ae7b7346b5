/* walk.c - come upon every object of an HDF5 file, once. */
#include <stdlib.h>

#include "table/h5/reader/layout.h"

/* What has been seen: addresses in a table of twice as many places, 0 for none (no object is at 0,
 * where the signature is). */
enum { N_PLACES = 1 << 15 };

typedef struct walking {
    rc_h5_walk *walk;
    size_t n;
    haddr_t *seen;
} walking;

/* Whether an object has been seen before; it is remembered. One whose address cannot be told has
 * been: nobody goes on into it. */
static bool remember(walking *w, hid_t object)
{
    H5O_info_t info;
    if (H5Oget_info2(object, &info, H5O_INFO_BASIC) < 0)
        return true;
    haddr_t key = info.addr + 1;
    size_t at = (size_t)(key * 0x9e3779b97f4a7c15u >> 49);
    for (; w->seen[at] != 0; at = (at + 1) % N_PLACES)
        if (w->seen[at] == key)
            return true;
    w->seen[at] = key;
    return false;
}

static rc_status walk_group(walking *w, hid_t group, const char *path, const rc_h5_sight *sight,
                            unsigned depth, rc_error *err);

/* What AnnData keeps beside its matrices: notes, and what is known of columns. */
static bool is_annotation(const char *name)
{
    static const char *const list[] = {"uns", "var", "varm", "varp", "obsp"};
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
        if (strcmp(name, list[i]) == 0)
            return true;
    return false;
}

/* A group in one whose members are no tables has none either. */
static void inherit(const rc_h5_sight *group, const char *path, rc_h5_sight *sight)
{
    if (group->is_annotated && is_annotation(rc_h5_last_name(path))) {
        sight->family = NULL;
        sight->is_closed = true;
    }
    if (group->is_closed && !(group->holds_keys && sight->holds_keys))
        sight->is_closed = true;
}

static rc_status visit_object(walking *w, hid_t object, const char *path, const rc_h5_sight *group,
                              unsigned depth, rc_error *err)
{
    rc_h5_sight sight = {0};
    rc_h5_step step = {
        .path = path, .object = object, .cause = "", .group = group, .sight = &sight};
    step.is_known = remember(w, object);
    if (!step.is_known) {
        rc_h5_sight_of(object, path, &sight);
        inherit(group, path, &sight);
    }
    RC_TRY(w->walk->visit(w->walk->context, &step, err));
    if (step.is_known || H5Iget_type(object) != H5I_GROUP)
        return RC_OK;
    return walk_group(w, object, path, &sight, depth + 1, err);
}

static rc_status visit_child(walking *w, hid_t group, const rc_h5_child *child, const char *path,
                             const rc_h5_sight *sight, unsigned depth, rc_error *err)
{
    char whole[RC_H5_PATH_BYTES];
    rc_h5_sight none = {0};
    rc_error cause = {0};
    hid_t object = -1;
    if (rc_h5_join(whole, path, child->name, NULL) < 0) {
        w->walk->is_cut = true;
        return RC_OK;
    }
    if (child->link == H5L_TYPE_HARD &&
        rc_h5_child_open(group, child->name, &object, &cause) >= 0) {
        rc_status st = visit_object(w, object, whole, sight, depth, err);
        rc_h5_shut(object);
        return st;
    }
    rc_h5_step step = {.path = whole,
                       .link = child->link,
                       .object = -1,
                       .cause = cause.text,
                       .group = sight,
                       .sight = &none};
    return w->walk->visit(w->walk->context, &step, err);
}

/* A group that cannot be read is as good as an empty one: who asks for what is in it is told. */
static rc_status walk_group(walking *w, hid_t group, const char *path, const rc_h5_sight *sight,
                            unsigned depth, rc_error *err)
{
    rc_h5_child *children;
    size_t n;
    bool is_cut = false;
    if (depth >= RC_H5_MAX_DEPTH) {
        w->walk->is_cut = true;
        return RC_OK;
    }
    if (rc_h5_children(group, RC_H5_MAX_OBJECTS, &children, &n, &is_cut, NULL) < 0) {
        w->walk->is_cut = true;
        return RC_OK;
    }
    w->walk->is_cut = w->walk->is_cut || is_cut;
    rc_status st = RC_OK;
    for (size_t i = 0; st >= 0 && i < n; i++) {
        if (w->n++ >= RC_H5_MAX_OBJECTS) {
            w->walk->is_cut = true;
            break;
        }
        st = visit_child(w, group, &children[i], path, sight, depth, err);
    }
    rc_h5_children_free(children, n);
    return st;
}

static rc_status walk_root(walking *w, hid_t root, rc_error *err)
{
    rc_h5_sight sight = {0};
    rc_h5_step step = {.path = "/", .object = root, .cause = "", .sight = &sight};
    remember(w, root);
    rc_h5_sight_of(root, "/", &sight);
    RC_TRY(w->walk->visit(w->walk->context, &step, err));
    return walk_group(w, root, "/", &sight, 0, err);
}

rc_status rc_h5_walk_file(hid_t file, rc_h5_walk *walk, rc_error *err)
{
    hid_t root;
    walking w = {.walk = walk, .seen = calloc(N_PLACES, sizeof(haddr_t))};
    if (w.seen == NULL)
        return rc_error_nomem(err);
    rc_status st = rc_h5_object_open(file, "/", &root, err);
    if (st >= 0) {
        st = walk_root(&w, root, err);
        rc_h5_shut(root);
    }
    free(w.seen);
    return st;
}
