/* plans.h - for tests of plans: the models of testdata, random rows, two plans side by side. */
#ifndef RC_TESTS_PLANS_H
#define RC_TESTS_PLANS_H

#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "score/plan.h"

/* Calls visit with every model of testdata that is good. Returns how many there were. */
static inline size_t for_each_model(void (*visit)(const char *path, rc_model *model, void *context),
                                    void *context)
{
    static const char *const folders[] = {"breast-cancer", "diabetes",      "digits",
                                          "wine",          "flights",       "models",
                                          "activations",   "steps/numbers", "steps/text"};
    size_t n_models = 0;
    const char *root = getenv("RC_TESTDATA");
    assert_non_null(root);
    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof(path), "%s/%s", root, folders[i]);
        DIR *dir = opendir(path);
        assert_non_null(dir);
        for (struct dirent *e; (e = readdir(dir)) != NULL;) {
            const char *end = strrchr(e->d_name, '.');
            if ((strncmp(e->d_name, "good-", 5) != 0 && strncmp(e->d_name, "model.", 6) != 0) ||
                (strcmp(end, ".json") != 0 && strcmp(end, ".rcm") != 0))
                continue;
            snprintf(path, sizeof(path), "%s/%s/%s", root, folders[i], e->d_name);
            rc_model *model;
            rc_error err = {0};
            if (rc_model_open(&model, path, NULL, &err) != RC_OK)
                fail_msg("%s: %s", path, err.text);
            visit(path, model, context);
            rc_model_close(model);
            n_models++;
        }
        closedir(dir);
    }
    return n_models;
}

static inline rc_plan *compile(const rc_model *model, rc_cpu_level cpu, bool unfolded)
{
    rc_plan *plan;
    rc_error err = {0};
    rc_plan_options options = {.cpu = cpu, .unfolded = unfolded};
    if (rc_plan_compile(&plan, model, &options, &err) != RC_OK)
        fail_msg("%s", err.text);
    return plan;
}

/* xorshift64* */
static inline uint64_t draw(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * 0x2545f4914f6cdd1du;
}

/* Uniform in [-1, 1). */
static inline double draw_unit(uint64_t *seed)
{
    return (double)(int64_t)draw(seed) * 0x1p-63;
}

/* Where an input's values lie: an affine step tells, else within 10 of 0. */
static inline void input_range(const rc_model *model, size_t input, double *center, double *reach)
{
    *center = 0;
    *reach = 10;
    for (size_t s = 0; s < model->n_steps; s++) {
        const rc_model_step *step = &model->steps[s];
        for (size_t i = 0, at = 0; i < step->n_in; i++) {
            if (step->op == RC_OP_AFFINE && step->in[i] == input) {
                *center = step->center.data != NULL ? step->center.data[at] : 0;
                *reach = step->divide.data != NULL ? 5 * fabs(step->divide.data[at]) : 10;
                return;
            }
            at += rc_model_value_width(model, step->in[i]);
        }
    }
}

static inline void put_input(const rc_plan *plan, const rc_scratch *scratch, size_t i, size_t r,
                             double x)
{
    void *column = rc_scratch_input(scratch, plan, i);
    if (rc_plan_dtype(plan) == RC_FLOAT32)
        ((float *)column)[r] = (float)x;
    else
        ((double *)column)[r] = x;
}

/* Two plans of one model, each with its scratch. */
typedef struct pair {
    const rc_model *model;
    rc_plan *plans[2];
    rc_scratch scratches[2];
} pair;

/* Takes the plans. */
static inline void pair_init(pair *p, const rc_model *model, rc_plan *a, rc_plan *b)
{
    *p = (pair){.model = model, .plans = {a, b}};
    for (size_t k = 0; k < 2; k++)
        assert_int_equal(rc_scratch_init(&p->scratches[k], p->plans[k], NULL), RC_OK);
}

static inline void pair_release(pair *p)
{
    for (size_t k = 0; k < 2; k++) {
        rc_scratch_release(&p->scratches[k]);
        rc_plan_close(p->plans[k]);
    }
}

/* A value of input i: a number near its centre, one in 16 missing where the model allows that, or
 * a code. */
static inline double draw_input(const rc_model *model, size_t i, uint64_t *seed)
{
    const rc_model_input *input = &model->inputs[i];
    double center, reach;
    input_range(model, i, &center, &reach);
    double x = center + reach * draw_unit(seed);
    uint64_t n = draw(seed) >> 8;
    if (input->is_category)
        return (double)(n % (input->n_values + 1)) - 1;
    return input->missing == RC_MISSING_VALUE && n % 16 == 0 ? input->missing_value : x;
}

/* Runs both on the same random rows of one tile. */
static inline void pair_run(pair *p, uint64_t *seed)
{
    for (size_t i = 0; i < p->model->n_inputs; i++) {
        for (size_t r = 0; r < RC_TILE_ROWS; r++) {
            double x = draw_input(p->model, i, seed);
            put_input(p->plans[0], &p->scratches[0], i, r, x);
            put_input(p->plans[1], &p->scratches[1], i, r, x);
        }
    }
    for (size_t k = 0; k < 2; k++)
        rc_plan_run(p->plans[k], &p->scratches[k]);
}

/* Scores one row; y (n) is what is expected, within `within` of it or of 1. */
static inline void check_scores_of(const rc_model *model, const double *x, const double *y,
                                   size_t n, double within)
{
    rc_plan *plan = compile(model, RC_CPU_AUTO, false);
    rc_scratch scratch;
    assert_int_equal(rc_scratch_init(&scratch, plan, NULL), RC_OK);
    assert_int_equal(model->width, n);
    for (size_t i = 0; i < model->n_inputs; i++)
        for (size_t r = 0; r < RC_TILE_ROWS; r++)
            if (model->dtype == RC_FLOAT32)
                ((float *)rc_scratch_input(&scratch, plan, i))[r] = (float)x[i];
            else
                ((double *)rc_scratch_input(&scratch, plan, i))[r] = x[i];
    rc_plan_run(plan, &scratch);
    for (size_t k = 0; k < n; k++) {
        double got = scratch.value[k * RC_TILE_ROWS];
        if (!(got == y[k] || fabs(got - y[k]) <= within * fmax(1, fabs(y[k]))))
            fail_msg("column %zu is %.17g, not %.17g", k, got, y[k]);
    }
    rc_scratch_release(&scratch);
    rc_plan_close(plan);
}

#endif
