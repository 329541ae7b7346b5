/* json.c - the report as JSON: rowcast-report version 1. */
#include "config.h"

#include <math.h>

#include "metrics/json.h"
#include "model/words.h"
#include "report/format.h"
#include "report/report.h"

static json_t *real_or_null(double x, bool is_there)
{
    return is_there && isfinite(x) ? json_real(x) : json_null();
}

static json_t *requirement_of(const rc_requirement *r)
{
    return json_pack("{s:o, s:o, s:s, s:o, s:o, s:b, s:o}", "text", rc_json_text(r->text), "metric",
                     rc_json_text(r->metric), "op", r->op, "bound", rc_json_real(r->bound), "value",
                     real_or_null(r->value, r->is_defined), "holds", (int)r->holds, "reason",
                     r->is_defined ? json_null() : rc_json_text(r->reason));
}

static json_t *requirement_list(const rc_report *report)
{
    json_t *list = json_array();
    bool ok = true;
    for (size_t i = 0; ok && i < report->n_requirements; i++)
        ok = rc_put_item(list, requirement_of(&report->requirements[i]));
    return rc_json_keep(list, ok);
}

/* A list of texts, or of {"path": text}. */
static json_t *text_list(rc_strings texts, bool as_paths)
{
    json_t *list = json_array();
    bool ok = true;
    for (size_t i = 0; ok && i < texts.n; i++) {
        json_t *item = rc_json_text(texts.items[i]);
        if (as_paths)
            item = json_pack("{s:o}", "path", item);
        ok = rc_put_item(list, item);
    }
    return rc_json_keep(list, ok);
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

static json_t *model_of(const rc_report *r)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "path", rc_json_text(r->model_path), "format",
                     rc_json_text(r->model_format), "sha256", rc_json_text(r->model_sha256),
                     "dtype", rc_json_text(r->model_dtype));
}

static json_t *run_of(const rc_report *r)
{
    json_t *run = json_pack("{s:s, s:o, s:o, s:o, s:o, s:i}", "version", RC_VERSION, "arguments",
                            text_list(r->arguments, false), "started", time_of(r->started),
                            "seconds", real_or_null(r->seconds, true), "cpu", rc_json_text(r->cpu),
                            "threads", r->n_threads);
    if (run == NULL || r->sandbox == NULL || rc_put(run, "sandbox", rc_json_text(r->sandbox)))
        return run;
    json_decref(run);
    return NULL;
}

static json_t *rows_of(const rc_report *r)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "read", rc_json_count(r->rows_read), "scored",
                     rc_json_count(r->rows_scored), "rejected", rc_json_count(r->rows_rejected),
                     "unlabelled", rc_json_count(r->rows_unlabelled));
}

static bool put_measured(json_t *root, const char *name, json_t *value)
{
    return value == NULL || rc_put(root, name, json_incref(value));
}

/* Fills root in the order of the schema. */
static bool fill(json_t *root, const rc_report *r, const measured *m)
{
    return rc_put(root, "format", json_string("rowcast-report")) &&
           rc_put(root, "version", json_integer(1)) &&
           rc_put(root, "task", json_string(rc_words_task[r->task])) &&
           (r->positive == NULL || rc_put(root, "positive", rc_json_text(r->positive))) &&
           rc_put(root, "rows", rows_of(r)) && put_measured(root, "metrics", m->values) &&
           put_measured(root, "undefined", m->undefined) &&
           put_measured(root, "bounds", m->bounds) &&
           put_measured(root, "confusion", m->confusion) &&
           rc_put(root, "requirements", requirement_list(r)) &&
           rc_put(root, "model", model_of(r)) && rc_put(root, "data", text_list(r->data, true)) &&
           rc_put(root, "output", rc_json_text(r->output)) && rc_put(root, "run", run_of(r)) &&
           put_measured(root, "state", m->state);
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
