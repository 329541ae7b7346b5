/* test_h5_source.c - HDF5 inputs as one table, in packets of rows; the reader is the tool's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guard/guard.h"
#include "run/h5_source.h"
#include "table/h5/wire.h"

enum { ROWS = 96 }; /* of each file of testdata/h5 */

static char reader[PATH_MAX], alone[PATH_MAX], holes[PATH_MAX], texts[PATH_MAX];

static void put_path(char path[PATH_MAX], const char *variable, const char *rest)
{
    const char *folder = getenv(variable);
    assert_non_null(folder);
    assert_true(snprintf(path, PATH_MAX, "%s/%s", folder, rest) < PATH_MAX);
}

static int find_files(void **state)
{
    (void)state;
    put_path(reader, "RC_READERS", "../../src/cli/rowcast");
    put_path(alone, "RC_TESTDATA", "h5/alone.h5");
    put_path(holes, "RC_TESTDATA", "h5/holes.h5");
    put_path(texts, "RC_TESTDATA", "h5/compound-text.h5");
    return 0;
}

static rc_h5_source *open_source(const rc_h5_source_options *options)
{
    rc_h5_source *source;
    rc_error err = {0};
    if (rc_h5_source_open(&source, options, &err) != RC_OK)
        fail_msg("%s", err.text);
    return source;
}

/* Columns 1 and 3 are features. */
static const rc_binding binding = {
    .features = (size_t[]){0, 2}, .n_features = 2, .weight = RC_NO_COLUMN};

static void bind(rc_h5_source *source, const rc_binding *to)
{
    rc_error err = {0};
    if (rc_h5_source_bind(source, to, &err) != RC_OK)
        fail_msg("%s", err.text);
}

/* "FILE:FIRST+N " of each packet, with a '*' where a file begins, up to one that failed. */
static void read_all(rc_h5_source *source, rc_packet *packet, char *out, size_t n)
{
    out[0] = '\0';
    packet->status = RC_OK;
    while (packet->status == RC_OK && rc_h5_source_next(source, packet) == RC_OK) {
        size_t used = strlen(out);
        assert_true(used + 100 < n);
        if (packet->status < 0)
            snprintf(out + used, n - used, "%zu:failed ", packet->file);
        else
            snprintf(out + used, n - used, "%s%zu:%llu+%zu ", packet->begins_file ? "*" : "",
                     packet->file, (unsigned long long)packet->first_row, packet->n_part_rows);
    }
}

static void release(rc_packet *packet)
{
    for (size_t i = 0; i < packet->n_blocks; i++)
        rc_buf_release(&packet->blocks[i]);
    free(packet->blocks);
}

/* What packets come of the options. */
static void assert_packets(const rc_h5_source_options *options, const char *expected)
{
    char got[1000];
    rc_packet packet = {0};
    rc_h5_source *source = open_source(options);
    bind(source, &binding);
    read_all(source, &packet, got, sizeof(got));
    assert_string_equal(got, expected);
    release(&packet);
    rc_h5_source_close(source);
}

static void assert_not_opened(const rc_h5_source_options *options, const char *message)
{
    rc_h5_source *source;
    rc_error err = {0};
    assert_int_equal(rc_h5_source_open(&source, options, &err), RC_E_DATA);
    assert_null(source);
    assert_string_equal(err.text, message);
}

static void test_what_is_taken(void **state)
{
    (void)state;
    assert_true(rc_h5_source_takes(alone));
    assert_false(rc_h5_source_takes(reader));
    assert_false(rc_h5_source_takes("/dev/null"));
    assert_false(rc_h5_source_takes("/"));
    assert_false(rc_h5_source_takes("/nowhere/x.h5"));
}

static void test_schema_of_columns_without_names(void **state)
{
    (void)state;
    rc_h5_source *source = open_source(&(rc_h5_source_options){
        .inputs = {(const char *[]){alone, alone}, 2}, .reader = reader, .packet_bytes = 1 << 20});
    const rc_schema *schema = rc_h5_source_schema(source);
    assert_int_equal(schema->n_columns, 5);
    assert_false(schema->has_header);
    assert_string_equal(schema->names[0], "column_1");
    assert_string_equal(schema->names[4], "column_5");
    assert_int_equal(schema->name_bytes[4], 8);
    assert_string_equal(rc_h5_source_what(source), "2-D dataset '/deep/er/numbers', 96 rows");
    assert_int_equal(rc_h5_source_bytes_total(source), 2 * 7304);
    rc_h5_source_close(source);
    rc_h5_source_close(NULL);
}

