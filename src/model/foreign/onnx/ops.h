/* ops.h - the operators of ONNX, each a function, and what they share. */
#ifndef RC_MODEL_FOREIGN_ONNX_OPS_H
#define RC_MODEL_FOREIGN_ONNX_OPS_H

#include "model/foreign/onnx/graph.h"

/* ops_math.c */
rc_onnx_op rc_op_unary, rc_op_is_inf, rc_op_binary, rc_op_variadic, rc_op_where, rc_op_cast,
    rc_op_mod;
/* ops_activation.c */
rc_onnx_op rc_op_activation, rc_op_clip, rc_op_prelu;
/* ops_reduce.c */
rc_onnx_op rc_op_reduce, rc_op_arg, rc_op_top_k, rc_op_cumsum;
/* ops_norm.c */
rc_onnx_op rc_op_softmax, rc_op_hardmax, rc_op_norm_layer, rc_op_batch_norm, rc_op_group_norm,
    rc_op_lp_norm;
/* ops_shape.c */
rc_onnx_op rc_op_identity, rc_op_dropout, rc_op_reshape, rc_op_flatten, rc_op_transpose,
    rc_op_squeeze, rc_op_unsqueeze;
/* ops_pick.c */
rc_onnx_op rc_op_concat, rc_op_slice, rc_op_gather, rc_op_gather_nd, rc_op_split, rc_op_tile,
    rc_op_pad;
/* ops_constant.c */
rc_onnx_op rc_op_shape, rc_op_size, rc_op_constant, rc_op_constant_of_shape, rc_op_expand,
    rc_op_range;
/* ops_layer.c */
rc_onnx_op rc_op_gemm, rc_op_matmul, rc_op_quantize, rc_op_dequantize, rc_op_dynamic_quantize,
    rc_op_matmul_integer, rc_op_qlinear_matmul;
/* ops_ml.c */
rc_onnx_op rc_op_scaler, rc_op_normalizer, rc_op_imputer, rc_op_binarizer, rc_op_feature_vectorizer,
    rc_op_array_feature_extractor, rc_op_zipmap;
/* ops_onehot.c */
rc_onnx_op rc_op_one_hot, rc_op_one_hot_depth;
/* ops_labels.c */
rc_onnx_op rc_op_label_encoder, rc_op_category_mapper;
/* ops_linear.c */
rc_onnx_op rc_op_linear_regressor, rc_op_linear_classifier;
rc_onnx_op rc_op_svm_regressor, rc_op_svm_classifier;

/* -- constants: fold.c ---------------------------------------------------------------------------
 */

/* The number of rows is known where they come, not where the file is read. */
#define RC_ROWS_COMPUTED "the number of rows is computed with"

#define RC_FOR_TRAINING "exported for training: call model.eval() before the export"

/* Whether the numbers (t's, a constant) hold the number of rows. */
bool rc_fold_has_rows(const rc_tensor *t, const double *numbers);
/* As the type holds it. */
double rc_fold_held(int type, double x);
double rc_fold_activation(rc_activation fn, const rc_activation_spec *parameters, double x);
/* A constant of the shape; numbers (n) is kept. */
rc_tensor rc_fold_like(const rc_tensor *shape, int type, const double *numbers);
rc_tensor rc_fold_unary(rc_graph *g, rc_elementwise fn, const rc_tensor *t, int type);
rc_tensor rc_fold_binary(rc_graph *g, rc_elementwise fn, const rc_tensor *a, const rc_tensor *b,
                         const rc_tensor *shape, int type);
rc_tensor rc_fold_cast(rc_graph *g, const rc_tensor *t, int to);

/* -- labels.c ------------------------------------------------------------------------------------
 */

/* 0 to n - 1. NULL: no memory, which is kept. */
const rc_labels *rc_label_numbers(rc_graph *g, size_t n, bool are_many);
/* Of an attribute of texts, or else one of numbers. */
const rc_labels *rc_label_listed(rc_graph *g, const rc_onnx_node *node, const char *texts_name,
                                 const char *numbers_name);
