/* out.h - packed rows in, an HDF5 file of predictions out, without the HDF5 library.
 *
 * Rows come in order and are cut into chunks of a fixed number of rows. Whoever has added rows then
 * packs a batch of full chunks side by side with others, and waits for its turn to write it. Chunks
 * stand in the file as they come, what tells of them behind, and the superblock is written last.
 *
 * A text is as wide as the longest so far (8, 16, 32 ... bytes); wider rows make smaller chunks.
 * Where a longer text comes later, the chunks before are written anew at the end. What stands where
 * depends on the rows alone: the same bytes for any number of threads and packets of any size. */
#ifndef RC_TABLE_H5_OUT_H
#define RC_TABLE_H5_OUT_H

#include "io/output.h"
#include "table/h5/encode.h"

typedef struct rc_h5_out rc_h5_out;

typedef struct rc_h5_out_options {
    rc_compression compression; /* AUTO is GZIP, which here is shuffle and deflate */
    int level;                  /* 0 is the default */
    int n_threads;              /* that add and pack */
} rc_h5_out_options;

/**
 * Begins the file. Keeps layout (with its form) and output.
 *
 * Errors   RC_E_USAGE: the output is no file; a level that there is not.
 *          RC_E_DATA: columns that one compound type cannot have.
 */
rc_status rc_h5_out_open(rc_h5_out **out, const rc_layout *layout, rc_output *output,
                         const rc_h5_out_options *options, rc_error *err);

/* Takes a packet's rows, packed. One thread at a time, in order; the bytes are borrowed.
 * RC_E_DATA: a cell that is too long. */
rc_status rc_h5_out_add(rc_h5_out *out, const char *rows, size_t n, rc_error *err);

/* To be called once after each add that did not fail, by threads 0 .. n_threads - 1 at once: packs
 * and writes what is waiting. What fails, fails in all that come later, too. */
rc_status rc_h5_out_after(rc_h5_out *out, int thread, rc_error *err);

/* When all is added and no `after` is left: writes what is missing to make it a file. */
rc_status rc_h5_out_finish(rc_h5_out *out, rc_error *err);

/* NULL is fine. The output stays open. */
void rc_h5_out_close(rc_h5_out *out);

#endif
