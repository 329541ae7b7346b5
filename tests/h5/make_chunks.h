/* make_chunks.h - HDF5 files of many chunks, with each of the six ways to index them. */
#ifndef TESTS_H5_MAKE_CHUNKS_H
#define TESTS_H5_MAKE_CHUNKS_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_ROWS = 4 };

typedef enum chunk_index {
    INDEX_SINGLE,     /* one chunk, however many are asked for */
    INDEX_IMPLICIT,   /* no filter, all allocated at once */
    INDEX_FIXED,      /* a shape that cannot grow */
    INDEX_EXTENSIBLE, /* one dimension that can */
    INDEX_BTREE2,     /* two */
    INDEX_BTREE1,     /* the format of before 1.10 */
    N_INDEXES
} chunk_index;

static const char *const chunk_index_names[N_INDEXES] = {"single",     "implicit", "fixed",
                                                         "extensible", "btree2",   "btree1"};

typedef struct chunk_file {
    chunk_index index;
    hsize_t n_chunks;
    hsize_t user_block; /* 0, or 512, 1024, 2048 ... */
    bool is_packed;     /* deflate; not with INDEX_IMPLICIT */
    bool is_sparse;     /* every second chunk is left out; not with INDEX_IMPLICIT */
} chunk_file;

static inline hid_t chunk_file_create(const chunk_file *what, const char *path)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), creation = H5Pcreate(H5P_FILE_CREATE);
    if (what->index != INDEX_BTREE1)
        H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
    if (what->user_block != 0)
        H5Pset_userblock(creation, what->user_block);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, creation, access);
    H5Pclose(access);
    H5Pclose(creation);
    return file;
}

static inline hid_t chunk_file_dataset(const chunk_file *what, hid_t file, hsize_t rows,
                                       hsize_t chunk_rows)
{
    bool is_2d = what->index == INDEX_BTREE2;
    hsize_t shape[2] = {rows, 1}, chunk[2] = {chunk_rows, 1};
    hsize_t most[2] = {what->index == INDEX_EXTENSIBLE || is_2d ? H5S_UNLIMITED : rows,
                       is_2d ? H5S_UNLIMITED : 1};
    hid_t space = H5Screate_simple(is_2d ? 2 : 1, shape, most);
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    float fill = -1;
    H5Pset_chunk(creation, is_2d ? 2 : 1, chunk);
    H5Pset_fill_value(creation, H5T_NATIVE_FLOAT, &fill);
    H5Pset_alloc_time(creation,
                      what->index == INDEX_IMPLICIT ? H5D_ALLOC_TIME_EARLY : H5D_ALLOC_TIME_INCR);
    if (what->is_packed)
        H5Pset_deflate(creation, 1);
    hid_t dataset =
        H5Dcreate2(file, "x", H5T_IEEE_F32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    H5Pclose(creation);
    H5Sclose(space);
    return dataset;
}

/* Writes row numbers as values: all, or those of every second chunk. */
static inline bool chunk_file_fill(const chunk_file *what, hid_t dataset, hsize_t rows,
                                   hsize_t chunk_rows)
{
    float *values = malloc(rows * sizeof(*values));
    hsize_t zero[2] = {0, 0}, step[2] = {2 * chunk_rows, 1}, block[2] = {chunk_rows, 1};
    hsize_t count[2] = {(rows / chunk_rows + 1) / 2, 1};
    for (hsize_t i = 0; i < rows; i++)
        values[i] = (float)i;
    hid_t space = H5Dget_space(dataset);
    if (what->is_sparse)
        H5Sselect_hyperslab(space, H5S_SELECT_SET, zero, step, count, block);
    bool is_done = H5Dwrite(dataset, H5T_NATIVE_FLOAT, what->is_sparse ? space : H5S_ALL, space,
                            H5P_DEFAULT, values) >= 0;
    H5Sclose(space);
    free(values);
    return is_done;
}

/* Makes a file with a dataset /x of CHUNK_ROWS float32 a chunk: the value is the row, or -1 where
 * nothing is stored. */
static inline bool chunk_file_make(const chunk_file *what, const char *path)
{
    hsize_t rows = what->n_chunks * CHUNK_ROWS;
    hsize_t chunk_rows = what->index == INDEX_SINGLE ? rows : CHUNK_ROWS;
    hid_t file = chunk_file_create(what, path);
    hid_t dataset = file < 0 ? -1 : chunk_file_dataset(what, file, rows, chunk_rows);
    bool is_done = dataset >= 0 && chunk_file_fill(what, dataset, rows, chunk_rows);
    if (dataset >= 0)
        is_done = H5Dclose(dataset) >= 0 && is_done;
    if (file >= 0)
        is_done = H5Fclose(file) >= 0 && is_done;
    return is_done;
}

#endif
