/* read.c - the reader "keras": a file of Keras onto the tape. */
#include "model/foreign/keras/read.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "table/h5/reader/reader.h"

enum { MOST_LISTED = 1000 };

/* -- weights alone, and their activations ---------------------------------------------------------
 */

/* One object of a configuration, with members that are texts. */
static json_t *layer_object(const char *class_name, const char *name, json_t *activation)
{
    return json_pack("{s:s,s:{s:s,s:o}}", "class_name", class_name, "config", "name", name,
                     "activation", activation);
}

/* The next item of a list with commas; false at its end. */
static bool next_item(const char **at, const char *end, char *out, size_t size)
{
    if (*at == NULL)
        return false;
    const char *comma = memchr(*at, ',', (size_t)(end - *at));
    const char *stop = comma != NULL ? comma : end;
    const char *from = *at;
    while (from < stop && *from == ' ')
        from++;
    size_t n = (size_t)(stop - from);
    while (n > 0 && (from[n - 1] == ' ' || from[n - 1] == '\n'))
        n--;
    n = n < size ? n : size - 1;
    memcpy(out, from, n);
    out[n] = '\0';
    *at = comma != NULL ? comma + 1 : NULL;
    return true;
}

static rc_status need_architecture(rc_error *err)
{
    rc_error_set(err, RC_E_MODEL, "weights alone: nothing says how the layers hang together");
    rc_error_hint(err, "give --architecture FILE, what model.to_json() wrote; or, of dense layers "
                       "alone, their activations: --architecture relu,relu,softmax");
    return RC_E_MODEL;
}

static bool is_normalisation(const rc_keras_arrays *arrays)
{
    return arrays->n > 0 && arrays->items[0].rank != 2;
}

/* A Sequential of the layers that the file lists: dense ones take the next activation, batch
 * normalisations none. */
static rc_status configuration_of_list(rc_keras *k, const rc_foreign_file *file, json_t **out,
                                       rc_error *err)
{
    const char *const *names;
    size_t n;
    const char *at = file->architecture, *end = at + file->n_architecture;
    json_t *layers = json_array();
    rc_keras_store_layers(k->store, &names, &n);
    rc_status st = layers == NULL ? rc_error_nomem(err) : RC_OK;
    if (n == 0 || n > MOST_LISTED)
        st = need_architecture(err);
    for (size_t i = 0; st >= 0 && i < n; i++) {
        char activation[64] = "linear";
        rc_keras_arrays arrays;
        rc_keras_id id = {.name = names[i], .class_name = names[i]};
        st = rc_keras_store_arrays(k->store, &id, &arrays, err);
        if (st < 0)
            break;
        bool is_norm = is_normalisation(&arrays), is_empty = arrays.n == 0;
        free(arrays.items);
        if (is_empty)
            continue;
        if (!is_norm && !next_item(&at, end, activation, sizeof(activation)))
            st = rc_error_set(err, RC_E_MODEL,
                              "--architecture: fewer activations than dense layers in the file");
        json_t *layer = layer_object(is_norm ? "BatchNormalization" : "Dense", names[i],
                                     json_string(activation));
        if (st >= 0 && json_array_append_new(layers, layer) != 0)
            st = rc_error_nomem(err);
    }
    if (st >= 0 && at != NULL)
        st = rc_error_set(err, RC_E_MODEL,
                          "--architecture: more activations than dense layers in the file");
    *out = st >= 0
               ? json_pack("{s:s,s:{s:O}}", "class_name", "Sequential", "config", "layers", layers)
               : NULL;
    json_decref(layers);
    return st >= 0 && *out == NULL ? rc_error_nomem(err) : st;
}

/* -- passes --------------------------------------------------------------------------------------
 */

