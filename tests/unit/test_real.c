/* test_real.c - the elementary functions against correctly rounded values, and against themselves
 * in vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "score/curves.h"
#include "score/real_trig.h"

/* NAME(function, how many doubles the result may be away from the correctly rounded one: a bound of
 * b ulp in the header is one of b + 1/2, downwards) */
#define FUNCTIONS(NAME) \
    NAME(exp, 1)        \
    NAME(expm1, 1)      \
    NAME(log, 1)        \
    NAME(log1p, 1)      \
    NAME(tanh, 1)       \
    NAME(sigmoid, 1)    \
    NAME(softplus, 2)   \
    NAME(erf, 1)        \
    NAME(erfc, 1)       \
    NAME(atan, 1)       \
    NAME(normal_cdf, 1) \
    NAME(silu, 1)       \
    NAME(mish, 2)       \
    NAME(gelu, 1)       \
    NAME(gelu_tanh, 1)  \
    NAME(cauchit, 2)    \
    NAME(cloglog, 2)    \
    NAME(loglog, 1)     \
    NAME(sin, 1)        \
    NAME(cos, 1)

typedef void loop(double *y, const double *x, size_t n);

#define NO_INLINE __attribute__((noinline))

#define LOOPS(name, bound)                                                   \
    static double one_##name(double x)                                       \
    {                                                                        \
        return rc_##name##_f64(x);                                           \
    }                                                                        \
    static float one_float_##name(float x)                                   \
    {                                                                        \
        return rc_##name##_f32(x);                                           \
    }                                                                        \
    static NO_INLINE void plain_##name(double *y, const double *x, size_t n) \
    {                                                                        \
        for (size_t i = 0; i < n; i++)                                       \
            y[i] = rc_##name##_f64(x[i]);                                    \
    }
FUNCTIONS(LOOPS)

/* The same loops with fma as an instruction, which lets the compiler make vectors of them. */
#if defined(__x86_64__)
#define VECTOR_LOOPS(name, bound)                                            \
    static NO_INLINE __attribute__((target("avx2,fma"))) void vector_##name( \
        double *y, const double *x, size_t n)                                \
    {                                                                        \
        for (size_t i = 0; i < n; i++)                                       \
            y[i] = rc_##name##_f64(x[i]);                                    \
    }
FUNCTIONS(VECTOR_LOOPS)
#define VECTOR(name) vector_##name
#else
#define VECTOR(name) NULL
#endif

static const struct function {
    const char *name;
    int64_t bound;
    double (*one)(double x);
    float (*one_float)(float x);
    loop *plain, *vector;
} functions[] = {
#define ROW(name, bound) {#name, bound, one_##name, one_float_##name, plain_##name, VECTOR(name)},
    FUNCTIONS(ROW)
#undef ROW
};

enum { N_FUNCTIONS = sizeof(functions) / sizeof(functions[0]) };

/* Numbers of a line on which neighbouring doubles are neighbours; both zeros are 0. */
static int64_t rank_of(double x)
{
    int64_t u = (int64_t)rc_bits_f64(fabs(x));
    return signbit(x) ? -u : u;
}

static void check(const struct function *f, double x, double y)
{
    double got = f->one(x);
    int64_t away = isnan(got) ? INT64_MAX : llabs(rank_of(got) - rank_of(y));
    if (away > f->bound || (y == 0.0 && got == 0.0 && signbit(got) != signbit(y)))
        fail_msg("%s(%a) is %a, not %a", f->name, x, got, y);
    /* Of a float argument, the double result can be a neighbour without the float being one. */
    if ((double)(float)x == x && f->one_float((float)x) != (float)y)
        fail_msg("%s(%af) is %a, not %a", f->name, x, f->one_float((float)x), (float)y);
}

