/* inspect.h - what is in a model, a table or a report: as JSON, and from that as text. */
#ifndef RC_REPORT_INSPECT_H
#define RC_REPORT_INSPECT_H

#include <jansson.h>

#include "base/mem.h"
#include "report/inspect_column.h"
#include "score/plan.h"
#include "table/h5/table.h"

/* Of a longer list text shows the first ones and counts the rest; JSON has all. */
enum { RC_INSPECT_SHOWN = 50 };

/* The file that is looked at. */
typedef struct rc_inspected {
    const char *path; /* "-" is standard input */
    bool has_bytes;
    uint64_t n_bytes; /* as they are stored */
} rc_inspected;

typedef enum rc_line_end {
    RC_LINE_END_ABSENT, /* there is none */
    RC_LINE_END_LF,
    RC_LINE_END_CRLF,
    RC_LINE_END_CR,
    RC_LINE_END_MIXED
} rc_line_end;

/* What has been seen of a table. Borrowed. */
typedef struct rc_inspected_table {
    rc_compression compression;
    int delimiter; /* RC_NO_DELIMITER: one column */
    bool has_header, has_mark, has_quotes;
    rc_line_end line_end;
    size_t n_columns, n_described; /* text describes RC_INSPECT_SHOWN at most */
    char *const *names;            /* (n_columns) or NULL */
    const size_t *name_bytes;
    const rc_h5_column *stored;     /* (n_columns) how HDF5 has them, and their names; or NULL */
    const rc_column_guess *columns; /* (n_described) */
    uint64_t n_rows;                /* that were looked at */
    uint64_t n_ragged;              /* of these with another number of cells, and left out */
    bool is_all;                    /* no row follows */
    json_t *first_rows;             /* a list of lists of texts */
} rc_inspected_table;

/* Each makes an object {"kind": ...}, to be released by the caller, and rc_inspect_text appends it
 * as text for people. `report` is a rowcast-report;
 * what it lacks is RC_E_DATA. */
rc_status rc_inspect_model(json_t **out, const rc_inspected *file, const rc_model *model,
                           const rc_plan *plan, rc_error *err);
rc_status rc_inspect_report(json_t **out, const rc_inspected *file, const json_t *report,
                            rc_error *err);
bool rc_inspect_text(rc_buf *out, const json_t *made);

/* Distinct texts that are counted of each column; fewer in a very wide table, as they are kept. */
size_t rc_inspect_most_distinct(size_t n_columns);

/* Appends the description of a table as JSON (which describes all columns) or as text. */
rc_status rc_inspect_table(rc_buf *out, const rc_inspected *file, const rc_inspected_table *table,
                           bool is_json, rc_error *err);

#endif
