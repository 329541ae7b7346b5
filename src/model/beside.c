/* beside.c - files that a model names beside itself: below its folder, and no other. */
#include "model/beside.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

/* The kernel keeps the path below the folder; one that cannot opens only files that lie in it. */
static int open_below(int folder, const char *location)
{
    struct open_how how = {
        .flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    int fd = (int)syscall(SYS_openat2, folder, location, &how, sizeof(how));
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM) || strchr(location, '/') != NULL)
        return fd;
    return openat(folder, location, (int)how.flags);
}

/* Names lead down only: also where a folder on the way would lead back. */
static bool leads_down(const char *location)
{
    if (location[0] == '\0' || location[0] == '/')
        return false;
    for (const char *part = location; part != NULL;) {
        size_t n = strcspn(part, "/");
        if (n == 2 && memcmp(part, "..", 2) == 0)
            return false;
        part = part[n] == '/' ? part + n + 1 : NULL;
    }
    return true;
}

static rc_status check_file(rc_beside *out, uint64_t length, rc_error *err)
{
    struct stat info;
    if (fstat(out->fd, &info) != 0)
        return rc_error_os(err, RC_E_MODEL, errno, "cannot be read");
    if (!S_ISREG(info.st_mode))
        return rc_error_set(err, RC_E_MODEL, "is no regular file");
    if (info.st_nlink > 1)
        return rc_error_set(err, RC_E_MODEL, "has several names (hard links), and is not read");
    uint64_t all = (uint64_t)info.st_size;
    if (out->offset > all || (length != UINT64_MAX && length > all - out->offset))
        return rc_error_set(
            err, RC_E_MODEL, "has %llu bytes, but the model wants %llu from byte %llu on",
            (unsigned long long)all, (unsigned long long)(length == UINT64_MAX ? 0 : length),
            (unsigned long long)out->offset);
    out->n_bytes = length == UINT64_MAX ? all - out->offset : length;
    return RC_OK;
}

static rc_status open_in(rc_beside *out, const char *folder_path, const char *location,
                         uint64_t length, rc_error *err)
{
    int folder = open(folder_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return rc_error_os(err, RC_E_MODEL, errno, "the folder of the model cannot be opened");
    out->fd = open_below(folder, location);
    int e = errno;
    close(folder);
    if (out->fd < 0 && (e == ELOOP || e == EXDEV))
        return rc_error_set(err, RC_E_MODEL,
                            "leads out of the model's folder or through a symbolic link");
    if (out->fd < 0)
        return rc_error_os(err, RC_E_MODEL, e, "cannot be opened");
    rc_status st = check_file(out, length, err);
    if (st < 0) {
        close(out->fd);
        out->fd = -1;
    }
    return st;
}

rc_status rc_beside_open(rc_beside *out, const char *model_path, const char *location,
                         uint64_t offset, uint64_t length, rc_error *err)
{
    *out = (rc_beside){.fd = -1, .offset = offset};
    rc_status st = RC_E_MODEL;
    if (!leads_down(location)) {
        rc_error_set(err, st, "leads out of the model's folder or through a symbolic link");
    } else if (rc_path_is_std(model_path)) {
        rc_error_set(err, st, "the model does not come from a file, so nothing lies beside it");
    } else {
        const char *slash = strrchr(model_path, '/');
        char *folder = slash == NULL ? rc_strdup(".")
                                     : rc_strndup(model_path, (size_t)(slash - model_path) + 1);
        st = folder != NULL ? open_in(out, folder, location, length, err) : rc_error_nomem(err);
        free(folder);
    }
    if (st == RC_E_MODEL) {
        char quoted[RC_QUOTED_BYTES];
        rc_error_wrap(err, st, "external data '%s'",
                      rc_text_quote(location, strlen(location), quoted));
    }
    return st;
}
