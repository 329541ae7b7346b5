/* test_ring.c - the ring: order, one owner a slot, bounds, and the first error in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/ring.h"

enum { MOST_SLOTS = 64, NEVER = INT32_MAX };

/* One run. Atomics only where threads meet: the rest tells a race detector whether the ring alone
 * keeps them apart. */
typedef struct run {
    int n_packets, again_every; /* again_every: so many reads bring nothing once; 0: never */
    bool is_slow;
    int read_fails, score_fails, sink_fails, after_fails; /* number of the packet, or NEVER */
    bool has_after, waits_for_next; /* waits: the first `after` for the next packet's sink */
    size_t n_slots;
    int n_threads;

    int slot_packet[MOST_SLOTS], slot_score[MOST_SLOTS]; /* the owner's */
    uint64_t noise[MOST_SLOTS];
    int n_read, n_calls; /* the reader's */
    int n_sunk;          /* the sinker's */
    uint64_t sum;        /* the sinker's */
    int *n_scored;       /* (n_packets) the owner's */
    atomic_int n_readers, n_sinkers, in_flight, n_faults;
    atomic_int n_left, n_taken, n_after; /* by sinks, by those who are behind them, and done */
    atomic_int most_in_flight;
} run;

static void expect(run *r, bool holds)
{
    if (!holds)
        atomic_fetch_add(&r->n_faults, 1);
}

/* Between nothing and some microseconds, differently for each call. */
static uint64_t work(uint64_t seed)
{
    uint64_t x = seed * 0x9e3779b97f4a7c15u + 1;
    for (uint64_t n = (x >> 40) % 300; n > 0; n--)
        x = x * 6364136223846793005u + 1442695040888963407u;
    return x;
}

static rc_status read_packet(void *context, size_t slot, bool *is_slow, rc_error *err)
{
    run *r = context;
    expect(r, atomic_fetch_add(&r->n_readers, 1) == 0);
    expect(r, slot < r->n_slots);
    *is_slow = r->is_slow;
    rc_status st = RC_OK;
    if (r->again_every > 0 && ++r->n_calls % r->again_every == 0)
        st = RC_AGAIN;
    else if (r->n_read == r->read_fails)
        st = rc_error_set(err, RC_E_DATA, "read %d", r->n_read);
    else if (r->n_read == r->n_packets)
        st = RC_END;
    if (st == RC_OK) {
        int in_flight = atomic_fetch_add(&r->in_flight, 1) + 1;
        if (in_flight > atomic_load(&r->most_in_flight))
            atomic_store(&r->most_in_flight, in_flight);
        r->slot_packet[slot] = r->n_read++;
        r->slot_score[slot] = 0;
        r->noise[slot] = work((uint64_t)r->n_read);
    }
    atomic_fetch_sub(&r->n_readers, 1);
    return st;
}

static void score_packet(void *context, size_t slot, int thread)
{
    run *r = context;
    int packet = r->slot_packet[slot];
    expect(r, thread >= 0 && thread < r->n_threads);
    r->n_scored[packet]++;
    r->noise[slot] += work(r->noise[slot]);
    r->slot_score[slot] = packet == r->score_fails ? -1 : packet + 1;
}

static rc_status sink_packet(void *context, size_t slot, rc_error *err)
{
    run *r = context;
    expect(r, atomic_fetch_add(&r->n_sinkers, 1) == 0);
    int packet = r->slot_packet[slot];
    expect(r, packet == r->n_sunk);
    if (r->waits_for_next && packet == 0)
        usleep(50000); /* all others have nothing to do but to sink */
    rc_status st = RC_OK;
    if (r->slot_score[slot] == -1)
        st = rc_error_set(err, RC_E_MODEL, "score %d", packet);
    else if (packet == r->sink_fails)
        st = rc_error_set(err, RC_E_OUTPUT, "sink %d", packet);
    else {
        expect(r, r->slot_score[slot] == packet + 1);
        r->sum += work(r->noise[slot]);
        r->n_sunk++;
    }
    if (st == RC_OK)
        atomic_fetch_add(&r->n_left, 1);
    atomic_fetch_sub(&r->in_flight, 1);
    atomic_fetch_sub(&r->n_sinkers, 1);
    return st;
}

/* Takes the oldest of what sinks have left, and ends in that order. */
static rc_status after_packet(void *context, int thread, rc_error *err)
{
    run *r = context;
    expect(r, thread >= 0 && thread < r->n_threads);
    int packet = atomic_fetch_add(&r->n_taken, 1);
    expect(r, packet < atomic_load(&r->n_left));
    work((uint64_t)packet);
    for (int n = 0; r->waits_for_next && packet == 0 && atomic_load(&r->n_left) < 2; n++) {
        expect(r, n < 1000);
        if (n >= 1000)
            break;
        usleep(1000);
    }
    while (atomic_load(&r->n_after) != packet)
        sched_yield();
    bool fails = packet >= r->after_fails;
    atomic_fetch_add(&r->n_after, 1);
    return fails ? rc_error_set(err, RC_E_OUTPUT, "after %d", r->after_fails) : RC_OK;
}

