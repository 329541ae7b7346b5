/* csv_index_avx2.c - the index of records 32 bytes at a time. */
#include <immintrin.h>

#include "table/csv_index.h"

/* Where the bytes of interest are among 64. */
typedef struct marks {
    uint64_t delimiters, lfs, crs, quotes;
} marks;

static inline uint64_t equal_bytes(__m256i low, __m256i high, char c)
{
    __m256i pattern = _mm256_set1_epi8(c);
    uint32_t first = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, pattern));
    uint32_t second = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, pattern));
    return first | (uint64_t)second << 32;
}

static inline marks read_marks(const char *p, char delimiter, bool has_quote)
{
    __m256i low = _mm256_loadu_si256((const void *)p);
    __m256i high = _mm256_loadu_si256((const void *)(p + 32));
    return (marks){
        .delimiters = equal_bytes(low, high, delimiter),
        .lfs = equal_bytes(low, high, '\n'),
        .crs = equal_bytes(low, high, '\r'),
        .quotes = has_quote ? equal_bytes(low, high, '"') : 0,
    };
}

#define MARKS_NAME rc_csv_kernels_avx2
#include "table/csv_marks.h"
