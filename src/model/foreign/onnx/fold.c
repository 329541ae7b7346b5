/* fold.c - what ONNX operators make of constants, as numbers: they never reach the tape. */
#include <math.h>

#include "model/foreign/onnx/ops.h"

/* -- the number of rows --------------------------------------------------------------------------
 */

/* Whether x is some number of rows (graph.h). What is beyond all integers is the end of a slice. */
static bool counts_rows(int type, double x)
{
    return !rc_type_is_float(type) && fabs(x) >= RC_ONNX_ROWS / 2 && fabs(x) != 0x1p63;
}

bool rc_fold_has_rows(const rc_tensor *t, const double *numbers)
{
    for (size_t i = 0; i < t->n; i++)
        if (counts_rows(t->type, numbers[i]))
            return true;
    return false;
}

/* Whether fn of some rows and another number is told by RC_ONNX_ROWS as it stands. */
static bool is_told(rc_elementwise fn, double x, double y)
{
    switch (fn) {
    case RC_FN_ADD:
        return x == 0 || y == 0;
    case RC_FN_SUB:
        return y == 0 || x == y;
    case RC_FN_MUL:
        return fabs(x) < 0x1p53 || fabs(y) < 0x1p53;
    case RC_FN_DIV: /* k rows in parts of k */
        return y != 0 && fmod(x / y, RC_ONNX_ROWS) == 0;
    case RC_FN_POW:
    case RC_FN_MOD:
        return y == 1;
    default: /* comparisons: there is at least one row */
        return x == y || x <= 0 || y <= 0 || fabs(x) == 0x1p63 || fabs(y) == 0x1p63 ||
               ((fn == RC_FN_MAX || fn == RC_FN_MIN || fn == RC_FN_EQ || fn == RC_FN_NE) &&
                (x == 1 || y == 1));
    }
}

/* -- one number ----------------------------------------------------------------------------------
 */

static double fold1(rc_elementwise fn, double a)
{
    switch (fn) {
    case RC_FN_NEG:
        return -a;
    case RC_FN_ABS:
        return fabs(a);
    case RC_FN_SQRT:
        return sqrt(a);
    case RC_FN_SQUARE:
        return a * a;
    case RC_FN_EXP:
        return exp(a);
    case RC_FN_EXPM1:
        return expm1(a);
    case RC_FN_LOG:
        return log(a);
    case RC_FN_LOG1P:
        return log1p(a);
    case RC_FN_RECIPROCAL:
        return 1 / a;
    case RC_FN_SIGN:
        return a > 0 ? 1 : a < 0 ? -1 : a;
    case RC_FN_FLOOR:
        return floor(a);
    case RC_FN_CEIL:
        return ceil(a);
    case RC_FN_ROUND:
        return rint(a);
    case RC_FN_NOT:
        return a == 0;
    case RC_FN_ERF:
        return erf(a);
    case RC_FN_SIN:
        return sin(a);
    case RC_FN_COS:
        return cos(a);
    default:
        return isnan(a);
    }
}

static double fold2(rc_elementwise fn, double a, double b)
{
    switch (fn) {
    case RC_FN_ADD:
        return a + b;
    case RC_FN_SUB:
        return a - b;
    case RC_FN_MUL:
        return a * b;
    case RC_FN_DIV:
        return a / b;
    case RC_FN_POW:
        return pow(a, b);
    case RC_FN_MIN:
        return a < b || isnan(a) ? a : b;
    case RC_FN_MAX:
        return a > b || isnan(a) ? a : b;
    case RC_FN_MOD:
        return a - floor(a / b) * b;
    case RC_FN_EQ:
        return a == b;
    case RC_FN_NE:
        return a != b;
    case RC_FN_LT:
        return a < b;
    case RC_FN_LE:
        return a <= b;
    case RC_FN_GT:
        return a > b;
    case RC_FN_GE:
        return a >= b;
    case RC_FN_AND:
        return a != 0 && b != 0;
    default:
        return a != 0 || b != 0;
    }
}

static double sigmoid(double x)
{
    return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
}

