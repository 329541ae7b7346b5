/* measure.c - the metrics of predictions that a program has: rows in, values by name out. */
#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "metrics/metrics.h"
#include "report/format.h"
#include "run/scorer.h"

struct rc_measure {
    rc_metrics_spec spec; /* its texts are copies */
    char **texts;         /* (n_texts) targets or classes */
    size_t n_texts;
    rc_metrics *metrics;
    rc_vocabulary *classes; /* NULL for a regression */
    double *predicted;      /* (n_targets or n_classes) one row */

    /* of all rows so far, made when they are first asked for; NULL behind each change */
    json_t *values, *undefined, *bounds;
    rc_metric *list; /* (n_list) */
    size_t n_list;
    rc_buf json;
};

/* What fits the scores of a scorer. */
static void follow(rc_measure_options *opt, const rc_scorer *scorer)
{
    const rc_model *m = scorer->model;
    bool is_regression = m->task == RC_TASK_REGRESSION;
    opt->task = m->task;
    opt->dtype = m->dtype;
    opt->has_probability = m->link != RC_LINK_NONE;
    opt->has_margin = m->task == RC_TASK_BINARY && m->link == RC_LINK_NONE;
    opt->n_targets = is_regression ? m->width : 0;
    if (is_regression && m->targets != NULL)
        opt->targets = (rc_strings){(const char *const *)m->targets, m->width};
    if (!is_regression)
        opt->classes = (rc_strings){(const char *const *)m->classes, m->n_classes};
    if (m->task == RC_TASK_BINARY)
        opt->positive = scorer->decision.positive;
}

void rc_measure_options_sized(rc_measure_options *opt, size_t struct_bytes, const rc_scorer *scorer)
{
    rc_measure_options full = {
        .n_targets = 1, .positive = 1, .has_probability = true, .dtype = RC_FLOAT64};
    if (scorer != NULL)
        follow(&full, scorer);
    rc_struct_fill(opt, struct_bytes, &full, sizeof(full));
}

/* Options of any version as this version has them. */
static rc_status take_options(rc_measure_options *full, const rc_measure_options *given,
                              rc_error *err)
{
    rc_measure_options_default(full);
    if (given == NULL || !rc_struct_copy(full, sizeof(*full), given, given->struct_bytes))
        return rc_misuse(err, "the options are not from rc_measure_options_default()");
    rc_strings texts = full->task == RC_TASK_REGRESSION ? full->targets : full->classes;
    for (size_t i = 0; i < texts.n; i++)
        if (texts.items == NULL || texts.items[i] == NULL)
            return rc_misuse(err, "a class or target that is NULL");
    if (full->task == RC_TASK_REGRESSION) {
        if (full->n_targets == 0)
            return rc_misuse(err, "n_targets: at least one");
        if (texts.n != 0 && texts.n != full->n_targets)
            return rc_misuse(err, "targets: as many names as there are targets, or none");
        return RC_OK;
    }
    bool is_binary = full->task == RC_TASK_BINARY;
    if (full->task != RC_TASK_MULTICLASS && !is_binary)
        return rc_misuse(err, "task: no such task");
    if (is_binary ? texts.n != 2 : texts.n < 2)
        return rc_misuse(err, is_binary ? "classes: a binary task has two"
                                        : "classes: a classification has two or more");
    if (is_binary && full->positive > 1)
        return rc_misuse(err, "positive: neither 0 nor 1");
    if (full->has_margin && (!is_binary || full->has_probability))
        return rc_misuse(err, "has_margin: for a binary task without probabilities");
    return RC_OK;
}

static rc_status copy_texts(rc_measure *m, rc_strings texts, rc_error *err)
{
    m->texts = rc_alloc_array(texts.n, sizeof(*m->texts));
    if (m->texts == NULL)
        return rc_error_nomem(err);
    for (m->n_texts = 0; m->n_texts < texts.n; m->n_texts++) {
        m->texts[m->n_texts] = rc_strdup(texts.items[m->n_texts]);
        if (m->texts[m->n_texts] == NULL)
            return rc_error_nomem(err);
    }
    return RC_OK;
}

/* Whether class i is another one, too, by its text or by its number: with a blank behind it no text
 * is equal, but the number is. */
