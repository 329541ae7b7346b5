/* onnx.h - an ONNX file as our bounded wire reader gives it: nothing of it is interpreted yet.
 *
 * Texts and arrays point into the file's bytes (borrowed), or are owned by the rc_onnx_model. All
 * texts are followed by a NUL; a text with a NUL inside or that is no UTF-8 has been refused. */
#ifndef RC_MODEL_FOREIGN_ONNX_ONNX_H
#define RC_MODEL_FOREIGN_ONNX_ONNX_H

#include "model/foreign/reader.h"

/* Limits, each named in its own refusal. */
enum {
    RC_ONNX_MAX_NODES = 100000,
    RC_ONNX_MAX_RANK = 8,
    RC_ONNX_MAX_NAME = 4096 /* bytes */
};

/* TensorProto.DataType */
typedef enum rc_onnx_type {
    RC_ONNX_UNDEFINED = 0,
    RC_ONNX_FLOAT = 1,
    RC_ONNX_UINT8 = 2,
    RC_ONNX_INT8 = 3,
    RC_ONNX_UINT16 = 4,
    RC_ONNX_INT16 = 5,
    RC_ONNX_INT32 = 6,
    RC_ONNX_INT64 = 7,
    RC_ONNX_STRING = 8,
    RC_ONNX_BOOL = 9,
    RC_ONNX_FLOAT16 = 10,
    RC_ONNX_DOUBLE = 11,
    RC_ONNX_UINT32 = 12,
    RC_ONNX_UINT64 = 13,
    RC_ONNX_BFLOAT16 = 16
} rc_onnx_type;

/* "float", "int64" ...; "type 17" for those that are not known. Static or in out. */
const char *rc_onnx_type_name(int type, char out[24]);

/* TensorProto: product(dims) elements, checked against the bytes that there are. */
typedef struct rc_onnx_tensor {
    const char *name; /* "" if it has none */
    int type;         /* one of rc_onnx_type; others have been refused */
    unsigned rank;
    int64_t dims[RC_ONNX_MAX_RANK];
    size_t n;                 /* elements */
    rc_number_type numbers;   /* of data */
    const void *data;         /* (n); NULL for strings, and while it is external */
    const char *const *texts; /* (n) strings; else NULL */
    bool is_external;         /* then: */
    const char *location;
    uint64_t offset, length; /* length UINT64_MAX: not given */
} rc_onnx_tensor;

/* AttributeProto.AttributeType */
typedef enum rc_onnx_attribute_type {
    RC_ONNX_A_FLOAT = 1,
    RC_ONNX_A_INT = 2,
    RC_ONNX_A_STRING = 3,
    RC_ONNX_A_TENSOR = 4,
    RC_ONNX_A_GRAPH = 5, /* present, not read: who needs it refuses */
    RC_ONNX_A_FLOATS = 6,
    RC_ONNX_A_INTS = 7,
    RC_ONNX_A_STRINGS = 8,
    RC_ONNX_A_OTHER = 99
} rc_onnx_attribute_type;

typedef struct rc_onnx_attribute {
    const char *name;
    rc_onnx_attribute_type type; /* of the field where it says, else by what it holds */
    float f;
    int64_t i;
    const char *s;
    const rc_onnx_tensor *t;
    const float *floats;
    const int64_t *ints;
    const char *const *strings;
    size_t n; /* of floats, ints, strings */
} rc_onnx_attribute;

typedef struct rc_onnx_node {
    const char *name;             /* "" if it has none */
    const char *op_type, *domain; /* domain "" is the main one; "ai.onnx" has been made "" */
    const char *const *inputs;    /* (n_inputs) names; "" is an input that is left out */
    size_t n_inputs;
    const char *const *outputs;
    size_t n_outputs;
    const rc_onnx_attribute *attributes;
    size_t n_attributes;
} rc_onnx_node;

/* NULL: it has none of that name. */
const rc_onnx_attribute *rc_onnx_attribute_find(const rc_onnx_node *node, const char *name);

/* ValueInfoProto of a graph's input or output. */
typedef struct rc_onnx_value {
    const char *name;
    bool is_tensor; /* else a sequence, map or optional, of which nothing is read */
    int type;       /* element type; 0: not said */
    bool has_shape;
    unsigned rank;
    int64_t dims[RC_ONNX_MAX_RANK];          /* -1: not known, or a name (dim_param) */
    const char *dim_names[RC_ONNX_MAX_RANK]; /* NULL: none */
} rc_onnx_value;

typedef struct rc_onnx_opset {
    const char *domain; /* "" or "ai.onnx.ml" ... */
    int64_t version;
} rc_onnx_opset;

typedef struct rc_onnx_pair {
    const char *key, *value;
} rc_onnx_pair;

typedef struct rc_onnx_model {
    int64_t ir_version;
    const char *producer, *producer_version; /* "" if absent */
    rc_onnx_opset *opsets;
    size_t n_opsets;
    rc_onnx_pair *metadata;
    size_t n_metadata;
    bool has_functions; /* local functions: not read */
    rc_onnx_node *nodes;
    size_t n_nodes;
    rc_onnx_tensor *initializers;
    size_t n_initializers;
    bool has_sparse; /* sparse initializers: not read */
    rc_onnx_value *inputs, *outputs;
    size_t n_inputs, n_outputs;
    struct rc_onnx_memory *memory; /* what it owns */
} rc_onnx_model;

/**
 * Decodes the file. External tensors are asked for through rc_foreign_external_get.
 * Owns     *out is freed by rc_onnx_free; the bytes of the file are borrowed until then.
 * Errors   RC_E_MODEL with the place ("graph: node 3 'fc': attribute 'axis': ..."), RC_E_SYSTEM.
 *          RC_AGAIN: external data has been asked for.
 */
rc_status rc_onnx_parse(rc_onnx_model **out, rc_foreign_file *file, rc_error *err);
void rc_onnx_free(rc_onnx_model *model); /* NULL is fine */

#endif
