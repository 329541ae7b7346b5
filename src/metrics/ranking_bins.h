/* ranking_bins.h - how much weight has scores in each of many bins, by class. */
#ifndef RC_METRICS_RANKING_BINS_H
#define RC_METRICS_RANKING_BINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

__extension__ typedef unsigned __int128 rc_wide;

/* A score is in bin 0 .. n_bins - 1, ascending. Margins: by the leading bits of the
 * order-preserving integer. Probabilities: half of the bins for p < 0.5 by p, half for the others
 * by 1 - p, each by the binary exponent (2^-33 .. 2^-2; what is smaller is in the outermost bin)
 * and 10 leading bits of the mantissa: both tails have a resolution of 2^-10.
 *
 * There are 2^16 bins, halved until n_scores * n_bins <= RC_RANKING_MAX_BINS.
 *
 * Weights are multiples of 2^-64, each row's rounded to the nearest: those below 2^-65 vanish.
 * From 2^64 on a bin is full (RC_BIN_FULL) and stays so: no order of rows changes that. */
enum { RC_RANKING_MAX_BINS = 1 << 22 };
#define RC_BIN_FULL (~(rc_wide)0)

/* The amounts of score k's bin b at index (k * n_bins + b) * 2 for rows that are of class k, one
 * behind it for the others. */
typedef struct rc_ranking_bins {
    size_t n_scores, n_bins;
    unsigned shift; /* 2^16 bins are n_bins << shift */
    bool is_weighted, is_margin;
    uint64_t *count; /* unweighted */
    rc_wide *weight; /* weighted */
} rc_ranking_bins;

void rc_ranking_bins_init(rc_ranking_bins *bins, size_t n_scores, bool is_weighted, bool is_margin);
void rc_ranking_bins_release(rc_ranking_bins *bins);

/* Empties the bins; false when memory has ended. Before it there are none. */
bool rc_ranking_bins_open(rc_ranking_bins *bins);

/* What a row of that weight adds. */
rc_wide rc_ranking_bins_unit(const rc_ranking_bins *bins, double weight);

/* Adds a row's score k; is_of_class: k is the row's class. */
void rc_ranking_bins_add(rc_ranking_bins *bins, size_t k, uint64_t key, bool is_of_class,
                         rc_wide amount);

/* Adds n rows of keys (n, n_scores) with their labels and, if weighted, weights. */
void rc_ranking_bins_add_all(rc_ranking_bins *bins, const uint64_t *key, const uint32_t *label,
                             const double *weight, size_t n);
void rc_ranking_bins_merge(rc_ranking_bins *into, const rc_ranking_bins *from);

static inline size_t rc_ranking_bins_amounts(const rc_ranking_bins *bins)
{
    return 2 * bins->n_scores * bins->n_bins;
}

/* In units of a row, or of 2^-64. */
static inline rc_wide rc_ranking_bins_amount(const rc_ranking_bins *bins, size_t i)
{
    return bins->is_weighted ? bins->weight[i] : bins->count[i];
}

/* The integer of a score that is not NaN: a < b as integers as they are as scores; both zeros are
 * one. And back. */
static inline uint64_t rc_score_key(double score)
{
    uint64_t bits;
    score += 0.0; /* -0 becomes 0 */
    memcpy(&bits, &score, sizeof(bits));
    return bits ^ (-(bits >> 63) | UINT64_C(1) << 63);
}

static inline double rc_score_of_key(uint64_t key)
{
    double score;
    uint64_t bits = key ^ ((key >> 63) - 1) ^ ((key >> 63) << 63);
    memcpy(&score, &bits, sizeof(score));
    return score;
}

#endif
