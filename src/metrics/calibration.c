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
static inline size_t bin_of(double p)
{
    int b = (int)((p > 0.0 ? p < 1.0 ? p : 1.0 : 0.0) * RC_CALIBRATION_BINS);
    b = b < RC_CALIBRATION_BINS ? b : RC_CALIBRATION_BINS - 1;
    b += p > bounds[b + 1] && b < RC_CALIBRATION_BINS - 1;
    b -= p <= bounds[b] && b > 0;
    return (size_t)b;
}

bool rc_calibration_add_all(rc_calibration *calibration, const double *probability,
                            const bool *is_true, size_t n)
{
    rc_exact *sums[RC_EXACT_BATCH];
    for (size_t i = 0; i < n; i++) {
        rc_calibration_bin *bin = &calibration->bins[bin_of(probability[i])];
        bin->n_rows++;
        bin->n_true += is_true[i];
        sums[i] = &bin->probability;
    }
    return rc_exact_add_each(sums, probability, n);
}

bool rc_calibration_add(rc_calibration *calibration, double probability, bool is_true,
                        double weight)
{
    rc_calibration_bin *bin = &calibration->bins[bin_of(probability)];
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
