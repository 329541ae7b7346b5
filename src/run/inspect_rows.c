/* inspect_rows.c - read the first rows of a table for its description. */
#include <stdlib.h>

#include "base/text.h"
#include "metrics/results.h"
#include "run/inspect.h"
#include "run/source.h"
#include "table/csv_split.h"

enum {
    FIRST_ROWS = 5,
    FIRST_CELLS = 1 << 20, /* that are kept of them */
    BATCH_RECORDS = 64,
    WIDE_COLUMNS = 4096 /* from here on the places of cells of a batch take too much memory */
};

/* One look through a table. */
typedef struct look {
    rc_inspect_file *file;
    rc_cell_rules rules;
    rc_source *source;
    const rc_schema *schema;
    rc_splitter *splitter;
    rc_packet packet;
    rc_column_guess *columns;
    size_t most_distinct, max_line_bytes;
    rc_inspected_table table;
    size_t n_first_cells;
    uint64_t line; /* line ends before the packet */
} look;

/* Of a record that ends before `limit`. */
static rc_line_end line_end_at(const char *end, const char *limit)
{
    if (end >= limit)
        return RC_LINE_END_ABSENT;
    if (*end == '\n')
        return RC_LINE_END_LF;
    return end + 1 < limit && end[1] == '\n' ? RC_LINE_END_CRLF : RC_LINE_END_CR;
}

static void note_line_end(look *l, rc_line_end end)
{
    rc_line_end *seen = &l->table.line_end;
    if (end != RC_LINE_END_ABSENT)
        *seen = *seen == RC_LINE_END_ABSENT || *seen == end ? end : RC_LINE_END_MIXED;
}

/* The header has gone by; its bytes are still in the head of the file, if it is not very long. */
static void note_header(look *l)
{
    const rc_buf *head = &l->file->head;
    size_t n = l->schema->header_bytes;
    l->table.has_mark = head->n >= 3 && memcmp(head->data, "\xef\xbb\xbf", 3) == 0;
    if (!l->schema->has_header || n > head->n)
        return;
    l->table.has_quotes = memchr(head->data, '"', n) != NULL;
    const char *end = head->data + n;
    if (n > 1 && end[-1] == '\n')
        note_line_end(l, end[-2] == '\r' ? RC_LINE_END_CRLF : RC_LINE_END_LF);
    else if (n > 0 && end[-1] == '\r')
        note_line_end(l, RC_LINE_END_CR);
}

static rc_status open_look(look *l, rc_error *err)
{
    const rc_inspect_options *opt = l->file->opt;
    rc_source_options options = {
        .inputs = {&l->file->path, 1},
        .dialect = {.delimiter = opt->input_format == RC_INPUT_TSV && opt->delimiter < 0
                                     ? '\t'
                                     : opt->delimiter,
                    .header = opt->header,
                    .max_columns = opt->max_columns,
                    .decimal = opt->decimal},
        .packet_bytes = RC_PACKET_BYTES,
        .max_line_bytes = l->max_line_bytes,
        .opened = l->file->input,
        .head = l->file->head.data,
        .n_head = l->file->head.n,
    };
    l->file->input = NULL;
    RC_TRY(rc_source_open(&l->source, &options, err));
    l->schema = rc_source_schema(l->source);
    l->line = l->schema->header_lines;
    l->most_distinct = rc_inspect_most_distinct(l->schema->n_columns);
    l->table.n_columns = l->table.n_described = l->schema->n_columns;
    if (!opt->json && l->table.n_described > RC_INSPECT_SHOWN)
        l->table.n_described = RC_INSPECT_SHOWN;
    l->columns = rc_alloc_array(l->table.n_described, sizeof(*l->columns));
    l->table.first_rows = json_array();
    if (l->columns == NULL || l->table.first_rows == NULL)
        return rc_error_nomem(err);
    note_header(l);
    size_t n_batch = l->schema->n_columns < WIDE_COLUMNS ? BATCH_RECORDS : 1;
    return rc_splitter_open(&l->splitter, l->schema->delimiter, l->schema->n_columns, n_batch, err);
}

static void close_look(look *l)
{
    for (size_t c = 0; l->columns != NULL && c < l->table.n_described; c++)
        rc_column_guess_release(&l->columns[c]);
    free(l->columns);
    rc_splitter_close(l->splitter);
    rc_source_close(l->source);
    json_decref(l->table.first_rows);
    rc_packet_free_data(&l->packet);
}

/* Keeps the cells of one of the first rows. */
static rc_status keep_row(look *l, const rc_record *record, rc_error *err)
{
    json_t *row = json_array();
    size_t n_kept = record->n_cells;
    if (n_kept > l->table.n_described)
        n_kept = l->table.n_described;
    l->n_first_cells += n_kept;
    bool ok = row != NULL;
    for (size_t c = 0; c < n_kept && ok; c++) {
        size_t n;
        const char *cell = rc_record_cell(record, c, &n);
        ok = json_array_append_new(row, rc_results_text(cell, n)) == 0;
    }
    if (ok && json_array_append(l->table.first_rows, row) != 0)
        ok = false;
    json_decref(row);
    return ok ? RC_OK : rc_error_nomem(err);
}

