/* output.c - what an ONNX graph gives, as the output of a model: labels in the file decide. */
#include "base/num.h"
#include "model/foreign/onnx/ops.h"

/* What the outputs of a graph are. */
typedef struct outputs {
    const rc_tensor *label;  /* the first that is one, or NULL */
    const rc_tensor *scores; /* those that belong to it, or say themselves what they are, or NULL */
    const rc_tensor **all;   /* (n) tensors of numbers */
    const char **names;      /* (n) */
    size_t n;
    rc_tensor made_label; /* what is in no output as it stands */
} outputs;

/* -- classes -------------------------------------------------------------------------------------
 */

/* Labels as texts: numbers in their shortest form. */
static const char *const *texts_of(rc_graph *g, const rc_labels *labels)
{
    if (labels->texts != NULL)
        return labels->texts;
    const char **texts = rc_tape_alloc(g->tape, labels->n + 1, sizeof(*texts));
    for (size_t i = 0; texts != NULL && i < labels->n; i++) {
        char *text = rc_tape_alloc(g->tape, RC_NUM_BYTES + 1, 1);
        if (text == NULL)
            return NULL;
        text[rc_num_print_f64(labels->numbers[i] + 0.0, text)] = '\0';
        texts[i] = text;
    }
    return texts;
}

/* One probability says both. */
static bool is_pair(const rc_labels *labels)
{
    return labels->n == 2 && !labels->are_many;
}

static void set_classes(rc_graph *g, const rc_labels *labels, rc_tape_output *out)
{
    if (labels == NULL)
        return;
    out->classes = texts_of(g, labels);
    out->n_classes = labels->n;
    out->classes_are_numbers = labels->texts == NULL;
    out->task = is_pair(labels) ? RC_TASK_BINARY : RC_TASK_MULTICLASS;
}

static bool is_number(const rc_tensor *t)
{
    return t->kind == RC_T_VARIABLE && rc_type_is_float(t->type) && !t->is_truth;
}

static bool is_linked(const rc_tensor *t)
{
    return t->made_by == RC_BY_LINK && t->link != RC_LINK_NONE;
}

/* -- two classes ---------------------------------------------------------------------------------
 */

/* The second of two scores less the first: its sign is exact. */
static rc_value difference(rc_graph *g, rc_value v)
{
    return rc_tape_apply2(g->tape, RC_FN_SUB, rc_of_value(rc_tape_slice(g->tape, v, 1, 1)),
                          rc_of_value(rc_tape_slice(g->tape, v, 0, 1)));
}

/* Scores -s and s, and the label is that of the larger: s alone says all. */
static void two_of_half(rc_graph *g, rc_value half, rc_link link, rc_tape_output *out)
{
    bool is_soft = link == RC_LINK_SOFTMAX; /* of -s and s: the sigmoid of 2 s */
    out->from = is_soft ? rc_tape_scale(g->tape, half, 2) : half;
    out->link = is_soft ? RC_LINK_SIGMOID : link;
}

/* Scores of which a link makes probabilities. */
static void two_of_raw(rc_graph *g, const rc_tensor *scores, rc_tape_output *out)
{
    bool is_soft = scores->link == RC_LINK_SOFTMAX;
    out->link = is_soft ? RC_LINK_SIGMOID : scores->link;
    out->from = is_soft          ? difference(g, scores->raw)
                : scores->n == 2 ? rc_tape_slice(g->tape, scores->raw, 1, 1)
                                 : scores->raw;
}

/* Probabilities as they stand: the second decides at one half, as the larger of 1 - p and p does.
 */
static void two_of_probabilities(rc_graph *g, const rc_tensor *t, rc_tape_output *out)
{
    out->link = RC_LINK_IDENTITY;
    out->from = t->made_by == RC_BY_PAIR && t->n == 2 ? t->raw
                : t->n == 2                           ? rc_tape_slice(g->tape, t->value, 1, 1)
                                                      : t->value;
}

/* What the label is decided by, unless the output decides the same. */
static void set_decide(rc_graph *g, const rc_tensor *label, bool is_same, rc_tape_output *out)
{
    bool is_last = label != NULL && label->is_last;
    out->has_decide = label != NULL && (is_last || !is_same);
    out->decide = is_last         ? rc_compose_last(g->tape, label->value)
                  : label != NULL ? label->value
                                  : RC_NO_VALUE;
}

