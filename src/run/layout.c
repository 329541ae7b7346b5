/* layout.c - which columns the output has, and under which names. */
#include "run/layout.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "model/words.h"
#include "table/h5/rows.h"
#include "table/vocabulary.h"

/* While planning. */
typedef struct planner {
    rc_output_columns *columns;
    const rc_model *model;
    const char *prefix;
    const rc_h5_table *table;
    rc_error *err;
} planner;

/* A copy of a name; the keys of NDJSON and HDF5 are UTF-8, U+FFFD in the place of what is not, so
 * that names which would be written alike are alike here. */
static char *copy_name(const planner *p, const char *name, size_t *n)
{
    rc_buf copy = {0};
    rc_output_format format = p->columns->layout.format;
    bool is_json = format == RC_OUTPUT_NDJSON || format == RC_OUTPUT_HDF5, ok = true;
    for (size_t i = 0; i < *n && ok;) {
        size_t length = is_json ? rc_utf8_length(name + i, *n - i) : 1;
        ok = length > 0 ? rc_buf_append(&copy, name + i, length)
                        : rc_buf_append(&copy, "\xef\xbf\xbd", 3);
        i += length > 0 ? length : 1;
    }
    *n = copy.n;
    if (ok && rc_buf_append(&copy, "", 1))
        return copy.data;
    rc_buf_release(&copy);
    return NULL;
}

/* Takes a copy of the name. */
static rc_status add_field(planner *p, rc_field_kind kind, size_t index, const char *name, size_t n)
{
    rc_output_columns *c = p->columns;
    void *fields = c->fields;
    char *copy = copy_name(p, name, &n);
    if (copy == NULL || !rc_grow(&fields, &c->capacity, c->layout.n_fields + 1, sizeof(rc_field))) {
        free(copy);
        return rc_error_nomem(p->err);
    }
    c->fields = fields;
    c->fields[c->layout.n_fields++] =
        (rc_field){.kind = kind, .index = index, .name = copy, .name_bytes = n};
    return RC_OK;
}

static rc_status add_predicted(planner *p, rc_field_kind kind, size_t index, const char *stem,
                               const char *of)
{
    rc_buf name = {0};
    bool ok = rc_buf_printf(&name, "%s%s%s%s", p->prefix, stem, of != NULL ? "_" : "",
                            of != NULL ? of : "");
    rc_status st = ok ? add_field(p, kind, index, name.data, name.n) : rc_error_nomem(p->err);
    rc_buf_release(&name);
    return st;
}

static rc_status refuse_emit(const planner *p, const char *what)
{
    char quoted[RC_QUOTED_BYTES];
    rc_error_set(p->err, RC_E_USAGE, "--emit %s: a %s model has none",
                 rc_text_quote(what, strlen(what), quoted), rc_task_phrase(p->model->task));
    rc_error_hint(p->err, p->model->task == RC_TASK_REGRESSION
                              ? "it has prediction, margin"
                              : "it has label, probability, margin");
    return RC_E_USAGE;
}

/* One number a target, a class, or one of a binary model. */
static rc_status add_reals(planner *p, const char *stem, size_t first)
{
    const rc_model *m = p->model;
    if (m->width == 1 && m->task != RC_TASK_MULTICLASS)
        return add_predicted(p, RC_FIELD_REAL, first, stem, NULL);
    for (size_t k = 0; k < m->width; k++) {
        char number[24];
        snprintf(number, sizeof(number), "%zu", k);
        const char *of = m->task == RC_TASK_MULTICLASS ? m->classes[k]
                         : m->targets != NULL          ? m->targets[k]
                                                       : number;
        RC_TRY(add_predicted(p, RC_FIELD_REAL, first + k, stem, of));
    }
    return RC_OK;
}

static rc_status add_emitted(planner *p, const char *what)
{
    const rc_model *m = p->model;
    bool is_regression = m->task == RC_TASK_REGRESSION;
    if (strcmp(what, "margin") == 0) {
        p->columns->needs_margin = true;
        return add_reals(p, "margin", m->width);
    }
    if (strcmp(what, "prediction") == 0 && is_regression)
        return add_reals(p, "prediction", 0);
    if (strcmp(what, "label") == 0 && !is_regression)
        return add_predicted(p, RC_FIELD_LABEL, 0, "label", NULL);
    if (strcmp(what, "probability") == 0 && !is_regression) {
        if (m->link == RC_LINK_NONE)
            return rc_error_set(p->err, RC_E_USAGE,
                                "--emit probability: the model's scores are no probabilities "
                                "(link none); label and margin can be had");
        return add_reals(p, "probability", 0);
    }
    if (strcmp(what, "model") == 0)
        return rc_error_set(p->err, RC_E_USAGE,
                            "--emit model: the model's file names no output columns");
    return refuse_emit(p, what);
}

static rc_status add_all_emitted(planner *p, const rc_job_options *opt)
{
    for (size_t i = 0; i < opt->emit.n; i++) {
        for (size_t j = 0; j < i; j++)
            if (strcmp(opt->emit.items[i], opt->emit.items[j]) == 0)
                return rc_error_set(p->err, RC_E_USAGE, "--emit: '%s' twice", opt->emit.items[i]);
        RC_TRY(add_emitted(p, opt->emit.items[i]));
    }
    if (opt->emit.n > 0)
        return RC_OK;
    if (p->model->task == RC_TASK_REGRESSION)
        return add_emitted(p, "prediction");
    RC_TRY(add_emitted(p, "label"));
    return add_emitted(p, p->model->link == RC_LINK_NONE ? "margin" : "probability");
}

