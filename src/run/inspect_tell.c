/* inspect_tell.c - tell by its first bytes what a file is. */
#include "base/text.h"
#include "io/foreign.h"
#include "model/reader.h"
#include "run/inspect.h"

/* Bytes that settle all but JSON. */
enum { TELLING_BYTES = 64 };

/* Where the reading of a JSON object stands that is only looked through for its format. */
typedef struct json_walk {
    const char *data;
    size_t n, at;
    const char *format; /* (n_format) the text of its member "format"; NULL: not found */
    size_t n_format;
    bool is_json; /* false: no object begins like this */
    bool is_through;
} json_walk;

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(json_walk *w)
{
    while (w->at < w->n && is_blank(w->data[w->at]))
        w->at++;
}

/* Passes over the text that begins at the quote at w->at: what stands in it, as it is written.
 * False if its end has not come. */
static bool take_text(json_walk *w, const char **text, size_t *n)
{
    size_t begin = w->at + 1;
    for (size_t i = begin; i < w->n; i++) {
        if (w->data[i] == '\\') {
            i++;
        } else if (w->data[i] == '"') {
            *text = w->data + begin;
            *n = i - begin;
            w->at = i + 1;
            return true;
        }
    }
    return false;
}

/* Passes over a value up to the comma or the brace behind it. */
static bool skip_value(json_walk *w)
{
    size_t depth = 0;
    while (w->at < w->n) {
        char c = w->data[w->at];
        const char *text;
        size_t n;
        if (depth == 0 && (c == ',' || c == '}'))
            return true;
        if (c == '"') {
            if (!take_text(w, &text, &n))
                return false;
            continue;
        }
        depth += c == '[' || c == '{';
        depth -= depth > 0 && (c == ']' || c == '}');
        w->at++;
    }
    return false;
}

static bool is_text(const char *text, size_t n, const char *word)
{
    return strlen(word) == n && memcmp(text, word, n) == 0;
}

/* One member, behind the brace or the comma. False where the walk ends. */
static bool take_member(json_walk *w)
{
    const char *key;
    size_t n_key;
    skip_blanks(w);
    if (w->at < w->n && w->data[w->at] != '"') {
        w->is_through = true;
        w->is_json = w->is_json && w->data[w->at] == '}';
        return false;
    }
    if (w->at == w->n || !take_text(w, &key, &n_key))
        return false;
    skip_blanks(w);
    if (w->at == w->n)
        return false;
    w->is_json = w->data[w->at] == ':';
    if (!w->is_json)
        return false;
    w->at++;
    skip_blanks(w);
    bool is_format = is_text(key, n_key, "format");
    if (is_format && w->at < w->n && w->data[w->at] == '"') {
        (void)take_text(w, &w->format, &w->n_format);
        return false;
    }
    return skip_value(w);
}

/* Looks for the format of the object that begins at the first brace. */
static json_walk walk_json(const char *data, size_t n)
{
    json_walk w = {.data = data, .n = n, .is_json = true};
    skip_blanks(&w);
    w.at++;
    while (take_member(&w)) {
        if (w.data[w.at++] == '}') {
            w.is_through = true;
            break;
        }
    }
    return w;
}

static rc_file_kind tell_json(const char *data, size_t n, bool is_last)
{
    json_walk w = walk_json(data, n);
    if (!w.is_json)
        return RC_FILE_TABLE;
    if (w.format == NULL)
        return w.is_through || is_last ? RC_FILE_FOREIGN : RC_FILE_UNKNOWN;
    if (is_text(w.format, w.n_format, "rowcast-model"))
        return RC_FILE_MODEL;
    return is_text(w.format, w.n_format, "rowcast-report") ? RC_FILE_REPORT : RC_FILE_FOREIGN;
}

/* Text has none of these in its first bytes. */
static bool has_control(const char *data, size_t n)
{
    for (size_t i = 0; i < n && i < TELLING_BYTES; i++)
        if ((unsigned char)data[i] < '\t')
            return true;
    return false;
}

static bool begins(const char *data, size_t n, const char *word)
{
    return n >= strlen(word) && memcmp(data, word, strlen(word)) == 0;
}

rc_file_kind rc_tell_file(const char *data, size_t n, bool is_last)
{
    if (n < TELLING_BYTES && !is_last)
        return RC_FILE_UNKNOWN;
    bool is_text = !has_control(data, n);
    if (!is_text && rc_native_rcm_reader.matches(data, n))
        return RC_FILE_MODEL;
    if (is_text && rc_native_json_reader.matches(data, n))
        return tell_json(data, n, is_last);
    bool is_foreign = !is_text && rc_foreign_find(data, n) != NULL;
    bool is_marked = begins(data, n, "<?xml") || begins(data, n, "\xef\xbb\xbf{");
    return is_foreign || is_marked ? RC_FILE_FOREIGN : RC_FILE_TABLE;
}

bool rc_tell_is_hdf5(const char *data, size_t n)
{
    const rc_foreign *foreign = rc_foreign_find(data, n);
    return foreign != NULL && strcmp(foreign->name, "HDF5") == 0;
}

rc_status rc_tell_refuse(const char *data, size_t n, rc_error *err)
{
    const rc_foreign *foreign = rc_foreign_find(data, n);
    char quoted[RC_QUOTED_BYTES];
    if (foreign != NULL)
        return rc_error_set(err, RC_E_DATA, "it looks like %s, which this version cannot read",
                            foreign->what);
    json_walk w = walk_json(data, n);
    if (w.format == NULL)
        return rc_error_set(err, RC_E_DATA,
                            "JSON that is neither a model nor a report: it has no 'format'");
    return rc_error_set(err, RC_E_DATA,
                        "JSON of the format '%s', which is neither a model nor a report",
                        rc_text_quote(w.format, w.n_format, quoted));
}
