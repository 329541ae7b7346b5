/* encode.c - result rows packed for an HDF5 file: what a worker hands to h5/out.h. */
#include "table/h5/encode.h"

#include <math.h>
#include <stdlib.h>

#include "base/num.h"

/* A double holds every whole number up to here. */
#define EXACT_DOUBLE (INT64_C(1) << 53)

static bool is_ascii(const char *text, size_t n)
{
    unsigned char all = 0;
    for (size_t i = 0; i < n; i++)
        all |= (unsigned char)text[i];
    return all < 0x80;
}

/* "-0" is none. */
static bool parse_whole(const char *text, int64_t *out)
{
    uint64_t size;
    bool is_negative = text[0] == '-';
    if (!rc_num_parse_u64(text + is_negative, strlen(text + is_negative), &size) ||
        size > INT64_MAX || (is_negative && size == 0))
        return false;
    *out = is_negative ? -(int64_t)size : (int64_t)size;
    return true;
}

static bool are_whole(const rc_layout *layout, size_t n_labels)
{
    for (size_t k = 0; k < n_labels; k++) {
        int64_t x;
        if (!layout->label_is_number[k] || !parse_whole(layout->labels[k], &x))
            return false;
    }
    return true;
}

static bool are_numbers(const rc_layout *layout, size_t n_labels)
{
    for (size_t k = 0; k < n_labels; k++) {
        const char *text = layout->labels[k];
        int64_t whole;
        double x;
        if (!layout->label_is_number[k] || !rc_num_parse_text(text, strlen(text), &x))
            return false;
        if (parse_whole(text, &whole) && (whole > EXACT_DOUBLE || whole < -EXACT_DOUBLE))
            return false;
    }
    return true;
}

static rc_h5_member label_member(const rc_layout *layout)
{
    size_t n_labels = layout->n_labels, most = layout->most_label_bytes;
    if (are_whole(layout, n_labels) && !layout->has_empty_rows)
        return (rc_h5_member){.type = RC_H5_INT, .n_bytes = 8};
    if (are_numbers(layout, n_labels))
        return (rc_h5_member){.type = RC_H5_FLOAT, .n_bytes = 8};
    rc_h5_member member = {.type = RC_H5_TEXT, .n_bytes = (uint32_t)(most > 0 ? most : 1)};
    for (size_t k = 0; k < n_labels; k++)
        member.is_utf8 |= !is_ascii(layout->labels[k], strlen(layout->labels[k]));
    return member;
}

static void put_label(const rc_h5_member *member, const char *text, unsigned char *to)
{
    if (member->type == RC_H5_INT) {
        int64_t x = 0;
        parse_whole(text, &x);
        memcpy(to, &x, sizeof(x));
    } else if (member->type == RC_H5_FLOAT) {
        double x = 0;
        rc_num_parse_text(text, strlen(text), &x);
        memcpy(to, &x, sizeof(x));
    } else {
        memcpy(to, text, strlen(text));
    }
}

static rc_status init_labels(rc_h5_form *form, const rc_layout *layout, const rc_h5_member *member,
                             rc_error *err)
{
    size_t n_labels = layout->n_labels;
    if (form->labels != NULL)
        return RC_OK;
    if (member->n_bytes > RC_H5_MAX_CELL_BYTES)
        return rc_error_set(err, RC_E_USAGE, "a label of %u bytes: HDF5 output takes up to %d",
                            member->n_bytes, RC_H5_MAX_CELL_BYTES);
    form->label_bytes = member->n_bytes;
    form->labels = rc_alloc_array(n_labels + 1, form->label_bytes);
    if (form->labels == NULL)
        return rc_error_nomem(err);
    for (size_t k = 0; k < n_labels; k++)
        put_label(member, layout->labels[k], form->labels + k * form->label_bytes);
    const double none = (double)NAN;
    if (member->type == RC_H5_FLOAT)
        memcpy(form->labels + n_labels * form->label_bytes, &none, sizeof(none));
    return RC_OK;
}

static rc_h5_member member_of(const rc_layout *layout, const rc_field *field)
{
    switch (field->kind) {
    case RC_FIELD_REAL:
        return (rc_h5_member){.type = RC_H5_FLOAT, .n_bytes = layout->is_float32 ? 4 : 8};
    case RC_FIELD_LABEL:
        return label_member(layout);
    default:
        return (rc_h5_member){.type = field->raw_bytes > 0 ? field->raw_type : RC_H5_TEXT,
                              .n_bytes = field->raw_bytes};
    }
}

