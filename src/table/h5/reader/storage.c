/* storage.c - how a dataset is stored. */
#include <inttypes.h>
#include <stdio.h>

#include "table/h5/reader/reader.h"

/* Declared bytes that are never refused, and how many times the file's they may be beyond. */
#define MODEST_BYTES ((uint64_t)4 << 30)
enum { MOST_RATIO = 1000 };

rc_status rc_h5_dataset_damaged(const char *path, const char *what, rc_error *err)
{
    char quoted[RC_QUOTED_BYTES];
    return rc_error_set(err, RC_E_DATA, "dataset '%s': %s", rc_h5_quote(path, quoted), what);
}

/* -- open -------------------------------------------------------------------------------------- */

/* Reads of virtual and external storage go to files that the file names. */
static rc_status check_layout(const rc_h5_dataset *dataset, const char *path, rc_error *err)
{
    hid_t creation = H5Dget_create_plist(dataset->id);
    if (creation < 0)
        return rc_h5_dataset_damaged(path, "its header is damaged", err);
    rc_h5_storage ignored = {0};
    bool by_library;
    H5D_layout_t layout = H5Pget_layout(creation);
    int n_external = H5Pget_external_count(creation);
    rc_status st = RC_OK;
    if (layout == H5D_VIRTUAL && RC_H5_INSPECTS)
        st = rc_h5_dataset_damaged(path, "a virtual dataset, whose sources are not opened", err);
    else if (layout != H5D_VIRTUAL && layout != H5D_COMPACT && layout != H5D_CONTIGUOUS &&
             layout != H5D_CHUNKED)
        st = rc_h5_dataset_damaged(path, "its header is damaged", err);
    else if (n_external != 0 && RC_H5_INSPECTS)
        st = rc_h5_dataset_damaged(path, "its bytes are in other files, which are not opened", err);
    else if (layout == H5D_CHUNKED)
        st = rc_h5_filters_describe(creation, path, &by_library, &ignored, err);
    H5Pclose(creation);
    return st;
}

/* A file may say that it holds 8 TiB in 1400 bytes. */
static rc_status check_size(const rc_h5_dataset *dataset, const char *path, rc_error *err)
{
    hid_t file = H5Iget_file_id(dataset->id);
    hsize_t file_bytes = 0;
    herr_t told = file < 0 ? -1 : H5Fget_filesize(file, &file_bytes);
    rc_h5_shut(file);
    uint64_t most = file_bytes > UINT64_MAX / MOST_RATIO ? UINT64_MAX : file_bytes * MOST_RATIO;
    if (most < MODEST_BYTES)
        most = MODEST_BYTES;
    uint64_t n = H5Tget_size(dataset->type);
    if (told < 0 || n == 0)
        return rc_h5_dataset_damaged(path, "its header is damaged", err);
    for (unsigned i = 0; i < dataset->rank; i++)
        if (dataset->shape[i] == 0)
            return RC_OK;
    for (unsigned i = 0; i < dataset->rank; i++) {
        if (dataset->shape[i] > most / n)
            return rc_h5_dataset_damaged(
                path, "its shape says more than 1000 times the bytes of the file", err);
        n *= dataset->shape[i];
    }
    return RC_OK;
}

static rc_status read_shape(rc_h5_dataset *dataset, const char *path, rc_error *err)
{
    int rank = H5Sget_simple_extent_ndims(dataset->space);
    if (rank < 0 || rank > H5S_MAX_RANK)
        return rc_h5_dataset_damaged(path, "its header is damaged", err);
    if (H5Sget_simple_extent_type(dataset->space) == H5S_NULL)
        return rc_h5_dataset_damaged(path, "it is empty by type (a null dataspace)", err);
    dataset->rank = (unsigned)rank;
    if (rank > 0 && H5Sget_simple_extent_dims(dataset->space, dataset->shape, NULL) != rank)
        return rc_h5_dataset_damaged(path, "its header is damaged", err);
    return RC_OK;
}

