/* args.c - the command line as it was written, checked against the table of options. */
#include "cli/args.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* What is left of the command line. */
typedef struct cursor {
    rc_command_id command;
    char *const *argv;
    int argc, next;
} cursor;

static rc_status append(rc_cli_list *list, const char *text, size_t n, rc_error *err)
{
    void *items = list->items;
    if (!rc_grow(&items, &list->capacity, list->n + 1, sizeof(*list->items)))
        return rc_error_nomem(err);
    list->items = items;
    char *copy = rc_strndup(text, n);
    if (copy == NULL)
        return rc_error_nomem(err);
    list->items[list->n++] = copy;
    return RC_OK;
}

/* Appends the quoted item that begins at *at and moves *at behind it. */
static rc_status split_quoted(rc_cli_list *list, const char **at, rc_error *err)
{
    rc_buf item = {0};
    const char *s = *at + 1;
    for (; *s != '\0'; s++) {
        if (*s == '"' && s[1] != '"')
            break;
        s += *s == '"'; /* a doubled quote is one */
        if (!rc_buf_append(&item, s, 1)) {
            rc_buf_release(&item);
            return rc_error_nomem(err);
        }
    }
    rc_status st = RC_OK;
    if (*s != '"')
        st = rc_error_set(err, RC_E_USAGE, "a quote is not closed");
    else if (s[1] != ',' && s[1] != '\0')
        st = rc_error_set(err, RC_E_USAGE, "text after a closing quote");
    else
        st = append(list, item.data != NULL ? item.data : "", item.n, err);
    rc_buf_release(&item);
    *at = s + 1;
    return st;
}

rc_status rc_args_split(rc_cli_list *list, const char *text, rc_error *err)
{
    const char *at = text;
    for (;;) {
        if (*at == '"') {
            RC_TRY(split_quoted(list, &at, err));
        } else {
            size_t n = strcspn(at, ",");
            if (n == 0) {
                rc_error_set(err, RC_E_USAGE, "an item of the list is empty");
                rc_error_hint(err, "an empty name is written \"\"");
                return RC_E_USAGE;
            }
            RC_TRY(append(list, at, n, err));
            at += n;
        }
        if (*at == '\0')
            return RC_OK;
        at++;
    }
}

const char *rc_args_nearest(const char *word, const char *const *candidates, size_t n)
{
    rc_nearest nearest = {.asked = word, .limit = strlen(word) < 5 ? 2 : strlen(word) < 9 ? 3 : 4};
    for (size_t i = 0; i < n; i++)
        rc_nearest_offer(&nearest, candidates[i]);
    return nearest.name;
}

/* Names that begin as the word does come first: prefixes are not accepted, but understood. */
static void hint_option(rc_command_id command, const char *word, rc_error *err)
{
    const char *names[RC_N_OPTS];
    const char *longer[RC_N_OPTS];
    size_t n = 0, n_longer = 0;
    for (int i = 0; i < RC_N_OPTS; i++) {
        const rc_opt *opt = rc_opt_get((rc_opt_id)i);
        if (!rc_opt_in(opt, command))
            continue;
        names[n++] = opt->name;
        if (*word != '\0' && strncmp(opt->name, word, strlen(word)) == 0)
            longer[n_longer++] = opt->name;
    }
    const char *best = rc_args_nearest(word, names, n);
    if (n_longer == 2)
        rc_error_hint(err, "did you mean '--%s' or '--%s'?", longer[0], longer[1]);
    else if (n_longer == 1 || best != NULL)
        rc_error_hint(err, "did you mean '--%s'?", n_longer == 1 ? longer[0] : best);
}

static rc_status refuse_choice(const rc_opt *opt, const char *value, rc_error *err)
{
    char names[8][24], quoted[RC_QUOTED_BYTES], all[256] = "";
    const char *pointers[8], *at = opt->choices;
    size_t n = 0, used = 0;
    rc_choice choice;
    while (n < 8 && rc_choice_next(&at, &choice) && choice.n < sizeof(names[0]) &&
           used + choice.n + 3 < sizeof(all)) {
        memcpy(names[n], choice.text, choice.n);
        names[n][choice.n] = '\0';
        pointers[n] = names[n];
        memcpy(all + used, ", ", 2);
        memcpy(all + used + 2, names[n], choice.n + 1);
        used += choice.n + 2;
        n++;
    }
    rc_error_set(err, RC_E_USAGE, "option '--%s': '%s' is none of %s", opt->name,
                 rc_text_quote(value, strlen(value), quoted), all + 2);
    const char *best = rc_args_nearest(value, pointers, n);
    if (best != NULL)
        rc_error_hint(err, "did you mean '%s'?", best);
    return RC_E_USAGE;
}

