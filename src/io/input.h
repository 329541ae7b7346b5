/* input.h - bytes in: a file or stdin, plain, gzip or zstd as its first bytes tell. */
#ifndef RC_IO_INPUT_H
#define RC_IO_INPUT_H

#include "base/error.h"

typedef struct rc_input rc_input;

typedef struct rc_input_stat {
    uint64_t bytes_read;  /* of the file as it is stored */
    uint64_t bytes_total; /* size of a regular file, else 0 */
    rc_compression compression;
} rc_input_stat;

/**
 * Opens path ("-" is stdin, which stays open). The compression is told when the first bytes come.
 * Several gzip members or zstd frames (skippable ones too) in a row are one stream.
 * Errors   RC_E_DATA: cannot be opened, is a folder. Texts carry no path: the caller wraps it.
 */
rc_status rc_input_open(rc_input **out, const char *path, rc_error *err);

/**
 * Reads at least one byte and as many as come without waiting, up to capacity, decompressed.
 *
 * timeout_ms  how long to wait for the first byte; -1: for ever. Regular files never wait.
 * Returns     RC_OK with *n > 0; RC_AGAIN with *n = 0 when the time is up; RC_END at the end.
 * Errors      RC_E_DATA: read error; truncated or damaged gzip/zstd ("zstd stream ends in the
 *             middle of a frame"), bytes behind the last frame that are no frame ("trailing
 *             garbage after the gzip member at byte 1234").
 * Threads     one at a time, any thread.
 */
rc_status rc_input_read(rc_input *in, void *data, size_t capacity, int timeout_ms, size_t *n,
                        rc_error *err);

/* Where the reading stands. */
rc_input_stat rc_input_tell(const rc_input *in);

/* NULL is fine. */
void rc_input_close(rc_input *in);

/* Reads a whole plain file of at most max_bytes into *data (freed by the caller with free()),
 * with one NUL behind it. The texts of errors carry no path. */
rc_status rc_file_read(const char *path, size_t max_bytes, rc_status code, char **data, size_t *n,
                       rc_error *err);

/* Reads n bytes at an offset of a file, all of them. False: errno says why; 0: they are beyond its
 * end. */
bool rc_file_read_at(int fd, uint64_t offset, void *out, size_t n);

#endif
