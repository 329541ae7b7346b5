/* docgen.c - the table of options as man page and as completions of three shells. Runs when rowcast
 * is built, on the machine that builds, with nothing but opts.c and the C library. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/opts.h"

enum { LINE_BYTES = 1024 };

static bool takes_file(const rc_opt *opt)
{
    return opt->arg != NULL && strcmp(opt->arg, "FILE") == 0;
}

/* Prints the choices with something between. */
static void print_choices(const rc_opt *opt, const char *between)
{
    const char *at = opt->choices;
    const char *before = "";
    rc_choice choice;
    while (rc_choice_next(&at, &choice)) {
        printf("%s%.*s", before, (int)choice.n, choice.text);
        before = between;
    }
}

/* Prints text with a backslash before each of the special bytes. */
static void print_escaped(const char *text, const char *special)
{
    for (; *text != '\0'; text++) {
        if (strchr(special, *text) != NULL)
            putchar('\\');
        putchar(*text);
    }
}

/* In troff a dash that is typed is \-, and a line may not begin with a quote or a dot. */
static void print_troff(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '-')
            fputs("\\-", stdout);
        else if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '\'')
            fputs("\\(aq", stdout);
        else
            putchar(*text);
    }
}

static void man_option(const rc_opt *opt)
{
    fputs(".TP\n", stdout);
    if (opt->letter != 0)
        printf("\\fB\\-%c\\fR, ", opt->letter);
    fputs("\\fB\\-\\-", stdout);
    print_troff(opt->name);
    fputs("\\fR", stdout);
    if (opt->arg != NULL)
        printf(" \\fI%s\\fR", opt->arg);
    putchar('\n');
    print_troff(opt->help);
    if (*opt->choices != '\0') {
        fputs(": ", stdout);
        const char *at = opt->choices;
        const char *before = "";
        rc_choice choice;
        while (rc_choice_next(&at, &choice)) {
            printf("%s\\fB%.*s\\fR%s", before, (int)choice.n, choice.text,
                   choice.takes_level ? "[:\\fILEVEL\\fR]" : "");
            before = ", ";
        }
    }
    fputs(".\n", stdout);
    if (opt->kind == RC_KIND_REPEAT || opt->kind == RC_KIND_LIST)
        fputs("May be repeated.\n", stdout);
}

static void man_options(void)
{
    const char *group = "";
    for (int i = 0; i < RC_N_OPTS; i++) {
        const rc_opt *opt = rc_opt_get((rc_opt_id)i);
        if (!rc_opt_in(opt, RC_COMMAND_SCORE) && !rc_opt_in(opt, RC_COMMAND_INSPECT))
            continue;
        if (strcmp(group, opt->group) != 0)
            printf(".SS %s\n", opt->group);
        group = opt->group;
        man_option(opt);
    }
}

/* Of whatever subcommand; NULL if there is none. */
static const rc_opt *find_option(const char *name, size_t n)
{
    const rc_opt *opt = NULL;
    for (int c = 0; c < RC_N_COMMANDS && opt == NULL; c++)
        opt = rc_opt_by_name((rc_command_id)c, name, n);
    return opt;
}

/* Replaces each @opt(name) of a line by the option in bold; false if the table has none such. */
static bool man_line(const char *line)
{
    const char *at;
    while ((at = strstr(line, "@opt(")) != NULL) {
        const char *name = at + strlen("@opt(");
        size_t n = strcspn(name, ")");
        const rc_opt *opt = find_option(name, n);
        if (name[n] != ')' || opt == NULL) {
            fprintf(stderr, "docgen: no such option: %.*s\n", (int)n, name);
            return false;
        }
        fwrite(line, 1, (size_t)(at - line), stdout);
        fputs("\\fB\\-\\-", stdout);
        print_troff(opt->name);
        fputs("\\fR", stdout);
        line = name + n + 1;
    }
    fputs(line, stdout);
    return true;
}

static bool man_page(FILE *from, const char *version)
{
    char line[LINE_BYTES];
    bool is_good = true;
    bool has_options = false;
    while (is_good && fgets(line, sizeof(line), from) != NULL) {
        char *at = strstr(line, "@VERSION@");
        if (strcmp(line, "@OPTIONS@\n") == 0) {
            man_options();
            has_options = true;
        } else if (at != NULL) {
            printf("%.*s%s%s", (int)(at - line), line, version, at + strlen("@VERSION@"));
        } else {
            is_good = man_line(line);
        }
    }
    if (is_good && !has_options)
        fprintf(stderr, "docgen: the page has no line @OPTIONS@\n");
    return is_good && has_options;
}

