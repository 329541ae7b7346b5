/* gzip_header.h - the header of a gzip member (RFC 1952), which may come in pieces. */
#ifndef RC_IO_GZIP_HEADER_H
#define RC_IO_GZIP_HEADER_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed: nothing has come yet. */
typedef struct rc_gzip_header {
    uint64_t n;       /* bytes that have been taken */
    uint32_t crc;     /* of them, as long as no checksum of the header has come */
    unsigned flags;   /* of the parts that are still to come */
    uint32_t part;    /* bytes of the part that have come */
    uint32_t n_extra; /* as that part says of itself */
    uint32_t checksum;
    bool is_through;
} rc_gzip_header;

/* Takes the next byte of a header that is not through. Returns what is wrong with it, else NULL. */
const char *rc_gzip_header_take(rc_gzip_header *header, unsigned char byte);

#endif
