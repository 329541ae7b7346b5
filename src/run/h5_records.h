/* h5_records.h - rows of an HDF5 table as records of text: what is copied, and what is refused. */
#ifndef RC_RUN_H5_RECORDS_H
#define RC_RUN_H5_RECORDS_H

#include "run/convert.h"

/* The copied columns of a tile's rows; cell c of a record is copy c of the binding. {0} is empty.
 */
typedef struct rc_h5_records {
    rc_record records[RC_TILE_ROWS];
    uint32_t *ends; /* (RC_TILE_ROWS, n_copies) */
    rc_buf text;
} rc_h5_records;

/* Makes the records of n rows of the tile; line is the number of the first in its packet. They are
 * valid until the next call. */
rc_status rc_h5_records_make(rc_h5_records *records, const rc_tile *tile, size_t n, uint64_t line,
                             rc_error *err);
void rc_h5_records_release(rc_h5_records *records);

/* Appends the cells of all columns that the job reads, in the order of the table, as a CSV record
 * without its end. False: no memory. */
RC_MUST_USE bool rc_h5_record_text(const rc_tile *tile, const rc_h5_need *need, size_t r,
                                   rc_buf *out);

#endif
