/* test_num.c - bytes to numbers, against the C library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/num.h"
#include "num_bits.h"

enum { TEXT_BYTES = 2048 };

/* The same from those that parse many at once: the text stands between others, at any place. */
static void assert_many_agree(const rc_num_parsers *parse, const char *text, size_t n,
                              bool is_number, double x, float y)
{
    static const char others[64] = "-1.5\0 0.1234567890123456789";
    const char *texts[RC_NUM_MOST_TEXTS];
    uint32_t lengths[RC_NUM_MOST_TEXTS];
    double wide[RC_NUM_MOST_TEXTS];
    float narrow[RC_NUM_MOST_TEXTS];
    size_t n_texts = 1 + n % RC_NUM_MOST_TEXTS, at = n * 7 % n_texts;
    for (size_t i = 0; i < n_texts; i++) {
        texts[i] = i == at ? text : i % 3 == 0 ? others + 6 : others;
        lengths[i] = (uint32_t)(i == at ? n : strlen(texts[i]));
    }
    assert_true(parse->f64s(texts, lengths, n_texts, wide) == (uint64_t)!is_number << at);
    assert_true(parse->f32s(texts, lengths, n_texts, narrow) == (uint64_t)!is_number << at);
    for (size_t i = 0; i < n_texts; i++) {
        double other = i % 3 == 0 ? 0.1234567890123456789 : -1.5;
        if (i != at)
            assert_true(wide[i] == other && narrow[i] == (float)other);
    }
    if (is_number)
        assert_true(bits_of(wide[at]) == bits_of(x) &&
                    bits_of_float(narrow[at]) == bits_of_float(y));
}

/* The parsers of every level of this machine say the same of n bytes with slack. */
static void assert_levels_agree(const char *text, size_t n, bool is_number, double x, float y)
{
    static const rc_cpu_level levels[] = {RC_CPU_SCALAR, RC_CPU_AVX2, RC_CPU_AVX512, RC_CPU_NEON};
    for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++) {
        if (!rc_cpu_has(levels[i]))
            continue;
        rc_num_parsers parse = rc_num_parsers_of(levels[i]);
        double wide = x;
        float narrow = y;
        assert_int_equal(parse.f64(text, text + n, &wide), is_number);
        assert_int_equal(parse.f32(text, text + n, &narrow), is_number);
        assert_true(bits_of(wide) == bits_of(x) && bits_of_float(narrow) == bits_of_float(y));
        assert_many_agree(&parse, text, n, is_number, x, y);
    }
}

/* Parses n bytes, with the slack full of `fill`, by all functions. */
static bool parse_filled(const char *text, size_t n, int fill, double *x, float *y)
{
    double z = 7, none = *x;
    float none_float = *y;
    char *copy = malloc(n + RC_NUM_SLACK), *tight = malloc(n > 0 ? n : 1);
    assert_non_null(copy);
    assert_non_null(tight);
    memcpy(copy, text, n);
    memset(copy + n, fill, RC_NUM_SLACK);
    memcpy(tight, text, n);
    bool is_number = rc_num_parse_f64(copy, copy + n, x);
    assert_int_equal(rc_num_parse_f32(copy, copy + n, y), is_number);
    assert_int_equal(rc_num_parse_text(tight, n, &z), is_number);
    assert_levels_agree(copy, n, is_number, *x, *y);
    assert_true(bits_of(is_number ? *x : 7) == bits_of(z));
    assert_true(is_number || (bits_of(*x) == bits_of(none) && *y == none_float));
    free(copy);
    free(tight);
    return is_number;
}

static void assert_parsed(const char *text, double expected, float expected_float)
{
    double x = -3;
    float y = -3;
    if (!parse_filled(text, strlen(text), '7', &x, &y))
        fail_msg("no number: '%.60s'", text);
    if (bits_of(x) != bits_of(expected))
        fail_msg("'%.60s' is %a, not %a", text, x, expected);
    if (bits_of_float(y) != bits_of_float(expected_float))
        fail_msg("'%.60s' is %a, not %a", text, (double)y, (double)expected_float);
}

static void assert_as_c_library(const char *text)
{
    assert_parsed(text, strtod(text, NULL), strtof(text, NULL));
}

