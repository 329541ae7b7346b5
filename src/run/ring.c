/* ring.c - the fixed ring of packets: read, score and sink on all threads, in order. */
#include "run/ring.h"

#include <omp.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"

typedef enum slot_state { FREE, FILLED, SCORING, SCORED } slot_state;
typedef enum action { LEAVE, SINK, READ, SCORE, WAIT } action;

/* Packets are numbered from 0 in order; packet k stands in slot k % n_slots. */
typedef struct ring {
    const rc_stations *stations; /* set at open */
    size_t n_slots;              /* set at open */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    /* all below: under the mutex */
    slot_state *states; /* (n_slots) */
    uint64_t n_filled;  /* packets that have been read */
    uint64_t n_claimed; /* packets that a thread has taken to score */
    uint64_t n_sunk;
    bool is_reading, is_sinking;
    bool is_slow;   /* the source had to wait the last time */
    bool has_ended; /* no more input, or reading has failed */
    rc_status read_status;
    rc_error read_error;
    rc_status status; /* of the first failure in order */
    rc_error error;
    uint64_t failed; /* the packet that it is about */
} ring;

static action choose(const ring *r)
{
    if (r->status < 0)
        return LEAVE;
    if (!r->is_sinking && r->n_sunk < r->n_filled && r->states[r->n_sunk % r->n_slots] == SCORED)
        return SINK;
    bool can_read = !r->is_reading && !r->has_ended && r->n_filled - r->n_sunk < r->n_slots;
    bool can_score = r->n_claimed < r->n_filled;
    if (can_read && !(can_score && r->is_slow))
        return READ;
    if (can_score)
        return SCORE;
    return r->has_ended && r->n_sunk == r->n_filled ? LEAVE : WAIT;
}

/* Under the mutex. */
static void note_failure(ring *r, uint64_t packet, rc_status st, const rc_error *err)
{
    if (st >= 0 || (r->status < 0 && r->failed < packet))
        return;
    r->status = st;
    r->error = *err;
    r->failed = packet;
}

/* Each of the three is entered and left with the mutex held. */

static void do_after(ring *r, uint64_t packet, int thread)
{
    pthread_cond_broadcast(&r->changed); /* others may sink */
    pthread_mutex_unlock(&r->mutex);
    rc_error err = {0};
    rc_status st = r->stations->after(r->stations->context, thread, &err);
    pthread_mutex_lock(&r->mutex);
    note_failure(r, packet, st, &err);
}

static void do_sink(ring *r, int thread)
{
    uint64_t packet = r->n_sunk;
    size_t slot = (size_t)(packet % r->n_slots);
    r->is_sinking = true;
    pthread_mutex_unlock(&r->mutex);
    rc_error err = {0};
    rc_status st = r->stations->sink(r->stations->context, slot, &err);
    pthread_mutex_lock(&r->mutex);
    r->is_sinking = false;
    r->states[slot] = FREE;
    r->n_sunk++;
    note_failure(r, packet, st, &err);
    if (st >= 0 && r->stations->after != NULL)
        do_after(r, packet, thread);
}

static void do_read(ring *r)
{
    size_t slot = (size_t)(r->n_filled % r->n_slots);
    r->is_reading = true;
    pthread_mutex_unlock(&r->mutex);
    rc_error err = {0};
    bool is_slow = false;
    rc_status st = r->stations->read(r->stations->context, slot, &is_slow, &err);
    pthread_mutex_lock(&r->mutex);
    r->is_reading = false;
    r->is_slow = is_slow;
    if (st == RC_OK) {
        r->states[slot] = FILLED;
        r->n_filled++;
    } else if (st != RC_AGAIN) {
        r->has_ended = true;
        r->read_status = st;
        r->read_error = err;
    }
}

static void do_score(ring *r, int thread)
{
    size_t slot = (size_t)(r->n_claimed % r->n_slots);
    r->states[slot] = SCORING;
    r->n_claimed++;
    pthread_mutex_unlock(&r->mutex);
    r->stations->score(r->stations->context, slot, thread);
    pthread_mutex_lock(&r->mutex);
    r->states[slot] = SCORED;
}

static void work(ring *r, int thread)
{
    pthread_mutex_lock(&r->mutex);
    for (action a; (a = choose(r)) != LEAVE;) {
        if (a == WAIT) {
            pthread_cond_wait(&r->changed, &r->mutex);
            continue;
        }
        if (a == SINK)
            do_sink(r, thread);
        else if (a == READ)
            do_read(r);
        else
            do_score(r, thread);
        pthread_cond_broadcast(&r->changed);
    }
    pthread_mutex_unlock(&r->mutex);
}

rc_status rc_ring_run(const rc_stations *stations, size_t n_slots, int n_threads, rc_error *err)
{
    ring r = {.stations = stations,
              .n_slots = n_slots,
              .states = rc_alloc_array(n_slots, sizeof(slot_state))};
    if (r.states == NULL)
        return rc_error_nomem(err);
    pthread_mutex_init(&r.mutex, NULL);
    pthread_cond_init(&r.changed, NULL);
#pragma omp parallel num_threads(n_threads) default(none) shared(r)
    work(&r, omp_get_thread_num());
    pthread_cond_destroy(&r.changed);
    pthread_mutex_destroy(&r.mutex);
    free(r.states);
    if (r.status == RC_OK && r.read_status < 0) {
        r.status = r.read_status;
        r.error = r.read_error;
    }
    if (r.status < 0 && err != NULL)
        *err = r.error;
    return r.status;
}
