/* test_serve.c - how a reader of models answers requests, sound ones and others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "guard/wire.h"
#include "model/foreign/frames.h"
#include "model/foreign/reader.h"

/* y = a number that 'w.bin' beside the model holds, times x. */
static rc_status read_scale(rc_tape *tape, rc_foreign_file *file, rc_error *err)
{
    const char *data;
    size_t n;
    rc_status st = rc_foreign_external_get(file, "w.bin", 5, 8, 8, &data, &n, err);
    if (st != RC_OK)
        return st;
    double scale = 0;
    memcpy(&scale, data, n == sizeof(scale) ? n : 0);
    rc_value x = rc_tape_number(tape, "x", false);
    const rc_affine affine = {.scale = &scale};
    rc_tape_output output = {.task = RC_TASK_REGRESSION,
                             .from = rc_tape_affine(tape, x, &affine),
                             .link = RC_LINK_IDENTITY};
    return rc_tape_finish(tape, &output, err);
}

/* Requests as they are sent. */
static rc_buf requests;

static void ask(uint32_t kind, const rc_buf *body)
{
    assert_true(rc_wire_put_u64(&requests, kind) && rc_wire_put_u64(&requests, body->n));
    assert_true(rc_buf_append(&requests, body->data, body->n));
}

static void ask_read(void)
{
    rc_buf body = {0};
    assert_true(rc_wire_put_bool(&body, false) && rc_wire_put_text(&body, "", 0));
    ask(RC_MODEL_ASK_READ, &body);
    rc_buf_release(&body);
}

static void ask_part(uint64_t offset, uint64_t n)
{
    rc_buf body = {0};
    assert_true(rc_wire_put_u64(&body, offset) && rc_wire_put_u64(&body, n));
    ask(RC_MODEL_ASK_PART, &body);
    rc_buf_release(&body);
}

static void ask_give(uint32_t number, uint64_t all, const void *data, size_t n)
{
    rc_buf body = {0};
    assert_true(rc_wire_put_u32(&body, number) && rc_wire_put_u64(&body, all));
    assert_true(rc_buf_append(&body, data, n));
    ask(RC_MODEL_ASK_GIVE, &body);
    rc_buf_release(&body);
}

/* What a new reader answers to the requests: (*n) bytes. */
static size_t serve(unsigned char *answers, size_t most)
{
    int pair[2];
    char path[] = "/tmp/rowcast-serve-XXXXXX";
    int fd = mkstemp(path);
    assert_int_not_equal(fd, -1);
    unlink(path);
    assert_int_equal(write(fd, "model", 5), 5);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(send(pair[0], requests.data, requests.n, 0), requests.n);
    shutdown(pair[0], SHUT_WR);
    rc_channel channel = {.fd = pair[1]};
    assert_int_equal(rc_foreign_serve(&channel, fd, read_scale, NULL), RC_OK);
    rc_buf_release(&channel.request);
    close(pair[1]);
    ssize_t n = recv(pair[0], answers, most, MSG_WAITALL);
    assert_true(n >= 0);
    close(pair[0]);
    close(fd);
    rc_buf_release(&requests);
    return (size_t)n;
}

static rc_wire next(rc_wire *all, uint32_t kind)
{
    assert_int_equal(rc_wire_u64(all), kind);
    size_t n = (size_t)rc_wire_u64(all);
    const unsigned char *at = rc_wire_bytes(all, n);
    assert_non_null(at);
    return (rc_wire){.at = at, .end = at + n};
}

static void next_error(rc_wire *all, const char *text)
{
    rc_wire error = next(all, RC_FRAME_ERROR);
    size_t n;
    rc_wire_u32(&error);
    const char *got = rc_wire_text(&error, 1000, &n);
    assert_non_null(got);
    assert_int_equal(n, strlen(text));
    assert_memory_equal(got, text, n);
}

static void test_external_data_is_asked_for_and_taken_in_pieces(void **state)
{
    (void)state;
    const double scale = 3;
    unsigned char answers[4096];
    ask_read();
    ask_give(0, 8, &scale, 5);
    ask_give(0, 8, (const char *)&scale + 5, 3);
    ask_read();
    ask_part(0, 9);
    rc_wire all = {.at = answers};
    all.end = answers + serve(answers, sizeof(answers));
    rc_wire wants = next(&all, RC_MODEL_ANSWER_READ);
    size_t n;
    assert_int_equal(rc_wire_u32(&wants), RC_MODEL_WANTS);
    assert_int_equal(rc_wire_u64(&wants), 1);
    assert_int_equal(rc_wire_u32(&wants), 0);
    assert_memory_equal(rc_wire_text(&wants, 99, &n), "w.bin", 5);
    assert_int_equal(rc_wire_u64(&wants), 8);
    assert_int_equal(rc_wire_u64(&wants), 8);
    next(&all, RC_MODEL_ANSWER_GIVE);
    next(&all, RC_MODEL_ANSWER_GIVE);
    rc_wire ready = next(&all, RC_MODEL_ANSWER_READ);
    assert_int_equal(rc_wire_u32(&ready), RC_MODEL_READY);
    assert_true(rc_wire_u64(&ready) > 64);
    rc_wire part = next(&all, RC_MODEL_ANSWER_PART);
    assert_int_equal(part.end - part.at, 9);
    assert_int_equal(part.at[8], '{');
    assert_ptr_equal(all.at, all.end);
}

static void test_requests_that_make_no_sense(void **state)
{
    (void)state;
    const double scale = 3;
    unsigned char answers[4096];
    const rc_buf bad = {.data = (char *)"\2", .n = 1}, nothing = {.data = (char *)"", .n = 0};
    ask(RC_MODEL_ASK_READ, &bad);
    ask(99, &nothing);
    ask_part(0, 1); /* nothing is read yet */
    ask_give(0, 8, &scale, 8);
    ask_read();
    ask_give(1, 8, &scale, 8);
    ask_give(0, UINT64_MAX, &scale, 8);
    ask_give(0, 7, &scale, 8);
    ask_give(0, 7, &scale, 7);
    ask_give(0, 8, &scale, 1);
    ask_read();
    ask_part(1 << 20, 1);
    ask_part(0, UINT64_MAX);
    rc_wire all = {.at = answers};
    all.end = answers + serve(answers, sizeof(answers));
    next_error(&all, "a request that is damaged");
    next_error(&all, "a request that is not known");
    next_error(&all, "no such part of the model");
    next_error(&all, "no such external data");
    next(&all, RC_MODEL_ANSWER_READ);
    for (int i = 0; i < 3; i++)
        next_error(&all, "no such external data");
    next(&all, RC_MODEL_ANSWER_GIVE);
    next_error(&all, "no such external data");
    next(&all, RC_MODEL_ANSWER_READ);
    next_error(&all, "bytes beyond the model are asked for");
    next_error(&all, "no such part of the model");
    assert_ptr_equal(all.at, all.end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_external_data_is_asked_for_and_taken_in_pieces),
        cmocka_unit_test(test_requests_that_make_no_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
