/* inspect_table.c - what is in a table, as JSON and as text. */
#include "io/pack.h"
#include "metrics/results.h"
#include "report/format.h"
#include "report/inspect_parts.h"

/* Values in one line of text, and the characters of a line of cells. */
enum { VALUES_SHOWN = 4, LINE_WIDTH = 100 };

size_t rc_inspect_most_distinct(size_t n_columns)
{
    size_t most = ((size_t)4 << 20) / (n_columns > 0 ? n_columns : 1);
    return most > RC_GUESS_DISTINCT ? RC_GUESS_DISTINCT : most < 2 ? 2 : most;
}

static json_t *values_of(const rc_column_guess *column)
{
    json_t *list = json_array();
    bool ok = true;
    for (size_t i = 0; ok && i < RC_GUESS_VALUES && column->values[i] != NULL; i++)
        ok = rc_put_item(list, rc_results_text(column->values[i], column->value_bytes[i]));
    return rc_json_keep(list, ok);
}

static bool put_range(json_t *made, const rc_column_guess *column, rc_guess type,
                      size_t most_distinct)
{
    if (column->n_cells == 0)
        return true;
    switch (type) {
    case RC_GUESS_INTEGER:
        return rc_put(made, "min", json_integer(column->low)) &&
               rc_put(made, "max", json_integer(column->high));
    case RC_GUESS_NUMBER:
        return rc_put(made, "min", rc_json_real(column->min)) &&
               rc_put(made, "max", rc_json_real(column->max));
    case RC_GUESS_CATEGORY:
    case RC_GUESS_TEXT:
    case RC_GUESS_BOOLEAN:
        return rc_put(made, "distinct",
                      column->n_distinct <= most_distinct ? rc_json_count(column->n_distinct)
                                                          : json_null()) &&
               rc_put(made, "values", values_of(column));
    case RC_GUESS_EMPTY:
        break;
    }
    return true;
}

static bool is_whole(const rc_h5_column *column)
{
    return column->type == RC_H5_INT || column->type == RC_H5_UINT;
}

/* "float32", "int8 codes". */
static json_t *stored_word(const rc_h5_column *column)
{
    static const char *const words[] = {
        [RC_H5_INT] = "int",   [RC_H5_UINT] = "uint", [RC_H5_FLOAT] = "float",
        [RC_H5_BOOL] = "bool", [RC_H5_TEXT] = "text", [RC_H5_TEXT_VAR] = "text"};
    const char *codes = column->labels != RC_H5_NONE ? " codes" : "";
    if (is_whole(column) || column->type == RC_H5_FLOAT)
        return json_sprintf("%s%u%s", words[column->type], 8 * column->n_bytes, codes);
    return json_sprintf("%s%s", words[column->type], codes);
}

/* How HDF5 has it; nothing of other tables. */
static bool put_stored(json_t *made, const rc_h5_column *column)
{
    return column == NULL || (rc_put(made, "stored", stored_word(column)) &&
                              rc_put(made, "beside", json_boolean(column->is_side)));
}

/* The type of the file says more than what the cells look like; without cells it says all. */
static rc_guess type_of(const rc_column_guess *column, const rc_h5_column *stored, size_t most)
{
    rc_guess type = rc_column_guess_type(column, most);
    if (stored == NULL || (type == RC_GUESS_EMPTY && column->n_missing > 0))
        return type;
    if (stored->labels != RC_H5_NONE)
        return RC_GUESS_CATEGORY;
    if (stored->type == RC_H5_FLOAT)
        return RC_GUESS_NUMBER;
    if (type != RC_GUESS_EMPTY)
        return type;
    return stored->type == RC_H5_BOOL ? RC_GUESS_BOOLEAN
           : is_whole(stored)         ? RC_GUESS_INTEGER
                                      : RC_GUESS_TEXT;
}

static json_t *name_of(const rc_inspected_table *t, size_t c)
{
    if (t->stored != NULL && t->stored[c].name != NULL)
        return rc_results_text(t->stored[c].name, t->stored[c].name_bytes);
    return t->names != NULL ? rc_results_text(t->names[c], t->name_bytes[c]) : json_null();
}

