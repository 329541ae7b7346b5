/* test_real_pow.c - logarithm to base ten and powers against true values, and in vectors.
 *
 * The tables are mpmath's, rounded once: mp.prec = 300; log10(x), power(x, y). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>

#include "score/real_pow.h"

static const double log10_values[][2] = {
    {0x1.0000000000001p+0, 0x1.bcb7b1526e50dp-54},
    {0x1.fffffffffffffp-1, -0x1.bcb7b1526e50fp-55},
    {0x1.4000000000000p+3, 0x1.0000000000000p+0},
    {0x1.f400000000000p+9, 0x1.8000000000000p+1},
    {0x1.0f0cf064dd592p+73, 0x1.6000000000000p+4},
    {0x1.0000000000000p+1, 0x1.34413509f79ffp-2},
    {0x1.999999999999ap-4, -0x1.0000000000000p+0},
    {0x0.0000000000001p-1022, -0x1.434e6420f4374p+8},
    {0x1.fffffffffffffp+1023, 0x1.34413509f79ffp+8},
    {0x0.00000000017b8p-1022, -0x1.3f85dbb2c4b24p+8},
    {0x1.9f767c482c9b0p+408, 0x1.ec1f435f765e3p+6},
    {0x1.cb91ce3618240p-942, -0x1.1b50eedac9747p+8},
    {0x1.d7210deee6618p-40, -0x1.78d772c58a3cap+3},
    {0x1.a6233241a8c82p-418, -0x1.f6740b4498ef0p+6},
    {0x1.1cfb10ebe5bb2p+861, 0x1.033bc03844a59p+8},
    {0x1.de527107e3ecbp+499, 0x1.2cf88cacaae21p+7},
    {0x1.8b33e963435fdp-39, -0x1.71a69fa9d7054p+3},
    {0x1.035b739765db6p-173, -0x1.a0948b0e22c90p+5},
    {0x1.687c9668f1850p-315, -0x1.7ab404c14e5e0p+6},
    {0x1.ea959c3bc2399p+535, 0x1.42aac3533b0e3p+7},
    {0x1.28dbd25861b16p-766, -0x1.cd0ca123a0bd0p+7},
    {0x1.238642f3c60d2p+762, 0x1.cae1f0fd4f173p+7},
    {0x0.0000000240decp-1022, -0x1.3ceeca7f20981p+8},
    {0x0.0000fc758c5dfp-1022, -0x1.3879a5adcb683p+8},
    {0x1.359eeef8c1479p-178, -0x1.ac0188b36cda3p+5},
    {0x1.f5cae3bf6ffe6p-381, -0x1.c999bf60fb504p+6},
    {0x1.df561d8553d74p+124, 0x1.2ccd0ba8f6028p+5},
    {0x1.504b74bec46d8p-246, -0x1.27bd561d295e0p+6},
    {0x1.8a0a8c9c092a9p-222, -0x1.0a90bffbe815fp+6},
    {0x1.2e81d67e1c79bp-254, -0x1.318e764e705a7p+6},
    {0x1.606887f8d172ep+0, 0x1.1c466bf273a1ap-3},
    {0x1.535bc738958e8p+0, 0x1.f56d644cc34fcp-4},
    {0x1.d17c66a0f7626p-1, -0x1.52d9523340019p-5},
    {0x1.e7d9b892967b6p-1, -0x1.57ca0ca6428e4p-6},
    {0x1.a1e0ef438604dp-1, -0x1.695924158f2d8p-4},
    {0x1.9a9e9bc56b34dp-1, -0x1.88856077b3154p-4},
    {0x1.7dbefea87792ap-1, -0x1.051c4c90fafdap-3},
    {0x1.d26837d16b669p-1, -0x1.4bd0bc5cdcce1p-5},
    {0x1.1f46fde387918p+0, 0x1.9a1a4958dcdbcp-5},
    {0x1.679ccd744cc36p-1, -0x1.3a3c37de892b1p-3},
    {0x1.2caf91bca6e5ep+0, 0x1.1e3320f0fa4d8p-4},
    {0x1.df80927c8ecc5p-1, -0x1.d29af25d70901p-6},
    {0x1.d57d2a09850dbp-1, -0x1.346278bba5f7ep-5},
    {0x1.45e0e16074b1ep+0, 0x1.ad53300494937p-4},
    {0x1.09597b4933265p+0, 0x1.fe78d5f769cb8p-7},
    {0x1.d7948b3513ed6p-1, -0x1.24926d7e5f46cp-5},
    {0x1.096f3090fc1fbp+0, 0x1.0182706f80200p-6},
    {0x1.317a09972524ap+0, 0x1.3a51c4f6cbca4p-4},
    {0x1.7ad44211e07f8p-1, -0x1.0beecfc5f2779p-3},
    {0x1.61f0166508ab5p+0, 0x1.202085ec247a5p-3},
};

static const double pow_values[][3] = {
    {0x1.0000000000000p+1, 0x1.0000000000000p-1, 0x1.6a09e667f3bcdp+0},
    {0x1.4000000000000p+3, 0x1.6000000000000p+4, 0x1.0f0cf064dd592p+73},
    {0x1.0000000000000p-1, 0x1.0c80000000000p+10, 0x0.0000000000001p-1022},
    {0x1.0000000000000p-1, 0x1.06a0000000000p+10, 0x0.0000000b504f3p-1022},
    {0x1.0000000000001p+0, 0x1.bc16d674ec800p+59, 0x1.44a12826f5073p+320},
    {0x1.fffffffffffffp-1, 0x1.4d1120d7b1600p+61, 0x1.668c69c748df9p-481},
    {0x1.8000000000000p+1, -0x1.0000000000000p+1, 0x1.c71c71c71c71cp-4},
    {0x1.199999999999ap+0, 0x1.9000000000000p+6, 0x1.aea4e6126bb95p+13},
    {0x1.c000000000000p+2, 0x1.6840000000000p+8, 0x1.4633111c337f0p+1011},
    {0x0.0000000000001p-1022, 0x1.0000000000000p-3, 0x1.ae89f995ad3adp-135},
    {0x0.0000000000001p-1022, 0x1.0624dd2f1a9fcp-10, 0x1.e666733f452dap-2},
    {0x1.fffffffffffffp+1023, 0x1.0000000000000p+0, 0x1.fffffffffffffp+1023},
    {0x1.fffffffffffffp+1023, -0x1.051eb851eb852p+0, 0x0.000002de2f61ep-1022},
    {0x1.87e92154ef7acp-665, 0x1.8cccccccccccdp+0, 0x0.012688b70e62bp-1022},
    {0x1.999999999999ap-4, 0x1.4040000000000p+8, 0x0.0000000000472p-1022},
    {0x1.05da847e6003ap+404, 0x0.0p+0, 0x1.0000000000000p+0},
    {0x1.6ce01a8565ed6p-1, -0x1.2c60c084f4a88p+10, 0x1.2b91521f65614p+587},
    {0x0.aedf22060597cp-1022, 0x1.91fe317e16533p-4, 0x1.9010565d33c76p-101},
    {0x1.3207c06740aa2p+0, 0x1.c000000000000p+2, 0x1.be8fac2186796p+1},
    {0x1.f486ab7e8a664p-256, 0x1.8a50b9432df0fp+1, 0x1.461b8310ce876p-786},
    {0x1.be98f6233fa18p-1, -0x1.9d9e22ff703dbp+11, 0x1.56624929b6f78p+652},
    {0x1.16d1b5afbd556p+55, 0x1.0000000000000p+2, 0x1.6838ed2696b74p+220},
    {0x1.3f567a0913d3ep+0, 0x1.263c228ca8cddp+11, 0x1.ad155a6551ea7p+750},
    {0x1.5c7fe04204fccp+396, 0x1.ff6f3a0e0934ap-1, 0x1.014489191e1c4p+396},
    {0x1.2a312dd0c4cbdp+0, 0x1.8000000000000p+3, 0x1.8f4227ed5cb31p+2},
    {0x1.4e424b8ba13bap+90, 0x1.e4d8fe12d4b66p+2, 0x1.a949600864b01p+684},
    {0x1.c55344af48e14p-1, -0x1.5e32f90c6beb6p+12, 0x1.df04ded1dd2d3p+983},
    {0x1.8c079858c24a3p-34, -0x1.0000000000000p+1, 0x1.abe1e640f1941p+66},
    {0x1.2b8ef416216b8p+0, -0x1.5f12ffe50796dp+8, 0x1.55070863e4535p-80},
    {0x1.d111eb3002dc2p+400, -0x1.9358befb0691dp-1, 0x1.2779be202d63dp-316},
    {0x1.269db8e7bdb45p+0, 0x1.6000000000000p+3, 0x1.2c2a854b5524ep+2},
    {0x1.f000feba80858p+613, -0x1.03a71f09037b6p-1, 0x1.8fadad3d7aa5dp-312},
    {0x1.4a3e783a436dep+0, 0x1.01323ca8a26fdp+11, 0x1.e702045bcc20dp+755},
    {0x1.b036d9ce64a18p+432, -0x1.0000000000000p+1, 0x1.673ccecfd1a2cp-866},
    {0x1.100cf3332d78cp+0, 0x1.4358d286b373bp+9, 0x1.aa2400b34007ep+56},
    {0x1.2a8a49e65b5dfp+422, 0x1.0f2881ac13182p+1, 0x1.5c671614f1504p+894},
    {0x1.08b8a1a98938dp+0, 0x1.4000000000000p+3, 0x1.65df408aa5591p+0},
    {0x1.142ea4d707abep+646, -0x1.0c5596ed5ed18p+0, 0x1.b1a1c7d65c39dp-678},
    {0x1.3f0ae78e9249ap+0, 0x1.ff9060dd2aa88p+8, 0x1.63eb06b1659e5p+162},
    {0x1.9fad3bf1b3e0ep+48, 0x1.6000000000000p+3, 0x1.9db76bacfa213p+535},
    {0x1.65afabad6b321p+0, -0x1.45947ed8d60bfp+10, 0x1.7a946374a9684p-629},
    {0x1.9621786e1d3b8p-320, 0x1.d1383c1ca9985p+0, 0x1.9bac04ae88255p-581},
    {0x1.2e1fa00da4d96p+0, 0x1.0000000000000p+3, 0x1.e1b0618ee33dfp+1},
    {0x1.b7ed25c156ee6p+871, 0x1.203420e881247p+0, 0x1.5d068a9848facp+981},
    {0x1.a1cd9d426cf48p-1, -0x1.554d36f3b2f13p+11, 0x1.d8fb60b0bfae6p+800},
    {0x1.1c5f474a27bcfp-317, 0x1.8000000000000p+1, 0x1.5ee5fe17fae69p-951},
    {0x1.abb344455d618p-1, 0x1.ccce691e30f1fp+11, 0x1.2713e5a446f1ep-957},
    {0x1.771fe0ab3c35cp+497, 0x1.53bfe501de255p-1, 0x1.1e60331cdfacep+330},
    {0x1.8032513a707a4p-1, -0x1.8000000000000p+2, 0x1.667dd857b6338p+2},
    {0x1.3ce38096f9fb1p+471, -0x1.175d2977f48f5p+1, 0x0.028f67d643398p-1022},
    {0x1.f7afc97ddab86p-1, 0x1.2f212cf158891p+14, 0x1.c35bbcd895edbp-459},
    {0x1.6b4a438d18845p+453, 0x1.0000000000000p+1, 0x1.01c5d88ea1764p+907},
    {0x1.9955470d6c6d2p-1, -0x1.2b987f7fb6c81p+9, 0x1.60223d6b93653p+193},
    {0x1.9059128f43d72p-245, -0x1.f575a79588047p+1, 0x1.3aaa4d10bc51cp+957},
    {0x1.20434cf208dccp+0, -0x1.0000000000000p+0, 0x1.c6b2309ea6fc1p-1},
    {0x0.000000003a479p-1022, 0x1.dd22830298c7fp-3, 0x1.ed27329aa5531p-247},
    {0x1.db40e652f2c8ep-1, -0x1.ef51c42939ed7p+12, 0x1.707dfc48671cap+851},
    {0x1.e06248bc85616p+479, 0x1.0000000000000p+0, 0x1.e06248bc85616p+479},
    {0x1.008ec7c5e0ad2p+0, -0x1.5fad393461c15p+17, 0x1.969e2b902230ap-566},
    {0x1.4a9f638f58ad3p+495, -0x1.f3fb5db84891fp-2, 0x1.1802eb6185b8cp-242},
    {0x1.4c68deb14497ap+0, -0x1.c000000000000p+2, 0x1.491319311370fp-3},
    {0x1.988700b301a48p+4, 0x1.a473576b94c59p+6, 0x1.411718d2b1833p+491},
    {0x1.d2352b1ca26dbp-1, 0x1.dbd6b6d782006p+11, 0x1.5c0ed17d9b093p-515},
    {0x1.05092dea367f6p+199, 0x1.8000000000000p+1, 0x1.0f681dd244891p+597},
    {0x1.59c63de003ec3p+0, -0x1.a82ab04a09d23p+10, 0x1.2178d25583249p-736},
    {0x1.06161d03e67d8p+756, -0x1.64356801841b7p-1, 0x1.0229423ec0060p-526},
    {0x1.74ba42a96ba21p-1, -0x1.0000000000000p+3, 0x1.95ac9b10cd776p+3},
    {0x1.d3a9832c8e731p-1006, 0x1.6635a1f77887ap-5, 0x1.08d3b46fbdaf4p-44},
    {0x1.179bc7e2eececp+0, -0x1.045c0d6c28329p+12, 0x1.cca1ac5940eb7p-531},
    {0x1.fd23a60924b06p+140, 0x1.8000000000000p+1, 0x1.f77732dcf8b15p+422},
};

static int64_t rank_of(double x)
{
    int64_t u = (int64_t)rc_bits_f64(fabs(x));
    return signbit(x) ? -u : u;
}

static bool are_neighbours(double a, double b)
{
    return !isnan(a) && llabs(rank_of(a) - rank_of(b)) <= 1;
}

static void test_log10_has_its_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(log10_values) / sizeof(*log10_values); i++) {
        double got = rc_log10_f64(log10_values[i][0]);
        if (!are_neighbours(got, log10_values[i][1]))
            fail_msg("log10(%a) is %a, not %a", log10_values[i][0], got, log10_values[i][1]);
    }
    double power = 1;
    for (int e = 0; e <= 22; e++, power *= 10) { /* exact up to 1e22 */
        assert_true(rc_log10_f64(power) == e);
        assert_true(rc_log10_f32((float)power) == (float)e);
    }
    assert_true(rc_log10_f64(0.0) == -(double)INFINITY && rc_log10_f64(-0.0) == -(double)INFINITY);
    assert_true(rc_log10_f64((double)INFINITY) == (double)INFINITY);
    assert_true(isnan(rc_log10_f64(-1.0)) && isnan(rc_log10_f64((double)NAN)));
}

