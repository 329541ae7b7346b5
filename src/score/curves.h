/* curves.h - curves of activations and links made of several functions, by the rules of real.h. */
#ifndef RC_SCORE_CURVES_H
#define RC_SCORE_CURVES_H

#include "score/real_erf.h"

/* e^(a - b), the rounding of the difference made good. Bound 0.8 ulp. */
RC_MATH double rc_exp_minus_f64(double a, double b)
{
    double d = a - b;
    double d_a = d - a;
    double d_lo = (a - (d - d_a)) - (b + d_a);
    /* Beyond, the result is 0 or inf, and what is lost may be NaN. */
    rc_scaled e = rc_exp_scaled(d, fabs(d) < 1000.0 ? d_lo : 0.0);
    return rc_scale_f64(e.hi, e.n);
}

/* x / (1 + e^-x). x = -inf gives NaN, as -inf * 0 does. Bound 0.8 ulp. */
RC_MATH double rc_silu_f64(double x)
{
    return rc_times_sigmoid(x, x, 0.0);
}

/* x tanh(softplus x). With v = e^-|x| the factor is (1 + 2v) / (1 + 2v + 2v^2) for x >= 0, else
 * v (2 + v) / (2 + 2v + v^2): sums of positive terms. x = -inf gives NaN, as -inf * 0 does.
 * Bound 1.7 ulp. */
RC_MATH double rc_mish_f64(double x)
{
    rc_scaled e = rc_exp_scaled(-fabs(x), 0.0);
    double v = rc_scale_f64(e.hi, e.n);
    double one = x < 0.0 ? 2.0 : 1.0;
    double w = x < 0.0 ? v : 2.0 * v;
    double n = one + w;
    double b = one + 2.0 * v;
    double p = w * v;
    double d = b + p;
    double d_lo = (p - (d - b)) + (2.0 * v - (b - one));
    double q = rc_quotient(n, w - (n - one), d, d_lo);
    double cut = x < -2000.0 ? -2000.0 : x;
    double f = x < 0.0 ? cut * e.hi : x;
    double f_lo = x < 0.0 ? fma(cut, e.hi, -f) + cut * e.lo : 0.0;
    double y = fma(f, q, f_lo * q);
    y = x < 0.0 ? rc_scale_f64(y, e.n) : y;
    y = x == 0.0 ? x : y;
    return x == -(double)INFINITY ? (double)NAN : y;
}

/* x times the normal distribution function. x = -inf gives NaN, as -inf * 0 does. Bound 0.9 ulp. */
RC_MATH double rc_gelu_f64(double x)
{
    rc_scaled t = rc_normal_cdf_scaled(x);
    double cut = x < -2000.0 ? -2000.0 : x;
    double hi = cut * t.hi;
    double y = rc_scale_f64(hi + (fma(cut, t.hi, -hi) + cut * t.lo), t.n);
    y = x > 40.0 ? x : y;
    y = x == 0.0 ? x : y;
    return x == -(double)INFINITY ? (double)NAN : y;
}

/* x / 2 (1 + tanh w) = x / (1 + e^-2w), w = sqrt(2/pi) (x + 0.044715 x^3): 2w = x (C + D x^2).
 * x = -inf gives NaN. Bound 0.8 ulp. */
RC_MATH double rc_gelu_tanh_f64(double x)
{
    const double c = 0x1.9884533d43651p+0, c_lo = -0x1.cbc0d30ebfd15p-54;
    const double d = 0x1.2444f2a4d8b4bp-4, d_lo = -0x1.6c843a29d1c7p-61;
    double a = x < -50.0 ? -50.0 : x; /* 2w is far out on both sides */
    a = a > 50.0 ? 50.0 : a;
    double sq = a * a;
    double p = d * sq;
    double p_lo = fma(d, sq, -p) + fma(d, fma(a, a, -sq), d_lo * sq);
    double s = c + p;
    double s_c = s - c;
    double s_lo = (c - (s - s_c)) + (p - s_c) + (c_lo + p_lo);
    double v = a * s;
    return rc_times_sigmoid(x, v, fma(a, s, -v) + a * s_lo);
}

