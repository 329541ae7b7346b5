/* test_model_step_errors.c - malformed categories and steps, and the exact message of each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "models.h"

typedef struct bad {
    const char *text;
    const char *message;
} bad;

/* A copy without a byte behind it: reading on is seen by the sanitizer. */
static void assert_refused(const char *dtype, const char *inputs, const char *steps,
                           const char *message)
{
    rc_buf text = model_text(dtype, inputs, steps);
    char *copy = malloc(text.n);
    assert_non_null(copy);
    memcpy(copy, text.data, text.n);
    rc_model *model;
    rc_error err = {0};
    rc_status st = rc_model_parse(&model, copy, text.n, &err);
    free(copy);
    rc_buf_release(&text);
    rc_model_close(model);
    assert_string_equal(err.text, message);
    assert_int_equal(st, RC_E_MODEL);
    assert_null(model);
}

static void assert_steps_refused(const bad *steps, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_refused("float64", MODEL_INPUTS, steps[i].text, steps[i].message);
}

#define ASSERT_STEPS_REFUSED(steps) assert_steps_refused(steps, sizeof(steps) / sizeof((steps)[0]))

/* What stands behind the type of a category. */
static const bad bad_categories[] = {
    {"", "inputs[0].values: missing"},
    {",'values':3", "inputs[0].values: a list is expected, but here is a number"},
    {",'values':[]", "inputs[0].values: an empty list"},
    {",'values':['a',null]",
     "inputs[0].values[1]: a string or a number is expected, but here is null"},
    {",'values':['a',['b']]",
     "inputs[0].values[1]: a string or a number is expected, but here is a list"},
    {",'values':['']", "inputs[0].values[0]: an empty text"},
    {",'values':[1e16]", "inputs[0].values[0]: a number beyond 2^53 is written as a string"},
    {",'values':['a','b','a']", "inputs[0].values[2]: 'a' is the same as [0], 'a'"},
    {",'values':['b','1.0',1]", "inputs[0].values[2]: '1' is the same as [1], '1.0'"},
    {",'values':['true','b','1.00']", "inputs[0].values[2]: '1.00' is the same as [0], 'true'"},
    {",'values':['-0',0.0]", "inputs[0].values[1]: '0' is the same as [0], '-0'"},
    {",'values':['inf','Infinity']", "inputs[0].values[1]: 'Infinity' is the same as [0], 'inf'"},
    {",'values':{'at':0,'shape':[1],'dtype':'float32'}",
     "inputs[0].values: an array by its offset stands only in .rcm files"},
    {",'values':['a'],'valeus':1", "inputs[0]: unknown key 'valeus'\n  did you mean 'values'?"},
    {",'values':['free','pro'],'missing':'fere'",
     "inputs[0].missing: 'fere' is none of the values\n  did you mean 'free'?"},
    {",'values':['free','pro'],'missing':'nan'", "inputs[0].missing: 'nan' is none of the values"},
    {",'values':['free','pro'],'missing':1", "inputs[0].missing: '1' is none of the values"},
    {",'values':['free','pro'],'missing':''", "inputs[0].missing: an empty text"},
    {",'values':['free','pro'],'missing':null",
     "inputs[0].missing: a string or a number is expected, but here is null"},
    {",'values':['free','pro'],'unknown':'Free '",
     "inputs[0].unknown: 'Free ' is none of the values\n  did you mean 'free'?"},
    {",'values':['free','pro'],'unknown':true",
     "inputs[0].unknown: a string or a number is expected, but here is true"},
};

static void test_malformed_categories(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad_categories) / sizeof(bad_categories[0]); i++) {
        rc_buf inputs = {0};
        assert_true(
            rc_buf_printf(&inputs, "{'name':'c','type':'category'%s}", bad_categories[i].text));
        assert_refused("float32", inputs.data, "", bad_categories[i].message);
        rc_buf_release(&inputs);
    }
    assert_refused("float64", "{'type':'number','unknown':'zeros'}", "",
                   "inputs[0]: unknown key 'unknown'");
}

#define AB "'in':['a','b'],"
#define ONEHOT "{'op':'onehot','in':"
#define ORDINAL "{'op':'ordinal','in':"
#define LOOKUP "{'op':'lookup','in':"
#define FN(name) "{'op':'elementwise','fn':'" name "','in':"

