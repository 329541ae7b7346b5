/* test_output.c - files appear whole or not at all; every failure is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#include "outputs.h"
#include "scratch.h"

static rc_output *open_output(const char *path)
{
    rc_output *out;
    rc_error err;
    assert_int_equal(rc_output_open(&out, path, NULL, &err), RC_OK);
    return out;
}

static void write_text(rc_output *out, const char *text)
{
    rc_error err;
    assert_int_equal(rc_output_write(out, text, strlen(text), &err), RC_OK);
}

static void finish(rc_output *out)
{
    rc_error err;
    assert_int_equal(rc_output_finish(out, &err), RC_OK);
    rc_output_close(out);
}

static void assert_no_open(const char *path, int os_errno, const char *message)
{
    rc_error err;
    rc_output *out = (rc_output *)&err;
    assert_int_equal(rc_output_open(&out, path, NULL, &err), RC_E_OUTPUT);
    assert_null(out);
    assert_int_equal(err.os_errno, os_errno);
    assert_string_equal(err.text, message);
}

static void assert_mode(const char *path, mode_t mode)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, mode);
}

/* The one name in the folder that holds ".tmp-", as a path. */
static void find_temporary(const scratch *s, char path[PATH_MAX])
{
    DIR *dir = opendir(s->folder);
    assert_non_null(dir);
    path[0] = '\0';
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        if (strstr(e->d_name, ".tmp-") != NULL)
            snprintf(path, PATH_MAX, "%s/%s", s->folder, e->d_name);
    closedir(dir);
    assert_true(path[0] != '\0');
}

static void test_file_appears_when_finished(void **state)
{
    scratch *s = *state;
    const char *path = scratch_path(s, "out.csv");
    rc_output *out = open_output(path);
    write_text(out, "a,b\n");
    write_text(out, "");
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(scratch_count(s), 1);
    write_text(out, "1,2\n");
    finish(out);
    scratch_holds(path, "a,b\n1,2\n");
    assert_int_equal(scratch_count(s), 1);
}

static void test_temporary_stands_beside_the_file(void **state)
{
    scratch *s = *state;
    char temporary[PATH_MAX], path[PATH_MAX];
    rc_output *out = open_output(strcpy(path, scratch_path(s, "out.csv")));
    find_temporary(s, temporary);
    size_t n = strlen(path);
    assert_memory_equal(temporary, path, n);
    assert_memory_equal(temporary + n, ".tmp-", 5);
    assert_int_equal(strspn(temporary + n + 5, "abcdefghijklmnopqrstuvwxyz234567"), 6);
    assert_int_equal(strlen(temporary), n + 11);
    rc_output_close(out);
}

static void test_settled_file_has_no_name_yet(void **state)
{
    scratch *s = *state;
    const char *path = scratch_path(s, "out.csv");
    char temporary[PATH_MAX];
    rc_error err;
    rc_output *out = open_output(path);
    write_text(out, "all");
    assert_int_equal(rc_output_settle(out, &err), RC_OK);
    assert_int_equal(access(path, F_OK), -1);
    find_temporary(s, temporary);
    finish(out);
    scratch_holds(path, "all");
}

static void test_old_content_stays_until_finish(void **state)
{
    scratch *s = *state;
    const char *path = scratch_write(s, "out.csv", "old", 3);
    rc_output *out = open_output(path);
    write_text(out, "new content");
    scratch_holds(path, "old");
    rc_output_close(out); /* without finish */
    scratch_holds(path, "old");
    assert_int_equal(scratch_count(s), 1);
    out = open_output(path);
    write_text(out, "new content");
    finish(out);
    scratch_holds(path, "new content");
    assert_int_equal(scratch_count(s), 1);
    rc_output_close(NULL);
}

static void test_two_outputs_do_not_meet(void **state)
{
    scratch *s = *state;
    const char *path = scratch_path(s, "out.csv");
    rc_output *a = open_output(path), *b = open_output(path);
    write_text(a, "first");
    write_text(b, "second");
    finish(b);
    scratch_holds(path, "second");
    finish(a);
    scratch_holds(path, "first");
    assert_int_equal(scratch_count(s), 1);
}

