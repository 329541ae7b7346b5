/* layers.c - the table of Keras layers, and those that are plain. */
#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "model/foreign/keras/read.h"

static const struct {
    const char *class_name;
    rc_keras_apply *apply;
    bool has_weights;
} layers[] = {
    {"Activation", rc_kl_activation, false},
    {"ActivityRegularization", rc_kl_identity, false},
    {"Add", rc_kl_merge, false},
    {"AlphaDropout", rc_kl_identity, false},
    {"Average", rc_kl_merge, false},
    {"BatchNormalization", rc_kl_batch_norm, true},
    {"BatchNormalizationV1", rc_kl_batch_norm, true},
    {"CategoryEncoding", rc_kl_category_encoding, false},
    {"Concatenate", rc_kl_concatenate, false},
    {"Dense", rc_kl_dense, true},
    {"Discretization", rc_kl_discretization, true},
    {"Divide", rc_kl_merge, false},
    {"Dropout", rc_kl_identity, false},
    {"ELU", rc_kl_elu, false},
    {"Embedding", rc_kl_embedding, true},
    {"Flatten", rc_kl_flatten, false},
    {"GaussianDropout", rc_kl_identity, false},
    {"GaussianNoise", rc_kl_identity, false},
    {"IntegerLookup", rc_kl_integer_lookup, false},
    {"LayerNormalization", rc_kl_layer_norm, true},
    {"LeakyReLU", rc_kl_leaky_relu, false},
    {"Maximum", rc_kl_merge, false},
    {"Minimum", rc_kl_merge, false},
    {"Multiply", rc_kl_merge, false},
    {"Normalization", rc_kl_normalization, true},
    {"PReLU", rc_kl_prelu, true},
    {"Permute", rc_kl_permute, false},
    {"RMSNormalization", rc_kl_layer_norm, true},
    {"ReLU", rc_kl_relu, false},
    {"RepeatVector", rc_kl_repeat, false},
    {"Rescaling", rc_kl_rescaling, false},
    {"Reshape", rc_kl_reshape, false},
    {"Softmax", rc_kl_softmax, false},
    {"SpatialDropout1D", rc_kl_identity, false},
    {"StringLookup", rc_kl_string_lookup, false},
    {"Subtract", rc_kl_merge, false},
    {"TFOpLambda", rc_kl_merge, false},
    {"ThresholdedReLU", rc_kl_thresholded_relu, false},
    {"TrueDivide", rc_kl_merge, false},
    {"UnitNormalization", rc_kl_unit_norm, false},
};

rc_keras_apply *rc_keras_layer_find(const char *class_name, bool *has_weights)
{
    for (size_t i = 0; i < sizeof(layers) / sizeof(*layers); i++)
        if (strcmp(layers[i].class_name, class_name) == 0) {
            *has_weights = layers[i].has_weights;
            return layers[i].apply;
        }
    return NULL;
}

rc_kt rc_kl_identity(rc_keras *k, const rc_keras_layer *layer, const rc_kt *in, size_t n_in)
{
    (void)k, (void)layer, (void)n_in;
    return in[0];
}

/* -- dense ---------------------------------------------------------------------------------------
 */

/* "int8", where the dtype policy says that weights are quantised; NULL: they are not. */
static const char *quantised_mode(const rc_keras_layer *layer)
{
    const char *mode = rc_kc_text(layer->config, "quantization_mode");
    const json_t *policy = json_object_get(layer->config, "dtype");
    const char *class_name = rc_kc_text(policy, "class_name");
    if (mode == NULL && class_name != NULL && strncmp(class_name, "Quantized", 9) == 0)
        mode = rc_kc_text(json_object_get(policy, "config"), "mode");
    return mode;
}

/* Keras's abs-max: s = 127 / (max |x| + 1e-7), round(x s) within +-127; then (q W) / (scale s). */
static rc_value dense_int8(rc_keras *k, rc_value v, const rc_matrix *kernel, const double *scale)
{
    rc_tape *tape = k->tape;
    size_t n = kernel->n_rows;
    double *low = rc_tape_alloc(tape, n, sizeof(double));
    double *high = rc_tape_alloc(tape, n, sizeof(double));
    for (size_t i = 0; low != NULL && high != NULL && i < n; i++)
        low[i] = -(high[i] = 127);
    rc_value most = rc_compose_reduce(tape, RC_FN_MAX, rc_tape_apply1(tape, RC_FN_ABS, v), 1, n, 1);
    most = rc_tape_shift(tape, most, 1e-7);
    rc_value s = rc_tape_apply2(tape, RC_FN_DIV, rc_of_number(127), rc_of_value(most));
    rc_value q = rc_tape_apply2(tape, RC_FN_MUL, rc_of_value(v), rc_of_value(s));
    q = rc_tape_clip(tape, rc_tape_apply1(tape, RC_FN_ROUND, q), low, high);
    rc_value y = rc_tape_dense(tape, &q, 1, kernel, NULL);
    y = rc_tape_affine(tape, y, &(rc_affine){.divide = scale});
    return rc_tape_apply2(tape, RC_FN_DIV, rc_of_value(y), rc_of_value(s));
}

