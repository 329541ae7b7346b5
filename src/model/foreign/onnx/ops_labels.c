/* ops_labels.c - operators of ai.onnx.ml that put values in the place of others. */
#include <math.h>

#include "base/num.h"
#include "model/foreign/onnx/ops.h"

/* What stands for what: each side is texts or numbers. */
typedef struct mapping {
    size_t n;
    const char *const *text_keys;
    const double *keys;
    const char *const *text_values;
    const double *values;
    const char *text_default;
    double number_default;
    int type; /* of the values */
} mapping;

/* A list under one of several names: strings, or numbers (also in a tensor). */
static size_t take_list(rc_graph *g, const rc_onnx_node *node, const char *prefix,
                        const char *const **texts, const double **numbers)
{
    static const char *const endings[] = {"_strings", "_int64s", "_floats", "_tensor"};
    size_t n = 0;
    for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
        char name[32];
        size_t n_prefix = strlen(prefix);
        memcpy(name, prefix, n_prefix);
        memcpy(name + n_prefix, endings[i], strlen(endings[i]) + 1);
        const rc_onnx_attribute *a = rc_onnx_attribute_find(node, name);
        if (a == NULL)
            continue;
        if (a->type == RC_ONNX_A_TENSOR && a->t->texts != NULL) {
            *texts = a->t->texts;
            return a->t->n;
        }
        if (a->type == RC_ONNX_A_STRINGS) {
            *texts = rc_node_texts(node, name, &n);
            return n;
        }
        *numbers = rc_node_numbers(g, node, name, &n);
        return n;
    }
    return 0;
}

/* What a key that is not there becomes: by the type of the values. */
static void take_defaults(rc_graph *g, const rc_onnx_node *node, mapping *m)
{
    const rc_onnx_attribute *a = rc_onnx_attribute_find(node, "default_tensor");
    const rc_onnx_attribute *values = rc_onnx_attribute_find(node, "values_tensor");
    bool is_float = rc_onnx_attribute_find(node, "values_floats") != NULL;
    m->type = m->text_values != NULL                               ? RC_ONNX_STRING
              : is_float                                           ? RC_ONNX_FLOAT
              : values != NULL && values->type == RC_ONNX_A_TENSOR ? values->t->type
                                                                   : RC_ONNX_INT64;
    m->text_default = rc_node_text(node, "default_string", "_Unused");
    m->number_default = is_float ? rc_node_float(node, "default_float", -0.0)
                                 : (double)rc_node_int(node, "default_int64", -1);
    if (a == NULL || a->type != RC_ONNX_A_TENSOR || a->t->n < 1)
        return;
    rc_tensor t = rc_t_stored(a->t);
    if (a->t->texts != NULL)
        m->text_default = a->t->texts[0];
    else if (rc_t_numbers(g, &t) != NULL)
        m->number_default = rc_t_numbers(g, &t)[0];
}

/* Numbers 0 to n - 1. */
static const double *count_up(rc_graph *g, size_t n)
{
    double *numbers = rc_tape_alloc(g->tape, n + 1, sizeof(*numbers));
    for (size_t i = 0; numbers != NULL && i < n; i++)
        numbers[i] = (double)i;
    return numbers;
}

/* -- labels --------------------------------------------------------------------------------------
 */

static bool is_key(const mapping *m, size_t k, const rc_labels *labels, size_t i)
{
    if (m->text_keys != NULL)
        return labels->texts != NULL && strcmp(labels->texts[i], m->text_keys[k]) == 0;
    bool are_nan = labels->numbers != NULL && isnan(labels->numbers[i]) && isnan(m->keys[k]);
    return labels->numbers != NULL && (labels->numbers[i] == m->keys[k] || are_nan);
}

/* Each of them has its value. NULL: no memory, which is kept. */
static const rc_labels *map_list(rc_graph *g, const rc_labels *old, const mapping *m)
{
    rc_labels *labels = rc_tape_alloc(g->tape, 1, sizeof(*labels));
    const char **texts = rc_tape_alloc(g->tape, old->n + 1, sizeof(*texts));
    double *numbers = rc_tape_alloc(g->tape, old->n + 1, sizeof(*numbers));
    if (labels == NULL || texts == NULL || numbers == NULL)
        return NULL;
    for (size_t i = 0; i < old->n; i++) {
        texts[i] = m->text_default;
        numbers[i] = m->number_default;
        for (size_t k = 0; k < m->n; k++)
            if (is_key(m, k, old, i)) {
                texts[i] = m->text_values != NULL ? m->text_values[k] : NULL;
                numbers[i] = m->values != NULL ? m->values[k] : 0;
                break;
            }
    }
    *labels = (rc_labels){.n = old->n,
                          .texts = m->text_values != NULL ? texts : NULL,
                          .numbers = m->text_values != NULL ? NULL : numbers};
    return labels;
}

static void map_labels(rc_graph *g, const rc_tensor *t, const mapping *m, rc_tensor *out)
{
    *out = *t;
    out->type = m->type;
    out->labels = map_list(g, t->labels, m);
}

/* -- columns -------------------------------------------------------------------------------------
 */

static rc_value map_texts(rc_graph *g, const rc_text_cell *cell, const mapping *m,
                          const rc_matrix *table)
{
    if (cell->map != NULL) {
        rc_value place = rc_text_place(g, cell, m->text_keys, m->n, false);
        const double *places = count_up(g, m->n);
        return places == NULL ? RC_NO_VALUE
                              : rc_tape_lookup_numbers(g->tape, place, places, m->n, table,
                                                       &m->number_default);
    }
    const char **keys = rc_tape_alloc(g->tape, m->n + 1, sizeof(*keys));
    for (size_t i = 0; keys != NULL && i < m->n; i++) {
        rc_graph_text(g, cell->column, m->text_keys[i], false);
        keys[i] = m->text_keys[i][0] == '\0' ? "<empty>" : m->text_keys[i];
    }
    return keys == NULL ? RC_NO_VALUE
                        : rc_tape_lookup_texts(g->tape, g->texts[cell->column].v, keys, m->n, table,
                                               &m->number_default);
}

