/* class_table.c - a classification's table of classes and confusion matrix as text. */
#include "report/class_table.h"

#include <math.h>
#include <stdlib.h>

#include "metrics/exact.h"
#include "metrics/labels.h"
#include "metrics/results.h"
#include "report/format.h"

enum { DECIMALS = 4, NUMBER_WIDTH = 9 };

/* Labels in the order for people. */
typedef struct listing {
    rc_labels labels;
    size_t *order;
    size_t width; /* of the first column */
} listing;

static void release(listing *list)
{
    rc_labels_release(&list->labels);
    free(list->order);
}

/* Widens the first column to a label. */
static bool widen(listing *list, size_t label)
{
    rc_buf buf = {0};
    const rc_labels *labels = &list->labels;
    bool ok = rc_format_label(&buf, rc_labels_text(labels, label), labels->items[label].n);
    size_t width = rc_format_width(buf.data, buf.n);
    list->width = width > list->width ? width : list->width;
    rc_buf_release(&buf);
    return ok;
}

static bool make_listing(listing *list, const char *const *texts, size_t n)
{
    *list = (listing){0};
    list->order = rc_alloc_array(n, sizeof(*list->order));
    if (list->order == NULL || !rc_labels_init(&list->labels, texts, n))
        return false;
    rc_labels_order(&list->labels, true, list->order);
    bool ok = true;
    for (size_t i = 0; i < n && ok; i++)
        ok = widen(list, i);
    return ok;
}

static bool put_label(rc_buf *out, const listing *list, size_t label)
{
    rc_buf buf = {0};
    const rc_labels *labels = &list->labels;
    bool ok = rc_format_label(&buf, rc_labels_text(labels, label), labels->items[label].n) &&
              rc_format_right(out, buf.data, buf.n, list->width);
    rc_buf_release(&buf);
    return ok;
}

static bool put_score(rc_buf *out, double value)
{
    rc_buf buf = {0};
    bool ok = rc_format_fixed(&buf, value, DECIMALS) && rc_buf_text(out, " ") &&
              rc_format_right(out, buf.data, buf.n, NUMBER_WIDTH);
    rc_buf_release(&buf);
    return ok;
}

/* A count, or a sum of weights as Python writes a float. */
static bool append_amount(rc_buf *out, const json_t *value)
{
    char text[RC_NUM_BYTES];
    if (json_is_null(value)) /* beyond a double */
        return rc_buf_text(out, "inf");
    if (json_is_integer(value))
        return rc_buf_append(out, text,
                             rc_num_print_u64((uint64_t)json_integer_value(value), text));
    size_t n = rc_num_print_f64(json_real_value(value), text);
    bool is_whole = memchr(text, '.', n) == NULL && memchr(text, 'e', n) == NULL;
    return rc_buf_append(out, text, n) && (!is_whole || rc_buf_text(out, ".0"));
}

static bool put_amount(rc_buf *out, const json_t *value, size_t width)
{
    rc_buf buf = {0};
    bool ok = append_amount(&buf, value) && rc_buf_text(out, " ") &&
              rc_format_right(out, buf.data, buf.n, width);
    rc_buf_release(&buf);
    return ok;
}

/* The metric, or metric[label] for label not NULL; NULL when memory has ended. */
static const json_t *find(const json_t *values, const char *metric, const char *label)
{
    rc_buf name = {0};
    const json_t *value = NULL;
    bool ok = rc_buf_text(&name, metric);
    if (label != NULL)
        ok = ok && rc_buf_text(&name, "[") && rc_buf_text(&name, label) && rc_buf_text(&name, "]");
    if (ok && rc_buf_append(&name, "", 1))
        value = json_object_get(values, name.data);
    rc_buf_release(&name);
    return value;
}

static bool put_row(rc_buf *out, const json_t *values, const listing *list, size_t label)
{
    static const char *const metrics[] = {"precision", "recall", "f1"};
    const char *text = rc_labels_text(&list->labels, label);
    bool ok = put_label(out, list, label) && rc_buf_text(out, " ");
    for (size_t i = 0; i < 3 && ok; i++) {
        const json_t *value = find(values, metrics[i], text);
        ok = value != NULL && put_score(out, json_number_value(value));
    }
    const json_t *support = find(values, "support", text);
    return ok && support != NULL && put_amount(out, support, NUMBER_WIDTH) &&
           rc_buf_text(out, "\n");
}

static bool put_header(rc_buf *out, size_t width)
{
    static const char *const names[] = {"precision", "recall", "f1-score", "support"};
    bool ok = rc_format_right(out, "", 0, width) && rc_buf_text(out, " ");
    for (size_t i = 0; i < 4; i++)
        ok = ok && rc_buf_text(out, " ") &&
             rc_format_right(out, names[i], strlen(names[i]), NUMBER_WIDTH);
    return ok && rc_buf_text(out, "\n\n");
}

/* A row of means; a NULL metric leaves its column empty. */
static bool put_means(rc_buf *out, const json_t *values, const listing *list, const char *title,
                      const char *const metrics[3], const json_t *support)
{
    bool ok = rc_format_right(out, title, strlen(title), list->width) && rc_buf_text(out, " ");
    for (size_t i = 0; i < 3 && ok; i++) {
        if (metrics[i] == NULL)
            ok = rc_format_right(out, "", 0, NUMBER_WIDTH + 1);
        else
            ok = put_score(out, json_number_value(json_object_get(values, metrics[i])));
    }
    return ok && put_amount(out, support, NUMBER_WIDTH) && rc_buf_text(out, "\n");
}

