/* worker.c - a packet's whole way on one thread: decode, score, encode, compress, measure. */
#include "run/worker.h"

#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "io/pack.h"
#include "run/convert.h"
#include "run/h5_records.h"
#include "run/source.h"
#include "score/verdict.h"
#include "table/csv_split.h"

struct rc_worker {
    const rc_worker_shared *shared;
    rc_splitter *splitter;
    rc_scratch scratch;
    rc_tile tile;
    const double **reals; /* (2 * width) columns of the scratch's value, then of its margin */
    double *both;         /* (2, RC_TILE_ROWS) binary: probabilities of the two classes */
    uint32_t labels[RC_TILE_ROWS];
    unsigned char fates[RC_TILE_ROWS]; /* rc_row_fate */
    bool has_refused;                  /* a row of the batch is not scored */
    rc_pack *pack;
    rc_buf rows;               /* encoded, before compression */
    rc_h5_rows *h5_rows;       /* NULL until a packet has rows of an HDF5 table */
    rc_h5_records *h5_records; /* NULL until then, too */
    const void **raw;          /* (n_fields) copies that keep their type, in: */
    uint64_t *raw_values;      /* (n_copies, RC_TILE_ROWS) */
};

/* A batch of wide records holds fewer of them, so that its index of cells stays small. */
static size_t batch_records(size_t n_columns)
{
    const size_t most_cells = (size_t)1 << 20;
    size_t n = most_cells / (n_columns > 0 ? n_columns : 1);
    return n < 1 ? 1 : n > RC_TILE_ROWS ? RC_TILE_ROWS : n;
}

static rc_status worker_init(rc_worker *w, rc_error *err)
{
    const rc_worker_shared *s = w->shared;
    size_t width = s->model->width;
    w->reals = rc_alloc_array(2 * width, sizeof(*w->reals));
    w->both = rc_alloc_array(2 * RC_TILE_ROWS, sizeof(double));
    if (w->reals == NULL || w->both == NULL)
        return rc_error_nomem(err);
    RC_TRY(rc_splitter_open(&w->splitter, s->schema->delimiter, s->schema->n_columns,
                            batch_records(s->schema->n_columns), err));
    rc_splitter_use(w->splitter, rc_plan_cpu(s->plan));
    RC_TRY(rc_scratch_init(&w->scratch, s->plan, err));
    RC_TRY(rc_tile_init(&w->tile, s, &w->scratch, err));
    for (size_t k = 0; k < width; k++) {
        w->reals[k] = w->scratch.value + k * RC_TILE_ROWS;
        w->reals[width + k] = w->scratch.margin + k * RC_TILE_ROWS;
    }
    return rc_pack_open(&w->pack, s->compression, s->compression_level, err);
}

rc_status rc_worker_open(rc_worker **out, const rc_worker_shared *shared, rc_error *err)
{
    *out = NULL;
    rc_worker *w = rc_alloc_array(1, sizeof(*w));
    if (w == NULL)
        return rc_error_nomem(err);
    w->shared = shared;
    rc_status st = worker_init(w, err);
    if (st < 0) {
        rc_worker_close(w);
        return st;
    }
    *out = w;
    return RC_OK;
}

void rc_worker_close(rc_worker *w)
{
    if (w == NULL)
        return;
    rc_splitter_close(w->splitter);
    rc_scratch_release(&w->scratch);
    rc_tile_release(&w->tile);
    rc_pack_close(w->pack);
    rc_buf_release(&w->rows);
    rc_h5_rows_close(w->h5_rows);
    if (w->h5_records != NULL)
        rc_h5_records_release(w->h5_records);
    free(w->h5_records);
    free(w->raw);
    free(w->raw_values);
    free(w->reals);
    free(w->both);
    free(w);
}

/* Refuses the rows whose score is no finite number. The margin counts where it is what the decision
 * or the output is made of. */
static void refuse_non_finite(rc_worker *w, size_t n)
{
    size_t width = w->shared->model->width;
    bool needs_margin = w->shared->columns->needs_margin;
    uint64_t bad = rc_verdict_non_finite(&w->scratch, width, needs_margin);
    for (size_t r = 0; bad != 0 && r < n; r++)
        if ((bad >> r & 1) != 0 && w->tile.refusals[r].kind == RC_REFUSAL_NONE)
            rc_refusal_set(&w->tile.refusals[r], RC_REFUSAL_NON_FINITE_SCORE, RC_NO_COLUMN,
                           rc_verdict_text(&w->scratch, width, r, needs_margin), "", 0);
}

