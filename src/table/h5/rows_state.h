/* rows_state.h - what rows of an HDF5 table are in memory: shared by loading and decoding. */
#ifndef RC_TABLE_H5_ROWS_STATE_H
#define RC_TABLE_H5_ROWS_STATE_H

#include "table/csv_scan.h"
#include "table/h5/filters.h"
#include "table/h5/rows.h"

/* n values, `stride` bytes from one to the next; none is marked as missing yet. */
typedef void (*rc_h5_decode_f64)(const unsigned char *at, size_t stride, size_t n, double *out);
typedef void (*rc_h5_decode_f32)(const unsigned char *at, size_t stride, size_t n, float *out);

/* For columns of numbers; NULL else. */
rc_h5_decode_f64 rc_h5_decoder_f64(const rc_h5_column *column);
rc_h5_decode_f32 rc_h5_decoder_f32(const rc_h5_column *column);

/* Where the loaded values of one column stand. All pointers are valid until the next load. */
typedef struct rc_h5_view {
    const rc_h5_column *column;
    const rc_h5_labels *labels; /* NULL: none */
    const unsigned char *at;    /* value of the first row */
    size_t stride;              /* 0: all rows have that value */
    const unsigned char *mask;  /* NULL: none */
    size_t mask_stride;
    const char *texts; /* TEXT_VAR */
    rc_h5_decode_f64 f64;
    rc_h5_decode_f32 f32;
} rc_h5_view;

/* A column, or its mask, and in which unit of a storage it is: what is read at once. A unit is a
 * column of chunks, a column of a transposed contiguous storage, or else the whole storage. */
typedef struct rc_h5_entry {
    uint32_t storage;
    bool is_mask;
    uint64_t unit;
    uint64_t index; /* column of the storage */
    size_t column;  /* of the table */
} rc_h5_entry;

/* Memory that is kept from packet to packet. */
typedef struct rc_h5_part {
    unsigned char *data;
    size_t capacity;
} rc_h5_part;

struct rc_h5_rows {
    rc_h5_undo undo;
    rc_h5_part stored, whole; /* a run of chunks as in the file; a chunk on its way to its place */
    rc_h5_part *parts;        /* of the units, in their order */
    size_t parts_capacity, n_parts;
    rc_h5_entry *entries;
    size_t entries_capacity, n_entries;
    rc_h5_view *views; /* (columns of the table); of columns that are not needed: stale */
    size_t views_capacity;
};

#endif
