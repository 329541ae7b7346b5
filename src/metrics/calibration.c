/* calibration.c - whether probabilities are as large as how often they are right. */
#include "metrics/calibration.h"

void rc_calibration_release(rc_calibration *calibration)
{
    for (size_t b = 0; b < RC_CALIBRATION_BINS; b++) {
        rc_exact_release(&calibration->bins[b].weight);
        rc_exact_release(&calibration->bins[b].true_weight);
        rc_exact_release(&calibration->bins[b].probability);
    }
}

void rc_calibration_reset(rc_calibration *calibration)
{
    for (size_t b = 0; b < RC_CALIBRATION_BINS; b++) {
        rc_calibration_bin *bin = &calibration->bins[b];
        bin->n_rows = bin->n_true = 0;
        rc_exact_reset(&bin->weight);
        rc_exact_reset(&bin->true_weight);
        rc_exact_reset(&bin->probability);
    }
}

#define BOUND(b) ((double)(b) / RC_CALIBRATION_BINS)
static const double bounds[RC_CALIBRATION_BINS + 1] = {
    BOUND(0), BOUND(1), BOUND(2),  BOUND(3),  BOUND(4),  BOUND(5),  BOUND(6),  BOUND(7),
    BOUND(8), BOUND(9), BOUND(10), BOUND(11), BOUND(12), BOUND(13), BOUND(14), BOUND(15)};

/* The product may be rounded across a bound, by one bin at most. */
static inline int bin_of(double p)
{
    if (!(p > 0.0))
        return 0;
    if (!(p < 1.0))
        return RC_CALIBRATION_BINS - 1;
    int b = (int)(p * RC_CALIBRATION_BINS);
    if (p <= bounds[b])
        return b > 0 ? b - 1 : 0;
    return p > bounds[b + 1] ? b + 1 : b;
}

bool rc_calibration_add(rc_calibration *calibration, double probability, bool is_true,
                        bool is_weighted, double weight)
{
    rc_calibration_bin *bin = &calibration->bins[bin_of(probability)];
    if (!is_weighted) {
        bin->n_rows++;
        bin->n_true += is_true;
        return rc_exact_add(&bin->probability, probability);
    }
    return rc_exact_add(&bin->weight, weight) &&
           (!is_true || rc_exact_add(&bin->true_weight, weight)) &&
           rc_exact_add_product(&bin->probability, weight, probability);
}

bool rc_calibration_merge(rc_calibration *into, const rc_calibration *from)
{
    bool ok = true;
    for (size_t i = 0; i < RC_CALIBRATION_BINS && ok; i++) {
        rc_calibration_bin *a = &into->bins[i];
        const rc_calibration_bin *b = &from->bins[i];
        a->n_rows += b->n_rows;
        a->n_true += b->n_true;
        ok = rc_exact_merge(&a->weight, &b->weight) &&
             rc_exact_merge(&a->true_weight, &b->true_weight) &&
             rc_exact_merge(&a->probability, &b->probability);
    }
    return ok;
}

/* In each bin the distance times the bin's rows is |came true - sum of probabilities|. */
bool rc_calibration_error(const rc_calibration *calibration, const rc_exact *total, double *out)
{
    rc_exact sum = {0}, difference = {0};
    bool ok = true;
    for (size_t i = 0; i < RC_CALIBRATION_BINS && ok; i++) {
        const rc_calibration_bin *bin = &calibration->bins[i];
        rc_exact_reset(&difference);
        ok = rc_exact_add_u64(&difference, bin->n_true) &&
             rc_exact_merge(&difference, &bin->true_weight) &&
             rc_exact_subtract(&difference, &bin->probability) &&
             (rc_exact_sign(&difference) < 0 ? rc_exact_subtract(&sum, &difference)
                                             : rc_exact_merge(&sum, &difference));
    }
    *out = ok ? rc_exact_ratio(&sum, total) : 0.0;
    rc_exact_release(&sum);
    rc_exact_release(&difference);
    return ok;
}