static bool is_twice(const rc_measure *m, size_t i, rc_buf *blank)
{
    size_t n = strlen(m->texts[i]);
    double x;
    if (rc_vocabulary_code(m->classes, m->texts[i], n) != (int64_t)i)
        return true;
    blank->n = 0;
    return rc_num_parse_text(m->texts[i], n, &x) && rc_buf_text(blank, m->texts[i]) &&
           rc_buf_text(blank, " ") &&
           rc_vocabulary_code(m->classes, blank->data, blank->n) != (int64_t)i;
}

static rc_status open_classes(rc_measure *m, rc_error *err)
{
    RC_TRY(rc_vocabulary_open(&m->classes, (const char *const *)m->texts, NULL, m->n_texts, true,
                              err));
    rc_buf blank = {0};
    rc_status st = RC_OK;
    char quoted[RC_QUOTED_BYTES];
    for (size_t i = 0; i < m->n_texts && st == RC_OK; i++)
        if (is_twice(m, i, &blank))
            st = rc_error_set(err, RC_E_USAGE, "classes: '%s' stands there twice",
                              rc_text_quote(m->texts[i], strlen(m->texts[i]), quoted));
    rc_buf_release(&blank);
    return st;
}

static rc_status fill(rc_measure *m, const rc_measure_options *opt, rc_error *err)
{
    bool is_regression = opt->task == RC_TASK_REGRESSION;
    RC_TRY(copy_texts(m, is_regression ? opt->targets : opt->classes, err));
    const char *const *texts = m->n_texts > 0 ? (const char *const *)m->texts : NULL;
    m->spec = (rc_metrics_spec){.task = opt->task,
                                .n_targets = is_regression ? opt->n_targets : 0,
                                .targets = is_regression ? texts : NULL,
                                .n_classes = is_regression ? 0 : m->n_texts,
                                .classes = is_regression ? NULL : texts,
                                .positive = opt->positive,
                                .has_probability = !is_regression && opt->has_probability,
                                .has_margin = opt->has_margin,
                                .weighted = opt->weighted,
                                .is_float32 = opt->dtype == RC_FLOAT32};
    m->predicted = rc_alloc_array(m->spec.n_targets + m->spec.n_classes, sizeof(double));
    if (m->predicted == NULL)
        return rc_error_nomem(err);
    if (!is_regression)
        RC_TRY(open_classes(m, err));
    return rc_metrics_open(&m->metrics, &m->spec, err);
}

rc_status rc_measure_open(rc_measure **out, const rc_measure_options *opt, rc_error *err)
{
    if (out == NULL)
        return rc_misuse(err, RC_IS_NULL);
    *out = NULL;
    rc_measure_options full;
    RC_TRY(take_options(&full, opt, err));
    rc_measure *m = rc_alloc_array(1, sizeof(*m));
    if (m == NULL)
        return rc_error_nomem(err);
    rc_status st = fill(m, &full, err);
    if (st < 0) {
        rc_measure_close(m);
        return st;
    }
    *out = m;
    return RC_OK;
}

/* The values are no longer those of all rows. */
static void forget(rc_measure *m)
{
    json_decref(m->values);
    json_decref(m->undefined);
    json_decref(m->bounds);
    free(m->list);
    m->values = m->undefined = m->bounds = NULL;
    m->list = NULL;
    m->n_list = m->json.n = 0;
}

void rc_measure_close(rc_measure *m)
{
    if (m == NULL)
        return;
    forget(m);
    rc_buf_release(&m->json);
    rc_metrics_close(m->metrics);
    rc_vocabulary_close(m->classes);
    for (size_t i = 0; m->texts != NULL && i < m->n_texts; i++)
        free(m->texts[i]);
    free(m->texts);
    free(m->predicted);
    free(m);
}

