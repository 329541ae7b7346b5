/* test_num_print.c - numbers to bytes, against the C library and Python. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "num_bits.h"

static const char *printed(double x, char *out)
{
    out[rc_num_print_f64(x, out)] = '\0';
    return out;
}

static const char *printed_float(float x, char *out)
{
    out[rc_num_print_f32(x, out)] = '\0';
    return out;
}

/* Values from Python 3.11 repr() and NumPy 2.4 format_float_scientific(unique=True), their digits
 * laid out as num.h says. */
static void test_print_as_python(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        /* clang-format off */
        {0x1.999999999999ap-4, "0.1"}, {0x1.3333333333333p-2, "0.3"},
        {0x1.5555555555555p-1, "0.6666666666666666"}, {0x1.4f8b588e368f1p-17, "0.00001"},
        {0x1.4f8b588e368f0p-17, "9.999999999999999e-6"}, {0x1.421f5f40d8376p-23, "1.5e-7"},
        {0x1.6345785d8a000p+56, "1e17"}, {0x1.6345785d89fffp+56, "99999999999999980"},
        {0x1.b69b4ba630f35p+56, "1.2345678901234568e17"},
        {0x1.1c37937e08000p+53, "10000000000000000"}, {0x1.b1ae4d6e2ef50p+69, "1e21"},
        {0x1.0f0cf064dd592p+73, "1e22"}, {0x1.52d02c7e14af6p+76, "1e23"},
        {0x1.0000000000000p+53, "9007199254740992"}, {0x1.fffffffffffffp+52, "9007199254740991"},
        {0x1.fffffffffffffp+51, "4503599627370495.5"}, {0x1.0000000000000p+52, "4503599627370496"},
        {0x0.0000000000001p-1022, "5e-324"}, {0x0.0000000000002p-1022, "1e-323"},
        {0x0.0000000000003p-1022, "1.5e-323"}, {0x1.0000000000000p-1022, "2.2250738585072014e-308"},
        {0x0.fffffffffffffp-1022, "2.225073858507201e-308"},
        {0x1.fffffffffffffp+1023, "1.7976931348623157e308"}, {0x1.ddd4baa009303p+997, "2.5e300"},
        {0x1.74876e8000000p+33, "12500000000"}, {0x1.0000000000000p-44, "5.684341886080802e-14"},
        {0x1.0000000000000p+89, "6.189700196426902e26"},
        {0x1.0000000000000p-1022, "2.2250738585072014e-308"},
        {0x1.0000000000000p+60, "1.152921504606847e18"},
        {0x1.0000000000000p+100, "1.2676506002282294e30"}, {-0x1.edd2f1a9fbe77p+6, "-123.456"},
        {-0x1.02e4b6ce5dc68p-13, "-0.00012345"}, {0x1.34a4584fd0fdfp+10, "1234.5678901234567"},
        {0x1.9e409302678b5p-17, "0.00001234567890123456"}, {0x1.3ec460ed80a18p-17, "9.5e-6"},
        {0x1.674e79c5fe522p+43, "12345678901234.566"},
        {0x1.c12218377de6bp+46, "123456789012345.67"},
        {0x1.18b54f22aeb03p+50, "1234567890123456.8"}, {0x1.9200000000000p+6, "100.5"},
        {0x1.1666666666666p+2, "4.35"}, {0x1.0d1eb851eb852p+3, "8.41"},
        {0x1.c8b8218854567p-146, "2e-44"}, {0x0.016b9a2ec86a3p-1022, "1.2345e-310"},
        {0x1.fe185ca57c517p+78, "6.02214076e23"}, {-0x1.7a4da290c1653p-63, "-1.602176634e-19"},
        {0x1.1de784a000000p+28, "299792458"}, {0x1.3333333333334p-2, "0.30000000000000004"},
        {0x1.5555555555555p-2, "0.3333333333333333"},
        {-0x1.74de452e6b438p+811, "-1.989032661366619e244"},
        {0x1.3270e269e0d37p+594, "7.761117632285041e178"},
        {0x1.c7fd0a6a3a450p-826, "3.980498358697587e-249"},
        {-0x1.f0824128b2f33p+292, "-1.5432835417340557e88"},
        {0x1.8e811892f902bp-638, "1.3647584518757569e-192"},
        {-0x1.1985d5d9dc9f8p-684, "-1.3701135617873088e-206"},
        {-0x1.25d940ed90475p+655, "-1.7160537630466207e197"},
        {0x1.675cc81e74ef5p-144, "6.294675241195386e-44"},
        {0x1.0a35a099950d8p-671, "1.0613447212142254e-202"},
        {0x1.d549b6f03675ap+689, "4.708325160387546e207"},
        {0x1.c172411e20b8fp-38, "6.387016158513563e-12"},
        {-0x1.16ece1738f7d9p-814, "-9.973130378568733e-246"},
        {0x1.1ddb66cad4a26p-781, "8.779753225680271e-236"},
        {-0x1.192cfd3ac94afp-755, "-5.795503248498993e-228"},
        {-0x1.c105d1fb17c23p+809, "-5.988180159386011e243"},
        {-0x1.0b33839263059p-488, "-1.306052388527796e-147"},
        {-0x1.f48f1a09f76b5p-684, "-2.436117699484841e-206"},
        {0x1.630f1f29d0da9p-770, "2.233386999150174e-232"},
        {-0x1.60af593bd04cfp-673, "-3.51527970626667e-203"},
        {0x1.1e29c658cda14p-820, "1.5987381841032883e-247"},
        {0x1.8d190f9ebdaccp-118, "4.6678633181812096e-36"},
        {-0x1.1973e0becd7b0p-791, "-8.441872792105456e-239"},
        /* clang-format on */
    };
    static const struct {
        float value;
        const char *text;
    } float_cases[] = {
        /* clang-format off */
        {0x1.99999a0000000p-4F, "0.1"}, {0x1.3333340000000p-2F, "0.3"},
        {0x1.5555560000000p-1F, "0.6666667"}, {0x1.4f8b580000000p-17F, "0.00001"},
        {0x1.4f35720000000p-17F, "9.99e-6"}, {0x1.6345780000000p+56F, "1e17"},
        {0x1.5fb7fa0000000p+56F, "99000000000000000"}, {0x1.0000000000000p+24F, "16777216"},
        {0x1.0000000000000p+24F, "16777216"}, {0x1.0000000000000p+25F, "33554432"},
        {0x1.fffffe0000000p+127F, "3.4028235e38"}, {0x1.0000000000000p-126F, "1.1754944e-38"},
        {0x1.fffffc0000000p-127F, "1.1754942e-38"}, {0x1.0000000000000p-149F, "1e-45"},
        {0x1.0000000000000p-148F, "3e-45"}, {0x1.8000000000000p-148F, "4e-45"},
        {0x1.fffffe0000000p+22F, "8388607.5"}, {0x1.5555560000000p-2F, "0.33333334"},
        {0x1.421f600000000p-23F, "1.5e-7"}, {0x1.d83c940000000p-65F, "5e-20"},
        {0x1.e240ca0000000p+16F, "123456.79"}, {0x1.6d14160000000p+36F, "98000000000"},
        {0x1.0000000000000p-24F, "5.9604645e-8"}, {0x1.0000000000000p-126F, "1.1754944e-38"},
        {0x1.0000000000000p+64F, "1.8446744e19"}, {0x1.fe185c0000000p+78F, "6.0221406e23"},
        {-0x1.79ca100000000p-63F, "-1.6e-19"}, {0x1.c0ca460000000p-1F, "0.8765432"},
        {-0x1.3c0ca20000000p+0F, "-1.2345678"}, {0x1.2a05f20000000p+33F, "10000000000"},
        {0x1.00004c0000000p+33F, "8589974000"}, {0x1.0000000000000p+72F, "4.7223665e21"},
        {0x1.7d78400000000p+26F, "100000000"}, {0x1.c000000000000p-146F, "2e-44"},
        {-0x1.892d960000000p+56F, "-1.1066979e17"}, {0x1.2f7d5a0000000p-59F, "2.0565259e-18"},
        {0x1.47ab2c0000000p+21F, "2684261.5"}, {0x1.9964840000000p+87F, "2.4746267e26"},
        {0x1.dbcd480000000p-54F, "1.03173086e-16"}, {-0x1.d4c7d80000000p-107F, "-1.12854834e-32"},
        {0x1.4f43800000000p-67F, "8.8743555e-21"}, {-0x1.4eccb00000000p-91F, "-5.2822057e-28"},
        {0x1.f154700000000p+30F, "2085952500"}, {-0x1.da0ab00000000p-97F, "-1.1686031e-29"},
        {-0x1.db505e0000000p+34F, "-31897778000"}, {-0x1.2f75280000000p-34F, "-6.899828e-11"},
        {0x1.882b160000000p-35F, "4.4584374e-11"}, {0x1.c3b7c40000000p-75F, "4.670653e-23"},
        {-0x1.c77f220000000p-86F, "-2.2996702e-26"}, {-0x1.74e6d20000000p-91F, "-5.8833505e-28"},
        /* clang-format on */
    };
    char out[RC_NUM_BYTES + 1];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(printed(cases[i].value, out), cases[i].text);
    for (size_t i = 0; i < sizeof(float_cases) / sizeof(float_cases[0]); i++)
        assert_string_equal(printed_float(float_cases[i].value, out), float_cases[i].text);
}

