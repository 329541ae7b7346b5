/* tape.c - make a native model: its values and their names, its inputs, its end. */
#include "model/foreign/tape_state.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/text.h"
#include "model/words.h"

enum { LENGTH_BYTES = 8, MODEL_VERSION = 1 };

rc_status rc_tape_open(rc_tape **out, rc_error *err)
{
    *out = NULL;
    rc_tape *tape = rc_alloc_array(1, sizeof(*tape));
    if (tape == NULL)
        return rc_error_nomem(err);
    tape->inputs = json_array();
    tape->steps = json_array();
    tape->names = json_object();
    rc_tape_label(tape, "step");
    if (tape->inputs == NULL || tape->steps == NULL || tape->names == NULL) {
        rc_tape_close(tape);
        return rc_error_nomem(err);
    }
    *out = tape;
    return RC_OK;
}

void rc_tape_close(rc_tape *tape)
{
    if (tape == NULL)
        return;
    for (size_t i = 0; i < tape->n_values; i++)
        free(tape->values[i].name);
    free(tape->values);
    free(tape->arrays);
    json_decref(tape->inputs);
    json_decref(tape->steps);
    json_decref(tape->names);
    while (tape->blocks != NULL) {
        rc_tape_block *next = tape->blocks->next;
        free(tape->blocks);
        tape->blocks = next;
    }
    free(tape->text);
    free(tape);
}

void rc_tape_set_dtype(rc_tape *tape, rc_dtype dtype)
{
    tape->dtype = dtype;
}

rc_dtype rc_tape_dtype(const rc_tape *tape)
{
    return tape->dtype;
}

/* Cut between characters; what is no UTF-8 ends it. */
void rc_tape_label(rc_tape *tape, const char *label)
{
    size_t n = 0, all = strlen(label);
    for (;;) {
        size_t more = rc_utf8_length(label + n, all - n);
        if (more == 0 || n + more >= sizeof(tape->label))
            break;
        n += more;
    }
    memcpy(tape->label, label, n);
    tape->label[n] = '\0';
    if (n == 0)
        memcpy(tape->label, "step", sizeof("step"));
}

/* -- failures and memory ------------------------------------------------------------------------
 */

rc_value rc_tape_fail(rc_tape *tape, const char *format, ...)
{
    if (tape->status < 0)
        return RC_NO_VALUE;
    va_list args;
    va_start(args, format);
    vsnprintf(tape->failure, sizeof(tape->failure), format, args);
    va_end(args);
    tape->status = RC_E_MODEL;
    return RC_NO_VALUE;
}

void rc_tape_warn(rc_tape *tape, const char *format, ...)
{
    if (tape->warning[0] != '\0')
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(tape->warning, sizeof(tape->warning), format, args);
    va_end(args);
}

const char *rc_tape_warning(const rc_tape *tape)
{
    return tape->warning;
}

rc_value rc_tape_fail_memory(rc_tape *tape)
{
    if (tape->status >= 0)
        tape->status = RC_E_SYSTEM;
    return RC_NO_VALUE;
}

rc_status rc_tape_status(const rc_tape *tape, rc_error *err)
{
    if (tape->status == RC_E_SYSTEM)
        return rc_error_nomem(err);
    return tape->status < 0 ? rc_error_set(err, tape->status, "%s", tape->failure) : RC_OK;
}

bool rc_tape_is_sound(rc_tape *tape, const rc_value *values, size_t n)
{
    for (size_t i = 0; i < n && tape->status >= 0; i++)
        if (values[i] >= tape->n_values)
            rc_tape_fail(tape, "a value that does not exist is read");
    return tape->status >= 0;
}

void *rc_tape_alloc(rc_tape *tape, size_t n, size_t size)
{
    size_t n_bytes;
    rc_tape_block *block = NULL;
    if (!__builtin_mul_overflow(n, size, &n_bytes) && n_bytes < SIZE_MAX - sizeof(*block))
        block = calloc(1, sizeof(*block) + n_bytes);
    if (block == NULL) {
        rc_tape_fail_memory(tape);
        return NULL;
    }
    block->next = tape->blocks;
    tape->blocks = block;
    return block->bytes;
}

/* -- values -------------------------------------------------------------------------------------
 */

size_t rc_tape_width(const rc_tape *tape, rc_value v)
{
    return v < tape->n_values ? tape->values[v].width : 0;
}

size_t rc_tape_n_steps(const rc_tape *tape)
{
    return tape->n_values - tape->n_inputs;
}

