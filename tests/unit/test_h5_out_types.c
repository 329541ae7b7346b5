/* test_h5_out_types.c - types and names of the columns of HDF5 files of predictions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "h5_read_back.h"
#include "h5_rows_made.h"
#include "scratch.h"

static const char *const whole[] = {"0", "-17", "9007199254740993"};
static const char *const decimal[] = {"0", "1.5"};
static const char *const words[] = {"no", "yes"};
static const char *const accents[] = {"n", "\xc3\xa9t\xc3\xa9"};
static const bool yes[] = {true, true, true}, no[] = {false, false, false};

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

static void test_labels_that_are_whole(void **state)
{
    making m = make(*state, 10);
    m.labels = whole;
    m.is_number = yes;
    m.n_labels = 3;
    assert_int_equal(made_file(&m, NULL), RC_OK);
    hid_t dataset = open_dataset(m.path);
    assert_type(dataset, "label", H5T_STD_I64LE);
    int64_t *labels = read_member(dataset, "label", H5T_NATIVE_INT64, 10);
    assert_int_equal(labels[3], 0);
    assert_int_equal(labels[4], -17);
    assert_int_equal(labels[5], INT64_C(9007199254740993));
    free(labels);
    H5Dclose(dataset);
    /* a double does not hold the last one: with rows that have none they are texts */
    m.has_empty_rows = true;
    assert_int_equal(made_file(&m, NULL), RC_OK);
    dataset = open_dataset(m.path);
    hid_t type = text_type(16, H5T_CSET_ASCII);
    assert_type(dataset, "label", type);
    H5Tclose(type);
    H5Dclose(dataset);
}

static void test_labels_that_are_numbers(void **state)
{
    making m = make(*state, 10);
    m.labels = decimal;
    m.is_number = yes;
    m.has_empty_rows = true;
    assert_int_equal(made_file(&m, NULL), RC_OK);
    hid_t dataset = open_dataset(m.path);
    assert_type(dataset, "label", H5T_IEEE_F64LE);
    double *labels = read_member(dataset, "label", H5T_NATIVE_DOUBLE, 10);
    assert_true(labels[0] == 0 && labels[1] == 1.5 && isnan(labels[4]) && isnan(labels[9]));
    free(labels);
    H5Dclose(dataset);
}

static void test_labels_that_are_texts(void **state)
{
    making m = make(*state, 10);
    m.labels = accents;
    m.has_empty_rows = true;
    assert_int_equal(made_file(&m, NULL), RC_OK);
    hid_t dataset = open_dataset(m.path), type = text_type(5, H5T_CSET_UTF8);
    assert_type(dataset, "label", type);
    char *labels = read_member(dataset, "label", type, 10);
    assert_memory_equal(labels, "n\0\0\0\0\xc3\xa9t\xc3\xa9n\0\0\0\0\xc3\xa9t\xc3\xa9\0\0\0\0\0",
                        25);
    free(labels);
    H5Tclose(type);
    H5Dclose(dataset);
}

static void test_a_label_that_is_too_long(void **state)
{
    static char text[RC_H5_MAX_CELL_BYTES + 2];
    const char *const labels[] = {text, "b"};
    memset(text, 'a', sizeof(text) - 1);
    making m = make(*state, 1);
    rc_error err;
    m.labels = labels;
    assert_int_equal(made_file(&m, &err), RC_E_USAGE);
    assert_string_equal(err.text, "a label of 65537 bytes: HDF5 output takes up to 65536");
}

/* Copies of the fields, packed and written; raw holds a value of each. */
static rc_status write_fields(const char *path, const rc_field *fields, size_t n,
                              const rc_result_rows *rows, rc_error *err)
{
    rc_layout layout = {.format = RC_OUTPUT_HDF5, .fields = fields, .n_fields = n};
    rc_h5_out_options options = {.n_threads = 1};
    rc_h5_form *form;
    rc_output *output;
    rc_h5_out *out;
    rc_buf packed = {0};
    assert_int_equal(rc_h5_form_open(&form, &layout, NULL), RC_OK);
    layout.h5 = form;
    assert_int_equal(rc_output_open(&output, path, NULL, NULL), RC_OK);
    rc_status st = rc_h5_out_open(&out, &layout, output, &options, err);
    if (st == RC_OK) {
        assert_true(rc_encode_rows(&layout, rows, &packed));
        st = rc_h5_out_add(out, packed.data, packed.n, err);
    }
    if (st == RC_OK) {
        assert_int_equal(rc_h5_out_after(out, 0, NULL), RC_OK);
        assert_int_equal(rc_h5_out_finish(out, NULL), RC_OK);
        assert_int_equal(rc_output_finish(output, NULL), RC_OK);
    }
    rc_h5_out_close(out);
    rc_output_close(output);
    rc_h5_form_close(form);
    rc_buf_release(&packed);
    return st;
}

