/* load.c - rows of an HDF5 table from the file into memory, filters undone.
 *
 * Needed columns are sorted by where they stand; what stands together is read together, once, into
 * a buffer of its own, in which the columns then are views. Chunks are undone into their final
 * place; only transposed ones of which a packet has several in a column go through a copy. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "table/h5/rows_state.h"

enum {
    RUN_BYTES = 256 << 10,  /* small chunks are read together up to so many bytes */
    RUN_GAP = 4096,         /* and over so many that nobody needs */
    DIRECT_BYTES = 64 << 10 /* chunks without filters from so many on are read into their place */
};

/* What is being loaded. */
typedef struct load {
    rc_h5_rows *rows;
    int fd;
    const rc_h5_table *table;
    uint64_t first;
    size_t n;
    const rc_buf *blocks;
} load;

/* Where a unit is in memory. */
typedef struct unit {
    const unsigned char *base; /* first row of the column `first_column` */
    size_t row_step, column_step;
    uint64_t first_column;
    const char *texts; /* blocks: behind the elements */
    size_t n_texts;
} unit;

/* Room for n bytes and the slack behind, not kept. NULL: no memory. */
static unsigned char *room(rc_h5_part *part, uint64_t n)
{
    if (n > SIZE_MAX - RC_CSV_SLACK)
        return NULL;
    if (n + RC_CSV_SLACK > part->capacity) {
        free(part->data);
        part->capacity = 0;
        part->data = rc_alloc_lines((size_t)n + RC_CSV_SLACK);
        if (part->data == NULL)
            return NULL;
        part->capacity = (size_t)n + RC_CSV_SLACK;
    }
    memset(part->data + n, 0, RC_CSV_SLACK);
    return part->data;
}

static rc_status read_at(int fd, uint64_t offset, unsigned char *out, size_t n, rc_error *err)
{
    for (size_t got = 0; got < n;) {
        ssize_t more = pread(fd, out + got, n - got, (off_t)(offset + got));
        if (more < 0 && errno == EINTR)
            continue;
        if (more < 0)
            return rc_error_os(err, RC_E_SYSTEM, errno, "read");
        if (more == 0)
            return rc_error_set(err, RC_E_DATA, "the file ends at byte %llu",
                                (unsigned long long)(offset + got));
        got += (size_t)more;
    }
    return RC_OK;
}

static void fill_elements(const rc_h5_storage *s, unsigned char *out, size_t n)
{
    size_t done = n < s->element_bytes ? n : s->element_bytes;
    memcpy(out, s->fill, done);
    while (done < n) {
        size_t more = done < n - done ? done : n - done;
        memcpy(out + done, out, more);
        done += more;
    }
}

/* One element stands for all of them. */
static rc_status load_fill(const rc_h5_storage *s, rc_h5_part *part, unit *out, rc_error *err)
{
    unsigned char *data = room(part, s->element_bytes);
    if (data == NULL)
        return rc_error_nomem(err);
    memcpy(data, s->fill, s->element_bytes);
    *out = (unit){.base = data};
    return RC_OK;
}

/* -- Contiguous storage. ----------------------------------------------------------------------- */

/* Bytes of the rows from the first needed column to the last; the sum of products is inside the
 * file. */
static rc_status load_contiguous(const load *l, const rc_h5_storage *s, rc_h5_part *part,
                                 uint64_t low, uint64_t high, unit *out, rc_error *err)
{
    uint64_t size = s->element_bytes, stride = s->n_columns * size;
    uint64_t n = (l->n - 1) * stride + (high + 1 - low) * size;
    uint64_t at = s->offset + l->first * stride + low * size;
    if (s->is_transposed) {
        stride = size;
        n = l->n * size;
        at = s->offset + (low * s->n_rows + l->first) * size;
    }
    unsigned char *data = room(part, n);
    if (data == NULL)
        return rc_error_nomem(err);
    RC_TRY(read_at(l->fd, at, data, (size_t)n, err));
    *out = (unit){
        .base = data, .row_step = (size_t)stride, .column_step = (size_t)size, .first_column = low};
    return RC_OK;
}

/* -- Chunks. ----------------------------------------------------------------------------------- */

/* Chunks of one column of the grid, and where they go. */
typedef struct column_of_chunks {
    const rc_h5_storage *s;
    uint64_t unit;
    uint64_t begin, end; /* rows of the grid */
    size_t chunk_bytes;
    bool is_split; /* transposed, and more than one: each goes through a copy */
    unsigned char *data;
} column_of_chunks;

