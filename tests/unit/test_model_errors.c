/* test_model_errors.c - malformed models and the exact message of each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/model.h"

#define INPUTS "[{\"name\":\"a\",\"type\":\"number\"},{\"name\":\"b\",\"type\":\"number\"}]"
#define STEPS                                                        \
    "[{\"op\":\"affine\",\"center\":[1,2],\"out\":\"scaled\"},"      \
    "{\"op\":\"dense\",\"in\":\"scaled\",\"weights\":[[1,2],[3,4]]," \
    "\"out\":\"h\"},{\"op\":\"dense\",\"weights\":[[1],[2]],\"out\":\"z\"}]"
#define OUTPUT "{\"task\":\"binary\",\"from\":\"z\",\"link\":\"sigmoid\",\"classes\":[0,1]}"
#define HEAD "{\"format\":\"rowcast-model\",\"version\":1,\"dtype\":\"float64\""

typedef struct bad_text {
    const char *text; /* the whole file */
    const char *message;
} bad_text;

typedef struct bad_part {
    const char *inputs, *steps, *output; /* NULL: a good one */
    const char *message;
} bad_part;

static void assert_refused(const char *data, size_t n, const char *message)
{
    /* a copy without a byte behind it: reading on is seen by the sanitizer */
    char *copy = malloc(n > 0 ? n : 1);
    assert_non_null(copy);
    memcpy(copy, data, n);
    rc_model *model = (rc_model *)copy;
    rc_error err;
    rc_status st = rc_model_parse(&model, copy, n, &err);
    free(copy);
    assert_int_equal(st, RC_E_MODEL);
    assert_int_equal(err.code, RC_E_MODEL);
    assert_null(model);
    assert_string_equal(err.text, message);
}

static void test_texts_that_are_no_model(void **state)
{
    (void)state;
    static const char foreign[] = "; it looks like %s, which this version cannot read";
    static const struct {
        const char *bytes;
        size_t n;
        const char *what;
    } files[] = {
        {"\x89HDF\r\n\x1a\n\0\0\0\0", 12, "an HDF5/Keras file"},
        {"PK\x03\x04\x14\0\0\0\0", 9, "a zip archive (.keras, .pt, .npz)"},
        {"\x1f\x8b\x08\0\0", 5, "a gzip file"},
        {"\x28\xb5\x2f\xfd\0", 5, "a zstd file"},
        {"\x93NUMPY\x01", 7, "a NumPy file"},
        {"\x80\x04\x95\x01", 4, "a pickle"},
        {"\x08\x07\x12\x04", 4, "an ONNX file"},
        {"<?xml version", 13, "XML (PMML)"},
        {"[1]", 3, "a JSON list"},
        {"\xef\xbb\xbf{\"format\"", 12, "JSON behind a byte order mark"},
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char tail[128], message[256];
        snprintf(tail, sizeof(tail), foreign, files[i].what);
        snprintf(message, sizeof(message), "not a native model (JSON or .rcm)%s", tail);
        assert_refused(files[i].bytes, files[i].n, message);
    }
    assert_refused("", 0, "the file is empty");
    assert_refused(" \n", 2, "not a native model (JSON or .rcm)");
    assert_refused("weights", 7, "not a native model (JSON or .rcm)");
}

static const bad_text bad_texts[] = {
    {"{", "line 1, column 1: string or '}' expected near end of file"},
    {"{\n \"format\": \"rowcast-model\"\n \"version\": 1}",
     "line 3, column 10: '}' expected near '\"version\"'"},
    {"{\"a\": 1e999}", "line 1, column 11: a number beyond the range of float64"},
    {"{\"a\": 1, \"a\": 2}", "line 1, column 12: duplicate object key near '\"a\"'"},
    {"{\"a\": NaN}", "line 1, column 9: invalid token near 'NaN'"},
    {"{\"a\": \x01}", "line 1, column 7: invalid token near '?'"},
    {"{} x", "line 1, column 4: end of file expected near 'x'"},
    {"{}", "format: missing"},
    {"{\"format\":1}", "format: a string is expected, but here is a number"},
    {"{\"format\":\"keras\"}", "format: \"rowcast-model\" is expected, but here is 'keras'"},
    {"{\"format\":\"rowcast-model\"}", "version: missing"},
    {"{\"format\":\"rowcast-model\",\"version\":\"1\"}",
     "version: a number is expected, but here is a string"},
    {"{\"format\":\"rowcast-model\",\"version\":2}", "version: this version reads only version 1"},
    {HEAD ",\"step\":[]}", "unknown key 'step'\n  did you mean 'steps'?"},
    {HEAD ",\"\\u001b\":[]}", "unknown key '\\x1b'"},
    {"{\"format\":\"rowcast-model\",\"version\":1}", "dtype: missing"},
    {"{\"format\":\"rowcast-model\",\"version\":1,\"dtype\":\"float46\"}",
     "dtype: unknown dtype 'float46'\n  did you mean 'float64'?"},
    {HEAD "}", "inputs: missing"},
    {HEAD ",\"inputs\":[]}", "steps: missing"},
    {HEAD ",\"inputs\":[],\"steps\":[]}", "output: missing"},
};

