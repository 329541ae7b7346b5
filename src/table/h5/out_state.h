/* out_state.h - what the parts of h5/out.h share. */
#ifndef RC_TABLE_H5_OUT_STATE_H
#define RC_TABLE_H5_OUT_STATE_H

#include <pthread.h>

#include "table/h5/out.h"
#include "table/h5/out_meta.h"
#include "table/h5/out_pack.h"

/* One chunk of a batch: bytes of packed rows. */
typedef struct rc_h5_cut {
    const rc_h5_shape *shape;
    size_t begin, end;
} rc_h5_cut;

/* The chunks that one add has filled. */
typedef struct rc_h5_batch {
    struct rc_h5_batch *next;
    uint64_t ticket;
    rc_buf rows;
    rc_h5_cut *cuts;
    size_t n_cuts, capacity;
} rc_h5_batch;

/* What a thread works with. */
typedef struct rc_h5_bench {
    rc_h5_packer *packer;
    rc_buf chunk;   /* its rows, laid out */
    rc_buf packed;  /* one after the other */
    uint32_t *made; /* bytes of each of them */
    size_t n_made, capacity;
    rc_buf old;         /* when chunks are widened: rows of the old one, */
    uint64_t old_chunk; /* its number, UINT64_MAX: none */
    rc_buf stored;
} rc_h5_bench;

struct rc_h5_out {
    const rc_layout *layout; /* set at open, as are: */
    const rc_h5_form *form;
    rc_output *output;
    rc_compression compression; /* never AUTO */
    rc_h5_bench *benches;       /* (n_threads) of a thread each */
    int n_threads;

    /* of the thread that adds */
    rc_h5_shape **shapes; /* (n_shapes) the last is that of rows to come; others only read */
    size_t n_shapes, shapes_capacity;
    uint32_t *widths;    /* (n_members) of the last shape, and of a row that is wider */
    bool *is_utf8;       /* (n_members) */
    rc_h5_batch pending; /* rows that are in no full chunk; its cuts */
    size_t scanned;      /* bytes of pending rows that have been looked at */
    size_t chunk_begin;  /* of the chunk that is being filled */
    size_t n_in_chunk;   /* rows of it that have been looked at */
    uint64_t n_cut;      /* full chunks, and the rows in them */
    uint64_t rows_cut;
    uint64_t n_tickets;

    pthread_mutex_t mutex;
    pthread_cond_t turned;
    /* under the mutex */
    rc_h5_batch *first, *last; /* batches that nobody has taken */
    uint64_t turn;             /* ticket that may write */
    rc_status status;          /* of the first failure in order */
    rc_error error;

    /* of the thread whose turn it is */
    uint64_t end; /* of what is written */
    rc_h5_chunk *chunks;
    size_t n_chunks, chunks_capacity;
};

/* Lays packed rows out, packs the chunk, and adds it to what the bench has made. Fewer rows than a
 * chunk has are filled up with zeros. */
rc_status rc_h5_bench_pack(rc_h5_bench *bench, const rc_h5_form *form, const rc_h5_shape *shape,
                           const char *rows, size_t n, rc_error *err);

/* Writes all chunks anew that are not of the last shape. */
rc_status rc_h5_out_widen(rc_h5_out *out, rc_error *err);

#endif
