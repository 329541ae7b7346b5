/* output.c - what the scores mean: from the last activation, and the loss the model was trained
 * with. */
#include <ctype.h>
#include <stdio.h>

#include "base/text.h"
#include "model/foreign/keras/walk.h"

typedef enum loss_kind { LOSS_OTHER, LOSS_BINARY, LOSS_CATEGORICAL } loss_kind;

/* -- the loss ------------------------------------------------------------------------------------
 */

static bool has_word(const char *name, const char *word)
{
    size_t n = strlen(word), at = 0;
    for (size_t i = 0; name[i] != '\0'; i++) { /* without regard to case and underscores */
        if (name[i] == '_')
            continue;
        at = tolower((unsigned char)name[i]) == word[at]
                 ? at + 1
                 : tolower((unsigned char)name[i]) == word[0];
        if (at == n)
            return true;
    }
    return false;
}

static loss_kind kind_of(const char *name)
{
    if (has_word(name, "binarycrossentropy") || has_word(name, "binaryfocalcrossentropy"))
        return LOSS_BINARY;
    if (has_word(name, "categoricalcrossentropy") || has_word(name, "categoricalfocalcrossentropy"))
        return LOSS_CATEGORICAL;
    return LOSS_OTHER;
}

/* The loss of the only output: a name, an object, or a list or dictionary of one. */
static loss_kind read_loss(const json_t *json, unsigned depth, bool *from_logits)
{
    if (json_is_string(json))
        return kind_of(json_string_value(json));
    if (json_is_array(json) && json_array_size(json) == 1 && depth > 0)
        return read_loss(json_array_get(json, 0), depth - 1, from_logits);
    if (!json_is_object(json) || depth == 0)
        return LOSS_OTHER;
    const char *class_name = json_string_value(json_object_get(json, "class_name"));
    const json_t *config = json_object_get(json, "config");
    if (class_name == NULL)
        return json_object_size(json) != 1
                   ? LOSS_OTHER
                   : read_loss(json_object_iter_value(json_object_iter((json_t *)json)), depth - 1,
                               from_logits);
    if (json_is_string(config)) /* {"class_name": "function", "config": "mse"} */
        return kind_of(json_string_value(config));
    const char *fn = json_string_value(json_object_get(config, "fn"));
    *from_logits = json_is_true(json_object_get(config, "from_logits"));
    return kind_of(fn != NULL ? fn : class_name);
}

/* -- classes and targets -------------------------------------------------------------------------
 */

static bool number_classes(rc_keras_walk *walk, rc_tape_output *output, size_t n)
{
    enum { BYTES = 24 };
    const char **classes = rc_keras_alloc(walk, n, sizeof(*classes));
    char *texts = rc_keras_alloc(walk, n, BYTES);
    if (classes == NULL || texts == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        snprintf(texts + i * BYTES, BYTES, "%zu", i);
        classes[i] = texts + i * BYTES;
    }
    output->classes = classes;
    output->n_classes = n;
    output->classes_are_numbers = true;
    return true;
}

/* "price", or "price_0" where there are several; false: they are not distinct. */
static bool fill_targets(const rc_keras_walk *walk, const rc_keras_tensor *out, size_t n,
                         const char **targets, char *texts, size_t n_bytes, json_t *seen)
{
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        const char *name = walk->graph->layers[walk->graph->outputs[i].layer].name;
        size_t width = rc_keras_width(&out[i]);
        for (size_t k = 0; k < width; k++, at++) {
            char *text = texts + at * n_bytes;
            int length = width == 1 ? snprintf(text, n_bytes, "%s", name)
                                    : snprintf(text, n_bytes, "%s_%zu", name, k);
            if (length <= 0 || (size_t)length >= n_bytes || json_object_get(seen, text) != NULL ||
                json_object_set_new(seen, text, json_true()) != 0)
                return false;
            targets[at] = text;
        }
    }
    return true;
}

/* Several outputs are columns of a regression, called after their layers. */
static bool join_outputs(rc_keras_walk *walk, const rc_keras_tensor *out, size_t n,
                         rc_tape_output *output)
{
    enum { BYTES = 256 };
    rc_value *parts = rc_keras_alloc(walk, n, sizeof(*parts));
    for (size_t i = 0; parts != NULL && i < n; i++)
        parts[i] = out[i].v;
    rc_tape_label(walk->tape, "outputs");
    output->from = parts != NULL ? rc_tape_concat(walk->tape, parts, n) : RC_NO_VALUE;
    size_t width = rc_tape_width(walk->tape, output->from);
    const char **targets = rc_keras_alloc(walk, width, sizeof(*targets));
    char *texts = rc_keras_alloc(walk, width, BYTES);
    json_t *seen = json_object();
    if (targets != NULL && texts != NULL && seen != NULL &&
        fill_targets(walk, out, n, targets, texts, BYTES, seen))
        output->targets = targets;
    json_decref(seen);
    return rc_keras_is_ok(walk);
}

/* -- the only output -----------------------------------------------------------------------------
 */

static bool one_column(rc_keras_walk *walk, loss_kind loss, bool from_logits,
                       rc_tape_output *output)
{
    rc_value margin = rc_tape_peel_activation(walk->tape, output->from, RC_ACT_SIGMOID);
    if (margin == RC_NO_VALUE && loss != LOSS_BINARY)
        return true;
    output->task = RC_TASK_BINARY;
    if (margin != RC_NO_VALUE)
        output->from = margin;
    output->link = margin != RC_NO_VALUE || from_logits ? RC_LINK_SIGMOID : RC_LINK_IDENTITY;
    return number_classes(walk, output, 2);
}

static bool several_columns(rc_keras_walk *walk, loss_kind loss, bool from_logits, size_t width,
                            rc_tape_output *output)
{
    rc_value margin = rc_tape_peel_softmax(walk->tape, output->from);
    if (margin == RC_NO_VALUE && loss != LOSS_CATEGORICAL)
        return true; /* sigmoids are labels of their own: their probabilities are the targets */
    output->task = RC_TASK_MULTICLASS;
    if (margin != RC_NO_VALUE)
        output->from = margin;
    output->link = margin != RC_NO_VALUE || from_logits ? RC_LINK_SOFTMAX : RC_LINK_IDENTITY;
    return number_classes(walk, output, width);
}

bool rc_keras_output_make(rc_keras_walk *walk, const rc_keras_tensor *out, size_t n,
                          rc_tape_output *output)
{
    bool from_logits = false;
    loss_kind loss =
        read_loss(json_object_get(rc_keras_store_training(walk->store), "loss"), 4, &from_logits);
    *output = (rc_tape_output){.task = RC_TASK_REGRESSION, .link = RC_LINK_IDENTITY};
    for (size_t i = 0; i < n; i++)
        if (out[i].v == RC_NO_VALUE)
            return rc_keras_fail(walk, "an output of the model is no number");
    if (n != 1)
        return join_outputs(walk, out, n, output);
    output->from = out[0].v;
    size_t width = rc_keras_width(&out[0]);
    if (width > 1 && width != rc_keras_last(&out[0]))
        loss = LOSS_OTHER; /* classes at each of several places */
    return width == 1 ? one_column(walk, loss, from_logits, output)
                      : several_columns(walk, loss, from_logits, width, output);
}
