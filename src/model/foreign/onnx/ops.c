/* ops.c - the table of ONNX operators. */
#include "model/foreign/onnx/ops.h"

typedef struct operator_row {
    const char *name;
    rc_onnx_op *op;
} operator_row;

static const operator_row main_operators[] = {
    {"Abs", rc_op_unary},
    {"Add", rc_op_binary},
    {"And", rc_op_binary},
    {"ArgMax", rc_op_arg},
    {"ArgMin", rc_op_arg},
    {"BatchNormalization", rc_op_batch_norm},
    {"Cast", rc_op_cast},
    {"CastLike", rc_op_cast},
    {"Ceil", rc_op_unary},
    {"Celu", rc_op_activation},
    {"Clip", rc_op_clip},
    {"Concat", rc_op_concat},
    {"Constant", rc_op_constant},
    {"ConstantOfShape", rc_op_constant_of_shape},
    {"Cos", rc_op_unary},
    {"CumSum", rc_op_cumsum},
    {"DequantizeLinear", rc_op_dequantize},
    {"Div", rc_op_binary},
    {"Dropout", rc_op_dropout},
    {"DynamicQuantizeLinear", rc_op_dynamic_quantize},
    {"Elu", rc_op_activation},
    {"Equal", rc_op_binary},
    {"Erf", rc_op_unary},
    {"Exp", rc_op_unary},
    {"Expand", rc_op_expand},
    {"Flatten", rc_op_flatten},
    {"Floor", rc_op_unary},
    {"Gather", rc_op_gather},
    {"GatherND", rc_op_gather_nd},
    {"Gelu", rc_op_activation},
    {"Gemm", rc_op_gemm},
    {"Greater", rc_op_binary},
    {"GreaterOrEqual", rc_op_binary},
    {"GroupNormalization", rc_op_group_norm},
    {"Hardmax", rc_op_hardmax},
    {"HardSigmoid", rc_op_activation},
    {"HardSwish", rc_op_activation},
    {"Identity", rc_op_identity},
    {"InstanceNormalization", rc_op_group_norm},
    {"IsInf", rc_op_is_inf},
    {"IsNaN", rc_op_unary},
    {"LayerNormalization", rc_op_norm_layer},
    {"LeakyRelu", rc_op_activation},
    {"Less", rc_op_binary},
    {"LessOrEqual", rc_op_binary},
    {"Log", rc_op_unary},
    {"LogSoftmax", rc_op_softmax},
    {"LpNormalization", rc_op_lp_norm},
    {"MatMul", rc_op_matmul},
    {"MatMulInteger", rc_op_matmul_integer},
    {"Max", rc_op_variadic},
    {"Mean", rc_op_variadic},
    {"Min", rc_op_variadic},
    {"Mish", rc_op_activation},
    {"Mod", rc_op_mod},
    {"Mul", rc_op_binary},
    {"Neg", rc_op_unary},
    {"Not", rc_op_unary},
    {"OneHot", rc_op_one_hot_depth},
    {"Or", rc_op_binary},
    {"Pad", rc_op_pad},
    {"Pow", rc_op_binary},
    {"PRelu", rc_op_prelu},
    {"QLinearMatMul", rc_op_qlinear_matmul},
    {"QuantizeLinear", rc_op_quantize},
    {"Range", rc_op_range},
    {"Reciprocal", rc_op_unary},
    {"ReduceL1", rc_op_reduce},
    {"ReduceL2", rc_op_reduce},
    {"ReduceLogSum", rc_op_reduce},
    {"ReduceLogSumExp", rc_op_reduce},
    {"ReduceMax", rc_op_reduce},
    {"ReduceMean", rc_op_reduce},
    {"ReduceMin", rc_op_reduce},
    {"ReduceProd", rc_op_reduce},
    {"ReduceSum", rc_op_reduce},
    {"ReduceSumSquare", rc_op_reduce},
    {"Relu", rc_op_activation},
    {"Reshape", rc_op_reshape},
    {"RMSNormalization", rc_op_norm_layer},
    {"Round", rc_op_unary},
    {"Selu", rc_op_activation},
    {"Shape", rc_op_shape},
    {"Sigmoid", rc_op_activation},
    {"Sign", rc_op_unary},
    {"Sin", rc_op_unary},
    {"Size", rc_op_size},
    {"Slice", rc_op_slice},
    {"Softmax", rc_op_softmax},
    {"Softplus", rc_op_activation},
    {"Softsign", rc_op_activation},
    {"Split", rc_op_split},
    {"Sqrt", rc_op_unary},
    {"Squeeze", rc_op_squeeze},
    {"Sub", rc_op_binary},
    {"Sum", rc_op_variadic},
    {"Swish", rc_op_activation},
    {"Tanh", rc_op_activation},
    {"ThresholdedRelu", rc_op_activation},
    {"Tile", rc_op_tile},
    {"TopK", rc_op_top_k},
    {"Transpose", rc_op_transpose},
    {"Unsqueeze", rc_op_unsqueeze},
    {"Where", rc_op_where},
    {"Xor", rc_op_binary},
};

