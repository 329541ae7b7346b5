/* compose.c - operations of frameworks that are several steps of the tape. */
#include "model/foreign/compose.h"

#include <math.h>
#include <stdlib.h>

static bool is_all_zero(const double *numbers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (numbers[i] != 0)
            return false;
    return true;
}

/* Constant columns; a number where all are the same. */
static rc_tape_operand constant_of(rc_tape *tape, const double *numbers, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (memcmp(&numbers[i], &numbers[0], sizeof(double)) != 0)
            return rc_of_value(rc_tape_constant(tape, numbers, n));
    return rc_of_number(n > 0 ? numbers[0] : 0);
}

rc_value rc_compose_with_constant(rc_tape *tape, rc_elementwise fn, rc_value v,
                                  const double *numbers, bool is_first)
{
    size_t n = rc_tape_width(tape, v);
    if (fn == RC_FN_ADD)
        return rc_tape_affine(tape, v, &(rc_affine){.shift = numbers});
    if (fn == RC_FN_MUL)
        return rc_tape_affine(tape, v, &(rc_affine){.scale = numbers});
    if (fn == RC_FN_SUB && !is_first)
        return rc_tape_affine(tape, v, &(rc_affine){.center = numbers});
    if (fn == RC_FN_DIV && !is_first)
        return rc_tape_affine(tape, v, &(rc_affine){.divide = numbers});
    if (fn == RC_FN_POW && !is_first && n > 0 && numbers[0] == 2.0) {
        size_t n_two = 1;
        while (n_two < n && numbers[n_two] == 2.0)
            n_two++;
        if (n_two == n)
            return rc_tape_apply1(tape, RC_FN_SQUARE, v);
    }
    rc_tape_operand constant = constant_of(tape, numbers, n);
    return is_first ? rc_tape_apply2(tape, fn, constant, rc_of_value(v))
                    : rc_tape_apply2(tape, fn, rc_of_value(v), constant);
}

/* -- reductions ----------------------------------------------------------------------------------
 */

/* Slices first .. first + count - 1 of v, seen as (outer, n, inner). */
static rc_value slices(rc_tape *tape, rc_value v, size_t outer, size_t n, size_t inner,
                       size_t first, size_t count)
{
    size_t *columns = rc_tape_alloc(tape, outer * count * inner, sizeof(*columns));
    if (columns == NULL)
        return RC_NO_VALUE;
    size_t at = 0;
    for (size_t o = 0; o < outer; o++)
        for (size_t k = first; k < first + count; k++)
            for (size_t i = 0; i < inner; i++)
                columns[at++] = (o * n + k) * inner + i;
    return rc_tape_select(tape, v, columns, at);
}

/* All columns of v added up: one chain, by fma. */
static rc_value sum_all(rc_tape *tape, rc_value v)
{
    static const double one = 1.0;
    rc_matrix ones = {RC_NUMBER_F64, &one, rc_tape_width(tape, v), 1, 0, 0};
    return rc_tape_dense(tape, &v, 1, &ones, NULL);
}

rc_value rc_compose_reduce(rc_tape *tape, rc_elementwise fn, rc_value v, size_t outer, size_t n,
                           size_t inner)
{
    if (n == 0)
        return rc_tape_fail(tape, "reduces no column");
    if (fn == RC_FN_ADD && outer * inner == 1 && n > 1)
        return sum_all(tape, v);
    while (n > 1 && rc_tape_status(tape, NULL) >= 0) { /* the second half onto the first */
        size_t half = n / 2, kept = n - half;
        rc_value low = slices(tape, v, outer, n, inner, 0, half);
        rc_value high = slices(tape, v, outer, n, inner, kept, half);
        rc_value both = rc_tape_apply2(tape, fn, rc_of_value(low), rc_of_value(high));
        if (kept > half) { /* one is left in the middle: it goes behind each run */
            rc_value parts[] = {both, slices(tape, v, outer, n, inner, half, 1)};
            rc_value joined = rc_tape_concat(tape, parts, 2);
            size_t *columns = rc_tape_alloc(tape, outer * kept * inner, sizeof(*columns));
            size_t at = 0;
            for (size_t o = 0; columns != NULL && o < outer; o++) {
                for (size_t k = 0; k < half * inner; k++)
                    columns[at++] = o * half * inner + k;
                for (size_t i = 0; i < inner; i++)
                    columns[at++] = outer * half * inner + o * inner + i;
            }
            both = columns != NULL ? rc_tape_select(tape, joined, columns, at) : RC_NO_VALUE;
        }
        v = both;
        n = kept;
    }
    return v;
}

rc_value rc_compose_mean(rc_tape *tape, rc_value v, size_t groups, size_t n)
{
    return rc_tape_divide(tape, rc_compose_reduce(tape, RC_FN_ADD, v, groups, n, 1), (double)n);
}

