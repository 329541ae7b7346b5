/* ops_layer.c - ONNX operators that multiply by matrices, and quantised numbers. */
#include <math.h>

#include "model/foreign/onnx/ops.h"

enum { MOST_PRODUCTS = 65536 }; /* columns that a product of two variables takes in between */

/* -- matrices ------------------------------------------------------------------------------------
 */

rc_matrix rc_op_matrix(rc_graph *g, const rc_tensor *t, bool is_transposed, size_t n_rows,
                       size_t n_columns)
{
    bool is_stored = t->stored != NULL && t->numbers == NULL;
    rc_number_type type = is_stored ? t->stored->numbers : RC_NUMBER_F64;
    const void *data = is_stored ? t->stored->data : rc_t_numbers(g, t);
    return is_transposed ? rc_matrix_transposed(type, data, n_rows, n_columns)
                         : rc_matrix_of(type, data, n_rows, n_columns);
}

/* Each run of the last axis alone. */
rc_tensor rc_op_dense(rc_graph *g, const rc_tensor *x, const rc_matrix *weights, const double *bias)
{
    rc_tensor shape = *x;
    rc_value v = rc_t_value(g, x);
    if (x->rank == 0 || x->rows == (int)x->rank - 1 ||
        (size_t)x->dims[x->rank - 1] != weights->n_rows) {
        rc_tape_fail(g->tape, "a matrix of %zu rows for another number of columns",
                     weights->n_rows);
        return shape;
    }
    size_t runs = weights->n_rows > 0 ? x->n / weights->n_rows : 0;
    g->n_before_dense = g->n_tensors;
    rc_value *parts = rc_tape_alloc(g->tape, runs + 1, sizeof(*parts));
    for (size_t k = 0; parts != NULL && k < runs && !rc_is_failed(g); k++) {
        rc_value part = rc_tape_slice(g->tape, v, k * weights->n_rows, weights->n_rows);
        parts[k] = rc_tape_dense(g->tape, &part, 1, weights, bias);
    }
    shape.dims[shape.rank - 1] = (int64_t)weights->n_columns;
    shape.n = runs * weights->n_columns;
    return rc_t_like(&shape, x->type,
                     parts != NULL && !rc_is_failed(g) ? rc_tape_concat(g->tape, parts, runs)
                                                       : RC_NO_VALUE);
}

/* A copy of a constant matrix, times a factor. */
static rc_matrix scaled(rc_graph *g, const rc_matrix *m, double factor)
{
    double *numbers = rc_tape_alloc(g->tape, m->n_rows * m->n_columns, sizeof(double));
    for (size_t r = 0; numbers != NULL && r < m->n_rows; r++)
        for (size_t c = 0; c < m->n_columns; c++)
            numbers[r * m->n_columns + c] =
                factor * rc_number_at(m->type, m->data, r * m->row_stride + c * m->column_stride);
    return rc_matrix_of(RC_NUMBER_F64, numbers, m->n_rows, m->n_columns);
}

/* A constant that is added to n columns of each row; NULL: there is none, or it is no constant. */
static const double *bias_of(rc_graph *g, const rc_tensor *const *in, size_t n_in, size_t k,
                             double beta, size_t n)
{
    if (!rc_op_is_constant(in, n_in, k) || (in[k]->n != 1 && in[k]->n != n))
        return NULL;
    const double *numbers = rc_t_numbers(g, in[k]);
    double *all = rc_tape_alloc(g->tape, n, sizeof(double));
    for (size_t i = 0; numbers != NULL && all != NULL && i < n; i++)
        all[i] = beta * numbers[in[k]->n == 1 ? 0 : i];
    return all;
}

