/* confusion.c - how often each label was taken for each: counts by (truth, predicted). */
#include "metrics/confusion.h"

#include <stdlib.h>

bool rc_confusion_init(rc_confusion *confusion, bool is_weighted)
{
    *confusion = (rc_confusion){.n_slots = 64, .is_weighted = is_weighted};
    confusion->slots = rc_alloc_array(confusion->n_slots, sizeof(*confusion->slots));
    return confusion->slots != NULL;
}

void rc_confusion_release(rc_confusion *confusion)
{
    for (size_t i = 0; confusion->is_weighted && i < confusion->n; i++)
        rc_exact_release(&confusion->weights[i]);
    free(confusion->weights);
    free(confusion->cells);
    free(confusion->slots);
    *confusion = (rc_confusion){0};
}

void rc_confusion_reset(rc_confusion *confusion)
{
    for (size_t i = 0; i < confusion->n; i++) {
        confusion->cells[i].n = 0;
        if (confusion->is_weighted)
            rc_exact_reset(&confusion->weights[i]);
    }
}

/* Multiplication by 2^64 / golden ratio; the high half is the mixed one. */
static inline size_t hash_of(uint32_t truth, uint32_t predicted)
{
    uint64_t h = ((uint64_t)truth << 32 | predicted) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(h >> 32);
}

static void place(rc_confusion *confusion, size_t cell)
{
    const rc_cell *c = &confusion->cells[cell];
    size_t at = hash_of(c->truth, c->predicted) & (confusion->n_slots - 1);
    while (confusion->slots[at] != 0)
        at = (at + 1) & (confusion->n_slots - 1);
    confusion->slots[at] = (uint32_t)cell + 1;
}

static bool reserve_slots(rc_confusion *confusion)
{
    if ((confusion->n + 1) * 2 < confusion->n_slots)
        return true;
    size_t n_slots = confusion->n_slots * 2;
    uint32_t *slots = n_slots / 2 < UINT32_MAX ? rc_alloc_array(n_slots, sizeof(*slots)) : NULL;
    if (slots == NULL)
        return false;
    free(confusion->slots);
    confusion->slots = slots;
    confusion->n_slots = n_slots;
    for (size_t i = 0; i < confusion->n; i++)
        place(confusion, i);
    return true;
}

static rc_cell *append(rc_confusion *confusion, uint32_t truth, uint32_t predicted)
{
    void *cells = confusion->cells, *weights = confusion->weights;
    size_t n = confusion->n + 1;
    if (!reserve_slots(confusion) ||
        !rc_grow(&cells, &confusion->cell_capacity, n, sizeof(rc_cell)))
        return NULL;
    confusion->cells = cells;
    if (confusion->is_weighted) {
        if (!rc_grow(&weights, &confusion->weight_capacity, n, sizeof(rc_exact)))
            return NULL;
        confusion->weights = weights;
        confusion->weights[n - 1] = (rc_exact){0};
    }
    confusion->cells[n - 1] = (rc_cell){.truth = truth, .predicted = predicted};
    confusion->n = n;
    place(confusion, n - 1);
    return &confusion->cells[n - 1];
}

static rc_cell *search(rc_confusion *confusion, uint32_t truth, uint32_t predicted)
{
    size_t at = hash_of(truth, predicted) & (confusion->n_slots - 1);
    for (; confusion->slots[at] != 0; at = (at + 1) & (confusion->n_slots - 1)) {
        rc_cell *c = &confusion->cells[confusion->slots[at] - 1];
        if (c->truth == truth && c->predicted == predicted)
            return c;
    }
    return append(confusion, truth, predicted);
}

static inline rc_cell *find(rc_confusion *confusion, size_t truth, size_t predicted)
{
    if (truth >= RC_CONFUSION_NEAR || predicted >= RC_CONFUSION_NEAR)
        return search(confusion, (uint32_t)truth, (uint32_t)predicted);
    uint32_t *near = &confusion->near[truth][predicted];
    if (*near != 0)
        return &confusion->cells[*near - 1];
    rc_cell *c = search(confusion, (uint32_t)truth, (uint32_t)predicted);
    if (c != NULL)
        *near = (uint32_t)(c - confusion->cells) + 1;
    return c;
}

bool rc_confusion_add(rc_confusion *confusion, const rc_metric_rows *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        size_t r = rows->which[i];
        rc_cell *c = find(confusion, rows->truth_label[r], rows->predicted[r]);
        if (c == NULL)
            return false;
        c->n++;
        if (confusion->is_weighted &&
            !rc_exact_add(&confusion->weights[c - confusion->cells], rows->weight[r]))
            return false;
    }
    return true;
}

bool rc_confusion_merge(rc_confusion *into, const rc_confusion *from, const size_t *map)
{
    for (size_t i = 0; i < from->n; i++) {
        const rc_cell *f = &from->cells[i];
        if (f->n == 0)
            continue;
        rc_cell *c = find(into, map[f->truth], map[f->predicted]);
        if (c == NULL)
            return false;
        c->n += f->n;
        if (into->is_weighted &&
            !rc_exact_merge(&into->weights[c - into->cells], &from->weights[i]))
            return false;
    }
    return true;
}

bool rc_confusion_add_cell(const rc_confusion *confusion, size_t i, rc_exact *sum)
{
    if (confusion->is_weighted)
        return rc_exact_merge(sum, &confusion->weights[i]);
    return rc_exact_add_u64(sum, confusion->cells[i].n);
}
