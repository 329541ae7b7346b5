/* reader.h - what a reader of one model format is, and the table of them. */
#ifndef RC_MODEL_READER_H
#define RC_MODEL_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "model/model.h"

typedef struct rc_model_reader {
    const char *format; /* goes into rc_model.format */
    bool (*matches)(const char *data, size_t n);
    /* Fills the model, which holds zeros but for format and sha256; on failure what it has filled
     * is released by rc_model_close(). `data` is borrowed for the call; no NUL follows it. */
    rc_status (*read)(rc_model *model, const char *data, size_t n, rc_error *err);
} rc_model_reader;

/* The first reader whose `matches` says yes reads the file. A new format is a line here. */
#define RC_MODEL_READERS(READER)  \
    READER(rc_native_json_reader) \
    READER(rc_native_rcm_reader)

#define RC_MODEL_READER_DECLARE(name) extern const rc_model_reader name;
RC_MODEL_READERS(RC_MODEL_READER_DECLARE)
#undef RC_MODEL_READER_DECLARE

#endif
