/* inspect_column.c - guess from its cells what a column of a table holds. */
#include "report/inspect_column.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"

static bool is_word(const char *text, const char *end, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(end - text) != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if ((text[i] | 0x20) != word[i])
            return false;
    return true;
}

/* A sign and digits, of 64 bits. */
static bool parse_integer(const char *text, const char *end, int64_t *out)
{
    bool is_negative = text < end && *text == '-';
    uint64_t size;
    text += text < end && (*text == '-' || *text == '+');
    if (text == end || !rc_num_parse_u64(text, (size_t)(end - text), &size) || size > INT64_MAX)
        return false;
    *out = is_negative ? -(int64_t)size : (int64_t)size;
    return true;
}

static void add_number(rc_column_guess *guess, const char *text, const char *end, double x)
{
    int64_t whole;
    bool is_first = guess->n_numbers++ == 0;
    guess->min = is_first || x < guess->min ? x : guess->min;
    guess->max = is_first || x > guess->max ? x : guess->max;
    if (!parse_integer(text, end, &whole))
        return;
    is_first = guess->n_integers++ == 0;
    guess->low = is_first || whole < guess->low ? whole : guess->low;
    guess->high = is_first || whole > guess->high ? whole : guess->high;
}

/* FNV-1a, with its bits mixed once more. Two of at most a hundred texts that share one are not to
 * be feared, unless somebody seeks them: then a guess is wrong. */
static uint64_t hash_of(const char *text, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)text[i]) * 0x100000001b3u;
    return h ^ h >> 32;
}

/* A copy of the text, cut behind a whole character. */
static rc_status keep_value(rc_column_guess *guess, size_t i, const char *text, size_t n,
                            rc_error *err)
{
    size_t kept = n;
    if (n > RC_GUESS_VALUE_BYTES)
        for (kept = RC_GUESS_VALUE_BYTES - 3; kept > 0 && (text[kept] & 0xc0) == 0x80;)
            kept--;
    char *copy = rc_alloc_array(kept + 4, 1);
    if (copy == NULL)
        return rc_error_nomem(err);
    memcpy(copy, text, kept);
    memcpy(copy + kept, kept < n ? "..." : "", kept < n ? 3 : 0);
    guess->values[i] = copy;
    guess->value_bytes[i] = (uint16_t)(kept < n ? kept + 3 : n);
    return RC_OK;
}

static rc_status add_distinct(rc_column_guess *guess, size_t most, const char *text, size_t n,
                              rc_error *err)
{
    if (guess->n_distinct > most)
        return RC_OK;
    uint64_t hash = hash_of(text, n);
    for (size_t i = 0; i < guess->n_distinct; i++)
        if (guess->distinct[i] == hash)
            return RC_OK;
    void *distinct = guess->distinct;
    if (!rc_grow(&distinct, &guess->distinct_capacity, guess->n_distinct + 1, sizeof(hash)))
        return rc_error_nomem(err);
    guess->distinct = distinct;
    size_t i = guess->n_distinct++;
    guess->distinct[i] = hash;
    return i < RC_GUESS_VALUES && i < most ? keep_value(guess, i, text, n, err) : RC_OK;
}

rc_status rc_column_guess_add(rc_column_guess *guess, const rc_cell_rules *rules,
                              size_t most_distinct, const char *cell, size_t n, rc_error *err)
{
    double x;
    if (rc_cell_is_missing(&rules->missing, cell, n)) {
        guess->n_missing++;
        return RC_OK;
    }
    const char *text = cell, *end = cell + n;
    rc_cell_trim(&text, &end);
    guess->n_cells++;
    if (is_word(text, end, "true") || is_word(text, end, "false"))
        guess->n_booleans++;
    else if (rules->decimal == '.' ? rc_num_parse_f64(cell, cell + n, &x)
                                   : rc_cell_number(rules, cell, n, &x))
        add_number(guess, text, end, x);
    return add_distinct(guess, most_distinct, cell, n, err);
}

rc_guess rc_column_guess_type(const rc_column_guess *guess, size_t most_distinct)
{
    if (guess->n_cells == 0)
        return RC_GUESS_EMPTY;
    if (guess->n_booleans == guess->n_cells)
        return RC_GUESS_BOOLEAN;
    if (guess->n_integers == guess->n_cells)
        return RC_GUESS_INTEGER;
    if (guess->n_numbers + guess->n_booleans == guess->n_cells)
        return RC_GUESS_NUMBER;
    if (guess->n_distinct <= most_distinct && 2 * guess->n_distinct <= guess->n_cells)
        return RC_GUESS_CATEGORY;
    return RC_GUESS_TEXT;
}

const char *rc_guess_word(rc_guess type)
{
    static const char *const words[] = {"empty",   "integer",  "number",
                                        "boolean", "category", "text"};
    return words[type];
}

void rc_column_guess_release(rc_column_guess *guess)
{
    for (size_t i = 0; i < RC_GUESS_VALUES; i++)
        free(guess->values[i]);
    free(guess->distinct);
}
