/* cpu.c - what this machine can run, and how many threads it lends us. */
#include "base/cpu.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"

enum {
    FILE_BYTES_MAX = 4 << 20, /* a host of containers has thousands of mounts */
    FILE_STEP_BYTES = 4096,
    CPUS_MAX = 1 << 20
};

#if defined(__x86_64__)
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
           __builtin_cpu_supports("bmi2");
}

static bool has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}
#else
static bool has_avx2(void)
{
    return false;
}

static bool has_avx512(void)
{
    return false;
}
#endif

static bool has_neon(void)
{
#if defined(__aarch64__)
    return true; /* part of the base architecture */
#else
    return false;
#endif
}

bool rc_cpu_has(rc_cpu_level level)
{
    switch (level) {
    case RC_CPU_AUTO:
    case RC_CPU_SCALAR:
        return true;
    case RC_CPU_AVX2:
        return has_avx2();
    case RC_CPU_AVX512:
        return has_avx512();
    case RC_CPU_NEON:
        return has_neon();
    }
    return false;
}

/* A part of a text that is not its own string. */
typedef struct slice {
    const char *text;
    size_t n;
} slice;

/* Takes the text before the next `end` (or all of it) off the front. False when none is left. */
static bool take(slice *rest, char end, slice *part)
{
    if (rest->n == 0)
        return false;
    const char *at = memchr(rest->text, end, rest->n);
    part->text = rest->text;
    part->n = at != NULL ? (size_t)(at - rest->text) : rest->n;
    size_t n_taken = at != NULL ? part->n + 1 : part->n;
    rest->text += n_taken;
    rest->n -= n_taken;
    return true;
}

static bool equals(slice s, const char *text)
{
    return s.n == strlen(text) && memcmp(s.text, text, s.n) == 0;
}

static bool lists(slice s, const char *item)
{
    slice part;
    while (take(&s, ',', &part))
        if (equals(part, item))
            return true;
    return false;
}

static bool read_all(int fd, rc_buf *text)
{
    while (text->n < FILE_BYTES_MAX) {
        if (!rc_buf_reserve(text, FILE_STEP_BYTES))
            return false;
        ssize_t got = read(fd, text->data + text->n, FILE_STEP_BYTES);
        if (got == 0)
            return true;
        if (got > 0)
            text->n += (size_t)got;
        else if (errno != EINTR)
            return false;
    }
    return false;
}

/* Adds the text of folder/name to *text. */
static bool read_text(const char *folder, const char *name, rc_buf *text)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (n < 0 || (size_t)n >= sizeof(path))
        return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool is_whole = read_all(fd, text);
    close(fd);
    return is_whole;
}

/* The two versions of cgroups: where they are mounted, what their files are called. */
typedef struct hierarchy {
    const char *type;       /* of the file system */
    const char *controller; /* NULL: all in one hierarchy */
    const char *quota_file;
    const char *period_file; /* NULL: behind the quota in its file */
} hierarchy;

/* The mount of a hierarchy: which of its groups is seen where. */
static bool find_mount(const rc_buf *mounts, const hierarchy *h, slice *group, slice *point)
{
    slice rest = {mounts->data, mounts->n}, line;
    while (take(&rest, '\n', &line)) {
        slice field, type = {0}, options = {0};
        int n = 0, n_dash = INT_MAX - 3;
        for (; take(&line, ' ', &field); n++) {
            if (n == 3)
                *group = field;
            else if (n == 4)
                *point = field;
            else if (n > 5 && n < n_dash && equals(field, "-"))
                n_dash = n; /* behind it: type, source, options */
            else if (n == n_dash + 1)
                type = field;
            else if (n == n_dash + 3)
                options = field;
        }
        if (equals(type, h->type) && (h->controller == NULL || lists(options, h->controller)))
            return true;
    }
    return false;
}

/* This process's group in a hierarchy: lines are ID:CONTROLLERS:GROUP. */
static bool find_group(const rc_buf *groups, const hierarchy *h, slice *group)
{
    slice rest = {groups->data, groups->n}, line;
    while (take(&rest, '\n', &line)) {
        slice id, controllers;
        if (!take(&line, ':', &id) || !take(&line, ':', &controllers))
            continue;
        *group = line;
        if (h->controller != NULL ? lists(controllers, h->controller) : controllers.n == 0)
            return true;
    }
    return false;
}

/* The group's path below the mount point; none if it lies outside (another namespace's). */
static slice below_mount(slice group, slice mounted)
{
    const slice none = {"", 0};
    if (equals(mounted, "/"))
        mounted.n = 0;
    if (group.n < mounted.n || memcmp(group.text, mounted.text, mounted.n) != 0)
        return none;
    slice below = {group.text + mounted.n, group.n - mounted.n};
    if (below.n < 2 || below.text[0] != '/' || memmem(below.text, below.n, "/..", 3) != NULL)
        return none;
    return below;
}

