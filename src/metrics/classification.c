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

/* -ln p, p clipped to [eps, 1 - eps] of the model's dtype as scikit-learn does. */
static double surprise(double p, const rc_metrics_spec *spec)
{
    double eps = spec->is_float32 ? (double)FLT_EPSILON : DBL_EPSILON;
    p = p < eps ? eps : p;
    p = p > 1.0 - eps ? 1.0 - eps : p;
    return spec->log != NULL ? -spec->log(p) : -rc_log_f64(p);
}

static bool add_probability(rc_classification *sums, const rc_metrics_spec *spec, size_t truth,
                            const double *probability, double weight)
{
    double loss = surprise(probability[truth], spec);
    bool ok = spec->weighted ? rc_exact_add_product(&sums->log_loss, weight, loss)
                             : rc_exact_add(&sums->log_loss, loss);
    if (spec->task != RC_TASK_BINARY)
        return ok;
    double d = probability[spec->positive] - (truth == spec->positive ? 1.0 : 0.0);
    return ok && (spec->weighted ? rc_exact_add_product3(&sums->brier, weight, d, d)
                                 : rc_exact_add_product(&sums->brier, d, d));
}

static bool add_calibration(rc_classification *sums, const rc_metrics_spec *spec, size_t truth,
                            size_t predicted, const double *probability, double weight)
{
    size_t class = spec->task == RC_TASK_BINARY ? spec->positive : predicted;
    return rc_calibration_add(&sums->calibration, probability[class], truth == class,
                              spec->weighted, weight);
}

static bool add_rank(rc_classification *sums, const rc_metrics_spec *spec, size_t truth,
                     const double *score, double weight)
{
    if (spec->task != RC_TASK_BINARY)
        return rc_ranking_add(sums->ranking, score, truth, weight);
    if (spec->has_probability)
        score += spec->positive;
    return rc_ranking_add(sums->ranking, score, truth != spec->positive, weight);
}

bool rc_classification_add(rc_classification *sums, const rc_metrics_spec *spec, size_t truth,
                           size_t predicted, const double *score, double weight)
{
    sums->n_rows++;
    bool is_foreign = truth >= spec->n_classes;
    sums->n_foreign += is_foreign;
    if (!rc_confusion_add(&sums->confusion, truth, predicted, weight))
        return false;
    if (is_foreign)
        return true;
    if (spec->has_probability && (!add_probability(sums, spec, truth, score, weight) ||
                                  !add_calibration(sums, spec, truth, predicted, score, weight)))
        return false;
    return sums->ranking == NULL || add_rank(sums, spec, truth, score, weight);
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
