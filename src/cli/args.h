/* args.h - the command line as it was written, checked against the table of options. */
#ifndef RC_CLI_ARGS_H
#define RC_CLI_ARGS_H

#include "base/error.h"
#include "cli/opts.h"

/* A growable list of strings that it owns. */
typedef struct rc_cli_list {
    char **items;
    size_t n, capacity;
} rc_cli_list;

/* {0} is an empty one. */
typedef struct rc_args {
    bool given[RC_N_OPTS];
    const char *values[RC_N_OPTS]; /* kind VALUE: borrowed from argv; NULL if not given */
    rc_cli_list lists[RC_N_OPTS];  /* kinds REPEAT and LIST */
    rc_cli_list operands;
} rc_args;

/**
 * Parses argc words that follow the name of the subcommand. Stops at --help and --version, with
 * given[] set. Names must be written out; a value may begin with a dash.
 * Errors   RC_E_USAGE; out is to be released on failure, too.
 */
rc_status rc_args_parse(rc_args *out, rc_command_id command, int argc, char *const *argv,
                        rc_error *err);
void rc_args_release(rc_args *args);

/* Appends the items of text, `a,"b,c"`, to the list. An empty item must be quoted. */
rc_status rc_args_split(rc_cli_list *list, const char *text, rc_error *err);

/* The candidate that is the nearest to word and not too far from it, or NULL. */
const char *rc_args_nearest(const char *word, const char *const *candidates, size_t n);

#endif
