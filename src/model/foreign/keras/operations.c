/* operations.c - functions that a functional model calls on tensors: TFOpLambda of Keras 2, the
 * operations of Keras 3. */
#include <ctype.h>
#include <math.h>

#include "base/text.h"
#include "model/foreign/keras/walk.h"

enum { NAME_BYTES = 64, MOST_OPERANDS = 4 };

/* "AddV2" or "math.add": the part behind the last point, in snake case. */
static void name_of(rc_keras_walk *walk, const rc_keras_layer *layer, char out[NAME_BYTES])
{
    const char *text = layer->class_name;
    if (!layer->is_operation)
        text = rc_keras_text(walk, layer->config, "function", "");
    const char *dot = strrchr(text, '.');
    text = dot != NULL ? dot + 1 : text;
    size_t n = 0;
    for (size_t i = 0; text[i] != '\0' && n + 3 < NAME_BYTES; i++) {
        if (isupper((unsigned char)text[i]) && i > 0 && !isupper((unsigned char)text[i - 1]))
            out[n++] = '_';
        out[n++] = (char)tolower((unsigned char)text[i]);
    }
    out[n] = '\0';
}

/* A parameter: given by the call, or in the configuration of the operation. */
static const json_t *parameters(rc_keras_walk *walk, const rc_keras_call *call)
{
    json_t *all = json_object();
    if (all != NULL && json_is_object(call->layer->config))
        json_object_update(all, (json_t *)call->layer->config);
    for (size_t i = 0; all != NULL && i < call->node->n_arguments; i++) {
        const rc_keras_argument *argument = &call->node->arguments[i];
        if (argument->key != NULL && argument->constant != NULL)
            json_object_set(all, argument->key, (json_t *)argument->constant);
    }
    if (all == NULL)
        walk->status = RC_E_SYSTEM;
    return all;
}

/* -- operands ------------------------------------------------------------------------------------
 */

static rc_keras_tensor constant(rc_keras_walk *walk, const json_t *json)
{
    rc_keras_tensor out;
    const double *numbers = rc_keras_constant(walk, json, "operand", &out);
    if (numbers == NULL || rc_keras_width(&out) == 0)
        rc_keras_fail(walk, "an operand is no tensor and no number");
    else
        out.v = rc_tape_constant(walk->tape, numbers, rc_keras_width(&out));
    return out;
}

/* NumPy aligns last axes: tensors of different ranks would meet with their batches, and a constant
 * may have a batch of its own, which is 1. */
static void align(rc_keras_walk *walk, const rc_keras_call *call, rc_keras_tensor *in,
                  const bool *is_constant, size_t n)
{
    for (size_t i = 0; i < n && call->n_in > 0; i++) {
        const rc_keras_tensor *row = &call->in[0];
        if (is_constant[i])
            rc_keras_drop_batch(&in[i], row);
        bool fits = is_constant[i] ? in[i].rank <= row->rank : in[i].rank == row->rank;
        char a[96], b[96];
        if (!fits)
            rc_keras_fail(walk, "rows of shapes %s and %s do not go together",
                          rc_keras_shape_text(&in[i], a, sizeof(a)),
                          rc_keras_shape_text(row, b, sizeof(b)));
    }
}

/* Tensors and constants in the order of the call; constants of these keys are operands too. */
static size_t operands(rc_keras_walk *walk, const rc_keras_call *call, rc_keras_tensor *out,
                       size_t most)
{
    static const char *const keys[] = {"x", "y", "x1", "x2", "a", "b", "exponent"};
    size_t n = 0, n_links = 0;
    bool is_constant[MOST_OPERANDS] = {false};
    for (size_t i = 0; i < call->node->n_arguments && n < most; i++) {
        const rc_keras_argument *argument = &call->node->arguments[i];
        bool is_operand = argument->is_link || argument->key == NULL;
        for (size_t k = 0; k < 7; k++)
            is_operand = is_operand || strcmp(argument->key, keys[k]) == 0;
        if (argument->is_link)
            out[n++] = call->in[n_links++];
        else if (is_operand) {
            is_constant[n] = true;
            out[n++] = constant(walk, argument->constant);
        }
    }
    align(walk, call, out, is_constant, n);
    return n;
}

