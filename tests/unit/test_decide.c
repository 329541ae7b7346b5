/* test_decide.c - from scores to labels, as the part "Decision" of the design says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "score/decide.h"

enum { MOST_WIDTH = 4 };

/* What rc_decide is given and what it leaves. */
typedef struct tile {
    double value[MOST_WIDTH * RC_TILE_ROWS], margin[MOST_WIDTH * RC_TILE_ROWS];
    uint32_t labels[RC_TILE_ROWS];
} tile;

static void decide(tile *t, const rc_model *model, const double *threshold, size_t positive)
{
    rc_decision decision;
    rc_scratch scratch = {.value = t->value, .margin = t->margin};
    rc_decision_init(&decision, model, threshold, positive);
    rc_decide(&decision, &scratch, t->labels);
}

static rc_model binary(rc_link link, rc_dtype dtype)
{
    return (rc_model){
        .task = RC_TASK_BINARY, .link = link, .dtype = dtype, .width = 1, .n_classes = 2};
}

/* Decides rows with these margins and probabilities; the expected labels are a text of 0 and 1. */
static void assert_labels(const rc_model *model, const double *threshold, size_t positive,
                          const double *margins, const double *values, const char *expected)
{
    tile t = {0};
    size_t n = strlen(expected);
    memcpy(t.margin, margins, n * sizeof(double));
    memcpy(t.value, values, n * sizeof(double));
    decide(&t, model, threshold, positive);
    for (size_t r = 0; r < n; r++)
        assert_int_equal(t.labels[r], expected[r] - '0');
}

static const rc_link by_margin[] = {RC_LINK_SIGMOID, RC_LINK_PROBIT, RC_LINK_CAUCHIT, RC_LINK_NONE};
static const rc_link by_half[] = {RC_LINK_IDENTITY, RC_LINK_CLOGLOG, RC_LINK_LOGLOG};

static const double margins[] = {-3, -1e-300, -0.0, 0, 5e-324, 2};
static const double values[] = {0.9, 0.5, 0.5, 0.5, 0.5, 0.1}; /* say nothing, or the opposite */

static void test_the_sign_of_the_margin_decides(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        rc_model model = binary(by_margin[i], RC_FLOAT64);
        for (size_t positive = 0; positive < 2; positive++) /* changes no label */
            assert_labels(&model, NULL, positive, margins, values, "000011");
    }
}

static void test_one_half_decides(void **state)
{
    (void)state;
    static const double p[] = {0, 0.49999999999999994, 0.5, 0.5000000000000001, 1, 0.2};
    static const double other[] = {1, 1, 1, -1, -1, 1};
    for (size_t i = 0; i < 3; i++) {
        rc_model model = binary(by_half[i], RC_FLOAT64);
        for (size_t positive = 0; positive < 2; positive++)
            assert_labels(&model, NULL, positive, other, p, "000110");
    }
}

static void test_a_threshold_includes_itself(void **state)
{
    (void)state;
    static const double p[] = {0.3, 0.29999999999999993, 0.30000000000000004, 0, 1, 0.5};
    static const double threshold = 0.3;
    for (size_t i = 0; i < 3; i++) {
        rc_model model = binary(by_margin[i], RC_FLOAT64);
        assert_labels(&model, &threshold, 1, margins, p, "101011");
        model.link = by_half[i];
        assert_labels(&model, &threshold, 1, margins, p, "101011");
    }
}

static void test_the_option_wins_over_the_model(void **state)
{
    (void)state;
    static const double p[] = {0.2, 0.5, 0.7, 0.8}, threshold = 0.75;
    rc_model model = binary(RC_LINK_SIGMOID, RC_FLOAT64);
    model.has_threshold = true;
    model.threshold = 0.25;
    assert_labels(&model, NULL, 1, margins, p, "0111");
    assert_labels(&model, &threshold, 1, margins, p, "0001");
    model.threshold = 0.5; /* p >= 0.5, not p > 0.5 */
    assert_labels(&model, NULL, 1, margins, p, "0111");
}

/* 0.3 rounds up to float 0.300000012, 0.7 down to 0.699999988. */
static void test_a_threshold_is_rounded_to_float32(void **state)
{
    (void)state;
    const double p[] = {0.3f, (double)nextafterf(0.3f, 0), 0.7f, (double)nextafterf(0.7f, 0)};
    static const double low = 0.3, high = 0.7;
    rc_model model = binary(RC_LINK_SIGMOID, RC_FLOAT32);
    assert_labels(&model, &low, 1, margins, p, "1011");
    assert_labels(&model, &high, 1, margins, p, "0010");
    model.has_threshold = true;
    model.threshold = 0.7;
    assert_labels(&model, NULL, 1, margins, p, "0010");
    model.dtype = RC_FLOAT64;
    assert_labels(&model, NULL, 1, margins, p, "0000");
}

static void test_link_none_compares_the_margin(void **state)
{
    (void)state;
    static const double m[] = {-1, -0.5, 0, 0.25, 2}, threshold = -0.5;
    rc_model model = binary(RC_LINK_NONE, RC_FLOAT64);
    assert_labels(&model, &threshold, 1, m, m, "01111");
    /* spoken of the first class its margin is the negative: 1, 0.5, 0, -0.25, -2 */
    assert_labels(&model, &threshold, 0, m, m, "00001");
}

