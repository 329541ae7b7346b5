/* stored.h - streams as they are stored, made by zlib and zstd themselves; reading them. */
#ifndef RC_TESTS_STORED_H
#define RC_TESTS_STORED_H

#include <zlib.h>
#include <zstd.h>

#include "io/input.h"
#include "scratch.h"

static const char text[] = "id,age,plan\n1,38,free\n2,51,pro\n3,27,free\n";
enum { TEXT_BYTES = sizeof(text) - 1, READ_ALL = 200000 };

static inline void append(rc_buf *buf, const void *data, size_t n)
{
    assert_true(rc_buf_append(buf, data, n));
}

static inline void append_gzip(rc_buf *buf, const void *data, size_t n)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t bound = deflateBound(&z, n);
    assert_true(rc_buf_reserve(buf, bound));
    z.next_in = (unsigned char *)(n > 0 ? (uintptr_t)data : 0);
    z.avail_in = (uInt)n;
    z.next_out = (unsigned char *)buf->data + buf->n;
    z.avail_out = (uInt)bound;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    buf->n += z.total_out;
    deflateEnd(&z);
}

/* With checksum; stable order of parameters is the library's business. */
static inline void append_zstd(rc_buf *buf, const void *data, size_t n)
{
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
    assert_true(rc_buf_reserve(buf, ZSTD_compressBound(n)));
    size_t made = ZSTD_compress2(zstd, buf->data + buf->n, ZSTD_compressBound(n), data, n);
    assert_false(ZSTD_isError(made));
    buf->n += made;
    ZSTD_freeCCtx(zstd);
}

/* RFC 8878 3.1.2: magic 184D2A50 to 184D2A5F, size, anything. */
static inline void append_skippable(rc_buf *buf, unsigned char kind, size_t n)
{
    unsigned char head[8] = {(unsigned char)(0x50 + kind), 0x2a, 0x4d, 0x18, (unsigned char)n};
    append(buf, head, sizeof(head));
    for (size_t i = 0; i < n; i++)
        append(buf, "?", 1);
}

static inline rc_input *open_input(const char *path)
{
    rc_input *in;
    rc_error err;
    assert_int_equal(rc_input_open(&in, path, &err), RC_OK);
    return in;
}

/* Reads to the end or a failure in pieces of the given size. */
static inline rc_status read_all(rc_input *in, size_t piece, rc_buf *got, rc_error *err)
{
    for (;;) {
        size_t n = 12345;
        assert_true(rc_buf_reserve(got, piece));
        rc_status st = rc_input_read(in, got->data + got->n, piece, -1, &n, err);
        if (st != RC_OK) {
            assert_int_equal(n, 0);
            return st;
        }
        assert_true(n > 0 && n <= piece);
        got->n += n;
    }
}

static inline rc_status read_file(const char *path, size_t piece, rc_buf *got, rc_error *err)
{
    rc_input *in = open_input(path);
    got->n = 0;
    rc_status st = read_all(in, piece, got, err);
    rc_input_close(in);
    return st;
}

static inline rc_status read_bytes(scratch *s, const rc_buf *stored, size_t piece, rc_buf *got,
                                   rc_error *err)
{
    return read_file(scratch_write(s, "input", stored->data, stored->n), piece, got, err);
}

static inline void assert_bytes(const rc_buf *got, const void *expected, size_t n)
{
    assert_int_equal(got->n, n);
    if (n > 0)
        assert_memory_equal(got->data, expected, n);
}

/* The stored bytes are whole and mean the expected, read in pieces of every kind. */
static inline void assert_reads(scratch *s, const rc_buf *stored, const void *expected, size_t n)
{
    static const size_t pieces[] = {1, 2, 7, 4096, 131072, READ_ALL};
    rc_buf got = {0};
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        if (n / pieces[i] > 100000)
            continue;
        assert_int_equal(read_bytes(s, stored, pieces[i], &got, NULL), RC_END);
        assert_bytes(&got, expected, n);
    }
    rc_buf_release(&got);
}

/* Makes fd 0 the descriptor; returns the old one. */
static inline int replace_stdin(int fd)
{
    int old = dup(STDIN_FILENO);
    assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    return old;
}

static inline void restore_stdin(int old)
{
    if (old >= 0) {
        dup2(old, STDIN_FILENO);
        close(old);
    } else {
        close(STDIN_FILENO);
    }
}

#endif
