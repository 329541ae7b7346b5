/* csv_split.c - CSV records into cells: an index of many records where quotes stand as they should,
 * else record by record; libcsv has the last word on quotes within quotes. */
#include "table/csv_split.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "table/csv_index.h"

struct rc_splitter {
    size_t n_columns;
    rc_csv_index *index;
    rc_csv_run run; /* its ends have room for those of max_records, and of 64 bytes more */
    struct csv_parser parser;
    rc_buf unquoted; /* cells without their quotes, one byte between two; reserved once a block */
    rc_record *current; /* the record that libcsv is filling */
};

static int never(unsigned char c)
{
    (void)c;
    return 0;
}

static bool reserve_ends(rc_csv_run *run, size_t n_columns)
{
    size_t n_ends;
    if (__builtin_mul_overflow(run->max_records, n_columns, &n_ends) ||
        __builtin_add_overflow(n_ends, RC_CSV_INDEX_LEAST + RC_CSV_INDEX_SLACK, &n_ends))
        return false;
    run->ends = rc_alloc_array(n_ends, sizeof(*run->ends));
    run->capacity = n_ends - RC_CSV_INDEX_SLACK;
    return run->ends != NULL;
}

rc_status rc_splitter_open(rc_splitter **out, int delimiter, size_t n_columns, size_t max_records,
                           rc_error *err)
{
    *out = NULL;
    rc_splitter *s = rc_alloc_array(1, sizeof(*s));
    if (s == NULL)
        return rc_error_nomem(err);
    csv_init(&s->parser, 0);
    s->n_columns = n_columns;
    s->run = (rc_csv_run){.delimiter = delimiter, .max_records = max_records};
    s->run.records = rc_alloc_array(max_records, sizeof(*s->run.records));
    if (s->run.records == NULL || !reserve_ends(&s->run, n_columns)) {
        rc_splitter_close(s);
        return rc_error_nomem(err);
    }
    rc_splitter_use(s, RC_CPU_SCALAR);
    csv_set_space_func(&s->parser, never);
    if (delimiter != RC_NO_DELIMITER)
        csv_set_delim(&s->parser, (unsigned char)delimiter);
    *out = s;
    return RC_OK;
}

void rc_splitter_close(rc_splitter *s)
{
    if (s == NULL)
        return;
    csv_free(&s->parser);
    rc_buf_release(&s->unquoted);
    free(s->run.records);
    free(s->run.ends);
    free(s);
}

void rc_splitter_use(rc_splitter *s, rc_cpu_level level)
{
    s->index = rc_csv_kernels_of(level)->index;
}

rc_status rc_splitter_begin(rc_splitter *s, const char *data, size_t n, bool has_quote,
                            rc_error *err)
{
    s->run.base = s->run.begin = data;
    s->run.limit = data + n;
    s->run.line = 0;
    s->run.has_quote = has_quote;
    s->unquoted.n = 0;
    /* A cell without its quotes and the byte behind it are never longer than they were, but for
     * the last of all, which may have had no line end. */
    if (has_quote && !rc_buf_reserve(&s->unquoted, n + 1 + RC_CSV_SLACK))
        return rc_error_nomem(err);
    return RC_OK;
}

static void add_end(rc_splitter *s, rc_record *r, size_t end)
{
    if (r->n_cells++ < s->n_columns)
        s->run.ends[s->run.n_ends++] = (uint32_t)end;
}

/* A record whose bytes hold no field in quotes. */
static void split_plain_record(rc_splitter *s, rc_record *r, const char *end)
{
    const uint64_t delimiter = rc_swar_repeat((unsigned char)s->run.delimiter);
    const char *p = s->run.delimiter != RC_NO_DELIMITER ? r->raw : end;
    for (; p < end; p += 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        uint64_t hits = rc_swar_equal(word, delimiter);
        for (; hits != 0; hits &= hits - 1) {
            const char *at = p + __builtin_ctzll(hits) / 8;
            if (at < end)
                add_end(s, r, (size_t)(at - r->text));
        }
    }
    add_end(s, r, (size_t)(end - r->text));
}

/* The cells are going to be copied. */
static void begin_copy(rc_splitter *s, rc_record *r)
{
    r->text = s->unquoted.data + s->unquoted.n;
    r->begin = 0;
    r->has_quotes = r->has_doubled = false;
}

