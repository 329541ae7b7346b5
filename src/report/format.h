/* format.h - numbers and labels for people, and JSON, the same under every locale. */
#ifndef RC_REPORT_FORMAT_H
#define RC_REPORT_FORMAT_H

#include <jansson.h>

#include "base/mem.h"
#include "base/num.h"

/* Appends x with n decimals (at most 9), rounded correctly, ties to even; |x| below 1e15, others
 * as rc_num_print_f64 has them. */
bool rc_format_fixed(rc_buf *out, double x, int n_decimals);

/* Appends x with at most 8 significant digits; a bound with 2, rounded up. */
bool rc_format_short(rc_buf *out, double x);
bool rc_format_bound(rc_buf *out, double x);

/* Appends the shortest text of x that reads back. */
bool rc_format_exact(rc_buf *out, double x);

/* Appends text, escaped as messages have it; a label is also cut as there. */
bool rc_format_text(rc_buf *out, const char *text, size_t n);
bool rc_format_label(rc_buf *out, const char *text, size_t n);

/* Characters of n bytes of UTF-8. */
size_t rc_format_width(const char *text, size_t n);

/* Appends text to the left or the right in a field of `width` characters. */
bool rc_format_left(rc_buf *out, const char *text, size_t n, size_t width);
bool rc_format_right(rc_buf *out, const char *text, size_t n, size_t width);

/* Appends value as JSON: members in their order, two blanks a level, arrays without containers
 * on one line. Values that are no finite numbers must not occur: they are written as null. */
bool rc_format_json(rc_buf *out, const json_t *value, size_t level);

#endif
