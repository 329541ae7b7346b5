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

static rc_status check_weight(double weight, rc_error *err)
{
    if (isfinite(weight) && weight >= 0.0)
        return RC_OK;
    return rc_error_set(err, RC_E_DATA, "a weight must be finite and not negative");
}

/* Not 0 if x is infinite or no number: then its exponent is all ones, and a carry reaches the top.
 */
static inline uint64_t beyond(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof(bits));
    return ((bits & ~(UINT64_C(1) << 63)) + (UINT64_C(1) << 52)) >> 63;
}

/* Without a branch a value: hardly ever is one bad. */
static bool has_bad_label(const rc_metrics *metrics, const rc_metric_rows *rows)
{
    const rc_metrics_spec *spec = &metrics->spec;
    size_t n_labels = metrics->classification.labels.n, n_classes = spec->n_classes;
    size_t n_columns = spec->has_probability ? n_classes : 0;
    uint64_t bad = 0;
    for (size_t i = 0; i < rows->n; i++)
        bad |= (rows->truth_label[rows->which[i]] >= n_labels) |
               (rows->predicted[rows->which[i]] >= n_classes);
    for (size_t k = 0; k < n_columns; k++)
        for (size_t i = 0; i < rows->n; i++)
            bad |= beyond(rows->scores[k * rows->stride + rows->which[i]]);
    return bad != 0 || spec->has_margin || spec->weighted;
}

static rc_status check_label(const rc_metrics *metrics, const rc_metric_rows *rows, size_t r,
                             rc_error *err)
{
    const rc_metrics_spec *spec = &metrics->spec;
    if (rows->truth_label[r] >= metrics->classification.labels.n ||
        rows->predicted[r] >= spec->n_classes)
        return rc_error_set(err, RC_E_USAGE, "a label that does not exist");
    if (spec->has_margin && isnan(rows->scores[r]))
        return rc_error_set(err, RC_E_DATA, "a margin must be a number");
    for (size_t k = 0; spec->has_probability && k < spec->n_classes; k++)
        if (!isfinite(rows->scores[k * rows->stride + r]))
            return rc_error_set(err, RC_E_DATA, "a probability must be finite");
    return spec->weighted ? check_weight(rows->weight[r], err) : RC_OK;
}

static rc_status check_targets(const rc_metrics *metrics, const rc_metric_rows *rows, size_t r,
                               rc_error *err)
{
    size_t n = metrics->spec.n_targets;
    for (size_t k = 0; k < n; k++)
        if (!isfinite(rows->values[k * rows->stride + r]) || !isfinite(rows->truth[r * n + k]))
            return rc_error_set(err, RC_E_DATA, "prediction and truth must be finite");
    return metrics->spec.weighted ? check_weight(rows->weight[r], err) : RC_OK;
}

static rc_status check_rows(const rc_metrics *metrics, const rc_metric_rows *rows, size_t *failed,
                            rc_error *err)
{
    bool is_sum = is_regression(metrics);
    if (!is_sum && !has_bad_label(metrics, rows))
        return RC_OK;
    for (size_t i = 0; i < rows->n; i++) {
        *failed = rows->which[i];
        RC_TRY(is_sum ? check_targets(metrics, rows, *failed, err)
                      : check_label(metrics, rows, *failed, err));
    }
    return RC_OK;
}

rc_status rc_metrics_add_rows(rc_metrics *metrics, const rc_metric_rows *rows, size_t *failed,
                              rc_error *err)
{
    const rc_metrics_spec *spec = &metrics->spec;
    bool has_scores = spec->has_probability || spec->has_margin;
    *failed = rows->n > 0 ? rows->which[0] : 0;
    if (!is_regression(metrics) && (rows->scores != NULL) != has_scores)
        return rc_error_set(err, RC_E_USAGE, "probabilities come with each row or with none");
    RC_TRY(check_rows(metrics, rows, failed, err));
    bool ok = is_regression(metrics) ? rc_regression_add(&metrics->regression, rows)
                                     : rc_classification_add(&metrics->classification, spec, rows);
    return ok ? RC_OK : rc_error_nomem(err);
}

rc_status rc_metrics_add_regression(rc_metrics *metrics, const double *predicted,
                                    const double *truth, double weight, rc_error *err)
{
    const unsigned char first = 0;
    size_t failed;
    rc_metric_rows row = {.which = &first,
                          .n = 1,
                          .stride = 1,
                          .values = predicted,
                          .truth = truth,
                          .weight = &weight};
    return rc_metrics_add_rows(metrics, &row, &failed, err);
}

rc_status rc_metrics_add_label(rc_metrics *metrics, size_t truth, size_t predicted,
                               const double *score, double weight, rc_error *err)
{
    const unsigned char first = 0;
    /* a class that does not exist stays one */
    uint32_t label = predicted < UINT32_MAX ? (uint32_t)predicted : UINT32_MAX;
    size_t failed;
    rc_metric_rows row = {.which = &first,
                          .n = 1,
                          .stride = 1,
                          .scores = score,
                          .truth_label = &truth,
                          .predicted = &label,
                          .weight = &weight};
    return rc_metrics_add_rows(metrics, &row, &failed, err);
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
