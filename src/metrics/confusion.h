/* confusion.h - how often each label was taken for each: counts by (truth, predicted). */
#ifndef RC_METRICS_CONFUSION_H
#define RC_METRICS_CONFUSION_H

#include "metrics/exact.h"
#include "metrics/metrics.h"

/* A pair that has occurred; after a reset n is 0 and the cell counts as absent. */
typedef struct rc_cell {
    uint32_t truth, predicted;
    uint64_t n;
} rc_cell;

/* Labels below this have their cells in a table. */
enum { RC_CONFUSION_NEAR = 16 };

/* Memory grows with the distinct pairs, not with the square of the labels. */
typedef struct rc_confusion {
    rc_cell *cells; /* (n) in the order of appearance */
    size_t n, cell_capacity;
    rc_exact *weights; /* (n) sums of weights; NULL when unweighted */
    size_t weight_capacity;
    uint32_t *slots; /* (n_slots) number of a cell + 1, or 0; open addressing */
    size_t n_slots;  /* a power of 2, more than 2 n */
    uint32_t near[RC_CONFUSION_NEAR][RC_CONFUSION_NEAR]; /* [truth][predicted] as slots */
    bool is_weighted;
} rc_confusion;

bool rc_confusion_init(rc_confusion *confusion, bool is_weighted);
void rc_confusion_release(rc_confusion *confusion);
void rc_confusion_reset(rc_confusion *confusion);

/* Each false when memory has ended. */
bool rc_confusion_add(rc_confusion *confusion, const rc_metric_rows *rows);

/* map gives the number in `into` for a label of `from`. */
bool rc_confusion_merge(rc_confusion *into, const rc_confusion *from, const size_t *map);

/* Adds what cell i holds, its weight or its count, to sum. */
bool rc_confusion_add_cell(const rc_confusion *confusion, size_t i, rc_exact *sum);

#endif
