/* inputs.c - the inputs of a Keras model, as inputs of the tape. */
#include <stdlib.h>

#include "base/text.h"
#include "model/foreign/keras/read.h"

/* An input of the model. */
typedef struct entry {
    const char *name;
    bool is_text;
    unsigned rank;
    size_t dims[RC_KERAS_MAX_RANK];
} entry;

static bool is_class(const json_t *layer, const char *name)
{
    const char *class_name = rc_kc_text(layer, "class_name");
    return class_name != NULL && strcmp(class_name, name) == 0;
}

/* A shape with the rows first: [null, 4]; false: it does not tell. */
static bool take_shape(const json_t *shape, entry *out)
{
    size_t n = json_array_size(shape);
    if (n < 1 || n > RC_KERAS_MAX_RANK + 1)
        return false;
    out->rank = (unsigned)n - 1;
    for (size_t i = 1; i < n; i++) {
        double dim = json_number_value(json_array_get(shape, i));
        if (!(dim >= 1 && dim <= RC_MODEL_MAX_INPUTS))
            return false;
        out->dims[i - 1] = (size_t)dim;
    }
    if (out->rank == 0) { /* one number a row */
        out->rank = 1;
        out->dims[0] = 1;
    }
    return true;
}

static bool shape_of_config(const json_t *config, entry *out)
{
    static const char *const keys[] = {"batch_shape", "batch_input_shape"};
    for (size_t i = 0; i < 2; i++)
        if (take_shape(json_object_get(config, keys[i]), out))
            return true;
    return false;
}

static bool is_text_type(const json_t *config)
{
    const char *dtype = rc_kc_text(config, "dtype");
    return dtype != NULL && strcmp(dtype, "string") == 0;
}

/* -- Sequential ----------------------------------------------------------------------------------
 */

/* The width that the arrays of the first layer that has any ask for. */
static bool shape_of_arrays(rc_keras *k, const json_t *layers, entry *out)
{
    for (size_t i = 0; i < json_array_size(layers); i++) {
        const json_t *layer = json_array_get(layers, i);
        const char *class_name = rc_kc_text(layer, "class_name");
        bool has_weights = false;
        if (class_name == NULL || rc_keras_layer_find(class_name, &has_weights) == NULL)
            return false;
        if (!has_weights)
            continue;
        rc_keras_id id = {.name = rc_kc_text(json_object_get(layer, "config"), "name"),
                          .class_name = class_name};
        rc_keras_arrays arrays = {0};
        if (id.name == NULL || rc_keras_store_arrays(k->store, &id, &arrays, NULL) < 0 ||
            arrays.n == 0 || arrays.items[0].rank < 1) {
            free(arrays.items);
            return false;
        }
        out->rank = 1;
        out->dims[0] = arrays.items[0].shape[0];
        free(arrays.items);
        return out->dims[0] > 0 && out->dims[0] <= RC_MODEL_MAX_INPUTS;
    }
    return false;
}

static size_t sequential_entry(rc_keras *k, const json_t *model, entry *out)
{
    const json_t *layers = rc_keras_layers(model), *first = json_array_get(layers, 0);
    const json_t *config = json_object_get(first, "config");
    const json_t *whole = json_object_get(model, "config");
    const char *name = rc_kc_text(config, "name");
    *out = (entry){.name = name != NULL ? name : "input", .is_text = is_text_type(config)};
    if (!is_class(first, "InputLayer"))
        out->is_text = false;
    if (rc_kc_text(first, "class_name") != NULL &&
        rc_keras_is_model(rc_kc_text(first, "class_name")))
        return sequential_entry(k, first, out);
    if (shape_of_config(config, out) ||
        (json_is_object(whole) && take_shape(json_object_get(whole, "build_input_shape"), out)) ||
        shape_of_arrays(k, layers, out))
        return 1;
    rc_tape_fail(k->tape, "nothing tells how many columns the model reads");
    return 0;
}

/* -- Functional ----------------------------------------------------------------------------------
 */

static const json_t *layer_named(const json_t *layers, const char *name)
{
    for (size_t i = 0; name != NULL && i < json_array_size(layers); i++) {
        const json_t *layer = json_array_get(layers, i);
        const char *own = rc_kc_text(json_object_get(layer, "config"), "name");
        if (own == NULL)
            own = rc_kc_text(layer, "name");
        if (own != NULL && strcmp(own, name) == 0)
            return layer;
    }
    return NULL;
}

static bool add_entry(rc_keras *k, const json_t *model, const json_t *link, const char *key,
                      entry *out)
{
    const char *name = json_string_value(json_array_get(link, 0));
    const json_t *layer = layer_named(rc_keras_layers(model), name);
    const json_t *config = json_object_get(layer, "config");
    char quoted[RC_QUOTED_BYTES];
    *out = (entry){.name = key != NULL ? key : name, .is_text = is_text_type(config)};
    if (layer != NULL && is_class(layer, "InputLayer") && shape_of_config(config, out))
        return true;
    rc_tape_fail(k->tape, "input '%s': nothing tells how many columns it has",
                 rc_text_quote(name != NULL ? name : "?", name != NULL ? strlen(name) : 1, quoted));
    return false;
}

