/* rowcast.h - score tables with linear, logistic and MLP models.
 *
 * Two ways lead through this header:
 *
 *   - a job (rc_run, part 4) does all that the tool `rowcast score` does: files in, files out;
 *   - a scorer (part 2) is one model, held in memory, for a program that has the rows itself; a
 *     measure (part 3) says how good its predictions are.
 *
 * The inside of a program that scores two rows (`cc x.c $(pkg-config --cflags --libs rowcast)`):
 *
 *     rc_scorer *scorer = NULL;
 *     rc_workspace *workspace = NULL;
 *     rc_error err = {0};
 *     const double x[2][4] = {{5.1, 3.5, 1.4, 0.2}, {6.2, 2.9, 4.3, 1.3}};
 *     double probability[2][3] = {{0}};
 *     rc_rows_f64 rows = {.x = x[0], .n_rows = 2};
 *     rc_scores_f64 scores = {.value = probability[0]};
 *     if (rc_scorer_open(&scorer, "iris.json", NULL, &err) < 0 ||
 *         rc_workspace_open(&workspace, scorer, &err) < 0 ||
 *         rc_scorer_score_f64(scorer, workspace, &rows, &scores, &err) < 0)
 *         fprintf(stderr, "%s\n", err.text);
 *     rc_workspace_close(workspace);
 *     rc_scorer_close(scorer);
 *
 * Rules that hold everywhere, and are not said again:
 *
 * Shapes   an array (n, m) is row-major: element (i, j) is [i * m + j]. Rows, inputs, classes and
 *          columns count from 0; only what is shown to people counts from 1.
 * Owns     pointers in are borrowed for the call, unless "keeps" is said. What `open` or `parse`
 *          gives is closed by the `close` of its type, which takes NULL too and never fails. After
 *          a failure there is nothing to close: *out is NULL.
 * Errors   a call that can fail returns rc_status, and tells more in *err, which may be NULL.
 *          RC_E_SYSTEM (no memory) and, for what is plainly no valid argument (NULL where an
 *          object is needed, an index beyond the last), RC_E_USAGE may come from any of them.
 * Threads  distinct objects are independent of each other. Each thread has an rc_error of its own.
 * Structs  options and what a call tells (rc_scorer_info, rc_input_info, rc_metric) begin with
 *          struct_bytes: their size in the header that the program was built with. So a program
 *          runs with a later library, whose structs have more at the end. That is why the
 *          functions that set defaults are inline: they pass the size on. Structs without it
 *          (rc_error, rc_strings, blocks of rows, of scores) stay as they are.
 *
 * Stability: the version is 0; names stay, fields may be added at the end of such structs.
 * The library never prints, never exits, and touches no signal and no locale. */
#ifndef ROWCAST_H
#define ROWCAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define RC_API __attribute__((visibility("default")))
#define RC_MUST_USE __attribute__((warn_unused_result))
#else
#define RC_API
#define RC_MUST_USE
#endif

/* ---- 1. What all parts use ------------------------------------------------------------------- */

/** How a call ended. A failure is negative; its absolute value is the exit status of the tool. */
typedef enum rc_status {
    RC_OK = 0,
    RC_END = 1,            /* no more input; not a failure */
    RC_AGAIN = 2,          /* nothing has come yet; not a failure */
    RC_E_USAGE = -2,       /* options that do not go together, or name what is not there */
    RC_E_DATA = -3,        /* input data */
    RC_E_MODEL = -4,       /* the model file */
    RC_E_OUTPUT = -5,      /* an output could not be written */
    RC_E_SYSTEM = -6,      /* memory, threads, an instruction set that is absent */
    RC_E_REQUIREMENT = -7, /* all was written, and a requirement failed */
    RC_E_BUSY = -75        /* another run holds the output */
} rc_status;

/** Why a call failed. Fixed size, so that it works when memory is gone. */
typedef struct rc_error {
    rc_status code;
    int os_errno;    /* 0 if the system was not to blame */
    uint64_t row;    /* from 1: line of the input (rc_run), row of the block; 0: about none */
    char text[3072]; /* outermost context first; a hint follows a newline and two blanks */
} rc_error;

/** Version of the library, "0.1.0". Static storage. */
RC_API const char *rc_version(void);

/** Versions of the parts that the library is linked with, "libcsv 3.0.3, zstd 1.5.4, ...".
 * Static storage. */
