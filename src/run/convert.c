/* convert.c - cells of records into the columns of a tile. */
#include "run/convert.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "run/source.h"

/* Inputs that no step reads are not converted. */
static void sort_inputs(rc_tile *tile, const rc_scratch *scratch)
{
    const rc_worker_shared *shared = tile->shared;
    for (size_t i = 0; i < shared->model->n_inputs; i++) {
        if (!shared->inputs[i].is_read)
            continue;
        tile->inputs[i] = rc_scratch_input(scratch, shared->plan, i);
        if (shared->inputs[i].is_category)
            tile->categories[tile->n_categories++] = i;
        else
            tile->numbers[tile->n_numbers++] = i;
    }
}

rc_status rc_tile_init(rc_tile *tile, const rc_worker_shared *shared, const rc_scratch *scratch,
                       rc_error *err)
{
    const rc_model *m = shared->model;
    *tile = (rc_tile){
        .shared = shared,
        .parse = rc_num_parsers_of(rc_plan_cpu(shared->plan)),
        .inputs = rc_alloc_array(m->n_inputs, sizeof(*tile->inputs)),
        .numbers = rc_alloc_array(m->n_inputs, sizeof(*tile->numbers)),
        .categories = rc_alloc_array(m->n_inputs, sizeof(*tile->categories)),
        .truth = rc_alloc_array(m->width, RC_TILE_ROWS * sizeof(double)),
        .truth_label = rc_alloc_array(RC_TILE_ROWS, sizeof(size_t)),
    };
    if (tile->inputs == NULL || tile->numbers == NULL || tile->categories == NULL ||
        tile->truth == NULL || tile->truth_label == NULL) {
        rc_tile_release(tile);
        return rc_error_nomem(err);
    }
    tile->hides_numbers = rc_cell_hides_numbers(shared->rules);
    tile->is_plain = !tile->hides_numbers && shared->rules->decimal == '.';
    sort_inputs(tile, scratch);
    for (size_t r = 0; r < RC_TILE_ROWS; r++)
        tile->weight[r] = 1;
    return RC_OK;
}

void rc_tile_release(rc_tile *tile)
{
    free(tile->inputs);
    free(tile->numbers);
    free(tile->categories);
    free(tile->truth);
    free(tile->truth_label);
    *tile = (rc_tile){0};
}

static bool is_missing(const rc_tile *tile, const char *cell, size_t n)
{
    return rc_cell_is_missing(&tile->shared->rules->missing, cell, n);
}

static void refuse(rc_tile *tile, size_t r, rc_refusal_kind kind, size_t column, const char *cause,
                   const char *cell, size_t n)
{
    rc_refusal_set(&tile->refusals[r], kind, column, cause, cell, n);
}

/* A number of the rules of the table; one that --na lists is none. */
static bool parse_f64(const rc_tile *tile, const char *cell, size_t n, double *out)
{
    if (tile->is_plain)
        return tile->parse.f64(cell, cell + n, out);
    if (tile->hides_numbers && is_missing(tile, cell, n))
        return false;
    return rc_cell_number(tile->shared->rules, cell, n, out);
}

static bool parse_f32(const rc_tile *tile, const char *cell, size_t n, float *out)
{
    if (tile->is_plain)
        return tile->parse.f32(cell, cell + n, out);
    if (tile->hides_numbers && is_missing(tile, cell, n))
        return false;
    return rc_cell_number_f32(tile->shared->rules, cell, n, out);
}

static void put(rc_tile *tile, size_t input, size_t r, double value)
{
    if (rc_plan_dtype(tile->shared->plan) == RC_FLOAT32)
        ((float *)tile->inputs[input])[r] = (float)value;
    else
        ((double *)tile->inputs[input])[r] = value;
}

static bool is_utf8(const char *text, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t length = rc_utf8_length(text + i, n - i);
        if (length == 0)
            return false;
        i += length;
    }
    return true;
}

