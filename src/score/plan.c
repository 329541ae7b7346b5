/* plan.c - run a compiled plan over one tile. */
#include "score/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "model/words.h"
#include "score/plan_ops.h"

static void release_op(rc_plan_op *op)
{
    for (size_t p = 0; p < 4; p++)
        free(op->parameters[p]);
    free(op->dense.weights);
    free(op->dense.bias);
    free(op->dense.segments);
    free(op->columns);
    free(op->terms);
    free(op->first_term);
    free(op->bins.edges);
    free(op->bins.first);
    rc_finder_release(&op->finder);
}

void rc_plan_close(rc_plan *plan)
{
    if (plan == NULL)
        return;
    for (size_t i = 0; i < plan->n_ops; i++)
        release_op(&plan->ops[i]);
    free(plan->ops);
    free(plan->reads);
    free(plan->fates);
    free(plan);
}

rc_dtype rc_plan_dtype(const rc_plan *plan)
{
    return plan->dtype;
}

rc_cpu_level rc_plan_cpu(const rc_plan *plan)
{
    return plan->cpu;
}

rc_real_batch rc_plan_log(const rc_plan *plan)
{
    return plan->kernels.log;
}

bool rc_plan_reads(const rc_plan *plan, size_t i)
{
    return plan->reads[i];
}

rc_step_fate rc_plan_fate(const rc_plan *plan, size_t step, size_t *into)
{
    *into = plan->fates[step].into;
    return plan->fates[step].fate;
}

static size_t real_bytes(const rc_plan *plan)
{
    return plan->dtype == RC_FLOAT32 ? sizeof(float) : sizeof(double);
}

static void *column(const rc_plan *plan, const rc_scratch *scratch, size_t c)
{
    return (char *)scratch->columns + c * RC_TILE_ROWS * real_bytes(plan);
}

rc_status rc_scratch_init(rc_scratch *scratch, const rc_plan *plan, rc_error *err)
{
    size_t tile = RC_TILE_ROWS * sizeof(double);
    *scratch = (rc_scratch){
        .columns = rc_alloc_aligned(plan->n_columns, RC_TILE_ROWS * real_bytes(plan)),
        .value = rc_alloc_aligned(plan->width, tile),
        .margin = rc_alloc_aligned(plan->width, tile),
        .decide = plan->n_decide > 0 ? rc_alloc_aligned(plan->n_decide, tile) : NULL,
    };
    if (scratch->columns != NULL && scratch->value != NULL && scratch->margin != NULL &&
        (plan->n_decide == 0 || scratch->decide != NULL))
        return RC_OK;
    rc_scratch_release(scratch);
    return rc_error_nomem(err);
}

void rc_scratch_release(rc_scratch *scratch)
{
    free(scratch->columns);
    free(scratch->value);
    free(scratch->margin);
    free(scratch->decide);
    *scratch = (rc_scratch){0};
}

void *rc_scratch_input(const rc_scratch *scratch, const rc_plan *plan, size_t i)
{
    return column(plan, scratch, i);
}

static void run_copy(const rc_plan *plan, const rc_plan_op *op, const rc_scratch *scratch)
{
    const rc_dense *d = &op->dense;
    for (size_t s = 0, dst = op->dst; s < d->n_segments; dst += d->segments[s++].w)
        memcpy(column(plan, scratch, dst), column(plan, scratch, d->segments[s].first),
               d->segments[s].w * RC_TILE_ROWS * real_bytes(plan));
}

static void run_dense(const rc_plan *plan, const rc_plan_op *op, const rc_scratch *scratch)
{
    const rc_dense *d = &op->dense;
    for (size_t s = 0; s < d->n_segments; s++)
        if (d->segments[s].is_hot)
            plan->kernels.starts(d, &d->segments[s], column(plan, scratch, d->segments[s].found),
                                 column(plan, scratch, d->segments[s].first));
    plan->kernels.dense(d, scratch->columns, column(plan, scratch, op->dst));
}

static void run_elementwise(const rc_plan *plan, const rc_plan_op *op, const rc_scratch *scratch)
{
    rc_columns in[3];
    for (size_t k = 0; k < 3; k++) {
        in[k].x = op->parameters[k];
        if (in[k].x == NULL)
            in[k].x = column(plan, scratch, op->operands[k]);
        in[k].stride = op->strides[k];
    }
    plan->kernels.elementwise(op->fn, in, column(plan, scratch, op->dst), op->w_out);
}

static void run_impute(const rc_plan *plan, const rc_plan_op *op, const rc_scratch *scratch)
{
    const void *x = column(plan, scratch, op->src);
    plan->kernels.impute(x, op->parameters[0], op->missing, column(plan, scratch, op->dst),
                         op->w_in);
    plan->kernels.indicate(x, op->columns, op->n_columns, op->missing,
                           column(plan, scratch, op->dst + op->w_in));
}

