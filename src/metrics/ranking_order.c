/* ranking_order.c - the kept rows in the order of a score. */
#include <stdlib.h>

#include "base/mem.h"
#include "metrics/ranking.h"

enum { DIGIT_BITS = 11, N_BUCKETS = 1 << DIGIT_BITS, N_DIGITS = 6 };

typedef uint32_t histogram[N_BUCKETS];

static inline size_t digit_of(uint64_t key, int digit)
{
    return key >> (DIGIT_BITS * digit) & (N_BUCKETS - 1);
}

/* One pass: from -> to, stable. False if all rows have the same digit, and nothing is moved. */
static bool distribute(const uint64_t *key, const uint32_t *from, uint32_t *to, size_t n, int digit,
                       uint32_t *count)
{
    if (count[digit_of(key[0], digit)] == n)
        return false;
    uint32_t at = 0;
    for (size_t i = 0; i < N_BUCKETS; i++) {
        uint32_t here = count[i];
        count[i] = at;
        at += here;
    }
    for (size_t i = 0; i < n; i++)
        to[count[digit_of(key[from[i]], digit)]++] = from[i];
    return true;
}

/* Sorts by the digits of the keys, the lowest first. Gives what of the two holds the result. */
static uint32_t *sort(const uint64_t *key, size_t n, uint32_t *a, uint32_t *b, histogram *counts)
{
    for (size_t i = 0; i < n; i++) {
        a[i] = (uint32_t)i;
        for (int digit = 0; digit < N_DIGITS; digit++)
            counts[digit][digit_of(key[i], digit)]++;
    }
    for (int digit = 0; digit < N_DIGITS && n > 0; digit++) {
        if (!distribute(key, a, b, n, digit, counts[digit]))
            continue;
        uint32_t *sorted = b;
        b = a;
        a = sorted;
    }
    return a;
}

static int compare_rows(const void *a, const void *b, void *context)
{
    const rc_ranking *r = context;
    size_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    for (size_t k = 0; k < r->n_scores; k++) {
        uint64_t key_x = r->key[x * r->n_scores + k], key_y = r->key[y * r->n_scores + k];
        if (key_x != key_y)
            return key_x < key_y ? -1 : 1;
    }
    if (r->label[x] != r->label[y])
        return r->label[x] < r->label[y] ? -1 : 1;
    if (!r->is_weighted)
        return 0;
    return (r->weight[x] > r->weight[y]) - (r->weight[x] < r->weight[y]);
}

static void sort_ties(const rc_ranking *ranking, const uint64_t *key, uint32_t *order)
{
    size_t n = (size_t)ranking->n_rows, end;
    for (size_t begin = 0; begin < n; begin = end) {
        for (end = begin + 1; end < n && key[order[end]] == key[order[begin]];)
            end++;
        if (end - begin > 1)
            qsort_r(order + begin, end - begin, sizeof(*order), compare_rows,
                    (void *)(uintptr_t)ranking);
    }
}

/* Score k of all rows; NULL when memory has ended. */
static uint64_t *column(const rc_ranking *ranking, size_t k)
{
    size_t n = (size_t)ranking->n_rows;
    uint64_t *key = rc_alloc_array(n, sizeof(*key));
    for (size_t i = 0; key != NULL && i < n; i++)
        key[i] = ranking->key[i * ranking->n_scores + k];
    return key;
}

uint32_t *rc_ranking_order(const rc_ranking *ranking, size_t k, bool is_full)
{
    size_t n = (size_t)ranking->n_rows;
    uint64_t *copy = ranking->n_scores > 1 ? column(ranking, k) : NULL;
    const uint64_t *key = ranking->n_scores > 1 ? copy : ranking->key;
    uint32_t *a = rc_alloc_array(n, sizeof(*a)), *b = rc_alloc_array(n, sizeof(*b));
    histogram *counts = rc_alloc_array(N_DIGITS, sizeof(*counts));
    uint32_t *order = NULL;
    if (a != NULL && b != NULL && counts != NULL && (key != NULL || n == 0)) {
        order = sort(key, n, a, b, counts);
        if (is_full)
            sort_ties(ranking, key, order);
    }
    if (order != a)
        free(a);
    if (order != b)
        free(b);
    free(counts);
    free(copy);
    return order;
}
