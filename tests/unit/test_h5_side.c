/* test_h5_side.c - four columns at once give what each gives alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "table/h5/rows.h"

enum { ROWS = 150, ROW_BYTES = 48 };

/* A row of the file: four columns of 4 bytes, four of 8, and a mask. */
static const rc_h5_column columns[] = {
    {.type = RC_H5_FLOAT, .n_bytes = 4},
    {.type = RC_H5_INT, .n_bytes = 4, .offset = 4, .mask = 1},
    {.type = RC_H5_FLOAT, .n_bytes = 4, .offset = 8, .is_big_endian = true},
    {.type = RC_H5_UINT, .n_bytes = 4, .offset = 12},
    {.type = RC_H5_FLOAT, .n_bytes = 8, .offset = 16},
    {.type = RC_H5_INT, .n_bytes = 8, .offset = 24, .is_big_endian = true, .has_nat = true},
    {.type = RC_H5_FLOAT, .n_bytes = 8, .offset = 32, .is_big_endian = true},
    {.type = RC_H5_UINT, .n_bytes = 8, .offset = 40},
};
enum { N = sizeof(columns) / sizeof(columns[0]) };

/* What stands in row r of column c; of the floats a few are NaN. */
static double value_of(uint64_t r, size_t c)
{
    if (columns[c].type == RC_H5_FLOAT && (r + c) % 29 == 3)
        return (double)NAN;
    double x = (double)(r * 16 + c) * (columns[c].type == RC_H5_FLOAT ? 0.25 : 1);
    return columns[c].type == RC_H5_INT ? -x : x;
}

/* By the mask of column 1; column 5 may hold times of pandas. */
static bool is_masked(uint64_t r, size_t c)
{
    return c == 1 && r % 7 == 2;
}

static bool is_nat(uint64_t r, size_t c)
{
    return c == 5 && r % 11 == 4;
}

static void store(unsigned char *at, size_t c, double x)
{
    uint64_t bits;
    float narrow = (float)x;
    uint32_t narrow_bits;
    memcpy(&bits, &x, sizeof(bits));
    memcpy(&narrow_bits, &narrow, sizeof(narrow_bits));
    if (columns[c].type == RC_H5_FLOAT && columns[c].n_bytes == 4)
        bits = narrow_bits;
    else if (columns[c].type != RC_H5_FLOAT)
        bits = isnan(x) ? UINT64_C(1) << 63 : (uint64_t)(int64_t)x;
    for (uint32_t i = 0; i < columns[c].n_bytes; i++)
        at[columns[c].is_big_endian ? columns[c].n_bytes - 1 - i : i] =
            (unsigned char)(bits >> (8 * i));
}

typedef struct fixture {
    rc_h5_column columns[N];
    rc_h5_storage storages[2];
    rc_h5_table table;
    rc_h5_need need;
    rc_h5_rows *rows;
    unsigned char fill[ROW_BYTES];
    int fd;
} fixture;

static void write_file(fixture *f)
{
    unsigned char bytes[ROW_BYTES + 1];
    f->fd = memfd_create("side", 0);
    for (uint64_t r = 0; r < ROWS; r++) {
        for (size_t c = 0; c < N; c++)
            store(bytes + columns[c].offset, c, is_nat(r, c) ? (double)NAN : value_of(r, c));
        assert_int_equal(write(f->fd, bytes, ROW_BYTES), ROW_BYTES);
    }
    for (uint64_t r = 0; r < ROWS; r++)
        assert_int_equal(write(f->fd, is_masked(r, 1) ? "\1" : "\0", 1), 1);
}

static int open_fixture(void **state)
{
    fixture *f = calloc(1, sizeof(*f));
    *state = f;
    write_file(f);
    for (size_t c = 0; c < N; c++) {
        f->columns[c] = columns[c];
        f->columns[c].labels = RC_H5_NONE;
        if (columns[c].mask == 0)
            f->columns[c].mask = RC_H5_NONE;
    }
    for (size_t i = 0; i < 2; i++)
        f->storages[i] = (rc_h5_storage){.path = (char *)"/x",
                                         .kind = RC_H5_CONTIGUOUS,
                                         .n_rows = ROWS,
                                         .n_columns = 1,
                                         .element_bytes = i == 0 ? ROW_BYTES : 1,
                                         .offset = i == 0 ? 0 : ROWS * ROW_BYTES,
                                         .fill = f->fill};
    f->table = (rc_h5_table){.path = (char *)"/x",
                             .n_rows = ROWS,
                             .columns = f->columns,
                             .n_columns = N,
                             .storages = f->storages,
                             .n_storages = 2};
    assert_int_equal(rc_h5_need_init(&f->need, &f->table, NULL), RC_OK);
    for (size_t c = 0; c < N; c++)
        assert_int_equal(rc_h5_need_add(&f->need, &f->table, c, NULL), RC_OK);
    assert_int_equal(rc_h5_rows_open(&f->rows, NULL), RC_OK);
    return 0;
}

static int close_fixture(void **state)
{
    fixture *f = *state;
    rc_h5_rows_close(f->rows);
    rc_h5_need_release(&f->need);
    close(f->fd);
    free(f);
    return 0;
}

static void load(fixture *f, uint64_t first, size_t n)
{
    rc_error err;
    assert_int_equal(rc_h5_rows_load(f->rows, f->fd, &f->table, &f->need, first, n, NULL, &err),
                     RC_OK);
}

