/* tape_steps.c - make a native model: its steps. */
#include "model/foreign/tape_state.h"

#include <math.h>
#include <stdlib.h>

#include "model/words.h"

/* Without a step there is nothing to fill: the failure is kept. */

rc_value rc_tape_affine(rc_tape *tape, rc_value v, const rc_affine *affine)
{
    json_t *step = rc_tape_begin(tape, "affine", &v, 1);
    if (step == NULL)
        return RC_NO_VALUE;
    size_t n = rc_tape_width(tape, v);
    const char *const keys[] = {"center", "divide", "scale", "shift"};
    const double *const all[] = {affine->center, affine->divide, affine->scale, affine->shift};
    for (size_t i = 0; i < 4; i++)
        if (all[i] != NULL)
            rc_tape_put_vector(tape, step, keys[i], all[i], n, true);
    return rc_tape_end(tape, step, n);
}

/* One number for all columns. */
static rc_value affine_of(rc_tape *tape, rc_value v, const char *key, double x)
{
    json_t *step = rc_tape_begin(tape, "affine", &v, 1);
    if (step == NULL)
        return RC_NO_VALUE;
    rc_tape_put_number(tape, step, key, x);
    return rc_tape_end(tape, step, rc_tape_width(tape, v));
}

rc_value rc_tape_shift(rc_tape *tape, rc_value v, double shift)
{
    return affine_of(tape, v, "shift", shift);
}

rc_value rc_tape_scale(rc_tape *tape, rc_value v, double scale)
{
    return affine_of(tape, v, "scale", scale);
}

rc_value rc_tape_divide(rc_tape *tape, rc_value v, double divide)
{
    return affine_of(tape, v, "divide", divide);
}

rc_value rc_tape_dense(rc_tape *tape, const rc_value *in, size_t n_in, const rc_matrix *weights,
                       const double *bias)
{
    json_t *step = rc_tape_begin(tape, "dense", in, n_in);
    if (step == NULL)
        return RC_NO_VALUE;
    size_t width = 0;
    for (size_t i = 0; i < n_in; i++)
        width += rc_tape_width(tape, in[i]);
    if (width != weights->n_rows)
        return rc_tape_fail(tape, "weights for %zu columns, but %zu are read", weights->n_rows,
                            width);
    rc_tape_put_matrix(tape, step, "weights", weights);
    if (bias != NULL)
        rc_tape_put_vector(tape, step, "bias", bias, weights->n_columns, weights->n_rows > 0);
    rc_value made = rc_tape_end(tape, step, weights->n_columns);
    if (made != RC_NO_VALUE && bias == NULL)
        tape->values[made].peeled = RC_PEEL_BIAS;
    return made;
}

bool rc_tape_add_bias(rc_tape *tape, rc_value v, const double *bias)
{
    if (tape->status < 0 || v == RC_NO_VALUE || v + 1 != tape->n_values ||
        tape->values[v].peeled != RC_PEEL_BIAS)
        return false;
    json_t *step = json_array_get(tape->steps, json_array_size(tape->steps) - 1);
    rc_tape_put_vector(tape, step, "bias", bias, tape->values[v].width, true);
    tape->values[v].peeled = RC_PEEL_NOTHING;
    return true;
}

rc_value rc_tape_constant(rc_tape *tape, const double *numbers, size_t n)
{
    rc_matrix none = {.n_columns = n};
    return rc_tape_dense(tape, NULL, 0, &none, numbers);
}

rc_value rc_tape_activation(rc_tape *tape, rc_value v, rc_activation fn,
                            const rc_activation_spec *spec)
{
    json_t *step = rc_tape_begin(tape, "activation", &v, 1);
    if (step == NULL)
        return RC_NO_VALUE;
    rc_tape_put_text(tape, step, "fn", rc_words_activation[fn]);
    for (size_t i = 0; spec != NULL && i < RC_ACTIVATION_PARAMETERS; i++) {
        const rc_activation_parameter *p = &rc_activation_parameters[i];
        const double *x = (const double *)(const void *)((const char *)spec + p->at);
        if ((p->fns >> fn & 1) != 0)
            rc_tape_put_number(tape, step, p->name, *x);
    }
    rc_value made = rc_tape_end(tape, step, rc_tape_width(tape, v));
    if (made != RC_NO_VALUE) {
        tape->values[made].read = v;
        tape->values[made].peeled = (int)fn;
    }
    return made;
}