/* A name that nothing has: the text itself, or with a number behind. */
static char *take_name(rc_tape *tape, const char *text)
{
    char name[sizeof(tape->label) + 24];
    snprintf(name, sizeof(name), "%s", text);
    const json_t *taken = json_object_get(tape->names, text);
    json_int_t number = taken != NULL ? json_integer_value(taken) : 1;
    while (json_object_get(tape->names, name) != NULL)
        snprintf(name, sizeof(name), "%s.%lld", text, (long long)++number);
    /* where the search for the next name goes on */
    if (json_object_set_new(tape->names, name, json_integer(1)) != 0 ||
        (taken != NULL && json_object_set_new(tape->names, text, json_integer(number)) != 0))
        return NULL;
    return rc_strdup(name);
}

/* The value keeps the name, or fails without memory if it is NULL. */
static rc_value add_value(rc_tape *tape, char *name, size_t width)
{
    void *values = tape->values;
    if (name == NULL ||
        !rc_grow(&values, &tape->values_capacity, tape->n_values + 1, sizeof(*tape->values))) {
        free(name);
        return rc_tape_fail_memory(tape);
    }
    tape->values = values;
    tape->values[tape->n_values] =
        (rc_tape_made){.name = name, .width = width, .peeled = RC_PEEL_NOTHING};
    tape->n_widths += width;
    return tape->n_values++;
}

/* -- inputs -------------------------------------------------------------------------------------
 */

/* An input that has a name is called by it; the others are for steps alone. */
static rc_value add_input(rc_tape *tape, const char *name, json_t *input)
{
    char own[32];
    snprintf(own, sizeof(own), "input_%zu", tape->n_inputs);
    if (input == NULL || json_array_append_new(tape->inputs, input) != 0)
        return rc_tape_fail_memory(tape);
    if (rc_tape_n_steps(tape) > 0 || tape->n_inputs == RC_MODEL_MAX_INPUTS)
        return rc_tape_fail(tape, "more than %d inputs", RC_MODEL_MAX_INPUTS);
    char quoted[RC_QUOTED_BYTES];
    if (name != NULL && json_object_get(tape->names, name) != NULL)
        return rc_tape_fail(tape, "two inputs are called '%s'",
                            rc_text_quote(name, strlen(name), quoted));
    rc_tape_put_text(tape, input, name != NULL ? "name" : "as", name != NULL ? name : own);
    if (json_object_set_new(tape->names, name != NULL ? name : own, json_integer(1)) != 0)
        return rc_tape_fail_memory(tape);
    rc_value v = add_value(tape, rc_strdup(name != NULL ? name : own), 1);
    tape->n_inputs += v != RC_NO_VALUE;
    return v;
}

rc_value rc_tape_number(rc_tape *tape, const char *name, bool missing_is_nan)
{
    if (tape->status < 0)
        return RC_NO_VALUE;
    json_t *input = json_object();
    rc_value v = add_input(tape, name, input);
    if (v == RC_NO_VALUE)
        return v;
    rc_tape_put_text(tape, input, "type", "number");
    if (missing_is_nan)
        rc_tape_put_text(tape, input, "missing", "nan");
    return v;
}

rc_value rc_tape_category(rc_tape *tape, const char *name, const rc_category *category)
{
    if (tape->status < 0)
        return RC_NO_VALUE;
    json_t *input = json_object();
    rc_value v = add_input(tape, name, input);
    if (v == RC_NO_VALUE)
        return v;
    tape->values[v].is_category = true;
    rc_tape_put_text(tape, input, "type", "category");
    rc_tape_put_labels(tape, input, "values", category->values, category->n_values,
                       category->are_numbers);
    if (!category->unknown_is_error)
        rc_tape_put_text(tape, input, "unknown", "zeros");
    if (category->missing != NULL)
        rc_tape_put_text(tape, input, "missing", category->missing);
    else if (category->missing_is_unknown)
        rc_tape_put_text(tape, input, "missing", "unknown");
    return v;
}

/* -- steps --------------------------------------------------------------------------------------
 */

static json_t *names_of(const rc_tape *tape, const rc_value *in, size_t n_in)
{
    if (n_in == 1)
        return json_string(tape->values[in[0]].name);
    json_t *names = json_array();
    for (size_t i = 0; names != NULL && i < n_in; i++)
        if (json_array_append_new(names, json_string(tape->values[in[i]].name)) != 0) {
            json_decref(names);
            return NULL;
        }
    return names;
}

json_t *rc_tape_begin(rc_tape *tape, const char *op, const rc_value *in, size_t n_in)
{
    if (!rc_tape_is_sound(tape, in, in != NULL ? n_in : 0))
        return NULL;
    if (rc_tape_n_steps(tape) >= RC_MODEL_MAX_STEPS) {
        rc_tape_fail(tape, "the model takes more than %d steps", RC_MODEL_MAX_STEPS);
        return NULL;
    }
    json_t *step = json_object();
    if (step == NULL || json_array_append_new(tape->steps, step) != 0) {
        rc_tape_fail_memory(tape);
        return NULL;
    }
    rc_tape_put_text(tape, step, "op", op);
    if (in != NULL || n_in == 0)
        rc_tape_put(tape, step, "in", names_of(tape, in, n_in));
    return step;
}

