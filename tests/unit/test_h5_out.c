/* test_h5_out.c - HDF5 files of predictions, as libhdf5 reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "h5_read_back.h"
#include "h5_rows_made.h"
#include "scratch.h"
#include "table/h5/out_meta.h"
#include "table/h5/out_pack.h"

static const char *const words[] = {"no", "yes"};
static const bool no[] = {false, false};

static void assert_rows(hid_t dataset, uint64_t n_rows)
{
    hid_t space = H5Dget_space(dataset);
    hsize_t n = 77, most = 0;
    assert_int_equal(H5Sget_simple_extent_dims(space, &n, &most), 1);
    assert_int_equal(n, n_rows);
    assert_true(most == H5S_UNLIMITED);
    H5Sclose(space);
}

static void check_counts(hid_t dataset, const making *m)
{
    int64_t *counts = read_member(dataset, "count", H5T_NATIVE_INT64, m->n_rows);
    assert_type(dataset, "count", H5T_STD_I64LE);
    for (uint64_t r = 0; r < m->n_rows; r++)
        assert_int_equal(counts[r], made_count(r));
    free(counts);
}

static void check_scores(hid_t dataset, const making *m)
{
    double *scores = read_member(dataset, "score", H5T_NATIVE_DOUBLE, m->n_rows);
    assert_type(dataset, "score", m->is_float32 ? H5T_IEEE_F32LE : H5T_IEEE_F64LE);
    for (uint64_t r = 0; r < m->n_rows; r++)
        assert_true(made_is_empty(m, r) ? isnan(scores[r]) : scores[r] == made_score(r));
    free(scores);
}

static void check_ids(hid_t dataset, const making *m, size_t width)
{
    char expected[256];
    hid_t type = text_type(width, H5T_CSET_ASCII);
    assert_type(dataset, "id", type);
    char *ids = read_member(dataset, "id", type, m->n_rows);
    for (uint64_t r = 0; r < m->n_rows; r++) {
        size_t n = m->n_text(r);
        memset(expected, 0, sizeof(expected));
        made_text(r, n, expected);
        assert_memory_equal(ids + r * width, expected, width);
    }
    free(ids);
    H5Tclose(type);
}

/* All but labels. width: of "id". */
static void check_file(const making *m, size_t width)
{
    hid_t dataset = open_dataset(m->path);
    assert_rows(dataset, m->n_rows);
    check_counts(dataset, m);
    check_scores(dataset, m);
    if (m->n_text != NULL)
        check_ids(dataset, m, width);
    H5Dclose(dataset);
}

static making make(scratch *s, uint64_t n_rows)
{
    return (making){.path = scratch_path(s, "out.h5"),
                    .labels = words,
                    .is_number = no,
                    .n_labels = 2,
                    .is_float32 = true,
                    .n_rows = n_rows,
                    .packet_rows = 1000};
}

/* A row takes 8 + 3 + 4 bytes: 32768 of them are the most, as a power of two, that 512 KiB hold. */
static void test_any_number_of_rows(void **state)
{
    static const uint64_t n_rows[] = {0, 1, 64, 65, 32767, 32768, 32769, 65536, 100000};
    for (size_t i = 0; i < sizeof(n_rows) / sizeof(n_rows[0]); i++) {
        making m = make(*state, n_rows[i]);
        assert_int_equal(made_file(&m, NULL), RC_OK);
        check_file(&m, 0);
        assert_int_equal(scratch_count(*state), 1);
    }
}

static void check_filters(const making *m, H5Z_filter_t id, unsigned level)
{
    hid_t dataset = open_dataset(m->path), plist = H5Dget_create_plist(dataset);
    unsigned flags, value = 0;
    size_t n = 1;
    hsize_t chunk;
    assert_int_equal(H5Pget_chunk(plist, 1, &chunk), 1);
    assert_int_equal(chunk, 32768);
    assert_int_equal(H5Pget_nfilters(plist), id == 0 ? 0 : 2);
    if (id != 0) {
        assert_int_equal(H5Pget_filter2(plist, 0, &flags, &n, &value, 0, NULL, NULL),
                         H5Z_FILTER_SHUFFLE);
        n = 1;
        assert_int_equal(H5Pget_filter2(plist, 1, &flags, &n, &value, 0, NULL, NULL), id);
        assert_int_equal(value, level);
    }
    H5Pclose(plist);
    H5Dclose(dataset);
}

