/* layers_prepare.c - Keras's preprocessing layers. */
#include <math.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/text.h"
#include "model/foreign/keras/read.h"

/* One number for all of n columns, or n. NULL: neither, which is kept. */
static const double *spread(rc_keras *k, const double *numbers, size_t n_numbers, size_t n,
                            const char *name)
{
    if (numbers == NULL || n_numbers == n)
        return numbers;
    if (n_numbers != 1 && (n_numbers == 0 || n % n_numbers != 0)) {
        rc_tape_fail(k->tape, "'%s' has %zu numbers, but %zu are needed", name, n_numbers, n);
        return NULL;
    }
    double *all = rc_tape_alloc(k->tape, n + 1, sizeof(double));
    for (size_t i = 0; all != NULL && i < n; i++)
        all[i] = numbers[i % n_numbers];
    return all;
}

/* From the configuration, else from the arrays of the file. */
static const double *statistic(rc_keras *k, const rc_keras_layer *layer, const char *name,
                               size_t place, size_t n)
{
    size_t n_numbers;
    const double *numbers = rc_kc_numbers(k, layer->config, name, &n_numbers);
    const rc_keras_array *array = rc_ka_find(k, layer, name, place);
    if (numbers == NULL && array != NULL) {
        n_numbers = array->n;
        numbers = rc_ka_numbers(k, array, name, array->n);
    }
    if (numbers == NULL && !rc_is_failed_keras(k))
        rc_tape_fail(k->tape,
                     "it has not been adapted: neither the configuration nor the file has "
                     "its '%s'",
                     name);
    return spread(k, numbers, n_numbers, n, name);
}

/* (x - mean) / max(sqrt(variance), 1e-7); the other way round where invert is set. */
rc_kt rc_kl_normalization(rc_keras *k, const rc_keras_layer *layer, const rc_kt *in, size_t n_in)
{
    size_t n = rc_kt_width(&in[0]);
    const double *mean = statistic(k, layer, "mean", 0, n);
    const double *variance = statistic(k, layer, "variance", 1, n);
    double *deviation = rc_tape_alloc(k->tape, n + 1, sizeof(double));
    bool is_inverse = rc_kc_flag(k, layer->config, "invert", false);
    (void)n_in;
    if (mean == NULL || variance == NULL || deviation == NULL)
        return rc_kt_none();
    for (size_t i = 0; i < n; i++)
        deviation[i] = fmax(sqrt(variance[i]), 1e-7);
    rc_affine affine = {.center = mean, .divide = deviation};
    if (is_inverse)
        affine = (rc_affine){.scale = deviation, .shift = mean};
    return rc_kt_like(&in[0], rc_tape_affine(k->tape, in[0].v, &affine));
}

rc_kt rc_kl_rescaling(rc_keras *k, const rc_keras_layer *layer, const rc_kt *in, size_t n_in)
{
    size_t n = rc_kt_width(&in[0]), n_scale, n_offset;
    const double *scale = rc_kc_numbers(k, layer->config, "scale", &n_scale);
    const double *offset = rc_kc_numbers(k, layer->config, "offset", &n_offset);
    (void)n_in;
    rc_affine affine = {.scale = spread(k, scale, n_scale, n, "scale"),
                        .shift = spread(k, offset, n_offset, n, "offset")};
    return rc_kt_like(&in[0], rc_tape_affine(k->tape, in[0].v, &affine));
}

/* -- numbers of a value as columns ----------------------------------------------------------------
 */

typedef enum output_mode { MODE_INT, MODE_ONE_HOT, MODE_MULTI_HOT, MODE_COUNT } output_mode;

static output_mode mode_of(rc_keras *k, const rc_keras_layer *layer, output_mode otherwise)
{
    static const char *const names[] = {"int", "one_hot", "multi_hot", "count"};
    const char *name = rc_kc_text(layer->config, "output_mode");
    char quoted[RC_QUOTED_BYTES];
    if (name == NULL)
        return otherwise;
    if (strcmp(name, "binary") == 0)
        return MODE_MULTI_HOT;
    for (int i = 0; i < 4; i++)
        if (strcmp(names[i], name) == 0)
            return (output_mode)i;
    rc_tape_fail(k->tape, "the output mode '%s' is not scored",
                 rc_text_quote(name, strlen(name), quoted));
    return otherwise;
}

/* Columns of n_values, 1 where an index is: of several indices the row has all of them, or how many
 * of each. parts: one column each, of numbers 0 to n_values - 1. */
