/* frame.c - one frame in or out of a socket, within a time. */
#include "guard/frame.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "guard/wire.h"

/* Bytes for which memory is made before they are there. */
enum { AHEAD_BYTES = 1 << 20 };

/* Time is counted in slices: of one that took longer, because this process was stopped meanwhile,
 * only so much counts. */
enum { SLICE_NS = 100000000, SLICE_COUNTS_NS = 2 * SLICE_NS };

typedef struct patience {
    int64_t *left_ns; /* NULL: endless */
    int64_t last_ns;
} patience;

static patience patience_of(int64_t *left_ns)
{
    return (patience){left_ns, left_ns != NULL ? rc_clock_ns() : 0};
}

/* Waits until the socket is ready, for at most a slice. */
static rc_talk wait_slice(int fd, short events, patience *p)
{
    struct pollfd what = {.fd = fd, .events = events};
    int64_t ns = p->left_ns == NULL || *p->left_ns > SLICE_NS ? SLICE_NS : *p->left_ns;
    int ready = poll(&what, 1, p->left_ns == NULL ? -1 : (int)((ns + 999999) / 1000000));
    if (ready < 0 && errno != EINTR)
        return RC_TALK_FAILED;
    return RC_TALK_OK;
}

/* Counts the time since it was last looked at. */
static bool is_late(patience *p)
{
    if (p->left_ns == NULL)
        return false;
    int64_t now = rc_clock_ns(), ns = now - p->last_ns;
    p->last_ns = now;
    *p->left_ns -= ns < SLICE_COUNTS_NS ? ns : SLICE_COUNTS_NS;
    return *p->left_ns <= 0;
}

/* After a call that moved no bytes: whether to try again. */
static rc_talk try_again(int fd, short events, patience *p)
{
    if (errno == EPIPE || errno == ECONNRESET)
        return RC_TALK_GONE;
    if (errno == EINTR)
        return RC_TALK_OK;
    if (errno != EAGAIN)
        return RC_TALK_FAILED;
    return is_late(p) ? RC_TALK_LATE : wait_slice(fd, events, p);
}

/* n bytes; *got of them are there, whatever is returned. */
static rc_talk get(int fd, void *into, size_t n, patience *p, size_t *got)
{
    *got = 0;
    while (*got < n) {
        ssize_t some = recv(fd, (char *)into + *got, n - *got, MSG_DONTWAIT);
        if (some == 0)
            return RC_TALK_GONE;
        rc_talk talk = RC_TALK_OK;
        if (some > 0)
            *got += (size_t)some;
        else
            talk = try_again(fd, POLLIN, p);
        if (some > 0 && *got < n && is_late(p)) /* drop by drop */
            talk = RC_TALK_LATE;
        if (talk != RC_TALK_OK)
            return talk;
    }
    return RC_TALK_OK;
}

static rc_talk put(int fd, const void *data, size_t n, patience *p)
{
    for (size_t done = 0; done < n;) {
        ssize_t some = send(fd, (const char *)data + done, n - done, MSG_DONTWAIT | MSG_NOSIGNAL);
        rc_talk talk = RC_TALK_OK;
        if (some > 0)
            done += (size_t)some;
        else
            talk = try_again(fd, POLLOUT, p);
        if (talk != RC_TALK_OK)
            return talk;
    }
    return RC_TALK_OK;
}

/* Looks at the head before a byte of what follows is waited for. */
static rc_talk check_head(const rc_ear *ear, const unsigned char *head, rc_frame *frame)
{
    rc_wire wire = {head, head + RC_FRAME_HEAD_BYTES, false};
    frame->kind = rc_wire_u32(&wire);
    uint32_t zero = rc_wire_u32(&wire);
    uint64_t n = rc_wire_u64(&wire);
    if (frame->kind == 0 || zero != 0)
        return RC_TALK_BAD_HEAD;
    bool is_error = frame->kind == RC_FRAME_ERROR;
    if (ear->expected != 0 && frame->kind != ear->expected && !is_error)
        return RC_TALK_BAD_KIND;
    if (n > (is_error ? RC_FRAME_ERROR_BYTES : ear->most) || n > SIZE_MAX / 4)
        return RC_TALK_TOO_LONG;
    frame->n = (size_t)n;
    return RC_TALK_OK;
}

static rc_talk hear(const rc_ear *ear, rc_buf *into, rc_frame *frame, patience *p)
{
    unsigned char head[RC_FRAME_HEAD_BYTES];
    size_t got;
    rc_talk talk = get(ear->fd, head, sizeof(head), p, &got);
    if (talk == RC_TALK_GONE && got == 0)
        return RC_TALK_END;
    if (talk == RC_TALK_OK)
        talk = check_head(ear, head, frame);
    if (talk == RC_TALK_OK && !rc_buf_reserve(into, 1)) /* a place to point to */
        talk = RC_TALK_NO_MEMORY;
    while (talk == RC_TALK_OK && into->n < frame->n) {
        size_t some = frame->n - into->n;
        if (some > AHEAD_BYTES)
            some = AHEAD_BYTES;
        if (!rc_buf_reserve(into, some))
            return RC_TALK_NO_MEMORY;
        talk = get(ear->fd, into->data + into->n, some, p, &got);
        into->n += got;
    }
    frame->data = (const unsigned char *)into->data;
    return talk;
}

rc_talk rc_frame_hear(const rc_ear *ear, rc_buf *into, rc_frame *frame)
{
    patience p = patience_of(ear->left_ns);
    *frame = (rc_frame){0};
    into->n = 0;
    rc_talk talk = hear(ear, into, frame, &p);
    (void)is_late(&p); /* the last wait counts, too */
    return talk;
}

rc_talk rc_frame_send(int fd, uint32_t kind, const void *data, size_t n, int64_t *left_ns)
{
    patience p = patience_of(left_ns);
    unsigned char head[RC_FRAME_HEAD_BYTES] = {0};
    for (int i = 0; i < 4; i++)
        head[i] = (unsigned char)(kind >> (8 * i));
    for (int i = 0; i < 8; i++)
        head[8 + i] = (unsigned char)((uint64_t)n >> (8 * i));
    rc_talk talk = put(fd, head, sizeof(head), &p);
    return talk == RC_TALK_OK ? put(fd, data, n, &p) : talk;
}
