/* test_encode.c - result rows as CSV, TSV and NDJSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "table/encode.h"

static const rc_field copies[] = {
    {.name = "a", .name_bytes = 1, .kind = RC_FIELD_COPY},
    {.name = "b,\"", .name_bytes = 3, .kind = RC_FIELD_COPY, .index = 1}};

/* A record of the cells, each with its length. */
typedef struct record {
    rc_record record;
    char text[256];
    uint32_t ends[8];
} record;

static void add_cell(record *r, const char *cell, size_t n)
{
    size_t at = r->record.n_cells == 0 ? 0 : r->ends[r->record.n_cells - 1] + 1;
    assert_true(at + n < sizeof(r->text) && r->record.n_cells < 8);
    memcpy(r->text + at, cell, n);
    r->ends[r->record.n_cells++] = (uint32_t)(at + n);
    r->record.text = r->text;
    r->record.ends = r->ends;
}

static void assert_text(const rc_buf *out, const char *expected)
{
    assert_int_equal(out->n, strlen(expected));
    assert_memory_equal(out->data, expected, out->n);
}

/* One row of two copied cells (b NULL: of one). */
static void assert_copies(rc_output_format format, const char *a, size_t n_a, const char *b,
                          const char *expected)
{
    record r = {0};
    add_cell(&r, a, n_a);
    if (b != NULL)
        add_cell(&r, b, strlen(b));
    rc_layout layout = {.format = format, .fields = copies, .n_fields = b != NULL ? 2 : 1};
    rc_result_rows rows = {.records = &r.record, .n_rows = 1};
    rc_buf out = {0};
    assert_true(rc_encode_rows(&layout, &rows, &out));
    assert_text(&out, expected);
    rc_buf_release(&out);
}

static void assert_copy(rc_output_format format, const char *cell, const char *expected)
{
    assert_copies(format, cell, strlen(cell), NULL, expected);
}

static void test_csv_quotes_what_a_reader_would_split(void **state)
{
    (void)state;
    rc_output_format csv = RC_OUTPUT_CSV;
    assert_copy(csv, "plain", "plain\n");
    assert_copy(csv, " blanks ", " blanks \n");
    assert_copy(csv, "a;b\tc|d'e", "a;b\tc|d'e\n");
    assert_copy(csv, "a,b", "\"a,b\"\n");
    assert_copy(csv, "5\" pipe", "\"5\"\" pipe\"\n");
    assert_copy(csv, "\"", "\"\"\"\"\n");
    assert_copy(csv, "a\nb", "\"a\nb\"\n");
    assert_copy(csv, "a\r", "\"a\r\"\n");
}

static void test_a_lone_empty_cell_is_a_record(void **state)
{
    (void)state;
    assert_copy(RC_OUTPUT_CSV, "", "\"\"\n");
    assert_copy(RC_OUTPUT_TSV, "", "\"\"\n");
    assert_copies(RC_OUTPUT_CSV, "", 0, "", ",\n");
    assert_copies(RC_OUTPUT_CSV, "", 0, "x", ",x\n");
    rc_layout layout = {.format = RC_OUTPUT_CSV,
                        .fields =
                            &(const rc_field){.name = "", .name_bytes = 0, .kind = RC_FIELD_COPY},
                        .n_fields = 1};
    rc_buf out = {0};
    assert_true(rc_encode_header(&layout, &out));
    assert_text(&out, "\"\"\n");
    rc_buf_release(&out);
}

static void test_tsv_quotes_tabs_and_no_commas(void **state)
{
    (void)state;
    assert_copies(RC_OUTPUT_TSV, "a,b", 3, "c\td", "a,b\t\"c\td\"\n");
    assert_copies(RC_OUTPUT_TSV, "a\"b", 3, "c\nd", "\"a\"\"b\"\t\"c\nd\"\n");
}

