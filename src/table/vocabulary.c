/* vocabulary.c - texts to codes: header names, classes. */
#include "table/vocabulary.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

typedef struct entry {
    const char *text;
    size_t n;
    double value; /* in the table of values */
    uint64_t hash;
    int64_t code; /* RC_NO_CODE: free */
} entry;

/* Open addressing, at most half full, linear probing. */
typedef struct table {
    entry *entries;
    size_t mask;
} table;

struct rc_vocabulary {
    table texts;
    table values; /* entries NULL when texts never match by value */
};

/* FNV-1a with a final mix; the texts of a vocabulary are the model's or the header's, and the
 * worst that chosen collisions can do is to slow their own job. */
static uint64_t hash_bytes(const char *text, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)text[i]) * 0x100000001b3u;
    return h ^ (h >> 29);
}

static uint64_t hash_value(double value)
{
    value += 0.0; /* -0 and 0 are equal */
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    bits *= 0x9e3779b97f4a7c15u;
    return bits ^ (bits >> 32);
}

static bool table_init(table *t, size_t n)
{
    size_t size = 16;
    while (size < 2 * n)
        size *= 2;
    t->entries = rc_alloc_array(size, sizeof(entry));
    if (t->entries == NULL)
        return false;
    t->mask = size - 1;
    for (size_t i = 0; i < size; i++)
        t->entries[i].code = RC_NO_CODE;
    return true;
}

static entry *find_text(const table *t, const char *text, size_t n, uint64_t hash)
{
    for (size_t i = hash & t->mask;; i = (i + 1) & t->mask) {
        entry *e = &t->entries[i];
        if (e->code == RC_NO_CODE ||
            (e->hash == hash && e->n == n && memcmp(e->text, text, n) == 0))
            return e;
    }
}

static entry *find_value(const table *t, double value, uint64_t hash)
{
    for (size_t i = hash & t->mask;; i = (i + 1) & t->mask) {
        entry *e = &t->entries[i];
        if (e->code == RC_NO_CODE || e->value == value)
            return e;
    }
}

static void add(rc_vocabulary *v, const char *text, size_t n, int64_t code, bool by_value)
{
    uint64_t hash = hash_bytes(text, n);
    entry *e = find_text(&v->texts, text, n, hash);
    if (e->code == RC_NO_CODE)
        *e = (entry){.text = text, .n = n, .hash = hash, .code = code};
    double value;
    if (!by_value || !rc_num_parse_text(text, n, &value))
        return;
    hash = hash_value(value);
    e = find_value(&v->values, value, hash);
    if (e->code == RC_NO_CODE)
        *e = (entry){.value = value, .hash = hash, .code = code};
}

rc_status rc_vocabulary_open(rc_vocabulary **out, const char *const *texts, const size_t *lengths,
                             size_t n, bool by_value, rc_error *err)
{
    *out = NULL;
    rc_vocabulary *v = rc_alloc_array(1, sizeof(*v));
    if (v == NULL || !table_init(&v->texts, n) || (by_value && !table_init(&v->values, n))) {
        rc_vocabulary_close(v);
        return rc_error_nomem(err);
    }
    for (size_t i = 0; i < n; i++)
        add(v, texts[i], lengths != NULL ? lengths[i] : strlen(texts[i]), (int64_t)i, by_value);
    *out = v;
    return RC_OK;
}

int64_t rc_vocabulary_code(const rc_vocabulary *v, const char *text, size_t n)
{
    const entry *e = find_text(&v->texts, text, n, hash_bytes(text, n));
    double value;
    if (e->code != RC_NO_CODE || v->values.entries == NULL || !rc_num_parse_text(text, n, &value))
        return e->code;
    return find_value(&v->values, value, hash_value(value))->code;
}

void rc_vocabulary_close(rc_vocabulary *v)
{
    if (v == NULL)
        return;
    free(v->texts.entries);
    free(v->values.entries);
    free(v);
}
