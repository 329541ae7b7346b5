/* exact_batch.c - exact sums of many doubles at once: parts that add without rounding. */
#include <math.h>

#include "metrics/exact.h"

/* Lanes are independent, and all that is added to one is exact, so their number changes nothing. */
typedef double lanes __attribute__((vector_size(16), aligned(8)));
typedef uint64_t bit_lanes __attribute__((vector_size(16), aligned(8)));
enum { LANES = sizeof(lanes) / sizeof(double) };

enum {
    FEW = 8,        /* fewer are added one by one */
    GUARD_BITS = 6, /* 2^6 values are added up */
    PART_BITS = 47, /* of each value go into a part: a double's 53 but the guard */
    TOP_EXPONENT = 0x7fe
};
_Static_assert(RC_EXACT_BATCH == 1 << GUARD_BITS, "so many");

static inline lanes load(const double *x)
{
    lanes v;
    memcpy(&v, x, sizeof(v));
    return v;
}

/* All values, or'ed: whether one is not finite, for then a carry from an exponent of all ones
 * reaches the top. */
static inline bool are_finite(bit_lanes beyond)
{
    return (beyond[0] | beyond[1]) >> 63 == 0;
}

static inline lanes choose(bit_lanes yes, bit_lanes a, lanes b)
{
    return (lanes)((a & yes) | ((bit_lanes)b & ~yes));
}

/* The bits of the largest |x|, UINT64_MAX where one is not finite. */
static uint64_t largest_of(const double x[RC_EXACT_BATCH])
{
    const bit_lanes size_mask = ~(bit_lanes){0} >> 1;
    lanes most = {0};
    bit_lanes beyond = {0};
    for (size_t i = 0; i < RC_EXACT_BATCH; i += LANES) {
        bit_lanes a = (bit_lanes)load(x + i) & size_mask;
        most = choose((bit_lanes)((lanes)a > most), a, most);
        beyond |= a + (UINT64_C(1) << 52);
    }
    uint64_t top = ((bit_lanes)most)[0], other = ((bit_lanes)most)[1];
    return are_finite(beyond) ? top > other ? top : other : UINT64_MAX;
}

/* Whether every x is 0 or least <= |x| < most. */
static bool are_between(const double x[RC_EXACT_BATCH], double least, double most)
{
    const bit_lanes size_mask = ~(bit_lanes){0} >> 1;
    bit_lanes good = ~(bit_lanes){0};
    for (size_t i = 0; i < RC_EXACT_BATCH; i += LANES) {
        lanes a = (lanes)((bit_lanes)load(x + i) & size_mask);
        good &= (bit_lanes)(a == 0.0) | ((bit_lanes)(a >= least) & (bit_lanes)(a < most));
    }
    return (good[0] & good[1]) != 0;
}

/* Takes off each x what stands above the last place of sigma, and gives the sum of it, *rest: not
 * all are 0 now. For |x| <= 2^-6 sigma / 1.5 the sum with sigma stays in one binade: the part is x
 * rounded to a multiple of sigma's last place, what is left is exact and at most half of that, and
 * 64 parts add up exactly. */
static double take_parts(double x[RC_EXACT_BATCH], double sigma, bool *rest)
{
    enum { SUMS = 2 }; /* for none to wait for itself */
    lanes sum[SUMS] = {{0}};
    bit_lanes left[SUMS] = {{0}};
    for (size_t i = 0; i < RC_EXACT_BATCH; i += SUMS * LANES) {
        for (size_t k = 0; k < SUMS; k++) {
            lanes v = load(x + i + k * LANES), part = (v + sigma) - sigma;
            v -= part;
            sum[k] += part;
            left[k] |= (bit_lanes)v << 1; /* but the sign of a zero */
            memcpy(x + i + k * LANES, &v, sizeof(v));
        }
    }
    sum[0] += sum[1];
    left[0] |= left[1];
    *rest = (left[0][0] | left[0][1]) != 0;
    return sum[0][0] + sum[0][1];
}

static bool add_singly(rc_exact *sum, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        rc_exact_add(sum, x[i]);
    return !sum->has_failed;
}

/* Adds up to 64 values with |x| < 2^(exponent - 1022 - GUARD_BITS - 1). */
static bool add_parts(rc_exact *sum, double x[RC_EXACT_BATCH], int exponent)
{
    for (bool rest = true; rest; exponent -= PART_BITS) {
        /* 1.5 times a power of 2; from the smallest on nothing is left */
        uint64_t bits = (uint64_t)(exponent > 1 ? exponent : 1) << 52 | UINT64_C(1) << 51;
        double sigma;
        memcpy(&sigma, &bits, sizeof(sigma));
        rc_exact_add(sum, take_parts(x, sigma, &rest));
    }
    return !sum->has_failed;
}

bool rc_exact_add_all(rc_exact *sum, double x[RC_EXACT_BATCH], size_t n)
{
    if (n < FEW)
        return add_singly(sum, x, n);
    for (size_t i = n; i < RC_EXACT_BATCH; i++)
        x[i] = 0.0;
    int exponent = (int)(largest_of(x) >> 52) + 1 + GUARD_BITS;
    return exponent <= TOP_EXPONENT ? add_parts(sum, x, exponent) : add_singly(sum, x, n);
}

/* x * x = high + low, without rounding. Source: Dekker 1971, A Floating-Point Technique for
 * Extending the Available Precision, Numerische Mathematik 18, 224-242. */
static void square(const double x[RC_EXACT_BATCH], double high[RC_EXACT_BATCH],
                   double low[RC_EXACT_BATCH])
{
    for (size_t i = 0; i < RC_EXACT_BATCH; i += LANES) {
        lanes v = load(x + i), product = v * v, c = v * 0x8000001p0;
        lanes a = c - (c - v), b = v - a; /* 26 bits each */
        lanes error = b * b - (((product - a * a) - a * b) - a * b);
        memcpy(high + i, &product, sizeof(product));
        memcpy(low + i, &error, sizeof(error));
    }
}

bool rc_exact_add_squares(rc_exact *sum, double x[RC_EXACT_BATCH], size_t n)
{
    double high[RC_EXACT_BATCH], low[RC_EXACT_BATCH];
    for (size_t i = n; i < RC_EXACT_BATCH; i++)
        x[i] = 0.0;
    /* neither the square nor its low part leaves the normal doubles */
    if (n >= FEW && are_between(x, 0x1p-450, 0x1p+500)) {
        square(x, high, low);
        rc_exact_add_all(sum, high, n);
        return rc_exact_add_all(sum, low, n);
    }
    for (size_t i = 0; i < n; i++)
        rc_exact_add_product(sum, x[i], x[i]);
    return !sum->has_failed;
}
