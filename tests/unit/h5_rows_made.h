/* h5_rows_made.h - rows of predictions made for tests, and the HDF5 file that comes of them. */
#ifndef RC_TESTS_H5_ROWS_MADE_H
#define RC_TESTS_H5_ROWS_MADE_H

#include "run/ring.h"
#include "table/h5/out.h"

enum { MADE_BATCH = 64, MADE_SLOTS = 6 };

/* A file that is to be made: what its columns are, and how. Columns are "id" (a text whose length
 * is n_text(row)), "count" (int64), "label" (of the labels), "score" (float32 or 64). */
typedef struct making {
    const char *path;
    const char *const *labels;
    const bool *is_number;
    size_t n_labels;
    size_t (*n_text)(uint64_t row);  /* NULL: there is no "id" */
    bool is_float32, has_empty_rows; /* every fifth row is empty */
    uint64_t n_rows, packet_rows;
    rc_h5_out_options options;

    rc_field fields[4];
    rc_layout layout;
    rc_output *output;
    rc_h5_out *out;
    uint64_t n_read; /* rows */
    struct {
        uint64_t first, n;
        rc_buf rows;
    } slots[MADE_SLOTS];
} making;

static inline int64_t made_count(uint64_t row)
{
    return (int64_t)(row * 0x9e3779b97f4a7c15u);
}

/* A quarter is exact in all types. */
static inline double made_score(uint64_t row)
{
    return (double)(row % 1000003) / 4;
}

/* Text number `row`: n letters that depend on it. */
static inline void made_text(uint64_t row, size_t n, char *to)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (char)('a' + (row + i) % 26);
}

static inline bool made_is_empty(const making *m, uint64_t row)
{
    return m->has_empty_rows && row % 5 == 4;
}

static inline bool made_batch(const making *m, uint64_t first, size_t n, rc_buf *out)
{
    int64_t counts[MADE_BATCH];
    double scores[MADE_BATCH];
    uint32_t labels[MADE_BATCH], ends[MADE_BATCH];
    unsigned char fates[MADE_BATCH];
    rc_record records[MADE_BATCH] = {{0}};
    rc_buf texts = {0};
    bool ok = true;
    size_t at[MADE_BATCH];
    for (size_t r = 0; r < n && ok; r++) {
        uint64_t row = first + r;
        counts[r] = made_count(row);
        scores[r] = made_score(row);
        labels[r] = (uint32_t)(row % m->n_labels);
        fates[r] = made_is_empty(m, row) ? RC_ROW_EMPTY : RC_ROW_SCORED;
        ends[r] = m->n_text != NULL ? (uint32_t)m->n_text(row) : 0;
        at[r] = texts.n;
        ok = rc_buf_reserve(&texts, ends[r]);
        if (ok)
            made_text(row, ends[r], texts.data + texts.n);
        texts.n += ends[r];
    }
    for (size_t r = 0; r < n && ok; r++)
        records[r] = (rc_record){.text = texts.data + at[r], .ends = &ends[r], .n_cells = 1};
    const double *reals[] = {scores};
    const void *raw[] = {counts, counts, NULL, NULL};
    rc_result_rows rows = {.fates = m->has_empty_rows ? fates : NULL,
                           .records = records,
                           .reals = reals,
                           .labels = labels,
                           .raw = raw,
                           .n_rows = n};
    ok = ok && rc_encode_rows(&m->layout, &rows, out);
    rc_buf_release(&texts);
    return ok;
}

static inline rc_status made_read(void *context, size_t slot, bool *is_slow, rc_error *err)
{
    (void)err;
    making *m = context;
    *is_slow = false;
    uint64_t rest = m->n_rows - m->n_read;
    m->slots[slot].first = m->n_read;
    m->slots[slot].n = rest < m->packet_rows ? rest : m->packet_rows;
    m->n_read += m->slots[slot].n;
    return rest > 0 ? RC_OK : RC_END;
}

static inline void made_encode(void *context, size_t slot, int thread)
{
    (void)thread;
    making *m = context;
    rc_buf *rows = &m->slots[slot].rows;
    rows->n = 0;
    for (uint64_t done = 0; done < m->slots[slot].n; done += MADE_BATCH) {
        uint64_t rest = m->slots[slot].n - done;
        size_t n = (size_t)(rest < MADE_BATCH ? rest : MADE_BATCH);
        if (!made_batch(m, m->slots[slot].first + done, n, rows))
            abort();
    }
}

static inline rc_status made_sink(void *context, size_t slot, rc_error *err)
{
    making *m = context;
    return rc_h5_out_add(m->out, m->slots[slot].rows.data, m->slots[slot].rows.n, err);
}

static inline rc_status made_after(void *context, int thread, rc_error *err)
{
    making *m = context;
    return rc_h5_out_after(m->out, thread, err);
}

static inline void made_layout(making *m)
{
    size_t n = 0;
    if (m->n_text != NULL)
        m->fields[n++] = (rc_field){.name = "id", .name_bytes = 2, .kind = RC_FIELD_COPY};
    m->fields[n++] = (rc_field){.name = "count",
                                .name_bytes = 5,
                                .kind = RC_FIELD_COPY,
                                .raw_type = RC_H5_INT,
                                .raw_bytes = 8};
    m->fields[n++] = (rc_field){.name = "label", .name_bytes = 5, .kind = RC_FIELD_LABEL};
    m->fields[n++] = (rc_field){.name = "score", .name_bytes = 5, .kind = RC_FIELD_REAL};
    m->layout = (rc_layout){.format = RC_OUTPUT_HDF5,
                            .fields = m->fields,
                            .n_fields = n,
                            .is_float32 = m->is_float32,
                            .labels = m->labels,
                            .label_is_number = m->is_number,
                            .n_labels = m->n_labels,
                            .has_empty_rows = m->has_empty_rows};
    for (size_t k = 0; k < m->n_labels; k++)
        if (strlen(m->labels[k]) > m->layout.most_label_bytes)
            m->layout.most_label_bytes = strlen(m->labels[k]);
}

static inline rc_status made_write(making *m, rc_error *err)
{
    rc_stations stations = {.context = m,
                            .read = made_read,
                            .score = made_encode,
                            .sink = made_sink,
                            .after = made_after};
    RC_TRY(rc_output_open(&m->output, m->path, NULL, err));
    RC_TRY(rc_h5_out_open(&m->out, &m->layout, m->output, &m->options, err));
    RC_TRY(rc_ring_run(&stations, MADE_SLOTS, m->options.n_threads, err));
    RC_TRY(rc_h5_out_finish(m->out, err));
    return rc_output_finish(m->output, err);
}

/* Makes the file. */
static inline rc_status made_file(making *m, rc_error *err)
{
    rc_h5_form *form;
    made_layout(m);
    m->n_read = 0;
    m->out = NULL;
    m->output = NULL;
    if (m->options.n_threads == 0)
        m->options.n_threads = 1;
    if (m->packet_rows == 0)
        m->packet_rows = 1000;
    RC_TRY(rc_h5_form_open(&form, &m->layout, err));
    m->layout.h5 = form;
    rc_status st = made_write(m, err);
    rc_h5_out_close(m->out);
    rc_output_close(m->output);
    rc_h5_form_close(form);
    for (size_t s = 0; s < MADE_SLOTS; s++)
        rc_buf_release(&m->slots[s].rows);
    return st;
}

#endif
