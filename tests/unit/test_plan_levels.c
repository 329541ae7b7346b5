/* test_plan_levels.c - every instruction set gives the bits of the scalar reference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "tapes.h"

static const rc_cpu_level levels[] = {RC_CPU_AVX2, RC_CPU_AVX512, RC_CPU_NEON};
enum { N_LEVELS = 3 };

/* Kernels of a level; false if machine or build lack it. */
static bool pick(rc_kernels *kernels, rc_cpu_level level, rc_dtype dtype)
{
    return rc_kernels_pick(kernels, &level, dtype, NULL) == RC_OK;
}

static bool has(rc_cpu_level level)
{
    rc_kernels kernels;
    return pick(&kernels, level, RC_FLOAT64);
}

/* NaNs are equal whatever their bits: a score that is NaN is refused, so none is ever seen. */
static void assert_same_bits(const char *what, rc_cpu_level level, const void *a, const void *b,
                             size_t n, rc_dtype dtype)
{
    size_t bytes = dtype == RC_FLOAT32 ? sizeof(float) : sizeof(double);
    if (memcmp(a, b, n * bytes) == 0)
        return;
    for (size_t i = 0; i < n; i++) {
        double x = dtype == RC_FLOAT32 ? ((const float *)a)[i] : ((const double *)a)[i];
        double y = dtype == RC_FLOAT32 ? ((const float *)b)[i] : ((const double *)b)[i];
        bool is_same = (x == y && signbit(x) == signbit(y)) || (isnan(x) && isnan(y));
        if (!is_same)
            fail_msg("%s, %s, value %zu: %a, but scalar %a", what, rc_cpu_level_name(level), i, y,
                     x);
    }
}

static void compare_levels(const char *path, rc_model *model, void *context)
{
    (void)context;
    for (size_t l = 0; l < N_LEVELS; l++) {
        if (!has(levels[l]))
            continue;
        for (int dtype = 0; dtype < 2; dtype++) { /* each model also as the other type */
            model->dtype = (rc_dtype)dtype;
            pair p;
            pair_init(&p, model, compile(model, RC_CPU_SCALAR, false),
                      compile(model, levels[l], false));
            assert_int_equal(rc_plan_cpu(p.plans[1]), levels[l]);
            uint64_t seed = 777;
            for (size_t n = 0; n < 10000; n += RC_TILE_ROWS) {
                pair_run(&p, &seed);
                const rc_scratch *s = p.scratches;
                size_t n_values = model->width * RC_TILE_ROWS;
                assert_same_bits(path, levels[l], s[0].value, s[1].value, n_values, RC_FLOAT64);
                assert_same_bits(path, levels[l], s[0].margin, s[1].margin, n_values, RC_FLOAT64);
            }
            pair_release(&p);
        }
    }
}

static void test_every_model_at_every_level(void **state)
{
    (void)state;
    for (size_t l = 0; l < N_LEVELS; l++)
        printf("# %s: %s\n", rc_cpu_level_name(levels[l]), has(levels[l]) ? "tested" : "absent");
    for_each_model(compare_levels, NULL);
}

static void compare_tape(const tape *t, uint64_t seed, rc_cpu_level level)
{
    char name[32];
    snprintf(name, sizeof(name), "tape %llu", (unsigned long long)seed);
    for (int unfolded = 0; unfolded < 2; unfolded++) {
        pair p;
        pair_init(&p, &t->model, compile(&t->model, RC_CPU_SCALAR, unfolded),
                  compile(&t->model, level, unfolded));
        for (size_t n = 0; n < 3; n++) {
            pair_run_odd(&p, &seed);
            const rc_scratch *s = p.scratches;
            size_t n_values = t->model.width * RC_TILE_ROWS;
            assert_true(s[0].refused == s[1].refused);
            assert_same_bits(name, level, s[0].value, s[1].value, n_values, RC_FLOAT64);
        }
        pair_release(&p);
    }
}

static void test_random_tapes_at_every_level(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 1500; seed++)
        for (size_t l = 0; l < N_LEVELS; l++) {
            tape t;
            if (!has(levels[l]))
                continue;
            tape_init(&t, seed, seed % 2 ? RC_FLOAT32 : RC_FLOAT64);
            compare_tape(&t, seed, levels[l]);
            tape_release(&t);
        }
}

enum { MOST_IN = 70, MOST_OUT = 70 };

/* Arrays of one type, aligned as a plan's. */
typedef struct arrays {
    void *x, *weights, *bias, *y[2];
} arrays;

