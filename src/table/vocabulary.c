/* vocabulary.c - texts to codes: header names, classes, values of categories.
 *
 * A hash table of buckets of two slots, at most half full; what does not fit its bucket goes to the
 * next one that has room. A slot holds the text itself, so that a look-up touches one place in
 * memory, and is compared with both slots word by word without a branch: which of the two it is,
 * and how long a text is, cannot be foretold. Many look-ups at once first ask for all of their
 * buckets, and then need not wait for each. */
#include "table/vocabulary.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/pow10.h"
#include "table/cell.h"

/* Words of text in a slot: the slot of a vocabulary of short texts is half a cache line, that of
 * others a whole one, unless there are so many that memory would matter more. */
enum { SHORT_WORDS = 3, MOST_WORDS = 7, MOST_WIDE = 1 << 17 };

/* The kind of a slot is the number of bytes of its text, or that it holds hash, number of bytes,
 * and address of a longer one; of a key it may be that no text is equal. */
enum { KIND_FREE = 0xff00, KIND_LONG, KIND_ABSENT };

enum { MOST_AT_ONCE = 64 };

/* Behind the words of a slot. */
typedef struct slot_end {
    uint16_t kind;
    uint16_t is_passed; /* first of a bucket: texts that belong here stand further on */
    int32_t code;
} slot_end;

typedef struct value_slot {
    double value;
    int64_t code; /* RC_NO_CODE: free */
} value_slot;

/* A text to be found. */
typedef struct key {
    uint64_t words[MOST_WORDS]; /* as the slot has them, but for the address */
    uint64_t hash;
    uint64_t kind;
} key;

struct rc_vocabulary {
    uint64_t *slots; /* (mask + 1, 2, n_words + 1) the last word is a slot_end */
    size_t mask;
    size_t n_words;
    size_t longest;
    value_slot *values; /* NULL if no text is a number, or numbers are to match as texts only */
    size_t values_mask;
    uint64_t seed;
    char decimal;
};

#define INLINED static inline __attribute__((always_inline))

INLINED uint64_t load8(const char *p)
{
    uint64_t word;
    memcpy(&word, p, 8);
    return word;
}

