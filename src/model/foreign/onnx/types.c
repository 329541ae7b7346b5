/* types.c - what types make of numbers: float32 in a model of float64, integers that wrap. */
#include <math.h>

#include "model/foreign/onnx/ops.h"

/* Integers that float32 does not hold all. */
static bool is_wide(int type)
{
    return type == RC_ONNX_INT32 || type == RC_ONNX_INT64 || type == RC_ONNX_UINT32 ||
           type == RC_ONNX_UINT64;
}

void rc_op_computes(rc_graph *g, int type)
{
    g->n_double += type == RC_ONNX_DOUBLE;
    g->n_single += type != RC_ONNX_DOUBLE && rc_type_is_float(type);
}

void rc_op_computes_with(rc_graph *g, const rc_tensor *t)
{
    rc_op_computes(g, t->type);
    if (is_wide(t->type) && t->kind == RC_T_VARIABLE && !t->is_truth)
        g->needs_double = true;
}

void rc_op_holds(rc_graph *g, int type, const double *numbers, size_t n)
{
    for (size_t i = 0; !rc_type_is_float(type) && i < n; i++)
        if (fabs(numbers[i]) >= 0x1p24 && fabs(numbers[i]) < RC_ONNX_ROWS / 2)
            g->needs_double = true;
}

/* By Veltkamp: x less what stands behind its first 24 bits. Infinities stay. */
static rc_value rounded(rc_tape *tape, rc_value x)
{
    rc_value wide = rc_tape_scale(tape, x, 0x1p29 + 1);
    rc_value rest = rc_tape_apply2(tape, RC_FN_SUB, rc_of_value(wide), rc_of_value(x));
    rc_value narrow = rc_tape_apply2(tape, RC_FN_SUB, rc_of_value(wide), rc_of_value(rest));
    rc_value size = rc_tape_apply1(tape, RC_FN_ABS, x);
    rc_value is_finite = rc_tape_apply2(tape, RC_FN_LT, rc_of_value(size), rc_of_number(0x1p128));
    return rc_tape_if(tape, is_finite, rc_of_value(narrow), rc_of_value(x));
}

rc_value rc_t_float_of(rc_graph *g, rc_value v, int type)
{
    bool may_be_more = type == RC_ONNX_DOUBLE || is_wide(type);
    return g->is_double && may_be_more ? rounded(g->tape, v) : v;
}

rc_value rc_t_wrapped(rc_graph *g, rc_value v, int type)
{
    bool is_signed = type == RC_ONNX_INT8 || type == RC_ONNX_INT16;
    bool is_small = type == RC_ONNX_UINT8 || type == RC_ONNX_UINT16 || is_signed;
    double n = type == RC_ONNX_INT8 || type == RC_ONNX_UINT8 ? 0x1p8 : 0x1p16;
    if (!is_small)
        return v;
    if (is_signed)
        v = rc_tape_shift(g->tape, v, n / 2);
    v = rc_tape_apply2(g->tape, RC_FN_MOD, rc_of_value(v), rc_of_number(n));
    return is_signed ? rc_tape_shift(g->tape, v, -n / 2) : v;
}

static double wrapped(double x, double n, double low)
{
    return x - floor((x - low) / n) * n;
}

double rc_fold_held(int type, double x)
{
    switch (type) {
    case RC_ONNX_FLOAT:
    case RC_ONNX_FLOAT16:
        return (double)(float)x;
    case RC_ONNX_UINT8:
        return wrapped(x, 0x1p8, 0);
    case RC_ONNX_INT8:
        return wrapped(x, 0x1p8, -0x1p7);
    case RC_ONNX_UINT16:
        return wrapped(x, 0x1p16, 0);
    case RC_ONNX_INT16:
        return wrapped(x, 0x1p16, -0x1p15);
    default:
        return x;
    }
}
