/* test_vocabulary.c - texts to codes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "table/vocabulary.h"

static int64_t code(const rc_vocabulary *v, const char *text, size_t n)
{
    char padded[64 + RC_NUM_SLACK] = {0};
    assert_true(n <= 64);
    memcpy(padded, text, n);
    return rc_vocabulary_code(v, padded, n);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_have_the_code_of_the_first_equal_one),
        cmocka_unit_test(test_lengths_may_be_given),
        cmocka_unit_test(test_numbers_match_by_value_where_no_text_is_equal),
        cmocka_unit_test(test_an_empty_vocabulary_knows_nothing),
        cmocka_unit_test(test_many_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