static double softplus(double x)
{
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

double rc_fold_activation(rc_activation fn, const rc_activation_spec *p, double x)
{
    switch (fn) {
    case RC_ACT_RELU:
        return x > 0 ? x : 0;
    case RC_ACT_LEAKY_RELU:
        return x >= 0 ? x : p->alpha * x;
    case RC_ACT_ELU:
        return x >= 0 ? x : p->alpha * expm1(x);
    case RC_ACT_CELU:
        return x >= 0 ? x : p->alpha * expm1(x / p->alpha);
    case RC_ACT_GELU:
        return x * 0.5 * (1 + erf(x * M_SQRT1_2));
    case RC_ACT_GELU_TANH:
        return 0.5 * x * (1 + tanh(M_SQRT1_2 * M_2_SQRTPI * (x + 0.044715 * x * x * x)));
    case RC_ACT_SIGMOID:
        return sigmoid(x);
    case RC_ACT_HARD_SIGMOID:
        return fmax(0, fmin(1, p->alpha * x + p->beta));
    case RC_ACT_TANH:
        return tanh(x);
    case RC_ACT_SOFTPLUS:
        return softplus(x);
    case RC_ACT_SOFTSIGN:
        return x / (1 + fabs(x));
    case RC_ACT_SILU:
        return x * sigmoid(x);
    case RC_ACT_MISH:
        return x * tanh(softplus(x));
    default:
        return x;
    }
}

/* -- tensors -------------------------------------------------------------------------------------
 */

rc_tensor rc_fold_like(const rc_tensor *shape, int type, const double *numbers)
{
    rc_tensor out = {.kind = RC_T_CONSTANT,
                     .type = type,
                     .rank = shape->rank,
                     .rows = -1,
                     .n = shape->n,
                     .numbers = numbers};
    memcpy(out.dims, shape->dims, sizeof(out.dims));
    return out;
}

rc_tensor rc_fold_unary(rc_graph *g, rc_elementwise fn, const rc_tensor *t, int type)
{
    const double *from = rc_t_numbers(g, t);
    double *numbers = rc_tape_alloc(g->tape, t->n + 1, sizeof(double));
    for (size_t i = 0; from != NULL && numbers != NULL && i < t->n; i++) {
        if (counts_rows(t->type, from[i]))
            rc_tape_fail(g->tape, RC_ROWS_COMPUTED);
        numbers[i] = rc_fold_held(type, fold1(fn, from[i]));
    }
    return rc_fold_like(t, type, numbers);
}

rc_tensor rc_fold_binary(rc_graph *g, rc_elementwise fn, const rc_tensor *a, const rc_tensor *b,
                         const rc_tensor *shape, int type)
{
    const double *x = rc_t_numbers(g, a), *y = rc_t_numbers(g, b);
    const size_t *at = rc_t_map(g, a, shape), *bt = rc_t_map(g, b, shape);
    double *numbers = rc_tape_alloc(g->tape, shape->n + 1, sizeof(double));
    bool is_whole = fn == RC_FN_DIV && !rc_type_is_float(type);
    if (rc_is_failed(g))
        return *shape;
    for (size_t i = 0; i < shape->n; i++) {
        double p = x[at[i]], q = y[bt[i]];
        if ((counts_rows(a->type, p) || counts_rows(b->type, q)) && !is_told(fn, p, q))
            rc_tape_fail(g->tape, RC_ROWS_COMPUTED);
        double v = fold2(fn, p, q);
        numbers[i] = rc_fold_held(type, is_whole ? trunc(v) : v);
    }
    return rc_fold_like(shape, type, numbers);
}

static double cast_number(int to, double x)
{
    if (to == RC_ONNX_BOOL)
        return x != 0;
    return rc_fold_held(to, rc_type_is_float(to) ? x : trunc(x));
}

rc_tensor rc_fold_cast(rc_graph *g, const rc_tensor *t, int to)
{
    const double *from = rc_t_numbers(g, t);
    double *numbers = rc_tape_alloc(g->tape, t->n + 1, sizeof(double));
    if (from != NULL && rc_type_is_float(to) && rc_fold_has_rows(t, from))
        rc_tape_fail(g->tape, RC_ROWS_COMPUTED);
    for (size_t i = 0; from != NULL && numbers != NULL && i < t->n; i++)
        numbers[i] = cast_number(to, from[i]);
    return rc_fold_like(t, to, numbers);
}
