/* test_input.c - whole files, plain, gzip and zstd; what cannot be opened; stdin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "stored.h"

static void test_plain_is_passed_through(void **state)
{
    scratch *s = *state;
    /* beginnings of magic numbers are text as long as they may be */
    static const char *const texts[] = {
        "",         "a",   text, "P", "P*", "P*M", "P*M\x19", "Plan\n", "(", "(x", "(\xb5\x2f\xfe",
        "\x1f\x8a", "_*\n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        rc_buf stored = {0};
        append(&stored, texts[i], strlen(texts[i]));
        assert_reads(s, &stored, texts[i], strlen(texts[i]));
        rc_buf_release(&stored);
    }
}

static void test_gzip_members_are_one_stream(void **state)
{
    scratch *s = *state;
    rc_buf stored = {0};
    append_gzip(&stored, NULL, 0);
    assert_reads(s, &stored, "", 0);
    append_gzip(&stored, text, 20);
    append_gzip(&stored, NULL, 0);
    append_gzip(&stored, text + 20, TEXT_BYTES - 20);
    assert_reads(s, &stored, text, TEXT_BYTES);
    append_gzip(&stored, NULL, 0);
    assert_reads(s, &stored, text, TEXT_BYTES);
    append(&stored, "\0\0\0\0\0", 5); /* padding, which gzip takes, too */
    assert_reads(s, &stored, text, TEXT_BYTES);
    rc_buf_release(&stored);
}

static void test_zstd_frames_are_one_stream(void **state)
{
    scratch *s = *state;
    rc_buf stored = {0};
    append_zstd(&stored, NULL, 0);
    assert_reads(s, &stored, "", 0);
    append_zstd(&stored, text, 20);
    append_skippable(&stored, 3, 17);
    append_zstd(&stored, NULL, 0);
    append_zstd(&stored, text + 20, TEXT_BYTES - 20);
    append_skippable(&stored, 15, 0);
    assert_reads(s, &stored, text, TEXT_BYTES);
    rc_buf_release(&stored);
}

static void test_zstd_may_begin_with_a_skippable_frame(void **state)
{
    scratch *s = *state;
    for (unsigned char kind = 0; kind < 16; kind++) {
        rc_buf stored = {0};
        append_skippable(&stored, kind, kind);
        assert_reads(s, &stored, "", 0);
        append_zstd(&stored, text, TEXT_BYTES);
        assert_reads(s, &stored, text, TEXT_BYTES);
        rc_buf_release(&stored);
    }
}

/* 3 MB, many times the buffers; half of it noise, so that the stored size is many buffers, too. */
static void test_large_files(void **state)
{
    enum { BIG = 3000000 };
    scratch *s = *state;
    rc_buf big = {0}, gzip = {0}, zstd = {0};
    assert_true(rc_buf_reserve(&big, BIG));
    uint32_t x = 1;
    for (big.n = 0; big.n < BIG; big.n++) {
        x = x * 1664525 + 1013904223; /* Numerical Recipes */
        big.data[big.n] = big.n / 50000 % 2 ? (char)(x >> 24) : "0123456789,\n"[x >> 24 & 7];
    }
    append_gzip(&gzip, big.data, BIG / 3);
    append_gzip(&gzip, big.data + BIG / 3, BIG - BIG / 3);
    append_zstd(&zstd, big.data, BIG / 3);
    append_zstd(&zstd, big.data + BIG / 3, BIG - BIG / 3);
    assert_reads(s, &big, big.data, BIG);
    assert_reads(s, &gzip, big.data, BIG);
    assert_reads(s, &zstd, big.data, BIG);
    rc_buf_release(&big);
    rc_buf_release(&gzip);
    rc_buf_release(&zstd);
}

static void assert_no_open(const char *path, int os_errno, const char *message)
{
    rc_error err;
    rc_input *in = (rc_input *)&err;
    assert_int_equal(rc_input_open(&in, path, &err), RC_E_DATA);
    assert_null(in);
    assert_int_equal(err.os_errno, os_errno);
    assert_string_equal(err.text, message);
}

