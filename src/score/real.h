/* real.h - elementary functions that give the same bits on every machine and at every --cpu level.
 *
 * They use only + - * / fma and integer operations on the bits, in a fixed order, on IEEE binary64
 * in round-to-nearest, compiled with -ffp-contract=off. There is no branch, no table and no call
 * but fma(), so a plain loop over them is vectorised where the target has fma; where it has not,
 * fma() is libm's, which is exact too. Both sides of each ?: are computed: infinities and NaNs may
 * pass through the side that is not taken.
 *
 * Bounds are in ulp of the true result, half an ulp being a perfect rounding: the largest error
 * seen over 1.8 million arguments a function (uniform over 13 ranges, uniform in the exponent, and
 * random bits) against 113-bit arithmetic, rounded up. They hold for denormal results, too. A NaN
 * gives a NaN, with unspecified sign and payload. Coefficients that are no exact rationals are
 * printed by testdata/recipes/real_coefficients.py. */
#ifndef RC_SCORE_REAL_H
#define RC_SCORE_REAL_H

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* Left to themselves compilers do not inline the longer ones, and then vectorise no loop. */
#define RC_MATH static inline __attribute__((always_inline))

_Static_assert(FLT_EVAL_METHOD == 0, "double arithmetic must be rounded to double");

RC_MATH uint64_t rc_bits_f64(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof(u));
    return u;
}

RC_MATH double rc_from_bits_f64(uint64_t u)
{
    double x;
    memcpy(&x, &u, sizeof(x));
    return x;
}

/* Added to |x| < 2^51 it rounds x to an integer, which then stands in the low bits of the sum. */
#define RC_SHIFTER 0x1.8p52

/* 2^n for an integer n in -1022..1023; for n = 1024 it is inf. */
RC_MATH double rc_pow2_f64(double n)
{
    return rc_from_bits_f64((rc_bits_f64(n + RC_SHIFTER) + 1023) << 52);
}

/* m 2^n for n in -2044..2046, in two factors: for m near 1 the first product is exact, so that a
 * denormal or infinite result is rounded by the second alone. */
RC_MATH double rc_scale_f64(double m, double n)
{
    double half = (n * 0.5 + RC_SHIFTER) - RC_SHIFTER;
    return m * rc_pow2_f64(half) * rc_pow2_f64(n - half);
}

/* ln 2 = HI + LO, HI has 42 bits: its product with an integer under 2^11 is exact. */
#define RC_LN2_HI 0x1.62e42fefa38p-1
#define RC_LN2_LO 0x1.ef35793c7673p-45
#define RC_LOG2E 0x1.71547652b82fep+0

/* x + x_lo = n ln 2 + r + r_lo, |r| <= 0.3466, and tail = e^r - 1 - r. */
typedef struct rc_exp_reduced {
    double n, r, r_lo, tail;
} rc_exp_reduced;

/* |x| at most 1400, |x_lo| at most an ulp of x. */
RC_MATH rc_exp_reduced rc_exp_reduce(double x, double x_lo)
{
    double n = fma(x, RC_LOG2E, RC_SHIFTER) - RC_SHIFTER;
    double r_hi = fma(-n, RC_LN2_HI, x); /* exact */
    double c = fma(-n, RC_LN2_LO, x_lo);
    double r = r_hi + c;
    double r_lo = c - (r - r_hi);
    /* Taylor's series: the first term left out, r^14 / 14!, is under 2^-57. */
    double p = 1.0 / 6227020800.0; /* 1/13! */
    p = fma(p, r, 1.0 / 479001600.0);
    p = fma(p, r, 1.0 / 39916800.0);
    p = fma(p, r, 1.0 / 3628800.0);
    p = fma(p, r, 1.0 / 362880.0);
    p = fma(p, r, 1.0 / 40320.0);
    p = fma(p, r, 1.0 / 5040.0);
    p = fma(p, r, 1.0 / 720.0);
    p = fma(p, r, 1.0 / 120.0);
    p = fma(p, r, 1.0 / 24.0);
    p = fma(p, r, 1.0 / 6.0);
    double r2 = r * r;
    return (rc_exp_reduced){.n = n, .r = r, .r_lo = r_lo, .tail = fma(r2 * r, p, 0.5 * r2)};
}

