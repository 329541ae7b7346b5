/* num_exact.h - on which side of a midpoint between two neighbours a decimal lies. */
#ifndef RC_BASE_NUM_EXACT_H
#define RC_BASE_NUM_EXACT_H

#include <stdbool.h>
#include <stdint.h>

/* That many digits always fit 64 bits. */
enum { RC_NUM_SAFE_DIGITS = 19 };

/* A binary format: the bits of the fraction, the bias of the exponent, infinity. */
typedef struct rc_num_format {
    int fraction_bits;
    int bias;
    uint64_t infinity;
} rc_num_format;

/* digits * 10^exponent. If cut, digits are the first RC_NUM_SAFE_DIGITS of more. */
typedef struct rc_num_decimal {
    uint64_t digits;
    int64_t exponent;
    bool cut;
    const char *first; /* the first digit that is not 0, if cut */
    const char *end;   /* behind the last digit; a point may be between */
} rc_num_decimal;

/* Whether d is above the midpoint of low and its neighbour above, or on it and low is odd. d is
 * known to lie between the two. low holds the bits of a number of this format. */
bool rc_num_rounds_up(const rc_num_format *f, const rc_num_decimal *d, uint64_t low);

#endif
