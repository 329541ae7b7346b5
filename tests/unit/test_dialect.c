/* test_dialect.c - delimiter and header, as the part "Dialect" of the design says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "table/dialect.h"

static const char *const names_xyz[] = {"x", "y", "z"};

static rc_dialect_request ask(size_t n_names)
{
    return (rc_dialect_request){.model_inputs = {names_xyz, n_names}, .delimiter = RC_NO_DELIMITER};
}

/* The schema of the first n bytes of a text. */
static rc_status find(rc_schema *schema, const rc_dialect_request *request, const char *text,
                      size_t n, bool is_last, rc_error *err)
{
    char *head = malloc(n + RC_CSV_SLACK);
    assert_non_null(head);
    memcpy(head, text, n);
    memset(head + n, 0, RC_CSV_SLACK);
    rc_status st = rc_schema_init(schema, request, head, n, is_last, err);
    free(head);
    return st;
}

/* Finds the schema of a whole text; every longer and longer prefix must give the same or none. */
static void find_grown(rc_schema *schema, const rc_dialect_request *request, const char *text)
{
    rc_error err = {0};
    size_t n = strlen(text);
    if (find(schema, request, text, n, true, &err) != RC_OK)
        fail_msg("%s", err.text);
    bool was_found = false;
    for (size_t k = 0; k <= n; k++) {
        rc_schema grown;
        rc_status st = find(&grown, request, text, k, false, &err);
        assert_true(st == RC_AGAIN || st == RC_OK);
        assert_false(was_found && st == RC_AGAIN);
        if (st == RC_AGAIN)
            continue;
        was_found = true;
        assert_int_equal(grown.delimiter, schema->delimiter);
        assert_int_equal(grown.n_columns, schema->n_columns);
        assert_int_equal(grown.header_bytes, schema->header_bytes);
        assert_int_equal(grown.header_lines, schema->header_lines);
        for (size_t c = 0; schema->names != NULL && c < schema->n_columns; c++)
            assert_string_equal(grown.names[c], schema->names[c]);
        rc_schema_release(&grown);
    }
}

/* Delimiter and header of a text; names joined by blanks. */
static void assert_schema(const rc_dialect_request *request, const char *text, int delimiter,
                          const char *names, size_t header_bytes, uint64_t header_lines)
{
    rc_schema schema;
    find_grown(&schema, request, text);
    assert_int_equal(schema.delimiter, delimiter);
    assert_true(schema.has_header);
    rc_buf joined = {0};
    for (size_t c = 0; c < schema.n_columns; c++) {
        assert_int_equal(schema.name_bytes[c], strlen(schema.names[c]));
        assert_true(rc_buf_printf(&joined, "%s%s", c > 0 ? " " : "", schema.names[c]));
    }
    assert_true(rc_buf_append(&joined, "", 1));
    assert_string_equal(joined.data, names);
    rc_buf_release(&joined);
    assert_int_equal(schema.header_bytes, header_bytes);
    assert_int_equal(schema.header_lines, header_lines);
    rc_schema_release(&schema);
}

static void test_most_model_names_decide(void **state)
{
    (void)state;
    rc_dialect_request two = ask(2), three = ask(3);
    assert_schema(&two, "x,y\n1,2\n", ',', "x y", 4, 1);
    assert_schema(&two, "x;y\n1,5;2,5\n", ';', "x y", 4, 1);
    assert_schema(&two, "x\ty\r\n1\t2\r\n", '\t', "x y", 5, 1);
    assert_schema(&two, "x|y\r1|2\r", '|', "x y", 4, 1);
    /* more cells under the comma, but more names under the semicolon */
    assert_schema(&three, "x;a,b,c,d;y\n1;1,1,1,1;2\n", ';', "x a,b,c,d y", 12, 1);
    assert_schema(&three, "z,x;y;q\n", ';', "z,x y q", 8, 1);
    /* a name that stands more than once is one name: comma and semicolon find one each */
    assert_schema(&two, "x,x,x;y\n1,2,3;4\n", ',', "x x x;y", 8, 1);
    assert_schema(&two, "x,x,x;y\n1,2;3\n", ';', "x,x,x y", 8, 1);
    /* names in quotes */
    assert_schema(&two, "\"x\";\"y\"\n1;2\n", ';', "x y", 8, 1);
    assert_schema(&two, "\"x\"\"\n,\",y\n", ',', "x\"\n, y", 10, 2);
}

