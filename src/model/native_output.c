/* native_output.c - the output of the native model: task, link, classes, threshold, targets. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "model/native.h"
#include "model/words.h"

#define LINK(name) (1u << RC_LINK_##name)
#define SHAPES (LINK(SIGMOID) | LINK(PROBIT) | LINK(CLOGLOG) | LINK(LOGLOG) | LINK(CAUCHIT))

/* Which links make a prediction or a probability for a task. */
static const unsigned task_links[] = {
    [RC_TASK_REGRESSION] = LINK(IDENTITY) | LINK(EXP) | SHAPES,
    [RC_TASK_BINARY] = LINK(IDENTITY) | LINK(NONE) | SHAPES,
    [RC_TASK_MULTICLASS] = LINK(IDENTITY) | LINK(SIGMOID) | LINK(SOFTMAX) | LINK(OVR) | LINK(NONE),
};

static rc_status read_link(rc_native *ctx, const json_t *output, const rc_place *up)
{
    int link;
    RC_TRY(rc_native_choice(ctx, output, up, "link", rc_words_link, -1, &link));
    ctx->model->link = (rc_link)link;
    unsigned allowed = task_links[ctx->model->task];
    if ((allowed >> link & 1u) != 0)
        return RC_OK;
    char list[128] = "";
    size_t n = 0;
    for (size_t i = 0; rc_words_link[i] != NULL; i++)
        if ((allowed >> i & 1u) != 0)
            n += (size_t)snprintf(list + n, sizeof(list) - n, " %s", rc_words_link[i]);
    rc_native_fail(ctx, &(rc_place){.up = up, .key = "link"}, "'%s' does not fit the task '%s'",
                   rc_words_link[link], rc_words_task[ctx->model->task]);
    rc_error_hint(ctx->err, "links that fit:%s", list);
    return RC_E_MODEL;
}

static rc_status read_from(rc_native *ctx, const json_t *output, const rc_place *up,
                           char whose[RC_WHOSE_BYTES])
{
    rc_model *model = ctx->model;
    rc_place at = {.up = up, .key = "from"};
    const json_t *value;
    RC_TRY(rc_native_member(ctx, output, up, "from", &value));
    size_t width; /* the model's is set last: it is the length of targets, too */
    RC_TRY(rc_native_refer(ctx, value, &at, &model->from, &model->n_from, &width));
    rc_native_describe(value, width, whose);
    if (width == 0)
        return rc_native_fail(ctx, &at, "an empty list");
    if (model->task == RC_TASK_BINARY && width != 1)
        return rc_native_fail(ctx, &at, "a binary model has one column here, but %s", whose);
    if (model->task == RC_TASK_MULTICLASS && width < 2)
        return rc_native_fail(ctx, &at, "a multiclass model has two columns or more, but %s",
                              whose);
    model->width = width;
    return RC_OK;
}

/* Refuses texts of which two match. */
static rc_status check_unique(const rc_native *ctx, char *const *texts, size_t n, bool by_value,
                              const rc_place *at)
{
    rc_vocabulary *all;
    RC_TRY(rc_native_match(ctx, texts, n, by_value, at, &all));
    rc_vocabulary_close(all);
    return RC_OK;
}

static rc_status read_class_list(rc_native *ctx, const json_t *value, const rc_place *at)
{
    rc_label_list labels;
    rc_status st = rc_native_labels(ctx, value, at, &labels);
    ctx->model->classes = labels.texts;
    ctx->model->class_is_number = labels.is_number;
    ctx->model->n_classes = labels.n;
    return st;
}

static rc_status read_classes(rc_native *ctx, const json_t *output, const rc_place *up,
                              const char *whose)
{
    rc_model *model = ctx->model;
    rc_place at = {.up = up, .key = "classes"};
    const json_t *value = json_object_get(output, "classes");
    if (model->task == RC_TASK_REGRESSION)
        return value == NULL ? RC_OK : rc_native_fail(ctx, &at, "a regression has no classes");
    RC_TRY(rc_native_member(ctx, output, up, "classes", &value));
    RC_TRY(read_class_list(ctx, value, &at));
    size_t n = model->n_classes;
    if (model->task == RC_TASK_BINARY && n != 2)
        return rc_native_fail(ctx, &at, "%zu class%s, but a binary model has 2", n,
                              n == 1 ? "" : "es");
    if (model->task == RC_TASK_MULTICLASS && n != model->width)
        return rc_native_fail(ctx, &at, "%zu class%s, but %s", n, n == 1 ? "" : "es", whose);
    return check_unique(ctx, model->classes, n, true, &at);
}

