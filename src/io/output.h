/* output.h - bytes out: stdout, or a file that appears under its name only when complete. */
#ifndef RC_IO_OUTPUT_H
#define RC_IO_OUTPUT_H

#include <stdbool.h>

#include "base/error.h"

typedef struct rc_output rc_output;

/* Who is told about temporaries; see rc_job_options.temporary. Both may be NULL. */
typedef struct rc_temporary_hook {
    void (*notify)(void *context, rc_temporary_event event, const char *path);
    void *context;
} rc_temporary_hook;

/**
 * Opens path for writing: NULL or "-" is stdout; a regular or absent file is written to
 * PATH.tmp-XXXXXX (random) in the same folder, created with O_EXCL|O_NOFOLLOW|O_CLOEXEC and the
 * mode of the file that it will replace, else 0666 less the umask; a symbolic link is followed
 * first, so that its target is replaced; an existing file that is no regular one (/dev/null, a
 * FIFO) is written in place.
 * Errors   RC_E_OUTPUT; texts carry no path.
 */
rc_status rc_output_open(rc_output **out, const char *path, const rc_temporary_hook *hook,
                         rc_error *err);

/* Writes all n bytes, going on after short writes and EINTR. os_errno EPIPE is told in err. */
rc_status rc_output_write(rc_output *out, const void *data, size_t n, rc_error *err);

/* Whether it is a file, of which any part can be written and read back. */
bool rc_output_is_file(const rc_output *out);

/* The same at an offset: of files, and never together with rc_output_write. */
rc_status rc_output_write_at(rc_output *out, uint64_t offset, const void *data, size_t n,
                             rc_error *err);

/* Reads back n bytes that have been written. Threads: any number of them. */
rc_status rc_output_read_at(const rc_output *out, uint64_t offset, void *data, size_t n,
                            rc_error *err);

/* What can fail for want of room: fsync and close. Of several outputs all are settled before the
 * first is finished. Afterwards only finish and close may be called. */
rc_status rc_output_settle(rc_output *out, rc_error *err);

/* Commits: settle, rename, fsync of the folder; for stdout nothing but the check that all went
 * out. Afterwards only close may be called. On failure the name holds what it held before; only if
 * the folder's own fsync fails, the complete new file. */
rc_status rc_output_finish(rc_output *out, rc_error *err);

/* Without finish: removes the temporary. NULL is fine. */
void rc_output_close(rc_output *out);

#endif
