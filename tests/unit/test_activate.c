/* test_activate.c - activations, links and softmax over arrays of both types. Expected values are
 * mpmath's, by the formulas of testdata/recipes/real.py, rounded once to the type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "model/model.h"

#define REAL double
#define REAL_FN(name) name##_f64
#include "score/activate.h"
#undef REAL
#undef REAL_FN
#define REAL float
#define REAL_FN(name) name##_f32
#include "score/activate.h"

static const double xs[4] = {-3.0, -0.5, 0.25, 2.0};

static rc_activation_spec spec_of(rc_activation fn)
{
    return (rc_activation_spec){.fn = fn, .max = (double)INFINITY};
}

/* Values v apart by some roundings of a type whose epsilon is given. */
static void assert_close(double got, double expected, double epsilon)
{
    if (!(fabs(got - expected) <= 2.0 * epsilon * fabs(expected)))
        fail_msg("%.17g is not %.17g", got, expected);
}

static void assert_activation(rc_activation_spec spec, const double expected[4],
                              const float expected_float[4])
{
    double y[4];
    float z[4];
    for (size_t i = 0; i < 4; i++) {
        y[i] = xs[i];
        z[i] = (float)xs[i];
    }
    activate_f64(&spec, y, 4);
    activate_f32(&spec, z, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_close(y[i], expected[i], DBL_EPSILON);
        if (z[i] != expected_float[i])
            fail_msg("%a is not %a", z[i], expected_float[i]);
    }
}

#define ASSERT_ACTIVATION(spec, y, z) \
    assert_activation(spec, (const double[4])ROW4 y, (const float[4])ROW4 z)
#define ROW4(a, b, c, d) \
    {                    \
        a, b, c, d       \
    }

static void test_curves_have_their_values(void **state)
{
    (void)state;
    ASSERT_ACTIVATION(spec_of(RC_ACT_IDENTITY), (-3.0, -0.5, 0.25, 2.0),
                      (-3.0f, -0.5f, 0.25f, 2.0f));
    ASSERT_ACTIVATION(
        spec_of(RC_ACT_GELU),
        (-0.0040496940948902835, -0.15426876936299344, 0.14967658142073093, 1.9544997361036416),
        (-0x1.096698p-8f, -0x1.3bf144p-3f, 0x1.3289a2p-3f, 0x1.f45a18p+0f));
    ASSERT_ACTIVATION(
        spec_of(RC_ACT_GELU_TANH),
        (-0.003637392081773019, -0.15428599017485609, 0.149675350701685, 1.954597694087775),
        (-0x1.dcc2ap-9f, -0x1.3bfa4cp-3f, 0x1.3288fep-3f, 0x1.f46084p+0f));
    ASSERT_ACTIVATION(
        spec_of(RC_ACT_SIGMOID),
        (0.04742587317756678, 0.37754066879814546, 0.5621765008857981, 0.8807970779778824),
        (0x1.848344p-5f, 0x1.829a06p-2f, 0x1.1fd59ap-1f, 0x1.c2f7d6p-1f));
    ASSERT_ACTIVATION(
        spec_of(RC_ACT_TANH),
        (-0.9950547536867305, -0.46211715726000974, 0.24491866240370913, 0.9640275800758169),
        (-0x1.fd77d2p-1f, -0x1.d9353ep-2f, 0x1.f597eap-3f, 0x1.ed9506p-1f));
    ASSERT_ACTIVATION(
        spec_of(RC_ACT_SOFTPLUS),
        (0.04858735157374206, 0.4740769841801067, 0.8259394198788436, 2.1269280110429727),
        (0x1.8e071p-5f, 0x1.e57470p-2f, 0x1.a6e188p-1f, 0x1.103f2ep+1f));
    ASSERT_ACTIVATION(
        spec_of(RC_ACT_SILU),
        (-0.14227761953270035, -0.18877033439907273, 0.14054412522144952, 1.7615941559557649),
        (-0x1.236272p-3f, -0x1.829a06p-3f, 0x1.1fd59ap-3f, 0x1.c2f7d6p+0f));
    ASSERT_ACTIVATION(
        spec_of(RC_ACT_MISH),
        (-0.14564746127562458, -0.22074377465173, 0.1695724096638176, 1.9439589595339946),
        (-0x1.2a4938p-3f, -0x1.c4155p-3f, 0x1.5b48c8p-3f, 0x1.f1a74cp+0f));
    ASSERT_ACTIVATION(
        spec_of(RC_ACT_EXP),
        (0.049787068367863944, 0.6065306597126334, 1.2840254166877414, 7.38905609893065),
        (0x1.97db0cp-5f, 0x1.368b3p-1f, 0x1.48b5e4p+0f, 0x1.d8e64cp+2f));
    /* -3/4, -1/3, 1/5, 2/3 */
    ASSERT_ACTIVATION(spec_of(RC_ACT_SOFTSIGN), (-0.75, -1.0 / 3.0, 0.2, 2.0 / 3.0),
                      (-0.75f, -1.0f / 3.0f, 0.2f, 2.0f / 3.0f));
}

