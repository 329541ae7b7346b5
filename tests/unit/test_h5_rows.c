/* test_h5_rows.c - rows of every kind of storage, as numbers and texts. */
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
#include <zlib.h>

#include "table/csv_scan.h"
#include "table/h5/rows.h"

enum { ROWS = 23, COLUMNS = 7, FILL = 4242 };

static uint32_t value_at(uint64_t row, uint64_t column)
{
    return (uint32_t)(row * 1000 + column);
}

static int make_file(const void *data, size_t n)
{
    int fd = memfd_create("rows", 0);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, n), n);
    return fd;
}

/* -- Grids of value_at, stored in every way. --------------------------------------------------- */

typedef struct grid {
    rc_h5_table table;
    rc_h5_storage storage;
    rc_h5_column columns[COLUMNS];
    rc_h5_chunk chunks[ROWS * COLUMNS];
    uint32_t fill;
    rc_buf file;
    uint64_t missing; /* chunk that is not stored; UINT64_MAX: all are */
    bool is_late;     /* chunks stand from the last to the first */
} grid;

static void make_grid(grid *g, rc_h5_kind kind, bool is_transposed)
{
    *g = (grid){.fill = FILL, .missing = UINT64_MAX};
    g->storage = (rc_h5_storage){.path = (char *)"/x",
                                 .kind = kind,
                                 .n_rows = ROWS,
                                 .n_columns = COLUMNS,
                                 .element_bytes = 4,
                                 .is_transposed = is_transposed,
                                 .fill = (unsigned char *)&g->fill};
    for (uint32_t c = 0; c < COLUMNS; c++)
        g->columns[c] = (rc_h5_column){
            .type = RC_H5_UINT, .n_bytes = 4, .index = c, .mask = RC_H5_NONE, .labels = RC_H5_NONE};
    g->table = (rc_h5_table){.path = (char *)"/x",
                             .n_rows = ROWS,
                             .columns = g->columns,
                             .n_columns = COLUMNS,
                             .storages = &g->storage,
                             .n_storages = 1};
}

/* A box of values, its rows or its columns together. */
static size_t box(uint64_t row, uint64_t column, uint64_t n_rows, uint64_t n_columns,
                  bool is_transposed, uint32_t *out)
{
    for (uint64_t r = 0; r < n_rows; r++)
        for (uint64_t c = 0; c < n_columns; c++)
            out[is_transposed ? c * n_rows + r : r * n_columns + c] = value_at(row + r, column + c);
    return (size_t)(n_rows * n_columns * 4);
}

static void store_chunk(grid *g, uint64_t number, bool is_deflated)
{
    static uint32_t values[4096];
    static unsigned char packed[20000];
    rc_h5_storage *s = &g->storage;
    uint64_t row = number / rc_h5_grid_columns(s) * s->chunk_rows;
    uint64_t column = number % rc_h5_grid_columns(s) * s->chunk_columns;
    size_t n = box(row, column, s->chunk_rows, s->chunk_columns, s->is_transposed, values);
    const void *bytes = values;
    if (is_deflated) {
        uLongf n_packed = sizeof(packed);
        assert_int_equal(compress2(packed, &n_packed, (Bytef *)values, n, 4), Z_OK);
        bytes = packed;
        n = n_packed;
    }
    g->chunks[number] = (rc_h5_chunk){g->file.n, (uint32_t)n, 0};
    assert_true(rc_buf_append(&g->file, bytes, n) && rc_buf_append(&g->file, "gap", number % 4));
}

static void store_chunks(grid *g, uint64_t chunk_rows, uint64_t chunk_columns, bool is_deflated)
{
    rc_h5_storage *s = &g->storage;
    s->chunk_rows = chunk_rows;
    s->chunk_columns = chunk_columns;
    s->n_chunks = rc_h5_grid_rows(s) * rc_h5_grid_columns(s);
    s->chunks = g->chunks;
    s->n_filters = is_deflated;
    s->filters[0] = (rc_h5_filter){.id = 1, .n_values = 1, .values = {4}};
    for (uint64_t i = 0; i < s->n_chunks; i++) {
        uint64_t number = g->is_late ? s->n_chunks - 1 - i : i;
        if (number != g->missing)
            store_chunk(g, number, is_deflated);
    }
}