/* (hi + lo) 2^n, |lo| at most half an ulp of hi, hi in 0.7..1.42. */
typedef struct rc_scaled {
    double hi, lo, n;
} rc_scaled;

/* e^(x + x_lo) to some 57 bits. x is cut to -1000..720, where the result is 0 or inf in double. */
RC_MATH rc_scaled rc_exp_scaled(double x, double x_lo)
{
    x = x < -1000.0 ? -1000.0 : x;
    x = x > 720.0 ? 720.0 : x;
    rc_exp_reduced e = rc_exp_reduce(x, x_lo);
    double one_r = 1.0 + e.r;
    double rest = (e.r - (one_r - 1.0)) + (e.tail + fma(e.r_lo, e.r, e.r_lo));
    double hi = one_r + rest;
    return (rc_scaled){.hi = hi, .lo = rest - (hi - one_r), .n = e.n};
}

/* e^x. Bound 0.8 ulp. */
RC_MATH double rc_exp_f64(double x)
{
    rc_scaled e = rc_exp_scaled(x, 0.0);
    return rc_scale_f64(e.hi, e.n);
}

/* x = 2^k (1 + f), 1 + f in sqrt(1/2)..sqrt(2), for a positive and finite x. */
typedef struct rc_log_reduced {
    double k, f;
} rc_log_reduced;

RC_MATH rc_log_reduced rc_log_reduce(double x)
{
    const uint64_t sqrt_half = 0x3fe6a09e667f3bcd;
    double normal = x < DBL_MIN ? x * 0x1p54 : x;
    /* The exponent field counts from 1023 at sqrt(1/2) upwards; put under 2^52 it is a double. */
    uint64_t u = rc_bits_f64(normal) - sqrt_half + (UINT64_C(1023) << 52);
    double k = rc_from_bits_f64((u >> 52) | UINT64_C(0x4330000000000000)) - (0x1p52 + 1023.0);
    double m = rc_from_bits_f64((u & UINT64_C(0x000fffffffffffff)) + sqrt_half);
    return (rc_log_reduced){.k = x < DBL_MIN ? k - 54.0 : k, .f = m - 1.0};
}

/* k ln 2 + ln(1 + f) + f_lo. With s = f / (2 + f), ln(1 + f) = 2 atanh s
 * = f - (f^2/2 - s (f^2/2 + R)), R = sum of 2/(2i+1) s^(2i), i = 1...; s^2 < 0.02944, so the first
 * term left out, i = 11, is under 2^-60. */
RC_MATH double rc_log_sum(double k, double f, double f_lo)
{
    double s = f / (2.0 + f);
    double z = s * s;
    double p = 2.0 / 21.0;
    p = fma(p, z, 2.0 / 19.0);
    p = fma(p, z, 2.0 / 17.0);
    p = fma(p, z, 2.0 / 15.0);
    p = fma(p, z, 2.0 / 13.0);
    p = fma(p, z, 2.0 / 11.0);
    p = fma(p, z, 2.0 / 9.0);
    p = fma(p, z, 2.0 / 7.0);
    p = fma(p, z, 2.0 / 5.0);
    p = fma(p, z, 2.0 / 3.0);
    double half_f2 = 0.5 * f * f;
    double big = k * RC_LN2_HI; /* exact */
    double hi = big + f;        /* |big| > |f| or big = 0: what is lost comes back in lo */
    double lo = (f - (hi - big)) + fma(k, RC_LN2_LO, f_lo);
    return hi + (lo - (half_f2 - s * fma(p, z, half_f2)));
}

/* ln x; ln 0 = -inf, NaN below. Bound 0.9 ulp. */
RC_MATH double rc_log_f64(double x)
{
    rc_log_reduced a = rc_log_reduce(x);
    double y = rc_log_sum(a.k, a.f, 0.0);
    y = x == 0.0 ? -(double)INFINITY : y;
    y = x < 0.0 ? (double)NAN : y;
    return x < (double)INFINITY ? y : x; /* inf and NaN give themselves */
}

