/* test_opts.c - the table of subcommands and options keeps its own rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "cli/opts.h"
#include "cli/resolve.h"

enum { HELP_COLUMNS = 72 };

static const rc_opt *opt_at(int i)
{
    return rc_opt_get((rc_opt_id)i);
}

static void test_table_has_each_id_in_its_place(void **state)
{
    (void)state;
    for (int i = 0; i < RC_N_OPTS; i++)
        assert_int_equal(opt_at(i)->id, i);
    for (int i = 0; i < RC_N_COMMANDS; i++)
        assert_int_equal(rc_command_get((rc_command_id)i)->id, i);
}

static void test_names_are_unique_and_valid(void **state)
{
    (void)state;
    for (int i = 0; i < RC_N_OPTS; i++) {
        const char *name = opt_at(i)->name;
        assert_true(strlen(name) >= 2);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(name));
        assert_true(name[0] != '-');
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(name, opt_at(j)->name);
            if (opt_at(i)->letter != 0)
                assert_int_not_equal(opt_at(i)->letter, opt_at(j)->letter);
        }
    }
    for (int i = 1; i < RC_N_COMMANDS; i++)
        for (int j = 0; j < i; j++)
            assert_string_not_equal(rc_command_get((rc_command_id)i)->name,
                                    rc_command_get((rc_command_id)j)->name);
}

static void test_letters_are_letters(void **state)
{
    (void)state;
    for (int i = 0; i < RC_N_OPTS; i++) {
        char c = opt_at(i)->letter;
        assert_true(c == 0 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
    }
}

static void test_help_fits_and_has_no_full_stop(void **state)
{
    (void)state;
    for (int i = 0; i < RC_N_OPTS; i++) {
        const char *help = opt_at(i)->help;
        assert_in_range(strlen(help), 8, HELP_COLUMNS);
        assert_true(help[0] >= 'A' && help[0] <= 'Z');
        assert_true(help[strlen(help) - 1] != '.');
    }
}

static void test_values_are_named_and_flags_take_none(void **state)
{
    (void)state;
    for (int i = 0; i < RC_N_OPTS; i++) {
        const rc_opt *opt = opt_at(i);
        assert_int_equal(opt->kind == RC_KIND_FLAG, opt->arg == NULL);
        if (opt->kind == RC_KIND_FLAG) {
            assert_string_equal(opt->choices, "");
            continue;
        }
        assert_true(strlen(opt->arg) > 0);
        assert_int_equal(strspn(opt->arg, "ABCDEFGHIJKLMNOPQRSTUVWXYZ=|%"), strlen(opt->arg));
    }
}

static void test_groups_stand_together(void **state)
{
    (void)state;
    for (int i = 2; i < RC_N_OPTS; i++)
        for (int j = 0; j < i - 1; j++)
            if (strcmp(opt_at(i)->group, opt_at(j)->group) == 0)
                assert_string_equal(opt_at(i)->group, opt_at(i - 1)->group);
}

static void test_every_option_belongs_to_a_subcommand(void **state)
{
    (void)state;
    for (int i = 0; i < RC_N_OPTS; i++) {
        assert_true(opt_at(i)->commands != 0);
        assert_int_equal(opt_at(i)->commands >> RC_N_COMMANDS, 0);
    }
    for (int i = 0; i < RC_N_COMMANDS; i++)
        assert_true(rc_opt_in(rc_opt_get(RC_OPT_HELP), (rc_command_id)i));
}

static void test_lookup_finds_only_what_the_subcommand_takes(void **state)
{
    (void)state;
    assert_ptr_equal(rc_opt_by_name(RC_COMMAND_SCORE, "model=x", 5), rc_opt_get(RC_OPT_MODEL));
    assert_null(rc_opt_by_name(RC_COMMAND_SCORE, "mode", 4));
    assert_null(rc_opt_by_name(RC_COMMAND_TOP, "model", 5));
    assert_ptr_equal(rc_opt_by_letter(RC_COMMAND_SCORE, 'o'), rc_opt_get(RC_OPT_OUTPUT));
    assert_null(rc_opt_by_letter(RC_COMMAND_TOP, 'o'));
    assert_null(rc_opt_by_letter(RC_COMMAND_SCORE, '\0'));
    assert_int_equal(rc_command_by_name("score")->id, RC_COMMAND_SCORE);
    assert_null(rc_command_by_name(""));
}

static void test_choices_accept_whole_words_and_levels(void **state)
{
    (void)state;
    const rc_opt *compress = rc_opt_get(RC_OPT_COMPRESS);
    assert_true(rc_opt_accepts(compress, "zstd"));
    assert_true(rc_opt_accepts(compress, "zstd:19"));
    assert_true(rc_opt_accepts(compress, "none"));
    assert_false(rc_opt_accepts(compress, "none:1"));
    assert_false(rc_opt_accepts(compress, "zst"));
    assert_false(rc_opt_accepts(compress, "zstdx"));
    assert_false(rc_opt_accepts(compress, ""));
    assert_true(rc_opt_accepts(rc_opt_get(RC_OPT_PREFIX), "anything"));
}

/* Sizes for which the library takes 0 for its default; rowcast.h says which. */
static void spell_out_defaults(rc_job_options *opt)
{
    if (opt->packet_bytes == 0)
        opt->packet_bytes = 1 << 20;
    if (opt->max_line_bytes == 0)
        opt->max_line_bytes = 16 << 20;
    if (opt->max_columns == 0)
        opt->max_columns = 1 << 20;
    if (opt->max_memory == 0)
        opt->max_memory = 1 << 30;
    if (opt->decimal == 0)
        opt->decimal = '.';
    if (opt->on_error == RC_ON_ERROR_AUTO)
        opt->on_error = RC_ON_ERROR_STOP;
    if (opt->output == NULL)
        opt->output = "-";
}

