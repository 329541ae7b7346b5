/* test_model_steps.c - good categories and steps: every parameter arrives, with its default. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models.h"

static rc_model *parse(const char *dtype, const char *inputs, const char *steps)
{
    rc_buf text = model_text(dtype, inputs, steps);
    rc_model *model = NULL;
    rc_error err = {0};
    if (rc_model_parse(&model, text.data, text.n, &err) != RC_OK)
        fail_msg("%s", err.text);
    rc_buf_release(&text);
    return model;
}

static rc_model *parse_steps(const char *steps)
{
    return parse("float64", MODEL_INPUTS, steps);
}

/* NaN equals NaN here. */
static void assert_numbers(const rc_array *array, size_t n_rows, size_t n_cols,
                           const double *expected)
{
    assert_int_equal(array->n_rows, n_rows);
    assert_int_equal(array->n_cols, n_cols);
    assert_non_null(array->data);
    for (size_t i = 0; i < n_rows * n_cols; i++)
        assert_true(array->data[i] == expected[i] || (isnan(array->data[i]) && isnan(expected[i])));
}

static void assert_sizes(const size_t *found, size_t n, const size_t *expected)
{
    for (size_t i = 0; i < n; i++)
        assert_int_equal(found[i], expected[i]);
}

static void assert_step(const rc_model_step *step, rc_op op, size_t w_in, size_t w_out)
{
    assert_int_equal(step->op, op);
    assert_int_equal(step->w_in, w_in);
    assert_int_equal(step->w_out, w_out);
}

static void test_a_category(void **state)
{
    (void)state;
    rc_model *m = parse("float64",
                        "{'name':'c','type':'category','values':['red',1.50,'1e3',-0.0],'x-n':[]},"
                        "{'name':'n','type':'number'}",
                        "{'op':'concat','out':'y'}");
    const rc_model_input *c = &m->inputs[0];
    assert_true(c->is_category);
    assert_int_equal(c->n_values, 4);
    assert_string_equal(c->values[0], "red");
    assert_string_equal(c->values[1], "1.5");
    assert_string_equal(c->values[2], "1e3");
    assert_string_equal(c->values[3], "0");
    assert_false(c->value_is_number[0]);
    assert_true(c->value_is_number[1]);
    assert_false(c->value_is_number[2]);
    assert_true(c->value_is_number[3]);
    assert_int_equal(c->missing, RC_MISSING_ERROR);
    assert_true(c->unknown_is_error);
    assert_false(m->inputs[1].is_category);
    assert_null(m->inputs[1].values);
    rc_model_close(m);
}

static void assert_category(const char *members, rc_missing missing, double missing_value,
                            bool unknown_is_error, double unknown_code)
{
    rc_buf inputs = {0};
    assert_true(rc_buf_printf(&inputs,
                              "{'type':'category','values':['x',1,'zeros','nan','error',"
                              "'unknown']%s}",
                              members));
    rc_model *m = parse("float32", inputs.data, "{'op':'concat','out':'y'}");
    const rc_model_input *c = &m->inputs[0];
    assert_int_equal(c->missing, missing);
    if (missing == RC_MISSING_VALUE)
        assert_true(c->missing_value == missing_value);
    assert_int_equal(c->unknown_is_error, unknown_is_error);
    if (!unknown_is_error)
        assert_true(c->unknown_code == unknown_code);
    rc_model_close(m);
    rc_buf_release(&inputs);
}

/* Keywords win over values that are spelled like them; "nan" is one for numbers only. */
static void test_missing_and_unknown_of_a_category(void **state)
{
    (void)state;
    assert_category("", RC_MISSING_ERROR, 0, true, 0);
    assert_category(",'missing':'error','unknown':'error'", RC_MISSING_ERROR, 0, true, 0);
    assert_category(",'missing':'unknown','unknown':'zeros'", RC_MISSING_UNKNOWN, 0, false, -1);
    assert_category(",'missing':'zeros','unknown':'unknown'", RC_MISSING_VALUE, 2, false, 5);
    assert_category(",'missing':'nan','unknown':'nan'", RC_MISSING_VALUE, 3, false, 3);
    assert_category(",'missing':'x','unknown':1", RC_MISSING_VALUE, 0, false, 1);
    assert_category(",'missing':'1.0','unknown':'true'", RC_MISSING_VALUE, 1, false, 1);
}

