/* fetch.h - the native model that a file of any format is: native as it stands, others by way of a
 * reader behind the wall. */
#ifndef RC_MODEL_FETCH_H
#define RC_MODEL_FETCH_H

#include "base/mem.h"
#include "model/model.h"

/* A native model in memory. */
typedef struct rc_fetched {
    rc_buf native;   /* JSON or .rcm */
    char format[16]; /* of the file: "rowcast-json", "rowcast-rcm", "keras", "onnx" */
    char sha256[65]; /* of the file's bytes */
    char shut[64];   /* foreign: what its reader has shut, "landlock 7, seccomp"; else "" */
    char warning[RC_MODEL_WARNING_BYTES]; /* foreign: what people should know of it; else "" */
} rc_fetched;

/* Whether the bytes, or a name that tells, are of a model of another format: "keras", "onnx"; else
 * NULL. The name may be NULL. */
const char *rc_fetch_tell(const char *data, size_t n, const char *path);

/**
 * Reads a model file.
 * Owns     out is released by rc_fetched_release, after a failure too.
 * Errors   RC_E_MODEL, RC_E_SYSTEM, RC_E_USAGE (of options). They name the place in the file; not
 *          its path.
 */
rc_status rc_fetch(rc_fetched *out, const char *path, const rc_model_options *options,
                   rc_error *err);

/* The same for bytes in memory, borrowed. Files beside the model are not looked for. */
rc_status rc_fetch_bytes(rc_fetched *out, const char *data, size_t n,
                         const rc_model_options *options, rc_error *err);

void rc_fetched_release(rc_fetched *fetched);

#endif
