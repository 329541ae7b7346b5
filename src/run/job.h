/* job.h - one scoring job: what is open while it runs. */
#ifndef RC_RUN_JOB_H
#define RC_RUN_JOB_H

#include "io/output.h"
#include "report/report.h"
#include "run/source.h"
#include "run/worker.h"

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
    rc_source *source;
    rc_binding binding;
    rc_output_columns columns;
    rc_vocabulary *classes;
    rc_worker_shared shared;
    int n_threads;       /* asked for, or what the machine lends */
    rc_worker **workers; /* (n_workers) */
    int n_workers;       /* threads that are started; fewer for a small file */
    rc_packet *packets;  /* (n_packets) */
    size_t n_packets;
    size_t max_line_bytes;
    rc_output *output;
    rc_temporary_hook hook;
    rc_requirement *requirements; /* (opt->require.n) */
    rc_output **reports;          /* (opt->reports.n); NULL for "-" */
    int64_t begun;                /* by rc_clock_ns */
    int64_t started;              /* seconds since 1970 */

    /* the sink's */
    rc_metrics *metrics; /* NULL without truth */
    uint64_t n_rows, n_unlabelled;
    uint64_t line; /* line ends before the packet in its file */
    uint64_t bytes_total;
    uint64_t told_ns; /* when progress was told last */
    uint64_t bytes_read;
} rc_job;

/* Checks options that speak of each other or of files; see rc_run for errors. */
rc_status rc_job_check(rc_job *job, rc_error *err);

/* Opens everything, model first, output last; nothing has been written before all is checked. */
rc_status rc_job_open(rc_job *job, rc_error *err);
void rc_job_close(rc_job *job);

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
