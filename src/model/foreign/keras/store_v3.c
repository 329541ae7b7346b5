/* store_v3.c - the layout of Keras 3 and of .keras files: a layer is found by its class and how
 * many of that class stand before it, in the containers of the models that it is in. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/foreign/keras/store.h"

const char *const rc_keras_containers[2] = {"layers", "_layer_checkpoint_dependencies"};

enum { MOST_LISTED = 10000, MOST_SEARCHED = 1000, COMPONENT = 300 };

/* -- names ---------------------------------------------------------------------------------------
 */

/* As Keras does it: BatchNormalization is batch_normalization, PReLU is p_re_lu. */
static void snake_case(const char *name, char *out, size_t size)
{
    size_t n = 0;
    char before = '\0';
    for (size_t i = 0; name[i] != '\0' && n + 3 < size; i++) {
        unsigned char c = (unsigned char)name[i];
        if (!isalnum(c) && c != '_')
            continue;
        if (n > 0 && isupper(c) &&
            (islower((unsigned char)name[i + 1]) || islower((unsigned char)before)))
            out[n++] = '_';
        out[n++] = (char)tolower(c);
        before = (char)c;
    }
    out[n] = '\0';
}

static void numbered(char out[COMPONENT], const char *name, size_t number)
{
    if (number == 0)
        snprintf(out, COMPONENT, "%s", name);
    else
        snprintf(out, COMPONENT, "%s_%zu", name, number);
}

/* -- where a layer is ----------------------------------------------------------------------------
 */

/* A layer's group; -1: the file has none. name: what it is called, or would be. */
typedef struct place {
    hid_t group;
    char name[COMPONENT];
} place;

/* What Keras 3 writes beside the arrays; false: nothing. */
static bool is_called(hid_t layer, const char *name, bool *is_said)
{
    hid_t vars = -1;
    char said[256] = "";
    *is_said = rc_h5_has_child(layer, "vars") &&
               rc_h5_child_open(layer, "vars", &vars, NULL) == RC_OK &&
               rc_h5_attribute_text(vars, "name", said, sizeof(said));
    rc_h5_shut(vars);
    return *is_said && strcmp(said, name) == 0;
}

/* The layer of the class with that name, if the file says names. */
static rc_status search_by_name(hid_t container, const char *class_name, const rc_keras_id *id,
                                place *found, rc_error *err)
{
    for (size_t i = 0; i < MOST_SEARCHED; i++) {
        bool is_said;
        place other;
        numbered(other.name, class_name, i);
        rc_status st = rc_keras_child_open(container, other.name, &other.group, err);
        if (st != RC_OK)
            return st;
        if (is_called(other.group, id->name, &is_said)) {
            rc_h5_shut(found->group);
            *found = other;
            return RC_OK;
        }
        rc_h5_shut(other.group);
    }
    return RC_END;
}

static rc_status find_by_number(rc_keras_store *s, hid_t container, const char *class_name,
                                const rc_keras_id *id, place *found, rc_error *err)
{
    bool is_said;
    rc_status st = rc_keras_child_open(container, found->name, &found->group, err);
    if (st != RC_OK || s->layout != RC_KERAS_V3)
        return st < 0 ? st : RC_OK;
    if (!is_called(found->group, id->name, &is_said) && is_said)
        st = search_by_name(container, class_name, id, found, err);
    return st < 0 ? st : RC_OK;
}

/* TensorFlow 2.12 and 2.13 count layers with weights twice, and those without once: the layer is
 * the nth of those that are there. */
static rc_status find_by_order(hid_t container, const char *class_name, const rc_keras_id *id,
                               place *found, rc_error *err)
{
    size_t n_before = 0;
    for (size_t i = 0; i <= 2 * id->nth; i++) {
        char name[COMPONENT];
        numbered(name, class_name, i);
        if (!rc_h5_has_child(container, name) || n_before++ < id->nth)
            continue;
        memcpy(found->name, name, sizeof(name));
        return rc_keras_child_open(container, name, &found->group, err);
    }
    return RC_OK;
}

/* Of a layer in the model whose group is `model` (-1: there is none). */
static rc_status find_layer(rc_keras_store *s, hid_t model, const rc_keras_id *id, place *found,
                            rc_error *err)
{
    char class_name[256];
    hid_t container;
    snake_case(id->class_name, class_name, sizeof(class_name));
    numbered(found->name, class_name, id->nth);
    found->group = -1;
    for (size_t i = 0; model >= 0 && i < 2; i++) {
        rc_status st = rc_keras_child_open(model, rc_keras_containers[i], &container, err);
        if (st == RC_END)
            continue;
        if (st == RC_OK) {
            st = i == 0 ? find_by_number(s, container, class_name, id, found, err)
                        : find_by_order(container, class_name, id, found, err);
            rc_h5_shut(container);
        }
        return st < 0 ? st : RC_OK;
    }
    return RC_OK;
}

/* Finds a layer, and appends "/CONTAINER/NAME" for it and all its parents to a path. *fits becomes
 * false if there is no room. */
