/* graph.c - how the layers of a Keras model hang together: one after the other, or by links. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "model/foreign/keras/read.h"

enum { MOST_NODES = 64, MOST_NESTED_ARGUMENTS = 8 };

bool rc_keras_is_model(const char *class_name)
{
    return strcmp(class_name, "Sequential") == 0 || strcmp(class_name, "Functional") == 0 ||
           strcmp(class_name, "Model") == 0;
}

const json_t *rc_keras_layers(const json_t *model)
{
    const json_t *config = json_object_get(model, "config");
    if (json_is_array(config))
        return config; /* Sequential up to Keras 2.2 */
    const json_t *layers = json_object_get(config, "layers");
    return json_is_array(layers) ? layers : NULL;
}

static const char *class_of(const json_t *layer)
{
    const char *name = rc_kc_text(layer, "class_name");
    return name != NULL ? name : "";
}

static const char *name_of(const json_t *layer)
{
    const char *name = rc_kc_text(json_object_get(layer, "config"), "name");
    if (name == NULL)
        name = rc_kc_text(layer, "name");
    return name != NULL ? name : "";
}

/* -- one layer -----------------------------------------------------------------------------------
 */

static const rc_keras_arrays *arrays_of(rc_keras *k, const json_t *layer, const rc_keras_id *id)
{
    for (size_t i = 0; i < k->n_kept; i++)
        if (k->kept[i].layer == layer)
            return &k->kept[i].arrays;
    void *kept = k->kept;
    if (!rc_grow(&kept, &k->kept_capacity, k->n_kept + 1, sizeof(*k->kept))) {
        rc_tape_fail(k->tape, "no memory for the layers");
        return NULL;
    }
    k->kept = kept;
    k->kept[k->n_kept] = (rc_keras_kept){.layer = layer};
    rc_error cause = {0};
    rc_status st = rc_keras_store_arrays(k->store, id, &k->kept[k->n_kept].arrays, &cause);
    k->n_kept++;
    if (st == RC_E_MODEL || st == RC_E_DATA)
        rc_tape_fail(k->tape, "%s", cause.text);
    else if (st < 0 && k->status >= 0) {
        k->status = st;
        *k->err = cause;
    }
    return &k->kept[k->n_kept - 1].arrays;
}

static const char *family_of(const char *class_name)
{
    static const struct {
        const char *part, *family;
    } families[] = {
        {"Conv", "convolutions are not scored"},
        {"Pooling", "pooling layers are not scored"},
        {"LSTM", "recurrent layers are not scored"},
        {"GRU", "recurrent layers are not scored"},
        {"RNN", "recurrent layers are not scored"},
        {"Attention", "attention layers are not scored"},
        {"Lambda", "it holds Python code, which is never run; replace it by layers of Keras "
                   "(Rescaling, Normalization, Activation ...)"},
        {"Hash", "hashed words are not scored"},
        {"Random", "layers for images are not scored"},
    };
    for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
        if (strstr(class_name, families[i].part) != NULL)
            return families[i].family;
    return "a layer that is not known; layers of Keras for tables are scored, custom ones are not";
}

static size_t apply_model(rc_keras *k, const json_t *layer, const rc_keras_id *id, const rc_kt *in,
                          size_t n_in, rc_kt *out, unsigned depth)
{
    return rc_keras_model(k, layer, id, in, n_in, out, depth + 1);
}

