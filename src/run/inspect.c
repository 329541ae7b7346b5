/* inspect.c - say what is in a model, a table or a report. */
#include "run/inspect.h"

#include <stdlib.h>

#include "base/text.h"
#include "model/fetch.h"
#include "model/native.h"
#include "report/format.h"
#include "run/inspect_h5.h"
#include "run/public.h"
#include "run/source.h"
#include "table/h5/file.h"

enum { DEFAULT_ROWS = 1000 };

void rc_inspect_options_sized(rc_inspect_options *opt, size_t struct_bytes)
{
    const rc_inspect_options full = {.delimiter = RC_NO_DELIMITER, .limit = DEFAULT_ROWS};
    rc_struct_fill(opt, struct_bytes, &full, sizeof(full));
}

/* Reads more of it: as much again as is there. */
static rc_status read_more(rc_inspect_file *file, rc_error *err)
{
    size_t n, more = file->head.n > RC_HEAD_BYTES ? file->head.n : RC_HEAD_BYTES;
    if (file->head.n > RC_MODEL_MAX_BYTES)
        return rc_error_set(err, RC_E_DATA, "is larger than the limit of %zu bytes",
                            RC_MODEL_MAX_BYTES);
    if (!rc_buf_reserve(&file->head, more))
        return rc_error_nomem(err);
    rc_status st = rc_input_read(file->input, file->head.data + file->head.n, more, -1, &n, err);
    if (st < 0)
        return st;
    file->head.n += n;
    file->at_end = st == RC_END;
    return RC_OK;
}

static rc_status read_all(rc_inspect_file *file, rc_error *err)
{
    while (!file->at_end)
        RC_TRY(read_more(file, err));
    return RC_OK;
}

/* The content tells; the name, where the content might be anything: tables are not called so, and
 * the reader of models knows best what is wrong with them. */
static rc_file_kind by_name(const rc_inspect_file *file, rc_file_kind kind)
{
    size_t n = strlen(file->path);
    if (rc_tell_is_hdf5(file->head.data, file->head.n))
        return file->is_keras ? RC_FILE_MODEL : kind;
    if (kind != RC_FILE_UNKNOWN && rc_fetch_tell(file->head.data, file->head.n, file->path) != NULL)
        return RC_FILE_MODEL;
    bool is_model = rc_text_ends(file->path, n, ".rcm") || rc_text_ends(file->path, n, ".json");
    return kind == RC_FILE_TABLE && is_model ? RC_FILE_MODEL : kind;
}

/* Options that speak of a model say that it is one. */
static bool is_model_asked(const rc_inspect_options *opt)
{
    return opt->model_format != NULL || opt->architecture != NULL;
}

static rc_status tell(rc_inspect_file *file, rc_file_kind *kind, rc_error *err)
{
    bool is_told = is_model_asked(file->opt) || file->opt->input_format != RC_INPUT_AUTO;
    *kind = is_model_asked(file->opt) ? RC_FILE_MODEL : is_told ? RC_FILE_TABLE : RC_FILE_UNKNOWN;
    do {
        RC_TRY(read_more(file, err));
        if (!is_told)
            *kind = by_name(file, rc_tell_file(file->head.data, file->head.n, file->at_end));
    } while (*kind == RC_FILE_UNKNOWN);
    return RC_OK;
}

static rc_status describe_plan(json_t **out, const rc_inspected *about, const rc_model *model,
                               rc_error *err)
{
    rc_plan *plan;
    rc_plan_options options = {.cpu = RC_CPU_AUTO};
    RC_TRY(rc_plan_compile(&plan, model, &options, err));
    rc_status st = rc_inspect_model(out, about, model, plan, err);
    rc_plan_close(plan);
    return st;
}

static rc_status describe_model(json_t **out, rc_inspect_file *file, const rc_inspected *about,
                                rc_error *err)
{
    rc_model *model;
    if (rc_input_tell(file->input).compression != RC_COMPRESS_NONE)
        return rc_error_set(err, RC_E_MODEL,
                            "a compressed model, which this version cannot read: decompress it");
    rc_model_options reading = {.reader = file->opt->reader,
                                .sandbox = file->opt->sandbox,
                                .architecture = file->opt->architecture,
                                .format = file->opt->model_format};
    bool is_path = !rc_path_is_std(file->path);
    RC_TRY(is_path ? rc_model_open(&model, file->path, &reading, err)
                   : rc_model_load(&model, file->head.data, file->head.n, &reading, err));
    rc_status st = describe_plan(out, about, model, err);
    rc_model_close(model);
    return st;
}

