/* test_h5_convert.c - rows of an HDF5 table in a tile: numbers, categories, truth, what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "models.h"
#include "run/convert.h"
#include "run/h5_records.h"

enum { NUMBER, TEXT, CODE, LABEL, FLAG, N_COLUMNS, MOST_ROWS = 80 };

typedef struct element {
    double number;
    char text[8];
    int32_t code;
    int8_t label;
    unsigned char flag;
    char unused[2];
} element;

/* As in an arena: RC_CSV_SLACK bytes behind each can be read. */
static char label_texts[3][64] = {"red", "7", "e"};
static char *labels_of_codes[] = {label_texts[0], label_texts[1], label_texts[2]};
static size_t label_bytes[] = {3, 1, 1};

/* A model of one input, fed by one column of a compound table, and all that a tile wants. */
typedef struct world {
    rc_h5_table table;
    rc_h5_storage storage;
    rc_h5_column columns[N_COLUMNS];
    rc_h5_labels labels;
    rc_model *model;
    rc_plan *plan;
    rc_input_rule *inputs;
    rc_cell_rules rules;
    size_t feature, truth, copies[3];
    rc_binding binding;
    rc_schema schema;
    rc_worker_shared shared;
    rc_scratch scratch;
    rc_h5_need need;
    rc_h5_rows *rows;
    rc_tile tile;
} world;

static rc_h5_column make_column(const char *name, rc_h5_type type, uint32_t n_bytes,
                                uint32_t offset)
{
    return (rc_h5_column){.name = (char *)name,
                          .name_bytes = strlen(name),
                          .type = type,
                          .n_bytes = n_bytes,
                          .offset = offset,
                          .mask = RC_H5_NONE,
                          .labels = RC_H5_NONE};
}

static void make_table(world *w, size_t n_rows)
{
    w->columns[NUMBER] = make_column("number", RC_H5_FLOAT, 8, offsetof(element, number));
    w->columns[TEXT] = make_column("text", RC_H5_TEXT, 8, offsetof(element, text));
    w->columns[CODE] = make_column("code", RC_H5_INT, 4, offsetof(element, code));
    w->columns[LABEL] = make_column("label", RC_H5_INT, 1, offsetof(element, label));
    w->columns[FLAG] = make_column("flag", RC_H5_BOOL, 1, offsetof(element, flag));
    w->columns[LABEL].labels = 0;
    w->labels = (rc_h5_labels){.texts = labels_of_codes, .text_bytes = label_bytes, .n = 3};
    w->storage = (rc_h5_storage){.path = (char *)"/t",
                                 .kind = RC_H5_CONTIGUOUS,
                                 .n_rows = n_rows,
                                 .n_columns = 1,
                                 .element_bytes = sizeof(element)};
    w->table = (rc_h5_table){.n_rows = n_rows,
                             .columns = w->columns,
                             .n_columns = N_COLUMNS,
                             .storages = &w->storage,
                             .n_storages = 1,
                             .labels = &w->labels,
                             .n_labels = 1};
}

static void load(world *w, const element *elements, size_t n)
{
    rc_error err = {0};
    static const size_t all[] = {NUMBER, TEXT, CODE, LABEL, FLAG};
    static unsigned char fill[sizeof(element)];
    make_table(w, n);
    w->storage.fill = fill;
    int fd = memfd_create("rows", 0);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, elements, n * sizeof(*elements)), n * sizeof(*elements));
    assert_int_equal(rc_h5_need_init(&w->need, &w->table, &err), RC_OK);
    for (size_t i = 0; i < N_COLUMNS; i++)
        assert_int_equal(rc_h5_need_add(&w->need, &w->table, all[i], &err), RC_OK);
    assert_int_equal(rc_h5_rows_open(&w->rows, &err), RC_OK);
    if (rc_h5_rows_load(w->rows, fd, &w->table, &w->need, 0, n, NULL, &err) != RC_OK)
        fail_msg("%s", err.text);
    close(fd);
}