/* RFC 8259: quote, backslash and everything below a blank must be escaped. */
static void test_ndjson_escapes(void **state)
{
    (void)state;
    rc_output_format json = RC_OUTPUT_NDJSON;
    assert_copy(json, "", "{\"a\":\"\"}\n");
    assert_copy(json, "12.50", "{\"a\":\"12.50\"}\n"); /* a copy is a string */
    assert_copies(json, "x", 1, "a,b", "{\"a\":\"x\",\"b,\\\"\":\"a,b\"}\n");
    assert_copy(json, "q\"b\\s/", "{\"a\":\"q\\\"b\\\\s/\"}\n");
    assert_copy(json, "\b\t\n\f\r", "{\"a\":\"\\b\\t\\n\\f\\r\"}\n");
    assert_copy(json, "\x01\x1f\x7f", "{\"a\":\"\\u0001\\u001f\\u007f\"}\n");
    assert_copies(json, "a\0b", 3, "", "{\"a\":\"a\\u0000b\",\"b,\\\"\":\"\"}\n");
    assert_copy(json, "h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x99\x82",
                "{\"a\":\"h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x99\x82\"}\n");
}

#define FFFD "\xef\xbf\xbd"

static void test_bytes_that_are_no_utf8_are_replaced_in_ndjson(void **state)
{
    (void)state;
    rc_output_format json = RC_OUTPUT_NDJSON;
    assert_copy(json, "\xff", "{\"a\":\"" FFFD "\"}\n");
    assert_copy(json, "a\xc3", "{\"a\":\"a" FFFD "\"}\n"); /* cut off */
    assert_copy(json, "\xc3(", "{\"a\":\"" FFFD "(\"}\n");
    assert_copy(json, "\xc0\xaf", "{\"a\":\"" FFFD FFFD "\"}\n");          /* overlong */
    assert_copy(json, "\xed\xa0\x80", "{\"a\":\"" FFFD FFFD FFFD "\"}\n"); /* a surrogate */
    assert_copy(json, "\xf4\x90\x80\x80", "{\"a\":\"" FFFD FFFD FFFD FFFD "\"}\n");
    assert_copy(RC_OUTPUT_CSV, "\xff\xc3", "\xff\xc3\n"); /* CSV keeps the bytes */
}

static const rc_field all_kinds[] = {
    {.name = "label", .name_bytes = 5, .kind = RC_FIELD_LABEL},
    {.name = "p", .name_bytes = 1, .kind = RC_FIELD_REAL, .index = 1},
    {.name = "id", .name_bytes = 2, .kind = RC_FIELD_COPY, .index = 1},
    {.name = "m", .name_bytes = 1, .kind = RC_FIELD_REAL}};

static void assert_all_kinds(rc_output_format format, bool is_float32, const char *header,
                             const char *expected)
{
    static const double m64[] = {-1.5, 0.1, 1e300}, p64[] = {0.25, 1, 5e-324};
    static const double m32[] = {-1.5, 0.1f, 1e30f}, p32[] = {0.25, 1, 1e-45f};
    static const char *const labels[] = {"no,", "2.5", "7"};
    static const bool is_number[] = {false, true, false};
    record r[3] = {0};
    static const char *const ids[] = {"x", "", "y\"z"};
    for (size_t i = 0; i < 3; i++) {
        add_cell(&r[i], "unused", 6);
        add_cell(&r[i], ids[i], strlen(ids[i]));
    }
    rc_record records[3] = {r[0].record, r[1].record, r[2].record};
    rc_layout layout = {.format = format,
                        .fields = all_kinds,
                        .n_fields = 4,
                        .is_float32 = is_float32,
                        .labels = labels,
                        .label_is_number = is_number,
                        .n_labels = sizeof(labels) / sizeof(labels[0]),
                        .most_label_bytes = 3};
    const double *reals64[] = {m64, p64}, *reals32[] = {m32, p32};
    rc_result_rows rows = {.records = records,
                           .reals = is_float32 ? reals32 : reals64,
                           .labels = (const uint32_t[]){1, 0, 2},
                           .n_rows = 3};
    rc_buf out = {0};
    assert_true(rc_encode_header(&layout, &out));
    assert_text(&out, header);
    out.n = 0;
    assert_true(rc_encode_rows(&layout, &rows, &out));
    assert_text(&out, expected);
    rc_buf_release(&out);
}

