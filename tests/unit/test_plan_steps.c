/* test_plan_steps.c - each step of the tape gives what numpy and scikit-learn give, at every level,
 * and refuses what it has no answer for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "plan_cases.h"
#include "plans.h"

enum { TEXT_BYTES = 4096 };

static rc_model *parse(const char *inputs, const char *steps, const char *dtype)
{
    char text[TEXT_BYTES];
    snprintf(text, sizeof(text),
             "{\"format\":\"rowcast-model\",\"version\":1,\"dtype\":\"%s\",\"inputs\":[%s],"
             "\"steps\":[%s],\"output\":{\"task\":\"regression\",\"from\":\"y\","
             "\"link\":\"identity\"}}",
             dtype, inputs, steps);
    rc_model *model;
    rc_error err = {0};
    if (rc_model_parse(&model, text, strlen(text), &err) != RC_OK)
        fail_msg("%s: %s", text, err.text);
    return model;
}

static rc_model *model_of(const struct step_case *item)
{
    char inputs[256] = "", step[TEXT_BYTES / 2];
    for (size_t i = 0; i < item->n_in; i++)
        snprintf(inputs + strlen(inputs), sizeof(inputs) - strlen(inputs),
                 "%s{\"name\":\"x%zu\",\"type\":\"number\"}", i > 0 ? "," : "", i);
    snprintf(step, sizeof(step), "%.*s,\"out\":\"y\"}", (int)strlen(item->step) - 1, item->step);
    return parse(inputs, step, item->is_float32 ? "float32" : "float64");
}

/* How many numbers of the type lie between two. */
static uint64_t distance(double a, double b, bool is_float32)
{
    if (isnan(a) || isnan(b))
        return isnan(a) && isnan(b) ? 0 : UINT64_MAX;
    int64_t i, k;
    memcpy(&i, &a, sizeof(i));
    memcpy(&k, &b, sizeof(k));
    if (is_float32) {
        float f = (float)a, g = (float)b;
        int32_t m, n;
        memcpy(&m, &f, sizeof(m));
        memcpy(&n, &g, sizeof(n));
        i = m < 0 ? INT32_MIN - (int64_t)m : m;
        k = n < 0 ? INT32_MIN - (int64_t)n : n;
    } else {
        i = i < 0 ? INT64_MIN - i : i;
        k = k < 0 ? INT64_MIN - k : k;
    }
    return i > k ? (uint64_t)i - (uint64_t)k : (uint64_t)k - (uint64_t)i;
}

static void check_row(const struct step_case *item, const rc_scratch *scratch, size_t row, size_t r)
{
    for (size_t o = 0; o < item->n_out; o++) {
        double y = item->y[row * item->n_out + o];
        double got = scratch->value[o * RC_TILE_ROWS + r];
        if (distance(y, got, item->is_float32) > item->ulps)
            fail_msg("%s, float%d, row %zu, column %zu: %.17g, not %.17g", item->step,
                     item->is_float32 ? 32 : 64, row, o, got, y);
    }
}

static void check_case(const struct step_case *item, rc_cpu_level level)
{
    rc_model *model = model_of(item);
    assert_int_equal(model->width, item->n_out);
    for (int unfolded = 0; unfolded < 2; unfolded++) {
        rc_plan *plan = compile(model, level, unfolded);
        rc_scratch scratch;
        assert_int_equal(rc_scratch_init(&scratch, plan, NULL), RC_OK);
        for (size_t row = 0; row < item->n_rows; row++) {
            size_t r = row % RC_TILE_ROWS;
            for (size_t i = 0; i < item->n_in; i++)
                put_input(plan, &scratch, i, r, item->x[row * item->n_in + i]);
            rc_plan_run(plan, &scratch);
            assert_int_equal(scratch.refused, 0);
            check_row(item, &scratch, row, r);
        }
        rc_scratch_release(&scratch);
        rc_plan_close(plan);
    }
    rc_model_close(model);
}

static void test_steps_give_what_numpy_gives(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(step_cases) / sizeof(*step_cases); i++)
        for (int level = RC_CPU_SCALAR; level <= RC_CPU_NEON; level++)
            if (rc_cpu_has((rc_cpu_level)level))
                check_case(&step_cases[i], (rc_cpu_level)level);
}

