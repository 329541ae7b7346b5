/* walk.h - a Keras configuration on its way to the tape: graphs of layers, tensors, places. */
#ifndef RC_MODEL_FOREIGN_KERAS_WALK_H
#define RC_MODEL_FOREIGN_KERAS_WALK_H

#include "model/foreign/compose.h"
#include "model/foreign/keras/keras.h"

enum {
    RC_KERAS_MOST_DEPTH = 16, /* models in models; lists in lists */
    RC_KERAS_MOST_RANK = 4,   /* of a tensor, without the batch */
    RC_KERAS_MOST_NODES =
        100000 /* calls of layers, those of nested models at each of their calls */
};

/* What flows between layers: columns of the tape, row-major by a shape. */
typedef struct rc_keras_tensor {
    rc_value v; /* all columns; RC_NO_VALUE: an input that is only looked up */
    unsigned rank;
    size_t dim[RC_KERAS_MOST_RANK]; /* without the batch */
    bool is_whole;                  /* only whole numbers come */
    bool is_masked;                 /* Keras leaves places of it out: Embedding with mask_zero */
    size_t origin;                  /* the input that it still is, or SIZE_MAX */
} rc_keras_tensor;

typedef struct rc_keras_layer rc_keras_layer;
typedef struct rc_keras_graph rc_keras_graph;

/* Output number `tensor` of call number `node` of layer number `layer`. */
typedef struct rc_keras_link {
    size_t layer, node, tensor;
} rc_keras_link;

/* What a layer is called with: a tensor, or a constant (of operations). */
typedef struct rc_keras_argument {
    const char *key; /* NULL: by position */
    bool is_link;
    rc_keras_link link;
    const json_t *constant;
} rc_keras_argument;

/* One call of a layer. */
typedef struct rc_keras_node {
    rc_keras_argument *arguments;
    size_t n_arguments, capacity;
    unsigned char mark;   /* of the search for an order */
    rc_keras_tensor *out; /* (n_out) once it has run */
    size_t n_out;
} rc_keras_node;

struct rc_keras_layer {
    const char *name, *class_name;
    const json_t *config;
    size_t number; /* among the layers of its model, from 0 */
    bool is_operation;
    rc_keras_id id;
    rc_keras_node *nodes;
    size_t n_nodes, first_node;             /* number of nodes[0]: 1 in most nested models */
    size_t last_read;                       /* the highest number of a node that is read */
    const json_t *model;                    /* a nested model: its configuration, */
    rc_keras_graph *graph;                  /* read when it is first called */
    struct rc_keras_vocabulary *vocabulary; /* of a lookup; read when it is first asked for */
};

struct rc_keras_graph {
    rc_keras_layer *layers;
    size_t n_layers;
    json_t *numbers, *classes; /* of the layers, by name; how many of each class */
    rc_keras_link *inputs, *outputs;
    const char **input_keys; /* (n_inputs) of a dictionary; else NULL */
    size_t n_inputs, n_outputs;
    rc_keras_link *order; /* (n_order) calls that the outputs need, each behind what it reads */
    size_t n_order;
};

/* An input of the whole model. */
typedef struct rc_keras_input {
    const rc_keras_layer *layer;
    const char *name;
    rc_keras_tensor tensor;
    rc_value *columns; /* (width) */
    bool is_text, is_read_as_number, is_category;
    json_t *values;      /* what lookups have: an object of texts; NULL: no lookup reads it */
    bool is_wide;        /* IntegerLookup: keys that float32 does not hold */
    bool has_empty;      /* a vocabulary has the empty text, which a missing cell is */
    const char *missing; /* the value that a missing cell is; NULL: unknown, or an error */
} rc_keras_input;

/* The reading of one file. What goes wrong is kept by the tape; `at` and `hint` are its place. */
typedef struct rc_keras_walk {
    rc_tape *tape;
    rc_keras_store *store;
    const rc_foreign_file *file;
    int major;
    const rc_keras_layer *at; /* the layer that is worked on; NULL: none */
    char hint[256];
    rc_keras_graph *graph;
    rc_keras_input *inputs;
    size_t n_inputs;
    bool is_tracing; /* first run: what becomes of the inputs; nothing goes to the tape */
    size_t n_run;
    rc_status status; /* RC_E_SYSTEM of the store */
} rc_keras_walk;