static void test_impute(void **state)
{
    (void)state;
    rc_model *m = parse_steps("{'op':'impute','in':['a','b','a'],'values':[1,'nan','-inf'],"
                              "'missing':-999,'indicators':[2,0]},"
                              "{'op':'impute','values':7,'out':'y'}");
    const rc_model_step *all = &m->steps[0], *least = &m->steps[1];
    assert_step(all, RC_OP_IMPUTE, 3, 5);
    assert_numbers(&all->values, 1, 3, (const double[]){1, (double)NAN, -(double)INFINITY});
    assert_true(all->missing == -999);
    assert_int_equal(all->n_columns, 2);
    assert_sizes(all->columns, 2, (const size_t[]){2, 0});
    assert_step(least, RC_OP_IMPUTE, 5, 5);
    assert_numbers(&least->values, 1, 5, (const double[]){7, 7, 7, 7, 7});
    assert_true(isnan(least->missing));
    assert_int_equal(least->n_columns, 0);
    rc_model_close(m);
}

static void test_clip_and_normalise(void **state)
{
    (void)state;
    rc_model *m = parse_steps("{'op':'clip','in':['a','b'],'min':[0,'-inf'],'max':[0,2.5]},"
                              "{'op':'clip','max':1},{'op':'clip','min':-1},"
                              "{'op':'normalise','norm':'l1'},{'op':'normalise','norm':'l2'},"
                              "{'op':'normalise','norm':'max','out':'y'}");
    assert_step(&m->steps[0], RC_OP_CLIP, 2, 2);
    assert_numbers(&m->steps[0].min, 1, 2, (const double[]){0, -(double)INFINITY});
    assert_numbers(&m->steps[0].max, 1, 2, (const double[]){0, 2.5});
    assert_null(m->steps[1].min.data);
    assert_numbers(&m->steps[1].max, 1, 2, (const double[]){1, 1});
    assert_numbers(&m->steps[2].min, 1, 2, (const double[]){-1, -1});
    assert_null(m->steps[2].max.data);
    assert_step(&m->steps[3], RC_OP_NORMALISE, 2, 2);
    assert_int_equal(m->steps[3].norm, RC_NORM_L1);
    assert_int_equal(m->steps[4].norm, RC_NORM_L2);
    assert_int_equal(m->steps[5].norm, RC_NORM_MAX);
    rc_model_close(m);
}

/* The functions in the order of the enumeration, with the number of their operands. */
static void test_functions_of_elementwise(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t n;
    } fns[] = {
        {"add", 2},   {"sub", 2},        {"mul", 2},   {"div", 2},   {"pow", 2},   {"min", 2},
        {"max", 2},   {"mod", 2},        {"eq", 2},    {"ne", 2},    {"lt", 2},    {"le", 2},
        {"gt", 2},    {"ge", 2},         {"and", 2},   {"or", 2},    {"neg", 1},   {"abs", 1},
        {"sqrt", 1},  {"square", 1},     {"exp", 1},   {"expm1", 1}, {"log", 1},   {"log1p", 1},
        {"log10", 1}, {"reciprocal", 1}, {"erf", 1},   {"sin", 1},   {"cos", 1},   {"sign", 1},
        {"floor", 1}, {"ceil", 1},       {"round", 1}, {"not", 1},   {"isnan", 1}, {"if", 3}};
    assert_int_equal(sizeof(fns) / sizeof(fns[0]), RC_FN_IF + 1);
    for (size_t i = 0; i < sizeof(fns) / sizeof(fns[0]); i++) {
        static const char *const ins[] = {"", "'a'", "'a','b'", "'a','b',2"};
        rc_buf step = {0};
        assert_true(rc_buf_printf(&step, "{'op':'elementwise','fn':'%s','in':[%s],'out':'y'}",
                                  fns[i].name, ins[fns[i].n]));
        rc_model *m = parse_steps(step.data);
        assert_int_equal(m->steps[0].fn, i);
        assert_int_equal(m->steps[0].n_operands, fns[i].n);
        rc_model_close(m);
        rc_buf_release(&step);
    }
}