static size_t apply_layer(rc_keras *k, const json_t *layer, const rc_keras_id *id, const rc_kt *in,
                          size_t n_in, rc_kt *out, unsigned depth)
{
    const char *class_name = class_of(layer);
    bool has_weights;
    if (rc_is_failed_keras(k) || n_in == 0) {
        rc_tape_fail(k->tape, "it reads nothing");
        return 0;
    }
    if (rc_keras_is_model(class_name))
        return apply_model(k, layer, id, in, n_in, out, depth);
    rc_keras_apply *apply = rc_keras_layer_find(class_name, &has_weights);
    if (apply == NULL) {
        rc_tape_fail(k->tape, "%s", family_of(class_name));
        return 0;
    }
    for (size_t i = 0; i < n_in; i++)
        if (in[i].is_text && apply != rc_kl_string_lookup && apply != rc_kl_flatten &&
            apply != rc_kl_reshape && apply != rc_kl_identity)
            rc_tape_fail(k->tape, "it reads texts");
    rc_keras_layer one = {.class_name = class_name,
                          .config = json_object_get(layer, "config"),
                          .id = id,
                          .arrays = has_weights ? arrays_of(k, layer, id) : NULL};
    if (rc_is_failed_keras(k))
        return 0;
    rc_tape_label(k->tape, name_of(layer));
    out[0] = apply(k, &one, in, n_in);
    return 1;
}

/* The failure of a layer names it; those of layers in models name these, too. */
static void place_failure(rc_keras *k, const json_t *layer, size_t index)
{
    char name[RC_QUOTED_BYTES], class_name[RC_QUOTED_BYTES];
    rc_error cause = {0};
    if (!rc_is_failed_keras(k) || k->err->text[0] != '\0')
        return;
    rc_status st = rc_tape_status(k->tape, &cause);
    if (st >= 0)
        return;
    rc_text_quote(name_of(layer), strlen(name_of(layer)), name);
    rc_text_quote(class_of(layer), strlen(class_of(layer)), class_name);
    *k->err = cause;
    rc_error_wrap(k->err, st, "layer %zu '%s' (%s)", index, name, class_name);
    k->status = st;
}

/* How many layers of the same class come before. */
static size_t nth_of_class(const json_t *layers, size_t index)
{
    size_t n = 0;
    const char *class_name = class_of(json_array_get(layers, index));
    for (size_t i = 0; i < index; i++)
        n += strcmp(class_of(json_array_get(layers, i)), class_name) == 0;
    return n;
}

static size_t run_layer(rc_keras *k, const json_t *layers, size_t index, const rc_keras_id *parent,
                        const rc_kt *in, size_t n_in, rc_kt *out, unsigned depth)
{
    const json_t *layer = json_array_get(layers, index);
    rc_keras_id id = {.name = name_of(layer),
                      .class_name = class_of(layer),
                      .nth = nth_of_class(layers, index),
                      .index = index,
                      .parent = parent};
    size_t n = apply_layer(k, layer, &id, in, n_in, out, depth);
    place_failure(k, layer, index);
    return n;
}

/* -- Sequential ----------------------------------------------------------------------------------
 */

static size_t run_sequential(rc_keras *k, const json_t *model, const rc_keras_id *id,
                             const rc_kt *in, size_t n_in, rc_kt *out, unsigned depth)
{
    const json_t *layers = rc_keras_layers(model);
    rc_kt now[RC_KERAS_MAX_TENSORS];
    size_t n = n_in;
    memcpy(now, in, n_in * sizeof(*in));
    for (size_t i = 0; i < json_array_size(layers) && !rc_is_failed_keras(k); i++) {
        if (strcmp(class_of(json_array_get(layers, i)), "InputLayer") == 0)
            continue;
        rc_kt next[RC_KERAS_MAX_TENSORS];
        n = run_layer(k, layers, i, id, now, n, next, depth);
        memcpy(now, next, n * sizeof(*next));
    }
    memcpy(out, now, n * sizeof(*now));
    return rc_is_failed_keras(k) ? 0 : n;
}

/* -- Functional ----------------------------------------------------------------------------------
 */

/* One call of a layer. */
typedef struct node {
    const json_t *call; /* of inbound_nodes; NULL: an input */
    rc_kt *made;        /* (n_made) */
    size_t n_made;
    bool is_done;
} node;

typedef struct graph_layer {
    node *nodes;
    size_t n_nodes;
    size_t first_node; /* what the first call is numbered: models have one call more */
} graph_layer;

