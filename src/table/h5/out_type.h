/* out_type.h - the messages of a dataset's object header, byte by byte. */
#ifndef RC_TABLE_H5_OUT_TYPE_H
#define RC_TABLE_H5_OUT_TYPE_H

#include "table/h5/out_meta.h"

/* Appends the n low bytes of x, lowest first. */
RC_MUST_USE bool rc_h5_put(rc_buf *out, uint64_t x, size_t n);
/* Appends zeros up to a multiple of 8 from `begin` on. */
RC_MUST_USE bool rc_h5_pad(rc_buf *out, size_t begin);

/* The name of a member: a column without one is called by its place. */
const char *rc_h5_member_name(const rc_field *field, size_t index, char made[32], size_t *n);

/* Appends the compound type; is_utf8 NULL: for its size only. */
RC_MUST_USE bool rc_h5_put_type(rc_buf *out, const rc_layout *layout, const rc_h5_shape *shape,
                                const bool *is_utf8);

/* Appends the object header of the dataset. chunk_index: address of its B-tree. */
RC_MUST_USE bool rc_h5_put_dataset(rc_buf *out, const rc_h5_meta *meta, uint64_t chunk_index);

#endif
