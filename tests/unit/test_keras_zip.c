/* test_keras_zip.c - archives that are read, and those that want to harm: written here byte by
 * byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "model/foreign/keras/zip.h"

/* -- archives ------------------------------------------------------------------------------------
 */

/* One member as it is told; what is 0 is as it should be. */
typedef struct member {
    const char *name;
    size_t n_name;
    const char *data; /* as it lies in the archive */
    size_t n, n_unpacked;
    unsigned method, flags, crc;
    size_t at; /* of its header, if that is another's */
    bool has_other_header;
} member;

static void put(rc_buf *out, uint64_t value, unsigned n)
{
    for (; n > 0; n--, value >>= 8)
        assert_true(rc_buf_append(out, &(char){(char)value}, 1));
}

static unsigned crc_of(const member *m)
{
    return m->crc != 0 ? m->crc : (unsigned)crc32(0, (const Bytef *)m->data, (uInt)m->n);
}

/* What both headers have. */
static void put_facts(rc_buf *out, const member *m)
{
    put(out, 20, 2);
    put(out, m->flags, 2);
    put(out, m->method, 2);
    put(out, 0, 4); /* time and date */
    put(out, crc_of(m), 4);
    put(out, m->n, 4);
    put(out, m->n_unpacked != 0 ? m->n_unpacked : m->n, 4);
    put(out, m->n_name != 0 ? m->n_name : strlen(m->name), 2);
    put(out, 0, 2); /* extra */
}

static size_t put_member(rc_buf *out, const member *m)
{
    size_t at = out->n;
    put(out, 0x04034b50, 4);
    put_facts(out, m);
    assert_true(rc_buf_append(out, m->name, m->n_name != 0 ? m->n_name : strlen(m->name)));
    assert_true(rc_buf_append(out, m->data, m->n));
    return at;
}

static rc_buf archive_of(const member *members, size_t n)
{
    rc_buf out = {0};
    size_t at[8] = {0};
    assert_true(n <= 8);
    for (size_t i = 0; i < n; i++)
        at[i] = members[i].has_other_header ? members[i].at : put_member(&out, &members[i]);
    size_t list = out.n;
    for (size_t i = 0; i < n; i++) {
        const member *m = &members[i];
        put(&out, 0x02014b50, 4);
        put(&out, 20, 2);
        put_facts(&out, m);
        put(&out, 0, 2 + 2 + 2 + 4); /* comment, disk, attributes */
        put(&out, at[i], 4);
        assert_true(rc_buf_append(&out, m->name, m->n_name != 0 ? m->n_name : strlen(m->name)));
    }
    size_t n_list = out.n - list;
    put(&out, 0x06054b50, 4);
    put(&out, 0, 4);
    put(&out, n, 2);
    put(&out, n, 2);
    put(&out, n_list, 4);
    put(&out, list, 4);
    put(&out, 0, 2);
    return out;
}

static void assert_refused(const member *members, size_t n, const char *text)
{
    rc_buf bytes = archive_of(members, n);
    rc_zip *zip;
    rc_error err = {0};
    rc_status st = rc_zip_open(&zip, bytes.data, bytes.n, &err);
    assert_string_equal(err.text, text);
    assert_int_equal(st, RC_E_MODEL);
    assert_null(zip);
    rc_buf_release(&bytes);
}

/* Deflated without a head, as archives have it. */
static size_t deflate_raw(const char *data, size_t n, char *out, size_t most)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)data;
    z.avail_in = (uInt)n;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)most;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

/* -- sound archives ------------------------------------------------------------------------------
 */

static void assert_content(rc_zip *zip, const char *name, const char *expected, size_t n_expected)
{
    const char *data;
    size_t n;
    assert_true(rc_zip_has(zip, name));
    assert_int_equal(rc_zip_read(zip, name, 1 << 20, &data, &n, NULL), RC_OK);
    assert_int_equal(n, n_expected);
    assert_memory_equal(data, expected, n);
}

static void test_members_are_read_stored_and_deflated(void **state)
{
    (void)state;
    enum { LONG = 200000 };
    char *text = malloc(LONG), *packed = malloc(LONG);
    for (size_t i = 0; i < LONG; i++)
        text[i] = (char)('a' + i * i % 23);
    size_t n = deflate_raw(text, LONG, packed, LONG);
    const member members[] = {
        {.name = "a", .data = "12345", .n = 5},
        {.name = "b/c..d",
         .data = packed,
         .n = n,
         .n_unpacked = LONG,
         .method = 8,
         .crc = (unsigned)crc32(0, (const Bytef *)text, LONG)},
        {.name = "empty", .data = "", .n = 0},
        {.name = "b/", .data = "", .n = 0},
    };
    rc_buf bytes = archive_of(members, 4);
    rc_zip *zip;
    rc_error err = {0};
    assert_int_equal(rc_zip_open(&zip, bytes.data, bytes.n, &err), RC_OK);
    assert_content(zip, "a", "12345", 5);
    assert_content(zip, "b/c..d", text, LONG);
    assert_content(zip, "empty", "", 0);
    assert_content(zip, "a", "12345", 5);
    assert_false(rc_zip_has(zip, "A"));
    const char *data;
    assert_int_equal(rc_zip_read(zip, "a", 5, &data, &n, NULL), RC_OK);
    assert_true(data > bytes.data && data < bytes.data + bytes.n); /* not copied */
    assert_int_equal(rc_zip_read(zip, "a", 4, &data, &n, &err), RC_E_MODEL);
    assert_string_equal(err.text, "archive member 'a': is larger than is read");
    assert_int_equal(rc_zip_read(zip, "A", 4, &data, &n, &err), RC_E_MODEL);
    assert_string_equal(err.text, "archive member 'A': is not there");
    assert_null(data);
    rc_zip_close(zip);
    rc_zip_close(NULL);
    rc_buf_release(&bytes);
    free(text);
    free(packed);
}