static void test_mode_is_kept_or_obeys_the_umask(void **state)
{
    scratch *s = *state;
    mode_t mask = umask(027);
    const char *path = scratch_path(s, "out.csv");
    assert_int_equal(write_file(path, "x", 1, NULL, NULL), RC_OK);
    assert_mode(path, 0640); /* 0666 less 027 */
    static const mode_t modes[] = {0600, 0666, 0777, 0444, 0660, 0000};
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        rc_output *out = open_output(path);
        char temporary[PATH_MAX];
        find_temporary(s, temporary);
        assert_mode(temporary, modes[i]);
        finish(out);
        assert_mode(path, modes[i]);
    }
    assert_int_equal(chmod(path, 04755), 0); /* set-user-id is not for us to hand on */
    assert_int_equal(write_file(path, "x", 1, NULL, NULL), RC_OK);
    assert_mode(path, 0755);
    umask(mask);
}

static void link_to(scratch *s, const char *target, const char *name)
{
    assert_int_equal(symlink(target, scratch_path(s, name)), 0);
}

static void assert_is_link(scratch *s, const char *name)
{
    struct stat st;
    assert_int_equal(lstat(scratch_path(s, name), &st), 0);
    assert_true(S_ISLNK(st.st_mode));
}

static void test_links_are_followed(void **state)
{
    scratch *s = *state;
    char absolute[PATH_MAX];
    assert_int_equal(mkdir(scratch_path(s, "sub"), 0755), 0);
    scratch_write(s, "sub/real.csv", "old", 3);
    link_to(s, "sub/real.csv", "link");
    link_to(s, "../link", "sub/second");
    link_to(s, strcpy(absolute, scratch_path(s, "sub/second")), "third");
    rc_output *out = open_output(scratch_path(s, "third"));
    write_text(out, "new");
    assert_int_equal(scratch_count(s), 3); /* the temporary stands beside the real file */
    finish(out);
    scratch_holds(scratch_path(s, "sub/real.csv"), "new");
    assert_is_link(s, "link");
    assert_is_link(s, "third");
}

static void test_dangling_links_name_the_new_file(void **state)
{
    scratch *s = *state;
    assert_int_equal(mkdir(scratch_path(s, "sub"), 0755), 0);
    link_to(s, "new.csv", "sub/second");
    link_to(s, "sub/second", "first");
    assert_int_equal(write_file(scratch_path(s, "first"), "new", 3, NULL, NULL), RC_OK);
    scratch_holds(scratch_path(s, "sub/new.csv"), "new");
    assert_is_link(s, "first");
    assert_is_link(s, "sub/second");
    link_to(s, "round", "round");
    assert_no_open(scratch_path(s, "round"), ELOOP,
                   "cannot be opened: Too many levels of symbolic links");
}

static void test_open_tells_why_not(void **state)
{
    scratch *s = *state;
    char message[256];
    assert_no_open(s->folder, 0, "is a folder");
    assert_no_open("/", 0, "is a folder");
    link_to(s, ".", "here");
    assert_no_open(scratch_path(s, "here"), 0, "is a folder");
    assert_no_open(scratch_path(s, "absent/"), 0, "names no file");
    assert_no_open("", 0, "names no file");
    snprintf(message, sizeof(message),
             "folder '%s/absent' cannot be opened: No such file or directory", s->folder);
    assert_no_open(scratch_path(s, "absent/out.csv"), ENOENT, message);
    scratch_write(s, "file", "x", 1);
    assert_no_open(scratch_path(s, "file/out.csv"), ENOTDIR, "cannot be opened: Not a directory");
    assert_no_open("/proc/out.csv", ENOENT,
                   "temporary file cannot be created: No such file or directory");
    assert_int_equal(scratch_count(s), 2);
}

