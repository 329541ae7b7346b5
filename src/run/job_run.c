/* job_run.c - the three stations of the ring. */
#include <stdlib.h>

#include "base/text.h"
#include "io/pack.h"
#include "run/job.h"
#include "run/ring.h"

/* Progress is told at most so often. */
enum { TELL_NS = 100000000 };

const char *rc_job_output_name(const rc_job *job)
{
    const char *path = job->opt->output;
    return rc_path_is_std(path) ? "stdout" : path;
}

static rc_status read_station(void *context, size_t slot, bool *is_slow, rc_error *err)
{
    (void)err; /* failures of the input travel in the packet, in order */
    rc_job *job = context;
    *is_slow = false;
    return job->h5_source != NULL ? rc_h5_source_next(job->h5_source, &job->packets[slot])
                                  : rc_source_next(job->source, &job->packets[slot], is_slow);
}

static void score_station(void *context, size_t slot, int thread)
{
    rc_job *job = context;
    rc_worker_score(job->workers[thread], &job->packets[slot]);
}

static void tell_progress(rc_job *job, bool is_last)
{
    uint64_t now = rc_job_elapsed_ns(job);
    if (job->opt->progress == NULL || (!is_last && now - job->told_ns < TELL_NS))
        return;
    job->told_ns = now;
    rc_progress progress = {.rows = job->n_rows,
                            .bytes_read = job->bytes_read,
                            .bytes_total = job->bytes_total,
                            .elapsed_ns = now,
                            .n_threads = job->n_threads,
                            .cpu = rc_cpu_level_name(rc_plan_cpu(job->plan))};
    job->opt->progress(job->opt->context, &progress);
}

/* The text of a packet's failure, with the place that only the sink knows. */
static rc_status refuse_packet(const rc_job *job, const rc_packet *packet, rc_error *err)
{
    *err = packet->error;
    bool is_damage = packet->part != NULL && packet->status == RC_E_DATA;
    if (!packet->has_line && is_damage)
        return rc_error_wrap(err, packet->status, "%s",
                             rc_input_name(job->inputs.items[packet->file]));
    if (!packet->has_line)
        return packet->status;
    err->row = job->line + packet->error_line + 1;
    return rc_error_wrap(err, packet->status, packet->part != NULL ? "%s: row %llu" : "%s:%llu",
                         rc_input_name(job->inputs.items[packet->file]),
                         (unsigned long long)err->row);
}

static rc_status take_refused(rc_job *job, const rc_packet *packet, rc_error *err)
{
    rc_packet_place place = {
        .file = rc_input_name(job->inputs.items[packet->file]), .row = job->row, .line = job->line};
    rc_status st = rc_rejects_add(&job->rejects, packet, &place, err);
    return st == RC_E_OUTPUT ? rc_error_wrap(err, st, "%s", job->opt->rejects) : st;
}

static rc_status put_rows(rc_job *job, const rc_packet *packet, rc_error *err)
{
    if (job->h5_out != NULL)
        return rc_h5_out_add(job->h5_out, packet->out.data, packet->out.n, err);
    return rc_output_write(job->output, packet->out.data, packet->out.n, err);
}

/* HDF5: the chunks that the sink has filled. */
static rc_status after_station(void *context, int thread, rc_error *err)
{
    rc_job *job = context;
    rc_status st = rc_h5_out_after(job->h5_out, thread, err);
    return st < 0 ? rc_error_wrap(err, st, "%s", rc_job_output_name(job)) : RC_OK;
}

static rc_status sink_station(void *context, size_t slot, rc_error *err)
{
    rc_job *job = context;
    const rc_packet *packet = &job->packets[slot];
    if (packet->begins_file) {
        job->row = 0;
        job->line = packet->header_lines;
    }
    if (packet->status < 0)
        return refuse_packet(job, packet, err);
    RC_TRY(take_refused(job, packet, err));
    rc_status st = put_rows(job, packet, err);
    if (st < 0)
        return rc_error_wrap(err, st, "%s", rc_job_output_name(job));
    if (job->metrics != NULL)
        RC_TRY(rc_metrics_merge(job->metrics, packet->metrics, err));
    job->n_rows += packet->n_rows;
    job->row += packet->n_rows;
    job->n_unlabelled += packet->n_unlabelled;
    job->line += packet->n_lines;
    job->bytes_read = packet->bytes_read;
    tell_progress(job, false);
    return RC_OK;
}

static rc_status write_header(rc_job *job, rc_error *err)
{
    rc_buf text = {0}, packed = {0};
    rc_pack *pack = NULL;
    rc_status st = RC_OK;
    if (!job->opt->no_output_header && !rc_encode_header(&job->columns.layout, &text))
        st = rc_error_nomem(err);
    if (st == RC_OK)
        st = rc_pack_open(&pack, job->compression, job->opt->compression_level, err);
    if (st == RC_OK)
        st = rc_pack_frame(pack, text.data, text.n, &packed, err);
    if (st == RC_OK) {
        st = rc_output_write(job->output, packed.data, packed.n, err);
        if (st < 0)
            rc_error_wrap(err, st, "%s", rc_job_output_name(job));
    }
    rc_pack_close(pack);
    rc_buf_release(&text);
    rc_buf_release(&packed);
    return st;
}

rc_status rc_job_run(rc_job *job, rc_error *err)
{
    if (job->h5_out == NULL)
        RC_TRY(write_header(job, err));
    rc_stations stations = {
        .context = job, .read = read_station, .score = score_station, .sink = sink_station};
    if (job->h5_out != NULL)
        stations.after = after_station;
    RC_TRY(rc_ring_run(&stations, job->n_packets, job->n_workers, err));
    rc_status st = job->h5_out != NULL ? rc_h5_out_finish(job->h5_out, err) : RC_OK;
    if (st < 0)
        return rc_error_wrap(err, st, "%s", rc_job_output_name(job));
    tell_progress(job, true);
    return RC_OK;
}
