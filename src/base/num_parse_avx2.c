/* num_parse_avx2.c - the quick way of the number parsers in 128-bit vectors. */
#include <immintrin.h>

#include "base/num.h"

enum { CHUNK_BYTES = 16 };

/* 16 bytes from byte 16 - k on: a vector whose first k bytes select nothing / whose first k bytes
 * are all ones, the others zero. */
static const unsigned char slide[32] = {
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0,    1,    2,    3,    4,    5,    6,    7,    8,    9,    10,   11,   12,   13,   14,   15};
static const unsigned char ones[32] = {255, 255, 255, 255, 255, 255, 255, 255,
                                       255, 255, 255, 255, 255, 255, 255, 255};

static inline __m128i load16(const void *p)
{
    return _mm_loadu_si128(p);
}

/* 16 digit values, the first in the lowest byte, as two numbers of eight digits. */
static inline uint64_t join16(__m128i x)
{
    const __m128i tens = _mm_set1_epi16(1 << 8 | 10);
    const __m128i hundreds = _mm_set1_epi32(1 << 16 | 100);
    const __m128i myriads = _mm_set1_epi32(1 << 16 | 10000);
    x = _mm_maddubs_epi16(x, tens);
    x = _mm_madd_epi16(x, hundreds);
    x = _mm_madd_epi16(_mm_packus_epi32(x, x), myriads);
    uint64_t halves = (uint64_t)_mm_cvtsi128_si64(x);
    return (uint64_t)(uint32_t)halves * 100000000 + (halves >> 32);
}

/* See num_short.h. The bytes are moved to the end of the vector, zeros before them; those before
 * a point move one further. */
static inline bool read_chunk(const char *p, size_t n, uint64_t *digits, unsigned *places)
{
    __m128i x = _mm_xor_si128(load16(p), _mm_set1_epi8('0'));
    x = _mm_shuffle_epi8(x, load16(slide + n));
    __m128i above_nine = _mm_cmpgt_epi8(_mm_xor_si128(x, _mm_set1_epi8(-128)),
                                        _mm_set1_epi8(9 - 128)); /* unsigned x > 9 */
    unsigned marks = (unsigned)_mm_movemask_epi8(above_nine);
    unsigned at = _tzcnt_u32(marks | 1u << 16);
    if ((marks & (marks - 1)) != 0 || (marks != 0 && (n == 1 || p[at + n - 16] != '.')))
        return false;
    __m128i before = load16(ones + 16 - at); /* the bytes before the point, or all */
    __m128i moved = _mm_andnot_si128(before, _mm_srli_si128(x, 1));
    *digits = join16(_mm_or_si128(_mm_and_si128(x, before), moved));
    *places = 16 - at;
    return true;
}

#define SHORT_NAME(type) rc_num_parse_avx2_##type
#include "base/num_short.h"
