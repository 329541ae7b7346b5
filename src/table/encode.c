/* encode.c - result rows as CSV, TSV or NDJSON, or packed for an HDF5 file. */
#include "table/encode.h"

#include <string.h>

#include "base/num.h"
#include "base/text.h"
#include "table/h5/encode.h"

/* A byte of text takes at most so many in the output: \u001f in JSON, two quotes in CSV. */
enum { MOST_JSON = 6, MOST_CSV = 2 };

static char *put(char *to, const char *text, size_t n)
{
    if (n > 0)
        memcpy(to, text, n);
    return to + n;
}

static char *put_json_byte(char *to, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char named[] = "\b\t\n\f\r\"\\";
    static const char letters[] = "btnfr\"\\";
    const char *name = c != 0 ? strchr(named, c) : NULL;
    if (name != NULL) {
        *to++ = '\\';
        *to++ = letters[name - named];
    } else if (c < 0x20 || c == 0x7f) {
        to = put(to, "\\u00", 4);
        *to++ = hex[c >> 4];
        *to++ = hex[c & 15];
    } else {
        *to++ = (char)c;
    }
    return to;
}

static char *put_json_text(char *to, const char *text, size_t n)
{
    *to++ = '"';
    for (size_t i = 0; i < n;) {
        size_t length = rc_utf8_length(text + i, n - i);
        if (length == 1)
            to = put_json_byte(to, (unsigned char)text[i]);
        else if (length > 1)
            to = put(to, text + i, length);
        else
            to = put(to, "\xef\xbf\xbd", 3);
        i += length > 0 ? length : 1;
    }
    *to++ = '"';
    return to;
}

/* Quotes a cell only where a reader would take it for something else. is_alone: the only cell of
 * its record, where an empty one would be a line without a byte, and so no record. */
static char *put_csv_text(char *to, const char *text, size_t n, char delimiter, bool is_alone)
{
    bool is_bare = n > 0 || !is_alone;
    for (size_t i = 0; i < n && is_bare; i++)
        is_bare = text[i] != delimiter && text[i] != '"' && text[i] != '\n' && text[i] != '\r';
    if (is_bare)
        return put(to, text, n);
    *to++ = '"';
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '"')
            *to++ = '"';
        *to++ = text[i];
    }
    *to++ = '"';
    return to;
}

static char *put_real(char *to, const rc_layout *layout, double value)
{
    if (layout->is_float32)
        return to + rc_num_print_f32((float)value, to);
    return to + rc_num_print_f64(value, to);
}

/* One row: where it is written, and from what. */
typedef struct row_view {
    const rc_layout *layout;
    const rc_result_rows *rows;
    size_t row;
} row_view;

static rc_row_fate fate_of(const row_view *view)
{
    return rc_row_fate_of(view->rows, view->row);
}

const char *rc_copied_cell(const rc_field *field, const rc_result_rows *rows, size_t row, size_t *n)
{
    const rc_record *record = &rows->records[row];
    *n = 0;
    if (field->index >= record->n_cells || rc_row_fate_of(rows, row) == RC_ROW_BLANK)
        return "";
    return rc_record_cell(record, field->index, n);
}

/* The text of a copied cell or a label, NULL for the prediction of a refused row; reals of others
 * have none. */
static const char *field_text(const row_view *view, const rc_field *field, size_t *n)
{
    *n = 0;
    if (field->kind == RC_FIELD_COPY)
        return rc_copied_cell(field, view->rows, view->row, n);
    if (fate_of(view) != RC_ROW_SCORED)
        return NULL;
    const char *label = view->layout->labels[view->rows->labels[view->row]];
    *n = strlen(label);
    return label;
}

static char *put_csv_row(char *to, const row_view *view, char delimiter)
{
    const rc_layout *layout = view->layout;
    bool is_empty = fate_of(view) != RC_ROW_SCORED;
    for (size_t f = 0; f < layout->n_fields; f++) {
        const rc_field *field = &layout->fields[f];
        if (f > 0)
            *to++ = delimiter;
        if (field->kind == RC_FIELD_REAL && !is_empty) {
            to = put_real(to, layout, view->rows->reals[field->index][view->row]);
            continue;
        }
        size_t n;
        const char *text = field_text(view, field, &n);
        to = put_csv_text(to, text, n, delimiter, layout->n_fields == 1);
    }
    *to++ = '\n';
    return to;
}

