/* interrupt.h - signals that interrupt system calls, and children that must end well. */
#ifndef RC_TESTS_INTERRUPT_H
#define RC_TESTS_INTERRUPT_H

#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static inline void interrupt_nothing(int number)
{
    (void)number;
}

/* SIGALRM every us microseconds without SA_RESTART; 0 ends it. */
static inline void interrupt_every(int us)
{
    struct sigaction on = {.sa_handler = us > 0 ? interrupt_nothing : SIG_DFL};
    struct itimerval t = {.it_interval = {.tv_usec = us}, .it_value = {.tv_usec = us}};
    if (us > 0)
        sigaction(SIGALRM, &on, NULL);
    assert_int_equal(setitimer(ITIMER_REAL, &t, NULL), 0);
    if (us == 0)
        sigaction(SIGALRM, &on, NULL);
}

static inline void assert_exit_ok(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

#endif
