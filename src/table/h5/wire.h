/* wire.h - the description of an HDF5 table to and from the wire. */
#ifndef RC_TABLE_H5_WIRE_H
#define RC_TABLE_H5_WIRE_H

#include "guard/guard.h"
#include "guard/wire.h"
#include "table/h5/table.h"

/* Requests and answers of the reader "hdf5". */
enum {
    RC_H5_ASK_TABLE = RC_FRAME_FIRST, /* rc_h5_request */
    RC_H5_ANSWER_TABLE,
    RC_H5_ASK_CHUNKS, /* u32 storage */
    RC_H5_ANSWER_CHUNKS,
    RC_H5_ASK_BLOCK,    /* u32 storage, u64 first row, u64 rows */
    RC_H5_ANSWER_BLOCK, /* elements as they would stand in a contiguous dataset of so many rows,
                           then the bytes of variable texts */
    RC_H5_ASK_TREE,
    RC_H5_ANSWER_TREE
};

/* What is asked of a file. */
typedef struct rc_h5_request {
    const char *dataset; /* path, or NULL: the only candidate */
    /* Columns that options name: one that the table does not have may be a dataset beside it (or an
     * absolute path), which then is a column under the name that was asked for. Others are ignored:
     * whoever binds them refuses. */
    rc_strings beside;
    uint64_t max_memory; /* 0: no limit. Bytes that a chunk (or element) may have */
} rc_h5_request;

RC_MUST_USE bool rc_h5_request_write(rc_buf *out, const rc_h5_request *request);
/* Texts and lists are made with malloc; rc_h5_request_release. */
rc_status rc_h5_request_read(rc_h5_request *request, const rc_frame *frame, rc_error *err);
void rc_h5_request_release(rc_h5_request *request);

RC_MUST_USE bool rc_h5_table_write(rc_buf *out, const rc_h5_table *table);

/**
 * Reads and checks a description of which not a byte is believed: numbers of storages, columns,
 * lists in range; offsets inside elements; sizes, dimensions and their products without overflow;
 * filters that are known, at most 8, each at most once; fixed lengths of types; contiguous bytes
 * inside the file of file_bytes.
 * Errors   RC_E_DATA with what is wrong ("a column beyond its storage"); RC_E_SYSTEM.
 */
rc_status rc_h5_table_read(rc_h5_table **out, const rc_frame *frame, uint64_t file_bytes,
                           rc_error *err);

/* Chunks of one storage, (n_chunks) of its grid; checked: inside the file, unfiltered ones exactly
 * as long as the chunk, filtered ones not absurdly longer. storage->chunks is set. */
RC_MUST_USE bool rc_h5_chunks_write(rc_buf *out, const rc_h5_storage *storage);
rc_status rc_h5_chunks_read(rc_h5_storage *storage, const rc_frame *frame, uint64_t file_bytes,
                            rc_error *err);

RC_MUST_USE bool rc_h5_tree_write(rc_buf *out, const rc_h5_tree *tree);
rc_status rc_h5_tree_read(rc_h5_tree **out, const rc_frame *frame, rc_error *err);

#endif