static rc_status refuse_long(const look *l, const rc_record *record, rc_error *err)
{
    uint64_t line = l->line + record->line + 1;
    rc_source_refuse_long(record->raw, record->raw_bytes, l->max_line_bytes, err);
    if (err != NULL)
        err->row = line;
    return rc_error_wrap(err, RC_E_DATA, "%s:%llu", rc_input_name(l->file->path),
                         (unsigned long long)line);
}

static rc_status look_at(look *l, const rc_record *record, rc_error *err)
{
    const char *limit = l->packet.data + l->packet.n_bytes;
    if (record->raw_bytes > l->max_line_bytes)
        return refuse_long(l, record, err);
    note_line_end(l, line_end_at(record->raw + record->raw_bytes, limit));
    l->table.has_quotes =
        l->table.has_quotes || record->has_quotes || record->text != l->packet.data;
    if (l->table.n_rows++ < FIRST_ROWS && l->n_first_cells + l->table.n_described <= FIRST_CELLS)
        RC_TRY(keep_row(l, record, err));
    if (record->n_cells != l->schema->n_columns) {
        l->table.n_ragged++;
        return RC_OK;
    }
    for (size_t c = 0; c < l->table.n_described; c++) {
        size_t n;
        const char *cell = rc_record_cell(record, c, &n);
        RC_TRY(rc_column_guess_add(&l->columns[c], &l->rules, l->most_distinct, cell, n, err));
    }
    return RC_OK;
}

/* The text of a packet's failure, with its place. */
static rc_status refuse_packet(const look *l, rc_error *err)
{
    const rc_packet *packet = &l->packet;
    if (err != NULL)
        *err = packet->error;
    if (!packet->has_line)
        return packet->status;
    uint64_t line = l->line + packet->error_line + 1;
    if (err != NULL)
        err->row = line;
    return rc_error_wrap(err, packet->status, "%s:%llu", rc_input_name(l->file->path),
                         (unsigned long long)line);
}

/* All rows of the packet, or RC_END where one comes that is not to be looked at. */
static rc_status look_through(look *l, rc_error *err)
{
    const rc_record *records;
    size_t n;
    if (l->packet.status < 0)
        return refuse_packet(l, err);
    RC_TRY(rc_splitter_begin(l->splitter, l->packet.data, l->packet.n_bytes, l->packet.has_quote,
                             err));
    for (;;) {
        rc_status st = rc_splitter_next(l->splitter, &records, &n, err);
        if (st < 0)
            return st;
        if (st == RC_END)
            break;
        for (size_t r = 0; r < n; r++) {
            if (l->table.n_rows == l->file->opt->limit)
                return RC_END;
            RC_TRY(look_at(l, &records[r], err));
        }
    }
    l->line += rc_splitter_lines(l->splitter);
    return RC_OK;
}

static rc_status look_at_all(look *l, rc_error *err)
{
    for (;;) {
        bool is_slow;
        rc_status st = rc_source_next(l->source, &l->packet, &is_slow);
        l->table.is_all = st == RC_END;
        if (st == RC_END)
            return RC_OK;
        if (st == RC_OK)
            st = look_through(l, err);
        if (st < 0)
            return st;
        if (st == RC_END)
            return RC_OK;
    }
}

rc_status rc_inspect_file_table(rc_buf *out, rc_inspect_file *file, const rc_inspected *about,
                                rc_error *err)
{
    const rc_inspect_options *opt = file->opt;
    rc_missing_list na = {opt->na.items, opt->na.n};
    look l = {.file = file,
              .rules = {.missing = opt->has_na ? na : rc_missing_default,
                        .decimal = opt->decimal != '\0' ? opt->decimal : '.'},
              .max_line_bytes = opt->max_line_bytes > 0 ? opt->max_line_bytes : RC_MAX_LINE_BYTES,
              .table = {.compression = rc_input_tell(file->input).compression}};
    rc_status st = open_look(&l, err);
    if (st == RC_OK)
        st = look_at_all(&l, err);
    if (st == RC_OK) {
        l.table.delimiter = l.schema->delimiter;
        l.table.has_header = l.schema->has_header;
        l.table.names = l.schema->names;
        l.table.name_bytes = l.schema->name_bytes;
        l.table.columns = l.columns;
        rc_inspected all = *about;
        if (!all.has_bytes && l.table.is_all) {
            all.has_bytes = true;
            all.n_bytes = l.packet.bytes_read;
        }
        st = rc_inspect_table(out, &all, &l.table, opt->json, err);
    }
    close_look(&l);
    return st;
}
