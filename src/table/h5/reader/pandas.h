/* pandas.h - what the files share that read what pandas wrote. */
#ifndef RC_TABLE_H5_READER_PANDAS_H
#define RC_TABLE_H5_READER_PANDAS_H

#include "table/h5/reader/layout.h"

/* Families of the formats without a compound dataset. */
rc_status rc_h5_make_pandas_fixed(rc_h5_maker *maker, hid_t group, const char *path, rc_error *err);
rc_status rc_h5_make_pandas_series(rc_h5_maker *maker, hid_t group, const char *path,
                                   rc_error *err);

/* Of columns whose names are tuples. */
rc_status rc_h5_pandas_refuse_levels(rc_error *err);

/* pandas writes what has no elements as one element, and the true shape beside it. */
bool rc_h5_pandas_is_empty(hid_t dataset);

/* An index of the name of a column is called as pandas calls it then: level_0. */
rc_status rc_h5_pandas_tell_apart(rc_h5_maker *maker, rc_error *err);

/* Tells from a column's dtype, which an attribute names, that its least value is NaT. */
void rc_h5_pandas_tell_nat(hid_t object, const char *attribute, rc_h5_column *column);

/* Labels of a categorical: the column "values" of a table, as texts. */
rc_status rc_h5_pandas_categories(hid_t table, const char *path, rc_h5_texts *texts, rc_error *err);

#endif
