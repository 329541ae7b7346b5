/* encode.h - result rows as CSV, TSV or NDJSON, or packed for an HDF5 file. */
#ifndef RC_TABLE_ENCODE_H
#define RC_TABLE_ENCODE_H

#include "base/mem.h"
#include "table/csv_split.h"
#include "table/h5/table.h"

/* What stands in an output column. */
typedef enum rc_field_kind {
    RC_FIELD_COPY, /* a cell of the input record, as it stood */
    RC_FIELD_REAL, /* a number */
    RC_FIELD_LABEL /* one of the labels */
} rc_field_kind;

typedef struct rc_field {
    const char *name;
    size_t name_bytes;
    rc_field_kind kind;
    size_t index; /* copy: column of the input; real: index into `reals` */
    /* HDF5 only: a copy that keeps its type (INT, UINT, FLOAT, BOOL); 0 bytes: it is a text. */
    rc_h5_type raw_type;
    uint32_t raw_bytes;
} rc_field;

struct rc_h5_form; /* h5/encode.h */
typedef struct rc_encode_texts rc_encode_texts;

/* The output columns, in order. All pointers are kept. */
typedef struct rc_layout {
    rc_output_format format; /* never AUTO */
    const rc_field *fields;
    size_t n_fields;
    bool is_float32;             /* reals hold floats, and are printed as such */
    const char *const *labels;   /* (n_labels) */
    const bool *label_is_number; /* (n_labels): bare in NDJSON */
    size_t most_label_bytes;     /* of the longest label */
    size_t n_labels;
    const rc_encode_texts *texts; /* may be NULL: then each rc_encode_rows makes its own */
    bool has_empty_rows;          /* HDF5 only: rows may be EMPTY or BLANK; and */
    const struct rc_h5_form *h5;  /* (no NULL) how rows are packed */
} rc_layout;

/* What becomes of a row. */
typedef enum rc_row_fate {
    RC_ROW_SCORED,
    RC_ROW_EMPTY, /* refused: its copies stand, its predictions are empty cells or null */
    RC_ROW_BLANK, /* refused: its copies are empty, too */
    RC_ROW_OMITTED
} rc_row_fate;

/* Some rows of results. A record may have fewer cells than the table has columns, or more: absent
 * ones are empty. */
typedef struct rc_result_rows {
    const unsigned char *fates; /* (n_rows) rc_row_fate, or NULL: all are scored */
    const rc_record *records;   /* (n_rows); read only if there are copies */
    const double *const *reals; /* each (n_rows) */
    const uint32_t *labels;     /* (n_rows) */
    const void *const *raw; /* (n_fields) values of copies that keep their type, each (n_rows) in
                               the byte order of the machine; else NULL */
    size_t n_rows;
} rc_result_rows;

static inline rc_row_fate rc_row_fate_of(const rc_result_rows *rows, size_t row)
{
    return rows->fates != NULL ? (rc_row_fate)rows->fates[row] : RC_ROW_SCORED;
}

/* The cell that a field copies; "" where there is none. */
const char *rc_copied_cell(const rc_field *field, const rc_result_rows *rows, size_t row,
                           size_t *n);

/* Appends the header line; nothing for NDJSON and HDF5. False: no memory. */
RC_MUST_USE bool rc_encode_header(const rc_layout *layout, rc_buf *out);

/* Makes the texts of a layout that stand in many rows: its labels and names, quoted and escaped.
 * Reads all of the layout but `texts`. */
rc_status rc_encode_texts_open(rc_encode_texts **out, const rc_layout *layout, rc_error *err);
void rc_encode_texts_close(rc_encode_texts *texts); /* NULL is fine */

/* Appends the rows. False: no memory. */
RC_MUST_USE bool rc_encode_rows(const rc_layout *layout, const rc_result_rows *rows, rc_buf *out);

/* Appends one cell of CSV, quoted if need be. False: no memory. */
RC_MUST_USE bool rc_encode_cell(const char *text, size_t n, rc_buf *out);

#endif