static const bad bad_columns[] = {
    {"{'op':'impute'," AB "'x-a':1}", "steps[0].values: missing"},
    {"{'op':'impute'," AB "'values':[1]}",
     "steps[0].values: 1 value, but the values read have width 2 together"},
    {"{'op':'impute'," AB "'values':'mean'}", "steps[0].values: not a number: 'mean'"},
    {"{'op':'impute'," AB "'values':1,'missing':null}",
     "steps[0].missing: a number is expected, but here is null"},
    {"{'op':'impute'," AB "'values':1,'indicators':1}",
     "steps[0].indicators: a list of numbers is expected, but here is a number"},
    {"{'op':'impute'," AB "'values':1,'indicators':[0,2]}",
     "steps[0].indicators[1]: not a column from 0 to 1"},
    {"{'op':'impute'," AB "'values':1,'indicators':[0.5]}",
     "steps[0].indicators[0]: not a column from 0 to 1"},
    {"{'op':'impute'," AB "'values':1,'indicators':['nan']}",
     "steps[0].indicators[0]: not a column from 0 to 1"},
    {"{'op':'impute'," AB "'values':1,'indicators':[1,0,1]}",
     "steps[0].indicators[2]: this column is listed already"},
    {"{'op':'clip'," AB "'x-a':1}", "steps[0]: neither 'min' nor 'max'"},
    {"{'op':'clip'," AB "'min':[1,2,3]}",
     "steps[0].min: 3 values, but the values read have width 2 together"},
    {"{'op':'clip'," AB "'max':[1,'nan']}", "steps[0].max[1]: nan is no bound"},
    {"{'op':'clip'," AB "'min':'nan'}", "steps[0].min: nan is no bound"},
    {"{'op':'clip'," AB "'min':[0,3],'max':2}", "steps[0]: 'min' is above 'max' in column 1"},
    {"{'op':'normalise'," AB "'x-a':1}", "steps[0].norm: missing"},
    {"{'op':'normalise'," AB "'norm':'l3'}",
     "steps[0].norm: unknown norm 'l3'\n  did you mean 'l1'?"},
    {"{'op':'product'," AB "'power':1}", "steps[0]: unknown key 'power'\n  did you mean 'powers'?"},
    {"{'op':'product'," AB "'x-a':1}", "steps[0].powers: missing"},
    {"{'op':'product'," AB "'powers':[]}", "steps[0]: makes no column"},
    {"{'op':'product'," AB "'powers':[1,2]}",
     "steps[0].powers[0]: a list of numbers is expected, but here is a number"},
    {"{'op':'product'," AB "'powers':[[1,2,3]]}",
     "steps[0].powers[0]: 3 values, but the values read have width 2 together"},
    {"{'op':'product','in':'a','powers':[[1],[2,3]]}",
     "steps[0].powers[1]: 2 values, but row 0 has 1"},
    {"{'op':'product'," AB "'powers':[[1,2],[3,'inf']]}",
     "steps[0].powers[1][1]: not a finite number"},
    {"{'op':'bin'," AB "'x-a':1}", "steps[0].edges: missing"},
    {"{'op':'bin'," AB "'edges':3}",
     "steps[0].edges: a list of lists of numbers is expected, but here is a number"},
    {"{'op':'bin'," AB "'edges':[[1]]}",
     "steps[0].edges: 1 list, but the values read have width 2 together"},
    {"{'op':'bin'," AB "'edges':[[1],2]}",
     "steps[0].edges[1]: a list of numbers is expected, but here is a number"},
    {"{'op':'bin'," AB "'edges':[[1],{}]}",
     "steps[0].edges[1]: a list of numbers is expected, but here is an object"},
    {"{'op':'bin'," AB "'edges':[[1],[2,null]]}",
     "steps[0].edges[1][1]: a number is expected, but here is null"},
    {"{'op':'bin'," AB "'edges':[[],[2,2]]}", "steps[0].edges[1][1]: not above the edge before it"},
    {"{'op':'bin'," AB "'edges':[[0,'inf'],[]]}", "steps[0].edges[0][1]: not a finite number"},
    {"{'op':'bin'," AB "'edges':[[0],['nan']]}", "steps[0].edges[1][0]: not a finite number"},
    {"{'op':'bin'," AB "'edges':[[],[]],'right':1}",
     "steps[0].right: true or false is expected, but here is a number"},
    {"{'op':'bin'," AB "'edges':[[],[]],'encode':'onhot'}",
     "steps[0].encode: unknown encode 'onhot'\n  did you mean 'onehot'?"},
    {"{'op':'select'," AB "'x-a':1}", "steps[0].columns: missing"},
    {"{'op':'select'," AB "'columns':[]}", "steps[0]: makes no column"},
    {"{'op':'select'," AB "'columns':[1,-1]}", "steps[0].columns[1]: not a column from 0 to 1"},
    {"{'op':'select'," AB "'columns':'a'}",
     "steps[0].columns: a list of numbers is expected, but here is a string"},
    {"{'op':'concat'," AB "'axis':1}", "steps[0]: unknown key 'axis'"},
    {"{'op':'concat','in':[]}", "steps[0].in: no column to read; only a dense step can do without"},
};

