/* test_cell.c - which cells are missing, which are numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "table/cell.h"

static bool is_missing(const rc_missing_list *list, const char *text)
{
    return rc_cell_is_missing(list, text, strlen(text));
}

/* DESIGN, Cells: empty, or the text without blanks in the list. */
static void test_the_default_list(void **state)
{
    (void)state;
    static const char *const missing[] = {"",     "NA",   "N/A",  "n/a",  "NaN",       "nan",
                                          "-nan", "NULL", "null", "None", "<NA>",      "#N/A",
                                          " NA",  "nan ", "\tNA", "NA\t", " \tnull\t "};
    static const char *const present[] = {"na",   "Na",  "NAN",  "0",    "N A", "none",
                                          "-NaN", "NA.", "inf",  "Null", "N/a", "#NA",
                                          "-",    "?",   "\nNA", "NANA"};
    for (size_t i = 0; i < sizeof(missing) / sizeof(*missing); i++)
        assert_true(is_missing(&rc_missing_default, missing[i]));
    for (size_t i = 0; i < sizeof(present) / sizeof(*present); i++)
        assert_false(is_missing(&rc_missing_default, present[i]));
    assert_false(rc_cell_is_missing(&rc_missing_default, "NA\0", 3));
    assert_true(rc_cell_is_missing(&rc_missing_default, "NAx", 2));
}

static void test_another_list_keeps_the_empty_cell_only(void **state)
{
    (void)state;
    static const char *const texts[] = {"-", "?"};
    const rc_missing_list list = {.items = texts, .n = 2}, none = {0};
    assert_true(is_missing(&list, ""));
    assert_true(is_missing(&list, " - "));
    assert_false(is_missing(&list, "NA"));
    assert_true(is_missing(&none, ""));
    assert_false(is_missing(&none, "x"));
    assert_true(is_missing(&none, " \t")); /* empty without its blanks */
}

static bool hides(char decimal, const char *text)
{
    const char *const texts[] = {"?", text};
    const rc_cell_rules rules = {.missing = {texts, 2}, .decimal = decimal};
    return rc_cell_hides_numbers(&rules);
}

static void test_a_list_may_hold_numbers(void **state)
{
    (void)state;
    assert_true(hides('.', "-999"));
    assert_true(hides(0, "inf"));
    assert_true(hides(',', "1,5"));
    assert_true(hides(',', "0"));
    assert_false(hides('.', "1,5"));
    assert_false(hides(',', "1.5"));
    assert_false(hides('.', "nan"));
    assert_false(hides('.', ""));
    const rc_cell_rules rules = {.missing = rc_missing_default}, none = {.decimal = '.'};
    assert_false(rc_cell_hides_numbers(&rules));
    assert_false(rc_cell_hides_numbers(&none));
}

static void test_trim(void **state)
{
    (void)state;
    static const char text[] = " \t a b\t ";
    const char *begin = text, *end = text + strlen(text);
    rc_cell_trim(&begin, &end);
    assert_int_equal(begin - text, 3);
    assert_int_equal(end - text, 6);
    begin = text;
    end = text + 3;
    rc_cell_trim(&begin, &end);
    assert_true(begin == end);
}

/* Reads a cell as both types; the slack behind it is there and says nothing. */
static bool read_cell(const rc_cell_rules *rules, const char *text, size_t n, double *value)
{
    rc_buf cell = {0};
    assert_true(rc_buf_append(&cell, text, n));
    assert_true(rc_buf_append(&cell, "0123456789012345", RC_NUM_SLACK));
    float narrow = 7;
    *value = 7;
    bool is_number = rc_cell_number(rules, cell.data, n, value);
    assert_int_equal(rc_cell_number_f32(rules, cell.data, n, &narrow), is_number);
    assert_true(is_number || (*value == 7 && narrow == 7));
    rc_buf_release(&cell);
    return is_number;
}

/* What a cell is: a number, missing, or a text. */
typedef struct verdict {
    const char *text;
    char is; /* 'n', 'm', 't' */
    double value;
} verdict;

static void assert_verdicts(const rc_cell_rules *rules, const verdict *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double value;
        size_t bytes = strlen(list[i].text);
        bool is_number = read_cell(rules, list[i].text, bytes, &value);
        char is = is_number                                                  ? 'n'
                  : rc_cell_is_missing(&rules->missing, list[i].text, bytes) ? 'm'
                                                                             : 't';
        if (is != list[i].is)
            fail_msg("'%s' is '%c', not '%c'", list[i].text, is, list[i].is);
        if (is_number && memcmp(&value, &list[i].value, sizeof(value)) != 0)
            fail_msg("'%s' is read as another number", list[i].text);
    }
}

