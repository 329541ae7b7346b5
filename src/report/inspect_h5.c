/* inspect_h5.c - what is in an HDF5 file, as JSON and as text. */
#include "report/inspect_h5.h"

#include "report/format.h"
#include "report/inspect_parts.h"

/* Bytes of texts of the file that stand in one line. */
enum { PATH_SHOWN = 80, DATASET_SHOWN = 200, TYPE_SHOWN = 80, NOTE_SHOWN = 300 };

static bool is_table(const rc_h5_node *node)
{
    return node->scored_as[0] != '\0';
}

const rc_h5_node *rc_inspect_h5_only(const rc_h5_tree *tree)
{
    const rc_h5_node *only = NULL;
    for (size_t i = 0; i < tree->n; i++) {
        if (!is_table(&tree->nodes[i]))
            continue;
        if (only != NULL)
            return NULL;
        only = &tree->nodes[i];
    }
    return tree->is_cut ? NULL : only;
}

/* A size that a file may lie about: beyond what an integer of JSON holds it is a real. */
static json_t *size_of(uint64_t n)
{
    return n <= INT64_MAX ? rc_json_count(n) : json_real((double)n);
}

/* Sizes of all dimensions; that without an end is null. */
static json_t *sizes_of(const uint64_t *sizes, uint32_t rank)
{
    json_t *list = json_array();
    bool ok = true;
    for (uint32_t i = 0; i < rank && ok; i++)
        ok = rc_put_item(list, sizes[i] == UINT64_MAX ? json_null() : size_of(sizes[i]));
    return rc_json_keep(list, ok);
}

static json_t *text_of(const char *text)
{
    return text[0] != '\0' ? rc_json_text(text) : json_null();
}

static bool is_dataset(const rc_h5_node *node)
{
    return strcmp(node->kind, "dataset") == 0;
}

static bool put_dataset(json_t *made, const rc_h5_node *node)
{
    return rc_put(made, "type", rc_json_text(node->type)) &&
           rc_put(made, "shape", sizes_of(node->shape, node->rank)) &&
           rc_put(made, "max_shape", sizes_of(node->most, node->rank)) &&
           rc_put(made, "storage", text_of(node->storage)) &&
           rc_put(made, "chunk",
                  node->is_chunked ? sizes_of(node->chunk, node->rank) : json_null()) &&
           rc_put(made, "filters", text_of(node->filters)) &&
           rc_put(made, "stored_bytes", size_of(node->n_stored));
}

static json_t *object_of(const rc_h5_node *node)
{
    json_t *made = json_object();
    bool ok = rc_put(made, "path", rc_json_text(node->path)) &&
              rc_put(made, "kind", rc_json_text(node->kind)) &&
              (!is_dataset(node) || put_dataset(made, node)) &&
              rc_put(made, "note", text_of(node->note));
    return rc_json_keep(made, ok);
}

static json_t *candidate_of(const rc_h5_node *node)
{
    json_t *made = json_object();
    bool ok = rc_put(made, "dataset", rc_json_text(node->path)) &&
              rc_put(made, "layout", rc_json_text(node->scored_as)) &&
              rc_put(made, "rows", size_of(node->n_rows)) &&
              rc_put(made, "columns", size_of(node->n_columns));
    return rc_json_keep(made, ok);
}

static bool put_nodes(json_t *objects, json_t *tables, const rc_h5_tree *tree)
{
    bool ok = true;
    for (size_t i = 0; i < tree->n && ok; i++) {
        const rc_h5_node *node = &tree->nodes[i];
        ok = rc_put_item(objects, object_of(node)) &&
             (!is_table(node) || rc_put_item(tables, candidate_of(node)));
    }
    return ok;
}

/* All but the table. */
static json_t *begin(const rc_inspected *file, const rc_h5_tree *tree)
{
    json_t *made = rc_json_begin("hdf5", file);
    json_t *objects = json_array(), *tables = json_array();
    bool ok =
        rc_put(made, "user_block", size_of(tree->user_block)) && put_nodes(objects, tables, tree);
    ok = rc_put(made, "objects", objects) && ok;
    ok = rc_put(made, "cut", json_boolean(tree->is_cut)) && ok;
    ok = rc_put(made, "tables", tables) && ok;
    return rc_json_keep(made, ok);
}

