/* fuzz_tables.c - random small tables: records, cells and line numbers are those of libcsv.
 *
 * fuzz_tables [--seed N] [--first N] [--tables N] [--seconds N]
 *
 * Table k of a seed is always the same: a failure names both, and --first k --tables 1 repeats it.
 * The bytes are of a small alphabet; the delimiter is given or to be found; the file comes in
 * pieces cut anywhere, as a source reads it, and is split in batches of a few records. libcsv reads
 * the same bytes one at a time, so that its callbacks tell where each record ends. It runs as
 * DESIGN says: without CSV_STRICT, no byte is a blank. */
#include <csv.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "table/csv_split.h"
#include "table/dialect.h"

enum { MOST_BYTES = 320, ROW_NOT_BEGUN = 0, FIELD_NOT_BEGUN = 1, FIELD_BEGUN = 2 };

static const char mark[] = "\xef\xbb\xbf";
static const int candidates[] = {',', ';', '\t', '|'};
enum { N_CANDIDATES = sizeof(candidates) / sizeof(*candidates), MARK_BYTES = sizeof(mark) - 1 };

/* --- chance: splitmix64 */

typedef struct chance {
    uint64_t state;
} chance;

static uint64_t draw(chance *c)
{
    uint64_t z = c->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* From 0 to n - 1; the bias of the remainder does not matter here. */
static size_t below(chance *c, size_t n)
{
    return (size_t)(draw(c) % n);
}

/* --- a table */

typedef struct table {
    uint64_t seed, number;
    char bytes[MARK_BYTES + MOST_BYTES];
    size_t n;
    const char *text; /* behind the byte-order mark, if there is one */
    size_t n_text;
    int delimiter; /* RC_NO_DELIMITER: one column, or to be found */
    bool is_found; /* by the search */
    char decimal;  /* a comma is not to be found */
    rc_header header;
} table;

static int pick_delimiter(chance *c)
{
    static const unsigned char odd[] = {' ', 'a', '1', 0xff};
    size_t kind = below(c, 8);
    if (kind == 0)
        return RC_NO_DELIMITER;
    return kind == 1 ? odd[below(c, sizeof(odd))] : candidates[below(c, N_CANDIDATES)];
}

/* A few letters of the alphabet: with all of them hardly a quote would close. */
static void fill(table *t, chance *c)
{
    static const char alphabet[] = "a1\",;\t|\r\n\0\xff ";
    char letters[sizeof(alphabet) - 1];
    size_t n_letters = 0;
    uint64_t mask = draw(c) | draw(c);
    for (size_t i = 0; i < sizeof(letters); i++)
        if (mask >> i & 1)
            letters[n_letters++] = alphabet[i];
    if (n_letters == 0)
        letters[n_letters++] = '"';
    t->n_text = below(c, below(c, 32) == 0 ? MOST_BYTES + 1 : 41);
    size_t n_mark = below(c, 32) == 0 ? MARK_BYTES : 0;
    memcpy(t->bytes, mark, n_mark);
    for (size_t i = 0; i < t->n_text; i++)
        t->bytes[n_mark + i] = letters[below(c, n_letters)];
    t->n = n_mark + t->n_text;
    t->text = t->bytes + n_mark;
}

static void make_table(table *t, chance *c, uint64_t seed, uint64_t number)
{
    *c = (chance){.state = seed * 0xd1342543de82ef95u + number};
    t->seed = seed;
    t->number = number;
    fill(t, c);
    t->is_found = below(c, 3) == 0;
    t->delimiter = t->is_found ? RC_NO_DELIMITER : pick_delimiter(c);
    t->decimal = below(c, 8) == 0 ? ',' : '.';
    t->header = below(c, 2) == 0 ? RC_HEADER_YES : RC_HEADER_NO;
}

static void fail(const table *t, const char *what, int delimiter)
{
    printf("table %" PRIu64 " of seed %" PRIu64 ": %s\n  delimiter %d%s, header %s, bytes '",
           t->number, t->seed, what, delimiter, t->is_found ? " (found)" : "",
           t->header == RC_HEADER_YES ? "yes" : "no");
    for (size_t i = 0; i < t->n; i++)
        if (t->bytes[i] >= ' ' && t->bytes[i] <= '~')
            putchar(t->bytes[i]);
        else
            printf("\\x%02x", (unsigned char)t->bytes[i]);
    printf("'\n");
    exit(1);
}

/* --- what libcsv makes of it */

typedef struct known_cell {
    size_t begin, n;
} known_cell;

typedef struct known_record {
    size_t begin, end; /* in the text */
    size_t line;       /* from 0 */
    size_t first_cell, n_cells;
} known_record;

typedef struct known {
    const char *data; /* the text */
    size_t at;        /* the byte that libcsv sees */
    bool is_inside;   /* a record */
    known_record records[MOST_BYTES + 1];
    known_cell cells[2 * MOST_BYTES + 2];
    char text[2 * MOST_BYTES]; /* of all cells */
    size_t n_records, n_cells, n_text;
    bool is_open;
    size_t open_quote;
} known;

static void see_cell(void *cell, size_t n, void *context)
{
    known *k = context;
    if (n > 0)
        memcpy(k->text + k->n_text, cell, n);
    k->cells[k->n_cells++] = (known_cell){k->n_text, n};
    k->n_text += n;
    k->records[k->n_records].n_cells++;
}

static void see_end(int c, void *context)
{
    (void)c;
    known *k = context;
    k->records[k->n_records++].end = k->at;
    k->is_inside = false;
}

static int never(unsigned char c)
{
    (void)c;
    return 0;
}

static size_t count_lines(const char *data, size_t n)
{
    size_t lines = 0;
    for (size_t i = 0; i < n; i++)
        lines += data[i] == '\n' ? i == 0 || data[i - 1] != '\r' : data[i] == '\r';
    return lines;
}

/* A record begins with the first byte behind the last one that ends no line. */
static void see_byte(known *k, struct csv_parser *parser)
{
    char c = k->data[k->at];
    if (!k->is_inside && c != '\r' && c != '\n') {
        k->is_inside = true;
        k->records[k->n_records] = (known_record){
            .begin = k->at, .line = count_lines(k->data, k->at), .first_cell = k->n_cells};
    }
    int was_quoted = parser->quoted;
    if (csv_parse(parser, &c, 1, see_cell, see_end, k) != 1)
        abort();
    if (parser->quoted && !was_quoted)
        k->open_quote = k->at;
}

/* Whole records only: what an open quote swallows is none. */
static void by_libcsv(known *k, const char *text, size_t n, int delimiter)
{
    struct csv_parser parser;
    if (csv_init(&parser, 0) != 0)
        abort();
    csv_set_space_func(&parser, never);
    csv_set_delim(&parser, delimiter == RC_NO_DELIMITER ? 1 : (unsigned char)delimiter);
    k->data = text;
    k->is_inside = false;
    k->n_records = k->n_cells = k->n_text = 0;
    for (k->at = 0; k->at < n; k->at++)
        see_byte(k, &parser);
    k->is_open = parser.quoted && parser.pstate == FIELD_BEGUN;
    if (!k->is_open && csv_fini(&parser, see_cell, see_end, k) != 0)
        abort();
    csv_free(&parser);
}

/* --- what we make of it */

/* The same bytes in memory of just that size, and the slack. */
static char *padded(const char *data, size_t n)
{
    char *copy = malloc(n + RC_CSV_SLACK);
    if (copy == NULL)
        abort();
    memcpy(copy, data, n);
    memset(copy + n, 0, RC_CSV_SLACK);
    return copy;
}

static rc_status open_schema(rc_schema *schema, const table *t, size_t n, bool is_last,
                             rc_error *err)
{
    rc_dialect_request request = {
        .delimiter = t->delimiter, .header = t->header, .decimal = t->decimal};
    char *head = padded(t->bytes, n);
    rc_status st = rc_schema_init(schema, &request, head, n, is_last, err);
    free(head);
    return st;
}

static bool is_same_schema(const rc_schema *a, const rc_schema *b)
{
    if (a->delimiter != b->delimiter || a->n_columns != b->n_columns ||
        a->has_header != b->has_header || a->header_bytes != b->header_bytes ||
        a->header_lines != b->header_lines)
        return false;
    for (size_t c = 0; a->has_header && c < a->n_columns; c++)
        if (a->name_bytes[c] != b->name_bytes[c] ||
            memcmp(a->names[c], b->names[c], a->name_bytes[c]) != 0)
            return false;
    return true;
}

/* What is found from a part of the file is what is found from all of it. */
static void check_head(const table *t, size_t n, const rc_schema *whole, rc_status whole_status)
{
    rc_schema part;
    rc_error err = {0};
    rc_status st = open_schema(&part, t, n, false, &err);
    if (st == RC_AGAIN)
        return;
    if (st != whole_status || (st == RC_OK && !is_same_schema(&part, whole)))
        fail(t, "the head alone says something else", whole->delimiter);
    if (st == RC_OK)
        rc_schema_release(&part);
}

/* The number of cells of all of the first records, if it is the same and more than 1. */
static size_t common_cells(const known *k)
{
    for (size_t r = 1; r < k->n_records && r < RC_DIALECT_RECORDS; r++)
        if (k->records[r].n_cells != k->records[0].n_cells)
            return 0;
    return k->n_records > 0 && k->records[0].n_cells > 1 ? k->records[0].n_cells : 0;
}

/* The delimiter that gives the most cells, by DESIGN's rule. False: a quote stays open under some
 * candidate, and the rule does not say what then. */
static bool known_delimiter(known *k, const table *t, int *delimiter)
{
    size_t most = 1;
    *delimiter = RC_NO_DELIMITER;
    for (size_t i = 0; i < N_CANDIDATES; i++) {
        by_libcsv(k, t->text, t->n_text, candidates[i]);
        size_t n = common_cells(k);
        if (k->is_open)
            return false;
        if (n > most && candidates[i] != t->decimal) {
            most = n;
            *delimiter = candidates[i];
        }
    }
    return true;
}

static void check_names(const table *t, const known *k, const rc_schema *s)
{
    const known_record *first = &k->records[0];
    for (size_t c = 0; c < s->n_columns; c++) {
        const known_cell *cell = &k->cells[first->first_cell + c];
        if (s->name_bytes[c] != cell->n || memcmp(s->names[c], k->text + cell->begin, cell->n) != 0)
            fail(t, "a name in the header", s->delimiter);
    }
}

static void check_schema(const table *t, const known *k, const rc_schema *s)
{
    const known_record *first = &k->records[0];
    size_t mark_bytes = t->n - t->n_text, next = first->end;
    if (next < t->n_text)
        next += t->text[next] == '\r' && next + 1 < t->n_text && t->text[next + 1] == '\n' ? 2 : 1;
    if (s->n_columns != first->n_cells)
        fail(t, "the number of columns", s->delimiter);
    if (s->has_header != (t->header == RC_HEADER_YES))
        fail(t, "whether there is a header", s->delimiter);
    if (s->header_bytes != mark_bytes + (s->has_header ? next : 0))
        fail(t, "the length of the header", s->delimiter);
    if (s->header_lines != (s->has_header ? count_lines(t->text, next) : 0))
        fail(t, "the lines of the header", s->delimiter);
    if (s->has_header)
        check_names(t, k, s);
}

/* A file that is refused has no whole first record; the message names where the quote opens. */
static void check_refusal(const table *t, known *k, const rc_error *err)
{
    bool is_right = false;
    if (!t->is_found)
        by_libcsv(k, t->text, t->n_text, t->delimiter);
    for (size_t i = 0; t->is_found && !is_right && i <= N_CANDIDATES; i++) {
        by_libcsv(k, t->text, t->n_text, i < N_CANDIDATES ? candidates[i] : RC_NO_DELIMITER);
        is_right = k->n_records == 0;
    }
    if (k->n_records > 0 || err->code != RC_E_DATA)
        fail(t, "a good table is refused", t->delimiter);
    size_t line = k->is_open ? count_lines(k->data, k->open_quote) + 1 : 0;
    if (!t->is_found && err->row != line)
        fail(t, "the line of the open quote", t->delimiter);
}

/* Where and how reading of records begins. */
typedef struct start {
    int delimiter;
    size_t n_bytes, n_records, n_lines; /* of the header */
} start;

/* False: refused, as it must be. Leaves in k what libcsv reads. */
static bool find_start(const table *t, known *k, chance *c, start *from)
{
    rc_schema schema;
    rc_error err = {0};
    rc_status st = open_schema(&schema, t, t->n, true, &err);
    int delimiter;
    if (st == RC_AGAIN)
        fail(t, "a whole file is not enough", t->delimiter);
    for (int i = 0; i < 2; i++)
        check_head(t, below(c, t->n + 1), &schema, st);
    if (st < 0) {
        check_refusal(t, k, &err);
        return false;
    }
    if (t->is_found && known_delimiter(k, t, &delimiter) && delimiter != schema.delimiter)
        fail(t, "the delimiter that is found", schema.delimiter);
    by_libcsv(k, t->text, t->n_text, schema.delimiter);
    if (k->n_records == 0)
        fail(t, "a table without a record is taken", schema.delimiter);
    check_schema(t, k, &schema);
    *from = (start){schema.delimiter, schema.header_bytes - (t->n - t->n_text),
                    schema.has_header ? 1 : 0, (size_t)schema.header_lines};
    rc_schema_release(&schema);
    return true;
}

/* Reading, as source and worker do it together. */
typedef struct reading {
    const table *t;
    const known *k;
    rc_splitter *splitter;
    int delimiter;
    size_t n_columns;
    size_t begin;     /* of the packet in the text */
    size_t n_records; /* seen */
    size_t n_lines;   /* before the packet */
} reading;

static void check_record(reading *r, const rc_record *record, const char *packet)
{
    if (r->n_records == r->k->n_records)
        fail(r->t, "a record too many", r->delimiter);
    const known_record *wanted = &r->k->records[r->n_records++];
    if (record->n_cells != wanted->n_cells)
        fail(r->t, "the number of cells", r->delimiter);
    for (size_t c = 0; c < record->n_cells && c < r->n_columns; c++) {
        size_t n;
        const char *cell = rc_record_cell(record, c, &n);
        const known_cell *other = &r->k->cells[wanted->first_cell + c];
        if (n != other->n || memcmp(cell, r->k->text + other->begin, n) != 0)
            fail(r->t, "a cell", r->delimiter);
    }
    if (r->n_lines + record->line != wanted->line)
        fail(r->t, "the line of a record", r->delimiter);
    if (r->begin + (size_t)(record->raw - packet) != wanted->begin ||
        record->raw_bytes != wanted->end - wanted->begin)
        fail(r->t, "where a record stands", r->delimiter);
}

static void read_packet(reading *r, const char *data, size_t n, bool has_quote)
{
    const rc_record *records;
    size_t n_records;
    char *packet = padded(data, n);
    if (rc_splitter_begin(r->splitter, packet, n, has_quote, NULL) < 0)
        abort();
    while (rc_splitter_next(r->splitter, &records, &n_records, NULL) == RC_OK)
        for (size_t i = 0; i < n_records; i++)
            check_record(r, &records[i], packet);
    r->n_lines += rc_splitter_lines(r->splitter);
    free(packet);
}

/* Feeds pieces of any length; what is left of one goes before the next. */
static void read_pieces(reading *r, chance *c)
{
    const char *text = r->t->text;
    size_t n = r->t->n_text, end = r->begin, most = 1 + below(c, 48);
    while (r->begin < n) {
        end += 1 + below(c, most);
        end = end < n ? end : n;
        char *piece = padded(text + r->begin, end - r->begin);
        rc_csv_cut cut = rc_csv_cut_records(piece, end - r->begin, r->delimiter, end == n);
        free(piece);
        /* to say that there are quotes where there are none costs time and changes nothing */
        read_packet(r, text + r->begin, cut.n_bytes, cut.has_quote || below(c, 8) == 0);
        size_t quote = r->begin + cut.open_quote;
        r->begin += cut.n_bytes;
        if (end < n || r->begin == n)
            continue;
        if (!cut.is_open || !r->k->is_open || quote != r->k->open_quote)
            fail(r->t, "the open quote at the end", r->delimiter);
        return;
    }
    if (r->k->is_open)
        fail(r->t, "a quote stays open, and nothing is said", r->delimiter);
}

/* Returns the number of records. */
static size_t check_table(const table *t, known *k, chance *c)
{
    start from = {.delimiter = t->delimiter};
    if (!t->is_found && (t->delimiter == RC_NO_DELIMITER || below(c, 2) == 0))
        by_libcsv(k, t->text, t->n_text, t->delimiter);
    else if (!find_start(t, k, c, &from))
        return 0;
    reading r = {.t = t, .k = k, .delimiter = from.delimiter, .begin = from.n_bytes};
    r.n_records = from.n_records;
    r.n_lines = from.n_lines;
    r.n_columns = below(c, 4) == 0 ? 1 + below(c, 6) : MOST_BYTES + 1;
    if (rc_splitter_open(&r.splitter, r.delimiter, r.n_columns, 1 + below(c, 5), NULL) < 0)
        abort();
    rc_splitter_use(r.splitter, below(c, 2) == 0 ? RC_CPU_SCALAR : RC_CPU_AUTO);
    read_pieces(&r, c);
    rc_splitter_close(r.splitter);
    if (r.n_records != k->n_records)
        fail(t, "a record too few", r.delimiter);
    return k->n_records;
}

/* --- the loop */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The number behind an option; absent if it is not given. */
static uint64_t option(int argc, char **argv, const char *name, uint64_t absent)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return strtoull(argv[i + 1], NULL, 10);
    return absent;
}

int main(int argc, char **argv)
{
    static known k; /* large for a stack */
    uint64_t seed = option(argc, argv, "--seed", 1), first = option(argc, argv, "--first", 0);
    uint64_t most = option(argc, argv, "--tables", UINT64_MAX), n = 0, n_records = 0;
    double seconds = (double)option(argc, argv, "--seconds", most == UINT64_MAX ? 5 : UINT32_MAX);
    double began = now();
    for (; n < most && (n % 1024 != 0 || now() - began < seconds); n++) {
        table t;
        chance c;
        make_table(&t, &c, seed, first + n);
        n_records += check_table(&t, &k, &c);
    }
    printf("%" PRIu64 " tables (from %" PRIu64 ", seed %" PRIu64 "), %" PRIu64
           " records, %.1f s: the same as libcsv\n",
           n, first, seed, n_records, now() - began);
    return 0;
}
