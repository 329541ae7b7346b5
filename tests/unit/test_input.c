/* test_input.c - plain, gzip and zstd streams: whole, cut, damaged, slow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <zlib.h>
#include <zstd.h>

#include "io/input.h"
#include "scratch.h"

static const char text[] = "id,age,plan\n1,38,free\n2,51,pro\n3,27,free\n";
enum { TEXT_BYTES = sizeof(text) - 1, READ_ALL = 1 << 20 };

static void append(rc_buf *buf, const void *data, size_t n)
{
    assert_true(rc_buf_append(buf, data, n));
}

static void append_gzip(rc_buf *buf, const void *data, size_t n)
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
static void append_zstd(rc_buf *buf, const void *data, size_t n)
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
static void append_skippable(rc_buf *buf, unsigned char kind, size_t n)
{
    unsigned char head[8] = {(unsigned char)(0x50 + kind), 0x2a, 0x4d, 0x18, (unsigned char)n};
    append(buf, head, sizeof(head));
    for (size_t i = 0; i < n; i++)
        append(buf, "?", 1);
}

static rc_input *open_input(const char *path)
{
    rc_input *in;
    rc_error err;
    assert_int_equal(rc_input_open(&in, path, &err), RC_OK);
    return in;
}

/* Reads to the end or a failure in pieces of the given size. */
static rc_status read_all(rc_input *in, size_t piece, rc_buf *got, rc_error *err)
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

static rc_status read_file(const char *path, size_t piece, rc_buf *got, rc_error *err)
{
    rc_input *in = open_input(path);
    got->n = 0;
    rc_status st = read_all(in, piece, got, err);
    rc_input_close(in);
    return st;
}

static rc_status read_bytes(scratch *s, const rc_buf *stored, size_t piece, rc_buf *got,
                            rc_error *err)
{
    return read_file(scratch_write(s, "input", stored->data, stored->n), piece, got, err);
}

static void assert_bytes(const rc_buf *got, const void *expected, size_t n)
{
    assert_int_equal(got->n, n);
    if (n > 0)
        assert_memory_equal(got->data, expected, n);
}

/* The stored bytes are whole and mean the expected, read in pieces of every kind. */
static void assert_reads(scratch *s, const rc_buf *stored, const void *expected, size_t n)
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

static void assert_refused(scratch *s, const rc_buf *stored, const char *message)
{
    rc_buf got = {0};
    rc_error err;
    assert_int_equal(read_bytes(s, stored, 16, &got, &err), RC_E_DATA);
    assert_int_equal(err.code, RC_E_DATA);
    assert_string_equal(err.text, message);
    assert_int_equal(read_bytes(s, stored, READ_ALL, &got, NULL), RC_E_DATA);
    rc_buf_release(&got);
}

static void test_plain_is_passed_through(void **state)
{
    scratch *s = *state;
    /* beginnings of magic numbers are text as long as they may be */
    static const char *const texts[] = {
        "",         "a",   text, "P", "P*", "P*M", "P*M\x19", "Plan\n", "(", "(x", "(\xb5\x2f\xfe",
        "\x1f\x8a", "_*\n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        rc_buf stored = {0};
        append(&stored, texts[i], strlen(texts[i]));
        assert_reads(s, &stored, texts[i], strlen(texts[i]));
        rc_buf_release(&stored);
    }
}

static void test_gzip_members_are_one_stream(void **state)
{
    scratch *s = *state;
    rc_buf stored = {0};
    append_gzip(&stored, NULL, 0);
    assert_reads(s, &stored, "", 0);
    append_gzip(&stored, text, 20);
    append_gzip(&stored, NULL, 0);
    append_gzip(&stored, text + 20, TEXT_BYTES - 20);
    assert_reads(s, &stored, text, TEXT_BYTES);
    append_gzip(&stored, NULL, 0);
    assert_reads(s, &stored, text, TEXT_BYTES);
    append(&stored, "\0\0\0\0\0", 5); /* padding, which gzip takes, too */
    assert_reads(s, &stored, text, TEXT_BYTES);
    rc_buf_release(&stored);
}

