/* test_input_pipe.c - slow pipes: what has come is given, time limits hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <time.h>

#include "interrupt.h"
#include "stored.h"

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static rc_input *open_pipe(int ends[2])
{
    char path[32];
    assert_int_equal(pipe(ends), 0);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
    rc_input *in = open_input(path);
    close(ends[0]);
    return in;
}

static rc_status read_piece(rc_input *in, rc_buf *got, int timeout_ms)
{
    size_t n;
    assert_true(rc_buf_reserve(got, 4096));
    rc_status st = rc_input_read(in, got->data + got->n, 4096, timeout_ms, &n, NULL);
    got->n += n;
    return st;
}

static void test_pipe_gives_what_has_come(void **state)
{
    (void)state;
    int ends[2];
    rc_input *in = open_pipe(ends);
    rc_buf got = {0};
    assert_int_equal(read_piece(in, &got, 0), RC_AGAIN);
    int64_t start = now_ms();
    assert_int_equal(read_piece(in, &got, 30), RC_AGAIN);
    assert_true(now_ms() - start >= 30);
    assert_int_equal(write(ends[1], text, 10), 10);
    assert_int_equal(read_piece(in, &got, -1), RC_OK);
    assert_bytes(&got, text, 10);
    assert_int_equal(read_piece(in, &got, 0), RC_AGAIN);
    assert_int_equal(write(ends[1], text + 10, 5), 5);
    close(ends[1]);
    assert_int_equal(read_piece(in, &got, -1), RC_OK);
    assert_bytes(&got, text, 15);
    assert_int_equal(read_piece(in, &got, -1), RC_END);
    assert_int_equal(read_piece(in, &got, 0), RC_END);
    assert_int_equal(rc_input_tell(in).bytes_read, 15);
    assert_int_equal(rc_input_tell(in).bytes_total, 0);
    rc_input_close(in);
    rc_buf_release(&got);
}

/* One stored byte at a time without waiting: AGAIN until a text byte is made, all in the end. */
static void assert_pipe_reads(const rc_buf *stored, bool is_gzip)
{
    int ends[2], n_again = 0;
    rc_input *in = open_pipe(ends);
    rc_buf got = {0};
    for (size_t i = 0; i < stored->n; i++) {
        assert_int_equal(write(ends[1], stored->data + i, 1), 1);
        rc_status st = read_piece(in, &got, i % 2 ? 0 : 1);
        assert_true(st == RC_OK || st == RC_AGAIN);
        n_again += st == RC_AGAIN;
        assert_int_equal(read_piece(in, &got, 0), RC_AGAIN);
    }
    assert_true(n_again > (is_gzip ? 10 : 4)); /* at least the header makes nothing */
    assert_bytes(&got, text, TEXT_BYTES);
    close(ends[1]);
    assert_int_equal(read_piece(in, &got, -1), RC_END);
    rc_input_close(in);
    rc_buf_release(&got);
}

static void test_pipe_in_single_bytes(void **state)
{
    (void)state;
    rc_buf stored = {0};
    append(&stored, text, TEXT_BYTES);
    int ends[2];
    rc_input *in = open_pipe(ends);
    rc_buf got = {0};
    for (size_t i = 0; i < TEXT_BYTES; i++) {
        assert_int_equal(write(ends[1], text + i, 1), 1);
        assert_int_equal(read_piece(in, &got, -1), RC_OK);
        assert_int_equal(got.n, i + 1);
    }
    close(ends[1]);
    rc_input_close(in);
    stored.n = 0;
    append_gzip(&stored, text, 20);
    append_gzip(&stored, NULL, 0);
    append_gzip(&stored, text + 20, TEXT_BYTES - 20);
    assert_pipe_reads(&stored, true);
    stored.n = 0;
    append_zstd(&stored, text, 20);
    append_skippable(&stored, 0, 40);
    append_zstd(&stored, text + 20, TEXT_BYTES - 20);
    assert_pipe_reads(&stored, false);
    rc_buf_release(&stored);
    rc_buf_release(&got);
}

/* Starts a child that writes the bytes in small parts with pauses. */
static pid_t start_writer(const int ends[2], const rc_buf *stored, size_t part)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0) {
        close(ends[1]);
        return pid;
    }
    for (size_t at = 0; at < stored->n; at += part) {
        size_t n = stored->n - at < part ? stored->n - at : part;
        if (write(ends[1], stored->data + at, n) != (ssize_t)n)
            _exit(1);
        usleep(500);
    }
    _exit(0);
}

