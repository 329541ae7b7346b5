/* spread.h - values that stand side by side in rows, to columns. */
#ifndef RC_BASE_SPREAD_H
#define RC_BASE_SPREAD_H

#include <stddef.h>

enum { RC_SPREAD_COLUMNS = 4 };

/* Four columns of which a row's values stand side by side, `stride` bytes from row to row (n rows,
 * of any alignment), each to memory of its own: n values of 4 or of 8 bytes, as they are. */
void rc_spread_u32(const void *from, size_t stride, size_t n, void *const out[RC_SPREAD_COLUMNS]);
void rc_spread_u64(const void *from, size_t stride, size_t n, void *const out[RC_SPREAD_COLUMNS]);

#endif
