/* width.c - how many columns an ONNX input has that does not say it: those who read it tell. */
#include "model/foreign/onnx/graph.h"

/* The last dimension of a constant, where it has more than one number. 0: it tells nothing. */
static size_t last_dim(const rc_tensor *t)
{
    bool tells = t != NULL && t->kind == RC_T_CONSTANT && t->n > 1 && t->rank > 0;
    return tells ? (size_t)t->dims[t->rank - 1] : 0;
}

static size_t rows_of_matrix(const rc_onnx_node *node, const rc_tensor *b)
{
    if (b == NULL || b->kind != RC_T_CONSTANT || b->rank != 2)
        return 0;
    return (size_t)b->dims[rc_node_int(node, "transB", 0) != 0 ? 1 : 0];
}

static size_t by_coefficients(const rc_onnx_node *node)
{
    size_t n, rows;
    rc_node_floats(node, "coefficients", &n);
    rc_node_floats(node, "intercepts", &rows);
    int64_t targets = rc_node_int(node, "targets", 1);
    if (strcmp(node->op_type, "LinearRegressor") == 0)
        rows = targets > 0 ? (size_t)targets : 1;
    return rows > 0 ? n / rows : 0;
}

/* By the longest list of one number for each column. */
static size_t by_lists(const rc_onnx_node *node)
{
    static const char *const lists[] = {"offset", "scale", "imputed_value_floats",
                                        "imputed_value_int64s"};
    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
        size_t n, n_ints;
        rc_node_floats(node, lists[i], &n);
        rc_node_ints(node, lists[i], &n_ints);
        if (n > 1 || n_ints > 1)
            return n > 1 ? n : n_ints;
    }
    return 0;
}

static bool is_one_of(const char *op_type, const char *const *list)
{
    for (; *list != NULL; list++)
        if (strcmp(op_type, *list) == 0)
            return true;
    return false;
}

/* How many columns a node takes of its input k, by its parameters; 0: it does not tell. */
static size_t width_wanted(const rc_graph *g, const rc_onnx_node *node, size_t k)
{
    static const char *const products[] = {"MatMul", "Gemm", NULL};
    static const char *const both[] = {"Add", "Sub", "Mul", "Div", "Min", "Max", "Pow", NULL};
    static const char *const first[] = {"BatchNormalization", "LayerNormalization", NULL};
    const rc_tensor *other = node->n_inputs > 1 ? rc_graph_find(g, node->inputs[k == 0]) : NULL;
    if (is_one_of(node->op_type, both))
        return last_dim(other);
    if (strcmp(node->op_type, "FeatureVectorizer") == 0) {
        size_t n;
        const int64_t *widths = rc_node_ints(node, "inputdimensions", &n);
        return k < n && widths[k] > 0 ? (size_t)widths[k] : 0;
    }
    if (k != 0)
        return 0;
    if (is_one_of(node->op_type, products))
        return rows_of_matrix(node, other);
    if (is_one_of(node->op_type, first))
        return last_dim(other);
    size_t n = by_lists(node);
    return n > 0 ? n : by_coefficients(node);
}

/* Whether what comes out is as wide as what goes in. */
static bool keeps_width(const rc_onnx_node *node)
{
    static const char *const names[] = {"Cast",       "Identity",  "Dropout",   "Scaler", "Imputer",
                                        "Normalizer", "Binarizer", "Add",       "Sub",    "Mul",
                                        "Div",        "Clip",      "Where",     "IsNaN",  "Relu",
                                        "Sigmoid",    "Tanh",      "Log",       "Exp",    "Abs",
                                        "Sqrt",       "Softmax",   "LeakyRelu", "Elu",    NULL};
    return is_one_of(node->op_type, names);
}

/* The nodes are in order: what is as wide as the input is known when it is read. */
size_t rc_graph_infer_width(const rc_graph *g, const char *name)
{
    json_t *same = json_object();
    size_t width = 0;
    bool ok = same != NULL && json_object_set_new(same, name, json_true()) == 0;
    for (size_t i = 0; ok && width == 0 && i < g->model->n_nodes; i++) {
        const rc_onnx_node *node = &g->model->nodes[i];
        for (size_t k = 0; ok && width == 0 && k < node->n_inputs; k++) {
            if (json_object_get(same, node->inputs[k]) == NULL)
                continue;
            width = width_wanted(g, node, k);
            if (width == 0 && keeps_width(node) && node->n_outputs > 0)
                ok = json_object_set_new(same, node->outputs[0], json_true()) == 0;
        }
    }
    json_decref(same);
    return width;
}
