/* test_h5_storage.c - how datasets are stored, and which are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "h5_temporary.h"

enum { ROWS = 10, COLUMNS = 6 };

/* A dataset of ROWS x COLUMNS float64, (value of row r, column c) = 100 r + c. */
static void put(hid_t file, const char *name, hid_t creation)
{
    double values[ROWS][COLUMNS];
    hsize_t shape[2] = {ROWS, COLUMNS};
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < COLUMNS; c++)
            values[r][c] = 100 * r + c;
    hid_t space = H5Screate_simple(2, shape, NULL);
    hid_t id = H5Dcreate2(file, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    assert_true(id >= 0);
    assert_true(H5Dwrite(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(id);
    H5Sclose(space);
    H5Pclose(creation);
}

static hid_t plan(H5D_layout_t layout, hsize_t rows, hsize_t columns)
{
    hsize_t chunk[2] = {rows, columns};
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Pset_layout(creation, layout) >= 0);
    if (layout == H5D_CHUNKED)
        assert_true(H5Pset_chunk(creation, 2, chunk) >= 0);
    return creation;
}

/* Opens, describes, maps, verifies. */
static rc_status take(made_file *m, const char *path, bool is_transposed, uint64_t max_memory,
                      rc_h5_storage *s, rc_error *err)
{
    rc_h5_dataset dataset;
    rc_status st = made_file_dataset(m, path, &dataset, err);
    *s = (rc_h5_storage){0};
    if (st < 0)
        return st;
    st = rc_h5_storage_describe(&dataset, path, is_transposed, 0, max_memory, s, err);
    if (st >= 0)
        st = rc_h5_storage_map(&dataset, &m->mapping, s, err);
    if (st >= 0)
        st = rc_h5_storage_verify(&dataset, m->fd, s, err);
    rc_h5_dataset_close(&dataset);
    return st;
}

static void assert_refused(made_file *m, const char *path, uint64_t max_memory, const char *text)
{
    rc_h5_storage s;
    rc_error err = {0};
    assert_int_equal(take(m, path, false, max_memory, &s, &err), RC_E_DATA);
    assert_string_equal(err.text, text);
    storage_release(&s);
}

static double value_at(const made_file *m, uint64_t offset)
{
    double x;
    assert_int_equal(pread(m->fd, &x, sizeof(x), (off_t)offset), sizeof(x));
    return x;
}

static void test_describe_contiguous_and_compact(void **state)
{
    (void)state;
    made_file m;
    rc_h5_storage s;
    hid_t file = made_file_create(&m, false), late = plan(H5D_CONTIGUOUS, 0, 0);
    double fill = 7.5;
    hsize_t shape[2] = {ROWS, COLUMNS};
    put(file, "run", plan(H5D_CONTIGUOUS, 0, 0));
    put(file, "small", plan(H5D_COMPACT, 0, 0));
    hid_t space = H5Screate_simple(2, shape, NULL);
    H5Pset_fill_value(late, H5T_NATIVE_DOUBLE, &fill);
    H5Dclose(H5Dcreate2(file, "empty", H5T_IEEE_F64LE, space, H5P_DEFAULT, late, H5P_DEFAULT));
    H5Sclose(space);
    H5Pclose(late);
    H5Fclose(file);
    made_file_look(&m);

    assert_int_equal(take(&m, "/run", false, 0, &s, NULL), RC_OK);
    assert_int_equal(s.kind, RC_H5_CONTIGUOUS);
    assert_int_equal(s.n_rows, ROWS);
    assert_int_equal(s.n_columns, COLUMNS);
    assert_int_equal(s.element_bytes, 8);
    assert_true(value_at(&m, s.offset + 8 * (3 * COLUMNS + 2)) == 302);
    s.offset += 8;
    rc_h5_dataset dataset;
    assert_int_equal(made_file_dataset(&m, "/run", &dataset, NULL), RC_OK);
    assert_int_equal(rc_h5_storage_verify(&dataset, m.fd, &s, NULL), RC_E_DATA);
    rc_h5_dataset_close(&dataset);
    storage_release(&s);

    assert_int_equal(take(&m, "/run", true, 0, &s, NULL), RC_OK);
    assert_int_equal(s.n_rows, COLUMNS);
    assert_int_equal(s.n_columns, ROWS);
    storage_release(&s);

    assert_int_equal(take(&m, "/small", false, 0, &s, NULL), RC_OK);
    assert_int_equal(s.kind, RC_H5_BLOCKS);
    storage_release(&s);

    assert_int_equal(take(&m, "/empty", false, 0, &s, NULL), RC_OK);
    assert_int_equal(s.kind, RC_H5_CONTIGUOUS);
    assert_true(s.offset == RC_H5_NOWHERE);
    assert_memory_equal(s.fill, &fill, sizeof(fill));
    storage_release(&s);
    made_file_release(&m);
}

static void test_describe_chunks_that_split_the_columns(void **state)
{
    (void)state;
    made_file m;
    rc_h5_storage s;
    hid_t file = made_file_create(&m, false);
    put(file, "x", plan(H5D_CHUNKED, 4, 5));
    H5Fclose(file);
    made_file_look(&m);
    assert_int_equal(take(&m, "/x", false, 0, &s, NULL), RC_OK);
    assert_int_equal(s.chunk_rows, 4);
    assert_int_equal(s.chunk_columns, 5);
    assert_int_equal(s.n_chunks, 3 * 2);
    assert_true(value_at(&m, s.chunks[2 * 2 + 1].offset) == 805); /* row 8, column 5 */
    storage_release(&s);
    assert_int_equal(take(&m, "/x", true, 0, &s, NULL), RC_OK);
    assert_int_equal(s.chunk_rows, 5);
    assert_int_equal(s.chunk_columns, 4);
    assert_true(value_at(&m, s.chunks[1 * 3 + 2].offset) == 805); /* row 5, column 8 */
    storage_release(&s);
    made_file_release(&m);
}

/* Chunks that reach beyond the shape may be stored as they are. */
static void test_map_of_edges_without_filters(void **state)
{
    (void)state;
    made_file m;
    rc_h5_storage s;
    hid_t file = made_file_create(&m, true), creation = plan(H5D_CHUNKED, 4, 4);
    H5Pset_deflate(creation, 4);
    H5Pset_chunk_opts(creation, H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS);
    put(file, "x", creation);
    H5Fclose(file);
    made_file_look(&m);
    assert_int_equal(take(&m, "/x", false, 0, &s, NULL), RC_OK);
    assert_int_equal(s.n_filters, 1);
    assert_int_equal(s.chunks[0].mask, 0);
    assert_true(s.chunks[0].bytes < 4 * 4 * 8);
    assert_true(s.chunks[1].mask == UINT32_MAX); /* columns 4 to 7 of 6 */
    assert_int_equal(s.chunks[1].bytes, 4 * 4 * 8);
    assert_true(value_at(&m, s.chunks[1].offset) == 4);
    assert_true(s.chunks[5].mask == UINT32_MAX);
    storage_release(&s);
    made_file_release(&m);
}

static void test_filters_are_told_in_their_order(void **state)
{
    (void)state;
    made_file m;
    rc_h5_storage s;
    hid_t file = made_file_create(&m, false), creation = plan(H5D_CHUNKED, 5, COLUMNS);
    H5Pset_shuffle(creation);
    H5Pset_deflate(creation, 6);
    H5Pset_fletcher32(creation);
    put(file, "x", creation);
    H5Fclose(file);
    made_file_look(&m);
    assert_int_equal(take(&m, "/x", false, 0, &s, NULL), RC_OK);
    assert_int_equal(s.n_filters, 3);
    assert_int_equal(s.filters[0].id, 2);
    assert_int_equal(s.filters[0].values[0], 8);
    assert_int_equal(s.filters[1].id, 1);
    assert_int_equal(s.filters[1].values[0], 6);
    assert_int_equal(s.filters[2].id, 3);
    storage_release(&s);
    made_file_release(&m);
}

static size_t add_nothing(unsigned flags, size_t n_values, const unsigned *values, size_t n,
                          size_t *capacity, void **buffer)
{
    (void)flags, (void)n_values, (void)values, (void)capacity, (void)buffer;
    return n;
}

static void test_filters_that_nobody_undoes_are_refused(void **state)
{
    (void)state;
    const H5Z_class2_t strange = {.version = H5Z_CLASS_T_VERS,
                                  .id = 32001,
                                  .encoder_present = 1,
                                  .decoder_present = 1,
                                  .name = "strange",
                                  .filter = add_nothing};
    made_file m;
    hid_t file = made_file_create(&m, false), creation = plan(H5D_CHUNKED, 5, COLUMNS);
    H5Zregister(&strange);
    H5Pset_filter(creation, 32001, 0, 0, NULL);
    put(file, "x", creation);
    creation = plan(H5D_CHUNKED, 5, COLUMNS);
    for (int i = 0; i < 9; i++)
        H5Pset_shuffle(creation);
    put(file, "many", creation);
    H5Fclose(file);
    H5Zunregister(32001);
    made_file_look(&m);
    assert_refused(&m, "/x", 0,
                   "dataset '/x': filter 32001 (blosc) cannot be undone here\n"
                   "  h5repack -f '/x:SHUF' -f '/x:GZIP=4' IN.h5 OUT.h5 rewrites it, where the "
                   "filter's plug-in is installed");
    assert_refused(&m, "/many", 0, "dataset '/many': 9 filters; at most 8 are undone");
    made_file_release(&m);
}

static void test_other_files_are_not_opened(void **state)
{
    (void)state;
    made_file m;
    hsize_t shape[2] = {ROWS, COLUMNS};
    hid_t file = made_file_create(&m, true), space = H5Screate_simple(2, shape, NULL);
    hid_t creation = plan(H5D_CONTIGUOUS, 0, 0);
    H5Pset_external(creation, "/etc/passwd", 0, H5F_UNLIMITED);
    H5Dclose(
        H5Dcreate2(file, "outside", H5T_IEEE_F64LE, space, H5P_DEFAULT, creation, H5P_DEFAULT));
    H5Pclose(creation);
    creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_virtual(creation, space, "other.h5", "/x", space);
    H5Dclose(
        H5Dcreate2(file, "virtual", H5T_IEEE_F64LE, space, H5P_DEFAULT, creation, H5P_DEFAULT));
    H5Pclose(creation);
    H5Sclose(space);
    H5Fclose(file);
    made_file_look(&m);
    assert_refused(&m, "/outside", 0,
                   "dataset '/outside': its bytes are in other files, which are not opened");
    assert_refused(&m, "/virtual", 0,
                   "dataset '/virtual': a virtual dataset, whose sources are not opened");
    made_file_release(&m);
}

static void declare(hid_t file, const char *name, int rank, const hsize_t *shape,
                    const hsize_t *chunk)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(rank, shape, NULL);
    if (chunk != NULL)
        H5Pset_chunk(creation, rank, chunk);
    H5Dclose(H5Dcreate2(file, name, H5T_IEEE_F32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT));
    H5Sclose(space);
    H5Pclose(creation);
}

