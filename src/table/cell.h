/* cell.h - what one cell of text is: a number, missing, or something else. */
#ifndef RC_TABLE_CELL_H
#define RC_TABLE_CELL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/num.h"

/* Texts that mean "missing" besides the empty cell. */
typedef struct rc_missing_list {
    const char *const *items;
    size_t n;
} rc_missing_list;

/* NA,N/A,n/a,NaN,nan,-nan,NULL,null,None,<NA>,#N/A */
extern const rc_missing_list rc_missing_default;

/* Moves begin and end so that no blank (space, tab) stands at either side. */
void rc_cell_trim(const char **begin, const char **end);

/* Whether the cell's text without blanks is empty or in the list. */
bool rc_cell_is_missing(const rc_missing_list *list, const char *text, size_t n);

#endif
