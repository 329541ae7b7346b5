/* opts.h - the table of subcommands and options. */
#ifndef RC_CLI_OPTS_H
#define RC_CLI_OPTS_H

#include <stdbool.h>
#include <stddef.h>

#define COMMAND(id, name, operands, summary) RC_COMMAND_##id,
#define OPT(id, commands, letter, name, kind, arg, choices, group, help)
typedef enum rc_command_id {
#include "cli/opts.def"
    RC_N_COMMANDS
} rc_command_id;
#undef COMMAND
#undef OPT

#define COMMAND(id, name, operands, summary)
#define OPT(id, commands, letter, name, kind, arg, choices, group, help) RC_OPT_##id,
typedef enum rc_opt_id {
#include "cli/opts.def"
    RC_N_OPTS
} rc_opt_id;
#undef COMMAND
#undef OPT

typedef enum rc_opt_kind {
    RC_KIND_FLAG,   /* takes no value */
    RC_KIND_VALUE,  /* takes one value, once */
    RC_KIND_REPEAT, /* one value each time */
    RC_KIND_LIST    /* items with CSV quoting; repetition appends */
} rc_opt_kind;

typedef struct rc_command {
    rc_command_id id;
    const char *name; /* "" for rowcast without a subcommand */
    const char *operands;
    const char *summary;
} rc_command;

typedef struct rc_opt {
    rc_opt_id id;
    unsigned commands; /* bit 1 << rc_command_id: who takes it */
    char letter;       /* 0: none */
    const char *name;
    rc_opt_kind kind;
    const char *arg; /* NULL for a flag */
    const char *choices;
    const char *group;
    const char *help;
} rc_opt;

/* One of an option's choices. */
typedef struct rc_choice {
    const char *text; /* n bytes, no NUL behind */
    size_t n;
    bool takes_level; /* WORD:NUMBER is accepted, too */
} rc_choice;

const rc_command *rc_command_get(rc_command_id id);
const rc_command *rc_command_by_name(const char *name); /* NULL if there is none */

const rc_opt *rc_opt_get(rc_opt_id id);
bool rc_opt_in(const rc_opt *opt, rc_command_id command);
/* NULL if the subcommand has no such option. */
const rc_opt *rc_opt_by_name(rc_command_id command, const char *name, size_t n);
const rc_opt *rc_opt_by_letter(rc_command_id command, char letter);

/* Steps through opt->choices: *at begins as opt->choices. False at the end. */
bool rc_choice_next(const char **at, rc_choice *out);
/* Whether a value is among the choices, or the option has none. */
bool rc_opt_accepts(const rc_opt *opt, const char *value);

#endif