/* Whether class i of the one is class i of the other: the same, or called otherwise by both. */
bool rc_label_are_in_order(const rc_labels *a, const rc_labels *b);
/* The label whose classes are numbers of those in a constant. */
rc_tensor rc_label_pick(rc_graph *g, const rc_tensor *classes, const rc_tensor *label);
/* 0 or 1 as a label, called so, or by texts (2), which are kept. */
rc_tensor rc_label_of_truth(rc_graph *g, const rc_tensor *t, const char *const *texts);

/* -- texts.c -------------------------------------------------------------------------------------
 */

/* What becomes of the cell's texts when the one is followed by the other. */
const rc_text_map *rc_text_compose(rc_graph *g, const rc_text_cell *cell, const rc_text_map *then);
/* The number of the cell's text in a list (n), -1 if it is not there, or the row is refused. */
rc_value rc_text_place(rc_graph *g, const rc_text_cell *cell, const char *const *list, size_t n,
                       bool is_error);
/* Notes that out is made of the only text of t. */
void rc_text_set_test(rc_graph *g, const rc_tensor *t, const char *const *keys,
                      const double *numbers, size_t n, double otherwise, rc_tensor *out);
/* Where, of a condition on one text, and texts of that, or constants. False: it is not that. */
bool rc_text_where(rc_graph *g, const rc_tensor *const *in, rc_tensor *out);

/* -- what they share -----------------------------------------------------------------------------
 */

/* Counts a node that computes in the type; with the tensor: integers of 32 bits and more may be
 * such that float32 does not hold them. */
void rc_op_computes(rc_graph *g, int type);
void rc_op_computes_with(rc_graph *g, const rc_tensor *t);

/* Notes that there are these whole numbers: float32 may not hold them. */
void rc_op_holds(rc_graph *g, int type, const double *numbers, size_t n);

/* What float32 makes of numbers of a type; nothing where the model computes in it. */
rc_value rc_t_float_of(rc_graph *g, rc_value v, int type);

/* What integers of 8 and 16 bits make of whole numbers. */
rc_value rc_t_wrapped(rc_graph *g, rc_value v, int type);

/* Whether an input is there and a constant of numbers. */
bool rc_op_is_constant(const rc_tensor *const *in, size_t n_in, size_t k);

/* Input k, which must be there; a failure gives an empty constant. */
const rc_tensor *rc_op_need(rc_graph *g, const rc_tensor *const *in, size_t n_in, size_t k);

/* Whole numbers of an attribute or, from a version on, of input k. NULL, *n 0: neither is there. */
const double *rc_op_list(rc_graph *g, const rc_onnx_node *node, const char *name,
                         const rc_tensor *const *in, size_t n_in, size_t k, size_t *n);

/* A constant's numbers in the shape. */
const double *rc_op_wide_numbers(rc_graph *g, const rc_tensor *t, const rc_tensor *shape);

/* fn of a tensor, or of two, broadcast. */
rc_tensor rc_op_apply1(rc_graph *g, rc_elementwise fn, const rc_tensor *t, int type);
rc_tensor rc_op_apply2(rc_graph *g, rc_elementwise fn, const rc_tensor *a, const rc_tensor *b,
                       int type);

/* A constant matrix as it stands in the file, or its transpose: (n_rows, n_columns). */
rc_matrix rc_op_matrix(rc_graph *g, const rc_tensor *t, bool is_transposed, size_t n_rows,
                       size_t n_columns);

/* x times a constant (n, n_out), along the last axis of x, with a bias or NULL. */
rc_tensor rc_op_dense(rc_graph *g, const rc_tensor *x, const rc_matrix *weights,
                      const double *bias);

/* Whole numbers of v; those below 0 count from the end of n. */
rc_value rc_op_from_end(rc_graph *g, rc_value v, size_t n);

/* Columns (outer, n, inner) as (outer, inner, n). */
rc_value rc_op_axis_last(rc_graph *g, rc_value v, rc_runs runs);

#endif
