/* scorer_score.c - score a block of rows, tile by tile, in a workspace. */
#include <math.h>
#include <stdlib.h>

#include "base/spread.h"
#include "run/scorer.h"
#include "score/verdict.h"

/* One call, whatever the types of its block. */
typedef struct call {
    const rc_scorer *scorer;
    rc_workspace *workspace;
    const void *x;
    bool is_float32; /* x, value and margin are floats, else doubles */
    size_t n_rows, row_stride, column_stride;
    const size_t *columns;
    void *value, *margin;
    uint32_t *label;
    unsigned char *refused;
} call;

rc_status rc_workspace_open(rc_workspace **out, const rc_scorer *scorer, rc_error *err)
{
    if (out == NULL)
        return rc_misuse(err, RC_IS_NULL);
    *out = NULL;
    if (scorer == NULL)
        return rc_misuse(err, RC_IS_NULL);
    rc_workspace *w = rc_alloc_array(1, sizeof(*w));
    if (w == NULL)
        return rc_error_nomem(err);
    w->scorer = scorer;
    rc_status st = rc_scratch_init(&w->scratch, scorer->plan, err);
    if (st < 0) {
        rc_workspace_close(w);
        return st;
    }
    *out = w;
    return RC_OK;
}

void rc_workspace_close(rc_workspace *w)
{
    if (w == NULL)
        return;
    rc_scratch_release(&w->scratch);
    free(w);
}

/* The elements of x that feed input i in n rows. */
static void load(const call *c, size_t i, size_t first, size_t n, double *to)
{
    size_t column = c->columns != NULL ? c->columns[i] : i, step = c->row_stride;
    size_t at = first * step + column * c->column_stride;
    if (c->is_float32)
        for (size_t r = 0; r < n; r++)
            to[r] = (double)((const float *)c->x)[at + r * step];
    else
        for (size_t r = 0; r < n; r++)
            to[r] = ((const double *)c->x)[at + r * step];
}

/* What NaN counts as. Returns the rows it refuses. */
static uint64_t take_missing(const rc_input_rule *rule, size_t n, double *x)
{
    uint64_t refused = 0;
    for (size_t r = 0; r < n; r++) {
        if (!isnan(x[r]))
            continue;
        x[r] = rule->missing_value;
        refused |= (uint64_t)rule->missing_refuses << r;
    }
    return refused;
}

static bool is_code(const rc_input_rule *rule, double x)
{
    return x >= 0 && x < rule->n_values && x == floor(x);
}

/* The same, and what codes are that are none of the values. */
static uint64_t take_codes(const rc_input_rule *rule, size_t n, double *x)
{
    uint64_t refused = 0;
    for (size_t r = 0; r < n; r++) {
        if (is_code(rule, x[r]))
            continue;
        bool is_missing = isnan(x[r]), is_unknown = x[r] == -1;
        bool refuses = is_missing   ? rule->missing_refuses
                       : is_unknown ? rule->unknown_refuses
                                    : true;
        x[r] = is_missing ? rule->missing_value : is_unknown ? rule->unknown_value : 0;
        refused |= (uint64_t)refuses << r;
    }
    return refused;
}

static void put(const call *c, size_t i, size_t n, const double *from)
{
    const rc_plan *plan = c->scorer->plan;
    void *to = rc_scratch_input(&c->workspace->scratch, plan, i);
    if (rc_plan_dtype(plan) == RC_FLOAT64)
        memcpy(to, from, n * sizeof(double));
    else
        for (size_t r = 0; r < n; r++)
            ((float *)to)[r] = (float)from[r];
}

/* Whether inputs i .. i + 3 are numbers that stand side by side in x, in the type that the plan
 * computes in. */
static bool are_side_by_side(const call *c, size_t i)
{
    const rc_scorer *s = c->scorer;
    rc_dtype dtype = c->is_float32 ? RC_FLOAT32 : RC_FLOAT64;
    if (i + RC_SPREAD_COLUMNS > s->model->n_inputs || c->column_stride != 1 ||
        dtype != rc_plan_dtype(s->plan))
        return false;
    for (size_t k = 0; k < RC_SPREAD_COLUMNS; k++)
        if (!s->rules[i + k].is_read || s->rules[i + k].is_category ||
            (c->columns != NULL && c->columns[i + k] != c->columns[i] + k))
            return false;
    return true;
}

static bool has_nan(const call *c, size_t i, size_t n)
{
    const void *x = rc_scratch_input(&c->workspace->scratch, c->scorer->plan, i);
    int n_nan = 0;
    if (c->is_float32)
        for (size_t r = 0; r < n; r++)
            n_nan += isnan(((const float *)x)[r]);
    else
        for (size_t r = 0; r < n; r++)
            n_nan += isnan(((const double *)x)[r]);
    return n_nan > 0;
}

