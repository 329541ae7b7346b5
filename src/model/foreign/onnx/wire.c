/* wire.c - fields of protobuf messages. */
#include "model/foreign/onnx/wire.h"

#include <string.h>

rc_pb rc_pb_of(const void *data, size_t n)
{
    const unsigned char *at = data;
    return (rc_pb){.at = at, .end = n > 0 ? at + n : at}; /* nothing may be NULL */
}

rc_pb rc_pb_inside(const rc_pb_field *field)
{
    rc_pb pb = rc_pb_of(field->data, field->n);
    pb.is_bad = field->wire != RC_PB_BYTES;
    return pb;
}

/* At most ten bytes; what a tenth has beyond 64 bits is cut off, as protobuf does. */
static bool take_varint(rc_pb *pb, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 70 && pb->at != pb->end; shift += 7) {
        unsigned char byte = *pb->at++;
        *value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return true;
    }
    return false;
}

static bool take_fixed(rc_pb *pb, size_t n, uint64_t *value)
{
    *value = 0;
    if ((size_t)(pb->end - pb->at) < n)
        return false;
    memcpy(value, pb->at, n); /* little-endian, as all machines that this runs on */
    pb->at += n;
    return true;
}

static bool take_number(rc_pb *pb, rc_pb_wire wire, uint64_t *value)
{
    switch (wire) {
    case RC_PB_VARINT:
        return take_varint(pb, value);
    case RC_PB_FIXED64:
        return take_fixed(pb, 8, value);
    case RC_PB_FIXED32:
        return take_fixed(pb, 4, value);
    default: /* groups, and types that there are none of */
        return false;
    }
}

static bool take_bytes(rc_pb *pb, rc_pb_field *field)
{
    uint64_t n;
    if (!take_varint(pb, &n) || n > (uint64_t)(pb->end - pb->at))
        return false;
    field->data = pb->at;
    field->n = (size_t)n;
    pb->at += n;
    return true;
}

bool rc_pb_next(rc_pb *pb, rc_pb_field *field)
{
    uint64_t key;
    if (pb->is_bad || pb->at == pb->end)
        return false;
    *field = (rc_pb_field){0};
    bool ok = take_varint(pb, &key) && key >> 3 > 0 && key >> 3 < (1u << 29);
    if (ok) {
        field->number = (uint32_t)(key >> 3);
        field->wire = (rc_pb_wire)(key & 7);
        ok = field->wire == RC_PB_BYTES ? take_bytes(pb, field)
                                        : take_number(pb, field->wire, &field->value);
    }
    pb->is_bad = !ok;
    return ok;
}

rc_pb_numbers rc_pb_numbers_of(const rc_pb_field *field, rc_pb_wire wire)
{
    bool has_one = field->wire == wire, is_run = field->wire == RC_PB_BYTES;
    size_t size = wire == RC_PB_FIXED64 ? 8 : wire == RC_PB_FIXED32 ? 4 : 1;
    rc_pb_numbers numbers = {.wire = wire, .has_one = has_one, .one = field->value};
    numbers.rest = is_run ? rc_pb_inside(field) : rc_pb_of(NULL, 0);
    numbers.rest.is_bad = (!has_one && !is_run) || (is_run && field->n % size != 0);
    return numbers;
}

/* The last byte of a varint is the one below 128. */
static size_t count_varints(const rc_pb *pb)
{
    size_t n = 0;
    for (const unsigned char *at = pb->at; at != pb->end; at++)
        n += *at < 128;
    return n;
}

size_t rc_pb_numbers_left(const rc_pb_numbers *numbers)
{
    size_t n = (size_t)(numbers->rest.end - numbers->rest.at);
    if (numbers->rest.is_bad)
        return 0;
    if (numbers->wire == RC_PB_VARINT)
        n = count_varints(&numbers->rest);
    else
        n /= numbers->wire == RC_PB_FIXED64 ? 8 : 4;
    return n + numbers->has_one;
}

bool rc_pb_number(rc_pb_numbers *numbers, uint64_t *value)
{
    rc_pb *rest = &numbers->rest;
    if (numbers->has_one && !rest->is_bad) {
        numbers->has_one = false;
        *value = numbers->one;
        return true;
    }
    if (rest->is_bad || rest->at == rest->end)
        return false;
    rest->is_bad = !take_number(rest, numbers->wire, value);
    return !rest->is_bad;
}