/* Refuses the rows for which a step of the model has no answer. */
static void refuse_unanswered(rc_worker *w, size_t n)
{
    const rc_worker_shared *s = w->shared;
    uint64_t refused = w->scratch.refused;
    for (size_t r = 0; refused != 0 && r < n; r++) {
        rc_refusal *refusal = &w->tile.refusals[r];
        if ((refused >> r & 1) == 0 || refusal->kind != RC_REFUSAL_NONE)
            continue;
        rc_error why;
        size_t input;
        rc_plan_refusal(s->plan, &w->scratch, r, &input, &why);
        rc_refusal_set(refusal, RC_REFUSAL_UNSEEN_CATEGORY,
                       input < s->binding->n_features ? s->binding->features[input] : RC_NO_COLUMN,
                       why.text, "", 0);
    }
}

/* The first refused row ends the run: says so in the packet. */
static rc_status stop(const rc_worker *w, rc_packet *packet, const rc_record *record, size_t r,
                      rc_error *err)
{
    const rc_worker_shared *s = w->shared;
    const rc_refusal *refusal = &w->tile.refusals[r];
    rc_status st =
        refusal->kind == RC_REFUSAL_LINE_TOO_LONG
            ? rc_source_refuse_long(record->raw, record->raw_bytes, s->max_line_bytes, err)
            : rc_refusal_error(s->schema, refusal->column, refusal->text, strlen(refusal->text),
                               err);
    return rc_packet_fail(packet, st, record->line);
}

/* What a refused row is: bytes of the packet, which are made for a row of an HDF5 table. */
static bool place_refused(const rc_worker *w, rc_packet *packet, const rc_record *record, size_t r,
                          rc_refused_row *where)
{
    if (packet->part == NULL) {
        where->at = (uint32_t)(record->raw - packet->data);
        where->raw_bytes = record->raw_bytes;
        return true;
    }
    if (packet->refused.n >= w->shared->most_kept)
        return true;
    rc_buf text = {packet->data, packet->n_bytes, packet->capacity};
    bool ok = rc_h5_record_text(&w->tile, packet->part->need, r, &text);
    where->at = (uint32_t)packet->n_bytes;
    where->raw_bytes = (uint32_t)(text.n - packet->n_bytes);
    packet->data = text.data;
    packet->n_bytes = text.n;
    packet->capacity = text.capacity;
    return ok && text.n <= UINT32_MAX;
}

/* Notes the refused rows of a batch, or stops at the first; the others keep their fate. */
static rc_status refuse_rows(rc_worker *w, rc_packet *packet, const rc_record *records, size_t n,
                             rc_error *err)
{
    rc_on_error on_error = w->shared->on_error;
    for (size_t r = 0; r < n; r++) {
        w->fates[r] = RC_ROW_SCORED;
        if (w->tile.refusals[r].kind == RC_REFUSAL_NONE)
            continue;
        if (on_error == RC_ON_ERROR_STOP)
            return stop(w, packet, &records[r], r, err);
        /* how much of a long record is at hand depends on the packets */
        bool is_whole = w->tile.refusals[r].kind != RC_REFUSAL_LINE_TOO_LONG;
        w->fates[r] = on_error != RC_ON_ERROR_NULL ? RC_ROW_OMITTED
                      : is_whole                   ? RC_ROW_EMPTY
                                                   : RC_ROW_BLANK;
        w->has_refused = true;
        rc_refused_row where = {.row = (uint32_t)(packet->n_rows + r), .line = records[r].line};
        if (!place_refused(w, packet, &records[r], r, &where) ||
            !rc_refused_rows_add(&packet->refused, &w->tile.refusals[r], where,
                                 w->shared->most_kept))
            return rc_error_nomem(err);
    }
    return RC_OK;
}

/* The numbers that rows are measured by, as columns of RC_TILE_ROWS; NULL: by their labels alone.
 */
static const double *measured_scores(const rc_worker *w)
{
    const rc_model *m = w->shared->model;
    if (m->link == RC_LINK_NONE)
        return m->task == RC_TASK_BINARY ? w->scratch.margin : NULL;
    if (m->task != RC_TASK_BINARY)
        return w->scratch.value;
    size_t positive = w->shared->decision->positive;
    for (size_t r = 0; r < RC_TILE_ROWS; r++) {
        w->both[positive * RC_TILE_ROWS + r] = w->scratch.value[r];
        w->both[(1 - positive) * RC_TILE_ROWS + r] = 1 - w->scratch.value[r];
    }
    return w->both;
}

