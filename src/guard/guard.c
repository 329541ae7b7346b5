/* guard.c - speak with a confined reader, and survive it. */
#include "guard/guard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "guard/frame.h"
#include "guard/spawn.h"
#include "guard/wire.h"

/* A reader that works, however slowly, gives many times more. A table may have thousands of
 * columns, each with a list of chunks: on a busy machine to ask alone takes that long. */
enum { NS_BACK_A_BYTE = 2000000000 >> 20, NS_BACK_AN_ANSWER = 2000000 };
enum { MOST_TEXT_BYTES = 2000, MOST_HINT_BYTES = 800, MOST_HINTS = 16 };

struct rc_guard {
    rc_spawned reader; /* socket -1: it is gone */
    char what[64];
    rc_sandbox sandbox;
    rc_status code;
    uint64_t max_answer;
    uint32_t timeout_ms;
    int64_t left_ns; /* of it */
    rc_buf answer;
    char shut[64];
};

/* The other side has closed. */
static rc_status fail_ended(rc_guard *guard, rc_error *err)
{
    rc_ended how = rc_spawn_end(&guard->reader);
    if (!how.is_known)
        return rc_error_set(err, guard->code, "%s made its reader die", guard->what);
    if (how.signal == 0)
        return rc_error_set(err, guard->code, "%s made its reader end (status %d)", guard->what,
                            how.status);
    return rc_error_set(err, guard->code, "%s made its reader die (signal %d)", guard->what,
                        how.signal);
}

static rc_status fail_late(rc_guard *guard, rc_error *err)
{
    bool is_whole = guard->timeout_ms % 1000 == 0;
    rc_spawn_end(&guard->reader);
    return rc_error_set(err, guard->code, "the reader of %s took longer than %u %s", guard->what,
                        is_whole ? guard->timeout_ms / 1000 : guard->timeout_ms,
                        is_whole ? "s" : "ms");
}

rc_status rc_guard_lied(rc_guard *guard, const char *what, rc_error *err)
{
    rc_spawn_end(&guard->reader);
    return rc_error_set(err, guard->code, "the answer of the reader of %s makes no sense: %s",
                        guard->what, what);
}

static rc_status fail(rc_guard *guard, rc_talk talk, rc_error *err)
{
    int e = errno;
    switch (talk) {
    case RC_TALK_END:
    case RC_TALK_GONE:
        return fail_ended(guard, err);
    case RC_TALK_LATE:
        return fail_late(guard, err);
    case RC_TALK_BAD_HEAD:
        return rc_guard_lied(guard, "no frame", err);
    case RC_TALK_BAD_KIND:
        return rc_guard_lied(guard, "another kind of frame", err);
    case RC_TALK_TOO_LONG:
        return rc_guard_lied(guard, "too long", err);
    default:
        rc_spawn_end(&guard->reader);
        return talk == RC_TALK_NO_MEMORY ? rc_error_nomem(err)
                                         : rc_error_os(err, RC_E_SYSTEM, e, "socket of the reader");
    }
}

/* Appends n bytes in pieces that rc_text_quote does not cut; false: there were more than most. */
static void clean(const char *text, size_t n, size_t most, char *out, size_t size)
{
    size_t at = 0, to = 0;
    while (at < n) {
        char quoted[RC_QUOTED_BYTES];
        size_t length = rc_utf8_length(text + at, n - at);
        rc_text_quote(text + at, length > 0 ? length : 1, quoted);
        size_t n_quoted = strlen(quoted);
        if (to + n_quoted > most || to + n_quoted + sizeof("...") > size)
            break;
        memcpy(out + to, quoted, n_quoted);
        to += n_quoted;
        at += length > 0 ? length : 1;
    }
    if (at < n) {
        memcpy(out + to, "...", 3);
        to += 3;
    }
    out[to] = '\0';
}

/* Each line is a hint of its own. */
static void tell_hints(const char *hints, size_t n, rc_error *err)
{
    char line[MOST_HINT_BYTES + 8];
    for (int i = 0; i < MOST_HINTS && n > 0; i++) {
        const char *end = memchr(hints, '\n', n);
        size_t length = end != NULL ? (size_t)(end - hints) : n;
        size_t used = end != NULL ? length + 1 : length;
        const char *from = hints;
        for (; length > 0 && *from == ' '; from++)
            length--;
        clean(from, length, MOST_HINT_BYTES, line, sizeof(line));
        if (length > 0)
            rc_error_hint(err, "%s", line);
        hints += used;
        n -= used;
    }
}

/* What the reader says about why it does not answer: for people, and not to be trusted. */
static rc_status tell_fault(rc_guard *guard, const rc_frame *frame, rc_error *err)
{
    rc_wire wire = {frame->data, frame->data + frame->n, false};
    uint32_t fault = rc_wire_u32(&wire);
    size_t n_text, n_hints;
    const char *text = rc_wire_text(&wire, frame->n, &n_text);
    const char *hints = rc_wire_text(&wire, frame->n, &n_hints);
    if (wire.is_bad || wire.at != wire.end || fault > RC_FAULT_SYSTEM || n_text == 0)
        return rc_guard_lied(guard, "damaged error", err);
    char line[MOST_TEXT_BYTES + 8];
    clean(text, n_text, MOST_TEXT_BYTES, line, sizeof(line));
    rc_status code = fault == RC_FAULT_SYSTEM  ? RC_E_SYSTEM
                     : fault == RC_FAULT_ASKED ? RC_E_DATA
                                               : guard->code;
    rc_error_set(err, code, "%s", line);
    tell_hints(hints, n_hints, err);
    return code;
}

