/* num_parse.c - decimal text to the nearest double or float.
 *
 * Three ways, each for what the one before cannot decide: a quotient of two numbers that a double
 * holds exactly (Clinger, How to read floating point numbers accurately, PLDI 1990); the digits
 * times a 128-bit power of ten, as bounds that are rounded both (after Lemire, Number parsing at
 * a gigabyte per second, Software: Practice and Experience 51, 2021); whole numbers of any size
 * against the midpoint between two neighbours. */
#include "base/num.h"

#include <string.h>

#include "base/num_exact.h"
#include "base/pow10.h"
#include "config.h"

#define COLD __attribute__((noinline, cold))
#define APART __attribute__((noinline))

enum { CHUNK_BYTES = 16 };

static const uint64_t zeros8 = 0x3030303030303030; /* "00000000" */

/* At this the exponent stops to grow: far more than the digits of any text can make up for. */
static const int64_t huge_exponent = 1000000000000000;

static const rc_num_format binary64 = {52, 1023, UINT64_C(0x7ff) << 52};
static const rc_num_format binary32 = {23, 127, UINT64_C(0xff) << 23};

typedef struct range {
    uint64_t low;
    uint64_t high;
} range;

static inline uint64_t load8(const char *p)
{
    uint64_t x;
    memcpy(&x, p, sizeof(x));
    return x;
}

/* Eight digit values, the first in the lowest byte, as a number: pairs, fours, all. */
static inline uint64_t join8(uint64_t x)
{
    x = x * 10 + (x >> 8);
    uint64_t even = (x & 0x000000ff000000ff) * (100 + (UINT64_C(1000000) << 32));
    uint64_t odd = (x >> 16 & 0x000000ff000000ff) * (1 + (UINT64_C(10000) << 32));
    return (even + odd) >> 32;
}

/* The top bit of each byte above 9. What a carry from one byte into the next marks is behind a
 * byte that is marked rightly. */
static inline uint64_t above_nine(uint64_t x)
{
    return ((x + 0x7676767676767676) | x) & 0x8080808080808080;
}

static inline bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* See num_short.h. */
static inline bool read_chunk(const char *p, size_t n, uint64_t *digits, unsigned *places)
{
    rc_u128 x = (rc_u128)(load8(p + 8) ^ zeros8) << 64 | (load8(p) ^ zeros8);
    x <<= 8 * (CHUNK_BYTES - n); /* the last byte on top, zeros before the first */
    uint64_t low = above_nine((uint64_t)x), high = above_nine((uint64_t)(x >> 64));
    rc_u128 marks = (rc_u128)high << 64 | low;
    unsigned behind_high = high != 0 ? 8 + ((unsigned)__builtin_ctzll(high) >> 3) : CHUNK_BYTES;
    unsigned at = low != 0 ? (unsigned)__builtin_ctzll(low) >> 3 : behind_high;
    if ((marks & (marks - 1)) != 0 || (at < CHUNK_BYTES && (n == 1 || p[at + n - 16] != '.')))
        return false;
    rc_u128 before = ((marks & -marks) >> 7) - 1; /* the bytes before the point, or all */
    x = (x & before) | (x >> 8 & ~before);
    *digits = join8((uint64_t)x) * 100000000 + join8((uint64_t)(x >> 64));
    *places = CHUNK_BYTES - at;
    return true;
}

#define SHORT_NAME(type) rc_num_parse_##type
#include "base/num_short.h"

static const char *read_digits(const char *p, const char *end, uint64_t *digits)
{
    while (end - p >= 8 && above_nine(load8(p) ^ zeros8) == 0) {
        *digits = *digits * 100000000 + join8(load8(p) ^ zeros8);
        p += 8;
    }
    for (; p < end && is_digit(*p); p++)
        *digits = *digits * 10 + (uint64_t)(*p - '0');
    return p;
}

/* Reads an exponent without its letter. False if it has no digit. */
static bool read_exponent(const char **at, const char *end, int64_t *exponent)
{
    const char *p = *at;
    bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    const char *first = p;
    int64_t x = 0;
    for (; p < end && is_digit(*p); p++)
        if (x < huge_exponent)
            x = x * 10 + (*p - '0');
    *exponent += negative ? -x : x;
    *at = p;
    return p > first;
}

/* Keeps the first digits of more than fit 64 bits; those from `first` on begin with zeros, maybe,
 * which do not count. point is NULL if there is none. */
