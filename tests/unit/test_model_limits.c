/* test_model_limits.c - each limit of the native model is hit, and named in its refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/model.h"

#define HEAD "{\"format\":\"rowcast-model\",\"version\":1,\"dtype\":\"float32\",\"inputs\":["
#define REPEATING "{\"op\":\"affine\",\"center\":1,\"divide\":1,\"scale\":1,\"shift\":1}"

static void append(rc_buf *buf, const char *text)
{
    assert_true(rc_buf_text(buf, text));
}

/* item,item,item */
static void append_list(rc_buf *buf, const char *item, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        append(buf, i > 0 ? "," : "");
        append(buf, item);
    }
}

/* Releases the file. */
static void assert_refused(rc_buf *file, const char *message)
{
    rc_model *m;
    rc_error err = {0};
    assert_int_equal(rc_model_parse(&m, file->data, file->n, &err), RC_E_MODEL);
    assert_null(m);
    assert_string_equal(err.text, message);
    rc_buf_release(file);
}

static void test_depth_is_bounded(void **state)
{
    (void)state;
    char text[300] = "{\"x-a\":\"[[\\\"[\",\n\"x-b\":";
    size_t n = strlen(text);
    memset(text + n, '[', 64);
    memset(text + n + 64, ']', 64);
    memcpy(text + n + 128, "}", 2);
    rc_model *m;
    rc_error err;
    assert_int_equal(rc_model_parse(&m, text, n + 129, &err), RC_E_MODEL);
    assert_string_equal(err.text, "line 2, column 70: nested more than 64 deep");
    /* one less is JSON */
    memcpy(text + n + 63, "1]", 2);
    memcpy(text + n + 127, "}", 2);
    assert_int_equal(rc_model_parse(&m, text, n + 128, &err), RC_E_MODEL);
    assert_string_equal(err.text, "format: missing");
}

static void test_number_of_inputs(void **state)
{
    (void)state;
    rc_buf file = {0};
    append(&file, HEAD);
    append_list(&file, "0", 1000001);
    append(&file, "],\"steps\":[],\"output\":{}}");
    assert_refused(&file, "inputs: 1000001 inputs; the limit is 1000000");
}

static void test_number_of_steps(void **state)
{
    (void)state;
    rc_buf file = {0};
    append(&file, HEAD "],\"steps\":[");
    append_list(&file, "0", 10001);
    append(&file, "],\"output\":{}}");
    assert_refused(&file, "steps: 10001 steps; the limit is 10000");
}

static void test_width_of_a_value(void **state)
{
    (void)state;
    rc_buf file = {0};
    append(&file, HEAD "],\"steps\":[{\"op\":\"dense\",\"weights\":[],\"bias\":[");
    append_list(&file, "0", 1000001);
    append(&file, "]}],\"output\":{}}");
    assert_refused(&file, "steps[0]: makes 1000001 columns; the limit is 1000000");
}

static void test_width_of_a_join(void **state)
{
    (void)state;
    rc_buf file = {0};
    append(&file, HEAD "{\"name\":\"a\",\"type\":\"number\"}],"
                       "\"steps\":[{\"op\":\"softmax\",\"in\":[");
    append_list(&file, "\"a\"", 1000001);
    append(&file, "]}],\"output\":{}}");
    assert_refused(&file, "steps[0].in: more than 1000000 columns");
}

static void append_million_inputs(rc_buf *file)
{
    append(file, HEAD);
    append_list(file, "{\"type\":\"number\"}", 1000000);
    append(file, "],\"steps\":[");
}

static void test_width_of_all_steps(void **state)
{
    (void)state;
    rc_buf file = {0};
    append_million_inputs(&file);
    append_list(&file, "{\"op\":\"softmax\"}", 20);
    append(&file, "],\"output\":{}}");
    assert_refused(&file,
                   "steps[9]: the inputs and steps up to here have more than 10000000 columns");
}

static void test_numbers_that_are_repeated(void **state)
{
    (void)state;
    /* 4 parameters of a million each: the 17th passes 2^24 */
    rc_buf file = {0};
    append_million_inputs(&file);
    append_list(&file, REPEATING, 5);
    append(&file, "],\"output\":{}}");
    assert_refused(&file, "steps[4].center: more than 16777216 numbers in the model are written as "
                          "one for all");
}

static void append_length(rc_buf *file, size_t n)
{
    char length[8] = {0};
    for (size_t i = 0; i < 8; i++)
        length[i] = (char)(n >> 8 * i & 255);
    assert_true(rc_buf_append(file, length, 8));
}

static void test_bytes_that_are_shared(void **state)
{
    (void)state;
    /* 8,000,000 bytes of arrays and 64 MiB more: 75,108,864; the 10th passes that */
    rc_buf file = {0}, header = {0};
    append(&header, HEAD "],\"steps\":[");
    append_list(&header,
                "{\"op\":\"dense\",\"in\":[],\"x-out\":0,\"weights\":[],\"bias\":"
                "{\"at\":0,\"shape\":[1000000],\"dtype\":\"float64\"},\"out\":\"@\"}",
                10);
    char letter = 'a'; /* each `out` has a name of its own */
    for (char *at = header.data; (at = memchr(at, '@', header.n - (at - header.data))) != NULL;)
        *at = letter++;
    append(&header, "],\"output\":{}}");
    append_length(&file, header.n);
    assert_true(rc_buf_append(&file, header.data, header.n) && rc_buf_reserve(&file, 8000000));
    memset(file.data + file.n, 0, 8000000);
    file.n += 8000000;
    rc_buf_release(&header);
    assert_refused(&file, "steps[9].bias: the arrays up to here share too many bytes");
}

