/* blob.c - large arrays in a report: base64 of zstd. */
#include "metrics/blob.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/mem.h"

enum { LEVEL = 3 };

/* Byte number `plane` of each integer, the lowest is 0. */
static void take_plane(const unsigned char *from, size_t n, size_t size, size_t plane, char *to)
{
    static const uint16_t one = 1;
    bool is_little = *(const unsigned char *)&one == 1;
    from += is_little ? plane : size - 1 - plane;
    for (size_t i = 0; i < n; i++)
        to[i] = (char)from[i * size];
}

static bool compress(const char *bytes, size_t n, rc_buf *out)
{
    size_t room = ZSTD_compressBound(n);
    if (ZSTD_isError(room) || !rc_buf_reserve(out, room))
        return false;
    size_t n_out = ZSTD_compress(out->data, room, bytes, n, LEVEL);
    if (ZSTD_isError(n_out))
        return false;
    out->n = n_out;
    return true;
}

static bool base64(const char *bytes, size_t n, rc_buf *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *from = (const unsigned char *)bytes;
    if (!rc_buf_reserve(out, (n + 2) / 3 * 4))
        return false;
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i < 3 ? n - i : 3;
        uint32_t group = (uint32_t)from[i] << 16;
        group |= left > 1 ? (uint32_t)from[i + 1] << 8 : 0;
        group |= left > 2 ? (uint32_t)from[i + 2] : 0;
        for (size_t j = 0; j < 4; j++)
            out->data[out->n++] = j <= left ? digits[group >> (18 - 6 * j) & 63] : '=';
    }
    return true;
}

/* Replaces the bytes by what `make` makes of them; two of the three large runs live at a time. */
static bool replace(rc_buf *bytes, bool (*make)(const char *bytes, size_t n, rc_buf *out))
{
    rc_buf made = {0};
    bool ok = make(bytes->data, bytes->n, &made);
    rc_buf_release(bytes);
    *bytes = made;
    return ok;
}

json_t *rc_blob_integers(const void *integers, size_t n, size_t size)
{
    json_t *json = NULL;
    rc_buf buf = {0};
    if (rc_buf_reserve(&buf, n * size + 1)) { /* no pointer is NULL */
        for (size_t plane = 0; plane < size; plane++)
            take_plane(integers, n, size, plane, buf.data + plane * n);
        buf.n = n * size;
        if (replace(&buf, compress) && replace(&buf, base64))
            json = json_stringn(buf.data, buf.n);
    }
    rc_buf_release(&buf);
    return json;
}