static void test_zstd_frames_are_one_stream(void **state)
{
    scratch *s = *state;
    rc_buf stored = {0};
    append_zstd(&stored, NULL, 0);
    assert_reads(s, &stored, "", 0);
    append_zstd(&stored, text, 20);
    append_skippable(&stored, 3, 17);
    append_zstd(&stored, NULL, 0);
    append_zstd(&stored, text + 20, TEXT_BYTES - 20);
    append_skippable(&stored, 15, 0);
    assert_reads(s, &stored, text, TEXT_BYTES);
    rc_buf_release(&stored);
}

static void test_zstd_may_begin_with_a_skippable_frame(void **state)
{
    scratch *s = *state;
    for (unsigned char kind = 0; kind < 16; kind++) {
        rc_buf stored = {0};
        append_skippable(&stored, kind, kind);
        assert_reads(s, &stored, "", 0);
        append_zstd(&stored, text, TEXT_BYTES);
        assert_reads(s, &stored, text, TEXT_BYTES);
        rc_buf_release(&stored);
    }
}

/* 3 MB, many times the buffers; half of it noise, so that the stored size is many buffers, too. */
static void test_large_files(void **state)
{
    enum { BIG = 3000000 };
    scratch *s = *state;
    rc_buf big = {0}, gzip = {0}, zstd = {0};
    assert_true(rc_buf_reserve(&big, BIG));
    uint32_t x = 1;
    for (big.n = 0; big.n < BIG; big.n++) {
        x = x * 1664525 + 1013904223; /* Numerical Recipes */
        big.data[big.n] = big.n / 50000 % 2 ? (char)(x >> 24) : "0123456789,\n"[x >> 24 & 7];
    }
    append_gzip(&gzip, big.data, BIG / 3);
    append_gzip(&gzip, big.data + BIG / 3, BIG - BIG / 3);
    append_zstd(&zstd, big.data, BIG / 3);
    append_zstd(&zstd, big.data + BIG / 3, BIG - BIG / 3);
    assert_reads(s, &big, big.data, BIG);
    assert_reads(s, &gzip, big.data, BIG);
    assert_reads(s, &zstd, big.data, BIG);
    rc_buf_release(&big);
    rc_buf_release(&gzip);
    rc_buf_release(&zstd);
}

/* Every shorter file than the whole is refused but the empty one, those cut between two frames,
 * and those of one byte that could be text. What was read is the beginning of the text. */
static void assert_cuts_refused(scratch *s, const rc_buf *stored, const size_t *borders,
                                const char *message)
{
    rc_buf got = {0};
    rc_error err;
    for (size_t n = 1; n < stored->n; n++) {
        rc_buf cut = {.data = stored->data, .n = n};
        bool is_border = n == borders[0] || n == borders[1] || n == borders[2];
        bool is_text = n == 1 && stored->data[0] == 0x28;
        rc_status st = read_bytes(s, &cut, n % 3 == 0 ? 5 : 4096, &got, &err);
        assert_int_equal(st, is_border || is_text ? RC_END : RC_E_DATA);
        if (st < 0)
            assert_string_equal(err.text, message);
        assert_true(is_text || (got.n <= TEXT_BYTES && memcmp(got.data, text, got.n) == 0));
    }
    rc_buf_release(&got);
}

static void test_gzip_that_is_cut_is_refused(void **state)
{
    rc_buf stored = {0};
    size_t borders[3];
    append_gzip(&stored, text, 20);
    borders[0] = stored.n;
    append_gzip(&stored, NULL, 0);
    borders[1] = borders[2] = stored.n;
    append_gzip(&stored, text + 20, TEXT_BYTES - 20);
    assert_cuts_refused(*state, &stored, borders, "gzip stream ends in the middle of a member");
    rc_buf_release(&stored);
}

static void test_zstd_that_is_cut_is_refused(void **state)
{
    rc_buf stored = {0};
    size_t borders[3];
    append_zstd(&stored, text, 20);
    borders[0] = stored.n;
    append_skippable(&stored, 2, 9);
    borders[1] = stored.n;
    append_zstd(&stored, NULL, 0);
    borders[2] = stored.n;
    append_zstd(&stored, text + 20, TEXT_BYTES - 20);
    assert_cuts_refused(*state, &stored, borders, "zstd stream ends in the middle of a frame");
    rc_buf_release(&stored);
}