static rc_status measure_rows(rc_worker *w, rc_packet *packet, const rc_record *records, size_t n,
                              rc_error *err)
{
    unsigned char which[RC_TILE_ROWS];
    const rc_tile *t = &w->tile;
    rc_metric_rows rows = {.which = which, .stride = RC_TILE_ROWS, .weight = t->weight};
    for (size_t r = 0; r < n; r++) {
        bool is_scored = w->fates[r] == RC_ROW_SCORED;
        packet->n_unlabelled += is_scored && t->is_unlabelled[r];
        which[rows.n] = (unsigned char)r;
        rows.n += is_scored && !t->is_unlabelled[r];
    }
    if (w->shared->model->task == RC_TASK_REGRESSION) {
        rows.values = w->scratch.value;
        rows.truth = t->truth;
    } else {
        rows.scores = measured_scores(w);
        rows.truth_label = t->truth_label;
        rows.predicted = w->labels;
    }
    size_t failed;
    rc_status st = rc_metrics_add_rows(packet->metrics, &rows, &failed, err);
    return st < 0 ? rc_packet_fail(packet, st, records[failed].line) : RC_OK;
}

static rc_status encode_rows(rc_worker *w, const rc_record *records, size_t n, rc_error *err)
{
    rc_result_rows rows = {.records = records,
                           .reals = w->reals,
                           .labels = w->labels,
                           .raw = w->raw,
                           .fates = w->has_refused ? w->fates : NULL,
                           .n_rows = n};
    return rc_encode_rows(&w->shared->columns->layout, &rows, &w->rows) ? RC_OK
                                                                        : rc_error_nomem(err);
}

/* Scores, measures and encodes n records that have been converted with `st`; then `failed` is the
 * one that could not be. */
static rc_status score_batch(rc_worker *w, rc_packet *packet, const rc_record *records, size_t n,
                             rc_status st, size_t failed, const rc_error *failure, rc_error *err)
{
    n = st < 0 ? failed : n; /* a row before it may have to be refused: it comes first */
    rc_plan_run(w->shared->plan, &w->scratch);
    rc_decide(w->shared->decision, &w->scratch, w->labels);
    refuse_unanswered(w, n);
    refuse_non_finite(w, n);
    w->has_refused = false;
    RC_TRY(refuse_rows(w, packet, records, n, err));
    if (packet->metrics != NULL)
        RC_TRY(measure_rows(w, packet, records, n, err));
    RC_TRY(encode_rows(w, records, n, err));
    packet->n_rows += n;
    if (st == RC_OK)
        return RC_OK;
    *err = *failure;
    return rc_packet_fail(packet, st, records[failed].line);
}

static rc_status score_records(rc_worker *w, rc_packet *packet, const rc_record *records, size_t n,
                               rc_error *err)
{
    size_t failed = n;
    rc_error failure;
    rc_status st = rc_tile_convert(&w->tile, records, n, packet->metrics, &failed, &failure);
    return score_batch(w, packet, records, n, st, failed, &failure, err);
}

/* A later file may have other types; what has been written so far has not. */
static rc_status check_types(const rc_worker *w, const rc_h5_table *table, rc_error *err)
{
    const rc_worker_shared *s = w->shared;
    for (size_t i = 0; i < s->binding->n_copies; i++) {
        char label[192];
        const rc_field *field = &s->columns->fields[i];
        const rc_h5_column *column = &table->columns[s->binding->copies[i]];
        if (field->raw_bytes == 0 || (rc_h5_keeps_type(column) && column->type == field->raw_type &&
                                      column->n_bytes == field->raw_bytes))
            continue;
        return rc_error_set(err, RC_E_DATA,
                            "column %s has another type than in the first file, which HDF5 output "
                            "keeps",
                            rc_column_label(s->schema, s->binding->copies[i], label));
    }
    return RC_OK;
}

static rc_status open_raw(rc_worker *w, rc_error *err)
{
    const rc_worker_shared *s = w->shared;
    w->raw = rc_alloc_array(s->columns->layout.n_fields, sizeof(*w->raw));
    w->raw_values = rc_alloc_array(s->binding->n_copies, RC_TILE_ROWS * sizeof(uint64_t));
    return w->raw != NULL && w->raw_values != NULL ? RC_OK : rc_error_nomem(err);
}

/* The copies that keep their type, of n rows; they are the first fields. */
static void copy_raw(rc_worker *w, size_t first, size_t n)
{
    const rc_worker_shared *s = w->shared;
    for (size_t i = 0; i < s->binding->n_copies; i++) {
        void *values = &w->raw_values[i * RC_TILE_ROWS];
        if (s->columns->fields[i].raw_bytes > 0)
            rc_h5_rows_raw(w->h5_rows, s->binding->copies[i], first, n, values);
        w->raw[i] = values;
    }
}

