/* kernels_fn.h - the functions of elementwise, for one type; a template as kernels_real.h, which
 * includes it.
 *
 * a, b and c are the operands. What is exact, or rounded to the last bit, is done in double.
 * No guard: it is meant to be included again. */

#define FN(name, result)                                                      \
    static void REAL_FN(fn_##name)(const rc_columns in[3], REAL *y, size_t w) \
    {                                                                         \
        for (size_t i = 0; i < w; i++, y += RC_TILE_ROWS) {                   \
            const REAL *a_of = (const REAL *)in[0].x + i * in[0].stride;      \
            const REAL *b_of = (const REAL *)in[1].x + i * in[1].stride;      \
            const REAL *c_of = (const REAL *)in[2].x + i * in[2].stride;      \
            for (size_t r = 0; r < RC_TILE_ROWS; r++) {                       \
                const REAL a = a_of[r], b = b_of[r], c = c_of[r];             \
                (void)a, (void)b, (void)c;                                    \
                y[r] = (REAL)(result);                                        \
            }                                                                 \
        }                                                                     \
    }

/* As NumPy: fmod, moved to the sign of b; a zero has that sign. */
static inline REAL REAL_FN(modulo)(REAL a, REAL b)
{
    REAL m = (REAL)fmod((double)a, (double)b);
    if (m == 0)
        return (REAL)copysign(0.0, (double)b);
    return b != 0 && (b < 0) != (m < 0) ? m + b : m;
}

FN(add, a + b)
FN(sub, a - b)
FN(mul, a *b)
FN(div, a / b)
FN(pow, rc_pow_f64((double)a, (double)b))
FN(min, a < b || a != a ? a : b)
FN(max, a > b || a != a ? a : b)
FN(mod, REAL_FN(modulo)(a, b))
FN(eq, a == b ? 1 : 0)
FN(ne, a != b ? 1 : 0)
FN(lt, a < b ? 1 : 0)
FN(le, a <= b ? 1 : 0)
FN(gt, a > b ? 1 : 0)
FN(ge, a >= b ? 1 : 0)
FN(and, ((a != 0) & (b != 0)) ? 1 : 0)
FN(or, ((a != 0) | (b != 0)) ? 1 : 0)
FN(neg, -a)
FN(abs, fabs((double)a))
FN(sqrt, sqrt((double)a))
FN(square, a *a)
FN(exp, rc_exp_f64((double)a))
FN(expm1, rc_expm1_f64((double)a))
FN(log, rc_log_f64((double)a))
FN(log1p, rc_log1p_f64((double)a))
FN(log10, rc_log10_f64((double)a))
FN(reciprocal, 1 / a)
FN(erf, rc_erf_f64((double)a))
FN(sign, a > 0 ? 1 : a < 0 ? -1 : a != a ? a : 0)
FN(floor, floor((double)a))
FN(ceil, ceil((double)a))
FN(round, rint((double)a))
FN(not, a == 0 ? 1 : 0)
FN(isnan, a != a ? 1 : 0)
FN(if, a != 0 ? b : c)

#undef FN

/* All as near angles, in vectors; then those few again that are not. */
#define TRIG(name)                                                            \
    static void REAL_FN(fn_##name)(const rc_columns in[3], REAL *y, size_t w) \
    {                                                                         \
        for (size_t i = 0; i < w; i++, y += RC_TILE_ROWS) {                   \
            const REAL *x = (const REAL *)in[0].x + i * in[0].stride;         \
            for (size_t r = 0; r < RC_TILE_ROWS; r++)                         \
                y[r] = (REAL)rc_##name##_near_f64((double)x[r]);              \
            for (size_t r = 0; r < RC_TILE_ROWS; r++)                         \
                if (!(fabs((double)x[r]) < RC_TRIG_NEAR))                     \
                    y[r] = (REAL)rc_##name##_far_f64((double)x[r]);           \
        }                                                                     \
    }

TRIG(sin)
TRIG(cos)

#undef TRIG

static void REAL_FN(elementwise)(rc_elementwise fn, const rc_columns in[3], void *y, size_t w)
{
    static void (*const fns[])(const rc_columns in[3], REAL *y, size_t w) = {
        [RC_FN_ADD] = REAL_FN(fn_add),     [RC_FN_SUB] = REAL_FN(fn_sub),
        [RC_FN_MUL] = REAL_FN(fn_mul),     [RC_FN_DIV] = REAL_FN(fn_div),
        [RC_FN_POW] = REAL_FN(fn_pow),     [RC_FN_MIN] = REAL_FN(fn_min),
        [RC_FN_MAX] = REAL_FN(fn_max),     [RC_FN_MOD] = REAL_FN(fn_mod),
        [RC_FN_EQ] = REAL_FN(fn_eq),       [RC_FN_NE] = REAL_FN(fn_ne),
        [RC_FN_LT] = REAL_FN(fn_lt),       [RC_FN_LE] = REAL_FN(fn_le),
        [RC_FN_GT] = REAL_FN(fn_gt),       [RC_FN_GE] = REAL_FN(fn_ge),
        [RC_FN_AND] = REAL_FN(fn_and),     [RC_FN_OR] = REAL_FN(fn_or),
        [RC_FN_NEG] = REAL_FN(fn_neg),     [RC_FN_ABS] = REAL_FN(fn_abs),
        [RC_FN_SQRT] = REAL_FN(fn_sqrt),   [RC_FN_SQUARE] = REAL_FN(fn_square),
        [RC_FN_EXP] = REAL_FN(fn_exp),     [RC_FN_EXPM1] = REAL_FN(fn_expm1),
        [RC_FN_LOG] = REAL_FN(fn_log),     [RC_FN_LOG1P] = REAL_FN(fn_log1p),
        [RC_FN_LOG10] = REAL_FN(fn_log10), [RC_FN_RECIPROCAL] = REAL_FN(fn_reciprocal),
        [RC_FN_SIGN] = REAL_FN(fn_sign),   [RC_FN_FLOOR] = REAL_FN(fn_floor),
        [RC_FN_CEIL] = REAL_FN(fn_ceil),   [RC_FN_ROUND] = REAL_FN(fn_round),
        [RC_FN_NOT] = REAL_FN(fn_not),     [RC_FN_ISNAN] = REAL_FN(fn_isnan),
        [RC_FN_ERF] = REAL_FN(fn_erf),     [RC_FN_SIN] = REAL_FN(fn_sin),
        [RC_FN_COS] = REAL_FN(fn_cos),     [RC_FN_IF] = REAL_FN(fn_if),
    };
    fns[fn](in, y, w);
}
