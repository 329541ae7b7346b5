/* fuzz_model.c - any bytes are a model or an error, and a model keeps its invariants. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void demand(int condition)
{
    if (!condition)
        abort();
}

static void check_array(const rc_array *array, size_t n_rows, size_t n_cols)
{
    if (array->data == NULL)
        return;
    demand(array->n_rows == n_rows && array->n_cols == n_cols);
    volatile double last = n_rows * n_cols > 0 ? array->data[n_rows * n_cols - 1] : 0;
    (void)last;
}

/* What the compiler of plans relies on. */
static void check_step(const rc_model *model, size_t i)
{
    const rc_model_step *step = &model->steps[i];
    size_t w = 0;
    for (size_t k = 0; k < step->n_in; k++) {
        demand(step->in[k] < model->n_inputs + i);
        w += rc_model_value_width(model, step->in[k]);
    }
    demand(step->w_in == w && step->w_out > 0);
    demand(step->op == RC_OP_DENSE ? step->weights.data != NULL : step->w_out == w);
    check_array(&step->center, 1, w);
    check_array(&step->divide, 1, w);
    check_array(&step->scale, 1, w);
    check_array(&step->shift, 1, w);
    check_array(&step->weights, w, step->w_out);
    check_array(&step->bias, 1, step->w_out);
}

static void check_model(const rc_model *model)
{
    for (size_t i = 0; i < model->n_steps; i++)
        check_step(model, i);
    size_t width = 0;
    for (size_t k = 0; k < model->n_from; k++) {
        demand(model->from[k] < model->n_inputs + model->n_steps);
        width += rc_model_value_width(model, model->from[k]);
    }
    demand(width == model->width && width > 0);
    if (model->task == RC_TASK_BINARY)
        demand(width == 1 && model->n_classes == 2);
    if (model->task == RC_TASK_MULTICLASS)
        demand(width >= 2 && model->n_classes == width);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    rc_model *model;
    rc_error err = {0};
    rc_status st = rc_model_parse(&model, (const char *)data, n, &err);
    demand((st == RC_OK) == (model != NULL));
    demand(st == RC_OK || (st == RC_E_MODEL && err.code == st && err.text[0] != '\0'));
    for (const char *c = err.text; *c != '\0'; c++)
        demand((unsigned char)*c >= 0x20 || *c == '\n');
    if (model != NULL)
        check_model(model);
    rc_model_close(model);
    return 0;
}
