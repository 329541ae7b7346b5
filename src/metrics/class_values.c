/* class_values.c - the metrics of a classification out of its accumulated counts.
 *
 * Counts and sums of weights alike are exact here, and each metric is rounded when it is divided:
 * unweighted ones are functions of integers. */
#include "metrics/class_values.h"

#include <math.h>
#include <stdlib.h>

#include "metrics/json.h"
#include "metrics/names.h"
#include "metrics/ranking_values.h"

/* Of one label: rows where it is true and predicted, true, predicted. */
typedef struct tally {
    rc_exact hit, actual, predicted;
    double precision, recall, f1;
    bool is_seen; /* in truth or predictions, be the weight 0 */
} tally;

typedef struct tallies {
    tally *items;  /* (n) by the number of the label */
    size_t *order; /* (n) the numbers as the report wants them */
    size_t n, n_seen;
    rc_exact total, hits;
    bool has_failed;
} tallies;

static void release(tallies *t)
{
    for (size_t l = 0; t->items != NULL && l < t->n; l++) {
        rc_exact_release(&t->items[l].hit);
        rc_exact_release(&t->items[l].actual);
        rc_exact_release(&t->items[l].predicted);
    }
    rc_exact_release(&t->total);
    rc_exact_release(&t->hits);
    free(t->items);
    free(t->order);
}

static bool count_cells(tallies *t, const rc_confusion *confusion)
{
    bool ok = true;
    for (size_t i = 0; i < confusion->n && ok; i++) {
        const rc_cell *c = &confusion->cells[i];
        if (c->n == 0)
            continue;
        tally *truth = &t->items[c->truth], *predicted = &t->items[c->predicted];
        truth->is_seen = predicted->is_seen = true;
        ok = rc_confusion_add_cell(confusion, i, &truth->actual) &&
             rc_confusion_add_cell(confusion, i, &predicted->predicted) &&
             rc_confusion_add_cell(confusion, i, &t->total);
        if (c->truth == c->predicted)
            ok = ok && rc_confusion_add_cell(confusion, i, &truth->hit) &&
                 rc_confusion_add_cell(confusion, i, &t->hits);
    }
    return ok;
}

/* Precision, recall and F1 of every label; a division by zero gives 0. */
static bool score_labels(tallies *t)
{
    rc_exact both = {0};
    bool ok = true;
    for (size_t l = 0; l < t->n && ok; l++) {
        tally *item = &t->items[l];
        t->n_seen += item->is_seen;
        item->precision = rc_exact_ratio(&item->hit, &item->predicted);
        item->recall = rc_exact_ratio(&item->hit, &item->actual);
        rc_exact_reset(&both);
        ok = rc_exact_merge(&both, &item->actual) && rc_exact_merge(&both, &item->predicted);
        item->f1 = 2.0 * rc_exact_ratio(&item->hit, &both);
    }
    rc_exact_release(&both);
    return ok;
}

static bool fill(tallies *t, const rc_classification *sums)
{
    *t = (tallies){.n = sums->labels.n};
    t->items = rc_alloc_array(t->n, sizeof(*t->items));
    t->order = rc_alloc_array(t->n, sizeof(*t->order));
    if (t->items == NULL || t->order == NULL)
        return false;
    rc_labels_order(&sums->labels, false, t->order);
    return count_cells(t, &sums->confusion) && score_labels(t);
}

enum { PRECISION, RECALL, F1, N_SCORES };
static const char *const score_names[N_SCORES] = {"precision", "recall", "f1"};
/* in the order of the report */
static const int score_order[N_SCORES] = {F1, PRECISION, RECALL};

static double score_of(const tally *item, int score)
{
    return score == PRECISION ? item->precision : score == RECALL ? item->recall : item->f1;
}

/* The mean of a score over the labels in truth or predictions. */
static double macro(tallies *t, int score)
{
    rc_exact sum = {0}, n = {0};
    for (size_t l = 0; l < t->n; l++)
        if (t->items[l].is_seen)
            rc_exact_add(&sum, score_of(&t->items[l], score));
    rc_exact_add_u64(&n, t->n_seen);
    t->has_failed = t->has_failed || sum.has_failed || n.has_failed;
    double value = rc_exact_ratio(&sum, &n);
    rc_exact_release(&sum);
    rc_exact_release(&n);
    return value;
}