static void take_cell(void *data, size_t n, void *context)
{
    rc_splitter *s = context;
    rc_buf *to = &s->unquoted;
    if (n > 0)
        memcpy(to->data + to->n, data, n);
    to->n += n;
    add_end(s, s->current, (size_t)(to->data + to->n - s->current->text));
    to->data[to->n++] = '\0';
}

/* Copies what stands between the quotes of a field: of two quotes there one. */
static void copy_between(rc_buf *to, const char *p, const char *close)
{
    while (p < close) {
        const char *quote = memchr(p, '"', (size_t)(close - p));
        size_t n = (size_t)((quote != NULL ? quote + 1 : close) - p);
        memcpy(to->data + to->n, p, n);
        to->n += n;
        p += n + (quote != NULL && quote + 1 < close && quote[1] == '"');
    }
}

/* The field in quotes that is a whole record of a table of one column. libcsv always has a
 * delimiter, and no byte is sure to be absent. */
static void split_only_field(rc_splitter *s, rc_record *r, const char *end)
{
    rc_buf *to = &s->unquoted;
    bool is_closed = end[-1] == '"' && end - r->raw > 1;
    copy_between(to, r->raw + 1, end - is_closed);
    add_end(s, r, (size_t)(to->data + to->n - r->text));
    to->data[to->n++] = '\0';
}

/* A record that was found with its ends, and has doubled quotes. */
static void copy_cells(rc_splitter *s, rc_record *r)
{
    rc_buf *to = &s->unquoted;
    uint32_t *ends = s->run.ends + (r->ends - s->run.ends);
    size_t n = r->n_cells < s->n_columns ? r->n_cells : s->n_columns;
    const char *base = r->text, *p = r->raw;
    begin_copy(s, r);
    for (size_t c = 0; c < n; c++) {
        const char *end = base + ends[c];
        bool is_quoted = *p == '"' && p < end;
        copy_between(to, p + is_quoted, end - is_quoted);
        ends[c] = (uint32_t)(to->data + to->n - r->text);
        to->data[to->n++] = '\0';
        p = end + 1;
    }
}

static rc_status split_quoted_record(rc_splitter *s, rc_record *r, const char *end, rc_error *err)
{
    size_t n = (size_t)(end - r->raw);
    begin_copy(s, r);
    if (s->run.delimiter == RC_NO_DELIMITER) {
        split_only_field(s, r, end);
        return RC_OK;
    }
    s->current = r;
    if (csv_parse(&s->parser, r->raw, n, take_cell, NULL, s) != n ||
        csv_fini(&s->parser, take_cell, NULL, s) != 0)
        return rc_error_nomem(err);
    return RC_OK;
}

/* One record, by the state machine. */
static rc_status next_record(rc_splitter *s, rc_error *err)
{
    rc_csv_run *run = &s->run;
    const char *begin = run->begin;
    rc_csv_record found = rc_csv_find_record(begin, run->limit, run->delimiter);
    run->begin = found.next;
    if (found.end > begin) {
        rc_record *r = &run->records[run->n_records++];
        *r = (rc_record){.text = run->base,
                         .begin = (uint32_t)(begin - run->base),
                         .ends = run->ends + run->n_ends,
                         .line = run->line,
                         .raw = begin,
                         .raw_bytes = (uint32_t)(found.end - begin)};
        if (found.quote != NULL) {
            RC_TRY(split_quoted_record(s, r, found.end, err));
            run->line += (uint32_t)rc_csv_count_lines(begin, r->raw_bytes);
        } else {
            split_plain_record(s, r, found.end);
        }
    }
    run->line += found.has_line_end;
    return RC_OK;
}

/* Whether the index left a record for the state machine, rather than for another batch. */
static bool is_left(const rc_splitter *s)
{
    const rc_csv_run *run = &s->run;
    return run->begin < run->limit && run->n_records < run->max_records &&
           run->n_ends + s->n_columns <= run->capacity;
}

rc_status rc_splitter_next(rc_splitter *s, const rc_record **records, size_t *n, rc_error *err)
{
    rc_csv_run *run = &s->run;
    run->n_records = run->n_ends = 0;
    s->index(run);
    while (is_left(s)) {
        RC_TRY(next_record(s, err));
        s->index(run);
    }
    for (size_t r = 0; run->has_quote && r < run->n_records; r++)
        if (run->records[r].has_doubled)
            copy_cells(s, &run->records[r]);
    *records = run->records;
    *n = run->n_records;
    return *n > 0 ? RC_OK : RC_END;
}

uint32_t rc_splitter_lines(const rc_splitter *s)
{
    return s->run.line;
}
