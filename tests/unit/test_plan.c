/* test_plan.c - a plan is what its model says: folded, unfolded, dropped, joined. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plans.h"
#include "score/plan_ops.h"

static void assert_close(const char *path, const pair *p, bool is_margin, double tolerance)
{
    const rc_scratch *s = p->scratches;
    for (size_t i = 0; i < p->model->width * RC_TILE_ROWS; i++) {
        double a = is_margin ? s[0].margin[i] : s[0].value[i];
        double b = is_margin ? s[1].margin[i] : s[1].value[i];
        bool is_same = a == b || (isnan(a) && isnan(b));
        if (!is_same && !(fabs(a - b) <= tolerance * (1 + fabs(a))))
            fail_msg("%s: %s %.17g, but folded %.17g", path, is_margin ? "margin" : "value", a, b);
    }
}

/* How many factors are applied to the data, row by row. */
static size_t count_factors(const rc_plan *plan)
{
    size_t n = 0;
    for (size_t i = 0; i < plan->n_ops; i++)
        n += plan->ops[i].kind == RC_PLAN_AFFINE
                 ? (plan->ops[i].parameters[1] != NULL) + (plan->ops[i].parameters[2] != NULL)
                 : 0;
    return n;
}

static void compare_folded(const char *path, rc_model *model, void *context)
{
    size_t *n_folded = context;
    double tolerance = model->dtype == RC_FLOAT32 ? 1e-5 : 1e-12;
    uint64_t seed = 12345;
    pair p;
    pair_init(&p, model, compile(model, RC_CPU_SCALAR, true), compile(model, RC_CPU_AUTO, false));
    for (size_t n = 0; n < 10000; n += RC_TILE_ROWS) {
        pair_run(&p, &seed);
        assert_close(path, &p, false, tolerance);
        assert_close(path, &p, true, tolerance);
        assert_true(p.scratches[0].refused == p.scratches[1].refused);
    }
    assert_true(p.plans[1]->n_ops <= p.plans[0]->n_ops);
    *n_folded += count_factors(p.plans[1]) < count_factors(p.plans[0]);
    pair_release(&p);
}

static void test_every_model_folded_agrees_with_its_tape(void **state)
{
    (void)state;
    size_t n_folded = 0;
    size_t n = for_each_model(compare_folded, &n_folded);
    printf("# %zu models, %zu of them fold\n", n, n_folded);
    assert_true(n >= 150);
    assert_true(n_folded >= 10);
}

#define HEAD "{\"format\":\"rowcast-model\",\"version\":1,\"dtype\":\"float64\","
#define INPUTS \
    "\"inputs\":[{\"name\":\"a\",\"type\":\"number\"},{\"name\":\"b\",\"type\":\"number\"}],"
#define OUTPUT ",\"output\":{\"task\":\"regression\",\"from\":\"y\",\"link\":\"identity\"}}"

static rc_model *parse(const char *text)
{
    rc_model *model;
    rc_error err = {0};
    if (rc_model_parse(&model, text, strlen(text), &err) != RC_OK)
        fail_msg("%s", err.text);
    return model;
}

/* The value of column 0 of a row a, b. */
static double score(const rc_plan *plan, double a, double b)
{
    rc_scratch scratch;
    assert_int_equal(rc_scratch_init(&scratch, plan, NULL), RC_OK);
    put_input(plan, &scratch, 0, 5, a);
    put_input(plan, &scratch, 1, 5, b);
    rc_plan_run(plan, &scratch);
    double y = scratch.value[5];
    assert_true(scratch.margin[5] == y);
    rc_scratch_release(&scratch);
    return y;
}

/* y of a row 3, 5 by the tape and folded; n_factors stay in the folded plan. */
static void assert_plan(const char *steps, double y, size_t n_ops, size_t n_factors)
{
    char text[1024];
    snprintf(text, sizeof(text), HEAD INPUTS "\"steps\":[%s]" OUTPUT, steps);
    rc_model *model = parse(text);
    for (int unfolded = 0; unfolded < 2; unfolded++) {
        rc_plan *plan = compile(model, RC_CPU_AUTO, unfolded);
        double got = score(plan, 3, 5);
        if (got != y)
            fail_msg("%s: %g instead of %g", steps, got, y);
        if (!unfolded) {
            assert_int_equal(plan->n_ops, n_ops);
            assert_int_equal(count_factors(plan), n_factors);
        }
        rc_plan_close(plan);
    }
    rc_model_close(model);
}

#define DENSE(in) \
    "{\"op\":\"dense\",\"in\":" in ",\"weights\":[[2],[1]],\"bias\":[1],\"out\":\"y\"}"

