/* inspect_h5.c - read the tree of an HDF5 file, and the first rows of its table. */
#include "run/inspect_h5.h"

#include <stdlib.h>

#include "metrics/results.h"
#include "report/inspect_h5.h"
#include "run/source.h"
#include "table/h5/rows.h"

/* A small file can declare a table that is wide and long without storing any of it. */
enum { FIRST_ROWS = 5, FIRST_CELLS = 1 << 20, WIDE_COLUMNS = 4096, WIDE_CELLS = 1 << 22 };

/* One look at the rows of a table. */
typedef struct look {
    const rc_inspect_options *opt;
    rc_h5_file *file;
    const rc_h5_table *h5;
    rc_h5_need need;
    rc_h5_rows *rows;
    rc_buf *blocks; /* (h5->n_storages) */
    rc_cell_rules numbers, texts;
    size_t most_distinct;
    rc_column_guess *columns;
    rc_inspected_table table;
} look;

rc_status rc_inspect_h5_refuse(const rc_inspect_file *file, rc_error *err)
{
    rc_input_stat stat = rc_input_tell(file->input);
    if (stat.compression != RC_COMPRESS_GZIP && stat.compression != RC_COMPRESS_ZSTD) {
        rc_error_set(err, RC_E_DATA, "HDF5 is read from a regular file only, no pipe");
        rc_error_hint(err, "a model of Keras: --model-format keras");
        return RC_E_DATA;
    }
    rc_error_set(err, RC_E_DATA, "HDF5 that is compressed as a whole cannot be read");
    rc_error_hint(err, "decompress it to a file first");
    return RC_E_DATA;
}

static rc_missing_list missing_list(const rc_inspect_options *opt)
{
    rc_missing_list na = {opt->na.items, opt->na.n};
    return opt->has_na ? na : rc_missing_default;
}

/* Asks for the table, and where the bytes lie of the columns that are described. */
static rc_status open_look(look *l, const char *path, rc_error *err)
{
    rc_h5_request request = {.dataset = path, .max_memory = RC_H5_MAX_MEMORY};
    RC_TRY(rc_h5_file_table(l->file, &request, &l->h5, err));
    rc_inspected_table *t = &l->table;
    t->n_columns = t->n_described = l->h5->n_columns;
    if (!l->opt->json && t->n_described > RC_INSPECT_SHOWN)
        t->n_described = RC_INSPECT_SHOWN;
    t->stored = l->h5->columns;
    l->most_distinct = rc_inspect_most_distinct(t->n_columns);
    t->columns = l->columns = rc_alloc_array(t->n_described, sizeof(*l->columns));
    t->first_rows = json_array();
    l->blocks = rc_alloc_array(l->h5->n_storages, sizeof(*l->blocks));
    if (l->columns == NULL || t->first_rows == NULL || l->blocks == NULL)
        return rc_error_nomem(err);
    RC_TRY(rc_h5_rows_open(&l->rows, err));
    RC_TRY(rc_h5_need_init(&l->need, l->h5, err));
    for (size_t c = 0; c < t->n_described; c++)
        if (l->h5->columns[c].type != RC_H5_UNREADABLE)
            RC_TRY(rc_h5_need_add(&l->need, l->h5, c, err));
    return rc_h5_file_map(l->file, l->need.storages, err);
}

static void close_look(look *l)
{
    for (size_t c = 0; l->columns != NULL && c < l->table.n_described; c++)
        rc_column_guess_release(&l->columns[c]);
    free(l->columns);
    for (size_t i = 0; l->blocks != NULL && i < l->h5->n_storages; i++)
        rc_buf_release(&l->blocks[i]);
    free(l->blocks);
    json_decref(l->table.first_rows);
    rc_h5_rows_close(l->rows);
    rc_h5_need_release(&l->need);
}

static uint64_t count_rows(const look *l)
{
    uint64_t n = l->opt->limit < l->h5->n_rows ? l->opt->limit : l->h5->n_rows;
    size_t n_columns = l->table.n_described;
    if (n_columns > WIDE_COLUMNS && n > WIDE_CELLS / n_columns)
        n = n_columns < WIDE_CELLS ? WIDE_CELLS / n_columns : 1;
    return n;
}

/* A code that stands for nothing looks as if it were missing. */
static rc_status look_at_column(look *l, size_t column, size_t n, rc_error *err)
{
    bool is_number = rc_h5_is_number(&l->h5->columns[column]);
    const rc_cell_rules *rules = is_number ? &l->numbers : &l->texts;
    for (size_t r = 0; r < n; r++) {
        static const char none[RC_NUM_SLACK] = "";
        char scratch[RC_H5_CELL_BYTES + 64];
        size_t bytes = 0;
        const char *cell = rc_h5_rows_cell(l->rows, column, r, scratch, &bytes);
        RC_TRY(rc_column_guess_add(&l->columns[column], rules, l->most_distinct,
                                   cell != NULL ? cell : none, cell != NULL ? bytes : 0, err));
    }
    return RC_OK;
}

static json_t *cell_of(const look *l, size_t column, size_t row)
{
    char scratch[RC_H5_CELL_BYTES + 64];
    size_t n = 0;
    if (l->h5->columns[column].type == RC_H5_UNREADABLE)
        return json_null();
    const char *cell = rc_h5_rows_cell(l->rows, column, row, scratch, &n);
    return cell != NULL ? rc_results_text(cell, n) : json_null();
}

