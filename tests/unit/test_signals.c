/* test_signals.c - a program that dies leaves no temporary, and dies of what killed it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/signals.h"

enum { PATH_BYTES = 64 };

/* What a child does with the path of its temporary. */
typedef void child(const char *path);

static void create(const char *path)
{
    rc_signals_temporary(NULL, RC_TEMPORARY_CREATING, path);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    rc_signals_temporary(NULL, RC_TEMPORARY_CREATED, path);
}

/* Returns how the child ended; afterwards the path must be absent or not. */
static int run_child(child *what, bool is_left)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof(path), "/tmp/rowcast-signals-%ld", (long)getpid());
    unlink(path);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        /* the message is not for the log of the tests */
        dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
        what(path);
        _exit(99);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(access(path, F_OK) == 0, is_left);
    unlink(path);
    return status;
}

static void die_with_file(const char *path)
{
    rc_signals_catch();
    create(path);
    raise(SIGTERM);
}

static void die_while_creating(const char *path)
{
    rc_signals_catch();
    rc_signals_temporary(NULL, RC_TEMPORARY_CREATING, path);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    raise(SIGINT); /* its name is not known yet */
    rc_signals_temporary(NULL, RC_TEMPORARY_CREATED, path);
}

static void die_after_it_is_gone(const char *path)
{
    rc_signals_catch();
    create(path);
    rc_signals_temporary(NULL, RC_TEMPORARY_GONE, path);
    raise(SIGHUP);
}

static void survive_what_is_ignored(const char *path)
{
    signal(SIGHUP, SIG_IGN);
    rc_signals_catch();
    create(path);
    raise(SIGHUP);
}

static void die_of_ignored_pipe(const char *path)
{
    signal(SIGPIPE, SIG_IGN);
    rc_signals_catch();
    create(path);
    rc_signals_die_of_pipe();
}

static void exit_in_a_job(const char *path)
{
    rc_signals_job_begin();
    create(path);
    exit(1);
}

static void exit_after_a_job(const char *path)
{
    rc_signals_job_begin();
    create(path);
    rc_signals_job_end();
    exit(0);
}

static void assert_killed(int status, int number)
{
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), number);
}

static void test_signal_removes_temporaries_and_kills(void **state)
{
    (void)state;
    assert_killed(run_child(die_with_file, false), SIGTERM);
    assert_killed(run_child(die_while_creating, false), SIGINT);
    assert_killed(run_child(die_of_ignored_pipe, false), SIGPIPE);
}

static void test_what_is_gone_is_not_removed(void **state)
{
    (void)state;
    assert_killed(run_child(die_after_it_is_gone, true), SIGHUP);
}

static void test_ignored_signals_stay_ignored(void **state)
{
    (void)state;
    assert_int_equal(WEXITSTATUS(run_child(survive_what_is_ignored, true)), 99);
}

static void test_exit_by_a_library_ends_with_6(void **state)
{
    (void)state;
    int status = run_child(exit_in_a_job, false);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 6);
    assert_int_equal(run_child(exit_after_a_job, true), 0);
}

int main(void)
{
    /* a background shell and nohup hand down ignored ones */
    signal(SIGINT, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signal_removes_temporaries_and_kills),
        cmocka_unit_test(test_what_is_gone_is_not_removed),
        cmocka_unit_test(test_ignored_signals_stay_ignored),
        cmocka_unit_test(test_exit_by_a_library_ends_with_6),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
