/* fuzz_model.c - any bytes are a model or an error; a model keeps its invariants, and stays what it
 * is when it is written again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/model.h"
#include "model/rewrite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void demand(int condition)
{
    if (!condition)
        abort();
}

static void check_array(const rc_array *array, size_t n_rows, size_t n_cols)
{
    if (!rc_array_is_there(array))
        return;
    demand(array->n_rows == n_rows && array->n_cols == n_cols);
    demand((array->data == NULL) != (array->floats == NULL));
    volatile double last = n_rows * n_cols > 0 ? rc_array_at(array, n_rows * n_cols - 1) : 0;
    (void)last;
}

static void check_input(const rc_model_input *input)
{
    if (!input->is_category)
        return;
    demand(input->n_values > 0);
    for (size_t i = 0; i < input->n_values; i++)
        demand(input->values[i][0] != '\0');
    double codes[] = {input->missing == RC_MISSING_VALUE ? input->missing_value : 0,
                      input->unknown_is_error ? 0 : input->unknown_code};
    for (size_t i = 0; i < 2; i++)
        demand(codes[i] >= -1 && codes[i] < (double)input->n_values);
    demand(codes[0] >= 0);
}

/* No two keys are equal save -2; few enough for a plain search. */
static void check_keys(const rc_model_step *step, bool narrow)
{
    size_t n = step->keys.n_cols < 1000 ? step->keys.n_cols : 1000;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++) {
            double a = step->keys.data[i], b = step->keys.data[k];
            bool is_equal = (narrow ? (float)a == (float)b : a == b) || (a != a && b != b);
            demand(!is_equal || a == -2);
        }
    }
}

static void check_keyed(const rc_model_step *step, bool narrow)
{
    size_t n = step->keys.n_cols;
    demand(step->w_in == 1 && step->keys.data != NULL && n > 0);
    check_keys(step, narrow);
    if (step->op != RC_OP_ONEHOT) {
        check_array(&step->table, n, step->w_out);
        check_array(&step->unseen, 1, step->w_out);
        demand(rc_array_is_there(&step->table) &&
               (step->unseen.data != NULL) != step->unseen_is_error);
        return;
    }
    size_t next = 0;
    for (size_t i = 0; i < n; i++) {
        demand(step->hot[i] == RC_NO_HOT || step->hot[i] == next);
        next += step->hot[i] != RC_NO_HOT;
    }
    demand(next == step->w_out);
    demand(step->unseen_is_error || step->unseen_hot == RC_NO_HOT ||
           step->unseen_hot < step->w_out);
}

static void check_bin(const rc_model_step *step)
{
    demand(step->first_edge[0] == 0 && step->first_edge[step->w_in] == step->edges.n_cols);
    for (size_t k = 0; k < step->w_in; k++) {
        demand(step->first_edge[k] <= step->first_edge[k + 1]);
        for (size_t i = step->first_edge[k] + 1; i < step->first_edge[k + 1]; i++)
            demand(step->edges.data[i - 1] < step->edges.data[i]);
    }
    demand(step->w_out == step->w_in + (step->encode_onehot ? step->edges.n_cols : 0));
}

static void check_operands(const rc_model *model, const rc_model_step *step)
{
    size_t n_in = 0, widest = 0;
    demand(step->n_operands >= 1 && step->n_operands <= 3);
    for (size_t i = 0; i < step->n_operands; i++) {
        const rc_operand *operand = &step->operands[i];
        if (operand->is_constant)
            continue;
        demand(step->in[n_in++] == operand->value);
        size_t w = rc_model_value_width(model, operand->value);
        demand(w == 1 || w == step->w_out);
        widest = w > widest ? w : widest;
    }
    demand(n_in == step->n_in && widest == step->w_out);
}

