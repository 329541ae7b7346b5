/* tensors.c - shapes of what flows between the layers. */
#include <stdio.h>
#include <string.h>

#include "model/foreign/keras/walk.h"

size_t rc_keras_width(const rc_keras_tensor *tensor)
{
    size_t width = 1;
    for (unsigned i = 0; i < tensor->rank; i++)
        width *= tensor->dim[i];
    return width;
}

size_t rc_keras_last(const rc_keras_tensor *tensor)
{
    return tensor->rank > 0 ? tensor->dim[tensor->rank - 1] : 1;
}

rc_keras_tensor rc_keras_like(const rc_keras_tensor *tensor, rc_value v)
{
    rc_keras_tensor made = *tensor;
    made.v = v;
    made.is_whole = false;
    made.origin = SIZE_MAX;
    return made;
}

rc_keras_tensor rc_keras_flat(rc_value v, size_t width)
{
    return (rc_keras_tensor){.v = v, .rank = 1, .dim = {width}, .origin = SIZE_MAX};
}

bool rc_keras_set_shape(rc_keras_walk *walk, rc_keras_tensor *tensor, const size_t *dim,
                        unsigned rank)
{
    size_t width = 1;
    if (rank > RC_KERAS_MOST_RANK)
        return rc_keras_fail(walk, "more than %d dimensions", RC_KERAS_MOST_RANK);
    for (unsigned i = 0; i < rank; i++)
        if (dim[i] == 0 || __builtin_mul_overflow(width, dim[i], &width) ||
            width > RC_MODEL_MAX_INPUTS)
            return rc_keras_fail(walk, "a row without a number, or of more than %d",
                                 RC_MODEL_MAX_INPUTS);
    tensor->rank = rank;
    for (unsigned i = 0; i < rank; i++)
        tensor->dim[i] = dim[i];
    return true;
}

const char *rc_keras_shape_text(const rc_keras_tensor *tensor, char *out, size_t n)
{
    size_t at = (size_t)snprintf(out, n, "(");
    for (unsigned i = 0; i < tensor->rank && at < n; i++)
        at += (size_t)snprintf(out + at, n - at, i > 0 ? ", %zu" : "%zu", tensor->dim[i]);
    if (at < n)
        snprintf(out + at, n - at, ")");
    return out;
}

void rc_keras_split(const rc_keras_tensor *tensor, size_t axis, size_t *outer, size_t *n,
                    size_t *inner)
{
    *outer = *inner = 1;
    *n = tensor->rank > 0 ? tensor->dim[axis] : 1;
    for (size_t i = 0; i < tensor->rank; i++) {
        if (i < axis)
            *outer *= tensor->dim[i];
        if (i > axis)
            *inner *= tensor->dim[i];
    }
}

const double *rc_keras_tile(rc_keras_walk *walk, const rc_keras_tensor *tensor,
                            const double *numbers, size_t n)
{
    size_t width = rc_keras_width(tensor);
    if (numbers == NULL || n == width)
        return numbers;
    double *all = rc_keras_alloc(walk, width, sizeof(*all));
    for (size_t i = 0; all != NULL && i < width; i++)
        all[i] = numbers[i % n];
    return all;
}

void rc_keras_drop_batch(rc_keras_tensor *constant, const rc_keras_tensor *in)
{
    if (constant->rank != in->rank + 1 || constant->dim[0] != 1)
        return;
    constant->rank--;
    memmove(constant->dim, constant->dim + 1, constant->rank * sizeof(*constant->dim));
}

size_t rc_keras_source(const rc_keras_tensor *from, const rc_keras_tensor *to, size_t at)
{
    size_t column = 0, stride = 1;
    for (unsigned i = 0; i < to->rank; i++) { /* from the last dimension on */
        size_t along = at % to->dim[to->rank - 1 - i];
        at /= to->dim[to->rank - 1 - i];
        if (i < from->rank) {
            size_t n = from->dim[from->rank - 1 - i];
            column += (n == 1 ? 0 : along) * stride;
            stride *= n;
        }
    }
    return column;
}

rc_value rc_keras_broadcast(rc_keras_walk *walk, const rc_keras_tensor *tensor,
                            const rc_keras_tensor *to)
{
    bool is_same = tensor->rank == to->rank;
    for (unsigned i = 0; is_same && i < to->rank; i++)
        is_same = tensor->dim[i] == to->dim[i];
    if (is_same || rc_keras_width(tensor) == 1)
        return tensor->v;
    size_t width = rc_keras_width(to);
    size_t *columns = rc_keras_alloc(walk, width, sizeof(*columns));
    if (columns == NULL)
        return RC_NO_VALUE;
    for (size_t i = 0; i < width; i++)
        columns[i] = rc_keras_source(tensor, to, i);
    return rc_tape_select(walk->tape, tensor->v, columns, width);
}