static void test_parse_accepts_the_grammar(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        /* clang-format off */
        {"3", 3}, {"0", 0}, {"-0", -0.0}, {"+7", 7}, {"-1.2345678", -1.2345678},
        {"0.87654321", 0.87654321}, {".5", 0.5}, {"5.", 5}, {"-.5", -0.5}, {"+5.", 5},
        {"5.e3", 5000}, {".5e1", 5}, {"1e5", 1e5}, {"1E5", 1e5}, {"1e+5", 1e5}, {"1e-5", 1e-5},
        {"0001", 1}, {"1e0005", 1e5}, {" 1", 1}, {"1 ", 1}, {"\t 1 \t", 1}, {"  -1e2  ", -100},
        {"inf", INFINITY}, {"+inf", INFINITY}, {"-inf", -INFINITY}, {"Inf", INFINITY},
        {"-Infinity", -INFINITY}, {"INFINITY", INFINITY}, {" inf ", INFINITY}, {"true", 1},
        {"TRUE", 1}, {" True", 1}, {"false", 0}, {"False ", 0}, {"00000000000000000000000000", 0},
        {"-0.0000000000000000000000e5", -0.0}, {"0.000000000000000000000000000001", 1e-30},
        {"12345678", 12345678}, {"1234567812345678", 1234567812345678.0},
        {"123456781234567.", 123456781234567}, {".123456781234567", .123456781234567},
        {"12345678123456789", 12345678123456789.0}, {"1234567812345678.", 1234567812345678},
        {".1234567812345678", .1234567812345678}, {"1844.1234567812345678", 1844.1234567812345678},
        {"12345678901234567890123456789012", 12345678901234567890123456789012.0},
        /* clang-format on */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_parsed(cases[i].text, cases[i].value, (float)cases[i].value);
}

static void test_parse_refuses_what_is_no_number(void **state)
{
    (void)state;
    static const char *const texts[] = {
        /* clang-format off */
        "", " ", "\t", ".", "-", "+", "-.", "e5", ".e5", "-e5", "1e", "1e+", "1e-", "1e+ 5",
        "1e 5", "1 e5", "1e5.", "1e5e5", "nan", "-nan", "NaN", "0x10", "0x1p3", "1_0", "1,0",
        "--1", "+-1", "-+1", "- 1", "1 2", "1-", "1.2.3", "1..2", "..1", "1\n", "1\r", "\v1",
        "1f", "1d", "1L", "infinit", "infinityy", "in", "i", "in f", "--inf", "- inf", "+true",
        "-false", "tru", "truee", "yes", "t", "1true", "abc", "12345678a", "a12345678",
        "1234567:", "123/4567", "1234567890123456a", "1234567890123456.7.8",
        ".1234567890.12345678", "12345678901234567e", "12345678901234567890x", "\xb2", "1\xff",
        "\xff\x31", "12345678\xb0", "\x80\x2e", "1\xb9.5", "9\x0e\x80.", "INF.", "-12345678-",
        "1e\xb1", "\xd9\xa1", "\xef\xbc\x91",
        /* clang-format on */
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        double x = 5;
        float y = 5;
        if (parse_filled(texts[i], strlen(texts[i]), '7', &x, &y))
            fail_msg("'%s' is taken as %g", texts[i], x);
    }
    double x = 5;
    float y = 5;
    assert_false(parse_filled("1\0", 2, 0, &x, &y));
    assert_false(parse_filled("\0\x31", 2, 0, &x, &y));
    assert_false(parse_filled("1\0\x32", 3, 0, &x, &y));
    assert_false(parse_filled("1.5\0 ", 5, 0, &x, &y));
}

