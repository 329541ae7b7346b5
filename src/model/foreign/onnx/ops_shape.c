/* ops_shape.c - ONNX operators that move elements about, or speak of shapes. */
#include <math.h>

#include "model/foreign/onnx/ops.h"

void rc_op_identity(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                    rc_tensor *out)
{
    (void)node;
    *out = *rc_op_need(g, in, n_in, 0);
}

/* At inference it is nothing, and its mask all true; the file may say that it is not for that. */
void rc_op_dropout(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                   rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    out[0] = *t;
    if (node->n_outputs > 1) {
        double *numbers = rc_tape_alloc(g->tape, t->n + 1, sizeof(double));
        for (size_t i = 0; numbers != NULL && i < t->n; i++)
            numbers[i] = 1;
        out[1] = rc_fold_like(t, RC_ONNX_BOOL, numbers);
    }
    if (g->opset < 12 || n_in < 3 || in[2] == NULL)
        return;
    const double *is_training = rc_t_numbers(g, in[2]);
    if (is_training != NULL && in[2]->n == 1 && is_training[0] != 0)
        rc_tape_fail(g->tape, RC_FOR_TRAINING);
}

/* -- other shapes for the same elements ----------------------------------------------------------
 */

/* The rows come first in memory: nothing but ones stands before them. */
static bool rows_lead(const rc_tensor *t)
{
    for (int i = 0; i < t->rows; i++)
        if (t->dims[i] != 1)
            return false;
    return true;
}

/* A target shape: which axis is the rows (-1: none yet), which is to be found (-1: none), the
 * product of the others. */
typedef struct target {
    rc_tensor shape;
    int unknown;
    size_t product;
} target;

static bool take_dim(rc_graph *g, const rc_tensor *t, double dim, unsigned i, bool allow_zero,
                     target *to)
{
    bool is_copy = dim == 0 && !allow_zero;
    if (is_copy && i >= t->rank)
        return false;
    if (dim == RC_ONNX_ROWS || (is_copy && (int)i == t->rows)) {
        to->shape.rows = (int)i;
        to->shape.dims[i] = 1;
        return true;
    }
    if (dim == -1) {
        bool is_first = to->unknown < 0;
        to->unknown = (int)i;
        return is_first;
    }
    int64_t size = is_copy ? t->dims[i] : fabs(dim) < 0x1p53 ? (int64_t)dim : -1;
    to->shape.dims[i] = size;
    (void)g;
    return size >= 0 && !__builtin_mul_overflow(to->product, (size_t)size, &to->product);
}

/* Where the rows go that no dimension names: to the one that is to be found, if it is they; to a
 * first one that is the number of rows that the file fixes. */
static bool find_rows(const rc_graph *g, const rc_tensor *t, target *to)
{
    if (to->shape.rows >= 0 || t->rows < 0)
        return true;
    if (to->unknown >= 0 && to->product == t->n) {
        to->shape.rows = to->unknown;
        to->shape.dims[to->unknown] = 1;
        to->unknown = -1;
        return true;
    }
    for (unsigned i = 0; i < to->shape.rank; i++) {
        int64_t dim = to->shape.dims[i];
        if ((int)i == to->unknown || dim != (g->n_rows > 0 ? g->n_rows : 1))
            continue;
        to->shape.rows = (int)i;
        to->shape.dims[i] = 1;
        to->product /= (size_t)dim;
        return true;
    }
    return false;
}

static void reshape(rc_graph *g, const rc_tensor *t, const double *dims, size_t n, bool allow_zero,
                    rc_tensor *out)
{
    target to = {.shape = {.rank = (unsigned)n, .rows = -1}, .unknown = -1, .product = 1};
    bool ok = n <= RC_ONNX_MAX_RANK && (t->rows < 0 || rows_lead(t));
    for (unsigned i = 0; ok && i < n; i++)
        ok = take_dim(g, t, dims[i], i, allow_zero, &to);
    ok = ok && find_rows(g, t, &to);
    if (ok && to.unknown >= 0) {
        ok = to.product > 0 && t->n % to.product == 0;
        to.shape.dims[to.unknown] = ok ? (int64_t)(t->n / to.product) : 0;
    }
    if (ok)
        rc_t_count(g, &to.shape);
    if (!ok || to.shape.n != t->n || (to.shape.rows >= 0 && !rows_lead(&to.shape)) ||
        (to.shape.rows >= 0) != (t->rows >= 0)) {
        rc_tape_fail(g->tape, "a shape that does not keep rows apart");
        return;
    }
    rc_made_by made_by = t->made_by;
    *out = rc_t_move(g, t, &to.shape, NULL);
    out->made_by = made_by;
}

void rc_op_reshape(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                   rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    size_t n;
    const double *dims = rc_op_list(g, node, "shape", in, n_in, 1, &n);
    if (!rc_is_failed(g))
        reshape(g, t, dims, n, rc_node_int(node, "allowzero", 0) != 0, out);
}

