/* convert.h - cells of a record into the columns of a tile. */
#ifndef RC_RUN_CONVERT_H
#define RC_RUN_CONVERT_H

#include "base/num.h"
#include "run/worker.h"
#include "table/csv_split.h"

/* What the records of a tile say besides the features, which stand in the scratch. */
typedef struct rc_tile {
    const rc_worker_shared *shared;
    rc_num_parsers parse;
    void **inputs;       /* (n_inputs) columns of the scratch; NULL: no step reads it */
    double *truth;       /* regression: (RC_TILE_ROWS, width) */
    size_t *truth_label; /* classification: (RC_TILE_ROWS) */
    bool is_unlabelled[RC_TILE_ROWS];
    double weight[RC_TILE_ROWS];
} rc_tile;

rc_status rc_tile_init(rc_tile *tile, const rc_worker_shared *shared, const rc_scratch *scratch,
                       rc_error *err);
void rc_tile_release(rc_tile *tile);

/**
 * Converts a record into row r of the tile. Labels that the model does not have are numbered by
 * `metrics` (NULL without truth).
 * Errors   RC_E_DATA: the row is refused; the text names the column, the value and the cause.
 */
rc_status rc_tile_convert(rc_tile *tile, size_t r, const rc_record *record, rc_metrics *metrics,
                          rc_error *err);

#endif