static void test_parameters_act(void **state)
{
    (void)state;
    rc_activation_spec spec = spec_of(RC_ACT_ELU);
    spec.alpha = 1.5;
    ASSERT_ACTIVATION(spec, (-1.4253193974482041, -0.5902040104310499, 0.25, 2.0),
                      (-0x1.6ce1bcp+0f, -0x1.2e2f38p-1f, 0.25f, 2.0f));
    spec.fn = RC_ACT_CELU;
    ASSERT_ACTIVATION(spec, (-1.296997075145081, -0.42520303413931615, 0.25, 2.0),
                      (-0x1.4c08p+0f, -0x1.b3686cp-2f, 0.25f, 2.0f));
    ASSERT_ACTIVATION(
        spec_of(RC_ACT_SELU),
        (-1.6705687287671118, -0.6917581878028713, 0.2626752468388701, 2.101401974710961),
        (-0x1.abaa64p+0f, -0x1.622e22p-1f, 0x1.0cfabep-2f, 0x1.0cfabep+1f));
    spec = (rc_activation_spec){.fn = RC_ACT_LEAKY_RELU, .alpha = 0.25};
    ASSERT_ACTIVATION(spec, (-0.75, -0.125, 0.25, 2.0), (-0.75f, -0.125f, 0.25f, 2.0f));
    /* 0.25 x + 0.625 from 0 to 1: -0.125, 0.5, 0.6875, 1.125 */
    spec = (rc_activation_spec){.fn = RC_ACT_HARD_SIGMOID, .alpha = 0.25, .beta = 0.625};
    ASSERT_ACTIVATION(spec, (0.0, 0.5, 0.6875, 1.0), (0.0f, 0.5f, 0.6875f, 1.0f));
}

static void test_relu_is_keras_layer(void **state)
{
    (void)state;
    ASSERT_ACTIVATION(spec_of(RC_ACT_RELU), (0.0, 0.0, 0.25, 2.0), (0.0f, 0.0f, 0.25f, 2.0f));
    rc_activation_spec spec = {.fn = RC_ACT_RELU, .max = 1.5, .slope = 0.5, .threshold = 0.25};
    /* 0.5 (-3.25), 0.5 (-0.75), at the threshold, beyond max */
    ASSERT_ACTIVATION(spec, (-1.625, -0.375, 0.25, 1.5), (-1.625f, -0.375f, 0.25f, 1.5f));
}

static void assert_after(rc_activation_spec spec, double x, double expected)
{
    double y = x;
    float z = (float)x;
    activate_f64(&spec, &y, 1);
    activate_f32(&spec, &z, 1);
    if (isnan(expected)) {
        assert_true(isnan(y) && isnan(z));
    } else {
        assert_memory_equal(&y, &expected, sizeof(y));
        assert_true(z == (float)expected && !signbit(z) == !signbit(expected));
    }
}