rc_value rc_tape_end(rc_tape *tape, json_t *step, size_t width)
{
    if (tape->status < 0)
        return RC_NO_VALUE;
    if (width == 0)
        return rc_tape_fail(tape, "makes no column");
    if (width > RC_MODEL_MAX_INPUTS || width > RC_MODEL_MAX_WIDTHS - tape->n_widths)
        return rc_tape_fail(tape, "makes %zu columns, more than can be scored", width);
    rc_value v = add_value(tape, take_name(tape, tape->label), width);
    if (v != RC_NO_VALUE)
        rc_tape_put_text(tape, step, "out", tape->values[v].name);
    return tape->status < 0 ? RC_NO_VALUE : v;
}

static rc_value peel(rc_tape *tape, rc_value v, int what)
{
    if (tape->status < 0 || v == RC_NO_VALUE || v + 1 != tape->n_values ||
        tape->values[v].peeled != what)
        return RC_NO_VALUE;
    rc_value read = tape->values[v].read;
    json_array_remove(tape->steps, json_array_size(tape->steps) - 1);
    tape->n_widths -= tape->values[v].width;
    json_object_del(tape->names, tape->values[v].name);
    free(tape->values[v].name);
    tape->n_values--;
    return read;
}

rc_value rc_tape_peel_activation(rc_tape *tape, rc_value v, rc_activation fn)
{
    return peel(tape, v, (int)fn);
}

rc_value rc_tape_peel_softmax(rc_tape *tape, rc_value v)
{
    return peel(tape, v, RC_PEEL_SOFTMAX);
}

/* -- the end ------------------------------------------------------------------------------------
 */

static json_t *output_of(rc_tape *tape, const rc_tape_output *output)
{
    json_t *out = json_object();
    if (out == NULL)
        return NULL;
    rc_tape_put_text(tape, out, "task", rc_words_task[output->task]);
    rc_tape_put_text(tape, out, "from", tape->values[output->from].name);
    rc_tape_put_text(tape, out, "link", rc_words_link[output->link]);
    if (output->has_decide && rc_tape_is_sound(tape, &output->decide, 1))
        rc_tape_put_text(tape, out, "decide", tape->values[output->decide].name);
    if (output->n_classes > 0)
        rc_tape_put_labels(tape, out, "classes", output->classes, output->n_classes,
                           output->classes_are_numbers);
    if (output->targets != NULL)
        rc_tape_put_labels(tape, out, "targets", output->targets, tape->values[output->from].width,
                           false);
    if (output->has_threshold)
        rc_tape_put_number(tape, out, "threshold", output->threshold);
    return out;
}

/* All members but the arrays; tape->text is its length, then it. */
static void write_text(rc_tape *tape, json_t *root)
{
    size_t n = json_dumpb(root, NULL, 0, JSON_COMPACT | JSON_REAL_PRECISION(17));
    tape->text = n > 0 ? rc_alloc_array(LENGTH_BYTES + n, 1) : NULL;
    if (tape->text == NULL || json_dumpb(root, tape->text + LENGTH_BYTES, n,
                                         JSON_COMPACT | JSON_REAL_PRECISION(17)) != n) {
        rc_tape_fail_memory(tape);
        return;
    }
    for (size_t i = 0; i < LENGTH_BYTES; i++)
        tape->text[i] = (char)(unsigned char)((uint64_t)n >> (8 * i));
    tape->n_text = LENGTH_BYTES + n;
}

rc_status rc_tape_finish(rc_tape *tape, const rc_tape_output *output, rc_error *err)
{
    json_t *root = json_object();
    if (root == NULL)
        rc_tape_fail_memory(tape);
    if (rc_tape_is_sound(tape, &output->from, 1)) {
        rc_tape_put_text(tape, root, "format", "rowcast-model");
        rc_tape_put(tape, root, "version", json_integer(MODEL_VERSION));
        rc_tape_put_text(tape, root, "dtype", rc_words_dtype[tape->dtype]);
        rc_tape_put(tape, root, "inputs", json_incref(tape->inputs));
        rc_tape_put(tape, root, "steps", json_incref(tape->steps));
        rc_tape_put(tape, root, "output", output_of(tape, output));
    }
    if (tape->status >= 0)
        write_text(tape, root);
    json_decref(root);
    if (tape->status >= 0 && rc_tape_bytes(tape) > RC_MODEL_MAX_BYTES)
        rc_tape_fail(tape, "the model takes more than %zu bytes", RC_MODEL_MAX_BYTES);
    return rc_tape_status(tape, err);
}
