/* classification.c - what is accumulated over the rows of a classification. */
#include "metrics/classification.h"

#include <float.h>
#include <stdlib.h>

#include "score/real.h"

bool rc_classification_init(rc_classification *sums, const rc_metrics_spec *spec)
{
    *sums = (rc_classification){0};
    if (spec->has_probability || spec->has_margin) {
        sums->ranking = rc_alloc_array(1, sizeof(*sums->ranking));
        if (sums->ranking == NULL)
            return false;
        rc_ranking_init(sums->ranking, spec->task == RC_TASK_BINARY ? 1 : spec->n_classes,
                        spec->weighted, spec->has_margin);
    }
    return rc_labels_init(&sums->labels, spec->classes, spec->n_classes) &&
           rc_confusion_init(&sums->confusion, spec->weighted);
}

void rc_classification_release(rc_classification *sums)
{
    rc_labels_release(&sums->labels);
    rc_confusion_release(&sums->confusion);
    rc_exact_release(&sums->log_loss);
    rc_exact_release(&sums->brier);
    rc_calibration_release(&sums->calibration);
    if (sums->ranking != NULL)
        rc_ranking_release(sums->ranking);
    free(sums->ranking);
    free(sums->map);
    *sums = (rc_classification){0};
}

void rc_classification_reset(rc_classification *sums)
{
    rc_labels_reset(&sums->labels);
    rc_confusion_reset(&sums->confusion);
    rc_exact_reset(&sums->log_loss);
    rc_exact_reset(&sums->brier);
    rc_calibration_reset(&sums->calibration);
    if (sums->ranking != NULL)
        rc_ranking_reset(sums->ranking);
    sums->n_rows = sums->n_foreign = 0;
}

/* Those of the rows whose truth is a class, in the order of `which`. */
typedef struct judged {
    const rc_metric_rows *rows;
    unsigned char which[RC_TILE_ROWS];
    size_t n;
    double truth[RC_TILE_ROWS];   /* the true class's probability */
    double class[RC_TILE_ROWS];   /* binary: the positive class's, else the predicted one's */
    bool came_true[RC_TILE_ROWS]; /* that class is the true one */
} judged;

static void judge(judged *j, const rc_metrics_spec *spec, const rc_metric_rows *rows)
{
    j->rows = rows;
    j->n = 0;
    for (size_t i = 0; i < rows->n; i++) {
        j->which[j->n] = rows->which[i];
        j->n += rows->truth_label[rows->which[i]] < spec->n_classes;
    }
    bool is_binary = spec->task == RC_TASK_BINARY;
    for (size_t i = 0; i < j->n && spec->has_probability; i++) {
        size_t r = j->which[i], truth = rows->truth_label[r];
        size_t class = is_binary ? spec->positive : rows->predicted[r];
        j->truth[i] = rows->scores[truth * rows->stride + r];
        j->class[i] = rows->scores[class * rows->stride + r];
        j->came_true[i] = truth == class;
    }
}

/* ln p, p clipped to [eps, 1 - eps] of the model's dtype as scikit-learn does. */
static void clipped_logs(const rc_metrics_spec *spec, double p[RC_TILE_ROWS], size_t n)
{
    double eps = spec->is_float32 ? (double)FLT_EPSILON : DBL_EPSILON;
    for (size_t i = n; i < RC_TILE_ROWS; i++)
        p[i] = 1.0;
    for (size_t i = 0; i < RC_TILE_ROWS; i++) {
        p[i] = p[i] < eps ? eps : p[i];
        p[i] = p[i] > 1.0 - eps ? 1.0 - eps : p[i];
    }
    if (spec->log != NULL)
        spec->log(p);
    for (size_t i = 0; i < n && spec->log == NULL; i++)
        p[i] = rc_log_f64(p[i]);
}

static bool add_losses(rc_classification *sums, const rc_metrics_spec *spec, const judged *j)
{
    double loss[RC_TILE_ROWS];
    bool ok = true;
    memcpy(loss, j->truth, j->n * sizeof(*loss));
    clipped_logs(spec, loss, j->n);
    for (size_t i = 0; i < RC_TILE_ROWS; i++)
        loss[i] = -loss[i];
    if (!spec->weighted)
        return rc_exact_add_all(&sums->log_loss, loss, j->n);
    for (size_t i = 0; i < j->n; i++)
        ok = rc_exact_add_product(&sums->log_loss, j->rows->weight[j->which[i]], loss[i]) && ok;
    return ok;
}

