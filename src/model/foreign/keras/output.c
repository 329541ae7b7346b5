/* output.c - what a Keras model gives: the task by its loss and its last function. */
#include <ctype.h>
#include <stdio.h>

#include "base/num.h"
#include "model/foreign/keras/read.h"

/* What the loss says. */
typedef struct loss {
    bool is_binary, is_categorical, from_logits;
} loss;

/* A name, or an object with a class and a configuration; of several outputs the first. */
static const json_t *one_loss(const json_t *training)
{
    const json_t *value = json_object_get(training, "loss");
    for (int depth = 0; depth < 4; depth++) {
        if (json_is_array(value)) {
            value = json_array_get(value, 0);
        } else if (json_is_object(value) && json_object_get(value, "class_name") == NULL) {
            void *first = json_object_iter((json_t *)value);
            value = first != NULL ? json_object_iter_value(first) : NULL;
        }
    }
    return value;
}

/* "BinaryCrossentropy" and "binary_crossentropy" alike. */
static void plain_name(const char *name, char *out, size_t size)
{
    size_t n = 0;
    for (; *name != '\0' && n + 1 < size; name++)
        if (*name != '_')
            out[n++] = (char)tolower((unsigned char)*name);
    out[n] = '\0';
}

static loss loss_of(const rc_keras *k)
{
    const json_t *value = one_loss(rc_keras_store_training(k->store));
    const json_t *config = json_object_get(value, "config");
    char name[64] = "";
    const char *text = json_string_value(value);
    if (text == NULL)
        text = rc_kc_text(value, "class_name");
    if (text != NULL && strcmp(text, "function") == 0)
        text = json_string_value(config);
    plain_name(text != NULL ? text : "", name, sizeof(name));
    return (loss){.is_binary = strstr(name, "binary") != NULL,
                  .is_categorical = strstr(name, "categorical") != NULL,
                  .from_logits = json_is_true(json_object_get(config, "from_logits"))};
}

/* Classes 0 to n - 1. */
static void set_classes(rc_keras *k, size_t n, rc_tape_output *out)
{
    const char **texts = rc_tape_alloc(k->tape, n + 1, sizeof(*texts));
    for (size_t i = 0; texts != NULL && i < n; i++) {
        char *text = rc_tape_alloc(k->tape, RC_NUM_BYTES + 1, 1);
        if (text == NULL)
            return;
        text[rc_num_print_u64(i, text)] = '\0';
        texts[i] = text;
    }
    out->classes = texts;
    out->n_classes = n;
    out->classes_are_numbers = true;
}

/* One column is the probability of class 1 where the last function is a sigmoid, or the loss is a
 * binary cross-entropy. */
static bool set_binary(rc_keras *k, const rc_kt *t, const loss *l, rc_tape_output *out)
{
    rc_value raw = rc_tape_peel_activation(k->tape, t->v, RC_ACT_SIGMOID);
    if (raw == RC_NO_VALUE && !l->is_binary)
        return false;
    bool has_link = raw != RC_NO_VALUE || l->from_logits;
    out->task = RC_TASK_BINARY;
    out->from = raw != RC_NO_VALUE ? raw : t->v;
    out->link = has_link ? RC_LINK_SIGMOID : RC_LINK_IDENTITY;
    set_classes(k, 2, out);
    return true;
}

static bool set_classes_of_many(rc_keras *k, const rc_kt *t, const loss *l, rc_tape_output *out)
{
    rc_value raw = rc_tape_peel_softmax(k->tape, t->v);
    if (raw == RC_NO_VALUE && !l->is_categorical)
        return false;
    bool has_link = raw != RC_NO_VALUE || l->from_logits;
    out->task = RC_TASK_MULTICLASS;
    out->from = raw != RC_NO_VALUE ? raw : t->v;
    out->link = has_link ? RC_LINK_SOFTMAX : RC_LINK_IDENTITY;
    set_classes(k, rc_kt_width(t), out);
    return true;
}

/* Several outputs of one column each are called as their layers are. */
static const char *const *target_names(rc_keras *k, const json_t *model, size_t n)
{
    const json_t *list = json_object_get(json_object_get(model, "config"), "output_layers");
    const char **names = rc_tape_alloc(k->tape, n + 1, sizeof(*names));
    for (size_t i = 0; names != NULL && i < n; i++) {
        names[i] = json_string_value(json_array_get(json_array_get(list, i), 0));
        for (size_t j = 0; names[i] != NULL && j < i; j++)
            if (strcmp(names[i], names[j]) == 0)
                return NULL;
        if (names[i] == NULL || names[i][0] == '\0')
            return NULL;
    }
    return names;
}

static void set_regression(rc_keras *k, const json_t *model, const rc_kt *t, size_t n,
                           rc_tape_output *out)
{
    rc_value values[RC_KERAS_MAX_TENSORS];
    bool are_single = n > 1;
    for (size_t i = 0; i < n; i++) {
        values[i] = t[i].v;
        are_single = are_single && rc_kt_width(&t[i]) == 1;
    }
    out->task = RC_TASK_REGRESSION;
    out->link = RC_LINK_IDENTITY;
    out->from = rc_tape_concat(k->tape, values, n);
    if (are_single)
        out->targets = target_names(k, model, n);
}

rc_status rc_keras_output(rc_keras *k, const json_t *model, const rc_kt *made, size_t n,
                          rc_error *err)
{
    rc_tape_output out = {.from = RC_NO_VALUE};
    loss l = loss_of(k);
    rc_tape_label(k->tape, "output");
    for (size_t i = 0; i < n; i++)
        if (made[i].is_text || made[i].is_number)
            rc_tape_fail(k->tape, "an output that is no number of the rows");
    bool is_done = false;
    if (n == 1 && !rc_is_failed_keras(k))
        is_done = rc_kt_width(&made[0]) == 1 ? set_binary(k, &made[0], &l, &out)
                  : made[0].rank == 1        ? set_classes_of_many(k, &made[0], &l, &out)
                                             : false;
    if (!is_done && n > 0 && !rc_is_failed_keras(k))
        set_regression(k, model, made, n, &out);
    rc_tape_set_dtype(k->tape, k->is_double ? RC_FLOAT64 : RC_FLOAT32);
    RC_TRY(rc_tape_status(k->tape, err));
    return rc_tape_finish(k->tape, &out, err);
}
