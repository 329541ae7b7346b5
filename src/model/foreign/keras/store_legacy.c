/* store_legacy.c - the layout of Keras 1 and 2, which Keras 3 still writes: a group a layer, whose
 * attribute 'weight_names' says where its arrays are. */
#include <stdio.h>

#include "model/foreign/keras/store.h"

enum { MOST_SPLITS = 10000, MOST_NAMES = 20000 };

/* -- lists of names ------------------------------------------------------------------------------
 */

static rc_status add_names(rc_h5_texts *names, const rc_h5_texts *part, rc_error *err)
{
    for (size_t i = 0; i < part->n; i++)
        RC_TRY(rc_h5_texts_add(names, part->items[i], part->bytes[i], err));
    return RC_OK;
}

/* NAME0, NAME1 ...: what is too long for one attribute. */
static rc_status split_names(hid_t object, const char *name, rc_h5_texts *names, rc_error *err)
{
    for (size_t i = 0; i < MOST_SPLITS && names->n <= MOST_NAMES; i++) {
        char part_name[64];
        rc_h5_texts part;
        snprintf(part_name, sizeof(part_name), "%s%zu", name, i);
        rc_status st = rc_h5_attribute_texts(object, part_name, &part, err);
        if (st != RC_OK)
            return st < 0 ? st : RC_OK;
        st = add_names(names, &part, err);
        rc_h5_texts_release(&part);
        RC_TRY(st);
    }
    return RC_OK;
}

/* None, or an attribute of numbers, which Keras writes for an empty list: names->n is 0. */
static rc_status read_names(hid_t object, const char *name, rc_h5_texts *names, rc_error *err)
{
    rc_status st = rc_h5_attribute_texts(object, name, names, err);
    if (st == RC_END)
        st = split_names(object, name, names, err);
    if (st >= 0 && names->n > MOST_NAMES)
        st = rc_error_set(err, RC_E_MODEL, "'%s' has more than %d names", name, MOST_NAMES);
    return st < 0 ? st : RC_OK;
}

/* -- the file ------------------------------------------------------------------------------------
 */

/* A JSON text in an attribute of the root; *out NULL: it is not there. */
static rc_status root_json(rc_keras_store *s, const char *name, json_t **out, rc_error *err)
{
    rc_h5_texts texts;
    rc_status st = rc_h5_attribute_texts(s->root, name, &texts, err);
    if (st < 0 || (st == RC_END && H5Aexists(s->root, name) <= 0))
        return st < 0 ? st : RC_OK;
    if (texts.n == 1)
        st = rc_keras_json(texts.items[0], texts.bytes[0], name, out, err);
    else
        st = rc_error_set(err, RC_E_MODEL, "attribute '%s': not one text", name);
    rc_h5_texts_release(&texts);
    return st;
}

/* Keras 1 and 2, if nothing else is said. */
static int find_major(const rc_keras_store *s)
{
    const hid_t objects[] = {s->root, s->weights};
    for (size_t i = 0; i < 2; i++) {
        char version[32];
        if (rc_h5_attribute_text(objects[i], "keras_version", version, sizeof(version)) &&
            rc_keras_major_of(version) > 0)
            return rc_keras_major_of(version);
    }
    return 2;
}

rc_status rc_keras_legacy_open(rc_keras_store *s, rc_error *err)
{
    hid_t weights;
    RC_TRY(root_json(s, "model_config", &s->config, err));
    RC_TRY(root_json(s, "training_config", &s->training, err));
    rc_status st = rc_keras_child_open(s->root, "model_weights", &weights, err);
    RC_TRY(st);
    if (st == RC_OK) {
        rc_h5_shut(s->weights);
        s->weights = weights;
    }
    s->major = find_major(s);
    s->layout = s->config != NULL ? RC_KERAS_LEGACY : RC_KERAS_WEIGHTS;
    return read_names(s->weights, "layer_names", &s->layers, err);
}

/* -- one layer -----------------------------------------------------------------------------------
 */

/* The group of an outermost layer and its names, which stay open: a nested model asks for them as
 * often as it has layers. */
