/* metrics.c - mergeable, exact accumulators of a task's metrics. */
#include "metrics/metrics.h"

#include <math.h>
#include <stdlib.h>

#include "metrics/class_values.h"
#include "metrics/classification.h"
#include "metrics/regression.h"
#include "metrics/state.h"

/* Only the half of the spec's task is used. */
struct rc_metrics {
    rc_metrics_spec spec;
    rc_regression regression;
    rc_classification classification;
};

static bool is_regression(const rc_metrics *metrics)
{
    return metrics->spec.task == RC_TASK_REGRESSION;
}

rc_status rc_metrics_open(rc_metrics **out, const rc_metrics_spec *spec, rc_error *err)
{
    *out = NULL;
    rc_metrics *metrics = calloc(1, sizeof(*metrics));
    if (metrics == NULL)
        return rc_error_nomem(err);
    metrics->spec = *spec;
    bool ok = is_regression(metrics) ? rc_regression_init(&metrics->regression, spec)
                                     : rc_classification_init(&metrics->classification, spec);
    if (!ok) {
        rc_metrics_close(metrics);
        return rc_error_nomem(err);
    }
    *out = metrics;
    return RC_OK;
}

void rc_metrics_close(rc_metrics *metrics)
{
    if (metrics == NULL)
        return;
    rc_regression_release(&metrics->regression);
    rc_classification_release(&metrics->classification);
    free(metrics);
}

void rc_metrics_reset(rc_metrics *metrics)
{
    if (is_regression(metrics))
        rc_regression_reset(&metrics->regression);
    else
        rc_classification_reset(&metrics->classification);
}

static rc_status check_weight(double weight, rc_error *err)
{
    if (isfinite(weight) && weight >= 0.0)
        return RC_OK;
    return rc_error_set(err, RC_E_DATA, "a weight must be finite and not negative");
}

rc_status rc_metrics_add_regression(rc_metrics *metrics, const double *predicted,
                                    const double *truth, double weight, rc_error *err)
{
    for (size_t i = 0; i < metrics->spec.n_targets; i++)
        if (!isfinite(predicted[i]) || !isfinite(truth[i]))
            return rc_error_set(err, RC_E_DATA, "prediction and truth must be finite");
    if (metrics->spec.weighted)
        RC_TRY(check_weight(weight, err));
    if (!rc_regression_add(&metrics->regression, predicted, truth, weight))
        return rc_error_nomem(err);
    return RC_OK;
}

rc_status rc_metrics_label(rc_metrics *metrics, const char *text, size_t n, size_t *label,
                           rc_error *err)
{
    rc_labels *labels = &metrics->classification.labels;
    size_t found;
    if (!rc_labels_find(labels, text, n, RC_METRICS_MAX_LABELS, &found))
        return rc_error_nomem(err);
    if (found == RC_LABELS_FULL)
        return rc_labels_full(err);
    *label = found;
    return RC_OK;
}

static rc_status check_score(const rc_metrics_spec *spec, const double *score, rc_error *err)
{
    if ((score != NULL) != (spec->has_probability || spec->has_margin))
        return rc_error_set(err, RC_E_USAGE, "probabilities come with each row or with none");
    if (spec->has_margin && isnan(score[0]))
        return rc_error_set(err, RC_E_DATA, "a margin must be a number");
    for (size_t i = 0; spec->has_probability && i < spec->n_classes; i++)
        if (!isfinite(score[i]))
            return rc_error_set(err, RC_E_DATA, "a probability must be finite");
    return RC_OK;
}

rc_status rc_metrics_add_label(rc_metrics *metrics, size_t truth, size_t predicted,
                               const double *score, double weight, rc_error *err)
{
    rc_classification *sums = &metrics->classification;
    if (truth >= sums->labels.n || predicted >= metrics->spec.n_classes)
        return rc_error_set(err, RC_E_USAGE, "a label that does not exist");
    RC_TRY(check_score(&metrics->spec, score, err));
    if (metrics->spec.weighted)
        RC_TRY(check_weight(weight, err));
    if (!rc_classification_add(sums, &metrics->spec, truth, predicted, score, weight))
        return rc_error_nomem(err);
    return RC_OK;
}

rc_status rc_metrics_merge(rc_metrics *into, const rc_metrics *from, rc_error *err)
{
    if (!is_regression(into))
        return rc_classification_merge(&into->classification, &from->classification, err);
    if (!rc_regression_merge(&into->regression, &from->regression))
        return rc_error_nomem(err);
    return RC_OK;
}

rc_status rc_metrics_values(const rc_metrics *metrics, json_t **values, json_t **undefined,
                            rc_error *err)
{
    *values = *undefined = NULL;
    rc_results results;
    rc_results_init(&results);
    bool ok = is_regression(metrics)
                  ? rc_regression_values(&metrics->regression, &metrics->spec, &results)
                  : rc_class_values(&metrics->classification, &metrics->spec, &results);
    if (ok) {
        *values = json_incref(results.values);
        *undefined = json_incref(results.undefined);
    }
    rc_results_release(&results);
    return ok ? RC_OK : rc_error_nomem(err);
}

rc_status rc_metrics_bounds(const rc_metrics *metrics, json_t **out, rc_error *err)
{
    *out = NULL;
    if (is_regression(metrics) || rc_class_bounds(&metrics->classification, &metrics->spec, out))
        return RC_OK;
    return rc_error_nomem(err);
}

rc_status rc_metrics_confusion(const rc_metrics *metrics, json_t **out, rc_error *err)
{
    *out = NULL;
    if (is_regression(metrics) || rc_class_confusion(&metrics->classification, out))
        return RC_OK;
    return rc_error_nomem(err);
}

rc_status rc_metrics_state(const rc_metrics *metrics, json_t **out, rc_error *err)
{
    *out = is_regression(metrics)
               ? rc_state_regression(&metrics->regression, &metrics->spec)
               : rc_state_classification(&metrics->classification, &metrics->spec);
    return *out != NULL ? RC_OK : rc_error_nomem(err);
}
