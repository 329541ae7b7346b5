/* regression.c - exact sums of a regression's rows, one set a target. */
#include "metrics/regression.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/num.h"

enum { N_SUMS = 6 };

static void list_sums(const rc_target_sums *t, const rc_exact *sums[N_SUMS])
{
    const rc_exact *all[N_SUMS] = {&t->d,     &t->absolute,     &t->square,
                                   &t->truth, &t->truth_square, &t->relative};
    memcpy(sums, all, sizeof(all));
}

/* The same for writing. */
static void list_own_sums(rc_target_sums *t, rc_exact *sums[N_SUMS])
{
    rc_exact *all[N_SUMS] = {&t->d,     &t->absolute,     &t->square,
                             &t->truth, &t->truth_square, &t->relative};
    memcpy(sums, all, sizeof(all));
}

bool rc_regression_init(rc_regression *sums, const rc_metrics_spec *spec)
{
    *sums = (rc_regression){.n_targets = spec->n_targets, .is_weighted = spec->weighted};
    sums->targets = rc_alloc_array(spec->n_targets, sizeof(*sums->targets));
    return sums->targets != NULL;
}

void rc_regression_release(rc_regression *sums)
{
    rc_exact *own[N_SUMS];
    for (size_t i = 0; sums->targets != NULL && i < sums->n_targets; i++) {
        list_own_sums(&sums->targets[i], own);
        for (size_t k = 0; k < N_SUMS; k++)
            rc_exact_release(own[k]);
    }
    free(sums->targets);
    rc_exact_release(&sums->weight);
    *sums = (rc_regression){0};
}

void rc_regression_reset(rc_regression *sums)
{
    rc_exact *own[N_SUMS];
    for (size_t i = 0; i < sums->n_targets; i++) {
        rc_target_sums *t = &sums->targets[i];
        list_own_sums(t, own);
        for (size_t k = 0; k < N_SUMS; k++)
            rc_exact_reset(own[k]);
        t->largest = 0.0;
        t->n_beyond = t->n_relative_beyond = 0;
    }
    rc_exact_reset(&sums->weight);
    sums->n_rows = 0;
}

/* Terms of a target's rows, those beyond the range left out. */
typedef struct terms {
    double d[RC_TILE_ROWS], y[RC_TILE_ROWS], relative[RC_TILE_ROWS];
    unsigned char which[RC_TILE_ROWS];
    size_t n;
} terms;

static void make_terms(terms *made, rc_target_sums *t, const rc_metric_rows *rows, size_t target,
                       size_t n_targets)
{
    made->n = 0;
    for (size_t i = 0; i < rows->n; i++) {
        size_t r = rows->which[i], at = made->n;
        double y = rows->truth[r * n_targets + target];
        double d = rows->values[target * rows->stride + r] - y;
        if (!isfinite(d)) {
            t->n_beyond++;
            continue;
        }
        double size = fabs(y), relative = fabs(d) / (size > DBL_EPSILON ? size : DBL_EPSILON);
        if (!isfinite(relative)) {
            t->n_relative_beyond++;
            relative = 0.0;
        }
        t->largest = fabs(d) > t->largest ? fabs(d) : t->largest;
        made->d[at] = d;
        made->y[at] = y;
        made->relative[at] = relative;
        made->which[at] = rows->which[i];
        made->n++;
    }
    for (size_t i = made->n; i < RC_TILE_ROWS; i++)
        made->d[i] = made->y[i] = made->relative[i] = 0.0;
}

/* Each sum takes a copy: adding destroys it. */
static bool add_plain(rc_target_sums *t, const terms *made)
{
    double x[RC_TILE_ROWS];
    memcpy(x, made->d, sizeof(x));
    rc_exact_add_all(&t->d, x, made->n);
    for (size_t i = 0; i < RC_TILE_ROWS; i++)
        x[i] = fabs(made->d[i]);
    rc_exact_add_all(&t->absolute, x, made->n);
    memcpy(x, made->d, sizeof(x));
    rc_exact_add_squares(&t->square, x, made->n);
    memcpy(x, made->y, sizeof(x));
    rc_exact_add_squares(&t->truth_square, x, made->n);
    memcpy(x, made->y, sizeof(x));
    rc_exact_add_all(&t->truth, x, made->n);
    memcpy(x, made->relative, sizeof(x));
    rc_exact_add_all(&t->relative, x, made->n);
    return !(t->d.has_failed || t->absolute.has_failed || t->square.has_failed ||
             t->truth.has_failed || t->truth_square.has_failed || t->relative.has_failed);
}

