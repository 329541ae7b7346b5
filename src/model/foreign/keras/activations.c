/* activations.c - the activation functions of Keras by name, with their parameters. */
#include <math.h>

#include "base/text.h"
#include "model/foreign/keras/walk.h"

typedef rc_value composed(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config);

static rc_tape_operand of(rc_value v)
{
    return rc_of_value(v);
}

/* -- of several steps ----------------------------------------------------------------------------
 */

static rc_value hard_sigmoid_of(rc_keras_walk *walk, rc_value v, double slope)
{
    rc_activation_spec spec = {.alpha = slope, .beta = 0.5};
    return rc_tape_activation(walk->tape, v, RC_ACT_HARD_SIGMOID, &spec);
}

/* Its slope became 1/6 with Keras 3. */
static rc_value hard_sigmoid(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config)
{
    (void)config;
    return hard_sigmoid_of(walk, in->v, walk->major < 3 ? 0.2 : 1.0 / 6);
}

static rc_value hard_silu(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config)
{
    (void)config;
    rc_value gate = hard_sigmoid_of(walk, in->v, 1.0 / 6);
    return rc_tape_apply2(walk->tape, RC_FN_MUL, of(in->v), of(gate));
}

/* tf.nn.silu has a slope of its sigmoid. */
static rc_value silu(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config)
{
    double slope = rc_keras_number(walk, config, "beta", 1);
    if (slope == 1)
        return rc_tape_activation(walk->tape, in->v, RC_ACT_SILU, NULL);
    rc_value gate = rc_tape_scale(walk->tape, in->v, slope);
    gate = rc_tape_activation(walk->tape, gate, RC_ACT_SIGMOID, NULL);
    return rc_tape_apply2(walk->tape, RC_FN_MUL, of(in->v), of(gate));
}

static rc_value sparse_sigmoid(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config)
{
    (void)config;
    return hard_sigmoid_of(walk, in->v, 0.5);
}

static rc_value leaky_relu(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config)
{
    double slope = rc_keras_number(walk, config, "negative_slope",
                                   rc_keras_number(walk, config, "alpha", 0.2));
    rc_activation_spec spec = {.alpha = slope};
    return rc_tape_activation(walk->tape, in->v, RC_ACT_LEAKY_RELU, &spec);
}

static rc_value elu(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config)
{
    rc_activation_spec spec = {.alpha = rc_keras_number(walk, config, "alpha", 1)};
    return rc_tape_activation(walk->tape, in->v, RC_ACT_ELU, &spec);
}

static rc_value celu(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config)
{
    rc_activation_spec spec = {.alpha = rc_keras_number(walk, config, "alpha", 1)};
    return rc_tape_activation(walk->tape, in->v, RC_ACT_CELU, &spec);
}

static rc_value gelu(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config)
{
    bool is_approximate = rc_keras_bool(walk, config, "approximate", false);
    return rc_tape_activation(walk->tape, in->v, is_approximate ? RC_ACT_GELU_TANH : RC_ACT_GELU,
                              NULL);
}

static rc_value relu6(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config)
{
    (void)config;
    rc_activation_spec spec = {.max = 6};
    return rc_tape_activation(walk->tape, in->v, RC_ACT_RELU, &spec);
}

/* What is above the threshold, then between 0 and the maximum; below it, a slope. */
static rc_value relu(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config)
{
    rc_tape *tape = walk->tape;
    double slope =
        rc_keras_number(walk, config, "negative_slope", rc_keras_number(walk, config, "alpha", 0));
    double threshold = rc_keras_number(walk, config, "threshold", 0);
    double most = rc_keras_number(walk, config, "max_value", HUGE_VAL), least = 0;
    if (threshold == 0) {
        rc_activation_spec spec = {.max = most, .slope = slope};
        return rc_tape_activation(tape, in->v, RC_ACT_RELU, &spec);
    }
    rc_value above = rc_tape_apply2(tape, RC_FN_GT, of(in->v), rc_of_number(threshold));
    rc_value out = rc_tape_if(tape, above, of(in->v), rc_of_number(0));
    if (most < HUGE_VAL) {
        out = rc_tape_apply2(tape, RC_FN_MAX, of(out), rc_of_number(least));
        out = rc_tape_apply2(tape, RC_FN_MIN, of(out), rc_of_number(most));
    }
    if (slope == 0)
        return out;
    rc_value below = rc_tape_apply2(tape, RC_FN_SUB, rc_of_number(threshold), of(in->v));
    below = rc_tape_scale(tape, rc_tape_activation(tape, below, RC_ACT_RELU, NULL), slope);
    return rc_tape_apply2(tape, RC_FN_SUB, of(out), of(below));
}