static rc_status init_members(rc_h5_form *form, const rc_layout *layout, rc_error *err)
{
    form->n_members = layout->n_fields;
    form->members = rc_alloc_array(form->n_members, sizeof(*form->members));
    if (form->members == NULL)
        return rc_error_nomem(err);
    for (size_t f = 0; f < form->n_members; f++) {
        rc_h5_member *member = &form->members[f];
        *member = member_of(layout, &layout->fields[f]);
        form->fixed_bytes += member->n_bytes;
        form->n_texts += member->n_bytes == 0;
        if (layout->fields[f].kind == RC_FIELD_LABEL)
            RC_TRY(init_labels(form, layout, member, err));
    }
    return RC_OK;
}

rc_status rc_h5_form_open(rc_h5_form **out, const rc_layout *layout, rc_error *err)
{
    *out = NULL;
    rc_h5_form *form = rc_alloc_array(1, sizeof(*form));
    if (form == NULL)
        return rc_error_nomem(err);
    rc_status st = init_members(form, layout, err);
    if (st < 0) {
        rc_h5_form_close(form);
        return st;
    }
    *out = form;
    return RC_OK;
}

void rc_h5_form_close(rc_h5_form *form)
{
    if (form == NULL)
        return;
    free(form->members);
    free(form->labels);
    free(form);
}

static char *put(char *to, const void *bytes, size_t n)
{
    memcpy(to, bytes, n);
    return to + n;
}

static char *put_real(char *to, bool is_float32, double x)
{
    if (!is_float32)
        return put(to, &x, sizeof(x));
    float narrow = (float)x;
    return put(to, &narrow, sizeof(narrow));
}

/* The members of a known width. */
static char *put_fixed(char *to, const rc_layout *layout, const rc_result_rows *rows, size_t row)
{
    const rc_h5_form *form = layout->h5;
    bool is_scored = rc_row_fate_of(rows, row) == RC_ROW_SCORED;
    for (size_t f = 0; f < layout->n_fields; f++) {
        const rc_field *field = &layout->fields[f];
        size_t n = form->members[f].n_bytes;
        if (field->kind == RC_FIELD_REAL) {
            double x = is_scored ? rows->reals[field->index][row] : (double)NAN;
            to = put_real(to, layout->is_float32, x);
        } else if (field->kind == RC_FIELD_LABEL) {
            size_t label = is_scored ? rows->labels[row] : layout->n_labels;
            to = put(to, form->labels + label * form->label_bytes, n);
        } else if (n > 0) {
            to = put(to, (const char *)rows->raw[f] + row * n, n);
        }
    }
    return to;
}

/* Lengths, then texts. */
static bool put_texts(const rc_layout *layout, const rc_result_rows *rows, size_t row, rc_buf *out)
{
    const rc_h5_form *form = layout->h5;
    size_t at = out->n, n;
    if (!rc_buf_reserve(out, 4 * form->n_texts))
        return false;
    out->n += 4 * form->n_texts;
    for (size_t f = 0; f < layout->n_fields; f++) {
        if (form->members[f].n_bytes > 0)
            continue;
        const char *text = rc_copied_cell(&layout->fields[f], rows, row, &n);
        uint32_t length = (uint32_t)n | (is_ascii(text, n) ? 0 : RC_H5_WIDE_TEXT);
        if (!rc_buf_append(out, text, n))
            return false;
        memcpy(out->data + at, &length, sizeof(length));
        at += sizeof(length);
    }
    return true;
}

bool rc_h5_encode_rows(const rc_layout *layout, const rc_result_rows *rows, rc_buf *out)
{
    const rc_h5_form *form = layout->h5;
    for (size_t row = 0; row < rows->n_rows; row++) {
        if (rc_row_fate_of(rows, row) == RC_ROW_OMITTED)
            continue;
        if (!rc_buf_reserve(out, form->fixed_bytes + 1)) /* there may be none: no NULL */
            return false;
        char *end = put_fixed(out->data + out->n, layout, rows, row);
        out->n = (size_t)(end - out->data);
        if (form->n_texts > 0 && !put_texts(layout, rows, row, out))
            return false;
    }
    return true;
}