typedef struct graph {
    rc_keras *k;
    const json_t *layers;
    json_t *numbers; /* name -> number of the layer */
    graph_layer *all;
    size_t n;
    const rc_keras_id *id;
    unsigned depth;
} graph;

/* What a link names: false if there is no such layer. */
static bool find_link(const graph *g, const json_t *link, size_t *layer, double *at_node,
                      double *at_tensor)
{
    const json_t *name = json_array_get(link, 0), *found;
    if (!json_is_string(name))
        return false;
    found = json_object_get(g->numbers, json_string_value(name));
    if (found == NULL)
        return false;
    *layer = (size_t)json_integer_value(found);
    *at_node = json_number_value(json_array_get(link, 1));
    *at_tensor = json_number_value(json_array_get(link, 2));
    return true;
}

static bool is_link(const json_t *value)
{
    return json_array_size(value) >= 3 && json_is_string(json_array_get(value, 0)) &&
           json_is_number(json_array_get(value, 1)) && json_is_number(json_array_get(value, 2));
}

/* What has been collected of a call's arguments. */
typedef struct arguments {
    const graph *g;
    rc_kt items[RC_KERAS_MAX_TENSORS];
    size_t n;
    bool is_waiting; /* for a layer that is not done */
    bool is_bad;
} arguments;

static void add_link(arguments *a, const json_t *link)
{
    size_t layer = 0;
    double at_node = 0, at_tensor = 0;
    if (a->n == RC_KERAS_MAX_TENSORS || !find_link(a->g, link, &layer, &at_node, &at_tensor)) {
        a->is_bad = true;
        return;
    }
    const graph_layer *l = &a->g->all[layer];
    double at = at_node - (double)l->first_node;
    if (!(at >= 0 && at < (double)l->n_nodes)) {
        a->is_bad = true;
        return;
    }
    const node *from = &l->nodes[(size_t)at];
    if (!from->is_done) {
        a->is_waiting = true;
    } else if (!(at_tensor >= 0 && at_tensor < (double)from->n_made)) {
        a->is_bad = true;
    } else {
        a->items[a->n++] = from->made[(size_t)at_tensor];
    }
}

static void add_number(arguments *a, double number)
{
    if (a->n < RC_KERAS_MAX_TENSORS)
        a->items[a->n++] = (rc_kt){.v = RC_NO_VALUE, .is_number = true, .number = number};
}

/* Links and numbers anywhere in the arguments of a call, in order. Of Keras 2: lists that are
 * links, whose fourth item may hold one operand more as "y". */
static void collect(arguments *a, const json_t *value, unsigned depth)
{
    if (depth > MOST_NESTED_ARGUMENTS) {
        a->is_bad = true;
    } else if (is_link(value)) {
        add_link(a, value);
        const json_t *y = json_object_get(json_array_get(value, 3), "y");
        if (json_is_number(y))
            add_number(a, json_number_value(y));
        else if (is_link(y))
            add_link(a, y);
    } else if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value) && !a->is_bad; i++)
            collect(a, json_array_get(value, i), depth + 1);
    } else if (json_is_number(value)) {
        add_number(a, json_number_value(value));
    } else if (json_is_object(value)) {
        const char *class_name = rc_kc_text(value, "class_name");
        const json_t *config = json_object_get(value, "config");
        if (class_name != NULL && strcmp(class_name, "__keras_tensor__") == 0)
            collect(a, json_object_get(config, "keras_history"), depth + 1);
        else if (json_object_get(value, "args") != NULL)
            collect(a, json_object_get(value, "args"), depth + 1);
    }
}

/* -- its layers ----------------------------------------------------------------------------------
 */

static bool is_input(const json_t *layer)
{
    return strcmp(class_of(layer), "InputLayer") == 0;
}

