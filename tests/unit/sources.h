/* sources.h - for tests of the source: read all packets, and say what came as text. */
#ifndef RC_TESTS_SOURCES_H
#define RC_TESTS_SOURCES_H

#include "run/source.h"
#include "table/csv_split.h"

/* What a run over the inputs gave: "FILE:LINE cell|cell|\n" for each record, and how it ended. */
typedef struct reading {
    rc_buf text;
    size_t n_packets;
    rc_status status; /* of the failure, or RC_OK */
    rc_error error;
    size_t error_file;
    uint64_t error_line; /* as people count, 0: the failure is about no line */
} reading;

static inline void reading_release(reading *r)
{
    rc_buf_release(&r->text);
}

/* Adds the records of a packet; returns the line ends in it. */
static inline uint64_t read_packet(reading *to, const rc_schema *schema, const rc_packet *packet,
                                   uint64_t line)
{
    rc_splitter *s;
    const rc_record *records;
    size_t n;
    assert_int_equal(rc_splitter_open(&s, schema->delimiter, 16, 7, NULL), RC_OK);
    assert_int_equal(rc_splitter_begin(s, packet->data, packet->n_bytes, packet->has_quote, NULL),
                     RC_OK);
    while (rc_splitter_next(s, &records, &n, NULL) == RC_OK) {
        for (size_t r = 0; r < n; r++) {
            assert_true(rc_buf_printf(&to->text, "%zu:%llu ", packet->file,
                                      (unsigned long long)(line + records[r].line + 1)));
            for (size_t c = 0; c < records[r].n_cells; c++) {
                size_t bytes;
                const char *cell = rc_record_cell(&records[r], c, &bytes);
                assert_true(rc_buf_append(&to->text, cell, bytes) &&
                            rc_buf_append(&to->text, "|", 1));
            }
            assert_true(rc_buf_append(&to->text, "\n", 1));
        }
    }
    uint64_t n_lines = rc_splitter_lines(s);
    rc_splitter_close(s);
    return n_lines;
}

/* Takes all packets as the sink does. */
static inline void read_source(reading *to, rc_source *source)
{
    uint64_t line = 0;
    rc_packet packet = {0};
    bool is_slow;
    rc_status st;
    while ((st = rc_source_next(source, &packet, &is_slow)) != RC_END) {
        if (st == RC_AGAIN)
            continue;
        assert_int_equal(st, RC_OK);
        assert_int_equal(to->status, RC_OK); /* nothing comes behind a failure */
        if (packet.begins_file)
            line = packet.header_lines;
        if (packet.status < 0) {
            to->status = packet.status;
            to->error = packet.error;
            to->error_file = packet.file;
            to->error_line = packet.has_line ? line + packet.error_line + 1 : 0;
            continue;
        }
        assert_true(packet.n_bytes > 0);
        line += read_packet(to, rc_source_schema(source), &packet, line);
        to->n_packets++;
    }
    assert_int_equal(rc_source_next(source, &packet, &is_slow), RC_END);
    rc_packet_free_data(&packet);
}

static inline reading read_all(const rc_source_options *options)
{
    reading to = {0};
    rc_source *source;
    to.status = rc_source_open(&source, options, &to.error);
    if (to.status == RC_OK)
        read_source(&to, source);
    rc_source_close(source);
    return to;
}

static inline void assert_reading(const reading *r, const char *expected, size_t n)
{
    size_t at = 0;
    while (at < n && at < r->text.n && r->text.data[at] == expected[at])
        at++;
    if (at == n && at == r->text.n)
        return;
    size_t from = at > 60 ? at - 60 : 0;
    fail_msg("at byte %zu of %zu (expected %zu): '%.*s' instead of '%.*s'", at, r->text.n, n,
             (int)(r->text.n - from < 120 ? r->text.n - from : 120), r->text.data + from,
             (int)(n - from < 120 ? n - from : 120), expected + from);
}

#endif