static rc_status take_list(rc_cli_list *list, const rc_opt *opt, const char *value, rc_error *err)
{
    size_t first = list->n;
    if (*value == '\0' && opt->id == RC_OPT_NA) /* nothing but the empty cell is missing */
        return RC_OK;
    rc_status st = rc_args_split(list, value, err);
    if (st < 0)
        return rc_error_wrap(err, st, "option '--%s'", opt->name);
    for (size_t i = first; i < list->n; i++)
        if (!rc_opt_accepts(opt, list->items[i]))
            return refuse_choice(opt, list->items[i], err);
    return RC_OK;
}

static rc_status take_value(rc_args *out, const rc_opt *opt, const char *value, rc_error *err)
{
    if (*value == '\0' && strcmp(opt->arg, "FILE") == 0)
        return rc_error_set(err, RC_E_USAGE, "option '--%s': the name is empty", opt->name);
    if (opt->kind == RC_KIND_LIST)
        return take_list(&out->lists[opt->id], opt, value, err);
    if (!rc_opt_accepts(opt, value))
        return refuse_choice(opt, value, err);
    if (opt->kind == RC_KIND_REPEAT)
        return append(&out->lists[opt->id], value, strlen(value), err);
    if (out->values[opt->id] != NULL)
        return rc_error_set(err, RC_E_USAGE, "option '--%s' is given twice", opt->name);
    out->values[opt->id] = value;
    return RC_OK;
}

/* value is what stands behind '=' or behind the letter, NULL if nothing does. */
static rc_status take_option(rc_args *out, cursor *line, const rc_opt *opt, const char *value,
                             rc_error *err)
{
    if (opt->kind != RC_KIND_FLAG) {
        if (value == NULL && line->next == line->argc)
            return rc_error_set(err, RC_E_USAGE, "option '--%s' needs a value: %s", opt->name,
                                opt->arg);
        if (value == NULL)
            value = line->argv[line->next++];
        RC_TRY(take_value(out, opt, value, err));
    } else if (value != NULL) {
        return rc_error_set(err, RC_E_USAGE, "option '--%s' takes no value", opt->name);
    }
    out->given[opt->id] = true;
    return RC_OK;
}

static rc_status take_long(rc_args *out, cursor *line, const char *word, rc_error *err)
{
    char quoted[RC_QUOTED_BYTES];
    size_t n = strcspn(word, "=");
    const rc_opt *opt = rc_opt_by_name(line->command, word, n);
    if (opt != NULL)
        return take_option(out, line, opt, word[n] == '=' ? word + n + 1 : NULL, err);
    rc_error_set(err, RC_E_USAGE, "unknown option '--%s'", rc_text_quote(word, n, quoted));
    char *name = rc_strndup(word, n);
    if (name != NULL)
        hint_option(line->command, name, err);
    free(name);
    return RC_E_USAGE;
}

/* Letters that stand together; the first that takes a value takes the rest of the word. */
static rc_status take_letters(rc_args *out, cursor *line, const char *word, rc_error *err)
{
    for (const char *s = word; *s != '\0'; s++) {
        const rc_opt *opt = rc_opt_by_letter(line->command, *s);
        if (opt == NULL) {
            char quoted[RC_QUOTED_BYTES];
            size_t n = rc_utf8_length(s, strlen(s));
            rc_error_set(err, RC_E_USAGE, "unknown option '-%s'",
                         rc_text_quote(s, n > 0 ? n : 1, quoted));
            if (s == word && s[1] != '\0') /* -threads: a dash was lost */
                hint_option(line->command, word, err);
            return RC_E_USAGE;
        }
        if (opt->kind != RC_KIND_FLAG)
            return take_option(out, line, opt, s[1] != '\0' ? s + 1 : NULL, err);
        RC_TRY(take_option(out, line, opt, NULL, err));
    }
    return RC_OK;
}

rc_status rc_args_parse(rc_args *out, rc_command_id command, int argc, char *const *argv,
                        rc_error *err)
{
    cursor line = {.command = command, .argv = argv, .argc = argc};
    bool only_operands = false;
    while (line.next < argc) {
        const char *word = argv[line.next++];
        if (only_operands || word[0] != '-' || word[1] == '\0')
            RC_TRY(append(&out->operands, word, strlen(word), err));
        else if (strcmp(word, "--") == 0)
            only_operands = true;
        else if (word[1] == '-')
            RC_TRY(take_long(out, &line, word + 2, err));
        else
            RC_TRY(take_letters(out, &line, word + 1, err));
        if (out->given[RC_OPT_HELP] || out->given[RC_OPT_VERSION])
            break;
    }
    return RC_OK;
}

static void list_release(rc_cli_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->items[i]);
    free(list->items);
}

void rc_args_release(rc_args *args)
{
    for (int i = 0; i < RC_N_OPTS; i++)
        list_release(&args->lists[i]);
    list_release(&args->operands);
    *args = (rc_args){0};
}
