/* ops_norm.c - ONNX operators that weigh the columns of a run against each other. */
#include <math.h>

#include "model/foreign/onnx/ops.h"

/* -- softmax -------------------------------------------------------------------------------------
 */

/* Before opset 13 all axes from this one on are one. */
static rc_runs softmax_runs(rc_graph *g, const rc_onnx_node *node, const rc_tensor *t)
{
    bool is_old = g->opset < 13;
    unsigned axis = rc_t_axis(g, t, (double)rc_node_int(node, "axis", is_old ? 1 : -1));
    rc_runs runs = rc_t_runs(g, t, axis);
    if (!is_old)
        return runs;
    if (t->rows > (int)axis)
        rc_tape_fail(g->tape, "it works across rows");
    return (rc_runs){runs.outer, runs.n * runs.inner, 1};
}

/* Back from runs that stand one after the other. */
static rc_value axis_back(rc_graph *g, rc_value v, rc_runs runs)
{
    return rc_op_axis_last(g, v, (rc_runs){runs.outer, runs.inner, runs.n});
}

void rc_op_softmax(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                   rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    bool is_log = strcmp(node->op_type, "LogSoftmax") == 0;
    rc_runs runs = softmax_runs(g, node, t);
    rc_value v = rc_t_value(g, t);
    if (rc_is_failed(g))
        return;
    rc_op_computes(g, t->type);
    rc_value made = rc_compose_softmax(g->tape, rc_op_axis_last(g, v, runs),
                                       runs.outer * runs.inner, runs.n, is_log);
    *out = rc_t_like(t, t->type, runs.inner == 1 ? made : axis_back(g, made, runs));
    if (!is_log && runs.outer * runs.inner == 1)
        rc_t_set_link(out, RC_LINK_SOFTMAX, v);
}

void rc_op_hardmax(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                   rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    rc_runs runs = softmax_runs(g, node, t);
    if (runs.outer * runs.inner != 1 || runs.n != t->n) {
        rc_tape_fail(g->tape, "only along all columns of a row");
        return;
    }
    const rc_labels *labels = rc_label_numbers(g, runs.n, false);
    rc_value best = rc_compose_argmax(g->tape, rc_t_value(g, t), 1, runs.n, false);
    if (labels != NULL)
        *out = rc_t_like(t, t->type,
                         rc_tape_onehot_numbers(g->tape, best, labels->numbers, runs.n, true));
}

/* -- normalisations ------------------------------------------------------------------------------
 */

/* A parameter of n numbers; NULL: it is not there. */
static const double *parameter(rc_graph *g, const rc_tensor *const *in, size_t n_in, size_t k,
                               size_t n)
{
    if (k >= n_in || in[k] == NULL)
        return NULL;
    const double *numbers = rc_t_numbers(g, in[k]);
    if (numbers != NULL && in[k]->n != n) {
        if (in[k]->n == 1) {
            double *all = rc_tape_alloc(g->tape, n, sizeof(double));
            for (size_t i = 0; all != NULL && i < n; i++)
                all[i] = numbers[0];
            return all;
        }
        rc_tape_fail(g->tape, "input %zu has %zu numbers, but %zu are needed", k, in[k]->n, n);
    }
    return numbers;
}

/* LayerNormalization, RMSNormalization: over all axes from this one on. */
void rc_op_norm_layer(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in,
                      size_t n_in, rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    unsigned axis = rc_t_axis(g, t, (double)rc_node_int(node, "axis", -1));
    rc_runs runs = rc_t_runs(g, t, axis);
    if (t->rows > (int)axis)
        rc_tape_fail(g->tape, "it works across rows");
    size_t n = runs.n * runs.inner;
    const double *scale = parameter(g, in, n_in, 1, n), *shift = parameter(g, in, n_in, 2, n);
    bool is_rms = strcmp(node->op_type, "RMSNormalization") == 0;
    rc_op_computes(g, t->type);
    *out = rc_t_like(t, t->type,
                     rc_compose_layer_norm(g->tape, rc_t_value(g, t), runs.outer, n,
                                           rc_node_float(node, "epsilon", 1e-5), scale, shift,
                                           is_rms));
}

/* Of each channel, which is axis 1, for each column. */
static const double *spread(rc_graph *g, const double *numbers, rc_runs runs)
{
    double *all = rc_tape_alloc(g->tape, runs.outer * runs.n * runs.inner, sizeof(double));
    for (size_t o = 0, at = 0; all != NULL && numbers != NULL && o < runs.outer; o++)
        for (size_t c = 0; c < runs.n; c++)
            for (size_t i = 0; i < runs.inner; i++)
                all[at++] = numbers[c];
    return all;
}

/* A parameter with one number a row, in the shape of t, whose axis 1 is that of the rows. */
static rc_tensor by_row(rc_graph *g, const rc_tensor *t, const rc_tensor *parameter)
{
    rc_tensor made = *parameter;
    if (made.rank > 1 || made.n != 1)
        rc_tape_fail(g->tape, "it works across rows");
    made.rows = made.rows == 0 ? 1 : -1;
    made.rank = t->rank;
    for (unsigned i = 0; i < t->rank; i++)
        made.dims[i] = 1;
    return made;
}

