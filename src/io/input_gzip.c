/* input_gzip.c - gzip members to bytes, by our own loop around inflate.
 *
 * zlib's gzread() takes a truncated file for a whole one and passes over bytes behind the last
 * member; here both are errors. Zero bytes up to the end of the file are padding, as for gzip. */
#include <inttypes.h>
#include <stdlib.h>

#include <zlib.h>

#include "base/mem.h"
#include "io/input_decoder.h"

enum { GZIP_WINDOW_BITS = 15 + 16 }; /* the widest window; gzip header and trailer, no other */

typedef enum place { IN_MEMBER, BETWEEN, IN_PADDING } place;

typedef struct gunzip {
    z_stream z;
    bool is_ready; /* z must be ended */
    place place;
    uint64_t n_members; /* whole ones */
    uint64_t good_end;  /* offset behind the last whole member */
} gunzip;

static void gunzip_close(void *state)
{
    gunzip *g = state;
    if (g != NULL && g->is_ready)
        inflateEnd(&g->z);
    free(g);
}

static rc_status gunzip_open(void **state, rc_error *err)
{
    gunzip *g = rc_alloc_array(1, sizeof(*g));
    if (g == NULL)
        return rc_error_nomem(err);
    g->is_ready = inflateInit2(&g->z, GZIP_WINDOW_BITS) == Z_OK;
    if (!g->is_ready) {
        gunzip_close(g);
        return rc_error_nomem(err);
    }
    *state = g;
    return RC_OK;
}

static rc_status refuse_garbage(const gunzip *g, rc_error *err)
{
    return rc_error_set(err, RC_E_DATA, "trailing garbage after the gzip member at byte %" PRIu64,
                        g->good_end);
}

/* Looks at what follows a member; takes nothing but padding. */
static rc_status begin_next(gunzip *g, rc_raw *raw, rc_error *err)
{
    if (g->place == BETWEEN && raw->buffer[raw->at] == 0x1f) {
        g->place = IN_MEMBER;
        return inflateReset(&g->z) == Z_OK ? RC_OK : rc_error_set(err, RC_E_SYSTEM, "zlib");
    }
    g->place = IN_PADDING;
    while (raw->at < raw->end && raw->buffer[raw->at] == 0)
        raw->at++;
    return raw->at == raw->end ? RC_OK : refuse_garbage(g, err);
}

static rc_status refuse_member(const gunzip *g, const rc_raw *raw, int code, rc_error *err)
{
    if (code == Z_MEM_ERROR)
        return rc_error_nomem(err);
    /* total_in counts from the member's start: its first two bytes were not 1f 8b */
    if (g->n_members > 0 && g->z.total_in <= 2)
        return refuse_garbage(g, err);
    return rc_error_set(err, RC_E_DATA, "damaged gzip data near byte %" PRIu64 ": %s",
                        rc_raw_offset(raw), g->z.msg != NULL ? g->z.msg : "no reason given");
}

static rc_status inflate_member(gunzip *g, rc_raw *raw, rc_error *err)
{
    g->z.next_in = raw->buffer + raw->at;
    g->z.avail_in = (uInt)(raw->end - raw->at);
    int code = inflate(&g->z, Z_NO_FLUSH);
    raw->at = raw->end - g->z.avail_in;
    if (code == Z_STREAM_END) {
        g->place = BETWEEN;
        g->n_members++;
        g->good_end = rc_raw_offset(raw);
        return RC_OK;
    }
    /* Z_BUF_ERROR: nothing to do without more input */
    return code == Z_OK || code == Z_BUF_ERROR ? RC_OK : refuse_member(g, raw, code, err);
}

static rc_status gunzip_decode(void *state, rc_raw *raw, void *data, size_t capacity, size_t *n,
                               rc_error *err)
{
    gunzip *g = state;
    g->z.next_out = data;
    g->z.avail_out = (uInt)capacity;
    rc_status st = RC_OK;
    do {
        if (g->place == IN_MEMBER)
            st = inflate_member(g, raw, err);
        else if (raw->at < raw->end)
            st = begin_next(g, raw, err);
    } while (st == RC_OK && raw->at < raw->end && g->z.avail_out > 0);
    *n = capacity - g->z.avail_out;
    return st;
}

static rc_status gunzip_end(const void *state, rc_error *err)
{
    const gunzip *g = state;
    if (g->place == IN_MEMBER)
        return rc_error_set(err, RC_E_DATA, "gzip stream ends in the middle of a member");
    return RC_END;
}

const rc_decoder rc_decoder_gzip = {gunzip_open, gunzip_decode, gunzip_end, gunzip_close};