static bool is_missing(const grid *g, uint64_t row, uint64_t column)
{
    const rc_h5_storage *s = &g->storage;
    if (s->kind == RC_H5_CONTIGUOUS)
        return s->offset == RC_H5_NOWHERE;
    return s->kind == RC_H5_CHUNKED &&
           row / s->chunk_rows * rc_h5_grid_columns(s) + column / s->chunk_columns == g->missing;
}

static void check_values(const grid *g, const rc_h5_rows *rows, const bool *is_needed,
                         uint64_t first, size_t n)
{
    for (uint32_t c = 0; c < COLUMNS; c++) {
        double wide[64];
        float narrow[64];
        if (!is_needed[c])
            continue;
        assert_int_equal(rc_h5_rows_f64(rows, c, 0, n, wide), 0);
        assert_int_equal(rc_h5_rows_f32(rows, c, n / 2, n - n / 2, narrow), 0);
        for (size_t r = 0; r < n; r++) {
            uint32_t expected = is_missing(g, first + r, c) ? FILL : value_at(first + r, c);
            assert_true(wide[r] == expected);
            if (r >= n / 2)
                assert_true(narrow[r - n / 2] == (float)expected);
        }
    }
}

/* Every range of rows, with all columns and with some, through one object. */
static void check_grid(grid *g)
{
    int fd = make_file(g->file.data, g->file.n);
    rc_h5_rows *rows;
    assert_int_equal(rc_h5_rows_open(&rows, NULL), RC_OK);
    for (uint32_t mask = 0x7f; mask > 0; mask = mask == 0x7f ? 0x24 : 0) {
        rc_h5_need need;
        assert_int_equal(rc_h5_need_init(&need, &g->table, NULL), RC_OK);
        for (uint32_t c = 0; c < COLUMNS; c++)
            if ((mask >> c & 1) != 0)
                assert_int_equal(rc_h5_need_add(&need, &g->table, c, NULL), RC_OK);
        for (uint64_t first = 0; first < ROWS; first++)
            for (size_t n = 1; n <= ROWS - first; n++) {
                rc_error err = {0};
                rc_buf block = {0};
                if (g->storage.kind == RC_H5_BLOCKS) {
                    assert_true(rc_buf_reserve(&block, 4 * n * COLUMNS + RC_CSV_SLACK));
                    block.n = box(first, 0, n, COLUMNS, g->storage.is_transposed,
                                  (uint32_t *)(void *)block.data);
                }
                if (rc_h5_rows_load(rows, fd, &g->table, &need, first, n, &block, &err) != RC_OK)
                    fail_msg("%s", err.text);
                check_values(g, rows, need.columns, first, n);
                rc_buf_release(&block);
            }
        rc_h5_need_release(&need);
    }
    rc_h5_rows_close(rows);
    rc_buf_release(&g->file);
    close(fd);
}

static void test_contiguous_both_ways_and_nowhere(void **state)
{
    (void)state;
    uint32_t values[ROWS * COLUMNS];
    for (int is_transposed = 0; is_transposed < 2; is_transposed++) {
        grid g;
        make_grid(&g, RC_H5_CONTIGUOUS, is_transposed);
        g.storage.offset = 5;
        size_t n = box(0, 0, ROWS, COLUMNS, is_transposed, values);
        assert_true(rc_buf_append(&g.file, "-----", 5) && rc_buf_append(&g.file, values, n));
        check_grid(&g);
        make_grid(&g, RC_H5_CONTIGUOUS, is_transposed);
        g.storage.offset = RC_H5_NOWHERE;
        assert_true(rc_buf_append(&g.file, "-", 1));
        check_grid(&g);
    }
}

static void test_blocks_both_ways(void **state)
{
    (void)state;
    for (int is_transposed = 0; is_transposed < 2; is_transposed++) {
        grid g;
        make_grid(&g, RC_H5_BLOCKS, is_transposed);
        assert_true(rc_buf_append(&g.file, "-", 1));
        check_grid(&g);
    }
}

