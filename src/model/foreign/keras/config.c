/* config.c - members of a Keras configuration, of which not one is trusted; shapes; arrays. */
#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "model/foreign/keras/read.h"

bool rc_is_failed_keras(const rc_keras *k)
{
    return k->status < 0 || rc_tape_status(k->tape, NULL) < 0;
}

static const json_t *member(const json_t *config, const char *key)
{
    const json_t *value = json_object_get(config, key);
    return json_is_null(value) ? NULL : value;
}

double rc_kc_number(rc_keras *k, const json_t *config, const char *key, double otherwise)
{
    const json_t *value = member(config, key);
    if (value == NULL)
        return otherwise;
    if (!json_is_number(value)) {
        rc_tape_fail(k->tape, "'%s' is no number", key);
        return otherwise;
    }
    return json_number_value(value);
}

bool rc_kc_flag(rc_keras *k, const json_t *config, const char *key, bool otherwise)
{
    const json_t *value = member(config, key);
    if (value != NULL && !json_is_boolean(value))
        rc_tape_fail(k->tape, "'%s' is neither true nor false", key);
    return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

const char *rc_kc_text(const json_t *config, const char *key)
{
    return json_string_value(json_object_get(config, key));
}

const double *rc_kc_numbers(rc_keras *k, const json_t *config, const char *key, size_t *n)
{
    const json_t *value = member(config, key);
    *n = 0;
    if (value == NULL)
        return NULL;
    for (int depth = 0;
         depth < 4 && json_array_size(value) == 1 && json_is_array(json_array_get(value, 0));
         depth++)
        value = json_array_get(value, 0);
    bool is_list = json_is_array(value);
    *n = is_list ? json_array_size(value) : 1;
    double *numbers = rc_tape_alloc(k->tape, *n + 1, sizeof(double));
    for (size_t i = 0; numbers != NULL && i < *n; i++) {
        const json_t *item = is_list ? json_array_get(value, i) : value;
        if (!json_is_number(item)) {
            rc_tape_fail(k->tape, "'%s' is no list of numbers", key);
            return NULL;
        }
        numbers[i] = json_number_value(item);
    }
    return numbers;
}

/* -- shapes --------------------------------------------------------------------------------------
 */

rc_kt rc_kt_none(void)
{
    return (rc_kt){.v = RC_NO_VALUE};
}

rc_kt rc_kt_like(const rc_kt *t, rc_value v)
{
    rc_kt out = *t;
    out.v = v;
    return out;
}

rc_kt rc_kt_row(size_t width, rc_value v)
{
    return (rc_kt){.v = v, .rank = 1, .dims = {width}};
}

size_t rc_kt_width(const rc_kt *t)
{
    size_t n = 1;
    for (unsigned i = 0; i < t->rank; i++)
        n *= t->dims[i];
    return n;
}

size_t rc_kt_last(const rc_kt *t)
{
    return t->rank > 0 ? t->dims[t->rank - 1] : 1;
}

size_t rc_kt_groups(const rc_kt *t)
{
    size_t last = rc_kt_last(t);
    return last > 0 ? rc_kt_width(t) / last : 0;
}

/* -- arrays --------------------------------------------------------------------------------------
 */

const rc_keras_array *rc_ka_find(const rc_keras *k, const rc_keras_layer *layer, const char *name,
                                 size_t place)
{
    const rc_keras_arrays *arrays = layer->arrays;
    if (arrays == NULL)
        return NULL;
    if (k->is_v3)
        return place < arrays->n ? &arrays->items[place] : NULL;
    for (size_t i = 0; i < arrays->n; i++)
        if (strcmp(arrays->items[i].name, name) == 0)
            return &arrays->items[i];
    return NULL;
}

const double *rc_ka_numbers(rc_keras *k, const rc_keras_array *array, const char *name, size_t n)
{
    if (array == NULL)
        return NULL;
    if (array->n != n) {
        rc_tape_fail(k->tape, "'%s' has %zu numbers, but %zu are needed", name, array->n, n);
        return NULL;
    }
    double *numbers = rc_tape_alloc(k->tape, n + 1, sizeof(double));
    for (size_t i = 0; numbers != NULL && i < n; i++)
        numbers[i] = rc_number_at(array->type, array->data, i);
    k->is_double = k->is_double || array->type == RC_NUMBER_F64;
    return numbers;
}
