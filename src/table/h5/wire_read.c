/* wire_read.c - the description of an HDF5 table off the wire, not a byte of it believed. */
#include <stdlib.h>

#include "table/csv_scan.h"
#include "table/h5/filters.h"
#include "table/h5/wire.h"
#include "table/h5/wire_text.h"

/* Least bytes on the wire of one of them. */
enum {
    FILTER_BYTES = 8,
    STORAGE_BYTES = 8 + 4 + 8 + 8 + 1 + 8 + 8 + 8 + 8 + 4,
    COLUMN_BYTES = 1 + 8 + 4 + 4 + 3 + 4 + 8 + 4 + 4 + 4 + 8,
    LABELS_BYTES = 9,
    MAX_ELEMENT_BYTES = 1 << 30
};

/* a * b * c is below 2^63: the least that keeps every later sum of two such in 64 bits. */
static bool fits(uint64_t a, uint64_t b, uint64_t c, uint64_t *product)
{
    return !__builtin_mul_overflow(a, b, product) &&
           !__builtin_mul_overflow(*product, c, product) && *product <= INT64_MAX;
}

/* No honest file declares so much more than it has; the reader refuses half of that already. */
static bool is_bomb(uint64_t n, uint64_t file_bytes)
{
    return n >> 33 != 0 && n / 2000 > file_bytes;
}

static void read_filter(rc_h5_parse *parse, rc_h5_storage *s, uint32_t i)
{
    rc_h5_filter *filter = &s->filters[i];
    filter->id = rc_wire_u32(&parse->wire);
    uint32_t n = rc_wire_u32(&parse->wire);
    if (!rc_h5_parse_check(parse, n <= RC_H5_MAX_FILTER_VALUES, "a filter of too many values"))
        return;
    filter->n_values = n;
    for (uint32_t k = 0; k < n; k++)
        filter->values[k] = rc_wire_u32(&parse->wire);
    rc_h5_parse_check(parse, rc_h5_filter_is_known(filter->id), "a filter that is not known");
    for (uint32_t k = 0; k < i; k++)
        rc_h5_parse_check(parse, s->filters[k].id != filter->id, "a filter that is there twice");
    rc_h5_parse_check(parse, filter->id != RC_H5_SHUFFLE || (n > 0 && filter->values[0] > 0),
                      "shuffle without a size of elements");
}

static void read_filters(rc_h5_parse *parse, rc_h5_storage *s)
{
    uint32_t n = rc_wire_u32(&parse->wire);
    if (!rc_h5_parse_check(parse, n <= RC_H5_MAX_FILTERS, "too many filters"))
        return;
    s->n_filters = n;
    for (uint32_t i = 0; i < n; i++)
        read_filter(parse, s, i);
}

static void read_fill(rc_h5_parse *parse, rc_h5_storage *s)
{
    size_t n;
    const char *fill = rc_wire_text(&parse->wire, MAX_ELEMENT_BYTES, &n);
    s->element_bytes = (uint32_t)n;
    s->fill = rc_h5_parse_array(parse, n, 1);
    rc_h5_parse_check(parse, n > 0, "an element of no bytes");
    if (fill != NULL && s->fill != NULL)
        memcpy(s->fill, fill, n);
}

static void check_chunked(rc_h5_parse *parse, rc_h5_storage *s)
{
    uint64_t n, grid;
    if (!rc_h5_parse_check(parse,
                           s->chunk_rows > 0 && s->chunk_columns > 0 &&
                               fits(s->chunk_rows, s->chunk_columns, s->element_bytes, &n) &&
                               n <= UINT32_MAX,
                           "a chunk that cannot be"))
        return;
    if (!fits(rc_h5_grid_rows(s), rc_h5_grid_columns(s), 1, &grid))
        grid = UINT64_MAX;
    s->n_chunks = grid; /* whether they are too many is looked at when all else is right */
}