static void test_chunks_of_any_shape_both_ways(void **state)
{
    (void)state;
    static const uint64_t shapes[][2] = {{1, 1}, {5, 3}, {23, 7}, {4, 7}, {64, 2}, {6, 1}, {24, 8}};
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        for (int how = 0; how < 16; how++) {
            grid g;
            make_grid(&g, RC_H5_CHUNKED, how & 1);
            g.is_late = (how & 2) != 0;
            g.missing = how & 4 ? 1 : UINT64_MAX;
            store_chunks(&g, shapes[i][0], shapes[i][1], (how & 8) != 0);
            check_grid(&g);
        }
}

/* Chunks of 64 KiB and more without filters go straight to their place. */
static void test_large_plain_chunk(void **state)
{
    (void)state;
    enum { MANY = 40000 };
    grid g;
    rc_h5_rows *rows;
    rc_h5_need need;
    double out[64];
    uint32_t *values = malloc(MANY * 4);
    box(0, 0, MANY, 1, false, values);
    make_grid(&g, RC_H5_CHUNKED, false);
    g.table.n_columns = 1;
    g.table.n_rows = g.storage.n_rows = MANY;
    g.storage.n_columns = g.storage.chunk_columns = 1;
    g.storage.chunk_rows = MANY / 2;
    g.storage.n_chunks = 2;
    g.storage.chunks = g.chunks;
    g.chunks[0] = (rc_h5_chunk){0, MANY * 2, 0};
    g.chunks[1] = (rc_h5_chunk){MANY * 2, MANY * 2, 0};
    int fd = make_file(values, MANY * 4);
    assert_int_equal(rc_h5_rows_open(&rows, NULL), RC_OK);
    assert_int_equal(rc_h5_need_init(&need, &g.table, NULL), RC_OK);
    assert_int_equal(rc_h5_need_add(&need, &g.table, 0, NULL), RC_OK);
    assert_int_equal(rc_h5_rows_load(rows, fd, &g.table, &need, 19990, 20, NULL, NULL), RC_OK);
    assert_int_equal(rc_h5_rows_f64(rows, 0, 0, 20, out), 0);
    for (int r = 0; r < 20; r++)
        assert_true(out[r] == value_at(19990 + (uint64_t)r, 0));
    assert_int_equal(ftruncate(fd, MANY * 3), 0);
    rc_error err = {0};
    assert_int_equal(rc_h5_rows_load(rows, fd, &g.table, &need, 0, MANY, NULL, &err), RC_E_DATA);
    assert_string_equal(err.text, "dataset '/x': chunk at row 20001: the file ends at byte 120000");
    rc_h5_need_release(&need);
    rc_h5_rows_close(rows);
    free(values);
    close(fd);
}

static void test_damaged_chunk_is_told_by_its_row(void **state)
{
    (void)state;
    grid g;
    rc_h5_rows *rows;
    rc_h5_need need;
    rc_error err = {0};
    make_grid(&g, RC_H5_CHUNKED, false);
    store_chunks(&g, 5, 7, true);
    g.file.data[g.chunks[2].offset + 5] ^= 0x10;
    int fd = make_file(g.file.data, g.file.n);
    assert_int_equal(rc_h5_rows_open(&rows, NULL), RC_OK);
    assert_int_equal(rc_h5_need_init(&need, &g.table, NULL), RC_OK);
    assert_int_equal(rc_h5_need_add(&need, &g.table, 3, NULL), RC_OK);
    assert_int_equal(rc_h5_rows_load(rows, fd, &g.table, &need, 0, ROWS, NULL, &err), RC_E_DATA);
    assert_string_equal(err.text, "dataset '/x': chunk at row 11: the deflate stream is damaged");
    assert_int_equal(rc_h5_rows_load(rows, fd, &g.table, &need, 0, 10, NULL, &err), RC_OK);
    rc_h5_need_release(&need);
    rc_h5_rows_close(rows);
    rc_buf_release(&g.file);
    close(fd);
}

/* -- One element, as a block. ------------------------------------------------------------------ */

/* A table of one column over elements that are given. */
typedef struct one {
    rc_h5_table table;
    rc_h5_storage storages[2];
    rc_h5_column column;
    rc_h5_labels labels;
    rc_h5_need need;
    rc_h5_rows *rows;
    rc_buf blocks[2];
} one;

