/* fuzz_guard.c - whatever a reader says, the guard ends with an answer of the size and kind that
 * was allowed, or with an error that is fit to be printed. */
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guard/guard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_INPUT_BYTES = 100000, ASK = RC_FRAME_FIRST, ANSWER };

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_error(rc_status st, const rc_error *err)
{
    check(err->code == st && (st == RC_E_MODEL || st == RC_E_DATA || st == RC_E_SYSTEM));
    const char *text = err->text;
    size_t n = strnlen(text, sizeof(err->text));
    check(n > 0 && n < sizeof(err->text));
    for (size_t i = 0; i < n; i++)
        check((unsigned char)text[i] >= 0x20 && text[i] != 0x7f
                  ? true
                  : text[i] == '\n' && text[i + 1] == ' ' && text[i + 2] == ' ');
}

/* All answers until the first that fails for good. */
static void ask_all(rc_guard *guard, size_t max_answer)
{
    rc_error err;
    for (int i = 0; i < 64; i++) {
        rc_frame answer;
        err = (rc_error){0};
        rc_status st = rc_guard_ask(guard, ASK, "x", 1, ANSWER, &answer, &err);
        if (st < 0) {
            check_error(st, &err);
            continue;
        }
        check(answer.kind == ANSWER && answer.n <= max_answer && answer.data != NULL);
        uint32_t sum = 0;
        for (size_t k = 0; k < answer.n; k++)
            sum += answer.data[k];
        check(sum <= answer.n * UINT64_C(255));
    }
    rc_guard_lied(guard, "enough", &err);
    check_error(RC_E_MODEL, &err);
}

/* The first byte: how long an answer may be, and what is wanted of the sandbox. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int pair[2];
    if (size < 1 || size > MOST_INPUT_BYTES)
        return 0;
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    check(send(pair[1], data + 1, size - 1, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)(size - 1));
    shutdown(pair[1], SHUT_WR);
    rc_guard_options options = {.what = "the fuzzed file",
                                .kind = "fuzz",
                                .fd = -1,
                                .sandbox = data[0] & 1 ? RC_SANDBOX_REQUIRE : RC_SANDBOX_AUTO,
                                .code = RC_E_MODEL,
                                .max_answer = (uint64_t)(data[0] >> 1) << 8,
                                .timeout_ms = 10000};
    rc_guard *guard;
    rc_error err = {0};
    rc_status st = rc_guard_adopt(&guard, &options, pair[0], 0, &err);
    if (st < 0)
        check_error(st, &err);
    else
        ask_all(guard, (size_t)options.max_answer);
    rc_guard_close(guard);
    close(pair[1]);
    return 0;
}
