/* inspect_grid.c - text in columns that are as wide as their cells need. */
#include "report/inspect_grid.h"

#include <stdlib.h>

#include "report/format.h"

bool rc_grid_end_cell(rc_grid *grid)
{
    void *ends = grid->ends;
    if (!rc_grow(&ends, &grid->capacity, grid->n_cells + 1, sizeof(*grid->ends)))
        return false;
    grid->ends = ends;
    grid->ends[grid->n_cells++] = grid->text.n;
    return true;
}

static const char *cell_at(const rc_grid *grid, size_t i, size_t *n)
{
    size_t begin = i > 0 ? grid->ends[i - 1] : 0;
    *n = grid->ends[i] - begin;
    return *n > 0 ? grid->text.data + begin : "";
}

static size_t column_width(const rc_grid *grid, size_t column)
{
    size_t width = 0;
    for (size_t i = column; i < grid->n_cells; i += grid->n_columns) {
        size_t n;
        const char *text = cell_at(grid, i, &n);
        n = rc_format_width(text, n);
        width = n > width ? n : width;
    }
    return width;
}

static bool print_row(const rc_grid *grid, size_t first, const size_t *widths, size_t n_columns,
                      rc_buf *out)
{
    bool ok = rc_buf_text(out, "  ");
    for (size_t c = 0; c < n_columns && ok; c++) {
        size_t n;
        const char *text = cell_at(grid, first + c, &n);
        ok = (c == 0 || rc_buf_text(out, "  ")) && rc_format_left(out, text, n, widths[c]);
    }
    while (ok && out->n > 0 && out->data[out->n - 1] == ' ')
        out->n--;
    return ok && rc_buf_text(out, "\n");
}

bool rc_grid_print(const rc_grid *grid, size_t width, rc_buf *out, size_t *n_shown)
{
    size_t *widths = rc_alloc_array(grid->n_columns, sizeof(*widths));
    size_t n = 0, used = 0;
    bool ok = widths != NULL;
    for (; ok && n < grid->n_columns; n++) {
        widths[n] = column_width(grid, n);
        used += widths[n] + 2;
        if (n > 0 && used > width)
            break;
    }
    for (size_t i = 0; ok && i < grid->n_cells; i += grid->n_columns)
        ok = print_row(grid, i, widths, n, out);
    if (n_shown != NULL)
        *n_shown = n;
    free(widths);
    return ok;
}

void rc_grid_release(rc_grid *grid)
{
    rc_buf_release(&grid->text);
    free(grid->ends);
    *grid = (rc_grid){0};
}
