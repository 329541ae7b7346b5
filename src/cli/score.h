/* score.h - `rowcast score`. */
#ifndef RC_CLI_SCORE_H
#define RC_CLI_SCORE_H

#include "cli/args.h"

/* words is the whole command line, for the report. Returns the exit status. */
int rc_score_main(const rc_args *args, rc_strings words);

#endif
