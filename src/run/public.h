/* public.h - structs of the public header, in any version, and refusals of what a program gives. */
#ifndef RC_RUN_PUBLIC_H
#define RC_RUN_PUBLIC_H

#include <string.h>

#include "base/error.h"

/* Sizes that a struct of the public header can have, in any version. */
enum { RC_STRUCT_LEAST = 2 * sizeof(size_t), RC_STRUCT_MOST = 1 << 16 };

/* Copies what two versions of a struct have in common, all but its size, which stands first. False
 * if `from_bytes` or `to_bytes` is no size of one. */
static inline bool rc_struct_copy(void *to, size_t to_bytes, const void *from, size_t from_bytes)
{
    size_t n = to_bytes < from_bytes ? to_bytes : from_bytes;
    if (n < RC_STRUCT_LEAST || to_bytes > RC_STRUCT_MOST || from_bytes > RC_STRUCT_MOST)
        return false;
    memcpy((char *)to + sizeof(size_t), (const char *)from + sizeof(size_t), n - sizeof(size_t));
    return true;
}

/* Fills a struct of the program, all of it, with what this version has; the size stays its own. */
static inline void rc_struct_fill(void *to, size_t to_bytes, const void *from, size_t from_bytes)
{
    memset(to, 0, to_bytes);
    memcpy(to, from, to_bytes < from_bytes ? to_bytes : from_bytes);
    memcpy(to, &to_bytes, sizeof(to_bytes));
}

#define RC_IS_NULL "an argument is NULL that must not be"
#define RC_NO_SIZE "struct_bytes is not the size of the struct"

/* RC_E_USAGE: what a function was given where it needs another thing. */
static inline rc_status rc_misuse(rc_error *err, const char *what)
{
    return rc_error_set(err, RC_E_USAGE, "%s", what);
}

#endif