static void *random_array(rc_dtype dtype, size_t n, uint64_t *seed)
{
    void *to = rc_alloc_aligned(n, sizeof(double));
    assert_non_null(to);
    for (size_t i = 0; i < n; i++) {
        double x = ldexp(draw_unit(seed), (int)(draw(seed) % 20) - 10);
        if (dtype == RC_FLOAT32)
            ((float *)to)[i] = (float)x;
        else
            ((double *)to)[i] = x;
    }
    return to;
}

static void compare_dense(const rc_kernels *scalar, rc_cpu_level level, rc_dtype dtype)
{
    rc_kernels kernels;
    if (!pick(&kernels, level, dtype))
        return;
    uint64_t seed = 4711;
    arrays a = {.x = random_array(dtype, (MOST_IN + 3) * RC_TILE_ROWS, &seed),
                .weights = random_array(dtype, MOST_IN * MOST_OUT, &seed),
                .bias = random_array(dtype, MOST_OUT, &seed)};
    for (size_t k = 0; k < 2; k++)
        a.y[k] = random_array(dtype, MOST_OUT * RC_TILE_ROWS, &seed);
    for (size_t w = 0; w <= MOST_IN; w++) {
        for (size_t n_out = 1 + w % 3; n_out <= MOST_OUT; n_out += 3) {
            size_t first = w / 3;
            rc_segment parts[] = {{.w = first, .first = 2}, {.w = w - first, .first = first + 3}};
            rc_dense d = {a.weights, a.bias, parts, 2, w, n_out, .is_packed = w % 4 != 0};
            scalar->dense(&d, a.x, a.y[0]);
            kernels.dense(&d, a.x, a.y[1]);
            assert_same_bits("dense", level, a.y[0], a.y[1], n_out * RC_TILE_ROWS, dtype);
        }
    }
    free(a.x);
    free(a.weights);
    free(a.bias);
    free(a.y[0]);
    free(a.y[1]);
}

static void test_dense_of_odd_widths(void **state)
{
    (void)state;
    for (int dtype = 0; dtype < 2; dtype++) {
        rc_kernels scalar;
        assert_true(pick(&scalar, RC_CPU_SCALAR, (rc_dtype)dtype));
        for (size_t l = 0; l < N_LEVELS; l++)
            compare_dense(&scalar, levels[l], (rc_dtype)dtype);
    }
}

/* The sum of output o and row r; a panel has 6 outputs, the last one what is left. */
static double chain(const rc_dense *d, const double *x, size_t o, size_t r)
{
    const double *weights = d->weights, *bias = d->bias;
    double sum = bias[o];
    for (size_t i = 0; i < d->w; i++) {
        size_t at = i * d->n_out + o;
        if (d->is_packed)
            at = o < 6 ? i * (d->n_out < 6 ? d->n_out : 6) + o
                       : 6 * d->w + i * (d->n_out - 6) + o - 6;
        sum = fma(x[i * RC_TILE_ROWS + r], weights[at], sum);
    }
    return sum;
}

/* The reference is one chain of fma in the order of the inputs, from the bias. */
static void test_the_reference_is_a_chain_of_fma(void **state)
{
    (void)state;
    uint64_t seed = 3;
    double *x = random_array(RC_FLOAT64, 9 * RC_TILE_ROWS, &seed);
    double *weights = random_array(RC_FLOAT64, 9 * 8, &seed);
    double *bias = random_array(RC_FLOAT64, 8, &seed);
    double *y = random_array(RC_FLOAT64, 8 * RC_TILE_ROWS, &seed);
    rc_kernels scalar;
    assert_true(pick(&scalar, RC_CPU_SCALAR, RC_FLOAT64));
    rc_segment all = {.w = 9};
    for (size_t n_out = 1; n_out <= 8; n_out++) {
        for (int is_packed = 0; is_packed < 2; is_packed++) {
            rc_dense d = {weights, bias, &all, 1, 9, n_out, is_packed != 0};
            scalar.dense(&d, x, y);
            for (size_t o = 0; o < n_out; o++)
                for (size_t r = 0; r < RC_TILE_ROWS; r++)
                    assert_true(y[o * RC_TILE_ROWS + r] == chain(&d, x, o, r));
        }
    }
    free(x);
    free(weights);
    free(bias);
    free(y);
}

