/* layers_category.c - layers that make categories of texts and numbers. */
#include "model/foreign/keras/walk.h"

/* -- lookups -------------------------------------------------------------------------------------
 */

bool rc_keras_lookup_trace(rc_keras_walk *walk, rc_keras_layer *layer, rc_keras_input *input)
{
    const rc_keras_vocabulary *words = rc_keras_vocabulary_get(walk, layer);
    if (words == NULL)
        return false;
    bool is_text = words->numbers == NULL;
    if (!is_text && input->is_text)
        return rc_keras_fail(walk, "it looks up whole numbers in an input of texts");
    input->is_text = is_text || input->is_text;
    input->is_wide = input->is_wide || words->is_wide;
    input->has_empty = input->has_empty || (is_text && words->has_empty);
    if (input->values == NULL)
        input->values = json_object();
    for (size_t i = 0; i < words->n; i++)
        if (words->texts[i][0] != '\0' &&
            json_object_set_new(input->values, words->texts[i], json_true()) != 0)
            walk->status = RC_E_SYSTEM;
    return rc_keras_is_ok(walk);
}

/* Numbers of the words of one column. */
static rc_value look_up(rc_keras_walk *walk, const rc_keras_vocabulary *words, rc_value v,
                        const rc_keras_input *input)
{
    rc_matrix table = rc_matrix_of(RC_NUMBER_F64, words->indices, words->n, 1);
    const double *unknown = words->has_unknown ? &words->unknown : NULL;
    if (input == NULL || !input->is_category)
        return rc_tape_lookup_numbers(walk->tape, v, words->numbers, words->n, &table, unknown);
    const char **keys = rc_keras_alloc(walk, words->n, sizeof(*keys));
    for (size_t i = 0; keys != NULL && i < words->n; i++)
        keys[i] = words->texts[i][0] == '\0' ? input->missing : words->texts[i];
    return keys == NULL ? RC_NO_VALUE
                        : rc_tape_lookup_texts(walk->tape, v, keys, words->n, &table, unknown);
}

rc_keras_tensor rc_keras_lookup(rc_keras_walk *walk, const rc_keras_call *call)
{
    const rc_keras_vocabulary *words = rc_keras_vocabulary_get(walk, call->layer);
    rc_keras_tensor in = call->in[0], out = rc_keras_like(&in, RC_NO_VALUE);
    const rc_keras_input *input = in.origin < walk->n_inputs ? &walk->inputs[in.origin] : NULL;
    bool is_category = input != NULL && input->is_category;
    size_t n = rc_keras_width(&in);
    rc_value *parts = rc_keras_alloc(walk, n, sizeof(*parts));
    if (words == NULL || parts == NULL)
        return out;
    if (words->numbers == NULL && !is_category)
        rc_keras_fail(walk, "it looks up texts, but reads no input of the model");
    if (!is_category && rc_keras_is_ok(walk))
        in = rc_keras_as_whole(walk, &in);
    for (size_t i = 0; i < n && rc_keras_is_ok(walk); i++)
        parts[i] =
            look_up(walk, words,
                    is_category ? input->columns[i] : rc_tape_slice(walk->tape, in.v, i, 1), input);
    if (!rc_keras_is_ok(walk))
        return out;
    out.v = rc_tape_concat(walk->tape, parts, n);
    out.is_whole = true;
    return rc_keras_encode(walk, &out, words->mode, words->depth, false);
}

/* -- numbers -------------------------------------------------------------------------------------
 */

rc_keras_tensor rc_keras_discretization(rc_keras_walk *walk, const rc_keras_call *call)
{
    const rc_keras_tensor *in = &call->in[0];
    rc_keras_tensor out = rc_keras_like(in, RC_NO_VALUE);
    rc_keras_mode mode;
    size_t n;
    if (!rc_keras_mode_read(walk, call->layer->config, "int", &mode))
        return out;
    const double *edges = rc_keras_numbers(
        walk, json_object_get(call->layer->config, "bin_boundaries"), "bin_boundaries", &n);
    if (edges == NULL) {
        rc_keras_hint(walk, "give the layer the boundaries that adapt() found as 'bin_boundaries'");
        rc_keras_fail(walk, "its boundaries are not in the configuration");
        return out;
    }
    for (size_t i = 1; i < n; i++)
        if (!(edges[i - 1] < edges[i]))
            rc_keras_fail(walk, "its boundaries do not rise");
    out.v = rc_tape_bin(walk->tape, in->v, edges, n, false, false);
    out.is_whole = true;
    return rc_keras_encode(walk, &out, mode, n + 1, false);
}

rc_keras_tensor rc_keras_category_encoding(rc_keras_walk *walk, const rc_keras_call *call)
{
    rc_keras_mode mode;
    json_int_t n = rc_keras_whole(walk, call->layer->config, "num_tokens", 0);
    if (n <= 0 || n > RC_MODEL_MAX_INPUTS)
        rc_keras_fail(walk, "'num_tokens' is not from 1 to %d", RC_MODEL_MAX_INPUTS);
    if (!rc_keras_mode_read(walk, call->layer->config, "multi_hot", &mode))
        return call->in[0];
    if (mode == RC_KERAS_INT)
        rc_keras_fail(walk, "output_mode 'int' is not supported");
    /* Keras 2 stops at a number that it has no column for */
    return rc_keras_encode(walk, &call->in[0], mode, (size_t)n, walk->major < 3);
}