/* DESIGN, Cells, word by word: "between optional blanks: sign, digits, point, exponent;
 * inf/infinity, true/false (1/0) in any case; nothing else". */
static void test_what_a_cell_is(void **state)
{
    (void)state;
    static const verdict list[] = {
        /* digits, point */
        {"0", 'n', 0},
        {"5", 'n', 5},
        {"007", 'n', 7},
        {"0.5", 'n', 0.5},
        {".5", 'n', 0.5},
        {"5.", 'n', 5},
        {"12.25", 'n', 12.25},
        {".", 't', 0},
        {"1.2.3", 't', 0},
        {"1..2", 't', 0},
        /* sign */
        {"+5", 'n', 5},
        {"-5", 'n', -5},
        {"-0", 'n', -0.0},
        {"-.5", 'n', -0.5},
        {"+", 't', 0},
        {"-", 't', 0},
        {"--5", 't', 0},
        {"+-5", 't', 0},
        {"5-", 't', 0},
        {"- 5", 't', 0},
        {"\xe2\x88\x92"
         "5",
         't', 0}, /* a minus that is not ASCII */
        /* exponent */
        {"1e5", 'n', 100000},
        {"1E5", 'n', 100000},
        {"1e+5", 'n', 100000},
        {"25e-2", 'n', 0.25},
        {".5e1", 'n', 5},
        {"5.e1", 'n', 50},
        {"1e400", 'n', INFINITY},
        {"-1e400", 'n', -INFINITY},
        {"1e-400", 'n', 0},
        {"e5", 't', 0},
        {".e5", 't', 0},
        {"1e", 't', 0},
        {"1e+", 't', 0},
        {"1e5.0", 't', 0},
        {"1e 5", 't', 0},
        {"1d5", 't', 0},
        /* blanks: space and tab */
        {" 5", 'n', 5},
        {"5 ", 'n', 5},
        {" \t-2.5\t ", 'n', -2.5},
        {" true ", 'n', 1},
        {"1 000", 't', 0},
        {"5\n", 't', 0},
        {"\v5", 't', 0},
        {"5\xc2\xa0", 't', 0},
        /* words in any case */
        {"inf", 'n', INFINITY},
        {"Inf", 'n', INFINITY},
        {"INFINITY", 'n', INFINITY},
        {"iNfInItY", 'n', INFINITY},
        {"-inf", 'n', -INFINITY},
        {"+Infinity", 'n', INFINITY},
        {"true", 'n', 1},
        {"True", 'n', 1},
        {"TRUE", 'n', 1},
        {"false", 'n', 0},
        {"fALSE", 'n', 0},
        {"infinit", 't', 0},
        {"in", 't', 0},
        {"infx", 't', 0},
        {"- inf", 't', 0},
        {"-true", 't', 0},
        {"t", 't', 0},
        {"yes", 't', 0},
        {"truee", 't', 0},
        /* nothing else */
        {"0x10", 't', 0},
        {"0x1p3", 't', 0},
        {"1_000", 't', 0},
        {"1,000", 't', 0},
        {"1,5", 't', 0},
        {"1'000", 't', 0},
        {"50%", 't', 0},
        {"$5", 't', 0},
        {"5f", 't', 0},
        {"1/2", 't', 0},
        {"abc", 't', 0},
        {"\xd9\xa3", 't', 0}, /* a digit that is not ASCII */
        /* missing */
        {"", 'm', 0},
        {" ", 'm', 0},
        {"\t \t", 'm', 0},
        {"NA", 'm', 0},
        {"N/A", 'm', 0},
        {"n/a", 'm', 0},
        {"NaN", 'm', 0},
        {"nan", 'm', 0},
        {"-nan", 'm', 0},
        {"NULL", 'm', 0},
        {"null", 'm', 0},
        {"None", 'm', 0},
        {"<NA>", 'm', 0},
        {"#N/A", 'm', 0},
        {" NA ", 'm', 0},
        {"NAN", 't', 0},
        {"-NaN", 't', 0},
        {"+nan", 't', 0},
        {"nan(1)", 't', 0},
        {"none", 't', 0},
        {"Null", 't', 0},
        {"na", 't', 0},
    };
    const rc_cell_rules rules = {.missing = rc_missing_default, .decimal = '.'};
    const rc_cell_rules by_default = {.missing = rc_missing_default};
    assert_verdicts(&rules, list, sizeof(list) / sizeof(*list));
    assert_verdicts(&by_default, list, sizeof(list) / sizeof(*list));
    double value;
    assert_false(read_cell(&rules, "5\0", 2, &value));
    assert_false(read_cell(&rules, "\0005", 2, &value));
}

