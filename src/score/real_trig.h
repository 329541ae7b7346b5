/* real_trig.h - sine and cosine, by the rules of real.h.
 *
 * Arguments of less than 2^30 (RC_TRIG_NEAR) are reduced without a branch, others by integers and a
 * table, in a function that loops call for those few alone: bits are the same in any case. */
#ifndef RC_SCORE_REAL_TRIG_H
#define RC_SCORE_REAL_TRIG_H

#include <stdbool.h>
#include <stddef.h>

#include "score/real.h"

#define RC_TRIG_NEAR 0x1p30

/* x = quadrant pi/2 + r + r_lo, |r| <= pi/4; of quadrant the last two bits count. */
typedef struct rc_angle {
    uint64_t quadrant;
    double r, r_lo;
} rc_angle;

/* a - b and what its rounding lost. */
RC_MATH double rc_difference(double a, double b, double *lo)
{
    double d = a - b;
    double d_a = d - a;
    *lo = (a - (d - d_a)) - (b + d_a);
    return d;
}

/* |x| < 2^30: no multiple of pi/2 is nearer to a double than 2^-60 there, and pi/2 has 159 bits
 * here: r + r_lo is good to some 2^-65 of itself at worst. */
RC_MATH rc_angle rc_angle_near(double x)
{
    const double p1 = 0x1.921fb54442d18p+0, p2 = 0x1.1a62633145c07p-54,
                 p3 = -0x1.f1976b7ed8fbcp-110; /* pi/2 */
    double shifted = fma(x, 0x1.45f306dc9c883p-1, RC_SHIFTER);
    double n = shifted - RC_SHIFTER;
    double a = n * p1, b = n * p2, lo_1, lo_2;
    double r = rc_difference(x - a, fma(n, p1, -a), &lo_1); /* x - a is exact */
    r = rc_difference(r, b, &lo_2);
    double lo = (lo_1 + lo_2) - fma(n, p3, fma(n, p2, -b));
    double hi = r + lo;
    return (rc_angle){.quadrant = rc_bits_f64(shifted), .r = hi, .r_lo = (r - hi) + lo};
}

/* The upper half of a product of 128 bits. */
static inline uint64_t rc_product_high(uint64_t a, uint64_t b)
{
    uint64_t a_lo = a & UINT32_MAX, a_hi = a >> 32, b_lo = b & UINT32_MAX, b_hi = b >> 32;
    uint64_t middle = a_hi * b_lo + (a_lo * b_lo >> 32);
    uint64_t other = a_lo * b_hi + (middle & UINT32_MAX);
    return a_hi * b_hi + (middle >> 32) + (other >> 32);
}

/* w (three words, the highest first) = m times 192 bits of 2/pi, those whose products with m 2^e
 * are no multiples of 4: the first two bits of w are the quadrant, and its error is under 2^-137.
 */
static inline void rc_quarter_turns(uint64_t m, int e, uint64_t w[3])
{
    static const uint64_t words[] = {
        /* 2/pi, the point behind the first */
        0x0000000000000000, 0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041,
        0xfe5163abdebbc561, 0xb7246e3a424dd2e0, 0x06492eea09d1921c, 0xfe1deb1cb129a73e,
        0xe88235f52ebb4484, 0xe99c7026b45f7e41, 0x3991d639835339f4, 0x9c845f8bbdf9283b,
        0x1ff897ffde05980f, 0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d,
        0x7527bac7ebe5f17b, 0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab};
    size_t first = (size_t)(e + 62), word = first / 64, shift = first % 64;
    uint64_t carry = 0;
    for (size_t k = 3; k-- > 0;) {
        uint64_t bits = words[word + k] << shift;
        if (shift > 0)
            bits |= words[word + k + 1] >> (64 - shift);
        uint64_t low = m * bits; /* of 117 bits */
        uint64_t high = rc_product_high(m, bits);
        w[k] = low + carry;
        carry = high + (w[k] < low);
    }
}

/* The product of a fraction of three words and pi/2. */
static inline void rc_angle_of_fraction(const uint64_t w[3], double *r, double *r_lo)
{
    double hi = 0.0, lo = 0.0, unit = 0x1p-32;
    for (size_t k = 0; k < 6; k++, unit *= 0x1p-32) { /* each half word is exact */
        double part = (double)(k % 2 == 0 ? w[k / 2] >> 32 : w[k / 2] & UINT32_MAX) * unit;
        double sum = hi + part;
        lo += part - (sum - hi);
        hi = sum;
    }
    const double p1 = 0x1.921fb54442d18p+0, p2 = 0x1.1a62633145c07p-54;
    double a = hi * p1;
    double rest = fma(hi, p1, -a) + fma(hi, p2, lo * p1);
    *r = a + rest;
    *r_lo = (a - *r) + rest;
}

