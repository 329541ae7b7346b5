/* encode.h - result rows packed for an HDF5 file: what a worker hands to h5/out.h.
 *
 * A packed row is what all members of a known width hold, in order; then for each text whose width
 * comes out at the end 4 bytes (its length, and whether all of it is ASCII); then those texts. */
#ifndef RC_TABLE_H5_ENCODE_H
#define RC_TABLE_H5_ENCODE_H

#include "table/encode.h"

/* Longer cells are no text of fixed length any more: every row would take as much. */
enum { RC_H5_MAX_CELL_BYTES = 1 << 16 };

/* Of the 4 bytes of a text's length: a byte of it is no ASCII. */
#define RC_H5_WIDE_TEXT 0x80000000u

/* A member of the compound type. */
typedef struct rc_h5_member {
    rc_h5_type type;  /* INT, UINT, FLOAT, BOOL or TEXT */
    uint32_t n_bytes; /* 0: a text whose width comes out at the end */
    bool is_utf8;     /* labels: not all of them are ASCII */
} rc_h5_member;

/* How the rows of a layout are packed. */
typedef struct rc_h5_form {
    rc_h5_member *members; /* (n_fields) of the layout */
    size_t n_members;
    size_t n_texts;        /* members without a width */
    size_t fixed_bytes;    /* of all others */
    unsigned char *labels; /* (n_labels + 1, label_bytes): the last is that of a refused row */
    size_t label_bytes;
} rc_h5_form;

/* Labels are int64 if all are whole numbers, float64 if all are numbers (or may be absent), else
 * texts. The layout's `h5` is set by the caller, to what comes out. */
rc_status rc_h5_form_open(rc_h5_form **out, const rc_layout *layout, rc_error *err);
void rc_h5_form_close(rc_h5_form *form); /* NULL is fine */

/* Appends the rows, packed. False: no memory. */
RC_MUST_USE bool rc_h5_encode_rows(const rc_layout *layout, const rc_result_rows *rows,
                                   rc_buf *out);

#endif
