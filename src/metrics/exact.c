/* exact.c - sums of doubles and of their products without any rounding. */
#include "metrics/exact.h"

#include <math.h>
#include <stdlib.h>

__extension__ typedef unsigned __int128 wide;

enum {
    DIGIT_BITS = 32,
    /* An addition moves a limb by less than 2^32, so 2^28 of them, twice over in a merge, stay
     * below 2^62; a limb holds 2^63. */
    MAX_ADDED = 1 << 28,
    PLACES = 1 << 20 /* more than any exponent, a multiple of DIGIT_BITS: makes them positive */
};

void rc_exact_release(rc_exact *sum)
{
    free(sum->limb);
    *sum = (rc_exact){0};
}

void rc_exact_reset(rc_exact *sum)
{
    if (sum->n > 0)
        memset(sum->limb, 0, sum->n * sizeof(*sum->limb));
    sum->n_added = 0;
    sum->has_failed = false;
}

/* Passes carries on: all limbs become digits but the last, which keeps the sign. The last limb
 * lies above every digit ever added, so it counts rows and does not overflow. */
static void normalise(rc_exact *sum)
{
    int64_t carry = 0;
    for (size_t i = 0; i + 1 < sum->n; i++) {
        int64_t v = sum->limb[i] + carry;
        sum->limb[i] = v & UINT32_MAX;
        carry = v >> DIGIT_BITS;
    }
    if (sum->n > 0)
        sum->limb[sum->n - 1] += carry;
    sum->n_added = 0;
}

static bool fail(rc_exact *sum)
{
    sum->has_failed = true;
    return false;
}

/* Makes the window hold places at ... at + n - 1. */
static bool widen(rc_exact *sum, int at, size_t n)
{
    int first = sum->n > 0 && sum->first < at ? sum->first : at;
    int end = at + (int)n;
    if (sum->n > 0 && sum->first + (int)sum->n > end)
        end = sum->first + (int)sum->n;
    size_t n_limbs = (size_t)(end - first);
    int64_t *limb = rc_alloc_array(n_limbs, sizeof(*limb));
    if (limb == NULL)
        return fail(sum);
    if (sum->n > 0)
        memcpy(limb + (sum->first - first), sum->limb, sum->n * sizeof(*limb));
    free(sum->limb);
    sum->limb = limb;
    sum->n = n_limbs;
    sum->first = first;
    normalise(sum);
    return true;
}

static inline bool holds(const rc_exact *sum, int at, size_t n)
{
    return at >= sum->first && (size_t)(at - sum->first) + n <= sum->n;
}

/* Counts an addition to limbs at ... at + n - 1 and gives the first of them, or NULL. */
static inline int64_t *prepare(rc_exact *sum, int at, size_t n)
{
    if (sum->has_failed)
        return NULL;
    if (!holds(sum, at, n) && !widen(sum, at, n))
        return NULL;
    if (++sum->n_added > MAX_ADDED) {
        normalise(sum);
        sum->n_added = 1;
    }
    return sum->limb + (at - sum->first);
}

/* Where 2^exponent lies: so many bits above the lowest of digit `digit`. */
typedef struct place {
    int digit;
    unsigned shift;
} place;

static inline place place_of(int exponent)
{
    unsigned bits = (unsigned)(exponent + PLACES);
    return (place){(int)(bits / DIGIT_BITS) - PLACES / DIGIT_BITS, bits % DIGIT_BITS};
}

/* *limb += or -= v; mask is 0 or -1. */
static inline void move_limb(int64_t *limb, uint64_t v, int64_t mask)
{
    *limb += ((int64_t)v ^ mask) - mask;
}

/* Adds +-m * 2^exponent. A zero must not widen the window to where zeros are. */
static inline bool add_narrow(rc_exact *sum, uint64_t m, int exponent, uint64_t negative)
{
    if (m == 0)
        return !sum->has_failed;
    place at = place_of(exponent);
    int64_t *limb = prepare(sum, at.digit, 4);
    if (limb == NULL)
        return false;
    int64_t mask = -(int64_t)negative;
    uint64_t low = m << at.shift, high = m >> 1 >> (63 - at.shift);
    move_limb(&limb[0], low & UINT32_MAX, mask);
    move_limb(&limb[1], low >> 32, mask);
    move_limb(&limb[2], high, mask);
    return true;
}

static inline bool add_wide(rc_exact *sum, wide m, int exponent, uint64_t negative)
{
    if (m == 0)
        return !sum->has_failed;
    place at = place_of(exponent);
    int64_t *limb = prepare(sum, at.digit, 6);
    if (limb == NULL)
        return false;
    int64_t mask = -(int64_t)negative;
    uint64_t m_low = (uint64_t)m, m_high = (uint64_t)(m >> 64);
    uint64_t low = m_low << at.shift, high = m_high >> 1 >> (63 - at.shift);
    uint64_t middle = m_high << at.shift | m_low >> 1 >> (63 - at.shift);
    move_limb(&limb[0], low & UINT32_MAX, mask);
    move_limb(&limb[1], low >> 32, mask);
    move_limb(&limb[2], middle & UINT32_MAX, mask);
    move_limb(&limb[3], middle >> 32, mask);
    move_limb(&limb[4], high, mask);
    return true;
}