void rc_op_flatten(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                   rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    int64_t axis = rc_node_int(node, "axis", 1);
    if (axis < 0)
        axis += t->rank;
    if (axis < 0 || axis > t->rank) {
        rc_tape_fail(g->tape, "axis %lld of a tensor with %u dimensions", (long long)axis, t->rank);
        return;
    }
    double dims[2] = {1, 1};
    for (unsigned i = 0; i < t->rank; i++) {
        double *to = &dims[i < axis ? 0 : 1];
        *to *= (int)i == t->rows ? RC_ONNX_ROWS : (double)t->dims[i];
    }
    reshape(g, t, dims, 2, true, out);
}

/* Axes in a list, with those that are left out counted as the file counts them. */
static bool marked_axes(rc_graph *g, const double *list, size_t n, unsigned rank,
                        bool is_marked[RC_ONNX_MAX_RANK])
{
    rc_tensor whole = {.rank = rank};
    for (unsigned i = 0; i < RC_ONNX_MAX_RANK; i++)
        is_marked[i] = false;
    for (size_t k = 0; k < n; k++)
        is_marked[rc_t_axis(g, &whole, list[k])] = true;
    return !rc_is_failed(g);
}

void rc_op_squeeze(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                   rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    size_t n;
    bool is_marked[RC_ONNX_MAX_RANK];
    const double *list = rc_op_list(g, node, "axes", in, n_in, 1, &n);
    if (rc_is_failed(g) || !marked_axes(g, list, n, t->rank, is_marked))
        return;
    rc_tensor shape = *t;
    shape.rank = 0;
    shape.rows = -1;
    for (unsigned i = 0; i < t->rank; i++) {
        bool is_rows = (int)i == t->rows;
        bool goes = n > 0 ? is_marked[i] : !is_rows && t->dims[i] == 1;
        if (goes && (is_rows ? g->n_rows != 1 : t->dims[i] != 1))
            rc_tape_fail(g->tape, "dimension %u is not 1", i);
        if (goes && !is_rows)
            continue;
        if (is_rows)
            shape.rows = (int)shape.rank;
        shape.dims[shape.rank++] = t->dims[i];
    }
    *out = rc_t_move(g, t, &shape, NULL);
}

void rc_op_unsqueeze(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                     rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    size_t n;
    bool is_marked[RC_ONNX_MAX_RANK];
    const double *list = rc_op_list(g, node, "axes", in, n_in, 1, &n);
    if (rc_is_failed(g))
        return;
    if (n > RC_ONNX_MAX_RANK - t->rank) {
        rc_tape_fail(g->tape, "more than %d dimensions", RC_ONNX_MAX_RANK);
        return;
    }
    rc_tensor shape = *t;
    shape.rank = t->rank + (unsigned)n;
    shape.rows = -1;
    if (!marked_axes(g, list, n, shape.rank, is_marked))
        return;
    unsigned from = 0;
    for (unsigned i = 0; i < shape.rank; i++) {
        shape.dims[i] = 1;
        if (is_marked[i] || from >= t->rank)
            continue;
        if ((int)from == t->rows)
            shape.rows = (int)i;
        shape.dims[i] = t->dims[from++];
    }
    *out = rc_t_move(g, t, &shape, NULL);
}

/* -- permutations --------------------------------------------------------------------------------
 */

rc_tensor rc_t_permute(rc_graph *g, const rc_tensor *t, const unsigned *order)
{
    size_t step[RC_ONNX_MAX_RANK] = {0}, steps[RC_ONNX_MAX_RANK] = {0}, stride = 1;
    rc_tensor shape = *t;
    shape.rows = -1;
    for (unsigned i = t->rank; i-- > 0;) {
        step[i] = stride;
        stride *= (int)i == t->rows ? 1 : (size_t)t->dims[i];
    }
    for (unsigned i = 0; i < t->rank; i++) {
        shape.dims[i] = t->dims[order[i]];
        steps[i] = step[order[i]];
        if ((int)order[i] == t->rows)
            shape.rows = (int)i;
    }
    size_t *map = rc_tape_alloc(g->tape, t->n + 1, sizeof(*map));
    for (size_t e = 0; map != NULL && e < t->n; e++) {
        size_t rest = e;
        for (unsigned i = shape.rank; i-- > 0;) {
            size_t dim = (int)i == shape.rows ? 1 : (size_t)shape.dims[i];
            map[e] += rest % dim * steps[i];
            rest /= dim;
        }
    }
    return map != NULL ? rc_t_move(g, t, &shape, map) : *t;
}

void rc_op_transpose(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                     rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    size_t n;
    const int64_t *perm = rc_node_ints(node, "perm", &n);
    bool is_seen[RC_ONNX_MAX_RANK] = {false};
    unsigned order[RC_ONNX_MAX_RANK];
    for (unsigned i = 0; i < t->rank; i++) {
        int64_t from = perm == NULL ? t->rank - 1 - i : i < n ? perm[i] : -1;
        if (from < 0 || from >= t->rank || is_seen[from]) {
            rc_tape_fail(g->tape, "an order of dimensions that is none");
            return;
        }
        is_seen[from] = true;
        order[i] = (unsigned)from;
    }
    *out = rc_t_permute(g, t, order);
}
