/* progress.h - one line on the terminal that says how far a job has come. */
#ifndef RC_CLI_PROGRESS_H
#define RC_CLI_PROGRESS_H

#include "cli/resolve.h"

/* The line, and the last that was heard of the job. */
typedef struct rc_progress_line {
    bool is_on;
    bool is_shown;    /* something stands on the terminal now */
    rc_progress last; /* also when the line is off */
} rc_progress_line;

/* With is_unwanted the line is shown only if the mode is ALWAYS. */
void rc_progress_line_init(rc_progress_line *line, rc_progress_mode mode, bool is_unwanted);
void rc_progress_line_show(rc_progress_line *line, const rc_progress *progress);
/* To be called before anything else goes to stderr. */
void rc_progress_line_erase(rc_progress_line *line);

/* Writes "1234 rows, 81.3 MB/s, 45 %, 0:12 left" with a NUL behind, less of it if it were more
 * than n_columns long. Returns its length. */
size_t rc_progress_format(char *out, size_t n_columns, const rc_progress *progress);

/* Bytes a second / 10^6, 0 if no time has passed. */
double rc_progress_rate(const rc_progress *progress);

#endif
