/* serve.c - a reader of models answers requests. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/text.h"
#include "guard/wire.h"
#include "model/foreign/frames.h"
#include "model/foreign/reader.h"

/* One model that is served. */
typedef struct server {
    rc_channel *channel;
    rc_foreign_read *read;
    rc_foreign_file file;
    char *architecture;
    rc_tape *tape; /* the finished model; NULL: not yet */
    rc_buf answer;
} server;

/* -- files beside the model ----------------------------------------------------------------------
 */

static rc_status add_external(rc_foreign_file *file, const char *location, size_t n_location,
                              uint64_t offset, uint64_t length, rc_error *err)
{
    void *externals = file->externals;
    if (file->n_externals == RC_MODEL_MOST_WANTED)
        return rc_error_set(err, RC_E_MODEL, "more than %d pieces of external data",
                            RC_MODEL_MOST_WANTED);
    if (!rc_grow(&externals, &file->externals_capacity, file->n_externals + 1,
                 sizeof(*file->externals)))
        return rc_error_nomem(err);
    file->externals = externals;
    char *copy = rc_strndup(location, n_location);
    if (copy == NULL)
        return rc_error_nomem(err);
    file->externals[file->n_externals++] =
        (rc_foreign_external){.location = copy, .offset = offset, .length = length};
    return RC_AGAIN;
}

rc_status rc_foreign_external_get(rc_foreign_file *file, const char *location, size_t n_location,
                                  uint64_t offset, uint64_t length, const char **data, size_t *n,
                                  rc_error *err)
{
    *data = NULL;
    *n = 0;
    for (size_t i = 0; i < file->n_externals; i++) {
        const rc_foreign_external *e = &file->externals[i];
        if (e->offset != offset || e->length != length || strlen(e->location) != n_location ||
            memcmp(e->location, location, n_location) != 0)
            continue;
        *data = e->data;
        *n = e->n;
        return e->data != NULL ? RC_OK : RC_AGAIN;
    }
    return add_external(file, location, n_location, offset, length, err);
}

static bool write_wanted(server *s)
{
    const rc_foreign_file *file = &s->file;
    size_t n = 0;
    for (size_t i = 0; i < file->n_externals; i++)
        n += file->externals[i].data == NULL;
    bool ok = rc_wire_put_u32(&s->answer, RC_MODEL_WANTS) && rc_wire_put_u64(&s->answer, n);
    for (size_t i = 0; ok && i < file->n_externals; i++) {
        const rc_foreign_external *e = &file->externals[i];
        if (e->data == NULL)
            ok = rc_wire_put_u32(&s->answer, (uint32_t)i) &&
                 rc_wire_put_text(&s->answer, e->location, strlen(e->location)) &&
                 rc_wire_put_u64(&s->answer, e->offset) && rc_wire_put_u64(&s->answer, e->length);
    }
    return ok;
}

static rc_status serve_give(server *s, rc_wire *wire, rc_error *err)
{
    uint32_t number = rc_wire_u32(wire);
    uint64_t all = rc_wire_u64(wire);
    size_t n = (size_t)(wire->end - wire->at);
    if (wire->is_bad || number >= s->file.n_externals || all > RC_MODEL_MAX_BYTES)
        return rc_error_set(err, RC_E_USAGE, "no such external data");
    rc_foreign_external *e = &s->file.externals[number];
    if (e->data == NULL) {
        e->data = rc_alloc_array((size_t)all + 1, 1);
        e->n_all = (size_t)all;
    }
    if (e->data == NULL)
        return rc_error_nomem(err);
    if (n > e->n_all - e->n)
        return rc_error_set(err, RC_E_USAGE, "no such external data");
    memcpy(e->data + e->n, wire->at, n);
    e->n += n;
    return RC_OK;
}

/* -- the model -----------------------------------------------------------------------------------
 */

static rc_status map_file(rc_foreign_file *file, rc_error *err)
{
    struct stat info;
    if (file->data != NULL)
        return RC_OK;
    if (fstat(file->fd, &info) != 0 || info.st_size <= 0)
        return rc_error_set(err, RC_E_SYSTEM, "the size of the file cannot be told");
    void *data = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, file->fd, 0);
    if (data == MAP_FAILED)
        return rc_error_os(err, RC_E_SYSTEM, errno, "map the file");
    file->data = data;
    file->n = (size_t)info.st_size;
    return RC_OK;
}