static rc_status pass(rc_keras *k, const json_t *model, rc_error *err)
{
    rc_kt in[RC_KERAS_MAX_TENSORS], out[RC_KERAS_MAX_TENSORS];
    rc_error own = {0};
    k->err = &own;
    k->status = RC_OK;
    size_t n_in = rc_keras_inputs(k, model, in);
    size_t n_out = rc_is_failed_keras(k) ? 0 : rc_keras_model(k, model, NULL, in, n_in, out, 0);
    if (k->status < 0 && own.text[0] != '\0') {
        if (err != NULL)
            *err = own;
        return own.code;
    }
    RC_TRY(rc_tape_status(k->tape, err));
    return k->is_trial ? RC_OK : rc_keras_output(k, model, out, n_out, err);
}

/* Only inputs of texts need the first pass. */
static bool has_texts(const json_t *value, unsigned depth)
{
    if (depth > 40)
        return false;
    const char *key;
    json_t *item;
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++)
            if (has_texts(json_array_get(value, i), depth + 1))
                return true;
        return false;
    }
    json_object_foreach ((json_t *)value, key, item) {
        const char *text = json_string_value(item);
        if (text != NULL && strcmp(key, "dtype") == 0 && strcmp(text, "string") == 0)
            return true;
        if (has_texts(item, depth + 1))
            return true;
    }
    return false;
}

static rc_status try_pass(rc_keras *k, const json_t *model, rc_error *err)
{
    rc_tape *tape = k->tape;
    RC_TRY(rc_tape_open(&k->tape, err));
    k->is_trial = true;
    rc_status st = pass(k, model, err);
    rc_tape_close(k->tape);
    k->tape = tape;
    k->is_trial = false;
    return st;
}

static rc_status read_model(rc_keras *k, const json_t *model, rc_error *err)
{
    const char *class_name = rc_kc_text(model, "class_name");
    if (class_name == NULL || !rc_keras_is_model(class_name)) {
        char quoted[RC_QUOTED_BYTES];
        const char *shown = class_name != NULL ? class_name : "?";
        return rc_error_set(err, RC_E_MODEL,
                            "a model of the class '%s': Sequential and Functional ones are read",
                            rc_text_quote(shown, strlen(shown), quoted));
    }
    if (has_texts(model, 0))
        RC_TRY(try_pass(k, model, err));
    return pass(k, model, err);
}

static void release(rc_keras *k)
{
    for (size_t i = 0; i < k->n_kept; i++)
        free(k->kept[i].arrays.items);
    for (size_t i = 0; i < k->n_texts; i++)
        json_decref(k->texts[i].seen);
    free(k->kept);
    free(k->texts);
}

static void close_store(void *store)
{
    rc_keras_store_close(store);
}

rc_status rc_keras_read(rc_tape *tape, rc_foreign_file *file, rc_error *err)
{
    rc_keras_store *store;
    RC_TRY(rc_keras_store_open(&store, file, err));
    file->decoded = store;
    file->decoded_free = close_store;
    rc_keras_layout layout = rc_keras_store_layout(store);
    rc_keras k = {.store = store,
                  .tape = tape,
                  .major = rc_keras_store_major(store),
                  .is_v3 = layout == RC_KERAS_V3 || layout == RC_KERAS_V3_WEIGHTS};
    const json_t *config = rc_keras_store_config(store);
    json_t *listed = NULL;
    rc_status st = RC_OK;
    if (config == NULL)
        st = file->architecture != NULL ? configuration_of_list(&k, file, &listed, err)
                                        : need_architecture(err);
    if (st >= 0)
        st = read_model(&k, config != NULL ? config : listed, err);
    release(&k);
    json_decref(listed);
    return st;
}

/* -- the reader ----------------------------------------------------------------------------------
 */

/* jansson does not look whether its lexer's buffer could grow; behind the wall the process ends. */
static void *allocate_or_die(size_t n)
{
    void *p = malloc(n);
    if (p == NULL)
        raise(SIGKILL);
    return p;
}

rc_status rc_keras_prepare(rc_error *err)
{
    json_set_alloc_funcs(allocate_or_die, free);
    return rc_h5_reader_prepare(err);
}

rc_status rc_keras_serve(rc_channel *channel, int fd, rc_error *err)
{
    return rc_foreign_serve(channel, fd, rc_keras_read, err);
}
