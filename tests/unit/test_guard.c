/* test_guard.c - whatever a reader does, the process that started it has one clear error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "guards.h"

static size_t count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t n = 0;
    assert_non_null(folder);
    while (readdir(folder) != NULL)
        n++;
    closedir(folder);
    return n;
}

/* Neither a running child nor one that nobody waited for. */
static void expect_no_children(void)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

/* What comes of one request to a hostile reader, or of its start. */
static rc_status meet(const char *kind, uint32_t timeout_ms, rc_sandbox sandbox, rc_error *err)
{
    rc_guard_options options = guard_options("hostile", kind);
    rc_guard *guard = NULL;
    rc_frame answer;
    options.timeout_ms = timeout_ms;
    options.sandbox = sandbox;
    *err = (rc_error){0};
    rc_status st = rc_guard_open(&guard, &options, err);
    if (st < 0)
        assert_null(guard);
    else
        st = guard_ask(guard, "go", &answer, err);
    rc_guard_close(guard);
    close(options.fd);
    expect_no_children();
    return st;
}

#define DIES "the HDF5 file made its reader die"
#define LIES "the answer of the reader of the HDF5 file makes no sense: "

static void test_a_hostile_reader_is_one_error(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *text;
    } cases[] = {
        {"dies-first", DIES " (signal 11)"},
        {"ends-first", "the HDF5 file made its reader end (status 3)"},
        {"garbage-first", LIES "no frame"},
        {"version", LIES "another version"},
        {"bool-two", LIES "damaged hello"},
        {"short-hello", LIES "damaged hello"},
        {"long-hello", LIES "too long"},
        {"dies", DIES " (signal 11)"},
        {"dies-within", DIES " (signal 7)"},
        {"ends", "the HDF5 file made its reader end (status 0)"},
        {"closes", DIES " (signal 9)"}, /* by us */
        {"garbage", LIES "no frame"},
        {"no-head", LIES "no frame"},
        {"kind", LIES "another kind of frame"},
        {"huge", LIES "too long"},
        {"over", LIES "too long"},
        {"long-error", LIES "too long"},
        {"fault", LIES "damaged error"},
        {"error-length", LIES "damaged error"},
        {"error-empty", LIES "damaged error"},
        {"error-rest", LIES "damaged error"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rc_error err;
        rc_status st = meet(cases[i].kind, 20000, RC_SANDBOX_AUTO, &err);
        print_message("# %-14s %s\n", cases[i].kind, err.text);
        assert_int_equal(st, RC_E_DATA);
        assert_int_equal(err.code, RC_E_DATA);
        assert_string_equal(err.text, cases[i].text);
    }
}

static void test_a_reader_that_hangs_is_ended_in_time(void **state)
{
    (void)state;
    static const char *const kinds[] = {"silent", "hangs", "hangs-within", "drips"};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        rc_error err;
        int64_t ns = rc_clock_ns();
        rc_status st = meet(kinds[i], 250, RC_SANDBOX_AUTO, &err);
        ns = rc_clock_ns() - ns;
        print_message("# %-14s %s (%d ms)\n", kinds[i], err.text, (int)(ns / 1000000));
        assert_int_equal(st, RC_E_DATA);
        assert_string_equal(err.text, "the reader of the HDF5 file took longer than 250 ms");
        assert_true(ns >= 200000000 && ns < INT64_C(10000000000));
    }
    rc_error err;
    assert_int_equal(meet("hangs", 1000, RC_SANDBOX_AUTO, &err), RC_E_DATA);
    assert_string_equal(err.text, "the reader of the HDF5 file took longer than 1 s");
}

/* Answers that come until one is too late; at most 20. */
static int count_answers(const char *kind, rc_error *err)
{
    rc_guard_options options = guard_options("hostile", kind);
    rc_guard *guard;
    rc_frame answer;
    int n = 0;
    options.timeout_ms = 400;
    assert_int_equal(rc_guard_open(&guard, &options, err), RC_OK);
    while (n < 20 && guard_ask(guard, "go", &answer, err) == RC_OK)
        n++;
    rc_guard_close(guard);
    close(options.fd);
    expect_no_children();
    return n;
}

