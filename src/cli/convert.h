/* convert.h - `rowcast convert`. */
#ifndef RC_CLI_CONVERT_H
#define RC_CLI_CONVERT_H

#include "cli/args.h"

/* Returns the exit status. words: the whole command line. */
int rc_convert_main(const rc_args *args, rc_strings words);

#endif
