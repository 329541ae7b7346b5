/* model.c - open a model file: tell its format by content, read it, release it. */
#include "model/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sha256.h"
#include "io/foreign.h"
#include "model/fetch.h"
#include "model/reader.h"

#define READER_POINTER(name) &name,
static const rc_model_reader *const readers[] = {RC_MODEL_READERS(READER_POINTER)};
#undef READER_POINTER

size_t rc_model_value_width(const rc_model *model, size_t v)
{
    return v < model->n_inputs ? 1 : model->steps[v - model->n_inputs].w_out;
}

static rc_status refuse_format(const char *data, size_t n, rc_error *err)
{
    if (n == 0)
        return rc_error_set(err, RC_E_MODEL, "the file is empty");
    const rc_foreign *foreign = rc_foreign_find(data, n);
    if (foreign != NULL)
        return rc_error_set(err, RC_E_MODEL,
                            "not a native model (JSON or .rcm); it looks like %s, which this "
                            "version cannot read",
                            foreign->what);
    return rc_error_set(err, RC_E_MODEL, "not a native model (JSON or .rcm)");
}

static const rc_model_reader *find_reader(const char *data, size_t n)
{
    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
        if (readers[i]->matches(data, n))
            return readers[i];
    return NULL;
}

static rc_status parse_native(rc_model **out, const char *data, size_t n, rc_error *err)
{
    *out = NULL;
    const rc_model_reader *reader = find_reader(data, n);
    if (reader == NULL)
        return refuse_format(data, n, err);
    rc_model *model = rc_alloc_array(1, sizeof(*model));
    if (model == NULL)
        return rc_error_nomem(err);
    memccpy(model->format, reader->format, '\0', sizeof(model->format) - 1);
    rc_status st = reader->read(model, data, n, err);
    if (st < 0) {
        rc_model_close(model);
        return st;
    }
    *out = model;
    return RC_OK;
}

rc_status rc_model_parse(rc_model **out, const char *data, size_t n, rc_error *err)
{
    RC_TRY(parse_native(out, data, n, err));
    rc_sha256_text(data, n, (*out)->sha256);
    return RC_OK;
}

/* What a reader made of a foreign file is held against the rules of native models as any is. */
static rc_status parse_fetched(rc_model **out, rc_fetched *fetched, rc_error *err)
{
    rc_status st = parse_native(out, fetched->native.data, fetched->native.n, err);
    bool is_foreign = fetched->format[0] != '\0';
    if (st == RC_E_MODEL && is_foreign)
        return rc_error_wrap(err, st, "as a native model");
    if (st < 0)
        return st;
    memcpy((*out)->sha256, fetched->sha256, sizeof(fetched->sha256));
    memcpy((*out)->shut, fetched->shut, sizeof(fetched->shut));
    memcpy((*out)->warning, fetched->warning, sizeof(fetched->warning));
    if (is_foreign)
        memcpy((*out)->format, fetched->format, sizeof(fetched->format));
    return RC_OK;
}

rc_status rc_model_open(rc_model **out, const char *path, const rc_model_options *options,
                        rc_error *err)
{
    rc_fetched fetched;
    *out = NULL;
    rc_status st = rc_fetch(&fetched, path, options, err);
    if (st >= 0)
        st = parse_fetched(out, &fetched, err);
    rc_fetched_release(&fetched);
    return st;
}

rc_status rc_model_load(rc_model **out, const char *data, size_t n, const rc_model_options *options,
                        rc_error *err)
{
    rc_fetched fetched;
    *out = NULL;
    rc_status st = rc_fetch_bytes(&fetched, data, n, options, err);
    if (st >= 0)
        st = parse_fetched(out, &fetched, err);
    rc_fetched_release(&fetched);
    return st;
}

static void release_arrays(rc_model_step *step)
{
    rc_array *arrays[] = {
        &step->center, &step->divide, &step->scale, &step->shift,  &step->weights,
        &step->bias,   &step->values, &step->min,   &step->max,    &step->powers,
        &step->edges,  &step->keys,   &step->table, &step->unseen,
    };
    for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++) {
        free(arrays[i]->data);
        free(arrays[i]->floats);
        *arrays[i] = (rc_array){0};
    }
}

void rc_model_forget_arrays(rc_model *model)
{
    for (size_t i = 0; i < model->n_steps; i++)
        release_arrays(&model->steps[i]);
}

static void release_step(rc_model_step *step)
{
    release_arrays(step);
    free(step->in);
    free(step->out);
    free(step->columns);
    free(step->first_edge);
    free(step->hot);
}

static void free_texts(char **texts, size_t n)
{
    for (size_t i = 0; texts != NULL && i < n; i++)
        free(texts[i]);
    free(texts);
}

static void release_input(rc_model_input *input)
{
    free(input->name);
    free_texts(input->values, input->n_values);
    free(input->value_is_number);
}

void rc_model_close(rc_model *model)
{
    if (model == NULL)
        return;
    for (size_t i = 0; i < model->n_inputs; i++)
        release_input(&model->inputs[i]);
    for (size_t i = 0; i < model->n_steps; i++)
        release_step(&model->steps[i]);
    free(model->inputs);
    free(model->steps);
    free(model->from);
    free(model->decide);
    free_texts(model->classes, model->n_classes);
    free(model->class_is_number);
    free_texts(model->targets, model->width);
    free(model);
}
