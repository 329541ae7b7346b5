/* table.h - an HDF5 table as a description: columns, where their bytes lie, how they are stored.
 *
 * The reader behind the wall makes it (h5/reader/reader.h) and writes it to the wire; the scoring
 * process reads it from there, checked, and reads the bytes themselves from the file. */
#ifndef RC_TABLE_H5_TABLE_H
#define RC_TABLE_H5_TABLE_H

#include "base/mem.h"

#define RC_H5_NONE UINT32_MAX    /* no mask, no labels */
#define RC_H5_NOWHERE UINT64_MAX /* of a contiguous storage: nothing is stored, all is fill */

enum {
    RC_H5_MAX_FILTERS = 8,
    RC_H5_MAX_FILTER_VALUES = 8,
    RC_H5_MAX_NAME_BYTES = 1 << 16,
    RC_H5_MAX_CHUNKS = 1 << 24,
    RC_H5_MAX_LABELS = 1 << 24
};

/* What an element (or a member of it) is. */
typedef enum rc_h5_type {
    RC_H5_INT,       /* n_bytes 1, 2, 4, 8 */
    RC_H5_UINT,      /* the same */
    RC_H5_FLOAT,     /* IEEE, n_bytes 2, 4, 8; NaN is missing */
    RC_H5_BOOL,      /* 1 byte, 0 or not: reads as 1 or 0, and as the text true or false */
    RC_H5_TEXT,      /* n_bytes, up to the first NUL */
    RC_H5_TEXT_VAR,  /* blocks only: u32 offset into the block's texts, u32 length; little-endian */
    RC_H5_UNREADABLE /* `why` says what it is */
} rc_h5_type;

typedef struct rc_h5_column {
    char *name; /* NULL: it has none */
    size_t name_bytes;
    rc_h5_type type;
    uint32_t n_bytes;
    bool is_big_endian;
    bool is_space_padded; /* text: trailing spaces do not count */
    bool has_nat;         /* INT of 8 bytes: the least value is missing (a time of pandas) */
    bool is_side;     /* an index, or a dataset beside the table: no feature by position, and not
                         among `--keep all` */
    uint32_t storage; /* number of the storage that holds it */
    uint64_t index;   /* which column of the storage, from 0 */
    uint32_t offset;  /* byte in the element */
    uint32_t mask;    /* number of a storage of one byte an element (and one column): not 0 is
                         missing; or RC_H5_NONE */
    uint32_t labels;  /* INT, UINT, BOOL: number of the list that codes point into, or NONE */
    char *why;        /* UNREADABLE: "pickled objects of pandas"; else NULL */
} rc_h5_column;

/* Texts of codes. values NULL: the code is the index, any negative one is missing, and one beyond
 * the last is an error of the row. Else the code is looked up in values, any other is missing. */
typedef struct rc_h5_labels {
    char **texts; /* (n) */
    size_t *text_bytes;
    int64_t *values; /* (n) or NULL; rising in a description that came over the wire */
    size_t n;
    char *arena; /* NULL: each text is memory of its own; else they all lie in it */
} rc_h5_labels;

typedef enum rc_h5_kind {
    RC_H5_CONTIGUOUS, /* one run of bytes in the file */
    RC_H5_CHUNKED,    /* chunks; workers undo the filters */
    RC_H5_BLOCKS      /* compact, or what only the library can read: asked of the reader by rows */
} rc_h5_kind;

typedef struct rc_h5_filter {
    uint32_t id; /* 1 deflate, 2 shuffle, 3 fletcher32, 32004 lz4, 32015 zstd */
    uint32_t n_values;
    uint32_t values[RC_H5_MAX_FILTER_VALUES];
} rc_h5_filter;

/* bytes 0: it is not stored, all is fill. */
typedef struct rc_h5_chunk {
    uint64_t offset; /* in the file, from its very beginning (behind a user block, too) */
    uint32_t bytes;
    uint32_t mask; /* bit i: filter i was not applied */
} rc_h5_chunk;

/* One dataset: n_rows x n_columns elements. In the file the columns of a row stand together, or,
 * with is_transposed, the rows of a column (MATLAB). The same holds inside a chunk, of which each
 * is stored whole, also at the edges. */
typedef struct rc_h5_storage {
    char *path;
    rc_h5_kind kind;
    uint64_t n_rows, n_columns;
    uint32_t element_bytes;
    bool is_transposed;
    uint64_t offset;                    /* contiguous */
    uint64_t chunk_rows, chunk_columns; /* chunked; else 0 */
    rc_h5_filter filters[RC_H5_MAX_FILTERS];
    uint32_t n_filters;
    unsigned char *fill; /* (element_bytes) */
    rc_h5_chunk *chunks; /* (grid rows, grid columns), NULL until mapped */
    uint64_t n_chunks;   /* of the whole grid: rc_h5_grid_rows x rc_h5_grid_columns */
} rc_h5_storage;

typedef struct rc_h5_table {
    char *path;      /* of the dataset or group */
    char *layout;    /* for people: "pandas table", "2-D dataset", "compound dataset" ... */
    uint64_t n_rows; /* of every storage */
    bool has_names;  /* columns that are not beside the table have names */
    rc_h5_column *columns;
    size_t n_columns;
    rc_h5_storage *storages;
    size_t n_storages;
    rc_h5_labels *labels;
    size_t n_labels;
} rc_h5_table;

void rc_h5_storage_release(rc_h5_storage *storage);
void rc_h5_labels_release(rc_h5_labels *labels);
void rc_h5_table_free(rc_h5_table *table); /* NULL is fine */

static inline uint64_t rc_h5_grid_rows(const rc_h5_storage *s)
{
    return s->n_rows / s->chunk_rows + (s->n_rows % s->chunk_rows != 0);
}

static inline uint64_t rc_h5_grid_columns(const rc_h5_storage *s)
{
    return s->n_columns / s->chunk_columns + (s->n_columns % s->chunk_columns != 0);
}

/* An object of the file, for `rowcast inspect`. */
typedef struct rc_h5_node {
    char *path;
    char *kind; /* "group", "dataset", "soft link", "external link" ... */
    char *type; /* "float32", "compound {a: int64, b: float64}", "string" ...; "" for groups */
    uint64_t shape[32];
    uint64_t most[32]; /* UINT64_MAX: unlimited */
    uint64_t chunk[32];
    uint32_t rank; /* 0 for groups and scalars */
    bool is_chunked;
    char *storage; /* "contiguous", "compact", "chunked", "virtual", "external"; "" */
    char *filters; /* "shuffle, deflate 4"; "" */
    uint64_t n_stored;
    char *scored_as;            /* layout under which it can be scored; "" if it cannot */
    uint64_t n_rows, n_columns; /* of that table */
    char *note;                 /* why not, or what is odd; "" */
} rc_h5_node;

typedef struct rc_h5_tree {
    rc_h5_node *nodes;
    size_t n, capacity;
    uint64_t user_block; /* bytes */
    bool is_cut;         /* there are more than are told */
    bool is_keras;       /* it names itself a model of Keras */
} rc_h5_tree;

void rc_h5_tree_free(rc_h5_tree *tree); /* NULL is fine */

#endif
