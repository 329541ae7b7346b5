/* read.h - a Keras model out of a store that is open already. */
#ifndef RC_MODEL_FOREIGN_KERAS_READ_H
#define RC_MODEL_FOREIGN_KERAS_READ_H

#include "model/foreign/keras/keras.h"

/* As rc_keras_read. The store is the caller's, and is closed behind the tape. */
rc_status rc_keras_read_store(rc_tape *tape, rc_keras_store *store, const rc_foreign_file *file,
                              rc_error *err);

#endif
