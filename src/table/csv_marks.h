/* csv_marks.h - the loops over blocks of 64 bytes, once for each way of reading them.
 *
 * The includer defines MARKS_NAME, which names the kernels, and before it
 *     static inline marks read_marks(const char *p, char delimiter, bool has_quote)
 * Bit i of each mark stands for byte p[i]. No guard: it is a part of the file that includes it. */

#include <string.h>

enum { BLOCK_BYTES = 64 };

/* What is known of the bytes before a block; bit 0 stands for the last of them, but for inside. */
typedef struct carry {
    uint64_t inside; /* all ones: in quotes */
    uint64_t cr;
    uint64_t may_open; /* a quote behind it opens: a separator, or a quote that closed */
    uint64_t closed;   /* a quote that closed */
} carry;

/* A block, understood. Bits behind the first that is not `good` mean nothing. */
typedef struct block {
    uint64_t separators; /* delimiters and line ends outside quotes; of CR LF the CR alone */
    uint64_t line_ends;  /* those of them that end a record */
    uint64_t all_lines;  /* line ends, also in quotes */
    uint64_t quotes;
    uint64_t doubled; /* the second of two quotes in quotes */
    uint64_t good;    /* bits below the first byte for which parity is not the state */
} block;

/* Bit i: the number of bits up to i is odd. */
static inline uint64_t parity_up_to(uint64_t bits)
{
    for (int shift = 1; shift < BLOCK_BYTES; shift *= 2)
        bits ^= bits << shift;
    return bits;
}

/* Parity is the state as long as each quote that opens follows the begin of a field or a quote, and
 * each that closes is followed by the end of one or a quote. */
static inline void take_quotes(block *b, const marks *m, uint64_t some, carry *before)
{
    uint64_t inside = parity_up_to(m->quotes) ^ before->inside;
    uint64_t opening = m->quotes & inside, closing = m->quotes & ~inside;
    uint64_t outside = (m->delimiters | m->lfs | m->crs) & ~inside;
    uint64_t may_open = (outside | closing) << 1 | before->may_open;
    uint64_t behind_close = closing << 1 | before->closed;
    uint64_t bad = (opening & ~may_open) | (behind_close & some & ~(outside | opening));
    b->separators &= ~inside;
    b->line_ends &= ~inside;
    b->quotes = m->quotes;
    b->doubled = opening & behind_close;
    b->good = bad != 0 ? (bad & -bad) - 1 : ~UINT64_C(0);
    before->inside = inside >> 63 != 0 ? ~UINT64_C(0) : 0;
    before->may_open = (outside | closing) >> 63;
    before->closed = closing >> 63;
}

static inline marks read_some(const char *p, size_t n, char delimiter, bool has_quote)
{
    char bytes[BLOCK_BYTES] = {0};
    memcpy(bytes, p, n);
    return read_marks(bytes, delimiter, has_quote);
}

/* Understands the n bytes from p on, at most 64 of them. */
static inline block read_block(const char *p, size_t n, int delimiter, bool has_quote,
                               carry *before)
{
    bool is_whole = n >= BLOCK_BYTES;
    uint64_t some = is_whole ? ~UINT64_C(0) : (UINT64_C(1) << n) - 1;
    marks m = is_whole ? read_marks(p, (char)delimiter, has_quote)
                       : read_some(p, n, (char)delimiter, has_quote);
    m.delimiters &= delimiter != RC_NO_DELIMITER ? some : 0;
    m.lfs &= some;
    m.crs &= some;
    m.quotes &= some;
    block b = {.good = ~UINT64_C(0)};
    b.all_lines = m.crs | (m.lfs & ~(m.crs << 1 | before->cr));
    before->cr = m.crs >> 63;
    b.line_ends = b.all_lines;
    b.separators = m.delimiters | b.all_lines;
    if (has_quote)
        take_quotes(&b, &m, some, before);
    return b;
}

static inline unsigned lowest(uint64_t bits)
{
    return (unsigned)__builtin_ctzll(bits);
}

static inline unsigned count(uint64_t bits)
{
    return (unsigned)__builtin_popcountll(bits);
}

/* Writes where the bits of a block that begins at `at` are; up to 3 more numbers are written. */
static inline void put_ends(uint32_t *ends, uint32_t at, uint64_t bits)
{
    for (uint64_t rest = bits; rest != 0;) {
        for (int i = 0; i < 4; i++) {
            *ends++ = at + (uint32_t)__builtin_ctzll(rest | UINT64_C(1) << 63);
            rest &= rest - 1;
        }
    }
}