static char *put_json_row(char *to, const row_view *view)
{
    const rc_layout *layout = view->layout;
    bool is_empty = fate_of(view) != RC_ROW_SCORED;
    *to++ = '{';
    for (size_t f = 0; f < layout->n_fields; f++) {
        const rc_field *field = &layout->fields[f];
        if (f > 0)
            *to++ = ',';
        to = put_json_text(to, field->name, field->name_bytes);
        *to++ = ':';
        if (is_empty && field->kind != RC_FIELD_COPY) {
            to = put(to, "null", 4);
            continue;
        }
        if (field->kind == RC_FIELD_REAL) {
            to = put_real(to, layout, view->rows->reals[field->index][view->row]);
            continue;
        }
        size_t n;
        const char *text = field_text(view, field, &n);
        bool is_bare =
            field->kind == RC_FIELD_LABEL && layout->label_is_number[view->rows->labels[view->row]];
        to = is_bare ? put(to, text, n) : put_json_text(to, text, n);
    }
    return put(to, "}\n", 2);
}

/* The most bytes that a row can take without the text of its copies. */
static size_t own_bytes(const rc_layout *layout, bool is_json)
{
    size_t most = is_json ? MOST_JSON : MOST_CSV, bytes = 4;
    for (size_t f = 0; f < layout->n_fields; f++) {
        const rc_field *field = &layout->fields[f];
        size_t n = field->kind == RC_FIELD_REAL    ? RC_NUM_BYTES
                   : field->kind == RC_FIELD_LABEL ? layout->most_label_bytes
                                                   : 0;
        bytes += most * n + 4 + (is_json ? MOST_JSON * field->name_bytes + 4 : 0);
    }
    return bytes;
}

/* The most bytes that the copies of a row can take. */
static size_t copied_bytes(const row_view *view, bool is_json)
{
    size_t bytes = 0, n;
    for (size_t f = 0; f < view->layout->n_fields; f++) {
        if (view->layout->fields[f].kind != RC_FIELD_COPY)
            continue;
        field_text(view, &view->layout->fields[f], &n);
        bytes += (is_json ? MOST_JSON : MOST_CSV) * n;
    }
    return bytes;
}

static bool has_copies(const rc_layout *layout)
{
    for (size_t f = 0; f < layout->n_fields; f++)
        if (layout->fields[f].kind == RC_FIELD_COPY)
            return true;
    return false;
}

bool rc_encode_rows(const rc_layout *layout, const rc_result_rows *rows, rc_buf *out)
{
    if (layout->format == RC_OUTPUT_HDF5)
        return rc_h5_encode_rows(layout, rows, out);
    bool is_json = layout->format == RC_OUTPUT_NDJSON, is_bounded = !has_copies(layout);
    char delimiter = layout->format == RC_OUTPUT_TSV ? '\t' : ',';
    row_view view = {.layout = layout, .rows = rows};
    size_t own = own_bytes(layout, is_json);
    if (is_bounded && !rc_buf_reserve(out, own * rows->n_rows))
        return false;
    for (view.row = 0; view.row < rows->n_rows; view.row++) {
        if (fate_of(&view) == RC_ROW_OMITTED)
            continue;
        if (!is_bounded && !rc_buf_reserve(out, own + copied_bytes(&view, is_json)))
            return false;
        char *to = out->data + out->n;
        to = is_json ? put_json_row(to, &view) : put_csv_row(to, &view, delimiter);
        out->n = (size_t)(to - out->data);
    }
    return true;
}

bool rc_encode_header(const rc_layout *layout, rc_buf *out)
{
    if (layout->format == RC_OUTPUT_NDJSON || layout->format == RC_OUTPUT_HDF5)
        return true;
    char delimiter = layout->format == RC_OUTPUT_TSV ? '\t' : ',';
    for (size_t f = 0; f < layout->n_fields; f++) {
        const rc_field *field = &layout->fields[f];
        if (!rc_buf_reserve(out, MOST_CSV * field->name_bytes + 4))
            return false;
        char *to = out->data + out->n;
        if (f > 0)
            *to++ = delimiter;
        to = put_csv_text(to, field->name, field->name_bytes, delimiter, layout->n_fields == 1);
        out->n = (size_t)(to - out->data);
    }
    return rc_buf_append(out, "\n", 1);
}

bool rc_encode_cell(const char *text, size_t n, rc_buf *out)
{
    if (!rc_buf_reserve(out, MOST_CSV * n + 4))
        return false;
    out->n = (size_t)(put_csv_text(out->data + out->n, text, n, ',', false) - out->data);
    return true;
}
