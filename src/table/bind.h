/* bind.h - which column of a table feeds which input, and which are truth, weight, copies. */
#ifndef RC_TABLE_BIND_H
#define RC_TABLE_BIND_H

#include "base/error.h"
#include "table/dialect.h"

#define RC_NO_COLUMN SIZE_MAX

/* What is asked of a table. Columns are header names or positions from 1. Borrowed. */
typedef struct rc_bind_request {
    size_t n_inputs;
    const char *const *inputs; /* (n_inputs) names, or NULL: by position */
    const char *const *mapped; /* (n_inputs) the COLUMN that feeds each, NULL: found; or NULL */
    rc_strings columns;        /* (n_inputs) or none: what feeds inputs without names, in order */
    rc_strings truth, id, keep;
    const char *weight; /* or NULL */
    bool keep_all;
} rc_bind_request;

/* Columns from 0. */
typedef struct rc_binding {
    size_t *features; /* (n_inputs) */
    size_t n_features;
    size_t *truth; /* (n_truth) */
    size_t n_truth;
    size_t weight;  /* RC_NO_COLUMN: none */
    size_t *copies; /* (n_copies) id, then keep, each column once */
    size_t n_copies;
} rc_binding;

/**
 * Binds inputs by name where they have names and the table has a header, else by position over all
 * columns that are neither truth, weight nor id; then the counts must fit, unless there are no
 * inputs. An only input that finds no column of its name takes the only column that is left.
 * A mapped input is fed by its column alone, and the others find theirs without it: by name any
 * column, by position those that feed no mapped input. Listed columns take the place of all that;
 * as many must be listed as there are inputs.
 *
 * Errors   RC_E_DATA: all missing inputs in one text, with the nearest names and the columns that
 *          are left over; a name that occurs twice in the header; counts that differ; a COLUMN that
 *          is none.
 *          RC_E_USAGE: a truth that is also an input, but for inputs that bind by position; a
 *          column that is listed twice.
 */
rc_status rc_binding_init(rc_binding *binding, const rc_schema *schema,
                          const rc_bind_request *request, rc_error *err);
void rc_binding_release(rc_binding *binding);

/* Name of a column for messages: 'age', or 3 where there is no header. Returns out. */
const char *rc_column_label(const rc_schema *schema, size_t column, char out[192]);

#endif
