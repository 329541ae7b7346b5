/* wire.c - values in and out of the bytes of a frame. */
#include "guard/wire.h"

const unsigned char *rc_wire_bytes(rc_wire *wire, size_t n)
{
    if (wire->is_bad || n > (size_t)(wire->end - wire->at)) {
        wire->is_bad = true;
        return NULL;
    }
    const unsigned char *bytes = wire->at;
    wire->at += n;
    return bytes;
}

/* Little-endian integer of n bytes. */
static uint64_t take(rc_wire *wire, size_t n)
{
    const unsigned char *bytes = rc_wire_bytes(wire, n);
    uint64_t value = 0;
    for (size_t i = 0; bytes != NULL && i < n; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

uint64_t rc_wire_u64(rc_wire *wire)
{
    return take(wire, 8);
}

uint32_t rc_wire_u32(rc_wire *wire)
{
    return (uint32_t)take(wire, 4);
}

bool rc_wire_bool(rc_wire *wire)
{
    uint64_t value = take(wire, 1);
    if (value > 1)
        wire->is_bad = true;
    return value == 1;
}

const char *rc_wire_text(rc_wire *wire, size_t most, size_t *n)
{
    *n = 0;
    uint64_t n_bytes = rc_wire_u64(wire);
    if (n_bytes > most)
        wire->is_bad = true;
    const unsigned char *text = wire->is_bad ? NULL : rc_wire_bytes(wire, (size_t)n_bytes);
    if (text != NULL)
        *n = (size_t)n_bytes;
    return (const char *)text;
}

size_t rc_wire_count(rc_wire *wire, size_t least_bytes)
{
    uint64_t count = rc_wire_u64(wire);
    size_t left = wire->is_bad ? 0 : (size_t)(wire->end - wire->at);
    if (count > left / (least_bytes > 0 ? least_bytes : 1)) {
        wire->is_bad = true;
        return 0;
    }
    return (size_t)count;
}

static bool put(rc_buf *out, uint64_t value, size_t n)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < n; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
    return rc_buf_append(out, bytes, n);
}

bool rc_wire_put_u64(rc_buf *out, uint64_t value)
{
    return put(out, value, 8);
}

bool rc_wire_put_u32(rc_buf *out, uint32_t value)
{
    return put(out, value, 4);
}

bool rc_wire_put_bool(rc_buf *out, bool value)
{
    return put(out, value ? 1 : 0, 1);
}

bool rc_wire_put_text(rc_buf *out, const char *text, size_t n)
{
    return rc_wire_put_u64(out, n) && rc_buf_append(out, text, n);
}
