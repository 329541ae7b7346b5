/* test_model.c - good models: every member arrives; the models of testdata. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/input.h"
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

static rc_model *parse_text(const char *text)
{
    return parse(text, strlen(text));
}

static void assert_numbers(const rc_array *array, size_t n_rows, size_t n_cols,
                           const double *expected)
{
    assert_int_equal(array->n_rows, n_rows);
    assert_int_equal(array->n_cols, n_cols);
    assert_non_null(array->data);
    for (size_t i = 0; i < n_rows * n_cols; i++)
        assert_true(array->data[i] == expected[i]);
}

static const char classifier[] =
    HEAD "\"dtype\":\"float32\",\"x-by\":{\"a\":[]},"
         "\"inputs\":[{\"name\":\"age\",\"type\":\"number\",\"missing\":38.5,\"x-u\":1},"
         "{\"name\":\"pay\",\"type\":\"number\",\"missing\":\"nan\"},"
         "{\"name\":\"h\\u00e9\",\"type\":\"number\",\"missing\":\"error\"}],"
         "\"steps\":[{\"op\":\"affine\",\"in\":[\"pay\",\"age\"],\"center\":[1,-2.5],"
         "\"divide\":10,\"shift\":[\"nan\",\"-inf\"],\"out\":\"s\"},"
         "{\"op\":\"dense\",\"in\":[\"s\",\"h\\u00e9\",\"s\"],\"weights\":"
         "[[1,2],[3,4],[5,6],[7,8],[9,1e1]],\"bias\":0.5,"
         "\"activation\":{\"fn\":\"leaky_relu\",\"alpha\":0.25,\"x-n\":0}},"
         "{\"op\":\"activation\",\"fn\":\"relu\",\"max\":6,\"slope\":0.1,\"threshold\":-1},"
         "{\"op\":\"softmax\",\"log\":true,\"out\":\"p\"}],"
         "\"output\":{\"task\":\"multiclass\",\"from\":[\"p\",\"age\"],\"link\":\"none\","
         "\"classes\":[\"no\",-0.0,2.50]}}";

static void test_every_member_arrives(void **state)
{
    (void)state;
    rc_model *m = parse_text(classifier);
    assert_int_equal(m->dtype, RC_FLOAT32);
    assert_int_equal(m->n_inputs, 3);
    assert_string_equal(m->inputs[0].name, "age");
    assert_string_equal(m->inputs[2].name, "h\xc3\xa9");
    assert_int_equal(m->inputs[0].missing, RC_MISSING_VALUE);
    assert_true(m->inputs[0].missing_value == 38.5);
    assert_int_equal(m->inputs[1].missing, RC_MISSING_VALUE);
    assert_true(isnan(m->inputs[1].missing_value));
    assert_int_equal(m->inputs[2].missing, RC_MISSING_ERROR);
    assert_int_equal(m->n_steps, 4);
    assert_int_equal(m->task, RC_TASK_MULTICLASS);
    assert_int_equal(m->link, RC_LINK_NONE);
    assert_int_equal(m->n_from, 2);
    assert_int_equal(m->from[0], 6); /* 3 inputs, then the steps */
    assert_int_equal(m->from[1], 0);
    assert_int_equal(m->width, 3);
    assert_int_equal(m->n_classes, 3);
    assert_string_equal(m->classes[0], "no");
    assert_string_equal(m->classes[1], "0");
    assert_string_equal(m->classes[2], "2.5");
    assert_false(m->class_is_number[0]);
    assert_true(m->class_is_number[2]);
    assert_false(m->has_threshold);
    assert_null(m->targets);
    assert_int_equal(rc_model_value_width(m, 2), 1);
    assert_int_equal(rc_model_value_width(m, 3), 2);
    rc_model_close(m);
}

