/* wire.h - fields of protobuf messages, one after the other; every length is checked. */
#ifndef RC_MODEL_FOREIGN_ONNX_WIRE_H
#define RC_MODEL_FOREIGN_ONNX_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is still to be read of a message. What cannot be a field marks it, and ends it. */
typedef struct rc_pb {
    const unsigned char *at, *end;
    bool is_bad;
} rc_pb;

typedef enum rc_pb_wire {
    RC_PB_VARINT = 0,
    RC_PB_FIXED64 = 1,
    RC_PB_BYTES = 2,
    RC_PB_FIXED32 = 5
} rc_pb_wire;

typedef struct rc_pb_field {
    uint32_t number;
    rc_pb_wire wire;
    uint64_t value;            /* varint, fixed64, fixed32 */
    const unsigned char *data; /* (n) bytes, borrowed */
    size_t n;
} rc_pb_field;

/* n bytes that are a message. */
rc_pb rc_pb_of(const void *data, size_t n);

/* The message that a field holds; a bad one, if it is a number. */
rc_pb rc_pb_inside(const rc_pb_field *field);

/* The next field; false at the end, and where the message is bad. Groups, which nobody writes, are
 * bad. */
bool rc_pb_next(rc_pb *pb, rc_pb_field *field);

/* The numbers of one field, packed or one alone, which are all of one wire type. */
typedef struct rc_pb_numbers {
    rc_pb rest; /* marked where the field is no such number, or a packed one is cut */
    rc_pb_wire wire;
    bool has_one;
    uint64_t one;
} rc_pb_numbers;

rc_pb_numbers rc_pb_numbers_of(const rc_pb_field *field, rc_pb_wire wire);

/* How many are left, without reading them: no more than that are to come. */
size_t rc_pb_numbers_left(const rc_pb_numbers *numbers);

/* The next number; false at the end, and where the run is bad. */
bool rc_pb_number(rc_pb_numbers *numbers, uint64_t *value);

#endif