static void test_malformed_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad_texts) / sizeof(bad_texts[0]); i++)
        assert_refused(bad_texts[i].text, strlen(bad_texts[i].text), bad_texts[i].message);
}

#define BAD_INPUTS(text, message)         \
    {                                     \
        "[" text "]", NULL, NULL, message \
    }
#define BAD_STEPS(text, message)          \
    {                                     \
        NULL, "[" text "]", NULL, message \
    }
#define BAD_OUTPUT(text, message)         \
    {                                     \
        NULL, NULL, "{" text "}", message \
    }
#define NAMED_A "{\"name\":\"a\",\"type\":\"number\"}"
#define SCALED "{\"op\":\"affine\",\"out\":\"scaled\"},"
#define DENSE SCALED "{\"op\":\"dense\",\"in\":\"scaled\","
#define ACT "{\"op\":\"activation\","
#define BINARY "\"task\":\"binary\",\"from\":\"z\","
#define MULTI "\"task\":\"multiclass\",\"from\":\"h\","
#define REGRESSION "\"task\":\"regression\",\"from\":\"h\","

static const bad_part bad_inputs[] = {
    {"{}", NULL, NULL, "inputs: a list is expected, but here is an object"},
    BAD_INPUTS("1", "inputs[0]: an object is expected, but here is a number"),
    BAD_INPUTS("{}", "inputs[0].type: missing"),
    BAD_INPUTS("{\"type\":\"nmuber\"}",
               "inputs[0].type: unknown type 'nmuber'\n  did you mean 'number'?"),
    BAD_INPUTS("{\"type\":\"number\",\"values\":[1]}", "inputs[0]: unknown key 'values'"),
    BAD_INPUTS("{\"type\":\"number\",\"mising\":1}",
               "inputs[0]: unknown key 'mising'\n  did you mean 'missing'?"),
    BAD_INPUTS("{\"type\":\"number\",\"name\":3}",
               "inputs[0].name: a string is expected, but here is a number"),
    BAD_INPUTS("{\"type\":\"number\",\"name\":\"\"}", "inputs[0].name: an empty name"),
    BAD_INPUTS(NAMED_A "," NAMED_A, "inputs[1].name: 'a' is the name of inputs[0] already"),
    BAD_INPUTS(NAMED_A ",{\"type\":\"number\"}",
               "inputs[1].name: missing: all inputs have names, or none"),
    BAD_INPUTS("{\"type\":\"number\"}," NAMED_A,
               "inputs[1].name: inputs[0] has none: all have names, or none"),
    BAD_INPUTS("{\"type\":\"number\",\"as\":3}",
               "inputs[0].as: a string is expected, but here is a number"),
    BAD_INPUTS("{\"type\":\"number\",\"as\":\"\"}", "inputs[0].as: an empty name"),
    BAD_INPUTS(NAMED_A ",{\"type\":\"number\",\"name\":\"b\",\"as\":\"a\"}",
               "inputs[1].as: 'a' is the name of inputs[0] already"),
    BAD_INPUTS("{\"type\":\"number\",\"as\":\"a\"},{\"type\":\"number\",\"as\":\"a\"}",
               "inputs[1].as: 'a' is the name of inputs[0] already"),
    BAD_INPUTS("{\"type\":\"number\",\"missing\":\"mean\"}",
               "inputs[0].missing: not a number: 'mean'"),
    BAD_INPUTS("{\"type\":\"number\",\"missing\":\"unknown\"}",
               "inputs[0].missing: only a category can be 'unknown'"),
    BAD_INPUTS("{\"type\":\"number\",\"missing\":null}",
               "inputs[0].missing: a number, \"nan\" or \"error\" is expected, but here is null"),
};