static void test_powers_have_their_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(pow_values) / sizeof(*pow_values); i++) {
        double got = rc_pow_f64(pow_values[i][0], pow_values[i][1]);
        if (!are_neighbours(got, pow_values[i][2]))
            fail_msg("pow(%a, %a) is %a, not %a", pow_values[i][0], pow_values[i][1], got,
                     pow_values[i][2]);
    }
    double power = 1;
    for (int e = 0; e <= 22; e++, power *= 10)
        assert_true(rc_pow_f64(10, e) == power);
    for (int e = -1074; e < 1024; e++)
        assert_true(rc_pow_f64(2, e) == ldexp(1, e));
}

/* IEEE 754-2019, 9.2.1 */
static void test_powers_know_their_special_cases(void **state)
{
    (void)state;
    const double inf = (double)INFINITY, nan = (double)NAN, odd = 0x1.fffffffffffffp52;
    const double cases[][3] = {
        {nan, 0, 1},         {inf, -0.0, 1},         {1, nan, 1},        {1, inf, 1},
        {-1, inf, 1},        {-1, -inf, 1},          {nan, 1, nan},      {2, nan, nan},
        {0.0, -3, inf},      {-0.0, -3, -inf},       {-0.0, -2, inf},    {-0.0, -0.5, inf},
        {-0.0, 3, -0.0},     {-0.0, 2, 0.0},         {-0.0, 0.5, 0.0},   {0.0, -inf, inf},
        {0.0, inf, 0.0},     {0.5, inf, 0.0},        {0.5, -inf, inf},   {-0.5, -inf, inf},
        {2, inf, inf},       {2, -inf, 0.0},         {-2, inf, inf},     {inf, 2, inf},
        {inf, -2, 0.0},      {-inf, 3, -inf},        {-inf, 2, inf},     {-inf, 0.5, inf},
        {-inf, -3, -0.0},    {-inf, -2, 0.0},        {-2, 3, -8},        {-2, 2, 4},
        {-2, 0.5, nan},      {-2, -0.1, nan},        {-2, 0x1p53, inf},  {-2, odd, -inf},
        {-0.5, odd, -0.0},   {2, 1e308, inf},        {2, -1e308, 0.0},   {1.5, 5e-324, 1},
        {-1, odd, -1},       {-1, 0x1p53, 1},        {-1, odd / 2, nan}, {-1, 0x1p60, 1},
        {0x1p-1074, 2, 0.0}, {-0x1p-1074, -1, -inf}, {0x1p1023, 2, inf}, {-3, -1, -1.0 / 3}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        double got = rc_pow_f64(cases[i][0], cases[i][1]), y = cases[i][2];
        if (!(isnan(y) && isnan(got)) && rc_bits_f64(got) != rc_bits_f64(y))
            fail_msg("pow(%g, %g) is %g, not %g", cases[i][0], cases[i][1], got, y);
    }
}

