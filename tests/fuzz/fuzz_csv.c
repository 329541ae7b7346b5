/* fuzz_csv.c - any bytes, cut anywhere: source and worker see the records that libcsv sees. */
#include <csv.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "table/csv_split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Records as one text: each cell's length and bytes, each record's end. */
static void put_cell(void *cell, size_t n, void *context)
{
    if (!rc_buf_printf(context, "%zu:", n) || !rc_buf_append(context, cell, n))
        abort();
}

static void put_end(int c, void *context)
{
    (void)c;
    if (!rc_buf_append(context, "\n", 1))
        abort();
}

static int never(unsigned char c)
{
    (void)c;
    return 0;
}

static void by_libcsv(const char *text, size_t n, char delimiter, rc_buf *out)
{
    struct csv_parser parser;
    csv_init(&parser, 0);
    csv_set_space_func(&parser, never);
    csv_set_delim(&parser, (unsigned char)delimiter);
    if (csv_parse(&parser, text, n, put_cell, put_end, out) != n ||
        csv_fini(&parser, put_cell, put_end, out) != 0)
        abort();
    csv_free(&parser);
}

/* The records of one packet. */
static void split(const char *text, size_t n, char delimiter, bool has_quote, rc_buf *out)
{
    /* the best level and the scalar one, in turn: both must give what libcsv does */
    rc_cpu_level level = n % 2 == 0 ? RC_CPU_AUTO : RC_CPU_SCALAR;
    rc_splitter *splitter;
    const rc_record *records;
    size_t n_records;
    if (rc_splitter_open(&splitter, delimiter, 4096, 3, NULL) < 0 ||
        rc_splitter_begin(splitter, text, n, has_quote, NULL) < 0)
        abort();
    rc_splitter_use(splitter, level);
    while (rc_splitter_next(splitter, &records, &n_records, NULL) == RC_OK)
        for (size_t r = 0; r < n_records; r++) {
            for (size_t c = 0; c < records[r].n_cells; c++) {
                size_t bytes;
                const char *cell = rc_record_cell(&records[r], c, &bytes);
                put_cell((void *)cell, bytes, out);
            }
            put_end(0, out);
        }
    rc_splitter_close(splitter);
}

/* Feeds pieces of `step` bytes as the source does; what is left over goes before the next. False
 * if the input ends in quotes, where libcsv says nothing. */
static bool by_packets(const char *text, size_t n, char delimiter, size_t step, rc_buf *out)
{
    char *packet = malloc(n + RC_CSV_SLACK);
    if (packet == NULL)
        abort();
    size_t begin = 0, end = 0;
    bool is_open = false;
    while (begin < n && !is_open) {
        end = end + step < n ? end + step : n;
        memcpy(packet, text + begin, end - begin);
        memset(packet + (end - begin), 0, RC_CSV_SLACK);
        rc_csv_cut cut = rc_csv_cut_records(packet, end - begin, delimiter, end == n);
        memset(packet + cut.n_bytes, 0, RC_CSV_SLACK);
        split(packet, cut.n_bytes, delimiter, cut.has_quote, out);
        begin += cut.n_bytes;
        is_open = cut.is_open;
    }
    free(packet);
    return !is_open;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char delimiters[] = ",;\t|";
    if (size < 2 || size > 4096)
        return 0;
    char delimiter = delimiters[data[0] % 4];
    size_t step = 1 + data[1];
    const char *text = (const char *)data + 2;
    rc_buf ours = {0}, theirs = {0};
    if (by_packets(text, size - 2, delimiter, step, &ours)) {
        by_libcsv(text, size - 2, delimiter, &theirs);
        if (ours.n != theirs.n || (ours.n > 0 && memcmp(ours.data, theirs.data, ours.n) != 0))
            abort();
    }
    rc_buf_release(&ours);
    rc_buf_release(&theirs);
    return 0;
}