RC_API const char *rc_version_parts(void);

/** A list of strings, borrowed. */
typedef struct rc_strings {
    const char *const *items;
    size_t n;
} rc_strings;

/** Instructions to compute with. Every level gives the same bits; AUTO is the best that the machine
 * has, and asking for one that is absent is RC_E_SYSTEM. */
typedef enum rc_cpu_level {
    RC_CPU_AUTO,
    RC_CPU_SCALAR,
    RC_CPU_AVX2,
    RC_CPU_AVX512,
    RC_CPU_NEON
} rc_cpu_level;

/** What a model is for. */
typedef enum rc_task {
    RC_TASK_REGRESSION, /* one number or several (targets) a row */
    RC_TASK_BINARY,     /* one of two classes */
    RC_TASK_MULTICLASS  /* one of several */
} rc_task;

/** The type that a model computes in: its framework's. */
typedef enum rc_dtype { RC_FLOAT32, RC_FLOAT64 } rc_dtype;

/** How a reader of foreign files (HDF5, Keras, ONNX) is shut in; see rc_job_options.reader. */
typedef enum rc_sandbox {
    RC_SANDBOX_AUTO,    /* by what the kernel has of Landlock and seccomp; the report tells */
    RC_SANDBOX_REQUIRE, /* RC_E_SYSTEM unless it has both */
    RC_SANDBOX_OFF      /* a process of its own, and no more */
} rc_sandbox;

/* ---- 2. Scorers ------------------------------------------------------------------------------ */

/** One model, ready to score. It never changes after open, so any number of threads may use one. */
typedef struct rc_scorer rc_scorer;

/** The memory in which one thread scores with one scorer. */
typedef struct rc_workspace rc_workspace;

/** How a model is opened. Fill with rc_scorer_options_default(), then set fields. */
typedef struct rc_scorer_options {
    size_t struct_bytes;
    rc_cpu_level cpu;     /* default: AUTO */
    bool has_threshold;   /* whether threshold counts; default: no */
    double threshold;     /* binary: the positive class if its score is at least this */
    const char *positive; /* binary: the class that scores speak of; NULL: the second */
    bool has_na;          /* whether na counts, else the tool's list (NA, N/A, NaN, null ...) */
    rc_strings na;        /* texts that are missing, besides the empty one: rc_scorer_code */
    char decimal;         /* the decimal point of texts: rc_scorer_code; 0 is '.' */
    /* Of models of Keras and ONNX; see rc_job_options. */
    const char *reader;
    rc_sandbox sandbox;
    const char *architecture;
    const char *model_format;
} rc_scorer_options;

RC_API void rc_scorer_options_sized(rc_scorer_options *opt, size_t struct_bytes);

/** Sets every field to its default. */
static inline void rc_scorer_options_default(rc_scorer_options *opt)
{
    rc_scorer_options_sized(opt, sizeof(*opt));
}

/**
 * Reads a model file.
 *
 * Units    the threshold is a probability; where the model has none (rc_scorer_info), a margin. It
 *          is rounded to the model's type.
 * Owns     *out is closed by rc_scorer_close. Keeps nothing: path and options are copied.
 * Errors   RC_E_MODEL with the place in the file; RC_E_USAGE for a threshold or positive class that
 *          does not fit the model; RC_E_SYSTEM for a level of instructions that is absent.
 * Threads  any.
 *
 * opt may be NULL: defaults.
 */
RC_API RC_MUST_USE rc_status rc_scorer_open(rc_scorer **out, const char *path,
                                            const rc_scorer_options *opt, rc_error *err);

/** The same for a model file whose n_bytes are in memory. */
RC_API RC_MUST_USE rc_status rc_scorer_parse(rc_scorer **out, const void *data, size_t n_bytes,
                                             const rc_scorer_options *opt, rc_error *err);

/** Closes; its workspaces may be closed before or behind it. NULL is fine. */
RC_API void rc_scorer_close(rc_scorer *scorer);

