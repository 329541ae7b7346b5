/* test_keras_read.c - configurations of Keras models onto the tape, with the weights of a store
 * that is made of JSON. What is expected is arithmetic done here. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "keras_fake.h"
#include "plans.h"

/* -- models --------------------------------------------------------------------------------------
 */

static rc_model *read_model(const char *text)
{
    rc_keras_store *store = fake_open(text, strlen(text));
    rc_tape *tape;
    rc_buf bytes = {0};
    rc_model *model = NULL;
    rc_error err = {0};
    assert_non_null(store);
    assert_int_equal(rc_tape_open(&tape, NULL), RC_OK);
    if (rc_keras_read_store(tape, store, &store->file, &err) != RC_OK ||
        rc_tape_read(tape, 0, (size_t)rc_tape_bytes(tape), &bytes, &err) != RC_OK ||
        rc_model_parse(&model, bytes.data, bytes.n, &err) != RC_OK)
        fail_msg("%s", err.text);
    rc_buf_release(&bytes);
    rc_tape_close(tape);
    rc_keras_store_close(store);
    return model;
}

static void check_failure(const char *text, const char *message)
{
    rc_keras_store *store = fake_open(text, strlen(text));
    rc_tape *tape;
    rc_error err = {0};
    assert_non_null(store);
    assert_int_equal(rc_tape_open(&tape, NULL), RC_OK);
    assert_int_equal(rc_keras_read_store(tape, store, &store->file, &err), RC_E_MODEL);
    assert_string_equal(err.text, message);
    rc_tape_close(tape);
    rc_keras_store_close(store);
}

static void check_row(const rc_model *model, const double *x, const double *y, size_t n)
{
    check_scores_of(model, x, y, n, 1e-6);
}

static void check_model(const char *text, const double *x, const double *y, size_t n)
{
    rc_model *model = read_model(text);
    check_row(model, x, y, n);
    rc_model_close(model);
}

#define INPUT(name, n)                                                                      \
    "{\"class_name\":\"InputLayer\",\"name\":\"" name "\",\"inbound_nodes\":[],\"config\":" \
    "{\"name\":\"" name "\",\"batch_input_shape\":[null," #n "]}}"
#define DENSE(name, units, more)                                                                  \
    "{\"class_name\":\"Dense\",\"config\":{\"name\":\"" name "\",\"units\":" #units ",\"dtype\":" \
    "\"float32\"" more "}"
#define WEIGHTS                                                                    \
    "\"weights\":{\"d\":{\"kernel\":{\"shape\":[2,1],\"values\":[2,-3]},\"bias\":" \
    "{\"shape\":[1],\"values\":[0.5]}}}"
#define SEQUENTIAL(layers) \
    "\"class_name\":\"Sequential\",\"config\":{\"name\":\"s\",\"layers\":[" layers "]}"

/* -- chains --------------------------------------------------------------------------------------
 */

/* The sigmoid of 2 * 3 - 3 * 1 + 0.5. */
static void test_sigmoid_is_a_link(void **state)
{
    (void)state;
    rc_model *model = read_model("{" SEQUENTIAL(
        INPUT("x", 2) "," DENSE("d", 1, ",\"activation\":\"sigmoid\"") "}") "," WEIGHTS "}");
    assert_int_equal(model->task, RC_TASK_BINARY);
    assert_int_equal(model->link, RC_LINK_SIGMOID);
    assert_string_equal(model->classes[1], "1");
    assert_null(model->inputs[0].name);
    check_row(model, (double[]){3, 1}, (double[]){1 / (1 + exp(-3.5))}, 1);
    rc_model_close(model);
}

