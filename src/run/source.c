/* source.c - cut the inputs, joined as one table, into packets of whole records. */
#include "run/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/text.h"
#include "run/source_state.h"

/* A pipe that is silent so long, or so long after the first byte of a packet, gets its packet cut:
 * people who watch a slow pipe see rows within a second. */
enum { SILENCE_MS = 200, PATIENCE_NS = 500000000 };

const char *rc_input_name(const char *path)
{
    return rc_path_is_std(path) ? "stdin" : path;
}

void rc_source_long_text(size_t most, char text[RC_REFUSAL_BYTES])
{
    snprintf(text, RC_REFUSAL_BYTES, "a record of more than %zu bytes (--max-line)", most);
}

rc_status rc_source_refuse_long(const char *record, size_t n, size_t most, rc_error *err)
{
    char text[RC_REFUSAL_BYTES];
    rc_source_long_text(most, text);
    rc_error_set(err, RC_E_DATA, "%s", text);
    /* how much more is at hand depends on the packets */
    if (memchr(record, '"', n < most ? n : most) != NULL)
        rc_error_hint(err, "a quote that is not closed makes one record of all that follows");
    return RC_E_DATA;
}

static rc_status open_input(rc_source *s, rc_error *err)
{
    const char *path = s->options.inputs.items[s->file];
    s->input = s->file == 0 ? s->options.opened : NULL;
    if (s->input != NULL)
        return RC_OK;
    rc_status st = rc_input_open(&s->input, path, err);
    return st < 0 ? rc_error_wrap(err, st, "%s", rc_input_name(path)) : RC_OK;
}

static void close_input(rc_source *s)
{
    s->bytes_before += rc_input_tell(s->input).bytes_read;
    rc_input_close(s->input);
    s->input = NULL;
    s->file++;
}

rc_status rc_source_open(rc_source **out, const rc_source_options *options, rc_error *err)
{
    *out = NULL;
    rc_source *s = rc_alloc_array(1, sizeof(*s));
    if (s == NULL) {
        rc_input_close(options->opened);
        return rc_error_nomem(err);
    }
    s->options = *options;
    s->n_left = options->has_limit ? options->limit : UINT64_MAX;
    rc_status st = open_input(s, err);
    if (st == RC_OK)
        st = rc_source_find_schema(s, &s->schema, &options->dialect, err);
    if (st < 0) {
        rc_source_close(s);
        return st;
    }
    *out = s;
    return RC_OK;
}

void rc_source_close(rc_source *s)
{
    if (s == NULL)
        return;
    rc_input_close(s->input);
    rc_schema_release(&s->schema);
    free(s->carry);
    free(s);
}

const rc_schema *rc_source_schema(const rc_source *s)
{
    return &s->schema;
}

uint64_t rc_source_bytes_total(const rc_source *s)
{
    uint64_t total = 0;
    for (size_t i = 0; i < s->options.inputs.n; i++) {
        struct stat info;
        const char *path = s->options.inputs.items[i];
        if (rc_path_is_std(path) || stat(path, &info) != 0 || !S_ISREG(info.st_mode))
            return 0;
        total += (uint64_t)info.st_size;
    }
    return total;
}

/* Opens the next input and passes over its header. */
static rc_status begin_next_file(rc_source *s, rc_error *err)
{
    RC_TRY(open_input(s, err));
    rc_dialect_request request = s->options.dialect;
    request.delimiter = s->schema.delimiter;
    /* One column has no delimiter to be given: the search would find another. */
    if (request.delimiter == RC_NO_DELIMITER)
        request.model_inputs.n = 0;
    rc_schema schema;
    RC_TRY(rc_source_find_schema(s, &schema, &request, err));
    rc_status st = rc_source_compare(s, &schema, err);
    rc_schema_release(&schema);
    if (st < 0)
        return rc_error_wrap(err, st, "%s", rc_input_name(s->options.inputs.items[s->file]));
    return RC_OK;
}

