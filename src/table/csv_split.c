/* csv_split.c - CSV records into cells: plain loops without quotes, libcsv with them. */
#include "table/csv_split.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct rc_splitter {
    int delimiter;
    size_t n_columns, max_records;
    rc_record *records; /* (max_records) */
    uint32_t *ends;     /* (max_records, n_columns) */
    size_t n_ends;      /* used in this batch */
    struct csv_parser parser;
    rc_buf unquoted;    /* cells of libcsv, one byte between two; reserved once a block */
    rc_record *current; /* the record that libcsv is filling */
    const char *p, *limit;
    uint32_t line;
    bool has_quote;
};

static int never(unsigned char c)
{
    (void)c;
    return 0;
}

rc_status rc_splitter_open(rc_splitter **out, int delimiter, size_t n_columns, size_t max_records,
                           rc_error *err)
{
    *out = NULL;
    rc_splitter *s = rc_alloc_array(1, sizeof(*s));
    if (s == NULL)
        return rc_error_nomem(err);
    csv_init(&s->parser, 0);
    s->delimiter = delimiter;
    s->n_columns = n_columns;
    s->max_records = max_records;
    s->records = rc_alloc_array(max_records, sizeof(*s->records));
    size_t n_ends;
    if (!__builtin_mul_overflow(max_records, n_columns, &n_ends))
        s->ends = rc_alloc_array(n_ends, sizeof(*s->ends));
    if (s->records == NULL || s->ends == NULL) {
        rc_splitter_close(s);
        return rc_error_nomem(err);
    }
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
    free(s->records);
    free(s->ends);
    free(s);
}

rc_status rc_splitter_begin(rc_splitter *s, const char *data, size_t n, bool has_quote,
                            rc_error *err)
{
    s->p = data;
    s->limit = data + n;
    s->line = 0;
    s->has_quote = has_quote;
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
        s->ends[s->n_ends++] = (uint32_t)end;
}

/* Begins a record at p: its cells will be counted from text. */
static rc_record *begin_record(rc_splitter *s, size_t n_records, const char *p, const char *text)
{
    rc_record *r = &s->records[n_records];
    *r = (rc_record){.text = text, .ends = s->ends + s->n_ends, .line = s->line, .raw = p};
    return r;
}

