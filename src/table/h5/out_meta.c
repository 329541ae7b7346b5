/* out_meta.c - all of an HDF5 file of predictions that is not a chunk. */
#include "table/h5/out_meta.h"

#include <stdlib.h>

#include "base/text.h"
#include "table/h5/out_type.h"
#include "table/vocabulary.h"

/* Version 0 has no place for the first: it is what the format says. */
enum {
    CHILDREN = 64, /* of a node of the chunks' B-tree */
    KEY_BYTES = 24,
    NODE_BYTES = 24 + (CHILDREN + 1) * KEY_BYTES + CHILDREN * 8,
    GROUP_LEAF_K = 4,
    GROUP_NODE_K = 16,
    GROUP_NODE_BYTES = 24 + (2 * GROUP_NODE_K + 1) * 8 + 2 * GROUP_NODE_K * 8,
    GROUP_LEAF_BYTES = 8 + 2 * GROUP_LEAF_K * 40,
    MOST_TYPE_BYTES = 65528, /* of a message */
    FLUSH_BYTES = 1 << 20
};

#define NOWHERE UINT64_MAX

/* Bytes that go to consecutive places of the file. */
typedef struct appender {
    rc_output *output;
    uint64_t offset; /* of the first byte that is waiting */
    rc_buf waiting;
} appender;

static rc_status flush(appender *a, rc_error *err)
{
    RC_TRY(rc_output_write_at(a->output, a->offset, a->waiting.data, a->waiting.n, err));
    a->offset += a->waiting.n;
    a->waiting.n = 0;
    return RC_OK;
}

static uint64_t next_offset(const appender *a)
{
    return a->offset + a->waiting.n;
}

/* The nodes of a level stand together, those of the leaves first. An entry of level l is CHILDREN^l
 * chunks. */
typedef struct level {
    int number;
    uint64_t chunks;  /* of an entry */
    uint64_t n;       /* entries */
    uint64_t entries; /* address of the first entry; of leaves: unused */
    uint64_t nodes;   /* address of the first node */
    uint64_t n_nodes;
} level;

