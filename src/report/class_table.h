/* class_table.h - a classification's table of classes and confusion matrix as text. */
#ifndef RC_REPORT_CLASS_TABLE_H
#define RC_REPORT_CLASS_TABLE_H

#include <jansson.h>

#include "base/mem.h"

/* Appends the table of precision, recall, F1 and support of each class and their means, laid out
 * as scikit-learn's classification_report(digits=4); nothing where accuracy is null. False when
 * memory has ended. */
bool rc_class_table(rc_buf *out, const json_t *values);

/* Appends the matrix, rows truth and columns predictions, in the same order of labels. */
bool rc_class_matrix(rc_buf *out, const json_t *confusion);

#endif
