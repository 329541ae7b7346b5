/* gzip_header.c - the header of a gzip member (RFC 1952), which may come in pieces.
 *
 * The texts of what is wrong are zlib's. */
#include "io/gzip_header.h"

#include <stddef.h>

#include <libdeflate.h>

enum { FIXED_BYTES = 10, DEFLATE_METHOD = 8 };
enum { HAS_CHECKSUM = 2, HAS_EXTRA = 4, HAS_NAME = 8, HAS_COMMENT = 16, RESERVED = 0xe0 };

static const char *take_fixed(rc_gzip_header *h, unsigned char byte)
{
    switch (h->n - 1) {
    case 0:
        return byte == 0x1f ? NULL : "incorrect header check";
    case 1:
        return byte == 0x8b ? NULL : "incorrect header check";
    case 2:
        return byte == DEFLATE_METHOD ? NULL : "unknown compression method";
    case 3:
        h->flags = byte & ~1U; /* "probably text" */
        return (byte & RESERVED) == 0 ? NULL : "unknown header flags set";
    default:
        return NULL; /* time, effort, system */
    }
}

static void end_part(rc_gzip_header *h, unsigned flag)
{
    h->flags &= ~flag;
    h->part = 0;
}

static void take_extra(rc_gzip_header *h, unsigned char byte)
{
    if (h->part++ < 2)
        h->n_extra |= (uint32_t)byte << (h->part - 1) * 8;
    if (h->part >= 2 && h->part - 2 == h->n_extra)
        end_part(h, HAS_EXTRA);
}

static const char *take_checksum(rc_gzip_header *h, unsigned char byte)
{
    h->checksum |= (uint32_t)byte << h->part * 8;
    if (++h->part < 2)
        return NULL;
    end_part(h, HAS_CHECKSUM);
    return h->checksum == (h->crc & 0xffff) ? NULL : "header crc mismatch";
}

const char *rc_gzip_header_take(rc_gzip_header *h, unsigned char byte)
{
    const char *wrong = NULL;
    h->n++;
    if (h->n > FIXED_BYTES && h->flags == HAS_CHECKSUM) {
        wrong = take_checksum(h, byte);
    } else {
        h->crc = libdeflate_crc32(h->crc, &byte, 1);
        if (h->n <= FIXED_BYTES)
            wrong = take_fixed(h, byte);
        else if ((h->flags & HAS_EXTRA) != 0)
            take_extra(h, byte);
        else if (byte == 0)
            end_part(h, (h->flags & HAS_NAME) != 0 ? HAS_NAME : HAS_COMMENT);
    }
    h->is_through = h->n >= FIXED_BYTES && h->flags == 0;
    return wrong;
}