static void resolve(rc_score_job *job, const char *name, const char *value)
{
    rc_args args = {0};
    rc_error err = {0};
    char *argv[] = {(char *)"--model=m", (char *)name, (char *)value};
    assert_int_equal(rc_args_parse(&args, RC_COMMAND_SCORE, name != NULL ? 3 : 1, argv, &err), 0);
    assert_int_equal(rc_resolve_score(job, &args, &err), 0);
    spell_out_defaults(&job->options);
    rc_args_release(&args);
    job->options.inputs = (rc_strings){0};
}

static void assert_default(const rc_opt *opt, const char *value)
{
    rc_score_job without, with;
    char name[64] = "--";
    strncat(name, opt->name, sizeof(name) - 3);
    resolve(&without, NULL, NULL);
    resolve(&with, name, value);
    assert_int_equal(with.progress, without.progress);
    assert_int_equal(with.options.cpu, without.options.cpu);
    assert_int_equal(with.options.n_threads, without.options.n_threads);
    assert_int_equal(with.options.packet_bytes, without.options.packet_bytes);
    assert_int_equal(with.options.max_line_bytes, without.options.max_line_bytes);
    assert_int_equal(with.options.max_columns, without.options.max_columns);
    assert_int_equal(with.options.max_memory, without.options.max_memory);
    assert_int_equal(with.options.sandbox, without.options.sandbox);
    assert_int_equal(with.options.decimal, without.options.decimal);
    assert_int_equal(with.options.on_error, without.options.on_error);
    assert_string_equal(with.options.output, without.options.output);
}

static void test_defaults_in_the_help_are_those_of_the_code(void **state)
{
    (void)state;
    int n = 0;
    for (int i = 0; i < RC_N_OPTS; i++) {
        const char *at = strstr(opt_at(i)->help, "(default ");
        if (at == NULL)
            continue;
        char value[32];
        size_t length = strcspn(at + 9, ")");
        assert_in_range(length, 1, sizeof(value) - 1);
        memcpy(value, at + 9, length);
        value[length] = '\0';
        assert_default(opt_at(i), value);
        n++;
    }
    assert_int_equal(n, 11); /* each of them is compared above */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_has_each_id_in_its_place),
        cmocka_unit_test(test_names_are_unique_and_valid),
        cmocka_unit_test(test_letters_are_letters),
        cmocka_unit_test(test_help_fits_and_has_no_full_stop),
        cmocka_unit_test(test_values_are_named_and_flags_take_none),
        cmocka_unit_test(test_groups_stand_together),
        cmocka_unit_test(test_every_option_belongs_to_a_subcommand),
        cmocka_unit_test(test_lookup_finds_only_what_the_subcommand_takes),
        cmocka_unit_test(test_choices_accept_whole_words_and_levels),
        cmocka_unit_test(test_defaults_in_the_help_are_those_of_the_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