/** What a model is. Texts are the scorer's: valid until it is closed. */
typedef struct rc_scorer_info {
    size_t struct_bytes; /* sizeof(rc_scorer_info), set by the program */
    rc_task task;
    rc_dtype dtype;
    const char *link;     /* what makes value of margin: "identity", "sigmoid", "softmax" ... */
    size_t n_inputs;      /* columns of x; may be 0 */
    bool has_input_names; /* else inputs bind by position */
    size_t width;         /* columns of value and margin: targets, 1 (binary), classes */
    size_t n_classes;     /* 0 for a regression */
    size_t positive;      /* binary: the class that value and margin speak of */
    bool has_probability; /* value is a probability: a classification whose link is not "none" */
    bool has_threshold;   /* binary: labels follow threshold, else the sign of the margin or 0.5 */
    double threshold;     /* as it is applied */
    size_t threshold_class; /* the class that the threshold speaks of */
    const char *cpu;        /* "scalar", "avx2" ... */
    const char *format;     /* of the file: "rowcast-json", "rowcast-rcm", "keras", "onnx" */
    const char *sha256;     /* of the file's bytes, hexadecimal */
} rc_scorer_info;

/**
 * Describes the model: info->struct_bytes is set before, all other fields by the call.
 *
 * Errors   RC_E_USAGE only.
 * Threads  any.
 */
RC_API RC_MUST_USE rc_status rc_scorer_describe(const rc_scorer *scorer, rc_scorer_info *info,
                                                rc_error *err);

/** What an input of a model is. Texts are the scorer's: valid until it is closed. */
typedef struct rc_input_info {
    size_t struct_bytes;  /* sizeof(rc_input_info), set by the program */
    const char *name;     /* NULL in all inputs or in none */
    bool is_read;         /* whether any step reads it; what x holds for others does not matter */
    bool is_category;     /* else a number */
    rc_strings values;    /* category: its code in x is an index into these, or -1: unknown */
    bool missing_refuses; /* NaN in x refuses the row, else */
    double missing_value; /* it counts as this: a number (may be NaN) or a code */
    bool unknown_refuses; /* category: -1 in x refuses the row, else */
    double unknown_value; /* it counts as this code; -1 is none of the values */
} rc_input_info;

/**
 * Describes input i < n_inputs: info->struct_bytes is set before, all other fields by the call.
 *
 * Errors   RC_E_USAGE only.
 * Threads  any.
 */
RC_API RC_MUST_USE rc_status rc_scorer_input(const rc_scorer *scorer, size_t i, rc_input_info *info,
                                             rc_error *err);

/** Text of class i, valid until the scorer is closed; NULL from n_classes on. Numbers are in their
 * shortest form. */
RC_API const char *rc_scorer_class(const rc_scorer *scorer, size_t i);

/** Name of target i of a regression, valid until the scorer is closed; NULL where it has none. */
RC_API const char *rc_scorer_target(const rc_scorer *scorer, size_t i);

/**
 * Finds the column of a table that feeds each input, as the tool does: by name where inputs have
 * names (others are ignored, order does not matter), else by position. Inputs that no step reads
 * need a column, too. A single input whose name is not there takes a single column.
 *
 * Shapes   columns are the table's, in order; column_of_input is (n_inputs): numbers of columns.
 * Errors   RC_E_DATA: all inputs without a column in one text, with the nearest names and the
 *          columns that are left over; a name that is needed and stands twice; by position, a
 *          number of columns that is not n_inputs. column_of_input is untouched then.
 * Threads  any.
 */
RC_API RC_MUST_USE rc_status rc_scorer_bind(const rc_scorer *scorer, rc_strings columns,
                                            size_t *column_of_input, rc_error *err);

/**
 * What a cell of text is for input i: the number to put into x, so that a program with texts gets
 * the scores of the tool, bit for bit.
 *
 * A category: the code of the value that has this text, else of the one that is the same number
 * ("1" = "1.0" = "true"). A number: blanks, sign, digits, point, exponent, blanks; inf, infinity,
 * true (1), false (0) in any case; rounded once, to the model's type. Text without blanks that is
 * empty or in the list of missing texts (and is no value of the category): what a missing cell
 * counts as. Any other text of a category: what an unknown value counts as. Any text for an input
 * that no step reads: 0.
 *
 * So a row of texts is scored by x[i] = the code of cell column_of_input[i] for every input i, and
 * rc_rows_f64.columns NULL, as x has the order of the inputs already.
 *
 * Shapes   text is n_bytes long; no NUL is needed.
 * Units    *code is a finite or infinite number, NaN where a missing cell counts as NaN, or a code.
 * Errors   RC_E_DATA, naming input, cell and cause: no number; missing or unknown where the model
 *          refuses it. *code is untouched then.
 * Threads  any.
 */