/* Gives the packet room for n bytes; the first n_stay stay, which asks for the same shift. */
static bool packet_reserve(rc_packet *packet, size_t shift, size_t n, size_t n_stay)
{
    size_t total = packet->shift + packet->capacity, want = shift + n + RC_CSV_SLACK;
    char *room = packet->data != NULL ? packet->data - packet->shift : NULL;
    if (want > total || room == NULL) {
        char *larger = rc_alloc_lines(want);
        if (larger == NULL)
            return false;
        if (n_stay > 0)
            memcpy(larger + shift, packet->data, n_stay);
        free(room);
        room = larger;
        total = want;
    }
    packet->data = room + shift;
    packet->shift = shift;
    packet->capacity = total - shift;
    return true;
}

/* Keeps what stands in the packet behind its first n_taken bytes for the next one. */
static rc_status keep_rest(rc_source *s, rc_packet *packet, size_t n_taken, rc_error *err)
{
    size_t rest = packet->n_bytes - n_taken;
    if (!rc_source_reserve(s, rest))
        return rc_error_nomem(err);
    memcpy(s->carry, packet->data + n_taken, rest);
    s->n_carry = rest;
    return RC_OK;
}

static rc_status take_carry(rc_source *s, rc_packet *packet, rc_error *err)
{
    size_t want = s->n_carry > s->options.packet_bytes ? s->n_carry : s->options.packet_bytes;
    /* what is read behind it begins a line: to other places the kernel copies far more slowly */
    size_t shift = (RC_LINE_BYTES - s->n_carry % RC_LINE_BYTES) % RC_LINE_BYTES;
    if (!packet_reserve(packet, shift, want, 0))
        return rc_error_nomem(err);
    if (s->n_carry > 0)
        memcpy(packet->data, s->carry, s->n_carry);
    packet->n_bytes = s->n_carry;
    s->n_carry = 0;
    return RC_OK;
}

/* The longest record with its line end and the byte that tells a lone CR from a CRLF. */
static size_t most_bytes(const rc_source *s)
{
    return s->options.max_line_bytes + 2;
}

/* What a packet tells of where it stands. */
static void place_packet(rc_source *s, rc_packet *packet, size_t n_bytes)
{
    packet->file = s->file;
    packet->begins_file = s->begins_file;
    packet->header_lines = s->header_lines;
    packet->offset = s->offset;
    packet->bytes_read = s->bytes_before + rc_input_tell(s->input).bytes_read;
    s->offset += n_bytes;
    s->begins_file = false;
}

/* Cuts the packet behind as many records as may still be handed out. */
static void count_records(rc_source *s, rc_packet *packet)
{
    const char *p = packet->data, *limit = packet->data + packet->n_bytes;
    while (s->n_left > 0) {
        while (p < limit && (*p == '\n' || *p == '\r'))
            p++;
        if (p == limit)
            return;
        p = rc_csv_find_record(p, limit, s->schema.delimiter).next;
        s->n_left--;
    }
    packet->n_bytes = (size_t)(p - packet->data);
    memset(packet->data + packet->n_bytes, 0, RC_CSV_SLACK);
}

/* Line ends in the next n bytes of a text that comes in pieces. */
static uint64_t count_lines_on(const char *data, size_t n, bool *after_cr)
{
    uint64_t lines = 0;
    for (size_t i = 0; i < n; i++) {
        lines += data[i] == '\r' || (data[i] == '\n' && !*after_cr);
        *after_cr = data[i] == '\r';
    }
    return lines;
}

/* The record whose first bytes fill the packet is going to be passed over. */
static rc_status begin_long(rc_source *s, const rc_packet *packet, rc_error *err)
{
    size_t n = packet->n_bytes, n_first = n < RC_BROKEN_BYTES ? n : RC_BROKEN_BYTES;
    if (!rc_source_reserve(s, RC_HEAD_BYTES > n ? RC_HEAD_BYTES : n))
        return rc_error_nomem(err);
    memcpy(s->carry, packet->data, n);
    s->n_carry = n;
    s->passed = (rc_long_record){.is_on = true, .n_first = n_first};
    memcpy(s->passed.first, packet->data, n_first);
    return RC_AGAIN;
}

