/* kernels_avx512.c - the kernels in 512-bit vectors, built with their own flags. */
#include "score/kernels.h"

#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "score/real_pow.h"
#include "score/real_trig.h"

/* Vectors of rows that one block of sums holds an output: 4 outputs of them, the rows read and a
 * weight fit the 32 registers. */
#define VECTORS 4

static inline __m512d pairs_f64(const double *base, const int32_t *at)
{
    __m512d rows = _mm512_castpd128_pd512(_mm_loadu_pd(base + at[0]));
    rows = _mm512_insertf64x2(rows, _mm_loadu_pd(base + at[2]), 1);
    rows = _mm512_insertf64x2(rows, _mm_loadu_pd(base + at[4]), 2);
    return _mm512_insertf64x2(rows, _mm_loadu_pd(base + at[6]), 3);
}

/* Two numbers of each row at a time: a gather takes them one by one. */
static inline void gather4_f64(const double *base, const int32_t *at, __m512d out[4])
{
    for (int k = 0; k < 4; k += 2) {
        __m512d even = pairs_f64(base + k, at), odd = pairs_f64(base + k, at + 1);
        out[k] = _mm512_unpacklo_pd(even, odd);
        out[k + 1] = _mm512_unpackhi_pd(even, odd);
    }
}

static inline __m512 fours_f32(const float *base, const int32_t *at)
{
    __m512 rows = _mm512_castps128_ps512(_mm_loadu_ps(base + at[0]));
    rows = _mm512_insertf32x4(rows, _mm_loadu_ps(base + at[4]), 1);
    rows = _mm512_insertf32x4(rows, _mm_loadu_ps(base + at[8]), 2);
    return _mm512_insertf32x4(rows, _mm_loadu_ps(base + at[12]), 3);
}

/* Four numbers of each row at a time. */
static inline void gather4_f32(const float *base, const int32_t *at, __m512 out[4])
{
    __m512 a = fours_f32(base, at), b = fours_f32(base, at + 1);
    __m512 c = fours_f32(base, at + 2), d = fours_f32(base, at + 3);
    __m512 ab = _mm512_unpacklo_ps(a, b), ab_high = _mm512_unpackhi_ps(a, b);
    __m512 cd = _mm512_unpacklo_ps(c, d), cd_high = _mm512_unpackhi_ps(c, d);
    out[0] = _mm512_shuffle_ps(ab, cd, 0x44);
    out[1] = _mm512_shuffle_ps(ab, cd, 0xee);
    out[2] = _mm512_shuffle_ps(ab_high, cd_high, 0x44);
    out[3] = _mm512_shuffle_ps(ab_high, cd_high, 0xee);
}

#define REAL double
#define REAL_FN(name) name##_f64
#define VECTOR __m512d
#define VECTOR_FMA _mm512_fmadd_pd
#define VECTOR_SET _mm512_set1_pd
#define VECTOR_GATHER(base, at) _mm512_i32gather_pd(_mm256_loadu_si256((const void *)(at)), base, 8)
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
#define VECTOR __m512
#define VECTOR_FMA _mm512_fmadd_ps
#define VECTOR_SET _mm512_set1_ps
#define VECTOR_GATHER(base, at) _mm512_i32gather_ps(_mm512_loadu_si512((const void *)(at)), base, 4)
#define VECTOR_ROWS gather4_f32
#include "score/kernels_real.h"

void rc_kernels_avx512_fill(rc_kernels *kernels, rc_dtype dtype)
{
    if (dtype == RC_FLOAT32)
        fill_f32(kernels);
    else
        fill_f64(kernels);
}
