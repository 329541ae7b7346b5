/* test_model_rcm.c - the .rcm encoding, and damaged files of both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/model.h"

#define HEAD "{\"format\":\"rowcast-model\",\"version\":1,"

static rc_model *parse(const char *data, size_t n)
{
    rc_model *model = NULL;
    rc_error err = {0};
    if (rc_model_parse(&model, data, n, &err) != RC_OK)
        fail_msg("%s", err.text);
    return model;
}

static void assert_numbers(const rc_array *array, size_t n_rows, size_t n_cols,
                           const double *expected)
{
    assert_int_equal(array->n_rows, n_rows);
    assert_int_equal(array->n_cols, n_cols);
    assert_true(rc_array_is_there(array));
    for (size_t i = 0; i < n_rows * n_cols; i++)
        assert_true(rc_array_at(array, i) == expected[i]);
}

/* A .rcm: the header, then the arrays. */
static rc_buf make_rcm(const char *header, const void *arrays, size_t n)
{
    rc_buf buf = {0};
    size_t length = strlen(header);
    char bytes[8] = {(char)(length & 255), (char)(length >> 8 & 255), (char)(length >> 16 & 255)};
    assert_true(rc_buf_append(&buf, bytes, 8) && rc_buf_text(&buf, header) &&
                rc_buf_append(&buf, arrays, n));
    return buf;
}

#define RCM(weights, classes)                                                                   \
    HEAD "\"dtype\":\"float32\",\"inputs\":[{\"type\":\"number\"},{\"type\":\"number\"}],"      \
         "\"steps\":[{\"op\":\"dense\",\"weights\":" weights ",\"bias\":[1,2],\"out\":\"y\"}]," \
         "\"output\":{\"task\":\"multiclass\",\"from\":\"y\",\"link\":\"softmax\","             \
         "\"classes\":" classes "}}"
#define STORED(at, shape, dtype) "{\"at\":" at ",\"shape\":" shape ",\"dtype\":\"" dtype "\"}"

/* 0.5, -2, 3, 1 as float32, one stray byte, then 1, 2 as float64, little-endian */
static const unsigned char arrays[] = {0,    0,    0,    0x3f, 0,    0, 0, 0xc0, 0, 0, 0x40,
                                       0x40, 0,    0,    0x80, 0x3f, 7, 0, 0,    0, 0, 0,
                                       0,    0xf0, 0x3f, 0,    0,    0, 0, 0,    0, 0, 0x40};

static void test_rcm_arrays(void **state)
{
    (void)state;
    static const char *const weights[] = {
        RCM(STORED("0", "[2,2]", "float32"), STORED("17", "[2]", "float64")),
        RCM("[" STORED("0", "[2]", "float32") ",[3,1]]", "[1,2]"),
        RCM("[[0.5,-2]," STORED("8", "[2]", "float32") "]", "[1,\"2\"]"),
    };
    for (size_t i = 0; i < sizeof(weights) / sizeof(weights[0]); i++) {
        rc_buf file = make_rcm(weights[i], arrays, sizeof(arrays));
        rc_model *m = parse(file.data, file.n);
        assert_numbers(&m->steps[0].weights, 2, 2, (const double[]){0.5, -2, 3, 1});
        assert_string_equal(m->classes[0], "1");
        assert_string_equal(m->classes[1], "2");
        assert_string_equal(m->format, "rowcast-rcm");
        rc_model_close(m);
        rc_buf_release(&file);
    }
}

static void test_rcm_header_of_any_length(void **state)
{
    (void)state;
    /* Blanks behind the object make the length's first byte that of '{', of a blank, of NUL. */
    static const char text[] = RCM("[[1,2],[3,4]]", "[1,2]");
    char padded[1024];
    for (size_t n = strlen(text); n < strlen(text) + 256; n++) {
        memset(padded, ' ', sizeof(padded));
        memcpy(padded, text, strlen(text));
        padded[n] = '\0';
        rc_buf file = make_rcm(padded, "", 0);
        rc_model *m = parse(file.data, file.n);
        assert_string_equal(m->format, "rowcast-rcm");
        rc_model_close(m);
        rc_buf_release(&file);
    }
}

static void assert_rcm_refused(const char *header, const char *message)
{
    rc_buf file = make_rcm(header, arrays, sizeof(arrays));
    rc_model *m;
    rc_error err;
    assert_int_equal(rc_model_parse(&m, file.data, file.n, &err), RC_E_MODEL);
    assert_string_equal(err.text, message);
    rc_buf_release(&file);
}

