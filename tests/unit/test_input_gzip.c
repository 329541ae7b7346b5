/* test_input_gzip.c - members with every part of a header; damage anywhere, against zlib. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stored.h"

enum { NOISE_BYTES = 70000, N_MUTATIONS = 600 };

/* Bit i of parts: 0 text, 1 extra, 2 name, 3 comment, 4 checksum of the header. */
static void append_with_header(rc_buf *buf, unsigned parts)
{
    unsigned char extra[] = "BC\x02\x00\x01\x02";
    unsigned char name[] = "table.csv", comment[] = "by hand";
    z_stream z = {0};
    gz_header header = {.text = parts & 1, .time = 1234567890, .os = 3, .hcrc = parts >> 4 & 1};
    header.extra = (parts & 2) != 0 ? extra : NULL;
    header.extra_len = sizeof(extra);
    header.name = (parts & 4) != 0 ? name : NULL;
    header.comment = (parts & 8) != 0 ? comment : NULL;
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflateSetHeader(&z, &header), Z_OK);
    assert_true(rc_buf_reserve(buf, 1000));
    z.next_in = (unsigned char *)(uintptr_t)text;
    z.avail_in = TEXT_BYTES;
    z.next_out = (unsigned char *)buf->data + buf->n;
    z.avail_out = 1000;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    buf->n += z.total_out;
    deflateEnd(&z);
}

static void test_headers_with_all_parts(void **state)
{
    scratch *s = *state;
    rc_buf all = {0}, expected = {0};
    for (unsigned parts = 0; parts < 32; parts++) {
        rc_buf stored = {0};
        append_with_header(&stored, parts);
        assert_reads(s, &stored, text, TEXT_BYTES);
        append(&all, stored.data, stored.n);
        append(&expected, text, TEXT_BYTES);
        rc_buf_release(&stored);
    }
    assert_reads(s, &all, expected.data, expected.n);
    rc_buf_release(&all);
    rc_buf_release(&expected);
}

static void assert_header_refused(scratch *s, unsigned parts, size_t at, const char *message)
{
    rc_buf stored = {0}, got = {0};
    rc_error err;
    append_with_header(&stored, parts);
    stored.data[at] ^= 0x40;
    assert_int_equal(read_bytes(s, &stored, 16, &got, &err), RC_E_DATA);
    assert_string_equal(err.text, message);
    assert_int_equal(got.n, 0);
    rc_buf_release(&stored);
    rc_buf_release(&got);
}

/* RFC 1952: the method is byte 2, flags are byte 3; with a name of 9 letters the checksum of the
 * header stands behind byte 19. */
static void test_headers_that_are_wrong_are_refused(void **state)
{
    scratch *s = *state;
    assert_header_refused(s, 0, 2, "damaged gzip data near byte 3: unknown compression method");
    assert_header_refused(s, 0, 3, "damaged gzip data near byte 4: unknown header flags set");
    for (size_t at = 4; at < 22; at += at == 18 ? 2 : 1) /* the name ends at 19 */
        assert_header_refused(s, 4 | 16, at, "damaged gzip data near byte 22: header crc mismatch");
}

/* What zlib makes of all members in n bytes; false: something is wrong. */
static bool reads_as(const rc_buf *stored, rc_buf *plain)
{
    z_stream z = {.next_in = (unsigned char *)stored->data, .avail_in = (uInt)stored->n};
    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
    assert_true(rc_buf_reserve(plain, 3 * NOISE_BYTES));
    z.next_out = (unsigned char *)plain->data;
    z.avail_out = 3 * NOISE_BYTES;
    int code = Z_OK;
    while (code == Z_OK) {
        code = inflate(&z, Z_NO_FLUSH);
        if (code == Z_STREAM_END && z.avail_in > 0)
            code = inflateReset(&z);
    }
    plain->n = 3 * NOISE_BYTES - z.avail_out;
    inflateEnd(&z);
    return code == Z_STREAM_END;
}

static uint32_t next_random(uint32_t *x)
{
    return (*x = *x * 1664525 + 1013904223) >> 8; /* Numerical Recipes */
}

/* Mostly one bit or byte near the beginning, for there are the codes that all depends on. */
static void mutate(rc_buf *stored, uint32_t *x)
{
    size_t range = next_random(x) % 2 == 0 ? 200 : stored->n;
    for (uint32_t k = next_random(x) % 3 + 1; k > 0; k--)
        stored->data[2 + next_random(x) % (range - 2)] ^= (char)(1 << next_random(x) % 8);
    if (next_random(x) % 8 == 0)
        stored->n -= next_random(x) % 100;
}

/* Refused in any pieces with the same text and the same bytes before. */
static void assert_same_refusal(scratch *s, const rc_buf *stored, const rc_buf *first,
                                const rc_error *expected)
{
    static const size_t pieces[] = {1000, 66000};
    for (size_t i = 0; i < 2; i++) {
        rc_buf got = {0};
        rc_error err;
        assert_int_equal(read_bytes(s, stored, pieces[i], &got, &err), RC_E_DATA);
        assert_string_equal(err.text, expected->text);
        assert_bytes(&got, first->data, first->n);
        rc_buf_release(&got);
    }
}

static void test_damage_is_what_zlib_refuses(void **state)
{
    scratch *s = *state;
    uint32_t x = 1;
    char *noise = malloc(NOISE_BYTES);
    assert_non_null(noise);
    int n_bad = 0, n_late = 0;
    for (size_t i = 0; i < NOISE_BYTES; i++)
        noise[i] = "0123456789,\n"[next_random(&x) % (i / 9000 % 2 == 0 ? 12 : 3)];
    for (int k = 0; k < N_MUTATIONS; k++) {
        rc_buf stored = {0}, got = {0}, plain = {0};
        rc_error err;
        append_gzip(&stored, noise, next_random(&x) % 4 == 0 ? NOISE_BYTES : 500);
        append_gzip(&stored, noise, 300);
        mutate(&stored, &x);
        bool is_good = reads_as(&stored, &plain);
        assert_int_equal(read_bytes(s, &stored, READ_ALL, &got, &err),
                         is_good ? RC_END : RC_E_DATA);
        if (is_good)
            assert_bytes(&got, plain.data, plain.n);
        else
            assert_same_refusal(s, &stored, &got, &err);
        n_bad += !is_good;
        n_late += !is_good && got.n > 1000;
        rc_buf_release(&stored);
        rc_buf_release(&got);
        rc_buf_release(&plain);
    }
    free(noise);
    assert_true(n_bad > N_MUTATIONS / 2 && n_late > 10);
}

#define IN_SCRATCH(f) cmocka_unit_test_setup_teardown(f, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(test_headers_with_all_parts),
        IN_SCRATCH(test_headers_that_are_wrong_are_refused),
        IN_SCRATCH(test_damage_is_what_zlib_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