static bool man(const char *path, const char *version)
{
    FILE *from = fopen(path, "r");
    if (from == NULL) {
        fprintf(stderr, "docgen: %s: %s\n", path, strerror(errno));
        return false;
    }
    bool is_good = man_page(from, version);
    fclose(from);
    return is_good;
}

/* The words that select an option, as a pattern of the shell: -m|--model. */
static void bash_pattern(const rc_opt *opt)
{
    if (opt->letter != 0)
        printf("-%c|", opt->letter);
    printf("--%s", opt->name);
}

static void bash_names(rc_command_id command)
{
    printf("    %s)\n      words='",
           command == RC_COMMAND_TOP ? "''" : rc_command_get(command)->name);
    for (int i = RC_COMMAND_TOP + 1; command == RC_COMMAND_TOP && i < RC_N_COMMANDS; i++)
        printf("%s ", rc_command_get((rc_command_id)i)->name);
    for (int i = 0; i < RC_N_OPTS; i++) {
        const rc_opt *opt = rc_opt_get((rc_opt_id)i);
        if (rc_opt_in(opt, command))
            printf("--%s ", opt->name);
    }
    printf("' ;;\n");
}

/* How values are completed; options that take anything give nothing. */
static void bash_values(void)
{
    for (int i = 0; i < RC_N_OPTS; i++) {
        const rc_opt *opt = rc_opt_get((rc_opt_id)i);
        if (opt->kind == RC_KIND_FLAG)
            continue;
        fputs("    ", stdout);
        bash_pattern(opt);
        if (takes_file(opt)) {
            fputs(") _rowcast_files \"$cur\"; return ;;\n", stdout);
        } else if (*opt->choices == '\0') {
            fputs(") return ;;\n", stdout);
        } else {
            fputs(") mapfile -t COMPREPLY < <(compgen -W '", stdout);
            print_choices(opt, " ");
            fputs("' -- \"$cur\"); return ;;\n", stdout);
        }
    }
}

static void bash(void)
{
    fputs("# bash completion of rowcast; made from its table of options\n"
          "_rowcast_files()\n{\n"
          "  compopt -o filenames 2>/dev/null\n"
          "  mapfile -t COMPREPLY < <(compgen -f -- \"$1\")\n}\n\n"
          "_rowcast()\n{\n"
          "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words command=\n"
          "  COMPREPLY=()\n"
          "  # bash makes a word of the = in --option=value\n"
          "  if [[ $cur == = ]]; then\n"
          "    cur=\n"
          "  elif [[ $prev == = && $COMP_CWORD -gt 2 ]]; then\n"
          "    prev=${COMP_WORDS[COMP_CWORD-2]}\n"
          "  fi\n"
          "  ((COMP_CWORD > 1)) && command=${COMP_WORDS[1]}\n"
          "  case $prev in\n",
          stdout);
    bash_values();
    fputs("  esac\n  case $command in\n", stdout);
    for (int i = 0; i < RC_N_COMMANDS; i++)
        bash_names((rc_command_id)i);
    fputs("    *) return ;;\n  esac\n"
          "  if [[ $cur == -* || -z $command ]]; then\n"
          "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
          "  elif [[ $command == help ]]; then\n"
          "    mapfile -t COMPREPLY < <(compgen -W '",
          stdout);
    for (int i = RC_COMMAND_TOP + 1; i < RC_N_COMMANDS; i++)
        printf("%s ", rc_command_get((rc_command_id)i)->name);
    fputs("' -- \"$cur\")\n  else\n    _rowcast_files \"$cur\"\n  fi\n}\n"
          "complete -F _rowcast rowcast\n",
          stdout);
}

/* Inside single quotes, where brackets and colons have a meaning. */
static void zsh_text(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '\'')
            fputs("'\\''", stdout);
        else if (strchr("[]:", *text) != NULL)
            printf("\\%c", *text);
        else
            putchar(*text);
}

static void zsh_value(const rc_opt *opt)
{
    printf(":%s:", opt->arg);
    if (takes_file(opt)) {
        fputs("_files", stdout);
    } else if (*opt->choices != '\0') {
        putchar('(');
        print_choices(opt, " ");
        putchar(')');
    } else {
        putchar(' ');
    }
}

