/* convert.h - cells of records into the columns of a tile. */
#ifndef RC_RUN_CONVERT_H
#define RC_RUN_CONVERT_H

#include "base/num.h"
#include "run/refusal.h"
#include "run/worker.h"
#include "table/csv_split.h"

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

#endif