RC_API RC_MUST_USE rc_status rc_scorer_code(const rc_scorer *scorer, size_t i, const char *text,
                                            size_t n_bytes, double *code, rc_error *err);

/**
 * Makes the memory that a thread scores in: some hundred bytes for each input and each value that
 * the model computes.
 *
 * Owns     *out is closed by rc_workspace_close. Keeps scorer, which must be open while it scores.
 * Errors   RC_E_SYSTEM.
 * Threads  any; then one thread at a time uses the workspace.
 */
RC_API RC_MUST_USE rc_status rc_workspace_open(rc_workspace **out, const rc_scorer *scorer,
                                               rc_error *err);
RC_API void rc_workspace_close(rc_workspace *workspace);

/** The label of a row that has none. */
#define RC_NO_LABEL UINT32_MAX

/** A block of rows: x of row r and column c is x[r * row_stride + c * column_stride], so that
 * row-major, column-major and parts of larger blocks need no copy. */
typedef struct rc_rows_f64 {
    const double *x;       /* numbers, and codes of categories; NaN is missing */
    size_t n_rows;         /* any number */
    size_t row_stride;     /* elements from a row to the next; 0 is n_inputs: with `columns` say
                              how wide the rows of x are */
    size_t column_stride;  /* elements from a column to the next; 0 is 1 */
    const size_t *columns; /* (n_inputs) column of x that feeds each input, as rc_scorer_bind has
                              them; NULL: column i feeds input i */
} rc_rows_f64;

typedef struct rc_rows_f32 {
    const float *x;
    size_t n_rows, row_stride, column_stride;
    const size_t *columns;
} rc_rows_f32;

/** Where scores go; each may be NULL. Not overlapping x. */
typedef struct rc_scores_f64 {
    double *value;          /* (n_rows, width) predictions; probabilities (binary: of the positive
                               class); margins where the link is "none" */
    double *margin;         /* (n_rows, width) what the link makes value of */
    uint32_t *label;        /* (n_rows) class of each row; not for a regression */
    unsigned char *refused; /* (n_rows) 1: the row cannot be scored, else 0 */
} rc_scores_f64;

typedef struct rc_scores_f32 {
    float *value, *margin;
    uint32_t *label;
    unsigned char *refused;
} rc_scores_f32;

/**
 * Scores a block of rows. A row's scores depend on the row alone: not on the others, on where it
 * stands, on the number of threads or on the level of instructions; they are those of the tool.
 *
 * Without scores->refused the first row that cannot be scored ends the call: the rows before it
 * have been scored, nothing is said of those behind. With it such rows are marked, their value and
 * margin are NaN, their label is RC_NO_LABEL, and the call goes on and is RC_OK; what the cause was
 * can be had by scoring that row alone.
 *
 * Shapes   see rc_rows_f64, rc_scores_f64. n_rows 0 does nothing. No memory is allocated.
 * Units    x as the model was trained on. A model of RC_FLOAT32 computes with x rounded to float,
 *          and its scores are floats, which doubles hold. Float scores of a model of RC_FLOAT64 are
 *          its doubles, rounded.
 * Errors   RC_E_DATA with err->row (from 1), input and cause: a missing or unknown value that the
 *          model refuses (NaN, -1), a code that is no index into the values, a step without an
 *          answer for the row, a value that is not finite (or, where margin is asked for, a margin;
 *          a float that the score is too large for counts as not finite).
 *          RC_E_USAGE for a label of a regression, and for a workspace of another scorer.
 * Threads  any, each on a workspace of its own.
 */
RC_API RC_MUST_USE rc_status rc_scorer_score_f64(const rc_scorer *scorer, rc_workspace *workspace,
                                                 const rc_rows_f64 *rows,
                                                 const rc_scores_f64 *scores, rc_error *err);
RC_API RC_MUST_USE rc_status rc_scorer_score_f32(const rc_scorer *scorer, rc_workspace *workspace,
                                                 const rc_rows_f32 *rows,
                                                 const rc_scores_f32 *scores, rc_error *err);

/* ---- 3. Measures ----------------------------------------------------------------------------- */