static void test_columns_beside_the_table(void **state)
{
    (void)state;
    /* y is beside the matrix; with its own path a column of the table is meant */
    const char *asked[] = {"/y", "/X"};
    rc_h5_source *source = open_source(&(rc_h5_source_options){
        .inputs = {(const char *[]){holes}, 1}, .beside = {asked, 1}, .reader = reader});
    const rc_schema *schema = rc_h5_source_schema(source);
    assert_true(schema->has_header);
    assert_true(schema->n_columns >= 6);
    for (size_t c = 0; c < 5; c++) {
        assert_false(schema->is_side[c]);
        assert_int_equal(schema->same_as[c], c);
    }
    assert_string_equal(schema->names[0], "a");
    size_t last = schema->n_columns - 1;
    assert_true(schema->is_side[last]);
    assert_string_equal(schema->names[last], "/y");
    rc_h5_source_close(source);
}

/* 512 bytes are less than 64 rows of 16 bytes: packets have the 64 that they have at least. */
static void test_packets_of_several_files(void **state)
{
    (void)state;
    rc_h5_source_options options = {.inputs = {(const char *[]){alone, alone, alone}, 3},
                                    .reader = reader,
                                    .packet_bytes = 512};
    assert_packets(&options, "*0:0+64 0:64+32 *1:0+64 1:64+32 *2:0+64 2:64+32 ");
    options.packet_bytes = 1 << 20;
    assert_packets(&options, "*0:0+96 *1:0+96 *2:0+96 ");
}

/* What is behind the limit is not even opened. */
static void test_limit(void **state)
{
    (void)state;
    rc_h5_source_options options = {.inputs = {(const char *[]){alone, alone, "/nowhere"}, 3},
                                    .reader = reader,
                                    .packet_bytes = 512,
                                    .has_limit = true};
    assert_packets(&options, "");
    options.limit = 1;
    assert_packets(&options, "*0:0+1 ");
    options.limit = ROWS;
    assert_packets(&options, "*0:0+64 0:64+32 ");
    options.limit = 2 * ROWS - 1;
    assert_packets(&options, "*0:0+64 0:64+32 *1:0+64 1:64+31 ");
    options.limit = 2 * ROWS;
    assert_packets(&options, "*0:0+64 0:64+32 *1:0+64 1:64+32 ");
    options.limit = 2 * ROWS + 1;
    assert_packets(&options, "*0:0+64 0:64+32 *1:0+64 1:64+32 2:failed ");
}

static void assert_second_fails(const char *second, const char *message)
{
    char got[1000], text[2 * PATH_MAX];
    rc_packet packet = {0};
    rc_h5_source *source =
        open_source(&(rc_h5_source_options){.inputs = {(const char *[]){alone, second, alone}, 3},
                                            .reader = reader,
                                            .packet_bytes = 1 << 20});
    bind(source, &binding);
    read_all(source, &packet, got, sizeof(got));
    assert_string_equal(got, "*0:0+96 1:failed ");
    assert_int_equal(packet.status, RC_E_DATA);
    assert_false(packet.has_line);
    snprintf(text, sizeof(text), "%s: %s", second, message);
    assert_string_equal(packet.error.text, text);
    assert_int_equal(rc_h5_source_next(source, &packet), RC_END);
    release(&packet);
    rc_h5_source_close(source);
}

static void test_later_file_that_does_not_fit(void **state)
{
    (void)state;
    char message[2 * PATH_MAX];
    assert_second_fails("/nowhere", "cannot be opened: No such file or directory");
    assert_second_fails(reader, "this is not HDF5");
    snprintf(message, sizeof(message), "column 1 is 'a', but in '%s' it is 'column_1'", alone);
    assert_second_fails(holes, message);
    snprintf(message, sizeof(message), "11 columns, but '%s' has 5", alone);
    assert_second_fails(texts, message);
}

static void test_first_file_that_cannot_be_read(void **state)
{
    (void)state;
    char message[PATH_MAX + 100];
    rc_h5_source_options options = {.inputs = {(const char *[]){"/nowhere"}, 1}, .reader = reader};
    assert_not_opened(&options, "/nowhere: cannot be opened: No such file or directory");
    options.inputs = (rc_strings){(const char *[]){alone}, 1};
    options.max_columns = 4;
    snprintf(message, sizeof(message), "%s: the table has 5 columns, more than 4 (--max-columns)",
             alone);
    assert_not_opened(&options, message);
    options.max_columns = 5;
    rc_h5_source_close(open_source(&options));
}

