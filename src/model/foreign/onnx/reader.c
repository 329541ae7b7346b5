/* reader.c - the reader "onnx". */
#include <jansson.h>

#include "model/foreign/reader.h"

rc_status rc_onnx_prepare(rc_error *err)
{
    (void)err;
    return RC_OK;
}

rc_status rc_onnx_serve(rc_channel *channel, int fd, rc_error *err)
{
    return rc_foreign_serve(channel, fd, rc_onnx_read, err);
}
