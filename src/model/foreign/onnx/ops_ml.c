/* ops_ml.c - operators of ai.onnx.ml that prepare columns. */
#include "model/foreign/onnx/ops.h"

/* What comes of these is float32 and has the columns of the rows. */
static rc_tensor floats(const rc_tensor *t, rc_value v)
{
    return rc_t_like(t, RC_ONNX_FLOAT, v);
}

/* Numbers of an attribute, one for each column. NULL: it is not there. */
static const double *for_columns(rc_graph *g, const rc_onnx_node *node, const char *name,
                                 const rc_tensor *t)
{
    size_t n;
    const double *numbers = rc_node_numbers(g, node, name, &n);
    if (numbers == NULL || n == t->n)
        return numbers;
    double *all = rc_tape_alloc(g->tape, t->n + 1, sizeof(double));
    if (n != 1) {
        rc_tape_fail(g->tape, "'%s' has %zu numbers for %zu columns", name, n, t->n);
        return NULL;
    }
    for (size_t i = 0; all != NULL && i < t->n; i++)
        all[i] = numbers[0];
    return all;
}

void rc_op_scaler(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                  rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    rc_affine affine = {.center = for_columns(g, node, "offset", t),
                        .scale = for_columns(g, node, "scale", t)};
    bool is_double =
        t->type == RC_ONNX_DOUBLE; /* which is made float32 behind it, integers before */
    rc_op_computes(g, is_double ? RC_ONNX_DOUBLE : RC_ONNX_FLOAT);
    rc_value v = rc_t_value(g, t);
    if (!is_double)
        v = rc_t_float_of(g, v, t->type);
    v = rc_tape_affine(g->tape, v, &affine);
    *out = floats(t, is_double ? rc_t_float_of(g, v, RC_ONNX_DOUBLE) : v);
}

/* Whether v is what a sigmoid made. */
static bool is_sigmoid(const rc_graph *g, rc_value v)
{
    for (size_t i = 0; i < g->n_tensors; i++)
        if (g->tensors[i].value == v && g->tensors[i].made_by == RC_BY_LINK &&
            g->tensors[i].link == RC_LINK_SIGMOID)
            return true;
    return false;
}

/* Two numbers from 0 to 1 that add up to 1. */
static bool is_complete_pair(const rc_graph *g, const rc_tensor *t)
{
    return t->n == 2 && (t->is_mirrored || (t->made_by == RC_BY_PAIR && is_sigmoid(g, t->raw)));
}

void rc_op_normalizer(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in,
                      size_t n_in, rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    const char *name = rc_node_text(node, "norm", "MAX");
    rc_norm norm = strcmp(name, "L1") == 0   ? RC_NORM_L1
                   : strcmp(name, "L2") == 0 ? RC_NORM_L2
                                             : RC_NORM_MAX;
    bool is_ovr = norm == RC_NORM_L1 && t->made_by == RC_BY_LINK && t->link == RC_LINK_SIGMOID;
    bool is_done = norm == RC_NORM_L1 && t->made_by == RC_BY_LINK && t->link == RC_LINK_SOFTMAX;
    if (is_done) { /* probabilities add up to 1 already: what it changes is rounding */
        *out = *t;
        return;
    }
    rc_op_computes(g, RC_ONNX_FLOAT);
    *out = floats(t, rc_tape_normalise(g->tape, rc_t_value(g, t), norm));
    out->labels = t->labels;
    if (is_ovr && t->n > 2) {
        rc_t_set_link(out, RC_LINK_OVR, t->raw);
    } else if (norm == RC_NORM_L1 && is_complete_pair(g, t)) {
        out->made_by = t->made_by; /* it changes nothing */
        out->raw = t->raw;
        out->link = t->link;
        out->is_mirrored = t->is_mirrored;
    }
}

void rc_op_imputer(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                   rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    const double *values = for_columns(g, node, "imputed_value_floats", t);
    double missing = rc_node_float(node, "replaced_value_float", 0);
    if (values == NULL) {
        values = for_columns(g, node, "imputed_value_int64s", t);
        missing = (double)rc_node_int(node, "replaced_value_int64", 0);
    }
    if (values == NULL) {
        rc_tape_fail(g->tape, "no values to impute");
        return;
    }
    *out = rc_t_like(t, t->type, rc_tape_impute(g->tape, rc_t_value(g, t), values, missing));
}

void rc_op_binarizer(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                     rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    double threshold = rc_node_float(node, "threshold", 0);
    *out = rc_t_like(
        t, t->type,
        rc_tape_apply2(g->tape, RC_FN_GT, rc_of_value(rc_t_value(g, t)), rc_of_number(threshold)));
}

/* -- columns -------------------------------------------------------------------------------------
 */

void rc_op_feature_vectorizer(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in,
                              size_t n_in, rc_tensor *out)
{
    rc_value *parts = rc_tape_alloc(g->tape, n_in + 1, sizeof(*parts));
    size_t n = 0;
    (void)node;
    for (size_t k = 0; parts != NULL && k < n_in && !rc_is_failed(g); k++) {
        const rc_tensor *t = rc_op_need(g, in, n_in, k);
        parts[k] = rc_t_value(g, t);
        n += t->n;
    }
    if (parts != NULL && !rc_is_failed(g))
        *out = rc_t_rows(RC_ONNX_FLOAT, n, rc_tape_concat(g->tape, parts, n_in));
}

/* Columns along the last axis. */
void rc_op_array_feature_extractor(rc_graph *g, const rc_onnx_node *node,
                                   const rc_tensor *const *in, size_t n_in, rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0), *y = rc_op_need(g, in, n_in, 1);
    (void)node;
    if (rc_is_failed(g))
        return;
    if (y->kind == RC_T_LABEL && t->kind == RC_T_CONSTANT) {
        *out = rc_label_pick(g, t, y);
        out->rank = 2;
        out->dims[0] = out->dims[1] = 1;
        out->rows = 1;
        return;
    }
    size_t n;
    const double *list = rc_t_whole(g, y, &n);
    rc_tensor shape = *t;
    size_t width = t->rank > 0 ? (size_t)t->dims[t->rank - 1] : 0;
    if (list == NULL || width == 0 || t->rows == (int)t->rank - 1) {
        rc_tape_fail(g->tape, "only columns by constant numbers");
        return;
    }
    shape.dims[shape.rank - 1] = (int64_t)n;
    rc_t_count(g, &shape);
    size_t *map = rc_tape_alloc(g->tape, shape.n + 1, sizeof(*map));
    for (size_t i = 0; map != NULL && !rc_is_failed(g) && i < shape.n; i++) {
        double at = list[i % n];
        if (!(at >= 0 && at < (double)width)) {
            rc_tape_fail(g->tape, "index %g of %zu", at, width);
            return;
        }
        map[i] = i / n * width + (size_t)at;
    }
    if (map != NULL)
        *out = rc_t_move(g, t, &shape, map);
}

/* -- classes behind probabilities ----------------------------------------------------------------
 */

void rc_op_zipmap(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                  rc_tensor *out)
{
    const rc_labels *labels = rc_label_listed(g, node, "classlabels_strings", "classlabels_int64s");
    *out = *rc_op_need(g, in, n_in, 0);
    if (rc_is_failed(g) || labels == NULL)
        return;
    if (labels->n != out->n) {
        rc_tape_fail(g->tape, "%zu classes for %zu probabilities", labels->n, out->n);
        return;
    }
    out->labels = labels;
}