/* Margins of three classes, and numpy 2.4.6: s = 1 / (1 + exp(-z)); s / s.sum(), or 0 where that
 * is 0. */
static const double ovr_margins[][3] = {
    {0, 0, 0}, {1.5, -2, 0.25}, {-800, -800, -800}, {40, -40, 0}, {800, -1, -800}};
static const double ovr_expected[][3] = {
    {0.3333333333333333, 0.3333333333333333, 0.3333333333333333},
    {0.5454300340281848, 0.07952407481882212, 0.3750458911529932},
    {0, 0, 0},
    {0.6666666666666666, 2.8322361701943926e-18, 0.3333333333333333},
    {0.7880584423829144, 0.2119415576170854, 0}};
enum { N_OVR = sizeof(ovr_margins) / sizeof(*ovr_margins) };

static void check_ovr(const rc_model *model, rc_cpu_level level)
{
    rc_plan *plan = compile(model, level, false);
    rc_scratch scratch;
    assert_int_equal(rc_scratch_init(&scratch, plan, NULL), RC_OK);
    for (size_t r = 0; r < N_OVR; r++)
        for (size_t k = 0; k < 3; k++)
            put_input(plan, &scratch, k, r, ovr_margins[r][k]);
    rc_plan_run(plan, &scratch);
    for (size_t r = 0; r < N_OVR; r++)
        for (size_t k = 0; k < 3; k++) {
            double got = scratch.value[k * RC_TILE_ROWS + r];
            if (distance(ovr_expected[r][k], got, false) > 2)
                fail_msg("row %zu, class %zu: %.17g, not %.17g", r, k, got, ovr_expected[r][k]);
            assert_true(scratch.margin[k * RC_TILE_ROWS + r] == ovr_margins[r][k]);
        }
    rc_scratch_release(&scratch);
    rc_plan_close(plan);
}

static void test_one_versus_rest(void **state)
{
    (void)state;
    rc_model *model = parse("{\"name\":\"a\",\"type\":\"number\"},{\"name\":\"b\",\"type\":"
                            "\"number\"},{\"name\":\"c\",\"type\":\"number\"}",
                            "{\"op\":\"concat\",\"out\":\"y\"}", "float64");
    model->task = RC_TASK_MULTICLASS;
    model->link = RC_LINK_OVR;
    for (int level = RC_CPU_SCALAR; level <= RC_CPU_NEON; level++)
        if (rc_cpu_has((rc_cpu_level)level))
            check_ovr(model, (rc_cpu_level)level);
    rc_model_close(model);
}

#define NUMBERS "{\"name\":\"a\",\"type\":\"number\"},{\"name\":\"b\",\"type\":\"number\"}"
#define CATEGORY                                                                  \
    "{\"name\":\"c\",\"type\":\"category\",\"values\":[\"u\",\"v\"],\"unknown\":" \
    "\"zeros\"},{\"name\":\"b\",\"type\":\"number\"}"

/* Rows 3 and 63 get a; the others 1. b is 2 everywhere. Says what is refused. */
static void assert_refusal(const char *inputs, const char *steps, const char *dtype, double a,
                           uint64_t refused, size_t input, const char *text)
{
    rc_model *model = parse(inputs, steps, dtype);
    for (int unfolded = 0; unfolded < 2; unfolded++) {
        rc_plan *plan = compile(model, RC_CPU_AUTO, unfolded);
        rc_scratch scratch;
        assert_int_equal(rc_scratch_init(&scratch, plan, NULL), RC_OK);
        for (size_t r = 0; r < RC_TILE_ROWS; r++) {
            put_input(plan, &scratch, 0, r, r == 3 || r == 63 ? a : 1);
            put_input(plan, &scratch, 1, r, 2);
        }
        rc_plan_run(plan, &scratch);
        assert_true(scratch.refused == refused);
        for (size_t r = 0; r < RC_TILE_ROWS; r++) {
            rc_error err = {0};
            size_t at = 77;
            if ((refused >> r & 1) == 0)
                continue;
            assert_int_equal(rc_plan_refusal(plan, &scratch, r, &at, &err), RC_E_DATA);
            assert_string_equal(err.text, text);
            assert_true(at == input);
        }
        for (size_t r = 0; r < RC_TILE_ROWS; r++) /* the next run begins anew */
            put_input(plan, &scratch, 0, r, 1);
        rc_plan_run(plan, &scratch);
        assert_int_equal(scratch.refused, 0);
        rc_scratch_release(&scratch);
        rc_plan_close(plan);
    }
    rc_model_close(model);
}