/* A finite double is +-m * 2^exponent. */
typedef struct parts {
    uint64_t m, negative;
    int exponent;
} parts;

static inline bool take_apart(double x, parts *out)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof(bits));
    int biased = (int)(bits >> 52 & 0x7ff);
    uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    out->negative = bits >> 63;
    out->m = biased > 0 ? fraction | UINT64_C(1) << 52 : fraction;
    out->exponent = (biased > 0 ? biased : 1) - 1075;
    return biased != 0x7ff;
}

bool rc_exact_add(rc_exact *sum, double x)
{
    parts a;
    if (!take_apart(x, &a))
        return fail(sum);
    return add_narrow(sum, a.m, a.exponent, a.negative);
}

bool rc_exact_add_each(rc_exact *const *sums, const double *x, size_t n)
{
    bool ok = true;
    for (size_t i = 0; i < n; i++) {
        parts a;
        ok = (take_apart(x[i], &a) ? add_narrow(sums[i], a.m, a.exponent, a.negative)
                                   : fail(sums[i])) &&
             ok;
    }
    return ok;
}

bool rc_exact_add_u64(rc_exact *sum, uint64_t x)
{
    return add_narrow(sum, x, 0, 0);
}

bool rc_exact_add_scaled(rc_exact *sum, int64_t m, int exponent)
{
    return add_narrow(sum, m < 0 ? -(uint64_t)m : (uint64_t)m, exponent, m < 0);
}

bool rc_exact_add_product(rc_exact *sum, double x, double y)
{
    parts a, b;
    if (!take_apart(x, &a) || !take_apart(y, &b))
        return fail(sum);
    return add_wide(sum, (wide)a.m * b.m, a.exponent + b.exponent, a.negative ^ b.negative);
}

bool rc_exact_add_product3(rc_exact *sum, double x, double y, double z)
{
    parts a, b, c;
    if (!take_apart(x, &a) || !take_apart(y, &b) || !take_apart(z, &c))
        return fail(sum);
    wide ab = (wide)a.m * b.m;
    int exponent = a.exponent + b.exponent + c.exponent;
    uint64_t negative = a.negative ^ b.negative ^ c.negative;
    return add_wide(sum, (wide)(uint64_t)ab * c.m, exponent, negative) &&
           add_wide(sum, (wide)(uint64_t)(ab >> 64) * c.m, exponent + 64, negative);
}

static bool combine(rc_exact *into, const rc_exact *from, int64_t sign)
{
    if (into->has_failed || from->has_failed)
        return fail(into);
    if (from->n == 0)
        return true;
    if (!holds(into, from->first, from->n) && !widen(into, from->first, from->n))
        return false;
    int64_t *limb = into->limb + (from->first - into->first);
    for (size_t i = 0; i < from->n; i++)
        limb[i] += sign * from->limb[i];
    into->n_added += from->n_added + 1;
    if (into->n_added > MAX_ADDED)
        normalise(into);
    return true;
}

bool rc_exact_merge(rc_exact *into, const rc_exact *from)
{
    return combine(into, from, 1);
}

bool rc_exact_subtract(rc_exact *into, const rc_exact *from)
{
    return combine(into, from, -1);
}

static int64_t limb_at(const rc_exact *sum, int at)
{
    return holds(sum, at, 1) ? sum->limb[at - sum->first] : 0;
}

int rc_exact_compare(const rc_exact *a, const rc_exact *b)
{
    int begin = a->n > 0 ? a->first : b->first, end = begin;
    if (a->n > 0)
        end = a->first + (int)a->n;
    if (b->n > 0) {
        begin = b->first < begin ? b->first : begin;
        end = b->first + (int)b->n > end ? b->first + (int)b->n : end;
    }
    int64_t carry = 0;
    bool is_zero = true;
    for (int at = begin; at < end; at++) {
        int64_t v = carry + limb_at(a, at) - limb_at(b, at);
        is_zero = is_zero && (v & UINT32_MAX) == 0;
        carry = v >> DIGIT_BITS;
    }
    if (carry != 0)
        return carry < 0 ? -1 : 1;
    return is_zero ? 0 : 1;
}

int rc_exact_sign(const rc_exact *sum)
{
    return rc_exact_compare(sum, &(rc_exact){0});
}

/* Walks over the digits of |sum| from the lowest; behind the last limb the carry runs out in two
 * more digits. */
typedef struct walk {
    const rc_exact *sum;
    int64_t sign, carry;
    size_t i;
} walk;

enum { CARRY_DIGITS = 2 };

static uint32_t next_digit(walk *w)
{
    int64_t v = w->carry;
    if (w->i < w->sum->n)
        v += w->sign * w->sum->limb[w->i];
    w->i++;
    w->carry = v >> DIGIT_BITS;
    return (uint32_t)(v & UINT32_MAX);
}

