/* csv_split.h - CSV records into cells. */
#ifndef RC_TABLE_CSV_SPLIT_H
#define RC_TABLE_CSV_SPLIT_H

#include "base/error.h"
#include "table/csv_scan.h"

/* One record, split. Cell c begins at text + (c == 0 ? begin : ends[c - 1] + 1) and ends before
 * text + ends[c], unless quotes stand around it; RC_CSV_SLACK bytes behind each cell are readable.
 * The text is the block, or a copy of the cells without quotes. */
typedef struct rc_record {
    const char *text;
    const uint32_t *ends; /* (min(n_cells, n_columns)) */
    size_t n_cells;       /* as they stand, also beyond n_columns */
    uint32_t begin;
    uint32_t line;      /* on which it begins, from 0 in its block */
    uint32_t raw_bytes; /* its bytes without the line end */
    bool has_quotes;    /* a cell that begins with a quote is in quotes */
    bool has_doubled; /* and in one there are doubled ones; false in what rc_splitter_next gives */
    const char *raw;
} rc_record;

typedef struct rc_splitter rc_splitter;

/* n_columns: no cell beyond it is kept, only counted. max_records: of one rc_splitter_next. */
rc_status rc_splitter_open(rc_splitter **out, int delimiter, size_t n_columns, size_t max_records,
                           rc_error *err);
void rc_splitter_close(rc_splitter *splitter); /* NULL is fine */

/* Which instructions it may use; SCALAR at first. The records are the same. */
void rc_splitter_use(rc_splitter *splitter, rc_cpu_level level);

/**
 * Begins a block of whole records (less than 4 GiB; a line end may be absent at its very end).
 * The bytes are borrowed until the next block. has_quote false promises that no byte is a quote.
 */
rc_status rc_splitter_begin(rc_splitter *splitter, const char *data, size_t n, bool has_quote,
                            rc_error *err);

/* The next records of the block, *n of them (0 only with RC_END), valid until the next call.
 * Lines without a byte are no records, and are counted. */
rc_status rc_splitter_next(rc_splitter *splitter, const rc_record **records, size_t *n,
                           rc_error *err);

/* Line ends passed so far in this block. */
uint32_t rc_splitter_lines(const rc_splitter *splitter);

static inline const char *rc_record_cell(const rc_record *record, size_t c, size_t *n)
{
    uint32_t begin = c == 0 ? record->begin : record->ends[c - 1] + 1;
    const char *cell = record->text + begin;
    *n = record->ends[c] - begin;
    if (!record->has_quotes || *n < 2 || *cell != '"')
        return cell;
    *n -= 2;
    return cell + 1;
}

#endif