static bool add_brier(rc_classification *sums, const rc_metrics_spec *spec, const judged *j)
{
    double d[RC_TILE_ROWS];
    bool ok = true;
    for (size_t i = 0; i < j->n; i++)
        d[i] = j->class[i] - (double)j->came_true[i]; /* no branch: nobody can predict it */
    if (!spec->weighted)
        return rc_exact_add_squares(&sums->brier, d, j->n);
    for (size_t i = 0; i < j->n; i++)
        ok = rc_exact_add_product3(&sums->brier, j->rows->weight[j->which[i]], d[i], d[i]) && ok;
    return ok;
}

static bool add_calibration(rc_classification *sums, const rc_metrics_spec *spec, const judged *j)
{
    bool ok = true;
    if (!spec->weighted)
        return rc_calibration_add_all(&sums->calibration, j->class, j->came_true, j->n);
    for (size_t i = 0; i < j->n; i++)
        ok = rc_calibration_add(&sums->calibration, j->class[i], j -> came_true[i],
                                j -> rows -> weight[j->which[i]]) &&
             ok;
    return ok;
}

static bool add_ranks(rc_classification *sums, const rc_metrics_spec *spec, const judged *j)
{
    uint32_t labels[RC_TILE_ROWS];
    bool is_binary = spec->task == RC_TASK_BINARY;
    for (size_t i = 0; i < j->n; i++) {
        size_t truth = j->rows->truth_label[j->which[i]];
        labels[i] = is_binary ? truth != spec->positive : (uint32_t)truth;
    }
    size_t column = is_binary && spec->has_probability ? spec->positive : 0;
    return rc_ranking_add_all(
        sums->ranking, &(rc_ranking_rows){.which = j->which,
                                          .n = j->n,
                                          .scores = j->rows->scores + column * j->rows->stride,
                                          .stride = j->rows->stride,
                                          .labels = labels,
                                          .weight = j->rows->weight});
}

bool rc_classification_add(rc_classification *sums, const rc_metrics_spec *spec,
                           const rc_metric_rows *rows)
{
    judged j;
    judge(&j, spec, rows);
    sums->n_rows += rows->n;
    sums->n_foreign += rows->n - j.n;
    if (!rc_confusion_add(&sums->confusion, rows))
        return false;
    if (spec->has_probability) {
        if (!add_losses(sums, spec, &j) || !add_calibration(sums, spec, &j) ||
            (spec->task == RC_TASK_BINARY && !add_brier(sums, spec, &j)))
            return false;
    }
    return sums->ranking == NULL || add_ranks(sums, spec, &j);
}

rc_status rc_labels_full(rc_error *err)
{
    return rc_error_set(err, RC_E_DATA, "more than %d labels are no class of the model",
                        (int)RC_METRICS_MAX_LABELS);
}

/* map[l] becomes the number in `into` of label l of `from`. */
static rc_status map_labels(rc_classification *into, const rc_labels *from, rc_error *err)
{
    void *map = into->map;
    if (!rc_grow(&map, &into->map_capacity, from->n, sizeof(*into->map)))
        return rc_error_nomem(err);
    into->map = map;
    for (size_t l = 0; l < from->n; l++) {
        into->map[l] = l;
        if (l < from->n_classes)
            continue;
        if (!rc_labels_find(&into->labels, rc_labels_text(from, l), from->items[l].n,
                            RC_METRICS_MAX_LABELS, &into->map[l]))
            return rc_error_nomem(err);
        if (into->map[l] == RC_LABELS_FULL)
            return rc_labels_full(err);
    }
    return RC_OK;
}

rc_status rc_classification_merge(rc_classification *into, const rc_classification *from,
                                  rc_error *err)
{
    RC_TRY(map_labels(into, &from->labels, err));
    if (!rc_confusion_merge(&into->confusion, &from->confusion, into->map) ||
        !rc_exact_merge(&into->log_loss, &from->log_loss) ||
        !rc_exact_merge(&into->brier, &from->brier) ||
        !rc_calibration_merge(&into->calibration, &from->calibration) ||
        (into->ranking != NULL && !rc_ranking_merge(into->ranking, from->ranking)))
        return rc_error_nomem(err);
    into->n_rows += from->n_rows;
    into->n_foreign += from->n_foreign;
    return RC_OK;
}
