/* real_erf.h - the error function and the normal distribution, by the rules of real.h. */
#ifndef RC_SCORE_REAL_ERF_H
#define RC_SCORE_REAL_ERF_H

#include "score/real.h"

/* erf(x) / x - 1 in z = x^2 < 1/4, by Taylor's series: the first term left out is under 2^-60. */
RC_MATH double rc_erf_series(double z)
{
    double p = -0x1.d8453cb0c46eap-38;
    p = fma(p, z, 0x1.9e6ad5e55a73p-34);
    p = fma(p, z, -0x1.51d7181c5d36dp-30);
    p = fma(p, z, 0x1.fcc5720624c1cp-27);
    p = fma(p, z, -0x1.5f742ec43e71ap-23);
    p = fma(p, z, 0x1.b9e6c9dc651a3p-20);
    p = fma(p, z, -0x1.f4d25c3e0c2ebp-17);
    p = fma(p, z, 0x1.f9a326f9b89b7p-14);
    p = fma(p, z, -0x1.c02db40040b86p-11);
    p = fma(p, z, 0x1.565bcd0e6a53fp-8);
    p = fma(p, z, -0x1.b82ce31288b51p-6);
    p = fma(p, z, 0x1.ce2f21a042be2p-4);
    p = fma(p, z, -0x1.812746b0379e7p-2);
    p = fma(p, z, 0x1.06eba8214db69p-3);
    return p;
}

/* (1 + 2a) e^(a^2) erfc(a) for a in 0.5..28, a fit in u = (73 a - 284) / (55 a + 220) with an
 * error under 2^-57; *lo is what is lost. */
RC_MATH double rc_erfcx_fit(double a, double *lo)
{
    const double c = 0x1.3c24d628d2216p+0, c_lo = -0x1.066eb08931d74p-56;
    double u = fma(73.0, a, -284.0) / fma(55.0, a, 220.0);
    double p = -0x1.3b8b7d9d64267p-35;
    p = fma(p, u, -0x1.7169a671ecdcep-35);
    p = fma(p, u, 0x1.63b8e71dfb963p-31);
    p = fma(p, u, 0x1.4e2c7a09a99f5p-32);
    p = fma(p, u, -0x1.26954dea81839p-27);
    p = fma(p, u, 0x1.c9ae4cae204b7p-28);
    p = fma(p, u, 0x1.a8be82cbda4b4p-24);
    p = fma(p, u, -0x1.32dc04cd2d7e8p-22);
    p = fma(p, u, -0x1.65d3f9fcc2939p-21);
    p = fma(p, u, 0x1.9a2f744d2c75dp-18);
    p = fma(p, u, -0x1.85b014e1eee84p-17);
    p = fma(p, u, -0x1.9bafc38aaa75ep-15);
    p = fma(p, u, 0x1.dce26d19ce3b3p-12);
    p = fma(p, u, -0x1.ff9f0bee8c32fp-10);
    p = fma(p, u, 0x1.83f4e4b2da83fp-8);
    p = fma(p, u, -0x1.c7f6d470d05a7p-7);
    p = fma(p, u, 0x1.a7a8889676587p-6);
    p = fma(p, u, -0x1.2c8a5470643cp-5);
    p = fma(p, u, 0x1.0dd518c020236p-5);
    p = fma(p, u, 0x1.db125e5875bc7p-8);
    p = fma(p, u, -0x1.b611a46e0f955p-4);
    double pu = p * u;
    double hi = c + pu;
    *lo = (pu - (hi - c)) + (fma(p, u, -pu) + c_lo);
    return hi;
}

/* erfc(a + a_lo) for a in 0..28, sq + sq_lo = (a + a_lo)^2. */
RC_MATH rc_scaled rc_erfc_scaled(double a, double a_lo, double sq, double sq_lo)
{
    double num_lo;
    double num = rc_erfcx_fit(a, &num_lo);
    double den = fma(2.0, a, 1.0);
    double den_1 = den - 1.0;
    double den_lo = (1.0 - (den - den_1)) + (2.0 * a - den_1) + 2.0 * a_lo;
    double r = 1.0 / den;
    double q = num * r;
    double q_lo = (fma(-q, den, num) + fma(-q, den_lo, num_lo)) * r;
    rc_scaled e = rc_exp_scaled(-sq, -sq_lo);
    double hi = q * e.hi;
    double lo = fma(q, e.hi, -hi) + fma(q, e.lo, q_lo * e.hi);
    double near = 1.0 - a;
    double near_lo = ((1.0 - near) - a) - fma(a, rc_erf_series(sq), a_lo);
    return (rc_scaled){
        .hi = a < 0.5 ? near : hi, .lo = a < 0.5 ? near_lo : lo, .n = a < 0.5 ? 0.0 : e.n};
}

RC_MATH rc_scaled rc_erfc_abs(double x)
{
    double a = fabs(x);
    a = a > 28.0 ? 28.0 : a; /* under 2^-1100 */
    double sq = a * a;
    return rc_erfc_scaled(a, 0.0, sq, fma(a, a, -sq));
}

/* c - (hi + lo) 2^n for c = 1 or 2 and a term of at most 1, and what was lost. */
RC_MATH rc_scaled rc_complement(double c, rc_scaled t)
{
    double hi = rc_scale_f64(t.hi, t.n);
    double d = c - hi;
    return (rc_scaled){.hi = d, .lo = ((c - d) - hi) - rc_scale_f64(t.lo, t.n), .n = 0.0};
}

/* erfc x = 1 - erf x. Bound 1 ulp. */
RC_MATH double rc_erfc_f64(double x)
{
    rc_scaled t = rc_erfc_abs(x);
    rc_scaled c = rc_complement(2.0, t);
    return x < 0.0 ? c.hi + c.lo : rc_scale_f64(t.hi + t.lo, t.n);
}

/* erf x. Bound 0.8 ulp. */
RC_MATH double rc_erf_f64(double x)
{
    rc_scaled c = rc_complement(1.0, rc_erfc_abs(x));
    double y = fabs(x) < 0.5 ? fma(x, rc_erf_series(x * x), x) : copysign(c.hi + c.lo, x);
    return x == 0.0 ? x : y;
}

/* The normal distribution function: erfc(-x / sqrt 2) / 2, the square halved, not the quotient
 * squared, and the rounding of the quotient carried. */
RC_MATH rc_scaled rc_normal_cdf_scaled(double x)
{
    const double c = 0x1.6a09e667f3bcdp-1; /* sqrt(1/2) */
    const double c_lo = -0x1.bdd3413b26456p-55;
    double a = fabs(x);
    a = a > 39.5 ? 39.5 : a; /* under 2^-1100 */
    double q = a * c;
    double sq = a * a;
    rc_scaled t = rc_erfc_scaled(q, fma(a, c, -q) + a * c_lo, 0.5 * sq, 0.5 * fma(a, a, -sq));
    t.n -= 1.0;
    rc_scaled u = rc_complement(1.0, t);
    return (rc_scaled){
        .hi = x < 0.0 ? t.hi : u.hi, .lo = x < 0.0 ? t.lo : u.lo, .n = x < 0.0 ? t.n : 0.0};
}

/* Bound 1 ulp. */
RC_MATH double rc_normal_cdf_f64(double x)
{
    rc_scaled t = rc_normal_cdf_scaled(x);
    return rc_scale_f64(t.hi + t.lo, t.n);
}

RC_REAL_F32(erf)
RC_REAL_F32(erfc)
RC_REAL_F32(normal_cdf)

#endif
