/* labels.c - the labels of a classification: the model's classes, then others as they appear. */
#include "metrics/labels.h"

#include <stdlib.h>

#include "base/num.h"

/* Equal labels have equal keys: a number's is its value, a text's are its bytes. */
typedef struct key {
    const char *text;
    size_t n;
    double number;
    bool is_number;
} key;

static key make_key(const char *text, size_t n)
{
    key k = {.text = text, .n = n};
    k.is_number = rc_num_parse_text(text, n, &k.number);
    if (k.is_number)
        k.number += 0.0; /* -0 becomes 0 */
    return k;
}

/* FNV-1a; the last step spreads what the low bits have not seen. */
static size_t hash_of(const key *k)
{
    const unsigned char *bytes = (const unsigned char *)k->text;
    size_t n = k->n;
    unsigned char number[sizeof(double)];
    if (k->is_number) {
        memcpy(number, &k->number, sizeof(number));
        bytes = number;
        n = sizeof(number);
    }
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < n; i++)
        h = (h ^ bytes[i]) * UINT64_C(0x100000001b3);
    return (size_t)(h ^ h >> 32);
}

static key key_of(const rc_labels *labels, size_t label)
{
    const rc_label *l = &labels->items[label];
    return (key){rc_labels_text(labels, label), l->n, l->number, l->is_number};
}

static bool equal(const key *a, const key *b)
{
    if (a->is_number || b->is_number)
        return a->is_number && b->is_number && a->number == b->number;
    return a->n == b->n && memcmp(a->text, b->text, a->n) == 0;
}

static void place(rc_labels *labels, size_t label)
{
    key k = key_of(labels, label);
    size_t at = hash_of(&k) & (labels->n_slots - 1);
    while (labels->slots[at] != 0)
        at = (at + 1) & (labels->n_slots - 1);
    labels->slots[at] = (uint32_t)label + 1;
}

static void place_all(rc_labels *labels)
{
    memset(labels->slots, 0, labels->n_slots * sizeof(*labels->slots));
    for (size_t i = 0; i < labels->n; i++)
        place(labels, i);
}

static bool keep_text(rc_labels *labels, rc_label *label, const char *text, size_t n)
{
    label->at = labels->text.n;
    label->n = n;
    return rc_buf_append(&labels->text, text, n) && rc_buf_append(&labels->text, "", 1);
}

/* Appends a label without looking for an equal one. */
static bool append(rc_labels *labels, const key *k)
{
    void *items = labels->items;
    if (!rc_grow(&items, &labels->capacity, labels->n + 1, sizeof(*labels->items)))
        return false;
    labels->items = items;
    rc_label *label = &labels->items[labels->n];
    *label = (rc_label){.number = k->number, .is_number = k->is_number};
    if (!keep_text(labels, label, k->text, k->n))
        return false;
    labels->n++;
    if (labels->n * 2 < labels->n_slots) {
        place(labels, labels->n - 1);
        return true;
    }
    size_t n_slots = labels->n_slots * 2;
    uint32_t *slots = rc_alloc_array(n_slots, sizeof(*slots));
    if (slots == NULL) {
        labels->n--;
        return false;
    }
    free(labels->slots);
    labels->slots = slots;
    labels->n_slots = n_slots;
    place_all(labels);
    return true;
}

bool rc_labels_init(rc_labels *labels, const char *const *classes, size_t n_classes)
{
    *labels = (rc_labels){.n_slots = 16};
    labels->slots = rc_alloc_array(labels->n_slots, sizeof(*labels->slots));
    bool ok = labels->slots != NULL;
    for (size_t i = 0; i < n_classes && ok; i++) {
        key k = make_key(classes[i], strlen(classes[i]));
        ok = append(labels, &k);
    }
    labels->n_classes = n_classes;
    labels->n_class_bytes = labels->text.n;
    return ok;
}

void rc_labels_release(rc_labels *labels)
{
    free(labels->items);
    free(labels->slots);
    rc_buf_release(&labels->text);
    *labels = (rc_labels){0};
}

void rc_labels_reset(rc_labels *labels)
{
    if (labels->n == labels->n_classes)
        return;
    labels->text.n = labels->n_class_bytes;
    labels->n = labels->n_classes;
    place_all(labels);
}

/* Whether text a is the better one of two of one number. */
static bool is_better(const key *a, const rc_labels *labels, size_t label)
{
    const rc_label *l = &labels->items[label];
    if (a->n != l->n)
        return a->n < l->n;
    return memcmp(a->text, rc_labels_text(labels, label), a->n) < 0;
}

bool rc_labels_find(rc_labels *labels, const char *text, size_t n, size_t max, size_t *label)
{
    key k = make_key(text, n);
    size_t at = hash_of(&k) & (labels->n_slots - 1);
    for (; labels->slots[at] != 0; at = (at + 1) & (labels->n_slots - 1)) {
        *label = labels->slots[at] - 1;
        key other = key_of(labels, *label);
        if (!equal(&k, &other))
            continue;
        if (*label >= labels->n_classes && k.is_number && is_better(&k, labels, *label))
            return keep_text(labels, &labels->items[*label], text, n);
        return true;
    }
    bool is_full = labels->n - labels->n_classes >= max;
    *label = is_full ? RC_LABELS_FULL : labels->n;
    return is_full || append(labels, &k);
}

/* Numbers by value, then text by bytes; 0 only for the same label. */
static int compare(const rc_labels *labels, size_t a, size_t b)
{
    const rc_label *x = &labels->items[a], *y = &labels->items[b];
    if (x->is_number != y->is_number)
        return x->is_number ? -1 : 1;
    if (x->is_number && x->number != y->number)
        return x->number < y->number ? -1 : 1;
    size_t n = x->n < y->n ? x->n : y->n;
    int c = memcmp(rc_labels_text(labels, a), rc_labels_text(labels, b), n);
    if (c == 0)
        c = (x->n > y->n) - (x->n < y->n);
    return c != 0 ? c : (a > b) - (a < b);
}

/* Heap sort: qsort_r is no standard C and may allocate. */
static void sift(const rc_labels *labels, size_t *order, size_t root, size_t n)
{
    for (size_t child = 2 * root + 1; child < n; child = 2 * root + 1) {
        if (child + 1 < n && compare(labels, order[child], order[child + 1]) < 0)
            child++;
        if (compare(labels, order[root], order[child]) >= 0)
            return;
        size_t swap = order[root];
        order[root] = order[child];
        order[child] = swap;
        root = child;
    }
}

void rc_labels_order(const rc_labels *labels, bool sort_classes, size_t *order)
{
    for (size_t i = 0; i < labels->n; i++)
        order[i] = i;
    size_t begin = sort_classes ? 0 : labels->n_classes, n = labels->n - begin;
    size_t *part = order + begin;
    for (size_t root = n / 2; root-- > 0;)
        sift(labels, part, root, n);
    for (size_t end = n; end > 1; end--) {
        size_t swap = part[0];
        part[0] = part[end - 1];
        part[end - 1] = swap;
        sift(labels, part, 0, end - 1);
    }
}