/* A .rcm whose only array is n numbers 0, 1, 2 ... of float32. */
static rc_buf make_counting(const char *header, size_t n)
{
    rc_buf file = {0};
    append_length(&file, strlen(header));
    append(&file, header);
    assert_true(rc_buf_reserve(&file, n * sizeof(float)));
    for (size_t i = 0; i < n; i++) {
        float x = (float)i;
        memcpy(file.data + file.n, &x, sizeof(x));
        file.n += sizeof(x);
    }
    return file;
}

#define COUNTING(n) "{\"at\":0,\"shape\":[" #n "],\"dtype\":\"float32\"}"
#define CATEGORY(n) "{\"name\":\"c\",\"type\":\"category\",\"values\":" COUNTING(n) "}"

static void test_number_of_values(void **state)
{
    (void)state;
    rc_buf file = make_counting(HEAD CATEGORY(16777217) "],\"steps\":[],\"output\":{}}", 16777217);
    assert_refused(&file, "inputs[0].values: more than 16777216 values, keys and classes in the "
                          "model");
    file =
        make_counting(HEAD "{\"name\":\"n\",\"type\":\"number\"}],\"steps\":[{\"op\":\"ordinal\","
                           "\"in\":\"n\",\"values\":" COUNTING(16777217) "}],\"output\":{}}",
                      16777217);
    assert_refused(&file, "steps[0].values: more than 16777216 values, keys and classes in the "
                          "model");
}

static void test_width_of_a_onehot(void **state)
{
    (void)state;
    rc_buf file = make_counting(HEAD CATEGORY(1000001) "],\"steps\":[{\"op\":\"onehot\"}],"
                                                       "\"output\":{}}",
                                1000001);
    assert_refused(&file, "steps[0]: makes 1000001 columns; the limit is 1000000");
    /* one less is fine, and quick: no list is searched for each value */
    file =
        make_counting(HEAD CATEGORY(1000001) "],\"steps\":[{\"op\":\"onehot\",\"drop\":999999,"
                                             "\"out\":\"y\"}],\"output\":{\"task\":\"regression\","
                                             "\"from\":\"y\",\"link\":\"identity\"}}",
                      1000001);
    rc_model *m;
    assert_int_equal(rc_model_parse(&m, file.data, file.n, NULL), RC_OK);
    assert_string_equal(m->inputs[0].values[1000000], "1000000");
    assert_int_equal(m->steps[0].w_out, 1000000);
    assert_true(m->steps[0].hot[999999] == RC_NO_HOT);
    assert_int_equal(m->steps[0].hot[1000000], 999999);
    rc_model_close(m);
    rc_buf_release(&file);
}

static void test_numbers_that_are_not_there(void **state)
{
    (void)state;
    /* 3 * 8000000 is beyond the 2^24 that sharing may add */
    static const char header[] = HEAD "{\"name\":\"n\",\"type\":\"number\"}],\"steps\":[{\"op\":"
                                      "\"bin\",\"in\":[\"n\",\"n\",\"n\"],"
                                      "\"edges\":[" COUNTING(8000000) "," COUNTING(
                                          8000000) "," COUNTING(8000000) "]}],"
                                                                         "\"output\":{}}";
    rc_buf file = make_counting(header, 3);
    assert_refused(&file, "steps[0].edges: more numbers than the 12 bytes of arrays in the file");
}

/* An item of a list that stands as bytes is named by its number. */
static void test_items_that_are_stored(void **state)
{
    (void)state;
    rc_buf file =
        make_counting(HEAD CATEGORY(3) "],\"steps\":[{\"op\":\"select\",\"columns\":" COUNTING(
                          3) "}],\"output\":{}}",
                      3);
    assert_refused(&file, "steps[0].columns: number 1: not a column from 0 to 0");
}

static void test_length_of_a_header(void **state)
{
    (void)state;
    rc_buf file = {0};
    append_length(&file, 100000001);
    assert_true(rc_buf_reserve(&file, 100000001));
    memset(file.data + file.n, '{', 100000001);
    file.n += 100000001;
    assert_refused(&file, "the .rcm header is 100000001 bytes long; the limit is 100000000");
}

static void test_memory_of_a_text(void **state)
{
    (void)state;
    /* 256 + 64 bytes for each: 2^31 / 320 = 6,710,886.4 */
    rc_buf file = {0};
    append(&file, "{\"x-a\":[");
    append_list(&file, "{}", 6720000);
    rc_model *m;
    rc_error err;
    assert_int_equal(rc_model_parse(&m, file.data, file.n, &err), RC_E_MODEL);
    assert_non_null(strstr(err.text,
                           ": the JSON text up to here takes more than 2 GiB of memory; a "
                           "model this large is written as .rcm"));
    rc_buf_release(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_depth_is_bounded),
        cmocka_unit_test(test_number_of_inputs),
        cmocka_unit_test(test_number_of_steps),
        cmocka_unit_test(test_width_of_a_value),
        cmocka_unit_test(test_width_of_a_join),
        cmocka_unit_test(test_width_of_all_steps),
        cmocka_unit_test(test_numbers_that_are_repeated),
        cmocka_unit_test(test_bytes_that_are_shared),
        cmocka_unit_test(test_number_of_values),
        cmocka_unit_test(test_width_of_a_onehot),
        cmocka_unit_test(test_numbers_that_are_not_there),
        cmocka_unit_test(test_items_that_are_stored),
        cmocka_unit_test(test_length_of_a_header),
        cmocka_unit_test(test_memory_of_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