static bool put_key(rc_buf *out, const rc_h5_meta *meta, uint64_t chunk)
{
    uint32_t bytes = chunk < meta->n_chunks ? meta->chunks[chunk].bytes : 0;
    return rc_h5_put(out, bytes, 8) && rc_h5_put(out, chunk * meta->shape->chunk_rows, 8) &&
           rc_h5_put(out, 0, 8);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static bool put_entries(rc_buf *out, const rc_h5_meta *meta, const level *l, uint64_t first,
                        uint64_t end)
{
    for (uint64_t e = first; e < end; e++) {
        uint64_t child =
            l->number == 0 ? meta->chunks[e].offset : l->entries + e * (uint64_t)NODE_BYTES;
        if (!put_key(out, meta, e * l->chunks) || !rc_h5_put(out, child, 8))
            return false;
    }
    return put_key(out, meta, least(end * l->chunks, meta->n_chunks));
}

static bool put_node(rc_buf *out, const rc_h5_meta *meta, const level *l, uint64_t node)
{
    static const char zeros[NODE_BYTES] = {0};
    size_t begin = out->n;
    uint64_t first = node * CHILDREN, end = least(first + CHILDREN, l->n);
    uint64_t here = l->nodes + node * NODE_BYTES;
    return rc_buf_append(out, "TREE\1", 5) && rc_h5_put(out, (unsigned)l->number, 1) &&
           rc_h5_put(out, end - first, 2) &&
           rc_h5_put(out, node > 0 ? here - NODE_BYTES : NOWHERE, 8) &&
           rc_h5_put(out, node + 1 < l->n_nodes ? here + NODE_BYTES : NOWHERE, 8) &&
           put_entries(out, meta, l, first, end) &&
           rc_buf_append(out, zeros, NODE_BYTES - (out->n - begin));
}

static rc_status write_level(appender *a, const rc_h5_meta *meta, const level *l, rc_error *err)
{
    for (uint64_t node = 0; node < l->n_nodes; node++) {
        if (!put_node(&a->waiting, meta, l, node))
            return rc_error_nomem(err);
        if (a->waiting.n > FLUSH_BYTES)
            RC_TRY(flush(a, err));
    }
    return RC_OK;
}

/* *root: the address of the topmost node. */
static rc_status write_chunk_index(appender *a, const rc_h5_meta *meta, uint64_t *root,
                                   rc_error *err)
{
    level l = {.chunks = 1, .n = meta->n_chunks};
    *root = NOWHERE;
    while (l.n > 0) {
        l.nodes = *root = next_offset(a);
        l.n_nodes = (l.n + CHILDREN - 1) / CHILDREN;
        RC_TRY(write_level(a, meta, &l, err));
        if (l.n_nodes == 1)
            break;
        l = (level){.number = l.number + 1,
                    .chunks = l.chunks * CHILDREN,
                    .n = l.n_nodes,
                    .entries = l.nodes};
    }
    return RC_OK;
}

/* Addresses of what the root group is made of. */
typedef struct root_group {
    uint64_t header, tree, heap;
} root_group;

/* Name offset 8 of the heap is the dataset's name. */
static bool put_heap(rc_buf *out, uint64_t here)
{
    enum { DATA_BYTES = 24 };
    _Static_assert(sizeof(RC_H5_DATASET) <= DATA_BYTES - 8, "the heap holds the name");
    size_t begin = out->n;
    return rc_buf_append(out, "HEAP\0\0\0\0", 8) && rc_h5_put(out, DATA_BYTES, 8) &&
           rc_h5_put(out, 1, 8) && rc_h5_put(out, here + 32, 8) && rc_h5_put(out, 0, 8) &&
           rc_buf_append(out, RC_H5_DATASET, sizeof(RC_H5_DATASET)) && rc_h5_pad(out, begin);
}

static bool put_leaf(rc_buf *out, uint64_t dataset)
{
    static const char zeros[GROUP_LEAF_BYTES] = {0};
    size_t begin = out->n;
    return rc_buf_append(out, "SNOD\1\0\1\0", 8) && rc_h5_put(out, 8, 8) &&
           rc_h5_put(out, dataset, 8) &&
           rc_buf_append(out, zeros, GROUP_LEAF_BYTES - (out->n - begin));
}

static bool put_tree(rc_buf *out, uint64_t leaf)
{
    static const char zeros[GROUP_NODE_BYTES] = {0};
    size_t begin = out->n;
    return rc_buf_append(out, "TREE\0\0\1\0", 8) && rc_h5_put(out, NOWHERE, 8) &&
           rc_h5_put(out, NOWHERE, 8) && rc_h5_put(out, 0, 8) && rc_h5_put(out, leaf, 8) &&
           rc_h5_put(out, 8, 8) && rc_buf_append(out, zeros, GROUP_NODE_BYTES - (out->n - begin));
}

static bool put_root(appender *a, uint64_t dataset, root_group *root)
{
    rc_buf *out = &a->waiting;
    uint64_t leaf = next_offset(a);
    bool ok = put_leaf(out, dataset);
    root->tree = next_offset(a);
    ok = ok && put_tree(out, leaf);
    root->heap = next_offset(a);
    ok = ok && put_heap(out, root->heap);
    root->header = next_offset(a);
    return ok && rc_h5_put(out, 0x00010001, 4) && rc_h5_put(out, 1, 4) && rc_h5_put(out, 24, 8) &&
           rc_h5_put(out, 0x00100011, 8) && rc_h5_put(out, root->tree, 8) &&
           rc_h5_put(out, root->heap, 8);
}

static bool put_superblock(rc_buf *out, const root_group *root, uint64_t end)
{
    return rc_buf_append(out, "\x89HDF\r\n\x1a\n", 8) && rc_h5_put(out, 0, 5) &&
           rc_h5_put(out, 0x0808, 3) && rc_h5_put(out, GROUP_LEAF_K, 2) &&
           rc_h5_put(out, GROUP_NODE_K, 2) && rc_h5_put(out, 0, 4) && rc_h5_put(out, 0, 8) &&
           rc_h5_put(out, NOWHERE, 8) && rc_h5_put(out, end, 8) && rc_h5_put(out, NOWHERE, 8) &&
           rc_h5_put(out, 0, 8) && rc_h5_put(out, root->header, 8) && rc_h5_put(out, 1, 8) &&
           rc_h5_put(out, root->tree, 8) && rc_h5_put(out, root->heap, 8);
}

static rc_status write_all(appender *a, const rc_h5_meta *meta, rc_error *err)
{
    uint64_t chunk_index;
    root_group root;
    RC_TRY(write_chunk_index(a, meta, &chunk_index, err));
    uint64_t dataset = next_offset(a);
    if (!rc_h5_put_dataset(&a->waiting, meta, chunk_index) || !put_root(a, dataset, &root))
        return rc_error_nomem(err);
    uint64_t end = next_offset(a);
    RC_TRY(flush(a, err));
    a->offset = 0;
    return put_superblock(&a->waiting, &root, end) ? flush(a, err) : rc_error_nomem(err);
}

rc_status rc_h5_meta_write(const rc_h5_meta *meta, rc_output *output, uint64_t offset,
                           rc_error *err)
{
    appender a = {.output = output, .offset = offset};
    rc_status st = rc_h5_put(&a.waiting, 0, -offset % 8) ? RC_OK : rc_error_nomem(err);
    if (st == RC_OK)
        st = write_all(&a, meta, err);
    rc_buf_release(&a.waiting);
    return st;
}

/* made: (n_fields) room for names of columns that have none. */
static rc_status check_names(const rc_layout *layout, const char **names, size_t *lengths,
                             char (*made)[32], rc_error *err)
{
    char quoted[RC_QUOTED_BYTES];
    for (size_t f = 0; f < layout->n_fields; f++) {
        names[f] = rc_h5_member_name(&layout->fields[f], f, made[f], &lengths[f]);
        if (memchr(names[f], '\0', lengths[f]) != NULL)
            return rc_error_set(err, RC_E_DATA, "column '%s': no name of HDF5 holds a NUL",
                                rc_text_quote(names[f], lengths[f], quoted));
    }
    rc_vocabulary *unique = NULL;
    RC_TRY(rc_vocabulary_open(&unique, names, lengths, layout->n_fields, false, err));
    rc_status st = RC_OK;
    for (size_t f = 0; st == RC_OK && f < layout->n_fields; f++)
        if (rc_vocabulary_code(unique, names[f], lengths[f]) != (int64_t)f)
            st = rc_error_set(err, RC_E_DATA, "column '%s' would stand twice in a row of HDF5",
                              rc_text_quote(names[f], lengths[f], quoted));
    rc_vocabulary_close(unique);
    return st;
}

/* Whatever the widths of texts will be, as far as they are allowed. */
static rc_status check_size(const rc_layout *layout, rc_error *err)
{
    const rc_h5_form *form = layout->h5;
    rc_buf type = {0};
    uint32_t *bytes = rc_alloc_array(form->n_members, sizeof(*bytes));
    const rc_h5_shape widest = {.bytes = bytes, .row_bytes = UINT32_MAX};
    for (size_t f = 0; bytes != NULL && f < form->n_members; f++)
        bytes[f] = form->members[f].n_bytes;
    bool ok = bytes != NULL && rc_h5_put_type(&type, layout, &widest, NULL);
    bool fits = type.n <= MOST_TYPE_BYTES;
    free(bytes);
    rc_buf_release(&type);
    if (!ok)
        return rc_error_nomem(err);
    if (fits)
        return RC_OK;
    rc_error_set(err, RC_E_DATA, "%zu columns are more than a row of HDF5 takes", form->n_members);
    rc_error_hint(err, "the description of a compound type has 64 KiB; copy fewer columns");
    return RC_E_DATA;
}

rc_status rc_h5_meta_check(const rc_layout *layout, rc_error *err)
{
    size_t n = layout->n_fields;
    const char **names = rc_alloc_array(n, sizeof(*names));
    size_t *lengths = rc_alloc_array(n, sizeof(*lengths));
    char(*made)[32] = rc_alloc_array(n, sizeof(*made));
    rc_status st = names == NULL || lengths == NULL || made == NULL
                       ? rc_error_nomem(err)
                       : check_names(layout, names, lengths, made, err);
    free(names);
    free(lengths);
    free(made);
    return st == RC_OK ? check_size(layout, err) : st;
}
