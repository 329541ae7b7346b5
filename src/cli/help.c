/* help.c - the table of options as text for a terminal. */
#include "cli/help.h"

#include <string.h>

#include "rowcast.h"

enum { COLUMNS = 80, HELP_AT = 26 };

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define COMPILER "gcc " __VERSION__
#else
#define COMPILER "unknown compiler"
#endif

/* Prints words from column `at` on; lines that follow begin at HELP_AT. Returns the column. */
static size_t print_words(FILE *to, size_t at, const char *text)
{
    while (*text != '\0') {
        size_t n = strcspn(text, " ");
        if (at + 1 + n > COLUMNS) {
            fprintf(to, "\n%*s", HELP_AT, "");
            at = HELP_AT;
        } else if (at > HELP_AT) {
            fputc(' ', to);
            at++;
        }
        fwrite(text, 1, n, to);
        at += n;
        text += n;
        text += strspn(text, " ");
    }
    return at;
}

static void print_choices(FILE *to, size_t at, const rc_opt *opt)
{
    const char *next = opt->choices;
    char item[64];
    rc_choice choice;
    bool more = rc_choice_next(&next, &choice);
    while (more) {
        rc_choice this = choice;
        more = rc_choice_next(&next, &choice);
        snprintf(item, sizeof(item), "%.*s%s%s", (int)this.n, this.text,
                 this.takes_level ? "[:LEVEL]" : "", more ? "," : "");
        at = print_words(to, at, item);
    }
}

static void print_opt(FILE *to, const rc_opt *opt)
{
    char name[64];
    int n = snprintf(name, sizeof(name), "  %c%c%c --%s%s%s", opt->letter != 0 ? '-' : ' ',
                     opt->letter != 0 ? opt->letter : ' ', opt->letter != 0 ? ',' : ' ', opt->name,
                     opt->arg != NULL ? " " : "", opt->arg != NULL ? opt->arg : "");
    fputs(name, to);
    if (n + 2 > HELP_AT)
        fprintf(to, "\n%*s", HELP_AT, "");
    else
        fprintf(to, "%*s", HELP_AT - n, "");
    size_t at = print_words(to, HELP_AT, opt->help);
    if (*opt->choices != '\0') {
        fputc(':', to);
        print_choices(to, at + 1, opt);
    }
    fputc('\n', to);
}

static void print_commands(FILE *to)
{
    fputs("\nSubcommands:\n", to);
    for (int i = RC_COMMAND_TOP + 1; i < RC_N_COMMANDS; i++) {
        const rc_command *command = rc_command_get((rc_command_id)i);
        fprintf(to, "  %-*s%s\n", HELP_AT - 2, command->name, command->summary);
    }
}

void rc_help_print(FILE *to, rc_command_id id)
{
    const rc_command *command = rc_command_get(id);
    const char *group = "";
    fprintf(to, "Usage: rowcast%s%s %s\n%s.\n", *command->name != '\0' ? " " : "", command->name,
            command->operands, command->summary);
    if (id == RC_COMMAND_TOP)
        print_commands(to);
    for (int i = 0; i < RC_N_OPTS; i++) {
        const rc_opt *opt = rc_opt_get((rc_opt_id)i);
        if (!rc_opt_in(opt, id))
            continue;
        if (strcmp(group, opt->group) != 0)
            fprintf(to, "\n%s:\n", opt->group);
        group = opt->group;
        print_opt(to, opt);
    }
    if (id == RC_COMMAND_SCORE)
        fputs("\nINPUT is a CSV or TSV file, also compressed with zstd or gzip, or an HDF5 file;\n"
              "- or none is standard input. COLUMN is a name in the header, else a position\n"
              "from 1; of HDF5 also the path of a dataset beside the table. LIST is names with\n"
              "commas between, quoted as in CSV. SIZE is bytes, or K, M, G of them.\n",
              to);
    if (id == RC_COMMAND_INSPECT)
        fputs("\nFILE is a model, a report, an HDF5 file, or a CSV or TSV file, also compressed\n"
              "with zstd or gzip; - or none is standard input. LIST is texts with commas\n"
              "between, quoted as in CSV. SIZE is bytes, or K, M, G of them. Of a table 1000\n"
              "rows are looked at without --limit.\n",
              to);
    fputs("\nMore: man rowcast\n", to);
}

void rc_help_version(FILE *to)
{
    fprintf(to, "rowcast %s\n%s\n%s\n", rc_version(), rc_version_parts(), COMPILER);
}
