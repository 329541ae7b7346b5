/* serve.c - the reader "hdf5" answers requests. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "table/h5/reader/reader.h"

/* One file that is served. */
typedef struct server {
    rc_channel *channel;
    int fd;
    hid_t file; /* -1: not open yet */
    rc_h5_mapping mapping;
    rc_h5_open_table open; /* of the last request for a table */
    rc_buf answer;
} server;

/* -- the file ---------------------------------------------------------------------------------- */

/* Of the library's reasons one that helps: the file ends too early. */
static herr_t look_for_end(unsigned depth, const H5E_error2_t *reason, void *data)
{
    (void)depth;
    bool *is_cut = data;
    if (reason->desc != NULL && (strncmp(reason->desc, "truncated file", 14) == 0 ||
                                 strncmp(reason->desc, "driver read request", 19) == 0))
        *is_cut = true;
    return 0;
}

static rc_status open_file(server *s, rc_error *err)
{
    struct stat info;
    bool is_cut = false;
    if (s->file >= 0)
        return RC_OK;
    if (fstat(s->fd, &info) != 0 || info.st_size < 0)
        return rc_error_set(err, RC_E_SYSTEM, "the size of the file cannot be told");
    s->file = rc_h5_driver_open(s->fd, (uint64_t)info.st_size, &s->mapping);
    if (s->file >= 0)
        return RC_OK;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, look_for_end, &is_cut);
    return rc_error_set(err, RC_E_DATA, "not an HDF5 file that can be read%s",
                        is_cut ? ": it is cut short" : "");
}

/* -- requests ---------------------------------------------------------------------------------- */

static rc_status verify_runs(server *s, rc_error *err)
{
    const rc_h5_table *table = s->open.table;
    char quoted[RC_QUOTED_BYTES];
    for (size_t i = 0; i < table->n_storages; i++) {
        const rc_h5_storage *run = &table->storages[i];
        rc_status st = run->kind == RC_H5_CONTIGUOUS
                           ? rc_h5_storage_verify(&s->open.datasets[i], s->fd, run, err)
                           : RC_OK;
        if (st < 0)
            return rc_error_wrap(err, st, "dataset '%s'", rc_h5_quote(run->path, quoted));
    }
    return RC_OK;
}

static rc_status serve_table(server *s, const rc_frame *frame, rc_error *err)
{
    rc_h5_request request = {0};
    rc_h5_open_table_release(&s->open);
    s->open = (rc_h5_open_table){0};
    RC_TRY(rc_h5_request_read(&request, frame, err));
    rc_status st = rc_h5_layout_find(s->file, &request, &s->open, err);
    rc_h5_request_release(&request);
    RC_TRY(st);
    RC_TRY(verify_runs(s, err));
    return rc_h5_table_write(&s->answer, s->open.table) ? RC_OK : rc_error_nomem(err);
}

static rc_status storage_of(server *s, uint32_t number, rc_h5_storage **storage, rc_error *err)
{
    const rc_h5_table *table = s->open.table;
    if (table == NULL || number >= table->n_storages)
        return rc_error_set(err, RC_E_USAGE, "no such storage");
    *storage = &table->storages[number];
    return RC_OK;
}

/* The map is not kept: it may be larger than all else, and nobody asks twice. */
static rc_status serve_chunks(server *s, const rc_frame *frame, rc_error *err)
{
    rc_wire wire = {.at = frame->data, .end = frame->data + frame->n};
    uint32_t number = rc_wire_u32(&wire);
    rc_h5_storage *storage = NULL;
    RC_TRY(storage_of(s, wire.is_bad ? UINT32_MAX : number, &storage, err));
    const rc_h5_dataset *dataset = &s->open.datasets[number];
    rc_status st = rc_h5_storage_map(dataset, &s->mapping, storage, err);
    if (st >= 0)
        st = rc_h5_storage_verify(dataset, s->fd, storage, err);
    if (st >= 0 && !rc_h5_chunks_write(&s->answer, storage))
        st = rc_error_nomem(err);
    free(storage->chunks);
    storage->chunks = NULL;
    return st;
}

static rc_status serve_block(server *s, const rc_frame *frame, rc_error *err)
{
    rc_wire wire = {.at = frame->data, .end = frame->data + frame->n};
    uint32_t number = rc_wire_u32(&wire);
    uint64_t first = rc_wire_u64(&wire), n = rc_wire_u64(&wire);
    rc_h5_storage *storage = NULL;
    RC_TRY(storage_of(s, wire.is_bad ? UINT32_MAX : number, &storage, err));
    return rc_h5_storage_block(&s->open.datasets[number], storage, first, n, &s->answer, err);
}

static rc_status serve_tree(server *s, rc_error *err)
{
    rc_h5_tree *tree = calloc(1, sizeof(*tree));
    if (tree == NULL)
        return rc_error_nomem(err);
    rc_status st = rc_h5_layout_tree(s->file, tree, err);
    if (st >= 0 && !rc_h5_tree_write(&s->answer, tree))
        st = rc_error_nomem(err);
    rc_h5_tree_free(tree);
    return st;
}

static rc_status serve_one(server *s, const rc_frame *frame, rc_error *err)
{
    s->answer.n = 0;
    RC_TRY(open_file(s, err));
    switch (frame->kind) {
    case RC_H5_ASK_TABLE:
        return serve_table(s, frame, err);
    case RC_H5_ASK_CHUNKS:
        return serve_chunks(s, frame, err);
    case RC_H5_ASK_BLOCK:
        return serve_block(s, frame, err);
    case RC_H5_ASK_TREE:
        return serve_tree(s, err);
    default:
        return rc_error_set(err, RC_E_USAGE, "a request that is not known");
    }
}

static rc_guard_fault fault_of(rc_status st)
{
    if (st == RC_E_USAGE)
        return RC_FAULT_ASKED;
    return st == RC_E_SYSTEM ? RC_FAULT_SYSTEM : RC_FAULT_FILE;
}

/* Each answer's kind follows its request's. */
static rc_status reply(void *context, const rc_frame *frame, rc_error *err)
{
    server *s = context;
    rc_error cause = {0};
    uint32_t kind = frame->kind + 1;
    rc_status st = serve_one(s, frame, &cause);
    if (st < 0)
        return rc_channel_fault(s->channel, fault_of(st), &cause);
    return rc_channel_answer(s->channel, kind, s->answer.data, s->answer.n, err);
}

/* The file is not closed at the end: closing writes, in the library's mind, and has been seen to
 * die of damaged files. The process ends. */
rc_status rc_h5_reader_serve(rc_channel *channel, int fd, rc_error *err)
{
    server s = {.channel = channel, .fd = fd, .file = -1};
    rc_status st = rc_channel_serve(channel, reply, &s, err);
    rc_buf_release(&s.answer);
    return st;
}
