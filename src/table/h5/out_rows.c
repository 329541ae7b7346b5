/* out_rows.c - packed rows into chunks, and narrow chunks into wide ones. */
#include <omp.h>
#include <stdlib.h>

#include "table/h5/out_state.h"

/* Chunks that are widened side by side before they are written. Fixed: where they go depends on
 * it. */
enum { GROUP = 16 };

/* Packs a chunk that is laid out. */
static rc_status add_chunk(rc_h5_bench *bench, const rc_h5_shape *shape, const char *chunk,
                           rc_error *err)
{
    void *made = bench->made;
    size_t before = bench->packed.n;
    if (!rc_grow(&made, &bench->capacity, bench->n_made + 1, sizeof(*bench->made)))
        return rc_error_nomem(err);
    bench->made = made;
    RC_TRY(rc_h5_pack(bench->packer, chunk, shape->chunk_rows * shape->row_bytes, shape->row_bytes,
                      &bench->packed, err));
    bench->made[bench->n_made++] = (uint32_t)(bench->packed.n - before);
    return RC_OK;
}

/* Returns the end of the packed row. `to` holds zeros. */
static const char *lay_out(const rc_h5_form *form, const rc_h5_shape *shape, const char *row,
                           char *to)
{
    const char *lengths = row + form->fixed_bytes, *text = lengths + 4 * form->n_texts;
    for (size_t f = 0; f < form->n_members; f++) {
        size_t n = form->members[f].n_bytes;
        if (n > 0) {
            memcpy(to, row, n);
            row += n;
        } else {
            uint32_t length;
            memcpy(&length, lengths, sizeof(length));
            lengths += sizeof(length);
            length &= ~RC_H5_WIDE_TEXT;
            memcpy(to, text, length);
            text += length;
        }
        to += shape->bytes[f];
    }
    return text;
}

/* Room for a chunk of zeros. */
static bool clear_chunk(rc_h5_bench *bench, const rc_h5_shape *shape)
{
    size_t n = shape->chunk_rows * shape->row_bytes;
    bench->chunk.n = 0;
    if (!rc_buf_reserve(&bench->chunk, n))
        return false;
    memset(bench->chunk.data, 0, n);
    bench->chunk.n = n;
    return true;
}

rc_status rc_h5_bench_pack(rc_h5_bench *bench, const rc_h5_form *form, const rc_h5_shape *shape,
                           const char *rows, size_t n, rc_error *err)
{
    if (form->n_texts == 0 && n == shape->chunk_rows * shape->row_bytes)
        return add_chunk(bench, shape, rows, err);
    if (!clear_chunk(bench, shape))
        return rc_error_nomem(err);
    char *to = bench->chunk.data;
    for (const char *row = rows; row < rows + n; to += shape->row_bytes)
        row = lay_out(form, shape, row, to);
    return add_chunk(bench, shape, bench->chunk.data, err);
}

/* What is widened: chunks 0 .. n_old of several shapes become n_new of the last. */
typedef struct widening {
    rc_h5_out *out;
    const rc_h5_shape *shape;
    uint64_t n_old, n_new;
    rc_h5_chunk *made; /* (n_new) */
    uint64_t free_at;  /* what is before free_end and not before this may be written over */
} widening;

/* Of several that begin with the same chunk the last counts. */
static const rc_h5_shape *shape_of_row(const rc_h5_out *out, uint64_t row)
{
    size_t s = out->n_shapes - 1;
    while (out->shapes[s]->first_row > row)
        s--;
    return out->shapes[s];
}

static uint64_t old_chunk_of_row(const rc_h5_out *out, uint64_t row)
{
    const rc_h5_shape *shape = shape_of_row(out, row);
    return shape->first_chunk + (row - shape->first_row) / shape->chunk_rows;
}

static rc_status load_old(const rc_h5_out *out, rc_h5_bench *bench, const rc_h5_shape *shape,
                          uint64_t chunk, rc_error *err)
{
    const rc_h5_chunk *at = &out->chunks[chunk];
    size_t n = shape->chunk_rows * shape->row_bytes;
    if (bench->old_chunk == chunk)
        return RC_OK;
    bench->old_chunk = UINT64_MAX;
    bench->stored.n = bench->old.n = 0;
    if (!rc_buf_reserve(&bench->stored, at->bytes) || !rc_buf_reserve(&bench->old, n))
        return rc_error_nomem(err);
    RC_TRY(rc_output_read_at(out->output, at->offset, bench->stored.data, at->bytes, err));
    RC_TRY(rc_h5_unpack(bench->packer, bench->stored.data, at->bytes, shape->row_bytes,
                        bench->old.data, n, err));
    bench->old_chunk = chunk;
    return RC_OK;
}

static void widen_rows(const rc_h5_form *form, const rc_h5_shape *old, const char *from,
                       const rc_h5_shape *shape, char *to)
{
    for (size_t r = 0; r < shape->chunk_rows; r++)
        for (size_t f = 0; f < form->n_members; f++) {
            memcpy(to, from, old->bytes[f]);
            from += old->bytes[f];
            to += shape->bytes[f];
        }
}