static rc_status read_decide(rc_native *ctx, const json_t *output, const rc_place *up)
{
    rc_model *model = ctx->model;
    rc_place at = {.up = up, .key = "decide"};
    const json_t *value = json_object_get(output, "decide");
    char whose[RC_WHOSE_BYTES];
    size_t width;
    if (value == NULL)
        return RC_OK;
    if (model->task == RC_TASK_REGRESSION)
        return rc_native_fail(ctx, &at, "a regression has no classes");
    RC_TRY(rc_native_refer(ctx, value, &at, &model->decide, &model->n_decide, &width));
    if (width == model->n_classes)
        return RC_OK;
    return rc_native_fail(ctx, &at, "%zu classes, but %s", model->n_classes,
                          rc_native_describe(value, width, whose));
}

static rc_status read_threshold(rc_native *ctx, const json_t *output, const rc_place *up)
{
    rc_model *model = ctx->model;
    rc_place at = {.up = up, .key = "threshold"};
    const json_t *value = json_object_get(output, "threshold");
    if (value == NULL)
        return RC_OK;
    if (model->task != RC_TASK_BINARY)
        return rc_native_fail(ctx, &at, "only a binary model has a threshold");
    RC_TRY(rc_native_number(ctx, value, &at, &model->threshold));
    if (!isfinite(model->threshold))
        return rc_native_fail(ctx, &at, "not a finite number");
    if (model->link != RC_LINK_NONE && !(model->threshold >= 0 && model->threshold <= 1))
        return rc_native_fail(ctx, &at, "a probability from 0 to 1 is expected");
    model->has_threshold = true;
    return RC_OK;
}

static rc_status read_target(rc_native *ctx, const json_t *value, const rc_place *at, char **out)
{
    if (!json_is_string(value))
        return rc_native_fail_kind(ctx, at, value, "a string");
    if (json_string_length(value) == 0)
        return rc_native_fail(ctx, at, "an empty name");
    *out = rc_strdup(json_string_value(value));
    return *out != NULL ? RC_OK : rc_error_nomem(ctx->err);
}

static rc_status read_targets(rc_native *ctx, const json_t *output, const rc_place *up,
                              const char *whose)
{
    rc_model *model = ctx->model;
    rc_place at = {.up = up, .key = "targets"};
    const json_t *value = json_object_get(output, "targets");
    if (value == NULL)
        return RC_OK;
    if (model->task != RC_TASK_REGRESSION)
        return rc_native_fail(ctx, &at, "only a regression has targets");
    if (!json_is_array(value))
        return rc_native_fail_kind(ctx, &at, value, "a list");
    size_t n = json_array_size(value);
    if (n != model->width)
        return rc_native_fail(ctx, &at, "%zu target%s, but %s", n, n == 1 ? "" : "s", whose);
    model->targets = rc_alloc_array(n, sizeof(char *));
    if (model->targets == NULL)
        return rc_error_nomem(ctx->err);
    for (size_t i = 0; i < n; i++) {
        rc_place here = {.up = &at, .index = i};
        RC_TRY(read_target(ctx, json_array_get(value, i), &here, &model->targets[i]));
    }
    return check_unique(ctx, model->targets, n, false, &at);
}

rc_status rc_native_output(rc_native *ctx, const json_t *output, const rc_place *at)
{
    static const char *const keys[] = {"task",    "from",      "link",   "classes",
                                       "targets", "threshold", "decide", NULL};
    char whose[RC_WHOSE_BYTES];
    int task;
    RC_TRY(rc_native_keys(ctx, output, at, keys));
    RC_TRY(rc_native_choice(ctx, output, at, "task", rc_words_task, -1, &task));
    ctx->model->task = (rc_task)task;
    RC_TRY(read_from(ctx, output, at, whose));
    RC_TRY(read_link(ctx, output, at));
    RC_TRY(read_classes(ctx, output, at, whose));
    RC_TRY(read_decide(ctx, output, at));
    RC_TRY(read_threshold(ctx, output, at));
    return read_targets(ctx, output, at, whose);
}