static run make_run(int n_packets, size_t n_slots, int n_threads)
{
    run r = {.n_packets = n_packets,
             .n_slots = n_slots,
             .n_threads = n_threads,
             .read_fails = NEVER,
             .score_fails = NEVER,
             .sink_fails = NEVER,
             .after_fails = NEVER,
             .n_scored = calloc((size_t)n_packets + 1, sizeof(int))};
    assert_non_null(r.n_scored);
    return r;
}

static rc_status go(run *r, rc_error *err)
{
    rc_stations stations = {
        .context = r, .read = read_packet, .score = score_packet, .sink = sink_packet};
    if (r->has_after)
        stations.after = after_packet;
    return rc_ring_run(&stations, r->n_slots, r->n_threads, err);
}

/* Behind the n_sunk packets nothing has been sunk; each was scored once; slots were not outrun. */
static void check(const run *r, int n_sunk)
{
    assert_int_equal(atomic_load(&r->n_faults), 0);
    assert_int_equal(r->n_sunk, n_sunk);
    assert_true(atomic_load(&r->most_in_flight) <= (int)r->n_slots);
    for (int k = 0; k < n_sunk; k++)
        assert_int_equal(r->n_scored[k], 1);
    for (int k = n_sunk; k < r->n_packets; k++)
        assert_true(r->n_scored[k] <= 1);
}

static const size_t slots[] = {1, 2, 3, 34};
static const int threads[] = {1, 2, 7, 16};

static void test_all_packets_pass_once_and_in_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < 16; i++) {
        run r = make_run(10000, slots[i / 4], threads[i % 4]);
        r.is_slow = i % 3 == 0;
        r.again_every = i % 2 == 0 ? 7 : 0;
        rc_error err = {0};
        assert_int_equal(go(&r, &err), RC_OK);
        check(&r, 10000);
        assert_int_equal(r.n_read, 10000);
        free(r.n_scored);
    }
}

static void test_no_packets_and_few(void **state)
{
    (void)state;
    for (int n = 0; n < 4; n++) {
        for (size_t i = 0; i < 16; i++) {
            run r = make_run(n, slots[i / 4], threads[i % 4]);
            assert_int_equal(go(&r, NULL), RC_OK);
            check(&r, n);
            free(r.n_scored);
        }
    }
}

/* Fails at one packet of 200 in one station. */
static void fail_at(int station, int packet, size_t n_slots, int n_threads)
{
    static const rc_status codes[] = {RC_E_DATA, RC_E_MODEL, RC_E_OUTPUT};
    static const char *const names[] = {"read", "score", "sink"};
    run r = make_run(200, n_slots, n_threads);
    *(station == 0 ? &r.read_fails : station == 1 ? &r.score_fails : &r.sink_fails) = packet;
    r.again_every = packet % 3 * 2;
    rc_error err = {0};
    char expected[32];
    snprintf(expected, sizeof(expected), "%s %d", names[station], packet);
    assert_int_equal(go(&r, &err), codes[station]);
    assert_int_equal(err.code, codes[station]);
    assert_string_equal(err.text, expected);
    check(&r, packet);
    free(r.n_scored);
}

static void test_the_first_error_in_order_is_told(void **state)
{
    (void)state;
    static const int packets[] = {0, 1, 100, 199};
    for (int station = 0; station < 3; station++)
        for (size_t p = 0; p < 4; p++)
            for (size_t i = 0; i < 16; i++)
                fail_at(station, packets[p], slots[i / 4], threads[i % 4]);
}

/* Reading fails at once, but what was read before fails in the sink: that comes first. */
static void test_an_error_of_the_input_waits_for_its_turn(void **state)
{
    (void)state;
    for (size_t i = 0; i < 16; i++) {
        run r = make_run(200, slots[i / 4], threads[i % 4]);
        r.read_fails = 50;
        r.sink_fails = 49;
        rc_error err = {0};
        assert_int_equal(go(&r, &err), RC_E_OUTPUT);
        assert_string_equal(err.text, "sink 49");
        check(&r, 49);
        free(r.n_scored);
        r = make_run(200, slots[i / 4], threads[i % 4]);
        r.read_fails = 50;
        r.sink_fails = 50;
        assert_int_equal(go(&r, &err), RC_E_DATA);
        check(&r, 50);
        free(r.n_scored);
    }
}