static void test_large_files_that_are_cut_are_refused(void **state)
{
    enum { BIG = 400000 };
    scratch *s = *state;
    char *big = malloc(BIG);
    assert_non_null(big);
    uint32_t x = 1;
    for (size_t i = 0; i < BIG; i++)
        big[i] = (char)((x = x * 1664525 + 1013904223) >> 24);
    rc_buf gzip = {0}, zstd = {0}, got = {0};
    append_gzip(&gzip, big, BIG);
    append_zstd(&zstd, big, BIG);
    for (size_t i = 1; i < 256; i++) {
        rc_buf a = {.data = gzip.data, .n = gzip.n * i / 256};
        rc_buf b = {.data = zstd.data, .n = zstd.n * i / 256};
        assert_int_equal(read_bytes(s, &a, READ_ALL, &got, NULL), RC_E_DATA);
        assert_true(got.n <= BIG && memcmp(got.data, big, got.n) == 0);
        assert_int_equal(read_bytes(s, &b, READ_ALL, &got, NULL), RC_E_DATA);
        assert_true(got.n <= BIG && memcmp(got.data, big, got.n) == 0);
    }
    rc_buf_release(&gzip);
    rc_buf_release(&zstd);
    rc_buf_release(&got);
    free(big);
}

static void assert_garbage(scratch *s, const rc_buf *good, const char *garbage, size_t n,
                           const char *format)
{
    char message[128];
    rc_buf stored = {0};
    append(&stored, good->data, good->n);
    append(&stored, garbage, n);
    snprintf(message, sizeof(message), "%s%zu", format, good->n);
    assert_refused(s, &stored, message);
    rc_buf_release(&stored);
}

static void test_garbage_behind_is_refused(void **state)
{
    scratch *s = *state;
    static const char gzip[] = "trailing garbage after the gzip member at byte ";
    static const char zstd[] = "trailing garbage after the zstd frame at byte ";
    rc_buf good = {0};
    append_gzip(&good, text, TEXT_BYTES);
    append_gzip(&good, text, TEXT_BYTES);
    assert_garbage(s, &good, "x", 1, gzip);
    assert_garbage(s, &good, "more text", 9, gzip);
    assert_garbage(s, &good, "\x1f\x8c", 2, gzip);
    assert_garbage(s, &good, "\0\0\0x\0", 5, gzip);
    assert_garbage(s, &good, "\0\x1f\x8b\x08", 4, gzip);
    assert_garbage(s, &good, "\x28\xb5\x2f\xfd", 4, gzip);
    good.n = 0;
    append_zstd(&good, text, TEXT_BYTES);
    append_skippable(&good, 1, 1);
    assert_garbage(s, &good, "more text", 9, zstd);
    assert_garbage(s, &good, "\0\0\0\0\0\0\0\0\0", 9, zstd);
    assert_garbage(s, &good, "\x1f\x8b\x08\0\0\0\0\0", 8, zstd);
    assert_garbage(s, &good, "x", 1, zstd);
    append(&good, "(", 1); /* may be the beginning of a frame */
    assert_refused(s, &good, "zstd stream ends in the middle of a frame");
    rc_buf_release(&good);
}

/* A flip is found, or it changes nothing that is read (a time in the header), or the file is no
 * compressed one any more. */
static void assert_flips_found(scratch *s, const rc_buf *stored, int n_harmless_expected)
{
    rc_buf got = {0};
    int n_harmless = 0;
    for (size_t bit = 0; bit < stored->n * 8; bit++) {
        stored->data[bit / 8] ^= (char)(1 << bit % 8);
        rc_input *in = open_input(scratch_write(s, "input", stored->data, stored->n));
        got.n = 0;
        rc_status st = read_all(in, 4096, &got, NULL);
        if (st == RC_END && rc_input_tell(in).compression != RC_COMPRESS_NONE) {
            assert_bytes(&got, text, TEXT_BYTES);
            n_harmless++;
        } else if (st == RC_END) {
            assert_bytes(&got, stored->data, stored->n);
        } else {
            assert_int_equal(st, RC_E_DATA);
        }
        rc_input_close(in);
        stored->data[bit / 8] ^= (char)(1 << bit % 8);
    }
    assert_true(n_harmless == n_harmless_expected);
    rc_buf_release(&got);
}

