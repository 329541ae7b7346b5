/* test_exact.c - exact sums against Python's fractions (testdata/metrics/exact.json). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "metrics/exact.h"
#include "metrics_cases.h"
#include "num_bits.h"

/* "inf" and "-inf" are texts. */
static double number(const json_t *value)
{
    if (json_is_string(value))
        return json_string_value(value)[0] == '-' ? -HUGE_VAL : HUGE_VAL;
    return json_number_value(value);
}

static void add_term(rc_exact *sum, const json_t *term)
{
    double x[3];
    size_t n = json_array_size(term);
    for (size_t i = 0; i < n; i++)
        x[i] = json_number_value(json_array_get(term, i));
    assert_true(n == 1   ? rc_exact_add(sum, x[0])
                : n == 2 ? rc_exact_add_product(sum, x[0], x[1])
                         : rc_exact_add_product3(sum, x[0], x[1], x[2]));
}

static void assert_text(const rc_exact *sum, const char *expected)
{
    rc_buf buf = {0};
    assert_true(rc_exact_print(sum, &buf) && rc_buf_append(&buf, "", 1));
    assert_string_equal(buf.data, expected);
    rc_buf_release(&buf);
}

static void assert_same(double a, double b)
{
    if (memcmp(&a, &b, sizeof(a)) != 0)
        fail_msg("%a is not %a", a, b);
}

static void assert_round_trip(const rc_exact *sum, const char *text)
{
    rc_exact back = {0};
    assert_true(rc_exact_parse(&back, text, strlen(text)));
    assert_int_equal(rc_exact_compare(&back, sum), 0);
    assert_text(&back, text);
    rc_exact_release(&back);
}

static void test_sums_equal_fractions(void **state)
{
    (void)state;
    json_t *cases = load("exact.json"), *one;
    size_t i, k;
    json_array_foreach (cases, i, one) {
        rc_exact sum = {0};
        json_t *terms = json_object_get(one, "terms"), *term;
        json_array_foreach (terms, k, term)
            add_term(&sum, term);
        const char *text = json_string_value(json_object_get(one, "text"));
        assert_text(&sum, text);
        assert_same(rc_exact_round(&sum), number(json_object_get(one, "nearest")));
        int sign = text[0] == '-' ? -1 : strcmp(text, "0x0p+0") == 0 ? 0 : 1;
        assert_int_equal(rc_exact_sign(&sum), sign);
        assert_round_trip(&sum, text);
        rc_exact_release(&sum);
    }
    json_decref(cases);
}

/* Terms go to three sums in turn, backwards, which are merged and the first one twice reset. */
static void test_sums_do_not_depend_on_order_or_cuts(void **state)
{
    (void)state;
    json_t *cases = load("exact.json"), *one;
    size_t i;
    rc_exact part[3] = {{0}};
    json_array_foreach (cases, i, one) {
        json_t *terms = json_object_get(one, "terms");
        for (size_t k = json_array_size(terms); k-- > 0;)
            add_term(&part[k % 3], json_array_get(terms, k));
        assert_true(rc_exact_merge(&part[1], &part[2]));
        assert_true(rc_exact_merge(&part[1], &part[0]));
        assert_text(&part[1], json_string_value(json_object_get(one, "text")));
        assert_true(rc_exact_subtract(&part[1], &part[1]));
        assert_int_equal(rc_exact_sign(&part[1]), 0);
        for (size_t k = 0; k < 3; k++)
            rc_exact_reset(&part[k]);
    }
    for (size_t k = 0; k < 3; k++)
        rc_exact_release(&part[k]);
    json_decref(cases);
}

/* *out = n * sum y^2 - (sum y)^2 */
static void spread_of(rc_exact *out, rc_exact *n, const json_t *y)
{
    rc_exact sum = {0}, squares = {0}, square = {0};
    for (size_t i = 0; i < json_array_size(y); i++) {
        double v = json_number_value(json_array_get(y, i));
        assert_true(rc_exact_add(&sum, v) && rc_exact_add_product(&squares, v, v));
    }
    assert_true(rc_exact_add_u64(n, json_array_size(y)));
    assert_true(rc_exact_multiply(out, n, &squares) && rc_exact_multiply(&square, &sum, &sum) &&
                rc_exact_subtract(out, &square));
    rc_exact_release(&sum);
    rc_exact_release(&squares);
    rc_exact_release(&square);
}

