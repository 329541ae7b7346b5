/* resolve.c - from the words of the command line to the options of a job; opens nothing. */
#include "cli/resolve.h"

#include <math.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"

enum {
    MOST_COLUMNS = 1 << 24,
    MOST_THREADS = 4096,
    LEAST_PACKET_BYTES = 4096,
    LEAST_MEMORY_BYTES = 1 << 20,
    ZSTD_LEVELS = 22,
    GZIP_LEVELS = 9
};

/* A word of the command line and the constant of the library that it stands for. */
typedef struct word {
    const char *text;
    int value;
} word;

static const word input_formats[] = {
    {"csv", RC_INPUT_CSV}, {"tsv", RC_INPUT_TSV}, {"hdf5", RC_INPUT_HDF5}, {NULL, 0}};
static const word output_formats[] = {{"csv", RC_OUTPUT_CSV},
                                      {"tsv", RC_OUTPUT_TSV},
                                      {"ndjson", RC_OUTPUT_NDJSON},
                                      {"hdf5", RC_OUTPUT_HDF5},
                                      {NULL, 0}};
static const word sandboxes[] = {
    {"auto", RC_SANDBOX_AUTO}, {"require", RC_SANDBOX_REQUIRE}, {"off", RC_SANDBOX_OFF}, {NULL, 0}};
static const word compressions[] = {
    {"zstd", RC_COMPRESS_ZSTD}, {"gzip", RC_COMPRESS_GZIP}, {"none", RC_COMPRESS_NONE}, {NULL, 0}};
static const word on_errors[] = {
    {"stop", RC_ON_ERROR_STOP}, {"skip", RC_ON_ERROR_SKIP}, {"null", RC_ON_ERROR_NULL}, {NULL, 0}};
static const word cpu_levels[] = {{"auto", RC_CPU_AUTO}, {"scalar", RC_CPU_SCALAR},
                                  {"avx2", RC_CPU_AVX2}, {"avx512", RC_CPU_AVX512},
                                  {"neon", RC_CPU_NEON}, {NULL, 0}};
static const word progress_modes[] = {{"auto", RC_PROGRESS_AUTO},
                                      {"always", RC_PROGRESS_ALWAYS},
                                      {"never", RC_PROGRESS_NEVER},
                                      {NULL, 0}};

/* The constant of an option's word up to a colon; absent if the option was not given. The parser
 * has seen to it that the word is one of the table's. */
static int pick(const rc_args *args, rc_opt_id id, const word *words, int absent)
{
    const char *value = args->values[id];
    if (value == NULL)
        return absent;
    size_t n = strcspn(value, ":");
    for (; words->text != NULL; words++)
        if (strlen(words->text) == n && memcmp(words->text, value, n) == 0)
            return words->value;
    return absent;
}

static rc_status refuse(rc_opt_id id, const char *value, const char *cause, rc_error *err)
{
    char quoted[RC_QUOTED_BYTES];
    return rc_error_set(err, RC_E_USAGE, "option '--%s': %s: '%s'", rc_opt_get(id)->name, cause,
                        rc_text_quote(value, strlen(value), quoted));
}

rc_status rc_resolve_size(const char *text, size_t *out, rc_error *err)
{
    size_t n = strspn(text, "0123456789");
    const char *unit = text + n;
    const char letters[] = "KMG";
    const char *letter = *unit != '\0' ? strchr(letters, *unit) : NULL;
    uint64_t value;
    bool is_known =
        *unit == '\0' || (letter != NULL && (unit[1] == '\0' || strcmp(unit + 1, "iB") == 0));
    if (n == 0 || !is_known) {
        rc_error_set(err, RC_E_USAGE, "not a size");
        rc_error_hint(err, "a size is a whole number of bytes, or one with K, M, G, KiB, MiB or "
                           "GiB behind it");
        return RC_E_USAGE;
    }
    size_t unit_bytes = letter != NULL ? (size_t)1 << (10 * (letter - letters + 1)) : 1;
    if (!rc_num_parse_u64(text, n, &value) || value > SIZE_MAX / unit_bytes)
        return rc_error_set(err, RC_E_USAGE, "too large a size");
    *out = (size_t)value * unit_bytes;
    return RC_OK;
}

static rc_status resolve_size(const rc_args *args, rc_opt_id id, size_t least, size_t *out,
                              rc_error *err)
{
    const char *value = args->values[id];
    char quoted[RC_QUOTED_BYTES];
    if (value == NULL)
        return RC_OK;
    rc_status st = rc_resolve_size(value, out, err);
    if (st == RC_OK && *out < least)
        st = rc_error_set(err, RC_E_USAGE, "at least %zu bytes are needed", least);
    if (st == RC_OK)
        return RC_OK;
    return rc_error_wrap(err, st, "option '--%s': '%s'", rc_opt_get(id)->name,
                         rc_text_quote(value, strlen(value), quoted));
}

