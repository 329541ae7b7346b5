/* job_inputs.c - which column each input of the model asks for: its name, --map or --columns. */
#include <stdlib.h>

#include "base/text.h"
#include "run/job.h"

static rc_status refuse_input(const rc_model *m, const char *text, size_t n, rc_error *err)
{
    char quoted[RC_QUOTED_BYTES], name[128];
    rc_error_set(err, RC_E_USAGE, "--map: the model has no input '%s'",
                 rc_text_quote(text, n, quoted));
    size_t n_name = n < sizeof(name) - 1 ? n : sizeof(name) - 1;
    memcpy(name, text, n_name);
    name[n_name] = '\0';
    rc_nearest nearest = {.asked = name, .limit = 3};
    for (size_t i = 0; i < m->n_inputs; i++)
        rc_nearest_offer(&nearest, m->inputs[i].name);
    rc_nearest_hint(&nearest, err);
    return RC_E_USAGE;
}

/* The input that the text names before one of its '='; a name may hold '=' itself. */
static bool find_input(const rc_model *m, const char *text, size_t *input, const char **column)
{
    for (const char *at = strchr(text, '='); at != NULL; at = strchr(at + 1, '=')) {
        size_t n = (size_t)(at - text);
        for (size_t i = 0; i < m->n_inputs; i++) {
            const char *name = m->inputs[i].name;
            if (strncmp(name, text, n) != 0 || name[n] != '\0')
                continue;
            *input = i;
            *column = at + 1;
            return true;
        }
    }
    return false;
}

static rc_status map_one(const rc_model *m, const char *text, const char **mapped, rc_error *err)
{
    char quoted[RC_QUOTED_BYTES];
    const char *column = strchr(text, '=');
    size_t input;
    if (column == NULL)
        return rc_error_set(err, RC_E_USAGE, "--map: '%s' is not of the form INPUT=COLUMN",
                            rc_text_quote(text, strlen(text), quoted));
    if (!find_input(m, text, &input, &column))
        return refuse_input(m, text, (size_t)(column - text), err);
    if (mapped[input] != NULL)
        return rc_error_set(err, RC_E_USAGE, "--map: input '%s' twice",
                            rc_text_quote(text, (size_t)(column - 1 - text), quoted));
    mapped[input] = column;
    return RC_OK;
}

static rc_status check_unnamed(const rc_job *job, rc_error *err)
{
    const rc_job_options *opt = job->opt;
    if (opt->map.n > 0)
        return rc_error_set(err, RC_E_USAGE,
                            "--map: the model's inputs have no names; --columns lists what feeds "
                            "them");
    if (opt->columns.n > 0 && opt->columns.n != job->model->n_inputs)
        return rc_error_set(err, RC_E_USAGE,
                            "--columns: %zu column%s, but the model has %zu input%s",
                            opt->columns.n, opt->columns.n == 1 ? "" : "s", job->model->n_inputs,
                            job->model->n_inputs == 1 ? "" : "s");
    return RC_OK;
}

rc_status rc_job_name_inputs(const rc_job *job, rc_input_columns *out, rc_error *err)
{
    const rc_model *m = job->model;
    *out = (rc_input_columns){0};
    if (m->n_inputs == 0 || m->inputs[0].name == NULL) {
        out->expected = job->opt->columns;
        return check_unnamed(job, err);
    }
    if (job->opt->columns.n > 0)
        return rc_error_set(err, RC_E_USAGE,
                            "--columns: the model's inputs have names; --map binds one to a column "
                            "of another name");
    out->names = rc_alloc_array(m->n_inputs, sizeof(*out->names));
    out->mapped = rc_alloc_array(m->n_inputs, sizeof(*out->mapped));
    out->wanted = rc_alloc_array(m->n_inputs, sizeof(*out->wanted));
    if (out->names == NULL || out->mapped == NULL || out->wanted == NULL)
        return rc_error_nomem(err);
    for (size_t i = 0; i < job->opt->map.n; i++)
        RC_TRY(map_one(m, job->opt->map.items[i], out->mapped, err));
    for (size_t i = 0; i < m->n_inputs; i++) {
        out->names[i] = m->inputs[i].name;
        out->wanted[i] = out->mapped[i] != NULL ? out->mapped[i] : out->names[i];
    }
    out->expected = (rc_strings){out->wanted, m->n_inputs};
    return RC_OK;
}

void rc_input_columns_release(rc_input_columns *columns)
{
    free(columns->names);
    free(columns->mapped);
    free(columns->wanted);
}
