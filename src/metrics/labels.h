/* labels.h - the labels of a classification: the model's classes, then others as they appear. */
#ifndef RC_METRICS_LABELS_H
#define RC_METRICS_LABELS_H

#include <stdint.h>

#include "base/mem.h"

/* Of several texts of one number the shortest is kept, of these the first by bytes: the choice
 * does not depend on the order of the rows. */
typedef struct rc_label {
    size_t at, n; /* in the text of rc_labels */
    double number;
    bool is_number;
} rc_label;

typedef struct rc_labels {
    rc_label *items;
    size_t n, capacity, n_classes;
    rc_buf text;
    size_t n_class_bytes; /* of text */
    uint32_t *slots;      /* (n_slots) number of a label + 1, or 0; open addressing */
    size_t n_slots;       /* a power of 2, more than 2 n */
} rc_labels;

bool rc_labels_init(rc_labels *labels, const char *const *classes, size_t n_classes);
void rc_labels_release(rc_labels *labels);
void rc_labels_reset(rc_labels *labels); /* the classes alone */

/* Sets *label to the number of the text, a new one if need be, or to RC_LABELS_FULL where max
 * labels are no class already; false when memory has ended. */
#define RC_LABELS_FULL SIZE_MAX
bool rc_labels_find(rc_labels *labels, const char *text, size_t n, size_t max, size_t *label);

static inline const char *rc_labels_text(const rc_labels *labels, size_t label)
{
    return labels->text.data + labels->items[label].at;
}

/* Fills order (n) with the numbers of all labels: the classes as they stand, then the others
 * sorted. With sort_classes all are sorted together, as people look for them. */
void rc_labels_order(const rc_labels *labels, bool sort_classes, size_t *order);

#endif
