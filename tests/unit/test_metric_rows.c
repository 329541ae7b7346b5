/* test_metric_rows.c - rows measured a tile at a time against the same rows one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/metrics.h"
#include "num_bits.h"
#include "score/plan.h"

enum { MOST_COLUMNS = 20, N_TILES = 40 };

static const char *const names[MOST_COLUMNS] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j",
                                                "k", "l", "m", "n", "o", "p", "q", "r", "s", "t"};

/* A tile of random rows; some of the labels are no class. */
typedef struct tile {
    double columns[MOST_COLUMNS * RC_TILE_ROWS];
    double truth[MOST_COLUMNS * RC_TILE_ROWS];
    double weight[RC_TILE_ROWS];
    size_t truth_label[RC_TILE_ROWS];
    uint32_t predicted[RC_TILE_ROWS];
    unsigned char which[RC_TILE_ROWS];
    size_t n;
} tile;

static double unit(uint64_t *seed)
{
    return (double)(next_random(seed) >> 11) * 0x1p-53;
}

/* Between 0 and 1: the ends, the bounds of bins, tiny ones, floats, doubles. */
static double some_probability(uint64_t *seed)
{
    uint64_t r = next_random(seed);
    switch (r % 8) {
    case 0:
        return (double)(r >> 8 & 1);
    case 1:
        return (double)((r >> 8) % 16) / 15;
    case 2:
        return ldexp(unit(seed), -(int)((r >> 8) % 1100));
    case 3:
        return unit(seed);
    default:
        return (double)(float)unit(seed);
    }
}

static void fill(tile *t, const rc_metrics_spec *spec, rc_metrics *metrics, rc_metrics *other,
                 uint64_t *seed)
{
    bool is_regression = spec->task == RC_TASK_REGRESSION;
    size_t n = is_regression ? spec->n_targets : spec->n_classes, foreign = 0, same = 0;
    if (!is_regression) {
        assert_int_equal(rc_metrics_label(metrics, "other", 5, &foreign, NULL), RC_OK);
        assert_int_equal(rc_metrics_label(other, "other", 5, &same, NULL), RC_OK);
        assert_int_equal(foreign, same);
    }
    t->n = 0;
    for (size_t r = 0; r < RC_TILE_ROWS; r++) {
        for (size_t k = 0; k < n; k++) {
            double *x = &t->columns[k * RC_TILE_ROWS + r], *y = &t->truth[r * n + k];
            *x = some_probability(seed);
            if (spec->has_margin || is_regression)
                *x = ldexp(*x - 0.5, (int)(next_random(seed) % 30));
            *y = next_random(seed) % 5 == 0 ? 0.0 : ldexp(unit(seed) - 0.5, (int)(r % 20));
            if (is_regression && next_random(seed) % 500 == 0)
                *y = ldexp(unit(seed), 1023);
        }
        t->weight[r] = next_random(seed) % 4 == 0 ? 0.0 : unit(seed) * 3;
        t->truth_label[r] =
            next_random(seed) % 50 == 0 ? foreign : next_random(seed) % (n + (n == 0));
        t->predicted[r] = (uint32_t)(next_random(seed) % n);
        t->which[t->n] = (unsigned char)r;
        t->n += next_random(seed) % 10 != 0;
    }
    if (next_random(seed) % 3 == 0)
        t->n = next_random(seed) % 12 < t->n ? next_random(seed) % 12 % (t->n + 1) : t->n;
}

static rc_metric_rows rows_of(const tile *t, const rc_metrics_spec *spec)
{
    bool has_scores = spec->has_probability || spec->has_margin;
    return (rc_metric_rows){.which = t->which,
                            .n = t->n,
                            .stride = RC_TILE_ROWS,
                            .scores = has_scores ? t->columns : NULL,
                            .truth_label = t->truth_label,
                            .predicted = t->predicted,
                            .values = t->columns,
                            .truth = t->truth,
                            .weight = t->weight};
}

static void add_singly(rc_metrics *metrics, const rc_metrics_spec *spec, const tile *t)
{
    bool is_regression = spec->task == RC_TASK_REGRESSION;
    size_t n = is_regression ? spec->n_targets : spec->n_classes;
    for (size_t i = 0; i < t->n; i++) {
        size_t r = t->which[i];
        double row[MOST_COLUMNS];
        for (size_t k = 0; k < n; k++)
            row[k] = t->columns[k * RC_TILE_ROWS + r];
        rc_status st =
            is_regression
                ? rc_metrics_add_regression(metrics, row, t->truth + r * n, t->weight[r], NULL)
                : rc_metrics_add_label(metrics, t->truth_label[r], t->predicted[r],
                                       spec->has_probability || spec->has_margin ? row : NULL,
                                       t->weight[r], NULL);
        assert_int_equal(st, RC_OK);
    }
}

