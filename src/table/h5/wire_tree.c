/* wire_tree.c - the objects of an HDF5 file, to and from the wire. */
#include "table/h5/wire.h"
#include "table/h5/wire_text.h"

enum { LEAST_NODE_BYTES = 7 * 8 + 4 + 1 + 8 + 8 + 8 };

static bool put_shape(rc_buf *out, const rc_h5_node *node)
{
    bool ok = rc_wire_put_u32(out, node->rank);
    for (uint32_t i = 0; ok && i < node->rank; i++)
        ok = rc_wire_put_u64(out, node->shape[i]) && rc_wire_put_u64(out, node->most[i]) &&
             rc_wire_put_u64(out, node->chunk[i]);
    return ok;
}

static bool put_node(rc_buf *out, const rc_h5_node *node)
{
    return rc_h5_put_text(out, node->path) && rc_h5_put_text(out, node->kind) &&
           rc_h5_put_text(out, node->type) && put_shape(out, node) &&
           rc_wire_put_bool(out, node->is_chunked) && rc_h5_put_text(out, node->storage) &&
           rc_h5_put_text(out, node->filters) && rc_wire_put_u64(out, node->n_stored) &&
           rc_h5_put_text(out, node->scored_as) && rc_wire_put_u64(out, node->n_rows) &&
           rc_wire_put_u64(out, node->n_columns) && rc_h5_put_text(out, node->note);
}

bool rc_h5_tree_write(rc_buf *out, const rc_h5_tree *tree)
{
    bool ok = rc_wire_put_u64(out, tree->user_block) && rc_wire_put_bool(out, tree->is_cut) &&
              rc_wire_put_bool(out, tree->is_keras) && rc_wire_put_u64(out, tree->n);
    for (size_t i = 0; ok && i < tree->n; i++)
        ok = put_node(out, &tree->nodes[i]);
    return ok;
}

static char *text(rc_h5_parse *parse)
{
    size_t n;
    return rc_h5_parse_text(parse, RC_H5_MAX_NAME_BYTES, &n);
}

static void read_shape(rc_h5_parse *parse, rc_h5_node *node)
{
    uint32_t rank = rc_wire_u32(&parse->wire);
    if (!rc_h5_parse_check(parse, rank <= 32, "an object of more than 32 dimensions"))
        return;
    node->rank = rank;
    for (uint32_t i = 0; i < rank; i++) {
        node->shape[i] = rc_wire_u64(&parse->wire);
        node->most[i] = rc_wire_u64(&parse->wire);
        node->chunk[i] = rc_wire_u64(&parse->wire);
    }
}

static void read_node(rc_h5_parse *parse, rc_h5_node *node)
{
    node->path = text(parse);
    node->kind = text(parse);
    node->type = text(parse);
    read_shape(parse, node);
    node->is_chunked = rc_wire_bool(&parse->wire);
    node->storage = text(parse);
    node->filters = text(parse);
    node->n_stored = rc_wire_u64(&parse->wire);
    node->scored_as = text(parse);
    node->n_rows = rc_wire_u64(&parse->wire);
    node->n_columns = rc_wire_u64(&parse->wire);
    node->note = text(parse);
}

rc_status rc_h5_tree_read(rc_h5_tree **out, const rc_frame *frame, rc_error *err)
{
    rc_h5_parse parse = rc_h5_parse_begin(frame);
    *out = NULL;
    rc_h5_tree *tree = rc_alloc_array(1, sizeof(*tree));
    if (tree == NULL)
        return rc_error_nomem(err);
    tree->user_block = rc_wire_u64(&parse.wire);
    tree->is_cut = rc_wire_bool(&parse.wire);
    tree->is_keras = rc_wire_bool(&parse.wire);
    size_t n = rc_wire_count(&parse.wire, LEAST_NODE_BYTES);
    tree->nodes = rc_h5_parse_array(&parse, n, sizeof(*tree->nodes));
    tree->capacity = n;
    for (; tree->nodes != NULL && tree->n < n && rc_h5_parse_ok(&parse); tree->n++)
        read_node(&parse, &tree->nodes[tree->n]);
    rc_status st = rc_h5_parse_end(&parse, err);
    if (st < 0)
        rc_h5_tree_free(tree);
    else
        *out = tree;
    return st;
}
