/* output_target.c - which file a path means for writing, and where its temporary goes. */
#include "io/output_target.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

enum { LINKS_MAX = 40, /* as the kernel follows */ RANDOM_BYTES = 6 };

static const char temporary_infix[] = ".tmp-";

static rc_status refuse(rc_error *err, int os_errno)
{
    return rc_error_os(err, RC_E_OUTPUT, os_errno, "cannot be opened");
}

/* What a link in the folder of `path` points to, as a path. NULL without memory. */
static char *join_link(const char *path, const char *pointee)
{
    const char *slash = strrchr(path, '/');
    rc_buf joined = {0};
    bool is_right = true;
    if (pointee[0] != '/' && slash != NULL)
        is_right = rc_buf_append(&joined, path, (size_t)(slash + 1 - path));
    if (is_right && rc_buf_append(&joined, pointee, strlen(pointee) + 1))
        return joined.data;
    rc_buf_release(&joined);
    return NULL;
}

/* Replaces target->path, a link, by what it points to; that need not exist. */
static rc_status follow_link(rc_target *target, rc_error *err)
{
    char pointee[PATH_MAX];
    ssize_t n = readlink(target->path, pointee, sizeof(pointee) - 1);
    if (n < 0)
        return refuse(err, errno);
    pointee[n] = '\0';
    char *path = join_link(target->path, pointee);
    if (path == NULL)
        return rc_error_nomem(err);
    free(target->path);
    target->path = path;
    return RC_OK;
}

static rc_status follow_links(rc_target *target, rc_error *err)
{
    struct stat st;
    for (int n = 0; n < LINKS_MAX; n++) {
        if (lstat(target->path, &st) != 0)
            return errno == ENOENT ? RC_OK : refuse(err, errno);
        if (!S_ISLNK(st.st_mode))
            return RC_OK;
        RC_TRY(follow_link(target, err));
    }
    return refuse(err, ELOOP);
}

/* /dev/stdout is a link to the open file itself: replaced by a new file under that name, what
 * the shell has put there before (">> file") would be lost. */
static bool is_link_to_stdout(const char *path, const struct stat *st)
{
    struct stat link, out;
    return lstat(path, &link) == 0 && S_ISLNK(link.st_mode) && fstat(STDOUT_FILENO, &out) == 0 &&
           st->st_dev == out.st_dev && st->st_ino == out.st_ino;
}

static rc_status tell_kind(rc_target *target, rc_error *err)
{
    struct stat st;
    target->kind = RC_TARGET_FILE;
    if (stat(target->path, &st) != 0)
        return errno == ENOENT ? RC_OK : refuse(err, errno);
    if (S_ISDIR(st.st_mode))
        return rc_error_set(err, RC_E_OUTPUT, "is a folder");
    target->exists = true;
    target->mode = st.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO);
    if (is_link_to_stdout(target->path, &st))
        target->kind = RC_TARGET_STDOUT;
    else if (!S_ISREG(st.st_mode))
        target->kind = RC_TARGET_IN_PLACE;
    return RC_OK;
}

static rc_status split(rc_target *target, rc_error *err)
{
    const char *slash = strrchr(target->path, '/');
    const char *name = slash != NULL ? slash + 1 : target->path;
    if (name[0] == '\0')
        return rc_error_set(err, RC_E_OUTPUT, "names no file");
    size_t n = slash == target->path ? 1 : slash != NULL ? (size_t)(slash - target->path) : 0;
    target->folder = n > 0 ? rc_strndup(target->path, n) : rc_strdup(".");
    target->name = rc_strdup(name);
    return target->folder != NULL && target->name != NULL ? RC_OK : rc_error_nomem(err);
}

static rc_status find_target(rc_target *target, rc_error *err)
{
    RC_TRY(tell_kind(target, err));
    if (target->kind != RC_TARGET_FILE)
        return RC_OK;
    RC_TRY(follow_links(target, err));
    return split(target, err);
}

rc_status rc_target_init(rc_target *target, const char *path, rc_error *err)
{
    *target = (rc_target){.kind = RC_TARGET_STDOUT};
    if (rc_path_is_std(path))
        return RC_OK;
    target->path = rc_strdup(path);
    if (target->path == NULL)
        return rc_error_nomem(err);
    rc_status st = find_target(target, err);
    if (st < 0)
        rc_target_release(target);
    return st;
}

void rc_target_release(rc_target *target)
{
    free(target->path);
    free(target->folder);
    free(target->name);
    *target = (rc_target){0};
}

/* 32 letters and digits: five bits of a random byte are one of them. */
static bool random_text(char *text, size_t n)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
    unsigned char random[RANDOM_BYTES];
    ssize_t got;
    do
        got = getrandom(random, n, 0);
    while (got < 0 && errno == EINTR);
    if (got != (ssize_t)n)
        return false;
    for (size_t i = 0; i < n; i++)
        text[i] = alphabet[random[i] % 32];
    return true;
}

/* Never inside of a UTF-8 sequence: some file systems refuse such names. */
static size_t shortened(const char *name, size_t n_max)
{
    size_t n = strlen(name);
    if (n <= n_max)
        return n;
    n = n_max;
    while (n > 0 && ((unsigned char)name[n] & 0xc0) == 0x80)
        n--;
    return n;
}

rc_status rc_target_temporary(const rc_target *target, size_t n_max, char **name, rc_error *err)
{
    *name = NULL;
    char random[RANDOM_BYTES];
    if (!random_text(random, sizeof(random)))
        return rc_error_os(err, RC_E_OUTPUT, errno, "random name");
    size_t n_end = sizeof(temporary_infix) - 1 + sizeof(random);
    rc_buf buf = {0};
    if (!rc_buf_append(&buf, target->name, shortened(target->name, n_max - n_end)) ||
        !rc_buf_text(&buf, temporary_infix) || !rc_buf_append(&buf, random, sizeof(random)) ||
        !rc_buf_append(&buf, "", 1)) {
        rc_buf_release(&buf);
        return rc_error_nomem(err);
    }
    *name = buf.data;
    return RC_OK;
}
