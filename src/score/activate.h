/* activate.h - activations, links and softmax over arrays, for one type; a template.
 *
 * Before including it: REAL is float or double, REAL_FN(name) is name##_f32 or name##_f64. It
 * defines static functions only, of which activate, link_apply and softmax are meant for others.
 * No guard: it is included once a type.
 *
 * Parameters are rounded to REAL first, as a framework holds them. Functions are computed in double
 * and rounded to REAL once; what is a product or a sum only (relu, leaky_relu, softsign,
 * hard_sigmoid) is computed in REAL, each operation rounded, as frameworks do. NaN gives NaN.
 * Infinities give what the frameworks' formulas give: silu, gelu and mish of -inf are -inf * 0, and
 * softsign of either is inf / inf: NaN. */
#include "score/curves.h"

/* Keras's layer: max from max upwards, x from threshold upwards, else slope (x - threshold); with
 * slope 0 that is +0, also for -inf. */
static inline void REAL_FN(relu)(const rc_activation_spec *spec, REAL *y, size_t n)
{
    const REAL max = (REAL)spec->max, threshold = (REAL)spec->threshold, slope = (REAL)spec->slope;
    for (size_t i = 0; i < n; i++) {
        REAL x = y[i];
        REAL below = slope == 0 ? 0 : slope * (x - threshold);
        REAL v = x < threshold ? below : x;
        y[i] = x >= max ? max : v;
    }
}

static inline void REAL_FN(leaky_relu)(const rc_activation_spec *spec, REAL *y, size_t n)
{
    const REAL alpha = (REAL)spec->alpha;
    for (size_t i = 0; i < n; i++)
        y[i] = y[i] < 0 ? alpha * y[i] : y[i];
}

/* scale x from 0 upwards, else scale alpha expm1(x / width). */
static inline void REAL_FN(elu_general)(double alpha, double width, double scale, REAL *y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double x = y[i];
        double below = alpha * rc_expm1_f64(x / width);
        y[i] = (REAL)(scale * (x < 0.0 ? below : x));
    }
}

static inline void REAL_FN(elu_family)(const rc_activation_spec *spec, REAL *y, size_t n)
{
    const REAL alpha = (REAL)spec->alpha;
    if (spec->fn == RC_ACT_ELU) {
        REAL_FN(elu_general)(alpha, 1.0, 1.0, y, n);
    } else if (spec->fn == RC_ACT_CELU) {
        REAL_FN(elu_general)(alpha, alpha, 1.0, y, n);
    } else { /* Klambauer et al. 2017, Self-Normalizing Neural Networks: fixed point at (0, 1) */
        const REAL selu_alpha = (REAL)1.6732632423543772, scale = (REAL)1.0507009873554805;
        REAL_FN(elu_general)(selu_alpha, 1.0, scale, y, n);
    }
}

static inline void REAL_FN(hard_sigmoid)(const rc_activation_spec *spec, REAL *y, size_t n)
{
    const REAL alpha = (REAL)spec->alpha, beta = (REAL)spec->beta;
    for (size_t i = 0; i < n; i++) {
        REAL t = alpha * y[i];
        REAL v = t + beta;
        v = v < 0 ? 0 : v;
        y[i] = v > 1 ? 1 : v;
    }
}

static inline void REAL_FN(softsign)(REAL *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = y[i] / (1 + (y[i] < 0 ? -y[i] : y[i]));
}

/* The activations without parameters that are one function of real.h or curves.h. */
static inline void REAL_FN(activate_curve)(rc_activation fn, REAL *y, size_t n)
{
    if (fn == RC_ACT_GELU)
        for (size_t i = 0; i < n; i++)
            y[i] = REAL_FN(rc_gelu)(y[i]);
    else if (fn == RC_ACT_GELU_TANH)
        for (size_t i = 0; i < n; i++)
            y[i] = REAL_FN(rc_gelu_tanh)(y[i]);
    else if (fn == RC_ACT_SIGMOID)
        for (size_t i = 0; i < n; i++)
            y[i] = REAL_FN(rc_sigmoid)(y[i]);
    else if (fn == RC_ACT_TANH)
        for (size_t i = 0; i < n; i++)
            y[i] = REAL_FN(rc_tanh)(y[i]);
    else if (fn == RC_ACT_SOFTPLUS)
        for (size_t i = 0; i < n; i++)
            y[i] = REAL_FN(rc_softplus)(y[i]);
    else if (fn == RC_ACT_SILU)
        for (size_t i = 0; i < n; i++)
            y[i] = REAL_FN(rc_silu)(y[i]);
    else if (fn == RC_ACT_MISH)
        for (size_t i = 0; i < n; i++)
            y[i] = REAL_FN(rc_mish)(y[i]);
    else if (fn == RC_ACT_EXP)
        for (size_t i = 0; i < n; i++)
            y[i] = REAL_FN(rc_exp)(y[i]);
}

