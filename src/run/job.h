/* job.h - one scoring job: what is open while it runs. */
#ifndef RC_RUN_JOB_H
#define RC_RUN_JOB_H

#include "io/output.h"
#include "report/report.h"
#include "run/h5_source.h"
#include "run/rejects.h"
#include "run/source.h"
#include "run/worker.h"
#include "table/h5/out.h"

/* Owned by the thread that called rc_run(); the ring's stations reach it as DESIGN says: the source
 * by one thread at a time, a packet and a worker by one thread, the rest of the sink's part by one
 * thread at a time. */
typedef struct rc_job {
    const rc_job_options *opt;
    rc_strings inputs; /* paths; "-" alone where the options name none */
    rc_output_format format;
    rc_compression compression;
    rc_model *model;
    rc_plan *plan;
    rc_decision decision;
    rc_source *source;       /* text, or */
    rc_h5_source *h5_source; /* HDF5: one of the two, else NULL */
    const rc_schema *schema; /* of either */
    rc_binding binding;
    rc_output_columns columns;
    rc_vocabulary *classes;
    rc_input_rule *input_rules; /* (n_inputs) of the model */
    rc_cell_rules rules;
    rc_on_error on_error; /* never AUTO */
    rc_worker_shared shared;
    int n_threads;       /* asked for, or what the machine lends */
    rc_worker **workers; /* (n_workers) */
    int n_workers;       /* threads that are started; fewer for a small file */
    rc_packet *packets;  /* (n_packets) */
    size_t n_packets;
    size_t max_line_bytes;
    rc_output *output;
    rc_h5_out *h5_out; /* HDF5 only: what writes to the output */
    rc_temporary_hook hook;
    rc_requirement *requirements; /* (opt->require.n) */
    rc_output **reports;          /* (opt->reports.n); NULL for "-" */
    int64_t begun;                /* by rc_clock_ns */
    int64_t started;              /* seconds since 1970 */

    /* the sink's */
    rc_metrics *metrics; /* NULL without truth */
    rc_rejects rejects;
    uint64_t n_rows, n_unlabelled;
    uint64_t row, line; /* records and line ends before the packet in its file */
    uint64_t bytes_total;
    uint64_t told_ns; /* when progress was told last */
    uint64_t bytes_read;
} rc_job;

/* What the inputs of a model ask a table for. */
typedef struct rc_input_columns {
    const char **names; /* (n_inputs), borrowed; NULL: they have none */
    const char *
        *mapped; /* (n_inputs) COLUMN of --map or NULL; NULL where the inputs have no names */
    const char **wanted; /* (n_inputs) one or the other */
    rc_strings expected; /* names that the header is likely to hold */
} rc_input_columns;

/* RC_E_USAGE: --map or --columns do not fit the model. To be released on failure, too. */
rc_status rc_job_name_inputs(const rc_job *job, rc_input_columns *out, rc_error *err);
void rc_input_columns_release(rc_input_columns *columns);

/* Checks options that speak of each other or of files; see rc_run for errors. */
rc_status rc_job_check(rc_job *job, rc_error *err);

/* Tells what is bound to what through opt->plan_text. */
rc_status rc_job_tell_plan(const rc_job *job, rc_error *err);

/* Writes the header and all rows. */
rc_status rc_job_run(rc_job *job, rc_error *err);

/* Evaluates requirements, writes the reports, and publishes the output, then the reports, when all
 * of them have been written. RC_E_REQUIREMENT if a requirement fails. */
rc_status rc_job_publish(rc_job *job, rc_error *err);

/* The output's path, or "stdout". */
const char *rc_job_output_name(const rc_job *job);

/* Nanoseconds since the job began. */
uint64_t rc_job_elapsed_ns(const rc_job *job);

#endif
