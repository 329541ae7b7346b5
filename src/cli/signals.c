/* signals.c - leave no temporary behind when a signal or a library ends the program.
 *
 * A signal may come on any thread, also on one that OpenMP keeps, while the thread that runs the
 * job creates a temporary: a blocked mask would hold back one thread only. So the two sides
 * show each other a flag, first set, then look: the handler sets `pending` and looks at
 * `creating`, the hook sets `creating` and looks at `pending`. If both are set, it is the hook that
 * dies, as soon as it knows whether the file exists. Atomic operations are sequentially
 * consistent, so at least one side sees the other. */
#include "cli/signals.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { N_TEMPORARIES = 16 };

/* Without locks, as a handler may not wait. A path is written while is_used is 0. */
static char paths[N_TEMPORARIES][PATH_MAX];
static atomic_int is_used[N_TEMPORARIES];
static atomic_int creating;
static atomic_int pending;
static atomic_int is_job_running;
static atomic_int is_exit_watched;

static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGXCPU, SIGPIPE};
enum { N_CAUGHT = sizeof(caught) / sizeof(caught[0]) };

static void remove_temporaries(void)
{
    for (int i = 0; i < N_TEMPORARIES; i++)
        if (atomic_load(&is_used[i]))
            unlink(paths[i]);
}

/* Only what is async-signal-safe. */
_Noreturn static void die_by(int number)
{
    sigset_t set;
    remove_temporaries();
    signal(number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    raise(number);
    _exit(-RC_E_SYSTEM); /* not reached: the default of each is to die */
}

static void on_signal(int number)
{
    atomic_store(&pending, number);
    if (!atomic_load(&creating))
        die_by(number);
}

void rc_signals_catch(void)
{
    signal(SIGXFSZ, SIG_IGN); /* a file too large is an error of write() like a full disk */
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < N_CAUGHT; i++)
        sigaddset(&action.sa_mask, caught[i]);
    for (int i = 0; i < N_CAUGHT; i++) {
        struct sigaction before;
        if (sigaction(caught[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(caught[i], &action, NULL);
    }
}

/* Beyond 16 at a time, or a path that no file can have, a temporary is not watched. */
static void remember(const char *path)
{
    size_t n = strlen(path) + 1;
    for (int i = 0; i < N_TEMPORARIES && n <= PATH_MAX; i++) {
        if (atomic_load(&is_used[i]))
            continue;
        memcpy(paths[i], path, n);
        atomic_store(&is_used[i], 1);
        return;
    }
}

static void forget(const char *path)
{
    for (int i = 0; i < N_TEMPORARIES; i++)
        if (atomic_load(&is_used[i]) && strcmp(paths[i], path) == 0)
            atomic_store(&is_used[i], 0);
}

static void created(void)
{
    atomic_store(&creating, 0);
    int number = atomic_load(&pending);
    if (number != 0)
        die_by(number);
}

void rc_signals_temporary(void *context, rc_temporary_event event, const char *path)
{
    (void)context;
    switch (event) {
    case RC_TEMPORARY_CREATING:
        atomic_store(&creating, 1);
        if (atomic_load(&pending) != 0)
            created(); /* another thread is about to die */
        break;
    case RC_TEMPORARY_CREATED:
        if (path != NULL)
            remember(path);
        created();
        break;
    case RC_TEMPORARY_GONE:
        if (path != NULL)
            forget(path);
        created(); /* it may never have come to be */
        break;
    }
}

_Noreturn static void end_run(const char *text)
{
    remove_temporaries();
    ssize_t n = write(STDERR_FILENO, text, strlen(text));
    (void)n;
    _exit(-RC_E_SYSTEM);
}

/* libgomp calls exit(1) when it cannot make its threads. */
static void on_exit_called(void)
{
    if (atomic_load(&is_job_running))
        end_run("rowcast: score: the run was ended: no threads or no memory\n"
                "  try fewer: --threads N\n");
}

void rc_signals_job_begin(void)
{
    if (!atomic_exchange(&is_exit_watched, 1) && atexit(on_exit_called) != 0)
        atomic_store(&is_exit_watched, 0);
    atomic_store(&is_job_running, 1);
}

void rc_signals_job_end(void)
{
    atomic_store(&is_job_running, 0);
}

void rc_signals_die_of_memory(void)
{
    end_run("rowcast: score: the run was ended: no memory for JSON\n");
}

void rc_signals_die_of_pipe(void)
{
    die_by(SIGPIPE);
}
