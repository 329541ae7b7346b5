/* layers_norm.c - layers that centre and scale. */
#include <math.h>

#include "model/foreign/keras/walk.h"

static double *filled(rc_keras_walk *walk, size_t n, double x)
{
    double *all = rc_keras_alloc(walk, n, sizeof(*all));
    for (size_t i = 0; all != NULL && i < n; i++)
        all[i] = x;
    return all;
}

/* The axis of a layer whose weights stand along the last one only. */
static bool check_last_axis(rc_keras_walk *walk, const json_t *config, const rc_keras_tensor *in)
{
    size_t axis = rc_keras_axis(walk, config, "axis", -1, in);
    if (axis == SIZE_MAX || axis + 1 == in->rank)
        return axis != SIZE_MAX;
    return rc_keras_fail(walk, "another axis than the last is not supported");
}

/* Arrays in the order of `names`, without those that the configuration leaves out. */
static bool take(rc_keras_walk *walk, const rc_keras_call *call, const char *const *names,
                 const bool *is_there, size_t n, const rc_keras_array **out)
{
    const char *wanted[4];
    const rc_keras_array *found[4];
    size_t n_wanted = 0, at = 0;
    for (size_t i = 0; i < n; i++)
        if (is_there[i])
            wanted[n_wanted++] = names[i];
    if (!rc_keras_arrays_get(walk, call->layer, wanted, n_wanted, found))
        return false;
    for (size_t i = 0; i < n; i++)
        out[i] = is_there[i] ? found[at++] : NULL;
    return true;
}

/* Numbers of an array for all columns; NULL where the layer has none. */
static const double *along(rc_keras_walk *walk, const rc_keras_array *array, bool is_there,
                           const char *name, const rc_keras_tensor *in)
{
    size_t n = rc_keras_last(in);
    if (!is_there)
        return NULL;
    return rc_keras_tile(walk, in, rc_keras_vector(walk, array, name, n), n);
}

/* -- BatchNormalization --------------------------------------------------------------------------
 */

rc_keras_tensor rc_keras_batch_norm(rc_keras_walk *walk, const rc_keras_call *call)
{
    static const char *const names[] = {"gamma", "beta", "moving_mean", "moving_variance"};
    const json_t *config = call->layer->config;
    const rc_keras_tensor *in = &call->in[0];
    const rc_keras_array *arrays[4];
    rc_keras_tensor out = rc_keras_like(in, RC_NO_VALUE);
    bool is_there[] = {rc_keras_bool(walk, config, "scale", true),
                       rc_keras_bool(walk, config, "center", true), true, true};
    double epsilon = rc_keras_number(walk, config, "epsilon", 1e-3);
    if (rc_keras_bool(walk, config, "renorm", false))
        rc_keras_fail(walk, "'renorm' is not supported");
    if (!check_last_axis(walk, config, in) || !take(walk, call, names, is_there, 4, arrays))
        return out;
    rc_affine affine = {.center = along(walk, arrays[2], true, "moving_mean", in),
                        .scale = along(walk, arrays[0], is_there[0], "gamma", in),
                        .shift = along(walk, arrays[1], is_there[1], "beta", in)};
    const double *variance = along(walk, arrays[3], true, "moving_variance", in);
    size_t n = rc_keras_width(in);
    double *divide = rc_keras_alloc(walk, n, sizeof(*divide));
    if (divide == NULL || !rc_keras_is_ok(walk))
        return out;
    for (size_t i = 0; i < n; i++)
        divide[i] = sqrt(variance[i] + epsilon);
    affine.divide = divide;
    out.v = rc_tape_affine(walk->tape, in->v, &affine);
    return out;
}

/* -- over the columns of a row -------------------------------------------------------------------
 */

static rc_keras_tensor over_last(rc_keras_walk *walk, const rc_keras_call *call, double epsilon,
                                 const bool *is_there, const char *const *names, bool is_rms)
{
    const rc_keras_tensor *in = &call->in[0];
    const rc_keras_array *arrays[2];
    rc_keras_tensor out = rc_keras_like(in, RC_NO_VALUE);
    size_t n = rc_keras_last(in);
    if (!check_last_axis(walk, call->layer->config, in) ||
        !take(walk, call, names, is_there, 2, arrays))
        return out;
    const double *scale = is_there[0] ? rc_keras_vector(walk, arrays[0], names[0], n) : NULL;
    const double *shift = is_there[1] ? rc_keras_vector(walk, arrays[1], names[1], n) : NULL;
    if (rc_keras_is_ok(walk))
        out.v = rc_compose_layer_norm(walk->tape, in->v, rc_keras_width(in) / n, n, epsilon, scale,
                                      shift, is_rms);
    return out;
}

