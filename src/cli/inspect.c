/* inspect.c - `rowcast inspect`: says on standard output what is in a file. */
#include "cli/inspect.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/message.h"
#include "cli/reader_path.h"
#include "cli/resolve.h"

/* The error of standard output, 0 if there is none. */
static bool on_text(void *context, const char *text, size_t n_bytes)
{
    int *os_errno = context;
    if (fwrite(text, 1, n_bytes, stdout) == n_bytes && fflush(stdout) == 0)
        return true;
    *os_errno = errno;
    return false;
}

static rc_status check_terminal(const rc_args *args, rc_error *err)
{
    if (args->operands.n > 0 || !isatty(STDIN_FILENO))
        return RC_OK;
    rc_error_set(err, RC_E_USAGE, "no FILE, and standard input is a terminal");
    rc_error_hint(err, "to type records, give - as FILE");
    return RC_E_USAGE;
}

int rc_inspect_main(const rc_args *args, rc_strings words)
{
    (void)words;
    rc_inspect_options opt;
    rc_error err = {0};
    int os_errno = 0;
    rc_status st = rc_resolve_inspect(&opt, args, &err);
    if (st == RC_OK)
        st = check_terminal(args, &err);
    char reader[PATH_MAX];
    opt.reader = rc_reader_path(reader, sizeof(reader));
    opt.context = &os_errno;
    opt.text = on_text;
    if (st == RC_OK)
        st = rc_inspect(&opt, &err);
    if (st == RC_E_OUTPUT && os_errno != 0)
        rc_error_os(&err, RC_E_OUTPUT, os_errno, "write standard output");
    return st < 0 ? rc_message_failure(RC_COMMAND_INSPECT, &err) : 0;
}