static void test_operands_of_elementwise(void **state)
{
    (void)state;
    rc_model *m = parse_steps("{'op':'concat','in':['a','b','c'],'out':'w'},"
                              "{'op':'elementwise','fn':'if','in':['c',-2.5,'w'],'out':'v'},"
                              "{'op':'elementwise','fn':'log','in':'v'},"
                              "{'op':'elementwise','fn':'neg','out':'n'},"
                              "{'op':'elementwise','fn':'sub','in':['a','a'],'out':'y'}");
    const rc_model_step *choose = &m->steps[1], *named = &m->steps[2], *unnamed = &m->steps[3];
    assert_step(choose, RC_OP_ELEMENTWISE, 4, 3);
    assert_int_equal(choose->n_in, 2);
    assert_sizes(choose->in, 2, (const size_t[]){2, 3});
    assert_false(choose->operands[0].is_constant);
    assert_int_equal(choose->operands[0].value, 2);
    assert_true(choose->operands[1].is_constant);
    assert_true(choose->operands[1].constant == -2.5);
    assert_int_equal(choose->operands[2].value, 3);
    assert_step(named, RC_OP_ELEMENTWISE, 3, 3);
    assert_int_equal(named->operands[0].value, 4);
    assert_step(unnamed, RC_OP_ELEMENTWISE, 3, 3);
    assert_int_equal(unnamed->n_operands, 1);
    assert_int_equal(unnamed->operands[0].value, 5);
    assert_step(&m->steps[4], RC_OP_ELEMENTWISE, 2, 1);
    rc_model_close(m);
    /* all inputs are what a first step reads */
    m = parse("float32", "{'type':'number'},{'type':'number'}",
              "{'op':'elementwise','fn':'div','out':'y'}");
    assert_step(&m->steps[0], RC_OP_ELEMENTWISE, 2, 1);
    assert_int_equal(m->steps[0].operands[0].value, 0);
    assert_int_equal(m->steps[0].operands[1].value, 1);
    rc_model_close(m);
}

static void test_product_select_concat(void **state)
{
    (void)state;
    rc_model *m = parse_steps("{'op':'product','in':['a','b'],'powers':[[0,0],[2,1],[-1,0.5]]},"
                              "{'op':'select','columns':[2,0,2,1]},{'op':'concat','out':'y'}");
    assert_step(&m->steps[0], RC_OP_PRODUCT, 2, 3);
    assert_numbers(&m->steps[0].powers, 3, 2, (const double[]){0, 0, 2, 1, -1, 0.5});
    assert_step(&m->steps[1], RC_OP_SELECT, 3, 4);
    assert_int_equal(m->steps[1].n_columns, 4);
    assert_sizes(m->steps[1].columns, 4, (const size_t[]){2, 0, 2, 1});
    assert_step(&m->steps[2], RC_OP_CONCAT, 4, 4);
    rc_model_close(m);
}

static void test_bin(void **state)
{
    (void)state;
    rc_model *m = parse_steps("{'op':'bin','in':['a','b','c'],'edges':[[-1,2.5],[],[7]],"
                              "'right':true,'encode':'onehot','out':'all'},"
                              "{'op':'bin','in':'a','edges':[[]],'encode':'ordinal','out':'o'},"
                              "{'op':'bin','in':['a','b'],'edges':[[1],[2]],'out':'y'}");
    const rc_model_step *all = &m->steps[0], *plain = &m->steps[2];
    assert_step(all, RC_OP_BIN, 3, 6); /* 3 + 1 + 2 bins */
    assert_numbers(&all->edges, 1, 3, (const double[]){-1, 2.5, 7});
    assert_sizes(all->first_edge, 4, (const size_t[]){0, 2, 2, 3});
    assert_true(all->right && all->encode_onehot);
    assert_step(&m->steps[1], RC_OP_BIN, 1, 1);
    assert_sizes(m->steps[1].first_edge, 2, (const size_t[]){0, 0});
    assert_step(plain, RC_OP_BIN, 2, 2);
    assert_false(plain->right || plain->encode_onehot);
    rc_model_close(m);
}