static rc_status take_architecture(server *s, rc_wire *wire, rc_error *err)
{
    bool is_given = rc_wire_bool(wire);
    size_t n = 0;
    const char *text = rc_wire_text(wire, RC_MODEL_MOST_ARCHITECTURE, &n);
    if (wire->is_bad)
        return rc_error_set(err, RC_E_USAGE, "a request that is damaged");
    free(s->architecture);
    s->architecture = rc_strndup(is_given ? text : "", n);
    if (s->architecture == NULL)
        return rc_error_nomem(err);
    s->file.architecture = is_given ? s->architecture : NULL;
    s->file.n_architecture = n;
    return RC_OK;
}

void rc_foreign_forget(rc_foreign_file *file)
{
    if (file->decoded != NULL)
        file->decoded_free(file->decoded);
    file->decoded = NULL;
}

static void forget_model(server *s)
{
    rc_tape_close(s->tape);
    s->tape = NULL;
    rc_foreign_forget(&s->file);
}

static rc_status serve_read(server *s, rc_wire *wire, rc_error *err)
{
    RC_TRY(take_architecture(s, wire, err));
    RC_TRY(map_file(&s->file, err));
    forget_model(s);
    RC_TRY(rc_tape_open(&s->tape, err));
    rc_status st = s->read(s->tape, &s->file, err);
    if (st != RC_OK) {
        forget_model(s);
        if (st < 0)
            return st;
        return write_wanted(s) ? RC_OK : rc_error_nomem(err);
    }
    const char *warning = rc_tape_warning(s->tape);
    bool ok = rc_wire_put_u32(&s->answer, RC_MODEL_READY) &&
              rc_wire_put_u64(&s->answer, rc_tape_bytes(s->tape)) &&
              rc_wire_put_text(&s->answer, warning, strlen(warning));
    return ok ? RC_OK : rc_error_nomem(err);
}

static rc_status serve_part(server *s, rc_wire *wire, rc_error *err)
{
    uint64_t offset = rc_wire_u64(wire), n = rc_wire_u64(wire);
    if (wire->is_bad || s->tape == NULL || n > RC_MODEL_PART_BYTES)
        return rc_error_set(err, RC_E_USAGE, "no such part of the model");
    return rc_tape_read(s->tape, offset, (size_t)n, &s->answer, err);
}

static rc_status serve_one(server *s, const rc_frame *frame, rc_error *err)
{
    rc_wire wire = {.at = frame->data, .end = frame->data + frame->n};
    s->answer.n = 0;
    switch (frame->kind) {
    case RC_MODEL_ASK_READ:
        return serve_read(s, &wire, err);
    case RC_MODEL_ASK_PART:
        return serve_part(s, &wire, err);
    case RC_MODEL_ASK_GIVE:
        return serve_give(s, &wire, err);
    default:
        return rc_error_set(err, RC_E_USAGE, "a request that is not known");
    }
}

static rc_status reply(void *context, const rc_frame *frame, rc_error *err)
{
    server *s = context;
    rc_error cause = {0};
    uint32_t kind = frame->kind + 1;
    rc_status st = serve_one(s, frame, &cause);
    if (st < 0)
        return rc_channel_fault(s->channel, st == RC_E_SYSTEM ? RC_FAULT_SYSTEM : RC_FAULT_FILE,
                                &cause);
    return rc_channel_answer(s->channel, kind, s->answer.data, s->answer.n, err);
}

static void release(server *s)
{
    forget_model(s);
    rc_buf_release(&s->answer);
    for (size_t i = 0; i < s->file.n_externals; i++) {
        free(s->file.externals[i].location);
        free(s->file.externals[i].data);
    }
    free(s->file.externals);
    free(s->architecture);
    if (s->file.data != NULL)
        munmap((void *)s->file.data, s->file.n);
}

rc_status rc_foreign_serve(rc_channel *channel, int fd, rc_foreign_read *read, rc_error *err)
{
    server s = {.channel = channel, .read = read, .file = {.fd = fd}};
    rc_status st = rc_channel_serve(channel, reply, &s, err);
    release(&s);
    return st;
}
