/* store_json.c - the JSON that Python writes. */
#include "model/foreign/keras/store.h"
#include "model/native.h"

/* A bare word that Python writes for a number that JSON does not have; 0: none begins here. */
static size_t word_length(const char *text, size_t n)
{
    static const char *const words[] = {"NaN", "Infinity", "-Infinity"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t length = strlen(words[i]);
        if (length <= n && memcmp(text, words[i], length) == 0)
            return length;
    }
    return 0;
}

/* The text with such words in quotes, so that who needs a number there can say that it is none. */
static bool quote_words(const char *text, size_t n, rc_buf *out)
{
    size_t from = 0; /* not yet copied */
    bool in_text = false;
    for (size_t i = 0; i < n; i++) {
        if (in_text && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            in_text = !in_text;
        size_t length = in_text || i >= n ? 0 : word_length(text + i, n - i);
        if (length == 0)
            continue;
        if (!rc_buf_append(out, text + from, i - from) || !rc_buf_text(out, "\"") ||
            !rc_buf_append(out, text + i, length) || !rc_buf_text(out, "\""))
            return false;
        i += length - 1;
        from = i + 1;
    }
    return rc_buf_append(out, text + from, n - from) && rc_buf_append(out, "", 1);
}

rc_status rc_keras_json(const char *text, size_t n, const char *what, json_t **out, rc_error *err)
{
    rc_buf quoted = {0};
    *out = NULL;
    rc_status st = quote_words(text, n, &quoted)
                       ? rc_native_load(out, quoted.data, quoted.n - 1, err)
                       : rc_error_nomem(err);
    rc_buf_release(&quoted);
    return st < 0 ? rc_error_wrap(err, st, "%s", what) : st;
}

int rc_keras_major_of(const char *version)
{
    return version != NULL && version[0] >= '1' && version[0] <= '9' ? version[0] - '0' : 0;
}
