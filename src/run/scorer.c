/* scorer.c - a model held in memory: open and close it, describe it. */
#include "run/scorer.h"

#include <math.h>
#include <stdlib.h>

#include "model/words.h"

void rc_scorer_options_sized(rc_scorer_options *opt, size_t struct_bytes)
{
    const rc_scorer_options full = {0};
    rc_struct_fill(opt, struct_bytes, &full, sizeof(full));
}

/* Options of any version, or NULL, as this version has them. */
static rc_status take_options(rc_scorer_options *full, const rc_scorer_options *given,
                              rc_error *err)
{
    rc_scorer_options_default(full);
    if (given != NULL && !rc_struct_copy(full, sizeof(*full), given, given->struct_bytes))
        return rc_misuse(err, "the options are not from rc_scorer_options_default()");
    if (full->decimal != '\0' && strchr("+-0123456789eE\" \t\r\n", full->decimal) != NULL)
        return rc_misuse(err, "decimal: not a character that can be a decimal point");
    if (full->has_threshold && !isfinite(full->threshold))
        return rc_misuse(err, "threshold: not a finite number");
    return RC_OK;
}

static rc_status decide_options(rc_scorer *s, const rc_scorer_options *opt, rc_error *err)
{
    if (opt->has_threshold && s->model->task != RC_TASK_BINARY)
        return rc_misuse(err, "threshold: for binary models");
    if (opt->positive != NULL && s->model->task != RC_TASK_BINARY)
        return rc_misuse(err, "positive: for binary models");
    if (opt->has_threshold)
        RC_TRY(rc_decision_check_threshold(s->model, opt->threshold, "threshold:", err));
    size_t positive;
    RC_TRY(rc_decision_find_positive(s->model, opt->positive, "positive:", &positive, err));
    rc_decision_init(&s->decision, s->model, opt->has_threshold ? &opt->threshold : NULL, positive);
    return RC_OK;
}

static rc_status copy_cell_rules(rc_scorer *s, const rc_scorer_options *opt, rc_error *err)
{
    s->cells = (rc_cell_rules){.missing = rc_missing_default,
                               .decimal = opt->decimal != '\0' ? opt->decimal : '.'};
    if (!opt->has_na)
        return RC_OK;
    s->na = rc_alloc_array(opt->na.n, sizeof(*s->na));
    if (s->na == NULL)
        return rc_error_nomem(err);
    s->cells.missing = (rc_missing_list){.items = (const char *const *)s->na};
    for (size_t i = 0; i < opt->na.n; i++) {
        if (opt->na.items[i] == NULL)
            return rc_misuse(err, "na: a text that is NULL");
        s->na[i] = rc_strdup(opt->na.items[i]);
        if (s->na[i] == NULL)
            return rc_error_nomem(err);
        s->cells.missing.n++;
    }
    return RC_OK;
}

static rc_status list_names(rc_scorer *s, rc_error *err)
{
    const rc_model *m = s->model;
    if (m->n_inputs == 0 || m->inputs[0].name == NULL)
        return RC_OK;
    s->names = rc_alloc_array(m->n_inputs, sizeof(*s->names));
    if (s->names == NULL)
        return rc_error_nomem(err);
    for (size_t i = 0; i < m->n_inputs; i++)
        s->names[i] = m->inputs[i].name;
    return RC_OK;
}

/* path, or data. */
static rc_status fill(rc_scorer *s, const char *path, const void *data, size_t n,
                      const rc_scorer_options *opt, rc_error *err)
{
    rc_model_options reading = {.reader = opt->reader,
                                .sandbox = opt->sandbox,
                                .architecture = opt->architecture,
                                .format = opt->model_format};
    rc_status st = path != NULL ? rc_model_open(&s->model, path, &reading, err)
                                : rc_model_load(&s->model, data, n, &reading, err);
    if (st < 0)
        return path != NULL ? rc_error_wrap(err, st, "%s", path) : st;
    RC_TRY(decide_options(s, opt, err));
    RC_TRY(copy_cell_rules(s, opt, err));
    rc_plan_options options = {.cpu = opt->cpu};
    RC_TRY(rc_plan_compile(&s->plan, s->model, &options, err));
    rc_model_forget_arrays(s->model);
    RC_TRY(rc_input_rules_open(&s->rules, s->model, s->plan, s->cells.decimal, err));
    return list_names(s, err);
}

