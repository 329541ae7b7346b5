/* test_ranking.c - roc_auc, pr_auc and ece against scikit-learn (testdata/metrics). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/ranking.h"
#include "metrics_cases.h"
#include "ranking_rows.h"

static const char *const names[] = {"0", "1", "2", "3", "4", "5", "6", "7"};
static const char *const metric_names[] = {"roc_auc", "pr_auc", "ece"};

static rc_metrics *open_set(const row_set *set)
{
    bool is_binary = set->n_classes == 2;
    rc_metrics_spec spec = {.task = is_binary ? RC_TASK_BINARY : RC_TASK_MULTICLASS,
                            .n_classes = set->n_classes,
                            .classes = names,
                            .positive = is_binary,
                            .has_probability = true,
                            .weighted = set->weighting > 0};
    rc_metrics *metrics;
    assert_int_equal(rc_metrics_open(&metrics, &spec, NULL), RC_OK);
    return metrics;
}

static void add_row(rc_metrics *metrics, const row_set *set, size_t i)
{
    scored_row r = row_of(set, i);
    if (rc_metrics_add_label(metrics, r.truth, r.best, r.score, r.weight, NULL) != RC_OK)
        fail();
}

/* What the metrics say of a name; NaN: null, with its reason, or no such metric. */
typedef struct said {
    double value, bound;
    char reason[100];
} said;

static said say(const rc_metrics *metrics, const char *name)
{
    json_t *values, *undefined, *bounds;
    assert_int_equal(rc_metrics_values(metrics, &values, &undefined, NULL), RC_OK);
    assert_int_equal(rc_metrics_bounds(metrics, &bounds, NULL), RC_OK);
    json_t *value = json_object_get(values, name), *bound = json_object_get(bounds, name);
    const char *reason = json_string_value(json_object_get(undefined, name));
    said s = {.value = json_is_number(value) ? json_number_value(value) : NAN,
              .bound = json_is_number(bound) ? json_number_value(bound) : NAN};
    assert_true(value == NULL || json_is_number(value) == (reason == NULL));
    snprintf(s.reason, sizeof(s.reason), "%s", reason != NULL ? reason : "");
    json_decref(values);
    json_decref(undefined);
    json_decref(bounds);
    return s;
}

static void assert_value(const rc_metrics *metrics, size_t number, size_t metric,
                         const json_t *want)
{
    said s = say(metrics, metric_names[metric]);
    double y = json_is_number(want) ? json_number_value(want) : NAN;
    if (isnan(s.value) != isnan(y) || fabs(s.value - y) > 1e-12 || !isnan(s.bound))
        fail_msg("set %zu: %s is %.17g, not %.17g", number, metric_names[metric], s.value, y);
}

static void test_small_sets_equal_scikit_learn(void **state)
{
    (void)state;
    json_t *root = load("ranking.json"), *list = json_object_get(root, "small");
    assert_int_equal(json_array_size(list), 200);
    for (size_t i = 0; i < 200; i++) {
        row_set set = small_set(i);
        rc_metrics *metrics = open_set(&set);
        for (size_t row = 0; row < set.n_rows; row++)
            add_row(metrics, &set, row);
        for (size_t m = 0; m < 3; m++)
            assert_value(metrics, i, m, json_array_get(json_array_get(list, i), m));
        rc_metrics_close(metrics);
    }
    json_decref(root);
}

/* ---- any partition ---- */

static char *all_text(const rc_metrics *metrics)
{
    json_t *state, *values, *undefined, *bounds;
    assert_int_equal(rc_metrics_state(metrics, &state, NULL), RC_OK);
    assert_int_equal(rc_metrics_values(metrics, &values, &undefined, NULL), RC_OK);
    assert_int_equal(rc_metrics_bounds(metrics, &bounds, NULL), RC_OK);
    json_t *all = json_pack("[o, o, o, o*]", state, values, undefined, bounds);
    assert_non_null(all);
    char *text = json_dumps(all, JSON_COMPACT);
    json_decref(all);
    assert_non_null(text);
    return text;
}

enum { N_PARTS = 4 };

