/* test_tape.c - models that readers of other formats make, step by step; what is expected is
 * arithmetic done here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/foreign/compose.h"
#include "plans.h"

static rc_tape *new_tape(rc_dtype dtype)
{
    rc_tape *tape;
    assert_int_equal(rc_tape_open(&tape, NULL), RC_OK);
    rc_tape_set_dtype(tape, dtype);
    return tape;
}

/* n inputs x0, x1 ... joined. */
static rc_value inputs_of(rc_tape *tape, size_t n)
{
    rc_value *v = calloc(n, sizeof(*v));
    for (size_t i = 0; i < n; i++) {
        char name[24];
        snprintf(name, sizeof(name), "x%zu", i);
        v[i] = rc_tape_number(tape, name, false);
    }
    rc_value joined = rc_tape_concat(tape, v, n);
    free(v);
    assert_int_not_equal(joined, RC_NO_VALUE);
    return joined;
}

/* The bytes of the model, asked for in pieces. */
static rc_buf bytes_of(const rc_tape *tape, size_t piece)
{
    rc_buf all = {0};
    uint64_t n = rc_tape_bytes(tape);
    while (all.n < n) {
        size_t take = n - all.n < piece ? (size_t)(n - all.n) : piece;
        assert_int_equal(rc_tape_read(tape, all.n, take, &all, NULL), RC_OK);
    }
    return all;
}

static rc_model *finish(rc_tape *tape, rc_value from)
{
    rc_error err = {0};
    rc_model *model;
    rc_tape_output output = {.task = RC_TASK_REGRESSION, .from = from, .link = RC_LINK_IDENTITY};
    if (rc_tape_finish(tape, &output, &err) != RC_OK)
        fail_msg("%s", err.text);
    rc_buf whole = bytes_of(tape, SIZE_MAX), pieces = bytes_of(tape, 7);
    assert_int_equal(whole.n, pieces.n);
    assert_memory_equal(whole.data, pieces.data, whole.n);
    if (rc_model_parse(&model, whole.data, whole.n, &err) != RC_OK)
        fail_msg("%s", err.text);
    rc_buf_release(&whole);
    rc_buf_release(&pieces);
    return model;
}

/* Scores one row; y (n) is what is expected, within `within` of it or of 1. */
static void check_row(rc_tape *tape, rc_value from, const double *x, const double *y, size_t n,
                      double within)
{
    rc_model *model = finish(tape, from);
    check_scores_of(model, x, y, n, within);
    rc_model_close(model);
    rc_tape_close(tape);
}

static void check_failure(rc_tape *tape, const char *text)
{
    rc_error err = {0};
    rc_tape_output output = {.from = 0};
    assert_int_equal(rc_tape_finish(tape, &output, &err), RC_E_MODEL);
    assert_string_equal(err.text, text);
    rc_tape_close(tape);
}

/* Bits of IEEE 754 binary16 and bfloat16, and two's complement. */
static void test_numbers_of_all_types(void **state)
{
    (void)state;
    static const uint16_t half[] = {0x3c00, 0x7bff, 0x0001, 0xc000, 0x8000, 0xfc00, 0x03ff};
    static const double halves[] = {1, 65504, 0x1p-24, -2, -0.0, -HUGE_VAL, 1023 * 0x1p-24};
    for (size_t i = 0; i < 7; i++)
        assert_true(rc_number_at(RC_NUMBER_F16, half, i) == halves[i]);
    static const uint16_t nan_half = 0x7e00, brain[] = {0x3f80, 0xc040};
    assert_true(isnan(rc_number_at(RC_NUMBER_F16, &nan_half, 0)));
    assert_true(rc_number_at(RC_NUMBER_BF16, brain, 0) == 1);
    assert_true(rc_number_at(RC_NUMBER_BF16, brain, 1) == -3);
    static const unsigned char ones[] = {255, 255, 255, 255, 255, 255, 255, 255};
    static const double all_ones[] = {
        [RC_NUMBER_I64] = -1,    [RC_NUMBER_I32] = -1,     [RC_NUMBER_I16] = -1,
        [RC_NUMBER_I8] = -1,     [RC_NUMBER_U64] = 0x1p64, [RC_NUMBER_U32] = 4294967295.0,
        [RC_NUMBER_U16] = 65535, [RC_NUMBER_U8] = 255,     [RC_NUMBER_BOOL] = 1,
    };
    for (int type = RC_NUMBER_I64; type <= RC_NUMBER_BOOL; type++)
        assert_true(rc_number_at((rc_number_type)type, ones, 0) == all_ones[type]);
    const double d = -1.5;
    const float f = 0.1f;
    assert_true(rc_number_at(RC_NUMBER_F64, &d, 0) == -1.5);
    assert_true(rc_number_at(RC_NUMBER_F32, &f, 0) == (double)0.1f);
    assert_int_equal(rc_number_bytes(RC_NUMBER_BF16), 2);
    assert_false(rc_number_is_narrow(RC_NUMBER_I32));
}

