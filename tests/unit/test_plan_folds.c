/* test_plan_folds.c - what becomes of steps, and that folding changes no score and no refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "score/plan_ops.h"
#include "tapes.h"

/* Scores are the same numbers; zeros may differ by their sign. */
static void assert_same_scores(uint64_t seed, const pair *p)
{
    const rc_scratch *s = p->scratches;
    if (s[0].refused != s[1].refused)
        fail_msg("tape %llu: refuses %llx, but folded %llx", (unsigned long long)seed,
                 (unsigned long long)s[0].refused, (unsigned long long)s[1].refused);
    for (size_t i = 0; i < p->model->width * RC_TILE_ROWS; i++) {
        double a = s[0].value[i], b = s[1].value[i];
        if (a != b && !(isnan(a) && isnan(b)))
            fail_msg("tape %llu: %.17g, but folded %.17g", (unsigned long long)seed, a, b);
    }
}

/* The same row is refused for the same reason. */
static void assert_same_reasons(const pair *p)
{
    for (size_t r = 0; r < RC_TILE_ROWS; r++) {
        rc_error err[2] = {{0}, {0}};
        size_t input[2];
        if ((p->scratches[0].refused >> r & 1) == 0)
            continue;
        for (size_t k = 0; k < 2; k++)
            assert_int_equal(rc_plan_refusal(p->plans[k], &p->scratches[k], r, &input[k], &err[k]),
                             RC_E_DATA);
        assert_string_equal(err[0].text, err[1].text);
    }
}

static void test_folding_changes_no_score(void **state)
{
    (void)state;
    size_t fates[RC_STEP_PASSED + 1] = {0}, n_refused = 0, n_finite = 0;
    for (uint64_t seed = 0; seed < 3000; seed++) {
        tape t;
        pair p;
        tape_init(&t, seed, seed % 2 ? RC_FLOAT32 : RC_FLOAT64);
        pair_init(&p, &t.model, compile(&t.model, RC_CPU_SCALAR, true),
                  compile(&t.model, RC_CPU_AUTO, false));
        uint64_t rows = seed + 99;
        for (size_t n = 0; n < 4; n++) {
            pair_run_odd(&p, &rows);
            assert_same_scores(seed, &p);
            assert_same_reasons(&p);
            n_refused += p.scratches[0].refused != 0;
            for (size_t i = 0; i < t.model.width * RC_TILE_ROWS; i++)
                n_finite += isfinite(p.scratches[0].value[i]) && p.scratches[0].value[i] != 0;
        }
        for (size_t s = 0, into; s < t.model.n_steps; s++)
            fates[rc_plan_fate(p.plans[1], s, &into)]++;
        pair_release(&p);
        tape_release(&t);
    }
    printf("# steps run %zu, unread %zu, folded %zu, looked up %zu, passed %zu; %zu tiles refused, "
           "%zu scores\n",
           fates[0], fates[1], fates[2], fates[3], fates[4], n_refused, n_finite);
    assert_true(fates[RC_STEP_FOLDED] > 100 && fates[RC_STEP_LOOKED_UP] > 100 &&
                fates[RC_STEP_PASSED] > 100 && fates[RC_STEP_UNREAD] > 100);
    assert_true(n_refused > 100 && n_finite > 100000);
}

#define HEAD "{\"format\":\"rowcast-model\",\"version\":1,\"dtype\":\"float64\","
#define INPUTS                                                                   \
    "\"inputs\":[{\"name\":\"a\",\"type\":\"number\"},{\"name\":\"b\",\"type\":" \
    "\"number\"},{\"name\":\"c\",\"type\":\"category\",\"values\":[\"u\",\"v\"]}],"
#define OUTPUT ",\"output\":{\"task\":\"regression\",\"from\":\"y\",\"link\":\"identity\"}}"

static rc_plan *plan_of(const char *steps)
{
    char text[2048];
    rc_model *model;
    rc_error err = {0};
    snprintf(text, sizeof(text), HEAD INPUTS "\"steps\":[%s]" OUTPUT, steps);
    if (rc_model_parse(&model, text, strlen(text), &err) != RC_OK)
        fail_msg("%s", err.text);
    rc_plan *plan = compile(model, RC_CPU_AUTO, false);
    rc_model_close(model);
    return plan;
}