static const bad_part bad_steps[] = {
    {NULL, "1", NULL, "steps: a list is expected, but here is a number"},
    BAD_STEPS("true", "steps[0]: an object is expected, but here is true"),
    BAD_STEPS("{}", "steps[0].op: missing"),
    BAD_STEPS("{\"op\":\"foo\"}", "steps[0].op: unknown op 'foo'"),
    BAD_STEPS("{\"op\":\"dens\"}", "steps[0].op: unknown op 'dens'\n  did you mean 'dense'?"),
    BAD_STEPS("{\"op\":\"affine\",\"weights\":1}", "steps[0]: unknown key 'weights'"),
    BAD_STEPS("{\"op\":\"affine\",\"centre\":1}",
              "steps[0]: unknown key 'centre'\n  did you mean 'center'?"),
    BAD_STEPS("{\"op\":\"affine\",\"in\":\"A\"}",
              "steps[0].in: unknown name 'A'\n  did you mean 'a'?"),
    BAD_STEPS("{\"op\":\"affine\",\"in\":[\"a\",2]}",
              "steps[0].in[1]: a name is expected, but here is a number"),
    BAD_STEPS("{\"op\":\"affine\",\"in\":{}}",
              "steps[0].in: a name or a list of names is expected, but here is an object"),
    BAD_STEPS("{\"op\":\"affine\",\"in\":[\"a\",\"x\"]},{\"op\":\"affine\",\"out\":\"x\"}",
              "steps[0].in[1]: 'x' is made by steps[1], which is not before"),
    BAD_STEPS("{\"op\":\"softmax\",\"in\":[]}",
              "steps[0].in: no column to read; only a dense step can do without"),
    BAD_STEPS("{\"op\":\"affine\",\"out\":\"a\"}",
              "steps[0].out: 'a' is the name of inputs[0] already"),
    {"[{\"type\":\"number\",\"as\":\"x\"}]", "[{\"op\":\"affine\",\"out\":\"x\"}]", NULL,
     "steps[0].out: 'x' is the name of inputs[0] already"},
    BAD_STEPS("{\"op\":\"affine\",\"out\":\"c\"},{\"op\":\"affine\",\"out\":\"c\"}",
              "steps[1].out: 'c' is the name of steps[0] already"),
    BAD_STEPS("{\"op\":\"affine\",\"out\":\"\"}", "steps[0].out: an empty name"),
    BAD_STEPS("{\"op\":\"affine\",\"out\":[]}",
              "steps[0].out: a string is expected, but here is a list"),
    BAD_STEPS("{\"op\":\"affine\"}", "steps[0].out: missing: 'from' of the output needs a name"),
    BAD_STEPS("{\"op\":\"affine\"},{\"op\":\"affine\",\"in\":\"a\"}",
              "steps[0].out: missing: the next step has an 'in' of its own"),
    BAD_STEPS("{\"op\":\"affine\",\"center\":[1]}",
              "steps[0].center: 1 value, but the model has 2 inputs"),
    BAD_STEPS("{\"op\":\"affine\",\"in\":[\"a\",\"b\",\"a\"],\"shift\":[1,2]}",
              "steps[0].shift: 2 values, but the values read have width 3 together"),
    BAD_STEPS("{\"op\":\"affine\"},{\"op\":\"affine\",\"scale\":[]}",
              "steps[1].scale: 0 values, but the step before has width 2"),
    BAD_STEPS("{\"op\":\"affine\",\"divide\":[1,\"1\"]}", "steps[0].divide[1]: not a number: '1'"),
    BAD_STEPS("{\"op\":\"affine\",\"divide\":false}",
              "steps[0].divide: a number or a list of numbers is expected, but here is false"),
    BAD_STEPS("{\"op\":\"affine\",\"divide\":[1,null]}",
              "steps[0].divide[1]: a number is expected, but here is null"),
    BAD_STEPS("{\"op\":\"affine\",\"divide\":{\"at\":0,\"shape\":[2],\"dtype\":\"float32\"}}",
              "steps[0].divide: an array by its offset stands only in .rcm files"),
    BAD_STEPS(DENSE "\"x-a\":1}", "steps[1].weights: missing"),
    BAD_STEPS(DENSE "\"weights\":[[1],[2],[3]]}",
              "steps[1].weights: 3 rows, but 'scaled' has width 2"),
    BAD_STEPS(DENSE "\"weights\":3}",
              "steps[1].weights: a list of lists of numbers is expected, but here is a number"),
    BAD_STEPS(DENSE "\"weights\":[1,2]}",
              "steps[1].weights[0]: a list of numbers is expected, but here is a number"),
    BAD_STEPS(DENSE "\"weights\":[[1,2],[3]]}", "steps[1].weights[1]: 1 value, but row 0 has 2"),
    BAD_STEPS(DENSE "\"weights\":[[],[]]}", "steps[1].weights[0]: no values"),
    BAD_STEPS(DENSE "\"weights\":[[1,2],[3,[]]]}",
              "steps[1].weights[1][1]: a number is expected, but here is a list"),
    BAD_STEPS(DENSE "\"weights\":[[1],[2]],\"bias\":[1,2]}",
              "steps[1].bias: 2 values, but 'weights' has 1 column"),
    BAD_STEPS(DENSE "\"weights\":[[1],[2]],\"activation\":\"rleu\"}",
              "steps[1].activation: unknown activation 'rleu'\n  did you mean 'relu'?"),
    BAD_STEPS(DENSE "\"weights\":[[1],[2]],\"activation\":3}",
              "steps[1].activation: a name or an object is expected, but here is a number"),
    BAD_STEPS(DENSE "\"weights\":[[1],[2]],\"activation\":{}}", "steps[1].activation.fn: missing"),
    BAD_STEPS(DENSE "\"weights\":[[1],[2]],\"activation\":{\"fn\":\"elu\",\"aplha\":1}}",
              "steps[1].activation: unknown key 'aplha'\n  did you mean 'alpha'?"),
    BAD_STEPS(DENSE "\"weights\":[[1],[2]],\"activation\":{\"fn\":\"tanh\",\"alpha\":1}}",
              "steps[1].activation.alpha: 'tanh' has no such parameter"),
    BAD_STEPS("{\"op\":\"dense\",\"in\":[],\"weights\":[]}", "steps[0].bias: missing"),
    BAD_STEPS("{\"op\":\"dense\",\"in\":[],\"weights\":[],\"bias\":3}",
              "steps[0].bias: must be a list: no weights tell the width"),
    BAD_STEPS("{\"op\":\"dense\",\"in\":[],\"weights\":[],\"bias\":[]}",
              "steps[0]: makes no column"),
    BAD_STEPS(ACT "\"out\":\"y\"}", "steps[0].fn: missing"),
    BAD_STEPS(ACT "\"fn\":\"elu\",\"beta\":1}", "steps[0].beta: 'elu' has no such parameter"),
    BAD_STEPS(ACT "\"fn\":\"elu\",\"alpha\":\"inf\"}", "steps[0].alpha: not a finite number"),
    BAD_STEPS(ACT "\"fn\":\"relu\",\"max\":\"nan\"}", "steps[0].max: not a finite number"),
    BAD_STEPS(ACT "\"fn\":\"celu\",\"alpha\":0}", "steps[0].alpha: must not be 0"),
    BAD_STEPS("{\"op\":\"softmax\",\"log\":1}",
              "steps[0].log: true or false is expected, but here is a number"),
    {"[{\"name\":\"ab\\u001bd\",\"type\":\"number\"}]", "[{\"op\":\"affine\",\"in\":\"abcd\"}]",
     NULL, "steps[0].in: unknown name 'abcd'\n  did you mean 'ab\\x1bd'?"},
    {"[{\"type\":\"number\"}]", "[{\"op\":\"affine\",\"in\":\"a\",\"out\":\"y\"}]", NULL,
     "steps[0].in: unknown name 'a'\n  the inputs have neither 'name' nor 'as': only a first step "
     "without 'in' reads them"},
    {"[{\"type\":\"number\",\"as\":\"ab\"},{\"type\":\"number\"}]",
     "[{\"op\":\"affine\",\"in\":\"aB\",\"out\":\"y\"}]", NULL,
     "steps[0].in: unknown name 'aB'\n  did you mean 'ab'?"},
};

