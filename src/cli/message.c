/* message.c - the form of all that goes to stderr for people. */
#include "cli/message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/signals.h"

/* "rowcast" or "rowcast score", with something between the two. */
static void print_name(rc_command_id command, const char *between)
{
    const char *name = rc_command_get(command)->name;
    fprintf(stderr, "rowcast%s%s", *name != '\0' ? between : "", name);
}

/* Values in texts are escaped where they are quoted; paths are not, and may hold what a terminal
 * obeys. The newline before a hint stays. */
static void print_masked(const char *text)
{
    char shown[RC_QUOTED_BYTES];
    for (size_t n = strlen(text), length; n > 0; text += length, n -= length) {
        length = rc_utf8_length(text, n);
        length = length > 0 ? length : 1;
        bool is_hint = strncmp(text, "\n  ", 3) == 0;
        fputs(is_hint ? "\n" : rc_text_quote(text, length, shown), stderr);
    }
}

void rc_message_line(rc_command_id command, const char *text)
{
    flockfile(stderr);
    print_name(command, ": ");
    fputs(": ", stderr);
    print_masked(text);
    putc('\n', stderr);
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
