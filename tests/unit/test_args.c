/* test_args.c - words of the command line become options of a job. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "cli/resolve.h"

enum { MOST_WORDS = 16 };

/* One command line, parsed and resolved. */
typedef struct line {
    rc_args args;
    rc_score_job job;
    rc_error err;
    rc_status st;
    char words[512];
} line;

/* The words of text are parted by '|'. */
static void parse(line *out, const char *text)
{
    char *argv[MOST_WORDS];
    int argc = 0;
    *out = (line){0};
    assert_true(strlen(text) < sizeof(out->words));
    memcpy(out->words, text, strlen(text));
    for (char *at = out->words; *text != '\0' && argc < MOST_WORDS;) {
        argv[argc++] = at;
        at = strchr(at, '|');
        if (at == NULL)
            break;
        *at++ = '\0';
    }
    out->st = rc_args_parse(&out->args, RC_COMMAND_SCORE, argc, argv, &out->err);
}

/* With a model named, as every job needs one. */
static rc_job_options *good(line *out, const char *text)
{
    char whole[512] = "-mm|";
    strncat(whole, text, sizeof(whole) - 8);
    parse(out, whole);
    assert_string_equal(out->err.text, "");
    assert_int_equal(out->st, RC_OK);
    out->st = rc_resolve_score(&out->job, &out->args, &out->err);
    assert_string_equal(out->err.text, "");
    assert_int_equal(out->st, RC_OK);
    return &out->job.options;
}

static void assert_refused(const char *text, const char *message)
{
    line l;
    parse(&l, text);
    if (l.st == RC_OK)
        l.st = rc_resolve_score(&l.job, &l.args, &l.err);
    assert_string_equal(l.err.text, message);
    assert_int_equal(l.st, RC_E_USAGE);
    assert_int_equal(l.err.code, RC_E_USAGE);
    rc_args_release(&l.args);
}

static void assert_strings(rc_strings got, size_t n, const char *const *expected)
{
    assert_int_equal(got.n, n);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(got.items[i], expected[i]);
}

#define ASSERT_STRINGS(got, ...)                                                \
    assert_strings(got, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), \
                   (const char *const[]){__VA_ARGS__})

static void test_defaults(void **state)
{
    (void)state;
    line l;
    rc_job_options *opt = good(&l, "a.csv");
    assert_string_equal(opt->model, "m");
    ASSERT_STRINGS(opt->inputs, "a.csv");
    assert_null(opt->output);
    assert_int_equal(opt->delimiter, -1);
    assert_int_equal(opt->header, RC_HEADER_AUTO);
    assert_int_equal(opt->compression, RC_COMPRESS_AUTO);
    assert_int_equal(opt->reports.n, 0);
    assert_false(opt->has_threshold);
    assert_false(opt->keep_all);
    rc_args_release(&l.args);
}

static void test_files_and_texts(void **state)
{
    (void)state;
    line l;
    rc_job_options *opt = good(&l, "-o|out.csv|--weight|w,1|--prefix=p_|--positive|");
    assert_string_equal(opt->output, "out.csv");
    assert_string_equal(opt->weight, "w,1");
    assert_string_equal(opt->prefix, "p_");
    assert_string_equal(opt->positive, "");
    rc_args_release(&l.args);
    opt = good(&l, "--output|-|--prefix=");
    assert_string_equal(opt->output, "-");
    assert_string_equal(opt->prefix, "");
    rc_args_release(&l.args);
}

static void test_model_in_each_form(void **state)
{
    (void)state;
    const char *const forms[] = {"-m|x=y", "-mx=y", "--model|x=y", "--model=x=y", "-qmx=y"};
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        line l;
        parse(&l, forms[i]);
        assert_int_equal(l.st, RC_OK);
        assert_string_equal(l.args.values[RC_OPT_MODEL], "x=y");
        rc_args_release(&l.args);
    }
}

