/* native.h - what the files that read the native model share. */
#ifndef RC_MODEL_NATIVE_H
#define RC_MODEL_NATIVE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "model/model.h"
#include "table/vocabulary.h"

#define RC_NATIVE_MAX_DEPTH 64
#define RC_NATIVE_MAX_HEADER 100000000
/* Numbers that the file does not hold one by one: a small file must not make a huge model. */
#define RC_NATIVE_MAX_REPEATED ((size_t)1 << 24)
/* So many names are looked through for the nearest. */
#define RC_NATIVE_HINTED 10000
/* What the parsed text may take in memory; see native_json.c. */
#define RC_NATIVE_MAX_MEMORY ((uint64_t)1 << 31)

/* A place in the file, for messages: `steps[2].weights` is three of them, innermost first. */
typedef struct rc_place {
    const struct rc_place *up; /* NULL: the model itself */
    const char *key;           /* NULL: an element of a list */
    size_t index;
} rc_place;

/* One load. */
typedef struct rc_native {
    rc_model *model;
    const char *arrays; /* what follows the header of a .rcm; NULL in JSON */
    size_t n_array_bytes;
    size_t n_referred_bytes;    /* of the arrays, so far */
    size_t n_numbers;           /* in the arrays of the model, so far */
    size_t n_repeated;          /* of these, written as one number for all */
    size_t n_widths;            /* inputs and widths of the steps, so far */
    size_t n_labels;            /* values, keys and classes that are written out, so far */
    rc_vocabulary **categories; /* (n_inputs) the values of each category; NULL: a number */
    json_t *names;              /* name -> number of the value */
    bool has_as;                /* some input has a name for steps alone */
    const json_t *steps;        /* for a message about a name of a later step */
    rc_error *err;
} rc_native;

/* Sets "steps[2].weights: TEXT", RC_E_MODEL. */
rc_status rc_native_fail(const rc_native *ctx, const rc_place *at, const char *format, ...)
    RC_PRINTF(3, 4);

/* Fails with "a list is expected, but here is a number". */
rc_status rc_native_fail_kind(const rc_native *ctx, const rc_place *at, const json_t *found,
                              const char *expected);

/* Adds the nearest of the names (NULL ends them) as a hint; none that is near, no hint. */
void rc_native_hint(const rc_native *ctx, const char *name, const char *const *names);

/* Checks that value is an object whose keys are all in `keys` (NULL ends them) or begin "x-". */
rc_status rc_native_keys(const rc_native *ctx, const json_t *value, const rc_place *at,
                         const char *const *keys);

/* A member that must be there. */
rc_status rc_native_member(const rc_native *ctx, const json_t *object, const rc_place *at,
                           const char *key, const json_t **value);

/* A member that must be a string. */
rc_status rc_native_string(const rc_native *ctx, const json_t *object, const rc_place *at,
                           const char *key, const char **text);

/* A member that must be one of the names; *index is its place among them. Without `fallback` (-1)
 * it must be there. */
rc_status rc_native_choice(const rc_native *ctx, const json_t *object, const rc_place *at,
                           const char *key, const char *const *names, int fallback, int *index);

/* A member that is true or false; *flag stays as it is without it. */
rc_status rc_native_flag(const rc_native *ctx, const json_t *object, const rc_place *at,
                         const char *key, bool *flag);

/* Whether a value (or NULL) is this string. */
bool rc_native_is_text(const json_t *value, const char *text);

/* A number: a JSON number or "nan", "inf", "-inf". One that float32 cannot hold is refused if that
 * is the dtype of the model. */
rc_status rc_native_number(const rc_native *ctx, const json_t *value, const rc_place *at,
                           double *x);

/* Parses the text, all numbers as reals. The caller drops the reference. */
rc_status rc_native_load(json_t **root, const char *text, size_t n, rc_error *err);

/* w numbers, or one number for all. `whose` ends "3 values, but ". */
rc_status rc_native_vector(rc_native *ctx, const json_t *value, const rc_place *at, size_t w,
                           const char *whose, rc_array *out);

