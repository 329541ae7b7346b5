/* rowcast.h - score tables with linear, logistic and MLP models.
 *
 * Stability: the version is 0; names stay, fields may be added at the end of option structs.
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
    uint64_t row;    /* line of the input for people, from 1; 0 if not about a line */
    char text[3072]; /* outermost context first; a hint follows a newline and two blanks */
} rc_error;

/** Version of the library, "0.1.0". Static storage. */
RC_API const char *rc_version(void);

/** Versions of the parts that the library is linked with, "libcsv 3.0.3, zstd 1.5.4, ...".
 * Static storage. */
RC_API const char *rc_version_parts(void);

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

typedef enum rc_input_format { RC_INPUT_AUTO, RC_INPUT_CSV, RC_INPUT_TSV } rc_input_format;
typedef enum rc_output_format {
    RC_OUTPUT_AUTO, /* by the extension before .gz/.zst, else CSV */
    RC_OUTPUT_CSV,
    RC_OUTPUT_TSV,
    RC_OUTPUT_NDJSON
} rc_output_format;
typedef enum rc_compression {
    RC_COMPRESS_AUTO, /* by the extension, else none */
    RC_COMPRESS_NONE,
    RC_COMPRESS_GZIP,
    RC_COMPRESS_ZSTD
} rc_compression;
typedef enum rc_header { RC_HEADER_AUTO, RC_HEADER_YES, RC_HEADER_NO } rc_header;
typedef enum rc_cpu_level {
    RC_CPU_AUTO,
    RC_CPU_SCALAR,
    RC_CPU_AVX2,
    RC_CPU_AVX512,
    RC_CPU_NEON
} rc_cpu_level;

/** A list of strings, borrowed. */
typedef struct rc_strings {
    const char *const *items;
    size_t n;
} rc_strings;

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
    int compression_level; /* 0 is the default: 1 for zstd, 6 for gzip */
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
} rc_job_options;

/** Sets every field to its default. */
RC_API void rc_job_options_default(rc_job_options *opt);

/**
 * Scores the inputs with the model and writes predictions and reports.
 *
 * Owns     nothing of the caller's. Outputs appear under their names only when complete.
 * Errors   any code above; RC_E_REQUIREMENT after everything has been written.
 * Threads  starts its own; two jobs may run at once on distinct outputs.
 */
RC_API RC_MUST_USE rc_status rc_run(const rc_job_options *opt, rc_error *err);

#ifdef __cplusplus
}
#endif

#endif
