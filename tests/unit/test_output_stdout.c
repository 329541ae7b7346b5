/* test_output_stdout.c - stdout, pipes and FIFOs: all goes out, or the failure is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "interrupt.h"
#include "outputs.h"
#include "scratch.h"

/* Makes fd 1 the descriptor (closed if -1); returns the old one. Nothing is printed meanwhile. */
static int replace_stdout(int fd)
{
    fflush(stdout);
    int old = dup(STDOUT_FILENO);
    assert_true(old >= 0);
    if (fd >= 0)
        dup2(fd, STDOUT_FILENO);
    else
        close(STDOUT_FILENO);
    return old;
}

static void restore_stdout(int old)
{
    dup2(old, STDOUT_FILENO);
    close(old);
}

/* Open, write, finish with fd 1 replaced. */
static rc_status write_stdout(int fd, const char *path, const char *text, rc_error *err)
{
    int old = replace_stdout(fd);
    rc_status st = write_file(path, text, strlen(text), NULL, err);
    bool is_open = fcntl(STDOUT_FILENO, F_GETFL) >= 0;
    restore_stdout(old);
    assert_int_equal(is_open, fd >= 0);
    return st;
}

static void test_stdout_is_written_and_stays_open(void **state)
{
    scratch *s = *state;
    const char *path = scratch_write(s, "stdout", "", 0);
    int fd = open(path, O_WRONLY | O_APPEND);
    assert_true(fd >= 0);
    rc_error err;
    assert_int_equal(write_stdout(fd, NULL, "a", &err), RC_OK);
    assert_int_equal(write_stdout(fd, "-", "b", &err), RC_OK);
    /* a new file in the place of this one would not hold what stands there */
    assert_int_equal(write_stdout(fd, "/dev/stdout", "c", &err), RC_OK);
    assert_int_equal(write_stdout(fd, "/proc/self/fd/1", "d", &err), RC_OK);
    close(fd);
    scratch_holds(path, "abcd");
    assert_int_equal(scratch_count(s), 1);
}

static void test_stdout_failures_are_told(void **state)
{
    (void)state;
    rc_error err;
    assert_int_equal(write_stdout(-1, NULL, "x", &err), RC_E_OUTPUT);
    assert_string_equal(err.text, "cannot be written: Bad file descriptor");
    int fd = open("/dev/full", O_WRONLY);
    assert_int_equal(write_stdout(fd, NULL, "x", &err), RC_E_OUTPUT);
    assert_string_equal(err.text, "write: No space left on device");
    close(fd);
    fd = open("/dev/null", O_RDONLY);
    assert_int_equal(write_stdout(fd, NULL, "x", &err), RC_E_OUTPUT);
    assert_string_equal(err.text, "cannot be written: Bad file descriptor");
    close(fd);
}

static void test_broken_pipe_is_told(void **state)
{
    (void)state;
    int ends[2];
    rc_error err;
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(write_stdout(ends[1], NULL, "x", &err), RC_E_OUTPUT);
    signal(SIGPIPE, SIG_DFL);
    close(ends[1]);
    assert_int_equal(err.os_errno, EPIPE);
    assert_string_equal(err.text, "write: Broken pipe");
}

enum { SLOW_BYTES = 300000 };

static char slow_byte(size_t i)
{
    return (char)(i * 7 + i / 1000);
}

/* Reads slowly from the descriptor; the exit status tells whether all came in order. */
static void read_slowly(int fd)
{
    char data[3000];
    size_t at = 0;
    for (ssize_t n; (n = read(fd, data, sizeof(data))) > 0; usleep(300))
        for (ssize_t i = 0; i < n; i++, at++)
            if (data[i] != slow_byte(at))
                _exit(1);
    _exit(at == SLOW_BYTES ? 0 : 2);
}

static rc_status write_slowly(const char *path)
{
    char *data = malloc(SLOW_BYTES);
    assert_non_null(data);
    for (size_t i = 0; i < SLOW_BYTES; i++)
        data[i] = slow_byte(i);
    interrupt_every(500);
    rc_status st = write_file(path, data, SLOW_BYTES, NULL, NULL);
    interrupt_every(0);
    free(data);
    return st;
}

/* Signals make the writes short; a FIFO is opened when its reader comes, and not replaced. */
static void test_fifo_under_signals(void **state)
{
    scratch *s = *state;
    const char *path = scratch_path(s, "fifo");
    struct stat st;
    assert_int_equal(mkfifo(path, 0600), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        usleep(20000);
        read_slowly(open(path, O_RDONLY));
    }
    assert_int_equal(write_slowly(path), RC_OK);
    assert_exit_ok(pid);
    assert_int_equal(stat(path, &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
    assert_int_equal(scratch_count(s), 1);
}

static void test_stdout_that_does_not_block(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(ends[1]);
        fcntl(ends[0], F_SETFL, 0);
        read_slowly(ends[0]);
    }
    close(ends[0]);
    int old = replace_stdout(ends[1]);
    close(ends[1]);
    rc_status st = write_slowly(NULL);
    restore_stdout(old);
    assert_int_equal(st, RC_OK);
    assert_exit_ok(pid);
}

#define IN_SCRATCH(f) cmocka_unit_test_setup_teardown(f, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(test_stdout_is_written_and_stays_open),
        cmocka_unit_test(test_stdout_failures_are_told),
        cmocka_unit_test(test_broken_pipe_is_told),
        IN_SCRATCH(test_fifo_under_signals),
        cmocka_unit_test(test_stdout_that_does_not_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
