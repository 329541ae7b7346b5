/* csv_scan.c - where CSV records end. */
#include "table/csv_scan.h"

#include <string.h>

#include "table/csv_index.h"

/* The first LF, CR or quote in [p, limit), or limit. */
static const char *find_special(const char *p, const char *limit)
{
    const uint64_t lf = rc_swar_repeat('\n'), cr = rc_swar_repeat('\r');
    const uint64_t quote = rc_swar_repeat('"');
    for (; p < limit; p += 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        uint64_t hits =
            rc_swar_equal(word, lf) | rc_swar_equal(word, cr) | rc_swar_equal(word, quote);
        if (hits != 0) {
            p += __builtin_ctzll(hits) / 8;
            return p < limit ? p : limit;
        }
    }
    return limit;
}

/* Behind the quote that closes the field whose first byte is p; NULL if none does. */
static const char *find_close(const char *p, const char *limit, int delimiter)
{
    for (;;) {
        const char *quote = memchr(p, '"', (size_t)(limit - p));
        if (quote == NULL)
            return NULL;
        if (quote + 1 == limit)
            return limit;
        char after = quote[1];
        if (after == '\n' || after == '\r' || (unsigned char)after == delimiter)
            return quote + 1;
        p = quote + (after == '"' ? 2 : 1);
    }
}

rc_csv_record rc_csv_find_record(const char *begin, const char *limit, int delimiter)
{
    rc_csv_record record = {.end = limit, .next = limit};
    const char *p = begin;
    for (;;) {
        p = find_special(p, limit);
        if (p == limit)
            return record;
        if (*p != '"')
            break;
        if (p > begin && (unsigned char)p[-1] != delimiter) {
            p++;
            continue;
        }
        record.quote = p;
        p = find_close(p + 1, limit, delimiter);
        if (p == NULL) {
            record.is_open = true;
            return record;
        }
    }
    record.end = p;
    record.next = p + (*p == '\r' && p + 1 < limit && p[1] == '\n' ? 2 : 1);
    record.has_line_end = true;
    return record;
}

/* Without quotes the state is always "outside": the last line end is a cut. */
static size_t cut_plain(const char *data, size_t n)
{
    const char *last = memrchr(data, '\n', n);
    if (last == NULL && n > 1)
        last = memrchr(data, '\r', n - 1);
    return last != NULL ? (size_t)(last - data) + 1 : 0;
}

rc_csv_cut rc_csv_cut_records(const char *data, size_t n, int delimiter, bool is_last)
{
    rc_csv_cut cut = {.has_quote = memchr(data, '"', n) != NULL};
    if (!cut.has_quote) {
        cut.n_bytes = is_last ? n : cut_plain(data, n);
        return cut;
    }
    const char *p = data, *limit = data + n;
    const rc_csv_kernels *kernels = rc_csv_kernels_of(RC_CPU_AUTO); /* any gives the same */
    bool is_cr_last = n > 0 && limit[-1] == '\r' && !is_last;
    while (p < limit) {
        p = kernels->last(p, limit - is_cr_last, delimiter);
        if (p == limit)
            break;
        rc_csv_record record = rc_csv_find_record(p, limit, delimiter);
        bool is_whole =
            record.has_line_end && (record.next < limit || limit[-1] == '\n' || is_last);
        if (!is_whole && is_last && !record.is_open)
            is_whole = true;
        if (!is_whole) {
            cut.is_open = record.is_open && is_last;
            cut.open_quote = record.quote != NULL ? (size_t)(record.quote - data) : 0;
            break;
        }
        p = record.next;
    }
    cut.n_bytes = (size_t)(p - data);
    return cut;
}

size_t rc_csv_walk_on(rc_csv_walk *walk, const char *data, size_t n, int delimiter)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)data[i];
        if (walk->at == RC_WALK_AFTER_CR) {
            walk->is_through = true;
            return c == '\n' ? i + 1 : i;
        }
        bool is_quote = c == '"', ends = c == '\n' || c == '\r' || c == delimiter;
        if (walk->at == RC_WALK_QUOTED) {
            walk->at = is_quote ? RC_WALK_AFTER_QUOTE : RC_WALK_QUOTED;
        } else if (walk->at == RC_WALK_AFTER_QUOTE && !ends) {
            walk->at = RC_WALK_QUOTED; /* a doubled quote, or a quote that is data */
        } else if (c == '\n') {
            walk->is_through = true;
            return i + 1;
        } else if (c == '\r') {
            walk->at = RC_WALK_AFTER_CR;
        } else {
            bool opens = is_quote && walk->at == RC_WALK_START;
            walk->at = opens ? RC_WALK_QUOTED : c == delimiter ? RC_WALK_START : RC_WALK_PLAIN;
        }
    }
    return n;
}

uint64_t rc_csv_count_lines(const char *data, size_t n)
{
    uint64_t lines = 0;
    if (memchr(data, '\n', n) == NULL && memchr(data, '\r', n) == NULL)
        return 0; /* nearly every record */
    for (size_t i = 0; i < n; i++)
        lines += data[i] == '\n' || (data[i] == '\r' && (i + 1 == n || data[i + 1] != '\n'));
    return lines;
}