/* |sum| lies in [bits, bits + 1) * 2^exponent, bit 63 set; *rest: it is not bits itself. sum is
 * not zero. */
static uint64_t leading_bits(const rc_exact *sum, int sign, int *exponent, bool *rest)
{
    walk w = {.sum = sum, .sign = sign};
    size_t top = 0;
    for (size_t i = 0; i < sum->n + CARRY_DIGITS; i++)
        if (next_digit(&w) != 0)
            top = i;
    w = (walk){.sum = sum, .sign = sign};
    uint32_t digit[3] = {0}; /* the last, the one before it, and the one before that */
    *rest = false;
    for (size_t i = 0; i <= top; i++) {
        *rest = *rest || digit[2] != 0;
        digit[2] = digit[1];
        digit[1] = digit[0];
        digit[0] = next_digit(&w);
    }
    wide all = (wide)digit[0] << 64 | (wide)digit[1] << 32 | digit[2];
    int drop = DIGIT_BITS - __builtin_clz(digit[0]);
    *rest = *rest || (all & (((wide)1 << drop) - 1)) != 0;
    *exponent = DIGIT_BITS * (sum->first + (int)top - 2) + drop;
    return (uint64_t)(all >> drop);
}

/* bits / 2^drop to the nearest integer, ties to even; drop is at least 1. */
static uint64_t drop_bits(uint64_t bits, int drop, bool rest)
{
    if (drop > 64)
        return 0;
    uint64_t kept = drop == 64 ? 0 : bits >> drop;
    uint64_t half = UINT64_C(1) << (drop - 1);
    uint64_t lost = bits & (half | (half - 1));
    if (lost > half || (lost == half && (rest || (kept & 1) != 0)))
        kept++;
    return kept;
}

double rc_exact_round(const rc_exact *sum)
{
    int sign = rc_exact_sign(sum), exponent;
    bool rest;
    if (sign == 0)
        return 0.0;
    uint64_t bits = leading_bits(sum, sign, &exponent, &rest);
    int unit = exponent + 11 < -1074 ? -1074 : exponent + 11;
    return sign * ldexp((double)drop_bits(bits, unit - exponent, rest), unit);
}

double rc_exact_ratio(const rc_exact *a, const rc_exact *b)
{
    int sign_a = rc_exact_sign(a), sign_b = rc_exact_sign(b), exponent_a, exponent_b;
    bool rest;
    if (sign_a == 0 || sign_b == 0)
        return 0.0;
    uint64_t bits = leading_bits(a, sign_a, &exponent_a, &rest);
    double over = (double)drop_bits(bits, 11, rest);
    bits = leading_bits(b, sign_b, &exponent_b, &rest);
    double under = (double)drop_bits(bits, 11, rest);
    return sign_a * sign_b * ldexp(over / under, exponent_a - exponent_b);
}

/* The digits of |sum|, lowest first; NULL without memory. */
static uint32_t *digits_of(const rc_exact *sum, int sign, size_t *n)
{
    *n = sum->n + CARRY_DIGITS;
    uint32_t *digit = rc_alloc_array(*n, sizeof(*digit));
    walk w = {.sum = sum, .sign = sign};
    for (size_t i = 0; digit != NULL && i < *n; i++)
        digit[i] = next_digit(&w);
    while (digit != NULL && *n > 1 && digit[*n - 1] == 0)
        (*n)--;
    return digit;
}

/* limb (n_a + n_b) becomes sign * a * b. */
static void multiply_digits(int64_t *limb, const uint32_t *a, size_t n_a, const uint32_t *b,
                            size_t n_b, int sign)
{
    for (size_t i = 0; i < n_a; i++) {
        uint64_t carry = 0;
        for (size_t j = 0; j < n_b; j++) {
            uint64_t v = (uint64_t)limb[i + j] + (uint64_t)a[i] * b[j] + carry;
            limb[i + j] = (int64_t)(v & UINT32_MAX);
            carry = v >> DIGIT_BITS;
        }
        limb[i + n_b] = (int64_t)carry;
    }
    for (size_t i = 0; i < n_a + n_b; i++)
        limb[i] *= sign;
}

bool rc_exact_multiply(rc_exact *out, const rc_exact *a, const rc_exact *b)
{
    rc_exact_reset(out);
    if (a->has_failed || b->has_failed)
        return fail(out);
    int sign_a = rc_exact_sign(a), sign_b = rc_exact_sign(b);
    if (sign_a == 0 || sign_b == 0)
        return true;
    size_t n_a, n_b;
    uint32_t *digit_a = digits_of(a, sign_a, &n_a), *digit_b = digits_of(b, sign_b, &n_b);
    int at = a->first + b->first;
    bool ok = digit_a != NULL && digit_b != NULL &&
              (holds(out, at, n_a + n_b + 1) || widen(out, at, n_a + n_b + 1));
    if (ok)
        multiply_digits(out->limb + (at - out->first), digit_a, n_a, digit_b, n_b, sign_a * sign_b);
    free(digit_a);
    free(digit_b);
    return ok || fail(out);
}