/* The sum of all supports, an integer if they are, null beyond a double; NULL when memory has
 * ended.
 */
static json_t *total_support(const json_t *values, const listing *list)
{
    json_int_t n = 0;
    rc_exact sum = {0};
    bool is_real = false, is_large = false, ok = true;
    for (size_t i = 0; i < list->labels.n && ok; i++) {
        const json_t *support = find(values, "support", rc_labels_text(&list->labels, i));
        n += json_integer_value(support);
        is_real = is_real || !json_is_integer(support);
        is_large = is_large || json_is_null(support);
        ok = support != NULL && rc_exact_add(&sum, json_number_value(support));
    }
    double real = is_large ? HUGE_VAL : rc_exact_round(&sum);
    json_t *total = !ok ? NULL : is_real ? rc_results_real(real) : json_integer(n);
    rc_exact_release(&sum);
    return total;
}

static bool put_table(rc_buf *out, const json_t *values, listing *list)
{
    static const char *const accuracy[3] = {NULL, NULL, "accuracy"};
    static const char *const macro[3] = {"precision_macro", "recall_macro", "f1_macro"};
    static const char *const weighted[3] = {"precision_weighted", "recall_weighted", "f1_weighted"};
    static const char widest[] = "weighted avg";
    if (list->width < sizeof(widest) - 1)
        list->width = sizeof(widest) - 1;
    bool ok = put_header(out, list->width);
    for (size_t i = 0; i < list->labels.n && ok; i++)
        ok = put_row(out, values, list, list->order[i]);
    json_t *total = total_support(values, list);
    ok = ok && total != NULL && rc_buf_text(out, "\n") &&
         put_means(out, values, list, "accuracy", accuracy, total) &&
         put_means(out, values, list, "macro avg", macro, total) &&
         put_means(out, values, list, widest, weighted, total);
    json_decref(total);
    return ok;
}

/* The keys of precision[KEY] in texts (json_object_size(values)), copied; their number. */
static size_t list_keys(const json_t *values, char **texts)
{
    static const char head[] = "precision[";
    const char *name;
    json_t *value;
    size_t n = 0, n_head = sizeof(head) - 1;
    json_object_foreach ((json_t *)(uintptr_t)values, name, value) {
        if (strncmp(name, head, n_head) == 0)
            texts[n++] = rc_strndup(name + n_head, strlen(name) - n_head - 1);
    }
    return n;
}

bool rc_class_table(rc_buf *out, const json_t *values)
{
    if (!json_is_number(json_object_get(values, "accuracy")))
        return true;
    char **texts = rc_alloc_array(json_object_size(values), sizeof(*texts));
    if (texts == NULL)
        return false;
    size_t n = list_keys(values, texts);
    bool ok = true;
    for (size_t i = 0; i < n; i++)
        ok = ok && texts[i] != NULL;
    if (ok) {
        listing list;
        ok = make_listing(&list, (const char *const *)texts, n) && put_table(out, values, &list);
        release(&list);
    }
    for (size_t i = 0; i < n; i++)
        free(texts[i]);
    free(texts);
    return ok;
}

static bool amount_width(const json_t *matrix, size_t *width)
{
    size_t i, j;
    json_t *row, *value;
    rc_buf buf = {0};
    bool ok = true;
    json_array_foreach (matrix, i, row) {
        json_array_foreach (row, j, value) {
            buf.n = 0;
            ok = ok && append_amount(&buf, value);
            *width = buf.n > *width ? buf.n : *width;
        }
    }
    rc_buf_release(&buf);
    return ok;
}

static bool put_matrix(rc_buf *out, const json_t *matrix, listing *list)
{
    size_t first = list->width, width = first;
    bool ok = amount_width(matrix, &width) &&
              rc_buf_text(out, "confusion matrix (rows: truth, columns: prediction)\n") &&
              rc_format_right(out, "", 0, first);
    list->width = width + 1; /* the heads of the columns, a blank before each */
    for (size_t j = 0; j < list->labels.n && ok; j++)
        ok = put_label(out, list, list->order[j]);
    list->width = first;
    ok = ok && rc_buf_text(out, "\n");
    for (size_t i = 0; i < list->labels.n && ok; i++) {
        const json_t *row = json_array_get(matrix, list->order[i]);
        ok = put_label(out, list, list->order[i]);
        for (size_t j = 0; j < list->labels.n && ok; j++)
            ok = put_amount(out, json_array_get(row, list->order[j]), width);
        ok = ok && rc_buf_text(out, "\n");
    }
    return ok;
}

bool rc_class_matrix(rc_buf *out, const json_t *confusion)
{
    const json_t *labels = json_object_get(confusion, "labels");
    size_t n = json_array_size(labels);
    const char **texts = rc_alloc_array(n, sizeof(*texts));
    if (texts == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        texts[i] = json_string_value(json_array_get(labels, i));
    listing list;
    bool ok = make_listing(&list, texts, n) &&
              put_matrix(out, json_object_get(confusion, "matrix"), &list);
    release(&list);
    free(texts);
    return ok;
}
