/* sha256.h - the digest of a file's bytes. */
#ifndef RC_BASE_SHA256_H
#define RC_BASE_SHA256_H

#include <stddef.h>

/* Hexadecimal digits, with a NUL behind. Source: FIPS 180-4. */
enum { RC_SHA256_TEXT = 65 };
void rc_sha256_text(const void *data, size_t n, char out[RC_SHA256_TEXT]);

#endif