/* Rows go in packets of random sizes to random ones of a few parts, which are merged in a random
 * order; a packet's rows from the last to the first. */
static rc_metrics *in_pieces(const row_set *set, uint64_t seed, size_t packet_rows)
{
    rc_metrics *part[N_PARTS], *packet = open_set(set);
    uint64_t n_drawn = 0;
    for (size_t i = 0; i < N_PARTS; i++)
        part[i] = open_set(set);
    for (size_t begin = 0, end; begin < set->n_rows; begin = end) {
        end = begin + 1 + draw(seed, n_drawn++) % packet_rows;
        end = end < set->n_rows ? end : set->n_rows;
        rc_metrics_reset(packet);
        for (size_t row = end; row-- > begin;)
            add_row(packet, set, row);
        /* the first part has most of the rows */
        size_t to = draw(seed, n_drawn++) % 8;
        assert_int_equal(rc_metrics_merge(part[to < N_PARTS ? to : 0], packet, NULL), RC_OK);
    }
    size_t first = draw(seed, n_drawn++) % N_PARTS;
    for (size_t i = 1; i < N_PARTS; i++) {
        rc_metrics *next = part[(first + i) % N_PARTS];
        assert_int_equal(rc_metrics_merge(part[first], next, NULL), RC_OK);
        rc_metrics_close(next);
    }
    rc_metrics_close(packet);
    return part[first];
}

static void test_nothing_depends_on_the_partition(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 200; i++) {
        row_set set = small_set(i);
        rc_metrics *whole = open_set(&set), *pieces = in_pieces(&set, 5000 + i, 50);
        for (size_t row = 0; row < set.n_rows; row++)
            add_row(whole, &set, row);
        char *a = all_text(whole), *b = all_text(pieces);
        assert_string_equal(a, b);
        free(a);
        free(b);
        rc_metrics_close(whole);
        rc_metrics_close(pieces);
    }
}

/* ---- many rows ---- */

static row_set large_set(const json_t *one, size_t i)
{
    return (row_set){.number = 1000 + i,
                     .n_rows = (size_t)json_integer_value(json_object_get(one, "rows")),
                     .n_classes = (size_t)json_integer_value(json_object_get(one, "classes")),
                     .levels = (unsigned)json_integer_value(json_object_get(one, "levels")),
                     .weighting = (unsigned)json_integer_value(json_object_get(one, "weighting"))};
}

/* Within the bound, and the bound is a narrow one; without bins within 1e-12. Rounding is
 * scikit-learn's, too: sums of 5e6 terms. */
static void assert_bounded(const rc_metrics *metrics, const json_t *one, bool is_binned)
{
    for (size_t m = 0; m < 3; m++) {
        const json_t *want = item(one, "values", m);
        if (json_is_null(want))
            continue;
        said s = say(metrics, metric_names[m]);
        double bound = is_binned && m < 2 ? s.bound : 1e-12;
        double distance = fabs(s.value - json_number_value(want));
        if (!(distance <= bound) || !(bound < 2e-3) || isnan(s.bound) != (!is_binned || m == 2))
            fail_msg("%s: %s is %.17g, off by %g, bound %g",
                     json_string_value(json_object_get(one, "name")), metric_names[m], s.value,
                     distance, s.bound);
    }
}

static void test_many_rows_are_within_the_bound(void **state)
{
    (void)state;
    json_t *root = load("ranking.json"), *one;
    size_t i;
    json_array_foreach (json_object_get(root, "large"), i, one) {
        row_set set = large_set(one, i);
        bool is_binned = set.n_rows > RC_RANKING_MAX_ROWS;
        rc_metrics *metrics = in_pieces(&set, 6000 + i, 100000);
        assert_bounded(metrics, one, is_binned);
        rc_metrics *whole = open_set(&set);
        for (size_t row = 0; row < set.n_rows; row++)
            add_row(whole, &set, row);
        char *a = all_text(whole), *b = all_text(metrics);
        assert_true(strcmp(a, b) == 0); /* megabytes */
        free(a);
        free(b);
        rc_metrics_close(metrics);
        rc_metrics_close(whole);
    }
    json_decref(root);
}

