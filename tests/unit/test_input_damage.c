/* test_input_damage.c - streams that are cut, changed, followed by garbage or ask too much. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stored.h"

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

#define IN_SCRATCH(f) cmocka_unit_test_setup_teardown(f, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(test_gzip_that_is_cut_is_refused),
        IN_SCRATCH(test_zstd_that_is_cut_is_refused),
        IN_SCRATCH(test_large_files_that_are_cut_are_refused),
        IN_SCRATCH(test_garbage_behind_is_refused),
        IN_SCRATCH(test_flipped_bits_are_found),
        IN_SCRATCH(test_gzip_checksum_is_told),
        IN_SCRATCH(test_zstd_frames_that_ask_too_much_are_refused),
        IN_SCRATCH(test_bytes_before_a_failure_come_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
