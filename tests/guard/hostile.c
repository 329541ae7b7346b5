/* hostile.c - a reader that has been taken over: does by its kind what no reader does. */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Knows the frames by their description alone, and links nothing of what it attacks. */
enum { SOCKET = 1, HELLO = 1, ERROR = 2, ANSWER = 17 };

static void say(const void *data, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t some = send(SOCKET, (const char *)data + done, n - done, MSG_NOSIGNAL);
        if (some < 0)
            _exit(0);
        done += (size_t)some;
    }
}

static void say_head(uint32_t kind, uint32_t zero, uint64_t n)
{
    unsigned char head[16];
    memcpy(head, &kind, 4); /* the machines that run tests are little-endian */
    memcpy(head + 4, &zero, 4);
    memcpy(head + 8, &n, 8);
    say(head, sizeof(head));
}

static void say_hello(uint32_t version, uint32_t landlock, char seccomp)
{
    char body[10];
    memcpy(body, &version, 4);
    memcpy(body + 4, &landlock, 4);
    body[8] = seccomp;
    body[9] = 1;
    say_head(HELLO, 0, sizeof(body));
    say(body, sizeof(body));
}

static void say_error(uint32_t fault, const char *text, uint64_t n_text, const char *hint,
                      uint64_t n_hint)
{
    say_head(ERROR, 0, 4 + 8 + strlen(text) + 8 + strlen(hint));
    say(&fault, 4);
    say(&n_text, 8);
    say(text, strlen(text));
    say(&n_hint, 8);
    say(hint, strlen(hint));
}

static void nap(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static void hang(void)
{
    nap(30000);
    _exit(0);
}

/* Sanitizers catch these signals, and exit. */
static void die_by(int signal_number)
{
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void say_garbage(size_t n)
{
    uint32_t x = 2463534242u;
    for (size_t i = 0; i < n; i += 4) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        say(&x, 4);
    }
}

static void wait_for_request(void)
{
    char request[256];
    if (recv(SOCKET, request, sizeof(request), 0) <= 0)
        _exit(0);
}

/* Those that never come to a proper hello. */
static void begin(const char *kind)
{
    if (strcmp(kind, "dies-first") == 0)
        die_by(SIGSEGV);
    if (strcmp(kind, "ends-first") == 0)
        _exit(3);
    if (strcmp(kind, "silent") == 0)
        hang();
    if (strcmp(kind, "garbage-first") == 0)
        say_garbage(4096);
    if (strcmp(kind, "version") == 0)
        say_hello(2, 7, 1);
    if (strcmp(kind, "bool-two") == 0)
        say_hello(1, 7, 2);
    if (strcmp(kind, "short-hello") == 0) {
        say_head(HELLO, 0, 5);
        say("\1\0\0\0\0", 5);
    }
    if (strcmp(kind, "long-hello") == 0) {
        say_head(HELLO, 0, 11);
        say("\1\0\0\0\7\0\0\0\1\1\1", 11);
    }
    if (strcmp(kind, "unshut") == 0)
        say_hello(1, 0, 1);
    if (strcmp(kind, "unlisted") == 0)
        say_hello(1, 7, 0);
}

/* Those that answer a request in their way. */
static void answer(const char *kind)
{
    if (strcmp(kind, "dies") == 0)
        die_by(SIGSEGV);
    if (strcmp(kind, "dies-within") == 0) {
        say_head(ANSWER, 0, 1000);
        say_garbage(500);
        die_by(SIGBUS);
    }
    if (strcmp(kind, "ends") == 0)
        _exit(0);
    if (strcmp(kind, "hangs") == 0)
        hang();
    if (strcmp(kind, "hangs-within") == 0) {
        say_head(ANSWER, 0, 1000);
        hang();
    }
    if (strcmp(kind, "closes") == 0) {
        close(SOCKET);
        hang();
    }
    if (strcmp(kind, "drips") == 0) {
        say_head(ANSWER, 0, 1000000);
        for (;;) {
            say("x", 1);
            nap(5);
        }
    }
    if (strcmp(kind, "garbage") == 0)
        say_garbage(4096);
    if (strcmp(kind, "no-head") == 0)
        say_head(ANSWER, 1, 0);
    if (strcmp(kind, "kind") == 0)
        say_head(ANSWER + 1, 0, 0);
    if (strcmp(kind, "huge") == 0)
        say_head(ANSWER, 0, UINT64_C(1) << 60);
    if (strcmp(kind, "over") == 0)
        say_head(ANSWER, 0, 4000001); /* the test's max_answer, and one */
    if (strcmp(kind, "endless") == 0)
        for (say_head(ANSWER, 0, 4000000);;)
            say_garbage(1 << 16);
    if (strcmp(kind, "long-error") == 0)
        say_head(ERROR, 0, 1 << 20);
}

/* Those that answer as they should, each time late. */
static void dawdle(const char *kind)
{
    static const char zeros[1 << 20];
    size_t n = strcmp(kind, "tardy") == 0         ? 1
               : strcmp(kind, "tardy-large") == 0 ? sizeof(zeros)
                                                  : 0;
    if (n == 0)
        return;
    nap(60);
    say_head(ANSWER, 0, n);
    say(zeros, n);
}

/* Those that tell an error. */
static void fail(const char *kind)
{
    static char large[40000];
    if (strcmp(kind, "error") == 0)
        say_error(0, "bad \x1b[2J\ntext\x9b\xe2\x80\xae end", 21, "do\x07 this\n  and \tthat", 20);
    if (strcmp(kind, "asked") == 0)
        say_error(1, "no such", 7, "", 0);
    if (strcmp(kind, "limit") == 0)
        say_error(2, "too large", 9, "", 0);
    if (strcmp(kind, "system") == 0)
        say_error(3, "no memory", 9, "", 0);
    if (strcmp(kind, "fault") == 0)
        say_error(4, "text", 4, "", 0);
    if (strcmp(kind, "error-length") == 0)
        say_error(0, "text", 5, "", 0);
    if (strcmp(kind, "error-empty") == 0)
        say_error(0, "", 0, "", 0);
    if (strcmp(kind, "error-rest") == 0)
        say_error(0, "text", 4, "hint", 3);
    if (strcmp(kind, "large-error") == 0) {
        memset(large, '\x01', sizeof(large) - 1);
        say_error(0, large, sizeof(large) - 1, "hint", 4);
    }
}

int main(int argc, char **argv)
{
    const char *kind = argc > 2 ? argv[2] : "";
    begin(kind);
    say_hello(1, 7, 1);
    for (;;) {
        wait_for_request();
        answer(kind);
        dawdle(kind);
        fail(kind);
    }
}
