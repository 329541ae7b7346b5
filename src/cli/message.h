/* message.h - the form of all that goes to stderr for people. */
#ifndef RC_CLI_MESSAGE_H
#define RC_CLI_MESSAGE_H

#include "base/error.h"
#include "cli/opts.h"

/* Writes "rowcast: score: TEXT", and for wrong usage where help is to be found. Returns the exit
 * status. */
int rc_message_failure(rc_command_id command, const rc_error *err);

/* Writes "rowcast: score: TEXT". */
void rc_message_line(rc_command_id command, const char *text);

/* Sends what was printed to stdout on its way; a failure is told. Returns the exit status. */
int rc_message_flush(rc_command_id command);

#endif