/* ---- edges ---- */

static rc_metrics *open_binary(bool has_margin, bool weighted)
{
    rc_metrics_spec spec = {.task = RC_TASK_BINARY,
                            .n_classes = 2,
                            .classes = names,
                            .positive = 1,
                            .has_probability = !has_margin,
                            .has_margin = has_margin,
                            .weighted = weighted};
    rc_metrics *metrics;
    assert_int_equal(rc_metrics_open(&metrics, &spec, NULL), RC_OK);
    return metrics;
}

static void add_margin(rc_metrics *metrics, size_t truth, double margin, double weight)
{
    assert_int_equal(rc_metrics_add_label(metrics, truth, margin > 0, &margin, weight, NULL),
                     RC_OK);
}

static void add_probability(rc_metrics *metrics, size_t truth, double p, double weight)
{
    const double score[] = {1.0 - p, p};
    assert_int_equal(rc_metrics_add_label(metrics, truth, p > 0.5, score, weight, NULL), RC_OK);
}

static void assert_undefined(const rc_metrics *metrics, const char *name, const char *reason)
{
    said s = say(metrics, name);
    assert_true(isnan(s.value) && isnan(s.bound));
    assert_string_equal(s.reason, reason);
}

static void assert_said(const rc_metrics *metrics, const char *name, double value)
{
    said s = say(metrics, name);
    if (!(fabs(s.value - value) <= 1e-15))
        fail_msg("%s is %.17g, not %.17g", name, s.value, value);
}

/* y 0 1 0 1, scores .5 .5 .1 .9: pairs (1 > .5) (.9 > .1) (.5 > .1) and a tie of 4; precision
 * 1/1 at .9, 2/3 at .5. */
static void test_ties_count_one_half(void **state)
{
    (void)state;
    rc_metrics *metrics = open_binary(false, false);
    add_probability(metrics, 0, 0.5, 1.0);
    add_probability(metrics, 1, 0.5, 1.0);
    add_probability(metrics, 0, 0.1, 1.0);
    add_probability(metrics, 1, 0.9, 1.0);
    assert_said(metrics, "roc_auc", 0.875);
    assert_said(metrics, "pr_auc", 0.5 * (1.0 + 2.0 / 3.0));
    rc_metrics_close(metrics);
}

static void test_margins_rank_and_zeros_are_equal(void **state)
{
    (void)state;
    rc_metrics *metrics = open_binary(true, false);
    add_margin(metrics, 0, -0.0, 1.0);
    add_margin(metrics, 1, 0.0, 1.0);
    assert_said(metrics, "roc_auc", 0.5);
    add_margin(metrics, 0, -1e300, 1.0);
    add_margin(metrics, 0, -5e-324, 1.0);
    add_margin(metrics, 1, 5e-324, 1.0);
    add_margin(metrics, 1, HUGE_VAL, 1.0);
    add_margin(metrics, 0, -HUGE_VAL, 1.0);
    /* 3 * 4 pairs, one of them a tie */
    assert_said(metrics, "roc_auc", 11.5 / 12.0);
    assert_said(metrics, "pr_auc", (1.0 + 1.0 + 0.75) / 3.0);
    assert_undefined(metrics, "ece", "the model gives no probabilities");
    rc_error err;
    const double bad = NAN;
    assert_int_equal(rc_metrics_add_label(metrics, 0, 0, &bad, 1.0, &err), RC_E_DATA);
    assert_string_equal(err.text, "a margin must be a number");
    assert_int_equal(rc_metrics_add_label(metrics, 0, 0, NULL, 1.0, &err), RC_E_USAGE);
    rc_metrics_close(metrics);
}

