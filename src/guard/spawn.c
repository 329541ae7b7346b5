/* spawn.c - start the reader's process, and end it. */
#include "guard/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config.h"
#include "guard/confined.h"

enum { FIRST_OWN = STDERR_FILENO + 1 }; /* descriptors below are standard ones, even if closed */

/* Moves a descriptor out of the way of the standard ones. */
static bool lift(int *fd)
{
    if (*fd >= FIRST_OWN)
        return true;
    int higher = fcntl(*fd, F_DUPFD_CLOEXEC, FIRST_OWN);
    if (higher < 0)
        return false;
    close(*fd);
    *fd = higher;
    return true;
}

static void close_if_open(int fd)
{
    if (fd >= 0)
        close(fd);
}

/* The process's environment without what steers the HDF5 library. NULL: no memory. */
static char **make_environment(void)
{
    size_t n = 0;
    while (environ != NULL && environ[n] != NULL)
        n++;
    char **kept = rc_alloc_array(n + 1, sizeof(*kept));
    size_t to = 0;
    for (size_t i = 0; kept != NULL && i < n; i++)
        if (strncmp(environ[i], "HDF5_", 5) != 0)
            kept[to++] = environ[i];
    return kept;
}

/* In the child: the file, the socket, nothing else. */
static int set_descriptors(posix_spawn_file_actions_t *actions, int file, int socket)
{
    int e = posix_spawn_file_actions_adddup2(actions, file, RC_CONFINED_FILE);
    if (e == 0)
        e = posix_spawn_file_actions_adddup2(actions, socket, RC_CONFINED_SOCKET);
    if (e == 0)
        e = posix_spawn_file_actions_addclosefrom_np(actions, RC_CONFINED_SOCKET + 1);
    return e;
}

/* Signals as in a fresh process; a group of its own: what a terminal sends to ours is for us. */
static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    int e = posix_spawnattr_setsigdefault(attributes, &all);
    if (e == 0)
        e = posix_spawnattr_setsigmask(attributes, &none);
    if (e == 0)
        e = posix_spawnattr_setpgroup(attributes, 0);
    if (e == 0)
        e = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
                                                     POSIX_SPAWN_SETPGROUP);
    return e;
}

static int start(const char *program, char *const argv[], char *const environment[], int file,
                 int socket, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int e = posix_spawn_file_actions_init(&actions);
    if (e != 0)
        return e;
    e = posix_spawnattr_init(&attributes);
    if (e == 0) {
        e = set_descriptors(&actions, file, socket);
        if (e == 0)
            e = set_attributes(&attributes);
        if (e == 0)
            e = posix_spawn(pid, program, &actions, &attributes, argv, environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return e;
}

/* Returns an errno. */
static int start_reader(const rc_guard_options *options, const char *program, int file, int socket,
                        pid_t *pid)
{
    static const char *const words[] = {
        [RC_SANDBOX_AUTO] = "auto", [RC_SANDBOX_REQUIRE] = "require", [RC_SANDBOX_OFF] = "off"};
    char memory[24];
    snprintf(memory, sizeof(memory), "%llu", (unsigned long long)options->max_memory);
    const char *const argv[] = {program, "--reader", options->kind, words[options->sandbox],
                                memory,  NULL};
    char **environment = make_environment();
    if (environment == NULL)
        return ENOMEM;
    int e = start(program, (char *const *)argv, environment, file, socket, pid);
    free(environment);
    return e;
}

rc_status rc_spawn_reader(const rc_guard_options *options, rc_spawned *out, rc_error *err)
{
    const char *program = options->reader != NULL ? options->reader : RC_READER;
    int pair[2] = {-1, -1}, e = 0;
    pid_t pid = 0;
    int file = fcntl(options->fd, F_DUPFD_CLOEXEC, FIRST_OWN);
    if (file < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0 ||
        !lift(&pair[0]) || !lift(&pair[1]))
        e = errno;
    if (e == 0)
        e = start_reader(options, program, file, pair[1], &pid);
    close_if_open(file);
    close_if_open(pair[1]);
    if (e == 0) {
        *out = (rc_spawned){pair[0], pid};
        return RC_OK;
    }
    close_if_open(pair[0]);
    *out = (rc_spawned){.socket = -1};
    return rc_error_os(err, RC_E_SYSTEM, e, "start of the reader '%s'", program);
}

/* Whether the number is still that of our child, or of nobody: where the host ignores SIGCHLD, or
 * waits for whoever comes, another process may have it by now. */
static bool is_ours(pid_t pid)
{
    siginfo_t info;
    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

rc_ended rc_spawn_end(rc_spawned *spawned)
{
    rc_ended ended = {0};
    int status;
    pid_t got = -1;
    close_if_open(spawned->socket);
    if (spawned->pid > 0 && is_ours(spawned->pid)) {
        kill(spawned->pid, SIGKILL);
        do {
            got = waitpid(spawned->pid, &status, 0);
        } while (got < 0 && errno == EINTR);
    }
    if (got > 0) {
        ended.is_known = true;
        ended.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    }
    *spawned = (rc_spawned){.socket = -1};
    return ended;
}