static void assert_fate(const rc_plan *plan, size_t step, rc_step_fate fate, size_t into)
{
    size_t got_into = SIZE_MAX;
    assert_int_equal(rc_plan_fate(plan, step, &got_into), fate);
    if (fate == RC_STEP_FOLDED || fate == RC_STEP_LOOKED_UP)
        assert_int_equal(got_into, into);
}

#define ONEHOT "{\"op\":\"onehot\",\"in\":\"c\",\"out\":\"h\"}"

static void test_fates_of_a_pipeline(void **state)
{
    (void)state;
    rc_plan *plan =
        plan_of("{\"op\":\"affine\",\"in\":[\"b\",\"a\"],\"center\":[1,2],\"divide\":2,\"out\":"
                "\"s\"}," ONEHOT ",{\"op\":\"concat\",\"in\":[\"s\",\"h\"],\"out\":\"x\"},"
                "{\"op\":\"bin\",\"in\":\"a\",\"edges\":[[1]],\"out\":\"unread\"},"
                "{\"op\":\"dense\",\"in\":\"x\",\"weights\":[[1,2],[3,4],[5,6],[7,8]],\"out\":"
                "\"y\"}");
    assert_fate(plan, 0, RC_STEP_FOLDED, 4);
    assert_fate(plan, 1, RC_STEP_LOOKED_UP, 4);
    assert_fate(plan, 2, RC_STEP_PASSED, 0);
    assert_fate(plan, 3, RC_STEP_UNREAD, 0);
    assert_fate(plan, 4, RC_STEP_RUNS, 0);
    assert_int_equal(plan->n_ops, 4); /* the copy of b, a; - center; find; the layer */
    rc_plan_close(plan);
}

static void test_a_choice_of_columns_leaves_inputs_unread(void **state)
{
    (void)state;
    rc_plan *plan = plan_of(ONEHOT ",{\"op\":\"concat\",\"in\":[\"a\",\"h\",\"b\"],\"out\":\"x\"},"
                                   "{\"op\":\"select\",\"columns\":[3],\"out\":\"y\"}");
    assert_false(rc_plan_reads(plan, 0));
    assert_true(rc_plan_reads(plan, 1));
    assert_false(rc_plan_reads(plan, 2));
    assert_fate(plan, 0, RC_STEP_UNREAD, 0);
    assert_fate(plan, 1, RC_STEP_PASSED, 0);
    assert_fate(plan, 2, RC_STEP_PASSED, 0);
    assert_int_equal(plan->n_ops, 0);
    rc_plan_close(plan);
}

static void test_a_onehot_is_made_for_others(void **state)
{
    (void)state;
    /* a layer looks it up, and the output needs its columns */
    rc_plan *plan = plan_of(ONEHOT ",{\"op\":\"dense\",\"weights\":[[1],[2]],\"out\":\"d\"},"
                                   "{\"op\":\"concat\",\"in\":[\"d\",\"h\"],\"out\":\"y\"}");
    assert_fate(plan, 0, RC_STEP_LOOKED_UP, 1);
    assert_int_equal(plan->n_ops, 4); /* find, onehot, dense, the output's copy */
    rc_plan_close(plan);
    /* only a column of it is read */
    plan = plan_of(ONEHOT ",{\"op\":\"select\",\"columns\":[1],\"out\":\"x\"},"
                          "{\"op\":\"dense\",\"weights\":[[1]],\"out\":\"y\"}");
    assert_fate(plan, 0, RC_STEP_RUNS, 0);
    assert_fate(plan, 1, RC_STEP_PASSED, 0);
    rc_plan_close(plan);
}