/* A cell that is no number, or none of the values of a category. */
static void take_other(rc_tile *tile, size_t i, size_t r, size_t column, const char *cell, size_t n)
{
    double value;
    const char *cause;
    rc_refusal_kind kind =
        rc_input_take_other(&tile->shared->inputs[i], is_missing(tile, cell, n), &value, &cause);
    if (kind == RC_REFUSAL_NONE)
        put(tile, i, r, value);
    else if (kind == RC_REFUSAL_UNSEEN_CATEGORY && !is_utf8(cell, n))
        refuse(tile, r, RC_REFUSAL_INVALID_UTF8, column, "not valid UTF-8", cell, n);
    else
        refuse(tile, r, kind, column, cause, cell, n);
}

/* The inputs that are numbers, in order, up to the first that refuses the row. */
static void convert_numbers(rc_tile *tile, size_t r, const rc_record *record)
{
    const rc_binding *binding = tile->shared->binding;
    bool is_float32 = rc_plan_dtype(tile->shared->plan) == RC_FLOAT32;
    for (size_t k = 0; k < tile->n_numbers; k++) {
        size_t n, i = tile->numbers[k], column = binding->features[i];
        const char *cell = rc_record_cell(record, column, &n);
        float *f32 = (float *)tile->inputs[i] + r;
        double *f64 = (double *)tile->inputs[i] + r;
        bool is_number = is_float32 ? parse_f32(tile, cell, n, f32) : parse_f64(tile, cell, n, f64);
        if (is_number)
            continue;
        take_other(tile, i, r, column, cell, n);
        if (tile->refusals[r].kind != RC_REFUSAL_NONE)
            return;
    }
}

/* A column of texts, coded. */
typedef struct coded {
    const char *texts[RC_TILE_ROWS];
    uint32_t lengths[RC_TILE_ROWS];
    int32_t codes[RC_TILE_ROWS];
    size_t rows[RC_TILE_ROWS]; /* in the tile */
    size_t n;
} coded;

/* All rows that are good so far at once, as the look-ups then wait for memory together. */
static void code_column(const rc_tile *tile, const rc_vocabulary *vocabulary, size_t column,
                        const rc_record *records, size_t n, coded *out)
{
    out->n = 0;
    for (size_t r = 0; r < n; r++) {
        size_t bytes;
        if (tile->refusals[r].kind != RC_REFUSAL_NONE)
            continue;
        out->texts[out->n] = rc_record_cell(&records[r], column, &bytes);
        out->lengths[out->n] = (uint32_t)bytes;
        out->rows[out->n++] = r;
    }
    rc_vocabulary_codes(vocabulary, out->texts, out->lengths, out->n, out->codes);
}

static void convert_category(rc_tile *tile, size_t i, const rc_record *records, size_t n)
{
    size_t column = tile->shared->binding->features[i];
    coded c;
    code_column(tile, tile->shared->inputs[i].codes, column, records, n, &c);
    for (size_t k = 0; k < c.n; k++) {
        if (c.codes[k] == RC_NO_CODE)
            take_other(tile, i, c.rows[k], column, c.texts[k], c.lengths[k]);
        else
            put(tile, i, c.rows[k], c.codes[k]);
    }
}

static void convert_target(rc_tile *tile, size_t r, size_t k, const rc_record *record)
{
    size_t n, column = tile->shared->binding->truth[k];
    const char *cell = rc_record_cell(record, column, &n);
    double *to = &tile->truth[r * tile->shared->model->width + k];
    bool is_number = parse_f64(tile, cell, n, to);
    if (is_number && isfinite(*to))
        return;
    if (is_number)
        refuse(tile, r, RC_REFUSAL_OUT_OF_RANGE, column, "the true value is not finite", cell, n);
    else if (!is_missing(tile, cell, n))
        refuse(tile, r, RC_REFUSAL_CAST, column, "the true value is not a number", cell, n);
    else
        tile->is_unlabelled[r] = true;
}

