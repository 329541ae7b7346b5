/* layout.h - what the files that find tables in an HDF5 file share. */
#ifndef RC_TABLE_H5_READER_LAYOUT_H
#define RC_TABLE_H5_READER_LAYOUT_H

#include "table/h5/reader/reader.h"

enum {
    RC_H5_MAX_OBJECTS = 10000, /* of a file that is searched */
    RC_H5_MAX_DEPTH = 32,
    RC_H5_MAX_LEAVES = 16, /* nesting of compounds */
    RC_H5_PATH_BYTES = 4096
};

/* -- h5/reader/make.c: a table that is being described.
 * ----------------------------------------------- */

typedef struct rc_h5_maker {
    hid_t file;
    uint64_t max_memory;
    rc_h5_open_table open;
    size_t columns, storages, datasets, labels; /* capacities */
    size_t text_bytes;                          /* of names and labels so far */
    bool has_rows;                              /* whether the table's n_rows is known */
    bool is_sharing; /* whether a dataset that is there already is not added again */
} rc_h5_maker;

rc_status rc_h5_maker_init(rc_h5_maker *maker, hid_t file, uint64_t max_memory, rc_error *err);
void rc_h5_maker_release(rc_h5_maker *maker); /* what was not taken */

/* Says what the table is. */
rc_status rc_h5_make_title(rc_h5_maker *maker, const char *path, const char *layout, rc_error *err);

/* Adds the storage of a dataset (rank 1 or 2), with as many rows as all before; *number is its
 * own. */
rc_status rc_h5_make_storage(rc_h5_maker *maker, hid_t dataset, const char *path,
                             bool is_transposed, uint32_t *number, rc_error *err);

/* Adds a column; name NULL: none. Name and `why` are copied. */
rc_status rc_h5_make_column(rc_h5_maker *maker, const rc_h5_column *column, const char *name,
                            size_t n, rc_error *err);

/* Adds the column that elements of a type make, with the labels of an enumeration. */
rc_status rc_h5_make_element(rc_h5_maker *maker, uint32_t storage, hid_t type, const char *name,
                             size_t n, rc_error *err);

/* Adds the columns of a storage, each with its name if there are as many. */
rc_status rc_h5_make_cells(rc_h5_maker *maker, uint32_t storage, const rc_h5_texts *names,
                           rc_error *err);

/* Adds a column that nobody can read. */
rc_status rc_h5_make_unreadable(rc_h5_maker *maker, const char *name, size_t n, const char *why,
                                rc_error *err);

/* Adds a dataset of rank 1 (or n x 1, 1 x n) as a column; is_side: as an index. */
rc_status rc_h5_make_vector(rc_h5_maker *maker, hid_t dataset, const char *path, const char *name,
                            bool is_side, rc_error *err);
/* The same for the child of the group at `path`. */
rc_status rc_h5_make_child(rc_h5_maker *maker, hid_t group, const char *path, const char *child,
                           const char *name, bool is_side, rc_error *err);

/* Takes the texts as labels of codes that count from 0. */
rc_status rc_h5_make_labels_take(rc_h5_maker *maker, rc_h5_texts *texts, uint32_t *number,
                                 rc_error *err);
rc_status rc_h5_make_list_take(rc_h5_maker *maker, rc_h5_labels *labels, uint32_t *number,
                               rc_error *err);

/* The last column that was added. */
rc_h5_column *rc_h5_made(rc_h5_maker *maker);

/* Sorts the columns: those beside the table, then those that are named, in the order of the names,
 * then the others as they were. */
rc_status rc_h5_make_order(rc_h5_maker *maker, const rc_h5_texts *names, rc_error *err);

/* Moves a column of one table, with what it needs, beside the columns of another. */
rc_status rc_h5_make_transplant(rc_h5_maker *maker, rc_h5_maker *from, size_t column,
                                const char *name, rc_error *err);

/* -- h5/reader/sight.c: what an object is as a table.
 * ------------------------------------------------- */

/* A kind of table: how it is told, and how it is described. */
typedef struct rc_h5_family {
    const char *layout; /* "pandas table" */
    rc_status (*make)(rc_h5_maker *maker, hid_t object, const char *path, rc_error *err);
} rc_h5_family;

/* Whether a dataset can be a column of a table. */
typedef enum rc_h5_column_like {
    RC_H5_NO_VECTOR,
    RC_H5_LINE, /* of rank 1 */
    RC_H5_PLANE /* n x 1, or 1 x n */
} rc_h5_column_like;

typedef struct rc_h5_sight {
    const rc_h5_family *family; /* NULL: it is no table */
    uint64_t n_rows, n_columns;
    rc_h5_column_like vector;
    uint64_t vector_rows; /* n of n x 1 and 1 x n */
    bool is_closed;       /* a group of which no member is a table by itself */
    bool holds_keys;      /* one of pandas: groups of pandas in it are, nevertheless */
    bool is_annotated;    /* of AnnData: some groups in it are about the columns of others */
    bool is_wide;         /* a group with a table in it: its vectors are none */
    char why[192];        /* why it is no table; "" if there is nothing to say */
} rc_h5_sight;

