/* num_print.c - doubles and floats as the shortest decimal that reads back.
 *
 * After Giulietti, The Schubfach way to render doubles, 2020. k is chosen such that the interval
 * of numbers that read back to x holds at least one multiple of 10^k and at most one of 10^(k+1);
 * that one is the answer if it exists, else the multiple of 10^k nearest to x. For any number both
 * are found from x and the ends of its interval in units of 10^k / 4, rounded to odd: whole
 * numbers, with 1 for the last bit if anything was cut off, which no comparison with a multiple of
 * 2 can notice. Almost every number needs less: see quick. */
#include "base/num.h"

#include <string.h>

#include "base/pow10.h"

/* Of the first digit, in texts without exponent. */
enum { FIRST_PLAIN = -5, LAST_PLAIN = 16 };

/* digits * 10^exponent; digits is below 10^17. */
typedef struct decimal {
    uint64_t digits;
    int exponent;
} decimal;

/* x and the ends of the interval of what reads back to it, in units of 10^exponent / 4. */
typedef struct interval {
    uint64_t low;
    uint64_t x;
    uint64_t high;
    bool open; /* the ends do not belong to it */
    int exponent;
} interval;

/* floor(log10(2^q)), or of 3/4 of it; pow10.py proves it for every exponent of a double. */
static inline int floor_log10(int q, bool three_quarters)
{
    return (q * 1262611 - (three_quarters ? 524031 : 0)) >> 22;
}

/* n * 10^q / 2^(rc_pow10_log2(q) + 1), rounded to odd; n is below 2^59. The power is less than a
 * unit too large: this adds less than 2^-69 to the result, and it is whole or at least 2^-69 from
 * a whole number (pow10.py proves it), so nothing but a whole number has 69 zeros behind it. */
static inline uint64_t scale_f64(uint64_t n, rc_pow10 ten)
{
    rc_u128 low = (rc_u128)n * (ten.low + 1);
    rc_u128 high = (rc_u128)n * ten.high + (uint64_t)(low >> 64);
    bool cut = ((uint64_t)high | (uint64_t)low >> 59) != 0;
    return (uint64_t)(high >> 64) | cut;
}

/* The same with 64 bits of the power; n is below 2^30, the two bounds are 2^-34. */
static inline uint64_t scale_f32(uint64_t n, rc_pow10 ten)
{
    rc_u128 x = (rc_u128)n * (ten.high + 1);
    return (uint64_t)(x >> 64) | ((uint64_t)x >> 30 != 0);
}

/* significand * 2^q; irregular: the neighbour below is only half as far as the one above. */
static interval interval_f64(uint64_t significand, int q, bool irregular)
{
    int k = floor_log10(q, irregular);
    int shift = q + rc_pow10_log2(-k) + 1;
    rc_pow10 ten = rc_pow10_get(-k);
    uint64_t n = significand * 4;
    return (interval){.low = scale_f64((n - (irregular ? 1 : 2)) << shift, ten),
                      .x = scale_f64(n << shift, ten),
                      .high = scale_f64((n + 2) << shift, ten),
                      .open = significand & 1,
                      .exponent = k};
}

static interval interval_f32(uint64_t significand, int q, bool irregular)
{
    int k = floor_log10(q, irregular);
    int shift = q + rc_pow10_log2(-k) + 1;
    rc_pow10 ten = rc_pow10_get(-k);
    uint64_t n = significand * 4;
    return (interval){.low = scale_f32((n - (irregular ? 1 : 2)) << shift, ten),
                      .x = scale_f32(n << shift, ten),
                      .high = scale_f32((n + 2) << shift, ten),
                      .open = significand & 1,
                      .exponent = k};
}

static decimal shortest(const interval *v)
{
    uint64_t ones = v->x / 4, tens = ones / 10;
    uint64_t low = v->low + v->open, high = v->high - v->open;
    bool tens_below = low <= tens * 40, tens_above = tens * 40 + 40 <= high;
    if (tens_below != tens_above)
        return (decimal){(tens + tens_above) * 10, v->exponent};
    bool below = low <= ones * 4, above = ones * 4 + 4 <= high;
    bool nearer_above = (v->x & 3) + (ones & 1) > 2; /* quarters; a tie goes to even */
    return (decimal){ones + (above & (!below | nearer_above)), v->exponent};
}

