/* dialect.c - how a CSV file is written: delimiter, header, names of its columns. */
#include "table/dialect.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/text.h"
#include "table/csv_split.h"
#include "table/vocabulary.h"

static const int candidates[] = {',', ';', '\t', '|'};
enum { N_CANDIDATES = sizeof(candidates) / sizeof(*candidates) };

/* Skips a byte-order mark. */
static size_t mark_bytes(const char *head, size_t n)
{
    return n >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* The first records of a head under one delimiter. */
typedef struct head_view {
    rc_splitter *splitter;
    const rc_record *records;
    size_t n;
    rc_csv_cut cut;
} head_view;

static rc_status view_head(head_view *view, const char *head, size_t n, bool is_last, int delimiter,
                           size_t n_records, rc_error *err)
{
    *view = (head_view){.cut = rc_csv_cut_records(head, n, delimiter, is_last)};
    /* One record needs all its cells; of more only the number of cells is asked. */
    size_t n_columns = n_records == 1 ? RC_MAX_COLUMNS : 1;
    RC_TRY(rc_splitter_open(&view->splitter, delimiter, n_columns, n_records, err));
    rc_status st =
        rc_splitter_begin(view->splitter, head, view->cut.n_bytes, view->cut.has_quote, err);
    if (st == RC_OK)
        st = rc_splitter_next(view->splitter, &view->records, &view->n, err);
    if (st < 0)
        rc_splitter_close(view->splitter);
    return st;
}

/* Whether a quote of the first record closes nowhere in all that the search looks at: the delimiter
 * is not the file's, and waiting for the end of the record might be waiting for that of the file.
 */
static bool opens_far(const char *head, size_t n, int delimiter)
{
    const char *limit = head + RC_DIALECT_BYTES;
    if (n < RC_DIALECT_BYTES)
        return false;
    while (head < limit && (*head == '\n' || *head == '\r'))
        head++;
    return head < limit && rc_csv_find_record(head, limit, delimiter).is_open;
}

/* How many of the names the first record holds under a delimiter. */
static rc_status count_names(const rc_vocabulary *names, const char *head, size_t n, bool is_last,
                             int delimiter, size_t *found, rc_error *err)
{
    head_view view;
    *found = 0;
    if (opens_far(head, n, delimiter))
        return RC_OK;
    RC_TRY(view_head(&view, head, n, is_last, delimiter, 1, err));
    for (size_t c = 0; view.n > 0 && c < view.records[0].n_cells && c < RC_MAX_COLUMNS; c++) {
        size_t bytes;
        const char *cell = rc_record_cell(&view.records[0], c, &bytes);
        *found += rc_vocabulary_code(names, cell, bytes) != RC_NO_CODE;
    }
    rc_status st = view.n > 0 || is_last ? RC_OK : RC_AGAIN;
    rc_splitter_close(view.splitter);
    return st;
}

/* The number > 1 of cells that all of the first records have, 0 if there is none; RC_AGAIN if more
 * records must come to say. One record that differs, or has one cell, has said it. */
static rc_status count_cells(const char *head, size_t n, bool is_last, int delimiter,
                             size_t *n_cells, rc_error *err)
{
    if (n >= RC_DIALECT_BYTES) {
        n = RC_DIALECT_BYTES;
        is_last = false;
    }
    head_view view;
    RC_TRY(view_head(&view, head, n, is_last, delimiter, RC_DIALECT_RECORDS, err));
    *n_cells = view.n > 0 ? view.records[0].n_cells : 0;
    bool is_out = *n_cells == 1;
    for (size_t r = 1; r < view.n; r++)
        is_out = is_out || view.records[r].n_cells != *n_cells;
    bool is_enough = view.n == RC_DIALECT_RECORDS || is_last || n == RC_DIALECT_BYTES || is_out;
    if (is_out)
        *n_cells = 0;
    rc_splitter_close(view.splitter);
    return is_enough ? RC_OK : RC_AGAIN;
}

/* found[i]: how many of the model's names the header holds under candidate i. */
static rc_status count_all_names(const rc_dialect_request *request, const char *head, size_t n,
                                 bool is_last, size_t found[N_CANDIDATES], rc_error *err)
{
    rc_vocabulary *names;
    RC_TRY(rc_vocabulary_open(&names, request->model_inputs.items, NULL, request->model_inputs.n,
                              false, err));
    rc_status st = RC_OK;
    for (int i = 0; i < N_CANDIDATES && st == RC_OK; i++)
        st = count_names(names, head, n, is_last, candidates[i], &found[i], err);
    rc_vocabulary_close(names);
    return st;
}

/* The delimiter behind which a quote opens in the first record that nothing closes: no other one
 * made sense of the file, and this one says what is wrong with it. */
static int find_open(const char *head, size_t n)
{
    for (int i = 0; i < N_CANDIDATES; i++) {
        rc_csv_cut cut = rc_csv_cut_records(head, n, candidates[i], true);
        if (cut.is_open && cut.n_bytes == strspn(head, "\r\n"))
            return candidates[i];
    }
    return RC_NO_DELIMITER;
}

/* The delimiter under which most of the model's names are found; of several the one that gives
 * the same number > 1 of cells in the first records, most cells first; else none. */
static rc_status find_delimiter(const rc_dialect_request *request, const char *head, size_t n,
                                bool is_last, int *delimiter, rc_error *err)
{
    size_t found[N_CANDIDATES] = {0}, best = 0, n_best = 0;
    *delimiter = RC_NO_DELIMITER;
    if (request->model_inputs.n > 0 && request->header != RC_HEADER_NO) {
        rc_status st = count_all_names(request, head, n, is_last, found, err);
        if (st != RC_OK)
            return st;
    }
    for (int i = 0; i < N_CANDIDATES; i++) {
        n_best = found[i] > best ? 1 : n_best + (found[i] == best);
        if (found[i] >= best && n_best == 1)
            *delimiter = candidates[i];
        best = found[i] > best ? found[i] : best;
    }
    if (n_best == 1)
        return RC_OK;
    *delimiter = RC_NO_DELIMITER;
    size_t most = 1;
    for (int i = 0; i < N_CANDIDATES; i++) {
        size_t n_cells;
        if (found[i] < best)
            continue;
        rc_status st = count_cells(head, n, is_last, candidates[i], &n_cells, err);
        if (st != RC_OK)
            return st;
        if (n_cells > most) {
            most = n_cells;
            *delimiter = candidates[i];
        }
    }
    if (*delimiter == RC_NO_DELIMITER && is_last)
        *delimiter = find_open(head, n);
    return RC_OK;
}

static bool is_all_numbers(const rc_record *record)
{
    for (size_t c = 0; c < record->n_cells; c++) {
        size_t n;
        const char *cell = rc_record_cell(record, c, &n);
        double value;
        if (!rc_num_parse_f64(cell, cell + n, &value))
            return false;
    }
    return true;
}

static rc_status take_names(rc_schema *schema, const rc_record *record, rc_error *err)
{
    schema->names = rc_alloc_array(schema->n_columns, sizeof(*schema->names));
    schema->name_bytes = rc_alloc_array(schema->n_columns, sizeof(*schema->name_bytes));
    if (schema->names == NULL || schema->name_bytes == NULL)
        return rc_error_nomem(err);
    for (size_t c = 0; c < schema->n_columns; c++) {
        const char *cell = rc_record_cell(record, c, &schema->name_bytes[c]);
        schema->names[c] = rc_strndup(cell, schema->name_bytes[c]);
        if (schema->names[c] == NULL)
            return rc_error_nomem(err);
    }
    return RC_OK;
}

static rc_status take_header(rc_schema *schema, const rc_dialect_request *request,
                             const head_view *view, size_t mark, const char *head, rc_error *err)
{
    const rc_record *first = &view->records[0];
    schema->n_columns = first->n_cells;
    schema->first_bytes = first->raw_bytes;
    if (first->n_cells > RC_MAX_COLUMNS)
        return rc_error_set(err, RC_E_DATA, "%zu columns, but at most %d are read", first->n_cells,
                            RC_MAX_COLUMNS);
    schema->has_header = request->header != RC_HEADER_NO;
    schema->header_bytes = mark;
    if (!schema->has_header)
        return RC_OK;
    if (request->header == RC_HEADER_AUTO && is_all_numbers(first)) {
        rc_error_set(err, RC_E_DATA, "the first record holds only numbers");
        rc_error_hint(err, "say --no-header if it is data, --header if these are names");
        return RC_E_DATA;
    }
    const char *raw_end = first->raw + first->raw_bytes;
    size_t line_end = raw_end[0] == '\r' && raw_end[1] == '\n' ? 2 : 1;
    if (raw_end == head + view->cut.n_bytes)
        line_end = 0;
    schema->header_bytes = (size_t)(raw_end + line_end - head) + mark;
    schema->header_lines =
        rc_csv_count_lines(head, (size_t)(raw_end - head)) + (line_end > 0 ? 1 : 0);
    return take_names(schema, first, err);
}

static rc_status refuse_open(const char *head, size_t open_quote, rc_error *err)
{
    rc_error_set(err, RC_E_DATA, "a quote opens here and is never closed");
    if (err != NULL)
        err->row = rc_csv_count_lines(head, open_quote) + 1;
    return RC_E_DATA;
}

rc_status rc_schema_init(rc_schema *schema, const rc_dialect_request *request, const char *head,
                         size_t n, bool is_last, rc_error *err)
{
    *schema = (rc_schema){.delimiter = request->delimiter};
    size_t mark = mark_bytes(head, n);
    head += mark;
    n -= mark;
    if (!is_last && n < 4) /* a byte-order mark may still be on its way */
        return RC_AGAIN;
    rc_status st = RC_OK;
    if (schema->delimiter == RC_NO_DELIMITER)
        st = find_delimiter(request, head, n, is_last, &schema->delimiter, err);
    if (st != RC_OK)
        return st;
    head_view view;
    RC_TRY(view_head(&view, head, n, is_last, schema->delimiter, 1, err));
    if (view.n == 0 && !is_last)
        st = RC_AGAIN;
    else if (view.n > 0)
        st = take_header(schema, request, &view, mark, head, err);
    else if (view.cut.is_open)
        st = refuse_open(head, view.cut.open_quote, err);
    else
        st = rc_error_set(err, RC_E_DATA, "no record, not even a header");
    rc_splitter_close(view.splitter);
    if (st < 0)
        rc_schema_release(schema);
    return st;
}

void rc_schema_release(rc_schema *schema)
{
    for (size_t c = 0; schema->names != NULL && c < schema->n_columns; c++)
        free(schema->names[c]);
    free(schema->names);
    free(schema->name_bytes);
    *schema = (rc_schema){0};
}