static rc_status resolve_threads(rc_job_options *opt, const char *value, rc_error *err)
{
    uint64_t n;
    if (value == NULL)
        return RC_OK;
    if (!rc_num_parse_u64(value, strlen(value), &n))
        return refuse(RC_OPT_THREADS, value, "not a whole number", err);
    if (n > MOST_THREADS)
        return refuse(RC_OPT_THREADS, value, "more than 4096 threads", err);
    opt->n_threads = (int)n;
    return RC_OK;
}

static rc_status resolve_threshold(rc_job_options *opt, const char *value, rc_error *err)
{
    if (value == NULL)
        return RC_OK;
    if (!rc_num_parse_text(value, strlen(value), &opt->threshold))
        return refuse(RC_OPT_THRESHOLD, value, "not a number", err);
    if (!isfinite(opt->threshold))
        return refuse(RC_OPT_THRESHOLD, value, "not a finite number", err);
    opt->has_threshold = true;
    return RC_OK;
}

static rc_status resolve_delimiter(rc_job_options *opt, const char *value, rc_error *err)
{
    if (value == NULL)
        return RC_OK;
    if (strcmp(value, "tab") == 0 || strcmp(value, "\\t") == 0) {
        opt->delimiter = '\t';
        return RC_OK;
    }
    if (strlen(value) != 1)
        return refuse(RC_OPT_DELIMITER, value, "not a character of one byte, nor tab", err);
    if (strchr("\"\r\n", *value) != NULL)
        return refuse(RC_OPT_DELIMITER, value, "quotes and line ends cannot delimit", err);
    opt->delimiter = (unsigned char)*value;
    return RC_OK;
}

static rc_status resolve_decimal(rc_job_options *opt, const char *value, rc_error *err)
{
    if (value == NULL)
        return RC_OK;
    if (strlen(value) != 1 || strchr("+-0123456789eE\" \t\r\n", *value) != NULL)
        return refuse(RC_OPT_DECIMAL, value, "not a character that can be a decimal point", err);
    opt->decimal = *value;
    return RC_OK;
}

static rc_status resolve_count(rc_opt_id id, const char *value, uint64_t *out, rc_error *err)
{
    if (value != NULL && !rc_num_parse_u64(value, strlen(value), out))
        return refuse(id, value, "not a whole number", err);
    return RC_OK;
}

static rc_status resolve_limits(rc_job_options *opt, const rc_args *args, rc_error *err)
{
    uint64_t columns = 0;
    opt->has_limit = args->given[RC_OPT_LIMIT];
    RC_TRY(resolve_count(RC_OPT_LIMIT, args->values[RC_OPT_LIMIT], &opt->limit, err));
    RC_TRY(resolve_count(RC_OPT_MAX_COLUMNS, args->values[RC_OPT_MAX_COLUMNS], &columns, err));
    if (args->given[RC_OPT_MAX_COLUMNS] && (columns < 1 || columns > MOST_COLUMNS))
        return refuse(RC_OPT_MAX_COLUMNS, args->values[RC_OPT_MAX_COLUMNS],
                      "not a number from 1 to 16777216", err);
    opt->max_columns = (size_t)columns;
    return RC_OK;
}

/* A whole number of rows, or a share of them with a percent sign. */
static rc_status resolve_max_rejects(rc_job_options *opt, const char *value, rc_error *err)
{
    if (value == NULL)
        return RC_OK;
    size_t n = strlen(value);
    uint64_t rows = 0;
    opt->has_max_rejects = true;
    opt->max_rejects_percent = n > 0 && value[n - 1] == '%';
    if (opt->max_rejects_percent) {
        double *share = &opt->max_rejects;
        if (rc_num_parse_text(value, n - 1, share) && *share >= 0 && *share <= 100)
            return RC_OK;
        return refuse(RC_OPT_MAX_REJECTS, value, "not a share from 0% to 100%", err);
    }
    if (!rc_num_parse_u64(value, n, &rows))
        return refuse(RC_OPT_MAX_REJECTS, value, "neither a whole number nor a share like 0.1%",
                      err);
    opt->max_rejects = (double)rows;
    return RC_OK;
}