/* Each answer takes 60 ms of 400; a MiB gives all of it back. */
static void test_the_time_is_that_of_all_answers(void **state)
{
    (void)state;
    rc_error err = {0};
    int n = count_answers("tardy", &err);
    print_message("# %d answers, %s\n", n, err.text);
    assert_true(n <= 6);
    assert_string_equal(err.text, "the reader of the HDF5 file took longer than 400 ms");
    assert_int_equal(count_answers("tardy-large", &err), 20);
}

/* The first answer is whole: the second request finds the rest of the stream. */
static void test_an_endless_answer_ends_with_the_next(void **state)
{
    (void)state;
    rc_guard_options options = guard_options("hostile", "endless");
    rc_guard *guard;
    rc_frame answer;
    rc_error err;
    assert_int_equal(rc_guard_open(&guard, &options, &err), RC_OK);
    assert_string_equal(rc_guard_shut(guard), "landlock 7, seccomp, limits"); /* as it says */
    assert_int_equal(guard_ask(guard, "go", &answer, &err), RC_OK);
    assert_int_equal(answer.n, MAX_ANSWER);
    assert_int_equal(guard_ask(guard, "go", &answer, &err), RC_E_DATA);
    assert_string_equal(err.text, LIES "no frame");
    assert_int_equal(guard_ask(guard, "go", &answer, &err), RC_E_DATA);
    assert_string_equal(err.text, "the reader of the HDF5 file is gone");
    expect_no_children();
    rc_guard_close(guard);
    close(options.fd);
}

static void test_what_a_reader_tells_is_cleaned(void **state)
{
    (void)state;
    rc_error err;
    assert_int_equal(meet("error", 20000, RC_SANDBOX_AUTO, &err), RC_E_DATA);
    assert_string_equal(err.text, "bad \\x1b[2J\\x0atext\\x9b\\xe2\\x80\\xae end\n  do\\x07 this\n"
                                  "  and \\x09that");
    assert_int_equal(meet("large-error", 20000, RC_SANDBOX_AUTO, &err), RC_E_DATA);
    assert_int_equal(strlen(err.text), 2000 + strlen("...\n  hint"));
    assert_string_equal(err.text + 1996, "\\x01...\n  hint");
}

static void test_whose_fault_it_is(void **state)
{
    (void)state;
    rc_error err;
    assert_int_equal(meet("asked", 20000, RC_SANDBOX_AUTO, &err), RC_E_DATA);
    assert_string_equal(err.text, "no such");
    assert_int_equal(meet("limit", 20000, RC_SANDBOX_AUTO, &err), RC_E_DATA);
    assert_string_equal(err.text, "too large");
    assert_int_equal(meet("system", 20000, RC_SANDBOX_AUTO, &err), RC_E_SYSTEM);
    assert_string_equal(err.text, "no memory");
    rc_guard_options options = guard_options("hostile", "limit");
    rc_guard *guard;
    rc_frame answer;
    options.code = RC_E_MODEL;
    assert_int_equal(rc_guard_open(&guard, &options, &err), RC_OK);
    assert_int_equal(guard_ask(guard, "go", &answer, &err), RC_E_MODEL);
    assert_int_equal(guard_ask(guard, "go", &answer, &err), RC_E_MODEL); /* it still answers */
    assert_string_equal(err.text, "too large");
    assert_int_equal(rc_guard_lied(guard, "rows", &err), RC_E_MODEL);
    assert_string_equal(err.text, LIES "rows");
    expect_no_children();
    rc_guard_close(guard);
    close(options.fd);
}

