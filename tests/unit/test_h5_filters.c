/* test_h5_filters.c - chunks as the HDF5 library stored them, undone; and damaged ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table/h5/filters.h"

enum { MOST = 4096, N = 300 };

/* What testdata/recipes/h5_chunks.py put into a chunk. */
typedef enum content { FLOATS, DOUBLES, SHORTS, TRIPLES, FIRST_TRIPLES, NOISE } content;

static size_t make_content(content what, unsigned char *out)
{
    for (uint64_t i = 0; i < N; i++) {
        uint64_t step = 37 * i % 1000;
        float f = (float)step / 8;
        double d = (double)step / 8;
        uint16_t u = (uint16_t)step;
        unsigned char t[3] = {(unsigned char)(step % 251), (unsigned char)(step / 251),
                              (unsigned char)(step % 7)};
        if (what == FLOATS)
            memcpy(out + 4 * i, &f, 4);
        else if (what == DOUBLES)
            memcpy(out + 8 * i, &d, 8);
        else if (what == SHORTS)
            memcpy(out + 2 * i, &u, 2);
        else if (what == TRIPLES)
            memcpy(out + 3 * i, t, 3);
        else if (what == FIRST_TRIPLES && i % 3 == 0)
            memcpy(out + i, t, 3);
    }
    for (uint64_t i = 0; what == NOISE && i < 1200; i++)
        out[i] = (unsigned char)(i * i * UINT64_C(2654435761) >> 24);
    static const size_t n_bytes[] = {1200, 2400, 600, 900, 297, 1200};
    return n_bytes[what];
}

static size_t read_chunk(const char *name, unsigned char *out)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/h5-chunks/%s.chunk", getenv("RC_TESTDATA"), name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t n = fread(out, 1, MOST, file);
    fclose(file);
    assert_true(n > 0);
    return n;
}

typedef struct chunk_case {
    const char *name;
    content what;
    rc_h5_storage storage; /* only the filters count */
} chunk_case;

#define SHUFFLED(size)                                         \
    {                                                          \
        .id = RC_H5_SHUFFLE, .n_values = 1, .values = { size } \
    }
#define PLAIN(number) \
    {                 \
        .id = number  \
    }

static const chunk_case cases[] = {
    {"deflate", FLOATS, {.n_filters = 1, .filters = {PLAIN(RC_H5_DEFLATE)}}},
    {"shuffle-deflate", FLOATS, {.n_filters = 2, .filters = {SHUFFLED(4), PLAIN(RC_H5_DEFLATE)}}},
    {"shuffle-deflate-fletcher32",
     DOUBLES,
     {.n_filters = 3, .filters = {SHUFFLED(8), PLAIN(RC_H5_DEFLATE), PLAIN(RC_H5_FLETCHER32)}}},
    {"fletcher32", SHORTS, {.n_filters = 1, .filters = {PLAIN(RC_H5_FLETCHER32)}}},
    {"fletcher32-odd", FIRST_TRIPLES, {.n_filters = 1, .filters = {PLAIN(RC_H5_FLETCHER32)}}},
    {"fletcher32-shuffle-deflate",
     DOUBLES,
     {.n_filters = 3, .filters = {PLAIN(RC_H5_FLETCHER32), SHUFFLED(8), PLAIN(RC_H5_DEFLATE)}}},
    {"deflate-shuffle", FLOATS, {.n_filters = 2, .filters = {PLAIN(RC_H5_DEFLATE), SHUFFLED(4)}}},
    {"shuffle-2", SHORTS, {.n_filters = 1, .filters = {SHUFFLED(2)}}},
    {"shuffle-3", TRIPLES, {.n_filters = 1, .filters = {SHUFFLED(3)}}},
    {"shuffle-8", DOUBLES, {.n_filters = 1, .filters = {SHUFFLED(8)}}},
    {"shuffle-zstd", FLOATS, {.n_filters = 2, .filters = {SHUFFLED(4), PLAIN(RC_H5_ZSTD)}}},
    {"zstd-deflate",
     FLOATS,
     {.n_filters = 2, .filters = {PLAIN(RC_H5_ZSTD), PLAIN(RC_H5_DEFLATE)}}},
    {"lz4", DOUBLES, {.n_filters = 1, .filters = {PLAIN(RC_H5_LZ4)}}},
    {"lz4-blocks", DOUBLES, {.n_filters = 1, .filters = {PLAIN(RC_H5_LZ4)}}},
    {"lz4-stored", NOISE, {.n_filters = 1, .filters = {PLAIN(RC_H5_LZ4)}}},
};