static rc_value dense_group(rc_keras *k, const rc_keras_layer *layer, rc_value v,
                            const rc_matrix *kernel, const double *bias, const char *mode)
{
    if (mode == NULL)
        return rc_tape_dense(k->tape, &v, 1, kernel, bias);
    size_t n = kernel->n_columns;
    const rc_keras_array *array = rc_ka_find(k, layer, "kernel_scale", bias != NULL ? 2 : 1);
    const double *scale = rc_ka_numbers(k, array, "kernel_scale", n);
    if (scale == NULL || strcmp(mode, "int8") != 0)
        return rc_tape_fail(k->tape, "weights quantised as '%.20s' are not scored; int8 is", mode);
    rc_value y = dense_int8(k, v, kernel, scale);
    return bias != NULL ? rc_tape_affine(k->tape, y, &(rc_affine){.shift = bias}) : y;
}

rc_kt rc_kl_dense(rc_keras *k, const rc_keras_layer *layer, const rc_kt *in, size_t n_in)
{
    const rc_keras_array *kernel = rc_ka_find(k, layer, "kernel", 0);
    bool has_bias = rc_kc_flag(k, layer->config, "use_bias", true);
    const char *mode = quantised_mode(layer);
    (void)n_in;
    if (kernel == NULL || kernel->rank != 2 || kernel->shape[0] != rc_kt_last(&in[0]) ||
        kernel->shape[0] == 0) {
        rc_tape_fail(k->tape, "no kernel for %zu columns is in the file", rc_kt_last(&in[0]));
        return rc_kt_none();
    }
    double rank = rc_kc_number(k, layer->config, "lora_rank", 0);
    if (rank > 0 && !k->is_v3)
        rc_tape_fail(k->tape, "weights with LoRA beside them are not merged");
    size_t n = kernel->shape[0], n_out = kernel->shape[1], groups = rc_kt_groups(&in[0]);
    const double *bias =
        has_bias ? rc_ka_numbers(k, rc_ka_find(k, layer, "bias", 1), "bias", n_out) : NULL;
    if (has_bias && bias == NULL)
        rc_tape_fail(k->tape, "no bias is in the file");
    rc_matrix m = rc_matrix_of(kernel->type, kernel->data, n, n_out);
    k->is_double = k->is_double || kernel->type == RC_NUMBER_F64;
    rc_value *parts = rc_tape_alloc(k->tape, groups + 1, sizeof(*parts));
    for (size_t g = 0; parts != NULL && g < groups && !rc_is_failed_keras(k); g++)
        parts[g] = dense_group(k, layer, rc_tape_slice(k->tape, in[0].v, g * n, n), &m, bias, mode);
    if (parts == NULL || rc_is_failed_keras(k))
        return rc_kt_none();
    rc_kt out = rc_kt_like(&in[0], rc_tape_concat(k->tape, parts, groups));
    out.dims[out.rank - 1] = n_out;
    return rc_keras_activation(k, json_object_get(layer->config, "activation"), &out);
}

/* -- shapes --------------------------------------------------------------------------------------
 */

rc_kt rc_kl_flatten(rc_keras *k, const rc_keras_layer *layer, const rc_kt *in, size_t n_in)
{
    (void)k, (void)layer, (void)n_in;
    rc_kt out = in[0];
    out.rank = 1;
    out.dims[0] = rc_kt_width(&in[0]);
    return out;
}

rc_kt rc_kl_reshape(rc_keras *k, const rc_keras_layer *layer, const rc_kt *in, size_t n_in)
{
    size_t n, width = rc_kt_width(&in[0]), product = 1;
    const double *shape = rc_kc_numbers(k, layer->config, "target_shape", &n);
    rc_kt out = in[0];
    size_t *unknown = NULL;
    (void)n_in;
    out.rank = (unsigned)n;
    for (size_t i = 0; shape != NULL && n <= RC_KERAS_MAX_RANK && i < n; i++) {
        bool is_size = shape[i] >= 1 && shape[i] <= RC_MODEL_MAX_INPUTS;
        out.dims[i] = is_size ? (size_t)shape[i] : 1;
        if (shape[i] == -1)
            unknown = &out.dims[i];
        if (__builtin_mul_overflow(product, out.dims[i], &product))
            product = 0;
    }
    if (unknown != NULL && product > 0)
        *unknown = width / product;
    if (shape == NULL || n < 1 || n > RC_KERAS_MAX_RANK || rc_kt_width(&out) != width) {
        rc_tape_fail(k->tape, "%zu columns do not have the target shape", width);
        return rc_kt_none();
    }
    return out;
}