static void test_require_needs_both_walls(void **state)
{
    (void)state;
    rc_error err;
    assert_int_equal(meet("unshut", 20000, RC_SANDBOX_REQUIRE, &err), RC_E_SYSTEM);
    assert_string_equal(err.text, "the reader is shut in by no more than: seccomp, limits");
    assert_int_equal(meet("unlisted", 20000, RC_SANDBOX_REQUIRE, &err), RC_E_SYSTEM);
    assert_string_equal(err.text, "the reader is shut in by no more than: landlock 7, limits");
    assert_int_equal(meet("limit", 20000, RC_SANDBOX_REQUIRE, &err), RC_E_DATA); /* it has both */
}

static void test_a_program_that_cannot_be_started(void **state)
{
    (void)state;
    rc_guard_options options = guard_options("hostile", "dies");
    rc_guard *guard;
    rc_error err;
    options.reader = "/nonexistent/rowcast";
    assert_int_equal(rc_guard_open(&guard, &options, &err), RC_E_SYSTEM);
    assert_null(guard);
    assert_string_equal(err.text,
                        "start of the reader '/nonexistent/rowcast': No such file or directory");
    assert_int_equal(err.os_errno, ENOENT);
    options.reader = reader_path;
    close(options.fd);
    assert_int_equal(rc_guard_open(&guard, &options, &err), RC_E_SYSTEM); /* no such descriptor */
    assert_int_equal(err.os_errno, EBADF);
    expect_no_children();
    rc_guard_close(NULL);
}

/* One request and one answer; the exit status of a process that may do nothing else. */
static int ask_once(rc_guard_options options)
{
    rc_guard *guard;
    rc_error err;
    uint32_t result;
    if (rc_guard_open(&guard, &options, &err) < 0)
        return 1;
    rc_status st = guard_act(guard, "start", &result, &err);
    rc_guard_close(guard);
    return st < 0 ? 2 : (int)(10 + result);
}

static void test_a_reader_starts_afresh(void **state)
{
    (void)state;
    rc_guard_options options = guard_options("probe", "probe");
    int leak = open("/dev/null", O_RDONLY); /* stays open on exec */
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    signal(SIGPIPE, SIG_IGN);
    setenv("HDF5_PLUGIN_PATH", "/tmp", 1);
    int status = ask_once(options);
    unsetenv("HDF5_PLUGIN_PATH");
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &mask, NULL);
    close(leak);
    close(options.fd);
    assert_int_equal(status, 10); /* nothing was wrong at its start */
}

/* In a process of its own: to close standard descriptors, or to ignore SIGCHLD. */
static int in_child(void (*prepare)(rc_guard_options *options))
{
    rc_guard_options options = guard_options("probe", "probe");
    int status;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        prepare(&options);
        _exit(ask_once(options));
    }
    close(options.fd);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void close_standard(rc_guard_options *options)
{
    (void)options;
    for (int fd = 0; fd < 3; fd++)
        close(fd);
}

/* The file is where the reader's socket is to be. */
static void close_standard_and_move(rc_guard_options *options)
{
    close_standard(options);
    dup2(options->fd, 1);
    close(options->fd);
    options->fd = 1;
}

static void ignore_children(rc_guard_options *options)
{
    (void)options;
    signal(SIGCHLD, SIG_IGN);
}

static void test_the_host_may_have_closed_what_is_standard(void **state)
{
    (void)state;
    assert_int_equal(in_child(close_standard), 10);
    assert_int_equal(in_child(close_standard_and_move), 10);
}

static void test_the_host_may_ignore_its_children(void **state)
{
    (void)state;
    rc_error err = {0};
    assert_int_equal(in_child(ignore_children), 10);
    signal(SIGCHLD, SIG_IGN);
    rc_status st = meet("dies", 20000, RC_SANDBOX_AUTO, &err);
    signal(SIGCHLD, SIG_DFL);
    assert_int_equal(st, RC_E_DATA);
    assert_string_equal(err.text, DIES);
}

static void test_other_children_are_left_alone(void **state)
{
    (void)state;
    pid_t other = fork();
    if (other == 0)
        _exit(42);
    int status;
    rc_guard_options options = guard_options("probe", "probe");
    assert_int_equal(ask_once(options), 10);
    close(options.fd);
    assert_int_equal(waitpid(other, &status, 0), other);
    assert_int_equal(WEXITSTATUS(status), 42);
}

