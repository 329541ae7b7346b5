/* read.c - a Keras model, from its file to the tape. */
#include "model/foreign/keras/read.h"

#include "base/text.h"
#include "model/foreign/keras/walk.h"

/* -- failures with their place -------------------------------------------------------------------
 */

static rc_status end_failed(const rc_keras_walk *walk, rc_error *err)
{
    char name[RC_QUOTED_BYTES], class_name[RC_QUOTED_BYTES];
    if (walk->status < 0)
        return rc_error_nomem(err);
    rc_status st = rc_tape_status(walk->tape, err);
    const rc_keras_layer *at = walk->at;
    if (st == RC_E_SYSTEM)
        return st;
    if (at != NULL)
        rc_error_wrap(err, st, "layer %zu '%s' (%s)", at->number,
                      rc_text_quote(at->name, strlen(at->name), name),
                      rc_text_quote(at->class_name, strlen(at->class_name), class_name));
    if (walk->hint[0] != '\0')
        rc_error_hint(err, "%s", walk->hint);
    return st;
}

/* -- the model -----------------------------------------------------------------------------------
 */

static bool run(rc_keras_walk *walk, rc_keras_tensor **out, size_t *n_out)
{
    const json_t *config = rc_keras_store_config(walk->store);
    *n_out = 1;
    if (config == NULL) {
        *out = rc_keras_alloc(walk, 1, sizeof(**out));
        return *out != NULL && rc_keras_plain_run(walk, *out);
    }
    walk->graph = rc_keras_graph_read(walk, config, NULL);
    if (walk->graph == NULL || !rc_keras_inputs_find(walk) || !rc_keras_inputs_make(walk))
        return false;
    rc_keras_tensor *in = rc_keras_alloc(walk, walk->n_inputs, sizeof(*in));
    *n_out = walk->graph->n_outputs;
    *out = rc_keras_alloc(walk, *n_out, sizeof(**out));
    for (size_t i = 0; in != NULL && i < walk->n_inputs; i++)
        in[i] = walk->inputs[i].tensor;
    return in != NULL && *out != NULL &&
           rc_keras_run(walk, walk->graph, in, walk->n_inputs, *out, 0);
}

rc_status rc_keras_read_store(rc_tape *tape, rc_keras_store *store, const rc_foreign_file *file,
                              rc_error *err)
{
    rc_keras_walk walk = {
        .tape = tape, .store = store, .file = file, .major = rc_keras_store_major(store)};
    rc_keras_tensor *out;
    size_t n_out;
    rc_tape_output output;
    bool ok = run(&walk, &out, &n_out) && rc_keras_output_make(&walk, out, n_out, &output) &&
              rc_keras_is_ok(&walk);
    rc_status st = ok ? rc_tape_finish(tape, &output, err) : end_failed(&walk, err);
    for (size_t i = 0; i < walk.n_inputs; i++)
        json_decref(walk.inputs[i].values);
    return st;
}
