/* test_cell.c - which cells are missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_default_list),
        cmocka_unit_test(test_another_list_keeps_the_empty_cell_only),
        cmocka_unit_test(test_trim),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