static void cut_digits(rc_num_decimal *d, const char *first, const char *point)
{
    const char *p = first;
    while (p < d->end && (*p == '0' || *p == '.'))
        p++;
    d->first = p;
    d->digits = 0;
    for (int n_kept = 0; p < d->end && n_kept < RC_NUM_SAFE_DIGITS; p++)
        if (*p != '.') {
            d->digits = d->digits * 10 + (uint64_t)(*p - '0');
            n_kept++;
        }
    ptrdiff_t n_behind = d->end - p - (point != NULL && point >= p);
    d->cut = n_behind > 0;
    d->exponent += n_behind;
}

/* Reads any number without blanks around; touches nothing from end on. */
static bool read_number(const char *p, const char *end, rc_num_decimal *d)
{
    *d = (rc_num_decimal){0};
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    const char *first = p, *point = NULL;
    p = read_digits(p, end, &d->digits);
    ptrdiff_t n_digits = p - first;
    if (p < end && *p == '.') {
        point = p;
        p = read_digits(point + 1, end, &d->digits);
        d->exponent = -(p - point - 1);
        n_digits -= d->exponent;
    }
    d->end = p;
    if (n_digits == 0)
        return false;
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (!read_exponent(&p, end, &d->exponent))
            return false;
    }
    if (n_digits > RC_NUM_SAFE_DIGITS)
        cut_digits(d, first, point);
    return p == end;
}

/* The bits of the number nearest to (top + more) * 2^exponent, ties to even: top is at least 2^62,
 * and `more` says that something above 0 and below 1 is to be added. */
static inline uint64_t round_bits(const rc_num_format *f, uint64_t top, bool more, int exponent)
{
    int last = 62 + (int)(top >> 63);
    int shift = last - f->fraction_bits, biased = last + exponent + f->bias;
    if (biased < 1) { /* subnormal */
        shift += 1 - biased;
        biased = 1;
    }
    if (shift > 64)
        return 0;
    uint64_t half = UINT64_C(1) << (shift - 1);
    uint64_t whole = top >> (shift - 1) >> 1, rest = top & (half * 2 - 1);
    bool up = rest > half - (more | (whole & 1)); /* ties to even */
    /* the leading 1 of `whole`, and a carry, count the exponent up */
    uint64_t bits = whole + up + ((uint64_t)(biased - 1) << f->fraction_bits);
    return bits < f->infinity ? bits : f->infinity;
}

/* The same as bounds(), with all 128 bits of the power. */
APART static range narrow_bounds(const rc_num_format *f, uint64_t digits, int q, int exponent)
{
    rc_pow10 ten = rc_pow10_get(q);
    rc_u128 low = (rc_u128)digits * ten.low;
    rc_u128 high = (rc_u128)digits * ten.high + (uint64_t)(low >> 64);
    uint64_t rest = (uint64_t)low;
    range r;
    r.low = round_bits(f, (uint64_t)(high >> 64), ((uint64_t)high | rest) != 0, exponent);
    r.high = r.low;
    if (q >= 0 && q <= RC_POW10_EXACT)
        return r;
    rest += digits; /* the power is less than one unit larger than the table says */
    high += rest < digits;
    r.high = round_bits(f, (uint64_t)(high >> 64), ((uint64_t)high | rest) != 0, exponent);
    return r;
}

/* digits * 10^q lies between two numbers close together: both rounded. Mostly they are the same,
 * and then it is the answer; else they are neighbours. digits is not 0, q is in the table. */
static inline range bounds(const rc_num_format *f, uint64_t digits, int q)
{
    int zeros = __builtin_clzll(digits);
    int exponent = rc_pow10_log2(q) + 1 - zeros;
    digits <<= zeros;
    uint64_t top = (uint64_t)((rc_u128)digits * rc_pow10_get(q).high >> 64);
    range r = {round_bits(f, top, false, exponent), round_bits(f, top + 1, true, exponent)};
    return LIKELY(r.low == r.high) ? r : narrow_bounds(f, digits, q, exponent);
}

static uint64_t nearest_bits(const rc_num_format *f, const rc_num_decimal *d)
{
    /* 64 bits of digits times 10^-343 are less than half the least double */
    if (d->digits == 0 || d->exponent < RC_POW10_FIRST)
        return 0;
    if (d->exponent > 308)
        return f->infinity;
    range r = bounds(f, d->digits, (int)d->exponent);
    if (d->cut)
        r.high = bounds(f, d->digits + 1, (int)d->exponent).high;
    if (LIKELY(r.low == r.high))
        return r.low;
    return rc_num_rounds_up(f, d, r.low) ? r.high : r.low;
}

static bool is_word(const char *p, const char *end, const char *word)
{
    for (; p < end && *word != '\0'; p++, word++)
        if ((*p | 0x20) != *word)
            return false;
    return p == end && *word == '\0';
}