/* One wrong byte at any place of a text of any length up to 40. */
static void test_parse_refuses_any_wrong_byte_anywhere(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 40; n++)
        for (size_t at = 0; at < n; at++)
            for (int byte = 0; byte < 256; byte++) {
                char text[64];
                double x = 5;
                float y = 5;
                memset(text, '1', sizeof(text));
                text[at] = (char)byte;
                bool edge = at == 0 || at == n - 1, blank = byte == ' ' || byte == '\t';
                bool sign = at == 0 && (byte == '-' || byte == '+');
                bool inside = !edge && (byte == 'e' || byte == 'E');
                bool good = (byte >= '0' && byte <= '9') || inside ||
                            (n > 1 && (byte == '.' || (edge && blank) || sign));
                if (parse_filled(text, n, byte, &x, &y) != good)
                    fail_msg("byte %d at %zu of %zu: %d", byte, at, n, !good);
            }
}

static void test_parse_does_not_use_the_slack(void **state)
{
    (void)state;
    static const char *const texts[] = {"1",
                                        "-1",
                                        "1.5",
                                        "1234567.",
                                        "12345678",
                                        "0.123456789012",
                                        "123456789012345",
                                        "1234567890123456",
                                        "0.12345678901234567",
                                        "1e5",
                                        " 1.25 ",
                                        "inf",
                                        "true",
                                        "1.234567890123456789e-01"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        for (int fill = 0; fill < 256; fill++) {
            double x = 7, expected = 1;
            float y = 7;
            if (texts[i][0] != 't')
                expected = strtod(texts[i], NULL);
            assert_true(parse_filled(texts[i], strlen(texts[i]), fill, &x, &y));
            assert_true(x == expected && y == (float)expected);
        }
}

static void test_parse_at_the_limits(void **state)
{
    (void)state;
    assert_parsed("1.7976931348623157e308", DBL_MAX, INFINITY);
    assert_parsed("1.7976931348623158e308", DBL_MAX, INFINITY);
    assert_parsed("1.7976931348623159e308", INFINITY, INFINITY);
    assert_parsed("-1e400", -INFINITY, -INFINITY);
    assert_parsed("1e309", INFINITY, INFINITY);
    assert_parsed("3.4028234e38", 3.4028234e38, FLT_MAX);
    assert_parsed("3.4028235e38", 3.4028235e38, FLT_MAX);
    /* FLT_MAX + half its ulp is 2^128 - 2^103: a tie that goes to infinity */
    assert_parsed("340282356779733661637539395458142568447", 0x1.ffffffp127, FLT_MAX);
    assert_parsed("340282356779733661637539395458142568448", 0x1.ffffffp127, INFINITY);
    assert_parsed("2.2250738585072014e-308", DBL_MIN, 0);
    assert_parsed("2.2250738585072011e-308", 0x0.fffffffffffffp-1022, 0);
    assert_parsed("4.9406564584124654e-324", 0x1p-1074, 0);
    assert_parsed("2.4703282292062328e-324", 0x1p-1074, 0); /* half of it and a little */
    assert_parsed("2.4703282292062327e-324", 0, 0);
    assert_parsed("-2.4703282292062327e-324", -0.0, -0.0F);
    assert_parsed("7.006492321624085e-46", 0x1p-150, 0); /* a double tie, below the float's */
    assert_parsed("7.006492321624086e-46", 0x1p-150, 0x1p-149F);
    assert_parsed("1e-400", 0, 0);
    assert_parsed("1e999999999999", INFINITY, INFINITY);
    assert_parsed("-1e-999999999999", -0.0, -0.0F);
    assert_parsed("1e99999999999999999999999999999999999", INFINITY, INFINITY);
    assert_parsed("1e-99999999999999999999999999999999999", 0, 0);
    assert_parsed("1e18446744073709551621", INFINITY, INFINITY); /* 2^64 + 5 */
    assert_parsed("1e-18446744073709551621", 0, 0);
    assert_parsed("0e99999999999999999999999999999999999", 0, 0);
    assert_parsed("18446744073709551615e300", INFINITY, INFINITY);
    assert_parsed("18446744073709551615e-342", 1.8446744073709551615e-323, 0);
    assert_parsed("18446744073709551615e-343", 0, 0);
    assert_parsed("9007199254740992", 0x1p53, 0x1p53F);
    assert_parsed("9007199254740993", 0x1p53, 0x1p53F); /* ties: to even */
    assert_parsed("9007199254740995", 0x1.0000000000002p53, 0x1p53F);
    assert_parsed("9007199254740993.0", 0x1p53, 0x1p53F);
    assert_parsed("9007199254740993.00000000000000000000000000001", 0x1.0000000000001p53, 0x1p53F);
    assert_parsed("900719925474099300000000000000000000000000001e-29", 0x1.0000000000001p53,
                  0x1p53F);
    assert_parsed("16777217", 16777217, 16777216); /* rounding twice would be wrong */
    assert_parsed("16777217.000000001", 16777217, 16777218);
    assert_parsed("16777216.999999999", 16777217, 16777216);
    assert_parsed("16777219", 16777219, 16777220);
    assert_parsed("0.56552854180336", 0x1.218cf5p-1, 0x1.218cf6p-1F);
    assert_parsed("0.77877077460289", 0x1.8ebb0bp-1, 0x1.8ebb0ap-1F);
    assert_parsed("9999999999999999", 1e16, 1e16F); /* no double: halfway, 1e16 is even */
    assert_parsed("9.99999999999999", 0x1.3fffffffffffap3, 10);
}

static void lower_last_digit(char *text)
{
    size_t at = strcspn(text, "e");
    while (text[--at] == '0' || text[at] == '.')
        text[at] = text[at] == '.' ? '.' : '9'; /* the borrow */
    text[at]--;
}

/* text is the exact midpoint between two neighbours; expected: tie, below, above. */
static void check_midpoint(const char *text, double tie, double low, double high, bool is_float)
{
    static const size_t lengths[] = {0, 1, 20, 800, 3000};
    char *longer = malloc(8 * TEXT_BYTES), *expo = strchr(text, 'e');
    double expected[3] = {tie, low, high};
    assert_non_null(longer);
    for (int kind = 0; kind < 3; kind++)
        for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
            double x = 0;
            float y = 0;
            size_t n = (size_t)(expo - text);
            memcpy(longer, text, n);
            if (kind == 1) {
                longer[n] = 'e';
                lower_last_digit(longer);
            }
            memset(longer + n, kind == 1 ? '9' : '0', lengths[i]);
            n += lengths[i];
            if (kind == 2)
                longer[n++] = '1';
            strcpy(longer + n, expo);
            assert_true(parse_filled(longer, strlen(longer), '1', &x, &y));
            if (!is_float && bits_of(x) != bits_of(expected[kind]))
                fail_msg("kind %d of '%s': %a, not %a", kind, text, x, expected[kind]);
            if (is_float && bits_of_float(y) != bits_of_float((float)expected[kind]))
                fail_msg("kind %d of '%s': %a, not %a", kind, text, (double)y, expected[kind]);
        }
    free(longer);
}

