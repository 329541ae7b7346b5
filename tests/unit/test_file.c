/* test_file.c - whole files in memory, and the limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/input.h"
#include "scratch.h"

static void test_file_read_gives_all_and_a_nul(void **state)
{
    scratch *s = *state;
    char *data;
    size_t n;
    assert_int_equal(
        rc_file_read(scratch_write(s, "f", "ab\0c", 4), 4, RC_E_MODEL, &data, &n, NULL), RC_OK);
    assert_int_equal(n, 4);
    assert_memory_equal(data, "ab\0c\0", 5);
    free(data);
    assert_int_equal(rc_file_read(scratch_write(s, "e", "", 0), 0, RC_E_MODEL, &data, &n, NULL),
                     RC_OK);
    assert_int_equal(n, 0);
    assert_string_equal(data, "");
    free(data);
    /* a file whose size is told as 0 */
    assert_int_equal(rc_file_read("/proc/self/status", 1 << 20, RC_E_MODEL, &data, &n, NULL),
                     RC_OK);
    assert_true(n > 100);
    assert_memory_equal(data, "Name:", 5);
    free(data);
}

static void assert_not_read(const char *path, size_t max_bytes, const char *message)
{
    rc_error err;
    char *data = (char *)&err;
    size_t n = 1;
    assert_int_equal(rc_file_read(path, max_bytes, RC_E_MODEL, &data, &n, &err), RC_E_MODEL);
    assert_null(data);
    assert_int_equal(n, 0);
    assert_string_equal(err.text, message);
}

static void test_file_read_tells_why_not(void **state)
{
    scratch *s = *state;
    assert_not_read(s->folder, 100, "is a folder");
    assert_not_read(scratch_path(s, "absent"), 100, "cannot be opened: No such file or directory");
    assert_not_read(scratch_write(s, "f", "abcde", 5), 4, "is larger than the limit of 4 bytes");
    assert_not_read("/proc/self/status", 10, "is larger than the limit of 10 bytes");
    assert_not_read("/dev/zero", 100000, "is larger than the limit of 100000 bytes");
    assert_not_read("/proc/self/mem", 100, "read: Input/output error");
}

#define IN_SCRATCH(f) cmocka_unit_test_setup_teardown(f, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(test_file_read_gives_all_and_a_nul),
        IN_SCRATCH(test_file_read_tells_why_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
