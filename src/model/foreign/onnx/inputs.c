/* inputs.c - the inputs of an ONNX graph, as inputs of the tape. */
#include <stdlib.h>

#include "base/text.h"
#include "model/foreign/onnx/ops.h"

enum { MOST_INFERRED = 64 }; /* inputs whose width nodes tell: each looks at all of them */

/* An input of the graph that is no initializer. */
typedef struct entry {
    const rc_onnx_value *value;
    size_t width;
} entry;

static bool is_initializer(const rc_graph *g, const char *name)
{
    return rc_graph_find(g, name) != NULL;
}

static size_t width_of(rc_graph *g, const rc_onnx_value *value)
{
    size_t width = 1;
    char quoted[RC_QUOTED_BYTES];
    rc_text_quote(value->name, strlen(value->name), quoted);
    if (!value->has_shape || (value->rank == 2 && value->dims[1] < 0)) {
        width = g->n_inferred++ < MOST_INFERRED ? rc_graph_infer_width(g, value->name) : 0;
        if (width == 0)
            rc_tape_fail(g->tape, "input '%s': nothing tells how many columns it has", quoted);
        return width;
    }
    if (value->rank == 0) {
        rc_tape_fail(g->tape, "input '%s': one number is no column", quoted);
        return 0;
    }
    for (unsigned i = 1; i < value->rank; i++)
        if (value->dims[i] <= 0 || __builtin_mul_overflow(width, (size_t)value->dims[i], &width) ||
            width > RC_MODEL_MAX_INPUTS) {
            rc_tape_fail(g->tape, "input '%s': dimension %u tells no number of columns", quoted, i);
            return 0;
        }
    return width;
}

/* The rows that the file fixes: the same in all inputs. */
static void check_rows(rc_graph *g, const rc_onnx_value *value)
{
    int64_t rows = value->has_shape && value->rank > 0 ? value->dims[0] : -1;
    if (rows < 0)
        return;
    if (g->n_rows > 0 && rows > 0 && rows != g->n_rows)
        rc_tape_fail(g->tape, "inputs of %lld and of %lld rows", (long long)g->n_rows,
                     (long long)rows);
    g->n_rows = rows;
}

/* -- names of columns ----------------------------------------------------------------------------
 */

/* "a, b, c" as a list. */
static json_t *split_at_commas(const char *text)
{
    json_t *list = json_array();
    for (const char *at = text; list != NULL && *at != '\0';) {
        at += strspn(at, " ,");
        size_t n = strcspn(at, ","), n_kept = n;
        while (n_kept > 0 && at[n_kept - 1] == ' ')
            n_kept--;
        if (n_kept > 0)
            json_array_append_new(list, json_stringn(at, n_kept));
        at += n;
    }
    return list;
}

static bool is_key_of_names(const char *key)
{
    static const char *const keys[] = {"feature_names", "columns", "feature_names_in"};
    for (size_t k = 0; k < sizeof(keys) / sizeof(*keys); k++)
        if (strcmp(key, keys[k]) == 0)
            return true;
    return false;
}

/* Names that the producer left beside a single wide input: a list in JSON, or commas. NULL: none
 * that fits. */
static json_t *names_beside(const rc_graph *g, size_t width)
{
    for (size_t i = 0; i < g->model->n_metadata; i++) {
        const rc_onnx_pair *pair = &g->model->metadata[i];
        if (!is_key_of_names(pair->key))
            continue;
        json_t *list = json_loads(pair->value, 0, NULL);
        if (list == NULL)
            list = split_at_commas(pair->value);
        bool fits = json_array_size(list) == width;
        for (size_t k = 0; fits && k < width; k++)
            fits = json_string_length(json_array_get(list, k)) > 0;
        if (fits)
            return list;
        json_decref(list);
    }
    return NULL;
}

/* -- columns -------------------------------------------------------------------------------------
 */

void rc_graph_text(rc_graph *g, size_t column, const char *value, bool unknown_is_error)
{
    rc_text_column *c = &g->texts[column];
    if (!g->is_trial)
        return;
    c->unknown_is_error = c->unknown_is_error || unknown_is_error;
    if (json_object_get(c->seen, value) == NULL &&
        json_object_set_new(c->seen, value, json_true()) != 0)
        rc_tape_fail(g->tape, "no memory for the values of '%s'", value);
}

/* What an empty cell is in a category that has the empty text among its values. */
#define EMPTY_VALUE "<empty>"

static rc_value add_category(rc_graph *g, rc_text_column *c)
{
    size_t n = json_object_size(c->seen), i = 0;
    const char **values = rc_tape_alloc(g->tape, n + 1, sizeof(*values));
    bool has_empty = false, has_nan = false;
    const char *key;
    json_t *unused;
    if (values == NULL)
        return RC_NO_VALUE;
    json_object_foreach (c->seen, key, unused) {
        has_empty = has_empty || key[0] == '\0';
        has_nan = has_nan || strcmp(key, "nan") == 0;
        values[i++] = key[0] == '\0' ? EMPTY_VALUE : key;
    }
    if (n == 0)
        values[n++] = EMPTY_VALUE;
    rc_category category = {.values = values,
                            .n_values = n,
                            .missing = has_empty ? EMPTY_VALUE
                                       : has_nan ? "nan"
                                                 : NULL,
                            .missing_is_unknown = !c->unknown_is_error};
    return rc_tape_category(g->tape, c->name, &category);
}

