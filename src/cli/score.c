/* score.c - `rowcast score`: runs one job and tells people about it. */
#include "cli/score.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/message.h"
#include "cli/progress.h"
#include "cli/reader_path.h"
#include "cli/resolve.h"
#include "cli/signals.h"

/* What the callbacks of a job share. */
typedef struct console {
    rc_progress_line line;
    bool is_quiet;
} console;

static void on_progress(void *context, const rc_progress *progress)
{
    console *c = context;
    rc_progress_line_show(&c->line, progress);
}

static bool on_report_text(void *context, const char *text, size_t n_bytes)
{
    console *c = context;
    rc_progress_line_erase(&c->line);
    return fwrite(text, 1, n_bytes, stderr) == n_bytes && fflush(stderr) == 0;
}

static bool on_plan_text(void *context, const char *text, size_t n_bytes)
{
    (void)context;
    return fwrite(text, 1, n_bytes, stdout) == n_bytes && fflush(stdout) == 0;
}

static void on_warning(void *context, const char *text)
{
    console *c = context;
    if (c->is_quiet)
        return;
    flockfile(stderr);
    rc_progress_line_erase(&c->line);
    fprintf(stderr, "rowcast: score: warning: %s\n", text);
    funlockfile(stderr);
}

static rc_status check_terminals(const rc_job_options *opt, rc_error *err)
{
    bool is_compressed =
        opt->compression == RC_COMPRESS_GZIP || opt->compression == RC_COMPRESS_ZSTD;
    if (is_compressed && rc_path_is_std(opt->output) && isatty(STDOUT_FILENO))
        return rc_error_set(err, RC_E_USAGE, "compressed output is not for a terminal");
    if (opt->inputs.n == 0 && isatty(STDIN_FILENO)) {
        rc_error_set(err, RC_E_USAGE, "no INPUT, and standard input is a terminal");
        rc_error_hint(err, "to type records, give - as INPUT");
        return RC_E_USAGE;
    }
    return RC_OK;
}

static void print_closing(const rc_args *args, const rc_progress *last)
{
    const char *output = args->values[RC_OPT_OUTPUT];
    fprintf(stderr,
            "rowcast: score: %" PRIu64 " rows in %.2f s, %.1f MB/s, %d threads, cpu %s, to %s\n",
            last->rows, (double)last->elapsed_ns / 1e9, rc_progress_rate(last), last->n_threads,
            last->cpu, rc_path_is_std(output) ? "standard output" : output);
}

int rc_score_main(const rc_args *args, rc_strings words)
{
    rc_score_job job;
    rc_error err = {0};
    rc_status st = rc_resolve_score(&job, args, &err);
    if (st == RC_OK)
        st = check_terminals(&job.options, &err);
    if (st < 0)
        return rc_message_failure(RC_COMMAND_SCORE, &err);

    console shared = {.is_quiet = job.is_quiet};
    /* two would write to one terminal */
    bool is_shared = rc_path_is_std(job.options.output) && isatty(STDOUT_FILENO);
    rc_progress_line_init(&shared.line, job.progress, job.is_quiet || is_shared);
    char reader[PATH_MAX];
    job.options.reader = rc_reader_path(reader, sizeof(reader));
    job.options.arguments = words;
    job.options.context = &shared;
    job.options.temporary = rc_signals_temporary;
    job.options.progress = on_progress;
    job.options.report_text = on_report_text;
    job.options.warning = on_warning;
    job.options.plan_text = on_plan_text;

    rc_signals_job_begin();
    st = rc_run(&job.options, &err);
    rc_signals_job_end();
    rc_progress_line_erase(&shared.line);
    if (job.is_verbose && !job.options.dry_run && (st >= 0 || st == RC_E_REQUIREMENT))
        print_closing(args, &shared.line.last);
    return st < 0 ? rc_message_failure(RC_COMMAND_SCORE, &err) : 0;
}
