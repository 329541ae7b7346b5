/* walk.c - run a model layer by layer: first to see what becomes of its inputs, then to the tape.
 */
#include "model/foreign/keras/walk.h"
#include "base/text.h"

enum { MOST_KEYS = 1000 };

/* -- what a call reads ---------------------------------------------------------------------------
 */

/* The tensor of a link: its call has run before. */
static bool fetch(rc_keras_walk *walk, const rc_keras_graph *graph, const rc_keras_link *link,
                  rc_keras_tensor *tensor)
{
    const rc_keras_layer *layer = &graph->layers[link->layer];
    size_t at = link->node - layer->first_node;
    if (link->node < layer->first_node || at >= layer->n_nodes ||
        link->tensor >= layer->nodes[at].n_out)
        return rc_keras_fail(walk, "result %zu of a layer is read, which it does not have",
                             link->tensor);
    *tensor = layer->nodes[at].out[link->tensor];
    return true;
}

/* null, false, and lists of them: what is given where nothing is said. */
static bool is_nothing(const json_t *json, unsigned depth)
{
    bool is_empty = json == NULL || json_is_null(json) || json_is_false(json);
    if (!json_is_array(json) || depth > RC_KERAS_MOST_DEPTH)
        return is_empty;
    for (size_t i = 0; i < json_array_size(json); i++)
        if (!is_nothing(json_array_get(json, i), depth + 1))
            return false;
    return true;
}

/* A constant among what a layer is called with. 'training' true makes Keras 2 drop and normalise
 * as in training; predict() of Keras 3 takes it back. */
static bool check_constant(rc_keras_walk *walk, const rc_keras_argument *argument)
{
    bool is_training = argument->key != NULL && strcmp(argument->key, "training") == 0;
    if (is_nothing(argument->constant, 0) || (is_training && walk->major >= 3))
        return true;
    const char *key = argument->key != NULL ? argument->key : "a constant";
    char quoted[RC_QUOTED_BYTES];
    return rc_keras_fail(walk, "it is called with '%s', which is not supported",
                         rc_text_quote(key, strlen(key), quoted));
}

/* Tensors by position; of nested models those by name behind them. */
static bool gather(rc_keras_walk *walk, const rc_keras_graph *graph, const rc_keras_layer *layer,
                   const rc_keras_node *node, rc_keras_tensor **in, size_t *n_in)
{
    bool takes_constants = layer->is_operation || strcmp(layer->class_name, "TFOpLambda") == 0 ||
                           strcmp(layer->class_name, "SlicingOpLambda") == 0;
    *n_in = 0;
    *in = rc_keras_alloc(walk, node->n_arguments, sizeof(**in));
    if (*in == NULL)
        return false;
    for (size_t i = 0; i < node->n_arguments; i++) {
        const rc_keras_argument *argument = &node->arguments[i];
        if (!argument->is_link) {
            if (!takes_constants && !check_constant(walk, argument))
                return false;
            continue;
        }
        char quoted[RC_QUOTED_BYTES];
        if (argument->key != NULL && layer->model == NULL && !takes_constants)
            return rc_keras_fail(walk, "it is called with '%s', which is not supported",
                                 rc_text_quote(argument->key, strlen(argument->key), quoted));
        if (!fetch(walk, graph, &argument->link, &(*in)[(*n_in)++]))
            return false;
    }
    return true;
}

/* -- calls ---------------------------------------------------------------------------------------
 */

/* What is known of a result before anything is computed. */
static rc_keras_tensor trace(rc_keras_walk *walk, const rc_keras_class *kind, rc_keras_layer *layer,
                             const rc_keras_tensor *in, size_t n_in)
{
    rc_keras_tensor out = {.v = RC_NO_VALUE, .origin = SIZE_MAX};
    for (size_t i = 0; i < n_in; i++) {
        rc_keras_input *input = in[i].origin < walk->n_inputs ? &walk->inputs[in[i].origin] : NULL;
        if (kind->kind == RC_KERAS_KEEPS || kind->kind == RC_KERAS_SHAPES)
            out.origin = in[i].origin;
        else if (input != NULL && kind->kind == RC_KERAS_LOOKS_UP)
            rc_keras_lookup_trace(walk, layer, input);
        else if (input != NULL)
            input->is_read_as_number = true;
    }
    return out;
}

static bool apply(rc_keras_walk *walk, const rc_keras_class *kind, const rc_keras_call *call,
                  rc_keras_tensor *out)
{
    if (call->n_in < kind->least || call->n_in > kind->most)
        return rc_keras_fail(walk, "it reads %zu tensors, which is not supported", call->n_in);
    if (walk->is_tracing) {
        *out = trace(walk, kind, call->layer, call->in, call->n_in);
        return rc_keras_is_ok(walk);
    }
    rc_tape_label(walk->tape, call->layer->name);
    rc_keras_dtype_read(walk, call->layer->config);
    *out = kind->apply(walk, call);
    if (kind->kind == RC_KERAS_KEEPS || kind->kind == RC_KERAS_SHAPES) {
        out->origin = call->in[0].origin;
        out->is_whole = call->in[0].is_whole;
    }
    return rc_keras_is_ok(walk);
}

/* Which tensor of a call is for an input of the model: that of its key. */
static size_t argument_of(const rc_keras_node *node, const char *key)
{
    size_t at = 0;
    for (size_t i = 0; i < node->n_arguments; i++) {
        const rc_keras_argument *argument = &node->arguments[i];
        if (argument->is_link && argument->key != NULL && strcmp(argument->key, key) == 0)
            return at;
        at += argument->is_link;
    }
    return SIZE_MAX;
}

