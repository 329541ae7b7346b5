/* library.c - start the HDF5 library, without plug-ins; teach it lz4 and zstd, for what it reads
 * block by block. */
#include <zstd.h>

#include "table/h5/filters.h"
#include "table/h5/reader/reader.h"

enum { LZ4_HEAD = 8 };

/* A chunk is below 4 GiB. */
static size_t undone_bytes(uint32_t id, const unsigned char *in, size_t n)
{
    uint64_t size = 0;
    if (id == RC_H5_ZSTD) {
        size = ZSTD_getFrameContentSize(in, n);
        if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR)
            return 0;
    } else if (n >= LZ4_HEAD) {
        for (size_t i = 0; i < LZ4_HEAD; i++)
            size = size << 8 | in[i];
    }
    return size > UINT32_MAX ? 0 : (size_t)size;
}

/* The library's way of a filter: 0 is failure, else *buffer is exchanged. */
static size_t undo(uint32_t id, unsigned flags, size_t n, size_t *capacity, void **buffer)
{
    rc_h5_undo tools = {0};
    rc_h5_storage one = {.n_filters = 1, .filters = {{.id = id}}};
    size_t n_out = (flags & H5Z_FLAG_REVERSE) == 0 ? 0 : undone_bytes(id, *buffer, n);
    void *out = n_out == 0 ? NULL : H5allocate_memory(n_out, false);
    if (out == NULL)
        return 0;
    rc_status st = rc_h5_filters_undo(&tools, &one, 0, *buffer, n, out, n_out, NULL);
    rc_h5_undo_release(&tools);
    if (st < 0) {
        H5free_memory(out);
        return 0;
    }
    H5free_memory(*buffer);
    *buffer = out;
    *capacity = n_out;
    return n_out;
}

static size_t undo_zstd(unsigned flags, size_t n_values, const unsigned *values, size_t n,
                        size_t *capacity, void **buffer)
{
    (void)n_values, (void)values;
    return undo(RC_H5_ZSTD, flags, n, capacity, buffer);
}

static size_t undo_lz4(unsigned flags, size_t n_values, const unsigned *values, size_t n,
                       size_t *capacity, void **buffer)
{
    (void)n_values, (void)values;
    return undo(RC_H5_LZ4, flags, n, capacity, buffer);
}

static bool add_filters(void)
{
    const H5Z_class2_t zstd = {.version = H5Z_CLASS_T_VERS,
                               .id = RC_H5_ZSTD,
                               .decoder_present = 1,
                               .name = "zstd",
                               .filter = undo_zstd};
    const H5Z_class2_t lz4 = {.version = H5Z_CLASS_T_VERS,
                              .id = RC_H5_LZ4,
                              .decoder_present = 1,
                              .name = "lz4",
                              .filter = undo_lz4};
    return H5Zregister(&zstd) >= 0 && H5Zregister(&lz4) >= 0;
}

rc_status rc_h5_reader_prepare(rc_error *err)
{
    if (H5dont_atexit() < 0 || H5PLset_loading_state(0) < 0 || H5open() < 0 ||
        H5Eset_auto2(H5E_DEFAULT, NULL, NULL) < 0 || !add_filters())
        return rc_error_set(err, RC_E_SYSTEM, "the HDF5 library does not start");
    return RC_OK;
}