/* A layer as torch has it: (n_out, n_in), and as Keras: (n_in, n_out). All sums are whole. */
static void check_dense(bool is_transposed, rc_number_type type, size_t n_in, size_t n_out)
{
    rc_tape *tape = new_tape(RC_FLOAT32);
    rc_value in = inputs_of(tape, n_in);
    size_t size = rc_number_bytes(type);
    char *weights = malloc(n_in * n_out * size);
    double *x = calloc(n_in, sizeof(double)), *y = calloc(n_out, sizeof(double));
    double *bias = calloc(n_out, sizeof(double));
    for (size_t i = 0; i < n_in; i++) {
        x[i] = (double)(i % 5);
        for (size_t o = 0; o < n_out; o++) {
            double w = (double)((i * 7 + o * 3) % 11) - 5;
            size_t at = is_transposed ? o * n_in + i : i * n_out + o;
            float narrow = (float)w;
            int8_t tiny = (int8_t)w;
            memcpy(weights + at * size,
                   type == RC_NUMBER_F64   ? (void *)&w
                   : type == RC_NUMBER_F32 ? (void *)&narrow
                                           : (void *)&tiny,
                   size);
            y[o] += x[i] * w;
        }
    }
    for (size_t o = 0; o < n_out; o++)
        y[o] += bias[o] = (double)o;
    rc_matrix m = is_transposed ? rc_matrix_transposed(type, weights, n_in, n_out)
                                : rc_matrix_of(type, weights, n_in, n_out);
    check_row(tape, rc_tape_dense(tape, &in, 1, &m, bias), x, y, n_out, 0);
    free(weights);
    free(x);
    free(y);
    free(bias);
}

static void test_dense_of_any_layout(void **state)
{
    (void)state;
    static const rc_number_type types[] = {RC_NUMBER_F64, RC_NUMBER_F32, RC_NUMBER_I8};
    for (int transposed = 0; transposed < 2; transposed++)
        for (size_t t = 0; t < 3; t++) {
            check_dense(transposed != 0, types[t], 3, 2);
            check_dense(transposed != 0, types[t], 37, 41);
            check_dense(transposed != 0, types[t], 64, 1);
        }
}