static void test_long_names_leave_room(void **state)
{
    scratch *s = *state;
    char name[NAME_MAX + 2], temporary[PATH_MAX];
    memset(name, 'x', sizeof(name));
    for (size_t n = 243; n <= NAME_MAX; n++) {
        name[n] = '\0';
        const char *path = scratch_path(s, name);
        assert_int_equal(write_file(path, "x", 1, NULL, NULL), RC_OK);
        scratch_holds(path, "x");
        assert_int_equal(scratch_count(s), 1);
        assert_int_equal(unlink(path), 0);
        name[n] = 'x';
    }
    /* 255 - 11 = 244 is inside of the second byte of the e with acute; cut before it */
    memcpy(name + 243, "\xc3\xa9\xc3\xa9", 5);
    rc_output *out = open_output(scratch_path(s, name));
    find_temporary(s, temporary);
    assert_int_equal(strlen(strrchr(temporary, '/') + 1), 243 + 11);
    rc_output_close(out);
    memset(name, 'x', NAME_MAX + 1);
    name[NAME_MAX + 1] = '\0';
    assert_no_open(scratch_path(s, name), ENAMETOOLONG, "cannot be opened: File name too long");
}

static void test_path_without_folder_is_here(void **state)
{
    scratch *s = *state;
    char old[PATH_MAX];
    assert_non_null(getcwd(old, sizeof(old)));
    assert_int_equal(chdir(s->folder), 0);
    rc_status st = write_file("out.csv", "x", 1, NULL, NULL);
    assert_int_equal(chdir(old), 0);
    assert_int_equal(st, RC_OK);
    scratch_holds(scratch_path(s, "out.csv"), "x");
}

/* --- the hook --- */

typedef struct events {
    int n;
    rc_temporary_event event[8];
    bool exists[8]; /* the temporary, at that moment */
    char path[8][PATH_MAX];
} events;

static void record(void *context, rc_temporary_event event, const char *path)
{
    events *e = context;
    assert_true(e->n < 8);
    e->event[e->n] = event;
    e->exists[e->n] = access(path, F_OK) == 0;
    strcpy(e->path[e->n++], path);
}

static void assert_life(const events *e)
{
    assert_int_equal(e->n, 3);
    assert_int_equal(e->event[0], RC_TEMPORARY_CREATING);
    assert_int_equal(e->event[1], RC_TEMPORARY_CREATED);
    assert_int_equal(e->event[2], RC_TEMPORARY_GONE);
    assert_false(e->exists[0]);
    assert_true(e->exists[1]);
    assert_false(e->exists[2]);
    assert_string_equal(e->path[0], e->path[1]);
    assert_string_equal(e->path[0], e->path[2]);
}

static void test_hook_follows_the_temporary(void **state)
{
    scratch *s = *state;
    events e = {0};
    rc_temporary_hook hook = {record, &e};
    const char *path = scratch_path(s, "out.csv");
    assert_int_equal(write_file(path, "x", 1, &hook, NULL), RC_OK);
    assert_life(&e);
    e.n = 0;
    rc_output *out;
    assert_int_equal(rc_output_open(&out, path, &hook, NULL), RC_OK);
    assert_int_equal(e.n, 2);
    rc_output_close(out);
    assert_life(&e);
    e.n = 0; /* told also when it could not be created */
    assert_int_equal(write_file("/proc/out.csv", "x", 1, &hook, NULL), RC_E_OUTPUT);
    assert_int_equal(e.n, 2);
    assert_int_equal(e.event[1], RC_TEMPORARY_GONE);
    e.n = 0; /* nothing temporary in place */
    assert_int_equal(write_file("/dev/null", "x", 1, &hook, NULL), RC_OK);
    assert_int_equal(e.n, 0);
}

static void record_mode(void *context, rc_temporary_event event, const char *path)
{
    struct stat st;
    if (event == RC_TEMPORARY_CREATED && stat(path, &st) == 0)
        *(mode_t *)context = st.st_mode & 07777;
}

/* What only the owner may read is at no moment open to others. */
static void test_mode_is_right_from_the_beginning(void **state)
{
    scratch *s = *state;
    mode_t mask = umask(0), mode = 0;
    rc_temporary_hook hook = {record_mode, &mode};
    const char *path = scratch_write(s, "out.csv", "old", 3);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(write_file(path, "x", 1, &hook, NULL), RC_OK);
    assert_int_equal(mode, 0600);
    umask(mask);
}

/* --- failures --- */

