/* format_json.c - JSON with the shortest numbers that read back. */
#include <math.h>

#include "report/format.h"

static bool new_line(rc_buf *out, size_t level)
{
    bool ok = rc_buf_text(out, "\n");
    for (size_t i = 0; i < level; i++)
        ok = ok && rc_buf_text(out, "  ");
    return ok;
}

/* The text is valid UTF-8: jansson takes no other. */
static bool write_text(rc_buf *out, const char *text, size_t n)
{
    bool ok = rc_buf_text(out, "\"");
    for (size_t i = 0; i < n && ok; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            ok = rc_buf_append(out, "\\", 1) && rc_buf_append(out, &text[i], 1);
        else if (c < 0x20 || c == 0x7f)
            ok = rc_buf_printf(out, "\\u%04x", c);
        else
            ok = rc_buf_append(out, &text[i], 1);
    }
    return ok && rc_buf_text(out, "\"");
}

static bool write_integer(rc_buf *out, json_int_t x)
{
    char text[RC_NUM_BYTES];
    uint64_t size = x < 0 ? -(uint64_t)x : (uint64_t)x;
    return (x >= 0 || rc_buf_text(out, "-")) &&
           rc_buf_append(out, text, rc_num_print_u64(size, text));
}

static bool write_scalar(rc_buf *out, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        return write_text(out, json_string_value(value), json_string_length(value));
    case JSON_INTEGER:
        return write_integer(out, json_integer_value(value));
    case JSON_REAL:
        return isfinite(json_real_value(value)) ? rc_format_exact(out, json_real_value(value))
                                                : rc_buf_text(out, "null");
    case JSON_TRUE:
        return rc_buf_text(out, "true");
    case JSON_FALSE:
        return rc_buf_text(out, "false");
    default:
        return rc_buf_text(out, "null");
    }
}

static bool has_containers(const json_t *array)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *item = json_array_get(array, i);
        if (json_is_array(item) || json_is_object(item))
            return true;
    }
    return false;
}

static bool write_array(rc_buf *out, const json_t *array, size_t level)
{
    bool is_tall = has_containers(array), ok = rc_buf_text(out, "[");
    for (size_t i = 0; i < json_array_size(array) && ok; i++) {
        if (i > 0)
            ok = rc_buf_text(out, is_tall ? "," : ", ");
        if (is_tall)
            ok = ok && new_line(out, level + 1);
        ok = ok && rc_format_json(out, json_array_get(array, i), level + 1);
    }
    if (is_tall)
        ok = ok && new_line(out, level);
    return ok && rc_buf_text(out, "]");
}

static bool write_object(rc_buf *out, json_t *object, size_t level)
{
    const char *name;
    json_t *value;
    bool ok = rc_buf_text(out, "{"), is_first = true;
    json_object_foreach (object, name, value) {
        ok = ok && (is_first || rc_buf_text(out, ",")) && new_line(out, level + 1) &&
             write_text(out, name, strlen(name)) && rc_buf_text(out, ": ") &&
             rc_format_json(out, value, level + 1);
        is_first = false;
    }
    return ok && (is_first || new_line(out, level)) && rc_buf_text(out, "}");
}

bool rc_format_json(rc_buf *out, const json_t *value, size_t level)
{
    if (json_is_array(value))
        return write_array(out, value, level);
    if (json_is_object(value))
        return write_object(out, (json_t *)(uintptr_t)value, level);
    return write_scalar(out, value);
}
