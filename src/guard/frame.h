/* frame.h - one frame in or out of a socket, within a time. Both sides use it. */
#ifndef RC_GUARD_FRAME_H
#define RC_GUARD_FRAME_H

#include "guard/guard.h"

enum {
    RC_GUARD_VERSION = 1,
    RC_FRAME_HEAD_BYTES = 16,
    RC_FRAME_ERROR_BYTES = 1 << 16 /* most of an RC_FRAME_ERROR */
};

/* How it went. Whatever is not OK leaves the stream somewhere within a frame. */
typedef enum rc_talk {
    RC_TALK_OK,
    RC_TALK_END,  /* the other side closed, between two frames */
    RC_TALK_GONE, /* it closed within a frame, or while we sent */
    RC_TALK_LATE,
    RC_TALK_BAD_HEAD, /* no head of a frame */
    RC_TALK_BAD_KIND, /* neither what is expected nor an error */
    RC_TALK_TOO_LONG,
    RC_TALK_NO_MEMORY,
    RC_TALK_FAILED /* errno says why */
} rc_talk;

/* What is to be heard. */
typedef struct rc_ear {
    int fd;
    uint32_t expected; /* kind; 0: any. An RC_FRAME_ERROR is always heard */
    uint64_t most;     /* bytes of the frame, of an error RC_FRAME_ERROR_BYTES */
    int64_t *left_ns;  /* how long it may take; what it takes is taken off. NULL: for ever */
} rc_ear;

/* The frame's bytes are in `into`, which is emptied first and grows as bytes arrive: what the head
 * says of the length is not believed. */
rc_talk rc_frame_hear(const rc_ear *ear, rc_buf *into, rc_frame *frame);

/* Raises no SIGPIPE. left_ns as in rc_ear. */
rc_talk rc_frame_send(int fd, uint32_t kind, const void *data, size_t n, int64_t *left_ns);

#endif