static void test_open_tells_why_not(void **state)
{
    scratch *s = *state;
    assert_no_open(s->folder, 0, "is a folder");
    assert_no_open(scratch_path(s, "absent"), ENOENT,
                   "cannot be opened: No such file or directory");
    scratch_write(s, "file", "", 0);
    assert_no_open(scratch_path(s, "file/x"), ENOTDIR, "cannot be opened: Not a directory");
    rc_input_close(NULL);
}

static void test_read_errors_are_told(void **state)
{
    (void)state;
    rc_buf got = {0};
    rc_error err;
    /* address 0 of a process is never mapped */
    assert_int_equal(read_file("/proc/self/mem", 16, &got, &err), RC_E_DATA);
    assert_int_equal(err.os_errno, EIO);
    assert_string_equal(err.text, "read: Input/output error");
    rc_buf_release(&got);
}

static void test_tell_counts_stored_bytes(void **state)
{
    scratch *s = *state;
    rc_buf stored = {0}, got = {0};
    append_zstd(&stored, text, TEXT_BYTES);
    rc_input *in = open_input(scratch_write(s, "input", stored.data, stored.n));
    rc_input_stat st = rc_input_tell(in);
    assert_int_equal(st.bytes_read, 0);
    assert_int_equal(st.bytes_total, stored.n);
    assert_int_equal(st.compression, RC_COMPRESS_AUTO);
    assert_int_equal(read_all(in, READ_ALL, &got, NULL), RC_END);
    st = rc_input_tell(in);
    assert_int_equal(st.bytes_read, stored.n);
    assert_int_equal(st.compression, RC_COMPRESS_ZSTD);
    rc_input_close(in);
    rc_buf_release(&stored);
    rc_buf_release(&got);
}

static void test_stdin_may_be_half_read_and_stays_open(void **state)
{
    scratch *s = *state;
    rc_buf stored = {0}, got = {0};
    rc_error err;
    append(&stored, "skipped", 7);
    append_gzip(&stored, text, TEXT_BYTES);
    size_t n_good = stored.n;
    append(&stored, "!", 1);
    int fd = open(scratch_write(s, "input", stored.data, stored.n), O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(lseek(fd, 7, SEEK_SET), 7);
    int old = replace_stdin(fd);
    rc_input *in = open_input("-");
    assert_int_equal(rc_input_tell(in).bytes_total, stored.n - 7);
    assert_int_equal(read_all(in, READ_ALL, &got, &err), RC_E_DATA);
    assert_bytes(&got, text, TEXT_BYTES);
    assert_int_equal(rc_input_tell(in).bytes_read, n_good - 7);
    rc_input_close(in);
    assert_int_equal(lseek(STDIN_FILENO, 0, SEEK_CUR), stored.n);
    restore_stdin(old);
    close(fd);
    char message[128];
    snprintf(message, sizeof(message), "trailing garbage after the gzip member at byte %zu",
             n_good);
    assert_string_equal(err.text, message);
    rc_buf_release(&stored);
    rc_buf_release(&got);
}

static void test_stdin_that_is_closed_is_told(void **state)
{
    (void)state;
    int old = dup(STDIN_FILENO);
    rc_error err;
    rc_input *in;
    close(STDIN_FILENO);
    rc_status st = rc_input_open(&in, "-", &err);
    restore_stdin(old);
    assert_int_equal(st, RC_E_DATA);
    assert_string_equal(err.text, "cannot be read: Bad file descriptor");
}

#define IN_SCRATCH(f) cmocka_unit_test_setup_teardown(f, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(test_plain_is_passed_through),
        IN_SCRATCH(test_gzip_members_are_one_stream),
        IN_SCRATCH(test_zstd_frames_are_one_stream),
        IN_SCRATCH(test_zstd_may_begin_with_a_skippable_frame),
        IN_SCRATCH(test_large_files),
        IN_SCRATCH(test_open_tells_why_not),
        cmocka_unit_test(test_read_errors_are_told),
        IN_SCRATCH(test_tell_counts_stored_bytes),
        IN_SCRATCH(test_stdin_may_be_half_read_and_stays_open),
        cmocka_unit_test(test_stdin_that_is_closed_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