/* All numbers are small integers or halves, so that every order of operations is exact. */
static void test_only_what_costs_no_digits_is_folded(void **state)
{
    (void)state;
    /* 2 * 3/2 + 1 * 5/0.5 + 1 = 14: one op is left */
    assert_plan("{\"op\":\"affine\",\"divide\":[2,0.5],\"out\":\"s\"}," DENSE("\"s\""), 14, 1, 0);
    /* ((3-1)/2)*4 = 4, ((5-2)/2)*2 = 3: 2*4 + 3 + 1 = 12; the subtraction stays */
    assert_plan(
        "{\"op\":\"affine\",\"center\":[1,2],\"divide\":2,\"scale\":[4,2],\"out\":\"s\"}," DENSE(
            "\"s\""),
        12, 2, 0);
    /* a shift behind the factors keeps all: (3*2 + 1)*2 + (5*2 + 1) + 1 = 26 */
    assert_plan("{\"op\":\"affine\",\"scale\":2,\"shift\":1,\"out\":\"s\"}," DENSE("\"s\""), 26, 2,
                1);
    /* read twice: 2*6 + 10 + 1 = 23, then 23 + 6 + 10 = 39; s (6, 10) must stand somewhere */
    assert_plan("{\"op\":\"affine\",\"scale\":2,\"out\":\"s\"},"
                "{\"op\":\"dense\",\"in\":\"s\",\"weights\":[[2],[1]],\"bias\":[1],\"out\":\"t\"},"
                "{\"op\":\"dense\",\"in\":[\"t\",\"s\"],\"weights\":[[1],[1],[1]],\"out\":\"y\"}",
                39, 3, 1);
    /* joined with an input: 2*(3*4) + 5 + 1 = 30 */
    assert_plan(
        "{\"op\":\"affine\",\"in\":\"a\",\"scale\":4,\"out\":\"s\"}," DENSE("[\"s\",\"b\"]"), 30, 1,
        0);
    /* an activation is between: 2*6 + 10 + 1 = 23 */
    assert_plan("{\"op\":\"affine\",\"scale\":2},{\"op\":\"activation\",\"fn\":\"relu\",\"out\":"
                "\"s\"}," DENSE("\"s\""),
                23, 4, 1);
    /* 2 / 1e-308 overflows, so it stays: 2*0 is not tried */
    assert_plan(
        "{\"op\":\"affine\",\"center\":[3,5],\"divide\":1e-308,\"out\":\"s\"}," DENSE("\"s\""), 1,
        2, 1);
    /* 2 * 1e-308 is below the normal numbers */
    assert_plan(
        "{\"op\":\"affine\",\"center\":[3,5],\"scale\":1e-308,\"out\":\"s\"}," DENSE("\"s\""), 1, 2,
        1);
}

static void test_order_and_joins(void **state)
{
    (void)state;
    /* no copy, whatever the order. 2*3 + 5 + 1 = 12; the other order 2*5 + 3 + 1 = 14 */
    assert_plan(DENSE("[\"a\",\"b\"]"), 12, 1, 0);
    assert_plan(DENSE("[\"b\",\"a\"]"), 14, 1, 0);
    assert_plan(DENSE("[\"a\",\"a\"]"), 10, 1, 0);
    /* a dense's own activation: 2*3 - 5*3 = -9, leaky to -2.25 */
    assert_plan("{\"op\":\"dense\",\"in\":[\"a\",\"b\"],\"weights\":[[2],[-3]],\"activation\":"
                "{\"fn\":\"leaky_relu\",\"alpha\":0.25},\"out\":\"y\"}",
                -2.25, 2, 0);
    /* what nothing reads is dropped */
    assert_plan(
        "{\"op\":\"affine\",\"shift\":9,\"out\":\"unread\"},"
        "{\"op\":\"activation\",\"in\":\"unread\",\"fn\":\"exp\",\"out\":\"unread2\"}," DENSE(
            "[\"a\",\"b\"]"),
        12, 1, 0);
}

static void test_inputs_that_nothing_reads_are_told(void **state)
{
    (void)state;
    rc_model *model =
        parse(HEAD INPUTS "\"steps\":[{\"op\":\"affine\",\"in\":\"a\",\"shift\":1,\"out\":\"u\"},"
                          "{\"op\":\"affine\",\"in\":\"b\",\"shift\":1,\"out\":\"y\"}]" OUTPUT);
    rc_plan *plan = compile(model, RC_CPU_SCALAR, false);
    rc_model_close(model); /* the plan needs it no more */
    assert_false(rc_plan_reads(plan, 0));
    assert_true(rc_plan_reads(plan, 1));
    assert_int_equal(rc_plan_cpu(plan), RC_CPU_SCALAR);
    assert_int_equal(rc_plan_dtype(plan), RC_FLOAT64);
    assert_true(score(plan, 0, 5) == 6);
    rc_plan_close(plan);
    rc_plan_close(NULL);
}

/* DESIGN: a feature of 1e9 +- 1 must not lose its sign. */
static void test_a_small_difference_of_large_numbers_is_kept(void **state)
{
    (void)state;
    rc_model *model = parse(
        HEAD INPUTS "\"steps\":[{\"op\":\"affine\",\"center\":1e9,\"divide\":1e-9,\"out\":\"s\"},"
                    "{\"op\":\"dense\",\"weights\":[[1],[0]],\"out\":\"y\"}]" OUTPUT);
    rc_plan *plan = compile(model, RC_CPU_AUTO, false);
    assert_int_equal(count_factors(plan), 0);
    assert_true(score(plan, 1e9, 1e9) == 0);
    /* 2^-23 above 1e9: 119.2092895... after the division */
    assert_true(fabs(score(plan, 1e9 + 0x1p-23, 1e9) - 0x1p-23 * 1e9) < 1e-12);
    rc_plan_close(plan);
    rc_model_close(model);
}

static void test_absent_levels_are_refused(void **state)
{
    (void)state;
    rc_model *model = parse(HEAD INPUTS "\"steps\":[" DENSE("[\"a\",\"b\"]") "]" OUTPUT);
    rc_plan *plan;
    rc_error err = {0};
    rc_plan_options options = {.cpu = RC_CPU_NEON};
    assert_int_equal(rc_plan_compile(&plan, model, &options, &err), RC_E_SYSTEM);
    assert_null(plan);
    assert_string_equal(err.text, "--cpu neon: this machine or this build does not have it");
    rc_model_close(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_model_folded_agrees_with_its_tape),
        cmocka_unit_test(test_only_what_costs_no_digits_is_folded),
        cmocka_unit_test(test_order_and_joins),
        cmocka_unit_test(test_inputs_that_nothing_reads_are_told),
        cmocka_unit_test(test_a_small_difference_of_large_numbers_is_kept),
        cmocka_unit_test(test_absent_levels_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