/* The mean of a score, each label as often as it is true. */
static double by_support(tallies *t, int score)
{
    rc_exact sum = {0}, factor = {0}, product = {0};
    for (size_t l = 0; l < t->n; l++) {
        rc_exact_reset(&factor);
        rc_exact_add(&factor, score_of(&t->items[l], score));
        rc_exact_multiply(&product, &t->items[l].actual, &factor);
        rc_exact_merge(&sum, &product);
        t->has_failed = t->has_failed || factor.has_failed || product.has_failed;
    }
    t->has_failed = t->has_failed || sum.has_failed;
    double value = rc_exact_ratio(&sum, &t->total);
    rc_exact_release(&sum);
    rc_exact_release(&factor);
    rc_exact_release(&product);
    return value;
}

/* The mean recall of the labels that are true somewhere. */
static double balanced_accuracy(tallies *t)
{
    rc_exact sum = {0}, n = {0};
    for (size_t l = 0; l < t->n; l++) {
        if (rc_exact_sign(&t->items[l].actual) == 0)
            continue;
        rc_exact_add(&sum, t->items[l].recall);
        rc_exact_add_u64(&n, 1);
    }
    t->has_failed = t->has_failed || sum.has_failed || n.has_failed;
    double value = rc_exact_ratio(&sum, &n);
    rc_exact_release(&sum);
    rc_exact_release(&n);
    return value;
}

/* *out -= a * b */
static void subtract_product(rc_exact *out, const rc_exact *a, const rc_exact *b)
{
    rc_exact product = {0};
    rc_exact_multiply(&product, a, b);
    rc_exact_subtract(out, &product);
    rc_exact_release(&product);
}

/* With n rows, c hits, a_k true and p_k predicted: (n c - sum a_k p_k) /
 * sqrt((n n - sum p_k p_k) (n n - sum a_k a_k)); 0 where one column is constant. The squares are
 * divided, exact above and below, so that only the ratio and the root are rounded. */
static double matthews(tallies *t)
{
    rc_exact up = {0}, down_a = {0}, down_p = {0}, square = {0}, down = {0};
    rc_exact_multiply(&up, &t->total, &t->hits);
    rc_exact_multiply(&down_a, &t->total, &t->total);
    rc_exact_multiply(&down_p, &t->total, &t->total);
    for (size_t l = 0; l < t->n; l++) {
        const tally *item = &t->items[l];
        subtract_product(&up, &item->actual, &item->predicted);
        subtract_product(&down_a, &item->actual, &item->actual);
        subtract_product(&down_p, &item->predicted, &item->predicted);
    }
    rc_exact_multiply(&square, &up, &up);
    rc_exact_multiply(&down, &down_a, &down_p);
    t->has_failed = t->has_failed || square.has_failed || down.has_failed;
    double value = rc_exact_sign(&up) * sqrt(rc_exact_ratio(&square, &down));
    rc_exact *all[] = {&up, &down_a, &down_p, &square, &down};
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
        rc_exact_release(all[i]);
    return value == 0.0 ? 0.0 : value;
}

#define RC_NO_PROBABILITY "the model gives no probabilities"

static rc_metric_name plain(const char *metric)
{
    return (rc_metric_name){.metric = metric};
}

/* f1_macro and its like: name is "f1", average "_macro". */
static void put_average(rc_results *results, int score, const char *average, double value)
{
    char name[32];
    size_t n = strlen(score_names[score]);
    memcpy(name, score_names[score], n);
    memcpy(name + n, average, strlen(average) + 1);
    rc_results_number(results, plain(name), value);
}

