/* worker.c - a packet's whole way on one thread: decode, score, encode, compress, measure. */
#include "run/worker.h"

#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "io/pack.h"
#include "run/convert.h"
#include "table/csv_split.h"

struct rc_worker {
    const rc_worker_shared *shared;
    rc_splitter *splitter;
    rc_scratch scratch;
    rc_tile tile;
    const double **reals; /* (2 * width) columns of the scratch's value, then of its margin */
    double *predicted;    /* (width or n_classes) one row, for the metrics */
    uint32_t labels[RC_TILE_ROWS];
    rc_pack *pack;
    rc_buf rows; /* encoded, before compression */
};

/* A batch of wide records holds fewer of them, so that its index of cells stays small. */
static size_t batch_records(size_t n_columns)
{
    const size_t most_cells = (size_t)1 << 20;
    size_t n = most_cells / (n_columns > 0 ? n_columns : 1);
    return n < 1 ? 1 : n > RC_TILE_ROWS ? RC_TILE_ROWS : n;
}

static rc_status worker_init(rc_worker *w, rc_error *err)
{
    const rc_worker_shared *s = w->shared;
    size_t width = s->model->width, n_classes = s->model->n_classes;
    w->reals = rc_alloc_array(2 * width, sizeof(*w->reals));
    w->predicted = rc_alloc_array(width > n_classes ? width : n_classes, sizeof(double));
    if (w->reals == NULL || w->predicted == NULL)
        return rc_error_nomem(err);
    RC_TRY(rc_splitter_open(&w->splitter, s->schema->delimiter, s->schema->n_columns,
                            batch_records(s->schema->n_columns), err));
    RC_TRY(rc_scratch_init(&w->scratch, s->plan, err));
    RC_TRY(rc_tile_init(&w->tile, s, &w->scratch, err));
    for (size_t k = 0; k < width; k++) {
        w->reals[k] = w->scratch.value + k * RC_TILE_ROWS;
        w->reals[width + k] = w->scratch.margin + k * RC_TILE_ROWS;
    }
    return rc_pack_open(&w->pack, s->compression, s->compression_level, err);
}

rc_status rc_worker_open(rc_worker **out, const rc_worker_shared *shared, rc_error *err)
{
    *out = NULL;
    rc_worker *w = rc_alloc_array(1, sizeof(*w));
    if (w == NULL)
        return rc_error_nomem(err);
    w->shared = shared;
    rc_status st = worker_init(w, err);
    if (st < 0) {
        rc_worker_close(w);
        return st;
    }
    *out = w;
    return RC_OK;
}

void rc_worker_close(rc_worker *w)
{
    if (w == NULL)
        return;
    rc_splitter_close(w->splitter);
    rc_scratch_release(&w->scratch);
    rc_tile_release(&w->tile);
    rc_pack_close(w->pack);
    rc_buf_release(&w->rows);
    free(w->reals);
    free(w->predicted);
    free(w);
}

/* The first of n rows whose score is no finite number, or n. The margin counts where it is what
 * the decision or the output is made of. */
static size_t find_non_finite(const rc_worker *w, size_t n, double *score)
{
    const rc_worker_shared *s = w->shared;
    size_t first = n;
    for (size_t k = 0; k < s->model->width; k++) {
        const double *value = w->scratch.value + k * RC_TILE_ROWS;
        const double *margin = w->scratch.margin + k * RC_TILE_ROWS;
        for (size_t r = 0; r < first; r++) {
            bool is_bad = !isfinite(value[r]) || isnan(margin[r]) ||
                          (s->columns->needs_margin && !isfinite(margin[r]));
            if (!is_bad)
                continue;
            *score = isfinite(value[r]) ? margin[r] : value[r];
            first = r;
        }
    }
    return first;
}

