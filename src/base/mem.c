/* mem.c - checked allocation and a growable run of bytes. */
#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

void *rc_alloc_array(size_t n, size_t size)
{
    return calloc(n > 0 ? n : 1, size > 0 ? size : 1);
}

void rc_mem_expect(void *p, size_t bytes)
{
    enum { LARGE = 8 << 20, PAGE = 4096 };
    if (p == NULL || bytes < LARGE)
        return;
    uintptr_t begin = ((uintptr_t)p + PAGE - 1) / PAGE * PAGE, end = (uintptr_t)p + bytes;
    (void)madvise((void *)begin, end - begin, MADV_HUGEPAGE); /* it may, it need not */
}

void *rc_alloc_aligned(size_t n, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes) || bytes > SIZE_MAX - 128)
        return NULL;
    bytes = (bytes + 64) / 64 * 64;
    void *p = aligned_alloc(64, bytes);
    rc_mem_expect(p, bytes);
    if (p != NULL)
        memset(p, 0, bytes);
    return p;
}

void *rc_alloc_lines(size_t bytes)
{
    if (bytes > SIZE_MAX - 2 * RC_LINE_BYTES)
        return NULL;
    return aligned_alloc(RC_LINE_BYTES, (bytes + RC_LINE_BYTES) / RC_LINE_BYTES * RC_LINE_BYTES);
}

bool rc_grow(void **array, size_t *capacity, size_t n, size_t size)
{
    if (n <= *capacity)
        return true;
    size_t want = *capacity < 8 ? 8 : *capacity;
    while (want < n) {
        if (want > SIZE_MAX / 2)
            return false;
        want *= 2;
    }
    size_t bytes;
    if (__builtin_mul_overflow(want, size, &bytes))
        return false;
    void *p = realloc(*array, bytes);
    if (p == NULL)
        return false;
    *array = p;
    *capacity = want;
    return true;
}

char *rc_strndup(const char *text, size_t n)
{
    char *copy = n < SIZE_MAX ? malloc(n + 1) : NULL;
    if (copy == NULL)
        return NULL;
    memcpy(copy, text, n);
    copy[n] = '\0';
    return copy;
}

char *rc_strdup(const char *text)
{
    return rc_strndup(text, strlen(text));
}

bool rc_buf_reserve(rc_buf *buf, size_t extra)
{
    if (extra > SIZE_MAX - buf->n)
        return false;
    void *data = buf->data;
    if (!rc_grow(&data, &buf->capacity, buf->n + extra, 1))
        return false;
    buf->data = data;
    return true;
}

bool rc_buf_append(rc_buf *buf, const void *data, size_t n)
{
    if (!rc_buf_reserve(buf, n))
        return false;
    if (n > 0)
        memcpy(buf->data + buf->n, data, n);
    buf->n += n;
    return true;
}

bool rc_buf_text(rc_buf *buf, const char *text)
{
    return rc_buf_append(buf, text, strlen(text));
}

bool rc_buf_printf(rc_buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0 || !rc_buf_reserve(buf, (size_t)n + 1))
        return false;
    va_start(args, format);
    vsnprintf(buf->data + buf->n, (size_t)n + 1, format, args);
    va_end(args);
    buf->n += (size_t)n;
    return true;
}

void rc_buf_release(rc_buf *buf)
{
    free(buf->data);
    *buf = (rc_buf){0};
}
