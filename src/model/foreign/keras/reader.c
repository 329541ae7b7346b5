/* reader.c - the reader "keras": a file of Keras onto the tape, behind the wall. */
#include <signal.h>
#include <stdlib.h>

#include "model/foreign/keras/read.h"
#include "table/h5/reader/reader.h"

static void close_store(void *store)
{
    rc_keras_store_close(store);
}

/* The tape borrows the weights: the file keeps them. */
rc_status rc_keras_read(rc_tape *tape, rc_foreign_file *file, rc_error *err)
{
    rc_keras_store *store;
    RC_TRY(rc_keras_store_open(&store, file, err));
    file->decoded = store;
    file->decoded_free = close_store;
    return rc_keras_read_store(tape, store, file, err);
}

/* -- the reader ----------------------------------------------------------------------------------
 */

/* jansson does not look whether its lexer's buffer could grow; behind the wall the process ends. */
static void *allocate_or_die(size_t n)
{
    void *p = malloc(n);
    if (p == NULL)
        raise(SIGKILL);
    return p;
}

rc_status rc_keras_prepare(rc_error *err)
{
    json_set_alloc_funcs(allocate_or_die, free);
    return rc_h5_reader_prepare(err);
}

rc_status rc_keras_serve(rc_channel *channel, int fd, rc_error *err)
{
    return rc_foreign_serve(channel, fd, rc_keras_read, err);
}
