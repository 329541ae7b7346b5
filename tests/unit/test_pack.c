/* test_pack.c - frames and members read back by zlib and zstd themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "io/pack.h"

static const char text[] = "id,prediction\n1,0.25\n2,0.75\n";
enum { TEXT_BYTES = sizeof(text) - 1 };

static rc_pack *open_pack(rc_compression kind, int level)
{
    rc_pack *pack;
    rc_error err;
    assert_int_equal(rc_pack_open(&pack, kind, level, &err), RC_OK);
    return pack;
}

/* Length of the member at data, whose text must be the n bytes of expected. */
static size_t assert_member(const char *data, size_t n_data, const char *expected, size_t n)
{
    char *out = malloc(n + 1);
    z_stream z = {0};
    assert_non_null(out);
    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
    z.next_in = (unsigned char *)data;
    z.avail_in = (uInt)n_data;
    z.next_out = (unsigned char *)out;
    z.avail_out = (uInt)n + 1;
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.total_out, n);
    if (n > 0)
        assert_memory_equal(out, expected, n);
    inflateEnd(&z);
    free(out);
    return z.total_in;
}

static size_t assert_frame(const char *data, size_t n_data, const char *expected, size_t n)
{
    char *out = malloc(n + 1);
    assert_non_null(out);
    size_t n_frame = ZSTD_findFrameCompressedSize(data, n_data);
    assert_false(ZSTD_isError(n_frame));
    assert_int_equal(ZSTD_getFrameContentSize(data, n_data), n);
    assert_true(data[4] & 4); /* Content_Checksum_flag, RFC 8878 3.1.1.1.1.5 */
    assert_int_equal(ZSTD_decompress(out, n, data, n_frame), n);
    if (n > 0)
        assert_memory_equal(out, expected, n);
    free(out);
    return n_frame;
}

static void test_none_appends_the_bytes(void **state)
{
    (void)state;
    rc_pack *pack = open_pack(RC_COMPRESS_NONE, 0);
    rc_buf out = {0};
    assert_int_equal(rc_pack_frame(pack, text, TEXT_BYTES, &out, NULL), RC_OK);
    assert_int_equal(rc_pack_frame(pack, NULL, 0, &out, NULL), RC_OK);
    assert_int_equal(rc_pack_frame(pack, "x", 1, &out, NULL), RC_OK);
    assert_int_equal(out.n, TEXT_BYTES + 1);
    assert_memory_equal(out.data, text, TEXT_BYTES);
    rc_buf_release(&out);
    rc_pack_close(pack);
}

typedef size_t assert_one(const char *data, size_t n_data, const char *expected, size_t n);

/* Three frames of one object behind bytes that must stay: text, nothing, 3 MB. */
static void assert_round_trip(rc_compression kind, int level, assert_one *assert_next)
{
    enum { BIG = 3000000 };
    char *big = malloc(BIG);
    assert_non_null(big);
    uint32_t x = 1;
    for (size_t i = 0; i < BIG; i++) {
        x = x * 1664525 + 1013904223; /* Numerical Recipes; half noise, half runs */
        big[i] = i / 4096 % 2 ? (char)(x >> 24) : 'a';
    }
    rc_pack *pack = open_pack(kind, level);
    rc_buf out = {0};
    assert_true(rc_buf_text(&out, "head"));
    assert_int_equal(rc_pack_frame(pack, text, TEXT_BYTES, &out, NULL), RC_OK);
    assert_int_equal(rc_pack_frame(pack, NULL, 0, &out, NULL), RC_OK);
    assert_int_equal(rc_pack_frame(pack, big, BIG, &out, NULL), RC_OK);
    assert_memory_equal(out.data, "head", 4);
    size_t at = 4;
    at += assert_next(out.data + at, out.n - at, text, TEXT_BYTES);
    at += assert_next(out.data + at, out.n - at, NULL, 0);
    at += assert_next(out.data + at, out.n - at, big, BIG);
    assert_int_equal(at, out.n);
    rc_buf_release(&out);
    rc_pack_close(pack);
    free(big);
}

static void test_zstd_makes_frames_with_size_and_checksum(void **state)
{
    (void)state;
    assert_round_trip(RC_COMPRESS_ZSTD, 0, assert_frame);
    assert_round_trip(RC_COMPRESS_ZSTD, 3, assert_frame);
    assert_round_trip(RC_COMPRESS_ZSTD, -5, assert_frame);
}

