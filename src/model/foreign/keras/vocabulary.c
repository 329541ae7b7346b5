/* vocabulary.c - the vocabulary of a StringLookup or IntegerLookup, from configuration or assets.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "model/foreign/keras/walk.h"

/* What is known of a lookup before its words. */
typedef struct lookup_config {
    bool is_text;
    const char *mask, *oov; /* as texts; NULL: none */
    json_int_t n_oov;
    rc_keras_mode mode;
} lookup_config;

/* Whole numbers up to here are a float32 each. */
static const double most_narrow = 16777216;

/* -- words ---------------------------------------------------------------------------------------
 */

/* A word as text: an IntegerLookup's are decimals. NULL: it is of another type. */
static const char *word_of(rc_keras_walk *walk, const json_t *json, bool is_text)
{
    json_int_t whole;
    if (is_text || !rc_keras_is_whole(json, &whole))
        return is_text ? json_string_value(json) : NULL;
    char *text = rc_keras_alloc(walk, 24, 1);
    if (text != NULL)
        snprintf(text, 24, "%lld", (long long)whole);
    return text;
}

static bool take_list(rc_keras_walk *walk, const json_t *list, bool is_text,
                      rc_keras_vocabulary *words)
{
    size_t n = json_array_size(list);
    words->texts = rc_keras_alloc(walk, n + 1, sizeof(*words->texts)); /* and the mask */
    for (size_t i = 0; words->texts != NULL && i < n; i++) {
        const char *text = word_of(walk, json_array_get(list, i), is_text);
        if (text == NULL)
            return rc_keras_fail(walk, "word %zu of its vocabulary is no %s", i,
                                 is_text ? "text" : "whole number");
        words->texts[words->n++] = text;
    }
    return words->texts != NULL;
}

/* Lines of a text that is not closed by NUL; of Keras 3 empty ones at the end are none. */
static bool take_lines(rc_keras_walk *walk, const char *text, size_t n, rc_keras_vocabulary *words)
{
    size_t n_lines = 1, at = 0;
    while (walk->major >= 3 && n > 0 && text[n - 1] == '\n')
        n--;
    char *copy = rc_keras_alloc(walk, n + 1, 1);
    for (size_t i = 0; i < n; i++)
        n_lines += text[i] == '\n';
    words->texts = rc_keras_alloc(walk, n_lines + 1, sizeof(*words->texts));
    if (copy == NULL || words->texts == NULL)
        return false;
    memcpy(copy, text, n);
    while (words->n < n_lines) {
        words->texts[words->n++] = copy + at;
        while (at < n && copy[at] != '\n')
            at++;
        copy[at++] = '\0';
    }
    return true;
}

static bool take_words(rc_keras_walk *walk, const rc_keras_layer *layer, bool is_text,
                       rc_keras_vocabulary *words)
{
    const json_t *json = json_object_get(layer->config, "vocabulary");
    const json_t *value = json_object_get(json_object_get(json, "config"), "value");
    json = value != NULL ? value : json;
    if (json_is_array(json))
        return take_list(walk, json, is_text, words);
    const char *text = NULL;
    size_t n = 0;
    rc_error err = {0};
    rc_status st = rc_keras_store_asset(walk->store, &layer->id, "vocabulary.txt", &text, &n, &err);
    if (st < 0)
        return rc_keras_fail(walk, "%s", err.text);
    if (st == RC_OK && text != NULL)
        return take_lines(walk, text, n, words);
    rc_keras_hint(walk, "save the model as .keras, or give the layer its vocabulary as a list");
    return rc_keras_fail(walk, "its vocabulary is not in the file");
}

/* -- what they become ----------------------------------------------------------------------------
 */

static bool read_config(rc_keras_walk *walk, const rc_keras_layer *layer, lookup_config *config)
{
    const json_t *json = layer->config;
    config->is_text = strcmp(layer->class_name, "StringLookup") == 0;
    config->n_oov = rc_keras_whole(walk, json, "num_oov_indices", 1);
    const json_t *mask = json_object_get(json, "mask_token"),
                 *oov = json_object_get(json, "oov_token");
    config->mask = json_is_null(mask) ? NULL : word_of(walk, mask, config->is_text);
    config->oov = json_is_null(oov) ? NULL : word_of(walk, oov, config->is_text);
    if (rc_keras_bool(walk, json, "invert", false))
        return rc_keras_fail(walk, "'invert' is not supported: a score is no text");
    if (config->n_oov < 0 || config->n_oov > 1)
        return rc_keras_fail(walk, "'num_oov_indices' above 1 is not supported: it hashes");
    return rc_keras_mode_read(walk, json, "int", &config->mode);
}

