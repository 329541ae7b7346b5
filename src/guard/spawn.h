/* spawn.h - start the reader's process, and end it. */
#ifndef RC_GUARD_SPAWN_H
#define RC_GUARD_SPAWN_H

#include <sys/types.h>

#include "guard/guard.h"

typedef struct rc_spawned {
    int socket; /* ours; at least 3, closed on exec */
    pid_t pid;  /* 0: there is none */
} rc_spawned;

/* Starts the program with the file, one end of a socket, and nothing else. Threads: any. */
rc_status rc_spawn_reader(const rc_guard_options *options, rc_spawned *out, rc_error *err);

/* How a reader ended. */
typedef struct rc_ended {
    bool is_known; /* false: the host does not let anybody know (it ignores SIGCHLD) */
    int signal;    /* 0: it exited, with status */
    int status;
} rc_ended;

/* Kills it if it still runs, waits for it and no other, closes the socket. A second call is fine.
 */
rc_ended rc_spawn_end(rc_spawned *spawned);

#endif
