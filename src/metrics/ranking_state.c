/* ranking_state.c - what ranking and calibration have accumulated, as canonical JSON. */
#include "metrics/ranking_state.h"

#include <stdlib.h>

#include "base/mem.h"
#include "metrics/blob.h"
#include "metrics/json.h"
#include "metrics/state.h"

/* Score k of the rows in order. */
static json_t *score_blob(const rc_ranking *r, size_t k, const uint32_t *order, uint64_t *scratch)
{
    uint64_t before = 0;
    for (size_t i = 0; i < r->n_rows; i++) {
        uint64_t key = r->key[order[i] * r->n_scores + k];
        scratch[i] = key - before;
        before = k == 0 ? key : 0;
    }
    return rc_blob_integers(scratch, (size_t)r->n_rows, sizeof(*scratch));
}

static json_t *label_blob(const rc_ranking *r, const uint32_t *order, uint64_t *scratch)
{
    uint32_t *label = (uint32_t *)scratch;
    for (size_t i = 0; i < r->n_rows; i++)
        label[i] = r->label[order[i]];
    return rc_blob_integers(label, (size_t)r->n_rows, sizeof(*label));
}

static json_t *weight_blob(const rc_ranking *r, const uint32_t *order, uint64_t *scratch)
{
    for (size_t i = 0; i < r->n_rows; i++) {
        double weight = r->weight[order[i]] + 0.0; /* -0 is 0 */
        memcpy(&scratch[i], &weight, sizeof(weight));
    }
    return rc_blob_integers(scratch, (size_t)r->n_rows, sizeof(*scratch));
}

static json_t *row_state(const rc_ranking *r, const uint32_t *order, uint64_t *scratch)
{
    json_t *scores = json_array();
    bool ok = true;
    for (size_t k = 0; ok && k < r->n_scores; k++)
        ok = rc_put_item(scores, score_blob(r, k, order, scratch));
    json_t *state = json_pack("{s:o, s:o, s:o}", "rows", rc_json_count(r->n_rows), "scores",
                              rc_json_keep(scores, ok), "labels", label_blob(r, order, scratch));
    ok = !r->is_weighted || rc_put(state, "weights", weight_blob(r, order, scratch));
    return rc_json_keep(state, ok);
}

static json_t *bin_state(const rc_ranking *r)
{
    const rc_ranking_bins *b = &r->bins;
    size_t n = rc_ranking_bins_amounts(b);
    json_t *amounts = b->is_weighted ? rc_blob_integers(b->weight, n, sizeof(*b->weight))
                                     : rc_blob_integers(b->count, n, sizeof(*b->count));
    return json_pack("{s:o, s:o, s:o}", "rows", rc_json_count(r->n_rows), "bins",
                     rc_json_count(b->n_bins), "amounts", amounts);
}

json_t *rc_ranking_state(const rc_ranking *ranking)
{
    if (ranking->is_binned)
        return bin_state(ranking);
    uint32_t *order = rc_ranking_order(ranking, 0, true);
    uint64_t *scratch = rc_alloc_array((size_t)ranking->n_rows, sizeof(*scratch));
    json_t *state = NULL;
    if (order != NULL && scratch != NULL)
        state = row_state(ranking, order, scratch);
    free(order);
    free(scratch);
    return state;
}

static json_t *calibration_bin(const rc_calibration_bin *bin, bool is_weighted)
{
    json_t *all = is_weighted ? rc_state_exact(&bin->weight) : rc_json_count(bin->n_rows);
    json_t *right = is_weighted ? rc_state_exact(&bin->true_weight) : rc_json_count(bin->n_true);
    return json_pack("[o, o, o]", all, right, rc_state_exact(&bin->probability));
}

json_t *rc_calibration_state(const rc_calibration *calibration, bool is_weighted)
{
    json_t *list = json_array();
    bool ok = true;
    for (size_t b = 0; ok && b < RC_CALIBRATION_BINS; b++)
        ok = rc_put_item(list, calibration_bin(&calibration->bins[b], is_weighted));
    return rc_json_keep(list, ok);
}
