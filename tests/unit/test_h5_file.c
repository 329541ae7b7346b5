/* test_h5_file.c - which files are HDF5, and a reader that cannot be started. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guard/frame.h"
#include "table/csv_scan.h"
#include "table/h5/file.h"

static const char signature[] = "\x89HDF\r\n\x1a\n";

/* Whether a file of n zeros with the signature at `offset` is HDF5. */
static bool is_file(uint64_t offset, uint64_t n)
{
    int fd = memfd_create("file", 0);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)n), 0);
    if (offset + 8 <= n)
        assert_int_equal(pwrite(fd, signature, 8, (off_t)offset), 8);
    bool found = rc_h5_is_file(fd, n);
    close(fd);
    return found;
}

static void test_signature_stands_at_0_or_behind_a_user_block(void **state)
{
    (void)state;
    assert_true(is_file(0, 8));
    assert_true(is_file(512, 520));
    assert_true(is_file(1024, 4096));
    assert_true(is_file(1 << 20, (1 << 20) + 8));
    assert_false(is_file(256, 4096));
    assert_false(is_file(1536, 4096));
    assert_false(is_file(0, 7));
    assert_false(is_file(0, 0));
    assert_false(is_file(4096, 4096));
}

static void test_reader_that_is_not_there(void **state)
{
    (void)state;
    rc_h5_file_options options = {.reader = "/nowhere/rowcast"};
    rc_h5_file *file;
    rc_error err = {0};
    int fd = memfd_create("file", 0);
    assert_true(fd >= 0);
    assert_int_equal(rc_h5_file_open_take(&file, fd, &options, &err), RC_E_SYSTEM);
    assert_null(file);
    assert_non_null(strstr(err.text, "/nowhere/rowcast"));
    assert_int_equal(fcntl(fd, F_GETFD), -1); /* taken, on failure too */
    rc_h5_file_close(NULL);
}

static void test_what_is_no_descriptor(void **state)
{
    (void)state;
    rc_h5_file_options options = {0};
    rc_h5_file *file;
    rc_error err = {0};
    assert_int_equal(rc_h5_file_open_take(&file, -1, &options, &err), RC_E_DATA);
    assert_string_equal(err.text, "look at the HDF5 file: Bad file descriptor");
}

/* -- A reader that says what it was told to say, whatever it is asked. ------------------------- */

/* Answers one behind the other, and the script that sends them and then waits to be killed. */
typedef struct parrot {
    char folder[32], script[64], answers[64];
    rc_buf said;
} parrot;

static void say(parrot *p, uint32_t kind, const rc_buf *frame)
{
    assert_true(rc_wire_put_u32(&p->said, kind) && rc_wire_put_u32(&p->said, 0) &&
                rc_wire_put_u64(&p->said, frame->n) &&
                rc_buf_append(&p->said, frame->data, frame->n));
}

static void write_text(const char *path, const char *text, size_t n)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static void open_parrot(parrot *p)
{
    rc_buf hello = {0};
    *p = (parrot){.folder = "/tmp/test_h5_file.XXXXXX"};
    assert_non_null(mkdtemp(p->folder));
    snprintf(p->script, sizeof(p->script), "%s/reader", p->folder);
    snprintf(p->answers, sizeof(p->answers), "%s/answers", p->folder);
    assert_true(rc_wire_put_u32(&hello, RC_GUARD_VERSION) && rc_wire_put_u32(&hello, 0) &&
                rc_wire_put_bool(&hello, false) && rc_wire_put_bool(&hello, false));
    say(p, RC_FRAME_HELLO, &hello);
    rc_buf_release(&hello);
}

/* The file is 1000 bytes; a chunk may have max_memory. */
static rc_h5_file *start_parrot(parrot *p, uint64_t max_memory)
{
    char script[256];
    rc_h5_file *file;
    rc_h5_file_options options = {.reader = p->script, .max_memory = max_memory};
    int n = snprintf(script, sizeof(script), "#!/bin/sh\n/bin/cat %s\nexec /bin/sleep 20\n",
                     p->answers);
    write_text(p->script, script, (size_t)n);
    write_text(p->answers, p->said.data, p->said.n);
    assert_int_equal(chmod(p->script, 0700), 0);
    int fd = memfd_create("file", 0);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 1000), 0);
    rc_error err = {0};
    if (rc_h5_file_open_take(&file, fd, &options, &err) != RC_OK)
        fail_msg("%s", err.text);
    return file;
}

static void close_parrot(parrot *p)
{
    unlink(p->script);
    unlink(p->answers);
    assert_int_equal(rmdir(p->folder), 0);
    rc_buf_release(&p->said);
}

