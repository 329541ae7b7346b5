/* store.c - take a Keras file apart: which layout it has, its configuration, its arrays. */
#include <ctype.h>
#include <stdlib.h>

#include "model/foreign/keras/store.h"

/* Of texts: a configuration, a vocabulary. */
enum { MOST_TEXT = 64 << 20 };

/* -- the file ------------------------------------------------------------------------------------
 */

static rc_status open_h5(rc_keras_store *s, const char *data, size_t n, rc_error *err)
{
    s->h5_bytes = data;
    s->n_h5 = n;
    s->h5 = rc_h5_driver_open_memory(data, n);
    if (s->h5 < 0)
        return rc_error_set(err, RC_E_MODEL, "not an HDF5 file that can be read");
    RC_TRY(rc_h5_object_open(s->h5, "/", &s->root, err));
    return rc_h5_object_open(s->h5, "/", &s->weights, err);
}

static rc_status open_file(rc_keras_store *s, const char *data, size_t n, rc_error *err)
{
    RC_TRY(open_h5(s, data, n, err));
    switch (rc_h5_keras_tell(s->root)) {
    case RC_H5_KERAS_LEGACY:
        return rc_keras_legacy_open(s, err);
    case RC_H5_KERAS_V3:
        s->layout = RC_KERAS_V3_WEIGHTS;
        return rc_keras_v3_open(s, err);
    default:
        rc_error_set(err, RC_E_MODEL, "no Keras model: it has neither 'model_config' nor layers");
        rc_error_hint(err, "a table in HDF5 is an INPUT, not a model");
        return RC_E_MODEL;
    }
}

static rc_status archive_json(rc_keras_store *s, const char *name, json_t **out, rc_error *err)
{
    const char *text;
    size_t n;
    RC_TRY(rc_zip_read(s->zip, name, MOST_TEXT, &text, &n, err));
    return rc_keras_json(text, n, name, out, err);
}

static void take_version(rc_keras_store *s, const json_t *json)
{
    int major = rc_keras_major_of(json_string_value(json_object_get(json, "keras_version")));
    if (major > 0)
        s->major = major;
}

static rc_status open_archive(rc_keras_store *s, const rc_foreign_file *file, rc_error *err)
{
    const char *weights;
    size_t n;
    json_t *metadata = NULL;
    RC_TRY(rc_zip_open(&s->zip, file->data, file->n, err));
    if (!rc_zip_has(s->zip, "config.json"))
        return rc_error_set(err, RC_E_MODEL, "no Keras model: the archive has no 'config.json'");
    s->layout = RC_KERAS_V3;
    s->major = 3;
    RC_TRY(archive_json(s, "config.json", &s->config, err));
    if (rc_zip_has(s->zip, "metadata.json"))
        RC_TRY(archive_json(s, "metadata.json", &metadata, err));
    take_version(s, metadata);
    json_decref(metadata);
    s->training = json_incref(json_object_get(s->config, "compile_config"));
    if (!rc_zip_has(s->zip, "model.weights.h5")) {
        rc_error_set(err, RC_E_MODEL, "the archive has no 'model.weights.h5'");
        rc_error_hint(err,
                      "weights in .npz or in shards are not read: model.save() writes one file");
        return RC_E_MODEL;
    }
    RC_TRY(rc_zip_read(s->zip, "model.weights.h5", RC_MODEL_MAX_BYTES, &weights, &n, err));
    return open_h5(s, weights, n, err);
}

/* JSON, or a list of activations, which is none. */
static rc_status take_architecture(rc_keras_store *s, const rc_foreign_file *file, rc_error *err)
{
    if (file->architecture == NULL)
        return RC_OK;
    if (s->config != NULL)
        return rc_error_set(err, RC_E_MODEL,
                            "it has a configuration of its own: --architecture is for weights "
                            "alone");
    const char *text = file->architecture;
    size_t n = file->n_architecture, i = 0;
    while (i < n && isspace((unsigned char)text[i]))
        i++;
    if (i == n || text[i] != '{')
        return RC_OK;
    RC_TRY(rc_keras_json(text, n, "--architecture", &s->config, err));
    take_version(s, s->config);
    return RC_OK;
}