#define ONEHOT(in, out)                                                            \
    "{\"op\":\"onehot\",\"in\":\"" in "\",\"values\":[1,2],\"unknown\":\"error\"," \
    "\"out\":\"" out "\"}"

static void test_unseen_values_refuse_their_rows(void **state)
{
    (void)state;
    const uint64_t both = UINT64_C(1) << 63 | 1 << 3;
    assert_refusal(NUMBERS, ONEHOT("a", "y"), "float64", 4, both, 0,
                   "steps[0] (onehot): 4 is none of its values");
    assert_refusal(NUMBERS, ONEHOT("a", "y"), "float32", 0.1, both, 0,
                   "steps[0] (onehot): 0.1 is none of its values");
    assert_refusal(NUMBERS, ONEHOT("a", "y"), "float64", (double)NAN, both, 0,
                   "steps[0] (onehot): nan is none of its values");
    assert_refusal(NUMBERS, "{\"op\":\"ordinal\",\"in\":\"a\",\"values\":[1],\"out\":\"y\"}",
                   "float64", 1.5, both, 0, "steps[0] (ordinal): 1.5 is none of its values");
    assert_refusal(NUMBERS,
                   "{\"op\":\"lookup\",\"in\":\"a\",\"keys\":[1,1e30],\"values\":[[1],[2]],"
                   "\"out\":\"y\"}",
                   "float64", 1e29, both, 0, "steps[0] (lookup): 1e29 is none of its values");
    /* a category tells no number: code -1 is none of the values */
    assert_refusal(
        CATEGORY, "{\"op\":\"ordinal\",\"in\":\"c\",\"values\":[\"u\",\"v\"],\"out\":\"y\"}",
        "float64", -1, both, 0, "steps[0] (ordinal): the category is none of its values");
    /* one that reads a step; and one that is looked up in a layer */
    assert_refusal(NUMBERS,
                   "{\"op\":\"affine\",\"in\":\"a\",\"shift\":1,\"out\":\"s\"}," ONEHOT(
                       "s", "t") ",{\"op\":\"dense\",\"weights\":[[1],[2]],\"out\":\"y\"}",
                   "float64", 3, both, SIZE_MAX, "steps[1] (onehot): 4 is none of its values");
}

static void test_of_several_steps_the_first_tells(void **state)
{
    (void)state;
    assert_refusal(NUMBERS,
                   ONEHOT("b", "t") "," ONEHOT("a", "u") "," ONEHOT(
                       "a", "v") ",{\"op\":\"concat\",\"in\":[\"v\",\"u\",\"t\"],\"out\":\"y\"}",
                   "float64", 9, UINT64_C(1) << 63 | 1 << 3, 0,
                   "steps[1] (onehot): 9 is none of its values");
}

static void test_what_nothing_reads_refuses_nothing(void **state)
{
    (void)state;
    assert_refusal(
        NUMBERS,
        ONEHOT("a", "t") ",{\"op\":\"concat\",\"in\":[\"t\",\"b\"],\"out\":\"u\"},"
                         "{\"op\":\"select\",\"in\":\"u\",\"columns\":[2],\"out\":\"y\"}",
        "float64", 9, 0, 0, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps_give_what_numpy_gives),
        cmocka_unit_test(test_one_versus_rest),
        cmocka_unit_test(test_unseen_values_refuse_their_rows),
        cmocka_unit_test(test_of_several_steps_the_first_tells),
        cmocka_unit_test(test_what_nothing_reads_refuses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
