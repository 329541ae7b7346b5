/* inspect_column.h - guess from its cells what a column of a table holds. */
#ifndef RC_REPORT_INSPECT_COLUMN_H
#define RC_REPORT_INSPECT_COLUMN_H

#include "base/error.h"
#include "table/cell.h"

/* Distinct texts are counted up to here; with more a column is no category. */
enum { RC_GUESS_DISTINCT = 100 };

/* So many of them are kept, and so much of each. */
enum { RC_GUESS_VALUES = 8, RC_GUESS_VALUE_BYTES = 256 };

typedef enum rc_guess {
    RC_GUESS_EMPTY,    /* all cells are missing */
    RC_GUESS_INTEGER,  /* whole numbers without point and exponent, of 64 bits */
    RC_GUESS_NUMBER,   /* numbers, true and false among them or not */
    RC_GUESS_BOOLEAN,  /* true and false */
    RC_GUESS_CATEGORY, /* few texts that come again: each twice in the mean */
    RC_GUESS_TEXT
} rc_guess;

/* {0} has seen no cell. */
typedef struct rc_column_guess {
    uint64_t n_missing, n_cells; /* n_cells: that are not missing */
    uint64_t n_numbers, n_integers, n_booleans;
    double min, max;               /* of the numbers */
    int64_t low, high;             /* of the integers */
    uint64_t *distinct;            /* (n_distinct) hashes of the texts */
    size_t n_distinct;             /* more than most_distinct: not counted on */
    size_t distinct_capacity;      /* of the array */
    char *values[RC_GUESS_VALUES]; /* the first distinct texts */
    uint16_t value_bytes[RC_GUESS_VALUES];
} rc_column_guess;

/* Takes a cell in; RC_NUM_SLACK readable bytes stand behind it. most_distinct is at most
 * RC_GUESS_DISTINCT; with less than RC_GUESS_VALUES so many values are kept. */
rc_status rc_column_guess_add(rc_column_guess *guess, const rc_cell_rules *rules,
                              size_t most_distinct, const char *cell, size_t n, rc_error *err);

rc_guess rc_column_guess_type(const rc_column_guess *guess, size_t most_distinct);
const char *rc_guess_word(rc_guess type);

void rc_column_guess_release(rc_column_guess *guess);

#endif
