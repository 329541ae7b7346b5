/* convert_model.c - any model that is read, as a native model. */
#include <stdlib.h>
#include <sys/stat.h>

#include "base/text.h"
#include "io/output.h"
#include "model/fetch.h"
#include "model/rewrite.h"
#include "run/public.h"

void rc_convert_options_sized(rc_convert_options *opt, size_t struct_bytes)
{
    const rc_convert_options full = {0};
    rc_struct_fill(opt, struct_bytes, &full, sizeof(full));
}

static rc_status write_piece(void *context, const void *data, size_t n, rc_error *err)
{
    return rc_output_write(context, data, n, err);
}

/* .rcm or .json, by the name; standard output is JSON. */
static rc_status encoding_of(const char *output, bool *to_rcm, rc_error *err)
{
    *to_rcm = false;
    if (rc_path_is_std(output))
        return RC_OK;
    *to_rcm = rc_text_ends(output, strlen(output), ".rcm");
    if (*to_rcm || rc_text_ends(output, strlen(output), ".json"))
        return RC_OK;
    rc_error_set(err, RC_E_USAGE, "%s: a native model is called .json or .rcm", output);
    return RC_E_USAGE;
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat x, y;
    return !rc_path_is_std(b) && stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

static rc_status write_model(const rc_convert_options *opt, const rc_fetched *fetched, bool to_rcm,
                             rc_error *err)
{
    rc_output *output;
    const rc_temporary_hook hook = {.notify = opt->temporary, .context = opt->context};
    rc_status st = rc_output_open(&output, opt->output, &hook, err);
    if (st >= 0) {
        rc_rewrite_sink sink = {.context = output, .write = write_piece};
        st = rc_model_rewrite(fetched->native.data, fetched->native.n, to_rcm, &sink, err);
        if (st >= 0)
            st = rc_output_finish(output, err);
        rc_output_close(output);
    }
    return st < 0 ? rc_error_wrap(err, st, "%s",
                                  rc_path_is_std(opt->output) ? "standard output" : opt->output)
                  : st;
}

/* Nothing is written before the model is known to be one. */
static rc_status convert(const rc_convert_options *opt, rc_error *err)
{
    rc_fetched fetched;
    rc_model *model = NULL;
    bool to_rcm;
    RC_TRY(encoding_of(opt->output, &to_rcm, err));
    if (is_same_file(opt->model, opt->output))
        return rc_error_set(err, RC_E_USAGE, "%s: is the model itself", opt->output);
    rc_model_options options = {.reader = opt->reader,
                                .sandbox = opt->sandbox,
                                .architecture = opt->architecture,
                                .format = opt->model_format};
    rc_status st = rc_fetch(&fetched, opt->model, &options, err);
    if (st >= 0)
        st = rc_model_parse(&model, fetched.native.data, fetched.native.n, err);
    rc_model_close(model);
    if (st < 0)
        rc_error_wrap(err, st, "%s", opt->model);
    else
        st = write_model(opt, &fetched, to_rcm, err);
    rc_fetched_release(&fetched);
    return st;
}

rc_status rc_convert(const rc_convert_options *given, rc_error *err)
{
    rc_convert_options full;
    rc_convert_options_default(&full);
    if (given == NULL || !rc_struct_copy(&full, sizeof(full), given, given->struct_bytes) ||
        full.model == NULL)
        return rc_misuse(err, "the options are not from rc_convert_options_default(), or name no "
                              "model");
    return convert(&full, err);
}