/* Keeps the first of the rows that are loaded, which are the first of all. */
static rc_status keep_rows(look *l, size_t n, rc_error *err)
{
    size_t n_kept = l->table.n_described;
    bool ok = true;
    for (size_t r = 0; r < n && r < FIRST_ROWS && (r + 1) * n_kept <= FIRST_CELLS && ok; r++) {
        json_t *row = json_array();
        for (size_t c = 0; c < n_kept && ok; c++)
            ok = json_array_append_new(row, cell_of(l, c, r)) == 0;
        ok = json_array_append_new(l->table.first_rows, row) == 0 && ok;
    }
    return ok ? RC_OK : rc_error_nomem(err);
}

static rc_status look_at_packet(look *l, uint64_t first, uint64_t n, rc_error *err)
{
    RC_TRY(rc_h5_file_blocks(l->file, l->need.storages, first, n, l->blocks, err));
    RC_TRY(rc_h5_rows_load(l->rows, rc_h5_file_descriptor(l->file), l->h5, &l->need, first,
                           (size_t)n, l->blocks, err));
    for (size_t c = 0; c < l->table.n_described; c++)
        if (l->h5->columns[c].type != RC_H5_UNREADABLE)
            RC_TRY(look_at_column(l, c, (size_t)n, err));
    l->table.n_rows += n;
    return first == 0 ? keep_rows(l, (size_t)n, err) : RC_OK;
}

static rc_status refuse_chunks(rc_error *err)
{
    rc_error_set(err, RC_E_DATA, "its chunks need more than %llu bytes of memory",
                 (unsigned long long)RC_H5_MAX_MEMORY);
    rc_error_hint(err, "h5repack -l DATASET:CHUNK=ROWSxCOLUMNS IN.h5 OUT.h5 makes them smaller");
    return RC_E_DATA;
}

static rc_status look_at_rows(look *l, rc_error *err)
{
    uint64_t n_rows = count_rows(l);
    uint64_t most = rc_h5_packet_rows(l->h5, &l->need, RC_PACKET_BYTES);
    most = most > 0 && most < n_rows ? most : n_rows;
    if (n_rows > 0 && rc_h5_packet_memory(l->h5, &l->need, most) > RC_H5_MAX_MEMORY)
        return refuse_chunks(err);
    for (uint64_t first = 0, n; first < n_rows; first += n) {
        n = n_rows - first < most ? n_rows - first : most;
        RC_TRY(look_at_packet(l, first, n, err));
    }
    l->table.is_all = n_rows == l->h5->n_rows;
    return RC_OK;
}

/* A hint stands on a line of its own; here it goes on in the same one. */
static const char *in_one_line(char *text)
{
    char *hint = strstr(text, "\n  ");
    if (hint != NULL) {
        *hint = ';';
        memmove(hint + 1, hint + 2, strlen(hint + 2) + 1);
    }
    return text;
}

/* What the only table holds. Data that cannot be read is a part of what is told. */
static rc_status describe_table(look *l, rc_inspected_h5 *about, rc_error *failure)
{
    rc_status st = open_look(l, about->only->path, failure);
    bool has_columns = l->blocks != NULL;
    if (st == RC_OK)
        st = look_at_rows(l, failure);
    if (has_columns)
        about->table = &l->table;
    if (st != RC_E_DATA)
        return st;
    about->failure = in_one_line(failure->text);
    return RC_OK;
}

static rc_status describe(rc_buf *out, const rc_inspect_file *file, rc_h5_file *h5,
                          const rc_h5_tree *tree, rc_error *err)
{
    rc_error failure = {0};
    rc_missing_list nothing = {0};
    look l = {.opt = file->opt,
              .file = h5,
              .numbers = {.missing = nothing, .decimal = '.'},
              .texts = {.missing = missing_list(file->opt), .decimal = '.'}};
    rc_inspected_h5 seen = {.tree = tree, .only = rc_inspect_h5_only(tree)};
    rc_inspected about = {file->path, true, rc_h5_file_bytes(h5)};
    rc_status st = seen.only != NULL ? describe_table(&l, &seen, &failure) : RC_OK;
    if (st < 0 && err != NULL)
        *err = failure;
    if (st == RC_OK)
        st = rc_inspect_h5(out, &about, &seen, file->opt->json, err);
    close_look(&l);
    return st;
}

rc_status rc_inspect_file_h5(rc_buf *out, const rc_inspect_file *file, int fd, rc_error *err)
{
    rc_h5_file *h5 = NULL;
    rc_h5_tree *tree = NULL;
    rc_h5_file_options options = {.reader = file->opt->reader, .sandbox = file->opt->sandbox};
    RC_TRY(rc_h5_file_open_take(&h5, fd, &options, err));
    rc_status st = rc_h5_file_tree(h5, &tree, err);
    if (st == RC_OK && tree->is_keras && file->opt->input_format == RC_INPUT_AUTO)
        st = RC_AGAIN;
    if (st == RC_OK)
        st = describe(out, file, h5, tree, err);
    rc_h5_tree_free(tree);
    rc_h5_file_close(h5);
    return st;
}