static void test_then_the_numbers_of_cells_decide(void **state)
{
    (void)state;
    rc_dialect_request none = ask(0), one = ask(1);
    assert_schema(&none, "a,b;c\n1,2;3\n", ',', "a b;c", 6, 1); /* two each: comma is first */
    assert_schema(&none, "a,b;c;d\n1,2;3;4\n", ';', "a,b c d", 8, 1);
    assert_schema(&none, "a,b;c;d\n1,2;3\n", ',', "a b;c;d", 8, 1); /* semicolons differ */
    assert_schema(&none, "a\tb|c\n1\t2|3\n", '\t', "a b|c", 6, 1);
    assert_schema(&none, "a|b\n1|2\n", '|', "a b", 4, 1);
    /* the model's names are found equally often under the tied ones only */
    assert_schema(&one, "x\n1\n", RC_NO_DELIMITER, "x", 2, 1);
    assert_schema(&one, "x,a;x\n1,2;3\n", ',', "x a;x", 6, 1);
}

static void test_else_there_is_one_column(void **state)
{
    (void)state;
    rc_dialect_request none = ask(0);
    assert_schema(&none, "a\n1\n", RC_NO_DELIMITER, "a", 2, 1);
    assert_schema(&none, "a,b\n1\n", RC_NO_DELIMITER, "a,b", 4, 1);
    assert_schema(&none, "free text, with commas\nand none\nor, here, two\n", RC_NO_DELIMITER,
                  "free text, with commas", 23, 1);
}

static void test_only_the_first_hundred_records_are_looked_at(void **state)
{
    (void)state;
    rc_dialect_request none = ask(0);
    for (size_t odd = 98; odd <= 100; odd++) { /* records from 0; the header is one */
        rc_buf text = {0};
        assert_true(rc_buf_text(&text, "a,b\n"));
        for (size_t r = 1; r < 120; r++)
            assert_true(rc_buf_text(&text, r == odd ? "1,2,3\n" : "1,2\n"));
        assert_true(rc_buf_append(&text, "", 1));
        rc_schema schema;
        find_grown(&schema, &none, text.data);
        assert_int_equal(schema.delimiter, odd < 100 ? RC_NO_DELIMITER : ',');
        rc_schema_release(&schema);
        rc_buf_release(&text);
    }
}

static void test_a_given_delimiter_is_taken(void **state)
{
    (void)state;
    rc_dialect_request request = ask(2);
    request.delimiter = ':';
    assert_schema(&request, "x:y,z\n", ':', "x y,z", 6, 1);
    request.delimiter = 0xff;
    assert_schema(&request,
                  "x\xffy\n1\xff"
                  "2\n",
                  0xff, "x y", 4, 1);
}

static void test_a_mark_and_blank_lines_are_passed_over(void **state)
{
    (void)state;
    rc_dialect_request two = ask(2);
    assert_schema(&two, "\xef\xbb\xbfx,y\n1,2\n", ',', "x y", 7, 1);
    assert_schema(&two, "\xef\xbb\xbf\"x\",y\n1,2\n", ',', "x y", 9, 1);
    assert_schema(&two, "\n\r\n\rx,y\r\n1,2\n", ',', "x y", 9, 4);
    assert_schema(&two, "x,y", ',', "x y", 3, 0); /* line ends */
    assert_schema(&two, "x,\"y\r\nz\"\r\n", ',', "x y\r\nz", 10, 2);
    assert_schema(&two, "\"\"\nx\n", RC_NO_DELIMITER, "", 3, 1); /* one empty cell is a record */
}