static void test_flipped_bits_are_found(void **state)
{
    rc_buf stored = {0};
    append_gzip(&stored, text, TEXT_BYTES);
    /* FTEXT, MTIME, XFL, OS (RFC 1952): 1 + 32 + 8 + 8 bits; 7 that fill deflate's last byte */
    assert_flips_found(*state, &stored, 56);
    stored.n = 0;
    append_zstd(&stored, text, TEXT_BYTES);
    /* the unused bit; Single_Segment, for the byte of the size is a window's size as well */
    assert_flips_found(*state, &stored, 2);
    rc_buf_release(&stored);
}

static void test_gzip_checksum_is_told(void **state)
{
    scratch *s = *state;
    rc_buf stored = {0};
    append_gzip(&stored, text, TEXT_BYTES);
    char message[128];
    stored.data[stored.n - 8] ^= 1; /* CRC32, then ISIZE */
    snprintf(message, sizeof(message), "damaged gzip data near byte %zu: incorrect data check",
             stored.n - 4);
    assert_refused(s, &stored, message);
    stored.data[stored.n - 8] ^= 1;
    stored.data[stored.n - 4] ^= 1;
    snprintf(message, sizeof(message), "damaged gzip data near byte %zu: incorrect length check",
             stored.n);
    assert_refused(s, &stored, message);
    rc_buf_release(&stored);
}

/* Frame headers by hand, RFC 8878 3.1.1.1: magic, descriptor, window, then an empty last block. */
static void test_zstd_frames_that_ask_too_much_are_refused(void **state)
{
    scratch *s = *state;
    rc_buf stored = {0};
    append(&stored, "\x28\xb5\x2f\xfd\x00\x88\x01\x00\x00", 9); /* exponent 17: 2^27 bytes */
    assert_reads(s, &stored, "", 0);
    stored.n = 0;
    append_skippable(&stored, 0, 2);
    append(&stored, "\x28\xb5\x2f\xfd\x00\x89\x01\x00\x00", 9); /* 2^27 + 2^24 bytes */
    assert_refused(s, &stored,
                   "the zstd frame at byte 10 needs a window of more than 128 MiB\n  pipe it "
                   "through 'zstd -dc --long=31', or compress it without --long");
    stored.n = 0;
    append(&stored, "\x28\xb5\x2f\xfd\x01\x50\x07\x01\x00\x00", 10); /* dictionary 7 */
    assert_refused(s, &stored, "the zstd frame at byte 0 needs a dictionary");
    rc_buf_release(&stored);
}

/* A damaged second member: all of the first comes before the failure, which then stays. */
static void test_bytes_before_a_failure_come_first(void **state)
{
    scratch *s = *state;
    for (int kind = 0; kind < 2; kind++) {
        rc_buf stored = {0}, got = {0};
        rc_error err;
        (kind == 0 ? append_gzip : append_zstd)(&stored, text, TEXT_BYTES);
        append(&stored, "garbage behind", 14);
        rc_input *in = open_input(scratch_write(s, "input", stored.data, stored.n));
        assert_int_equal(read_all(in, READ_ALL, &got, &err), RC_E_DATA);
        assert_bytes(&got, text, TEXT_BYTES);
        rc_error again = {0};
        assert_int_equal(read_all(in, READ_ALL, &got, &again), RC_E_DATA);
        assert_string_equal(again.text, err.text);
        rc_input_close(in);
        rc_buf_release(&stored);
        rc_buf_release(&got);
    }
}

static void assert_no_open(const char *path, int os_errno, const char *message)
{
    rc_error err;
    rc_input *in = (rc_input *)&err;
    assert_int_equal(rc_input_open(&in, path, &err), RC_E_DATA);
    assert_null(in);
    assert_int_equal(err.os_errno, os_errno);
    assert_string_equal(err.text, message);
}

static void test_open_tells_why_not(void **state)
{
    scratch *s = *state;
    assert_no_open(s->folder, 0, "is a folder");
    assert_no_open(scratch_path(s, "absent"), ENOENT,
                   "cannot be opened: No such file or directory");
    scratch_write(s, "file", "", 0);
    assert_no_open(scratch_path(s, "file/x"), ENOTDIR, "cannot be opened: Not a directory");
    rc_input_close(NULL);
}

