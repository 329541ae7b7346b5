/* filters.h - undo the filters of an HDF5 chunk. */
#ifndef RC_TABLE_H5_FILTERS_H
#define RC_TABLE_H5_FILTERS_H

#include "table/h5/table.h"

/* Numbers of filters in the file. */
enum {
    RC_H5_DEFLATE = 1,
    RC_H5_SHUFFLE = 2,
    RC_H5_FLETCHER32 = 3,
    RC_H5_LZ4 = 32004,
    RC_H5_ZSTD = 32015
};

/* What one thread undoes filters with; {0} is an empty one. Memory is kept from chunk to chunk. */
typedef struct rc_h5_undo {
    void *inflater, *zstd;
    unsigned char *spare[2];
    size_t spare_bytes[2];
} rc_h5_undo;

void rc_h5_undo_release(rc_h5_undo *undo);

bool rc_h5_filter_is_known(uint32_t id);

/* Whether a chunk of this mask is stored as it is in memory. */
bool rc_h5_is_plain(const rc_h5_storage *storage, uint32_t mask);

/* The most bytes that n bytes of a chunk may be in the file, after all filters. */
uint64_t rc_h5_stored_bound(const rc_h5_storage *storage, uint64_t n);

/**
 * Undoes the filters of a chunk, last one first, in whatever order they were applied.
 *
 * mask     of the chunk: bit i says that filter i was not applied.
 * n_out    what the chunk has in memory; it must come out exactly. in and out do not overlap.
 * Errors   RC_E_DATA: "the deflate stream is damaged", "fletcher32 checksum does not match" ...;
 *          RC_E_SYSTEM. out then holds anything.
 */
rc_status rc_h5_filters_undo(rc_h5_undo *undo, const rc_h5_storage *storage, uint32_t mask,
                             const unsigned char *in, size_t n_in, unsigned char *out, size_t n_out,
                             rc_error *err);

#endif
