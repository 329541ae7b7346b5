/* reader.h - what a reader of a foreign model format is, and how it is served behind the wall. */
#ifndef RC_MODEL_FOREIGN_READER_H
#define RC_MODEL_FOREIGN_READER_H

#include "guard/confined.h"
#include "model/foreign/tape.h"

/* A part of another file that the model names and the reader may not open: what the other side
 * found there. */
typedef struct rc_foreign_external {
    char *location;          /* as the model says it; owned by the file */
    uint64_t offset, length; /* length UINT64_MAX: to the end */
    char *data;              /* (n_all, of which n are here) NULL: nothing is here yet */
    size_t n, n_all;
} rc_foreign_external;

/* The file, and what came with it. */
typedef struct rc_foreign_file {
    int fd;
    const char *data; /* (n) all of it, mapped */
    size_t n;
    const char *architecture; /* (n_architecture) text of --architecture; NULL: not given */
    size_t n_architecture;
    rc_foreign_external *externals;
    size_t n_externals, externals_capacity;
    void *decoded; /* what the reader keeps because the tape borrows from it */
    void (*decoded_free)(void *decoded);
} rc_foreign_file;

/* Frees what the reader has kept; the tape is closed before. */
void rc_foreign_forget(rc_foreign_file *file);

/* The bytes of an external part. RC_AGAIN, and it is asked for: the reader returns RC_AGAIN from
 * its `read` once it has named all that it needs, and is called again with a new tape. */
rc_status rc_foreign_external_get(rc_foreign_file *file, const char *location, size_t n_location,
                                  uint64_t offset, uint64_t length, const char **data, size_t *n,
                                  rc_error *err);

/* Adds all to the tape and calls rc_tape_finish. Errors are RC_E_MODEL (or RC_E_SYSTEM) and name
 * the place in the file. What the tape borrows lives as long as the file, or is file->decoded. */
typedef rc_status rc_foreign_read(rc_tape *tape, rc_foreign_file *file, rc_error *err);

/* The two formats: rc_reader_kind of the guard. prepare is what starts before the walls are up. */
rc_foreign_read rc_keras_read, rc_onnx_read;
rc_status rc_keras_prepare(rc_error *err);
rc_status rc_onnx_prepare(rc_error *err);
rc_status rc_keras_serve(rc_channel *channel, int fd, rc_error *err);
rc_status rc_onnx_serve(rc_channel *channel, int fd, rc_error *err);

/* Answers requests for one model until the socket is closed. */
rc_status rc_foreign_serve(rc_channel *channel, int fd, rc_foreign_read *read, rc_error *err);

#endif