static void test_lists_split_and_append(void **state)
{
    (void)state;
    line l;
    rc_job_options *opt = good(&l, "--id|a,\"b,c\"|--id=\"d\"\"e\",\"\"|--keep|1, x |--truth|y");
    ASSERT_STRINGS(opt->id, "a", "b,c", "d\"e", "");
    ASSERT_STRINGS(opt->keep, "1", " x ");
    ASSERT_STRINGS(opt->truth, "y");
    rc_args_release(&l.args);
    opt = good(&l, "--id|5\" pipe,a\"b\"");
    ASSERT_STRINGS(opt->id, "5\" pipe", "a\"b\"");
    rc_args_release(&l.args);
}

static void test_lists_refuse_what_is_no_csv(void **state)
{
    (void)state;
    const char *empty = "option '--id': an item of the list is empty\n"
                        "  an empty name is written \"\"";
    assert_refused("--id|", empty);
    assert_refused("--id|a,", empty);
    assert_refused("--id|,a", empty);
    assert_refused("--id|\"a", "option '--id': a quote is not closed");
    assert_refused("--id|\"a\"\"", "option '--id': a quote is not closed");
    assert_refused("--id|\"a\"b", "option '--id': text after a closing quote");
}

static void test_emit_takes_its_names_only(void **state)
{
    (void)state;
    line l;
    rc_job_options *opt = good(&l, "--emit|label,margin|--emit|probability,prediction");
    ASSERT_STRINGS(opt->emit, "label", "margin", "probability", "prediction");
    rc_args_release(&l.args);
    assert_refused("--emit|label,lable", "option '--emit': 'lable' is none of prediction, label, "
                                         "probability, margin\n  did you mean 'label'?");
}

static void test_keep_all(void **state)
{
    (void)state;
    line l;
    rc_job_options *opt = good(&l, "--keep|all");
    assert_true(opt->keep_all);
    assert_int_equal(opt->keep.n, 0);
    rc_args_release(&l.args);
    assert_refused("-mm|--keep|a,all", "option '--keep': 'all' stands alone");
}

static void test_formats(void **state)
{
    (void)state;
    line l;
    rc_job_options *opt = good(&l, "--input-format|tsv|--output-format=ndjson");
    assert_int_equal(opt->input_format, RC_INPUT_TSV);
    assert_int_equal(opt->output_format, RC_OUTPUT_NDJSON);
    rc_args_release(&l.args);
    opt = good(&l, "--input-format|csv|--output-format|csv");
    assert_int_equal(opt->input_format, RC_INPUT_CSV);
    assert_int_equal(opt->output_format, RC_OUTPUT_CSV);
    rc_args_release(&l.args);
    opt = good(&l, "--output-format|tsv");
    assert_int_equal(opt->output_format, RC_OUTPUT_TSV);
    rc_args_release(&l.args);
    assert_refused("--input-format|ndjson",
                   "option '--input-format': 'ndjson' is none of csv, tsv, hdf5");
}

static void assert_compression(const char *value, rc_compression kind, int level)
{
    char words[64] = "--compress|";
    line l;
    rc_job_options *opt = good(&l, strncat(words, value, 32));
    assert_int_equal(opt->compression, kind);
    assert_int_equal(opt->compression_level, level);
    rc_args_release(&l.args);
}

static void test_compress(void **state)
{
    (void)state;
    assert_compression("zstd", RC_COMPRESS_ZSTD, 0);
    assert_compression("zstd:22", RC_COMPRESS_ZSTD, 22);
    assert_compression("gzip", RC_COMPRESS_GZIP, 0);
    assert_compression("gzip:9", RC_COMPRESS_GZIP, 9);
    assert_compression("none", RC_COMPRESS_NONE, 0);
    assert_refused("-mm|--compress|gzip:10",
                   "option '--compress': the level of gzip is a number from 1 to 9: 'gzip:10'");
    assert_refused("-mm|--compress|zstd:0",
                   "option '--compress': the level of zstd is a number from 1 to 22: 'zstd:0'");
    assert_refused("-mm|--compress|zstd:",
                   "option '--compress': the level of zstd is a number from 1 to 22: 'zstd:'");
}