/* A slow writer while a signal interrupts poll() and read() all the time. */
static void test_slow_pipe_under_signals(void **state)
{
    (void)state;
    rc_buf stored = {0}, got = {0};
    for (int i = 0; i < 10; i++)
        append_gzip(&stored, text, TEXT_BYTES);
    int ends[2];
    rc_input *in = open_pipe(ends);
    pid_t pid = start_writer(ends, &stored, 7);
    interrupt_every(300);
    rc_status st = read_all(in, 4096, &got, NULL);
    interrupt_every(0);
    assert_int_equal(st, RC_END);
    assert_int_equal(got.n, 10 * TEXT_BYTES);
    assert_exit_ok(pid);
    rc_input_close(in);
    rc_buf_release(&stored);
    rc_buf_release(&got);
}

static void test_timeout_holds_under_signals(void **state)
{
    (void)state;
    int ends[2];
    rc_input *in = open_pipe(ends);
    rc_buf got = {0};
    interrupt_every(2000);
    int64_t start = now_ms();
    rc_status st = read_piece(in, &got, 50);
    int64_t waited = now_ms() - start;
    interrupt_every(0);
    assert_int_equal(st, RC_AGAIN);
    assert_true(waited >= 50 && waited < 5000);
    close(ends[1]);
    rc_input_close(in);
    rc_buf_release(&got);
}

/* What the decoder holds comes without new input: a writer that waits for us would wait for ever.
 * 100,000 equal bytes, flushed and not finished, are a few stored ones. */
static void assert_flushed_comes(const char *stored, size_t n)
{
    int ends[2];
    rc_input *in = open_pipe(ends);
    char data[30];
    size_t n_got = 0, got;
    assert_int_equal(write(ends[1], stored, n), n);
    while (rc_input_read(in, data, sizeof(data), 0, &got, NULL) == RC_OK)
        n_got += got;
    assert_int_equal(n_got, 100000);
    close(ends[1]);
    assert_int_equal(rc_input_read(in, data, sizeof(data), -1, &got, NULL), RC_E_DATA);
    rc_input_close(in);
}

static void test_pipe_gives_all_that_was_flushed(void **state)
{
    (void)state;
    static char plain[100000];
    char stored[4096];
    z_stream z = {.next_in = (unsigned char *)plain, .avail_in = sizeof(plain)};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_out = (unsigned char *)stored;
    z.avail_out = sizeof(stored);
    assert_int_equal(deflate(&z, Z_SYNC_FLUSH), Z_OK);
    assert_flushed_comes(stored, z.total_out);
    deflateEnd(&z);

    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    ZSTD_inBuffer from = {plain, sizeof(plain), 0};
    ZSTD_outBuffer to = {stored, sizeof(stored), 0};
    assert_int_equal(ZSTD_compressStream2(zstd, &to, &from, ZSTD_e_flush), 0);
    assert_flushed_comes(stored, to.pos);
    ZSTD_freeCCtx(zstd);
}

/* Empty members make no byte, and could come for ever: the time is up all the same, though more
 * could be read without waiting. */
static void test_timeout_holds_when_nothing_is_made(void **state)
{
    (void)state;
    int ends[2];
    rc_input *in = open_pipe(ends); /* makes room for 1 MiB if it may */
    rc_buf got = {0}, member = {0};
    size_t n_stored = 0;
    append_gzip(&member, NULL, 0);
    assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    while (write(ends[1], member.data, member.n) == (ssize_t)member.n)
        n_stored += member.n;
    if (n_stored < 500000)
        skip();
    assert_int_equal(read_piece(in, &got, 0), RC_AGAIN);
    assert_true(rc_input_tell(in).bytes_read < 300000); /* two buffers of 128 KiB */
    close(ends[1]);
    rc_input_close(in);
    rc_buf_release(&got);
    rc_buf_release(&member);
}

/* A descriptor that somebody else has made non-blocking is waited for like another. */
static void test_pipe_that_does_not_block(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    int old = replace_stdin(ends[0]);
    rc_input *in = open_input("-");
    rc_buf got = {0}, stored = {0};
    append(&stored, text, TEXT_BYTES);
    pid_t pid = start_writer(ends, &stored, 5);
    rc_status st = read_all(in, 4096, &got, NULL);
    rc_input_close(in);
    restore_stdin(old);
    close(ends[0]);
    assert_int_equal(st, RC_END);
    assert_bytes(&got, text, TEXT_BYTES);
    assert_exit_ok(pid);
    rc_buf_release(&got);
    rc_buf_release(&stored);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pipe_gives_what_has_come),
        cmocka_unit_test(test_pipe_in_single_bytes),
        cmocka_unit_test(test_slow_pipe_under_signals),
        cmocka_unit_test(test_timeout_holds_under_signals),
        cmocka_unit_test(test_pipe_gives_all_that_was_flushed),
        cmocka_unit_test(test_timeout_holds_when_nothing_is_made),
        cmocka_unit_test(test_pipe_that_does_not_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
