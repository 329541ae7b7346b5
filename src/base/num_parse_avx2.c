/* num_parse_avx2.c - the quick way of the number parsers in 128-bit vectors, and many numbers at
 * once: their digits one after another, without a branch on what they are; the quotients, and what
 * is to be looked at again, four at a time. */
#include <immintrin.h>

#include "base/num.h"
#include "base/pow10.h"

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
    const char *p[RC_NUM_MOST_TEXTS]; /* behind the sign */
    uint64_t n[RC_NUM_MOST_TEXTS];
    double whole[RC_NUM_MOST_TEXTS], ten[RC_NUM_MOST_TEXTS];
    unsigned char negative[RC_NUM_MOST_TEXTS];
    /* of each text of up to 16 bytes, moved to the end of 16: the bytes that are no digits, and
     * those that are points */
    uint16_t others[RC_NUM_MOST_TEXTS], points[RC_NUM_MOST_TEXTS];
    uint64_t left; /* bit i: text i goes the long way */
} quotients;

/* 10^(16 - at), for a point (or the end, 16) at byte `at` of 16; then 10^17 ... 10^32. */
static const double tens[2 * CHUNK_BYTES + 1] = {
    1e16, 1e15, 1e14, 1e13, 1e12, 1e11, 1e10, 1e9,  1e8,  1e7,  1e6,
    1e5,  1e4,  1e3,  1e2,  1e1,  1e0,  1e17, 1e18, 1e19, 1e20, 1e21,
    1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31, 1e32};

static void skip_signs(quotients *q, const char *const *texts, const uint32_t *lengths, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool is_negative = *texts[i] == '-';
        q->p[i] = texts[i] + is_negative;
        q->n[i] = lengths[i] - (uint64_t)is_negative;
        q->negative[i] = is_negative;
    }
    for (size_t i = n; i % 16 != 0; i++) { /* nothing is asked of them */
        q->p[i] = texts[0];
        q->n[i] = 1;
        q->negative[i] = 0;
    }
}

static inline __m256i load_two(const void *a, const void *b)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(load16(a)), load16(b), 1);
}

/* join16 of both halves; a double holds 16 digits exactly, or rounds them once. */
static inline __m128d join_two(__m256i x)
{
    const __m256i pick = _mm256_setr_epi32(0, 4, 1, 5, 0, 4, 1, 5);
    x = _mm256_maddubs_epi16(x, _mm256_set1_epi16(1 << 8 | 10));
    x = _mm256_madd_epi16(x, _mm256_set1_epi32(1 << 16 | 100));
    x = _mm256_madd_epi16(_mm256_packus_epi32(x, x), _mm256_set1_epi32(1 << 16 | 10000));
    x = _mm256_permutevar8x32_epi32(x, pick);
    __m256d halves = _mm256_cvtepi32_pd(_mm256_castsi256_si128(x));
    __m128d first = _mm_mul_pd(_mm256_castpd256_pd128(halves), _mm_set1_pd(1e8));
    return _mm_add_pd(first, _mm256_extractf128_pd(halves, 1));
}

/* read_chunk of texts i and i + 1, of up to 16 bytes each, without a branch on what they are. */
static inline void read_two(quotients *q, size_t i)
{
    __m256i x = _mm256_xor_si256(load_two(q->p[i], q->p[i + 1]), _mm256_set1_epi8('0'));
    x = _mm256_shuffle_epi8(x, load_two(slide + q->n[i], slide + q->n[i + 1]));
    __m256i is_digit = _mm256_cmpeq_epi8(x, _mm256_min_epu8(x, _mm256_set1_epi8(9)));
    __m256i is_point = _mm256_cmpeq_epi8(x, _mm256_set1_epi8('.' ^ '0'));
    uint32_t others = ~(uint32_t)_mm256_movemask_epi8(is_digit);
    uint32_t points = (uint32_t)_mm256_movemask_epi8(is_point);
    memcpy(&q->others[i], &others, sizeof(others));
    memcpy(&q->points[i], &points, sizeof(points));
    uint64_t a = _tzcnt_u64(points | UINT64_C(1) << 16);
    uint64_t b = _tzcnt_u64(points >> 16 | UINT64_C(1) << 16);
    __m256i before = load_two(ones + 16 - a, ones + 16 - b);
    x = _mm256_blendv_epi8(_mm256_srli_si256(x, 1), x, before);
    _mm_storeu_pd(q->whole + i, join_two(x));
    q->ten[i] = tens[a];
    q->ten[i + 1] = tens[b];
}

/* digits * 10^exponent; the digits fit 63 bits. */
typedef struct scaled {
    uint64_t digits;
    int exponent;
    bool ok;
} scaled;

