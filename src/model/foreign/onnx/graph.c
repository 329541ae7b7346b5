/* graph.c - the nodes of an ONNX graph, one after the other, onto the tape. */
#include "model/foreign/onnx/graph.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "model/foreign/reader.h"

enum { NEWEST_OPSET = 1000, OLDEST_OPSET = 6 };

/* -- attributes ----------------------------------------------------------------------------------
 */

int64_t rc_node_int(const rc_onnx_node *node, const char *name, int64_t otherwise)
{
    const rc_onnx_attribute *a = rc_onnx_attribute_find(node, name);
    return a != NULL && a->type == RC_ONNX_A_INT ? a->i : otherwise;
}

double rc_node_float(const rc_onnx_node *node, const char *name, double otherwise)
{
    const rc_onnx_attribute *a = rc_onnx_attribute_find(node, name);
    return a != NULL && a->type == RC_ONNX_A_FLOAT ? (double)a->f : otherwise;
}

const char *rc_node_text(const rc_onnx_node *node, const char *name, const char *otherwise)
{
    const rc_onnx_attribute *a = rc_onnx_attribute_find(node, name);
    return a != NULL && a->type == RC_ONNX_A_STRING ? a->s : otherwise;
}

const int64_t *rc_node_ints(const rc_onnx_node *node, const char *name, size_t *n)
{
    const rc_onnx_attribute *a = rc_onnx_attribute_find(node, name);
    bool is = a != NULL && a->type == RC_ONNX_A_INTS;
    *n = is ? a->n : 0;
    return is ? a->ints : NULL;
}

const float *rc_node_floats(const rc_onnx_node *node, const char *name, size_t *n)
{
    const rc_onnx_attribute *a = rc_onnx_attribute_find(node, name);
    bool is = a != NULL && a->type == RC_ONNX_A_FLOATS;
    *n = is ? a->n : 0;
    return is ? a->floats : NULL;
}

const char *const *rc_node_texts(const rc_onnx_node *node, const char *name, size_t *n)
{
    const rc_onnx_attribute *a = rc_onnx_attribute_find(node, name);
    bool is = a != NULL && a->type == RC_ONNX_A_STRINGS;
    *n = is ? a->n : 0;
    return is ? a->strings : NULL;
}

const double *rc_node_numbers(rc_graph *g, const rc_onnx_node *node, const char *name, size_t *n)
{
    size_t n_ints;
    const int64_t *ints = rc_node_ints(node, name, &n_ints);
    const float *floats = rc_node_floats(node, name, n);
    const rc_onnx_attribute *a = rc_onnx_attribute_find(node, name);
    if (a != NULL && a->type == RC_ONNX_A_TENSOR && a->t->texts == NULL) {
        rc_tensor t = rc_t_stored(a->t);
        *n = t.n;
        return rc_t_numbers(g, &t);
    }
    if (ints != NULL)
        *n = n_ints;
    if (ints == NULL && floats == NULL)
        return NULL;
    double *numbers = rc_tape_alloc(g->tape, *n + 1, sizeof(double));
    for (size_t i = 0; numbers != NULL && i < *n; i++)
        numbers[i] = ints != NULL ? (double)ints[i] : (double)floats[i];
    return numbers;
}

/* -- names ---------------------------------------------------------------------------------------
 */

static rc_tensor *find(const rc_graph *g, const char *name)
{
    const json_t *found = json_object_get(g->names, name);
    return found != NULL ? &g->tensors[json_integer_value(found)] : NULL;
}

const rc_tensor *rc_graph_find(const rc_graph *g, const char *name)
{
    return find(g, name);
}

static void add_tensor(rc_graph *g, const char *name, const rc_tensor *t)
{
    void *tensors = g->tensors;
    char quoted[RC_QUOTED_BYTES];
    if (name[0] == '\0')
        return;
    if (json_object_get(g->names, name) != NULL)
        rc_tape_fail(g->tape, "'%s' is made twice", rc_text_quote(name, strlen(name), quoted));
    if (!rc_grow(&tensors, &g->tensors_capacity, g->n_tensors + 1, sizeof(*g->tensors)) ||
        json_object_set_new(g->names, name, json_integer((json_int_t)g->n_tensors)) != 0) {
        rc_tape_fail(g->tape, "no memory for the tensors");
        return;
    }
    g->tensors = tensors;
    g->tensors[g->n_tensors] = *t;
    g->tensors[g->n_tensors++].n_left =
        (size_t)json_integer_value(json_object_get(g->n_uses, name));
}

