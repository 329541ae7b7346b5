/* job.c - open what a job needs, and close it. */
#include "run/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/cpu.h"
#include "base/text.h"
#include "run/public.h"

/* Stored bytes of input for each thread that is started unasked. */
enum { SMALL_BYTES = 64 << 10 };

static const char *const stdin_only[] = {"-"};

void rc_job_options_sized(rc_job_options *opt, size_t struct_bytes)
{
    const rc_job_options full = {.delimiter = RC_NO_DELIMITER};
    rc_struct_fill(opt, struct_bytes, &full, sizeof(full));
}

uint64_t rc_job_elapsed_ns(const rc_job *job)
{
    return (uint64_t)(rc_clock_ns() - job->begun);
}

static void warn_of_model(const rc_job *job)
{
    char text[RC_MODEL_WARNING_BYTES + 256];
    if (job->model->warning[0] == '\0' || job->opt->warning == NULL)
        return;
    snprintf(text, sizeof(text), "%.250s: %s", job->opt->model, job->model->warning);
    job->opt->warning(job->opt->context, text);
}

static rc_status open_model(rc_job *job, rc_error *err)
{
    const rc_job_options *opt = job->opt;
    rc_model_options reading = {.reader = opt->reader,
                                .sandbox = opt->sandbox,
                                .architecture = opt->architecture,
                                .format = opt->model_format};
    rc_status st = rc_model_open(&job->model, opt->model, &reading, err);
    if (st < 0)
        return rc_error_wrap(err, st, "%s", opt->model);
    warn_of_model(job);
    rc_plan_options options = {.cpu = opt->cpu};
    RC_TRY(rc_plan_compile(&job->plan, job->model, &options, err));
    rc_model_forget_arrays(job->model);
    return RC_OK;
}

/* What --emit may ask for depends on the model alone: it is refused before data is opened. */
static rc_status check_emit(const rc_job *job, rc_error *err)
{
    rc_output_columns columns;
    const rc_schema no_schema = {0};
    const rc_binding no_copies = {0};
    RC_TRY(rc_output_columns_init(&columns, job->model, job->opt, &no_schema, &no_copies, NULL,
                                  job->format, err));
    rc_output_columns_release(&columns);
    return RC_OK;
}

static rc_status decide_options(rc_job *job, rc_error *err)
{
    const rc_job_options *opt = job->opt;
    const rc_model *m = job->model;
    if (opt->has_threshold && m->task != RC_TASK_BINARY)
        return rc_error_set(err, RC_E_USAGE, "--threshold is for binary models");
    if (opt->positive != NULL && m->task != RC_TASK_BINARY)
        return rc_error_set(err, RC_E_USAGE, "--positive is for binary models");
    if (opt->has_threshold)
        RC_TRY(rc_decision_check_threshold(m, opt->threshold, "--threshold:", err));
    size_t positive;
    RC_TRY(rc_decision_find_positive(m, opt->positive, "--positive", &positive, err));
    rc_decision_init(&job->decision, m, opt->has_threshold ? &opt->threshold : NULL, positive);
    RC_TRY(check_emit(job, err));
    size_t n_truth = m->task == RC_TASK_REGRESSION ? m->width : 1;
    if (opt->truth.n > 0 && opt->truth.n != n_truth)
        return rc_error_set(err, RC_E_USAGE, "--truth: %zu columns, but the model has %zu target%s",
                            opt->truth.n, n_truth, n_truth == 1 ? "" : "s");
    rc_status st = RC_OK;
    for (size_t i = 0; i < opt->require.n && st == RC_OK; i++) {
        st = rc_requirement_check(&job->requirements[i], m->task, err);
        if (st < 0)
            rc_error_wrap(err, st, "--require '%s'", opt->require.items[i]);
    }
    return st;
}

