/* ops_activation.c - ONNX operators that are functions of one number with parameters. */
#include <math.h>

#include "model/foreign/onnx/ops.h"

/* -- those that are activations of the tape ------------------------------------------------------
 */

typedef struct named_activation {
    const char *name;
    rc_activation fn;
    double alpha, beta; /* 0: no parameters */
} named_activation;

static const named_activation activations[] = {
    {"Relu", RC_ACT_RELU, 0, 0},
    {"Sigmoid", RC_ACT_SIGMOID, 0, 0},
    {"Tanh", RC_ACT_TANH, 0, 0},
    {"Softplus", RC_ACT_SOFTPLUS, 0, 0},
    {"Softsign", RC_ACT_SOFTSIGN, 0, 0},
    {"LeakyRelu", RC_ACT_LEAKY_RELU, 0.01, 0},
    {"Elu", RC_ACT_ELU, 1, 0},
    {"Celu", RC_ACT_CELU, 1, 0},
    {"HardSigmoid", RC_ACT_HARD_SIGMOID, 0.2, 0.5},
    {"Mish", RC_ACT_MISH, 0, 0},
    {"Gelu", RC_ACT_GELU, 0, 0},
};

/* An operator as an activation, and what is done with its result. */
typedef struct function {
    bool is_known;
    rc_activation fn;
    rc_activation_spec spec;
    bool has_parameters;
    double inner, outer; /* outer * fn(inner * x) */
    bool times_x;        /* and by x */
} function;

static function function_of(const rc_onnx_node *node)
{
    const char *op = node->op_type;
    function f = {.is_known = true, .inner = 1, .outer = 1};
    for (size_t i = 0; i < sizeof(activations) / sizeof(*activations); i++)
        if (strcmp(activations[i].name, op) == 0) {
            f.fn = activations[i].fn;
            f.has_parameters = activations[i].alpha != 0;
            f.spec.alpha = rc_node_float(node, "alpha", activations[i].alpha);
            f.spec.beta = rc_node_float(node, "beta", activations[i].beta);
            if (f.fn == RC_ACT_GELU &&
                strcmp(rc_node_text(node, "approximate", "none"), "tanh") == 0)
                f.fn = RC_ACT_GELU_TANH;
            return f;
        }
    if (strcmp(op, "Selu") == 0) {
        f.fn = RC_ACT_ELU;
        f.has_parameters = true;
        f.spec.alpha = rc_node_float(node, "alpha", 1.67326319217681884765625);
        f.outer = rc_node_float(node, "gamma", 1.05070102214813232421875);
    } else if (strcmp(op, "HardSwish") == 0) {
        f.fn = RC_ACT_HARD_SIGMOID;
        f.has_parameters = f.times_x = true;
        f.spec.alpha = 1.0 / 6;
        f.spec.beta = 0.5;
    } else if (strcmp(op, "Swish") == 0) {
        f.inner = rc_node_float(node, "alpha", 1.0);
        f.fn = f.inner == 1 ? RC_ACT_SILU : RC_ACT_SIGMOID;
        f.times_x = f.inner != 1;
    } else {
        f.is_known = false; /* ThresholdedRelu */
    }
    return f;
}

static rc_value times(rc_graph *g, rc_value a, rc_value b)
{
    return rc_tape_apply2(g->tape, RC_FN_MUL, rc_of_value(a), rc_of_value(b));
}

static rc_value apply(rc_graph *g, const function *f, rc_value v)
{
    rc_value x = f->inner == 1 ? v : rc_tape_scale(g->tape, v, f->inner);
    rc_value y = rc_tape_activation(g->tape, x, f->fn, f->has_parameters ? &f->spec : NULL);
    if (f->outer != 1)
        y = rc_tape_scale(g->tape, y, f->outer);
    return f->times_x ? times(g, v, y) : y;
}

static rc_value threshold(rc_graph *g, double alpha, rc_value v)
{
    rc_value is_above = rc_tape_apply2(g->tape, RC_FN_GT, rc_of_value(v), rc_of_number(alpha));
    return rc_tape_if(g->tape, is_above, rc_of_value(v), rc_of_number(0));
}

static rc_tensor of_constant(rc_graph *g, const function *f, double alpha, const rc_tensor *t)
{
    const double *from = rc_t_numbers(g, t);
    double *numbers = rc_tape_alloc(g->tape, t->n + 1, sizeof(double));
    for (size_t i = 0; from != NULL && numbers != NULL && i < t->n; i++) {
        double x = from[i];
        double y = f->is_known ? f->outer * rc_fold_activation(f->fn, &f->spec, f->inner * x)
                   : x > alpha ? x
                               : 0;
        numbers[i] = rc_fold_held(t->type, f->times_x ? x * y : y);
    }
    return rc_fold_like(t, t->type, numbers);
}