static void test_each_compression(void **state)
{
    static const struct {
        rc_h5_out_options options;
        H5Z_filter_t id;
        unsigned level;
    } cases[] = {{{RC_COMPRESS_AUTO, 0, 0}, H5Z_FILTER_DEFLATE, 2},
                 {{RC_COMPRESS_GZIP, 9, 0}, H5Z_FILTER_DEFLATE, 9},
                 {{RC_COMPRESS_ZSTD, 0, 0}, 32015, 1},
                 {{RC_COMPRESS_ZSTD, 5, 0}, 32015, 5},
                 {{RC_COMPRESS_NONE, 0, 0}, 0, 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        making m = make(*state, 70000);
        m.options = cases[i].options;
        assert_int_equal(made_file(&m, NULL), RC_OK);
        check_file(&m, 0);
        check_filters(&m, cases[i].id, cases[i].level);
    }
}

static size_t steady(uint64_t row)
{
    return row % 9;
}

/* 17, 33, 65 and 129 bytes: far apart, in the same chunk, and in the last row. */
static size_t growing(uint64_t row)
{
    return row == 45000    ? 17
           : row == 45001  ? 33
           : row == 80010  ? 65
           : row == 119999 ? 129
                           : row % 9;
}

static void *read_whole(const char *path, size_t *n)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *data = malloc(1 << 25);
    *n = fread(data, 1, 1 << 25, file);
    fclose(file);
    return data;
}

/* The bytes of the file are those of the first making, whatever is asked for. */
static void assert_same_bytes(making m, rc_compression kind)
{
    static const uint64_t packets[] = {1000, 64, 7, 50000, 1000000};
    static const int threads[] = {1, 2, 5, 3, 2};
    size_t n_first = 0, n;
    void *first = NULL;
    for (size_t i = 0; i < 5; i++) {
        m.packet_rows = packets[i];
        m.options = (rc_h5_out_options){.compression = kind, .n_threads = threads[i]};
        assert_int_equal(made_file(&m, NULL), RC_OK);
        void *bytes = read_whole(m.path, &n);
        if (i == 0) {
            first = bytes;
            n_first = n;
            continue;
        }
        assert_int_equal(n, n_first);
        assert_memory_equal(bytes, first, n);
        free(bytes);
    }
    free(first);
}

static void test_texts_that_grow(void **state)
{
    static const rc_compression kinds[] = {RC_COMPRESS_GZIP, RC_COMPRESS_ZSTD, RC_COMPRESS_NONE};
    for (size_t i = 0; i < 3; i++) {
        making m = make(*state, 120000);
        m.n_text = growing;
        assert_same_bytes(m, kinds[i]);
        check_file(&m, 256);
        m.n_rows = 119999; /* all but the last */
        assert_int_equal(made_file(&m, NULL), RC_OK);
        check_file(&m, 128);
        m.n_text = steady;
        assert_same_bytes(m, kinds[i]);
        check_file(&m, 8);
    }
}

/* 1024 rows of 256 + 15 bytes are a chunk, and there are 118; what is left of the narrow ones is
 * less than a wide one. */
static void test_widening_leaves_no_hole(void **state)
{
    enum { CHUNK = 1024 * (256 + 15) };
    making m = make(*state, 120000);
    m.n_text = growing;
    m.options.compression = RC_COMPRESS_NONE;
    assert_int_equal(made_file(&m, NULL), RC_OK);
    struct stat st;
    assert_int_equal(stat(m.path, &st), 0);
    assert_in_range(st.st_size, 118 * CHUNK, 119 * CHUNK + 10000);
}

static size_t huge(uint64_t row)
{
    return row == 77 ? RC_H5_MAX_CELL_BYTES : 0;
}

static void test_the_longest_cell(void **state)
{
    making m = make(*state, 100);
    m.n_text = huge;
    assert_int_equal(made_file(&m, NULL), RC_OK);
    hid_t dataset = open_dataset(m.path), type = text_type(RC_H5_MAX_CELL_BYTES, H5T_CSET_ASCII);
    assert_type(dataset, "id", type);
    char *ids = read_member(dataset, "id", type, 100);
    assert_int_equal(strlen(ids), 0);
    assert_int_equal(ids[(size_t)78 * RC_H5_MAX_CELL_BYTES - 1], 'a' + (77 + 65535) % 26);
    free(ids);
    H5Tclose(type);
    H5Dclose(dataset);
}

static size_t too_long(uint64_t row)
{
    return row == 5000 ? RC_H5_MAX_CELL_BYTES + 1 : 3;
}

static void assert_making_fails(making *m, rc_status status, const char *text)
{
    rc_error err = {0};
    assert_int_equal(made_file(m, &err), status);
    assert_string_equal(err.text, text);
}

static void test_what_is_refused(void **state)
{
    making m = make(*state, 10);
    m.options = (rc_h5_out_options){.compression = RC_COMPRESS_GZIP, .level = 10};
    assert_making_fails(&m, RC_E_USAGE, "gzip has the levels 1 to 9, not 10");
    m.options = (rc_h5_out_options){.compression = RC_COMPRESS_ZSTD, .level = 99};
    assert_making_fails(&m, RC_E_USAGE, "zstd has the levels 1 to 22, not 99");
    m = make(*state, 10000);
    m.n_text = too_long;
    assert_making_fails(&m, RC_E_DATA,
                        "column 'id': a cell of 65537 bytes; HDF5 output copies up to 65536\n"
                        "  every row would take as much: leave the column out, or write CSV");
    assert_int_equal(scratch_count(*state), 0);
    m.path = "/dev/null";
    assert_making_fails(&m, RC_E_USAGE, "HDF5 output needs a file: name one with --output FILE");
}

