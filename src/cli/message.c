/* message.c - the form of all that goes to stderr for people. */
#include "cli/message.h"

#include <errno.h>
#include <stdio.h>

#include "cli/signals.h"

/* "rowcast" or "rowcast score", with something between the two. */
static void print_name(rc_command_id command, const char *between)
{
    const char *name = rc_command_get(command)->name;
    fprintf(stderr, "rowcast%s%s", *name != '\0' ? between : "", name);
}

void rc_message_line(rc_command_id command, const char *text)
{
    flockfile(stderr);
    print_name(command, ": ");
    fprintf(stderr, ": %s\n", text);
    funlockfile(stderr);
}

int rc_message_failure(rc_command_id command, const rc_error *err)
{
    if (err->code == RC_E_OUTPUT && err->os_errno == EPIPE)
        rc_signals_die_of_pipe();
    rc_message_line(command, err->text);
    if (err->code == RC_E_USAGE) {
        fputs("  try '", stderr);
        print_name(command, " ");
        fputs(" --help'\n", stderr);
    }
    return -(int)err->code;
}

int rc_message_flush(rc_command_id command)
{
    rc_error err;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    rc_error_os(&err, RC_E_OUTPUT, errno, "write standard output");
    return rc_message_failure(command, &err);
}
