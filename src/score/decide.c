/* decide.c - from scores to labels, and to the probability of the class that is spoken of. */
#include "score/decide.h"

#include "base/text.h"
#include "table/vocabulary.h"

rc_status rc_decision_find_positive(const rc_model *model, const char *text, const char *what,
                                    size_t *positive, rc_error *err)
{
    char *const *texts = model->classes;
    rc_vocabulary *classes;
    *positive = 1;
    if (text == NULL)
        return RC_OK;
    RC_TRY(rc_vocabulary_open(&classes, (const char *const *)texts, NULL, model->n_classes, true,
                              err));
    int64_t code = rc_vocabulary_code(classes, text, strlen(text));
    rc_vocabulary_close(classes);
    *positive = (size_t)code;
    char given[RC_QUOTED_BYTES], first[RC_QUOTED_BYTES], second[RC_QUOTED_BYTES];
    if (code == RC_NO_CODE)
        return rc_error_set(err, RC_E_USAGE,
                            "%s '%s' is no class of the model (they are '%s', '%s')", what,
                            rc_text_quote(text, strlen(text), given),
                            rc_text_quote(texts[0], strlen(texts[0]), first),
                            rc_text_quote(texts[1], strlen(texts[1]), second));
    return RC_OK;
}

rc_status rc_decision_check_threshold(const rc_model *model, double threshold, const char *what,
                                      rc_error *err)
{
    if (model->link == RC_LINK_NONE || (threshold >= 0 && threshold <= 1))
        return RC_OK;
    return rc_error_set(err, RC_E_USAGE, "%s a probability from 0 to 1 is expected", what);
}

void rc_decision_init(rc_decision *decision, const rc_model *model, const double *threshold,
                      size_t positive)
{
    *decision = (rc_decision){
        .task = model->task,
        .link = model->link,
        .is_float32 = model->dtype == RC_FLOAT32,
        .width = model->width,
        .n_decide = model->n_decide > 0 ? model->n_classes : 0,
        .positive = positive,
        .threshold_class = threshold != NULL ? positive : 1,
        .has_threshold = threshold != NULL || model->has_threshold,
        .threshold = threshold != NULL ? *threshold : model->threshold,
    };
    if (decision->is_float32)
        decision->threshold = (double)(float)decision->threshold;
}

/* Without a threshold these links decide on the sign of the margin, which keeps digits that the
 * probability near one half has lost; the others have one half elsewhere. */
static bool decides_by_margin(rc_link link)
{
    return link == RC_LINK_SIGMOID || link == RC_LINK_PROBIT || link == RC_LINK_CAUCHIT ||
           link == RC_LINK_NONE;
}

/* The first class is the positive one: everything speaks of it. */
static void turn(const rc_decision *d, rc_scratch *s)
{
    for (size_t r = 0; r < RC_TILE_ROWS; r++) {
        double rest = d->link == RC_LINK_NONE ? -s->value[r] : 1 - s->value[r];
        s->value[r] = d->is_float32 ? (double)(float)rest : rest;
        s->margin[r] = -s->margin[r];
    }
}

/* The scores speak of the class that the threshold speaks of. */
static void apply_threshold(const rc_decision *d, const rc_scratch *s, uint32_t *labels)
{
    const double *score = d->link == RC_LINK_NONE ? s->margin : s->value;
    uint32_t above = (uint32_t)d->threshold_class;
    for (size_t r = 0; r < RC_TILE_ROWS; r++)
        labels[r] = score[r] >= d->threshold ? above : 1 - above;
}

/* The first of the largest of n columns. */
static void decide_largest(const double *columns, size_t n, uint32_t *labels)
{
    for (size_t r = 0; r < RC_TILE_ROWS; r++) {
        uint32_t best = 0;
        for (uint32_t k = 1; k < n; k++)
            if (columns[k * RC_TILE_ROWS + r] > columns[best * RC_TILE_ROWS + r])
                best = k;
        labels[r] = best;
    }
}

static void decide_binary(const rc_decision *d, rc_scratch *s, uint32_t *labels)
{
    bool by_margin = decides_by_margin(d->link);
    if (d->n_decide > 0)
        decide_largest(s->decide, d->n_decide, labels);
    for (size_t r = 0; !d->has_threshold && d->n_decide == 0 && r < RC_TILE_ROWS; r++)
        labels[r] = by_margin ? s->margin[r] > 0 : s->value[r] > 0.5;
    if (d->has_threshold && d->threshold_class == 1)
        apply_threshold(d, s, labels);
    if (d->positive == 0)
        turn(d, s);
    if (d->has_threshold && d->threshold_class == 0)
        apply_threshold(d, s, labels);
}

void rc_decide(const rc_decision *decision, rc_scratch *scratch, uint32_t *labels)
{
    if (decision->task == RC_TASK_BINARY)
        decide_binary(decision, scratch, labels);
    else if (decision->task == RC_TASK_MULTICLASS)
        decide_largest(decision->n_decide > 0 ? scratch->decide : scratch->margin, decision->width,
                       labels);
}
