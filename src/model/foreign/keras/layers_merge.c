/* layers_merge.c - Keras layers that join what comes of others. */
#include "base/text.h"
#include "model/foreign/keras/read.h"

/* Layers, operations of Keras 3, and functions of TensorFlow, by the end of their name. */
static bool function_of(const rc_keras_layer *layer, rc_elementwise *fn)
{
    static const struct {
        const char *name;
        rc_elementwise fn;
    } all[] = {
        {"Add", RC_FN_ADD},           {"Average", RC_FN_ADD},
        {"Divide", RC_FN_DIV},        {"Maximum", RC_FN_MAX},
        {"Minimum", RC_FN_MIN},       {"Multiply", RC_FN_MUL},
        {"Subtract", RC_FN_SUB},      {"TrueDivide", RC_FN_DIV},
        {"math.add", RC_FN_ADD},      {"math.maximum", RC_FN_MAX},
        {"math.minimum", RC_FN_MIN},  {"math.multiply", RC_FN_MUL},
        {"math.subtract", RC_FN_SUB}, {"math.truediv", RC_FN_DIV},
        {"math.divide", RC_FN_DIV},   {"__operators__.add", RC_FN_ADD},
    };
    const char *name = layer->class_name;
    if (strcmp(name, "TFOpLambda") == 0)
        name = rc_kc_text(layer->config, "function");
    for (size_t i = 0; name != NULL && i < sizeof(all) / sizeof(*all); i++)
        if (strcmp(all[i].name, name) == 0) {
            *fn = all[i].fn;
            return true;
        }
    return false;
}

static rc_tape_operand operand_of(const rc_kt *t)
{
    return t->is_number ? rc_of_number(t->number) : rc_of_value(t->v);
}

/* The shape of the wider; of one column, that of the other. */
static rc_kt merge_two(rc_keras *k, rc_elementwise fn, const rc_kt *a, const rc_kt *b)
{
    const rc_kt *wide = a->is_number || (!b->is_number && rc_kt_width(b) > rc_kt_width(a)) ? b : a;
    if (a->is_number && b->is_number) {
        rc_tape_fail(k->tape, "two numbers and no layer before it");
        return rc_kt_none();
    }
    return rc_kt_like(wide, rc_tape_apply2(k->tape, fn, operand_of(a), operand_of(b)));
}

rc_kt rc_kl_merge(rc_keras *k, const rc_keras_layer *layer, const rc_kt *in, size_t n_in)
{
    rc_elementwise fn;
    if (!function_of(layer, &fn)) {
        const char *name = rc_kc_text(layer->config, "function");
        char quoted[RC_QUOTED_BYTES];
        rc_tape_fail(
            k->tape, "the function '%s' is not known",
            rc_text_quote(name != NULL ? name : "?", name != NULL ? strlen(name) : 1, quoted));
        return rc_kt_none();
    }
    rc_kt out = in[0];
    for (size_t i = 1; i < n_in && !rc_is_failed_keras(k); i++)
        out = merge_two(k, fn, &out, &in[i]);
    if (strcmp(layer->class_name, "Average") == 0 && !rc_is_failed_keras(k))
        out.v = rc_tape_divide(k->tape, out.v, (double)n_in);
    out.is_number = false;
    return out;
}

/* An axis that is counted with the rows, as one of the dimensions behind them. */
static bool axis_of(rc_keras *k, const rc_keras_layer *layer, const rc_kt *t, unsigned *axis)
{
    double at = rc_kc_number(k, layer->config, "axis", -1);
    if (at < 0)
        at += t->rank + 1;
    if (at >= 1 && at <= t->rank) {
        *axis = (unsigned)at - 1;
        return true;
    }
    rc_tape_fail(k->tape, "it joins rows");
    return false;
}

/* Where the columns of all, one behind the other, go when they are joined along an axis. */
static const size_t *joined_map(rc_keras *k, const rc_kt *in, size_t n_in, unsigned axis,
                                const rc_kt *out)
{
    size_t *map = rc_tape_alloc(k->tape, rc_kt_width(out) + 1, sizeof(*map));
    size_t outer = 1, at = 0;
    for (unsigned i = 0; i < axis; i++)
        outer *= out->dims[i];
    for (size_t o = 0; map != NULL && o < outer; o++)
        for (size_t p = 0, before = 0; p < n_in; p++) {
            size_t run = rc_kt_width(&in[p]) / outer;
            for (size_t i = 0; i < run; i++)
                map[at++] = before + o * run + i;
            before += rc_kt_width(&in[p]);
        }
    return map;
}

rc_kt rc_kl_concatenate(rc_keras *k, const rc_keras_layer *layer, const rc_kt *in, size_t n_in)
{
    unsigned axis;
    rc_kt out = in[0];
    rc_value values[RC_KERAS_MAX_TENSORS];
    if (!axis_of(k, layer, &in[0], &axis))
        return rc_kt_none();
    for (size_t p = 0; p < n_in; p++) {
        bool fits = in[p].rank == in[0].rank && !in[p].is_number && !in[p].is_text;
        for (unsigned i = 0; fits && i < in[p].rank; i++)
            fits = i == axis || in[p].dims[i] == in[0].dims[i];
        if (!fits) {
            rc_tape_fail(k->tape, "shapes that cannot be joined");
            return rc_kt_none();
        }
        values[p] = in[p].v;
        if (p > 0)
            out.dims[axis] += in[p].dims[axis];
    }
    out.v = rc_tape_concat(k->tape, values, n_in);
    const size_t *map = joined_map(k, in, n_in, axis, &out);
    if (map != NULL && !rc_is_failed_keras(k))
        out.v = rc_tape_select(k->tape, out.v, map, rc_kt_width(&out));
    return out;
}