static void test_delimiter(void **state)
{
    (void)state;
    const char *const words[] = {"--delimiter|;", "--delimiter|tab", "--delimiter|\\t",
                                 "--delimiter|\t", "--delimiter|\xa7"};
    const int bytes[] = {';', '\t', '\t', '\t', 0xa7};
    for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
        line l;
        assert_int_equal(good(&l, words[i])->delimiter, bytes[i]);
        rc_args_release(&l.args);
    }
    assert_refused("-mm|--delimiter|",
                   "option '--delimiter': not a character of one byte, nor tab: ''");
    assert_refused("-mm|--delimiter|\"",
                   "option '--delimiter': quotes and line ends cannot delimit: '\"'");
}

static void test_header(void **state)
{
    (void)state;
    line l;
    assert_int_equal(good(&l, "--header")->header, RC_HEADER_YES);
    rc_args_release(&l.args);
    assert_int_equal(good(&l, "--no-header")->header, RC_HEADER_NO);
    rc_args_release(&l.args);
    assert_refused("-mm|--header|--no-header",
                   "options '--header' and '--no-header' exclude each other");
}

static void test_threshold(void **state)
{
    (void)state;
    line l;
    rc_job_options *opt = good(&l, "--threshold|-2.5e-1");
    assert_true(opt->has_threshold);
    assert_true(opt->threshold == -0.25);
    rc_args_release(&l.args);
    assert_refused("-mm|--threshold|x", "option '--threshold': not a number: 'x'");
    assert_refused("-mm|--threshold|inf", "option '--threshold': not a finite number: 'inf'");
}

static void test_threads_and_cpu(void **state)
{
    (void)state;
    line l;
    rc_job_options *opt = good(&l, "--threads|7|--cpu|avx2");
    assert_int_equal(opt->n_threads, 7);
    assert_int_equal(opt->cpu, RC_CPU_AVX2);
    rc_args_release(&l.args);
    assert_refused("-mm|--threads|4097", "option '--threads': more than 4096 threads: '4097'");
    assert_refused("-mm|--threads|1.5", "option '--threads': not a whole number: '1.5'");
    assert_refused("-mm|--cpu|sse", "option '--cpu': 'sse' is none of auto, scalar, avx2, avx512, "
                                    "neon");
}

static void assert_size(const char *text, size_t expected)
{
    rc_error err = {0};
    size_t size = 0;
    assert_int_equal(rc_resolve_size(text, &size, &err), RC_OK);
    assert_int_equal(size, expected);
}

static void assert_no_size(const char *text)
{
    rc_error err = {0};
    size_t size = 77;
    assert_int_equal(rc_resolve_size(text, &size, &err), RC_E_USAGE);
    assert_int_equal(size, 77);
}

