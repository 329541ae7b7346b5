/* words.c - what the parts of a model are called in its files, and where people read of them. */
#include "model/words.h"

#include <stddef.h>

const char *const rc_words_dtype[] = {
    [RC_FLOAT32] = "float32", [RC_FLOAT64] = "float64", [RC_FLOAT64 + 1] = NULL};

const char *const rc_words_task[] = {
    [RC_TASK_REGRESSION] = "regression",
    [RC_TASK_BINARY] = "binary",
    [RC_TASK_MULTICLASS] = "multiclass",
    [RC_TASK_MULTICLASS + 1] = NULL,
};

const char *const rc_words_link[] = {
    [RC_LINK_IDENTITY] = "identity", [RC_LINK_SIGMOID] = "sigmoid", [RC_LINK_SOFTMAX] = "softmax",
    [RC_LINK_EXP] = "exp",           [RC_LINK_PROBIT] = "probit",   [RC_LINK_CLOGLOG] = "cloglog",
    [RC_LINK_LOGLOG] = "loglog",     [RC_LINK_CAUCHIT] = "cauchit", [RC_LINK_OVR] = "ovr",
    [RC_LINK_NONE] = "none",         [RC_LINK_NONE + 1] = NULL,
};

const char *const rc_words_op[] = {
    [RC_OP_AFFINE] = "affine",         [RC_OP_DENSE] = "dense",
    [RC_OP_ACTIVATION] = "activation", [RC_OP_SOFTMAX] = "softmax",
    [RC_OP_IMPUTE] = "impute",         [RC_OP_ONEHOT] = "onehot",
    [RC_OP_ORDINAL] = "ordinal",       [RC_OP_CLIP] = "clip",
    [RC_OP_NORMALISE] = "normalise",   [RC_OP_ELEMENTWISE] = "elementwise",
    [RC_OP_PRODUCT] = "product",       [RC_OP_BIN] = "bin",
    [RC_OP_LOOKUP] = "lookup",         [RC_OP_SELECT] = "select",
    [RC_OP_CONCAT] = "concat",         [RC_OP_CONCAT + 1] = NULL,
};

const char *const rc_words_activation[] = {
    [RC_ACT_IDENTITY] = "identity",
    [RC_ACT_RELU] = "relu",
    [RC_ACT_LEAKY_RELU] = "leaky_relu",
    [RC_ACT_ELU] = "elu",
    [RC_ACT_CELU] = "celu",
    [RC_ACT_SELU] = "selu",
    [RC_ACT_GELU] = "gelu",
    [RC_ACT_GELU_TANH] = "gelu_tanh",
    [RC_ACT_SIGMOID] = "sigmoid",
    [RC_ACT_HARD_SIGMOID] = "hard_sigmoid",
    [RC_ACT_TANH] = "tanh",
    [RC_ACT_SOFTPLUS] = "softplus",
    [RC_ACT_SOFTSIGN] = "softsign",
    [RC_ACT_SILU] = "silu",
    [RC_ACT_MISH] = "mish",
    [RC_ACT_EXP] = "exp",
    [RC_ACT_EXP + 1] = NULL,
};

#define AT(name) #name, offsetof(rc_activation_spec, name)
#define FN(name) (1u << RC_ACT_##name)

const rc_activation_parameter rc_activation_parameters[] = {
    {AT(alpha), FN(LEAKY_RELU) | FN(ELU) | FN(CELU) | FN(HARD_SIGMOID)},
    {AT(beta), FN(HARD_SIGMOID)},
    {AT(max), FN(RELU)},
    {AT(slope), FN(RELU)},
    {AT(threshold), FN(RELU)},
};

const char *const rc_words_elementwise[] = {
    [RC_FN_ADD] = "add",     [RC_FN_SUB] = "sub",
    [RC_FN_MUL] = "mul",     [RC_FN_DIV] = "div",
    [RC_FN_POW] = "pow",     [RC_FN_MIN] = "min",
    [RC_FN_MAX] = "max",     [RC_FN_MOD] = "mod",
    [RC_FN_EQ] = "eq",       [RC_FN_NE] = "ne",
    [RC_FN_LT] = "lt",       [RC_FN_LE] = "le",
    [RC_FN_GT] = "gt",       [RC_FN_GE] = "ge",
    [RC_FN_AND] = "and",     [RC_FN_OR] = "or",
    [RC_FN_NEG] = "neg",     [RC_FN_ABS] = "abs",
    [RC_FN_SQRT] = "sqrt",   [RC_FN_SQUARE] = "square",
    [RC_FN_EXP] = "exp",     [RC_FN_EXPM1] = "expm1",
    [RC_FN_LOG] = "log",     [RC_FN_LOG1P] = "log1p",
    [RC_FN_LOG10] = "log10", [RC_FN_RECIPROCAL] = "reciprocal",
    [RC_FN_SIGN] = "sign",   [RC_FN_FLOOR] = "floor",
    [RC_FN_CEIL] = "ceil",   [RC_FN_ROUND] = "round",
    [RC_FN_NOT] = "not",     [RC_FN_ISNAN] = "isnan",
    [RC_FN_ERF] = "erf",     [RC_FN_SIN] = "sin",
    [RC_FN_COS] = "cos",     [RC_FN_IF] = "if",
    [RC_FN_IF + 1] = NULL,
};

const char *const rc_words_norm[] = {
    [RC_NORM_L1] = "l1", [RC_NORM_L2] = "l2", [RC_NORM_MAX] = "max", [RC_NORM_MAX + 1] = NULL};

const char *rc_task_phrase(rc_task task)
{
    return task == RC_TASK_MULTICLASS ? "multi-class" : rc_words_task[task];
}