static json_t *unreadable_of(const rc_inspected_table *t, size_t c)
{
    json_t *made = json_object();
    bool ok = rc_put(made, "name", name_of(t, c)) &&
              rc_put(made, "type", json_string("unreadable")) &&
              rc_put(made, "why", rc_json_text(t->stored[c].why));
    return rc_json_keep(made, ok);
}

static json_t *column_of(const rc_inspected_table *t, size_t c)
{
    const rc_column_guess *column = &t->columns[c];
    const rc_h5_column *stored = t->stored != NULL ? &t->stored[c] : NULL;
    if (stored != NULL && stored->type == RC_H5_UNREADABLE)
        return unreadable_of(t, c);
    size_t most = rc_inspect_most_distinct(t->n_columns);
    rc_guess type = type_of(column, stored, most);
    uint64_t n = column->n_missing + column->n_cells;
    json_t *made = json_object();
    bool ok = rc_put(made, "name", name_of(t, c)) &&
              rc_put(made, "type", json_string(rc_guess_word(type))) && put_stored(made, stored) &&
              rc_put(made, "missing", rc_json_count(column->n_missing)) &&
              rc_put(made, "missing_share",
                     n > 0 ? json_real((double)column->n_missing / (double)n) : json_null()) &&
              put_range(made, column, type, most);
    return rc_json_keep(made, ok);
}

static json_t *dialect_of(const rc_inspected_table *t)
{
    static const char *const ends[] = {NULL, "lf", "crlf", "cr", "mixed"};
    char delimiter = (char)t->delimiter;
    return json_pack("{s:o, s:b, s:o, s:b, s:b}", "delimiter",
                     t->delimiter >= 0 ? rc_results_text(&delimiter, 1) : json_null(), "header",
                     (int)t->has_header, "line_end",
                     ends[t->line_end] != NULL ? json_string(ends[t->line_end]) : json_null(),
                     "quotes", (int)t->has_quotes, "byte_order_mark", (int)t->has_mark);
}

static json_t *rows_of(const rc_inspected_table *t)
{
    return json_pack("{s:o, s:b, s:o}", "looked_at", rc_json_count(t->n_rows), "all",
                     (int)t->is_all, "ragged", rc_json_count(t->n_ragged));
}

/* All but the columns and the rows, which may be many. */
static json_t *begin(const rc_inspected *file, const rc_inspected_table *t)
{
    json_t *made = rc_json_begin("table", file);
    bool ok = rc_put(made, "compression", json_string(rc_compression_word(t->compression))) &&
              rc_put(made, "dialect", dialect_of(t)) && rc_put(made, "rows", rows_of(t)) &&
              rc_put(made, "columns", json_array());
    return rc_json_keep(made, ok);
}

/* Column by column: the objects of a million take many times the memory of their text. */
bool rc_table_json(rc_buf *out, const json_t *made, const rc_inspected_table *t, size_t level)
{
    static const char end[] = "]\n}"; /* of the columns, which are the last member, and of all */
    int outer = (int)(2 * level), inner = outer + 2;
    bool ok = rc_format_json(out, made, level);
    out->n -= ok ? strlen(end) + (size_t)outer : 0;
    for (size_t c = 0; c < t->n_described && ok; c++) {
        json_t *column = column_of(t, c);
        ok = column != NULL && rc_buf_printf(out, "%s\n%*s", c == 0 ? "" : ",", inner + 2, "") &&
             rc_format_json(out, column, level + 2);
        json_decref(column);
    }
    return ok && rc_buf_printf(out, "\n%*s],\n%*s\"first_rows\": ", inner, "", inner, "") &&
           rc_format_json(out, t->first_rows, level + 1) && rc_buf_printf(out, "\n%*s}", outer, "");
}

static bool put_delimiter(rc_buf *out, const json_t *dialect)
{
    const char *text = json_string_value(json_object_get(dialect, "delimiter"));
    if (text == NULL)
        return rc_text_line(out, "delimiter", "none (one column)");
    if (strcmp(text, "\t") == 0)
        return rc_text_line(out, "delimiter", "tab");
    return rc_text_member(out, dialect, "delimiter");
}

