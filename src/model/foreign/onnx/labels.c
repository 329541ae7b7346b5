/* labels.c - labels of an ONNX graph: the class whose score is the largest, and what it is called.
 */
#include "model/foreign/onnx/ops.h"

enum { MOST_COMPARED = 1000 }; /* classes, each with each */

const rc_labels *rc_label_numbers(rc_graph *g, size_t n, bool are_many)
{
    rc_labels *labels = rc_tape_alloc(g->tape, 1, sizeof(*labels));
    double *numbers = rc_tape_alloc(g->tape, n + 1, sizeof(*numbers));
    if (labels == NULL || numbers == NULL)
        return NULL;
    for (size_t i = 0; i < n; i++)
        numbers[i] = (double)i;
    *labels = (rc_labels){.n = n, .numbers = numbers, .are_many = are_many};
    return labels;
}

const rc_labels *rc_label_listed(rc_graph *g, const rc_onnx_node *node, const char *texts_name,
                                 const char *numbers_name)
{
    rc_labels *labels = rc_tape_alloc(g->tape, 1, sizeof(*labels));
    size_t n, n_texts;
    const char *const *texts = rc_node_texts(node, texts_name, &n_texts);
    const double *numbers = rc_node_numbers(g, node, numbers_name, &n);
    if (labels == NULL)
        return NULL;
    bool is_text = texts != NULL && n_texts > 0;
    *labels = (rc_labels){.n = is_text ? n_texts : n,
                          .texts = is_text ? texts : NULL,
                          .numbers = is_text ? NULL : numbers};
    return labels;
}

static bool is_same_class(const rc_labels *a, size_t i, const rc_labels *b, size_t k)
{
    if (a->texts != NULL && b->texts != NULL)
        return strcmp(a->texts[i], b->texts[k]) == 0;
    return a->texts == NULL && b->texts == NULL && a->numbers[i] == b->numbers[k];
}

bool rc_label_are_in_order(const rc_labels *a, const rc_labels *b)
{
    size_t n_same = 0;
    for (size_t i = 0; i < a->n && i < b->n; i++)
        n_same += is_same_class(a, i, b, i);
    if (a->n != b->n || n_same == a->n || a->n > MOST_COMPARED)
        return a->n == b->n && n_same == a->n;
    for (size_t i = 0; i < a->n; i++)
        for (size_t k = 0; k < b->n; k++)
            if (i != k && is_same_class(a, i, b, k))
                return false;
    return true;
}

rc_tensor rc_label_pick(rc_graph *g, const rc_tensor *classes, const rc_tensor *label)
{
    rc_tensor out = *label;
    rc_labels *labels = rc_tape_alloc(g->tape, 1, sizeof(*labels));
    const rc_labels *old = label->labels;
    const double *from = classes->texts == NULL ? rc_t_numbers(g, classes) : NULL;
    if (rc_is_failed(g) || labels == NULL || old == NULL)
        return out;
    double *numbers = rc_tape_alloc(g->tape, old->n + 1, sizeof(*numbers));
    const char **texts = rc_tape_alloc(g->tape, old->n + 1, sizeof(*texts));
    for (size_t i = 0; numbers != NULL && texts != NULL && i < old->n; i++) {
        double at = old->numbers != NULL ? old->numbers[i] : -1;
        if (!(at >= 0 && at < (double)classes->n)) {
            rc_tape_fail(g->tape, "a class that is not there is picked");
            return out;
        }
        if (from != NULL)
            numbers[i] = from[(size_t)at];
        else
            texts[i] = classes->texts[(size_t)at];
    }
    *labels = (rc_labels){.n = old->n,
                          .numbers = from != NULL ? numbers : NULL,
                          .texts = from != NULL ? NULL : texts};
    out.type = classes->type;
    out.labels = labels;
    return out;
}

/* Scores 1 - t and t. */
rc_tensor rc_label_of_truth(rc_graph *g, const rc_tensor *t, const char *const *texts)
{
    rc_tensor out = rc_t_like(t, texts != NULL ? RC_ONNX_STRING : t->type, RC_NO_VALUE);
    rc_labels *labels = rc_tape_alloc(g->tape, 1, sizeof(*labels));
    const rc_labels *numbers = rc_label_numbers(g, 2, false);
    rc_value v = rc_t_value(g, t);
    if (rc_is_failed(g) || labels == NULL || numbers == NULL)
        return out;
    *labels = *numbers;
    if (texts != NULL)
        *labels = (rc_labels){.n = 2, .texts = texts};
    rc_value parts[] = {rc_tape_apply2(g->tape, RC_FN_EQ, rc_of_value(v), rc_of_number(0)), v};
    out.kind = RC_T_LABEL;
    out.is_truth = false;
    out.labels = labels;
    out.value = rc_is_failed(g) ? RC_NO_VALUE : rc_tape_concat(g->tape, parts, 2);
    return out;
}