/* However much of the file there is room for, and whoever is in need of it. */
static void test_a_full_disk_is_told(void **state)
{
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_IGN);
    making m = make(*state, 120000);
    m.n_text = growing;
    for (size_t i = 0; i < 20; i++) {
        m.options.n_threads = 1 + (int)(i % 3);
        struct rlimit small = {50 + 20000 * i, old.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        assert_making_fails(&m, RC_E_OUTPUT, "write: File too large");
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(scratch_count(*state), 0);
}

/* What has been written is read back, and may have been damaged meanwhile. */
static void test_damage_of_what_was_written(void **state)
{
    (void)state;
    static const rc_compression kinds[] = {RC_COMPRESS_GZIP, RC_COMPRESS_ZSTD};
    char chunk[64] = "one two three", back[64];
    for (size_t i = 0; i < 2; i++) {
        rc_h5_packer *packer;
        rc_error err;
        rc_buf packed = {0};
        assert_int_equal(rc_h5_packer_open(&packer, kinds[i], 0, NULL), RC_OK);
        assert_int_equal(rc_h5_pack(packer, chunk, 64, 4, &packed, NULL), RC_OK);
        assert_int_equal(rc_h5_unpack(packer, packed.data, packed.n, 4, back, 64, NULL), RC_OK);
        assert_memory_equal(back, chunk, 64);
        assert_int_equal(rc_h5_unpack(packer, packed.data, packed.n - 5, 4, back, 64, &err),
                         RC_E_OUTPUT);
        assert_string_equal(err.text, "the temporary file does not hold what was written");
        rc_buf_release(&packed);
        rc_h5_packer_close(packer);
    }
}

/* 64 * 64 + 1 chunks are three levels. All of them are the same one, of 2 rows. */
static void check_index(const char *path, uint64_t n_chunks)
{
    static const rc_field fields[] = {{.name = "x", .name_bytes = 1, .kind = RC_FIELD_REAL}};
    static const double values[2] = {1.5, 2.5};
    rc_layout layout = {.format = RC_OUTPUT_HDF5, .fields = fields, .n_fields = 1};
    rc_h5_form *form;
    rc_output *output;
    assert_int_equal(rc_h5_form_open(&form, &layout, NULL), RC_OK);
    layout.h5 = form;
    rc_h5_chunk *chunks = calloc(n_chunks, sizeof(*chunks));
    for (uint64_t c = 0; c < n_chunks; c++)
        chunks[c] = (rc_h5_chunk){.offset = RC_H5_SUPER_BYTES, .bytes = sizeof(values)};
    const rc_h5_shape shape = {.bytes = (uint32_t[]){8}, .row_bytes = 8, .chunk_rows = 2};
    const rc_h5_meta meta = {.layout = &layout,
                             .shape = &shape,
                             .n_rows = 2 * n_chunks - 1,
                             .chunks = chunks,
                             .n_chunks = n_chunks,
                             .compression = RC_COMPRESS_NONE};
    assert_int_equal(rc_output_open(&output, path, NULL, NULL), RC_OK);
    assert_int_equal(rc_output_write_at(output, RC_H5_SUPER_BYTES, values, sizeof(values), NULL),
                     RC_OK);
    assert_int_equal(rc_h5_meta_write(&meta, output, RC_H5_SUPER_BYTES + sizeof(values), NULL),
                     RC_OK);
    assert_int_equal(rc_output_finish(output, NULL), RC_OK);
    rc_output_close(output);
    rc_h5_form_close(form);
    free(chunks);
    hid_t dataset = open_dataset(path);
    double *read = read_member(dataset, "x", H5T_NATIVE_DOUBLE, 2 * n_chunks);
    for (uint64_t r = 0; r < 2 * n_chunks - 1; r++)
        assert_true(read[r] == values[r % 2]);
    free(read);
    H5Dclose(dataset);
}

static void test_any_number_of_chunks(void **state)
{
    static const uint64_t n_chunks[] = {1, 63, 64, 65, 4095, 4096, 4097, 300000};
    for (size_t i = 0; i < sizeof(n_chunks) / sizeof(n_chunks[0]); i++)
        check_index(scratch_path(*state, "out.h5"), n_chunks[i]);
}

#define IN_SCRATCH(f) cmocka_unit_test_setup_teardown(f, open_all, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(test_any_number_of_rows),   IN_SCRATCH(test_each_compression),
        IN_SCRATCH(test_texts_that_grow),      IN_SCRATCH(test_widening_leaves_no_hole),
        IN_SCRATCH(test_the_longest_cell),     IN_SCRATCH(test_what_is_refused),
        IN_SCRATCH(test_a_full_disk_is_told),  IN_SCRATCH(test_damage_of_what_was_written),
        IN_SCRATCH(test_any_number_of_chunks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