/** Metrics of predictions, summed without any rounding: the values depend on the rows alone, not on
 * their order nor on how they were divided among measures that are merged. */
typedef struct rc_measure rc_measure;

/** What is measured. Fill with rc_measure_options_default() or rc_measure_options_of(). */
typedef struct rc_measure_options {
    size_t struct_bytes;
    rc_task task;
    size_t n_targets;     /* regression: columns of value and truth; default 1 */
    rc_strings targets;   /* regression: (n_targets) names, or none */
    rc_strings classes;   /* classification: two or more, all different */
    size_t positive;      /* binary: 0 or 1, the class that value speaks of; default 1 */
    bool has_probability; /* classification: value holds probabilities; default: yes */
    bool has_margin;      /* binary without probabilities: value holds margins; default: no */
    bool weighted;        /* a weight comes with each row; default: no */
    rc_dtype dtype;       /* log_loss clips at this type's epsilon; default RC_FLOAT64 */
} rc_measure_options;

RC_API void rc_measure_options_sized(rc_measure_options *opt, size_t struct_bytes,
                                     const rc_scorer *scorer);

/** Sets every field to its default. */
static inline void rc_measure_options_default(rc_measure_options *opt)
{
    rc_measure_options_sized(opt, sizeof(*opt), NULL);
}

/** Sets every field to what fits the scorer's scores. The texts are the scorer's. */
static inline void rc_measure_options_of(rc_measure_options *opt, const rc_scorer *scorer)
{
    rc_measure_options_sized(opt, sizeof(*opt), scorer);
}

/**
 * Opens a measure of no rows.
 *
 * Owns     *out is closed by rc_measure_close. Keeps nothing: texts are copied.
 * Errors   RC_E_USAGE for options that make no sense.
 * Threads  any; then one thread at a time uses the measure. Give each thread its own, and merge.
 */
RC_API RC_MUST_USE rc_status rc_measure_open(rc_measure **out, const rc_measure_options *opt,
                                             rc_error *err);
RC_API void rc_measure_close(rc_measure *measure);

/**
 * The number of a label, for truth_label: that of a class with this text or this number ("1" =
 * "1.0"); RC_NO_LABEL for a missing text (empty, NA, nan ...); else a number from n_classes on,
 * which this measure has for the text, and no other measure.
 *
 * Shapes   text is n_bytes long; no NUL is needed.
 * Errors   RC_E_DATA beyond 65536 labels that are no class; RC_E_USAGE for a regression.
 * Threads  one at a time on a measure.
 */
RC_API RC_MUST_USE rc_status rc_measure_label(rc_measure *measure, const char *text, size_t n_bytes,
                                              uint32_t *label, rc_error *err);

/** Rows of predictions with their truth. The arrays of the other task are not read. */
typedef struct rc_measured_rows {
    size_t n_rows;
    const double *value;          /* as rc_scores_f64 has it: (n_rows, n_targets); (n_rows, 1) for
                                     a binary task; (n_rows, n_classes); NULL where a classification
                                     has neither probabilities nor margins */
    const uint32_t *label;        /* classification: (n_rows) predicted classes, needed always */
    const double *truth;          /* regression: (n_rows, n_targets) */
    const uint32_t *truth_label;  /* classification: (n_rows) classes, or of rc_measure_label */
    const double *weight;         /* (n_rows) where weighted */
    const unsigned char *refused; /* (n_rows) not 0: the row is left out, and may hold NaN and
                                     RC_NO_LABEL; NULL: none is */
} rc_measured_rows;

/**
 * Adds rows. One whose truth is missing (NaN in any target, RC_NO_LABEL) is not measured.
 *
 * Units    weights are finite and not negative.
 * Errors   RC_E_DATA with err->row: a value, truth or weight that is no such number; RC_E_USAGE: a
 *          label that does not exist, an array that is needed and NULL. The rows before have been
 *          added.
 * Threads  one at a time on a measure.
 */
RC_API RC_MUST_USE rc_status rc_measure_add(rc_measure *measure, const rc_measured_rows *rows,
                                            rc_error *err);

/** Adds the rows of `from`, whose options must be equal (else RC_E_USAGE), to `into`. */
RC_API RC_MUST_USE rc_status rc_measure_merge(rc_measure *into, const rc_measure *from,
                                              rc_error *err);