/* -- config.c: failures, and members of JSON objects
 * ---------------------------------------------- */

bool rc_keras_is_ok(const rc_keras_walk *walk);
/* Keeps a failure; false. */
bool rc_keras_fail(rc_keras_walk *walk, const char *format, ...) RC_PRINTF(2, 3);
/* The same with a hint for its message. */
void rc_keras_hint(rc_keras_walk *walk, const char *format, ...) RC_PRINTF(2, 3);
void *rc_keras_alloc(rc_keras_walk *walk, size_t n, size_t size);

/* Absent and null members are the fallback; of a wrong type, a failure. */
const char *rc_keras_text(rc_keras_walk *walk, const json_t *object, const char *key,
                          const char *fallback);
double rc_keras_number(rc_keras_walk *walk, const json_t *object, const char *key, double fallback);
bool rc_keras_bool(rc_keras_walk *walk, const json_t *object, const char *key, bool fallback);
json_int_t rc_keras_whole(rc_keras_walk *walk, const json_t *object, const char *key,
                          json_int_t fallback);
/* Whether it is a whole number that a double holds. */
bool rc_keras_is_whole(const json_t *json, json_int_t *whole);
const json_t *rc_keras_list(rc_keras_walk *walk, const json_t *object, const char *key);
const json_t *rc_keras_object(rc_keras_walk *walk, const json_t *object, const char *key);
/* The numbers of a number or of (nested) lists, also as Keras 3 writes an array; NULL: none. */
const double *rc_keras_numbers(rc_keras_walk *walk, const json_t *json, const char *key, size_t *n);
/* The same with their shape, in lists of the same length. */
const double *rc_keras_constant(rc_keras_walk *walk, const json_t *json, const char *key,
                                rc_keras_tensor *shape);
/* An axis, or a list of one, as an axis of the tensor without the batch; SIZE_MAX: a failure. */
size_t rc_keras_axis(rc_keras_walk *walk, const json_t *object, const char *key,
                     json_int_t fallback, const rc_keras_tensor *in);

/* -- graph.c, sequential.c
 * ------------------------------------------------------------------------ */

/* model is {"class_name", "config"}; outer: the layer that the model is, or NULL. */
rc_keras_graph *rc_keras_graph_read(rc_keras_walk *walk, const json_t *model,
                                    const rc_keras_layer *outer);
bool rc_keras_is_model(const char *class_name);
bool rc_keras_layer_read(rc_keras_walk *walk, rc_keras_graph *graph, size_t number,
                         const json_t *json, const rc_keras_layer *outer);
void rc_keras_sequential_read(rc_keras_walk *walk, rc_keras_graph *graph, const json_t *config,
                              const rc_keras_layer *outer);
rc_keras_argument *rc_keras_argument_add(rc_keras_walk *walk, rc_keras_node *node);
/* Room for n calls of it. */
bool rc_keras_nodes_make(rc_keras_walk *walk, rc_keras_layer *layer, size_t n);
/* links.c: the calls of a layer, from "inbound_nodes"; a list of tensors. */
void rc_keras_nodes_read(rc_keras_walk *walk, const rc_keras_graph *graph, rc_keras_layer *layer,
                         const json_t *nodes);
bool rc_keras_link_read(rc_keras_walk *walk, const rc_keras_graph *graph, const json_t *json,
                        rc_keras_link *link);
/* order.c */
void rc_keras_order(rc_keras_walk *walk, rc_keras_graph *graph);

/* -- walk.c
 * --------------------------------------------------------------------------------------- */

/* Runs the model on its inputs; out (n_outputs) is set. */
bool rc_keras_run(rc_keras_walk *walk, rc_keras_graph *graph, const rc_keras_tensor *in,
                  size_t n_in, rc_keras_tensor *out, unsigned depth);

/* -- inputs.c
 * ------------------------------------------------------------------------------------- */

/* Finds the inputs of the model, and what reads them; makes them. */
bool rc_keras_inputs_find(rc_keras_walk *walk);
bool rc_keras_inputs_make(rc_keras_walk *walk);
/* shapes.c: the shape of an InputLayer, or of a model that has none. */
bool rc_keras_input_shape(rc_keras_walk *walk, rc_keras_graph *graph, rc_keras_link input,
                          rc_keras_tensor *tensor);

/* -- arrays.c
 * ------------------------------------------------------------------------------------- */

