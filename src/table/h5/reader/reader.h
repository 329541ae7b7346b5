/* reader.h - the side of HDF5 that is behind the wall: the only files that know the library.
 *
 * Nothing here is linked into librowcast. All calls expect a file that wants to harm: types are
 * compared with those that are known before anything is converted, sizes are looked at before
 * anything is allocated, links of every component of a path are hard ones. */
#ifndef RC_TABLE_H5_READER_READER_H
#define RC_TABLE_H5_READER_READER_H

#include <hdf5.h>

#include "base/text.h"
#include "guard/confined.h"
#include "table/h5/wire.h"

/* For the table of readers. */
rc_status rc_h5_reader_prepare(rc_error *err);
rc_status rc_h5_reader_serve(rc_channel *channel, int fd, rc_error *err);

/* A build without the inspections of links and storage, for the test that the driver and Landlock
 * alone keep other files shut. */
#ifdef RC_H5_TEST_UNINSPECTED
enum { RC_H5_INSPECTS = 0 };
#else
enum { RC_H5_INSPECTS = 1 };
#endif

/* -- h5/reader/driver.c: the file driver.
 * ------------------------------------------------------------- */

/* While it is on, raw data is not read; where it lies is written down instead. */
typedef struct rc_h5_mapping {
    bool is_on;
    uint64_t offset, n_bytes; /* of the last read of raw data */
    unsigned n_reads;         /* since it was switched on or last looked at */
} rc_h5_mapping;

/* Opens n bytes of the descriptor as an HDF5 file. No other name can be opened by the driver. -1 as
 * the library has it. */
hid_t rc_h5_driver_open(int fd, uint64_t n, rc_h5_mapping *mapping);
/* The same of n bytes in memory, borrowed until the file is closed. */
hid_t rc_h5_driver_open_memory(const void *data, size_t n);

/* -- h5/reader/object.c: objects, attributes, and types, safely.
 * -------------------------------------- */

/* A path or name for a message. */
const char *rc_h5_quote(const char *text, char out[RC_QUOTED_BYTES]);

/* Closes an object, a type, a dataspace, or a list of properties; a negative one is fine. */
void rc_h5_shut(hid_t id);

/* Opens the object at a path ("/a/b" or "a/b", from `at`), every component by a hard link.
 * RC_E_USAGE: there is none (text "no object '/a/b'"); RC_E_DATA: a link that is not followed
 * (text "'/a' is an external link, which is not followed"), or damage. */
rc_status rc_h5_object_open(hid_t at, const char *path, hid_t *object, rc_error *err);

/* Opens the one child of a group, if it is there by a hard link. */
rc_status rc_h5_child_open(hid_t group, const char *name, hid_t *object, rc_error *err);
bool rc_h5_has_child(hid_t group, const char *name); /* by a hard link */

/* Names of the children of a group in the order of their names, with link kinds: at most `most`,
 * *is_cut if there are more. */
typedef struct rc_h5_child {
    char *name;
    H5L_type_t link;
} rc_h5_child;
rc_status rc_h5_children(hid_t group, size_t most, rc_h5_child **children, size_t *n, bool *is_cut,
                         rc_error *err);
void rc_h5_children_free(rc_h5_child *children, size_t n);

/* A list of texts with lengths, owned. */
typedef struct rc_h5_texts {
    char **items;
    size_t *bytes;
    size_t n, capacity, bytes_capacity;
} rc_h5_texts;
void rc_h5_texts_release(rc_h5_texts *texts);
rc_status rc_h5_texts_add(rc_h5_texts *texts, const char *text, size_t n, rc_error *err);

/* The attribute's texts (scalar: one; fixed or variable strings, any padding). RC_END: there is no
 * such attribute, or it is of another type. At most 2^20 texts and 64 MiB. */
rc_status rc_h5_attribute_texts(hid_t object, const char *name, rc_h5_texts *texts, rc_error *err);
/* One text; false: none. Cut to size - 1 bytes. */
bool rc_h5_attribute_text(hid_t object, const char *name, char *out, size_t size);
/* One integer; false: none. */
bool rc_h5_attribute_int(hid_t object, const char *name, int64_t *out);

/* What a type of the file is: one of those that are known, else UNREADABLE with why. Enumerations
 * of integers give INT or UINT; FALSE/TRUE on int8 gives BOOL. Variable strings give TEXT_VAR. */
typedef struct rc_h5_type_info {
    rc_h5_type type;
    uint32_t n_bytes; /* TEXT_VAR: 8, as it stands in a block */
    bool is_big_endian, is_space_padded, is_enum;
    char why[96];
} rc_h5_type_info;
void rc_h5_type_tell(hid_t type, rc_h5_type_info *info);
/* The same for a member of a compound, which may be an array of a type that is known: *n elements
 * of it; else 1. */
void rc_h5_type_tell_member(hid_t type, rc_h5_type_info *info, uint32_t *n);
/* 0: elements mean what they say as they stand in the file (also a compound with members that
 * nobody can read). Else, because of variable strings, sequences or references anywhere in it: the
 * bytes of a converted element. Of a compound these are the readable members alone, in their order
 * and without gaps: n * n_bytes each. RC_H5_NONE: nothing of it can be read. */
uint32_t rc_h5_type_converted(hid_t type);
/* For people: "float32", "compound {a: int64, b: float64}"; cut. */
void rc_h5_type_text(hid_t type, char *out, size_t size);

/* One value of an INT, UINT or BOOL, and the length of one TEXT: up to the first NUL, without the
 * spaces of padding. */
