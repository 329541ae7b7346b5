/* names.c - the metrics that each task has, in the order of the report. */
#include "metrics/names.h"

enum {
    R = 1 << RC_TASK_REGRESSION,
    B = 1 << RC_TASK_BINARY,
    M = 1 << RC_TASK_MULTICLASS,
};

static const rc_metric_entry entries[] = {
    {"mse", R, R},
    {"rmse", R, R},
    {"mae", R, R},
    {"r2", R, R},
    {"explained_variance", R, R},
    {"max_error", R, R},
    {"mape", R, R},
    {"bias", R, R},
    {"accuracy", B | M, 0},
    {"balanced_accuracy", B | M, 0},
    {"f1_macro", B | M, 0},
    {"f1_micro", B | M, 0},
    {"f1_weighted", B | M, 0},
    {"precision_macro", B | M, 0},
    {"precision_micro", B | M, 0},
    {"precision_weighted", B | M, 0},
    {"recall_macro", B | M, 0},
    {"recall_micro", B | M, 0},
    {"recall_weighted", B | M, 0},
    {"mcc", B | M, 0},
    {"log_loss", B | M, 0},
    {"brier", B, 0},
    {"roc_auc", B | M, 0},
    {"pr_auc", B, 0},
    {"ece", B | M, 0},
    {"precision", B, B | M},
    {"recall", B, B | M},
    {"f1", B, B | M},
    {"support", 0, B | M},
};

const rc_metric_entry *rc_metric_entries(size_t *n)
{
    *n = sizeof(entries) / sizeof(*entries);
    return entries;
}