/* The calls of a layer: each item of inbound_nodes; an input is made by nobody. */
static bool add_layer(graph *g, size_t i)
{
    const json_t *layer = json_array_get(g->layers, i);
    const json_t *calls = json_object_get(layer, "inbound_nodes");
    graph_layer *l = &g->all[i];
    l->n_nodes = is_input(layer) ? 1 : json_array_size(calls);
    if (l->n_nodes > MOST_NODES || name_of(layer)[0] == '\0' ||
        json_object_get(g->numbers, name_of(layer)) != NULL)
        return false;
    l->nodes = rc_tape_alloc(g->k->tape, l->n_nodes + 1, sizeof(*l->nodes));
    for (size_t c = 0; l->nodes != NULL && c < l->n_nodes; c++)
        l->nodes[c].call = is_input(layer) ? NULL : json_array_get(calls, c);
    return l->nodes != NULL &&
           json_object_set_new(g->numbers, name_of(layer), json_integer((json_int_t)i)) == 0;
}

/* Looks for calls of models that are numbered from 1: then some link passes the last call. */
static void find_offsets(graph *g, const json_t *value, unsigned depth)
{
    size_t layer;
    double at_node, at_tensor;
    if (depth > MOST_NESTED_ARGUMENTS + 4)
        return;
    if (is_link(value) && find_link(g, value, &layer, &at_node, &at_tensor)) {
        graph_layer *l = &g->all[layer];
        bool is_model = rc_keras_is_model(class_of(json_array_get(g->layers, layer)));
        if (is_model && at_node == (double)l->n_nodes)
            l->first_node = 1;
        return;
    }
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++)
            find_offsets(g, json_array_get(value, i), depth + 1);
    } else if (json_is_object(value)) {
        const char *key;
        json_t *item;
        json_object_foreach ((json_t *)value, key, item)
            find_offsets(g, item, depth + 1);
    }
}

static bool open_graph(graph *g, const json_t *model)
{
    rc_tape *tape = g->k->tape;
    g->n = json_array_size(g->layers);
    g->all = rc_tape_alloc(tape, g->n + 1, sizeof(*g->all));
    if (g->n == 0 || g->n > RC_KERAS_MAX_LAYERS || g->all == NULL) {
        rc_tape_fail(tape, "%zu layers; from 1 to %d are read", g->n, RC_KERAS_MAX_LAYERS);
        return false;
    }
    for (size_t i = 0; i < g->n; i++)
        if (!add_layer(g, i)) {
            rc_tape_fail(tape, "layer %zu has no name of its own, or is called too often", i);
            return false;
        }
    for (size_t i = 0; i < g->n; i++)
        find_offsets(g, json_object_get(json_array_get(g->layers, i), "inbound_nodes"), 0);
    find_offsets(g, json_object_get(json_object_get(model, "config"), "output_layers"), 0);
    return true;
}

/* -- its run -------------------------------------------------------------------------------------
 */

/* Links in a list, one alone, or (Keras 3) under keys: *n of them. NULL: something else. */
static const json_t *link_at(const json_t *list, size_t i, size_t *n)
{
    if (is_link(list)) {
        *n = 1;
        return i == 0 ? list : NULL;
    }
    if (json_is_object(list)) {
        const char *key;
        json_t *item;
        size_t at = 0;
        *n = json_object_size(list);
        json_object_foreach ((json_t *)list, key, item)
            if (at++ == i)
                return item;
        return NULL;
    }
    *n = json_array_size(list);
    return json_array_get(list, i);
}

static void set_inputs(graph *g, const json_t *model, const rc_kt *in, size_t n_in)
{
    const json_t *list = json_object_get(json_object_get(model, "config"), "input_layers");
    size_t n = 0;
    link_at(list, 0, &n);
    if (n != n_in) {
        rc_tape_fail(g->k->tape, "%zu inputs, but %zu are given", n, n_in);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        size_t layer;
        double at_node, at_tensor;
        const json_t *link = link_at(list, i, &n);
        if (!find_link(g, link, &layer, &at_node, &at_tensor) || g->all[layer].n_nodes == 0) {
            rc_tape_fail(g->k->tape, "an input that is no layer");
            return;
        }
        node *to = &g->all[layer].nodes[0];
        to->made = rc_tape_alloc(g->k->tape, 1, sizeof(*to->made));
        if (to->made == NULL)
            return;
        to->made[0] = in[i];
        to->n_made = 1;
        to->is_done = true;
    }
}