static void test_print_lays_out_as_the_header_says(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        /* clang-format off */
        {0, "0"}, {-0.0, "-0"}, {1, "1"}, {-1, "-1"}, {10, "10"}, {INFINITY, "inf"},
        {-INFINITY, "-inf"}, {NAN, "nan"}, {-NAN, "nan"}, {0.5, "0.5"}, {1e16, "10000000000000000"},
        {1e17, "1e17"}, {-2.5e300, "-2.5e300"}, {1e-5, "0.00001"}, {1e-6, "1e-6"}, {1e100, "1e100"},
        {1e-100, "1e-100"}, {0.0625, "0.0625"}, {120000, "120000"},
        /* clang-format on */
    };
    char out[RC_NUM_BYTES + 1];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(printed(cases[i].value, out), cases[i].text);
        if (fabs(cases[i].value) < 1e30 || !isfinite(cases[i].value))
            assert_string_equal(printed_float((float)cases[i].value, out),
                                cases[i].value == 1e-100 ? "0" : cases[i].text);
    }
    out[rc_num_print_u64(UINT64_MAX, out)] = '\0';
    assert_string_equal(out, "18446744073709551615");
    out[rc_num_print_u64(0, out)] = '\0';
    assert_string_equal(out, "0");
    out[rc_num_print_u64(1000, out)] = '\0';
    assert_string_equal(out, "1000");
}