static void open_one(one *o, rc_h5_type type, uint32_t n_bytes, const void *elements, size_t n)
{
    *o = (one){.column = {.name = (char *)"c",
                          .name_bytes = 1,
                          .type = type,
                          .n_bytes = n_bytes,
                          .mask = RC_H5_NONE,
                          .labels = RC_H5_NONE}};
    o->storages[0] = (rc_h5_storage){.path = (char *)"/c",
                                     .kind = RC_H5_BLOCKS,
                                     .n_rows = n,
                                     .n_columns = 1,
                                     .element_bytes = n_bytes};
    o->storages[1] = o->storages[0];
    o->storages[1].element_bytes = 1;
    o->table = (rc_h5_table){.n_rows = n,
                             .columns = &o->column,
                             .n_columns = 1,
                             .storages = o->storages,
                             .n_storages = 2,
                             .labels = &o->labels,
                             .n_labels = 1};
    assert_true(rc_buf_append(&o->blocks[0], elements, n * n_bytes));
    assert_int_equal(rc_h5_rows_open(&o->rows, NULL), RC_OK);
    assert_int_equal(rc_h5_need_init(&o->need, &o->table, NULL), RC_OK);
}

static rc_status load_one(one *o, rc_error *err)
{
    for (int i = 0; i < 2; i++)
        assert_true(rc_buf_reserve(&o->blocks[i], RC_CSV_SLACK));
    rc_h5_need_add(&o->need, &o->table, 0, NULL);
    return rc_h5_rows_load(o->rows, -1, &o->table, &o->need, 0, (size_t)o->table.n_rows, o->blocks,
                           err);
}

static void close_one(one *o)
{
    rc_h5_rows_close(o->rows);
    rc_h5_need_release(&o->need);
    rc_buf_release(&o->blocks[0]);
    rc_buf_release(&o->blocks[1]);
}

static void assert_cell(const one *o, size_t row, const char *expected)
{
    char scratch[RC_H5_CELL_BYTES + 64];
    size_t n;
    const char *cell = rc_h5_rows_cell(o->rows, 0, row, scratch, &n);
    if (expected == NULL) {
        assert_null(cell);
        return;
    }
    assert_non_null(cell);
    assert_int_equal(n, strlen(expected));
    assert_memory_equal(cell, expected, n);
}

/* One value in both byte orders: as a number, as the number in float32, as text, as it stands. */
static void check_number(rc_h5_type type, uint32_t n_bytes, uint64_t bits, double wide,
                         float narrow, const char *text)
{
    for (int is_big = 0; is_big < 2; is_big++) {
        one o;
        unsigned char element[8], raw[8] = {0};
        double x;
        float y;
        for (uint32_t i = 0; i < n_bytes; i++)
            element[is_big ? n_bytes - 1 - i : i] = (unsigned char)(bits >> (8 * i));
        open_one(&o, type, n_bytes, element, 1);
        o.column.is_big_endian = is_big;
        assert_int_equal(load_one(&o, NULL), RC_OK);
        assert_true(rc_h5_is_number(&o.column));
        assert_int_equal(rc_h5_rows_f64(o.rows, 0, 0, 1, &x), isnan(wide) ? 1 : 0);
        assert_int_equal(rc_h5_rows_f32(o.rows, 0, 0, 1, &y), isnan(wide) ? 1 : 0);
        assert_true(isnan(wide) ? isnan(x) && isnan(y) : x == wide && y == narrow);
        assert_cell(&o, 0, text);
        rc_h5_rows_raw(o.rows, 0, 0, 1, raw);
        assert_memory_equal(raw, &bits, n_bytes);
        close_one(&o);
    }
}

/* Integers as float32, by hand: 2^24 + 1 is halfway and goes to the even 2^24; 2^63 - 1 goes to
 * 2^63. 2^60 + 2^36 + 1 is just above halfway and goes up; by way of double, which has no room for
 * the 1, it would be halfway and go down. 2^53 + 1 is halfway of doubles, and goes to 2^53. */