static json_t *rows_of(const rc_inspected_h5 *h5)
{
    json_t *made = json_object();
    bool ok = rc_put(made, "total", size_of(h5->only->n_rows)) &&
              rc_put(made, "looked_at", size_of(h5->table->n_rows)) &&
              rc_put(made, "all", json_boolean(h5->table->is_all));
    return rc_json_keep(made, ok);
}

/* The only table, up to its columns. */
static json_t *table_of(const rc_inspected_h5 *h5)
{
    json_t *made = json_object();
    bool ok = rc_put(made, "dataset", rc_json_text(h5->only->path)) &&
              rc_put(made, "layout", rc_json_text(h5->only->scored_as));
    ok = ok && rc_put(made, "failure", rc_json_text(h5->failure));
    if (h5->table != NULL)
        ok = ok && rc_put(made, "rows", rows_of(h5)) && rc_put(made, "columns", json_array());
    return rc_json_keep(made, ok);
}

static bool put_json(rc_buf *out, json_t *made, json_t *table, const rc_inspected_h5 *h5)
{
    static const char end[] = "\n}";
    if (h5->table == NULL)
        return rc_put(made, "table", table != NULL ? json_incref(table) : json_null()) &&
               rc_format_json(out, made, 0) && rc_buf_text(out, "\n");
    bool ok = rc_format_json(out, made, 0);
    out->n -= ok ? strlen(end) : 0;
    return ok && rc_buf_text(out, ",\n  \"table\": ") && rc_table_json(out, table, h5->table, 1) &&
           rc_buf_text(out, "\n}\n");
}

/* The first bytes of a text of the file, up to the end of a character. */
static bool put_cut(rc_buf *out, const char *text, size_t n, size_t most)
{
    size_t kept = n;
    if (n > most)
        for (kept = most; kept > 0 && ((unsigned char)text[kept] & 0xc0) == 0x80;)
            kept--;
    return rc_format_text(out, text, kept) && (kept == n || rc_buf_text(out, "..."));
}

static bool put_text_of(rc_buf *out, const json_t *object, const char *name, size_t most)
{
    const json_t *text = json_object_get(object, name);
    return !json_is_string(text) ||
           put_cut(out, json_string_value(text), json_string_length(text), most);
}

static bool put_sizes(rc_buf *out, const json_t *sizes)
{
    bool ok = true;
    for (size_t i = 0; i < json_array_size(sizes) && ok; i++) {
        const json_t *size = json_array_get(sizes, i);
        ok = (i == 0 || rc_buf_text(out, " x ")) &&
             (json_is_null(size) ? rc_buf_text(out, "unlimited") : rc_text_value(out, size));
    }
    return ok;
}

static bool put_shape(rc_buf *out, const json_t *object)
{
    const json_t *shape = json_object_get(object, "shape");
    const json_t *most = json_object_get(object, "max_shape");
    if (shape == NULL)
        return true;
    if (json_array_size(shape) == 0)
        return rc_buf_text(out, "scalar");
    return put_sizes(out, shape) &&
           (json_equal(shape, most) || (rc_buf_text(out, ", at most ") && put_sizes(out, most)));
}

/* "chunked 100 x 3, shuffle, deflate 4" */
static bool put_storage(rc_buf *out, const json_t *object)
{
    const json_t *chunk = json_object_get(object, "chunk");
    return put_text_of(out, object, "storage", TYPE_SHOWN) &&
           (!json_is_array(chunk) || (rc_buf_text(out, " ") && put_sizes(out, chunk))) &&
           (!json_is_string(json_object_get(object, "filters")) ||
            (rc_buf_text(out, ", ") && put_text_of(out, object, "filters", TYPE_SHOWN)));
}

static bool put_object(rc_grid *grid, const json_t *object, size_t i)
{
    (void)i;
    rc_buf *text = &grid->text;
    const json_t *bytes = json_object_get(object, "stored_bytes");
    bool ok = put_text_of(text, object, "path", PATH_SHOWN) && rc_grid_end_cell(grid) &&
              put_text_of(text, object, bytes != NULL ? "type" : "kind", TYPE_SHOWN) &&
              rc_grid_end_cell(grid) && put_shape(text, object) && rc_grid_end_cell(grid) &&
              put_storage(text, object) && rc_grid_end_cell(grid);
    if (bytes != NULL)
        ok = ok && rc_text_value(text, bytes) && rc_buf_text(text, " bytes");
    return ok && rc_grid_end_cell(grid) && put_text_of(text, object, "note", NOTE_SHOWN) &&
           rc_grid_end_cell(grid);
}

