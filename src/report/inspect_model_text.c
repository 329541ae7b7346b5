/* inspect_model_text.c - what is in a model, as text for people. */
#include <string.h>

#include "report/format.h"
#include "report/inspect_parts.h"

/* Items of lists that stand in one line. */
enum { VALUES_SHOWN = 8, NAMES_SHOWN = 4, CLASSES_SHOWN = 20 };

/* A value of the tape: its name, or "inputs[0]", "steps[0]". */
static bool put_reference(rc_buf *out, const json_t *value)
{
    const json_t *step = json_object_get(value, "step"), *input = json_object_get(value, "input");
    if (!json_is_object(value))
        return rc_text_value(out, value);
    return rc_buf_text(out, step != NULL ? "steps[" : "inputs[") &&
           rc_text_value(out, step != NULL ? step : input) && rc_buf_text(out, "]");
}

static bool put_references(rc_buf *out, const json_t *list)
{
    size_t n = json_array_size(list);
    bool ok = n > 0 || rc_buf_text(out, "nothing");
    for (size_t i = 0; i < n && i < NAMES_SHOWN && ok; i++)
        ok = (i == 0 || rc_buf_text(out, ", ")) && put_reference(out, json_array_get(list, i));
    return ok && (n <= NAMES_SHOWN || rc_buf_printf(out, ", ... (%zu)", n));
}

/* What a missing or unknown cell does: a keyword, or {"value": x}. */
static bool put_rule(rc_buf *out, const char *name, const json_t *rule)
{
    const json_t *value = json_object_get(rule, "value");
    const char *word = json_string_value(rule);
    if (!rc_buf_text(out, name))
        return false;
    if (value != NULL)
        return rc_buf_text(out, " is ") && rc_text_value(out, value);
    return rc_buf_text(out, strcmp(word, "error") == 0     ? " refuses the row"
                            : strcmp(word, "unknown") == 0 ? " is as unknown"
                                                           : " is zeros");
}

static bool put_input(rc_grid *grid, const json_t *input, size_t i)
{
    rc_buf *text = &grid->text;
    const json_t *name = json_object_get(input, "name"), *values = json_object_get(input, "values");
    bool ok = (json_is_string(name) ? rc_text_value(text, name)
                                    : rc_buf_printf(text, "inputs[%zu]", i)) &&
              rc_grid_end_cell(grid) && rc_text_value(text, json_object_get(input, "type")) &&
              rc_grid_end_cell(grid) &&
              put_rule(text, "missing", json_object_get(input, "missing")) &&
              rc_grid_end_cell(grid);
    if (values != NULL)
        ok = ok && put_rule(text, "unknown", json_object_get(input, "unknown"));
    ok = ok && rc_grid_end_cell(grid);
    if (values != NULL)
        ok = ok && rc_buf_printf(text, "%zu values: ", json_array_size(values)) &&
             rc_text_list(text, values, VALUES_SHOWN);
    ok = ok && rc_grid_end_cell(grid);
    if (json_is_false(json_object_get(input, "read")))
        ok = ok && rc_buf_text(text, "nothing reads it");
    return ok && rc_grid_end_cell(grid);
}

static bool put_shape(rc_buf *out, const char *name, const json_t *shape)
{
    bool ok = rc_buf_text(out, name) && rc_buf_text(out, " ");
    for (size_t i = 0; i < json_array_size(shape) && ok; i++)
        ok = (i == 0 || rc_buf_text(out, "x")) && rc_text_value(out, json_array_get(shape, i));
    return ok;
}

/* Parameters that do nothing are not worth their place. */
static bool is_idle(const char *name, const json_t *value)
{
    if (strcmp(name, "max") == 0)
        return json_is_string(value);
    bool may_be = strcmp(name, "slope") == 0 || strcmp(name, "threshold") == 0;
    return may_be && !(json_number_value(value) > 0 || json_number_value(value) < 0);
}

/* An object {"fn": name, parameters}. */
static bool put_activation(rc_buf *out, json_t *activation)
{
    const char *name;
    json_t *value;
    bool ok = rc_text_value(out, json_object_get(activation, "fn"));
    json_object_foreach (activation, name, value) {
        if (strcmp(name, "fn") != 0 && !is_idle(name, value))
            ok = ok && rc_buf_printf(out, " %s=", name) && rc_text_value(out, value);
    }
    return ok;
}

/* A member that belongs to the op alone. */
static bool put_setting(rc_buf *out, const char *name, json_t *value)
{
    if (strcmp(name, "activation") == 0)
        return put_activation(out, value);
    if (strcmp(name, "fn") == 0)
        return rc_text_value(out, value);
    if (!rc_buf_text(out, name) || !rc_buf_text(out, " "))
        return false;
    if (strcmp(name, "operands") == 0)
        return put_references(out, value);
    if (json_is_object(value)) /* unseen: {"column": 2} */
        return rc_buf_text(out, "column ") && rc_text_value(out, json_object_get(value, "column"));
    return json_is_array(value) ? rc_text_list(out, value, VALUES_SHOWN)
                                : rc_text_value(out, value);
}