/* -- what is needed ------------------------------------------------------------------------------
 */

bool rc_graph_is_spent(const rc_graph *g, rc_value v)
{
    for (size_t i = g->n_before_dense; i < g->n_tensors; i++)
        if (g->tensors[i].kind == RC_T_VARIABLE && g->tensors[i].value == v &&
            g->tensors[i].n_left > 0)
            return false;
    return true;
}

static bool mark(json_t *names, const char *name)
{
    return name[0] == '\0' || json_object_set_new(names, name, json_true()) == 0;
}

/* Once more is a name read. */
static bool count_use(const rc_graph *g, const char *name)
{
    const json_t *old = json_object_get(g->n_uses, name);
    json_int_t n = old != NULL ? json_integer_value(old) : 0;
    return json_object_set_new(g->n_uses, name, json_integer(n + 1)) == 0;
}

/* Whether NaN is among the keys, or the value that is replaced. */
static bool has_nan(const rc_onnx_node *node, const char *name)
{
    const rc_onnx_attribute *a = rc_onnx_attribute_find(node, name);
    if (a == NULL)
        return false;
    bool is_tensor = a->type == RC_ONNX_A_TENSOR && a->t->data != NULL;
    for (size_t i = 0; a->type == RC_ONNX_A_FLOATS && i < a->n; i++)
        if (isnan(a->floats[i]))
            return true;
    for (size_t i = 0; is_tensor && i < a->t->n; i++)
        if (isnan(rc_number_at(a->t->numbers, a->t->data, i)))
            return true;
    return a->type == RC_ONNX_A_FLOAT && isnan(a->f);
}

/* Whether it knows what to do with a NaN: what comes to it may be missing. */
static bool takes_nan(const rc_onnx_node *node)
{
    if (strcmp(node->op_type, "LabelEncoder") == 0)
        return has_nan(node, "keys_floats") || has_nan(node, "keys_tensor");
    return strcmp(node->op_type, "IsNaN") == 0 ||
           (strcmp(node->op_type, "Imputer") == 0 && has_nan(node, "replaced_value_float"));
}

/* From the last node back: which of them the outputs need, and which tensors may hold NaN. */
static bool find_live(rc_graph *g)
{
    const rc_onnx_model *m = g->model;
    json_t *needed = json_object();
    bool ok = needed != NULL;
    for (size_t i = 0; ok && i < m->n_outputs; i++)
        ok = mark(needed, m->outputs[i].name) && count_use(g, m->outputs[i].name);
    for (size_t i = m->n_nodes; ok && i-- > 0;) {
        const rc_onnx_node *node = &m->nodes[i];
        bool may_be_nan = takes_nan(node);
        for (size_t k = 0; k < node->n_outputs; k++) {
            g->is_live[i] = g->is_live[i] || json_object_get(needed, node->outputs[k]) != NULL;
            may_be_nan = may_be_nan || json_object_get(g->nan_names, node->outputs[k]) != NULL;
        }
        for (size_t k = 0; ok && g->is_live[i] && k < node->n_inputs; k++)
            ok = mark(needed, node->inputs[k]) && count_use(g, node->inputs[k]) &&
                 (!may_be_nan || mark(g->nan_names, node->inputs[k]));
    }
    json_decref(needed);
    return ok;
}

static const char *place_of(const rc_onnx_node *node, size_t i, char *out, size_t size)
{
    char name[RC_QUOTED_BYTES], type[RC_QUOTED_BYTES];
    rc_text_quote(node->name, strlen(node->name), name);
    rc_text_quote(node->op_type, strlen(node->op_type), type);
    snprintf(out, size, "node %zu '%s' (%s)", i, name, type);
    return out;
}

/* The other kinds of operators that are not known, one of each. */
static void list_others(const rc_graph *g, size_t first, rc_error *err)
{
    const rc_onnx_model *m = g->model;
    char text[256] = "";
    size_t n = 0;
    for (size_t i = first + 1; i < m->n_nodes && n < sizeof(text) - 48; i++) {
        const rc_onnx_node *node = &m->nodes[i];
        char quoted[RC_QUOTED_BYTES], item[48];
        if (!g->is_live[i] || rc_onnx_op_find(node->domain, node->op_type) != NULL ||
            strcmp(node->op_type, m->nodes[first].op_type) == 0)
            continue;
        snprintf(item, sizeof(item), " %.40s",
                 rc_text_quote(node->op_type, strlen(node->op_type), quoted));
        if (strstr(text, item) == NULL)
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%s", item);
    }
    if (n > 0)
        rc_error_hint(err, "nor are:%s", text);
}

