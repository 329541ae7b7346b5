/* out_meta.h - all of an HDF5 file of predictions that is not a chunk.
 *
 * Superblock 0, a root group with one name, one dataset: version 1 headers and B-trees, no
 * checksum and no time stamp. The compound type is of version 3, which libhdf5 reads from 1.8 on:
 * it takes half the room, and the 64 KiB of a message bound the number of columns. */
#ifndef RC_TABLE_H5_OUT_META_H
#define RC_TABLE_H5_OUT_META_H

#include "io/output.h"
#include "table/h5/encode.h"

#define RC_H5_DATASET "predictions"

/* Chunks begin here: the superblock is before. */
enum { RC_H5_SUPER_BYTES = 96 };

/* How rows and chunks are laid out, as far as it is known. */
typedef struct rc_h5_shape {
    uint32_t *bytes; /* (n_members) */
    size_t row_bytes;
    size_t chunk_rows;    /* a power of two */
    uint64_t first_chunk; /* the first that is so, and its first row */
    uint64_t first_row;
} rc_h5_shape;

typedef struct rc_h5_meta {
    const rc_layout *layout;
    const rc_h5_shape *shape;
    const bool *is_utf8; /* (n_members) texts that are not all ASCII */
    uint64_t n_rows;
    const rc_h5_chunk *chunks; /* (n_chunks) of shape->chunk_rows each */
    uint64_t n_chunks;
    rc_compression compression; /* never AUTO */
    int level;
} rc_h5_meta;

/* Whether the columns can be members of one type. RC_E_DATA: a name that occurs twice, or holds a
 * NUL; more than a type takes. */
rc_status rc_h5_meta_check(const rc_layout *layout, rc_error *err);

/* Writes it all at an offset behind the chunks, and the superblock last. */
rc_status rc_h5_meta_write(const rc_h5_meta *meta, rc_output *output, uint64_t offset,
                           rc_error *err);

#endif
