/* fuzz_keras.c - whatever the configuration of a Keras model says, its reader ends with a model
 * that the native reader takes or refuses for its size, or with one line that says what is wrong.
 * The weights are those that the input describes (tests/unit/keras_fake.h). */
#include <stdint.h>

#include "../unit/keras_fake.h"
#include "model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_INPUT_BYTES = 20000 };

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* One line, and at most one hint. */
static void check_error(rc_status st, const rc_error *err)
{
    check(err->code == st && (st == RC_E_MODEL || st == RC_E_SYSTEM));
    check(err->text[0] != '\0');
    const char *line = strchr(err->text, '\n');
    check(line == NULL || (line[1] == ' ' && line[2] == ' ' && strchr(line + 1, '\n') == NULL));
}

static void take(const rc_tape *tape)
{
    rc_buf bytes = {0};
    rc_model *model;
    rc_error err = {0};
    if (rc_tape_bytes(tape) > 1 << 26)
        return;
    check(rc_tape_read(tape, 0, (size_t)rc_tape_bytes(tape), &bytes, NULL) == RC_OK);
    rc_status st = rc_model_parse(&model, bytes.data, bytes.n, &err);
    if (st < 0)
        check_error(st, &err);
    rc_model_close(model);
    rc_buf_release(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rc_keras_store *store = size <= MOST_INPUT_BYTES ? fake_open((const char *)data, size) : NULL;
    rc_tape *tape;
    rc_error err = {0};
    if (store == NULL)
        return 0;
    check(rc_tape_open(&tape, NULL) == RC_OK);
    rc_status st = rc_keras_read_store(tape, store, &store->file, &err);
    if (st < 0)
        check_error(st, &err);
    else
        take(tape);
    rc_tape_close(tape);
    rc_keras_store_close(store);
    return 0;
}
