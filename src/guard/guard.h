/* guard.h - start a confined reader of foreign files, speak with it, survive it.
 *
 * The reader is a program of its own: `READER --reader KIND`, with the file as descriptor 0, one
 * end of a socket as descriptor 1, and no other. It shuts itself in (guard/confined.h) before it
 * looks at the file, says in its first frame what it could shut, and then answers one frame to
 * each request, until the socket is closed. All that it says is looked at as if an attacker said
 * it: a reader that dies, hangs, or says what makes no sense is one clear error, and is killed.
 *
 * Frame: u32 kind, u32 zero, u64 length, then so many bytes; little-endian. */
#ifndef RC_GUARD_GUARD_H
#define RC_GUARD_GUARD_H

#include "base/mem.h"

typedef struct rc_guard rc_guard;

typedef struct rc_guard_options {
    const char *reader; /* path of the program; NULL: the installed rowcast */
    const char *kind;   /* what it is to read: "hdf5" */
    const char *what;   /* for messages: "the HDF5 file" */
    int fd;             /* the file; stays the caller's */
    rc_sandbox sandbox;
    rc_status code;      /* of errors that are the file's: RC_E_DATA or RC_E_MODEL */
    uint64_t max_memory; /* bytes of address space that the reader may have for data; 0: default */
    uint64_t max_answer; /* bytes of one answer */
    /* How long answers may take, all of them together; 2 s are given back for each MiB of them, and
     * 2 ms for each, up to timeout_ms. */
    uint32_t timeout_ms;
} rc_guard_options;

/* Kinds of frames that any reader knows; its own kinds begin at RC_FRAME_FIRST. */
enum {
    RC_FRAME_HELLO = 1, /* reader: u32 version, u32 Landlock ABI or 0, bool seccomp, bool limits */
    RC_FRAME_ERROR,     /* reader: u32 kind of rc_guard_fault, text, hint (may be empty) */
    RC_FRAME_FIRST = 16
};

/* Whose fault it is. */
typedef enum rc_guard_fault {
    RC_FAULT_FILE,  /* the file's: options->code */
    RC_FAULT_ASKED, /* of what was asked for and is not there: RC_E_DATA */
    RC_FAULT_LIMIT, /* a limit: options->code */
    RC_FAULT_SYSTEM /* RC_E_SYSTEM */
} rc_guard_fault;

typedef struct rc_frame {
    uint32_t kind;
    const unsigned char *data; /* valid until the next call */
    size_t n;
} rc_frame;

/**
 * Starts the reader and hears its first frame.
 *
 * Owns     *out is closed by rc_guard_close. Keeps nothing of the options but fd.
 * Errors   RC_E_SYSTEM: it cannot be started (names the program); with RC_SANDBOX_REQUIRE, that
 *          Landlock or seccomp is absent; options->code: it died, hung or lied.
 * Threads  one at a time. Touches no signal of the process, waits for its own child only.
 */
rc_status rc_guard_open(rc_guard **out, const rc_guard_options *options, rc_error *err);

/* The same with a reader that runs already and has the other end of the socket. Both are taken, by
 * a failure too. pid 0: it is no process of ours. */
rc_status rc_guard_adopt(rc_guard **out, const rc_guard_options *options, int socket, long pid,
                         rc_error *err);

/* Kills the reader if it still runs. NULL is fine. */
void rc_guard_close(rc_guard *guard);

/**
 * Sends a request and hears the answer, which is of kind `expected`, or an error of the reader,
 * whose text is told (quoted and cut: it may hold anything).
 * Errors   as rc_guard_open, and what RC_FRAME_ERROR says. After a failure other than that the
 *          reader is gone, and every further call fails.
 */
rc_status rc_guard_ask(rc_guard *guard, uint32_t kind, const void *data, size_t n,
                       uint32_t expected, rc_frame *answer, rc_error *err);

/* An answer that does not make sense: kills the reader, sets the error. Returns options->code. */
rc_status rc_guard_lied(rc_guard *guard, const char *what, rc_error *err);

/* What the reader has shut: "landlock 4, seccomp, limits"; "none". Valid until close. */
const char *rc_guard_shut(const rc_guard *guard);

#endif