/* Words that stand before the vocabulary proper, as get_vocabulary() writes them. */
static size_t special_words(const lookup_config *config, const rc_keras_vocabulary *words,
                            size_t n_mask)
{
    size_t n = n_mask + (size_t)config->n_oov;
    if (words->n < n || (n_mask > 0 && strcmp(words->texts[0], config->mask) != 0) ||
        (config->n_oov > 0 &&
         (config->oov == NULL || strcmp(words->texts[n_mask], config->oov) != 0)))
        return 0;
    return n;
}

static bool number_words(rc_keras_walk *walk, const lookup_config *config,
                         rc_keras_vocabulary *words)
{
    size_t n_mask = config->mask != NULL && config->mode == RC_KERAS_INT;
    size_t skip = special_words(config, words, n_mask), first = n_mask + (size_t)config->n_oov;
    words->texts += skip;
    words->n -= skip;
    words->has_unknown = config->n_oov > 0;
    words->unknown = (double)n_mask;
    words->depth = words->n + first;
    words->indices = rc_keras_alloc(walk, words->n + 1, sizeof(*words->indices));
    if (words->indices == NULL)
        return false;
    for (size_t i = 0; i < words->n; i++)
        words->indices[i] = (double)(first + i);
    if (config->mask != NULL) {
        words->indices[words->n] = config->mode == RC_KERAS_INT ? 0 : -1;
        words->texts[words->n++] = config->mask;
    }
    for (size_t i = 0; i < words->n; i++)
        words->has_empty = words->has_empty || words->texts[i][0] == '\0';
    return words->n > 0 || rc_keras_fail(walk, "its vocabulary is empty");
}

static bool parse_numbers(rc_keras_walk *walk, rc_keras_vocabulary *words)
{
    words->numbers = rc_keras_alloc(walk, words->n, sizeof(*words->numbers));
    for (size_t i = 0; words->numbers != NULL && i < words->n; i++) {
        char *end;
        long long x = strtoll(words->texts[i], &end, 10);
        if (*end != '\0' || end == words->texts[i])
            return rc_keras_fail(walk, "word %zu of its vocabulary is no whole number", i);
        words->numbers[i] = (double)x;
        words->is_wide = words->is_wide || fabs((double)x) > most_narrow;
    }
    return words->numbers != NULL;
}

static bool read_depth(rc_keras_walk *walk, const json_t *json, rc_keras_mode mode,
                       rc_keras_vocabulary *words)
{
    json_int_t most = rc_keras_whole(walk, json, "max_tokens", 0);
    json_int_t n = rc_keras_whole(walk, json, "vocabulary_size", (json_int_t)words->depth);
    if (!rc_keras_bool(walk, json, "pad_to_max_tokens", false) || most < 0) {
        if (mode != RC_KERAS_INT && n != (json_int_t)words->depth)
            rc_keras_fail(walk, "'vocabulary_size' %lld does not fit a vocabulary of %zu",
                          (long long)n, words->depth);
        return rc_keras_is_ok(walk);
    }
    if ((size_t)most < words->depth || most > RC_MODEL_MAX_INPUTS)
        return rc_keras_fail(walk, "'max_tokens' %lld does not fit a vocabulary of %zu",
                             (long long)most, words->depth);
    words->depth = (size_t)most;
    return true;
}

rc_keras_vocabulary *rc_keras_vocabulary_get(rc_keras_walk *walk, rc_keras_layer *layer)
{
    if (layer->vocabulary != NULL)
        return layer->vocabulary;
    lookup_config config = {0};
    rc_keras_vocabulary *words = rc_keras_alloc(walk, 1, sizeof(*words));
    if (words == NULL || !read_config(walk, layer, &config) ||
        !take_words(walk, layer, config.is_text, words) || !number_words(walk, &config, words) ||
        (!config.is_text && !parse_numbers(walk, words)) ||
        !read_depth(walk, layer->config, config.mode, words))
        return NULL;
    words->mode = config.mode;
    layer->vocabulary = words;
    return words;
}