/* -- others --------------------------------------------------------------------------------------
 */

static void test_odd_names_are_refused(void **state)
{
    (void)state;
    const char *const names[] = {"../a", "/a", "a/../b", "a/..", "..", "a\\b"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char text[80];
        member m = {.name = names[i], .data = "1", .n = 1};
        snprintf(text, sizeof(text), "archive member '%s': a name that is not taken", names[i]);
        assert_refused(&m, 1, text);
    }
    const char *nul = "a\0b";
    assert_refused(&(member){.name = nul, .n_name = 3, .data = "1", .n = 1}, 1,
                   "archive member 'a': a name that is not taken");
    char name[1100];
    memset(name, 'x', sizeof(name));
    name[1099] = '\0';
    assert_refused(&(member){.name = name, .data = "1", .n = 1}, 1,
                   "archive member 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...': a name that is "
                   "not taken");
}

static void test_odd_members_are_refused(void **state)
{
    (void)state;
    const member twice[] = {{.name = "a", .data = "1", .n = 1}, {.name = "a", .data = "2", .n = 1}};
    assert_refused(twice, 2, "archive member 'a': stands twice in the archive");
    assert_refused(&(member){.name = "a", .data = "1", .n = 1, .flags = 1}, 1,
                   "archive member 'a': is encrypted");
    assert_refused(&(member){.name = "a", .data = "1", .n = 1, .method = 12}, 1,
                   "archive member 'a': is packed by a method other than deflate");
    assert_refused(&(member){.name = "a", .data = "1", .n = 1, .n_unpacked = 2}, 1,
                   "archive member 'a': is larger than the archive can hold");
    assert_refused(&(member){.name = "a", .data = "1", .n = 1, .n_unpacked = 1 << 20, .method = 8},
                   1, "archive member 'a': is larger than the archive can hold");
    const member beyond = {.name = "b", .data = "", .n = 100, .at = 0, .has_other_header = true};
    assert_refused(&beyond, 1, "archive member 'b': is larger than the archive can hold");
}

static void test_members_upon_each_other_are_refused(void **state)
{
    (void)state;
    const member same[] = {{.name = "a", .data = "12345", .n = 5},
                           {.name = "b", .data = "12345", .n = 5, .has_other_header = true},
                           {.name = "c", .data = "12345", .n = 5}};
    assert_refused(same, 3, "members of the archive that lie upon each other");
    const member elsewhere[] = {
        {.name = "a", .data = "12345", .n = 5},
        {.name = "b", .data = "12345", .n = 5, .at = 3, .has_other_header = true}};
    assert_refused(elsewhere, 2, "archive member 'b': is damaged"); /* no header there */
}

static void assert_unread(member m, const char *text)
{
    rc_buf bytes = archive_of(&m, 1);
    rc_zip *zip;
    rc_error err = {0};
    const char *data;
    size_t n;
    assert_int_equal(rc_zip_open(&zip, bytes.data, bytes.n, &err), RC_OK);
    assert_int_equal(rc_zip_read(zip, "a", 1 << 20, &data, &n, &err), RC_E_MODEL);
    assert_string_equal(err.text, text);
    assert_int_equal(n, 0);
    rc_zip_close(zip);
    rc_buf_release(&bytes);
}

static void test_damaged_members_are_refused(void **state)
{
    (void)state;
    const char *text = "archive member 'a': is damaged";
    char packed[64];
    size_t n = deflate_raw("0123456789012345678901234567890", 31, packed, sizeof(packed));
    unsigned crc = (unsigned)crc32(0, (const Bytef *)"0123456789012345678901234567890", 31);
    assert_unread((member){.name = "a", .data = "1", .n = 1, .crc = 1}, text);
    member m = {.name = "a", .data = packed, .n = n, .n_unpacked = 31, .method = 8, .crc = crc + 1};
    assert_unread(m, text);
    m.crc = crc;
    m.n_unpacked = 30; /* more comes than is said */
    assert_unread(m, text);
    m.n_unpacked = 32;
    assert_unread(m, text);
    m.n_unpacked = 31;
    m.n = n - 2;
    assert_unread(m, text);
    m.data = "\xff\xff\xff\xff\xff\xff\xff\xff";
    m.n = 8;
    assert_unread(m, text);
}

/* Cut anywhere, an archive is refused: its list is at its end. */
static void test_cut_archives_are_refused(void **state)
{
    (void)state;
    const member members[] = {{.name = "a", .data = "12345", .n = 5},
                              {.name = "b", .data = "67", .n = 2}};
    rc_buf bytes = archive_of(members, 2);
    for (size_t n = 0; n < bytes.n; n++) {
        rc_zip *zip;
        rc_error err = {0};
        char *cut = malloc(n + 1);
        memcpy(cut, bytes.data, n);
        assert_int_equal(rc_zip_open(&zip, cut, n, &err), RC_E_MODEL);
        assert_non_null(strstr(err.text, "damaged"));
        free(cut);
    }
    rc_buf_release(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_are_read_stored_and_deflated),
        cmocka_unit_test(test_odd_names_are_refused),
        cmocka_unit_test(test_odd_members_are_refused),
        cmocka_unit_test(test_members_upon_each_other_are_refused),
        cmocka_unit_test(test_damaged_members_are_refused),
        cmocka_unit_test(test_cut_archives_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