static rc_kt encode(rc_keras *k, const rc_kt *t, const rc_value *parts, size_t n_values,
                    output_mode mode)
{
    double *numbers = rc_tape_alloc(k->tape, n_values + 1, sizeof(*numbers));
    size_t n = rc_kt_width(t);
    rc_value all = RC_NO_VALUE;
    if (mode == MODE_ONE_HOT && n != 1)
        rc_tape_fail(k->tape, "one_hot of several columns");
    for (size_t i = 0; numbers != NULL && i < n_values; i++)
        numbers[i] = (double)i;
    for (size_t i = 0; numbers != NULL && i < n && !rc_is_failed_keras(k); i++) {
        rc_value hot = rc_tape_onehot_numbers(k->tape, parts[i], numbers, n_values, true);
        rc_elementwise fn = mode == MODE_COUNT ? RC_FN_ADD : RC_FN_MAX;
        all = i == 0 ? hot : rc_tape_apply2(k->tape, fn, rc_of_value(all), rc_of_value(hot));
    }
    return rc_kt_row(n_values, all);
}

/* The columns of t, one by one. */
static rc_value *columns_of(rc_keras *k, const rc_kt *t)
{
    size_t n = rc_kt_width(t);
    rc_value *parts = rc_tape_alloc(k->tape, n + 1, sizeof(*parts));
    for (size_t i = 0; parts != NULL && i < n; i++)
        parts[i] = rc_tape_slice(k->tape, t->v, i, 1);
    return parts;
}

rc_kt rc_kl_category_encoding(rc_keras *k, const rc_keras_layer *layer, const rc_kt *in,
                              size_t n_in)
{
    output_mode mode = mode_of(k, layer, MODE_MULTI_HOT);
    double n = rc_kc_number(k, layer->config, "num_tokens", 0);
    n = rc_kc_number(k, layer->config, "max_tokens", n);
    (void)n_in;
    if (!(n >= 1 && n <= RC_MODEL_MAX_INPUTS)) {
        rc_tape_fail(k->tape, "'num_tokens' is no number of columns");
        return rc_kt_none();
    }
    const rc_value *parts = columns_of(k, &in[0]);
    return parts != NULL ? encode(k, &in[0], parts, (size_t)n, mode) : rc_kt_none();
}

rc_kt rc_kl_discretization(rc_keras *k, const rc_keras_layer *layer, const rc_kt *in, size_t n_in)
{
    size_t n;
    output_mode mode = mode_of(k, layer, MODE_INT);
    const double *edges = rc_kc_numbers(k, layer->config, "bin_boundaries", &n);
    (void)n_in;
    if (edges == NULL) {
        rc_tape_fail(k->tape,
                     "it has not been adapted: neither the configuration nor the file has "
                     "its '%s'",
                     "bin_boundaries");
        return rc_kt_none();
    }
    for (size_t i = 0; i < n; i++) /* Keras compares in float32 */
        ((double *)edges)[i] = (double)(float)edges[i];
    rc_value bins = rc_tape_bin(k->tape, in[0].v, edges, n, false, false);
    rc_kt t = rc_kt_like(&in[0], bins);
    if (mode == MODE_INT)
        return t;
    const rc_value *parts = columns_of(k, &t);
    return parts != NULL ? encode(k, &t, parts, n + 1, mode) : rc_kt_none();
}

/* -- lookups -------------------------------------------------------------------------------------
 */

#define EMPTY_VALUE "<empty>"

const char *rc_keras_text_value(const char *text)
{
    return text[0] == '\0' ? EMPTY_VALUE : text;
}

void rc_keras_text_seen(rc_keras *k, size_t column, const char *value, bool unknown_is_error)
{
    rc_keras_text *c = &k->texts[column];
    if (!k->is_trial)
        return;
    c->unknown_is_error = c->unknown_is_error || unknown_is_error;
    if (json_object_get(c->seen, value) == NULL &&
        json_object_set_new(c->seen, value, json_true()) != 0)
        rc_tape_fail(k->tape, "no memory for the values of a lookup");
}

/* The vocabulary of a lookup: its words and what each is made. */
typedef struct vocabulary {
    const char **words; /* (n) without those for the unknown and the masked */
    size_t n;
    const char *mask; /* NULL: none */
    size_t n_oov;     /* 0 or 1 */
    output_mode mode;
    size_t first; /* the number of the first word */
    size_t oov;   /* the number of what is unknown */
} vocabulary;

