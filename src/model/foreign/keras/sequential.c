/* sequential.c - a Sequential model as a graph that is one chain. */
#include "model/foreign/keras/walk.h"

/* The layers in the configuration of Keras up to 2.2 (a list), and later. */
static const json_t *layers_of(rc_keras_walk *walk, const json_t *config)
{
    return json_is_array(config) ? config : rc_keras_list(walk, config, "layers");
}

/* Calls of all layers, each on what the one before it gives. */
static bool chain(rc_keras_walk *walk, rc_keras_graph *graph, size_t first, size_t n, size_t input)
{
    rc_keras_link before = {.layer = input};
    for (size_t i = first; i < n; i++) {
        rc_keras_layer *layer = &graph->layers[i];
        if (!rc_keras_nodes_make(walk, layer, 1))
            return false;
        rc_keras_argument *argument = rc_keras_argument_add(walk, &layer->nodes[0]);
        if (argument == NULL)
            return false;
        *argument = (rc_keras_argument){.is_link = true, .link = before};
        before = (rc_keras_link){.layer = i};
    }
    graph->outputs = rc_keras_alloc(walk, 1, sizeof(*graph->outputs));
    if (graph->outputs == NULL)
        return false;
    *graph->outputs = before;
    graph->n_outputs = 1;
    return true;
}

/* Where the list does not begin with an InputLayer one is made, behind the others. */
static bool add_input(rc_keras_walk *walk, rc_keras_graph *graph, const json_t *config,
                      size_t n_layers, size_t *number)
{
    bool has_input = n_layers > 0 && strcmp(graph->layers[0].class_name, "InputLayer") == 0;
    *number = has_input ? 0 : n_layers;
    graph->n_layers = n_layers + !has_input;
    rc_keras_layer *layer = &graph->layers[*number];
    if (!has_input) {
        layer->name = "input";
        layer->class_name = "InputLayer";
        layer->number = n_layers;
        layer->config = json_is_object(config) ? config : NULL;
        if (n_layers > 0 &&
            (json_object_get(graph->layers[0].config, "batch_input_shape") != NULL ||
             json_object_get(graph->layers[0].config, "batch_shape") != NULL))
            layer->config = graph->layers[0].config;
    }
    graph->inputs = rc_keras_alloc(walk, 1, sizeof(*graph->inputs));
    if (graph->inputs == NULL || !rc_keras_nodes_make(walk, layer, 1))
        return false;
    *graph->inputs = (rc_keras_link){.layer = *number};
    graph->n_inputs = 1;
    return true;
}

void rc_keras_sequential_read(rc_keras_walk *walk, rc_keras_graph *graph, const json_t *config,
                              const rc_keras_layer *outer)
{
    const json_t *layers = layers_of(walk, config);
    size_t n = json_array_size(layers), input;
    if (!rc_keras_is_ok(walk))
        return;
    graph->layers = rc_keras_alloc(walk, n + 1, sizeof(*graph->layers));
    if (graph->layers == NULL)
        return;
    for (size_t i = 0; i < n; i++)
        if (!rc_keras_layer_read(walk, graph, i, json_array_get(layers, i), outer))
            return;
    if (add_input(walk, graph, config, n, &input))
        chain(walk, graph, input == 0 ? 1 : 0, n, input);
}
