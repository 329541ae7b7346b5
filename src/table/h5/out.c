/* out.c - packed rows in, an HDF5 file of predictions out, without the HDF5 library. */
#include "table/h5/out.h"

#include <stdlib.h>

#include "base/text.h"
#include "table/h5/out_state.h"

enum {
    CHUNK_BYTES = 512 << 10, /* at most, but for one row */
    CHUNK_ROWS_LEAST = 64,   /* of a file with one chunk, if so many fit */
    TEXT_BYTES_LEAST = 8
};

static rc_h5_shape *last_shape(const rc_h5_out *out)
{
    return out->shapes[out->n_shapes - 1];
}

static void close_shape(rc_h5_shape *shape)
{
    if (shape != NULL)
        free(shape->bytes);
    free(shape);
}

/* Adds a shape of the widths that are wanted; the rows that are in no chunk yet are its first. */
static rc_status add_shape(rc_h5_out *out, rc_error *err)
{
    void *shapes = out->shapes;
    size_t n = out->form->n_members;
    rc_h5_shape *shape = rc_alloc_array(1, sizeof(*shape));
    if (shape != NULL)
        shape->bytes = rc_alloc_array(n, sizeof(*shape->bytes));
    if (shape == NULL || shape->bytes == NULL ||
        !rc_grow(&shapes, &out->shapes_capacity, out->n_shapes + 1, sizeof(*out->shapes))) {
        close_shape(shape);
        return rc_error_nomem(err);
    }
    out->shapes = shapes;
    out->shapes[out->n_shapes++] = shape;
    for (size_t f = 0; f < n; f++)
        shape->row_bytes += shape->bytes[f] = out->widths[f];
    shape->chunk_rows = 1;
    while (2 * shape->chunk_rows * shape->row_bytes <= CHUNK_BYTES)
        shape->chunk_rows *= 2;
    shape->first_chunk = out->n_cut;
    shape->first_row = out->rows_cut;
    return RC_OK;
}

static rc_status init_out(rc_h5_out *out, const rc_h5_out_options *options, rc_error *err)
{
    out->is_utf8 = rc_alloc_array(out->form->n_members, sizeof(*out->is_utf8));
    out->benches = rc_alloc_array((size_t)out->n_threads, sizeof(*out->benches));
    out->widths = rc_alloc_array(out->form->n_members, sizeof(*out->widths));
    if (out->is_utf8 == NULL || out->benches == NULL || out->widths == NULL)
        return rc_error_nomem(err);
    for (int t = 0; t < out->n_threads; t++) {
        out->benches[t].old_chunk = UINT64_MAX;
        RC_TRY(rc_h5_packer_open(&out->benches[t].packer, out->compression, options->level, err));
    }
    for (size_t f = 0; f < out->form->n_members; f++) {
        uint32_t n = out->form->members[f].n_bytes;
        out->widths[f] = n > 0 ? n : TEXT_BYTES_LEAST;
    }
    RC_TRY(rc_h5_meta_check(out->layout, err));
    return add_shape(out, err);
}

rc_status rc_h5_out_open(rc_h5_out **out, const rc_layout *layout, rc_output *output,
                         const rc_h5_out_options *options, rc_error *err)
{
    *out = NULL;
    if (!rc_output_is_file(output))
        return rc_error_set(err, RC_E_USAGE,
                            "HDF5 output needs a file: name one with --output FILE");
    rc_h5_out *o = rc_alloc_array(1, sizeof(*o));
    if (o == NULL)
        return rc_error_nomem(err);
    o->layout = layout;
    o->form = layout->h5;
    o->output = output;
    o->compression =
        options->compression == RC_COMPRESS_AUTO ? RC_COMPRESS_GZIP : options->compression;
    o->n_threads = options->n_threads;
    o->end = RC_H5_SUPER_BYTES;
    pthread_mutex_init(&o->mutex, NULL);
    pthread_cond_init(&o->turned, NULL);
    rc_status st = init_out(o, options, err);
    if (st < 0) {
        rc_h5_out_close(o);
        return st;
    }
    *out = o;
    return RC_OK;
}

static void release_batch(rc_h5_batch *batch)
{
    rc_buf_release(&batch->rows);
    free(batch->cuts);
}

static void release_benches(rc_h5_out *out)
{
    for (int t = 0; out->benches != NULL && t < out->n_threads; t++) {
        rc_h5_bench *bench = &out->benches[t];
        rc_h5_packer_close(bench->packer);
        rc_buf_release(&bench->chunk);
        rc_buf_release(&bench->packed);
        rc_buf_release(&bench->old);
        rc_buf_release(&bench->stored);
        free(bench->made);
    }
    free(out->benches);
}

void rc_h5_out_close(rc_h5_out *out)
{
    if (out == NULL)
        return;
    for (rc_h5_batch *batch; (batch = out->first) != NULL;) {
        out->first = batch->next;
        release_batch(batch);
        free(batch);
    }
    release_batch(&out->pending);
    release_benches(out);
    for (size_t s = 0; s < out->n_shapes; s++)
        close_shape(out->shapes[s]);
    free(out->shapes);
    free(out->widths);
    free(out->is_utf8);
    free(out->chunks);
    pthread_cond_destroy(&out->turned);
    pthread_mutex_destroy(&out->mutex);
    free(out);
}

