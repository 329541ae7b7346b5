/* inspect_words.c - what the parts of a model are called in its files. */
#include "report/inspect_words.h"

const char *rc_word_task(rc_task task)
{
    static const char *const words[] = {[RC_TASK_REGRESSION] = "regression",
                                        [RC_TASK_BINARY] = "binary",
                                        [RC_TASK_MULTICLASS] = "multiclass"};
    return words[task];
}

const char *rc_word_dtype(rc_dtype dtype)
{
    return dtype == RC_FLOAT32 ? "float32" : "float64";
}

const char *rc_word_op(rc_op op)
{
    static const char *const words[] = {
        [RC_OP_AFFINE] = "affine",         [RC_OP_DENSE] = "dense",
        [RC_OP_ACTIVATION] = "activation", [RC_OP_SOFTMAX] = "softmax",
        [RC_OP_IMPUTE] = "impute",         [RC_OP_ONEHOT] = "onehot",
        [RC_OP_ORDINAL] = "ordinal",       [RC_OP_CLIP] = "clip",
        [RC_OP_NORMALISE] = "normalise",   [RC_OP_ELEMENTWISE] = "elementwise",
        [RC_OP_PRODUCT] = "product",       [RC_OP_BIN] = "bin",
        [RC_OP_LOOKUP] = "lookup",         [RC_OP_SELECT] = "select",
        [RC_OP_CONCAT] = "concat",
    };
    return words[op];
}

const char *rc_word_link(rc_link link)
{
    static const char *const words[] = {
        [RC_LINK_IDENTITY] = "identity", [RC_LINK_SIGMOID] = "sigmoid",
        [RC_LINK_SOFTMAX] = "softmax",   [RC_LINK_EXP] = "exp",
        [RC_LINK_PROBIT] = "probit",     [RC_LINK_CLOGLOG] = "cloglog",
        [RC_LINK_LOGLOG] = "loglog",     [RC_LINK_CAUCHIT] = "cauchit",
        [RC_LINK_NONE] = "none",
    };
    return words[link];
}

const char *rc_word_activation(rc_activation fn)
{
    static const char *const words[] = {
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
    };
    return words[fn];
}

const char *rc_word_elementwise(rc_elementwise fn)
{
    static const char *const words[] = {
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
        [RC_FN_IF] = "if",
    };
    return words[fn];
}

const char *rc_word_norm(rc_norm norm)
{
    return norm == RC_NORM_L1 ? "l1" : norm == RC_NORM_L2 ? "l2" : "max";
}
