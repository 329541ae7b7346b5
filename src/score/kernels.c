/* kernels.c - choose the kernels for this machine. */
#include "score/kernels.h"

#include "base/cpu.h"
#include "config.h"

const char *rc_cpu_level_name(rc_cpu_level level)
{
    static const char *const names[] = {"auto", "scalar", "avx2", "avx512", "neon"};
    return names[level];
}

/* Levels that this build has, best first. */
static const struct {
    rc_cpu_level level;
    void (*fill)(rc_kernels *kernels, rc_dtype dtype);
} levels[] = {
#if RC_HAVE_AVX512
    {RC_CPU_AVX512, rc_kernels_avx512_fill},
#endif
#if RC_HAVE_AVX2
    {RC_CPU_AVX2, rc_kernels_avx2_fill},
#endif
    {RC_CPU_SCALAR, rc_kernels_scalar_fill},
};

rc_status rc_kernels_pick(rc_kernels *kernels, rc_cpu_level *level, rc_dtype dtype, rc_error *err)
{
    for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++) {
        if (*level != RC_CPU_AUTO && *level != levels[i].level)
            continue;
        if (!rc_cpu_has(levels[i].level)) {
            if (*level == RC_CPU_AUTO)
                continue;
            break;
        }
        levels[i].fill(kernels, dtype);
        *level = levels[i].level;
        return RC_OK;
    }
    return rc_error_set(err, RC_E_SYSTEM, "--cpu %s: this machine or this build does not have it",
                        rc_cpu_level_name(*level));
}
