/* links.c - what each call of a layer reads, in the forms of Keras 2 and Keras 3. */
#include "base/text.h"
#include "model/foreign/keras/walk.h"

rc_keras_argument *rc_keras_argument_add(rc_keras_walk *walk, rc_keras_node *node)
{
    if (node->n_arguments == node->capacity) {
        size_t capacity = node->capacity > 0 ? node->capacity * 2 : 2;
        rc_keras_argument *longer = rc_keras_alloc(walk, capacity, sizeof(*longer));
        if (longer == NULL)
            return NULL;
        if (node->n_arguments > 0)
            memcpy(longer, node->arguments, node->n_arguments * sizeof(*longer));
        node->arguments = longer;
        node->capacity = capacity;
    }
    return &node->arguments[node->n_arguments++];
}

static bool read_index(const json_t *json, size_t *index)
{
    json_int_t i;
    if (!rc_keras_is_whole(json, &i) || i < 0 || i >= RC_KERAS_MOST_NODES)
        return false;
    *index = (size_t)i;
    return true;
}

bool rc_keras_link_read(rc_keras_walk *walk, const rc_keras_graph *graph, const json_t *json,
                        rc_keras_link *link)
{
    const char *name = json_string_value(json_array_get(json, 0));
    if (name == NULL || !read_index(json_array_get(json, 1), &link->node) ||
        !read_index(json_array_get(json, 2), &link->tensor))
        return rc_keras_fail(walk, "a link that is not [layer, call, tensor]");
    const json_t *number = json_object_get(graph->numbers, name);
    char quoted[RC_QUOTED_BYTES];
    if (number == NULL)
        return rc_keras_fail(walk, "layer '%s' is read, which the model does not have",
                             rc_text_quote(name, strlen(name), quoted));
    link->layer = (size_t)json_integer_value(number);
    rc_keras_layer *layer = &graph->layers[link->layer];
    if (link->node > layer->last_read)
        layer->last_read = link->node;
    return true;
}

/* json NULL: a constant that is given. */
static void add_link(rc_keras_walk *walk, const rc_keras_graph *graph, rc_keras_node *node,
                     const char *key, const json_t *json)
{
    rc_keras_argument *argument = rc_keras_argument_add(walk, node);
    if (argument == NULL)
        return;
    *argument = (rc_keras_argument){.key = key, .is_link = true};
    rc_keras_link_read(walk, graph, json, &argument->link);
}

static void add_constant(rc_keras_walk *walk, rc_keras_node *node, const char *key,
                         const json_t *json)
{
    rc_keras_argument *argument = rc_keras_argument_add(walk, node);
    if (argument != NULL)
        *argument = (rc_keras_argument){.key = key, .constant = json};
}

/* -- Keras 2: [["src", 0, 0, {kwargs}], ...] -----------------------------------------------------
 */

static bool is_link_2(const rc_keras_graph *graph, const json_t *json)
{
    const char *name = json_string_value(json_array_get(json, 0));
    return name != NULL && json_array_size(json) >= 3 && json_is_number(json_array_get(json, 1)) &&
           json_is_number(json_array_get(json, 2)) && json_object_get(graph->numbers, name) != NULL;
}

static void read_keywords_2(rc_keras_walk *walk, const rc_keras_graph *graph, rc_keras_node *node,
                            const json_t *keywords)
{
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)keywords, key, value) {
        if (is_link_2(graph, value))
            add_link(walk, graph, node, key, value);
        else if (!json_is_null(value))
            add_constant(walk, node, key, value);
    }
}

static void read_tensor_2(rc_keras_walk *walk, const rc_keras_graph *graph, rc_keras_node *node,
                          const json_t *json)
{
    const char *name = json_string_value(json_array_get(json, 0));
    if (name != NULL && strcmp(name, "_CONSTANT_VALUE") == 0)
        add_constant(walk, node, NULL, json_array_get(json, 2));
    else
        add_link(walk, graph, node, NULL, json);
}

static void read_node_2(rc_keras_walk *walk, const rc_keras_graph *graph, rc_keras_node *node,
                        const json_t *json)
{
    bool is_one = json_is_string(json_array_get(json, 0));
    size_t n = is_one ? 1 : json_array_size(json);
    for (size_t i = 0; i < n && rc_keras_is_ok(walk); i++)
        read_tensor_2(walk, graph, node, is_one ? json : json_array_get(json, i));
    const json_t *first = is_one ? json : json_array_get(json, 0);
    read_keywords_2(walk, graph, node, json_array_get(first, 3));
}

