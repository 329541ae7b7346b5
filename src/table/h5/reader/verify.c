/* verify.c - a map is believed when bytes read by it equal what the library reads. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "io/input.h"
#include "table/h5/filters.h"
#include "table/h5/reader/reader.h"

enum { MOST_CHUNKS = 18, MOST_STORED = 16 << 20, MOST_UNDONE = 1 << 20 };

/* What stands between the chunks of one storage. */
typedef struct verifying {
    const rc_h5_dataset *dataset;
    const rc_h5_storage *s;
    int fd;
    rc_h5_undo undo;
    uint64_t n_stored, n_undone; /* bytes so far */
    unsigned char *own, *theirs; /* stored bytes, or those of rows */
    size_t own_bytes, their_bytes;
    unsigned char *undone;
    size_t undone_bytes;
} verifying;

/* A box of elements, in the file's order of dimensions. */
typedef struct box {
    hsize_t at[2], count[2];
} box;

static bool read_theirs(const verifying *v, const box *b)
{
    return rc_h5_box_read(v->dataset, v->dataset->type, b->at, b->count, H5P_DEFAULT, v->theirs);
}

static bool make_room(verifying *v, size_t n)
{
    return rc_grow((void **)&v->own, &v->own_bytes, n, 1) &&
           rc_grow((void **)&v->theirs, &v->their_bytes, n, 1);
}

/* -- chunks ------------------------------------------------------------------------------------ */

static void shape_of_chunk(const rc_h5_storage *s, hsize_t out[2])
{
    unsigned rows = rc_h5_row_dimension(s);
    out[rows] = s->chunk_rows;
    out[1 - rows] = s->chunk_columns;
}

/* What of the chunk is inside the shape. */
static box box_of(const verifying *v, uint64_t number)
{
    box b;
    rc_h5_chunk_at(v->s, number, b.at);
    shape_of_chunk(v->s, b.count);
    for (unsigned i = 0; i < v->dataset->rank; i++)
        if (b.count[i] > v->dataset->shape[i] - b.at[i])
            b.count[i] = v->dataset->shape[i] - b.at[i];
    return b;
}

static rc_status compare_stored(verifying *v, const rc_h5_chunk *chunk, const box *b, rc_error *err)
{
    hsize_t size = 0;
    uint32_t mask = 0;
    if (!make_room(v, chunk->bytes))
        return rc_error_nomem(err);
    if (!rc_file_read_at(v->fd, chunk->offset, v->own, chunk->bytes))
        return rc_error_set(err, RC_E_DATA, "a chunk lies beyond the end of the file");
    v->n_stored += chunk->bytes;
    if (H5Dget_chunk_storage_size(v->dataset->id, b->at, &size) < 0 || size != chunk->bytes ||
        H5Dread_chunk(v->dataset->id, H5P_DEFAULT, b->at, &mask, v->theirs) < 0 ||
        memcmp(v->own, v->theirs, chunk->bytes) != 0 ||
        (mask != chunk->mask && chunk->mask != UINT32_MAX))
        return rc_error_set(err, RC_E_DATA, "the library reads other chunks than were found");
    return RC_OK;
}

/* The box out of a chunk that is whole, row by row, against what the library reads. */
static bool is_same(const verifying *v, const box *b)
{
    hsize_t shape[2];
    shape_of_chunk(v->s, shape);
    size_t element = v->s->element_bytes, width = v->dataset->rank == 1 ? 1 : shape[1];
    size_t n = (v->dataset->rank == 1 ? 1 : b->count[1]) * element;
    for (hsize_t i = 0; i < b->count[0]; i++)
        if (memcmp(v->undone + i * width * element, v->theirs + i * n, n) != 0)
            return false;
    return true;
}

static void fill_chunk(const verifying *v, size_t n)
{
    for (size_t at = 0; at < n; at += v->s->element_bytes)
        memcpy(v->undone + at, v->s->fill, v->s->element_bytes);
}

static rc_status undo_chunk(verifying *v, const rc_h5_chunk *chunk, const box *b, size_t n,
                            rc_error *err)
{
    rc_status st =
        rc_h5_filters_undo(&v->undo, v->s, chunk->mask, v->own, chunk->bytes, v->undone, n, err);
    if (st < 0)
        rc_error_wrap(err, st, "chunk at row %" PRIu64,
                      (uint64_t)b->at[rc_h5_row_dimension(v->s)] + 1);
    return st;
}