static hid_t half_type(void)
{
    hid_t half = H5Tcopy(H5T_IEEE_F32LE);
    assert_true(H5Tset_fields(half, 15, 10, 5, 0, 10) >= 0 && H5Tset_size(half, 2) >= 0 &&
                H5Tset_ebias(half, 15) >= 0);
    return half;
}

static hid_t bool_type(void)
{
    hid_t type = H5Tenum_create(H5T_STD_I8LE);
    int8_t value = 0;
    assert_true(H5Tenum_insert(type, "FALSE", &value) >= 0);
    value = 1;
    assert_true(H5Tenum_insert(type, "TRUE", &value) >= 0);
    return type;
}

static void test_copies_keep_their_type(void **state)
{
    hid_t half = half_type(), boolean = bool_type();
    const struct {
        rc_h5_type type;
        uint32_t n;
        hid_t expected;
    } types[] = {{RC_H5_INT, 1, H5T_STD_I8LE},     {RC_H5_INT, 2, H5T_STD_I16LE},
                 {RC_H5_INT, 4, H5T_STD_I32LE},    {RC_H5_INT, 8, H5T_STD_I64LE},
                 {RC_H5_UINT, 1, H5T_STD_U8LE},    {RC_H5_UINT, 2, H5T_STD_U16LE},
                 {RC_H5_UINT, 4, H5T_STD_U32LE},   {RC_H5_UINT, 8, H5T_STD_U64LE},
                 {RC_H5_FLOAT, 2, half},           {RC_H5_FLOAT, 4, H5T_IEEE_F32LE},
                 {RC_H5_FLOAT, 8, H5T_IEEE_F64LE}, {RC_H5_BOOL, 1, boolean}};
    static const char *const names = "abcdefghijkl";
    static const unsigned char value[8] = {1, 0, 0, 0, 0, 0, 0, 0};
    rc_field fields[12];
    const void *raw[12];
    for (size_t f = 0; f < 12; f++) {
        fields[f] = (rc_field){
            .name = names + f, .name_bytes = 1, .raw_type = types[f].type, .raw_bytes = types[f].n};
        raw[f] = value;
    }
    const rc_result_rows rows = {.raw = raw, .n_rows = 1};
    const char *path = scratch_path(*state, "out.h5");
    assert_int_equal(write_fields(path, fields, 12, &rows, NULL), RC_OK);
    hid_t dataset = open_dataset(path);
    for (size_t f = 0; f < 12; f++) {
        char name[2] = {names[f], 0};
        assert_type(dataset, name, types[f].expected);
        unsigned char *read = read_member(dataset, name, types[f].expected, 1);
        assert_memory_equal(read, value, types[f].n);
        free(read);
    }
    H5Tclose(half);
    H5Tclose(boolean);
    H5Dclose(dataset);
}

static void assert_fields_fail(void **state, const rc_field *fields, size_t n, const char *text)
{
    rc_error err = {0};
    rc_record record = {.text = "", .ends = (const uint32_t[]){0}};
    const rc_result_rows rows = {.records = &record, .n_rows = 1};
    assert_int_equal(write_fields(scratch_path(*state, "out.h5"), fields, n, &rows, &err),
                     RC_E_DATA);
    assert_string_equal(err.text, text);
    assert_int_equal(scratch_count(*state), 0);
}

/* Texts are UTF-8 as soon as one of them is no ASCII; a column without name has its place for one.
 */