/* A double has at most 767 significant digits, and so have midpoints of doubles as long doubles
 * and midpoints of floats as doubles, both exact; %.1100e prints them exactly. */
static void test_parse_ties_exactly(void **state)
{
    (void)state;
    uint64_t seed = 11;
    char text[TEXT_BYTES];
    for (int i = 0; i < 1500; i++) {
        uint64_t bits = next_random(&seed) % (UINT64_C(0x7fe) << 52);
        bits = i % 4 == 0 ? bits >> 12 : i % 4 == 1 ? (bits >> 52 << 52) + (bits & 1) : bits;
        double low = double_of(bits), high = double_of(bits + 1);
        snprintf(text, sizeof(text), "%.1100Le", ((long double)low + (long double)high) / 2);
        check_midpoint(text, bits % 2 == 0 ? low : high, low, high, false);
    }
    for (int i = 0; i < 1500; i++) {
        uint32_t bits = (uint32_t)(next_random(&seed) % (UINT32_C(0xfe) << 23));
        bits = i % 4 == 0 ? bits >> 9 : bits;
        double low = (double)float_of(bits), high = (double)float_of(bits + 1);
        snprintf(text, sizeof(text), "%.200e", (low + high) / 2);
        check_midpoint(text, bits % 2 == 0 ? low : high, low, high, true);
    }
}

static size_t random_digits(uint64_t *seed, size_t most, char *out)
{
    size_t n = (size_t)(next_random(seed) % (most + 1));
    for (size_t i = 0; i < n; i++)
        out[i] = (char)('0' + next_random(seed) % 10);
    return n;
}

