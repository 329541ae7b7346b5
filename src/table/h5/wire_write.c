/* wire_write.c - the description of an HDF5 table onto the wire. */
#include "table/h5/wire.h"
#include "table/h5/wire_text.h"

static bool put_filter(rc_buf *out, const rc_h5_filter *filter)
{
    bool ok = rc_wire_put_u32(out, filter->id) && rc_wire_put_u32(out, filter->n_values);
    for (uint32_t i = 0; ok && i < filter->n_values; i++)
        ok = rc_wire_put_u32(out, filter->values[i]);
    return ok;
}

static bool put_storage(rc_buf *out, const rc_h5_storage *s)
{
    bool ok = rc_h5_put_text(out, s->path) && rc_wire_put_u32(out, (uint32_t)s->kind) &&
              rc_wire_put_u64(out, s->n_rows) && rc_wire_put_u64(out, s->n_columns) &&
              rc_wire_put_bool(out, s->is_transposed) && rc_wire_put_u64(out, s->offset) &&
              rc_wire_put_u64(out, s->chunk_rows) && rc_wire_put_u64(out, s->chunk_columns) &&
              rc_wire_put_text(out, (const char *)s->fill, s->element_bytes) &&
              rc_wire_put_u32(out, s->n_filters);
    for (uint32_t i = 0; ok && i < s->n_filters; i++)
        ok = put_filter(out, &s->filters[i]);
    return ok;
}

static bool put_column(rc_buf *out, const rc_h5_column *c)
{
    return rc_wire_put_bool(out, c->name != NULL) &&
           rc_wire_put_text(out, c->name, c->name != NULL ? c->name_bytes : 0) &&
           rc_wire_put_u32(out, (uint32_t)c->type) && rc_wire_put_u32(out, c->n_bytes) &&
           rc_wire_put_bool(out, c->is_big_endian) && rc_wire_put_bool(out, c->is_space_padded) &&
           rc_wire_put_bool(out, c->has_nat) && rc_wire_put_bool(out, c->is_side) &&
           rc_wire_put_u32(out, c->storage) && rc_wire_put_u64(out, c->index) &&
           rc_wire_put_u32(out, c->offset) && rc_wire_put_u32(out, c->mask) &&
           rc_wire_put_u32(out, c->labels) && rc_h5_put_text(out, c->why);
}

static bool put_labels(rc_buf *out, const rc_h5_labels *labels)
{
    bool ok = rc_wire_put_bool(out, labels->values != NULL) && rc_wire_put_u64(out, labels->n);
    for (size_t i = 0; ok && i < labels->n; i++)
        ok = rc_wire_put_text(out, labels->texts[i], labels->text_bytes[i]) &&
             (labels->values == NULL || rc_wire_put_u64(out, (uint64_t)labels->values[i]));
    return ok;
}

bool rc_h5_table_write(rc_buf *out, const rc_h5_table *table)
{
    bool ok = rc_h5_put_text(out, table->path) && rc_h5_put_text(out, table->layout) &&
              rc_wire_put_u64(out, table->n_rows) && rc_wire_put_bool(out, table->has_names) &&
              rc_wire_put_u64(out, table->n_storages);
    for (size_t i = 0; ok && i < table->n_storages; i++)
        ok = put_storage(out, &table->storages[i]);
    ok = ok && rc_wire_put_u64(out, table->n_labels);
    for (size_t i = 0; ok && i < table->n_labels; i++)
        ok = put_labels(out, &table->labels[i]);
    ok = ok && rc_wire_put_u64(out, table->n_columns);
    for (size_t i = 0; ok && i < table->n_columns; i++)
        ok = put_column(out, &table->columns[i]);
    return ok;
}