static int64_t all_ns(const rc_guard *guard)
{
    return (int64_t)guard->timeout_ms * 1000000;
}

static void give_back(rc_guard *guard, size_t n_bytes)
{
    int64_t most = all_ns(guard), taken = most - guard->left_ns - NS_BACK_AN_ANSWER;
    if (taken <= 0 || n_bytes > (uint64_t)taken / NS_BACK_A_BYTE)
        guard->left_ns = most;
    else
        guard->left_ns = most - taken + (int64_t)n_bytes * NS_BACK_A_BYTE;
}

static rc_status hear(rc_guard *guard, uint32_t expected, uint64_t most, rc_frame *answer,
                      rc_error *err)
{
    rc_ear ear = {
        .fd = guard->reader.socket, .expected = expected, .most = most, .left_ns = &guard->left_ns};
    rc_talk talk = rc_frame_hear(&ear, &guard->answer, answer);
    if (talk != RC_TALK_OK)
        return fail(guard, talk, err);
    give_back(guard, answer->n);
    return answer->kind == expected ? RC_OK : tell_fault(guard, answer, err);
}

/* "landlock 4, seccomp, limits" */
static void write_shut(rc_guard *guard, uint32_t landlock, bool seccomp, bool limits)
{
    char *out = guard->shut;
    size_t size = sizeof(guard->shut);
    int n = landlock > 0 ? snprintf(out, size, "landlock %u", landlock) : 0;
    if (seccomp)
        n += snprintf(out + n, size - (size_t)n, "%sseccomp", n > 0 ? ", " : "");
    if (limits)
        n += snprintf(out + n, size - (size_t)n, "%slimits", n > 0 ? ", " : "");
    if (n == 0)
        snprintf(out, size, "none");
}

static rc_status hear_hello(rc_guard *guard, rc_error *err)
{
    enum { HELLO_BYTES = 10 };
    rc_frame hello;
    RC_TRY(hear(guard, RC_FRAME_HELLO, HELLO_BYTES, &hello, err));
    rc_wire wire = {hello.data, hello.data + hello.n, false};
    uint32_t version = rc_wire_u32(&wire), landlock = rc_wire_u32(&wire);
    bool seccomp = rc_wire_bool(&wire), limits = rc_wire_bool(&wire);
    if (!wire.is_bad && version != RC_GUARD_VERSION)
        return rc_guard_lied(guard, "another version", err);
    if (wire.is_bad || wire.at != wire.end)
        return rc_guard_lied(guard, "damaged hello", err);
    write_shut(guard, landlock, seccomp, limits);
    if (guard->sandbox == RC_SANDBOX_REQUIRE && (landlock == 0 || !seccomp))
        return rc_error_set(err, RC_E_SYSTEM, "the reader is shut in by no more than: %s",
                            guard->shut);
    return RC_OK;
}

rc_status rc_guard_adopt(rc_guard **out, const rc_guard_options *options, int socket, long pid,
                         rc_error *err)
{
    *out = NULL;
    rc_guard *guard = rc_alloc_array(1, sizeof(*guard));
    if (guard == NULL) {
        rc_spawned reader = {socket, (pid_t)pid};
        rc_spawn_end(&reader);
        return rc_error_nomem(err);
    }
    guard->reader = (rc_spawned){socket, (pid_t)pid};
    guard->sandbox = options->sandbox;
    guard->code = options->code;
    guard->max_answer = options->max_answer;
    guard->timeout_ms = options->timeout_ms;
    guard->left_ns = all_ns(guard);
    snprintf(guard->what, sizeof(guard->what), "%s", options->what);
    rc_status st = hear_hello(guard, err);
    if (st < 0)
        rc_guard_close(guard);
    else
        *out = guard;
    return st;
}

rc_status rc_guard_open(rc_guard **out, const rc_guard_options *options, rc_error *err)
{
    *out = NULL;
    rc_spawned reader;
    RC_TRY(rc_spawn_reader(options, &reader, err));
    return rc_guard_adopt(out, options, reader.socket, reader.pid, err);
}

void rc_guard_close(rc_guard *guard)
{
    if (guard == NULL)
        return;
    rc_spawn_end(&guard->reader);
    rc_buf_release(&guard->answer);
    free(guard);
}

rc_status rc_guard_ask(rc_guard *guard, uint32_t kind, const void *data, size_t n,
                       uint32_t expected, rc_frame *answer, rc_error *err)
{
    *answer = (rc_frame){0};
    if (guard->reader.socket < 0)
        return rc_error_set(err, guard->code, "the reader of %s is gone", guard->what);
    rc_talk talk = rc_frame_send(guard->reader.socket, kind, data, n, &guard->left_ns);
    if (talk != RC_TALK_OK && talk != RC_TALK_GONE)
        return fail(guard, talk, err);
    /* one that closed may have said why */
    return hear(guard, expected, guard->max_answer, answer, err);
}

const char *rc_guard_shut(const rc_guard *guard)
{
    return guard->shut;
}
