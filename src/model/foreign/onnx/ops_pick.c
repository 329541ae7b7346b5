/* ops_pick.c - ONNX operators that pick elements along an axis, and join them. */
#include <math.h>

#include "model/foreign/onnx/ops.h"

/* -- along one axis ------------------------------------------------------------------------------
 */

/* Elements picks[0 .. n - 1] along an axis; the axis becomes n long. */
static rc_tensor pick(rc_graph *g, const rc_tensor *t, unsigned axis, const size_t *picks, size_t n)
{
    rc_runs runs = rc_t_runs(g, t, axis);
    rc_tensor shape = *t;
    shape.dims[axis] = (int64_t)n;
    rc_t_count(g, &shape);
    size_t *map = rc_tape_alloc(g->tape, shape.n + 1, sizeof(*map));
    if (rc_is_failed(g) || map == NULL)
        return *t;
    size_t at = 0;
    for (size_t o = 0; o < runs.outer; o++)
        for (size_t k = 0; k < n; k++)
            for (size_t i = 0; i < runs.inner; i++)
                map[at++] = (o * runs.n + picks[k]) * runs.inner + i;
    return rc_t_move(g, t, &shape, map);
}

static rc_tensor pick_range(rc_graph *g, const rc_tensor *t, unsigned axis, size_t first,
                            int64_t step, size_t n)
{
    size_t *picks = rc_tape_alloc(g->tape, n + 1, sizeof(*picks));
    if (picks == NULL)
        return *t;
    for (size_t k = 0; k < n; k++)
        picks[k] = (size_t)((int64_t)first + (int64_t)k * step);
    return pick(g, t, axis, picks, n);
}

static int64_t clamp(double x, int64_t low, int64_t high)
{
    return x < (double)low ? low : x > (double)high ? high : (int64_t)x;
}

static rc_tensor slice_axis(rc_graph *g, const rc_tensor *t, unsigned axis, double start,
                            double end, double step)
{
    bool is_all =
        start == 0 && step == 1 && (end >= 0x1p30 || (g->n_rows > 0 && end >= (double)g->n_rows));
    if ((int)axis == t->rows && is_all)
        return *t;
    if ((int)axis == t->rows || step == 0) {
        rc_tape_fail(g->tape, "it takes some of the rows");
        return *t;
    }
    int64_t dim = t->dims[axis];
    int64_t lowest = step > 0 ? 0 : -1, highest = step > 0 ? dim : dim - 1;
    int64_t first = clamp(start < 0 ? start + (double)dim : start, step > 0 ? 0 : -1, highest);
    int64_t last = clamp(end < 0 ? end + (double)dim : end, lowest, step > 0 ? dim : dim - 1);
    double n = ceil(((double)last - (double)first) / step);
    return pick_range(g, t, axis, (size_t)(n > 0 ? first : 0), (int64_t)step,
                      n > 0 ? (size_t)n : 0);
}

void rc_op_slice(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                 rc_tensor *out)
{
    size_t n, n_ends, n_axes, n_steps;
    *out = *rc_op_need(g, in, n_in, 0);
    const double *starts = rc_op_list(g, node, "starts", in, n_in, 1, &n);
    const double *ends = rc_op_list(g, node, "ends", in, n_in, 2, &n_ends);
    const double *axes = rc_op_list(g, node, "axes", in, n_in, 3, &n_axes);
    const double *steps = rc_op_list(g, node, "steps", in, n_in, 4, &n_steps);
    if (rc_is_failed(g))
        return;
    if (n != n_ends || (axes != NULL && n_axes != n) || (steps != NULL && n_steps != n)) {
        rc_tape_fail(g->tape, "starts, ends, axes and steps of different numbers");
        return;
    }
    for (size_t k = 0; k < n && !rc_is_failed(g); k++) {
        unsigned axis = rc_t_axis(g, out, axes != NULL ? axes[k] : (double)k);
        if (!rc_is_failed(g))
            *out = slice_axis(g, out, axis, starts[k], ends[k], steps != NULL ? steps[k] : 1);
    }
}

