/* scorer_cells.c - from the names and texts of a table to columns and numbers of a model. */
#include <stdlib.h>

#include "base/text.h"
#include "run/scorer.h"
#include "table/bind.h"

/* Numbers by position are counted here: the binder's words speak of the tool's options. */
static rc_status check_columns(const rc_scorer *s, rc_strings columns, rc_error *err)
{
    size_t n = s->model->n_inputs;
    for (size_t c = 0; c < columns.n; c++)
        if (columns.items == NULL || columns.items[c] == NULL)
            return rc_misuse(err, "a column's name is NULL");
    if (columns.n == 0 && s->names != NULL)
        return rc_error_set(err, RC_E_DATA, "no columns for the model's %zu input%s", n,
                            n == 1 ? "" : "s");
    if (s->names != NULL || n == 0 || columns.n == n)
        return RC_OK;
    return rc_error_set(err, RC_E_DATA,
                        "%zu column%s for the model's %zu input%s, which have no names and bind "
                        "by position",
                        columns.n, columns.n == 1 ? "" : "s", n, n == 1 ? "" : "s");
}

rc_status rc_scorer_bind(const rc_scorer *s, rc_strings columns, size_t *column_of_input,
                         rc_error *err)
{
    if (s == NULL || (column_of_input == NULL && s->model->n_inputs > 0))
        return rc_misuse(err, RC_IS_NULL);
    RC_TRY(check_columns(s, columns, err));
    rc_schema schema = {.has_header = true,
                        .names = (char **)columns.items,
                        .name_bytes = rc_alloc_array(columns.n, sizeof(size_t)),
                        .n_columns = columns.n};
    if (schema.name_bytes == NULL)
        return rc_error_nomem(err);
    for (size_t c = 0; c < columns.n; c++)
        schema.name_bytes[c] = strlen(columns.items[c]);
    rc_bind_request request = {.n_inputs = s->model->n_inputs, .inputs = s->names};
    rc_binding binding;
    rc_status st = rc_binding_init(&binding, &schema, &request, err);
    free(schema.name_bytes);
    if (st < 0)
        return st;
    for (size_t i = 0; i < binding.n_features; i++)
        column_of_input[i] = binding.features[i];
    rc_binding_release(&binding);
    return RC_OK;
}

rc_status rc_scorer_wrap_input(const rc_scorer *s, size_t i, rc_error *err)
{
    char quoted[RC_QUOTED_BYTES];
    const char *name = s->model->inputs[i].name;
    if (name == NULL)
        return rc_error_wrap(err, RC_E_DATA, "input %zu", i + 1);
    return rc_error_wrap(err, RC_E_DATA, "input '%s'", rc_text_quote(name, strlen(name), quoted));
}

static rc_status refuse(const rc_scorer *s, size_t i, const char *cause, const char *text, size_t n,
                        rc_error *err)
{
    char quoted[RC_QUOTED_BYTES];
    if (n == 0)
        rc_error_set(err, RC_E_DATA, "%s", cause);
    else
        rc_error_set(err, RC_E_DATA, "%s: '%s'", cause, rc_text_quote(text, n, quoted));
    return rc_scorer_wrap_input(s, i, err);
}

/* A number of the model's type. The parsers read behind the text: they get a copy. */
static rc_status read_number(const rc_scorer *s, const char *text, size_t n, bool *is_number,
                             double *value, rc_error *err)
{
    char few[128];
    char *copy = n + RC_NUM_SLACK <= sizeof(few) ? few : rc_alloc_array(n + RC_NUM_SLACK, 1);
    if (copy == NULL)
        return rc_error_nomem(err);
    memset(copy + n, 0, RC_NUM_SLACK);
    if (n > 0)
        memcpy(copy, text, n);
    float f32 = 0;
    if (s->model->dtype == RC_FLOAT64) {
        *is_number = rc_cell_number(&s->cells, copy, n, value);
    } else {
        *is_number = rc_cell_number_f32(&s->cells, copy, n, &f32);
        if (*is_number)
            *value = (double)f32;
    }
    if (copy != few)
        free(copy);
    return RC_OK;
}

/* A text that is no number, or none of the values. */
static rc_status take_other(const rc_scorer *s, size_t i, const char *text, size_t n, double *code,
                            rc_error *err)
{
    double value;
    const char *cause;
    bool is_missing = rc_cell_is_missing(&s->cells.missing, text, n);
    if (rc_input_take_other(&s->rules[i], is_missing, &value, &cause) != RC_REFUSAL_NONE)
        return refuse(s, i, cause, text, n, err);
    *code = value;
    return RC_OK;
}

rc_status rc_scorer_code(const rc_scorer *s, size_t i, const char *text, size_t n_bytes,
                         double *code, rc_error *err)
{
    if (s == NULL || code == NULL || (text == NULL && n_bytes > 0))
        return rc_misuse(err, RC_IS_NULL);
    if (i >= s->model->n_inputs)
        return rc_misuse(err, RC_NO_INPUT);
    if (!s->rules[i].is_read) { /* the tool does not look at such a cell either */
        *code = 0;
        return RC_OK;
    }
    if (text == NULL)
        text = "";
    if (!s->rules[i].is_category) {
        bool is_number = false;
        RC_TRY(read_number(s, text, n_bytes, &is_number, code, err));
        return is_number ? RC_OK : take_other(s, i, text, n_bytes, code, err);
    }
    int64_t value = rc_vocabulary_code(s->rules[i].codes, text, n_bytes);
    if (value == RC_NO_CODE)
        return take_other(s, i, text, n_bytes, code, err);
    *code = (double)value;
    return RC_OK;
}
