/* wire.h - values in and out of the bytes of a frame; every length is checked. */
#ifndef RC_GUARD_WIRE_H
#define RC_GUARD_WIRE_H

#include "base/mem.h"

/* What is still to be read of a frame. A read beyond its end gives 0 (or NULL), and marks it: a
 * whole description is read, then the mark is looked at once. Little-endian. */
typedef struct rc_wire {
    const unsigned char *at, *end;
    bool is_bad;
} rc_wire;

uint64_t rc_wire_u64(rc_wire *wire);
uint32_t rc_wire_u32(rc_wire *wire);
bool rc_wire_bool(rc_wire *wire); /* a byte that is neither 0 nor 1 is bad */

/* n bytes, borrowed from the frame; NULL and bad if there are fewer. */
const unsigned char *rc_wire_bytes(rc_wire *wire, size_t n);

/* A length and so many bytes, borrowed, without a NUL behind. More than `most` are bad. */
const char *rc_wire_text(rc_wire *wire, size_t most, size_t *n);

/* A count of things of which each takes at least least_bytes of what is left, so that a lie about
 * it cannot make anybody allocate more than the frame is long; else 0 and bad. */
size_t rc_wire_count(rc_wire *wire, size_t least_bytes);

/* Appends. False: no memory. */
RC_MUST_USE bool rc_wire_put_u64(rc_buf *out, uint64_t value);
RC_MUST_USE bool rc_wire_put_u32(rc_buf *out, uint32_t value);
RC_MUST_USE bool rc_wire_put_bool(rc_buf *out, bool value);
RC_MUST_USE bool rc_wire_put_text(rc_buf *out, const char *text, size_t n);

#endif