static void assert_refused(const rc_dialect_request *request, const char *text, const char *message)
{
    rc_schema schema;
    rc_error err = {0};
    assert_int_equal(find(&schema, request, text, strlen(text), true, &err), RC_E_DATA);
    assert_string_equal(err.text, message);
}

static void test_a_header_of_numbers_is_refused(void **state)
{
    (void)state;
    static const char refusal[] = "the first record holds only numbers\n"
                                  "  say --no-header if it is data, --header if these are names";
    rc_dialect_request request = ask(0);
    assert_refused(&request, "1,2\n3,4\n", refusal);
    assert_refused(&request, "1", refusal);
    assert_refused(&request, " -1e5 ,\"inf\",true\n", refusal);
    assert_schema(&request, "1,b\n3,4\n", ',', "1 b", 4, 1);
    assert_schema(&request, "1,\n3,4\n", ',', "1 ", 3, 1); /* an empty cell is no number */
    request.header = RC_HEADER_YES;
    assert_schema(&request, "1,2\n3,4\n", ',', "1 2", 4, 1);
}

static void test_without_a_header(void **state)
{
    (void)state;
    rc_dialect_request request = ask(2);
    request.header = RC_HEADER_NO;
    rc_schema schema;
    find_grown(&schema, &request, "\xef\xbb\xbf\n1;2\n3;4\n");
    assert_int_equal(schema.delimiter, ';');
    assert_int_equal(schema.n_columns, 2);
    assert_false(schema.has_header);
    assert_null(schema.names);
    assert_int_equal(schema.header_bytes, 3);
    assert_int_equal(schema.header_lines, 0);
    rc_schema_release(&schema);
    /* the names of the model say nothing about data */
    find_grown(&schema, &request, "x;y,1,2\n3;4,1,2\n");
    assert_int_equal(schema.delimiter, ',');
    rc_schema_release(&schema);
}

static void test_no_record_is_refused(void **state)
{
    (void)state;
    rc_dialect_request request = ask(1);
    assert_refused(&request, "", "no record, not even a header");
    assert_refused(&request, "\n\r\n\r", "no record, not even a header");
    assert_refused(&request, "\xef\xbb\xbf", "no record, not even a header");
}

static void test_an_open_quote_in_the_header_is_placed(void **state)
{
    (void)state;
    static const int delimiters[] = {',', RC_NO_DELIMITER};
    for (size_t i = 0; i < 2; i++) {
        rc_dialect_request request = ask(1);
        request.delimiter = delimiters[i];
        static const char text[] = "\n\r\nx,\"y\nz";
        rc_schema schema;
        rc_error err = {0};
        assert_int_equal(find(&schema, &request, text, strlen(text), true, &err), RC_E_DATA);
        assert_string_equal(err.text, "a quote opens here and is never closed");
        assert_int_equal(err.row, 3);
        assert_int_equal(find(&schema, &request, text, strlen(text), false, &err), RC_AGAIN);
    }
}

static void test_too_many_columns_are_refused(void **state)
{
    (void)state;
    size_t n = RC_MAX_COLUMNS;
    rc_dialect_request request = ask(0);
    request.delimiter = ',';
    char *text = malloc(n + 2);
    assert_non_null(text);
    memset(text, ',', n);
    text[n - 1] = '\n'; /* as many cells as may be */
    rc_schema schema;
    rc_error err = {0};
    assert_int_equal(find(&schema, &request, text, n, true, &err), RC_OK);
    assert_int_equal(schema.n_columns, RC_MAX_COLUMNS);
    rc_schema_release(&schema);
    text[n - 1] = ',';
    text[n] = '\n';
    assert_int_equal(find(&schema, &request, text, n + 1, true, &err), RC_E_DATA);
    assert_string_equal(err.text, "1048577 columns, but at most 1048576 are read (--max-columns)");
    free(text);
}