/* alpha A B + beta C. */
void rc_op_gemm(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                rc_tensor *out)
{
    const rc_tensor *a = rc_op_need(g, in, n_in, 0), *b = rc_op_need(g, in, n_in, 1);
    bool is_b_turned = rc_node_int(node, "transB", 0) != 0;
    double alpha = rc_node_float(node, "alpha", 1), beta = rc_node_float(node, "beta", 1);
    if (rc_is_failed(g))
        return;
    if (b->kind != RC_T_CONSTANT || b->texts != NULL || b->rank != 2 || a->rank != 2 ||
        a->rows != 0 || rc_node_int(node, "transA", 0) != 0) {
        rc_tape_fail(g->tape, "only rows times a constant matrix");
        return;
    }
    size_t n = (size_t)b->dims[is_b_turned ? 1 : 0], n_out = (size_t)b->dims[is_b_turned ? 0 : 1];
    rc_matrix m = rc_op_matrix(g, b, is_b_turned, n, n_out);
    if (alpha != 1)
        m = scaled(g, &m, alpha);
    const double *bias = bias_of(g, in, n_in, 2, beta, n_out);
    rc_op_computes(g, a->type);
    *out = rc_op_dense(g, a, &m, bias);
    if (bias != NULL || n_in < 3 || in[2] == NULL || beta == 0 || rc_is_failed(g))
        return;
    rc_tensor c = rc_t_like(in[2], a->type, rc_tape_scale(g->tape, rc_t_value(g, in[2]), beta));
    *out = rc_op_apply2(g, RC_FN_ADD, out, &c, a->type);
}

static bool is_matrix(const rc_tensor *t)
{
    return t->kind == RC_T_CONSTANT && t->texts == NULL && (t->rank == 2 || t->rank == 1);
}

/* Two last axes, the other way round. */
static rc_tensor turned(rc_graph *g, const rc_tensor *t)
{
    unsigned order[RC_ONNX_MAX_RANK];
    for (unsigned i = 0; i < t->rank; i++)
        order[i] = i;
    order[t->rank - 2] = t->rank - 1;
    order[t->rank - 1] = t->rank - 2;
    return rc_t_permute(g, t, order);
}

/* One more axis of length 1. */
static rc_tensor with_axis(const rc_tensor *t, unsigned at)
{
    rc_tensor out = *t;
    for (unsigned i = out.rank++; i > at; i--)
        out.dims[i] = out.dims[i - 1];
    out.dims[at] = 1;
    out.rows += out.rows >= (int)at;
    return out;
}

/* (.., m, k) and (.., k, n), both of each row, by all their products: the sum of (.., m, 1, k)
 * times
 * (.., 1, n, k) over k. */
static rc_tensor product_of_rows(rc_graph *g, const rc_tensor *a, const rc_tensor *b)
{
    rc_tensor left = with_axis(a, a->rank - 1), right = turned(g, b);
    right = with_axis(&right, right.rank - 2);
    rc_tensor all = rc_op_apply2(g, RC_FN_MUL, &left, &right, a->type);
    if (rc_is_failed(g))
        return all;
    size_t n = (size_t)all.dims[all.rank - 1], groups = n > 0 ? all.n / n : 0;
    rc_value sum = rc_compose_reduce(g->tape, RC_FN_ADD, rc_t_value(g, &all), groups, n, 1);
    all.rank--;
    all.n = groups;
    return rc_t_like(&all, a->type, sum);
}

/* Whether it can be done so: rows are neither summed up nor met by others, and it is not much. */
static bool is_small(const rc_tensor *a, const rc_tensor *b)
{
    if (a->rank < 2 || b->rank < 2 || a->rank >= RC_ONNX_MAX_RANK || b->rank >= RC_ONNX_MAX_RANK)
        return false;
    bool keeps_rows = a->rows < (int)a->rank - 2 && b->rows < (int)b->rank - 2;
    bool is_variable = a->kind == RC_T_VARIABLE || b->kind == RC_T_VARIABLE;
    int64_t m = a->dims[a->rank - 2], n = b->dims[b->rank - 1];
    size_t most;
    return keeps_rows && is_variable && a->dims[a->rank - 1] == b->dims[b->rank - 2] &&
           !__builtin_mul_overflow(a->n > b->n ? a->n : b->n, (size_t)(m > n ? m : n), &most) &&
           most <= MOST_PRODUCTS;
}

/* A constant (m, k) times the columns of (k, rows). */
static rc_tensor from_left(rc_graph *g, const rc_tensor *a, const rc_tensor *b)
{
    rc_tensor x = turned(g, b);
    rc_matrix m = rc_op_matrix(g, a, true, (size_t)a->dims[1], (size_t)a->dims[0]);
    x = rc_op_dense(g, &x, &m, NULL);
    return rc_is_failed(g) ? x : turned(g, &x);
}