/* The activation of a dense step that has none. */
static bool is_identity(const char *name, const json_t *value, const json_t *step)
{
    const char *fn = json_string_value(json_object_get(value, "fn"));
    return strcmp(name, "activation") == 0 && strcmp(fn, "identity") == 0 &&
           strcmp(json_string_value(json_object_get(step, "op")), "dense") == 0;
}

static bool is_common(const char *name)
{
    static const char *const names[] = {"op",     "out",        "in",   "width_in", "width_out",
                                        "arrays", "parameters", "fate", "into"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* Settings and shapes of arrays, with commas between. */
static bool put_details(rc_buf *out, const json_t *step)
{
    const char *name;
    json_t *value;
    bool ok = true, is_first = true;
    json_object_foreach ((json_t *)(uintptr_t)step, name, value) {
        if (is_common(name) || (json_is_array(value) && json_array_size(value) == 0) ||
            json_is_false(value) || is_identity(name, value, step))
            continue;
        ok = ok && (is_first || rc_buf_text(out, ", ")) && put_setting(out, name, value);
        is_first = false;
    }
    json_object_foreach (json_object_get(step, "arrays"), name, value) {
        ok = ok && (is_first || rc_buf_text(out, ", ")) && put_shape(out, name, value);
        is_first = false;
    }
    return ok;
}

static bool put_fate(rc_buf *out, const json_t *step)
{
    static const struct {
        const char *word, *text;
    } fates[] = {{"unread", "nothing reads it"},
                 {"folded", "folded into step "},
                 {"looked_up", "looked up in step "},
                 {"passed", "needs no work"}};
    const char *word = json_string_value(json_object_get(step, "fate"));
    const json_t *into = json_object_get(step, "into");
    for (size_t i = 0; i < sizeof(fates) / sizeof(*fates); i++)
        if (strcmp(word, fates[i].word) == 0)
            return rc_buf_text(out, fates[i].text) && (into == NULL || rc_text_value(out, into));
    return true;
}

static bool put_step(rc_grid *grid, const json_t *step, size_t i)
{
    rc_buf *text = &grid->text;
    const json_t *name = json_object_get(step, "out");
    bool ok = rc_buf_printf(text, "%zu", i) && rc_grid_end_cell(grid) &&
              rc_text_value(text, json_object_get(step, "op")) && rc_grid_end_cell(grid) &&
              put_references(text, json_object_get(step, "in")) && rc_grid_end_cell(grid) &&
              rc_buf_text(text, "-> ");
    ok = ok &&
         (json_is_string(name) ? rc_text_value(text, name) : rc_buf_printf(text, "steps[%zu]", i));
    return ok && rc_grid_end_cell(grid) && rc_text_value(text, json_object_get(step, "width_in")) &&
           rc_buf_text(text, " -> ") && rc_text_value(text, json_object_get(step, "width_out")) &&
           rc_grid_end_cell(grid) && put_details(text, step) && rc_grid_end_cell(grid) &&
           put_fate(text, step) && rc_grid_end_cell(grid);
}

/* A line of a list, if there is one. */
static bool put_list(rc_buf *out, const json_t *output, const char *name)
{
    const json_t *list = json_object_get(output, name);
    return list == NULL || (rc_text_label(out, name) && rc_text_list(out, list, CLASSES_SHOWN) &&
                            rc_buf_text(out, "\n"));
}

/* The values that choose the class, where `from` does not. */
static bool put_decide(rc_buf *out, const json_t *decide)
{
    return decide == NULL ||
           (rc_text_label(out, "decide") && put_references(out, decide) && rc_buf_text(out, "\n"));
}

static bool put_output(rc_buf *out, const json_t *output)
{
    return rc_text_member(out, output, "task") && put_list(out, output, "classes") &&
           put_list(out, output, "targets") && rc_text_label(out, "from") &&
           put_references(out, json_object_get(output, "from")) && rc_buf_text(out, "\n") &&
           put_decide(out, json_object_get(output, "decide")) &&
           rc_text_member(out, output, "link") && rc_text_member(out, output, "threshold");
}

bool rc_inspect_model_text(rc_buf *out, const json_t *made)
{
    const json_t *inputs = json_object_get(made, "inputs"), *steps = json_object_get(made, "steps");
    const char *sha256 = json_string_value(json_object_get(made, "sha256"));
    const char *warning = json_string_value(json_object_get(made, "warning")); /* checked ASCII */
    return rc_text_title(out, made, "a model") && rc_text_member(out, made, "format") &&
           rc_text_line(out, "sha256", sha256) &&
           (warning == NULL || rc_text_line(out, "warning", warning)) &&
           rc_text_member(out, made, "dtype") && rc_text_member(out, made, "parameters") &&
           put_output(out, json_object_get(made, "output")) &&
           rc_buf_printf(out, "\ninputs: %zu\n", json_array_size(inputs)) &&
           rc_text_table(out, inputs, RC_INSPECT_SHOWN, 6, put_input) &&
           rc_buf_printf(out, "\nsteps: %zu\n", json_array_size(steps)) &&
           rc_text_table(out, steps, SIZE_MAX, 7, put_step);
}