/* A class of the model wins over the list of missing texts. */
static rc_status convert_labels(rc_tile *tile, const rc_record *records, size_t n,
                                rc_metrics *metrics, size_t *failed_row, rc_error *err)
{
    coded c;
    code_column(tile, tile->shared->classes, tile->shared->binding->truth[0], records, n, &c);
    for (size_t k = 0; k < c.n; k++) {
        size_t r = c.rows[k];
        *failed_row = r;
        tile->truth_label[r] = (size_t)c.codes[k];
        if (c.codes[k] != RC_NO_CODE)
            continue;
        tile->is_unlabelled[r] = is_missing(tile, c.texts[k], c.lengths[k]);
        if (!tile->is_unlabelled[r])
            RC_TRY(rc_metrics_label(metrics, c.texts[k], c.lengths[k], &tile->truth_label[r], err));
    }
    return RC_OK;
}

static void convert_weight(rc_tile *tile, size_t r, const rc_record *record)
{
    size_t n, column = tile->shared->binding->weight;
    const char *cell = rc_record_cell(record, column, &n);
    double *weight = &tile->weight[r];
    bool is_number = parse_f64(tile, cell, n, weight);
    if (is_number && isfinite(*weight) && *weight >= 0)
        return;
    if (!is_number && is_missing(tile, cell, n))
        refuse(tile, r, RC_REFUSAL_MISSING_VALUE, column, "missing weight", cell, n);
    else
        refuse(tile, r, is_number ? RC_REFUSAL_OUT_OF_RANGE : RC_REFUSAL_CAST, column,
               "not a weight (a finite number >= 0)", cell, n);
}

/* A record that has not the cells of the table is refused before any of them is looked at. */
static void check_shape(rc_tile *tile, size_t r, const rc_record *record)
{
    const rc_worker_shared *s = tile->shared;
    rc_refusal *refusal = &tile->refusals[r];
    refusal->kind = RC_REFUSAL_NONE;
    if (record->raw_bytes > s->max_line_bytes) {
        rc_source_long_text(s->max_line_bytes, refusal->text);
        refusal->kind = RC_REFUSAL_LINE_TOO_LONG;
    } else if (record->n_cells != s->schema->n_columns) {
        snprintf(refusal->text, sizeof(refusal->text), "%zu cell%s, but %s %zu", record->n_cells,
                 record->n_cells == 1 ? "" : "s",
                 s->schema->has_header ? "the header has" : "the first record has",
                 s->schema->n_columns);
        refusal->kind = record->n_cells < s->schema->n_columns ? RC_REFUSAL_MISSING_COLUMNS
                                                               : RC_REFUSAL_TOO_MANY_COLUMNS;
    }
    refusal->column = RC_NO_COLUMN;
}

static void convert_measured(rc_tile *tile, size_t r, const rc_record *record)
{
    const rc_worker_shared *s = tile->shared;
    tile->is_unlabelled[r] = false;
    for (size_t k = 0; s->model->task == RC_TASK_REGRESSION && k < s->binding->n_truth; k++)
        if (tile->refusals[r].kind == RC_REFUSAL_NONE)
            convert_target(tile, r, k, record);
    if (s->binding->weight != RC_NO_COLUMN && tile->refusals[r].kind == RC_REFUSAL_NONE)
        convert_weight(tile, r, record);
}

rc_status rc_tile_convert(rc_tile *tile, const rc_record *records, size_t n, rc_metrics *metrics,
                          size_t *failed_row, rc_error *err)
{
    for (size_t r = 0; r < n; r++) {
        check_shape(tile, r, &records[r]);
        if (tile->refusals[r].kind == RC_REFUSAL_NONE)
            convert_numbers(tile, r, &records[r]);
    }
    for (size_t k = 0; k < tile->n_categories; k++)
        convert_category(tile, tile->categories[k], records, n);
    if (tile->shared->binding->n_truth == 0)
        return RC_OK;
    for (size_t r = 0; r < n; r++)
        convert_measured(tile, r, &records[r]);
    if (tile->shared->model->task == RC_TASK_REGRESSION)
        return RC_OK;
    return convert_labels(tile, records, n, metrics, failed_row, err);
}
