/* cells.h - what cells are for the inputs of a model: numbers, codes, or reasons to refuse a row.
 */
#ifndef RC_RUN_CELLS_H
#define RC_RUN_CELLS_H

#include "run/refusal.h"
#include "score/plan.h"
#include "table/cell.h"
#include "table/vocabulary.h"

/* The rules of missing and unknown as one look tells them. Values that refuse are 0, so that a tile
 * holds something to compute with. */
typedef struct rc_input_rule {
    bool is_read, is_category;
    bool missing_refuses, missing_is_unknown, unknown_refuses;
    double missing_value, unknown_value;
    double n_values;
    rc_vocabulary *codes; /* category */
} rc_input_rule;

/* Of all inputs. On failure *rules is to be closed, too. */
rc_status rc_input_rules_open(rc_input_rule **rules, const rc_model *model, const rc_plan *plan,
                              char decimal, rc_error *err);
void rc_input_rules_close(rc_input_rule *rules, size_t n); /* NULL is fine */

/* What a text is that is no number, or none of the category's values: *value, and NONE is returned;
 * or why it refuses its row, with the cause. */
rc_refusal_kind rc_input_take_other(const rc_input_rule *rule, bool is_missing, double *value,
                                    const char **cause);

#endif