/* The same in the list of Keras 2.2, whose first layer says the shape, and with logits. */
static void test_list_of_layers_and_logits(void **state)
{
    (void)state;
    rc_model *model = read_model("{\"class_name\":\"Sequential\",\"config\":[" DENSE(
        "d", 1,
        ",\"batch_input_shape\":[null,2]") "}],"
                                           "\"loss\":{\"class_name\":\"BinaryCrossentropy\","
                                           "\"config\":{\"from_logits\":true}},\"major\":2," WEIGHTS
                                           "}");
    assert_int_equal(model->task, RC_TASK_BINARY);
    assert_int_equal(model->link, RC_LINK_SIGMOID);
    check_row(model, (double[]){3, 1}, (double[]){1 / (1 + exp(-3.5))}, 1);
    rc_model_close(model);
}

/* No shape is said: the kernel has one. A binary loss over what is a probability already. */
static void test_width_of_the_kernel(void **state)
{
    (void)state;
    rc_model *model = read_model("{" SEQUENTIAL(
        "{\"class_name\":\"Dropout\",\"config\":{\"name\":\"p\",\"dtype\":\"float32\"}}," DENSE(
            "d", 1, "") "}") ",\"loss\":[\"binary_crossentropy\"]," WEIGHTS "}");
    assert_int_equal(model->n_inputs, 2);
    assert_int_equal(model->task, RC_TASK_BINARY);
    assert_int_equal(model->link, RC_LINK_IDENTITY);
    rc_model_close(model);
}

/* clip(0.2 * 1 + 0.5) and clip(1 / 6 + 0.5). */
static void test_hard_sigmoid_of_both_versions(void **state)
{
    (void)state;
    static const char layers[] =
        SEQUENTIAL(INPUT("x", 1) ",{\"class_name\":\"Activation\",\"config\":{\"name\":\"a\","
                                 "\"activation\":\"hard_sigmoid\"}}");
    char text[600];
    snprintf(text, sizeof(text), "{\"major\":2,%s}", layers);
    check_model(text, (double[]){1}, (double[]){0.7}, 1);
    snprintf(text, sizeof(text), "{\"major\":3,%s}", layers);
    check_model(text, (double[]){1}, (double[]){1.0 / 6 + 0.5}, 1);
}

static void test_softmax_is_multiclass(void **state)
{
    (void)state;
    rc_model *model = read_model("{" SEQUENTIAL(
        INPUT("x", 3) ",{\"class_name\":\"Softmax\",\"config\":{\"name\":\"s\"}}") "}");
    assert_int_equal(model->task, RC_TASK_MULTICLASS);
    assert_int_equal(model->link, RC_LINK_SOFTMAX);
    assert_int_equal(model->n_classes, 3);
    double sum = exp(1) + exp(2) + exp(3);
    check_row(model, (double[]){1, 2, 3}, (double[]){exp(1) / sum, exp(2) / sum, exp(3) / sum}, 3);
    rc_model_close(model);
    model = read_model("{" SEQUENTIAL(
        INPUT("x", 3) ",{\"class_name\":\"Rescaling\",\"config\":{\"name\":\"s\",\"scale\":"
                      "2}}") ",\"loss\":{\"class_name\":\"function\",\"config\":\"sparse_"
                             "categorical_crossentropy\"}}");
    assert_int_equal(model->task, RC_TASK_MULTICLASS);
    assert_int_equal(model->link, RC_LINK_IDENTITY);
    rc_model_close(model);
}

/* float64 layers make the model compute so: 1e-9 is not lost beside 1. */
static void test_float64(void **state)
{
    (void)state;
    rc_model *model = read_model("{" SEQUENTIAL(
        INPUT("x", 2) ",{\"class_name\":\"Dense\",\"config\":{\"name\":\"d\",\"units\":1,"
                      "\"dtype\":{\"class_name\":\"DTypePolicy\",\"config\":{\"name\":\"float64\"}}"
                      "}}") "," WEIGHTS "}");
    assert_int_equal(model->dtype, RC_FLOAT64);
    rc_model_close(model);
}

/* -- graphs --------------------------------------------------------------------------------------
 */

#define CALL(entry, nodes) entry ",\"inbound_nodes\":" nodes "}"
#define FUNCTIONAL(layers, inputs, outputs)                                        \
    "\"class_name\":\"Functional\",\"config\":{\"name\":\"f\",\"layers\":[" layers \
    "],\"input_layers\":" inputs ",\"output_layers\":" outputs "}"

