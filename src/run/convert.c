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
    free(tile->made);
    free(tile->small);
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
    tile->good &= ~(UINT64_C(1) << r);
}

const char *rc_tile_cell(const rc_tile *tile, size_t r, size_t column, size_t *n)
{
    if (tile->rows == NULL)
        return rc_record_cell(&tile->records[r], column, n);
    return rc_h5_rows_cell(tile->rows, column, tile->first + r, tile->made[r].text, n);
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

/* Cells of one column, of the rows that are good so far. */
typedef struct column_cells {
    const char *texts[RC_TILE_ROWS];
    uint32_t lengths[RC_TILE_ROWS];
    unsigned char rows[RC_TILE_ROWS]; /* in the tile */
    size_t n;
} column_cells;

static void find_cells(const rc_tile *tile, size_t column, column_cells *out)
{
    out->n = 0;
    for (uint64_t good = tile->good; good != 0; good &= good - 1) {
        size_t bytes, r = (size_t)__builtin_ctzll(good);
        out->texts[out->n] = rc_record_cell(&tile->records[r], column, &bytes);
        out->lengths[out->n] = (uint32_t)bytes;
        out->rows[out->n++] = (unsigned char)r;
    }
}

/* Parses the cells into values; bit k of what it gives: cell k is no number. */
static uint64_t parse_f64s(const rc_tile *tile, const column_cells *c, double *values)
{
    uint64_t others = 0;
    if (tile->is_plain)
        return tile->parse.f64s(c->texts, c->lengths, c->n, values);
    for (size_t k = 0; k < c->n; k++)
        others |= (uint64_t)!parse_f64(tile, c->texts[k], c->lengths[k], &values[k]) << k;
    return others;
}

static uint64_t parse_f32s(const rc_tile *tile, const column_cells *c, float *values)
{
    uint64_t others = 0;
    if (tile->is_plain)
        return tile->parse.f32s(c->texts, c->lengths, c->n, values);
    for (size_t k = 0; k < c->n; k++)
        others |= (uint64_t)!parse_f32(tile, c->texts[k], c->lengths[k], &values[k]) << k;
    return others;
}

/* Converts input i. Inputs come in order, so that the first that refuses a row is told. */
static void convert_number(rc_tile *tile, size_t i, size_t n)
{
    column_cells c;
    uint64_t others;
    size_t column = tile->shared->binding->features[i];
    find_cells(tile, column, &c);
    if (rc_plan_dtype(tile->shared->plan) == RC_FLOAT32) {
        float *values = tile->inputs[i];
        others = parse_f32s(tile, &c, values);
        for (size_t k = c.n; c.n < n && k-- > 0;)
            values[c.rows[k]] = values[k];
    } else {
        double *values = tile->inputs[i];
        others = parse_f64s(tile, &c, values);
        for (size_t k = c.n; c.n < n && k-- > 0;)
            values[c.rows[k]] = values[k];
    }
    for (; others != 0; others &= others - 1) {
        size_t k = (size_t)__builtin_ctzll(others);
        take_other(tile, i, c.rows[k], column, c.texts[k], c.lengths[k]);
    }
}

/* An HDF5 code that stands for nothing refuses its row. */
static bool is_cell(rc_tile *tile, size_t r, size_t column, const char *cell)
{
    if (cell == NULL)
        refuse(tile, r, RC_REFUSAL_OUT_OF_RANGE, column, "a code that none of the labels has", "",
               0);
    return cell != NULL;
}

/* A column of texts, coded. */
typedef struct coded {
    const char *texts[RC_TILE_ROWS];
    uint32_t lengths[RC_TILE_ROWS];
    int32_t codes[RC_TILE_ROWS];
    size_t rows[RC_TILE_ROWS]; /* in the tile */
    size_t n;
} coded;

/* Whether the cell is a small whole number whose code is known; `number` is its place. */
static bool find_small(const rc_small_codes *small, double value, size_t *number, int32_t *code)
{
    bool is_small = value >= 0 && value < RC_SMALL_CODES && value == (double)(int)value;
    *number = is_small ? (size_t)value : RC_SMALL_CODES;
    *code = is_small ? small->codes[*number] : RC_CODE_UNSEEN;
    return *code >= 0;
}

/* A column of numbers, coded: only those that are neither small nor known become texts. */
static void code_numbers(rc_tile *tile, const rc_vocabulary *vocabulary, rc_small_codes *small,
                         size_t column, size_t n, coded *out)
{
    double values[RC_TILE_ROWS];
    rc_h5_rows_f64(tile->rows, column, tile->first, n, values);
    for (size_t r = 0; r < n; r++) {
        size_t bytes, number, k = out->n;
        if (tile->refusals[r].kind != RC_REFUSAL_NONE)
            continue;
        out->rows[out->n++] = r;
        if (find_small(small, values[r], &number, &out->codes[k]))
            continue;
        out->texts[k] = rc_tile_cell(tile, r, column, &bytes);
        out->lengths[k] = (uint32_t)bytes;
        out->codes[k] = (int32_t)rc_vocabulary_code(vocabulary, out->texts[k], bytes);
        if (number < RC_SMALL_CODES)
            small->codes[number] = out->codes[k];
    }
}

/* All rows that are good so far at once, as the look-ups then wait for memory together. */
static void code_column(rc_tile *tile, const rc_vocabulary *vocabulary, size_t small, size_t column,
                        size_t n, coded *out)
{
    out->n = 0;
    if (tile->rows != NULL && rc_h5_is_number(&tile->table->columns[column])) {
        code_numbers(tile, vocabulary, &tile->small[small], column, n, out);
        return;
    }
    for (size_t r = 0; r < n; r++) {
        size_t bytes;
        if (tile->refusals[r].kind != RC_REFUSAL_NONE)
            continue;
        const char *cell = rc_tile_cell(tile, r, column, &bytes);
        if (!is_cell(tile, r, column, cell))
            continue;
        out->texts[out->n] = cell;
        out->lengths[out->n] = (uint32_t)bytes;
        out->rows[out->n++] = r;
    }
    rc_vocabulary_codes(vocabulary, out->texts, out->lengths, out->n, out->codes);
}

static void convert_category(rc_tile *tile, size_t category, size_t n)
{
    size_t i = tile->categories[category];
    size_t column = tile->shared->binding->features[i];
    coded c;
    code_column(tile, tile->shared->inputs[i].codes, category, column, n, &c);
    for (size_t k = 0; k < c.n; k++) {
        if (c.codes[k] == RC_NO_CODE)
            take_other(tile, i, c.rows[k], column, c.texts[k], c.lengths[k]);
        else
            put(tile, i, c.rows[k], c.codes[k]);
    }
}

/* A cell of truth or weight. */
typedef struct read_cell {
    bool is_number;
    double value;
    const char *text; /* of one that is no number; NULL: a code that stands for nothing */
    size_t n;
} read_cell;

static read_cell read_number(const rc_tile *tile, size_t r, size_t column)
{
    read_cell c = {.text = ""};
    if (tile->rows != NULL && !tile->hides_numbers &&
        rc_h5_is_number(&tile->table->columns[column])) {
        c.is_number = rc_h5_rows_f64(tile->rows, column, tile->first + r, 1, &c.value) == 0;
        if (c.is_number && isfinite(c.value))
            return c;
    }
    c.text = rc_tile_cell(tile, r, column, &c.n);
    c.is_number = c.text != NULL && parse_f64(tile, c.text, c.n, &c.value);
    return c;
}

static void convert_target(rc_tile *tile, size_t r, size_t k)
{
    size_t column = tile->shared->binding->truth[k];
    read_cell c = read_number(tile, r, column);
    if (!is_cell(tile, r, column, c.text))
        return;
    tile->truth[r * tile->shared->model->width + k] = c.value;
    if (c.is_number && isfinite(c.value))
        return;
    if (c.is_number)
        refuse(tile, r, RC_REFUSAL_OUT_OF_RANGE, column, "the true value is not finite", c.text,
               c.n);
    else if (!is_missing(tile, c.text, c.n))
        refuse(tile, r, RC_REFUSAL_CAST, column, "the true value is not a number", c.text, c.n);
    else
        tile->is_unlabelled[r] = true;
}

/* A class of the model wins over the list of missing texts. */
static rc_status convert_labels(rc_tile *tile, size_t n, rc_metrics *metrics, size_t *failed_row,
                                rc_error *err)
{
    coded c;
    code_column(tile, tile->shared->classes, tile->n_categories, tile->shared->binding->truth[0], n,
                &c);
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

static void convert_weight(rc_tile *tile, size_t r)
{
    size_t column = tile->shared->binding->weight;
    read_cell c = read_number(tile, r, column);
    if (!is_cell(tile, r, column, c.text))
        return;
    tile->weight[r] = c.value;
    if (c.is_number && isfinite(c.value) && c.value >= 0)
        return;
    c.text = rc_tile_cell(tile, r, column, &c.n);
    if (!c.is_number && is_missing(tile, c.text, c.n))
        refuse(tile, r, RC_REFUSAL_MISSING_VALUE, column, "missing weight", c.text, c.n);
    else
        refuse(tile, r, c.is_number ? RC_REFUSAL_OUT_OF_RANGE : RC_REFUSAL_CAST, column,
               "not a weight (a finite number >= 0)", c.text, c.n);
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
    tile->good |= (uint64_t)(refusal->kind == RC_REFUSAL_NONE) << r;
}

static void convert_measured(rc_tile *tile, size_t r)
{
    const rc_worker_shared *s = tile->shared;
    tile->is_unlabelled[r] = false;
    for (size_t k = 0; s->model->task == RC_TASK_REGRESSION && k < s->binding->n_truth; k++)
        if (tile->refusals[r].kind == RC_REFUSAL_NONE)
            convert_target(tile, r, k);
    if (s->binding->weight != RC_NO_COLUMN && tile->refusals[r].kind == RC_REFUSAL_NONE)
        convert_weight(tile, r);
}

/* Categories, truth and weight: the same for records and for rows. */
static rc_status convert_others(rc_tile *tile, size_t n, rc_metrics *metrics, size_t *failed_row,
                                rc_error *err)
{
    for (size_t k = 0; k < tile->n_categories; k++)
        convert_category(tile, k, n);
    if (tile->shared->binding->n_truth == 0)
        return RC_OK;
    for (size_t r = 0; r < n; r++)
        convert_measured(tile, r);
    if (tile->shared->model->task == RC_TASK_REGRESSION)
        return RC_OK;
    return convert_labels(tile, n, metrics, failed_row, err);
}

rc_status rc_tile_convert(rc_tile *tile, const rc_record *records, size_t n, rc_metrics *metrics,
                          size_t *failed_row, rc_error *err)
{
    tile->records = records;
    tile->good = 0;
    for (size_t r = 0; r < n; r++)
        check_shape(tile, r, &records[r]);
    for (size_t k = 0; k < tile->n_numbers; k++)
        convert_number(tile, tile->numbers[k], n);
    return convert_others(tile, n, metrics, failed_row, err);
}

rc_status rc_tile_begin_rows(rc_tile *tile, const rc_h5_rows *rows, const rc_h5_table *table,
                             rc_error *err)
{
    size_t n_small = tile->n_categories + 1;
    bool is_other = tile->table != table; /* then 1 may be a number where it was true */
    tile->rows = rows;
    tile->table = table;
    if (tile->made == NULL)
        tile->made = rc_alloc_array(RC_TILE_ROWS, sizeof(*tile->made));
    if (tile->small == NULL)
        tile->small = rc_alloc_array(n_small, sizeof(*tile->small));
    if (tile->made == NULL || tile->small == NULL)
        return rc_error_nomem(err);
    for (size_t i = 0; is_other && i < n_small; i++)
        for (size_t k = 0; k < RC_SMALL_CODES; k++)
            tile->small[i].codes[k] = RC_CODE_UNSEEN;
    return RC_OK;
}

/* A column of texts, or one in which some numbers are missing by --na. */
static void load_texts(rc_tile *tile, size_t i, size_t column, size_t n)
{
    bool is_float32 = rc_plan_dtype(tile->shared->plan) == RC_FLOAT32;
    for (size_t r = 0; r < n; r++) {
        size_t bytes;
        float *f32 = (float *)tile->inputs[i] + r;
        double *f64 = (double *)tile->inputs[i] + r;
        if (tile->refusals[r].kind != RC_REFUSAL_NONE)
            continue;
        const char *cell = rc_tile_cell(tile, r, column, &bytes);
        if (!is_cell(tile, r, column, cell))
            continue;
        bool is_number =
            is_float32 ? parse_f32(tile, cell, bytes, f32) : parse_f64(tile, cell, bytes, f64);
        if (!is_number)
            take_other(tile, i, r, column, cell, bytes);
    }
}

/* Rows of which an input that is a number is missing. */
static void take_missing(rc_tile *tile, size_t i, size_t n, uint64_t missing)
{
    size_t column = tile->shared->binding->features[i];
    for (size_t r = 0; missing != 0 && r < n; r++)
        if ((missing >> r & 1) != 0 && tile->refusals[r].kind == RC_REFUSAL_NONE)
            take_other(tile, i, r, column, "", 0);
}

static void load_numbers(rc_tile *tile, size_t i, size_t n)
{
    size_t column = tile->shared->binding->features[i];
    if (tile->hides_numbers || !rc_h5_is_number(&tile->table->columns[column])) {
        load_texts(tile, i, column, n);
        return;
    }
    uint64_t missing = rc_plan_dtype(tile->shared->plan) == RC_FLOAT32
                           ? rc_h5_rows_f32(tile->rows, column, tile->first, n, tile->inputs[i])
                           : rc_h5_rows_f64(tile->rows, column, tile->first, n, tile->inputs[i]);
    take_missing(tile, i, n, missing);
}

/* Four inputs at once, if they stand side by side. */
static bool load_four(rc_tile *tile, const size_t inputs[RC_H5_FOUR], size_t n)
{
    size_t columns[RC_H5_FOUR];
    uint64_t missing[RC_H5_FOUR];
    float *f32[RC_H5_FOUR];
    double *f64[RC_H5_FOUR];
    for (size_t k = 0; k < RC_H5_FOUR; k++) {
        columns[k] = tile->shared->binding->features[inputs[k]];
        f32[k] = tile->inputs[inputs[k]];
        f64[k] = tile->inputs[inputs[k]];
    }
    if (tile->hides_numbers || !rc_h5_rows_are_side_by_side(tile->rows, columns))
        return false;
    if (rc_plan_dtype(tile->shared->plan) == RC_FLOAT32)
        rc_h5_rows_four_f32(tile->rows, columns, tile->first, n, f32, missing);
    else
        rc_h5_rows_four_f64(tile->rows, columns, tile->first, n, f64, missing);
    for (size_t k = 0; k < RC_H5_FOUR; k++)
        take_missing(tile, inputs[k], n, missing[k]);
    return true;
}

rc_status rc_tile_convert_rows(rc_tile *tile, size_t first, size_t n, rc_metrics *metrics,
                               size_t *failed_row, rc_error *err)
{
    tile->first = first;
    for (size_t r = 0; r < n; r++)
        tile->refusals[r].kind = RC_REFUSAL_NONE;
    for (size_t k = 0; k < tile->n_numbers;)
        if (tile->n_numbers - k >= RC_H5_FOUR && load_four(tile, &tile->numbers[k], n))
            k += RC_H5_FOUR;
        else
            load_numbers(tile, tile->numbers[k++], n);
    return convert_others(tile, n, metrics, failed_row, err);
}