/* Makes a call if what it reads is there; true if it has been made now. */
static bool run_call(graph *g, size_t layer, node *call)
{
    rc_keras *k = g->k;
    arguments a = {.g = g};
    rc_kt out[RC_KERAS_MAX_TENSORS];
    if (call->is_done || call->call == NULL)
        return false;
    collect(&a, call->call, 0);
    if (a.is_bad) {
        rc_tape_fail(k->tape, "links of a layer that lead nowhere");
        place_failure(k, json_array_get(g->layers, layer), layer);
        return false;
    }
    if (a.is_waiting)
        return false;
    size_t n = run_layer(k, g->layers, layer, g->id, a.items, a.n, out, g->depth);
    call->made = rc_tape_alloc(k->tape, n + 1, sizeof(*out));
    if (call->made == NULL)
        return false;
    memcpy(call->made, out, n * sizeof(*out));
    call->n_made = n;
    call->is_done = true;
    return true;
}

/* In the order of the file, again and again, as long as some call can be made: what is left has a
 * circle before it, or is needed by nobody. */
static void run_calls(graph *g)
{
    bool has_made = true;
    while (has_made && !rc_is_failed_keras(g->k)) {
        has_made = false;
        for (size_t i = 0; i < g->n && !rc_is_failed_keras(g->k); i++)
            for (size_t c = 0; c < g->all[i].n_nodes && !rc_is_failed_keras(g->k); c++)
                has_made = run_call(g, i, &g->all[i].nodes[c]) || has_made;
    }
}

static size_t take_outputs(graph *g, const json_t *model, rc_kt *out)
{
    const json_t *list = json_object_get(json_object_get(model, "config"), "output_layers");
    arguments a = {.g = g};
    size_t n = 0;
    link_at(list, 0, &n);
    for (size_t i = 0; i < n && !a.is_bad; i++)
        collect(&a, link_at(list, i, &n), 0);
    if (rc_is_failed_keras(g->k))
        return 0;
    if (a.is_bad || a.is_waiting || a.n == 0) {
        rc_tape_fail(g->k->tape, "an output that no layer makes, or layers that form a circle");
        return 0;
    }
    memcpy(out, a.items, a.n * sizeof(*out));
    return a.n;
}

static size_t run_functional(rc_keras *k, const json_t *model, const rc_keras_id *id,
                             const rc_kt *in, size_t n_in, rc_kt *out, unsigned depth)
{
    graph g = {.k = k,
               .layers = rc_keras_layers(model),
               .numbers = json_object(),
               .id = id,
               .depth = depth};
    size_t n = 0;
    if (g.numbers != NULL && open_graph(&g, model)) {
        set_inputs(&g, model, in, n_in);
        run_calls(&g);
        n = take_outputs(&g, model, out);
    }
    json_decref(g.numbers);
    return n;
}

size_t rc_keras_model(rc_keras *k, const json_t *model, const rc_keras_id *id, const rc_kt *in,
                      size_t n_in, rc_kt *out, unsigned depth)
{
    if (depth > RC_KERAS_MAX_DEPTH || rc_keras_layers(model) == NULL) {
        rc_tape_fail(k->tape, depth > RC_KERAS_MAX_DEPTH ? "models nested more than 16 deep"
                                                         : "a model without layers");
        return 0;
    }
    bool is_sequential = strcmp(class_of(model), "Sequential") == 0;
    return (is_sequential ? run_sequential : run_functional)(k, model, id, in, n_in, out, depth);
}