static void test_read_errors_are_told(void **state)
{
    (void)state;
    rc_buf got = {0};
    rc_error err;
    /* address 0 of a process is never mapped */
    assert_int_equal(read_file("/proc/self/mem", 16, &got, &err), RC_E_DATA);
    assert_int_equal(err.os_errno, EIO);
    assert_string_equal(err.text, "read: Input/output error");
    rc_buf_release(&got);
}

static void test_tell_counts_stored_bytes(void **state)
{
    scratch *s = *state;
    rc_buf stored = {0}, got = {0};
    append_zstd(&stored, text, TEXT_BYTES);
    rc_input *in = open_input(scratch_write(s, "input", stored.data, stored.n));
    rc_input_stat st = rc_input_tell(in);
    assert_int_equal(st.bytes_read, 0);
    assert_int_equal(st.bytes_total, stored.n);
    assert_int_equal(st.compression, RC_COMPRESS_AUTO);
    assert_int_equal(read_all(in, READ_ALL, &got, NULL), RC_END);
    st = rc_input_tell(in);
    assert_int_equal(st.bytes_read, stored.n);
    assert_int_equal(st.compression, RC_COMPRESS_ZSTD);
    rc_input_close(in);
    rc_buf_release(&stored);
    rc_buf_release(&got);
}

/* Makes fd 0 the descriptor; returns the old one. */
static int replace_stdin(int fd)
{
    int old = dup(STDIN_FILENO);
    assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    return old;
}

static void restore_stdin(int old)
{
    if (old >= 0) {
        dup2(old, STDIN_FILENO);
        close(old);
    } else {
        close(STDIN_FILENO);
    }
}

