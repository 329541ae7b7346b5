/* test_h5_map.c - where the chunks of all six kinds of index lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "h5_temporary.h"
#include "table/h5/filters.h"
#include "tests/h5/make_chunks.h"

enum { MANY = 200000 };

/* The first and the last value of a chunk, by the address that the map says. */
static void assert_values(const made_file *m, const rc_h5_storage *s, uint64_t i)
{
    float out[CHUNK_ROWS];
    unsigned char in[256];
    rc_h5_undo undo = {0};
    const rc_h5_chunk *chunk = &s->chunks[i];
    assert_true(chunk->bytes <= sizeof(in));
    assert_int_equal(pread(m->fd, in, chunk->bytes, (off_t)chunk->offset), chunk->bytes);
    assert_int_equal(rc_h5_filters_undo(&undo, s, chunk->mask, in, chunk->bytes,
                                        (unsigned char *)out, sizeof(out), NULL),
                     RC_OK);
    rc_h5_undo_release(&undo);
    assert_true(out[0] == (float)(i * CHUNK_ROWS));
    assert_true(out[CHUNK_ROWS - 1] == (float)(i * CHUNK_ROWS + CHUNK_ROWS - 1));
}

static void look(made_file *m, const chunk_file *what, rc_h5_dataset *dataset, rc_h5_storage *s)
{
    made_file_init(m);
    assert_true(chunk_file_make(what, m->path));
    made_file_look(m);
    assert_int_equal(made_file_dataset(m, "/x", dataset, NULL), RC_OK);
    assert_int_equal(rc_h5_storage_describe(dataset, "/x", false, 0, 0, s, NULL), RC_OK);
    assert_int_equal(s->kind, RC_H5_CHUNKED);
    assert_int_equal(s->n_chunks, what->index == INDEX_SINGLE ? 1 : what->n_chunks);
}

static void assert_mapped(const chunk_file *what)
{
    made_file m;
    rc_h5_dataset dataset;
    rc_h5_storage s;
    look(&m, what, &dataset, &s);
    int64_t start = rc_clock_ns();
    assert_int_equal(rc_h5_storage_map(&dataset, &m.mapping, &s, NULL), RC_OK);
    print_message("# %s: %d chunks in %d ms\n", chunk_index_names[what->index], (int)s.n_chunks,
                  (int)((rc_clock_ns() - start) / 1000000));
    for (uint64_t i = 0; i < s.n_chunks; i++) {
        bool is_there = !what->is_sparse || i % 2 == 0;
        assert_int_equal(s.chunks[i].bytes != 0, is_there);
        if (is_there && what->index != INDEX_SINGLE)
            assert_values(&m, &s, i);
    }
    assert_int_equal(rc_h5_storage_verify(&dataset, m.fd, &s, NULL), RC_OK);
    storage_release(&s);
    rc_h5_dataset_close(&dataset);
    made_file_release(&m);
}

static void test_map_finds_many_chunks_of_each_index(void **state)
{
    (void)state;
    for (int i = 0; i < N_INDEXES; i++)
        assert_mapped(&(chunk_file){.index = (chunk_index)i, .n_chunks = MANY});
}

static void test_map_finds_chunks_behind_user_blocks(void **state)
{
    (void)state;
    for (int i = 0; i < N_INDEXES; i++) {
        assert_mapped(&(chunk_file){.index = (chunk_index)i, .n_chunks = 100, .user_block = 512});
        assert_mapped(
            &(chunk_file){.index = (chunk_index)i, .n_chunks = 100, .user_block = 1 << 20});
    }
}

static void test_map_finds_packed_chunks_and_those_that_are_missing(void **state)
{
    (void)state;
    for (int i = INDEX_FIXED; i < N_INDEXES; i++) {
        assert_mapped(&(chunk_file){.index = (chunk_index)i, .n_chunks = 3000, .is_packed = true});
        assert_mapped(&(chunk_file){.index = (chunk_index)i, .n_chunks = 3000, .is_sparse = true});
        assert_mapped(&(chunk_file){
            .index = (chunk_index)i, .n_chunks = 3000, .is_packed = true, .is_sparse = true});
    }
}