/* Looks at an object. Never fails: what cannot be looked at is no table, and says why. */
void rc_h5_sight_of(hid_t object, const char *path, rc_h5_sight *sight);

/* Whether an object is a table to be offered, next to what else stands in its group. */
bool rc_h5_sight_offers(const rc_h5_sight *group, const rc_h5_sight *sight);

/* Of a family: whether an object is of it (also: and cannot be read). */
bool rc_h5_sees_pandas(hid_t object, rc_h5_sight *sight);
bool rc_h5_sees_anndata(hid_t object, rc_h5_sight *sight);
bool rc_h5_sees_matlab(hid_t object, rc_h5_sight *sight);
bool rc_h5_sees_group(hid_t object, rc_h5_sight *sight);
bool rc_h5_sees_dataset(hid_t object, rc_h5_sight *sight);
/* Columns in a group, of one length. */
rc_status rc_h5_make_group(rc_h5_maker *maker, hid_t group, const char *path, rc_error *err);
/* The part of the last that is about compounds. */
void rc_h5_see_compound(hid_t dataset, unsigned rank, const hsize_t *shape, hid_t type,
                        rc_h5_sight *sight);
/* Adds the columns that one member of a compound makes. *offset is where it begins if elements are
 * converted: of the first it is 0. */
rc_status rc_h5_make_member(rc_h5_maker *maker, uint32_t storage, hid_t type, unsigned member,
                            uint64_t *offset, rc_error *err);

/* Why elements of a MATLAB array are not read; NULL: they are. */
const char *rc_h5_matlab_refusal(hid_t dataset);

/* A column that AnnData writes as a group: codes and categories, or values and a mask. */
bool rc_h5_is_encoded_column(hid_t group);
rc_status rc_h5_make_encoded(rc_h5_maker *maker, hid_t group, const char *path, const char *name,
                             rc_error *err);

/* Names of the columns of /X and the like in an AnnData file; RC_END: none. */
rc_status rc_h5_anndata_names(hid_t file, const char *path, uint64_t n, rc_h5_texts *names,
                              rc_error *err);

/* Names in protocol-0 pickle text, as pandas leaves them in attributes: what lists at so many
 * levels hold, texts and integers. RC_E_DATA: it is anything else. Nothing is ever unpickled. */
rc_status rc_h5_pickle_names(const char *text, size_t n, unsigned level, rc_h5_texts *names,
                             rc_error *err);

/* -- Small things. ------------------------------------------------------------------------------
 */

/* Rank and extent of a dataset; false: it has none, or more dimensions than 32. */
bool rc_h5_extent(hid_t dataset, unsigned *rank, hsize_t *shape);
/* Whether an extent is that of a column. */
bool rc_h5_is_vector(unsigned rank, const hsize_t *shape, uint64_t *n_rows, bool *is_transposed);
/* Whether an attribute is the text. */
bool rc_h5_attribute_is(hid_t object, const char *name, const char *text);
/* Joins a path and a name; RC_E_DATA: too long. */
rc_status rc_h5_join(char out[RC_H5_PATH_BYTES], const char *path, const char *name, rc_error *err);
/* The path of the group that holds an object: "/" of "/a". */
void rc_h5_parent(char out[RC_H5_PATH_BYTES], const char *path);
const char *rc_h5_last_name(const char *path);
/* Opens the child of the group at `path`, which must be a dataset; RC_E_DATA. */
typedef struct rc_h5_place {
    hid_t id;
    char path[RC_H5_PATH_BYTES];
} rc_h5_place;
rc_status rc_h5_member_open(hid_t group, const char *path, const char *name, rc_h5_place *member,
                            rc_error *err);

/* -- h5/reader/beside.c: columns that are not in the table.
 * ------------------------------------------- */

/* Looks for what is asked for, and is no column of the table, at a path. */
rc_status rc_h5_make_beside(rc_h5_maker *maker, const rc_strings *asked, rc_error *err);

/* Describes the object as the table that it is; *sight is what it was taken for. */
rc_status rc_h5_make_table(rc_h5_maker *maker, hid_t object, const char *path, rc_h5_sight *sight,
                           rc_error *err);

/* -- h5/reader/walk.c: every object of a file.
 * -------------------------------------------------------- */

/* What is come upon. */
typedef struct rc_h5_step {
    const char *path;
    H5L_type_t link;
    hid_t object;             /* -1: a link that is not followed, or damage */
    const char *cause;        /* of the damage; else "" */
    const rc_h5_sight *group; /* of the group that holds it; NULL: the root */
    const rc_h5_sight *sight;
    bool is_known; /* another name of an object that was seen before */
} rc_h5_step;

typedef struct rc_h5_walk {
    rc_status (*visit)(void *context, const rc_h5_step *step, rc_error *err);
    void *context;
    bool is_cut; /* there were more than RC_H5_MAX_OBJECTS, or deeper ones than RC_H5_MAX_DEPTH */
} rc_h5_walk;

rc_status rc_h5_walk_file(hid_t file, rc_h5_walk *walk, rc_error *err);

#endif
