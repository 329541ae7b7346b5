/* layers_merge.c - layers that join several tensors. */
#include "model/foreign/keras/walk.h"

bool rc_keras_join_shapes(rc_keras_walk *walk, rc_keras_tensor *shape, const rc_keras_tensor *with)
{
    rc_keras_tensor joined = shape->rank >= with->rank ? *shape : *with;
    const rc_keras_tensor *other = shape->rank >= with->rank ? with : shape;
    for (unsigned i = 0; i < other->rank; i++) {
        size_t *n = &joined.dim[joined.rank - 1 - i], m = other->dim[other->rank - 1 - i];
        if (*n != m && *n != 1 && m != 1) {
            char a[96], b[96];
            return rc_keras_fail(walk, "rows of shapes %s and %s do not go together",
                                 rc_keras_shape_text(shape, a, sizeof(a)),
                                 rc_keras_shape_text(with, b, sizeof(b)));
        }
        *n = *n == 1 ? m : *n;
    }
    shape->rank = joined.rank;
    return rc_keras_set_shape(walk, shape, joined.dim, joined.rank);
}

rc_keras_tensor rc_keras_join(rc_keras_walk *walk, rc_elementwise fn, const rc_keras_tensor *a,
                              const rc_keras_tensor *b)
{
    rc_keras_tensor out = rc_keras_like(a, RC_NO_VALUE);
    if (!rc_keras_is_ok(walk) || !rc_keras_join_shapes(walk, &out, b))
        return out;
    rc_value first = rc_keras_broadcast(walk, a, &out), second = rc_keras_broadcast(walk, b, &out);
    out.v = rc_tape_apply2(walk->tape, fn, rc_of_value(first), rc_of_value(second));
    out.is_masked = a->is_masked || b->is_masked;
    return out;
}

rc_keras_tensor rc_keras_merge(rc_keras_walk *walk, const rc_keras_call *call)
{
    static const struct {
        const char *class_name;
        rc_elementwise fn;
    } functions[] = {{"Add", RC_FN_ADD},     {"Subtract", RC_FN_SUB}, {"Multiply", RC_FN_MUL},
                     {"Average", RC_FN_ADD}, {"Maximum", RC_FN_MAX},  {"Minimum", RC_FN_MIN}};
    rc_elementwise fn = RC_FN_ADD;
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
        if (strcmp(functions[i].class_name, call->layer->class_name) == 0)
            fn = functions[i].fn;
    if (fn == RC_FN_SUB && call->n_in != 2)
        rc_keras_fail(walk, "it reads %zu tensors, which is not supported", call->n_in);
    rc_keras_tensor out = call->in[0];
    for (size_t i = 1; i < call->n_in && rc_keras_is_ok(walk); i++)
        out = rc_keras_join(walk, fn, &out, &call->in[i]);
    return out;
}

rc_keras_tensor rc_keras_average(rc_keras_walk *walk, const rc_keras_call *call)
{
    rc_keras_tensor out = rc_keras_merge(walk, call);
    if (rc_keras_is_ok(walk))
        out.v = rc_tape_divide(walk->tape, out.v, (double)call->n_in);
    return out;
}

/* -- Concatenate ---------------------------------------------------------------------------------
 */

/* Whether all shapes are the same but for an axis; the shape of the whole. */
static bool stack_shapes(rc_keras_walk *walk, const rc_keras_tensor *in, size_t n, size_t axis,
                         rc_keras_tensor *out)
{
    *out = rc_keras_like(&in[0], RC_NO_VALUE);
    for (size_t i = 1; i < n; i++) {
        bool fits = in[i].rank == out->rank;
        for (size_t k = 0; fits && k < out->rank; k++)
            fits = k == axis || in[i].dim[k] == out->dim[k];
        if (!fits || __builtin_add_overflow(out->dim[axis], in[i].dim[axis], &out->dim[axis])) {
            char a[96], b[96];
            return rc_keras_fail(walk, "rows of shapes %s and %s do not go together",
                                 rc_keras_shape_text(&in[0], a, sizeof(a)),
                                 rc_keras_shape_text(&in[i], b, sizeof(b)));
        }
        out->is_masked = out->is_masked || in[i].is_masked;
    }
    return rc_keras_set_shape(walk, out, out->dim, out->rank);
}

/* The columns of the parts, one behind the other, in the order of the joined shape. */
static rc_value interleave(rc_keras_walk *walk, const rc_keras_tensor *in, size_t n, size_t axis,
                           const rc_keras_tensor *out, rc_value joined)
{
    size_t outer, length, inner, first = 0, before = 0, width = rc_keras_width(out);
    rc_keras_split(out, axis, &outer, &length, &inner);
    if (outer == 1)
        return joined;
    size_t *columns = rc_keras_alloc(walk, width, sizeof(*columns));
    if (columns == NULL)
        return RC_NO_VALUE;
    for (size_t i = 0; i < n; i++) {
        size_t run = in[i].dim[axis] * inner;
        for (size_t o = 0; o < outer; o++)
            for (size_t k = 0; k < run; k++)
                columns[o * length * inner + before + k] = first + o * run + k;
        first += outer * run;
        before += run;
    }
    return rc_tape_select(walk->tape, joined, columns, width);
}

rc_keras_tensor rc_keras_stack(rc_keras_walk *walk, const json_t *config, const rc_keras_tensor *in,
                               size_t n)
{
    rc_keras_tensor out = rc_keras_like(&in[0], RC_NO_VALUE);
    size_t axis = rc_keras_axis(walk, config, "axis", -1, &in[0]);
    rc_value *parts = rc_keras_alloc(walk, n, sizeof(*parts));
    if (axis == SIZE_MAX || parts == NULL || !stack_shapes(walk, in, n, axis, &out))
        return out;
    for (size_t i = 0; i < n; i++)
        parts[i] = in[i].v;
    rc_value joined = rc_tape_concat(walk->tape, parts, n);
    if (rc_keras_is_ok(walk))
        out.v = interleave(walk, in, n, axis, &out, joined);
    return out;
}

rc_keras_tensor rc_keras_concatenate(rc_keras_walk *walk, const rc_keras_call *call)
{
    rc_keras_tensor out = rc_keras_stack(walk, call->layer->config, call->in, call->n_in);
    out.is_whole = true;
    for (size_t i = 0; i < call->n_in; i++)
        out.is_whole = out.is_whole && call->in[i].is_whole;
    return out;
}

/* -- Dot -----------------------------------------------------------------------------------------
 */

rc_keras_tensor rc_keras_dot(rc_keras_walk *walk, const rc_keras_call *call)
{
    rc_tape *tape = walk->tape;
    const rc_keras_tensor *a = &call->in[0], *b = &call->in[1];
    rc_value x = a->v, y = b->v;
    if (a->rank != 1 || b->rank != 1 || a->dim[0] != b->dim[0]) {
        rc_keras_fail(walk, "a product of what is not two rows of the same width");
        return rc_keras_like(a, RC_NO_VALUE);
    }
    if (rc_keras_bool(walk, call->layer->config, "normalize", false)) {
        x = rc_keras_unit(walk, x, 1e7);
        y = rc_keras_unit(walk, y, 1e7);
    }
    rc_value product = rc_tape_apply2(tape, RC_FN_MUL, rc_of_value(x), rc_of_value(y));
    return rc_keras_flat(rc_compose_reduce(tape, RC_FN_ADD, product, 1, a->dim[0], 1), 1);
}
