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
 * obeys: controls, also those of two bytes (C1), bytes that are no UTF-8. The newline before a hint
 * stays. */
static void print_masked(const char *text)
{
    for (const char *p = text, *end = text + strlen(text); p < end;) {
        size_t length = rc_utf8_length(p, (size_t)(end - p));
        unsigned char c = (unsigned char)p[0];
        bool is_control = length == 1 ? c < 0x20 || c == 0x7f
                                      : length == 0 || (c == 0xc2 && (unsigned char)p[1] < 0xa0);
        if (c == '\n' && strncmp(p + 1, "  ", 2) == 0)
            is_control = false;
        for (size_t i = 0; i < (length > 0 ? length : 1); i++, p++)
            fprintf(stderr, is_control ? "\\x%02x" : "%c", (unsigned char)*p);
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
