/* input_gzip.c - gzip members to bytes: ISA-L inflates, the wrapping of members is ours.
 *
 * A truncated file and bytes behind the last member are errors. Zero bytes up to the end of the
 * file are padding, as for gzip.
 *
 * ISA-L makes bytes ahead, into a buffer of its state, and takes up to eight bytes of input ahead:
 * the former are handed out also in front of damage; of the latter the trailer is taken first.
 * Where its fast loop meets damage, it does not say how many bytes are good, nor how many are left.
 * So it is given the input again byte by byte, which never enters that loop: then what comes before
 * the failure, and its place, are the same whatever the size of the reads. */
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <isa-l/igzip_lib.h>

#include "base/mem.h"
#include "io/gzip_header.h"
#include "io/input_decoder.h"

enum { TRAILER_BYTES = 8 };

typedef enum place { IN_HEADER, IN_DATA, IN_TRAILER, BETWEEN, IN_PADDING } place;

typedef struct gunzip {
    struct inflate_state z;
    struct inflate_state kept; /* as z was before the last call */
    place place;
    rc_gzip_header header;
    uint64_t trailer; /* the bytes of it that have come, the first lowest */
    size_t n_trailer;
    uint32_t n_made;    /* bytes of the member, modulo 2^32 as in the trailer */
    int failed;         /* ISA-L's code; told behind the bytes before it */
    uint64_t n_members; /* whole ones */
    uint64_t good_end;  /* offset behind the last whole member */
} gunzip;

static void gunzip_close(void *state)
{
    free(state);
}

static void begin_member(gunzip *g)
{
    isal_inflate_reset(&g->z);
    g->header = (rc_gzip_header){0};
    g->trailer = 0;
    g->n_trailer = 0;
    g->n_made = 0;
    g->place = IN_HEADER;
}

static rc_status gunzip_open(void **state, rc_error *err)
{
    gunzip *g = rc_alloc_array(1, sizeof(*g));
    if (g == NULL)
        return rc_error_nomem(err);
    isal_inflate_init(&g->z);
    g->z.crc_flag = ISAL_GZIP_NO_HDR; /* counts the checksum, leaves its verification to us */
    begin_member(g);
    *state = g;
    return RC_OK;
}

static rc_status refuse_garbage(const gunzip *g, rc_error *err)
{
    return rc_error_set(err, RC_E_DATA, "trailing garbage after the gzip member at byte %" PRIu64,
                        g->good_end);
}

/* Offset of the next byte that is not understood yet. */
static uint64_t offset(const gunzip *g, const rc_raw *raw)
{
    int ahead = g->z.read_in_length > 0 ? g->z.read_in_length / 8 : 0;
    return rc_raw_offset(raw) - (uint64_t)ahead;
}

static rc_status refuse_damage(uint64_t at, const char *cause, rc_error *err)
{
    return rc_error_set(err, RC_E_DATA, "damaged gzip data near byte %" PRIu64 ": %s", at, cause);
}

/* Looks at what follows a member; takes nothing but padding. */
static rc_status begin_next(gunzip *g, rc_raw *raw, rc_error *err)
{
    if (g->place == BETWEEN && raw->buffer[raw->at] == 0x1f) {
        begin_member(g);
        return RC_OK;
    }
    g->place = IN_PADDING;
    while (raw->at < raw->end && raw->buffer[raw->at] == 0)
        raw->at++;
    return raw->at == raw->end ? RC_OK : refuse_garbage(g, err);
}

static rc_status take_header(gunzip *g, rc_raw *raw, rc_error *err)
{
    while (raw->at < raw->end && !g->header.is_through) {
        const char *wrong = rc_gzip_header_take(&g->header, raw->buffer[raw->at++]);
        if (wrong != NULL && g->n_members > 0 && g->header.n <= 2)
            return refuse_garbage(g, err);
        if (wrong != NULL)
            return refuse_damage(offset(g, raw), wrong, err);
    }
    if (g->header.is_through)
        g->place = IN_DATA;
    return RC_OK;
}

static bool take_trailer_byte(gunzip *g, rc_raw *raw, unsigned char *byte)
{
    if (g->z.read_in_length >= 8) {
        *byte = (unsigned char)g->z.read_in;
        g->z.read_in >>= 8;
        g->z.read_in_length -= 8;
        return true;
    }
    if (raw->at == raw->end)
        return false;
    *byte = raw->buffer[raw->at++];
    return true;
}

