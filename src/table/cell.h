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

/* How the cells of a table are to be read. Borrowed. */
typedef struct rc_cell_rules {
    rc_missing_list missing;
    char decimal; /* the decimal point; 0 is '.' */
} rc_cell_rules;

/* A number with the decimal point of the rules. If that is not '.', the text with a point in its
 * place is a number, and has no '.' itself. RC_NUM_SLACK bytes behind the text are readable. False,
 * and *value untouched, if it is no number. The second rounds to float32 at once. */
bool rc_cell_number(const rc_cell_rules *rules, const char *text, size_t n, double *value);
bool rc_cell_number_f32(const rc_cell_rules *rules, const char *text, size_t n, float *value);

/* Moves begin and end so that no blank (space, tab) stands at either side. */
void rc_cell_trim(const char **begin, const char **end);

/* Whether the cell's text without blanks is empty or in the list. */
bool rc_cell_is_missing(const rc_missing_list *list, const char *text, size_t n);

/* Whether a listed text is a number, as -999. Only then is a cell to be asked whether it is missing
 * before it is read as a number: a cell that is both is missing. */
bool rc_cell_hides_numbers(const rc_cell_rules *rules);

#endif
