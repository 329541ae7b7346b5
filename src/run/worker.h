/* worker.h - a packet's whole way on one thread: decode, score, encode, compress, measure. */
#ifndef RC_RUN_WORKER_H
#define RC_RUN_WORKER_H

#include "run/cells.h"
#include "run/layout.h"
#include "run/packet.h"
#include "score/decide.h"

/* What all workers read; set before the ring runs. */
typedef struct rc_worker_shared {
    const rc_model *model;
    const rc_plan *plan;
    const rc_decision *decision;
    const rc_schema *schema;
    const rc_binding *binding;
    const rc_input_rule *inputs; /* (n_inputs) */
    const rc_output_columns *columns;
    const rc_vocabulary *classes; /* classification with truth, else NULL */
    const rc_cell_rules *rules;
    rc_on_error on_error; /* never AUTO */
    uint64_t most_kept;   /* refused rows of a packet that the sink has to know one by one */
    rc_compression compression;
    int compression_level;
    size_t max_line_bytes;
} rc_worker_shared;

typedef struct rc_worker rc_worker;

/* One a thread; keeps `shared`. */
rc_status rc_worker_open(rc_worker **out, const rc_worker_shared *shared, rc_error *err);
void rc_worker_close(rc_worker *worker); /* NULL is fine */

/* Scores a packet that the source has filled; a failure marks it. A packet that is marked already
 * passes. */
void rc_worker_score(rc_worker *worker, rc_packet *packet);

#endif