static const rc_h5_chunk *chunk_at(const column_of_chunks *c, uint64_t row)
{
    return &c->s->chunks[row * rc_h5_grid_columns(c->s) + c->unit];
}

/* Rows of a transposed chunk to where the packet has them. */
static void place(const load *l, const column_of_chunks *c, uint64_t row)
{
    const rc_h5_storage *s = c->s;
    size_t size = s->element_bytes;
    uint64_t begin = row * s->chunk_rows, end = begin + s->chunk_rows;
    uint64_t from = begin > l->first ? begin : l->first;
    uint64_t to = end < l->first + l->n ? end : l->first + l->n;
    for (uint64_t k = 0; k < s->chunk_columns; k++)
        memcpy(c->data + (k * l->n + (from - l->first)) * size,
               l->rows->whole.data + (k * s->chunk_rows + (from - begin)) * size,
               (size_t)(to - from) * size);
}

/* Where a chunk is undone to. */
static unsigned char *place_of(const load *l, const column_of_chunks *c, uint64_t row)
{
    return c->is_split ? l->rows->whole.data : c->data + (row - c->begin) * c->chunk_bytes;
}

static bool is_direct(const column_of_chunks *c, const rc_h5_chunk *chunk)
{
    return chunk->bytes >= DIRECT_BYTES && chunk->bytes == c->chunk_bytes &&
           rc_h5_is_plain(c->s, chunk->mask);
}

/* The first row of the grid behind a run of chunks that are read at once. */
static uint64_t run_end(const column_of_chunks *c, uint64_t row)
{
    const rc_h5_chunk *first = chunk_at(c, row);
    uint64_t end = first->offset + first->bytes;
    for (row++; row < c->end; row++) {
        const rc_h5_chunk *next = chunk_at(c, row);
        if (next->bytes == 0 || next->offset < end || next->offset - end > RUN_GAP ||
            next->offset + next->bytes - first->offset > RUN_BYTES)
            break;
        end = next->offset + next->bytes;
    }
    return row;
}

static rc_status undo_chunk(const load *l, const column_of_chunks *c, uint64_t row,
                            const unsigned char *stored, rc_error *err)
{
    const rc_h5_chunk *chunk = chunk_at(c, row);
    unsigned char *out = place_of(l, c, row);
    if (chunk->bytes == 0)
        fill_elements(c->s, out, c->chunk_bytes);
    else if (stored == NULL)
        RC_TRY(read_at(l->fd, chunk->offset, out, c->chunk_bytes, err));
    else
        RC_TRY(rc_h5_filters_undo(&l->rows->undo, c->s, chunk->mask, stored, chunk->bytes, out,
                                  c->chunk_bytes, err));
    if (c->is_split)
        place(l, c, row);
    return RC_OK;
}

/* Reads and undoes chunks from *row on, which moves behind them. On failure it is at the one that
 * is to blame. */
static rc_status load_run(const load *l, const column_of_chunks *c, uint64_t *row, rc_error *err)
{
    const rc_h5_chunk *first = chunk_at(c, *row);
    if (first->bytes == 0 || is_direct(c, first)) {
        RC_TRY(undo_chunk(l, c, *row, NULL, err));
        ++*row;
        return RC_OK;
    }
    uint64_t end = run_end(c, *row);
    const rc_h5_chunk *last = chunk_at(c, end - 1);
    uint64_t n = last->offset + last->bytes - first->offset;
    unsigned char *stored = room(&l->rows->stored, n);
    if (stored == NULL)
        return rc_error_nomem(err);
    RC_TRY(read_at(l->fd, first->offset, stored, (size_t)n, err));
    for (; *row < end; ++*row)
        RC_TRY(undo_chunk(l, c, *row, stored + (chunk_at(c, *row)->offset - first->offset), err));
    return RC_OK;
}

static bool is_all_fill(const column_of_chunks *c)
{
    for (uint64_t row = c->begin; row < c->end; row++)
        if (chunk_at(c, row)->bytes != 0)
            return false;
    return true;
}