/* The same as rc_angle_near for any |x| >= 2^30, by Payne and Hanek's method. */
static inline rc_angle rc_angle_far(double x)
{
    rc_angle angle = {.r = (double)NAN, .r_lo = (double)NAN};
    if (!(fabs(x) < (double)INFINITY))
        return angle;
    uint64_t u = rc_bits_f64(fabs(x)), w[3];
    uint64_t m = (u & UINT64_C(0x000fffffffffffff)) | UINT64_C(0x0010000000000000);
    rc_quarter_turns(m, (int)(u >> 52) - 1075, w); /* |x| = m 2^e */
    angle.quadrant = w[0] >> 62;
    w[0] = w[0] << 2 | w[1] >> 62;
    w[1] = w[1] << 2 | w[2] >> 62;
    w[2] <<= 2;
    bool is_above = w[0] >> 63 != 0; /* half a quadrant: 1 - w is meant, below the next one */
    angle.quadrant += is_above;
    for (size_t k = 0; is_above && k < 3; k++)
        w[k] = ~w[k]; /* and 2^-192 less */
    rc_angle_of_fraction(w, &angle.r, &angle.r_lo);
    if (is_above != (x < 0.0)) {
        angle.r = -angle.r;
        angle.r_lo = -angle.r_lo;
    }
    angle.quadrant = x < 0.0 ? 0 - angle.quadrant : angle.quadrant;
    return angle;
}

/* Taylor's series; the first term left out is under 2^-63 of the sum. */
RC_MATH double rc_sin_of(double r, double r_lo)
{
    double z = r * r;
    double p = 1.0 / 355687428096000.0; /* 1/17! */
    p = fma(p, z, -1.0 / 1307674368000.0);
    p = fma(p, z, 1.0 / 6227020800.0);
    p = fma(p, z, -1.0 / 39916800.0);
    p = fma(p, z, 1.0 / 362880.0);
    p = fma(p, z, -1.0 / 5040.0);
    p = fma(p, z, 1.0 / 120.0);
    p = fma(p, z, -1.0 / 6.0);
    return r + fma(r * z, p, fma(-0.5 * z, r_lo, r_lo));
}

RC_MATH double rc_cos_of(double r, double r_lo)
{
    double z = r * r;
    double p = -1.0 / 6402373705728000.0; /* 1/18! */
    p = fma(p, z, 1.0 / 20922789888000.0);
    p = fma(p, z, -1.0 / 87178291200.0);
    p = fma(p, z, 1.0 / 479001600.0);
    p = fma(p, z, -1.0 / 3628800.0);
    p = fma(p, z, 1.0 / 40320.0);
    p = fma(p, z, -1.0 / 720.0);
    p = fma(p, z, 1.0 / 24.0);
    double half = 0.5 * z;
    double one = 1.0 - half;
    double lo = ((1.0 - one) - half) - fma(r, r_lo, 0.5 * fma(r, r, -z));
    return one + fma(z * z, p, lo);
}

/* Quadrants 0 and 2 are the sine of r, 1 and 3 the cosine; 2 and 3 are negative. */
RC_MATH double rc_sin_of_angle(rc_angle a)
{
    double s = rc_sin_of(a.r, a.r_lo), c = rc_cos_of(a.r, a.r_lo);
    double y = (a.quadrant & 1) != 0 ? c : s;
    return (a.quadrant & 2) != 0 ? -y : y;
}

RC_MATH double rc_sin_near_f64(double x)
{
    double y = rc_sin_of_angle(rc_angle_near(x));
    return x == 0.0 ? x : y;
}

RC_MATH double rc_cos_near_f64(double x)
{
    rc_angle a = rc_angle_near(x);
    a.quadrant++;
    return rc_sin_of_angle(a);
}

static inline double rc_sin_far_f64(double x)
{
    return rc_sin_of_angle(rc_angle_far(x));
}

static inline double rc_cos_far_f64(double x)
{
    rc_angle a = rc_angle_far(x);
    a.quadrant++;
    return rc_sin_of_angle(a);
}

/* NaN for infinities. Bound 0.7 ulp. */
RC_MATH double rc_sin_f64(double x)
{
    return fabs(x) < RC_TRIG_NEAR ? rc_sin_near_f64(x) : rc_sin_far_f64(x);
}

RC_MATH double rc_cos_f64(double x)
{
    return fabs(x) < RC_TRIG_NEAR ? rc_cos_near_f64(x) : rc_cos_far_f64(x);
}

RC_REAL_F32(sin)
RC_REAL_F32(cos)

#endif