/* The links of binary models. */

/* 1/2 + atan(y) / pi; for y < 0 (1/2 - base) - atan(t) / pi, which does not cancel.
 * Bound 1.5 ulp where the result is denormal, else 0.7. */
RC_MATH double rc_cauchit_f64(double y)
{
    const double c = 0x1.45f306dc9c883p-2, c_lo = -0x1.6b01ec5417056p-56; /* 1 / pi */
    rc_atan_parts a = rc_atan_abs(y);
    double base = y < 0.0 ? 0.5 - a.base : 0.5 + a.base;
    double t = a.t * c;
    double t_lo = fma(a.t, c, -t) + fma(a.t, c_lo, a.t_lo * c);
    t = y < 0.0 ? -t : t;
    double hi = base + t;
    return hi + ((t - (hi - base)) + (y < 0.0 ? -t_lo : t_lo));
}

/* 1 - exp(-exp(y)). Bound 1.5 ulp. */
RC_MATH double rc_cloglog_f64(double y)
{
    return -rc_expm1_f64(-rc_exp_f64(y));
}

/* c + c_lo + (r + r_lo) (h + *lo): a step of Horner's rule in two words. */
RC_MATH double rc_horner2(double c, double c_lo, double r, double r_lo, double h, double *lo)
{
    double m = r * h;
    double s = c + m;
    *lo = (m - (s - c)) + (fma(r, h, -m) + fma(r, *lo, fma(r_lo, h, c_lo)));
    return s;
}

/* exp(-exp(-y)). The inner result is up to 745, and its error is an exponent: it takes two words,
 * some 65 bits. Bound 0.9 ulp. */
RC_MATH double rc_loglog_f64(double y)
{
    double x = y < -7.0 ? 7.0 : -y; /* 0 there */
    x = x < -800.0 ? -800.0 : x;    /* 1 there */
    rc_exp_reduced e = rc_exp_reduce(x, 0.0);
    double p = 1.0 / 1307674368000.0; /* 1/15! */
    p = fma(p, e.r, 1.0 / 87178291200.0);
    p = fma(p, e.r, 1.0 / 6227020800.0);
    p = fma(p, e.r, 1.0 / 479001600.0);
    p = fma(p, e.r, 1.0 / 39916800.0);
    p = fma(p, e.r, 1.0 / 3628800.0);
    p = fma(p, e.r, 1.0 / 362880.0);
    p = fma(p, e.r, 1.0 / 40320.0);
    p = fma(p, e.r, 1.0 / 5040.0);
    p = fma(p, e.r, 1.0 / 720.0);
    p = fma(p, e.r, 1.0 / 120.0);
    p = fma(p, e.r, 1.0 / 24.0);
    double lo = 0.0;
    double hi = rc_horner2(1.0 / 6.0, 0x1.5555555555555p-57, e.r, e.r_lo, p, &lo);
    hi = rc_horner2(0.5, 0.0, e.r, e.r_lo, hi, &lo);
    hi = rc_horner2(1.0, 0.0, e.r, e.r_lo, hi, &lo);
    hi = rc_horner2(1.0, 0.0, e.r, e.r_lo, hi, &lo);
    rc_scaled w = rc_exp_scaled(-rc_scale_f64(hi, e.n), -rc_scale_f64(lo, e.n));
    return rc_scale_f64(w.hi, w.n);
}

RC_REAL_F32(silu)
RC_REAL_F32(mish)
RC_REAL_F32(gelu)
RC_REAL_F32(gelu_tanh)
RC_REAL_F32(cauchit)
RC_REAL_F32(cloglog)
RC_REAL_F32(loglog)

#endif