static rc_status begin_rows(rc_worker *w, rc_packet *packet, rc_error *err)
{
    const rc_h5_input *part = packet->part;
    if (w->h5_rows == NULL)
        RC_TRY(rc_h5_rows_open(&w->h5_rows, err));
    if (w->h5_records == NULL)
        w->h5_records = rc_alloc_array(1, sizeof(*w->h5_records));
    if (w->h5_records == NULL)
        return rc_error_nomem(err);
    bool keeps_types = w->shared->columns->layout.format == RC_OUTPUT_HDF5;
    if (keeps_types && w->raw == NULL)
        RC_TRY(open_raw(w, err));
    if (keeps_types)
        RC_TRY(check_types(w, part->table, err));
    RC_TRY(rc_h5_rows_load(w->h5_rows, part->fd, part->table, part->need, packet->first_row,
                           packet->n_part_rows, packet->blocks, err));
    return rc_tile_begin_rows(&w->tile, w->h5_rows, part->table, err);
}

/* Rows of an HDF5 table. A row has the number of a line. */
static rc_status score_rows(rc_worker *w, rc_packet *packet, rc_error *err)
{
    RC_TRY(begin_rows(w, packet, err));
    for (size_t first = 0; first < packet->n_part_rows; first += RC_TILE_ROWS) {
        size_t rest = packet->n_part_rows - first;
        size_t n = rest < RC_TILE_ROWS ? rest : RC_TILE_ROWS, failed = n;
        rc_error failure;
        rc_status st = rc_tile_convert_rows(&w->tile, first, n, packet->metrics, &failed, &failure);
        if (w->raw != NULL)
            copy_raw(w, first, n);
        RC_TRY(rc_h5_records_make(w->h5_records, &w->tile, n, first, err));
        RC_TRY(score_batch(w, packet, w->h5_records->records, n, st, failed, &failure, err));
    }
    packet->n_lines = packet->n_part_rows;
    return rc_pack_frame(w->pack, w->rows.data, w->rows.n, &packet->out, err);
}

/* A record that is none: refused, with the bytes of it that are at hand. */
static rc_status score_broken(rc_worker *w, rc_packet *packet, rc_error *err)
{
    rc_record record = {
        .text = packet->data, .raw = packet->data, .raw_bytes = (uint32_t)packet->n_bytes};
    rc_refusal *refusal = &w->tile.refusals[0];
    refusal->kind = packet->broken;
    refusal->column = RC_NO_COLUMN;
    if (packet->broken == RC_REFUSAL_LINE_TOO_LONG)
        rc_source_long_text(w->shared->max_line_bytes, refusal->text);
    else
        rc_refusal_set(refusal, packet->broken, RC_NO_COLUMN, RC_OPEN_QUOTE_TEXT, "", 0);
    w->has_refused = false;
    RC_TRY(refuse_rows(w, packet, &record, 1, err));
    RC_TRY(encode_rows(w, &record, 1, err));
    packet->n_rows = 1;
    return rc_pack_frame(w->pack, w->rows.data, w->rows.n, &packet->out, err);
}

static rc_status score_packet(rc_worker *w, rc_packet *packet, rc_error *err)
{
    const rc_record *records;
    size_t n;
    w->rows.n = 0;
    if (packet->part != NULL)
        return score_rows(w, packet, err);
    if (packet->broken != RC_REFUSAL_NONE)
        return score_broken(w, packet, err);
    RC_TRY(rc_splitter_begin(w->splitter, packet->data, packet->n_bytes, packet->has_quote, err));
    rc_status st;
    while ((st = rc_splitter_next(w->splitter, &records, &n, err)) == RC_OK)
        RC_TRY(score_records(w, packet, records, n, err));
    RC_TRY(st);
    packet->n_lines = rc_splitter_lines(w->splitter);
    return rc_pack_frame(w->pack, w->rows.data, w->rows.n, &packet->out, err);
}

void rc_worker_score(rc_worker *w, rc_packet *packet)
{
    packet->out.n = 0;
    packet->n_rows = packet->n_unlabelled = 0;
    rc_refused_rows_reset(&packet->refused);
    if (packet->metrics != NULL)
        rc_metrics_reset(packet->metrics);
    if (packet->status == RC_OK)
        packet->status = score_packet(w, packet, &packet->error);
}
