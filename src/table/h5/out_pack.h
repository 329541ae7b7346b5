/* out_pack.h - the filters of a chunk on its way out, and back. */
#ifndef RC_TABLE_H5_OUT_PACK_H
#define RC_TABLE_H5_OUT_PACK_H

#include "base/mem.h"

/* What one thread packs chunks with. */
typedef struct rc_h5_packer rc_h5_packer;

/* kind NONE is none at all, GZIP shuffle and deflate, ZSTD shuffle and zstd. level 0 is the
 * default. RC_E_USAGE: no such level. */
rc_status rc_h5_packer_open(rc_h5_packer **out, rc_compression kind, int level, rc_error *err);
void rc_h5_packer_close(rc_h5_packer *packer); /* NULL is fine */

/* The level that is told to the readers of the file. */
int rc_h5_packer_level(const rc_h5_packer *packer);

/* Appends the chunk: n bytes, whole elements. */
rc_status rc_h5_pack(rc_h5_packer *packer, const char *chunk, size_t n, size_t element_bytes,
                     rc_buf *out, rc_error *err);

/* Undoes it: chunk has room for n bytes. RC_E_OUTPUT: these are not the bytes that were written. */
rc_status rc_h5_unpack(rc_h5_packer *packer, const char *packed, size_t n_packed,
                       size_t element_bytes, char *chunk, size_t n, rc_error *err);

#endif
