/* tapes.h - for tests of plans: random tapes of all steps, and rows to run them on.
 *
 * Factors of affine steps are powers of two, and what may grow is cut to -8..8: then folding a
 * factor costs no bit. */
#ifndef RC_TESTS_TAPES_H
#define RC_TESTS_TAPES_H

#include "plans.h"

enum { TAPE_INPUTS = 6, TAPE_STEPS = 24, TAPE_WIDTH = 40 };

typedef struct tape {
    rc_model model;
    uint64_t seed;
    size_t pool[TAPE_INPUTS + 2 * TAPE_STEPS]; /* values that may be read */
    size_t n_pool;
} tape;

static inline size_t below(tape *t, size_t n)
{
    return (size_t)(draw(&t->seed) >> 33) % n;
}

static inline void *tape_alloc(size_t n, size_t size)
{
    void *p = calloc(n + 1, size);
    assert_non_null(p);
    return p;
}

static inline rc_array tape_array(tape *t, size_t n_rows, size_t n_cols)
{
    rc_array a = {
        .data = tape_alloc(n_rows * n_cols, sizeof(double)), .n_rows = n_rows, .n_cols = n_cols};
    for (size_t i = 0; i < n_rows * n_cols; i++)
        a.data[i] = below(t, 5) == 0 ? 0 : 2 * draw_unit(&t->seed);
    return a;
}

/* 1/4 to 4 */
static inline rc_array tape_powers_of_two(tape *t, size_t n)
{
    rc_array a = tape_array(t, 1, n);
    for (size_t i = 0; i < n; i++)
        a.data[i] = ldexp(below(t, 2) ? 1 : -1, (int)below(t, 5) - 2);
    return a;
}

/* A new step that reads n_in values of the pool, n_in = 0: as many as it likes. */
static inline rc_model_step *tape_step(tape *t, rc_op op, size_t n_in)
{
    rc_model *m = &t->model;
    rc_model_step *s = &m->steps[m->n_steps];
    *s = (rc_model_step){.op = op, .n_in = n_in > 0 ? n_in : 1 + below(t, 3)};
    s->in = tape_alloc(s->n_in, sizeof(size_t));
    for (size_t i = 0; i < s->n_in; i++) {
        bool is_last = below(t, 3) > 0;
        s->in[i] = t->pool[is_last ? t->n_pool - 1 : below(t, t->n_pool)];
        s->w_in += rc_model_value_width(m, s->in[i]);
    }
    s->w_out = s->w_in;
    return s;
}

static inline void tape_add(tape *t)
{
    t->pool[t->n_pool++] = t->model.n_inputs + t->model.n_steps++;
}

/* Cuts the last value, which is read no more itself. */
static inline void tape_cut(tape *t)
{
    rc_model_step *s = tape_step(t, RC_OP_CLIP, 1);
    s->in[0] = t->pool[--t->n_pool];
    s->w_in = s->w_out = rc_model_value_width(&t->model, s->in[0]);
    s->min = tape_array(t, 1, s->w_in);
    s->max = tape_array(t, 1, s->w_in);
    for (size_t i = 0; i < s->w_in; i++) {
        s->min.data[i] = -8;
        s->max.data[i] = 8;
    }
    tape_add(t);
}

/* One column of a value: what a step with keys or an operand reads. */
static inline void tape_column(tape *t)
{
    rc_model_step *s = tape_step(t, RC_OP_SELECT, 1);
    s->columns = tape_alloc(1, sizeof(size_t));
    s->n_columns = s->w_out = 1;
    s->columns[0] = below(t, s->w_in);
    tape_add(t);
}

static inline void tape_dense(tape *t)
{
    rc_model_step *s = tape_step(t, RC_OP_DENSE, 0);
    s->w_out = 1 + below(t, 11);
    s->weights = tape_array(t, s->w_in, s->w_out);
    if (below(t, 20) == 0) /* then nothing is looked up there */
        s->weights.data[below(t, s->w_in * s->w_out)] = (double)INFINITY;
    s->bias = tape_array(t, 1, s->w_out);
    s->activation =
        (rc_activation_spec){.fn = below(t, 2) ? RC_ACT_RELU : RC_ACT_TANH, .max = INFINITY};
    tape_add(t);
    tape_cut(t);
}

static inline void tape_affine(tape *t)
{
    rc_model_step *s = tape_step(t, RC_OP_AFFINE, 0);
    if (below(t, 3) == 0)
        s->center = tape_array(t, 1, s->w_in);
    if (below(t, 3) > 0)
        s->divide = tape_powers_of_two(t, s->w_in);
    if (below(t, 3) > 0)
        s->scale = tape_powers_of_two(t, s->w_in);
    if (below(t, 4) == 0)
        s->shift = tape_array(t, 1, s->w_in);
    tape_add(t);
    if (below(t, 2) == 0)
        tape_cut(t);
    else
        tape_dense(t);
}

