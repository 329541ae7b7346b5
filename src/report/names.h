/* names.h - the metrics that each task has. */
#ifndef RC_REPORT_NAMES_H
#define RC_REPORT_NAMES_H

#include "base/error.h"
#include "model/model.h"

/* Whether the task has the metric; has_key: as NAME[KEY]. RC_E_USAGE says what there is instead. */
rc_status rc_metric_check(const char *name, bool has_key, rc_task task, rc_error *err);

#endif
