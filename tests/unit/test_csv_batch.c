/* test_csv_batch.c - the splitter's two paths over random blocks, in batches of several sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "table/csv_split.h"

/* xorshift64 */
static uint64_t draw(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* A block without quotes: cells of 0 to 20 bytes, records of 0 to 9 cells, all line ends. */
static rc_buf make_block(uint64_t *seed)
{
    static const char *const ends[] = {"\n", "\r\n", "\r", "\n\n", "\r\r", "\r\n\r\n", "\n\r"};
    rc_buf block = {0};
    size_t n_records = draw(seed) % 200;
    for (size_t r = 0; r < n_records; r++) {
        for (size_t c = draw(seed) % 10; c > 0; c--) {
            char cell[24];
            size_t n = draw(seed) % 21;
            for (size_t i = 0; i < n; i++)
                cell[i] = "abc 019.;\t\xc3\0"[draw(seed) % 13];
            assert_true(rc_buf_append(&block, cell, n));
            assert_true(c == 1 || rc_buf_append(&block, ",", 1));
        }
        bool is_last = r + 1 == n_records && draw(seed) % 2 == 0;
        assert_true(is_last || rc_buf_text(&block, ends[draw(seed) % 7]));
    }
    assert_true(rc_buf_append(&block, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", RC_CSV_SLACK));
    block.n -= RC_CSV_SLACK;
    return block;
}

/* Everything that is known of all records, as bytes. */
static rc_buf describe(const rc_buf *block, bool has_quote, size_t n_columns, size_t max_records,
                       rc_cpu_level level)
{
    rc_buf text = {0};
    rc_splitter *s;
    assert_int_equal(rc_splitter_open(&s, ',', n_columns, max_records, NULL), RC_OK);
    rc_splitter_use(s, level);
    assert_int_equal(rc_splitter_begin(s, block->data, block->n, has_quote, NULL), RC_OK);
    const rc_record *records;
    size_t n;
    while (rc_splitter_next(s, &records, &n, NULL) == RC_OK) {
        assert_true(n > 0 && n <= max_records);
        for (size_t r = 0; r < n; r++) {
            assert_true(rc_buf_printf(&text, "line %u raw %zu+%u cells %zu:", records[r].line,
                                      (size_t)(records[r].raw - block->data), records[r].raw_bytes,
                                      records[r].n_cells));
            for (size_t c = 0; c < records[r].n_cells && c < n_columns; c++) {
                size_t bytes;
                const char *cell = rc_record_cell(&records[r], c, &bytes);
                assert_true(rc_buf_append(&text, cell, bytes) && rc_buf_text(&text, "|"));
            }
            assert_true(rc_buf_text(&text, "\n"));
        }
    }
    assert_int_equal(n, 0);
    assert_true(rc_buf_printf(&text, "lines %u", rc_splitter_lines(s)));
    rc_splitter_close(s);
    return text;
}

/* The same by the plainest loop. */
static rc_buf expect(const rc_buf *block, size_t n_columns)
{
    rc_buf text = {0};
    size_t line = 0;
    for (size_t i = 0; i < block->n;) {
        size_t begin = i, n_cells = 1;
        while (i < block->n && block->data[i] != '\n' && block->data[i] != '\r')
            n_cells += block->data[i++] == ',';
        if (i > begin) {
            assert_true(rc_buf_printf(&text, "line %zu raw %zu+%zu cells %zu:", line, begin,
                                      i - begin, n_cells));
            for (size_t at = begin, c = 0; c < n_cells && c < n_columns; c++, at++) {
                size_t cell = at;
                while (at < i && block->data[at] != ',')
                    at++;
                assert_true(rc_buf_append(&text, block->data + cell, at - cell) &&
                            rc_buf_text(&text, "|"));
            }
            assert_true(rc_buf_text(&text, "\n"));
        }
        if (i == block->n)
            break;
        i += block->data[i] == '\r' && i + 1 < block->n && block->data[i + 1] == '\n' ? 2 : 1;
        line++;
    }
    assert_true(rc_buf_printf(&text, "lines %zu", line));
    return text;
}

static void test_both_paths_and_all_batches_agree(void **state)
{
    (void)state;
    static const size_t batches[] = {1, 2, 64};
    static const size_t columns[] = {1, 3, 16};
    uint64_t seed = 20240517;
    for (int round = 0; round < 300; round++) {
        rc_buf block = make_block(&seed);
        for (size_t k = 0; k < 9; k++) {
            size_t n_columns = columns[k / 3], max_records = batches[k % 3];
            rc_buf expected = expect(&block, n_columns);
            for (int way = 0; way < 4; way++) {
                rc_buf got = describe(&block, way % 2, n_columns, max_records,
                                      way < 2 ? RC_CPU_SCALAR : RC_CPU_AUTO);
                assert_int_equal(got.n, expected.n);
                assert_memory_equal(got.data, expected.data, expected.n);
                rc_buf_release(&got);
            }
            rc_buf_release(&expected);
        }
        rc_buf_release(&block);
    }
}

static void assert_described(const char *block, size_t n_columns, const char *expected)
{
    rc_buf copy = {0};
    assert_true(rc_buf_text(&copy, block) && rc_buf_reserve(&copy, RC_CSV_SLACK));
    memset(copy.data + copy.n, 0, RC_CSV_SLACK);
    for (size_t max_records = 1; max_records < 4; max_records++) {
        rc_buf got =
            describe(&copy, strchr(block, '"') != NULL, n_columns, max_records, RC_CPU_AUTO);
        assert_true(rc_buf_append(&got, "", 1));
        assert_string_equal(got.data, expected);
        rc_buf_release(&got);
    }
    rc_buf_release(&copy);
}

static void test_cells_beyond_the_columns_are_counted_only(void **state)
{
    (void)state;
    assert_described("a,b,c\nd\n", 2,
                     "line 0 raw 0+5 cells 3:a|b|\nline 1 raw 6+1 cells 1:d|\nlines 2");
    assert_described("\"a\",b,\"c\"\nd\n", 2,
                     "line 0 raw 0+9 cells 3:a|b|\nline 1 raw 10+1 cells 1:d|\nlines 2");
}

static void test_quoted_records_keep_lines_and_raw_bytes(void **state)
{
    (void)state;
    assert_described("\n\"a\r\nb\",\"\"\r\n\r\n\"\"\nx,\"say \"\"y\"\"\",\n\"\r\r\",z", 3,
                     "line 1 raw 1+9 cells 2:a\r\nb||\n"
                     "line 4 raw 14+2 cells 1:|\n"
                     "line 5 raw 17+14 cells 3:x|say \"y\"||\n"
                     "line 6 raw 32+6 cells 2:\r\r|z|\n"
                     "lines 8");
}

/* More cells in a record than a batch has room for ends. */
static void test_a_record_of_many_cells_is_counted_through(void **state)
{
    (void)state;
    rc_buf block = {0}, quoted = {0};
    for (int c = 0; c < 300; c++)
        assert_true(rc_buf_text(&block, "a,") && rc_buf_text(&quoted, "\"a\","));
    assert_true(rc_buf_append(&block, "\nb,c\n", sizeof("\nb,c\n")) &&
                rc_buf_append(&quoted, "\nb,c\n", sizeof("\nb,c\n")));
    assert_described(block.data, 2,
                     "line 0 raw 0+600 cells 301:a|a|\nline 1 raw 601+3 cells 2:b|c|\nlines 2");
    assert_described(quoted.data, 2,
                     "line 0 raw 0+1200 cells 301:a|a|\nline 1 raw 1201+3 cells 2:b|c|\nlines 2");
    rc_buf_release(&block);
    rc_buf_release(&quoted);
}

/* Each other byte stands behind a quote that is data: none may be taken for a delimiter. */
static void test_one_column_may_hold_every_byte(void **state)
{
    (void)state;
    rc_buf block = {0}, expected = {0};
    assert_true(rc_buf_text(&block, "\""));
    for (int c = 0; c < 256; c++) {
        const char pair[2] = {'"', (char)c};
        if (c == '"' || c == '\n' || c == '\r')
            continue;
        assert_true(rc_buf_append(&block, pair, 2) && rc_buf_append(&expected, pair, 2));
    }
    assert_true(rc_buf_text(&block, "\"") && rc_buf_reserve(&block, RC_CSV_SLACK));
    memset(block.data + block.n, 0, RC_CSV_SLACK);
    rc_splitter *s;
    const rc_record *records;
    size_t n_records, bytes;
    assert_int_equal(rc_splitter_open(&s, RC_NO_DELIMITER, 4, 2, NULL), RC_OK);
    assert_int_equal(rc_splitter_begin(s, block.data, block.n, true, NULL), RC_OK);
    assert_int_equal(rc_splitter_next(s, &records, &n_records, NULL), RC_OK);
    assert_int_equal(n_records, 1);
    assert_int_equal(records[0].n_cells, 1);
    const char *cell = rc_record_cell(&records[0], 0, &bytes);
    assert_int_equal(bytes, expected.n);
    assert_memory_equal(cell, expected.data, bytes);
    rc_splitter_close(s);
    rc_buf_release(&block);
    rc_buf_release(&expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_paths_and_all_batches_agree),
        cmocka_unit_test(test_a_record_of_many_cells_is_counted_through),
        cmocka_unit_test(test_cells_beyond_the_columns_are_counted_only),
        cmocka_unit_test(test_quoted_records_keep_lines_and_raw_bytes),
        cmocka_unit_test(test_one_column_may_hold_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