/* A column in chunks of 4 rows with a mask in chunks, and variable texts or numbers in blocks. */
static void say_table(parrot *p, rc_h5_type blocks)
{
    unsigned char fill[8] = {0};
    rc_h5_storage storages[3] = {{.kind = RC_H5_CHUNKED, .chunk_rows = 4, .element_bytes = 8},
                                 {.kind = RC_H5_CHUNKED, .chunk_rows = 5, .element_bytes = 1},
                                 {.kind = RC_H5_BLOCKS, .element_bytes = 8}};
    rc_h5_column columns[2] = {
        {.type = RC_H5_INT, .n_bytes = 8, .mask = 1, .labels = RC_H5_NONE},
        {.type = blocks, .n_bytes = 8, .storage = 2, .mask = RC_H5_NONE, .labels = RC_H5_NONE}};
    for (int i = 0; i < 3; i++) {
        storages[i].path = (char *)"/x";
        storages[i].fill = fill;
        storages[i].n_rows = 10;
        storages[i].n_columns = 1;
        storages[i].chunk_columns = storages[i].kind == RC_H5_CHUNKED;
    }
    rc_h5_table table = {
        .n_rows = 10, .columns = columns, .n_columns = 2, .storages = storages, .n_storages = 3};
    rc_buf frame = {0};
    assert_true(rc_h5_table_write(&frame, &table));
    say(p, RC_H5_ANSWER_TABLE, &frame);
    rc_buf_release(&frame);
}

static void say_chunks(parrot *p, uint64_t n, uint32_t bytes)
{
    rc_h5_chunk chunks[3] = {{.offset = 10, .bytes = bytes}};
    rc_h5_storage storage = {.chunks = chunks, .n_chunks = n};
    rc_buf frame = {0};
    assert_true(rc_h5_chunks_write(&frame, &storage));
    say(p, RC_H5_ANSWER_CHUNKS, &frame);
    rc_buf_release(&frame);
}

static void say_block(parrot *p, size_t n)
{
    char bytes[64] = "abcdefghijklmnopqrstuvwxyz";
    rc_buf frame = {.data = bytes, .n = n};
    say(p, RC_H5_ANSWER_BLOCK, &frame);
}

static void test_table_chunks_and_blocks_are_asked_for(void **state)
{
    (void)state;
    parrot p;
    const rc_h5_table *table;
    const bool is_needed[3] = {true, true, true};
    rc_buf blocks[3] = {{0}};
    rc_error err = {0};
    open_parrot(&p);
    say_table(&p, RC_H5_TEXT_VAR);
    say_chunks(&p, 3, 32);
    say_chunks(&p, 2, 5); /* of the mask */
    say_block(&p, 17);
    say_block(&p, 15);
    rc_h5_file *file = start_parrot(&p, 0);
    assert_int_equal(rc_h5_file_bytes(file), 1000);
    assert_string_equal(rc_h5_file_shut(file), "none");
    assert_int_equal(rc_h5_file_table(file, &(rc_h5_request){0}, &table, &err), RC_OK);
    assert_int_equal(rc_h5_file_map(file, is_needed, &err), RC_OK);
    assert_int_equal(rc_h5_file_map(file, is_needed, &err), RC_OK); /* is there already */
    assert_int_equal(table->storages[0].chunks[0].bytes, 32);
    assert_int_equal(table->storages[1].chunks[0].bytes, 5);
    assert_int_equal(rc_h5_file_blocks(file, is_needed, 3, 2, blocks, &err), RC_OK);
    assert_true(blocks[0].n == 0 && blocks[1].n == 0);
    assert_int_equal(blocks[2].n, 17);
    assert_true(blocks[2].capacity - blocks[2].n >= RC_CSV_SLACK);
    assert_memory_equal(blocks[2].data, "abcdefghijklmnopq", 17);
    assert_int_equal(rc_h5_file_blocks(file, is_needed, 3, 2, blocks, &err), RC_E_DATA);
    assert_string_equal(err.text, "dataset '/x', rows from 4: the answer of the reader of the HDF5 "
                                  "file makes no sense: a block of another length");
    rc_buf_release(&blocks[2]);
    rc_h5_file_close(file);
    close_parrot(&p);
}

static void test_block_of_numbers_has_no_texts(void **state)
{
    (void)state;
    parrot p;
    const rc_h5_table *table;
    const bool is_needed[3] = {false, false, true};
    rc_buf blocks[3] = {{0}};
    open_parrot(&p);
    say_table(&p, RC_H5_INT);
    say_block(&p, 17);
    rc_h5_file *file = start_parrot(&p, 0);
    assert_int_equal(rc_h5_file_table(file, &(rc_h5_request){0}, &table, NULL), RC_OK);
    assert_int_equal(rc_h5_file_blocks(file, is_needed, 0, 2, blocks, NULL), RC_E_DATA);
    rc_buf_release(&blocks[2]);
    rc_h5_file_close(file);
    close_parrot(&p);
}

