/* tensor.c - tensors of an ONNX graph: constants, columns of rows, and how their elements move. */
#include <math.h>
#include <stdlib.h>

#include "model/foreign/onnx/ops.h"

bool rc_type_is_float(int type)
{
    return type == RC_ONNX_FLOAT || type == RC_ONNX_DOUBLE || type == RC_ONNX_FLOAT16 ||
           type == RC_ONNX_BFLOAT16;
}

bool rc_is_failed(const rc_graph *g)
{
    return rc_tape_status(g->tape, NULL) < 0;
}

void rc_t_count(rc_graph *g, rc_tensor *t)
{
    t->n = 1;
    for (unsigned i = 0; i < t->rank; i++) {
        if ((int)i == t->rows)
            continue;
        if (t->dims[i] < 0 || __builtin_mul_overflow(t->n, (size_t)t->dims[i], &t->n) ||
            t->n > g->most_elements) {
            rc_tape_fail(g->tape, "a shape that cannot be scored");
            t->n = 0;
            return;
        }
    }
}

rc_tensor rc_t_constant(int type, unsigned rank, const int64_t *dims, const double *numbers)
{
    rc_tensor t = {.kind = RC_T_CONSTANT, .type = type, .rank = rank, .rows = -1, .n = 1};
    for (unsigned i = 0; i < rank; i++) {
        t.dims[i] = dims[i];
        t.n *= (size_t)dims[i];
    }
    t.numbers = numbers;
    return t;
}

rc_tensor rc_t_stored(const rc_onnx_tensor *stored)
{
    rc_tensor t = {.kind = RC_T_CONSTANT,
                   .type = stored->type,
                   .rank = stored->rank,
                   .rows = -1,
                   .n = stored->n,
                   .stored = stored->texts == NULL ? stored : NULL,
                   .texts = stored->texts};
    memcpy(t.dims, stored->dims, sizeof(t.dims));
    return t;
}

rc_tensor rc_t_like(const rc_tensor *t, int type, rc_value value)
{
    rc_tensor out = {.kind = RC_T_VARIABLE,
                     .type = type,
                     .rank = t->rank,
                     .rows = t->rows,
                     .n = t->n,
                     .value = value,
                     .is_truth = type == RC_ONNX_BOOL};
    memcpy(out.dims, t->dims, sizeof(out.dims));
    return out;
}

rc_tensor rc_t_rows(int type, size_t n, rc_value value)
{
    return (rc_tensor){.kind = RC_T_VARIABLE,
                       .type = type,
                       .rank = 2,
                       .dims = {1, (int64_t)n},
                       .n = n,
                       .value = value};
}

void rc_t_set_link(rc_tensor *t, rc_link link, rc_value raw)
{
    t->made_by = RC_BY_LINK;
    t->link = link;
    t->raw = raw;
}

const double *rc_t_numbers(rc_graph *g, const rc_tensor *t)
{
    if (t->kind != RC_T_CONSTANT || t->texts != NULL) {
        rc_tape_fail(g->tape, "an operand must be a constant of numbers");
        return NULL;
    }
    if (t->numbers != NULL)
        return t->numbers;
    double *numbers = rc_tape_alloc(g->tape, t->n + 1, sizeof(double));
    for (size_t i = 0; numbers != NULL && i < t->n; i++)
        numbers[i] = rc_number_at(t->stored->numbers, t->stored->data, i);
    return numbers;
}

const double *rc_t_whole(rc_graph *g, const rc_tensor *t, size_t *n)
{
    const double *numbers = rc_t_numbers(g, t);
    *n = numbers != NULL ? t->n : 0;
    for (size_t i = 0; i < *n; i++)
        if (!(numbers[i] == floor(numbers[i]) && fabs(numbers[i]) < 0x1p80)) {
            rc_tape_fail(g->tape, "a shape or an index that is no whole number");
            return NULL;
        }
    return numbers;
}

/* The number of the class: of the largest score, then looked up. */
static rc_value value_of_label(rc_graph *g, const rc_tensor *t)
{
    const rc_labels *labels = t->labels;
    if (labels->texts != NULL)
        return rc_tape_fail(g->tape, "labels that are texts are computed with");
    double *keys = rc_tape_alloc(g->tape, labels->n, sizeof(double));
    if (keys == NULL)
        return RC_NO_VALUE;
    bool is_plain = true;
    for (size_t i = 0; i < labels->n; i++) {
        keys[i] = (double)i;
        is_plain = is_plain && labels->numbers[i] == keys[i];
    }
    rc_value best = rc_compose_argmax(g->tape, t->value, 1, labels->n, t->is_last);
    if (is_plain)
        return best;
    rc_matrix table = rc_matrix_of(RC_NUMBER_F64, labels->numbers, labels->n, 1);
    return rc_tape_lookup_numbers(g->tape, best, keys, labels->n, &table, NULL);
}

