/* vocabulary.h - texts to codes: header names, classes. */
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

/* The code of a text, or RC_NO_CODE. Any thread. */
int64_t rc_vocabulary_code(const rc_vocabulary *vocabulary, const char *text, size_t n);

/* NULL is fine. */
void rc_vocabulary_close(rc_vocabulary *vocabulary);

#endif