/* -- gather --------------------------------------------------------------------------------------
 */

/* The shape of data with the axis replaced by the dimensions of the indices. */
static bool gathered_shape(rc_graph *g, const rc_tensor *data, const rc_tensor *indices,
                           unsigned axis, rc_tensor *shape)
{
    *shape = (rc_tensor){.rows = -1, .rank = data->rank - 1 + indices->rank};
    if (shape->rank > RC_ONNX_MAX_RANK) {
        rc_tape_fail(g->tape, "more than %d dimensions", RC_ONNX_MAX_RANK);
        return false;
    }
    unsigned at = 0;
    for (unsigned i = 0; i < data->rank; i++) {
        if (i != axis) {
            if ((int)i == data->rows)
                shape->rows = (int)at;
            shape->dims[at++] = data->dims[i];
            continue;
        }
        for (unsigned k = 0; k < indices->rank; k++) {
            if ((int)k == indices->rows)
                shape->rows = (int)at;
            shape->dims[at++] = indices->dims[k];
        }
    }
    rc_t_count(g, shape);
    return !rc_is_failed(g);
}

static void gather_constant(rc_graph *g, const rc_tensor *data, const rc_tensor *indices,
                            unsigned axis, rc_tensor *out)
{
    rc_tensor shape;
    size_t n;
    const double *list = rc_t_whole(g, indices, &n);
    size_t *picks = rc_tape_alloc(g->tape, n + 1, sizeof(*picks));
    rc_runs runs = rc_t_runs(g, data, axis);
    if (list == NULL || picks == NULL || rc_is_failed(g))
        return;
    for (size_t k = 0; k < n; k++) {
        double at = list[k] < 0 ? list[k] + (double)runs.n : list[k];
        if (!(at >= 0 && at < (double)runs.n)) {
            rc_tape_fail(g->tape, "index %g of %zu", list[k], runs.n);
            return;
        }
        picks[k] = (size_t)at;
    }
    rc_tensor picked = pick(g, data, axis, picks, n);
    if (gathered_shape(g, data, indices, axis, &shape))
        *out = rc_t_move(g, &picked, &shape, NULL);
}

rc_value rc_op_from_end(rc_graph *g, rc_value v, size_t n)
{
    rc_value is_below = rc_tape_apply2(g->tape, RC_FN_LT, rc_of_value(v), rc_of_number(0));
    rc_value moved = rc_tape_shift(g->tape, v, (double)n);
    return rc_tape_if(g->tape, is_below, rc_of_value(moved), rc_of_value(v));
}

/* Rows of a table by numbers that the rows have: an embedding. */
static void gather_rows(rc_graph *g, const rc_tensor *data, const rc_tensor *indices,
                        rc_tensor *out)
{
    rc_tensor shape;
    size_t n = (size_t)data->dims[0], width = n > 0 ? data->n / n : 0;
    double *keys = rc_tape_alloc(g->tape, n + 1, sizeof(*keys));
    rc_value *parts = rc_tape_alloc(g->tape, indices->n + 1, sizeof(*parts));
    rc_value v = rc_t_value(g, indices);
    if (keys == NULL || parts == NULL || rc_is_failed(g))
        return;
    for (size_t i = 0; i < n; i++)
        keys[i] = (double)i;
    if (g->opset >= 11)
        v = rc_op_from_end(g, v, n);
    rc_matrix table = rc_op_matrix(g, data, false, n, width);
    const double *numbers = rc_type_is_float(data->type) ? NULL : rc_t_numbers(g, data);
    if (numbers != NULL)
        rc_op_holds(g, data->type, numbers, data->n);
    for (size_t k = 0; k < indices->n && !rc_is_failed(g); k++)
        parts[k] =
            rc_tape_lookup_numbers(g->tape, rc_tape_slice(g->tape, v, k, 1), keys, n, &table, NULL);
    if (!rc_is_failed(g) && gathered_shape(g, data, indices, 0, &shape))
        *out = rc_t_like(&shape, data->type, rc_tape_concat(g->tape, parts, indices->n));
}

