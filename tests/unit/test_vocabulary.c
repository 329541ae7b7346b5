/* test_vocabulary.c - texts to codes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table/csv_scan.h"
#include "table/vocabulary.h"

/* Looked up alone, without a byte behind, and with others, with anything behind. */
static int64_t code(const rc_vocabulary *v, const char *text, size_t n)
{
    char *exact = malloc(n > 0 ? n : 1), *cell = malloc(n + RC_CSV_SLACK);
    assert_true(exact != NULL && cell != NULL);
    memcpy(exact, text, n);
    memcpy(cell, text, n);
    memset(cell + n, text[0], RC_CSV_SLACK);
    int64_t alone = rc_vocabulary_code(v, exact, n);
    const char *cells[] = {cell, cell};
    const uint32_t lengths[] = {(uint32_t)n, (uint32_t)n};
    int32_t codes[3] = {7, 7, 7};
    rc_vocabulary_codes(v, cells, lengths, 2, codes);
    assert_int_equal(codes[0], alone);
    assert_int_equal(codes[1], alone);
    assert_int_equal(codes[2], 7);
    free(exact);
    free(cell);
    return alone;
}

static int64_t code_of(const rc_vocabulary *v, const char *text)
{
    return code(v, text, strlen(text));
}

static void test_texts_have_the_code_of_the_first_equal_one(void **state)
{
    (void)state;
    static const char *const texts[] = {"age", "", "Age", "age", "1", "1.0", " age"};
    rc_vocabulary *v;
    assert_int_equal(rc_vocabulary_open(&v, texts, NULL, 7, false, NULL), RC_OK);
    assert_int_equal(code_of(v, "age"), 0);
    assert_int_equal(code_of(v, ""), 1);
    assert_int_equal(code_of(v, "Age"), 2);
    assert_int_equal(code_of(v, " age"), 6);
    assert_int_equal(code_of(v, "1"), 4);
    assert_int_equal(code_of(v, "1.0"), 5);
    assert_int_equal(code_of(v, "1.00"), RC_NO_CODE);
    assert_int_equal(code_of(v, "ag"), RC_NO_CODE);
    assert_int_equal(code(v, "age", 2), RC_NO_CODE);
    rc_vocabulary_close(v);
    rc_vocabulary_close(NULL);
}

static void test_lengths_may_be_given(void **state)
{
    (void)state;
    static const char *const texts[] = {"abc", "a\0c", "abc"};
    static const size_t lengths[] = {2, 3, 3};
    rc_vocabulary *v;
    assert_int_equal(rc_vocabulary_open(&v, texts, lengths, 3, false, NULL), RC_OK);
    assert_int_equal(code_of(v, "ab"), 0);
    assert_int_equal(code(v, "a\0c", 3), 1);
    assert_int_equal(code_of(v, "abc"), 2);
    assert_int_equal(code_of(v, "a"), RC_NO_CODE);
    rc_vocabulary_close(v);
}

/* DESIGN: equal texts, else both are numbers and equal (1 = 1.0 = true). */
static void test_numbers_match_by_value_where_no_text_is_equal(void **state)
{
    (void)state;
    static const char *const texts[] = {"yes", "1", "0", "2.50", "inf", "1.0", "1e300", "nan"};
    rc_vocabulary *v;
    assert_int_equal(rc_vocabulary_open(&v, texts, NULL, 8, true, NULL), RC_OK);
    assert_int_equal(code_of(v, "1"), 1);
    assert_int_equal(code_of(v, "1.0"), 5); /* the text wins */
    assert_int_equal(code_of(v, "1.00"), 1);
    assert_int_equal(code_of(v, " +1 "), 1);
    assert_int_equal(code_of(v, "TRUE"), 1);
    assert_int_equal(code_of(v, "false"), 2);
    assert_int_equal(code_of(v, "-0"), 2);
    assert_int_equal(code_of(v, "2.5"), 3);
    assert_int_equal(code_of(v, "25e-1"), 3);
    assert_int_equal(code_of(v, "Infinity"), 4);
    assert_int_equal(code_of(v, "-inf"), RC_NO_CODE);
    assert_int_equal(code_of(v, "1e301"), RC_NO_CODE);
    assert_int_equal(code_of(v, "nan"), 7);
    assert_int_equal(code_of(v, "NaN"), RC_NO_CODE); /* no number, another text */
    assert_int_equal(code_of(v, "Yes"), RC_NO_CODE);
    assert_int_equal(code_of(v, ""), RC_NO_CODE);
    rc_vocabulary_close(v);
}

static void test_an_empty_vocabulary_knows_nothing(void **state)
{
    (void)state;
    rc_vocabulary *v;
    assert_int_equal(rc_vocabulary_open(&v, NULL, NULL, 0, true, NULL), RC_OK);
    assert_int_equal(code_of(v, ""), RC_NO_CODE);
    assert_int_equal(code_of(v, "0"), RC_NO_CODE);
    rc_vocabulary_close(v);
}

