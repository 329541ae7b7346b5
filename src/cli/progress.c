/* progress.c - one line on the terminal that says how far a job has come. */
#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LINE_BYTES = 128, DEFAULT_COLUMNS = 80 };

void rc_progress_line_init(rc_progress_line *line, rc_progress_mode mode, bool is_unwanted)
{
    *line = (rc_progress_line){0};
    line->is_on = mode == RC_PROGRESS_ALWAYS ||
                  (mode == RC_PROGRESS_AUTO && !is_unwanted && isatty(STDERR_FILENO));
}

double rc_progress_rate(const rc_progress *progress)
{
    if (progress->elapsed_ns == 0)
        return 0;
    return (double)progress->bytes_read * 1e3 / (double)progress->elapsed_ns;
}

/* Appends a part that still fits as a whole; false once one did not. */
static bool add(char *out, size_t *used, size_t n_columns, const char *part)
{
    size_t n = strlen(part);
    if (*used + n > n_columns)
        return false;
    memcpy(out + *used, part, n + 1);
    *used += n;
    return true;
}

static void format_left(char *out, size_t size, const rc_progress *p)
{
    double left = (double)(p->bytes_total - p->bytes_read) * (double)p->elapsed_ns /
                  (double)p->bytes_read / 1e9;
    unsigned long seconds = left < 3.6e8 ? (unsigned long)left : 360000000;
    if (seconds < 3600)
        snprintf(out, size, ", %lu:%02lu left", seconds / 60, seconds % 60);
    else
        snprintf(out, size, ", %lu:%02lu:%02lu left", seconds / 3600, seconds / 60 % 60,
                 seconds % 60);
}

size_t rc_progress_format(char *out, size_t n_columns, const rc_progress *p)
{
    char part[64];
    size_t used = 0;
    out[0] = '\0';
    snprintf(part, sizeof(part), "%" PRIu64 " rows", p->rows);
    if (!add(out, &used, n_columns, part))
        return used;
    snprintf(part, sizeof(part), ", %.1f MB/s", rc_progress_rate(p));
    if (!add(out, &used, n_columns, part) || p->bytes_total == 0 || p->bytes_read == 0)
        return used;
    /* a file may grow while it is read */
    uint64_t done = p->bytes_read < p->bytes_total ? p->bytes_read : p->bytes_total;
    snprintf(part, sizeof(part), ", %.0f %%", 100.0 * (double)done / (double)p->bytes_total);
    if (!add(out, &used, n_columns, part) || done == p->bytes_total)
        return used;
    format_left(part, sizeof(part), p);
    add(out, &used, n_columns, part);
    return used;
}

/* The last column stays free: some terminals wrap when it is written. */
static size_t columns_of_terminal(void)
{
    struct winsize size;
    size_t n = DEFAULT_COLUMNS;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        n = size.ws_col;
    n = n < LINE_BYTES ? n : LINE_BYTES;
    return n - 1;
}

void rc_progress_line_show(rc_progress_line *line, const rc_progress *progress)
{
    char text[LINE_BYTES];
    flockfile(stderr);
    line->last = *progress;
    if (line->is_on) {
        rc_progress_format(text, columns_of_terminal(), progress);
        fprintf(stderr, "\r%s\x1b[K", text);
        line->is_shown = true;
    }
    funlockfile(stderr);
}

void rc_progress_line_erase(rc_progress_line *line)
{
    flockfile(stderr);
    if (line->is_shown)
        fputs("\r\x1b[K", stderr);
    line->is_shown = false;
    funlockfile(stderr);
}