/* Words of the configuration: texts, or numbers in their shortest form. */
static bool words_of_list(rc_keras *k, const json_t *list, vocabulary *out)
{
    out->n = json_array_size(list);
    out->words = rc_tape_alloc(k->tape, out->n + 1, sizeof(*out->words));
    for (size_t i = 0; out->words != NULL && i < out->n; i++) {
        const json_t *item = json_array_get(list, i);
        char *number = rc_tape_alloc(k->tape, RC_NUM_BYTES + 1, 1);
        if (number == NULL)
            return false;
        if (json_is_number(item))
            number[rc_num_print_f64(json_number_value(item), number)] = '\0';
        out->words[i] = json_is_string(item) ? json_string_value(item) : number;
        if (!json_is_string(item) && !json_is_number(item)) {
            rc_tape_fail(k->tape, "'vocabulary' is no list of words");
            return false;
        }
    }
    return out->words != NULL;
}

/* Words of the file that Keras keeps beside the weights: one a line. */
static bool words_of_asset(rc_keras *k, const char *text, size_t n, vocabulary *out)
{
    char *copy = rc_tape_alloc(k->tape, n + 1, 1);
    size_t lines = 1;
    for (size_t i = 0; i < n; i++)
        lines += text[i] == '\n';
    out->words = rc_tape_alloc(k->tape, lines + 1, sizeof(*out->words));
    if (copy == NULL || out->words == NULL)
        return false;
    memcpy(copy, text, n);
    for (size_t at = 0; at < n || out->n == 0;) {
        char *end = memchr(copy + at, '\n', n - at);
        out->words[out->n++] = copy + at;
        if (end == NULL)
            break;
        *end = '\0';
        at = (size_t)(end - copy) + 1;
    }
    return true;
}

static bool take_words(rc_keras *k, const rc_keras_layer *layer, vocabulary *out)
{
    const json_t *list = json_object_get(layer->config, "vocabulary");
    const char *text;
    size_t n;
    if (json_is_array(list) && json_array_size(list) > 0)
        return words_of_list(k, list, out);
    rc_error err = {0};
    rc_status st = layer->id != NULL ? rc_keras_store_asset(k->store, layer->id, "vocabulary.txt",
                                                            &text, &n, &err)
                                     : RC_END;
    if (st == RC_OK)
        return words_of_asset(k, text, n, out);
    if (st < 0)
        rc_tape_fail(k->tape, "%.200s", err.text);
    rc_tape_fail(k->tape,
                 "it has not been adapted: neither the configuration nor the file has its "
                 "'%s'",
                 "vocabulary");
    return false;
}

static bool is_number_text(const json_t *token, char *out)
{
    if (!json_is_number(token))
        return false;
    out[rc_num_print_f64(json_number_value(token), out)] = '\0';
    return true;
}

/* A token of the configuration as a text; NULL: it is null. */
static const char *token_of(rc_keras *k, const rc_keras_layer *layer, const char *key)
{
    const json_t *token = json_object_get(layer->config, key);
    char *number = rc_tape_alloc(k->tape, RC_NUM_BYTES + 1, 1);
    if (json_is_string(token))
        return json_string_value(token);
    return number != NULL && is_number_text(token, number) ? number : NULL;
}

/* A list that begins with the tokens for the masked and the unknown has them left out. */
static void strip_tokens(vocabulary *v, const char *oov_token)
{
    size_t n = 0;
    if (v->mask != NULL && n < v->n && strcmp(v->words[n], v->mask) == 0)
        n++;
    if (v->n_oov > 0 && oov_token != NULL && n < v->n && strcmp(v->words[n], oov_token) == 0)
        n++;
    else if (v->n_oov > 0)
        n = 0;
    v->words += n;
    v->n -= n;
}

static bool read_vocabulary(rc_keras *k, const rc_keras_layer *layer, vocabulary *out)
{
    double n_oov = rc_kc_number(k, layer->config, "num_oov_indices", 1);
    *out = (vocabulary){.mode = mode_of(k, layer, MODE_INT)};
    if (n_oov != 0 && n_oov != 1) {
        rc_tape_fail(k->tape, "unknown words that are hashed to several numbers are not scored");
        return false;
    }
    if (rc_kc_flag(k, layer->config, "invert", false)) {
        rc_tape_fail(k->tape, "a lookup from numbers to words is not scored");
        return false;
    }
    out->n_oov = (size_t)n_oov;
    out->mask = token_of(k, layer, "mask_token");
    if (!take_words(k, layer, out))
        return false;
    strip_tokens(out, token_of(k, layer, "oov_token"));
    bool has_mask = out->mask != NULL && out->mode == MODE_INT;
    out->oov = has_mask ? 1 : 0;
    out->first = out->oov + out->n_oov;
    return true;
}

