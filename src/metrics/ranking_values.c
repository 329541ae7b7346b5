/* ranking_values.c - the areas under the curves out of the scores that are kept or binned.
 *
 * Amounts of rows or weights are sums of two doubles here, some 106 bits: unweighted ones are
 * exact, weighted ones far below the last bit of the result; and the groups are added in the order
 * of their scores. */
#include "metrics/ranking_values.h"

#include <math.h>
#include <stdlib.h>

#include "metrics/exact.h"
#include "score/real.h"

/* hi + lo, |lo| at most half a unit in the last place of hi. */
typedef struct twofold {
    double hi, lo;
} twofold;

static inline twofold renormal(double hi, double lo)
{
    double sum = hi + lo;
    return (twofold){sum, lo - (sum - hi)};
}

static inline twofold add(twofold a, twofold b)
{
    double sum = a.hi + b.hi, part = sum - a.hi;
    double lost = (a.hi - (sum - part)) + (b.hi - part);
    return renormal(sum, lost + (a.lo + b.lo));
}

static inline twofold multiply(twofold a, twofold b)
{
    double product = a.hi * b.hi;
    double lost = fma(a.hi, b.hi, -product);
    return renormal(product, lost + (a.hi * b.lo + a.lo * b.hi));
}

static inline twofold single(double x)
{
    return (twofold){x, 0.0};
}

/* Exact to 106 bits: parts of 42, 43 and 43. */
static twofold twofold_of(rc_wide x)
{
    static const uint64_t mask = (UINT64_C(1) << 43) - 1;
    twofold high = single((double)(uint64_t)(x >> 86) * 0x1p86);
    twofold middle = single((double)((uint64_t)(x >> 43) & mask) * 0x1p43);
    return add(add(high, middle), single((double)((uint64_t)x & mask)));
}

/* Groups of equal scores, descending; what is positive and what is not, above and in the group. */
typedef struct walk {
    twofold positive, negative;
    twofold pairs;       /* twice the pairs in order, a tie counting one half */
    twofold tied_pairs;  /* all that have one score */
    twofold precision;   /* sum of the positives' precisions */
    twofold least, most; /* what the sum may be if scores of a group differ */
    double unit;         /* the amounts' error is below one half of it for each row ... */
    double n_rows;       /* ... of so many */
    twofold rounding;    /* what that does to precision */
} walk;

/* x / y for 0 <= x <= y; 1 for 0 / 0 */
static inline double share(twofold x, twofold y)
{
    return y.hi > 0.0 ? x.hi / y.hi : 1.0;
}

/* The mean of x / (x + c) for x from `behind` less p to `behind`. It is concave in x, so where p is
 * small beside the rest the trapezoid is hardly less; elsewhere the integral is taken. */
static double mean_share(double p, double behind, double above, double c)
{
    double base = above + c;
    if (!(c > 0.0))
        return 1.0;
    if (p < base / 16)
        return 0.5 * (above / base + behind / (behind + c));
    return 1.0 - c / p * rc_log_f64((behind + c) / base);
}

/* In a group the positives may all come first, then precision is at most that behind them; or
 * last, then the sum of x / (x + c), each taken behind its row, is not below the integral. */
static void widen_precision(walk *w, twofold positive, twofold behind, twofold negative_behind)
{
    double most = share(behind, add(behind, w->negative));
    double least = mean_share(positive.hi, behind.hi, w->positive.hi, negative_behind.hi);
    w->most = add(w->most, single(positive.hi * most));
    w->least = add(w->least, single(positive.hi * least));
}

static void step(walk *w, twofold positive, twofold negative, bool is_binned)
{
    twofold behind = add(w->positive, positive), negative_behind = add(w->negative, negative);
    if (negative.hi > 0.0)
        w->pairs = add(w->pairs, multiply(negative, add(w->positive, behind)));
    if (positive.hi > 0.0) {
        twofold all = add(behind, negative_behind);
        w->precision = add(w->precision, single(positive.hi * share(behind, all)));
        if (is_binned) {
            w->tied_pairs = add(w->tied_pairs, multiply(positive, negative));
            widen_precision(w, positive, behind, negative_behind);
            double part = w->unit * w->n_rows / all.hi;
            w->rounding = add(w->rounding, single(positive.hi * (part < 1.0 ? part : 1.0)));
        }
    }
    w->positive = behind;
    w->negative = negative_behind;
}

/* The weights of rows of one score, of class k and of others; exact, so their order is free. */
typedef struct group {
    rc_exact weight[2];
    twofold amount[2];
    bool has_failed; /* memory ended; a reset of the sums forgets it */
} group;

static void put_weights(group *g, const rc_ranking *r, size_t k, double scale,
                        const uint32_t *order, size_t n)
{
    rc_exact_reset(&g->weight[0]);
    rc_exact_reset(&g->weight[1]);
    for (size_t i = 0; i < n; i++)
        rc_exact_add(&g->weight[r->label[order[i]] != k], scale * r->weight[order[i]]);
    for (size_t side = 0; side < 2; side++) {
        rc_exact *sum = &g->weight[side];
        g->amount[side].hi = rc_exact_round(sum);
        rc_exact_add(sum, -g->amount[side].hi);
        g->amount[side].lo = rc_exact_round(sum);
        g->has_failed = g->has_failed || sum->has_failed;
    }
}