/* Two dimensions the other way round. */
rc_kt rc_kl_permute(rc_keras *k, const rc_keras_layer *layer, const rc_kt *in, size_t n_in)
{
    size_t n, at = 0;
    const double *order = rc_kc_numbers(k, layer->config, "dims", &n);
    rc_kt out = in[0];
    (void)n_in;
    if (order != NULL && n == in[0].rank && (n == 1 || (order[0] == 1 && order[1] == 2)) && n < 3)
        return out;
    if (order == NULL || n != 2 || in[0].rank != 2 || order[0] != 2 || order[1] != 1) {
        rc_tape_fail(k->tape, "only two dimensions are permuted");
        return rc_kt_none();
    }
    out.dims[0] = in[0].dims[1];
    out.dims[1] = in[0].dims[0];
    size_t *columns = rc_tape_alloc(k->tape, rc_kt_width(&out) + 1, sizeof(*columns));
    for (size_t i = 0; columns != NULL && i < out.dims[0]; i++)
        for (size_t j = 0; j < out.dims[1]; j++)
            columns[at++] = j * out.dims[0] + i;
    out.v = columns != NULL ? rc_tape_select(k->tape, in[0].v, columns, at) : RC_NO_VALUE;
    return out;
}

rc_kt rc_kl_repeat(rc_keras *k, const rc_keras_layer *layer, const rc_kt *in, size_t n_in)
{
    double n = rc_kc_number(k, layer->config, "n", 1);
    size_t width = rc_kt_width(&in[0]), total = 0;
    (void)n_in;
    if (!(n >= 1 && n <= RC_MODEL_MAX_INPUTS) || in[0].rank != 1 ||
        __builtin_mul_overflow(width, (size_t)n, &total) || total > RC_MODEL_MAX_INPUTS) {
        rc_tape_fail(k->tape, "more columns than can be scored");
        return rc_kt_none();
    }
    size_t *columns = rc_tape_alloc(k->tape, total + 1, sizeof(*columns));
    for (size_t i = 0; columns != NULL && i < total; i++)
        columns[i] = i % width;
    rc_kt out = {.rank = 2, .dims = {(size_t)n, width}};
    out.v = columns != NULL ? rc_tape_select(k->tape, in[0].v, columns, total) : RC_NO_VALUE;
    return out;
}

/* -- embedding -----------------------------------------------------------------------------------
 */

rc_kt rc_kl_embedding(rc_keras *k, const rc_keras_layer *layer, const rc_kt *in, size_t n_in)
{
    const rc_keras_array *table = rc_ka_find(k, layer, "embeddings", 0);
    size_t n = rc_kt_width(&in[0]);
    (void)n_in;
    if (table == NULL || table->rank != 2 || in[0].rank >= RC_KERAS_MAX_RANK) {
        rc_tape_fail(k->tape, "no embeddings are in the file");
        return rc_kt_none();
    }
    size_t n_keys = table->shape[0], width = table->shape[1];
    double *keys = rc_tape_alloc(k->tape, n_keys + 1, sizeof(*keys));
    rc_value *parts = rc_tape_alloc(k->tape, n + 1, sizeof(*parts));
    for (size_t i = 0; keys != NULL && i < n_keys; i++)
        keys[i] = (double)i;
    rc_matrix m = rc_matrix_of(table->type, table->data, n_keys, width);
    for (size_t i = 0; parts != NULL && keys != NULL && i < n && !rc_is_failed_keras(k); i++)
        parts[i] = rc_tape_lookup_numbers(k->tape, rc_tape_slice(k->tape, in[0].v, i, 1), keys,
                                          n_keys, &m, NULL);
    rc_kt out = in[0];
    out.dims[out.rank++] = width;
    out.v =
        parts != NULL && !rc_is_failed_keras(k) ? rc_tape_concat(k->tape, parts, n) : RC_NO_VALUE;
    return out;
}

/* -- normalisation by constants and by the row ----------------------------------------------------
 */

/* The same n numbers for each group. */
static const double *for_groups(rc_keras *k, const double *numbers, size_t groups, size_t n)
{
    if (numbers == NULL || groups == 1)
        return numbers;
    double *all = rc_tape_alloc(k->tape, groups * n + 1, sizeof(double));
    for (size_t i = 0; all != NULL && i < groups * n; i++)
        all[i] = numbers[i % n];
    return all;
}

