/* fuzz_onnx.c - whatever an ONNX file holds, its reader ends with a native model that is one, or
 * with an error that says why. */
#include <stdint.h>
#include <stdlib.h>

#include "model/foreign/reader.h"
#include "model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_INPUT_BYTES = 1 << 16, MOST_MODEL_BYTES = 1 << 22 };

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_native(rc_tape *tape)
{
    rc_buf native = {0};
    rc_error err = {0};
    rc_model *model;
    uint64_t n = rc_tape_bytes(tape);
    if (n > MOST_MODEL_BYTES)
        return;
    check(rc_tape_read(tape, 0, (size_t)n, &native, &err) == RC_OK && native.n == n);
    rc_status st = rc_model_parse(&model, native.data, native.n, &err);
    check(st == RC_OK || (st == RC_E_MODEL && err.text[0] != '\0'));
    rc_model_close(model);
    rc_buf_release(&native);
}

/* External data is there: eight zeros each. */
static void give(rc_foreign_file *file)
{
    static char zeros[8];
    for (size_t i = 0; i < file->n_externals; i++) {
        file->externals[i].data = zeros;
        file->externals[i].n = sizeof(zeros);
    }
}

static rc_status read_once(rc_foreign_file *file)
{
    rc_tape *tape;
    rc_error err = {0};
    check(rc_tape_open(&tape, NULL) == RC_OK);
    rc_status st = rc_onnx_read(tape, file, &err);
    check(st == RC_OK || st == RC_AGAIN || (st == RC_E_MODEL && err.text[0] != '\0'));
    if (st == RC_OK)
        check_native(tape);
    rc_tape_close(tape);
    rc_foreign_forget(file);
    return st;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > MOST_INPUT_BYTES)
        return 0;
    rc_foreign_file file = {.fd = -1, .data = (const char *)data, .n = size};
    if (read_once(&file) == RC_AGAIN) {
        give(&file);
        check(read_once(&file) != RC_AGAIN);
    }
    for (size_t i = 0; i < file.n_externals; i++)
        free(file.externals[i].location);
    free(file.externals);
    return 0;
}