enum { N_CASES = sizeof(cases) / sizeof(cases[0]) };

/* Out of exactly sized memory, so that a sanitizer sees a step beyond. */
static rc_status undo(const chunk_case *c, uint32_t mask, const unsigned char *in, size_t n_in,
                      unsigned char *out, size_t n_out, rc_error *err)
{
    rc_h5_undo state = {0};
    unsigned char *exact = malloc(n_in > 0 ? n_in : 1), *to = malloc(n_out);
    memcpy(exact, in, n_in);
    rc_status st = rc_h5_filters_undo(&state, &c->storage, mask, exact, n_in, to, n_out, err);
    memcpy(out, to, n_out);
    free(exact);
    free(to);
    rc_h5_undo_release(&state);
    return st;
}

static void test_undo_gives_what_the_library_stored(void **state)
{
    (void)state;
    unsigned char stored[MOST], expected[MOST], got[MOST];
    for (size_t i = 0; i < N_CASES; i++) {
        size_t n_stored = read_chunk(cases[i].name, stored);
        size_t n = make_content(cases[i].what, expected);
        rc_error err = {0};
        if (undo(&cases[i], 0, stored, n_stored, got, n, &err) != RC_OK)
            fail_msg("%s: %s", cases[i].name, err.text);
        if (memcmp(got, expected, n) != 0)
            fail_msg("%s: other bytes", cases[i].name);
    }
}

/* Cut anywhere, or with the wrong size asked for: refused, never more than the chunk. */
static void test_undo_refuses_cut_and_stretched(void **state)
{
    (void)state;
    unsigned char stored[MOST], got[MOST];
    for (size_t i = 0; i < N_CASES; i++) {
        size_t n_stored = read_chunk(cases[i].name, stored);
        size_t n = make_content(cases[i].what, got);
        rc_error err = {0};
        for (size_t cut = 0; cut < n_stored; cut++)
            if (undo(&cases[i], 0, stored, cut, got, n, &err) != RC_E_DATA)
                fail_msg("%s cut at %zu is taken", cases[i].name, cut);
        assert_int_equal(undo(&cases[i], 0, stored, n_stored, got, n + 1, &err), RC_E_DATA);
        assert_int_equal(undo(&cases[i], 0, stored, n_stored, got, n - 1, &err), RC_E_DATA);
        assert_int_equal(err.code, RC_E_DATA);
    }
}

/* Whatever byte is damaged: an error, or other bytes where nothing checks; never a crash. */
static void test_undo_survives_damage(void **state)
{
    (void)state;
    unsigned char stored[MOST], got[MOST], expected[MOST];
    for (size_t i = 0; i < N_CASES; i++) {
        size_t n_stored = read_chunk(cases[i].name, stored);
        size_t n = make_content(cases[i].what, expected);
        uint32_t last = cases[i].storage.n_filters - 1;
        for (size_t at = 0; at < n_stored; at++) {
            stored[at] ^= 0x55;
            rc_status st = undo(&cases[i], 0, stored, n_stored, got, n, NULL);
            stored[at] ^= 0x55;
            if (cases[i].storage.filters[last].id == RC_H5_FLETCHER32)
                assert_int_equal(st, RC_E_DATA);
            else
                assert_true(st == RC_OK || st == RC_E_DATA);
        }
    }
}

static void test_mask_leaves_filters_out(void **state)
{
    (void)state;
    unsigned char stored[MOST], expected[MOST], got[MOST];
    chunk_case c = cases[1]; /* shuffle, deflate */
    size_t n_stored = read_chunk("deflate", stored);
    size_t n = make_content(FLOATS, expected);
    assert_int_equal(undo(&c, 1, stored, n_stored, got, n, NULL), RC_OK);
    assert_memory_equal(got, expected, n);
    assert_int_equal(undo(&c, 3, expected, n, got, n, NULL), RC_OK);
    assert_memory_equal(got, expected, n);
    assert_true(rc_h5_is_plain(&c.storage, 3));
    assert_false(rc_h5_is_plain(&c.storage, 1));
}

/* By hand: words 0x0102, 0x0300. a = 0x0402; b = 0x0102 + 0x0402 = 0x0504; sum b << 16 | a, stored
 * from its lowest byte, and by old libraries with the bytes of each half swapped. */
