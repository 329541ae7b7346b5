/* csv_index.h - many records of a block at once: 64 bytes at a time, without a branch a cell. */
#ifndef RC_TABLE_CSV_INDEX_H
#define RC_TABLE_CSV_INDEX_H

#include "table/csv_split.h"

/* Room for ends behind `capacity` that an index may write, and never counts. */
#define RC_CSV_INDEX_SLACK 8

/* The fewest ends for which an index needs room: those of 64 bytes. */
#define RC_CSV_INDEX_LEAST 64

/* Records of a block that is gone through in runs. */
typedef struct rc_csv_run {
    const char *base, *limit; /* the block */
    int delimiter;
    bool has_quote;
    const char *begin; /* of the first record that is not taken yet */
    uint32_t line;     /* line ends before it */
    rc_record *records;
    size_t n_records, max_records;
    uint32_t *ends;
    size_t n_ends, capacity;
} rc_csv_run;

/**
 * Takes the records from run->begin on, until records or ends have no more room, the block is
 * through, or a quote is met that stands neither at the begin nor at the end of a field (nor
 * doubled in one): the record with it begins at run->begin then, and is for the state machine, as
 * is one that alone has more cells than there is room for.
 *
 * Records are views of the block, ends and begin relative to its base. Fields in quotes keep them
 * (has_quotes; rc_record_cell takes them off), and doubled ones, too (has_doubled).
 */
typedef void rc_csv_index(rc_csv_run *run);

/* Where the last record begins that does not end in [data, limit), or that has such a quote; limit
 * if there is none. Quotes are looked at. */
typedef const char *rc_csv_last(const char *data, const char *limit, int delimiter);

typedef struct rc_csv_kernels {
    rc_csv_index *index;
    rc_csv_last *last;
} rc_csv_kernels;

extern const rc_csv_kernels rc_csv_kernels_scalar, rc_csv_kernels_avx2;

/* Those of a level that the machine has; AUTO: the best that it has. All give the same. */
const rc_csv_kernels *rc_csv_kernels_of(rc_cpu_level level);

#endif