static rc_value log_sigmoid(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config)
{
    (void)config;
    rc_value v = rc_tape_apply1(walk->tape, RC_FN_NEG, in->v);
    v = rc_tape_activation(walk->tape, v, RC_ACT_SOFTPLUS, NULL);
    return rc_tape_apply1(walk->tape, RC_FN_NEG, v);
}

static rc_value hard_tanh(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config)
{
    (void)config;
    rc_value v = rc_tape_apply2(walk->tape, RC_FN_MAX, of(in->v), rc_of_number(-1));
    return rc_tape_apply2(walk->tape, RC_FN_MIN, of(v), rc_of_number(1));
}

static rc_value tanh_shrink(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config)
{
    (void)config;
    rc_value v = rc_tape_activation(walk->tape, in->v, RC_ACT_TANH, NULL);
    return rc_tape_apply2(walk->tape, RC_FN_SUB, of(in->v), of(v));
}

static rc_value hard_shrink(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config)
{
    double threshold = rc_keras_number(walk, config, "threshold", 0.5);
    rc_value size = rc_tape_apply1(walk->tape, RC_FN_ABS, in->v);
    rc_value is_far = rc_tape_apply2(walk->tape, RC_FN_GT, of(size), rc_of_number(threshold));
    return rc_tape_if(walk->tape, is_far, of(in->v), rc_of_number(0));
}

static rc_value soft_shrink(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config)
{
    rc_tape *tape = walk->tape;
    double threshold = rc_keras_number(walk, config, "threshold", 0.5);
    rc_value is_above = rc_tape_apply2(tape, RC_FN_GT, of(in->v), rc_of_number(threshold));
    rc_value is_below = rc_tape_apply2(tape, RC_FN_LT, of(in->v), rc_of_number(-threshold));
    rc_value down = rc_tape_shift(tape, in->v, -threshold);
    rc_value up = rc_tape_shift(tape, in->v, threshold);
    rc_value low = rc_tape_if(tape, is_below, of(up), rc_of_number(0));
    return rc_tape_if(tape, is_above, of(down), of(low));
}

static rc_value threshold(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config)
{
    double x = rc_keras_number(walk, config, "threshold", 0);
    double otherwise = rc_keras_number(walk, config, "default_value", 0);
    rc_value is_above = rc_tape_apply2(walk->tape, RC_FN_GT, of(in->v), rc_of_number(x));
    return rc_tape_if(walk->tape, is_above, of(in->v), rc_of_number(otherwise));
}

static rc_value sparse_plus(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config)
{
    (void)config;
    rc_tape *tape = walk->tape;
    rc_value square = rc_tape_apply1(tape, RC_FN_SQUARE, rc_tape_shift(tape, in->v, 1));
    rc_value middle = rc_tape_scale(tape, square, 0.25);
    rc_value is_above = rc_tape_apply2(tape, RC_FN_GE, of(in->v), rc_of_number(1));
    rc_value is_below = rc_tape_apply2(tape, RC_FN_LE, of(in->v), rc_of_number(-1));
    rc_value high = rc_tape_if(tape, is_above, of(in->v), of(middle));
    return rc_tape_if(tape, is_below, rc_of_number(0), of(high));
}

static rc_value squareplus(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config)
{
    rc_tape *tape = walk->tape;
    rc_value v = rc_tape_apply1(tape, RC_FN_SQUARE, in->v);
    v = rc_tape_shift(tape, v, rc_keras_number(walk, config, "b", 4));
    v = rc_tape_apply2(tape, RC_FN_ADD, of(in->v), of(rc_tape_apply1(tape, RC_FN_SQRT, v)));
    return rc_tape_divide(tape, v, 2);
}

/* -- over an axis --------------------------------------------------------------------------------
 */

/* Columns of (outer, n, inner) as (outer, inner, n), or back. */
static rc_value transpose(rc_keras_walk *walk, rc_value v, size_t outer, size_t n, size_t inner)
{
    if (n == 1 || inner == 1)
        return v;
    size_t *columns = rc_keras_alloc(walk, outer * n * inner, sizeof(*columns)), at = 0;
    for (size_t o = 0; columns != NULL && o < outer; o++)
        for (size_t i = 0; i < inner; i++)
            for (size_t k = 0; k < n; k++)
                columns[at++] = (o * n + k) * inner + i;
    return columns != NULL ? rc_tape_select(walk->tape, v, columns, at) : RC_NO_VALUE;
}

