/* ops_linear.c - linear models of ai.onnx.ml. */
#include <math.h>

#include "model/foreign/onnx/ops.h"

/* Coefficients are (n_out, n) row-major. */
static rc_value dense_of(rc_graph *g, const rc_onnx_node *node, const rc_tensor *t, size_t n_out)
{
    size_t n, n_bias;
    const double *weights = rc_node_numbers(g, node, "coefficients", &n);
    const double *bias = rc_node_numbers(g, node, "intercepts", &n_bias);
    rc_value v = rc_t_float_of(g, rc_t_value(g, t), t->type);
    if (weights == NULL || n_out == 0 || n != n_out * t->n || (bias != NULL && n_bias != n_out)) {
        rc_tape_fail(g->tape, "%zu coefficients for %zu columns and %zu results", n, t->n, n_out);
        return RC_NO_VALUE;
    }
    rc_matrix m = rc_matrix_transposed(RC_NUMBER_F64, weights, t->n, n_out);
    rc_op_computes(g, RC_ONNX_FLOAT);
    return rc_tape_dense(g->tape, &v, 1, &m, bias);
}

/* Like softmax, but what is near 0 stays out of the sum: v e^-max. */
static rc_value softmax_zero(rc_graph *g, rc_value v, size_t n)
{
    rc_tape *tape = g->tape;
    rc_value top = rc_compose_reduce(tape, RC_FN_MAX, v, 1, n, 1);
    rc_value moved = rc_tape_apply2(tape, RC_FN_SUB, rc_of_value(v), rc_of_value(top));
    rc_value e = rc_tape_apply1(tape, RC_FN_EXP, moved);
    rc_value small = rc_tape_apply2(tape, RC_FN_LE, rc_of_value(rc_tape_apply1(tape, RC_FN_ABS, v)),
                                    rc_of_number(1e-7));
    rc_value factor = rc_tape_apply1(tape, RC_FN_EXP, rc_tape_apply1(tape, RC_FN_NEG, top));
    rc_value tiny = rc_tape_apply2(tape, RC_FN_MUL, rc_of_value(v), rc_of_value(factor));
    rc_value counted = rc_tape_if(tape, small, rc_of_number(0), rc_of_value(e));
    rc_value sum = rc_compose_reduce(tape, RC_FN_ADD, counted, 1, n, 1);
    rc_value all = rc_tape_if(tape, small, rc_of_value(tiny), rc_of_value(e));
    return rc_tape_apply2(tape, RC_FN_DIV, rc_of_value(all), rc_of_value(sum));
}

/* a, or -a where v < 0. */
static rc_value with_sign_of(rc_tape *tape, rc_value v, rc_value a)
{
    rc_value is_below = rc_tape_apply2(tape, RC_FN_LT, rc_of_value(v), rc_of_number(0));
    rc_value below = rc_tape_apply1(tape, RC_FN_NEG, a);
    return rc_tape_if(tape, is_below, rc_of_value(below), rc_of_value(a));
}

/* sqrt(2) erfinv(2 p - 1), as onnxruntime has it in float32, by Winitzki's approximation: near
 * p = 1/2 its steps are 1e-3. */
static rc_value probit(rc_tape *tape, rc_value p)
{
    static const float a = 0.147F, pi = 3.14159265F, root = 1.41421356F;
    static const float first = 2.0F / (pi * a), second = 1.0F / a;
    rc_value x = rc_tape_shift(tape, rc_tape_scale(tape, p, 2), -1);
    rc_value below = rc_tape_apply2(tape, RC_FN_SUB, rc_of_number(1), rc_of_value(x));
    rc_value above = rc_tape_shift(tape, x, 1);
    rc_value log = rc_tape_apply1(
        tape, RC_FN_LOG, rc_tape_apply2(tape, RC_FN_MUL, rc_of_value(below), rc_of_value(above)));
    rc_value v = rc_tape_shift(tape, rc_tape_scale(tape, log, 0.5), (double)first);
    rc_value square = rc_tape_apply1(tape, RC_FN_SQUARE, v);
    rc_value rest = rc_tape_apply2(tape, RC_FN_SUB, rc_of_value(square),
                                   rc_of_value(rc_tape_scale(tape, log, (double)second)));
    rc_value size = rc_tape_apply2(
        tape, RC_FN_SUB, rc_of_value(rc_tape_apply1(tape, RC_FN_SQRT, rest)), rc_of_value(v));
    rc_value y = with_sign_of(tape, x, rc_tape_apply1(tape, RC_FN_SQRT, size));
    return rc_tape_scale(tape, y, (double)root);
}

/* Whether it is a post_transform that looks at several scores, or is done to several alone. */
static bool is_of_several(const char *how)
{
    return strcmp(how, "LOGISTIC") == 0 || strcmp(how, "SOFTMAX") == 0 ||
           strcmp(how, "SOFTMAX_ZERO") == 0;
}