COLD static bool read_word(const rc_num_format *f, const char *p, const char *end, uint64_t *bits)
{
    bool sign = p < end && (*p == '-' || *p == '+');
    if (is_word(p + sign, end, "inf") || is_word(p + sign, end, "infinity"))
        *bits = f->infinity;
    else if (is_word(p, end, "true"))
        *bits = (uint64_t)f->bias << f->fraction_bits;
    else if (is_word(p, end, "false"))
        *bits = 0;
    else
        return false;
    return true;
}

/* Any text without blanks around; touches nothing from end on. */
static inline bool read_bits(const rc_num_format *f, const char *p, const char *end, uint64_t *bits)
{
    rc_num_decimal d;
    if (!read_number(p, end, &d))
        return read_word(f, p, end, bits);
    *bits = nearest_bits(f, &d);
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool trim(const char **text, const char **end)
{
    const char *a = *text, *b = *end;
    while (a < b && is_blank(*a))
        a++;
    while (a < b && is_blank(b[-1]))
        b--;
    bool trimmed = a != *text || b != *end;
    *text = a;
    *end = b;
    return trimmed;
}

/* What the quick way leaves: more digits, exponents, words. The slack is there. */
static inline bool read_long(const rc_num_format *f, const char *text, const char *end,
                             uint64_t *bits)
{
    const char *p = text + (*text == '-' || *text == '+');
    size_t n = (size_t)(end - p);
    uint64_t digits;
    unsigned places;
    if (n - CHUNK_BYTES - 1 >= CHUNK_BYTES || !read_chunks(p, n, &digits, &places))
        return read_bits(f, text, end, bits);
    rc_num_decimal d = {.digits = digits, .exponent = -(int64_t)places};
    *bits = nearest_bits(f, &d);
    return true;
}

APART bool rc_num_long_f64(const char *text, const char *end, double *out)
{
    uint64_t bits;
    if (trim(&text, &end))
        return rc_num_parse_f64(text, end, out);
    if (!read_long(&binary64, text, end, &bits))
        return false;
    bits |= (uint64_t)(*text == '-') << 63;
    memcpy(out, &bits, sizeof(*out));
    return true;
}

APART bool rc_num_long_f32(const char *text, const char *end, float *out)
{
    uint64_t bits;
    if (trim(&text, &end))
        return rc_num_parse_f32(text, end, out);
    if (!read_long(&binary32, text, end, &bits))
        return false;
    uint32_t narrow = (uint32_t)bits | (uint32_t)(*text == '-') << 31;
    memcpy(out, &narrow, sizeof(*out));
    return true;
}

bool rc_num_parse_text(const char *text, size_t n, double *out)
{
    const char *end = text + n;
    uint64_t bits;
    trim(&text, &end);
    if (!read_bits(&binary64, text, end, &bits))
        return false;
    bits |= (uint64_t)(*text == '-') << 63;
    memcpy(out, &bits, sizeof(*out));
    return true;
}

bool rc_num_parse_u64(const char *text, size_t n, uint64_t *out)
{
    uint64_t x = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t digit = (uint64_t)text[i] - '0';
        if (!is_digit(text[i]) || x > (UINT64_MAX - digit) / 10)
            return false;
        x = x * 10 + digit;
    }
    if (n > 0)
        *out = x;
    return n > 0;
}

static uint64_t parse_f64s(const char *const *texts, const uint32_t *lengths, size_t n, double *out)
{
    uint64_t others = 0;
    for (size_t i = 0; i < n; i++)
        others |= (uint64_t)!rc_num_parse_f64(texts[i], texts[i] + lengths[i], &out[i]) << i;
    return others;
}

static uint64_t parse_f32s(const char *const *texts, const uint32_t *lengths, size_t n, float *out)
{
    uint64_t others = 0;
    for (size_t i = 0; i < n; i++)
        others |= (uint64_t)!rc_num_parse_f32(texts[i], texts[i] + lengths[i], &out[i]) << i;
    return others;
}

rc_num_parsers rc_num_parsers_of(rc_cpu_level level)
{
#if RC_HAVE_AVX2
    if (level == RC_CPU_AVX2 || level == RC_CPU_AVX512)
        return (rc_num_parsers){rc_num_parse_avx2_f64, rc_num_parse_avx2_f32,
                                rc_num_parse_avx2_f64s, rc_num_parse_avx2_f32s};
#else
    (void)level;
#endif
    return (rc_num_parsers){rc_num_parse_f64, rc_num_parse_f32, parse_f64s, parse_f32s};
}
