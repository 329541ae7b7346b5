/* fuzz_h5.c - any description, chunk list, block and file bytes: refused, or read without harm.
 *
 * Input: a byte that chooses. 0: filters are undone: a byte that is their number, then for each a
 * byte that is its kind and one that is its first value, u8 mask, u16 bytes of the chunk, the
 * bytes. Else: u32 length and the frame of a description, the same of one chunk list for each
 * storage, and what is left is the file, and every block. All little-endian. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "table/csv_scan.h"
#include "table/h5/filters.h"
#include "table/h5/rows.h"
#include "table/h5/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_MEMORY = 1 << 22, MOST_ROWS = 512 };

static void fuzz_filters(rc_wire *in)
{
    static const uint32_t kinds[] = {RC_H5_DEFLATE, RC_H5_SHUFFLE, RC_H5_FLETCHER32, RC_H5_LZ4,
                                     RC_H5_ZSTD};
    rc_h5_storage storage = {0};
    rc_h5_undo undo = {0};
    const unsigned char *head = rc_wire_bytes(in, 1);
    storage.n_filters = head != NULL ? head[0] % (RC_H5_MAX_FILTERS + 1) : 0;
    for (uint32_t i = 0; i < storage.n_filters; i++) {
        const unsigned char *f = rc_wire_bytes(in, 2);
        if (f != NULL)
            storage.filters[i] = (rc_h5_filter){kinds[f[0] % 5], 1, {f[1]}};
    }
    const unsigned char *tail = rc_wire_bytes(in, 3);
    if (tail == NULL)
        return;
    size_t n_out = 1 + (tail[1] | (size_t)tail[2] << 8);
    unsigned char *out = malloc(n_out);
    if (out == NULL)
        abort();
    for (int again = 0; again < 2; again++)
        (void)rc_h5_filters_undo(&undo, &storage, tail[0], in->at, (size_t)(in->end - in->at), out,
                                 n_out, NULL);
    rc_h5_undo_release(&undo);
    free(out);
}

static rc_frame next_frame(rc_wire *in)
{
    size_t left = (size_t)(in->end - in->at), n = rc_wire_u32(in);
    left = (size_t)(in->end - in->at);
    n = n < left ? n : left;
    return (rc_frame){.data = rc_wire_bytes(in, n), .n = n};
}

/* Looks at every byte that a caller might. */
static unsigned sum_bytes(const void *bytes, size_t n)
{
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += ((const unsigned char *)bytes)[i];
    return sum;
}

static void read_column(const rc_h5_rows *rows, const rc_h5_table *table, size_t column, size_t n,
                        volatile unsigned *sink)
{
    char scratch[RC_H5_CELL_BYTES + 64] = {0};
    double wide[64];
    float narrow[64];
    unsigned char raw[64 * 8];
    size_t n_bytes;
    for (size_t r = 0; r < n; r++) {
        const char *cell = rc_h5_rows_cell(rows, column, r, scratch, &n_bytes);
        if (cell != NULL)
            *sink += sum_bytes(cell, n_bytes + RC_CSV_SLACK);
    }
    for (size_t r = 0; rc_h5_is_number(&table->columns[column]) && r < n; r += 64) {
        size_t tile = n - r < 64 ? n - r : 64;
        uint64_t missing = rc_h5_rows_f64(rows, column, r, tile, wide);
        if (missing != rc_h5_rows_f32(rows, column, r, tile, narrow))
            abort();
        rc_h5_rows_raw(rows, column, r, tile, raw);
        *sink += sum_bytes(raw, tile * table->columns[column].n_bytes);
        for (size_t i = 0; i < tile; i++)
            if ((missing >> i & 1) != (wide[i] != wide[i]) ||
                (wide[i] != wide[i]) != (narrow[i] != narrow[i]))
                abort();
    }
}

