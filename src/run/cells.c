/* cells.c - what cells are for the inputs of a model: numbers, codes, or reasons to refuse a row.
 */
#include "run/cells.h"

#include <stdlib.h>

static rc_input_rule make_rule(const rc_model_input *input, bool is_read)
{
    rc_input_rule rule = {
        .is_read = is_read,
        .is_category = input->is_category,
        .unknown_refuses = input->unknown_is_error,
        .unknown_value = input->unknown_is_error ? 0 : input->unknown_code,
        .missing_is_unknown = input->missing == RC_MISSING_UNKNOWN,
        .missing_refuses = input->missing == RC_MISSING_ERROR,
        .missing_value = input->missing == RC_MISSING_VALUE ? input->missing_value : 0,
        .n_values = (double)input->n_values,
    };
    if (rule.missing_is_unknown) {
        rule.missing_refuses = rule.unknown_refuses;
        rule.missing_value = rule.unknown_value;
    }
    return rule;
}

rc_status rc_input_rules_open(rc_input_rule **rules, const rc_model *model, const rc_plan *plan,
                              char decimal, rc_error *err)
{
    *rules = rc_alloc_array(model->n_inputs, sizeof(**rules));
    if (*rules == NULL)
        return rc_error_nomem(err);
    for (size_t i = 0; i < model->n_inputs; i++) {
        const rc_model_input *input = &model->inputs[i];
        rc_input_rule *rule = &(*rules)[i];
        *rule = make_rule(input, rc_plan_reads(plan, i));
        if (!input->is_category)
            continue;
        RC_TRY(rc_vocabulary_open(&rule->codes, (const char *const *)input->values, NULL,
                                  input->n_values, true, err));
        rc_vocabulary_set_decimal(rule->codes, decimal);
    }
    return RC_OK;
}

void rc_input_rules_close(rc_input_rule *rules, size_t n)
{
    for (size_t i = 0; rules != NULL && i < n; i++)
        rc_vocabulary_close(rules[i].codes);
    free(rules);
}

rc_refusal_kind rc_input_take_other(const rc_input_rule *rule, bool is_missing, double *value,
                                    const char **cause)
{
    is_missing = is_missing && !rule->missing_is_unknown;
    *value = is_missing ? rule->missing_value : rule->unknown_value;
    if (is_missing) {
        *cause = "missing value";
        return rule->missing_refuses ? RC_REFUSAL_MISSING_VALUE : RC_REFUSAL_NONE;
    }
    *cause = rule->is_category ? "none of the model's values" : "not a number";
    if (!rule->is_category)
        return RC_REFUSAL_CAST;
    return rule->unknown_refuses ? RC_REFUSAL_UNSEEN_CATEGORY : RC_REFUSAL_NONE;
}
