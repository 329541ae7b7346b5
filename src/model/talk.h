/* talk.h - take a native model from a reader behind the wall. */
#ifndef RC_MODEL_TALK_H
#define RC_MODEL_TALK_H

#include "guard/guard.h"
#include "model/model.h"

/* What says how the layers of bare weights hang together; text NULL: nothing. */
typedef struct rc_talk_architecture {
    char *text;
    size_t n;
} rc_talk_architecture;

/**
 * Has a reader read its file, gives it the files beside the model that it asks for, and appends the
 * native model that it made; warning is what it says of it ("": nothing), printable ASCII. Nothing
 * of what it says is trusted; the model is to be parsed yet.
 *
 * Owns     nothing; out may hold a part of the model after a failure.
 * Errors   as rc_guard_ask and rc_beside_open.
 */
rc_status rc_talk_model(rc_buf *out, char warning[RC_MODEL_WARNING_BYTES], rc_guard *guard,
                        const char *path, const rc_talk_architecture *architecture, rc_error *err);

#endif
