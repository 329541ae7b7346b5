/* channel.c - the reader hears requests and answers. */
#include <errno.h>
#include <string.h>

#include "guard/confined.h"
#include "guard/frame.h"
#include "guard/wire.h"

enum { MOST_REQUEST_BYTES = 16 << 20 };

/* The cause of what went wrong on the socket. */
static rc_status fail(rc_talk talk, rc_error *err)
{
    if (talk == RC_TALK_NO_MEMORY)
        return rc_error_nomem(err);
    if (talk == RC_TALK_FAILED)
        return rc_error_os(err, RC_E_SYSTEM, errno, "socket of the reader");
    if (talk == RC_TALK_END || talk == RC_TALK_GONE)
        return rc_error_set(err, RC_E_SYSTEM, "nobody listens to the reader");
    return rc_error_set(err, RC_E_SYSTEM, "what is asked of the reader is no request");
}

rc_status rc_channel_hear(rc_channel *channel, rc_frame *request, rc_error *err)
{
    rc_ear ear = {.fd = channel->fd, .most = MOST_REQUEST_BYTES};
    rc_talk talk = rc_frame_hear(&ear, &channel->request, request);
    if (talk == RC_TALK_END)
        return RC_END;
    return talk == RC_TALK_OK ? RC_OK : fail(talk, err);
}

rc_status rc_channel_serve(rc_channel *channel, rc_channel_reply *reply, void *context,
                           rc_error *err)
{
    for (;;) {
        rc_frame frame;
        rc_status st = rc_channel_hear(channel, &frame, err);
        if (st == RC_OK)
            st = reply(context, &frame, err);
        else if (st == RC_END)
            return RC_OK;
        RC_TRY(st);
    }
}

rc_status rc_channel_answer(rc_channel *channel, uint32_t kind, const void *data, size_t n,
                            rc_error *err)
{
    rc_talk talk = rc_frame_send(channel->fd, kind, data, n, NULL);
    return talk == RC_TALK_OK ? RC_OK : fail(talk, err);
}

rc_status rc_channel_fault(rc_channel *channel, rc_guard_fault fault, const rc_error *error)
{
    const char *hint = strstr(error->text, "\n  ");
    size_t n_text = hint != NULL ? (size_t)(hint - error->text) : strlen(error->text);
    hint = hint != NULL ? hint + 3 : "";
    rc_buf out = {0};
    rc_status st = RC_E_SYSTEM;
    if (rc_wire_put_u32(&out, fault) && rc_wire_put_text(&out, error->text, n_text) &&
        rc_wire_put_text(&out, hint, strlen(hint)))
        st = rc_channel_answer(channel, RC_FRAME_ERROR, out.data, out.n, NULL);
    rc_buf_release(&out);
    return st;
}