/* -- Keras 3: {"args": [...], "kwargs": {...}} ---------------------------------------------------
 */

/* [layer, call, tensor] of what stands for a tensor; NULL: it stands for none. */
static const json_t *history_of(const json_t *json)
{
    const char *class_name = json_string_value(json_object_get(json, "class_name"));
    if (class_name == NULL || strcmp(class_name, "__keras_tensor__") != 0)
        return NULL;
    return json_object_get(json_object_get(json, "config"), "keras_history");
}

/* Whether there is a tensor in nested lists and dictionaries. */
static bool has_tensor(const json_t *json, unsigned depth)
{
    if (history_of(json) != NULL)
        return true;
    if (depth > RC_KERAS_MOST_DEPTH)
        return false;
    for (size_t i = 0; i < json_array_size(json); i++)
        if (has_tensor(json_array_get(json, i), depth + 1))
            return true;
    const char *key;
    json_t *item;
    json_object_foreach ((json_t *)json, key, item)
        if (has_tensor(item, depth + 1))
            return true;
    return false;
}

static void read_argument_3(rc_keras_walk *walk, const rc_keras_graph *graph, rc_keras_node *node,
                            const char *key, const json_t *json, unsigned depth)
{
    const json_t *history = history_of(json);
    if (history != NULL) {
        add_link(walk, graph, node, key, history);
        return;
    }
    if (!has_tensor(json, depth)) {
        add_constant(walk, node, key, json);
        return;
    }
    const json_t *tuple = json_object_get(json, "items");
    const json_t *list = tuple != NULL ? tuple : json;
    for (size_t i = 0; i < json_array_size(list); i++)
        read_argument_3(walk, graph, node, key, json_array_get(list, i), depth + 1);
    if (!json_is_object(list))
        return;
    const char *inner;
    json_t *item;
    json_object_foreach ((json_t *)list, inner, item)
        read_argument_3(walk, graph, node, inner, item, depth + 1);
}

static void read_node_3(rc_keras_walk *walk, const rc_keras_graph *graph, rc_keras_node *node,
                        const json_t *json)
{
    const json_t *args = rc_keras_list(walk, json, "args");
    for (size_t i = 0; i < json_array_size(args) && rc_keras_is_ok(walk); i++)
        read_argument_3(walk, graph, node, NULL, json_array_get(args, i), 0);
    const char *key;
    json_t *item;
    json_object_foreach ((json_t *)rc_keras_object(walk, json, "kwargs"), key, item)
        if (rc_keras_is_ok(walk) && !json_is_null(item))
            read_argument_3(walk, graph, node, key, item, 0);
}

/* A sum of a tensor and a number is an operation, though a layer has the same name. */
static bool has_number(const rc_keras_layer *layer)
{
    for (size_t i = 0; i < layer->n_nodes; i++)
        for (size_t k = 0; k < layer->nodes[i].n_arguments; k++) {
            const rc_keras_argument *argument = &layer->nodes[i].arguments[k];
            if (!argument->is_link && argument->key == NULL &&
                !json_is_boolean(argument->constant) && !json_is_null(argument->constant))
                return layer->nodes[i].n_arguments == 2;
        }
    return false;
}

/* An InputLayer has one call, which no list has. */
void rc_keras_nodes_read(rc_keras_walk *walk, const rc_keras_graph *graph, rc_keras_layer *layer,
                         const json_t *nodes)
{
    bool is_input = strcmp(layer->class_name, "InputLayer") == 0;
    size_t n = is_input ? 0 : json_array_size(nodes);
    if (!rc_keras_is_ok(walk) || !rc_keras_nodes_make(walk, layer, is_input ? 1 : n))
        return;
    for (size_t i = 0; i < n && rc_keras_is_ok(walk); i++) {
        const json_t *json = json_array_get(nodes, i);
        if (json_is_object(json))
            read_node_3(walk, graph, &layer->nodes[i], json);
        else if (json_is_array(json))
            read_node_2(walk, graph, &layer->nodes[i], json);
        else
            rc_keras_fail(walk, "'inbound_nodes' holds what is no list and no object");
    }
    if (walk->major >= 3 && rc_keras_class_is_known(layer->class_name) && has_number(layer))
        layer->is_operation = true;
}