static rc_status refuse_operator(const rc_graph *g, size_t i, rc_error *err)
{
    const rc_onnx_node *node = &g->model->nodes[i];
    char place[512], domain[RC_QUOTED_BYTES];
    bool is_known_domain = node->domain[0] == '\0' || strcmp(node->domain, "ai.onnx.ml") == 0;
    const char *family = is_known_domain ? rc_onnx_op_family(node->op_type) : NULL;
    place_of(node, i, place, sizeof(place));
    if (family != NULL)
        rc_error_set(err, RC_E_MODEL, "%s: %s are not scored", place, family);
    else if (!is_known_domain)
        rc_error_set(err, RC_E_MODEL, "%s: operators of the domain '%s' are not known", place,
                     rc_text_quote(node->domain, strlen(node->domain), domain));
    else
        rc_error_set(err, RC_E_MODEL, "%s: an operator that is not known", place);
    list_others(g, i, err);
    rc_error_hint(err, "linear and logistic models, MLPs and the preprocessing before them are "
                       "scored; export that part alone");
    return RC_E_MODEL;
}

static rc_status check_operators(const rc_graph *g, rc_error *err)
{
    const rc_onnx_model *m = g->model;
    for (size_t i = 0; i < m->n_nodes; i++)
        if (g->is_live[i] && rc_onnx_op_find(m->nodes[i].domain, m->nodes[i].op_type) == NULL)
            return refuse_operator(g, i, err);
    return RC_OK;
}

/* -- running -------------------------------------------------------------------------------------
 */

static void run_node(rc_graph *g, const rc_onnx_node *node)
{
    const rc_tensor **in = rc_tape_alloc(g->tape, node->n_inputs + 1, sizeof(*in));
    rc_tensor *out = rc_tape_alloc(g->tape, node->n_outputs + 1, sizeof(*out));
    rc_tensor *copies = rc_tape_alloc(g->tape, node->n_inputs + 1, sizeof(*copies));
    if (in == NULL || out == NULL || copies == NULL)
        return;
    for (size_t k = 0; k < node->n_inputs; k++) {
        rc_tensor *t = find(g, node->inputs[k]);
        char quoted[RC_QUOTED_BYTES];
        if (t == NULL && node->inputs[k][0] != '\0') {
            rc_tape_fail(g->tape, "its input '%s' is made nowhere before it",
                         rc_text_quote(node->inputs[k], strlen(node->inputs[k]), quoted));
            return;
        }
        if (t != NULL) { /* the tensors may move when one is added */
            t->n_left -= t->n_left > 0;
            copies[k] = *t;
            in[k] = &copies[k];
        }
    }
    g->node = node;
    rc_tape_label(g->tape, node->name[0] != '\0' ? node->name : node->op_type);
    rc_onnx_op_find(node->domain, node->op_type)(g, node, in, node->n_inputs, out);
    for (size_t k = 0; k < node->n_outputs && !rc_is_failed(g); k++)
        if (out[k].kind != RC_T_NONE)
            add_tensor(g, node->outputs[k], &out[k]);
}

static rc_status run_nodes(rc_graph *g, rc_error *err)
{
    const rc_onnx_model *m = g->model;
    char place[512];
    for (size_t i = 0; i < m->n_nodes; i++) {
        if (!g->is_live[i])
            continue;
        run_node(g, &m->nodes[i]);
        rc_status st = rc_tape_status(g->tape, err);
        if (st < 0)
            return rc_error_wrap(err, st, "%s", place_of(&m->nodes[i], i, place, sizeof(place)));
    }
    return RC_OK;
}

static void add_initializers(rc_graph *g)
{
    for (size_t i = 0; i < g->model->n_initializers; i++) {
        rc_tensor t = rc_t_stored(&g->model->initializers[i]);
        add_tensor(g, g->model->initializers[i].name, &t);
    }
}

/* The version of a domain's operators; 0: the file does not have it. */
static int64_t version_of(const rc_onnx_model *m, const char *domain)
{
    for (size_t i = 0; i < m->n_opsets; i++)
        if (strcmp(m->opsets[i].domain, domain) == 0)
            return m->opsets[i].version;
    return 0;
}

