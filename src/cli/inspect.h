/* inspect.h - `rowcast inspect`. */
#ifndef RC_CLI_INSPECT_H
#define RC_CLI_INSPECT_H

#include "cli/args.h"

/* Returns the exit status. */
int rc_inspect_main(const rc_args *args, rc_strings words);

#endif