static void test_numbers_of_every_type(void **state)
{
    (void)state;
    check_number(RC_H5_INT, 1, 0x80, -128, -128, "-128");
    check_number(RC_H5_INT, 2, 0xfffe, -2, -2, "-2");
    check_number(RC_H5_INT, 4, 0x80000000, -2147483648.0, -2147483648.0F, "-2147483648");
    check_number(RC_H5_INT, 4, 16777217, 16777217, 16777216, "16777217");
    check_number(RC_H5_INT, 8, (uint64_t)1 << 63, -0x1p63, -0x1p63F, "-9223372036854775808");
    check_number(RC_H5_INT, 8, INT64_MAX, 0x1p63, 0x1p63F, "9223372036854775807");
    check_number(RC_H5_INT, 8, 0x1000001000000001, 0x1.000001p60, 0x1.000002p60F,
                 "1152921573326323713");
    check_number(RC_H5_UINT, 1, 0xff, 255, 255, "255");
    check_number(RC_H5_UINT, 2, 0xffff, 65535, 65535, "65535");
    check_number(RC_H5_UINT, 4, 0xffffffff, 4294967295.0, 4294967296.0F, "4294967295");
    check_number(RC_H5_UINT, 8, UINT64_MAX, 0x1p64, 0x1p64F, "18446744073709551615");
    check_number(RC_H5_UINT, 8, 9007199254740993, 9007199254740992.0, 9007199254740992.0F,
                 "9007199254740993");
    check_number(RC_H5_BOOL, 1, 1, 1, 1, "true");
    check_number(RC_H5_BOOL, 1, 0, 0, 0, "false");
    check_number(RC_H5_FLOAT, 4, 0x3dcccccd, 0x1.99999ap-4, 0x1.99999ap-4F, "0.1");
    check_number(RC_H5_FLOAT, 8, 0x3fb999999999999a, 0.1, 0.1F, "0.1");
    check_number(RC_H5_FLOAT, 8, 0x7fefffffffffffff, 0x1.fffffffffffffp1023, INFINITY,
                 "1.7976931348623157e308");
    check_number(RC_H5_FLOAT, 4, 0xff800000, (double)-INFINITY, -INFINITY, "-inf");
    check_number(RC_H5_FLOAT, 8, 0x7ff8000000000000, (double)NAN, NAN, "");
    check_number(RC_H5_FLOAT, 4, 0xff800001, (double)NAN, NAN, "");
}

/* IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction. All 65536 against ldexp. */
static void test_half_floats_all_of_them(void **state)
{
    (void)state;
    enum { ALL = 65536 };
    static uint16_t bits[ALL];
    one o;
    for (int i = 0; i < ALL; i++)
        bits[i] = (uint16_t)i;
    open_one(&o, RC_H5_FLOAT, 2, bits, ALL);
    assert_int_equal(load_one(&o, NULL), RC_OK);
    for (int i = 0; i < ALL; i++) {
        int exponent = i >> 10 & 31, fraction = i & 1023;
        double x,
            size = exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, exponent - 25);
        float y;
        if (exponent == 31)
            size = fraction == 0 ? (double)INFINITY : (double)NAN;
        uint64_t missing = rc_h5_rows_f64(o.rows, 0, (size_t)i, 1, &x);
        assert_int_equal(rc_h5_rows_f32(o.rows, 0, (size_t)i, 1, &y), missing);
        assert_int_equal(missing, isnan(size));
        assert_true(isnan(size) || (x == (i < 32768 ? size : -size) && y == (float)x));
        assert_true(isnan(size) || (signbit(x) != 0) == (i >= 32768));
    }
    assert_cell(&o, 0x2e66, "0.099975586"); /* float32(float16(0.1)) by numpy 2.4 */
    assert_cell(&o, 0x7bff, "65504");
    close_one(&o);
}

static void test_mask_makes_missing(void **state)
{
    (void)state;
    const int32_t values[] = {5, 6, 7, 8};
    double wide[4];
    float narrow[4];
    one o;
    open_one(&o, RC_H5_INT, 4, values, 4);
    o.column.mask = 1;
    assert_true(rc_buf_append(&o.blocks[1], "\0\1\0\xff", 4));
    assert_int_equal(load_one(&o, NULL), RC_OK);
    assert_int_equal(rc_h5_rows_f64(o.rows, 0, 0, 4, wide), 10);
    assert_int_equal(rc_h5_rows_f32(o.rows, 0, 1, 3, narrow), 5);
    assert_true(wide[0] == 5 && isnan(wide[1]) && wide[2] == 7 && isnan(wide[3]));
    assert_true(isnan(narrow[0]) && narrow[1] == 7 && isnan(narrow[2]));
    assert_cell(&o, 0, "5");
    assert_cell(&o, 1, "");
    close_one(&o);
}

