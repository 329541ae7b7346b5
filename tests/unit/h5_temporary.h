/* h5_temporary.h - HDF5 files that the library makes, looked at through our driver. */
#ifndef TESTS_UNIT_H5_TEMPORARY_H
#define TESTS_UNIT_H5_TEMPORARY_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "table/h5/reader/reader.h"

typedef struct made_file {
    int fd;
    char path[256]; /* for the library, which wants names */
    rc_h5_mapping mapping;
    hid_t file; /* through our driver */
} made_file;

static inline void made_file_init(made_file *m)
{
    const char *folder = getenv("TMPDIR");
    *m = (made_file){.file = -1};
    snprintf(m->path, sizeof(m->path), "%s/rowcast-XXXXXX", folder == NULL ? "/tmp" : folder);
    m->fd = mkstemp(m->path);
    assert_true(m->fd >= 0);
}

/* As the library makes it by default (1.8), or in the format of 1.10. */
static inline hid_t made_file_create(made_file *m, bool is_new)
{
    made_file_init(m);
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (is_new)
        H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
    hid_t file = H5Fcreate(m->path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    H5Pclose(access);
    assert_true(file >= 0);
    return file;
}

static inline void made_file_look(made_file *m)
{
    struct stat info;
    unlink(m->path);
    assert_int_equal(fstat(m->fd, &info), 0);
    m->file = rc_h5_driver_open(m->fd, (uint64_t)info.st_size, &m->mapping);
    assert_true(m->file >= 0);
}

static inline void made_file_release(made_file *m)
{
    if (m->file >= 0)
        H5Fclose(m->file);
    close(m->fd);
}

/* Opens a dataset of the file that is looked at. */
static inline rc_status made_file_dataset(const made_file *m, const char *path,
                                          rc_h5_dataset *dataset, rc_error *err)
{
    hid_t object;
    rc_status st = rc_h5_object_open(m->file, path, &object, err);
    if (st < 0)
        return st;
    st = rc_h5_dataset_open(object, path, dataset, err);
    H5Oclose(object);
    return st;
}

static inline void storage_release(rc_h5_storage *s)
{
    free(s->path);
    free(s->fill);
    free(s->chunks);
    *s = (rc_h5_storage){0};
}

static inline int start_library(void **state)
{
    (void)state;
    return rc_h5_reader_prepare(NULL) == RC_OK ? 0 : -1;
}

#endif
