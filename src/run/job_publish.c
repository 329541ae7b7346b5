/* job_publish.c - requirements, reports, and the commit of all outputs. */
#include <stdio.h>

#include "base/num.h"
#include "base/text.h"
#include "model/words.h"
#include "run/job.h"

/* To its temporary, or to whoever takes text. */
static rc_status write_report(rc_job *job, const rc_report *report, size_t i, rc_error *err)
{
    const char *path = job->opt->reports.items[i];
    rc_buf text = {0};
    rc_status st = rc_text_ends(path, strlen(path), ".json") ? rc_report_json(report, &text, err)
                                                             : rc_report_text(report, &text, err);
    if (st == RC_OK && job->reports[i] != NULL)
        st = rc_output_write(job->reports[i], text.data, text.n, err);
    else if (st == RC_OK && job->opt->report_text != NULL &&
             !job->opt->report_text(job->opt->context, text.data, text.n))
        st = rc_error_set(err, RC_E_OUTPUT, "the report could not be written");
    rc_buf_release(&text);
    return st < 0 ? rc_error_wrap(err, st, "%s", path) : RC_OK;
}

/* The share of refused rows is known at the end. Others are a warning. */
static rc_status check_rejects(const rc_job *job, rc_error *err)
{
    const rc_job_options *opt = job->opt;
    const rc_rejects *r = &job->rejects;
    char text[1200], share[RC_NUM_BYTES + 1] = "";
    if (r->n == 0)
        return RC_OK;
    snprintf(text, sizeof(text), "%llu of %llu rows refused", (unsigned long long)r->n,
             (unsigned long long)job->n_rows);
    bool is_share = opt->has_max_rejects && opt->max_rejects_percent;
    /* divided, so that 69 of 3000 are 2.3 and not a bit more */
    if (is_share && (double)r->n * 100 / (double)job->n_rows > opt->max_rejects) {
        share[rc_num_print_f64(opt->max_rejects, share)] = '\0';
        rc_error_set(err, RC_E_DATA, "%s, more than --max-rejects %s%%", text, share);
        rc_error_hint(err, "the first: %s", r->first.text);
        return RC_E_DATA;
    }
    size_t n = strlen(text);
    snprintf(text + n, sizeof(text) - n, "; the first: %.1000s", r->first.text);
    if (opt->warning != NULL && opt->rejects == NULL)
        opt->warning(opt->context, text);
    return RC_OK;
}

typedef rc_status output_step(rc_output *out, rc_error *err);

static rc_status step_one(output_step *step, rc_output *out, const char *name, rc_error *err)
{
    rc_status st = out != NULL ? step(out, err) : RC_OK;
    return st < 0 ? rc_error_wrap(err, st, "%s", name) : RC_OK;
}

/* The reports come last: one that is there tells of predictions that are there. */
static rc_status step_all(output_step *step, const rc_job *job, rc_error *err)
{
    RC_TRY(step_one(step, job->output, rc_job_output_name(job), err));
    RC_TRY(step_one(step, job->rejects.output, job->opt->rejects, err));
    for (size_t i = 0; i < job->opt->reports.n; i++)
        RC_TRY(step_one(step, job->reports[i], job->opt->reports.items[i], err));
    return RC_OK;
}

/* A full disk is met before any name is taken. */
static rc_status commit(const rc_job *job, rc_error *err)
{
    RC_TRY(step_all(rc_output_settle, job, err));
    return step_all(rc_output_finish, job, err);
}

static rc_status evaluate(rc_job *job, rc_error *err)
{
    if (job->opt->require.n == 0)
        return RC_OK;
    json_t *values, *undefined;
    RC_TRY(rc_metrics_values(job->metrics, &values, &undefined, err));
    for (size_t i = 0; i < job->opt->require.n; i++)
        rc_requirement_evaluate(&job->requirements[i], values, undefined);
    json_decref(values);
    json_decref(undefined);
    return RC_OK;
}

/* The status that the requirements leave: the first failure is the text, the others are hints. */
static rc_status judge(const rc_job *job, rc_error *err)
{
    size_t n_failed = 0;
    for (size_t i = 0; i < job->opt->require.n; i++) {
        const rc_requirement *r = &job->requirements[i];
        if (r->holds)
            continue;
        char value[RC_NUM_BYTES + 1] = "";
        if (r->is_defined)
            value[rc_num_print_f64(r->value, value)] = '\0';
        const char *is = r->is_defined ? "is " : "is undefined (";
        const char *end = r->is_defined ? "" : ")", *what = r->is_defined ? value : r->reason;
        if (n_failed++ == 0)
            rc_error_set(err, RC_E_REQUIREMENT, "requirement '%s' failed: %s %s%s%s", r->text,
                         r->metric, is, what, end);
        else
            rc_error_hint(err, "and '%s': %s %s%s%s", r->text, r->metric, is, what, end);
    }
    return n_failed > 0 ? RC_E_REQUIREMENT : RC_OK;
}

/* What the readers of foreign files have shut; all do the same. NULL: there were none. */
static const char *sandbox_of(const rc_job *job)
{
    if (job->h5_source != NULL)
        return rc_h5_source_shut(job->h5_source);
    return job->model->shut[0] != '\0' ? job->model->shut : NULL;
}

rc_status rc_job_publish(rc_job *job, rc_error *err)
{
    const rc_job_options *opt = job->opt;
    RC_TRY(check_rejects(job, err));
    RC_TRY(evaluate(job, err));
    bool is_binary = job->model->task == RC_TASK_BINARY;
    rc_report report = {
        .task = job->model->task,
        .rows_read = job->n_rows,
        .rows_scored = job->n_rows - job->rejects.n,
        .rows_rejected = job->rejects.n,
        .rows_unlabelled = job->n_unlabelled,
        .metrics = job->metrics,
        .positive = is_binary ? job->model->classes[job->decision.positive] : NULL,
        .requirements = job->requirements,
        .n_requirements = opt->require.n,
        .model_path = opt->model,
        .model_format = job->model->format,
        .model_sha256 = job->model->sha256,
        .model_dtype = rc_words_dtype[job->model->dtype],
        .data = job->inputs,
        .output = opt->output != NULL ? opt->output : "-",
        .arguments = opt->arguments,
        .cpu = rc_cpu_level_name(rc_plan_cpu(job->plan)),
        .n_threads = job->n_threads,
        .sandbox = sandbox_of(job),
        .started = job->started,
        .seconds = (double)rc_job_elapsed_ns(job) / 1e9,
    };
    for (size_t i = 0; i < opt->reports.n; i++)
        RC_TRY(write_report(job, &report, i, err));
    RC_TRY(commit(job, err));
    return judge(job, err);
}
