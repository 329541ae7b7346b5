/* parse_shared.c - memory, texts and numbers of the messages of an ONNX file. */
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "model/foreign/onnx/parse.h"

/* Small pieces share blocks of so many bytes; what is larger than a quarter has its own. */
enum { BLOCK_BYTES = 1 << 16 };

typedef struct rc_onnx_memory {
    struct rc_onnx_memory *next;
    size_t n_used, n_all;
    max_align_t bytes[];
} rc_onnx_memory;

/* NULL: the error is set. It is not yet in the list. */
static rc_onnx_memory *open_block(rc_onnx_parser *p, size_t n_all)
{
    if (n_all > p->n_left || p->n_left - n_all < sizeof(rc_onnx_memory)) {
        rc_error_set(p->err, RC_E_MODEL, "more parts than a file of this size should have");
        return NULL;
    }
    rc_onnx_memory *block = calloc(1, sizeof(*block) + n_all);
    if (block == NULL) {
        rc_error_nomem(p->err);
        return NULL;
    }
    p->n_left -= sizeof(*block) + n_all;
    block->n_all = n_all;
    return block;
}

/* A block of its own stands behind the first one, which small pieces go on to fill. */
static rc_onnx_memory *add_block(rc_onnx_parser *p, size_t n_bytes)
{
    bool is_own = n_bytes > BLOCK_BYTES / 4;
    rc_onnx_memory *first = p->model->memory,
                   *block = open_block(p, is_own ? n_bytes : BLOCK_BYTES);
    if (block == NULL)
        return NULL;
    block->next = is_own && first != NULL ? first->next : first;
    if (is_own && first != NULL)
        first->next = block;
    else
        p->model->memory = block;
    return block;
}

void *rc_onnx_take(rc_onnx_parser *p, size_t n, size_t size)
{
    size_t n_bytes, align = size == 1 ? 1 : _Alignof(max_align_t);
    if (__builtin_mul_overflow(n, size, &n_bytes))
        n_bytes = SIZE_MAX; /* more than is left */
    rc_onnx_memory *block = p->model->memory;
    size_t at = block != NULL ? (block->n_used + align - 1) / align * align : 0;
    if (block == NULL || at > block->n_all || n_bytes > block->n_all - at) {
        block = add_block(p, n_bytes);
        at = 0;
    }
    if (block == NULL)
        return NULL;
    block->n_used = at + n_bytes;
    return (char *)block->bytes + at;
}

void rc_onnx_free(rc_onnx_model *model)
{
    if (model == NULL)
        return;
    while (model->memory != NULL) {
        rc_onnx_memory *next = model->memory->next;
        free(model->memory);
        model->memory = next;
    }
    free(model);
}

rc_status rc_onnx_failed(const rc_onnx_parser *p)
{
    return p->err->code;
}

rc_status rc_onnx_damaged(rc_onnx_parser *p)
{
    return rc_error_set(p->err, RC_E_MODEL, "damaged");
}

static bool is_plain(const unsigned char *text, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t length = text[i] == '\0' ? 0 : rc_utf8_length((const char *)text + i, n - i);
        if (length == 0)
            return false;
        i += length;
    }
    return true;
}

rc_status rc_onnx_text(rc_onnx_parser *p, const rc_pb_field *field, size_t most, const char **out)
{
    if (field->wire != RC_PB_BYTES)
        return rc_onnx_damaged(p);
    if (field->n > most || !is_plain(field->data, field->n))
        return rc_error_set(p->err, RC_E_MODEL,
                            "a text that is no UTF-8, has a NUL or is longer than %zu bytes", most);
    *out = "";
    if (field->n == 0)
        return RC_OK;
    char *copy = rc_onnx_take(p, field->n + 1, 1);
    if (copy == NULL)
        return rc_onnx_failed(p);
    memcpy(copy, field->data, field->n);
    *out = copy;
    return RC_OK;
}

rc_status rc_onnx_texts(rc_onnx_parser *p, const rc_pb_field *message, uint32_t number, size_t n,
                        const char *const **out)
{
    const char **texts = rc_onnx_take(p, n, sizeof(*texts));
    rc_pb pb = rc_pb_inside(message);
    rc_pb_field f;
    size_t i = 0;
    if (texts == NULL)
        return rc_onnx_failed(p);
    while (i < n && rc_pb_next(&pb, &f))
        if (f.number == number)
            RC_TRY(rc_onnx_text(p, &f, RC_ONNX_MOST_TEXT, &texts[i++]));
    *out = texts;
    return RC_OK;
}

rc_status rc_onnx_whole(rc_onnx_parser *p, const rc_pb_field *field, int64_t *out)
{
    if (field->wire != RC_PB_VARINT)
        return rc_onnx_damaged(p);
    *out = (int64_t)field->value;
    return RC_OK;
}

rc_status rc_onnx_type_code(rc_onnx_parser *p, const rc_pb_field *field, int *out)
{
    int64_t code = -1;
    RC_TRY(rc_onnx_whole(p, field, &code));
    *out = code >= 0 && code <= INT32_MAX ? (int)code : -1;
    return RC_OK;
}

bool rc_onnx_count(const rc_pb_field *message, uint32_t number, size_t *n)
{
    rc_pb pb = rc_pb_inside(message);
    rc_pb_field field;
    *n = 0;
    while (rc_pb_next(&pb, &field))
        *n += field.number == number;
    return !pb.is_bad;
}

const char *rc_onnx_type_name(int type, char out[24])
{
    static const char *const names[] = {
        "undefined",      "float",      "uint8",          "int8",       "uint16",    "int16",
        "int32",          "int64",      "string",         "bool",       "float16",   "double",
        "uint32",         "uint64",     "complex64",      "complex128", "bfloat16",  "float8e4m3fn",
        "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz", "uint4",      "int4",      "float4e2m1",
        "float8e8m0",     "uint2",      "int2",           "float6e2m3", "float6e3m2"};
    if (type >= 0 && type < (int)(sizeof(names) / sizeof(*names)))
        return names[type];
    snprintf(out, 24, "type %d", type);
    return out;
}