static void check_storage(rc_h5_parse *parse, rc_h5_storage *s, uint64_t n_rows,
                          uint64_t file_bytes)
{
    uint64_t n = 0;
    rc_h5_parse_check(parse, s->n_rows == n_rows, "a storage of another number of rows");
    bool is_sane = rc_h5_parse_check(
        parse, fits(s->n_rows, s->n_columns, s->element_bytes, &n) && s->n_columns <= INT64_MAX,
        "a storage that is too large");
    if (!is_sane || !rc_h5_parse_ok(parse))
        return;
    if (s->kind == RC_H5_CHUNKED) {
        check_chunked(parse, s);
        return;
    }
    rc_h5_parse_check(parse, s->n_filters == 0, "filters where there are no chunks");
    rc_h5_parse_check(parse,
                      s->kind != RC_H5_CONTIGUOUS || s->offset == RC_H5_NOWHERE ||
                          (s->offset <= file_bytes && n <= file_bytes - s->offset),
                      "a storage beyond the end of the file");
}

static void read_storage(rc_h5_parse *parse, rc_h5_storage *s, uint64_t n_rows, uint64_t file_bytes)
{
    size_t n;
    s->path = rc_h5_parse_text(parse, RC_H5_MAX_NAME_BYTES, &n);
    uint32_t kind = rc_wire_u32(&parse->wire);
    s->kind = kind <= RC_H5_BLOCKS ? (rc_h5_kind)kind : RC_H5_BLOCKS;
    rc_h5_parse_check(parse, kind <= RC_H5_BLOCKS, "a storage of no known kind");
    s->n_rows = rc_wire_u64(&parse->wire);
    s->n_columns = rc_wire_u64(&parse->wire);
    s->is_transposed = rc_wire_bool(&parse->wire);
    s->offset = rc_wire_u64(&parse->wire);
    s->chunk_rows = rc_wire_u64(&parse->wire);
    s->chunk_columns = rc_wire_u64(&parse->wire);
    read_fill(parse, s);
    read_filters(parse, s);
    if (rc_h5_parse_ok(parse))
        check_storage(parse, s, n_rows, file_bytes);
}

/* Whether that type may have so many bytes. */
static bool is_width(rc_h5_type type, uint32_t n)
{
    switch (type) {
    case RC_H5_INT:
    case RC_H5_UINT:
        return n == 1 || n == 2 || n == 4 || n == 8;
    case RC_H5_FLOAT:
        return n == 2 || n == 4 || n == 8;
    case RC_H5_BOOL:
        return n == 1;
    case RC_H5_TEXT_VAR:
        return n == 8;
    default:
        return n > 0;
    }
}

static void check_column(rc_h5_parse *parse, const rc_h5_table *t, const rc_h5_column *c)
{
    if (!rc_h5_parse_check(parse, c->storage < t->n_storages, "a column of no storage"))
        return;
    const rc_h5_storage *s = &t->storages[c->storage];
    rc_h5_parse_check(parse, is_width(c->type, c->n_bytes), "a column of a width that cannot be");
    rc_h5_parse_check(parse,
                      c->index < s->n_columns && c->offset <= s->element_bytes &&
                          c->n_bytes <= s->element_bytes - c->offset,
                      "a column beyond its storage");
    rc_h5_parse_check(parse, c->type != RC_H5_TEXT_VAR || s->kind == RC_H5_BLOCKS,
                      "variable texts outside of blocks");
    rc_h5_parse_check(parse, c->labels == RC_H5_NONE || c->labels < t->n_labels,
                      "a column of labels that there are not");
    rc_h5_parse_check(parse,
                      c->labels == RC_H5_NONE || c->type == RC_H5_INT || c->type == RC_H5_UINT ||
                          c->type == RC_H5_BOOL,
                      "labels of what is no code");
    if (c->mask != RC_H5_NONE &&
        rc_h5_parse_check(parse, c->mask < t->n_storages, "a mask that there is not"))
        rc_h5_parse_check(
            parse, t->storages[c->mask].element_bytes == 1 && t->storages[c->mask].n_columns == 1,
            "a mask of another shape");
}