static void test_all_kinds_of_fields(void **state)
{
    (void)state;
    assert_all_kinds(RC_OUTPUT_CSV, false, "label,p,id,m\n",
                     "2.5,0.25,x,-1.5\n\"no,\",1,,0.1\n7,5e-324,\"y\"\"z\",1e300\n");
    assert_all_kinds(RC_OUTPUT_TSV, true, "label\tp\tid\tm\n",
                     "2.5\t0.25\tx\t-1.5\nno,\t1\t\t0.1\n7\t1e-45\t\"y\"\"z\"\t1e30\n");
    assert_all_kinds(RC_OUTPUT_NDJSON, false, "",
                     "{\"label\":2.5,\"p\":0.25,\"id\":\"x\",\"m\":-1.5}\n"
                     "{\"label\":\"no,\",\"p\":1,\"id\":\"\",\"m\":0.1}\n"
                     "{\"label\":\"7\",\"p\":5e-324,\"id\":\"y\\\"z\",\"m\":1e300}\n");
}

/* Four rows of one record each, fates as "sebo": scored, empty, blank, omitted. The first two cells
 * of "id" are there, the others are short. */
static void assert_fates(rc_output_format format, const rc_field *fields, size_t n_fields,
                         const char *fates, const char *expected)
{
    static const char *const labels[] = {"no", "2.5"};
    static const bool is_number[] = {false, true};
    static const double p[] = {0.25, 0.5, 0.75, NAN};
    record r[4] = {0};
    rc_record records[4];
    unsigned char fate[4];
    static const char letters[] = "sebo";
    for (size_t i = 0; i < 4; i++) {
        add_cell(&r[i], "unused", 6);
        if (i < 2)
            add_cell(&r[i], i == 0 ? "x" : "y,", i + 1);
        if (i == 0)
            add_cell(&r[i], "too many", 8);
        records[i] = r[i].record;
        fate[i] = (unsigned char)(strchr(letters, fates[i]) - letters);
    }
    rc_layout layout = {.format = format,
                        .fields = fields,
                        .n_fields = n_fields,
                        .labels = labels,
                        .label_is_number = is_number,
                        .n_labels = sizeof(labels) / sizeof(labels[0]),
                        .most_label_bytes = 3};
    rc_result_rows rows = {.fates = fate,
                           .records = records,
                           .reals = (const double *const[]){p},
                           .labels = (const uint32_t[]){0, 1, 0, UINT32_MAX},
                           .n_rows = 4};
    rc_buf out = {0};
    assert_true(rc_encode_rows(&layout, &rows, &out));
    assert_text(&out, expected);
    rc_buf_release(&out);
}

/* DESIGN, on-error: leave the row out, or emit empty predictions. */
static void test_what_becomes_of_refused_rows(void **state)
{
    (void)state;
    static const rc_field all[] = {
        {.name = "id", .name_bytes = 2, .kind = RC_FIELD_COPY, .index = 1},
        {.name = "label", .name_bytes = 5, .kind = RC_FIELD_LABEL},
        {.name = "p", .name_bytes = 1, .kind = RC_FIELD_REAL}};
    rc_output_format csv = RC_OUTPUT_CSV, json = RC_OUTPUT_NDJSON;
    assert_fates(csv, all, 3, "ssse", "x,no,0.25\n\"y,\",2.5,0.5\n,no,0.75\n,,\n");
    assert_fates(csv, all, 3, "eeee", "x,,\n\"y,\",,\n,,\n,,\n");
    assert_fates(csv, all, 3, "oooo", "");
    assert_fates(csv, all, 3, "bbsb", ",,\n,,\n,no,0.75\n,,\n");
    assert_fates(json, all, 3, "boob",
                 "{\"id\":\"\",\"label\":null,\"p\":null}\n"
                 "{\"id\":\"\",\"label\":null,\"p\":null}\n");
    assert_fates(csv, all, 3, "oseo", "\"y,\",2.5,0.5\n,,\n");
    assert_fates(RC_OUTPUT_TSV, all, 3, "eeoe", "x\t\t\ny,\t\t\n\t\t\n");
    assert_fates(json, all, 3, "esoe",
                 "{\"id\":\"x\",\"label\":null,\"p\":null}\n"
                 "{\"id\":\"y,\",\"label\":2.5,\"p\":0.5}\n"
                 "{\"id\":\"\",\"label\":null,\"p\":null}\n");
}

