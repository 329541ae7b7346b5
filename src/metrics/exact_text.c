/* exact_text.c - exact sums as canonical hexadecimal text and back. */
#include <stdlib.h>

#include "base/num.h"
#include "metrics/exact.h"

enum { NIBBLES = 8 };

static bool print_exponent(rc_buf *out, int exponent)
{
    char text[RC_NUM_BYTES];
    size_t n = rc_num_print_u64((uint64_t)abs(exponent), text);
    return rc_buf_text(out, exponent < 0 ? "p-" : "p+") && rc_buf_append(out, text, n);
}

/* Digit i of |sum|, of which carry says what the lower ones passed on. */
static uint32_t digit_at(const rc_exact *sum, int sign, size_t i, int64_t *carry)
{
    int64_t v = *carry + (i < sum->n ? sign * sum->limb[i] : 0);
    *carry = v >> 32;
    return (uint32_t)(v & UINT32_MAX);
}

/* Appends the hexadecimal digits lowest first, zeros included. */
static bool append_reversed(const rc_exact *sum, int sign, rc_buf *out)
{
    int64_t carry = 0;
    for (size_t i = 0; i < sum->n + 2; i++) {
        char text[NIBBLES];
        uint32_t digit = digit_at(sum, sign, i, &carry);
        for (int k = 0; k < NIBBLES; k++)
            text[k] = "0123456789abcdef"[digit >> (4 * k) & 15];
        if (!rc_buf_append(out, text, NIBBLES))
            return false;
    }
    return true;
}

bool rc_exact_print(const rc_exact *sum, rc_buf *out)
{
    int sign = rc_exact_sign(sum);
    if (sum->has_failed)
        return false;
    if (sign == 0)
        return rc_buf_text(out, "0x0p+0");
    if (!rc_buf_text(out, sign < 0 ? "-0x" : "0x"))
        return false;
    size_t begin = out->n, n_zeros = 0;
    if (!append_reversed(sum, sign, out))
        return false;
    while (out->data[begin + n_zeros] == '0')
        n_zeros++;
    while (out->data[out->n - 1] == '0')
        out->n--;
    size_t n = out->n - begin - n_zeros;
    memmove(out->data + begin, out->data + begin + n_zeros, n);
    out->n = begin + n;
    for (size_t i = 0; i < n / 2; i++) {
        char c = out->data[begin + i];
        out->data[begin + i] = out->data[out->n - 1 - i];
        out->data[out->n - 1 - i] = c;
    }
    return print_exponent(out, 32 * sum->first + 4 * (int)n_zeros);
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The exponent behind the p: a sign and digits without leading zeros, a multiple of 4. */
static bool parse_exponent(const char *text, size_t n, int *exponent)
{
    uint64_t value;
    if (n < 2 || (text[0] != '+' && text[0] != '-') || !rc_num_parse_u64(text + 1, n - 1, &value))
        return false;
    if (value > RC_EXACT_MAX_EXPONENT || value % 4 != 0 || (text[1] == '0' && n > 2))
        return false;
    *exponent = text[0] == '-' ? -(int)value : (int)value;
    return value != 0 || text[0] == '+';
}

/* Adds the n digits at text, times 2^exponent. */
static bool add_digits(rc_exact *out, const char *text, size_t n, int exponent, bool negative)
{
    for (size_t i = 0; i < n; i++) {
        int64_t digit = nibble(text[i]);
        if (!rc_exact_add_scaled(out, negative ? -digit : digit, exponent + 4 * (int)(n - 1 - i)))
            return false;
    }
    return true;
}

bool rc_exact_parse(rc_exact *out, const char *text, size_t n)
{
    if (n == 6 && memcmp(text, "0x0p+0", 6) == 0)
        return true;
    bool negative = n > 0 && text[0] == '-';
    size_t at = negative ? 3 : 2, begin = at;
    if (n < at || memcmp(text + at - 2, "0x", 2) != 0)
        return false;
    while (at < n && nibble(text[at]) >= 0)
        at++;
    int exponent;
    if (at == begin || at == n || text[at] != 'p' || at - begin > RC_EXACT_MAX_DIGITS)
        return false;
    if (text[begin] == '0' || text[at - 1] == '0')
        return false;
    return parse_exponent(text + at + 1, n - at - 1, &exponent) &&
           add_digits(out, text + begin, at - begin, exponent, negative);
}