static void test_copies_of_text(void **state)
{
    static const rc_field fields[] = {{.name = "plain", .name_bytes = 5}, {.name = "", .index = 1}};
    rc_record records[] = {{.text = "a,b", .ends = (const uint32_t[]){1, 3}, .n_cells = 2},
                           {.text = "c,\xc3\xa9t\xc3\xa9-\xc3\xa9t\xc3\xa9",
                            .ends = (const uint32_t[]){1, 13},
                            .n_cells = 2},
                           {.text = "d", .ends = (const uint32_t[]){1}, .n_cells = 1}};
    const rc_result_rows rows = {.records = records, .n_rows = 3};
    const char *path = scratch_path(*state, "out.h5");
    assert_int_equal(write_fields(path, fields, 2, &rows, NULL), RC_OK);
    hid_t dataset = open_dataset(path);
    hid_t plain = text_type(8, H5T_CSET_ASCII), wide = text_type(16, H5T_CSET_UTF8);
    assert_type(dataset, "plain", plain);
    assert_type(dataset, "column_2", wide);
    char *texts = read_member(dataset, "plain", plain, 3);
    assert_memory_equal(texts, "a\0\0\0\0\0\0\0c\0\0\0\0\0\0\0d\0\0\0\0\0\0", 24);
    free(texts);
    texts = read_member(dataset, "column_2", wide, 3);
    assert_string_equal(texts, "b");
    assert_string_equal(texts + 16, "\xc3\xa9t\xc3\xa9-\xc3\xa9t\xc3\xa9");
    assert_string_equal(texts + 32, "");
    free(texts);
    H5Tclose(plain);
    H5Tclose(wide);
    H5Dclose(dataset);
}

static void test_names_that_no_type_has(void **state)
{
    static const rc_field twice[] = {{.name = "a", .name_bytes = 1},
                                     {.name = "a", .name_bytes = 1}};
    static const rc_field nul[] = {{.name = "a\0b", .name_bytes = 3}};
    static const rc_field unnamed[] = {{.name = "column_2", .name_bytes = 8}, {.name = ""}};
    assert_fields_fail(state, twice, 2, "column 'a' would stand twice in a row of HDF5");
    assert_fields_fail(state, nul, 1, "column 'a\\x00b': no name of HDF5 holds a NUL");
    assert_fields_fail(state, unnamed, 2, "column 'column_2' would stand twice in a row of HDF5");
}

/* A text takes its name, a NUL, 4 bytes of offset and 8 of type, and all 8 before: 65528 are the
 * most. 2978 names of 9 bytes are 65516 with 8, one more is 65538. */
static void test_as_many_columns_as_a_type_takes(void **state)
{
    enum { MOST = 2978 };
    static char names[MOST + 1][10];
    static rc_field fields[MOST + 1];
    for (size_t f = 0; f <= MOST; f++) {
        snprintf(names[f], sizeof(names[f]), "feat_%04zu", f);
        fields[f] = (rc_field){.name = names[f], .name_bytes = 9};
    }
    rc_record record = {.text = "", .ends = (const uint32_t[]){0}};
    const rc_result_rows rows = {.records = &record, .n_rows = 1};
    const char *path = scratch_path(*state, "out.h5");
    assert_int_equal(write_fields(path, fields, MOST, &rows, NULL), RC_OK);
    hid_t dataset = open_dataset(path), type = H5Dget_type(dataset);
    assert_int_equal(H5Tget_nmembers(type), MOST);
    H5Tclose(type);
    H5Dclose(dataset);
    assert_int_equal(unlink(path), 0);
    assert_fields_fail(state, fields, MOST + 1,
                       "2979 columns are more than a row of HDF5 takes\n  the description of a "
                       "compound type has 64 KiB; copy fewer columns");
}

#define IN_SCRATCH(f) cmocka_unit_test_setup_teardown(f, open_all, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(test_labels_that_are_whole),  IN_SCRATCH(test_labels_that_are_numbers),
        IN_SCRATCH(test_labels_that_are_texts),  IN_SCRATCH(test_a_label_that_is_too_long),
        IN_SCRATCH(test_copies_keep_their_type), IN_SCRATCH(test_copies_of_text),
        IN_SCRATCH(test_names_that_no_type_has), IN_SCRATCH(test_as_many_columns_as_a_type_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