static const bad_part bad_outputs[] = {
    {NULL, NULL, "3", "output: an object is expected, but here is a number"},
    BAD_OUTPUT("\"form\":\"z\"", "output: unknown key 'form'\n  did you mean 'from'?"),
    BAD_OUTPUT("\"from\":\"z\"", "output.task: missing"),
    BAD_OUTPUT("\"task\":\"ranking\"", "output.task: unknown task 'ranking'"),
    BAD_OUTPUT("\"task\":\"binary\"", "output.from: missing"),
    BAD_OUTPUT("\"task\":\"binary\",\"from\":[]", "output.from: an empty list"),
    BAD_OUTPUT("\"task\":\"binary\",\"from\":[\"z\",\"y\"]", "output.from[1]: unknown name 'y'"),
    BAD_OUTPUT("\"task\":\"binary\",\"from\":\"h\"",
               "output.from: a binary model has one column here, but 'h' has width 2"),
    BAD_OUTPUT("\"task\":\"multiclass\",\"from\":[\"z\"]",
               "output.from: a multiclass model has two columns or more, but 'z' has width 1"),
    BAD_OUTPUT("\"task\":\"binary\",\"from\":\"z\"", "output.link: missing"),
    BAD_OUTPUT(BINARY "\"link\":\"logit\"", "output.link: unknown link 'logit'"),
    BAD_OUTPUT(BINARY "\"link\":\"softmax\"",
               "output.link: 'softmax' does not fit the task 'binary'\n  links that fit: identity "
               "sigmoid probit cloglog loglog cauchit none"),
    BAD_OUTPUT(REGRESSION "\"link\":\"none\"",
               "output.link: 'none' does not fit the task 'regression'\n  links that fit: identity "
               "sigmoid exp probit cloglog loglog cauchit"),
    BAD_OUTPUT(MULTI "\"link\":\"probit\"",
               "output.link: 'probit' does not fit the task 'multiclass'\n  links that fit: "
               "identity sigmoid softmax ovr none"),
    BAD_OUTPUT(BINARY "\"link\":\"sigmoid\"", "output.classes: missing"),
    BAD_OUTPUT(BINARY "\"link\":\"sigmoid\",\"classes\":\"ab\"",
               "output.classes: a list is expected, but here is a string"),
    BAD_OUTPUT(BINARY "\"link\":\"sigmoid\",\"classes\":[1]",
               "output.classes: 1 class, but a binary model has 2"),
    BAD_OUTPUT(MULTI "\"link\":\"softmax\",\"classes\":[1,2,3]",
               "output.classes: 3 classes, but 'h' has width 2"),
    BAD_OUTPUT(BINARY "\"link\":\"sigmoid\",\"classes\":[1,null]",
               "output.classes[1]: a string or a number is expected, but here is null"),
    BAD_OUTPUT(BINARY "\"link\":\"sigmoid\",\"classes\":[\"\",1]",
               "output.classes[0]: an empty text"),
    BAD_OUTPUT(BINARY "\"link\":\"sigmoid\",\"classes\":[1,1e16]",
               "output.classes[1]: a number beyond 2^53 is written as a string"),
    BAD_OUTPUT(BINARY "\"link\":\"sigmoid\",\"classes\":[1,\"1.0\"]",
               "output.classes[1]: '1.0' is the same as [0], '1'"),
    BAD_OUTPUT(BINARY "\"link\":\"sigmoid\",\"classes\":[\"-0\",0]",
               "output.classes[1]: '0' is the same as [0], '-0'"),
    BAD_OUTPUT(BINARY "\"link\":\"sigmoid\",\"classes\":[\"true\",\"1\"]",
               "output.classes[1]: '1' is the same as [0], 'true'"),
    BAD_OUTPUT(REGRESSION "\"link\":\"identity\",\"classes\":[1]",
               "output.classes: a regression has no classes"),
    BAD_OUTPUT(REGRESSION "\"link\":\"identity\",\"decide\":\"h\"",
               "output.decide: a regression has no classes"),
    BAD_OUTPUT(BINARY "\"link\":\"sigmoid\",\"classes\":[0,1],\"decide\":\"z\"",
               "output.decide: 2 classes, but 'z' has width 1"),
    BAD_OUTPUT(MULTI "\"link\":\"softmax\",\"classes\":[0,1],\"decide\":[\"h\",\"z\"]",
               "output.decide: 2 classes, but the values read have width 3 together"),
    BAD_OUTPUT(
        BINARY "\"link\":\"ovr\",\"classes\":[0,1]",
        "output.link: 'ovr' does not fit the task 'binary'\n  links that fit: identity sigmoid "
        "probit cloglog loglog cauchit none"),
    BAD_OUTPUT(BINARY "\"link\":\"sigmoid\",\"classes\":[0,1],\"threshold\":2",
               "output.threshold: a probability from 0 to 1 is expected"),
    BAD_OUTPUT(BINARY "\"link\":\"none\",\"classes\":[0,1],\"threshold\":\"inf\"",
               "output.threshold: not a finite number"),
    BAD_OUTPUT(MULTI "\"link\":\"none\",\"classes\":[0,1],\"threshold\":0",
               "output.threshold: only a binary model has a threshold"),
    BAD_OUTPUT(REGRESSION "\"link\":\"exp\",\"targets\":[\"x\"]",
               "output.targets: 1 target, but 'h' has width 2"),
    BAD_OUTPUT(REGRESSION "\"link\":\"exp\",\"targets\":[\"x\",\"x\"]",
               "output.targets[1]: 'x' is the same as [0], 'x'"),
    BAD_OUTPUT(REGRESSION "\"link\":\"exp\",\"targets\":[\"x\",1]",
               "output.targets[1]: a string is expected, but here is a number"),
    BAD_OUTPUT(REGRESSION "\"link\":\"exp\",\"targets\":[\"\",\"x\"]",
               "output.targets[0]: an empty name"),
    BAD_OUTPUT(BINARY "\"link\":\"none\",\"classes\":[0,1],\"targets\":[\"x\"]",
               "output.targets: only a regression has targets"),
};

