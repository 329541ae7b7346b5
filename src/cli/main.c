/* main.c - rowcast: finds the subcommand and hands over to it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/text.h"
#include "cli/args.h"
#include "cli/convert.h"
#include "cli/help.h"
#include "cli/inspect.h"
#include "cli/message.h"
#include "cli/reader.h"
#include "cli/score.h"
#include "cli/signals.h"

static int top_main(const rc_args *args, rc_strings words);
static int help_main(const rc_args *args, rc_strings words);

/* Subcommands, by rc_command_id. */
static int (*const mains[RC_N_COMMANDS])(const rc_args *args, rc_strings words) = {
    [RC_COMMAND_TOP] = top_main,
    [RC_COMMAND_SCORE] = rc_score_main,
    [RC_COMMAND_INSPECT] = rc_inspect_main,
    [RC_COMMAND_CONVERT] = rc_convert_main,
    [RC_COMMAND_HELP] = help_main,
};

/* The names of all subcommands as "score, help"; the nearest is hinted at. */
static int refuse_command(const char *word)
{
    const char *names[RC_N_COMMANDS];
    char all[256] = "", quoted[RC_QUOTED_BYTES];
    size_t n = 0;
    rc_error err;
    for (int i = RC_COMMAND_TOP + 1; i < RC_N_COMMANDS; i++) {
        size_t used = strlen(all);
        names[n] = rc_command_get((rc_command_id)i)->name;
        snprintf(all + used, sizeof(all) - used, "%s%s", n > 0 ? ", " : "", names[n]);
        n++;
    }
    rc_error_set(&err, RC_E_USAGE, "unknown subcommand '%s': it is none of %s",
                 rc_text_quote(word, strlen(word), quoted), all);
    const char *best = rc_args_nearest(word, names, n);
    if (best != NULL)
        rc_error_hint(&err, "did you mean '%s'?", best);
    return rc_message_failure(RC_COMMAND_TOP, &err);
}

static int print_help(rc_command_id command)
{
    rc_help_print(stdout, command);
    return rc_message_flush(command);
}

/* Closed standard descriptors are taken, so that no file that is opened later becomes standard
 * error; the wrong way round, so that to use them fails as before. */
static void hold_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/* jansson 2.14 does not look whether its lexer's buffer could grow: it goes on without the byte, so
 * that a weight is another number, or takes its quote for missing and writes beyond a string. */
static void *allocate_for_json(size_t n)
{
    void *p = malloc(n);
    if (p == NULL)
        rc_signals_die_of_memory();
    return p;
}

/* Only words such as - and -- lead here. */
static int top_main(const rc_args *args, rc_strings words)
{
    (void)words;
    return refuse_command(args->operands.n > 0 ? args->operands.items[0] : "");
}

static int help_main(const rc_args *args, rc_strings words)
{
    (void)words;
    if (args->operands.n == 0)
        return print_help(RC_COMMAND_TOP);
    const rc_command *command = rc_command_by_name(args->operands.items[0]);
    if (command == NULL)
        return refuse_command(args->operands.items[0]);
    return print_help(command->id);
}

/* Parses the words behind the subcommand's name and runs it. */
static int run_command(rc_command_id id, int argc, char **argv, rc_strings words)
{
    rc_args args = {0};
    rc_error err;
    int status;
    rc_status st = rc_args_parse(&args, id, argc, argv, &err);
    if (st < 0) {
        status = rc_message_failure(id, &err);
    } else if (args.given[RC_OPT_HELP]) {
        status = print_help(id);
    } else if (args.given[RC_OPT_VERSION]) {
        rc_help_version(stdout);
        status = rc_message_flush(id);
    } else {
        status = mains[id](&args, words);
    }
    rc_args_release(&args);
    return status;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--reader") == 0)
        _exit(rc_reader_main(argc - 2, argv + 2)); /* what runs at exit may touch a hostile file */
    hold_standard_descriptors();
    rc_strings words = {(const char *const *)argv, (size_t)argc};
    rc_signals_catch();
    json_set_alloc_funcs(allocate_for_json, free);
    if (argc < 2) {
        rc_help_print(stderr, RC_COMMAND_TOP);
        return -RC_E_USAGE;
    }
    if (argv[1][0] == '-')
        return run_command(RC_COMMAND_TOP, argc - 1, argv + 1, words);
    const rc_command *command = rc_command_by_name(argv[1]);
    if (command == NULL)
        return refuse_command(argv[1]);
    return run_command(command->id, argc - 2, argv + 2, words);
}