/* d(a) - d(b), a = (1, 0), b = (0, 1): (2 + 0.5) - (-3 + 0.5). The second call is number 1. */
static void test_shared_layer(void **state)
{
    (void)state;
    check_model(
        "{" FUNCTIONAL(
            INPUT("a", 2) "," INPUT("b", 2) "," CALL(
                DENSE("d", 1, ""),
                "[[[\"a\",0,0,{}]],[[\"b\","
                "0,0,{}]]]") "," CALL("{\"class_name\":\"Subtract\",\"config\":{\"name\":\"m\"}",
                                      "[[[\"d\",0,0,{}],[\"d\",1,0,{}]]]"),
            "[[\"a\",0,0],[\"b\",0,0]]", "[[\"m\",0,0]]") "," WEIGHTS "}",
        (double[]){1, 0, 0, 1}, (double[]){5}, 1);
}

/* A model in the model, called twice, whose calls are numbered from 1; layers are listed backwards.
 * Names of inputs are the keys of the dictionary. */
static void test_nested_model_and_keys(void **state)
{
    (void)state;
    rc_model *model = read_model("{" FUNCTIONAL(
        CALL("{\"class_name\":\"Concatenate\",\"config\":{\"name\":\"c\",\"axis\":-1}",
             "[[[\"n\",2,0,{}],[\"n\",1,0,{}]]]") "," CALL("{\"class_name\":\"Functional\","
                                                           "\"name\":\"n\",\"config\":{"
                                                           "\"name\":\"n\",\"layers\":"
                                                           "[" INPUT("i", 1) "," CALL("{\"class_"
                                                                                      "name\":"
                                                                                      "\"Rescali"
                                                                                      "ng\","
                                                                                      "\"config"
                                                                                      "\":{"
                                                                                      "\"name\":"
                                                                                      "\"r\","
                                                                                      "\"scale\""
                                                                                      ":3,"
                                                                                      "\"offset"
                                                                                      "\":1}",
                                                                                      "[[[\"i\","
                                                                                      "0,0,{}]]"
                                                                                      "]") "],"
                                                                                           "\"in"
                                                                                           "put_"
                                                                                           "laye"
                                                                                           "rs\""
                                                                                           ":["
                                                                                           "\"i"
                                                                                           "\","
                                                                                           "0,0]"
                                                                                           ",\"o"
                                                                                           "utpu"
                                                                                           "t_"
                                                                                           "laye"
                                                                                           "rs\""
                                                                                           ":["
                                                                                           "\"r"
                                                                                           "\","
                                                                                           "0,0]"
                                                                                           "}",
                                                           "[[[\"a\",0,0,{}]],[[\"b\",0,0,{"
                                                           "}]]]") "," INPUT("a", 1) "," INPUT("b",
                                                                                               1),
        "{\"age\":[\"a\",0,0],\"size\":[\"b\",0,0]}", "[[\"c\",0,0]]") "}");
    assert_string_equal(model->inputs[0].name, "age");
    assert_string_equal(model->inputs[1].name, "size");
    assert_int_equal(model->task, RC_TASK_REGRESSION);
    check_row(model, (double[]){10, 20}, (double[]){61, 31}, 2);
    rc_model_close(model);
}