static void test_labels_by_index_and_by_value(void **state)
{
    (void)state;
    char *texts[] = {(char *)"red", (char *)"green"};
    size_t text_bytes[] = {3, 5};
    int64_t values[] = {-3, 2};
    const signed char codes[] = {0, 1, -1, 2, -3};
    one o;
    open_one(&o, RC_H5_INT, 1, codes, 5);
    o.column.labels = 0;
    o.labels = (rc_h5_labels){.texts = texts, .text_bytes = text_bytes, .n = 2};
    assert_int_equal(load_one(&o, NULL), RC_OK);
    assert_false(rc_h5_is_number(&o.column));
    assert_cell(&o, 0, "red");
    assert_cell(&o, 1, "green");
    assert_cell(&o, 2, "");
    assert_cell(&o, 3, NULL);
    assert_cell(&o, 4, "");
    o.labels.values = values;
    assert_cell(&o, 0, "");
    assert_cell(&o, 3, "green");
    assert_cell(&o, 4, "red");
    close_one(&o);
    const uint64_t large[] = {UINT64_MAX, 1};
    open_one(&o, RC_H5_UINT, 8, large, 2);
    o.column.labels = 0;
    o.labels = (rc_h5_labels){.texts = texts, .text_bytes = text_bytes, .n = 2};
    assert_int_equal(load_one(&o, NULL), RC_OK);
    assert_cell(&o, 0, NULL);
    assert_cell(&o, 1, "green");
    close_one(&o);
}

static void test_texts_of_fixed_and_variable_length(void **state)
{
    (void)state;
    one o;
    open_one(&o, RC_H5_TEXT, 4, "ab\0xabcd\0\0\0\0a  \0    ", 5);
    assert_int_equal(load_one(&o, NULL), RC_OK);
    assert_false(rc_h5_is_number(&o.column));
    assert_cell(&o, 0, "ab");
    assert_cell(&o, 1, "abcd");
    assert_cell(&o, 2, "");
    assert_cell(&o, 3, "a  ");
    o.column.is_space_padded = true;
    assert_cell(&o, 3, "a");
    assert_cell(&o, 4, "");
    close_one(&o);
    open_one(&o, RC_H5_TEXT_VAR, 8, "\1\0\0\0\3\0\0\0\4\0\0\0\0\0\0\0", 2);
    assert_true(rc_buf_append(&o.blocks[0], "-one", 4));
    assert_int_equal(load_one(&o, NULL), RC_OK);
    assert_cell(&o, 0, "one");
    assert_cell(&o, 1, "");
    rc_error err = {0};
    o.blocks[0].n--;
    assert_int_equal(load_one(&o, &err), RC_E_DATA);
    assert_string_equal(err.text, "dataset '/c': a text beyond its block");
    o.blocks[0].n = 15;
    assert_int_equal(load_one(&o, &err), RC_E_DATA);
    assert_string_equal(err.text, "dataset '/c': the block is too short");
    close_one(&o);
}

static void test_unreadable_is_told(void **state)
{
    (void)state;
    one o;
    rc_error err = {0};
    open_one(&o, RC_H5_UNREADABLE, 8, "", 0);
    o.column.why = (char *)"pickled objects of pandas";
    assert_int_equal(rc_h5_need_add(&o.need, &o.table, 0, &err), RC_E_DATA);
    assert_string_equal(err.text, "column 'c' cannot be read: pickled objects of pandas");
    o.column.name = NULL;
    o.column.why = NULL;
    assert_int_equal(rc_h5_need_add(&o.need, &o.table, 0, &err), RC_E_DATA);
    assert_string_equal(err.text, "column 1 cannot be read: an unknown type");
    close_one(&o);
}