/* LayerNormalization as TensorFlow computes it: rows are the channels, and the statistics of each
 * are computed before. */
static rc_tensor norm_of_rows(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in)
{
    double *epsilon = rc_tape_alloc(g->tape, 1, sizeof(double));
    rc_tensor p[5], small = rc_t_constant(in[0]->type, 0, NULL, epsilon), made;
    for (size_t k = 1; k < 5; k++)
        p[k] = by_row(g, in[0], in[k]);
    if (rc_is_failed(g))
        return small;
    *epsilon = rc_node_float(node, "epsilon", 1e-5);
    made = rc_op_apply2(g, RC_FN_ADD, &p[4], &small, in[0]->type);
    rc_tensor deviation = rc_op_apply1(g, RC_FN_SQRT, &made, in[0]->type);
    made = rc_op_apply2(g, RC_FN_SUB, in[0], &p[3], in[0]->type);
    made = rc_op_apply2(g, RC_FN_DIV, &made, &deviation, in[0]->type);
    made = rc_op_apply2(g, RC_FN_MUL, &made, &p[1], in[0]->type);
    return rc_op_apply2(g, RC_FN_ADD, &made, &p[2], in[0]->type);
}

void rc_op_batch_norm(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in,
                      size_t n_in, rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    rc_op_need(g, in, n_in, 4);
    if (rc_node_int(node, "training_mode", 0) != 0)
        rc_tape_fail(g->tape, RC_FOR_TRAINING);
    if (t->rows == 1 && !rc_is_failed(g)) {
        *out = norm_of_rows(g, node, in);
        return;
    }
    rc_runs runs = rc_t_runs(g, t, rc_t_axis(g, t, 1));
    const double *p[5] = {NULL};
    for (size_t k = 1; k < 5; k++)
        p[k] = parameter(g, in, n_in, k, runs.n);
    double *scale = rc_tape_alloc(g->tape, runs.n, sizeof(double));
    if (rc_is_failed(g))
        return;
    for (size_t c = 0; c < runs.n; c++)
        scale[c] = p[1][c] / sqrt(p[4][c] + rc_node_float(node, "epsilon", 1e-5));
    rc_affine affine = {.center = spread(g, p[3], runs),
                        .scale = spread(g, scale, runs),
                        .shift = spread(g, p[2], runs)};
    rc_op_computes(g, t->type);
    *out = rc_t_like(t, t->type, rc_tape_affine(g->tape, rc_t_value(g, t), &affine));
}

/* Each channel of a row, or each of several groups of them, over all that is behind axis 1. */
void rc_op_group_norm(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in,
                      size_t n_in, rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    bool is_instance = strcmp(node->op_type, "InstanceNormalization") == 0;
    rc_op_need(g, in, n_in, 2);
    rc_runs runs = rc_t_runs(g, t, rc_t_axis(g, t, 1));
    int64_t asked = is_instance ? (int64_t)runs.n : rc_node_int(node, "num_groups", 0);
    size_t groups = asked > 0 ? (size_t)asked : 0;
    if (t->rows != 0 || groups == 0 || runs.n % groups != 0)
        rc_tape_fail(g->tape, "%lld groups of %zu channels", (long long)asked, runs.n);
    if (rc_is_failed(g))
        return;
    bool is_by_group = !is_instance && g->opset < 21; /* the parameters are */
    rc_runs parts = {1, groups, runs.n / groups * runs.inner};
    size_t n = is_by_group ? groups : runs.n;
    const double *scale = parameter(g, in, n_in, 1, n), *shift = parameter(g, in, n_in, 2, n);
    rc_affine affine = {.scale = spread(g, scale, is_by_group ? parts : runs),
                        .shift = spread(g, shift, is_by_group ? parts : runs)};
    rc_op_computes(g, t->type);
    rc_value v = rc_compose_layer_norm(g->tape, rc_t_value(g, t), groups, parts.inner,
                                       rc_node_float(node, "epsilon", 1e-5), NULL, NULL, false);
    *out = rc_t_like(t, t->type, rc_tape_affine(g->tape, v, &affine));
}

void rc_op_lp_norm(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                   rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    rc_runs runs = rc_t_runs(g, t, rc_t_axis(g, t, (double)rc_node_int(node, "axis", -1)));
    int64_t p = rc_node_int(node, "p", 2);
    if (runs.outer * runs.inner != 1 || (p != 1 && p != 2)) {
        rc_tape_fail(g->tape, "only p 1 or 2 along all columns of a row");
        return;
    }
    rc_op_computes(g, t->type);
    *out = rc_t_like(
        t, t->type, rc_tape_normalise(g->tape, rc_t_value(g, t), p == 1 ? RC_NORM_L1 : RC_NORM_L2));
}
