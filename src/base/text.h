/* text.h - text for people: quoted values, nearest names. */
#ifndef RC_BASE_TEXT_H
#define RC_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/error.h"

/* Room for any text that rc_text_quote makes: 40 bytes, each at most \xNN, and "...". */
#define RC_QUOTED_BYTES 168

/* Writes n bytes of text for a message: cut at 40 bytes (never inside a UTF-8 sequence), control
 * bytes, bytes that are no UTF-8 and bidirectional controls as \xNN. Returns out. */
const char *rc_text_quote(const char *text, size_t n, char out[RC_QUOTED_BYTES]);

/* How many letters must change to make a into b (insert, remove, replace, swap of two
 * neighbours; ASCII case free); more than limit gives limit + 1. */
size_t rc_text_distance(const char *a, const char *b, size_t limit);

/* The nearest of names that are offered one by one: fewer than `limit` letters of it differ. */
typedef struct rc_nearest {
    const char *asked;
    size_t limit;
    const char *name; /* NULL: none so far. Borrowed */
} rc_nearest;

/* Whether this name is nearer than all before. */
bool rc_nearest_offer(rc_nearest *nearest, const char *name);

/* "did you mean 'age'?", if one is near. */
void rc_nearest_hint(const rc_nearest *nearest, rc_error *err);

/* Length of the valid UTF-8 sequence at text (1 to 4), 0 if there is none within n bytes. */
size_t rc_utf8_length(const char *text, size_t n);

/* Whether the first n bytes of a text end so, with something before. */
static inline bool rc_text_ends(const char *text, size_t n, const char *end)
{
    size_t n_end = strlen(end);
    return n > n_end && memcmp(text + n - n_end, end, n_end) == 0;
}

/* Whether a path stands for standard input or output: NULL or "-". */
static inline bool rc_path_is_std(const char *path)
{
    return path == NULL || strcmp(path, "-") == 0;
}

#endif