/* -- the operations ------------------------------------------------------------------------------
 */

static const struct {
    const char *name;
    rc_elementwise fn;
    unsigned n_operands;
} functions[] = {
    {"add", RC_FN_ADD, 2},
    {"add_v2", RC_FN_ADD, 2},
    {"subtract", RC_FN_SUB, 2},
    {"sub", RC_FN_SUB, 2},
    {"multiply", RC_FN_MUL, 2},
    {"mul", RC_FN_MUL, 2},
    {"divide", RC_FN_DIV, 2},
    {"truediv", RC_FN_DIV, 2},
    {"true_divide", RC_FN_DIV, 2},
    {"power", RC_FN_POW, 2},
    {"pow", RC_FN_POW, 2},
    {"maximum", RC_FN_MAX, 2},
    {"minimum", RC_FN_MIN, 2},
    {"greater", RC_FN_GT, 2},
    {"greater_equal", RC_FN_GE, 2},
    {"less", RC_FN_LT, 2},
    {"less_equal", RC_FN_LE, 2},
    {"equal", RC_FN_EQ, 2},
    {"not_equal", RC_FN_NE, 2},
    {"negative", RC_FN_NEG, 1},
    {"neg", RC_FN_NEG, 1},
    {"absolute", RC_FN_ABS, 1},
    {"abs", RC_FN_ABS, 1},
    {"sqrt", RC_FN_SQRT, 1},
    {"square", RC_FN_SQUARE, 1},
    {"exp", RC_FN_EXP, 1},
    {"expm1", RC_FN_EXPM1, 1},
    {"log", RC_FN_LOG, 1},
    {"log1p", RC_FN_LOG1P, 1},
    {"log10", RC_FN_LOG10, 1},
    {"reciprocal", RC_FN_RECIPROCAL, 1},
    {"sign", RC_FN_SIGN, 1},
    {"floor", RC_FN_FLOOR, 1},
    {"ceil", RC_FN_CEIL, 1},
    {"round", RC_FN_ROUND, 1},
    {"erf", RC_FN_ERF, 1},
    {"isnan", RC_FN_ISNAN, 1},
    {"is_nan", RC_FN_ISNAN, 1},
    {"logical_and", RC_FN_AND, 2},
    {"logical_or", RC_FN_OR, 2},
    {"logical_not", RC_FN_NOT, 1},
};

static const struct {
    const char *name;
    rc_elementwise fn;
    bool is_mean;
} reductions[] = {
    {"sum", RC_FN_ADD, false}, {"reduce_sum", RC_FN_ADD, false},
    {"mean", RC_FN_ADD, true}, {"reduce_mean", RC_FN_ADD, true},
    {"max", RC_FN_MAX, false}, {"reduce_max", RC_FN_MAX, false},
    {"min", RC_FN_MIN, false}, {"reduce_min", RC_FN_MIN, false},
};

static bool elementwise(rc_keras_walk *walk, const rc_keras_call *call, const char *name,
                        rc_keras_tensor *out)
{
    rc_keras_tensor in[3];
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        if (strcmp(functions[i].name, name) != 0)
            continue;
        size_t n = operands(walk, call, in, 3);
        if (n != functions[i].n_operands)
            rc_keras_fail(walk, "it reads %zu tensors, which is not supported", n);
        else if (n == 2)
            *out = rc_keras_join(walk, functions[i].fn, &in[0], &in[1]);
        else
            *out = rc_keras_like(&in[0], rc_tape_apply1(walk->tape, functions[i].fn, in[0].v));
        return true;
    }
    return false;
}

