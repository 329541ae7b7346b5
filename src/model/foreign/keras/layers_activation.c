/* layers_activation.c - Keras's activation functions, and the layers that are one. */
#include <math.h>

#include "base/text.h"
#include "model/foreign/keras/read.h"

static rc_value apply(rc_keras *k, rc_activation fn, rc_value v)
{
    return rc_tape_activation(k->tape, v, fn, NULL);
}

static rc_value with_alpha(rc_keras *k, rc_activation fn, rc_value v, double alpha)
{
    rc_activation_spec spec = {.fn = fn, .alpha = alpha, .beta = 0.5};
    return rc_tape_activation(k->tape, v, fn, &spec);
}

static rc_value relu(rc_keras *k, rc_value v, double max, double slope, double threshold)
{
    rc_activation_spec spec = {
        .fn = RC_ACT_RELU, .max = max, .slope = slope, .threshold = threshold};
    return rc_tape_activation(k->tape, v, RC_ACT_RELU, &spec);
}

/* Keras 2: clip(x / 5 + 1/2, 0, 1); Keras 3: clip(x / 6 + 1/2, 0, 1). */
static rc_value hard_sigmoid(rc_keras *k, rc_value v)
{
    return with_alpha(k, RC_ACT_HARD_SIGMOID, v, k->major >= 3 ? 1.0 / 6 : 0.2);
}

static rc_value binary(rc_keras *k, rc_elementwise fn, rc_value a, rc_value b)
{
    return rc_tape_apply2(k->tape, fn, rc_of_value(a), rc_of_value(b));
}

static rc_value compare(rc_keras *k, rc_elementwise fn, rc_value a, double b)
{
    return rc_tape_apply2(k->tape, fn, rc_of_value(a), rc_of_number(b));
}

static rc_value clip(rc_keras *k, rc_value v, double low, double high)
{
    rc_value above = compare(k, RC_FN_MAX, v, low);
    return compare(k, RC_FN_MIN, above, high);
}

/* x where |x| > t, else 0; soft: moved to 0 by t. */
static rc_value shrink(rc_keras *k, rc_value v, double t, bool is_soft)
{
    rc_value size = rc_tape_apply1(k->tape, RC_FN_ABS, v);
    rc_value is_out = compare(k, RC_FN_GT, size, t);
    rc_value kept = v;
    if (is_soft) {
        rc_value rest = rc_tape_shift(k->tape, size, -t);
        kept = binary(k, RC_FN_MUL, rc_tape_apply1(k->tape, RC_FN_SIGN, v), rest);
    }
    return rc_tape_if(k->tape, is_out, rc_of_value(kept), rc_of_number(0));
}

/* 0 up to -1, (x + 1)^2 / 4 up to 1, x beyond. */
static rc_value sparse_plus(rc_keras *k, rc_value v)
{
    rc_value curve = rc_tape_apply1(k->tape, RC_FN_SQUARE, rc_tape_shift(k->tape, v, 1));
    curve = rc_tape_divide(k->tape, curve, 4);
    rc_value is_low = compare(k, RC_FN_LE, v, -1), is_high = compare(k, RC_FN_GE, v, 1);
    rc_value upper = rc_tape_if(k->tape, is_high, rc_of_value(v), rc_of_value(curve));
    return rc_tape_if(k->tape, is_low, rc_of_number(0), rc_of_value(upper));
}

/* (x + sqrt(x^2 + 4)) / 2 */
static rc_value squareplus(rc_keras *k, rc_value v)
{
    rc_value root = rc_tape_shift(k->tape, rc_tape_apply1(k->tape, RC_FN_SQUARE, v), 4);
    root = rc_tape_apply1(k->tape, RC_FN_SQRT, root);
    return rc_tape_divide(k->tape, binary(k, RC_FN_ADD, v, root), 2);
}

static rc_value log_sigmoid(rc_keras *k, rc_value v)
{
    rc_value minus = rc_tape_apply1(k->tape, RC_FN_NEG, v);
    return rc_tape_apply1(k->tape, RC_FN_NEG, apply(k, RC_ACT_SOFTPLUS, minus));
}