static void test_malformed_preparations(void **state)
{
    (void)state;
    ASSERT_STEPS_REFUSED(bad_columns);
}

static const bad bad_elementwise[] = {
    {"{'op':'elementwise'," AB "'x-a':1}", "steps[0].fn: missing"},
    {FN("sine") "['a']}", "steps[0].fn: unknown fn 'sine'\n  did you mean 'sin'?"},
    {FN("add") "'a'}", "steps[0].in: 'add' has 2 operands, but here is 1"},
    {FN("exp") "['a','b']}", "steps[0].in: 'exp' has 1 operand, but here are 2"},
    {FN("if") "['a','b',1,2]}", "steps[0].in: 'if' has 3 operands, but here are 4"},
    {FN("exp") "[]}", "steps[0].in: 'exp' has 1 operand, but here are 0"},
    {"{'op':'elementwise','fn':'add','out':'y'}",
     "steps[0].in: 'add' has 2 operands, but here are 3"},
    {"{'op':'concat'},{'op':'elementwise','fn':'add','out':'y'}",
     "steps[1].in: 'add' has 2 operands, but here is 1"},
    {FN("add") "[1,2]}", "steps[0].in: only numbers; at least one operand is the name of a value"},
    {FN("exp") "3}", "steps[0].in: only numbers; at least one operand is the name of a value"},
    {FN("add") "['a','nan']}", "steps[0].in[1]: unknown name 'nan'"},
    {FN("add") "['a',true]}", "steps[0].in[1]: a name or a number is expected, but here is true"},
    {FN("exp") "{}}", "steps[0].in: a name or a number is expected, but here is an object"},
    {"{'op':'concat','in':['a','b'],'out':'w'},{'op':'concat','out':'v'},"
     "{'op':'concat','in':['v','a'],'out':'u'}," FN("if") "['v','a','u']}",
     "steps[3].in[0]: has width 2, but another operand has width 3"},
};

static void test_malformed_elementwise(void **state)
{
    (void)state;
    ASSERT_STEPS_REFUSED(bad_elementwise);
    assert_refused("float32", MODEL_INPUTS, FN("add") "['a',-4e38]}",
                   "steps[0].in[1]: a number beyond the range of float32");
    assert_refused("float64", "", "{'op':'elementwise','fn':'neg'}",
                   "steps[0].in: no column to read; only a dense step can do without");
}