/* input is JSON with ' for ". */
static void begin(world *w, const char *dtype, const char *input, size_t feature,
                  const element *elements, size_t n)
{
    rc_error err = {0};
    const char *is_category = strstr(input, "'category'");
    rc_buf text =
        model_text(dtype, input,
                   is_category != NULL ? "{'op':'onehot','in':'x','out':'h'},"
                                         "{'op':'dense','weights':[[1],[1],[1]],'out':'y'}"
                                       : "{'op':'dense','weights':[[1]],'out':'y'}");
    if (rc_model_parse(&w->model, text.data, text.n, &err) != RC_OK)
        fail_msg("%s", err.text);
    rc_buf_release(&text);
    w->feature = feature;
    w->binding.features = &w->feature;
    w->binding.n_features = 1;
    w->binding.weight = w->binding.weight == 0 ? RC_NO_COLUMN : w->binding.weight;
    assert_int_equal(rc_plan_compile(&w->plan, w->model, &(rc_plan_options){0}, &err), RC_OK);
    assert_int_equal(rc_input_rules_open(&w->inputs, w->model, w->plan, '.', &err), RC_OK);
    if (w->rules.missing.n == 0)
        w->rules.missing = rc_missing_default;
    w->rules.decimal = '.';
    w->shared = (rc_worker_shared){.model = w->model,
                                   .plan = w->plan,
                                   .binding = &w->binding,
                                   .schema = &w->schema,
                                   .inputs = w->inputs,
                                   .rules = &w->rules};
    assert_int_equal(rc_scratch_init(&w->scratch, w->plan, &err), RC_OK);
    assert_int_equal(rc_tile_init(&w->tile, &w->shared, &w->scratch, &err), RC_OK);
    load(w, elements, n);
    assert_int_equal(rc_tile_begin_rows(&w->tile, w->rows, &w->table, &err), RC_OK);
}

static void end(world *w)
{
    rc_tile_release(&w->tile);
    rc_h5_rows_close(w->rows);
    rc_h5_need_release(&w->need);
    rc_scratch_release(&w->scratch);
    rc_input_rules_close(w->inputs, w->model->n_inputs);
    rc_plan_close(w->plan);
    rc_model_close(w->model);
}

static void convert(world *w, size_t first, size_t n)
{
    rc_error err = {0};
    size_t failed;
    assert_int_equal(rc_tile_convert_rows(&w->tile, first, n, NULL, &failed, &err), RC_OK);
}

static void assert_good(const world *w, size_t r, double expected)
{
    if (w->tile.refusals[r].kind != RC_REFUSAL_NONE)
        fail_msg("row %zu: %s", r, w->tile.refusals[r].text);
    double got = w->model->dtype == RC_FLOAT32 ? ((const float *)w->tile.inputs[0])[r]
                                               : ((const double *)w->tile.inputs[0])[r];
    if (got != expected && !(isnan(got) && isnan(expected)))
        fail_msg("row %zu: %.17g instead of %.17g", r, got, expected);
}

static void assert_refused(const world *w, size_t r, rc_refusal_kind kind, size_t column,
                           const char *text)
{
    assert_int_equal(w->tile.refusals[r].kind, kind);
    assert_int_equal(w->tile.refusals[r].column, column);
    assert_string_equal(w->tile.refusals[r].text, text);
}

static const char *const types[] = {"float64", "float32"};

static void test_numbers(void **state)
{
    (void)state;
    const element rows[] = {
        {.number = 1.5}, {.number = (double)NAN}, {.number = INFINITY}, {.number = -999}};
    for (size_t t = 0; t < 2; t++) {
        world w = {0};
        begin(&w, types[t], "{'name':'x','type':'number'}", NUMBER, rows, 4);
        convert(&w, 0, 4);
        assert_good(&w, 0, 1.5);
        assert_refused(&w, 1, RC_REFUSAL_MISSING_VALUE, NUMBER, "missing value");
        assert_good(&w, 2, INFINITY);
        assert_good(&w, 3, -999);
        end(&w);
        w = (world){0};
        begin(&w, types[t], "{'name':'x','type':'number','missing':0.25}", NUMBER, rows, 4);
        convert(&w, 1, 3);
        assert_good(&w, 0, 0.25);
        assert_good(&w, 1, INFINITY);
        end(&w);
    }
}

static void test_number_that_means_missing(void **state)
{
    (void)state;
    static const char *const na[] = {"-999", "2.50"};
    const element rows[] = {{.number = -999, .code = -999},
                            {.number = 2.5, .code = 3},
                            {.number = 0.1, .code = -998},
                            {.number = (double)NAN}};
    for (size_t t = 0; t < 2; t++) {
        world w = {.rules = {.missing = {na, 2}}};
        begin(&w, types[t], "{'name':'x','type':'number'}", NUMBER, rows, 4);
        convert(&w, 0, 4);
        assert_refused(&w, 0, RC_REFUSAL_MISSING_VALUE, NUMBER, "missing value: '-999'");
        assert_good(&w, 1, 2.5); /* its text is "2.5", which is not listed */
        assert_good(&w, 2, t == 0 ? 0.1 : (double)0.1f);
        assert_refused(&w, 3, RC_REFUSAL_MISSING_VALUE, NUMBER, "missing value");
        end(&w);
        w = (world){.rules = {.missing = {na, 2}}};
        begin(&w, types[t], "{'name':'x','type':'number','missing':7}", CODE, rows, 4);
        convert(&w, 0, 4);
        assert_good(&w, 0, 7);
        assert_good(&w, 1, 3);
        assert_good(&w, 2, -998);
        assert_good(&w, 3, 0);
        end(&w);
    }
}