static void assert_onehot(const char *members, size_t n_keys, const double *keys, const size_t *hot,
                          size_t w_out, bool unseen_is_error, size_t unseen_hot)
{
    rc_buf step = {0};
    assert_true(rc_buf_printf(&step, "{'op':'onehot',%s,'out':'y'}", members));
    rc_model *m = parse_steps(step.data);
    assert_step(&m->steps[0], RC_OP_ONEHOT, 1, w_out);
    assert_numbers(&m->steps[0].keys, 1, n_keys, keys);
    assert_sizes(m->steps[0].hot, n_keys, hot);
    assert_int_equal(m->steps[0].unseen_is_error, unseen_is_error);
    if (!unseen_is_error)
        assert_int_equal(m->steps[0].unseen_hot, unseen_hot);
    rc_model_close(m);
    rc_buf_release(&step);
}

#define KEYS(...) ((const double[]){__VA_ARGS__})
#define HOT(...) ((const size_t[]){__VA_ARGS__})

/* The values are red, 1.5 and e with an accent; -1 is a key where zeros are not the answer to what
 * is no key. */
static void test_onehot_of_a_category(void **state)
{
    (void)state;
    assert_onehot("'in':'c'", 3, KEYS(0, 1, 2), HOT(0, 1, 2), 3, false, RC_NO_HOT);
    assert_onehot("'in':['c'],'drop':'1.50','unknown':'zeros'", 3, KEYS(0, 1, 2),
                  HOT(0, RC_NO_HOT, 1), 2, false, RC_NO_HOT);
    assert_onehot("'in':'c','drop':'red','unknown':'error'", 4, KEYS(0, 1, 2, -1),
                  HOT(RC_NO_HOT, 0, 1, RC_NO_HOT), 2, true, 0);
    assert_onehot("'in':'c','drop':'red','unknown':1.5", 4, KEYS(0, 1, 2, -1),
                  HOT(RC_NO_HOT, 0, 1, RC_NO_HOT), 2, false, 0);
    assert_onehot("'in':'c','drop':'red','unknown':'red'", 3, KEYS(0, 1, 2), HOT(RC_NO_HOT, 0, 1),
                  2, false, RC_NO_HOT);
    /* other values in another order; no cell is blue or green */
    assert_onehot("'in':'c','values':['blue','1.50','green','red']", 4, KEYS(-2, 1, -2, 0),
                  HOT(0, 1, 2, 3), 4, false, RC_NO_HOT);
    assert_onehot("'in':'c','values':['blue','red'],'drop':'blue','unknown':'red'", 3,
                  KEYS(-2, 0, -1), HOT(RC_NO_HOT, 0, RC_NO_HOT), 1, false, 0);
}

static void test_onehot_of_numbers(void **state)
{
    (void)state;
    assert_onehot("'in':'a','values':[3,-0.0,'nan','-inf']", 4,
                  KEYS(3, 0, (double)NAN, -(double)INFINITY), HOT(0, 1, 2, 3), 4, false, RC_NO_HOT);
    assert_onehot("'in':'a','values':[1e300,'nan'],'drop':'nan','unknown':1e300", 2,
                  KEYS(1e300, (double)NAN), HOT(0, RC_NO_HOT), 1, false, 0);
    assert_onehot("'in':'a','values':[1,2],'unknown':'error'", 2, KEYS(1, 2), HOT(0, 1), 2, true,
                  0);
    /* behind a step a category is numbers */
    rc_model *m = parse_steps("{'op':'select','in':'c','columns':[0]},"
                              "{'op':'onehot','values':[1,0],'out':'y'}");
    assert_numbers(&m->steps[1].keys, 1, 2, KEYS(1, 0));
    rc_model_close(m);
}