/* Tensors of a dictionary, in the order of the model's inputs. */
static bool sort_by_key(rc_keras_walk *walk, const rc_keras_graph *graph, const rc_keras_node *node,
                        rc_keras_tensor *in, size_t n_in)
{
    bool has_keys = false;
    for (size_t i = 0; i < node->n_arguments; i++)
        has_keys |= node->arguments[i].is_link && node->arguments[i].key != NULL;
    if (!has_keys)
        return true;
    if (n_in != graph->n_inputs || n_in > MOST_KEYS)
        return rc_keras_fail(walk, "a model of %zu inputs is called with %zu", graph->n_inputs,
                             n_in);
    rc_keras_tensor *sorted = rc_keras_alloc(walk, n_in, sizeof(*sorted));
    for (size_t i = 0; sorted != NULL && i < n_in; i++) {
        const char *name = graph->input_keys != NULL ? graph->input_keys[i]
                                                     : graph->layers[graph->inputs[i].layer].name;
        size_t at = argument_of(node, name);
        char quoted[RC_QUOTED_BYTES];
        if (at == SIZE_MAX)
            return rc_keras_fail(walk, "it is called without its input '%s'",
                                 rc_text_quote(name, strlen(name), quoted));
        sorted[i] = in[at];
    }
    if (sorted != NULL)
        memcpy(in, sorted, n_in * sizeof(*in));
    return sorted != NULL;
}

/* A model as a layer: read once, run at each call. */
static bool run_nested(rc_keras_walk *walk, rc_keras_layer *layer, rc_keras_node *node,
                       rc_keras_tensor *in, size_t n_in, unsigned depth)
{
    if (depth >= RC_KERAS_MOST_DEPTH)
        return rc_keras_fail(walk, "models in each other more than %d deep", RC_KERAS_MOST_DEPTH);
    if (layer->graph == NULL)
        layer->graph = rc_keras_graph_read(walk, layer->model, layer);
    if (layer->graph == NULL)
        return false;
    rc_keras_graph *graph = layer->graph;
    node->out = rc_keras_alloc(walk, graph->n_outputs, sizeof(*node->out));
    node->n_out = graph->n_outputs;
    return node->out != NULL && sort_by_key(walk, graph, node, in, n_in) &&
           rc_keras_run(walk, graph, in, n_in, node->out, depth + 1);
}

static bool run_layer(rc_keras_walk *walk, rc_keras_graph *graph, rc_keras_layer *layer,
                      rc_keras_node *node, unsigned depth)
{
    rc_keras_tensor *in;
    size_t n_in;
    if (!gather(walk, graph, layer, node, &in, &n_in))
        return false;
    if (layer->model != NULL)
        return run_nested(walk, layer, node, in, n_in, depth);
    const rc_keras_class *kind = rc_keras_class_find(walk, layer);
    node->out = kind != NULL ? rc_keras_alloc(walk, 1, sizeof(*node->out)) : NULL;
    node->n_out = 1;
    rc_keras_call call = {.layer = layer, .node = node, .in = in, .n_in = n_in};
    return node->out != NULL && apply(walk, kind, &call, node->out);
}

/* -- models --------------------------------------------------------------------------------------
 */

/* The inputs of the model are what it is called with. Keys name them, or positions. */
static bool bind(rc_keras_walk *walk, rc_keras_graph *graph, const rc_keras_tensor *in, size_t n_in)
{
    if (n_in != graph->n_inputs)
        return rc_keras_fail(walk, "a model of %zu inputs is called with %zu", graph->n_inputs,
                             n_in);
    for (size_t i = 0; i < n_in; i++) {
        rc_keras_layer *layer = &graph->layers[graph->inputs[i].layer];
        if (strcmp(layer->class_name, "InputLayer") != 0 || layer->n_nodes != 1)
            return rc_keras_fail(walk, "an input of the model is no InputLayer");
        layer->nodes[0].out = rc_keras_alloc(walk, 1, sizeof(*in));
        if (layer->nodes[0].out == NULL)
            return false;
        layer->nodes[0].out[0] = in[i];
        layer->nodes[0].n_out = 1;
    }
    return true;
}

bool rc_keras_run(rc_keras_walk *walk, rc_keras_graph *graph, const rc_keras_tensor *in,
                  size_t n_in, rc_keras_tensor *out, unsigned depth)
{
    const rc_keras_layer *outer = walk->at;
    if (!bind(walk, graph, in, n_in))
        return false;
    for (size_t i = 0; i < graph->n_order; i++) {
        rc_keras_layer *layer = &graph->layers[graph->order[i].layer];
        rc_keras_node *node = &layer->nodes[graph->order[i].node - layer->first_node];
        bool is_input = strcmp(layer->class_name, "InputLayer") == 0;
        walk->at = layer;
        if (walk->n_run++ > RC_KERAS_MOST_NODES)
            return rc_keras_fail(walk, "the model calls its layers more than %d times",
                                 RC_KERAS_MOST_NODES);
        if (is_input ? node->n_out == 0 : !run_layer(walk, graph, layer, node, depth))
            return is_input ? rc_keras_fail(walk, "it is no input of the model") : false;
    }
    walk->at = outer;
    for (size_t i = 0; i < graph->n_outputs; i++)
        if (!fetch(walk, graph, &graph->outputs[i], &out[i]))
            return false;
    return true;
}
