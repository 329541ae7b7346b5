/* outside.c - a program that knows only the installed header: scores a file.
 *
 *     outside MODEL INPUT OUTPUT [READER]
 */
#include <rowcast.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc != 4 && argc != 5)
        return 2;
    rc_job_options opt;
    rc_job_options_default(&opt);
    opt.model = argv[1];
    opt.inputs = (rc_strings){(const char *const *)&argv[2], 1};
    opt.output = argv[3];
    opt.reader = argv[4];
    rc_error err = {0};
    rc_status st = rc_run(&opt, &err);
    if (st < 0)
        fprintf(stderr, "%s\n", err.text);
    return st < 0 ? -st : 0;
}
