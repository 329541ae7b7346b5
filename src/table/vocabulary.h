/* vocabulary.h - texts to codes: header names, classes, values of categories. */
#ifndef RC_TABLE_VOCABULARY_H
#define RC_TABLE_VOCABULARY_H

#include "base/error.h"

typedef struct rc_vocabulary rc_vocabulary;

enum { RC_NO_CODE = -1 };

/**
 * Makes the vocabulary of n texts; the code of a text is its index, of equal texts the first's.
 * by_value: texts that are numbers also match by value (1 = 1.0 = true) where no text is equal.
 * The texts are kept until close. lengths NULL: the texts end with NUL.
 */
rc_status rc_vocabulary_open(rc_vocabulary **out, const char *const *texts, const size_t *lengths,
                             size_t n, bool by_value, rc_error *err);

/* Numbers in texts that are looked up have this decimal point from now on (0: '.'), those of the
 * vocabulary have '.' always. Before threads share it. */
void rc_vocabulary_set_decimal(rc_vocabulary *vocabulary, char decimal);

/* The code of a text, or RC_NO_CODE. Any thread. */
int64_t rc_vocabulary_code(const rc_vocabulary *vocabulary, const char *text, size_t n);

/* The codes of n texts at once (n <= 64), which is faster than one by one, most of all where the
 * vocabulary does not fit the first cache: codes[i] of the lengths[i] bytes at texts[i], behind
 * which RC_CSV_SLACK bytes are readable, as they are behind cells. Any thread. */
void rc_vocabulary_codes(const rc_vocabulary *vocabulary, const char *const *texts,
                         const uint32_t *lengths, size_t n, int32_t *codes);

/* NULL is fine. */
void rc_vocabulary_close(rc_vocabulary *vocabulary);

#endif
