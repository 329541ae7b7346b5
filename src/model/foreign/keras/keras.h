/* keras.h - a Keras file taken apart: its configuration, and the weights of each layer. */
#ifndef RC_MODEL_FOREIGN_KERAS_KERAS_H
#define RC_MODEL_FOREIGN_KERAS_KERAS_H

#include <jansson.h>

#include "model/foreign/reader.h"

/* Which layout the file has. */
typedef enum rc_keras_layout {
    RC_KERAS_LEGACY,    /* .h5: model_config, /model_weights/<layer>, weight_names */
    RC_KERAS_WEIGHTS,   /* .h5 of save_weights: the same on the root, no configuration */
    RC_KERAS_V3,        /* .keras: config.json, model.weights.h5 with /layers/<class>/vars/<i> */
    RC_KERAS_V3_WEIGHTS /* .weights.h5: the same, no configuration */
} rc_keras_layout;

/* One array of a layer. Data lives until the store is closed. */
typedef struct rc_keras_array {
    const char *name; /* leaf: "kernel", "gamma"; of V3 layouts "0", "1" ... */
    rc_number_type type;
    unsigned rank;
    size_t shape[4];
    const void *data; /* row-major */
    size_t n;         /* elements */
} rc_keras_array;

typedef struct rc_keras_arrays {
    rc_keras_array *items; /* in the order of the file */
    size_t n;
} rc_keras_arrays;

/* Where a layer stands, outermost parent last. nth: how many layers of the same class (as its name
 * in snake_case) stand before it among its parent's layers, in the order of the configuration;
 * index: how many layers at all that may have weights. */
typedef struct rc_keras_id {
    const char *name, *class_name;
    size_t nth, index;
    const struct rc_keras_id *parent; /* NULL: the model itself is the parent */
} rc_keras_id;

typedef struct rc_keras_store rc_keras_store;

/**
 * Opens the file: a HDF5 file of either layout, or a .keras zip. Where it has no configuration,
 * that is file->architecture if it is JSON.
 * Errors   RC_E_MODEL: not a Keras file, damaged, links, external storage, bombs (each named).
 */
rc_status rc_keras_store_open(rc_keras_store **out, const rc_foreign_file *file, rc_error *err);
void rc_keras_store_close(rc_keras_store *store);

rc_keras_layout rc_keras_store_layout(const rc_keras_store *store);

/* {"class_name", "config"} of the model; NULL: there is none (weights alone). Borrowed. */
const json_t *rc_keras_store_config(const rc_keras_store *store);
/* training_config or compile_config, with "loss"; NULL: there is none. Borrowed. */
const json_t *rc_keras_store_training(const rc_keras_store *store);
/* 1, 2 or 3, from keras_version ("2.11.0"; tf_keras writes "2.21.0"): 2 where it is not said in a
 * legacy layout, 3 in V3. */
int rc_keras_store_major(const rc_keras_store *store);

/* Names of the layers that have weights, in the order of the file: for weights without a
 * configuration. Borrowed. */
void rc_keras_store_layers(const rc_keras_store *store, const char *const **names, size_t *n);

/**
 * The arrays of one layer, which may have none. Of a nested model in a legacy file those whose
 * names belong to the layer are picked out of its outermost parent's group.
 * Owns     out->items is the caller's to free; what it points to is the store's.
 * Errors   RC_E_MODEL: the layer has no group in the file, or an array cannot be read.
 */
rc_status rc_keras_store_arrays(rc_keras_store *store, const rc_keras_id *id, rc_keras_arrays *out,
                                rc_error *err);

/* A text that Keras keeps beside the weights of a layer, such as the vocabulary of a lookup that
 * was adapted. RC_END: there is none. Lives as long as the store. */
rc_status rc_keras_store_asset(rc_keras_store *store, const rc_keras_id *id, const char *name,
                               const char **text, size_t *n, rc_error *err);

#endif