static rc_status open_any(rc_scorer **out, const char *path, const void *data, size_t n,
                          const rc_scorer_options *given, rc_error *err)
{
    rc_scorer_options opt;
    RC_TRY(take_options(&opt, given, err));
    rc_scorer *s = rc_alloc_array(1, sizeof(*s));
    if (s == NULL)
        return rc_error_nomem(err);
    rc_status st = fill(s, path, data, n, &opt, err);
    if (st < 0) {
        rc_scorer_close(s);
        return st;
    }
    *out = s;
    return RC_OK;
}

rc_status rc_scorer_open(rc_scorer **out, const char *path, const rc_scorer_options *opt,
                         rc_error *err)
{
    if (out == NULL)
        return rc_misuse(err, RC_IS_NULL);
    *out = NULL;
    return path != NULL ? open_any(out, path, NULL, 0, opt, err) : rc_misuse(err, RC_IS_NULL);
}

rc_status rc_scorer_parse(rc_scorer **out, const void *data, size_t n_bytes,
                          const rc_scorer_options *opt, rc_error *err)
{
    if (out == NULL)
        return rc_misuse(err, RC_IS_NULL);
    *out = NULL;
    return data != NULL ? open_any(out, NULL, data, n_bytes, opt, err) : rc_misuse(err, RC_IS_NULL);
}

void rc_scorer_close(rc_scorer *s)
{
    if (s == NULL)
        return;
    rc_input_rules_close(s->rules, s->model != NULL ? s->model->n_inputs : 0);
    for (size_t i = 0; s->na != NULL && i < s->cells.missing.n; i++)
        free(s->na[i]);
    free(s->names);
    free(s->na);
    rc_plan_close(s->plan);
    rc_model_close(s->model);
    free(s);
}

rc_status rc_scorer_describe(const rc_scorer *s, rc_scorer_info *info, rc_error *err)
{
    if (s == NULL || info == NULL)
        return rc_misuse(err, RC_IS_NULL);
    const rc_model *m = s->model;
    const rc_decision *d = &s->decision;
    bool is_binary = m->task == RC_TASK_BINARY;
    rc_scorer_info full = {
        .task = m->task,
        .dtype = m->dtype,
        .link = rc_words_link[m->link],
        .n_inputs = m->n_inputs,
        .has_input_names = s->names != NULL,
        .width = m->width,
        .n_classes = m->n_classes,
        .positive = is_binary ? d->positive : 0,
        .has_probability = m->task != RC_TASK_REGRESSION && m->link != RC_LINK_NONE,
        .has_threshold = is_binary && d->has_threshold,
        .threshold = is_binary && d->has_threshold ? d->threshold : 0,
        .threshold_class = is_binary ? d->threshold_class : 0,
        .cpu = rc_cpu_level_name(rc_plan_cpu(s->plan)),
        .format = m->format,
        .sha256 = m->sha256,
    };
    if (!rc_struct_copy(info, info->struct_bytes, &full, sizeof(full)))
        return rc_misuse(err, RC_NO_SIZE);
    return RC_OK;
}

rc_status rc_scorer_input(const rc_scorer *s, size_t i, rc_input_info *info, rc_error *err)
{
    if (s == NULL || info == NULL)
        return rc_misuse(err, RC_IS_NULL);
    if (i >= s->model->n_inputs)
        return rc_misuse(err, RC_NO_INPUT);
    const rc_model_input *input = &s->model->inputs[i];
    const rc_input_rule *rule = &s->rules[i];
    rc_input_info full = {
        .name = input->name,
        .is_read = rule->is_read,
        .is_category = rule->is_category,
        .values = {(const char *const *)input->values, input->n_values},
        .missing_refuses = rule->missing_refuses,
        .missing_value = rule->missing_value,
        .unknown_refuses = rule->unknown_refuses,
        .unknown_value = rule->unknown_value,
    };
    if (!rc_struct_copy(info, info->struct_bytes, &full, sizeof(full)))
        return rc_misuse(err, RC_NO_SIZE);
    return RC_OK;
}

const char *rc_scorer_class(const rc_scorer *s, size_t i)
{
    return s != NULL && i < s->model->n_classes ? s->model->classes[i] : NULL;
}

const char *rc_scorer_target(const rc_scorer *s, size_t i)
{
    return s != NULL && s->model->targets != NULL && i < s->model->width ? s->model->targets[i]
                                                                         : NULL;
}
