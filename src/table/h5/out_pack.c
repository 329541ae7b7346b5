/* out_pack.c - the filters of a chunk on its way out, and back. */
#include "table/h5/out_pack.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <zstd.h>

#include "table/h5/filters.h"

enum {
    DEFLATE_LEVEL_DEFAULT = 2, /* by measurement */
    DEFLATE_LEVEL_MAX = 9,
    ZSTD_LEVEL_DEFAULT = 1,
    SHUFFLE_ROWS = 64 /* a step's bytes stay in the nearest cache */
};

struct rc_h5_packer {
    rc_compression kind;
    int level;
    struct libdeflate_compressor *deflate;
    ZSTD_CCtx *zstd;
    rc_buf shuffled;
    rc_h5_undo undo;
};

static rc_status open_deflate(rc_h5_packer *packer, int level, rc_error *err)
{
    if (level < 0 || level > DEFLATE_LEVEL_MAX)
        return rc_error_set(err, RC_E_USAGE, "gzip has the levels 1 to %d, not %d",
                            DEFLATE_LEVEL_MAX, level);
    packer->level = level > 0 ? level : DEFLATE_LEVEL_DEFAULT;
    packer->deflate = libdeflate_alloc_compressor(packer->level);
    return packer->deflate != NULL ? RC_OK : rc_error_nomem(err);
}

static rc_status open_zstd(rc_h5_packer *packer, int level, rc_error *err)
{
    if (level < ZSTD_minCLevel() || level > ZSTD_maxCLevel())
        return rc_error_set(err, RC_E_USAGE, "zstd has the levels 1 to %d, not %d",
                            ZSTD_maxCLevel(), level);
    packer->level = level != 0 ? level : ZSTD_LEVEL_DEFAULT;
    packer->zstd = ZSTD_createCCtx();
    return packer->zstd != NULL ? RC_OK : rc_error_nomem(err);
}

rc_status rc_h5_packer_open(rc_h5_packer **out, rc_compression kind, int level, rc_error *err)
{
    *out = NULL;
    rc_h5_packer *packer = rc_alloc_array(1, sizeof(*packer));
    if (packer == NULL)
        return rc_error_nomem(err);
    packer->kind = kind;
    rc_status st = RC_OK;
    if (packer->kind == RC_COMPRESS_GZIP)
        st = open_deflate(packer, level, err);
    else if (packer->kind == RC_COMPRESS_ZSTD)
        st = open_zstd(packer, level, err);
    if (st < 0) {
        rc_h5_packer_close(packer);
        return st;
    }
    *out = packer;
    return RC_OK;
}

void rc_h5_packer_close(rc_h5_packer *packer)
{
    if (packer == NULL)
        return;
    libdeflate_free_compressor(packer->deflate);
    ZSTD_freeCCtx(packer->zstd);
    rc_buf_release(&packer->shuffled);
    rc_h5_undo_release(&packer->undo);
    free(packer);
}

int rc_h5_packer_level(const rc_h5_packer *packer)
{
    return packer->level;
}

/* First the first bytes of all rows, then the second ones. */
static void shuffle(const char *from, char *to, size_t n_rows, size_t row_bytes)
{
    for (size_t first = 0; first < n_rows; first += SHUFFLE_ROWS) {
        size_t end = n_rows - first < SHUFFLE_ROWS ? n_rows : first + SHUFFLE_ROWS;
        for (size_t b = 0; b < row_bytes; b++)
            for (size_t r = first; r < end; r++)
                to[b * n_rows + r] = from[r * row_bytes + b];
    }
}

static rc_status compress(rc_h5_packer *packer, const char *bytes, size_t n, rc_buf *out,
                          rc_error *err)
{
    bool is_zstd = packer->kind == RC_COMPRESS_ZSTD;
    size_t made,
        room = is_zstd ? ZSTD_compressBound(n) : libdeflate_zlib_compress_bound(packer->deflate, n);
    if (!rc_buf_reserve(out, room))
        return rc_error_nomem(err);
    char *to = out->data + out->n;
    if (is_zstd) {
        made = ZSTD_compressCCtx(packer->zstd, to, room, bytes, n, packer->level);
        if (ZSTD_isError(made))
            return rc_error_nomem(err); /* with that much room nothing else is left */
    } else {
        made = libdeflate_zlib_compress(packer->deflate, bytes, n, to, room);
        if (made == 0)
            return rc_error_nomem(err);
    }
    out->n += made;
    return RC_OK;
}

rc_status rc_h5_pack(rc_h5_packer *packer, const char *chunk, size_t n, size_t element_bytes,
                     rc_buf *out, rc_error *err)
{
    if (packer->kind == RC_COMPRESS_NONE)
        return rc_buf_append(out, chunk, n) ? RC_OK : rc_error_nomem(err);
    if (!rc_buf_reserve(&packer->shuffled, n))
        return rc_error_nomem(err);
    shuffle(chunk, packer->shuffled.data, n / element_bytes, element_bytes);
    return compress(packer, packer->shuffled.data, n, out, err);
}

rc_status rc_h5_unpack(rc_h5_packer *packer, const char *packed, size_t n_packed,
                       size_t element_bytes, char *chunk, size_t n, rc_error *err)
{
    const rc_h5_storage storage = {
        .filters = {{.id = RC_H5_SHUFFLE, .n_values = 1, .values = {(uint32_t)element_bytes}},
                    {.id = packer->kind == RC_COMPRESS_ZSTD ? RC_H5_ZSTD : RC_H5_DEFLATE}},
        .n_filters = packer->kind == RC_COMPRESS_NONE ? 0 : 2};
    rc_status st = rc_h5_filters_undo(&packer->undo, &storage, 0, (const unsigned char *)packed,
                                      n_packed, (unsigned char *)chunk, n, err);
    return st == RC_E_DATA
               ? rc_error_set(err, RC_E_OUTPUT, "the temporary file does not hold what was written")
               : st;
}
