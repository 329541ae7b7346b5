/* shapes.c - the shape of what a model is called with. */
#include "base/text.h"
#include "model/foreign/keras/walk.h"

/* [null, 4]: the batch comes first. False, without a failure: it is not said, or not all of it. */
static bool shape_of(rc_keras_walk *walk, const json_t *json, rc_keras_tensor *tensor)
{
    size_t dim[RC_KERAS_MOST_RANK];
    size_t n = json_array_size(json);
    if (n == 0)
        return false;
    if (n > RC_KERAS_MOST_RANK + 1)
        return rc_keras_fail(walk, "more than %d dimensions", RC_KERAS_MOST_RANK);
    for (size_t i = 1; i < n; i++) {
        const json_t *size = json_array_get(json, i);
        json_int_t whole;
        if (!rc_keras_is_whole(size, &whole) || whole < 0)
            return json_is_null(size)
                       ? false
                       : rc_keras_fail(walk, "a shape that is no list of whole numbers");
        dim[i - 1] = (size_t)whole;
    }
    return rc_keras_set_shape(walk, tensor, dim, (unsigned)n - 1);
}

static bool configured(rc_keras_walk *walk, const json_t *config, rc_keras_tensor *tensor)
{
    static const char *const keys[] = {"batch_shape", "batch_input_shape", "build_input_shape"};
    for (size_t i = 0; i < 3; i++)
        if (shape_of(walk, json_object_get(config, keys[i]), tensor))
            return true;
    return false;
}

/* How many columns the weights of a layer are for; 0: it has none that tell. */
static size_t width_of(rc_keras_walk *walk, const rc_keras_layer *layer)
{
    static const char *const classes[] = {"Dense", "BatchNormalization", "LayerNormalization",
                                          "Normalization"};
    static const char *const names[] = {"?", "?", "?", "?"};
    const rc_keras_array *arrays[4];
    for (size_t i = 0; i < 4; i++)
        if (strcmp(layer->class_name, classes[i]) == 0 &&
            rc_keras_arrays_get(walk, layer, names, 4, arrays) && arrays[0] != NULL)
            return i > 0 ? arrays[0]->n : arrays[0]->rank == 2 ? arrays[0]->shape[0] : 0;
    return 0;
}

/* Of a Sequential model without a shape: by its first layer that has one, or weights. */
static bool by_first_layer(rc_keras_walk *walk, rc_keras_graph *graph, rc_keras_tensor *tensor)
{
    for (size_t i = 0; i < graph->n_order && rc_keras_is_ok(walk); i++) {
        rc_keras_layer *layer = &graph->layers[graph->order[i].layer];
        if (strcmp(layer->class_name, "InputLayer") == 0)
            continue;
        if (layer->model != NULL) {
            const rc_keras_layer *outer = walk->at;
            walk->at = layer;
            if (layer->graph == NULL)
                layer->graph = rc_keras_graph_read(walk, layer->model, layer);
            bool ok = layer->graph != NULL && layer->graph->n_inputs == 1 &&
                      rc_keras_input_shape(walk, layer->graph, layer->graph->inputs[0], tensor);
            walk->at = ok ? outer : walk->at;
            return ok;
        }
        size_t width = width_of(walk, layer);
        if (width > 0)
            return rc_keras_set_shape(walk, tensor, &width, 1);
        const rc_keras_class *kind = rc_keras_class_find(walk, layer);
        if (kind == NULL ||
            (kind->kind != RC_KERAS_KEEPS && kind->apply != rc_keras_activation_layer))
            return false;
    }
    return false;
}

bool rc_keras_input_shape(rc_keras_walk *walk, rc_keras_graph *graph, rc_keras_link input,
                          rc_keras_tensor *tensor)
{
    const rc_keras_layer *layer = &graph->layers[input.layer];
    if (configured(walk, layer->config, tensor))
        return true;
    if (rc_keras_is_ok(walk) && graph->n_inputs == 1 && by_first_layer(walk, graph, tensor))
        return true;
    char quoted[RC_QUOTED_BYTES];
    return rc_keras_fail(walk, "how many columns input '%s' has is not said",
                         rc_text_quote(layer->name, strlen(layer->name), quoted));
}