/* What each word is made, that of the mask first. */
static double *numbers_of(rc_keras *k, const vocabulary *v, size_t *n)
{
    bool has_mask = v->mask != NULL && v->mode == MODE_INT;
    double *numbers = rc_tape_alloc(k->tape, v->n + 2, sizeof(*numbers));
    *n = v->n + has_mask;
    for (size_t i = 0; numbers != NULL && i < v->n; i++)
        numbers[i + has_mask] = (double)(v->first + i);
    return numbers;
}

static rc_kt finish(rc_keras *k, const vocabulary *v, const rc_kt *in, const rc_value *parts)
{
    size_t n = rc_kt_width(in);
    if (rc_is_failed_keras(k))
        return rc_kt_none();
    if (v->mode == MODE_INT)
        return rc_kt_like(in, rc_tape_concat(k->tape, parts, n));
    return encode(k, in, parts, v->n + v->n_oov, v->mode);
}

rc_kt rc_kl_string_lookup(rc_keras *k, const rc_keras_layer *layer, const rc_kt *in, size_t n_in)
{
    vocabulary v;
    size_t n_keys, n = rc_kt_width(&in[0]);
    (void)n_in;
    if (!read_vocabulary(k, layer, &v))
        return rc_kt_none();
    const double *numbers = numbers_of(k, &v, &n_keys);
    const char **keys = rc_tape_alloc(k->tape, n_keys + 1, sizeof(*keys));
    rc_value *parts = rc_tape_alloc(k->tape, n + 1, sizeof(*parts));
    if (!in[0].is_text || numbers == NULL || keys == NULL || parts == NULL) {
        rc_tape_fail(k->tape, "it reads no input of texts");
        return rc_kt_none();
    }
    double oov = (double)v.oov;
    bool has_mask = n_keys > v.n, is_error = v.n_oov == 0;
    for (size_t i = 0; i < n_keys; i++)
        keys[i] = has_mask && i == 0 ? v.mask : v.words[i - has_mask];
    for (size_t c = 0; c < n; c++)
        for (size_t i = 0; i < n_keys; i++)
            rc_keras_text_seen(k, in[0].text + c, keys[i], is_error);
    for (size_t i = 0; i < n_keys; i++)
        keys[i] = rc_keras_text_value(keys[i]);
    rc_matrix table = rc_matrix_of(RC_NUMBER_F64, numbers, n_keys, 1);
    for (size_t c = 0; c < n && !rc_is_failed_keras(k); c++)
        parts[c] = rc_tape_lookup_texts(k->tape, k->texts[in[0].text + c].v, keys, n_keys, &table,
                                        is_error ? NULL : &oov);
    rc_kt shape = in[0];
    shape.is_text = false;
    return finish(k, &v, &shape, parts);
}

rc_kt rc_kl_integer_lookup(rc_keras *k, const rc_keras_layer *layer, const rc_kt *in, size_t n_in)
{
    vocabulary v;
    size_t n_keys, n = rc_kt_width(&in[0]);
    (void)n_in;
    if (!read_vocabulary(k, layer, &v))
        return rc_kt_none();
    const double *numbers = numbers_of(k, &v, &n_keys);
    double *keys = rc_tape_alloc(k->tape, n_keys + 1, sizeof(*keys));
    rc_value *parts = rc_tape_alloc(k->tape, n + 1, sizeof(*parts));
    if (in[0].is_text || numbers == NULL || keys == NULL || parts == NULL) {
        rc_tape_fail(k->tape, "it reads texts");
        return rc_kt_none();
    }
    bool has_mask = n_keys > v.n, is_error = v.n_oov == 0;
    for (size_t i = 0; i < n_keys; i++) {
        const char *word = has_mask && i == 0 ? v.mask : v.words[i - has_mask];
        if (!rc_num_parse_text(word, strlen(word), &keys[i]))
            rc_tape_fail(k->tape, "'vocabulary' is no list of numbers");
    }
    double oov = (double)v.oov;
    rc_matrix table = rc_matrix_of(RC_NUMBER_F64, numbers, n_keys, 1);
    for (size_t c = 0; c < n && !rc_is_failed_keras(k); c++)
        parts[c] = rc_tape_lookup_numbers(k->tape, rc_tape_slice(k->tape, in[0].v, c, 1), keys,
                                          n_keys, &table, is_error ? NULL : &oov);
    return finish(k, &v, &in[0], parts);
}
