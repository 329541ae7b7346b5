/* input_decoder.h - what a decompressor is to the input: stored bytes in, plain bytes out. */
#ifndef RC_IO_INPUT_DECODER_H
#define RC_IO_INPUT_DECODER_H

#include "base/error.h"
#include "io/input_raw.h"

typedef struct rc_decoder {
    rc_status (*open)(void **state, rc_error *err);

    /* Takes all unread bytes of raw unless data (capacity 1 to 2^30) is full before: then there
     * may be more without new input. Several members or frames in a row are one stream.
     * Bytes that were made before a failure are counted in *n. */
    rc_status (*decode)(void *state, rc_raw *raw, void *data, size_t capacity, size_t *n,
                        rc_error *err);

    /* The file ends here: RC_END if it may, else RC_E_DATA. */
    rc_status (*end)(const void *state, rc_error *err);

    /* NULL is fine. */
    void (*close)(void *state);
} rc_decoder;

extern const rc_decoder rc_decoder_gzip;
extern const rc_decoder rc_decoder_zstd;

#endif
