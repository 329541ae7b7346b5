/* job_check.c - options that do not go together, before anything is opened. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "io/output_target.h"
#include "io/pack.h"
#include "run/job.h"

/* The kind of output that its name asks for, where options leave it open. */
static void choose_format(rc_job *job)
{
    const char *path = rc_path_is_std(job->opt->output) ? "" : job->opt->output;
    size_t n = strlen(path);
    rc_compression named = rc_compression_of_path(path, &n);
    job->compression = job->opt->compression != RC_COMPRESS_AUTO ? job->opt->compression : named;
    job->format = job->opt->output_format;
    if (job->format == RC_OUTPUT_AUTO)
        job->format =
            rc_text_ends(path, n, ".tsv")                                         ? RC_OUTPUT_TSV
            : rc_text_ends(path, n, ".h5") || rc_text_ends(path, n, ".hdf5")      ? RC_OUTPUT_HDF5
            : rc_text_ends(path, n, ".ndjson") || rc_text_ends(path, n, ".jsonl") ? RC_OUTPUT_NDJSON
                                                                                  : RC_OUTPUT_CSV;
}

/* An HDF5 file is compressed inside, and has its names in it. */
static rc_status check_h5(const rc_job *job, rc_error *err)
{
    const char *path = job->opt->output;
    if (job->format != RC_OUTPUT_HDF5)
        return RC_OK;
    if (rc_path_is_std(path))
        return rc_error_set(err, RC_E_USAGE,
                            "HDF5 output needs a file: name one with --output FILE");
    size_t n = strlen(path);
    if (rc_compression_of_path(path, &n) != RC_COMPRESS_NONE)
        return rc_error_set(err, RC_E_USAGE,
                            "--output '%s': an HDF5 file is compressed inside (--compress)", path);
    if (job->opt->no_output_header)
        return rc_error_set(err, RC_E_USAGE, "--no-output-header is for text, not for HDF5");
    return RC_OK;
}

/* What lies behind a path; "-" is standard input here. */
static bool look_at(const char *path, struct stat *info)
{
    return rc_path_is_std(path) ? fstat(STDIN_FILENO, info) == 0 : stat(path, info) == 0;
}

/* The same name in the same folder. */
static bool is_same_name(const char *a, const char *b)
{
    const char *name_a = strrchr(a, '/'), *name_b = strrchr(b, '/');
    struct stat info_a, info_b;
    char folder_a[PATH_MAX], folder_b[PATH_MAX];
    if (strcmp(name_a != NULL ? name_a + 1 : a, name_b != NULL ? name_b + 1 : b) != 0)
        return false;
    int n_a = name_a != NULL ? (int)(name_a - a) + 1 : 0;
    int n_b = name_b != NULL ? (int)(name_b - b) + 1 : 0;
    snprintf(folder_a, sizeof(folder_a), "%.*s.", n_a, a);
    snprintf(folder_b, sizeof(folder_b), "%.*s.", n_b, b);
    return stat(folder_a, &info_a) == 0 && stat(folder_b, &info_b) == 0 &&
           info_a.st_dev == info_b.st_dev && info_a.st_ino == info_b.st_ino;
}

/* Of files that are not there yet the names decide, behind all links. */
static bool leads_to_same(const char *a, const char *b)
{
    rc_target target_a, target_b;
    if (rc_target_init(&target_a, a, NULL) < 0)
        return false;
    bool is_same = rc_target_init(&target_b, b, NULL) == RC_OK;
    if (is_same) {
        is_same = target_a.path != NULL && target_b.path != NULL &&
                  is_same_name(target_a.path, target_b.path);
        rc_target_release(&target_b);
    }
    rc_target_release(&target_a);
    return is_same;
}

/* Whether a file to be written is another one, which may be standard input. */
static bool is_same_file(const char *written, const char *other)
{
    if (rc_path_is_std(written))
        return false;
    struct stat info_a, info_b;
    if (look_at(written, &info_a) && look_at(other, &info_b))
        return S_ISREG(info_a.st_mode) && info_a.st_dev == info_b.st_dev &&
               info_a.st_ino == info_b.st_ino;
    return !rc_path_is_std(other) && leads_to_same(written, other);
}

static rc_status refuse_same(const char *what, const char *path, const char *other, rc_error *err)
{
    return rc_error_set(err, RC_E_USAGE, "%s '%s' is also the %s", what, path, other);
}

static rc_status check_written(const rc_job_options *opt, const char *what, const char *path,
                               rc_error *err)
{
    if (is_same_file(path, opt->model))
        return refuse_same(what, path, "model", err);
    for (size_t i = 0; i < opt->inputs.n; i++)
        if (is_same_file(path, opt->inputs.items[i]))
            return refuse_same(what, path, "input", err);
    if (opt->inputs.n == 0 && is_same_file(path, "-"))
        return refuse_same(what, path, "input", err);
    return RC_OK;
}

