/* keras.c - whether an HDF5 file holds a Keras model, not a table. */
#include "table/h5/reader/reader.h"

enum { MOST_SEARCHED = 64 };

static bool has_names(hid_t object, const char *name, const char *split)
{
    return H5Aexists(object, name) > 0 || H5Aexists(object, split) > 0;
}

static bool has_any_child(hid_t group, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (rc_h5_has_child(group, names[i]))
            return true;
    return false;
}

/* Any child of the container is a layer, or a model with layers. Other formats, AnnData one of
 * them, have a group of that name, too. */
static bool has_layers(hid_t container)
{
    static const char *const of_layer[] = {"vars", "layers", "_layer_checkpoint_dependencies"};
    rc_h5_child *children;
    size_t n;
    bool is_cut, has = false;
    if (H5Iget_type(container) != H5I_GROUP ||
        rc_h5_children(container, MOST_SEARCHED, &children, &n, &is_cut, NULL) < 0)
        return false;
    for (size_t i = 0; i < n && !has; i++) {
        hid_t child;
        if (children[i].link != H5L_TYPE_HARD ||
            rc_h5_child_open(container, children[i].name, &child, NULL) < 0)
            continue;
        has = H5Iget_type(child) == H5I_GROUP && has_any_child(child, of_layer, 3);
        rc_h5_shut(child);
    }
    rc_h5_children_free(children, n);
    return has;
}

static bool is_v3(hid_t root)
{
    static const char *const containers[] = {"layers", "_layer_checkpoint_dependencies"};
    for (size_t i = 0; i < 2; i++) {
        hid_t container;
        if (!rc_h5_has_child(root, containers[i]) ||
            rc_h5_child_open(root, containers[i], &container, NULL) < 0)
            continue;
        bool is = has_layers(container);
        rc_h5_shut(container);
        if (is)
            return true;
    }
    return false;
}

rc_h5_keras rc_h5_keras_tell(hid_t root)
{
    if (H5Aexists(root, "model_config") > 0 || has_names(root, "layer_names", "layer_names0") ||
        rc_h5_has_child(root, "model_weights"))
        return RC_H5_KERAS_LEGACY;
    return is_v3(root) ? RC_H5_KERAS_V3 : RC_H5_KERAS_NONE;
}