/* Returns the rows that it refuses. */
static uint64_t run_op(const rc_plan *plan, const rc_plan_op *op, const rc_scratch *scratch)
{
    const rc_kernels *k = &plan->kernels;
    const void *x = column(plan, scratch, op->src);
    void *y = column(plan, scratch, op->dst);
    switch (op->kind) {
    case RC_PLAN_COPY:
        run_copy(plan, op, scratch);
        break;
    case RC_PLAN_AFFINE:
        k->affine(x, (const void *const *)op->parameters, y, op->w_in);
        break;
    case RC_PLAN_DENSE:
        run_dense(plan, op, scratch);
        break;
    case RC_PLAN_ACTIVATION:
        k->activate(&op->activation, y, op->w_out * RC_TILE_ROWS);
        break;
    case RC_PLAN_SOFTMAX:
        k->softmax(y, op->w_out, op->log);
        break;
    case RC_PLAN_LINK:
        k->link(op->link, y, op->w_out * RC_TILE_ROWS);
        break;
    case RC_PLAN_IMPUTE:
        run_impute(plan, op, scratch);
        break;
    case RC_PLAN_CLIP:
        k->clip(x, op->parameters[0], op->parameters[1], y, op->w_in);
        break;
    case RC_PLAN_NORMALISE:
        k->normalise(op->norm, x, y, op->w_in);
        break;
    case RC_PLAN_ELEMENTWISE:
        run_elementwise(plan, op, scratch);
        break;
    case RC_PLAN_PRODUCT:
        k->product(op->terms, op->first_term, x, y, op->w_out);
        break;
    case RC_PLAN_BIN:
        k->bin(&op->bins, x, y);
        break;
    case RC_PLAN_FIND:
        return k->find(&op->finder, x, y);
    case RC_PLAN_ONEHOT:
        k->onehot(x, y, op->w_out);
        break;
    case RC_PLAN_ROWS:
        k->rows(x, op->parameters[0], y, op->w_out);
        break;
    }
    return 0;
}

/* Copies columns to double, which holds every float. */
static void widen(const rc_plan *plan, const rc_scratch *scratch, size_t first, size_t width,
                  double *to)
{
    size_t n = width * RC_TILE_ROWS;
    if (n == 0)
        return; /* there may be nowhere to put it */
    const void *from = column(plan, scratch, first);
    if (plan->dtype == RC_FLOAT64)
        memcpy(to, from, n * sizeof(double));
    else
        for (size_t i = 0; i < n; i++)
            to[i] = (double)((const float *)from)[i];
}

void rc_plan_run(const rc_plan *plan, rc_scratch *scratch)
{
    scratch->refused = 0;
    for (size_t i = 0; i < plan->n_ops; i++)
        scratch->refused |= run_op(plan, &plan->ops[i], scratch);
    widen(plan, scratch, plan->value, plan->width, scratch->value);
    widen(plan, scratch, plan->margin, plan->width, scratch->margin);
    widen(plan, scratch, plan->decide, plan->n_decide, scratch->decide);
}

/* The value that a step looked for in row r, as text; of a category nobody holds it. */
static const char *found_nowhere(const rc_plan *plan, const rc_scratch *scratch,
                                 const rc_plan_op *op, size_t r, char text[RC_NUM_BYTES + 1])
{
    const void *x = column(plan, scratch, op->src);
    size_t n = plan->dtype == RC_FLOAT32 ? rc_num_print_f32(((const float *)x)[r], text)
                                         : rc_num_print_f64(((const double *)x)[r], text);
    text[n] = '\0';
    return op->is_category ? "the category" : text;
}

rc_status rc_plan_refusal(const rc_plan *plan, const rc_scratch *scratch, size_t r, size_t *input,
                          rc_error *err)
{
    *input = SIZE_MAX;
    for (size_t i = 0; i < plan->n_ops; i++) {
        const rc_plan_op *op = &plan->ops[i];
        int32_t found[RC_TILE_ROWS];
        char text[RC_NUM_BYTES + 1];
        if (op->kind != RC_PLAN_FIND || /* what it looked for stands where it stood */
            (plan->kernels.find(&op->finder, column(plan, scratch, op->src), found) >> r & 1) == 0)
            continue;
        *input = op->input;
        return rc_error_set(err, RC_E_DATA, "steps[%zu] (%s): %s is none of its values", op->step,
                            rc_words_op[op->op], found_nowhere(plan, scratch, op, r, text));
    }
    return rc_error_set(err, RC_E_DATA, "no step refuses the row");
}
