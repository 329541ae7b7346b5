/* table.c - an HDF5 table as a description: given back to memory. */
#include "table/h5/table.h"

#include <stdlib.h>

static void column_release(rc_h5_column *column)
{
    free(column->name);
    free(column->why);
}

void rc_h5_storage_release(rc_h5_storage *storage)
{
    free(storage->path);
    free(storage->fill);
    free(storage->chunks);
    *storage = (rc_h5_storage){0};
}

void rc_h5_labels_release(rc_h5_labels *labels)
{
    for (size_t i = 0; labels->texts != NULL && labels->arena == NULL && i < labels->n; i++)
        free(labels->texts[i]);
    free(labels->arena);
    free(labels->texts);
    free(labels->text_bytes);
    free(labels->values);
    *labels = (rc_h5_labels){0};
}

void rc_h5_table_free(rc_h5_table *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; table->columns != NULL && i < table->n_columns; i++)
        column_release(&table->columns[i]);
    for (size_t i = 0; table->storages != NULL && i < table->n_storages; i++)
        rc_h5_storage_release(&table->storages[i]);
    for (size_t i = 0; table->labels != NULL && i < table->n_labels; i++)
        rc_h5_labels_release(&table->labels[i]);
    free(table->path);
    free(table->layout);
    free(table->columns);
    free(table->storages);
    free(table->labels);
    free(table);
}

static void node_release(rc_h5_node *node)
{
    free(node->path);
    free(node->kind);
    free(node->type);
    free(node->storage);
    free(node->filters);
    free(node->scored_as);
    free(node->note);
}

void rc_h5_tree_free(rc_h5_tree *tree)
{
    if (tree == NULL)
        return;
    for (size_t i = 0; i < tree->n; i++)
        node_release(&tree->nodes[i]);
    free(tree->nodes);
    free(tree);
}
