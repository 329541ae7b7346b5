/* plan_fold.c - what of a tape is alive, and what of it needs not be run as it stands. */
#include "score/plan_fold.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

typedef struct finder {
    const rc_model *model;
    rc_folds *folds;
    size_t *reader; /* (n_values) the one live step that reads it; n_steps: nobody, or several */
    bool *is_read;  /* (n_values) */
    rc_error *err;
} finder;

static rc_status append(finder *f, rc_pieces *to, rc_piece piece)
{
    rc_piece *last = to->n > 0 ? &to->at[to->n - 1] : NULL;
    if (piece.w == 0)
        return RC_OK;
    if (last != NULL && last->value == piece.value && last->from + last->w == piece.from) {
        last->w += piece.w;
        return RC_OK;
    }
    void *at = to->at;
    if (!rc_grow(&at, &to->capacity, to->n + 1, sizeof(*to->at)))
        return rc_error_nomem(f->err);
    to->at = at;
    to->at[to->n++] = piece;
    return RC_OK;
}

/* Columns first .. first + w - 1 of the pieces. */
static rc_status append_part(finder *f, rc_pieces *to, const rc_pieces *pieces, size_t first,
                             size_t w)
{
    for (size_t i = 0; i < pieces->n && w > 0; i++) {
        const rc_piece *p = &pieces->at[i];
        if (first >= p->w) {
            first -= p->w;
            continue;
        }
        size_t n = p->w - first < w ? p->w - first : w;
        RC_TRY(append(f, to, (rc_piece){.value = p->value, .from = p->from + first, .w = n}));
        first = 0;
        w -= n;
    }
    return RC_OK;
}

static const rc_model_step *step_of(const finder *f, size_t value)
{
    return value < f->model->n_inputs ? NULL : &f->model->steps[value - f->model->n_inputs];
}

static rc_fold *fold_of(const finder *f, size_t value)
{
    return value < f->model->n_inputs ? NULL : &f->folds->steps[value - f->model->n_inputs];
}

static rc_piece whole(const finder *f, size_t value)
{
    return (rc_piece){.value = value, .w = rc_model_value_width(f->model, value)};
}

static rc_status read_as_it_stands(finder *f, rc_pieces *to, const size_t *in, size_t n)
{
    to->n = 0;
    for (size_t i = 0; i < n; i++)
        RC_TRY(append(f, to, whole(f, in[i])));
    return RC_OK;
}

/* The same, seen through steps that only join and choose. */
static rc_status read_through(finder *f, rc_pieces *to, const size_t *in, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const rc_fold *before = fold_of(f, in[i]);
        if (before == NULL || !before->is_passed) {
            RC_TRY(append(f, to, whole(f, in[i])));
            continue;
        }
        for (size_t k = 0; k < before->reads.n; k++)
            RC_TRY(append(f, to, before->reads.at[k]));
    }
    return RC_OK;
}

/* Which piece holds a column: ends (n) are the numbers of columns up to the end of each. */
static size_t piece_of(const size_t *ends, size_t n, size_t column)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ends[middle] <= column)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Chooses columns of what has been read. */
static rc_status choose(finder *f, rc_pieces *pieces, const size_t *columns, size_t n_columns)
{
    rc_pieces chosen = {0};
    rc_status st = RC_OK;
    size_t *ends = rc_alloc_array(pieces->n, sizeof(size_t));
    if (ends == NULL)
        return rc_error_nomem(f->err);
    for (size_t i = 0; i < pieces->n; i++)
        ends[i] = (i > 0 ? ends[i - 1] : 0) + pieces->at[i].w;
    for (size_t k = 0; k < n_columns && st == RC_OK; k++) {
        size_t i = piece_of(ends, pieces->n, columns[k]);
        const rc_piece *p = &pieces->at[i];
        size_t from = p->from + columns[k] - (ends[i] - p->w);
        st = append(f, &chosen, (rc_piece){.value = p->value, .from = from, .w = 1});
    }
    free(ends);
    free(pieces->at);
    *pieces = chosen;
    return st;
}

static rc_status read_all(finder *f)
{
    const rc_model *m = f->model;
    for (size_t s = 0; s < m->n_steps; s++) {
        const rc_model_step *step = &m->steps[s];
        rc_fold *fold = &f->folds->steps[s];
        fold->into = m->n_steps;
        RC_TRY(read_through(f, &fold->reads, step->in, step->n_in));
        fold->is_passed = step->op == RC_OP_SELECT || step->op == RC_OP_CONCAT;
        if (step->op == RC_OP_SELECT)
            RC_TRY(choose(f, &fold->reads, step->columns, step->n_columns));
    }
    RC_TRY(read_through(f, &f->folds->from, m->from, m->n_from));
    return read_through(f, &f->folds->decide, m->decide, m->n_decide);
}