#define LOOPS(name, attributes)                                                       \
    static __attribute__((noinline))                                                  \
    attributes void pow_##name(double *z, const double *x, const double *y, size_t n) \
    {                                                                                 \
        for (size_t i = 0; i < n; i++)                                                \
            z[i] = rc_pow_f64(x[i], y[i]);                                            \
    }                                                                                 \
    static __attribute__((noinline))                                                  \
    attributes void log10_##name(double *z, const double *x, size_t n)                \
    {                                                                                 \
        for (size_t i = 0; i < n; i++)                                                \
            z[i] = rc_log10_f64(x[i]);                                                \
    }
LOOPS(plain, )
#if defined(__x86_64__)
LOOPS(vector, __attribute__((target("avx2,fma"))))
#else
LOOPS(vector, )
#endif

static void assert_same_bits(const double *a, const double *b, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (rc_bits_f64(a[i]) != rc_bits_f64(b[i]) && !(isnan(a[i]) && isnan(b[i])))
            fail_msg("of %a: %a in a vector, else %a", x[i], b[i], a[i]);
}

static void test_vectors_give_the_same_bits(void **state)
{
    (void)state;
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
        print_message("no AVX2 and FMA here: vectors are not compared\n");
        skip();
    }
#endif
    enum { N = 100003 }; /* odd: the last ones are computed by the loop's scalar end */
    double *x = malloc(4 * N * sizeof(double));
    assert_non_null(x);
    double *y = x + N, *a = x + 2 * N, *b = x + 3 * N;
    uint64_t s = UINT64_C(88172645463325252);
    for (size_t i = 0; i < 2 * N; i++) { /* xorshift64*; any bits, and plain ones */
        s ^= s >> 12;
        s ^= s << 25;
        s ^= s >> 27;
        uint64_t u = s * UINT64_C(2685821657736338717);
        x[i] = u % 3 == 0 ? rc_from_bits_f64(u) : (double)(int64_t)u * 0x1p-60;
        x[i] = u % 7 == 0 ? rint(x[i]) : x[i];
    }
    pow_plain(a, x, y, N);
    pow_vector(b, x, y, N);
    assert_same_bits(a, b, x, N);
    log10_plain(a, x, N);
    log10_vector(b, x, N);
    assert_same_bits(a, b, x, N);
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log10_has_its_values),
        cmocka_unit_test(test_powers_have_their_values),
        cmocka_unit_test(test_powers_know_their_special_cases),
        cmocka_unit_test(test_vectors_give_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
