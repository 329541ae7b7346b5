/* test_job_options.c - what rc_run() refuses that the command line never asks of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rowcast.h"

typedef struct job_case {
    void (*change)(rc_job_options *opt);
    rc_status status;
    const char *text;
} job_case;

static void no_model(rc_job_options *opt)
{
    opt->model = NULL;
}

static void small_struct(rc_job_options *opt)
{
    opt->struct_bytes = 0;
}

static void small_packet(rc_job_options *opt)
{
    opt->packet_bytes = 4095;
}

static void few_threads(rc_job_options *opt)
{
    opt->n_threads = -1;
}

static void many_threads(rc_job_options *opt)
{
    opt->n_threads = 4097;
}

static void many_columns(rc_job_options *opt)
{
    opt->max_columns = ((size_t)1 << 24) + 1;
}

static void few_rejects(rc_job_options *opt)
{
    opt->has_max_rejects = true;
    opt->max_rejects = -1;
}

static void emit_model(rc_job_options *opt)
{
    static const char *const emit[] = {"model"};
    opt->emit = (rc_strings){emit, 1};
}

static bool refuse_text(void *context, const char *text, size_t n_bytes)
{
    (void)context;
    assert_true(n_bytes > 0 && text[n_bytes - 1] == '\n');
    return false;
}

static void deaf_report(rc_job_options *opt)
{
    static const char *const reports[] = {"-"}, *const truth[] = {"progression"};
    opt->reports = (rc_strings){reports, 1};
    opt->truth = (rc_strings){truth, 1};
    opt->report_text = refuse_text;
}

static void deaf_plan(rc_job_options *opt)
{
    opt->dry_run = true;
    opt->plan_text = refuse_text;
}

static const job_case cases[] = {
    {no_model, RC_E_USAGE, "no --model"},
    {small_struct, RC_E_USAGE, "the options are not from rc_job_options_default()"},
    {small_packet, RC_E_USAGE, "--packet-size: at least 4096 bytes"},
    {few_threads, RC_E_USAGE, "--threads: 0 to 4096"},
    {many_threads, RC_E_USAGE, "--threads: 0 to 4096"},
    {many_columns, RC_E_USAGE, "--max-columns: at most 16777216"},
    {few_rejects, RC_E_USAGE, "--max-rejects: not below 0"},
    {emit_model, RC_E_USAGE, "--emit model: the model's file names no output columns"},
    {deaf_report, RC_E_OUTPUT, "-: the report could not be written"},
    {deaf_plan, RC_E_OUTPUT, "what is bound to what could not be written"},
};

static void test_options_that_are_refused(void **state)
{
    (void)state;
    const char *testdata = getenv("RC_TESTDATA");
    assert_non_null(testdata);
    char model[4096], table[4096];
    snprintf(model, sizeof(model), "%s/diabetes/model.json", testdata);
    snprintf(table, sizeof(table), "%s/diabetes/diabetes.csv", testdata);
    const char *const inputs[] = {table};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rc_job_options opt;
        rc_job_options_default(&opt);
        opt.model = model;
        opt.inputs = (rc_strings){inputs, 1};
        opt.output = "/dev/null";
        cases[i].change(&opt);
        rc_error err = {0};
        assert_int_equal(rc_run(&opt, &err), cases[i].status);
        assert_int_equal(err.code, cases[i].status);
        assert_string_equal(err.text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_options_that_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
