/* json.c - the report as JSON: rowcast-report version 1. */
#include "config.h"

#include <math.h>

#include "metrics/results.h"
#include "report/format.h"
#include "report/report.h"

static json_t *text_of(const char *text)
{
    return text != NULL ? rc_results_text(text, strlen(text)) : json_null();
}

static json_t *count(uint64_t n)
{
    return json_integer((json_int_t)n);
}

static json_t *real_or_null(double x, bool is_there)
{
    return is_there && isfinite(x) ? json_real(x) : json_null();
}

/* Bounds may be infinite, which JSON has not: they are texts then, as in a model. */
static json_t *bound_of(double x)
{
    return isfinite(x) ? json_real(x) : json_string(x < 0 ? "-inf" : "inf");
}

static json_t *requirement_of(const rc_requirement *r)
{
    return json_pack("{s:o, s:o, s:s, s:o, s:o, s:b, s:o}", "text", text_of(r->text), "metric",
                     text_of(r->metric), "op", r->op, "bound", bound_of(r->bound), "value",
                     real_or_null(r->value, r->is_defined), "holds", (int)r->holds, "reason",
                     r->is_defined ? json_null() : text_of(r->reason));
}

static json_t *requirement_list(const rc_report *report)
{
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < report->n_requirements; i++)
        if (json_array_append_new(list, requirement_of(&report->requirements[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* A list of texts, or of {"path": text}. */
static json_t *text_list(rc_strings texts, bool as_paths)
{
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < texts.n; i++) {
        json_t *item = text_of(texts.items[i]);
        if (as_paths)
            item = json_pack("{s:o}", "path", item);
        if (json_array_append_new(list, item) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* Days since 1970-01-01 as a date of the Gregorian calendar, in years that begin in March:
 * 400 years are 146097 days, and months 3 to 14 begin at (153 m - 457) / 5 days. */
static void date_of(int64_t days, int64_t *year, int *month, int *day)
{
    int64_t z = days + 719468; /* since 0000-03-01 */
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t n = z - era * 146097;
    int64_t y = (n - n / 1460 + n / 36524 - n / 146096) / 365;
    int64_t rest = n - (365 * y + y / 4 - y / 100);
    int64_t m = (5 * rest + 2) / 153;
    *day = (int)(rest - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = y + era * 400 + (*month <= 2);
}

static json_t *time_of(int64_t seconds)
{
    int64_t days = seconds / 86400, rest = seconds % 86400, year;
    if (rest < 0) {
        rest += 86400;
        days--;
    }
    int month, day;
    date_of(days, &year, &month, &day);
    return json_sprintf("%04lld-%02d-%02dT%02d:%02d:%02dZ", (long long)year, month, day,
                        (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
}

static const char *task_name(rc_task task)
{
    return task == RC_TASK_REGRESSION ? "regression"
           : task == RC_TASK_BINARY   ? "binary"
                                      : "multiclass";
}

/* What the metrics say; each NULL where there are none. */
typedef struct measured {
    json_t *values, *undefined, *bounds, *confusion, *state;
} measured;

static void release(measured *m)
{
    json_decref(m->values);
    json_decref(m->undefined);
    json_decref(m->bounds);
    json_decref(m->confusion);
    json_decref(m->state);
}

static rc_status take(measured *m, const rc_metrics *metrics, rc_error *err)
{
    *m = (measured){0};
    if (metrics == NULL)
        return RC_OK;
    RC_TRY(rc_metrics_values(metrics, &m->values, &m->undefined, err));
    RC_TRY(rc_metrics_bounds(metrics, &m->bounds, err));
    RC_TRY(rc_metrics_confusion(metrics, &m->confusion, err));
    return rc_metrics_state(metrics, &m->state, err);
}

/* Sets a member, which is taken; absent ones (NULL though `is_there` is false) are left out. */
static bool put(json_t *root, const char *name, json_t *value, bool is_there)
{
    return !is_there || json_object_set_new(root, name, value) == 0;
}

static json_t *model_of(const rc_report *r)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "path", text_of(r->model_path), "format",
                     text_of(r->model_format), "sha256", text_of(r->model_sha256), "dtype",
                     text_of(r->model_dtype));
}

static json_t *run_of(const rc_report *r)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:i}", "version", RC_VERSION, "arguments",
                     text_list(r->arguments, false), "started", time_of(r->started), "seconds",
                     real_or_null(r->seconds, true), "cpu", text_of(r->cpu), "threads",
                     r->n_threads);
}

static json_t *rows_of(const rc_report *r)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "read", count(r->rows_read), "scored",
                     count(r->rows_scored), "rejected", count(r->rows_rejected), "unlabelled",
                     count(r->rows_unlabelled));
}

/* Fills root in the order of the schema. */
static bool fill(json_t *root, const rc_report *r, const measured *m)
{
    bool has = r->metrics != NULL;
    return put(root, "format", json_string("rowcast-report"), true) &&
           put(root, "version", json_integer(1), true) &&
           put(root, "task", json_string(task_name(r->task)), true) &&
           put(root, "positive", text_of(r->positive), r->positive != NULL) &&
           put(root, "rows", rows_of(r), true) &&
           put(root, "metrics", has ? json_incref(m->values) : NULL, has) &&
           put(root, "undefined", has ? json_incref(m->undefined) : NULL, has) &&
           put(root, "bounds", json_incref(m->bounds), m->bounds != NULL) &&
           put(root, "confusion", json_incref(m->confusion), m->confusion != NULL) &&
           put(root, "requirements", requirement_list(r), true) &&
           put(root, "model", model_of(r), true) &&
           put(root, "data", text_list(r->data, true), true) &&
           put(root, "output", text_of(r->output), true) && put(root, "run", run_of(r), true) &&
           put(root, "state", has ? json_incref(m->state) : NULL, has);
}

rc_status rc_report_json(const rc_report *report, rc_buf *out, rc_error *err)
{
    measured m;
    rc_status st = take(&m, report->metrics, err);
    json_t *root = json_object();
    if (st >= 0 && (root == NULL || !fill(root, report, &m) || !rc_format_json(out, root, 0) ||
                    !rc_buf_text(out, "\n")))
        st = rc_error_nomem(err);
    json_decref(root);
    release(&m);
    return st;
}