static void set_two(rc_graph *g, const outputs *o, rc_tape_output *out)
{
    const rc_tensor *label = o->label, *scores = o->scores;
    if (scores == NULL) {
        out->link = RC_LINK_NONE;
        out->from = label->is_mirrored ? label->half : difference(g, label->value);
        set_decide(g, label, true, out);
        return;
    }
    bool has_link = scores->made_by == RC_BY_LINK;
    bool is_of_label = label != NULL && has_link && label->value == scores->raw;
    bool is_made_of_one = scores->made_by == RC_BY_PAIR && scores->n == 2;
    if (is_of_label && label->is_mirrored) {
        two_of_half(g, label->half, scores->link, out);
        return;
    }
    if (has_link)
        two_of_raw(g, scores, out);
    else
        two_of_probabilities(g, scores, out);
    bool is_soft = has_link && scores->link == RC_LINK_SOFTMAX;
    bool is_same = (is_made_of_one && label != NULL && label->value == scores->value) ||
                   (is_soft && (is_of_label || (label != NULL && label->value == scores->value)));
    set_decide(g, label, is_same, out);
}

/* -- several classes -----------------------------------------------------------------------------
 */

static void set_many(rc_graph *g, const outputs *o, rc_tape_output *out)
{
    const rc_tensor *label = o->label, *scores = o->scores;
    bool has_link = scores != NULL && scores->made_by == RC_BY_LINK;
    out->link = scores == NULL ? RC_LINK_NONE : has_link ? scores->link : RC_LINK_IDENTITY;
    out->from = scores == NULL ? label->value : has_link ? scores->raw : scores->value;
    set_decide(g, label, label != NULL && out->from == label->value, out);
}

/* -- scores of a label ---------------------------------------------------------------------------
 */

/* How sure it is that a tensor as wide as there are classes holds their scores; 0: it does not. */
static int fitness(const rc_tensor *t, const rc_tensor *label)
{
    bool has_other_classes = t->labels != NULL && !rc_label_are_in_order(t->labels, label->labels);
    if (!is_number(t) || t->n != label->labels->n || has_other_classes)
        return 0;
    if (t->labels != NULL)
        return 5;
    if (is_linked(t) || t->made_by == RC_BY_PAIR)
        return 4;
    return t->value == label->value ? 3 : t->made_by == RC_BY_LINK ? 2 : 1;
}

/* A tensor of the graph that is this value. */
static const rc_tensor *tensor_of(const rc_graph *g, rc_value v)
{
    for (size_t i = 0; i < g->n_tensors; i++)
        if (g->tensors[i].kind == RC_T_VARIABLE && g->tensors[i].value == v)
            return &g->tensors[i];
    return NULL;
}

/* The tensor whose columns are the outputs of one column, one for each class. */
static const rc_tensor *joined(const rc_graph *g, const outputs *o, size_t n_classes)
{
    const rc_tensor *first = NULL;
    bool is_whole = true;
    size_t n = 0;
    for (size_t i = 0; i < o->n; i++) {
        const rc_tensor *t = o->all[i];
        if (!is_number(t) || t->n != 1)
            continue;
        first = first != NULL ? first : t;
        is_whole = is_whole && t->is_column && t->column == n && t->of == first->of;
        n++;
    }
    const rc_tensor *whole = n == n_classes && n > 1 && is_whole ? tensor_of(g, first->of) : NULL;
    return whole != NULL && whole->n == n ? whole : NULL;
}

/* Of two classes: one column that is the score of the second. */
static const rc_tensor *of_second(const rc_graph *g, const outputs *o)
{
    for (size_t i = 0; i < o->n; i++) {
        const rc_tensor *t = o->all[i];
        if (!is_number(t) || t->n != 1)
            continue;
        if (t->made_by == RC_BY_LINK)
            return t;
        const rc_tensor *whole = t->is_column && t->column == 1 ? tensor_of(g, t->of) : NULL;
        if (whole != NULL && whole->n == 2)
            return whole;
        const rc_tensor *of_label = tensor_of(g, o->label->value);
        if (of_label != NULL && of_label->made_by == RC_BY_PAIR && of_label->raw == t->value)
            return t;
    }
    return NULL;
}

static void find_scores(rc_graph *g, outputs *o)
{
    size_t n_classes = o->label->labels->n;
    int best = 0;
    for (size_t i = 0; i < o->n; i++) {
        int now = fitness(o->all[i], o->label);
        if (now > best)
            o->scores = o->all[i];
        best = now > best ? now : best;
    }
    if (o->scores == NULL)
        o->scores = joined(g, o, n_classes);
    if (o->scores == NULL && n_classes == 2)
        o->scores = of_second(g, o);
}

/* -- scores without a label ----------------------------------------------------------------------
 */

/* The last function tells; a ZipMap names the classes. */
static const rc_labels *classes_of(rc_graph *g, const rc_tensor *t)
{
    bool is_soft = t->made_by == RC_BY_LINK &&
                   (t->link == RC_LINK_SOFTMAX || t->link == RC_LINK_OVR) && t->n >= 2;
    if (!is_number(t))
        return NULL;
    if (t->labels != NULL)
        return t->labels;
    if ((t->made_by == RC_BY_LINK && t->link == RC_LINK_SIGMOID && t->n == 1) ||
        (t->made_by == RC_BY_PAIR && t->n == 2))
        return rc_label_numbers(g, 2, false);
    return is_soft ? rc_label_numbers(g, t->n, true) : NULL;
}

