/* beside.h - files that a model names beside itself: below its folder, and no other. */
#ifndef RC_MODEL_BESIDE_H
#define RC_MODEL_BESIDE_H

#include <stdint.h>

#include "base/error.h"

/* A piece of a file that is open. */
typedef struct rc_beside {
    int fd;
    uint64_t offset, n_bytes;
} rc_beside;

/**
 * Opens what `location` names below the folder of model_path (NULL: the model came from no file).
 * length UINT64_MAX: to the end.
 * Owns     out->fd is the caller's to close.
 * Errors   RC_E_MODEL: a path that leads out of the folder, a symbolic link, a file with several
 *          names, no regular file, a piece that is not in it.
 */
rc_status rc_beside_open(rc_beside *out, const char *model_path, const char *location,
                         uint64_t offset, uint64_t length, rc_error *err);

#endif