static void test_one_class_has_no_rank(void **state)
{
    (void)state;
    for (size_t truth = 0; truth < 2; truth++) {
        rc_metrics *metrics = open_binary(false, true);
        assert_undefined(metrics, "roc_auc", "no labelled rows");
        assert_undefined(metrics, "pr_auc", "no labelled rows");
        assert_undefined(metrics, "ece", "no labelled rows");
        add_probability(metrics, truth, 0.25, 0.0);
        add_probability(metrics, 1 - truth, 0.75, 0.0);
        assert_undefined(metrics, "roc_auc", "all weights are zero");
        add_probability(metrics, truth, 0.25, 2.0);
        assert_undefined(metrics, "roc_auc", "the truth holds one class only");
        assert_undefined(metrics, "pr_auc", "the truth holds one class only");
        assert_said(metrics, "ece", truth == 1 ? 0.75 : 0.25);
        rc_metrics_reset(metrics);
        assert_undefined(metrics, "ece", "no labelled rows");
        rc_metrics_close(metrics);
    }
}

static void test_all_tied(void **state)
{
    (void)state;
    rc_metrics *metrics = open_binary(false, false);
    for (size_t i = 0; i < 1000; i++)
        add_probability(metrics, i % 4 == 0, 0.25, 1.0);
    assert_said(metrics, "roc_auc", 0.5);
    assert_said(metrics, "pr_auc", 0.25);
    assert_said(metrics, "ece", 0.0);
    rc_metrics_close(metrics);
}

static void test_foreign_truths_leave_no_rank(void **state)
{
    (void)state;
    rc_metrics *metrics = open_binary(false, false);
    size_t label;
    assert_int_equal(rc_metrics_label(metrics, "x", 1, &label, NULL), RC_OK);
    add_probability(metrics, 0, 0.25, 1.0);
    add_probability(metrics, 1, 0.75, 1.0);
    assert_said(metrics, "roc_auc", 1.0);
    add_probability(metrics, label, 0.75, 1.0);
    for (size_t m = 0; m < 3; m++)
        assert_undefined(metrics, metric_names[m], "a true label is no class of the model");
    rc_metrics_close(metrics);
}

/* In (lo, hi]: i / 15 is in bin i - 1, the next double above it in bin i; 0 in the first. With
 * truth 0 the error is the mean of the probabilities in any bins; so a pair in one bin cancels:
 * p true and 1 - p... here (p, truth 1) and (q, truth 0) give |1 - p - q| if they share a bin,
 * |1 - p| + |q| else. */
static double pair_error(double p, double q)
{
    rc_metrics *metrics = open_binary(false, false);
    add_probability(metrics, 1, p, 1.0);
    add_probability(metrics, 0, q, 1.0);
    double error = 2.0 * say(metrics, "ece").value;
    rc_metrics_close(metrics);
    return error;
}

static void test_bins_of_calibration_hold_their_upper_edge(void **state)
{
    (void)state;
    for (int i = 1; i <= 15; i++) {
        double edge = i / 15.0, inside = (i - 0.5) / 15.0, above = nextafter(edge, 2.0);
        assert_true(fabs(pair_error(edge, inside) - fabs(1.0 - edge - inside)) < 1e-15);
        if (i < 15)
            assert_true(fabs(pair_error(above, inside) - (1.0 - above + inside)) < 1e-15);
    }
    assert_true(fabs(pair_error(0.0, 0.01) - 0.99) < 1e-15);
}

static void test_many_classes_without_rows_or_probabilities(void **state)
{
    (void)state;
    rc_metrics_spec spec = {
        .task = RC_TASK_MULTICLASS, .n_classes = 3, .classes = names, .has_probability = true};
    rc_metrics *metrics;
    assert_int_equal(rc_metrics_open(&metrics, &spec, NULL), RC_OK);
    const double p[] = {0.5, 0.25, 0.25};
    assert_int_equal(rc_metrics_add_label(metrics, 0, 0, p, 1.0, NULL), RC_OK);
    assert_int_equal(rc_metrics_add_label(metrics, 1, 0, p, 1.0, NULL), RC_OK);
    assert_undefined(metrics, "roc_auc", "a class of the model is never the truth");
    assert_said(metrics, "ece", 0.0);
    rc_metrics_close(metrics);
    spec.has_probability = false;
    assert_int_equal(rc_metrics_open(&metrics, &spec, NULL), RC_OK);
    assert_int_equal(rc_metrics_add_label(metrics, 0, 0, NULL, 1.0, NULL), RC_OK);
    assert_undefined(metrics, "roc_auc", "the model gives no probabilities");
    assert_undefined(metrics, "ece", "the model gives no probabilities");
    rc_metrics_close(metrics);
}