/** One metric. Texts are the measure's: valid until rows are added to it or it is closed. */
typedef struct rc_metric {
    size_t struct_bytes;   /* sizeof(rc_metric), set by the program */
    const char *name;      /* "f1_macro", "recall[yes]", "mse[height]" */
    bool is_defined;       /* false: the rows give no such number */
    double value;          /* NaN if it is not defined */
    const char *undefined; /* why it is not; NULL if it is */
    double bound;          /* how far value may be off: 0, but for roc_auc and pr_auc of more rows
                              than are kept (2^20; of more than 8 classes fewer) */
} rc_metric;

/**
 * A metric of all rows so far, by its name: the names and the values are those of the tool's
 * report.
 *
 * Errors   RC_E_USAGE: no metric of that name here, with the nearest.
 * Threads  one at a time on a measure.
 * Source   definitions are scikit-learn's; rowcast(1) names all metrics.
 */
RC_API RC_MUST_USE rc_status rc_measure_value(rc_measure *measure, const char *name,
                                              rc_metric *metric, rc_error *err);

/** The same for metric i of those that there are, from 0 in the report's order; RC_END beyond. */
RC_API RC_MUST_USE rc_status rc_measure_at(rc_measure *measure, size_t i, rc_metric *metric,
                                           rc_error *err);

/** The parts "metrics", "undefined", "bounds" (where there are any) and "confusion" (of a
 * classification) of the report as a JSON object: UTF-8 that ends with NUL; valid until rows are
 * added or the measure is closed. */
RC_API RC_MUST_USE rc_status rc_measure_json(rc_measure *measure, const char **text, rc_error *err);

/* ---- 4. Jobs --------------------------------------------------------------------------------- */

/** What happens to a temporary file; see rc_job_options.temporary. */
typedef enum rc_temporary_event {
    RC_TEMPORARY_CREATING, /* about to be created */
    RC_TEMPORARY_CREATED,  /* exists now */
    RC_TEMPORARY_GONE      /* renamed into place or removed */
} rc_temporary_event;

/** How far a job has come; see rc_job_options.progress. */
typedef struct rc_progress {
    uint64_t rows;        /* rows scored */
    uint64_t bytes_read;  /* of the files as they are stored */
    uint64_t bytes_total; /* 0 if unknown (a pipe is among the inputs) */
    uint64_t elapsed_ns;  /* since the job began */
    int n_threads;        /* at most at work */
    const char *cpu;      /* kernels in use: "avx2" */
} rc_progress;

typedef enum rc_input_format {
    RC_INPUT_AUTO,
    RC_INPUT_CSV,
    RC_INPUT_TSV,
    RC_INPUT_HDF5
} rc_input_format;
typedef enum rc_output_format {
    RC_OUTPUT_AUTO, /* by the extension before .gz/.zst, else CSV */
    RC_OUTPUT_CSV,
    RC_OUTPUT_TSV,
    RC_OUTPUT_NDJSON,
    RC_OUTPUT_HDF5
} rc_output_format;
typedef enum rc_compression {
    RC_COMPRESS_AUTO, /* by the extension, else none */
    RC_COMPRESS_NONE,
    RC_COMPRESS_GZIP,
    RC_COMPRESS_ZSTD
} rc_compression;
typedef enum rc_header { RC_HEADER_AUTO, RC_HEADER_YES, RC_HEADER_NO } rc_header;
typedef enum rc_on_error {
    RC_ON_ERROR_AUTO, /* skip if rejects or max_rejects is given, else stop */
    RC_ON_ERROR_STOP, /* the first row that cannot be scored ends the job */
    RC_ON_ERROR_SKIP, /* it is left out */
    RC_ON_ERROR_NULL  /* its predictions are empty */
} rc_on_error;
/** A scoring job. Fill with rc_job_options_default(), then set fields. All pointers are borrowed
 * until rc_run() returns. A COLUMN is a header name, else a position from 1. */
