/* state.c - accumulated metrics as canonical JSON: sums as exact text, cells in order. */
#include "metrics/state.h"

#include <stdlib.h>

#include "metrics/json.h"
#include "metrics/ranking_state.h"
#include "model/words.h"

json_t *rc_state_exact(const rc_exact *sum)
{
    rc_buf buf = {0};
    json_t *text = NULL;
    if (rc_exact_print(sum, &buf))
        text = json_stringn(buf.data, buf.n);
    rc_buf_release(&buf);
    return text;
}

static json_t *double_text(double x)
{
    rc_exact sum = {0};
    rc_exact_add(&sum, x);
    json_t *text = rc_state_exact(&sum);
    rc_exact_release(&sum);
    return text;
}

/* json_pack fails on a NULL value and frees the others. */
static json_t *target_state(const rc_target_sums *t, const rc_metrics_spec *spec, size_t i)
{
    char number[32];
    rc_metric_name name = rc_regression_name(spec, i, "", number);
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
                     rc_results_text(name.key, name.n_key), "difference", rc_state_exact(&t->d),
                     "absolute", rc_state_exact(&t->absolute), "square", rc_state_exact(&t->square),
                     "truth", rc_state_exact(&t->truth), "truth_square",
                     rc_state_exact(&t->truth_square), "relative", rc_state_exact(&t->relative),
                     "largest", double_text(t->largest), "beyond", rc_json_count(t->n_beyond),
                     "relative_beyond", rc_json_count(t->n_relative_beyond));
}

json_t *rc_state_regression(const rc_regression *sums, const rc_metrics_spec *spec)
{
    json_t *targets = json_array();
    bool ok = true;
    for (size_t i = 0; ok && i < sums->n_targets; i++)
        ok = rc_put_item(targets, target_state(&sums->targets[i], spec, i));
    return json_pack("{s:s, s:b, s:o, s:o, s:o}", "task", rc_words_task[RC_TASK_REGRESSION],
                     "weighted", (int)spec->weighted, "rows", rc_json_count(sums->n_rows), "weight",
                     rc_state_exact(&sums->weight), "targets", rc_json_keep(targets, ok));
}

/* The classes, then the other labels that rows have, in canonical order; rank[label] becomes the
 * place of each. A label that was only asked for has no row and must leave no trace. */
static json_t *label_list(const rc_classification *sums, size_t *order, size_t *rank)
{
    const rc_labels *labels = &sums->labels;
    for (size_t i = 0; i < sums->confusion.n; i++)
        if (sums->confusion.cells[i].n > 0)
            rank[sums->confusion.cells[i].truth] = 1;
    rc_labels_order(labels, false, order);
    json_t *list = json_array();
    size_t n = 0;
    bool ok = true;
    for (size_t i = 0; ok && i < labels->n; i++) {
        size_t l = order[i];
        if (l >= labels->n_classes && rank[l] == 0)
            continue;
        rank[l] = n++;
        ok = rc_put_item(list, rc_results_text(rc_labels_text(labels, l), labels->items[l].n));
    }
    return rc_json_keep(list, ok);
}

/* A cell by the ranks of its labels. */
typedef struct ranked {
    size_t truth, predicted, cell;
} ranked;

static int compare_ranked(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->truth != y->truth)
        return x->truth < y->truth ? -1 : 1;
    return (x->predicted > y->predicted) - (x->predicted < y->predicted);
}

/* [truth, predicted, rows] and, when weighted, the sum of weights. */
static json_t *cell_state(const rc_confusion *confusion, const ranked *r)
{
    json_t *truth = rc_json_count(r->truth), *predicted = rc_json_count(r->predicted);
    json_t *n = rc_json_count(confusion->cells[r->cell].n);
    if (!confusion->is_weighted)
        return json_pack("[o, o, o]", truth, predicted, n);
    return json_pack("[o, o, o, o]", truth, predicted, n,
                     rc_state_exact(&confusion->weights[r->cell]));
}

static json_t *cell_list(const rc_confusion *confusion, const size_t *rank, ranked *cells)
{
    size_t n = 0;
    for (size_t i = 0; i < confusion->n; i++) {
        const rc_cell *c = &confusion->cells[i];
        if (c->n > 0)
            cells[n++] = (ranked){rank[c->truth], rank[c->predicted], i};
    }
    qsort(cells, n, sizeof(*cells), compare_ranked);
    json_t *list = json_array();
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++)
        ok = rc_put_item(list, cell_state(confusion, &cells[i]));
    return rc_json_keep(list, ok);
}

/* "ranking" and "calibration", where there are any. */
static bool put_scores(json_t *state, const rc_classification *sums, const rc_metrics_spec *spec)
{
    return (sums->ranking == NULL || rc_put(state, "ranking", rc_ranking_state(sums->ranking))) &&
           (!spec->has_probability ||
            rc_put(state, "calibration", rc_calibration_state(&sums->calibration, spec->weighted)));
}

json_t *rc_state_classification(const rc_classification *sums, const rc_metrics_spec *spec)
{
    size_t n = sums->labels.n;
    size_t *order = rc_alloc_array(n, sizeof(*order)), *rank = rc_alloc_array(n, sizeof(*rank));
    ranked *cells = rc_alloc_array(sums->confusion.n, sizeof(*cells));
    json_t *state = NULL;
    if (order != NULL && rank != NULL && cells != NULL) {
        json_t *labels = label_list(sums, order, rank);
        json_t *list = cell_list(&sums->confusion, rank, cells);
        bool is_binary = spec->task == RC_TASK_BINARY;
        state = json_pack("{s:s, s:b, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "task",
                          rc_words_task[is_binary ? RC_TASK_BINARY : RC_TASK_MULTICLASS],
                          "weighted", (int)spec->weighted, "probability",
                          (int)spec->has_probability, "float32", (int)spec->is_float32, "positive",
                          is_binary ? rc_json_count(spec->positive) : json_null(), "classes",
                          rc_json_count(sums->labels.n_classes), "rows",
                          rc_json_count(sums->n_rows), "labels", labels, "cells", list, "log_loss",
                          rc_state_exact(&sums->log_loss), "brier", rc_state_exact(&sums->brier));
        state = rc_json_keep(state, put_scores(state, sums, spec));
    }
    free(order);
    free(rank);
    free(cells);
    return state;
}
