/* ops_reduce.c - ONNX operators along an axis: reductions, the largest, softmax, normalisations. */
#include <math.h>

#include "model/foreign/onnx/ops.h"

/* -- reductions ----------------------------------------------------------------------------------
 */

/* Which axes are reduced. */
typedef struct axes {
    bool is_reduced[RC_ONNX_MAX_RANK];
    bool keeps;
    size_t n_all; /* elements that become one */
} axes;

static axes axes_of(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                    const rc_tensor *t)
{
    axes a = {.keeps = rc_node_int(node, "keepdims", 1) != 0, .n_all = 1};
    size_t n;
    const double *list = rc_op_list(g, node, "axes", in, n_in, 1, &n);
    bool is_noop = n == 0 && rc_node_int(node, "noop_with_empty_axes", 0) != 0;
    for (unsigned i = 0; i < t->rank; i++)
        a.is_reduced[i] = n == 0 && !is_noop;
    for (size_t k = 0; list != NULL && k < n; k++)
        a.is_reduced[rc_t_axis(g, t, list[k])] = true;
    for (unsigned i = 0; i < t->rank; i++)
        if (a.is_reduced[i]) {
            a.n_all *= (int)i == t->rows ? 1 : (size_t)t->dims[i];
            if ((int)i == t->rows)
                rc_tape_fail(g->tape, "it works across rows");
        }
    return a;
}

static rc_tensor reduced_shape(const rc_tensor *t, const axes *a)
{
    rc_tensor out = *t;
    out.rank = 0;
    out.rows = -1;
    out.n = 1;
    for (unsigned i = 0; i < t->rank; i++) {
        if (a->is_reduced[i] && !a->keeps)
            continue;
        if ((int)i == t->rows)
            out.rows = (int)out.rank;
        out.dims[out.rank] = a->is_reduced[i] ? 1 : t->dims[i];
        out.n *= (size_t)out.dims[out.rank++];
    }
    return out;
}

static double fold(rc_elementwise fn, double a, double b)
{
    return fn == RC_FN_ADD   ? a + b
           : fn == RC_FN_MUL ? a * b
           : fn == RC_FN_MIN ? (a < b ? a : b)
                             : (a > b ? a : b);
}

static const double *reduce_numbers(rc_graph *g, rc_elementwise fn, const double *from,
                                    rc_runs runs)
{
    double *out = rc_tape_alloc(g->tape, runs.outer * runs.inner + 1, sizeof(double));
    for (size_t o = 0; out != NULL && o < runs.outer; o++)
        for (size_t i = 0; i < runs.inner; i++)
            for (size_t k = 0; k < runs.n; k++) {
                double x = from[(o * runs.n + k) * runs.inner + i];
                double *to = &out[o * runs.inner + i];
                *to = k == 0 ? x : fold(fn, *to, x);
            }
    return out;
}

/* All axes, one after the other; those that are done are 1. */
static rc_tensor reduce(rc_graph *g, rc_elementwise fn, const rc_tensor *t, const axes *a)
{
    rc_tensor now = *t;
    for (unsigned i = 0; i < t->rank && !rc_is_failed(g); i++) {
        if (!a->is_reduced[i])
            continue;
        rc_runs runs = rc_t_runs(g, &now, i);
        if (now.kind == RC_T_CONSTANT)
            now.numbers = reduce_numbers(g, fn, rc_t_numbers(g, &now), runs);
        else
            now.value =
                rc_compose_reduce(g->tape, fn, rc_t_value(g, &now), runs.outer, runs.n, runs.inner);
        if (now.kind != RC_T_CONSTANT)
            now.kind = RC_T_VARIABLE;
        now.stored = NULL;
        now.dims[i] = 1;
        now.n = runs.outer * runs.inner;
        now.made_by = RC_BY_OTHER;
        now.labels = NULL;
        now.is_truth = now.is_column = false;
    }
    return now;
}

/* log sum exp x = m + log sum exp (x - m), m the largest. */
static rc_tensor log_sum_exp(rc_graph *g, const rc_tensor *t, const axes *a)
{
    rc_tensor most = reduce(g, RC_FN_MAX, t, a);
    rc_tensor moved = rc_op_apply2(g, RC_FN_SUB, t, &most, t->type);
    rc_tensor e = rc_op_apply1(g, RC_FN_EXP, &moved, t->type);
    rc_tensor sum = reduce(g, RC_FN_ADD, &e, a);
    rc_tensor log = rc_op_apply1(g, RC_FN_LOG, &sum, t->type);
    return rc_op_apply2(g, RC_FN_ADD, &log, &most, t->type);
}