static rc_status find_path(rc_keras_store *s, const rc_keras_id *id, const char *container,
                           char path[RC_KERAS_MOST_NAME], bool *fits, place *found, rc_error *err)
{
    place model = {.group = -1};
    if (id->parent != NULL)
        RC_TRY(find_path(s, id->parent, container, path, fits, &model, err));
    rc_status st = find_layer(s, id->parent != NULL ? model.group : s->weights, id, found, err);
    rc_h5_shut(model.group);
    size_t used = strlen(path);
    int n = snprintf(path + used, RC_KERAS_MOST_NAME - used, "/%s/%s", container, found->name);
    *fits = *fits && n > 0 && (size_t)n < RC_KERAS_MOST_NAME - used;
    if (st < 0) {
        rc_h5_shut(found->group);
        found->group = -1;
    }
    return st;
}

/* -- what it has ---------------------------------------------------------------------------------
 */

static rc_status add_vars(rc_keras_store *s, hid_t layer, rc_keras_arrays *out, rc_error *err)
{
    hid_t vars;
    rc_status st = rc_keras_child_open(layer, "vars", &vars, err);
    if (st != RC_OK)
        return st < 0 ? st : RC_OK;
    for (size_t i = 0; st >= 0; i++) {
        char name[24];
        int n = snprintf(name, sizeof(name), "%zu", i);
        if (H5Lexists(vars, name, H5P_DEFAULT) <= 0)
            break;
        st = rc_keras_array_add(s, vars, name, name, (size_t)n, out, err);
    }
    rc_h5_shut(vars);
    return st;
}

rc_status rc_keras_v3_arrays(rc_keras_store *s, const rc_keras_id *id, rc_keras_arrays *out,
                             rc_error *err)
{
    place found;
    bool fits = true;
    char path[RC_KERAS_MOST_NAME] = "";
    RC_TRY(find_path(s, id, "", path, &fits, &found, err));
    if (found.group < 0)
        return RC_OK;
    rc_status st = add_vars(s, found.group, out, err);
    rc_h5_shut(found.group);
    return st;
}

rc_status rc_keras_v3_asset(rc_keras_store *s, const rc_keras_id *id, const char *container,
                            const char *name, char path[RC_KERAS_MOST_NAME], rc_error *err)
{
    place found;
    bool fits = true;
    snprintf(path, RC_KERAS_MOST_NAME, "assets");
    RC_TRY(find_path(s, id, container, path, &fits, &found, err));
    rc_h5_shut(found.group);
    size_t used = strlen(path);
    int n = snprintf(path + used, RC_KERAS_MOST_NAME - used, "/%s", name);
    return fits && n > 0 && (size_t)n < RC_KERAS_MOST_NAME - used ? RC_OK : RC_END;
}

/* -- all layers ----------------------------------------------------------------------------------
 */

/* "dense" and 10 of "dense_10". */
static size_t stem_of(const char *name, size_t *number)
{
    size_t n = strlen(name);
    while (n > 0 && isdigit((unsigned char)name[n - 1]))
        n--;
    bool is_numbered = n > 1 && name[n - 1] == '_' && name[n] != '\0';
    *number = is_numbered ? strtoul(name + n, NULL, 10) : 0;
    return is_numbered ? n - 1 : strlen(name);
}

/* dense, dense_1, dense_2, dense_10 */
static int compare_names(const void *a, const void *b)
{
    const char *x = ((const rc_h5_child *)a)->name, *y = ((const rc_h5_child *)b)->name;
    size_t i, k, n = stem_of(x, &i), m = stem_of(y, &k);
    int order = strncmp(x, y, n < m ? n : m);
    if (order != 0)
        return order;
    return n != m ? (n < m ? -1 : 1) : i < k ? -1 : i > k;
}

static bool has_arrays(hid_t container, const char *name)
{
    hid_t layer = -1, vars = -1;
    bool has = rc_h5_has_child(container, name) &&
               rc_h5_child_open(container, name, &layer, NULL) == RC_OK &&
               rc_h5_has_child(layer, "vars") &&
               rc_h5_child_open(layer, "vars", &vars, NULL) == RC_OK && rc_h5_has_child(vars, "0");
    rc_h5_shut(vars);
    rc_h5_shut(layer);
    return has;
}

static rc_status list_layers(rc_keras_store *s, hid_t container, rc_error *err)
{
    rc_h5_child *children;
    size_t n;
    bool is_cut;
    RC_TRY(rc_h5_children(container, MOST_LISTED, &children, &n, &is_cut, err));
    if (n > 0)
        qsort(children, n, sizeof(*children), compare_names);
    rc_status st = RC_OK;
    if (is_cut)
        st = rc_error_set(err, RC_E_MODEL, "more than %d layers", MOST_LISTED);
    for (size_t i = 0; st >= 0 && i < n; i++)
        if (has_arrays(container, children[i].name))
            st = rc_h5_texts_add(&s->layers, children[i].name, strlen(children[i].name), err);
    rc_h5_children_free(children, n);
    return st;
}

rc_status rc_keras_v3_open(rc_keras_store *s, rc_error *err)
{
    s->major = 3;
    for (size_t i = 0; i < 2; i++) {
        hid_t container;
        rc_status st = rc_keras_child_open(s->root, rc_keras_containers[i], &container, err);
        if (st == RC_END)
            continue;
        if (st == RC_OK) {
            st = list_layers(s, container, err);
            rc_h5_shut(container);
        }
        return st;
    }
    return RC_OK;
}
