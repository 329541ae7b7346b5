/* plain.c - weights without a configuration: Dense layers in the order of the file, with the
 * activations that the user names. */
#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "model/foreign/keras/walk.h"

/* What the arrays of a layer tell of it. */
typedef struct plain_layer {
    rc_keras_layer layer;
    bool is_dense;
    const rc_keras_array *kernel, *bias; /* Dense */
    const rc_keras_array *normal[4];     /* BatchNormalization: gamma, beta, mean, variance */
    size_t n_in;
} plain_layer;

static const char usage[] =
    "give --architecture the JSON of model.to_json(), or the activations: relu,relu,sigmoid";

/* -- the activations -----------------------------------------------------------------------------
 */

/* Names between commas, without blanks; closed by NUL each. */
static const char **split_list(rc_keras_walk *walk, size_t *n)
{
    const rc_foreign_file *file = walk->file;
    size_t n_text = file->n_architecture, at = 0;
    char *text = rc_keras_alloc(walk, n_text + 1, 1);
    *n = 1;
    for (size_t i = 0; i < n_text; i++)
        *n += file->architecture[i] == ',';
    const char **names = rc_keras_alloc(walk, *n, sizeof(*names));
    if (text == NULL || names == NULL)
        return NULL;
    names[0] = text;
    *n = 1;
    for (size_t i = 0; i < n_text; i++) {
        char c = file->architecture[i];
        if (c == ',')
            names[(*n)++] = text + at + 1;
        if (strchr(" \t\r\n", c) == NULL || c == '\0')
            text[at++] = c == ',' ? '\0' : c;
    }
    return names;
}

/* -- the layers ----------------------------------------------------------------------------------
 */

static bool is_named(const rc_keras_arrays *arrays, size_t i, const char *name)
{
    return arrays->items[i].name != NULL && strcmp(arrays->items[i].name, name) == 0;
}

/* A matrix and at most one vector. */
static void recognise_dense(const rc_keras_arrays *arrays, plain_layer *plain)
{
    const rc_keras_array *kernel = NULL, *bias = NULL;
    for (size_t i = 0; i < arrays->n; i++) {
        const rc_keras_array *array = &arrays->items[i];
        if (array->rank == 2 && kernel == NULL)
            kernel = array;
        else if (array->rank == 1 && bias == NULL)
            bias = array;
        else
            return;
    }
    if (kernel == NULL || (bias != NULL && bias->n != kernel->shape[1]))
        return;
    plain->is_dense = true;
    plain->kernel = kernel;
    plain->bias = bias;
    plain->n_in = kernel->shape[0];
}

/* Vectors with these names, or four without. */
static void recognise_norm(const rc_keras_arrays *arrays, plain_layer *plain)
{
    static const char *const names[] = {"gamma", "beta", "moving_mean", "moving_variance"};
    for (size_t i = 0; i < arrays->n; i++) {
        size_t at = 0;
        while (at < 4 && !is_named(arrays, i, names[at]))
            at++;
        at = at == 4 && arrays->n == 4 ? i : at;
        if (at == 4 || arrays->items[i].rank != 1 || arrays->items[i].n != arrays->items[0].n)
            return;
        plain->normal[at] = &arrays->items[i];
    }
    if (plain->normal[2] != NULL && plain->normal[3] != NULL)
        plain->n_in = plain->normal[2]->n;
}

static bool recognise(rc_keras_walk *walk, const rc_keras_id *id, plain_layer *plain)
{
    rc_keras_arrays found;
    plain->layer =
        (rc_keras_layer){.name = id->name, .class_name = "?", .number = id->index, .id = *id};
    walk->at = &plain->layer;
    if (!rc_keras_arrays_of(walk, id, &found))
        return false;
    if (found.n > 0)
        recognise_dense(&found, plain);
    if (found.n > 0 && !plain->is_dense)
        recognise_norm(&found, plain);
    rc_keras_hint(walk, "give --architecture the JSON of model.to_json()");
    if (found.n > 0 && plain->n_in == 0)
        return rc_keras_fail(walk, "its weights are neither of Dense nor of BatchNormalization");
    plain->layer.class_name = plain->is_dense ? "Dense" : "BatchNormalization";
    walk->hint[0] = '\0';
    return true;
}

static rc_value normalise(rc_keras_walk *walk, const plain_layer *plain, rc_value v)
{
    enum { GAMMA, BETA, MEAN, VARIANCE };
    const double epsilon = 1e-3; /* Keras's default */
    const double *numbers[4] = {NULL, NULL, NULL, NULL};
    for (size_t i = 0; i < 4; i++)
        if (plain->normal[i] != NULL)
            numbers[i] = rc_keras_vector(walk, plain->normal[i], "gamma", plain->n_in);
    double *divide = rc_keras_alloc(walk, plain->n_in, sizeof(*divide));
    if (divide == NULL || !rc_keras_is_ok(walk))
        return RC_NO_VALUE;
    for (size_t i = 0; i < plain->n_in; i++)
        divide[i] = sqrt(numbers[VARIANCE][i] + epsilon);
    rc_affine affine = {numbers[MEAN], divide, numbers[GAMMA], numbers[BETA]};
    return rc_tape_affine(walk->tape, v, &affine);
}