/* Links of Keras 3, and an operation with a number: (x + y) / 4 - y. */
static void test_operations(void **state)
{
    (void)state;
#define TENSOR(name) \
    "{\"class_name\":\"__keras_tensor__\",\"config\":{\"keras_history\":[\"" name "\",0,0]}}"
    check_model(
        "{" FUNCTIONAL(
            INPUT("x", 2) "," INPUT("y", 1) "," CALL(
                "{\"class_name\":\"Add\",\"module\":\"keras.src.ops.numpy\",\"config\":{\"name\":"
                "\"p\"}",
                "[{\"args\":[" TENSOR("x") "," TENSOR(
                    "y") "],\"kwargs\":{}}]") "," CALL("{\"class_name\":\"Divide\","
                                                       "\"module\":\"keras.src.ops."
                                                       "numpy\",\"config\":{"
                                                       "\"name\":\"q\"}",
                                                       "[{\"args\":[" TENSOR(
                                                           "p") ",4],\"kwargs\":{}}"
                                                                "]") "," CALL("{\"c"
                                                                              "lass"
                                                                              "_nam"
                                                                              "e\":"
                                                                              "\"Su"
                                                                              "btra"
                                                                              "ct\""
                                                                              ",\"m"
                                                                              "odul"
                                                                              "e\":"
                                                                              "\"ke"
                                                                              "ras."
                                                                              "src."
                                                                              "ops."
                                                                              "nump"
                                                                              "y\","
                                                                              "\"co"
                                                                              "nfig"
                                                                              "\":{"
                                                                              "\"na"
                                                                              "me\""
                                                                              ":\"r"
                                                                              "\"}",
                                                                              "[{"
                                                                              "\"ar"
                                                                              "gs\""
                                                                              ":"
                                                                              "[" TENSOR(
                                                                                  "q") "],"
                                                                                       "\"kwargs\":"
                                                                                       "{\"x2\""
                                                                                       ":" TENSOR(
                                                                                           "y") "}}"
                                                                                                "]"),
            "[[\"x\",0,0],[\"y\",0,0]]", "[[\"r\",0,0]]") "}",
        (double[]){2, 6, 2}, (double[]){-1, 0}, 2);
}

static void test_outputs_are_targets(void **state)
{
    (void)state;
    rc_model *model =
        read_model("{" FUNCTIONAL(INPUT("x", 2) "," CALL(DENSE("d", 1, ""), "[[[\"x\",0,0,{}]]]"),
                                  "[[\"x\",0,0]]", "[[\"x\",0,0],[\"d\",0,0]]") "," WEIGHTS "}");
    assert_string_equal(model->targets[1], "x_1");
    assert_string_equal(model->targets[2], "d");
    check_row(model, (double[]){3, 1}, (double[]){3, 1, 3.5}, 3);
    rc_model_close(model);
}

/* -- layers --------------------------------------------------------------------------------------
 */

/* The row (1, -2) times 127 / (2 + 1e-7), which is 63.5 as float32, is (64, -127), halves rounded
 * to even; times the kernel (3, -1): 319; divided by kernel_scale 2 and the 63.5. */
static void test_dense_of_8_bits(void **state)
{
    (void)state;
    check_model(
        "{" SEQUENTIAL(INPUT(
            "x",
            2) ",{\"class_name\":\"Dense\",\"config\":{\"name\":\"d\",\"units\":1,\"use_bias\":"
               "false,"
               "\"dtype\":{\"class_name\":\"QuantizedDTypePolicy\",\"config\":{\"name\":\"int8_"
               "from_float32\"}}}}") ",\"layout\":2,\"weights\":{\"d\":{\"0\":{\"shape\":[2,1],"
                                     "\"type\":\"i8\",\"values\":[3,-1]},"
                                     "\"1\":{\"shape\":[1],\"values\":[2]}}}}",
        (double[]){1, -2}, (double[]){319.0 / 127}, 1);
}

/* gamma (x - mean) / sqrt(variance + 0.001) + beta: 2 (5 - 1) / sqrt(3.999 + 0.001) + 3 = 7. */
static void test_batch_normalization(void **state)
{
    (void)state;
    check_model(
        "{" SEQUENTIAL(INPUT(
            "x", 1) ",{\"class_name\":\"BatchNormalization\",\"config\":{\"name\":\"b\",\"axis\":["
                    "1]}}") ",\"weights\":{\"b\":{\"moving_mean\":{\"shape\":[1],\"values\":[1]},"
                            "\"gamma\":{\"shape\":[1],\"values\":[2]},"
                            "\"moving_variance\":{\"shape\":[1],\"values\":[3.999]},\"beta\":{"
                            "\"shape\":[1],\"values\":[3]}}}}",
        (double[]){5}, (double[]){7}, 1);
}