static const operator_row ml_operators[] = {
    {"ArrayFeatureExtractor", rc_op_array_feature_extractor},
    {"Binarizer", rc_op_binarizer},
    {"CategoryMapper", rc_op_category_mapper},
    {"FeatureVectorizer", rc_op_feature_vectorizer},
    {"Imputer", rc_op_imputer},
    {"LabelEncoder", rc_op_label_encoder},
    {"LinearClassifier", rc_op_linear_classifier},
    {"LinearRegressor", rc_op_linear_regressor},
    {"Normalizer", rc_op_normalizer},
    {"OneHotEncoder", rc_op_one_hot},
    {"SVMClassifier", rc_op_svm_classifier},
    {"SVMRegressor", rc_op_svm_regressor},
    {"Scaler", rc_op_scaler},
    {"ZipMap", rc_op_zipmap},
};

static rc_onnx_op *find(const operator_row *rows, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].op;
    return NULL;
}

rc_onnx_op *rc_onnx_op_find(const char *domain, const char *op_type)
{
    if (domain[0] == '\0')
        return find(main_operators, sizeof(main_operators) / sizeof(*main_operators), op_type);
    if (strcmp(domain, "ai.onnx.ml") == 0)
        return find(ml_operators, sizeof(ml_operators) / sizeof(*ml_operators), op_type);
    return NULL;
}

const char *rc_onnx_op_family(const char *op_type)
{
    static const struct {
        const char *part, *family;
    } families[] = {
        {"Conv", "convolutions"},
        {"Pool", "pooling layers"},
        {"LSTM", "recurrent layers"},
        {"GRU", "recurrent layers"},
        {"RNN", "recurrent layers"},
        {"Attention", "attention layers"},
        {"If", "branches of a graph"},
        {"Loop", "loops"},
        {"Scan", "loops"},
        {"Random", "random numbers"},
        {"Sequence", "sequences"},
        {"Resize", "images"},
        {"TreeEnsemble", "trees"},
        {"TfIdf", "texts of many words"},
        {"StringNormalizer", "texts of many words"},
    };
    for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
        if (strstr(op_type, families[i].part) != NULL)
            return families[i].family;
    return NULL;
}

/* -- what they share -----------------------------------------------------------------------------
 */

bool rc_op_is_constant(const rc_tensor *const *in, size_t n_in, size_t k)
{
    return k < n_in && in[k] != NULL && in[k]->kind == RC_T_CONSTANT && in[k]->texts == NULL;
}

const rc_tensor *rc_op_need(rc_graph *g, const rc_tensor *const *in, size_t n_in, size_t k)
{
    static const rc_tensor none = {.kind = RC_T_CONSTANT, .rows = -1};
    if (k < n_in && in[k] != NULL)
        return in[k];
    rc_tape_fail(g->tape, "input %zu is missing", k);
    return &none;
}

const double *rc_op_list(rc_graph *g, const rc_onnx_node *node, const char *name,
                         const rc_tensor *const *in, size_t n_in, size_t k, size_t *n)
{
    *n = 0;
    if (k < n_in && in[k] != NULL)
        return rc_t_whole(g, in[k], n);
    return rc_node_numbers(g, node, name, n);
}