void rc_op_gather(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                  rc_tensor *out)
{
    const rc_tensor *data = rc_op_need(g, in, n_in, 0), *indices = rc_op_need(g, in, n_in, 1);
    unsigned axis = rc_t_axis(g, data, (double)rc_node_int(node, "axis", 0));
    if (rc_is_failed(g))
        return;
    if (indices->kind == RC_T_CONSTANT)
        gather_constant(g, data, indices, axis, out);
    else if (indices->kind == RC_T_LABEL && data->kind == RC_T_CONSTANT && data->rank == 1)
        *out = rc_label_pick(g, data, indices);
    else if (data->kind == RC_T_CONSTANT && data->texts == NULL && axis == 0)
        gather_rows(g, data, indices, out);
    else
        rc_tape_fail(g->tape, "indices that come from the rows, into something else than a table");
}

/* Of a table of n: the n-th slices of the axes that the last axis of the indices counts. Here they
 * are one axis. */
void rc_op_gather_nd(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                     rc_tensor *out)
{
    const rc_tensor *data = rc_op_need(g, in, n_in, 0), *indices = rc_op_need(g, in, n_in, 1);
    int64_t axis = rc_node_int(node, "batch_dims", 0);
    if (rc_is_failed(g))
        return;
    if (indices->rank < 1 || indices->dims[indices->rank - 1] != 1 ||
        indices->rows == (int)indices->rank - 1 || axis < 0 || axis > 1 || axis >= data->rank ||
        (axis == 1 && (data->rows != 0 || indices->kind != RC_T_CONSTANT))) {
        rc_tape_fail(g->tape, "only along one axis");
        return;
    }
    rc_tensor shape = *indices;
    shape.rank--;
    rc_tensor flat = rc_t_move(g, indices, &shape, NULL);
    if (axis == 1) { /* the same indices for each row */
        flat = rc_t_one_row(g, &flat, 0);
        if (flat.rank < 1 || flat.dims[0] != 1) {
            rc_tape_fail(g->tape, "only along one axis");
            return;
        }
        memmove(flat.dims, flat.dims + 1, (flat.rank - 1) * sizeof(flat.dims[0]));
        flat.rank--;
    }
    if (flat.kind == RC_T_CONSTANT)
        gather_constant(g, data, &flat, (unsigned)axis, out);
    else if (flat.kind == RC_T_LABEL && data->kind == RC_T_CONSTANT && data->rank == 1)
        *out = rc_label_pick(g, data, &flat);
    else if (data->kind == RC_T_CONSTANT && data->texts == NULL)
        gather_rows(g, data, &flat, out);
    else
        rc_tape_fail(g->tape, "indices that come from the rows, into something else than a table");
}

/* -- several tensors -----------------------------------------------------------------------------
 */

/* Part k of what is joined: where its elements stand behind those of the parts before. */
static void map_part(size_t *map, rc_runs whole, size_t part_n, size_t first_along,
                     size_t first_element)
{
    for (size_t o = 0; o < whole.outer; o++)
        for (size_t k = 0; k < part_n; k++)
            for (size_t i = 0; i < whole.inner; i++)
                map[(o * whole.n + first_along + k) * whole.inner + i] =
                    first_element + (o * part_n + k) * whole.inner + i;
}

