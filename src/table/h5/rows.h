/* rows.h - rows of an HDF5 table: read, filters undone, as numbers and texts. */
#ifndef RC_TABLE_H5_ROWS_H
#define RC_TABLE_H5_ROWS_H

#include "table/h5/file.h"

/* What one thread reads rows with. Buffers grow to what a packet needs and are kept. */
typedef struct rc_h5_rows rc_h5_rows;

/* Which columns of a table are read, and so which storages, and which columns of them. */
typedef struct rc_h5_need {
    bool *columns;  /* (n_columns) of the table */
    bool *storages; /* (n_storages), masks too */
} rc_h5_need;

/* On failure nothing is held. */
rc_status rc_h5_need_init(rc_h5_need *need, const rc_h5_table *table, rc_error *err);
/* Marks a column with its storage and its mask. RC_E_DATA: it is UNREADABLE; the text says why. */
rc_status rc_h5_need_add(rc_h5_need *need, const rc_h5_table *table, size_t column, rc_error *err);
void rc_h5_need_release(rc_h5_need *need);

/* How many rows a packet has: whole chunks of the storage with the largest ones, about
 * packet_bytes of what is needed, at least 64 unless the table has fewer. */
uint64_t rc_h5_packet_rows(const rc_h5_table *table, const rc_h5_need *need, uint64_t packet_bytes);

/* Bytes in memory while so many rows are read: decoded chunks and the largest stored one. */
uint64_t rc_h5_packet_memory(const rc_h5_table *table, const rc_h5_need *need, uint64_t n_rows);

rc_status rc_h5_rows_open(rc_h5_rows **out, rc_error *err);
void rc_h5_rows_close(rc_h5_rows *rows); /* NULL is fine */

/**
 * Reads rows first .. first + n from the descriptor, and undoes the filters.
 *
 * first    first + n is at most table->n_rows. Chunks of what is needed are mapped.
 * blocks   for storages of kind BLOCKS: (n_storages) what rc_h5_file_blocks gave (it leaves
 *          RC_CSV_SLACK bytes of room behind), else unused.
 * Owns     keeps table, need and blocks until the next load.
 * Errors   RC_E_DATA: dataset, chunk (by its first row) and cause: "dataset '/x', chunk at row
 *          8193: the deflate stream is damaged", "fletcher32 checksum does not match", "the file
 *          ends". RC_E_SYSTEM.
 * Threads  one object a thread; any number of them on one table and one descriptor.
 */
rc_status rc_h5_rows_load(rc_h5_rows *rows, int fd, const rc_h5_table *table,
                          const rc_h5_need *need, uint64_t first, size_t n, const rc_buf *blocks,
                          rc_error *err);

/* What a column gives: numbers at once, or texts (TEXT, TEXT_VAR, and everything with labels). */
bool rc_h5_is_number(const rc_h5_column *column);

/* Whether the values of a column are all that it says: numbers of which none is missing by a mask.
 */
static inline bool rc_h5_keeps_type(const rc_h5_column *column)
{
    return rc_h5_is_number(column) && column->mask == RC_H5_NONE;
}

/* Rows from `from` (0 is the first that was loaded), n <= 64, of a column of numbers. Bit r of what
 * is returned: row r is missing, and out[r] is NaN. Integers are rounded once. */
uint64_t rc_h5_rows_f64(const rc_h5_rows *rows, size_t column, size_t from, size_t n, double *out);
uint64_t rc_h5_rows_f32(const rc_h5_rows *rows, size_t column, size_t from, size_t n, float *out);

enum { RC_H5_FOUR = 4, RC_H5_TILE_ROWS = 64 };

/* Whether in each loaded row the values of four columns stand one behind the other, all of 4 or
 * all of 8 bytes: then the two below give the same as four calls of the two above, in less time. */
bool rc_h5_rows_are_side_by_side(const rc_h5_rows *rows, const size_t columns[RC_H5_FOUR]);
void rc_h5_rows_four_f64(const rc_h5_rows *rows, const size_t columns[RC_H5_FOUR], size_t from,
                         size_t n, double *const out[RC_H5_FOUR], uint64_t missing[RC_H5_FOUR]);
void rc_h5_rows_four_f32(const rc_h5_rows *rows, const size_t columns[RC_H5_FOUR], size_t from,
                         size_t n, float *const out[RC_H5_FOUR], uint64_t missing[RC_H5_FOUR]);

enum { RC_H5_CELL_BYTES = 64 };

/* The cell as text, as a CSV file would have it: the shortest decimal that reads back to the same
 * float16/32/64, digits, true/false, the label, the text; empty when it is missing. Valid until the
 * next load; `scratch` holds it where it has to be made. RC_CSV_SLACK bytes behind it are readable.
 * NULL: a code that is none (the row is to be refused). */
const char *rc_h5_rows_cell(const rc_h5_rows *rows, size_t column, size_t row,
                            char scratch[RC_H5_CELL_BYTES + 64], size_t *n);

/* Copies values as they are, in the byte order of the machine, n_bytes each (numbers and BOOL). */
void rc_h5_rows_raw(const rc_h5_rows *rows, size_t column, size_t from, size_t n, void *out);

#endif