/* A double of any kind: any bits, a few bits, near a power of two or of ten, short decimals. */
static double some_double(uint64_t *seed, int i)
{
    uint64_t r = next_random(seed);
    switch (i % 6) {
    case 0:
        return (double)(int64_t)(r >> (r & 63)) * 1e-7;
    case 1:
        return double_of((r >> 52 << 52) + (uint64_t)(i / 6 % 5) - 2);
    case 2:
        return (double)(r % 1000000) / 1e5;
    case 3:
        return double_of(r >> 12 >> (r & 31));
    default:
        return double_of(r);
    }
}

static void test_print_doubles_reads_back(void **state)
{
    (void)state;
    uint64_t seed = 13;
    for (int i = 0; i < 4000000; i++) {
        double x = some_double(&seed, i), back = 1;
        char out[RC_NUM_BYTES + RC_NUM_SLACK];
        if (isnan(x))
            continue;
        size_t n = rc_num_print_f64(x, out);
        memset(out + n, '1', RC_NUM_SLACK);
        if (n > 25 || !rc_num_parse_f64(out, out + n, &back) || bits_of(back) != bits_of(x))
            fail_msg("%a is printed as '%.*s'", x, (int)n, out);
    }
}

static void test_print_floats_reads_back(void **state)
{
    (void)state;
    const uint32_t stride = getenv("RC_NUM_FULL") != NULL ? 1 : 257;
    for (uint64_t bits = 0; bits <= UINT32_MAX; bits += stride) {
        float x = float_of((uint32_t)bits), back = 1;
        char out[RC_NUM_BYTES + RC_NUM_SLACK];
        if (isnan(x))
            continue;
        size_t n = rc_num_print_f32(x, out);
        memset(out + n, '1', RC_NUM_SLACK);
        if (n > 18 || !rc_num_parse_f32(out, out + n, &back) || bits_of_float(back) != bits)
            fail_msg("%a is printed as '%.*s'", (double)x, (int)n, out);
    }
}