/* CRC32 and the size, four bytes each. */
static rc_status take_trailer(gunzip *g, rc_raw *raw, rc_error *err)
{
    unsigned char byte;
    while (g->n_trailer < TRAILER_BYTES && take_trailer_byte(g, raw, &byte)) {
        g->trailer |= (uint64_t)byte << g->n_trailer * 8;
        g->n_trailer++;
        if (g->n_trailer == 4 && g->trailer != g->z.crc)
            return refuse_damage(offset(g, raw), "incorrect data check", err);
    }
    if (g->n_trailer < TRAILER_BYTES)
        return RC_OK;
    if (g->trailer >> 32 != g->n_made)
        return refuse_damage(offset(g, raw), "incorrect length check", err);
    g->place = BETWEEN;
    g->n_members++;
    g->good_end = offset(g, raw);
    return RC_OK;
}

/* Hands out what was made before the failure, then tells it. */
static rc_status end_failed(gunzip *g, const rc_raw *raw, rc_error *err)
{
    struct inflate_state *z = &g->z;
    while (z->avail_out > 0 && z->tmp_out_processed < z->tmp_out_valid) {
        *z->next_out++ = z->tmp_out_buffer[z->tmp_out_processed++];
        z->avail_out--;
    }
    if (z->avail_out == 0)
        return RC_OK; /* called again, with new room */
    const char *cause = g->failed == ISAL_INVALID_BLOCK      ? "invalid block"
                        : g->failed == ISAL_INVALID_LOOKBACK ? "invalid distance too far back"
                                                             : "invalid code";
    return refuse_damage(rc_raw_offset(raw), cause, err);
}

/* Gives ISA-L the next n_in bytes of raw, and takes what it makes. Returns its code. */
static int inflate_some(gunzip *g, rc_raw *raw, size_t n_in)
{
    struct inflate_state *z = &g->z;
    z->next_in = raw->buffer + raw->at;
    z->avail_in = (uint32_t)n_in;
    int code = isal_inflate(z);
    raw->at += n_in - z->avail_in;
    return code;
}

/* The state without what is unused of its last field. */
static size_t state_bytes(const struct inflate_state *z)
{
    return offsetof(struct inflate_state, tmp_out_buffer) + (size_t)z->tmp_out_valid;
}

/* Again from the state that was kept, up to where the data are damaged or the room ends. */
static int inflate_exactly(gunzip *g, rc_raw *raw, size_t at)
{
    memcpy(&g->z, &g->kept, state_bytes(&g->kept));
    raw->at = at;
    int code;
    do {
        code = inflate_some(g, raw, raw->at < raw->end);
    } while (code == 0 && raw->at < raw->end && g->z.avail_out > 0 &&
             g->z.block_state != ISAL_BLOCK_FINISH);
    return code;
}

static rc_status inflate_data(gunzip *g, rc_raw *raw, rc_error *err)
{
    struct inflate_state *z = &g->z;
    if (g->failed == 0) {
        size_t at = raw->at, room = z->avail_out;
        memcpy(&g->kept, z, state_bytes(z));
        g->failed = inflate_some(g, raw, raw->end - raw->at);
        if (g->failed != 0)
            g->failed = inflate_exactly(g, raw, at);
        g->n_made += (uint32_t)(room - z->avail_out);
    }
    if (g->failed != 0)
        return end_failed(g, raw, err);
    if (z->block_state != ISAL_BLOCK_FINISH)
        return RC_OK;
    z->read_in >>= z->read_in_length % 8; /* up to a whole byte */
    z->read_in_length -= z->read_in_length % 8;
    g->place = IN_TRAILER;
    return take_trailer(g, raw, err);
}

static rc_status step(gunzip *g, rc_raw *raw, rc_error *err)
{
    switch (g->place) {
    case IN_HEADER:
        return take_header(g, raw, err);
    case IN_DATA:
        return inflate_data(g, raw, err);
    case IN_TRAILER:
        return take_trailer(g, raw, err);
    default:
        return raw->at < raw->end ? begin_next(g, raw, err) : RC_OK;
    }
}

static rc_status gunzip_decode(void *state, rc_raw *raw, void *data, size_t capacity, size_t *n,
                               rc_error *err)
{
    gunzip *g = state;
    g->z.next_out = data;
    g->z.avail_out = (uint32_t)capacity;
    rc_status st;
    do
        st = step(g, raw, err);
    while (st == RC_OK && raw->at < raw->end && g->z.avail_out > 0);
    *n = capacity - g->z.avail_out;
    return st;
}

static rc_status gunzip_end(const void *state, rc_error *err)
{
    const gunzip *g = state;
    if (g->place != BETWEEN && g->place != IN_PADDING)
        return rc_error_set(err, RC_E_DATA, "gzip stream ends in the middle of a member");
    return RC_END;
}

const rc_decoder rc_decoder_gzip = {gunzip_open, gunzip_decode, gunzip_end, gunzip_close};
