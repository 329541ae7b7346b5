/* inspect_h5.h - read the tree of an HDF5 file, and the first rows of its table. */
#ifndef RC_RUN_INSPECT_H5_H
#define RC_RUN_INSPECT_H5_H

#include "run/inspect.h"

/* Appends the description. Takes fd. RC_AGAIN: it is a model of Keras, no table, unless it is asked
 * for as HDF5. Errors carry no path. */
rc_status rc_inspect_file_h5(rc_buf *out, const rc_inspect_file *file, int fd, rc_error *err);

/* What looks like HDF5, and cannot be read as such. */
rc_status rc_inspect_h5_refuse(const rc_inspect_file *file, rc_error *err);

#endif