static void assert_same_state(const rc_metrics *a, const rc_metrics *b)
{
    json_t *x, *y;
    assert_int_equal(rc_metrics_state(a, &x, NULL), RC_OK);
    assert_int_equal(rc_metrics_state(b, &y, NULL), RC_OK);
    char *text_x = json_dumps(x, JSON_COMPACT), *text_y = json_dumps(y, JSON_COMPACT);
    assert_string_equal(text_x, text_y);
    free(text_x);
    free(text_y);
    json_decref(x);
    json_decref(y);
}

static void compare(rc_metrics_spec spec, rc_real_batch log)
{
    rc_metrics *tiles, *rows;
    uint64_t seed = 17;
    spec.classes = names;
    assert_int_equal(rc_metrics_open(&rows, &spec, NULL), RC_OK);
    spec.log = log;
    assert_int_equal(rc_metrics_open(&tiles, &spec, NULL), RC_OK);
    for (int i = 0; i < N_TILES; i++) {
        tile t;
        size_t failed;
        fill(&t, &spec, tiles, rows, &seed);
        rc_metric_rows some = rows_of(&t, &spec);
        assert_int_equal(rc_metrics_add_rows(tiles, &some, &failed, NULL), RC_OK);
        add_singly(rows, &spec, &t);
    }
    assert_same_state(tiles, rows);
    rc_metrics_close(tiles);
    rc_metrics_close(rows);
}

static void test_tiles_equal_rows_at_every_level(void **state)
{
    (void)state;
    for (int level = RC_CPU_AUTO; level <= RC_CPU_AVX512; level++) {
        rc_cpu_level picked = (rc_cpu_level)level;
        rc_kernels kernels;
        if (rc_kernels_pick(&kernels, &picked, RC_FLOAT32, NULL) < 0)
            continue; /* not here */
        for (int k = 0; k < 8; k++) {
            bool weighted = k & 1, is_float32 = k & 2;
            size_t positive = (size_t)k >> 2;
            compare((rc_metrics_spec){.task = RC_TASK_BINARY,
                                      .n_classes = 2,
                                      .positive = positive,
                                      .has_probability = true,
                                      .weighted = weighted,
                                      .is_float32 = is_float32},
                    kernels.log);
            compare((rc_metrics_spec){.task = RC_TASK_MULTICLASS,
                                      .n_classes = positive == 0 ? 3 : MOST_COLUMNS,
                                      .has_probability = true,
                                      .weighted = weighted,
                                      .is_float32 = is_float32},
                    kernels.log);
        }
    }
}

static void test_tiles_equal_rows_without_probabilities(void **state)
{
    (void)state;
    for (int k = 0; k < 4; k++) {
        bool weighted = k & 1, has_margin = k & 2;
        compare((rc_metrics_spec){.task = RC_TASK_BINARY,
                                  .n_classes = 2,
                                  .positive = 1,
                                  .has_margin = has_margin,
                                  .weighted = weighted},
                NULL);
        compare((rc_metrics_spec){.task = RC_TASK_REGRESSION,
                                  .n_targets = has_margin ? 3 : 1,
                                  .weighted = weighted},
                NULL);
    }
}

static void test_the_first_bad_row_of_a_tile_is_named(void **state)
{
    (void)state;
    rc_metrics_spec spec = {
        .task = RC_TASK_BINARY, .n_classes = 2, .classes = names, .has_probability = true};
    rc_metrics *metrics;
    assert_int_equal(rc_metrics_open(&metrics, &spec, NULL), RC_OK);
    tile t = {.which = {3, 5, 9}, .n = 3};
    rc_metric_rows rows = rows_of(&t, &spec);
    size_t failed;
    rc_error err;
    t.columns[RC_TILE_ROWS + 4] = NAN; /* a row that is not measured */
    assert_int_equal(rc_metrics_add_rows(metrics, &rows, &failed, &err), RC_OK);
    t.columns[RC_TILE_ROWS + 9] = NAN;
    assert_int_equal(rc_metrics_add_rows(metrics, &rows, &failed, &err), RC_E_DATA);
    assert_int_equal(failed, 9);
    t.columns[5] = HUGE_VAL;
    assert_int_equal(rc_metrics_add_rows(metrics, &rows, &failed, &err), RC_E_DATA);
    assert_int_equal(failed, 5);
    assert_string_equal(err.text, "a probability must be finite");
    t.truth_label[3] = 2;
    assert_int_equal(rc_metrics_add_rows(metrics, &rows, &failed, &err), RC_E_USAGE);
    assert_int_equal(failed, 3);
    rc_metrics_close(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tiles_equal_rows_at_every_level),
        cmocka_unit_test(test_tiles_equal_rows_without_probabilities),
        cmocka_unit_test(test_the_first_bad_row_of_a_tile_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