/* Those that are one function of the tape. */
static bool plain(const char *name, rc_activation *fn)
{
    static const struct {
        const char *name;
        rc_activation fn;
    } all[] = {
        {"celu", RC_ACT_CELU},  {"elu", RC_ACT_ELU},           {"exponential", RC_ACT_EXP},
        {"gelu", RC_ACT_GELU},  {"linear", RC_ACT_IDENTITY},   {"mish", RC_ACT_MISH},
        {"relu", RC_ACT_RELU},  {"selu", RC_ACT_SELU},         {"sigmoid", RC_ACT_SIGMOID},
        {"silu", RC_ACT_SILU},  {"softplus", RC_ACT_SOFTPLUS}, {"softsign", RC_ACT_SOFTSIGN},
        {"swish", RC_ACT_SILU}, {"tanh", RC_ACT_TANH},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
        if (strcmp(all[i].name, name) == 0) {
            *fn = all[i].fn;
            return true;
        }
    return false;
}

static rc_value composed(rc_keras *k, const char *name, rc_value v)
{
    if (strcmp(name, "hard_sigmoid") == 0)
        return hard_sigmoid(k, v);
    if (strcmp(name, "hard_silu") == 0 || strcmp(name, "hard_swish") == 0)
        return binary(k, RC_FN_MUL, v, with_alpha(k, RC_ACT_HARD_SIGMOID, v, 1.0 / 6));
    if (strcmp(name, "leaky_relu") == 0)
        return with_alpha(k, RC_ACT_LEAKY_RELU, v, 0.2);
    if (strcmp(name, "relu6") == 0)
        return relu(k, v, 6, 0, 0);
    if (strcmp(name, "hard_tanh") == 0)
        return clip(k, v, -1, 1);
    if (strcmp(name, "hard_shrink") == 0 || strcmp(name, "soft_shrink") == 0)
        return shrink(k, v, 0.5, name[0] == 's');
    if (strcmp(name, "tanh_shrink") == 0)
        return binary(k, RC_FN_SUB, v, apply(k, RC_ACT_TANH, v));
    if (strcmp(name, "log_sigmoid") == 0)
        return log_sigmoid(k, v);
    if (strcmp(name, "sparse_plus") == 0)
        return sparse_plus(k, v);
    if (strcmp(name, "squareplus") == 0)
        return squareplus(k, v);
    if (strcmp(name, "sparse_sigmoid") == 0)
        return clip(k, rc_tape_divide(k->tape, rc_tape_shift(k->tape, v, 1), 2), 0, 1);
    char quoted[RC_QUOTED_BYTES];
    return rc_tape_fail(k->tape, "the activation '%s' is not known",
                        rc_text_quote(name, strlen(name), quoted));
}

/* The first half times the sigmoid of the second. */
static rc_kt glu(rc_keras *k, const rc_kt *t)
{
    size_t half = rc_kt_width(t) / 2;
    if (t->rank != 1 || half * 2 != rc_kt_width(t)) {
        rc_tape_fail(k->tape, "glu of an odd number of columns");
        return rc_kt_none();
    }
    rc_value gate = apply(k, RC_ACT_SIGMOID, rc_tape_slice(k->tape, t->v, half, half));
    return rc_kt_row(half, binary(k, RC_FN_MUL, rc_tape_slice(k->tape, t->v, 0, half), gate));
}

static rc_kt named(rc_keras *k, const char *name, const rc_kt *t)
{
    rc_activation fn;
    if (strcmp(name, "softmax") == 0 || strcmp(name, "log_softmax") == 0)
        return rc_kt_like(
            t, rc_compose_softmax(k->tape, t->v, rc_kt_groups(t), rc_kt_last(t), name[0] == 'l'));
    if (strcmp(name, "glu") == 0)
        return glu(k, t);
    if (!plain(name, &fn))
        return rc_kt_like(t, composed(k, name, t->v));
    return fn == RC_ACT_IDENTITY ? *t : rc_kt_like(t, apply(k, fn, t->v));
}

/* A name, null, or an object: a function, or a layer that is an activation. */
rc_kt rc_keras_activation(rc_keras *k, const json_t *activation, const rc_kt *t)
{
    if (activation == NULL || json_is_null(activation))
        return *t;
    if (json_is_string(activation))
        return named(k, json_string_value(activation), t);
    const char *class_name = rc_kc_text(activation, "class_name");
    const json_t *config = json_object_get(activation, "config");
    if (class_name != NULL && strcmp(class_name, "function") == 0 && json_is_string(config))
        return named(k, json_string_value(config), t);
    bool has_weights = true;
    rc_keras_apply *layer =
        class_name != NULL ? rc_keras_layer_find(class_name, &has_weights) : NULL;
    bool is_activation = layer == rc_kl_relu || layer == rc_kl_leaky_relu || layer == rc_kl_elu ||
                         layer == rc_kl_softmax || layer == rc_kl_thresholded_relu;
    if (is_activation) {
        rc_keras_layer inner = {.class_name = class_name, .config = config};
        return layer(k, &inner, t, 1);
    }
    char quoted[RC_QUOTED_BYTES];
    const char *shown = class_name != NULL ? class_name : "?";
    rc_tape_fail(k->tape, "the activation '%s' is not known",
                 rc_text_quote(shown, strlen(shown), quoted));
    return rc_kt_none();
}

/* -- layers --------------------------------------------------------------------------------------
 */

rc_kt rc_kl_activation(rc_keras *k, const rc_keras_layer *layer, const rc_kt *in, size_t n_in)
{
    (void)n_in;
    return rc_keras_activation(k, json_object_get(layer->config, "activation"), &in[0]);
}

rc_kt rc_kl_relu(rc_keras *k, const rc_keras_layer *layer, const rc_kt *in, size_t n_in)
{
    (void)n_in;
    return rc_kt_like(&in[0], relu(k, in[0].v,
                                   rc_kc_number(k, layer->config, "max_value", (double)INFINITY),
                                   rc_kc_number(k, layer->config, "negative_slope", 0),
                                   rc_kc_number(k, layer->config, "threshold", 0)));
}

rc_kt rc_kl_leaky_relu(rc_keras *k, const rc_keras_layer *layer, const rc_kt *in, size_t n_in)
{
    double slope = rc_kc_number(k, layer->config, "alpha", 0.3);
    (void)n_in;
    slope = rc_kc_number(k, layer->config, "negative_slope", slope);
    return rc_kt_like(&in[0], with_alpha(k, RC_ACT_LEAKY_RELU, in[0].v, slope));
}

rc_kt rc_kl_elu(rc_keras *k, const rc_keras_layer *layer, const rc_kt *in, size_t n_in)
{
    (void)n_in;
    return rc_kt_like(
        &in[0], with_alpha(k, RC_ACT_ELU, in[0].v, rc_kc_number(k, layer->config, "alpha", 1)));
}

/* Axes that are shared have one slope for all of them. */
rc_kt rc_kl_prelu(rc_keras *k, const rc_keras_layer *layer, const rc_kt *in, size_t n_in)
{
    const rc_keras_array *alpha = rc_ka_find(k, layer, "alpha", 0);
    size_t n = rc_kt_width(&in[0]), last = rc_kt_last(&in[0]);
    double *slopes = rc_tape_alloc(k->tape, n + 1, sizeof(double));
    (void)n_in;
    if (alpha == NULL || slopes == NULL || (alpha->n != n && alpha->n != 1 && alpha->n != last)) {
        rc_tape_fail(k->tape, "no slopes for %zu columns are in the file", n);
        return rc_kt_none();
    }
    for (size_t i = 0; i < n; i++)
        slopes[i] = rc_number_at(alpha->type, alpha->data, i % alpha->n);
    return rc_kt_like(&in[0], rc_compose_prelu(k->tape, in[0].v, slopes));
}

rc_kt rc_kl_softmax(rc_keras *k, const rc_keras_layer *layer, const rc_kt *in, size_t n_in)
{
    size_t n;
    const double *axis = rc_kc_numbers(k, layer->config, "axis", &n);
    (void)n_in;
    if (axis != NULL && (n != 1 || (axis[0] != -1 && axis[0] != in[0].rank))) {
        rc_tape_fail(k->tape, "only along the last axis");
        return rc_kt_none();
    }
    return named(k, "softmax", &in[0]);
}

rc_kt rc_kl_thresholded_relu(rc_keras *k, const rc_keras_layer *layer, const rc_kt *in, size_t n_in)
{
    double theta = rc_kc_number(k, layer->config, "theta", 1);
    (void)n_in;
    rc_value is_above = compare(k, RC_FN_GT, in[0].v, theta);
    return rc_kt_like(&in[0], rc_tape_if(k->tape, is_above, rc_of_value(in[0].v), rc_of_number(0)));
}
