/* order.c - the calls of a model in an order in which each finds what it reads. */
#include "base/text.h"
#include "model/foreign/keras/walk.h"

enum { NEW, OPEN, DONE };

/* A call that waits for what it reads. */
typedef struct waiting {
    rc_keras_link link;
    size_t next; /* argument */
} waiting;

/* The call of a link; NULL: the layer has none of that number. */
static rc_keras_node *node_of(rc_keras_walk *walk, rc_keras_graph *graph, rc_keras_link *link)
{
    rc_keras_layer *layer = &graph->layers[link->layer];
    size_t at = link->node - layer->first_node;
    if (link->node < layer->first_node || at >= layer->n_nodes) {
        char quoted[RC_QUOTED_BYTES];
        rc_keras_fail(walk, "call %zu of layer '%s' is read, which has %zu", link->node,
                      rc_text_quote(layer->name, strlen(layer->name), quoted), layer->n_nodes);
        return NULL;
    }
    return &layer->nodes[at];
}

static size_t count_nodes(const rc_keras_graph *graph)
{
    size_t n = 0;
    for (size_t i = 0; i < graph->n_layers; i++)
        n += graph->layers[i].n_nodes;
    return n;
}

/* Opens a call, if it is new. False: it waits for itself. */
static bool open_node(rc_keras_walk *walk, rc_keras_graph *graph, rc_keras_link link,
                      waiting *stack, size_t *n)
{
    rc_keras_node *node = node_of(walk, graph, &link);
    if (node == NULL)
        return false;
    if (node->mark == OPEN) {
        walk->at = &graph->layers[link.layer];
        return rc_keras_fail(walk, "it reads what is made out of its own result");
    }
    if (node->mark == NEW) {
        node->mark = OPEN;
        stack[(*n)++] = (waiting){.link = link};
    }
    return true;
}

/* All that an output needs, by a search in depth. */
static bool visit(rc_keras_walk *walk, rc_keras_graph *graph, rc_keras_link output, waiting *stack)
{
    size_t n = 0;
    if (!open_node(walk, graph, output, stack, &n))
        return false;
    while (n > 0) {
        waiting *top = &stack[n - 1];
        rc_keras_node *node = node_of(walk, graph, &top->link);
        while (top->next < node->n_arguments && !node->arguments[top->next].is_link)
            top->next++;
        if (top->next == node->n_arguments) {
            node->mark = DONE;
            graph->order[graph->n_order++] = top->link;
            n--;
        } else if (!open_node(walk, graph, node->arguments[top->next++].link, stack, &n)) {
            return false;
        }
    }
    return true;
}

void rc_keras_order(rc_keras_walk *walk, rc_keras_graph *graph)
{
    size_t n = count_nodes(graph);
    graph->order = rc_keras_alloc(walk, n, sizeof(*graph->order));
    waiting *stack = rc_keras_alloc(walk, n, sizeof(*stack));
    if (graph->order == NULL || stack == NULL)
        return;
    if (graph->n_outputs == 0)
        rc_keras_fail(walk, "a model without outputs");
    for (size_t i = 0; i < graph->n_outputs; i++)
        if (!visit(walk, graph, graph->outputs[i], stack))
            return;
}