static void test_chunks_that_lie_are_refused(void **state)
{
    (void)state;
    parrot p;
    const rc_h5_table *table;
    const bool is_needed[3] = {true, true, true};
    rc_error err = {0};
    open_parrot(&p);
    say_table(&p, RC_H5_INT);
    say_chunks(&p, 3, 31);
    rc_h5_file *file = start_parrot(&p, 0);
    assert_int_equal(rc_h5_file_table(file, &(rc_h5_request){0}, &table, NULL), RC_OK);
    assert_int_equal(rc_h5_file_map(file, is_needed, &err), RC_E_DATA);
    assert_string_equal(err.text, "dataset '/x': a chunk that is not as long as it should be");
    rc_h5_file_close(file);
    close_parrot(&p);
}

static void test_chunk_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    parrot p;
    const rc_h5_table *table;
    rc_error err = {0};
    open_parrot(&p);
    say_table(&p, RC_H5_INT);
    rc_h5_file *file = start_parrot(&p, 31);
    assert_int_equal(rc_h5_file_table(file, &(rc_h5_request){0}, &table, &err), RC_E_DATA);
    assert_string_equal(err.text, "the answer of the reader of the HDF5 file makes no sense: a "
                                  "chunk beyond the limit");
    assert_null(table);
    rc_h5_file_close(file);
    close_parrot(&p);
}

/* Lists of 3 and 2 chunks take 80 bytes, and the longer one 48 more while it is read. */
static void test_lists_of_chunks_beyond_the_limit_are_refused(void **state)
{
    (void)state;
    for (uint64_t limit = 127; limit <= 128; limit++) {
        parrot p;
        const rc_h5_table *table;
        const bool is_needed[3] = {true, true, false};
        rc_error err = {0};
        open_parrot(&p);
        say_table(&p, RC_H5_INT);
        say_chunks(&p, 3, 32);
        say_chunks(&p, 2, 5);
        rc_h5_file *file = start_parrot(&p, limit);
        assert_int_equal(rc_h5_file_table(file, &(rc_h5_request){0}, &table, NULL), RC_OK);
        assert_int_equal(rc_h5_file_map(file, is_needed, &err), limit < 128 ? RC_E_DATA : RC_OK);
        assert_int_equal(table->storages[0].chunks != NULL, limit == 128);
        assert_true(limit == 128 ||
                    strstr(err.text, "dataset '/x': the list of its chunks, with those of others, "
                                     "needs more than 127 bytes (--max-memory)\n") == err.text);
        rc_h5_file_close(file);
        close_parrot(&p);
    }
}

static void test_texts_beyond_the_limit_are_refused(void **state)
{
    (void)state;
    parrot p;
    const rc_h5_table *table;
    const bool is_needed[3] = {false, false, true};
    rc_buf blocks[3] = {{0}};
    rc_error err = {0};
    open_parrot(&p);
    say_table(&p, RC_H5_TEXT_VAR);
    say_block(&p, 24);
    say_block(&p, 25);
    rc_h5_file *file = start_parrot(&p, 64);
    assert_int_equal(rc_h5_file_table(file, &(rc_h5_request){0}, &table, NULL), RC_OK);
    assert_int_equal(rc_h5_file_blocks(file, is_needed, 0, 2, blocks, NULL), RC_OK);
    assert_int_equal(rc_h5_file_blocks(file, is_needed, 0, 2, blocks, &err), RC_E_DATA);
    assert_non_null(strstr(err.text, "their texts take more than 8 bytes, an eighth of "
                                     "--max-memory\n"));
    assert_non_null(strstr(err.text, "--packet-size with a smaller size takes fewer rows at once"));
    rc_buf_release(&blocks[2]);
    rc_h5_file_close(file);
    close_parrot(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists_of_chunks_beyond_the_limit_are_refused),
        cmocka_unit_test(test_texts_beyond_the_limit_are_refused),
        cmocka_unit_test(test_signature_stands_at_0_or_behind_a_user_block),
        cmocka_unit_test(test_reader_that_is_not_there),
        cmocka_unit_test(test_what_is_no_descriptor),
        cmocka_unit_test(test_table_chunks_and_blocks_are_asked_for),
        cmocka_unit_test(test_block_of_numbers_has_no_texts),
        cmocka_unit_test(test_chunks_that_lie_are_refused),
        cmocka_unit_test(test_chunk_beyond_the_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