static rc_status compare_undone(verifying *v, const rc_h5_chunk *chunk, const box *b, rc_error *err)
{
    uint64_t n = v->s->chunk_rows * v->s->chunk_columns * v->s->element_bytes; /* < 4 GiB */
    if (n > MOST_UNDONE - v->n_undone)
        return RC_OK;
    v->n_undone += n;
    if (!make_room(v, n) || !rc_grow((void **)&v->undone, &v->undone_bytes, n, 1))
        return rc_error_nomem(err);
    if (chunk->bytes == 0)
        fill_chunk(v, n);
    else
        RC_TRY(undo_chunk(v, chunk, b, n, err));
    memset(v->theirs, 0, n); /* what has no fill value stays as it is */
    if (!read_theirs(v, b))
        return rc_error_set(err, RC_E_DATA, "the library cannot read it");
    return is_same(v, b) ? RC_OK : rc_error_set(err, RC_E_DATA, "the library reads other values");
}

static rc_status verify_chunk(verifying *v, uint64_t number, rc_error *err)
{
    const rc_h5_chunk *chunk = &v->s->chunks[number];
    box b = box_of(v, number);
    if (chunk->bytes > MOST_STORED - v->n_stored)
        return RC_OK;
    if (chunk->bytes != 0)
        RC_TRY(compare_stored(v, chunk, &b, err));
    return compare_undone(v, chunk, &b, err);
}

/* The first, the last, then others at even distances. */
static rc_status verify_chunks(verifying *v, rc_error *err)
{
    uint64_t n = v->s->n_chunks, others = n > 2 ? n - 2 : 0;
    if (n == 0 || v->s->chunks == NULL)
        return RC_OK;
    RC_TRY(verify_chunk(v, 0, err));
    if (n > 1)
        RC_TRY(verify_chunk(v, n - 1, err));
    if (others > MOST_CHUNKS - 2)
        others = MOST_CHUNKS - 2;
    for (uint64_t i = 0; i < others; i++)
        RC_TRY(verify_chunk(v, 1 + (n - 2) * i / others, err));
    return RC_OK;
}

/* -- one run of bytes -------------------------------------------------------------------------- */

static rc_status verify_element(verifying *v, uint64_t number, rc_error *err)
{
    size_t n = v->s->element_bytes;
    uint64_t width = v->dataset->rank == 1 ? 1 : v->dataset->shape[1];
    box b = {.at = {number / width, number % width}, .count = {1, 1}};
    if (!make_room(v, n))
        return rc_error_nomem(err);
    memset(v->theirs, 0, n);
    if (v->s->offset == RC_H5_NOWHERE)
        memcpy(v->own, v->s->fill, n);
    else if (!rc_file_read_at(v->fd, v->s->offset + number * n, v->own, n))
        return rc_error_set(err, RC_E_DATA, "its bytes lie beyond the end of the file");
    if (!read_theirs(v, &b))
        return rc_error_set(err, RC_E_DATA, "the library cannot read it");
    return memcmp(v->own, v->theirs, n) == 0
               ? RC_OK
               : rc_error_set(err, RC_E_DATA, "the library reads other values");
}

static rc_status verify_run(verifying *v, rc_error *err)
{
    uint64_t n = v->s->n_rows * v->s->n_columns;
    if (n == 0)
        return RC_OK;
    RC_TRY(verify_element(v, 0, err));
    return n == 1 ? RC_OK : verify_element(v, n - 1, err);
}

rc_status rc_h5_storage_verify(const rc_h5_dataset *dataset, int fd, const rc_h5_storage *storage,
                               rc_error *err)
{
    verifying v = {.dataset = dataset, .s = storage, .fd = fd};
    rc_status st = RC_OK;
    if (storage->kind == RC_H5_CHUNKED)
        st = verify_chunks(&v, err);
    else if (storage->kind == RC_H5_CONTIGUOUS)
        st = verify_run(&v, err);
    rc_h5_undo_release(&v.undo);
    free(v.own);
    free(v.theirs);
    free(v.undone);
    return st;
}
