/* help.h - the table of options as text for a terminal. */
#ifndef RC_CLI_HELP_H
#define RC_CLI_HELP_H

#include <stdio.h>

#include "cli/opts.h"

/* Usage, subcommands if it is the top, and options by group; 80 columns. */
void rc_help_print(FILE *to, rc_command_id command);

/* "rowcast 0.1.0", then the versions of the parts. */
void rc_help_version(FILE *to);

#endif