void rc_op_activation(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in,
                      size_t n_in, rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    function f = function_of(node);
    double alpha = rc_node_float(node, "alpha", 1.0);
    if (rc_op_is_constant(in, n_in, 0)) {
        *out = of_constant(g, &f, alpha, t);
        return;
    }
    rc_value v = rc_t_value(g, t);
    rc_op_computes(g, t->type);
    *out = rc_t_like(t, t->type, f.is_known ? apply(g, &f, v) : threshold(g, alpha, v));
    if (f.is_known && f.fn == RC_ACT_SIGMOID && !f.times_x) {
        out->made_by = RC_BY_LINK;
        out->raw = v;
        out->link = RC_LINK_SIGMOID;
    }
}

/* -- bounds and slopes ---------------------------------------------------------------------------
 */

/* A bound of Clip: an attribute before opset 11, an input since. False: there is none. */
static bool bound(rc_graph *g, const rc_onnx_node *node, const char *name,
                  const rc_tensor *const *in, size_t n_in, size_t k, double *x)
{
    if (g->opset < 11) {
        const rc_onnx_attribute *a = rc_onnx_attribute_find(node, name);
        *x = a != NULL ? (double)a->f : 0;
        return a != NULL;
    }
    if (k >= n_in || in[k] == NULL)
        return false;
    const double *numbers = rc_t_numbers(g, in[k]);
    if (numbers != NULL && in[k]->n != 1)
        rc_tape_fail(g->tape, "input %zu has %zu numbers, but %d are needed", k, in[k]->n, 1);
    if (rc_is_failed(g))
        return false;
    *x = numbers[0];
    return true;
}

/* max(x, min) and then min(x, max): of bounds that cross, the upper one is left. */
static rc_tensor bounded(rc_graph *g, rc_elementwise fn, const rc_tensor *t, double x)
{
    double *number = rc_tape_alloc(g->tape, 1, sizeof(double));
    if (number == NULL)
        return *t;
    *number = x;
    rc_tensor constant = rc_t_constant(t->type, 0, NULL, number);
    return rc_op_apply2(g, fn, t, &constant, t->type);
}

static rc_value clip(rc_graph *g, rc_value v, const double *min, const double *max)
{
    size_t n = rc_tape_width(g->tape, v);
    double *low = rc_tape_alloc(g->tape, n + 1, sizeof(double));
    double *high = rc_tape_alloc(g->tape, n + 1, sizeof(double));
    for (size_t i = 0; low != NULL && high != NULL && i < n; i++) {
        low[i] = min != NULL ? *min : 0;
        high[i] = max != NULL ? *max : 0;
    }
    return rc_tape_clip(g->tape, v, min != NULL ? low : NULL, max != NULL ? high : NULL);
}

void rc_op_clip(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    double min = 0, max = 0;
    bool has_min = bound(g, node, "min", in, n_in, 1, &min);
    bool has_max = bound(g, node, "max", in, n_in, 2, &max);
    if (rc_is_failed(g))
        return;
    if (rc_op_is_constant(in, n_in, 0) || (has_min && has_max && min > max)) {
        *out = has_min ? bounded(g, RC_FN_MAX, t, min) : *t;
        if (has_max)
            *out = bounded(g, RC_FN_MIN, out, max);
        return;
    }
    rc_value v = rc_t_value(g, t);
    rc_op_computes(g, t->type);
    if (has_min || has_max)
        v = clip(g, v, has_min ? &min : NULL, has_max ? &max : NULL);
    *out = rc_t_like(t, t->type, v);
}

/* Before opset 7 the slope of a channel, of axis 1, had no axes for those behind it. */
static rc_tensor slope_of(const rc_graph *g, const rc_tensor *slope, const rc_tensor *t)
{
    rc_tensor s = *slope;
    if (g->opset < 7 && s.rank == 1 && t->rank > 2)
        for (; s.rank < t->rank - 1; s.rank++)
            s.dims[s.rank] = 1;
    return s;
}

void rc_op_prelu(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                 rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0), *slope = rc_op_need(g, in, n_in, 1);
    (void)node;
    if (rc_is_failed(g))
        return;
    rc_tensor s = slope_of(g, slope, t), shape;
    const rc_tensor *both[] = {t, &s};
    if (!rc_t_broadcast(g, both, 2, &shape))
        return;
    const double *numbers = rc_op_wide_numbers(g, &s, &shape);
    if (numbers == NULL || shape.n != t->n) {
        rc_tape_fail(g->tape, "operands whose shapes do not go together row by row");
        return;
    }
    rc_op_computes(g, t->type);
    *out = rc_t_like(t, t->type, rc_compose_prelu(g->tape, rc_t_value(g, t), numbers));
}
