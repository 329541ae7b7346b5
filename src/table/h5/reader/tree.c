/* tree.c - every object of an HDF5 file, for people. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "table/h5/reader/layout.h"

static const char *link_kind(H5L_type_t link)
{
    switch (link) {
    case H5L_TYPE_HARD:
        return "object";
    case H5L_TYPE_SOFT:
        return "soft link";
    case H5L_TYPE_EXTERNAL:
        return "external link";
    default:
        return "link";
    }
}

static const char *object_kind(hid_t object)
{
    switch (H5Iget_type(object)) {
    case H5I_GROUP:
        return "group";
    case H5I_DATASET:
        return "dataset";
    case H5I_DATATYPE:
        return "type";
    default:
        return "object";
    }
}

static bool set_text(char **at, const char *text)
{
    free(*at);
    *at = rc_strdup(text);
    return *at != NULL;
}

/* All texts are there, even if empty. */
static bool set_empty(rc_h5_node *node)
{
    return set_text(&node->type, "") && set_text(&node->storage, "") &&
           set_text(&node->filters, "") && set_text(&node->scored_as, "") &&
           set_text(&node->note, "");
}

/* "shuffle, deflate 4" */
static bool tell_filters(hid_t creation, rc_h5_node *node)
{
    rc_buf out = {0};
    int n = H5Pget_nfilters(creation);
    bool is_right = true;
    for (int i = 0; is_right && i < n && i < 32; i++) {
        unsigned flags, config, values[8] = {0};
        size_t n_values = 8;
        H5Z_filter_t id =
            H5Pget_filter2(creation, (unsigned)i, &flags, &n_values, values, 0, NULL, &config);
        const char *name = rc_h5_filter_name(id);
        is_right = i == 0 || rc_buf_text(&out, ", ");
        if (is_right && name != NULL)
            is_right = rc_buf_text(&out, name);
        else if (is_right)
            is_right = rc_buf_printf(&out, "filter %d", (int)id);
        if (is_right && (id == 1 || id == 32015) && n_values > 0)
            is_right = rc_buf_printf(&out, " %u", values[0]);
    }
    is_right = is_right && rc_buf_append(&out, "", 1) && set_text(&node->filters, out.data);
    rc_buf_release(&out);
    return is_right;
}

static bool tell_storage(hid_t dataset, rc_h5_node *node)
{
    hid_t creation = H5Dget_create_plist(dataset);
    if (creation < 0)
        return true;
    H5D_layout_t layout = H5Pget_layout(creation);
    const char *kind = layout == H5D_COMPACT      ? "compact"
                       : layout == H5D_CONTIGUOUS ? "contiguous"
                       : layout == H5D_CHUNKED    ? "chunked"
                       : layout == H5D_VIRTUAL    ? "virtual"
                                                  : "";
    if (H5Pget_external_count(creation) > 0)
        kind = "external";
    hsize_t chunk[H5S_MAX_RANK + 1] = {0};
    node->is_chunked =
        layout == H5D_CHUNKED && H5Pget_chunk(creation, H5S_MAX_RANK, chunk) == (int)node->rank;
    for (unsigned i = 0; node->is_chunked && i < node->rank; i++)
        node->chunk[i] = chunk[i];
    bool is_right = set_text(&node->storage, kind) && tell_filters(creation, node);
    H5Pclose(creation);
    return is_right;
}

static void tell_shape(hid_t dataset, rc_h5_node *node)
{
    hsize_t shape[H5S_MAX_RANK] = {0}, most[H5S_MAX_RANK] = {0};
    if (!rc_h5_extent(dataset, &node->rank, shape))
        return;
    hid_t space = H5Dget_space(dataset);
    if (space < 0 || H5Sget_simple_extent_dims(space, NULL, most) < 0)
        node->rank = 0;
    if (space >= 0)
        H5Sclose(space);
    for (unsigned i = 0; i < node->rank; i++) {
        node->shape[i] = shape[i];
        node->most[i] = most[i] == H5S_UNLIMITED ? UINT64_MAX : most[i];
    }
}

static bool tell_type(hid_t dataset, rc_h5_node *node)
{
    char text[256];
    hid_t type = H5Dget_type(dataset);
    if (type < 0)
        return true;
    rc_h5_type_text(type, text, sizeof(text));
    H5Tclose(type);
    return set_text(&node->type, text);
}