/* ---- bins ---- */

/* 2^20 rows of label 0 at score 0 and what is added: binned. */
static rc_metrics *open_binned(bool has_margin, bool weighted)
{
    rc_metrics *metrics = open_binary(has_margin, weighted);
    if (has_margin)
        add_margin(metrics, 0, 0.0, 1.0);
    else
        add_probability(metrics, 0, 0.0, 1.0);
    for (int i = 0; i < 20; i++)
        assert_int_equal(rc_metrics_merge(metrics, metrics, NULL), RC_OK);
    return metrics;
}

/* Scores that differ by a part in 1000, in either tail, are in bins of their own, and so is the
 * last of the margins; the area is that of one positive among 2^20 + 1 or more others. */
static void test_bins_keep_both_tails(void **state)
{
    (void)state;
    static const double scores[][2] = {{1e-9, 1.001e-9}, {0.25, 0.2503}, {1 - 1.001e-9, 1 - 1e-9},
                                       {0.4999, 0.5},    {0.7497, 0.75}, {1 - 0x1p-52, 1.0}};
    for (size_t i = 0; i < sizeof(scores) / sizeof(*scores); i++) {
        rc_metrics *metrics = open_binned(false, false);
        assert_undefined(metrics, "roc_auc", "the truth holds one class only");
        add_probability(metrics, 0, scores[i][0], 1.0);
        add_probability(metrics, 1, scores[i][1], 1.0);
        said s = say(metrics, "roc_auc"), pr = say(metrics, "pr_auc");
        bool is_last = i + 1 == sizeof(scores) / sizeof(*scores); /* beyond 2^-33 is one bin */
        double ties = is_last ? 0.5 : 0.0, n = 0x1p20 + 1.0;
        assert_true(fabs(s.value - (n - ties) / n) <= 1e-15);
        assert_true(s.bound >= ties / n && s.bound <= ties / n + 1e-14);
        assert_true(fabs(pr.value - (is_last ? 0.5 : 1.0)) <= 1e-15);
        assert_true(pr.bound >= (is_last ? 0.5 : 0.0) && pr.bound <= (is_last ? 0.5 : 0.0) + 1e-14);
        rc_metrics_close(metrics);
    }
}

static void test_binned_margins_keep_their_order(void **state)
{
    (void)state;
    rc_metrics *metrics = open_binned(true, false);
    add_margin(metrics, 1, 1e-300, 1.0);
    add_margin(metrics, 0, -1e-300, 1.0);
    add_margin(metrics, 0, -HUGE_VAL, 1.0);
    add_margin(metrics, 1, HUGE_VAL, 1.0);
    assert_said(metrics, "roc_auc", 1.0);
    assert_said(metrics, "pr_auc", 1.0);
    rc_metrics_close(metrics);
}

/* Three bins, the highest first: `above` negatives, n_before positives, then both. Behind the other
 * rows of its bin, each of them a score of its own, a positive has the least precision, before them
 * and in one score the most. Both are within the bound, which is not much more. */
static void assert_narrow(size_t above, size_t n_before, size_t n_positive, size_t n_negative)
{
    rc_metrics *metrics = open_binned(false, false);
    double worst = 0.0, n = (double)(n_before + n_positive), best = n * n / (n + (double)above);
    for (size_t i = 0; i < above; i++)
        add_probability(metrics, 0, 0.9, 1.0);
    for (size_t i = 0; i < n_negative; i++)
        add_probability(metrics, 0, 0.7501, 1.0);
    for (size_t i = 1; i <= n_before + n_positive; i++) {
        add_probability(metrics, 1, (i <= n_before ? 0.8751 : 0.7501) - (double)i * 0x1p-40, 1.0);
        worst += (double)i / (double)(i + above + (i <= n_before ? 0 : n_negative));
    }
    if (n_before > 0)
        best += (double)n_before *
                ((double)n_before / (double)(n_before + above) - n / (n + (double)above));
    said s = say(metrics, "pr_auc");
    double below = s.value - worst / n, up = best / n - s.value;
    double widest = below > up ? below : up;
    if (!(widest <= s.bound && s.bound <= 1.05 * widest))
        fail_msg("%.17g is off by %g, bound %g", s.value, widest, s.bound);
    rc_metrics_close(metrics);
}