static void test_fletcher32_by_hand_in_both_orders(void **state)
{
    (void)state;
    chunk_case c = {.storage = {.n_filters = 1, .filters = {PLAIN(RC_H5_FLETCHER32)}}};
    const unsigned char usual[] = {1, 2, 3, 0x02, 0x04, 0x04, 0x05};
    const unsigned char swapped[] = {1, 2, 3, 0x04, 0x02, 0x05, 0x04};
    const unsigned char neither[] = {1, 2, 3, 0x05, 0x04, 0x04, 0x02};
    unsigned char out[3];
    rc_error err = {0};
    assert_int_equal(undo(&c, 0, usual, 7, out, 3, &err), RC_OK);
    assert_memory_equal(out, usual, 3);
    assert_int_equal(undo(&c, 0, swapped, 7, out, 3, &err), RC_OK);
    assert_int_equal(undo(&c, 0, neither, 7, out, 3, &err), RC_E_DATA);
    assert_string_equal(err.text, "fletcher32 checksum does not match");
}

/* 2^17 words of 0xffff: the sums are multiples of 65535, which stay 0xffff, never 0. */
static void test_fletcher32_of_many_ones(void **state)
{
    (void)state;
    enum { MANY = 1 << 18 };
    chunk_case c = {.storage = {.n_filters = 1, .filters = {PLAIN(RC_H5_FLETCHER32)}}};
    unsigned char *in = malloc(MANY + 4), *out = malloc(MANY);
    memset(in, 0xff, MANY + 4);
    assert_int_equal(undo(&c, 0, in, MANY + 4, out, MANY, NULL), RC_OK);
    memset(in, 0, MANY + 4);
    assert_int_equal(undo(&c, 0, in, MANY + 4, out, MANY, NULL), RC_OK);
    in[MANY] = in[MANY + 1] = in[MANY + 2] = in[MANY + 3] = 0xff;
    assert_int_equal(undo(&c, 0, in, MANY + 4, out, MANY, NULL), RC_E_DATA);
    free(in);
    free(out);
}

static void assert_refused(uint32_t id, const char *bytes, size_t n, size_t n_out, const char *text)
{
    chunk_case c = {.storage = {.n_filters = 1, .filters = {{.id = id}}}};
    unsigned char out[64];
    rc_error err = {0};
    assert_int_equal(undo(&c, 0, (const unsigned char *)bytes, n, out, n_out, &err), RC_E_DATA);
    assert_string_equal(err.text, text);
}

static void test_errors_say_what_is_wrong(void **state)
{
    (void)state;
    /* python3 -c "import zlib; print(zlib.compress(b'abcdefgh'))" */
    static const char zlib_text[] = "x\x9cKLJNIMK\xcf\x00\x00\x0e\x00\x03\x25";
    assert_refused(RC_H5_DEFLATE, zlib_text, 16, 4, "the deflate stream holds more than the chunk");
    assert_refused(RC_H5_DEFLATE, zlib_text, 16, 9, "the chunk holds 8 bytes instead of 9");
    assert_refused(RC_H5_DEFLATE, "x\x9cxxxxxxxx", 10, 4, "the deflate stream is damaged");
    assert_refused(RC_H5_FLETCHER32, "abc", 3, 4, "fletcher32 checksum is missing");
    assert_refused(RC_H5_SHUFFLE, "abcd", 4, 4, "shuffle without a size of elements");
    assert_refused(RC_H5_LZ4, "abc", 3, 4, "the lz4 header is damaged");
    assert_refused(RC_H5_LZ4, "\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0\x04xxxx", 20, 4,
                   "the lz4 header is damaged");
    assert_refused(RC_H5_LZ4, "\0\0\0\0\0\0\0\x04\0\0\0\x04\0\0\0\x05xxxx", 20, 4,
                   "an lz4 block is damaged");
    assert_refused(RC_H5_ZSTD, "abcdefghijkl", 12, 4,
                   "the zstd frame is damaged (Unknown frame descriptor)");
    chunk_case longer = {.storage = {.n_filters = 1, .filters = {SHUFFLED(2)}}};
    unsigned char out[4];
    rc_error err = {0};
    assert_int_equal(undo(&longer, 0, (const unsigned char *)"abcdef", 6, out, 4, &err), RC_E_DATA);
    assert_string_equal(err.text, "the chunk is longer than it should be");
    assert_refused(77, "abcd", 4, 4, "filter 77 is not known");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_undo_gives_what_the_library_stored),
        cmocka_unit_test(test_undo_refuses_cut_and_stretched),
        cmocka_unit_test(test_undo_survives_damage),
        cmocka_unit_test(test_mask_leaves_filters_out),
        cmocka_unit_test(test_fletcher32_by_hand_in_both_orders),
        cmocka_unit_test(test_fletcher32_of_many_ones),
        cmocka_unit_test(test_errors_say_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
