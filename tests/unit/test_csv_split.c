/* test_csv_split.c - CSV records into cells, compared with libcsv run over the whole text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <csv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "csv_machine.h"
#include "table/csv_split.h"

/* Records as text: each cell ends with \1, each record with \2. */
typedef struct outcome {
    char text[256];
    size_t n, n_records;
    size_t last_record; /* where the last record begins */
    size_t n_lines;
} outcome;

static void put_cell(void *data, size_t n, void *context)
{
    outcome *o = context;
    if (n > 0)
        memcpy(o->text + o->n, data, n);
    o->n += n;
    o->text[o->n++] = '\1';
}

static void put_end(outcome *o, size_t begin)
{
    o->text[o->n++] = '\2';
    o->last_record = begin;
    o->n_records++;
}

typedef struct libcsv_run {
    outcome *to;
    size_t begin;
} libcsv_run;

static void libcsv_cell(void *data, size_t n, void *context)
{
    put_cell(data, n, ((libcsv_run *)context)->to);
}

static void libcsv_end(int c, void *context)
{
    (void)c;
    libcsv_run *run = context;
    put_end(run->to, run->begin);
    run->begin = run->to->n;
}

static int never(unsigned char c)
{
    (void)c;
    return 0;
}

/* All cases of one delimiter share this. */
typedef struct comparison {
    int delimiter;
    rc_splitter *splitter;
    struct csv_parser parser;
    size_t n_compared;
} comparison;

static void expect(comparison *c, const char *text, size_t n, outcome *o)
{
    libcsv_run run = {.to = o};
    *o = (outcome){0};
    assert_int_equal(csv_parse(&c->parser, text, n, libcsv_cell, libcsv_end, &run), n);
    assert_int_equal(csv_fini(&c->parser, libcsv_cell, libcsv_end, &run), 0);
}

/* Splits a block and adds its records to the outcome; each must be the machine's next one. */
static void split_block(comparison *c, const machine *whole, const char *text, const char *block,
                        size_t n, bool has_quote, outcome *o)
{
    assert_int_equal(rc_splitter_begin(c->splitter, block, n, has_quote, NULL), RC_OK);
    const rc_record *records;
    size_t n_records;
    while (rc_splitter_next(c->splitter, &records, &n_records, NULL) == RC_OK) {
        assert_true(n_records > 0);
        for (size_t r = 0; r < n_records; r++) {
            const machine_record *m = &whole->records[o->n_records];
            assert_true(o->n_records < whole->n);
            assert_int_equal(records[r].raw - text, m->begin);
            assert_int_equal(records[r].raw_bytes, m->end - m->begin);
            assert_int_equal(records[r].line + o->n_lines, m->line);
            size_t begin = o->n;
            for (size_t i = 0; i < records[r].n_cells; i++) {
                size_t bytes;
                const char *cell = rc_record_cell(&records[r], i, &bytes);
                put_cell((void *)cell, bytes, o);
            }
            put_end(o, begin);
        }
    }
    o->n_lines += rc_splitter_lines(c->splitter);
}

static void assert_same(const outcome *expected, const outcome *got, const machine *whole,
                        const char *text, size_t n)
{
    /* libcsv hands out a record that ends inside quotes, too */
    size_t bytes = whole->is_open ? expected->last_record : expected->n;
    if (got->n == bytes && memcmp(got->text, expected->text, bytes) == 0)
        return;
    printf("# text of %zu bytes:", n);
    for (size_t i = 0; i < n; i++)
        printf(" %02x", (unsigned char)text[i]);
    printf("\n");
    assert_int_equal(got->n, bytes);
    assert_memory_equal(got->text, expected->text, bytes);
}

/* What the source and a worker make of a text that comes as a prefix and the rest. */
static void compare_split(comparison *c, const outcome *expected, const machine *whole,
                          const char *text, size_t n, size_t n_first)
{
    outcome got = {0};
    char piece[32] = {0};
    memcpy(piece, text, n_first);
    rc_csv_cut cut = rc_csv_cut_records(piece, n_first, c->delimiter, false);
    split_block(c, whole, text, text, cut.n_bytes, cut.has_quote, &got);
    assert_int_equal(got.n_lines, machine_run(text, cut.n_bytes, c->delimiter).n_lines);
    const char *rest = text + cut.n_bytes;
    rc_csv_cut last = rc_csv_cut_records(rest, n - cut.n_bytes, c->delimiter, true);
    assert_int_equal(last.is_open, whole->is_open);
    if (last.is_open)
        assert_int_equal(cut.n_bytes + last.open_quote, whole->open_quote);
    split_block(c, whole, text, rest, last.n_bytes, last.has_quote, &got);
    if (!whole->is_open)
        assert_int_equal(got.n_lines, whole->n_lines);
    assert_same(expected, &got, whole, text, n);
}

