/* h5_records.c - rows of an HDF5 table as records of text: what is copied, and what is refused. */
#include "run/h5_records.h"

#include <stdlib.h>

#include "table/encode.h"

/* Appends the copies of one row; where they end is counted from its beginning. */
static bool put_copies(rc_h5_records *out, const rc_tile *tile, size_t r)
{
    const rc_binding *binding = tile->shared->binding;
    size_t begin = out->text.n;
    for (size_t c = 0; c < binding->n_copies; c++) {
        size_t n;
        const char *cell = rc_tile_cell(tile, r, binding->copies[c], &n);
        if (cell != NULL && !rc_buf_append(&out->text, cell, n))
            return false;
        if (out->text.n - begin >= UINT32_MAX)
            return false;
        out->ends[r * binding->n_copies + c] = (uint32_t)(out->text.n - begin);
        if (!rc_buf_append(&out->text, "", 1))
            return false;
    }
    return true;
}

rc_status rc_h5_records_make(rc_h5_records *out, const rc_tile *tile, size_t n, uint64_t line,
                             rc_error *err)
{
    size_t n_copies = tile->shared->binding->n_copies, begins[RC_TILE_ROWS];
    const char slack[RC_CSV_SLACK] = {0};
    out->text.n = 0;
    if (out->ends == NULL)
        out->ends = rc_alloc_array(RC_TILE_ROWS * (n_copies + 1), sizeof(uint32_t));
    if (out->ends == NULL)
        return rc_error_nomem(err);
    for (size_t r = 0; r < n; r++) {
        begins[r] = out->text.n;
        if (!put_copies(out, tile, r))
            return rc_error_nomem(err);
    }
    if (!rc_buf_append(&out->text, slack, sizeof(slack)))
        return rc_error_nomem(err);
    for (size_t r = 0; r < n; r++)
        out->records[r] = (rc_record){.text = out->text.data + begins[r],
                                      .ends = out->ends + r * n_copies,
                                      .n_cells = n_copies,
                                      .line = (uint32_t)(line + r)};
    return RC_OK;
}

void rc_h5_records_release(rc_h5_records *records)
{
    free(records->ends);
    rc_buf_release(&records->text);
}

bool rc_h5_record_text(const rc_tile *tile, const rc_h5_need *need, size_t r, rc_buf *out)
{
    bool is_first = true;
    for (size_t c = 0; c < tile->table->n_columns; c++) {
        size_t n;
        if (!need->columns[c])
            continue;
        const char *cell = rc_tile_cell(tile, r, c, &n);
        if (!is_first && !rc_buf_text(out, ","))
            return false;
        if (cell != NULL && !rc_encode_cell(cell, n, out))
            return false;
        is_first = false;
    }
    return true;
}
