/* confined.h - the reader's side: shut oneself in, then answer requests. */
#ifndef RC_GUARD_CONFINED_H
#define RC_GUARD_CONFINED_H

#include "guard/guard.h"

/* One connection to the process that scores. */
typedef struct rc_channel {
    int fd;         /* the socket */
    rc_buf request; /* bytes of the last one */
} rc_channel;

enum { RC_CONFINED_FILE = 0, RC_CONFINED_SOCKET = 1 };

/**
 * What one kind of reader does: `prepare` what needs open files and the like (H5open), before the
 * process is shut in; then `serve` requests until the socket is closed. Neither prints.
 */
typedef struct rc_reader_kind {
    const char *name; /* "hdf5" */
    rc_status (*prepare)(rc_error *err);
    rc_status (*serve)(rc_channel *channel, int fd, rc_error *err);
} rc_reader_kind;

/* Everything a reader does, in order: limits, prepare, Landlock, seccomp, hello, serve. Returns the
 * exit status. What fails is said in RC_FRAME_ERROR. The sandbox and the memory limit are told by
 * the arguments behind the kind, which rc_guard_open writes. */
int rc_confined_main(const rc_reader_kind *kind, int n_arguments, char **arguments);

/* Hears the next request, of at most 16 MiB. RC_END: the socket is closed. */
rc_status rc_channel_hear(rc_channel *channel, rc_frame *request, rc_error *err);
/* Lets `reply` answer each request until the socket is closed. */
typedef rc_status rc_channel_reply(void *context, const rc_frame *request, rc_error *err);
rc_status rc_channel_serve(rc_channel *channel, rc_channel_reply *reply, void *context,
                           rc_error *err);

/* RC_E_SYSTEM: the other side is gone. */
rc_status rc_channel_answer(rc_channel *channel, uint32_t kind, const void *data, size_t n,
                            rc_error *err);
rc_status rc_channel_fault(rc_channel *channel, rc_guard_fault fault, const rc_error *error);

#endif