/* As Keras does it, rms_scaling divides by the standard deviation what keeps its mean. */
static rc_keras_tensor scale_deviation(rc_keras_walk *walk, const rc_keras_call *call,
                                       double epsilon)
{
    static const char *const names[] = {"gamma", "?"};
    static const bool is_there[] = {true, false};
    rc_tape *tape = walk->tape;
    const rc_keras_tensor *in = &call->in[0];
    const rc_keras_array *arrays[2];
    rc_keras_tensor out = rc_keras_like(in, RC_NO_VALUE);
    size_t n = rc_keras_last(in), groups = rc_keras_width(in) / n;
    if (!check_last_axis(walk, call->layer->config, in) ||
        !take(walk, call, names, is_there, 2, arrays))
        return out;
    rc_affine gamma = {.scale = along(walk, arrays[0], true, "gamma", in)};
    if (!rc_keras_is_ok(walk))
        return out;
    rc_value mean = rc_compose_repeat(tape, rc_compose_mean(tape, in->v, groups, n), n);
    rc_value x = rc_tape_apply2(tape, RC_FN_SUB, rc_of_value(in->v), rc_of_value(mean));
    x = rc_compose_mean(tape, rc_tape_apply1(tape, RC_FN_SQUARE, x), groups, n);
    x = rc_tape_apply1(tape, RC_FN_SQRT, rc_tape_shift(tape, x, epsilon));
    x = rc_compose_repeat(tape, x, n);
    x = rc_tape_apply2(tape, RC_FN_DIV, rc_of_value(in->v), rc_of_value(x));
    out.v = rc_tape_affine(tape, x, &gamma);
    return out;
}

rc_keras_tensor rc_keras_layer_norm(rc_keras_walk *walk, const rc_keras_call *call)
{
    static const char *const names[] = {"gamma", "beta"};
    const json_t *config = call->layer->config;
    bool is_there[] = {rc_keras_bool(walk, config, "scale", true),
                       rc_keras_bool(walk, config, "center", true)};
    double epsilon = rc_keras_number(walk, config, "epsilon", 1e-3);
    if (rc_keras_bool(walk, config, "rms_scaling", false))
        return scale_deviation(walk, call, epsilon);
    return over_last(walk, call, epsilon, is_there, names, false);
}

rc_keras_tensor rc_keras_rms_norm(rc_keras_walk *walk, const rc_keras_call *call)
{
    static const char *const names[] = {"scale", "?"};
    static const bool is_there[] = {true, false};
    double epsilon = rc_keras_number(walk, call->layer->config, "epsilon", 1e-6);
    return over_last(walk, call, epsilon, is_there, names, true);
}

/* Groups of neighbouring columns; the weights are one a column. */
rc_keras_tensor rc_keras_group_norm(rc_keras_walk *walk, const rc_keras_call *call)
{
    static const char *const names[] = {"gamma", "beta"};
    const json_t *config = call->layer->config;
    const rc_keras_tensor *in = &call->in[0];
    const rc_keras_array *arrays[2];
    rc_keras_tensor out = rc_keras_like(in, RC_NO_VALUE);
    bool is_there[] = {rc_keras_bool(walk, config, "scale", true),
                       rc_keras_bool(walk, config, "center", true)};
    json_int_t groups = rc_keras_whole(walk, config, "groups", 32);
    json_int_t n = (json_int_t)rc_keras_last(in);
    groups = groups == -1 ? n : groups;
    if (in->rank != 1 || groups < 1 || n % groups != 0)
        rc_keras_fail(walk, "%lld groups of %lld columns are not supported", (long long)groups,
                      (long long)n);
    if (!rc_keras_is_ok(walk) || !take(walk, call, names, is_there, 2, arrays))
        return out;
    rc_affine affine = {.scale = along(walk, arrays[0], is_there[0], "gamma", in),
                        .shift = along(walk, arrays[1], is_there[1], "beta", in)};
    out.v =
        rc_compose_layer_norm(walk->tape, in->v, (size_t)groups, (size_t)(n / groups),
                              rc_keras_number(walk, config, "epsilon", 1e-3), NULL, NULL, false);
    if (affine.scale != NULL || affine.shift != NULL)
        out.v = rc_tape_affine(walk->tape, out.v, &affine);
    return out;
}

rc_value rc_keras_unit(rc_keras_walk *walk, rc_value v, double most)
{
    rc_tape *tape = walk->tape;
    rc_value sum = rc_tape_apply1(tape, RC_FN_SQUARE, v);
    sum = rc_compose_reduce(tape, RC_FN_ADD, sum, 1, rc_tape_width(tape, v), 1);
    if (walk->major < 3)
        sum = rc_tape_apply2(tape, RC_FN_MAX, rc_of_value(sum), rc_of_number(1e-12));
    rc_value by = rc_tape_apply1(tape, RC_FN_SQRT, sum);
    by = rc_tape_apply1(tape, RC_FN_RECIPROCAL, by);
    if (walk->major >= 3)
        by = rc_tape_apply2(tape, RC_FN_MIN, rc_of_value(by), rc_of_number(most));
    return rc_tape_apply2(tape, RC_FN_MUL, rc_of_value(v), rc_of_value(by));
}

