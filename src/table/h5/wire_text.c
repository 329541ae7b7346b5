/* wire_text.c - owned texts and lists out of a frame. */
#include "table/h5/wire_text.h"

rc_h5_parse rc_h5_parse_begin(const rc_frame *frame)
{
    static const unsigned char nothing[1]; /* an empty frame may have no bytes at all */
    const unsigned char *data = frame->n > 0 ? frame->data : nothing;
    return (rc_h5_parse){.wire = {.at = data, .end = data + frame->n}};
}

bool rc_h5_parse_check(rc_h5_parse *parse, bool is_right, const char *wrong)
{
    if (!is_right && rc_h5_parse_ok(parse))
        parse->wrong = wrong;
    return is_right;
}

bool rc_h5_parse_ok(const rc_h5_parse *parse)
{
    return parse->wrong == NULL && !parse->is_nomem && !parse->wire.is_bad;
}

rc_status rc_h5_parse_end(rc_h5_parse *parse, rc_error *err)
{
    rc_h5_parse_check(parse, parse->wire.at == parse->wire.end, "more than was announced");
    if (parse->is_nomem)
        return rc_error_nomem(err);
    if (parse->wrong != NULL)
        return rc_error_set(err, RC_E_DATA, "%s", parse->wrong);
    if (parse->wire.is_bad)
        return rc_error_set(err, RC_E_DATA, "less than was announced");
    return RC_OK;
}

char *rc_h5_parse_text(rc_h5_parse *parse, size_t most, size_t *n)
{
    const char *text = rc_wire_text(&parse->wire, most, n);
    if (text == NULL ||
        !rc_h5_parse_check(parse, memchr(text, '\0', *n) == NULL, "a text with a NUL"))
        return NULL;
    char *copy = rc_strndup(text, *n);
    parse->is_nomem = parse->is_nomem || copy == NULL;
    return copy;
}

void *rc_h5_parse_array(rc_h5_parse *parse, size_t n, size_t size)
{
    void *array = rc_alloc_array(n, size);
    parse->is_nomem = parse->is_nomem || array == NULL;
    return array;
}

bool rc_h5_put_text(rc_buf *out, const char *text)
{
    return rc_wire_put_text(out, text, text != NULL ? strlen(text) : 0);
}