/* Four inputs at once, which have been found to be fit for it. False if one has a NaN. */
static bool fill_four(const call *c, size_t i, size_t first, size_t n)
{
    void *to[RC_SPREAD_COLUMNS];
    size_t column = c->columns != NULL ? c->columns[i] : i, at = first * c->row_stride + column;
    for (size_t k = 0; k < RC_SPREAD_COLUMNS; k++)
        to[k] = rc_scratch_input(&c->workspace->scratch, c->scorer->plan, i + k);
    if (c->is_float32)
        rc_spread_u32((const float *)c->x + at, c->row_stride * sizeof(float), n, to);
    else
        rc_spread_u64((const double *)c->x + at, c->row_stride * sizeof(double), n, to);
    for (size_t k = 0; k < RC_SPREAD_COLUMNS; k++)
        if (has_nan(c, i + k, n))
            return false;
    return true;
}

/* Fills the tile with n rows. Returns those whose inputs refuse them. */
static uint64_t fill_tile(const call *c, size_t first, size_t n)
{
    const rc_scorer *s = c->scorer;
    double *column = c->workspace->column;
    uint64_t refused = 0;
    for (size_t i = 0; i < s->model->n_inputs; i++) {
        const rc_input_rule *rule = &s->rules[i];
        if (!rule->is_read)
            continue;
        if (are_side_by_side(c, i) && fill_four(c, i, first, n)) {
            i += RC_SPREAD_COLUMNS - 1;
            continue;
        }
        load(c, i, first, n, column);
        if (rule->is_category)
            refused |= take_codes(rule, n, column);
        else if (rule->missing_refuses || !isnan(rule->missing_value))
            refused |= take_missing(rule, n, column);
        put(c, i, n, column);
    }
    return refused;
}

static bool is_too_large(double x)
{
    return isinf((float)x) && isfinite(x);
}

/* The rows with a score that has no float, where floats are asked for. */
static uint64_t beyond_float(const call *c, size_t n)
{
    const rc_scratch *t = &c->workspace->scratch;
    uint64_t beyond = 0;
    if (!c->is_float32 || c->scorer->model->dtype == RC_FLOAT32)
        return 0;
    for (size_t k = 0; k < c->scorer->model->width; k++)
        for (size_t r = 0; r < n; r++) {
            bool is_beyond = is_too_large(t->value[k * RC_TILE_ROWS + r]) ||
                             (c->margin != NULL && is_too_large(t->margin[k * RC_TILE_ROWS + r]));
            beyond |= (uint64_t)is_beyond << r;
        }
    return beyond;
}

/* Writes a column of every row's scores, NaN for the refused ones. */
static void store_reals(const call *c, const double *columns, void *to, size_t first, size_t n,
                        uint64_t refused)
{
    size_t width = c->scorer->model->width;
    for (size_t k = 0; to != NULL && k < width; k++)
        for (size_t r = 0; r < n; r++) {
            double x = refused >> r & 1 ? NAN : columns[k * RC_TILE_ROWS + r];
            size_t at = (first + r) * width + k;
            if (c->is_float32)
                ((float *)to)[at] = (float)x;
            else
                ((double *)to)[at] = x;
        }
}

static void store(const call *c, size_t first, size_t n, uint64_t refused)
{
    const rc_workspace *w = c->workspace;
    store_reals(c, w->scratch.value, c->value, first, n, refused);
    store_reals(c, w->scratch.margin, c->margin, first, n, refused);
    for (size_t r = 0; r < n; r++) {
        bool is_refused = refused >> r & 1;
        if (c->label != NULL)
            c->label[first + r] = is_refused ? RC_NO_LABEL : w->labels[r];
        if (c->refused != NULL)
            c->refused[first + r] = is_refused;
    }
}

/* What is wrong with x of an input that refuses its row. */
static rc_status explain_input(const rc_scorer *s, size_t i, double x, rc_error *err)
{
    char text[RC_NUM_BYTES];
    if (isnan(x))
        rc_error_set(err, RC_E_DATA, "missing value");
    else if (x == -1)
        rc_error_set(err, RC_E_DATA, "none of the model's values");
    else
        rc_error_set(err, RC_E_DATA, "%.*s is no code: the category has %zu values, from 0",
                     (int)rc_num_print_f64(x, text), text, s->model->inputs[i].n_values);
    return rc_scorer_wrap_input(s, i, err);
}

