/* ops_constant.c - ONNX operators that speak of shapes, or make constants. */
#include <math.h>

#include "model/foreign/onnx/ops.h"

/* -- shapes as numbers ---------------------------------------------------------------------------
 */

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

void rc_op_shape(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                 rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    double *dims = rc_tape_alloc(g->tape, RC_ONNX_MAX_RANK, sizeof(*dims));
    int64_t start = rc_node_int(node, "start", 0), end = rc_node_int(node, "end", t->rank);
    start = clamp(start < 0 ? start + t->rank : start, 0, t->rank);
    end = clamp(end < 0 ? end + t->rank : end, 0, t->rank);
    int64_t n = end > start ? end - start : 0;
    for (int64_t i = 0; dims != NULL && i < n; i++)
        dims[i] = start + i == t->rows ? RC_ONNX_ROWS : (double)t->dims[start + i];
    *out = rc_t_constant(RC_ONNX_INT64, 1, &n, dims);
}

void rc_op_size(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    double *size = rc_tape_alloc(g->tape, 1, sizeof(*size));
    (void)node;
    if (size == NULL)
        return;
    *size = (double)t->n * (t->rows >= 0 ? RC_ONNX_ROWS : 1);
    *out = rc_t_constant(RC_ONNX_INT64, 0, NULL, size);
}

void rc_op_constant(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                    rc_tensor *out)
{
    const rc_onnx_attribute *value = rc_onnx_attribute_find(node, "value");
    (void)in, (void)n_in;
    if (value != NULL && value->type == RC_ONNX_A_TENSOR) {
        *out = rc_t_stored(value->t);
        return;
    }
    const rc_onnx_attribute *a = node->n_attributes == 1 ? &node->attributes[0] : NULL;
    if (a == NULL || strncmp(a->name, "value_", strlen("value_")) != 0) {
        rc_tape_fail(g->tape, "a constant without a value");
        return;
    }
    bool is_list = a->type == RC_ONNX_A_FLOATS || a->type == RC_ONNX_A_INTS;
    bool is_float = a->type == RC_ONNX_A_FLOATS || a->type == RC_ONNX_A_FLOAT;
    int64_t n = is_list ? (int64_t)a->n : 1;
    double *numbers = rc_tape_alloc(g->tape, (size_t)n + 1, sizeof(double));
    if (numbers == NULL)
        return;
    for (int64_t i = 0; i < n; i++)
        numbers[i] = a->type == RC_ONNX_A_FLOATS ? (double)a->floats[i]
                     : a->type == RC_ONNX_A_INTS ? (double)a->ints[i]
                     : is_float                  ? (double)a->f
                                                 : (double)a->i;
    *out = rc_t_constant(is_float ? RC_ONNX_FLOAT : RC_ONNX_INT64, is_list ? 1 : 0, &n, numbers);
    if (a->type == RC_ONNX_A_STRING || a->type == RC_ONNX_A_STRINGS) {
        out->type = RC_ONNX_STRING;
        out->rank = a->type == RC_ONNX_A_STRINGS;
        out->n = out->rank > 0 ? a->n : 1;
        out->dims[0] = (int64_t)out->n;
        out->texts = out->rank > 0 ? a->strings : &a->s;
    }
}

/* A shape of whole numbers; that of the rows becomes an axis of rows. */
static bool shape_of_list(rc_graph *g, const double *dims, size_t n, rc_tensor *shape)
{
    *shape = (rc_tensor){.rank = (unsigned)n, .rows = -1};
    if (n > RC_ONNX_MAX_RANK) {
        rc_tape_fail(g->tape, "more than %d dimensions", RC_ONNX_MAX_RANK);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        bool is_rows = dims[i] == RC_ONNX_ROWS;
        shape->dims[i] = is_rows ? 1 : fabs(dims[i]) < 0x1p53 ? (int64_t)dims[i] : -1;
        if (is_rows)
            shape->rows = (int)i;
    }
    rc_t_count(g, shape);
    return !rc_is_failed(g);
}

void rc_op_constant_of_shape(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in,
                             size_t n_in, rc_tensor *out)
{
    size_t n;
    rc_tensor shape;
    const double *dims = rc_t_whole(g, rc_op_need(g, in, n_in, 0), &n);
    const rc_onnx_attribute *value = rc_onnx_attribute_find(node, "value");
    rc_tensor one = {.kind = RC_T_CONSTANT, .type = RC_ONNX_FLOAT, .n = 1};
    static const double zero;
    one.numbers = &zero;
    if (value != NULL && value->type == RC_ONNX_A_TENSOR)
        one = rc_t_stored(value->t);
    const double *from = rc_t_numbers(g, &one);
    if (one.n != 1)
        rc_tape_fail(g->tape, "a constant without a value");
    if (rc_is_failed(g) || !shape_of_list(g, dims, n, &shape))
        return;
    double *numbers = rc_tape_alloc(g->tape, shape.n + 1, sizeof(double));
    for (size_t i = 0; from != NULL && numbers != NULL && i < shape.n; i++)
        numbers[i] = from[0];
    *out = rc_t_constant(one.type, shape.rank, shape.dims, numbers); /* the same in each row */
}

void rc_op_expand(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                  rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    size_t n;
    rc_tensor asked, shape;
    (void)node;
    const double *dims = rc_t_whole(g, rc_op_need(g, in, n_in, 1), &n);
    if (dims == NULL || !shape_of_list(g, dims, n, &asked))
        return;
    if (asked.rows < 0 && t->rows >= 0 && asked.rank == t->rank && asked.dims[t->rows] == g->n_rows)
        asked.dims[t->rows] = 1;
    const rc_tensor *both[] = {t, &asked};
    if (!rc_t_broadcast(g, both, 2, &shape))
        return;
    rc_tensor from = *t;
    if (t->kind == RC_T_VARIABLE && shape.n != t->n) {
        from = rc_t_move(g, t, &shape, rc_t_map(g, t, &shape));
        *out = from;
        return;
    }
    if (t->kind == RC_T_CONSTANT)
        shape.rows = -1;
    *out = rc_t_expand(g, &from, &shape);
    out->rows = shape.rows;
}

void rc_op_range(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                 rc_tensor *out)
{
    const double *p[3] = {NULL};
    (void)node;
    for (size_t k = 0; k < 3; k++) {
        const rc_tensor *t = rc_op_need(g, in, n_in, k);
        p[k] = t->n == 1 ? rc_t_numbers(g, t) : NULL;
        if (p[k] == NULL) {
            rc_tape_fail(g->tape, "an operand must be a constant of numbers");
            return;
        }
    }
    double n = ceil((p[1][0] - p[0][0]) / p[2][0]);
    if (!(n < RC_MODEL_MAX_INPUTS)) {
        rc_tape_fail(g->tape, "a shape that cannot be scored");
        return;
    }
    int64_t count = n > 0 ? (int64_t)n : 0;
    double *numbers = rc_tape_alloc(g->tape, (size_t)count + 1, sizeof(double));
    for (int64_t i = 0; numbers != NULL && i < count; i++)
        numbers[i] = p[0][0] + (double)i * p[2][0];
    *out = rc_t_constant(in[0]->type, 1, &count, numbers);
}