static bool add_weighted(rc_target_sums *t, double d, double y, double relative, double w)
{
    return rc_exact_add_product(&t->d, w, d) && rc_exact_add_product(&t->absolute, w, fabs(d)) &&
           rc_exact_add_product3(&t->square, w, d, d) && rc_exact_add_product(&t->truth, w, y) &&
           rc_exact_add_product3(&t->truth_square, w, y, y) &&
           rc_exact_add_product(&t->relative, w, relative);
}

bool rc_regression_add(rc_regression *sums, const rc_metric_rows *rows)
{
    bool ok = true;
    for (size_t k = 0; k < sums->n_targets && ok; k++) {
        terms made;
        make_terms(&made, &sums->targets[k], rows, k, sums->n_targets);
        if (!sums->is_weighted)
            ok = add_plain(&sums->targets[k], &made);
        for (size_t i = 0; i < made.n && ok && sums->is_weighted; i++)
            ok = add_weighted(&sums->targets[k], made.d[i], made.y[i], made.relative[i],
                              rows->weight[made.which[i]]);
    }
    sums->n_rows += rows->n;
    for (size_t i = 0; i < rows->n && sums->is_weighted; i++)
        ok = ok && rc_exact_add(&sums->weight, rows->weight[rows->which[i]]);
    return ok;
}

bool rc_regression_merge(rc_regression *into, const rc_regression *from)
{
    bool ok = rc_exact_merge(&into->weight, &from->weight);
    for (size_t i = 0; i < into->n_targets && ok; i++) {
        rc_target_sums *t = &into->targets[i];
        const rc_target_sums *f = &from->targets[i];
        rc_exact *own[N_SUMS];
        const rc_exact *other[N_SUMS];
        list_own_sums(t, own);
        list_sums(f, other);
        for (size_t k = 0; k < N_SUMS; k++)
            ok = rc_exact_merge(own[k], other[k]) && ok;
        t->largest = f->largest > t->largest ? f->largest : t->largest;
        t->n_beyond += f->n_beyond;
        t->n_relative_beyond += f->n_relative_beyond;
    }
    into->n_rows += from->n_rows;
    return ok;
}

/* In the order of the report. */
enum { MSE, RMSE, MAE, R2, EXPLAINED_VARIANCE, MAX_ERROR, MAPE, BIAS, N_METRICS };
static const char *const metric_names[N_METRICS] = {
    "mse", "rmse", "mae", "r2", "explained_variance", "max_error", "mape", "bias"};

typedef struct measures {
    double value[N_METRICS];
    const char *reason[N_METRICS]; /* NULL: defined */
} measures;

/* *out = w * square - sum * sum; with weights w this is w * w times a variance. */
static bool spread(rc_exact *out, const rc_exact *w, const rc_exact *square, const rc_exact *sum)
{
    rc_exact product = {0};
    bool ok = rc_exact_multiply(out, w, square) && rc_exact_multiply(&product, sum, sum) &&
              rc_exact_subtract(out, &product);
    rc_exact_release(&product);
    return ok;
}

/* 1 - error / total with one rounding at the end: (total - error) / total. As scikit-learn has it,
 * no error is 1 and an error about a constant truth is 0. */
static double explained(const rc_exact *error, const rc_exact *total, bool *ok)
{
    if (rc_exact_sign(error) == 0)
        return 1.0;
    if (rc_exact_sign(total) == 0)
        return 0.0;
    rc_exact rest = {0};
    *ok = rc_exact_merge(&rest, total) && rc_exact_subtract(&rest, error) && *ok;
    double value = rc_exact_ratio(&rest, total);
    rc_exact_release(&rest);
    return value;
}

static bool measure_explained(const rc_target_sums *t, const rc_exact *w, measures *out)
{
    rc_exact total = {0}, error = {0};
    bool ok =
        spread(&total, w, &t->truth_square, &t->truth) && rc_exact_multiply(&error, w, &t->square);
    out->value[R2] = explained(&error, &total, &ok);
    ok = spread(&error, w, &t->square, &t->d) && ok;
    out->value[EXPLAINED_VARIANCE] = explained(&error, &total, &ok);
    rc_exact_release(&total);
    rc_exact_release(&error);
    return ok;
}