/* Whether an output says nothing that `t` does not: the same, what t is the link of, or one column
 * of 0 and 1. */
static bool is_said_by(const rc_tensor *other, const rc_tensor *t)
{
    return (other->is_truth && other->n == 1) || other->kind != RC_T_VARIABLE ||
           other->value == t->value || (t->made_by != RC_BY_OTHER && other->value == t->raw);
}

/* The output that makes the others, if there are any, superfluous, and tells its classes. */
static const rc_labels *find_told(rc_graph *g, outputs *o)
{
    for (size_t i = 0; i < o->n && !rc_is_failed(g); i++) {
        const rc_tensor *t = o->all[i];
        const rc_labels *labels = classes_of(g, t);
        bool is_alone = labels != NULL;
        for (size_t k = 0; k < o->n; k++)
            is_alone = is_alone && is_said_by(o->all[k], t);
        if (is_alone) {
            o->scores = t;
            return labels;
        }
    }
    return NULL;
}

/* 0 or 1 is a label if nothing else comes of the graph, or what belongs to two classes. */
static void find_truth(rc_graph *g, outputs *o)
{
    for (size_t i = 0; i < o->n; i++) {
        const rc_tensor *t = o->all[i];
        if (t->kind != RC_T_VARIABLE || !t->is_truth || t->n != 1)
            continue;
        bool is_label = o->n == 1 && !rc_type_is_float(t->type);
        const rc_labels *labels = o->n > 1 ? find_told(g, o) : NULL;
        if (!is_label && (labels == NULL || labels->n != 2))
            return;
        o->made_label = rc_label_of_truth(g, t, labels != NULL ? labels->texts : NULL);
        o->label = &o->made_label;
        return;
    }
}

/* -- what there is -------------------------------------------------------------------------------
 */

static void sort_out(rc_graph *g, outputs *o)
{
    const rc_onnx_model *m = g->model;
    for (size_t i = 0; i < m->n_outputs; i++) {
        const rc_tensor *t = rc_graph_find(g, m->outputs[i].name);
        if (t == NULL) {
            rc_tape_fail(g->tape, "output '%.40s' is made nowhere", m->outputs[i].name);
            return;
        }
        if (t->kind == RC_T_LABEL && o->label == NULL)
            o->label = t;
        if (t->kind == RC_T_TEXTS || t->texts != NULL)
            continue;
        o->names[o->n] = m->outputs[i].name;
        o->all[o->n++] = t;
    }
    if (o->label == NULL)
        find_truth(g, o);
    if (o->label != NULL && !rc_is_failed(g))
        find_scores(g, o);
}

static void set_regression(rc_graph *g, const outputs *o, rc_tape_output *out)
{
    rc_value *parts = rc_tape_alloc(g->tape, o->n + 1, sizeof(*parts));
    bool are_single = o->n > 1;
    for (size_t i = 0; parts != NULL && i < o->n && !rc_is_failed(g); i++) {
        parts[i] = rc_t_value(g, o->all[i]);
        are_single = are_single && o->all[i]->n == 1;
    }
    if (o->n == 0)
        rc_tape_fail(g->tape, "no output of numbers");
    out->task = RC_TASK_REGRESSION;
    out->link = RC_LINK_IDENTITY;
    if (parts == NULL || rc_is_failed(g))
        return;
    out->from = rc_tape_concat(g->tape, parts, o->n);
    if (are_single)
        out->targets = o->names;
}

static void decide(rc_graph *g, outputs *o, rc_tape_output *out)
{
    const rc_labels *labels = o->label != NULL ? o->label->labels : find_told(g, o);
    if (rc_is_failed(g))
        return;
    if (labels == NULL) {
        set_regression(g, o, out);
        return;
    }
    set_classes(g, labels, out);
    if (is_pair(labels))
        set_two(g, o, out);
    else
        set_many(g, o, out);
}

rc_status rc_graph_output(rc_graph *g, rc_error *err)
{
    outputs o = {0};
    rc_tape_output out = {.from = RC_NO_VALUE};
    o.all = rc_tape_alloc(g->tape, g->model->n_outputs + 1, sizeof(*o.all));
    o.names = rc_tape_alloc(g->tape, g->model->n_outputs + 1, sizeof(*o.names));
    rc_tape_label(g->tape, "output");
    if (o.all != NULL && o.names != NULL)
        sort_out(g, &o);
    if (!rc_is_failed(g))
        decide(g, &o, &out);
    RC_TRY(rc_tape_status(g->tape, err));
    return rc_tape_finish(g->tape, &out, err);
}
