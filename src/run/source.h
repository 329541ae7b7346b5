/* source.h - cut the inputs, joined as one table, into packets of whole records. */
#ifndef RC_RUN_SOURCE_H
#define RC_RUN_SOURCE_H

#include "io/input.h"
#include "run/packet.h"
#include "table/dialect.h"

typedef struct rc_source rc_source;

/* An input is looked at by so many bytes at first; the others are defaults. */
enum { RC_HEAD_BYTES = 64 << 10, RC_PACKET_BYTES = 1 << 20, RC_MAX_LINE_BYTES = 16 << 20 };

typedef struct rc_source_options {
    rc_strings inputs; /* paths; kept until close */
    rc_dialect_request dialect;
    size_t packet_bytes, max_line_bytes;
    /* The only input where it is open already (it is taken), and its first bytes, which have been
     * read (borrowed for the call). */
    rc_input *opened;
    const char *head;
    size_t n_head;
    bool has_limit;
    uint64_t limit;    /* records that are handed out at most */
    bool keeps_broken; /* what is no record is handed out as one, and the rest is read on */
} rc_source_options;

/* Opens the first input and reads its head: the schema is known afterwards. */
rc_status rc_source_open(rc_source **out, const rc_source_options *options, rc_error *err);
void rc_source_close(rc_source *source); /* NULL is fine */

/* Columns of the table; valid until close. */
const rc_schema *rc_source_schema(const rc_source *source);

/* Sizes of all inputs together, 0 if one of them is no regular file. */
uint64_t rc_source_bytes_total(const rc_source *source);

/**
 * Fills a packet with the next whole records; a record never leaves its file, and a header of a
 * later file must be that of the first.
 *
 * A failure of the input marks the packet (RC_OK is returned), behind all whole records before it,
 * so that the same failure is told for any packet size; RC_END follows. With keeps_broken a record
 * that is too long or never closes a quote is no failure: a packet of its own holds its first
 * bytes. After 200 ms without a byte, or half a second after the first one, it hands out what it
 * has. Returns RC_OK, RC_END, or RC_AGAIN with an unfilled packet. *is_slow: it waited.
 */
rc_status rc_source_next(rc_source *source, rc_packet *packet, bool *is_slow);

/* Of a record that is broken by its length, so many bytes are handed out. */
enum { RC_BROKEN_BYTES = 4096 };

#define RC_OPEN_QUOTE_TEXT "a quote opens here and is never closed"
void rc_source_long_text(size_t most, char text[RC_REFUSAL_BYTES]);

/* The refusal of a record beyond the longest line; n bytes of it are at hand. */
rc_status rc_source_refuse_long(const char *record, size_t n, size_t most, rc_error *err);

/* Refuses (RC_E_DATA) the columns of a later input that are not those of the first. */
rc_status rc_compare_columns(const rc_schema *first, const char *first_name, const rc_schema *other,
                             rc_error *err);

/* "stdin" for "-". */
const char *rc_input_name(const char *path);

#endif