/* The scores behind their last function. */
static rc_tensor post(rc_graph *g, const char *how, rc_value raw, size_t n)
{
    rc_tensor out = rc_t_rows(RC_ONNX_FLOAT, n, raw);
    rc_t_set_link(&out, RC_LINK_NONE, raw);
    if (strcmp(how, "LOGISTIC") == 0) {
        out.value = rc_tape_activation(g->tape, raw, RC_ACT_SIGMOID, NULL);
        out.link = RC_LINK_SIGMOID;
    } else if (strcmp(how, "SOFTMAX") == 0) {
        out.value = rc_tape_softmax(g->tape, raw, false);
        out.link = RC_LINK_SOFTMAX;
    } else if (strcmp(how, "SOFTMAX_ZERO") == 0) {
        out.value = softmax_zero(g, raw, n);
        out.made_by = RC_BY_OTHER;
    } else if (strcmp(how, "PROBIT") == 0) {
        out.raw = out.value = probit(g->tape, raw); /* no probabilities, but of them */
    } else if (strcmp(how, "NONE") != 0) {
        rc_tape_fail(g->tape, "post_transform '%.40s' is not known", how);
    }
    return out;
}

/* onnxruntime gives one target as it is, whatever comes behind it but PROBIT. */
void rc_op_linear_regressor(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in,
                            size_t n_in, rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    int64_t targets = rc_node_int(node, "targets", 1);
    const char *how = rc_node_text(node, "post_transform", "NONE");
    if (targets < 1 || targets > RC_MODEL_MAX_INPUTS)
        rc_tape_fail(g->tape, "%lld targets", (long long)targets);
    if (rc_is_failed(g))
        return;
    rc_value raw = dense_of(g, node, t, (size_t)targets);
    *out = post(g, targets == 1 && is_of_several(how) ? "NONE" : how, raw, (size_t)targets);
    if (out->link == RC_LINK_NONE)
        out->made_by = RC_BY_OTHER;
}

/* Whether the second row of coefficients is the first one with other signs: one score, then, says
 * all. */
static bool is_mirrored(rc_graph *g, const rc_onnx_node *node)
{
    static const char *const names[] = {"coefficients", "intercepts"};
    for (size_t i = 0; i < 2; i++) {
        size_t n;
        const double *all = rc_node_numbers(g, node, names[i], &n);
        for (size_t k = 0; all != NULL && k < n / 2; k++)
            if (all[k] != -all[n / 2 + k])
                return false;
    }
    return true;
}

static rc_value both_of(rc_graph *g, rc_value first, rc_value second)
{
    rc_value parts[] = {first, second};
    return rc_tape_concat(g->tape, parts, 2);
}

/* The class of the largest raw score; value is these. */
static rc_tensor label_of(const rc_labels *labels, rc_value raw, bool is_mirrored, rc_value half)
{
    return (rc_tensor){.kind = RC_T_LABEL,
                       .type = labels->texts != NULL ? RC_ONNX_STRING : RC_ONNX_INT64,
                       .rank = 1,
                       .dims = {1},
                       .n = 1,
                       .value = raw,
                       .labels = labels,
                       .is_mirrored = is_mirrored,
                       .half = half};
}

/* Labels are those of the largest score before its last function. Of one score s for two classes
 * the scores are -s and s, as the reference of ONNX has it; onnxruntime has 1 - s and s, unless
 * they are LOGISTIC. */
void rc_op_linear_classifier(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in,
                             size_t n_in, rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    const rc_labels *labels = rc_label_listed(g, node, "classlabels_strings", "classlabels_ints");
    const char *how = rc_node_text(node, "post_transform", "NONE");
    size_t n_rows, n;
    rc_node_floats(node, "intercepts", &n_rows);
    rc_node_floats(node, "coefficients", &n);
    if (n_rows == 0)
        n_rows = t->n > 0 ? n / t->n : 0;
    if (rc_is_failed(g) || labels == NULL)
        return;
    bool is_one = n_rows == 1 && labels->n == 2;
    if (labels->n < 2 || (n_rows != labels->n && !is_one)) {
        rc_tape_fail(g->tape, "%zu rows of coefficients for %zu classes", n_rows, labels->n);
        return;
    }
    rc_value raw = dense_of(g, node, t, n_rows), half = raw;
    bool has_half = is_one || (n_rows == 2 && is_mirrored(g, node));
    if (is_one && strcmp(how, "LOGISTIC") != 0)
        rc_tape_warn(g->tape,
                     "node %zu (LinearClassifier) has one score s for two classes: -s and s are "
                     "scored, as the reference of ONNX does; onnxruntime makes 1 - s and s",
                     (size_t)(node - g->model->nodes));
    if (is_one)
        raw = both_of(g, rc_tape_apply1(g->tape, RC_FN_NEG, half), half);
    else if (has_half)
        half = rc_tape_slice(g->tape, raw, 1, 1);
    out[0] = label_of(labels, raw, has_half, half);
    if (node->n_outputs < 2)
        return;
    out[1] = post(g, how, raw, labels->n);
    out[1].is_mirrored = has_half && out[1].link != RC_LINK_NONE;
}
