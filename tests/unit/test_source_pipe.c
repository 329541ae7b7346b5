/* test_source_pipe.c - inputs that stall: what has come goes out before more does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

#include "scratch.h"
#include "sources.h"

/* A writer of a pipe on a thread of its own: it writes a piece, then waits until it may go on. */
typedef struct writer {
    char path[PATH_MAX];
    const char *const *pieces;
    size_t n_pieces;
    sem_t may_go_on;
    atomic_bool stop; /* for the one that drips */
    bool was_stopped; /* read behind the join */
    pthread_t thread;
} writer;

static void put(int fd, const char *text)
{
    size_t n = strlen(text);
    if (write(fd, text, n) != (ssize_t)n)
        abort(); /* cmocka cannot fail a thread */
}

static void *write_pieces(void *context)
{
    writer *w = context;
    int fd = open(w->path, O_WRONLY | O_CLOEXEC);
    for (size_t i = 0; i < w->n_pieces; i++) {
        put(fd, w->pieces[i]);
        sem_wait(&w->may_go_on);
    }
    close(fd);
    return NULL;
}

/* A row every 20 ms, never silent, until it is stopped; 60 s at most. */
static void *write_drops(void *context)
{
    writer *w = context;
    int fd = open(w->path, O_WRONLY | O_CLOEXEC);
    put(fd, "a,b\n");
    for (int i = 0; i < 3000 && !w->was_stopped; i++) {
        put(fd, "1,2\n");
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        w->was_stopped = atomic_load(&w->stop);
    }
    close(fd);
    return NULL;
}

static void start(writer *w, scratch *s, void *(*run)(void *), const char *const *pieces, size_t n)
{
    *w = (writer){.pieces = pieces, .n_pieces = n};
    strcpy(w->path, scratch_path(s, "pipe"));
    assert_int_equal(mkfifo(w->path, 0600), 0);
    assert_int_equal(sem_init(&w->may_go_on, 0, 0), 0);
    assert_int_equal(pthread_create(&w->thread, NULL, run, w), 0);
}

static void join(writer *w)
{
    assert_int_equal(pthread_join(w->thread, NULL), 0);
    sem_destroy(&w->may_go_on);
}

static rc_source *open_source(const writer *w, const char *const *path, size_t packet_bytes)
{
    rc_source_options options = {
        .inputs = {path, 1},
        .dialect = {.delimiter = ','},
        .packet_bytes = packet_bytes,
        .max_line_bytes = 1 << 20,
    };
    rc_source *source;
    rc_error err = {0};
    assert_string_equal(*path, w->path);
    if (rc_source_open(&source, &options, &err) != RC_OK)
        fail_msg("%s", err.text);
    return source;
}

/* The next packet that holds something; the writer stands still meanwhile. */
static void assert_next(rc_source *source, rc_packet *packet, const char *expected)
{
    bool is_slow;
    rc_status st;
    do
        st = rc_source_next(source, packet, &is_slow);
    while (st == RC_AGAIN);
    assert_int_equal(st, RC_OK);
    assert_int_equal(packet->status, RC_OK);
    assert_true(is_slow);
    assert_int_equal(packet->n_bytes, strlen(expected));
    assert_memory_equal(packet->data, expected, packet->n_bytes);
}

static void test_whole_records_go_out_while_the_writer_stalls(void **state)
{
    static const char *const pieces[] = {"a,b\n1,2\n3,4\n5,", "6\n\"7\n", "\",8\r", "\n9,10"};
    writer w;
    start(&w, *state, write_pieces, pieces, 4);
    const char *path = w.path;
    rc_source *source = open_source(&w, &path, 1 << 20);
    rc_packet packet = {0};
    bool is_slow;
    assert_next(source, &packet, "1,2\n3,4\n");
    assert_true(packet.begins_file);
    /* only a part of a record is there: nothing comes of it */
    assert_int_equal(rc_source_next(source, &packet, &is_slow), RC_AGAIN);
    assert_true(is_slow);
    sem_post(&w.may_go_on);
    assert_next(source, &packet, "5,6\n");
    assert_false(packet.begins_file);
    sem_post(&w.may_go_on);
    /* an LF may follow the CR */
    for (int i = 0; i < 2; i++)
        assert_int_equal(rc_source_next(source, &packet, &is_slow), RC_AGAIN);
    sem_post(&w.may_go_on);
    assert_next(source, &packet, "\"7\n\",8\r\n");
    assert_true(packet.has_quote);
    assert_int_equal(rc_source_next(source, &packet, &is_slow), RC_AGAIN);
    sem_post(&w.may_go_on);
    rc_status st;
    while ((st = rc_source_next(source, &packet, &is_slow)) == RC_AGAIN)
        ;
    assert_int_equal(st, RC_OK);
    assert_int_equal(packet.n_bytes, 4);
    assert_memory_equal(packet.data, "9,10", 4);
    assert_int_equal(rc_source_next(source, &packet, &is_slow), RC_END);
    rc_packet_free_data(&packet);
    rc_source_close(source);
    join(&w);
}

static void test_rows_that_drip_go_out_before_the_end(void **state)
{
    writer w;
    start(&w, *state, write_drops, NULL, 0);
    const char *path = w.path;
    rc_source *source = open_source(&w, &path, 1 << 20);
    rc_packet packet = {0};
    bool is_slow;
    rc_status st;
    while ((st = rc_source_next(source, &packet, &is_slow)) == RC_AGAIN)
        ;
    atomic_store(&w.stop, true);
    assert_int_equal(st, RC_OK);
    assert_true(is_slow);
    assert_int_equal(packet.n_bytes % 4, 0);
    while (rc_source_next(source, &packet, &is_slow) != RC_END)
        assert_int_equal(packet.status, RC_OK);
    rc_packet_free_data(&packet);
    rc_source_close(source);
    join(&w);
    assert_true(w.was_stopped);
}

static void test_an_open_quote_at_the_end_of_a_pipe(void **state)
{
    static const char *const pieces[] = {"a,b\n1,2\n", "3,\"x", "\ny"};
    writer w;
    start(&w, *state, write_pieces, pieces, 3);
    const char *path = w.path;
    rc_source *source = open_source(&w, &path, 4096);
    for (size_t i = 0; i < 3; i++)
        sem_post(&w.may_go_on);
    reading r = {0};
    read_source(&r, source);
    assert_int_equal(r.status, RC_E_DATA);
    assert_string_equal(r.error.text, "a quote opens here and is never closed");
    assert_int_equal(r.error_line, 3);
    assert_reading(&r, "0:2 1|2|\n", 9);
    reading_release(&r);
    rc_source_close(source);
    join(&w);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(test_whole_records_go_out_while_the_writer_stalls),
        IN_SCRATCH(test_rows_that_drip_go_out_before_the_end),
        IN_SCRATCH(test_an_open_quote_at_the_end_of_a_pipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