static void test_products_of_sums_equal_fractions(void **state)
{
    (void)state;
    json_t *cases = load("spread.json"), *one;
    size_t i;
    json_array_foreach (cases, i, one) {
        rc_exact spread = {0}, n = {0}, n_square = {0};
        spread_of(&spread, &n, json_object_get(one, "y"));
        assert_text(&spread, json_string_value(json_object_get(one, "spread")));
        assert_true(rc_exact_multiply(&n_square, &n, &n));
        double variance = number(json_object_get(one, "variance"));
        double ratio = rc_exact_ratio(&spread, &n_square);
        if (isfinite(variance))
            assert_true(fabs(ratio - variance) <= 2 * DBL_EPSILON * variance);
        else
            assert_same(ratio, variance);
        rc_exact_release(&spread);
        rc_exact_release(&n);
        rc_exact_release(&n_square);
    }
    json_decref(cases);
}

static void assert_ordered(double a, double b, int expected)
{
    rc_exact x = {0}, y = {0};
    assert_true(rc_exact_add(&x, a) && rc_exact_add(&y, b));
    assert_int_equal(rc_exact_compare(&x, &y), expected);
    assert_int_equal(rc_exact_compare(&y, &x), -expected);
    rc_exact_release(&x);
    rc_exact_release(&y);
}

static void test_compare_orders_numbers(void **state)
{
    (void)state;
    assert_ordered(0.0, -0.0, 0);
    assert_ordered(1.0, 1.0, 0);
    assert_ordered(-1e300, 5e-324, -1);
    assert_ordered(1e300, 5e-324, 1);
    assert_ordered(-5e-324, -1e300, 1);
    assert_ordered(1.0, nextafter(1.0, 2.0), -1);
    assert_ordered(0.0, -5e-324, 1);
}

static void test_what_is_not_finite_fails_for_good(void **state)
{
    (void)state;
    rc_exact sum = {0}, other = {0};
    assert_false(rc_exact_add(&sum, HUGE_VAL));
    assert_false(rc_exact_add(&sum, 1.0));
    assert_false(rc_exact_merge(&other, &sum));
    assert_true(other.has_failed);
    rc_exact_reset(&sum);
    assert_true(rc_exact_add(&sum, 1.0));
    assert_false(rc_exact_add_product(&sum, 1.0, NAN));
    rc_exact_release(&sum);
    rc_exact_release(&other);
}

/* x = (2^53 - 1) 2^-52: s = 2 s from -x gives -x 2^60, s = 2 s - x from 0 gives -x (2^60 - 1).
 * Limbs that kept their carries would overflow half way. */
static void test_carries_are_passed_on_in_time(void **state)
{
    (void)state;
    rc_exact sum = {0}, other = {0};
    double x = 2.0 - DBL_EPSILON;
    assert_true(rc_exact_add(&sum, -x));
    for (int i = 0; i < 60; i++)
        assert_true(rc_exact_merge(&sum, &sum) && rc_exact_merge(&other, &other) &&
                    rc_exact_add(&other, -x));
    assert_text(&sum, "-0x1fffffffffffffp+8");
    assert_text(&other, "-0x1ffffffffffffefe0000000000001p-52");
    sum.n_added = 1 << 28; /* as after so many additions */
    assert_true(rc_exact_add(&sum, x));
    assert_int_equal(sum.n_added, 1);
    rc_exact_release(&sum);
    rc_exact_release(&other);
}

/* Any finite bits; exponents near each other; near the ends of the range; few bits; zeros. */
static double some_term(uint64_t *seed, int kind)
{
    uint64_t r = next_random(seed), fraction = r >> 12, sign = r << 63;
    switch (kind) {
    case 0:
        return (r >> 52 & 0x7ff) == 0x7ff ? 0.0 : double_of(r);
    case 1:
        return double_of(sign | (1000 + (r >> 1) % 40) << 52 | fraction);
    case 2:
        return double_of(sign | (r >> 1) % 3 << 52 | fraction);
    case 3:
        return double_of(sign | (0x7fe - (r >> 1) % 9) << 52 | fraction);
    case 4:
        return (double)(float)((double)(r >> 11) * 0x1p-53);
    case 5:
        return (r & 6) != 0 ? double_of(sign) : -0x1p-537;
    case 6:
        return double_of(UINT64_C(1023) << 52 | fraction);
    default:
        return double_of(sign | (500 + (r >> 1) % 1100) << 52 | fraction);
    }
}

static void assert_equal_and_release(rc_exact *a, rc_exact *b, int kind, size_t n)
{
    rc_buf x = {0}, y = {0};
    assert_true(rc_exact_print(a, &x) && rc_exact_print(b, &y));
    if (x.n != y.n || memcmp(x.data, y.data, x.n) != 0)
        fail_msg("kind %d, %zu: %.*s is not %.*s", kind, n, (int)x.n, x.data, (int)y.n, y.data);
    rc_buf_release(&x);
    rc_buf_release(&y);
    rc_exact_release(a);
    rc_exact_release(b);
}

