/* names.h - the metrics that each task has, in the order of the report. */
#ifndef RC_METRICS_NAMES_H
#define RC_METRICS_NAMES_H

#include <stddef.h>

#include "model/model.h"

/* Sets of tasks: bit 1 << rc_task. */
typedef struct rc_metric_entry {
    const char *name;
    unsigned plain, keyed; /* tasks that have NAME; NAME[KEY] of a target or a class */
} rc_metric_entry;

const rc_metric_entry *rc_metric_entries(size_t *n);

#endif