#define TEXTS                                                                             \
    "{\"class_name\":\"InputLayer\",\"config\":{\"name\":\"x\",\"batch_shape\":[null,1]," \
    "\"dtype\":\"string\"}}"

/* "a" is 2, "b" 3, any other word 1, a missing one 0. */
static void test_lookup_of_texts(void **state)
{
    (void)state;
    rc_model *model = read_model(
        "{" SEQUENTIAL(TEXTS ",{\"class_name\":\"StringLookup\",\"config\":{\"name\":\"l\","
                             "\"vocabulary\":[\"\",\"[UNK]\",\"a\",\"b\"],\"mask_token\":\"\","
                             "\"oov_token\":\"[UNK]\"}}") "}");
    const rc_model_input *input = &model->inputs[0];
    assert_true(input->is_category);
    assert_int_equal(input->n_values, 3);
    assert_string_equal(input->name, "x");
    assert_int_equal(input->missing, RC_MISSING_VALUE);
    assert_string_equal(input->values[(size_t)input->missing_value], "(missing)");
    for (size_t i = 0; i < 3; i++) {
        double y = strcmp(input->values[i], "a") == 0   ? 2
                   : strcmp(input->values[i], "b") == 0 ? 3
                                                        : 0;
        check_row(model, (double[]){(double)i}, &y, 1);
    }
    check_row(model, (double[]){-1}, (double[]){1}, 1);
    rc_model_close(model);
}

/* What adapt() found stands beside the weights. Without a mask, a missing word is unknown. */
static void test_lookup_of_an_asset(void **state)
{
    (void)state;
    rc_model *model = read_model("{" SEQUENTIAL(
        TEXTS ",{\"class_name\":\"StringLookup\",\"config\":{\"name\":\"l\","
              "\"vocabulary\":null,\"mask_token\":null,\"oov_token\":\"[UNK]\",\"output_mode\":"
              "\"one_hot\"}}") ",\"assets\":{\"l\":\"[UNK]\\nred\\nblue\\n\"}}");
    assert_int_equal(model->inputs[0].n_values, 2);
    assert_int_equal(model->inputs[0].missing, RC_MISSING_UNKNOWN);
    bool is_red_first = strcmp(model->inputs[0].values[0], "red") == 0;
    check_row(model, (double[]){0}, (double[]){0, is_red_first, !is_red_first}, 3);
    check_row(model, (double[]){-1}, (double[]){1, 0, 0}, 3);
    rc_model_close(model);
}

/* Keys that float32 does not hold are values of a category. */
static void test_lookup_of_large_numbers(void **state)
{
    (void)state;
    rc_model *model = read_model("{" SEQUENTIAL(
        INPUT("x", 1) ",{\"class_name\":\"IntegerLookup\",\"config\":{\"name\":\"l\","
                      "\"vocabulary\":[16777217,16777218],\"mask_token\":null}}") "}");
    assert_true(model->inputs[0].is_category);
    assert_string_equal(model->inputs[0].values[0], "16777217");
    check_row(model, (double[]){1}, (double[]){2}, 1);
    rc_model_close(model);
}

/* Rows of 2 x 3: columns (1, 2, 3), (4, 5, 6); transposed; one of them pooled. */
static void test_shapes(void **state)
{
    (void)state;
#define SHAPED(layer)                                                                       \
    "{" SEQUENTIAL(INPUT("x", 6) ",{\"class_name\":\"Reshape\",\"config\":{\"name\":\"r\"," \
                                 "\"target_shape\":[2,-1]}}," layer) "}"
    static const double x[] = {1, 2, 3, 4, 5, 6};
    check_model(SHAPED("{\"class_name\":\"Permute\",\"config\":{\"name\":\"p\",\"dims\":[2,1]}}"),
                x, (double[]){1, 4, 2, 5, 3, 6}, 6);
    check_model(SHAPED("{\"class_name\":\"GlobalAveragePooling1D\",\"config\":{\"name\":\"p\"}}"),
                x, (double[]){2.5, 3.5, 4.5}, 3);
    check_model(SHAPED("{\"class_name\":\"GlobalMaxPooling1D\",\"config\":{\"name\":\"p\"}}"), x,
                (double[]){4, 5, 6}, 3);
}