static void test_texts_for_a_number(void **state)
{
    (void)state;
    const element rows[] = {{.text = "1.5"}, {.text = "abc"},      {.text = ""},
                            {.text = "NA"},  {.text = "12345678"}, {.text = "true"}};
    for (size_t t = 0; t < 2; t++) {
        world w = {0};
        begin(&w, types[t], "{'name':'x','type':'number'}", TEXT, rows, 6);
        convert(&w, 0, 6);
        assert_good(&w, 0, 1.5);
        assert_refused(&w, 1, RC_REFUSAL_CAST, TEXT, "not a number: 'abc'");
        assert_refused(&w, 2, RC_REFUSAL_MISSING_VALUE, TEXT, "missing value");
        assert_refused(&w, 3, RC_REFUSAL_MISSING_VALUE, TEXT, "missing value: 'NA'");
        assert_good(&w, 4, 12345678);
        assert_good(&w, 5, 1);
        end(&w);
    }
}

static void test_label_codes(void **state)
{
    (void)state;
    const element rows[] = {{.label = 0}, {.label = 1}, {.label = 3}, {.label = -1}, {.label = 2}};
    world w = {0};
    begin(&w, "float64",
          "{'name':'x','type':'category','values':['e','red','blue'],'missing':'unknown','unknown':"
          "'zeros'}",
          LABEL, rows, 5);
    convert(&w, 0, 5);
    assert_good(&w, 0, 1);
    assert_good(&w, 1, -1);
    assert_refused(&w, 2, RC_REFUSAL_OUT_OF_RANGE, LABEL, "a code that none of the labels has");
    assert_good(&w, 3, -1);
    assert_good(&w, 4, 0);
    end(&w);
    w = (world){0};
    begin(&w, "float64", "{'name':'x','type':'number'}", LABEL, rows, 5);
    convert(&w, 1, 3);
    assert_good(&w, 0, 7);
    assert_refused(&w, 1, RC_REFUSAL_OUT_OF_RANGE, LABEL, "a code that none of the labels has");
    assert_refused(&w, 2, RC_REFUSAL_MISSING_VALUE, LABEL, "missing value");
    end(&w);
}

/* Whole numbers below 256 are remembered, from tile to tile; others are looked up as texts. */
static void test_numbers_of_a_category(void **state)
{
    (void)state;
    static const int32_t codes[] = {3, 255, 256, 3, 100000, 4, -1, 255, 256, 100000, 0, 4};
    static const double expected[] = {0, 1, 2, 0, -1, -1, -1, 1, 2, -1, -1, -1};
    element rows[12] = {{0}};
    for (size_t i = 0; i < 12; i++)
        rows[i].code = codes[i];
    world w = {0};
    begin(&w, "float64", "{'name':'x','type':'category','values':[3,'255',256],'unknown':'zeros'}",
          CODE, rows, 12);
    for (size_t first = 0; first < 12; first += 4) {
        convert(&w, first, 4);
        for (size_t r = 0; r < 4; r++)
            assert_good(&w, r, expected[first + r]);
    }
    convert(&w, 0, 12);
    for (size_t r = 0; r < 12; r++)
        assert_good(&w, r, expected[r]);
    end(&w);
}

static void test_fractions_and_flags_of_a_category(void **state)
{
    (void)state;
    const element rows[] = {{.number = 1.5, .flag = 1},
                            {.number = -0.0, .flag = 0},
                            {.number = (double)NAN, .flag = 1},
                            {.number = 1e300, .flag = 2},
                            {.number = 1, .flag = 0}};
    world w = {0};
    begin(&w, "float64", "{'name':'x','type':'category','values':[0,1.50,1]}", NUMBER, rows, 5);
    convert(&w, 0, 5);
    assert_good(&w, 0, 1);
    assert_good(&w, 1, 0);
    assert_refused(&w, 2, RC_REFUSAL_MISSING_VALUE, NUMBER, "missing value");
    assert_refused(&w, 3, RC_REFUSAL_UNSEEN_CATEGORY, NUMBER,
                   "none of the model's values: '1e300'");
    assert_good(&w, 4, 2);
    end(&w);
    w = (world){0};
    begin(&w, "float64", "{'name':'x','type':'category','values':['true','false','other']}", FLAG,
          rows, 5);
    convert(&w, 0, 5);
    assert_good(&w, 0, 0);
    assert_good(&w, 1, 1);
    assert_good(&w, 3, 0);
    end(&w);
}