static rc_status resolve_compression(rc_job_options *opt, const rc_args *args, rc_error *err)
{
    const char *value = args->values[RC_OPT_COMPRESS];
    opt->compression =
        (rc_compression)pick(args, RC_OPT_COMPRESS, compressions, (int)opt->compression);
    const char *colon = value != NULL ? strchr(value, ':') : NULL;
    if (colon == NULL)
        return RC_OK;
    uint64_t level;
    uint64_t highest = opt->compression == RC_COMPRESS_ZSTD ? ZSTD_LEVELS : GZIP_LEVELS;
    if (!rc_num_parse_u64(colon + 1, strlen(colon + 1), &level) || level < 1 || level > highest)
        return refuse(RC_OPT_COMPRESS, value,
                      highest == ZSTD_LEVELS ? "the level of zstd is a number from 1 to 22"
                                             : "the level of gzip is a number from 1 to 9",
                      err);
    opt->compression_level = (int)level;
    return RC_OK;
}

static rc_status resolve_keep(rc_job_options *opt, const rc_args *args, rc_error *err)
{
    const rc_cli_list *keep = &args->lists[RC_OPT_KEEP];
    for (size_t i = 0; i < keep->n; i++)
        opt->keep_all |= strcmp(keep->items[i], "all") == 0;
    if (opt->keep_all && keep->n > 1)
        return rc_error_set(err, RC_E_USAGE, "option '--keep': 'all' stands alone");
    if (!opt->keep_all)
        opt->keep = (rc_strings){(const char *const *)keep->items, keep->n};
    return RC_OK;
}

static rc_status refuse_both(const rc_args *args, rc_opt_id a, rc_opt_id b, rc_error *err)
{
    if (!args->given[a] || !args->given[b])
        return RC_OK;
    return rc_error_set(err, RC_E_USAGE, "options '--%s' and '--%s' exclude each other",
                        rc_opt_get(a)->name, rc_opt_get(b)->name);
}

static rc_strings strings_of(const rc_cli_list *list)
{
    return (rc_strings){(const char *const *)list->items, list->n};
}

/* What needs no check. */
static void resolve_texts(rc_job_options *opt, const rc_args *args)
{
    opt->model = args->values[RC_OPT_MODEL];
    opt->inputs = strings_of(&args->operands);
    opt->output = args->values[RC_OPT_OUTPUT];
    opt->truth = strings_of(&args->lists[RC_OPT_TRUTH]);
    opt->weight = args->values[RC_OPT_WEIGHT];
    opt->id = strings_of(&args->lists[RC_OPT_ID]);
    opt->emit = strings_of(&args->lists[RC_OPT_EMIT]);
    opt->prefix = args->values[RC_OPT_PREFIX];
    opt->positive = args->values[RC_OPT_POSITIVE];
    opt->output_format =
        (rc_output_format)pick(args, RC_OPT_OUTPUT_FORMAT, output_formats, (int)opt->output_format);
    opt->cpu = (rc_cpu_level)pick(args, RC_OPT_CPU, cpu_levels, (int)opt->cpu);
    opt->map = strings_of(&args->lists[RC_OPT_MAP]);
    opt->columns = strings_of(&args->lists[RC_OPT_COLUMNS]);
    opt->no_output_header = args->given[RC_OPT_NO_OUTPUT_HEADER];
    opt->on_error = (rc_on_error)pick(args, RC_OPT_ON_ERROR, on_errors, (int)opt->on_error);
    opt->rejects = args->values[RC_OPT_REJECTS];
    opt->dry_run = args->given[RC_OPT_DRY_RUN];
    opt->dataset = args->values[RC_OPT_DATASET];
    opt->architecture = args->values[RC_OPT_ARCHITECTURE];
    opt->model_format = args->values[RC_OPT_MODEL_FORMAT];
}

/* Metrics that nobody asked a file for are shown, unless quiet. */
static void resolve_reports(rc_score_job *job, const rc_args *args)
{
    static const char *const shown[] = {"-"};
    rc_job_options *opt = &job->options;
    opt->require = strings_of(&args->lists[RC_OPT_REQUIRE]);
    opt->reports = strings_of(&args->lists[RC_OPT_REPORT]);
    if (opt->truth.n > 0 && opt->reports.n == 0 && !job->is_quiet)
        opt->reports = (rc_strings){shown, 1};
}

static rc_status check_operands(const rc_args *args, rc_error *err)
{
    for (size_t i = 0; i < args->operands.n; i++)
        if (args->operands.items[i][0] == '\0')
            return rc_error_set(err, RC_E_USAGE, "the name of an input is empty");
    return RC_OK;
}