static void test_stdin_may_be_half_read_and_stays_open(void **state)
{
    scratch *s = *state;
    rc_buf stored = {0}, got = {0};
    rc_error err;
    append(&stored, "skipped", 7);
    append_gzip(&stored, text, TEXT_BYTES);
    size_t n_good = stored.n;
    append(&stored, "!", 1);
    int fd = open(scratch_write(s, "input", stored.data, stored.n), O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(lseek(fd, 7, SEEK_SET), 7);
    int old = replace_stdin(fd);
    rc_input *in = open_input("-");
    assert_int_equal(rc_input_tell(in).bytes_total, stored.n - 7);
    assert_int_equal(read_all(in, READ_ALL, &got, &err), RC_E_DATA);
    assert_bytes(&got, text, TEXT_BYTES);
    assert_int_equal(rc_input_tell(in).bytes_read, n_good - 7);
    rc_input_close(in);
    assert_int_equal(lseek(STDIN_FILENO, 0, SEEK_CUR), stored.n);
    restore_stdin(old);
    close(fd);
    char message[128];
    snprintf(message, sizeof(message), "trailing garbage after the gzip member at byte %zu",
             n_good);
    assert_string_equal(err.text, message);
    rc_buf_release(&stored);
    rc_buf_release(&got);
}

static void test_stdin_that_is_closed_is_told(void **state)
{
    (void)state;
    int old = dup(STDIN_FILENO);
    rc_error err;
    rc_input *in;
    close(STDIN_FILENO);
    rc_status st = rc_input_open(&in, "-", &err);
    restore_stdin(old);
    assert_int_equal(st, RC_E_DATA);
    assert_string_equal(err.text, "cannot be read: Bad file descriptor");
}

/* --- pipes --- */

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static rc_input *open_pipe(int ends[2])
{
    char path[32];
    assert_int_equal(pipe(ends), 0);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
    rc_input *in = open_input(path);
    close(ends[0]);
    return in;
}

static rc_status read_piece(rc_input *in, rc_buf *got, int timeout_ms)
{
    size_t n;
    assert_true(rc_buf_reserve(got, 4096));
    rc_status st = rc_input_read(in, got->data + got->n, 4096, timeout_ms, &n, NULL);
    got->n += n;
    return st;
}

static void test_pipe_gives_what_has_come(void **state)
{
    (void)state;
    int ends[2];
    rc_input *in = open_pipe(ends);
    rc_buf got = {0};
    assert_int_equal(read_piece(in, &got, 0), RC_AGAIN);
    int64_t start = now_ms();
    assert_int_equal(read_piece(in, &got, 30), RC_AGAIN);
    assert_true(now_ms() - start >= 30);
    assert_int_equal(write(ends[1], text, 10), 10);
    assert_int_equal(read_piece(in, &got, -1), RC_OK);
    assert_bytes(&got, text, 10);
    assert_int_equal(read_piece(in, &got, 0), RC_AGAIN);
    assert_int_equal(write(ends[1], text + 10, 5), 5);
    close(ends[1]);
    assert_int_equal(read_piece(in, &got, -1), RC_OK);
    assert_bytes(&got, text, 15);
    assert_int_equal(read_piece(in, &got, -1), RC_END);
    assert_int_equal(read_piece(in, &got, 0), RC_END);
    assert_int_equal(rc_input_tell(in).bytes_read, 15);
    assert_int_equal(rc_input_tell(in).bytes_total, 0);
    rc_input_close(in);
    rc_buf_release(&got);
}

/* One stored byte at a time without waiting: AGAIN until a text byte is made, all in the end. */
static void assert_pipe_reads(const rc_buf *stored, bool is_gzip)
{
    int ends[2], n_again = 0;
    rc_input *in = open_pipe(ends);
    rc_buf got = {0};
    for (size_t i = 0; i < stored->n; i++) {
        assert_int_equal(write(ends[1], stored->data + i, 1), 1);
        rc_status st = read_piece(in, &got, i % 2 ? 0 : 1);
        assert_true(st == RC_OK || st == RC_AGAIN);
        n_again += st == RC_AGAIN;
        assert_int_equal(read_piece(in, &got, 0), RC_AGAIN);
    }
    assert_true(n_again > (is_gzip ? 10 : 4)); /* at least the header makes nothing */
    assert_bytes(&got, text, TEXT_BYTES);
    close(ends[1]);
    assert_int_equal(read_piece(in, &got, -1), RC_END);
    rc_input_close(in);
    rc_buf_release(&got);
}

static void test_pipe_in_single_bytes(void **state)
{
    (void)state;
    rc_buf stored = {0};
    append(&stored, text, TEXT_BYTES);
    int ends[2];
    rc_input *in = open_pipe(ends);
    rc_buf got = {0};
    for (size_t i = 0; i < TEXT_BYTES; i++) {
        assert_int_equal(write(ends[1], text + i, 1), 1);
        assert_int_equal(read_piece(in, &got, -1), RC_OK);
        assert_int_equal(got.n, i + 1);
    }
    close(ends[1]);
    rc_input_close(in);
    stored.n = 0;
    append_gzip(&stored, text, 20);
    append_gzip(&stored, NULL, 0);
    append_gzip(&stored, text + 20, TEXT_BYTES - 20);
    assert_pipe_reads(&stored, true);
    stored.n = 0;
    append_zstd(&stored, text, 20);
    append_skippable(&stored, 0, 40);
    append_zstd(&stored, text + 20, TEXT_BYTES - 20);
    assert_pipe_reads(&stored, false);
    rc_buf_release(&stored);
    rc_buf_release(&got);
}

/* Starts a child that writes the bytes in small parts with pauses. */
static pid_t start_writer(const int ends[2], const rc_buf *stored, size_t part)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0) {
        close(ends[1]);
        return pid;
    }
    for (size_t at = 0; at < stored->n; at += part) {
        size_t n = stored->n - at < part ? stored->n - at : part;
        if (write(ends[1], stored->data + at, n) != (ssize_t)n)
            _exit(1);
        usleep(500);
    }
    _exit(0);
}

