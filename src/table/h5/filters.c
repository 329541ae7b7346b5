/* filters.c - undo the filters of an HDF5 chunk. */
#include "table/h5/filters.h"

#include <libdeflate.h>
#include <lz4.h>
#include <stdlib.h>
#include <zstd.h>

enum { CHECKSUM_BYTES = 4, LZ4_HEAD_BYTES = 12 };

/* Bytes on their way through the filters. */
typedef struct piece {
    const unsigned char *data;
    size_t n;
} piece;

/* Where a stage writes, at most `room` bytes. */
typedef struct target {
    unsigned char *data;
    size_t room;
} target;

void rc_h5_undo_release(rc_h5_undo *undo)
{
    libdeflate_free_decompressor(undo->inflater);
    ZSTD_freeDCtx(undo->zstd);
    free(undo->spare[0]);
    free(undo->spare[1]);
    *undo = (rc_h5_undo){0};
}

bool rc_h5_filter_is_known(uint32_t id)
{
    return id == RC_H5_DEFLATE || id == RC_H5_SHUFFLE || id == RC_H5_FLETCHER32 ||
           id == RC_H5_LZ4 || id == RC_H5_ZSTD;
}

static bool is_applied(const rc_h5_storage *storage, uint32_t mask, uint32_t filter)
{
    return filter < storage->n_filters && (mask >> filter & 1) == 0;
}

bool rc_h5_is_plain(const rc_h5_storage *storage, uint32_t mask)
{
    for (uint32_t i = 0; i < storage->n_filters; i++)
        if (is_applied(storage, mask, i))
            return false;
    return true;
}

/* No compressor makes more of n bytes, whatever they are: lz4 in blocks of 4 KiB adds 1/256 and
 * a little, the others less. */
static uint64_t compressed_bound(uint64_t n)
{
    return n + n / 128 + 4096;
}

/* The most bytes that there may be after filter i. */
static uint64_t bound_after(uint32_t id, uint64_t n)
{
    if (id == RC_H5_SHUFFLE)
        return n;
    return id == RC_H5_FLETCHER32 ? n + CHECKSUM_BYTES : compressed_bound(n);
}

uint64_t rc_h5_stored_bound(const rc_h5_storage *storage, uint64_t n)
{
    for (uint32_t i = 0; i < storage->n_filters; i++)
        n = bound_after(storage->filters[i].id, n);
    return n;
}

static rc_status undo_deflate(rc_h5_undo *undo, piece *data, const target *to, rc_error *err)
{
    size_t n = 0;
    if (undo->inflater == NULL)
        undo->inflater = libdeflate_alloc_decompressor();
    if (undo->inflater == NULL)
        return rc_error_nomem(err);
    enum libdeflate_result result =
        libdeflate_zlib_decompress(undo->inflater, data->data, data->n, to->data, to->room, &n);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE)
        return rc_error_set(err, RC_E_DATA, "the deflate stream holds more than the chunk");
    if (result != LIBDEFLATE_SUCCESS)
        return rc_error_set(err, RC_E_DATA, "the deflate stream is damaged");
    *data = (piece){to->data, n};
    return RC_OK;
}

static rc_status undo_zstd(rc_h5_undo *undo, piece *data, const target *to, rc_error *err)
{
    if (undo->zstd == NULL)
        undo->zstd = ZSTD_createDCtx();
    if (undo->zstd == NULL)
        return rc_error_nomem(err);
    size_t n = ZSTD_decompressDCtx(undo->zstd, to->data, to->room, data->data, data->n);
    if (ZSTD_isError(n))
        return rc_error_set(err, RC_E_DATA, "the zstd frame is damaged (%s)", ZSTD_getErrorName(n));
    *data = (piece){to->data, n};
    return RC_OK;
}