/* All elements of all tensors, one tensor behind the other. */
static rc_tensor join(rc_graph *g, const rc_tensor *const *in, size_t n_in, rc_tensor shape)
{
    rc_tensor all = {.type = shape.type, .rank = shape.rank, .rows = shape.rows, .n = shape.n};
    bool is_constant = true, is_text = false;
    size_t at = 0;
    memcpy(all.dims, shape.dims, sizeof(all.dims));
    for (size_t k = 0; k < n_in; k++) {
        is_constant = is_constant && in[k]->kind == RC_T_CONSTANT;
        is_text = is_text || in[k]->kind == RC_T_TEXTS;
    }
    all.kind = is_constant ? RC_T_CONSTANT : is_text ? RC_T_TEXTS : RC_T_VARIABLE;
    double *numbers = rc_tape_alloc(g->tape, is_constant ? shape.n + 1 : 1, sizeof(double));
    rc_text_cell *cells = rc_tape_alloc(g->tape, is_text ? shape.n + 1 : 1, sizeof(*cells));
    rc_value *values = rc_tape_alloc(g->tape, n_in, sizeof(*values));
    for (size_t k = 0; k < n_in && !rc_is_failed(g); at += in[k++]->n) {
        if (is_constant) {
            const double *from = rc_t_numbers(g, in[k]);
            if (from != NULL && in[k]->n > 0)
                memcpy(numbers + at, from, in[k]->n * sizeof(double));
        } else if (is_text && in[k]->kind == RC_T_TEXTS) {
            memcpy(cells + at, in[k]->cells, in[k]->n * sizeof(*cells));
        } else {
            values[k] = rc_t_value(g, in[k]);
        }
    }
    all.numbers = is_constant ? numbers : NULL;
    all.cells = is_text ? cells : NULL;
    if (!is_constant && !is_text && !rc_is_failed(g))
        all.value = rc_tape_concat(g->tape, values, n_in);
    return all;
}

/* What comes of 1 - p and p. */
static void tell_pair(const rc_tensor *const *in, size_t n_in, rc_tensor *out)
{
    if (n_in == 2 && in[0]->made_by == RC_BY_PAIR && in[0]->n == 1 && in[1]->n == 1 &&
        in[1]->kind == RC_T_VARIABLE && in[0]->raw == in[1]->value) {
        out->made_by = RC_BY_PAIR;
        out->raw = in[1]->value;
    }
}

/* The shape of all parts joined; those that are constants have one row. */
static bool joined_shape(rc_graph *g, const rc_tensor **parts, rc_tensor *copies, size_t n,
                         unsigned axis, rc_tensor *shape)
{
    size_t along = 0;
    for (size_t k = 0; k < n; k++) {
        if (parts[k]->rank != shape->rank) {
            rc_tape_fail(g->tape, "tensors of %u and %u dimensions", shape->rank, parts[k]->rank);
            return false;
        }
        if (parts[k]->rows >= 0)
            shape->rows = parts[k]->rows;
    }
    if ((int)axis == shape->rows) {
        rc_tape_fail(g->tape, "it works across rows");
        return false;
    }
    for (size_t k = 0; k < n; k++) {
        if (shape->rows >= 0 && parts[k]->kind == RC_T_CONSTANT && parts[k]->texts == NULL) {
            copies[k] = rc_t_one_row(g, parts[k], (unsigned)shape->rows);
            parts[k] = &copies[k];
        }
        along += (size_t)parts[k]->dims[axis];
    }
    memcpy(shape->dims, parts[0]->dims, sizeof(shape->dims));
    shape->dims[axis] = (int64_t)along;
    rc_t_count(g, shape);
    return !rc_is_failed(g);
}

/* Whether the other dimensions of a part are those of the whole. */
static bool fits(const rc_tensor *part, const rc_tensor *shape, unsigned axis)
{
    for (unsigned i = 0; i < shape->rank; i++)
        if (i != axis && part->dims[i] != shape->dims[i])
            return false;
    return true;
}

static const size_t *joined_map(rc_graph *g, const rc_tensor *const *parts, size_t n, unsigned axis,
                                const rc_tensor *shape)
{
    rc_runs whole = rc_t_runs(g, shape, axis);
    size_t *map = rc_tape_alloc(g->tape, shape->n + 1, sizeof(*map));
    size_t first = 0, done = 0;
    for (size_t k = 0; map != NULL && k < n; k++) {
        if (!fits(parts[k], shape, axis)) {
            rc_tape_fail(g->tape, "tensors whose other dimensions differ");
            return NULL;
        }
        map_part(map, whole, (size_t)parts[k]->dims[axis], first, done);
        first += (size_t)parts[k]->dims[axis];
        done += parts[k]->n;
    }
    return map;
}