static void chunk_steps(const load *l, const column_of_chunks *c, unit *out)
{
    const rc_h5_storage *s = c->s;
    size_t size = s->element_bytes, skipped = (size_t)(l->first - c->begin * s->chunk_rows);
    *out = (unit){.first_column = c->unit * s->chunk_columns,
                  .row_step = size * (s->is_transposed ? 1 : (size_t)s->chunk_columns),
                  .column_step = size};
    if (s->is_transposed)
        out->column_step = size * (c->is_split ? l->n : (size_t)s->chunk_rows);
    out->base = c->data + (c->is_split ? 0 : skipped * out->row_step);
}

static rc_status load_chunks(const load *l, const rc_h5_storage *s, rc_h5_part *part, uint64_t at,
                             unit *out, rc_error *err)
{
    column_of_chunks c = {.s = s,
                          .unit = at,
                          .begin = l->first / s->chunk_rows,
                          .end = (l->first + l->n - 1) / s->chunk_rows + 1};
    c.chunk_bytes = (size_t)(s->chunk_rows * s->chunk_columns * s->element_bytes);
    c.is_split = s->is_transposed && s->chunk_columns > 1 && c.end - c.begin > 1;
    if (is_all_fill(&c))
        return load_fill(s, part, out, err);
    c.data = room(part, c.is_split ? l->n * s->chunk_columns * s->element_bytes
                                   : (c.end - c.begin) * c.chunk_bytes);
    if (c.data == NULL || (c.is_split && room(&l->rows->whole, c.chunk_bytes) == NULL))
        return rc_error_nomem(err);
    for (uint64_t row = c.begin; row < c.end;) {
        rc_status st = load_run(l, &c, &row, err);
        if (st < 0)
            return rc_error_wrap(err, st, "chunk at row %llu",
                                 (unsigned long long)(row * s->chunk_rows + 1));
    }
    chunk_steps(l, &c, out);
    return RC_OK;
}

/* -- Blocks. ----------------------------------------------------------------------------------- */

static rc_status load_block(const load *l, const rc_h5_storage *s, const rc_buf *block, unit *out,
                            rc_error *err)
{
    size_t size = s->element_bytes;
    uint64_t n = l->n * s->n_columns * size;
    if (block->n < n || block->capacity - block->n < RC_CSV_SLACK)
        return rc_error_set(err, RC_E_DATA, "the block is too short");
    *out = (unit){.base = (const unsigned char *)block->data,
                  .row_step = size * (size_t)(s->is_transposed ? 1 : s->n_columns),
                  .column_step = size * (s->is_transposed ? l->n : 1),
                  .texts = block->data + n,
                  .n_texts = block->n - (size_t)n};
    return RC_OK;
}

