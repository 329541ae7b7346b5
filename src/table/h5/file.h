/* file.h - an HDF5 file in the scoring process: the reader behind the wall, and our bytes. */
#ifndef RC_TABLE_H5_FILE_H
#define RC_TABLE_H5_FILE_H

#include "table/h5/wire.h"

typedef struct rc_h5_file rc_h5_file;

typedef struct rc_h5_file_options {
    const char *reader; /* see rc_guard_options */
    rc_sandbox sandbox;
    uint64_t max_memory; /* 0: RC_H5_MAX_MEMORY */
} rc_h5_file_options;

#define RC_H5_MAX_MEMORY ((uint64_t)1 << 30)

/* Whether a regular file of that size is HDF5: the signature stands at 0, or at 512, 1024, 2048 ...
 * behind a user block. */
bool rc_h5_is_file(int fd, uint64_t file_bytes);

/* Opens the input at a path ("-" is stdin) that can be read as HDF5: a regular file that is. Else
 * RC_E_DATA, and *fd is -1. */
rc_status rc_h5_descriptor_open(const char *path, int *fd, rc_error *err);

/**
 * Starts the reader on a regular file.
 * Owns     takes fd, also on failure.
 * Errors   RC_E_DATA and those of rc_guard_open; texts carry no path of the file.
 */
rc_status rc_h5_file_open_take(rc_h5_file **out, int fd, const rc_h5_file_options *options,
                               rc_error *err);
void rc_h5_file_close(rc_h5_file *file); /* NULL is fine */

/* The table that is asked for; the file's, valid until close. Once a file. */
rc_status rc_h5_file_table(rc_h5_file *file, const rc_h5_request *request,
                           const rc_h5_table **table, rc_error *err);

/* Gets the chunks of the storages for which is_needed (n_storages) is set. */
rc_status rc_h5_file_map(rc_h5_file *file, const bool *is_needed, rc_error *err);

/* Fills blocks[i] with rows first .. first + n of each storage i that is needed and of kind BLOCKS;
 * the others are emptied. One thread at a time. */
rc_status rc_h5_file_blocks(rc_h5_file *file, const bool *is_needed, uint64_t first, uint64_t n,
                            rc_buf *blocks, rc_error *err);

rc_status rc_h5_file_tree(rc_h5_file *file, rc_h5_tree **tree, rc_error *err);

/* Ends the reader: what has been told of the file stays, and nothing can be asked any more. */
void rc_h5_file_dismiss(rc_h5_file *file);

int rc_h5_file_descriptor(const rc_h5_file *file);
uint64_t rc_h5_file_bytes(const rc_h5_file *file);
const char *rc_h5_file_shut(const rc_h5_file *file); /* rc_guard_shut */

#endif