static void test_the_bound_of_precision_is_narrow(void **state)
{
    (void)state;
    assert_narrow(0, 0, 1000, 10);
    assert_narrow(0, 0, 1000, 1000);
    assert_narrow(0, 100, 1000, 100);
    assert_narrow(0, 100000, 1000, 1000);
    assert_narrow(1000, 1000, 1000, 10);
    assert_narrow(100000, 1000, 1000, 10);
    assert_narrow(1000, 100000, 1000, 10);
}

static void test_merged_rows_count_after_a_look(void **state)
{
    (void)state;
    rc_metrics *metrics = open_binary(false, false), *more = open_binary(false, false);
    add_probability(metrics, 1, 0.5, 1.0);
    add_probability(metrics, 0, 0.25, 1.0);
    assert_said(metrics, "roc_auc", 1.0);
    add_probability(more, 0, 0.75, 1.0);
    assert_int_equal(rc_metrics_merge(metrics, more, NULL), RC_OK);
    assert_said(metrics, "roc_auc", 0.5);
    add_probability(metrics, 0, 0.75, 1.0);
    assert_said(metrics, "roc_auc", 1.0 / 3.0);
    rc_metrics_close(metrics);
    rc_metrics_close(more);
}

/* A sum of 2^64 in a bin is beyond it; the limit is hit by any order of the same rows. */
static void test_weights_beyond_the_bins(void **state)
{
    (void)state;
    rc_metrics *metrics = open_binned(false, true);
    add_probability(metrics, 1, 0.75, 0x1p62);
    assert_true(say(metrics, "roc_auc").value == 1.0);
    add_probability(metrics, 1, 0.75, 0x1.8p63);
    assert_undefined(metrics, "roc_auc", "the weights are too large to be binned");
    assert_undefined(metrics, "pr_auc", "the weights are too large to be binned");
    add_probability(metrics, 1, 0.75, 1e300);
    assert_undefined(metrics, "roc_auc", "the weights are too large to be binned");
    rc_metrics_close(metrics);
}

/* Weights near 2^-64 are rounded, and the bound says so: 3 * 2^-66 becomes 2^-64. */
static void test_small_weights_widen_the_bound(void **state)
{
    (void)state;
    rc_metrics *metrics = open_binned(true, true);
    add_margin(metrics, 1, 1.0, 0x3p-66);
    add_margin(metrics, 1, -1.0, 0x1p-64);
    said s = say(metrics, "roc_auc");
    assert_true(fabs(s.value - 0.5) <= 1e-15 && fabs(s.value - 3.0 / 7.0) <= s.bound);
    rc_metrics_close(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_sets_equal_scikit_learn),
        cmocka_unit_test(test_nothing_depends_on_the_partition),
        cmocka_unit_test(test_many_rows_are_within_the_bound),
        cmocka_unit_test(test_ties_count_one_half),
        cmocka_unit_test(test_margins_rank_and_zeros_are_equal),
        cmocka_unit_test(test_one_class_has_no_rank),
        cmocka_unit_test(test_all_tied),
        cmocka_unit_test(test_foreign_truths_leave_no_rank),
        cmocka_unit_test(test_bins_of_calibration_hold_their_upper_edge),
        cmocka_unit_test(test_many_classes_without_rows_or_probabilities),
        cmocka_unit_test(test_bins_keep_both_tails),
        cmocka_unit_test(test_binned_margins_keep_their_order),
        cmocka_unit_test(test_the_bound_of_precision_is_narrow),
        cmocka_unit_test(test_merged_rows_count_after_a_look),
        cmocka_unit_test(test_weights_beyond_the_bins),
        cmocka_unit_test(test_small_weights_widen_the_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