static uint64_t big_endian(const unsigned char *bytes, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* One block of at most `most` bytes; a block that is as long as what it holds is stored. */
static bool undo_lz4_block(piece *in, unsigned char *out, size_t n_out)
{
    if (in->n < 4)
        return false;
    size_t n = (size_t)big_endian(in->data, 4);
    if (n > in->n - 4 || n > INT32_MAX || n_out > INT32_MAX)
        return false;
    const char *block = (const char *)in->data + 4;
    if (n == n_out)
        memcpy(out, block, n);
    else if (LZ4_decompress_safe(block, (char *)out, (int)n, (int)n_out) != (int)n_out)
        return false;
    *in = (piece){in->data + 4 + n, in->n - 4 - n};
    return true;
}

/* u64 bytes in all, u32 bytes of a block, then blocks: u32 bytes and so many; all big-endian. */
static rc_status undo_lz4(piece *data, const target *to, rc_error *err)
{
    uint64_t n = data->n >= LZ4_HEAD_BYTES ? big_endian(data->data, 8) : UINT64_MAX;
    if (n > to->room)
        return rc_error_set(err, RC_E_DATA, "the lz4 header is damaged");
    uint64_t block = big_endian(data->data + 8, 4);
    if (block == 0 && n > 0)
        return rc_error_set(err, RC_E_DATA, "the lz4 header is damaged");
    piece in = {data->data + LZ4_HEAD_BYTES, data->n - LZ4_HEAD_BYTES};
    for (size_t at = 0; at < n;) {
        size_t n_block = n - at < block ? (size_t)n - at : (size_t)block;
        if (!undo_lz4_block(&in, to->data + at, n_block))
            return rc_error_set(err, RC_E_DATA, "an lz4 block is damaged");
        at += n_block;
    }
    *data = (piece){to->data, (size_t)n};
    return RC_OK;
}

/* HDF5's fletcher32: words of 16 bits, big-endian, an odd byte as the upper half of one; sums
 * modulo 65535 in ones' complement, where only a sum of zeros is 0. */
static uint32_t fletcher32(const unsigned char *data, size_t n)
{
    enum { BLOCK_WORDS = 1 << 15 }; /* so many keep both sums far below 2^64 */
    uint64_t a = 0, b = 0;
    for (size_t at = 0; at + 1 < n;) {
        size_t end = n - at > 2 * BLOCK_WORDS ? at + 2 * BLOCK_WORDS : n - n % 2;
        for (; at < end; at += 2) {
            a += (uint64_t)data[at] << 8 | data[at + 1];
            b += a;
        }
        a = a > 0 ? (a - 1) % 65535 + 1 : 0;
        b = b > 0 ? (b - 1) % 65535 + 1 : 0;
    }
    if (n % 2 != 0) {
        a += (uint64_t)data[n - 1] << 8;
        b += a;
    }
    a = a > 0 ? (a - 1) % 65535 + 1 : 0;
    b = b > 0 ? (b - 1) % 65535 + 1 : 0;
    return (uint32_t)(b << 16 | a);
}

/* Stored little-endian; libraries before 1.6.3 swapped the bytes of each half on some machines, and
 * all later ones accept both. */
static rc_status undo_fletcher32(piece *data, rc_error *err)
{
    if (data->n < CHECKSUM_BYTES)
        return rc_error_set(err, RC_E_DATA, "fletcher32 checksum is missing");
    size_t n = data->n - CHECKSUM_BYTES;
    const unsigned char *end = data->data + n;
    uint32_t sum = fletcher32(data->data, n);
    uint32_t stored = (uint32_t)big_endian(end, 4);
    uint32_t usual = __builtin_bswap32(sum), swapped = sum << 16 | sum >> 16;
    if (stored != usual && stored != swapped)
        return rc_error_set(err, RC_E_DATA, "fletcher32 checksum does not match");
    data->n = n;
    return RC_OK;
}

/* Byte b of element i stands at b * n_elements + i. Loops of a fixed size are unrolled. */
static inline void unshuffle(const unsigned char *restrict in, size_t n_elements, size_t size,
                             unsigned char *restrict out)
{
    for (size_t i = 0; i < n_elements; i++)
        for (size_t b = 0; b < size; b++)
            out[i * size + b] = in[b * n_elements + i];
}

static void unshuffle_any(const unsigned char *in, size_t n_elements, size_t size,
                          unsigned char *out)
{
    if (size == 2)
        unshuffle(in, n_elements, 2, out);
    else if (size == 4)
        unshuffle(in, n_elements, 4, out);
    else if (size == 8)
        unshuffle(in, n_elements, 8, out);
    else
        for (size_t b = 0; b < size; b++)
            for (size_t i = 0; i < n_elements; i++)
                out[i * size + b] = in[b * n_elements + i];
}

static rc_status undo_shuffle(const rc_h5_filter *filter, piece *data, const target *to,
                              rc_error *err)
{
    size_t size = filter->n_values > 0 ? filter->values[0] : 0;
    if (size == 0)
        return rc_error_set(err, RC_E_DATA, "shuffle without a size of elements");
    if (data->n > to->room)
        return rc_error_set(err, RC_E_DATA, "the chunk is longer than it should be");
    size_t whole = data->n - data->n % size;
    unshuffle_any(data->data, whole / size, size, to->data);
    memcpy(to->data + whole, data->data + whole, data->n - whole);
    *data = (piece){to->data, data->n};
    return RC_OK;
}

static rc_status undo_one(rc_h5_undo *undo, const rc_h5_filter *filter, piece *data,
                          const target *to, rc_error *err)
{
    switch (filter->id) {
    case RC_H5_DEFLATE:
        return undo_deflate(undo, data, to, err);
    case RC_H5_SHUFFLE:
        return undo_shuffle(filter, data, to, err);
    case RC_H5_FLETCHER32:
        return undo_fletcher32(data, err);
    case RC_H5_LZ4:
        return undo_lz4(data, to, err);
    case RC_H5_ZSTD:
        return undo_zstd(undo, data, to, err);
    default:
        return rc_error_set(err, RC_E_DATA, "filter %u is not known", filter->id);
    }
}

/* What stood before filter i: into `out` if no filter before it writes, else into a spare buffer
 * that `data` is not in. */
static bool choose_target(rc_h5_undo *undo, const rc_h5_storage *storage, uint32_t mask, uint32_t i,
                          const piece *data, unsigned char *out, size_t n_out, target *to)
{
    bool is_last = true;
    uint64_t most = n_out;
    for (uint32_t k = 0; k < i; k++)
        if (is_applied(storage, mask, k)) {
            is_last = false;
            most = bound_after(storage->filters[k].id, most);
        }
    if (is_last) {
        *to = (target){out, n_out};
        return true;
    }
    int which = data->data == undo->spare[0];
    void *spare = undo->spare[which];
    bool ok = rc_grow(&spare, &undo->spare_bytes[which], (size_t)most, 1);
    undo->spare[which] = spare;
    *to = (target){spare, (size_t)most};
    return ok;
}

rc_status rc_h5_filters_undo(rc_h5_undo *undo, const rc_h5_storage *storage, uint32_t mask,
                             const unsigned char *in, size_t n_in, unsigned char *out, size_t n_out,
                             rc_error *err)
{
    piece data = {in, n_in};
    for (uint32_t i = storage->n_filters; i-- > 0;) {
        target to = {0};
        const rc_h5_filter *filter = &storage->filters[i];
        if (!is_applied(storage, mask, i))
            continue;
        if (filter->id != RC_H5_FLETCHER32 &&
            !choose_target(undo, storage, mask, i, &data, out, n_out, &to))
            return rc_error_nomem(err);
        RC_TRY(undo_one(undo, filter, &data, &to, err));
    }
    if (data.n != n_out)
        return rc_error_set(err, RC_E_DATA, "the chunk holds %zu bytes instead of %zu", data.n,
                            n_out);
    if (data.data != out)
        memcpy(out, data.data, n_out);
    return RC_OK;
}
