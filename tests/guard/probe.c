/* probe.c - a reader that, shut in, tries what it is asked to, and tells what came of it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "guard/confined.h"
#include "guard/shut.h"
#include "guard/wire.h"

enum { ASK_ACT = RC_FRAME_FIRST, ANSWER_ACT };

/* What the program found when it began, as bits: all are wrong. */
enum { TOO_MANY_OPEN = 1, TOO_FEW_OPEN = 2, FOREIGN_GROUP = 4, SIGNALS = 8, HDF5_SETTING = 16 };

static uint32_t wrong_at_start; /* set by main() alone */

static uint32_t look_around(void)
{
    uint32_t wrong = 0;
    sigset_t mask;
    struct sigaction action;
    extern char **environ;
    for (int fd = 0; fd < 1024; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            wrong |= fd > 1 ? TOO_MANY_OPEN : 0;
        else
            wrong |= fd < 2 ? TOO_FEW_OPEN : 0;
    if (getpgrp() != getpid())
        wrong |= FOREIGN_GROUP;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    sigaction(SIGPIPE, NULL, &action);
    if (sigismember(&mask, SIGUSR1) || action.sa_handler != SIG_DFL)
        wrong |= SIGNALS;
    for (char **e = environ; *e != NULL; e++)
        if (strncmp(*e, "HDF5_", 5) == 0)
            wrong |= HDF5_SETTING;
    return wrong;
}

/* 0, or why the call failed. */
static uint32_t failed(long result)
{
    return result < 0 ? (uint32_t)errno : 0;
}

static uint32_t try_files(const char *act)
{
    if (strcmp(act, "open") == 0)
        return failed(syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY));
    if (strcmp(act, "creat") == 0)
        return failed(syscall(SYS_openat, AT_FDCWD, "/tmp/rc-probe", O_CREAT | O_WRONLY, 0600));
    if (strcmp(act, "mkdir") == 0)
        return failed(syscall(SYS_mkdirat, AT_FDCWD, "/tmp/rc-probe", 0700));
    if (strcmp(act, "unlink") == 0)
        return failed(syscall(SYS_unlinkat, AT_FDCWD, "/tmp/rc-probe-victim", 0));
    if (strcmp(act, "rename") == 0)
        return failed(
            syscall(SYS_renameat2, AT_FDCWD, "/tmp/rc-probe-victim", AT_FDCWD, "/tmp/rc-probe", 0));
    if (strcmp(act, "link") == 0)
        return failed(
            syscall(SYS_linkat, AT_FDCWD, "/tmp/rc-probe-victim", AT_FDCWD, "/tmp/rc-probe", 0));
    if (strcmp(act, "truncate") == 0)
        return failed(syscall(SYS_truncate, "/tmp/rc-probe-victim", 0L));
    if (strcmp(act, "proc") == 0)
        return failed(syscall(SYS_openat, AT_FDCWD, "/proc/self/mem", O_RDWR));
    if (strcmp(act, "write-file") == 0)
        return failed(syscall(SYS_write, RC_CONFINED_FILE, "x", 1L));
    if (strcmp(act, "stat") == 0) {
        struct stat what;
        return failed(syscall(SYS_newfstatat, AT_FDCWD, "/etc/passwd", &what, 0));
    }
    return UINT32_MAX;
}

static uint32_t try_processes(const char *act)
{
    static char *const none[] = {NULL};
    if (strcmp(act, "socket") == 0)
        return failed(syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0));
    if (strcmp(act, "connect") == 0) {
        const struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "/tmp/rc-probe"};
        return failed(syscall(SYS_connect, RC_CONFINED_SOCKET, &to, sizeof(to)));
    }
    if (strcmp(act, "execve") == 0)
        return failed(syscall(SYS_execve, "/bin/true", none, none));
    if (strcmp(act, "execveat") == 0)
        return failed(syscall(SYS_execveat, AT_FDCWD, "/bin/true", none, none, 0));
    if (strcmp(act, "ptrace") == 0)
        return failed(syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0));
    if (strcmp(act, "vm-read") == 0)
        return failed(syscall(SYS_process_vm_readv, getppid(), NULL, 0L, NULL, 0L, 0L));
    if (strcmp(act, "kill") == 0)
        return failed(syscall(SYS_kill, getppid(), SIGCONT));
    if (strcmp(act, "tgkill") == 0)
        return failed(syscall(SYS_tgkill, getppid(), getppid(), SIGCONT));
    if (strcmp(act, "fork") == 0) {
        long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
        if (pid == 0)
            _exit(0);
        return failed(pid);
    }
    if (strcmp(act, "clone3") == 0)
        return failed(syscall(SYS_clone3, NULL, 0L));
    return UINT32_MAX;
}

/* Memory is touched in no case: it is the address space that is limited. */
static uint32_t try_memory(const char *act)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, prot = PROT_READ | PROT_WRITE;
    struct rlimit more = {RLIM_INFINITY, RLIM_INFINITY};
    if (strcmp(act, "large") == 0)
        return mmap(NULL, (size_t)1 << 36, prot, flags, -1, 0) == MAP_FAILED ? (uint32_t)errno : 0;
    if (strcmp(act, "code") == 0)
        return mmap(NULL, 4096, prot | PROT_EXEC, flags, -1, 0) == MAP_FAILED ? (uint32_t)errno : 0;
    if (strcmp(act, "setrlimit") == 0)
        return failed(syscall(SYS_prlimit64, 0, RLIMIT_AS, &more, NULL));
    if (strcmp(act, "dup") == 0)
        return failed(syscall(SYS_dup, 0));
    if (strcmp(act, "memfd") == 0)
        return failed(syscall(SYS_memfd_create, "x", 0));
    if (strcmp(act, "io_uring") == 0)
        return failed(syscall(SYS_io_uring_setup, 8, NULL));
    if (strcmp(act, "bpf") == 0)
        return failed(syscall(SYS_bpf, 0, NULL, 0L));
    if (strcmp(act, "unshare") == 0)
        return failed(syscall(SYS_unshare, 0x10000000));
    return UINT32_MAX;
}

