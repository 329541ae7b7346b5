/* plan_compile.c - a model's tape into a plan: give values their columns, make the operations. */
#include <stdlib.h>

#include "base/mem.h"
#include "score/plan_emit.h"

static size_t new_columns(rc_emitter *c, size_t width)
{
    size_t first = c->plan->n_columns;
    c->plan->n_columns += width;
    return first;
}

rc_status rc_emit(rc_emitter *c, rc_plan_kind kind, size_t src, size_t dst, rc_plan_op **out)
{
    rc_plan *p = c->plan;
    void *ops = p->ops;
    if (!rc_grow(&ops, &p->ops_capacity, p->n_ops + 1, sizeof(*p->ops)))
        return rc_error_nomem(c->err);
    p->ops = ops;
    p->ops[p->n_ops] = (rc_plan_op){.kind = kind, .step = c->step, .src = src, .dst = dst};
    *out = &p->ops[p->n_ops++];
    return RC_OK;
}

/* The first column of a value; of one that is dead and still copied, columns of zeros. */
static size_t column_of(rc_emitter *c, size_t value)
{
    if (c->first[value] == SIZE_MAX)
        c->first[value] = new_columns(c, rc_model_value_width(c->model, value));
    return c->first[value];
}

/* Where pieces stand, neighbours together. */
static rc_status place(rc_emitter *c, const rc_pieces *pieces, rc_segment **out, size_t *n)
{
    *n = 0;
    *out = rc_alloc_array(pieces->n, sizeof(**out));
    if (*out == NULL)
        return rc_error_nomem(c->err);
    for (size_t i = 0, row = 0; i < pieces->n; row += pieces->at[i++].w) {
        const rc_piece *p = &pieces->at[i];
        rc_segment *last = *n > 0 ? &(*out)[*n - 1] : NULL;
        rc_segment next = {.is_hot = p->is_hot, .row = row, .w = p->w};
        if (p->is_hot) {
            next.found = c->found[p->value];
            next.first = new_columns(c, 1);
        } else {
            next.first = column_of(c, p->value) + p->from;
        }
        if (last != NULL && !p->is_hot && !last->is_hot && last->first + last->w == next.first)
            last->w += p->w;
        else
            (*out)[(*n)++] = next;
    }
    return RC_OK;
}

static rc_status copy(rc_emitter *c, rc_segment *segments_take, size_t n, size_t dst, size_t width)
{
    rc_plan_op *op = NULL;
    rc_status st = rc_emit(c, RC_PLAN_COPY, 0, dst, &op);
    if (st < 0) {
        free(segments_take);
        return st;
    }
    op->dense.segments = segments_take;
    op->dense.n_segments = n;
    op->w_in = op->w_out = width;
    return RC_OK;
}

static rc_status copy_pieces(rc_emitter *c, const rc_pieces *pieces, size_t dst, size_t width)
{
    rc_segment *segments;
    size_t n;
    RC_TRY(place(c, pieces, &segments, &n));
    return copy(c, segments, n, dst, width);
}

/* The first column of pieces joined: where they stand if they stand in a row, else a copy. */
static rc_status join(rc_emitter *c, const rc_pieces *pieces, size_t width, size_t *first)
{
    rc_segment *segments;
    size_t n;
    RC_TRY(place(c, pieces, &segments, &n));
    if (n <= 1) {
        *first = n == 1 ? segments[0].first : 0;
        free(segments);
        return RC_OK;
    }
    *first = new_columns(c, width);
    return copy(c, segments, n, *first, width);
}

static rc_status add_activation(rc_emitter *c, const rc_activation_spec *spec, size_t dst,
                                size_t width)
{
    rc_plan_op *op = NULL;
    if (spec->fn == RC_ACT_IDENTITY)
        return RC_OK;
    RC_TRY(rc_emit(c, RC_PLAN_ACTIVATION, dst, dst, &op));
    op->w_out = width;
    op->activation = *spec;
    return RC_OK;
}

static rc_status add_softmax(rc_emitter *c, bool log, size_t dst, size_t width)
{
    rc_plan_op *op = NULL;
    RC_TRY(rc_emit(c, RC_PLAN_SOFTMAX, dst, dst, &op));
    op->w_out = width;
    op->log = log;
    return RC_OK;
}

