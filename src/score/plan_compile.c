/* plan_compile.c - a model's tape into a plan: drop, fold, place, pack. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "score/plan_ops.h"

/* While compiling. */
typedef struct compiler {
    const rc_model *model;
    const rc_plan_options *options;
    rc_plan *plan;
    size_t *first;    /* (n_values) first column of each value */
    size_t *n_reads;  /* (n_values) live places that read it */
    size_t *folds_in; /* (n_steps) the affine step whose factors go into this dense, or n_steps */
    bool *is_folded;  /* (n_steps) an affine whose factors have gone */
    rc_error *err;
} compiler;

/* Marks what the output needs, from the last step back. */
static void count_reads(compiler *c)
{
    const rc_model *m = c->model;
    for (size_t i = 0; i < m->n_from; i++)
        c->n_reads[m->from[i]]++;
    for (size_t s = m->n_steps; s-- > 0;) {
        if (c->n_reads[m->n_inputs + s] == 0)
            continue;
        for (size_t i = 0; i < m->steps[s].n_in; i++)
            c->n_reads[m->steps[s].in[i]]++;
    }
    for (size_t i = 0; i < m->n_inputs; i++)
        c->plan->reads[i] = c->n_reads[i] > 0;
}

static double factor(const rc_model_step *affine, size_t i, double weight)
{
    if (affine->divide.data != NULL)
        weight /= affine->divide.data[i];
    if (affine->scale.data != NULL)
        weight *= affine->scale.data[i];
    return weight;
}

/* A folded weight must hold all digits: no overflow, nothing below the normal numbers. */
static bool is_exact_enough(const compiler *c, double weight, double folded)
{
    double least = c->model->dtype == RC_FLOAT32 ? FLT_MIN : DBL_MIN;
    double most = c->model->dtype == RC_FLOAT32 ? FLT_MAX : DBL_MAX;
    if (weight == 0)
        return folded == 0;
    return fabs(folded) >= least && fabs(folded) <= most;
}

/* Whether the factors of the affine step can go into the weights of the dense one behind it. A
 * shift stays where it is, and so do the factors before it. */
static bool can_fold(const compiler *c, const rc_model_step *affine, const rc_model_step *dense)
{
    if (affine->op != RC_OP_AFFINE || affine->shift.data != NULL ||
        (affine->divide.data == NULL && affine->scale.data == NULL))
        return false;
    for (size_t i = 0; i < dense->w_in; i++)
        for (size_t o = 0; o < dense->w_out; o++) {
            double weight = dense->weights.data[i * dense->w_out + o];
            if (!is_exact_enough(c, weight, factor(affine, i, weight)))
                return false;
        }
    return true;
}

static void find_folds(compiler *c)
{
    const rc_model *m = c->model;
    for (size_t s = 0; s < m->n_steps; s++) {
        const rc_model_step *step = &m->steps[s];
        c->folds_in[s] = m->n_steps;
        if (c->options->unfolded || c->n_reads[m->n_inputs + s] == 0 || step->op != RC_OP_DENSE ||
            step->n_in != 1 || step->in[0] < m->n_inputs || c->n_reads[step->in[0]] != 1)
            continue;
        size_t before = step->in[0] - m->n_inputs;
        if (can_fold(c, &m->steps[before], step)) {
            c->folds_in[s] = before;
            c->is_folded[before] = true;
        }
    }
}

static size_t new_columns(compiler *c, size_t width)
{
    size_t first = c->plan->n_columns;
    c->plan->n_columns += width;
    return first;
}

static rc_plan_op *new_op(compiler *c, rc_plan_kind kind, size_t src, size_t dst)
{
    rc_plan *p = c->plan;
    void *ops = p->ops;
    if (!rc_grow(&ops, &p->ops_capacity, p->n_ops + 1, sizeof(*p->ops)))
        return NULL;
    p->ops = ops;
    p->ops[p->n_ops] = (rc_plan_op){.kind = kind, .src = src, .dst = dst};
    return &p->ops[p->n_ops++];
}

static rc_status add_copy(compiler *c, size_t src, size_t dst, size_t width)
{
    rc_plan_op *op = new_op(c, RC_PLAN_COPY, src, dst);
    if (op == NULL)
        return rc_error_nomem(c->err);
    op->w_in = op->w_out = width;
    return RC_OK;
}

