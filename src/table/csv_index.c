/* csv_index.c - the index of records eight bytes at a time, and which index a level has. */
#include "table/csv_index.h"

#include <string.h>

#include "base/cpu.h"
#include "config.h"

/* Where the bytes of interest are among 64. */
typedef struct marks {
    uint64_t delimiters, lfs, crs, quotes;
} marks;

/* The top bits of the bytes, together: no two partial products meet in a bit. */
static inline uint64_t gather(uint64_t tops)
{
    return (tops >> 7) * 0x0102040810204080u >> 56;
}

static inline marks read_marks(const char *p, char delimiter, bool has_quote)
{
    const uint64_t delimiters = rc_swar_repeat((unsigned char)delimiter);
    const uint64_t lfs = rc_swar_repeat('\n'), crs = rc_swar_repeat('\r');
    const uint64_t quotes = rc_swar_repeat('"');
    marks m = {0};
    for (int i = 0; i < 64; i += 8) {
        uint64_t word;
        memcpy(&word, p + i, sizeof(word));
        m.delimiters |= gather(rc_swar_equal(word, delimiters)) << i;
        m.lfs |= gather(rc_swar_equal(word, lfs)) << i;
        m.crs |= gather(rc_swar_equal(word, crs)) << i;
        if (has_quote)
            m.quotes |= gather(rc_swar_equal(word, quotes)) << i;
    }
    return m;
}

#define MARKS_NAME rc_csv_kernels_scalar
#include "table/csv_marks.h"

const rc_csv_kernels *rc_csv_kernels_of(rc_cpu_level level)
{
#if RC_HAVE_AVX2
    if (level == RC_CPU_AVX2 || level == RC_CPU_AVX512 ||
        (level == RC_CPU_AUTO && rc_cpu_has(RC_CPU_AVX2)))
        return &rc_csv_kernels_avx2;
#else
    (void)level;
#endif
    return &rc_csv_kernels_scalar;
}