static void test_many_texts(void **state)
{
    (void)state;
    enum { N = 5000 };
    static char texts[N][16];
    static const char *pointers[N];
    for (size_t i = 0; i < N; i++) {
        snprintf(texts[i], sizeof(texts[i]), "%zu", i * 3);
        pointers[i] = texts[i];
    }
    rc_vocabulary *v;
    assert_int_equal(rc_vocabulary_open(&v, pointers, NULL, N, true, NULL), RC_OK);
    for (size_t i = 0; i < 3 * N; i++) {
        char text[32];
        int n = snprintf(text, sizeof(text), "%zu", i);
        assert_int_equal(code_of(v, text), i % 3 == 0 ? (int64_t)(i / 3) : RC_NO_CODE);
        memcpy(text + n, ".0", 3);
        assert_int_equal(code_of(v, text), i % 3 == 0 ? (int64_t)(i / 3) : RC_NO_CODE);
    }
    rc_vocabulary_close(v);
}

/* The number of the cell is what matches: with a decimal comma 1,5 is one and 1.50 is none. */
static void test_numbers_with_another_decimal_point_match_by_value(void **state)
{
    (void)state;
    static const char *const texts[] = {"1.5", "2", "x", "1,25", "true"};
    rc_vocabulary *v;
    assert_int_equal(rc_vocabulary_open(&v, texts, NULL, 5, true, NULL), RC_OK);
    assert_int_equal(code_of(v, "1,5"), RC_NO_CODE);
    assert_int_equal(code_of(v, "1.50"), 0);
    rc_vocabulary_set_decimal(v, ',');
    assert_int_equal(code_of(v, "1,5"), 0);
    assert_int_equal(code_of(v, "+1,50 "), 0);
    assert_int_equal(code_of(v, "1.5"), 0); /* the text */
    assert_int_equal(code_of(v, "1.50"), RC_NO_CODE);
    assert_int_equal(code_of(v, "2,"), 1);
    assert_int_equal(code_of(v, "1"), 4);
    assert_int_equal(code_of(v, "1,25"), 3);
    assert_int_equal(code_of(v, ",5"), RC_NO_CODE);
    rc_vocabulary_set_decimal(v, 0);
    assert_int_equal(code_of(v, "1.50"), 0);
    rc_vocabulary_close(v);
}

/* Texts that begin like numbers and words that are no numbers. */
static void test_what_only_looks_like_a_number_matches_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = {"1", "0", "inf", "0.5"};
    static const struct {
        const char *text;
        int64_t code;
    } cells[] = {{"1x", -1},   {"- 1", -1},     {"", -1},         {" ", -1},
                 {"t", -1},    {"fals", -1},    {"falsy", -1},    {"tru3", -1},
                 {"false", 1}, {" True\t", 0},  {"trueish", -1},  {"INF", 2},
                 {"+inf", 2},  {"infinity", 2}, {"infinite", -1}, {"information", -1},
                 {".5", 3},    {"5e-1", 3},     {"+.50", 3},      {"e5", -1},
                 {"0x1", -1},  {"1,0", -1},     {"France", -1},   {"india", -1}};
    rc_vocabulary *v;
    assert_int_equal(rc_vocabulary_open(&v, texts, NULL, 4, true, NULL), RC_OK);
    for (size_t i = 0; i < sizeof(cells) / sizeof(*cells); i++)
        assert_int_equal(code_of(v, cells[i].text), cells[i].code);
    rc_vocabulary_close(v);
}

enum { MOST_BYTES = 90, MOST_TEXTS = 700 };

static uint64_t draw(uint64_t *seed) /* xorshift64 */
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Few letters, and mostly the same ones at the beginning: many texts are nearly equal. */
static size_t draw_text(uint64_t *seed, size_t most, char *text)
{
    size_t n = draw(seed) % (most + 1);
    for (size_t i = 0; i < n; i++)
        text[i] = draw(seed) % 8 > 0 ? 'a' : "ab\0z"[draw(seed) % 4];
    return n;
}

static void assert_found(const rc_vocabulary *v, const char *const *texts, const size_t *lengths,
                         size_t n_texts, const char *text, size_t n)
{
    int64_t expected = RC_NO_CODE;
    for (size_t i = n_texts; i-- > 0;)
        if (lengths[i] == n && memcmp(texts[i], text, n) == 0)
            expected = (int64_t)i;
    assert_int_equal(code(v, text, n), expected);
}