static rc_status open_parts(rc_h5_dataset *dataset, const char *path, rc_error *err)
{
    dataset->type = H5Dget_type(dataset->id);
    dataset->space = H5Dget_space(dataset->id);
    if (dataset->type < 0 || dataset->space < 0)
        return rc_h5_dataset_damaged(path, "its header is damaged", err);
    RC_TRY(read_shape(dataset, path, err));
    RC_TRY(check_layout(dataset, path, err));
    return check_size(dataset, path, err);
}

void rc_h5_dataset_close(rc_h5_dataset *dataset)
{
    if (dataset->space > 0)
        H5Sclose(dataset->space);
    if (dataset->type > 0)
        H5Tclose(dataset->type);
    if (dataset->id > 0)
        H5Dclose(dataset->id);
    *dataset = (rc_h5_dataset){0};
}

rc_status rc_h5_dataset_open(hid_t object, const char *path, rc_h5_dataset *dataset, rc_error *err)
{
    *dataset = (rc_h5_dataset){0};
    if (H5Iget_type(object) != H5I_DATASET) {
        char quoted[RC_QUOTED_BYTES];
        return rc_error_set(err, RC_E_DATA, "'%s' is not a dataset", rc_h5_quote(path, quoted));
    }
    if (H5Iinc_ref(object) < 0)
        return rc_h5_dataset_damaged(path, "its header is damaged", err);
    dataset->id = object;
    rc_status st = open_parts(dataset, path, err);
    if (st < 0)
        rc_h5_dataset_close(dataset);
    return st;
}

/* -- describe ---------------------------------------------------------------------------------- */

/* What stands between the parts of describing one storage. */
typedef struct describing {
    const rc_h5_dataset *dataset;
    const char *path;
    uint64_t max_memory; /* UINT64_MAX: no limit */
    hid_t creation;
    uint32_t stored_bytes; /* of an element in a chunk */
    rc_h5_storage *storage;
} describing;

static rc_status set_shape(describing *d, bool is_transposed, rc_error *err)
{
    const rc_h5_dataset *dataset = d->dataset;
    rc_h5_storage *s = d->storage;
    if (dataset->rank < 1 || dataset->rank > 2) {
        char quoted[RC_QUOTED_BYTES];
        return rc_error_set(err, RC_E_DATA, "dataset '%s': %u dimensions; a table has 1 or 2",
                            rc_h5_quote(d->path, quoted), dataset->rank);
    }
    s->is_transposed = is_transposed && dataset->rank == 2;
    s->n_rows = dataset->shape[rc_h5_row_dimension(s)];
    s->n_columns = dataset->rank == 1 ? 1 : dataset->shape[1 - rc_h5_row_dimension(s)];
    return RC_OK;
}

static uint64_t mebibytes(uint64_t n)
{
    return n / (1 << 20) + (n % (1 << 20) != 0);
}

static rc_status check_row(const describing *d, rc_error *err)
{
    const rc_h5_storage *s = d->storage;
    char quoted[RC_QUOTED_BYTES];
    if (s->n_columns == 0 || s->element_bytes <= d->max_memory / s->n_columns)
        return RC_OK;
    return rc_error_set(err, RC_E_DATA,
                        "dataset '%s': a row of %" PRIu64
                        " elements of %u bytes passes --max-memory",
                        rc_h5_quote(d->path, quoted), s->n_columns, s->element_bytes);
}

/* A chunk of about a MiB, with as many of the columns as fit. In the file's order of dimensions. */
static void better_chunk(const describing *d, const hsize_t *chunk, uint64_t out[2])
{
    enum { GOOD_BYTES = 1 << 20 };
    unsigned rank = d->dataset->rank, rows = rc_h5_row_dimension(d->storage);
    uint64_t most = d->max_memory < GOOD_BYTES ? d->max_memory : GOOD_BYTES;
    uint64_t left = most / d->stored_bytes;
    for (unsigned i = 0; i < 2; i++)
        out[i] = i < rank ? chunk[i] : 1;
    left = left == 0 ? 1 : left;
    if (out[1 - rows] > left)
        out[1 - rows] = left;
    left /= out[1 - rows];
    if (out[rows] > left)
        out[rows] = left;
}