static bool apply(rc_keras_walk *walk, const plain_layer *plain, const char *activation,
                  rc_keras_tensor *x)
{
    char quoted[RC_QUOTED_BYTES];
    walk->at = &plain->layer;
    rc_tape_label(walk->tape, plain->layer.name);
    if (plain->n_in != rc_keras_width(x))
        return rc_keras_fail(walk, "weights for %zu columns, but %zu are read", plain->n_in,
                             rc_keras_width(x));
    if (!plain->is_dense) {
        *x = rc_keras_like(x, normalise(walk, plain, x->v));
        return rc_keras_is_ok(walk);
    }
    const rc_keras_array *kernel = plain->kernel;
    size_t n_out = kernel->shape[1];
    rc_matrix weights = rc_matrix_of(kernel->type, kernel->data, plain->n_in, n_out);
    const double *bias =
        plain->bias != NULL ? rc_keras_vector(walk, plain->bias, "bias", n_out) : NULL;
    rc_keras_tensor z = rc_keras_flat(rc_tape_dense(walk->tape, &x->v, 1, &weights, bias), n_out);
    if (!rc_keras_activation_by_name(walk, activation, NULL, &z, x))
        return rc_keras_fail(walk, "activation '%s' is not supported",
                             rc_text_quote(activation, strlen(activation), quoted));
    return rc_keras_is_ok(walk);
}

/* -- all of it -----------------------------------------------------------------------------------
 */

/* The layers that the file names, in its order. */
static rc_keras_id *list_named(rc_keras_walk *walk, size_t *n)
{
    const char *const *names;
    rc_keras_store_layers(walk->store, &names, n);
    rc_keras_id *ids = rc_keras_alloc(walk, *n, sizeof(*ids));
    for (size_t i = 0; ids != NULL && i < *n; i++)
        ids[i] = (rc_keras_id){.name = names[i], .class_name = names[i], .index = i};
    return ids;
}

/* Keras 3 names layers by their class, and counts them: of several classes the order is not known.
 */
static bool is_one_class(const rc_keras_id *ids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(ids[i].name, "dense") != 0 && strncmp(ids[i].name, "dense_", 6) != 0)
            return false;
    return true;
}

/* Layers that have arrays; n_dense of them are Dense. */
static plain_layer *take_layers(rc_keras_walk *walk, size_t *n, size_t *n_dense)
{
    size_t n_ids = 0;
    bool is_v3 = rc_keras_store_layout(walk->store) >= RC_KERAS_V3;
    rc_keras_id *ids = list_named(walk, &n_ids);
    if (is_v3 && ids != NULL && !is_one_class(ids, n_ids)) {
        rc_keras_hint(walk, "give --architecture the JSON of model.to_json()");
        rc_keras_fail(walk, "the order of its layers is not in the file");
    }
    plain_layer *layers = ids != NULL ? rc_keras_alloc(walk, n_ids, sizeof(*layers)) : NULL;
    *n = *n_dense = 0;
    for (size_t i = 0; layers != NULL && i < n_ids && rc_keras_is_ok(walk); i++) {
        if (!recognise(walk, &ids[i], &layers[*n]))
            return NULL;
        *n_dense += layers[*n].is_dense;
        *n += layers[*n].n_in > 0;
    }
    walk->at = NULL;
    if (layers != NULL && *n_dense == 0)
        rc_keras_fail(walk, "the file has no Dense layer");
    return rc_keras_is_ok(walk) ? layers : NULL;
}

static bool make_inputs(rc_keras_walk *walk, size_t n, rc_keras_tensor *x)
{
    rc_value *columns = n <= RC_MODEL_MAX_INPUTS ? rc_keras_alloc(walk, n, sizeof(*columns)) : NULL;
    for (size_t i = 0; columns != NULL && i < n; i++)
        columns[i] = rc_tape_number(walk->tape, NULL, false);
    if (columns == NULL)
        return rc_keras_fail(walk, "more than %d columns", RC_MODEL_MAX_INPUTS);
    *x = rc_keras_flat(rc_tape_concat(walk->tape, columns, n), n);
    return rc_keras_is_ok(walk);
}

bool rc_keras_plain_run(rc_keras_walk *walk, rc_keras_tensor *out)
{
    size_t n_names, n, n_dense, at = 0;
    if (walk->file->architecture == NULL) {
        rc_keras_hint(walk, "%s", usage);
        return rc_keras_fail(walk, "the file holds weights alone, and no configuration");
    }
    const char **names = split_list(walk, &n_names);
    plain_layer *layers = names != NULL ? take_layers(walk, &n, &n_dense) : NULL;
    if (layers == NULL)
        return false;
    if (n_dense != n_names) {
        rc_keras_hint(walk, "%s", usage);
        return rc_keras_fail(walk, "%zu activations are given for %zu Dense layers", n_names,
                             n_dense);
    }
    if (!make_inputs(walk, layers[0].n_in, out))
        return false;
    for (size_t i = 0; i < n; i++) {
        const char *activation = layers[i].is_dense ? names[at++] : NULL;
        if (!apply(walk, &layers[i], activation, out))
            return false;
    }
    walk->at = NULL;
    return true;
}
