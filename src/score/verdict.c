/* verdict.c - which rows of a tile have no score. */
#include "score/verdict.h"

#include <math.h>

/* x - x is 0 for finite x, else NaN, which stays in a sum: the loops of the usual case are sums. */
static void add_columns(const double *columns, size_t width, double sums[RC_TILE_ROWS])
{
    for (size_t k = 0; k < width; k++)
        for (size_t r = 0; r < RC_TILE_ROWS; r++)
            sums[r] += columns[k * RC_TILE_ROWS + r] - columns[k * RC_TILE_ROWS + r];
}

/* NaN in a margin, and no infinity, makes its sum NaN. */
static void add_nans(const double *columns, size_t width, double sums[RC_TILE_ROWS])
{
    for (size_t k = 0; k < width; k++)
        for (size_t r = 0; r < RC_TILE_ROWS; r++)
            sums[r] += isnan(columns[k * RC_TILE_ROWS + r]) ? NAN : 0;
}

uint64_t rc_verdict_non_finite(const rc_scratch *scratch, size_t width, bool needs_margin)
{
    double sums[RC_TILE_ROWS] = {0};
    add_columns(scratch->value, width, sums);
    if (needs_margin)
        add_columns(scratch->margin, width, sums);
    else
        add_nans(scratch->margin, width, sums);
    uint64_t bad = 0;
    for (size_t r = 0; r < RC_TILE_ROWS; r++)
        bad |= (uint64_t)isnan(sums[r]) << r;
    return bad;
}

const char *rc_verdict_text(const rc_scratch *scratch, size_t width, size_t r, bool needs_margin)
{
    double score = INFINITY;
    for (size_t k = width; k-- > 0;) {
        double value = scratch->value[k * RC_TILE_ROWS + r];
        double margin = scratch->margin[k * RC_TILE_ROWS + r];
        if (!isfinite(value))
            score = value;
        else if (isnan(margin) || (needs_margin && !isfinite(margin)))
            score = margin;
    }
    return isnan(score) ? "the score is not a number (NaN)" : "the score is infinite";
}