static rc_status check_report(const rc_job_options *opt, size_t i, rc_error *err)
{
    const char *path = opt->reports.items[i];
    size_t n = strlen(path);
    if (rc_path_is_std(path))
        return RC_OK;
    if (!rc_text_ends(path, n, ".txt") && !rc_text_ends(path, n, ".json")) {
        rc_error_set(err, RC_E_USAGE, "--report '%s': the extension names no format", path);
        rc_error_hint(err, ".txt and .json are written; - is text on standard error");
        return RC_E_USAGE;
    }
    for (size_t j = 0; j < i; j++)
        if (!rc_path_is_std(opt->reports.items[j]) && is_same_file(path, opt->reports.items[j]))
            return rc_error_set(err, RC_E_USAGE, "--report '%s' twice", path);
    if (!rc_path_is_std(opt->output) && is_same_file(path, opt->output))
        return refuse_same("--report", path, "output", err);
    return check_written(opt, "--report", path, err);
}

/* Refused rows go to a file of their own. */
static rc_status check_rejects(const rc_job_options *opt, rc_error *err)
{
    if (opt->rejects == NULL)
        return RC_OK;
    if (rc_path_is_std(opt->rejects) && rc_path_is_std(opt->output))
        return rc_error_set(err, RC_E_USAGE, "--rejects and the predictions both go to stdout");
    if (rc_path_is_std(opt->rejects))
        return RC_OK;
    if (!rc_path_is_std(opt->output) && is_same_file(opt->rejects, opt->output))
        return refuse_same("--rejects", opt->rejects, "output", err);
    for (size_t i = 0; i < opt->reports.n; i++)
        if (!rc_path_is_std(opt->reports.items[i]) &&
            is_same_file(opt->rejects, opt->reports.items[i]))
            return refuse_same("--rejects", opt->rejects, "report", err);
    return check_written(opt, "--rejects", opt->rejects, err);
}

static rc_status check_inputs(const rc_job_options *opt, rc_error *err)
{
    size_t n_stdin = 0;
    for (size_t i = 0; i < opt->inputs.n; i++)
        n_stdin += rc_path_is_std(opt->inputs.items[i]);
    if (n_stdin > 1)
        return rc_error_set(err, RC_E_USAGE, "standard input is named %zu times", n_stdin);
    return RC_OK;
}

static rc_status check_metrics_options(rc_job *job, rc_error *err)
{
    const rc_job_options *opt = job->opt;
    if (opt->truth.n == 0 && opt->weight != NULL)
        return rc_error_set(err, RC_E_USAGE, "--weight weighs metrics, and needs --truth");
    if (opt->truth.n == 0 && opt->require.n > 0)
        return rc_error_set(err, RC_E_USAGE, "--require speaks of metrics, and needs --truth");
    job->requirements = rc_alloc_array(opt->require.n, sizeof(*job->requirements));
    if (job->requirements == NULL)
        return rc_error_nomem(err);
    rc_status st = RC_OK;
    for (size_t i = 0; i < opt->require.n && st == RC_OK; i++) {
        st = rc_requirement_parse(&job->requirements[i], opt->require.items[i], err);
        if (st < 0)
            rc_error_wrap(err, st, "--require '%s'", opt->require.items[i]);
    }
    return st;
}

rc_status rc_job_check(rc_job *job, rc_error *err)
{
    const rc_job_options *opt = job->opt;
    if (opt->model == NULL)
        return rc_error_set(err, RC_E_USAGE, "no --model");
    if (opt->packet_bytes != 0 && opt->packet_bytes < 4096)
        return rc_error_set(err, RC_E_USAGE, "--packet-size: at least 4096 bytes");
    if (opt->packet_bytes > (size_t)1 << 30 || opt->max_line_bytes > (size_t)1 << 30)
        return rc_error_set(err, RC_E_USAGE, "--packet-size and --max-line: at most 1G");
    if (opt->n_threads < 0 || opt->n_threads > 4096)
        return rc_error_set(err, RC_E_USAGE, "--threads: 0 to 4096");
    if (opt->max_columns > (size_t)1 << 24)
        return rc_error_set(err, RC_E_USAGE, "--max-columns: at most 16777216");
    if (opt->has_max_rejects && !(opt->max_rejects >= 0))
        return rc_error_set(err, RC_E_USAGE, "--max-rejects: not below 0");
    RC_TRY(check_inputs(opt, err));
    choose_format(job);
    RC_TRY(check_h5(job, err));
    if (!rc_path_is_std(opt->output))
        RC_TRY(check_written(opt, "--output", opt->output, err));
    for (size_t i = 0; i < opt->reports.n; i++)
        RC_TRY(check_report(opt, i, err));
    RC_TRY(check_rejects(opt, err));
    return check_metrics_options(job, err);
}