static void random_text(uint64_t *seed, char *out)
{
    uint64_t r = next_random(seed);
    size_t most = r % 16 == 0 ? 40 : r % 16 < 8 ? 9 : 12, n = 0;
    if (r >> 8 & 1)
        out[n++] = r >> 9 & 1 ? '-' : '+';
    n += random_digits(seed, most, out + n);
    if (r >> 10 & 3) {
        out[n++] = '.';
        n += random_digits(seed, most, out + n);
    }
    out[n++] = (char)('0' + (r >> 16) % 10);
    if ((r >> 20 & 3) == 0)
        n += (size_t)snprintf(out + n, 8, "e%d", (int)((r >> 24) % 720) - 370);
    else if ((r >> 20 & 3) == 1)
        n += (size_t)snprintf(out + n, 8, "e%+03d", (int)((r >> 24) % 90) - 50);
    out[n] = '\0';
}

static void test_parse_random_texts_as_the_c_library(void **state)
{
    (void)state;
    uint64_t seed = 12;
    char text[TEXT_BYTES];
    for (int i = 0; i < 400000; i++) {
        random_text(&seed, text);
        assert_as_c_library(text);
    }
    for (int i = 0; i < 100000; i++) { /* doubles and what lies around them */
        double x = double_of(next_random(&seed));
        if (!isfinite(x))
            continue;
        snprintf(text, sizeof(text), "%.*e", (int)(next_random(&seed) % 22), x);
        assert_as_c_library(text);
    }
}

static void test_parse_very_long_texts(void **state)
{
    (void)state;
    enum { LONG_BYTES = 100000 };
    char *text = malloc(LONG_BYTES + 64);
    assert_non_null(text);
    memset(text, '0', LONG_BYTES);
    strcpy(text + LONG_BYTES, "12.5");
    assert_parsed(text, 12.5, 12.5F);
    memcpy(text, "0.", 2);
    strcpy(text + LONG_BYTES, "125e100000");
    assert_parsed(text, 12.5, 12.5F); /* 99 998 zeros, so 0.125 * 10^2 */
    memset(text, '9', LONG_BYTES);
    strcpy(text + LONG_BYTES, "e-99999");
    assert_parsed(text, 10, 10);
    strcpy(text + LONG_BYTES, "");
    assert_parsed(text, INFINITY, INFINITY);
    memset(text, '0', LONG_BYTES);
    memcpy(text, "9007199254740993.", 17);
    text[LONG_BYTES] = '\0';
    assert_parsed(text, 0x1p53, 0x1p53F);
    text[LONG_BYTES - 1] = '1';
    assert_parsed(text, 0x1.0000000000001p53, 0x1p53F);
    memset(text, '1', LONG_BYTES);
    text[LONG_BYTES / 2] = 'x';
    double x = 5;
    float y = 5;
    assert_false(parse_filled(text, LONG_BYTES, '1', &x, &y));
    free(text);
}

static void test_parse_u64(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "-1",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "1.0",
                                      "1e3",
                                      "18446744073709551616",
                                      "18446744073709551620",
                                      "99999999999999999999",
                                      "0x1",
                                      "184467440737095516150"};
    uint64_t x = 5;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(rc_num_parse_u64(bad[i], strlen(bad[i]), &x));
    assert_true(x == 5);
    assert_true(rc_num_parse_u64("18446744073709551615", 20, &x) && x == UINT64_MAX);
    assert_true(rc_num_parse_u64("000000000000000000000000042", 27, &x) && x == 42);
    assert_true(rc_num_parse_u64("0", 1, &x) && x == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_accepts_the_grammar),
        cmocka_unit_test(test_parse_refuses_what_is_no_number),
        cmocka_unit_test(test_parse_refuses_any_wrong_byte_anywhere),
        cmocka_unit_test(test_parse_does_not_use_the_slack),
        cmocka_unit_test(test_parse_at_the_limits),
        cmocka_unit_test(test_parse_ties_exactly),
        cmocka_unit_test(test_parse_random_texts_as_the_c_library),
        cmocka_unit_test(test_parse_very_long_texts),
        cmocka_unit_test(test_parse_u64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
