/* test_wire.c - values of a frame: what is short, too long or too many is marked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guard/wire.h"

static rc_wire wire_of(const void *bytes, size_t n)
{
    const unsigned char *at = bytes;
    return (rc_wire){at, at + n, false};
}

static void test_integers_are_little_endian(void **state)
{
    (void)state;
    rc_wire wire = wire_of("\x01\x02\x03\x04\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8\x01", 13);
    assert_int_equal(rc_wire_u32(&wire), 0x04030201);
    assert_true(rc_wire_u64(&wire) == UINT64_C(0xf8f9fafbfcfdfeff));
    assert_true(rc_wire_bool(&wire));
    assert_false(wire.is_bad);
    assert_ptr_equal(wire.at, wire.end);
}

static void test_what_is_short_gives_zero_and_is_marked(void **state)
{
    (void)state;
    rc_wire wire = wire_of("\xff\xff\xff\xff\xff\xff\xff", 7);
    assert_true(rc_wire_u64(&wire) == 0);
    assert_true(wire.is_bad);
    assert_int_equal(rc_wire_u32(&wire), 0); /* although there are four bytes */
    assert_null(rc_wire_bytes(&wire, 1));
    assert_false(rc_wire_bool(&wire));
}

static void test_a_bool_is_zero_or_one(void **state)
{
    (void)state;
    rc_wire wire = wire_of("\0\1\2", 3);
    assert_false(rc_wire_bool(&wire));
    assert_true(rc_wire_bool(&wire));
    assert_false(wire.is_bad);
    assert_false(rc_wire_bool(&wire));
    assert_true(wire.is_bad);
}

static void test_texts_are_bounded(void **state)
{
    (void)state;
    static const char bytes[] = "\3\0\0\0\0\0\0\0abc";
    size_t n;
    rc_wire wire = wire_of(bytes, 11);
    assert_memory_equal(rc_wire_text(&wire, 3, &n), "abc", 3);
    assert_int_equal(n, 3);
    assert_false(wire.is_bad);
    wire = wire_of(bytes, 11); /* longer than it may be */
    assert_null(rc_wire_text(&wire, 2, &n));
    assert_int_equal(n, 0);
    assert_true(wire.is_bad);
    wire = wire_of(bytes, 10); /* than there is */
    assert_null(rc_wire_text(&wire, 3, &n));
    assert_true(wire.is_bad);
    wire = wire_of("\xff\xff\xff\xff\xff\xff\xff\xff", 8);
    assert_null(rc_wire_text(&wire, SIZE_MAX, &n));
    assert_true(wire.is_bad);
}

static void test_counts_fit_what_is_left(void **state)
{
    (void)state;
    static const char bytes[] = "\2\0\0\0\0\0\0\0abcdefgh";
    rc_wire wire = wire_of(bytes, 16);
    assert_int_equal(rc_wire_count(&wire, 4), 2);
    assert_false(wire.is_bad);
    wire = wire_of(bytes, 15); /* seven bytes are no two fours */
    assert_int_equal(rc_wire_count(&wire, 4), 0);
    assert_true(wire.is_bad);
    wire = wire_of(bytes, 16);
    assert_int_equal(rc_wire_count(&wire, 0), 2);
    wire = wire_of("\xff\xff\xff\xff\xff\xff\xff\x7f"
                   "abcdefgh",
                   16);
    assert_int_equal(rc_wire_count(&wire, SIZE_MAX), 0);
    assert_true(wire.is_bad);
}

static void test_what_is_put_is_read(void **state)
{
    (void)state;
    rc_buf out = {0};
    size_t n;
    assert_true(rc_wire_put_u64(&out, UINT64_C(0x8000000000000001)));
    assert_true(rc_wire_put_u32(&out, 0x80000002));
    assert_true(rc_wire_put_bool(&out, true));
    assert_true(rc_wire_put_text(&out, "", 0));
    assert_true(rc_wire_put_text(&out, "a\0b", 3));
    assert_int_equal(out.n, 8 + 4 + 1 + 8 + 8 + 3);
    rc_wire wire = wire_of(out.data, out.n);
    assert_true(rc_wire_u64(&wire) == UINT64_C(0x8000000000000001));
    assert_true(rc_wire_u32(&wire) == 0x80000002);
    assert_true(rc_wire_bool(&wire));
    assert_non_null(rc_wire_text(&wire, 10, &n));
    assert_int_equal(n, 0);
    assert_memory_equal(rc_wire_text(&wire, 10, &n), "a\0b", 3);
    assert_false(wire.is_bad);
    assert_ptr_equal(wire.at, wire.end);
    rc_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers_are_little_endian),
        cmocka_unit_test(test_what_is_short_gives_zero_and_is_marked),
        cmocka_unit_test(test_a_bool_is_zero_or_one),
        cmocka_unit_test(test_texts_are_bounded),
        cmocka_unit_test(test_counts_fit_what_is_left),
        cmocka_unit_test(test_what_is_put_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
