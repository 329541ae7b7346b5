/* wire_request.c - what is asked of an HDF5 file, to and from the wire. */
#include <stdlib.h>

#include "table/h5/wire.h"
#include "table/h5/wire_text.h"

bool rc_h5_request_write(rc_buf *out, const rc_h5_request *request)
{
    bool ok = rc_wire_put_bool(out, request->dataset != NULL) &&
              rc_h5_put_text(out, request->dataset) && rc_wire_put_u64(out, request->beside.n);
    for (size_t i = 0; ok && i < request->beside.n; i++)
        ok = rc_h5_put_text(out, request->beside.items[i]);
    return ok && rc_wire_put_u64(out, request->max_memory);
}

rc_status rc_h5_request_read(rc_h5_request *request, const rc_frame *frame, rc_error *err)
{
    size_t n_bytes;
    rc_h5_parse parse = rc_h5_parse_begin(frame);
    *request = (rc_h5_request){0};
    bool has_dataset = rc_wire_bool(&parse.wire);
    char *dataset = rc_h5_parse_text(&parse, RC_H5_MAX_NAME_BYTES, &n_bytes);
    size_t n = rc_wire_count(&parse.wire, 8);
    char **items = rc_h5_parse_array(&parse, n, sizeof(*items));
    if (has_dataset)
        request->dataset = dataset;
    else
        free(dataset);
    request->beside.items = (const char *const *)items;
    for (; items != NULL && request->beside.n < n && rc_h5_parse_ok(&parse); request->beside.n++)
        items[request->beside.n] = rc_h5_parse_text(&parse, RC_H5_MAX_NAME_BYTES, &n_bytes);
    request->max_memory = rc_wire_u64(&parse.wire);
    rc_status st = rc_h5_parse_end(&parse, err);
    if (st < 0)
        rc_h5_request_release(request);
    return st;
}

void rc_h5_request_release(rc_h5_request *request)
{
    for (size_t i = 0; i < request->beside.n; i++)
        free((void *)request->beside.items[i]);
    free((void *)request->beside.items);
    free((void *)request->dataset);
    *request = (rc_h5_request){0};
}
