/* mem.h - checked allocation and a growable run of bytes. */
#ifndef RC_BASE_MEM_H
#define RC_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/error.h"

/* n * size bytes of zeros, or NULL (overflow, no memory). n or size 0 gives a valid pointer. */
void *rc_alloc_array(size_t n, size_t size);

/* The same, aligned to 64 bytes: cache lines and the widest vectors. Freed with free(). */
void *rc_alloc_aligned(size_t n, size_t size);

/* At least so many bytes, of no certain contents, aligned to a cache line: where the kernel copies
 * to, its copy is several times faster than to bytes that begin elsewhere. Freed with free(). */
#define RC_LINE_BYTES 64
void *rc_alloc_lines(size_t bytes);

/* Says that all of a large piece of memory will be written at once: where the kernel has pages of
 * 2 MiB, it then costs a third (100 MB of 4 KiB pages take 0.1 s). Of a small one it says nothing.
 */
void rc_mem_expect(void *p, size_t bytes);

/* Grows *array of elements of size bytes to hold at least n, doubling; *capacity is updated.
 * False and unchanged when there is no memory. */
bool rc_grow(void **array, size_t *capacity, size_t n, size_t size);

/* A copy of n bytes with a NUL behind, or NULL. */
char *rc_strndup(const char *text, size_t n);
char *rc_strdup(const char *text);

/* A growable run of bytes. {0} is an empty one. */
typedef struct rc_buf {
    char *data;
    size_t n;
    size_t capacity;
} rc_buf;

/* Makes room for extra more bytes behind n. */
RC_MUST_USE bool rc_buf_reserve(rc_buf *buf, size_t extra);
RC_MUST_USE bool rc_buf_append(rc_buf *buf, const void *data, size_t n);
RC_MUST_USE bool rc_buf_text(rc_buf *buf, const char *text);
RC_MUST_USE bool rc_buf_printf(rc_buf *buf, const char *format, ...) RC_PRINTF(2, 3);
void rc_buf_release(rc_buf *buf);

#endif
