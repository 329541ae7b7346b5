/* parse.h - what the files share that decode ONNX messages.
 *
 * A singular field that comes more than once: the last one counts, but what is inside a repeated
 * message of types is put together, as protobuf does. Fields that are not known are skipped; those
 * that are known and of another wire type are damage. */
#ifndef RC_MODEL_FOREIGN_ONNX_PARSE_H
#define RC_MODEL_FOREIGN_ONNX_PARSE_H

#include "model/foreign/onnx/onnx.h"
#include "model/foreign/onnx/wire.h"

/* Bytes of a text among the numbers of a tensor, of an attribute. */
enum { RC_ONNX_MOST_TEXT = 1 << 20 };

/* One file that is decoded. */
typedef struct rc_onnx_parser {
    rc_foreign_file *file;
    rc_onnx_model *model;
    size_t n_left;  /* bytes of memory that may still be taken */
    bool is_wanted; /* external data has been asked for and is not here yet */
    rc_error *err;  /* never NULL */
} rc_onnx_parser;

/* n * size bytes of zeros that live as long as the model; size 1 need not be aligned. NULL: the
 * error is set, and rc_onnx_failed is its status. */
void *rc_onnx_take(rc_onnx_parser *p, size_t n, size_t size);
rc_status rc_onnx_failed(const rc_onnx_parser *p);

/* "damaged", RC_E_MODEL: a message is cut, or a field is not of its type. */
rc_status rc_onnx_damaged(rc_onnx_parser *p);

/* The text of a field: UTF-8 without NUL, of at most `most` bytes. */
rc_status rc_onnx_text(rc_onnx_parser *p, const rc_pb_field *field, size_t most, const char **out);

/* The whole number of a field. */
rc_status rc_onnx_whole(rc_onnx_parser *p, const rc_pb_field *field, int64_t *out);

/* The code of a type; -1: one that there is not. */
rc_status rc_onnx_type_code(rc_onnx_parser *p, const rc_pb_field *field, int *out);

/* How many fields of this number a message has. False: the message is damaged. */
bool rc_onnx_count(const rc_pb_field *message, uint32_t number, size_t *n);

/* The n texts that a message has in its fields of a number. */
rc_status rc_onnx_texts(rc_onnx_parser *p, const rc_pb_field *message, uint32_t number, size_t n,
                        const char *const **out);

/* These set all of *out that there is, also where they fail. */
rc_status rc_onnx_read_node(rc_onnx_parser *p, const rc_pb_field *message, rc_onnx_node *out);
rc_status rc_onnx_read_tensor(rc_onnx_parser *p, const rc_pb_field *message, rc_onnx_tensor *out);
rc_status rc_onnx_read_attribute(rc_onnx_parser *p, const rc_pb_field *message,
                                 rc_onnx_attribute *out);
rc_status rc_onnx_read_value(rc_onnx_parser *p, const rc_pb_field *message, rc_onnx_value *out);

#endif