static rc_status refuse_chunk(const describing *d, const hsize_t *chunk, uint64_t n_bytes,
                              rc_error *err)
{
    char quoted[RC_QUOTED_BYTES], shape[64];
    uint64_t better[2];
    rc_h5_quote(d->path, quoted);
    better_chunk(d, chunk, better);
    int n = snprintf(shape, sizeof(shape), "%" PRIu64, better[0]);
    if (d->dataset->rank == 2)
        snprintf(shape + n, sizeof(shape) - (size_t)n, "x%" PRIu64, better[1]);
    rc_error_set(err, RC_E_DATA,
                 "dataset '%s': a chunk of it takes %" PRIu64
                 " bytes, more than --max-memory (%" PRIu64 ")",
                 quoted, n_bytes, d->max_memory);
    rc_error_hint(
        err,
        "h5repack -l '%s:CHUNK=%s' IN.h5 OUT.h5 makes them smaller; or --max-memory %" PRIu64 "M",
        quoted, shape, mebibytes(n_bytes));
    return RC_E_DATA;
}

static rc_status check_chunk(const describing *d, const hsize_t *chunk, rc_error *err)
{
    uint64_t n_bytes = d->stored_bytes;
    for (unsigned i = 0; i < d->dataset->rank; i++) {
        if (chunk[i] == 0 || chunk[i] > UINT32_MAX || chunk[i] > UINT64_MAX / n_bytes)
            return rc_h5_dataset_damaged(d->path, "its chunks have no sensible shape", err);
        n_bytes *= chunk[i];
    }
    if (n_bytes > UINT32_MAX)
        return rc_h5_dataset_damaged(d->path, "its chunks have no sensible shape", err);
    return n_bytes > d->max_memory ? refuse_chunk(d, chunk, n_bytes, err) : RC_OK;
}

static rc_status set_grid(describing *d, const hsize_t *chunk, rc_error *err)
{
    rc_h5_storage *s = d->storage;
    s->chunk_rows = chunk[rc_h5_row_dimension(s)];
    s->chunk_columns = d->dataset->rank == 1 ? 1 : chunk[1 - rc_h5_row_dimension(s)];
    uint64_t rows = rc_h5_grid_rows(s), columns = rc_h5_grid_columns(s);
    if (columns > 0 && rows > RC_H5_MAX_CHUNKS / columns) {
        rc_status st = rc_h5_dataset_damaged(d->path, "more than 16777216 chunks", err);
        rc_error_hint(err, "h5repack -l DATASET:CHUNK=ROWSxCOLUMNS IN.h5 OUT.h5 makes them larger");
        return st;
    }
    s->n_chunks = rows * columns;
    return RC_OK;
}

static rc_status set_chunked(describing *d, bool is_converted, rc_error *err)
{
    hsize_t chunk[H5S_MAX_RANK + 1];
    bool by_library;
    rc_h5_storage *s = d->storage;
    int rank = H5Pget_chunk(d->creation, H5S_MAX_RANK, chunk);
    if (rank != (int)d->dataset->rank)
        return rc_h5_dataset_damaged(d->path, "its chunks have no sensible shape", err);
    RC_TRY(check_chunk(d, chunk, err));
    RC_TRY(rc_h5_filters_describe(d->creation, d->path, &by_library, s, err));
    if (!is_converted && !by_library) {
        s->kind = RC_H5_CHUNKED;
        return set_grid(d, chunk, err);
    }
    s->kind = RC_H5_BLOCKS;
    s->n_filters = 0;
    return RC_OK;
}