static void test_ordinal(void **state)
{
    (void)state;
    rc_model *m = parse_steps("{'op':'ordinal','in':'c','values':['red','x',1.5],'unknown':-7},"
                              "{'op':'ordinal','values':[2,'nan'],'codes':['nan',0.5],'out':'y'}");
    const rc_model_step *category = &m->steps[0], *number = &m->steps[1];
    assert_step(category, RC_OP_ORDINAL, 1, 1);
    assert_numbers(&category->keys, 1, 3, KEYS(0, -2, 1));
    assert_numbers(&category->table, 3, 1, KEYS(0, 1, 2));
    assert_false(category->unseen_is_error);
    assert_numbers(&category->unseen, 1, 1, KEYS(-7));
    assert_numbers(&number->keys, 1, 2, KEYS(2, (double)NAN));
    assert_numbers(&number->table, 2, 1, KEYS((double)NAN, 0.5));
    assert_true(number->unseen_is_error);
    assert_null(number->unseen.data);
    rc_model_close(m);
}

static void test_ordinal_values_of_category(void **state)
{
    (void)state;
    rc_model *m = parse_steps("{'op':'ordinal','in':'c','codes':[30,10,20],'unknown':5,'out':'y'}");
    assert_numbers(&m->steps[0].keys, 1, 3, KEYS(0, 1, 2));
    assert_numbers(&m->steps[0].table, 3, 1, KEYS(30, 10, 20));
    assert_numbers(&m->steps[0].unseen, 1, 1, KEYS(5));
    rc_model_close(m);
}

static void test_lookup(void **state)
{
    (void)state;
    rc_model *m = parse_steps("{'op':'lookup','in':'c','keys':['\\u00e9',1.5],"
                              "'values':[[1,2],[3,'nan']],'default':[5,6],'out':'r'},"
                              "{'op':'lookup','in':'a','keys':[4],'values':[[1,2]],'default':'nan',"
                              "'out':'s'},"
                              "{'op':'lookup','in':'a','keys':[4,5],'values':[8,9],"
                              "'default':'error','out':'t'},"
                              "{'op':'lookup','in':'a','keys':[4],'values':[['inf']],'out':'y'}");
    assert_step(&m->steps[0], RC_OP_LOOKUP, 1, 2);
    assert_numbers(&m->steps[0].keys, 1, 2, KEYS(2, 1));
    assert_numbers(&m->steps[0].table, 2, 2, KEYS(1, 2, 3, (double)NAN));
    assert_false(m->steps[0].unseen_is_error);
    assert_numbers(&m->steps[0].unseen, 1, 2, KEYS(5, 6));
    assert_numbers(&m->steps[1].unseen, 1, 2, KEYS((double)NAN, (double)NAN));
    assert_step(&m->steps[2], RC_OP_LOOKUP, 1, 1);
    assert_numbers(&m->steps[2].table, 2, 1, KEYS(8, 9));
    assert_true(m->steps[2].unseen_is_error);
    assert_numbers(&m->steps[3].table, 1, 1, KEYS((double)INFINITY));
    assert_true(m->steps[3].unseen_is_error);
    rc_model_close(m);
}

#define STORED(at, shape) "{'at':" #at ",'shape':" shape ",'dtype':'float32'}"