typedef struct rc_job_options {
    size_t struct_bytes;
    const char *model;    /* path; required */
    rc_strings inputs;    /* paths, "-" is stdin; none is stdin */
    const char *output;   /* path; NULL or "-" is stdout */
    rc_strings truth;     /* columns, one a target; none: no metrics */
    const char *weight;   /* column of row weights for the metrics, or NULL */
    rc_strings id;        /* columns copied to the output, no features by position */
    rc_strings keep;      /* columns copied to the output, still features */
    bool keep_all;        /* copy every input column, in order */
    rc_strings emit;      /* among prediction label probability margin; none: default */
    const char *prefix;   /* before all predicted names, or NULL */
    bool has_threshold;   /* whether threshold counts */
    double threshold;     /* binary decision */
    const char *positive; /* the class that probability speaks of, or NULL */
    rc_input_format input_format;
    rc_output_format output_format;
    rc_compression compression;
    int compression_level; /* 0 is the default: 1 for zstd, 6 for gzip, in HDF5 2 */
    int delimiter;         /* a byte, or -1: found */
    rc_header header;
    rc_strings reports;    /* paths; .txt or .json; "-" is text to report_stream */
    rc_strings require;    /* 'METRIC OP NUMBER' */
    int n_threads;         /* 0: least of affinity, CPU quota and OMP_NUM_THREADS */
    size_t packet_bytes;   /* bytes of input a packet; 0 is 1 MiB; at least 4096 */
    size_t max_line_bytes; /* 0 is 16 MiB */
    rc_cpu_level cpu;
    rc_strings arguments; /* the command line, for the report; may be empty */
    void *context;        /* handed to the functions below */
    /* Called from the thread that called rc_run(), may be NULL. Lets a program remove
     * temporaries when it dies by a signal. */
    void (*temporary)(void *context, rc_temporary_event event, const char *path);
    /* Called by one thread at a time, at most every 100 ms, and once at the end; may be NULL. */
    void (*progress)(void *context, const rc_progress *progress);
    /* Receives the text of reports that go to "-", before outputs are published; may be NULL. False
     * is a failure of that output: nothing is published. */
    bool (*report_text)(void *context, const char *text, size_t n_bytes);
    /* Receives warnings, one line without newline; may be NULL. */
    void (*warning)(void *context, const char *text);
    rc_strings map;           /* 'INPUT=COLUMN': a model input and the column that feeds it */
    rc_strings columns;       /* what feeds a model whose inputs have no names, in order */
    bool has_na;              /* whether na counts, else the default list */
    rc_strings na;            /* texts of cells that are missing, besides the empty one */
    char decimal;             /* the decimal point of the input; 0 is '.' */
    bool no_output_header;    /* CSV and TSV without a header */
    size_t max_columns;       /* 0 is 1048576 */
    bool has_limit;           /* whether limit counts */
    uint64_t limit;           /* input records that are read at most */
    rc_on_error on_error;     /* what a row does that cannot be scored */
    const char *rejects;      /* path: refused rows as CSV; or NULL */
    bool has_max_rejects;     /* whether max_rejects counts */
    bool max_rejects_percent; /* of the rows read, held at the end; else a number, held at once */
    double max_rejects; /* more refused rows than this are RC_E_DATA, and nothing is written */
    bool dry_run;       /* bind everything, score nothing, write nothing */
    /* Receives what a dry run has to tell; may be NULL. False is a failure of that output. */
    bool (*plan_text)(void *context, const char *text, size_t n_bytes);
    /* HDF5: path of the dataset or group; NULL: the only table there is. Inputs are HDF5 with it,
     * unless input_format says otherwise. */
    const char *dataset;
    /* Path of the program that reads HDF5, and models of Keras and ONNX, in a process of its own,
     * which is shut in: a `rowcast`. NULL: the one that was installed with the library, under its
     * absolute path. RC_E_SYSTEM: it cannot be started; RC_E_DATA (RC_E_MODEL): the file made it
     * die, hang or answer nonsense. */
    const char *reader;
    rc_sandbox sandbox;
    /* Bytes that rows of HDF5 in work may take (chunks, decoded), by all threads together: so many
     * threads work as fit. 0 is 1 GiB. RC_E_DATA: one thread needs more. */
    uint64_t max_memory;
    /* Keras weights without a configuration: path of its JSON (model.to_json()), or the activations
     * of dense layers in order, "relu,relu,softmax"; or NULL. */
    const char *architecture;
    /* The format of the model file: "native", "keras", "onnx"; NULL: as its content tells. */
    const char *model_format;
} rc_job_options;

/** Sets every field to its default; struct_bytes is the size that the program knows. */
RC_API void rc_job_options_sized(rc_job_options *opt, size_t struct_bytes);
static inline void rc_job_options_default(rc_job_options *opt)
{
    rc_job_options_sized(opt, sizeof(*opt));
}