/* -- Packets. ---------------------------------------------------------------------------------- */

static void check_packet(uint64_t n_rows, uint64_t chunk_rows, uint64_t packet_bytes,
                         uint64_t expected)
{
    grid g;
    rc_h5_need need;
    make_grid(&g, chunk_rows > 0 ? RC_H5_CHUNKED : RC_H5_CONTIGUOUS, false);
    g.table.n_rows = g.storage.n_rows = n_rows;
    g.storage.chunk_rows = chunk_rows;
    g.storage.chunk_columns = chunk_rows > 0 ? 2 : 0;
    assert_int_equal(rc_h5_need_init(&need, &g.table, NULL), RC_OK);
    assert_int_equal(rc_h5_need_add(&need, &g.table, 2, NULL), RC_OK);
    assert_int_equal(rc_h5_need_add(&need, &g.table, 3, NULL), RC_OK);
    assert_int_equal(rc_h5_packet_rows(&g.table, &need, packet_bytes), expected);
    rc_h5_need_release(&need);
}

/* Of chunks 2 wide, two columns count as at most two of the four units: 16 bytes a row; contiguous
 * rows have 28. */
static void test_packets_are_whole_chunks(void **state)
{
    (void)state;
    check_packet(1000000, 1000, 160000, 10000);
    check_packet(1000000, 1000, 175999, 10000);
    check_packet(1000000, 1000, 1, 1000);
    check_packet(1000000, 20000, 160000, 20000); /* one chunk, although it is larger */
    check_packet(1000000, 54, 1, 108);           /* at least 64 rows */
    check_packet(1000000, 1000000, 160000, 1000000);
    check_packet(500, 1000, 160000, 500);
    check_packet(0, 1000, 160000, 1);
    check_packet(1000000, 0, 280000, 9984); /* whole tiles of 64 */
    check_packet(10, 0, 280000, 10);
}

/* 8 bytes of place and 120 of text a row: as many tiles of 64 rows as fit. */
static void test_packets_of_variable_texts(void **state)
{
    (void)state;
    one o;
    open_one(&o, RC_H5_TEXT_VAR, 8, "", 0);
    o.table.n_rows = o.storages[0].n_rows = 1000000;
    assert_int_equal(rc_h5_need_add(&o.need, &o.table, 0, NULL), RC_OK);
    assert_int_equal(rc_h5_packet_rows(&o.table, &o.need, 1 << 20), 8192);
    close_one(&o);
}

static void test_packet_memory_counts_chunks_around(void **state)
{
    (void)state;
    grid g;
    rc_h5_need need;
    make_grid(&g, RC_H5_CHUNKED, false);
    g.table.n_rows = g.storage.n_rows = 1000000;
    g.storage.chunk_rows = 1000;
    g.storage.chunk_columns = 7;
    assert_int_equal(rc_h5_need_init(&need, &g.table, NULL), RC_OK);
    assert_int_equal(rc_h5_need_add(&need, &g.table, 0, NULL), RC_OK);
    /* 28 bytes a row; a stored chunk besides */
    assert_int_equal(rc_h5_packet_memory(&g.table, &need, 10000), 280000 + 28000);
    assert_int_equal(rc_h5_packet_memory(&g.table, &need, 10001), 12 * 28000 + 28000);
    rc_h5_need_release(&need);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contiguous_both_ways_and_nowhere),
        cmocka_unit_test(test_blocks_both_ways),
        cmocka_unit_test(test_chunks_of_any_shape_both_ways),
        cmocka_unit_test(test_large_plain_chunk),
        cmocka_unit_test(test_damaged_chunk_is_told_by_its_row),
        cmocka_unit_test(test_numbers_of_every_type),
        cmocka_unit_test(test_half_floats_all_of_them),
        cmocka_unit_test(test_mask_makes_missing),
        cmocka_unit_test(test_labels_by_index_and_by_value),
        cmocka_unit_test(test_texts_of_fixed_and_variable_length),
        cmocka_unit_test(test_unreadable_is_told),
        cmocka_unit_test(test_packets_are_whole_chunks),
        cmocka_unit_test(test_packets_of_variable_texts),
        cmocka_unit_test(test_packet_memory_counts_chunks_around),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
