/* convert.c - `rowcast convert`: any model that is read, as a native model. */
#include "cli/convert.h"

#include <limits.h>

#include "cli/message.h"
#include "cli/reader_path.h"
#include "cli/resolve.h"
#include "cli/signals.h"

int rc_convert_main(const rc_args *args, rc_strings words)
{
    rc_convert_options opt;
    rc_error err = {0};
    char reader[PATH_MAX];
    (void)words;
    rc_status st = rc_resolve_convert(&opt, args, &err);
    opt.reader = rc_reader_path(reader, sizeof(reader));
    opt.temporary = rc_signals_temporary;
    if (st == RC_OK) {
        rc_signals_job_begin();
        st = rc_convert(&opt, &err);
        rc_signals_job_end();
    }
    return st < 0 ? rc_message_failure(RC_COMMAND_CONVERT, &err) : 0;
}