static rc_status refuse_cell(const rc_h5_out *out, size_t f, size_t n, rc_error *err)
{
    const rc_field *field = &out->layout->fields[f];
    char quoted[RC_QUOTED_BYTES];
    rc_error_set(err, RC_E_DATA, "column '%s': a cell of %zu bytes; HDF5 output copies up to %d",
                 rc_text_quote(field->name, field->name_bytes, quoted), n, RC_H5_MAX_CELL_BYTES);
    rc_error_hint(err, "every row would take as much: leave the column out, or write CSV");
    return RC_E_DATA;
}

/* Notes what a row's texts ask for; *n: its bytes. *is_wider: than the last shape. */
static rc_status look_at(rc_h5_out *out, const char *row, size_t *n, bool *is_wider, rc_error *err)
{
    const rc_h5_form *form = out->form;
    const char *lengths = row + form->fixed_bytes;
    *n = form->fixed_bytes + 4 * form->n_texts;
    *is_wider = false;
    for (size_t f = 0; f < form->n_members; f++) {
        uint32_t length;
        if (form->members[f].n_bytes > 0)
            continue;
        memcpy(&length, lengths, sizeof(length));
        lengths += sizeof(length);
        if ((length & RC_H5_WIDE_TEXT) != 0)
            out->is_utf8[f] = true;
        length &= ~RC_H5_WIDE_TEXT;
        *n += length;
        if (length > RC_H5_MAX_CELL_BYTES)
            return refuse_cell(out, f, length, err);
        *is_wider |= length > out->widths[f];
        while (out->widths[f] < length)
            out->widths[f] *= 2;
    }
    return RC_OK;
}

static rc_status cut_chunk(rc_h5_out *out, size_t end, rc_error *err)
{
    rc_h5_batch *batch = &out->pending;
    void *cuts = batch->cuts;
    if (!rc_grow(&cuts, &batch->capacity, batch->n_cuts + 1, sizeof(*batch->cuts)))
        return rc_error_nomem(err);
    batch->cuts = cuts;
    batch->cuts[batch->n_cuts++] =
        (rc_h5_cut){.shape = last_shape(out), .begin = out->chunk_begin, .end = end};
    out->n_cut++;
    out->rows_cut += last_shape(out)->chunk_rows;
    out->chunk_begin = out->scanned = end;
    out->n_in_chunk = 0;
    return RC_OK;
}

/* Rows without texts are all of one size. */
static rc_status scan_plain(rc_h5_out *out, rc_error *err)
{
    size_t chunk_bytes = last_shape(out)->chunk_rows * out->form->fixed_bytes;
    while (out->pending.rows.n - out->chunk_begin >= chunk_bytes)
        RC_TRY(cut_chunk(out, out->chunk_begin + chunk_bytes, err));
    out->n_in_chunk = (out->pending.rows.n - out->chunk_begin) / out->form->fixed_bytes;
    return RC_OK;
}

/* A row that is wider may make chunks smaller, the one that it is in, too: that one is looked at
 * again from its beginning. */
static rc_status widen(rc_h5_out *out, rc_error *err)
{
    size_t chunk_rows = last_shape(out)->chunk_rows;
    RC_TRY(add_shape(out, err));
    if (last_shape(out)->chunk_rows != chunk_rows) {
        out->scanned = out->chunk_begin;
        out->n_in_chunk = 0;
    }
    return RC_OK;
}

static rc_status scan_texts(rc_h5_out *out, rc_error *err)
{
    while (out->scanned < out->pending.rows.n) {
        size_t n;
        bool is_wider;
        RC_TRY(look_at(out, out->pending.rows.data + out->scanned, &n, &is_wider, err));
        if (is_wider) {
            RC_TRY(widen(out, err)); /* the row is looked at again, and is not wider any more */
            continue;
        }
        out->scanned += n;
        if (++out->n_in_chunk == last_shape(out)->chunk_rows)
            RC_TRY(cut_chunk(out, out->scanned, err));
    }
    return RC_OK;
}

/* Hands the full chunks to whoever comes first; rows behind them stay. */
static rc_status hand_out(rc_h5_out *out, rc_error *err)
{
    rc_h5_batch *pending = &out->pending, *batch = rc_alloc_array(1, sizeof(*batch));
    rc_buf rest = {0};
    if (batch == NULL || !rc_buf_append(&rest, pending->rows.data + out->chunk_begin,
                                        pending->rows.n - out->chunk_begin)) {
        free(batch);
        return rc_error_nomem(err);
    }
    *batch = *pending;
    batch->ticket = out->n_tickets++;
    *pending = (rc_h5_batch){.rows = rest};
    out->scanned -= out->chunk_begin;
    out->chunk_begin = 0;
    pthread_mutex_lock(&out->mutex);
    if (out->first == NULL)
        out->first = batch;
    else
        out->last->next = batch;
    out->last = batch;
    pthread_mutex_unlock(&out->mutex);
    return RC_OK;
}