static void test_reductions(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    const double sums[] = {1 + 3 + 5, 2 + 4 + 6, 7 + 9 + 11, 8 + 10 + 12};
    rc_tape *tape = new_tape(RC_FLOAT64);
    check_row(tape, rc_compose_reduce(tape, RC_FN_ADD, inputs_of(tape, 12), 2, 3, 2), x, sums, 4,
              0);
    const double products[] = {1.0 * 2 * 3 * 4 * 5 * 6, 7.0 * 8 * 9 * 10 * 11 * 12};
    tape = new_tape(RC_FLOAT64);
    check_row(tape, rc_compose_reduce(tape, RC_FN_MUL, inputs_of(tape, 12), 2, 6, 1), x, products,
              2, 0);
    const double most[] = {12};
    tape = new_tape(RC_FLOAT64);
    check_row(tape, rc_compose_reduce(tape, RC_FN_MAX, inputs_of(tape, 12), 1, 12, 1), x, most, 1,
              0);
    const double means[] = {2.5, 6.5, 10.5};
    tape = new_tape(RC_FLOAT64);
    check_row(tape, rc_compose_mean(tape, inputs_of(tape, 12), 3, 4), x, means, 3, 0);
    const double all[] = {78};
    tape = new_tape(RC_FLOAT64);
    check_row(tape, rc_compose_reduce(tape, RC_FN_ADD, inputs_of(tape, 12), 1, 12, 1), x, all, 1,
              0);
    const double one[] = {1, 2};
    tape = new_tape(RC_FLOAT64);
    check_row(tape, rc_compose_reduce(tape, RC_FN_MIN, inputs_of(tape, 2), 2, 1, 1), x, one, 2, 0);
}

static void test_layer_norm(void **state)
{
    (void)state;
    const double x[] = {1, 2, 4, -3, 0, 5}, scale[] = {1, 2, -1}, shift[] = {0, 0.5, 1};
    double y[6], rms[6];
    for (size_t g = 0; g < 2; g++) {
        const double *v = x + 3 * g;
        double mean = (v[0] + v[1] + v[2]) / 3, variance = 0, square = 0;
        for (size_t i = 0; i < 3; i++) {
            variance += (v[i] - mean) * (v[i] - mean) / 3;
            square += v[i] * v[i] / 3;
        }
        for (size_t i = 0; i < 3; i++) {
            y[3 * g + i] = (v[i] - mean) / sqrt(variance + 0.001) * scale[i] + shift[i];
            rms[3 * g + i] = v[i] / sqrt(square + 0.001);
        }
    }
    rc_tape *tape = new_tape(RC_FLOAT64);
    rc_value v = inputs_of(tape, 6);
    check_row(tape, rc_compose_layer_norm(tape, v, 2, 3, 0.001, scale, shift, false), x, y, 6,
              1e-15);
    tape = new_tape(RC_FLOAT64);
    v = inputs_of(tape, 6);
    check_row(tape, rc_compose_layer_norm(tape, v, 2, 3, 0.001, NULL, NULL, true), x, rms, 6,
              1e-15);
}

static void test_argmax_of_equals(void **state)
{
    (void)state;
    const double x[] = {3, 7, 7, 1, -1, -1, -1, -2}, first[] = {1, 0}, last[] = {2, 2};
    rc_tape *tape = new_tape(RC_FLOAT32);
    check_row(tape, rc_compose_argmax(tape, inputs_of(tape, 8), 2, 4, false), x, first, 2, 0);
    tape = new_tape(RC_FLOAT32);
    check_row(tape, rc_compose_argmax(tape, inputs_of(tape, 8), 2, 4, true), x, last, 2, 0);
}

static void test_small_ones(void **state)
{
    (void)state;
    const double x[] = {-2.5, 3.7, -0.5, 8}, slope[] = {0.5, 9, 0.25, 9}, zeros[4] = {0};
    const double sloped[] = {-1.25, 3.7, -0.125, 8}, relu[] = {0, 3.7, 0, 8};
    rc_tape *tape = new_tape(RC_FLOAT64);
    check_row(tape, rc_compose_prelu(tape, inputs_of(tape, 4), slope), x, sloped, 4, 0);
    tape = new_tape(RC_FLOAT64);
    check_row(tape, rc_compose_prelu(tape, inputs_of(tape, 4), zeros), x, relu, 4, 0);
    const double whole[] = {-2, 3, -0.0, 8};
    tape = new_tape(RC_FLOAT64);
    check_row(tape, rc_compose_truncate(tape, inputs_of(tape, 4)), x, whole, 4, 0);
    const double halves[] = {1 / (1 + exp(6.2)), 1 / (1 + exp(-6.2)), 1 / (1 + exp(8.5)),
                             1 / (1 + exp(-8.5))};
    tape = new_tape(RC_FLOAT64);
    check_row(tape, rc_compose_softmax(tape, inputs_of(tape, 4), 2, 2, false), x, halves, 4, 1e-15);
    const double repeated[] = {-2.5, -2.5, 3.7, 3.7, -0.5, -0.5, 8, 8};
    tape = new_tape(RC_FLOAT64);
    check_row(tape, rc_compose_repeat(tape, inputs_of(tape, 4), 2), x, repeated, 8, 0);
}