/* The packet is the record that has been passed over. */
static rc_status hand_out_long(rc_source *s, rc_packet *packet, rc_error *err)
{
    rc_long_record *record = &s->passed;
    if (!packet_reserve(packet, 0, record->n_first, 0))
        return rc_error_nomem(err);
    memcpy(packet->data, record->first, record->n_first);
    packet->n_bytes = record->n_first;
    packet->broken = RC_REFUSAL_LINE_TOO_LONG;
    packet->n_lines = record->n_lines;
    place_packet(s, packet, record->n_bytes);
    s->n_left -= s->n_left != UINT64_MAX;
    record->is_on = false;
    return RC_OK;
}

/* Reads on to the end of the record; what follows stays in carry. RC_AGAIN: the input is slow, and
 * what came before the record may have to go out first. */
static rc_status pass_long(rc_source *s, rc_packet *packet, bool *is_slow, rc_error *err)
{
    rc_long_record *record = &s->passed;
    int64_t begun = rc_clock_ns();
    for (;;) {
        size_t own = rc_csv_walk_on(&record->walk, s->carry, s->n_carry, s->schema.delimiter);
        record->n_lines += count_lines_on(s->carry, own, &record->after_cr);
        record->n_bytes += own;
        s->n_carry -= own;
        memmove(s->carry, s->carry + own, s->n_carry);
        if (record->walk.is_through || s->at_end)
            return hand_out_long(s, packet, err);
        if (*is_slow)
            return RC_AGAIN;
        rc_status st =
            rc_input_read(s->input, s->carry, RC_HEAD_BYTES, SILENCE_MS, &s->n_carry, err);
        if (st < 0)
            return st;
        s->at_end = st == RC_END;
        *is_slow = st == RC_AGAIN || rc_clock_ns() - begun > PATIENCE_NS;
    }
}

static rc_status refuse_long(rc_source *s, rc_packet *packet, rc_error *err)
{
    if (s->options.keeps_broken)
        return begin_long(s, packet, err);
    packet->has_line = true;
    return rc_source_refuse_long(packet->data, packet->n_bytes, s->options.max_line_bytes, err);
}

/* All that is left is one record whose quote is never closed. */
static rc_status keep_open(rc_source *s, rc_packet *packet)
{
    packet->broken = RC_REFUSAL_UNTERMINATED_QUOTE;
    packet->n_lines = rc_csv_count_lines(packet->data, packet->n_bytes);
    place_packet(s, packet, packet->n_bytes);
    s->n_left -= s->n_left != UINT64_MAX;
    return RC_OK;
}

/* Cuts the packet; RC_AGAIN if it holds no whole record. */
static rc_status cut_packet(rc_source *s, rc_packet *packet, rc_error *err)
{
    memset(packet->data + packet->n_bytes, 0, RC_CSV_SLACK);
    rc_csv_cut cut =
        rc_csv_cut_records(packet->data, packet->n_bytes, s->schema.delimiter, s->at_end);
    if (cut.n_bytes == 0) {
        if (!cut.is_open)
            return RC_AGAIN;
        if (packet->n_bytes >= most_bytes(s))
            return refuse_long(s, packet, err);
        packet->error_line = rc_csv_count_lines(packet->data, cut.open_quote);
        if (s->options.keeps_broken)
            return keep_open(s, packet);
        packet->has_line = true;
        return rc_error_set(err, RC_E_DATA, RC_OPEN_QUOTE_TEXT);
    }
    RC_TRY(keep_rest(s, packet, cut.n_bytes, err));
    packet->n_bytes = cut.n_bytes;
    packet->has_quote = cut.has_quote;
    memset(packet->data + packet->n_bytes, 0, RC_CSV_SLACK);
    if (s->options.has_limit)
        count_records(s, packet);
    place_packet(s, packet, packet->n_bytes);
    return RC_OK;
}

/* A record is longer than the packet: makes room, up to the longest line; what is longer still is
 * refused, or is going to be passed over. */
