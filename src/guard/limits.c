/* limits.c - resource limits of a reader. */
#include <sys/prctl.h>
#include <sys/resource.h>

#include "config.h"
#include "guard/confined.h"
#include "guard/shut.h"

/* The parent's time limit ends a reader long before; this ends one whose parent was killed. */
enum { MOST_SECONDS = 3600, N_DESCRIPTORS = RC_CONFINED_SOCKET + 1 };

/* A limit that is lower already stays. */
static bool lower(int what, rlim_t most)
{
    struct rlimit limit;
    if (getrlimit(what, &limit) != 0)
        return false;
    if (limit.rlim_max > most)
        limit.rlim_max = most;
    if (limit.rlim_cur > limit.rlim_max)
        limit.rlim_cur = limit.rlim_max;
    return setrlimit(what, &limit) == 0;
}

bool rc_shut_limits(uint64_t memory_bytes)
{
    bool ok = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    ok = lower(RLIMIT_CORE, 0) && ok;
    ok = lower(RLIMIT_FSIZE, 0) && ok;
    ok = lower(RLIMIT_CPU, MOST_SECONDS) && ok;
#if RC_WALL_FULL
    if (memory_bytes > 0) {
        /* core dumps also go to programs, which the limit does not stop */
        ok = prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && ok;
        ok = lower(RLIMIT_AS, memory_bytes) && ok;
    }
#else
    (void)memory_bytes;
#endif
    return ok;
}

bool rc_shut_descriptors(void)
{
    return lower(RLIMIT_NOFILE, N_DESCRIPTORS);
}
