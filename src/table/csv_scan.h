/* csv_scan.h - where CSV records end. */
#ifndef RC_TABLE_CSV_SCAN_H
#define RC_TABLE_CSV_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Readable (and zero) bytes behind any block of CSV bytes. */
#define RC_CSV_SLACK 16

/* The delimiter of a table of one column. */
#define RC_NO_DELIMITER (-1)

/* One record, found. */
typedef struct rc_csv_record {
    const char *end;   /* behind its last cell: the line end, or the end of the data */
    const char *next;  /* behind its line end */
    const char *quote; /* the quote that opened last, NULL if no field is quoted */
    bool has_line_end; /* false: the data ended first */
    bool is_open;      /* the data ended in state "quoted" */
} rc_csv_record;

/**
 * Finds the end of the record that begins at `begin`, by four states: field start, plain, quoted,
 * after a quote in quotes. A quote opens only as the first byte of a field; in a quoted field
 * quote-quote is a quote, a quote before delimiter, CR, LF or the end closes, any other is data.
 * begin < limit; RC_CSV_SLACK zero bytes stand behind limit.
 */
rc_csv_record rc_csv_find_record(const char *begin, const char *limit, int delimiter);

/* How many of n bytes are whole records. */
typedef struct rc_csv_cut {
    size_t n_bytes;
    bool has_quote;    /* a quote character is among them */
    bool is_open;      /* last bytes only: the record behind the whole ones never closes a quote */
    size_t open_quote; /* where that quote stands */
} rc_csv_cut;

/* Cuts behind the last whole record. is_last: no bytes follow, so the end of data ends a record. A
 * CR at the end of data that is not last ends nothing: an LF may follow. */
rc_csv_cut rc_csv_cut_records(const char *data, size_t n, int delimiter, bool is_last);

/* Where a walk through one record stands; {0} is its first byte. */
typedef struct rc_csv_walk {
    enum { RC_WALK_START, RC_WALK_PLAIN, RC_WALK_QUOTED, RC_WALK_AFTER_QUOTE, RC_WALK_AFTER_CR } at;
    bool is_through; /* the line end has been passed */
} rc_csv_walk;

/* Walks on through a record that is not held in one piece; how many of n bytes are its own. The
 * byte behind a CR must be seen before the walk is through. */
size_t rc_csv_walk_on(rc_csv_walk *walk, const char *data, size_t n, int delimiter);

/* Line ends (LF, CRLF, lone CR) in n bytes. */
uint64_t rc_csv_count_lines(const char *data, size_t n);

/* Bit 7 of each byte of the result is set where the byte of v equals that of the pattern: exact
 * in every byte. */
static inline uint64_t rc_swar_equal(uint64_t v, uint64_t pattern)
{
    const uint64_t low = 0x7f7f7f7f7f7f7f7fu;
    uint64_t t = v ^ pattern;
    return ~(((t & low) + low) | t | low);
}

static inline uint64_t rc_swar_repeat(unsigned char c)
{
    return 0x0101010101010101u * c;
}

#endif
