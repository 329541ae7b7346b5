/* error.h - set an error's cause once, add context on the way out. */
#ifndef RC_BASE_ERROR_H
#define RC_BASE_ERROR_H

#include "rowcast.h"

#if defined(__GNUC__)
#define RC_PRINTF(at, first) __attribute__((format(printf, at, first)))
#else
#define RC_PRINTF(at, first)
#endif

/* Leaves the function with the status of a failed call. Only where nothing is held. */
#define RC_TRY(expr)                      \
    do {                                  \
        rc_status rc_try_status = (expr); \
        if (rc_try_status < 0)            \
            return rc_try_status;         \
    } while (0)

/* Sets the cause. Returns code. err may be NULL. */
rc_status rc_error_set(rc_error *err, rc_status code, const char *format, ...) RC_PRINTF(3, 4);

/* Sets the cause with the system's reason appended: "open: No such file or directory". */
rc_status rc_error_os(rc_error *err, rc_status code, int os_errno, const char *format, ...)
    RC_PRINTF(4, 5);

/* Puts "context: " before the text. Returns code; a NULL err is right too. */
rc_status rc_error_wrap(rc_error *err, rc_status code, const char *format, ...) RC_PRINTF(3, 4);

/* Appends a hint on a line of its own that begins with two blanks. */
void rc_error_hint(rc_error *err, const char *format, ...) RC_PRINTF(2, 3);

/* "out of memory", RC_E_SYSTEM. */
rc_status rc_error_nomem(rc_error *err);

#endif