static void test_truth_and_weight(void **state)
{
    (void)state;
    const element rows[] = {{.number = 1, .text = "2", .label = 1},
                            {.number = 0.5, .text = "x", .label = 1},
                            {.number = -1, .text = "3", .label = 1},
                            {.number = (double)NAN, .text = "3", .label = 1},
                            {.number = INFINITY, .text = "3", .label = 1},
                            {.number = 2, .text = "", .label = 1},
                            {.number = 2, .text = "inf", .label = 1}};
    world w = {.truth = TEXT, .binding = {.n_truth = 1, .weight = NUMBER}};
    w.binding.truth = &w.truth;
    begin(&w, "float64", "{'name':'x','type':'number'}", CODE, rows, 7);
    w.binding.weight = NUMBER;
    convert(&w, 0, 7);
    assert_good(&w, 0, 0);
    assert_true(w.tile.truth[0] == 2 && w.tile.weight[0] == 1);
    assert_refused(&w, 1, RC_REFUSAL_CAST, TEXT, "the true value is not a number: 'x'");
    assert_refused(&w, 2, RC_REFUSAL_OUT_OF_RANGE, NUMBER,
                   "not a weight (a finite number >= 0): '-1'");
    assert_refused(&w, 3, RC_REFUSAL_MISSING_VALUE, NUMBER, "missing weight");
    assert_refused(&w, 4, RC_REFUSAL_OUT_OF_RANGE, NUMBER,
                   "not a weight (a finite number >= 0): 'inf'");
    assert_good(&w, 5, 0);
    assert_true(w.tile.is_unlabelled[5] && !w.tile.is_unlabelled[0] && w.tile.weight[5] == 2);
    assert_refused(&w, 6, RC_REFUSAL_OUT_OF_RANGE, TEXT, "the true value is not finite: 'inf'");
    w.truth = LABEL;
    convert(&w, 0, 1);
    assert_true(w.tile.truth[0] == 7);
    end(&w);
}

static void assert_record(const rc_record *record, const char *const *cells, size_t n)
{
    assert_int_equal(record->n_cells, n);
    for (size_t c = 0; c < n; c++) {
        size_t bytes;
        const char *cell = rc_record_cell(record, c, &bytes);
        assert_int_equal(bytes, strlen(cells[c]));
        assert_memory_equal(cell, cells[c], bytes);
    }
}

static void test_records(void **state)
{
    (void)state;
    const element rows[] = {{.number = 0.1, .text = "a,b", .code = 5, .label = 1, .flag = 1},
                            {.number = (double)NAN, .text = "12345678", .label = 3},
                            {.number = -2, .text = "q\"", .code = -7, .label = -1}};
    world w = {.copies = {TEXT, NUMBER, LABEL}, .binding = {.n_copies = 3}};
    rc_h5_records records = {0};
    rc_buf text = {0};
    rc_error err = {0};
    w.binding.copies = w.copies;
    begin(&w, "float64", "{'name':'x','type':'number'}", CODE, rows, 3);
    convert(&w, 0, 3);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(rc_h5_records_make(&records, &w.tile, 3, 40, &err), RC_OK);
        assert_record(&records.records[0], (const char *[]){"a,b", "0.1", "7"}, 3);
        assert_record(&records.records[1], (const char *[]){"12345678", "", ""}, 3);
        assert_record(&records.records[2], (const char *[]){"q\"", "-2", ""}, 3);
        assert_int_equal(records.records[2].line, 42);
    }
    assert_true(rc_h5_record_text(&w.tile, &w.need, 0, &text) && rc_buf_text(&text, "|") &&
                rc_h5_record_text(&w.tile, &w.need, 2, &text) && rc_buf_text(&text, "|"));
    w.need.columns[TEXT] = w.need.columns[NUMBER] = false;
    assert_true(rc_h5_record_text(&w.tile, &w.need, 1, &text));
    static const char expected[] = "0.1,\"a,b\",5,7,true|-2,\"q\"\"\",-7,,false|0,,false";
    assert_int_equal(text.n, strlen(expected));
    assert_memory_equal(text.data, expected, text.n);
    rc_buf_release(&text);
    rc_h5_records_release(&records);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_number_that_means_missing),
        cmocka_unit_test(test_texts_for_a_number),
        cmocka_unit_test(test_label_codes),
        cmocka_unit_test(test_numbers_of_a_category),
        cmocka_unit_test(test_fractions_and_flags_of_a_category),
        cmocka_unit_test(test_truth_and_weight),
        cmocka_unit_test(test_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