/* The first column of values joined: where they stand if they stand in a row, else a copy. */
static rc_status join(compiler *c, const size_t *values, size_t n, size_t *first)
{
    size_t width = 0;
    bool in_a_row = true;
    for (size_t i = 0; i < n; i++) {
        in_a_row = in_a_row && c->first[values[i]] == c->first[values[0]] + width;
        width += rc_model_value_width(c->model, values[i]);
    }
    if (in_a_row) {
        *first = n > 0 ? c->first[values[0]] : 0;
        return RC_OK;
    }
    *first = new_columns(c, width);
    for (size_t i = 0, at = *first; i < n; i++) {
        size_t w = rc_model_value_width(c->model, values[i]);
        RC_TRY(add_copy(c, c->first[values[i]], at, w));
        at += w;
    }
    return RC_OK;
}

/* A copy of n doubles in the plan's type. */
static rc_status pack(const compiler *c, void **to, const double *from, size_t n)
{
    bool is_float32 = c->model->dtype == RC_FLOAT32;
    *to = rc_alloc_aligned(n, is_float32 ? sizeof(float) : sizeof(double));
    if (*to == NULL)
        return rc_error_nomem(c->err);
    for (size_t i = 0; from != NULL && i < n; i++) {
        if (is_float32)
            ((float *)*to)[i] = (float)from[i];
        else
            ((double *)*to)[i] = from[i];
    }
    return RC_OK;
}

static rc_status pack_affine(const compiler *c, rc_plan_op *op, const rc_model_step *step,
                             bool is_folded)
{
    const double *parameters[4] = {step->center.data, is_folded ? NULL : step->divide.data,
                                   is_folded ? NULL : step->scale.data, step->shift.data};
    for (size_t p = 0; p < 4; p++)
        if (parameters[p] != NULL)
            RC_TRY(pack(c, &op->affine[p], parameters[p], step->w_in));
    return RC_OK;
}

static rc_status pack_dense(const compiler *c, rc_plan_op *op, const rc_model_step *step,
                            const rc_model_step *affine)
{
    size_t n = step->w_in * step->w_out;
    RC_TRY(pack(c, &op->bias, step->bias.data, step->w_out));
    if (affine == NULL)
        return pack(c, &op->weights, step->weights.data, n);
    double *folded = rc_alloc_array(n, sizeof(double));
    if (folded == NULL)
        return rc_error_nomem(c->err);
    for (size_t i = 0; i < n; i++)
        folded[i] = factor(affine, i / step->w_out, step->weights.data[i]);
    rc_status st = pack(c, &op->weights, folded, n);
    free(folded);
    return st;
}

static rc_status add_activation(compiler *c, const rc_activation_spec *spec, size_t dst,
                                size_t width)
{
    if (spec->fn == RC_ACT_IDENTITY)
        return RC_OK;
    rc_plan_op *op = new_op(c, RC_PLAN_ACTIVATION, dst, dst);
    if (op == NULL)
        return rc_error_nomem(c->err);
    op->w_out = width;
    op->activation = *spec;
    return RC_OK;
}

static rc_status compile_dense(compiler *c, size_t s, size_t src, size_t dst)
{
    const rc_model_step *step = &c->model->steps[s];
    bool folds = c->folds_in[s] < c->model->n_steps;
    rc_plan_op *op = new_op(c, RC_PLAN_DENSE, src, dst);
    if (op == NULL)
        return rc_error_nomem(c->err);
    op->w_in = step->w_in;
    op->w_out = step->w_out;
    RC_TRY(pack_dense(c, op, step, folds ? &c->model->steps[c->folds_in[s]] : NULL));
    return add_activation(c, &step->activation, dst, step->w_out);
}

static rc_status compile_affine(compiler *c, size_t s, size_t src, size_t dst)
{
    const rc_model_step *step = &c->model->steps[s];
    rc_plan_op *op = new_op(c, RC_PLAN_AFFINE, src, dst);
    if (op == NULL)
        return rc_error_nomem(c->err);
    op->w_in = op->w_out = step->w_in;
    return pack_affine(c, op, step, c->is_folded[s]);
}

