/* inspect_step.c - a step of a model as JSON: what it reads, holds and makes. */
#include <stddef.h>

#include "model/words.h"
#include "report/inspect_model.h"

static json_t *refer_one(const rc_model *m, size_t v)
{
    bool is_input = v < m->n_inputs;
    const char *name = is_input ? m->inputs[v].name : m->steps[v - m->n_inputs].out;
    if (name != NULL)
        return rc_json_text(name);
    return json_pack("{s:o}", is_input ? "input" : "step",
                     rc_json_count(is_input ? v : v - m->n_inputs));
}

json_t *rc_inspect_refer(const rc_model *model, const size_t *values, size_t n)
{
    json_t *list = json_array();
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++)
        ok = rc_put_item(list, refer_one(model, values[i]));
    return rc_json_keep(list, ok);
}

/* Arrays of numbers that steps hold. */
static const struct {
    const char *name;
    size_t at;
    bool is_matrix;
} arrays[] = {
    {"center", offsetof(rc_model_step, center), false},
    {"divide", offsetof(rc_model_step, divide), false},
    {"scale", offsetof(rc_model_step, scale), false},
    {"shift", offsetof(rc_model_step, shift), false},
    {"weights", offsetof(rc_model_step, weights), true},
    {"bias", offsetof(rc_model_step, bias), false},
    {"values", offsetof(rc_model_step, values), false},
    {"min", offsetof(rc_model_step, min), false},
    {"max", offsetof(rc_model_step, max), false},
    {"powers", offsetof(rc_model_step, powers), true},
    {"edges", offsetof(rc_model_step, edges), false},
    {"table", offsetof(rc_model_step, table), true},
    {"default", offsetof(rc_model_step, unseen), false},
};

static json_t *shape_of(const rc_array *a, bool is_matrix)
{
    return is_matrix ? json_pack("[o, o]", rc_json_count(a->n_rows), rc_json_count(a->n_cols))
                     : json_pack("[o]", rc_json_count(a->n_cols));
}

static json_t *shapes_of(const rc_model_step *step, uint64_t *n_parameters)
{
    json_t *made = json_object();
    bool ok = true;
    for (size_t i = 0; i < sizeof(arrays) / sizeof(*arrays); i++) {
        const rc_array *a = (const rc_array *)(const void *)((const char *)step + arrays[i].at);
        if (!rc_array_is_there(a))
            continue;
        ok = ok && rc_put(made, arrays[i].name, shape_of(a, arrays[i].is_matrix));
        *n_parameters += (uint64_t)a->n_rows * a->n_cols;
    }
    return rc_json_keep(made, ok);
}

static json_t *activation_of(const rc_activation_spec *a)
{
    json_t *made = json_object();
    bool ok = rc_put(made, "fn", json_string(rc_words_activation[a->fn]));
    for (size_t i = 0; i < RC_ACTIVATION_PARAMETERS; i++) {
        const rc_activation_parameter *p = &rc_activation_parameters[i];
        const double *x = (const double *)(const void *)((const char *)a + p->at);
        if ((p->fns >> a->fn & 1) != 0)
            ok = ok && rc_put(made, p->name, rc_json_real(*x));
    }
    return rc_json_keep(made, ok);
}

static json_t *columns_of(const rc_model_step *step)
{
    json_t *list = json_array();
    bool ok = true;
    for (size_t i = 0; ok && i < step->n_columns; i++)
        ok = rc_put_item(list, rc_json_count(step->columns[i]));
    return rc_json_keep(list, ok);
}

static json_t *operands_of(const rc_model *m, const rc_model_step *step)
{
    json_t *list = json_array();
    bool ok = true;
    for (size_t i = 0; ok && i < step->n_operands; i++) {
        const rc_operand *o = &step->operands[i];
        ok = rc_put_item(list, o->is_constant ? rc_json_real(o->constant) : refer_one(m, o->value));
    }
    return rc_json_keep(list, ok);
}