void rc_op_concat(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                  rc_tensor *out)
{
    const rc_tensor *first = rc_op_need(g, in, n_in, 0);
    rc_tensor shape = {.type = first->type, .rank = first->rank, .rows = -1};
    unsigned axis = rc_t_axis(g, first, (double)rc_node_int(node, "axis", 1));
    const rc_tensor **parts = rc_tape_alloc(g->tape, n_in + 1, sizeof(*parts));
    rc_tensor *copies = rc_tape_alloc(g->tape, n_in + 1, sizeof(*copies));
    for (size_t k = 0; parts != NULL && k < n_in; k++)
        parts[k] = rc_op_need(g, in, n_in, k);
    if (rc_is_failed(g) || copies == NULL || !joined_shape(g, parts, copies, n_in, axis, &shape))
        return;
    const size_t *map = joined_map(g, parts, n_in, axis, &shape);
    if (map == NULL)
        return;
    rc_tensor all = join(g, parts, n_in, shape);
    *out = rc_t_move(g, &all, &shape, map);
    tell_pair(parts, n_in, out);
}

/* Sizes: an attribute, an input, or equal parts, of which the last may be shorter. */
void rc_op_split(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                 rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    unsigned axis = rc_t_axis(g, t, (double)rc_node_int(node, "axis", 0));
    size_t n, first = 0, n_out = node->n_outputs;
    const double *sizes = rc_op_list(g, node, "split", in, n_in, 1, &n);
    if (rc_is_failed(g) || n_out == 0)
        return;
    if (sizes != NULL && n != n_out) {
        rc_tape_fail(g->tape, "%zu sizes, but %zu outputs", n, n_out);
        return;
    }
    if ((int)axis == t->rows) {
        rc_tape_fail(g->tape, "it works across rows");
        return;
    }
    size_t dim = (size_t)t->dims[axis], equal = (dim + n_out - 1) / n_out;
    for (size_t k = 0; k < n_out && !rc_is_failed(g); k++) {
        double asked = sizes != NULL ? sizes[k] : (double)equal;
        size_t rest = dim - first, size = asked >= 0 && asked < (double)rest ? (size_t)asked : rest;
        if (sizes != NULL && asked != (double)size) {
            rc_tape_fail(g->tape, "sizes that do not add up");
            return;
        }
        out[k] = pick_range(g, t, axis, first, 1, size);
        first += size;
    }
}

void rc_op_tile(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                rc_tensor *out)
{
    *out = *rc_op_need(g, in, n_in, 0);
    size_t n;
    (void)node;
    const double *repeats = rc_t_whole(g, rc_op_need(g, in, n_in, 1), &n);
    for (size_t i = 0; repeats != NULL && i < n && i < out->rank && !rc_is_failed(g); i++) {
        if (repeats[i] == 1)
            continue;
        size_t dim = (size_t)out->dims[i], total;
        if (!(repeats[i] >= 0 && repeats[i] < 0x1p30) ||
            __builtin_mul_overflow(dim, (size_t)repeats[i], &total) ||
            total > RC_MODEL_MAX_INPUTS) {
            rc_tape_fail(g->tape, "more copies than can be scored");
            return;
        }
        size_t *picks = rc_tape_alloc(g->tape, total + 1, sizeof(*picks));
        for (size_t k = 0; picks != NULL && k < total; k++)
            picks[k] = k % dim;
        if (picks != NULL)
            *out = pick(g, out, (unsigned)i, picks, total);
    }
}

/* -- borders -------------------------------------------------------------------------------------
 */