rc_value rc_tape_softmax(rc_tape *tape, rc_value v, bool log)
{
    json_t *step = rc_tape_begin(tape, "softmax", &v, 1);
    if (step == NULL)
        return RC_NO_VALUE;
    if (log)
        rc_tape_put(tape, step, "log", json_true());
    rc_value made = rc_tape_end(tape, step, rc_tape_width(tape, v));
    if (made != RC_NO_VALUE && !log) {
        tape->values[made].read = v;
        tape->values[made].peeled = RC_PEEL_SOFTMAX;
    }
    return made;
}

rc_value rc_tape_impute(rc_tape *tape, rc_value v, const double *values, double missing)
{
    json_t *step = rc_tape_begin(tape, "impute", &v, 1);
    if (step == NULL)
        return RC_NO_VALUE;
    rc_tape_put_vector(tape, step, "values", values, rc_tape_width(tape, v), true);
    if (!isnan(missing))
        rc_tape_put_number(tape, step, "missing", missing);
    return rc_tape_end(tape, step, rc_tape_width(tape, v));
}

rc_value rc_tape_clip(rc_tape *tape, rc_value v, const double *min, const double *max)
{
    json_t *step = rc_tape_begin(tape, "clip", &v, 1);
    if (step == NULL)
        return RC_NO_VALUE;
    size_t n = rc_tape_width(tape, v);
    if (min != NULL)
        rc_tape_put_vector(tape, step, "min", min, n, true);
    if (max != NULL)
        rc_tape_put_vector(tape, step, "max", max, n, true);
    return rc_tape_end(tape, step, n);
}

rc_value rc_tape_normalise(rc_tape *tape, rc_value v, rc_norm norm)
{
    json_t *step = rc_tape_begin(tape, "normalise", &v, 1);
    if (step == NULL)
        return RC_NO_VALUE;
    rc_tape_put_text(tape, step, "norm", rc_words_norm[norm]);
    return rc_tape_end(tape, step, rc_tape_width(tape, v));
}

/* -- keys ----------------------------------------------------------------------------------------
 */

rc_value rc_tape_onehot_texts(rc_tape *tape, rc_value v, const char *const *values, size_t n,
                              bool unknown_is_error)
{
    json_t *step = rc_tape_begin(tape, "onehot", &v, 1);
    if (step == NULL)
        return RC_NO_VALUE;
    rc_tape_put_labels(tape, step, "values", values, n, false);
    rc_tape_put_text(tape, step, "unknown", unknown_is_error ? "error" : "zeros");
    return rc_tape_end(tape, step, n);
}

rc_value rc_tape_onehot_numbers(rc_tape *tape, rc_value v, const double *values, size_t n,
                                bool unknown_is_error)
{
    json_t *step = rc_tape_begin(tape, "onehot", &v, 1);
    if (step == NULL)
        return RC_NO_VALUE;
    rc_tape_put_vector(tape, step, "values", values, n, false);
    rc_tape_put_text(tape, step, "unknown", unknown_is_error ? "error" : "zeros");
    return rc_tape_end(tape, step, n);
}

/* The rows, and what an unseen value gives. */
static rc_value end_lookup(rc_tape *tape, json_t *step, const rc_matrix *table, size_t n,
                           const double *unknown)
{
    if (table->n_rows != n)
        return rc_tape_fail(tape, "%zu keys, but %zu rows of values", n, table->n_rows);
    rc_tape_put_matrix(tape, step, "values", table);
    if (unknown != NULL)
        rc_tape_put_vector(tape, step, "default", unknown, table->n_columns, false);
    else
        rc_tape_put_text(tape, step, "default", "error");
    return rc_tape_end(tape, step, table->n_columns);
}

