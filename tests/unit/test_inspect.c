/* test_inspect.c - what a file is told to be, and what its columns are taken for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "report/inspect_column.h"
#include "run/inspect.h"

/* With its last byte known or not, a file is told to be one thing only; and each prefix is told the
 * same or nothing. A copy of exactly n bytes lets a sanitizer see a look beyond them. */
static void assert_told(const char *data, size_t n, rc_file_kind kind)
{
    for (size_t i = 0; i <= n; i++) {
        char *copy = malloc(i + 1);
        memcpy(copy, data, i);
        copy = realloc(copy, i > 0 ? i : 1);
        rc_file_kind told = rc_tell_file(copy, i, false);
        assert_true(told == RC_FILE_UNKNOWN || told == kind);
        assert_int_not_equal(rc_tell_file(copy, i, true), RC_FILE_UNKNOWN);
        free(copy);
    }
    assert_int_equal(rc_tell_file(data, n, true), kind);
}

static void assert_text_told(const char *text, rc_file_kind kind)
{
    assert_told(text, strlen(text), kind);
}

static const char blanks[] = "                                                                ";

static void test_json_is_told_by_its_format(void **state)
{
    (void)state;
    char text[512];
    static const struct {
        const char *text;
        rc_file_kind kind;
    } files[] = {
        {"{\"format\": \"rowcast-model\"}", RC_FILE_MODEL},
        {" \t\r\n{ \"a\" : [1, {\"format\": \"rowcast-report\"}, \"]}\\\"\"] , \"format\" :\n"
         "\"rowcast-model\" ",
         RC_FILE_MODEL},
        {"{\"x\": {\"y\": \"},\"}, \"z\": -1.5e3, \"format\":\"rowcast-report\"", RC_FILE_REPORT},
        {"{\"format\": \"rowcast-models\"}", RC_FILE_FOREIGN},
        {"{\"format\": {\"format\": \"rowcast-model\"}}", RC_FILE_FOREIGN},
        {"{\"formats\": \"rowcast-model\"}", RC_FILE_FOREIGN},
        {"{}\n{\"format\": \"rowcast-model\"}", RC_FILE_FOREIGN},
        {"{\"a\",1\n\"format\": \"rowcast-model\"}", RC_FILE_TABLE},
        {"{a},\"format\"\n", RC_FILE_TABLE},
        {"x,{\"format\": \"rowcast-model\"}", RC_FILE_TABLE},
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        strcpy(text, files[i].text);
        strcat(text, blanks); /* no shorter file is told before its end */
        assert_text_told(text, files[i].kind);
    }
}

static void test_binary_files_are_told_by_their_first_bytes(void **state)
{
    (void)state;
    char data[80] = "\x30\0\0\0\0\0\0\0{\"format\"";
    assert_told(data, sizeof(data), RC_FILE_MODEL);
    memcpy(data, "\x89HDF\r\n\x1a\n\0", 9);
    assert_told(data, sizeof(data), RC_FILE_FOREIGN);
    memcpy(data, "a,b\n1,\0\n2{", 10); /* a brace where a .rcm has it, and a NUL in a cell */
    assert_int_not_equal(rc_tell_file(data, sizeof(data), true), RC_FILE_FOREIGN);
}

static void test_a_short_file_is_told_at_its_end(void **state)
{
    (void)state;
    assert_int_equal(rc_tell_file("", 0, true), RC_FILE_TABLE);
    assert_int_equal(rc_tell_file("", 0, false), RC_FILE_UNKNOWN);
    assert_int_equal(rc_tell_file("a", 1, false), RC_FILE_UNKNOWN);
    assert_int_equal(rc_tell_file("{", 1, true), RC_FILE_FOREIGN);
}