/* -- weights alone -------------------------------------------------------------------------------
 */

#define NORM                                                                                   \
    "\"b\":{\"gamma\":{\"shape\":[1],\"values\":[2]},\"beta\":{\"shape\":[1],\"values\":[3]}," \
    "\"moving_mean\":{\"shape\":[1],\"values\":[1]},\"moving_variance\":{\"shape\":[1],"       \
    "\"values\":[3.999]}}"

/* relu(2.5 - 3 * ... ) = 2 * 3 - 3 * 1 + 0.5 = 3.5; 2 (3.5 - 1) / 2 + 3 = 5.5; 5.5 * -3 = -16.5. */
static void test_weights_alone(void **state)
{
    (void)state;
    check_model("{\"architecture\":\" relu, "
                "linear\",\"layout\":1,\"weights\":{\"a\":{\"kernel\":{\"shape\":[2,1],"
                "\"values\":[2,-3]},\"bias\":{\"shape\":[1],\"values\":[0.5]}}," NORM
                ",\"none\":{},"
                "\"c\":{\"kernel\":{\"shape\":[1,1],\"values\":[-3]}}}}",
                (double[]){3, 1}, (double[]){-16.5}, 1);
    /* the same without names, in which layers are counted: (2 * 3 - 3 * 1 + 0.5) * -3 */
    check_model("{\"architecture\":\"relu,linear\",\"layout\":3,\"weights\":{"
                "\"dense\":{\"0\":{\"shape\":[2,1],\"values\":[2,-3]},"
                "\"1\":{\"shape\":[1],\"values\":[0.5]}},"
                "\"dense_1\":{\"0\":{\"shape\":[1,1],\"values\":[-3]}}}}",
                (double[]){3, 1}, (double[]){-10.5}, 1);
}

#define USAGE \
    "\n  give --architecture the JSON of model.to_json(), or the activations: relu,relu,sigmoid"

static void test_weights_alone_that_do_not_fit(void **state)
{
    (void)state;
    check_failure("{\"weights\":{}}", "the file holds weights alone, and no configuration" USAGE);
    check_failure("{\"weights\":{},\"architecture\":\"relu\"}", "the file has no Dense layer");
    check_failure("{\"weights\":{\"a\":{\"kernel\":[2,1]}},\"architecture\":\"relu,relu\"}",
                  "2 activations are given for 1 Dense layers" USAGE);
    check_failure("{\"weights\":{\"a\":{\"kernel\":[2,1]},\"b\":{\"kernel\":[2,1]}},"
                  "\"architecture\":\"relu,relu\"}",
                  "layer 1 'b' (Dense): weights for 2 columns, but 1 are read");
    check_failure(
        "{\"weights\":{\"a\":{\"kernel\":[2,3],\"more\":[2,3]}},\"architecture\":\"relu\"}",
        "layer 0 'a' (?): its weights are neither of Dense nor of BatchNormalization\n"
        "  give --architecture the JSON of model.to_json()");
    check_failure("{\"layout\":3,\"weights\":{\"dense\":{\"0\":[2,1],\"1\":[1]},"
                  "\"BatchNormalization\":{\"0\":[1]}},\"architecture\":\"relu\"}",
                  "the order of its layers is not in the file\n  give --architecture the JSON of "
                  "model.to_json()");
    check_failure("{\"weights\":{\"a\":\"a damaged group\"},\"architecture\":\"relu\"}",
                  "layer 0 'a' (?): a damaged group");
}

/* -- failures that the cases of tests/cli/keras_refused.py do not reach --------------------------
 */

