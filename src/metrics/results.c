/* results.c - metrics by name while they are collected: values and reasons for the null ones. */
#include "metrics/results.h"

#include <math.h>

#include "base/text.h"
#include "metrics/json.h"

void rc_results_init(rc_results *results)
{
    *results = (rc_results){.values = json_object(), .undefined = json_object()};
    results->has_failed = results->values == NULL || results->undefined == NULL;
}

void rc_results_release(rc_results *results)
{
    json_decref(results->values);
    json_decref(results->undefined);
    rc_buf_release(&results->name);
    *results = (rc_results){0};
}

json_t *rc_results_real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static bool append_text(rc_buf *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t length = text[i] == '\0' ? 0 : rc_utf8_length(text + i, n - i);
        if (n - i > 1 && text[i] == '\\' && text[i + 1] == 'x')
            length = 0; /* else a text that looks like an escaped byte would be one */
        if (length > 0 ? !rc_buf_append(out, text + i, length)
                       : !rc_buf_printf(out, "\\x%02x", (unsigned char)text[i]))
            return false;
        i += length > 0 ? length : 1;
    }
    return true;
}

json_t *rc_results_text(const char *text, size_t n)
{
    rc_buf buf = {0};
    json_t *value = NULL;
    if (append_text(&buf, text, n))
        value = json_stringn(buf.n > 0 ? buf.data : "", buf.n);
    rc_buf_release(&buf);
    return value;
}

/* Takes value, which may be NULL when memory has ended. */
static void set(rc_results *results, json_t *object, rc_metric_name name, json_t *value)
{
    rc_buf *text = &results->name;
    text->n = 0;
    bool ok = rc_buf_text(text, name.metric);
    if (name.key != NULL)
        ok = ok && rc_buf_text(text, "[") && append_text(text, name.key, name.n_key) &&
             rc_buf_text(text, "]");
    ok = ok && rc_buf_append(text, "", 1);
    if (!ok)
        json_decref(value);
    /* fails for a NULL value too, and frees it when it fails otherwise */
    if (!ok || !rc_put(object, text->data, value))
        results->has_failed = true;
}

void rc_results_number(rc_results *results, rc_metric_name name, double value)
{
    if (isfinite(value))
        set(results, results->values, name, json_real(value));
    else
        rc_results_undefined(results, name, RC_TOO_LARGE);
}

void rc_results_count(rc_results *results, rc_metric_name name, uint64_t value)
{
    set(results, results->values, name, rc_json_count(value));
}

void rc_results_undefined(rc_results *results, rc_metric_name name, const char *reason)
{
    set(results, results->values, name, json_null());
    set(results, results->undefined, name, json_string(reason));
}
