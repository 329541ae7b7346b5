/* fuzz_keras.c - whatever the configuration of a Keras model says, its reader ends with a native
 * model that is one, or with an error that says why. The file around it is played: a layer whose
 * name has shapes in it, "4x5_5", has such arrays. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/foreign/keras/keras.h"
#include "model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_INPUT_BYTES = 1 << 15, MOST_NUMBERS = 4096, MOST_DEPTH = 64, MOST_ARRAYS = 8 };
enum { MOST_MODEL_BYTES = 1 << 22 };

struct rc_keras_store {
    json_t *config;
    bool is_legacy;
};

static float numbers[MOST_NUMBERS];

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* -- the file ------------------------------------------------------------------------------------
 */

static bool is_deep(const char *text, size_t n)
{
    size_t depth = 0;
    for (size_t i = 0; i < n; i++) {
        depth += text[i] == '{' || text[i] == '[';
        if (depth > MOST_DEPTH)
            return true;
        if ((text[i] == '}' || text[i] == ']') && depth > 0)
            depth--;
    }
    return false;
}

rc_status rc_keras_store_open(rc_keras_store **out, const rc_foreign_file *file, rc_error *err)
{
    if (is_deep(file->data, file->n))
        return rc_error_set(err, RC_E_MODEL, "deep");
    json_t *config = json_loadb(file->data, file->n, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(config)) {
        json_decref(config);
        return rc_error_set(err, RC_E_MODEL, "no object");
    }
    *out = calloc(1, sizeof(**out));
    check(*out != NULL);
    (*out)->config = config;
    (*out)->is_legacy = json_object_get(config, "keras_version") != NULL;
    return RC_OK;
}

void rc_keras_store_close(rc_keras_store *store)
{
    json_decref(store->config);
    free(store);
}

rc_keras_layout rc_keras_store_layout(const rc_keras_store *store)
{
    return store->is_legacy ? RC_KERAS_LEGACY : RC_KERAS_V3;
}

const json_t *rc_keras_store_config(const rc_keras_store *store)
{
    return store->config;
}

const json_t *rc_keras_store_training(const rc_keras_store *store)
{
    return json_object_get(store->config, "compile_config");
}

int rc_keras_store_major(const rc_keras_store *store)
{
    return store->is_legacy ? 2 : 3;
}

void rc_keras_store_layers(const rc_keras_store *store, const char *const **names, size_t *n)
{
    (void)store;
    *names = NULL;
    *n = 0;
}

/* "4x5": a shape; *end behind it. */
static bool parse_shape(const char *at, const char **end, rc_keras_array *out)
{
    *out = (rc_keras_array){.type = RC_NUMBER_F32, .data = numbers, .n = 1};
    while (*at >= '0' && *at <= '9' && out->rank < 4) {
        size_t size = 0;
        for (; *at >= '0' && *at <= '9' && size < MOST_NUMBERS; at++)
            size = size * 10 + (size_t)(*at - '0');
        out->shape[out->rank++] = size;
        out->n *= size;
        if (out->n > MOST_NUMBERS)
            return false;
        if (*at != 'x')
            break;
        at++;
    }
    *end = at;
    return out->rank > 0;
}

rc_status rc_keras_store_arrays(rc_keras_store *store, const rc_keras_id *id, rc_keras_arrays *out,
                                rc_error *err)
{
    static const char *const v3[] = {"0", "1", "2", "3", "4", "5", "6", "7"};
    static const char *const legacy[] = {"kernel", "bias",       "gamma",           "beta",
                                         "alpha",  "embeddings", "moving_variance", "mean"};
    rc_keras_array array;
    (void)err;
    *out = (rc_keras_arrays){.items = calloc(MOST_ARRAYS, sizeof(*out->items))};
    check(out->items != NULL);
    const char *at = strpbrk(id->name, "0123456789");
    while (at != NULL && out->n < MOST_ARRAYS && parse_shape(at, &at, &array)) {
        array.name = store->is_legacy ? legacy[out->n] : v3[out->n];
        out->items[out->n++] = array;
        if (*at != '_')
            break;
        at++;
    }
    return RC_OK;
}

rc_status rc_keras_store_asset(rc_keras_store *store, const rc_keras_id *id, const char *name,
                               const char **text, size_t *n, rc_error *err)
{
    (void)store;
    (void)name;
    (void)err;
    *text = "red\ngreen\nblue\n";
    *n = strlen(*text);
    return strchr(id->name, 'v') != NULL ? RC_OK : RC_END;
}

/* -- the property --------------------------------------------------------------------------------
 */

static void check_native(rc_tape *tape)
{
    rc_buf native = {0};
    rc_error err = {0};
    rc_model *model;
    uint64_t n = rc_tape_bytes(tape);
    if (n > MOST_MODEL_BYTES)
        return;
    check(rc_tape_read(tape, 0, (size_t)n, &native, &err) == RC_OK && native.n == n);
    rc_status st = rc_model_parse(&model, native.data, native.n, &err);
    check(st == RC_OK || (st == RC_E_MODEL && err.text[0] != '\0'));
    rc_model_close(model);
    rc_buf_release(&native);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > MOST_INPUT_BYTES)
        return 0;
    for (size_t i = 0; i < MOST_NUMBERS; i++)
        numbers[i] = (float)(i % 7) - 2.5F;
    rc_foreign_file file = {.fd = -1, .data = (const char *)data, .n = size};
    rc_tape *tape;
    rc_error err = {0};
    check(rc_tape_open(&tape, NULL) == RC_OK);
    rc_status st = rc_keras_read(tape, &file, &err);
    check(st == RC_OK || (st == RC_E_MODEL && err.text[0] != '\0'));
    if (st == RC_OK)
        check_native(tape);
    rc_tape_close(tape);
    rc_foreign_forget(&file);
    return 0;
}