/* What almost every number comes to, with one multiplication by a power of ten and no branch, for
 * nobody can predict what is next: x is whole + fraction / 2^64 in units of 10^(k + 1), and the
 * ends of its interval are half / 2^64 off. fraction and half are up to `error` too small; false if
 * this is too much to tell on which side of what they are. *whole becomes the digits but *last. */
static inline bool quick(uint64_t *whole, uint64_t fraction, uint64_t half, uint64_t error,
                         uint64_t *last)
{
    rc_u128 ones = (rc_u128)fraction * 10;
    uint64_t below = fraction - half, above = fraction + half;
    uint64_t tie = (uint64_t)ones + (UINT64_C(1) << 63);
    bool is_above = above < half, is_short = is_above | (fraction < half);
    *whole += is_above;
    *last = ((uint64_t)(ones >> 64) + ((uint64_t)ones >> 63)) & ((uint64_t)is_short - 1);
    return (below + 2 * error > 4 * error) & (above + 2 * error > 4 * error) &
           (tie + 16 * error > 32 * error);
}

/* n below 10^8 as eight digit values, the first in the lowest byte: fours, pairs, ones. Each step
 * turns x into q = x / m in the low half of its space and x - q m in the high one. */
static inline uint64_t split8(uint64_t n)
{
    uint64_t fours = n * 109951163 >> 40;
    uint64_t x = (n << 32) - fours * ((UINT64_C(10000) << 32) - 1);
    uint64_t pairs = (x * 10486 >> 20) & 0x0000007f0000007f;
    x = (x << 16) - pairs * ((100 << 16) - 1);
    uint64_t tens = (x * 103 >> 10) & 0x000f000f000f000f;
    return (x << 8) - tens * ((10 << 8) - 1);
}

/* Bytes up to the last digit of eight that is not 0. */
static inline unsigned n_used(uint64_t x)
{
    uint64_t last_first = __builtin_bswap64(x) | UINT64_C(1) << 63;
    return 8 - (unsigned)__builtin_ctzll(last_first) / 8 - (x == 0);
}

static size_t write_exponent(int exponent, char *out)
{
    size_t n = 0;
    unsigned x = (unsigned)(exponent < 0 ? -exponent : exponent);
    out[n++] = 'e';
    if (exponent < 0)
        out[n++] = '-';
    if (x >= 100)
        out[n++] = (char)('0' + x / 100);
    if (x >= 10)
        out[n++] = (char)('0' + x / 10 % 10);
    out[n++] = (char)('0' + x % 10);
    return n;
}

/* Where the parts of a plain text stand: its first digit is worth 10^e. A table, for what comes
 * next nobody can predict. The digits are written twice: as they are, and once more behind the
 * point without those before it; the zeros of a number below 1 are there before. */
typedef struct layout {
    uint8_t first;        /* where the digits begin */
    uint8_t point;        /* where it stands */
    uint8_t behind;       /* where the first eight of the digits behind the point stand, */
    uint8_t behind_eight; /* and the others */
    uint8_t shift;        /* bits of the digits before the point, less the first digit */
    uint8_t fewest;       /* bytes of the text if no digit is behind the point */
    uint8_t more, unused; /* bytes besides digits if one is */
} layout;

/* What is written last ends where RC_NUM_BYTES end, less a sign. Where it is moved to the left for
 * this it is written over: eight digits at most are behind the point. */
#define BEHIND_EIGHT(e) ((e) + 10 < 23 ? (e) + 10 : 23)
#define BELOW_ONE(e)                                    \
    {                                                   \
        1 - (e), 1, 2 - (e), 10 - (e), 0, 0, 1 - (e), 0 \
    }
#define FROM_ONE(e)                                                  \
    {                                                                \
        0, (e) + 1, (e) + 2, BEHIND_EIGHT(e), 8 * (e), (e) + 1, 1, 0 \
    }
static const layout layouts[LAST_PLAIN - FIRST_PLAIN + 1] = {
    BELOW_ONE(-5), BELOW_ONE(-4), BELOW_ONE(-3), BELOW_ONE(-2), BELOW_ONE(-1), FROM_ONE(0),
    FROM_ONE(1),   FROM_ONE(2),   FROM_ONE(3),   FROM_ONE(4),   FROM_ONE(5),   FROM_ONE(6),
    FROM_ONE(7),   FROM_ONE(8),   FROM_ONE(9),   FROM_ONE(10),  FROM_ONE(11),  FROM_ONE(12),
    FROM_ONE(13),  FROM_ONE(14),  FROM_ONE(15),  FROM_ONE(16)};

