/* test_cpu.c - CPU quotas from made-up trees of /proc and /sys; affinity and environment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sched.h>

#include "base/cpu.h"
#include "scratch.h"

#define V2_MOUNT "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
#define V1_MOUNTS                                                       \
    "31 23 0:28 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755\n"        \
    "32 31 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n" \
    "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n"

/* Writes a file of the tree with the folders above it. */
static void put(scratch *s, const char *name, const char *text)
{
    for (const char *at = strchr(name, '/'); at != NULL; at = strchr(at + 1, '/')) {
        char folder[PATH_MAX];
        snprintf(folder, sizeof(folder), "%s/%.*s", s->folder, (int)(at - name), name);
        mkdir(folder, 0755);
    }
    scratch_write(s, name, text, strlen(text));
}

static void put_self(scratch *s, const char *cgroup, const char *mountinfo)
{
    put(s, "proc/self/cgroup", cgroup);
    put(s, "proc/self/mountinfo", mountinfo);
}

static void test_quota_without_cgroups_is_none(void **state)
{
    scratch *s = *state;
    assert_int_equal(rc_cpu_quota(s->folder), 0);
    put_self(s, "", "");
    assert_int_equal(rc_cpu_quota(s->folder), 0);
    put_self(s, "0::/a\n", V2_MOUNT); /* no cpu.max anywhere */
    assert_int_equal(rc_cpu_quota(s->folder), 0);
}

static void test_quota_v2_is_the_least_up_the_chain(void **state)
{
    scratch *s = *state;
    put_self(s, "0::/user.slice/job\n", V2_MOUNT);
    put(s, "sys/fs/cgroup/user.slice/job/cpu.max", "max 100000\n");
    assert_int_equal(rc_cpu_quota(s->folder), 0);
    put(s, "sys/fs/cgroup/user.slice/cpu.max", "250000 100000\n");
    assert_int_equal(rc_cpu_quota(s->folder), 3);
    put(s, "sys/fs/cgroup/user.slice/job/cpu.max", "150000 100000\n");
    assert_int_equal(rc_cpu_quota(s->folder), 2);
    put(s, "sys/fs/cgroup/user.slice/job/cpu.max", "400000 100000\n");
    assert_int_equal(rc_cpu_quota(s->folder), 3);
    put(s, "sys/fs/cgroup/cpu.max", "100000 100000\n"); /* the root of a container */
    assert_int_equal(rc_cpu_quota(s->folder), 1);
}

static void test_quota_rounds_up_to_at_least_one(void **state)
{
    scratch *s = *state;
    put_self(s, "0::/\n", V2_MOUNT);
    put(s, "sys/fs/cgroup/cpu.max", "1000 100000\n");
    assert_int_equal(rc_cpu_quota(s->folder), 1);
    put(s, "sys/fs/cgroup/cpu.max", "50000 50000\n");
    assert_int_equal(rc_cpu_quota(s->folder), 1);
    put(s, "sys/fs/cgroup/cpu.max", "50001 50000\n");
    assert_int_equal(rc_cpu_quota(s->folder), 2);
}

