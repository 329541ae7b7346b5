/* layers_dense.c - Dense, also with weights of 8 bits, and Embedding. */
#include "model/foreign/keras/walk.h"

/* .keras files have it merged into the kernel. */
static bool check_lora(rc_keras_walk *walk, const json_t *config)
{
    const json_t *rank = json_object_get(config, "lora_rank");
    if (rank == NULL || json_is_null(rank) || rc_keras_store_layout(walk->store) >= RC_KERAS_V3)
        return true;
    rc_keras_hint(walk, "save the model as .keras, which merges it");
    return rc_keras_fail(walk, "LoRA weights beside the kernel are not supported");
}

/* -- Dense ---------------------------------------------------------------------------------------
 */

/* The scale of each row that brings its largest number to `most`, as AbsMaxQuantizer does. */
static rc_value scale_of_row(rc_tape *tape, rc_value v, const rc_keras_quantisation *how)
{
    rc_value size = rc_tape_apply1(tape, RC_FN_ABS, v);
    size = rc_compose_reduce(tape, RC_FN_MAX, size, 1, rc_tape_width(tape, v), 1);
    size = rc_tape_shift(tape, size, how->epsilon);
    return rc_tape_apply2(tape, RC_FN_DIV, rc_of_number(how->most), rc_of_value(size));
}

/* The row is scaled to whole numbers within bounds, and what the whole numbers of the kernel make
 * of it is scaled back. */
static rc_value dense_int8(rc_keras_walk *walk, rc_value v, const rc_matrix *kernel,
                           const rc_keras_quantisation *how, const double *bias)
{
    rc_tape *tape = walk->tape;
    rc_value scale = rc_tape_constant(tape, how->scale, kernel->n_columns);
    if (how->has_rows) {
        rc_value of_row = scale_of_row(tape, v, how);
        v = rc_tape_apply2(tape, RC_FN_MUL, rc_of_value(v), rc_of_value(of_row));
        v = rc_tape_apply1(tape, RC_FN_ROUND, v);
        v = rc_tape_apply2(tape, RC_FN_MAX, rc_of_value(v), rc_of_number(how->least));
        v = rc_tape_apply2(tape, RC_FN_MIN, rc_of_value(v), rc_of_number(how->most));
        scale = rc_tape_apply2(tape, RC_FN_MUL, rc_of_value(scale), rc_of_value(of_row));
    }
    v = rc_tape_dense(tape, &v, 1, kernel, NULL);
    v = rc_tape_apply2(tape, RC_FN_DIV, rc_of_value(v), rc_of_value(scale));
    return bias != NULL ? rc_tape_affine(tape, v, &(rc_affine){.shift = bias}) : v;
}

/* The last axis is what is multiplied; each place before it by itself. */
static rc_keras_tensor multiply(rc_keras_walk *walk, const rc_keras_tensor *in,
                                const rc_matrix *kernel, const rc_keras_quantisation *how,
                                const double *bias)
{
    size_t n = rc_keras_last(in), n_places = rc_keras_width(in) / n;
    rc_keras_tensor out = *in;
    out.dim[out.rank > 0 ? out.rank - 1 : 0] = kernel->n_columns;
    rc_keras_set_shape(walk, &out, out.dim, out.rank > 0 ? out.rank : 1);
    rc_value *parts = rc_keras_alloc(walk, n_places, sizeof(*parts));
    for (size_t i = 0; parts != NULL && i < n_places && rc_keras_is_ok(walk); i++) {
        rc_value v = rc_tape_slice(walk->tape, in->v, i * n, n);
        parts[i] = how->is_int8 ? dense_int8(walk, v, kernel, how, bias)
                                : rc_tape_dense(walk->tape, &v, 1, kernel, bias);
    }
    rc_value v = RC_NO_VALUE;
    if (rc_keras_is_ok(walk) && parts != NULL)
        v = rc_tape_concat(walk->tape, parts, n_places);
    return rc_keras_like(&out, v);
}

