/* inspect_model.h - parts of a model as JSON. */
#ifndef RC_REPORT_INSPECT_MODEL_H
#define RC_REPORT_INSPECT_MODEL_H

#include "report/inspect_parts.h"

/* Values of the tape: their names, {"input": 0} or {"step": 0} for those without. */
json_t *rc_inspect_refer(const rc_model *model, const size_t *values, size_t n);

/* A step; the numbers that it holds are added to *n_parameters. */
json_t *rc_inspect_step(const rc_model *model, const rc_plan *plan, size_t i,
                        uint64_t *n_parameters);

#endif
