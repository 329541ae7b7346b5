/* num_parse_avx2.c - the quick way of the number parsers in 128-bit vectors, and many numbers at
 * once: their digits one after another, without a branch on what they are; the quotients, and what
 * is to be looked at again, four at a time. */
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

/* Numbers on their way: whole / ten with the sign. */
typedef struct quotients {
    double whole[RC_NUM_MOST_TEXTS];
    double ten[RC_NUM_MOST_TEXTS];
    uint64_t sign[RC_NUM_MOST_TEXTS];
    uint64_t left; /* bit i: text i goes the long way */
} quotients;

static const double tens[2 * CHUNK_BYTES + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10,
    1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21,
    1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31, 1e32};

/* Up to 16 bytes of digits; with is_long up to 32, whose quotient is rounded three times. */
static inline void read_all(quotients *q, const char *const *texts, const uint32_t *lengths,
                            size_t n, bool is_long)
{
    q->left = 0;
    for (size_t i = 0; i < n; i++) {
        const char *text = texts[i];
        bool is_signed = (*text == '-') | (*text == '+');
        size_t m = lengths[i] - (size_t)is_signed;
        uint64_t digits = 0;
        unsigned places = 0;
        bool ok = m - 1 < CHUNK_BYTES ? read_chunk(text + is_signed, m, &digits, &places)
                                      : is_long && m - CHUNK_BYTES - 1 < CHUNK_BYTES &&
                                            read_chunks(text + is_signed, m, &digits, &places) &&
                                            digits <= INT64_MAX;
        q->whole[i] = (double)(int64_t)digits;
        q->ten[i] = tens[places];
        q->sign[i] = (uint64_t)(*text == '-') << 63;
        q->left |= (uint64_t)!ok << i;
    }
    for (size_t i = n; i % 4 != 0; i++) {
        q->whole[i] = q->ten[i] = 1;
        q->sign[i] = 0;
    }
}

/* Four of them, divided. */
static inline __m256d divide(const quotients *q, size_t i)
{
    __m256d x = _mm256_div_pd(_mm256_loadu_pd(q->whole + i), _mm256_loadu_pd(q->ten + i));
    return _mm256_or_pd(x, _mm256_loadu_pd((const double *)(const void *)(q->sign + i)));
}

/* Bit k: x[k] is within a few units of the midpoint of two floats. Doubles between 1e-31 and 1e19
 * are nowhere near the ends of the range of a float. */
static inline uint64_t near_midpoint(__m256d x)
{
    const __m256i dropped = _mm256_set1_epi64x((1 << 29) - 1);
    const __m256i below = _mm256_set1_epi64x((1 << 28) - 4);
    __m256i distance = _mm256_sub_epi64(_mm256_castpd_si256(x), below);
    distance = _mm256_and_si256(distance, dropped);
    __m256i is_near = _mm256_cmpgt_epi64(_mm256_set1_epi64x(9), distance);
    return (uint64_t)(unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(is_near));
}

uint64_t rc_num_parse_avx2_f32s(const char *const *texts, const uint32_t *lengths, size_t n,
                                float *out)
{
    quotients q;
    float all[RC_NUM_MOST_TEXTS];
    uint64_t others = 0, asked = n < 64 ? (UINT64_C(1) << n) - 1 : ~UINT64_C(0);
    read_all(&q, texts, lengths, n, true);
    for (size_t i = 0; i < n; i += 4) {
        __m256d x = divide(&q, i);
        q.left |= near_midpoint(x) << i;
        _mm_storeu_ps(all + i, _mm256_cvtpd_ps(x));
    }
    memcpy(out, all, n * sizeof(*out));
    for (uint64_t left = q.left & asked; left != 0; left &= left - 1) {
        size_t i = _tzcnt_u64(left);
        others |= (uint64_t)!rc_num_long_f32(texts[i], texts[i] + lengths[i], out + i) << i;
    }
    return others;
}

uint64_t rc_num_parse_avx2_f64s(const char *const *texts, const uint32_t *lengths, size_t n,
                                double *out)
{
    quotients q;
    double all[RC_NUM_MOST_TEXTS];
    uint64_t others = 0;
    read_all(&q, texts, lengths, n, false);
    for (size_t i = 0; i < n; i += 4)
        _mm256_storeu_pd(all + i, divide(&q, i));
    memcpy(out, all, n * sizeof(*out));
    for (uint64_t left = q.left; left != 0; left &= left - 1) {
        size_t i = _tzcnt_u64(left);
        others |= (uint64_t)!rc_num_long_f64(texts[i], texts[i] + lengths[i], out + i) << i;
    }
    return others;
}
