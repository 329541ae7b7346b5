/* plan_emit.c - compiling: the parameters of operations, packed for the kernels. */
#include "score/plan_emit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void put(void *to, rc_dtype dtype, size_t i, double x)
{
    if (dtype == RC_FLOAT32)
        ((float *)to)[i] = (float)x;
    else
        ((double *)to)[i] = x;
}

rc_status rc_pack(void **to, const rc_array *from, size_t n, size_t n_zeros, rc_dtype dtype,
                  rc_error *err)
{
    size_t bytes = dtype == RC_FLOAT32 ? sizeof(float) : sizeof(double);
    *to = rc_alloc_aligned(n + n_zeros, bytes);
    if (*to == NULL)
        return rc_error_nomem(err);
    if (from == NULL || !rc_array_is_there(from) || n == 0)
        return RC_OK;
    const void *as_it_is = dtype == RC_FLOAT32 ? (const void *)from->floats : from->data;
    if (as_it_is != NULL)
        memcpy(*to, as_it_is, n * bytes);
    for (size_t i = 0; as_it_is == NULL && i < n; i++)
        put(*to, dtype, i, rc_array_at(from, i));
    return RC_OK;
}

static rc_status pack_array(const rc_emitter *c, void **to, const rc_array *from)
{
    if (!rc_array_is_there(from))
        return RC_OK;
    return rc_pack(to, from, from->n_rows * from->n_cols, 0, c->plan->dtype, c->err);
}

static rc_status copy_sizes(const rc_emitter *c, size_t **to, const size_t *from, size_t n)
{
    *to = rc_alloc_array(n, sizeof(size_t));
    if (*to == NULL)
        return rc_error_nomem(c->err);
    if (n > 0)
        memcpy(*to, from, n * sizeof(size_t));
    return RC_OK;
}

/* The factors of affine steps that are folded go into their rows. */
static void fold_rows(const rc_emitter *c, const rc_dense *d, const rc_model_step *step)
{
    const rc_pieces *factors = &c->fold->factors;
    for (size_t p = 0, row = 0; p < factors->n; row += factors->at[p++].w) {
        size_t before = factors->at[p].value - c->model->n_inputs;
        if (factors->at[p].value < c->model->n_inputs || !c->folds.steps[before].is_folded)
            continue;
        for (size_t i = 0; i < factors->at[p].w; i++)
            for (size_t o = 0; o < step->w_out; o++) {
                double weight = rc_array_at(&step->weights, (row + i) * step->w_out + o);
                weight = rc_fold_weight(&c->model->steps[before], factors->at[p].from + i, weight);
                put(d->weights, c->plan->dtype, rc_dense_at(d, row + i, o), weight);
            }
    }
}

/* The weights, panel by panel. */
static rc_status pack_panels(const rc_emitter *c, rc_dense *d, const rc_array *from)
{
    size_t bytes = c->plan->dtype == RC_FLOAT32 ? sizeof(float) : sizeof(double);
    const char *as_it_is =
        c->plan->dtype == RC_FLOAT32 ? (const char *)from->floats : (const char *)from->data;
    d->weights = rc_alloc_aligned(d->w * d->n_out, bytes);
    if (d->weights == NULL)
        return rc_error_nomem(c->err);
    for (size_t o = 0; o < d->n_out; o += RC_PANEL_OUTPUTS) {
        size_t n = d->n_out - o < RC_PANEL_OUTPUTS ? d->n_out - o : RC_PANEL_OUTPUTS;
        for (size_t i = 0; i < d->w; i++) {
            size_t to = rc_dense_at(d, i, o), at = i * d->n_out + o;
            if (as_it_is != NULL)
                memcpy((char *)d->weights + to * bytes, as_it_is + at * bytes, n * bytes);
            for (size_t k = 0; as_it_is == NULL && k < n; k++)
                put(d->weights, c->plan->dtype, to + k, rc_array_at(from, at + k));
        }
    }
    return RC_OK;
}

static bool has_hot(const rc_dense *d)
{
    for (size_t s = 0; s < d->n_segments; s++)
        if (d->segments[s].is_hot)
            return true;
    return false;
}

rc_status rc_emit_dense(const rc_emitter *c, rc_plan_op *op, const rc_model_step *step)
{
    rc_dense *d = &op->dense;
    op->w_in = d->w = step->w_in;
    op->w_out = d->n_out = step->w_out;
    d->is_packed = !has_hot(d);
    RC_TRY(rc_pack(&d->bias, &step->bias, step->w_out, 0, c->plan->dtype, c->err));
    if (d->is_packed)
        RC_TRY(pack_panels(c, d, &step->weights));
    else
        RC_TRY(rc_pack(&d->weights, &step->weights, step->w_in * step->w_out, step->w_out,
                       c->plan->dtype, c->err));
    fold_rows(c, d, step);
    return RC_OK;
}

