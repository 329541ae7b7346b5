/* inspect_grid.h - text in columns that are as wide as their cells need. */
#ifndef RC_REPORT_INSPECT_GRID_H
#define RC_REPORT_INSPECT_GRID_H

#include "base/mem.h"

/* {.n_columns = n} is an empty one. */
typedef struct rc_grid {
    size_t n_columns;
    rc_buf text;  /* of all cells, one after the other */
    size_t *ends; /* (n_cells) row by row */
    size_t n_cells, capacity;
} rc_grid;

/* What was appended to grid->text since the last call is the next cell. */
bool rc_grid_end_cell(rc_grid *grid);

/* Appends all rows, each behind two blanks, without blanks at its end. Of the columns as many, but
 * at least one, as fit in `width` characters; *n_shown tells how many (may be NULL). */
bool rc_grid_print(const rc_grid *grid, size_t width, rc_buf *out, size_t *n_shown);

void rc_grid_release(rc_grid *grid);

#endif