/* Whole CPUs of "QUOTA PERIOD", 0 if it is no such text ("max 100000", "-1 100000"). */
static int whole_cpus(const rc_buf *text)
{
    slice rest = {text->data, text->n}, quota, period;
    uint64_t q, p;
    if (!take(&rest, ' ', &quota) || !take(&rest, '\n', &period) ||
        !rc_num_parse_u64(quota.text, quota.n, &q) ||
        !rc_num_parse_u64(period.text, period.n, &p) || p == 0)
        return 0;
    uint64_t n = q / p + (q % p != 0);
    return n < 1 ? 1 : n > CPUS_MAX ? CPUS_MAX : (int)n;
}

static int folder_quota(const char *folder, const hierarchy *h)
{
    rc_buf text = {0};
    bool is_read = read_text(folder, h->quota_file, &text);
    if (is_read && h->period_file != NULL && text.n > 0) {
        text.data[text.n - 1] = ' '; /* the line's end */
        is_read = read_text(folder, h->period_file, &text);
    }
    int n = is_read ? whole_cpus(&text) : 0;
    rc_buf_release(&text);
    return n;
}

/* The smaller of two quotas, of which 0 is none. */
static int tighter(int a, int b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

/* From the process's group up to the mount point: each level may have its own quota. */
static int chain_quota(const char *root, slice point, slice below, const hierarchy *h)
{
    char folder[PATH_MAX];
    int n = snprintf(folder, sizeof(folder), "%s%.*s%.*s", root, (int)point.n, point.text,
                     (int)below.n, below.text);
    if (n < 0 || (size_t)n >= sizeof(folder))
        return 0;
    size_t n_top = strlen(root) + point.n;
    int least = folder_quota(folder, h);
    while (strlen(folder) > n_top) {
        *strrchr(folder, '/') = '\0';
        least = tighter(least, folder_quota(folder, h));
    }
    return least;
}

int rc_cpu_quota(const char *root)
{
    static const hierarchy hierarchies[] = {
        {"cgroup2", NULL, "cpu.max", NULL},
        {"cgroup", "cpu", "cpu.cfs_quota_us", "cpu.cfs_period_us"},
    };
    rc_buf groups = {0}, mounts = {0};
    char self[PATH_MAX];
    int least = 0, n = snprintf(self, sizeof(self), "%s/proc/self", root);
    if (n > 0 && (size_t)n < sizeof(self) && read_text(self, "cgroup", &groups) &&
        read_text(self, "mountinfo", &mounts)) {
        for (size_t i = 0; i < sizeof(hierarchies) / sizeof(hierarchies[0]); i++) {
            const hierarchy *h = &hierarchies[i];
            slice group, mounted = {0}, point = {0};
            if (find_group(&groups, h, &group) && find_mount(&mounts, h, &mounted, &point))
                least = tighter(least, chain_quota(root, point, below_mount(group, mounted), h));
        }
    }
    rc_buf_release(&groups);
    rc_buf_release(&mounts);
    return least;
}

/* 0 if it cannot be found out. */
static int affinity_count(void)
{
    for (int n_cpus = 1024; n_cpus <= CPUS_MAX; n_cpus *= 2) {
        cpu_set_t *set = CPU_ALLOC(n_cpus);
        if (set == NULL)
            return 0;
        int code = sched_getaffinity(0, CPU_ALLOC_SIZE(n_cpus), set);
        int failure = errno;
        int n = code == 0 ? CPU_COUNT_S(CPU_ALLOC_SIZE(n_cpus), set) : 0;
        CPU_FREE(set);
        if (code == 0 || failure != EINVAL) /* EINVAL: the kernel's set is larger */
            return n;
    }
    return 0;
}

/* The first number of the list, 0 if it is none. */
static int openmp_count(void)
{
    const char *value = getenv("OMP_NUM_THREADS");
    slice rest = {value, value != NULL ? strlen(value) : 0}, first;
    uint64_t n;
    if (!take(&rest, ',', &first))
        return 0;
    while (first.n > 0 && *first.text == ' ')
        first = (slice){first.text + 1, first.n - 1};
    while (first.n > 0 && first.text[first.n - 1] == ' ')
        first.n--;
    if (!rc_num_parse_u64(first.text, first.n, &n))
        return 0;
    return n > CPUS_MAX ? CPUS_MAX : (int)n;
}

int rc_cpu_threads(void)
{
    int n = tighter(tighter(affinity_count(), rc_cpu_quota("")), openmp_count());
    return n > 0 ? n : 1;
}