static void test_failures(void **state)
{
    (void)state;
    check_failure("{" SEQUENTIAL(INPUT("x", 2) "," DENSE(
                      "d", 1, "") "}") ",\"weights\":{\"d\":\"a damaged array\"}}",
                  "layer 1 'd' (Dense): a damaged array");
    check_failure(
        "{" SEQUENTIAL(INPUT(
            "x", 1) ",{\"class_name\":\"Embedding\",\"config\":{\"name\":\"e\",\"input_dim\":2,"
                    "\"output_dim\":3,\"dtype\":\"int8_from_float32\"}}") ",\"weights\":{\"e\":{"
                                                                          "\"embeddings\":[2,3]}}}",
        "layer 1 'e' (Embedding): an Embedding of 8 bits is not supported");
    check_failure(
        "{" SEQUENTIAL(INPUT(
            "x",
            2) ",{\"class_name\":\"Embedding\",\"config\":{\"name\":\"e\",\"input_dim\":2,"
               "\"output_dim\":3,\"mask_zero\":true}},{\"class_name\":\"GlobalAveragePooling1D\","
               "\"config\":{\"name\":\"p\"}}") ",\"weights\":{\"e\":{\"embeddings\":[2,3]}}}",
        "layer 2 'p' (GlobalAveragePooling1D): it leaves out what an Embedding with 'mask_zero' "
        "masks");
    check_failure("{" SEQUENTIAL(TEXTS ",{\"class_name\":\"StringLookup\",\"config\":{\"name\":"
                                       "\"l\"}}") ",\"assets\":{\"l\":[]}}",
                  "layer 1 'l' (StringLookup): no such asset");
}

/* Each of 15 models calls the next one twice: 2^15 calls of the innermost, and more of its layers.
 */
static void test_models_that_multiply(void **state)
{
    (void)state;
    enum { DEPTH = 15 };
    char *inner = strdup("{\"class_name\":\"Dropout\",\"config\":{\"name\":\"m16\"}");
    assert_non_null(inner);
    for (int i = DEPTH; i >= 0; i--) {
        rc_buf text = {0};
        assert_true(rc_buf_printf(
            &text,
            "{\"class_name\":\"Functional\",\"name\":\"m%d\",\"config\":{\"name\":\"m%d\","
            "\"layers\":"
            "[" INPUT("x", 1) ",%s,\"inbound_nodes\":[[[\"x\",0,0,{}]],[[\"m%d\",0,0,{}]]]}],"
                              "\"input_layers\":[[\"x\",0,0]],\"output_layers\":[[\"m%d\",1,0]]}",
            i, i, inner, i + 1, i + 1));
        free(inner);
        inner = text.data;
    }
    size_t n = strlen(inner);
    inner[n] = '}'; /* in place of the NUL: there is room for more */
    rc_keras_store *store = fake_open(inner, n + 1);
    rc_tape *tape;
    rc_error err = {0};
    assert_non_null(store);
    assert_int_equal(rc_tape_open(&tape, NULL), RC_OK);
    assert_int_equal(rc_keras_read_store(tape, store, &store->file, &err), RC_E_MODEL);
    assert_non_null(strstr(err.text, "the model calls its layers more than 100000 times"));
    rc_tape_close(tape);
    rc_keras_store_close(store);
    free(inner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sigmoid_is_a_link),
        cmocka_unit_test(test_list_of_layers_and_logits),
        cmocka_unit_test(test_width_of_the_kernel),
        cmocka_unit_test(test_hard_sigmoid_of_both_versions),
        cmocka_unit_test(test_softmax_is_multiclass),
        cmocka_unit_test(test_float64),
        cmocka_unit_test(test_shared_layer),
        cmocka_unit_test(test_nested_model_and_keys),
        cmocka_unit_test(test_operations),
        cmocka_unit_test(test_outputs_are_targets),
        cmocka_unit_test(test_dense_of_8_bits),
        cmocka_unit_test(test_batch_normalization),
        cmocka_unit_test(test_lookup_of_texts),
        cmocka_unit_test(test_lookup_of_an_asset),
        cmocka_unit_test(test_lookup_of_large_numbers),
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_weights_alone),
        cmocka_unit_test(test_weights_alone_that_do_not_fit),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_models_that_multiply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
