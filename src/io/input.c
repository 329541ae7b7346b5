/* input.c - bytes in: a file or stdin, plain, gzip or zstd as its first bytes tell.
 *
 * A failure never hides the bytes before it: they are handed out first, and the next call tells.
 * So a bad row in front of the damage is reported, whatever the size of the reads. */
#include "io/input.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/input_decoder.h"
#include "io/input_raw.h"

enum { DECODE_BYTES_MAX = 1 << 30, MAGIC_BYTES = 4 };

struct rc_input {
    rc_raw raw;
    rc_compression kind; /* AUTO until the first bytes have come */
    const rc_decoder *decoder;
    void *state;      /* of the decoder */
    bool has_pending; /* the decoder filled its room: it may hold more */
    rc_status failed; /* kept: every later call tells it again */
    rc_error failure;
};

rc_status rc_input_open(rc_input **out, const char *path, rc_error *err)
{
    *out = NULL;
    rc_input *in = rc_alloc_array(1, sizeof(*in));
    if (in == NULL)
        return rc_error_nomem(err);
    rc_status st = rc_raw_init(&in->raw, path, err);
    if (st < 0) {
        free(in);
        return st;
    }
    *out = in;
    return RC_OK;
}

/* How the first bytes begin; AUTO while it is open. A skippable frame is 50..5f 2a 4d 18. */
static rc_compression tell(const unsigned char *s, size_t n)
{
    static const unsigned char zstd[] = {0x28, 0xb5, 0x2f, 0xfd};
    static const unsigned char skippable[] = {0x50, 0x2a, 0x4d, 0x18};
    static const unsigned char gzip[] = {0x1f, 0x8b};
    if (n == 0)
        return RC_COMPRESS_AUTO;
    unsigned char first = s[0] >> 4 == 5 ? 0x50 : s[0];
    const unsigned char *magic = first == 0x1f ? gzip : first == 0x50 ? skippable : zstd;
    size_t n_magic = magic == gzip ? sizeof(gzip) : MAGIC_BYTES;
    size_t n_known = n < n_magic ? n : n_magic;
    if (first != magic[0] || memcmp(s + 1, magic + 1, n_known - 1) != 0)
        return RC_COMPRESS_NONE;
    if (n < n_magic)
        return RC_COMPRESS_AUTO;
    return magic == gzip ? RC_COMPRESS_GZIP : RC_COMPRESS_ZSTD;
}

/* A file that is shorter than its magic number. What could be text is text. */
static rc_compression tell_short(const unsigned char *s, size_t n)
{
    if (n > 0 && s[0] == 0x1f)
        return RC_COMPRESS_GZIP;
    return n > 1 && s[1] == 0xb5 ? RC_COMPRESS_ZSTD : RC_COMPRESS_NONE;
}

static rc_status begin(rc_input *in, int64_t deadline)
{
    rc_raw *raw = &in->raw;
    rc_compression kind;
    while ((kind = tell(raw->buffer + raw->at, raw->end - raw->at)) == RC_COMPRESS_AUTO) {
        rc_status st = rc_raw_fill(raw, deadline, &in->failure);
        if (st == RC_END) {
            kind = tell_short(raw->buffer + raw->at, raw->end - raw->at);
            break;
        }
        if (st != RC_OK)
            return st;
    }
    if (kind != RC_COMPRESS_NONE) {
        in->decoder = kind == RC_COMPRESS_GZIP ? &rc_decoder_gzip : &rc_decoder_zstd;
        RC_TRY(in->decoder->open(&in->state, &in->failure));
    }
    in->kind = kind;
    return RC_OK;
}

static rc_status read_plain(rc_input *in, char *data, size_t capacity, int64_t deadline, size_t *n)
{
    rc_raw *raw = &in->raw;
    size_t n_unread = raw->end - raw->at;
    *n = n_unread < capacity ? n_unread : capacity;
    memcpy(data, raw->buffer + raw->at, *n);
    raw->at += *n;
    while (*n < capacity) {
        size_t got;
        int64_t until = *n > 0 && raw->may_wait ? RC_RAW_NOW : deadline;
        rc_status st = rc_raw_read(raw, data + *n, capacity - *n, until, &got, &in->failure);
        if (st != RC_OK)
            return st;
        *n += got;
    }
    return RC_OK;
}

static rc_status read_decoded(rc_input *in, char *data, size_t capacity, int64_t deadline,
                              size_t *n)
{
    rc_raw *raw = &in->raw;
    for (bool has_filled = false;; has_filled = true) {
        while (in->has_pending || raw->at < raw->end) {
            size_t room = capacity - *n < DECODE_BYTES_MAX ? capacity - *n : DECODE_BYTES_MAX;
            size_t got = 0;
            rc_status st = in->decoder->decode(in->state, raw, data + *n, room, &got, &in->failure);
            *n += got;
            in->has_pending = got == room;
            if (st < 0 || *n == capacity)
                return st;
        }
        /* Input that makes no byte (empty members) may come for ever. */
        if (*n == 0 && has_filled && rc_raw_is_late(deadline))
            return RC_AGAIN;
        int64_t until = *n > 0 && raw->may_wait ? RC_RAW_NOW : deadline;
        rc_status st = rc_raw_fill(raw, until, &in->failure);
        if (st == RC_END)
            return in->decoder->end(in->state, &in->failure);
        if (st != RC_OK)
            return st;
    }
}

rc_status rc_input_read(rc_input *in, void *data, size_t capacity, int timeout_ms, size_t *n,
                        rc_error *err)
{
    assert(capacity > 0);
    *n = 0;
    rc_status st = in->failed;
    if (st == RC_OK) {
        int64_t deadline = rc_raw_deadline(&in->raw, timeout_ms);
        if (in->kind == RC_COMPRESS_AUTO)
            st = begin(in, deadline);
        if (st == RC_OK && in->kind == RC_COMPRESS_NONE)
            st = read_plain(in, data, capacity, deadline, n);
        else if (st == RC_OK)
            st = read_decoded(in, data, capacity, deadline, n);
    }
    if (st < 0)
        in->failed = st;
    if (*n > 0)
        return RC_OK;
    if (st < 0 && err != NULL)
        *err = in->failure;
    return st;
}

rc_input_stat rc_input_tell(const rc_input *in)
{
    return (rc_input_stat){
        .bytes_read = in->raw.n_read - (in->raw.end - in->raw.at),
        .bytes_total = in->raw.n_total,
        .compression = in->kind,
    };
}

void rc_input_close(rc_input *in)
{
    if (in == NULL)
        return;
    if (in->decoder != NULL)
        in->decoder->close(in->state);
    rc_raw_release(&in->raw);
    free(in);
}