/* Against a plain search, for texts of all lengths that are kept in different ways. */
static void test_any_texts_are_found(void **state)
{
    (void)state;
    static const size_t most[] = {1, 3, 8, 9, 16, 23, 24, 25, 40, 55, 56, 57, 64, MOST_BYTES};
    static char bytes[MOST_TEXTS][MOST_BYTES];
    const char *texts[MOST_TEXTS];
    size_t lengths[MOST_TEXTS];
    uint64_t seed = 20;
    for (size_t round = 0; round < 140; round++) {
        size_t longest = most[round % 14], n = draw(&seed) % (round < 70 ? 40 : MOST_TEXTS);
        for (size_t i = 0; i < n; i++) {
            texts[i] = bytes[i];
            lengths[i] = draw_text(&seed, longest, bytes[i]);
        }
        rc_vocabulary *v;
        assert_int_equal(rc_vocabulary_open(&v, texts, lengths, n, round % 2, NULL), RC_OK);
        for (size_t i = 0; i < n; i++)
            assert_found(v, texts, lengths, n, texts[i], lengths[i]);
        for (size_t i = 0; i < 300; i++) {
            char text[MOST_BYTES + 2] = {0};
            size_t bytes_drawn = draw_text(&seed, longest + 2, text);
            assert_found(v, texts, lengths, n, text, bytes_drawn);
        }
        rc_vocabulary_close(v);
    }
}

/* Texts that differ in nothing but their length. */
static void test_texts_of_zeros(void **state)
{
    (void)state;
    static const char zeros[64];
    for (size_t most = 22; most <= 54; most += 32) {
        const char *texts[32];
        size_t lengths[32], n = 0;
        for (size_t length = 0; length <= most; length += 2) {
            texts[n] = zeros;
            lengths[n++] = length;
        }
        rc_vocabulary *v;
        assert_int_equal(rc_vocabulary_open(&v, texts, lengths, n, true, NULL), RC_OK);
        for (size_t length = 0; length <= 56; length++)
            assert_found(v, texts, lengths, n, zeros, length);
        rc_vocabulary_close(v);
    }
}

/* A whole batch of different texts has the codes that each has alone. */
static void test_a_batch(void **state)
{
    (void)state;
    static const char text[] = "one two three fourteen fifteen-and-more 1.0 false x";
    static const char *const texts[] = {"two", "fifteen-and-more", "1", "0", "one"};
    static const int32_t expected[] = {4, 0, -1, -1, 1, 2, 3, -1};
    char padded[sizeof(text) + RC_CSV_SLACK] = {0};
    memcpy(padded, text, sizeof(text));
    const char *cells[64];
    uint32_t lengths[64];
    int32_t codes[64];
    rc_vocabulary *v;
    assert_int_equal(rc_vocabulary_open(&v, texts, NULL, 5, true, NULL), RC_OK);
    const char *p = padded;
    for (size_t i = 0; i < 64; i++) {
        cells[i] = p;
        lengths[i] = (uint32_t)strcspn(p, " ");
        p = i % 8 == 7 ? padded : p + lengths[i] + 1;
    }
    rc_vocabulary_codes(v, cells, lengths, 64, codes);
    for (size_t i = 0; i < 64; i++)
        assert_int_equal(codes[i], expected[i % 8]);
    rc_vocabulary_codes(v, NULL, NULL, 0, NULL);
    rc_vocabulary_close(v);
}

/* So many texts of so many bytes that they do not stand in the slots themselves. */
static void test_very_many_long_texts(void **state)
{
    (void)state;
    enum { N = (1 << 17) + 1, BYTES = 32 };
    char *bytes = malloc((size_t)N * BYTES);
    const char **texts = malloc(N * sizeof(*texts));
    assert_true(bytes != NULL && texts != NULL);
    for (size_t i = 0; i < N; i++) {
        texts[i] = bytes + i * BYTES;
        snprintf(bytes + i * BYTES, BYTES, "a rather long name %zu", i);
    }
    rc_vocabulary *v;
    assert_int_equal(rc_vocabulary_open(&v, texts, NULL, N, true, NULL), RC_OK);
    for (size_t i = 0; i < N; i += 101)
        assert_int_equal(code_of(v, texts[i]), i);
    assert_int_equal(code_of(v, "a rather long name 131073"), RC_NO_CODE);
    assert_int_equal(code_of(v, "a rather long name"), RC_NO_CODE);
    rc_vocabulary_close(v);
    free(texts);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_have_the_code_of_the_first_equal_one),
        cmocka_unit_test(test_lengths_may_be_given),
        cmocka_unit_test(test_numbers_match_by_value_where_no_text_is_equal),
        cmocka_unit_test(test_an_empty_vocabulary_knows_nothing),
        cmocka_unit_test(test_many_texts),
        cmocka_unit_test(test_numbers_with_another_decimal_point_match_by_value),
        cmocka_unit_test(test_what_only_looks_like_a_number_matches_nothing),
        cmocka_unit_test(test_any_texts_are_found),
        cmocka_unit_test(test_texts_of_zeros),
        cmocka_unit_test(test_a_batch),
        cmocka_unit_test(test_very_many_long_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