/* y = spec(y), n values. */
static inline void REAL_FN(activate)(const rc_activation_spec *spec, REAL *y, size_t n)
{
    switch (spec->fn) {
    case RC_ACT_IDENTITY:
        break;
    case RC_ACT_RELU:
        REAL_FN(relu)(spec, y, n);
        break;
    case RC_ACT_LEAKY_RELU:
        REAL_FN(leaky_relu)(spec, y, n);
        break;
    case RC_ACT_ELU:
    case RC_ACT_CELU:
    case RC_ACT_SELU:
        REAL_FN(elu_family)(spec, y, n);
        break;
    case RC_ACT_HARD_SIGMOID:
        REAL_FN(hard_sigmoid)(spec, y, n);
        break;
    case RC_ACT_SOFTSIGN:
        REAL_FN(softsign)(y, n);
        break;
    case RC_ACT_GELU:
    case RC_ACT_GELU_TANH:
    case RC_ACT_SIGMOID:
    case RC_ACT_TANH:
    case RC_ACT_SOFTPLUS:
    case RC_ACT_SILU:
    case RC_ACT_MISH:
    case RC_ACT_EXP:
        REAL_FN(activate_curve)(spec->fn, y, n);
        break;
    }
}

/* y = link(y), n values, for the links that work on each value alone; the others leave y. */
static inline void REAL_FN(link_apply)(rc_link link, REAL *y, size_t n)
{
    if (link == RC_LINK_SIGMOID)
        REAL_FN(activate_curve)(RC_ACT_SIGMOID, y, n);
    else if (link == RC_LINK_EXP)
        REAL_FN(activate_curve)(RC_ACT_EXP, y, n);
    else if (link == RC_LINK_PROBIT)
        for (size_t i = 0; i < n; i++)
            y[i] = REAL_FN(rc_normal_cdf)(y[i]);
    else if (link == RC_LINK_CLOGLOG)
        for (size_t i = 0; i < n; i++)
            y[i] = REAL_FN(rc_cloglog)(y[i]);
    else if (link == RC_LINK_LOGLOG)
        for (size_t i = 0; i < n; i++)
            y[i] = REAL_FN(rc_loglog)(y[i]);
    else if (link == RC_LINK_CAUCHIT)
        for (size_t i = 0; i < n; i++)
            y[i] = REAL_FN(rc_cauchit)(y[i]);
}

/* Rows of one block of softmax: what it keeps of a row stays in the first cache. */
#define RC_SOFTMAX_ROWS 64

/* What softmax knows of each row: the largest value, and the sum of exp(value - largest), in class
 * order, in two words. One term is 1, so that the logarithm of the sum is log1p of the others: it
 * keeps its digits where one class has nearly everything. */
typedef struct REAL_FN(softmax_state) {
    double top[RC_SOFTMAX_ROWS], sum[RC_SOFTMAX_ROWS], sum_lo[RC_SOFTMAX_ROWS];
} REAL_FN(softmax_state);

static inline void REAL_FN(softmax_top)(REAL_FN(softmax_state) * s, const REAL *y, size_t n_classes,
                                        size_t stride, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        s->top[i] = -(double)INFINITY;
        s->sum[i] = 0.0;
        s->sum_lo[i] = 0.0;
    }
    for (size_t c = 0; c < n_classes; c++)
        for (size_t i = 0; i < n; i++)
            s->top[i] = y[c * stride + i] > s->top[i] ? y[c * stride + i] : s->top[i];
}

/* Adds a class to the sums; e (n) are its exponentials. */
static inline void REAL_FN(softmax_add)(REAL_FN(softmax_state) * s, const REAL *y, double *e,
                                        size_t n)
{
    for (size_t i = 0; i < n; i++)
        e[i] = rc_exp_minus_f64(y[i], s->top[i]);
    for (size_t i = 0; i < n; i++) {
        double sum = s->sum[i] + e[i];
        double e_part = sum - s->sum[i];
        s->sum_lo[i] += (s->sum[i] - (sum - e_part)) + (e[i] - e_part);
        s->sum[i] = sum;
    }
}

static inline void REAL_FN(softmax_block)(REAL *y, size_t n_classes, size_t stride, size_t n,
                                          bool log)
{
    REAL_FN(softmax_state) s;
    double e[RC_SOFTMAX_ROWS];
    REAL_FN(softmax_top)(&s, y, n_classes, stride, n);
    for (size_t c = 0; c < n_classes; c++) {
        REAL_FN(softmax_add)(&s, y + c * stride, e, n);
        if (!log)
            for (size_t i = 0; i < n; i++)
                y[c * stride + i] = (REAL)e[i];
    }
    for (size_t i = 0; i < n; i++)
        e[i] = rc_log1p_f64((s.sum[i] - 1.0) + s.sum_lo[i]);
    for (size_t c = 0; c < n_classes; c++) {
        REAL *row = y + c * stride;
        if (log)
            for (size_t i = 0; i < n; i++)
                row[i] = (REAL)((row[i] - s.top[i]) - e[i]);
        else
            for (size_t i = 0; i < n; i++)
                row[i] = (REAL)(row[i] / s.sum[i]);
    }
}

/* Softmax over the classes of n_rows rows; y is (n_classes, stride), a row of the table a column
 * of it. For float the exponentials are rounded to float before the division in double, whose
 * result is rounded once: within 1.01 ulp of float. A row with a NaN, a +inf, or nothing but -inf
 * gives NaNs. */
static inline void REAL_FN(softmax)(REAL *y, size_t n_classes, size_t stride, size_t n_rows,
                                    bool log)
{
    for (size_t r = 0; r < n_rows; r += RC_SOFTMAX_ROWS) {
        size_t n = n_rows - r < RC_SOFTMAX_ROWS ? n_rows - r : RC_SOFTMAX_ROWS;
        REAL_FN(softmax_block)(y + r, n_classes, stride, n, log);
    }
}