static rc_status check_model(rc_graph *g, rc_error *err)
{
    const rc_onnx_model *m = g->model;
    g->opset = version_of(m, "");
    g->opset_ml = version_of(m, "ai.onnx.ml");
    if (g->opset == 0)
        g->opset = g->opset_ml > 0 ? NEWEST_OPSET : 1;
    if (g->opset < OLDEST_OPSET)
        return rc_error_set(err, RC_E_MODEL, "opset %lld; those from %d on are read",
                            (long long)g->opset, OLDEST_OPSET);
    if (m->has_sparse)
        return rc_error_set(err, RC_E_MODEL, "sparse initializers are not read");
    if (m->n_outputs == 0)
        return rc_error_set(err, RC_E_MODEL, "the graph has no output");
    return RC_OK;
}

/* Whether it is computed in float64: something that computes is, or nothing does and the inputs
 * are. */
static bool is_double(const rc_graph *g)
{
    const rc_onnx_model *m = g->model;
    bool has_double = false;
    if (g->needs_double || g->n_double + g->n_single > 0)
        return g->needs_double || g->n_double > 0;
    for (size_t i = 0; i < m->n_inputs; i++)
        has_double = has_double || m->inputs[i].type == RC_ONNX_DOUBLE;
    return has_double;
}

/* One pass over the graph. */
static rc_status pass(rc_graph *g, rc_error *err)
{
    g->names = json_object();
    g->n_tensors = 0;
    g->n_double = g->n_single = 0;
    g->needs_double = false;
    if (g->names == NULL)
        return rc_error_nomem(err);
    add_initializers(g);
    rc_graph_inputs(g);
    RC_TRY(rc_tape_status(g->tape, err));
    RC_TRY(run_nodes(g, err));
    g->is_double = is_double(g);
    rc_tape_set_dtype(g->tape, g->is_double ? RC_FLOAT64 : RC_FLOAT32);
    return g->is_trial ? RC_OK : rc_graph_output(g, err);
}

/* What texts are held against is known when the graph has been gone through: the first pass is for
 * that, on a tape that is thrown away. */
static rc_status try_pass(rc_graph *g, rc_error *err)
{
    rc_tape *tape = g->tape;
    RC_TRY(rc_tape_open(&g->tape, err));
    g->is_trial = true;
    rc_status st = pass(g, err);
    json_decref(g->names);
    rc_tape_close(g->tape);
    g->names = NULL;
    g->tape = tape;
    g->is_trial = false;
    return st;
}

static rc_status read_graph(rc_graph *g, rc_error *err)
{
    RC_TRY(check_model(g, err));
    g->is_live = rc_alloc_array(g->model->n_nodes, sizeof(bool));
    g->nan_names = json_object();
    g->n_uses = json_object();
    if (g->is_live == NULL || g->nan_names == NULL || g->n_uses == NULL || !find_live(g))
        return rc_error_nomem(err);
    RC_TRY(check_operators(g, err));
    RC_TRY(try_pass(g, err));
    return pass(g, err);
}

static void release(rc_graph *g)
{
    json_decref(g->names);
    json_decref(g->nan_names);
    json_decref(g->n_uses);
    free(g->tensors);
    free(g->is_live);
    for (size_t i = 0; i < g->n_texts; i++)
        json_decref(g->texts[i].seen);
    free(g->texts);
}

/* What is made of a file is no larger than it, for bits; or a row as wide as any: a few bytes must
 * not make tensors of any size. */
static size_t most_elements(const rc_foreign_file *file)
{
    size_t n = file->n;
    for (size_t i = 0; i < file->n_externals; i++)
        n += file->externals[i].n;
    return n < RC_MODEL_MAX_NUMBERS / 8 ? RC_MODEL_MAX_INPUTS + 8 * n : RC_MODEL_MAX_NUMBERS;
}

static void free_model(void *model)
{
    rc_onnx_free(model);
}

rc_status rc_onnx_read(rc_tape *tape, rc_foreign_file *file, rc_error *err)
{
    rc_onnx_model *model;
    rc_status st = rc_onnx_parse(&model, file, err);
    if (st != RC_OK)
        return st;
    file->decoded = model;
    file->decoded_free = free_model;
    rc_graph g = {.model = model, .tape = tape, .most_elements = most_elements(file)};
    st = read_graph(&g, err);
    release(&g);
    return st < 0 ? rc_error_wrap(err, st, "graph") : st;
}