/* How cells are read; a text of --na has no blanks around it, as it is compared so. */
static void choose_rules(rc_job *job)
{
    const rc_job_options *opt = job->opt;
    job->rules = (rc_cell_rules){.missing = rc_missing_default,
                                 .decimal = opt->decimal != 0 ? opt->decimal : '.'};
    if (opt->has_na)
        job->rules.missing = (rc_missing_list){.items = opt->na.items, .n = opt->na.n};
    bool skips = opt->rejects != NULL || opt->has_max_rejects;
    job->on_error = opt->on_error != RC_ON_ERROR_AUTO ? opt->on_error
                    : skips                           ? RC_ON_ERROR_SKIP
                                                      : RC_ON_ERROR_STOP;
    job->rejects.has_most = opt->has_max_rejects && !opt->max_rejects_percent;
    job->rejects.most = opt->max_rejects;
}

static rc_status bind_columns(rc_job *job, const rc_input_columns *columns, rc_error *err)
{
    const rc_job_options *opt = job->opt;
    rc_bind_request request = {
        .n_inputs = job->model->n_inputs,
        .inputs = columns->names,
        .mapped = columns->mapped,
        .columns = opt->columns,
        .truth = opt->truth,
        .id = opt->id,
        .keep = opt->keep,
        .weight = opt->weight,
        .keep_all = opt->keep_all,
    };
    rc_status st = rc_binding_init(&job->binding, job->schema, &request, err);
    return st < 0 ? rc_error_wrap(err, st, "%s", rc_input_name(job->inputs.items[0])) : RC_OK;
}

/* What options call a column: each may be a dataset beside an HDF5 table. */
static rc_status list_asked(const rc_job *job, const rc_input_columns *columns, const char ***asked,
                            size_t *n, rc_error *err)
{
    const rc_job_options *opt = job->opt;
    const rc_strings lists[] = {opt->truth, opt->id, opt->keep, opt->columns};
    const size_t n_lists = sizeof(lists) / sizeof(*lists);
    *n = opt->weight != NULL;
    size_t n_mapped = columns->mapped != NULL ? job->model->n_inputs : 0;
    for (size_t i = 0; i < n_lists; i++)
        *n += lists[i].n;
    *asked = rc_alloc_array(*n + n_mapped, sizeof(**asked));
    if (*asked == NULL)
        return rc_error_nomem(err);
    *n = 0;
    for (size_t i = 0; i < n_lists; i++)
        for (size_t k = 0; k < lists[i].n; k++)
            (*asked)[(*n)++] = lists[i].items[k];
    if (opt->weight != NULL)
        (*asked)[(*n)++] = opt->weight;
    for (size_t i = 0; i < n_mapped; i++)
        if (columns->mapped[i] != NULL)
            (*asked)[(*n)++] = columns->mapped[i];
    return RC_OK;
}

/* Options that speak of text. */
static rc_status check_h5(const rc_job_options *opt, rc_error *err)
{
    const char *option = opt->delimiter >= 0            ? "--delimiter"
                         : opt->header == RC_HEADER_YES ? "--header"
                         : opt->header == RC_HEADER_NO  ? "--no-header"
                         : opt->decimal != 0            ? "--decimal"
                                                        : NULL;
    if (option == NULL)
        return RC_OK;
    return rc_error_set(err, RC_E_USAGE, "%s is for text, and the input is HDF5", option);
}

static void warn_unreadable(const rc_job *job)
{
    const rc_h5_table *table = rc_h5_source_table(job->h5_source);
    for (size_t c = 0; job->opt->warning != NULL && c < table->n_columns; c++) {
        char text[600], label[192];
        if (table->columns[c].type != RC_H5_UNREADABLE)
            continue;
        snprintf(text, sizeof(text), "column %s is left out: it holds %.200s",
                 rc_column_label(job->schema, c, label), table->columns[c].why);
        job->opt->warning(job->opt->context, text);
    }
}

