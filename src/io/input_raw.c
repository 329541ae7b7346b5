/* input_raw.c - bytes as they are stored: one descriptor, read with a time limit. */
#include "io/input_raw.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

enum { PIPE_BYTES = 1 << 20, READ_BYTES_MAX = 1 << 30 };

/* Hints to the kernel; that one is refused changes nothing. */
static void prepare_regular(rc_raw *raw, const struct stat *st)
{
    off_t start = lseek(raw->fd, 0, SEEK_CUR);
    raw->start = start > 0 ? (uint64_t)start : 0;
    uint64_t size = (uint64_t)st->st_size;
    raw->n_total = size > raw->start ? size - raw->start : 0;
    (void)posix_fadvise(raw->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
}

static void prepare_pipe(const rc_raw *raw)
{
    int size = fcntl(raw->fd, F_GETPIPE_SZ);
    if (size >= 0 && size < PIPE_BYTES)
        (void)fcntl(raw->fd, F_SETPIPE_SZ, PIPE_BYTES);
}

static rc_status prepare(rc_raw *raw, rc_error *err)
{
    struct stat st;
    if (fstat(raw->fd, &st) != 0)
        return rc_error_os(err, RC_E_DATA, errno, "cannot be read");
    if (S_ISDIR(st.st_mode))
        return rc_error_set(err, RC_E_DATA, "is a folder");
    raw->may_wait = !S_ISREG(st.st_mode);
    if (S_ISREG(st.st_mode))
        prepare_regular(raw, &st);
    else if (S_ISFIFO(st.st_mode))
        prepare_pipe(raw);
    raw->buffer = rc_alloc_lines(RC_RAW_BYTES);
    return raw->buffer != NULL ? RC_OK : rc_error_nomem(err);
}

static int open_path(const char *path)
{
    int fd;
    do
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    while (fd < 0 && errno == EINTR);
    return fd;
}

rc_status rc_raw_init(rc_raw *raw, const char *path, rc_error *err)
{
    bool is_stdin = rc_path_is_std(path);
    *raw = (rc_raw){.fd = is_stdin ? STDIN_FILENO : open_path(path), .is_owned = !is_stdin};
    if (raw->fd < 0)
        return rc_error_os(err, RC_E_DATA, errno, "cannot be opened");
    rc_status st = prepare(raw, err);
    if (st < 0)
        rc_raw_release(raw);
    return st;
}

int64_t rc_raw_deadline(const rc_raw *raw, int timeout_ms)
{
    if (timeout_ms < 0 || !raw->may_wait)
        return RC_RAW_FOREVER;
    return timeout_ms == 0 ? RC_RAW_NOW : rc_clock_ns() + (int64_t)timeout_ms * 1000000;
}

bool rc_raw_is_late(int64_t deadline)
{
    return deadline != RC_RAW_FOREVER && rc_clock_ns() >= deadline;
}

static int wait_ms(int64_t deadline)
{
    if (deadline == RC_RAW_FOREVER)
        return -1;
    int64_t left = deadline == RC_RAW_NOW ? 0 : deadline - rc_clock_ns();
    if (left <= 0)
        return 0;
    int64_t ms = (left + 999999) / 1000000;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

static rc_status wait_ready(int fd, int64_t deadline, rc_error *err)
{
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int n = poll(&p, 1, wait_ms(deadline));
        if (n > 0)
            return RC_OK; /* also hung up or broken: read() tells which */
        if (n == 0)
            return RC_AGAIN;
        if (errno != EINTR)
            return rc_error_os(err, RC_E_DATA, errno, "read");
    }
}

rc_status rc_raw_read(rc_raw *raw, void *data, size_t capacity, int64_t deadline, size_t *n,
                      rc_error *err)
{
    *n = 0;
    while (!raw->has_ended) {
        if (raw->may_wait) {
            rc_status st = wait_ready(raw->fd, deadline, err);
            if (st != RC_OK)
                return st;
        }
        ssize_t got = read(raw->fd, data, capacity < READ_BYTES_MAX ? capacity : READ_BYTES_MAX);
        if (got > 0) {
            *n = (size_t)got;
            raw->n_read += (uint64_t)got;
            return RC_OK;
        }
        if (got == 0)
            raw->has_ended = true;
        else if (errno != EINTR && !(errno == EAGAIN && raw->may_wait))
            return rc_error_os(err, RC_E_DATA, errno, "read");
    }
    return RC_END;
}

rc_status rc_raw_fill(rc_raw *raw, int64_t deadline, rc_error *err)
{
    size_t n_unread = raw->end - raw->at;
    if (raw->at > 0)
        memmove(raw->buffer, raw->buffer + raw->at, n_unread);
    raw->at = 0;
    raw->end = n_unread;
    assert(n_unread < RC_RAW_BYTES); /* else read() would say 0, as at the end */
    size_t got = 0;
    rc_status st =
        rc_raw_read(raw, raw->buffer + n_unread, RC_RAW_BYTES - n_unread, deadline, &got, err);
    raw->end += got;
    return st;
}

uint64_t rc_raw_offset(const rc_raw *raw)
{
    return raw->start + raw->n_read - (raw->end - raw->at);
}

void rc_raw_release(rc_raw *raw)
{
    if (raw->is_owned && raw->fd >= 0)
        close(raw->fd);
    free(raw->buffer);
    *raw = (rc_raw){.fd = -1};
}