static void put_averages(tallies *t, rc_results *results)
{
    for (size_t i = 0; i < N_SCORES; i++) {
        int score = score_order[i];
        put_average(results, score, "_macro", macro(t, score));
        /* every row has one label, so all that is missed is also wrongly found */
        put_average(results, score, "_micro", rc_exact_ratio(&t->hits, &t->total));
        put_average(results, score, "_weighted", by_support(t, score));
    }
}

/* A reason if a truth is no class, so that nothing can be said of its score. */
static const char *foreign(const rc_classification *sums)
{
    return sums->n_foreign > 0 ? "a true label is no class of the model" : NULL;
}

static const char *no_probability(const rc_classification *sums, const rc_metrics_spec *spec)
{
    return !spec->has_probability ? RC_NO_PROBABILITY : foreign(sums);
}

static void put_real(rc_results *results, const char *name, const char *reason, double value)
{
    if (reason != NULL)
        rc_results_undefined(results, plain(name), reason);
    else
        rc_results_number(results, plain(name), value);
}

/* log_loss, and brier of the positive class. */
static void put_losses(const rc_classification *sums, const rc_metrics_spec *spec, const tallies *t,
                       rc_results *results)
{
    const char *reason = no_probability(sums, spec);
    const char *names[] = {"log_loss", "brier"};
    const rc_exact *losses[] = {&sums->log_loss, &sums->brier};
    for (size_t i = 0; i < (spec->task == RC_TASK_BINARY ? 2 : 1); i++)
        put_real(results, names[i], reason, rc_exact_ratio(losses[i], &t->total));
}

static void put_ranks(const rc_classification *sums, const rc_metrics_spec *spec, tallies *t,
                      rc_results *results)
{
    rc_ranks ranks = {.reason = sums->ranking == NULL ? RC_NO_PROBABILITY : foreign(sums)};
    if (ranks.reason == NULL) {
        t->has_failed = t->has_failed || !rc_ranking_values(sums->ranking);
        ranks = sums->ranking->ranks;
    }
    put_real(results, "roc_auc", ranks.reason, ranks.roc_auc);
    if (spec->task == RC_TASK_BINARY)
        put_real(results, "pr_auc", ranks.reason, ranks.pr_auc);
}

static void put_calibration(const rc_classification *sums, const rc_metrics_spec *spec, tallies *t,
                            rc_results *results)
{
    const char *reason = no_probability(sums, spec);
    double error = 0.0;
    if (reason == NULL && !rc_calibration_error(&sums->calibration, &t->total, &error))
        t->has_failed = true;
    put_real(results, "ece", reason, error);
}

static void put_label(const rc_classification *sums, const tally *item, size_t label,
                      rc_results *results)
{
    rc_metric_name name = {.key = rc_labels_text(&sums->labels, label),
                           .n_key = sums->labels.items[label].n};
    for (int score = 0; score < N_SCORES; score++) {
        name.metric = score_names[score];
        rc_results_number(results, name, score_of(item, score));
    }
    name.metric = "support";
    if (sums->confusion.is_weighted)
        rc_results_number(results, name, rc_exact_round(&item->actual));
    else
        rc_results_count(results, name, (uint64_t)rc_exact_round(&item->actual));
}

static void put_undefined(const rc_metrics_spec *spec, const char *reason, rc_results *results)
{
    size_t n;
    const rc_metric_entry *entries = rc_metric_entries(&n);
    for (size_t i = 0; i < n; i++)
        if ((entries[i].plain & 1u << spec->task) != 0)
            rc_results_undefined(results, plain(entries[i].name), reason);
}

static void put_all(const rc_classification *sums, const rc_metrics_spec *spec, tallies *t,
                    rc_results *results)
{
    rc_results_number(results, plain("accuracy"), rc_exact_ratio(&t->hits, &t->total));
    rc_results_number(results, plain("balanced_accuracy"), balanced_accuracy(t));
    put_averages(t, results);
    rc_results_number(results, plain("mcc"), matthews(t));
    put_losses(sums, spec, t, results);
    put_ranks(sums, spec, t, results);
    put_calibration(sums, spec, t, results);
    for (int score = 0; spec->task == RC_TASK_BINARY && score < N_SCORES; score++)
        rc_results_number(results, plain(score_names[score]),
                          score_of(&t->items[spec->positive], score));
}

