/* test_h5_block.c - rows that only the library reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "h5_temporary.h"

enum { ROWS = 5 };

static hid_t make_var(void)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

static void put(hid_t file, const char *name, hid_t type, hid_t creation, hsize_t rows,
                const void *values)
{
    hsize_t shape[1] = {rows};
    hid_t space = H5Screate_simple(1, shape, NULL);
    hid_t id = H5Dcreate2(file, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    assert_true(id >= 0);
    assert_true(H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(id);
    H5Sclose(space);
}

/* Rows of a dataset as a block. */
static rc_status take(made_file *m, const char *path, uint64_t first, uint64_t n,
                      uint32_t *element_bytes, rc_buf *out, rc_error *err)
{
    rc_h5_dataset dataset;
    rc_h5_storage s;
    assert_int_equal(made_file_dataset(m, path, &dataset, NULL), RC_OK);
    uint32_t converted = rc_h5_type_converted(dataset.type);
    assert_int_equal(rc_h5_storage_describe(&dataset, path, false, converted, 0, &s, NULL), RC_OK);
    assert_int_equal(s.kind, RC_H5_BLOCKS);
    *element_bytes = s.element_bytes;
    rc_status st = rc_h5_storage_block(&dataset, &s, first, n, out, err);
    storage_release(&s);
    rc_h5_dataset_close(&dataset);
    return st;
}

/* Text number i of those that are packed at `at`, with the texts' bytes behind n_bytes. */
static void assert_text(const rc_buf *block, size_t at, size_t n_bytes, const char *expected)
{
    uint32_t packed[2];
    memcpy(packed, block->data + at, sizeof(packed));
    assert_int_equal(packed[1], strlen(expected));
    assert_true(n_bytes + packed[0] + packed[1] <= block->n);
    assert_memory_equal(block->data + n_bytes + packed[0], expected, packed[1]);
}

static void test_block_of_variable_texts(void **state)
{
    (void)state;
    const char *texts[ROWS] = {"a", "", "na\xc3\xafve", NULL, "the last one"};
    made_file m;
    rc_buf block = {0};
    rc_error err = {0};
    uint32_t n_bytes;
    hid_t file = made_file_create(&m, false), type = make_var();
    put(file, "x", type, H5P_DEFAULT, ROWS, texts);
    H5Tclose(type);
    H5Fclose(file);
    made_file_look(&m);
    assert_int_equal(take(&m, "/x", 0, ROWS, &n_bytes, &block, NULL), RC_OK);
    assert_int_equal(n_bytes, 8);
    assert_int_equal(block.n, ROWS * 8 + 1 + 6 + 12);
    for (size_t i = 0; i < ROWS; i++)
        assert_text(&block, i * 8, ROWS * 8, texts[i] == NULL ? "" : texts[i]);
    block.n = 0;
    assert_int_equal(take(&m, "/x", 2, 3, &n_bytes, &block, NULL), RC_OK);
    assert_text(&block, 16, 24, "the last one");
    block.n = 0;
    assert_int_equal(take(&m, "/x", 2, 4, &n_bytes, &block, &err), RC_E_DATA);
    assert_string_equal(err.text, "rows beyond its last are asked for");
    assert_int_equal(take(&m, "/x", UINT64_MAX, 2, &n_bytes, &block, NULL), RC_E_DATA);
    assert_int_equal(take(&m, "/x", 5, 0, &n_bytes, &block, NULL), RC_OK);
    assert_int_equal(block.n, 0);
    rc_buf_release(&block);
    made_file_release(&m);
}

typedef struct record {
    int32_t number;
    char *text;
    hobj_ref_t reference; /* nobody reads it: it takes no room in a converted element */
    uint16_t pair[2];
    char word[3];
} record;

static hid_t make_record(void)
{
    hsize_t two = 2;
    hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(record)), text = make_var();
    hid_t pair = H5Tarray_create2(H5T_STD_U16BE, 1, &two), word = H5Tcopy(H5T_C_S1);
    H5Tset_size(word, 3);
    H5Tset_strpad(word, H5T_STR_NULLPAD);
    H5Tinsert(type, "number", offsetof(record, number), H5T_STD_I32LE);
    H5Tinsert(type, "text", offsetof(record, text), text);
    H5Tinsert(type, "reference", offsetof(record, reference), H5T_STD_REF_OBJ);
    H5Tinsert(type, "pair", offsetof(record, pair), pair);
    H5Tinsert(type, "word", offsetof(record, word), word);
    H5Tclose(text);
    H5Tclose(pair);
    H5Tclose(word);
    return type;
}