rc_keras_tensor rc_keras_unit_norm(rc_keras_walk *walk, const rc_keras_call *call)
{
    const rc_keras_tensor *in = &call->in[0];
    rc_keras_tensor out = rc_keras_like(in, RC_NO_VALUE);
    size_t n = rc_keras_last(in), n_places = rc_keras_width(in) / n;
    rc_value *parts = rc_keras_alloc(walk, n_places, sizeof(*parts));
    if (parts == NULL || !check_last_axis(walk, call->layer->config, in))
        return out;
    for (size_t i = 0; i < n_places && rc_keras_is_ok(walk); i++)
        parts[i] = rc_keras_unit(walk, rc_tape_slice(walk->tape, in->v, i * n, n), 1e12);
    if (rc_keras_is_ok(walk))
        out.v = rc_tape_concat(walk->tape, parts, n_places);
    return out;
}

/* -- Normalization, Rescaling --------------------------------------------------------------------
 */

/* Whether NumPy broadcasts a shape to that of a row. */
static bool spreads(const rc_keras_tensor *from, const rc_keras_tensor *in)
{
    bool fits = from->rank <= in->rank;
    for (unsigned i = 1; fits && i <= from->rank; i++) {
        size_t n = from->dim[from->rank - i];
        fits = n == 1 || n == in->dim[in->rank - i];
    }
    return fits;
}

/* Numbers of the configuration for all columns. is_narrow: Keras makes lists of Python float32,
 * whatever it computes in; arrays keep their type. */
static const double *spread(rc_keras_walk *walk, const json_t *config, const char *name,
                            const rc_keras_tensor *in, bool is_narrow)
{
    rc_keras_tensor from;
    const json_t *json = json_object_get(config, name);
    const double *x = rc_keras_constant(walk, json, name, &from);
    size_t n = rc_keras_width(in);
    if (x == NULL)
        return NULL;
    rc_keras_drop_batch(&from, in);
    if (!spreads(&from, in)) {
        rc_keras_fail(walk, "%zu numbers of '%s' for %zu columns", rc_keras_width(&from), name, n);
        return NULL;
    }
    double *all = rc_keras_alloc(walk, n, sizeof(*all));
    for (size_t i = 0; all != NULL && i < n; i++) {
        double number = x[rc_keras_source(&from, in, i)];
        all[i] = is_narrow && !json_is_object(json) ? (double)(float)number : number;
    }
    return all;
}

static const double *statistic(rc_keras_walk *walk, const rc_keras_call *call,
                               const rc_keras_array *array, const char *name)
{
    const rc_keras_tensor *in = &call->in[0];
    const double *x = spread(walk, call->layer->config, name, in, walk->major >= 3);
    if (x == NULL && array != NULL && array->n == 1) /* of all columns */
        return filled(walk, rc_keras_width(in), rc_number_at(array->type, array->data, 0));
    if (x == NULL && array != NULL)
        return along(walk, array, true, name, in);
    if (x == NULL) {
        rc_keras_hint(walk, "call adapt() before the model is saved");
        rc_keras_fail(walk, "its '%s' is neither in the configuration nor among the weights", name);
    }
    return x;
}

/* axis: null (one mean for all), or the last. */
static bool check_normalization_axis(rc_keras_walk *walk, const rc_keras_call *call)
{
    const json_t *axis = json_object_get(call->layer->config, "axis");
    if (axis == NULL || json_is_null(axis) || (json_is_array(axis) && json_array_size(axis) == 0))
        return true;
    return check_last_axis(walk, call->layer->config, &call->in[0]);
}

rc_keras_tensor rc_keras_normalization(rc_keras_walk *walk, const rc_keras_call *call)
{
    static const char *const names[] = {"mean", "variance", "count"};
    const rc_keras_array *arrays[3] = {NULL, NULL, NULL};
    const rc_keras_tensor *in = &call->in[0];
    rc_keras_tensor out = rc_keras_like(in, RC_NO_VALUE);
    const json_t *mean_of = json_object_get(call->layer->config, "mean");
    bool is_configured = mean_of != NULL && !json_is_null(mean_of);
    if (!check_normalization_axis(walk, call) ||
        (!is_configured && !rc_keras_arrays_get(walk, call->layer, names, 3, arrays)))
        return out;
    const double *mean = statistic(walk, call, arrays[0], "mean");
    const double *variance = statistic(walk, call, arrays[1], "variance");
    size_t n = rc_keras_width(in);
    double *root = rc_keras_alloc(walk, n, sizeof(*root));
    if (root == NULL || !rc_keras_is_ok(walk))
        return out;
    for (size_t i = 0; i < n; i++)
        root[i] = fmax(sqrt(variance[i]), 1e-7);
    rc_affine forth = {.center = mean, .divide = root}, back = {.scale = root, .shift = mean};
    bool is_inverse = rc_keras_bool(walk, call->layer->config, "invert", false);
    out.v = rc_tape_affine(walk->tape, in->v, is_inverse ? &back : &forth);
    return out;
}

rc_keras_tensor rc_keras_rescaling(rc_keras_walk *walk, const rc_keras_call *call)
{
    const json_t *config = call->layer->config;
    const rc_keras_tensor *in = &call->in[0];
    rc_affine affine = {.scale = spread(walk, config, "scale", in, true),
                        .shift = spread(walk, config, "offset", in, true)};
    return rc_keras_like(in, rc_tape_affine(walk->tape, in->v, &affine));
}