/* The layer reads its segments where they stand; as the tape stands, a copy of them. */
static rc_status add_dense(rc_emitter *c, const rc_model_step *step, size_t dst)
{
    const rc_pieces *reads = &c->fold->reads;
    rc_segment *segments;
    size_t n;
    RC_TRY(place(c, reads, &segments, &n));
    if (c->is_unfolded && n > 1) {
        size_t joined = new_columns(c, step->w_in);
        RC_TRY(copy(c, segments, n, joined, step->w_in));
        segments = rc_alloc_array(1, sizeof(*segments));
        if (segments == NULL)
            return rc_error_nomem(c->err);
        segments[0] = (rc_segment){.first = joined, .w = step->w_in};
        n = 1;
    }
    rc_plan_op *op = NULL;
    rc_status st = rc_emit(c, RC_PLAN_DENSE, 0, dst, &op);
    if (st < 0) {
        free(segments);
        return st;
    }
    op->dense = (rc_dense){.segments = segments, .n_segments = n};
    RC_TRY(rc_emit_dense(c, op, step));
    return add_activation(c, &step->activation, dst, step->w_out);
}

/* A step with keys finds first, then makes what it finds. */
static rc_status add_keyed(rc_emitter *c, const rc_model_step *step, size_t src, size_t value)
{
    rc_plan_op *op = NULL;
    size_t found = new_columns(c, 1);
    c->found[value] = found;
    RC_TRY(rc_emit(c, RC_PLAN_FIND, src, found, &op));
    RC_TRY(rc_emit_find(c, op, step));
    if (step->op == RC_OP_ONEHOT && !c->fold->is_made)
        return RC_OK;
    bool is_onehot = step->op == RC_OP_ONEHOT;
    RC_TRY(rc_emit(c, is_onehot ? RC_PLAN_ONEHOT : RC_PLAN_ROWS, found, column_of(c, value), &op));
    op->w_out = step->w_out;
    return is_onehot ? RC_OK : rc_emit_rows(c, op, step);
}

static rc_status add_select(rc_emitter *c, const rc_model_step *step, size_t dst)
{
    size_t src;
    RC_TRY(join(c, &c->fold->reads, step->w_in, &src));
    rc_segment *segments = rc_alloc_array(step->n_columns, sizeof(*segments));
    if (segments == NULL)
        return rc_error_nomem(c->err);
    for (size_t i = 0; i < step->n_columns; i++)
        segments[i] = (rc_segment){.first = src + step->columns[i], .w = 1};
    return copy(c, segments, step->n_columns, dst, step->w_out);
}

/* Steps that read their columns in a row and make theirs of them. */
static rc_status add_plain(rc_emitter *c, const rc_model_step *step, size_t dst)
{
    static const rc_plan_kind kinds[] = {
        [RC_OP_AFFINE] = RC_PLAN_AFFINE,
        [RC_OP_IMPUTE] = RC_PLAN_IMPUTE,
        [RC_OP_CLIP] = RC_PLAN_CLIP,
        [RC_OP_NORMALISE] = RC_PLAN_NORMALISE,
        [RC_OP_ELEMENTWISE] = RC_PLAN_ELEMENTWISE,
        [RC_OP_PRODUCT] = RC_PLAN_PRODUCT,
        [RC_OP_BIN] = RC_PLAN_BIN,
    };
    size_t src;
    rc_plan_op *op = NULL;
    RC_TRY(join(c, &c->fold->reads, step->w_in, &src));
    RC_TRY(rc_emit(c, kinds[step->op], src, dst, &op));
    op->w_in = step->w_in;
    op->w_out = step->w_out;
    return rc_emit_parameters(c, op, step);
}

static rc_status add_step(rc_emitter *c, const rc_model_step *step, size_t value)
{
    size_t src;
    if (step->op == RC_OP_ONEHOT || step->op == RC_OP_ORDINAL || step->op == RC_OP_LOOKUP) {
        RC_TRY(join(c, &c->fold->reads, step->w_in, &src));
        return add_keyed(c, step, src, value);
    }
    size_t dst = column_of(c, value);
    switch (step->op) {
    case RC_OP_DENSE:
        return add_dense(c, step, dst);
    case RC_OP_ACTIVATION:
        RC_TRY(copy_pieces(c, &c->fold->reads, dst, step->w_in));
        return add_activation(c, &step->activation, dst, step->w_out);
    case RC_OP_SOFTMAX:
        RC_TRY(copy_pieces(c, &c->fold->reads, dst, step->w_in));
        return add_softmax(c, step->log, dst, step->w_out);
    case RC_OP_CONCAT:
        return copy_pieces(c, &c->fold->reads, dst, step->w_out);
    case RC_OP_SELECT:
        return add_select(c, step, dst);
    default:
        return add_plain(c, step, dst);
    }
}