static rc_status open_h5_source(rc_job *job, const rc_input_columns *columns, rc_error *err)
{
    const rc_job_options *opt = job->opt;
    const char **asked;
    size_t n_asked;
    RC_TRY(check_h5(opt, err));
    RC_TRY(list_asked(job, columns, &asked, &n_asked, err));
    rc_h5_source_options options = {
        .inputs = job->inputs,
        .dataset = opt->dataset,
        .beside = {asked, n_asked},
        .reader = opt->reader,
        .sandbox = opt->sandbox,
        .max_memory = opt->max_memory,
        .packet_bytes = opt->packet_bytes > 0 ? opt->packet_bytes : RC_PACKET_BYTES,
        .max_columns = opt->max_columns,
        .has_limit = opt->has_limit,
        .limit = opt->limit,
    };
    rc_status st = rc_h5_source_open(&job->h5_source, &options, err);
    free(asked);
    if (st < 0)
        return st;
    job->schema = rc_h5_source_schema(job->h5_source);
    job->bytes_total = rc_h5_source_bytes_total(job->h5_source);
    RC_TRY(bind_columns(job, columns, err));
    warn_unreadable(job);
    return rc_h5_source_bind(job->h5_source, &job->binding, err);
}

static rc_status open_source(rc_job *job, const rc_input_columns *columns, rc_error *err)
{
    const rc_job_options *opt = job->opt;
    job->inputs = opt->inputs.n > 0 ? opt->inputs : (rc_strings){stdin_only, 1};
    bool is_auto = opt->input_format == RC_INPUT_AUTO;
    if (opt->input_format == RC_INPUT_HDF5 ||
        (is_auto && (opt->dataset != NULL || rc_h5_source_takes(job->inputs.items[0]))))
        return open_h5_source(job, columns, err);
    if (opt->dataset != NULL)
        return rc_error_set(err, RC_E_USAGE, "--dataset is for HDF5, and --input-format says %s",
                            opt->input_format == RC_INPUT_CSV ? "csv" : "tsv");
    rc_source_options options = {
        .inputs = job->inputs,
        .dialect = {.model_inputs = columns->expected,
                    .delimiter = opt->input_format == RC_INPUT_TSV && opt->delimiter < 0
                                     ? '\t'
                                     : opt->delimiter,
                    .header = opt->header,
                    .max_columns = opt->max_columns,
                    .decimal = job->rules.decimal},
        .packet_bytes = opt->packet_bytes > 0 ? opt->packet_bytes : RC_PACKET_BYTES,
        .max_line_bytes = job->max_line_bytes,
        .has_limit = opt->has_limit,
        .limit = opt->limit,
        .keeps_broken = job->on_error != RC_ON_ERROR_STOP,
    };
    RC_TRY(rc_source_open(&job->source, &options, err));
    job->schema = rc_source_schema(job->source);
    job->bytes_total = rc_source_bytes_total(job->source);
    return bind_columns(job, columns, err);
}

static rc_status open_metrics(const rc_job *job, rc_metrics **out, rc_error *err)
{
    const rc_model *m = job->model;
    bool is_regression = m->task == RC_TASK_REGRESSION;
    rc_metrics_spec spec = {
        .task = m->task,
        .n_targets = is_regression ? m->width : 0,
        .targets = (const char *const *)m->targets,
        .n_classes = m->n_classes,
        .classes = (const char *const *)m->classes,
        .positive = job->decision.positive,
        .has_probability = m->link != RC_LINK_NONE,
        .has_margin = m->task == RC_TASK_BINARY && m->link == RC_LINK_NONE,
        .weighted = job->opt->weight != NULL,
        .is_float32 = m->dtype == RC_FLOAT32,
        .log = rc_plan_log(job->plan),
    };
    return rc_metrics_open(out, &spec, err);
}

/* A small file is done before a second thread has started: it would cost milliseconds. */
static int useful_threads(const rc_job *job)
{
    uint64_t most = 1 + job->bytes_total / SMALL_BYTES;
    bool is_small = job->bytes_total > 0 && most < (uint64_t)job->n_threads;
    return is_small ? (int)most : job->n_threads;
}

