/* plan_keys.c - the keys of a step, in the form in which they are found fastest. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "score/plan_ops.h"

/* A key with what it gives, in the order of the step. */
typedef struct pair {
    double key;
    size_t order;
    int32_t number;
} pair;

static int compare_pairs(const void *a_v, const void *b_v)
{
    const pair *a = a_v, *b = b_v;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

/* Sorts and leaves of equal ones the first. Returns how many there are. */
static size_t sort_pairs(pair *pairs, size_t n)
{
    size_t n_kept = 0;
    if (n > 0)
        qsort(pairs, n, sizeof(*pairs), compare_pairs);
    for (size_t i = 0; i < n; i++)
        if (n_kept == 0 || pairs[i].key != pairs[n_kept - 1].key)
            pairs[n_kept++] = pairs[i];
    return n_kept;
}

/* A table of all integers between the lowest and the highest key must not be much larger than the
 * keys, and they must be exact in a float. */
static bool are_direct(const pair *pairs, size_t n)
{
    const double most = 0x1p24;
    if (n == 0 || pairs[0].key < -most || pairs[n - 1].key > most ||
        pairs[n - 1].key - pairs[0].key > 4.0 * (double)n + 4096)
        return false;
    for (size_t i = 0; i < n; i++)
        if (pairs[i].key != floor(pairs[i].key))
            return false;
    return true;
}

static rc_status make_direct(rc_finder *f, const pair *pairs, size_t n, rc_error *err)
{
    f->lowest = pairs[0].key;
    f->highest = pairs[n - 1].key;
    size_t n_all = (size_t)(f->highest - f->lowest) + 1;
    f->direct = rc_alloc_array(n_all, sizeof(int32_t));
    if (f->direct == NULL)
        return rc_error_nomem(err);
    for (size_t i = 0; i < n_all; i++)
        f->direct[i] = f->unseen;
    for (size_t i = 0; i < n; i++)
        f->direct[(size_t)(pairs[i].key - f->lowest)] = pairs[i].number;
    return RC_OK;
}

static rc_status make_sorted(rc_finder *f, const pair *pairs, size_t n, rc_dtype dtype,
                             rc_error *err)
{
    RC_TRY(rc_pack(&f->sorted, NULL, n, 0, dtype, err));
    f->numbers = rc_alloc_array(n, sizeof(int32_t));
    if (f->numbers == NULL)
        return rc_error_nomem(err);
    f->n = n;
    for (size_t i = 0; i < n; i++) {
        f->numbers[i] = pairs[i].number;
        if (dtype == RC_FLOAT32)
            ((float *)f->sorted)[i] = (float)pairs[i].key;
        else
            ((double *)f->sorted)[i] = pairs[i].key;
    }
    return RC_OK;
}

/* What key k gives: the column that is 1, or a row of the table. */
static int32_t number_of(const rc_model_step *step, size_t k)
{
    if (step->op != RC_OP_ONEHOT)
        return (int32_t)k;
    return step->hot[k] == RC_NO_HOT ? -1 : (int32_t)step->hot[k];
}

/* The keys that are no NaN, as the plan's type holds them. Returns how many. */
static size_t fill_pairs(rc_finder *f, pair *pairs, const rc_model_step *step, rc_dtype dtype)
{
    size_t n = 0;
    for (size_t k = 0; k < step->keys.n_cols; k++) {
        double key = step->keys.data[k];
        key = dtype == RC_FLOAT32 ? (double)(float)key : key;
        if (isnan(key))
            f->nan = number_of(step, k);
        else
            pairs[n++] = (pair){.key = key, .order = k, .number = number_of(step, k)};
    }
    return n;
}

rc_status rc_finder_init(rc_finder *finder, const rc_model_step *step, rc_dtype dtype,
                         rc_error *err)
{
    size_t n = step->keys.n_cols;
    bool is_onehot = step->op == RC_OP_ONEHOT;
    int32_t hot = step->unseen_hot == RC_NO_HOT ? -1 : (int32_t)step->unseen_hot;
    int32_t unseen = is_onehot ? hot : (int32_t)n; /* a table's last row */
    *finder = (rc_finder){.unseen = step->unseen_is_error ? RC_REFUSED : unseen,
                          .instead = is_onehot ? -1 : (int32_t)n};
    finder->nan = finder->unseen;
    pair *pairs = rc_alloc_array(n, sizeof(*pairs));
    if (pairs == NULL)
        return rc_error_nomem(err);
    n = sort_pairs(pairs, fill_pairs(finder, pairs, step, dtype));
    rc_status st = are_direct(pairs, n) ? make_direct(finder, pairs, n, err)
                                        : make_sorted(finder, pairs, n, dtype, err);
    free(pairs);
    return st;
}

void rc_finder_release(rc_finder *finder)
{
    free(finder->direct);
    free(finder->sorted);
    free(finder->numbers);
}