static void check_op(const rc_model *model, const rc_model_step *step)
{
    switch (step->op) {
    case RC_OP_DENSE:
        demand(rc_array_is_there(&step->weights));
        break;
    case RC_OP_IMPUTE:
        demand(step->values.data != NULL && step->w_out == step->w_in + step->n_columns);
        break;
    case RC_OP_ONEHOT:
    case RC_OP_ORDINAL:
    case RC_OP_LOOKUP:
        check_keyed(step, model->dtype == RC_FLOAT32);
        break;
    case RC_OP_ELEMENTWISE:
        check_operands(model, step);
        break;
    case RC_OP_PRODUCT:
        demand(step->powers.data != NULL);
        break;
    case RC_OP_BIN:
        check_bin(step);
        break;
    case RC_OP_SELECT:
        demand(step->w_out == step->n_columns);
        break;
    default:
        demand(step->w_out == step->w_in);
    }
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
    for (size_t k = 0; k < step->n_columns; k++)
        demand(step->columns[k] < w);
    check_op(model, step);
    check_array(&step->center, 1, w);
    check_array(&step->divide, 1, w);
    check_array(&step->scale, 1, w);
    check_array(&step->shift, 1, w);
    check_array(&step->weights, w, step->w_out);
    check_array(&step->bias, 1, step->w_out);
    check_array(&step->values, 1, w);
    check_array(&step->min, 1, w);
    check_array(&step->max, 1, w);
    check_array(&step->powers, step->w_out, w);
}

static void check_model(const rc_model *model)
{
    for (size_t i = 0; i < model->n_inputs; i++)
        check_input(&model->inputs[i]);
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
    size_t n_decide = 0;
    for (size_t k = 0; k < model->n_decide; k++)
        n_decide += rc_model_value_width(model, model->decide[k]);
    demand(n_decide == 0 || n_decide == model->n_classes);
}

/* -- written again, in the other encoding --- */

enum { MOST_WRITTEN = 1 << 20 }; /* of a file that refers to the same bytes again and again */

static rc_status keep(void *context, const void *data, size_t n, rc_error *err)
{
    rc_buf *out = context;
    if (out->n + n > MOST_WRITTEN)
        return rc_error_set(err, RC_E_OUTPUT, "too long");
    demand(rc_buf_append(out, data, n));
    return RC_OK;
}

static void demand_same_array(const rc_array *a, const rc_array *b)
{
    demand(rc_array_is_there(a) == rc_array_is_there(b));
    for (size_t i = 0; rc_array_is_there(a) && i < a->n_rows * a->n_cols; i++) {
        double x = rc_array_at(a, i), y = rc_array_at(b, i);
        demand(memcmp(&x, &y, sizeof(x)) == 0 || (x != x && y != y));
    }
}

static void demand_same(const rc_model *a, const rc_model *b)
{
    demand(a->dtype == b->dtype && a->n_inputs == b->n_inputs && a->n_steps == b->n_steps &&
           a->task == b->task && a->link == b->link && a->width == b->width &&
           a->n_classes == b->n_classes && a->n_decide == b->n_decide);
    for (size_t i = 0; i < a->n_classes; i++)
        demand(strcmp(a->classes[i], b->classes[i]) == 0);
    for (size_t i = 0; i < a->n_steps; i++) {
        const rc_model_step *x = &a->steps[i], *y = &b->steps[i];
        demand(x->op == y->op && x->w_in == y->w_in && x->w_out == y->w_out);
        demand_same_array(&x->weights, &y->weights);
        demand_same_array(&x->bias, &y->bias);
        demand_same_array(&x->center, &y->center);
        demand_same_array(&x->edges, &y->edges);
        demand_same_array(&x->keys, &y->keys);
        demand_same_array(&x->table, &y->table);
        demand_same_array(&x->powers, &y->powers);
    }
}

static void check_rewritten(const rc_model *model, const char *data, size_t n, bool to_rcm)
{
    rc_buf out = {0};
    rc_model *again = NULL;
    rc_error err = {0};
    const rc_rewrite_sink sink = {.context = &out, .write = keep};
    rc_status st = rc_model_rewrite(data, n, to_rcm, &sink, &err);
    demand(st == RC_OK || st == RC_E_OUTPUT);
    if (st == RC_OK) {
        demand(rc_model_parse(&again, out.data, out.n, &err) == RC_OK);
        demand_same(model, again);
    }
    rc_model_close(again);
    rc_buf_release(&out);
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
    if (model != NULL) {
        check_model(model);
        check_rewritten(model, (const char *)data, n, false);
        check_rewritten(model, (const char *)data, n, true);
    }
    rc_model_close(model);
    return 0;
}