rc_status rc_h5_out_add(rc_h5_out *out, const char *rows, size_t n, rc_error *err)
{
    if (!rc_buf_append(&out->pending.rows, rows, n))
        return rc_error_nomem(err);
    RC_TRY(out->form->n_texts > 0 ? scan_texts(out, err) : scan_plain(out, err));
    return out->pending.n_cuts > 0 ? hand_out(out, err) : RC_OK;
}

static rc_h5_batch *take(rc_h5_out *out)
{
    pthread_mutex_lock(&out->mutex);
    rc_h5_batch *batch = out->first;
    if (batch != NULL)
        out->first = batch->next;
    pthread_mutex_unlock(&out->mutex);
    return batch;
}

static rc_status pack_batch(const rc_h5_out *out, const rc_h5_batch *batch, rc_h5_bench *bench,
                            rc_error *err)
{
    bench->n_made = bench->packed.n = 0;
    for (size_t c = 0; c < batch->n_cuts; c++) {
        const rc_h5_cut *cut = &batch->cuts[c];
        RC_TRY(rc_h5_bench_pack(bench, out->form, cut->shape, batch->rows.data + cut->begin,
                                cut->end - cut->begin, err));
    }
    return RC_OK;
}

/* By the thread whose turn it is. */
static rc_status write_made(rc_h5_out *out, const rc_h5_bench *bench, rc_error *err)
{
    void *chunks = out->chunks;
    if (!rc_grow(&chunks, &out->chunks_capacity, out->n_chunks + bench->n_made,
                 sizeof(*out->chunks)))
        return rc_error_nomem(err);
    out->chunks = chunks;
    RC_TRY(rc_output_write_at(out->output, out->end, bench->packed.data, bench->packed.n, err));
    for (size_t c = 0; c < bench->n_made; c++) {
        out->chunks[out->n_chunks++] = (rc_h5_chunk){.offset = out->end, .bytes = bench->made[c]};
        out->end += bench->made[c];
    }
    return RC_OK;
}

/* Writes what the bench has made when all before is written. Nothing is written behind a failure;
 * but each takes its turn, so that nobody waits for ever. */
static rc_status write_in_turn(rc_h5_out *out, uint64_t ticket, const rc_h5_bench *bench,
                               rc_status st, rc_error *err)
{
    pthread_mutex_lock(&out->mutex);
    while (out->turn != ticket)
        pthread_cond_wait(&out->turned, &out->mutex);
    bool may_write = out->status == RC_OK && st == RC_OK;
    pthread_mutex_unlock(&out->mutex);
    if (may_write)
        st = write_made(out, bench, err);
    pthread_mutex_lock(&out->mutex);
    if (out->status == RC_OK && st < 0) {
        out->status = st;
        out->error = *err;
    }
    st = out->status;
    *err = out->error;
    out->turn++;
    pthread_cond_broadcast(&out->turned);
    pthread_mutex_unlock(&out->mutex);
    return st;
}

rc_status rc_h5_out_after(rc_h5_out *out, int thread, rc_error *err)
{
    rc_h5_batch *batch = take(out);
    if (batch == NULL)
        return RC_OK;
    rc_error failure = {0};
    rc_h5_bench *bench = &out->benches[thread];
    rc_status st = pack_batch(out, batch, bench, &failure);
    st = write_in_turn(out, batch->ticket, bench, st, &failure);
    release_batch(batch);
    free(batch);
    if (st < 0 && err != NULL)
        *err = failure;
    return st;
}

/* A file that has no full chunk takes no more room than its rows need. */
static void shrink_only_chunk(const rc_h5_out *out)
{
    rc_h5_shape *shape = last_shape(out);
    while (out->n_cut == 0 && shape->chunk_rows / 2 >= out->n_in_chunk &&
           shape->chunk_rows > CHUNK_ROWS_LEAST)
        shape->chunk_rows /= 2;
}

/* The rows behind the last full chunk. */
static rc_status finish_chunk(rc_h5_out *out, rc_error *err)
{
    rc_h5_bench *bench = &out->benches[0];
    const rc_buf *rows = &out->pending.rows;
    shrink_only_chunk(out);
    if (out->n_in_chunk == 0)
        return RC_OK;
    bench->n_made = bench->packed.n = 0;
    RC_TRY(rc_h5_bench_pack(bench, out->form, last_shape(out), rows->data + out->chunk_begin,
                            rows->n - out->chunk_begin, err));
    return write_made(out, bench, err);
}

rc_status rc_h5_out_finish(rc_h5_out *out, rc_error *err)
{
    RC_TRY(finish_chunk(out, err));
    RC_TRY(rc_h5_out_widen(out, err));
    rc_h5_meta meta = {.layout = out->layout,
                       .shape = last_shape(out),
                       .is_utf8 = out->is_utf8,
                       .n_rows = out->rows_cut + out->n_in_chunk,
                       .chunks = out->chunks,
                       .n_chunks = out->n_chunks,
                       .compression = out->compression,
                       .level = rc_h5_packer_level(out->benches[0].packer)};
    return rc_h5_meta_write(&meta, out->output, out->end, err);
}
