/* test_guard_shut.c - a reader that is shut in tries everything, and may nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "config.h"
#if RC_HAVE_SECCOMP && RC_WALL_FULL
#include <seccomp.h>
#endif
#include "guard/shut.h"
#include "guards.h"

enum { HAS_SECCOMP = RC_HAVE_SECCOMP && RC_WALL_FULL, KILLED = -31, OTHER_DEATH = -1 };

/* What came of one act in a reader of its own: 0, an errno, or how it died. */
static int result_of(const char *kind, const char *act, rc_sandbox sandbox)
{
    rc_guard_options options = guard_options("probe", kind);
    char path[] = "/tmp/rc-guard-XXXXXX";
    rc_guard *guard;
    rc_error err;
    uint32_t result;
    close(options.fd);
    options.fd = mkstemp(path); /* open for writing, too */
    assert_true(options.fd >= 0);
    unlink(path);
    options.sandbox = sandbox;
    assert_int_equal(rc_guard_open(&guard, &options, &err), RC_OK);
    rc_status st = guard_act(guard, act, &result, &err);
    rc_guard_close(guard);
    close(options.fd);
    if (st >= 0)
        return (int)result;
    return strstr(err.text, "(signal 31)") != NULL ? KILLED : OTHER_DEATH;
}

/* Says so where a wall is not there. (A skip() of cmocka is a failure to meson.) */
static bool is_absent(const char *what, bool is_there)
{
    if (!is_there)
        print_message("# SKIPPED: no %s here\n", what);
    return !is_there;
}

static bool has_landlock(void)
{
    return result_of("landlock", "open", RC_SANDBOX_AUTO) != 0;
}

/* Prints one line an act; returns how many were denied. */
static size_t try_all(const char *kind, const char *const *acts, size_t n)
{
    size_t n_denied = 0;
    for (size_t i = 0; i < n; i++) {
        int result = result_of(kind, acts[i], RC_SANDBOX_AUTO);
        n_denied += result > 0 || result == KILLED;
        print_message("# %-9s %-10s %s\n", kind, acts[i],
                      result == 0        ? "ALLOWED"
                      : result == KILLED ? "killed by SIGSYS"
                      : result < 0       ? "another death"
                                         : strerrorname_np(result));
    }
    print_message("# %s: %zu of %zu denied\n", kind, n_denied, n);
    return n_denied;
}

static const char *const forbidden[] = {
    "open",    "creat",     "mkdir",   "unlink",   "rename", "link",    "truncate",
    "proc",    "stat",      "socket",  "execve",   "ptrace", "kill",    "fork",
    "connect", "execveat",  "vm-read", "tgkill",   "clone3", "large",   "code",
    "dup",     "setrlimit", "memfd",   "io_uring", "bpf",    "unshare", "write-file",
};

static void test_everything_is_denied(void **state)
{
    (void)state;
    size_t n = sizeof(forbidden) / sizeof(forbidden[0]);
    if (is_absent("seccomp", HAS_SECCOMP))
        return;
    assert_int_equal(try_all("probe", forbidden, n), n);
}

static void test_those_that_show_an_attack_kill(void **state)
{
    (void)state;
    static const char *const deadly[] = {"socket",   "connect", "execve",
                                         "execveat", "ptrace",  "vm-read"};
    if (is_absent("seccomp", HAS_SECCOMP))
        return;
    for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
        assert_int_equal(result_of("probe", deadly[i], RC_SANDBOX_AUTO), KILLED);
}

/* Each wall stands without the other. Landlock has nothing against a stat. */
static void test_landlock_alone_shuts_files(void **state)
{
    (void)state;
    static const char *const files[] = {"open",   "creat", "mkdir",    "unlink",
                                        "rename", "link",  "truncate", "proc"};
    size_t n = sizeof(files) / sizeof(files[0]);
    if (is_absent("Landlock", has_landlock()))
        return;
    FILE *victim = fopen("/tmp/rc-probe-victim", "w");
    assert_non_null(victim);
    fclose(victim);
    size_t n_denied = try_all("landlock", files, n);
    assert_int_equal(unlink("/tmp/rc-probe-victim"), 0);
    assert_int_equal(n_denied, n);
}

static void test_seccomp_alone_shuts_calls(void **state)
{
    (void)state;
    size_t n = sizeof(forbidden) / sizeof(forbidden[0]);
    if (is_absent("seccomp", HAS_SECCOMP))
        return;
    assert_int_equal(try_all("seccomp", forbidden, n), n - 1);
    assert_int_equal(result_of("seccomp", "large", RC_SANDBOX_AUTO), 0); /* a limit, not a call */
}

static void test_work_goes_on(void **state)
{
    (void)state;
    assert_int_equal(result_of("probe", "work", RC_SANDBOX_AUTO), 0);
    assert_int_equal(result_of("probe", "work", RC_SANDBOX_OFF), 0);
}

static void test_abort_is_told_as_such(void **state)
{
    (void)state;
    rc_guard_options options = guard_options("probe", "probe");
    rc_guard *guard;
    rc_error err;
    uint32_t result;
    assert_int_equal(rc_guard_open(&guard, &options, &err), RC_OK);
    assert_int_equal(guard_act(guard, "abort", &result, &err), RC_E_DATA);
    assert_string_equal(err.text, "the HDF5 file made its reader die (signal 6)");
    rc_guard_close(guard);
    close(options.fd);
}

