/* operations_shape.c - operations that take, move or choose columns. */
#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "model/foreign/keras/walk.h"

/* What is taken along one axis: n of its places, from first on. */
typedef struct taken {
    json_int_t first, step, n;
    bool is_dropped; /* the axis itself */
} taken;

static bool is_ellipsis(const json_t *item)
{
    const char *text = json_string_value(item);
    const char *class_name = json_string_value(json_object_get(item, "class_name"));
    return (text != NULL && strcmp(text, "Ellipsis") == 0) ||
           (class_name != NULL && strcmp(class_name, "__ellipsis__") == 0);
}

/* A bound as Python takes it: from the end where it is negative, and within 0 .. n. */
static json_int_t bound(rc_keras_walk *walk, const json_t *slice, const char *key,
                        json_int_t fallback, json_int_t n)
{
    json_int_t at = rc_keras_whole(walk, slice, key, fallback);
    at = at < 0 ? at + n : at;
    return at < 0 ? 0 : at > n ? n : at;
}

/* One item of an index, for an axis of n places. */
static bool take_item(rc_keras_walk *walk, const json_t *item, json_int_t n, taken *out)
{
    const json_t *config = json_object_get(item, "config");
    const json_t *slice = config != NULL ? config : item;
    json_int_t at;
    if (rc_keras_is_whole(item, &at)) {
        at = at < 0 ? at + n : at;
        *out = (taken){.first = at, .step = 1, .n = 1, .is_dropped = true};
        return (at >= 0 && at < n) || rc_keras_fail(walk, "an index beyond the last column");
    }
    json_int_t step = json_is_object(slice) ? rc_keras_whole(walk, slice, "step", 1) : 0;
    if (step < 1)
        return rc_keras_fail(walk, "an index that is no number and no slice forward");
    json_int_t first = bound(walk, slice, "start", 0, n), stop = bound(walk, slice, "stop", n, n);
    *out = (taken){
        .first = first, .step = step, .n = stop > first ? (stop - first - 1) / step + 1 : 0};
    return rc_keras_is_ok(walk);
}

/* Items for the axes, the batch first; "..." stands for as many as are left. */
static bool take_items(rc_keras_walk *walk, const json_t *spec, const rc_keras_tensor *in,
                       taken *axes)
{
    size_t n_items = json_array_size(spec), n_axes = (size_t)in->rank + 1, axis = 0;
    bool has_ellipsis = false;
    if (n_items > n_axes + 1)
        return rc_keras_fail(walk, "an index of more axes than there are");
    for (size_t i = 0; i < n_axes; i++)
        axes[i] = (taken){.step = 1, .n = i > 0 ? (json_int_t)in->dim[i - 1] : 1};
    for (size_t i = 0; i < n_items; i++) {
        const json_t *item = json_array_get(spec, i);
        if (is_ellipsis(item) && !has_ellipsis) {
            has_ellipsis = true;
            axis += n_axes + 1 - n_items;
            continue;
        }
        if (axis == n_axes)
            return rc_keras_fail(walk, "an index of more axes than there are");
        taken all = {.n = 1};
        json_int_t n = axis > 0 ? (json_int_t)in->dim[axis - 1] : RC_MODEL_MAX_INPUTS;
        if (!take_item(walk, item, n, axis > 0 ? &axes[axis] : &all))
            return false;
        if (axis++ == 0 && all.n != n)
            return rc_keras_fail(walk, "it takes some rows of the batch");
    }
    return true;
}

static const json_t *index_of(const rc_keras_call *call, const json_t *config)
{
    for (size_t i = 0; i < call->node->n_arguments; i++) {
        const rc_keras_argument *argument = &call->node->arguments[i];
        if (!argument->is_link && argument->key == NULL)
            return argument->constant;
    }
    return json_object_get(config, "slice_spec");
}

static rc_keras_tensor get_item(rc_keras_walk *walk, const rc_keras_call *call,
                                const json_t *config)
{
    taken axes[RC_KERAS_MOST_RANK + 1];
    const rc_keras_tensor *in = &call->in[0];
    rc_keras_tensor out = rc_keras_like(in, RC_NO_VALUE);
    size_t dim[RC_KERAS_MOST_RANK], kept[RC_KERAS_MOST_RANK], width = 1;
    unsigned rank = 0;
    if (!take_items(walk, index_of(call, config), in, axes))
        return out;
    for (unsigned i = 0; i < in->rank; i++) {
        dim[i] = (size_t)axes[i + 1].n;
        width *= dim[i];
        if (!axes[i + 1].is_dropped)
            kept[rank++] = dim[i];
    }
    if (!rc_keras_set_shape(walk, &out, kept, rank))
        return out;
    size_t *columns = rc_keras_alloc(walk, width, sizeof(*columns));
    for (size_t c = 0; columns != NULL && c < width; c++) {
        size_t at = c, stride = 1;
        for (size_t i = in->rank; i-- > 0; stride *= in->dim[i], at /= dim[i])
            columns[c] +=
                ((size_t)axes[i + 1].first + at % dim[i] * (size_t)axes[i + 1].step) * stride;
    }
    if (columns != NULL)
        out.v = rc_tape_select(walk->tape, in->v, columns, width);
    out.is_whole = in->is_whole;
    return out;
}