static rc_status add_output(rc_emitter *c)
{
    const rc_model *m = c->model;
    rc_plan *p = c->plan;
    p->width = m->width;
    RC_TRY(join(c, &c->folds.from, m->width, &p->margin));
    p->value = p->margin;
    if (m->n_decide > 0) {
        p->n_decide = m->n_classes;
        RC_TRY(join(c, &c->folds.decide, p->n_decide, &p->decide));
    }
    if (m->link == RC_LINK_IDENTITY || m->link == RC_LINK_NONE)
        return RC_OK;
    p->value = new_columns(c, p->width);
    RC_TRY(copy_pieces(c, &c->folds.from, p->value, p->width));
    if (m->link == RC_LINK_SOFTMAX)
        return add_softmax(c, false, p->value, p->width);
    rc_plan_op *op = NULL;
    RC_TRY(rc_emit(c, RC_PLAN_LINK, p->value, p->value, &op));
    op->w_out = p->width;
    op->link = m->link == RC_LINK_OVR ? RC_LINK_SIGMOID : m->link;
    if (m->link != RC_LINK_OVR)
        return RC_OK;
    size_t sigmoids = p->value;
    p->value = new_columns(c, p->width);
    RC_TRY(rc_emit(c, RC_PLAN_NORMALISE, sigmoids, p->value, &op));
    op->w_in = op->w_out = p->width;
    op->norm = RC_NORM_L1;
    return RC_OK;
}

static rc_fate fate_of(const rc_fold *fold)
{
    rc_step_fate fate = !fold->is_live       ? RC_STEP_UNREAD
                        : fold->is_folded    ? RC_STEP_FOLDED
                        : fold->is_passed    ? RC_STEP_PASSED
                        : fold->is_looked_up ? RC_STEP_LOOKED_UP
                                             : RC_STEP_RUNS;
    return (rc_fate){.fate = fate, .into = fold->into};
}

static rc_status emit_all(rc_emitter *c)
{
    const rc_model *m = c->model;
    for (size_t v = 0; v < m->n_inputs + m->n_steps; v++)
        c->first[v] = v < m->n_inputs ? new_columns(c, 1) : SIZE_MAX;
    for (size_t s = 0; s < m->n_steps; s++) {
        c->step = s;
        c->fold = &c->folds.steps[s];
        c->plan->fates[s] = fate_of(c->fold);
        if (c->fold->is_live && !c->fold->is_passed)
            RC_TRY(add_step(c, &m->steps[s], m->n_inputs + s));
    }
    return add_output(c);
}

static rc_status compile(rc_emitter *c, const rc_plan_options *options)
{
    const rc_model *m = c->model;
    rc_plan *p = c->plan;
    if (p == NULL || c->first == NULL || c->found == NULL)
        return rc_error_nomem(c->err);
    p->fates = rc_alloc_array(m->n_steps, sizeof(*p->fates));
    if (p->fates == NULL)
        return rc_error_nomem(c->err);
    p->cpu = options->cpu;
    p->dtype = m->dtype;
    RC_TRY(rc_kernels_pick(&p->kernels, &p->cpu, m->dtype, c->err));
    RC_TRY(rc_folds_init(&c->folds, m, options->unfolded, c->err));
    p->reads = c->folds.reads;
    c->folds.reads = NULL;
    return emit_all(c);
}

rc_status rc_plan_compile(rc_plan **out, const rc_model *model, const rc_plan_options *options,
                          rc_error *err)
{
    *out = NULL;
    size_t n_values = model->n_inputs + model->n_steps;
    rc_emitter c = {
        .model = model,
        .is_unfolded = options->unfolded,
        .plan = rc_alloc_array(1, sizeof(rc_plan)),
        .first = rc_alloc_array(n_values, sizeof(size_t)),
        .found = rc_alloc_array(n_values, sizeof(size_t)),
        .err = err,
    };
    rc_status st = compile(&c, options);
    rc_folds_release(&c.folds);
    free(c.first);
    free(c.found);
    if (st < 0)
        rc_plan_close(c.plan);
    else
        *out = c.plan;
    return st;
}