static void test_quota_v1_reads_two_files(void **state)
{
    scratch *s = *state;
    put_self(s, "5:memory:/elsewhere\n4:cpu,cpuacct:/docker/abc\n", V1_MOUNTS);
    put(s, "sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "-1\n");
    put(s, "sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us", "100000\n");
    assert_int_equal(rc_cpu_quota(s->folder), 0);
    put(s, "sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "350000\n");
    assert_int_equal(rc_cpu_quota(s->folder), 4);
    put(s, "sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_quota_us", "100000\n");
    put(s, "sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_period_us", "50000\n");
    assert_int_equal(rc_cpu_quota(s->folder), 2);
}

/* A container that sees its own group at the mount point while /proc tells the host's path. */
static void test_quota_of_a_mount_below_the_root(void **state)
{
    scratch *s = *state;
    put_self(s, "4:cpu:/docker/abc\n",
             "33 31 0:30 /docker/abc /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n");
    put(s, "sys/fs/cgroup/cpu/cpu.cfs_quota_us", "200000\n");
    put(s, "sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    assert_int_equal(rc_cpu_quota(s->folder), 2);
    put_self(s, "4:cpu:/docker/abc/inner\n",
             "33 31 0:30 /docker/abc /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n");
    put(s, "sys/fs/cgroup/cpu/inner/cpu.cfs_quota_us", "100000\n");
    put(s, "sys/fs/cgroup/cpu/inner/cpu.cfs_period_us", "100000\n");
    assert_int_equal(rc_cpu_quota(s->folder), 1);
    put(s, "sys/fs/cgroup/other/cpu.cfs_quota_us", "100000\n"); /* what ".." would lead to */
    put(s, "sys/fs/cgroup/other/cpu.cfs_period_us", "100000\n");
    put_self(s, "4:cpu:/../other\n", "33 31 0:30 / /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n");
    assert_int_equal(rc_cpu_quota(s->folder), 2);
}

static void test_quota_takes_the_tighter_version(void **state)
{
    scratch *s = *state;
    put_self(s, "4:cpu,cpuacct:/\n0::/\n",
             "34 31 0:31 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n" V1_MOUNTS);
    put(s, "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "300000\n");
    put(s, "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    assert_int_equal(rc_cpu_quota(s->folder), 3);
    put(s, "sys/fs/cgroup/unified/cpu.max", "200000 100000\n");
    assert_int_equal(rc_cpu_quota(s->folder), 2);
}

static void test_quota_that_is_no_number_is_none(void **state)
{
    static const char *const texts[] = {
        "",           "\n",         "100000",     "100000\n",
        "100000 0\n", "x 100000\n", "100000 x\n", " 100000 100000\n",
    };
    scratch *s = *state;
    put_self(s, "0::/\n", V2_MOUNT);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        put(s, "sys/fs/cgroup/cpu.max", texts[i]);
        assert_int_equal(rc_cpu_quota(s->folder), 0);
    }
    put(s, "sys/fs/cgroup/cpu.max", "18446744073709551615 1\n");
    assert_true(rc_cpu_quota(s->folder) > 1000);
    put_self(s, "nonsense\n0\n", "1 2 3\n- - -\n" V2_MOUNT);
    assert_int_equal(rc_cpu_quota(s->folder), 0);
}

static void test_threads_obey_the_environment(void **state)
{
    (void)state;
    unsetenv("OMP_NUM_THREADS");
    int all = rc_cpu_threads();
    assert_true(all >= 1);
    static const struct {
        const char *value;
        int n; /* 0: ignored */
    } cases[] = {
        {"1", 1}, {"1,8", 1}, {" 1 ,8", 1}, {"100000", 0}, {"0", 0},
        {"", 0},  {"x", 0},   {"-1", 0},    {",1", 0},     {"99999999999999999999", 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        setenv("OMP_NUM_THREADS", cases[i].value, 1);
        assert_int_equal(rc_cpu_threads(), cases[i].n > 0 ? cases[i].n : all);
    }
    unsetenv("OMP_NUM_THREADS");
}

static void test_threads_obey_the_affinity(void **state)
{
    (void)state;
    cpu_set_t all, one;
    unsetenv("OMP_NUM_THREADS");
    assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
    assert_true(rc_cpu_threads() <= CPU_COUNT(&all));
    int cpu = 0;
    while (!CPU_ISSET(cpu, &all))
        cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
    assert_int_equal(rc_cpu_threads(), 1);
    assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
}

/* Whether the flags line of /proc/cpuinfo has the word. */
static bool kernel_names(const char *flag)
{
    FILE *f = fopen("/proc/cpuinfo", "re");
    char *line = NULL, word[32];
    size_t capacity = 0;
    bool is_found = false;
    snprintf(word, sizeof(word), " %s ", flag);
    while (f != NULL && !is_found && getline(&line, &capacity, f) > 0) {
        char *end = strchr(line, '\n');
        if (end != NULL)
            *end = ' ';
        is_found = strncmp(line, "flags", 5) == 0 && strstr(line, word) != NULL;
    }
    if (f != NULL)
        fclose(f);
    free(line);
    return is_found;
}

static void test_levels_agree_with_the_kernel(void **state)
{
    (void)state;
    bool avx2 = kernel_names("avx2") && kernel_names("fma") && kernel_names("bmi2");
    bool avx512 = avx2 && kernel_names("avx512f") && kernel_names("avx512dq") &&
                  kernel_names("avx512bw") && kernel_names("avx512vl");
    assert_true(rc_cpu_has(RC_CPU_AUTO));
    assert_true(rc_cpu_has(RC_CPU_SCALAR));
    assert_int_equal(rc_cpu_has(RC_CPU_AVX2), avx2);
    assert_int_equal(rc_cpu_has(RC_CPU_AVX512), avx512);
#if defined(__aarch64__)
    assert_true(rc_cpu_has(RC_CPU_NEON));
#else
    assert_false(rc_cpu_has(RC_CPU_NEON));
#endif
}

#define IN_SCRATCH(f) cmocka_unit_test_setup_teardown(f, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(test_quota_without_cgroups_is_none),
        IN_SCRATCH(test_quota_v2_is_the_least_up_the_chain),
        IN_SCRATCH(test_quota_rounds_up_to_at_least_one),
        IN_SCRATCH(test_quota_v1_reads_two_files),
        IN_SCRATCH(test_quota_of_a_mount_below_the_root),
        IN_SCRATCH(test_quota_takes_the_tighter_version),
        IN_SCRATCH(test_quota_that_is_no_number_is_none),
        cmocka_unit_test(test_threads_obey_the_environment),
        cmocka_unit_test(test_threads_obey_the_affinity),
        cmocka_unit_test(test_levels_agree_with_the_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
