/* config.c - failures with their place, and members of JSON objects of which nothing is trusted. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "model/foreign/keras/walk.h"

/* -- failures ------------------------------------------------------------------------------------
 */

bool rc_keras_is_ok(const rc_keras_walk *walk)
{
    return walk->status >= 0 && rc_tape_status(walk->tape, NULL) >= 0;
}

bool rc_keras_fail(rc_keras_walk *walk, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (rc_keras_is_ok(walk))
        rc_tape_fail(walk->tape, "%s", text);
    return false;
}

void rc_keras_hint(rc_keras_walk *walk, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (rc_keras_is_ok(walk))
        vsnprintf(walk->hint, sizeof(walk->hint), format, args);
    va_end(args);
}

void *rc_keras_alloc(rc_keras_walk *walk, size_t n, size_t size)
{
    return rc_tape_alloc(walk->tape, n, size);
}

/* -- members -------------------------------------------------------------------------------------
 */

static const char *type_name(const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a text";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    default:
        return "true or false";
    }
}

/* The member; NULL if it is absent or null. */
static const json_t *member(const json_t *object, const char *key)
{
    const json_t *json = json_object_get(object, key);
    return json == NULL || json_is_null(json) ? NULL : json;
}

static void fail_type(rc_keras_walk *walk, const char *key, const char *wanted, const json_t *json)
{
    rc_keras_fail(walk, "'%s' is %s, where %s is wanted", key, type_name(json), wanted);
}

const char *rc_keras_text(rc_keras_walk *walk, const json_t *object, const char *key,
                          const char *fallback)
{
    const json_t *json = member(object, key);
    if (json == NULL)
        return fallback;
    if (!json_is_string(json))
        fail_type(walk, key, "a text", json);
    return json_is_string(json) ? json_string_value(json) : fallback;
}

double rc_keras_number(rc_keras_walk *walk, const json_t *object, const char *key, double fallback)
{
    const json_t *json = member(object, key);
    if (json == NULL)
        return fallback;
    if (json_is_number(json))
        return json_number_value(json);
    size_t n = 0; /* as Keras 3 writes a NumPy scalar or tensor */
    const double *x = json_is_object(json) ? rc_keras_numbers(walk, json, key, &n) : NULL;
    if (n == 1)
        return *x;
    fail_type(walk, key, "a number", json);
    return fallback;
}

bool rc_keras_bool(rc_keras_walk *walk, const json_t *object, const char *key, bool fallback)
{
    const json_t *json = member(object, key);
    if (json == NULL)
        return fallback;
    if (json_is_number(json))
        return json_number_value(json) != 0;
    if (!json_is_boolean(json))
        fail_type(walk, key, "true or false", json);
    return json_is_true(json);
}

/* Configurations are decoded with all numbers as doubles. */
bool rc_keras_is_whole(const json_t *json, json_int_t *whole)
{
    double x = json_number_value(json);
    if (!json_is_number(json) || x != floor(x) || fabs(x) > 9007199254740992.0)
        return false;
    *whole = (json_int_t)x;
    return true;
}

json_int_t rc_keras_whole(rc_keras_walk *walk, const json_t *object, const char *key,
                          json_int_t fallback)
{
    const json_t *json = member(object, key);
    if (json == NULL)
        return fallback;
    if (!rc_keras_is_whole(json, &fallback))
        fail_type(walk, key, "a whole number", json);
    return fallback;
}

const json_t *rc_keras_list(rc_keras_walk *walk, const json_t *object, const char *key)
{
    const json_t *json = member(object, key);
    if (json != NULL && !json_is_array(json)) {
        fail_type(walk, key, "a list", json);
        return NULL;
    }
    return json;
}

const json_t *rc_keras_object(rc_keras_walk *walk, const json_t *object, const char *key)
{
    const json_t *json = member(object, key);
    if (json != NULL && !json_is_object(json)) {
        fail_type(walk, key, "an object", json);
        return NULL;
    }
    return json;
}

/* -- lists of numbers ----------------------------------------------------------------------------
 */

/* Numbers in nested lists; those of out are set if it is not NULL. False: something else is there.
 */
static bool count_numbers(const json_t *json, unsigned depth, double *out, size_t *n)
{
    if (json_is_number(json)) {
        if (out != NULL)
            out[*n] = json_number_value(json);
        ++*n;
        return true;
    }
    if (!json_is_array(json) || depth > RC_KERAS_MOST_DEPTH)
        return false;
    for (size_t i = 0; i < json_array_size(json); i++)
        if (!count_numbers(json_array_get(json, i), depth + 1, out, n))
            return false;
    return true;
}

/* {"class_name": "__numpy__" or "__tensor__", "config": {"value": ...}}, and tf_keras's
 * {"type": "array"}: what is in it. */
static const json_t *unwrapped(const json_t *json)
{
    const json_t *config = json_object_get(json, "config");
    const json_t *value = json_object_get(config, "value");
    if (value != NULL)
        return value;
    value = json_object_get(json, "value");
    return value != NULL ? value : json;
}

const double *rc_keras_numbers(rc_keras_walk *walk, const json_t *json, const char *key, size_t *n)
{
    *n = 0;
    if (json == NULL || json_is_null(json))
        return NULL;
    const json_t *list = json_is_object(json) ? unwrapped(json) : json;
    size_t at = 0;
    if (!count_numbers(list, 0, NULL, n)) {
        fail_type(walk, key, "a list of numbers", json);
        *n = 0;
        return NULL;
    }
    double *out = rc_keras_alloc(walk, *n, sizeof(*out));
    if (out == NULL)
        *n = 0;
    else
        count_numbers(list, 0, out, &at);
    return out;
}

const double *rc_keras_constant(rc_keras_walk *walk, const json_t *json, const char *key,
                                rc_keras_tensor *shape)
{
    size_t n, product = 1;
    const double *numbers = rc_keras_numbers(walk, json, key, &n);
    const json_t *list = json_is_object(json) ? unwrapped(json) : json;
    *shape = (rc_keras_tensor){.v = RC_NO_VALUE, .origin = SIZE_MAX};
    for (; json_is_array(list) && shape->rank < RC_KERAS_MOST_RANK; shape->rank++) {
        shape->dim[shape->rank] = json_array_size(list);
        product *= json_array_size(list);
        list = json_array_get(list, 0);
    }
    if (numbers == NULL || product == n)
        return numbers;
    rc_keras_fail(walk, "'%s' is no list of numbers, and no lists of the same length", key);
    return NULL;
}

size_t rc_keras_axis(rc_keras_walk *walk, const json_t *object, const char *key,
                     json_int_t fallback, const rc_keras_tensor *in)
{
    const json_t *json = member(object, key);
    if (json_is_array(json) && json_array_size(json) == 1)
        json = json_array_get(json, 0);
    double x = json == NULL ? (double)fallback : json_number_value(json);
    if (json != NULL && !json_is_number(json)) {
        fail_type(walk, key, "one axis", json);
        return SIZE_MAX;
    }
    x = x < 0 ? x + (double)in->rank : x - 1; /* axis 0 is the batch */
    for (unsigned i = 0; i < in->rank; i++)
        if (x == (double)i)
            return i;
    char shape[64];
    rc_keras_fail(walk, "'%s' is no axis of a row of shape %s", key,
                  rc_keras_shape_text(in, shape, sizeof(shape)));
    return SIZE_MAX;
}