static void undefine_all(measures *out, const char *reason)
{
    for (size_t k = 0; k < N_METRICS; k++)
        out->reason[k] = reason;
}

static bool measure(const rc_regression *sums, size_t i, const rc_exact *w, measures *out)
{
    const rc_target_sums *t = &sums->targets[i];
    *out = (measures){0};
    if (sums->n_rows == 0 || rc_exact_sign(w) == 0) {
        undefine_all(out, sums->n_rows == 0 ? RC_NO_ROWS : RC_NO_WEIGHT);
        return true;
    }
    if (t->n_beyond > 0) {
        undefine_all(out, RC_TOO_LARGE);
        return true;
    }
    out->value[MSE] = rc_exact_ratio(&t->square, w);
    out->value[RMSE] = sqrt(out->value[MSE]);
    out->value[MAE] = rc_exact_ratio(&t->absolute, w);
    out->value[MAX_ERROR] = t->largest;
    out->value[MAPE] = rc_exact_ratio(&t->relative, w);
    out->value[BIAS] = rc_exact_ratio(&t->d, w);
    if (t->n_relative_beyond > 0)
        out->reason[MAPE] = RC_TOO_LARGE;
    bool ok = measure_explained(t, w, out);
    if (sums->n_rows < 2)
        out->reason[R2] = "fewer than two rows";
    for (size_t k = 0; k < N_METRICS; k++)
        if (out->reason[k] == NULL && !isfinite(out->value[k]))
            out->reason[k] = RC_TOO_LARGE;
    return ok;
}

static void put(rc_results *results, rc_metric_name name, double value, const char *reason)
{
    if (reason != NULL)
        rc_results_undefined(results, name, reason);
    else
        rc_results_number(results, name, value);
}

rc_metric_name rc_regression_name(const rc_metrics_spec *spec, size_t i, const char *metric,
                                  char number[32])
{
    const char *name = spec->targets != NULL ? spec->targets[i] : NULL;
    if (name != NULL)
        return (rc_metric_name){metric, name, strlen(name)};
    return (rc_metric_name){metric, number, rc_num_print_u64(i, number)};
}

/* The plain metric is the mean of the targets' rounded values: scikit-learn's uniform average, and
 * its root_mean_squared_error. max_error has one target there; here it is averaged like all. */
static void put_metric(const measures *all, const rc_metrics_spec *spec, size_t k,
                       rc_results *results)
{
    rc_exact sum = {0}, n = {0};
    const char *reason = NULL;
    for (size_t i = 0; i < spec->n_targets; i++) {
        if (all[i].reason[k] == NULL)
            rc_exact_add(&sum, all[i].value[k]);
        else if (reason == NULL)
            reason = all[i].reason[k];
    }
    bool ok = rc_exact_add_u64(&n, spec->n_targets) && !sum.has_failed;
    results->has_failed = results->has_failed || !ok;
    put(results, (rc_metric_name){.metric = metric_names[k]}, rc_exact_ratio(&sum, &n), reason);
    rc_exact_release(&sum);
    rc_exact_release(&n);
    char number[RC_NUM_BYTES];
    for (size_t i = 0; spec->n_targets > 1 && i < spec->n_targets; i++)
        put(results, rc_regression_name(spec, i, metric_names[k], number), all[i].value[k],
            all[i].reason[k]);
}

bool rc_regression_values(const rc_regression *sums, const rc_metrics_spec *spec,
                          rc_results *results)
{
    rc_exact w = {0};
    measures *all = rc_alloc_array(sums->n_targets, sizeof(*all));
    bool ok = all != NULL && (sums->is_weighted ? rc_exact_merge(&w, &sums->weight)
                                                : rc_exact_add_u64(&w, sums->n_rows));
    for (size_t i = 0; i < sums->n_targets && ok; i++)
        ok = measure(sums, i, &w, &all[i]);
    for (size_t k = 0; k < N_METRICS && ok; k++)
        put_metric(all, spec, k, results);
    free(all);
    rc_exact_release(&w);
    return ok && !results->has_failed;
}
