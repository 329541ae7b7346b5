/* resolve.h - from the words of the command line to the options of a job; opens nothing. */
#ifndef RC_CLI_RESOLVE_H
#define RC_CLI_RESOLVE_H

#include "cli/args.h"

typedef enum rc_progress_mode {
    RC_PROGRESS_AUTO, /* on a terminal that shows nothing else, and not quiet */
    RC_PROGRESS_ALWAYS,
    RC_PROGRESS_NEVER
} rc_progress_mode;

/* What `score` does. Borrows from the rc_args, which must outlive it. */
typedef struct rc_score_job {
    rc_job_options options;
    rc_progress_mode progress;
    bool is_quiet, is_verbose;
} rc_score_job;

/* Errors   RC_E_USAGE. What the library checks itself is left to it. */
rc_status rc_resolve_score(rc_score_job *out, const rc_args *args, rc_error *err);

/* What `inspect` does, but for what takes the text. */
/* The same for `rowcast convert`. */
rc_status rc_resolve_convert(rc_convert_options *out, const rc_args *args, rc_error *err);

rc_status rc_resolve_inspect(rc_inspect_options *out, const rc_args *args, rc_error *err);

/* Parses bytes, or a number with K M G KiB MiB GiB behind it (1024, 1024^2, 1024^3). */
rc_status rc_resolve_size(const char *text, size_t *out, rc_error *err);

#endif
