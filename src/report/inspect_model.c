/* inspect_model.c - what is in a model, as JSON: inputs, output. */
#include "report/inspect_model.h"

#include "model/words.h"

/* A text of the model, which stands for a number or for itself. */
static json_t *text_or_number(const char *text, bool is_number)
{
    double x;
    if (is_number && rc_num_parse_text(text, strlen(text), &x))
        return rc_json_real(x);
    return rc_json_text(text);
}

static json_t *text_list(char *const *texts, const bool *is_number, size_t n)
{
    json_t *list = json_array();
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++)
        ok = rc_put_item(list, text_or_number(texts[i], is_number != NULL && is_number[i]));
    return rc_json_keep(list, ok);
}

/* {"value": x}, so that it is no keyword. */
static json_t *value_of(const rc_model_input *input, double x)
{
    json_t *value = rc_json_real(x);
    size_t code = (size_t)x;
    if (input->is_category && x >= 0 && code < input->n_values) {
        json_decref(value);
        value = text_or_number(input->values[code], input->value_is_number[code]);
    }
    return json_pack("{s:o}", "value", value);
}

static json_t *missing_of(const rc_model_input *input)
{
    if (input->missing == RC_MISSING_VALUE)
        return value_of(input, input->missing_value);
    return json_string(input->missing == RC_MISSING_ERROR ? "error" : "unknown");
}

static json_t *unknown_of(const rc_model_input *input)
{
    if (input->unknown_is_error)
        return json_string("error");
    return input->unknown_code < 0 ? json_string("zeros") : value_of(input, input->unknown_code);
}

static json_t *input_of(const rc_model_input *input, bool is_read)
{
    json_t *made = json_object();
    bool ok = rc_put(made, "name", rc_json_text(input->name)) &&
              rc_put(made, "type", json_string(input->is_category ? "category" : "number"));
    if (ok && input->is_category)
        ok = rc_put(made, "values",
                    text_list(input->values, input->value_is_number, input->n_values)) &&
             rc_put(made, "unknown", unknown_of(input));
    ok = ok && rc_put(made, "missing", missing_of(input)) &&
         rc_put(made, "read", json_boolean(is_read));
    return rc_json_keep(made, ok);
}

static json_t *inputs_of(const rc_model *model, const rc_plan *plan)
{
    json_t *list = json_array();
    bool ok = true;
    for (size_t i = 0; ok && i < model->n_inputs; i++)
        ok = rc_put_item(list, input_of(&model->inputs[i], rc_plan_reads(plan, i)));
    return rc_json_keep(list, ok);
}

static json_t *output_of(const rc_model *m)
{
    json_t *made = json_object();
    bool ok =
        rc_put(made, "task", json_string(rc_words_task[m->task])) &&
        rc_put(made, "from", rc_inspect_refer(m, m->from, m->n_from)) &&
        (m->n_decide == 0 || rc_put(made, "decide", rc_inspect_refer(m, m->decide, m->n_decide))) &&
        rc_put(made, "width", rc_json_count(m->width)) &&
        rc_put(made, "link", json_string(rc_words_link[m->link]));
    if (ok && m->n_classes > 0)
        ok = rc_put(made, "classes", text_list(m->classes, m->class_is_number, m->n_classes));
    if (ok && m->targets != NULL)
        ok = rc_put(made, "targets", text_list(m->targets, NULL, m->width));
    if (ok && m->has_threshold)
        ok = rc_put(made, "threshold", rc_json_real(m->threshold));
    return rc_json_keep(made, ok);
}

static bool fill(json_t *made, const rc_model *m, const rc_plan *plan)
{
    json_t *steps = json_array();
    uint64_t n_parameters = 0;
    bool ok = true;
    for (size_t i = 0; i < m->n_steps && ok; i++)
        ok = rc_put_item(steps, rc_inspect_step(m, plan, i, &n_parameters));
    steps = rc_json_keep(steps, ok);
    return steps != NULL && rc_put(made, "format", rc_json_text(m->format)) &&
           rc_put(made, "sha256", rc_json_text(m->sha256)) &&
           (m->warning[0] == '\0' || rc_put(made, "warning", rc_json_text(m->warning))) &&
           rc_put(made, "dtype", json_string(rc_words_dtype[m->dtype])) &&
           rc_put(made, "parameters", rc_json_count(n_parameters)) &&
           rc_put(made, "output", output_of(m)) && rc_put(made, "inputs", inputs_of(m, plan)) &&
           rc_put(made, "steps", steps);
}

rc_status rc_inspect_model(json_t **out, const rc_inspected *file, const rc_model *model,
                           const rc_plan *plan, rc_error *err)
{
    *out = rc_json_begin("model", file);
    bool ok = fill(*out, model, plan);
    *out = rc_json_keep(*out, ok);
    return ok ? RC_OK : rc_error_nomem(err);
}