static rc_status open_any(rc_keras_store *s, const rc_foreign_file *file, rc_error *err)
{
    bool is_archive = file->n >= 4 && memcmp(file->data, "PK\x03\x04", 4) == 0;
    RC_TRY(is_archive ? open_archive(s, file, err) : open_file(s, file->data, file->n, err));
    return take_architecture(s, file, err);
}

/* Whatever is wrong with the file is wrong with the model: the HDF5 side speaks of data, and of
 * objects that were asked for. */
static rc_status of_model(rc_status st, rc_error *err)
{
    if (st != RC_E_DATA && st != RC_E_USAGE)
        return st;
    if (err != NULL)
        err->code = RC_E_MODEL;
    return RC_E_MODEL;
}

rc_status rc_keras_store_open(rc_keras_store **out, const rc_foreign_file *file, rc_error *err)
{
    *out = NULL;
    rc_keras_store *s = rc_alloc_array(1, sizeof(*s));
    if (s == NULL)
        return rc_error_nomem(err);
    s->h5 = s->root = s->weights = s->group.id = -1;
    rc_status st = open_any(s, file, err);
    if (st < 0) {
        rc_keras_store_close(s);
        return of_model(st, err);
    }
    *out = s;
    return RC_OK;
}

void rc_keras_store_close(rc_keras_store *s)
{
    if (s == NULL)
        return;
    rc_h5_shut(s->group.id);
    rc_h5_shut(s->weights);
    rc_h5_shut(s->root);
    rc_h5_shut(s->h5);
    rc_h5_texts_release(&s->group.names);
    rc_h5_texts_release(&s->layers);
    rc_zip_close(s->zip);
    json_decref(s->config);
    json_decref(s->training);
    while (s->data != NULL) {
        rc_keras_data *next = s->data->next;
        free(s->data);
        s->data = next;
    }
    free(s);
}

/* -- what is asked of it -------------------------------------------------------------------------
 */

rc_keras_layout rc_keras_store_layout(const rc_keras_store *store)
{
    return store->layout;
}

const json_t *rc_keras_store_config(const rc_keras_store *store)
{
    return store->config;
}

const json_t *rc_keras_store_training(const rc_keras_store *store)
{
    return store->training;
}

int rc_keras_store_major(const rc_keras_store *store)
{
    return store->major;
}

void rc_keras_store_layers(const rc_keras_store *store, const char *const **names, size_t *n)
{
    *names = (const char *const *)store->layers.items;
    *n = store->layers.n;
}

rc_status rc_keras_store_arrays(rc_keras_store *s, const rc_keras_id *id, rc_keras_arrays *out,
                                rc_error *err)
{
    *out = (rc_keras_arrays){0};
    bool is_legacy = s->layout == RC_KERAS_LEGACY || s->layout == RC_KERAS_WEIGHTS;
    rc_status st =
        is_legacy ? rc_keras_legacy_arrays(s, id, out, err) : rc_keras_v3_arrays(s, id, out, err);
    if (st >= 0)
        return RC_OK;
    free(out->items);
    *out = (rc_keras_arrays){0};
    return of_model(st, err);
}

rc_status rc_keras_store_asset(rc_keras_store *s, const rc_keras_id *id, const char *name,
                               const char **text, size_t *n, rc_error *err)
{
    *text = NULL;
    *n = 0;
    for (size_t i = 0; s->zip != NULL && i < 2; i++) {
        char path[RC_KERAS_MOST_NAME];
        rc_status st = rc_keras_v3_asset(s, id, rc_keras_containers[i], name, path, err);
        if (st < 0)
            return of_model(st, err);
        if (st == RC_OK && rc_zip_has(s->zip, path))
            return rc_zip_read(s->zip, path, MOST_TEXT, text, n, err);
    }
    return RC_END;
}