/* Why row r of the tile is refused: the first input, else a step, else the score. */
static rc_status explain(const call *c, size_t first, size_t r, rc_error *err)
{
    const rc_scorer *s = c->scorer;
    const rc_scratch *t = &c->workspace->scratch;
    for (size_t i = 0; i < s->model->n_inputs; i++) {
        const rc_input_rule *rule = &s->rules[i];
        if (!rule->is_read)
            continue;
        double x, given;
        load(c, i, first + r, 1, &x);
        given = x;
        if ((rule->is_category ? take_codes(rule, 1, &x) : take_missing(rule, 1, &x)) != 0)
            return explain_input(s, i, given, err);
    }
    size_t input = SIZE_MAX;
    if (t->refused >> r & 1) {
        rc_plan_refusal(s->plan, t, r, &input, err);
        return input < s->model->n_inputs ? rc_scorer_wrap_input(s, input, err) : RC_E_DATA;
    }
    bool is_too_far = beyond_float(c, r + 1) >> r & 1;
    return rc_error_set(err, RC_E_DATA, "%s",
                        is_too_far ? "the score is too large for a float"
                                   : rc_verdict_text(t, s->model->width, r, c->margin != NULL));
}

/* Rows come from memory faster if they are asked for while those before are scored. */
static void fetch_rows(const call *c, size_t first, size_t n)
{
    const size_t most = 1024, line = 64;
    size_t size = c->is_float32 ? sizeof(float) : sizeof(double), bytes = c->row_stride * size;
    if (c->column_stride != 1 || bytes > most)
        return;
    const char *rows = (const char *)c->x + first * bytes;
    for (size_t at = 0; at < n * bytes; at += line)
        __builtin_prefetch(rows + at);
}

static rc_status score_tile(const call *c, size_t first, size_t n, rc_error *err)
{
    const rc_scorer *s = c->scorer;
    rc_workspace *w = c->workspace;
    uint64_t refused = fill_tile(c, first, n);
    rc_plan_run(s->plan, &w->scratch);
    rc_decide(&s->decision, &w->scratch, w->labels);
    refused |= w->scratch.refused | beyond_float(c, n) |
               rc_verdict_non_finite(&w->scratch, s->model->width, c->margin != NULL);
    refused &= UINT64_MAX >> (RC_TILE_ROWS - n);
    if (refused == 0 || c->refused != NULL) {
        store(c, first, n, refused);
        return RC_OK;
    }
    size_t r = (size_t)__builtin_ctzll(refused);
    store(c, first, r, 0);
    explain(c, first, r, err);
    rc_error_wrap(err, RC_E_DATA, "row %zu", first + r + 1);
    if (err != NULL)
        err->row = first + r + 1;
    return RC_E_DATA;
}

static rc_status score_all(call *c, rc_error *err)
{
    const rc_scorer *s = c->scorer;
    if (s == NULL || c->workspace == NULL)
        return rc_misuse(err, RC_IS_NULL);
    if (c->workspace->scorer != s)
        return rc_misuse(err, "the workspace is of another scorer");
    if (c->x == NULL && c->n_rows > 0 && s->model->n_inputs > 0)
        return rc_misuse(err, "rows->x is NULL");
    if (c->label != NULL && s->model->task == RC_TASK_REGRESSION)
        return rc_misuse(err, "a regression has no labels");
    c->row_stride = c->row_stride != 0 ? c->row_stride : s->model->n_inputs;
    c->column_stride = c->column_stride != 0 ? c->column_stride : 1;
    for (size_t first = 0; first < c->n_rows; first += RC_TILE_ROWS) {
        size_t left = c->n_rows - first;
        if (left > RC_TILE_ROWS)
            fetch_rows(c, first + RC_TILE_ROWS,
                       left < 2 * RC_TILE_ROWS ? left - RC_TILE_ROWS : RC_TILE_ROWS);
        RC_TRY(score_tile(c, first, left < RC_TILE_ROWS ? left : RC_TILE_ROWS, err));
    }
    return RC_OK;
}

rc_status rc_scorer_score_f64(const rc_scorer *scorer, rc_workspace *workspace,
                              const rc_rows_f64 *rows, const rc_scores_f64 *scores, rc_error *err)
{
    if (rows == NULL || scores == NULL)
        return rc_misuse(err, RC_IS_NULL);
    call c = {.scorer = scorer,
              .workspace = workspace,
              .x = rows->x,
              .n_rows = rows->n_rows,
              .row_stride = rows->row_stride,
              .column_stride = rows->column_stride,
              .columns = rows->columns,
              .value = scores->value,
              .margin = scores->margin,
              .label = scores->label,
              .refused = scores->refused};
    return score_all(&c, err);
}

rc_status rc_scorer_score_f32(const rc_scorer *scorer, rc_workspace *workspace,
                              const rc_rows_f32 *rows, const rc_scores_f32 *scores, rc_error *err)
{
    if (rows == NULL || scores == NULL)
        return rc_misuse(err, RC_IS_NULL);
    call c = {.scorer = scorer,
              .workspace = workspace,
              .x = rows->x,
              .is_float32 = true,
              .n_rows = rows->n_rows,
              .row_stride = rows->row_stride,
              .column_stride = rows->column_stride,
              .columns = rows->columns,
              .value = scores->value,
              .margin = scores->margin,
              .label = scores->label,
              .refused = scores->refused};
    return score_all(&c, err);
}
