/* inspect_parts.c - what the files that say what is in a file share. */
#include "report/inspect_parts.h"

#include "base/text.h"
#include "report/format.h"

json_t *rc_json_begin(const char *kind, const rc_inspected *file)
{
    json_t *made = json_object();
    bool ok = rc_put(made, "kind", json_string(kind)) &&
              rc_put(made, "path", rc_json_text(file->path)) &&
              rc_put(made, "bytes", file->has_bytes ? rc_json_count(file->n_bytes) : json_null());
    return rc_json_keep(made, ok);
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

bool rc_text_label(rc_buf *out, const char *name)
{
    return rc_buf_text(out, "  ") && rc_format_left(out, name, strlen(name), NAME_WIDTH);
}

bool rc_text_line(rc_buf *out, const char *name, const char *value)
{
    return rc_text_label(out, name) && rc_buf_text(out, value) && rc_buf_text(out, "\n");
}

bool rc_text_member(rc_buf *out, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return value == NULL ||
           (rc_text_label(out, name) && rc_text_value(out, value) && rc_buf_text(out, "\n"));
}

bool rc_text_table(rc_buf *out, const json_t *list, size_t most, size_t n_columns, rc_text_row *put)
{
    rc_grid grid = {.n_columns = n_columns};
    size_t n = json_array_size(list);
    bool ok = true;
    for (size_t i = 0; i < n && i < most && ok; i++)
        ok = put(&grid, json_array_get(list, i), i);
    ok = ok && rc_grid_print(&grid, SIZE_MAX, out, NULL) &&
         (n <= most || rc_buf_printf(out, "  ... and %zu more\n", n - most));
    rc_grid_release(&grid);
    return ok;
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
    return strcmp(kind, "model") == 0 ? rc_inspect_model_text(out, made)
                                      : rc_inspect_report_text(out, made);
}