/* The record that is not through yet. */
typedef struct open_record {
    uint32_t begin, line;
    size_t first; /* of its ends */
    bool has_quotes, has_doubled;
} open_record;

static inline void close_record(rc_csv_run *run, const open_record *o, size_t end_index,
                                uint32_t end)
{
    if (end == o->begin) /* a line without a byte */
        return;
    run->records[run->n_records++] = (rc_record){.text = run->base,
                                                 .ends = run->ends + o->first,
                                                 .n_cells = end_index - o->first + 1,
                                                 .begin = o->begin,
                                                 .line = o->line,
                                                 .raw_bytes = end - o->begin,
                                                 .has_quotes = o->has_quotes,
                                                 .has_doubled = o->has_doubled,
                                                 .raw = run->base + o->begin};
}

/* Closes the records that end in a block at `at`; `line` counts the line ends before it. */
static inline void close_records(rc_csv_run *run, open_record *o, const block *b, uint32_t at,
                                 uint32_t line)
{
    uint64_t done = 0;
    for (uint64_t left = b->line_ends & b->good; left != 0; left &= left - 1) {
        uint64_t bit = left & -left, up_to = bit | (bit - 1), own = up_to & ~done;
        size_t index = run->n_ends + count(b->separators & (bit - 1));
        uint32_t end = at + lowest(left);
        o->has_quotes |= (b->quotes & own) != 0;
        o->has_doubled |= (b->doubled & own) != 0;
        close_record(run, o, index, end);
        bool is_two = run->base[end] == '\r' && run->base + end + 1 < run->limit &&
                      run->base[end + 1] == '\n';
        *o = (open_record){.begin = end + 1 + is_two,
                           .line = line + count(b->all_lines & up_to),
                           .first = index + 1};
        done = up_to;
        if (run->n_records == run->max_records)
            return;
    }
    o->has_quotes |= (b->quotes & ~done) != 0;
    o->has_doubled |= (b->doubled & ~done) != 0;
}

/* The last record has no line end, unless the block is through. */
static inline void close_last(rc_csv_run *run, open_record *o, uint32_t line)
{
    uint32_t end = (uint32_t)(run->limit - run->base);
    if (o->begin >= end || run->n_ends == run->capacity)
        return;
    run->ends[run->n_ends] = end;
    close_record(run, o, run->n_ends, end);
    *o = (open_record){.begin = end, .line = line, .first = run->n_ends + 1};
}

static inline void index_records(rc_csv_run *run, bool has_quote)
{
    carry before = {.may_open = 1};
    const char *p = run->begin;
    uint32_t line = run->line;
    open_record o = {.begin = (uint32_t)(p - run->base), .line = line, .first = run->n_ends};
    bool goes_on = true;
    while (goes_on && p < run->limit && run->n_ends + BLOCK_BYTES <= run->capacity &&
           run->n_records < run->max_records) {
        uint32_t at = (uint32_t)(p - run->base);
        block b = read_block(p, (size_t)(run->limit - p), run->delimiter, has_quote, &before);
        uint64_t separators = b.separators & b.good;
        put_ends(run->ends + run->n_ends, at, separators);
        close_records(run, &o, &b, at, line);
        run->n_ends += count(separators);
        line += count(b.all_lines);
        goes_on = b.good == ~UINT64_C(0);
        p += BLOCK_BYTES;
    }
    if (goes_on && p >= run->limit && run->n_records < run->max_records && before.inside == 0)
        close_last(run, &o, line);
    run->begin = run->base + o.begin;
    run->line = o.line;
    run->n_ends = o.first;
}

static void index_run(rc_csv_run *run)
{
    if (run->has_quote)
        index_records(run, true);
    else
        index_records(run, false);
}

static const char *find_last(const char *data, const char *limit, int delimiter)
{
    carry before = {.may_open = 1};
    const char *begin = data;
    for (const char *p = data; p < limit; p += BLOCK_BYTES) {
        block b = read_block(p, (size_t)(limit - p), delimiter, true, &before);
        uint64_t ends = b.line_ends & b.good;
        if (ends != 0) {
            const char *end = p + 63 - __builtin_clzll(ends);
            begin = end + 1 + (*end == '\r' && end + 1 < limit && end[1] == '\n');
        }
        if (b.good != ~UINT64_C(0))
            break;
    }
    return begin;
}

const rc_csv_kernels MARKS_NAME = {.index = index_run, .last = find_last};
