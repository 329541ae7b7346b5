/* text.c - text for people: quoted values, nearest names. */
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_BYTES = 40, COMPARED_BYTES = 128 };

size_t rc_utf8_length(const char *text, size_t n)
{
    const unsigned char *s = (const unsigned char *)text;
    if (n == 0)
        return 0;
    if (s[0] < 0x80)
        return 1;
    size_t length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4 || n < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    /* overlong forms, surrogates, beyond U+10FFFF */
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return length;
}

/* C1 controls and the characters that reorder text on a terminal. */
static bool is_hidden(const unsigned char *s, size_t length)
{
    if (length == 2)
        return s[0] == 0xc2 && s[1] < 0xa0;
    if (length != 3 || s[0] != 0xe2)
        return false;
    return (s[1] == 0x80 && (s[2] == 0x8e || s[2] == 0x8f || (s[2] >= 0xa8 && s[2] <= 0xae))) ||
           (s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9);
}

const char *rc_text_quote(const char *text, size_t n, char out[RC_QUOTED_BYTES])
{
    static const char hex[] = "0123456789abcdef";
    const unsigned char *s = (const unsigned char *)text;
    size_t at = 0, to = 0;
    while (at < n) {
        size_t length = rc_utf8_length(text + at, n - at);
        if (at + (length > 0 ? length : 1) > SHOWN_BYTES)
            break;
        bool plain =
            length > 1 ? !is_hidden(s + at, length) : length == 1 && s[at] >= 0x20 && s[at] != 0x7f;
        for (size_t i = 0; i < (length > 0 ? length : 1); i++, at++) {
            if (plain) {
                out[to++] = text[at];
            } else {
                memcpy(out + to, "\\x", 2);
                out[to + 2] = hex[s[at] >> 4];
                out[to + 3] = hex[s[at] & 15];
                to += 4;
            }
        }
    }
    if (at < n) {
        memcpy(out + to, "...", 3);
        to += 3;
    }
    out[to] = '\0';
    return out;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t rc_text_distance(const char *a, const char *b, size_t limit)
{
    size_t n_a = strnlen(a, COMPARED_BYTES + 1), n_b = strnlen(b, COMPARED_BYTES + 1);
    size_t gap = n_a > n_b ? n_a - n_b : n_b - n_a;
    if (n_a > COMPARED_BYTES || n_b > COMPARED_BYTES || gap > limit)
        return limit + 1;
    /* three rows of the edit table: two back (for swaps), the last, the current */
    size_t rows[3][COMPARED_BYTES + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= n_b; j++)
        last[j] = j;
    for (size_t i = 1; i <= n_a; i++) {
        now[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            size_t cost = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
            now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + cost);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]))
                now[j] = least(now[j], before[j - 2] + 1);
        }
        size_t *free_row = before;
        before = last;
        last = now;
        now = free_row;
    }
    return least(last[n_b], limit + 1);
}

bool rc_nearest_offer(rc_nearest *nearest, const char *name)
{
    size_t distance = rc_text_distance(nearest->asked, name, nearest->limit);
    if (distance >= nearest->limit)
        return false;
    nearest->limit = distance;
    nearest->name = name;
    return true;
}

void rc_nearest_hint(const rc_nearest *nearest, rc_error *err)
{
    char quoted[RC_QUOTED_BYTES];
    if (nearest->name != NULL)
        rc_error_hint(err, "did you mean '%s'?",
                      rc_text_quote(nearest->name, strlen(nearest->name), quoted));
}
