/* input_raw.h - bytes as they are stored: one descriptor, read with a time limit. */
#ifndef RC_IO_INPUT_RAW_H
#define RC_IO_INPUT_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { RC_RAW_BYTES = 128 * 1024 };

#define RC_RAW_FOREVER INT64_MAX
#define RC_RAW_NOW 0

typedef struct rc_raw {
    int fd;
    bool is_owned;         /* close it at the end */
    bool may_wait;         /* no regular file: poll before reading */
    bool has_ended;        /* read() said 0: never ask again, a terminal would go on */
    uint64_t start;        /* where the descriptor stood at first; stdin may be half read */
    uint64_t n_read;       /* bytes taken from the descriptor */
    uint64_t n_total;      /* bytes from start to the end of a regular file, else 0 */
    unsigned char *buffer; /* RC_RAW_BYTES; unread are those from `at` up to `end` */
    size_t at;
    size_t end;
} rc_raw;

/* "-" is stdin. On failure nothing is held. */
rc_status rc_raw_init(rc_raw *raw, const char *path, rc_error *err);

/* The moment until which a read may wait; timeout_ms -1 is for ever. */
int64_t rc_raw_deadline(const rc_raw *raw, int timeout_ms);

/* Whether the moment has passed. */
bool rc_raw_is_late(int64_t deadline);

/* One read() past the buffer, which must be empty. RC_OK with *n > 0, RC_AGAIN, RC_END. */
rc_status rc_raw_read(rc_raw *raw, void *data, size_t capacity, int64_t deadline, size_t *n,
                      rc_error *err);

/* One read() into the buffer, behind what is unread. RC_OK if bytes came, RC_AGAIN, RC_END. */
rc_status rc_raw_fill(rc_raw *raw, int64_t deadline, rc_error *err);

/* Position in the stored file, from 0, of the next unread byte. */
uint64_t rc_raw_offset(const rc_raw *raw);

void rc_raw_release(rc_raw *raw);

#endif
