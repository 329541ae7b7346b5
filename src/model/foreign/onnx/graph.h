/* graph.h - the graph of an ONNX file as it becomes a tape: its tensors, and what its operators
 * share. What fails is kept by the tape (tape.h). */
#ifndef RC_MODEL_FOREIGN_ONNX_GRAPH_H
#define RC_MODEL_FOREIGN_ONNX_GRAPH_H

#include <jansson.h>

#include "model/foreign/compose.h"
#include "model/foreign/onnx/onnx.h"

/* The number of rows, as an element of a shape; k times it is k rows in one. */
#define RC_ONNX_ROWS 0x1p62

typedef enum rc_tensor_kind {
    RC_T_NONE,     /* not made yet */
    RC_T_CONSTANT, /* numbers, or texts */
    RC_T_VARIABLE, /* columns of the tape */
    RC_T_TEXTS,    /* columns that are categories */
    RC_T_LABEL     /* the class whose score is the largest */
} rc_tensor_kind;

/* How a tensor came of the one before its last function: an output may have that as its link. */
typedef enum rc_made_by {
    RC_BY_OTHER,
    RC_BY_LINK, /* link(raw), column by column or (softmax, ovr) over all */
    RC_BY_PAIR  /* (1 - p, p): raw is p */
} rc_made_by;

/* What becomes of texts: of the keys their values, of all others `otherwise` (NULL: they stay). */
typedef struct rc_text_map {
    size_t n;
    const char *const *keys, *const *values; /* (n) of equal keys the first counts */
    const char *otherwise;
} rc_text_map;

typedef struct rc_text_cell {
    size_t column;          /* of the graph's text columns */
    const rc_text_map *map; /* what has become of it; NULL: nothing */
} rc_text_cell;

/* The number that is made of a text, 0 or 1: of the keys these, of all others `otherwise`. */
typedef struct rc_text_test {
    rc_text_cell of;
    size_t n;
    const char *const *keys; /* (n) */
    const double *numbers;   /* (n) */
    double otherwise;
} rc_text_test;

/* Elements are counted without the rows: n is the product of all dims but that of the rows, in
 * row-major order. */
typedef struct rc_tensor {
    rc_tensor_kind kind;
    int type; /* rc_onnx_type */
    unsigned rank;
    int64_t dims[RC_ONNX_MAX_RANK]; /* that of the rows is 1 */
    int rows;                       /* the axis of the rows; -1: it has none */
    size_t n;
    const rc_onnx_tensor *stored; /* constant: as the file has it, or NULL */
    const double *numbers;        /* (n) constant; NULL: ask rc_t_numbers */
    const char *const *texts;     /* (n) constant of texts */
    rc_value value;               /* variable: (n) columns. Label: (n_classes) scores */
    const rc_text_cell *cells;    /* (n) texts */
    const rc_value *parts;        /* (n) input of numbers, before they are joined */
    const rc_text_test *test;     /* variable of one column: of which text it is made, or NULL */
    rc_made_by made_by;           /* variable */
    rc_value raw;
    rc_link link;
    bool is_truth;  /* variable: 0 or 1 in each row */
    bool is_column; /* variable: it is column `column` of the value `of` */
    rc_value of;
    size_t column;
    const struct rc_labels *labels; /* label; also of scores behind a ZipMap */
    bool is_last;                   /* label: of equal scores the last wins */
    bool is_mirrored; /* label, and what a link makes of it: scores are -half and half */
    rc_value half;
    size_t n_left; /* nodes and outputs that read it and have not been met yet */
} rc_tensor;

/* Classes, by the number of their column. */
typedef struct rc_labels {
    size_t n;
    const char *const *texts; /* (n) NULL: numbers */
    const double *numbers;    /* (n) */
    bool are_many;            /* also where there are two: each has its probability */
} rc_labels;

/* A column of texts: an input, and the values that steps hold it against. */
typedef struct rc_text_column {
    const char *name;
    rc_value v;   /* in this pass */
    json_t *seen; /* its keys are the values, in the order in which they are met */
    bool unknown_is_error;
} rc_text_column;

typedef struct rc_graph {
    const rc_onnx_model *model;
    rc_tape *tape;
    size_t most_elements; /* of a tensor that is made */
    bool is_trial;        /* the first pass, which finds out what texts are held against */
    int64_t opset, opset_ml;
    json_t *names; /* name -> number of the tensor */
    rc_tensor *tensors;
    size_t n_tensors, tensors_capacity;
    size_t n_before_dense; /* tensors that were there before the last dense step */
    int64_t n_rows;        /* where the file fixes it; 0: it does not */
    bool *is_live;         /* (n_nodes) an output needs it */
    json_t *n_uses;        /* name -> how many live nodes and outputs read it */
    json_t *nan_names;     /* tensors of which something knows what to do with a NaN */
    rc_text_column *texts;
    size_t n_texts;
    size_t n_double, n_single; /* nodes that compute in float64, in float32 */
    bool needs_double;         /* there are integers that float32 does not hold */
    bool is_double;            /* it computes in float64, as the pass before has found */
    size_t n_inferred;         /* inputs whose width is found by their readers */
    const rc_onnx_node *node;
} rc_graph;