/* Keys: small integers, now and then with others and a NaN. */
static inline void tape_keys(tape *t, rc_op op)
{
    if (below(t, 2) == 0)
        tape_column(t);
    else
        t->pool[t->n_pool] = below(t, t->model.n_inputs), t->n_pool++;
    rc_model_step *s = tape_step(t, op, 1);
    s->in[0] = t->pool[t->n_pool - 1];
    s->w_in = 1;
    size_t n = 2 + below(t, 8);
    s->keys = (rc_array){.data = tape_alloc(n, sizeof(double)), .n_rows = 1, .n_cols = n};
    for (size_t k = 0; k < n; k++)
        s->keys.data[k] = (double)k - 1;
    if (below(t, 3) == 0)
        s->keys.data[n - 1] = below(t, 2) ? (double)NAN : 2.5;
    s->unseen_is_error = below(t, 3) == 0;
    s->w_out = op == RC_OP_ORDINAL ? 1 : 1 + below(t, 5);
    if (op == RC_OP_ONEHOT) {
        s->hot = tape_alloc(n, sizeof(size_t));
        for (size_t k = 0; k < n; k++)
            s->hot[k] = below(t, 6) == 0 ? RC_NO_HOT : k % s->w_out;
        s->unseen_hot = below(t, 2) ? RC_NO_HOT : below(t, s->w_out);
    } else {
        s->table = tape_array(t, n, s->w_out);
        if (!s->unseen_is_error)
            s->unseen = tape_array(t, 1, s->w_out);
    }
    tape_add(t);
}

static inline void tape_elementwise(tape *t)
{
    rc_elementwise fn = (rc_elementwise)below(t, RC_FN_IF + 1);
    size_t n = fn == RC_FN_IF ? 3 : fn >= RC_FN_NEG ? 1 : 2, wide = below(t, n);
    rc_model_step *s = tape_step(t, RC_OP_ELEMENTWISE, n);
    s->fn = fn;
    s->n_operands = n;
    s->w_out = 1;
    size_t n_in = 0;
    for (size_t k = 0; k < n; k++) { /* one may be wide, the others are numbers or inputs */
        size_t value = k == wide ? s->in[k] : below(t, t->model.n_inputs);
        if (k != wide && below(t, 2) == 0) {
            s->operands[k] = (rc_operand){.is_constant = true, .constant = 3 * draw_unit(&t->seed)};
            continue;
        }
        s->operands[k] = (rc_operand){.value = value};
        s->in[n_in++] = value;
        size_t w = rc_model_value_width(&t->model, value);
        s->w_out = w > s->w_out ? w : s->w_out;
    }
    s->n_in = n_in;
    s->w_in = 0;
    for (size_t i = 0; i < n_in; i++)
        s->w_in += rc_model_value_width(&t->model, s->in[i]);
    tape_add(t);
    tape_cut(t);
}

static inline void tape_product(tape *t)
{
    rc_model_step *s = tape_step(t, RC_OP_PRODUCT, 1);
    s->w_out = 1 + below(t, 4);
    s->powers = tape_array(t, s->w_out, s->w_in);
    for (size_t i = 0; i < s->w_out * s->w_in; i++)
        s->powers.data[i] = below(t, 3) > 0 ? 0 : below(t, 5) == 0 ? 0.5 : (double)below(t, 4);
    tape_add(t);
    tape_cut(t);
}

static inline void tape_bin(tape *t)
{
    rc_model_step *s = tape_step(t, RC_OP_BIN, 1);
    s->right = below(t, 2);
    s->encode_onehot = below(t, 2);
    s->first_edge = tape_alloc(s->w_in + 1, sizeof(size_t));
    s->edges = (rc_array){.data = tape_alloc(s->w_in * 4, sizeof(double)), .n_rows = 1};
    for (size_t i = 0; i < s->w_in; i++) {
        size_t n = below(t, 4);
        for (size_t e = 0; e < n; e++)
            s->edges.data[s->edges.n_cols + e] = (double)e * 1.5 - 1;
        s->edges.n_cols += n;
        s->first_edge[i + 1] = s->edges.n_cols;
    }
    s->w_out = s->encode_onehot ? s->edges.n_cols + s->w_in : s->w_in;
    tape_add(t);
}

static inline void tape_select(tape *t)
{
    rc_model_step *s = tape_step(t, RC_OP_SELECT, 0);
    s->n_columns = s->w_out = 1 + below(t, s->w_in);
    s->columns = tape_alloc(s->n_columns, sizeof(size_t));
    for (size_t i = 0; i < s->n_columns; i++)
        s->columns[i] = below(t, 2) ? i : below(t, s->w_in);
    tape_add(t);
}

