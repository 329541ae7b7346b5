/* rewrite.h - a native model in its other encoding. */
#ifndef RC_MODEL_REWRITE_H
#define RC_MODEL_REWRITE_H

#include "base/mem.h"

/* Takes the bytes of the new file, piece by piece. */
typedef struct rc_rewrite_sink {
    void *context;
    rc_status (*write)(void *context, const void *data, size_t n, rc_error *err);
} rc_rewrite_sink;

/**
 * Writes a native model (n bytes, JSON or .rcm) as JSON, or as .rcm: there lists of 16 numbers or
 * more stand behind the header, as float32 where that holds every one of them exactly. Every member
 * stays what it is, and so do members that begin with x-.
 *
 * Errors   RC_E_MODEL: not a native model as rc_model_parse takes it, which is to be called before.
 */
rc_status rc_model_rewrite(const char *data, size_t n, bool to_rcm, const rc_rewrite_sink *sink,
                           rc_error *err);

#endif
