/* dialect.c - how a CSV file is written: delimiter, header, names of its columns. */
#include "table/dialect.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "table/cell.h"
#include "table/csv_split.h"
#include "table/vocabulary.h"

static const int candidates[] = {',', ';', '\t', '|'};
enum { N_CANDIDATES = sizeof(candidates) / sizeof(*candidates) };

/* Skips a byte-order mark. */
static size_t mark_bytes(const char *head, size_t n)
{
    return n >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static size_t most_columns(const rc_dialect_request *request)
{
    return request->max_columns > 0 ? request->max_columns : RC_MAX_COLUMNS;
}

/* Whether the search may find this delimiter. */
static bool is_candidate(const rc_dialect_request *request, int i)
{
    return candidates[i] != (unsigned char)request->decimal;
}

/* The first records of a head under one delimiter. */
typedef struct head_view {
    rc_splitter *splitter;
    size_t n_columns; /* cells of a record that are kept */
    const rc_record *records;
    size_t n;
    rc_csv_cut cut;
} head_view;

/* One record is viewed with its cells, up to most_columns; of more only their number is asked. */
static rc_status view_head(head_view *view, const char *head, size_t n, bool is_last, int delimiter,
                           size_t n_records, size_t most_columns, rc_error *err)
{
    *view = (head_view){.n_columns = most_columns <= n ? most_columns : n + 1,
                        .cut = rc_csv_cut_records(head, n, delimiter, is_last)};
    RC_TRY(rc_splitter_open(&view->splitter, delimiter, view->n_columns, n_records, err));
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

/* While the delimiter is searched for. */
typedef struct search {
    const rc_dialect_request *request;
    const char *head;
    size_t n;
    bool is_last;
    rc_vocabulary *names;       /* that the model expects; NULL if they say nothing */
    size_t *seen_by;            /* (n names) the last candidate, from 1, that found the name */
    size_t found[N_CANDIDATES]; /* names in the header under each */
    rc_error *err;
} search;

static rc_status open_names(search *s)
{
    rc_strings names = s->request->model_inputs;
    if (names.n == 0 || s->request->header == RC_HEADER_NO)
        return RC_OK;
    s->seen_by = rc_alloc_array(names.n, sizeof(*s->seen_by));
    if (s->seen_by == NULL)
        return rc_error_nomem(s->err);
    return rc_vocabulary_open(&s->names, names.items, NULL, names.n, false, s->err);
}

/* How many of the names the first record holds under a candidate. */
static rc_status count_names(search *s, size_t candidate)
{
    head_view view;
    int delimiter = candidates[candidate];
    if (opens_far(s->head, s->n, delimiter))
        return RC_OK;
    RC_TRY(view_head(&view, s->head, s->n, s->is_last, delimiter, 1, most_columns(s->request),
                     s->err));
    for (size_t c = 0; view.n > 0 && c < view.records[0].n_cells && c < view.n_columns; c++) {
        size_t bytes;
        const char *cell = rc_record_cell(&view.records[0], c, &bytes);
        int64_t name = rc_vocabulary_code(s->names, cell, bytes);
        if (name == RC_NO_CODE || s->seen_by[name] == candidate + 1)
            continue;
        s->seen_by[name] = candidate + 1;
        s->found[candidate]++;
    }
    rc_status st = view.n > 0 || s->is_last ? RC_OK : RC_AGAIN;
    rc_splitter_close(view.splitter);
    return st;
}

/* The number > 1 of cells that all of the first records have, 0 if there is none; RC_AGAIN if more
 * records must come to say. One record that differs, or has one cell, has said it. */
static rc_status count_cells(const search *s, int delimiter, size_t *n_cells)
{
    bool is_cut = s->n >= RC_DIALECT_BYTES, is_last = s->is_last && !is_cut;
    size_t n = is_cut ? RC_DIALECT_BYTES : s->n;
    head_view view;
    RC_TRY(view_head(&view, s->head, n, is_last, delimiter, RC_DIALECT_RECORDS, 1, s->err));
    if (view.n == 0 && is_cut) { /* a very wide table: its first cells must do */
        rc_splitter_close(view.splitter);
        RC_TRY(view_head(&view, s->head, n, true, delimiter, 1, 1, s->err));
    }
    *n_cells = view.n > 0 ? view.records[0].n_cells : 0;
    bool is_out = *n_cells == 1;
    for (size_t r = 1; r < view.n; r++)
        is_out = is_out || view.records[r].n_cells != *n_cells;
    bool is_enough = view.n == RC_DIALECT_RECORDS || is_last || is_cut || is_out;
    if (is_out)
        *n_cells = 0;
    rc_splitter_close(view.splitter);
    return is_enough ? RC_OK : RC_AGAIN;
}

/* The delimiter behind which a quote opens in the first record that nothing closes: no other one
 * made sense of the file, and this one says what is wrong with it. */
static int find_open(const rc_dialect_request *request, const char *head, size_t n)
{
    for (int i = 0; i < N_CANDIDATES; i++) {
        if (!is_candidate(request, i))
            continue;
        rc_csv_cut cut = rc_csv_cut_records(head, n, candidates[i], true);
        if (cut.is_open && cut.n_bytes == strspn(head, "\r\n"))
            return candidates[i];
    }
    return RC_NO_DELIMITER;
}

/* The delimiter under which most of the model's names are found; RC_NO_DELIMITER if several share
 * them: those of *most names. */
static int choose_by_names(const size_t found[N_CANDIDATES], size_t *most)
{
    int chosen = RC_NO_DELIMITER;
    *most = 0;
    for (int i = 0; i < N_CANDIDATES; i++) {
        if (found[i] >= *most)
            chosen = found[i] > *most ? candidates[i] : RC_NO_DELIMITER;
        *most = found[i] > *most ? found[i] : *most;
    }
    return chosen;
}

/* The delimiter that gives the same number > 1 of cells in the first records, most cells first,
 * among those that found so many names. */
static rc_status choose_by_cells(const search *s, size_t n_names, int *delimiter)
{
    size_t most = 1;
    for (int i = 0; i < N_CANDIDATES; i++) {
        size_t n_cells;
        if (s->found[i] < n_names || !is_candidate(s->request, i))
            continue;
        rc_status st = count_cells(s, candidates[i], &n_cells);
        if (st != RC_OK)
            return st;
        if (n_cells > most) {
            most = n_cells;
            *delimiter = candidates[i];
        }
    }
    return RC_OK;
}

static rc_status choose(search *s, int *delimiter)
{
    size_t n_names;
    rc_status st = open_names(s);
    for (int i = 0; i < N_CANDIDATES && st == RC_OK && s->names != NULL; i++)
        if (is_candidate(s->request, i))
            st = count_names(s, (size_t)i);
    *delimiter = choose_by_names(s->found, &n_names);
    if (st == RC_OK && *delimiter == RC_NO_DELIMITER)
        st = choose_by_cells(s, n_names, delimiter);
    if (st == RC_OK && *delimiter == RC_NO_DELIMITER && s->is_last)
        *delimiter = find_open(s->request, s->head, s->n);
    return st;
}

static rc_status find_delimiter(const rc_dialect_request *request, const char *head, size_t n,
                                bool is_last, int *delimiter, rc_error *err)
{
    search s = {.request = request, .head = head, .n = n, .is_last = is_last, .err = err};
    rc_status st = choose(&s, delimiter);
    rc_vocabulary_close(s.names);
    free(s.seen_by);
    return st;
}

static bool is_all_numbers(const rc_record *record, char decimal)
{
    const rc_cell_rules rules = {.decimal = decimal};
    for (size_t c = 0; c < record->n_cells; c++) {
        size_t n;
        const char *cell = rc_record_cell(record, c, &n);
        double value;
        if (!rc_cell_number(&rules, cell, n, &value))
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
    if (first->n_cells > most_columns(request))
        return rc_error_set(err, RC_E_DATA, "%zu columns, but at most %zu are read (--max-columns)",
                            first->n_cells, most_columns(request));
    schema->has_header = request->header != RC_HEADER_NO;
    schema->header_bytes = mark;
    if (!schema->has_header)
        return RC_OK;
    if (request->header == RC_HEADER_AUTO && is_all_numbers(first, request->decimal)) {
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
    RC_TRY(view_head(&view, head, n, is_last, schema->delimiter, 1, most_columns(request), err));
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
    free(schema->is_side);
    free(schema->same_as);
    *schema = (rc_schema){0};
}