static rc_tensor reduce_named(rc_graph *g, const char *op, const rc_tensor *t, const axes *a)
{
    const char *how = op + strlen("Reduce");
    if (strcmp(how, "Max") == 0 || strcmp(how, "Min") == 0 || strcmp(how, "Prod") == 0)
        return reduce(g, how[0] == 'P' ? RC_FN_MUL : how[1] == 'a' ? RC_FN_MAX : RC_FN_MIN, t, a);
    if (strcmp(how, "Sum") == 0)
        return reduce(g, RC_FN_ADD, t, a);
    if (strcmp(how, "LogSumExp") == 0)
        return log_sum_exp(g, t, a);
    rc_tensor before = *t, sum;
    if (strcmp(how, "L1") == 0)
        before = rc_op_apply1(g, RC_FN_ABS, t, t->type);
    else if (strcmp(how, "L2") == 0 || strcmp(how, "SumSquare") == 0)
        before = rc_op_apply1(g, RC_FN_SQUARE, t, t->type);
    sum = reduce(g, RC_FN_ADD, &before, a);
    if (strcmp(how, "L2") == 0)
        return rc_op_apply1(g, RC_FN_SQRT, &sum, t->type);
    if (strcmp(how, "LogSum") == 0)
        return rc_op_apply1(g, RC_FN_LOG, &sum, t->type);
    return sum;
}

static rc_tensor divide_by(rc_graph *g, const rc_tensor *sum, size_t n)
{
    if (sum->kind != RC_T_CONSTANT)
        return rc_t_like(sum, sum->type, rc_tape_divide(g->tape, sum->value, (double)n));
    double *numbers = rc_tape_alloc(g->tape, sum->n + 1, sizeof(double));
    const double *from = rc_t_numbers(g, sum);
    rc_tensor out = *sum;
    for (size_t i = 0; numbers != NULL && from != NULL && i < sum->n; i++)
        numbers[i] = from[i] / (double)n;
    out.numbers = numbers;
    return out;
}

void rc_op_reduce(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                  rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    axes a = axes_of(g, node, in, n_in, t);
    if (rc_is_failed(g))
        return;
    rc_op_computes_with(g, t);
    bool is_mean = strcmp(node->op_type, "ReduceMean") == 0;
    rc_tensor made = is_mean ? reduce(g, RC_FN_ADD, t, &a) : reduce_named(g, node->op_type, t, &a);
    if (is_mean)
        made = divide_by(g, &made, a.n_all);
    rc_tensor shape = reduced_shape(t, &a);
    *out = rc_t_move(g, &made, &shape, NULL);
}

/* -- the largest ---------------------------------------------------------------------------------
 */

/* The axis last, so that what is compared stands in runs. */
rc_value rc_op_axis_last(rc_graph *g, rc_value v, rc_runs runs)
{
    if (runs.inner == 1)
        return v;
    size_t n = runs.outer * runs.n * runs.inner, at = 0;
    size_t *columns = rc_tape_alloc(g->tape, n, sizeof(*columns));
    for (size_t o = 0; columns != NULL && o < runs.outer; o++)
        for (size_t i = 0; i < runs.inner; i++)
            for (size_t k = 0; k < runs.n; k++)
                columns[at++] = (o * runs.n + k) * runs.inner + i;
    return columns != NULL ? rc_tape_select(g->tape, v, columns, n) : RC_NO_VALUE;
}

void rc_op_arg(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
               rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    unsigned axis = rc_t_axis(g, t, (double)rc_node_int(node, "axis", 0));
    axes a = {.keeps = rc_node_int(node, "keepdims", 1) != 0};
    a.is_reduced[axis] = true;
    rc_runs runs = rc_t_runs(g, t, axis);
    bool is_min = strcmp(node->op_type, "ArgMin") == 0;
    bool is_last = rc_node_int(node, "select_last_index", 0) != 0;
    rc_value v = rc_t_value(g, t);
    if (is_min)
        v = rc_tape_apply1(g->tape, RC_FN_NEG, v);
    if (rc_is_failed(g))
        return;
    rc_tensor shape = reduced_shape(t, &a);
    size_t groups = runs.outer * runs.inner;
    if (groups != 1)
        v = rc_compose_argmax(g->tape, rc_op_axis_last(g, v, runs), groups, runs.n, is_last);
    *out = rc_t_like(&shape, RC_ONNX_INT64, v);
    if (groups != 1)
        return;
    out->kind = RC_T_LABEL;
    out->labels = rc_label_numbers(g, runs.n, false);
    out->is_last = is_last;
}

/* -- the first k ---------------------------------------------------------------------------------
 */

enum { MOST_TAKEN = 64 };