/* Random bits: every exponent, denormals, infinities, NaNs; and plain numbers. */
static void *odd_array(rc_dtype dtype, size_t n, uint64_t *seed)
{
    void *to = rc_alloc_aligned(n, sizeof(double));
    assert_non_null(to);
    static const double special[] = {0.0,  -0.0, INFINITY, -INFINITY, NAN,           1,
                                     -1,   6,    0.5,      -0x1p-149, 0x1p-1074,     0x1p-126,
                                     88.7, -104, 709.782,  -745.2,    0x1.fffffep127};
    for (size_t i = 0; i < n; i++) {
        uint64_t bits = draw(seed);
        double x = 40 * draw_unit(seed);
        if (i % 3 == 0)
            memcpy(&x, &bits, sizeof(x));
        if (i % 7 == 0)
            x = special[bits % (sizeof(special) / sizeof(*special))];
        float f = (float)x;
        if (i % 3 == 0)
            memcpy(&f, &bits, sizeof(f));
        if (dtype == RC_FLOAT32)
            ((float *)to)[i] = f;
        else
            ((double *)to)[i] = x;
    }
    return to;
}

enum { ODD_COLUMNS = 40, N_ODD = ODD_COLUMNS * RC_TILE_ROWS };

typedef void in_place(const rc_kernels *kernels, int which, void *y);

static void run_activation(const rc_kernels *kernels, int which, void *y)
{
    rc_activation_spec spec = {.fn = (rc_activation)(which / 2),
                               .alpha = which % 2 ? 0.3 : 1,
                               .beta = which % 2 ? 0.375 : 0.5,
                               .max = which % 2 ? 6 : INFINITY,
                               .slope = which % 2 ? 0.1 : 0,
                               .threshold = which % 2 ? 0.7 : 0};
    kernels->activate(&spec, y, N_ODD);
}

static void run_link(const rc_kernels *kernels, int which, void *y)
{
    if (which != RC_LINK_SOFTMAX && which != RC_LINK_IDENTITY && which != RC_LINK_NONE)
        kernels->link((rc_link)which, y, N_ODD);
}

/* 1 to 20 classes, and log of each. */
static void run_softmax(const rc_kernels *kernels, int which, void *y)
{
    kernels->softmax(y, 1 + (size_t)which / 2, which % 2 == 1);
}

/* Parameters bit 0..3 of `which`. */
static void run_affine(const rc_kernels *kernels, int which, void *y)
{
    const void *parameters[4];
    void *copy = rc_alloc_aligned(N_ODD, sizeof(double));
    assert_non_null(copy);
    memcpy(copy, y, N_ODD * sizeof(double));
    for (int p = 0; p < 4; p++)
        parameters[p] = which >> p & 1 ? (const char *)copy + 64 * p : NULL;
    kernels->affine(copy, parameters, y, ODD_COLUMNS);
    free(copy);
}

static void compare_in_place(const char *what, in_place *run, int n, rc_dtype dtype)
{
    rc_kernels scalar, kernels;
    assert_true(pick(&scalar, RC_CPU_SCALAR, dtype));
    for (size_t l = 0; l < N_LEVELS; l++) {
        if (!pick(&kernels, levels[l], dtype))
            continue;
        uint64_t seed = 31;
        for (int which = 0; which < n; which++) {
            uint64_t again = seed;
            void *a = odd_array(dtype, N_ODD, &seed), *b = odd_array(dtype, N_ODD, &again);
            char name[64];
            snprintf(name, sizeof(name), "%s %d", what, which);
            run(&scalar, which, a);
            run(&kernels, which, b);
            assert_same_bits(name, levels[l], a, b, N_ODD, dtype);
            free(a);
            free(b);
        }
    }
}

static void test_everything_else_on_odd_numbers(void **state)
{
    (void)state;
    for (int dtype = 0; dtype < 2; dtype++) {
        compare_in_place("activation", run_activation, 2 * (RC_ACT_EXP + 1), (rc_dtype)dtype);
        compare_in_place("link", run_link, RC_LINK_NONE + 1, (rc_dtype)dtype);
        compare_in_place("softmax", run_softmax, 2 * 20, (rc_dtype)dtype);
        compare_in_place("affine", run_affine, 16, (rc_dtype)dtype);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_model_at_every_level),
        cmocka_unit_test(test_random_tapes_at_every_level),
        cmocka_unit_test(test_dense_of_odd_widths),
        cmocka_unit_test(test_the_reference_is_a_chain_of_fma),
        cmocka_unit_test(test_everything_else_on_odd_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