rc_status rc_measure_label(rc_measure *m, const char *text, size_t n_bytes, uint32_t *label,
                           rc_error *err)
{
    if (m == NULL || label == NULL || (text == NULL && n_bytes > 0))
        return rc_misuse(err, RC_IS_NULL);
    if (m->classes == NULL)
        return rc_misuse(err, "a regression has no labels");
    if (text == NULL)
        text = "";
    int64_t code = rc_vocabulary_code(m->classes, text, n_bytes);
    size_t number = (size_t)code;
    if (code == RC_NO_CODE && rc_cell_is_missing(&rc_missing_default, text, n_bytes)) {
        *label = RC_NO_LABEL;
        return RC_OK;
    }
    if (code == RC_NO_CODE)
        RC_TRY(rc_metrics_label(m->metrics, text, n_bytes, &number, err));
    *label = (uint32_t)number;
    return RC_OK;
}

static rc_status check_rows(const rc_measure *m, const rc_measured_rows *rows, rc_error *err)
{
    if (m == NULL || rows == NULL)
        return rc_misuse(err, RC_IS_NULL);
    if (rows->n_rows == 0)
        return RC_OK;
    bool is_regression = m->classes == NULL;
    if (rows->value == NULL && (is_regression || m->spec.has_probability || m->spec.has_margin))
        return rc_misuse(err, "rows->value is NULL");
    if (is_regression ? rows->truth == NULL : rows->label == NULL || rows->truth_label == NULL)
        return rc_misuse(err, is_regression ? "rows->truth is NULL"
                                            : "rows->label or rows->truth_label is NULL");
    if (m->spec.weighted && rows->weight == NULL)
        return rc_misuse(err, "rows->weight is NULL");
    return RC_OK;
}

static rc_status add_regression(rc_measure *m, const rc_measured_rows *rows, size_t r,
                                rc_error *err)
{
    size_t n = m->spec.n_targets;
    const double *truth = rows->truth + r * n;
    for (size_t k = 0; k < n; k++)
        if (isnan(truth[k]))
            return RC_OK;
    return rc_metrics_add_regression(m->metrics, rows->value + r * n, truth,
                                     m->spec.weighted ? rows->weight[r] : 1, err);
}

static rc_status add_label(rc_measure *m, const rc_measured_rows *rows, size_t r, rc_error *err)
{
    uint32_t truth = rows->truth_label[r], label = rows->label[r];
    if (truth == RC_NO_LABEL)
        return RC_OK;
    const double *p = NULL;
    if (m->spec.has_probability && m->spec.task == RC_TASK_BINARY) {
        m->predicted[m->spec.positive] = rows->value[r];
        m->predicted[1 - m->spec.positive] = 1 - rows->value[r];
        p = m->predicted;
    } else if (m->spec.has_probability) {
        p = rows->value + r * m->spec.n_classes;
    } else if (m->spec.has_margin) {
        p = rows->value + r;
    }
    return rc_metrics_add_label(m->metrics, truth, label, p, m->spec.weighted ? rows->weight[r] : 1,
                                err);
}

rc_status rc_measure_add(rc_measure *m, const rc_measured_rows *rows, rc_error *err)
{
    RC_TRY(check_rows(m, rows, err));
    forget(m);
    for (size_t r = 0; r < rows->n_rows; r++) {
        if (rows->refused != NULL && rows->refused[r] != 0)
            continue;
        rc_status st =
            m->classes == NULL ? add_regression(m, rows, r, err) : add_label(m, rows, r, err);
        if (st >= 0)
            continue;
        rc_error_wrap(err, st, "row %zu", r + 1);
        if (err != NULL)
            err->row = r + 1;
        return st;
    }
    return RC_OK;
}

static bool is_same_spec(const rc_measure *a, const rc_measure *b)
{
    const rc_metrics_spec *s = &a->spec, *t = &b->spec;
    bool is_same = s->task == t->task && s->n_targets == t->n_targets &&
                   s->positive == t->positive && s->has_probability == t->has_probability &&
                   s->has_margin == t->has_margin && s->weighted == t->weighted &&
                   s->is_float32 == t->is_float32 && a->n_texts == b->n_texts;
    for (size_t i = 0; is_same && i < a->n_texts; i++)
        is_same = strcmp(a->texts[i], b->texts[i]) == 0;
    return is_same;
}

rc_status rc_measure_merge(rc_measure *into, const rc_measure *from, rc_error *err)
{
    if (into == NULL || from == NULL)
        return rc_misuse(err, RC_IS_NULL);
    if (into == from)
        return rc_misuse(err, "a measure cannot be merged into itself");
    if (!is_same_spec(into, from))
        return rc_misuse(err, "measures of different options");
    forget(into);
    return rc_metrics_merge(into->metrics, from->metrics, err);
}