/* w lists of equally many numbers; RC_NATIVE_ANY: any number of lists. */
#define RC_NATIVE_ANY SIZE_MAX
rc_status rc_native_matrix(rc_native *ctx, const json_t *value, const rc_place *at, size_t w,
                           const char *whose, rc_array *out);
/* The same; what is stored as float32 stays so: out->floats. */
rc_status rc_native_table(rc_native *ctx, const json_t *value, const rc_place *at, size_t w,
                          const char *whose, rc_array *out);

/* Any number of numbers. */
rc_status rc_native_list(rc_native *ctx, const json_t *value, const rc_place *at, rc_array *out);

/* w lists of any length, one behind the other: list k begins at (*first)[k], the last of w + 1
 * entries is the end. */
rc_status rc_native_lists(rc_native *ctx, const json_t *value, const rc_place *at, size_t w,
                          const char *whose, rc_array *out, size_t **first);

/* Room for n_rows x n_cols numbers, counted. */
rc_status rc_native_allocate(rc_native *ctx, const rc_place *at, size_t n_rows, size_t n_cols,
                             rc_array *out);

/* Fails at item i of a list that is written as such, as stored numbers, or as one for all. */
rc_status rc_native_fail_item(const rc_native *ctx, const json_t *value, const rc_place *at,
                              size_t i, const char *text);

/* Strings and numbers as texts: values of a category, classes. */
typedef struct rc_label_list {
    char **texts; /* (n), a NULL behind; numbers in their shortest form */
    bool *is_number;
    size_t n;
} rc_label_list;

void rc_label_list_release(rc_label_list *labels);

/* Counts n more labels in; too many are refused. */
rc_status rc_native_count_labels(rc_native *ctx, const rc_place *at, size_t n);

/* One string or number. On success *text is the caller's. */
rc_status rc_native_label(const rc_native *ctx, const json_t *value, const rc_place *at,
                          char **text, bool *is_number);

/* A list of them. The caller releases *out, after a failure too. */
rc_status rc_native_labels(rc_native *ctx, const json_t *value, const rc_place *at,
                           rc_label_list *out);

/* Makes the vocabulary of n texts, which it keeps, and refuses two that match. Where by_value,
 * texts that are numbers match if these are equal. */
rc_status rc_native_match(const rc_native *ctx, char *const *texts, size_t n, bool by_value,
                          const rc_place *at, rc_vocabulary **out);

/* Looks a label up. One that is none of the texts (`whose`: "the values") is refused. */
rc_status rc_native_find(const rc_native *ctx, const rc_vocabulary *among, char *const *texts,
                         const char *whose, const char *label, const rc_place *at, size_t *index);

/* Numbers of the values that a name or a list of names means, and their width together. */
rc_status rc_native_refer(rc_native *ctx, const json_t *value, const rc_place *at, size_t **in,
                          size_t *n_in, size_t *width);

/* Room for rc_native_describe(). */
#define RC_WHOSE_BYTES (RC_QUOTED_BYTES + 64)

/* "'scaled' has width 10": what a name or a list of names reads, for a message. */
const char *rc_native_describe(const json_t *value, size_t width, char whose[RC_WHOSE_BYTES]);

/* The value that a name means; its width is added to *width. */
rc_status rc_native_refer_one(const rc_native *ctx, const json_t *value, const rc_place *at,
                              size_t *v, size_t *width);

/* Counts the width of a new value in. */
rc_status rc_native_widen(rc_native *ctx, const rc_place *at, size_t width);

/* Makes a name mean a value. It must not be taken. */
rc_status rc_native_define(rc_native *ctx, const rc_place *at, const char *name, size_t value);

rc_status rc_native_inputs(rc_native *ctx, const json_t *inputs, const rc_place *at);
rc_status rc_native_steps(rc_native *ctx, const json_t *steps, const rc_place *at);
rc_status rc_native_output(rc_native *ctx, const json_t *output, const rc_place *at);

#endif
