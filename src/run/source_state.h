/* source_state.h - what the files of the source share. */
#ifndef RC_RUN_SOURCE_STATE_H
#define RC_RUN_SOURCE_STATE_H

#include "io/input.h"
#include "run/source.h"
#include "table/csv_scan.h"

/* A record beyond the longest line while it is passed over. */
typedef struct rc_long_record {
    bool is_on;
    rc_csv_walk walk;
    bool after_cr;
    uint64_t n_bytes, n_lines;
    char first[RC_BROKEN_BYTES];
    size_t n_first;
} rc_long_record;

struct rc_source {
    rc_source_options options;
    rc_input *input; /* NULL between two files */
    size_t file;     /* number of the input that is open, or the next one */
    bool at_end;     /* the open input has no more bytes */
    bool is_done;    /* nothing follows, or a failure has been handed out */
    rc_schema schema;
    char *carry; /* bytes read that no packet has taken yet */
    size_t n_carry, carry_capacity;
    bool begins_file; /* nothing of the open input has been handed out */
    uint64_t header_lines;
    uint64_t offset;       /* in the decompressed file, of the first byte not handed out */
    uint64_t n_left;       /* records that may still be handed out */
    uint64_t bytes_before; /* sizes as stored of the inputs that have been closed */
    rc_status broken;      /* the open input cannot be read on; told behind its whole records */
    rc_error broken_error;
    rc_long_record passed;
};

/* Room for n bytes and the slack in carry. */
bool rc_source_reserve(rc_source *s, size_t n);

/* Reads the head of the open input until its schema is known. */
rc_status rc_source_find_schema(rc_source *s, rc_schema *schema, const rc_dialect_request *request,
                                rc_error *err);

/* Refuses a later input that has not the columns of the first. */
rc_status rc_source_compare(const rc_source *s, const rc_schema *other, rc_error *err);

#endif