/* Digits without sign, point, zeros at either end and exponent. Returns how many. */
static size_t significant(const char *text, char *out)
{
    size_t n = 0, last = 0;
    for (; *text != '\0' && *text != 'e'; text++) {
        if (*text == '-' || *text == '.' || (n == 0 && *text == '0'))
            continue;
        out[n++] = *text;
        last = *text == '0' ? last : n;
    }
    out[last] = '\0';
    return last;
}

/* One digit less does not read back; the nearest decimal of this length does, and is the one that
 * was printed. Above a power of two the nearest may lie outside: then it is no candidate. */
static void check_shortest(const char *text, double x, bool is_float)
{
    char digits[40], nearest[64], nearest_digits[64];
    int n = (int)significant(text, digits);
    for (int n_digits = n - 1; n_digits <= n; n_digits++) {
        if (n_digits == 0)
            continue;
        snprintf(nearest, sizeof(nearest), "%.*e", n_digits - 1, x);
        bool same = is_float ? (double)strtof(nearest, NULL) == x : strtod(nearest, NULL) == x;
        significant(nearest, nearest_digits);
        if (same && (n_digits < n || strcmp(digits, nearest_digits) != 0))
            fail_msg("%a is printed as '%s', but '%s' will do", x, text, nearest);
    }
    if ((is_float ? (double)strtof(text, NULL) : strtod(text, NULL)) != x)
        fail_msg("%a is printed as '%s'", x, text);
}

static void test_print_is_shortest_and_closest(void **state)
{
    (void)state;
    uint64_t seed = 14;
    char out[RC_NUM_BYTES + 1];
    for (int i = 0; i < 100000; i++) {
        double x = some_double(&seed, i);
        float y = float_of((uint32_t)next_random(&seed));
        if (isfinite(x) && x != 0)
            check_shortest(printed(x, out), x, false);
        if (isfinite(y) && y != 0)
            check_shortest(printed_float(y, out), (double)y, true);
    }
    for (int exponent = -1074; exponent < 1024; exponent++)
        check_shortest(printed(ldexp(1, exponent), out), ldexp(1, exponent), false);
    for (int exponent = -149; exponent < 128; exponent++)
        check_shortest(printed_float(ldexpf(1, exponent), out), ldexp(1, exponent), true);
}

/* Ends of the interval, and middles between two candidates, that are decimals themselves: what the
 * quick way cannot tell. Whole numbers whose end is a multiple of a power of ten, odd quarters. */
static void test_print_is_shortest_where_the_end_is_a_decimal(void **state)
{
    (void)state;
    uint64_t seed = 15;
    char out[RC_NUM_BYTES + 1];
    for (int i = 0; i < 50000; i++) {
        uint64_t r = next_random(&seed), ten = 5;
        for (int n = i % 10; n > 0; n--)
            ten *= 5;
        uint64_t end = (r >> 11 | UINT64_C(1) << 53) / ten * ten; /* twice the significand, or so */
        double x = ldexp((double)((end | 1) / 2 + (r & 1)), i / 10 % 50 - 5);
        check_shortest(printed(x, out), x, false);
        double quarters = (double)(r >> 12 | UINT64_C(1) << 52 | 1) / 4;
        check_shortest(printed(quarters, out), quarters, false);
        end = (r >> 40 | 1 << 24) / ten * ten;
        float y = ldexpf((float)((end | 1) / 2 + (r & 1)), i / 10 % 50 - 5);
        check_shortest(printed_float(y, out), (double)y, true);
        float few = (float)(r >> 41 | 1 << 23 | 1) / 4;
        check_shortest(printed_float(few, out), (double)few, true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_print_as_python),
        cmocka_unit_test(test_print_lays_out_as_the_header_says),
        cmocka_unit_test(test_print_doubles_reads_back),
        cmocka_unit_test(test_print_floats_reads_back),
        cmocka_unit_test(test_print_is_shortest_and_closest),
        cmocka_unit_test(test_print_is_shortest_where_the_end_is_a_decimal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
