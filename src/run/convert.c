/* convert.c - cells of a record into the columns of a tile. */
#include "run/convert.h"

#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "run/source.h"
#include "table/cell.h"

rc_status rc_tile_init(rc_tile *tile, const rc_worker_shared *shared, const rc_scratch *scratch,
                       rc_error *err)
{
    const rc_model *m = shared->model;
    *tile = (rc_tile){
        .shared = shared,
        .parse = rc_num_parsers_of(rc_plan_cpu(shared->plan)),
        .inputs = rc_alloc_array(m->n_inputs, sizeof(*tile->inputs)),
        .truth = rc_alloc_array(m->width, RC_TILE_ROWS * sizeof(double)),
        .truth_label = rc_alloc_array(RC_TILE_ROWS, sizeof(size_t)),
    };
    if (tile->inputs == NULL || tile->truth == NULL || tile->truth_label == NULL) {
        rc_tile_release(tile);
        return rc_error_nomem(err);
    }
    for (size_t i = 0; i < m->n_inputs; i++)
        if (rc_plan_reads(shared->plan, i))
            tile->inputs[i] = rc_scratch_input(scratch, shared->plan, i);
    for (size_t r = 0; r < RC_TILE_ROWS; r++)
        tile->weight[r] = 1;
    return RC_OK;
}

void rc_tile_release(rc_tile *tile)
{
    free(tile->inputs);
    free(tile->truth);
    free(tile->truth_label);
    *tile = (rc_tile){0};
}

static bool is_missing(const char *cell, size_t n)
{
    return rc_cell_is_missing(&rc_missing_default, cell, n);
}

static rc_status refuse(const rc_tile *tile, size_t column, const char *cell, size_t n,
                        const char *cause, rc_error *err)
{
    char label[192], quoted[RC_QUOTED_BYTES];
    rc_column_label(tile->shared->schema, column, label);
    if (n == 0)
        return rc_error_set(err, RC_E_DATA, "column %s: %s", label, cause);
    return rc_error_set(err, RC_E_DATA, "column %s: %s: '%s'", label, cause,
                        rc_text_quote(cell, n, quoted));
}

/* What the model does about a cell that is no number. */
static rc_status take_other(const rc_tile *tile, size_t i, size_t column, const char *cell,
                            size_t n, double *value, rc_error *err)
{
    if (!is_missing(cell, n))
        return refuse(tile, column, cell, n, "not a number", err);
    const rc_model_input *input = &tile->shared->model->inputs[i];
    if (input->missing != RC_MISSING_VALUE)
        return refuse(tile, column, cell, n, "missing value", err);
    *value = input->missing_value;
    return RC_OK;
}

static rc_status convert_features(rc_tile *tile, size_t r, const rc_record *record, rc_error *err)
{
    const rc_binding *binding = tile->shared->binding;
    bool is_float32 = rc_plan_dtype(tile->shared->plan) == RC_FLOAT32;
    for (size_t i = 0; i < binding->n_features; i++) {
        if (tile->inputs[i] == NULL)
            continue;
        size_t n, column = binding->features[i];
        const char *cell = rc_record_cell(record, column, &n);
        float *f32 = (float *)tile->inputs[i] + r;
        double *f64 = (double *)tile->inputs[i] + r;
        if (is_float32 ? tile->parse.f32(cell, cell + n, f32)
                       : tile->parse.f64(cell, cell + n, f64))
            continue;
        double value = 0;
        RC_TRY(take_other(tile, i, column, cell, n, &value, err));
        if (is_float32)
            *f32 = (float)value;
        else
            *f64 = value;
    }
    return RC_OK;
}

static rc_status convert_target(rc_tile *tile, size_t r, size_t k, const rc_record *record,
                                rc_error *err)
{
    size_t n, column = tile->shared->binding->truth[k];
    const char *cell = rc_record_cell(record, column, &n);
    double *to = &tile->truth[r * tile->shared->model->width + k];
    if (rc_num_parse_f64(cell, cell + n, to) && isfinite(*to))
        return RC_OK;
    if (!is_missing(cell, n))
        return refuse(tile, column, cell, n, "the true value is not a finite number", err);
    tile->is_unlabelled[r] = true;
    return RC_OK;
}

/* A class of the model wins over the list of missing texts. */
static rc_status convert_label(rc_tile *tile, size_t r, const rc_record *record,
                               rc_metrics *metrics, rc_error *err)
{
    size_t n, column = tile->shared->binding->truth[0];
    const char *cell = rc_record_cell(record, column, &n);
    int64_t code = rc_vocabulary_code(tile->shared->classes, cell, n);
    if (code != RC_NO_CODE) {
        tile->truth_label[r] = (size_t)code;
        return RC_OK;
    }
    tile->is_unlabelled[r] = is_missing(cell, n);
    if (tile->is_unlabelled[r])
        return RC_OK;
    return rc_metrics_label(metrics, cell, n, &tile->truth_label[r], err);
}

static rc_status convert_weight(rc_tile *tile, size_t r, const rc_record *record, rc_error *err)
{
    size_t n, column = tile->shared->binding->weight;
    const char *cell = rc_record_cell(record, column, &n);
    if (rc_num_parse_f64(cell, cell + n, &tile->weight[r]) && isfinite(tile->weight[r]) &&
        tile->weight[r] >= 0)
        return RC_OK;
    return refuse(tile, column, cell, n,
                  is_missing(cell, n) ? "missing weight" : "not a weight (a finite number >= 0)",
                  err);
}

rc_status rc_tile_convert(rc_tile *tile, size_t r, const rc_record *record, rc_metrics *metrics,
                          rc_error *err)
{
    const rc_worker_shared *s = tile->shared;
    if (record->raw_bytes > s->max_line_bytes)
        return rc_source_refuse_long(record->raw, record->raw_bytes, s->max_line_bytes, err);
    if (record->n_cells != s->schema->n_columns)
        return rc_error_set(err, RC_E_DATA, "%zu cell%s, but %s %zu", record->n_cells,
                            record->n_cells == 1 ? "" : "s",
                            s->schema->has_header ? "the header has" : "the first record has",
                            s->schema->n_columns);
    RC_TRY(convert_features(tile, r, record, err));
    tile->is_unlabelled[r] = false;
    for (size_t k = 0; s->model->task == RC_TASK_REGRESSION && k < s->binding->n_truth; k++)
        RC_TRY(convert_target(tile, r, k, record, err));
    if (s->model->task != RC_TASK_REGRESSION && s->binding->n_truth > 0)
        RC_TRY(convert_label(tile, r, record, metrics, err));
    return s->binding->weight != RC_NO_COLUMN ? convert_weight(tile, r, record, err) : RC_OK;
}
