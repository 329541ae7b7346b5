/* layers_activation.c - activations as layers, and as members of other layers. */
#include "base/text.h"
#include "model/foreign/keras/walk.h"

/* Classes that are activations: the name of their function. */
static const struct {
    const char *class_name, *name;
} classes[] = {
    {"ReLU", "relu"},
    {"ELU", "elu"},
    {"Softmax", "softmax"},
    {"LeakyReLU", "leaky_relu"},
};

static void fail_name(rc_keras_walk *walk, const char *name)
{
    char quoted[RC_QUOTED_BYTES];
    rc_keras_fail(walk, "activation '%s' is not supported",
                  rc_text_quote(name, strlen(name), quoted));
}

/* LeakyReLU as a layer has a slope of its own where none is said: of float32, as TensorFlow has it.
 */
static rc_keras_tensor leaky_relu(rc_keras_walk *walk, const json_t *config,
                                  const rc_keras_tensor *in)
{
    double slope = rc_keras_number(walk, config, "negative_slope",
                                   rc_keras_number(walk, config, "alpha", 0.3));
    rc_activation_spec spec = {.alpha = (double)(float)slope};
    return rc_keras_like(in, rc_tape_activation(walk->tape, in->v, RC_ACT_LEAKY_RELU, &spec));
}

/* x above theta, else 0: as Keras does it, the product of x and 1 or 0. */
static rc_keras_tensor thresholded(rc_keras_walk *walk, const json_t *config,
                                   const rc_keras_tensor *in)
{
    rc_tape *tape = walk->tape;
    rc_tape_operand x = rc_of_value(in->v);
    double theta = rc_keras_number(walk, config, "theta", 1);
    rc_value is_above = rc_tape_apply2(tape, RC_FN_GT, x, rc_of_number(theta));
    return rc_keras_like(in, rc_tape_apply2(tape, RC_FN_MUL, x, rc_of_value(is_above)));
}

static rc_keras_tensor of_class(rc_keras_walk *walk, const char *class_name, const json_t *config,
                                const rc_keras_tensor *in)
{
    rc_keras_tensor out = rc_keras_like(in, RC_NO_VALUE);
    if (strcmp(class_name, "LeakyReLU") == 0)
        return leaky_relu(walk, config, in);
    if (strcmp(class_name, "ThresholdedReLU") == 0)
        return thresholded(walk, config, in);
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
        if (strcmp(classes[i].class_name, class_name) == 0) {
            rc_keras_activation_by_name(walk, classes[i].name, config, in, &out);
            return out;
        }
    fail_name(walk, class_name);
    return out;
}

rc_keras_tensor rc_keras_activate(rc_keras_walk *walk, const json_t *config, const char *key,
                                  const rc_keras_tensor *in)
{
    rc_keras_tensor out = rc_keras_like(in, in->v);
    const json_t *json = json_object_get(config, key);
    if (json == NULL || json_is_null(json))
        return out;
    const char *name = json_string_value(json);
    if (json_is_object(json)) {
        const char *class_name = rc_keras_text(walk, json, "class_name", "");
        const json_t *inner = json_object_get(json, "config");
        if (strcmp(class_name, "function") != 0)
            return of_class(walk, class_name, inner, in);
        name = json_string_value(inner);
    }
    if (name == NULL)
        rc_keras_fail(walk, "'%s' is no name and no object with one", key);
    else if (!rc_keras_activation_by_name(walk, name, NULL, in, &out))
        fail_name(walk, name);
    return out;
}

rc_keras_tensor rc_keras_activation_layer(rc_keras_walk *walk, const rc_keras_call *call)
{
    return rc_keras_activate(walk, call->layer->config, "activation", &call->in[0]);
}

rc_keras_tensor rc_keras_activation_class(rc_keras_walk *walk, const rc_keras_call *call)
{
    if (call->in[0].is_masked && strcmp(call->layer->class_name, "Softmax") == 0)
        rc_keras_fail(walk, "it leaves out what an Embedding with 'mask_zero' masks");
    return of_class(walk, call->layer->class_name, call->layer->config, &call->in[0]);
}

/* Slopes for all columns; along shared axes the array has one. */
rc_keras_tensor rc_keras_prelu(rc_keras_walk *walk, const rc_keras_call *call)
{
    static const char *const names[] = {"alpha"};
    const rc_keras_array *array;
    const rc_keras_tensor *in = &call->in[0];
    rc_keras_tensor out = rc_keras_like(in, RC_NO_VALUE), slopes = {.rank = in->rank};
    size_t n = rc_keras_width(in);
    if (!rc_keras_arrays_get(walk, call->layer, names, 1, &array))
        return out;
    bool is_same = array != NULL && array->rank == in->rank;
    for (unsigned i = 0; is_same && i < in->rank; i++) {
        slopes.dim[i] = array->shape[i];
        is_same = slopes.dim[i] == in->dim[i] || slopes.dim[i] == 1;
    }
    const double *alpha =
        rc_keras_vector(walk, array, "alpha", is_same ? rc_keras_width(&slopes) : n);
    double *all = alpha != NULL ? rc_keras_alloc(walk, n, sizeof(*all)) : NULL;
    if (all == NULL)
        return out;
    for (size_t i = 0; i < n; i++)
        all[i] = alpha[is_same ? rc_keras_source(&slopes, in, i) : i];
    out.v = rc_compose_prelu(walk->tape, in->v, all);
    return out;
}