/* A line without a byte is no record: then rows would be lost. */
static void test_an_empty_only_prediction_is_a_record(void **state)
{
    (void)state;
    static const rc_field label[] = {{.name = "label", .name_bytes = 5, .kind = RC_FIELD_LABEL}};
    static const rc_field real[] = {{.name = "p", .name_bytes = 1, .kind = RC_FIELD_REAL}};
    static const rc_field copy[] = {
        {.name = "id", .name_bytes = 2, .kind = RC_FIELD_COPY, .index = 1}};
    assert_fates(RC_OUTPUT_CSV, label, 1, "sese", "no\n\"\"\nno\n\"\"\n");
    assert_fates(RC_OUTPUT_TSV, real, 1, "oese", "\"\"\n0.75\n\"\"\n");
    assert_fates(RC_OUTPUT_CSV, copy, 1, "seso", "x\n\"y,\"\n\"\"\n");
    assert_fates(RC_OUTPUT_CSV, copy, 1, "bbob", "\"\"\n\"\"\n\"\"\n");
    assert_fates(RC_OUTPUT_NDJSON, label, 1, "oooe", "{\"label\":null}\n");
}

/* Labels and names of any length, in many rows, with texts made before and without. */
static void test_texts_of_any_length_stand_in_every_row(void **state)
{
    (void)state;
    enum { N = 40, ROWS = 3 * N };
    char names[N][N + 1], *labels[N], expected[ROWS * (8 * N + 8)];
    uint32_t which[ROWS];
    size_t n = 0;
    for (size_t k = 0; k < N; k++) {
        for (size_t i = 0; i < k; i++)
            names[k][i] = (char)('a' + (i + k) % 26);
        names[k][k] = '\0';
        labels[k] = names[k];
    }
    rc_field fields[] = {{.name = "x", .name_bytes = 1, .kind = RC_FIELD_LABEL},
                         {.name = names[17], .name_bytes = 17, .kind = RC_FIELD_LABEL},
                         {.name = names[N - 1], .name_bytes = N - 1, .kind = RC_FIELD_LABEL}};
    for (size_t r = 0; r < ROWS; r++) {
        which[r] = (uint32_t)(r % N);
        const char *label = labels[which[r]];
        n += (size_t)sprintf(expected + n, "{\"x\":\"%s\",\"%s\":\"%s\",\"%s\":\"%s\"}\n", label,
                             names[17], label, names[N - 1], label);
    }
    rc_layout layout = {.format = RC_OUTPUT_NDJSON,
                        .fields = fields,
                        .n_fields = 3,
                        .labels = (const char *const *)labels,
                        .label_is_number = (const bool[N]){false},
                        .n_labels = N};
    rc_result_rows rows = {.labels = which, .n_rows = ROWS};
    for (int i = 0; i < 2; i++) {
        rc_encode_texts *texts = NULL;
        if (i == 1)
            assert_int_equal(rc_encode_texts_open(&texts, &layout, NULL), RC_OK);
        layout.texts = texts;
        rc_buf out = {0};
        assert_true(rc_encode_rows(&layout, &rows, &out));
        assert_text(&out, expected);
        rc_buf_release(&out);
        rc_encode_texts_close(texts);
    }
}

