/* inspect_json.c - what the files that say what is in a file share. */
#include "report/inspect_json.h"

#include <math.h>

#include "base/text.h"
#include "metrics/results.h"
#include "report/format.h"

bool rc_put(json_t *object, const char *name, json_t *value)
{
    return json_object_set_new(object, name, value) == 0;
}

bool rc_put_item(json_t *list, json_t *value)
{
    return json_array_append_new(list, value) == 0;
}

json_t *rc_json_text(const char *text)
{
    return text != NULL ? rc_results_text(text, strlen(text)) : json_null();
}

json_t *rc_json_real(double x)
{
    if (isfinite(x))
        return json_real(x);
    return json_string(isnan(x) ? "nan" : x < 0 ? "-inf" : "inf");
}

json_t *rc_json_count(uint64_t n)
{
    return json_integer((json_int_t)n);
}

json_t *rc_json_begin(const char *kind, const rc_inspected *file)
{
    json_t *made = json_object();
    if (rc_put(made, "kind", json_string(kind)) && rc_put(made, "path", rc_json_text(file->path)) &&
        rc_put(made, "bytes", file->has_bytes ? rc_json_count(file->n_bytes) : json_null()))
        return made;
    json_decref(made);
    return NULL;
}

static bool text_of(rc_buf *out, const char *text, size_t n)
{
    bool is_bare = n > 0 && text[0] != ' ' && text[n - 1] != ' ' && memchr(text, ',', n) == NULL;
    return (is_bare || rc_buf_text(out, "'")) && rc_format_label(out, text, n) &&
           (is_bare || rc_buf_text(out, "'"));
}

bool rc_text_value(rc_buf *out, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        return text_of(out, json_string_value(value), json_string_length(value));
    case JSON_INTEGER:
    case JSON_REAL:
        return rc_format_json(out, value, 0);
    case JSON_TRUE:
        return rc_buf_text(out, "yes");
    case JSON_FALSE:
        return rc_buf_text(out, "no");
    default:
        return rc_buf_text(out, "-");
    }
}

bool rc_text_list(rc_buf *out, const json_t *list, size_t most)
{
    size_t n = json_array_size(list);
    bool ok = true;
    for (size_t i = 0; i < n && i < most && ok; i++)
        ok = (i == 0 || rc_buf_text(out, ", ")) && rc_text_value(out, json_array_get(list, i));
    return ok && (n <= most || rc_buf_printf(out, ", ... (%zu)", n));
}

enum { NAME_WIDTH = 12 };

bool rc_text_line(rc_buf *out, const char *name, const char *value)
{
    return rc_buf_text(out, "  ") && rc_format_left(out, name, strlen(name), NAME_WIDTH) &&
           rc_buf_text(out, value) && rc_buf_text(out, "\n");
}

bool rc_text_member(rc_buf *out, const char *name, const json_t *value)
{
    return rc_buf_text(out, "  ") && rc_format_left(out, name, strlen(name), NAME_WIDTH) &&
           rc_text_value(out, value) && rc_buf_text(out, "\n");
}

bool rc_text_title(rc_buf *out, const json_t *made, const char *what)
{
    const char *path = json_string_value(json_object_get(made, "path"));
    const json_t *bytes = json_object_get(made, "bytes");
    path = rc_path_is_std(path) ? "stdin" : path;
    bool ok =
        rc_format_text(out, path, strlen(path)) && rc_buf_text(out, ": ") && rc_buf_text(out, what);
    if (json_is_integer(bytes))
        ok =
            ok && rc_buf_text(out, ", ") && rc_text_value(out, bytes) && rc_buf_text(out, " bytes");
    return ok && rc_buf_text(out, "\n");
}

bool rc_inspect_text(rc_buf *out, const json_t *made)
{
    const char *kind = json_string_value(json_object_get(made, "kind"));
    if (strcmp(kind, "model") == 0)
        return rc_inspect_model_text(out, made);
    if (strcmp(kind, "table") == 0)
        return rc_inspect_table_text(out, made);
    return rc_inspect_report_text(out, made);
}