static void test_the_most_columns_may_be_given(void **state)
{
    (void)state;
    rc_dialect_request request = ask(2);
    request.max_columns = 3;
    assert_schema(&request, "a,b,c\n", ',', "a b c", 6, 1);
    assert_schema(&request, "x,y,\"\"\n", ',', "x y ", 7, 1);
    assert_refused(&request, "a,b,c,d\n1,2,3,4\n",
                   "4 columns, but at most 3 are read (--max-columns)");
    assert_refused(&request, "\"a\",b,x,y\n", "4 columns, but at most 3 are read (--max-columns)");
    request.header = RC_HEADER_NO;
    assert_refused(&request, "1,2,3,4\n", "4 columns, but at most 3 are read (--max-columns)");
    request = ask(2);
    request.max_columns = SIZE_MAX;
    assert_schema(&request, "x,y,z\n", ',', "x y z", 6, 1);
    request.max_columns = 1;
    assert_schema(&request, "x\n1\n", RC_NO_DELIMITER, "x", 2, 1);
}

/* A comma in numbers is no delimiter, and numbers with it are no names. */
static void test_a_decimal_comma(void **state)
{
    (void)state;
    static const char refusal[] = "the first record holds only numbers\n"
                                  "  say --no-header if it is data, --header if these are names";
    rc_dialect_request request = ask(0);
    assert_schema(&request, "1,5;2,5\n", ',', "1 5;2 5", 8, 1);
    assert_schema(&request, "1,5;2\n", ',', "1 5;2", 6, 1);
    request.decimal = ',';
    assert_refused(&request, "1,5;2,5\n", refusal);
    assert_refused(&request, "1,5\n2,5\n", refusal);
    assert_refused(&request, "-1,5e3;inf;7\n", refusal);
    assert_schema(&request, "1.5;2.5\n1,5;2,5\n", ';', "1.5 2.5", 8, 1);
    assert_schema(&request, "a,b\n1,2\n", RC_NO_DELIMITER, "a,b", 4, 1);
    request.delimiter = ','; /* given, it is one */
    assert_schema(&request, "a,b\n\"1,5\",2\n", ',', "a b", 4, 1);
    assert_refused(&request, "\"1,5\",2\n", refusal);
    request = ask(2);
    request.decimal = ',';
    assert_schema(&request, "x,y;z\n1,2;3\n", ';', "x,y z", 6, 1); /* not by names either */
    request.header = RC_HEADER_NO;
    request.model_inputs.n = 0;
    rc_schema schema;
    find_grown(&schema, &request, "1,5;2,5\n3;4,25\n");
    assert_int_equal(schema.delimiter, ';');
    assert_int_equal(schema.n_columns, 2);
    rc_schema_release(&schema);
}

/* DESIGN: a record ends at LF, CRLF or lone CR; a line with no byte is no record, "" is one. */
static void test_odd_first_lines(void **state)
{
    (void)state;
    rc_dialect_request two = ask(2), none = ask(0);
    assert_schema(&two, "\xef\xbb\xbf\n\n\"x\",y\r1,2\r", ',', "x y", 11, 3);
    assert_schema(&two, "\r\rx;y\r\r1;2", ';', "x y", 6, 3);
    assert_schema(&two, "\"x\";\"a\rb\r\n\nc\"\r\n1;2\r\n", ';', "x a\rb\r\n\nc", 15, 4);
    assert_schema(&none, "\xef\xbb\xbf\"\"\r\n1\r\n", RC_NO_DELIMITER, "", 7, 1);
    assert_schema(&none, " \n1\n", RC_NO_DELIMITER, " ", 2, 1); /* a blank is a byte */
    assert_schema(&none, ",\n1,2\n", ',', " ", 2, 1);           /* two empty names */
    /* a mark in the middle is text */
    assert_schema(&two, "x,\xef\xbb\xbfy\n", ',', "x \xef\xbb\xbfy", 7, 1);
    /* a name that stands twice is found */
    assert_schema(&two, "x,x,y\n1,2,3\n", ',', "x x y", 6, 1);
}

