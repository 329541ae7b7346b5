/* test_plan_activation.c - activations, links and softmax through plans, against true values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/cpu.h"
#include "plans.h"

static json_t *load_cases(void)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/activations/cases.json", getenv("RC_TESTDATA"));
    json_error_t why;
    json_t *cases = json_load_file(path, JSON_DECODE_INT_AS_REAL, &why);
    if (cases == NULL)
        fail_msg("%s: %s", path, why.text);
    return cases;
}

static double number(const json_t *value)
{
    if (json_is_string(value))
        return strcmp(json_string_value(value), "-inf") == 0 ? -(double)INFINITY : (double)INFINITY;
    assert_true(json_is_real(value));
    return json_real_value(value);
}

static rc_model *build(json_t *steps, json_t *output, size_t n_inputs, const char *dtype)
{
    json_t *inputs = json_array();
    for (size_t i = 0; i < n_inputs; i++)
        json_array_append_new(inputs, json_pack("{s:s}", "type", "number"));
    json_t *root = json_pack("{s:s, s:i, s:s, s:o, s:o, s:o}", "format", "rowcast-model", "version",
                             1, "dtype", dtype, "inputs", inputs, "steps", steps, "output", output);
    char *text = json_dumps(root, 0);
    rc_model *model;
    rc_error err = {0};
    if (rc_model_parse(&model, text, strlen(text), &err) != RC_OK)
        fail_msg("%s: %s", text, err.text);
    free(text);
    json_decref(root);
    return model;
}

/* The model of a case: a step of its own, or (as_dense) the activation of a dense layer. */
static rc_model *make_model(const json_t *item, bool as_dense, const char *dtype)
{
    const char *kind = json_string_value(json_object_get(item, "kind"));
    json_t *step = json_deep_copy(json_object_get(item, "step"));
    json_t *output = json_pack("{s:s, s:s}", "task", "regression", "link", "identity");
    size_t n_inputs = 1;
    if (strcmp(kind, "link") == 0) {
        step = json_pack("{s:s}", "op", "affine");
        json_object_set(output, "task", json_object_get(item, "task"));
        json_object_set(output, "link", json_object_get(item, "link"));
        if (strcmp(json_string_value(json_object_get(item, "task")), "binary") == 0)
            json_object_set_new(output, "classes", json_pack("[i, i]", 0, 1));
    } else if (strcmp(kind, "softmax") == 0) {
        n_inputs = 3;
    } else if (as_dense) {
        json_decref(step);
        step = json_pack("{s:s, s:[[i]], s:[i], s:O}", "op", "dense", "weights", 1, "bias", 0,
                         "activation", json_object_get(item, "activation"));
    }
    json_object_set_new(step, "out", json_string("y"));
    json_object_set_new(output, "from", json_string("y"));
    return build(json_pack("[o]", step), output, n_inputs, dtype);
}

/* How many doubles lie between two; huge if one is NaN or only one is infinite. */
static uint64_t distance(double a, double b)
{
    int64_t i, k;
    memcpy(&i, &a, sizeof(i));
    memcpy(&k, &b, sizeof(k));
    if (isnan(a) || isnan(b) || isinf(a) != isinf(b))
        return UINT64_MAX;
    i = i < 0 ? INT64_MIN - i : i;
    k = k < 0 ? INT64_MIN - k : k;
    return i > k ? (uint64_t)i - (uint64_t)k : (uint64_t)k - (uint64_t)i;
}

typedef struct worst {
    uint64_t ulps;
    double x;
} worst;

/* Rows of a case through a plan, a tile at a time; check gets each x, true y and ours. */
static void run_case(const json_t *item, rc_model *model, rc_cpu_level level,
                     void (*check)(const json_t *item, double x, double y, double got, worst *w),
                     worst *w)
{
    const json_t *x = json_object_get(item, "x"), *y = json_object_get(item, "y");
    rc_plan *plan = compile(model, level, false);
    rc_scratch scratch;
    assert_int_equal(rc_scratch_init(&scratch, plan, NULL), RC_OK);
    bool is_rows = model->n_inputs > 1;
    for (size_t i = 0; i < json_array_size(x); i++) {
        const json_t *row = json_array_get(x, i), *truth = json_array_get(y, i);
        for (size_t k = 0; k < model->n_inputs; k++)
            put_input(plan, &scratch, k, i % RC_TILE_ROWS,
                      number(is_rows ? json_array_get(row, k) : row));
        rc_plan_run(plan, &scratch);
        for (size_t k = 0; k < model->width; k++)
            check(item, number(is_rows ? json_array_get(row, k) : row),
                  number(is_rows ? json_array_get(truth, k) : truth),
                  scratch.value[k * RC_TILE_ROWS + i % RC_TILE_ROWS], w);
    }
    rc_scratch_release(&scratch);
    rc_plan_close(plan);
}

