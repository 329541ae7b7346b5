/* test_guard_channel.c - the reader's side of the socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guard/confined.h"

typedef struct ends {
    int asker;
    rc_channel reader;
} ends;

static void open_ends(ends *e)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    *e = (ends){.asker = pair[0], .reader = {.fd = pair[1]}};
}

static void close_ends(ends *e)
{
    if (e->asker >= 0)
        close(e->asker);
    close(e->reader.fd);
    rc_buf_release(&e->reader.request);
}

static void say(ends *e, const char *bytes, size_t n)
{
    assert_int_equal(send(e->asker, bytes, n, 0), n);
}

static void hang_up(ends *e)
{
    close(e->asker);
    e->asker = -1;
}

static void test_requests_are_heard_until_the_end(void **state)
{
    (void)state;
    ends e;
    rc_frame request;
    open_ends(&e);
    say(&e, "\x11\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0abc\x12\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 35);
    hang_up(&e);
    assert_int_equal(rc_channel_hear(&e.reader, &request, NULL), RC_OK);
    assert_int_equal(request.kind, 17);
    assert_int_equal(request.n, 3);
    assert_memory_equal(request.data, "abc", 3);
    assert_int_equal(rc_channel_hear(&e.reader, &request, NULL), RC_OK);
    assert_int_equal(request.kind, 18);
    assert_int_equal(request.n, 0);
    assert_non_null(request.data);
    assert_int_equal(rc_channel_hear(&e.reader, &request, NULL), RC_END);
    close_ends(&e);
}

static void expect_refused(const char *bytes, size_t n, const char *text)
{
    ends e;
    rc_frame request;
    rc_error err;
    open_ends(&e);
    say(&e, bytes, n);
    hang_up(&e);
    assert_int_equal(rc_channel_hear(&e.reader, &request, &err), RC_E_SYSTEM);
    assert_string_equal(err.text, text);
    close_ends(&e);
}

static void test_what_is_no_request_is_refused(void **state)
{
    (void)state;
    expect_refused("\x11\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0ab", 18, "nobody listens to the reader");
    expect_refused("\x11\0\0\0", 4, "nobody listens to the reader");
    /* 16 MiB and a byte; a second word that is not zero; kind 0 */
    expect_refused("\x11\0\0\0\0\0\0\0\1\0\0\1\0\0\0\0", 16,
                   "what is asked of the reader is no request");
    expect_refused("\x11\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0", 16,
                   "what is asked of the reader is no request");
    expect_refused("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16,
                   "what is asked of the reader is no request");
}

static void test_an_answer_to_nobody_fails_without_a_signal(void **state)
{
    (void)state;
    ends e;
    rc_error err;
    open_ends(&e);
    hang_up(&e);
    assert_int_equal(rc_channel_answer(&e.reader, 17, "abc", 3, &err), RC_E_SYSTEM);
    assert_string_equal(err.text, "nobody listens to the reader");
    close_ends(&e);
}

static void test_what_is_no_socket_fails(void **state)
{
    (void)state;
    int pipe_ends[2];
    rc_frame request;
    rc_error err;
    rc_guard *guard;
    rc_guard_options options = {.what = "the file", .code = RC_E_DATA, .timeout_ms = 1000};
    assert_int_equal(pipe(pipe_ends), 0);
    rc_channel channel = {.fd = pipe_ends[0]};
    assert_int_equal(rc_channel_hear(&channel, &request, &err), RC_E_SYSTEM);
    assert_string_equal(err.text, "socket of the reader: Socket operation on non-socket");
    assert_int_equal(rc_guard_adopt(&guard, &options, pipe_ends[0], 0, &err), RC_E_SYSTEM);
    assert_string_equal(err.text, "socket of the reader: Socket operation on non-socket");
    assert_int_equal(close(pipe_ends[0]), -1); /* it has been taken */
    close(pipe_ends[1]);
    rc_buf_release(&channel.request);
}

static void test_the_bytes_of_an_answer(void **state)
{
    (void)state;
    ends e;
    char got[64];
    open_ends(&e);
    assert_int_equal(rc_channel_answer(&e.reader, 0x01020304, "abc", 3, NULL), RC_OK);
    assert_int_equal(recv(e.asker, got, sizeof(got), MSG_WAITALL | MSG_DONTWAIT), 19);
    assert_memory_equal(got, "\4\3\2\1\0\0\0\0\3\0\0\0\0\0\0\0abc", 19);
    close_ends(&e);
}

static void test_the_bytes_of_a_fault(void **state)
{
    (void)state;
    ends e;
    char got[64];
    rc_error err;
    open_ends(&e);
    rc_error_set(&err, RC_E_DATA, "no");
    rc_error_hint(&err, "do");
    assert_int_equal(rc_channel_fault(&e.reader, RC_FAULT_LIMIT, &err), RC_OK);
    assert_int_equal(recv(e.asker, got, sizeof(got), MSG_WAITALL | MSG_DONTWAIT), 40);
    assert_memory_equal(got, "\2\0\0\0\0\0\0\0\x18\0\0\0\0\0\0\0", 16);
    assert_memory_equal(got + 16, "\2\0\0\0\2\0\0\0\0\0\0\0no\2\0\0\0\0\0\0\0do", 24);
    close_ends(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_are_heard_until_the_end),
        cmocka_unit_test(test_what_is_no_request_is_refused),
        cmocka_unit_test(test_an_answer_to_nobody_fails_without_a_signal),
        cmocka_unit_test(test_what_is_no_socket_fails),
        cmocka_unit_test(test_the_bytes_of_an_answer),
        cmocka_unit_test(test_the_bytes_of_a_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