static rc_status open_packets(rc_job *job, rc_error *err)
{
    job->n_packets = 2 * (size_t)job->n_workers + 2;
    job->packets = rc_alloc_array(job->n_packets, sizeof(*job->packets));
    return job->packets != NULL ? RC_OK : rc_error_nomem(err);
}

static rc_status open_all_metrics(rc_job *job, rc_error *err)
{
    if (job->opt->truth.n == 0)
        return RC_OK;
    RC_TRY(open_metrics(job, &job->metrics, err));
    for (size_t i = 0; i < job->n_packets; i++)
        RC_TRY(open_metrics(job, &job->packets[i].metrics, err));
    if (job->model->task == RC_TASK_REGRESSION)
        return RC_OK;
    RC_TRY(rc_vocabulary_open(&job->classes, (const char *const *)job->model->classes, NULL,
                              job->model->n_classes, true, err));
    rc_vocabulary_set_decimal(job->classes, job->rules.decimal);
    return RC_OK;
}

/* A file takes all refused rows; else the first is told, or the one that is too many. */
static uint64_t most_kept(const rc_job *job)
{
    if (job->opt->rejects != NULL)
        return UINT64_MAX;
    bool is_small = job->rejects.has_most && job->rejects.most < 0x1p53;
    return is_small ? (uint64_t)job->rejects.most + 1 : 1;
}

static rc_status open_workers(rc_job *job, rc_error *err)
{
    job->shared = (rc_worker_shared){
        .model = job->model,
        .plan = job->plan,
        .decision = &job->decision,
        .schema = job->schema,
        .binding = &job->binding,
        .columns = &job->columns,
        .classes = job->classes,
        .inputs = job->input_rules,
        .rules = &job->rules,
        .on_error = job->on_error,
        .most_kept = most_kept(job),
        .compression = job->format == RC_OUTPUT_HDF5 ? RC_COMPRESS_NONE : job->compression,
        .compression_level = job->opt->compression_level,
        .max_line_bytes = job->max_line_bytes,
    };
    job->workers = rc_alloc_array((size_t)job->n_workers, sizeof(*job->workers));
    if (job->workers == NULL)
        return rc_error_nomem(err);
    for (int i = 0; i < job->n_workers; i++)
        RC_TRY(rc_worker_open(&job->workers[i], &job->shared, err));
    return RC_OK;
}

static rc_status open_reports(rc_job *job, rc_error *err)
{
    size_t n = job->opt->reports.n;
    job->reports = rc_alloc_array(n, sizeof(*job->reports));
    if (job->reports == NULL)
        return rc_error_nomem(err);
    for (size_t i = 0; i < n; i++) {
        const char *path = job->opt->reports.items[i];
        if (rc_path_is_std(path))
            continue;
        rc_status st = rc_output_open(&job->reports[i], path, &job->hook, err);
        if (st < 0)
            return rc_error_wrap(err, st, "%s", path);
    }
    return RC_OK;
}

static rc_status open_h5_out(rc_job *job, rc_error *err)
{
    rc_h5_out_options options = {.compression = job->opt->compression,
                                 .level = job->opt->compression_level,
                                 .n_threads = job->n_workers};
    return rc_h5_out_open(&job->h5_out, &job->columns.layout, job->output, &options, err);
}

static rc_status open_output(rc_job *job, rc_error *err)
{
    rc_status st = rc_output_open(&job->output, job->opt->output, &job->hook, err);
    if (st < 0)
        return rc_error_wrap(err, st, "%s", rc_job_output_name(job));
    if (job->format == RC_OUTPUT_HDF5)
        RC_TRY(open_h5_out(job, err));
    RC_TRY(rc_rejects_open(&job->rejects, job->opt->rejects, job->schema, &job->hook, err));
    return open_reports(job, err);
}

