/* error.c - set an error's cause once, add context on the way out. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

rc_status rc_error_set(rc_error *err, rc_status code, const char *format, ...)
{
    if (err == NULL)
        return code;
    *err = (rc_error){.code = code};
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    return code;
}

rc_status rc_error_os(rc_error *err, rc_status code, int os_errno, const char *format, ...)
{
    if (err == NULL)
        return code;
    *err = (rc_error){.code = code, .os_errno = os_errno};
    va_list args;
    va_start(args, format);
    int n = vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof(err->text) - 3)
        return code;
    /* The message catalogue is not consulted: the library leaves the locale at "C". */
    const char *reason = strerrordesc_np(os_errno);
    snprintf(err->text + n, sizeof(err->text) - (size_t)n, ": %s",
             reason != NULL ? reason : "unknown system error");
    return code;
}

rc_status rc_error_wrap(rc_error *err, rc_status code, const char *format, ...)
{
    if (err == NULL)
        return code;
    char context[512];
    va_list args;
    va_start(args, format);
    vsnprintf(context, sizeof(context), format, args);
    va_end(args);
    size_t head = strlen(context);
    size_t tail = strlen(err->text);
    if (head + 2 >= sizeof(err->text))
        return code;
    if (head + 2 + tail >= sizeof(err->text))
        tail = sizeof(err->text) - head - 3;
    memmove(err->text + head + 2, err->text, tail);
    memcpy(err->text, context, head);
    memcpy(err->text + head, ": ", 2);
    err->text[head + 2 + tail] = '\0';
    return code;
}

void rc_error_hint(rc_error *err, const char *format, ...)
{
    if (err == NULL)
        return;
    size_t used = strlen(err->text);
    if (used + 4 >= sizeof(err->text))
        return;
    memcpy(err->text + used, "\n  ", 4);
    va_list args;
    va_start(args, format);
    vsnprintf(err->text + used + 3, sizeof(err->text) - used - 3, format, args);
    va_end(args);
}

rc_status rc_error_nomem(rc_error *err)
{
    return rc_error_os(err, RC_E_SYSTEM, ENOMEM, "memory");
}