static void test_rcm_arrays_that_lie(void **state)
{
    (void)state;
    assert_rcm_refused(RCM(STORED("18", "[2,2]", "float32"), "[1,2]"),
                       "steps[0].weights: 4 numbers of float32 at byte 18 end beyond the 33 bytes "
                       "of arrays in the file");
    assert_rcm_refused(RCM(STORED("9007199254740992", "[2,2]", "float64"), "[1,2]"),
                       "steps[0].weights: 4 numbers of float64 at byte 9007199254740992 end beyond "
                       "the 33 bytes of arrays in the file");
    assert_rcm_refused(RCM(STORED("0", "[4294967296,4294967296]", "float64"), "[1,2]"),
                       "steps[0].weights.shape: more numbers than a machine can count");
    assert_rcm_refused(RCM(STORED("0", "[3,2]", "float32"), "[1,2]"),
                       "steps[0].weights: 3 rows, but the model has 2 inputs");
    assert_rcm_refused(RCM(STORED("0", "[4]", "float32"), "[1,2]"),
                       "steps[0].weights.shape: 1 number, but the array has 2 dimensions");
    assert_rcm_refused(RCM(STORED("0", "[2,0.5]", "float32"), "[1,2]"),
                       "steps[0].weights.shape[1]: not a whole number from 0 to 2^53");
    assert_rcm_refused(RCM(STORED("-1", "[2,2]", "float32"), "[1,2]"),
                       "steps[0].weights.at: not a whole number from 0 to 2^53");
    assert_rcm_refused(RCM(STORED("0", "[2,2]", "float16"), "[1,2]"),
                       "steps[0].weights.dtype: unknown dtype 'float16'\n  did you mean "
                       "'float32'?");
    assert_rcm_refused(RCM("{\"at\":0,\"shape\":[2,2]}", "[1,2]"),
                       "steps[0].weights.dtype: missing");
    assert_rcm_refused(RCM("{\"at\":0,\"shap\":[2,2]}", "[1,2]"),
                       "steps[0].weights: unknown key 'shap'\n  did you mean 'shape'?");
    assert_rcm_refused(RCM("[[1,2]," STORED("0", "[3]", "float32") "]", "[1,2]"),
                       "steps[0].weights[1]: 3 values, but row 0 has 2");
    assert_rcm_refused(RCM("[[1,2]," STORED("32", "[2]", "float32") "]", "[1,2]"),
                       "steps[0].weights[1]: 2 numbers of float32 at byte 32 end beyond the 33 "
                       "bytes of arrays in the file");
    /* 2 * 9000000 is beyond the 2^24 that sharing may add */
    assert_rcm_refused(
        RCM("[" STORED("0", "[9000000]", "float32") "," STORED("0", "[9000000]", "float32") "]",
            "[1,2]"),
        "steps[0].weights: more numbers than the 33 bytes of arrays in the file");
}

static void test_rcm_length_that_lies(void **state)
{
    (void)state;
    rc_model *m;
    rc_error err;
    assert_int_equal(rc_model_parse(&m, "\3\0\0\0\0\0\0\0{}", 10, &err), RC_E_MODEL);
    assert_string_equal(err.text, "the .rcm header is 3 bytes long, but only 2 follow");
    assert_int_equal(rc_model_parse(&m, "\xff\xff\xff\xff\xff\xff\xff\xff{}", 10, &err),
                     RC_E_MODEL);
    assert_string_equal(err.text,
                        "the .rcm header is 18446744073709551615 bytes long, but only 2 follow");
}

static const char text_model[] = RCM("[[1.5,2],[3,\"nan\"]]", "[\"a\",2]");

/* Any result is fine; the sanitizers look on. The copy has no byte behind it. */
static rc_status try_bytes(const char *data, size_t n)
{
    char *copy = malloc(n > 0 ? n : 1);
    assert_non_null(copy);
    memcpy(copy, data, n);
    rc_model *m;
    rc_status st = rc_model_parse(&m, copy, n, NULL);
    assert_int_equal(m != NULL, st == RC_OK);
    rc_model_close(m);
    free(copy);
    return st;
}

static void damage(char *data, size_t n)
{
    for (size_t cut = 0; cut < n; cut++)
        try_bytes(data, cut);
    for (size_t i = 0; i < n; i++) {
        for (int bit = 0; bit < 8; bit++) {
            data[i] = (char)(data[i] ^ 1 << bit);
            try_bytes(data, n);
            data[i] = (char)(data[i] ^ 1 << bit);
        }
    }
    assert_int_equal(try_bytes(data, n), RC_OK);
}

static void test_damage_is_an_error_at_worst(void **state)
{
    (void)state;
    char text[sizeof(text_model)];
    memcpy(text, text_model, sizeof(text));
    damage(text, sizeof(text) - 1);
    for (size_t cut = 0; cut < sizeof(text) - 1; cut++)
        assert_int_equal(try_bytes(text, cut), RC_E_MODEL);
    rc_buf file = make_rcm(RCM(STORED("0", "[2,2]", "float32"), STORED("17", "[2]", "float64")),
                           arrays, sizeof(arrays));
    damage(file.data, file.n);
    for (size_t cut = 0; cut < file.n; cut++)
        assert_int_equal(try_bytes(file.data, cut), RC_E_MODEL);
    rc_buf_release(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rcm_arrays),
        cmocka_unit_test(test_rcm_header_of_any_length),
        cmocka_unit_test(test_rcm_arrays_that_lie),
        cmocka_unit_test(test_rcm_length_that_lies),
        cmocka_unit_test(test_damage_is_an_error_at_worst),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
