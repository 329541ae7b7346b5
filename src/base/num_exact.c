/* num_exact.c - compare a decimal of any length with a midpoint, both as whole numbers. */
#include "base/num_exact.h"

#include <string.h>

#include "base/pow10.h"

enum {
    KEPT_DIGITS = 800, /* a midpoint of doubles has at most 768 */
    BIG_LIMBS = 64
};

/* A whole number. Limbs bound: the digits kept, 10^KEPT_DIGITS, have 2662 bits; the midpoint they
 * are compared with is 54 bits times at most 5^1124, 2664 bits; the shift that comes last makes
 * the smaller as long as the larger and 64 bits. */
typedef struct big {
    int n;
    uint64_t limb[BIG_LIMBS];
} big;

static void big_multiply_add(big *b, uint64_t factor, uint64_t carry)
{
    for (int i = 0; i < b->n; i++) {
        rc_u128 x = (rc_u128)b->limb[i] * factor + carry;
        b->limb[i] = (uint64_t)x;
        carry = (uint64_t)(x >> 64);
    }
    if (carry > 0)
        b->limb[b->n++] = carry;
}

static void big_multiply_pow5(big *b, int64_t n)
{
    const uint64_t five_27 = 7450580596923828125;
    for (; n >= 27; n -= 27)
        big_multiply_add(b, five_27, 0);
    uint64_t rest = 1;
    for (; n > 0; n--)
        rest *= 5;
    big_multiply_add(b, rest, 0);
}

static void big_shift(big *b, int64_t n_bits)
{
    int n = (int)(n_bits / 64);
    big_multiply_add(b, UINT64_C(1) << n_bits % 64, 0);
    memmove(b->limb + n, b->limb, (size_t)b->n * sizeof(b->limb[0]));
    memset(b->limb, 0, (size_t)n * sizeof(b->limb[0]));
    b->n += n;
}

static int big_compare(const big *a, const big *b)
{
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    for (int i = a->n - 1; i >= 0; i--)
        if (a->limb[i] != b->limb[i])
            return a->limb[i] < b->limb[i] ? -1 : 1;
    return 0;
}

/* All digits of a cut number, as a whole number times 10^*exponent. Of more than KEPT_DIGITS the
 * others become a 1 if any is not 0: no midpoint is so long, so it stays on its side of each. */
static void big_read(big *b, const rc_num_decimal *d, int64_t *exponent)
{
    int n_kept = 0;
    const char *p = d->first;
    b->n = 0;
    for (; p < d->end && n_kept < KEPT_DIGITS; p++)
        if (*p != '.') {
            big_multiply_add(b, 10, (uint64_t)(*p - '0'));
            n_kept++;
        }
    while (p < d->end && (*p == '0' || *p == '.'))
        p++;
    if (p < d->end) {
        big_multiply_add(b, 10, 1);
        n_kept++;
    }
    *exponent = d->exponent + RC_NUM_SAFE_DIGITS - n_kept;
}

bool rc_num_rounds_up(const rc_num_format *f, const rc_num_decimal *d, uint64_t low)
{
    uint64_t hidden = UINT64_C(1) << f->fraction_bits, fraction = low & (hidden - 1);
    int biased = (int)(low >> f->fraction_bits);
    uint64_t midpoint = biased > 0 ? 2 * (hidden + fraction) + 1 : 2 * fraction + 1;
    int64_t ten = d->exponent, two = (biased > 0 ? biased : 1) - f->bias - f->fraction_bits - 1;
    big a = {.n = 0}, b = {.n = 0};
    if (d->cut)
        big_read(&a, d, &ten);
    else
        big_multiply_add(&a, 0, d->digits);
    big_multiply_add(&b, 0, midpoint);
    /* a * 10^ten against b * 2^two, without negative powers */
    big_multiply_pow5(ten < 0 ? &b : &a, ten < 0 ? -ten : ten);
    if (ten >= two)
        big_shift(&a, ten - two);
    else
        big_shift(&b, two - ten);
    int order = big_compare(&a, &b);
    return order > 0 || (order == 0 && (low & 1) != 0);
}