static void test_off_shuts_nothing(void **state)
{
    (void)state;
    assert_int_equal(result_of("probe", "open", RC_SANDBOX_OFF), 0);
    assert_int_equal(result_of("probe", "write-file", RC_SANDBOX_OFF), OTHER_DEATH); /* SIGXFSZ */
}

static void test_what_is_shut_is_said(void **state)
{
    (void)state;
    rc_guard_options options = guard_options("probe", "probe");
    rc_guard *guard;
    rc_error err;
    bool landlock = has_landlock();
    assert_int_equal(rc_guard_open(&guard, &options, &err), RC_OK);
    print_message("# %s\n", rc_guard_shut(guard));
    assert_int_equal(strstr(rc_guard_shut(guard), "landlock ") != NULL, landlock);
    assert_int_equal(strstr(rc_guard_shut(guard), "seccomp") != NULL, HAS_SECCOMP);
    assert_non_null(strstr(rc_guard_shut(guard), "limits"));
    rc_guard_close(guard);
    options.sandbox = RC_SANDBOX_OFF;
    assert_int_equal(rc_guard_open(&guard, &options, &err), RC_OK);
    assert_string_equal(rc_guard_shut(guard), "none");
    rc_guard_close(guard);
    options.sandbox = RC_SANDBOX_REQUIRE;
    rc_status st = rc_guard_open(&guard, &options, &err);
    rc_guard_close(guard);
    close(options.fd);
    assert_int_equal(st, landlock && HAS_SECCOMP ? RC_OK : RC_E_SYSTEM);
    if (st < 0)
        assert_non_null(strstr(err.text, "the reader cannot be shut in: there is no "));
}

#if RC_HAVE_SECCOMP && RC_WALL_FULL
/* The older way to seccomp. */
static bool add_no_mode(scmp_filter_ctx filter)
{
    struct scmp_arg_cmp is_seccomp = {0, SCMP_CMP_EQ, PR_SET_SECCOMP, 0};
    return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1,
                                  &is_seccomp) == 0;
}

/* In a process whose kernel does not know this system call: what is shut, or why it is not. */
static void tell_of_poor_kernel(int call, rc_sandbox sandbox, char *text, size_t size)
{
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        rc_guard_options options = guard_options("probe", "probe");
        rc_guard *guard;
        rc_error err;
        scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
        options.sandbox = sandbox;
        if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), call, 0) != 0 ||
            (call == SCMP_SYS(seccomp) && !add_no_mode(filter)) || seccomp_load(filter) != 0)
            _exit(1);
        bool is_open = rc_guard_open(&guard, &options, &err) == RC_OK;
        const char *what = is_open ? rc_guard_shut(guard) : err.text;
        ssize_t n = write(ends[1], what, strlen(what));
        rc_guard_close(is_open ? guard : NULL);
        _exit(n > 0 ? 0 : 2);
    }
    close(ends[1]);
    ssize_t n = read(ends[0], text, size - 1);
    text[n > 0 ? n : 0] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    print_message("# %.*s\n", (int)strcspn(text, "\n"), text);
}

static void test_a_kernel_that_has_less(void **state)
{
    (void)state;
    char text[1024];
    if (is_absent("Landlock", has_landlock()))
        return;
    tell_of_poor_kernel(444, RC_SANDBOX_AUTO, text, sizeof(text)); /* landlock_create_ruleset */
    assert_string_equal(text, "seccomp, limits");
    tell_of_poor_kernel(444, RC_SANDBOX_REQUIRE, text, sizeof(text));
    assert_string_equal(text, "the reader cannot be shut in: there is no Landlock\n"
                              "  --sandbox auto goes on with what there is");
    tell_of_poor_kernel(446, RC_SANDBOX_AUTO, text, sizeof(text)); /* landlock_restrict_self */
    assert_string_equal(text, "seccomp, limits");
    tell_of_poor_kernel(SCMP_SYS(seccomp), RC_SANDBOX_AUTO, text, sizeof(text));
    assert_null(strstr(text, "seccomp"));
    tell_of_poor_kernel(SCMP_SYS(seccomp), RC_SANDBOX_REQUIRE, text, sizeof(text));
    assert_string_equal(text, "the reader cannot be shut in: there is no seccomp\n"
                              "  --sandbox auto goes on with what there is");
    tell_of_poor_kernel(SCMP_SYS(prlimit64), RC_SANDBOX_AUTO, text, sizeof(text));
    assert_null(strstr(text, "limits"));
    tell_of_poor_kernel(SCMP_SYS(prlimit64), RC_SANDBOX_REQUIRE, text, sizeof(text));
    assert_string_equal(text, "the reader cannot be shut in: a limit cannot be set\n"
                              "  --sandbox auto goes on with what there is");
}
#else
static void test_a_kernel_that_has_less(void **state)
{
    (void)state;
    (void)is_absent("seccomp", false);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_is_denied),
        cmocka_unit_test(test_those_that_show_an_attack_kill),
        cmocka_unit_test(test_landlock_alone_shuts_files),
        cmocka_unit_test(test_seccomp_alone_shuts_calls),
        cmocka_unit_test(test_work_goes_on),
        cmocka_unit_test(test_abort_is_told_as_such),
        cmocka_unit_test(test_off_shuts_nothing),
        cmocka_unit_test(test_what_is_shut_is_said),
        cmocka_unit_test(test_a_kernel_that_has_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