/* Whether the axis (counted with the rows) is the last one. */
static bool is_last_axis(rc_keras *k, const rc_keras_layer *layer, const rc_kt *t)
{
    size_t n;
    const double *axes = rc_kc_numbers(k, layer->config, "axis", &n);
    if (axes == NULL || (n == 1 && (axes[0] == -1 || axes[0] == t->rank)))
        return true;
    rc_tape_fail(k->tape, "only along the last axis");
    return false;
}

rc_kt rc_kl_batch_norm(rc_keras *k, const rc_keras_layer *layer, const rc_kt *in, size_t n_in)
{
    size_t n = rc_kt_last(&in[0]), groups = rc_kt_groups(&in[0]), place = 0;
    bool has_scale = rc_kc_flag(k, layer->config, "scale", true);
    bool has_center = rc_kc_flag(k, layer->config, "center", true);
    double epsilon = rc_kc_number(k, layer->config, "epsilon", 1e-3);
    const double *gamma = NULL, *beta = NULL;
    (void)n_in;
    if (!is_last_axis(k, layer, &in[0]))
        return rc_kt_none();
    if (has_scale)
        gamma = rc_ka_numbers(k, rc_ka_find(k, layer, "gamma", place++), "gamma", n);
    if (has_center)
        beta = rc_ka_numbers(k, rc_ka_find(k, layer, "beta", place++), "beta", n);
    const double *mean =
        rc_ka_numbers(k, rc_ka_find(k, layer, "moving_mean", place), "moving_mean", n);
    const double *variance =
        rc_ka_numbers(k, rc_ka_find(k, layer, "moving_variance", place + 1), "moving_variance", n);
    double *scale = rc_tape_alloc(k->tape, n + 1, sizeof(double));
    if (mean == NULL || variance == NULL || scale == NULL || (has_scale && gamma == NULL) ||
        (has_center && beta == NULL)) {
        rc_tape_fail(k->tape, "its numbers are not in the file");
        return rc_kt_none();
    }
    for (size_t i = 0; i < n; i++)
        scale[i] = (gamma != NULL ? gamma[i] : 1) / sqrt(variance[i] + epsilon);
    rc_affine affine = {.center = for_groups(k, mean, groups, n),
                        .scale = for_groups(k, scale, groups, n),
                        .shift = for_groups(k, beta, groups, n)};
    return rc_kt_like(&in[0], rc_tape_affine(k->tape, in[0].v, &affine));
}

rc_kt rc_kl_layer_norm(rc_keras *k, const rc_keras_layer *layer, const rc_kt *in, size_t n_in)
{
    size_t n = rc_kt_last(&in[0]), place = 0;
    bool is_rms = strcmp(layer->class_name, "RMSNormalization") == 0;
    bool is_rms_scaling = rc_kc_flag(k, layer->config, "rms_scaling", false);
    bool has_scale = is_rms || is_rms_scaling || rc_kc_flag(k, layer->config, "scale", true);
    bool has_center = !is_rms && !is_rms_scaling && rc_kc_flag(k, layer->config, "center", true);
    double epsilon = rc_kc_number(k, layer->config, "epsilon", is_rms ? 1e-6 : 1e-3);
    const double *gamma = NULL, *beta = NULL;
    (void)n_in;
    if (!is_last_axis(k, layer, &in[0]))
        return rc_kt_none();
    const char *name = is_rms ? "scale" : "gamma";
    if (has_scale)
        gamma = rc_ka_numbers(k, rc_ka_find(k, layer, name, place++), name, n);
    if (has_center)
        beta = rc_ka_numbers(k, rc_ka_find(k, layer, "beta", place), "beta", n);
    if ((has_scale && gamma == NULL) || (has_center && beta == NULL)) {
        rc_tape_fail(k->tape, "its numbers are not in the file");
        return rc_kt_none();
    }
    return rc_kt_like(&in[0],
                      rc_compose_layer_norm(k->tape, in[0].v, rc_kt_groups(&in[0]), n, epsilon,
                                            gamma, beta, is_rms || is_rms_scaling));
}

rc_kt rc_kl_unit_norm(rc_keras *k, const rc_keras_layer *layer, const rc_kt *in, size_t n_in)
{
    (void)n_in;
    if (!is_last_axis(k, layer, &in[0]))
        return rc_kt_none();
    size_t n = rc_kt_last(&in[0]), groups = rc_kt_groups(&in[0]);
    rc_value *parts = rc_tape_alloc(k->tape, groups + 1, sizeof(*parts));
    for (size_t g = 0; parts != NULL && g < groups && !rc_is_failed_keras(k); g++)
        parts[g] =
            rc_tape_normalise(k->tape, rc_tape_slice(k->tape, in[0].v, g * n, n), RC_NORM_L2);
    return parts != NULL && !rc_is_failed_keras(k)
               ? rc_kt_like(&in[0], rc_tape_concat(k->tape, parts, groups))
               : rc_kt_none();
}
