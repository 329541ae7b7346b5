/* seccomp.c - the system calls that a reader may make. */
#include "guard/shut.h"

#include "config.h"

#if RC_HAVE_SECCOMP && RC_WALL_FULL
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guard/confined.h"

/* Reading, memory, ending. A call that is in no list here answers EPERM. */
static const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(pread64),
    SCMP_SYS(lseek),
    SCMP_SYS(fstat),
    SCMP_SYS(recvfrom),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(close),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(brk),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(getrandom),
    SCMP_SYS(getcwd),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(exit),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(exit_group),
    SCMP_SYS(restart_syscall),
};

/* Nothing that reads a table comes near these: who tries has been taken over. */
static const int deadly[] = {
    SCMP_SYS(execve),  SCMP_SYS(execveat), SCMP_SYS(ptrace),           SCMP_SYS(socket),
    SCMP_SYS(connect), SCMP_SYS(bind),     SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
};

/* A kernel or a libseccomp that does not know a call needs no rule for it. */
static bool add(scmp_filter_ctx filter, uint32_t action, int call)
{
    int got = seccomp_rule_add(filter, action, call, 0);
    return got == 0 || got == -EDOM || got == -EOPNOTSUPP;
}

/* Allows a call whose argument number `at`, under the mask, is `value`. */
static bool add_if(scmp_filter_ctx filter, int call, unsigned at, uint64_t mask, uint64_t value)
{
    struct scmp_arg_cmp is = {at, SCMP_CMP_MASKED_EQ, mask, value};
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &is) == 0;
}

/* Memory that is never executed; bytes to the socket alone; abort(); the size of an open file. */
static bool add_narrow(scmp_filter_ctx filter)
{
    const uint64_t whole = UINT32_MAX; /* an int: what is above is not looked at by the kernel */
    return add_if(filter, SCMP_SYS(mmap), 2, PROT_EXEC, 0) &&
           add_if(filter, SCMP_SYS(mprotect), 2, PROT_EXEC, 0) &&
           add_if(filter, SCMP_SYS(write), 0, whole, RC_CONFINED_SOCKET) &&
           add_if(filter, SCMP_SYS(sendto), 0, whole, RC_CONFINED_SOCKET) &&
           add_if(filter, SCMP_SYS(tgkill), 0, whole, (uint64_t)getpid()) &&
           add_if(filter, SCMP_SYS(newfstatat), 3, whole, AT_EMPTY_PATH);
}

static bool fill(scmp_filter_ctx filter)
{
    bool ok = add_narrow(filter);
    for (size_t i = 0; ok && i < sizeof(allowed) / sizeof(allowed[0]); i++)
        ok = add(filter, SCMP_ACT_ALLOW, allowed[i]);
    for (size_t i = 0; ok && i < sizeof(deadly) / sizeof(deadly[0]); i++)
        ok = add(filter, SCMP_ACT_KILL_PROCESS, deadly[i]);
    return ok;
}

bool rc_shut_seccomp(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (filter == NULL)
        return false;
    bool is_shut = fill(filter) && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return is_shut;
}
#else
bool rc_shut_seccomp(void)
{
    return false;
}
#endif
