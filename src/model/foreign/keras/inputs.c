/* inputs.c - the inputs of the model: numbers, or texts that are looked up. */
#include <stdio.h>

#include "model/foreign/keras/walk.h"

/* A value that no cell has; what a missing text is where a vocabulary has the empty text. */
static const char missing_text[] = "(missing)";

/* -- what they are -------------------------------------------------------------------------------
 */

static const char *dtype_of(const rc_keras_layer *layer)
{
    const json_t *dtype = json_object_get(layer->config, "dtype");
    if (json_is_object(dtype))
        dtype = json_object_get(json_object_get(dtype, "config"), "name");
    return json_is_string(dtype) ? json_string_value(dtype) : "";
}

static bool find_input(rc_keras_walk *walk, size_t i)
{
    rc_keras_graph *graph = walk->graph;
    rc_keras_input *input = &walk->inputs[i];
    input->layer = &graph->layers[graph->inputs[i].layer];
    if (strcmp(input->layer->class_name, "InputLayer") != 0)
        return rc_keras_fail(walk, "an input of the model is no InputLayer");
    if (!rc_keras_input_shape(walk, graph, graph->inputs[i], &input->tensor))
        return false;
    const char *dtype = dtype_of(input->layer);
    input->name = graph->input_keys != NULL ? graph->input_keys[i] : input->layer->name;
    input->is_text = strcmp(dtype, "string") == 0;
    input->tensor.v = RC_NO_VALUE;
    input->tensor.origin = i;
    input->tensor.is_whole = strncmp(dtype, "int", 3) == 0 || strncmp(dtype, "uint", 4) == 0;
    return true;
}

/* All inputs, and a first run that tells what reads them. */
bool rc_keras_inputs_find(rc_keras_walk *walk)
{
    size_t n = walk->graph->n_inputs;
    walk->inputs = rc_keras_alloc(walk, n, sizeof(*walk->inputs));
    if (walk->inputs == NULL)
        return false;
    walk->n_inputs = n;
    for (size_t i = 0; i < n; i++)
        if (!find_input(walk, i))
            return false;
    rc_keras_tensor *in = rc_keras_alloc(walk, n, sizeof(*in));
    rc_keras_tensor *out = rc_keras_alloc(walk, walk->graph->n_outputs, sizeof(*out));
    for (size_t i = 0; in != NULL && i < n; i++)
        in[i] = walk->inputs[i].tensor;
    walk->is_tracing = true;
    bool ok = in != NULL && out != NULL && rc_keras_run(walk, walk->graph, in, n, out, 0);
    walk->is_tracing = false;
    return ok;
}

/* -- making them ---------------------------------------------------------------------------------
 */

/* The values of all lookups that read it, and what a missing cell is. */
static bool fill_category(rc_keras_walk *walk, rc_keras_input *input, rc_category *category)
{
    const char **values = rc_keras_alloc(walk, json_object_size(input->values), sizeof(*values));
    if (values == NULL)
        return false;
    const char *key;
    json_t *item;
    category->values = values;
    category->are_numbers = !input->is_text;
    category->missing = input->missing;
    category->missing_is_unknown = input->is_text && input->missing == NULL;
    json_object_foreach (input->values, key, item)
        values[category->n_values++] = key;
    return true;
}

static bool make_columns(rc_keras_walk *walk, rc_keras_input *input, const char *name)
{
    rc_category category = {0};
    bool is_category =
        input->values != NULL && (input->is_text || (input->is_wide && !input->is_read_as_number));
    size_t n = rc_keras_width(&input->tensor);
    if (input->is_text && input->is_read_as_number)
        return rc_keras_fail(walk, "it is of texts, which only StringLookup reads");
    input->columns = rc_keras_alloc(walk, n, sizeof(*input->columns));
    if (input->columns == NULL || (is_category && !fill_category(walk, input, &category)))
        return false;
    input->is_category = is_category;
    for (size_t i = 0; i < n && rc_keras_is_ok(walk); i++)
        input->columns[i] = is_category ? rc_tape_category(walk->tape, name, &category)
                                        : rc_tape_number(walk->tape, name, false);
    return rc_keras_is_ok(walk);
}

/* One value of all columns of numbers. Inputs come before all steps. */
static bool join_columns(rc_keras_walk *walk, rc_keras_input *input)
{
    if (input->is_category || input->is_text)
        return true;
    rc_tape_label(walk->tape, input->name);
    rc_value v = rc_tape_concat(walk->tape, input->columns, rc_keras_width(&input->tensor));
    if (input->tensor.is_whole) /* Keras casts what it is given */
        v = rc_compose_truncate(walk->tape, v);
    if (strcmp(dtype_of(input->layer), "bool") == 0)
        v = rc_tape_apply2(walk->tape, RC_FN_NE, rc_of_value(v), rc_of_number(0));
    input->tensor.v = v;
    return rc_keras_is_ok(walk);
}

/* Columns have names where each input is one column. */
bool rc_keras_inputs_make(rc_keras_walk *walk)
{
    bool are_named = true;
    for (size_t i = 0; i < walk->n_inputs; i++)
        are_named = are_named && rc_keras_width(&walk->inputs[i].tensor) == 1;
    for (size_t i = 0; i < walk->n_inputs; i++) {
        rc_keras_input *input = &walk->inputs[i];
        walk->at = input->layer;
        if (input->has_empty)
            input->missing = missing_text;
        if (input->has_empty && json_object_set_new(input->values, missing_text, json_true()) != 0)
            walk->status = RC_E_SYSTEM;
        if (!make_columns(walk, input, are_named ? input->name : NULL))
            return false;
    }
    for (size_t i = 0; i < walk->n_inputs; i++)
        if (!join_columns(walk, &walk->inputs[i]))
            return false;
    walk->at = NULL;
    return true;
}