/* Over one axis. */
static bool reduce(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config,
                   const char *name, rc_keras_tensor *out)
{
    for (size_t i = 0; i < sizeof(reductions) / sizeof(reductions[0]); i++) {
        if (strcmp(reductions[i].name, name) != 0)
            continue;
        size_t outer, n, inner;
        const json_t *given = json_object_get(config, "axis");
        bool is_all = given == NULL || json_is_null(given); /* the batch, too */
        size_t axis = is_all ? SIZE_MAX : rc_keras_axis(walk, config, "axis", -1, in);
        if (axis == SIZE_MAX) {
            rc_keras_fail(walk, "it reduces the rows of the batch to one");
            return true;
        }
        rc_keras_split(in, axis, &outer, &n, &inner);
        *out = *in;
        rc_value v = rc_compose_reduce(walk->tape, reductions[i].fn, in->v, outer, n, inner);
        if (reductions[i].is_mean)
            v = rc_tape_divide(walk->tape, v, (double)n);
        out->dim[axis] = 1;
        if (!rc_keras_bool(walk, config, "keepdims", false)) {
            for (size_t k = axis; k + 1 < in->rank; k++)
                out->dim[k] = in->dim[k + 1];
            out->rank--;
        }
        *out = rc_keras_like(out, v);
        return true;
    }
    return false;
}

/* where: a condition, and two operands. */
static bool choose(rc_keras_walk *walk, const rc_keras_call *call, const char *name,
                   rc_keras_tensor *out)
{
    rc_keras_tensor in[4];
    if (strcmp(name, "where") != 0)
        return false;
    size_t n = operands(walk, call, in, 4);
    if (n != 3)
        return !rc_keras_fail(walk, "it reads %zu tensors, which is not supported", n);
    rc_value v[3];
    *out = rc_keras_like(&in[0], RC_NO_VALUE);
    if (!rc_keras_join_shapes(walk, out, &in[1]) || !rc_keras_join_shapes(walk, out, &in[2]))
        return true;
    for (size_t i = 0; i < 3; i++)
        v[i] = rc_keras_broadcast(walk, &in[i], out);
    out->v = rc_tape_if(walk->tape, v[0], rc_of_value(v[1]), rc_of_value(v[2]));
    return true;
}

/* A row, and a matrix that is in the configuration. */
static bool matmul(rc_keras_walk *walk, const rc_keras_call *call, const char *name,
                   rc_keras_tensor *out)
{
    if (strcmp(name, "matmul") != 0)
        return false;
    const rc_keras_tensor *in = &call->in[0];
    rc_keras_tensor shape = {0};
    size_t n_rows = rc_keras_width(in);
    const double *numbers = NULL;
    for (size_t i = 0; i < call->node->n_arguments; i++) {
        const rc_keras_argument *argument = &call->node->arguments[i];
        bool is_matrix = i > 0 && !argument->is_link && numbers == NULL;
        if (is_matrix)
            numbers = rc_keras_constant(walk, argument->constant, "operand", &shape);
    }
    if (numbers == NULL || in->rank != 1 || shape.rank != 2 || shape.dim[0] != n_rows)
        return !rc_keras_fail(walk, "a product of what is not a row and a constant matrix");
    size_t n = shape.dim[1];
    rc_matrix matrix = rc_matrix_of(RC_NUMBER_F64, numbers, n_rows, n);
    *out = rc_keras_flat(rc_tape_dense(walk->tape, &in->v, 1, &matrix, NULL), n);
    return true;
}