static void read_rows(const rc_h5_table *table, const rc_h5_need *need, int fd, rc_buf *blocks)
{
    volatile unsigned sink = 0;
    rc_h5_rows *rows;
    uint64_t n = rc_h5_packet_rows(table, need, 1 << 14);
    if (n > MOST_ROWS)
        n = MOST_ROWS;
    if (n > table->n_rows || rc_h5_packet_memory(table, need, n) > MOST_MEMORY)
        return;
    if (rc_h5_rows_open(&rows, NULL) < 0)
        abort();
    const uint64_t firsts[] = {0, table->n_rows - n, (table->n_rows - n) / 2};
    for (int i = 0; i < 3; i++) {
        if (rc_h5_rows_load(rows, fd, table, need, firsts[i], (size_t)n, blocks, NULL) < 0)
            continue;
        for (size_t c = 0; c < table->n_columns; c++)
            if (need->columns[c])
                read_column(rows, table, c, (size_t)n, &sink);
    }
    rc_h5_rows_close(rows);
}

static void read_table(rc_h5_table *table, const rc_wire *file)
{
    size_t n = (size_t)(file->end - file->at);
    rc_h5_need need;
    rc_buf *blocks = calloc(table->n_storages + 1, sizeof(*blocks));
    int fd = memfd_create("fuzz", 0);
    if (blocks == NULL || fd < 0 || rc_h5_need_init(&need, table, NULL) < 0 ||
        (n > 0 && write(fd, file->at, n) != (ssize_t)n))
        abort();
    for (size_t i = 0; i < table->n_storages; i++) {
        if (!rc_buf_append(&blocks[i], file->at, n))
            abort();
        blocks[i].data = realloc(blocks[i].data, n + RC_CSV_SLACK); /* not a byte more */
        blocks[i].capacity = n + RC_CSV_SLACK;
        memset(blocks[i].data + n, 0, RC_CSV_SLACK);
    }
    for (size_t c = 0; c < table->n_columns; c++)
        (void)rc_h5_need_add(&need, table, c, NULL);
    read_rows(table, &need, fd, blocks);
    for (size_t i = 0; i < table->n_storages; i++)
        rc_buf_release(&blocks[i]);
    rc_h5_need_release(&need);
    free(blocks);
    close(fd);
}

/* What is written reads back. */
static void check_again(const rc_h5_table *table, uint64_t file_bytes)
{
    rc_buf first = {0}, second = {0};
    rc_h5_table *again;
    if (!rc_h5_table_write(&first, table))
        abort();
    rc_frame frame = {.data = (unsigned char *)first.data, .n = first.n};
    if (rc_h5_table_read(&again, &frame, file_bytes, NULL) < 0 ||
        !rc_h5_table_write(&second, again) || first.n != second.n ||
        memcmp(first.data, second.data, first.n) != 0)
        abort();
    rc_h5_table_free(again);
    rc_buf_release(&first);
    rc_buf_release(&second);
}

static void fuzz_table(rc_wire *in)
{
    rc_h5_table *table;
    rc_error err = {0};
    uint64_t file_bytes = (uint64_t)(in->end - in->at);
    rc_frame frame = next_frame(in);
    if (rc_h5_table_read(&table, &frame, file_bytes, &err) < 0) {
        if (err.text[0] == '\0')
            abort();
        return;
    }
    check_again(table, file_bytes);
    bool ok = true;
    for (size_t i = 0; i < table->n_storages; i++)
        if (table->storages[i].kind == RC_H5_CHUNKED) {
            frame = next_frame(in);
            ok = rc_h5_chunks_read(&table->storages[i], &frame, file_bytes, NULL) == RC_OK && ok;
        }
    if (ok)
        read_table(table, in);
    rc_h5_table_free(table);
}

static void fuzz_others(const rc_wire *in)
{
    rc_h5_tree *tree;
    rc_h5_request request;
    rc_frame frame = {.data = in->at, .n = (size_t)(in->end - in->at)};
    if (rc_h5_tree_read(&tree, &frame, NULL) == RC_OK)
        rc_h5_tree_free(tree);
    if (rc_h5_request_read(&request, &frame, NULL) == RC_OK)
        rc_h5_request_release(&request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > 1 << 16)
        return 0;
    rc_wire in = {.at = data + 1, .end = data + size};
    if (data[0] == 0)
        fuzz_filters(&in);
    else if (data[0] == 1)
        fuzz_others(&in);
    else
        fuzz_table(&in);
    return 0;
}