static void test_another_decimal_point(void **state)
{
    (void)state;
    static const verdict comma[] = {
        {"1,5", 'n', 1.5},    {",5", 'n', 0.5},    {"5,", 'n', 5},       {"-1,25e1", 'n', -12.5},
        {" 1,5\t", 'n', 1.5}, {"15", 'n', 15},     {"1e5", 'n', 100000}, {"inf", 'n', INFINITY},
        {"True", 'n', 1},     {"1.5", 't', 0},     {"1.", 't', 0},       {".5", 't', 0},
        {"1.000,5", 't', 0},  {"1,000.5", 't', 0}, {"1,2,3", 't', 0},    {",", 't', 0},
        {",e5", 't', 0},      {"1e5,0", 't', 0},   {"NA", 'm', 0},       {"", 'm', 0},
        {"  ", 'm', 0},
    };
    static const verdict apostrophe[] = {{"1'5", 'n', 1.5}, {"1,5", 't', 0}, {"1.5", 't', 0}};
    const rc_cell_rules rules = {.missing = rc_missing_default, .decimal = ','};
    const rc_cell_rules odd = {.decimal = '\''};
    assert_verdicts(&rules, comma, sizeof(comma) / sizeof(*comma));
    assert_verdicts(&odd, apostrophe, sizeof(apostrophe) / sizeof(*apostrophe));
}

/* head, n times fill, tail */
static double read_filled(const char *head, char fill, size_t n, const char *tail)
{
    const rc_cell_rules rules = {.decimal = ','};
    rc_buf text = {0};
    double value = NAN;
    assert_true(rc_buf_text(&text, head) && rc_buf_reserve(&text, n));
    memset(text.data + text.n, fill, n);
    text.n += n;
    assert_true(rc_buf_text(&text, tail));
    if (!read_cell(&rules, text.data, text.n, &value))
        value = NAN;
    rc_buf_release(&text);
    return value;
}

/* No cell is too long to be rounded rightly. */
static void test_long_numbers_with_another_decimal_point(void **state)
{
    (void)state;
    /* 1 + 2^-53, the middle of 1 and the double above it, 1 + 2^-52 */
    static const char middle[] = "1,00000000000000011102230246251565404236316680908203125";
    static const double above = 1.0000000000000002220446049250313;
    assert_true(read_filled(middle, '0', 5000, "") == 1);
    for (size_t n = 0; n < 2000; n += 37) {
        assert_true(read_filled(middle, '0', n, "1") == above);
        assert_true(read_filled(middle, '0', n, "1e0") == above);
        assert_true(read_filled("0,", '0', n + 400, "1") == 0); /* below the least double */
    }
    assert_true(read_filled("0,", '0', 5000, "1e5001") == 1);
    assert_true(read_filled("-1", '0', 5000, "e-5000") == -1);
    assert_true(read_filled("+", '0', 5000, "2,5") == 2.5);
    assert_true(read_filled("9", '9', 5000, "e-5000") == 10); /* 9.99... */
    assert_true(read_filled("0,", '0', 5000, "") == 0);
    assert_true(signbit(read_filled("-0", '0', 5000, "e99999999999999999999999")));
    assert_true(read_filled("1e", '0', 5000, "2") == 100);
    assert_true(read_filled("1e-", '9', 5000, "") == 0);
    assert_true(read_filled("1e", '9', 5000, "") == INFINITY);
    assert_true(read_filled("1", ' ', 5000, "") == 1);
    static const char *const tails[] = {",,", "e", "e-", "x", "e5x", "e5,", ".5", " 1", "inf"};
    for (size_t i = 0; i < sizeof(tails) / sizeof(*tails); i++)
        assert_true(isnan(read_filled("1", '0', 5000, tails[i])));
    assert_true(read_filled("1", '0', 5000, ",e-5000") == 1);
    assert_true(isnan(read_filled("-", '-', 5000, "1")));
    assert_true(isnan(read_filled("a", 'a', 5000, "1")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_default_list),
        cmocka_unit_test(test_another_list_keeps_the_empty_cell_only),
        cmocka_unit_test(test_a_list_may_hold_numbers),
        cmocka_unit_test(test_trim),
        cmocka_unit_test(test_what_a_cell_is),
        cmocka_unit_test(test_another_decimal_point),
        cmocka_unit_test(test_long_numbers_with_another_decimal_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
