/* map.c - where the chunks of a dataset lie.
 *
 * The library's own way to ask costs one walk through all chunks for each of them. It reads one
 * chunk by its place quickly, though, and our driver sees the read: so each chunk is read, and the
 * driver writes down where, without reading. A missing chunk fails like a damaged one; the number
 * of those found tells them apart. */
#include <stdlib.h>

#include "table/h5/reader/reader.h"

enum { FEW = 500, MANY = 1 << 16 };

void rc_h5_chunk_at(const rc_h5_storage *storage, uint64_t number, hsize_t at[2])
{
    uint64_t columns = rc_h5_grid_columns(storage);
    unsigned rows = rc_h5_row_dimension(storage);
    at[rows] = number / columns * storage->chunk_rows;
    at[1 - rows] = number % columns * storage->chunk_columns;
}

/* Whether the chunk reaches beyond the shape. */
static bool is_at_edge(const rc_h5_storage *s, const hsize_t at[2])
{
    unsigned rows = rc_h5_row_dimension(s);
    return s->n_rows - at[rows] < s->chunk_rows || s->n_columns - at[1 - rows] < s->chunk_columns;
}

/* False: there is no such chunk, or it cannot be found. */
static bool find_chunk(hid_t dataset, const hsize_t at[2], rc_h5_mapping *mapping,
                       rc_h5_chunk *chunk)
{
    unsigned char nothing[8]; /* never written */
    mapping->n_reads = 0;
    if (H5Dread_chunk(dataset, H5P_DEFAULT, at, &chunk->mask, nothing) < 0 ||
        mapping->n_reads != 1 || mapping->n_bytes == 0 || mapping->n_bytes > UINT32_MAX)
        return false;
    chunk->offset = mapping->offset;
    chunk->bytes = (uint32_t)mapping->n_bytes;
    return true;
}

/* What is being mapped. */
typedef struct mapper {
    const rc_h5_dataset *dataset;
    rc_h5_mapping *mapping;
    rc_h5_storage *s;
    bool is_edge_plain;
    uint64_t n_found;
} mapper;

static void find(mapper *m, uint64_t i, const hsize_t at[2])
{
    rc_h5_chunk *chunk = &m->s->chunks[i];
    if (chunk->bytes != 0 || !find_chunk(m->dataset->id, at, m->mapping, chunk))
        return;
    if (m->is_edge_plain && is_at_edge(m->s, at))
        chunk->mask = UINT32_MAX;
    m->n_found++;
}

static void find_all(mapper *m, uint64_t n_stored)
{
    hsize_t at[2];
    for (uint64_t i = 0; i < m->s->n_chunks && m->n_found < n_stored; i++) {
        rc_h5_chunk_at(m->s, i, at);
        find(m, i, at);
    }
}

/* Few chunks of a large grid: the library says which. */
static void find_few(mapper *m, uint64_t n_stored)
{
    unsigned rows = rc_h5_row_dimension(m->s);
    for (uint64_t i = 0; i < n_stored; i++) {
        hsize_t at[H5S_MAX_RANK] = {0}, size;
        haddr_t address;
        unsigned mask;
        if (H5Dget_chunk_info(m->dataset->id, m->dataset->space, i, at, &mask, &address, &size) < 0)
            return;
        uint64_t row = at[rows] / m->s->chunk_rows, column = at[1 - rows] / m->s->chunk_columns;
        if (row >= rc_h5_grid_rows(m->s) || column >= rc_h5_grid_columns(m->s))
            return;
        find(m, row * rc_h5_grid_columns(m->s) + column, at);
    }
}

/* Whether chunks that reach beyond the shape are stored without filters. */
static bool edges_are_plain(const rc_h5_dataset *dataset)
{
    unsigned options = 0;
    hid_t creation = H5Dget_create_plist(dataset->id);
    if (creation < 0)
        return false;
    bool told = H5Pget_chunk_opts(creation, &options) >= 0;
    H5Pclose(creation);
    return told && (options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) != 0;
}

rc_status rc_h5_storage_map(const rc_h5_dataset *dataset, rc_h5_mapping *mapping,
                            rc_h5_storage *storage, rc_error *err)
{
    hsize_t n_stored = 0;
    if (storage->kind != RC_H5_CHUNKED || storage->chunks != NULL)
        return RC_OK;
    if (storage->n_chunks > 0 && H5Dget_num_chunks(dataset->id, dataset->space, &n_stored) < 0)
        return rc_error_set(err, RC_E_DATA, "its list of chunks is damaged");
    if (n_stored > storage->n_chunks)
        return rc_error_set(err, RC_E_DATA, "it has more chunks than its shape");
    rc_h5_chunk *chunks = rc_alloc_array(storage->n_chunks, sizeof(*chunks));
    if (chunks == NULL)
        return rc_error_nomem(err);
    storage->chunks = chunks;
    mapper m = {.dataset = dataset,
                .mapping = mapping,
                .s = storage,
                .is_edge_plain = edges_are_plain(dataset)};
    mapping->is_on = true;
    if (n_stored <= FEW && storage->n_chunks > MANY)
        find_few(&m, n_stored);
    else
        find_all(&m, n_stored);
    mapping->is_on = false;
    if (m.n_found == n_stored)
        return RC_OK;
    free(chunks);
    storage->chunks = NULL;
    return rc_error_set(err, RC_E_DATA, "its list of chunks is damaged");
}
