/* job_plan.c - what is bound to what, for people: the answer of a dry run. */
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "model/words.h"
#include "run/job.h"

enum { SHOWN_COLUMNS = 100 };

static const char *quote(const char *text, size_t n, char out[RC_QUOTED_BYTES + 2])
{
    char quoted[RC_QUOTED_BYTES];
    snprintf(out, RC_QUOTED_BYTES + 2, "'%s'", rc_text_quote(text, n, quoted));
    return out;
}

static const char *name_delimiter(int delimiter, char out[16])
{
    if (delimiter == RC_NO_DELIMITER)
        return "one column";
    if (delimiter == '\t')
        return "delimiter tab";
    snprintf(out, 16, "delimiter %c", delimiter >= ' ' && delimiter < 0x7f ? delimiter : '?');
    return out;
}

static bool put_head(const rc_job *job, rc_buf *out)
{
    const rc_schema *schema = job->schema;
    const rc_model *m = job->model;
    char name[RC_QUOTED_BYTES + 2], delimiter[16];
    if (!rc_buf_printf(out, "model    %s: %s, %s, %s, %zu input%s\n",
                       quote(job->opt->model, strlen(job->opt->model), name), m->format,
                       rc_words_dtype[m->dtype], rc_task_phrase(m->task), m->n_inputs,
                       m->n_inputs == 1 ? "" : "s"))
        return false;
    const char *first = rc_input_name(job->inputs.items[0]);
    const char *dialect = job->h5_source != NULL ? rc_h5_source_what(job->h5_source)
                                                 : name_delimiter(schema->delimiter, delimiter);
    const char *names = job->h5_source == NULL ? "header" : "names";
    return rc_buf_printf(out, "table    %s%s: %s, %s%s, %zu column%s\n",
                         quote(first, strlen(first), name), job->inputs.n > 1 ? " and others" : "",
                         dialect, schema->has_header ? "" : "no ", names, schema->n_columns,
                         schema->n_columns == 1 ? "" : "s");
}

/* "column 3 'alter'" */
static bool put_column(const rc_job *job, size_t column, rc_buf *out)
{
    const rc_schema *schema = job->schema;
    char name[RC_QUOTED_BYTES + 2] = "";
    if (schema->names != NULL)
        quote(schema->names[column], schema->name_bytes[column], name);
    return rc_buf_printf(out, "column %zu%s%s", column + 1, name[0] != '\0' ? " " : "", name);
}

/* "  'age' <- column 3 'alter'" */
static bool put_input(const rc_job *job, size_t i, rc_buf *out)
{
    const rc_model_input *input = &job->model->inputs[i];
    char name[RC_QUOTED_BYTES + 2];
    if (input->name != NULL)
        quote(input->name, strlen(input->name), name);
    else
        snprintf(name, sizeof(name), "%zu", i + 1);
    return rc_buf_printf(out, "  %s <- ", name) && put_column(job, job->binding.features[i], out) &&
           rc_buf_text(out, input->is_category ? " (category)" : "") &&
           rc_buf_text(out, rc_plan_reads(job->plan, i) ? "\n" : " (no step reads it)\n");
}

static bool put_inputs(const rc_job *job, rc_buf *out)
{
    size_t n = job->binding.n_features;
    bool ok = rc_buf_text(out, "features\n");
    for (size_t i = 0; i < n && i < SHOWN_COLUMNS && ok; i++)
        ok = put_input(job, i, out);
    return ok && (n <= SHOWN_COLUMNS || rc_buf_printf(out, "  and %zu more\n", n - SHOWN_COLUMNS));
}

static void mark(bool *is_used, const size_t *columns, size_t n)
{
    for (size_t i = 0; i < n; i++)
        is_used[columns[i]] = true;
}

static bool put_unused(const rc_job *job, bool *is_used, rc_buf *out)
{
    const rc_schema *schema = job->schema;
    const rc_binding *b = &job->binding;
    char label[192];
    size_t n = 0;
    mark(is_used, b->features, b->n_features);
    mark(is_used, b->truth, b->n_truth);
    mark(is_used, b->copies, b->n_copies);
    if (b->weight != RC_NO_COLUMN)
        is_used[b->weight] = true;
    bool ok = true;
    for (size_t c = 0; c < schema->n_columns && ok; c++)
        if (!is_used[c] && (schema->same_as == NULL || schema->same_as[c] == c) &&
            n++ < SHOWN_COLUMNS)
            ok = rc_buf_printf(out, "%s%s", n == 1 ? "unused   " : ", ",
                               rc_column_label(schema, c, label));
    if (n > SHOWN_COLUMNS)
        ok = ok && rc_buf_printf(out, " and %zu more", n - SHOWN_COLUMNS);
    return ok && (n == 0 || rc_buf_text(out, "\n"));
}

static bool put_output(const rc_job *job, rc_buf *out)
{
    static const char *const formats[] = {"", "csv", "tsv", "ndjson", "hdf5"};
    const rc_layout *layout = &job->columns.layout;
    const char *path = rc_job_output_name(job);
    bool is_packed = job->compression != RC_COMPRESS_NONE;
    char name[RC_QUOTED_BYTES + 2];
    bool ok =
        rc_buf_printf(out, "output   %s: %s%s%s, %zu column%s\n", quote(path, strlen(path), name),
                      formats[layout->format], is_packed ? ", " : "",
                      is_packed ? rc_compression_word(job->compression) : "", layout->n_fields,
                      layout->n_fields == 1 ? "" : "s");
    for (size_t f = 0; f < layout->n_fields && f < SHOWN_COLUMNS && ok; f++)
        ok = rc_buf_printf(out, "  %s%s\n",
                           quote(layout->fields[f].name, layout->fields[f].name_bytes, name),
                           layout->fields[f].kind == RC_FIELD_COPY ? " (copied)" : "");
    return ok && (layout->n_fields <= SHOWN_COLUMNS ||
                  rc_buf_printf(out, "  and %zu more\n", layout->n_fields - SHOWN_COLUMNS));
}

static bool put_plan(const rc_job *job, bool *is_used, rc_buf *out)
{
    const rc_binding *b = &job->binding;
    bool ok = put_head(job, out) && put_inputs(job, out);
    for (size_t t = 0; t < b->n_truth && ok; t++)
        ok = rc_buf_text(out, "truth    ") && put_column(job, b->truth[t], out) &&
             rc_buf_text(out, "\n");
    if (b->weight != RC_NO_COLUMN)
        ok = ok && rc_buf_text(out, "weight   ") && put_column(job, b->weight, out) &&
             rc_buf_text(out, "\n");
    return ok && put_unused(job, is_used, out) && put_output(job, out);
}

rc_status rc_job_tell_plan(const rc_job *job, rc_error *err)
{
    if (job->opt->plan_text == NULL)
        return RC_OK;
    rc_buf text = {0};
    bool *is_used = rc_alloc_array(job->schema->n_columns, sizeof(bool));
    rc_status st = RC_OK;
    if (is_used == NULL || !put_plan(job, is_used, &text))
        st = rc_error_nomem(err);
    else if (!job->opt->plan_text(job->opt->context, text.data, text.n))
        st = rc_error_set(err, RC_E_OUTPUT, "what is bound to what could not be written");
    free(is_used);
    rc_buf_release(&text);
    return st;
}