/* A one-hot behind which only a factor stands is still looked up. */
static void test_a_scaled_onehot_is_looked_up(void **state)
{
    (void)state;
    rc_plan *plan = plan_of(ONEHOT ",{\"op\":\"affine\",\"divide\":[2,4],\"out\":\"s\"},"
                                   "{\"op\":\"dense\",\"weights\":[[2],[12]],\"out\":\"y\"}");
    assert_fate(plan, 0, RC_STEP_LOOKED_UP, 2);
    assert_fate(plan, 1, RC_STEP_FOLDED, 2);
    rc_scratch scratch;
    assert_int_equal(rc_scratch_init(&scratch, plan, NULL), RC_OK);
    for (size_t r = 0; r < RC_TILE_ROWS; r++)
        put_input(plan, &scratch, 2, r, r % 2 ? 1 : 0);
    rc_plan_run(plan, &scratch);
    for (size_t r = 0; r < RC_TILE_ROWS; r++)
        assert_true(scratch.value[r] == (r % 2 ? 3 : 1)); /* 2/2, 12/4 */
    rc_scratch_release(&scratch);
    rc_plan_close(plan);
}

/* Only one column of a scaler is read: its own factor goes into the weights. */
static void test_a_part_of_a_scaler_is_folded(void **state)
{
    (void)state;
    rc_plan *plan = plan_of("{\"op\":\"affine\",\"in\":[\"a\",\"b\"],\"divide\":[2,4]},"
                            "{\"op\":\"select\",\"columns\":[1]},"
                            "{\"op\":\"dense\",\"weights\":[[12]],\"out\":\"y\"}");
    assert_fate(plan, 0, RC_STEP_FOLDED, 2);
    assert_int_equal(plan->n_ops, 1);
    rc_scratch scratch;
    assert_int_equal(rc_scratch_init(&scratch, plan, NULL), RC_OK);
    put_input(plan, &scratch, 1, 0, 5);
    rc_plan_run(plan, &scratch);
    assert_true(scratch.value[0] == 15); /* 12/4 * 5 */
    rc_scratch_release(&scratch);
    rc_plan_close(plan);
}

/* 100,000 values: no column is made of them. */
static void test_a_wide_onehot_takes_no_memory(void **state)
{
    (void)state;
    enum { N = 100000 };
    static double keys[N], weights[N], bias[1] = {0.5};
    static size_t hot[N];
    for (size_t i = 0; i < N; i++) {
        keys[i] = (double)i;
        hot[i] = i;
        weights[i] = (double)i * 3;
    }
    size_t in[] = {0, 1, 2};
    rc_model_input input = {.is_category = true};
    rc_model_step steps[] = {{.op = RC_OP_ONEHOT,
                              .in = &in[0],
                              .n_in = 1,
                              .w_in = 1,
                              .w_out = N,
                              .keys = {.data = keys, .n_rows = 1, .n_cols = N},
                              .hot = hot,
                              .unseen_hot = RC_NO_HOT},
                             {.op = RC_OP_DENSE,
                              .in = &in[1],
                              .n_in = 1,
                              .w_in = N,
                              .w_out = 1,
                              .weights = {.data = weights, .n_rows = N, .n_cols = 1},
                              .bias = {.data = bias, .n_rows = 1, .n_cols = 1}}};
    rc_model model = {.dtype = RC_FLOAT64,
                      .inputs = &input,
                      .n_inputs = 1,
                      .steps = steps,
                      .n_steps = 2,
                      .from = &in[2],
                      .n_from = 1,
                      .width = 1};
    rc_plan *plan = compile(&model, RC_CPU_AUTO, false);
    assert_true(plan->n_columns < 10);
    rc_scratch scratch;
    assert_int_equal(rc_scratch_init(&scratch, plan, NULL), RC_OK);
    for (size_t r = 0; r < RC_TILE_ROWS; r++)
        put_input(plan, &scratch, 0, r, r == 7 ? -1 : (double)(N - 1 - r));
    rc_plan_run(plan, &scratch);
    for (size_t r = 0; r < RC_TILE_ROWS; r++)
        assert_true(scratch.value[r] == (r == 7 ? 0.5 : (double)(N - 1 - r) * 3 + 0.5));
    rc_scratch_release(&scratch);
    rc_plan_close(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folding_changes_no_score),
        cmocka_unit_test(test_fates_of_a_pipeline),
        cmocka_unit_test(test_a_choice_of_columns_leaves_inputs_unread),
        cmocka_unit_test(test_a_onehot_is_made_for_others),
        cmocka_unit_test(test_a_scaled_onehot_is_looked_up),
        cmocka_unit_test(test_a_part_of_a_scaler_is_folded),
        cmocka_unit_test(test_a_wide_onehot_takes_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
