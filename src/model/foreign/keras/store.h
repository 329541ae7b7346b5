/* store.h - what a Keras store consists of; for the files that make it. */
#ifndef RC_MODEL_FOREIGN_KERAS_STORE_H
#define RC_MODEL_FOREIGN_KERAS_STORE_H

#include "model/foreign/keras/keras.h"
#include "model/foreign/keras/zip.h"
#include "table/h5/reader/reader.h"

enum { RC_KERAS_MOST_NAME = 1024 }; /* of a path of groups, with its NUL */

/* The elements of an array. */
typedef struct rc_keras_data {
    struct rc_keras_data *next;
    max_align_t bytes[];
} rc_keras_data;

/* A group of a legacy file that is open, and the names of the arrays in it. */
typedef struct rc_keras_group {
    hid_t id;         /* -1: there is no such group */
    const char *name; /* NULL: none is open. Kept in the store */
    rc_h5_texts names;
} rc_keras_group;

struct rc_keras_store {
    rc_keras_layout layout;
    int major;
    rc_zip *zip;             /* NULL: no archive */
    hid_t h5, root, weights; /* weights: the group that the layers are in */
    const char *h5_bytes;    /* (n_h5) the HDF5 file */
    uint64_t n_h5, n_read;   /* its bytes, and those of the arrays that were read from it */
    json_t *config, *training;
    rc_h5_texts layers; /* those that the file names */
    rc_keras_group group;
    rc_keras_data *data;
};

/* -- store_json.c ------------------------------------------------------------------------------ */

/* NaN and Infinity, which Python writes as bare words, become texts. what: for messages. */
rc_status rc_keras_json(const char *text, size_t n, const char *what, json_t **out, rc_error *err);

/* 2 of "2.11.0"; 0: it is no version. version may be NULL. */
int rc_keras_major_of(const char *version);

/* -- store_arrays.c ---------------------------------------------------------------------------- */

/* Reads the array at a path from `group` on, and appends it under a name. */
rc_status rc_keras_array_add(rc_keras_store *store, hid_t group, const char *path, const char *name,
                             size_t n_name, rc_keras_arrays *out, rc_error *err);

/* A copy that lives as long as the store; NULL: no memory. */
const char *rc_keras_keep(rc_keras_store *store, const char *text, size_t n);

/* Opens a child of a group. RC_END: there is none. */
rc_status rc_keras_child_open(hid_t group, const char *name, hid_t *child, rc_error *err);

/* -- store_legacy.c ---------------------------------------------------------------------------- */

rc_status rc_keras_legacy_open(rc_keras_store *store, rc_error *err);
rc_status rc_keras_legacy_arrays(rc_keras_store *store, const rc_keras_id *id, rc_keras_arrays *out,
                                 rc_error *err);

/* -- store_v3.c -------------------------------------------------------------------------------- */

/* Fills store->layers. */
rc_status rc_keras_v3_open(rc_keras_store *store, rc_error *err);
rc_status rc_keras_v3_arrays(rc_keras_store *store, const rc_keras_id *id, rc_keras_arrays *out,
                             rc_error *err);

/* The path of a layer's asset in an archive, where layers are in such containers. RC_END: it does
 * not fit. */
rc_status rc_keras_v3_asset(rc_keras_store *store, const rc_keras_id *id, const char *container,
                            const char *name, char path[RC_KERAS_MOST_NAME], rc_error *err);

/* The containers of layers, the second of TensorFlow 2.12 and 2.13. */
extern const char *const rc_keras_containers[2];

#endif
