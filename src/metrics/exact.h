/* exact.h - sums of doubles and of their products without any rounding. */
#ifndef RC_METRICS_EXACT_H
#define RC_METRICS_EXACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

/* A number as digits of base 2^32: the sum of limb[i] * 2^(32 * (first + i)). {0} is zero.
 *
 * Limbs are wider than digits, so that carries wait; the window of limbs grows to where digits
 * are needed, a few dozen bytes for data of ordinary range. When memory ends the sum fails for
 * good: has_failed stays, every result that it takes part in fails too, and one look at the last
 * result is enough. A value that is not finite fails the same way. Room is for 2^62 additions. */
typedef struct rc_exact {
    int64_t *limb; /* (n) the last one is room for carries */
    size_t n;
    int first;
    uint32_t n_added; /* additions since carries were last passed on */
    bool has_failed;
} rc_exact;

void rc_exact_release(rc_exact *sum);
void rc_exact_reset(rc_exact *sum); /* zero; keeps memory */

/* Each adds to the sum and returns !has_failed. Products are exact for all finite factors: they
 * are made of integers, so nothing underflows. */
bool rc_exact_add(rc_exact *sum, double x);
bool rc_exact_add_u64(rc_exact *sum, uint64_t x);
bool rc_exact_add_scaled(rc_exact *sum, int64_t m, int exponent); /* m * 2^exponent */
bool rc_exact_add_product(rc_exact *sum, double a, double b);
bool rc_exact_add_product3(rc_exact *sum, double a, double b, double c);

/* The same for x[0] to x[n - 1], or for their squares, at once and several times as fast. What
 * stands in x behind them is not read; all of it is overwritten. */
enum { RC_EXACT_BATCH = 64 };
bool rc_exact_add_all(rc_exact *sum, double x[RC_EXACT_BATCH], size_t n);
bool rc_exact_add_squares(rc_exact *sum, double x[RC_EXACT_BATCH], size_t n);

/* Adds x[i] to *sums[i]. */
bool rc_exact_add_each(rc_exact *const *sums, const double *x, size_t n);

bool rc_exact_merge(rc_exact *into, const rc_exact *from);
bool rc_exact_subtract(rc_exact *into, const rc_exact *from);

/* Sets out, which is neither a nor b, to a * b. */
bool rc_exact_multiply(rc_exact *out, const rc_exact *a, const rc_exact *b);

/* -1, 0 or 1 as a is less than, equal to or greater than b; than zero. */
int rc_exact_compare(const rc_exact *a, const rc_exact *b);
int rc_exact_sign(const rc_exact *sum);

/* The nearest double, ties to even; infinite beyond the range. */
double rc_exact_round(const rc_exact *sum);

/* a / b for b != 0, within 2 units in the last place also where a or b has no double. */
double rc_exact_ratio(const rc_exact *a, const rc_exact *b);

/* Appends the canonical text: hexadecimal digits that neither begin nor end with 0 and an exponent
 * of 2 that is a multiple of 4, "-0x1a3fp-1076"; zero is "0x0p+0". */
bool rc_exact_print(const rc_exact *sum, rc_buf *out);

/* Reads what rc_exact_print writes and nothing else into *out, which is zero before. False if it
 * is no such text, has more than RC_EXACT_MAX_DIGITS digits or a larger exponent. */
enum { RC_EXACT_MAX_DIGITS = 4096, RC_EXACT_MAX_EXPONENT = 16384 };
bool rc_exact_parse(rc_exact *out, const char *text, size_t n);

#endif
