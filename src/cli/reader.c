/* reader.c - the table of readers: who parses what, behind the wall. */
#include "cli/reader.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "guard/confined.h"
#include "model/foreign/reader.h"
#include "table/h5/reader/reader.h"

static const rc_reader_kind kinds[] = {
    {"hdf5", rc_h5_reader_prepare, rc_h5_reader_serve},
    {"keras", rc_keras_prepare, rc_keras_serve},
    {"onnx", rc_onnx_prepare, rc_onnx_serve},
};

/* A person has a terminal there, or a file. */
static bool is_started_by_guard(void)
{
    struct stat what;
    return fstat(RC_CONFINED_SOCKET, &what) == 0 && S_ISSOCK(what.st_mode);
}

/* The other side is told, as long as it is a rowcast. */
static int refuse_kind(const char *name)
{
    rc_channel channel = {.fd = RC_CONFINED_SOCKET};
    rc_error err;
    rc_error_set(&err, RC_E_SYSTEM, "this rowcast has no reader '%s'", name);
    (void)rc_channel_fault(&channel, RC_FAULT_SYSTEM, &err);
    return -RC_E_USAGE;
}

int rc_reader_main(int n_words, char **words)
{
    if (n_words < 1 || !is_started_by_guard()) {
        fprintf(stderr, "rowcast: --reader is not for people: rowcast starts it itself\n");
        return -RC_E_USAGE;
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(words[0], kinds[i].name) == 0)
            return rc_confined_main(&kinds[i], n_words - 1, words + 1);
    return refuse_kind(words[0]);
}