static void test_large_answers_arrive_whole(void **state)
{
    (void)state;
    rc_guard_options options = guard_options("probe", "probe");
    rc_guard *guard;
    rc_frame answer;
    rc_error err;
    options.max_answer = 64 << 20;
    assert_int_equal(rc_guard_open(&guard, &options, &err), RC_OK);
    int64_t ns = rc_clock_ns();
    assert_int_equal(guard_ask(guard, "bytes 67108864", &answer, &err), RC_OK);
    ns = rc_clock_ns() - ns;
    print_message("# 64 MiB in %d ms\n", (int)(ns / 1000000));
    assert_int_equal(answer.n, 67108864);
    for (size_t i = 0; i < answer.n; i += 4093)
        assert_int_equal(answer.data[i], 'b');
    assert_int_equal(guard_ask(guard, "bytes 0", &answer, &err), RC_OK);
    assert_int_equal(answer.n, 0);
    assert_int_equal(guard_ask(guard, "bytes 67108865", &answer, &err), RC_E_DATA);
    assert_string_equal(err.text, LIES "too long");
    rc_guard_close(guard);
    close(options.fd);
}

static void test_faults_keep_their_hints(void **state)
{
    (void)state;
    rc_guard_options options = guard_options("probe", "probe");
    rc_guard *guard;
    rc_frame answer;
    rc_error err;
    assert_int_equal(rc_guard_open(&guard, &options, &err), RC_OK);
    assert_int_equal(guard_ask(guard, "fault", &answer, &err), RC_E_DATA);
    assert_string_equal(err.text, "no object '/a'\n  there is '/b'\n  there is '/c'");
    rc_guard_close(guard);
    close(options.fd);
    options = guard_options("probe", "unprepared");
    assert_int_equal(rc_guard_open(&guard, &options, &err), RC_E_SYSTEM);
    assert_string_equal(err.text, "the probe is not prepared");
    close(options.fd);
}

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void test_starts_leave_nothing_behind(void **state)
{
    (void)state;
    enum { N = 200 };
    static int64_t ns[N];
    rc_guard_options options = guard_options("probe", "probe");
    size_t before = count_descriptors();
    for (int i = 0; i < N; i++) {
        rc_guard *guard;
        rc_error err;
        int64_t start = rc_clock_ns();
        assert_int_equal(rc_guard_open(&guard, &options, &err), RC_OK);
        ns[i] = rc_clock_ns() - start;
        rc_guard_close(guard);
    }
    assert_int_equal(count_descriptors(), before);
    expect_no_children();
    close(options.fd);
    qsort(ns, N, sizeof(ns[0]), by_time);
    print_message("# %d starts: median %d us, slowest %d us\n", N, (int)(ns[N / 2] / 1000),
                  (int)(ns[N - 1] / 1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_hostile_reader_is_one_error),
        cmocka_unit_test(test_a_reader_that_hangs_is_ended_in_time),
        cmocka_unit_test(test_the_time_is_that_of_all_answers),
        cmocka_unit_test(test_an_endless_answer_ends_with_the_next),
        cmocka_unit_test(test_what_a_reader_tells_is_cleaned),
        cmocka_unit_test(test_whose_fault_it_is),
        cmocka_unit_test(test_require_needs_both_walls),
        cmocka_unit_test(test_a_program_that_cannot_be_started),
        cmocka_unit_test(test_a_reader_starts_afresh),
        cmocka_unit_test(test_the_host_may_have_closed_what_is_standard),
        cmocka_unit_test(test_the_host_may_ignore_its_children),
        cmocka_unit_test(test_other_children_are_left_alone),
        cmocka_unit_test(test_large_answers_arrive_whole),
        cmocka_unit_test(test_faults_keep_their_hints),
        cmocka_unit_test(test_starts_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
