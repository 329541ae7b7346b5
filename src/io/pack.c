/* pack.c - compress a packet's bytes into one frame (zstd) or member (gzip) of its own. */
#include "io/pack.h"

#include <stdlib.h>

#include <libdeflate.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/text.h"

enum { ZSTD_LEVEL_DEFAULT = 1, GZIP_LEVEL_DEFAULT = 6, GZIP_LEVEL_MAX = 9 };

struct rc_pack {
    rc_compression kind;
    ZSTD_CCtx *zstd;
    struct libdeflate_compressor *gzip;
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
    pack->gzip = libdeflate_alloc_compressor(level);
    return pack->gzip != NULL ? RC_OK : rc_error_nomem(err);
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

static rc_status pack_gzip(rc_pack *pack, const void *data, size_t n, rc_buf *out, rc_error *err)
{
    size_t bound = libdeflate_gzip_compress_bound(pack->gzip, n);
    if (bound < n || !rc_buf_reserve(out, bound))
        return rc_error_nomem(err);
    const void *from = n > 0 ? data : ""; /* NULL is fine for ours */
    size_t made = libdeflate_gzip_compress(pack->gzip, from, n, out->data + out->n, bound);
    if (made == 0)
        return rc_error_set(err, RC_E_SYSTEM, "libdeflate: the bound of a gzip member is too low");
    out->n += made;
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
    libdeflate_free_compressor(pack->gzip);
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