/* Whether the storage is one that is read; else *why is told. */
static bool is_readable(hid_t dataset, const char *path, rc_error *why)
{
    rc_h5_dataset opened;
    if (rc_h5_dataset_open(dataset, path, &opened, why) < 0)
        return false;
    rc_h5_dataset_close(&opened);
    return true;
}

static bool tell_dataset(hid_t dataset, rc_h5_node *node, rc_error *why)
{
    tell_shape(dataset, node);
    if (!tell_type(dataset, node) || !tell_storage(dataset, node))
        return false;
    if (strcmp(node->storage, "virtual") != 0 && strcmp(node->storage, "external") != 0)
        node->n_stored = H5Dget_storage_size(dataset);
    is_readable(dataset, node->path, why);
    return true;
}

/* The cause without the name of the dataset, which stands beside it; and the hint, unless it would
 * be told of each part of one table. */
static bool set_cause(rc_h5_node *node, const char *text, bool is_part)
{
    char note[sizeof((rc_error){0}.text)];
    const char *behind = strncmp(text, "dataset '", 9) == 0 ? strstr(text, "': ") : NULL;
    text = behind == NULL ? text : behind + 3;
    int n = (int)strcspn(text, "\n");
    const char *hint = text + n + strspn(text + n, "\n ");
    bool has_hint = *hint != '\0' && !is_part;
    snprintf(note, sizeof(note), "%.*s%s%s", n, text, has_hint ? "; " : "", has_hint ? hint : "");
    return set_text(&node->note, note);
}

static bool tell_sight(const rc_h5_step *step, const rc_error *why, rc_h5_node *node)
{
    const rc_h5_sight *sight = step->sight;
    if (step->is_known)
        return set_text(&node->note, "another name of an object above");
    if (why->text[0] != '\0')
        return node->rank == 0 ||
               set_cause(node, why->text, step->group != NULL && step->group->is_closed);
    if (!rc_h5_sight_offers(step->group, sight))
        return sight->family != NULL || sight->is_wide || set_text(&node->note, sight->why);
    node->n_rows = sight->n_rows;
    node->n_columns = sight->n_columns;
    return set_text(&node->scored_as, sight->family->layout);
}

static bool tell_step(const rc_h5_step *step, rc_h5_node *node)
{
    rc_error why = {0};
    if (!set_text(&node->path, step->path) || !set_empty(node))
        return false;
    if (step->object < 0)
        return set_text(&node->kind, link_kind(step->link)) &&
               set_text(&node->note,
                        step->cause[0] != '\0' ? "it is damaged" : "it is not followed");
    if (!set_text(&node->kind, object_kind(step->object)))
        return false;
    if (H5Iget_type(step->object) == H5I_DATASET && !step->is_known &&
        !tell_dataset(step->object, node, &why))
        return false;
    return tell_sight(step, &why, node);
}

static rc_status add_node(void *context, const rc_h5_step *step, rc_error *err)
{
    rc_h5_tree *tree = context;
    if (!rc_grow((void **)&tree->nodes, &tree->capacity, tree->n + 1, sizeof(rc_h5_node)))
        return rc_error_nomem(err);
    tree->nodes[tree->n] = (rc_h5_node){0};
    return tell_step(step, &tree->nodes[tree->n++]) ? RC_OK : rc_error_nomem(err);
}

static uint64_t user_block(hid_t file)
{
    hsize_t n = 0;
    hid_t creation = H5Fget_create_plist(file);
    if (creation < 0 || H5Pget_userblock(creation, &n) < 0)
        n = 0;
    if (creation >= 0)
        H5Pclose(creation);
    return n;
}

static bool is_keras(hid_t file)
{
    hid_t root;
    if (rc_h5_object_open(file, "/", &root, NULL) < 0)
        return false;
    rc_h5_keras layout = rc_h5_keras_tell(root);
    rc_h5_shut(root);
    return layout != RC_H5_KERAS_NONE;
}

rc_status rc_h5_layout_tree(hid_t file, rc_h5_tree *tree, rc_error *err)
{
    rc_h5_walk walk = {.visit = add_node, .context = tree};
    tree->user_block = user_block(file);
    tree->is_keras = is_keras(file);
    rc_status st = rc_h5_walk_file(file, &walk, err);
    tree->is_cut = walk.is_cut;
    return st;
}