static inline void put8(char *to, uint64_t x)
{
    memcpy(to, &x, sizeof(x));
}

static const uint64_t zeros = 0x3030303030303030;

/* first, a and b are seventeen digits of which n are used; first is not 0 but worth 10^exponent.
 * The digits go from registers to memory only: read back at another alignment they would have to
 * wait for themselves. */
static inline size_t write17(uint64_t first, uint64_t a, uint64_t b, int exponent, char *out)
{
    uint64_t is_long = -(uint64_t)(b != 0);
    unsigned n = 1 + (8 & (unsigned)is_long) + n_used(a ^ ((a ^ b) & is_long));
    a |= zeros;
    b |= zeros;
    first |= '0';
    unsigned at = (unsigned)(exponent - FIRST_PLAIN);
    if (__builtin_expect(at > LAST_PLAIN - FIRST_PLAIN, 0)) {
        out[0] = (char)first;
        out[1] = '.';
        put8(out + 2, a);
        put8(out + 10, b);
        n += n > 1;
        return n + write_exponent(exponent, out + n);
    }
    const layout *l = &layouts[at];
    /* with all digits before the point nothing is behind it, whatever is made */
    rc_u128 behind = ((rc_u128)b << 64 | a) >> (l->shift & 127);
    memcpy(out, "0.000000", 8);
    out[l->first] = (char)first;
    put8(out + l->first + 1, a);
    put8(out + l->first + 9, b);
    out[l->point] = '.';
    put8(out + l->behind_eight, (uint64_t)(behind >> 64));
    put8(out + l->behind, (uint64_t)behind);
    unsigned more = -(unsigned)(n > l->fewest);
    return ((n + l->more) & more) | (l->fewest & ~more);
}

/* The same for nine digits. */
static inline size_t write9(uint64_t first, uint64_t a, int exponent, char *out)
{
    unsigned n = 1 + n_used(a);
    a |= zeros;
    first |= '0';
    unsigned at = (unsigned)(exponent - FIRST_PLAIN);
    if (__builtin_expect(at > LAST_PLAIN - FIRST_PLAIN, 0)) {
        out[0] = (char)first;
        out[1] = '.';
        put8(out + 2, a);
        n += n > 1;
        return n + write_exponent(exponent, out + n);
    }
    const layout *l = &layouts[at];
    memcpy(out, "0.000000", 8);
    out[l->first] = (char)first;
    put8(out + l->first + 1, a);
    put8(out + l->first + 9, zeros);
    out[l->point] = '.';
    put8(out + l->behind, a >> (l->shift & 63)); /* from 64 on there is nothing behind the point */
    unsigned more = -(unsigned)(n > l->fewest);
    return ((n + l->more) & more) | (l->fewest & ~more);
}

static size_t print_special(bool nan, bool negative, char *out)
{
    const char *word = nan ? "nan" : "-inf";
    size_t skipped = nan || negative ? 0 : 1, n = strlen(word) - skipped;
    memcpy(out, word + skipped, n);
    return n;
}

static size_t write_any(decimal x, char *out)
{
    for (; x.digits < UINT64_C(10000000000000000); x.exponent--)
        x.digits *= 10;
    uint64_t nine = x.digits / 100000000, first = nine / 100000000;
    return write17(first, split8(nine - first * 100000000), split8(x.digits - nine * 100000000),
                   x.exponent + 16, out);
}

/* Any number at all. */
static __attribute__((noinline)) size_t print_any_f64(double x, char *out)
{
    uint64_t bits, hidden = UINT64_C(1) << 52;
    memcpy(&bits, &x, sizeof(bits));
    bool negative = bits >> 63;
    int biased = (int)(bits >> 52 & 0x7ff);
    uint64_t fraction = bits & (hidden - 1);
    if (biased == 0x7ff)
        return print_special(fraction != 0, negative, out);
    out[0] = '-';
    out += negative;
    if (biased == 0 && fraction == 0) {
        out[0] = '0';
        return 1u + negative;
    }
    interval v = interval_f64(biased > 0 ? hidden | fraction : fraction,
                              (biased > 0 ? biased : 1) - 1075, fraction == 0 && biased > 1);
    return negative + write_any(shortest(&v), out);
}