static rc_status open_group(rc_keras_store *s, const char *name, rc_error *err)
{
    rc_keras_group *group = &s->group;
    if (group->name != NULL && strcmp(group->name, name) == 0)
        return RC_OK;
    rc_h5_shut(group->id);
    rc_h5_texts_release(&group->names);
    *group = (rc_keras_group){.id = -1};
    rc_error cause = {0};
    rc_status st = rc_h5_object_open(s->weights, name, &group->id, &cause);
    if (st < 0 && st != RC_E_USAGE) {
        if (err != NULL)
            *err = cause;
        return st;
    }
    if (st == RC_OK)
        RC_TRY(read_names(group->id, "weight_names", &group->names, err));
    group->name = rc_keras_keep(s, name, strlen(name));
    return group->name != NULL ? RC_OK : rc_error_nomem(err);
}

/* "dense/kernel:0": the path of the layer, and the array without ":0". */
typedef struct leaf {
    const char *path, *name;
    size_t n_path, n_name;
} leaf;

static leaf leaf_of(const char *text)
{
    const char *slash = strrchr(text, '/');
    leaf l = {.path = text, .name = slash != NULL ? slash + 1 : text};
    l.n_path = slash != NULL ? (size_t)(slash - text) : 0;
    l.n_name = strcspn(l.name, ":");
    return l;
}

/* Takes the name off the end of a path of n bytes; false: the path ends otherwise. */
static bool take_off(const char *path, size_t *n, const char *name)
{
    size_t n_name = strlen(name);
    if (n_name > *n || memcmp(path + *n - n_name, name, n_name) != 0)
        return false;
    if (n_name < *n && path[*n - n_name - 1] != '/')
        return false;
    *n -= n_name < *n ? n_name + 1 : n_name;
    return true;
}

/* How well the path of an array fits the place of a layer in models; 0: it is another's. A path
 * has the layer's own name, and may have those of its parents before. */
static unsigned fit_of(const leaf *l, const rc_keras_id *id)
{
    size_t n = l->n_path;
    unsigned fit = 0;
    for (; id != NULL && take_off(l->path, &n, id->name); id = id->parent)
        fit += 2;
    return fit > 0 && n == 0 ? fit + 1 : fit;
}

static unsigned best_fit(const rc_h5_texts *names, const rc_keras_id *id)
{
    unsigned best = 0;
    for (size_t i = 0; i < names->n; i++) {
        leaf l = leaf_of(names->items[i]);
        unsigned fit = fit_of(&l, id);
        best = fit > best ? fit : best;
    }
    return best;
}

static bool has_array(const rc_keras_arrays *arrays, const leaf *l)
{
    for (size_t i = 0; i < arrays->n; i++)
        if (strlen(arrays->items[i].name) == l->n_name &&
            memcmp(arrays->items[i].name, l->name, l->n_name) == 0)
            return true;
    return false;
}

rc_status rc_keras_legacy_arrays(rc_keras_store *s, const rc_keras_id *id, rc_keras_arrays *out,
                                 rc_error *err)
{
    const rc_keras_id *top = id;
    while (top->parent != NULL)
        top = top->parent;
    RC_TRY(open_group(s, top->name, err));
    const rc_h5_texts *names = &s->group.names;
    bool is_nested = id != top;
    unsigned best = is_nested ? best_fit(names, id) : 0;
    if (is_nested && best == 0)
        return RC_OK;
    for (size_t i = 0; i < names->n; i++) {
        leaf l = leaf_of(names->items[i]);
        if (is_nested && fit_of(&l, id) != best)
            continue;
        if (is_nested && has_array(out, &l)) {
            char quoted[RC_QUOTED_BYTES];
            return rc_error_set(err, RC_E_MODEL, "two layers of the model have such an array '%s'",
                                rc_text_quote(l.name, l.n_name, quoted));
        }
        RC_TRY(rc_keras_array_add(s, s->group.id, names->items[i], l.name, l.n_name, out, err));
    }
    return RC_OK;
}