static void read_column(rc_h5_parse *parse, const rc_h5_table *t, rc_h5_column *c)
{
    size_t n;
    bool has_name = rc_wire_bool(&parse->wire);
    c->name = rc_h5_parse_text(parse, RC_H5_MAX_NAME_BYTES, &c->name_bytes);
    if (!has_name) {
        rc_h5_parse_check(parse, c->name_bytes == 0, "a name of a column without one");
        free(c->name);
        c->name = NULL;
        c->name_bytes = 0;
    }
    uint32_t type = rc_wire_u32(&parse->wire);
    c->type = type <= RC_H5_UNREADABLE ? (rc_h5_type)type : RC_H5_UNREADABLE;
    rc_h5_parse_check(parse, type <= RC_H5_UNREADABLE, "a column of no known type");
    c->n_bytes = rc_wire_u32(&parse->wire);
    c->is_big_endian = rc_wire_bool(&parse->wire);
    c->is_space_padded = rc_wire_bool(&parse->wire);
    c->has_nat = rc_wire_bool(&parse->wire);
    c->is_side = rc_wire_bool(&parse->wire);
    c->storage = rc_wire_u32(&parse->wire);
    c->index = rc_wire_u64(&parse->wire);
    c->offset = rc_wire_u32(&parse->wire);
    c->mask = rc_wire_u32(&parse->wire);
    c->labels = rc_wire_u32(&parse->wire);
    c->why = rc_h5_parse_text(parse, RC_H5_MAX_NAME_BYTES, &n);
    rc_h5_parse_check(parse, has_name || c->is_side || !t->has_names, "a column without its name");
    if (!rc_h5_parse_ok(parse))
        return;
    if (c->type == RC_H5_UNREADABLE) {
        c->mask = c->labels = RC_H5_NONE;
        return;
    }
    free(c->why);
    c->why = NULL;
    check_column(parse, t, c);
}

/* Texts of labels one behind the other, with room behind the last as cells have it. */
static void read_texts(rc_h5_parse *parse, rc_h5_labels *labels)
{
    rc_wire ahead = parse->wire;
    size_t n, all = 0, at = 0;
    for (size_t i = 0; i < labels->n; i++) {
        rc_wire_text(&ahead, SIZE_MAX, &n);
        if (labels->values != NULL)
            rc_wire_u64(&ahead);
        all += n + 1; /* each was in the frame: no overflow */
    }
    labels->arena = rc_h5_parse_array(parse, all + RC_CSV_SLACK, 1);
    for (size_t i = 0; i < labels->n && rc_h5_parse_ok(parse); i++) {
        const char *text = rc_wire_text(&parse->wire, SIZE_MAX, &n);
        if (labels->values != NULL)
            labels->values[i] = (int64_t)rc_wire_u64(&parse->wire);
        if (text != NULL &&
            rc_h5_parse_check(parse, memchr(text, '\0', n) == NULL, "a label with a NUL"))
            memcpy(labels->arena + at, text, n);
        labels->texts[i] = labels->arena + at;
        labels->text_bytes[i] = n;
        at += n + 1;
    }
}

/* A label on its way into the order of values. */
typedef struct pair {
    int64_t value;
    char *text;
    size_t n;
} pair;

static int by_value(const void *a, const void *b)
{
    int64_t x = ((const pair *)a)->value, y = ((const pair *)b)->value;
    return (x > y) - (x < y);
}

static void sort_labels(rc_h5_parse *parse, rc_h5_labels *labels)
{
    pair *pairs = rc_h5_parse_array(parse, labels->n, sizeof(*pairs));
    for (size_t i = 0; pairs != NULL && i < labels->n; i++)
        pairs[i] = (pair){labels->values[i], labels->texts[i], labels->text_bytes[i]};
    if (pairs != NULL)
        qsort(pairs, labels->n, sizeof(*pairs), by_value);
    for (size_t i = 0; pairs != NULL && i < labels->n; i++) {
        rc_h5_parse_check(parse, i == 0 || pairs[i].value != pairs[i - 1].value,
                          "two labels of one code");
        labels->values[i] = pairs[i].value;
        labels->texts[i] = pairs[i].text;
        labels->text_bytes[i] = pairs[i].n;
    }
    free(pairs);
}