/* An operator: in (n_inputs) may hold NULLs; out (n_outputs) is to be filled. */
typedef void rc_onnx_op(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in,
                        size_t n_in, rc_tensor *out);

/* NULL: it is not known. */
rc_onnx_op *rc_onnx_op_find(const char *domain, const char *op_type);

/* Why a known operator is not scored, "convolutions"; NULL: nobody knows it. */
const char *rc_onnx_op_family(const char *op_type);

/* -- graph.c -------------------------------------------------------------------------------------
 */

const rc_tensor *rc_graph_find(const rc_graph *g, const char *name);
/* Whether nobody but the node that is being read will look at the value again: one of the last
 * dense step. */
bool rc_graph_is_spent(const rc_graph *g, rc_value v);
int64_t rc_node_int(const rc_onnx_node *node, const char *name, int64_t otherwise);
double rc_node_float(const rc_onnx_node *node, const char *name, double otherwise);
const char *rc_node_text(const rc_onnx_node *node, const char *name, const char *otherwise);
/* NULL and *n 0: there is none. */
const int64_t *rc_node_ints(const rc_onnx_node *node, const char *name, size_t *n);
const float *rc_node_floats(const rc_onnx_node *node, const char *name, size_t *n);
const char *const *rc_node_texts(const rc_onnx_node *node, const char *name, size_t *n);
/* n doubles of an attribute of floats or integers; NULL: none. */
const double *rc_node_numbers(rc_graph *g, const rc_onnx_node *node, const char *name, size_t *n);

/* -- tensor.c ------------------------------------------------------------------------------------
 */

bool rc_type_is_float(int type);
bool rc_is_failed(const rc_graph *g);

/* A constant of the shape; rank 0: one number. numbers (n) is kept. */
rc_tensor rc_t_constant(int type, unsigned rank, const int64_t *dims, const double *numbers);
rc_tensor rc_t_stored(const rc_onnx_tensor *stored);
/* A variable in the shape of another one, and a value as wide. */
rc_tensor rc_t_like(const rc_tensor *t, int type, rc_value value);
/* A variable of rows x n. */
rc_tensor rc_t_rows(int type, size_t n, rc_value value);

/* It is link(raw). */
void rc_t_set_link(rc_tensor *t, rc_link link, rc_value raw);

/* The numbers of a constant. NULL: it is none, which is kept. */
const double *rc_t_numbers(rc_graph *g, const rc_tensor *t);
/* The columns of a variable: also of a constant (constant columns) and of a label of numbers. */
rc_value rc_t_value(rc_graph *g, const rc_tensor *t);
/* A constant's numbers, whole and within +-2^53 (or rows). NULL and a failure: they are not. */
const double *rc_t_whole(rc_graph *g, const rc_tensor *t, size_t *n);

/* Sets n by dims and rows; fails beyond what can be scored. */
void rc_t_count(rc_graph *g, rc_tensor *t);

/* A tensor of the shape of `shape` (its kind is set here) whose element i is element map[i] of t.
 */
rc_tensor rc_t_move(rc_graph *g, const rc_tensor *t, const rc_tensor *shape, const size_t *map);

/* Axis i of the result is axis order[i] of t. */
rc_tensor rc_t_permute(rc_graph *g, const rc_tensor *t, const unsigned *order);

/* The shape that two (n) operands have together, by NumPy's rules; rows meet rows. */
bool rc_t_broadcast(rc_graph *g, const rc_tensor *const *in, size_t n, rc_tensor *shape);
/* The map from the elements of `shape` to those of t, which goes into it. */
const size_t *rc_t_map(rc_graph *g, const rc_tensor *t, const rc_tensor *shape);
/* t, as large as shape; of variables of one column nothing is done. */
rc_tensor rc_t_expand(rc_graph *g, const rc_tensor *t, const rc_tensor *shape);

/* A constant, with one row of an axis that is as long as the number of rows which the file fixes,
 * where all are the same; else as it is. */
rc_tensor rc_t_one_row(rc_graph *g, const rc_tensor *t, unsigned axis);

/* An axis from -rank to rank - 1, made 0 to rank - 1; a failure gives 0. */
unsigned rc_t_axis(rc_graph *g, const rc_tensor *t, double axis);
/* Elements before, of and behind an axis that is not that of the rows. */
typedef struct rc_runs {
    size_t outer, n, inner;
} rc_runs;
rc_runs rc_t_runs(rc_graph *g, const rc_tensor *t, unsigned axis);

/* -- inputs.c, width.c, output.c
 * --------------------------------------------------------------------------
 */

void rc_graph_inputs(rc_graph *g);
/* 0: nothing tells. */
size_t rc_graph_infer_width(const rc_graph *g, const char *name);
rc_status rc_graph_output(rc_graph *g, rc_error *err);
/* Says that a text column is held against a value. */
void rc_graph_text(rc_graph *g, size_t column, const char *value, bool unknown_is_error);

#endif