static void times_matrix(rc_graph *g, const rc_tensor *a, const rc_tensor *b, rc_tensor *out)
{
    size_t n_out = b->rank == 1 ? 1 : (size_t)b->dims[1];
    rc_matrix m = rc_op_matrix(g, b, false, (size_t)b->dims[0], n_out);
    *out = rc_op_dense(g, a, &m, NULL);
    rc_t_set_link(out, RC_LINK_NONE, out->value);
    if (b->rank == 1 && !rc_is_failed(g))
        out->rank--;
}

/* Both are constants: weights that the file has as a product. */
static rc_tensor product_of_constants(rc_graph *g, const rc_tensor *a, const rc_tensor *b)
{
    size_t m = (size_t)a->dims[0], k = (size_t)a->dims[1], n = (size_t)b->dims[1], work;
    rc_tensor shape = {.rank = 2, .dims = {a->dims[0], b->dims[1]}, .rows = -1};
    const double *x = rc_t_numbers(g, a), *y = rc_t_numbers(g, b);
    rc_t_count(g, &shape);
    if (rc_is_failed(g) || __builtin_mul_overflow(shape.n, k, &work) ||
        work > RC_MODEL_MAX_NUMBERS) {
        rc_tape_fail(g->tape, "a shape that cannot be scored");
        return shape;
    }
    double *numbers = rc_tape_alloc(g->tape, shape.n + 1, sizeof(double));
    for (size_t i = 0; numbers != NULL && i < m; i++)
        for (size_t j = 0; j < k; j++)
            for (size_t c = 0; c < n; c++)
                numbers[i * n + c] += x[i * k + j] * y[j * n + c];
    for (size_t i = 0; numbers != NULL && i < shape.n; i++)
        numbers[i] = rc_fold_held(a->type, numbers[i]);
    return rc_fold_like(&shape, a->type, numbers);
}

void rc_op_matmul(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                  rc_tensor *out)
{
    const rc_tensor *a = rc_op_need(g, in, n_in, 0);
    rc_tensor b = *rc_op_need(g, in, n_in, 1);
    (void)node;
    while (b.kind == RC_T_CONSTANT && b.rank > 2 && b.dims[0] == 1) /* the same for all */
        memmove(b.dims, b.dims + 1, --b.rank * sizeof(b.dims[0]));
    if (rc_is_failed(g))
        return;
    bool are_matrices = is_matrix(a) && is_matrix(&b) && a->rank == 2 && b.rank == 2;
    if (are_matrices && a->dims[1] == b.dims[0]) {
        *out = product_of_constants(g, a, &b);
        return;
    }
    rc_op_computes(g, a->type);
    bool has_rows = a->rank >= 2 && a->rows >= 0 && a->rows < (int)a->rank - 1;
    if (is_matrix(&b) && has_rows)
        times_matrix(g, a, &b, out);
    else if (is_matrix(a) && a->rank == 2 && b.rank == 2 && b.rows == 1)
        *out = from_left(g, a, &b);
    else if (is_small(a, &b))
        *out = product_of_rows(g, a, &b);
    else
        rc_tape_fail(g->tape, "only rows times a constant matrix");
}

/* -- quantised numbers ---------------------------------------------------------------------------
 */

/* The numbers of a scale or a zero point, one for each element of t: of all, or along an axis. */
static const double *spread(rc_graph *g, const rc_tensor *p, const rc_tensor *t, unsigned axis)
{
    const double *numbers = rc_t_numbers(g, p);
    double *all = rc_tape_alloc(g->tape, t->n + 1, sizeof(double));
    if (numbers == NULL || all == NULL)
        return NULL;
    rc_runs runs = {1, t->n, 1};
    if (p->n != 1)
        runs = rc_t_runs(g, t, axis);
    if (p->n != 1 && p->n != runs.n) {
        rc_tape_fail(g->tape, "scales in blocks are not read");
        return NULL;
    }
    for (size_t i = 0; i < t->n; i++)
        all[i] = numbers[p->n == 1 ? 0 : i / runs.inner % runs.n];
    return all;
}

static const double *zeros_of(rc_graph *g, const rc_tensor *const *in, size_t n_in, size_t k,
                              const rc_tensor *t, unsigned axis)
{
    if (k < n_in && in[k] != NULL)
        return spread(g, in[k], t, axis);
    return rc_tape_alloc(g->tape, t->n + 1, sizeof(double));
}