static rc_status check_names(const planner *p, size_t n_copies)
{
    const rc_output_columns *c = p->columns;
    for (size_t i = 0; i < n_copies; i++)
        for (size_t j = n_copies; j < c->layout.n_fields; j++) {
            const rc_field *a = &c->fields[i], *b = &c->fields[j];
            if (a->name_bytes != b->name_bytes || memcmp(a->name, b->name, a->name_bytes) != 0)
                continue;
            char quoted[RC_QUOTED_BYTES];
            rc_error_set(p->err, RC_E_USAGE,
                         "the copied column '%s' has the name of a predicted one",
                         rc_text_quote(a->name, a->name_bytes, quoted));
            rc_error_hint(p->err, "--prefix TEXT renames the predicted columns");
            return RC_E_USAGE;
        }
    return RC_OK;
}

/* An object of NDJSON has each key once, a compound type of HDF5 each member. */
static rc_status check_keys(const planner *p)
{
    const rc_layout *l = &p->columns->layout;
    const char **names = rc_alloc_array(l->n_fields, sizeof(*names));
    size_t *lengths = rc_alloc_array(l->n_fields, sizeof(*lengths));
    rc_vocabulary *keys = NULL;
    rc_status st = names != NULL && lengths != NULL ? RC_OK : rc_error_nomem(p->err);
    for (size_t f = 0; st == RC_OK && f < l->n_fields; f++) {
        names[f] = l->fields[f].name;
        lengths[f] = l->fields[f].name_bytes;
    }
    if (st == RC_OK)
        st = rc_vocabulary_open(&keys, names, lengths, l->n_fields, false, p->err);
    for (size_t f = 0; st == RC_OK && f < l->n_fields; f++) {
        char quoted[RC_QUOTED_BYTES];
        if (rc_vocabulary_code(keys, names[f], lengths[f]) != (int64_t)f)
            st =
                rc_error_set(p->err, RC_E_DATA, "column '%s' would stand twice in %s",
                             rc_text_quote(names[f], lengths[f], quoted),
                             l->format == RC_OUTPUT_HDF5 ? "a row of HDF5" : "an object of NDJSON");
    }
    rc_vocabulary_close(keys);
    free(names);
    free(lengths);
    return st;
}

/* A dataset beside an HDF5 table is asked for by its path; its last part is its name. */
static const char *name_copy(const rc_schema *schema, size_t column, char number[32], size_t *n)
{
    if (schema->names == NULL) {
        *n = (size_t)snprintf(number, 32, "column_%zu", column + 1);
        return number;
    }
    const char *name = schema->names[column], *end = name + schema->name_bytes[column];
    bool is_side = schema->is_side != NULL && schema->is_side[column];
    const char *slash = is_side ? memrchr(name, '/', schema->name_bytes[column]) : NULL;
    name = slash != NULL && slash + 1 < end ? slash + 1 : name;
    *n = (size_t)(end - name);
    return name;
}

/* Rows of HDF5 become records that hold nothing but the copies. */
static rc_status add_copies(planner *p, const rc_schema *schema, const rc_binding *binding)
{
    for (size_t i = 0; i < binding->n_copies; i++) {
        char number[32];
        size_t n, column = binding->copies[i];
        const char *name = name_copy(schema, column, number, &n);
        RC_TRY(add_field(p, RC_FIELD_COPY, p->table != NULL ? i : column, name, n));
        const rc_h5_column *source = p->table != NULL ? &p->table->columns[column] : NULL;
        if (source == NULL || !rc_h5_keeps_type(source))
            continue;
        rc_field *field = &p->columns->fields[p->columns->layout.n_fields - 1];
        field->raw_type = source->type;
        field->raw_bytes = source->n_bytes;
    }
    return RC_OK;
}

rc_status rc_output_columns_init(rc_output_columns *columns, const rc_model *model,
                                 const rc_job_options *opt, const rc_schema *schema,
                                 const rc_binding *binding, const rc_h5_table *table,
                                 rc_output_format format, rc_error *err)
{
    *columns = (rc_output_columns){
        .layout = {.format = format,
                   .is_float32 = model->dtype == RC_FLOAT32,
                   .labels = (const char *const *)model->classes,
                   .label_is_number = model->class_is_number,
                   .n_labels = model->n_classes,
                   .has_empty_rows = opt->on_error == RC_ON_ERROR_NULL},
    };
    for (size_t k = 0; k < model->n_classes; k++) {
        size_t n = strlen(model->classes[k]);
        size_t *most = &columns->layout.most_label_bytes;
        *most = n > *most ? n : *most;
    }
    planner p = {.columns = columns,
                 .model = model,
                 .prefix = opt->prefix != NULL ? opt->prefix : "",
                 .table = table,
                 .err = err};
    rc_status st = add_copies(&p, schema, binding);
    if (st == RC_OK)
        st = add_all_emitted(&p, opt);
    columns->layout.fields = columns->fields;
    if (st == RC_OK)
        st = check_names(&p, binding->n_copies);
    if (st == RC_OK && (format == RC_OUTPUT_NDJSON || format == RC_OUTPUT_HDF5))
        st = check_keys(&p);
    if (st == RC_OK && format == RC_OUTPUT_HDF5)
        st = rc_h5_form_open(&columns->form, &columns->layout, err);
    columns->layout.h5 = columns->form;
    if (st == RC_OK && format != RC_OUTPUT_HDF5)
        st = rc_encode_texts_open(&columns->texts, &columns->layout, err);
    columns->layout.texts = columns->texts;
    if (st < 0)
        rc_output_columns_release(columns);
    return st;
}

void rc_output_columns_release(rc_output_columns *columns)
{
    for (size_t f = 0; f < columns->layout.n_fields; f++)
        free((char *)columns->fields[f].name);
    free(columns->fields);
    rc_h5_form_close(columns->form);
    rc_encode_texts_close(columns->texts);
    *columns = (rc_output_columns){0};
}