static void test_sizes_beyond_limits_are_refused(void **state)
{
    (void)state;
    made_file m;
    hid_t file = made_file_create(&m, false);
    declare(file, "bomb", 2, (hsize_t[]){1 << 20, 1 << 20}, (hsize_t[]){1024, 1024});
    declare(file, "large", 2, (hsize_t[]){4000000, 28}, (hsize_t[]){1000000, 28});
    declare(file, "flat", 1, (hsize_t[]){40000000}, (hsize_t[]){30000000});
    declare(file, "dust", 1, (hsize_t[]){40000000}, (hsize_t[]){2});
    declare(file, "wide", 2, (hsize_t[]){1, 40000000}, NULL);
    declare(file, "cube", 3, (hsize_t[]){2, 3, 4}, NULL);
    hid_t nothing = H5Screate(H5S_NULL);
    H5Dclose(
        H5Dcreate2(file, "null", H5T_IEEE_F32LE, nothing, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(nothing);
    H5Gclose(H5Gcreate2(file, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Fclose(file);
    made_file_look(&m);
    uint64_t most = 64 << 20;
    assert_refused(&m, "/bomb", most,
                   "dataset '/bomb': its shape says more than 1000 times the bytes of the file");
    /* 2^20 / 4 / 28 = 9362 rows of 28 float32 are a MiB; 112,000,000 bytes are 106.8 MiB */
    assert_refused(&m, "/large", most,
                   "dataset '/large': a chunk of it takes 112000000 bytes, more than --max-memory "
                   "(67108864)\n  h5repack -l '/large:CHUNK=9362x28' IN.h5 OUT.h5 makes them "
                   "smaller; or --max-memory 107M");
    assert_refused(&m, "/flat", most,
                   "dataset '/flat': a chunk of it takes 120000000 bytes, more than --max-memory "
                   "(67108864)\n  h5repack -l '/flat:CHUNK=262144' IN.h5 OUT.h5 makes them "
                   "smaller; or --max-memory 115M");
    assert_refused(&m, "/dust", most,
                   "dataset '/dust': more than 16777216 chunks\n  h5repack -l "
                   "DATASET:CHUNK=ROWSxCOLUMNS IN.h5 OUT.h5 makes them larger");
    assert_refused(&m, "/wide", most,
                   "dataset '/wide': a row of 40000000 elements of 4 bytes passes --max-memory");
    assert_refused(&m, "/cube", most, "dataset '/cube': 3 dimensions; a table has 1 or 2");
    assert_refused(&m, "/null", most, "dataset '/null': it is empty by type (a null dataspace)");
    assert_refused(&m, "/group", most, "'/group' is not a dataset");
    made_file_release(&m);
}

static void test_zero_rows_have_no_chunks(void **state)
{
    (void)state;
    made_file m;
    rc_h5_storage s;
    hid_t file = made_file_create(&m, false);
    declare(file, "x", 2, (hsize_t[]){0, 4}, (hsize_t[]){8, 4});
    declare(file, "y", 2, (hsize_t[]){0, 4}, NULL);
    H5Fclose(file);
    made_file_look(&m);
    assert_int_equal(take(&m, "/x", false, 0, &s, NULL), RC_OK);
    assert_int_equal(s.n_chunks, 0);
    storage_release(&s);
    assert_int_equal(take(&m, "/y", false, 0, &s, NULL), RC_OK);
    assert_true(s.offset == RC_H5_NOWHERE);
    storage_release(&s);
    made_file_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_describe_contiguous_and_compact),
        cmocka_unit_test(test_describe_chunks_that_split_the_columns),
        cmocka_unit_test(test_map_of_edges_without_filters),
        cmocka_unit_test(test_filters_are_told_in_their_order),
        cmocka_unit_test(test_filters_that_nobody_undoes_are_refused),
        cmocka_unit_test(test_other_files_are_not_opened),
        cmocka_unit_test(test_sizes_beyond_limits_are_refused),
        cmocka_unit_test(test_zero_rows_have_no_chunks),
    };
    return cmocka_run_group_tests(tests, start_library, NULL);
}