/* The next column of texts: in the first pass it is noted, in the second its values are known. */
static size_t add_text_column(rc_graph *g, const char *name, size_t number)
{
    if (g->is_trial) {
        void *texts = realloc(g->texts, (g->n_texts + 1) * sizeof(*g->texts));
        json_t *seen = json_object();
        if (texts == NULL || seen == NULL) {
            rc_tape_fail(g->tape, "no memory for the inputs");
            return 0;
        }
        g->texts = texts;
        g->texts[g->n_texts++] = (rc_text_column){.name = name, .seen = seen};
    }
    g->texts[number].name = name;
    g->texts[number].v = add_category(g, &g->texts[number]);
    return number;
}

static rc_tensor shape_of(const rc_onnx_value *value, size_t width)
{
    rc_tensor t = {.type = value->type, .n = width};
    t.rank = value->has_shape && value->rank > 0 ? value->rank : 2;
    for (unsigned i = 0; i < t.rank; i++)
        t.dims[i] = i > 0 && value->has_shape && value->dims[i] > 0 ? value->dims[i] : 1;
    if (t.rank == 2)
        t.dims[1] = (int64_t)width;
    return t;
}

/* name: what column k is called; NULL: by position. */
static const char *name_of(const entry *e, bool has_names, const json_t *beside, size_t k)
{
    if (beside != NULL)
        return json_string_value(json_array_get(beside, k));
    return has_names ? e->value->name : NULL;
}

static rc_tensor add_texts(rc_graph *g, const entry *e, bool has_names, const json_t *beside,
                           size_t *n_texts)
{
    rc_tensor t = shape_of(e->value, e->width);
    rc_text_cell *cells = rc_tape_alloc(g->tape, e->width, sizeof(*cells));
    t.kind = RC_T_TEXTS;
    t.cells = cells;
    for (size_t k = 0; cells != NULL && !rc_is_failed(g) && k < e->width; k++)
        cells[k].column = add_text_column(g, name_of(e, has_names, beside, k), (*n_texts)++);
    return t;
}

static rc_tensor add_numbers(rc_graph *g, const entry *e, bool has_names, const json_t *beside)
{
    rc_tensor t = shape_of(e->value, e->width);
    rc_value *values = rc_tape_alloc(g->tape, e->width, sizeof(*values));
    bool may_be_nan = json_object_get(g->nan_names, e->value->name) != NULL;
    t.kind = RC_T_VARIABLE;
    for (size_t k = 0; values != NULL && k < e->width; k++)
        values[k] = rc_tape_number(g->tape, name_of(e, has_names, beside, k), may_be_nan);
    /* joined when all inputs are there: no input may follow a step */
    t.parts = values;
    return t;
}

static size_t list_entries(rc_graph *g, entry *entries)
{
    size_t n = 0;
    g->n_rows = 0;
    g->n_inferred = 0;
    for (size_t i = 0; i < g->model->n_inputs && !rc_is_failed(g); i++) {
        const rc_onnx_value *value = &g->model->inputs[i];
        if (is_initializer(g, value->name))
            continue;
        char quoted[RC_QUOTED_BYTES];
        rc_text_quote(value->name, strlen(value->name), quoted);
        if (!value->is_tensor)
            rc_tape_fail(g->tape, "input '%s' is no tensor", quoted);
        check_rows(g, value);
        entries[n] = (entry){.value = value, .width = width_of(g, value)};
        n++;
    }
    return n;
}

static void add_entry(rc_graph *g, const char *name, rc_tensor *t)
{
    void *tensors = g->tensors;
    if (t->kind == RC_T_VARIABLE) {
        rc_tape_label(g->tape, name);
        t->value = rc_tape_concat(g->tape, t->parts, t->n);
        if (t->type == RC_ONNX_FLOAT) /* cells are not read as such in a model of float64 */
            t->value = rc_t_float_of(g, t->value, RC_ONNX_DOUBLE);
        t->parts = NULL;
    }
    if (!rc_grow(&tensors, &g->tensors_capacity, g->n_tensors + 1, sizeof(*g->tensors)) ||
        json_object_set_new(g->names, name, json_integer((json_int_t)g->n_tensors)) != 0) {
        rc_tape_fail(g->tape, "no memory for the inputs");
        return;
    }
    g->tensors = tensors;
    g->tensors[g->n_tensors] = *t;
    g->tensors[g->n_tensors++].n_left =
        (size_t)json_integer_value(json_object_get(g->n_uses, name));
}

void rc_graph_inputs(rc_graph *g)
{
    entry *entries = rc_tape_alloc(g->tape, g->model->n_inputs + 1, sizeof(*entries));
    rc_tensor *made = rc_tape_alloc(g->tape, g->model->n_inputs + 1, sizeof(*made));
    if (entries == NULL || made == NULL)
        return;
    size_t n = list_entries(g, entries), n_texts = 0;
    bool has_names = true;
    for (size_t i = 0; i < n; i++)
        has_names = has_names && entries[i].width == 1;
    json_t *beside = n == 1 && entries[0].width > 1 ? names_beside(g, entries[0].width) : NULL;
    for (size_t i = 0; i < n && !rc_is_failed(g); i++)
        made[i] = entries[i].value->type == RC_ONNX_STRING
                      ? add_texts(g, &entries[i], has_names, beside, &n_texts)
                      : add_numbers(g, &entries[i], has_names, beside);
    for (size_t i = 0; i < n && !rc_is_failed(g); i++)
        add_entry(g, entries[i].value->name, &made[i]);
    json_decref(beside);
}
