/* arrays.c - the weights of a layer, held against what its configuration promises. */
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "model/foreign/keras/walk.h"

static size_t position_of(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (name != NULL && strcmp(name, names[i]) == 0)
            return i;
    return SIZE_MAX;
}

/* By name if every name is one of these; else the file has numbers, or an old Keras its own names:
 * they stand in this order. */
static bool place(rc_keras_walk *walk, const rc_keras_arrays *arrays, const char *const *names,
                  size_t n, const rc_keras_array **out)
{
    bool are_named = true;
    for (size_t i = 0; i < arrays->n; i++)
        are_named = are_named && position_of(arrays->items[i].name, names, n) != SIZE_MAX;
    for (size_t i = 0; i < arrays->n; i++) {
        size_t at = are_named ? position_of(arrays->items[i].name, names, n) : i;
        if (at >= n)
            return rc_keras_fail(walk,
                                 "%zu arrays of weights in the file, more than the %zu of "
                                 "such a layer",
                                 arrays->n, n);
        out[at] = &arrays->items[i];
    }
    return true;
}

bool rc_keras_arrays_of(rc_keras_walk *walk, const rc_keras_id *id, rc_keras_arrays *out)
{
    rc_error err = {0};
    *out = (rc_keras_arrays){0};
    rc_status st = rc_keras_store_arrays(walk->store, id, out, &err);
    if (st < 0) {
        walk->status = st == RC_E_SYSTEM ? st : walk->status;
        return rc_keras_fail(walk, "%s", err.text);
    }
    rc_keras_array *items = rc_keras_alloc(walk, out->n, sizeof(*items));
    if (items != NULL && out->n > 0)
        memcpy(items, out->items, out->n * sizeof(*items));
    free(out->items);
    out->items = items;
    return items != NULL;
}

bool rc_keras_arrays_get(rc_keras_walk *walk, const rc_keras_layer *layer, const char *const *names,
                         size_t n, const rc_keras_array **out)
{
    rc_keras_arrays arrays;
    for (size_t i = 0; i < n; i++)
        out[i] = NULL;
    if (!rc_keras_is_ok(walk))
        return false;
    return rc_keras_arrays_of(walk, &layer->id, &arrays) && place(walk, &arrays, names, n, out);
}

static const char *shape_text(const rc_keras_array *array, char *out, size_t n)
{
    rc_keras_tensor shape = {.rank = array->rank < RC_KERAS_MOST_RANK ? array->rank
                                                                      : RC_KERAS_MOST_RANK};
    for (unsigned i = 0; i < shape.rank; i++)
        shape.dim[i] = array->shape[i];
    return rc_keras_shape_text(&shape, out, n);
}

bool rc_keras_has_shape(rc_keras_walk *walk, const rc_keras_array *array, const char *name,
                        size_t n_rows, size_t n_columns)
{
    char text[96];
    if (!rc_keras_is_ok(walk))
        return false;
    if (array == NULL)
        return rc_keras_fail(walk, "the file has no weights '%s' of it", name);
    if (array->rank != 2 || array->shape[0] != n_rows || array->shape[1] != n_columns)
        return rc_keras_fail(walk, "weights '%s' are of shape %s, where (%zu, %zu) is wanted", name,
                             shape_text(array, text, sizeof(text)), n_rows, n_columns);
    return true;
}

const double *rc_keras_vector(rc_keras_walk *walk, const rc_keras_array *array, const char *name,
                              size_t n)
{
    char text[96];
    if (!rc_keras_is_ok(walk))
        return NULL;
    if (array == NULL) {
        rc_keras_fail(walk, "the file has no weights '%s' of it", name);
        return NULL;
    }
    if (array->n != n) {
        rc_keras_fail(walk, "weights '%s' are of shape %s, where %zu numbers are wanted", name,
                      shape_text(array, text, sizeof(text)), n);
        return NULL;
    }
    double *numbers = rc_keras_alloc(walk, n, sizeof(*numbers));
    for (size_t i = 0; numbers != NULL && i < n; i++)
        numbers[i] = rc_number_at(array->type, array->data, i);
    return numbers;
}