static void test_functions_with_constants(void **state)
{
    (void)state;
    const double x[] = {2, 3}, c[] = {4, 5}, twos[] = {2, 2};
    static const struct {
        rc_elementwise fn;
        bool is_first;
        double y[2];
    } cases[] = {
        {RC_FN_ADD, false, {6, 8}},         {RC_FN_SUB, false, {-2, -2}},
        {RC_FN_SUB, true, {2, 2}},          {RC_FN_MUL, true, {8, 15}},
        {RC_FN_DIV, false, {0.5, 3.0 / 5}}, {RC_FN_DIV, true, {2, 5.0 / 3}},
        {RC_FN_POW, false, {16, 243}},      {RC_FN_POW, true, {16, 125}},
        {RC_FN_MAX, false, {4, 5}},         {RC_FN_LT, false, {1, 1}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        rc_tape *tape = new_tape(RC_FLOAT64);
        rc_value v = inputs_of(tape, 2);
        check_row(tape, rc_compose_with_constant(tape, cases[i].fn, v, c, cases[i].is_first), x,
                  cases[i].y, 2, 0);
    }
    const double squares[] = {4, 9};
    rc_tape *tape = new_tape(RC_FLOAT64);
    rc_value v = inputs_of(tape, 2);
    check_row(tape, rc_compose_with_constant(tape, RC_FN_POW, v, twos, false), x, squares, 2, 0);
}

/* Infinities have no word in JSON among the operands of a step. */
static void test_operands_that_are_not_finite(void **state)
{
    (void)state;
    const double x[] = {-1, 1}, y[] = {-HUGE_VAL, HUGE_VAL};
    rc_tape *tape = new_tape(RC_FLOAT32);
    rc_value v = inputs_of(tape, 2);
    check_row(tape, rc_tape_apply2(tape, RC_FN_MUL, rc_of_value(v), rc_of_number((double)INFINITY)),
              x, y, 2, 0);
}

static void test_steps_of_one_column(void **state)
{
    (void)state;
    const double keys[] = {1, 2, 3}, rows[] = {10, 11, 20, 21, 30, 31}, none[] = {-1, -2};
    const double x[] = {2}, y[] = {20, 21, 0, 1, 0, 1, 0, 1, 0};
    const double edges[] = {1, 2.5};
    rc_tape *tape = new_tape(RC_FLOAT32);
    rc_value v = inputs_of(tape, 1);
    rc_matrix table = rc_matrix_of(RC_NUMBER_F64, rows, 3, 2);
    rc_value parts[] = {
        rc_tape_lookup_numbers(tape, v, keys, 3, &table, none),
        rc_tape_onehot_numbers(tape, v, keys, 3, true),
        rc_tape_bin(tape, v, edges, 2, false, false),
        rc_tape_bin(tape, v, edges, 2, false, true),
    };
    check_row(tape, rc_tape_concat(tape, parts, 4), x, y, 9, 0);
}

static void test_categories(void **state)
{
    (void)state;
    static const char *const values[] = {"red", "green", "7"};
    const double rows[] = {10, 20, 30}, none[] = {-1};
    rc_tape *tape = new_tape(RC_FLOAT32);
    rc_category category = {.values = values, .n_values = 3, .missing = "7"};
    rc_value v = rc_tape_category(tape, "colour", &category);
    rc_matrix table = rc_matrix_of(RC_NUMBER_F64, rows, 3, 1);
    rc_value parts[] = {rc_tape_onehot_texts(tape, v, values, 3, false),
                        rc_tape_lookup_texts(tape, v, values, 3, &table, none)};
    const double green[] = {1}, unknown[] = {-1}, y[] = {0, 1, 0, 20}, y_unknown[] = {0, 0, 0, -1};
    rc_value joined = rc_tape_concat(tape, parts, 2);
    rc_model *model = finish(tape, joined);
    assert_true(model->inputs[0].is_category);
    assert_int_equal(model->inputs[0].missing, RC_MISSING_VALUE);
    assert_true(model->inputs[0].missing_value == 2);
    rc_plan *plan = compile(model, RC_CPU_SCALAR, false);
    rc_scratch scratch;
    assert_int_equal(rc_scratch_init(&scratch, plan, NULL), RC_OK);
    float *column = rc_scratch_input(&scratch, plan, 0);
    for (size_t r = 0; r < RC_TILE_ROWS; r++)
        column[r] = (float)(r == 0 ? green[0] : unknown[0]);
    rc_plan_run(plan, &scratch);
    for (size_t k = 0; k < 4; k++) {
        assert_true(scratch.value[k * RC_TILE_ROWS] == y[k]);
        assert_true(scratch.value[k * RC_TILE_ROWS + 1] == y_unknown[k]);
    }
    rc_scratch_release(&scratch);
    rc_plan_close(plan);
    rc_model_close(model);
    rc_tape_close(tape);
}

/* A layer's last function becomes the link; one in between does not. */
static void test_peel(void **state)
{
    (void)state;
    rc_tape *tape = new_tape(RC_FLOAT32);
    rc_value v = inputs_of(tape, 1);
    rc_value relu = rc_tape_activation(tape, v, RC_ACT_RELU, NULL);
    rc_value sigmoid = rc_tape_activation(tape, relu, RC_ACT_SIGMOID, NULL);
    assert_int_equal(rc_tape_peel_activation(tape, relu, RC_ACT_RELU), RC_NO_VALUE);
    assert_int_equal(rc_tape_peel_activation(tape, sigmoid, RC_ACT_TANH), RC_NO_VALUE);
    assert_int_equal(rc_tape_peel_softmax(tape, sigmoid), RC_NO_VALUE);
    assert_int_equal(rc_tape_peel_activation(tape, sigmoid, RC_ACT_SIGMOID), relu);
    assert_int_equal(rc_tape_n_steps(tape), 1);
    rc_value softmax = rc_tape_softmax(tape, relu, false);
    assert_int_equal(rc_tape_peel_softmax(tape, softmax), relu);
    rc_value log = rc_tape_softmax(tape, relu, true);
    assert_int_equal(rc_tape_peel_softmax(tape, log), RC_NO_VALUE);
    rc_tape_close(tape);
}

/* Layers of one name, and one that is called like an input. */
static void test_names_are_made_distinct(void **state)
{
    (void)state;
    rc_tape *tape = new_tape(RC_FLOAT32);
    rc_value v = inputs_of(tape, 1);
    rc_tape_label(tape, "x0");
    for (size_t i = 0; i < 3; i++)
        v = rc_tape_activation(tape, v, RC_ACT_RELU, NULL);
    rc_tape_label(tape, "x0.2");
    v = rc_tape_activation(tape, v, RC_ACT_RELU, NULL);
    rc_tape_label(tape, "\xff");
    v = rc_tape_activation(tape, v, RC_ACT_RELU, NULL);
    rc_model *model = finish(tape, v);
    static const char *const names[] = {"x0.2", "x0.3", "x0.4", "x0.2.2", "step"};
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(model->steps[i].out, names[i]);
    rc_model_close(model);
    rc_tape_close(tape);
}

static void test_failures_are_kept(void **state)
{
    (void)state;
    const double one = 1, two[] = {1, 2};
    const size_t far = 3;
    rc_matrix m = rc_matrix_of(RC_NUMBER_F64, &one, 1, 1);
    rc_tape *tape = new_tape(RC_FLOAT32);
    rc_value v = inputs_of(tape, 3);
    assert_int_equal(rc_tape_dense(tape, &v, 1, &m, NULL), RC_NO_VALUE);
    assert_int_equal(rc_tape_softmax(tape, v, false), RC_NO_VALUE);
    assert_int_equal(rc_tape_width(tape, RC_NO_VALUE), 0);
    check_failure(tape, "weights for 1 columns, but 3 are read");
    tape = new_tape(RC_FLOAT32);
    v = inputs_of(tape, 3);
    rc_tape_apply2(tape, RC_FN_ADD, rc_of_value(v), rc_of_value(rc_tape_slice(tape, v, 0, 2)));
    check_failure(tape, "operands of 2 and 3 columns");
    tape = new_tape(RC_FLOAT32);
    rc_tape_select(tape, inputs_of(tape, 3), &far, 1);
    check_failure(tape, "column 3 of 3 is asked for");
    tape = new_tape(RC_FLOAT32);
    rc_tape_slice(tape, inputs_of(tape, 3), 1, 3);
    check_failure(tape, "columns 1 to 4 of 3 are asked for");
    tape = new_tape(RC_FLOAT32);
    rc_tape_lookup_numbers(tape, inputs_of(tape, 1), two, 2, &m, &one);
    check_failure(tape, "2 keys, but 1 rows of values");
    tape = new_tape(RC_FLOAT32);
    rc_tape_concat(tape, NULL, 0);
    check_failure(tape, "makes no column");
    tape = new_tape(RC_FLOAT32);
    rc_compose_reduce(tape, RC_FN_ADD, inputs_of(tape, 3), 1, 0, 1);
    check_failure(tape, "reduces no column");
    tape = new_tape(RC_FLOAT32);
    rc_tape_number(tape, "a", false);
    rc_tape_number(tape, "a", false);
    check_failure(tape, "two inputs are called 'a'");
    tape = new_tape(RC_FLOAT32);
    check_failure(tape, "a value that does not exist is read");
}

static void test_limits(void **state)
{
    (void)state;
    static const double zero = 0;
    rc_tape *tape = new_tape(RC_FLOAT32);
    rc_value v = inputs_of(tape, 1);
    for (size_t i = 0; i <= RC_MODEL_MAX_STEPS; i++)
        v = rc_tape_activation(tape, v, RC_ACT_RELU, NULL);
    check_failure(tape, "the model takes more than 10000 steps");
    tape = new_tape(RC_FLOAT32);
    v = inputs_of(tape, 1);
    rc_matrix wide = {RC_NUMBER_F64, &zero, 1, RC_MODEL_MAX_INPUTS + 1, 0, 0};
    rc_tape_dense(tape, &v, 1, &wide, NULL);
    check_failure(tape, "makes 1000001 columns, more than can be scored");
    tape = new_tape(RC_FLOAT32);
    v = inputs_of(tape, 1000);
    wide = (rc_matrix){RC_NUMBER_F64, &zero, 1000, 600000, 0, 0};
    rc_tape_dense(tape, &v, 1, &wide, NULL);
    check_failure(tape, "more than 536870912 numbers in an array");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_of_all_types),
        cmocka_unit_test(test_dense_of_any_layout),
        cmocka_unit_test(test_reductions),
        cmocka_unit_test(test_layer_norm),
        cmocka_unit_test(test_argmax_of_equals),
        cmocka_unit_test(test_small_ones),
        cmocka_unit_test(test_functions_with_constants),
        cmocka_unit_test(test_operands_that_are_not_finite),
        cmocka_unit_test(test_steps_of_one_column),
        cmocka_unit_test(test_categories),
        cmocka_unit_test(test_peel),
        cmocka_unit_test(test_names_are_made_distinct),
        cmocka_unit_test(test_failures_are_kept),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