/* As a shell takes it, if nothing in it has to be escaped or cut. */
static bool put_word(rc_buf *out, const char *text, size_t n)
{
    bool is_plain = n > 0;
    for (size_t i = 0; i < n && is_plain; i++) {
        unsigned char c = (unsigned char)text[i];
        is_plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                   c >= 0x80 || strchr("/_-.:,+=@%", c) != NULL;
    }
    const char *quote = is_plain || memchr(text, '\'', n) != NULL ? "" : "'";
    return rc_buf_text(out, quote) && put_cut(out, text, n, DATASET_SHOWN) &&
           rc_buf_text(out, quote);
}

static bool put_candidate(rc_grid *grid, const json_t *table, size_t i)
{
    (void)i;
    rc_buf *text = &grid->text;
    const json_t *path = json_object_get(table, "dataset");
    return rc_buf_text(text, "--dataset ") &&
           put_word(text, json_string_value(path), json_string_length(path)) &&
           rc_grid_end_cell(grid) && rc_text_value(text, json_object_get(table, "rows")) &&
           rc_buf_text(text, " x ") && rc_text_value(text, json_object_get(table, "columns")) &&
           rc_grid_end_cell(grid) && put_text_of(text, table, "layout", TYPE_SHOWN) &&
           rc_grid_end_cell(grid);
}

static bool put_candidates(rc_buf *out, const json_t *tables)
{
    size_t n = json_array_size(tables);
    return rc_buf_printf(out, "\ntables that can be scored: %zu%s\n", n,
                         n > 0 ? " (rows x columns)" : "") &&
           rc_text_table(out, tables, RC_INSPECT_SHOWN, 3, put_candidate);
}

static bool put_failure(rc_buf *out, const json_t *table)
{
    return !json_is_string(json_object_get(table, "failure")) ||
           (rc_text_label(out, "not read") && put_text_of(out, table, "failure", NOTE_SHOWN) &&
            rc_buf_text(out, "\n"));
}

/* What stands in the only table. */
static bool put_only(rc_buf *out, const json_t *table, const rc_inspected_h5 *h5)
{
    if (table == NULL)
        return true;
    bool ok = rc_buf_text(out, "\nthe table ") && put_text_of(out, table, "dataset", PATH_SHOWN) &&
              rc_buf_text(out, ":\n") && put_failure(out, table);
    if (h5->table == NULL)
        return ok;
    bool is_all = h5->table->is_all;
    const json_t *rows = json_object_get(table, "rows");
    return ok && rc_text_label(out, "rows") && rc_buf_text(out, is_all ? "" : "the first ") &&
           rc_text_value(out, json_object_get(rows, "looked_at")) &&
           rc_buf_text(out, is_all ? ", all\n" : "\n") && rc_table_text(out, h5->table);
}

static bool put_text(rc_buf *out, const json_t *made, const json_t *table,
                     const rc_inspected_h5 *h5)
{
    const json_t *objects = json_object_get(made, "objects");
    bool ok = rc_text_title(out, made, "an HDF5 file");
    if (h5->tree->user_block > 0)
        ok = ok && rc_text_label(out, "user block") &&
             rc_text_value(out, json_object_get(made, "user_block")) &&
             rc_buf_text(out, " bytes\n");
    return ok &&
           rc_buf_printf(out, "\nobjects: %zu%s\n", json_array_size(objects),
                         h5->tree->is_cut ? ", and more that are not told" : "") &&
           rc_text_table(out, objects, RC_INSPECT_SHOWN, 6, put_object) &&
           put_candidates(out, json_object_get(made, "tables")) && put_only(out, table, h5);
}

rc_status rc_inspect_h5(rc_buf *out, const rc_inspected *file, const rc_inspected_h5 *h5,
                        bool is_json, rc_error *err)
{
    json_t *made = begin(file, h5->tree), *table = h5->only != NULL ? table_of(h5) : NULL;
    bool ok = made != NULL && (h5->only == NULL || table != NULL);
    ok = ok && (is_json ? put_json(out, made, table, h5) : put_text(out, made, table, h5));
    json_decref(table);
    json_decref(made);
    return ok ? RC_OK : rc_error_nomem(err);
}