/* Bytes that are no text bother nobody. */
static void test_any_bytes_in_names_and_cells(void **state)
{
    (void)state;
    rc_dialect_request two = ask(2);
    static const char text[] = "x,a\0b,\xff\xc3,y\n1,\0\0,\xed\xa0\x80,2\n3,\"\0\",\xfe,4\n";
    rc_schema schema;
    rc_error err = {0};
    assert_int_equal(find(&schema, &two, text, sizeof(text) - 1, true, &err), RC_OK);
    assert_int_equal(schema.delimiter, ',');
    assert_int_equal(schema.n_columns, 4);
    assert_int_equal(schema.name_bytes[1], 3);
    assert_memory_equal(schema.names[1], "a\0b", 4);
    assert_string_equal(schema.names[2], "\xff\xc3");
    rc_schema_release(&schema);
    two.model_inputs.n = 0; /* the same by the numbers of cells */
    assert_int_equal(find(&schema, &two, text, sizeof(text) - 1, true, &err), RC_OK);
    assert_int_equal(schema.n_columns, 4);
    rc_schema_release(&schema);
}

/* No more bytes than RC_DIALECT_BYTES are asked for when the numbers of cells must decide. */
static void test_the_search_ends(void **state)
{
    (void)state;
    rc_dialect_request none = ask(0);
    size_t n = RC_DIALECT_BYTES;
    char *text = malloc(2 * n);
    assert_non_null(text);
    memset(text, 'a', 2 * n);
    memcpy(text, "b;c\nd;e\n", 8);
    rc_schema schema;
    assert_int_equal(find(&schema, &none, text, n - 1, false, NULL), RC_AGAIN);
    for (size_t k = n; k <= 2 * n; k += n / 2) {
        for (int is_last = 0; is_last < 2; is_last++) {
            assert_int_equal(find(&schema, &none, text, k, is_last, NULL), RC_OK);
            assert_int_equal(schema.delimiter, ';');
            rc_schema_release(&schema);
        }
    }
    free(text);
}

/* A quote that opens under another delimiter only, and never closes, holds nothing up. */
static void test_an_open_quote_of_another_delimiter(void **state)
{
    (void)state;
    rc_dialect_request two = ask(2);
    size_t n = RC_DIALECT_BYTES + 4096;
    char *text = malloc(n);
    assert_non_null(text);
    for (size_t i = 0; i < n; i++)
        text[i] = "1,2\n"[i % 4];
    memcpy(text, "\n\nx,y;\"z\n\n\n", 12);
    for (int is_last = 0; is_last < 2; is_last++) {
        rc_schema schema;
        rc_error err = {0};
        if (find(&schema, &two, text, n, is_last, &err) != RC_OK)
            fail_msg("%s", err.text);
        assert_int_equal(schema.delimiter, ',');
        assert_int_equal(schema.header_lines, 3);
        rc_schema_release(&schema);
        assert_int_equal(find(&schema, &two, text, 100, false, &err), RC_AGAIN);
        n = is_last ? n : 400; /* the same of a whole small file */
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_most_model_names_decide),
        cmocka_unit_test(test_then_the_numbers_of_cells_decide),
        cmocka_unit_test(test_else_there_is_one_column),
        cmocka_unit_test(test_only_the_first_hundred_records_are_looked_at),
        cmocka_unit_test(test_a_given_delimiter_is_taken),
        cmocka_unit_test(test_a_mark_and_blank_lines_are_passed_over),
        cmocka_unit_test(test_a_header_of_numbers_is_refused),
        cmocka_unit_test(test_without_a_header),
        cmocka_unit_test(test_no_record_is_refused),
        cmocka_unit_test(test_an_open_quote_in_the_header_is_placed),
        cmocka_unit_test(test_too_many_columns_are_refused),
        cmocka_unit_test(test_the_most_columns_may_be_given),
        cmocka_unit_test(test_a_decimal_comma),
        cmocka_unit_test(test_odd_first_lines),
        cmocka_unit_test(test_any_bytes_in_names_and_cells),
        cmocka_unit_test(test_the_search_ends),
        cmocka_unit_test(test_an_open_quote_of_another_delimiter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
