/* keras_fake.h - a Keras store out of one JSON text, in place of a file:
 *
 *     {"class_name": ..., "config": ...,             the model; or no config
 *      "weights": {"dense": {"kernel": [4, 5],       an array of small numbers, by its shape
 *                            "bias": {"shape": [5], "type": "i8", "values": [...]}}},
 *      "assets": {"lookup": "a\nb"}, "loss": ..., "major": 3, "layout": 0, "architecture": "relu"}
 *
 * Linked before the reader's own store. */
#ifndef RC_TESTS_KERAS_FAKE_H
#define RC_TESTS_KERAS_FAKE_H

#include <stdlib.h>

#include "model/foreign/keras/read.h"

enum { FAKE_MOST_NUMBERS = 4096, FAKE_MOST_ARRAYS = 64, FAKE_MOST_NAMES = 64 };

struct rc_keras_store {
    json_t *root;
    void *blocks[1024]; /* numbers of arrays */
    size_t n_blocks;
    const char *names[FAKE_MOST_NAMES];
    rc_foreign_file file;
};

static rc_keras_store *fake_open(const char *text, size_t n)
{
    json_t *root = json_loadb(text, n, JSON_DECODE_INT_AS_REAL, NULL);
    rc_keras_store *store = root != NULL ? calloc(1, sizeof(*store)) : NULL;
    if (store == NULL) {
        json_decref(root);
        return NULL;
    }
    store->root = root;
    const char *architecture = json_string_value(json_object_get(root, "architecture"));
    store->file.architecture = architecture;
    store->file.n_architecture = architecture != NULL ? strlen(architecture) : 0;
    return store;
}

void rc_keras_store_close(rc_keras_store *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < store->n_blocks; i++)
        free(store->blocks[i]);
    json_decref(store->root);
    free(store);
}

rc_status rc_keras_store_open(rc_keras_store **out, const rc_foreign_file *file, rc_error *err)
{
    *out = fake_open(file->data, file->n);
    return *out != NULL ? RC_OK : rc_error_set(err, RC_E_MODEL, "no JSON");
}

rc_keras_layout rc_keras_store_layout(const rc_keras_store *store)
{
    double layout = json_number_value(json_object_get(store->root, "layout"));
    return layout >= 0 && layout <= 3 ? (rc_keras_layout)layout : RC_KERAS_LEGACY;
}

const json_t *rc_keras_store_config(const rc_keras_store *store)
{
    return json_object_get(store->root, "config") != NULL ? store->root : NULL;
}

const json_t *rc_keras_store_training(const rc_keras_store *store)
{
    return json_object_get(store->root, "loss") != NULL ? store->root : NULL;
}

int rc_keras_store_major(const rc_keras_store *store)
{
    return json_number_value(json_object_get(store->root, "major")) == 2 ? 2 : 3;
}

void rc_keras_store_layers(const rc_keras_store *store, const char *const **names, size_t *n)
{
    const char **all = ((rc_keras_store *)store)->names, *key;
    json_t *item;
    *n = 0;
    *names = all;
    json_object_foreach (json_object_get(store->root, "weights"), key, item)
        if (*n < FAKE_MOST_NAMES)
            all[(*n)++] = key;
}

/* A shape; false: too much. */
static bool fake_shape(const json_t *shape, rc_keras_array *array)
{
    array->n = 1;
    if (json_array_size(shape) > 4)
        return false;
    array->rank = (unsigned)json_array_size(shape);
    for (unsigned i = 0; i < array->rank; i++) {
        double n = json_number_value(json_array_get(shape, i));
        if (!(n >= 0 && n <= FAKE_MOST_NUMBERS))
            return false;
        array->shape[i] = (size_t)n;
        array->n *= array->shape[i];
        if (array->n > FAKE_MOST_NUMBERS)
            return false;
    }
    return true;
}

static bool fake_array(rc_keras_store *store, const char *name, const json_t *json,
                       rc_keras_array *array)
{
    const char *type = json_string_value(json_object_get(json, "type"));
    const json_t *values = json_object_get(json, "values");
    const json_t *shape = json_object_get(json, "shape");
    *array = (rc_keras_array){.name = name};
    if (store->n_blocks == 1024 || !fake_shape(json_is_array(json) ? json : shape, array))
        return false;
    bool is_small = type != NULL && strcmp(type, "i8") == 0;
    array->type = is_small ? RC_NUMBER_I8 : RC_NUMBER_F32;
    char *data = malloc(array->n * (is_small ? 1 : sizeof(float)) + 1);
    if (data == NULL)
        return false;
    for (size_t i = 0; i < array->n; i++) {
        const json_t *value = json_array_get(values, i);
        double x = json_number_value(value);
        x = !json_is_number(value) ? (double)(i * 5 % 7) - 3 : x < -99 ? -99 : x > 99 ? 99 : x;
        float wide = (float)x;
        if (is_small)
            data[i] = (char)(signed char)x;
        else
            memcpy(data + i * sizeof(wide), &wide, sizeof(wide));
    }
    store->blocks[store->n_blocks++] = data;
    array->data = data;
    return true;
}

rc_status rc_keras_store_arrays(rc_keras_store *store, const rc_keras_id *id, rc_keras_arrays *out,
                                rc_error *err)
{
    const json_t *layer = json_object_get(json_object_get(store->root, "weights"), id->name);
    const char *key;
    json_t *item;
    *out = (rc_keras_arrays){0};
    if (json_is_string(layer))
        return rc_error_set(err, RC_E_MODEL, "%.99s", json_string_value(layer));
    out->items = calloc(FAKE_MOST_ARRAYS, sizeof(*out->items));
    if (out->items == NULL)
        return rc_error_nomem(err);
    json_object_foreach ((json_t *)layer, key, item)
        if (out->n < FAKE_MOST_ARRAYS && fake_array(store, key, item, &out->items[out->n]))
            out->n++;
    return RC_OK;
}

rc_status rc_keras_store_asset(rc_keras_store *store, const rc_keras_id *id, const char *name,
                               const char **text, size_t *n, rc_error *err)
{
    const json_t *asset = json_object_get(json_object_get(store->root, "assets"), id->name);
    if (!json_is_string(asset) || strcmp(name, "vocabulary.txt") != 0)
        return json_is_array(asset) ? rc_error_set(err, RC_E_MODEL, "no such asset") : RC_END;
    *text = json_string_value(asset);
    *n = json_string_length(asset);
    return RC_OK;
}

#endif