static void test_steps_are_read_with_their_defaults(void **state)
{
    (void)state;
    rc_model *m = parse_text(classifier);
    const rc_model_step *affine = &m->steps[0], *dense = &m->steps[1];
    assert_int_equal(affine->op, RC_OP_AFFINE);
    assert_int_equal(affine->n_in, 2);
    assert_int_equal(affine->in[0], 1);
    assert_int_equal(affine->in[1], 0);
    assert_numbers(&affine->center, 1, 2, (const double[]){1, -2.5});
    assert_numbers(&affine->divide, 1, 2, (const double[]){10, 10});
    assert_null(affine->scale.data);
    assert_true(isnan(affine->shift.data[0]) && affine->shift.data[1] == -(double)INFINITY);
    assert_string_equal(affine->out, "s");
    assert_int_equal(dense->op, RC_OP_DENSE);
    assert_int_equal(dense->w_in, 5);
    assert_int_equal(dense->w_out, 2);
    assert_numbers(&dense->weights, 5, 2, (const double[]){1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
    assert_numbers(&dense->bias, 1, 2, (const double[]){0.5, 0.5});
    assert_int_equal(dense->activation.fn, RC_ACT_LEAKY_RELU);
    assert_true(dense->activation.alpha == 0.25);
    assert_null(dense->out);
    const rc_activation_spec *relu = &m->steps[2].activation;
    assert_int_equal(m->steps[2].op, RC_OP_ACTIVATION);
    assert_int_equal(m->steps[2].n_in, 1);
    assert_int_equal(m->steps[2].in[0], 4);
    assert_int_equal(m->steps[2].w_out, 2);
    assert_true(relu->max == 6 && relu->slope == 0.1 && relu->threshold == -1);
    assert_int_equal(m->steps[3].op, RC_OP_SOFTMAX);
    assert_true(m->steps[3].log);
    rc_model_close(m);
}

/* Defaults as the specification has them; those of Keras and PyTorch where they agree. */
static void test_activation_defaults(void **state)
{
    (void)state;
    static const char *const names[] = {"identity", "relu",         "leaky_relu", "elu",
                                        "celu",     "selu",         "gelu",       "gelu_tanh",
                                        "sigmoid",  "hard_sigmoid", "tanh",       "softplus",
                                        "softsign", "silu",         "mish",       "exp"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char text[512];
        snprintf(text, sizeof(text),
                 HEAD "\"dtype\":\"float64\",\"inputs\":[{\"type\":\"number\"}],\"steps\":"
                      "[{\"op\":\"activation\",\"fn\":\"%s\"},{\"op\":\"dense\",\"weights\":[[1]],"
                      "\"activation\":\"%s\",\"out\":\"y\"}],\"output\":{\"task\":\"regression\","
                      "\"from\":\"y\",\"link\":\"identity\"}}",
                 names[i], names[i]);
        rc_model *m = parse_text(text);
        for (size_t k = 0; k < 2; k++) {
            const rc_activation_spec *spec = &m->steps[k].activation;
            assert_int_equal(spec->fn, i);
            assert_true(spec->max == (double)INFINITY && spec->slope == 0 && spec->threshold == 0);
            if (spec->fn == RC_ACT_LEAKY_RELU)
                assert_true(spec->alpha == 0.01);
            if (spec->fn == RC_ACT_ELU || spec->fn == RC_ACT_CELU)
                assert_true(spec->alpha == 1);
            if (spec->fn == RC_ACT_HARD_SIGMOID)
                assert_true(spec->alpha == 0.2 && spec->beta == 0.5);
        }
        assert_null(m->inputs[0].name);
        rc_model_close(m);
    }
}

static void test_links_that_fit_a_task(void **state)
{
    (void)state;
    static const char *const links[] = {"identity", "sigmoid", "softmax", "exp",
                                        "probit",   "cloglog", "loglog",  "cauchit",
                                        "ovr",      "none",    NULL};
    /* regression, binary, multiclass */
    static const char *const fits[] = {"1101111100", "1100111101", "1110000011"};
    static const char *const tails[] = {"\"regression\",\"from\":\"a\"",
                                        "\"binary\",\"from\":\"a\",\"classes\":[\"1\",2]",
                                        "\"multiclass\",\"from\":[\"a\",\"a\"],\"classes\":[1,2]"};
    for (size_t t = 0; t < 3; t++) {
        for (size_t i = 0; links[i] != NULL; i++) {
            char text[512];
            snprintf(text, sizeof(text),
                     HEAD "\"dtype\":\"float64\",\"inputs\":[{\"name\":\"a\",\"type\":\"number\"}],"
                          "\"steps\":[],\"output\":{\"link\":\"%s\",\"task\":%s}}",
                     links[i], tails[t]);
            rc_model *m;
            rc_error err;
            rc_status st = rc_model_parse(&m, text, strlen(text), &err);
            assert_int_equal(st, fits[t][i] == '1' ? RC_OK : RC_E_MODEL);
            if (st == RC_OK)
                assert_int_equal(m->link, i);
            rc_model_close(m);
        }
    }
}

/* Inputs without names are read one by one, those with both names by either. */
static void test_inputs_have_names_for_steps(void **state)
{
    (void)state;
    rc_model *m = parse_text(
        HEAD "\"dtype\":\"float64\",\"inputs\":[{\"type\":\"number\"},{\"as\":\"x1\",\"type\":"
             "\"category\",\"values\":[\"u\",\"v\"]},{\"type\":\"number\",\"as\":\"x2\"}],"
             "\"steps\":[{\"op\":\"onehot\",\"in\":\"x1\",\"out\":\"h\"},{\"op\":\"concat\",\"in\":"
             "[\"x2\",\"h\",\"x2\"],\"out\":\"y\"}],\"output\":{\"task\":\"regression\","
             "\"from\":\"y\",\"link\":\"identity\"}}");
    for (size_t i = 0; i < 3; i++)
        assert_null(m->inputs[i].name);
    assert_int_equal(m->steps[0].in[0], 1);
    assert_int_equal(m->steps[1].in[0], 2);
    assert_int_equal(m->steps[1].in[2], 2);
    rc_model_close(m);
    m = parse_text(HEAD "\"dtype\":\"float64\",\"inputs\":[{\"name\":\"age\",\"as\":\"x\",\"type\":"
                        "\"number\"}],\"steps\":[],\"output\":{\"task\":\"regression\",\"from\":"
                        "[\"x\",\"age\"],\"link\":\"identity\"}}");
    assert_string_equal(m->inputs[0].name, "age");
    assert_int_equal(m->from[0], 0);
    assert_int_equal(m->from[1], 0);
    rc_model_close(m);
}

static void test_columns_that_decide(void **state)
{
    (void)state;
    rc_model *m = parse_text(
        HEAD "\"dtype\":\"float32\",\"inputs\":[{\"name\":\"a\",\"type\":\"number\"},{\"name\":"
             "\"b\",\"type\":\"number\"}],\"steps\":[],\"output\":{\"task\":\"binary\",\"from\":"
             "\"a\",\"decide\":[\"b\",\"a\"],\"link\":\"sigmoid\",\"classes\":[0,1]}}");
    assert_int_equal(m->n_decide, 2);
    assert_int_equal(m->decide[0], 1);
    assert_int_equal(m->decide[1], 0);
    rc_model_close(m);
}

static void test_a_model_without_inputs(void **state)
{
    (void)state;
    rc_model *m = parse_text(
        HEAD "\"dtype\":\"float64\",\"inputs\":[],\"steps\":[{\"op\":\"dense\",\"weights\":[],"
             "\"bias\":[3,4],\"out\":\"y\"}],\"output\":{\"task\":\"regression\",\"from\":\"y\","
             "\"link\":\"identity\",\"targets\":[\"u\",\"v\"]}}");
    assert_int_equal(m->n_inputs, 0);
    assert_int_equal(m->steps[0].n_in, 0);
    assert_int_equal(m->steps[0].w_in, 0);
    assert_int_equal(m->steps[0].w_out, 2);
    assert_numbers(&m->steps[0].weights, 0, 2, NULL);
    assert_numbers(&m->steps[0].bias, 1, 2, (const double[]){3, 4});
    assert_string_equal(m->targets[0], "u");
    assert_string_equal(m->targets[1], "v");
    assert_string_equal(m->format, "rowcast-json");
    rc_model_close(m);
}

static void test_numbers_are_rounded_once(void **state)
{
    (void)state;
    /* 9007199254740993 = 2^53 + 1 lies between two doubles: to even, 2^53; and 2^70 */
    rc_model *m = parse_text(
        HEAD "\"dtype\":\"float64\",\"inputs\":[{\"type\":\"number\"}],\"steps\":[{\"op\":"
             "\"affine\",\"center\":9007199254740993,\"scale\":1180591620717411303424,"
             "\"shift\":-0,\"out\":\"y\"}],\"output\":{\"task\":\"binary\",\"from\":\"y\","
             "\"link\":\"none\",\"classes\":[9007199254740992,\"07\"],\"threshold\":-3}}");
    assert_true(m->steps[0].center.data[0] == 9007199254740992.0);
    assert_true(m->steps[0].scale.data[0] == 0x1p70);
    assert_true(signbit(m->steps[0].shift.data[0]));
    assert_string_equal(m->classes[0], "9007199254740992");
    assert_string_equal(m->classes[1], "07");
    assert_true(m->has_threshold && m->threshold == -3);
    rc_model_close(m);
}

static void test_float32_refuses_what_it_cannot_hold(void **state)
{
    (void)state;
    static const char text[] =
        HEAD "\"dtype\":\"float32\",\"inputs\":[{\"type\":\"number\"}],\"steps\":[{\"op\":"
             "\"affine\",\"center\":3.5e38,\"out\":\"y\"}],\"output\":{}}";
    rc_model *m;
    rc_error err;
    assert_int_equal(rc_model_parse(&m, text, strlen(text), &err), RC_E_MODEL);
    assert_string_equal(err.text, "steps[0].center: a number beyond the range of float32");
}

static void test_open_reads_a_file_and_its_hash(void **state)
{
    (void)state;
    char path[] = "/tmp/test_model_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    static const char text[] =
        HEAD "\"dtype\":\"float64\",\"inputs\":[{\"name\":\"a\",\"type\":\"number\"}],"
             "\"steps\":[],\"output\":{\"task\":\"regression\",\"from\":\"a\","
             "\"link\":\"identity\"}}";
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    rc_model *m;
    rc_error err;
    assert_int_equal(rc_model_open(&m, path, NULL, &err), RC_OK);
    assert_string_equal(m->sha256,
                        "d22ed95fe0ae78789363e80de4cd0b6a1d12581d6bd0e8a1c75a5e7888a523d2");
    rc_model_close(m);
    unlink(path);
    assert_int_equal(rc_model_open(&m, path, NULL, &err), RC_E_MODEL);
    assert_null(m);
    rc_model_close(NULL);
}

/* The text of a file below the folder of test data. */
static char *read_below(const char *name, size_t *n)
{
    char path[4096];
    char *text;
    rc_error err = {0};
    snprintf(path, sizeof(path), "%s/%s", getenv("RC_TESTDATA"), name);
    assert_int_equal(rc_file_read(path, 1 << 20, RC_E_MODEL, &text, n, &err), RC_OK);
    return text;
}

/* The lines of the manual between the marks are models; the second is one of testdata. */
static void test_the_examples_of_the_manual(void **state)
{
    (void)state;
    if (getenv("RC_TESTDATA") == NULL)
        skip();
    size_t n, n_inputs = 0, n_models = 0, n_plans;
    char *page = read_below("../man/rowcast-model.5", &n);
    char *plans = read_below("manual/plans.json", &n_plans);
    for (char *at = page; (at = strstr(at, ".\\\" model\n")) != NULL; n_models++) {
        char *begin = strchr(at, '{'), *end = strstr(at, ".\\\" model end");
        assert_true(begin != NULL && end != NULL && begin < end);
        rc_model *m = parse(begin, (size_t)(end - begin));
        n_inputs += m->n_inputs;
        assert_int_equal(m->task, RC_TASK_BINARY);
        rc_model_close(m);
        if (n_models == 1)
            assert_true((size_t)(end - begin) == n_plans && memcmp(begin, plans, n_plans) == 0);
        at = end;
    }
    assert_int_equal(n_models, 2);
    assert_int_equal(n_inputs, 4);
    free(page);
    free(plans);
}

/* Each kind of step begins with an example of it, alone on its line. */
static void test_the_steps_of_the_manual(void **state)
{
    (void)state;
    if (getenv("RC_TESTDATA") == NULL)
        skip();
    size_t n, n_steps = 0;
    char *page = read_below("../man/rowcast-model.5", &n), json[2000];
    for (char *at = page; (at = strstr(at, "\n.nf\n{\"op\"")) != NULL; n_steps++) {
        char *begin = at + strlen("\n.nf\n"), *end = strchr(begin, '\n');
        int n_json = snprintf(
            json, sizeof(json),
            "{\"format\":\"rowcast-model\",\"version\":1,\"dtype\":\"float64\",\"inputs\":["
            "{\"name\":\"age\",\"type\":\"number\"},{\"name\":\"income\",\"type\":\"number\"},"
            "{\"name\":\"plan\",\"type\":\"category\",\"values\":[\"free\",\"pro\",\"team\"]}],"
            "\"steps\":[%.*s],\"output\":{\"task\":\"regression\",\"from\":\"y\","
            "\"link\":\"identity\"}}",
            (int)(end - begin), begin);
        rc_model_close(parse(json, (size_t)n_json));
        at = end;
    }
    assert_int_equal(n_steps, RC_OP_CONCAT + 1);
    free(page);
}

/* A line of verdicts.tsv: file, verdict, what the message of a refusal names. */
static void check_verdict(const char *folder, char *line)
{
    char *save, path[5000];
    const char *name = strtok_r(line, "\t\n", &save), *verdict = strtok_r(NULL, "\t\n", &save);
    const char *place = strtok_r(NULL, "\t\n", &save);
    assert_true(name != NULL && verdict != NULL && place != NULL);
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    rc_model *m;
    rc_error err = {0};
    rc_status st = rc_model_open(&m, path, NULL, &err);
    rc_model_close(m);
    bool good = strcmp(verdict, "good") == 0;
    if (st != (good ? RC_OK : RC_E_MODEL))
        fail_msg("%s: status %d %s", name, (int)st, err.text);
    if (!good && strcmp(place, "file") != 0 && strstr(err.text, place) == NULL)
        fail_msg("%s: no '%s' in: %s", name, place, err.text);
}

static void test_the_verdicts_of_testdata(void **state)
{
    (void)state;
    char path[4096], line[512];
    if (getenv("RC_TESTDATA") == NULL)
        skip();
    snprintf(path, sizeof(path), "%s/models/verdicts.tsv", getenv("RC_TESTDATA"));
    FILE *list = fopen(path, "r");
    if (list == NULL)
        skip();
    *strrchr(path, '/') = '\0';
    size_t n = 0;
    while (fgets(line, sizeof(line), list) != NULL) {
        check_verdict(path, line);
        n++;
    }
    fclose(list);
    assert_true(n >= 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_member_arrives),
        cmocka_unit_test(test_steps_are_read_with_their_defaults),
        cmocka_unit_test(test_activation_defaults),
        cmocka_unit_test(test_links_that_fit_a_task),
        cmocka_unit_test(test_inputs_have_names_for_steps),
        cmocka_unit_test(test_columns_that_decide),
        cmocka_unit_test(test_a_model_without_inputs),
        cmocka_unit_test(test_numbers_are_rounded_once),
        cmocka_unit_test(test_float32_refuses_what_it_cannot_hold),
        cmocka_unit_test(test_open_reads_a_file_and_its_hash),
        cmocka_unit_test(test_the_examples_of_the_manual),
        cmocka_unit_test(test_the_steps_of_the_manual),
        cmocka_unit_test(test_the_verdicts_of_testdata),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