/* order (n) has rows of one score. */
static void put_amounts(group *g, const rc_ranking *r, size_t k, double scale,
                        const uint32_t *order, size_t n)
{
    if (n > 1 && r->is_weighted) {
        put_weights(g, r, k, scale, order, n);
        return;
    }
    g->amount[0] = g->amount[1] = single(0.0);
    for (size_t i = 0; i < n; i++)
        g->amount[r->label[order[i]] != k].hi += r->is_weighted ? scale * r->weight[order[i]] : 1.0;
}

/* Rows of score k, weights times scale. False when memory has ended. */
static bool walk_rows(const rc_ranking *r, size_t k, const uint32_t *order, double scale, walk *w)
{
    group g = {0};
    const uint64_t *key = r->key + k;
    for (size_t end = (size_t)r->n_rows, begin; end > 0; end = begin) {
        for (begin = end - 1;
             begin > 0 && key[order[begin - 1] * r->n_scores] == key[order[end - 1] * r->n_scores];)
            begin--;
        put_amounts(&g, r, k, scale, order + begin, end - begin);
        step(w, g.amount[0], g.amount[1], false);
    }
    rc_exact_release(&g.weight[0]);
    rc_exact_release(&g.weight[1]);
    return !g.has_failed;
}

/* False: a bin is full. */
static bool walk_bins(const rc_ranking_bins *bins, size_t k, walk *w)
{
    for (size_t i = (k + 1) * bins->n_bins; i-- > k * bins->n_bins;) {
        rc_wide positive = rc_ranking_bins_amount(bins, 2 * i);
        rc_wide negative = rc_ranking_bins_amount(bins, 2 * i + 1);
        if (bins->is_weighted && (positive == RC_BIN_FULL || negative == RC_BIN_FULL))
            return false;
        if ((positive | negative) != 0)
            step(w, twofold_of(positive), twofold_of(negative), true);
    }
    return true;
}

/* A power of 2 that makes the largest weight about 1: no sum is beyond a double then. */
static double scale_of(const rc_ranking *r)
{
    double largest = 0.0;
    int exponent = 0;
    for (size_t i = 0; r->is_weighted && !r->is_binned && i < r->n_rows; i++)
        largest = r->weight[i] > largest ? r->weight[i] : largest;
    (void)frexp(largest, &exponent);
    return ldexp(1.0, exponent > -1023 ? -exponent : 1023);
}

/* The sums of score k; *ok false when memory has ended. A reason if there are none. */
static const char *run(const rc_ranking *r, size_t k, double scale, walk *w, bool *ok)
{
    *w = (walk){0};
    if (r->is_binned) {
        w->unit = r->is_weighted ? 1.0 : 0.0;
        w->n_rows = (double)r->n_rows;
        if (!walk_bins(&r->bins, k, w))
            return RC_BINS_FULL;
    } else {
        uint32_t *order = rc_ranking_order(r, k, false);
        *ok = order != NULL && walk_rows(r, k, order, scale, w);
        free(order);
    }
    if (w->positive.hi > 0.0 && w->negative.hi > 0.0)
        return NULL;
    return r->n_scores == 1 ? RC_ONE_CLASS : RC_CLASS_WITHOUT_ROWS;
}

/* The bounds also cover what is rounded here: a few units of 2^-53, and 16 of them where
 * mean_share has a difference. */
#define ROUNDING 0x1p-48

static void put_roc(rc_ranks *ranks, const walk *w, bool is_binned)
{
    double all = multiply(w->positive, w->negative).hi;
    double area = w->pairs.hi / (2.0 * all);
    ranks->roc_auc += area < 1.0 ? area : 1.0;
    if (is_binned)
        ranks->roc_bound += w->tied_pairs.hi / (2.0 * all) + ROUNDING +
                            w->unit * w->n_rows * (1.0 / w->positive.hi + 1.0 / w->negative.hi);
}

static void put_precision(rc_ranks *ranks, const walk *w, bool is_binned)
{
    double area = w->precision.hi / w->positive.hi;
    ranks->pr_auc = area < 1.0 ? area : 1.0;
    if (!is_binned)
        return;
    double above = w->most.hi - w->precision.hi, below = w->precision.hi - w->least.hi;
    double widest = above > below ? above : below;
    ranks->pr_bound = (widest + w->rounding.hi) / w->positive.hi + ROUNDING +
                      w->unit * w->n_rows / w->positive.hi;
}

bool rc_ranking_values(rc_ranking *ranking)
{
    if (ranking->has_ranks)
        return true;
    rc_ranks *ranks = &ranking->ranks;
    *ranks = (rc_ranks){0};
    double scale = scale_of(ranking);
    bool ok = true;
    for (size_t k = 0; k < ranking->n_scores && ok && ranks->reason == NULL; k++) {
        walk w;
        ranks->reason = run(ranking, k, scale, &w, &ok);
        if (!ok || ranks->reason != NULL)
            continue;
        put_roc(ranks, &w, ranking->is_binned);
        if (k == 0)
            put_precision(ranks, &w, ranking->is_binned);
    }
    ranks->roc_auc /= (double)ranking->n_scores;
    ranks->roc_bound /= (double)ranking->n_scores;
    ranking->has_ranks = ok;
    return ok;
}
