/* h5_read_back.h - what libhdf5 finds in a file of predictions. */
#ifndef RC_TESTS_H5_READ_BACK_H
#define RC_TESTS_H5_READ_BACK_H

#include <hdf5.h>
#include <stdlib.h>
#include <zstd.h>

#include "scratch.h"

/* Filter 32015, as its register has it: one frame of zstd, with its size. */
static inline size_t zstd_filter(unsigned flags, size_t n_values, const unsigned *values, size_t n,
                                 size_t *room, void **buf)
{
    (void)n_values;
    (void)values;
    if ((flags & H5Z_FLAG_REVERSE) == 0)
        return 0;
    size_t bytes = (size_t)ZSTD_getFrameContentSize(*buf, n);
    void *to = H5allocate_memory(bytes, false);
    assert_int_equal(ZSTD_decompress(to, bytes, *buf, n), bytes);
    H5free_memory(*buf);
    *buf = to;
    *room = bytes;
    return bytes;
}

static inline int open_all(void **state)
{
    const H5Z_class2_t zstd = {.version = H5Z_CLASS_T_VERS,
                               .id = 32015,
                               .encoder_present = 1,
                               .decoder_present = 1,
                               .name = "zstd",
                               .filter = zstd_filter};
    return H5Zregister(&zstd) < 0 ? -1 : scratch_open(state);
}

static inline hid_t open_dataset(const char *path)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(file >= 0);
    hid_t dataset = H5Dopen2(file, "/predictions", H5P_DEFAULT);
    assert_true(dataset >= 0);
    H5Fclose(file); /* stays open with the dataset */
    return dataset;
}

/* Reads one member of all rows. */
static inline void *read_member(hid_t dataset, const char *name, hid_t type, size_t n_rows)
{
    size_t bytes = H5Tget_size(type);
    void *values = calloc(n_rows + 1, bytes);
    hid_t row = H5Tcreate(H5T_COMPOUND, bytes);
    assert_true(values != NULL && H5Tinsert(row, name, 0, type) >= 0);
    assert_true(H5Dread(dataset, row, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Tclose(row);
    return values;
}

static inline void assert_type(hid_t dataset, const char *name, hid_t expected)
{
    hid_t row = H5Dget_type(dataset);
    int index = H5Tget_member_index(row, name);
    assert_true(index >= 0);
    hid_t type = H5Tget_member_type(row, (unsigned)index);
    assert_true(H5Tequal(type, expected) > 0);
    H5Tclose(type);
    H5Tclose(row);
}

static inline hid_t text_type(size_t n, H5T_cset_t set)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    assert_true(H5Tset_size(type, n) >= 0 && H5Tset_strpad(type, H5T_STR_NULLPAD) >= 0 &&
                H5Tset_cset(type, set) >= 0);
    return type;
}

#endif
