/* ops_svm.c - support vector machines of ai.onnx.ml whose kernel is linear: their vectors add up to
 * one row of weights. */
#include "model/foreign/onnx/ops.h"

static bool is_linear(rc_graph *g, const rc_onnx_node *node)
{
    const char *kernel = rc_node_text(node, "kernel_type", "LINEAR");
    const char *post = rc_node_text(node, "post_transform", "NONE");
    if (strcmp(kernel, "LINEAR") != 0)
        rc_tape_fail(g->tape, "support vectors with the kernel '%.40s'", kernel);
    else if (strcmp(post, "NONE") != 0)
        rc_tape_fail(g->tape, "post_transform '%.40s' is not known", post);
    return !rc_is_failed(g);
}

/* The sum of all vectors (n_vectors, t->n), each times its coefficient. */
static double *weights_of(rc_graph *g, const rc_onnx_node *node, const rc_tensor *t,
                          size_t n_vectors)
{
    size_t n, n_all, n_needed;
    const double *coefficients = rc_node_numbers(g, node, "coefficients", &n);
    const double *vectors = rc_node_numbers(g, node, "support_vectors", &n_all);
    double *weights = rc_tape_alloc(g->tape, t->n + 1, sizeof(double));
    if (rc_is_failed(g))
        return NULL;
    if (n_vectors == 0 || n != n_vectors || __builtin_mul_overflow(n, t->n, &n_needed) ||
        n_all != n_needed) {
        rc_tape_fail(g->tape, "%zu coefficients and %zu numbers for %zu vectors of %zu columns", n,
                     n_all, n_vectors, t->n);
        return NULL;
    }
    for (size_t c = 0; c < t->n; c++)
        weights[c] = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < t->n; c++)
            weights[c] += coefficients[i] * vectors[i * t->n + c];
    return weights;
}

static rc_value distance_of(rc_graph *g, const rc_onnx_node *node, const rc_tensor *t,
                            size_t n_vectors)
{
    size_t n;
    rc_value v = rc_t_value(g, t);
    const double *weights = weights_of(g, node, t, n_vectors);
    const double *rho = rc_node_numbers(g, node, "rho", &n);
    if (weights == NULL || rho == NULL || n != 1) {
        rc_tape_fail(g->tape, "%zu numbers of rho", n);
        return RC_NO_VALUE;
    }
    rc_matrix m = rc_matrix_of(RC_NUMBER_F64, weights, t->n, 1);
    rc_op_computes(g, RC_ONNX_FLOAT);
    return rc_tape_dense(g->tape, &v, 1, &m, rho);
}

void rc_op_svm_regressor(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in,
                         size_t n_in, rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    int64_t n = rc_node_int(node, "n_supports", 0);
    if (!is_linear(g, node))
        return;
    rc_value v = distance_of(g, node, t, n > 0 ? (size_t)n : 0);
    if (rc_node_int(node, "one_class", 0) != 0) {
        rc_value is_inside = rc_tape_apply2(g->tape, RC_FN_GT, rc_of_value(v), rc_of_number(0));
        v = rc_tape_if(g->tape, is_inside, rc_of_number(1), rc_of_number(-1));
    }
    *out = rc_t_rows(RC_ONNX_FLOAT, 1, v);
}

/* -- two classes ---------------------------------------------------------------------------------
 */

static rc_value pair_of(rc_graph *g, rc_value first, rc_value second)
{
    rc_value parts[] = {first, second};
    return rc_tape_concat(g->tape, parts, 2);
}

/* Platt's: the second class has the probability sigmoid(a s + b), as LibSVM computes it;
 * onnxruntime comes near it by an iteration that it ends some 1e-3 before. */
static rc_tensor probabilities(rc_graph *g, rc_value s, double a, double b)
{
    rc_affine affine = {.scale = &a, .shift = &b};
    rc_value z = rc_tape_affine(g->tape, s, &affine);
    rc_value raw = pair_of(g, rc_tape_apply1(g->tape, RC_FN_NEG, z), z);
    rc_tensor made =
        rc_t_rows(RC_ONNX_FLOAT, 2, rc_tape_activation(g->tape, raw, RC_ACT_SIGMOID, NULL));
    rc_t_set_link(&made, RC_LINK_SIGMOID, raw);
    return made;
}

static size_t n_vectors_of(const rc_onnx_node *node)
{
    size_t n, sum = 0;
    const int64_t *counts = rc_node_ints(node, "vectors_per_class", &n);
    for (size_t i = 0; i < n; i++)
        if (counts[i] < 0 || __builtin_add_overflow(sum, (size_t)counts[i], &sum))
            return 0;
    return sum;
}

/* The label is the first class where s > 0. The scores are -s and s, as onnxruntime has them: their
 * signs are not those of the classes, so that as an output they are the margin of the second. */
void rc_op_svm_classifier(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in,
                          size_t n_in, rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    const rc_labels *labels = rc_label_listed(g, node, "classlabels_strings", "classlabels_ints");
    size_t n_a, n_b;
    const double *a = rc_node_numbers(g, node, "prob_a", &n_a);
    const double *b = rc_node_numbers(g, node, "prob_b", &n_b);
    if (!is_linear(g, node) || labels == NULL)
        return;
    if (labels->n != 2 || n_a > 1 || n_a != n_b) {
        rc_tape_fail(g->tape, "support vectors for %zu classes", labels->n);
        return;
    }
    rc_value s = distance_of(g, node, t, n_vectors_of(node));
    rc_value minus = rc_tape_apply1(g->tape, RC_FN_NEG, s);
    out[0] = (rc_tensor){.kind = RC_T_LABEL,
                         .type = labels->texts != NULL ? RC_ONNX_STRING : RC_ONNX_INT64,
                         .rank = 1,
                         .dims = {1},
                         .n = 1,
                         .value = pair_of(g, s, minus),
                         .labels = labels,
                         .is_mirrored = true,
                         .half = minus};
    if (node->n_outputs < 2)
        return;
    if (n_a == 1) {
        out[1] = probabilities(g, s, *a, *b);
        return;
    }
    out[1] = rc_t_rows(RC_ONNX_FLOAT, 2, pair_of(g, minus, s));
    rc_t_set_link(&out[1], RC_LINK_NONE, out[0].value);
    out[1].is_mirrored = true;
}