/* Both types, against what was stored. */
static void check_four(const fixture *f, const size_t four[RC_H5_FOUR], uint64_t first, size_t from,
                       size_t n)
{
    double wide[RC_H5_FOUR][RC_H5_TILE_ROWS];
    float narrow[RC_H5_FOUR][RC_H5_TILE_ROWS];
    double *const to_wide[] = {wide[0], wide[1], wide[2], wide[3]};
    float *const to_narrow[] = {narrow[0], narrow[1], narrow[2], narrow[3]};
    uint64_t missing[RC_H5_FOUR], missing_narrow[RC_H5_FOUR];
    assert_true(rc_h5_rows_are_side_by_side(f->rows, four));
    rc_h5_rows_four_f64(f->rows, four, from, n, to_wide, missing);
    rc_h5_rows_four_f32(f->rows, four, from, n, to_narrow, missing_narrow);
    for (size_t k = 0; k < RC_H5_FOUR; k++) {
        uint64_t expected = 0;
        for (size_t r = 0; r < n; r++) {
            uint64_t row = first + from + r;
            bool is_absent = is_masked(row, four[k]) || is_nat(row, four[k]);
            double x = is_absent ? (double)NAN : value_of(row, four[k]);
            expected |= (uint64_t)(isnan(x) != 0) << r;
            assert_true(isnan(x) ? isnan(wide[k][r]) : wide[k][r] == x);
            assert_true(isnan(x) ? isnan(narrow[k][r]) : narrow[k][r] == (float)x);
        }
        assert_true(missing[k] == expected && missing_narrow[k] == expected);
    }
}

static void test_four_of_every_length(void **state)
{
    fixture *f = *state;
    load(f, 5, ROWS - 5);
    for (size_t n = 0; n <= RC_H5_TILE_ROWS; n++) {
        check_four(f, (size_t[]){0, 1, 2, 3}, 5, n % 9, n);
        check_four(f, (size_t[]){4, 5, 6, 7}, 5, n % 9, n);
    }
    check_four(f, (size_t[]){0, 1, 2, 3}, 5, ROWS - 5 - 64, 64); /* up to the last byte */
    check_four(f, (size_t[]){4, 5, 6, 7}, 5, ROWS - 5 - 3, 3);
}

/* One element stands for all rows. */
static void test_four_of_fill(void **state)
{
    fixture *f = *state;
    for (size_t c = 0; c < N; c++)
        store(f->fill + columns[c].offset, c, 7);
    f->storages[0].offset = RC_H5_NOWHERE;
    load(f, 0, ROWS);
    double wide[RC_H5_FOUR][RC_H5_TILE_ROWS];
    double *const to[] = {wide[0], wide[1], wide[2], wide[3]};
    uint64_t missing[RC_H5_FOUR];
    assert_true(rc_h5_rows_are_side_by_side(f->rows, (size_t[]){4, 5, 6, 7}));
    rc_h5_rows_four_f64(f->rows, (size_t[]){4, 5, 6, 7}, 64, 63, to, missing);
    for (size_t k = 0; k < RC_H5_FOUR; k++)
        assert_true(missing[k] == 0 && wide[k][0] == 7 && wide[k][62] == 7);
}

/* The neighbour above rounds to the same float64, and is a number. */
static void test_only_the_least_integer_is_nat(void **state)
{
    fixture *f = *state;
    unsigned char least[8] = {0x80}, above[8] = {0x80, 0, 0, 0, 0, 0, 0, 1};
    assert_int_equal(pwrite(f->fd, least, 8, 24), 8);
    assert_int_equal(pwrite(f->fd, above, 8, ROW_BYTES + 24), 8);
    for (int has_nat = 0; has_nat < 2; has_nat++) {
        double x[2];
        char scratch[RC_H5_CELL_BYTES + 64];
        size_t n;
        f->columns[5].has_nat = has_nat;
        load(f, 0, 2);
        assert_int_equal(rc_h5_rows_f64(f->rows, 5, 0, 2, x), has_nat);
        assert_true(has_nat ? isnan(x[0]) : x[0] == -0x1p63);
        assert_true(x[1] == -0x1p63);
        rc_h5_rows_cell(f->rows, 5, 0, scratch, &n);
        assert_int_equal(n, has_nat ? 0 : 20);
        rc_h5_rows_cell(f->rows, 5, 1, scratch, &n);
        assert_int_equal(n, 20); /* -9223372036854775807 */
    }
}

static void test_what_is_not_side_by_side(void **state)
{
    fixture *f = *state;
    load(f, 0, ROWS);
    assert_false(rc_h5_rows_are_side_by_side(f->rows, (size_t[]){1, 0, 2, 3})); /* out of order */
    assert_false(rc_h5_rows_are_side_by_side(f->rows, (size_t[]){1, 2, 3, 4})); /* 4 and 8 bytes */
    assert_false(rc_h5_rows_are_side_by_side(f->rows, (size_t[]){0, 1, 3, 3})); /* a gap */
    f->columns[2].type = RC_H5_TEXT;
    load(f, 0, ROWS);
    assert_false(rc_h5_rows_are_side_by_side(f->rows, (size_t[]){0, 1, 2, 3}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_four_of_every_length, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_four_of_fill, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_only_the_least_integer_is_nat, open_fixture,
                                        close_fixture),
        cmocka_unit_test_setup_teardown(test_what_is_not_side_by_side, open_fixture, close_fixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
