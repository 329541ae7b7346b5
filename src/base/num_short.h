/* num_short.h - the quick way of the number parsers, once for each way of reading 16 bytes.
 *
 * The includer defines SHORT_NAME(name), which names the parsers, CHUNK_BYTES (16), and before it
 *     static inline bool read_chunk(const char *p, size_t n, uint64_t *digits, unsigned *places)
 * which reads n = 1..16 bytes of digits with at most one point; 16 bytes from p on are readable.
 * With a point *digits is ten times the digits, and *places one more than those behind the point;
 * without one *places is 0. What the quick way leaves goes to rc_num_long_f64 and _f32.
 * No guard: it is a part of the file that includes it. */

#include <string.h>

#include "base/num.h"

#define LIKELY(x) __builtin_expect(!!(x), 1)

/* The same for n = 17..32 bytes; false also if the digits do not fit. *digits is never scaled. */
static inline bool read_chunks(const char *p, size_t n, uint64_t *digits, unsigned *places)
{
    const uint64_t ten_15 = 1000000000000000;
    uint64_t head, tail;
    unsigned head_places, tail_places;
    if (!read_chunk(p, n - CHUNK_BYTES, &head, &head_places) ||
        !read_chunk(p + n - CHUNK_BYTES, CHUNK_BYTES, &tail, &tail_places) ||
        (head_places > 0 && tail_places > 0))
        return false;
    bool point = head_places + tail_places > 0;
    if (head >= (point ? 18440 : 1844)) /* 1844 * 10^16 < 2^64 */
        return false;
    if (tail_places > 0)
        tail /= 10;
    *digits = head * (point ? ten_15 : 10 * ten_15) + tail;
    *places = head_places > 0 ? head_places + CHUNK_BYTES - 1 : point ? tail_places - 1 : 0;
    return true;
}

/* A sign and up to 16 bytes of digits and point whose quotient by a power of ten is rounded once:
 * a double holds both exactly. */
static inline bool read_short(const char *text, const char *end, double *out)
{
    static const double exact_tens[CHUNK_BYTES + 1] = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16};
    uint64_t digits, bits;
    unsigned places;
    if (text >= end)
        return false;
    const char *p = text + ((*text == '-') | (*text == '+'));
    size_t n = (size_t)(end - p);
    if (n - 1 >= CHUNK_BYTES || !read_chunk(p, n, &digits, &places))
        return false;
    double x = (double)(int64_t)digits / exact_tens[places];
    memcpy(&bits, &x, sizeof(bits));
    bits |= (uint64_t)(*text == '-') << 63;
    memcpy(out, &bits, sizeof(*out));
    return true;
}

bool SHORT_NAME(f64)(const char *text, const char *end, double *out)
{
    double x;
    if (!LIKELY(read_short(text, end, &x)))
        return rc_num_long_f64(text, end, out);
    *out = x;
    return true;
}

/* A double between 1e-15 and 1e16 rounds to the right float, unless it is a midpoint of floats
 * that the decimal only came near to. */
bool SHORT_NAME(f32)(const char *text, const char *end, float *out)
{
    double x;
    uint64_t bits = 0;
    const uint64_t dropped = (UINT64_C(1) << 29) - 1, half = UINT64_C(1) << 28;
    bool quick = read_short(text, end, &x);
    if (quick)
        memcpy(&bits, &x, sizeof(bits));
    if (!LIKELY(quick && (bits & dropped) != half))
        return rc_num_long_f32(text, end, out);
    *out = (float)x;
    return true;
}