static void range_of(int type, double *low, double *high)
{
    bool is_signed = type == RC_ONNX_INT8 || type == RC_ONNX_INT16;
    double bits = type == RC_ONNX_INT16 || type == RC_ONNX_UINT16 ? 16 : 8;
    *low = is_signed ? -exp2(bits - 1) : 0;
    *high = is_signed ? exp2(bits - 1) - 1 : exp2(bits) - 1;
}

/* round(x / divide) or round(x scale), + zero point, within the type. */
static rc_value quantize(rc_graph *g, rc_value v, size_t n, const rc_affine *affine,
                         const double *zero, int type)
{
    double *low = rc_tape_alloc(g->tape, n + 1, sizeof(double));
    double *high = rc_tape_alloc(g->tape, n + 1, sizeof(double));
    if (low == NULL || high == NULL || zero == NULL)
        return RC_NO_VALUE;
    for (size_t i = 0; i < n; i++)
        range_of(type, &low[i], &high[i]);
    rc_value x = rc_tape_affine(g->tape, v, affine);
    x = rc_tape_apply1(g->tape, RC_FN_ROUND, x);
    x = rc_tape_affine(g->tape, x, &(rc_affine){.shift = zero});
    return rc_tape_clip(g->tape, x, low, high);
}

void rc_op_quantize(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                    rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0), *s = rc_op_need(g, in, n_in, 1);
    unsigned axis = s->n == 1 ? 0 : rc_t_axis(g, t, (double)rc_node_int(node, "axis", 1));
    int type = n_in > 2 && in[2] != NULL ? in[2]->type
                                         : (int)rc_node_int(node, "output_dtype", RC_ONNX_UINT8);
    const double *scale = spread(g, s, t, axis), *zero = zeros_of(g, in, n_in, 2, t, axis);
    if (type != RC_ONNX_UINT8 && type != RC_ONNX_INT8 && type != RC_ONNX_UINT16 &&
        type != RC_ONNX_INT16)
        rc_tape_fail(g->tape, "only to integers of 8 and 16 bits");
    if (!rc_is_failed(g))
        *out = rc_t_like(
            t, type,
            quantize(g, rc_t_value(g, t), t->n, &(rc_affine){.divide = scale}, zero, type));
}

void rc_op_dequantize(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in,
                      size_t n_in, rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0), *s = rc_op_need(g, in, n_in, 1);
    unsigned axis = s->n == 1 ? 0 : rc_t_axis(g, t, (double)rc_node_int(node, "axis", 1));
    const double *scale = spread(g, s, t, axis), *zero = zeros_of(g, in, n_in, 2, t, axis);
    if (rc_is_failed(g))
        return;
    if (t->kind != RC_T_CONSTANT) {
        rc_affine affine = {.center = zero, .scale = scale};
        *out = rc_t_like(t, s->type, rc_tape_affine(g->tape, rc_t_value(g, t), &affine));
        return;
    }
    const double *from = rc_t_numbers(g, t);
    double *numbers = rc_tape_alloc(g->tape, t->n + 1, sizeof(double));
    for (size_t i = 0; from != NULL && numbers != NULL && i < t->n; i++)
        numbers[i] = (double)(float)((from[i] - zero[i]) * scale[i]);
    *out = *t;
    out->type = s->type;
    out->stored = NULL;
    out->numbers = numbers;
}

static rc_tape_operand number(double x)
{
    return rc_of_number(x);
}