/* e^x - 1. Bound 1.1 ulp. */
RC_MATH double rc_expm1_f64(double x)
{
    double cut = x < -60.0 ? -60.0 : x; /* -1 there */
    cut = cut > 720.0 ? 720.0 : cut;
    rc_exp_reduced e = rc_exp_reduce(cut, 0.0);
    double s = rc_pow2_f64(e.n); /* wrong above n = 1023, not used above 64 */
    double s_1 = s - 1.0;
    double hi = s_1 + s * e.r;
    double lo = (s * e.r - (hi - s_1)) + (s * e.tail + s * fma(e.r_lo, e.r, e.r_lo));
    double big = rc_scale_f64(1.0 + (e.r + e.tail), e.n);
    double y = e.n > 64.0 ? big : hi + lo;
    return x == 0.0 ? x : y;
}

/* ln(1 + x); -inf at -1, NaN below. Bound 1 ulp. */
RC_MATH double rc_log1p_f64(double x)
{
    double u = 1.0 + x;
    double x_u = u - 1.0;
    double u_lo = (1.0 - (u - x_u)) + (x - x_u); /* 1 + x = u + u_lo */
    rc_log_reduced a = rc_log_reduce(u);
    double c = x < 0x1p60 ? u_lo * rc_pow2_f64(-a.k) : 0.0;
    double f = a.f + c;
    double y = rc_log_sum(a.k, f, c - (f - a.f));
    y = x == -1.0 ? -(double)INFINITY : y;
    y = x < -1.0 ? (double)NAN : y;
    y = x == 0.0 ? x : y;
    return x < (double)INFINITY ? y : x;
}

/* (n + n_lo) / (d + d_lo) with an error little over half an ulp; d neither huge nor tiny. */
RC_MATH double rc_quotient(double n, double n_lo, double d, double d_lo)
{
    double r = 1.0 / d;
    double q = n * r;
    return fma(fma(-q, d, n) + fma(-q, d_lo, n_lo), r, q);
}

/* tanh |x| = -E / (2 + E) with E = e^(-2|x|) - 1. Bound 0.8 ulp. */
RC_MATH double rc_tanh_f64(double x)
{
    double a = -2.0 * fabs(x);
    rc_exp_reduced e = rc_exp_reduce(a < -60.0 ? -60.0 : a, 0.0);
    double s = rc_pow2_f64(e.n);
    double s_1 = s - 1.0;
    double hi = s_1 + s * e.r;
    double lo =
        (s * e.r - (hi - s_1)) + (s * e.tail + s * fma(e.r_lo, e.r, e.r_lo)) + (s - (s_1 + 1.0));
    double em1 = hi + lo;
    double em1_lo = lo - (em1 - hi);
    double d = 2.0 + em1;
    double d_lo = (em1 - (d - 2.0)) + em1_lo;
    return copysign(rc_quotient(-em1, -em1_lo, d, d_lo), x);
}

/* x / (1 + e^-(v + v_lo)), where v has the sign of x or x = 1. For v < 0 it is
 * x e^v / (1 + e^v), scaled last, so that a denormal result is right. x = -inf gives NaN, as
 * -inf * 0 does. */
RC_MATH double rc_times_sigmoid(double x, double v, double v_lo)
{
    rc_scaled e = rc_exp_scaled(-fabs(v), v < 0.0 ? v_lo : -v_lo);
    double z = rc_scale_f64(e.hi, e.n);
    double d = 1.0 + z;
    double d_lo = (z - (d - 1.0)) + rc_scale_f64(e.lo, e.n);
    double cut = x < -2000.0 ? -2000.0 : x; /* 0 there, the product must not overflow */
    double n = v < 0.0 ? cut * e.hi : x;
    double n_lo = v < 0.0 ? fma(cut, e.hi, -n) + cut * e.lo : 0.0;
    double q = rc_quotient(n, n_lo, d, d_lo);
    double y = v < 0.0 ? rc_scale_f64(q, e.n) : q;
    y = v > 40.0 ? x : y;
    y = x == 0.0 ? x : y;
    return x == -(double)INFINITY ? (double)NAN : y;
}