rc_value rc_tape_lookup_texts(rc_tape *tape, rc_value v, const char *const *keys, size_t n,
                              const rc_matrix *table, const double *unknown)
{
    json_t *step = rc_tape_begin(tape, "lookup", &v, 1);
    if (step == NULL)
        return RC_NO_VALUE;
    rc_tape_put_labels(tape, step, "keys", keys, n, false);
    return end_lookup(tape, step, table, n, unknown);
}

rc_value rc_tape_lookup_numbers(rc_tape *tape, rc_value v, const double *keys, size_t n,
                                const rc_matrix *table, const double *unknown)
{
    json_t *step = rc_tape_begin(tape, "lookup", &v, 1);
    if (step == NULL)
        return RC_NO_VALUE;
    rc_tape_put_vector(tape, step, "keys", keys, n, false);
    return end_lookup(tape, step, table, n, unknown);
}

/* -- functions of columns ------------------------------------------------------------------------
 */

/* A number that JSON has no word for is a column of its own. */
static rc_tape_operand writable(rc_tape *tape, rc_tape_operand operand)
{
    if (!operand.is_number || isfinite(operand.number))
        return operand;
    return rc_of_value(rc_tape_constant(tape, &operand.number, 1));
}

static json_t *operand_json(const rc_tape *tape, const rc_tape_operand *operand)
{
    return operand->is_number ? rc_tape_json_number(operand->number)
                              : json_string(tape->values[operand->v].name);
}

/* All operands as wide as the widest, or 1; 0: it is kept that they are not. */
static size_t common_width(rc_tape *tape, const rc_tape_operand *operands, size_t n)
{
    size_t width = 0;
    for (size_t i = 0; i < n; i++) {
        size_t w = operands[i].is_number ? 1 : rc_tape_width(tape, operands[i].v);
        width = w > width ? w : width;
    }
    for (size_t i = 0; i < n; i++) {
        size_t w = operands[i].is_number ? 1 : rc_tape_width(tape, operands[i].v);
        if (w != width && w != 1) {
            rc_tape_fail(tape, "operands of %zu and %zu columns", w, width);
            return 0;
        }
    }
    return width;
}

static rc_value apply(rc_tape *tape, rc_elementwise fn, rc_tape_operand *operands, size_t n)
{
    for (size_t i = 0; i < n; i++)
        operands[i] = writable(tape, operands[i]);
    for (size_t i = 0; i < n; i++)
        if (!operands[i].is_number && !rc_tape_is_sound(tape, &operands[i].v, 1))
            return RC_NO_VALUE;
    size_t width = tape->status < 0 ? 0 : common_width(tape, operands, n);
    json_t *step = rc_tape_begin(tape, "elementwise", NULL, 1);
    json_t *in = step != NULL ? json_array() : NULL;
    if (in == NULL)
        return step == NULL ? RC_NO_VALUE : rc_tape_fail_memory(tape);
    rc_tape_put(tape, step, "in", in);
    rc_tape_put_text(tape, step, "fn", rc_words_elementwise[fn]);
    for (size_t i = 0; i < n && tape->status >= 0; i++)
        if (json_array_append_new(in, operand_json(tape, &operands[i])) != 0)
            rc_tape_fail_memory(tape);
    return rc_tape_end(tape, step, width);
}

rc_value rc_tape_apply1(rc_tape *tape, rc_elementwise fn, rc_value a)
{
    rc_tape_operand operands[] = {rc_of_value(a)};
    return apply(tape, fn, operands, 1);
}

rc_value rc_tape_apply2(rc_tape *tape, rc_elementwise fn, rc_tape_operand a, rc_tape_operand b)
{
    rc_tape_operand operands[] = {a, b};
    return apply(tape, fn, operands, 2);
}

