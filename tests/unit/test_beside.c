/* test_beside.c - files that a model names: those below its folder are opened, no others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/beside.h"
#include "scratch.h"

static void write_file(scratch *s, const char *name, const char *text)
{
    FILE *f = fopen(scratch_path(s, name), "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void link_to(scratch *s, const char *name, const char *target)
{
    assert_int_equal(symlink(target, scratch_path(s, name)), 0);
}

/* secret, and models/ with what lies beside the model models/m.onnx. */
static int set_up(void **state)
{
    if (scratch_open(state) != 0)
        return -1;
    scratch *s = *state;
    char secret[PATH_MAX];
    write_file(s, "secret", "secret");
    snprintf(secret, sizeof(secret), "%s", s->path);
    assert_int_equal(mkdir(scratch_path(s, "models"), 0700), 0);
    assert_int_equal(mkdir(scratch_path(s, "models/parts"), 0700), 0);
    write_file(s, "models/m.data", "0123456789");
    write_file(s, "models/parts/p.data", "abc");
    link_to(s, "models/link", "m.data");
    link_to(s, "models/out", "../secret");
    link_to(s, "models/up", "..");
    assert_int_equal(link(secret, scratch_path(s, "models/hard")), 0);
    assert_int_equal(mkfifo(scratch_path(s, "models/pipe"), 0600), 0);
    scratch_path(s, "models/m.onnx");
    return 0;
}

static void check_read(const scratch *s, const char *location, uint64_t offset, uint64_t length,
                       const char *text)
{
    rc_beside beside;
    rc_error err = {0};
    char got[32] = "";
    if (rc_beside_open(&beside, s->path, location, offset, length, &err) != RC_OK)
        fail_msg("%s: %s", location, err.text);
    assert_int_equal(beside.n_bytes, strlen(text));
    assert_int_equal(pread(beside.fd, got, beside.n_bytes, (off_t)beside.offset),
                     (ssize_t)beside.n_bytes);
    assert_string_equal(got, text);
    close(beside.fd);
}

static void check_refused(const scratch *s, const char *location, uint64_t offset, uint64_t length,
                          const char *text)
{
    rc_beside beside;
    rc_error err = {0};
    assert_int_equal(rc_beside_open(&beside, s->path, location, offset, length, &err), RC_E_MODEL);
    assert_int_equal(beside.fd, -1);
    assert_string_equal(err.text, text);
}

static void test_files_below_the_folder(void **state)
{
    check_read(*state, "m.data", 0, UINT64_MAX, "0123456789");
    check_read(*state, "m.data", 3, 4, "3456");
    check_read(*state, "m.data", 10, UINT64_MAX, "");
    check_read(*state, "./m.data", 8, 2, "89");
    check_read(*state, "parts/p.data", 0, 3, "abc");
}

static void test_paths_that_lead_elsewhere(void **state)
{
    static const char *const locations[] = {"../secret",     "parts/../../secret", "..",   "",
                                            "/etc/hostname", "parts/..",           "link", "out",
                                            "up/secret"};
    for (size_t i = 0; i < sizeof(locations) / sizeof(*locations); i++) {
        char text[256];
        snprintf(text, sizeof(text),
                 "external data '%s': leads out of the model's folder or through a symbolic link",
                 locations[i]);
        check_refused(*state, locations[i], 0, UINT64_MAX, text);
    }
}

static void test_what_is_no_file_of_its_own(void **state)
{
    check_refused(*state, "hard", 0, UINT64_MAX,
                  "external data 'hard': has several names (hard links), and is not read");
    check_refused(*state, "pipe", 0, UINT64_MAX, "external data 'pipe': is no regular file");
    check_refused(*state, "parts", 0, UINT64_MAX, "external data 'parts': is no regular file");
    check_refused(*state, "absent", 0, UINT64_MAX,
                  "external data 'absent': cannot be opened: No such file or directory");
}

static void test_pieces_that_are_not_there(void **state)
{
    check_refused(*state, "m.data", 0, 11,
                  "external data 'm.data': has 10 bytes, but the model wants 11 from byte 0 on");
    check_refused(*state, "m.data", 11, UINT64_MAX,
                  "external data 'm.data': has 10 bytes, but the model wants 0 from byte 11 on");
    check_refused(*state, "m.data", 5, UINT64_MAX - 3,
                  "external data 'm.data': has 10 bytes, but the model wants 18446744073709551612 "
                  "from byte 5 on");
}

static void test_a_model_that_is_no_file(void **state)
{
    (void)state;
    rc_beside beside;
    rc_error err = {0};
    assert_int_equal(rc_beside_open(&beside, NULL, "m.data", 0, 1, &err), RC_E_MODEL);
    assert_string_equal(err.text, "external data 'm.data': the model does not come from a file, "
                                  "so nothing lies beside it");
    assert_int_equal(rc_beside_open(&beside, "/absent/m.onnx", "m.data", 0, 1, &err), RC_E_MODEL);
    assert_string_equal(err.text, "external data 'm.data': the folder of the model cannot be "
                                  "opened: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_below_the_folder),
        cmocka_unit_test(test_paths_that_lead_elsewhere),
        cmocka_unit_test(test_what_is_no_file_of_its_own),
        cmocka_unit_test(test_pieces_that_are_not_there),
        cmocka_unit_test(test_a_model_that_is_no_file),
    };
    return cmocka_run_group_tests(tests, set_up, scratch_close);
}
