/* fuzz_talk.c - whatever a reader of models says, the scoring process ends with bytes of the length
 * that was told, or with an error; and what the bytes are is a native model or an error. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "model/model.h"
#include "model/talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_INPUT_BYTES = 100000 };

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_error(rc_status st, const rc_error *err)
{
    check(err->code == st && (st == RC_E_MODEL || st == RC_E_DATA || st == RC_E_SYSTEM));
    check(err->text[0] != '\0');
}

/* The frames of a reader that has greeted already. */
static void say(int socket, const uint8_t *data, size_t size)
{
    static const unsigned char hello[] = {1, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0,
                                          0, 0, 0, 1, 0, 0, 0, 4, 0,  0, 0, 1, 1};
    check(send(socket, hello, sizeof(hello), MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof(hello));
    check(size == 0 || send(socket, data, size, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)size);
    shutdown(socket, SHUT_WR);
}

static void take(rc_guard *guard)
{
    rc_buf native = {0};
    rc_error err = {0};
    rc_talk_architecture none = {0};
    rc_model *model;
    char warning[RC_MODEL_WARNING_BYTES];
    rc_status st = rc_talk_model(&native, warning, guard, NULL, &none, &err);
    if (st < 0) {
        check_error(st, &err);
    } else {
        for (const char *c = warning; *c != '\0'; c++)
            check(*c >= ' ' && *c <= '~');
        check(native.n > 0 && native.n <= RC_MODEL_MAX_BYTES);
        st = rc_model_parse(&model, native.data, native.n, &err);
        if (st < 0)
            check_error(st, &err);
        rc_model_close(model);
    }
    rc_buf_release(&native);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int pair[2];
    if (size > MOST_INPUT_BYTES)
        return 0;
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    say(pair[1], data, size);
    rc_guard_options options = {.what = "the fuzzed model",
                                .kind = "fuzz",
                                .fd = -1,
                                .code = RC_E_MODEL,
                                .max_answer = 1 << 20,
                                .timeout_ms = 10000};
    rc_guard *guard;
    rc_error err = {0};
    check(rc_guard_adopt(&guard, &options, pair[0], 0, &err) == RC_OK);
    take(guard);
    rc_guard_close(guard);
    close(pair[1]);
    return 0;
}
