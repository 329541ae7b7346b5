/* pickle.c - names in the pickle text of pandas.
 *
 * pandas leaves lists of column names in attributes as pickles of protocol 0, which is text:
 * "(lp0\nVage\np1\naI7\na.". This reads lists and tuples of texts, numbers and None, and is done:
 * it knows nothing of objects, and what it does not know is an error. */
#include <string.h>

#include "base/num.h"
#include "base/text.h"
#include "table/dialect.h"
#include "table/h5/reader/pandas.h"

enum { MOST_DEPTH = 8 };

typedef struct pickle {
    const char *at, *end;
    unsigned level; /* of the lists whose items are names */
    rc_h5_texts *names;
    rc_buf text; /* of the last text or integer */
    bool is_short_of_memory, has_levels, has_twins;
} pickle;

static bool take(pickle *p, char c)
{
    if (p->at == p->end || *p->at != c)
        return false;
    p->at++;
    return true;
}

/* What stands up to the end of the line. */
static bool take_line(pickle *p, const char **line, size_t *n)
{
    const char *end = memchr(p->at, '\n', (size_t)(p->end - p->at));
    if (end == NULL)
        return false;
    *line = p->at;
    *n = (size_t)(end - p->at);
    p->at = end + 1;
    return true;
}

/* "p12\n": a mark for later use. */
static bool skip_put(pickle *p)
{
    const char *line;
    size_t n;
    uint64_t number;
    if (!take(p, 'p'))
        return true;
    return take_line(p, &line, &n) && rc_num_parse_u64(line, n, &number);
}

static bool append(pickle *p, const char *bytes, size_t n)
{
    p->is_short_of_memory = !rc_buf_append(&p->text, bytes, n);
    return !p->is_short_of_memory;
}

static bool append_point(pickle *p, uint32_t c)
{
    char out[4];
    if (c < 0x80) {
        out[0] = (char)c;
        return append(p, out, 1);
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(first[n] | c);
    return append(p, out, n);
}

static bool take_hex(const char *text, size_t n, uint32_t *value)
{
    *value = 0;
    for (size_t i = 0; i < n; i++) {
        const char *digits = "0123456789abcdef";
        char c = (char)(text[i] >= 'A' && text[i] <= 'F' ? text[i] + 32 : text[i]);
        const char *digit = c == '\0' ? NULL : strchr(digits, c);
        if (digit == NULL)
            return false;
        *value = *value << 4 | (uint32_t)(digit - digits);
    }
    return *value <= 0x10ffff;
}

/* A byte is a letter of Latin-1; \u and \U stand before the number of any other. */
static bool decode_unicode(pickle *p, const char *line, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t c = (unsigned char)line[i];
        bool is_escape = c == '\\' && i + 1 < n && (line[i + 1] == 'u' || line[i + 1] == 'U');
        if (is_escape) {
            size_t digits = line[i + 1] == 'u' ? 4 : 8;
            if (n - i - 2 < digits || !take_hex(line + i + 2, digits, &c))
                return false;
            i += 1 + digits;
        }
        if (!append_point(p, c))
            return false;
    }
    return true;
}

/* What Python 2 wrote: 'text', of which none here has an escape in it. */
static bool decode_string(pickle *p, const char *line, size_t n)
{
    if (n < 2 || (line[0] != '\'' && line[0] != '"') || line[n - 1] != line[0] ||
        memchr(line, '\\', n) != NULL)
        return false;
    return append(p, line + 1, n - 2);
}

static bool decode_integer(pickle *p, const char *line, size_t n)
{
    size_t digits = n;
    digits -= n > 0 && line[n - 1] == 'L';
    uint64_t value;
    bool is_negative = digits > 0 && line[0] == '-';
    return rc_num_parse_u64(line + is_negative, digits - is_negative, &value) &&
           append(p, line, digits);
}

/* As labels that are numbers are told where pandas does not pickle them. */
static bool decode_float(pickle *p, const char *line, size_t n)
{
    char out[RC_NUM_BYTES];
    double x;
    return rc_num_parse_text(line, n, &x) && append(p, out, rc_num_print_f64(x, out));
}

static bool add_name(pickle *p)
{
    rc_h5_texts *names = p->names;
    if (names->n == RC_MAX_COLUMNS || p->text.n > RC_H5_MAX_NAME_BYTES)
        return false;
    p->is_short_of_memory =
        rc_h5_texts_add(names, p->text.n > 0 ? p->text.data : "", p->text.n, NULL) < 0;
    return !p->is_short_of_memory;
}

static bool take_scalar(pickle *p, bool *is_name)
{
    const char *line;
    size_t n;
    *is_name = !take(p, 'N');
    p->text.n = 0;
    if (!*is_name)
        return true;
    char kind = p->at < p->end ? *p->at++ : '\0';
    p->has_twins = kind == 'g'; /* a text that was there before */
    if (kind == '\0' || strchr("VSILF", kind) == NULL || !take_line(p, &line, &n))
        return false;
    bool is_right = kind == 'V'   ? decode_unicode(p, line, n)
                    : kind == 'S' ? decode_string(p, line, n)
                    : kind == 'F' ? decode_float(p, line, n)
                                  : decode_integer(p, line, n);
    return is_right && skip_put(p);
}

static bool take_value(pickle *p, unsigned depth, unsigned level);

static bool begins_value(const pickle *p)
{
    return p->at < p->end && *p->at != '\0' && strchr("(VSILFNg", *p->at) != NULL;
}

/* "(lp0\n", then each item with an "a" behind it; or "(", items, "tp1\n". */
static bool take_items(pickle *p, unsigned depth, unsigned level)
{
    bool is_list = take(p, 'l');
    if (is_list && !skip_put(p))
        return false;
    while (begins_value(p))
        if (!take_value(p, depth, is_list ? level + 1 : level) || (is_list && !take(p, 'a')))
            return false;
    return is_list || (take(p, 't') && skip_put(p));
}

static bool take_value(pickle *p, unsigned depth, unsigned level)
{
    bool is_in_names = level == p->level;
    if (depth == MOST_DEPTH)
        return false;
    if (take(p, '(')) {
        p->has_levels = is_in_names;
        return !is_in_names && take_items(p, depth + 1, level);
    }
    bool is_name;
    if (!take_scalar(p, &is_name))
        return false;
    return !is_in_names || (is_name && add_name(p));
}

rc_status rc_h5_pickle_names(const char *text, size_t n, unsigned level, rc_h5_texts *names,
                             rc_error *err)
{
    *names = (rc_h5_texts){0};
    pickle p = {.at = text, .end = text + n, .level = level, .names = names};
    bool is_right = take_value(&p, 0, 0) && take(&p, '.') && p.at == p.end;
    rc_buf_release(&p.text);
    if (is_right)
        return RC_OK;
    rc_h5_texts_release(names);
    if (p.is_short_of_memory)
        return rc_error_nomem(err);
    if (p.has_levels)
        return rc_h5_pandas_refuse_levels(err);
    return rc_error_set(err, RC_E_DATA,
                        p.has_twins ? "two columns of one name"
                                    : "names of columns that are no list of texts or numbers");
}