INLINED uint64_t fold(uint64_t a, uint64_t b)
{
    rc_u128 product = (rc_u128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The fractions of the square roots of 2, 3, 5, 7: bits without a pattern. */
static const uint64_t root2 = UINT64_C(0x6a09e667f3bcc908), root3 = UINT64_C(0xbb67ae8584caa73b);
static const uint64_t root5 = UINT64_C(0x3c6ef372fe94f82b), root7 = UINT64_C(0xa54ff53a5f1d36f1);

static void make_long_key(const rc_vocabulary *v, const char *text, size_t n, key *k)
{
    memset(k, 0, sizeof(*k));
    k->kind = KIND_ABSENT;
    if (n > v->longest)
        return;
    uint64_t h = v->seed;
    for (size_t i = 0; i + 16 < n; i += 16)
        h = fold(load8(text + i) ^ h, load8(text + i + 8) ^ root2);
    h = fold(load8(text + n - 16) ^ h, load8(text + n - 8) ^ root3);
    k->hash = fold(h ^ n, root5);
    k->words[0] = k->hash;
    k->words[2] = n;
    k->kind = KIND_LONG;
}

/* Word i of a text of n bytes, zeros behind. 16 bytes behind the text are readable; where the text
 * has ended, its first word is read. */
INLINED uint64_t load_word(const char *text, size_t n, size_t i)
{
    static const uint64_t window[2 * MOST_WORDS] = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX,
                                                    UINT64_MAX, UINT64_MAX, UINT64_MAX};
    size_t at = i < 2 ? 8 * i : 8 * i & (0 - (size_t)(8 * i < n));
    return load8(text + at) & load8((const char *)(window + MOST_WORDS + i) - n);
}

/* The same without a byte behind the text. */
static uint64_t load_word_exactly(const char *text, size_t n, size_t i)
{
    size_t at = 8 * i;
    if (at >= n)
        return 0;
    if (at + 8 <= n)
        return load8(text + at);
    if (n >= 8)
        return load8(text + n - 8) >> 8 * (at + 8 - n);
    uint64_t word = 0;
    for (size_t b = n; b-- > 0;)
        word = word << 8 | (unsigned char)text[b];
    return word;
}

INLINED uint64_t take_word(key *k, const char *text, size_t n, bool has_slack, size_t i)
{
    k->words[i] = has_slack ? load_word(text, n, i) : load_word_exactly(text, n, i);
    return k->words[i];
}

/* has_slack: 16 bytes behind the text are readable. */
INLINED void make_key(const rc_vocabulary *v, size_t n_words, const char *text, size_t n,
                      bool has_slack, key *k)
{
    if (n > n_words * 8) {
        make_long_key(v, text, n, k);
        return;
    }
    uint64_t a = take_word(k, text, n, has_slack, 0), b = take_word(k, text, n, has_slack, 1);
    uint64_t c = take_word(k, text, n, has_slack, 2);
    k->hash = fold(a ^ v->seed, b ^ root2) ^ fold(c ^ root3, n ^ v->seed);
    if (n_words > SHORT_WORDS) {
        a = take_word(k, text, n, has_slack, 3);
        b = take_word(k, text, n, has_slack, 4);
        k->hash ^= fold(a ^ v->seed, b ^ root5);
        a = take_word(k, text, n, has_slack, 5);
        b = take_word(k, text, n, has_slack, 6);
        k->hash ^= fold(a ^ v->seed, b ^ root7);
    }
    k->kind = n;
}

static void make_key_of(const rc_vocabulary *v, const char *text, size_t n, key *k)
{
    if (v->n_words == SHORT_WORDS)
        make_key(v, SHORT_WORDS, text, n, false, k);
    else
        make_key(v, MOST_WORDS, text, n, false, k);
}

INLINED slot_end *end_of(const uint64_t *slot, size_t n_words)
{
    return (slot_end *)(slot + n_words);
}

INLINED bool is_equal(const uint64_t *slot, size_t n_words, const key *k)
{
    uint64_t differs = end_of(slot, n_words)->kind ^ k->kind;
    for (size_t i = 0; i < n_words; i++)
        differs |= slot[i] ^ k->words[i];
    return differs == 0;
}

static bool is_equal_long(const uint64_t *slot, size_t n_words, const key *k, const char *text)
{
    return end_of(slot, n_words)->kind == KIND_LONG && slot[0] == k->words[0] &&
           slot[2] == k->words[2] &&
           memcmp((const char *)(uintptr_t)slot[1], text, k->words[2]) == 0;
}

INLINED int32_t find_code(const rc_vocabulary *v, size_t n_words, const key *k, const char *text)
{
    for (size_t i = k->hash & v->mask;; i = (i + 1) & v->mask) {
        const uint64_t *a = v->slots + i * 2 * (n_words + 1), *b = a + n_words + 1;
        bool is_long = k->kind == KIND_LONG;
        bool in_a = is_long ? is_equal_long(a, n_words, k, text) : is_equal(a, n_words, k);
        bool in_b = is_long ? is_equal_long(b, n_words, k, text) : is_equal(b, n_words, k);
        /* the code of the one that is equal, or RC_NO_CODE */
        int32_t code = ~((~end_of(a, n_words)->code & -(int32_t)in_a) |
                         (~end_of(b, n_words)->code & -(int32_t)in_b));
        if ((in_a | in_b | !end_of(a, n_words)->is_passed) != 0)
            return code;
    }
}

static size_t place_of_value(const rc_vocabulary *v, double value)
{
    value += 0.0; /* -0 and 0 are equal */
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return fold(bits ^ v->seed, root2) & v->values_mask;
}

static value_slot *find_value(const rc_vocabulary *v, double value)
{
    for (size_t i = place_of_value(v, value);; i = (i + 1) & v->values_mask)
        if (v->values[i].code == RC_NO_CODE || v->values[i].value == value)
            return &v->values[i];
}

static size_t power_of_two(size_t least)
{
    size_t size = 16;
    while (size < least)
        size *= 2;
    return size;
}

static size_t length_of(const char *const *texts, const size_t *lengths, size_t i)
{
    return lengths != NULL ? lengths[i] : strlen(texts[i]);
}

static int32_t find_any(const rc_vocabulary *v, const key *k, const char *text)
{
    return v->n_words == SHORT_WORDS ? find_code(v, SHORT_WORDS, k, text)
                                     : find_code(v, MOST_WORDS, k, text);
}

static void add_text(rc_vocabulary *v, const char *text, size_t n, size_t code)
{
    key k;
    make_key_of(v, text, n, &k);
    if (find_any(v, &k, text) != RC_NO_CODE)
        return;
    uint64_t *slot;
    for (size_t i = k.hash & v->mask;; i = (i + 1) & v->mask) {
        uint64_t *first = v->slots + i * 2 * (v->n_words + 1);
        slot = first;
        if (end_of(slot, v->n_words)->kind != KIND_FREE)
            slot += v->n_words + 1;
        if (end_of(slot, v->n_words)->kind == KIND_FREE)
            break;
        end_of(first, v->n_words)->is_passed = 1;
    }
    memcpy(slot, k.words, v->n_words * 8);
    if (k.kind == KIND_LONG)
        slot[1] = (uintptr_t)text;
    end_of(slot, v->n_words)->kind = (uint16_t)k.kind;
    end_of(slot, v->n_words)->code = (int32_t)code;
}

static bool add_texts(rc_vocabulary *v, const char *const *texts, const size_t *lengths, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t length = length_of(texts, lengths, i);
        v->longest = length > v->longest ? length : v->longest;
    }
    v->n_words = v->longest > SHORT_WORDS * 8 && n <= MOST_WIDE ? MOST_WORDS : SHORT_WORDS;
    v->mask = power_of_two(n <= MOST_WIDE ? 2 * n : n) - 1;
    size_t stride = v->n_words + 1, n_slots = 2 * (v->mask + 1);
    v->slots = n <= INT32_MAX ? rc_alloc_aligned(n_slots, stride * sizeof(uint64_t)) : NULL;
    if (v->slots == NULL)
        return false;
    for (size_t i = 0; i < n_slots; i++)
        *end_of(v->slots + i * stride, v->n_words) = (slot_end){KIND_FREE, 0, RC_NO_CODE};
    for (size_t i = 0; i < n; i++)
        add_text(v, texts[i], length_of(texts, lengths, i), i);
    return true;
}