static void test_nan_stays_and_infinities_follow_the_formulas(void **state)
{
    (void)state;
    const double inf = (double)INFINITY, nan = (double)NAN;
    for (int fn = RC_ACT_IDENTITY; fn <= RC_ACT_EXP; fn++)
        assert_after((rc_activation_spec){.fn = (rc_activation)fn, .alpha = 1.0, .max = inf}, nan,
                     nan);
    assert_after(spec_of(RC_ACT_RELU), -inf, 0.0);
    assert_after(spec_of(RC_ACT_RELU), inf, inf);
    assert_after((rc_activation_spec){.fn = RC_ACT_RELU, .max = 6.0}, inf, 6.0);
    assert_after((rc_activation_spec){.fn = RC_ACT_LEAKY_RELU, .alpha = 0.5}, -inf, -inf);
    assert_after((rc_activation_spec){.fn = RC_ACT_ELU, .alpha = 0.5}, -inf, -0.5);
    assert_after((rc_activation_spec){.fn = RC_ACT_CELU, .alpha = 0.5}, -inf, -0.5);
    assert_after((rc_activation_spec){.fn = RC_ACT_HARD_SIGMOID, .alpha = 0.5}, -inf, 0.0);
    assert_after((rc_activation_spec){.fn = RC_ACT_HARD_SIGMOID, .alpha = 0.5}, inf, 1.0);
    assert_after(spec_of(RC_ACT_SILU), -inf, nan);
    assert_after(spec_of(RC_ACT_GELU), -inf, nan);
    assert_after(spec_of(RC_ACT_MISH), -inf, nan);
    assert_after(spec_of(RC_ACT_SOFTSIGN), inf, nan);
    assert_after(spec_of(RC_ACT_SOFTSIGN), -0.0, -0.0);
    assert_after(spec_of(RC_ACT_TANH), -inf, -1.0);
}

static void assert_link(rc_link link, const double expected[4])
{
    double y[4];
    float z[4];
    for (size_t i = 0; i < 4; i++) {
        y[i] = xs[i];
        z[i] = (float)xs[i];
    }
    link_apply_f64(link, y, 4);
    link_apply_f32(link, z, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_close(y[i], expected[i], DBL_EPSILON);
        assert_true(z[i] == (float)expected[i]);
    }
}

static void test_links_have_their_values(void **state)
{
    (void)state;
    assert_link(RC_LINK_SIGMOID, (const double[4]){0.04742587317756678, 0.37754066879814546,
                                                   0.5621765008857981, 0.8807970779778824});
    assert_link(RC_LINK_EXP, (const double[4]){0.049787068367863944, 0.6065306597126334,
                                               1.2840254166877414, 7.38905609893065});
    assert_link(RC_LINK_PROBIT, (const double[4]){0.0013498980316300946, 0.3085375387259869,
                                                  0.5987063256829237, 0.9772498680518208});
    assert_link(RC_LINK_CLOGLOG, (const double[4]){0.04856800709954659, 0.45476078810739495,
                                                   0.7230796659000911, 0.9993820210106689});
    assert_link(RC_LINK_LOGLOG, (const double[4]){1.8921786948382924e-09, 0.19229564554796494,
                                                  0.4589560693076638, 0.8734230184931167});
    assert_link(RC_LINK_CAUCHIT, (const double[4]){0.10241638234956672, 0.35241638234956674,
                                                   0.5779791303773694, 0.8524163823495667});
    assert_link(RC_LINK_IDENTITY, xs);
    assert_link(RC_LINK_NONE, xs);
}

/* Rows of three values, as columns of an array that is wider than they are many. */
enum { N_ROWS = 5, STRIDE = 7 };
static const double rows[N_ROWS][3] = {{1.0, 2.0, 3.0},
                                       {-1000.0, -1001.0, -1002.0},
                                       {0.0, -20.0, -40.0},
                                       {0.5, -0.5, 0.0},
                                       {40.0, 0.1, -0.3}};