rc_keras_tensor rc_keras_dense(rc_keras_walk *walk, const rc_keras_call *call)
{
    static const char *const all[] = {"kernel", "bias", "kernel_scale"};
    static const char *const no_bias[] = {"kernel", "kernel_scale"};
    const json_t *config = call->layer->config;
    const rc_keras_tensor *in = &call->in[0];
    const rc_keras_array *arrays[3] = {NULL, NULL, NULL};
    rc_keras_tensor out = rc_keras_like(in, RC_NO_VALUE);
    bool has_bias =
        rc_keras_bool(walk, config, "use_bias", rc_keras_bool(walk, config, "bias", true));
    rc_keras_quantisation how;
    json_int_t units =
        rc_keras_whole(walk, config, "units", rc_keras_whole(walk, config, "output_dim", 0));
    if (units <= 0 || units > RC_MODEL_MAX_INPUTS)
        rc_keras_fail(walk, "'units' is not from 1 to %d", RC_MODEL_MAX_INPUTS);
    if (!rc_keras_quantisation_read(walk, config, &how) || !check_lora(walk, config) ||
        !rc_keras_arrays_get(walk, call->layer, has_bias ? all : no_bias,
                             (has_bias ? 2U : 1U) + how.is_int8, arrays))
        return out;
    size_t n = (size_t)units;
    if (!rc_keras_has_shape(walk, arrays[0], "kernel", rc_keras_last(in), n))
        return out;
    const rc_keras_array *scale_of = how.is_int8 ? arrays[has_bias ? 2 : 1] : NULL;
    const double *bias = has_bias ? rc_keras_vector(walk, arrays[1], "bias", n) : NULL;
    how.scale = how.is_int8 ? rc_keras_vector(walk, scale_of, "kernel_scale", n) : NULL;
    if (!rc_keras_is_ok(walk))
        return out;
    rc_matrix kernel = rc_matrix_of(arrays[0]->type, arrays[0]->data, rc_keras_last(in), n);
    out = multiply(walk, in, &kernel, &how, bias);
    return rc_keras_is_ok(walk) ? rc_keras_activate(walk, config, "activation", &out) : out;
}

/* -- Embedding -----------------------------------------------------------------------------------
 */

rc_keras_tensor rc_keras_embedding(rc_keras_walk *walk, const rc_keras_call *call)
{
    static const char *const names[] = {"embeddings"};
    const json_t *config = call->layer->config;
    const rc_keras_array *array;
    rc_keras_tensor in = call->in[0], out = rc_keras_like(&in, RC_NO_VALUE);
    json_int_t rows = rc_keras_whole(walk, config, "input_dim", 0);
    json_int_t columns = rc_keras_whole(walk, config, "output_dim", 0);
    rc_keras_quantisation how;
    if (rows <= 0 || columns <= 0 || rows > INT32_MAX || columns > RC_MODEL_MAX_INPUTS)
        rc_keras_fail(walk, "'input_dim' or 'output_dim' is out of range");
    if (rc_keras_quantisation_read(walk, config, &how) && how.is_int8)
        rc_keras_fail(walk, "an Embedding of 8 bits is not supported");
    if (!check_lora(walk, config) || !rc_keras_arrays_get(walk, call->layer, names, 1, &array) ||
        !rc_keras_has_shape(walk, array, "embeddings", (size_t)rows, (size_t)columns))
        return out;
    size_t n = rc_keras_width(&in), n_rows = (size_t)rows;
    double *keys = rc_keras_alloc(walk, n_rows, sizeof(*keys));
    rc_value *parts = rc_keras_alloc(walk, n, sizeof(*parts));
    for (size_t i = 0; keys != NULL && i < n_rows; i++)
        keys[i] = (double)i;
    in = rc_keras_as_whole(walk, &in);
    rc_matrix table = rc_matrix_of(array->type, array->data, n_rows, (size_t)columns);
    for (size_t i = 0; i < n && rc_keras_is_ok(walk); i++)
        parts[i] = rc_tape_lookup_numbers(walk->tape, rc_tape_slice(walk->tape, in.v, i, 1), keys,
                                          n_rows, &table, NULL);
    size_t dim[RC_KERAS_MOST_RANK + 1];
    memcpy(dim, in.dim, in.rank * sizeof(*dim));
    dim[in.rank] = (size_t)columns;
    if (rc_keras_is_ok(walk) && rc_keras_set_shape(walk, &out, dim, in.rank + 1))
        out.v = rc_tape_concat(walk->tape, parts, n);
    out.is_masked = rc_keras_bool(walk, config, "mask_zero", false);
    return out;
}