/* All arrays of a layer; they live as long as the tape. */
bool rc_keras_arrays_of(rc_keras_walk *walk, const rc_keras_id *id, rc_keras_arrays *out);
/* The arrays of a layer by name, or by position where names are not known: (n) of them, NULL those
 * that are absent. */
bool rc_keras_arrays_get(rc_keras_walk *walk, const rc_keras_layer *layer, const char *const *names,
                         size_t n, const rc_keras_array **out);
/* n numbers of an array as doubles; the array must have n in all. */
const double *rc_keras_vector(rc_keras_walk *walk, const rc_keras_array *array, const char *name,
                              size_t n);
bool rc_keras_has_shape(rc_keras_walk *walk, const rc_keras_array *array, const char *name,
                        size_t n_rows, size_t n_columns);

/* -- tensors.c
 * ------------------------------------------------------------------------------------ */

size_t rc_keras_width(const rc_keras_tensor *tensor);
size_t rc_keras_last(const rc_keras_tensor *tensor); /* last dimension; 1 of a scalar */
/* A tensor of the same shape. */
rc_keras_tensor rc_keras_like(const rc_keras_tensor *tensor, rc_value v);
rc_keras_tensor rc_keras_flat(rc_value v, size_t width);
bool rc_keras_set_shape(rc_keras_walk *walk, rc_keras_tensor *tensor, const size_t *dim,
                        unsigned rank);
/* Its columns as NumPy broadcasts them to a shape. One column stays one. */
rc_value rc_keras_broadcast(rc_keras_walk *walk, const rc_keras_tensor *tensor,
                            const rc_keras_tensor *to);
/* Takes a leading batch of 1 off the shape of a constant, where it has one dimension more. */
void rc_keras_drop_batch(rc_keras_tensor *constant, const rc_keras_tensor *in);
/* The column of `from` for column number `at` of a tensor of shape `to`. */
size_t rc_keras_source(const rc_keras_tensor *from, const rc_keras_tensor *to, size_t at);
/* `numbers` (n, the last dimension) for each place of the tensor: (width). */
const double *rc_keras_tile(rc_keras_walk *walk, const rc_keras_tensor *tensor,
                            const double *numbers, size_t n);
/* The columns as (outer, dim[axis], inner). */
void rc_keras_split(const rc_keras_tensor *tensor, size_t axis, size_t *outer, size_t *n,
                    size_t *inner);
const char *rc_keras_shape_text(const rc_keras_tensor *tensor, char *out, size_t n);

/* -- activations.c
 * -------------------------------------------------------------------------------- */

/* The member `key` of a configuration: a name, or an object; NULL is linear. */
rc_keras_tensor rc_keras_activate(rc_keras_walk *walk, const json_t *config, const char *key,
                                  const rc_keras_tensor *in);
/* One by name; config: its parameters, or NULL. False: there is none of that name. */
bool rc_keras_activation_by_name(rc_keras_walk *walk, const char *name, const json_t *config,
                                 const rc_keras_tensor *in, rc_keras_tensor *out);

/* -- classes.c
 * ------------------------------------------------------------------------------------ */

typedef struct rc_keras_call {
    rc_keras_layer *layer;
    const rc_keras_node *node;
    const rc_keras_tensor *in; /* (n_in) tensors by position */
    size_t n_in;
} rc_keras_call;
typedef rc_keras_tensor rc_keras_apply(rc_keras_walk *walk, const rc_keras_call *call);

typedef enum rc_keras_kind {
    RC_KERAS_COMPUTES,
    RC_KERAS_KEEPS,  /* values and shape */
    RC_KERAS_SHAPES, /* values, in the same order, in another shape */
    RC_KERAS_LOOKS_UP
} rc_keras_kind;

typedef struct rc_keras_class {
    const char *name;
    rc_keras_apply *apply;
    rc_keras_kind kind;
    size_t least, most; /* tensors that it reads */
} rc_keras_class;

/* Whether it is a layer that is supported, by that name. */
bool rc_keras_class_is_known(const char *name);
/* NULL: not supported, which is kept. */
const rc_keras_class *rc_keras_class_find(rc_keras_walk *walk, const rc_keras_layer *layer);

