/* talk.c - take a native model from a reader, piece by piece. */
#include "model/talk.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "guard/wire.h"
#include "io/input.h"
#include "model/beside.h"
#include "model/foreign/frames.h"
#include "model/model.h"

/* Bytes that a file that is wanted takes in a frame, at least. */
enum { LEAST_WANTED = 4 + 8 + 8 + 8 };

/* One model that is fetched. */
typedef struct talk {
    rc_guard *guard;
    const char *path;
    const rc_talk_architecture *from;
    rc_buf request;
    rc_buf *out;
    char *warning; /* (RC_MODEL_WARNING_BYTES) */
} talk;

static rc_status ask(talk *t, uint32_t kind, rc_frame *answer, rc_error *err)
{
    return rc_guard_ask(t->guard, kind, t->request.data, t->request.n, kind + 1, answer, err);
}

/* Sends one piece; t->request has its head. */
static rc_status give_piece(talk *t, const rc_beside *from, uint64_t done, size_t n, rc_error *err)
{
    rc_frame answer;
    if (!rc_buf_reserve(&t->request, n))
        return rc_error_nomem(err);
    if (!rc_file_read_at(from->fd, from->offset + done, t->request.data + t->request.n, n))
        return rc_error_os(err, RC_E_MODEL, errno, "external data: read");
    t->request.n += n;
    return ask(t, RC_MODEL_ASK_GIVE, &answer, err);
}

static rc_status give(talk *t, uint32_t number, const rc_beside *from, rc_error *err)
{
    if (from->n_bytes > RC_MODEL_MAX_BYTES)
        return rc_error_set(err, RC_E_MODEL, "external data of more than %zu bytes",
                            RC_MODEL_MAX_BYTES);
    uint64_t done = 0;
    do {
        uint64_t rest = from->n_bytes - done;
        size_t n = rest < RC_MODEL_PART_BYTES ? (size_t)rest : RC_MODEL_PART_BYTES;
        t->request.n = 0;
        if (!rc_wire_put_u32(&t->request, number) || !rc_wire_put_u64(&t->request, from->n_bytes))
            return rc_error_nomem(err);
        RC_TRY(give_piece(t, from, done, n, err));
        done += n;
    } while (done < from->n_bytes);
    return RC_OK;
}

static rc_status give_wanted(talk *t, rc_wire *wire, rc_error *err)
{
    char location[RC_MODEL_MOST_LOCATION + 1];
    uint32_t number = rc_wire_u32(wire);
    size_t n;
    const char *text = rc_wire_text(wire, RC_MODEL_MOST_LOCATION, &n);
    uint64_t offset = rc_wire_u64(wire), length = rc_wire_u64(wire);
    rc_beside beside;
    if (wire->is_bad || memchr(text, '\0', n) != NULL)
        return rc_guard_lied(t->guard, "external data", err);
    memcpy(location, text, n);
    location[n] = '\0';
    RC_TRY(rc_beside_open(&beside, t->path, location, offset, length, err));
    rc_status st = give(t, number, &beside, err);
    close(beside.fd);
    return st;
}

/* The answer lives in the guard, which hears others meanwhile: a copy is gone through. */
static rc_status give_all(talk *t, const rc_wire *wanted, rc_error *err)
{
    size_t n_bytes = (size_t)(wanted->end - wanted->at);
    char *copy = rc_strndup((const char *)wanted->at, n_bytes);
    if (copy == NULL)
        return rc_error_nomem(err);
    rc_wire wire = {.at = (unsigned char *)copy, .end = (unsigned char *)copy + n_bytes};
    uint64_t n = rc_wire_count(&wire, LEAST_WANTED);
    rc_status st = RC_OK;
    if (wire.is_bad || n == 0 || n > RC_MODEL_MOST_WANTED)
        st = rc_guard_lied(t->guard, "external data", err);
    for (uint64_t i = 0; st >= 0 && i < n; i++)
        st = give_wanted(t, &wire, err);
    free(copy);
    return st;
}

static rc_status take_warning(talk *t, rc_wire *wire, rc_error *err)
{
    size_t n;
    const char *text = rc_wire_text(wire, RC_MODEL_WARNING_BYTES - 1, &n);
    for (size_t i = 0; !wire->is_bad && i < n; i++)
        if (text[i] < ' ' || text[i] > '~')
            return rc_guard_lied(t->guard, "a warning that is no text", err);
    if (!wire->is_bad)
        memcpy(t->warning, text, n);
    t->warning[n] = '\0';
    return RC_OK;
}

/* Has the reader read the model; *n_bytes is how long the native one is. */
static rc_status have_read(talk *t, uint64_t *n_bytes, rc_error *err)
{
    enum { MOST_ROUNDS = 2 }; /* what is wanted is wanted at once */
    for (int round = 0; round < MOST_ROUNDS; round++) {
        rc_frame answer;
        t->request.n = 0;
        if (!rc_wire_put_bool(&t->request, t->from->text != NULL) ||
            !rc_wire_put_text(&t->request, t->from->text != NULL ? t->from->text : "", t->from->n))
            return rc_error_nomem(err);
        RC_TRY(ask(t, RC_MODEL_ASK_READ, &answer, err));
        rc_wire wire = {.at = answer.data, .end = answer.data + answer.n};
        uint32_t state = rc_wire_u32(&wire);
        if (!wire.is_bad && state == RC_MODEL_WANTS) {
            RC_TRY(give_all(t, &wire, err));
            continue;
        }
        *n_bytes = rc_wire_u64(&wire);
        RC_TRY(take_warning(t, &wire, err));
        if (wire.is_bad || wire.at != wire.end || state != RC_MODEL_READY || *n_bytes == 0 ||
            *n_bytes > RC_MODEL_MAX_BYTES)
            return rc_guard_lied(t->guard, "no model", err);
        return RC_OK;
    }
    return rc_guard_lied(t->guard, "external data", err);
}

static rc_status take_parts(talk *t, uint64_t n_bytes, rc_error *err)
{
    rc_buf *native = t->out;
    while (native->n < n_bytes) {
        rc_frame answer;
        uint64_t rest = n_bytes - native->n;
        uint64_t n = rest < RC_MODEL_PART_BYTES ? rest : RC_MODEL_PART_BYTES;
        t->request.n = 0;
        if (!rc_wire_put_u64(&t->request, native->n) || !rc_wire_put_u64(&t->request, n))
            return rc_error_nomem(err);
        RC_TRY(ask(t, RC_MODEL_ASK_PART, &answer, err));
        if (answer.n != n)
            return rc_guard_lied(t->guard, "a part of another length", err);
        if (native->n == 0 && !rc_buf_reserve(native, (size_t)n_bytes))
            return rc_error_nomem(err);
        if (native->n == 0)
            rc_mem_expect(native->data, (size_t)n_bytes);
        if (!rc_buf_append(native, answer.data, answer.n))
            return rc_error_nomem(err);
    }
    return RC_OK;
}

rc_status rc_talk_model(rc_buf *out, char warning[RC_MODEL_WARNING_BYTES], rc_guard *guard,
                        const char *path, const rc_talk_architecture *architecture, rc_error *err)
{
    talk t = {.guard = guard, .path = path, .from = architecture, .out = out, .warning = warning};
    uint64_t n_bytes = 0;
    rc_status st = have_read(&t, &n_bytes, err);
    if (st >= 0)
        st = take_parts(&t, n_bytes, err);
    rc_buf_release(&t.request);
    return st;
}