static uint64_t little_endian_u32(const unsigned char *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Every text lies in the block. */
static rc_status check_texts(const rc_h5_view *view, size_t n, size_t n_texts, rc_error *err)
{
    for (size_t r = 0; r < n; r++) {
        const unsigned char *at = view->at + r * view->stride;
        if (little_endian_u32(at) + little_endian_u32(at + 4) > n_texts)
            return rc_error_set(err, RC_E_DATA, "a text beyond its block");
    }
    return RC_OK;
}

/* -- Units. ------------------------------------------------------------------------------------ */

static int by_place(const void *left, const void *right)
{
    const rc_h5_entry *a = left, *b = right;
    if (a->storage != b->storage)
        return a->storage < b->storage ? -1 : 1;
    if (a->unit != b->unit)
        return a->unit < b->unit ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

static uint64_t unit_of(const rc_h5_storage *s, uint64_t index)
{
    if (s->kind == RC_H5_CHUNKED)
        return index / s->chunk_columns;
    return s->kind == RC_H5_CONTIGUOUS && s->is_transposed ? index : 0;
}

static bool add_entry(rc_h5_rows *rows, const rc_h5_table *table, size_t column, bool is_mask)
{
    const rc_h5_column *c = &table->columns[column];
    void *entries = rows->entries;
    bool ok = rc_grow(&entries, &rows->entries_capacity, rows->n_entries + 1, sizeof(rc_h5_entry));
    rows->entries = entries;
    if (!ok)
        return false;
    rc_h5_entry *entry = &rows->entries[rows->n_entries++];
    *entry = (rc_h5_entry){.storage = is_mask ? c->mask : c->storage,
                           .is_mask = is_mask,
                           .index = is_mask ? 0 : c->index,
                           .column = column};
    entry->unit = unit_of(&table->storages[entry->storage], entry->index);
    return true;
}

static bool list_entries(rc_h5_rows *rows, const rc_h5_table *table, const rc_h5_need *need)
{
    bool is_sorted = true;
    rows->n_entries = 0;
    for (size_t i = 0; i < table->n_columns; i++)
        if (need->columns[i]) {
            if (!add_entry(rows, table, i, false) ||
                (table->columns[i].mask != RC_H5_NONE && !add_entry(rows, table, i, true)))
                return false;
        }
    for (size_t i = 1; i < rows->n_entries; i++)
        is_sorted = is_sorted && by_place(&rows->entries[i - 1], &rows->entries[i]) <= 0;
    if (!is_sorted)
        qsort(rows->entries, rows->n_entries, sizeof(rc_h5_entry), by_place);
    return true;
}

/* Memory of the unit after the last one. */
static rc_h5_part *next_part(rc_h5_rows *rows)
{
    size_t before = rows->parts_capacity;
    void *parts = rows->parts;
    bool ok = rc_grow(&parts, &rows->parts_capacity, rows->n_parts + 1, sizeof(rc_h5_part));
    rows->parts = parts;
    if (!ok)
        return NULL;
    if (rows->parts_capacity > before)
        memset(rows->parts + before, 0, (rows->parts_capacity - before) * sizeof(rc_h5_part));
    return &rows->parts[rows->n_parts++];
}

/* Reads what the entries [first, last], which are of one unit, need. */
static rc_status load_unit(const load *l, const rc_h5_entry *first, const rc_h5_entry *last,
                           unit *out, rc_error *err)
{
    const rc_h5_storage *s = &l->table->storages[first->storage];
    rc_h5_part *part = next_part(l->rows);
    if (part == NULL)
        return rc_error_nomem(err);
    if (s->kind == RC_H5_BLOCKS)
        return load_block(l, s, &l->blocks[first->storage], out, err);
    if (s->kind == RC_H5_CHUNKED)
        return load_chunks(l, s, part, first->unit, out, err);
    if (s->offset == RC_H5_NOWHERE)
        return load_fill(s, part, out, err);
    return load_contiguous(l, s, part, first->index, last->index, out, err);
}

static rc_status set_view(const load *l, const rc_h5_entry *entry, const unit *u, rc_error *err)
{
    const rc_h5_column *column = &l->table->columns[entry->column];
    rc_h5_view *view = &l->rows->views[entry->column];
    const unsigned char *at = u->base + (entry->index - u->first_column) * u->column_step;
    view->column = column;
    view->labels = column->labels != RC_H5_NONE ? &l->table->labels[column->labels] : NULL;
    if (entry->is_mask) {
        view->mask = at;
        view->mask_stride = u->row_step;
        return RC_OK;
    }
    view->at = at + column->offset;
    view->stride = u->row_step;
    view->texts = u->texts;
    view->f64 = rc_h5_decoder_f64(column);
    view->f32 = rc_h5_decoder_f32(column);
    return column->type == RC_H5_TEXT_VAR ? check_texts(view, l->n, u->n_texts, err) : RC_OK;
}

static rc_status load_entries(const load *l, rc_error *err)
{
    const rc_h5_entry *entries = l->rows->entries;
    for (size_t i = 0, end; i < l->rows->n_entries; i = end) {
        unit u = {0};
        for (end = i + 1; end < l->rows->n_entries; end++)
            if (entries[end].storage != entries[i].storage || entries[end].unit != entries[i].unit)
                break;
        rc_status st = load_unit(l, &entries[i], &entries[end - 1], &u, err);
        for (size_t k = i; k < end && st == RC_OK; k++)
            st = set_view(l, &entries[k], &u, err);
        if (st < 0)
            return rc_error_wrap(err, st, "dataset '%s'",
                                 l->table->storages[entries[i].storage].path);
    }
    return RC_OK;
}

rc_status rc_h5_rows_load(rc_h5_rows *rows, int fd, const rc_h5_table *table,
                          const rc_h5_need *need, uint64_t first, size_t n, const rc_buf *blocks,
                          rc_error *err)
{
    load l = {rows, fd, table, first, n, blocks};
    void *views = rows->views;
    bool ok = rc_grow(&views, &rows->views_capacity, table->n_columns, sizeof(rc_h5_view));
    rows->views = views;
    if (!ok || !list_entries(rows, table, need))
        return rc_error_nomem(err);
    for (size_t i = 0; i < table->n_columns; i++)
        rows->views[i].mask = NULL;
    rows->n_parts = 0;
    return n > 0 ? load_entries(&l, err) : RC_OK;
}
