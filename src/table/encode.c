/* encode.c - result rows as CSV, TSV or NDJSON, or packed for an HDF5 file. */
#include "table/encode.h"

#include <stdlib.h>
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

/* Which bytes must be quoted: in any case, where the delimiter is a comma, where it is a tab. */
enum { QUOTED = 1, QUOTED_COMMA = 2, QUOTED_TAB = 4 };
static const unsigned char quoted[256] = {
    ['"'] = QUOTED, ['\n'] = QUOTED, ['\r'] = QUOTED, [','] = QUOTED_COMMA, ['\t'] = QUOTED_TAB};

/* Without a branch a byte: most texts are bare, and short. */
static inline bool has_quoted(const char *text, size_t n, unsigned which)
{
    unsigned found = 0;
    for (size_t i = 0; i < n; i++)
        found |= quoted[(unsigned char)text[i]];
    return (found & which) != 0;
}

/* Quotes a cell only where a reader would take it for something else. is_alone: the only cell of
 * its record, where an empty one would be a line without a byte, and so no record. */
static char *put_csv_text(char *to, const char *text, size_t n, char delimiter, bool is_alone)
{
    unsigned which = QUOTED | (delimiter == '\t' ? QUOTED_TAB : QUOTED_COMMA);
    if (!has_quoted(text, n, which) && (n > 0 || !is_alone))
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

/* A text as it stands in the output; AT_ONCE bytes of it can be read. */
typedef struct ready {
    const char *text;
    size_t n;
} ready;

struct rc_encode_texts {
    bool is_json;
    char delimiter;
    ready *labels;   /* (n_labels) */
    ready *prefixes; /* (n_fields) what stands before a field */
    ready end;       /* of a row */
    ready empty;     /* the prediction of a refused row */
    size_t most_label_bytes;
    size_t own_bytes; /* the most that a row takes without the texts of its copies */
    char *bytes;      /* where all of them stand */
};

/* So many bytes of a text are copied whether or not it has them: a copy of known size is a single
 * instruction. */
enum { AT_ONCE = 16 };

static inline char *put_ready(char *to, const ready *r)
{
    memcpy(to, r->text, AT_ONCE);
    if (r->n > AT_ONCE)
        memcpy(to + AT_ONCE, r->text + AT_ONCE, r->n - AT_ONCE);
    return to + r->n;
}

/* The text that has been written from `from` to `to`; *next is where another may begin. */
static ready made(const char *from, const char *to, char **next)
{
    size_t n = (size_t)(to - from);
    *next += n;
    return (ready){from, n};
}

static void make_labels(rc_encode_texts *t, const rc_layout *layout, char **at)
{
    for (size_t k = 0; k < layout->n_labels; k++) {
        const char *label = layout->labels[k];
        size_t n = strlen(label);
        char *end = !t->is_json ? put_csv_text(*at, label, n, t->delimiter, layout->n_fields == 1)
                    : layout->label_is_number[k] ? put(*at, label, n)
                                                 : put_json_text(*at, label, n);
        t->labels[k] = made(*at, end, at);
        t->most_label_bytes =
            t->labels[k].n > t->most_label_bytes ? t->labels[k].n : t->most_label_bytes;
    }
}

static void make_prefixes(rc_encode_texts *t, const rc_layout *layout, char **at)
{
    for (size_t f = 0; f < layout->n_fields; f++) {
        const rc_field *field = &layout->fields[f];
        char *to = *at;
        if (t->is_json || f > 0)
            *to++ = !t->is_json ? t->delimiter : f == 0 ? '{' : ',';
        if (t->is_json) {
            to = put_json_text(to, field->name, field->name_bytes);
            *to++ = ':';
        }
        t->prefixes[f] = made(*at, to, at);
    }
}

/* Room for the texts, each with room for AT_ONCE bytes. */
static size_t texts_bytes(const rc_layout *layout)
{
    size_t bytes = 4 * AT_ONCE;
    for (size_t k = 0; k < layout->n_labels; k++)
        bytes += MOST_JSON * strlen(layout->labels[k]) + AT_ONCE;
    for (size_t f = 0; f < layout->n_fields; f++)
        bytes += MOST_JSON * layout->fields[f].name_bytes + AT_ONCE;
    return bytes;
}

static size_t own_bytes(const rc_encode_texts *t, const rc_layout *layout)
{
    size_t bytes = AT_ONCE;
    for (size_t f = 0; f < layout->n_fields; f++) {
        rc_field_kind kind = layout->fields[f].kind;
        bytes += t->prefixes[f].n + 2 * AT_ONCE; /* with the quotes of a copy */
        bytes += kind == RC_FIELD_REAL    ? RC_NUM_BYTES
                 : kind == RC_FIELD_LABEL ? t->most_label_bytes
                                          : 0;
    }
    return bytes;
}

rc_status rc_encode_texts_open(rc_encode_texts **out, const rc_layout *layout, rc_error *err)
{
    *out = NULL;
    rc_encode_texts *t = rc_alloc_array(1, sizeof(*t));
    if (t == NULL)
        return rc_error_nomem(err);
    t->labels = rc_alloc_array(layout->n_labels, sizeof(*t->labels));
    t->prefixes = rc_alloc_array(layout->n_fields, sizeof(*t->prefixes));
    t->bytes = rc_alloc_array(texts_bytes(layout), 1);
    if (t->labels == NULL || t->prefixes == NULL || t->bytes == NULL) {
        rc_encode_texts_close(t);
        return rc_error_nomem(err);
    }
    t->is_json = layout->format == RC_OUTPUT_NDJSON;
    t->delimiter = layout->format == RC_OUTPUT_TSV ? '\t' : ',';
    char *at = t->bytes;
    make_labels(t, layout, &at);
    make_prefixes(t, layout, &at);
    t->end = made(at, put(at, t->is_json ? "}\n" : "\n", t->is_json ? 2 : 1), &at);
    char *end = t->is_json ? put(at, "null", 4)
                           : put_csv_text(at, "", 0, t->delimiter, layout->n_fields == 1);
    t->empty = made(at, end, &at);
    t->own_bytes = own_bytes(t, layout);
    *out = t;
    return RC_OK;
}

void rc_encode_texts_close(rc_encode_texts *texts)
{
    if (texts == NULL)
        return;
    free(texts->labels);
    free(texts->prefixes);
    free(texts->bytes);
    free(texts);
}

const char *rc_copied_cell(const rc_field *field, const rc_result_rows *rows, size_t row, size_t *n)
{
    const rc_record *record = &rows->records[row];
    *n = 0;
    if (field->index >= record->n_cells || rc_row_fate_of(rows, row) == RC_ROW_BLANK)
        return "";
    return rc_record_cell(record, field->index, n);
}

static char *put_row(char *to, const rc_layout *layout, const rc_encode_texts *t,
                     const rc_result_rows *rows, size_t row)
{
    bool is_scored = rc_row_fate_of(rows, row) == RC_ROW_SCORED;
    for (size_t f = 0; f < layout->n_fields; f++) {
        const rc_field *field = &layout->fields[f];
        to = put_ready(to, &t->prefixes[f]);
        if (field->kind == RC_FIELD_COPY) {
            size_t n;
            const char *text = rc_copied_cell(field, rows, row, &n);
            to = t->is_json ? put_json_text(to, text, n)
                            : put_csv_text(to, text, n, t->delimiter, layout->n_fields == 1);
        } else if (!is_scored) {
            to = put_ready(to, &t->empty);
        } else if (field->kind == RC_FIELD_REAL) {
            to = put_real(to, layout, rows->reals[field->index][row]);
        } else {
            to = put_ready(to, &t->labels[rows->labels[row]]);
        }
    }
    return put_ready(to, &t->end);
}

/* The most bytes that the copies of a row can take. */
static size_t copied_bytes(const rc_layout *layout, const rc_result_rows *rows, size_t row)
{
    size_t bytes = 0, n, most = layout->format == RC_OUTPUT_NDJSON ? MOST_JSON : MOST_CSV;
    for (size_t f = 0; f < layout->n_fields; f++) {
        if (layout->fields[f].kind != RC_FIELD_COPY)
            continue;
        rc_copied_cell(&layout->fields[f], rows, row, &n);
        bytes += most * n;
    }
    return bytes;
}

static bool put_rows(const rc_layout *layout, const rc_encode_texts *t, const rc_result_rows *rows,
                     rc_buf *out)
{
    if (!rc_buf_reserve(out, t->own_bytes * rows->n_rows))
        return false;
    bool has_copies = false;
    for (size_t f = 0; f < layout->n_fields; f++)
        has_copies = has_copies || layout->fields[f].kind == RC_FIELD_COPY;
    for (size_t row = 0; row < rows->n_rows; row++) {
        if (rc_row_fate_of(rows, row) == RC_ROW_OMITTED)
            continue;
        if (has_copies && !rc_buf_reserve(out, t->own_bytes + copied_bytes(layout, rows, row)))
            return false;
        out->n = (size_t)(put_row(out->data + out->n, layout, t, rows, row) - out->data);
    }
    return true;
}

bool rc_encode_rows(const rc_layout *layout, const rc_result_rows *rows, rc_buf *out)
{
    if (layout->format == RC_OUTPUT_HDF5)
        return rc_h5_encode_rows(layout, rows, out);
    if (layout->texts != NULL)
        return put_rows(layout, layout->texts, rows, out);
    rc_encode_texts *own;
    bool ok = rc_encode_texts_open(&own, layout, NULL) == RC_OK && put_rows(layout, own, rows, out);
    rc_encode_texts_close(own);
    return ok;
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
