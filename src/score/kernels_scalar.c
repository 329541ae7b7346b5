/* kernels_scalar.c - the reference kernels: plain loops. */
#include "score/kernels.h"

#include <math.h>
#include <string.h>

#include "score/real_pow.h"
#include "score/real_trig.h"

#define REAL double
#define REAL_FN(name) name##_f64
#define REAL_FMA fma
#include "score/kernels_real.h"
#undef REAL
#undef REAL_FN
#undef REAL_FMA

#define REAL float
#define REAL_FN(name) name##_f32
#define REAL_FMA fmaf
#include "score/kernels_real.h"

void rc_kernels_scalar_fill(rc_kernels *kernels, rc_dtype dtype)
{
    if (dtype == RC_FLOAT32)
        fill_f32(kernels);
    else
        fill_f64(kernels);
}