static void list_values(rc_measure *m)
{
    const char *name;
    json_t *value;
    json_object_foreach (m->values, name, value) {
        bool is_defined = json_is_number(value);
        m->list[m->n_list++] = (rc_metric){
            .name = name,
            .is_defined = is_defined,
            .value = is_defined ? json_number_value(value) : NAN,
            .undefined = is_defined ? NULL : json_string_value(json_object_get(m->undefined, name)),
            .bound = json_number_value(json_object_get(m->bounds, name)),
        };
    }
}

/* Makes the values, if rows came since they were made. */
static rc_status compute(rc_measure *m, rc_error *err)
{
    if (m->list != NULL)
        return RC_OK;
    rc_status st = rc_metrics_values(m->metrics, &m->values, &m->undefined, err);
    if (st >= 0)
        st = rc_metrics_bounds(m->metrics, &m->bounds, err);
    if (st < 0) {
        forget(m);
        return st;
    }
    m->list = rc_alloc_array(json_object_size(m->values), sizeof(*m->list));
    if (m->list == NULL) {
        forget(m);
        return rc_error_nomem(err);
    }
    list_values(m);
    return RC_OK;
}

static rc_status give(const rc_metric *found, rc_metric *metric, rc_error *err)
{
    if (!rc_struct_copy(metric, metric->struct_bytes, found, sizeof(*found)))
        return rc_misuse(err, RC_NO_SIZE);
    return RC_OK;
}

static rc_status refuse_name(const rc_measure *m, const char *name, rc_error *err)
{
    char quoted[RC_QUOTED_BYTES];
    rc_nearest nearest = {.asked = name, .limit = 3};
    rc_error_set(err, RC_E_USAGE, "no metric '%s'", rc_text_quote(name, strlen(name), quoted));
    for (size_t i = 0; i < m->n_list; i++)
        rc_nearest_offer(&nearest, m->list[i].name);
    rc_nearest_hint(&nearest, err);
    return RC_E_USAGE;
}

rc_status rc_measure_value(rc_measure *m, const char *name, rc_metric *metric, rc_error *err)
{
    if (m == NULL || name == NULL || metric == NULL)
        return rc_misuse(err, RC_IS_NULL);
    RC_TRY(compute(m, err));
    for (size_t i = 0; i < m->n_list; i++)
        if (strcmp(m->list[i].name, name) == 0)
            return give(&m->list[i], metric, err);
    return refuse_name(m, name, err);
}

rc_status rc_measure_at(rc_measure *m, size_t i, rc_metric *metric, rc_error *err)
{
    if (m == NULL || metric == NULL)
        return rc_misuse(err, RC_IS_NULL);
    RC_TRY(compute(m, err));
    return i < m->n_list ? give(&m->list[i], metric, err) : RC_END;
}

static bool write_json(rc_measure *m, json_t *confusion)
{
    json_t *root = json_object();
    bool ok = root != NULL && json_object_set(root, "metrics", m->values) == 0 &&
              json_object_set(root, "undefined", m->undefined) == 0 &&
              (m->bounds == NULL || json_object_set(root, "bounds", m->bounds) == 0) &&
              (confusion == NULL || json_object_set(root, "confusion", confusion) == 0) &&
              rc_format_json(&m->json, root, 0) && rc_buf_append(&m->json, "\n", 2);
    json_decref(root);
    return ok;
}

rc_status rc_measure_json(rc_measure *m, const char **text, rc_error *err)
{
    if (m == NULL || text == NULL)
        return rc_misuse(err, RC_IS_NULL);
    *text = NULL;
    RC_TRY(compute(m, err));
    if (m->json.n == 0) {
        json_t *confusion;
        RC_TRY(rc_metrics_confusion(m->metrics, &confusion, err));
        bool ok = write_json(m, confusion);
        json_decref(confusion);
        if (!ok) {
            m->json.n = 0;
            return rc_error_nomem(err);
        }
    }
    *text = m->json.data;
    return RC_OK;
}
