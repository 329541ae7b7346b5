/* foreign.h - tell by their first bytes files that are not read, for messages. */
#ifndef RC_IO_FOREIGN_H
#define RC_IO_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>

typedef struct rc_foreign {
    const char *magic;
    size_t n;
    const char *name; /* "HDF5" */
    const char *what; /* "an HDF5/Keras file" */
    bool is_guess;    /* text and data may begin like this */
} rc_foreign;

/* What n bytes may be the beginning of; NULL if there is nothing to say. */
const rc_foreign *rc_foreign_find(const char *data, size_t n);

#endif
