/* signals.h - leave no temporary behind when a signal or a library ends the program. */
#ifndef RC_CLI_SIGNALS_H
#define RC_CLI_SIGNALS_H

#include "rowcast.h"

/* Catches SIGINT, SIGTERM, SIGHUP, SIGXCPU and SIGPIPE, but none that was ignored already. When
 * one comes, temporaries are removed and the program dies by it. */
void rc_signals_catch(void);

/* The rc_job_options.temporary of the program; context is not used. */
void rc_signals_temporary(void *context, rc_temporary_event event, const char *path);

/* Between these two, exit() by a library removes temporaries and ends with status 6. */
void rc_signals_job_begin(void);
void rc_signals_job_end(void);

/* Removes temporaries and ends with status 6. */
_Noreturn void rc_signals_die_of_memory(void);

/* Dies by SIGPIPE even if it is ignored, as a writer to a closed pipe does. */
_Noreturn void rc_signals_die_of_pipe(void);

#endif
