/* input_zstd.c - zstd frames to bytes. */
#include <inttypes.h>
#include <stdlib.h>

#include <zstd.h>
#include <zstd_errors.h>

#include "base/mem.h"
#include "io/input_decoder.h"

/* 128 MiB: bounds the memory that a file can ask for. It is the library's default, said here
 * lest another default take effect. */
enum { WINDOW_LOG_MAX = 27 };

typedef struct unzstd {
    ZSTD_DStream *stream;
    bool is_between;   /* at the end of a whole frame, all of it handed out */
    uint64_t good_end; /* offset behind the last whole frame */
} unzstd;

static void unzstd_close(void *state)
{
    unzstd *z = state;
    if (z != NULL)
        ZSTD_freeDStream(z->stream);
    free(z);
}

static rc_status unzstd_open(void **state, rc_error *err)
{
    unzstd *z = rc_alloc_array(1, sizeof(*z));
    if (z == NULL)
        return rc_error_nomem(err);
    z->stream = ZSTD_createDStream();
    if (z->stream == NULL ||
        ZSTD_isError(ZSTD_DCtx_setParameter(z->stream, ZSTD_d_windowLogMax, WINDOW_LOG_MAX))) {
        unzstd_close(z);
        return rc_error_nomem(err);
    }
    *state = z;
    return RC_OK;
}

static rc_status refuse_window(uint64_t at, rc_error *err)
{
    rc_error_set(err, RC_E_DATA,
                 "the zstd frame at byte %" PRIu64 " needs a window of more than 128 MiB", at);
    rc_error_hint(err, "pipe it through 'zstd -dc --long=31', or compress it without --long");
    return RC_E_DATA;
}

static rc_status refuse_frame(const unzstd *z, const rc_raw *raw, size_t code, rc_error *err)
{
    switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_memory_allocation:
        return rc_error_nomem(err);
    case ZSTD_error_frameParameter_windowTooLarge:
        return refuse_window(z->good_end, err);
    case ZSTD_error_prefix_unknown:
        return rc_error_set(err, RC_E_DATA,
                            "trailing garbage after the zstd frame at byte %" PRIu64, z->good_end);
    case ZSTD_error_dictionary_wrong:
        return rc_error_set(err, RC_E_DATA, "the zstd frame at byte %" PRIu64 " needs a dictionary",
                            z->good_end);
    default:
        return rc_error_set(err, RC_E_DATA, "damaged zstd data near byte %" PRIu64 ": %s",
                            rc_raw_offset(raw), ZSTD_getErrorName(code));
    }
}

static rc_status unzstd_decode(void *state, rc_raw *raw, void *data, size_t capacity, size_t *n,
                               rc_error *err)
{
    unzstd *z = state;
    ZSTD_outBuffer to = {data, capacity, 0};
    size_t code = 0;
    bool is_first = true;
    /* Without input it is called only to flush a frame: between frames it would begin one. */
    while (to.pos < to.size && (raw->at < raw->end || (is_first && !z->is_between))) {
        ZSTD_inBuffer from = {raw->buffer + raw->at, raw->end - raw->at, 0};
        code = ZSTD_decompressStream(z->stream, &to, &from);
        raw->at += from.pos;
        if (ZSTD_isError(code))
            break;
        z->is_between = code == 0;
        if (z->is_between)
            z->good_end = rc_raw_offset(raw);
        is_first = false;
    }
    *n = to.pos;
    return ZSTD_isError(code) ? refuse_frame(z, raw, code, err) : RC_OK;
}

static rc_status unzstd_end(const void *state, rc_error *err)
{
    const unzstd *z = state;
    if (!z->is_between)
        return rc_error_set(err, RC_E_DATA, "zstd stream ends in the middle of a frame");
    return RC_END;
}

const rc_decoder rc_decoder_zstd = {unzstd_open, unzstd_decode, unzstd_end, unzstd_close};
