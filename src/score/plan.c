/* plan.c - run a compiled plan over one tile. */
#include "score/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "score/plan_ops.h"

void rc_plan_close(rc_plan *plan)
{
    if (plan == NULL)
        return;
    for (size_t i = 0; i < plan->n_ops; i++) {
        for (size_t p = 0; p < 4; p++)
            free(plan->ops[i].affine[p]);
        free(plan->ops[i].weights);
        free(plan->ops[i].bias);
    }
    free(plan->ops);
    free(plan->reads);
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

bool rc_plan_reads(const rc_plan *plan, size_t i)
{
    return plan->reads[i];
}

size_t rc_plan_n_ops(const rc_plan *plan)
{
    return plan->n_ops;
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
    };
    if (scratch->columns != NULL && scratch->value != NULL && scratch->margin != NULL)
        return RC_OK;
    rc_scratch_release(scratch);
    return rc_error_nomem(err);
}

void rc_scratch_release(rc_scratch *scratch)
{
    free(scratch->columns);
    free(scratch->value);
    free(scratch->margin);
    *scratch = (rc_scratch){0};
}

void *rc_scratch_input(const rc_scratch *scratch, const rc_plan *plan, size_t i)
{
    return column(plan, scratch, i);
}

static void run_op(const rc_plan *plan, const rc_plan_op *op, const rc_scratch *scratch)
{
    const rc_kernels *k = &plan->kernels;
    const void *x = column(plan, scratch, op->src);
    void *y = column(plan, scratch, op->dst);
    switch (op->kind) {
    case RC_PLAN_COPY:
        memcpy(y, x, op->w_in * RC_TILE_ROWS * real_bytes(plan));
        break;
    case RC_PLAN_AFFINE:
        k->affine(x, (const void *const *)op->affine, y, op->w_in);
        break;
    case RC_PLAN_DENSE:
        k->dense(x, op->weights, op->bias, y, op->w_in, op->w_out);
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
    }
}

/* Copies columns to double, which holds every float. */
static void widen(const rc_plan *plan, const rc_scratch *scratch, size_t first, double *to)
{
    size_t n = plan->width * RC_TILE_ROWS;
    const void *from = column(plan, scratch, first);
    if (plan->dtype == RC_FLOAT64)
        memcpy(to, from, n * sizeof(double));
    else
        for (size_t i = 0; i < n; i++)
            to[i] = (double)((const float *)from)[i];
}

void rc_plan_run(const rc_plan *plan, rc_scratch *scratch)
{
    for (size_t i = 0; i < plan->n_ops; i++)
        run_op(plan, &plan->ops[i], scratch);
    widen(plan, scratch, plan->value, scratch->value);
    widen(plan, scratch, plan->margin, scratch->margin);
}