/* The k largest one after the other: each is taken out for the next. */
static void take_largest(rc_graph *g, rc_value v, size_t n, size_t k, rc_value *numbers,
                         rc_value *places)
{
    rc_tape *tape = g->tape;
    const rc_labels *all = rc_label_numbers(g, n, false);
    for (size_t i = 0; all != NULL && i < k && !rc_is_failed(g); i++) {
        numbers[i] = rc_compose_reduce(tape, RC_FN_MAX, v, 1, n, 1);
        places[i] = rc_compose_argmax(tape, v, 1, n, false);
        if (i + 1 == k)
            break;
        rc_value is_it = rc_tape_onehot_numbers(tape, places[i], all->numbers, n, false);
        v = rc_tape_if(tape, is_it, rc_of_number(-(double)INFINITY), rc_of_value(v));
    }
}

void rc_op_top_k(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                 rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    unsigned axis = rc_t_axis(g, t, (double)rc_node_int(node, "axis", -1));
    rc_runs runs = rc_t_runs(g, t, axis);
    size_t n_list;
    const double *list = rc_op_list(g, node, "k", in, n_in, 1, &n_list);
    bool is_min = rc_node_int(node, "largest", 1) == 0;
    double k = g->opset < 10 ? (double)rc_node_int(node, "k", 0) : n_list == 1 ? list[0] : 0;
    rc_value v = rc_t_value(g, t), numbers[MOST_TAKEN], places[MOST_TAKEN];
    if (!(k >= 1 && k <= MOST_TAKEN && k <= (double)runs.n) || runs.outer * runs.inner != 1)
        rc_tape_fail(g->tape, "only the first %d or fewer along all columns of a row", MOST_TAKEN);
    if (rc_is_failed(g))
        return;
    rc_op_computes_with(g, t);
    if (is_min)
        v = rc_tape_apply1(g->tape, RC_FN_NEG, v);
    take_largest(g, v, runs.n, (size_t)k, numbers, places);
    rc_tensor shape = *t;
    shape.dims[axis] = (int64_t)k;
    rc_t_count(g, &shape);
    if (rc_is_failed(g))
        return;
    out[0] = rc_t_like(&shape, t->type, rc_tape_concat(g->tape, numbers, (size_t)k));
    if (is_min)
        out[0].value = rc_tape_apply1(g->tape, RC_FN_NEG, out[0].value);
    if (node->n_outputs < 2)
        return;
    out[1] = rc_t_like(&shape, RC_ONNX_INT64, rc_tape_concat(g->tape, places, (size_t)k));
}

/* -- running sums --------------------------------------------------------------------------------
 */

/* Which elements of a run each element sums up, as a matrix. */
static const double *triangle(rc_graph *g, size_t n, bool is_exclusive, bool is_reverse)
{
    size_t total;
    if (__builtin_mul_overflow(n, n, &total) || total > g->most_elements) {
        rc_tape_fail(g->tape, "a shape that cannot be scored");
        return NULL;
    }
    double *numbers = rc_tape_alloc(g->tape, total + 1, sizeof(double));
    for (size_t from = 0; numbers != NULL && from < n; from++)
        for (size_t to = 0; to < n; to++) {
            bool is_in = is_reverse ? from >= to : from <= to;
            numbers[from * n + to] = is_in && !(is_exclusive && from == to) ? 1 : 0;
        }
    return numbers;
}

void rc_op_cumsum(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                  rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    size_t n;
    const double *list = rc_t_whole(g, rc_op_need(g, in, n_in, 1), &n);
    if (list == NULL || n != 1) {
        rc_tape_fail(g->tape, "an operand must be a constant of numbers");
        return;
    }
    rc_runs runs = rc_t_runs(g, t, rc_t_axis(g, t, list[0]));
    const double *weights = rc_is_failed(g)
                                ? NULL
                                : triangle(g, runs.n, rc_node_int(node, "exclusive", 0) != 0,
                                           rc_node_int(node, "reverse", 0) != 0);
    rc_value v = rc_t_value(g, t);
    if (weights == NULL || rc_is_failed(g))
        return;
    rc_tensor x = rc_t_rows(t->type, t->n, rc_op_axis_last(g, v, runs));
    x.rank = 3;
    x.dims[1] = (int64_t)(runs.outer * runs.inner);
    x.dims[2] = (int64_t)runs.n;
    rc_matrix m = rc_matrix_of(RC_NUMBER_F64, weights, runs.n, runs.n);
    x = rc_op_dense(g, &x, &m, NULL);
    rc_op_computes(g, t->type);
    *out = rc_t_like(t, t->type,
                     rc_op_axis_last(g, x.value, (rc_runs){runs.outer, runs.inner, runs.n}));
}