static __attribute__((noinline)) size_t print_any_f32(float x, char *out)
{
    uint32_t bits, hidden = UINT32_C(1) << 23;
    memcpy(&bits, &x, sizeof(bits));
    bool negative = bits >> 31;
    int biased = (int)(bits >> 23 & 0xff);
    uint32_t fraction = bits & (hidden - 1);
    if (biased == 0xff)
        return print_special(fraction != 0, negative, out);
    out[0] = '-';
    out += negative;
    if (biased == 0 && fraction == 0) {
        out[0] = '0';
        return 1u + negative;
    }
    interval v = interval_f32(biased > 0 ? hidden | fraction : fraction,
                              (biased > 0 ? biased : 1) - 150, fraction == 0 && biased > 1);
    return negative + write_any(shortest(&v), out);
}

size_t rc_num_print_f64(double x, char *out)
{
    uint64_t bits, hidden = UINT64_C(1) << 52;
    memcpy(&bits, &x, sizeof(bits));
    int biased = (int)(bits >> 52 & 0x7ff), k = floor_log10(biased - 1075, false) + 1;
    int shift = biased - 1075 + rc_pow10_log2(-k) + 5; /* 1 to 4 */
    uint64_t fraction = bits & (hidden - 1), n = (fraction | hidden) << (shift & 7);
    if (fraction == 0 || (unsigned)(biased - 1) >= 0x7fe)
        return print_any_f64(x, out);
    rc_pow10 ten = rc_pow10_get(-k);
    rc_u128 tens = (rc_u128)n * ten.high + (uint64_t)((rc_u128)n * ten.low >> 64);
    uint64_t whole = (uint64_t)(tens >> 68), last;
    /* tens >> 4, without the slow instruction for a shift of two words */
    uint64_t behind = ((uint64_t)(tens >> 64) << 60) + ((uint64_t)tens >> 4);
    if (!quick(&whole, behind, ten.high >> (5 - shift), 2, &last))
        return print_any_f64(x, out);
    out[0] = '-';
    out += bits >> 63;
    unsigned skip = 8 + 8 * (whole < UINT64_C(1000000000000000)); /* bits, with the first digit */
    uint64_t eight = whole / 100000000, a = split8(eight), b = split8(whole - eight * 100000000);
    return (bits >> 63) + write17(a >> (skip - 8) & 15, a >> skip | b << (64 - skip),
                                  b >> skip | last << (64 - skip), k + 16 - (int)skip / 8, out);
}

size_t rc_num_print_f32(float x, char *out)
{
    uint32_t bits, hidden = UINT32_C(1) << 23;
    memcpy(&bits, &x, sizeof(bits));
    int biased = (int)(bits >> 23 & 0xff), k = floor_log10(biased - 150, false) + 1;
    int shift = biased - 150 + rc_pow10_log2(-k) + 5; /* 1 to 4 */
    uint64_t fraction = bits & (hidden - 1), n = (fraction | hidden) << ((shift + 36) & 63);
    if (fraction == 0 || (unsigned)(biased - 1) >= 0xfe)
        return print_any_f32(x, out);
    uint64_t ten = rc_pow10_get(-k).high;
    uint64_t tens = (uint64_t)((rc_u128)n * ten >> 64);
    uint64_t whole = tens >> 40, last;
    if (!quick(&whole, tens << 24, ten >> (5 - shift), 1 << 25, &last))
        return print_any_f32(x, out);
    out[0] = '-';
    out += bits >> 31;
    uint64_t a = split8(whole);
    unsigned skip = (unsigned)__builtin_ctzll(a) & 0x38; /* bits of zeros */
    a >>= skip;
    return (bits >> 31) +
           write9(a & 15, a >> 8 | last << (56 - skip), k + 7 - (int)(skip / 8), out);
}

size_t rc_num_print_u64(uint64_t x, char *out)
{
    char text[20];
    size_t n = sizeof(text);
    do {
        text[--n] = (char)('0' + x % 10);
        x /= 10;
    } while (x != 0);
    memcpy(out, text + n, sizeof(text) - n);
    return sizeof(text) - n;
}
