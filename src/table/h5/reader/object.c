/* object.c - find objects of an HDF5 file: by hard links alone. */
#include <stdlib.h>
#include <string.h>

#include "table/h5/reader/reader.h"

const char *rc_h5_quote(const char *text, char out[RC_QUOTED_BYTES])
{
    return rc_text_quote(text, strlen(text), out);
}

void rc_h5_shut(hid_t id)
{
    if (id >= 0)
        H5Idec_ref(id);
}

/* Whether a name is that of one link: nothing in it that the library would walk along. */
static bool is_one_link(const char *name)
{
    return name[0] != '\0' && strchr(name, '/') == NULL && strcmp(name, ".") != 0;
}

/* The kind of a child's link; H5L_TYPE_ERROR: there is none. */
static H5L_type_t link_of(hid_t group, const char *name)
{
    H5L_info_t info;
    if (!is_one_link(name) || H5Lget_info(group, name, &info, H5P_DEFAULT) < 0)
        return H5L_TYPE_ERROR;
    return info.type;
}

bool rc_h5_has_child(hid_t group, const char *name)
{
    H5L_type_t link = link_of(group, name);
    return link == H5L_TYPE_HARD || (!RC_H5_INSPECTS && link != H5L_TYPE_ERROR);
}

static const char *link_name(H5L_type_t link)
{
    switch (link) {
    case H5L_TYPE_SOFT:
        return "a soft link";
    case H5L_TYPE_EXTERNAL:
        return "an external link";
    default:
        return "a link of an odd kind";
    }
}

/* name is the last component of the first n bytes of path, which are for messages. */
static rc_status open_child(hid_t group, const char *name, const char *path, size_t n,
                            hid_t *object, rc_error *err)
{
    char quoted[RC_QUOTED_BYTES];
    H5L_type_t link = link_of(group, name);
    if (link == H5L_TYPE_ERROR)
        return rc_error_set(err, RC_E_USAGE, "no object '%s'", rc_text_quote(path, n, quoted));
    if (link != H5L_TYPE_HARD && RC_H5_INSPECTS)
        return rc_error_set(err, RC_E_DATA, "'%s' is %s, which is not followed",
                            rc_text_quote(path, n, quoted), link_name(link));
    *object = H5Oopen(group, name, H5P_DEFAULT);
    if (*object < 0)
        return rc_error_set(err, RC_E_DATA, "'%s' is damaged", rc_text_quote(path, n, quoted));
    return RC_OK;
}

rc_status rc_h5_child_open(hid_t group, const char *name, hid_t *object, rc_error *err)
{
    *object = -1;
    return open_child(group, name, name, strlen(name), object, err);
}

/* Opens what the rest of the path names, from *object, which is closed. */
static rc_status walk(hid_t *object, char *path, rc_error *err)
{
    char *rest = path;
    for (;;) {
        char *name = rest + strspn(rest, "/");
        if (*name == '\0')
            return RC_OK;
        size_t n = strcspn(name, "/");
        char end = name[n];
        name[n] = '\0';
        hid_t child = -1;
        rc_status st = open_child(*object, name, path, (size_t)(name + n - path), &child, err);
        name[n] = end;
        rc_h5_shut(*object);
        *object = child;
        if (st < 0)
            return st;
        rest = name + n;
    }
}

rc_status rc_h5_object_open(hid_t at, const char *path, hid_t *object, rc_error *err)
{
    *object = H5Oopen(at, path[0] == '/' ? "/" : ".", H5P_DEFAULT);
    if (*object < 0)
        return rc_error_set(err, RC_E_DATA, "the root group is damaged");
    char *parts = rc_strdup(path);
    rc_status st = parts == NULL ? rc_error_nomem(err) : walk(object, parts, err);
    free(parts);
    if (st < 0) {
        rc_h5_shut(*object);
        *object = -1;
    }
    return st;
}

/* -- children ---------------------------------------------------------------------------------- */

typedef struct children {
    rc_h5_child *items;
    size_t n, capacity, most;
    bool is_cut, is_out_of_memory;
} children;

static herr_t add_child(hid_t group, const char *name, const H5L_info_t *info, void *data)
{
    (void)group;
    children *list = data;
    list->is_cut = list->n == list->most;
    if (list->is_cut)
        return 1;
    char *copy = NULL;
    if (rc_grow((void **)&list->items, &list->capacity, list->n + 1, sizeof(*list->items)))
        copy = rc_strdup(name);
    list->is_out_of_memory = copy == NULL;
    if (copy == NULL)
        return -1;
    list->items[list->n++] = (rc_h5_child){.name = copy, .link = info->type};
    return 0;
}

void rc_h5_children_free(rc_h5_child *items, size_t n)
{
    for (size_t i = 0; items != NULL && i < n; i++)
        free(items[i].name);
    free(items);
}

rc_status rc_h5_children(hid_t group, size_t most, rc_h5_child **items, size_t *n, bool *is_cut,
                         rc_error *err)
{
    children list = {.most = most};
    *items = NULL;
    *n = 0;
    *is_cut = false;
    if (H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, add_child, &list) < 0) {
        rc_h5_children_free(list.items, list.n);
        return list.is_out_of_memory ? rc_error_nomem(err)
                                     : rc_error_set(err, RC_E_DATA, "a damaged group");
    }
    *items = list.items;
    *n = list.n;
    *is_cut = list.is_cut;
    return RC_OK;
}