static void test_the_first_class_may_be_the_positive_one(void **state)
{
    (void)state;
    /* of the first class: 0.75, 0.5, 0.25, 0 */
    static const double p[] = {0.25, 0.5, 0.75, 1}, m[] = {-1, 0, 1, 30}, threshold = 0.5;
    rc_model model = binary(RC_LINK_SIGMOID, RC_FLOAT64);
    assert_labels(&model, &threshold, 0, m, p, "0011");
    tile t = {0};
    memcpy(t.value, p, sizeof(p));
    memcpy(t.margin, m, sizeof(m));
    decide(&t, &model, NULL, 0);
    for (size_t r = 0; r < 4; r++) {
        assert_true(t.value[r] == 1 - p[r]);
        assert_true(t.margin[r] == -m[r]);
        assert_int_equal(t.labels[r], m[r] > 0);
    }
}

static void test_what_is_turned_keeps_the_type(void **state)
{
    (void)state;
    tile t = {0};
    t.value[0] = 1e-10f; /* 1 - 1e-10 is no float: 1 */
    t.value[1] = 0.1f;   /* 1 - 0.100000001490116 = 0.899999998509884, nearest 0.899999976 */
    t.margin[0] = -23;
    rc_model model = binary(RC_LINK_SIGMOID, RC_FLOAT32);
    decide(&t, &model, NULL, 0);
    assert_true(t.value[0] == 1);
    assert_true(t.value[1] == (double)0.9f);
    assert_true(t.margin[0] == 23);
    model.link = RC_LINK_NONE;
    t.value[0] = t.margin[0] = 2.5;
    decide(&t, &model, NULL, 0);
    assert_true(t.value[0] == -2.5 && t.margin[0] == -2.5);
}

static void test_the_largest_of_many_decides_and_the_first_of_equals(void **state)
{
    (void)state;
    static const double rows[][MOST_WIDTH] = {{1, 2, 3, 0},
                                              {5, 2, 3, 5},
                                              {-4, -3, -3, -9},
                                              {0, 0, 0, 0},
                                              {-0.0, 0, -1, -1},
                                              {1, 1, 2, 2},
                                              {-INFINITY, -1e308, -INFINITY, -1e308}};
    static const uint32_t expected[] = {2, 0, 1, 0, 0, 2, 1};
    static const rc_link links[] = {RC_LINK_SOFTMAX, RC_LINK_IDENTITY, RC_LINK_NONE};
    for (size_t i = 0; i < 3; i++) {
        rc_model model = {.task = RC_TASK_MULTICLASS,
                          .link = links[i],
                          .width = MOST_WIDTH,
                          .n_classes = MOST_WIDTH};
        tile t = {0}; /* raw scores decide: all values are equal */
        for (size_t r = 0; r < 7; r++)
            for (size_t k = 0; k < MOST_WIDTH; k++)
                t.margin[k * RC_TILE_ROWS + r] = rows[r][k];
        tile before = t;
        decide(&t, &model, NULL, 1);
        for (size_t r = 0; r < 7; r++)
            assert_int_equal(t.labels[r], expected[r]);
        assert_memory_equal(t.value, before.value, sizeof(t.value));
        assert_memory_equal(t.margin, before.margin, sizeof(t.margin));
    }
}

/* Columns of their own decide, whatever the scores say; a threshold overrules them. */
static void test_other_columns_may_decide(void **state)
{
    (void)state;
    static const double first[] = {1, 2, 2, -1}, second[] = {2, 1, 2, 0};
    static const double p[] = {0.1, 0.9, 0.9, 0.1}, threshold = 0.5;
    double columns[2 * RC_TILE_ROWS] = {0};
    memcpy(columns, first, sizeof(first));
    memcpy(columns + RC_TILE_ROWS, second, sizeof(second));
    rc_model models[] = {binary(RC_LINK_IDENTITY, RC_FLOAT64),
                         {.task = RC_TASK_MULTICLASS, .width = 2, .n_classes = 2}};
    static const uint32_t expected[] = {1, 0, 0, 1}, overruled[] = {0, 1, 1, 0};
    for (size_t i = 0; i < 4; i++) { /* binary, of either class; with a threshold; multi-class */
        tile t = {0};
        rc_decision decision;
        rc_scratch scratch = {.value = t.value, .margin = t.margin, .decide = columns};
        rc_model *model = &models[i == 3];
        memcpy(t.value, p, sizeof(p));
        model->n_decide = 1;
        rc_decision_init(&decision, model, i == 2 ? &threshold : NULL, i == 1 ? 0 : 1);
        rc_decide(&decision, &scratch, t.labels);
        assert_memory_equal(t.labels, i == 2 ? overruled : expected, sizeof(expected));
    }
}

static void test_a_regression_has_no_labels(void **state)
{
    (void)state;
    tile t = {0};
    memset(t.labels, 7, sizeof(t.labels));
    t.value[0] = t.margin[0] = 3;
    rc_model model = {.task = RC_TASK_REGRESSION, .width = 1};
    decide(&t, &model, NULL, 1);
    assert_int_equal(t.labels[0], 0x07070707);
    assert_true(t.value[0] == 3 && t.margin[0] == 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_sign_of_the_margin_decides),
        cmocka_unit_test(test_one_half_decides),
        cmocka_unit_test(test_a_threshold_includes_itself),
        cmocka_unit_test(test_the_option_wins_over_the_model),
        cmocka_unit_test(test_a_threshold_is_rounded_to_float32),
        cmocka_unit_test(test_link_none_compares_the_margin),
        cmocka_unit_test(test_the_first_class_may_be_the_positive_one),
        cmocka_unit_test(test_what_is_turned_keeps_the_type),
        cmocka_unit_test(test_the_largest_of_many_decides_and_the_first_of_equals),
        cmocka_unit_test(test_other_columns_may_decide),
        cmocka_unit_test(test_a_regression_has_no_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