/* A record whose bytes hold no field in quotes. */
static void split_plain_record(rc_splitter *s, rc_record *r, const char *end)
{
    if (s->delimiter != RC_NO_DELIMITER) {
        const uint64_t delimiter = rc_swar_repeat((unsigned char)s->delimiter);
        for (const char *p = r->text; p < end; p += 8) {
            uint64_t word;
            memcpy(&word, p, 8);
            uint64_t hits = rc_swar_equal(word, delimiter);
            for (; hits != 0; hits &= hits - 1) {
                const char *at = p + __builtin_ctzll(hits) / 8;
                if (at < end)
                    add_end(s, r, (size_t)(at - r->text));
            }
        }
    }
    add_end(s, r, (size_t)(end - r->text));
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

/* The field in quotes that is a whole record of a table of one column. libcsv always has a
 * delimiter, and no byte is sure to be absent. */
static void split_only_field(rc_splitter *s, rc_record *r, const char *end)
{
    rc_buf *to = &s->unquoted;
    for (const char *p = r->raw + 1; p < end; p++) {
        if (*p == '"' && p + 1 == end)
            break;
        to->data[to->n++] = *p;
        p += *p == '"' && p[1] == '"';
    }
    add_end(s, r, (size_t)(to->data + to->n - r->text));
    to->data[to->n++] = '\0';
}

/* The commonest quoted record: each quoted field holds no quote. False, and nothing taken, if the
 * record is another. */
static bool split_simple_record(rc_splitter *s, rc_record *r, const char *end)
{
    size_t n_bytes = s->unquoted.n, n_ends = s->n_ends;
    const char delimiter = (char)s->delimiter;
    for (const char *p = r->raw;; p++) {
        const char *begin = p;
        if (p < end && *p == '"') {
            begin++;
            const char *quote = memchr(begin, '"', (size_t)(end - begin));
            p = quote != NULL ? quote + 1 : NULL;
            if (p == NULL || (p < end && *p != delimiter))
                break;
            take_cell((void *)begin, (size_t)(quote - begin), s);
        } else {
            const char *found = memchr(p, delimiter, (size_t)(end - p));
            p = found != NULL ? found : end;
            take_cell((void *)begin, (size_t)(p - begin), s);
        }
        if (p == end)
            return true;
    }
    s->unquoted.n = n_bytes;
    s->n_ends = n_ends;
    r->n_cells = 0;
    return false;
}

static rc_status split_quoted_record(rc_splitter *s, rc_record *r, const char *end, rc_error *err)
{
    size_t n = (size_t)(end - r->raw);
    if (s->delimiter == RC_NO_DELIMITER) {
        split_only_field(s, r, end);
        return RC_OK;
    }
    s->current = r;
    if (split_simple_record(s, r, end))
        return RC_OK;
    if (csv_parse(&s->parser, r->raw, n, take_cell, NULL, s) != n ||
        csv_fini(&s->parser, take_cell, NULL, s) != 0)
        return rc_error_nomem(err);
    return RC_OK;
}

/* One record of a block with quotes. */
static rc_status next_record(rc_splitter *s, size_t *n, rc_error *err)
{
    const char *begin = s->p;
    rc_csv_record found = rc_csv_find_record(begin, s->limit, s->delimiter);
    s->p = found.next;
    if (found.end > begin) {
        bool is_quoted = found.quote != NULL;
        const char *text = is_quoted ? s->unquoted.data + s->unquoted.n : begin;
        rc_record *r = begin_record(s, (*n)++, begin, text);
        r->raw_bytes = (uint32_t)(found.end - begin);
        if (is_quoted) {
            RC_TRY(split_quoted_record(s, r, found.end, err));
            s->line += (uint32_t)rc_csv_count_lines(begin, r->raw_bytes);
        } else {
            split_plain_record(s, r, found.end);
        }
    }
    s->line += found.has_line_end;
    return RC_OK;
}

static void end_line(rc_splitter *s, rc_record *r, const char *at, size_t *n)
{
    if (at > r->raw) {
        add_end(s, r, (size_t)(at - r->text));
        r->raw_bytes = (uint32_t)(at - r->raw);
        ++*n;
    }
    s->line++;
    s->p = at + (*at == '\r' && at + 1 < s->limit && at[1] == '\n' ? 2 : 1);
}

/* All records that fit the batch, of a block without quotes: separators are found 8 bytes at a
 * time; the branch on what each is goes the same way for a whole record. */
static void split_plain(rc_splitter *s, size_t *n)
{
    const uint64_t lf = rc_swar_repeat('\n'), cr = rc_swar_repeat('\r');
    bool has_delimiter = s->delimiter != RC_NO_DELIMITER;
    const char delimiter = has_delimiter ? (char)s->delimiter : '\n';
    const uint64_t delimiters = rc_swar_repeat((unsigned char)delimiter);
    rc_record *r = begin_record(s, *n, s->p, s->p);
    for (const char *p = s->p; p < s->limit; p += 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        uint64_t hits =
            rc_swar_equal(word, delimiters) | rc_swar_equal(word, lf) | rc_swar_equal(word, cr);
        for (; hits != 0; hits &= hits - 1) {
            const char *at = p + __builtin_ctzll(hits) / 8;
            if (at >= s->limit)
                break;
            if (*at == delimiter && has_delimiter) {
                add_end(s, r, (size_t)(at - r->text));
                continue;
            }
            if (at < s->p) /* the LF of a CRLF */
                continue;
            end_line(s, r, at, n);
            if (*n == s->max_records)
                return;
            r = begin_record(s, *n, s->p, s->p);
        }
    }
    if (s->p < s->limit) { /* the last line has no end */
        add_end(s, r, (size_t)(s->limit - r->text));
        r->raw_bytes = (uint32_t)(s->limit - r->raw);
        ++*n;
        s->p = s->limit;
    }
}

rc_status rc_splitter_next(rc_splitter *s, const rc_record **records, size_t *n, rc_error *err)
{
    *n = 0;
    s->n_ends = 0;
    *records = s->records;
    if (!s->has_quote)
        split_plain(s, n);
    while (s->has_quote && s->p < s->limit && *n < s->max_records)
        RC_TRY(next_record(s, n, err));
    return *n > 0 ? RC_OK : RC_END;
}

uint32_t rc_splitter_lines(const rc_splitter *s)
{
    return s->line;
}