static void assert_softmax(bool log, const double expected[N_ROWS][3])
{
    double y[3 * STRIDE];
    float z[3 * STRIDE];
    for (size_t i = 0; i < sizeof(y) / sizeof(y[0]); i++) {
        size_t c = i / STRIDE, r = i % STRIDE;
        y[i] = r < N_ROWS ? rows[r][c] : 77.0;
        z[i] = (float)y[i];
    }
    softmax_f64(y, 3, STRIDE, N_ROWS, log);
    softmax_f32(z, 3, STRIDE, N_ROWS, log);
    for (size_t i = 0; i < sizeof(y) / sizeof(y[0]); i++) {
        size_t c = i / STRIDE, r = i % STRIDE;
        assert_close(y[i], r < N_ROWS ? expected[r][c] : 77.0, DBL_EPSILON);
        assert_close(z[i], r < N_ROWS ? expected[r][c] : 77.0, FLT_EPSILON);
    }
}

static void test_softmax_of_rows(void **state)
{
    (void)state;
    static const double p[N_ROWS][3] = {
        {0.09003057317038046, 0.24472847105479764, 0.6652409557748219},
        {0.6652409557748219, 0.24472847105479764, 0.09003057317038046},
        {0.9999999979388464, 2.0611536181902037e-09, 4.248354246535078e-18},
        {0.506480391055654, 0.1863237232258476, 0.3071958857184984},
        {1.0, 4.6951575726311895e-18, 3.1472582402307194e-18}};
    static const double log_p[N_ROWS][3] = {
        {-2.40760596444438, -1.4076059644443804, -0.4076059644443803},
        {-0.4076059644443803, -1.4076059644443804, -2.40760596444438},
        {-2.061153624562735e-09, -20.000000002061153, -40.00000000206116},
        {-0.6802696706417346, -1.6802696706417346, -1.1802696706417346},
        {-7.84241581286191e-18, -39.9, -40.3}};
    assert_softmax(false, p);
    assert_softmax(true, log_p);
}

static void test_softmax_of_what_is_not_finite(void **state)
{
    (void)state;
    const double inf = (double)INFINITY;
    /* Columns are rows: NaN first, NaN last, +inf, all -inf, one -inf. */
    double y[10] = {(double)NAN, 1.0, inf, -inf, -inf, 1.0, (double)NAN, 1.0, -inf, 1.0};
    softmax_f64(y, 2, 5, 5, false);
    for (size_t r = 0; r < 4; r++)
        assert_true(isnan(y[r]) && isnan(y[5 + r]));
    assert_true(y[4] == 0.0 && y[9] == 1.0);
}

static void test_softmax_does_not_depend_on_its_blocks(void **state)
{
    (void)state;
    enum { N = 2 * RC_SOFTMAX_ROWS + 5 };
    double y[3 * N], one[3];
    for (size_t i = 0; i < 3 * N; i++)
        y[i] = (double)(i * 37 % 101) / 7.0 - 8.0;
    double all[3 * N];
    memcpy(all, y, sizeof(y));
    softmax_f64(all, 3, N, N, false);
    for (size_t r = 0; r < N; r++) {
        for (size_t c = 0; c < 3; c++)
            one[c] = y[c * N + r];
        softmax_f64(one, 3, 1, 1, false);
        for (size_t c = 0; c < 3; c++)
            assert_true(one[c] == all[c * N + r]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_curves_have_their_values),
        cmocka_unit_test(test_parameters_act),
        cmocka_unit_test(test_relu_is_keras_layer),
        cmocka_unit_test(test_nan_stays_and_infinities_follow_the_formulas),
        cmocka_unit_test(test_links_have_their_values),
        cmocka_unit_test(test_softmax_of_rows),
        cmocka_unit_test(test_softmax_of_what_is_not_finite),
        cmocka_unit_test(test_softmax_does_not_depend_on_its_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
