/* real_pow.h - logarithm to base ten and powers, by the rules of real.h. */
#ifndef RC_SCORE_REAL_POW_H
#define RC_SCORE_REAL_POW_H

#include "score/curves.h"

/* A number in two words: |lo| at most an ulp of hi. */
typedef struct rc_real2 {
    double hi, lo;
} rc_real2;

RC_MATH rc_real2 rc_product2(rc_real2 a, rc_real2 b)
{
    double p = a.hi * b.hi;
    double lo = fma(a.hi, b.hi, -p) + fma(a.hi, b.lo, a.lo * b.hi);
    double hi = p + lo;
    return (rc_real2){.hi = hi, .lo = lo - (hi - p)};
}

/* ln(1 + f), 1 + f in sqrt(1/2)..sqrt(2), to some 67 bits: 2s (1 + z/3 + z^2/5 + ...) with
 * s = f / (2 + f), z = s^2 < 0.02944. The first term left out, z^14 / 29, is under 2^-76. Terms
 * from z^3 on are small enough for one word. */
RC_MATH rc_real2 rc_log_mantissa(double f)
{
    double d = 2.0 + f;
    double d_lo = f - (d - 2.0);
    double r = 1.0 / d;
    double s = f * r;
    double s_lo = fma(-s, d_lo, fma(-s, d, f)) * r;
    double z = s * s;
    double z_lo = fma(s, s, -z) + 2.0 * s * s_lo;
    double p = 1.0 / 27.0;
    p = fma(p, z, 1.0 / 25.0);
    p = fma(p, z, 1.0 / 23.0);
    p = fma(p, z, 1.0 / 21.0);
    p = fma(p, z, 1.0 / 19.0);
    p = fma(p, z, 1.0 / 17.0);
    p = fma(p, z, 1.0 / 15.0);
    p = fma(p, z, 1.0 / 13.0);
    p = fma(p, z, 1.0 / 11.0);
    p = fma(p, z, 1.0 / 9.0);
    p = fma(p, z, 1.0 / 7.0);
    double lo = 0.0;
    double hi = rc_horner2(0.2, -0x1.999999999999ap-57, z, z_lo, p, &lo);
    hi = rc_horner2(1.0 / 3.0, 0x1.5555555555555p-56, z, z_lo, hi, &lo);
    hi = rc_horner2(1.0, 0.0, z, z_lo, hi, &lo);
    return rc_product2((rc_real2){2.0 * s, 2.0 * s_lo}, (rc_real2){hi, lo});
}

/* ln x to some 66 bits, for a positive and finite x. */
RC_MATH rc_real2 rc_log2_words(double x)
{
    rc_log_reduced a = rc_log_reduce(x);
    rc_real2 m = rc_log_mantissa(a.f);
    double big = a.k * RC_LN2_HI; /* exact */
    double sum = big + m.hi;      /* |big| > |m.hi| or big = 0 */
    double rest = (m.hi - (sum - big)) + fma(a.k, RC_LN2_LO, m.lo);
    double hi = sum + rest;
    return (rc_real2){.hi = hi, .lo = rest - (hi - sum)};
}

/* The logarithm to base ten; -inf at 0, NaN below. Bound 0.6 ulp. */
RC_MATH double rc_log10_f64(double x)
{
    const rc_real2 log10_e = {0x1.bcb7b1526e50ep-2, 0x1.95355baaafad3p-57};
    rc_real2 y2 = rc_product2(rc_log2_words(x), log10_e);
    double y = y2.hi;
    y = x == 0.0 ? -(double)INFINITY : y;
    y = x < 0.0 ? (double)NAN : y;
    return x < (double)INFINITY ? y : x; /* inf and NaN give themselves */
}

/* x^y for a positive and finite x; y may be infinite unless x is 1. */
RC_MATH double rc_pow_positive(double x, double y)
{
    rc_real2 l = rc_log2_words(x);
    double p = y * l.hi;
    double p_lo = fma(y, l.hi, -p) + y * l.lo;
    rc_scaled e = rc_exp_scaled(p, fabs(p) < 1000.0 ? p_lo : 0.0); /* else 0 or inf */
    return rc_scale_f64(e.hi, e.n);
}

/* x^y, the cases of IEEE 754: 1 for y = 0 and for x = 1, whatever the other is; NaN for a finite
 * x < 0 and a y that is no integer. Bound 0.7 ulp, 0.8 where the result is denormal. */
RC_MATH double rc_pow_f64(double x, double y)
{
    const double inf = (double)INFINITY;
    double a = fabs(x), b = fabs(y), half = 0.5 * b;
    double whole = b < 0x1p52 ? (b + 0x1p52) - 0x1p52 : b;
    double whole_half = half < 0x1p52 ? (half + 0x1p52) - 0x1p52 : half;
    double p = rc_pow_positive(a, y);
    p = a == 0.0 ? (y < 0.0 ? inf : 0.0) : p;
    p = a == inf ? (y < 0.0 ? 0.0 : inf) : p;
    p = a == 1.0 ? 1.0 : p;
    double integer_power = whole_half != half ? copysign(p, x) : p; /* odd or even */
    double other_power = x < 0.0 ? (double)NAN : p;
    other_power = a == inf ? p : other_power;
    p = whole == b ? integer_power : other_power;
    p = x != x ? x : p;
    p = y != y ? y : p;
    p = y == 0.0 ? 1.0 : p;
    return x == 1.0 ? 1.0 : p;
}

RC_REAL_F32(log10)

#endif