static bool put_line_end(rc_buf *out, const json_t *end)
{
    const char *text = json_string_value(end);
    const char *shown = text == NULL                ? "none"
                        : strcmp(text, "lf") == 0   ? "LF"
                        : strcmp(text, "crlf") == 0 ? "CRLF"
                        : strcmp(text, "cr") == 0   ? "CR"
                                                    : "mixed";
    return rc_text_line(out, "line ends", shown);
}

static bool put_dialect(rc_buf *out, const json_t *dialect)
{
    return put_delimiter(out, dialect) && rc_text_member(out, dialect, "header") &&
           put_line_end(out, json_object_get(dialect, "line_end")) &&
           rc_text_member(out, dialect, "quotes") &&
           (json_is_false(json_object_get(dialect, "byte_order_mark")) ||
            rc_text_line(out, "mark", "byte-order mark of UTF-8"));
}

static bool put_rows(rc_buf *out, const json_t *rows)
{
    long long n = json_integer_value(json_object_get(rows, "looked_at"));
    long long n_ragged = json_integer_value(json_object_get(rows, "ragged"));
    bool is_all = json_is_true(json_object_get(rows, "all"));
    return rc_buf_printf(out, "  rows        %s%lld%s\n", is_all ? "" : "the first ", n,
                         is_all ? ", all" : "") &&
           (n_ragged == 0 ||
            rc_buf_printf(out, "  ragged      %lld of them have another number of cells\n",
                          n_ragged));
}

/* "-", or the share in percent; a share that is not 0 does not look like it. */
static bool put_share(rc_buf *out, const json_t *column)
{
    double share = json_number_value(json_object_get(column, "missing_share"));
    if (json_integer_value(json_object_get(column, "missing")) == 0)
        return rc_buf_text(out, "-");
    return (share < 0.0005 ? rc_buf_text(out, "<0.1") : rc_format_fixed(out, 100 * share, 1)) &&
           rc_buf_text(out, "% missing");
}

static bool put_values(rc_buf *out, const json_t *column)
{
    const json_t *min = json_object_get(column, "min"), *values = json_object_get(column, "values");
    const json_t *distinct = json_object_get(column, "distinct");
    if (min != NULL)
        return rc_text_value(out, min) && rc_buf_text(out, " to ") &&
               rc_text_value(out, json_object_get(column, "max"));
    if (values == NULL)
        return true;
    size_t n = json_array_size(values);
    bool is_more =
        n > VALUES_SHOWN || !json_is_integer(distinct) || (size_t)json_integer_value(distinct) > n;
    bool ok = json_is_integer(distinct) ? rc_text_value(out, distinct) : rc_buf_text(out, "many");
    ok = ok && rc_buf_text(out, " distinct: ");
    for (size_t i = 0; i < n && i < VALUES_SHOWN && ok; i++)
        ok = (i == 0 || rc_buf_text(out, ", ")) && rc_text_value(out, json_array_get(values, i));
    return ok && (!is_more || rc_buf_text(out, ", ..."));
}

/* Number, name, type. */
static bool begin_column(rc_grid *grid, const json_t *column, size_t c)
{
    rc_buf *text = &grid->text;
    const json_t *name = json_object_get(column, "name");
    return rc_buf_printf(text, "%zu", c + 1) && rc_grid_end_cell(grid) &&
           (!json_is_string(name) || rc_text_value(text, name)) && rc_grid_end_cell(grid) &&
           rc_text_value(text, json_object_get(column, "type")) && rc_grid_end_cell(grid);
}

static bool end_column(rc_grid *grid, const json_t *column)
{
    return put_share(&grid->text, column) && rc_grid_end_cell(grid) &&
           put_values(&grid->text, column) && rc_grid_end_cell(grid);
}

static bool put_column(rc_grid *grid, const json_t *column, size_t c)
{
    return begin_column(grid, column, c) && end_column(grid, column);
}

