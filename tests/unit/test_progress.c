/* test_progress.c - the line that says how far a job has come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "cli/progress.h"

static void assert_line(rc_progress progress, size_t n_columns, const char *expected)
{
    char out[128];
    assert_int_equal(rc_progress_format(out, n_columns, &progress), strlen(expected));
    assert_string_equal(out, expected);
}

static void test_line_of_a_file(void **state)
{
    (void)state;
    /* 20 MB of 100 MB in 2 s: 10 MB/s, 8 s left */
    rc_progress p = {
        .rows = 1234, .bytes_read = 20000000, .bytes_total = 100000000, .elapsed_ns = 2000000000};
    assert_line(p, 79, "1234 rows, 10.0 MB/s, 20 %, 0:08 left");
    p.bytes_total = 40000000000; /* 39 980 MB more at 10 MB/s: 3998 s */
    assert_line(p, 79, "1234 rows, 10.0 MB/s, 0 %, 1:06:38 left");
    p.bytes_total = 20000000;
    assert_line(p, 79, "1234 rows, 10.0 MB/s, 100 %");
    p.bytes_total = 10000000; /* it grew */
    assert_line(p, 79, "1234 rows, 10.0 MB/s, 100 %");
}

static void test_line_of_a_pipe_has_no_share(void **state)
{
    (void)state;
    rc_progress p = {.rows = 5, .bytes_read = 1500000, .elapsed_ns = 1000000000};
    assert_line(p, 79, "5 rows, 1.5 MB/s");
    assert_line((rc_progress){0}, 79, "0 rows, 0.0 MB/s");
    p = (rc_progress){.bytes_total = 10};
    assert_line(p, 79, "0 rows, 0.0 MB/s");
}

static void test_line_never_is_longer_than_the_terminal(void **state)
{
    (void)state;
    rc_progress p = {
        .rows = 1234, .bytes_read = 20000000, .bytes_total = 100000000, .elapsed_ns = 2000000000};
    assert_line(p, 36, "1234 rows, 10.0 MB/s, 20 %");
    assert_line(p, 25, "1234 rows, 10.0 MB/s");
    assert_line(p, 9, "1234 rows");
    assert_line(p, 8, "");
    assert_line(p, 0, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line_of_a_file),
        cmocka_unit_test(test_line_of_a_pipe_has_no_share),
        cmocka_unit_test(test_line_never_is_longer_than_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