/* Numbers within bounds that are given by name or by position. */
static bool clip(rc_keras_walk *walk, const rc_keras_call *call, const json_t *config,
                 const char *name, rc_keras_tensor *out)
{
    rc_keras_tensor in[3];
    if (strcmp(name, "clip") != 0 && strcmp(name, "clip_by_value") != 0)
        return false;
    size_t n = operands(walk, call, in, 3);
    rc_value v = n > 0 ? in[0].v : RC_NO_VALUE;
    rc_tape_operand low = rc_of_number(rc_keras_number(
        walk, config, "x_min", rc_keras_number(walk, config, "clip_value_min", -HUGE_VAL)));
    rc_tape_operand high = rc_of_number(rc_keras_number(
        walk, config, "x_max", rc_keras_number(walk, config, "clip_value_max", HUGE_VAL)));
    if (n == 3) {
        low = rc_of_value(in[1].v);
        high = rc_of_value(in[2].v);
    }
    v = rc_tape_apply2(walk->tape, RC_FN_MAX, rc_of_value(v), low);
    *out = rc_keras_like(&in[0], rc_tape_apply2(walk->tape, RC_FN_MIN, rc_of_value(v), high));
    return true;
}

/* -- which it is ---------------------------------------------------------------------------------
 */

static void fail_operation(rc_keras_walk *walk, const char *name)
{
    char quoted[RC_QUOTED_BYTES];
    rc_keras_hint(walk, "replace it by layers such as Rescaling, Dense, Add or Concatenate");
    rc_keras_fail(walk, "operation '%s' is not supported",
                  rc_text_quote(name, strlen(name), quoted));
}

static rc_keras_tensor operate(rc_keras_walk *walk, const rc_keras_call *call, const char *name,
                               const json_t *config)
{
    rc_keras_tensor out = rc_keras_flat(RC_NO_VALUE, 1);
    bool is_stack = strcmp(name, "concatenate") == 0 || strcmp(name, "concat") == 0;
    if (elementwise(walk, call, name, &out))
        return out;
    if (call->n_in == 0) {
        fail_operation(walk, name);
        return out;
    }
    if (is_stack)
        return rc_keras_stack(walk, config, call->in, call->n_in);
    if (rc_keras_operation_of_shape(walk, call, name, config, &out) ||
        choose(walk, call, name, &out) || matmul(walk, call, name, &out) ||
        clip(walk, call, config, name, &out) || reduce(walk, &call->in[0], config, name, &out) ||
        rc_keras_activation_by_name(walk, name, config, &call->in[0], &out))
        return out;
    fail_operation(walk, name);
    return out;
}

/* Whether all that is said is read: what would change the numbers unseen is not let through. */
static bool check_options(rc_keras_walk *walk, const json_t *config)
{
    static const char *const known[] = {"name",
                                        "trainable",
                                        "dtype",
                                        "function",
                                        "axis",
                                        "keepdims",
                                        "alpha",
                                        "negative_slope",
                                        "max_value",
                                        "threshold",
                                        "default_value",
                                        "approximate",
                                        "b",
                                        "beta",
                                        "x_min",
                                        "x_max",
                                        "clip_value_min",
                                        "clip_value_max",
                                        "shape",
                                        "newshape",
                                        "slice_spec",
                                        "x",
                                        "y",
                                        "x1",
                                        "x2",
                                        "a",
                                        "exponent"};
    const char *key;
    json_t *item;
    json_object_foreach ((json_t *)config, key, item) {
        bool is_known = json_is_null(item) || json_is_false(item);
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
            is_known = is_known || strcmp(key, known[i]) == 0;
        if (strcmp(key, "decimals") == 0) /* of round */
            is_known = rc_keras_whole(walk, config, key, 0) == 0;
        char quoted[RC_QUOTED_BYTES];
        if (!is_known)
            return rc_keras_fail(walk, "it is called with '%s', which is not supported",
                                 rc_text_quote(key, strlen(key), quoted));
    }
    return rc_keras_is_ok(walk);
}

rc_keras_tensor rc_keras_operation(rc_keras_walk *walk, const rc_keras_call *call)
{
    char name[NAME_BYTES];
    name_of(walk, call->layer, name);
    const json_t *config = parameters(walk, call);
    rc_keras_tensor out = rc_keras_flat(RC_NO_VALUE, 1);
    if (config != NULL && check_options(walk, config))
        out = operate(walk, call, name, config);
    json_decref((json_t *)config);
    return out;
}