int64_t rc_h5_int_of(const rc_h5_type_info *info, const unsigned char *bytes);
size_t rc_h5_text_length(const rc_h5_type_info *info, const char *text);

/* Adds what an element is as text: itself, true or false, digits, or the shortest decimal. area:
 * the texts behind the elements of a block, for TEXT_VAR. */
rc_status rc_h5_texts_add_element(rc_h5_texts *texts, const rc_h5_type_info *info,
                                  const char *element, const char *area, rc_error *err);

/* Reads all texts of a rank-1 (or 1 x n, n x 1) dataset of strings, or of integers and floats as
 * shortest decimals: labels, names. At most `most` of them. */
rc_status rc_h5_dataset_texts(hid_t dataset, size_t most, rc_h5_texts *texts, rc_error *err);
/* The names and values of an enumeration as a list of labels. */
rc_status rc_h5_enum_labels(hid_t type, rc_h5_labels *labels, rc_error *err);

/* -- h5/reader/storage.c: how a dataset is stored.
 * ---------------------------------------------------- */

/* A dataset that is open, inspected, and whose rows can be read. */
typedef struct rc_h5_dataset {
    hid_t id, type, space;
    unsigned rank;
    hsize_t shape[H5S_MAX_RANK];
} rc_h5_dataset;

/* Refuses (RC_E_DATA) virtual and external storage, filters that nobody here undoes (naming id,
 * name, dataset, and `h5repack`), shapes that cannot be (declared bytes beyond 4 GiB and 1000 times
 * those of the file). Takes nothing: `object` stays the caller's. */
rc_status rc_h5_dataset_open(hid_t object, const char *path, rc_h5_dataset *dataset, rc_error *err);
void rc_h5_dataset_close(rc_h5_dataset *dataset);

/* Describes the storage of a dataset of rank 1 or 2 as a table; is_transposed: its first dimension
 * is the columns. converted_bytes 0: elements are read as they stand; else the storage is of kind
 * BLOCKS, and elements are of so many bytes (because of variable strings or odd types). */
rc_status rc_h5_storage_describe(const rc_h5_dataset *dataset, const char *path, bool is_transposed,
                                 uint32_t converted_bytes, uint64_t max_memory,
                                 rc_h5_storage *storage, rc_error *err);

/* "dataset PATH: WHAT", RC_E_DATA. */
rc_status rc_h5_dataset_damaged(const char *path, const char *what, rc_error *err);

/* What a filter is called where it is registered; NULL: not known. */
const char *rc_h5_filter_name(H5Z_filter_t id);

/* Reads what filters a dataset has, refuses those that nobody undoes. *by_library: the workers
 * cannot undo all of them, and the library can. */
rc_status rc_h5_filters_describe(hid_t creation, const char *path, bool *by_library,
                                 rc_h5_storage *storage, rc_error *err);

/* The number of the dimension that rows are, in the file's order. */
static inline unsigned rc_h5_row_dimension(const rc_h5_storage *storage)
{
    return storage->is_transposed ? 1 : 0;
}

/* Where a chunk of the grid begins, in the file's order of dimensions. */
void rc_h5_chunk_at(const rc_h5_storage *storage, uint64_t number, hsize_t at[2]);

/* Errors of the next three do not name the dataset: who asks knows it. */

/* Fills storage->chunks; the number of those found must be the library's own. */
rc_status rc_h5_storage_map(const rc_h5_dataset *dataset, rc_h5_mapping *mapping,
                            rc_h5_storage *storage, rc_error *err);

/* The first chunk, the last, and up to 16 others, read through the library, equal our own bytes
 * (filters undone as long as that is cheap). */
rc_status rc_h5_storage_verify(const rc_h5_dataset *dataset, int fd, const rc_h5_storage *storage,
                               rc_error *err);

/* Appends rows as RC_H5_ANSWER_BLOCK has them. */
rc_status rc_h5_storage_block(const rc_h5_dataset *dataset, const rc_h5_storage *storage,
                              uint64_t first, uint64_t n, rc_buf *out, rc_error *err);

/* Elements as the library reads them: `count` from `at` on, in the file's order of dimensions.
 * type: that of memory; transfer: H5P_DEFAULT, or a list of properties. False: they are damaged. */
bool rc_h5_box_read(const rc_h5_dataset *dataset, hid_t type, const hsize_t at[2],
                    const hsize_t count[2], hid_t transfer, void *out);

/* -- h5/reader/keras.c: models. ---------------------------------------------------------------- */

/* What a file that Keras wrote looks like: its layers stand in it by their names, or by their
 * classes. */
typedef enum rc_h5_keras { RC_H5_KERAS_NONE, RC_H5_KERAS_LEGACY, RC_H5_KERAS_V3 } rc_h5_keras;
rc_h5_keras rc_h5_keras_tell(hid_t root);

/* -- h5_layout*.c: what tables a file holds. --------------------------------------------------- */

/* A table that is being described: the description, and the open dataset of each storage. */
typedef struct rc_h5_open_table {
    rc_h5_table *table;
    rc_h5_dataset *datasets; /* (table->n_storages) */
} rc_h5_open_table;
void rc_h5_open_table_release(rc_h5_open_table *open);

/* Finds the table that is asked for, or the only one there is. Errors: RC_E_DATA; several
 * candidates are listed with shapes and layouts. */
rc_status rc_h5_layout_find(hid_t file, const rc_h5_request *request, rc_h5_open_table *out,
                            rc_error *err);

/* The whole file, for `inspect`. At most 10,000 objects. */
rc_status rc_h5_layout_tree(hid_t file, rc_h5_tree *tree, rc_error *err);

#endif
