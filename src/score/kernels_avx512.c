/* kernels_avx512.c - the kernels in 512-bit vectors, built with their own flags. */
#include "score/kernels.h"

#include <immintrin.h>
#include <math.h>

#include "score/real.h"

/* Vectors of rows that one block of sums holds an output: 4 outputs of them, the rows read and a
 * weight fit the 32 registers. */
#define VECTORS 4

#define REAL double
#define REAL_FN(name) name##_f64
#define VECTOR __m512d
#define VECTOR_FMA _mm512_fmadd_pd
#define VECTOR_SET _mm512_set1_pd
#include "score/kernels_real.h"
#undef REAL
#undef REAL_FN
#undef VECTOR
#undef VECTOR_FMA
#undef VECTOR_SET

#define REAL float
#define REAL_FN(name) name##_f32
#define VECTOR __m512
#define VECTOR_FMA _mm512_fmadd_ps
#define VECTOR_SET _mm512_set1_ps
#include "score/kernels_real.h"

void rc_kernels_avx512_fill(rc_kernels *kernels, rc_dtype dtype)
{
    if (dtype == RC_FLOAT32)
        fill_f32(kernels);
    else
        fill_f64(kernels);
}