static rc_value softmax_of(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config,
                           bool is_log)
{
    if (json_is_null(json_object_get(config, "axis")))
        rc_keras_fail(walk, "'axis' is null: it is over all rows of the batch");
    size_t outer, n, inner, axis = rc_keras_axis(walk, config, "axis", -1, in);
    if (axis == SIZE_MAX || !rc_keras_is_ok(walk))
        return RC_NO_VALUE;
    rc_keras_split(in, axis, &outer, &n, &inner);
    rc_value v = transpose(walk, in->v, outer, n, inner);
    v = rc_compose_softmax(walk->tape, v, outer * inner, n, is_log);
    return transpose(walk, v, outer, inner, n);
}

static rc_value softmax(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config)
{
    return softmax_of(walk, in, config, false);
}

static rc_value log_softmax(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config)
{
    return softmax_of(walk, in, config, true);
}

/* -- by name -------------------------------------------------------------------------------------
 */

static const struct {
    const char *name;
    rc_activation fn;   /* one step without parameters, */
    composed *composed; /* or this */
} functions[] = {
    {"linear", RC_ACT_IDENTITY, NULL},
    {"relu", RC_ACT_RELU, relu},
    {"sigmoid", RC_ACT_SIGMOID, NULL},
    {"softmax", RC_ACT_IDENTITY, softmax},
    {"softmax_v2", RC_ACT_IDENTITY, softmax}, /* tf.nn.softmax */
    {"tanh", RC_ACT_TANH, NULL},
    {"elu", RC_ACT_ELU, elu},
    {"selu", RC_ACT_SELU, NULL},
    {"gelu", RC_ACT_GELU, gelu},
    {"silu", RC_ACT_SILU, silu},
    {"swish", RC_ACT_SILU, silu},
    {"softplus", RC_ACT_SOFTPLUS, NULL},
    {"softsign", RC_ACT_SOFTSIGN, NULL},
    {"leaky_relu", RC_ACT_LEAKY_RELU, leaky_relu},
    {"relu6", RC_ACT_RELU, relu6},
    {"exponential", RC_ACT_EXP, NULL},
    {"exp", RC_ACT_EXP, NULL},
    {"mish", RC_ACT_MISH, NULL},
    {"hard_sigmoid", RC_ACT_HARD_SIGMOID, hard_sigmoid},
    {"hard_silu", RC_ACT_IDENTITY, hard_silu},
    {"hard_swish", RC_ACT_IDENTITY, hard_silu},
    {"celu", RC_ACT_CELU, celu},
    {"log_softmax", RC_ACT_IDENTITY, log_softmax},
    {"log_softmax_v2", RC_ACT_IDENTITY, log_softmax},
    {"log_sigmoid", RC_ACT_IDENTITY, log_sigmoid},
    {"hard_tanh", RC_ACT_IDENTITY, hard_tanh},
    {"hard_shrink", RC_ACT_IDENTITY, hard_shrink},
    {"soft_shrink", RC_ACT_IDENTITY, soft_shrink},
    {"tanh_shrink", RC_ACT_IDENTITY, tanh_shrink},
    {"sparse_plus", RC_ACT_IDENTITY, sparse_plus},
    {"sparse_sigmoid", RC_ACT_IDENTITY, sparse_sigmoid},
    {"squareplus", RC_ACT_IDENTITY, squareplus},
    {"threshold", RC_ACT_IDENTITY, threshold},
};

/* The halves of the last axis: the first, times the sigmoid of the second. */
static rc_keras_tensor glu(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config)
{
    rc_keras_tensor out = rc_keras_like(in, RC_NO_VALUE);
    size_t n = rc_keras_last(in), half = n / 2;
    if (rc_keras_axis(walk, config, "axis", -1, in) != (size_t)in->rank - 1 || n % 2 != 0 ||
        in->rank != 1) {
        rc_keras_fail(walk, "glu of an odd number of columns, or of another axis than the last");
        return out;
    }
    rc_value gate = rc_tape_slice(walk->tape, in->v, half, half);
    gate = rc_tape_activation(walk->tape, gate, RC_ACT_SIGMOID, NULL);
    rc_value first = rc_tape_slice(walk->tape, in->v, 0, half);
    return rc_keras_flat(rc_tape_apply2(walk->tape, RC_FN_MUL, of(first), of(gate)), half);
}

bool rc_keras_activation_by_name(rc_keras_walk *walk, const char *name, const json_t *config,
                                 const rc_keras_tensor *in, rc_keras_tensor *out)
{
    if (strcmp(name, "glu") == 0) {
        *out = glu(walk, in, config);
        return true;
    }
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        if (strcmp(functions[i].name, name) != 0)
            continue;
        rc_value v = in->v;
        if (functions[i].composed != NULL)
            v = functions[i].composed(walk, in, config);
        else if (functions[i].fn != RC_ACT_IDENTITY)
            v = rc_tape_activation(walk->tape, v, functions[i].fn, NULL);
        *out = rc_keras_like(in, v);
        return true;
    }
    return false;
}