static void compare(const char *text, size_t n, void *context)
{
    comparison *c = context;
    outcome expected;
    expect(c, text, n, &expected);
    machine whole = machine_run(text, n, c->delimiter);
    assert_int_equal(expected.n_records, whole.n);
    for (size_t n_first = 0; n_first < n || n_first == 0; n_first++)
        compare_split(c, &expected, &whole, text, n, n_first);
    if (!whole.is_open && memchr(text, '"', n) == NULL) { /* the other path */
        outcome got = {0};
        split_block(c, &whole, text, text, n, true, &got);
        assert_same(&expected, &got, &whole, text, n);
    }
    c->n_compared++;
}

/* The same behind a record so long that the text lies across two blocks of the index. */
static void compare_across(const char *text, size_t n, void *context)
{
    for (size_t before = 63; n > 0 && before + n > 64; before--) {
        char longer[64 + 16 + 16] = {0};
        memset(longer, 'a', before - 1);
        longer[before - 1] = '\n';
        memcpy(longer + before, text, n);
        comparison *c = context;
        outcome expected, got = {0};
        expect(c, longer, before + n, &expected);
        machine whole = machine_run(longer, before + n, c->delimiter);
        rc_csv_cut cut = rc_csv_cut_records(longer, before + n, c->delimiter, true);
        assert_int_equal(cut.is_open, whole.is_open);
        split_block(c, &whole, longer, longer, cut.n_bytes, true, &got);
        assert_same(&expected, &got, &whole, longer, before + n);
        c->n_compared++;
    }
}

typedef void visit(const char *text, size_t n, void *context);

static void compare_all(visit *compare_text, rc_cpu_level level, const char *alphabet,
                        int delimiter, size_t most)
{
    comparison c = {.delimiter = delimiter};
    assert_int_equal(rc_splitter_open(&c.splitter, delimiter, 16, 3, NULL), RC_OK);
    rc_splitter_use(c.splitter, level);
    assert_int_equal(csv_init(&c.parser, 0), 0);
    csv_set_space_func(&c.parser, never);
    csv_set_delim(&c.parser, (unsigned char)(delimiter >= 0 ? delimiter : '\3'));
    for_each_text(alphabet, strlen(alphabet), most, compare_text, &c);
    csv_free(&c.parser);
    rc_splitter_close(c.splitter);
    printf("# %zu texts compared with libcsv, each at every split\n", c.n_compared);
}

static void test_all_short_texts_are_split_as_libcsv_does(void **state)
{
    (void)state;
    compare_all(compare, RC_CPU_SCALAR, "a\",\n\r", ',', 8);
}

static void test_short_texts_with_another_delimiter(void **state)
{
    (void)state;
    compare_all(compare, RC_CPU_SCALAR, "a\";\n\r,", ';', 6);
    compare_all(compare, RC_CPU_SCALAR, "\"\xff\n\r", 0xff, 6);
}

static void test_short_texts_of_one_column(void **state)
{
    (void)state;
    compare_all(compare, RC_CPU_SCALAR, "a\",\n\r", RC_NO_DELIMITER, 6);
}

static void test_short_texts_across_blocks(void **state)
{
    (void)state;
    compare_all(compare_across, RC_CPU_SCALAR, "a\",\n\r", ',', 6);
    compare_all(compare_across, RC_CPU_SCALAR, "a\",\n\r", RC_NO_DELIMITER, 5);
}

static void test_short_texts_in_vectors(void **state)
{
    (void)state;
    if (!rc_cpu_has(RC_CPU_AVX2))
        skip();
    compare_all(compare, RC_CPU_AVX2, "a\",\n\r", ',', 7);
    compare_all(compare, RC_CPU_AVX2, "a\",\n\r", RC_NO_DELIMITER, 6);
    compare_all(compare_across, RC_CPU_AVX2, "a\",\n\r", ',', 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_short_texts_are_split_as_libcsv_does),
        cmocka_unit_test(test_short_texts_with_another_delimiter),
        cmocka_unit_test(test_short_texts_of_one_column),
        cmocka_unit_test(test_short_texts_across_blocks),
        cmocka_unit_test(test_short_texts_in_vectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
