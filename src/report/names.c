/* names.c - the metrics that each task has. */
#include "report/names.h"

#include <string.h>

#include "base/text.h"
#include "metrics/names.h"
#include "model/words.h"

/* Names the metric of the task whose spelling is the nearest, if one is near. */
static void hint_nearest(const char *name, unsigned task, rc_error *err)
{
    size_t n;
    rc_nearest nearest = {.asked = name, .limit = 3};
    const rc_metric_entry *entries = rc_metric_entries(&n);
    for (size_t i = 0; i < n; i++)
        if (((entries[i].plain | entries[i].keyed) & task) != 0)
            rc_nearest_offer(&nearest, entries[i].name);
    rc_nearest_hint(&nearest, err);
}

static rc_status refuse(const rc_metric_entry *entry, const char *name, bool has_key, rc_task task,
                        rc_error *err)
{
    char quoted[RC_QUOTED_BYTES];
    unsigned bit = 1u << task;
    rc_text_quote(name, strlen(name), quoted);
    if (entry == NULL || ((entry->plain | entry->keyed) & bit) == 0) {
        rc_error_set(err, RC_E_USAGE, "a %s model has no metric '%s'", rc_task_phrase(task),
                     quoted);
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
