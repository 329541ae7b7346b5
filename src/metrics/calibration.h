/* calibration.h - whether probabilities are as large as how often they are right. */
#ifndef RC_METRICS_CALIBRATION_H
#define RC_METRICS_CALIBRATION_H

#include "metrics/exact.h"

/* Bin b holds probabilities above b / 15 (bin 0: all below, too) up to (b + 1) / 15 (the last: all
 * above, too), the bounds rounded to doubles. */
enum { RC_CALIBRATION_BINS = 15 };

/* The sum of the rows' probabilities and how many came true; by weight if there are weights. */
typedef struct rc_calibration_bin {
    uint64_t n_rows, n_true;      /* unweighted */
    rc_exact weight, true_weight; /* weighted */
    rc_exact probability;
} rc_calibration_bin;

typedef struct rc_calibration {
    rc_calibration_bin bins[RC_CALIBRATION_BINS];
} rc_calibration;

void rc_calibration_release(rc_calibration *calibration);
void rc_calibration_reset(rc_calibration *calibration);

/* Each false when memory has ended. The first adds n rows, at most RC_EXACT_BATCH, without weights,
 * the second one row with a weight. */
bool rc_calibration_add_all(rc_calibration *calibration, const double *probability,
                            const bool *is_true, size_t n);
bool rc_calibration_add(rc_calibration *calibration, double probability, bool is_true,
                        double weight);
bool rc_calibration_merge(rc_calibration *into, const rc_calibration *from);

/**
 * The expected calibration error: the mean over the rows of their bin's distance between the mean
 * probability and the share that came true.
 *
 * total is the number of rows, or their weight; not zero.
 * Source: Guo, Pleiss, Sun, Weinberger 2017, On Calibration of Modern Neural Networks, ICML.
 */
bool rc_calibration_error(const rc_calibration *calibration, const rc_exact *total, double *out);

#endif