/* 1 / (1 + e^-x). Bound 0.8 ulp. */
RC_MATH double rc_sigmoid_f64(double x)
{
    return rc_times_sigmoid(1.0, x, 0.0);
}

/* ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|). Bound 1.6 ulp. */
RC_MATH double rc_softplus_f64(double x)
{
    return (x > 0.0 ? x : 0.0) + rc_log1p_f64(rc_exp_f64(-fabs(x)));
}

/* atan |x| = pi base + t + t_lo, base 0, 1/4 or 1/2, |t| <= 0.4143 = tan(pi/8). */
typedef struct rc_atan_parts {
    double base, t, t_lo;
} rc_atan_parts;

/* By atan a = pi/4 + atan((a - 1) / (a + 1)) = pi/2 + atan(-1 / a), whichever is nearest to 0; then
 * t + t^3 P(t^2), P fitted with an error under 2^-57 of the whole. */
RC_MATH rc_atan_parts rc_atan_abs(double x)
{
    double a = fabs(x);
    double m = a - 1.0;
    double m_lo = a - (m + 1.0);
    double q = a + 1.0;
    double q_1 = q - 1.0;
    double q_lo = (1.0 - (q - q_1)) + (a - q_1);
    double num = a < 0.4142 ? a : a > 2.4142 ? -1.0 : m;
    double den = a < 0.4142 ? 1.0 : a > 2.4142 ? a : q;
    double r = 1.0 / den;
    double t = num * r;
    double rest = fma(-t, den, num);
    double rest_q = rest + fma(-t, q_lo, m_lo);
    rest = a < 0.4142 ? rest : a > 2.4142 ? rest : rest_q;
    double z = t * t;
    double p = 0x1.0b2d6dd34b74fp-6;
    p = fma(p, z, -0x1.1b5e51a68cce1p-5);
    p = fma(p, z, 0x1.74ef3d54d80a7p-5);
    p = fma(p, z, -0x1.ac7e99571b529p-5);
    p = fma(p, z, 0x1.e19aa77db8b3ap-5);
    p = fma(p, z, -0x1.110e8eda4c7dfp-4);
    p = fma(p, z, 0x1.3b1393412ff79p-4);
    p = fma(p, z, -0x1.745d1661c49ddp-4);
    p = fma(p, z, 0x1.c71c71c319c49p-4);
    p = fma(p, z, -0x1.249249248d9cbp-3);
    p = fma(p, z, 0x1.9999999999955p-3);
    p = fma(p, z, -0x1.5555555555555p-2);
    double t_lo = t * z * p + (a < 0x1p500 ? rest * r : 0.0);
    return (rc_atan_parts){.base = a < 0.4142   ? 0.0
                                   : a > 2.4142 ? 0.5
                                                : 0.25,
                           .t = t,
                           .t_lo = t_lo};
}

/* The angle of tangent x, in -pi/2..pi/2. Bound 0.9 ulp. */
RC_MATH double rc_atan_f64(double x)
{
    rc_atan_parts a = rc_atan_abs(x);
    double base = a.base * 0x1.921fb54442d18p+1;
    double hi = base + a.t;
    double lo = (a.t - (hi - base)) + fma(a.base, 0x1.1a62633145c07p-53, a.t_lo);
    return copysign(hi + lo, x);
}

/* The same of a float: computed in double and rounded once more, so within 0.5001 ulp. */
#define RC_REAL_F32(name)                         \
    RC_MATH float rc_##name##_f32(float x)        \
    {                                             \
        return (float)rc_##name##_f64((double)x); \
    }

RC_REAL_F32(exp)
RC_REAL_F32(expm1)
RC_REAL_F32(log)
RC_REAL_F32(log1p)
RC_REAL_F32(tanh)
RC_REAL_F32(sigmoid)
RC_REAL_F32(softplus)
RC_REAL_F32(atan)

#endif
