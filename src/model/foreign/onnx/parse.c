/* parse.c - the messages of an ONNX file: the model and its graph. */
#include "model/foreign/onnx/parse.h"

#include <stdio.h>

#include "base/text.h"

/* What decoding may take beside the file: so much, and so many times its bytes; a number of one
 * byte in the file takes eight here. */
enum { MEMORY_TIMES = 8, MEMORY_LEAST = 64 << 20 };

/* -- graph ---------------------------------------------------------------------------------------
 */

/* The arrays of the graph, as long as the fields that there are. */
static rc_status open_graph(rc_onnx_parser *p, const rc_pb_field *message)
{
    rc_onnx_model *m = p->model;
    size_t n_nodes, n_initializers, n_inputs, n_outputs;
    if (!rc_onnx_count(message, 1, &n_nodes) || !rc_onnx_count(message, 5, &n_initializers) ||
        !rc_onnx_count(message, 11, &n_inputs) || !rc_onnx_count(message, 12, &n_outputs))
        return rc_onnx_damaged(p);
    if (n_nodes > RC_ONNX_MAX_NODES || n_initializers > RC_ONNX_MAX_NODES ||
        n_inputs > RC_ONNX_MAX_NODES || n_outputs > RC_ONNX_MAX_NODES)
        return rc_error_set(p->err, RC_E_MODEL, "more than %d nodes, initializers or inputs",
                            RC_ONNX_MAX_NODES);
    m->nodes = rc_onnx_take(p, n_nodes, sizeof(*m->nodes));
    m->initializers =
        m->nodes != NULL ? rc_onnx_take(p, n_initializers, sizeof(*m->initializers)) : NULL;
    m->inputs = m->initializers != NULL ? rc_onnx_take(p, n_inputs, sizeof(*m->inputs)) : NULL;
    m->outputs = m->inputs != NULL ? rc_onnx_take(p, n_outputs, sizeof(*m->outputs)) : NULL;
    return m->outputs != NULL ? RC_OK : rc_onnx_failed(p);
}

/* Says where a failure is: in what, and its name. */
static rc_status at_part(rc_onnx_parser *p, rc_status st, const char *what, const char *name)
{
    char quoted[RC_QUOTED_BYTES];
    return st < 0 ? rc_error_wrap(p->err, st, "%s '%s'", what,
                                  rc_text_quote(name, strlen(name), quoted))
                  : st;
}

static rc_status read_node(rc_onnx_parser *p, const rc_pb_field *f)
{
    char what[32];
    rc_onnx_node *node = &p->model->nodes[p->model->n_nodes];
    snprintf(what, sizeof(what), "node %zu", p->model->n_nodes++);
    rc_status st = rc_onnx_read_node(p, f, node);
    return at_part(p, st, what, node->name);
}

static rc_status read_initializer(rc_onnx_parser *p, const rc_pb_field *f)
{
    rc_onnx_tensor *t = &p->model->initializers[p->model->n_initializers++];
    rc_status st = rc_onnx_read_tensor(p, f, t);
    return at_part(p, st, "initializer", t->name);
}

static rc_status read_value(rc_onnx_parser *p, const rc_pb_field *f, rc_onnx_value *value)
{
    rc_status st = rc_onnx_read_value(p, f, value);
    return at_part(p, st, "input or output", value->name);
}

static rc_status read_graph_field(rc_onnx_parser *p, const rc_pb_field *f)
{
    rc_onnx_model *m = p->model;
    switch (f->number) {
    case 1:
        return read_node(p, f);
    case 5:
        return read_initializer(p, f);
    case 11:
        return read_value(p, f, &m->inputs[m->n_inputs++]);
    case 12:
        return read_value(p, f, &m->outputs[m->n_outputs++]);
    case 15:
        m->has_sparse = true;
        return RC_OK;
    default:
        return RC_OK;
    }
}

static rc_status read_graph(rc_onnx_parser *p, const rc_pb_field *message)
{
    rc_pb pb = rc_pb_inside(message);
    rc_pb_field f;
    RC_TRY(open_graph(p, message));
    while (rc_pb_next(&pb, &f))
        RC_TRY(read_graph_field(p, &f));
    return RC_OK; /* that it is whole was seen when it was counted */
}

/* -- model ---------------------------------------------------------------------------------------
 */

