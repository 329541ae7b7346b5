/* kernels_avx2.c - the kernels in 256-bit vectors, built with their own flags. */
#include "score/kernels.h"

#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "score/real_pow.h"
#include "score/real_trig.h"

/* Vectors of rows that one block of sums holds an output: 4 outputs of them, the rows read and a
 * weight fit the 16 registers. */
#define VECTORS 2

static inline __m256d pairs_f64(const double *base, const int32_t *at)
{
    __m256d rows = _mm256_castpd128_pd256(_mm_loadu_pd(base + at[0]));
    return _mm256_insertf128_pd(rows, _mm_loadu_pd(base + at[2]), 1);
}

/* Two numbers of each row at a time: a gather takes them one by one. */
static inline void gather4_f64(const double *base, const int32_t *at, __m256d out[4])
{
    for (int k = 0; k < 4; k += 2) {
        __m256d even = pairs_f64(base + k, at), odd = pairs_f64(base + k, at + 1);
        out[k] = _mm256_unpacklo_pd(even, odd);
        out[k + 1] = _mm256_unpackhi_pd(even, odd);
    }
}

static inline __m256 fours_f32(const float *base, const int32_t *at)
{
    __m256 rows = _mm256_castps128_ps256(_mm_loadu_ps(base + at[0]));
    return _mm256_insertf128_ps(rows, _mm_loadu_ps(base + at[4]), 1);
}

/* Four numbers of each row at a time. */
static inline void gather4_f32(const float *base, const int32_t *at, __m256 out[4])
{
    __m256 a = fours_f32(base, at), b = fours_f32(base, at + 1);
    __m256 c = fours_f32(base, at + 2), d = fours_f32(base, at + 3);
    __m256 ab = _mm256_unpacklo_ps(a, b), ab_high = _mm256_unpackhi_ps(a, b);
    __m256 cd = _mm256_unpacklo_ps(c, d), cd_high = _mm256_unpackhi_ps(c, d);
    out[0] = _mm256_shuffle_ps(ab, cd, 0x44);
    out[1] = _mm256_shuffle_ps(ab, cd, 0xee);
    out[2] = _mm256_shuffle_ps(ab_high, cd_high, 0x44);
    out[3] = _mm256_shuffle_ps(ab_high, cd_high, 0xee);
}

#define REAL double
#define REAL_FN(name) name##_f64
#define VECTOR __m256d
#define VECTOR_FMA _mm256_fmadd_pd
#define VECTOR_SET _mm256_set1_pd
#define VECTOR_GATHER(base, at) _mm256_i32gather_pd(base, _mm_loadu_si128((const void *)(at)), 8)
#define VECTOR_ROWS gather4_f64
#include "score/kernels_real.h"
#undef REAL
#undef REAL_FN
#undef VECTOR
#undef VECTOR_FMA
#undef VECTOR_SET
#undef VECTOR_GATHER
#undef VECTOR_ROWS

#define REAL float
#define REAL_FN(name) name##_f32
#define VECTOR __m256
#define VECTOR_FMA _mm256_fmadd_ps
#define VECTOR_SET _mm256_set1_ps
#define VECTOR_GATHER(base, at) _mm256_i32gather_ps(base, _mm256_loadu_si256((const void *)(at)), 4)
#define VECTOR_ROWS gather4_f32
#include "score/kernels_real.h"

void rc_kernels_avx2_fill(rc_kernels *kernels, rc_dtype dtype)
{
    if (dtype == RC_FLOAT32)
        fill_f32(kernels);
    else
        fill_f64(kernels);
}
