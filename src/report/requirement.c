/* requirement.c - 'METRIC OP NUMBER' expressions and whether they hold. */
#include <stdio.h>

#include "base/num.h"
#include "base/text.h"
#include "report/names.h"
#include "report/report.h"

static size_t skip_blanks(const char *text, size_t at)
{
    while (text[at] == ' ' || text[at] == '\t')
        at++;
    return at;
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static rc_status refuse(const char *what, const char *text, rc_error *err)
{
    char quoted[RC_QUOTED_BYTES];
    return rc_error_set(err, RC_E_USAGE, "%s: '%s'", what,
                        rc_text_quote(text, strlen(text), quoted));
}

/* Copies NAME or NAME[KEY]; *at moves behind it. */
static rc_status parse_metric(rc_requirement *out, const char *text, size_t *at, rc_error *err)
{
    size_t begin = skip_blanks(text, *at), end = begin;
    while (is_name_byte(text[end]))
        end++;
    if (end == begin)
        return refuse("no metric", text, err);
    if (text[end] == '[') {
        const char *close = strchr(text + end, ']');
        if (close == NULL)
            return refuse("'[' without ']'", text, err);
        end = (size_t)(close - text) + 1;
    }
    if (end - begin >= sizeof(out->metric))
        return refuse("the metric is too long", text, err);
    memcpy(out->metric, text + begin, end - begin);
    out->metric[end - begin] = '\0';
    *at = end;
    return RC_OK;
}

static rc_status parse_op(rc_requirement *out, const char *text, size_t *at, rc_error *err)
{
    static const char *const ops[] = {"<=", ">=", "==", "!=", "<", ">"};
    *at = skip_blanks(text, *at);
    for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
        size_t n = strlen(ops[i]);
        if (strncmp(text + *at, ops[i], n) != 0)
            continue;
        memcpy(out->op, ops[i], n + 1);
        *at += n;
        return RC_OK;
    }
    return refuse("no '<', '<=', '>', '>=', '==' or '!=' after the metric", text, err);
}

rc_status rc_requirement_parse(rc_requirement *out, const char *text, rc_error *err)
{
    *out = (rc_requirement){.text = text};
    size_t at = 0;
    RC_TRY(parse_metric(out, text, &at, err));
    RC_TRY(parse_op(out, text, &at, err));
    if (!rc_num_parse_text(text + at, strlen(text + at), &out->bound))
        return refuse("not a number", text + skip_blanks(text, at), err);
    return RC_OK;
}

/* The bytes of metric before its [KEY]. */
static size_t name_bytes(const char *metric)
{
    return strcspn(metric, "[");
}

rc_status rc_requirement_check(const rc_requirement *req, rc_task task, rc_error *err)
{
    char name[sizeof(req->metric)];
    size_t n = name_bytes(req->metric);
    memcpy(name, req->metric, n);
    name[n] = '\0';
    return rc_metric_check(name, req->metric[n] == '[', task, err);
}

static bool key_number(const char *metric, double *number)
{
    size_t n = strlen(metric), name = name_bytes(metric);
    return n > name + 2 && rc_num_parse_text(metric + name + 1, n - name - 2, number);
}

/* The metric's own name in values: f1[1.0] is f1[1] where that is how the class is written. */
static const char *find_name(const char *metric, const json_t *values)
{
    double asked, has;
    if (json_object_get(values, metric) != NULL)
        return metric;
    if (!key_number(metric, &asked))
        return NULL;
    const char *name;
    json_t *value;
    size_t n = name_bytes(metric) + 1;
    json_object_foreach ((json_t *)(uintptr_t)values, name, value) {
        if (strncmp(name, metric, n) == 0 && key_number(name, &has) && has == asked)
            return name;
    }
    return NULL;
}

static bool compare(double value, const char *op, double bound)
{
    switch (op[0]) {
    case '<':
        return op[1] == '=' ? value <= bound : value < bound;
    case '>':
        return op[1] == '=' ? value >= bound : value > bound;
    case '=':
        return value == bound;
    default:
        return value != bound;
    }
}

void rc_requirement_evaluate(rc_requirement *req, const json_t *values, const json_t *undefined)
{
    const char *name = find_name(req->metric, values);
    const json_t *value = name != NULL ? json_object_get(values, name) : NULL;
    req->is_defined = json_is_number(value);
    req->value = req->is_defined ? json_number_value(value) : 0.0;
    req->holds = req->is_defined && compare(req->value, req->op, req->bound);
    req->reason[0] = '\0';
    if (req->is_defined)
        return;
    const char *reason = name != NULL ? json_string_value(json_object_get(undefined, name)) : NULL;
    if (reason == NULL)
        reason = strchr(req->metric, '[') != NULL ? "no such class or target in the data"
                                                  : "not measured";
    snprintf(req->reason, sizeof(req->reason), "%s", reason);
}