rc_value rc_t_value(rc_graph *g, const rc_tensor *t)
{
    if (t->kind == RC_T_VARIABLE)
        return t->value;
    if (t->kind == RC_T_LABEL)
        return value_of_label(g, t);
    if (t->kind == RC_T_CONSTANT && t->texts == NULL) {
        const double *numbers = rc_t_numbers(g, t);
        if (numbers != NULL && rc_fold_has_rows(t, numbers))
            return rc_tape_fail(g->tape, RC_ROWS_COMPUTED);
        if (numbers == NULL)
            return RC_NO_VALUE;
        rc_op_holds(g, t->type, numbers, t->n);
        return rc_tape_constant(g->tape, numbers, t->n);
    }
    return rc_tape_fail(g->tape, "texts are computed with");
}

/* -- movement ------------------------------------------------------------------------------------
 */

static void move_constant(rc_graph *g, const rc_tensor *t, const size_t *map, rc_tensor *out)
{
    if (t->texts != NULL) {
        const char **texts = rc_tape_alloc(g->tape, out->n, sizeof(*texts));
        for (size_t i = 0; texts != NULL && i < out->n; i++)
            texts[i] = t->texts[map[i]];
        out->texts = texts;
        return;
    }
    const double *from = rc_t_numbers(g, t);
    double *numbers = rc_tape_alloc(g->tape, out->n + 1, sizeof(*numbers));
    for (size_t i = 0; from != NULL && numbers != NULL && i < out->n; i++)
        numbers[i] = from[map[i]];
    out->numbers = numbers;
}

static void move_texts(rc_graph *g, const rc_tensor *t, const size_t *map, rc_tensor *out)
{
    rc_text_cell *cells = rc_tape_alloc(g->tape, out->n, sizeof(*cells));
    for (size_t i = 0; cells != NULL && i < out->n; i++)
        cells[i] = t->cells[map[i]];
    out->cells = cells;
}

static bool is_same(const rc_tensor *t, const rc_tensor *shape, const size_t *map)
{
    for (size_t i = 0; i < shape->n; i++)
        if (map[i] != i)
            return false;
    return t->n == shape->n;
}

rc_tensor rc_t_move(rc_graph *g, const rc_tensor *t, const rc_tensor *shape, const size_t *map)
{
    rc_tensor out = *t;
    out.rank = shape->rank;
    memcpy(out.dims, shape->dims, sizeof(out.dims));
    out.rows = shape->rows;
    out.n = shape->n;
    if (map == NULL || rc_is_failed(g) || is_same(t, shape, map))
        return out;
    bool is_raw = t->made_by == RC_BY_LINK && t->link == RC_LINK_NONE;
    out.stored = NULL;
    out.labels = NULL;
    out.test = NULL;
    out.made_by = is_raw ? RC_BY_LINK : RC_BY_OTHER;
    out.is_mirrored = false;
    if (t->kind == RC_T_CONSTANT)
        move_constant(g, t, map, &out);
    else if (t->kind == RC_T_TEXTS)
        move_texts(g, t, map, &out);
    else if (t->kind == RC_T_VARIABLE)
        out.raw = out.value = rc_tape_select(g->tape, t->value, map, out.n);
    else
        rc_tape_fail(g->tape, "labels are moved about");
    out.is_column = t->kind == RC_T_VARIABLE && out.n == 1;
    out.of = t->value;
    out.column = map[0];
    return out;
}

/* Axis i of the shape is axis i - more of t, where t has so many fewer. */
static int64_t dim_of(const rc_tensor *t, const rc_tensor *shape, unsigned i)
{
    unsigned more = shape->rank - t->rank;
    return i < more ? 1 : t->dims[i - more];
}

static bool meets_rows(const rc_tensor *t, const rc_tensor *shape)
{
    if (t->rows < 0 || shape->rows < 0)
        return true;
    return t->rank - (unsigned)t->rows == shape->rank - (unsigned)shape->rows;
}

/* One dimension of the shape takes one of an operand in. */
static bool join_dim(int64_t *dim, int64_t other)
{
    if (*dim == 1)
        *dim = other;
    return other == 1 || other == *dim;
}