static void map_columns(rc_graph *g, const rc_tensor *t, const mapping *m, rc_tensor *out)
{
    rc_value *parts = rc_tape_alloc(g->tape, t->n + 1, sizeof(*parts));
    bool is_text = t->kind == RC_T_TEXTS;
    rc_value v = is_text ? RC_NO_VALUE : rc_t_value(g, t);
    rc_matrix table = rc_matrix_of(RC_NUMBER_F64, m->values, m->n, 1);
    if (parts == NULL || (is_text ? m->text_keys == NULL : m->keys == NULL) || m->values == NULL) {
        rc_tape_fail(g->tape, "only from the type of its input to numbers, or of labels");
        return;
    }
    if (!is_text)
        rc_op_holds(g, t->type, m->keys, m->n);
    rc_op_holds(g, m->type, m->values, m->n);
    rc_op_holds(g, m->type, &m->number_default, 1);
    for (size_t k = 0; k < t->n && !rc_is_failed(g); k++)
        parts[k] = is_text ? map_texts(g, &t->cells[k], m, &table)
                           : rc_tape_lookup_numbers(g->tape, rc_tape_slice(g->tape, v, k, 1),
                                                    m->keys, m->n, &table, &m->number_default);
    if (rc_is_failed(g))
        return;
    *out = rc_t_like(t, m->type, rc_tape_concat(g->tape, parts, t->n));
    if (is_text)
        rc_text_set_test(g, t, m->text_keys, m->values, m->n, m->number_default, out);
}

/* -- constants -----------------------------------------------------------------------------------
 */

static void map_constant(rc_graph *g, const rc_tensor *t, const mapping *m, rc_tensor *out)
{
    const rc_labels old = {
        .n = t->n, .texts = t->texts, .numbers = t->texts == NULL ? rc_t_numbers(g, t) : NULL};
    const rc_labels *labels = map_list(g, &old, m);
    if (labels == NULL || rc_is_failed(g))
        return;
    *out = *t;
    out->type = m->type;
    out->stored = NULL;
    out->numbers = labels->numbers;
    out->texts = labels->texts;
}

/* Texts in the place of texts. */
static void rename_texts(rc_graph *g, const rc_tensor *t, const mapping *m, rc_tensor *out)
{
    rc_text_cell *cells = rc_tape_alloc(g->tape, t->n + 1, sizeof(*cells));
    const rc_text_map then = {m->n, m->text_keys, m->text_values, m->text_default};
    *out = *t;
    out->cells = cells;
    for (size_t i = 0; cells != NULL && i < t->n && !rc_is_failed(g); i++)
        cells[i] = (rc_text_cell){.column = t->cells[i].column,
                                  .map = rc_text_compose(g, &t->cells[i], &then)};
}

static void map(rc_graph *g, const rc_tensor *t, const mapping *m, rc_tensor *out)
{
    if (rc_is_failed(g))
        return;
    if (t->kind == RC_T_CONSTANT) {
        map_constant(g, t, m, out);
        return;
    }
    rc_tensor label = *t;
    if (t->is_truth && t->n == 1 && m->text_values != NULL)
        label = rc_label_of_truth(g, t, NULL);
    if (rc_is_failed(g))
        return;
    if (label.kind == RC_T_LABEL)
        map_labels(g, &label, m, out);
    else if (t->kind == RC_T_TEXTS && m->text_keys != NULL && m->text_values != NULL)
        rename_texts(g, t, m, out);
    else
        map_columns(g, t, m, out);
}

/* Texts to their number in a list, or numbers to the text that they are the number of. */
static void by_number(rc_graph *g, const rc_tensor *t, const char *const *texts,
                      const double *numbers, size_t n, mapping *m)
{
    bool is_text = t->kind == RC_T_TEXTS ||
                   (t->kind == RC_T_LABEL && t->labels != NULL && t->labels->texts != NULL);
    m->n = n;
    if (numbers == NULL)
        numbers = count_up(g, n);
    m->text_keys = is_text ? texts : NULL;
    m->values = is_text ? numbers : NULL;
    m->keys = is_text ? NULL : numbers;
    m->text_values = is_text ? NULL : texts;
}

void rc_op_label_encoder(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in,
                         size_t n_in, rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    mapping m = {0};
    size_t n_texts;
    const char *const *texts = rc_node_texts(node, "classes_strings", &n_texts);
    if (texts != NULL) {
        by_number(g, t, texts, NULL, n_texts, &m);
    } else {
        m.n = take_list(g, node, "keys", &m.text_keys, &m.keys);
        if (take_list(g, node, "values", &m.text_values, &m.values) != m.n) {
            rc_tape_fail(g->tape, "as many values as keys are needed");
            return;
        }
    }
    take_defaults(g, node, &m);
    map(g, t, &m, out);
}

void rc_op_category_mapper(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in,
                           size_t n_in, rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    mapping m = {0};
    size_t n_texts, n;
    const char *const *texts = rc_node_texts(node, "cats_strings", &n_texts);
    const double *numbers = rc_node_numbers(g, node, "cats_int64s", &n);
    if (texts == NULL || numbers == NULL || n != n_texts) {
        rc_tape_fail(g->tape, "as many values as keys are needed");
        return;
    }
    by_number(g, t, texts, numbers, n, &m);
    take_defaults(g, node, &m);
    map(g, t, &m, out);
}