static rc_status make_chunk(const widening *w, rc_h5_bench *bench, uint64_t chunk, rc_error *err)
{
    uint64_t row = chunk * w->shape->chunk_rows;
    const rc_h5_shape *old = shape_of_row(w->out, row);
    RC_TRY(load_old(w->out, bench, old, old_chunk_of_row(w->out, row), err));
    if (!clear_chunk(bench, w->shape))
        return rc_error_nomem(err);
    size_t first = (row - old->first_row) % old->chunk_rows;
    widen_rows(w->out->form, old, bench->old.data + first * old->row_bytes, w->shape,
               bench->chunk.data);
    return add_chunk(bench, w->shape, bench->chunk.data, err);
}

/* What one thread has made of a group, in order: a chunk of it. */
typedef struct piece {
    const rc_h5_bench *bench;
    size_t begin, n;
    rc_status status;
    rc_error error;
} piece;

static rc_status make_group(const widening *w, uint64_t first, int n, piece *pieces, rc_error *err)
{
    rc_h5_out *out = w->out;
    for (int t = 0; t < out->n_threads; t++)
        out->benches[t].packed.n = out->benches[t].n_made = 0;
#pragma omp parallel for num_threads(out->n_threads) schedule(static) default(none) \
    shared(w, out, first, n, pieces)
    for (int i = 0; i < n; i++) {
        rc_h5_bench *bench = &out->benches[omp_get_thread_num()];
        piece *p = &pieces[i];
        p->bench = bench;
        p->begin = bench->packed.n;
        p->status = make_chunk(w, bench, first + (uint64_t)i, &p->error);
        p->n = bench->packed.n - p->begin;
    }
    for (int i = 0; i < n; i++) {
        if (pieces[i].status >= 0)
            continue;
        if (err != NULL)
            *err = pieces[i].error;
        return pieces[i].status;
    }
    return RC_OK;
}

/* Chunks that have been read may be written over; what does not fit there goes to the end. */
static rc_status place(widening *w, uint64_t chunk, const piece *p, uint64_t free_end,
                       rc_error *err)
{
    bool fits = w->free_at + p->n <= free_end;
    uint64_t offset = fits ? w->free_at : w->out->end;
    RC_TRY(rc_output_write_at(w->out->output, offset, p->bench->packed.data + p->begin, p->n, err));
    w->made[chunk] = (rc_h5_chunk){.offset = offset, .bytes = (uint32_t)p->n};
    if (fits)
        w->free_at += p->n;
    else
        w->out->end += p->n;
    return RC_OK;
}

static rc_status widen_group(widening *w, uint64_t first, int n, piece *pieces, rc_error *err)
{
    const rc_h5_out *out = w->out;
    RC_TRY(make_group(w, first, n, pieces, err));
    uint64_t next = first + (uint64_t)n;
    uint64_t still_needed =
        next < w->n_new ? old_chunk_of_row(out, next * w->shape->chunk_rows) : w->n_old - 1;
    const rc_h5_chunk *at = &out->chunks[still_needed];
    uint64_t free_end = next < w->n_new ? at->offset : at->offset + at->bytes;
    for (int i = 0; i < n; i++)
        RC_TRY(place(w, first + (uint64_t)i, &pieces[i], free_end, err));
    return RC_OK;
}

static rc_status widen_all(widening *w, rc_error *err)
{
    piece *pieces = rc_alloc_array(GROUP, sizeof(*pieces));
    rc_status st = pieces != NULL ? RC_OK : rc_error_nomem(err);
    for (uint64_t c = 0; st == RC_OK && c < w->n_new; c += GROUP)
        st = widen_group(w, c, (int)(w->n_new - c < GROUP ? w->n_new - c : GROUP), pieces, err);
    free(pieces);
    return st;
}

rc_status rc_h5_out_widen(rc_h5_out *out, rc_error *err)
{
    const rc_h5_shape *shape = out->shapes[out->n_shapes - 1];
    widening w = {.out = out,
                  .shape = shape,
                  .n_old = shape->first_chunk,
                  .n_new = shape->first_row / shape->chunk_rows,
                  .free_at = RC_H5_SUPER_BYTES};
    if (w.n_old == 0)
        return RC_OK;
    uint64_t n_rest = out->n_chunks - w.n_old;
    w.made = rc_alloc_array(w.n_new + n_rest, sizeof(*w.made));
    if (w.made == NULL)
        return rc_error_nomem(err);
    rc_status st = widen_all(&w, err);
    if (st < 0) {
        free(w.made);
        return st;
    }
    memcpy(w.made + w.n_new, out->chunks + w.n_old, n_rest * sizeof(*w.made));
    free(out->chunks);
    out->chunks = w.made;
    out->n_chunks = w.n_new + n_rest;
    return RC_OK;
}
