/* blob.h - large arrays in a report: base64 of zstd. */
#ifndef RC_METRICS_BLOB_H
#define RC_METRICS_BLOB_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* n integers of size bytes (4, 8 or 16) each, in the machine's order of bytes, as a JSON string:
 * the lowest byte of all, then the second of all ... as one zstd frame in base64. The same for
 * equal integers and one version of zstd. NULL when memory has ended. */
json_t *rc_blob_integers(const void *integers, size_t n, size_t size);

#endif
