/* wire_chunks.c - where the chunks of a storage lie, to and from the wire. */
#include <stdlib.h>

#include "table/h5/filters.h"
#include "table/h5/wire.h"
#include "table/h5/wire_text.h"

enum { CHUNK_BYTES = 16 };

bool rc_h5_chunks_write(rc_buf *out, const rc_h5_storage *storage)
{
    bool ok = rc_wire_put_u64(out, storage->n_chunks);
    for (uint64_t i = 0; ok && i < storage->n_chunks; i++)
        ok = rc_wire_put_u64(out, storage->chunks[i].offset) &&
             rc_wire_put_u32(out, storage->chunks[i].bytes) &&
             rc_wire_put_u32(out, storage->chunks[i].mask);
    return ok;
}

/* What a chunk may be in the file: exactly what it is in memory, or, filtered, about so much. */
static const char *chunk_fault(const rc_h5_storage *s, const rc_h5_chunk *chunk, uint64_t n,
                               uint64_t file_bytes)
{
    if (chunk->bytes == 0)
        return NULL;
    if (chunk->offset > file_bytes || chunk->bytes > file_bytes - chunk->offset)
        return "a chunk beyond the end of the file";
    if (chunk->mask != UINT32_MAX && (uint64_t)chunk->mask >> s->n_filters != 0)
        return "a chunk that leaves out a filter that there is not";
    if (rc_h5_is_plain(s, chunk->mask) && chunk->bytes != n)
        return "a chunk that is not as long as it should be";
    if (chunk->bytes / 2 > rc_h5_stored_bound(s, n))
        return "a chunk that is much longer than it should be";
    return NULL;
}

rc_status rc_h5_chunks_read(rc_h5_storage *storage, const rc_frame *frame, uint64_t file_bytes,
                            rc_error *err)
{
    rc_h5_parse parse = rc_h5_parse_begin(frame);
    uint64_t whole = storage->chunk_rows * storage->chunk_columns * storage->element_bytes;
    size_t n = rc_wire_count(&parse.wire, CHUNK_BYTES);
    rc_h5_parse_check(&parse, storage->kind == RC_H5_CHUNKED && n == storage->n_chunks,
                      "a wrong number of chunks");
    rc_h5_chunk *chunks =
        rc_h5_parse_array(&parse, rc_h5_parse_ok(&parse) ? n : 0, sizeof(*chunks));
    for (size_t i = 0; i < n && rc_h5_parse_ok(&parse); i++) {
        chunks[i].offset = rc_wire_u64(&parse.wire);
        chunks[i].bytes = rc_wire_u32(&parse.wire);
        chunks[i].mask = rc_wire_u32(&parse.wire);
        const char *fault = chunk_fault(storage, &chunks[i], whole, file_bytes);
        rc_h5_parse_check(&parse, fault == NULL, fault);
    }
    rc_status st = rc_h5_parse_end(&parse, err);
    if (st < 0) {
        free(chunks);
        return st;
    }
    free(storage->chunks);
    storage->chunks = chunks;
    return RC_OK;
}