static void test_each_sink_is_followed(void **state)
{
    (void)state;
    for (size_t i = 0; i < 16; i++) {
        run r = make_run(2000, slots[i / 4], threads[i % 4]);
        r.has_after = true;
        assert_int_equal(go(&r, NULL), RC_OK);
        check(&r, 2000);
        assert_int_equal(atomic_load(&r.n_after), 2000);
        free(r.n_scored);
    }
}

static void test_others_sink_meanwhile(void **state)
{
    (void)state;
    for (int n_threads = 2; n_threads <= 7; n_threads += 5) {
        run r = make_run(3, 3, n_threads);
        r.has_after = r.waits_for_next = true;
        assert_int_equal(go(&r, NULL), RC_OK);
        check(&r, 3);
        free(r.n_scored);
    }
}

/* Whatever fails in the sink, `after` of a packet before it fails first. */
static void test_a_failure_behind_the_sink_is_its_packets(void **state)
{
    (void)state;
    for (size_t i = 0; i < 160; i++) {
        run r = make_run(200, slots[i / 4 % 4], threads[i % 4]);
        rc_error err = {0};
        r.has_after = true;
        r.sink_fails = 51;
        r.after_fails = 50;
        assert_int_equal(go(&r, &err), RC_E_OUTPUT);
        assert_string_equal(err.text, "after 50");
        assert_int_equal(atomic_load(&r.n_after), atomic_load(&r.n_left));
        assert_int_equal(atomic_load(&r.n_faults), 0);
        free(r.n_scored);
        r = make_run(200, slots[i / 4 % 4], threads[i % 4]);
        r.has_after = true;
        r.sink_fails = 50;
        r.after_fails = 50;
        assert_int_equal(go(&r, &err), RC_E_OUTPUT);
        assert_string_equal(err.text, "sink 50");
        assert_int_equal(atomic_load(&r.n_after), 50);
        free(r.n_scored);
    }
}

static void test_the_error_may_be_null(void **state)
{
    (void)state;
    run r = make_run(5, 2, 2);
    r.read_fails = 3;
    assert_int_equal(go(&r, NULL), RC_E_DATA);
    free(r.n_scored);
}

/* What happened, as one letter a station. */
typedef struct journal {
    char text[64];
    int n, n_read;
    bool is_slow;
} journal;

static rc_status read_letter(void *context, size_t slot, bool *is_slow, rc_error *err)
{
    (void)slot;
    (void)err;
    journal *j = context;
    *is_slow = j->is_slow;
    if (j->n_read == 4)
        return RC_END;
    j->n_read++;
    j->text[j->n++] = 'r';
    return RC_OK;
}

static void score_letter(void *context, size_t slot, int thread)
{
    (void)slot;
    (void)thread;
    journal *j = context;
    j->text[j->n++] = 'x';
}

static rc_status sink_letter(void *context, size_t slot, rc_error *err)
{
    (void)slot;
    (void)err;
    journal *j = context;
    j->text[j->n++] = 's';
    return RC_OK;
}

static rc_status after_letter(void *context, int thread, rc_error *err)
{
    (void)thread;
    (void)err;
    journal *j = context;
    j->text[j->n++] = 'a';
    return RC_OK;
}

/* On one thread the order is known: ahead with a quick source, at once with a slow one. */
static void test_a_slow_source_lets_rows_out_at_once(void **state)
{
    (void)state;
    journal quick = {0}, behind = {0}, slow = {.is_slow = true};
    rc_stations stations = {.read = read_letter, .score = score_letter, .sink = sink_letter};
    stations.context = &quick;
    assert_int_equal(rc_ring_run(&stations, 3, 1, NULL), RC_OK);
    assert_string_equal(quick.text, "rrrxsrxsxsxs");
    stations.context = &slow;
    assert_int_equal(rc_ring_run(&stations, 3, 1, NULL), RC_OK);
    assert_string_equal(slow.text, "rxsrxsrxsrxs");
    stations.context = &behind;
    stations.after = after_letter;
    assert_int_equal(rc_ring_run(&stations, 3, 1, NULL), RC_OK);
    assert_string_equal(behind.text, "rrrxsarxsaxsaxsa");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_packets_pass_once_and_in_order),
        cmocka_unit_test(test_no_packets_and_few),
        cmocka_unit_test(test_the_first_error_in_order_is_told),
        cmocka_unit_test(test_an_error_of_the_input_waits_for_its_turn),
        cmocka_unit_test(test_each_sink_is_followed),
        cmocka_unit_test(test_others_sink_meanwhile),
        cmocka_unit_test(test_a_failure_behind_the_sink_is_its_packets),
        cmocka_unit_test(test_the_error_may_be_null),
        cmocka_unit_test(test_a_slow_source_lets_rows_out_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