static void read_labels(rc_h5_parse *parse, rc_h5_labels *labels)
{
    bool has_values = rc_wire_bool(&parse->wire);
    size_t n = rc_wire_count(&parse->wire, 8);
    if (!rc_h5_parse_check(parse, n <= RC_H5_MAX_LABELS, "too many labels"))
        return;
    labels->texts = rc_h5_parse_array(parse, n, sizeof(*labels->texts));
    labels->text_bytes = rc_h5_parse_array(parse, n, sizeof(*labels->text_bytes));
    if (has_values)
        labels->values = rc_h5_parse_array(parse, n, sizeof(*labels->values));
    if (!rc_h5_parse_ok(parse))
        return;
    labels->n = n;
    read_texts(parse, labels);
    if (has_values && rc_h5_parse_ok(parse))
        sort_labels(parse, labels);
}

static void read_lists(rc_h5_parse *parse, rc_h5_table *t, uint64_t file_bytes)
{
    size_t n = rc_wire_count(&parse->wire, STORAGE_BYTES);
    t->storages = rc_h5_parse_array(parse, n, sizeof(*t->storages));
    for (; t->n_storages < n && rc_h5_parse_ok(parse); t->n_storages++)
        read_storage(parse, &t->storages[t->n_storages], t->n_rows, file_bytes);
    n = rc_wire_count(&parse->wire, LABELS_BYTES);
    t->labels = rc_h5_parse_array(parse, n, sizeof(*t->labels));
    for (; t->n_labels < n && rc_h5_parse_ok(parse); t->n_labels++)
        read_labels(parse, &t->labels[t->n_labels]);
    n = rc_wire_count(&parse->wire, COLUMN_BYTES);
    t->columns = rc_h5_parse_array(parse, n, sizeof(*t->columns));
    for (; t->n_columns < n && rc_h5_parse_ok(parse); t->n_columns++)
        read_column(parse, t, &t->columns[t->n_columns]);
}

/* What is no lie, but more than anybody should hold in memory. */
static rc_status check_grids(const rc_h5_table *t, rc_error *err)
{
    for (size_t i = 0; i < t->n_storages; i++)
        if (t->storages[i].n_chunks > RC_H5_MAX_CHUNKS) {
            rc_error_set(err, RC_E_DATA, "dataset '%s': more than %d chunks", t->storages[i].path,
                         RC_H5_MAX_CHUNKS);
            rc_error_hint(err, "h5repack -l CHUNK=ROWSxCOLUMNS in.h5 out.h5 makes them larger");
            return RC_E_DATA;
        }
    return RC_OK;
}

rc_status rc_h5_table_read(rc_h5_table **out, const rc_frame *frame, uint64_t file_bytes,
                           rc_error *err)
{
    size_t n;
    rc_h5_parse parse = rc_h5_parse_begin(frame);
    *out = NULL;
    rc_h5_table *table = rc_alloc_array(1, sizeof(*table));
    if (table == NULL)
        return rc_error_nomem(err);
    table->path = rc_h5_parse_text(&parse, RC_H5_MAX_NAME_BYTES, &n);
    table->layout = rc_h5_parse_text(&parse, RC_H5_MAX_NAME_BYTES, &n);
    table->n_rows = rc_wire_u64(&parse.wire);
    rc_h5_parse_check(&parse, !is_bomb(table->n_rows, file_bytes) && table->n_rows <= INT64_MAX,
                      "more rows than can be");
    table->has_names = rc_wire_bool(&parse.wire);
    read_lists(&parse, table, file_bytes);
    rc_status st = rc_h5_parse_end(&parse, err);
    if (st == RC_OK)
        st = check_grids(table, err);
    else if (st == RC_E_DATA)
        rc_error_wrap(err, st, "the description makes no sense");
    if (st < 0)
        rc_h5_table_free(table);
    else
        *out = table;
    return st;
}