/* Column 1, "id", is of texts of variable length, which only the reader can read. */
static void test_blocks_come_through_the_reader(void **state)
{
    (void)state;
    rc_packet packet = {0};
    rc_h5_rows *rows;
    rc_error err = {0};
    char scratch[RC_H5_CELL_BYTES + 64];
    size_t n, row = 0;
    const rc_binding ids = {.copies = (size_t[]){0}, .n_copies = 1, .weight = RC_NO_COLUMN};
    rc_h5_source *source = open_source(&(rc_h5_source_options){
        .inputs = {(const char *[]){texts}, 1}, .reader = reader, .packet_bytes = 64});
    bind(source, &ids);
    assert_int_equal(rc_h5_rows_open(&rows, &err), RC_OK);
    while (rc_h5_source_next(source, &packet) == RC_OK) {
        assert_int_equal(packet.status, RC_OK);
        assert_int_equal(packet.first_row, row);
        assert_int_equal(rc_h5_rows_load(rows, packet.part->fd, packet.part->table,
                                         packet.part->need, packet.first_row, packet.n_part_rows,
                                         packet.blocks, &err),
                         RC_OK);
        for (size_t r = 0; r < packet.n_part_rows; r++) {
            char expected[16];
            const char *cell = rc_h5_rows_cell(rows, 0, r, scratch, &n);
            snprintf(expected, sizeof(expected), "r%02zu", row++);
            assert_int_equal(n, strlen(expected));
            assert_memory_equal(cell, expected, n);
        }
    }
    assert_int_equal(row, ROWS);
    rc_h5_rows_close(rows);
    release(&packet);
    rc_h5_source_close(source);
}

static int threads_of(uint64_t max_memory, uint64_t *memory, rc_error *err)
{
    int n = 8;
    rc_packet packet = {0};
    rc_h5_source *source =
        open_source(&(rc_h5_source_options){.inputs = {(const char *[]){holes}, 1},
                                            .reader = reader,
                                            .max_memory = max_memory,
                                            .packet_bytes = 1 << 20});
    bind(source, &binding);
    rc_status st = rc_h5_source_threads(source, &n, err);
    assert_int_equal(rc_h5_source_next(source, &packet), RC_OK);
    *memory = packet.part->memory;
    release(&packet);
    rc_h5_source_close(source);
    return st < 0 ? 0 : n;
}

static void test_memory_limits_threads(void **state)
{
    (void)state;
    uint64_t memory;
    char expected[PATH_MAX + 200];
    rc_error err = {0};
    assert_int_equal(threads_of(0, &memory, &err), 8);
    assert_true(memory > 0);
    assert_int_equal(threads_of(8 * memory, &memory, &err), 8);
    assert_int_equal(threads_of(8 * memory - 1, &memory, &err), 7);
    assert_int_equal(threads_of(2 * memory - 1, &memory, &err), 1);
    assert_int_equal(threads_of(memory, &memory, &err), 1);
    assert_int_equal(threads_of(memory - 1, &memory, &err), 0);
    snprintf(expected, sizeof(expected),
             "%s: rows in work need %llu bytes at once because of their chunks, more than %llu "
             "(--max-memory)",
             holes, (unsigned long long)memory, (unsigned long long)memory - 1);
    assert_int_equal(strncmp(err.text, expected, strlen(expected)), 0);
}

/* Requests that our own code never makes; the reader is still there afterwards. */
static void test_reader_that_is_asked_wrongly(void **state)
{
    (void)state;
    static const char number_9[64] = {9};
    rc_guard *guard;
    rc_frame answer;
    rc_error err = {0};
    rc_guard_options options = {.reader = reader,
                                .kind = "hdf5",
                                .what = "the HDF5 file",
                                .fd = open(alone, O_RDONLY | O_CLOEXEC),
                                .code = RC_E_DATA,
                                .max_answer = 1 << 20,
                                .timeout_ms = 20000};
    if (rc_guard_open(&guard, &options, &err) != RC_OK)
        fail_msg("%s", err.text);
    assert_true(rc_guard_ask(guard, 77, "", 0, RC_H5_ANSWER_TREE, &answer, &err) < 0);
    assert_string_equal(err.text, "a request that is not known");
    assert_true(
        rc_guard_ask(guard, RC_H5_ASK_CHUNKS, number_9, 4, RC_H5_ANSWER_CHUNKS, &answer, &err) < 0);
    assert_string_equal(err.text, "no such storage");
    assert_true(
        rc_guard_ask(guard, RC_H5_ASK_BLOCK, number_9, 20, RC_H5_ANSWER_BLOCK, &answer, &err) < 0);
    assert_string_equal(err.text, "no such storage");
    assert_int_equal(rc_guard_ask(guard, RC_H5_ASK_TREE, "", 0, RC_H5_ANSWER_TREE, &answer, &err),
                     RC_OK);
    rc_guard_close(guard);
    close(options.fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_taken),
        cmocka_unit_test(test_schema_of_columns_without_names),
        cmocka_unit_test(test_columns_beside_the_table),
        cmocka_unit_test(test_packets_of_several_files),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_later_file_that_does_not_fit),
        cmocka_unit_test(test_first_file_that_cannot_be_read),
        cmocka_unit_test(test_blocks_come_through_the_reader),
        cmocka_unit_test(test_memory_limits_threads),
        cmocka_unit_test(test_reader_that_is_asked_wrongly),
    };
    return cmocka_run_group_tests(tests, find_files, NULL);
}
