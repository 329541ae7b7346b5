/* output_target.h - which file a path means for writing, and where its temporary goes. */
#ifndef RC_IO_OUTPUT_TARGET_H
#define RC_IO_OUTPUT_TARGET_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

typedef enum rc_target_kind {
    RC_TARGET_STDOUT,
    RC_TARGET_IN_PLACE, /* a device, a FIFO: nothing to replace */
    RC_TARGET_FILE      /* a regular or absent file */
} rc_target_kind;

typedef struct rc_target {
    rc_target_kind kind;
    char *path;   /* all links of its last part followed; NULL for stdout */
    char *folder; /* of path; FILE only, as is what follows */
    char *name;   /* last part of path */
    bool exists;
    mode_t mode; /* permissions of the file that exists */
} rc_target;

/* NULL or "-" is stdout, as is a link to it (/dev/stdout). On failure nothing is held. */
rc_status rc_target_init(rc_target *target, const char *path, rc_error *err);

void rc_target_release(rc_target *target);

/* Name of a temporary beside the target, with a random end; at most n_max bytes, for which the
 * target's name is shortened. Freed with free(). */
rc_status rc_target_temporary(const rc_target *target, size_t n_max, char **name, rc_error *err);

#endif
