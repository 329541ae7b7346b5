/* convert.h - cells of records into the columns of a tile. */
#ifndef RC_RUN_CONVERT_H
#define RC_RUN_CONVERT_H

#include "base/num.h"
#include "run/refusal.h"
#include "run/worker.h"
#include "table/csv_split.h"
#include "table/h5/rows.h"

/* Room for the text of one cell. */
typedef struct rc_h5_text {
    char text[RC_H5_CELL_BYTES + 64];
} rc_h5_text;

/* Codes of the numbers 0, 1 ... of a column of numbers that is a category or a class, so that most
 * of them need not become texts; RC_CODE_UNSEEN until the number comes. */
enum { RC_SMALL_CODES = 256, RC_CODE_UNSEEN = -2 };
typedef struct rc_small_codes {
    int32_t codes[RC_SMALL_CODES];
} rc_small_codes;

/* What the records of a tile say besides the features, which stand in the scratch. */
typedef struct rc_tile {
    const rc_worker_shared *shared;
    rc_num_parsers parse;
    void **inputs;   /* (n_inputs) columns of the scratch */
    size_t *numbers; /* (n_numbers) the inputs that some step reads: those that are numbers, */
    size_t n_numbers;
    size_t *categories; /* (n_categories) and those that are categories */
    size_t n_categories;
    bool is_plain;       /* numbers have a '.', and none of them means missing */
    bool hides_numbers;  /* one does */
    double *truth;       /* regression: (RC_TILE_ROWS, width) */
    size_t *truth_label; /* classification: (RC_TILE_ROWS) */
    bool is_unlabelled[RC_TILE_ROWS];
    double weight[RC_TILE_ROWS];
    rc_refusal refusals[RC_TILE_ROWS]; /* kind NONE: the row is good */
    uint64_t good;                     /* of records: bit r, the same while they are converted */

    /* where the cells are: records, or rows of an HDF5 table */
    const rc_record *records;
    const rc_h5_rows *rows; /* NULL: records */
    const rc_h5_table *table;
    size_t first;     /* of the rows */
    rc_h5_text *made; /* (RC_TILE_ROWS) room for cells that are made of numbers; NULL: not yet */
    rc_small_codes
        *small; /* (n_categories + 1) codes of small whole numbers, the last of classes */
} rc_tile;

rc_status rc_tile_init(rc_tile *tile, const rc_worker_shared *shared, const rc_scratch *scratch,
                       rc_error *err);
void rc_tile_release(rc_tile *tile);

/**
 * Converts n records into the rows of the tile, and says which of them are refused. Labels that the
 * model does not have are numbered by `metrics` (NULL without truth). Rows behind `*failed_row`
 * have not been converted on failure.
 * Errors   RC_E_SYSTEM; RC_E_DATA: too many labels.
 */
rc_status rc_tile_convert(rc_tile *tile, const rc_record *records, size_t n, rc_metrics *metrics,
                          size_t *failed_row, rc_error *err);

/* The same for n rows from `first` of an HDF5 table that rc_tile_begin_rows has named. */
rc_status rc_tile_convert_rows(rc_tile *tile, size_t first, size_t n, rc_metrics *metrics,
                               size_t *failed_row, rc_error *err);

/* From now on cells come from these rows. */
rc_status rc_tile_begin_rows(rc_tile *tile, const rc_h5_rows *rows, const rc_h5_table *table,
                             rc_error *err);

/* The cell of a row of the tile; NULL: an HDF5 code that stands for nothing. Valid until the next
 * tile, or the next cell of the same row. */
const char *rc_tile_cell(const rc_tile *tile, size_t r, size_t column, size_t *n);

#endif
