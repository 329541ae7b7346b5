/* pandas_labels.c - labels of a categorical column in the tables of pandas. */
#include <inttypes.h>

#include "table/h5/reader/pandas.h"

enum { MOST_BYTES = 1 << 28 };

/* Where the member "values" stands in the elements of a compound, and what it is. */
static bool find_values(hid_t type, size_t element_bytes, rc_h5_type_info *info, size_t *offset)
{
    bool is_plain = H5Tget_class(type) == H5T_COMPOUND && rc_h5_type_converted(type) == 0;
    int i = is_plain ? H5Tget_member_index(type, "values") : -1;
    hid_t member = i >= 0 ? H5Tget_member_type(type, (unsigned)i) : -1;
    if (member < 0)
        return false;
    rc_h5_type_tell(member, info);
    *offset = H5Tget_member_offset(type, (unsigned)i);
    H5Tclose(member);
    return info->type != RC_H5_UNREADABLE && *offset <= element_bytes &&
           info->n_bytes <= element_bytes - *offset;
}

static rc_status read_labels(const rc_h5_dataset *dataset, const rc_h5_storage *storage,
                             rc_h5_texts *texts, rc_error *err)
{
    size_t offset;
    rc_h5_type_info info;
    if (storage->n_columns != 1 ||
        !find_values(dataset->type, storage->element_bytes, &info, &offset))
        return rc_error_set(err, RC_E_DATA, "categories without values that can be read");
    if (storage->n_rows > RC_H5_MAX_LABELS || storage->n_rows * storage->element_bytes > MOST_BYTES)
        return rc_error_set(err, RC_E_DATA, "%" PRIu64 " categories are too many", storage->n_rows);
    rc_buf rows = {0};
    rc_status st = rc_h5_storage_block(dataset, storage, 0, storage->n_rows, &rows, err);
    for (uint64_t i = 0; st >= 0 && i < storage->n_rows; i++)
        st = rc_h5_texts_add_element(texts, &info, rows.data + i * storage->element_bytes + offset,
                                     "", err);
    rc_buf_release(&rows);
    char quoted[RC_QUOTED_BYTES];
    return st < 0 ? rc_error_wrap(err, st, "dataset '%s'", rc_h5_quote(storage->path, quoted)) : st;
}

rc_status rc_h5_pandas_categories(hid_t table, const char *path, rc_h5_texts *texts, rc_error *err)
{
    rc_h5_dataset dataset;
    rc_h5_storage storage;
    *texts = (rc_h5_texts){0};
    RC_TRY(rc_h5_dataset_open(table, path, &dataset, err));
    rc_status st = rc_h5_storage_describe(&dataset, path, false, 0, 0, &storage, err);
    if (st >= 0) {
        st = read_labels(&dataset, &storage, texts, err);
        rc_h5_storage_release(&storage);
    }
    rc_h5_dataset_close(&dataset);
    if (st < 0)
        rc_h5_texts_release(texts);
    return st;
}