/* Element i of an axis with borders: of the n that are inside, or n, which is the constant. */
static size_t inside(const char *mode, int64_t i, int64_t n)
{
    if (i >= 0 && i < n)
        return (size_t)i;
    if (strcmp(mode, "edge") == 0)
        return i < 0 ? 0 : (size_t)(n - 1);
    if (strcmp(mode, "wrap") == 0)
        return (size_t)((i % n + n) % n);
    if (strcmp(mode, "reflect") != 0)
        return (size_t)n;
    int64_t period = n > 1 ? 2 * (n - 1) : 1, at = (i % period + period) % period;
    return (size_t)(at < n ? at : period - at);
}

/* One axis longer by `before` and `after`, or shorter. */
static rc_tensor pad_axis(rc_graph *g, const rc_tensor *t, unsigned axis, double before,
                          double after, const char *mode, double x)
{
    int64_t n = t->dims[axis], first = -(int64_t)before, last = n + (int64_t)after;
    double *constant = rc_tape_alloc(g->tape, 1, sizeof(double));
    rc_runs runs = rc_t_runs(g, t, axis);
    if (n < 1 || last <= first || last - first > RC_MODEL_MAX_INPUTS || constant == NULL) {
        rc_tape_fail(g->tape, "a shape that cannot be scored");
        return *t;
    }
    *constant = x;
    rc_tensor border = *t;
    border.dims[axis] = 1;
    border.n = runs.outer * runs.inner;
    rc_tensor one = rc_t_constant(t->type, 0, NULL, constant);
    one = rc_t_expand(g, &one, &border);
    size_t *picks = rc_tape_alloc(g->tape, (size_t)(last - first), sizeof(*picks));
    bool is_mixed = false;
    for (int64_t i = first; picks != NULL && i < last; i++) {
        picks[i - first] = inside(mode, i, n);
        is_mixed = is_mixed || picks[i - first] == (size_t)n;
    }
    const rc_tensor *parts[] = {t, &one};
    rc_tensor shape = *t, copies[2];
    if (picks == NULL || rc_is_failed(g))
        return *t;
    if (!is_mixed)
        return pick(g, t, axis, picks, (size_t)(last - first));
    if (!joined_shape(g, parts, copies, 2, axis, &shape))
        return *t;
    const size_t *map = joined_map(g, parts, 2, axis, &shape);
    rc_tensor all = join(g, parts, 2, shape);
    all = map != NULL ? rc_t_move(g, &all, &shape, map) : all;
    return rc_is_failed(g) ? *t : pick(g, &all, axis, picks, (size_t)(last - first));
}

void rc_op_pad(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
               rc_tensor *out)
{
    size_t n, n_axes;
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    const double *pads = rc_op_list(g, node, "pads", in, n_in, 1, &n);
    const double *axes = rc_op_list(g, node, "", in, n_in, 3, &n_axes);
    const char *mode = rc_node_text(node, "mode", "constant");
    double x = rc_node_float(node, "value", 0);
    if (rc_op_is_constant(in, n_in, 2) && in[2]->n == 1 && rc_t_numbers(g, in[2]) != NULL)
        x = rc_t_numbers(g, in[2])[0];
    if (axes == NULL)
        n_axes = t->rank;
    if (pads == NULL || n != 2 * n_axes) {
        rc_tape_fail(g->tape, "starts, ends, axes and steps of different numbers");
        return;
    }
    *out = *t;
    for (size_t k = 0; k < n_axes && !rc_is_failed(g); k++) {
        unsigned axis = rc_t_axis(g, t, axes != NULL ? axes[k] : (double)k);
        double before = pads[k], after = pads[n_axes + k];
        bool is_sound = fabs(before) < 0x1p30 && fabs(after) < 0x1p30;
        if (!is_sound)
            rc_tape_fail(g->tape, "a shape that cannot be scored");
        else if (before != 0 || after != 0)
            *out = pad_axis(g, out, axis, before, after, mode, x);
    }
}