/* What a onehot, ordinal or lookup does about a value that is none of its keys. */
static json_t *unseen_of(const rc_model_step *step)
{
    if (step->unseen_is_error)
        return json_string("error");
    if (step->op != RC_OP_ONEHOT)
        return json_string("default");
    return step->unseen_hot == RC_NO_HOT
               ? json_string("zeros")
               : json_pack("{s:o}", "column", rc_json_count(step->unseen_hot));
}

/* What is looked for; of a category without the code of unknown values, which no file lists. */
static uint64_t count_keys(const rc_model *m, const rc_model_step *step)
{
    bool is_category = step->in[0] < m->n_inputs && m->inputs[step->in[0]].is_category;
    uint64_t n = 0;
    for (size_t i = 0; i < step->keys.n_cols; i++)
        n += !is_category || step->keys.data[i] < -1 || step->keys.data[i] >= 0;
    return n;
}

/* What an op is told besides arrays. */
static bool put_settings(json_t *made, const rc_model *m, const rc_model_step *step)
{
    switch (step->op) {
    case RC_OP_DENSE:
    case RC_OP_ACTIVATION:
        return rc_put(made, "activation", activation_of(&step->activation));
    case RC_OP_SOFTMAX:
        return rc_put(made, "log", json_boolean(step->log));
    case RC_OP_IMPUTE:
        return rc_put(made, "missing", rc_json_real(step->missing)) &&
               rc_put(made, "indicators", columns_of(step));
    case RC_OP_ONEHOT:
    case RC_OP_ORDINAL:
    case RC_OP_LOOKUP:
        return rc_put(made, "keys", rc_json_count(count_keys(m, step))) &&
               rc_put(made, "unseen", unseen_of(step));
    case RC_OP_NORMALISE:
        return rc_put(made, "norm", json_string(rc_words_norm[step->norm]));
    case RC_OP_ELEMENTWISE:
        return rc_put(made, "fn", json_string(rc_words_elementwise[step->fn])) &&
               rc_put(made, "operands", operands_of(m, step));
    case RC_OP_BIN:
        return rc_put(made, "right", json_boolean(step->right)) &&
               rc_put(made, "encode", json_string(step->encode_onehot ? "onehot" : "ordinal"));
    case RC_OP_SELECT:
        return rc_put(made, "columns", columns_of(step));
    case RC_OP_AFFINE:
    case RC_OP_CLIP:
    case RC_OP_PRODUCT:
    case RC_OP_CONCAT:
        break;
    }
    return true;
}

static bool put_fate(json_t *made, const rc_plan *plan, size_t i)
{
    static const char *const words[] = {[RC_STEP_RUNS] = "runs",
                                        [RC_STEP_UNREAD] = "unread",
                                        [RC_STEP_FOLDED] = "folded",
                                        [RC_STEP_LOOKED_UP] = "looked_up",
                                        [RC_STEP_PASSED] = "passed"};
    size_t into = 0;
    rc_step_fate fate = rc_plan_fate(plan, i, &into);
    return rc_put(made, "fate", json_string(words[fate])) &&
           ((fate != RC_STEP_FOLDED && fate != RC_STEP_LOOKED_UP) ||
            rc_put(made, "into", rc_json_count(into)));
}

json_t *rc_inspect_step(const rc_model *model, const rc_plan *plan, size_t i,
                        uint64_t *n_parameters)
{
    const rc_model_step *step = &model->steps[i];
    json_t *made = json_object();
    uint64_t n_own = 0;
    bool ok = rc_put(made, "op", json_string(rc_words_op[step->op])) &&
              rc_put(made, "out", rc_json_text(step->out)) &&
              rc_put(made, "in", rc_inspect_refer(model, step->in, step->n_in)) &&
              rc_put(made, "width_in", rc_json_count(step->w_in)) &&
              rc_put(made, "width_out", rc_json_count(step->w_out)) &&
              put_settings(made, model, step) && rc_put(made, "arrays", shapes_of(step, &n_own)) &&
              rc_put(made, "parameters", rc_json_count(n_own)) && put_fate(made, plan, i);
    *n_parameters += n_own;
    return rc_json_keep(made, ok);
}