/* With how HDF5 has it, and whether it is no part of the table. */
static bool put_stored_column(rc_grid *grid, const json_t *column, size_t c)
{
    rc_buf *text = &grid->text;
    const json_t *why = json_object_get(column, "why"), *stored = json_object_get(column, "stored");
    bool is_beside = json_is_true(json_object_get(column, "beside"));
    bool ok = begin_column(grid, column, c);
    if (why != NULL)
        return ok && rc_grid_end_cell(grid) && rc_grid_end_cell(grid) && rc_grid_end_cell(grid) &&
               rc_format_text(text, json_string_value(why), json_string_length(why)) &&
               rc_grid_end_cell(grid);
    return ok && rc_text_value(text, stored) && rc_grid_end_cell(grid) &&
           end_column(grid, column) && (!is_beside || rc_buf_text(text, "beside the table")) &&
           rc_grid_end_cell(grid);
}

/* The names, or numbers where there are none, above the cells. */
static bool put_heads(rc_grid *grid, const json_t *columns)
{
    bool ok = true;
    for (size_t c = 0; c < grid->n_columns && ok; c++) {
        const json_t *name = json_object_get(json_array_get(columns, c), "name");
        ok = (json_is_string(name) ? rc_text_value(&grid->text, name)
                                   : rc_buf_printf(&grid->text, "%zu", c + 1)) &&
             rc_grid_end_cell(grid);
    }
    return ok;
}

/* A ragged row is filled up, and cut. */
static bool put_cells(rc_grid *grid, const json_t *row)
{
    bool ok = true;
    for (size_t c = 0; c < grid->n_columns && ok; c++) {
        const json_t *cell = json_array_get(row, c);
        ok = (!json_is_string(cell) ||
              rc_format_label(&grid->text, json_string_value(cell), json_string_length(cell))) &&
             rc_grid_end_cell(grid);
    }
    return ok;
}

static bool put_first_rows(rc_buf *out, const json_t *columns, const rc_inspected_table *t)
{
    const json_t *rows = t->first_rows;
    size_t n = t->n_columns, n_shown = 0;
    rc_grid grid = {.n_columns = t->n_described};
    if (json_array_size(rows) == 0)
        return true;
    bool ok = rc_buf_text(out, "\nfirst rows:\n") && put_heads(&grid, columns);
    for (size_t r = 0; r < json_array_size(rows) && ok; r++)
        ok = put_cells(&grid, json_array_get(rows, r));
    ok = ok && rc_grid_print(&grid, LINE_WIDTH, out, &n_shown) &&
         (n_shown == n || rc_buf_printf(out, "  ... and %zu more columns\n", n - n_shown));
    rc_grid_release(&grid);
    return ok;
}

bool rc_table_text(rc_buf *out, const rc_inspected_table *t)
{
    json_t *columns = json_array();
    bool ok = columns != NULL;
    for (size_t c = 0; c < t->n_described && ok; c++)
        ok = rc_put_item(columns, column_of(t, c));
    size_t n_more = t->n_columns - t->n_described;
    ok = ok && rc_buf_printf(out, "\ncolumns: %zu\n", t->n_columns) &&
         (t->stored == NULL ? rc_text_table(out, columns, t->n_described, 5, put_column)
                            : rc_text_table(out, columns, t->n_described, 7, put_stored_column)) &&
         (n_more == 0 || rc_buf_printf(out, "  ... and %zu more\n", n_more)) &&
         put_first_rows(out, columns, t);
    json_decref(columns);
    return ok;
}

static bool put_text(rc_buf *out, const json_t *made, const rc_inspected_table *t)
{
    return rc_text_title(out, made, "a table") && rc_text_member(out, made, "compression") &&
           put_dialect(out, json_object_get(made, "dialect")) &&
           put_rows(out, json_object_get(made, "rows")) && rc_table_text(out, t);
}

rc_status rc_inspect_table(rc_buf *out, const rc_inspected *file, const rc_inspected_table *table,
                           bool is_json, rc_error *err)
{
    json_t *made = begin(file, table);
    bool ok = made != NULL;
    if (ok && is_json)
        ok = rc_table_json(out, made, table, 0) && rc_buf_text(out, "\n");
    else if (ok)
        ok = put_text(out, made, table);
    json_decref(made);
    return ok ? RC_OK : rc_error_nomem(err);
}
