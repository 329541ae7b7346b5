/* ops_onehot.c - ONNX operators that make columns of 0 and 1 out of one. */
#include "base/num.h"
#include "model/foreign/onnx/ops.h"

/* Of numbers that have been cast to texts: the categories are numbers, too. */
static const double *numbers_of_texts(rc_graph *g, const char *const *texts, size_t n)
{
    double *numbers = rc_tape_alloc(g->tape, n + 1, sizeof(double));
    for (size_t i = 0; numbers != NULL && i < n; i++)
        if (!rc_num_parse_text(texts[i], strlen(texts[i]), &numbers[i])) {
            rc_tape_fail(g->tape, "numbers are held against the text '%.40s'", texts[i]);
            return NULL;
        }
    return numbers;
}

static rc_value onehot_texts(rc_graph *g, const rc_text_cell *cell, const char *const *cats,
                             size_t n, bool unknown_is_error)
{
    if (cell->map != NULL) {
        const rc_labels *places = rc_label_numbers(g, n, false);
        rc_value v = rc_text_place(g, cell, cats, n, unknown_is_error);
        return places == NULL ? RC_NO_VALUE
                              : rc_tape_onehot_numbers(g->tape, v, places->numbers, n, false);
    }
    const char **values = rc_tape_alloc(g->tape, n + 1, sizeof(*values));
    for (size_t i = 0; values != NULL && i < n; i++) {
        rc_graph_text(g, cell->column, cats[i], unknown_is_error);
        values[i] = cats[i][0] == '\0' ? "<empty>" : cats[i];
    }
    return values == NULL ? RC_NO_VALUE
                          : rc_tape_onehot_texts(g->tape, g->texts[cell->column].v, values, n,
                                                 unknown_is_error);
}

/* Each column becomes n: one more dimension. */
void rc_op_one_hot(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                   rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    size_t n, n_texts;
    const char *const *texts = rc_node_texts(node, "cats_strings", &n_texts);
    const double *cats = rc_node_numbers(g, node, "cats_int64s", &n);
    bool is_error = rc_node_int(node, "zeros", 1) == 0;
    rc_value *parts = rc_tape_alloc(g->tape, t->n + 1, sizeof(*parts));
    if (texts != NULL && t->kind != RC_T_TEXTS)
        cats = numbers_of_texts(g, texts, n = n_texts);
    bool is_text = t->kind == RC_T_TEXTS;
    if (rc_is_failed(g) || parts == NULL || (is_text ? texts == NULL : cats == NULL) ||
        t->rank == RC_ONNX_MAX_RANK) {
        rc_tape_fail(g->tape, "no categories of the type of its input");
        return;
    }
    rc_value v = is_text ? RC_NO_VALUE : rc_t_value(g, t);
    if (!is_text)
        rc_op_holds(g, t->type, cats, n);
    for (size_t k = 0; k < t->n && !rc_is_failed(g); k++)
        parts[k] = is_text ? onehot_texts(g, &t->cells[k], texts, n_texts, is_error)
                           : rc_tape_onehot_numbers(g->tape, rc_tape_slice(g->tape, v, k, 1), cats,
                                                    n, is_error);
    rc_tensor shape = *t;
    shape.dims[shape.rank++] = (int64_t)(is_text ? n_texts : n);
    rc_t_count(g, &shape);
    if (!rc_is_failed(g))
        *out = rc_t_like(&shape, RC_ONNX_FLOAT, rc_tape_concat(g->tape, parts, t->n));
}

/* One number that is a constant. */
static bool one_number(rc_graph *g, const rc_tensor *t, double *x)
{
    const double *numbers = rc_t_numbers(g, t);
    if (numbers != NULL && t->n == 1)
        *x = numbers[0];
    return numbers != NULL && t->n == 1;
}

/* The shape of t with a new axis of this length. */
static rc_tensor with_axis(const rc_tensor *t, unsigned axis, size_t depth)
{
    rc_tensor shape = {.rank = t->rank + 1, .rows = t->rows};
    for (unsigned i = 0; i < shape.rank; i++)
        shape.dims[i] = i < axis ? t->dims[i] : i == axis ? (int64_t)depth : t->dims[i - 1];
    shape.rows += t->rows >= (int)axis;
    return shape;
}

/* Each element becomes `depth` along the axis: 1 at its place (from the end below 0), else 0. */
static rc_tensor spread_out(rc_graph *g, const rc_tensor *t, unsigned axis, size_t depth)
{
    const rc_labels *places = rc_label_numbers(g, depth, false);
    rc_value *parts = rc_tape_alloc(g->tape, t->n + 1, sizeof(*parts));
    rc_value v = rc_op_from_end(g, rc_t_value(g, t), depth);
    rc_tensor shape = with_axis(t, axis, depth);
    rc_runs runs = {1, 1, depth}; /* before the axis, behind it, along it */
    rc_t_count(g, &shape);
    for (unsigned i = 0; i < t->rank; i++) {
        size_t *side = i < axis ? &runs.outer : &runs.n;
        *side *= (size_t)t->dims[i];
    }
    for (size_t k = 0; parts != NULL && places != NULL && !rc_is_failed(g) && k < t->n; k++)
        parts[k] = rc_tape_onehot_numbers(g->tape, rc_tape_slice(g->tape, v, k, 1), places->numbers,
                                          depth, false);
    if (rc_is_failed(g))
        return shape;
    rc_value last = rc_tape_concat(g->tape, parts, t->n);
    return rc_t_like(&shape, RC_ONNX_FLOAT, runs.n == 1 ? last : rc_op_axis_last(g, last, runs));
}

/* OneHot of the main domain: `off` and `on` are given. */
void rc_op_one_hot_depth(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in,
                         size_t n_in, rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0), *values = rc_op_need(g, in, n_in, 2);
    double depth = 0;
    rc_tensor whole = {.rank = t->rank + 1};
    unsigned axis = rc_t_axis(g, &whole, (double)rc_node_int(node, "axis", -1));
    const double *pair = rc_t_numbers(g, values);
    bool has_depth = one_number(g, rc_op_need(g, in, n_in, 1), &depth);
    if (!has_depth || !(depth >= 1 && depth <= RC_MODEL_MAX_INPUTS) || values->n != 2 ||
        t->rank == RC_ONNX_MAX_RANK)
        rc_tape_fail(g->tape, "a shape that cannot be scored");
    if (rc_is_failed(g))
        return;
    *out = spread_out(g, t, axis, (size_t)depth);
    out->type = values->type;
    if (pair[0] == 0 && pair[1] == 1)
        return;
    out->value = rc_tape_scale(g->tape, out->value, pair[1] - pair[0]);
    out->value = rc_tape_shift(g->tape, out->value, pair[0]);
}
