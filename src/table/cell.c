/* cell.c - what one cell of text is: a number, missing, or something else. */
#include "table/cell.h"

#include <stdint.h>
#include <string.h>

static const char *const missing_texts[] = {"NA",   "N/A",  "n/a",  "NaN",  "nan", "-nan",
                                            "NULL", "null", "None", "<NA>", "#N/A"};

const rc_missing_list rc_missing_default = {.items = missing_texts,
                                            .n = sizeof(missing_texts) / sizeof(*missing_texts)};

void rc_cell_trim(const char **begin, const char **end)
{
    while (*begin < *end && (**begin == ' ' || **begin == '\t'))
        ++*begin;
    while (*begin < *end && ((*end)[-1] == ' ' || (*end)[-1] == '\t'))
        --*end;
}

bool rc_cell_is_missing(const rc_missing_list *list, const char *text, size_t n)
{
    const char *end = text + n;
    rc_cell_trim(&text, &end);
    n = (size_t)(end - text);
    if (n == 0)
        return true;
    for (size_t i = 0; i < list->n; i++)
        if (*list->items[i] == *text && strlen(list->items[i]) == n &&
            memcmp(list->items[i], text, n) == 0)
            return true;
    return false;
}

/* No number between two neighbouring doubles or floats that is the middle of them has more digits
 * than 767: what stands behind so many decides only by being zero or not. */
enum { KEPT_DIGITS = 800 };

/* A number written with '.', and where it ends. */
typedef struct pointed {
    char bytes[KEPT_DIGITS + 32 + RC_NUM_SLACK];
    char *end;
} pointed;

static bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* Reads "e+12" whole. Beyond 10^15 no number of digits that a cell can have makes up for it. */
static bool read_exponent(const char *p, const char *end, int64_t *exponent)
{
    if (p == end)
        return true;
    if (*p != 'e' && *p != 'E')
        return false;
    p++;
    bool is_negative = p < end && *p == '-';
    p += p < end && (*p == '-' || *p == '+');
    int64_t x = 0;
    const char *first = p;
    for (; p < end && is_digit(*p); p++)
        x = x < INT64_C(1000000000000000) ? x * 10 + (*p - '0') : x;
    *exponent += is_negative ? -x : x;
    return p == end && p > first;
}

/* Any number, as digits and an exponent. */
static bool write_long(const char *p, const char *end, char decimal, pointed *to)
{
    char *out = to->bytes;
    if (*p == '-' || *p == '+')
        *out++ = *p++;
    bool has_digit = false, is_behind = false, has_rest = false;
    char *first = out;
    int64_t exponent = 0;
    for (; p < end && (is_digit(*p) || (*p == decimal && !is_behind)); p++) {
        if (*p == decimal) {
            is_behind = true;
            continue;
        }
        has_digit = true;
        bool is_kept = out - first < KEPT_DIGITS;
        if (is_kept && (*p != '0' || out > first))
            *out++ = *p;
        has_rest = has_rest || (!is_kept && *p != '0');
        exponent += is_kept ? -is_behind : !is_behind;
    }
    if (!has_digit || !read_exponent(p, end, &exponent))
        return false;
    *out++ = has_rest ? '1' : '0';
    exponent--;
    *out++ = 'e';
    *out++ = exponent < 0 ? '-' : '+';
    to->end = out + rc_num_print_u64((uint64_t)(exponent < 0 ? -exponent : exponent), out);
    return true;
}

/* Puts a '.' for the decimal point. */
static bool write_point(const char *text, size_t n, char decimal, pointed *to)
{
    const char *end = text + n;
    rc_cell_trim(&text, &end);
    n = (size_t)(end - text);
    to->end = to->bytes + n;
    if (n > KEPT_DIGITS ? !write_long(text, end, decimal, to) : memchr(text, '.', n) != NULL)
        return false;
    if (n <= KEPT_DIGITS) {
        memcpy(to->bytes, text, n);
        char *point = memchr(to->bytes, decimal, n);
        if (point != NULL)
            *point = '.';
    }
    memset(to->end, 0, RC_NUM_SLACK);
    return true;
}

static bool is_pointed(const rc_cell_rules *rules)
{
    return rules->decimal == '.' || rules->decimal == '\0';
}

bool rc_cell_number(const rc_cell_rules *rules, const char *text, size_t n, double *value)
{
    pointed p;
    if (is_pointed(rules))
        return rc_num_parse_f64(text, text + n, value);
    return write_point(text, n, rules->decimal, &p) && rc_num_parse_f64(p.bytes, p.end, value);
}

bool rc_cell_number_f32(const rc_cell_rules *rules, const char *text, size_t n, float *value)
{
    pointed p;
    if (is_pointed(rules))
        return rc_num_parse_f32(text, text + n, value);
    return write_point(text, n, rules->decimal, &p) && rc_num_parse_f32(p.bytes, p.end, value);
}

bool rc_cell_hides_numbers(const rc_cell_rules *rules)
{
    pointed p;
    double value;
    for (size_t i = 0; i < rules->missing.n; i++) {
        const char *text = rules->missing.items[i];
        size_t n = strlen(text);
        bool is_number = is_pointed(rules) ? rc_num_parse_text(text, n, &value)
                                           : write_point(text, n, rules->decimal, &p) &&
                                                 rc_num_parse_f64(p.bytes, p.end, &value);
        if (is_number)
            return true;
    }
    return false;
}