rc_value rc_compose_repeat(rc_tape *tape, rc_value v, size_t n)
{
    size_t groups = rc_tape_width(tape, v);
    if (n == 1 || groups == 1) /* operands of one column are as wide as is needed */
        return v;
    size_t *columns = rc_tape_alloc(tape, groups * n, sizeof(*columns));
    if (columns == NULL)
        return RC_NO_VALUE;
    for (size_t i = 0; i < groups * n; i++)
        columns[i] = i / n;
    return rc_tape_select(tape, v, columns, groups * n);
}

static rc_value apply_repeated(rc_tape *tape, rc_elementwise fn, rc_value v, rc_value of_group,
                               size_t n)
{
    rc_value wide = rc_compose_repeat(tape, of_group, n);
    return rc_tape_apply2(tape, fn, rc_of_value(v), rc_of_value(wide));
}

/* The same n numbers for each group. */
static const double *for_groups(rc_tape *tape, const double *numbers, size_t groups, size_t n)
{
    if (numbers == NULL || groups == 1)
        return numbers;
    double *all = rc_tape_alloc(tape, groups * n, sizeof(double));
    for (size_t i = 0; all != NULL && i < groups * n; i++)
        all[i] = numbers[i % n];
    return all;
}

rc_value rc_compose_layer_norm(rc_tape *tape, rc_value v, size_t groups, size_t n, double epsilon,
                               const double *scale, const double *shift, bool is_rms)
{
    rc_value x = v;
    if (!is_rms)
        x = apply_repeated(tape, RC_FN_SUB, v, rc_compose_mean(tape, v, groups, n), n);
    rc_value variance = rc_compose_mean(tape, rc_tape_apply1(tape, RC_FN_SQUARE, x), groups, n);
    rc_value root = rc_tape_apply1(tape, RC_FN_SQRT, rc_tape_shift(tape, variance, epsilon));
    x = apply_repeated(tape, RC_FN_DIV, x, root, n);
    if (scale == NULL && shift == NULL)
        return x;
    rc_affine affine = {.scale = for_groups(tape, scale, groups, n),
                        .shift = for_groups(tape, shift, groups, n)};
    return rc_tape_affine(tape, x, &affine);
}

rc_value rc_compose_prelu(rc_tape *tape, rc_value v, const double *slope)
{
    if (is_all_zero(slope, rc_tape_width(tape, v)))
        return rc_tape_activation(tape, v, RC_ACT_RELU, NULL);
    rc_value sloped = rc_tape_affine(tape, v, &(rc_affine){.scale = slope});
    rc_value is_below = rc_tape_apply2(tape, RC_FN_LT, rc_of_value(v), rc_of_number(0));
    return rc_tape_if(tape, is_below, rc_of_value(sloped), rc_of_value(v));
}

rc_value rc_compose_softmax(rc_tape *tape, rc_value v, size_t groups, size_t n, bool log)
{
    if (groups == 1)
        return rc_tape_softmax(tape, v, log);
    rc_value *parts = rc_tape_alloc(tape, groups, sizeof(*parts));
    if (parts == NULL)
        return RC_NO_VALUE;
    for (size_t g = 0; g < groups && rc_tape_status(tape, NULL) >= 0; g++)
        parts[g] = rc_tape_softmax(tape, rc_tape_slice(tape, v, g * n, n), log);
    return rc_tape_status(tape, NULL) < 0 ? RC_NO_VALUE : rc_tape_concat(tape, parts, groups);
}

/* n - k (first) or k + 1 (last) in the columns that equal the maximum of their run, else 0. */
static rc_value ranked(rc_tape *tape, rc_value v, size_t groups, size_t n, bool is_last)
{
    double *rank = rc_tape_alloc(tape, groups * n, sizeof(*rank));
    if (rank == NULL)
        return RC_NO_VALUE;
    for (size_t i = 0; i < groups * n; i++)
        rank[i] = is_last ? (double)(i % n + 1) : (double)(n - i % n);
    rc_value top = rc_compose_reduce(tape, RC_FN_MAX, v, groups, n, 1);
    rc_value is_top = apply_repeated(tape, RC_FN_EQ, v, top, n);
    return rc_tape_affine(tape, is_top, &(rc_affine){.scale = rank});
}

rc_value rc_compose_argmax(rc_tape *tape, rc_value v, size_t groups, size_t n, bool is_last)
{
    rc_value all = ranked(tape, v, groups, n, is_last);
    rc_value best = rc_compose_reduce(tape, RC_FN_MAX, all, groups, n, 1);
    return is_last ? rc_tape_shift(tape, best, -1.0)
                   : rc_tape_apply2(tape, RC_FN_SUB, rc_of_number((double)n), rc_of_value(best));
}

rc_value rc_compose_last(rc_tape *tape, rc_value v)
{
    return ranked(tape, v, 1, rc_tape_width(tape, v), true);
}

rc_value rc_compose_truncate(rc_tape *tape, rc_value v)
{
    rc_value size = rc_tape_apply1(tape, RC_FN_FLOOR, rc_tape_apply1(tape, RC_FN_ABS, v));
    rc_value sign = rc_tape_apply1(tape, RC_FN_SIGN, v);
    return rc_tape_apply2(tape, RC_FN_MUL, rc_of_value(sign), rc_of_value(size));
}
