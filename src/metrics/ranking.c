/* ranking.c - the scores of labelled rows, kept for metrics of their order. */
#include "metrics/ranking.h"

#include <stdlib.h>

#include "base/mem.h"

void rc_ranking_init(rc_ranking *ranking, size_t n_scores, bool is_weighted, bool is_margin)
{
    *ranking = (rc_ranking){.n_scores = n_scores, .is_weighted = is_weighted};
    ranking->max_rows = RC_RANKING_MAX_SCORES / n_scores;
    if (ranking->max_rows > RC_RANKING_MAX_ROWS)
        ranking->max_rows = RC_RANKING_MAX_ROWS;
    rc_ranking_bins_init(&ranking->bins, n_scores, is_weighted, is_margin);
}

static void release_rows(rc_ranking *ranking)
{
    free(ranking->key);
    free(ranking->label);
    free(ranking->weight);
    ranking->key = NULL;
    ranking->label = NULL;
    ranking->weight = NULL;
    ranking->key_capacity = ranking->label_capacity = ranking->weight_capacity = 0;
}

void rc_ranking_release(rc_ranking *ranking)
{
    release_rows(ranking);
    rc_ranking_bins_release(&ranking->bins);
    *ranking = (rc_ranking){0};
}

void rc_ranking_reset(rc_ranking *ranking)
{
    ranking->n_rows = 0;
    ranking->is_binned = ranking->has_ranks = false;
}

/* Room for n rows. */
static bool reserve(rc_ranking *ranking, size_t n)
{
    void *key = ranking->key, *label = ranking->label, *weight = ranking->weight;
    bool ok = rc_grow(&key, &ranking->key_capacity, n * ranking->n_scores, sizeof(uint64_t));
    ranking->key = key;
    ok = ok && rc_grow(&label, &ranking->label_capacity, n, sizeof(uint32_t));
    ranking->label = label;
    if (ranking->is_weighted)
        ok = ok && rc_grow(&weight, &ranking->weight_capacity, n, sizeof(double));
    ranking->weight = weight;
    return ok;
}

/* Adds rows that are kept to bins. */
static void bin_rows(rc_ranking_bins *bins, const rc_ranking *from)
{
    rc_ranking_bins_add_all(bins, from->key, from->label, from->weight, (size_t)from->n_rows);
}

static bool turn_to_bins(rc_ranking *ranking)
{
    if (ranking->is_binned)
        return true;
    if (!rc_ranking_bins_open(&ranking->bins))
        return false;
    bin_rows(&ranking->bins, ranking);
    release_rows(ranking);
    ranking->is_binned = true;
    return true;
}

/* Keeps the first n of the rows. */
static bool keep_rows(rc_ranking *ranking, const rc_ranking_rows *rows, size_t n)
{
    size_t at = (size_t)ranking->n_rows, n_scores = ranking->n_scores;
    if (!reserve(ranking, at + n))
        return false;
    for (size_t k = 0; k < n_scores; k++)
        for (size_t i = 0; i < n; i++)
            ranking->key[(at + i) * n_scores + k] =
                rc_score_key(rows->scores[k * rows->stride + rows->which[i]]);
    if (n > 0)
        memcpy(ranking->label + at, rows->labels, n * sizeof(*rows->labels));
    for (size_t i = 0; i < n && ranking->is_weighted; i++)
        ranking->weight[at + i] = rows->weight[rows->which[i]];
    ranking->n_rows += n;
    return true;
}

bool rc_ranking_add_all(rc_ranking *ranking, const rc_ranking_rows *rows)
{
    uint64_t room = ranking->n_rows < ranking->max_rows ? ranking->max_rows - ranking->n_rows : 0;
    size_t n_kept = rows->n < room ? rows->n : (size_t)room;
    ranking->has_ranks = false;
    if (n_kept > 0 && !keep_rows(ranking, rows, n_kept))
        return false;
    if (n_kept < rows->n && !turn_to_bins(ranking))
        return false;
    for (size_t i = n_kept; i < rows->n; i++) {
        size_t r = rows->which[i];
        rc_wide unit =
            rc_ranking_bins_unit(&ranking->bins, ranking->is_weighted ? rows->weight[r] : 1.0);
        for (size_t k = 0; k < ranking->n_scores; k++)
            rc_ranking_bins_add(&ranking->bins, k, rc_score_key(rows->scores[k * rows->stride + r]),
                                rows->labels[i] == k, unit);
        ranking->n_rows++;
    }
    return true;
}

/* Both hold rows, and there is room for them in one. */
static bool append_rows(rc_ranking *into, const rc_ranking *from)
{
    size_t at = (size_t)into->n_rows, n = (size_t)from->n_rows, n_scores = into->n_scores;
    if (n == 0)
        return true;
    if (!reserve(into, at + n)) /* moves the rows of from, too, if they are one */
        return false;
    memcpy(into->key + at * n_scores, from->key, n * n_scores * sizeof(*from->key));
    memcpy(into->label + at, from->label, n * sizeof(*from->label));
    if (into->is_weighted)
        memcpy(into->weight + at, from->weight, n * sizeof(*from->weight));
    return true;
}

bool rc_ranking_merge(rc_ranking *into, const rc_ranking *from)
{
    uint64_t n_rows = into->n_rows + from->n_rows;
    into->has_ranks = false;
    if (n_rows <= into->max_rows) {
        if (!append_rows(into, from))
            return false;
    } else {
        if (!turn_to_bins(into))
            return false;
        if (from->is_binned)
            rc_ranking_bins_merge(&into->bins, &from->bins);
        else
            bin_rows(&into->bins, from);
    }
    into->n_rows = n_rows;
    return true;
}
