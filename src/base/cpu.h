/* cpu.h - what this machine can run, and how many threads it lends us. */
#ifndef RC_BASE_CPU_H
#define RC_BASE_CPU_H

#include "rowcast.h"

/* Whether machine and system can run the level. AUTO and SCALAR always; AVX2 with FMA and BMI2;
 * AVX512 those and F, DQ, BW, VL. */
bool rc_cpu_has(rc_cpu_level level);

/* Threads worth starting: the least of the CPUs of this process's affinity, the CPU quota of its
 * cgroups and the first number of OMP_NUM_THREADS; at least 1. */
int rc_cpu_threads(void);

/**
 * The least CPU quota of this process's cgroups (version 1 and 2) and of those above them, in
 * whole CPUs, rounded up; 0 if there is none or nothing can be found out.
 * root  where /proc and /sys are looked for: "" but in tests.
 */
int rc_cpu_quota(const char *root);

#endif