static void assert_write_fails(rc_output *out, int os_errno, const char *message)
{
    rc_error err, again;
    char block[4096] = {0};
    rc_status st = RC_OK;
    for (int i = 0; i < 100 && st == RC_OK; i++)
        st = rc_output_write(out, block, sizeof(block), &err);
    assert_int_equal(st, RC_E_OUTPUT);
    assert_int_equal(err.code, RC_E_OUTPUT);
    assert_int_equal(err.os_errno, os_errno);
    assert_string_equal(err.text, message);
    assert_int_equal(rc_output_finish(out, &again), RC_E_OUTPUT); /* never a success behind it */
    assert_string_equal(again.text, message);
    rc_output_close(out);
}

static void test_full_device_is_told(void **state)
{
    (void)state;
    assert_write_fails(open_output("/dev/full"), ENOSPC, "write: No space left on device");
}

static void test_full_file_leaves_the_old(void **state)
{
    scratch *s = *state;
    const char *path = scratch_write(s, "out.csv", "old", 3);
    struct rlimit old, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){10000, old.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    rc_output *out = open_output(path);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_write_fails(out, EFBIG, "write: File too large");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_DFL);
    scratch_holds(path, "old");
    assert_int_equal(scratch_count(s), 1);
}

static void test_parts_of_a_file_in_any_order(void **state)
{
    scratch *s = *state;
    const char *path = scratch_path(s, "out.h5");
    char back[5];
    rc_error err;
    rc_output *out = open_output(path);
    assert_true(rc_output_is_file(out));
    assert_int_equal(rc_output_write_at(out, 5, "world", 5, NULL), RC_OK);
    assert_int_equal(rc_output_read_at(out, 5, back, 5, NULL), RC_OK);
    assert_memory_equal(back, "world", 5);
    assert_int_equal(rc_output_write_at(out, 0, "hello", 5, NULL), RC_OK);
    assert_int_equal(rc_output_read_at(out, 6, back, 5, &err), RC_E_OUTPUT); /* 4 are there */
    assert_string_equal(err.text, "temporary file cannot be read back: Input/output error");
    assert_int_equal(rc_output_finish(out, NULL), RC_OK);
    rc_output_close(out);
    scratch_holds(path, "helloworld");
    out = open_output("/dev/null");
    assert_false(rc_output_is_file(out));
    rc_output_close(out);
}

static void test_rename_that_fails_is_told(void **state)
{
    scratch *s = *state;
    rc_error err;
    char temporary[PATH_MAX];
    const char *path = scratch_path(s, "out.csv");
    rc_output *out = open_output(path);
    assert_int_equal(mkdir(path, 0755), 0); /* somebody makes a folder of that name */
    assert_int_equal(rc_output_finish(out, &err), RC_E_OUTPUT);
    assert_int_equal(err.os_errno, EISDIR);
    assert_string_equal(err.text, "temporary file cannot be renamed: Is a directory");
    rc_output_close(out);
    assert_int_equal(scratch_count(s), 1);
    assert_int_equal(rmdir(path), 0);

    out = open_output(path);
    find_temporary(s, temporary);
    assert_int_equal(unlink(temporary), 0); /* somebody cleans up */
    assert_int_equal(rc_output_finish(out, &err), RC_E_OUTPUT);
    assert_int_equal(err.os_errno, ENOENT);
    rc_output_close(out);
    assert_int_equal(scratch_count(s), 0);
}

#define IN_SCRATCH(f) cmocka_unit_test_setup_teardown(f, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(test_file_appears_when_finished),
        IN_SCRATCH(test_temporary_stands_beside_the_file),
        IN_SCRATCH(test_settled_file_has_no_name_yet),
        IN_SCRATCH(test_old_content_stays_until_finish),
        IN_SCRATCH(test_two_outputs_do_not_meet),
        IN_SCRATCH(test_mode_is_kept_or_obeys_the_umask),
        IN_SCRATCH(test_links_are_followed),
        IN_SCRATCH(test_dangling_links_name_the_new_file),
        IN_SCRATCH(test_open_tells_why_not),
        IN_SCRATCH(test_long_names_leave_room),
        IN_SCRATCH(test_path_without_folder_is_here),
        IN_SCRATCH(test_hook_follows_the_temporary),
        IN_SCRATCH(test_mode_is_right_from_the_beginning),
        cmocka_unit_test(test_full_device_is_told),
        IN_SCRATCH(test_full_file_leaves_the_old),
        IN_SCRATCH(test_parts_of_a_file_in_any_order),
        IN_SCRATCH(test_rename_that_fails_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
