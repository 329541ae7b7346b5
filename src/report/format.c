/* format.c - numbers and labels for people, the same under every locale. */
#include "report/format.h"

#include <math.h>

#include "base/text.h"

__extension__ typedef unsigned __int128 wide;

/* x * 10^n rounded to an integer, x in 0..1, 1 excluded; so exponent is at most -53. */
static uint64_t scaled_integer(double x, int n_decimals)
{
    int exponent;
    wide v = (wide)(uint64_t)ldexp(frexp(x, &exponent), 53);
    exponent -= 53;
    for (int i = 0; i < n_decimals; i++)
        v *= 10; /* 53 + 30 bits at most */
    if (exponent < -100)
        return 0; /* v is below 2^83 */
    wide half = (wide)1 << (-exponent - 1), lost = v & (half | (half - 1));
    uint64_t kept = (uint64_t)(v >> -exponent);
    return kept + (lost > half || (lost == half && (kept & 1) != 0));
}

bool rc_format_fixed(rc_buf *out, double x, int n_decimals)
{
    if (!(fabs(x) < 1e15) || n_decimals > 9)
        return rc_format_exact(out, x);
    uint64_t power = 1;
    for (int i = 0; i < n_decimals; i++)
        power *= 10;
    /* whole and fraction apart: together they may need more than 64 bits */
    double whole = floor(fabs(x));
    uint64_t fraction = scaled_integer(fabs(x) - whole, n_decimals);
    uint64_t integer = (uint64_t)whole + fraction / power;
    fraction %= power;
    char digits[RC_NUM_BYTES];
    bool ok = !(x < 0.0) || rc_buf_text(out, "-");
    ok = ok && rc_buf_append(out, digits, rc_num_print_u64(integer, digits));
    if (n_decimals == 0)
        return ok;
    size_t n = rc_num_print_u64(fraction + power, digits);
    digits[0] = '.'; /* over the 1 of power, which keeps the leading zeros */
    return ok && rc_buf_append(out, digits, n);
}

bool rc_format_exact(rc_buf *out, double x)
{
    char text[RC_NUM_BYTES];
    return rc_buf_append(out, text, rc_num_print_f64(x, text));
}

enum { SHORT_DIGITS = 8 };

/* Rounds n decimal digits to n_kept; true: they became 1 and zeros of one place more. */
static bool round_digits(char *digit, size_t n, size_t n_kept)
{
    if (n <= n_kept || digit[n_kept] < '5')
        return false;
    size_t i = n_kept;
    while (i > 0 && digit[i - 1] == '9')
        digit[--i] = '0';
    if (i > 0)
        digit[i - 1]++;
    else
        digit[0] = '1';
    return i == 0;
}

/* Takes the shortest text apart into digits and a power of ten, cuts the digits, and lets the
 * printer write what that text means. */
static bool format_digits(rc_buf *out, double x, size_t n_kept)
{
    char text[RC_NUM_BYTES], digit[RC_NUM_BYTES];
    if (!isfinite(x) || x == 0.0)
        return rc_format_exact(out, x);
    int exponent, ten = 0;
    size_t n = rc_num_print_f64(fabs(x), text), n_digits = 0;
    bool behind_point = false;
    for (size_t i = 0; i < n && text[i] != 'e'; i++) {
        behind_point = behind_point || text[i] == '.';
        if (text[i] == '.' || (text[i] == '0' && n_digits == 0)) {
            ten -= text[i] == '0' && behind_point;
            continue;
        }
        digit[n_digits++] = text[i];
        ten += !behind_point;
    }
    /* |x| is 0.DIGITS * 10^ten, and what an 'e' says */
    const char *e = memchr(text, 'e', n);
    double from_e = 0.0;
    if (e != NULL)
        (void)rc_num_parse_text(e + 1, n - (size_t)(e + 1 - text), &from_e);
    exponent = ten + (int)from_e + round_digits(digit, n_digits, n_kept);
    n_digits = n_digits > n_kept ? n_kept : n_digits;
    rc_buf cut = {0};
    double rounded = 0.0;
    bool ok =
        rc_buf_text(&cut, x < 0.0 ? "-0." : "0.") && rc_buf_append(&cut, digit, n_digits) &&
        rc_buf_text(&cut, exponent < 0 ? "e-" : "e+") &&
        rc_buf_append(&cut, text,
                      rc_num_print_u64((uint64_t)(exponent < 0 ? -exponent : exponent), text));
    ok = ok && rc_num_parse_text(cut.data, cut.n, &rounded) && rc_format_exact(out, rounded);
    rc_buf_release(&cut);
    return ok;
}

bool rc_format_short(rc_buf *out, double x)
{
    return format_digits(out, x, SHORT_DIGITS);
}

/* Of digits d.d the rounding takes 0.05 at most, and 5 % of them is no less. */
bool rc_format_bound(rc_buf *out, double x)
{
    return format_digits(out, 1.05 * x, 2);
}

bool rc_format_label(rc_buf *out, const char *text, size_t n)
{
    char quoted[RC_QUOTED_BYTES];
    return rc_buf_text(out, rc_text_quote(text, n, quoted));
}

bool rc_format_text(rc_buf *out, const char *text, size_t n)
{
    bool ok = true;
    for (size_t at = 0, length; at < n && ok; at += length) {
        length = rc_utf8_length(text + at, n - at);
        length = length > 0 ? length : 1;
        ok = rc_format_label(out, text + at, length);
    }
    return ok;
}

size_t rc_format_width(const char *text, size_t n)
{
    size_t width = 0;
    for (size_t i = 0; i < n; i++)
        width += ((unsigned char)text[i] & 0xc0) != 0x80;
    return width;
}

static bool blanks(rc_buf *out, size_t n)
{
    if (!rc_buf_reserve(out, n))
        return false;
    if (n > 0)
        memset(out->data + out->n, ' ', n);
    out->n += n;
    return true;
}

static size_t padding(const char *text, size_t n, size_t width)
{
    size_t has = rc_format_width(text, n);
    return has < width ? width - has : 0;
}

bool rc_format_left(rc_buf *out, const char *text, size_t n, size_t width)
{
    return rc_buf_append(out, text, n) && blanks(out, padding(text, n, width));
}

bool rc_format_right(rc_buf *out, const char *text, size_t n, size_t width)
{
    return blanks(out, padding(text, n, width)) && rc_buf_append(out, text, n);
}