rc_value rc_tape_if(rc_tape *tape, rc_value condition, rc_tape_operand then,
                    rc_tape_operand otherwise)
{
    rc_tape_operand operands[] = {rc_of_value(condition), then, otherwise};
    return apply(tape, RC_FN_IF, operands, 3);
}

rc_value rc_tape_bin(rc_tape *tape, rc_value v, const double *edges, size_t n_edges, bool right,
                     bool is_onehot)
{
    json_t *step = rc_tape_begin(tape, "bin", &v, 1);
    double *copy = step != NULL ? rc_tape_alloc(tape, n_edges, sizeof(double)) : NULL;
    if (copy == NULL)
        return RC_NO_VALUE;
    if (n_edges > 0)
        memcpy(copy, edges, n_edges * sizeof(double));
    size_t n = rc_tape_width(tape, v);
    rc_matrix rows = {RC_NUMBER_F64, copy, n, n_edges, 0, 1}; /* the same edges for each column */
    rc_tape_put_matrix(tape, step, "edges", &rows);
    if (right)
        rc_tape_put(tape, step, "right", json_true());
    if (is_onehot)
        rc_tape_put_text(tape, step, "encode", "onehot");
    return rc_tape_end(tape, step, is_onehot ? n * (n_edges + 1) : n);
}

/* -- columns -------------------------------------------------------------------------------------
 */

/* Whether they are all of v, in order. */
static bool is_all(const rc_tape *tape, rc_value v, const size_t *columns, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (columns[i] != i)
            return false;
    return n == rc_tape_width(tape, v);
}

rc_value rc_tape_select(rc_tape *tape, rc_value v, const size_t *columns, size_t n)
{
    if (!rc_tape_is_sound(tape, &v, 1))
        return RC_NO_VALUE;
    if (is_all(tape, v, columns, n))
        return v;
    if (n > RC_MODEL_MAX_INPUTS)
        return rc_tape_fail(tape, "makes %zu columns, more than can be scored", n);
    json_t *step = rc_tape_begin(tape, "select", &v, 1);
    double *numbers = step != NULL ? rc_tape_alloc(tape, n, sizeof(double)) : NULL;
    if (numbers == NULL)
        return RC_NO_VALUE;
    for (size_t i = 0; i < n; i++) {
        if (columns[i] >= rc_tape_width(tape, v))
            return rc_tape_fail(tape, "column %zu of %zu is asked for", columns[i],
                                rc_tape_width(tape, v));
        numbers[i] = (double)columns[i];
    }
    rc_tape_put_vector(tape, step, "columns", numbers, n, false);
    return rc_tape_end(tape, step, n);
}

rc_value rc_tape_slice(rc_tape *tape, rc_value v, size_t first, size_t n)
{
    if (!rc_tape_is_sound(tape, &v, 1))
        return RC_NO_VALUE;
    if (first > rc_tape_width(tape, v) || n > rc_tape_width(tape, v) - first)
        return rc_tape_fail(tape, "columns %zu to %zu of %zu are asked for", first, first + n,
                            rc_tape_width(tape, v));
    size_t *columns = rc_alloc_array(n, sizeof(*columns));
    if (columns == NULL)
        return rc_tape_fail_memory(tape);
    for (size_t i = 0; i < n; i++)
        columns[i] = first + i;
    rc_value made = rc_tape_select(tape, v, columns, n);
    free(columns);
    return made;
}

rc_value rc_tape_concat(rc_tape *tape, const rc_value *values, size_t n)
{
    if (!rc_tape_is_sound(tape, values, n))
        return RC_NO_VALUE;
    if (n == 1)
        return values[0];
    json_t *step = rc_tape_begin(tape, "concat", values, n);
    size_t width = 0;
    for (size_t i = 0; i < n; i++)
        width += rc_tape_width(tape, values[i]);
    return step != NULL ? rc_tape_end(tape, step, width) : RC_NO_VALUE;
}
