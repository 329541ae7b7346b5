/* parse_value.c - the messages of an ONNX file that say what its inputs and outputs are. */
#include "model/foreign/onnx/parse.h"

/* A number or a name; the last one counts. */
static rc_status read_dim(rc_onnx_parser *p, const rc_pb_field *message, rc_onnx_value *out)
{
    rc_pb pb = rc_pb_inside(message);
    rc_pb_field f;
    if (out->rank == RC_ONNX_MAX_RANK)
        return rc_error_set(p->err, RC_E_MODEL, "more than %d dimensions", RC_ONNX_MAX_RANK);
    unsigned i = out->rank++;
    out->dims[i] = -1;
    while (rc_pb_next(&pb, &f)) {
        if (f.number == 1) {
            RC_TRY(rc_onnx_whole(p, &f, &out->dims[i]));
            out->dims[i] = out->dims[i] >= 0 ? out->dims[i] : -1;
            out->dim_names[i] = NULL;
        } else if (f.number == 2) {
            RC_TRY(rc_onnx_text(p, &f, RC_ONNX_MAX_NAME, &out->dim_names[i]));
            out->dims[i] = -1;
        }
    }
    return pb.is_bad ? rc_onnx_damaged(p) : RC_OK;
}

static rc_status read_shape(rc_onnx_parser *p, const rc_pb_field *message, rc_onnx_value *out)
{
    rc_pb pb = rc_pb_inside(message);
    rc_pb_field f;
    out->has_shape = true;
    while (rc_pb_next(&pb, &f))
        if (f.number == 1)
            RC_TRY(read_dim(p, &f, out));
    return pb.is_bad ? rc_onnx_damaged(p) : RC_OK;
}

/* TypeProto.Tensor */
static rc_status read_tensor_type(rc_onnx_parser *p, const rc_pb_field *message, rc_onnx_value *out)
{
    rc_pb pb = rc_pb_inside(message);
    rc_pb_field f;
    out->is_tensor = true;
    while (rc_pb_next(&pb, &f)) {
        if (f.number == 1)
            RC_TRY(rc_onnx_type_code(p, &f, &out->type));
        else if (f.number == 2)
            RC_TRY(read_shape(p, &f, out));
    }
    return pb.is_bad ? rc_onnx_damaged(p) : RC_OK;
}

/* Sequence, map, sparse tensor, optional, opaque: of these nothing is read. ZipMap makes a sequence
 * of maps. */
static bool is_other_type(uint32_t number)
{
    return number == 4 || number == 5 || (number >= 7 && number <= 9);
}

static rc_status read_type(rc_onnx_parser *p, const rc_pb_field *message, rc_onnx_value *out)
{
    rc_pb pb = rc_pb_inside(message);
    rc_pb_field f;
    while (rc_pb_next(&pb, &f)) {
        if (f.number == 1)
            RC_TRY(read_tensor_type(p, &f, out));
        else if (is_other_type(f.number))
            *out = (rc_onnx_value){.name = out->name};
    }
    return pb.is_bad ? rc_onnx_damaged(p) : RC_OK;
}

rc_status rc_onnx_read_value(rc_onnx_parser *p, const rc_pb_field *message, rc_onnx_value *out)
{
    rc_pb pb = rc_pb_inside(message);
    rc_pb_field f;
    *out = (rc_onnx_value){.name = ""};
    while (rc_pb_next(&pb, &f)) {
        if (f.number == 1)
            RC_TRY(rc_onnx_text(p, &f, RC_ONNX_MAX_NAME, &out->name));
        else if (f.number == 2)
            RC_TRY(read_type(p, &f, out));
    }
    return pb.is_bad ? rc_onnx_damaged(p) : RC_OK;
}