/* Sums and products of parameters are rounded at each operation, as frameworks do: the true value
 * of alpha x + beta near its zero is a matter of 1e-16 of beta, not of itself. */
static bool cancels(const json_t *item)
{
    return strstr(json_string_value(json_object_get(item, "name")), "hard_sigmoid") != NULL;
}

static void check_double(const json_t *item, double x, double y, double got, worst *w)
{
    const char *name = json_string_value(json_object_get(item, "name"));
    uint64_t ulps = distance(y, got);
    if (cancels(item) && fabs(y - got) <= 0x1p-53)
        ulps = 0;
    /* of log(1 + 1e-39) 50 digits leave 11 */
    if (strcmp(name, "log_softmax") == 0 && fabs(y - got) < 1e-49)
        ulps = 0;
    if (ulps > w->ulps)
        *w = (worst){ulps, x};
    if (ulps > 4)
        fail_msg("%s(%.17g) is %.17g, but %.17g came", name, x, y, got);
}

static void test_float64_is_within_4_ulp_of_the_truth(void **state)
{
    (void)state;
    json_t *cases = load_cases();
    assert_int_equal(json_array_size(cases), 35);
    size_t i;
    json_t *item;
    json_array_foreach (cases, i, item) {
        worst w = {0};
        for (int as_dense = 0; as_dense < 2; as_dense++) {
            rc_model *model = make_model(item, as_dense, "float64");
            run_case(item, model, RC_CPU_SCALAR, check_double, &w);
            run_case(item, model, RC_CPU_AUTO, check_double, &w);
            rc_model_close(model);
        }
        printf("# %s: at most %llu ulp, at %g\n", json_string_value(json_object_get(item, "name")),
               (unsigned long long)w.ulps, w.x);
    }
    json_decref(cases);
}

/* Only x that are floats have a true value here. Parameters like 0.3 are rounded to float, too:
 * 2^-24 of the slope. */
static void check_float(const json_t *item, double x, double y, double got, worst *w)
{
    float f = (float)y;
    if ((double)(float)x != x)
        return;
    assert_true((double)(float)got == got); /* the output of a float32 model is a float */
    double unit = (double)(nextafterf(fabsf(f), INFINITY) - fabsf(f));
    bool is_infinite = isinf(f);
    double error = is_infinite || isinf(got) ? 0 : fabs(got - y) / unit;
    if (cancels(item) && fabs(y - got) <= 0x1p-23)
        error = 0;
    if ((is_infinite && got != (double)f && fabs(got) < 0x1.fffffep127) || !(error <= 4))
        fail_msg("%s(%.9g) is %.9g, but %.9g came",
                 json_string_value(json_object_get(item, "name")), x, y, got);
    w->ulps = error > (double)w->ulps ? (uint64_t)error : w->ulps;
}

static void test_float32_is_within_4_ulp_of_the_truth(void **state)
{
    (void)state;
    json_t *cases = load_cases();
    size_t i;
    json_t *item;
    json_array_foreach (cases, i, item) {
        worst w = {0};
        if (strcmp(json_string_value(json_object_get(item, "kind")), "softmax") == 0)
            continue; /* rows of three: not all of them are floats */
        for (int as_dense = 0; as_dense < 2; as_dense++) {
            rc_model *model = make_model(item, as_dense, "float32");
            run_case(item, model, RC_CPU_SCALAR, check_float, &w);
            run_case(item, model, RC_CPU_AUTO, check_float, &w);
            rc_model_close(model);
        }
    }
    json_decref(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_float64_is_within_4_ulp_of_the_truth),
        cmocka_unit_test(test_float32_is_within_4_ulp_of_the_truth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