rc_status rc_emit_find(const rc_emitter *c, rc_plan_op *op, const rc_model_step *step)
{
    const rc_model *m = c->model;
    size_t value = c->fold->reads.n > 0 ? c->fold->reads.at[0].value : SIZE_MAX;
    op->op = step->op;
    op->input = value < m->n_inputs ? value : SIZE_MAX;
    op->is_category = op->input != SIZE_MAX && m->inputs[value].is_category;
    return rc_finder_init(&op->finder, step, c->plan->dtype, c->err);
}

/* The table, and behind it the row of what no key equals. */
rc_status rc_emit_rows(const rc_emitter *c, rc_plan_op *op, const rc_model_step *step)
{
    size_t n = step->keys.n_cols * step->w_out;
    RC_TRY(rc_pack(&op->parameters[0], &step->table, n, step->w_out, c->plan->dtype, c->err));
    for (size_t i = 0; !step->unseen_is_error && i < step->w_out; i++)
        put(op->parameters[0], c->plan->dtype, n + i, step->unseen.data[i]);
    return RC_OK;
}

static rc_status emit_affine(const rc_emitter *c, rc_plan_op *op, const rc_model_step *step)
{
    RC_TRY(pack_array(c, &op->parameters[0], &step->center));
    if (!c->fold->is_folded) {
        RC_TRY(pack_array(c, &op->parameters[1], &step->divide));
        RC_TRY(pack_array(c, &op->parameters[2], &step->scale));
    }
    return pack_array(c, &op->parameters[3], &step->shift);
}

static rc_status emit_elementwise(const rc_emitter *c, rc_plan_op *op, const rc_model_step *step)
{
    op->fn = step->fn;
    for (size_t k = 0, at = op->src; k < step->n_operands; k++) {
        const rc_operand *operand = &step->operands[k];
        if (operand->is_constant) {
            RC_TRY(rc_pack(&op->parameters[k], NULL, RC_TILE_ROWS, 0, c->plan->dtype, c->err));
            for (size_t r = 0; r < RC_TILE_ROWS; r++)
                put(op->parameters[k], c->plan->dtype, r, operand->constant);
            continue;
        }
        size_t w = rc_model_value_width(c->model, operand->value);
        op->operands[k] = at;
        op->strides[k] = w == 1 ? 0 : RC_TILE_ROWS;
        at += w;
    }
    for (size_t k = step->n_operands; k < 3; k++) { /* not used, but readable */
        op->operands[k] = op->operands[0];
        op->parameters[k] = NULL;
    }
    return RC_OK;
}

/* How often to multiply: a small power is done as scikit-learn does it, others (0) by pow. */
static size_t n_times(double power)
{
    return power > 0 && power <= 32 && power == floor(power) ? (size_t)power : 0;
}

/* The last column first: so scikit-learn multiplies, term by term. */
static rc_status emit_product(const rc_emitter *c, rc_plan_op *op, const rc_model_step *step)
{
    size_t n = 0, n_all = step->w_in * step->w_out;
    for (size_t i = 0; i < n_all; i++)
        n += step->powers.data[i] != 0;
    op->terms = rc_alloc_array(n, sizeof(*op->terms));
    op->first_term = rc_alloc_array(step->w_out + 1, sizeof(size_t));
    if (op->terms == NULL || op->first_term == NULL)
        return rc_error_nomem(c->err);
    n = 0;
    for (size_t o = 0; o < step->w_out; o++) {
        for (size_t i = step->w_in; i-- > 0;) {
            double power = step->powers.data[o * step->w_in + i];
            power = c->plan->dtype == RC_FLOAT32 ? (double)(float)power : power;
            if (power != 0)
                op->terms[n++] = (rc_term){i, power, n_times(power)};
        }
        op->first_term[o + 1] = n;
    }
    return RC_OK;
}

static rc_status emit_bin(const rc_emitter *c, rc_plan_op *op, const rc_model_step *step)
{
    op->bins = (rc_bins){.w = step->w_in, .right = step->right, .is_onehot = step->encode_onehot};
    RC_TRY(copy_sizes(c, &op->bins.first, step->first_edge, step->w_in + 1));
    size_t n = step->first_edge[step->w_in];
    return rc_pack(&op->bins.edges, &step->edges, n, 0, c->plan->dtype, c->err);
}

rc_status rc_emit_parameters(const rc_emitter *c, rc_plan_op *op, const rc_model_step *step)
{
    switch (step->op) {
    case RC_OP_AFFINE:
        return emit_affine(c, op, step);
    case RC_OP_IMPUTE:
        op->missing = step->missing;
        op->n_columns = step->n_columns;
        RC_TRY(copy_sizes(c, &op->columns, step->columns, step->n_columns));
        return pack_array(c, &op->parameters[0], &step->values);
    case RC_OP_CLIP:
        RC_TRY(pack_array(c, &op->parameters[0], &step->min));
        return pack_array(c, &op->parameters[1], &step->max);
    case RC_OP_NORMALISE:
        op->norm = step->norm;
        return RC_OK;
    case RC_OP_ELEMENTWISE:
        return emit_elementwise(c, op, step);
    case RC_OP_PRODUCT:
        return emit_product(c, op, step);
    case RC_OP_BIN:
        return emit_bin(c, op, step);
    default:
        return RC_OK;
    }
}