static rc_status compile_softmax(compiler *c, bool log, size_t dst, size_t width)
{
    rc_plan_op *op = new_op(c, RC_PLAN_SOFTMAX, dst, dst);
    if (op == NULL)
        return rc_error_nomem(c->err);
    op->w_out = width;
    op->log = log;
    return RC_OK;
}

static rc_status compile_step(compiler *c, size_t s)
{
    const rc_model_step *step = &c->model->steps[s];
    size_t value = c->model->n_inputs + s, src;
    RC_TRY(join(c, step->in, step->n_in, &src));
    if (step->op == RC_OP_AFFINE && c->is_folded[s] && step->center.data == NULL) {
        c->first[value] = src;
        return RC_OK;
    }
    size_t dst = new_columns(c, step->w_out);
    c->first[value] = dst;
    switch (step->op) {
    case RC_OP_AFFINE:
        return compile_affine(c, s, src, dst);
    case RC_OP_DENSE:
        return compile_dense(c, s, src, dst);
    case RC_OP_ACTIVATION:
        RC_TRY(add_copy(c, src, dst, step->w_in));
        return add_activation(c, &step->activation, dst, step->w_out);
    case RC_OP_SOFTMAX:
        RC_TRY(add_copy(c, src, dst, step->w_in));
        return compile_softmax(c, step->log, dst, step->w_out);
    }
    return RC_OK;
}

static rc_status compile_output(compiler *c)
{
    const rc_model *m = c->model;
    rc_plan *p = c->plan;
    p->width = m->width;
    RC_TRY(join(c, m->from, m->n_from, &p->margin));
    p->value = p->margin;
    if (m->link == RC_LINK_IDENTITY || m->link == RC_LINK_NONE)
        return RC_OK;
    p->value = new_columns(c, p->width);
    RC_TRY(add_copy(c, p->margin, p->value, p->width));
    if (m->link == RC_LINK_SOFTMAX)
        return compile_softmax(c, false, p->value, p->width);
    rc_plan_op *op = new_op(c, RC_PLAN_LINK, p->value, p->value);
    if (op == NULL)
        return rc_error_nomem(c->err);
    op->w_out = p->width;
    op->link = m->link;
    return RC_OK;
}

static rc_status compile(compiler *c)
{
    const rc_model *m = c->model;
    c->plan->cpu = c->options->cpu;
    c->plan->dtype = m->dtype;
    RC_TRY(rc_kernels_pick(&c->plan->kernels, &c->plan->cpu, m->dtype, c->err));
    for (size_t i = 0; i < m->n_inputs; i++)
        c->first[i] = new_columns(c, 1);
    count_reads(c);
    find_folds(c);
    for (size_t s = 0; s < m->n_steps; s++)
        if (c->n_reads[m->n_inputs + s] > 0)
            RC_TRY(compile_step(c, s));
    return compile_output(c);
}

rc_status rc_plan_compile(rc_plan **out, const rc_model *model, const rc_plan_options *options,
                          rc_error *err)
{
    *out = NULL;
    size_t n_values = model->n_inputs + model->n_steps;
    compiler c = {
        .model = model,
        .options = options,
        .plan = rc_alloc_array(1, sizeof(rc_plan)),
        .first = rc_alloc_array(n_values, sizeof(size_t)),
        .n_reads = rc_alloc_array(n_values, sizeof(size_t)),
        .folds_in = rc_alloc_array(model->n_steps, sizeof(size_t)),
        .is_folded = rc_alloc_array(model->n_steps, sizeof(bool)),
        .err = err,
    };
    if (c.plan != NULL) {
        c.plan->reads = rc_alloc_array(model->n_inputs, sizeof(bool));
        c.plan->n_inputs = model->n_inputs;
    }
    rc_status st;
    if (c.plan == NULL || c.plan->reads == NULL || c.first == NULL || c.n_reads == NULL ||
        c.folds_in == NULL || c.is_folded == NULL)
        st = rc_error_nomem(err);
    else
        st = compile(&c);
    free(c.first);
    free(c.n_reads);
    free(c.folds_in);
    free(c.is_folded);
    if (st < 0)
        rc_plan_close(c.plan);
    else
        *out = c.plan;
    return st;
}
