/* spread.c - rows of four values to four columns, in vectors of 16 bytes, which all machines have.
 */
#include "base/spread.h"

#include <stdint.h>
#include <string.h>

typedef uint32_t four_u32 __attribute__((vector_size(16)));
typedef uint64_t two_u64 __attribute__((vector_size(16)));

static inline four_u32 load_u32(const unsigned char *at)
{
    four_u32 x;
    memcpy(&x, at, sizeof(x));
    return x;
}

static inline two_u64 load_u64(const unsigned char *at)
{
    two_u64 x;
    memcpy(&x, at, sizeof(x));
    return x;
}

void rc_spread_u32(const void *from, size_t stride, size_t n, void *const out[RC_SPREAD_COLUMNS])
{
    const unsigned char *at = from;
    size_t r = 0;
    for (; r + 4 <= n; r += 4) {
        const unsigned char *row = at + r * stride;
        four_u32 a = load_u32(row), b = load_u32(row + stride);
        four_u32 c = load_u32(row + 2 * stride), d = load_u32(row + 3 * stride);
        four_u32 left[4] = {
            __builtin_shufflevector(a, b, 0, 4, 1, 5), __builtin_shufflevector(c, d, 0, 4, 1, 5),
            __builtin_shufflevector(a, b, 2, 6, 3, 7), __builtin_shufflevector(c, d, 2, 6, 3, 7)};
        for (size_t k = 0; k < 4; k += 2) {
            four_u32 even = __builtin_shufflevector(left[k], left[k + 1], 0, 1, 4, 5);
            four_u32 odd = __builtin_shufflevector(left[k], left[k + 1], 2, 3, 6, 7);
            memcpy((char *)out[k] + 4 * r, &even, sizeof(even));
            memcpy((char *)out[k + 1] + 4 * r, &odd, sizeof(odd));
        }
    }
    for (; r < n; r++)
        for (size_t k = 0; k < RC_SPREAD_COLUMNS; k++)
            memcpy((char *)out[k] + 4 * r, at + r * stride + 4 * k, 4);
}

void rc_spread_u64(const void *from, size_t stride, size_t n, void *const out[RC_SPREAD_COLUMNS])
{
    const unsigned char *at = from;
    size_t r = 0;
    for (; r + 2 <= n; r += 2)
        for (size_t k = 0; k < RC_SPREAD_COLUMNS; k += 2) {
            const unsigned char *row = at + r * stride + 8 * k;
            two_u64 a = load_u64(row), b = load_u64(row + stride);
            two_u64 even = __builtin_shufflevector(a, b, 0, 2);
            two_u64 odd = __builtin_shufflevector(a, b, 1, 3);
            memcpy((char *)out[k] + 8 * r, &even, sizeof(even));
            memcpy((char *)out[k + 1] + 8 * r, &odd, sizeof(odd));
        }
    for (; r < n; r++)
        for (size_t k = 0; k < RC_SPREAD_COLUMNS; k++)
            memcpy((char *)out[k] + 8 * r, at + r * stride + 8 * k, 8);
}
