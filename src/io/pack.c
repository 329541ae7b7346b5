/* pack.c - compress a packet's bytes into one frame (zstd) or member (gzip) of its own. */
#include "io/pack.h"

#include <stdlib.h>

#define ZLIB_CONST /* deflate reads through a pointer to const */
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/text.h"

enum {
    ZSTD_LEVEL_DEFAULT = 1,
    GZIP_LEVEL_DEFAULT = 6,
    GZIP_LEVEL_MAX = 9,
    GZIP_WINDOW_BITS = 15 + 16, /* the widest window; gzip header and trailer */
    GZIP_MEMORY_LEVEL = 8,      /* zlib's own default */
    GZIP_STEP_BYTES = 1 << 30   /* zlib counts in 32 bits */
};

struct rc_pack {
    rc_compression kind;
    ZSTD_CCtx *zstd;
    z_stream gzip;
    bool has_gzip; /* gzip must be ended */
};

static rc_status open_zstd(rc_pack *pack, int level, rc_error *err)
{
    if (level < ZSTD_minCLevel() || level > ZSTD_maxCLevel())
        return rc_error_set(err, RC_E_USAGE, "zstd has the levels 1 to %d, not %d",
                            ZSTD_maxCLevel(), level);
    pack->zstd = ZSTD_createCCtx();
    if (pack->zstd == NULL)
        return rc_error_nomem(err);
    if (level == 0)
        level = ZSTD_LEVEL_DEFAULT;
    if (ZSTD_isError(ZSTD_CCtx_setParameter(pack->zstd, ZSTD_c_compressionLevel, level)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(pack->zstd, ZSTD_c_contentSizeFlag, 1)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(pack->zstd, ZSTD_c_checksumFlag, 1)))
        return rc_error_set(err, RC_E_SYSTEM, "zstd refuses its own parameters");
    return RC_OK;
}

static rc_status open_gzip(rc_pack *pack, int level, rc_error *err)
{
    if (level < 0 || level > GZIP_LEVEL_MAX)
        return rc_error_set(err, RC_E_USAGE, "gzip has the levels 1 to %d, not %d", GZIP_LEVEL_MAX,
                            level);
    if (level == 0)
        level = GZIP_LEVEL_DEFAULT;
    pack->has_gzip = deflateInit2(&pack->gzip, level, Z_DEFLATED, GZIP_WINDOW_BITS,
                                  GZIP_MEMORY_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK;
    return pack->has_gzip ? RC_OK : rc_error_nomem(err);
}

rc_status rc_pack_open(rc_pack **out, rc_compression kind, int level, rc_error *err)
{
    *out = NULL;
    rc_pack *pack = rc_alloc_array(1, sizeof(*pack));
    if (pack == NULL)
        return rc_error_nomem(err);
    pack->kind = kind;
    rc_status st = RC_OK;
    if (kind == RC_COMPRESS_ZSTD)
        st = open_zstd(pack, level, err);
    else if (kind == RC_COMPRESS_GZIP)
        st = open_gzip(pack, level, err);
    if (st < 0) {
        rc_pack_close(pack);
        return st;
    }
    *out = pack;
    return RC_OK;
}

static rc_status pack_zstd(rc_pack *pack, const void *data, size_t n, rc_buf *out, rc_error *err)
{
    size_t bound = ZSTD_compressBound(n);
    if (ZSTD_isError(bound) || !rc_buf_reserve(out, bound))
        return rc_error_nomem(err);
    size_t made = ZSTD_compress2(pack->zstd, out->data + out->n, bound, data, n);
    if (ZSTD_getErrorCode(made) == ZSTD_error_memory_allocation)
        return rc_error_nomem(err);
    if (ZSTD_isError(made))
        return rc_error_set(err, RC_E_SYSTEM, "zstd: %s", ZSTD_getErrorName(made));
    out->n += made;
    return RC_OK;
}

static uInt gzip_step(size_t n)
{
    return (uInt)(n < GZIP_STEP_BYTES ? n : GZIP_STEP_BYTES);
}

static rc_status pack_gzip(rc_pack *pack, const void *data, size_t n, rc_buf *out, rc_error *err)
{
    z_stream *z = &pack->gzip;
    if (deflateReset(z) != Z_OK)
        return rc_error_set(err, RC_E_SYSTEM, "zlib refuses to begin again");
    size_t bound = deflateBound(z, n);
    if (bound < n || !rc_buf_reserve(out, bound))
        return rc_error_nomem(err);
    const unsigned char *from = data;
    char *to = out->data + out->n;
    size_t n_left = n, room = bound;
    int code = Z_OK;
    while (code == Z_OK) {
        uInt n_in = gzip_step(n_left), n_out = gzip_step(room);
        z->next_in = from;
        z->avail_in = n_in;
        z->next_out = (unsigned char *)to;
        z->avail_out = n_out;
        code = deflate(z, n_in == n_left ? Z_FINISH : Z_NO_FLUSH);
        if (n_in > z->avail_in)
            from += n_in - z->avail_in;
        n_left -= n_in - z->avail_in;
        to += n_out - z->avail_out;
        room -= n_out - z->avail_out;
    }
    if (code != Z_STREAM_END)
        return rc_error_set(err, RC_E_SYSTEM, "zlib ends a member with code %d", code);
    out->n += bound - room;
    return RC_OK;
}

rc_status rc_pack_frame(rc_pack *pack, const void *data, size_t n, rc_buf *out, rc_error *err)
{
    if (pack->kind == RC_COMPRESS_ZSTD)
        return pack_zstd(pack, data, n, out, err);
    if (pack->kind == RC_COMPRESS_GZIP)
        return pack_gzip(pack, data, n, out, err);
    return rc_buf_append(out, data, n) ? RC_OK : rc_error_nomem(err);
}

void rc_pack_close(rc_pack *pack)
{
    if (pack == NULL)
        return;
    ZSTD_freeCCtx(pack->zstd);
    if (pack->has_gzip)
        deflateEnd(&pack->gzip);
    free(pack);
}

const char *rc_compression_word(rc_compression kind)
{
    return kind == RC_COMPRESS_GZIP ? "gzip" : kind == RC_COMPRESS_ZSTD ? "zstd" : "none";
}

rc_compression rc_compression_of_path(const char *path, size_t *n)
{
    bool is_zstd = rc_text_ends(path, *n, ".zst"), is_gzip = rc_text_ends(path, *n, ".gz");
    *n -= is_zstd ? 4 : is_gzip ? 3 : 0;
    return is_zstd ? RC_COMPRESS_ZSTD : is_gzip ? RC_COMPRESS_GZIP : RC_COMPRESS_NONE;
}