/* -- shapes --------------------------------------------------------------------------------------
 */

static rc_keras_tensor squeeze(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config)
{
    rc_keras_tensor out = *in;
    bool is_said = !json_is_null(json_object_get(config, "axis"));
    size_t axis = is_said ? rc_keras_axis(walk, config, "axis", -1, in) : SIZE_MAX;
    if (axis == SIZE_MAX || in->dim[axis] != 1) {
        rc_keras_fail(walk, "it leaves out an axis that is not of length 1");
        return out;
    }
    for (size_t i = axis; i + 1 < in->rank; i++)
        out.dim[i] = in->dim[i + 1];
    out.rank--;
    return out;
}

static rc_keras_tensor expand(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config)
{
    rc_keras_tensor out = *in, more = *in;
    more.rank++; /* the axis is one of the result */
    size_t axis =
        more.rank <= RC_KERAS_MOST_RANK ? rc_keras_axis(walk, config, "axis", -1, &more) : SIZE_MAX;
    if (axis == SIZE_MAX) {
        rc_keras_fail(walk, "more than %d dimensions", RC_KERAS_MOST_RANK);
        return out;
    }
    out.rank++;
    out.dim[axis] = 1;
    for (size_t i = axis; i < in->rank; i++)
        out.dim[i + 1] = in->dim[i];
    return out;
}

/* To a type: whole numbers toward zero, true is what is not 0. */
static rc_keras_tensor cast(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config)
{
    const char *dtype = rc_keras_text(walk, config, "dtype", "float32");
    static const char *const known[] = {"int32", "int64", "float32", "float64", "bool"};
    size_t i = 0;
    while (i < 5 && strcmp(dtype, known[i]) != 0)
        i++;
    char quoted[RC_QUOTED_BYTES];
    if (i == 5) /* they round, or wrap around */
        rc_keras_fail(walk, "numbers of type '%s' are not supported",
                      rc_text_quote(dtype, strlen(dtype), quoted));
    if (i < 2)
        return rc_keras_as_whole(walk, in);
    if (i < 4)
        return *in;
    return rc_keras_like(in,
                         rc_tape_apply2(walk->tape, RC_FN_NE, rc_of_value(in->v), rc_of_number(0)));
}

/* [-1, 2, 3]: the batch first, then the shape of a row. */
static rc_keras_tensor reshape(rc_keras_walk *walk, const rc_keras_tensor *in, const json_t *config)
{
    rc_keras_tensor out = *in;
    const json_t *shape = rc_keras_list(walk, config, "newshape");
    shape = shape != NULL ? shape : rc_keras_list(walk, config, "shape");
    size_t dim[RC_KERAS_MOST_RANK], n = json_array_size(shape), product = 1;
    json_int_t batch = 0, size = 0;
    rc_keras_is_whole(json_array_get(shape, 0), &batch);
    bool fits = batch == -1 && n <= RC_KERAS_MOST_RANK + 1;
    for (size_t i = 1; fits && i < n; i++) {
        fits = rc_keras_is_whole(json_array_get(shape, i), &size) && size > 0 &&
               !__builtin_mul_overflow(product, (size_t)size, &product);
        dim[i - 1] = (size_t)size;
    }
    if (!fits || product != rc_keras_width(in))
        rc_keras_fail(walk, "its 'target_shape' does not fit %zu columns", rc_keras_width(in));
    else
        rc_keras_set_shape(walk, &out, dim, (unsigned)n - 1);
    return out;
}

/* -- which it is ---------------------------------------------------------------------------------
 */

bool rc_keras_operation_of_shape(rc_keras_walk *walk, const rc_keras_call *call, const char *name,
                                 const json_t *config, rc_keras_tensor *out)
{
    const rc_keras_tensor *in = &call->in[0];
    if (strcmp(name, "get_item") == 0 || strcmp(name, "getitem") == 0)
        *out = get_item(walk, call, config);
    else if (strcmp(name, "squeeze") == 0)
        *out = squeeze(walk, in, config);
    else if (strcmp(name, "expand_dims") == 0)
        *out = expand(walk, in, config);
    else if (strcmp(name, "reshape") == 0)
        *out = reshape(walk, in, config);
    else if (strcmp(name, "cast") == 0)
        *out = cast(walk, in, config);
    else if (strcmp(name, "identity") == 0)
        *out = *in;
    else
        return false;
    return true;
}