/* 3 of 250,000 x 4 chunks of 40 x 10 float32, in a grid that the library walks itself. */
static void test_map_finds_few_chunks_of_a_large_grid(void **state)
{
    (void)state;
    hsize_t shape[2] = {10000000, 40}, chunk[2] = {40, 10}, at[2] = {0, 15}, one[2] = {1, 1};
    const hsize_t rows[3] = {0, 79, 9999999};
    made_file m;
    rc_h5_dataset dataset;
    rc_h5_storage s;
    hid_t file = made_file_create(&m, true), creation = H5Pcreate(H5P_DATASET_CREATE);
    hid_t space = H5Screate_simple(2, shape, NULL), point = H5Screate_simple(2, one, NULL);
    H5Pset_chunk(creation, 2, chunk);
    hid_t id = H5Dcreate2(file, "x", H5T_IEEE_F32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    for (int i = 0; i < 3; i++) {
        float value = (float)i;
        at[0] = rows[i];
        H5Sselect_hyperslab(space, H5S_SELECT_SET, at, NULL, one, NULL);
        assert_true(H5Dwrite(id, H5T_NATIVE_FLOAT, point, space, H5P_DEFAULT, &value) >= 0);
    }
    H5Dclose(id);
    H5Sclose(space);
    H5Sclose(point);
    H5Pclose(creation);
    H5Fclose(file);
    made_file_look(&m);
    assert_int_equal(made_file_dataset(&m, "/x", &dataset, NULL), RC_OK);
    for (int is_transposed = 0; is_transposed < 2; is_transposed++) {
        assert_int_equal(rc_h5_storage_describe(&dataset, "/x", is_transposed, 0, 0, &s, NULL),
                         RC_OK);
        assert_int_equal(s.n_chunks, 1000000);
        assert_int_equal(rc_h5_storage_map(&dataset, &m.mapping, &s, NULL), RC_OK);
        size_t n_found = 0;
        for (uint64_t i = 0; i < s.n_chunks; i++)
            n_found += s.chunks[i].bytes != 0;
        assert_int_equal(n_found, 3);
        for (int i = 0; i < 3; i++)
            assert_int_equal(
                s.chunks[is_transposed ? 250000 + rows[i] / 40 : rows[i] / 40 * 4 + 1].bytes, 1600);
        assert_int_equal(rc_h5_storage_verify(&dataset, m.fd, &s, NULL), RC_OK);
        storage_release(&s);
    }
    rc_h5_dataset_close(&dataset);
    made_file_release(&m);
}

/* A map that tells another address, length or mask than the library is not believed. */
static void test_verify_refuses_another_map(void **state)
{
    (void)state;
    made_file m;
    rc_h5_dataset dataset;
    rc_h5_storage s;
    rc_error err = {0};
    look(&m, &(chunk_file){.index = INDEX_FIXED, .n_chunks = 10, .is_packed = true}, &dataset, &s);
    assert_int_equal(rc_h5_storage_map(&dataset, &m.mapping, &s, NULL), RC_OK);
    rc_h5_chunk right = s.chunks[9];
    s.chunks[9].offset = s.chunks[0].offset;
    assert_int_equal(rc_h5_storage_verify(&dataset, m.fd, &s, &err), RC_E_DATA);
    assert_string_equal(err.text, "the library reads other chunks than were found");
    s.chunks[9] = right;
    s.chunks[9].bytes--;
    assert_int_equal(rc_h5_storage_verify(&dataset, m.fd, &s, NULL), RC_E_DATA);
    s.chunks[9] = right;
    s.chunks[9].mask = 1;
    assert_int_equal(rc_h5_storage_verify(&dataset, m.fd, &s, NULL), RC_E_DATA);
    s.chunks[9] = right;
    s.chunks[9].offset = UINT32_MAX;
    assert_int_equal(rc_h5_storage_verify(&dataset, m.fd, &s, &err), RC_E_DATA);
    assert_string_equal(err.text, "a chunk lies beyond the end of the file");
    s.chunks[9] = (rc_h5_chunk){0}; /* as if it were missing: rows would read the fill value */
    assert_int_equal(rc_h5_storage_verify(&dataset, m.fd, &s, &err), RC_E_DATA);
    assert_string_equal(err.text, "the library reads other values");
    s.chunks[9] = right;
    assert_int_equal(rc_h5_storage_verify(&dataset, m.fd, &s, NULL), RC_OK);
    storage_release(&s);
    rc_h5_dataset_close(&dataset);
    made_file_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_map_finds_many_chunks_of_each_index),
        cmocka_unit_test(test_map_finds_chunks_behind_user_blocks),
        cmocka_unit_test(test_map_finds_packed_chunks_and_those_that_are_missing),
        cmocka_unit_test(test_map_finds_few_chunks_of_a_large_grid),
        cmocka_unit_test(test_verify_refuses_another_map),
    };
    return cmocka_run_group_tests(tests, start_library, NULL);
}