/* One specification of _arguments, in single quotes. */
static void zsh_option(const rc_opt *opt)
{
    bool repeats = opt->kind == RC_KIND_REPEAT || opt->kind == RC_KIND_LIST;
    bool is_flag = opt->kind == RC_KIND_FLAG;
    if (opt->letter != 0)
        printf("        '(-%c --%s)'{-%c%s,--%s%s}'[", opt->letter, opt->name, opt->letter,
               is_flag ? "" : "+", opt->name, is_flag ? "" : "=");
    else
        printf("        '%s--%s%s[", repeats ? "*" : "", opt->name, is_flag ? "" : "=");
    zsh_text(opt->help);
    putchar(']');
    if (!is_flag)
        zsh_value(opt);
    fputs("' \\\n", stdout);
}

static void zsh_command(rc_command_id command)
{
    printf("    %s)\n      _arguments -s -S \\\n", rc_command_get(command)->name);
    for (int i = 0; i < RC_N_OPTS; i++) {
        const rc_opt *opt = rc_opt_get((rc_opt_id)i);
        if (rc_opt_in(opt, command))
            zsh_option(opt);
    }
    printf("        '*:%s' ;;\n",
           command == RC_COMMAND_HELP ? "SUBCOMMAND:_rowcast_commands" : "INPUT:_files");
}

static void zsh(void)
{
    fputs("#compdef rowcast\n# zsh completion of rowcast; made from its table of options\n\n"
          "_rowcast_commands() {\n  local -a commands=(\n",
          stdout);
    for (int i = RC_COMMAND_TOP + 1; i < RC_N_COMMANDS; i++)
        printf("    '%s:%s'\n", rc_command_get((rc_command_id)i)->name,
               rc_command_get((rc_command_id)i)->summary);
    fputs("  )\n  _describe subcommand commands\n}\n\n"
          "_rowcast() {\n  local context state state_descr line curcontext=$curcontext\n"
          "  typeset -A opt_args\n"
          "  _arguments -C -S \\\n",
          stdout);
    for (int i = 0; i < RC_N_OPTS; i++)
        if (rc_opt_in(rc_opt_get((rc_opt_id)i), RC_COMMAND_TOP))
            zsh_option(rc_opt_get((rc_opt_id)i));
    fputs("        '1:subcommand:_rowcast_commands' \\\n        '*::argument:->rest'\n"
          "  [[ $state == rest ]] || return\n"
          "  case $line[1] in\n",
          stdout);
    for (int i = RC_COMMAND_TOP + 1; i < RC_N_COMMANDS; i++)
        zsh_command((rc_command_id)i);
    fputs("  esac\n}\n\n_rowcast \"$@\"\n", stdout);
}

static void fish_option(rc_command_id command, const rc_opt *opt)
{
    if (command == RC_COMMAND_TOP)
        fputs("complete -c rowcast -n __fish_use_subcommand", stdout);
    else
        printf("complete -c rowcast -n '__fish_seen_subcommand_from %s'",
               rc_command_get(command)->name);
    if (opt->letter != 0)
        printf(" -s %c", opt->letter);
    printf(" -l %s", opt->name);
    if (takes_file(opt)) {
        fputs(" -r -F", stdout);
    } else if (opt->kind != RC_KIND_FLAG) {
        fputs(" -x", stdout);
        if (*opt->choices != '\0') {
            fputs(" -a '", stdout);
            print_choices(opt, " ");
            putchar('\'');
        }
    }
    fputs(" -d '", stdout);
    print_escaped(opt->help, "'\\");
    fputs("'\n", stdout);
}

static void fish(void)
{
    fputs("# fish completion of rowcast; made from its table of options\n", stdout);
    for (int i = RC_COMMAND_TOP + 1; i < RC_N_COMMANDS; i++)
        printf("complete -c rowcast -f -n __fish_use_subcommand -a %s -d '%s'\n",
               rc_command_get((rc_command_id)i)->name, rc_command_get((rc_command_id)i)->summary);
    for (int c = 0; c < RC_N_COMMANDS; c++)
        for (int i = 0; i < RC_N_OPTS; i++)
            if (rc_opt_in(rc_opt_get((rc_opt_id)i), (rc_command_id)c))
                fish_option((rc_command_id)c, rc_opt_get((rc_opt_id)i));
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    bool is_good = true;
    if (strcmp(what, "man") == 0 && argc == 4)
        is_good = man(argv[2], argv[3]);
    else if (strcmp(what, "bash") == 0)
        bash();
    else if (strcmp(what, "zsh") == 0)
        zsh();
    else if (strcmp(what, "fish") == 0)
        fish();
    else {
        fputs("usage: docgen man TEMPLATE VERSION | bash | zsh | fish\n", stderr);
        return 2;
    }
    return is_good && fflush(stdout) == 0 ? 0 : 2;
}