bool rc_class_values(const rc_classification *sums, const rc_metrics_spec *spec,
                     rc_results *results)
{
    tallies t;
    bool ok = fill(&t, sums);
    if (ok && rc_exact_sign(&t.total) == 0)
        put_undefined(spec, sums->n_rows == 0 ? RC_NO_ROWS : RC_NO_WEIGHT, results);
    else if (ok)
        put_all(sums, spec, &t, results);
    for (size_t i = 0; ok && i < t.n; i++)
        if (t.items[t.order[i]].is_seen)
            put_label(sums, &t.items[t.order[i]], t.order[i], results);
    ok = ok && !t.has_failed && !results->has_failed;
    release(&t);
    return ok;
}

bool rc_class_bounds(const rc_classification *sums, const rc_metrics_spec *spec, json_t **out)
{
    *out = NULL;
    if (sums->ranking == NULL || !sums->ranking->is_binned || sums->n_foreign > 0)
        return true;
    if (!rc_ranking_values(sums->ranking))
        return false;
    const rc_ranks *ranks = &sums->ranking->ranks;
    if (ranks->reason != NULL)
        return true;
    if (spec->task == RC_TASK_BINARY)
        *out = json_pack("{s:f, s:f}", "roc_auc", ranks->roc_bound, "pr_auc", ranks->pr_bound);
    else
        *out = json_pack("{s:f}", "roc_auc", ranks->roc_bound);
    return *out != NULL;
}

static json_t *cell_value(const rc_confusion *confusion, size_t i)
{
    if (confusion->is_weighted)
        return rc_results_real(rc_exact_round(&confusion->weights[i]));
    return rc_json_count(confusion->cells[i].n);
}

/* rows * rows zeros; they are one object. */
static json_t *zero_matrix(size_t n)
{
    json_t *matrix = json_array(), *zero = json_integer(0);
    bool ok = true;
    for (size_t i = 0; i < n && ok; i++) {
        json_t *row = json_array();
        ok = rc_put_item(matrix, row);
        for (size_t j = 0; j < n && ok; j++)
            ok = json_array_append(row, zero) == 0;
    }
    json_decref(zero);
    return rc_json_keep(matrix, ok);
}

/* position (t->n) is the row of each label that is seen. */
static bool fill_matrix(json_t *matrix, const rc_confusion *confusion, const size_t *position)
{
    for (size_t i = 0; i < confusion->n; i++) {
        const rc_cell *c = &confusion->cells[i];
        if (c->n == 0)
            continue;
        json_t *row = json_array_get(matrix, position[c->truth]);
        if (json_array_set_new(row, position[c->predicted], cell_value(confusion, i)) != 0)
            return false;
    }
    return true;
}

static bool append_labels(const rc_classification *sums, const tallies *t, size_t *position,
                          json_t *labels)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        size_t label = t->order[i];
        if (!t->items[label].is_seen)
            continue;
        position[label] = n++;
        json_t *text =
            rc_results_text(rc_labels_text(&sums->labels, label), sums->labels.items[label].n);
        if (!rc_put_item(labels, text))
            return false;
    }
    return true;
}

bool rc_class_confusion(const rc_classification *sums, json_t **out)
{
    *out = NULL;
    tallies t;
    bool ok = fill(&t, sums);
    if (!ok || t.n_seen > RC_METRICS_MAX_MATRIX) {
        release(&t);
        return ok;
    }
    json_t *labels = json_array(), *matrix = zero_matrix(t.n_seen);
    size_t *position = rc_alloc_array(t.n, sizeof(*position));
    ok = labels != NULL && matrix != NULL && position != NULL &&
         append_labels(sums, &t, position, labels) &&
         fill_matrix(matrix, &sums->confusion, position);
    if (ok)
        *out = json_pack("{s:O, s:O}", "labels", labels, "matrix", matrix);
    json_decref(labels);
    json_decref(matrix);
    free(position);
    release(&t);
    return *out != NULL;
}