bool rc_t_broadcast(rc_graph *g, const rc_tensor *const *in, size_t n, rc_tensor *shape)
{
    *shape = (rc_tensor){.rows = -1};
    for (size_t k = 0; k < n; k++)
        shape->rank = in[k]->rank > shape->rank ? in[k]->rank : shape->rank;
    for (unsigned i = 0; i < shape->rank; i++)
        shape->dims[i] = 1;
    for (size_t k = 0; k < n; k++)
        if (in[k]->rows >= 0)
            shape->rows = (int)(shape->rank - in[k]->rank) + in[k]->rows;
    for (size_t k = 0; k < n; k++) {
        bool fits = meets_rows(in[k], shape);
        for (unsigned i = 0; fits && i < shape->rank; i++)
            fits = join_dim(&shape->dims[i], dim_of(in[k], shape, i));
        if (fits && shape->rows >= 0)
            fits = dim_of(in[k], shape, (unsigned)shape->rows) == 1;
        if (!fits) {
            rc_tape_fail(g->tape, "operands whose shapes do not go together row by row");
            return false;
        }
    }
    rc_t_count(g, shape);
    return !rc_is_failed(g);
}

const size_t *rc_t_map(rc_graph *g, const rc_tensor *t, const rc_tensor *shape)
{
    size_t *map = rc_tape_alloc(g->tape, shape->n + 1, sizeof(*map));
    size_t step[RC_ONNX_MAX_RANK] = {0}, stride = 1;
    for (unsigned i = shape->rank; i-- > 0;) { /* elements of t from one to the next along i */
        int64_t dim = dim_of(t, shape, i);
        step[i] = dim == 1 ? 0 : stride;
        stride *= (size_t)dim;
    }
    for (size_t e = 0; map != NULL && e < shape->n; e++) {
        size_t rest = e, at = 0;
        for (unsigned i = shape->rank; i-- > 0;) {
            size_t dim = (int)i == shape->rows ? 1 : (size_t)shape->dims[i];
            at += rest % dim * step[i];
            rest /= dim;
        }
        map[e] = at;
    }
    return map;
}

rc_tensor rc_t_expand(rc_graph *g, const rc_tensor *t, const rc_tensor *shape)
{
    if (t->n == shape->n || (t->n == 1 && t->kind == RC_T_VARIABLE)) {
        rc_tensor out = *t;
        out.rank = shape->rank;
        memcpy(out.dims, shape->dims, sizeof(out.dims));
        return out;
    }
    rc_tensor like = *shape;
    like.rows = t->kind == RC_T_CONSTANT ? -1 : shape->rows;
    return rc_t_move(g, t, &like, rc_t_map(g, t, shape));
}

rc_tensor rc_t_one_row(rc_graph *g, const rc_tensor *t, unsigned axis)
{
    int64_t n_rows = t->dims[axis];
    const double *numbers = n_rows > 1 && n_rows == g->n_rows ? rc_t_numbers(g, t) : NULL;
    if (numbers == NULL)
        return *t;
    rc_runs runs = rc_t_runs(g, t, axis);
    for (size_t o = 0; o < runs.outer; o++)
        for (size_t k = 1; k < runs.n; k++) {
            const double *first = &numbers[o * runs.n * runs.inner];
            if (memcmp(first, first + k * runs.inner, runs.inner * sizeof(double)) != 0)
                return *t;
        }
    rc_tensor out = *t;
    double *one = rc_tape_alloc(g->tape, runs.outer * runs.inner + 1, sizeof(double));
    for (size_t o = 0; one != NULL && o < runs.outer; o++)
        memcpy(one + o * runs.inner, numbers + o * runs.n * runs.inner,
               runs.inner * sizeof(double));
    out.stored = NULL;
    out.numbers = one;
    out.dims[axis] = 1;
    out.n = runs.outer * runs.inner;
    return out;
}

unsigned rc_t_axis(rc_graph *g, const rc_tensor *t, double axis)
{
    double at = axis < 0 ? axis + t->rank : axis;
    for (unsigned i = 0; i < t->rank; i++)
        if (at == i)
            return i;
    rc_tape_fail(g->tape, "axis %g of a tensor with %u dimensions", axis, t->rank);
    return 0;
}

rc_runs rc_t_runs(rc_graph *g, const rc_tensor *t, unsigned axis)
{
    rc_runs runs = {1, 1, 1};
    if ((int)axis == t->rows)
        rc_tape_fail(g->tape, "it works across rows");
    for (unsigned i = 0; i < t->rank; i++) {
        size_t dim = (int)i == t->rows ? 1 : (size_t)t->dims[i];
        if (i < axis)
            runs.outer *= dim;
        else if (i == axis)
            runs.n = dim;
        else
            runs.inner *= dim;
    }
    return runs;
}
