/* test_text.c - quoted values and nearest names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/text.h"

static void assert_quoted(const char *text, size_t n, const char *expected)
{
    char out[RC_QUOTED_BYTES];
    assert_string_equal(rc_text_quote(text, n, out), expected);
}

static void test_quote_escapes_what_a_terminal_obeys(void **state)
{
    (void)state;
    assert_quoted("abc", 3, "abc");
    assert_quoted("\x1b[31m", 5, "\\x1b[31m");
    assert_quoted("a\0b\n\r\t", 6, "a\\x00b\\x0a\\x0d\\x09");
    assert_quoted("\xc3\xa9", 2, "\xc3\xa9");
    assert_quoted("\xc2\x9b", 2, "\\xc2\\x9b");          /* C1 CSI */
    assert_quoted("\xe2\x80\xae", 3, "\\xe2\\x80\\xae"); /* right-to-left override */
    assert_quoted("\xff\xfe", 2, "\\xff\\xfe");
    assert_quoted("\xed\xa0\x80", 3, "\\xed\\xa0\\x80"); /* a surrogate */
}

static void test_quote_cuts_at_40_bytes_between_characters(void **state)
{
    (void)state;
    char text[64], expected[64];
    memset(text, 'x', sizeof(text));
    memset(expected, 'x', sizeof(expected));
    memcpy(expected + 40, "...", 4);
    assert_quoted(text, 41, expected);
    expected[40] = '\0';
    assert_quoted(text, 40, expected);
    memcpy(text + 39, "\xc3\xa9", 2);
    memcpy(expected + 39, "...", 4);
    assert_quoted(text, 41, expected);
}

static void test_distance_counts_edits(void **state)
{
    (void)state;
    assert_int_equal(rc_text_distance("age", "age", 3), 0);
    assert_int_equal(rc_text_distance("age", "AGE", 3), 0);
    assert_int_equal(rc_text_distance("age", "gae", 3), 1);
    assert_int_equal(rc_text_distance("kitten", "sitting", 5), 3);
    assert_int_equal(rc_text_distance("", "abc", 5), 3);
    assert_int_equal(rc_text_distance("abc", "xyz", 1), 2);
    assert_int_equal(rc_text_distance("short", "a much longer name", 3), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quote_escapes_what_a_terminal_obeys),
        cmocka_unit_test(test_quote_cuts_at_40_bytes_between_characters),
        cmocka_unit_test(test_distance_counts_edits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
