/* inspect.h - open a file, tell what it is, and read it for a description. */
#ifndef RC_RUN_INSPECT_H
#define RC_RUN_INSPECT_H

#include "base/mem.h"
#include "io/input.h"
#include "report/inspect.h"

/* A file that is being told by its first bytes. */
typedef struct rc_inspect_file {
    const rc_inspect_options *opt;
    const char *path; /* "-" is standard input */
    rc_input *input;  /* NULL when it has been handed over */
    rc_buf head;      /* what has been read of it, decompressed */
    bool at_end;      /* head is all of it */
    bool is_keras;    /* HDF5 that holds a model */
} rc_inspect_file;

typedef enum rc_file_kind {
    RC_FILE_UNKNOWN, /* more bytes are needed to tell */
    RC_FILE_MODEL,
    RC_FILE_REPORT,
    RC_FILE_TABLE,
    RC_FILE_FOREIGN /* rc_tell_refuse says what it may be */
} rc_file_kind;

/* What n bytes are the beginning of (is_last: all of it). Never RC_FILE_UNKNOWN with is_last. */
rc_file_kind rc_tell_file(const char *data, size_t n, bool is_last);
bool rc_tell_is_hdf5(const char *data, size_t n);
rc_status rc_tell_refuse(const char *data, size_t n, rc_error *err);

/* Reads the table and appends its description. Errors name file and line. */
rc_status rc_inspect_file_table(rc_buf *out, rc_inspect_file *file, const rc_inspected *about,
                                rc_error *err);

#endif
