/* inspect_json.h - what the files that say what is in a file share. */
#ifndef RC_REPORT_INSPECT_JSON_H
#define RC_REPORT_INSPECT_JSON_H

#include "report/inspect.h"
#include "report/inspect_grid.h"

/* Sets a member, which is taken; false if there was no memory for it (NULL). */
bool rc_put(json_t *object, const char *name, json_t *value);
bool rc_put_item(json_t *list, json_t *value);

/* Text as JSON can hold it; NULL is null. */
json_t *rc_json_text(const char *text);
/* A number; NaN and infinities are "nan", "inf", "-inf" as in a model. */
json_t *rc_json_real(double x);
json_t *rc_json_count(uint64_t n);

/* Begins the object: kind, path, bytes. */
json_t *rc_json_begin(const char *kind, const rc_inspected *file);

/* Appends a scalar as people read it: a text in quotes only where its ends would not be seen. */
bool rc_text_value(rc_buf *out, const json_t *value);
/* Appends the first of a list, with commas between, and how many more there are. */
bool rc_text_list(rc_buf *out, const json_t *list, size_t most);
/* Appends "  NAME  VALUE" with the values below each other. */
bool rc_text_line(rc_buf *out, const char *name, const char *value);
bool rc_text_member(rc_buf *out, const char *name, const json_t *value);
/* Appends "PATH: WHAT", and the size. */
bool rc_text_title(rc_buf *out, const json_t *made, const char *what);

bool rc_inspect_model_text(rc_buf *out, const json_t *made);
bool rc_inspect_table_text(rc_buf *out, const json_t *made);
bool rc_inspect_report_text(rc_buf *out, const json_t *made);

#endif