static void assert_parts_refused(const bad_part *parts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        rc_buf text = {0};
        assert_true(rc_buf_printf(&text, HEAD ",\"inputs\":%s,\"steps\":%s,\"output\":%s}",
                                  parts[i].inputs != NULL ? parts[i].inputs : INPUTS,
                                  parts[i].steps != NULL ? parts[i].steps : STEPS,
                                  parts[i].output != NULL ? parts[i].output : OUTPUT));
        assert_refused(text.data, text.n, parts[i].message);
        rc_buf_release(&text);
    }
}

static void test_the_parts_are_good_without_the_fault(void **state)
{
    (void)state;
    static const char text[] =
        HEAD ",\"inputs\":" INPUTS ",\"steps\":" STEPS ",\"output\":" OUTPUT "}";
    rc_model *model;
    rc_error err;
    assert_int_equal(rc_model_parse(&model, text, strlen(text), &err), RC_OK);
    rc_model_close(model);
}

static void test_malformed_inputs(void **state)
{
    (void)state;
    assert_parts_refused(bad_inputs, sizeof(bad_inputs) / sizeof(bad_inputs[0]));
}

static void test_malformed_steps(void **state)
{
    (void)state;
    assert_parts_refused(bad_steps, sizeof(bad_steps) / sizeof(bad_steps[0]));
}

static void test_malformed_outputs(void **state)
{
    (void)state;
    assert_parts_refused(bad_outputs, sizeof(bad_outputs) / sizeof(bad_outputs[0]));
}

static void test_a_null_error_is_fine(void **state)
{
    (void)state;
    rc_model *model;
    assert_int_equal(rc_model_parse(&model, "{", 1, NULL), RC_E_MODEL);
    assert_int_equal(rc_model_parse(&model, "{}", 2, NULL), RC_E_MODEL);
    assert_int_equal(rc_model_parse(&model, "PK", 2, NULL), RC_E_MODEL);
    static const char hinted[] = HEAD ",\"step\":1}";
    assert_int_equal(rc_model_parse(&model, hinted, strlen(hinted), NULL), RC_E_MODEL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_that_are_no_model),
        cmocka_unit_test(test_malformed_texts),
        cmocka_unit_test(test_the_parts_are_good_without_the_fault),
        cmocka_unit_test(test_malformed_inputs),
        cmocka_unit_test(test_malformed_steps),
        cmocka_unit_test(test_malformed_outputs),
        cmocka_unit_test(test_a_null_error_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