static bool add_values(rc_vocabulary *v, const char *const *texts, const size_t *lengths, size_t n)
{
    size_t n_values = 0;
    double value;
    for (size_t i = 0; i < n; i++)
        n_values += rc_num_parse_text(texts[i], length_of(texts, lengths, i), &value);
    if (n_values == 0)
        return true;
    v->values_mask = power_of_two(2 * n_values) - 1;
    v->values = rc_alloc_aligned(v->values_mask + 1, sizeof(*v->values));
    if (v->values == NULL)
        return false;
    for (size_t i = 0; i <= v->values_mask; i++)
        v->values[i].code = RC_NO_CODE;
    for (size_t i = 0; i < n; i++) {
        if (!rc_num_parse_text(texts[i], length_of(texts, lengths, i), &value))
            continue;
        value_slot *s = find_value(v, value);
        if (s->code == RC_NO_CODE)
            *s = (value_slot){.value = value + 0.0, .code = (int64_t)i};
    }
    return true;
}

rc_status rc_vocabulary_open(rc_vocabulary **out, const char *const *texts, const size_t *lengths,
                             size_t n, bool by_value, rc_error *err)
{
    *out = NULL;
    rc_vocabulary *v = rc_alloc_array(1, sizeof(*v));
    if (v != NULL) /* another seed each run: no file can be made whose texts all collide */
        *v = (rc_vocabulary){.seed = (uintptr_t)v * root3, .decimal = '.'};
    if (v == NULL || !add_texts(v, texts, lengths, n) ||
        (by_value && !add_values(v, texts, lengths, n))) {
        rc_vocabulary_close(v);
        return rc_error_nomem(err);
    }
    *out = v;
    return RC_OK;
}

