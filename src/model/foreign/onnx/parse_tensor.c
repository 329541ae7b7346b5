/* parse_tensor.c - the messages of an ONNX file that are tensors. */
#include "base/num.h"
#include "base/text.h"
#include "model/foreign/onnx/parse.h"

/* Fields of TensorProto by their numbers. */
enum {
    FIELD_DIMS = 1,
    FIELD_TYPE = 2,
    FIELD_SEGMENT = 3,
    FIELD_FLOATS = 4,
    FIELD_INT32S = 5,
    FIELD_STRINGS = 6,
    FIELD_INT64S = 7,
    FIELD_NAME = 8,
    FIELD_RAW = 9,
    FIELD_DOUBLES = 10,
    FIELD_UINT64S = 11,
    FIELD_EXTERNAL = 13,
    FIELD_LOCATION = 14,
    N_FIELDS = 15
};

/* How the elements of a type stand in raw data, and which field has them one by one: int32_data
 * holds small integers as they are, and halves as their bits. */
typedef struct element_kind {
    rc_onnx_type type;
    rc_number_type numbers;
    uint32_t field;
} element_kind;

static const element_kind *element_of(int type)
{
    static const element_kind known[] = {
        {RC_ONNX_FLOAT, RC_NUMBER_F32, FIELD_FLOATS},
        {RC_ONNX_DOUBLE, RC_NUMBER_F64, FIELD_DOUBLES},
        {RC_ONNX_FLOAT16, RC_NUMBER_F16, FIELD_INT32S},
        {RC_ONNX_BFLOAT16, RC_NUMBER_BF16, FIELD_INT32S},
        {RC_ONNX_INT64, RC_NUMBER_I64, FIELD_INT64S},
        {RC_ONNX_INT32, RC_NUMBER_I32, FIELD_INT32S},
        {RC_ONNX_INT16, RC_NUMBER_I16, FIELD_INT32S},
        {RC_ONNX_INT8, RC_NUMBER_I8, FIELD_INT32S},
        {RC_ONNX_UINT64, RC_NUMBER_U64, FIELD_UINT64S},
        {RC_ONNX_UINT32, RC_NUMBER_U32, FIELD_UINT64S},
        {RC_ONNX_UINT16, RC_NUMBER_U16, FIELD_INT32S},
        {RC_ONNX_UINT8, RC_NUMBER_U8, FIELD_INT32S},
        {RC_ONNX_BOOL, RC_NUMBER_BOOL, FIELD_INT32S},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if ((int)known[i].type == type)
            return &known[i];
    return NULL;
}

static rc_pb_wire wire_of(uint32_t field)
{
    return field == FIELD_FLOATS    ? RC_PB_FIXED32
           : field == FIELD_DOUBLES ? RC_PB_FIXED64
                                    : RC_PB_VARINT;
}

/* A tensor that is decoded: what its fields say. */
typedef struct decoding {
    const rc_pb_field *message;
    rc_pb_field last[N_FIELDS]; /* the last field of each number */
    size_t n_fields[N_FIELDS];  /* how many there are */
    size_t n_of[N_FIELDS];      /* elements in the fields of typed data */
    int64_t location;           /* 1: external */
    bool is_deep;               /* more dimensions than RC_ONNX_MAX_RANK */
} decoding;

static rc_status read_dims(rc_onnx_parser *p, const rc_pb_field *f, rc_onnx_tensor *out,
                           decoding *d)
{
    rc_pb_numbers numbers = rc_pb_numbers_of(f, RC_PB_VARINT);
    uint64_t value;
    while (rc_pb_number(&numbers, &value)) {
        d->is_deep = out->rank == RC_ONNX_MAX_RANK;
        if (d->is_deep)
            break; /* refused when the name is known */
        out->dims[out->rank++] = (int64_t)value;
    }
    return numbers.rest.is_bad ? rc_onnx_damaged(p) : RC_OK;
}

static rc_status read_pair(rc_onnx_parser *p, const rc_pb_field *message, rc_onnx_pair *out)
{
    rc_pb pb = rc_pb_inside(message);
    rc_pb_field f;
    *out = (rc_onnx_pair){.key = "", .value = ""};
    while (rc_pb_next(&pb, &f))
        if (f.number == 1 || f.number == 2)
            RC_TRY(rc_onnx_text(p, &f, RC_ONNX_MAX_NAME, f.number == 1 ? &out->key : &out->value));
    return pb.is_bad ? rc_onnx_damaged(p) : RC_OK;
}

/* Where the bytes are that stand in another file. */
static rc_status read_external(rc_onnx_parser *p, const rc_pb_field *message, rc_onnx_tensor *out)
{
    rc_onnx_pair pair;
    RC_TRY(read_pair(p, message, &pair));
    if (strcmp(pair.key, "location") == 0)
        out->location = pair.value;
    bool is_offset = strcmp(pair.key, "offset") == 0;
    if (!is_offset && strcmp(pair.key, "length") != 0)
        return RC_OK;
    if (!rc_num_parse_u64(pair.value, strlen(pair.value), is_offset ? &out->offset : &out->length))
        return rc_error_set(p->err, RC_E_MODEL, "external data: '%s' is no whole number", pair.key);
    return RC_OK;
}

static rc_status scan_field(rc_onnx_parser *p, const rc_pb_field *f, rc_onnx_tensor *out,
                            decoding *d)
{
    rc_pb_numbers numbers;
    switch (f->number) {
    case FIELD_DIMS:
        return read_dims(p, f, out, d);
    case FIELD_TYPE:
        return rc_onnx_type_code(p, f, &out->type);
    case FIELD_FLOATS:
    case FIELD_INT32S:
    case FIELD_INT64S:
    case FIELD_DOUBLES:
    case FIELD_UINT64S:
        numbers = rc_pb_numbers_of(f, wire_of(f->number));
        d->n_of[f->number] += rc_pb_numbers_left(&numbers);
        return numbers.rest.is_bad ? rc_onnx_damaged(p) : RC_OK;
    case FIELD_NAME:
        return rc_onnx_text(p, f, RC_ONNX_MAX_NAME, &out->name);
    case FIELD_RAW:
        return f->wire == RC_PB_BYTES ? RC_OK : rc_onnx_damaged(p);
    case FIELD_EXTERNAL:
        return read_external(p, f, out);
    case FIELD_LOCATION:
        return rc_onnx_whole(p, f, &d->location);
    default:
        return RC_OK;
    }
}

static rc_status scan_tensor(rc_onnx_parser *p, rc_onnx_tensor *out, decoding *d)
{
    rc_pb pb = rc_pb_inside(d->message);
    rc_pb_field f;
    while (rc_pb_next(&pb, &f)) {
        if (f.number < N_FIELDS) {
            d->last[f.number] = f;
            d->n_fields[f.number]++;
        }
        RC_TRY(scan_field(p, &f, out, d));
    }
    return pb.is_bad ? rc_onnx_damaged(p) : RC_OK;
}

/* An element of typed data in the bytes that the type has: the lowest ones, but any bit makes a
 * bool. */
static void put_element(rc_number_type numbers, size_t size, uint64_t value, char *data)
{
    if (numbers == RC_NUMBER_BOOL)
        value = value != 0;
    memcpy(data, &value, size);
}

/* Typed data, which has been counted. One packed run of floats stands as it is needed. */
static rc_status read_typed(rc_onnx_parser *p, const decoding *d, uint32_t field,
                            rc_onnx_tensor *out)
{
    size_t size = rc_number_bytes(out->numbers), n = 0;
    if (wire_of(field) != RC_PB_VARINT && d->n_fields[field] == 1 &&
        d->last[field].wire == RC_PB_BYTES) {
        out->data = d->last[field].data;
        return RC_OK;
    }
    char *data = rc_onnx_take(p, out->n, size);
    rc_pb pb = rc_pb_inside(d->message);
    rc_pb_field f;
    uint64_t value;
    if (data == NULL)
        return rc_onnx_failed(p);
    while (rc_pb_next(&pb, &f)) {
        if (f.number != field)
            continue;
        rc_pb_numbers numbers = rc_pb_numbers_of(&f, wire_of(field));
        while (n < out->n && rc_pb_number(&numbers, &value))
            put_element(out->numbers, size, value, data + n++ * size);
        if (numbers.rest.is_bad)
            return rc_onnx_damaged(p);
    }
    out->data = data;
    return RC_OK;
}

static rc_status read_raw(rc_onnx_parser *p, const rc_pb_field *raw, size_t n_bytes,
                          rc_onnx_tensor *out)
{
    if (raw->n != n_bytes)
        return rc_error_set(p->err, RC_E_MODEL, "%zu bytes of data, but its shape needs %zu",
                            raw->n, n_bytes);
    out->data = raw->data;
    return RC_OK;
}

static rc_status fetch_external(rc_onnx_parser *p, size_t n_bytes, rc_onnx_tensor *out)
{
    const char *data = "";
    size_t n = 0;
    out->is_external = true;
    if (out->location == NULL)
        return rc_error_set(p->err, RC_E_MODEL, "external data without a location");
    if (out->length != UINT64_MAX && out->length != n_bytes)
        return rc_error_set(p->err, RC_E_MODEL, "%zu bytes of external data are needed, not %llu",
                            n_bytes, (unsigned long long)out->length);
    if (n_bytes > 0) {
        rc_status st = rc_foreign_external_get(p->file, out->location, strlen(out->location),
                                               out->offset, n_bytes, &data, &n, p->err);
        p->is_wanted = p->is_wanted || st == RC_AGAIN;
        if (st != RC_OK)
            return st < 0 ? st : RC_OK; /* first, what else is wanted is asked for */
    }
    if (n != n_bytes)
        return rc_error_set(p->err, RC_E_MODEL, "%zu bytes of external data are needed, not %zu",
                            n_bytes, n);
    out->data = data;
    return RC_OK;
}

static rc_status check_shape(rc_onnx_parser *p, const decoding *d, rc_onnx_tensor *out)
{
    if (d->n_fields[FIELD_SEGMENT] > 0)
        return rc_error_set(p->err, RC_E_MODEL, "a tensor in segments is not read");
    if (d->is_deep)
        return rc_error_set(p->err, RC_E_MODEL, "more than %d dimensions", RC_ONNX_MAX_RANK);
    out->n = 1;
    for (unsigned i = 0; i < out->rank; i++)
        if (out->dims[i] < 0 || __builtin_mul_overflow(out->n, (size_t)out->dims[i], &out->n) ||
            out->n > RC_MODEL_MAX_NUMBERS)
            return rc_error_set(p->err, RC_E_MODEL, "dimensions that no tensor has");
    return RC_OK;
}

static rc_status check_count(rc_onnx_parser *p, size_t n, const rc_onnx_tensor *out)
{
    if (n != out->n)
        return rc_error_set(p->err, RC_E_MODEL, "%zu elements, but its shape needs %zu", n, out->n);
    return RC_OK;
}

static rc_status read_elements(rc_onnx_parser *p, const decoding *d, rc_onnx_tensor *out)
{
    char type[24];
    const element_kind *element = element_of(out->type);
    RC_TRY(check_shape(p, d, out));
    if (out->type == RC_ONNX_STRING) {
        RC_TRY(check_count(p, d->n_fields[FIELD_STRINGS], out));
        return rc_onnx_texts(p, d->message, FIELD_STRINGS, out->n, &out->texts);
    }
    if (element == NULL)
        return rc_error_set(p->err, RC_E_MODEL, "elements of %s are not scored",
                            rc_onnx_type_name(out->type, type));
    out->numbers = element->numbers;
    size_t n_bytes = out->n * rc_number_bytes(out->numbers), n_typed = d->n_of[element->field];
    if (d->location == 1)
        return fetch_external(p, n_bytes, out);
    const rc_pb_field *raw = &d->last[FIELD_RAW];
    if (d->n_fields[FIELD_RAW] > 0 && (raw->n > 0 || n_typed == 0))
        return read_raw(p, raw, n_bytes, out);
    RC_TRY(check_count(p, n_typed, out));
    return read_typed(p, d, element->field, out);
}

rc_status rc_onnx_read_tensor(rc_onnx_parser *p, const rc_pb_field *message, rc_onnx_tensor *out)
{
    decoding d = {.message = message};
    *out = (rc_onnx_tensor){.name = "", .length = UINT64_MAX};
    RC_TRY(scan_tensor(p, out, &d));
    return read_elements(p, &d, out);
}
