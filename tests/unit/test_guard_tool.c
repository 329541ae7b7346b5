/* test_guard_tool.c - the tool itself as a reader: what it reads, and how soon it is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "guards.h"

static rc_guard_options tool_options(const char *kind)
{
    return guard_options("../../src/cli/rowcast", kind);
}

static void test_a_kind_that_it_does_not_read(void **state)
{
    (void)state;
    rc_guard_options options = tool_options("onnxx");
    rc_guard *guard;
    rc_error err;
    assert_int_equal(rc_guard_open(&guard, &options, &err), RC_E_SYSTEM);
    assert_string_equal(err.text, "this rowcast has no reader 'onnxx'");
    close(options.fd);
}

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* From the call to the first frame, with the HDF5 library ready. */
static void test_it_starts_at_once(void **state)
{
    (void)state;
    enum { N = 51 };
    int64_t ns[N];
    rc_guard_options options = tool_options("hdf5");
    for (int i = 0; i < N; i++) {
        rc_guard *guard;
        rc_error err;
        int64_t start = rc_clock_ns();
        assert_int_equal(rc_guard_open(&guard, &options, &err), RC_OK);
        ns[i] = rc_clock_ns() - start;
        if (i == 0)
            print_message("# %s\n", rc_guard_shut(guard));
        rc_guard_close(guard);
    }
    close(options.fd);
    qsort(ns, N, sizeof(ns[0]), by_time);
    print_message("# start of the reader: median %d us of %d\n", (int)(ns[N / 2] / 1000), N);
    assert_true(ns[0] < 100000000); /* 10 ms is the aim; this machine may be busy */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_kind_that_it_does_not_read),
        cmocka_unit_test(test_it_starts_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
