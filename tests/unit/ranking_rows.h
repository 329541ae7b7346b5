/* ranking_rows.h - the generated rows of testdata/recipes/ranking.py. */
#ifndef RC_TESTS_RANKING_ROWS_H
#define RC_TESTS_RANKING_ROWS_H

#include <stddef.h>
#include <stdint.h>

enum { ROW_DRAWS = 16, MAX_SCORES = 8 };

typedef struct row_set {
    uint64_t number;
    size_t n_rows, n_classes;
    unsigned levels;    /* 0: any double */
    unsigned weighting; /* 0 none, 1 quarters with zeros, 2 real */
} row_set;

typedef struct scored_row {
    double score[MAX_SCORES]; /* binary: of both classes */
    size_t truth, best;
    double weight;
} scored_row;

/* Draw n of a set: splitmix64 (Steele, Lea, Flood 2014). */
static inline uint64_t draw(uint64_t number, uint64_t n)
{
    uint64_t z = (n + 1) * UINT64_C(0x9E3779B97F4A7C15) + number * UINT64_C(0xD1B54A32D192ED03);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static inline double unit(uint64_t x)
{
    return (double)(x >> 11) * 0x1p-53;
}

static inline double score_of(uint64_t x, unsigned levels)
{
    if (levels > 0)
        return (double)(x % (levels + 1)) / levels;
    double u = unit(x);
    u = u * u * u * u;
    return (x & 1) != 0 ? u : 1.0 - u;
}

static inline row_set small_set(uint64_t number)
{
    static const unsigned levels[] = {0, 0, 1, 2, 7, 15, 1000};
    row_set set = {.number = number, .n_classes = 2, .weighting = (unsigned)(number % 3)};
    if (number % 4 == 3)
        set.n_classes = 3 + draw(number, 0) % 5;
    set.levels = levels[draw(number, 1) % 7];
    set.n_rows = 2 + draw(number, 2) % 400;
    return set;
}

static inline scored_row row_of(const row_set *set, size_t i)
{
    scored_row r = {.weight = 1.0};
    uint64_t first = (uint64_t)ROW_DRAWS * (i + 1), x = draw(set->number, first);
    size_t n_scores = set->n_classes == 2 ? 1 : set->n_classes;
    for (size_t k = 0; k < n_scores; k++) {
        r.score[k] = score_of(draw(set->number, first + 2 + k), set->levels);
        r.best = r.score[k] > r.score[r.best] ? k : r.best;
    }
    if (set->n_classes == 2) {
        double p = r.score[0];
        r.score[0] = 1.0 - p;
        r.score[1] = p;
        r.best = p > 0.5;
        r.truth = unit(x) < 0.1 + 0.8 * p;
    } else {
        r.truth = (x & 1) != 0 ? r.best : (x >> 1) % set->n_classes;
    }
    uint64_t y = draw(set->number, first + 1);
    if (set->weighting > 0)
        r.weight = set->weighting == 1 ? (double)(y % 9) / 4 : unit(y);
    return r;
}

#endif