/**
 * Scores the inputs with the model and writes predictions and reports.
 *
 * Owns     nothing of the caller's. Outputs appear under their names only when complete.
 * Errors   any code above; RC_E_REQUIREMENT after everything has been written.
 * Threads  starts its own, and of HDF5 a process for each input, for which alone it waits; two jobs
 *          may run at once on distinct outputs.
 */
RC_API RC_MUST_USE rc_status rc_run(const rc_job_options *opt, rc_error *err);

/** What is in a file. Fill with rc_inspect_options_default(), then set fields. All pointers are
 * borrowed until rc_inspect() returns. Those from input_format on speak of tables. */
typedef struct rc_inspect_options {
    size_t struct_bytes;
    /* A model, a table, an HDF5 file or a report, as its content tells; NULL or "-" is stdin. */
    const char *path;
    bool json;                    /* JSON instead of text for people */
    rc_input_format input_format; /* CSV, TSV: a table, whatever it looks like; HDF5: such a file */
    int delimiter;                /* a byte, or -1: found */
    rc_header header;
    bool has_na;           /* whether na counts, else the default list */
    rc_strings na;         /* texts of cells that are missing, besides the empty one */
    char decimal;          /* the decimal point; 0 is '.' */
    size_t max_line_bytes; /* 0 is 16 MiB */
    size_t max_columns;    /* 0 is 1048576 */
    uint64_t limit;        /* rows that are looked at; default 1000 */
    void *context;         /* handed to the function below */
    /* Receives the description, once; may be NULL. False is a failure of that output. */
    bool (*text)(void *context, const char *text, size_t n_bytes);
    const char *reader; /* as in rc_job_options */
    rc_sandbox sandbox;
    const char *architecture; /* as in rc_job_options; with either the file is a model */
    const char *model_format;
} rc_inspect_options;

/** Sets every field to its default; struct_bytes is the size that the program knows. */
RC_API void rc_inspect_options_sized(rc_inspect_options *opt, size_t struct_bytes);
static inline void rc_inspect_options_default(rc_inspect_options *opt)
{
    rc_inspect_options_sized(opt, sizeof(*opt));
}

/**
 * Says what is in a file: of a model its inputs, steps and output; of a table its dialect, what
 * its columns seem to hold, and its first rows; of a report its result in short.
 *
 * Errors   RC_E_DATA; RC_E_MODEL if the file is a model; RC_E_OUTPUT if `text` says false;
 *          RC_E_SYSTEM; RC_E_USAGE for options that are not from the default.
 * Threads  safe on distinct options and files.
 */
RC_API RC_MUST_USE rc_status rc_inspect(const rc_inspect_options *opt, rc_error *err);

/** A conversion. Fill with rc_convert_options_default(), then set fields. All pointers are borrowed
 * until rc_convert() returns. */
typedef struct rc_convert_options {
    size_t struct_bytes;
    const char *model;  /* path; required */
    const char *output; /* path, which ends in .json or .rcm; NULL or "-" is stdout, as JSON */
    const char *reader; /* as in rc_job_options */
    rc_sandbox sandbox;
    const char *architecture; /* as in rc_job_options */
    const char *model_format;
    void *context; /* handed to the function below */
    void (*temporary)(void *context, rc_temporary_event event, const char *path);
} rc_convert_options;

/** Sets every field to its default; struct_bytes is the size that the program knows. */
RC_API void rc_convert_options_sized(rc_convert_options *opt, size_t struct_bytes);
static inline void rc_convert_options_default(rc_convert_options *opt)
{
    rc_convert_options_sized(opt, sizeof(*opt));
}

/**
 * Writes any model that can be read as a native model: what it scores stays the same, bit for bit.
 *
 * Owns     nothing of the caller's. The output appears under its name only when complete.
 * Errors   RC_E_MODEL; RC_E_OUTPUT; RC_E_SYSTEM; RC_E_USAGE: an output of another name, or that is
 *          the model itself.
 * Threads  safe on distinct options and files; as rc_run of processes.
 */
RC_API RC_MUST_USE rc_status rc_convert(const rc_convert_options *opt, rc_error *err);

#ifdef __cplusplus
}
#endif

#endif