static rc_status describe_report(json_t **out, rc_inspect_file *file, const rc_inspected *about,
                                 rc_error *err)
{
    json_t *report;
    rc_status st = rc_native_load(&report, file->head.data, file->head.n, err);
    if (st == RC_E_MODEL) {
        st = RC_E_DATA; /* the same grammar, of another file */
        if (err != NULL)
            err->code = st;
    }
    if (st < 0)
        return st;
    st = rc_inspect_report(out, about, report, err);
    json_decref(report);
    return st;
}

/* The size of a regular file, and of what came through a pipe where all of it has been read;
 * whether all of a table has is known later. */
static rc_inspected about_of(const rc_inspect_file *file, rc_file_kind kind)
{
    rc_input_stat stat = rc_input_tell(file->input);
    rc_inspected about = {.path = file->path, .n_bytes = stat.bytes_total};
    about.has_bytes = stat.bytes_total > 0 || kind != RC_FILE_TABLE;
    if (stat.bytes_total == 0)
        about.n_bytes = stat.bytes_read;
    return about;
}

/* Whether it is an HDF5 file that can be read, or one is asked for: these are described here. */
static bool describe_h5(rc_status *st, rc_buf *out, rc_inspect_file *file, rc_error *err)
{
    rc_input_format format = file->opt->input_format;
    if (is_model_asked(file->opt))
        return false;
    if (format != RC_INPUT_AUTO && format != RC_INPUT_HDF5)
        return false;
    int fd;
    *st = rc_h5_descriptor_open(file->path, &fd, format == RC_INPUT_HDF5 ? err : NULL);
    if (*st < 0)
        return format == RC_INPUT_HDF5;
    *st = rc_inspect_file_h5(out, file, fd, err);
    file->is_keras = *st == RC_AGAIN;
    return !file->is_keras;
}

static rc_status describe(rc_buf *out, rc_inspect_file *file, rc_error *err)
{
    rc_file_kind kind;
    json_t *made = NULL;
    rc_status st;
    if (describe_h5(&st, out, file, err))
        return st;
    RC_TRY(tell(file, &kind, err));
    if (kind == RC_FILE_MODEL || kind == RC_FILE_REPORT)
        RC_TRY(read_all(file, err));
    rc_inspected about = about_of(file, kind);
    switch (kind) {
    case RC_FILE_MODEL:
        st = describe_model(&made, file, &about, err);
        break;
    case RC_FILE_REPORT:
        st = describe_report(&made, file, &about, err);
        break;
    case RC_FILE_TABLE:
        return rc_inspect_file_table(out, file, &about, err);
    default:
        if (rc_tell_is_hdf5(file->head.data, file->head.n))
            return rc_inspect_h5_refuse(file, err);
        return rc_tell_refuse(file->head.data, file->head.n, err);
    }
    if (st >= 0 && !(file->opt->json ? rc_format_json(out, made, 0) && rc_buf_text(out, "\n")
                                     : rc_inspect_text(out, made)))
        st = rc_error_nomem(err);
    json_decref(made);
    return st;
}

static rc_status describe_file(rc_buf *out, const rc_inspect_options *opt, rc_error *err)
{
    rc_inspect_file file = {.opt = opt, .path = rc_path_is_std(opt->path) ? "-" : opt->path};
    rc_status st = rc_input_open(&file.input, file.path, err);
    if (st == RC_OK)
        st = describe(out, &file, err);
    /* what has been handed over names file and line itself */
    if (st < 0 && (file.input != NULL || file.head.data == NULL))
        rc_error_wrap(err, st, "%s", rc_input_name(file.path));
    rc_input_close(file.input);
    rc_buf_release(&file.head);
    return st;
}

rc_status rc_inspect(const rc_inspect_options *given, rc_error *err)
{
    /* A program that was built with an older header knows fewer fields. */
    rc_inspect_options full;
    rc_buf text = {0};
    rc_inspect_options_default(&full);
    if (given == NULL || given->struct_bytes < offsetof(rc_inspect_options, json))
        return rc_error_set(err, RC_E_USAGE,
                            "the options are not from rc_inspect_options_default()");
    memcpy(&full, given, given->struct_bytes < sizeof(full) ? given->struct_bytes : sizeof(full));
    rc_status st = describe_file(&text, &full, err);
    if (st == RC_OK && full.text != NULL && !full.text(full.context, text.data, text.n))
        st = rc_error_set(err, RC_E_OUTPUT, "the description could not be written");
    rc_buf_release(&text);
    return st;
}
