/* order.c - columns of an HDF5 table in another order, or in another table. */
#include <stdlib.h>

#include "table/h5/reader/layout.h"

/* A name, and where it stands. */
typedef struct place {
    const char *text;
    size_t n, at;
} place;

static int by_text(const place *a, const place *b)
{
    int c = memcmp(a->text, b->text, a->n < b->n ? a->n : b->n);
    if (c != 0)
        return c;
    return a->n < b->n ? -1 : a->n > b->n;
}

/* Of names that occur twice, the first is found. */
static int by_text_then_place(const void *a, const void *b)
{
    const place *x = a, *y = b;
    int c = by_text(x, y);
    return c != 0 ? c : x->at < y->at ? -1 : x->at > y->at;
}

/* Where a column stands among n sorted names; those beside the table come first, others last. */
static size_t rank_of(const rc_h5_column *column, const place *names, size_t n)
{
    if (column->name == NULL || (column->is_side && column->type != RC_H5_UNREADABLE))
        return 0;
    place asked = {column->name, column->name_bytes, 0};
    size_t low = 0, high = n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (by_text(&names[mid], &asked) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low < n && by_text(&names[low], &asked) == 0 ? names[low].at + 1 : SIZE_MAX;
}

typedef struct ranked {
    size_t rank, at;
    rc_h5_column column;
} ranked;

static int by_rank(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return x->at < y->at ? -1 : 1;
}

/* Columns of one name have no order among them: by position they would be anything. */
static rc_status refuse_twins(const ranked *columns, size_t n, rc_error *err)
{
    char quoted[RC_QUOTED_BYTES];
    for (size_t i = 1; i < n; i++)
        if (columns[i].rank == columns[i - 1].rank && columns[i].rank != 0 &&
            columns[i].rank != SIZE_MAX)
            return rc_error_set(err, RC_E_DATA, "two columns are called '%s'",
                                rc_h5_quote(columns[i].column.name, quoted));
    return RC_OK;
}

static void sort_columns(rc_h5_table *table, const rc_h5_texts *names, place *places,
                         ranked *columns)
{
    for (size_t i = 0; i < names->n; i++)
        places[i] = (place){names->items[i], names->bytes[i], i};
    qsort(places, names->n, sizeof(place), by_text_then_place);
    for (size_t i = 0; i < table->n_columns; i++)
        columns[i] = (ranked){rank_of(&table->columns[i], places, names->n), i, table->columns[i]};
    qsort(columns, table->n_columns, sizeof(ranked), by_rank);
    for (size_t i = 0; i < table->n_columns; i++)
        table->columns[i] = columns[i].column;
}

rc_status rc_h5_make_order(rc_h5_maker *maker, const rc_h5_texts *names, rc_error *err)
{
    rc_h5_table *table = maker->open.table;
    place *places = rc_alloc_array(names->n, sizeof(place));
    ranked *columns = rc_alloc_array(table->n_columns, sizeof(ranked));
    rc_status st = RC_OK;
    if (places == NULL || columns == NULL) {
        st = rc_error_nomem(err);
    } else {
        sort_columns(table, names, places, columns);
        st = refuse_twins(columns, table->n_columns, err);
    }
    free(places);
    free(columns);
    return st;
}

/* A storage of the other table, opened again for this one. */
static rc_status take_storage(rc_h5_maker *maker, const rc_h5_maker *from, uint32_t *number,
                              rc_error *err)
{
    if (*number == RC_H5_NONE)
        return RC_OK;
    const rc_h5_storage *storage = &from->open.table->storages[*number];
    return rc_h5_make_storage(maker, from->open.datasets[*number].id, storage->path,
                              storage->is_transposed, number, err);
}

rc_status rc_h5_make_transplant(rc_h5_maker *maker, rc_h5_maker *from, size_t column,
                                const char *name, rc_error *err)
{
    rc_h5_column moved = from->open.table->columns[column];
    if (moved.type == RC_H5_UNREADABLE)
        return rc_h5_make_unreadable(maker, name, strlen(name), moved.why, err);
    RC_TRY(take_storage(maker, from, &moved.storage, err));
    RC_TRY(take_storage(maker, from, &moved.mask, err));
    if (moved.labels != RC_H5_NONE) {
        rc_h5_labels *labels = &from->open.table->labels[moved.labels];
        RC_TRY(rc_h5_make_list_take(maker, labels, &moved.labels, err));
    }
    moved.is_side = true;
    return rc_h5_make_column(maker, &moved, name, strlen(name), err);
}