static inline void tape_impute(tape *t)
{
    rc_model_step *s = tape_step(t, RC_OP_IMPUTE, 0);
    s->values = tape_array(t, 1, s->w_in);
    s->missing = below(t, 2) ? (double)NAN : 0;
    s->n_columns = below(t, 3);
    s->columns = tape_alloc(s->n_columns, sizeof(size_t));
    for (size_t i = 0; i < s->n_columns; i++)
        s->columns[i] = below(t, s->w_in);
    s->w_out = s->w_in + s->n_columns;
    tape_add(t);
}

static inline void tape_any(tape *t)
{
    rc_op op = (rc_op)below(t, RC_OP_CONCAT + 1);
    if (op == RC_OP_AFFINE)
        tape_affine(t);
    else if (op == RC_OP_DENSE)
        tape_dense(t);
    else if (op == RC_OP_IMPUTE)
        tape_impute(t);
    else if (op == RC_OP_ONEHOT || op == RC_OP_ORDINAL || op == RC_OP_LOOKUP)
        tape_keys(t, op);
    else if (op == RC_OP_ELEMENTWISE)
        tape_elementwise(t);
    else if (op == RC_OP_PRODUCT)
        tape_product(t);
    else if (op == RC_OP_BIN)
        tape_bin(t);
    else if (op == RC_OP_SELECT)
        tape_select(t);
    else if (op == RC_OP_CLIP)
        tape_cut(t);
    else { /* activation, softmax, normalise, concat */
        rc_model_step *s = tape_step(t, op, 0);
        s->activation = (rc_activation_spec){.fn = RC_ACT_SIGMOID};
        s->norm = (rc_norm)below(t, 3);
        s->log = below(t, 2);
        tape_add(t);
    }
}

/* A random tape. */
static inline void tape_init(tape *t, uint64_t seed, rc_dtype dtype)
{
    *t = (tape){.seed = seed * 0x9e3779b97f4a7c15u + 1, .model = {.dtype = dtype}};
    rc_model *m = &t->model;
    m->n_inputs = 1 + below(t, TAPE_INPUTS);
    m->inputs = tape_alloc(m->n_inputs, sizeof(*m->inputs));
    m->steps = tape_alloc(TAPE_STEPS + 4, sizeof(*m->steps));
    while (t->n_pool < m->n_inputs)
        t->pool[t->n_pool] = t->n_pool, t->n_pool++;
    size_t n_steps = 1 + below(t, TAPE_STEPS - 6);
    while (m->n_steps < n_steps) {
        tape_any(t);
        if (m->steps[m->n_steps - 1].w_out > TAPE_WIDTH) /* too wide to go on with */
            t->n_pool--;
    }
    if (below(t, 2) == 0)
        tape_dense(t);
    m->n_from = 1 + below(t, 2);
    m->from = tape_alloc(m->n_from, sizeof(size_t));
    for (size_t i = 0; i < m->n_from; i++) {
        m->from[i] = t->pool[i == 0 ? t->n_pool - 1 : below(t, t->n_pool)];
        m->width += rc_model_value_width(m, m->from[i]);
    }
}

static inline void tape_release(tape *t)
{
    rc_model *m = &t->model;
    for (size_t s = 0; s < m->n_steps; s++) {
        rc_model_step *p = &m->steps[s];
        rc_array *arrays[] = {&p->center, &p->divide, &p->scale, &p->shift, &p->weights,
                              &p->bias,   &p->values, &p->min,   &p->max,   &p->powers,
                              &p->edges,  &p->keys,   &p->table, &p->unseen};
        for (size_t i = 0; i < sizeof(arrays) / sizeof(*arrays); i++)
            free(arrays[i]->data);
        free(p->in);
        free(p->columns);
        free(p->first_edge);
        free(p->hot);
    }
    free(m->steps);
    free(m->inputs);
    free(m->from);
}

/* The same random rows for both: mostly small integers, as keys are, and what is odd. */
static inline void pair_run_odd(pair *p, uint64_t *seed)
{
    static const double odd[] = {0.0, -0.0, 2.5, (double)NAN, (double)INFINITY, -(double)INFINITY};
    for (size_t i = 0; i < p->model->n_inputs; i++)
        for (size_t r = 0; r < RC_TILE_ROWS; r++) {
            uint64_t u = draw(seed) >> 40;
            double x = u % 2 ? (double)(u / 2 % 9) - 2 : 6 * draw_unit(seed);
            x = u % 16 == 0 ? odd[u / 16 % 6] : x;
            put_input(p->plans[0], &p->scratches[0], i, r, x);
            put_input(p->plans[1], &p->scratches[1], i, r, x);
        }
    for (size_t k = 0; k < 2; k++)
        rc_plan_run(p->plans[k], &p->scratches[k]);
}

#endif