static size_t functional_entries(rc_keras *k, const json_t *model, entry *out)
{
    const json_t *list = json_object_get(json_object_get(model, "config"), "input_layers");
    size_t n = 0;
    if (json_is_object(list)) {
        const char *key;
        json_t *link;
        json_object_foreach ((json_t *)list, key, link)
            if (n < RC_KERAS_MAX_TENSORS && add_entry(k, model, link, key, &out[n]))
                n++;
        return n;
    }
    if (json_is_string(json_array_get(list, 0)))
        return add_entry(k, model, list, NULL, &out[0]);
    if (json_array_size(list) > RC_KERAS_MAX_TENSORS)
        rc_tape_fail(k->tape, "more than %d inputs", RC_KERAS_MAX_TENSORS);
    for (size_t i = 0; i < json_array_size(list) && !rc_is_failed_keras(k); i++)
        n += add_entry(k, model, json_array_get(list, i), NULL, &out[n]);
    return n;
}

/* -- the tape's ----------------------------------------------------------------------------------
 */

static rc_value add_category(rc_keras *k, rc_keras_text *c)
{
    size_t n = json_object_size(c->seen), i = 0;
    const char **values = rc_tape_alloc(k->tape, n + 1, sizeof(*values));
    bool has_empty = json_object_get(c->seen, "") != NULL;
    const char *key;
    json_t *unused;
    if (values == NULL)
        return RC_NO_VALUE;
    json_object_foreach (c->seen, key, unused)
        values[i++] = rc_keras_text_value(key);
    if (n == 0)
        values[n++] = rc_keras_text_value("");
    rc_category category = {.values = values,
                            .n_values = n,
                            .unknown_is_error = c->unknown_is_error,
                            .missing = has_empty ? rc_keras_text_value("") : NULL,
                            .missing_is_unknown = !c->unknown_is_error};
    return rc_tape_category(k->tape, c->name, &category);
}

/* In the first pass columns of texts are noted, in the second their values are known. */
static void add_texts(rc_keras *k, const char *name, size_t n, size_t first)
{
    for (size_t i = 0; i < n && !rc_is_failed_keras(k); i++) {
        if (k->is_trial) {
            void *texts = realloc(k->texts, (k->n_texts + 1) * sizeof(*k->texts));
            json_t *seen = json_object();
            if (texts == NULL || seen == NULL) {
                rc_tape_fail(k->tape, "no memory for the inputs");
                return;
            }
            k->texts = texts;
            k->texts[k->n_texts++] = (rc_keras_text){.seen = seen};
        }
        k->texts[first + i].name = name;
        k->texts[first + i].v = add_category(k, &k->texts[first + i]);
    }
}

static size_t width_of(const entry *e)
{
    size_t n = 1;
    for (unsigned i = 0; i < e->rank; i++)
        if (__builtin_mul_overflow(n, e->dims[i], &n))
            return SIZE_MAX;
    return n;
}

/* All inputs are added before the first step; then each is joined. */
static void add_all(rc_keras *k, const entry *entries, size_t n, bool has_names, rc_kt *in)
{
    rc_value *columns[RC_KERAS_MAX_TENSORS] = {NULL};
    size_t n_texts = 0;
    for (size_t i = 0; i < n && !rc_is_failed_keras(k); i++) {
        const entry *e = &entries[i];
        size_t width = width_of(e);
        in[i] = (rc_kt){.v = RC_NO_VALUE, .rank = e->rank, .is_text = e->is_text, .text = n_texts};
        memcpy(in[i].dims, e->dims, sizeof(e->dims));
        if (width > RC_MODEL_MAX_INPUTS) {
            rc_tape_fail(k->tape, "more columns than can be scored");
            return;
        }
        if (e->is_text) {
            add_texts(k, has_names ? e->name : NULL, width, n_texts);
            n_texts += width;
            continue;
        }
        columns[i] = rc_tape_alloc(k->tape, width + 1, sizeof(*columns[i]));
        for (size_t c = 0; columns[i] != NULL && c < width; c++)
            columns[i][c] = rc_tape_number(k->tape, has_names ? e->name : NULL, false);
    }
    for (size_t i = 0; i < n && !rc_is_failed_keras(k); i++) {
        rc_tape_label(k->tape, entries[i].name);
        if (columns[i] != NULL)
            in[i].v = rc_tape_concat(k->tape, columns[i], width_of(&entries[i]));
    }
}

size_t rc_keras_inputs(rc_keras *k, const json_t *model, rc_kt *in)
{
    entry entries[RC_KERAS_MAX_TENSORS];
    bool has_names = true;
    size_t n = is_class(model, "Sequential") ? sequential_entry(k, model, &entries[0])
                                             : functional_entries(k, model, entries);
    for (size_t i = 0; i < n; i++)
        has_names = has_names && width_of(&entries[i]) == 1;
    if (n == 0 && !rc_is_failed_keras(k))
        rc_tape_fail(k->tape, "a model without inputs");
    add_all(k, entries, n, has_names, in);
    return rc_is_failed_keras(k) ? 0 : n;
}