/* Every list of numbers of the steps may stand behind the header. */
static void test_stored_lists(void **state)
{
    (void)state;
    static const float arrays[] = {0, 1, 2, 3};
    rc_buf header = model_text(
        "float32",
        "{'name':'a','type':'number'},{'name':'c','type':'category','values':" STORED(4, "[2]") "}",
        "{'op':'impute','in':['a','a'],'values':" STORED(0, "[2]") ",'indicators':" STORED(
            4,
            "[1]") "},"
                   "{'op':'select','columns':" STORED(
                       0,
                       "[3]") ",'out':'w'},"
                              "{'op':'bin','in':['a','a'],'edges':" STORED(
                                  0,
                                  "[2,2]") "},"
                                           "{'op':'bin','edges':[" STORED(
                                               0,
                                               "[3]") ",[7]],'encode':'onehot','out':'b'},"
                                                      "{'op':'product','in':'a','powers':" STORED(
                                                          0,
                                                          "[2,1]") ",'out':'p'},"
                                                                   "{'op':'onehot','in':'c','"
                                                                   "values':" STORED(
                                                                       8,
                                                                       "[2]") ",'out':'o'},"
                                                                              "{'op':'ordinal','in'"
                                                                              ":'a','values'"
                                                                              ":" STORED(0, "[2]") ",'codes':" STORED(
                                                                                  8,
                                                                                  "[2]") ",'out':'"
                                                                                         "n'},"
                                                                                         "{'op':'"
                                                                                         "lookup','"
                                                                                         "in':'a','"
                                                                                         "keys'"
                                                                                         ":" STORED(0, "[2]") ",'values':" STORED(
                                                                                             8,
                                                                                             "[2]") ",'out':'k'},"
                                                                                                    "{'op':'lookup','in':'a','keys':" STORED(
                                                                                                        0,
                                                                                                        "[1]") ",'values':[" STORED(0,
                                                                                                                                    "[4]") "],'out':'y'}");
    rc_buf file = {0};
    const char length[8] = {(char)(header.n & 255), (char)(header.n >> 8)};
    assert_true(rc_buf_append(&file, length, 8) && rc_buf_append(&file, header.data, header.n) &&
                rc_buf_append(&file, arrays, sizeof(arrays)));
    rc_model *m = NULL;
    rc_error err = {0};
    if (rc_model_parse(&m, file.data, file.n, &err) != RC_OK)
        fail_msg("%s", err.text);
    assert_string_equal(m->inputs[1].values[0], "1");
    assert_true(m->inputs[1].value_is_number[1]);
    assert_sizes(m->steps[0].columns, 1, (const size_t[]){1});
    assert_sizes(m->steps[1].columns, 3, (const size_t[]){0, 1, 2});
    assert_numbers(&m->steps[2].edges, 1, 4, KEYS(0, 1, 2, 3));
    assert_sizes(m->steps[2].first_edge, 3, (const size_t[]){0, 2, 4});
    assert_numbers(&m->steps[3].edges, 1, 4, KEYS(0, 1, 2, 7));
    assert_sizes(m->steps[3].first_edge, 3, (const size_t[]){0, 3, 4});
    assert_step(&m->steps[3], RC_OP_BIN, 2, 6);
    assert_numbers(&m->steps[4].powers, 2, 1, KEYS(0, 1));
    assert_numbers(&m->steps[5].keys, 1, 2, KEYS(1, -2)); /* of 1 and 2; 3 is none of them */
    assert_numbers(&m->steps[6].table, 2, 1, KEYS(2, 3));
    assert_numbers(&m->steps[7].table, 2, 1, KEYS(2, 3));
    assert_numbers(&m->steps[8].table, 1, 4, KEYS(0, 1, 2, 3));
    rc_model_close(m);
    rc_buf_release(&file);
    rc_buf_release(&header);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_category),
        cmocka_unit_test(test_missing_and_unknown_of_a_category),
        cmocka_unit_test(test_impute),
        cmocka_unit_test(test_clip_and_normalise),
        cmocka_unit_test(test_functions_of_elementwise),
        cmocka_unit_test(test_operands_of_elementwise),
        cmocka_unit_test(test_product_select_concat),
        cmocka_unit_test(test_bin),
        cmocka_unit_test(test_onehot_of_a_category),
        cmocka_unit_test(test_onehot_of_numbers),
        cmocka_unit_test(test_ordinal),
        cmocka_unit_test(test_ordinal_values_of_category),
        cmocka_unit_test(test_lookup),
        cmocka_unit_test(test_stored_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