static rc_status set_contiguous(describing *d, rc_error *err)
{
    rc_h5_storage *s = d->storage;
    H5D_space_status_t status;
    s->kind = RC_H5_CONTIGUOUS;
    s->offset = RC_H5_NOWHERE;
    if (H5Dget_space_status(d->dataset->id, &status) < 0)
        return rc_h5_dataset_damaged(d->path, "its header is damaged", err);
    if (status == H5D_SPACE_STATUS_NOT_ALLOCATED || s->n_rows == 0 || s->n_columns == 0)
        return RC_OK;
    haddr_t at = H5Dget_offset(d->dataset->id);
    if (at == HADDR_UNDEF)
        return rc_h5_dataset_damaged(d->path, "it lies nowhere in the file", err);
    uint64_t n_bytes = s->n_rows * s->n_columns * s->element_bytes; /* check_size */
    if (H5Dget_storage_size(d->dataset->id) < n_bytes)
        return rc_h5_dataset_damaged(d->path, "fewer bytes are stored than its shape needs", err);
    s->offset = at;
    return RC_OK;
}

/* What rows read that are not stored. The library converts it from a type of its own: only if that
 * is the dataset's does nothing happen to it. */
static rc_status set_fill(describing *d, rc_error *err)
{
    H5D_fill_value_t kind = H5D_FILL_VALUE_ERROR;
    rc_h5_storage *s = d->storage;
    s->fill = rc_alloc_array(s->element_bytes, 1);
    if (s->fill == NULL)
        return rc_error_nomem(err);
    if (s->kind == RC_H5_BLOCKS)
        return RC_OK;
    if (H5Pfill_value_defined(d->creation, &kind) < 0)
        return rc_h5_dataset_damaged(d->path, "its header is damaged", err);
    if (kind == H5D_FILL_VALUE_USER_DEFINED &&
        H5Pget_fill_value(d->creation, d->dataset->type, s->fill) < 0)
        return rc_h5_dataset_damaged(d->path, "its header is damaged", err);
    return RC_OK;
}

static rc_status describe_parts(describing *d, bool is_transposed, uint32_t converted_bytes,
                                rc_error *err)
{
    rc_h5_storage *s = d->storage;
    size_t n_bytes = H5Tget_size(d->dataset->type);
    if (n_bytes == 0 || n_bytes > INT32_MAX)
        return rc_h5_dataset_damaged(d->path, "its header is damaged", err);
    if (converted_bytes == RC_H5_NONE ||
        (converted_bytes == 0 && rc_h5_type_converted(d->dataset->type) != 0))
        return rc_h5_dataset_damaged(d->path, "its elements cannot be read", err);
    d->stored_bytes = (uint32_t)n_bytes;
    s->element_bytes = converted_bytes == 0 ? d->stored_bytes : converted_bytes;
    RC_TRY(set_shape(d, is_transposed, err));
    RC_TRY(check_row(d, err));
    H5D_layout_t layout = H5Pget_layout(d->creation);
    if (layout == H5D_CHUNKED)
        RC_TRY(set_chunked(d, converted_bytes != 0, err));
    else if (layout == H5D_CONTIGUOUS && converted_bytes == 0)
        RC_TRY(set_contiguous(d, err));
    else
        s->kind = RC_H5_BLOCKS;
    return set_fill(d, err);
}

rc_status rc_h5_storage_describe(const rc_h5_dataset *dataset, const char *path, bool is_transposed,
                                 uint32_t converted_bytes, uint64_t max_memory,
                                 rc_h5_storage *storage, rc_error *err)
{
    *storage = (rc_h5_storage){.path = rc_strdup(path)};
    if (storage->path == NULL)
        return rc_error_nomem(err);
    describing d = {.dataset = dataset,
                    .path = path,
                    .max_memory = max_memory == 0 ? UINT64_MAX : max_memory,
                    .creation = H5Dget_create_plist(dataset->id),
                    .storage = storage};
    rc_status st = d.creation < 0 ? rc_h5_dataset_damaged(path, "its header is damaged", err)
                                  : describe_parts(&d, is_transposed, converted_bytes, err);
    rc_h5_shut(d.creation);
    if (st < 0)
        rc_h5_storage_release(storage);
    return st;
}