static void test_sizes(void **state)
{
    (void)state;
    assert_size("4096", 4096);
    assert_size("4K", 4096);
    assert_size("4KiB", 4096);
    assert_size("3M", 3145728); /* 3 * 1024^2 */
    assert_size("3MiB", 3145728);
    assert_size("2G", 2147483648);
    assert_size("2GiB", 2147483648);
    assert_size("18446744073709551615", SIZE_MAX);
    assert_size("17179869183G", (size_t)17179869183 << 30); /* 2^34 - 1 */
    const char *const wrong[] = {"",    "K",    "4k", "4KB",   "4Ki",  "4 K",
                                 "-4K", "1.5M", "4T", "0x10K", "4KiBB"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_no_size(wrong[i]);
    assert_no_size("17179869184G"); /* 2^64 */
    assert_no_size("18446744073709551616");
}

static void test_packet_and_line_sizes(void **state)
{
    (void)state;
    line l;
    rc_job_options *opt = good(&l, "--packet-size|4K|--max-line|1G");
    assert_int_equal(opt->packet_bytes, 4096);
    assert_int_equal(opt->max_line_bytes, 1073741824);
    rc_args_release(&l.args);
    assert_refused("-mm|--packet-size|4095",
                   "option '--packet-size': '4095': at least 4096 bytes are needed");
    assert_refused("-mm|--max-line|0", "option '--max-line': '0': at least 1 bytes are needed");
}

static void test_reports(void **state)
{
    (void)state;
    line l;
    rc_job_options *opt = good(&l, "--truth|y");
    ASSERT_STRINGS(opt->reports, "-");
    rc_args_release(&l.args);
    opt = good(&l, "--truth|y|-q");
    assert_int_equal(opt->reports.n, 0);
    rc_args_release(&l.args);
    opt = good(&l, "--truth|y|--report|a,b.json|--report|-|--require|f1 >= 0.9");
    ASSERT_STRINGS(opt->reports, "a,b.json", "-");
    ASSERT_STRINGS(opt->require, "f1 >= 0.9");
    rc_args_release(&l.args);
}

static void test_quiet_verbose_and_progress(void **state)
{
    (void)state;
    line l;
    good(&l, "-q|--progress|always");
    assert_true(l.job.is_quiet);
    assert_int_equal(l.job.progress, RC_PROGRESS_ALWAYS);
    rc_args_release(&l.args);
    good(&l, "--verbose|--progress=never");
    assert_true(l.job.is_verbose);
    assert_int_equal(l.job.progress, RC_PROGRESS_NEVER);
    rc_args_release(&l.args);
    assert_refused("-mm|-qv", "options '--quiet' and '--verbose' exclude each other");
}

static void test_help_and_version_stop_the_parse(void **state)
{
    (void)state;
    line l;
    parse(&l, "--help|--bogus");
    assert_int_equal(l.st, RC_OK);
    assert_true(l.args.given[RC_OPT_HELP]);
    rc_args_release(&l.args);
    parse(&l, "-V|--bogus");
    assert_int_equal(l.st, RC_OK);
    assert_true(l.args.given[RC_OPT_VERSION]);
    rc_args_release(&l.args);
}

static void test_operands_may_stand_anywhere(void **state)
{
    (void)state;
    line l;
    rc_job_options *opt = good(&l, "a|-q|-|--|-o|--quiet");
    ASSERT_STRINGS(opt->inputs, "a", "-", "-o", "--quiet");
    assert_null(opt->output);
    rc_args_release(&l.args);
}

static void test_wrong_words_are_named(void **state)
{
    (void)state;
    assert_refused("", "no model\n  name one with --model FILE");
    assert_refused("--ouput|x", "unknown option '--ouput'\n  did you mean '--output'?");
    assert_refused("--pack=4K", "unknown option '--pack'\n  did you mean '--packet-size'?");
    assert_refused("--=", "unknown option '--'");
    assert_refused("-Z", "unknown option '-Z'");
    assert_refused("-q\xc3\xa9", "unknown option '-\xc3\xa9'");
    assert_refused("--truth", "option '--truth' needs a value: LIST");
    assert_refused("-qm", "option '--model' needs a value: FILE");
    assert_refused("--model=", "option '--model': the name is empty");
    assert_refused("--header=yes", "option '--header' takes no value");
    assert_refused("-ma|-mb", "option '--model' is given twice");
    assert_refused("-ma|", "the name of an input is empty");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_files_and_texts),
        cmocka_unit_test(test_model_in_each_form),
        cmocka_unit_test(test_lists_split_and_append),
        cmocka_unit_test(test_lists_refuse_what_is_no_csv),
        cmocka_unit_test(test_emit_takes_its_names_only),
        cmocka_unit_test(test_keep_all),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_compress),
        cmocka_unit_test(test_delimiter),
        cmocka_unit_test(test_header),
        cmocka_unit_test(test_threshold),
        cmocka_unit_test(test_threads_and_cpu),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_packet_and_line_sizes),
        cmocka_unit_test(test_reports),
        cmocka_unit_test(test_quiet_verbose_and_progress),
        cmocka_unit_test(test_help_and_version_stop_the_parse),
        cmocka_unit_test(test_operands_may_stand_anywhere),
        cmocka_unit_test(test_wrong_words_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