/* n = 17..32 bytes, as 16 of head and the last 16. The bytes before a point move one further, so
 * that zeros stand in front. */
static inline scaled read_long(const char *p, uint64_t n)
{
    __m256i x = _mm256_xor_si256(load_two(p, p + n - CHUNK_BYTES), _mm256_set1_epi8('0'));
    x = _mm256_shuffle_epi8(x, load_two(slide + n - CHUNK_BYTES, slide + CHUNK_BYTES));
    __m256i is_digit = _mm256_cmpeq_epi8(x, _mm256_min_epu8(x, _mm256_set1_epi8(9)));
    __m256i is_point = _mm256_cmpeq_epi8(x, _mm256_set1_epi8('.' ^ '0'));
    uint32_t others = ~(uint32_t)_mm256_movemask_epi8(is_digit);
    uint32_t points = (uint32_t)_mm256_movemask_epi8(is_point);
    uint64_t at = _tzcnt_u64(points | UINT64_C(1) << 32);
    bool in_head = at < CHUNK_BYTES, in_tail = at - CHUNK_BYTES < CHUNK_BYTES;
    __m256i to_move = load_two(ones + (in_head ? 15 - at : 16), ones + (in_tail ? 31 - at : 16));
    x = _mm256_blendv_epi8(x, _mm256_slli_si256(x, 1), to_move);
    uint64_t head = join16(_mm256_castsi256_si128(x)),
             tail = join16(_mm256_extracti128_si256(x, 1));
    scaled s = {.ok = others == points && _blsr_u32(points) == 0 && head < 922};
    s.digits = head * (in_tail ? 1000000000000000 : 10000000000000000) + tail;
    s.exponent = at < 32 ? (int)at - 31 : 0;
    return s;
}

static inline scaled read_digits(const char *p, uint64_t n)
{
    scaled s = {.ok = false};
    unsigned places = 0;
    if (n - CHUNK_BYTES - 1 < CHUNK_BYTES)
        return read_long(p, n);
    if (n - 1 < CHUNK_BYTES)
        s.ok = read_chunk(p, n, &s.digits, &places);
    s.exponent = -(int)places;
    return s;
}

/* Takes an exponent as programs write it, a sign and two digits, from the end of n bytes. */
static inline int take_exponent(const char *p, uint64_t *n)
{
    if (*n - 5 > 2 * CHUNK_BYTES)
        return 0;
    const char *e = p + *n - 4;
    if ((*e | 0x20) != 'e' || (e[1] != '-' && e[1] != '+'))
        return 0;
    unsigned high = (unsigned)e[2] - '0', low = (unsigned)e[3] - '0';
    if (high > 9 || low > 9)
        return 0;
    *n -= 4;
    int exponent = (int)(10 * high + low);
    return e[1] == '-' ? -exponent : exponent;
}

/* The double nearest to it, from the upper half of a product that is less than two units of its
 * last bit too small: false where those decide. Exponents are from -131 to 99: nothing is near the
 * ends of the range. */
static inline bool round_scaled(const scaled *s, double *out)
{
    int zeros = __builtin_clzll(s->digits | 1);
    uint64_t high = rc_pow10_get(s->exponent).high;
    uint64_t top = (uint64_t)((rc_u128)(s->digits << zeros) * high >> 64);
    uint64_t shift = 10 + (top >> 63), half = UINT64_C(1) << (shift - 1);
    uint64_t dropped = top & (2 * half - 1);
    /* what the last of 53 bits is worth, as a power of two */
    int unit = rc_pow10_log2(s->exponent) + 1 - zeros + (int)shift;
    uint64_t bits = (top >> shift) + (dropped > half) + ((uint64_t)(unit + 1074) << 52);
    memcpy(out, &bits, sizeof(bits));
    return dropped - (half - 2) > 2 && s->digits != 0;
}

/* Whether a float of about this size is neither subnormal nor infinite. */
static inline bool is_middling(double x)
{
    return x > 0x1p-100 && x < 0x1p100;
}

/* Puts the number at its place. A float may come of a quotient that is rounded three times, as
 * near_midpoint looks at it. */
static inline bool put_scaled(quotients *q, size_t i, const scaled *s, bool is_quotient)
{
    q->others[i] = q->points[i] = 0;
    q->ten[i] = 1;
    if (!is_quotient)
        return round_scaled(s, &q->whole[i]);
    q->whole[i] = (double)(int64_t)s->digits;
    q->ten[i] = s->exponent >= -CHUNK_BYTES ? tens[CHUNK_BYTES + s->exponent] : tens[-s->exponent];
    return true;
}

