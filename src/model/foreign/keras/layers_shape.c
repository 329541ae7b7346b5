/* layers_shape.c - layers that move columns, or do nothing once a model is trained. */
#include "model/foreign/keras/walk.h"

rc_keras_tensor rc_keras_same(rc_keras_walk *walk, const rc_keras_call *call)
{
    (void)walk;
    return call->in[0];
}

rc_keras_tensor rc_keras_flatten(rc_keras_walk *walk, const rc_keras_call *call)
{
    rc_keras_tensor out = call->in[0];
    size_t width = rc_keras_width(&out);
    const char *format = rc_keras_text(walk, call->layer->config, "data_format", "channels_last");
    if (strcmp(format, "channels_last") != 0 && out.rank > 1)
        rc_keras_fail(walk, "data_format 'channels_first' is not supported");
    rc_keras_set_shape(walk, &out, &width, 1);
    out.is_masked = false; /* Keras ends masks where places move */
    return out;
}

/* -1 stands for what is left. */
rc_keras_tensor rc_keras_reshape(rc_keras_walk *walk, const rc_keras_call *call)
{
    rc_keras_tensor out = call->in[0];
    const json_t *shape = rc_keras_list(walk, call->layer->config, "target_shape");
    size_t n = json_array_size(shape), width = rc_keras_width(&out), known = 1, open = SIZE_MAX;
    size_t dim[RC_KERAS_MOST_RANK];
    for (size_t i = 0; i < n && n <= RC_KERAS_MOST_RANK; i++) {
        json_int_t size = 0;
        rc_keras_is_whole(json_array_get(shape, i), &size);
        dim[i] = size > 0 ? (size_t)size : 0;
        if (size == -1 && open == SIZE_MAX)
            open = i;
        else if (__builtin_mul_overflow(known, dim[i], &known))
            known = 0;
    }
    if (open != SIZE_MAX)
        dim[open] = known > 0 && width % known == 0 ? width / known : 0;
    out.is_masked = false;
    bool fits = n <= RC_KERAS_MOST_RANK && known > 0 && (open != SIZE_MAX || known == width) &&
                (open == SIZE_MAX || dim[open] > 0);
    if (!fits || !rc_keras_set_shape(walk, &out, dim, (unsigned)n))
        rc_keras_fail(walk, "its 'target_shape' does not fit %zu columns", width);
    return out;
}

/* dims: axes from 1 in their new order. */
static bool read_order(rc_keras_walk *walk, const json_t *config, unsigned rank, size_t *order)
{
    const json_t *dims = rc_keras_list(walk, config, "dims");
    unsigned seen = 0;
    for (unsigned i = 0; i < rank && json_array_size(dims) == rank; i++) {
        json_int_t axis;
        if (!rc_keras_is_whole(json_array_get(dims, i), &axis) || axis < 1 ||
            axis > (json_int_t)rank)
            break;
        order[i] = (size_t)axis - 1;
        seen |= 1U << order[i];
    }
    if (seen == (1U << rank) - 1)
        return true;
    return rc_keras_fail(walk, "its 'dims' are not the axes from 1 to %u, each once", rank);
}

rc_keras_tensor rc_keras_permute(rc_keras_walk *walk, const rc_keras_call *call)
{
    const rc_keras_tensor *in = &call->in[0];
    rc_keras_tensor out = rc_keras_like(in, RC_NO_VALUE);
    size_t order[RC_KERAS_MOST_RANK], stride[RC_KERAS_MOST_RANK], width = rc_keras_width(in);
    size_t *columns = rc_keras_alloc(walk, width, sizeof(*columns));
    if (columns == NULL || !read_order(walk, call->layer->config, in->rank, order))
        return out;
    for (size_t i = in->rank, product = 1; i-- > 0; product *= in->dim[i])
        stride[i] = product;
    for (unsigned i = 0; i < in->rank; i++)
        out.dim[i] = in->dim[order[i]];
    for (size_t c = 0; c < width; c++) {
        size_t at = c;
        for (size_t i = in->rank; i-- > 0; at /= out.dim[i])
            columns[c] += at % out.dim[i] * stride[order[i]];
    }
    out.v = rc_tape_select(walk->tape, in->v, columns, width);
    out.is_masked = false;
    return out;
}

rc_keras_tensor rc_keras_repeat_vector(rc_keras_walk *walk, const rc_keras_call *call)
{
    const rc_keras_tensor *in = &call->in[0];
    rc_keras_tensor out = rc_keras_like(in, RC_NO_VALUE);
    json_int_t times = rc_keras_whole(walk, call->layer->config, "n", 0);
    if (in->rank != 1 || times < 1 || times > RC_MODEL_MAX_INPUTS) {
        rc_keras_fail(walk, "'n' is not from 1 to %d, or the row not of rank 1",
                      RC_MODEL_MAX_INPUTS);
        return out;
    }
    size_t n = (size_t)times, width = rc_keras_width(in);
    if (!rc_keras_set_shape(walk, &out, (size_t[]){n, width}, 2))
        return out;
    size_t *columns = rc_keras_alloc(walk, n * width, sizeof(*columns));
    for (size_t i = 0; columns != NULL && i < n * width; i++)
        columns[i] = i % width;
    if (columns != NULL)
        out.v = rc_tape_select(walk->tape, in->v, columns, n * width);
    return out;
}

/* -- pooling over all places of (places, channels) -----------------------------------------------
 */

static rc_keras_tensor pool(rc_keras_walk *walk, const rc_keras_call *call, rc_elementwise fn)
{
    const rc_keras_tensor *in = &call->in[0];
    size_t n = rc_keras_last(in), n_places = rc_keras_width(in) / n;
    const char *format = rc_keras_text(walk, call->layer->config, "data_format", "channels_last");
    if (in->rank != 2 || strcmp(format, "channels_last") != 0)
        rc_keras_fail(walk, "it pools what is not of the shape (places, channels)");
    if (in->is_masked)
        rc_keras_fail(walk, "it leaves out what an Embedding with 'mask_zero' masks");
    rc_value v = rc_compose_reduce(walk->tape, fn, in->v, 1, n_places, n);
    if (fn == RC_FN_ADD)
        v = rc_tape_divide(walk->tape, v, (double)n_places);
    if (!rc_keras_bool(walk, call->layer->config, "keepdims", false))
        return rc_keras_flat(v, n);
    rc_keras_tensor out = rc_keras_like(in, v);
    out.dim[0] = 1;
    return out;
}

rc_keras_tensor rc_keras_pool_average(rc_keras_walk *walk, const rc_keras_call *call)
{
    return pool(walk, call, RC_FN_ADD);
}

rc_keras_tensor rc_keras_pool_max(rc_keras_walk *walk, const rc_keras_call *call)
{
    return pool(walk, call, RC_FN_MAX);
}
