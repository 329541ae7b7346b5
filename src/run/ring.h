/* ring.h - the fixed ring of packets: read, score and sink on all threads, in order.
 *
 * A packet is one slot of the ring, and a slot has one owner at a time:
 *
 *     FREE -> (a thread reads) -> FILLED -> (a thread scores) -> SCORED -> (a thread sinks) -> FREE
 *
 * The ring is a monitor inside one OpenMP parallel region. Each thread, under one mutex, chooses
 * the first of these that is possible: sink the oldest packet if it is scored and nobody sinks;
 * read into the next slot if it is free, nobody reads and input remains; score the oldest packet
 * that is filled; else wait on the condition variable. It does the work without the mutex, then
 * takes the mutex to say so and to choose again: three times a packet, never a row. So reading and
 * sinking are serial and in order, scoring is parallel, and a thread that blocks in read() holds
 * up nobody. When the source is slow, a thread scores before it reads: what has come goes out.
 *
 * What the sink leaves to be done (chunks that it has filled) the same thread does next, in the
 * station `after`: the slot is free again, and others may sink or be in `after`, too. It may wait
 * for what earlier sinks have left: that is in the hands of threads which do nothing else before.
 * Each sink that succeeds is followed by its `after`, whatever fails elsewhere.
 *
 * Memory is bounded by the number of slots, and what is behind a sink by the number of threads. The
 * first error in order wins: a packet that failed is marked by whoever had it, goes through the
 * ring like the others, and the sink refuses it; all packets before it have been sunk, none behind
 * it will be. A failure of `after` counts as its packet's, which is before all that fail in the
 * sink from then on. Nothing leaves the region early. */
#ifndef RC_RUN_RING_H
#define RC_RUN_RING_H

#include "base/error.h"

/* What is done with slot number `slot` (from 0). A slot is given to one call at a time. */
typedef struct rc_stations {
    void *context;
    /* RC_OK: filled. RC_AGAIN: nothing yet. RC_END: no more. *is_slow: it had to wait for input.
     * A failure is reported behind all packets that were filled before it. */
    rc_status (*read)(void *context, size_t slot, bool *is_slow, rc_error *err);
    /* A failure is kept in the packet. thread counts from 0. */
    void (*score)(void *context, size_t slot, int thread);
    /* A failure ends the run. */
    rc_status (*sink)(void *context, size_t slot, rc_error *err);
    /* By any number of threads at once; NULL: nothing is left to be done. A failure ends the run.
     */
    rc_status (*after)(void *context, int thread, rc_error *err);
} rc_stations;

/**
 * Runs until the input has ended and all is sunk, or a station fails.
 *
 * n_slots   at least 1; two more than threads keep all of them busy.
 * Errors    those of the stations; RC_E_SYSTEM.
 */
rc_status rc_ring_run(const rc_stations *stations, size_t n_slots, int n_threads, rc_error *err);

#endif
