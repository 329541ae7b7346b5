/* h5_made.h - HDF5 files in memory, and the tables that are found in them. */
#ifndef RC_TEST_H5_MADE_H
#define RC_TEST_H5_MADE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table/h5/reader/layout.h"

static inline hid_t new_file(void)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_core(access, 1 << 16, 0);
    char name[32]; /* one of its own: what a failed test leaves open is in nobody's way */
    snprintf(name, sizeof(name), "made-%d.h5", (int)access % 1000000);
    hid_t file = H5Fcreate(name, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    H5Pclose(access);
    assert_true(file >= 0);
    return file;
}

static inline void put_group(hid_t file, const char *path)
{
    hid_t with_parents = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(with_parents, 1);
    hid_t group = H5Gcreate2(file, path, with_parents, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(group >= 0);
    H5Gclose(group);
    H5Pclose(with_parents);
}

/* data NULL: as the library fills it. columns 0: of rank 1. */
static inline void put(hid_t file, const char *path, hid_t type, hsize_t rows, hsize_t columns,
                       const void *data)
{
    hsize_t shape[2] = {rows, columns};
    hid_t with_parents = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(with_parents, 1);
    hid_t space = H5Screate_simple(columns == 0 ? 1 : 2, shape, NULL);
    hid_t dataset = H5Dcreate2(file, path, type, space, with_parents, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(dataset >= 0);
    if (data != NULL)
        assert_true(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
    H5Dclose(dataset);
    H5Sclose(space);
    H5Pclose(with_parents);
}

static inline hid_t text_type(size_t n)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, n);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    return type;
}

/* n texts of 8 bytes. */
static inline void put_texts(hid_t file, const char *path, hsize_t n, const char (*texts)[8])
{
    hid_t type = text_type(8);
    put(file, path, type, n, 0, texts);
    H5Tclose(type);
}

static inline void mark_with(hid_t file, const char *path, const char *name, hid_t type, hsize_t n,
                             const void *data)
{
    hid_t object = H5Oopen(file, path, H5P_DEFAULT);
    hid_t space = n == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &n, NULL);
    if (H5Aexists_by_name(file, path, name, H5P_DEFAULT) > 0)
        H5Adelete_by_name(file, path, name, H5P_DEFAULT);
    hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(attribute >= 0);
    assert_true(H5Awrite(attribute, type, data) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Oclose(object);
}

static inline void mark(hid_t file, const char *path, const char *name, const char *text)
{
    hid_t type = text_type(strlen(text) + 1);
    mark_with(file, path, name, type, 0, text);
    H5Tclose(type);
}

static inline void mark_texts(hid_t file, const char *path, const char *name, hsize_t n,
                              const char (*texts)[8])
{
    hid_t type = text_type(8);
    mark_with(file, path, name, type, n, texts);
    H5Tclose(type);
}

static inline void mark_int(hid_t file, const char *path, const char *name, int64_t value)
{
    mark_with(file, path, name, H5T_NATIVE_INT64, 0, &value);
}

/* -- what is found -----------------------------------------------------------------------------*/

/* One word a column: its name (or "-"), its type and bytes, "!" if it is beside the table. */
static inline const char *columns_of(const rc_h5_table *table, char out[1024])
{
    static const char *const types[] = {"i", "u", "f", "b", "t", "v", "x"};
    size_t n = 0;
    out[0] = '\0';
    for (size_t i = 0; i < table->n_columns; i++) {
        const rc_h5_column *c = &table->columns[i];
        bool is_read = c->type != RC_H5_UNREADABLE;
        n += (size_t)snprintf(out + n, 1024 - n, "%s%s:%s", i > 0 ? " " : "",
                              c->name == NULL ? "-" : c->name, types[c->type]);
        if (is_read)
            n += (size_t)snprintf(out + n, 1024 - n, "%u%s", c->n_bytes, c->is_side ? "!" : "");
    }
    return out;
}

/* Finds the table, with up to two columns that are asked for by name. */
static inline rc_status find(hid_t file, const char *dataset, const char *first, const char *second,
                             rc_h5_open_table *out, rc_error *err)
{
    const char *asked[] = {first, second};
    rc_h5_request request = {.dataset = dataset};
    request.beside.items = asked;
    request.beside.n = (first != NULL) + (second != NULL);
    *err = (rc_error){0};
    return rc_h5_layout_find(file, &request, out, err);
}

/* The table has that layout, that many rows and these columns; it is left open. */
static inline rc_h5_open_table assert_table(hid_t file, const char *dataset, const char *beside,
                                            const char *layout, uint64_t n_rows,
                                            const char *columns)
{
    rc_h5_open_table open;
    rc_error err;
    char text[1024];
    rc_status st = find(file, dataset, beside, NULL, &open, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(st, RC_OK);
    assert_string_equal(open.table->layout, layout);
    assert_int_equal(open.table->n_rows, n_rows);
    assert_string_equal(columns_of(open.table, text), columns);
    for (size_t i = 0; i < open.table->n_storages; i++)
        assert_int_equal(open.table->storages[i].n_rows, n_rows);
    return open;
}

static inline void assert_layout(hid_t file, const char *dataset, const char *layout,
                                 uint64_t n_rows, const char *columns)
{
    rc_h5_open_table open = assert_table(file, dataset, NULL, layout, n_rows, columns);
    rc_h5_open_table_release(&open);
}

static inline void assert_refused(hid_t file, const char *dataset, const char *beside,
                                  const char *text)
{
    rc_h5_open_table open;
    rc_error err;
    assert_int_equal(find(file, dataset, beside, NULL, &open, &err), RC_E_DATA);
    assert_int_equal(err.code, RC_E_DATA);
    assert_string_equal(err.text, text);
    assert_null(open.table);
}

/* Nothing of the file is left open. */
static inline void close_file(hid_t file)
{
    assert_int_equal(H5Fget_obj_count(file, H5F_OBJ_ALL), 1);
    H5Fclose(file);
}

#endif