static void mark(finder *f, const rc_pieces *pieces, size_t reader)
{
    for (size_t i = 0; i < pieces->n; i++) {
        size_t v = pieces->at[i].value;
        f->reader[v] = !f->is_read[v] || f->reader[v] == reader ? reader : f->model->n_steps;
        f->is_read[v] = true;
    }
}

/* Steps that are passed are alive if a live step names them. */
static void mark_passed(finder *f, const size_t *in, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const rc_fold *fold = fold_of(f, in[i]);
        if (fold != NULL && fold->is_passed)
            f->is_read[in[i]] = true;
    }
}

/* Marks what the output needs, from the last step back, column by column: what a choice of columns
 * leaves out is not read by it. */
static void find_live(finder *f)
{
    const rc_model *m = f->model;
    mark(f, &f->folds->from, m->n_steps);
    mark_passed(f, m->from, m->n_from);
    mark(f, &f->folds->decide, m->n_steps);
    mark_passed(f, m->decide, m->n_decide);
    for (size_t s = m->n_steps; s-- > 0;) {
        rc_fold *fold = &f->folds->steps[s];
        fold->is_live = f->is_read[m->n_inputs + s];
        if (!fold->is_live)
            continue;
        if (!fold->is_passed)
            mark(f, &fold->reads, s);
        mark_passed(f, m->steps[s].in, m->steps[s].n_in);
    }
    for (size_t i = 0; i < m->n_inputs; i++)
        f->folds->reads[i] = f->is_read[i];
}

static rc_status unfold(finder *f)
{
    const rc_model *m = f->model;
    for (size_t s = 0; s < m->n_steps; s++) {
        rc_fold *fold = &f->folds->steps[s];
        fold->is_passed = false;
        fold->is_made = true;
        if (fold->is_live)
            RC_TRY(read_as_it_stands(f, &fold->reads, m->steps[s].in, m->steps[s].n_in));
    }
    RC_TRY(read_as_it_stands(f, &f->folds->from, m->from, m->n_from));
    return read_as_it_stands(f, &f->folds->decide, m->decide, m->n_decide);
}

double rc_fold_weight(const rc_model_step *affine, size_t i, double weight)
{
    if (affine->divide.data != NULL)
        weight /= affine->divide.data[i];
    if (affine->scale.data != NULL)
        weight *= affine->scale.data[i];
    return weight;
}

/* A folded weight must hold all digits: no overflow, nothing below the normal numbers. */
static bool is_exact_enough(const finder *f, double weight, double folded)
{
    double least = f->model->dtype == RC_FLOAT32 ? FLT_MIN : DBL_MIN;
    double most = f->model->dtype == RC_FLOAT32 ? FLT_MAX : DBL_MAX;
    if (weight == 0)
        return folded == 0;
    return fabs(folded) >= least && fabs(folded) <= most;
}

/* Whether the factors of the affine step can go into the weights from this row on. A shift stays
 * where it is, and so do the factors before it. */
static bool can_fold(const finder *f, const rc_piece *piece, const rc_model_step *dense, size_t row)
{
    const rc_model_step *affine = step_of(f, piece->value);
    if (affine->shift.data != NULL || (affine->divide.data == NULL && affine->scale.data == NULL))
        return false;
    for (size_t i = 0; i < piece->w; i++)
        for (size_t o = 0; o < dense->w_out; o++) {
            double weight = rc_array_at(&dense->weights, (row + i) * dense->w_out + o);
            if (!is_exact_enough(f, weight, rc_fold_weight(affine, piece->from + i, weight)))
                return false;
        }
    return true;
}

/* Whether a piece is of an affine step that nothing else reads. */
static bool is_own_affine(const finder *f, const rc_piece *piece, size_t dense)
{
    const rc_model_step *step = step_of(f, piece->value);
    return step != NULL && step->op == RC_OP_AFFINE && f->reader[piece->value] == dense;
}

/* Folds the affine steps that a dense one reads; each with all its pieces or not at all. */
static void fold_affines(finder *f, size_t s)
{
    const rc_model_step *dense = &f->model->steps[s];
    const rc_pieces *reads = &f->folds->steps[s].reads;
    for (size_t i = 0, row = 0; i < reads->n; row += reads->at[i++].w)
        if (is_own_affine(f, &reads->at[i], s)) {
            rc_fold *affine = fold_of(f, reads->at[i].value);
            bool is_first = affine->into != s;
            affine->is_folded =
                (is_first || affine->is_folded) && can_fold(f, &reads->at[i], dense, row);
            affine->into = s;
        }
}