static const bad bad_keyed[] = {
    {ONEHOT "['a','c']}",
     "steps[0].in: one column is expected, but the values read have width 2 together"},
    {ONEHOT "'a'}", "steps[0].values: missing"},
    {ONEHOT "'a','values':5}",
     "steps[0].values: a list of numbers is expected, but here is a number"},
    {ONEHOT "'a','values':[]}", "steps[0].values: an empty list"},
    {ONEHOT "'c','values':[]}", "steps[0].values: an empty list"},
    {ONEHOT "'c','values':'own'}", "steps[0].values: a list is expected, but here is a string"},
    {ONEHOT "'a','values':[1,'2']}", "steps[0].values[1]: a number is expected, as the column is "
                                     "no category, but here is '2'"},
    {ONEHOT "'a','values':[1,false]}",
     "steps[0].values[1]: a number is expected, but here is false"},
    {ONEHOT "'a','values':[1,2,1.0]}", "steps[0].values[2]: '1' is the same as [0], '1'"},
    {ONEHOT "'a','values':[0,'nan','nan']}", "steps[0].values[2]: 'nan' is the same as [1], 'nan'"},
    {ONEHOT "'a','values':[0,-0.0]}", "steps[0].values[1]: '0' is the same as [0], '0'"},
    {ONEHOT "'c','values':['red','x','red']}",
     "steps[0].values[2]: 'red' is the same as [0], 'red'"},
    {ONEHOT "'c','values':['1e0','true']}", "steps[0].values[1]: 'true' is the same as [0], '1e0'"},
    {ONEHOT "'c','values':['red',1e17]}",
     "steps[0].values[1]: a number beyond 2^53 is written as a string"},
    {ONEHOT "'c','drop':'rde'}",
     "steps[0].drop: 'rde' is none of the values\n  did you mean 'red'?"},
    {ONEHOT "'c','values':['x','z'],'drop':'red'}", "steps[0].drop: 'red' is none of the values"},
    {ONEHOT "'a','values':[1],'drop':'1'}", "steps[0].drop: a number is expected, as the column "
                                            "is no category, but here is '1'"},
    {ONEHOT "'a','values':[1,2],'drop':'nan'}", "steps[0].drop: 'nan' is none of the values"},
    {ONEHOT "'c','values':['red'],'drop':'red'}", "steps[0]: makes no column"},
    {ONEHOT "'c','unknown':'zero'}", "steps[0].unknown: 'zero' is none of the values"},
    {ONEHOT "'c','unknown':null}",
     "steps[0].unknown: a string or a number is expected, but here is null"},
    {ONEHOT "'a','values':[1,2],'unknown':3}", "steps[0].unknown: '3' is none of the values"},
    {ORDINAL "['a','b'],'values':[1]}",
     "steps[0].in: one column is expected, but the values read have width 2 together"},
    {ORDINAL "'a'}", "steps[0].values: missing"},
    {ORDINAL "'c','values':['red'],'drop':1}", "steps[0]: unknown key 'drop'"},
    {ORDINAL "'c','values':['red','x'],'codes':[1]}", "steps[0].codes: 1 code, but 2 values"},
    {ORDINAL "'c','values':['red'],'codes':[1,2]}", "steps[0].codes: 2 codes, but 1 value"},
    {ORDINAL "'c','values':['red'],'codes':1}",
     "steps[0].codes: a list of numbers is expected, but here is a number"},
    {ORDINAL "'c','values':['red'],'unknown':'zeros'}", "steps[0].unknown: not a number: 'zeros'"},
    {ORDINAL "'c','values':['red'],'unknown':[1]}",
     "steps[0].unknown: a number is expected, but here is a list"},
    {LOOKUP "'a'}", "steps[0].keys: missing"},
    {LOOKUP "'a','keys':[1,1]}", "steps[0].keys[1]: '1' is the same as [0], '1'"},
    {LOOKUP "'a','keys':[1,2]}", "steps[0].values: missing"},
    {LOOKUP "'a','keys':[1,2],'values':[3]}", "steps[0].values: 1 value, but 'keys' has 2"},
    {LOOKUP "'a','keys':[1,2],'values':[]}", "steps[0].values: 0 rows, but 'keys' has 2"},
    {LOOKUP "'a','keys':[1],'values':3}",
     "steps[0].values: a list of lists of numbers is expected, but here is a number"},
    {LOOKUP "'a','keys':[1],'values':[[]]}", "steps[0].values[0]: no values"},
    {LOOKUP "'a','keys':[1,2],'values':[[3],[4,5]]}",
     "steps[0].values[1]: 2 values, but row 0 has 1"},
    {LOOKUP "'a','keys':[1,2],'values':[[3],4]}",
     "steps[0].values[1]: a list of numbers is expected, but here is a number"},
    {LOOKUP "'a','keys':[1,2],'values':[3,[4]]}",
     "steps[0].values[1]: a number is expected, but here is a list"},
    {LOOKUP "'a','keys':[1],'values':[[3,4]],'default':[1]}",
     "steps[0].default: 1 value, but 'values' has width 2"},
    {LOOKUP "'a','keys':[1],'values':[3],'default':'zeros'}",
     "steps[0].default: not a number: 'zeros'"},
};

static void test_malformed_keyed_steps(void **state)
{
    (void)state;
    ASSERT_STEPS_REFUSED(bad_keyed);
    /* 0.1 and 0.1000000001 are one float32; 0.1f is 0.10000000149011612 */
    assert_refused("float32", MODEL_INPUTS, ONEHOT "'a','values':[0.1,0.1000000001]}",
                   "steps[0].values[1]: '0.10000000149011612' is the same as [0], "
                   "'0.10000000149011612'");
    assert_refused("float32", MODEL_INPUTS, LOOKUP "'a','keys':[1],'values':[1e39]}",
                   "steps[0].values[0]: a number beyond the range of float32");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_malformed_categories),
        cmocka_unit_test(test_malformed_preparations),
        cmocka_unit_test(test_malformed_elementwise),
        cmocka_unit_test(test_malformed_keyed_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
