/* output.c - bytes out: stdout, or a file that appears under its name only when complete. */
#include "io/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "io/input.h"
#include "io/output_target.h"

enum { NAMES_MAX = 100, NAME_BYTES_LEAST = 64, WRITE_BYTES_MAX = 1 << 30 };

struct rc_output {
    rc_target target;
    rc_temporary_hook hook;
    int fd;
    int folder_fd;        /* of a file; -1 else */
    char *temporary;      /* name in the folder; NULL: none there */
    char *temporary_path; /* the same for the hook */
    bool is_announced;    /* the hook waits for GONE */
    bool is_settled;      /* and closed */
    bool has_failed;      /* then finish fails, too */
    int failure;          /* errno of the write that failed */
};

static void notify(rc_output *out, rc_temporary_event event)
{
    out->is_announced = event != RC_TEMPORARY_GONE;
    if (out->hook.notify != NULL)
        out->hook.notify(out->hook.context, event, out->temporary_path);
}

/* Nothing under the temporary name belongs to us any more. */
static void forget_temporary(rc_output *out)
{
    if (out->is_announced)
        notify(out, RC_TEMPORARY_GONE);
    free(out->temporary);
    free(out->temporary_path);
    out->temporary = NULL;
    out->temporary_path = NULL;
}

static void remove_temporary(rc_output *out)
{
    if (out->temporary != NULL)
        unlinkat(out->folder_fd, out->temporary, 0);
    forget_temporary(out);
}

/* The folder may be writable and not readable; then it cannot be synced, see sync_folder. */
static rc_status open_folder(rc_output *out, rc_error *err)
{
    const char *folder = out->target.folder;
    out->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (out->folder_fd < 0 && errno == EACCES)
        out->folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (out->folder_fd >= 0)
        return RC_OK;
    char quoted[RC_QUOTED_BYTES];
    int os_errno = errno;
    return rc_error_os(err, RC_E_OUTPUT, os_errno, "folder '%s' cannot be opened",
                       rc_text_quote(folder, strlen(folder), quoted));
}

static size_t name_bytes_max(const rc_output *out)
{
    long n = fpathconf(out->folder_fd, _PC_NAME_MAX);
    return n >= NAME_BYTES_LEAST ? (size_t)n : NAME_MAX;
}

static rc_status name_temporary(rc_output *out, rc_error *err)
{
    RC_TRY(rc_target_temporary(&out->target, name_bytes_max(out), &out->temporary, err));
    rc_buf path = {0};
    const char *folder = out->target.folder;
    bool is_root = strcmp(folder, "/") == 0;
    if (!rc_buf_text(&path, folder) || (!is_root && !rc_buf_text(&path, "/")) ||
        !rc_buf_append(&path, out->temporary, strlen(out->temporary) + 1)) {
        rc_buf_release(&path);
        free(out->temporary);
        out->temporary = NULL;
        return rc_error_nomem(err);
    }
    out->temporary_path = path.data;
    return RC_OK;
}

static rc_status create_temporary(rc_output *out, rc_error *err)
{
    mode_t mode = out->target.exists ? out->target.mode : 0666;
    for (int n = 0; n < NAMES_MAX; n++) {
        RC_TRY(name_temporary(out, err));
        notify(out, RC_TEMPORARY_CREATING);
        out->fd = openat(out->folder_fd, out->temporary,
                         O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, mode);
        if (out->fd >= 0) {
            notify(out, RC_TEMPORARY_CREATED);
            return RC_OK;
        }
        int os_errno = errno;
        forget_temporary(out); /* it is another's file, or none */
        if (os_errno != EEXIST && os_errno != EINTR)
            return rc_error_os(err, RC_E_OUTPUT, os_errno, "temporary file cannot be created");
    }
    return rc_error_os(err, RC_E_OUTPUT, EEXIST, "temporary file cannot be created");
}

/* The umask may have taken something from the mode of the file that is to be replaced. File
 * systems without modes say EPERM or EOPNOTSUPP: theirs is as good as the old one's. */
static rc_status keep_mode(const rc_output *out, rc_error *err)
{
    if (!out->target.exists || fchmod(out->fd, out->target.mode) == 0 || errno == EPERM ||
        errno == EOPNOTSUPP)
        return RC_OK;
    return rc_error_os(err, RC_E_OUTPUT, errno, "mode of the temporary file");
}

static rc_status open_file(rc_output *out, rc_error *err)
{
    RC_TRY(open_folder(out, err));
    RC_TRY(create_temporary(out, err));
    return keep_mode(out, err);
}

static rc_status open_in_place(rc_output *out, rc_error *err)
{
    do
        out->fd = open(out->target.path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    while (out->fd < 0 && errno == EINTR); /* a FIFO waits for its reader */
    return out->fd >= 0 ? RC_OK : rc_error_os(err, RC_E_OUTPUT, errno, "cannot be opened");
}

static rc_status open_stdout(rc_output *out, rc_error *err)
{
    out->fd = STDOUT_FILENO;
    int flags = fcntl(out->fd, F_GETFL);
    if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY)
        return RC_OK;
    return rc_error_os(err, RC_E_OUTPUT, flags < 0 ? errno : EBADF, "cannot be written");
}

static rc_status open_target(rc_output *out, rc_error *err)
{
    switch (out->target.kind) {
    case RC_TARGET_FILE:
        return open_file(out, err);
    case RC_TARGET_IN_PLACE:
        return open_in_place(out, err);
    default:
        return open_stdout(out, err);
    }
}

