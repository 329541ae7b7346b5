/* text.c - the report as text for people. */
#include "report/class_table.h"
#include "report/format.h"
#include "report/report.h"

enum { MATRIX_LABELS = 20 }; /* more do not fit on a screen */

/* A blank line before every part but the first. */
static bool part(rc_buf *out, size_t begin)
{
    return out->n == begin || rc_buf_text(out, "\n");
}

/* A class's own metrics stand in the table, a target's do not. */
static bool is_shown(const rc_report *report, const char *name)
{
    return report->task == RC_TASK_REGRESSION || strchr(name, '[') == NULL;
}

static bool name_width(const rc_report *report, const json_t *values, size_t *width)
{
    const char *name;
    json_t *value;
    rc_buf buf = {0};
    bool ok = true;
    json_object_foreach ((json_t *)(uintptr_t)values, name, value) {
        if (!is_shown(report, name))
            continue;
        buf.n = 0;
        ok = ok && rc_format_text(&buf, name, strlen(name));
        size_t n = rc_format_width(buf.data, buf.n);
        *width = n > *width ? n : *width;
    }
    rc_buf_release(&buf);
    return ok;
}

/* What the metrics say; each NULL where there are none. */
typedef struct measured {
    json_t *values, *undefined, *bounds, *confusion;
} measured;

static bool put_bound(rc_buf *out, const json_t *bound)
{
    return bound == NULL ||
           (rc_buf_text(out, "  (+- ") && rc_format_bound(out, json_number_value(bound)) &&
            rc_buf_text(out, ", binned)"));
}

static bool put_value(rc_buf *out, const char *name, const json_t *value, const measured *m)
{
    if (json_is_number(value))
        return rc_format_short(out, json_number_value(value)) &&
               put_bound(out, json_object_get(m->bounds, name));
    const char *reason = json_string_value(json_object_get(m->undefined, name));
    return rc_buf_text(out, "undefined: ") && rc_buf_text(out, reason != NULL ? reason : "?");
}

static bool put_values(rc_buf *out, const rc_report *report, const measured *m)
{
    const char *name;
    json_t *value;
    size_t width = 0;
    rc_buf buf = {0};
    bool ok = name_width(report, m->values, &width);
    json_object_foreach (m->values, name, value) {
        if (!is_shown(report, name))
            continue;
        buf.n = 0;
        ok = ok && rc_format_text(&buf, name, strlen(name)) &&
             rc_format_left(out, buf.data, buf.n, width) && rc_buf_text(out, "  ") &&
             put_value(out, name, value, m) && rc_buf_text(out, "\n");
    }
    rc_buf_release(&buf);
    return ok;
}

static bool put_positive(rc_buf *out, const char *positive)
{
    return positive == NULL ||
           (rc_buf_text(out, "positive class: ") &&
            rc_format_label(out, positive, strlen(positive)) && rc_buf_text(out, "\n"));
}

static bool put_metrics(rc_buf *out, size_t begin, const rc_report *report, const measured *m)
{
    size_t n_labels = json_array_size(json_object_get(m->confusion, "labels"));
    return rc_class_table(out, m->values) && part(out, begin) &&
           put_positive(out, report->positive) && put_values(out, report, m) &&
           (n_labels == 0 || n_labels > MATRIX_LABELS ||
            (part(out, begin) && rc_class_matrix(out, m->confusion)));
}

static bool put_count(rc_buf *out, const char *before, uint64_t n)
{
    char text[RC_NUM_BYTES];
    return rc_buf_text(out, before) && rc_buf_append(out, text, rc_num_print_u64(n, text));
}

static bool put_rows(rc_buf *out, const rc_report *r)
{
    return put_count(out, "rows: read ", r->rows_read) &&
           put_count(out, ", scored ", r->rows_scored) &&
           put_count(out, ", rejected ", r->rows_rejected) &&
           put_count(out, ", unlabelled ", r->rows_unlabelled) && rc_buf_text(out, "\n");
}

/* The value has all its digits: cut ones may look equal to the bound. */
static bool put_requirement(rc_buf *out, const rc_requirement *r)
{
    bool ok = rc_buf_text(out, r->holds ? "ok      " : "FAILED  ") &&
              rc_format_text(out, r->metric, strlen(r->metric)) && rc_buf_text(out, " ") &&
              rc_buf_text(out, r->op) && rc_buf_text(out, " ") && rc_format_exact(out, r->bound);
    if (r->is_defined)
        ok = ok && rc_buf_text(out, "  value ") && rc_format_exact(out, r->value);
    else
        ok = ok && rc_buf_text(out, "  undefined: ") && rc_buf_text(out, r->reason);
    return ok && rc_buf_text(out, "\n");
}

static rc_status put_measured(rc_buf *out, size_t begin, const rc_report *report, rc_error *err)
{
    measured m = {0};
    rc_status st = rc_metrics_values(report->metrics, &m.values, &m.undefined, err);
    if (st >= 0)
        st = rc_metrics_bounds(report->metrics, &m.bounds, err);
    if (st >= 0)
        st = rc_metrics_confusion(report->metrics, &m.confusion, err);
    if (st >= 0 && !put_metrics(out, begin, report, &m))
        st = rc_error_nomem(err);
    json_decref(m.values);
    json_decref(m.undefined);
    json_decref(m.bounds);
    json_decref(m.confusion);
    return st;
}

rc_status rc_report_text(const rc_report *report, rc_buf *out, rc_error *err)
{
    size_t begin = out->n;
    if (report->metrics != NULL)
        RC_TRY(put_measured(out, begin, report, err));
    bool ok = part(out, begin) && put_rows(out, report);
    if (report->n_requirements > 0)
        ok = ok && part(out, begin);
    for (size_t i = 0; i < report->n_requirements && ok; i++)
        ok = put_requirement(out, &report->requirements[i]);
    return ok ? RC_OK : rc_error_nomem(err);
}