static void test_many_at_once_are_the_same_sum(void **state)
{
    (void)state;
    uint64_t seed = 16;
    for (int round = 0; round < 8 * 2000; round++) {
        double x[RC_EXACT_BATCH], squares[RC_EXACT_BATCH];
        rc_exact each = {0}, all = {0}, each_square = {0}, all_squares = {0}, apart = {0}, to = {0};
        size_t n = next_random(&seed) % (RC_EXACT_BATCH + 1);
        rc_exact *sums[RC_EXACT_BATCH];
        for (size_t i = 0; i < RC_EXACT_BATCH; i++) {
            x[i] = squares[i] = i < n ? some_term(&seed, round % 8) : NAN;
            sums[i] = i % 2 != 0 ? &apart : &to;
            if (i < n)
                assert_true(rc_exact_add(&each, x[i]) &&
                            rc_exact_add_product(&each_square, x[i], x[i]));
        }
        assert_true(rc_exact_add_each(sums, x, n) && rc_exact_merge(&to, &apart));
        assert_true(rc_exact_add_all(&all, x, n) && rc_exact_add_squares(&all_squares, squares, n));
        assert_true(rc_exact_subtract(&to, &all));
        assert_int_equal(rc_exact_sign(&to), 0);
        rc_exact_release(&to);
        rc_exact_release(&apart);
        assert_equal_and_release(&each, &all, round % 8, n);
        assert_equal_and_release(&each_square, &all_squares, round % 8, n);
    }
}

/* The largest sums of parts: 64 times the largest below a power of two, at the ends of the range.
 */
static void test_parts_add_up_without_rounding(void **state)
{
    (void)state;
    for (int exponent = -1074; exponent <= 1024; exponent++) {
        double x[RC_EXACT_BATCH];
        rc_exact each = {0}, all = {0};
        for (size_t i = 0; i < RC_EXACT_BATCH; i++) {
            x[i] = ldexp(1.0 - DBL_EPSILON / 2, exponent);
            x[i] = i % 8 == 7 ? nextafter(x[i], 0.0) * 0x1p-47 : x[i];
            assert_true(rc_exact_add(&each, x[i]));
        }
        assert_true(rc_exact_add_all(&all, x, RC_EXACT_BATCH));
        assert_equal_and_release(&each, &all, exponent, RC_EXACT_BATCH);
    }
}

static void test_one_of_many_that_is_not_finite_fails(void **state)
{
    (void)state;
    static const double bad[] = {HUGE_VAL, -HUGE_VAL, NAN};
    for (size_t k = 0; k < 3 * RC_EXACT_BATCH; k++) {
        double x[RC_EXACT_BATCH], squares[RC_EXACT_BATCH];
        rc_exact sum = {0}, other = {0};
        for (size_t i = 0; i < RC_EXACT_BATCH; i++)
            x[i] = squares[i] = i == k / 3 ? bad[k % 3] : 1.0;
        assert_false(rc_exact_add_all(&sum, x, RC_EXACT_BATCH));
        assert_false(rc_exact_add_squares(&other, squares, RC_EXACT_BATCH));
        assert_true(sum.has_failed && other.has_failed);
        rc_exact_release(&sum);
        rc_exact_release(&other);
    }
}

static void assert_no_text(const char *text)
{
    rc_exact sum = {0};
    assert_false(rc_exact_parse(&sum, text, strlen(text)));
    rc_exact_release(&sum);
}

static void test_parse_takes_canonical_text_only(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",        "0",        "0x",      "0xp+0",          "0x1",      "0x1p",       "0x1p4",
        "0x01p+0", "0x10p+0",  "0x1p+3",  "0x1p-0",         "-0x0p+0",  "+0x1p+0",    "0X1p+0",
        "0xAp+0",  "0x1p+04",  " 0x1p+0", "0x1p+0 ",        "0x1.8p+0", "0x1p+16388", "-",
        "-0x",     "--0x1p+0", "0x1p+-4", "0x1p+4294967300"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_no_text(bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums_equal_fractions),
        cmocka_unit_test(test_sums_do_not_depend_on_order_or_cuts),
        cmocka_unit_test(test_products_of_sums_equal_fractions),
        cmocka_unit_test(test_compare_orders_numbers),
        cmocka_unit_test(test_what_is_not_finite_fails_for_good),
        cmocka_unit_test(test_carries_are_passed_on_in_time),
        cmocka_unit_test(test_many_at_once_are_the_same_sum),
        cmocka_unit_test(test_parts_add_up_without_rounding),
        cmocka_unit_test(test_one_of_many_that_is_not_finite_fails),
        cmocka_unit_test(test_parse_takes_canonical_text_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