/* Reads through the affine steps that have nothing left to do. */
static rc_status pass_affines(finder *f, size_t s)
{
    rc_fold *dense = &f->folds->steps[s];
    dense->factors = dense->reads;
    dense->reads = (rc_pieces){0};
    for (size_t i = 0; i < dense->factors.n; i++) {
        rc_piece piece = dense->factors.at[i];
        rc_fold *before = fold_of(f, piece.value);
        if (before != NULL && before->is_folded && step_of(f, piece.value)->center.data == NULL) {
            before->is_passed = true;
            RC_TRY(append_part(f, &dense->reads, &before->reads, piece.from, piece.w));
        } else {
            RC_TRY(append(f, &dense->reads, piece));
        }
    }
    return RC_OK;
}

/* A row is added as it is, where the tape multiplies the others by 0: they must be finite. */
static bool has_finite_rows(const finder *f, const rc_model_step *dense, size_t row, size_t n)
{
    double most = f->model->dtype == RC_FLOAT32 ? FLT_MAX : DBL_MAX;
    for (size_t i = row * dense->w_out; i < (row + n) * dense->w_out; i++)
        if (!(fabs(rc_array_at(&dense->weights, i)) <= most))
            return false;
    return true;
}

/* Whether the rows of the weights and one more can be numbered by an int32_t. */
static bool is_small(const rc_model_step *dense)
{
    return dense->w_in + 1 <= (size_t)INT32_MAX / dense->w_out;
}

static void find_hots(finder *f, size_t s)
{
    const rc_model_step *step = &f->model->steps[s];
    const rc_pieces *reads = &f->folds->steps[s].reads;
    for (size_t i = 0, row = 0; i < reads->n; row += reads->at[i++].w) {
        rc_piece *p = &reads->at[i];
        const rc_model_step *before = step_of(f, p->value);
        if (before == NULL || before->op != RC_OP_ONEHOT)
            continue;
        rc_fold *onehot = fold_of(f, p->value);
        p->is_hot = step->op == RC_OP_DENSE && p->w == before->w_out && is_small(step) &&
                    has_finite_rows(f, step, row, p->w);
        if (!p->is_hot) {
            onehot->is_made = true;
        } else if (!onehot->is_looked_up) {
            onehot->is_looked_up = true;
            onehot->into = s;
        }
    }
}

static void make_pieces(finder *f, const rc_pieces *pieces)
{
    for (size_t i = 0; i < pieces->n; i++) {
        rc_fold *fold = fold_of(f, pieces->at[i].value);
        if (fold != NULL)
            fold->is_made = true;
    }
}

static void make_of_output(finder *f)
{
    make_pieces(f, &f->folds->from);
    make_pieces(f, &f->folds->decide);
}

static rc_status fold(finder *f)
{
    const rc_model *m = f->model;
    for (size_t s = 0; s < m->n_steps; s++)
        if (f->folds->steps[s].is_live && m->steps[s].op == RC_OP_DENSE) {
            fold_affines(f, s);
            RC_TRY(pass_affines(f, s));
        }
    for (size_t s = 0; s < m->n_steps; s++)
        if (f->folds->steps[s].is_live && !f->folds->steps[s].is_passed)
            find_hots(f, s);
    make_of_output(f);
    return RC_OK;
}

rc_status rc_folds_init(rc_folds *folds, const rc_model *model, bool is_unfolded, rc_error *err)
{
    size_t n_values = model->n_inputs + model->n_steps;
    *folds = (rc_folds){.steps = rc_alloc_array(model->n_steps, sizeof(rc_fold)),
                        .reads = rc_alloc_array(model->n_inputs, sizeof(bool))};
    finder f = {.model = model,
                .folds = folds,
                .reader = rc_alloc_array(n_values, sizeof(size_t)),
                .is_read = rc_alloc_array(n_values, sizeof(bool)),
                .err = err};
    rc_status st;
    if (folds->steps == NULL || folds->reads == NULL || f.reader == NULL || f.is_read == NULL) {
        st = rc_error_nomem(err);
    } else {
        folds->n_steps = model->n_steps;
        st = read_all(&f);
        if (st == RC_OK) {
            find_live(&f);
            st = is_unfolded ? unfold(&f) : fold(&f);
        }
    }
    free(f.reader);
    free(f.is_read);
    if (st < 0)
        rc_folds_release(folds);
    return st;
}

void rc_folds_release(rc_folds *folds)
{
    for (size_t s = 0; s < folds->n_steps; s++) {
        free(folds->steps[s].reads.at);
        free(folds->steps[s].factors.at);
    }
    free(folds->steps);
    free(folds->from.at);
    free(folds->decide.at);
    free(folds->reads);
    *folds = (rc_folds){0};
}
