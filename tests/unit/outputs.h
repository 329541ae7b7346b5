/* outputs.h - whole files through rc_output. */
#ifndef RC_TESTS_OUTPUTS_H
#define RC_TESTS_OUTPUTS_H

#include "io/output.h"

/* Writes n bytes as the whole of a file, through open, write, finish. */
static inline rc_status write_file(const char *path, const void *data, size_t n,
                                   const rc_temporary_hook *hook, rc_error *err)
{
    rc_output *out;
    RC_TRY(rc_output_open(&out, path, hook, err));
    rc_status st = rc_output_write(out, data, n, err);
    if (st == RC_OK)
        st = rc_output_finish(out, err);
    rc_output_close(out);
    return st;
}

#endif