static void test_header_names_are_quoted(void **state)
{
    (void)state;
    rc_layout layout = {.format = RC_OUTPUT_CSV, .fields = copies, .n_fields = 2};
    rc_buf out = {0};
    assert_true(rc_encode_header(&layout, &out));
    assert_text(&out, "a,\"b,\"\"\"\n");
    rc_buf_release(&out);
}

static void test_a_cell_alone(void **state)
{
    (void)state;
    rc_buf out = {0};
    assert_true(rc_encode_cell("a,b", 3, &out) && rc_buf_text(&out, ","));
    assert_true(rc_encode_cell("", 0, &out) && rc_buf_text(&out, ","));
    assert_true(rc_encode_cell("a\0;'", 4, &out) && rc_buf_text(&out, ","));
    assert_true(rc_encode_cell("\"\"\n", 3, &out));
    static const char expected[] = "\"a,b\",,a\0;',\"\"\"\"\"\n\"";
    assert_int_equal(out.n, sizeof(expected) - 1);
    assert_memory_equal(out.data, expected, out.n);
    rc_buf_release(&out);
}

/* Written and split again, any cells come back. */
static void test_csv_round_trip(void **state)
{
    (void)state;
    uint64_t seed = 99;
    rc_splitter *s;
    assert_int_equal(rc_splitter_open(&s, ',', 2, 1, NULL), RC_OK);
    for (int round = 0; round < 20000; round++) {
        record r = {0};
        for (size_t c = 0; c < 2; c++) {
            char cell[8];
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            size_t n = seed >> 61;
            for (size_t i = 0; i < n; i++)
                cell[i] = "a\",\n\r\0;"[(seed >> (8 + 7 * i)) % 7];
            add_cell(&r, cell, n);
        }
        rc_layout layout = {.format = RC_OUTPUT_CSV, .fields = copies, .n_fields = 1 + round % 2};
        rc_buf out = {0};
        rc_result_rows rows = {.records = &r.record, .n_rows = 1};
        assert_true(rc_encode_rows(&layout, &rows, &out) && rc_buf_reserve(&out, RC_CSV_SLACK));
        memset(out.data + out.n, 0, RC_CSV_SLACK);
        const rc_record *back;
        size_t n_back;
        assert_int_equal(rc_splitter_begin(s, out.data, out.n, true, NULL), RC_OK);
        assert_int_equal(rc_splitter_next(s, &back, &n_back, NULL), RC_OK);
        assert_int_equal(back->n_cells, layout.n_fields);
        assert_int_equal(back->raw_bytes + 1, out.n);
        for (size_t c = 0; c < layout.n_fields; c++) {
            size_t n, n_expected;
            const char *cell = rc_record_cell(back, c, &n);
            const char *expected = rc_record_cell(&r.record, c, &n_expected);
            assert_int_equal(n, n_expected);
            assert_memory_equal(cell, expected, n);
        }
        rc_buf_release(&out);
    }
    rc_splitter_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv_quotes_what_a_reader_would_split),
        cmocka_unit_test(test_a_lone_empty_cell_is_a_record),
        cmocka_unit_test(test_tsv_quotes_tabs_and_no_commas),
        cmocka_unit_test(test_ndjson_escapes),
        cmocka_unit_test(test_bytes_that_are_no_utf8_are_replaced_in_ndjson),
        cmocka_unit_test(test_all_kinds_of_fields),
        cmocka_unit_test(test_what_becomes_of_refused_rows),
        cmocka_unit_test(test_an_empty_only_prediction_is_a_record),
        cmocka_unit_test(test_texts_of_any_length_stand_in_every_row),
        cmocka_unit_test(test_header_names_are_quoted),
        cmocka_unit_test(test_a_cell_alone),
        cmocka_unit_test(test_csv_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