static void assert_exit_ok(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void ignore_signal(int number)
{
    (void)number;
}

static void set_timer(int us)
{
    struct itimerval t = {.it_interval = {.tv_usec = us}, .it_value = {.tv_usec = us}};
    assert_int_equal(setitimer(ITIMER_REAL, &t, NULL), 0);
}

/* A slow writer while a signal interrupts poll() and read() all the time. */
static void test_slow_pipe_under_signals(void **state)
{
    (void)state;
    struct sigaction old, on = {.sa_handler = ignore_signal}; /* without SA_RESTART */
    rc_buf stored = {0}, got = {0};
    for (int i = 0; i < 10; i++)
        append_gzip(&stored, text, TEXT_BYTES);
    int ends[2];
    rc_input *in = open_pipe(ends);
    pid_t pid = start_writer(ends, &stored, 7);
    sigaction(SIGALRM, &on, &old);
    set_timer(300);
    rc_status st = read_all(in, 4096, &got, NULL);
    set_timer(0);
    sigaction(SIGALRM, &old, NULL);
    assert_int_equal(st, RC_END);
    assert_int_equal(got.n, 10 * TEXT_BYTES);
    assert_exit_ok(pid);
    rc_input_close(in);
    rc_buf_release(&stored);
    rc_buf_release(&got);
}

static void test_timeout_holds_under_signals(void **state)
{
    (void)state;
    struct sigaction old, on = {.sa_handler = ignore_signal};
    int ends[2];
    rc_input *in = open_pipe(ends);
    rc_buf got = {0};
    sigaction(SIGALRM, &on, &old);
    set_timer(2000);
    int64_t start = now_ms();
    rc_status st = read_piece(in, &got, 50);
    int64_t waited = now_ms() - start;
    set_timer(0);
    sigaction(SIGALRM, &old, NULL);
    assert_int_equal(st, RC_AGAIN);
    assert_true(waited >= 50 && waited < 5000);
    close(ends[1]);
    rc_input_close(in);
    rc_buf_release(&got);
}

/* What the decoder holds comes without new input: a writer that waits for us would wait for ever.
 * 100,000 equal bytes, flushed and not finished, are a few stored ones. */
static void assert_flushed_comes(const char *stored, size_t n)
{
    int ends[2];
    rc_input *in = open_pipe(ends);
    char data[30];
    size_t n_got = 0, got;
    assert_int_equal(write(ends[1], stored, n), n);
    while (rc_input_read(in, data, sizeof(data), 0, &got, NULL) == RC_OK)
        n_got += got;
    assert_int_equal(n_got, 100000);
    close(ends[1]);
    assert_int_equal(rc_input_read(in, data, sizeof(data), -1, &got, NULL), RC_E_DATA);
    rc_input_close(in);
}

static void test_pipe_gives_all_that_was_flushed(void **state)
{
    (void)state;
    static char plain[100000];
    char stored[4096];
    z_stream z = {.next_in = (unsigned char *)plain, .avail_in = sizeof(plain)};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_out = (unsigned char *)stored;
    z.avail_out = sizeof(stored);
    assert_int_equal(deflate(&z, Z_SYNC_FLUSH), Z_OK);
    assert_flushed_comes(stored, z.total_out);
    deflateEnd(&z);

    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    ZSTD_inBuffer from = {plain, sizeof(plain), 0};
    ZSTD_outBuffer to = {stored, sizeof(stored), 0};
    assert_int_equal(ZSTD_compressStream2(zstd, &to, &from, ZSTD_e_flush), 0);
    assert_flushed_comes(stored, to.pos);
    ZSTD_freeCCtx(zstd);
}

/* Empty members make no byte, and could come for ever: the time is up all the same, though more
 * could be read without waiting. */
static void test_timeout_holds_when_nothing_is_made(void **state)
{
    (void)state;
    int ends[2];
    rc_input *in = open_pipe(ends); /* makes room for 1 MiB if it may */
    rc_buf got = {0}, member = {0};
    size_t n_stored = 0;
    append_gzip(&member, NULL, 0);
    assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    while (write(ends[1], member.data, member.n) == (ssize_t)member.n)
        n_stored += member.n;
    if (n_stored < 500000)
        skip();
    assert_int_equal(read_piece(in, &got, 0), RC_AGAIN);
    assert_true(rc_input_tell(in).bytes_read < 300000); /* two buffers of 128 KiB */
    close(ends[1]);
    rc_input_close(in);
    rc_buf_release(&got);
    rc_buf_release(&member);
}

/* A descriptor that somebody else has made non-blocking is waited for like another. */
static void test_pipe_that_does_not_block(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    int old = replace_stdin(ends[0]);
    rc_input *in = open_input("-");
    rc_buf got = {0}, stored = {0};
    append(&stored, text, TEXT_BYTES);
    pid_t pid = start_writer(ends, &stored, 5);
    rc_status st = read_all(in, 4096, &got, NULL);
    rc_input_close(in);
    restore_stdin(old);
    close(ends[0]);
    assert_int_equal(st, RC_END);
    assert_bytes(&got, text, TEXT_BYTES);
    assert_exit_ok(pid);
    rc_buf_release(&got);
    rc_buf_release(&stored);
}

/* --- whole files --- */

static void test_file_read_gives_all_and_a_nul(void **state)
{
    scratch *s = *state;
    char *data;
    size_t n;
    assert_int_equal(
        rc_file_read(scratch_write(s, "f", "ab\0c", 4), 4, RC_E_MODEL, &data, &n, NULL), RC_OK);
    assert_int_equal(n, 4);
    assert_memory_equal(data, "ab\0c\0", 5);
    free(data);
    assert_int_equal(rc_file_read(scratch_write(s, "e", "", 0), 0, RC_E_MODEL, &data, &n, NULL),
                     RC_OK);
    assert_int_equal(n, 0);
    assert_string_equal(data, "");
    free(data);
    /* a file whose size is told as 0 */
    assert_int_equal(rc_file_read("/proc/self/status", 1 << 20, RC_E_MODEL, &data, &n, NULL),
                     RC_OK);
    assert_true(n > 100);
    assert_memory_equal(data, "Name:", 5);
    free(data);
}

static void assert_not_read(const char *path, size_t max_bytes, const char *message)
{
    rc_error err;
    char *data = (char *)&err;
    size_t n = 1;
    assert_int_equal(rc_file_read(path, max_bytes, RC_E_MODEL, &data, &n, &err), RC_E_MODEL);
    assert_null(data);
    assert_int_equal(n, 0);
    assert_string_equal(err.text, message);
}

static void test_file_read_tells_why_not(void **state)
{
    scratch *s = *state;
    assert_not_read(s->folder, 100, "is a folder");
    assert_not_read(scratch_path(s, "absent"), 100, "cannot be opened: No such file or directory");
    assert_not_read(scratch_write(s, "f", "abcde", 5), 4, "is larger than the limit of 4 bytes");
    assert_not_read("/proc/self/status", 10, "is larger than the limit of 10 bytes");
    assert_not_read("/dev/zero", 100000, "is larger than the limit of 100000 bytes");
    assert_not_read("/proc/self/mem", 100, "read: Input/output error");
}

#define IN_SCRATCH(f) cmocka_unit_test_setup_teardown(f, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(test_plain_is_passed_through),
        IN_SCRATCH(test_gzip_members_are_one_stream),
        IN_SCRATCH(test_zstd_frames_are_one_stream),
        IN_SCRATCH(test_zstd_may_begin_with_a_skippable_frame),
        IN_SCRATCH(test_large_files),
        IN_SCRATCH(test_gzip_that_is_cut_is_refused),
        IN_SCRATCH(test_zstd_that_is_cut_is_refused),
        IN_SCRATCH(test_large_files_that_are_cut_are_refused),
        IN_SCRATCH(test_garbage_behind_is_refused),
        IN_SCRATCH(test_flipped_bits_are_found),
        IN_SCRATCH(test_gzip_checksum_is_told),
        IN_SCRATCH(test_zstd_frames_that_ask_too_much_are_refused),
        IN_SCRATCH(test_bytes_before_a_failure_come_first),
        IN_SCRATCH(test_open_tells_why_not),
        cmocka_unit_test(test_read_errors_are_told),
        IN_SCRATCH(test_tell_counts_stored_bytes),
        IN_SCRATCH(test_stdin_may_be_half_read_and_stays_open),
        cmocka_unit_test(test_stdin_that_is_closed_is_told),
        cmocka_unit_test(test_pipe_gives_what_has_come),
        cmocka_unit_test(test_pipe_in_single_bytes),
        cmocka_unit_test(test_pipe_gives_all_that_was_flushed),
        cmocka_unit_test(test_slow_pipe_under_signals),
        cmocka_unit_test(test_timeout_holds_under_signals),
        cmocka_unit_test(test_timeout_holds_when_nothing_is_made),
        cmocka_unit_test(test_pipe_that_does_not_block),
        IN_SCRATCH(test_file_read_gives_all_and_a_nul),
        IN_SCRATCH(test_file_read_tells_why_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
