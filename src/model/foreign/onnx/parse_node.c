/* parse_node.c - the messages of an ONNX file that are nodes, and their attributes. */
#include "base/text.h"
#include "model/foreign/onnx/parse.h"

/* Fields of AttributeProto that hold a value, by their numbers. */
enum { FIELD_F = 2, FIELD_I, FIELD_S, FIELD_T, FIELD_G, FIELD_FLOATS, FIELD_INTS, FIELD_STRINGS };

const rc_onnx_attribute *rc_onnx_attribute_find(const rc_onnx_node *node, const char *name)
{
    for (size_t i = 0; i < node->n_attributes; i++)
        if (strcmp(node->attributes[i].name, name) == 0)
            return &node->attributes[i];
    return NULL;
}

/* -- attributes ----------------------------------------------------------------------------------
 */

/* What an attribute holds that is not decoded yet. */
typedef struct decoding {
    rc_pb_field tensor;
    bool is_told;   /* the file says its type */
    size_t n_of[3]; /* floats, ints, strings */
} decoding;

static rc_pb_wire wire_of(uint32_t number)
{
    return number == FIELD_FLOATS ? RC_PB_FIXED32 : RC_PB_VARINT;
}

static rc_status read_float(rc_onnx_parser *p, const rc_pb_field *f, float *out)
{
    uint32_t bits = (uint32_t)f->value;
    if (f->wire != RC_PB_FIXED32)
        return rc_onnx_damaged(p);
    memcpy(out, &bits, sizeof(*out));
    return RC_OK;
}

static rc_status read_type(rc_onnx_parser *p, const rc_pb_field *f, rc_onnx_attribute *out,
                           decoding *d)
{
    int64_t type;
    RC_TRY(rc_onnx_whole(p, f, &type));
    d->is_told = type != 0; /* 0 is "undefined" */
    if (d->is_told)
        out->type = type >= RC_ONNX_A_FLOAT && type <= RC_ONNX_A_STRINGS
                        ? (rc_onnx_attribute_type)type
                        : RC_ONNX_A_OTHER;
    return RC_OK;
}

/* A field that holds a value; it tells the type where the file does not. */
static rc_status scan_value(rc_onnx_parser *p, const rc_pb_field *f, rc_onnx_attribute *out,
                            decoding *d)
{
    static const rc_onnx_attribute_type types[] = {
        [FIELD_F] = RC_ONNX_A_FLOAT,   [FIELD_I] = RC_ONNX_A_INT,
        [FIELD_S] = RC_ONNX_A_STRING,  [FIELD_T] = RC_ONNX_A_TENSOR,
        [FIELD_G] = RC_ONNX_A_GRAPH,   [FIELD_FLOATS] = RC_ONNX_A_FLOATS,
        [FIELD_INTS] = RC_ONNX_A_INTS, [FIELD_STRINGS] = RC_ONNX_A_STRINGS};
    rc_pb_numbers numbers;
    if (!d->is_told)
        out->type = types[f->number];
    switch (f->number) {
    case FIELD_F:
        return read_float(p, f, &out->f);
    case FIELD_I:
        return rc_onnx_whole(p, f, &out->i);
    case FIELD_S:
        return rc_onnx_text(p, f, RC_ONNX_MOST_TEXT, &out->s);
    case FIELD_T:
        d->tensor = *f;
        return RC_OK;
    case FIELD_FLOATS:
    case FIELD_INTS:
        numbers = rc_pb_numbers_of(f, wire_of(f->number));
        d->n_of[f->number - FIELD_FLOATS] += rc_pb_numbers_left(&numbers);
        return numbers.rest.is_bad ? rc_onnx_damaged(p) : RC_OK;
    case FIELD_STRINGS:
        d->n_of[2]++;
        return RC_OK;
    default: /* a graph */
        return RC_OK;
    }
}

static rc_status scan_attribute(rc_onnx_parser *p, const rc_pb_field *message,
                                rc_onnx_attribute *out, decoding *d)
{
    rc_pb pb = rc_pb_inside(message);
    rc_pb_field f;
    while (rc_pb_next(&pb, &f)) {
        if (f.number == 1)
            RC_TRY(rc_onnx_text(p, &f, RC_ONNX_MAX_NAME, &out->name));
        else if (f.number >= FIELD_F && f.number <= FIELD_STRINGS)
            RC_TRY(scan_value(p, &f, out, d));
        else if (f.number == 20)
            RC_TRY(read_type(p, &f, out, d));
    }
    return pb.is_bad ? rc_onnx_damaged(p) : RC_OK;
}