static rc_status grow_packet(rc_source *s, rc_packet *packet, size_t *capacity, rc_error *err)
{
    size_t most = most_bytes(s);
    if (*capacity >= most)
        return refuse_long(s, packet, err);
    *capacity = *capacity > most / 2 ? most : 2 * *capacity;
    return packet_reserve(packet, packet->shift, *capacity, packet->n_bytes) ? RC_OK
                                                                             : rc_error_nomem(err);
}

/* The input cannot be read on: the whole records that came before go out first. */
static rc_status break_off(rc_source *s, rc_packet *packet, rc_status st, rc_error *err)
{
    s->broken = st;
    s->broken_error = *err;
    rc_error ignored;
    return cut_packet(s, packet, &ignored) == RC_OK ? RC_OK : st;
}

/* Fills the packet from the open input: RC_OK, RC_AGAIN (all kept for later), RC_END (the input is
 * through). */
static rc_status fill(rc_source *s, rc_packet *packet, bool *is_slow, rc_error *err)
{
    if (s->broken < 0) {
        *err = s->broken_error;
        return s->broken;
    }
    if (s->passed.is_on)
        return pass_long(s, packet, is_slow, err);
    RC_TRY(take_carry(s, packet, err));
    size_t capacity =
        packet->n_bytes > s->options.packet_bytes ? packet->n_bytes : s->options.packet_bytes;
    int64_t begun = rc_clock_ns();
    for (;;) {
        bool is_full = packet->n_bytes == capacity;
        if (is_full || s->at_end || *is_slow) {
            rc_status st = cut_packet(s, packet, err);
            if (s->passed.is_on)
                return pass_long(s, packet, is_slow, err);
            if (st != RC_AGAIN)
                return st;
            if (s->at_end)
                return RC_END;
            if (*is_slow) {
                st = keep_rest(s, packet, 0, err);
                return st < 0 ? st : RC_AGAIN;
            }
            RC_TRY(grow_packet(s, packet, &capacity, err));
            if (s->passed.is_on)
                return pass_long(s, packet, is_slow, err);
        }
        size_t n;
        rc_status st = rc_input_read(s->input, packet->data + packet->n_bytes,
                                     capacity - packet->n_bytes, SILENCE_MS, &n, err);
        if (st < 0)
            return break_off(s, packet, st, err);
        packet->n_bytes += n;
        s->at_end = st == RC_END;
        *is_slow = st == RC_AGAIN ||
                   (n > 0 && packet->n_bytes < capacity && rc_clock_ns() - begun > PATIENCE_NS);
    }
}

/* Hands out the failure as a packet without records, behind those that came before it. */
static rc_status fail(rc_source *s, rc_packet *packet, rc_status st)
{
    s->is_done = true;
    packet->status = st;
    packet->n_bytes = 0;
    packet->file = s->file;
    packet->begins_file = s->begins_file;
    packet->header_lines = s->header_lines;
    packet->offset = s->offset;
    return RC_OK;
}

rc_status rc_source_next(rc_source *s, rc_packet *packet, bool *is_slow)
{
    packet->status = RC_OK;
    packet->has_line = false;
    packet->broken = RC_REFUSAL_NONE;
    packet->error_line = 0;
    *is_slow = false;
    while (!s->is_done && s->n_left > 0) {
        if (s->input == NULL) {
            if (s->file == s->options.inputs.n)
                break;
            rc_status opened = begin_next_file(s, &packet->error);
            if (opened < 0)
                return fail(s, packet, opened);
        }
        rc_status st = fill(s, packet, is_slow, &packet->error);
        if (st == RC_OK || st == RC_AGAIN)
            return st;
        if (st < 0 && !packet->has_line)
            rc_error_wrap(&packet->error, st, "%s",
                          rc_input_name(s->options.inputs.items[s->file]));
        if (st < 0)
            return fail(s, packet, st);
        close_input(s);
    }
    s->is_done = true;
    packet->bytes_read = s->bytes_before;
    return RC_END;
}
