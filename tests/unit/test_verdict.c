/* test_verdict.c - which rows of a tile have no score. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "score/verdict.h"

enum { WIDTH = 3 };

typedef struct tile {
    double value[WIDTH * RC_TILE_ROWS], margin[WIDTH * RC_TILE_ROWS];
} tile;

static void expect(const tile *t, bool needs_margin, size_t r, const char *text)
{
    rc_scratch scratch = {.value = (double *)t->value, .margin = (double *)t->margin};
    uint64_t bad = rc_verdict_non_finite(&scratch, WIDTH, needs_margin);
    assert_true(bad == (text != NULL ? UINT64_C(1) << r : 0));
    if (text != NULL)
        assert_string_equal(rc_verdict_text(&scratch, WIDTH, r, needs_margin), text);
}

static void test_every_row_and_column(void **state)
{
    (void)state;
    for (size_t k = 0; k < WIDTH; k++)
        for (size_t r = 0; r < RC_TILE_ROWS; r++) {
            size_t at = k * RC_TILE_ROWS + r;
            tile t = {{0}, {0}};
            t.value[at] = 1e308;
            t.value[(k + 1) % WIDTH * RC_TILE_ROWS + r] = 1e308; /* their sum is no score */
            expect(&t, true, r, NULL);
            t.value[at] = NAN;
            expect(&t, false, r, "the score is not a number (NaN)");
            t.value[at] = -INFINITY;
            expect(&t, false, r, "the score is infinite");
        }
}

static void test_margins(void **state)
{
    (void)state;
    tile t = {{0}, {0}};
    t.margin[5] = INFINITY;
    t.margin[RC_TILE_ROWS + 5] = -INFINITY;
    expect(&t, false, 5, NULL);
    expect(&t, true, 5, "the score is infinite");
    t.margin[RC_TILE_ROWS + 5] = NAN;
    expect(&t, false, 5, "the score is not a number (NaN)");
    expect(&t, true, 5, "the score is infinite"); /* the first column's */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_and_column),
        cmocka_unit_test(test_margins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