/* One text of any kind. */
static __attribute__((noinline)) void read_one(quotients *q, size_t i, bool is_exact)
{
    uint64_t n = q->n[i];
    int exponent = take_exponent(q->p[i], &n);
    scaled s = read_digits(q->p[i], n);
    bool is_quotient = exponent == 0 && (n <= CHUNK_BYTES || !is_exact);
    s.exponent += exponent;
    s.ok &= put_scaled(q, i, &s, is_quotient);
    s.ok &= is_quotient || is_exact || is_middling(q->whole[i]);
    q->left |= (uint64_t)!s.ok << i;
}

/* One text that is not short; most of them are digits alone. */
static inline void read_other(quotients *q, size_t i, bool is_exact)
{
    if (q->n[i] - CHUNK_BYTES - 1 < CHUNK_BYTES) {
        scaled s = read_long(q->p[i], q->n[i]);
        if (s.ok && put_scaled(q, i, &s, !is_exact))
            return;
    }
    read_one(q, i, is_exact);
}

/* Bit i: text i has bytes that are no digits, but for one point; or a point alone. */
static inline uint64_t no_numbers(const quotients *q, size_t i)
{
    const __m256i one = _mm256_set1_epi16(1), zero = _mm256_setzero_si256();
    __m256i points = _mm256_loadu_si256((const void *)(q->points + i));
    __m256i bad = _mm256_xor_si256(points, _mm256_loadu_si256((const void *)(q->others + i)));
    bad = _mm256_or_si256(bad, _mm256_and_si256(points, _mm256_sub_epi16(points, one)));
    uint32_t good = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi16(bad, zero));
    uint64_t marks = ~_pext_u32(good, 0x55555555) & 0xffff;
    __m256i is_last = _mm256_cmpeq_epi16(points, _mm256_set1_epi16(INT16_MIN));
    uint32_t last = (uint32_t)_mm256_movemask_epi8(is_last);
    for (uint64_t some = _pext_u32(last, 0x55555555); some != 0; some &= some - 1) {
        size_t k = _tzcnt_u64(some);
        marks |= (uint64_t)(q->n[i + k] == 1) << k;
    }
    return marks;
}

static inline void read_all(quotients *q, const char *const *texts, const uint32_t *lengths,
                            size_t n, bool is_exact)
{
    uint64_t asked = n < 64 ? (UINT64_C(1) << n) - 1 : ~UINT64_C(0), marks = 0;
    q->left = 0;
    skip_signs(q, texts, lengths, n);
    for (size_t i = 0; i < n; i += 2) {
        if (q->n[i] - 1 < CHUNK_BYTES && q->n[i + 1] - 1 < CHUNK_BYTES) {
            read_two(q, i);
            continue;
        }
        read_other(q, i, is_exact);
        read_other(q, i + 1, is_exact);
    }
    for (size_t i = 0; i < n; i += 16)
        marks |= no_numbers(q, i) << i;
    for (marks &= asked; marks != 0; marks &= marks - 1)
        read_one(q, _tzcnt_u64(marks), is_exact);
    q->left &= asked;
}

/* Four of them, divided. */
static inline __m256d divide(const quotients *q, size_t i)
{
    uint32_t negative;
    memcpy(&negative, q->negative + i, sizeof(negative));
    __m256i sign = _mm256_cvtepu8_epi64(_mm_cvtsi32_si128((int)negative));
    sign = _mm256_slli_epi64(sign, 63);
    __m256d x = _mm256_div_pd(_mm256_loadu_pd(q->whole + i), _mm256_loadu_pd(q->ten + i));
    return _mm256_or_pd(x, _mm256_castsi256_pd(sign));
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
    uint64_t others = 0, near = 0;
    read_all(&q, texts, lengths, n, false);
    for (size_t i = 0; i < n; i += 4) {
        __m256d x = divide(&q, i);
        near |= near_midpoint(x) << i;
        _mm_storeu_ps(all + i, _mm256_cvtpd_ps(x));
    }
    memcpy(out, all, n * sizeof(*out));
    near &= n < 64 ? (UINT64_C(1) << n) - 1 : ~UINT64_C(0);
    for (uint64_t left = q.left | near; left != 0; left &= left - 1) {
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
    read_all(&q, texts, lengths, n, true);
    for (size_t i = 0; i < n; i += 4)
        _mm256_storeu_pd(all + i, divide(&q, i));
    memcpy(out, all, n * sizeof(*out));
    for (uint64_t left = q.left; left != 0; left &= left - 1) {
        size_t i = _tzcnt_u64(left);
        others |= (uint64_t)!rc_num_long_f64(texts[i], texts[i] + lengths[i], out + i) << i;
    }
    return others;
}
