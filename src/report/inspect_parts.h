/* inspect_parts.h - what the files that say what is in a file share. */
#ifndef RC_REPORT_INSPECT_PARTS_H
#define RC_REPORT_INSPECT_PARTS_H

#include "metrics/json.h"
#include "report/inspect.h"
#include "report/inspect_grid.h"

/* Begins the object: kind, path, bytes. */
json_t *rc_json_begin(const char *kind, const rc_inspected *file);

/* Appends a scalar as people read it: a text in quotes only where its ends would not be seen. */
bool rc_text_value(rc_buf *out, const json_t *value);
/* Appends the first of a list, with commas between, and how many more there are. */
bool rc_text_list(rc_buf *out, const json_t *list, size_t most);
/* Appends "  NAME  " of a line whose values stand below each other, the line, or the one of a
 * member (nothing where it is absent). */
bool rc_text_label(rc_buf *out, const char *name);
bool rc_text_line(rc_buf *out, const char *name, const char *value);
bool rc_text_member(rc_buf *out, const json_t *object, const char *name);
/* Appends a table: `put` appends the cells of an item. Behind `most` items the rest is counted. */
typedef bool rc_text_row(rc_grid *grid, const json_t *item, size_t i);
bool rc_text_table(rc_buf *out, const json_t *list, size_t most, size_t n_columns,
                   rc_text_row *put);
/* Appends "PATH: WHAT", and the size. */
bool rc_text_title(rc_buf *out, const json_t *made, const char *what);

/* Appends `made`, whose last member is an empty list of columns, as JSON with the columns of the
 * table in it and the first rows behind; and what text says of both. */
bool rc_table_json(rc_buf *out, const json_t *made, const rc_inspected_table *table, size_t level);
bool rc_table_text(rc_buf *out, const rc_inspected_table *table);

bool rc_inspect_model_text(rc_buf *out, const json_t *made);
bool rc_inspect_report_text(rc_buf *out, const json_t *made);

#endif