static int by_value(const void *a, const void *b)
{
    return *(const int *)a < *(const int *)b ? -1 : *(const int *)a > *(const int *)b;
}

/* Memory, numbers and texts as a parser uses them: 0 if all of it works behind the wall. */
static uint32_t work(void)
{
    char text[64];
    void *kept[300] = {0};
    for (size_t i = 0; i < 300; i++) {
        kept[i] = malloc(i * i * 10 + 1);
        if (kept[i] == NULL)
            return ENOMEM;
        memset(kept[i], (int)i, i * i * 10 + 1);
    }
    for (size_t i = 0; i < 300; i++) {
        void *more = realloc(kept[i], i * 40000 + 1);
        if (more == NULL)
            return ENOMEM;
        kept[i] = more;
    }
    for (size_t i = 0; i < 300; i++)
        free(kept[i]);
    static int numbers[100000]; /* sorted in memory that qsort() gets for itself */
    for (int i = 0; i < 100000; i++)
        numbers[i] = (int)((unsigned)i * 2654435761u);
    qsort(numbers, 100000, sizeof(numbers[0]), by_value);
    if (numbers[0] > numbers[99999])
        return ERANGE;
    snprintf(text, sizeof(text), "%.17g %s", 0.1, strerror(ENOENT));
    return lseek(RC_CONFINED_FILE, 0, SEEK_END) < 0 || pread(RC_CONFINED_FILE, text, 8, 0) < 0
               ? (uint32_t)errno
               : 0;
}

static uint32_t act(const char *name)
{
    if (strcmp(name, "start") == 0)
        return wrong_at_start;
    if (strcmp(name, "work") == 0)
        return work();
    if (strcmp(name, "abort") == 0)
        abort();
    uint32_t result = try_files(name);
    if (result == UINT32_MAX)
        result = try_processes(name);
    return result == UINT32_MAX ? try_memory(name) : result;
}

static rc_status prepare(rc_error *err)
{
    (void)err;
    return RC_OK;
}

/* As many bytes as the number says. */
static rc_status answer_bytes(rc_channel *channel, const char *number, rc_error *err)
{
    size_t n = strtoul(number, NULL, 10);
    char *bytes = malloc(n > 0 ? n : 1);
    if (bytes == NULL)
        return rc_error_nomem(err);
    memset(bytes, 'b', n);
    rc_status st = rc_channel_answer(channel, ANSWER_ACT, bytes, n, err);
    free(bytes);
    return st;
}

static rc_status serve(rc_channel *channel, int fd, rc_error *err)
{
    rc_frame request;
    rc_status st;
    (void)fd;
    while ((st = rc_channel_hear(channel, &request, err)) == RC_OK) {
        char name[32] = "";
        rc_buf out = {0};
        memcpy(name, request.data, request.n < sizeof(name) ? request.n : sizeof(name) - 1);
        if (strncmp(name, "bytes ", 6) == 0) {
            st = answer_bytes(channel, name + 6, err);
        } else if (strcmp(name, "fault") == 0) {
            rc_error fault;
            rc_error_set(&fault, RC_E_DATA, "no object '/a'");
            rc_error_hint(&fault, "there is '/b'");
            rc_error_hint(&fault, "there is '/c'");
            st = rc_channel_fault(channel, RC_FAULT_ASKED, &fault);
        } else if (rc_wire_put_u32(&out, act(name))) {
            st = rc_channel_answer(channel, ANSWER_ACT, out.data, out.n, err);
        }
        rc_buf_release(&out);
        if (st < 0)
            return st;
    }
    return st;
}

/* One wall alone. */
static int shut_by(const char *kind)
{
    rc_channel channel = {.fd = RC_CONFINED_SOCKET};
    rc_error err;
    rc_buf out = {0};
    bool is_shut = strcmp(kind, "landlock") == 0 ? rc_shut_landlock() > 0 : rc_shut_seccomp();
    if (!rc_wire_put_u32(&out, 1) || !rc_wire_put_u32(&out, is_shut) ||
        !rc_wire_put_bool(&out, is_shut) || !rc_wire_put_bool(&out, false) ||
        rc_channel_answer(&channel, RC_FRAME_HELLO, out.data, out.n, &err) < 0)
        return 1;
    return serve(&channel, RC_CONFINED_FILE, &err) < 0;
}

static rc_status fail_to_prepare(rc_error *err)
{
    return rc_error_set(err, RC_E_SYSTEM, "the probe is not prepared");
}

int main(int argc, char **argv)
{
    static const rc_reader_kind probe = {"probe", prepare, serve};
    static const rc_reader_kind unprepared = {"unprepared", fail_to_prepare, serve};
    if (argc < 3)
        return 2;
    wrong_at_start = look_around();
    if (strcmp(argv[2], "landlock") == 0 || strcmp(argv[2], "seccomp") == 0)
        _exit(shut_by(argv[2]));
    const rc_reader_kind *kind = strcmp(argv[2], "unprepared") == 0 ? &unprepared : &probe;
    _exit(rc_confined_main(kind, argc - 3, argv + 3));
}
