/* confined.c - the reader shuts itself in, then serves. */
#include "guard/confined.h"

#include <stdlib.h>

#include "guard/frame.h"
#include "guard/shut.h"
#include "guard/wire.h"

/* Address space for the program itself and all that is no data; and for data by default. */
#define PROGRAM_BYTES (UINT64_C(1) << 30)
#define DATA_BYTES (UINT64_C(1) << 30)

/* What has been shut. */
typedef struct walls {
    uint32_t landlock; /* version, or 0 */
    bool seccomp, limits;
} walls;

static uint64_t address_space(uint64_t data_bytes)
{
    uint64_t bytes;
    if (data_bytes == 0)
        data_bytes = DATA_BYTES;
    return __builtin_add_overflow(data_bytes, PROGRAM_BYTES, &bytes) ? UINT64_MAX : bytes;
}

static rc_status refuse(const char *what, rc_error *err)
{
    rc_error_set(err, RC_E_SYSTEM, "the reader cannot be shut in: %s", what);
    rc_error_hint(err, "--sandbox auto goes on with what there is");
    return RC_E_SYSTEM;
}

/* The order matters: memory is limited before the library starts, which happens while files can
 * still be opened; Landlock needs a descriptor, and a call that seccomp does not let through. */
static rc_status shut_in(const rc_reader_kind *kind, rc_sandbox sandbox, uint64_t data_bytes,
                         walls *shut, rc_error *err)
{
    bool is_off = sandbox == RC_SANDBOX_OFF;
    bool limits = rc_shut_limits(is_off ? 0 : address_space(data_bytes));
    RC_TRY(kind->prepare(err));
    if (is_off)
        return RC_OK;
    shut->landlock = rc_shut_landlock();
    shut->limits = rc_shut_descriptors() && limits;
    shut->seccomp = rc_shut_seccomp();
    if (sandbox != RC_SANDBOX_REQUIRE)
        return RC_OK;
    if (!shut->limits)
        return refuse("a limit cannot be set", err);
    if (shut->landlock == 0)
        return refuse("there is no Landlock", err);
    return shut->seccomp ? RC_OK : refuse("there is no seccomp", err);
}

static rc_status say_hello(rc_channel *channel, const walls *shut, rc_error *err)
{
    rc_buf out = {0};
    rc_status st = RC_E_SYSTEM;
    if (rc_wire_put_u32(&out, RC_GUARD_VERSION) && rc_wire_put_u32(&out, shut->landlock) &&
        rc_wire_put_bool(&out, shut->seccomp) && rc_wire_put_bool(&out, shut->limits))
        st = rc_channel_answer(channel, RC_FRAME_HELLO, out.data, out.n, err);
    rc_buf_release(&out);
    return st;
}

static rc_guard_fault fault_of(rc_status st)
{
    return st == RC_E_SYSTEM ? RC_FAULT_SYSTEM : st == RC_E_USAGE ? RC_FAULT_ASKED : RC_FAULT_FILE;
}

static rc_sandbox sandbox_of(const char *word)
{
    return strcmp(word, "off") == 0       ? RC_SANDBOX_OFF
           : strcmp(word, "require") == 0 ? RC_SANDBOX_REQUIRE
                                          : RC_SANDBOX_AUTO;
}

int rc_confined_main(const rc_reader_kind *kind, int n_arguments, char **arguments)
{
    rc_sandbox sandbox = sandbox_of(n_arguments > 0 ? arguments[0] : "auto");
    uint64_t data_bytes = n_arguments > 1 ? strtoull(arguments[1], NULL, 10) : 0;
    rc_channel channel = {.fd = RC_CONFINED_SOCKET};
    rc_error err = {0};
    walls shut = {0};
    rc_status st = shut_in(kind, sandbox, data_bytes, &shut, &err);
    if (st >= 0)
        st = say_hello(&channel, &shut, &err);
    if (st >= 0)
        st = kind->serve(&channel, RC_CONFINED_FILE, &err);
    if (st < 0) /* nobody may be there to hear it */
        (void)rc_channel_fault(&channel, fault_of(st), &err);
    rc_buf_release(&channel.request);
    return st < 0 ? -st : 0;
}
