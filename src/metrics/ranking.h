/* ranking.h - the scores of labelled rows, kept for metrics of their order. */
#ifndef RC_METRICS_RANKING_H
#define RC_METRICS_RANKING_H

#include "metrics/metrics.h"
#include "metrics/ranking_bins.h"

/* Up to max_rows rows are kept as they are, and the metrics are exact; with one more row all of
 * them are counted in bins. Which of the two depends on the number of rows alone, so any partition
 * into objects and any order of merges give the same.
 *
 * max_rows is RC_RANKING_MAX_ROWS, or RC_RANKING_MAX_SCORES / n_scores where that is less: with
 * many classes the rows are fewer, not the memory more. A row takes 8 bytes a score, 4 for the
 * label, and 8 for the weight if there are weights. */
enum { RC_RANKING_MAX_ROWS = 1 << 20, RC_RANKING_MAX_SCORES = 1 << 23 };

/* What the scores say; a reason other than NULL: undefined. Bounds are 0 where nothing is binned:
 * the true value lies within value +- bound. */
typedef struct rc_ranks {
    double roc_auc, pr_auc; /* pr_auc: of the first score's class */
    double roc_bound, pr_bound;
    const char *reason;
} rc_ranks;

typedef struct rc_ranking {
    size_t n_scores; /* of a row: 1 (binary, of the positive class) or one a class */
    bool is_weighted;
    uint64_t n_rows; /* kept or binned */
    size_t max_rows;
    uint64_t *key; /* (n_rows, n_scores), order-preserving integers of the scores */
    uint32_t *label;
    double *weight; /* NULL when unweighted */
    size_t key_capacity, label_capacity, weight_capacity;
    bool is_binned;
    rc_ranking_bins bins;
    bool has_ranks; /* ranks are those of the present rows */
    rc_ranks ranks;
} rc_ranking;

/* is_margin: the scores are no probabilities. */
void rc_ranking_init(rc_ranking *ranking, size_t n_scores, bool is_weighted, bool is_margin);
void rc_ranking_release(rc_ranking *ranking);
void rc_ranking_reset(rc_ranking *ranking);

/* Rows: score k of row which[i] stands at scores[k * stride + which[i]]; the score numbered
 * labels[i] is the truth's. Binary: label 0 is the positive class, 1 the other. */
typedef struct rc_ranking_rows {
    const unsigned char *which;
    size_t n;
    const double *scores;
    size_t stride;
    const uint32_t *labels;
    const double *weight; /* of row r at [r]; read if weighted */
} rc_ranking_rows;

/* False when memory has ended. */
bool rc_ranking_add_all(rc_ranking *ranking, const rc_ranking_rows *rows);
bool rc_ranking_merge(rc_ranking *into, const rc_ranking *from);

/* The rows that are kept (n_rows), ascending by score k. With is_full rows of equal score are in
 * an order that depends on nothing but their scores, labels and weights. Freed by the caller;
 * NULL when memory has ended. */
uint32_t *rc_ranking_order(const rc_ranking *ranking, size_t k, bool is_full);

#endif
