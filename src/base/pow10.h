/* pow10.h - powers of ten as 128-bit significands, for bytes to numbers and back. */
#ifndef RC_BASE_POW10_H
#define RC_BASE_POW10_H

#include <stdint.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && sizeof(void *) == 8,
               "numbers are read eight bytes at a time, first digit lowest");

__extension__ typedef unsigned __int128 rc_u128;

enum { RC_POW10_FIRST = -342, RC_POW10_LAST = 324, RC_POW10_EXACT = 55 };

/* 10^q is at least (high * 2^64 + low) * 2^(rc_pow10_log2(q) - 127) and less than one unit of low
 * more; it is exactly this for q from 0 to RC_POW10_EXACT, never for others. high has bit 63. */
typedef struct rc_pow10 {
    uint64_t high;
    uint64_t low;
} rc_pow10;

extern const rc_pow10 rc_pow10_table[RC_POW10_LAST - RC_POW10_FIRST + 1];

static inline rc_pow10 rc_pow10_get(int q)
{
    return rc_pow10_table[q - RC_POW10_FIRST];
}

/* floor(log2(10^q)) for every q of the table. */
static inline int rc_pow10_log2(int q)
{
    return (q * 217706) >> 16;
}

#endif