static void test_block_of_compounds_with_texts(void **state)
{
    (void)state;
    char first[] = "first", second[] = "2nd";
    /* u16 big-endian, as they stand in memory */
    const record records[2] = {{-7, first, 0, {0x0100, 0x0200}, "abc"},
                               {1 << 20, second, 0, {0x0300, 0x0400}, "d"}};
    made_file m;
    rc_buf block = {0};
    uint32_t n_bytes;
    int32_t number;
    hid_t file = made_file_create(&m, false), type = make_record();
    put(file, "x", type, H5P_DEFAULT, 2, records);
    H5Tclose(type);
    H5Fclose(file);
    made_file_look(&m);
    assert_int_equal(take(&m, "/x", 0, 2, &n_bytes, &block, NULL), RC_OK);
    assert_int_equal(n_bytes, 4 + 8 + 2 * 2 + 3);
    memcpy(&number, block.data, 4);
    assert_int_equal(number, -7);
    assert_text(&block, 4, 2 * 19, "first");
    assert_memory_equal(block.data + 12, "\0\1\0\2abc", 7);
    assert_text(&block, 19 + 4, 2 * 19, "2nd");
    assert_memory_equal(block.data + 19 + 12, "\0\3\0\4d\0\0", 7);
    rc_buf_release(&block);
    made_file_release(&m);
}

enum { MANY = 4096 };

static hid_t plan(int filter)
{
    hsize_t chunk = 1000;
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, 1, &chunk);
    if (filter == H5Z_FILTER_SZIP)
        H5Pset_szip(creation, H5_SZIP_NN_OPTION_MASK, 8);
    else if (filter == H5Z_FILTER_NBIT)
        H5Pset_nbit(creation);
    else
        H5Pset_scaleoffset(creation, H5Z_SO_INT, 0);
    return creation;
}

static void test_block_undoes_what_workers_do_not(void **state)
{
    (void)state;
    const int filters[] = {H5Z_FILTER_SZIP, H5Z_FILTER_NBIT, H5Z_FILTER_SCALEOFFSET};
    const char *const names[] = {"szip", "nbit", "scaleoffset"};
    static int32_t values[MANY];
    made_file m;
    uint32_t n_bytes;
    for (int i = 0; i < MANY; i++)
        values[i] = i * 3 - 1000;
    hid_t file = made_file_create(&m, false);
    for (int i = 0; i < 3; i++) {
        hid_t creation = plan(filters[i]);
        put(file, names[i], H5T_STD_I32LE, creation, MANY, values);
        H5Pclose(creation);
    }
    H5Fclose(file);
    made_file_look(&m);
    for (int i = 0; i < 3; i++) {
        rc_buf block = {0};
        assert_int_equal(take(&m, names[i], 0, 900, &n_bytes, &block, NULL), RC_OK);
        assert_int_equal(take(&m, names[i], 900, MANY - 900, &n_bytes, &block, NULL), RC_OK);
        assert_int_equal(block.n, sizeof(values));
        assert_memory_equal(block.data, values, sizeof(values));
        rc_buf_release(&block);
    }
    made_file_release(&m);
}

/* Not one byte of what cannot be read. */
static void test_block_of_damaged_texts_fails(void **state)
{
    (void)state;
    const char *texts[ROWS] = {"alpha", "beta", "gamma", "delta", "epsilon"};
    made_file m;
    rc_buf block = {0};
    rc_error err = {0};
    uint32_t n_bytes;
    char bytes[8192], *heap = NULL;
    hid_t file = made_file_create(&m, false), type = make_var();
    put(file, "x", type, H5P_DEFAULT, ROWS, texts);
    H5Tclose(type);
    H5Fclose(file);
    ssize_t n = pread(m.fd, bytes, sizeof(bytes), 0);
    heap = memmem(bytes, (size_t)n, "GCOL", 4);
    assert_non_null(heap);
    assert_int_equal(pwrite(m.fd, "XXXX", 4, heap - bytes), 4);
    made_file_look(&m);
    assert_int_equal(take(&m, "/x", 0, ROWS, &n_bytes, &block, &err), RC_E_DATA);
    assert_string_equal(err.text, "its data are damaged");
    assert_int_equal(block.n, 0);
    rc_buf_release(&block);
    made_file_release(&m);
}

/* 2 GiB of empty texts, none of them stored. */
static void test_more_than_a_block_holds(void **state)
{
    (void)state;
    made_file m;
    rc_buf block = {0};
    uint32_t n_bytes;
    rc_error err = {0};
    hsize_t rows = 1 << 28;
    hid_t file = made_file_create(&m, false), type = make_var();
    hid_t space = H5Screate_simple(1, &rows, NULL);
    hid_t id = H5Dcreate2(file, "x", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(id >= 0);
    H5Dclose(id);
    H5Sclose(space);
    H5Tclose(type);
    H5Fclose(file);
    made_file_look(&m);
    assert_int_equal(take(&m, "/x", 0, rows, &n_bytes, &block, &err), RC_E_DATA);
    assert_string_equal(err.text, "a block of more than 1 GiB is asked for");
    assert_int_equal(take(&m, "/x", rows - 2, 2, &n_bytes, &block, NULL), RC_OK);
    assert_int_equal(block.n, 16);
    rc_buf_release(&block);
    made_file_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_block_of_variable_texts),
        cmocka_unit_test(test_block_of_compounds_with_texts),
        cmocka_unit_test(test_block_undoes_what_workers_do_not),
        cmocka_unit_test(test_block_of_damaged_texts_fails),
        cmocka_unit_test(test_more_than_a_block_holds),
    };
    return cmocka_run_group_tests(tests, start_library, NULL);
}
