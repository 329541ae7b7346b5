/* file.c - bytes of a file in memory: all of it, within a limit, or a part. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/input.h"

enum { STEP_BYTES = 64 * 1024 };

static rc_status refuse_size(size_t max_bytes, rc_status code, rc_error *err)
{
    return rc_error_set(err, code, "is larger than the limit of %zu bytes", max_bytes);
}

/* Reads to the end whatever the size said before: the file may grow, a pipe has none. */
static rc_status read_all(int fd, size_t max_bytes, rc_status code, rc_buf *buf, rc_error *err)
{
    for (;;) {
        if (buf->capacity - buf->n < 2 && !rc_buf_reserve(buf, STEP_BYTES))
            return rc_error_nomem(err);
        ssize_t got = read(fd, buf->data + buf->n, buf->capacity - buf->n - 1);
        if (got > 0)
            buf->n += (size_t)got;
        else if (got == 0)
            return RC_OK;
        else if (errno != EINTR)
            return rc_error_os(err, code, errno, "read");
        if (buf->n > max_bytes)
            return refuse_size(max_bytes, code, err);
    }
}

static rc_status read_open(int fd, size_t max_bytes, rc_status code, rc_buf *buf, rc_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return rc_error_os(err, code, errno, "cannot be read");
    if (S_ISDIR(st.st_mode))
        return rc_error_set(err, code, "is a folder");
    if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > max_bytes)
        return refuse_size(max_bytes, code, err);
    size_t expected = S_ISREG(st.st_mode) ? (size_t)st.st_size : STEP_BYTES;
    if (!rc_buf_reserve(buf, expected + 2)) /* NUL, and room to see the end */
        return rc_error_nomem(err);
    rc_mem_expect(buf->data, expected);
    RC_TRY(read_all(fd, max_bytes, code, buf, err));
    buf->data[buf->n] = '\0';
    return RC_OK;
}

rc_status rc_file_read(const char *path, size_t max_bytes, rc_status code, char **data, size_t *n,
                       rc_error *err)
{
    *data = NULL;
    *n = 0;
    int fd;
    do
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return rc_error_os(err, code, errno, "cannot be opened");
    rc_buf buf = {0};
    rc_status st = read_open(fd, max_bytes, code, &buf, err);
    close(fd);
    if (st < 0) {
        rc_buf_release(&buf);
        return st;
    }
    *data = buf.data;
    *n = buf.n;
    return RC_OK;
}

bool rc_file_read_at(int fd, uint64_t offset, void *out, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t got = pread(fd, (char *)out + done, n - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            errno = got == 0 ? 0 : errno;
            return false;
        }
        done += (size_t)got;
    }
    return true;
}