static FILE *open_values(void)
{
    char path[4096];
    const char *folder = getenv("RC_TESTDATA");
    assert_non_null(folder);
    snprintf(path, sizeof(path), "%s/real/values.txt", folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    return file;
}

static void test_values_are_within_their_bounds(void **state)
{
    (void)state;
    FILE *file = open_values();
    const struct function *f = NULL;
    size_t n_functions = 0;
    char line[128];
    while (fgets(line, sizeof(line), file) != NULL) {
        if (line[0] == '#') {
            line[strcspn(line, "\n")] = '\0';
            for (f = functions; f < functions + N_FUNCTIONS && strcmp(f->name, line + 2) != 0;)
                f++;
            assert_true(f < functions + N_FUNCTIONS);
            n_functions++;
        } else {
            char *end;
            double x = strtod(line, &end);
            check(f, x, strtod(end, NULL));
        }
    }
    fclose(file);
    assert_int_equal(n_functions, N_FUNCTIONS);
}

/* f(-inf), f(-0), f(0), f(inf). */
static void assert_edges(double (*f)(double), double a, double b, double c, double d)
{
    const double x[] = {-(double)INFINITY, -0.0, 0.0, (double)INFINITY};
    const double y[] = {a, b, c, d};
    for (size_t i = 0; i < 4; i++) {
        double got = f(x[i]);
        if (isnan(y[i]))
            assert_true(isnan(got));
        else
            assert_int_equal(rc_bits_f64(got), rc_bits_f64(y[i]));
    }
    assert_true(isnan(f((double)NAN)));
}

static void test_edges_are_the_limits(void **state)
{
    (void)state;
    const double inf = (double)INFINITY, nan = (double)NAN;
    const double ln2 = 0x1.62e42fefa39efp-1, half_pi = 0x1.921fb54442d18p+0;
    const double loglog_0 = 0x1.78b56362cef38p-2;  /* e^-1 */
    const double cloglog_0 = 0x1.43a54e4e98864p-1; /* 1 - e^-1 */
    assert_edges(one_exp, 0.0, 1.0, 1.0, inf);
    assert_edges(one_expm1, -1.0, -0.0, 0.0, inf);
    assert_edges(one_log, nan, -inf, -inf, inf);
    assert_edges(one_log1p, nan, -0.0, 0.0, inf);
    assert_edges(one_tanh, -1.0, -0.0, 0.0, 1.0);
    assert_edges(one_sigmoid, 0.0, 0.5, 0.5, 1.0);
    assert_edges(one_softplus, 0.0, ln2, ln2, inf);
    assert_edges(one_erf, -1.0, -0.0, 0.0, 1.0);
    assert_edges(one_erfc, 2.0, 1.0, 1.0, 0.0);
    assert_edges(one_atan, -half_pi, -0.0, 0.0, half_pi);
    assert_edges(one_normal_cdf, 0.0, 0.5, 0.5, 1.0);
    assert_edges(one_silu, nan, -0.0, 0.0, inf);
    assert_edges(one_mish, nan, -0.0, 0.0, inf);
    assert_edges(one_gelu, nan, -0.0, 0.0, inf);
    assert_edges(one_gelu_tanh, nan, -0.0, 0.0, inf);
    assert_edges(one_cauchit, 0.0, 0.5, 0.5, 1.0);
    assert_edges(one_cloglog, 0.0, cloglog_0, cloglog_0, 1.0);
    assert_edges(one_loglog, 0.0, loglog_0, loglog_0, 1.0);
    assert_edges(one_sin, nan, -0.0, 0.0, nan);
    assert_edges(one_cos, nan, 1.0, 1.0, nan);
}

static void test_logarithms_know_their_domain(void **state)
{
    (void)state;
    assert_true(isnan(one_log(-5e-324)) && isnan(one_log(-1e300)));
    assert_true(isnan(one_log1p(-1.0000000000000002)) && isnan(one_log1p(-1e300)));
    assert_true(one_log1p(-1.0) == -(double)INFINITY);
}

/* Arguments of all kinds, by xorshift64* (Marsaglia, Vigna): any bits, and plain ones. */
static void fill_arguments(double *x, size_t n)
{
    static const double spans[] = {1.0, 8.0, 40.0, 800.0};
    uint64_t s = UINT64_C(88172645463325252);
    for (size_t i = 0; i < n; i++) {
        s ^= s >> 12;
        s ^= s << 25;
        s ^= s >> 27;
        uint64_t u = s * UINT64_C(2685821657736338717);
        double unit = (double)(u >> 11) * 0x1p-52 - 1.0;
        x[i] = i % 5 == 4 ? rc_from_bits_f64(u) : unit * spans[i % 5];
    }
}

static void assert_same_bits(const char *name, const double *x, const double *a, const double *b,
                             size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (rc_bits_f64(a[i]) != rc_bits_f64(b[i]) && !(isnan(a[i]) && isnan(b[i])))
            fail_msg("%s(%a) is %a in a vector, else %a", name, x[i], b[i], a[i]);
}

static void test_vectors_give_the_same_bits(void **state)
{
    (void)state;
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
#endif
    {
        print_message("no AVX2 and FMA here: vectors are not compared\n");
        skip();
    }
    /* An odd length: the last ones are computed by the loop's scalar end. */
    const size_t n = 1000003;
    double *x = malloc(3 * n * sizeof(double));
    assert_non_null(x);
    double *a = x + n, *b = a + n;
    fill_arguments(x, n);
    for (size_t f = 0; f < N_FUNCTIONS; f++) {
        functions[f].plain(a, x, n);
        functions[f].vector(b, x, n);
        assert_same_bits(functions[f].name, x, a, b, n);
    }
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_are_within_their_bounds),
        cmocka_unit_test(test_edges_are_the_limits),
        cmocka_unit_test(test_logarithms_know_their_domain),
        cmocka_unit_test(test_vectors_give_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
