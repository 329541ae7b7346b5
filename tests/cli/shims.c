/* shims.c - preloaded: allocations and threads that fail, reads and writes that fall short. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* What these names are taken from. dlsym() will not do: it allocates. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

typedef enum kind { ALLOCATION, THREAD, TRANSFER, N_KINDS } kind;

/* Calls of each kind. Shared with the test through a file, which outlives any death. */
typedef struct counters {
    atomic_long n[N_KINDS];
} counters;

static counters own;
static counters *count = &own;
static long fail_at[N_KINDS]; /* from 1; 0: never. TRANSFER: with which of the three to begin */
static bool is_forever, is_armed;

static long number(const char *name)
{
    const char *text = getenv(name);
    return text != NULL ? strtol(text, NULL, 10) : 0;
}

static void share_counters(const char *path)
{
    int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *p = mmap(NULL, sizeof(own), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (p != MAP_FAILED)
        count = p;
    close(fd);
}

/* Of the process that scores and the reader that it starts one is meddled with. glibc passes the
 * words of main() here. */
static bool is_other(int argc, char **argv)
{
    bool is_reader = argc > 1 && strcmp(argv[1], "--reader") == 0;
    return is_reader != (number("SHIM_READER") != 0);
}

/* A preloaded library is initialised after those that the program is linked with: what they and
 * the loader allocate is not counted. */
__attribute__((constructor)) static void arm(int argc, char **argv)
{
    if (is_other(argc, argv))
        return;
    share_counters(getenv("SHIM_COUNTERS"));
    fail_at[ALLOCATION] = number("SHIM_ALLOCATION");
    fail_at[THREAD] = number("SHIM_THREAD");
    fail_at[TRANSFER] = number("SHIM_TRANSFER");
    is_forever = number("SHIM_FOREVER") != 0;
    is_armed = true;
}

static bool is_refused(kind which)
{
    if (!is_armed)
        return false;
    long n = atomic_fetch_add(&count->n[which], 1) + 1, at = fail_at[which];
    return at > 0 && (n == at || (is_forever && n > at));
}

static bool is_out_of_memory(void)
{
    if (!is_refused(ALLOCATION))
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return is_out_of_memory() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return is_out_of_memory() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    return is_out_of_memory() ? NULL : __libc_realloc(p, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return is_out_of_memory() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    if (is_refused(ALLOCATION))
        return ENOMEM;
    *out = __libc_memalign(alignment, size);
    return *out != NULL ? 0 : ENOMEM;
}

/* Sets a pointer to a function; ISO C has no cast for it. */
static void find_next(void *function, const char *name)
{
    void *address = dlsym(RTLD_NEXT, name);
    memcpy(function, &address, sizeof(address));
}

int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attr,
                   void *(*run)(void *), void *restrict context)
{
    int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    find_next(&next, "pthread_create");
    return is_refused(THREAD) ? EAGAIN : next(thread, attr, run, context);
}

/* Of three calls one is interrupted, one moves a byte, one a third of what it could. */
static bool is_interrupted(size_t *n)
{
    if (fail_at[TRANSFER] == 0 || *n == 0)
        return false;
    long which = (atomic_fetch_add(&count->n[TRANSFER], 1) + fail_at[TRANSFER]) % 3;
    *n = which == 1 ? 1 : *n / 3 + 1;
    errno = EINTR;
    return which == 0;
}

ssize_t write(int fd, const void *data, size_t n)
{
    ssize_t (*next)(int, const void *, size_t);
    find_next(&next, "write");
    return is_interrupted(&n) ? -1 : next(fd, data, n);
}

ssize_t read(int fd, void *data, size_t n)
{
    ssize_t (*next)(int, void *, size_t);
    find_next(&next, "read");
    return is_interrupted(&n) ? -1 : next(fd, data, n);
}

/* off_t has 64 bits: the name by which the linker knows it has them, too. */
ssize_t pread(int fd, void *data, size_t n, off_t offset)
{
    ssize_t (*next)(int, void *, size_t, off_t);
    find_next(&next, "pread64");
    return is_interrupted(&n) ? -1 : next(fd, data, n, offset);
}

ssize_t recv(int fd, void *data, size_t n, int flags)
{
    ssize_t (*next)(int, void *, size_t, int);
    find_next(&next, "recv");
    return is_interrupted(&n) ? -1 : next(fd, data, n, flags);
}

ssize_t send(int fd, const void *data, size_t n, int flags)
{
    ssize_t (*next)(int, const void *, size_t, int);
    find_next(&next, "send");
    return is_interrupted(&n) ? -1 : next(fd, data, n, flags);
}
