/* test_h5_object.c - links, attributes, types and texts of an HDF5 file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "h5_temporary.h"

static hid_t make_string(size_t n_bytes, H5T_str_t padding)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, n_bytes);
    H5Tset_strpad(type, padding);
    return type;
}

static void put(hid_t file, const char *name, hid_t type, int rank, const hsize_t *shape,
                const void *values)
{
    hid_t space = H5Screate_simple(rank, shape, NULL);
    hid_t id = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(id);
    H5Sclose(space);
}

static void attach(hid_t object, const char *name, hid_t type, hsize_t n, const void *values)
{
    hid_t space = n == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &n, NULL);
    hid_t id = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(id, type, values) >= 0);
    H5Aclose(id);
    H5Sclose(space);
}

/* -- links ------------------------------------------------------------------------------------- */

static void make_links(made_file *m)
{
    hid_t file = made_file_create(m, true), group;
    group = H5Gcreate2(file, "a", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    put(group, "x", H5T_STD_I8LE, 1, (hsize_t[]){1}, "1");
    H5Lcreate_hard(file, "/a", group, "round", H5P_DEFAULT, H5P_DEFAULT);
    H5Gclose(group);
    H5Lcreate_soft("/a/x", file, "soft", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/a", file, "soft group", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external("other.h5", "/x", file, "external", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external("other.h5", "/", file, "external group", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    made_file_look(m);
}

static void assert_not_opened(const made_file *m, const char *path, rc_status expected,
                              const char *text)
{
    hid_t object;
    rc_error err = {0};
    assert_int_equal(rc_h5_object_open(m->file, path, &object, &err), expected);
    assert_string_equal(err.text, text);
    assert_true(object < 0);
}

static void test_objects_are_opened_by_hard_links_alone(void **state)
{
    (void)state;
    made_file m;
    hid_t object;
    make_links(&m);
    const char *const good[] = {"/a/x", "a/x", "//a//x/", "a/round/round/x"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(rc_h5_object_open(m.file, good[i], &object, NULL), RC_OK);
        assert_int_equal(H5Iget_type(object), H5I_DATASET);
        H5Oclose(object);
    }
    assert_int_equal(rc_h5_object_open(m.file, "/", &object, NULL), RC_OK);
    assert_true(rc_h5_has_child(object, "a"));
    assert_false(rc_h5_has_child(object, "soft"));
    assert_false(rc_h5_has_child(object, "soft group/x"));
    assert_false(rc_h5_has_child(object, "a/x"));
    assert_false(rc_h5_has_child(object, "."));
    assert_false(rc_h5_has_child(object, ""));
    H5Oclose(object);
    assert_not_opened(&m, "/no", RC_E_USAGE, "no object '/no'");
    assert_not_opened(&m, "/a/no/x", RC_E_USAGE, "no object '/a/no'");
    assert_not_opened(&m, "/a/x/y", RC_E_USAGE, "no object '/a/x/y'");
    assert_not_opened(&m, "/a/./x", RC_E_USAGE, "no object '/a/.'");
    assert_not_opened(&m, "soft", RC_E_DATA, "'soft' is a soft link, which is not followed");
    assert_not_opened(&m, "/soft group/x", RC_E_DATA,
                      "'/soft group' is a soft link, which is not followed");
    assert_not_opened(&m, "/external", RC_E_DATA,
                      "'/external' is an external link, which is not followed");
    assert_not_opened(&m, "/external group/x", RC_E_DATA,
                      "'/external group' is an external link, which is not followed");
    made_file_release(&m);
}

static void test_children_come_by_name_and_are_cut(void **state)
{
    (void)state;
    made_file m;
    rc_h5_child *children;
    size_t n;
    bool is_cut;
    make_links(&m);
    const char *const names[] = {"a", "external", "external group", "soft", "soft group"};
    const H5L_type_t links[] = {H5L_TYPE_HARD, H5L_TYPE_EXTERNAL, H5L_TYPE_EXTERNAL, H5L_TYPE_SOFT,
                                H5L_TYPE_SOFT};
    assert_int_equal(rc_h5_children(m.file, 5, &children, &n, &is_cut, NULL), RC_OK);
    assert_int_equal(n, 5);
    assert_false(is_cut);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(children[i].name, names[i]);
        assert_int_equal(children[i].link, links[i]);
    }
    rc_h5_children_free(children, n);
    assert_int_equal(rc_h5_children(m.file, 4, &children, &n, &is_cut, NULL), RC_OK);
    assert_int_equal(n, 4);
    assert_true(is_cut);
    rc_h5_children_free(children, n);
    made_file_release(&m);
}

/* The driver alone, without a look at the links. */
static void test_driver_opens_no_other_file(void **state)
{
    (void)state;
    made_file m, other;
    char path[300];
    hid_t file = made_file_create(&other, false);
    put(file, "x", H5T_STD_I8LE, 1, (hsize_t[]){1}, "1");
    H5Fclose(file);
    file = made_file_create(&m, true);
    H5Lcreate_external(other.path, "/x", file, "external", H5P_DEFAULT, H5P_DEFAULT);
    hid_t object = H5Oopen(file, "external", H5P_DEFAULT);
    assert_true(object >= 0); /* the library's own driver follows it */
    H5Oclose(object);
    H5Fclose(file);
    made_file_look(&m);
    snprintf(path, sizeof(path), "%s", other.path);
    assert_int_equal(access(path, R_OK), 0);
    assert_true(H5Oopen(m.file, "external", H5P_DEFAULT) < 0);
    made_file_release(&m);
    unlink(other.path);
    made_file_release(&other);
}

static void test_driver_reads_whole_files_alone(void **state)
{
    (void)state;
    made_file m;
    hid_t file = made_file_create(&m, false);
    put(file, "x", H5T_STD_I8LE, 1, (hsize_t[]){1}, "1");
    H5Fclose(file);
    uint64_t n = (uint64_t)lseek(m.fd, 0, SEEK_END);
    hid_t whole = rc_h5_driver_open(m.fd, n, NULL);
    assert_true(whole >= 0);
    H5Fclose(whole);
    assert_true(rc_h5_driver_open(m.fd, n - 1, NULL) < 0); /* cut */
    assert_true(rc_h5_driver_open(m.fd, 0, NULL) < 0);
    assert_int_equal(pwrite(m.fd, "zzzzzzzz", 8, 0), 8);
    assert_true(rc_h5_driver_open(m.fd, n, NULL) < 0);
    unlink(m.path);
    made_file_release(&m);
}

/* -- attributes -------------------------------------------------------------------------------- */

static void make_attributes(made_file *m)
{
    const char *texts[] = {"one", "", "three"};
    int64_t whole[2] = {-5, 6};
    hid_t file = made_file_create(m, false), var = make_string(H5T_VARIABLE, H5T_STR_NULLTERM);
    hid_t padded = make_string(6, H5T_STR_SPACEPAD), odd = H5Tcopy(H5T_STD_I64LE);
    H5Tset_precision(odd, 13);
    attach(file, "variable", var, 3, texts);
    attach(file, "scalar", var, 0, texts);
    attach(file, "padded", padded, 2, "ab    c d   ");
    attach(file, "int", H5T_STD_I64LE, 0, whole);
    attach(file, "ints", H5T_STD_I64LE, 2, whole);
    attach(file, "big", H5T_STD_I16BE, 0, "\xff\xfe");
    attach(file, "odd", odd, 0, whole);
    H5Tclose(var);
    H5Tclose(padded);
    H5Tclose(odd);
    H5Fclose(file);
    made_file_look(m);
}

static void test_attributes_of_texts(void **state)
{
    (void)state;
    made_file m;
    rc_h5_texts texts;
    char text[4];
    make_attributes(&m);
    assert_int_equal(rc_h5_attribute_texts(m.file, "variable", &texts, NULL), RC_OK);
    assert_int_equal(texts.n, 3);
    assert_string_equal(texts.items[0], "one");
    assert_int_equal(texts.bytes[1], 0);
    assert_string_equal(texts.items[2], "three");
    rc_h5_texts_release(&texts);
    assert_int_equal(rc_h5_attribute_texts(m.file, "padded", &texts, NULL), RC_OK);
    assert_int_equal(texts.n, 2);
    assert_string_equal(texts.items[0], "ab");
    assert_string_equal(texts.items[1], "c d");
    rc_h5_texts_release(&texts);
    assert_int_equal(rc_h5_attribute_texts(m.file, "none", &texts, NULL), RC_END);
    assert_int_equal(rc_h5_attribute_texts(m.file, "int", &texts, NULL), RC_END);
    assert_true(rc_h5_attribute_text(m.file, "scalar", text, sizeof(text)));
    assert_string_equal(text, "one");
    assert_true(rc_h5_attribute_text(m.file, "scalar", text, 3));
    assert_string_equal(text, "on");
    assert_false(rc_h5_attribute_text(m.file, "variable", text, sizeof(text)));
    made_file_release(&m);
}

static void test_attributes_of_integers(void **state)
{
    (void)state;
    made_file m;
    int64_t x = 0;
    make_attributes(&m);
    assert_true(rc_h5_attribute_int(m.file, "int", &x));
    assert_int_equal(x, -5);
    assert_true(rc_h5_attribute_int(m.file, "big", &x));
    assert_int_equal(x, -2);
    assert_false(rc_h5_attribute_int(m.file, "ints", &x));
    assert_false(rc_h5_attribute_int(m.file, "odd", &x));
    assert_false(rc_h5_attribute_int(m.file, "scalar", &x));
    made_file_release(&m);
}

/* -- types ------------------------------------------------------------------------------------- */

static void assert_told(hid_t type, rc_h5_type expected, uint32_t n_bytes, const char *text)
{
    rc_h5_type_info info;
    char words[64];
    rc_h5_type_tell(type, &info);
    rc_h5_type_text(type, words, sizeof(words));
    assert_string_equal(words, text);
    assert_int_equal(info.type, expected);
    assert_int_equal(info.n_bytes, n_bytes);
    assert_int_equal(info.why[0] != '\0', expected == RC_H5_UNREADABLE);
}

static void assert_told_once(hid_t type, rc_h5_type expected, uint32_t n_bytes, const char *text)
{
    assert_told(type, expected, n_bytes, text);
    H5Tclose(type);
}

static hid_t make_enum(const char *first, const char *second, signed char value)
{
    signed char zero = 0;
    hid_t type = H5Tenum_create(H5T_STD_I8LE);
    H5Tenum_insert(type, first, &zero);
    H5Tenum_insert(type, second, &value);
    return type;
}

static hid_t make_half(hid_t from)
{
    hid_t type = H5Tcopy(from);
    H5Tset_fields(type, 15, 10, 5, 0, 10);
    H5Tset_size(type, 2);
    H5Tset_ebias(type, 15);
    return type;
}

static hid_t make_pair(const char *first, const char *second, hid_t of)
{
    hid_t type = H5Tcreate(H5T_COMPOUND, 2 * H5Tget_size(of));
    H5Tinsert(type, first, 0, of);
    H5Tinsert(type, second, H5Tget_size(of), of);
    return type;
}

static void test_types_that_are_known(void **state)
{
    (void)state;
    assert_told(H5T_STD_I8LE, RC_H5_INT, 1, "int8");
    assert_told(H5T_STD_U16BE, RC_H5_UINT, 2, "uint16 big-endian");
    assert_told(H5T_STD_I64BE, RC_H5_INT, 8, "int64 big-endian");
    assert_told(H5T_IEEE_F32LE, RC_H5_FLOAT, 4, "float32");
    assert_told(H5T_IEEE_F64BE, RC_H5_FLOAT, 8, "float64 big-endian");
    assert_told(H5T_STD_B8LE, RC_H5_BOOL, 1, "bool");
    assert_told_once(make_half(H5T_IEEE_F32LE), RC_H5_FLOAT, 2, "float16");
    assert_told_once(make_half(H5T_IEEE_F32BE), RC_H5_FLOAT, 2, "float16 big-endian");
    assert_told_once(make_enum("FALSE", "TRUE", 1), RC_H5_BOOL, 1, "bool");
    assert_told_once(make_enum("FALSE", "TRUE", 2), RC_H5_INT, 1, "enum of int8");
    assert_told_once(make_enum("red", "green", 1), RC_H5_INT, 1, "enum of int8");
    assert_told_once(make_string(12, H5T_STR_NULLPAD), RC_H5_TEXT, 12, "string of 12 bytes");
    assert_told_once(make_string(H5T_VARIABLE, H5T_STR_NULLTERM), RC_H5_TEXT_VAR, 8, "string");
}

static hid_t make_odd(hid_t from, size_t precision)
{
    hid_t type = H5Tcopy(from);
    H5Tset_precision(type, precision);
    return type;
}

static void test_types_that_nobody_reads(void **state)
{
    (void)state;
    hsize_t three = 3;
    assert_told_once(make_odd(H5T_STD_I32LE, 17), RC_H5_UNREADABLE, 4, "odd integer of 32 bits");
    assert_told_once(H5Tcopy(H5T_NATIVE_LDOUBLE), RC_H5_UNREADABLE, 16, "odd float of 128 bits");
    assert_told_once(H5Tcopy(H5T_STD_B32LE), RC_H5_UNREADABLE, 4, "bit field of 32 bits");
    assert_told_once(H5Tcopy(H5T_STD_REF_OBJ), RC_H5_UNREADABLE, 8, "reference");
    assert_told_once(H5Tcreate(H5T_OPAQUE, 5), RC_H5_UNREADABLE, 5, "opaque of 5 bytes");
    assert_told_once(H5Tvlen_create(H5T_STD_I32LE), RC_H5_UNREADABLE, 16, "sequences of int32");
    assert_told_once(H5Tarray_create2(H5T_STD_I32LE, 1, &three), RC_H5_UNREADABLE, 12,
                     "array of 3 int32");
    assert_told_once(make_pair("r", "i", H5T_IEEE_F64LE), RC_H5_UNREADABLE, 16, "complex");
    assert_told_once(make_pair("a", "b", H5T_IEEE_F64LE), RC_H5_UNREADABLE, 16,
                     "compound {a: float64, b: float64}");
}

static void test_why_a_type_is_not_read(void **state)
{
    (void)state;
    rc_h5_type_info info;
    hid_t type = make_pair("r", "i", H5T_IEEE_F32LE);
    rc_h5_type_tell(type, &info);
    assert_string_equal(info.why, "complex numbers");
    H5Tclose(type);
    rc_h5_type_tell(H5T_STD_REF_OBJ, &info);
    assert_string_equal(info.why, "references");
}

static void test_members_may_be_arrays(void **state)
{
    (void)state;
    rc_h5_type_info info;
    uint32_t n;
    hsize_t dims[2] = {2, 3};
    hid_t type = H5Tarray_create2(H5T_IEEE_F32BE, 2, dims);
    rc_h5_type_tell_member(type, &info, &n);
    assert_int_equal(n, 6);
    assert_int_equal(info.type, RC_H5_FLOAT);
    assert_int_equal(info.n_bytes, 4);
    assert_true(info.is_big_endian);
    assert_int_equal(rc_h5_type_converted(type), 0);
    H5Tclose(type);
    rc_h5_type_tell_member(H5T_STD_I16LE, &info, &n);
    assert_int_equal(n, 1);
    assert_int_equal(rc_h5_type_converted(H5T_STD_REF_OBJ), RC_H5_NONE);
}

/* -- texts of datasets ------------------------------------------------------------------------- */

static void test_texts_of_datasets(void **state)
{
    (void)state;
    const char *words[] = {"x", "yy", ""};
    const float numbers[3] = {0.1f, -2, 1e30f};
    const int16_t whole[3] = {-32768, 0, 7};
    /* 1, -0.5, 2^-24 */
    const uint16_t halves[3] = {0x3c00, 0xb800, 0x0001};
    const char *const expected[4][3] = {{"x", "yy", ""},
                                        {"0.1", "-2", "1e30"},
                                        {"-32768", "0", "7"},
                                        {"1", "-0.5", "5.9604645e-8"}};
    const char *const names[] = {"words", "numbers", "whole", "halves"};
    made_file m;
    hid_t file = made_file_create(&m, false), var = make_string(H5T_VARIABLE, H5T_STR_NULLTERM);
    hid_t half = make_half(H5T_IEEE_F32LE), object;
    put(file, "words", var, 1, (hsize_t[]){3}, words);
    put(file, "numbers", H5T_IEEE_F32LE, 2, (hsize_t[]){3, 1}, numbers);
    put(file, "whole", H5T_STD_I16LE, 2, (hsize_t[]){1, 3}, whole);
    put(file, "halves", half, 1, (hsize_t[]){3}, halves);
    H5Tclose(var);
    H5Tclose(half);
    H5Fclose(file);
    made_file_look(&m);
    for (size_t i = 0; i < 4; i++) {
        rc_h5_texts texts;
        assert_int_equal(rc_h5_object_open(m.file, names[i], &object, NULL), RC_OK);
        assert_int_equal(rc_h5_dataset_texts(object, 3, &texts, NULL), RC_OK);
        assert_int_equal(texts.n, 3);
        for (size_t k = 0; k < 3; k++)
            assert_string_equal(texts.items[k], expected[i][k]);
        rc_h5_texts_release(&texts);
        rc_error err = {0};
        assert_int_equal(rc_h5_dataset_texts(object, 2, &texts, &err), RC_E_DATA);
        assert_string_equal(err.text, "more texts than 2");
        H5Oclose(object);
    }
    made_file_release(&m);
}

static void assert_no_texts(const made_file *m, const char *path, const char *text)
{
    hid_t object;
    rc_h5_texts texts;
    rc_error err = {0};
    assert_int_equal(rc_h5_object_open(m->file, path, &object, NULL), RC_OK);
    assert_int_equal(rc_h5_dataset_texts(object, 100, &texts, &err), RC_E_DATA);
    assert_string_equal(err.text, text);
    assert_int_equal(texts.n, 0);
    H5Oclose(object);
}

static void test_datasets_that_are_no_texts(void **state)
{
    (void)state;
    static const char zeros[100000];
    made_file m;
    hid_t file = made_file_create(&m, false), wide = make_string(70000, H5T_STR_NULLPAD);
    put(file, "square", H5T_STD_I8LE, 2, (hsize_t[]){2, 2}, zeros);
    put(file, "references", H5T_STD_REF_OBJ, 1, (hsize_t[]){1}, zeros);
    put(file, "wide", wide, 1, (hsize_t[]){1}, zeros);
    H5Tclose(wide);
    H5Fclose(file);
    made_file_look(&m);
    assert_no_texts(&m, "square", "more than one column of texts");
    assert_no_texts(&m, "references", "references instead of texts");
    assert_no_texts(&m, "wide", "texts of more than 64 KiB each");
    made_file_release(&m);
}

static void test_labels_of_enumerations(void **state)
{
    (void)state;
    rc_h5_labels labels;
    hid_t type = make_enum("red", "blue", -3);
    assert_int_equal(rc_h5_enum_labels(type, &labels, NULL), RC_OK);
    assert_int_equal(labels.n, 2);
    assert_string_equal(labels.texts[1], "blue");
    assert_int_equal(labels.text_bytes[1], 4);
    assert_int_equal(labels.values[0], 0);
    assert_int_equal(labels.values[1], -3);
    for (size_t i = 0; i < 2; i++)
        free(labels.texts[i]);
    free(labels.texts);
    free(labels.text_bytes);
    free(labels.values);
    H5Tclose(type);
    rc_error err = {0};
    assert_int_equal(rc_h5_enum_labels(H5T_STD_I8LE, &labels, &err), RC_E_DATA);
    assert_string_equal(err.text, "a damaged enumeration");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_objects_are_opened_by_hard_links_alone),
        cmocka_unit_test(test_children_come_by_name_and_are_cut),
        cmocka_unit_test(test_driver_opens_no_other_file),
        cmocka_unit_test(test_driver_reads_whole_files_alone),
        cmocka_unit_test(test_attributes_of_texts),
        cmocka_unit_test(test_attributes_of_integers),
        cmocka_unit_test(test_types_that_are_known),
        cmocka_unit_test(test_types_that_nobody_reads),
        cmocka_unit_test(test_why_a_type_is_not_read),
        cmocka_unit_test(test_members_may_be_arrays),
        cmocka_unit_test(test_texts_of_datasets),
        cmocka_unit_test(test_datasets_that_are_no_texts),
        cmocka_unit_test(test_labels_of_enumerations),
    };
    return cmocka_run_group_tests(tests, start_library, NULL);
}
