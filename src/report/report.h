/* report.h - the result of a run as text and as JSON, and its requirements. */
#ifndef RC_REPORT_REPORT_H
#define RC_REPORT_REPORT_H

#include <jansson.h>

#include "base/mem.h"
#include "metrics/metrics.h"

/* One '--require' expression after it has been held against the metrics. */
typedef struct rc_requirement {
    const char *text; /* as given; borrowed */
    char metric[128]; /* name, with [KEY] if it has one */
    char op[3];
    double bound;
    bool is_defined; /* false: the metric is null or absent */
    double value;
    bool holds;
    char reason[160]; /* why it is not defined, else "" */
} rc_requirement;

/* What there is to tell. All pointers are borrowed. */
typedef struct rc_report {
    rc_task task;
    uint64_t rows_read, rows_scored, rows_rejected, rows_unlabelled;
    const rc_metrics *metrics;
    const char *positive; /* binary: the positive class as text, else NULL */
    const rc_requirement *requirements;
    size_t n_requirements;
    const char *model_path, *model_format, *model_sha256, *model_dtype;
    rc_strings data;      /* input paths */
    const char *output;   /* path or "-" */
    rc_strings arguments; /* the command line */
    const char *cpu;      /* "avx2" */
    int n_threads;
    /* What the reader of foreign files has shut: "landlock 4, seccomp, limits"; NULL: there was
     * none. */
    const char *sandbox;
    int64_t started; /* seconds since 1970 */
    double seconds;
} rc_report;

/* Parses 'METRIC OP NUMBER', OP among < <= > >= == !=. RC_E_USAGE says what is wrong. */
rc_status rc_requirement_parse(rc_requirement *out, const char *text, rc_error *err);

/* Whether the task has a metric of that name at all (a class or target KEY is not checked). A
 * plain precision, recall or f1 asked of a multi-class model is RC_E_USAGE that names *_macro. */
rc_status rc_requirement_check(const rc_requirement *req, rc_task task, rc_error *err);

/* Holds it against values and reasons as rc_metrics_values gives them. */
void rc_requirement_evaluate(rc_requirement *req, const json_t *values, const json_t *undefined);

/* Appends the report as text for people, or as JSON of DESIGN's rowcast-report version 1. */
rc_status rc_report_text(const rc_report *report, rc_buf *out, rc_error *err);
rc_status rc_report_json(const rc_report *report, rc_buf *out, rc_error *err);

#endif
