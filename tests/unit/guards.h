/* guards.h - readers of tests/guard, for the tests of the wall. */
#ifndef RC_TEST_GUARDS_H
#define RC_TEST_GUARDS_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "guard/guard.h"
#include "guard/wire.h"

enum { ASK_ACT = RC_FRAME_FIRST, ANSWER_ACT, MAX_ANSWER = 4000000 };

static char reader_path[4096];

/* A guard of this program and kind; the file is an empty one. */
static inline rc_guard_options guard_options(const char *program, const char *kind)
{
    const char *folder = getenv("RC_READERS");
    snprintf(reader_path, sizeof(reader_path), "%s/%s", folder != NULL ? folder : ".", program);
    return (rc_guard_options){.reader = reader_path,
                              .kind = kind,
                              .what = "the HDF5 file",
                              .fd = open("/dev/null", O_RDONLY | O_CLOEXEC),
                              .code = RC_E_DATA,
                              .max_answer = MAX_ANSWER,
                              .timeout_ms = 20000};
}

static inline rc_status guard_ask(rc_guard *guard, const char *act, rc_frame *answer, rc_error *err)
{
    return rc_guard_ask(guard, ASK_ACT, act, strlen(act), ANSWER_ACT, answer, err);
}

/* What the probe says of an act: 0, or an errno. */
static inline rc_status guard_act(rc_guard *guard, const char *act, uint32_t *result, rc_error *err)
{
    rc_frame answer;
    *result = 0;
    rc_status st = guard_ask(guard, act, &answer, err);
    if (st < 0)
        return st;
    rc_wire wire = {answer.data, answer.data + answer.n, false};
    *result = rc_wire_u32(&wire);
    return RC_OK;
}

#endif