void rc_vocabulary_close(rc_vocabulary *v)
{
    if (v == NULL)
        return;
    free(v->slots);
    free(v->values);
    free(v);
}

void rc_vocabulary_set_decimal(rc_vocabulary *v, char decimal)
{
    v->decimal = decimal != '\0' ? decimal : '.';
}

/* Whether a text might be a number, by its first byte, and if that is a letter by its length. */
static bool looks_like_number(const char *text, size_t n, char decimal)
{
    const char *end = text + n;
    rc_cell_trim(&text, &end);
    n = (size_t)(end - text);
    if (n == 0)
        return false;
    char lower = (char)(*text | 0x20);
    if (lower == 'i')
        return n == strlen("inf") || n == strlen("infinity");
    if (lower == 't' || lower == 'f')
        return n == (lower == 't' ? strlen("true") : strlen("false"));
    return (unsigned char)(*text - '0') < 10 || *text == '-' || *text == '+' || *text == decimal;
}

/* Whether a text that no text equals may match by value. has_slack: RC_NUM_SLACK bytes behind it
 * are readable. */
static bool is_value(const rc_vocabulary *v, const char *text, size_t n, bool has_slack,
                     double *value)
{
    const rc_cell_rules rules = {.decimal = v->decimal};
    if (v->values == NULL || !looks_like_number(text, n, v->decimal))
        return false;
    if (v->decimal == '.' && !has_slack)
        return rc_num_parse_text(text, n, value);
    return rc_cell_number(&rules, text, n, value);
}

int64_t rc_vocabulary_code(const rc_vocabulary *v, const char *text, size_t n)
{
    key k;
    double value;
    make_key_of(v, text, n, &k);
    int64_t code = find_any(v, &k, text);
    if (code == RC_NO_CODE && is_value(v, text, n, false, &value))
        code = find_value(v, value)->code;
    return code;
}

INLINED void find_codes(const rc_vocabulary *v, size_t n_words, const char *const *texts,
                        const uint32_t *lengths, size_t n, int32_t *codes)
{
    key keys[MOST_AT_ONCE];
    for (size_t i = 0; i < n; i++) {
        make_key(v, n_words, texts[i], lengths[i], true, &keys[i]);
        const uint64_t *bucket = v->slots + (keys[i].hash & v->mask) * 2 * (n_words + 1);
        __builtin_prefetch(bucket);
        if (n_words > SHORT_WORDS)
            __builtin_prefetch(bucket + n_words + 1);
    }
    for (size_t i = 0; i < n; i++)
        codes[i] = find_code(v, n_words, &keys[i], texts[i]);
}

/* The codes of the texts that have none yet. */
static void find_codes_by_value(const rc_vocabulary *v, const char *const *texts,
                                const uint32_t *lengths, size_t n, int32_t *codes)
{
    double values[MOST_AT_ONCE];
    size_t texts_of[MOST_AT_ONCE], n_values = 0;
    for (size_t i = 0; i < n; i++) {
        if (codes[i] != RC_NO_CODE || !is_value(v, texts[i], lengths[i], true, &values[n_values]))
            continue;
        __builtin_prefetch(&v->values[place_of_value(v, values[n_values])]);
        texts_of[n_values++] = i;
    }
    for (size_t i = 0; i < n_values; i++)
        codes[texts_of[i]] = (int32_t)find_value(v, values[i])->code;
}

void rc_vocabulary_codes(const rc_vocabulary *v, const char *const *texts, const uint32_t *lengths,
                         size_t n, int32_t *codes)
{
    if (v->n_words == SHORT_WORDS)
        find_codes(v, SHORT_WORDS, texts, lengths, n, codes);
    else
        find_codes(v, MOST_WORDS, texts, lengths, n, codes);
    if (v->values != NULL)
        find_codes_by_value(v, texts, lengths, n, codes);
}