/* Model first, output last; nothing has been written before all is checked. */
static rc_status open_job(rc_job *job, rc_error *err)
{
    const rc_job_options *opt = job->opt;
    job->begun = rc_clock_ns();
    job->started = (int64_t)time(NULL);
    job->max_line_bytes = opt->max_line_bytes > 0 ? opt->max_line_bytes : RC_MAX_LINE_BYTES;
    choose_rules(job);
    RC_TRY(open_model(job, err));
    RC_TRY(decide_options(job, err));
    RC_TRY(rc_input_rules_open(&job->input_rules, job->model, job->plan, job->rules.decimal, err));
    rc_input_columns columns;
    rc_status st = rc_job_name_inputs(job, &columns, err);
    if (st == RC_OK)
        st = open_source(job, &columns, err);
    rc_input_columns_release(&columns);
    RC_TRY(st);
    RC_TRY(rc_output_columns_init(
        &job->columns, job->model, opt, job->schema, &job->binding,
        job->h5_source != NULL ? rc_h5_source_table(job->h5_source) : NULL, job->format, err));
    job->n_threads = opt->n_threads > 0 ? opt->n_threads : rc_cpu_threads();
    job->n_workers = opt->n_threads > 0 ? opt->n_threads : useful_threads(job);
    if (job->h5_source != NULL)
        RC_TRY(rc_h5_source_threads(job->h5_source, &job->n_workers, err));
    RC_TRY(open_packets(job, err));
    RC_TRY(open_all_metrics(job, err));
    RC_TRY(open_workers(job, err));
    return open_output(job, err);
}

static void close_packets(rc_job *job)
{
    for (size_t i = 0; job->packets != NULL && i < job->n_packets; i++) {
        rc_packet_free_data(&job->packets[i]);
        for (size_t k = 0; k < job->packets[i].n_blocks; k++)
            rc_buf_release(&job->packets[i].blocks[k]);
        free(job->packets[i].blocks);
        rc_buf_release(&job->packets[i].out);
        rc_refused_rows_release(&job->packets[i].refused);
        rc_metrics_close(job->packets[i].metrics);
    }
    free(job->packets);
}

static void close_job(rc_job *job)
{
    for (int i = 0; job->workers != NULL && i < job->n_workers; i++)
        rc_worker_close(job->workers[i]);
    free(job->workers);
    close_packets(job);
    for (size_t i = 0; job->reports != NULL && i < job->opt->reports.n; i++)
        rc_output_close(job->reports[i]);
    free(job->reports);
    rc_h5_out_close(job->h5_out);
    rc_output_close(job->output);
    rc_rejects_close(&job->rejects);
    rc_metrics_close(job->metrics);
    rc_vocabulary_close(job->classes);
    rc_input_rules_close(job->input_rules, job->model != NULL ? job->model->n_inputs : 0);
    rc_output_columns_release(&job->columns);
    rc_binding_release(&job->binding);
    rc_source_close(job->source);
    rc_h5_source_close(job->h5_source);
    rc_plan_close(job->plan);
    rc_model_close(job->model);
    free(job->requirements);
}

rc_status rc_run(const rc_job_options *given, rc_error *err)
{
    /* A program that was built with an older header knows fewer fields. */
    rc_job_options full, *opt = &full;
    rc_job_options_default(opt);
    if (given == NULL || given->struct_bytes < offsetof(rc_job_options, inputs))
        return rc_error_set(err, RC_E_USAGE, "the options are not from rc_job_options_default()");
    memcpy(opt, given, given->struct_bytes < sizeof(full) ? given->struct_bytes : sizeof(full));
    rc_job job = {.opt = opt, .hook = {.notify = opt->temporary, .context = opt->context}};
    rc_status st = rc_job_check(&job, err);
    if (st == RC_OK)
        st = open_job(&job, err);
    if (st == RC_OK && opt->dry_run)
        st = rc_job_tell_plan(&job, err);
    if (st == RC_OK && !opt->dry_run)
        st = rc_job_run(&job, err);
    if (st == RC_OK && !opt->dry_run)
        st = rc_job_publish(&job, err);
    close_job(&job);
    return st;
}