/* How tables are read: `score` and `inspect` alike. */
static rc_status resolve_reading(rc_job_options *opt, const rc_args *args, rc_error *err)
{
    opt->input_format =
        (rc_input_format)pick(args, RC_OPT_INPUT_FORMAT, input_formats, (int)opt->input_format);
    opt->sandbox = (rc_sandbox)pick(args, RC_OPT_SANDBOX, sandboxes, (int)opt->sandbox);
    opt->has_na = args->given[RC_OPT_NA];
    opt->na = strings_of(&args->lists[RC_OPT_NA]);
    if (args->given[RC_OPT_HEADER])
        opt->header = RC_HEADER_YES;
    if (args->given[RC_OPT_NO_HEADER])
        opt->header = RC_HEADER_NO;
    RC_TRY(refuse_both(args, RC_OPT_HEADER, RC_OPT_NO_HEADER, err));
    RC_TRY(check_operands(args, err));
    RC_TRY(resolve_delimiter(opt, args->values[RC_OPT_DELIMITER], err));
    RC_TRY(resolve_decimal(opt, args->values[RC_OPT_DECIMAL], err));
    RC_TRY(resolve_limits(opt, args, err));
    return resolve_size(args, RC_OPT_MAX_LINE, 1, &opt->max_line_bytes, err);
}

rc_status rc_resolve_inspect(rc_inspect_options *out, const rc_args *args, rc_error *err)
{
    rc_job_options reading;
    rc_job_options_default(&reading);
    rc_inspect_options_default(out);
    RC_TRY(resolve_reading(&reading, args, err));
    if (args->operands.n > 1)
        return rc_error_set(err, RC_E_USAGE, "%zu files are named; one is looked at",
                            args->operands.n);
    out->path = args->operands.n > 0 ? args->operands.items[0] : NULL;
    out->json = args->given[RC_OPT_JSON];
    out->architecture = args->values[RC_OPT_ARCHITECTURE];
    out->model_format = args->values[RC_OPT_MODEL_FORMAT];
    out->input_format = reading.input_format;
    out->delimiter = reading.delimiter;
    out->header = reading.header;
    out->sandbox = reading.sandbox;
    out->has_na = reading.has_na;
    out->na = reading.na;
    out->decimal = reading.decimal;
    out->max_line_bytes = reading.max_line_bytes;
    out->max_columns = reading.max_columns;
    if (reading.has_limit)
        out->limit = reading.limit;
    return RC_OK;
}

rc_status rc_resolve_convert(rc_convert_options *out, const rc_args *args, rc_error *err)
{
    rc_convert_options_default(out);
    if (args->operands.n != 1)
        return rc_error_set(err, RC_E_USAGE, "%zu models are named; one is converted",
                            args->operands.n);
    out->model = args->operands.items[0];
    out->output = args->values[RC_OPT_OUTPUT];
    out->sandbox = (rc_sandbox)pick(args, RC_OPT_SANDBOX, sandboxes, (int)out->sandbox);
    out->architecture = args->values[RC_OPT_ARCHITECTURE];
    out->model_format = args->values[RC_OPT_MODEL_FORMAT];
    return RC_OK;
}

rc_status rc_resolve_score(rc_score_job *out, const rc_args *args, rc_error *err)
{
    *out = (rc_score_job){
        .progress = (rc_progress_mode)pick(args, RC_OPT_PROGRESS, progress_modes, RC_PROGRESS_AUTO),
        .is_quiet = args->given[RC_OPT_QUIET],
        .is_verbose = args->given[RC_OPT_VERBOSE],
    };
    rc_job_options *opt = &out->options;
    rc_job_options_default(opt);
    if (args->values[RC_OPT_MODEL] == NULL) {
        rc_error_set(err, RC_E_USAGE, "no model");
        rc_error_hint(err, "name one with --model FILE");
        return RC_E_USAGE;
    }
    resolve_texts(opt, args);
    resolve_reports(out, args);
    RC_TRY(resolve_reading(opt, args, err));
    RC_TRY(refuse_both(args, RC_OPT_QUIET, RC_OPT_VERBOSE, err));
    RC_TRY(resolve_threads(opt, args->values[RC_OPT_THREADS], err));
    RC_TRY(resolve_threshold(opt, args->values[RC_OPT_THRESHOLD], err));
    RC_TRY(resolve_max_rejects(opt, args->values[RC_OPT_MAX_REJECTS], err));
    RC_TRY(resolve_compression(opt, args, err));
    RC_TRY(resolve_keep(opt, args, err));
    size_t max_memory = 0;
    RC_TRY(resolve_size(args, RC_OPT_MAX_MEMORY, LEAST_MEMORY_BYTES, &max_memory, err));
    opt->max_memory = max_memory;
    return resolve_size(args, RC_OPT_PACKET_SIZE, LEAST_PACKET_BYTES, &opt->packet_bytes, err);
}