static void test_gzip_makes_members(void **state)
{
    (void)state;
    assert_round_trip(RC_COMPRESS_GZIP, 0, assert_member);
    assert_round_trip(RC_COMPRESS_GZIP, 1, assert_member);
    assert_round_trip(RC_COMPRESS_GZIP, 9, assert_member);
}

static void test_frames_depend_on_their_bytes_alone(void **state)
{
    (void)state;
    static const rc_compression kinds[] = {RC_COMPRESS_GZIP, RC_COMPRESS_ZSTD};
    for (size_t i = 0; i < 2; i++) {
        rc_pack *pack = open_pack(kinds[i], 0);
        rc_buf first = {0}, other = {0}, again = {0};
        assert_int_equal(rc_pack_frame(pack, text, TEXT_BYTES, &first, NULL), RC_OK);
        assert_int_equal(rc_pack_frame(pack, "something else", 14, &other, NULL), RC_OK);
        assert_int_equal(rc_pack_frame(pack, text, TEXT_BYTES, &again, NULL), RC_OK);
        assert_int_equal(first.n, again.n);
        assert_memory_equal(first.data, again.data, first.n);
        rc_buf_release(&first);
        rc_buf_release(&other);
        rc_buf_release(&again);
        rc_pack_close(pack);
    }
}

static void test_gzip_header_holds_no_time(void **state)
{
    (void)state;
    rc_pack *pack = open_pack(RC_COMPRESS_GZIP, 0);
    rc_buf out = {0};
    assert_int_equal(rc_pack_frame(pack, text, TEXT_BYTES, &out, NULL), RC_OK);
    assert_memory_equal(out.data, "\x1f\x8b\x08\0\0\0\0\0", 8); /* RFC 1952: no flags, MTIME 0 */
    rc_buf_release(&out);
    rc_pack_close(pack);
}

static void test_default_levels(void **state)
{
    (void)state;
    static const struct {
        rc_compression kind;
        int level;
    } same[] = {{RC_COMPRESS_ZSTD, 1}, {RC_COMPRESS_GZIP, 6}};
    char data[20000];
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = "0123456789"[i * i / 7 % 10];
    for (size_t i = 0; i < 2; i++) {
        rc_pack *a = open_pack(same[i].kind, 0), *b = open_pack(same[i].kind, same[i].level);
        rc_buf x = {0}, y = {0};
        assert_int_equal(rc_pack_frame(a, data, sizeof(data), &x, NULL), RC_OK);
        assert_int_equal(rc_pack_frame(b, data, sizeof(data), &y, NULL), RC_OK);
        assert_int_equal(x.n, y.n);
        assert_memory_equal(x.data, y.data, x.n);
        rc_buf_release(&x);
        rc_buf_release(&y);
        rc_pack_close(a);
        rc_pack_close(b);
    }
}

static void assert_refused(rc_compression kind, int level, const char *message)
{
    rc_error err;
    rc_pack *pack = (rc_pack *)&err;
    assert_int_equal(rc_pack_open(&pack, kind, level, &err), RC_E_USAGE);
    assert_null(pack);
    assert_int_equal(err.code, RC_E_USAGE);
    assert_string_equal(err.text, message);
    assert_int_equal(rc_pack_open(&pack, kind, level, NULL), RC_E_USAGE);
}

static void test_levels_out_of_range_are_refused(void **state)
{
    (void)state;
    assert_refused(RC_COMPRESS_GZIP, 10, "gzip has the levels 1 to 9, not 10");
    assert_refused(RC_COMPRESS_GZIP, -1, "gzip has the levels 1 to 9, not -1");
    assert_refused(RC_COMPRESS_ZSTD, 23, "zstd has the levels 1 to 22, not 23");
    rc_pack_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none_appends_the_bytes),
        cmocka_unit_test(test_zstd_makes_frames_with_size_and_checksum),
        cmocka_unit_test(test_gzip_makes_members),
        cmocka_unit_test(test_frames_depend_on_their_bytes_alone),
        cmocka_unit_test(test_gzip_header_holds_no_time),
        cmocka_unit_test(test_default_levels),
        cmocka_unit_test(test_levels_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