rc_status rc_output_open(rc_output **out, const char *path, const rc_temporary_hook *hook,
                         rc_error *err)
{
    *out = NULL;
    rc_output *o = rc_alloc_array(1, sizeof(*o));
    if (o == NULL)
        return rc_error_nomem(err);
    o->fd = o->folder_fd = -1;
    if (hook != NULL)
        o->hook = *hook;
    rc_status st = rc_target_init(&o->target, path, err);
    if (st == RC_OK)
        st = open_target(o, err);
    if (st < 0) {
        rc_output_close(o);
        return st;
    }
    *out = o;
    return RC_OK;
}

static rc_status tell_failure(const rc_output *out, rc_error *err)
{
    return rc_error_os(err, RC_E_OUTPUT, out->failure, "write");
}

/* A pipe that somebody else has set to non-blocking is waited for. */
static bool may_go_on(int fd, int os_errno)
{
    if (os_errno == EAGAIN) {
        struct pollfd p = {.fd = fd, .events = POLLOUT};
        return poll(&p, 1, -1) >= 0 || errno == EINTR;
    }
    return os_errno == EINTR;
}

/* offset -1: where the last write has ended. */
static rc_status write_all(rc_output *out, off_t offset, const char *at, size_t n, rc_error *err)
{
    while (n > 0 && !out->has_failed) {
        size_t some = n < WRITE_BYTES_MAX ? n : WRITE_BYTES_MAX;
        ssize_t done = offset < 0 ? write(out->fd, at, some) : pwrite(out->fd, at, some, offset);
        if (done > 0) {
            at += done;
            n -= (size_t)done;
            offset += offset < 0 ? 0 : done;
        } else if (done == 0 || !may_go_on(out->fd, errno)) {
            out->has_failed = true;
            out->failure = done == 0 ? EIO : errno; /* 0 would be for ever */
        }
    }
    return out->has_failed ? tell_failure(out, err) : RC_OK;
}

rc_status rc_output_write(rc_output *out, const void *data, size_t n, rc_error *err)
{
    return write_all(out, -1, data, n, err);
}

bool rc_output_is_file(const rc_output *out)
{
    return out->target.kind == RC_TARGET_FILE;
}

rc_status rc_output_write_at(rc_output *out, uint64_t offset, const void *data, size_t n,
                             rc_error *err)
{
    return write_all(out, (off_t)offset, data, n, err);
}

rc_status rc_output_read_at(const rc_output *out, uint64_t offset, void *data, size_t n,
                            rc_error *err)
{
    return rc_file_read_at(out->fd, offset, data, n)
               ? RC_OK
               : rc_error_os(err, RC_E_OUTPUT, errno == 0 ? EIO : errno,
                             "temporary file cannot be read back");
}

static int sync_fd(int fd)
{
    int code;
    do
        code = fsync(fd);
    while (code != 0 && errno == EINTR);
    return code != 0 ? errno : 0;
}

/* Some file systems cannot sync a folder; EBADF: it could be opened with O_PATH only. */
static rc_status sync_folder(const rc_output *out, rc_error *err)
{
    int failure = sync_fd(out->folder_fd);
    if (failure == 0 || failure == EINVAL || failure == ENOSYS || failure == EROFS ||
        failure == EBADF || failure == EOPNOTSUPP)
        return RC_OK;
    return rc_error_os(err, RC_E_OUTPUT, failure, "sync of the folder");
}

static rc_status sync_regular(const rc_output *out, rc_error *err)
{
    struct stat st;
    if (fstat(out->fd, &st) != 0)
        return rc_error_os(err, RC_E_OUTPUT, errno, "cannot be written");
    int failure = S_ISREG(st.st_mode) ? sync_fd(out->fd) : 0;
    return failure == 0 ? RC_OK : rc_error_os(err, RC_E_OUTPUT, failure, "sync");
}

/* EINTR: Linux has closed it, and never may it be closed twice. */
static rc_status close_fd(rc_output *out, rc_error *err)
{
    int code = close(out->fd);
    out->fd = -1;
    return code == 0 || errno == EINTR ? RC_OK : rc_error_os(err, RC_E_OUTPUT, errno, "close");
}

static rc_status publish(rc_output *out, rc_error *err)
{
    const char *name = out->target.name;
    if (renameat(out->folder_fd, out->temporary, out->folder_fd, name) != 0)
        return rc_error_os(err, RC_E_OUTPUT, errno, "temporary file cannot be renamed");
    forget_temporary(out);
    /* A name that the next power cut may take back is no success; but what stands under it now is
     * complete, and what it replaced is gone. */
    return sync_folder(out, err);
}

rc_status rc_output_settle(rc_output *out, rc_error *err)
{
    if (out->is_settled)
        return RC_OK;
    if (out->has_failed)
        return tell_failure(out, err);
    RC_TRY(sync_regular(out, err));
    if (out->target.kind != RC_TARGET_STDOUT)
        RC_TRY(close_fd(out, err));
    out->is_settled = true;
    return RC_OK;
}

rc_status rc_output_finish(rc_output *out, rc_error *err)
{
    RC_TRY(rc_output_settle(out, err));
    return out->target.kind == RC_TARGET_FILE ? publish(out, err) : RC_OK;
}

void rc_output_close(rc_output *out)
{
    if (out == NULL)
        return;
    remove_temporary(out);
    if (out->fd >= 0 && out->target.kind != RC_TARGET_STDOUT)
        close(out->fd);
    if (out->folder_fd >= 0)
        close(out->folder_fd);
    rc_target_release(&out->target);
    free(out);
}
