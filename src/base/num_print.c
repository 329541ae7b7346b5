/* num_print.c - doubles and floats as the shortest decimal that reads back.
 *
 * After Giulietti, The Schubfach way to render doubles, 2020. k is chosen such that the interval
 * of numbers that read back to x holds at least one multiple of 10^k and at most one of 10^(k+1);
 * that one is the answer if it exists, else the multiple of 10^k nearest to x. Both are found from
 * x and the ends of its interval in units of 10^k / 4, rounded to odd: whole numbers, with 1 for
 * the last bit if anything was cut off, which no comparison with a multiple of 2 can notice. */
#include "base/num.h"

#include <string.h>

#include "base/pow10.h"

enum { FIRST_PLAIN = -4, LAST_PLAIN = 17 };

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
static inline interval interval_f64(uint64_t significand, int q, bool irregular)
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

static inline interval interval_f32(uint64_t significand, int q, bool irregular)
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

/* Without branches on the digits: which of the two it is nobody can predict. */
static inline decimal shortest(const interval *v)
{
    uint64_t ones = v->x / 4, tens = ones / 10;
    uint64_t low = v->low + v->open, high = v->high - v->open;
    bool tens_below = low <= tens * 40, tens_above = tens * 40 + 40 <= high;
    bool below = low <= ones * 4, above = ones * 4 + 4 <= high;
    bool nearer_above = (v->x & 3) + (ones & 1) > 2; /* quarters; a tie goes to even */
    bool up = above & (!below | nearer_above);
    uint64_t short_mask = -(uint64_t)(tens_below != tens_above);
    return (decimal){((tens + tens_above) & short_mask) | ((ones + up) & ~short_mask),
                     v->exponent + (tens_below != tens_above)};
}

/* n below 10^8 as eight digit values, the first in the lowest byte: fours, pairs, ones. */
static inline uint64_t split8(uint64_t n)
{
    uint64_t x = n / 10000 | (n % 10000) << 32;
    uint64_t hundreds = (x * 10486 >> 20) & 0x0000007f0000007f;
    x = hundreds | (x - hundreds * 100) << 16;
    uint64_t tens = (x * 103 >> 10) & 0x000f000f000f000f;
    return tens | (x - tens * 10) << 8;
}

/* The digits of a number without zeros at its ends, in registers: a text in memory would be
 * written and at once read at another alignment, and wait for itself. */
typedef struct digits {
    char first;
    rc_u128 rest; /* the next sixteen as text, the second digit lowest; zeros behind the last */
    unsigned n;
    int point; /* the number is 0.DIGITS * 10^point */
} digits;

static inline unsigned lowest_byte(uint64_t x)
{
    return (unsigned)__builtin_ctzll(x) / 8;
}

static inline unsigned n_bytes(uint64_t x)
{
    return x == 0 ? 0 : 8 - (unsigned)__builtin_clzll(x) / 8;
}

/* x.digits is above 0 and below 10^17. */
static inline digits spell(decimal x)
{
    const uint64_t zeros = 0x3030303030303030;
    uint64_t high = x.digits / 100000000, top = high / 100000000;
    uint64_t a = split8(high % 100000000), b = split8(x.digits % 100000000);
    rc_u128 sixteen = (rc_u128)b << 64 | a;
    unsigned n_skipped = a != 0 ? lowest_byte(a) : 8 + lowest_byte(b | UINT64_C(1) << 63);
    rc_u128 skipped = sixteen >> 8 * n_skipped;
    uint64_t first = top != 0 ? top : (uint64_t)skipped & 15;
    rc_u128 rest = top != 0 ? sixteen : skipped >> 8;
    uint64_t low = (uint64_t)rest, after = (uint64_t)(rest >> 64);
    return (digits){.first = (char)('0' + first),
                    .rest = rest | (rc_u128)zeros << 64 | zeros,
                    .n = 1 + (after != 0 ? 8 + n_bytes(after) : n_bytes(low)),
                    .point = x.exponent + (top != 0 ? 17 : 16 - (int)n_skipped)};
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

static inline size_t lay_out_plain(const digits *d, char *out)
{
    if (d->point <= 0) {
        memcpy(out, "0.0000", 6);
        out += 2 - d->point;
        out[0] = d->first;
        memcpy(out + 1, &d->rest, 16);
        return d->n + (unsigned)(2 - d->point);
    }
    unsigned n_whole = (unsigned)d->point;
    out[0] = d->first;
    memcpy(out + 1, &d->rest, 16);
    if (n_whole >= d->n)
        return n_whole;
    rc_u128 behind = d->rest >> 8 * (n_whole - 1);
    out[n_whole] = '.';
    if (n_whole <= 14)
        memcpy(out + n_whole + 1, &behind, 16);
    else
        memcpy(out + n_whole + 1, &behind, 2); /* of 17 digits at most these are left */
    return d->n + 1;
}

/* The copies are of fixed size, which is fast, and stay within RC_NUM_BYTES less a sign. */
static inline size_t lay_out(decimal x, char *out)
{
    digits d = spell(x);
    if (d.point >= FIRST_PLAIN && d.point <= LAST_PLAIN)
        return lay_out_plain(&d, out);
    out[0] = d.first;
    out[1] = '.';
    memcpy(out + 2, &d.rest, 16);
    size_t n = d.n == 1 ? 1 : d.n + 1;
    return n + write_exponent(d.point - 1, out + n);
}

static size_t print_special(bool nan, bool negative, char *out)
{
    const char *word = nan ? "nan" : "-inf";
    size_t skipped = nan || negative ? 0 : 1, n = strlen(word) - skipped;
    memcpy(out, word + skipped, n);
    return n;
}

size_t rc_num_print_f64(double x, char *out)
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
    double size = __builtin_fabs(x);
    /* a whole number below 2^53 is its own shortest decimal */
    if (size < (double)(hidden * 2) && (double)(int64_t)size == size)
        return negative + lay_out((decimal){(uint64_t)size, 0}, out);
    interval v = interval_f64(biased > 0 ? hidden | fraction : fraction,
                              (biased > 0 ? biased : 1) - 1075, fraction == 0 && biased > 1);
    return negative + lay_out(shortest(&v), out);
}

size_t rc_num_print_f32(float x, char *out)
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
    float size = __builtin_fabsf(x);
    if (size < (float)(hidden * 2) && (float)(int32_t)size == size)
        return negative + lay_out((decimal){(uint64_t)size, 0}, out);
    interval v = interval_f32(biased > 0 ? hidden | fraction : fraction,
                              (biased > 0 ? biased : 1) - 150, fraction == 0 && biased > 1);
    return negative + lay_out(shortest(&v), out);
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
