/* ranking_bins.c - how much weight has scores in each of many bins, by class. */
#include "metrics/ranking_bins.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
    INDEX_BITS = 16,
    MANTISSA_BITS = 10,
    HALF_BINS = 1 << (INDEX_BITS - 1),
    LEAST_EXPONENT = -33, /* 5 bits up to -2: below one half */
};

void rc_ranking_bins_init(rc_ranking_bins *bins, size_t n_scores, bool is_weighted, bool is_margin)
{
    *bins = (rc_ranking_bins){.n_scores = n_scores,
                              .n_bins = (size_t)1 << INDEX_BITS,
                              .is_weighted = is_weighted,
                              .is_margin = is_margin};
    /* 2 at least: more than 2^21 classes are no model */
    while (bins->n_bins > 2 && bins->n_bins > RC_RANKING_MAX_BINS / n_scores) {
        bins->n_bins /= 2;
        bins->shift++;
    }
}

void rc_ranking_bins_release(rc_ranking_bins *bins)
{
    free(bins->count);
    free(bins->weight);
    *bins = (rc_ranking_bins){0};
}

bool rc_ranking_bins_open(rc_ranking_bins *bins)
{
    size_t n = rc_ranking_bins_amounts(bins);
    void *has = bins->is_weighted ? (void *)bins->weight : (void *)bins->count;
    size_t size = bins->is_weighted ? sizeof(*bins->weight) : sizeof(*bins->count);
    if (has != NULL) {
        memset(has, 0, n * size);
        return true;
    }
    if (bins->is_weighted)
        bins->weight = rc_alloc_array(n, size);
    else
        bins->count = rc_alloc_array(n, size);
    return bins->weight != NULL || bins->count != NULL;
}

/* By exponent and mantissa: ascending in v, which is at most one half. */
static inline size_t half_index(double v)
{
    static const int64_t least = (int64_t)(LEAST_EXPONENT + 1023) << MANTISSA_BITS;
    int64_t bits;
    memcpy(&bits, &v, sizeof(bits));
    int64_t index = (bits >> (52 - MANTISSA_BITS)) - least; /* negative too for v < 0 */
    return index < 0 ? 0 : index < HALF_BINS ? (size_t)index : HALF_BINS - 1;
}

/* Without a branch on the score: on which side it is nobody can predict. */
static inline size_t probability_index(uint64_t key)
{
    double p = rc_score_of_key(key);
    uint64_t is_upper = -(uint64_t) !(p < 0.5);
    uint64_t low, high;
    double rest = 1.0 - p; /* exact from one half to 1 */
    memcpy(&low, &p, sizeof(low));
    memcpy(&high, &rest, sizeof(high));
    low ^= (low ^ high) & is_upper;
    memcpy(&p, &low, sizeof(p));
    return half_index(p) ^ (is_upper & (2 * HALF_BINS - 1));
}

static inline size_t index_of(const rc_ranking_bins *bins, uint64_t key)
{
    size_t index = bins->is_margin ? (size_t)(key >> (64 - INDEX_BITS)) : probability_index(key);
    return index >> bins->shift;
}

static inline rc_wide add_full(rc_wide a, rc_wide b)
{
    return a + b < a ? RC_BIN_FULL : a + b;
}

rc_wide rc_ranking_bins_unit(const rc_ranking_bins *bins, double weight)
{
    if (!bins->is_weighted)
        return 1;
    if (!(weight < 0x1p64))
        return RC_BIN_FULL;
    double whole = floor(weight);
    return ((rc_wide)(uint64_t)whole << 64) + (rc_wide)rint((weight - whole) * 0x1p64);
}

void rc_ranking_bins_add(rc_ranking_bins *bins, size_t k, uint64_t key, bool is_of_class,
                         rc_wide amount)
{
    size_t i = 2 * (k * bins->n_bins + index_of(bins, key)) + !is_of_class;
    if (bins->is_weighted)
        bins->weight[i] = add_full(bins->weight[i], amount);
    else
        bins->count[i]++;
}

void rc_ranking_bins_add_all(rc_ranking_bins *bins, const uint64_t *key, const uint32_t *label,
                             const double *weight, size_t n)
{
    const rc_ranking_bins b = *bins; /* what is stored cannot change it */
    if (b.is_weighted) {
        for (size_t i = 0; i < n; i++, key += b.n_scores)
            for (size_t k = 0; k < b.n_scores; k++)
                rc_ranking_bins_add(bins, k, key[k], label[i] == k,
                                    rc_ranking_bins_unit(bins, weight[i]));
        return;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < b.n_scores; k++)
            b.count[2 * (k * b.n_bins + index_of(&b, *key++)) + (label[i] != k)]++;
}

void rc_ranking_bins_merge(rc_ranking_bins *into, const rc_ranking_bins *from)
{
    size_t n = rc_ranking_bins_amounts(into);
    for (size_t i = 0; i < n && into->is_weighted; i++)
        into->weight[i] = add_full(into->weight[i], from->weight[i]);
    for (size_t i = 0; i < n && !into->is_weighted; i++)
        into->count[i] += from->count[i];
}