static rc_status read_opset(rc_onnx_parser *p, const rc_pb_field *message, rc_onnx_opset *out)
{
    rc_pb pb = rc_pb_inside(message);
    rc_pb_field f;
    *out = (rc_onnx_opset){.domain = ""};
    while (rc_pb_next(&pb, &f)) {
        if (f.number == 1)
            RC_TRY(rc_onnx_text(p, &f, RC_ONNX_MAX_NAME, &out->domain));
        else if (f.number == 2)
            RC_TRY(rc_onnx_whole(p, &f, &out->version));
    }
    if (strcmp(out->domain, "ai.onnx") == 0)
        out->domain = "";
    return pb.is_bad ? rc_onnx_damaged(p) : RC_OK;
}

/* What is too long to be names of columns is left empty: nobody reads it. */
static rc_status read_metadata(rc_onnx_parser *p, const rc_pb_field *message, rc_onnx_pair *out)
{
    rc_pb pb = rc_pb_inside(message);
    rc_pb_field f;
    *out = (rc_onnx_pair){.key = "", .value = ""};
    while (rc_pb_next(&pb, &f))
        if ((f.number == 1 || f.number == 2) && f.n <= RC_ONNX_MOST_TEXT)
            RC_TRY(rc_onnx_text(p, &f, RC_ONNX_MOST_TEXT, f.number == 1 ? &out->key : &out->value));
    return pb.is_bad ? rc_onnx_damaged(p) : RC_OK;
}

static rc_status read_model_field(rc_onnx_parser *p, const rc_pb_field *f)
{
    rc_onnx_model *m = p->model;
    rc_status st;
    switch (f->number) {
    case 1:
        return rc_onnx_whole(p, f, &m->ir_version);
    case 2:
        return rc_onnx_text(p, f, RC_ONNX_MAX_NAME, &m->producer);
    case 3:
        return rc_onnx_text(p, f, RC_ONNX_MAX_NAME, &m->producer_version);
    case 7:
        st = read_graph(p, f);
        return st < 0 ? rc_error_wrap(p->err, st, "graph") : st;
    case 8:
        return read_opset(p, f, &m->opsets[m->n_opsets++]);
    case 14:
        return read_metadata(p, f, &m->metadata[m->n_metadata++]);
    case 25:
        m->has_functions = true;
        return RC_OK;
    default:
        return RC_OK;
    }
}

/* The arrays of the model; it has one graph. */
static rc_status open_model(rc_onnx_parser *p, const rc_pb_field *whole)
{
    rc_onnx_model *m = p->model;
    size_t n_opsets, n_pairs, n_graphs;
    if (!rc_onnx_count(whole, 8, &n_opsets) || !rc_onnx_count(whole, 14, &n_pairs) ||
        !rc_onnx_count(whole, 7, &n_graphs))
        return rc_error_set(p->err, RC_E_MODEL, "no ONNX model, or one that is cut short");
    if (n_graphs != 1)
        return rc_error_set(p->err, RC_E_MODEL, "no ONNX model: it has %zu graphs", n_graphs);
    m->producer = m->producer_version = "";
    m->opsets = rc_onnx_take(p, n_opsets, sizeof(*m->opsets));
    m->metadata = m->opsets != NULL ? rc_onnx_take(p, n_pairs, sizeof(*m->metadata)) : NULL;
    return m->metadata != NULL ? RC_OK : rc_onnx_failed(p);
}

static rc_status read_model(rc_onnx_parser *p)
{
    rc_pb_field f, whole = {.wire = RC_PB_BYTES,
                            .data = (const unsigned char *)p->file->data,
                            .n = p->file->n};
    rc_pb pb = rc_pb_inside(&whole);
    RC_TRY(open_model(p, &whole));
    while (rc_pb_next(&pb, &f))
        RC_TRY(read_model_field(p, &f));
    if (p->model->ir_version < 3)
        return rc_error_set(p->err, RC_E_MODEL, "IR version %lld; those from 3 on are read",
                            (long long)p->model->ir_version);
    return p->is_wanted ? RC_AGAIN : RC_OK;
}

rc_status rc_onnx_parse(rc_onnx_model **out, rc_foreign_file *file, rc_error *err)
{
    *out = NULL;
    rc_error own;
    rc_onnx_parser p = {.file = file, .err = err != NULL ? err : &own};
    if (__builtin_mul_overflow(file->n, (size_t)MEMORY_TIMES, &p.n_left) ||
        __builtin_add_overflow(p.n_left, (size_t)MEMORY_LEAST, &p.n_left))
        return rc_error_nomem(err);
    p.model = rc_alloc_array(1, sizeof(*p.model));
    if (p.model == NULL)
        return rc_error_nomem(err);
    rc_status st = read_model(&p);
    if (st == RC_OK)
        *out = p.model;
    else
        rc_onnx_free(p.model);
    return st;
}