/* policy.c: float64 of one layer makes the whole model compute so. */
void rc_keras_dtype_read(rc_keras_walk *walk, const json_t *config);
/* How the weights of a layer are quantised. */
typedef struct rc_keras_quantisation {
    bool is_int8;
    bool has_rows; /* what is multiplied is quantised, too: */
    double least, most, epsilon;
    const double *scale; /* of each column of the kernel */
} rc_keras_quantisation;
bool rc_keras_quantisation_read(rc_keras_walk *walk, const json_t *config,
                                rc_keras_quantisation *out);

rc_keras_apply rc_keras_dense, rc_keras_embedding;
rc_keras_apply rc_keras_activation_layer, rc_keras_activation_class, rc_keras_prelu;
rc_keras_apply rc_keras_batch_norm, rc_keras_layer_norm, rc_keras_rms_norm, rc_keras_unit_norm,
    rc_keras_group_norm, rc_keras_normalization, rc_keras_rescaling;
/* A row over its length; Keras 3 multiplies by `most` at most. */
rc_value rc_keras_unit(rc_keras_walk *walk, rc_value v, double most);
rc_keras_apply rc_keras_same, rc_keras_flatten, rc_keras_reshape, rc_keras_permute,
    rc_keras_repeat_vector, rc_keras_pool_average, rc_keras_pool_max;
rc_keras_apply rc_keras_merge, rc_keras_average, rc_keras_concatenate, rc_keras_dot;
rc_keras_apply rc_keras_operation;
bool rc_keras_operation_of_shape(rc_keras_walk *walk, const rc_keras_call *call, const char *name,
                                 const json_t *config, rc_keras_tensor *out);
/* The larger of both along each axis, as NumPy broadcasts; false: they do not go together. */
bool rc_keras_join_shapes(rc_keras_walk *walk, rc_keras_tensor *shape, const rc_keras_tensor *with);
/* fn of two tensors that are broadcast; tensors joined along the axis of a configuration. */
rc_keras_tensor rc_keras_join(rc_keras_walk *walk, rc_elementwise fn, const rc_keras_tensor *a,
                              const rc_keras_tensor *b);
rc_keras_tensor rc_keras_stack(rc_keras_walk *walk, const json_t *config, const rc_keras_tensor *in,
                               size_t n);
rc_keras_apply rc_keras_lookup, rc_keras_discretization, rc_keras_category_encoding;

/* lookup.c: the vocabulary of StringLookup or IntegerLookup goes to the values of the input. */
bool rc_keras_lookup_trace(rc_keras_walk *walk, rc_keras_layer *layer, rc_keras_input *input);

/* encode.c: categories by number (0 .. depth - 1; others are none) as int, one_hot, multi_hot or
 * count. */
typedef enum rc_keras_mode {
    RC_KERAS_INT,
    RC_KERAS_ONE_HOT,
    RC_KERAS_MULTI_HOT,
    RC_KERAS_COUNT
} rc_keras_mode;
bool rc_keras_mode_read(rc_keras_walk *walk, const json_t *config, const char *fallback,
                        rc_keras_mode *mode);
rc_keras_tensor rc_keras_encode(rc_keras_walk *walk, const rc_keras_tensor *in, rc_keras_mode mode,
                                size_t depth, bool unknown_is_error);
/* Whole numbers, toward zero where they are not. */
rc_keras_tensor rc_keras_as_whole(rc_keras_walk *walk, const rc_keras_tensor *in);

/* vocabulary.c: what a lookup knows. */
typedef struct rc_keras_vocabulary {
    const char **texts; /* (n) as text; "" is the empty one */
    double *numbers;    /* (n) of IntegerLookup, else NULL */
    double *indices;    /* (n) what each becomes; -1: nothing */
    size_t n;
    bool has_unknown; /* else an unknown value refuses the row */
    double unknown;   /* what it becomes */
    rc_keras_mode mode;
    size_t depth;
    bool is_wide, has_empty;
} rc_keras_vocabulary;
rc_keras_vocabulary *rc_keras_vocabulary_get(rc_keras_walk *walk, rc_keras_layer *layer);

/* -- output.c, plain.c
 * ---------------------------------------------------------------------------- */

bool rc_keras_output_make(rc_keras_walk *walk, const rc_keras_tensor *out, size_t n,
                          rc_tape_output *output);
/* Weights without a configuration: Dense layers in the order of the file. */
bool rc_keras_plain_run(rc_keras_walk *walk, rc_keras_tensor *out);

#endif
