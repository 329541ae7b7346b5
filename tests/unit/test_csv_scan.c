/* test_csv_scan.c - where CSV records end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "csv_machine.h"
#include "table/csv_scan.h"

static void test_swar_marks_equal_bytes_only(void **state)
{
    (void)state;
    for (unsigned a = 0; a < 256; a++) {
        for (unsigned b = 0; b < 256; b++) {
            /* neighbours that a carry would reach */
            uint64_t word = a | (uint64_t)(a ^ 1) << 8 | (uint64_t)b << 16 | (uint64_t)b << 56;
            uint64_t expected = (a == b ? 0x80u : 0) | ((a ^ 1) == b ? 0x8000u : 0) | 0x800000u |
                                (b == 0 ? 0x0080808080000000u : 0) | 0x8000000000000000u;
            assert_true(rc_swar_equal(word, rc_swar_repeat((unsigned char)b)) == expected);
        }
    }
}

/* Finds the first record of a text. */
static rc_csv_record find(const char *text, int delimiter)
{
    static const size_t most = 64;
    char padded[128] = {0};
    size_t n = strlen(text);
    assert_true(n > 0 && n < most);
    memcpy(padded, text, n);
    rc_csv_record r = rc_csv_find_record(padded, padded + n, delimiter);
    /* pointers into the copy become pointers into the text */
    r.end = text + (r.end - padded);
    r.next = text + (r.next - padded);
    r.quote = r.quote != NULL ? text + (r.quote - padded) : NULL;
    return r;
}

static void assert_record(const char *text, int delimiter, size_t end, size_t next, int quote)
{
    rc_csv_record r = find(text, delimiter);
    assert_int_equal(r.end - text, end);
    assert_int_equal(r.next - text, next);
    assert_int_equal(r.quote != NULL ? r.quote - text : -1, quote);
    assert_int_equal(r.has_line_end, end < strlen(text));
    assert_false(r.is_open);
}

static void test_a_record_ends_at_any_line_end(void **state)
{
    (void)state;
    assert_record("a,b\nc", ',', 3, 4, -1);
    assert_record("a,b\r\nc", ',', 3, 5, -1);
    assert_record("a,b\rc", ',', 3, 4, -1);
    assert_record("a,b\n\nc", ',', 3, 4, -1);
    assert_record("a,b\r", ',', 3, 4, -1);
    assert_record("a,b", ',', 3, 3, -1);
    assert_record("\na", ',', 0, 1, -1);
    assert_record("a long record, of many bytes, and so on\nnext", ',', 39, 40, -1);
}

static void test_a_quote_opens_only_at_the_start_of_a_field(void **state)
{
    (void)state;
    assert_record("5\" pipe\nx", ',', 7, 8, -1);
    assert_record("a\"b,c\nx\"", ',', 5, 6, -1);
    assert_record("\"a\nb\"\nx", ',', 5, 6, 0);
    assert_record("x,\"a\nb\",\"c\n\"\nx", ',', 12, 13, 8);
    assert_record("x;\"a\nb\"\nx", ',', 4, 5, -1); /* plain under this delimiter */
    assert_record("x;\"a\nb\"\nx", ';', 7, 8, 2);
    assert_record("\"a\"\"\n\"\nx", ',', 6, 7, 0);
    assert_record("\"a\"b\n\"\nx", ',', 6, 7, 0); /* a quote before b is data */
    assert_record("\"a\" \n\"\nx", ',', 6, 7, 0);
    assert_record("\"a,\n\"\nx", RC_NO_DELIMITER, 5, 6, 0);
    assert_record("a,\"b\n\"\nx", RC_NO_DELIMITER, 4, 5, -1);
}

static void test_an_open_quote_is_told(void **state)
{
    (void)state;
    static const char *const texts[] = {"\"", "a,\"b\n", "\"a\"\"", "\"a\"b\"\""};
    static const size_t quotes[] = {0, 2, 0, 0};
    for (size_t i = 0; i < 4; i++) {
        rc_csv_record r = find(texts[i], ',');
        assert_true(r.is_open && !r.has_line_end);
        assert_int_equal(r.quote - texts[i], quotes[i]);
    }
}

static void test_lines_are_counted(void **state)
{
    (void)state;
    assert_int_equal(rc_csv_count_lines("", 0), 0);
    assert_int_equal(rc_csv_count_lines("a\nb", 3), 1);
    assert_int_equal(rc_csv_count_lines("a\r\nb\r\n", 6), 2);
    assert_int_equal(rc_csv_count_lines("a\rb\r", 4), 2);
    assert_int_equal(rc_csv_count_lines("\n\r\n\r\r\n", 6), 4);
}

/* Of all prefixes the cut must be the end of a record of the whole, and the last that is sure:
 * behind a CR an LF may follow. */
static void check_cuts(const char *text, size_t n, void *context)
{
    int delimiter = *(const int *)context;
    machine whole = machine_run(text, n, delimiter);
    rc_csv_cut last = rc_csv_cut_records(text, n, delimiter, true);
    assert_int_equal(last.is_open, whole.is_open);
    assert_int_equal(last.has_quote, memchr(text, '"', n) != NULL);
    if (whole.is_open)
        assert_int_equal(last.open_quote, whole.open_quote);
    size_t sure = whole.is_open ? whole.records[whole.n - 1].begin : n;
    assert_int_equal(last.n_bytes, sure);
    rc_csv_cut cut = rc_csv_cut_records(text, n, delimiter, false);
    assert_false(cut.is_open);
    assert_true(cut.n_bytes <= sure);
    /* a cut is a place between records: both sides alone are what they are together */
    machine before = machine_run(text, cut.n_bytes, delimiter);
    machine after = machine_run(text + cut.n_bytes, n - cut.n_bytes, delimiter);
    assert_false(before.is_open);
    assert_int_equal(before.n + after.n, whole.n);
    assert_int_equal(before.n_lines + after.n_lines, whole.n_lines);
    if (cut.n_bytes > 0)
        assert_true(text[cut.n_bytes - 1] == '\n' || text[cut.n_bytes - 1] == '\r');
    /* at most one record without a sure end stays behind when the last byte is an LF */
    if (n > 0 && text[n - 1] == '\n' && !whole.is_open)
        assert_int_equal(cut.n_bytes, n);
}

static void test_all_short_texts_are_cut_between_records(void **state)
{
    (void)state;
    int comma = ',', none = RC_NO_DELIMITER;
    size_t n = for_each_text("a\",\n\r", 5, 8, check_cuts, &comma);
    n += for_each_text("a\"\n\r", 4, 7, check_cuts, &none);
    printf("# %zu texts cut\n", n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_swar_marks_equal_bytes_only),
        cmocka_unit_test(test_a_record_ends_at_any_line_end),
        cmocka_unit_test(test_a_quote_opens_only_at_the_start_of_a_field),
        cmocka_unit_test(test_an_open_quote_is_told),
        cmocka_unit_test(test_lines_are_counted),
        cmocka_unit_test(test_all_short_texts_are_cut_between_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
