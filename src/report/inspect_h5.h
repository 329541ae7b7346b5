/* inspect_h5.h - what is in an HDF5 file, as JSON and as text. */
#ifndef RC_REPORT_INSPECT_H5_H
#define RC_REPORT_INSPECT_H5_H

#include "report/inspect.h"
#include "table/h5/table.h"

/* What has been seen of an HDF5 file. Borrowed. */
typedef struct rc_inspected_h5 {
    const rc_h5_tree *tree;
    const rc_h5_node *only;          /* the only table that can be scored, or NULL */
    const rc_inspected_table *table; /* its columns, and rows; NULL: see failure */
    const char *failure;             /* why no more rows were looked at, or NULL */
} rc_inspected_h5;

/* The only object of the tree that can be scored; NULL if there is none, or several. */
const rc_h5_node *rc_inspect_h5_only(const rc_h5_tree *tree);

/* Appends the description as JSON or as text. Nothing in the tree is trusted but its lengths. */
rc_status rc_inspect_h5(rc_buf *out, const rc_inspected *file, const rc_inspected_h5 *h5,
                        bool is_json, rc_error *err);

#endif