/* Cells with commas between. */
static rc_guess guess(const char *cells, rc_column_guess *out)
{
    const rc_cell_rules rules = {.missing = rc_missing_default, .decimal = '.'};
    char text[256] = "";
    *out = (rc_column_guess){0};
    strcpy(text, cells);
    for (char *cell = text, *end;; cell = end + 1) {
        end = cell + strcspn(cell, ",");
        assert_int_equal(
            rc_column_guess_add(out, &rules, RC_GUESS_DISTINCT, cell, (size_t)(end - cell), NULL),
            RC_OK);
        if (*end == '\0')
            return rc_column_guess_type(out, RC_GUESS_DISTINCT);
    }
}

static void assert_guess(const char *cells, rc_guess type)
{
    rc_column_guess column;
    assert_int_equal(guess(cells, &column), type);
    rc_column_guess_release(&column);
}

static void test_columns_are_guessed(void **state)
{
    (void)state;
    assert_guess("", RC_GUESS_EMPTY);
    assert_guess("NA, ,null", RC_GUESS_EMPTY);
    assert_guess("1,-2,+3, 007 ,NA", RC_GUESS_INTEGER);
    assert_guess("9223372036854775807,-9223372036854775807", RC_GUESS_INTEGER);
    assert_guess("9223372036854775808", RC_GUESS_NUMBER);
    assert_guess("1,2.0", RC_GUESS_NUMBER);
    assert_guess("1,true", RC_GUESS_NUMBER);
    assert_guess("inf,1e999", RC_GUESS_NUMBER);
    assert_guess("true,FALSE, True ", RC_GUESS_BOOLEAN);
    assert_guess("a,a,b,b", RC_GUESS_CATEGORY);
    assert_guess("a,a,b", RC_GUESS_TEXT);
    assert_guess("a,1,a,1", RC_GUESS_CATEGORY);
    assert_guess("-,+,.,e", RC_GUESS_TEXT);
}

static void test_ranges_and_values_are_kept(void **state)
{
    (void)state;
    rc_column_guess column;
    assert_int_equal(guess("3,-2,9007199254740993", &column), RC_GUESS_INTEGER);
    assert_true(column.low == -2 && column.high == 9007199254740993);
    rc_column_guess_release(&column);
    assert_int_equal(guess("b,a,,b,c,NA,a,c", &column), RC_GUESS_CATEGORY);
    assert_int_equal(column.n_missing, 2);
    assert_int_equal(column.n_distinct, 3);
    assert_string_equal(column.values[0], "b");
    assert_string_equal(column.values[1], "a");
    assert_string_equal(column.values[2], "c");
    assert_null(column.values[3]);
    rc_column_guess_release(&column);
}

/* 100 distinct texts are counted, the 101st ends it. */
static void test_distinct_texts_are_counted_up_to_a_limit(void **state)
{
    (void)state;
    const rc_cell_rules rules = {.missing = rc_missing_default, .decimal = '.'};
    rc_column_guess column = {0};
    char cell[24] = "x000";
    for (int i = 0; i < 300; i++) {
        int k = i % 100;
        cell[2] = (char)('0' + k / 10);
        cell[3] = (char)('0' + k % 10);
        assert_int_equal(rc_column_guess_add(&column, &rules, 100, cell, 4, NULL), RC_OK);
    }
    assert_int_equal(column.n_distinct, 100);
    assert_int_equal(rc_column_guess_type(&column, 100), RC_GUESS_CATEGORY);
    cell[0] = 'y';
    assert_int_equal(rc_column_guess_add(&column, &rules, 100, cell, 4, NULL), RC_OK);
    assert_int_equal(rc_column_guess_type(&column, 100), RC_GUESS_TEXT);
    rc_column_guess_release(&column);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_is_told_by_its_format),
        cmocka_unit_test(test_binary_files_are_told_by_their_first_bytes),
        cmocka_unit_test(test_a_short_file_is_told_at_its_end),
        cmocka_unit_test(test_columns_are_guessed),
        cmocka_unit_test(test_ranges_and_values_are_kept),
        cmocka_unit_test(test_distinct_texts_are_counted_up_to_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