/* uint8 of each row by its own smallest and largest: what a runtime gives for one row at a time. */
void rc_op_dynamic_quantize(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in,
                            size_t n_in, rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    rc_value v = rc_t_value(g, t);
    rc_tape *tape = g->tape;
    static const double zero = 0, most = 255;
    if (rc_is_failed(g) || node->n_outputs < 3)
        return;
    rc_value low = rc_compose_reduce(tape, RC_FN_MIN, v, 1, t->n, 1);
    rc_value high = rc_compose_reduce(tape, RC_FN_MAX, v, 1, t->n, 1);
    low = rc_tape_apply2(tape, RC_FN_MIN, rc_of_value(low), number(0));
    high = rc_tape_apply2(tape, RC_FN_MAX, rc_of_value(high), number(0));
    rc_value span = rc_tape_apply2(tape, RC_FN_SUB, rc_of_value(high), rc_of_value(low));
    rc_value scale = rc_tape_divide(tape, span, 255);
    rc_value is_flat = rc_tape_apply2(tape, RC_FN_EQ, rc_of_value(scale), number(0));
    scale = rc_tape_if(tape, is_flat, number(1), rc_of_value(scale));
    rc_value point = rc_tape_apply2(tape, RC_FN_DIV, rc_of_value(low), rc_of_value(scale));
    point = rc_tape_apply1(tape, RC_FN_ROUND, rc_tape_apply1(tape, RC_FN_NEG, point));
    point = rc_tape_clip(tape, point, &zero, &most);
    rc_value y = rc_tape_apply2(tape, RC_FN_DIV, rc_of_value(v), rc_of_value(scale));
    y = rc_tape_apply1(tape, RC_FN_ROUND, y);
    y = rc_tape_apply2(tape, RC_FN_ADD, rc_of_value(y), rc_of_value(point));
    y = rc_tape_apply2(tape, RC_FN_MIN,
                       rc_of_value(rc_tape_apply2(tape, RC_FN_MAX, rc_of_value(y), number(0))),
                       number(255));
    rc_tensor one = {.kind = RC_T_VARIABLE, .rows = -1, .n = 1};
    out[0] = rc_t_like(t, RC_ONNX_UINT8, y);
    out[1] = rc_t_like(&one, RC_ONNX_FLOAT, scale);
    out[2] = rc_t_like(&one, RC_ONNX_UINT8, point);
}

/* (A - a) (B - b), whole numbers: exact in the sums of the model's type up to 2^24 or 2^53. */
static rc_tensor product(rc_graph *g, const rc_tensor *a, const rc_tensor *a_zero,
                         const rc_tensor *b, const double *b_zero)
{
    rc_tensor x = *a;
    const double *from = rc_t_numbers(g, b);
    size_t n_out = b->rank == 2 ? (size_t)b->dims[1] : 0;
    double *numbers = rc_tape_alloc(g->tape, b->n + 1, sizeof(double));
    if (a_zero != NULL)
        x = rc_op_apply2(g, RC_FN_SUB, a, a_zero, RC_ONNX_FLOAT);
    if (rc_is_failed(g) || n_out == 0 || numbers == NULL || from == NULL) {
        rc_tape_fail(g->tape, "only rows times a constant matrix");
        return x;
    }
    for (size_t i = 0; i < b->n; i++)
        numbers[i] = from[i] - (b_zero != NULL ? b_zero[i] : 0);
    rc_matrix m = rc_matrix_of(RC_NUMBER_F64, numbers, (size_t)b->dims[0], n_out);
    return rc_op_dense(g, &x, &m, NULL);
}

void rc_op_matmul_integer(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in,
                          size_t n_in, rc_tensor *out)
{
    const rc_tensor *a = rc_op_need(g, in, n_in, 0), *b = rc_op_need(g, in, n_in, 1);
    (void)node;
    if (rc_is_failed(g))
        return;
    const double *b_zero =
        n_in > 3 && in[3] != NULL && b->rank == 2 ? spread(g, in[3], b, 1) : NULL;
    *out = product(g, a, n_in > 2 ? in[2] : NULL, b, b_zero);
    out->type = RC_ONNX_INT32;
}

void rc_op_qlinear_matmul(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in,
                          size_t n_in, rc_tensor *out)
{
    (void)node;
    for (size_t k = 0; k < 8; k++)
        rc_op_need(g, in, n_in, k);
    if (rc_is_failed(g) || in[3]->rank != 2) {
        rc_tape_fail(g->tape, "only rows times a constant matrix");
        return;
    }
    const rc_tensor *b = in[3];
    rc_tensor y = product(g, in[0], in[2], b, spread(g, in[5], b, 1));
    const double *a_scale = spread(g, in[1], &y, y.rank - 1);
    const double *b_scale = spread(g, in[4], &y, y.rank - 1);
    const double *y_scale = spread(g, in[6], &y, y.rank - 1);
    const double *y_zero = spread(g, in[7], &y, y.rank - 1);
    double *factor = rc_tape_alloc(g->tape, y.n + 1, sizeof(double));
    if (rc_is_failed(g) || factor == NULL)
        return;
    for (size_t i = 0; i < y.n; i++) /* in float32, as runtimes do: it decides at halves */
        factor[i] = (double)((float)a_scale[i] * (float)b_scale[i] / (float)y_scale[i]);
    *out = rc_t_like(&y, in[7]->type,
                     quantize(g, y.value, y.n, &(rc_affine){.scale = factor}, y_zero, in[7]->type));
}
