/* names.c - the metrics that each task has. */
#include "report/names.h"

#include <string.h>

#include "base/text.h"
#include "metrics/names.h"

static const char *task_name(rc_task task)
{
    return task == RC_TASK_REGRESSION ? "regression"
           : task == RC_TASK_BINARY   ? "binary"
                                      : "multi-class";
}

/* Names the metric of the task whose spelling is the nearest, if one is near. */
static void hint_nearest(const char *name, unsigned task, rc_error *err)
{
    const char *best = NULL;
    size_t limit = 3, n;
    const rc_metric_entry *entries = rc_metric_entries(&n);
    for (size_t i = 0; i < n; i++) {
        if (((entries[i].plain | entries[i].keyed) & task) == 0)
            continue;
        size_t distance = rc_text_distance(name, entries[i].name, limit);
        if (distance < limit) {
            best = entries[i].name;
            limit = distance;
        }
    }
    if (best != NULL)
        rc_error_hint(err, "did you mean '%s'?", best);
}

static rc_status refuse(const rc_metric_entry *entry, const char *name, bool has_key, rc_task task,
                        rc_error *err)
{
    char quoted[RC_QUOTED_BYTES];
    unsigned bit = 1u << task;
    rc_text_quote(name, strlen(name), quoted);
    if (entry == NULL || ((entry->plain | entry->keyed) & bit) == 0) {
        rc_error_set(err, RC_E_USAGE, "a %s model has no metric '%s'", task_name(task), quoted);
        if (entry == NULL)
            hint_nearest(name, bit, err);
        return RC_E_USAGE;
    }
    if (has_key)
        return rc_error_set(err, RC_E_USAGE, "'%s' takes no [KEY]", quoted);
    if (entry->plain == 0)
        return rc_error_set(err, RC_E_USAGE, "'%s' needs a class: %s[CLASS]", quoted, entry->name);
    rc_error_set(err, RC_E_USAGE, "a multi-class model has no plain '%s'", quoted);
    rc_error_hint(err, "ask for %s_macro, %s_micro, %s_weighted or %s[CLASS]", entry->name,
                  entry->name, entry->name, entry->name);
    return RC_E_USAGE;
}

rc_status rc_metric_check(const char *name, bool has_key, rc_task task, rc_error *err)
{
    size_t n;
    const rc_metric_entry *entry = NULL, *entries = rc_metric_entries(&n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(entries[i].name, name) == 0)
            entry = &entries[i];
    if (entry != NULL && ((has_key ? entry->keyed : entry->plain) & (1u << task)) != 0)
        return RC_OK;
    return refuse(entry, name, has_key, task, err);
}
