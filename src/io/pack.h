/* pack.h - compress a packet's bytes into one frame (zstd) or member (gzip) of its own. */
#ifndef RC_IO_PACK_H
#define RC_IO_PACK_H

#include "base/error.h"
#include "base/mem.h"

typedef struct rc_pack rc_pack;

/* kind is NONE, GZIP or ZSTD (never AUTO); level 0 is the default (zstd 1, gzip 6). A level out
 * of the library's range is RC_E_USAGE. One object a thread; it is reused frame by frame. */
rc_status rc_pack_open(rc_pack **out, rc_compression kind, int level, rc_error *err);

/* Appends to *out the n bytes as one frame or member: zstd with content size and checksum. With
 * NONE the bytes themselves. n = 0 with zstd or gzip is a valid empty frame. */
rc_status rc_pack_frame(rc_pack *pack, const void *data, size_t n, rc_buf *out, rc_error *err);

/* NULL is fine. */
void rc_pack_close(rc_pack *pack);

/* "none", "gzip", "zstd" */
const char *rc_compression_word(rc_compression kind);

/* What the first *n bytes of a path ask for by their end, .gz or .zst; *n becomes what is before.
 */
rc_compression rc_compression_of_path(const char *path, size_t *n);

#endif