/* Floats or ints, packed or not; they have been counted. */
static rc_status read_numbers(rc_onnx_parser *p, const rc_pb_field *message, uint32_t number,
                              rc_onnx_attribute *out)
{
    size_t size = number == FIELD_FLOATS ? sizeof(float) : sizeof(int64_t), n = 0;
    rc_pb pb = rc_pb_inside(message);
    rc_pb_field f;
    uint64_t value;
    char *data = rc_onnx_take(p, out->n, size);
    if (data == NULL)
        return rc_onnx_failed(p);
    while (rc_pb_next(&pb, &f)) {
        if (f.number != number)
            continue;
        rc_pb_numbers numbers = rc_pb_numbers_of(&f, wire_of(number));
        while (n < out->n && rc_pb_number(&numbers, &value))
            memcpy(data + n++ * size, &value, size);
        if (numbers.rest.is_bad)
            return rc_onnx_damaged(p);
    }
    if (number == FIELD_FLOATS)
        out->floats = (const float *)(const void *)data;
    else
        out->ints = (const int64_t *)(const void *)data;
    return RC_OK;
}

static rc_status read_payload(rc_onnx_parser *p, const rc_pb_field *message, const decoding *d,
                              rc_onnx_attribute *out)
{
    rc_onnx_tensor *t;
    switch (out->type) {
    case RC_ONNX_A_TENSOR:
        t = rc_onnx_take(p, 1, sizeof(*t));
        out->t = t;
        return t != NULL ? rc_onnx_read_tensor(p, &d->tensor, t) : rc_onnx_failed(p);
    case RC_ONNX_A_FLOATS:
        out->n = d->n_of[0];
        return read_numbers(p, message, FIELD_FLOATS, out);
    case RC_ONNX_A_INTS:
        out->n = d->n_of[1];
        return read_numbers(p, message, FIELD_INTS, out);
    case RC_ONNX_A_STRINGS:
        out->n = d->n_of[2];
        return rc_onnx_texts(p, message, FIELD_STRINGS, out->n, &out->strings);
    default:
        return RC_OK;
    }
}

rc_status rc_onnx_read_attribute(rc_onnx_parser *p, const rc_pb_field *message,
                                 rc_onnx_attribute *out)
{
    decoding d = {.tensor = {.wire = RC_PB_BYTES}}; /* an empty one, if there is none */
    *out = (rc_onnx_attribute){.name = "", .s = "", .type = RC_ONNX_A_OTHER};
    rc_status st = scan_attribute(p, message, out, &d);
    if (st >= 0)
        st = read_payload(p, message, &d, out);
    char quoted[RC_QUOTED_BYTES];
    return st < 0 ? rc_error_wrap(p->err, st, "attribute '%s'",
                                  rc_text_quote(out->name, strlen(out->name), quoted))
                  : st;
}

/* -- nodes ---------------------------------------------------------------------------------------
 */

/* Room for the repeated fields of a node. */
typedef struct node_parts {
    const char **inputs, **outputs;
    rc_onnx_attribute *attributes;
} node_parts;

static rc_status open_node(rc_onnx_parser *p, const rc_pb_field *message, rc_onnx_node *out,
                           node_parts *parts)
{
    size_t n_in, n_out, n_attributes;
    if (!rc_onnx_count(message, 1, &n_in) || !rc_onnx_count(message, 2, &n_out) ||
        !rc_onnx_count(message, 5, &n_attributes))
        return rc_onnx_damaged(p);
    out->inputs = parts->inputs = rc_onnx_take(p, n_in, sizeof(char *));
    if (parts->inputs != NULL)
        out->outputs = parts->outputs = rc_onnx_take(p, n_out, sizeof(char *));
    if (parts->outputs != NULL)
        out->attributes = parts->attributes =
            rc_onnx_take(p, n_attributes, sizeof(*parts->attributes));
    return parts->attributes != NULL ? RC_OK : rc_onnx_failed(p);
}

static rc_status read_field(rc_onnx_parser *p, const rc_pb_field *f, const node_parts *parts,
                            rc_onnx_node *out)
{
    switch (f->number) {
    case 1:
        return rc_onnx_text(p, f, RC_ONNX_MAX_NAME, &parts->inputs[out->n_inputs++]);
    case 2:
        return rc_onnx_text(p, f, RC_ONNX_MAX_NAME, &parts->outputs[out->n_outputs++]);
    case 3:
        return rc_onnx_text(p, f, RC_ONNX_MAX_NAME, &out->name);
    case 4:
        return rc_onnx_text(p, f, RC_ONNX_MAX_NAME, &out->op_type);
    case 5:
        return rc_onnx_read_attribute(p, f, &parts->attributes[out->n_attributes++]);
    case 7:
        return rc_onnx_text(p, f, RC_ONNX_MAX_NAME, &out->domain);
    default:
        return RC_OK;
    }
}

rc_status rc_onnx_read_node(rc_onnx_parser *p, const rc_pb_field *message, rc_onnx_node *out)
{
    node_parts parts = {0};
    rc_pb pb = rc_pb_inside(message);
    rc_pb_field f;
    *out = (rc_onnx_node){.name = "", .op_type = "", .domain = ""};
    RC_TRY(open_node(p, message, out, &parts));
    while (rc_pb_next(&pb, &f))
        RC_TRY(read_field(p, &f, &parts, out));
    if (strcmp(out->domain, "ai.onnx") == 0)
        out->domain = "";
    return RC_OK; /* that it is whole was seen when it was counted */
}
