/* graph.c - a model as layers and their calls, as its configuration has them. */
#include <stdlib.h>

#include "base/text.h"
#include "model/foreign/keras/walk.h"

bool rc_keras_is_model(const char *class_name)
{
    return strcmp(class_name, "Sequential") == 0 || strcmp(class_name, "Functional") == 0 ||
           strcmp(class_name, "Model") == 0;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* -- layers --------------------------------------------------------------------------------------
 */

/* How many layers of its class stand before it, and so its number among them. */
static size_t count_class(rc_keras_walk *walk, rc_keras_graph *graph, const char *class_name)
{
    json_int_t n = json_integer_value(json_object_get(graph->classes, class_name));
    if (json_object_set_new(graph->classes, class_name, json_integer(n + 1)) != 0)
        walk->status = RC_E_SYSTEM;
    return (size_t)n;
}

static bool keep_name(rc_keras_walk *walk, rc_keras_graph *graph, const rc_keras_layer *layer)
{
    char quoted[RC_QUOTED_BYTES];
    if (json_object_get(graph->numbers, layer->name) != NULL)
        return rc_keras_fail(walk, "two layers are called '%s'",
                             rc_text_quote(layer->name, strlen(layer->name), quoted));
    if (json_object_set_new(graph->numbers, layer->name, json_integer((json_int_t)layer->number)) !=
        0)
        walk->status = RC_E_SYSTEM;
    return rc_keras_is_ok(walk);
}

/* "keras" of "keras.src.ops.numpy" is of the framework. */
static bool is_of_keras(const char *module)
{
    static const char *const packages[] = {"keras", "tf_keras", "tensorflow", "keras_core"};
    size_t n = strcspn(module, ".");
    for (size_t i = 0; i < 4; i++)
        if (n == strlen(packages[i]) && strncmp(module, packages[i], n) == 0)
            return true;
    return false;
}

/* A class of the user's own: only its name is in the file, and it may be that of a layer. */
static bool check_origin(rc_keras_walk *walk, const char *class_name, const json_t *json)
{
    const char *registered = rc_keras_text(walk, json, "registered_name", NULL);
    if (registered == NULL ||
        (strchr(registered, '>') == NULL && is_of_keras(rc_keras_text(walk, json, "module", ""))))
        return true;
    char quoted[RC_QUOTED_BYTES];
    rc_keras_hint(walk, "its code is not in the file; rebuild the model with the layers of Keras");
    return rc_keras_fail(walk, "class '%s' is of the program that made the model",
                         rc_text_quote(class_name, strlen(class_name), quoted));
}

/* An operation of Keras 3 (keras.ops). Legacy files do not say where a class is from, but layers
 * have more in their configuration. */
static bool is_operation(rc_keras_walk *walk, const rc_keras_layer *layer, const json_t *json)
{
    const char *module = rc_keras_text(walk, json, "module", NULL);
    if (module != NULL)
        return begins(module, "keras.src.ops") || begins(module, "keras.ops") ||
               begins(module, "keras.src.activations");
    bool is_layer = rc_keras_class_is_known(layer->class_name) &&
                    json_object_get(layer->config, "newshape") == NULL; /* Reshape is both */
    return walk->major >= 3 && !is_layer && !rc_keras_is_model(layer->class_name) &&
           json_is_object(layer->config) && json_object_get(layer->config, "trainable") == NULL;
}

bool rc_keras_layer_read(rc_keras_walk *walk, rc_keras_graph *graph, size_t number,
                         const json_t *json, const rc_keras_layer *outer)
{
    rc_keras_layer *layer = &graph->layers[number];
    if (!json_is_object(json))
        return rc_keras_fail(walk, "layer %zu is no object", number);
    layer->number = number;
    layer->config = json_object_get(json, "config");
    layer->class_name = rc_keras_text(walk, json, "class_name", "");
    layer->name = rc_keras_text(walk, layer->config, "name", NULL);
    if (layer->name == NULL)
        layer->name = rc_keras_text(walk, json, "name", layer->class_name);
    layer->is_operation = is_operation(walk, layer, json);
    if (!rc_keras_is_ok(walk) || !keep_name(walk, graph, layer))
        return false;
    walk->at = layer;
    layer->id =
        (rc_keras_id){.name = layer->name,
                      .class_name = layer->class_name,
                      .nth = layer->is_operation ? 0 : count_class(walk, graph, layer->class_name),
                      .index = number,
                      .parent = outer != NULL ? &outer->id : NULL};
    if (rc_keras_is_model(layer->class_name))
        layer->model = json;
    check_origin(walk, layer->class_name, json);
    if (rc_keras_is_ok(walk))
        walk->at = outer;
    return rc_keras_is_ok(walk);
}

bool rc_keras_nodes_make(rc_keras_walk *walk, rc_keras_layer *layer, size_t n)
{
    layer->nodes = rc_keras_alloc(walk, n, sizeof(*layer->nodes));
    layer->n_nodes = layer->nodes != NULL ? n : 0;
    return layer->nodes != NULL;
}

/* -- links of the model --------------------------------------------------------------------------
 */

static bool is_link(const json_t *json)
{
    return json_is_array(json) && json_is_string(json_array_get(json, 0));
}

/* Links in a link, a list of them, or a dictionary; counted where out is NULL. */
static bool read_links(rc_keras_walk *walk, const rc_keras_graph *graph, const json_t *json,
                       unsigned depth, rc_keras_link *out, size_t *n)
{
    if (is_link(json))
        return out == NULL ? ++*n > 0 : rc_keras_link_read(walk, graph, json, &out[(*n)++]);
    if (depth > RC_KERAS_MOST_DEPTH || (!json_is_array(json) && !json_is_object(json)))
        return rc_keras_fail(walk, "the inputs or outputs of the model are no list of tensors");
    for (size_t i = 0; json_is_array(json) && i < json_array_size(json); i++)
        if (!read_links(walk, graph, json_array_get(json, i), depth + 1, out, n))
            return false;
    const char *key;
    json_t *item;
    json_object_foreach ((json_t *)json, key, item)
        if (!read_links(walk, graph, item, depth + 1, out, n))
            return false;
    return true;
}

static rc_keras_link *take_links(rc_keras_walk *walk, const rc_keras_graph *graph,
                                 const json_t *json, size_t *n)
{
    size_t count = 0;
    *n = 0;
    if (!read_links(walk, graph, json, 0, NULL, &count))
        return NULL;
    rc_keras_link *links = rc_keras_alloc(walk, count, sizeof(*links));
    if (links != NULL)
        read_links(walk, graph, json, 0, links, n);
    return links;
}

/* The keys of a dictionary of single tensors. */
static void take_keys(rc_keras_walk *walk, rc_keras_graph *graph, const json_t *json)
{
    if (!json_is_object(json) || json_object_size(json) != graph->n_inputs)
        return;
    graph->input_keys = rc_keras_alloc(walk, graph->n_inputs, sizeof(*graph->input_keys));
    size_t i = 0;
    const char *key;
    json_t *item;
    json_object_foreach ((json_t *)json, key, item)
        if (graph->input_keys != NULL)
            graph->input_keys[i++] = key;
}

/* Nested models have a call of their own at first, which no list has: where the last that is read
 * is the number of calls, they count from 1. */
static void number_nodes(rc_keras_graph *graph)
{
    for (size_t i = 0; i < graph->n_layers; i++) {
        rc_keras_layer *layer = &graph->layers[i];
        if (layer->model != NULL && layer->n_nodes > 0 && layer->last_read == layer->n_nodes)
            layer->first_node = 1;
    }
}

static void read_functional(rc_keras_walk *walk, rc_keras_graph *graph, const json_t *config,
                            const rc_keras_layer *outer)
{
    const json_t *layers = rc_keras_list(walk, config, "layers");
    graph->n_layers = json_array_size(layers);
    graph->layers = rc_keras_alloc(walk, graph->n_layers, sizeof(*graph->layers));
    if (graph->layers == NULL)
        return;
    for (size_t i = 0; i < graph->n_layers; i++)
        if (!rc_keras_layer_read(walk, graph, i, json_array_get(layers, i), outer))
            return;
    for (size_t i = 0; i < graph->n_layers && rc_keras_is_ok(walk); i++) {
        walk->at = &graph->layers[i];
        rc_keras_nodes_read(walk, graph, &graph->layers[i],
                            rc_keras_list(walk, json_array_get(layers, i), "inbound_nodes"));
    }
    if (!rc_keras_is_ok(walk))
        return;
    walk->at = outer;
    graph->inputs =
        take_links(walk, graph, json_object_get(config, "input_layers"), &graph->n_inputs);
    graph->outputs =
        take_links(walk, graph, json_object_get(config, "output_layers"), &graph->n_outputs);
    take_keys(walk, graph, json_object_get(config, "input_layers"));
    number_nodes(graph);
}

/* -- the model -----------------------------------------------------------------------------------
 */

static void fail_class(rc_keras_walk *walk, const char *class_name)
{
    char quoted[RC_QUOTED_BYTES];
    rc_keras_hint(walk, "its code is not in the file; rebuild it as a Sequential or functional "
                        "model of the same layers, and save that");
    rc_keras_fail(walk, "a model of class '%s', which is no Sequential or functional model",
                  rc_text_quote(class_name, strlen(class_name), quoted));
}

rc_keras_graph *rc_keras_graph_read(rc_keras_walk *walk, const json_t *model,
                                    const rc_keras_layer *outer)
{
    const char *class_name = rc_keras_text(walk, model, "class_name", "");
    const json_t *config = json_object_get(model, "config");
    rc_keras_graph *graph = rc_keras_alloc(walk, 1, sizeof(*graph));
    if (graph == NULL)
        return NULL;
    if (!rc_keras_is_model(class_name))
        fail_class(walk, class_name);
    if (!rc_keras_is_ok(walk) || !check_origin(walk, class_name, model))
        return NULL;
    graph->numbers = json_object();
    graph->classes = json_object();
    if (json_array_size(config) == 0 && json_array_size(rc_keras_list(walk, config, "layers")) == 0)
        rc_keras_fail(walk, "a model without layers");
    else if (strcmp(class_name, "Sequential") == 0)
        rc_keras_sequential_read(walk, graph, config, outer);
    else
        read_functional(walk, graph, config, outer);
    if (rc_keras_is_ok(walk))
        rc_keras_order(walk, graph);
    json_decref(graph->numbers);
    json_decref(graph->classes);
    graph->numbers = graph->classes = NULL;
    return rc_keras_is_ok(walk) ? graph : NULL;
}
