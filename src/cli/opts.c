/* opts.c - the table of subcommands and options. */
#include "cli/opts.h"

#include <string.h>

#define COMMAND(id, name, operands, summary) {RC_COMMAND_##id, name, operands, summary},
#define OPT(id, commands, letter, name, kind, arg, choices, group, help)
static const rc_command commands[] = {
#include "cli/opts.def"
};
#undef COMMAND
#undef OPT

#define COMMAND(id, name, operands, summary)
#define IN(command) (1u << RC_COMMAND_##command)
#define OPT(id, commands, letter, name, kind, arg, choices, group, help) \
    {RC_OPT_##id, commands, letter, name, RC_KIND_##kind, arg, choices, group, help},
static const rc_opt opts[] = {
#include "cli/opts.def"
};
#undef COMMAND
#undef IN
#undef OPT

const rc_command *rc_command_get(rc_command_id id)
{
    return &commands[id];
}

const rc_command *rc_command_by_name(const char *name)
{
    for (int i = RC_COMMAND_TOP + 1; i < RC_N_COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

const rc_opt *rc_opt_get(rc_opt_id id)
{
    return &opts[id];
}

bool rc_opt_in(const rc_opt *opt, rc_command_id command)
{
    return (opt->commands >> command & 1) != 0;
}

const rc_opt *rc_opt_by_name(rc_command_id command, const char *name, size_t n)
{
    for (int i = 0; i < RC_N_OPTS; i++)
        if (rc_opt_in(&opts[i], command) && strlen(opts[i].name) == n &&
            memcmp(opts[i].name, name, n) == 0)
            return &opts[i];
    return NULL;
}

const rc_opt *rc_opt_by_letter(rc_command_id command, char letter)
{
    for (int i = 0; i < RC_N_OPTS && letter != '\0'; i++)
        if (rc_opt_in(&opts[i], command) && opts[i].letter == letter)
            return &opts[i];
    return NULL;
}

bool rc_choice_next(const char **at, rc_choice *out)
{
    *at += strspn(*at, " ");
    if (**at == '\0')
        return false;
    out->text = *at;
    out->n = strcspn(*at, " [");
    out->takes_level = (*at)[out->n] == '[';
    *at += strcspn(*at, " ");
    return true;
}

bool rc_opt_accepts(const rc_opt *opt, const char *value)
{
    const char *at = opt->choices;
    rc_choice choice;
    if (*at == '\0')
        return true;
    while (rc_choice_next(&at, &choice)) {
        if (strncmp(value, choice.text, choice.n) != 0)
            continue;
        char next = value[choice.n];
        if (next == '\0' || (next == ':' && choice.takes_level))
            return true;
    }
    return false;
}