static rc_status measure_row(rc_worker *w, rc_packet *packet, size_t r, rc_error *err)
{
    const rc_model *m = w->shared->model;
    const rc_tile *t = &w->tile;
    double weight = t->weight[r];
    if (m->task == RC_TASK_REGRESSION) {
        for (size_t k = 0; k < m->width; k++)
            w->predicted[k] = w->scratch.value[k * RC_TILE_ROWS + r];
        return rc_metrics_add_regression(packet->metrics, w->predicted, t->truth + r * m->width,
                                         weight, err);
    }
    if (m->task == RC_TASK_BINARY) {
        size_t positive = w->shared->decision->positive;
        w->predicted[positive] = w->scratch.value[r];
        w->predicted[1 - positive] = 1 - w->scratch.value[r];
    } else {
        for (size_t k = 0; k < m->n_classes; k++)
            w->predicted[k] = w->scratch.value[k * RC_TILE_ROWS + r];
    }
    return rc_metrics_add_label(packet->metrics, t->truth_label[r], w->labels[r],
                                m->link == RC_LINK_NONE ? NULL : w->predicted, weight, err);
}

/* Scores, measures and encodes the n rows that stand in the tile. */
static rc_status score_rows(rc_worker *w, rc_packet *packet, const rc_record *records, size_t n,
                            rc_error *err)
{
    const rc_worker_shared *s = w->shared;
    rc_plan_run(s->plan, &w->scratch);
    rc_decide(s->decision, &w->scratch, w->labels);
    double score = 0;
    size_t bad = find_non_finite(w, n, &score);
    if (bad < n)
        return rc_packet_fail(packet,
                              rc_error_set(err, RC_E_DATA, "the score is %s",
                                           isnan(score) ? "not a number (NaN)" : "infinite"),
                              records[bad].line);
    for (size_t r = 0; packet->metrics != NULL && r < n; r++) {
        packet->n_unlabelled += w->tile.is_unlabelled[r];
        rc_status st = w->tile.is_unlabelled[r] ? RC_OK : measure_row(w, packet, r, err);
        if (st < 0)
            return rc_packet_fail(packet, st, records[r].line);
    }
    rc_result_rows rows = {.records = records, .reals = w->reals, .labels = w->labels, .n_rows = n};
    return rc_encode_rows(&s->columns->layout, &rows, &w->rows) ? RC_OK : rc_error_nomem(err);
}

static rc_status score_batch(rc_worker *w, rc_packet *packet, const rc_record *records, size_t n,
                             rc_error *err)
{
    rc_error refusal = {0};
    rc_status refused = RC_OK;
    size_t n_good = 0;
    for (; n_good < n && refused == RC_OK; n_good += refused == RC_OK)
        refused = rc_tile_convert(&w->tile, n_good, &records[n_good], packet->metrics, &refusal);
    /* The rows before the refused one may have scores that are refused: they come first. */
    if (n_good > 0)
        RC_TRY(score_rows(w, packet, records, n_good, err));
    packet->n_rows += n;
    if (refused == RC_OK)
        return RC_OK;
    *err = refusal;
    return rc_packet_fail(packet, refused, records[n_good].line);
}

static rc_status score_packet(rc_worker *w, rc_packet *packet, rc_error *err)
{
    const rc_record *records;
    size_t n;
    w->rows.n = 0;
    RC_TRY(rc_splitter_begin(w->splitter, packet->data, packet->n_bytes, packet->has_quote, err));
    rc_status st;
    while ((st = rc_splitter_next(w->splitter, &records, &n, err)) == RC_OK)
        RC_TRY(score_batch(w, packet, records, n, err));
    RC_TRY(st);
    packet->n_lines = rc_splitter_lines(w->splitter);
    return rc_pack_frame(w->pack, w->rows.data, w->rows.n, &packet->out, err);
}

void rc_worker_score(rc_worker *w, rc_packet *packet)
{
    packet->out.n = 0;
    packet->n_rows = packet->n_lines = packet->n_unlabelled = 0;
    if (packet->metrics != NULL)
        rc_metrics_reset(packet->metrics);
    if (packet->status == RC_OK)
        packet->status = score_packet(w, packet, &packet->error);
}
